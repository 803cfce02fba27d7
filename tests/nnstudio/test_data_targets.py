"""Several targets of one kind, and classes that are weighted: from the table to a trained network and predictions."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.activations import Identity, Softmax
from engine.declared import Declared, replace
from engine.graph import chain
from engine.layers import Dense, Input, Output
from engine.losses import CategoricalCrossEntropy, Hinge
from engine.optimizers import Adam
from engine.settings import TrainingSettings
from nnstudio import edits
from nnstudio.checkpoints import checkpoint_of
from nnstudio.data import (
    Categories,
    ColumnSteps,
    DataError,
    DataRecipe,
    PreparedData,
    ReadReport,
    Table,
    apply,
    detect,
    error_scale,
    from_arrays,
    prepare,
    prepare_folds,
    prepare_table,
    raw_target,
    scaled_target,
    table_source,
    to_arrays,
    to_record,
    with_targets,
)
from nnstudio.document import Document
from nnstudio.headless import result_fields, run, trainer_for
from nnstudio.predicting import columns_of, predict_table
from nnstudio.project_file import open_project, save
from nnstudio.readiness import shapes_of
from tests.nnstudio.tables import recipe, table


def two_numbers(rows: int = 200) -> Table:
    x, z = np.random.default_rng(0).normal(size=(2, rows))
    return table(x=x.tolist(), z=z.tolist(), price=(100 * x + 50).tolist(), weight=(0.01 * z - 3).tolist())


def two_answers(rows: int = 200) -> Table:
    x, z = np.random.default_rng(0).normal(size=(2, rows))
    answers = Categories((z > 0).astype(np.int32), ("off", "on"))
    columns = {"x": x, "z": z, "big": (x > 0).astype(float), "lit": answers}
    return Table("t.csv", columns, ReadReport(rows=rows))


def document_on(made: DataRecipe, prepared: PreparedData, epochs: int = 40) -> Document:
    graph = chain([Input(features=1), Dense(units=8), Output(units=1)])
    settings = TrainingSettings(optimizer=Adam(learning_rate=0.02), epochs=epochs)
    return edits.use_prepared(Document(graph=graph, training=settings), made, prepared)


def output_of(document: Document) -> Output:
    layer = document.graph.of_kind(Output)[0].layer
    assert isinstance(layer, Output)
    return layer


# -- several targets --------------------------------------------------------------------------------------------------


def test_several_numbers_are_scaled_each_and_go_back_to_their_own_units() -> None:
    data = two_numbers()
    prepared = prepare_table(data, recipe(data, ("price", "weight")))
    assert (prepared.task, prepared.targets, prepared.target) == ("regression", ("price", "weight"), "price, weight")
    assert (prepared.features, prepared.Y.shape) == (("x", "z"), (200, 2))
    np.testing.assert_allclose(prepared.Y[prepared.training].std(axis=0), 1, rtol=1e-5)
    for output, name in enumerate(prepared.targets):
        values = data.columns[name]
        np.testing.assert_allclose(raw_target(prepared, prepared.Y[:, output], output), values, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(scaled_target(prepared, values, output), prepared.Y[:, output], atol=1e-4)  # type: ignore[arg-type]
    assert error_scale(prepared) is None


def test_several_yes_no_columns_are_an_output_each_with_words_of_their_own() -> None:
    data = two_answers()
    prepared = prepare_table(data, recipe(data, ("big", "lit"), kinds={"lit": "boolean"}))
    assert (prepared.task, prepared.classes, prepared.Y.shape) == ("binary", (), (200, 2))
    assert [prepared.classes_of(output) for output in (0, 1)] == [("0", "1"), ("off", "on")]
    assert prepared.Y[:, 0].tolist() == data.columns["big"].tolist()  # type: ignore[union-attr]
    assert prepared.Y[:, 1].tolist() == data.columns["lit"].codes.tolist()  # type: ignore[union-attr]


def test_a_yes_no_target_keeps_its_own_words() -> None:
    answers = Categories(np.array([1, 0] * 20, np.int32), ("wahr", "falsch"))  # negative, then positive
    data = Table("t.csv", {"x": np.arange(40.0), "y": answers}, ReadReport(rows=40))
    prepared = prepare_table(data, recipe(data, "y", kinds={"y": "boolean"}))
    assert prepared.classes == ("wahr", "falsch")
    assert prepared.Y[:2, 0].tolist() == [1, 0]
    assert "Class 'falsch' is the positive one." in prepared.report.notes


def test_targets_that_do_not_go_together_are_refused() -> None:
    data = table(x=[1.0, 2.0, 3.0] * 20, y=["a", "b", "c"] * 20, z=[0.5, 1.0, 2.5] * 20)
    with pytest.raises(DataError, match="the targets 'y', 'z' do not go together"):
        prepare_table(data, recipe(data, ("y", "z")))
    with pytest.raises(DataError, match="cannot be predicted as a number"):
        prepare_table(data, recipe(data, ("y", "z"), "regression"))
    dates = recipe(data, "z", kinds={"z": "date"})
    with pytest.raises(DataError, match="The target 'z' is a date"):
        prepare_table(data, dates)


@pytest.mark.parametrize("make", [two_numbers, two_answers])
def test_a_network_of_several_outputs_learns_them(make: object) -> None:
    data = make()  # type: ignore[operator]
    names = tuple(data.columns)[2:]
    made = recipe(data, names)
    prepared = prepare_table(data, made)
    document = document_on(made, prepared)
    output = output_of(document)
    assert output.units == 2
    assert type(output.activation).__name__ == ("Identity" if prepared.task == "regression" else "Sigmoid")
    trainer = trainer_for(document, prepared)
    fields = result_fields(trainer, prepared, run(trainer))
    assert fields["target"] == ", ".join(names)
    score = fields["validation_r2" if prepared.task == "regression" else "validation_accuracy"]
    assert isinstance(score, float)
    assert score > 0.9


@pytest.mark.parametrize(
    ("activation", "loss"), [(Softmax(), CategoricalCrossEntropy()), (Identity(), Hinge())], ids=["softmax", "hinge"]
)
def test_an_output_for_one_of_several_classes_is_a_problem_for_several_yes_no_targets(
    activation: Declared, loss: Declared
) -> None:
    data = two_answers()
    made = recipe(data, ("big", "lit"))
    prepared = prepare_table(data, made)
    document = document_on(made, prepared)
    assert shapes_of(document, prepared).problems == ()
    node = document.graph.of_kind(Output)[0]
    changed = edits.set_layer(document, node.id, replace(node.layer, activation=activation, loss=loss))
    (problem,) = shapes_of(changed, prepared).problems
    assert (problem.kind, problem.node) == ("targets", node.id)
    assert "choose sigmoid with binary cross-entropy" in problem.sentence


def test_predictions_of_several_targets_have_their_names_and_units(tmp_path: Path) -> None:
    data = two_numbers()
    fitted = prepare_table(data, recipe(data, ("price", "weight"))).fitted
    columns = columns_of(fitted, np.array([[0.0, 1.0]]))
    price, weight = fitted.targets
    assert list(columns) == ["prediction_price", "prediction_weight"]
    assert float(columns["prediction_price"][0]) == pytest.approx(price.offset, rel=1e-6)
    assert float(columns["prediction_weight"][0]) == pytest.approx(weight.offset + weight.scale, rel=1e-6)
    answers = two_answers()
    binary = prepare_table(answers, recipe(answers, ("big", "lit"))).fitted
    assert columns_of(binary, np.array([[0.25, 0.75]])) == {
        "prediction_big": ["0"],
        "probability_big_0": ["0.75"],
        "probability_big_1": ["0.25"],
        "prediction_lit": ["on"],
        "probability_lit_off": ["0.25"],
        "probability_lit_on": ["0.75"],
    }


def test_a_project_with_several_targets_is_saved_opened_and_predicts(tmp_path: Path) -> None:
    data, path = two_numbers(), tmp_path / "t.csv"
    cells = zip(*(values.tolist() for values in data.columns.values()), strict=True)  # type: ignore[union-attr]
    path.write_text("x,z,price,weight\n" + "".join(",".join(f"{cell:.6f}" for cell in row) + "\n" for row in cells))
    plan = with_targets(detect(path), ("price", "weight"))
    made = DataRecipe(source=table_source(path), plan=plan)
    prepared = prepare(made)
    document = document_on(made, prepared, epochs=3)
    trainer = trainer_for(document, prepared)
    run(trainer)
    checkpoint = checkpoint_of(trainer.state())
    save(tmp_path / "p.nnstudio", msgspec.structs.replace(document, checkpoint=checkpoint.hash), checkpoint, prepared)
    project = open_project(tmp_path / "p.nnstudio")
    new = tmp_path / "new.csv"
    new.write_text("id,x,z\n7,1,2\n8,0,0\n")
    predicted = predict_table(project, tmp_path / "p.nnstudio", new)
    assert predicted.added == ("prediction_price", "prediction_weight")
    outputs = trainer.network.predict(apply(prepared.fitted, new).X)
    expected = raw_target(prepared, outputs[:, 1], 1)
    assert [float(row[1]) for row in predicted.values] == pytest.approx(expected.tolist(), rel=1e-5)
    assert "1 column of the table is not used: 'id'." in predicted.notes


# -- class weights ----------------------------------------------------------------------------------------------------


def unbalanced(rows: int = 200) -> Table:
    random = np.random.default_rng(0)
    return table(x=random.normal(size=rows).tolist(), y=(["yes"] + ["no"] * 9) * (rows // 10))


def test_balanced_classes_weigh_as_scikit_learn_says_from_the_training_rows() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    data = unbalanced()
    made = recipe(data, "y", class_weights="balanced")
    prepared = prepare_table(data, made)
    classes = prepared.Y[prepared.training, 0].astype(int)
    expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=classes)
    np.testing.assert_allclose(prepared.fitted.class_weights, expected)
    document = document_on(made, prepared)
    assert output_of(document).class_weights == pytest.approx(tuple(expected))
    for fold in prepare_folds(data, made, 3):
        counted = fold.Y[fold.training, 0].astype(int)
        own = compute_class_weight("balanced", classes=np.array([0, 1]), y=counted)
        np.testing.assert_allclose(fold.fitted.class_weights, own)


def test_weights_that_came_from_the_data_go_with_them_and_those_set_by_hand_stay() -> None:
    data = unbalanced()
    balanced, plain = recipe(data, "y", class_weights="balanced"), recipe(data, "y")
    document = document_on(balanced, prepare_table(data, balanced))
    assert output_of(document).class_weights != ()
    without = edits.use_prepared(document, plain, prepare_table(data, plain))
    assert output_of(without).class_weights == ()
    node = without.graph.of_kind(Output)[0]
    by_hand = edits.set_layer(without, node.id, replace(node.layer, class_weights=(1.0, 3.0)))
    again = edits.use_prepared(by_hand, plain, prepare_table(data, plain))
    assert output_of(again).class_weights == (1.0, 3.0)


def test_weights_are_left_out_and_that_is_said_where_there_is_not_one_target_with_classes() -> None:
    for data, names in ((two_numbers(), ("price",)), (two_answers(), ("big", "lit"))):
        made = recipe(data, names, class_weights="balanced", ignored=tuple(data.columns)[2:])
        prepared = prepare_table(data, made)
        assert prepared.fitted.class_weights == ()
        assert any("The classes are not weighted" in note for note in prepared.report.notes)
        assert output_of(document_on(made, prepared)).class_weights == ()


def test_weights_of_as_many_classes_do_not_stay_for_as_many_yes_no_targets() -> None:
    three = Output(units=3, class_weights=(1.0, 2.0, 3.0))
    assert edits.output_for(three, "binary", 3).class_weights == ()


# -- the logarithm of a number ----------------------------------------------------------------------------------------


def prices(least: float = 1.0) -> Table:
    x = np.random.default_rng(0).normal(size=200)
    y = np.exp(2 * x + 10)
    y[17] = least
    return table(x=x.tolist(), y=y.tolist())


@pytest.mark.parametrize("log", ["log1p", "signed"])
def test_the_logarithm_of_a_target_is_learned_and_taken_back(log: str) -> None:
    data = prices(-5.0 if log == "signed" else 0.0)
    prepared = prepare_table(data, recipe(data, "y", "regression", steps={"y": ColumnSteps(log=log)}))  # type: ignore[arg-type]
    y = np.asarray(data.columns["y"])
    logs = np.log1p(y) if log == "log1p" else np.sign(y) * np.log1p(np.abs(y))
    training = logs[prepared.training]
    expected = (logs - training.mean()) / training.std()
    np.testing.assert_allclose(prepared.Y[:, 0], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(raw_target(prepared, prepared.Y[:, 0]), y, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(scaled_target(prepared, y), expected, rtol=1e-9)
    assert error_scale(prepared) is None  # errors of a logarithm have no unit
    loaded = from_arrays(to_arrays(prepared), to_record(prepared))
    assert loaded.fitted == prepared.fitted


def test_the_logarithm_of_all_inputs_is_none_of_the_target() -> None:
    data = prices()
    prepared = prepare_table(data, recipe(data, "y", "regression", log="signed"))
    assert prepared.fitted.columns[0].log == "signed"
    assert prepared.fitted.targets[0].log == "none"


@pytest.mark.parametrize("held", [True, False])
def test_a_target_without_a_logarithm_is_named_with_its_row(held: bool) -> None:
    data = prices()
    made = recipe(data, "y", "regression", steps={"y": ColumnSteps(log="log1p")})
    prepared = prepare_table(data, made)
    row = int((prepared.validation if held else prepared.training)[0])
    np.asarray(data.columns["y"])[row] = -2.0
    with pytest.raises(
        DataError, match=rf"row {row + 1:,}: column 'y' is -2, and log\(1 \+ x\) needs numbers above -1"
    ):
        prepare_table(data, made)


def test_what_is_predicted_of_a_logarithm_is_in_the_unit_of_the_table() -> None:
    data = prices()
    prepared = prepare_table(data, recipe(data, "y", "regression", steps={"y": ColumnSteps(log="log1p")}))
    outputs = np.array([[0.0], [1.0], [300.0]], np.float32)
    target = prepared.fitted.targets[0]
    found = [float(value) for value in columns_of(prepared.fitted, outputs)["prediction"]]
    assert found[:2] == pytest.approx([np.expm1(target.offset), np.expm1(target.offset + target.scale)], rel=1e-5)
    assert found[2] > 1e100  # of a network that diverged, as a number or as infinity, and without a warning

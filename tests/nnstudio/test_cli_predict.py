"""``nnstudio predict``: the table's own columns, the prediction, and a probability for each class."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from nnstudio import cli
from nnstudio.data import Dialect
from nnstudio.predicting import harmless
from nnstudio.project_file import open_project, save


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments], lambda project: 0)


def rows_of(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def written(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def kinds(tmp_path: Path) -> Path:
    """A project that tells three kinds apart by where a lies."""
    generator = np.random.default_rng(1)
    rows = [
        f"{a:.4f},{b:.4f},{'low' if a < -1 else 'high' if a > 1 else 'mid'}"
        for a, b in generator.normal(0, 2, (300, 2))
    ]
    table = written(tmp_path / "kinds.csv", "a,b,kind", rows)
    out = tmp_path / "kinds.nnstudio"
    assert run("train", table, "--epochs", 150, "--learning-rate", 0.02, "--out", out) == 0
    return out


def test_classes_get_a_prediction_and_probabilities_that_sum_to_one(kinds: Path, tmp_path: Path) -> None:
    table = written(tmp_path / "new.csv", "b,a", ["0.5,-3", "0.1,0.0", "-0.2,3"])
    assert run("predict", kinds, table, "--out", tmp_path / "out.csv") == 0
    rows = rows_of(tmp_path / "out.csv")
    assert list(rows[0]) == ["b", "a", "prediction", "probability_high", "probability_low", "probability_mid"]
    assert [row["prediction"] for row in rows] == ["low", "mid", "high"]
    for row in rows:
        shares = {name: float(row[f"probability_{name}"]) for name in ("low", "mid", "high")}
        assert sum(shares.values()) == pytest.approx(1.0, abs=1e-4)
        assert max(shares, key=lambda name: shares[name]) == row["prediction"]


def test_two_classes_get_both_probabilities(tmp_path: Path) -> None:
    run("train", "sample:moons", "--epochs", 60, "--learning-rate", 0.01, "--out", tmp_path / "moons.nnstudio")
    table = written(tmp_path / "new.csv", "x1,x2", ["0,1.2", "1,-0.7"])
    assert run("predict", tmp_path / "moons.nnstudio", table, "--out", tmp_path / "out.csv") == 0
    for row in rows_of(tmp_path / "out.csv"):
        upper, lower = float(row["probability_upper"]), float(row["probability_lower"])
        assert upper + lower == pytest.approx(1.0, abs=1e-4)
        assert row["prediction"] == ("upper" if upper >= lower else "lower")


@pytest.mark.parametrize("sample", ["moons", "iris"])
def test_classes_of_a_hinge_network_get_scores_and_the_predictions_that_training_counted(
    tmp_path: Path, sample: str
) -> None:
    from engine import Dense, Hinge, Identity, Input, Output, TrainingSettings, chain
    from engine.optimizers import Adam
    from nnstudio import edits
    from nnstudio.checkpoints import checkpoint_of
    from nnstudio.data import prepare, raw, sample_recipe
    from nnstudio.document import Document
    from nnstudio.headless import result_fields, trainer_for
    from nnstudio.headless import run as train

    recipe = sample_recipe(sample)
    data = prepare(recipe)
    units, features = data.Y.shape[1], data.X.shape[1]
    graph = chain([Input(), Dense(units=8), Output(units=units, activation=Identity(), loss=Hinge())])
    settings = TrainingSettings(optimizer=Adam(learning_rate=0.01), epochs=30)
    document = edits.use_data(Document(graph=graph, training=settings), recipe, data.task, features, units)
    trainer = trainer_for(document, data)
    accuracy = result_fields(trainer, data, train(trainer))["train_accuracy"]
    save(tmp_path / "p.nnstudio", document, checkpoint_of(trainer.state()), data)
    columns = [raw(data, i, data.X[data.training, i]) for i in range(features)]
    rows = np.stack(columns, axis=1)
    header = ",".join(data.features)
    table = written(tmp_path / "new.csv", header, [",".join(f"{value:.9g}" for value in row) for row in rows])
    assert run("predict", tmp_path / "p.nnstudio", table, "--out", tmp_path / "out.csv") == 0
    predicted = rows_of(tmp_path / "out.csv")
    scores = [f"score_{name}" for name in data.classes]
    assert list(predicted[0])[-len(scores) :] == scores
    right = 0
    for row, y in zip(predicted, data.Y[data.training], strict=True):
        figures = [float(row[name]) for name in scores]
        assert row["prediction"] == data.classes[int(np.argmax(figures))]
        right += row["prediction"] == data.classes[int(y.argmax() if units > 1 else y[0])]
    assert right / len(predicted) == pytest.approx(accuracy)


def test_numbers_are_predicted_in_the_unit_of_the_target(tmp_path: Path) -> None:
    rows = [f"{x:.4f},{1000 * x + 5000:.3f}" for x in np.linspace(-1, 1, 200)]
    table = written(tmp_path / "line.csv", "x,price", rows)
    arguments = ("--hidden", "none", "--epochs", 300, "--learning-rate", 0.05)
    run("train", table, *arguments, "--out", tmp_path / "line.nnstudio")
    run(
        "predict",
        tmp_path / "line.nnstudio",
        written(tmp_path / "new.csv", "x", ["0.5", "-0.5"]),
        "--out",
        tmp_path / "o.csv",
    )
    assert [float(row["prediction"]) for row in rows_of(tmp_path / "o.csv")] == pytest.approx([5500, 4500], rel=0.01)


def test_predictions_are_those_of_the_engine(kinds: Path, tmp_path: Path) -> None:
    from engine import Network

    project = open_project(kinds)
    assert project.prepared is not None
    assert project.checkpoint is not None
    network = Network(project.document.graph)
    network.set_weights(project.checkpoint.weights)
    run("predict", kinds, tmp_path / "kinds.csv", "--out", tmp_path / "out.csv")
    predicted = [row["prediction"] for row in rows_of(tmp_path / "out.csv")]
    expected = network.predict(project.prepared.X).argmax(axis=1)
    assert predicted == [project.prepared.classes[index] for index in expected]


def test_own_cells_stay_as_they_are_in_any_dialect(kinds: Path, tmp_path: Path) -> None:
    table = tmp_path / "german.csv"
    table.write_bytes("name;a;b\nMüller;1,50;0,3\n Ötzi ;-2,00;00,7\n".encode("cp1252"))
    assert run("predict", kinds, table, "--out", tmp_path / "out.csv") == 0
    rows = rows_of(tmp_path / "out.csv", ";")  # as the table has them, the new cells too
    assert [row["name"] for row in rows] == ["Müller", " Ötzi "]
    assert [row["a"] for row in rows] == ["1,50", "-2,00"]
    shares = [[row[f"probability_{kind}"] for kind in ("low", "mid", "high")] for row in rows]
    assert all("." not in share for row in shares for share in row)
    assert [sum(float(share.replace(",", ".")) for share in row) for row in shares] == pytest.approx([1.0, 1.0])
    assert [row["prediction"] for row in rows] == ["high", "low"]


def test_new_columns_get_names_that_are_free(kinds: Path, tmp_path: Path) -> None:
    table = written(tmp_path / "new.csv", "a,b,prediction,prediction_2,probability_low", ["3,1,x,y,z"])
    run("predict", kinds, table, "--out", tmp_path / "out.csv")
    (row,) = rows_of(tmp_path / "out.csv")
    assert (row["prediction"], row["prediction_2"], row["probability_low"]) == ("x", "y", "z")
    assert row["prediction_3"] == "high"
    assert "probability_low_2" in row


def test_rows_that_cannot_be_predicted_keep_their_place(
    kinds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = written(tmp_path / "new.csv", "a,b", ["-3,0", ",0", "oops,1", "3,0"])
    capsys.readouterr()
    assert run("predict", kinds, table, "--out", tmp_path / "out.csv") == 0
    captured = capsys.readouterr()
    assert [row["prediction"] for row in rows_of(tmp_path / "out.csv")] == ["low", "", "", "high"]
    assert [row["a"] for row in rows_of(tmp_path / "out.csv")] == ["-3", "", "oops", "3"]
    assert "2 rows" in captured.err
    assert "2 of 4 rows predicted" in captured.out


def test_project_predicts_without_the_table_it_was_trained_on(kinds: Path, tmp_path: Path) -> None:
    project = open_project(kinds)
    save(kinds, project.document, project.checkpoint, project.prepared, limit_bytes=0)
    (tmp_path / "kinds.csv").unlink()
    table = written(tmp_path / "new.csv", "a,b", ["-3,0"])
    assert run("predict", kinds, table, "--out", tmp_path / "out.csv") == 0
    assert rows_of(tmp_path / "out.csv")[0]["prediction"] == "low"


def test_text_that_a_spreadsheet_would_compute_is_disarmed(kinds: Path, tmp_path: Path) -> None:
    rows = ['3,1,"=1+1"', "3,1,@cmd", "3,1,+49 30 123456", "3,1,-5", "3,1,-1e-3", "3,1,-x", "3,1,safe"]
    table = written(tmp_path / "new.csv", "a,b,=note", rows)
    run("predict", kinds, table, "--out", tmp_path / "out.csv")
    found = rows_of(tmp_path / "out.csv")
    cells = [row["'=note"] for row in found]
    assert cells == ["'=1+1", "'@cmd", "+49 30 123456", "-5", "-1e-3", "'-x", "safe"]


@pytest.mark.parametrize("cell", ["-5", "+3.25", "-1.5e-7", "-1,5", "-1.234,56", "+1 000", "-12 %", "-", "=", ""])
def test_numbers_and_lone_signs_are_left_alone(cell: str) -> None:
    assert harmless(cell, Dialect()) == cell


@pytest.mark.parametrize("cell", ["=1", "+a1", "-a1+2", "@x", "\t=1", "\r=1", "-1+cmd", "+1*2", "-2+3"])
def test_formulas_are_disarmed(cell: str) -> None:
    assert harmless(cell, Dialect()) == f"'{cell}"


def test_endless_digits_are_looked_at_in_time() -> None:
    cell = "-" + "1" * 1_000_000 + "x"
    assert harmless(cell, Dialect()) == f"'{cell}"


def test_output_that_exists_is_replaced_whole(kinds: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old " * 10_000)
    run("predict", kinds, written(tmp_path / "new.csv", "a,b", ["3,1"]), "--out", out)
    assert len(rows_of(out)) == 1

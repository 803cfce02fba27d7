"""A network judged on folds: its figures are honest, and nothing that judges it steers its training."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, mean_absolute_error, mean_squared_error, r2_score

from engine.declared import replace
from engine.graph import chain
from engine.layers import Dense, Input, Output
from engine.optimizers import Adam, Sgd
from engine.schedules import ReduceOnPlateau
from engine.settings import TrainingSettings
from nnstudio import cli, edits
from nnstudio.data import (
    Cancelled,
    ColumnSteps,
    DataError,
    DataRecipe,
    GroupSplit,
    PreparedData,
    Table,
    detect,
    prepare_folds,
    prepare_table,
    raw_target,
    table_source,
)
from nnstudio.document import Document
from nnstudio.evaluating import Spread, evaluate
from nnstudio.evaluation_text import lines
from nnstudio.headless import run, trainer_for
from nnstudio.project_file import save
from tests.nnstudio.tables import recipe, table


def classes(rows: int = 90) -> Table:
    x, z = np.random.default_rng(0).normal(size=(2, rows))
    noise = np.random.default_rng(1).normal(size=rows) * 0.3
    return table(x=x.tolist(), z=z.tolist(), y=["yes" if value > 0 else "no" for value in x + noise])


def numbers(rows: int = 90) -> Table:
    x, z = np.random.default_rng(0).normal(size=(2, rows))
    return table(x=x.tolist(), z=z.tolist(), y=(1000 * x - 300 * z).tolist())


def document_of(made: DataRecipe, data: Table, **changed: object) -> Document:
    graph = chain([Input(features=1), Dense(units=4), Output(units=1)])
    given: dict[str, Any] = {"optimizer": Adam(learning_rate=0.02), "epochs": 5, **changed}
    return edits.use_prepared(
        Document(graph=graph, training=TrainingSettings(**given)), made, prepare_table(data, made)
    )


def test_figures_are_those_of_networks_trained_on_the_other_folds() -> None:
    data = classes()
    made = recipe(data, "y", class_weights="balanced")
    document = document_of(made, data)
    found = evaluate(document, data, 3)
    assert (found.task, found.target, len(found.folds)) == ("binary", "y", 3)
    for at, fold in enumerate(prepare_folds(data, made, 3)):
        trainer = trainer_for(edits.use_prepared(document, made, fold), fold)
        run(trainer)
        predicted = trainer.network.predict(fold.X[fold.test])[:, 0] > 0.5
        true = fold.Y[fold.test, 0] > 0.5
        figures = found.folds[at].figures
        assert figures["accuracy"] == pytest.approx(accuracy_score(true, predicted))
        assert figures["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(true, predicted))
    values = [fold.figures["accuracy"] for fold in found.folds]
    assert found.figures["accuracy"].mean == pytest.approx(np.mean(values))  # type: ignore[arg-type]
    assert found.figures["accuracy"].deviation == pytest.approx(np.std(values, ddof=1))  # type: ignore[arg-type]


def answers(document: Document, fold: PreparedData) -> tuple[np.ndarray, np.ndarray]:
    """Return the one target of a fold's rows and what a network says of them that was trained on the others."""
    trainer = trainer_for(document, fold)
    run(trainer)
    predicted = raw_target(fold, trainer.network.predict(fold.X[fold.test])[:, 0])
    return raw_target(fold, fold.Y[fold.test, 0]), predicted


def test_errors_are_in_the_unit_of_the_target() -> None:
    data = numbers()
    made = recipe(data, "y")
    document = document_of(made, data)
    found = evaluate(document, data, 3)
    for at, fold in enumerate(prepare_folds(data, made, 3)):
        true, predicted = answers(document, fold)
        assert found.folds[at].figures["mae"] == pytest.approx(mean_absolute_error(true, predicted), rel=1e-4)
        assert found.folds[at].figures["r2"] == pytest.approx(r2_score(true, predicted), rel=1e-4)
    assert list(found.figures) == ["cost", "r2", "mae", "rmse"]


def test_each_of_several_targets_has_errors_in_its_own_unit() -> None:
    given = {name: np.asarray(values) for name, values in numbers().columns.items()}
    data = table(**given, tall=1e-3 * given["x"])
    made = recipe(data, ("y", "tall"))
    document = document_of(made, data)
    found = evaluate(document, data, 3)
    assert list(found.figures) == ["cost", "r2", "mae_y", "rmse_y", "mae_tall", "rmse_tall"]
    for at, fold in enumerate(prepare_folds(data, made, 3)):
        trainer = trainer_for(document, fold)
        run(trainer)
        outputs = trainer.network.predict(fold.X[fold.test])
        for output, name in enumerate(("y", "tall")):
            true, predicted = (raw_target(fold, of[:, output], output) for of in (fold.Y[fold.test], outputs))
            figures = found.folds[at].figures
            assert figures[f"mae_{name}"] == pytest.approx(mean_absolute_error(true, predicted), rel=1e-4)
            assert figures[f"rmse_{name}"] == pytest.approx(np.sqrt(mean_squared_error(true, predicted)), rel=1e-4)
    assert "MAE, tall" in "\n".join(lines(found))


def test_errors_of_a_logarithm_are_taken_back_to_the_unit_of_the_table() -> None:
    given = {name: np.asarray(values) for name, values in numbers().columns.items()}
    data = table(x=given["x"], z=given["z"], y=np.exp(given["y"] / given["y"].std()))
    made = recipe(data, "y", steps={"y": ColumnSteps(log="log1p")})
    document = document_of(made, data)
    found = evaluate(document, data, 3)
    for at, fold in enumerate(prepare_folds(data, made, 3)):
        true, predicted = answers(document, fold)
        assert found.folds[at].figures["mae"] == pytest.approx(mean_absolute_error(true, predicted), rel=1e-4)
    assert "Cost and R² are over the logarithm of 'y', which the network learns." in lines(found)


@pytest.mark.parametrize(
    "settings",
    [{"patience": 2}, {"target_cost": 0.1}, {"schedule": ReduceOnPlateau()}],
    ids=["patience", "target cost", "plateau"],
)
def test_what_steers_training_is_not_what_judges_it(settings: dict[str, object]) -> None:
    data = classes()
    found = evaluate(document_of(recipe(data, "y"), data, **settings), data, 3)
    for fold in found.folds:
        assert (fold.training, fold.validation, fold.judged) == (48, 12, 30)


def test_without_such_settings_all_other_rows_train() -> None:
    data = classes()
    found = evaluate(document_of(recipe(data, "y"), data), data, 3)
    assert [(fold.training, fold.validation, fold.judged) for fold in found.folds] == [(60, 0, 30)] * 3


def test_the_number_of_inputs_may_differ_from_fold_to_fold() -> None:
    cells = ["rare" if i == 7 else "ab"[i % 2] for i in range(90)]
    data = table(c=cells, x=np.random.default_rng(0).normal(size=90).tolist(), y=["no", "yes", "yes"] * 30)
    found = evaluate(document_of(recipe(data, "y"), data), data, 3)
    assert found.figures["accuracy"].mean is not None


def test_groups_stay_together_in_folds() -> None:
    data = classes()
    data.columns["who"] = np.arange(90) // 30 + 0.0
    made = recipe(data, "y", ignored=("who",), split=GroupSplit(column="who"))
    assert [fold.judged for fold in evaluate(document_of(made, data), data, 3).folds] == [30] * 3
    with pytest.raises(DataError, match="there are only 3 groups to make 4 folds of"):
        evaluate(document_of(made, data), data, 4)


def test_progress_tells_the_fold_and_a_cancelled_evaluation_stops() -> None:
    data = classes()
    document = document_of(recipe(data, "y"), data)
    heard: list[tuple[int, int]] = []
    evaluate(document, data, 2, progress=lambda fold, status: heard.append((fold, status.epoch)))
    assert heard[-1] == (1, 5)
    assert {fold for fold, _ in heard} == {0, 1}
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        evaluate(document, data, 2, cancelled=lambda: next(asked, True))


def test_a_figure_that_a_fold_does_not_have_is_left_out_of_the_mean() -> None:
    spread = Spread((0.5, None, 1.0))
    assert (spread.mean, spread.deviation) == (0.75, pytest.approx(statistics.stdev([0.5, 1.0])))
    assert (Spread((None,)).mean, Spread((0.5, None)).deviation) == (None, None)


def test_settings_that_cannot_train_and_absent_data_are_refused() -> None:
    data = classes()
    with pytest.raises(DataError, match="There are no data"):
        evaluate(Document(), data)
    with pytest.raises(DataError, match="choose 2 to 100"):
        evaluate(document_of(recipe(data, "y"), data), data, 1)


# -- on the command line ----------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project on a table that is beside it, not inside."""
    path = tmp_path / "t.csv"
    data = classes()
    x, z = (np.asarray(data.columns[name]) for name in ("x", "z"))
    y = data.columns["y"].texts()  # type: ignore[union-attr]
    path.write_text("x,z,y\n" + "".join(f"{a:.4f},{b:.4f},{c}\n" for a, b, c in zip(x, z, y, strict=True)))
    made = DataRecipe(source=table_source(path), plan=detect(path))
    save(tmp_path / "p.nnstudio", document_of(made, data))
    return tmp_path / "p.nnstudio"


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    code = cli.main(["evaluate", *map(str, arguments)], lambda path: 0)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.out, captured.err


def test_evaluate_prints_mean_and_spread_of_every_metric(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = project.read_bytes()
    code, out, _ = called(capsys, project)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split() == ["mean", "spread", "least", "greatest"]
    assert [line[:24].strip() for line in lines[1:8]] == [
        "cost", "accuracy", "balanced accuracy", "precision", "recall", "F1", "ROC AUC",
    ]  # fmt: skip
    assert lines[8] == "5 folds of 18 rows, 'y'; spread is the standard deviation over the folds."
    assert project.read_bytes() == before


def test_evaluate_prints_one_line_of_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, project, "--folds", 3, "--json")
    assert code == 0
    (line,) = out.splitlines()
    found = json.loads(line)
    assert (found["task"], found["target"], len(found["folds"])) == ("binary", "y", 3)
    assert found["folds"][0]["judged_rows"] == 30
    accuracy = found["metrics"]["accuracy"]
    assert accuracy["mean"] == pytest.approx(statistics.fmean(accuracy["values"]))
    assert accuracy["spread"] == pytest.approx(statistics.stdev(accuracy["values"]))
    assert called(capsys, project, "--folds", 3, "--json")[1] == out  # seeded


def test_a_fold_that_diverges_is_told_and_is_no_success(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = numbers()
    path = tmp_path / "n.csv"
    columns = zip(*(np.asarray(values) for values in data.columns.values()), strict=True)
    path.write_text("x,z,y\n" + "".join(f"{a:.4f},{b:.4f},{c:.4f}\n" for a, b, c in columns))
    made = DataRecipe(source=table_source(path), plan=detect(path))
    made = replace(made, task="regression")
    save(project, document_of(made, data, optimizer=Sgd(learning_rate=100.0), epochs=30))
    code, out, _ = called(capsys, project, "--folds", 2, "--json")
    assert code == 1
    found = json.loads(out)
    assert "diverged" in {fold["stopped"] for fold in found["folds"]}
    assert all(value is None or math.isfinite(value) for value in found["metrics"]["cost"]["values"])


def test_evaluate_needs_the_table_itself(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project.parent / "t.csv").unlink()
    code, _, err = called(capsys, project)
    assert code == 2
    assert "Put t.csv beside the project" in err

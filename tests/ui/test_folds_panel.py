"""The cross-validation panel: the command line's own figures, progress and Cancel, and every fold as a dot."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from fake_training import FakeTraining
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from engine.declared import replace
from nnstudio import cli, edits
from nnstudio.data import DataRecipe, detect, prepare, table_source
from nnstudio.document import starting_document
from nnstudio.evaluating import Evaluation, FoldResult, Spread
from nnstudio.headless import with_epochs
from nnstudio.labs.folds import Judged, judge
from nnstudio.project_file import save
from ui import theme
from ui.lab_jobs import close_jobs
from ui.panels import PANELS
from ui.panels.lab_folds import HEAD, ROW, apart, ends, mean_and_spread, told

PATIENCE_MS = 60_000


def document_on(file: Path, epochs: int = 2):
    recipe = DataRecipe(source=table_source(file), plan=detect(file))
    prepared = prepare(recipe)
    return with_epochs(edits.use_prepared(starting_document(), recipe, prepared), epochs), prepared


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "table.csv"
    rows = (f"{at % 7},{(at * at) % 11},{'yes' if (at % 7) + (at * at) % 11 > 7 else 'no'}" for at in range(60))
    file.write_text("a,b,y\n" + "\n".join(rows))
    return file


@pytest.fixture
def model(qtbot: QtBot, table: Path):
    document, prepared = document_on(table)
    made = FakeTraining(None, document)
    made.data = prepared
    made.checkpoint = lambda: None
    made.shapes_changed.emit()
    yield made
    close_jobs(made)
    made.deleteLater()


@pytest.fixture
def panel(qtbot: QtBot, model: FakeTraining):
    made = PANELS["lab_folds"](model)
    qtbot.addWidget(made)
    made.resize(460, 700)
    made.show()
    qtbot.waitUntil(lambda: made.visibility.seen)
    return made


def evaluation(folds: int = 3, **figures: tuple[float | None, ...]) -> Evaluation:
    names = ("cost", "accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc")
    results = []
    for at in range(folds):
        values = {name: (figures[name][at] if name in figures else 0.5 + 0.1 * at) for name in names}
        results.append(FoldResult(40, 0, 20, 2, "finished", "", values))
    return Evaluation("binary", "y", tuple(results))


def test_figures_are_those_of_the_command_line(
    qtbot: QtBot, panel, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document, prepared = document_on(table)
    project = tmp_path / "p.nnstudio"
    save(project, document, None, prepared)
    assert cli.main(["evaluate", str(project), "--folds", "3", "--json"], lambda _: 1) == 0
    said = json.loads(capsys.readouterr().out)["metrics"]
    panel.folds.setValue(3)
    qtbot.mouseClick(panel.run_button, Qt.MouseButton.LeftButton)
    assert panel.progress.isVisible()
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE_MS)
    found = panel.result.found
    assert {name: list(spread.values) for name, spread in found.figures.items()} == {
        name: figures["values"] for name, figures in said.items()
    }
    assert found.figures["accuracy"].mean == said["accuracy"]["mean"]
    assert found.figures["accuracy"].deviation == said["accuracy"]["spread"]
    assert panel.verdict.text().startswith("Accuracy ")
    assert panel.verdict.text().endswith("over 3 folds.")


def test_another_seed_draws_other_folds_and_the_same_seed_the_same(table: Path) -> None:
    document, _ = document_on(table)
    made = [
        judge(lambda *_: None, document, table.with_name("p.nnstudio"), 3, seed).found.figures["cost"].values
        for seed in (0, 0, 1)
    ]
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_the_seed_follows_the_recipe(qtbot: QtBot, panel, model: FakeTraining) -> None:
    assert panel.seed.value() == 0
    recipe = model.store.document.data
    seeded = replace(recipe, preparation=replace(recipe.preparation, seed=7))
    model.store.apply(lambda document: msgspec.structs.replace(document, data=seeded), "seed")
    panel.refresh()
    assert panel.seed.value() == 7


def test_a_table_that_has_gone_is_told_with_what_to_do(qtbot: QtBot, panel, table: Path) -> None:
    table.unlink()
    panel.run()
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE_MS)
    assert "which is not there" in panel.words.text()
    assert panel.words.property("role") == "bad"


def test_too_few_rows_for_the_folds_are_told(qtbot: QtBot, panel) -> None:
    panel.folds.setValue(100)
    panel.run()
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE_MS)
    assert panel.result is None
    assert "folds" in panel.words.text()


def test_a_table_beside_the_project_is_found(table: Path, tmp_path: Path) -> None:
    document, _ = document_on(table)
    elsewhere = tmp_path / "moved"
    elsewhere.mkdir()
    table.rename(elsewhere / table.name)
    report = []
    judged = judge(lambda *told: report.append(told), document, elsewhere / "p.nnstudio", 2, 0)
    assert len(judged.found.folds) == 2
    assert report[0][1] == "reading the table"
    assert any(words.startswith("fold 2 of 2, epoch") for _, words in report)


def test_the_settings_watching_validation_are_told(table: Path) -> None:
    document, _ = document_on(table)
    training = replace(document.training, patience=5)
    judged = judge(lambda *_: None, msgspec.structs.replace(document, training=training), table, 2, 0)
    assert "20% of the training rows validate" in judged.verdict


def test_each_fold_is_told_under_the_pointer_and_all_in_the_text(panel) -> None:
    panel.take_result(Judged(evaluation(accuracy=(0.5, 0.75, 1.0)), 4, ()), panel.works_on())
    view = panel.view
    view.resize(440, 400)
    x = view._x(Spread((0.5, 0.75, 1.0)), 0.75, 1)
    assert view.words_at(QPointF(x, HEAD + 1.5 * ROW)).startswith("Fold 2: accuracy 75.0\u202f%\ntrained on 40 rows")
    assert "fold 3: 100.0\u202f%" in view.words_at(QPointF(2, HEAD + 1.5 * ROW))
    assert view.words_at(QPointF(2, 5_000)) == ""
    panel.copy_text()
    text = QGuiApplication.clipboard().text()
    assert "Accuracy 75.0% ± 25.0% over 3 folds." in text
    assert "Folds drawn by seed 4." in text
    assert text.splitlines()[-1].startswith("3\t40\t20\t2\t0.7\t1\t")


def test_a_figure_that_is_not_known_on_a_fold_is_left_out(panel) -> None:
    found = evaluation(roc_auc=(None, 0.5, 0.7), f1=(None, None, None))
    panel.take_result(Judged(found, 0, ()), panel.works_on())
    panel.grab()
    assert mean_and_spread("f1", found.figures["f1"]) == "–"
    assert mean_and_spread("roc_auc", found.figures["roc_auc"]) == "0.600 ± 0.14"


def test_numbers_below_zero_have_a_true_minus_and_equal_folds_a_scale() -> None:
    assert told("r2", -0.25) == "−0.250"
    low, high = ends(Spread((0.0, 0.0)))
    assert low < 0.0 < high


def test_equal_folds_stand_above_each_other() -> None:
    assert apart([10.0, 10.0, 40.0, 10.0]) == [(10.0, 0.0), (10.0, -5.0), (10.0, 5.0), (40.0, 0.0)]


@pytest.mark.parametrize("choice", ["light", "dark"])
@pytest.mark.parametrize("size", [(240, 300), (460, 700), (1100, 800)])
def test_it_is_drawn_in_both_themes_at_every_size(qtbot: QtBot, panel, choice, size) -> None:
    theme.apply_to_application(choice)
    panel.take_result(Judged(evaluation(5), 0, ()), panel.works_on())
    panel.resize(*size)
    assert not panel.grab().isNull()
    theme.apply_to_application("light")


def test_a_changed_setting_makes_the_result_old(panel, model: FakeTraining) -> None:
    panel.take_result(Judged(evaluation(), 0, ()), panel.works_on())
    model.store.apply(lambda document: edits.set_training(document, replace(document.training, batch_size=7)), "batch")
    panel.refresh()
    assert panel._stale_words.text() == "The settings have changed since."

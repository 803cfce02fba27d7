"""The recipe in the inspector: what is shown is what was fitted, and a change becomes one step of undo or stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_training import TableTraining
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from engine.declared import replace
from nnstudio import edits
from nnstudio.data import (
    Column,
    ColumnSteps,
    DataRecipe,
    Preparation,
    TimeSplit,
    detect,
    prepare,
    sample_recipe,
    table_source,
    with_column,
)
from ui.data_steps import StepsEditor
from ui.inspector import Inspector
from ui.inspector.recipe_list import CHANGED, ColumnList
from ui.recipe_work import close_work, work_of

PATIENCE_MS = 30_000


@pytest.fixture
def recipe(tmp_path: Path) -> DataRecipe:
    file = tmp_path / "people.csv"
    rows = [
        f"{at % 37 + 20},{'' if at % 9 == 0 else at * 10},{'red' if at % 2 else 'blue'},{at % 3}" for at in range(60)
    ]
    file.write_text(
        "age,income,color,buys\n" + "\n".join(f"{row[:-1]}{'yes' if row[-1] == '1' else 'no'}" for row in rows)
    )
    return DataRecipe(source=table_source(file), plan=detect(file), preparation=Preparation(missing="median"))


@pytest.fixture
def model(qtbot: QtBot, recipe: DataRecipe):
    made = TableTraining(recipe)
    yield made
    close_work(made)
    made.deleteLater()


@pytest.fixture
def inspector(qtbot: QtBot, model: TableTraining) -> Inspector:
    made = Inspector(model.store, model)
    qtbot.addWidget(made)
    made.resize(280, 900)
    made.show()
    qtbot.waitExposed(made)
    made.show_nodes(("input",))
    return made


def combo(form, name: str) -> QComboBox:
    return form.editor(name).findChild(QComboBox, name)


def apply(qtbot: QtBot, inspector: Inspector) -> None:
    qtbot.mouseClick(inspector.recipe_bar.apply, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not work_of(inspector._model).busy, timeout=PATIENCE_MS)


def test_each_column_tells_its_steps_with_the_fitted_numbers(inspector: Inspector, model: TableTraining) -> None:
    section = inspector.node_page.recipe
    columns = section.list.columns
    assert [columns.line(row).name for row in range(columns.rowCount())] == ["age", "income", "color", "buys"]
    fitted = {column.name: column for column in model.data.fitted.columns}
    assert columns.line(1).steps[0] == f"median {fitted['income'].fill:g} for missing"
    assert columns.line(2).steps[-1] == "one-hot, 2 categories"
    assert section.detail.text().startswith("median")
    words = columns.data(columns.index(3), Qt.ItemDataRole.AccessibleTextRole)
    assert words == "buys, yes/no: target: 0 for no, 1 for yes"
    assert "standardize 2 · one-hot 1" in section.brief.text()


def test_the_section_is_of_the_input_alone(inspector: Inspector) -> None:
    assert inspector.node_page.recipe.isVisible()
    inspector.show_nodes(("dense_1",))
    assert not inspector.node_page.recipe.isVisible()


def test_steps_of_a_column_are_applied_as_one_step_of_undo(
    qtbot: QtBot, inspector: Inspector, model: TableTraining
) -> None:
    section, before = inspector.node_page.recipe, model.store.document
    section.list.choose("income")
    combo(section.steps.form, "scaling").setCurrentIndex(2)
    assert inspector.recipe_bar.isVisible()
    assert model.store.document == before
    assert section.list.columns.is_changed(1)
    apply(qtbot, inspector)
    assert not inspector.recipe_bar.isVisible()
    assert model.store.document.data.plan.columns[1].steps.scaling == "min_max"
    at = model.data.features.index("income")
    assert (model.data.X[model.data.training, at].min(), model.data.X[model.data.training, at].max()) == (0.0, 1.0)
    assert model.store.undo_stack.count() == 1
    assert model.store.undo_stack.undoText() == "Change steps of income"
    model.store.undo_stack.undo()
    assert model.store.document == before


def test_rules_for_all_are_applied_together(qtbot: QtBot, inspector: Inspector, model: TableTraining) -> None:
    form = inspector.node_page.recipe.all
    combo(form, "encoding").setCurrentIndex(1)
    combo(form, "class_weights").setCurrentIndex(1)
    combo(form, "split").setCurrentIndex(2)
    assert not inspector.recipe_bar.apply.isEnabled()
    assert inspector.recipe_bar.words.text().endswith("Choose the column.")
    below = form.editor("split").below
    combo(below, "column").setCurrentText("age")
    assert inspector.recipe_bar.words.text().startswith("The recipe was changed.")
    apply(qtbot, inspector)
    assert model.store.document.data.preparation.split == TimeSplit(column="age")
    assert model.data.fitted.class_weights
    ages = model.data.X[:, model.data.features.index("age")]
    assert ages[model.data.training].max() <= ages[model.data.validation].min()
    assert model.store.undo_stack.count() == 1


def test_rules_that_do_not_matter_are_not_shown(qtbot: QtBot, inspector: Inspector, tmp_path: Path) -> None:
    form = inspector.node_page.recipe.all
    assert form.knows("class_weights")
    assert form.knows("encoding")
    assert not form.knows("scale_target")
    assert not form.knows("date_parts")
    file = tmp_path / "numbers.csv"
    file.write_text("a,y\n" + "\n".join(f"{at % 7}.5,{at * 3 % 31}.25" for at in range(40)))
    model = TableTraining(DataRecipe(source=table_source(file), plan=detect(file)))
    made = Inspector(model.store, model)
    qtbot.addWidget(made)
    made.show_nodes(("input",))
    form = made.node_page.recipe.all
    assert form.knows("scale_target")
    assert not form.knows("class_weights")
    assert not form.knows("encoding")
    close_work(model)
    model.deleteLater()


def test_what_fails_says_why_and_loses_nothing(
    qtbot: QtBot, inspector: Inspector, model: TableTraining, recipe: DataRecipe
) -> None:
    before = model.store.document
    Path(recipe.source.path).unlink()
    combo(inspector.node_page.recipe.all, "scaling").setCurrentIndex(3)
    apply(qtbot, inspector)
    bar = inspector.recipe_bar
    assert bar.isVisible()
    assert "is not there any more. Use Data, Find the table's file" in bar.words.text()
    assert bar.words.property("role") == "bad"
    assert model.store.document == before
    assert work_of(model).recipe.preparation.scaling == "none"
    assert bar.apply.isEnabled()
    qtbot.mouseClick(bar.discard, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()
    assert work_of(model).recipe == recipe


def test_while_training_comes_to_rest_it_cannot_be_applied_twice(
    qtbot: QtBot, inspector: Inspector, model: TableTraining
) -> None:
    put_off: list[object] = []

    def gate(before: object, after: object, retry: object) -> bool:
        put_off.append(retry)
        return False

    model.store.gate = gate
    combo(inspector.node_page.recipe.all, "scaling").setCurrentIndex(3)
    qtbot.mouseClick(inspector.recipe_bar.apply, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(put_off), timeout=PATIENCE_MS)
    assert work_of(model).busy
    assert not inspector.recipe_bar.apply.isEnabled()
    model.store.gate = None
    put_off[0]()
    assert not work_of(model).busy
    assert model.store.document.data.preparation.scaling == "none"
    assert not inspector.recipe_bar.isVisible()


def test_other_data_let_a_draft_go(inspector: Inspector, model: TableTraining, recipe: DataRecipe) -> None:
    combo(inspector.node_page.recipe.all, "scaling").setCurrentIndex(3)
    other = replace(recipe, preparation=Preparation(missing="mean"))
    model.prepared.put(other, prepare(other))
    model.store.apply(lambda document: edits.use_prepared(document, other, prepare(other)), "Load")
    assert not work_of(model).drafted


def test_going_back_to_what_was_applied_is_no_draft(inspector: Inspector, model: TableTraining) -> None:
    scaling = combo(inspector.node_page.recipe.all, "scaling")
    scaling.setCurrentIndex(3)
    scaling.setCurrentIndex(0)
    assert not work_of(model).drafted


def test_thousands_of_columns_make_words_only_of_those_shown(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = ColumnList().columns.__class__.line

    def line(self, row: int):
        made.append(self.column(row).name)
        return real(self, row)

    monkeypatch.setattr("ui.inspector.recipe_list.ColumnsModel.line", line)
    shown = ColumnList()
    qtbot.addWidget(shown)
    plan = replace(
        DataRecipe(source=table_source(__file__)).plan, columns=tuple(Column(name=f"c{at}") for at in range(5_000))
    )
    recipe = DataRecipe(source=table_source(__file__), plan=plan)
    shown.resize(250, 260)
    shown.columns.show(recipe, recipe, None)
    shown.show()
    qtbot.waitExposed(shown)
    shown.grab()
    assert shown.columns.rowCount() == 5_000
    assert 0 < len(set(made)) < 50
    shown.columns.show(recipe, recipe, None, "c499")
    assert shown.columns.rowCount() == 11


# -- the editor of one column's steps -----------------------------------------------------------------------------


@pytest.fixture
def editor(qtbot: QtBot):
    made = StepsEditor()
    qtbot.addWidget(made)
    made.show()
    made.seen = []
    made.edited.connect(made.seen.append)
    return made


def test_what_is_left_open_says_what_holds_for_all(editor: StepsEditor) -> None:
    editor.show_column(Column(name="x"), Preparation(scaling="robust", missing="median"))
    assert combo(editor.form, "scaling").currentText() == "robust, by quartiles, as for all"
    assert combo(editor.form, "was_missing").currentText() == "no, as for all"
    assert combo(editor.form, "clip").currentText() == "none, as for all"
    assert combo(editor.form, "missing").currentText() == "median, as for all"
    editor.show_column(Column(name="c", kind="category"), Preparation(missing="median"))
    assert combo(editor.form, "missing").currentText() == "most frequent, as for all"
    assert editor.seen == []


def test_only_what_matters_for_the_kind_is_shown(editor: StepsEditor) -> None:
    editor.show_column(Column(name="x"), Preparation())
    assert not editor.form.knows("encoding")
    assert not editor.form.knows("was_missing")  # its rows are dropped
    editor.show_column(Column(name="c", kind="category"), Preparation())
    assert editor.form.knows("encoding")
    assert not editor.form.knows("clip")
    assert not editor.form.knows("order")
    combo(editor.form, "encoding").setCurrentIndex(2)
    assert editor.seen == [ColumnSteps(encoding="ordinal")]
    assert editor.form.knows("order")


def test_limits_may_be_left_out(qtbot: QtBot, editor: StepsEditor) -> None:
    editor.show_column(Column(name="x"), Preparation())
    combo(editor.form, "clip").setCurrentIndex(2)
    line = editor.form.editor("clip").below.editor("high").findChild(QLineEdit)
    assert line.placeholderText() == "no limit"
    qtbot.keyClicks(line, "99")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert (editor.seen[-1].clip.low, editor.seen[-1].clip.high) == (None, 99.0)
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert editor.seen[-1].clip.high is None
    combo(editor.form, "clip").setCurrentIndex(0)
    assert editor.seen[-1].clip is None


def test_a_constant_that_its_column_cannot_hold_is_refused(qtbot: QtBot, editor: StepsEditor) -> None:
    editor.show_column(Column(name="x", steps=ColumnSteps(missing="constant", constant=2.0)), Preparation())
    line = editor.form.editor("constant").findChild(QLineEdit)
    assert line.text() == "2"
    line.selectAll()
    qtbot.keyClicks(line, "many")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert editor.seen == []
    assert "no number" in editor.form.problem("constant")
    line.selectAll()
    qtbot.keyClicks(line, "7,5")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert editor.seen[-1].constant == 7.5
    assert editor.form.problem("constant") == ""


def test_parts_of_a_date_are_chosen_one_by_one(editor: StepsEditor) -> None:
    editor.show_column(Column(name="d", kind="date"), Preparation())
    open_, *parts = editor.form.editor("date_parts").findChildren(QCheckBox)
    assert (open_.isChecked(), [box.isChecked() for box in parts]) == (True, [True, False, False, False, False])
    assert not parts[0].isEnabled()
    open_.click()
    parts[3].click()
    assert editor.seen[-1].date_parts == ("timestamp", "weekday")
    parts[0].click()
    parts[3].click()
    assert editor.form.problem("date_parts") == "Parts: choose at least one."
    assert editor.seen[-1].date_parts == ("weekday",)
    open_.click()
    assert editor.seen[-1].date_parts is None


def test_an_order_is_written_one_category_a_line(qtbot: QtBot, editor: StepsEditor) -> None:
    editor.show_column(Column(name="c", kind="category", steps=ColumnSteps(encoding="ordinal")), Preparation())
    text = editor.form.editor("order").findChild(QPlainTextEdit)
    text.setFocus()
    qtbot.waitUntil(text.hasFocus)
    text.setPlainText("low\n mid \n\nhigh")
    text.clearFocus()
    assert editor.seen[-1].order == ("low", "mid", "high")
    text.setFocus()
    text.setPlainText("low\nlow")
    text.clearFocus()
    assert "stands twice" in editor.form.problem("order")
    assert len(editor.seen) == 1


def test_words_of_the_list_hold_for_a_change_not_applied(inspector: Inspector) -> None:
    section = inspector.node_page.recipe
    section.list.choose("age")
    combo(section.steps.form, "log").setCurrentIndex(2)
    columns = section.list.columns
    assert CHANGED in columns.data(columns.index(0), Qt.ItemDataRole.AccessibleTextRole)


def choose(box: QComboBox, key: str) -> None:
    box.setCurrentIndex(box.findData(key))
    box.activated.emit(box.currentIndex())  # as a hand does


def test_a_column_is_made_a_feature_or_left_out_as_one_step_of_undo(
    qtbot: QtBot, inspector: Inspector, model: TableTraining
) -> None:
    section, before = inspector.node_page.recipe, model.store.document
    section.list.choose("color")
    choose(section.use.role, "ignore")
    assert model.store.document == before
    assert section.detail.text() == "This column is not used."
    assert section.steps.isHidden()
    apply(qtbot, inspector)
    assert "color=red" not in model.data.features
    assert model.store.document.graph.nodes[0].layer.features == len(model.data.features)
    choose(section.use.role, "feature")
    apply(qtbot, inspector)
    assert "color=red" in model.data.features
    assert model.store.undo_stack.count() == 2
    model.store.undo_stack.undo()
    model.store.undo_stack.undo()
    assert model.store.document == before


def test_the_logarithm_of_a_number_to_predict_is_chosen_and_told(
    qtbot: QtBot, inspector: Inspector, model: TableTraining
) -> None:
    section = inspector.node_page.recipe
    section.list.choose("buys")
    assert section.steps.isHidden()  # classes have none
    section.list.choose("age")
    choose(section.use.role, "target")
    apply(qtbot, inspector)
    assert model.data.task == "regression"
    section.list.choose("age")
    assert section.steps.isVisible()
    assert section.detail.text().startswith("target: (y − ")
    combo(section.steps.form, "log").setCurrentIndex(2)
    apply(qtbot, inspector)
    assert model.data.fitted.targets[0].log == "log1p"
    assert section.detail.text().startswith("target: (log(1 + y) − ")


def test_another_target_changes_the_output_and_the_task(
    qtbot: QtBot, inspector: Inspector, model: TableTraining
) -> None:
    section = inspector.node_page.recipe
    section.list.choose("age")
    assert section.use.role.findData("another") >= 0
    choose(section.use.role, "target")
    apply(qtbot, inspector)
    assert model.data.task == "regression"
    assert model.data.targets == ("age",)
    assert any("buys" in name for name in model.data.features)
    output = model.store.document.graph.nodes[-1].layer
    assert (output.activation.title, output.units) == ("identity", 1)


def test_a_task_that_was_chosen_goes_with_its_target(inspector: Inspector, model: TableTraining) -> None:
    work = work_of(model)
    work.set_plan(with_column(work.recipe.plan, "color", role="ignore"), "Leave out color")
    assert work.recipe.task == model.store.document.data.task
    work._draft = replace(work.recipe, task="binary")
    work.set_plan(with_column(work.recipe.plan, "color", role="feature"), "Use color")
    assert work.recipe.task == "binary"
    work.set_plan(with_column(work.recipe.plan, "buys", kind="category", role="feature"), "No target")
    assert work.recipe.task is None


def test_a_column_is_read_as_another_kind_and_what_cannot_be_says_why(
    qtbot: QtBot, inspector: Inspector, model: TableTraining
) -> None:
    section = inspector.node_page.recipe
    section.list.choose("age")
    choose(section.use.kind, "category")
    apply(qtbot, inspector)
    assert "age=20" in model.data.features
    before = model.store.document
    section.list.choose("color")
    choose(section.use.kind, "date:dmy")
    apply(qtbot, inspector)
    assert model.store.document == before
    assert "color" in inspector.recipe_bar.words.text()
    assert inspector.recipe_bar.isVisible()


def test_without_a_target_a_draft_cannot_be_applied(inspector: Inspector) -> None:
    section = inspector.node_page.recipe
    section.list.choose("buys")
    choose(section.use.role, "ignore")
    assert not inspector.recipe_bar.apply.isEnabled()
    assert inspector.recipe_bar.words.text() == "No column is the target. Choose the column to predict."


def test_types_of_a_sample_are_its_own(qtbot: QtBot) -> None:
    model = TableTraining(sample_recipe("iris"))
    made = Inspector(model.store, model)
    qtbot.addWidget(made)
    made.show()
    made.show_nodes(("input",))
    use = made.node_page.recipe.use
    assert use.role.isVisible()
    assert not use.kind.isVisible()
    close_work(model)
    model.deleteLater()


def test_a_column_that_is_ignored_says_how_to_use_it(qtbot: QtBot, recipe: DataRecipe) -> None:
    ignoring = replace(recipe, plan=with_column(recipe.plan, "color", role="ignore"))
    model = TableTraining(ignoring)
    made = Inspector(model.store, model)
    qtbot.addWidget(made)
    made.show_nodes(("input",))
    section = made.node_page.recipe
    section.list.choose("color")
    assert section.detail.text() == "This column is not used."
    assert section.use.role.currentText() == "Ignore"
    assert section.steps.isHidden()
    close_work(model)
    model.deleteLater()


def test_figures_in_the_list_are_those_of_the_training_rows(inspector: Inspector, model: TableTraining) -> None:
    line = inspector.node_page.recipe.list.columns.line(0)
    fitted = model.data.fitted.columns[0]
    raw = model.data.X[model.data.training, 0] * fitted.scale + fitted.offset
    assert np.isclose(raw.mean(), fitted.offset)
    assert f"{fitted.offset:.4g}" in line.steps[-1]

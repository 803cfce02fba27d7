"""The import dialog beyond a clean file: steps and splits, several targets, very wide tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from import_hands import MIXED_ROWS, WAIT_MS, Open, cell, give, load, place, settle
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

import nnstudio.data.detecting.whole  # noqa: F401 - for its place in sys.modules
from nnstudio.data import (
    ColumnSplit,
    ColumnSteps,
    GroupSplit,
    TimeSplit,
    prepare,
)
from ui import theme
from ui.dialogs.table_import_models import BARS, ROLE
from ui.dialogs.table_import_side import BASIC, COLUMN, RULES

# -- steps, rules, splits, targets ------------------------------------------------------------------------------------


def test_the_steps_of_a_column_are_changed_in_its_page_and_loaded(
    qtbot: QtBot, open_import: Open, mixed_table: Path
) -> None:
    dialog = open_import(mixed_table)
    dialog.side.open_column(place(dialog, "income"))
    page = dialog.side.column
    assert dialog.side.pages.tabText(COLUMN) == "Steps of income"
    assert "mean" in page.figures.text()
    give(page.steps.form, "missing", "median")
    give(page.steps.form, "log", "log1p")
    assert dialog.settings.dropped.text() == ""  # filled: no row goes
    give(page.steps.form, "was_missing", True)
    box = dialog.bar.encoding  # another look at the file keeps the steps
    box.setCurrentIndex(box.findData("latin-1"))
    box.activated.emit(box.currentIndex())
    settle(qtbot, dialog)
    load(qtbot, dialog)
    steps = dialog.recipe().plan.columns[0].steps
    assert steps == ColumnSteps(missing="median", log="log1p", was_missing=True)
    assert dialog.prepared().X.shape[0] == MIXED_ROWS
    np.testing.assert_array_equal(prepare(dialog.recipe()).X, dialog.prepared().X)


def test_steps_are_changed_in_all_selected_features_of_one_type(
    qtbot: QtBot, open_import: Open, mixed_table: Path
) -> None:
    dialog = open_import(mixed_table)
    dialog.columns_model.change([place(dialog, "y")], "feature")
    dialog.columns_model.change([place(dialog, "flag")], "target")
    dialog.side.open_column(place(dialog, "income"))
    give(dialog.side.column.steps.form, "missing", "median")
    dialog.columns_view.selectAll()
    assert dialog.side.column.sentence.text() == "A change is made in all 3 selected features of this type."
    give(dialog.side.column.steps.form, "scaling", "robust")
    steps = {column.name: column.steps for column in dialog.columns_model.plan.columns}
    assert steps["income"] == ColumnSteps(missing="median", scaling="robust")
    assert steps["same"] == steps["y"] == ColumnSteps(scaling="robust")
    assert steps["city"] == steps["flag"] == ColumnSteps()
    assert dialog.footer.load_button.isEnabled()


def test_a_delimiter_that_is_not_in_the_list_can_be_given(
    qtbot: QtBot, open_import: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a^b^y\n" + "".join(f"{i * 2}^{i % 7}^{i % 2}\n" for i in range(40)))
    dialog = open_import(path)
    assert dialog.left.model.columnCount() == 1
    box = dialog.bar.delimiter

    def ask(answer: tuple[str, bool]) -> None:
        monkeypatch.setattr("ui.dialogs.table_import_bars.QInputDialog.getText", lambda *_: answer)
        box.setCurrentIndex(box.findText("Another…"))
        box.activated.emit(box.currentIndex())
        settle(qtbot, dialog)

    ask(("", False))
    assert box.currentText() == "Comma"
    ask(("^", True))
    assert dialog.left.model.columnCount() == 3
    assert box.currentText() == "^"
    ask(("ab", True))
    assert dialog.footer.message.property("role") == "bad"
    box.setCurrentIndex(box.findData("^"))
    box.activated.emit(box.currentIndex())
    settle(qtbot, dialog)
    assert dialog.left.model.columnCount() == 3
    assert dialog.footer.load_button.isEnabled()


def test_the_page_of_a_target_says_what_it_is_for(open_import: Open, mixed_table: Path) -> None:
    dialog = open_import(mixed_table)
    dialog.side.open_column(place(dialog, "y"))
    assert "learns to predict" in dialog.side.column.sentence.text()
    assert not dialog.side.column.steps.isVisible()
    assert dialog.side.column.plot.isVisible()


def test_a_number_to_predict_may_have_a_logarithm(qtbot: QtBot, open_import: Open, mixed_table: Path) -> None:
    dialog = open_import(mixed_table)
    dialog.columns_model.change([place(dialog, "income")], "target")
    dialog.side.open_column(place(dialog, "income"))
    form = dialog.side.column.steps.form
    assert form.isVisible()
    assert [name for name in ("missing", "clip", "log", "scaling") if form.knows(name)] == ["log", "scaling"]
    give(form, "log", "log1p")
    load(qtbot, dialog)
    (target,) = dialog.prepared().fitted.targets
    assert (target.name, target.log) == ("income", "log1p")
    assert all(column.log == "none" for column in dialog.prepared().fitted.columns)


def test_a_date_that_becomes_a_feature_offers_its_parts(qtbot: QtBot, open_import: Open, mixed_table: Path) -> None:
    dialog = open_import(mixed_table)
    assert "'when' holds dates" in dialog.left.notes.text()
    dialog.columns_model.change([place(dialog, "when")], "feature")
    assert "'when' holds dates" not in dialog.left.notes.text()
    assert dialog.side.pages.currentIndex() == COLUMN
    form = dialog.side.column.steps.form
    assert form.knows("date_parts")
    dialog.side.pages.setCurrentIndex(BASIC)
    give(form, "date_parts", ("month", "weekday"))
    assert dialog.side.pages.currentIndex() == BASIC  # offered once, not at every step
    load(qtbot, dialog)
    assert [name for name in dialog.prepared().features if name.startswith("when")] == ["when month", "when weekday"]


def test_rules_for_all_columns_reach_the_recipe(qtbot: QtBot, open_import: Open, mixed_table: Path) -> None:
    dialog = open_import(mixed_table)
    dialog.side.pages.setCurrentIndex(RULES)
    rules = dialog.settings.rules
    assert rules.isVisible()
    assert not rules.knows("scaling")  # has its place in the first page
    assert not rules.knows("date_parts")  # no date is a feature
    give(rules, "class_weights", "balanced")
    give(rules, "encoding", "ordinal")
    load(qtbot, dialog)
    settings = dialog.recipe().preparation
    assert (settings.class_weights, settings.encoding) == ("balanced", "ordinal")
    assert len(dialog.prepared().fitted.class_weights) == 2


@pytest.mark.parametrize(
    ("tag", "name", "more", "expected"),
    [
        ("column", "part", {"validation": ("check",)}, ColumnSplit(column="part", validation=("check",))),
        ("time", "when", {}, TimeSplit(column="when")),
        ("group", "city", {}, GroupSplit(column="city", stratified=True)),
    ],
)
def test_rows_are_divided_by_a_column(
    qtbot: QtBot, open_import: Open, mixed_table: Path, tag: str, name: str, more: dict[str, Any], expected: object
) -> None:
    dialog = open_import(mixed_table)
    form = dialog.settings
    form.divide.setCurrentIndex(form.divide.findData(tag))
    assert form.dividing.isVisible()
    proposed = tag == "time"  # the table's only date
    assert ("none is chosen" in dialog.footer.message.text()) != proposed
    assert dialog.footer.load_button.isEnabled() == proposed
    if not proposed:
        give(form.dividing, "column", name)
    for field, value in more.items():
        give(form.dividing, field, value)
    assert form.dividing.note("column").startswith("It holds")
    assert form.validation.isVisible() == (tag != "column")
    load(qtbot, dialog)
    assert dialog.recipe().preparation.split == expected
    assert len(dialog.prepared().validation) > 0


def test_what_tells_a_time_is_offered_first_and_text_is_doubted(open_import: Open, mixed_table: Path) -> None:
    dialog = open_import(mixed_table)
    form = dialog.settings
    form.divide.setCurrentIndex(form.divide.findData("time"))
    box = form.dividing.editor("column").findChild(QComboBox)
    assert [box.itemText(at) for at in range(1, 4)] == ["when", "income", "same"]
    give(form.dividing, "column", "city")
    assert "Text tells no time" in form.dividing.note("column")


@pytest.mark.parametrize("name", ["validation", "missing", "divide"])
def test_a_wheel_that_passes_over_a_field_changes_nothing(open_import: Open, mixed_table: Path, name: str) -> None:
    dialog = open_import(mixed_table)
    box = getattr(dialog.settings, name)
    before = box.value() if name == "validation" else box.currentIndex()

    def turn() -> QWheelEvent:
        event = QWheelEvent(
            QPointF(5, 5), QPointF(box.mapToGlobal(QPoint(5, 5))), QPoint(), QPoint(0, -120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(box, event)
        return event

    dialog.footer.load_button.setFocus()
    assert not turn().isAccepted()  # what the field stands in scrolls
    assert (box.value() if name == "validation" else box.currentIndex()) == before
    box.setFocus()
    turn()
    assert (box.value() if name == "validation" else box.currentIndex()) != before


def test_a_split_by_a_column_is_forgotten_with_the_file(
    qtbot: QtBot, open_import: Open, mixed_table: Path, tmp_path: Path
) -> None:
    dialog = open_import(mixed_table)
    form = dialog.settings
    form.divide.setCurrentIndex(form.divide.findData("group"))
    give(form.dividing, "column", "city")
    other = tmp_path / "other.csv"
    other.write_text("a,y\n" + "".join(f"{i * 2},{i % 2}\n" for i in range(40)))
    dialog.set_path(str(other))
    settle(qtbot, dialog)
    assert dialog.footer.message.text() == ""
    assert dialog.footer.load_button.isEnabled()


def test_several_targets_of_one_kind_are_learned_together_and_others_are_refused_in_words(
    qtbot: QtBot, open_import: Open, mixed_table: Path
) -> None:
    dialog = open_import(mixed_table)
    view, flag = dialog.columns_view, place(dialog, "flag")
    view.setFocus()
    view.selectRow(place(dialog, "income"))
    qtbot.keyClick(view, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    assert "'income' (a number) and 'y' (two classes) do not go together" in dialog.footer.message.text()
    assert not dialog.footer.load_button.isEnabled()
    view.selectRow(place(dialog, "income"))
    qtbot.keyClick(view, Qt.Key.Key_F)
    view.selectRow(flag)
    qtbot.keyClick(view, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    assert [cell(dialog, name, ROLE) for name in ("flag", "y")] == ["Target ▾", "Target ▾"]
    assert dialog.side.roles.text().endswith("2 targets, 1 ignored")
    assert dialog.footer.message.text() == ""
    load(qtbot, dialog)
    assert dialog.prepared().Y.shape[1] == 2


def test_the_list_of_roles_offers_another_target_where_there_is_one(
    qtbot: QtBot, open_import: Open, mixed_table: Path
) -> None:
    dialog = open_import(mixed_table)
    model = dialog.columns_model
    assert model.setData(model.index(place(dialog, "flag"), ROLE), "another")
    assert [column.name for column in model.plan.columns if column.role == "target"] == ["flag", "y"]


# -- what is seen -----------------------------------------------------------------------------------------------------


def test_doubtful_columns_are_told_before_loading(open_import: Open, mixed_table: Path) -> None:
    dialog = open_import(mixed_table)
    assert dialog.left.doubts.isVisible()
    assert dialog.left.doubts.text() == "The same value in every row: 'same'. Such a column teaches nothing."
    dialog.columns_model.change([place(dialog, "same")], "ignore")
    assert not dialog.left.doubts.isVisible()


def test_small_bars_are_painted_and_read_aloud(open_import: Open, mixed_table: Path) -> None:
    dialog = open_import(mixed_table)
    view, model = dialog.columns_view, dialog.columns_model
    index = model.index(place(dialog, "city"), BARS)
    image = view.viewport().grab(view.visualRect(index)).toImage()
    colors = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert theme.tokens().faint.lower() in colors
    assert model.data(index, Qt.ItemDataRole.AccessibleTextRole) == "Bern 140, Chur 140, Zug 140"


def test_of_a_very_wide_table_only_the_bars_that_are_seen_are_made(
    qtbot: QtBot, open_import: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    module = sys.modules["nnstudio.data.detecting.preview"]
    real = module.figures_of  # type: ignore[attr-defined]
    monkeypatch.setattr(module, "figures_of", lambda values: (made.append(1), real(values))[1])
    columns = 2_000
    path = tmp_path / "wide.csv"
    names = [f"f{i}" for i in range(columns)]
    cells = np.random.default_rng(0).normal(size=(20, columns)).round(2)
    lines = [",".join(names) + ",y", *(",".join(map(str, row)) + f",{i % 2}" for i, row in enumerate(cells.tolist()))]
    path.write_text("\n".join(lines))
    dialog = open_import(path)
    QApplication.processEvents()
    assert 0 < len(made) < 60
    dialog.side.find.setText("f1999")
    dialog.side.find.textEdited.emit("f1999")
    assert dialog.side.current == 1999
    assert dialog.left.view.columnAt(dialog.left.view.viewport().width() // 2) > 1900
    QApplication.processEvents()
    assert len(made) < 120


def test_return_loads_a_clean_file_at_once_but_not_out_of_a_field(
    qtbot: QtBot, open_import: Open, mixed_table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = open_import(mixed_table)
    dialog.activateWindow()
    assert dialog.focusWidget() is dialog.footer.load_button
    field: QLineEdit = dialog.bar.marks
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not dialog._background.busy
    with qtbot.waitSignal(dialog.accepted, timeout=WAIT_MS):
        qtbot.keyClick(dialog.footer.load_button, Qt.Key.Key_Return)


def test_every_page_is_reached_with_the_keyboard(qtbot: QtBot, open_import: Open, mixed_table: Path) -> None:
    dialog = open_import(mixed_table)
    dialog.columns_view.selectRow(0)
    bar = dialog.side.pages.tabBar()
    bar.setFocus()
    for page in (RULES, COLUMN):
        qtbot.keyClick(bar, Qt.Key.Key_Right)
        assert dialog.side.pages.currentIndex() == page
    seen = set()
    for _ in range(60):
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        seen.add(dialog.focusWidget())
    for control in dialog.side.column.steps.form.controls():
        assert control in seen, control.accessibleName()
    for control in (dialog.bar.path_edit, dialog.bar.marks, dialog.left.view, dialog.columns_view):
        assert control in seen

"""The import dialog beyond a clean file: the check of all rows, steps and splits, several targets, very wide tables."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

import nnstudio.data.detecting.whole  # noqa: F401 - for its place in sys.modules
from nnstudio.data import (
    Cancelled,
    ColumnSplit,
    ColumnSteps,
    DataError,
    GroupSplit,
    ImportPlan,
    Preview,
    TimeSplit,
    check_whole,
    prepare,
    read_table,
)
from ui import theme
from ui.dialogs import table_import_jobs
from ui.dialogs.table_import import TableImportDialog
from ui.dialogs.table_import_models import BARS, DISTINCT, MISSING, ROLE
from ui.dialogs.table_import_side import BASIC, COLUMN, RULES
from ui.forms.form import DeclaredForm

WAIT_MS = 10_000
ROWS = 420
Open = Callable[[str | Path | None], TableImportDialog]


@pytest.fixture
def opened(qtbot: QtBot) -> Iterator[Open]:
    threads = threading.active_count()
    theme.apply(QApplication.instance(), "light")  # type: ignore[arg-type]
    dialogs: list[TableImportDialog] = []

    def make(path: str | Path | None) -> TableImportDialog:
        dialog = TableImportDialog(str(path) if path else None)
        qtbot.addWidget(dialog)
        dialogs.append(dialog)
        dialog.show()
        settle(qtbot, dialog)
        return dialog

    yield make
    for dialog in dialogs:
        dialog.done(0)
    assert threading.active_count() == threads


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    lines = ["income,city,when,part,flag,same,y"]
    for i in range(ROWS):
        income = "oops" if i == 301 else "" if i % 20 == 0 else f"{rng.lognormal(10, 0.5):.1f}"
        part = ("train", "train", "train", "check")[i % 4]
        when = f"2024-{i * 12 // ROWS + 1:02}-{i % 28 + 1:02}"
        lines.append(f"{income},{('Bern', 'Zug', 'Chur')[i % 3]},{when},{part},{'yes' if i % 5 else 'no'},1,{i % 2}")
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


class Held:
    """A check of all rows that waits until it is let go, with the plans it was begun with."""

    def __init__(self) -> None:
        self.plans: list[ImportPlan] = []
        self.first: Preview | None = None  # what was shown before
        self.go = threading.Event()
        self.error: DataError | None = None

    def check(
        self, path: str, plan: ImportPlan, shown: Preview, *, progress: Any, cancelled: Any, **how: Any
    ) -> Preview:
        self.plans.append(plan)
        self.first = shown
        progress(0.4)
        while not self.go.wait(0.005):
            if cancelled():
                raise Cancelled
        if self.error is not None:
            raise self.error
        return check_whole(path, plan, shown, progress=progress, cancelled=cancelled, **how)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """Make every file a large one, and hold the check of all its rows."""
    found = Held()
    monkeypatch.setattr(sys.modules["nnstudio.data.detecting.preview"], "SMALL_FILE", 100)
    monkeypatch.setattr(table_import_jobs, "check_whole", found.check)
    return found


def settle(qtbot: QtBot, dialog: TableImportDialog) -> None:
    qtbot.waitUntil(lambda: not dialog._background.busy, timeout=WAIT_MS)


def checked(qtbot: QtBot, dialog: TableImportDialog) -> None:
    qtbot.waitUntil(lambda: not dialog._checking.busy, timeout=WAIT_MS)


def load(qtbot: QtBot, dialog: TableImportDialog) -> None:
    with qtbot.waitSignal(dialog.accepted, timeout=WAIT_MS):
        qtbot.mouseClick(dialog.footer.load_button, Qt.MouseButton.LeftButton)


def cell(dialog: TableImportDialog, name: str, at: int) -> str:
    model = dialog.columns_model
    return str(model.data(model.index(place(dialog, name), at))).replace("\u202f", " ")


def place(dialog: TableImportDialog, name: str) -> int:
    return [column.name for column in dialog.columns_model.plan.columns].index(name)


def give(form: DeclaredForm, name: str, value: Any) -> None:
    """Set a field as its editor does when a person has changed it."""
    editor = form.editor(name)
    editor.set_value(value)
    editor.edited.emit(value, "")


# -- all rows ---------------------------------------------------------------------------------------------------------


def test_figures_of_the_first_rows_give_way_to_those_of_all(
    qtbot: QtBot, opened: Open, table: Path, held: Held
) -> None:
    dialog = opened(table)
    row, model = dialog.side.check, dialog.columns_model
    assert dialog.left.size_label.text().startswith("about")
    assert row.isVisible()
    assert row.words.text() == "Figures of the first 200 rows, checking all…"
    tip = model.headerData(DISTINCT, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert "in the first 200 rows" in tip.replace("\u202f", " ")
    qtbot.waitUntil(lambda: row.progress.value() == 400, timeout=WAIT_MS)
    assert cell(dialog, "income", MISSING) == "5.0 %"
    assert dialog.left.problems.model.problems == []
    dialog.left.view.verticalScrollBar().setValue(50)
    held.go.set()
    checked(qtbot, dialog)
    assert not row.isVisible()
    assert dialog.left.size_label.text() == "420 rows, 7 columns"
    assert cell(dialog, "income", MISSING) == "5.2 % ✕"
    assert [(problem.row, problem.text) for problem in dialog.left.problems.model.problems] == [(303, "oops")]
    assert dialog.left.view.verticalScrollBar().value() == 50  # what a person looks at stays
    assert dialog.settings.counts[0].text() == "318 rows"


def test_the_check_can_be_cancelled_and_begun_again(qtbot: QtBot, opened: Open, table: Path, held: Held) -> None:
    dialog = opened(table)
    row = dialog.side.check
    assert row.button.text() == "Cancel"
    qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    checked(qtbot, dialog)
    assert row.words.text() == "Figures of the first 200 rows"
    assert not row.progress.isVisible()
    assert dialog.footer.load_button.isEnabled()
    held.go.set()
    qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    checked(qtbot, dialog)
    assert not row.isVisible()


def test_a_changed_setting_begins_the_check_anew_and_a_role_does_not(
    qtbot: QtBot, opened: Open, table: Path, held: Held
) -> None:
    dialog = opened(table)
    qtbot.waitUntil(lambda: len(held.plans) == 1, timeout=WAIT_MS)
    dialog.columns_model.change([place(dialog, "same")], "ignore")
    settle(qtbot, dialog)
    assert len(held.plans) == 1
    dialog.columns_model.change([place(dialog, "income")], "category")
    settle(qtbot, dialog)
    qtbot.waitUntil(lambda: len(held.plans) == 2, timeout=WAIT_MS)
    assert held.plans[1].columns[0].kind == "category"
    held.go.set()
    checked(qtbot, dialog)
    assert dialog._preview is not None
    assert dialog._preview.columns[0].kind == "category"
    assert dialog.columns_model.plan.columns[place(dialog, "same")].role == "ignore"


def test_what_is_wrong_far_below_is_said_and_loading_can_be_tried(
    qtbot: QtBot, opened: Open, table: Path, held: Held
) -> None:
    held.error = DataError("t.csv: the quotes around cells do not pair up.")
    dialog = opened(table)
    held.go.set()
    checked(qtbot, dialog)
    assert dialog.side.check.words.text() == "✕ t.csv: the quotes around cells do not pair up."
    assert dialog.side.check.isVisible()
    assert dialog.footer.load_button.isEnabled()
    assert cell(dialog, "income", MISSING) == "5.0 %"  # nothing is lost


def test_loading_ends_the_check_and_a_failed_load_begins_it_again(
    qtbot: QtBot, opened: Open, table: Path, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(recipe: object, **how: object) -> None:
        raise DataError("The disk is full of sand.")

    monkeypatch.setattr(table_import_jobs, "prepare_anew", refuse)
    dialog = opened(table)
    qtbot.waitUntil(lambda: len(held.plans) == 1, timeout=WAIT_MS)
    qtbot.mouseClick(dialog.footer.load_button, Qt.MouseButton.LeftButton)
    held.error = Cancelled()
    held.go.set()
    settle(qtbot, dialog)
    assert "sand" in dialog.footer.message.text()
    qtbot.waitUntil(lambda: len(held.plans) == 2, timeout=WAIT_MS)
    dialog.close()  # the fixture finds a thread that would outlive this


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return who reads a table's file, the check or the loading, as it happens; files count as unchanged for long."""
    found: list[str] = []

    def read_by(who: str) -> Callable[..., Any]:
        def read(*how: Any, **named: Any) -> Any:
            found.append(who)
            return read_table(*how, **named)

        return read

    monkeypatch.setattr(sys.modules["nnstudio.data.reading.content"], "SETTLED", 0)
    monkeypatch.setattr(sys.modules["nnstudio.data.detecting.whole"], "read_table", read_by("check"))
    monkeypatch.setattr(sys.modules["nnstudio.data.preparing.prepare"], "read_table", read_by("loading"))
    return found


def test_a_table_that_was_checked_is_loaded_without_a_second_reading(
    qtbot: QtBot, opened: Open, table: Path, held: Held, reads: list[str]
) -> None:
    dialog = opened(table)
    held.go.set()
    checked(qtbot, dialog)
    dialog.columns_model.change([place(dialog, "same")], "ignore")
    load(qtbot, dialog)
    assert reads == ["check"]
    expected = prepare(dialog.recipe())
    assert reads == ["check", "loading"]
    np.testing.assert_array_equal(dialog.prepared().X, expected.X)
    assert dialog.prepared().sha256 == expected.sha256
    assert dialog.prepared().report == expected.report


def test_loading_waits_for_the_table_that_is_being_checked(
    qtbot: QtBot, opened: Open, table: Path, held: Held, reads: list[str]
) -> None:
    dialog = opened(table)
    qtbot.mouseClick(dialog.footer.load_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.footer.progress.value() == 400, timeout=WAIT_MS)  # of the check's reading
    assert not dialog.footer.load_button.isEnabled()
    with qtbot.waitSignal(dialog.accepted, timeout=WAIT_MS):
        held.go.set()
    assert reads == ["check"]
    assert dialog.prepared().report == prepare(dialog.recipe()).report


def test_loading_that_waits_can_be_cancelled_and_begun_again(
    qtbot: QtBot, opened: Open, table: Path, held: Held, reads: list[str]
) -> None:
    dialog = opened(table)
    qtbot.mouseClick(dialog.footer.load_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog.footer.cancel_button, Qt.MouseButton.LeftButton)
    settle(qtbot, dialog)
    assert dialog.isVisible()
    assert not dialog.footer.progress.isVisible()
    qtbot.waitUntil(lambda: len(held.plans) == 2, timeout=WAIT_MS)  # of all rows nothing is known yet
    held.go.set()
    load(qtbot, dialog)
    assert dialog.prepared().X.shape == prepare(dialog.recipe()).X.shape


@pytest.mark.parametrize("stopped", [True, False])
def test_where_the_check_gave_no_table_loading_reads_the_file(
    qtbot: QtBot, opened: Open, table: Path, held: Held, reads: list[str], stopped: bool
) -> None:
    dialog = opened(table)
    if stopped:
        qtbot.mouseClick(dialog.side.check.button, Qt.MouseButton.LeftButton)
    else:
        held.error = DataError("t.csv was taken away for a moment.")
        held.go.set()
    checked(qtbot, dialog)
    load(qtbot, dialog)
    assert reads == ["loading"]


def test_a_file_that_changed_after_the_check_is_read_as_it_is_now(
    qtbot: QtBot, opened: Open, table: Path, held: Held, reads: list[str]
) -> None:
    dialog = opened(table)
    held.go.set()
    checked(qtbot, dialog)
    table.write_text(table.read_text() + "25000.5,Bern,2024-12-01,train,yes,1,1\n")
    load(qtbot, dialog)
    assert reads == ["check", "loading"]
    assert dialog.prepared().report.rows_read == ROWS + 1


def test_a_check_that_begins_again_reads_nothing_again(
    qtbot: QtBot, opened: Open, table: Path, held: Held, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(recipe: object, **how: object) -> None:
        raise DataError("The disk is full of sand.")

    dialog = opened(table)
    held.go.set()
    checked(qtbot, dialog)
    dialog._preview = held.first  # as if its figures had not been found yet
    with monkeypatch.context() as patched:
        patched.setattr(table_import_jobs, "prepare_anew", refuse)
        qtbot.mouseClick(dialog.footer.load_button, Qt.MouseButton.LeftButton)
        settle(qtbot, dialog)
        checked(qtbot, dialog)
    assert reads == ["check"]
    assert dialog._preview is not None
    assert dialog._preview.complete


def test_a_table_that_was_looked_at_whole_needs_no_check(opened: Open, table: Path) -> None:
    dialog = opened(table)
    assert not dialog.side.check.isVisible()
    assert not dialog._checking.busy


# -- steps, rules, splits, targets ------------------------------------------------------------------------------------


def test_the_steps_of_a_column_are_changed_in_its_page_and_loaded(qtbot: QtBot, opened: Open, table: Path) -> None:
    dialog = opened(table)
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
    assert dialog.prepared().X.shape[0] == ROWS
    np.testing.assert_array_equal(prepare(dialog.recipe()).X, dialog.prepared().X)


def test_steps_are_changed_in_all_selected_features_of_one_type(qtbot: QtBot, opened: Open, table: Path) -> None:
    dialog = opened(table)
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
    qtbot: QtBot, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a^b^y\n" + "".join(f"{i * 2}^{i % 7}^{i % 2}\n" for i in range(40)))
    dialog = opened(path)
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


def test_the_page_of_a_target_says_what_it_is_for(opened: Open, table: Path) -> None:
    dialog = opened(table)
    dialog.side.open_column(place(dialog, "y"))
    assert "learns to predict" in dialog.side.column.sentence.text()
    assert not dialog.side.column.steps.isVisible()
    assert dialog.side.column.plot.isVisible()


def test_a_number_to_predict_may_have_a_logarithm(qtbot: QtBot, opened: Open, table: Path) -> None:
    dialog = opened(table)
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


def test_a_date_that_becomes_a_feature_offers_its_parts(qtbot: QtBot, opened: Open, table: Path) -> None:
    dialog = opened(table)
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


def test_rules_for_all_columns_reach_the_recipe(qtbot: QtBot, opened: Open, table: Path) -> None:
    dialog = opened(table)
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
    qtbot: QtBot, opened: Open, table: Path, tag: str, name: str, more: dict[str, Any], expected: object
) -> None:
    dialog = opened(table)
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


def test_what_tells_a_time_is_offered_first_and_text_is_doubted(opened: Open, table: Path) -> None:
    dialog = opened(table)
    form = dialog.settings
    form.divide.setCurrentIndex(form.divide.findData("time"))
    box = form.dividing.editor("column").findChild(QComboBox)
    assert [box.itemText(at) for at in range(1, 4)] == ["when", "income", "same"]
    give(form.dividing, "column", "city")
    assert "Text tells no time" in form.dividing.note("column")


@pytest.mark.parametrize("name", ["validation", "missing", "divide"])
def test_a_wheel_that_passes_over_a_field_changes_nothing(opened: Open, table: Path, name: str) -> None:
    dialog = opened(table)
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
    qtbot: QtBot, opened: Open, table: Path, tmp_path: Path
) -> None:
    dialog = opened(table)
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
    qtbot: QtBot, opened: Open, table: Path
) -> None:
    dialog = opened(table)
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


def test_the_list_of_roles_offers_another_target_where_there_is_one(qtbot: QtBot, opened: Open, table: Path) -> None:
    dialog = opened(table)
    model = dialog.columns_model
    assert model.setData(model.index(place(dialog, "flag"), ROLE), "another")
    assert [column.name for column in model.plan.columns if column.role == "target"] == ["flag", "y"]


# -- what is seen -----------------------------------------------------------------------------------------------------


def test_doubtful_columns_are_told_before_loading(opened: Open, table: Path) -> None:
    dialog = opened(table)
    assert dialog.left.doubts.isVisible()
    assert dialog.left.doubts.text() == "The same value in every row: 'same'. Such a column teaches nothing."
    dialog.columns_model.change([place(dialog, "same")], "ignore")
    assert not dialog.left.doubts.isVisible()


def test_small_bars_are_painted_and_read_aloud(opened: Open, table: Path) -> None:
    dialog = opened(table)
    view, model = dialog.columns_view, dialog.columns_model
    index = model.index(place(dialog, "city"), BARS)
    image = view.viewport().grab(view.visualRect(index)).toImage()
    colors = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert theme.tokens().faint.lower() in colors
    assert model.data(index, Qt.ItemDataRole.AccessibleTextRole) == "Bern 140, Chur 140, Zug 140"


def test_of_a_very_wide_table_only_the_bars_that_are_seen_are_made(
    qtbot: QtBot, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    dialog = opened(path)
    QApplication.processEvents()
    assert 0 < len(made) < 60
    dialog.side.find.setText("f1999")
    dialog.side.find.textEdited.emit("f1999")
    assert dialog.side.current == 1999
    assert dialog.left.view.columnAt(dialog.left.view.viewport().width() // 2) > 1900
    QApplication.processEvents()
    assert len(made) < 120


def test_return_loads_a_clean_file_at_once_but_not_out_of_a_field(
    qtbot: QtBot, opened: Open, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = opened(table)
    dialog.activateWindow()
    assert dialog.focusWidget() is dialog.footer.load_button
    field: QLineEdit = dialog.bar.marks
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not dialog._background.busy
    with qtbot.waitSignal(dialog.accepted, timeout=WAIT_MS):
        qtbot.keyClick(dialog.footer.load_button, Qt.Key.Key_Return)


def test_every_page_is_reached_with_the_keyboard(qtbot: QtBot, opened: Open, table: Path) -> None:
    dialog = opened(table)
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

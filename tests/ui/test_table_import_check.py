"""The import dialog checks all rows of a large file in the background, and loads what was read for it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from import_hands import MIXED_ROWS, WAIT_MS, Open, cell, checked, load, place, settle
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import nnstudio.data.detecting.whole  # noqa: F401 - for its place in sys.modules
from nnstudio.data import (
    Cancelled,
    DataError,
    ImportPlan,
    Preview,
    check_whole,
    prepare,
    read_table,
)
from ui.dialogs import table_import_jobs
from ui.dialogs.table_import_models import DISTINCT, MISSING


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


def test_figures_of_the_first_rows_give_way_to_those_of_all(
    qtbot: QtBot, open_import: Open, mixed_table: Path, held: Held
) -> None:
    dialog = open_import(mixed_table)
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


def test_the_check_can_be_cancelled_and_begun_again(
    qtbot: QtBot, open_import: Open, mixed_table: Path, held: Held
) -> None:
    dialog = open_import(mixed_table)
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
    qtbot: QtBot, open_import: Open, mixed_table: Path, held: Held
) -> None:
    dialog = open_import(mixed_table)
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
    qtbot: QtBot, open_import: Open, mixed_table: Path, held: Held
) -> None:
    held.error = DataError("t.csv: the quotes around cells do not pair up.")
    dialog = open_import(mixed_table)
    held.go.set()
    checked(qtbot, dialog)
    assert dialog.side.check.words.text() == "✕ t.csv: the quotes around cells do not pair up."
    assert dialog.side.check.isVisible()
    assert dialog.footer.load_button.isEnabled()
    assert cell(dialog, "income", MISSING) == "5.0 %"  # nothing is lost


def test_loading_ends_the_check_and_a_failed_load_begins_it_again(
    qtbot: QtBot, open_import: Open, mixed_table: Path, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(recipe: object, **how: object) -> None:
        raise DataError("The disk is full of sand.")

    monkeypatch.setattr(table_import_jobs, "prepare_anew", refuse)
    dialog = open_import(mixed_table)
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
    qtbot: QtBot, open_import: Open, mixed_table: Path, held: Held, reads: list[str]
) -> None:
    dialog = open_import(mixed_table)
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
    qtbot: QtBot, open_import: Open, mixed_table: Path, held: Held, reads: list[str]
) -> None:
    dialog = open_import(mixed_table)
    qtbot.mouseClick(dialog.footer.load_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.footer.progress.value() == 400, timeout=WAIT_MS)  # of the check's reading
    assert not dialog.footer.load_button.isEnabled()
    with qtbot.waitSignal(dialog.accepted, timeout=WAIT_MS):
        held.go.set()
    assert reads == ["check"]
    assert dialog.prepared().report == prepare(dialog.recipe()).report


def test_loading_that_waits_can_be_cancelled_and_begun_again(
    qtbot: QtBot, open_import: Open, mixed_table: Path, held: Held, reads: list[str]
) -> None:
    dialog = open_import(mixed_table)
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
    qtbot: QtBot, open_import: Open, mixed_table: Path, held: Held, reads: list[str], stopped: bool
) -> None:
    dialog = open_import(mixed_table)
    if stopped:
        qtbot.mouseClick(dialog.side.check.button, Qt.MouseButton.LeftButton)
    else:
        held.error = DataError("t.csv was taken away for a moment.")
        held.go.set()
    checked(qtbot, dialog)
    load(qtbot, dialog)
    assert reads == ["loading"]


def test_a_file_that_changed_after_the_check_is_read_as_it_is_now(
    qtbot: QtBot, open_import: Open, mixed_table: Path, held: Held, reads: list[str]
) -> None:
    dialog = open_import(mixed_table)
    held.go.set()
    checked(qtbot, dialog)
    mixed_table.write_text(mixed_table.read_text() + "25000.5,Bern,2024-12-01,train,yes,1,1\n")
    load(qtbot, dialog)
    assert reads == ["check", "loading"]
    assert dialog.prepared().report.rows_read == MIXED_ROWS + 1


def test_a_check_that_begins_again_reads_nothing_again(
    qtbot: QtBot, open_import: Open, mixed_table: Path, held: Held, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(recipe: object, **how: object) -> None:
        raise DataError("The disk is full of sand.")

    dialog = open_import(mixed_table)
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


def test_a_table_that_was_looked_at_whole_needs_no_check(open_import: Open, mixed_table: Path) -> None:
    dialog = open_import(mixed_table)
    assert not dialog.side.check.isVisible()
    assert not dialog._checking.busy

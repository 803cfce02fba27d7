"""What the tests of the import dialog do with it: wait, load, read a cell, give a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

import nnstudio.data.detecting.whole  # noqa: F401 - for its place in sys.modules
from ui.dialogs.table_import import TableImportDialog
from ui.forms.form import DeclaredForm

WAIT_MS = 10_000
MIXED_ROWS = 420  # of the fixture mixed_table
Open = Callable[..., TableImportDialog]  # a path, and the recipe in use


def settle(qtbot: QtBot, dialog: TableImportDialog) -> None:
    qtbot.waitUntil(lambda: not dialog._background.busy, timeout=WAIT_MS)


def checked(qtbot: QtBot, dialog: TableImportDialog) -> None:
    qtbot.waitUntil(lambda: not dialog._checking.busy, timeout=WAIT_MS)


def load(qtbot: QtBot, dialog: TableImportDialog) -> None:
    with qtbot.waitSignal(dialog.accepted, timeout=WAIT_MS):
        qtbot.mouseClick(dialog.footer.load_button, Qt.MouseButton.LeftButton)


def cell(dialog: TableImportDialog, name: str, at: int) -> str:
    return column(dialog, place(dialog, name), at)


def place(dialog: TableImportDialog, name: str) -> int:
    return [column.name for column in dialog.columns_model.plan.columns].index(name)


def give(form: DeclaredForm, name: str, value: Any) -> None:
    """Set a field as its editor does when a person has changed it."""
    editor = form.editor(name)
    editor.set_value(value)
    editor.edited.emit(value, "")


def choose(qtbot: QtBot, dialog: TableImportDialog, box: QComboBox, value: object) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())  # what a person's choice sends
    settle(qtbot, dialog)


def column(dialog: TableImportDialog, row: int, at: int) -> str:
    model = dialog.columns_model
    return str(model.data(model.index(row, at))).replace("\u202f", " ")


def listed(dialog: TableImportDialog) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.text) for problem in dialog.left.problems.model.problems]

"""What tests of the window share: nothing that waits to be deleted is left behind; the import dialog, and a table."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from import_hands import MIXED_ROWS, Open, settle
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnstudio.data import DataRecipe
from ui import theme
from ui.dialogs.table_import import TableImportDialog


@pytest.fixture(autouse=True)
def _garbage_in_this_thread():
    """Delete and collect at the end of the test, here: Python would do it in any thread, in the midst of painting."""
    gc.freeze()  # what is there already need not be looked through again
    gc.disable()
    yield
    if QApplication.instance() is not None:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    gc.unfreeze()
    gc.enable()


@pytest.fixture
def open_import(qtbot: QtBot) -> Iterator[Open]:
    """Open import dialogs that end with the test, and leave no thread behind."""
    threads = threading.active_count()
    theme.apply(QApplication.instance(), "light")  # type: ignore[arg-type]
    dialogs: list[TableImportDialog] = []

    def make(path: str | Path | None, before: DataRecipe | None = None) -> TableImportDialog:
        dialog = TableImportDialog(str(path) if path else None, before=before)
        qtbot.addWidget(dialog)
        dialogs.append(dialog)
        dialog.show()
        if path:
            settle(qtbot, dialog)
        return dialog

    yield make
    for dialog in dialogs:
        dialog.done(0)
    assert threading.active_count() == threads


@pytest.fixture
def mixed_table(tmp_path: Path) -> Path:
    """Write a table with a column of each kind, cells that are missing and one that is no number."""
    rng = np.random.default_rng(1)
    lines = ["income,city,when,part,flag,same,y"]
    for i in range(MIXED_ROWS):
        income = "oops" if i == 301 else "" if i % 20 == 0 else f"{rng.lognormal(10, 0.5):.1f}"
        part = ("train", "train", "train", "check")[i % 4]
        when = f"2024-{i * 12 // MIXED_ROWS + 1:02}-{i % 28 + 1:02}"
        lines.append(f"{income},{('Bern', 'Zug', 'Chur')[i % 3]},{when},{part},{'yes' if i % 5 else 'no'},1,{i % 2}")
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines) + "\n")
    return path

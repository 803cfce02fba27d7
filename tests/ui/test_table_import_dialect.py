"""The upper bar of the dialog that loads a table: how the file is read, detected, shown and overruled."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from import_hands import WAIT_MS, Open, choose, column, listed, load, settle
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from workbooks import number, parquet, row, workbook
from workbooks import text as cell

from nnstudio.data import prepare
from ui.dialogs.table_import_models import KIND, MISSING, ROLE

IRIS = Path(__file__).parents[2] / "resources" / "samples" / "iris.csv"
GERMAN = "größe;farbe;ok\n" + "".join(
    f"{i},5;{'rot' if i % 3 else 'blau'};{'ja' if i % 2 else 'nein'}\n" for i in range(40)
)


def test_what_was_detected_is_shown_and_can_be_overruled(qtbot: QtBot, open_import: Open, tmp_path: Path) -> None:
    path = tmp_path / "deutsch.csv"
    path.write_bytes(GERMAN.encode("cp1252"))
    dialog = open_import(path)
    assert dialog.bar.delimiter.currentText() == "Semicolon"
    assert dialog.bar.encoding.currentText() == "Windows-1252"
    assert dialog.bar.decimal.currentData() == ","
    assert dialog.bar.header.currentData() is True
    assert column(dialog, 0, KIND).startswith("Number")
    choose(qtbot, dialog, dialog.bar.decimal, ".")
    assert column(dialog, 0, KIND).startswith("Category")
    choose(qtbot, dialog, dialog.bar.header, False)
    assert dialog.left.model.headerData(0, Qt.Orientation.Horizontal) == "column_1"
    assert dialog.left.model.data(dialog.left.model.index(0, 0)) == "größe"
    choose(qtbot, dialog, dialog.bar.delimiter, "|")
    assert dialog.left.model.columnCount() == 1
    assert not dialog.footer.load_button.isEnabled()
    assert "and training takes two" in dialog.footer.message.text()
    choose(qtbot, dialog, dialog.bar.delimiter, ";")
    assert dialog.left.model.columnCount() == 3


@pytest.mark.parametrize(("first", "second"), [("decimal", "thousands"), ("thousands", "decimal")])
def test_the_two_marks_are_never_the_same(
    qtbot: QtBot, open_import: Open, tmp_path: Path, first: str, second: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(GERMAN, encoding="utf-8")
    dialog = open_import(path)
    for mark in (",", ".", ","):
        for name in (first, second):
            choose(qtbot, dialog, getattr(dialog.bar, name), mark)
            assert dialog.bar.decimal.currentData() != dialog.bar.thousands.currentData()
            assert dialog.footer.message.text() == ""


def test_choices_survive_a_change_of_the_dialect_but_not_of_the_file(
    qtbot: QtBot, open_import: Open, tmp_path: Path
) -> None:
    dialog = open_import(IRIS)
    dialog.columns_model.change([1], "ignore")
    settle(qtbot, dialog)
    choose(qtbot, dialog, dialog.bar.encoding, "latin-1")
    assert column(dialog, 1, ROLE).startswith("Ignore")
    copy = tmp_path / "copy.csv"
    copy.write_bytes(IRIS.read_bytes())
    dialog.set_path(str(copy))
    settle(qtbot, dialog)
    assert column(dialog, 1, ROLE).startswith("Feature")
    assert dialog.bar.encoding.currentData() == "utf-8"


def test_what_means_a_missing_cell_can_be_added_to(qtbot: QtBot, open_import: Open, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"{-999 if i % 4 == 0 else i * 2},{i % 2}\n" for i in range(40)))
    dialog = open_import(path)
    assert dialog.bar.marks.text().startswith("NA N/A")
    assert column(dialog, 0, MISSING) == "0 %"
    dialog.bar.marks.setText(dialog.bar.marks.text() + " -999")
    dialog.bar.marks.editingFinished.emit()
    settle(qtbot, dialog)
    assert column(dialog, 0, MISSING) == "25 %"
    load(qtbot, dialog)
    assert "-999" in dialog.recipe().plan.missing_marks


def test_comments_are_shown_and_can_be_overruled(qtbot: QtBot, open_import: Open, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("# by hand\n# in spring\na,y\n" + "".join(f"{i * 2},{i % 2}\n" for i in range(20)))
    dialog = open_import(path)
    assert dialog.bar.comment.currentData() == "#"
    assert "# by hand" in dialog.left.notes.text()
    assert dialog.left.model.headerData(0, Qt.Orientation.Vertical) == "4"
    choose(qtbot, dialog, dialog.bar.comment, "")
    assert dialog.bar.skip.value() == 2  # the same lines are a title then
    dialog.bar.skip.setValue(0)
    settle(qtbot, dialog)
    assert listed(dialog) != []


def test_rows_above_the_table_are_found_shown_and_overruled(qtbot: QtBot, open_import: Open, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("of,all\nby,hand\na,y\n" + "".join(f"{i * 2},{i % 2}\n" for i in range(20)))
    dialog = open_import(path)
    assert dialog.bar.skip.value() == 0  # a title with as many cells as the table looks like rows
    dialog.bar.skip.setFocus()
    dialog.bar.skip.selectAll()
    qtbot.keyClicks(dialog.bar.skip, "2000")
    qtbot.keyClick(dialog.bar.skip, Qt.Key.Key_Return)
    assert "Rows above" in dialog.footer.message.text()
    dialog.bar.skip.selectAll()
    qtbot.keyClicks(dialog.bar.skip, "2")
    qtbot.keyClick(dialog.bar.skip, Qt.Key.Key_Return)
    settle(qtbot, dialog)
    assert dialog.footer.message.text() == ""
    assert [column.name for column in dialog.columns_model.plan.columns] == ["a", "y"]
    assert dialog.left.model.headerData(0, Qt.Orientation.Vertical) == "4"
    qtbot.keyClicks(dialog.bar.skip, "0")  # while a look is under way, what is typed stays
    dialog._inspect()
    settle(qtbot, dialog)
    assert dialog.bar.skip.lineEdit().text() == "0"
    qtbot.keyClick(dialog.bar.skip, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, dialog)  # it is taken, and looked at, before anything is loaded
    assert dialog.isVisible()
    assert dialog.left.model.headerData(0, Qt.Orientation.Vertical) == "2"
    dialog.bar.skip.setFocus()
    dialog.bar.skip.selectAll()
    qtbot.keyClicks(dialog.bar.skip, "2")
    qtbot.keyClick(dialog.bar.skip, Qt.Key.Key_Return)
    settle(qtbot, dialog)
    with qtbot.waitSignal(dialog.accepted, timeout=WAIT_MS):
        qtbot.keyClick(dialog.bar.skip, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert dialog.recipe().plan.dialect.skip == 2
    again = open_import(path, dialog.recipe())
    assert again.bar.skip.value() == 2


def test_a_workbook_has_a_list_of_its_sheets_and_no_delimiter(qtbot: QtBot, open_import: Open, tmp_path: Path) -> None:
    def cells(name: str, factor: int) -> str:
        lines = row(1, cell("A1", name), cell("B1", "y"))
        return lines + "".join(row(i, number(f"A{i}", i * factor), number(f"B{i}", i % 2)) for i in range(2, 30))

    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook(One=cells("a", 2), Two=cells("b", 3)))
    dialog = open_import(path)
    assert dialog.bar.sheet.isVisible()
    assert [dialog.bar.sheet.itemText(i) for i in range(dialog.bar.sheet.count())] == ["One", "Two"]
    assert not dialog.bar.delimiter.isVisible()
    assert not dialog.bar.encoding.isVisible()
    assert column(dialog, 0, 0) == "a"
    choose(qtbot, dialog, dialog.bar.sheet, "Two")
    assert column(dialog, 0, 0) == "b"
    load(qtbot, dialog)
    assert dialog.recipe().plan.dialect.sheet == "Two"
    np.testing.assert_array_equal(prepare(dialog.recipe()).X, dialog.prepared().X)


@pytest.mark.parametrize("name", ["t.csv.gz", "t.parquet"])
def test_packed_tables_are_loaded_too(qtbot: QtBot, open_import: Open, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(IRIS.read_bytes()))
    else:
        path.write_bytes(parquet(tmp_path, f"SELECT * FROM read_csv('{IRIS}')"))
    dialog = open_import(path)
    assert dialog.left.size_label.text() == "150 rows, 5 columns"
    load(qtbot, dialog)
    assert dialog.prepared().X.shape == (150, 4)

"""Rows above a table, such as a title: found, left out and said; the rows below keep their numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from workbooks import number, row, text, workbook

from nnstudio.cli import main
from nnstudio.data import Categories, DataError, DataRecipe, Table, TableSource, detect, prepare, preview, read_table
from nnstudio.data.preparing.predict import dialect_for

TABLE = b"day,amount,kind\n2024-01-05,3.5,a\n2024-01-06,4.5,b\n2024-01-07,1.5,a\n"
BANK = (
    'Umsatzanzeige;"Datei erstellt am";25.11.2026\n\nIBAN;DE12 3456\nKontoname;Giro\nSaldo;1.234,56;EUR\n\n'
    "Buchung;Empfänger;Betrag;Währung\n05.01.2024;Rewe;-12,50;EUR\n06.01.2024;Aldi;-8,20;EUR\n"
    "07.01.2024;Lohn;2.000,00;EUR\n"
)
# What stands above, and how many rows that is.
TITLES = {
    "one line": (b"Account statement 2024\n", 1),
    "lines and a blank one": (b"Account statement 2024\nOwner: Smith\n\n", 3),
    "filled up with delimiters": (b"Report,,\nOwner,Smith,\n,,\n", 3),
    "in quotes": (b'"Report, all of it"\n"and ""more"""\n', 2),
    "of several lines in quotes": (b'"Report\nof\nall",,\n', 1),
    "with more behind its quotes": (b'"Report" of 2024\n', 1),
    "with a quote in it": (b'Report 17" wide\n', 1),
    "below comments": (b"# made by hand\n# today\nReport\n", 3),
    "the delimiter, and a title": (b"sep=,\nAccount statement 2024\n", 2),
}


def no_window(*arguments: object) -> int:
    raise AssertionError("no window is opened")


def texts(table: Table) -> dict[str, list[object]]:
    return {
        name: list(values.texts() if isinstance(values, Categories) else np.nan_to_num(values, nan=-1.0))
        for name, values in table.columns.items()
    }


def numbers(table: Table) -> list[int]:
    return [table.row_numbers.of(i) for i in range(table.rows)]


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("written", ["as it is", "with carriage returns", "in UTF-16", "with a byte order mark"])
def test_the_table_below_a_title_is_read_as_without_it_and_its_rows_keep_their_numbers(
    tmp_path: Path, title: str, written: str
) -> None:
    above, rows = TITLES[title]
    plain, titled = tmp_path / "plain.csv", tmp_path / "titled.csv"
    plain.write_bytes(TABLE)
    data = above + TABLE
    if written == "with carriage returns":
        data = data.replace(b"\n", b"\r\n")
    elif written != "as it is":
        data = data.decode().encode("utf-16" if written == "in UTF-16" else "utf-8-sig")
    titled.write_bytes(data)
    plan, wanted = detect(titled), detect(plain)
    assert plan.dialect.skip == rows
    assert plan.columns == wanted.columns
    assert "left out" in " ".join(plan.notes)
    found, expected = read_table(titled, plan, columns=plan.columns), read_table(plain, wanted, columns=wanted.columns)
    assert texts(found) == texts(expected)
    assert numbers(found) == [number + rows for number in numbers(expected)]
    assert not found.report.set_aside
    shown = preview(titled, plan)
    assert shown.row_numbers == tuple(numbers(found))
    assert shown.estimated_rows == found.rows


def test_the_head_of_a_bank_statement_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "bank.csv"
    path.write_bytes(BANK.encode("cp1252"))
    plan = detect(path)
    assert plan.dialect.skip == 6
    table = read_table(path, plan, columns=plan.columns)
    assert list(table.columns) == ["Buchung", "Empfänger", "Betrag", "Währung"]
    assert texts(table)["Betrag"] == [-12.5, -8.2, 2000.0]
    assert numbers(table) == [8, 9, 10]
    assert "The first 6 rows are taken for a title above the table, 'Umsatzanzeige', and left out." in plan.notes


@pytest.mark.parametrize(
    "data",
    [
        b"a,b,c\n1,2,3\n4,5,6\n",
        b"1,,\n2,3,4\n5,6,7\n",  # values, some of them missing
        b"x,y\nr1,1,2\nr2,3,4\n",  # the names of rows have none themselves
        b"name,city,\nAnn,Paris,\nBob,Rome,note\nCid,Oslo,\n",  # rows that end in a delimiter
        b"a,b,c\n1\n2,3,4\n",
        b"words\nsome more words\nand others\n",
        b"id,,\n1,2,3\n4,5,6\n",
        b"a\n1\n2\n",
    ],
)
def test_a_first_row_that_may_be_a_header_or_values_is_no_title(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    assert detect(path).dialect.skip == 0


def test_the_number_of_rows_above_is_overruled(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"of,all,kinds\n" + TABLE)  # a title with as many cells as the table
    assert detect(path).dialect.skip == 0
    plan = detect(path, skip=1)
    assert [column.name for column in plan.columns] == ["day", "amount", "kind"]
    assert numbers(read_table(path, plan, columns=plan.columns)) == [3, 4, 5]
    titled = tmp_path / "titled.csv"
    titled.write_bytes(b"Report\n" + TABLE)
    assert detect(titled, skip=0).columns[0].name != "day"


def test_bad_rows_below_a_title_are_listed_with_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'"Report\nof 2024",,\n\n' + TABLE + b'2024-01-08,oops,b\n1,2\n"x" y,3,a\n')
    plan = detect(path)
    table = read_table(path, plan, columns=plan.columns)
    assert plan.dialect.skip == 2
    assert [(cell.row, cell.text) for cell in table.report.examples["amount"]] == [(7, "oops")]
    assert [row.row for row in table.report.set_aside_examples] == [8, 9]


def test_a_column_alone_below_rows_to_be_left_out_keeps_its_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'"one\ntwo"\n\nx\n1\n\n3\n')
    plan = detect(path, skip=2)
    table = read_table(path, plan, columns=plan.columns)
    assert texts(table) == {"x": [1.0, -1.0, 3.0]}
    assert numbers(table) == [4, 5, 6]


def test_more_rows_to_leave_out_than_there_are_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE)
    with pytest.raises(DataError, match=r"^t\.csv: nothing stands below the 9 rows to be left out on top\.$"):
        detect(path, skip=9)


def test_a_title_in_a_sheet_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    rows = [
        row(1, text("A1", "Report\nof 2024")),
        row(3, text("A3", "made by"), text("B3", "Ann")),
        row(4, text("A4", "x"), text("B4", "k"), text("C4", "y")),
        row(5, number("A5", 1), text("B5", "a"), number("C5", 2.5)),
        row(6, number("A6", 2), text("B6", "b"), number("C6", 3.5)),
    ]
    path.write_bytes(workbook(S="".join(rows)))
    plan = detect(path)
    assert plan.dialect.skip == 3
    table = read_table(path, plan, columns=plan.columns)
    assert texts(table) == {"x": [1.0, 2.0], "k": ["a", "b"], "y": [2.5, 3.5]}
    assert numbers(table) == [5, 6]


def test_a_new_table_to_predict_may_have_another_title_or_none(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"Report\n\n" + TABLE)
    fitted = prepare(DataRecipe(source=TableSource(path=str(path)), plan=detect(path))).fitted
    new = tmp_path / "new.csv"
    new.write_bytes(TABLE)
    assert dialect_for(new, fitted).skip == 0
    new.write_bytes(b"Another\none\nof,three\n" + TABLE)
    assert dialect_for(new, fitted).skip == 3
    new.write_bytes(b"has,as,many\ncells,as,they\n" + TABLE)  # not found, but as in training
    assert dialect_for(new, fitted).skip == 2


def test_inspect_says_what_is_left_out_and_is_told_how_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"Report\n\n" + TABLE)
    assert main(["inspect", str(path)], no_window) == 0
    assert "left out   2 rows above the table" in capsys.readouterr().out
    assert main(["inspect", str(path), "--json", "--skip", "3"], no_window) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["skip"] == 3
    assert told["header"] is False
    assert main(["inspect", str(path), "--skip", "1.5"], no_window) == 2
    assert "--skip cannot be '1.5': give a whole number from 0 to 1,000." in capsys.readouterr().err

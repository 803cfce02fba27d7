"""Files as people have them: every value arrives as it is in the file, or the program says what is wrong and where."""

from __future__ import annotations

import codecs
import csv
import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnstudio.data import (
    Cancelled,
    Categories,
    Column,
    DataError,
    Dialect,
    ImportPlan,
    Table,
    Unreadable,
    detect,
    preview,
    read_cells,
    read_table,
    rows_left,
    with_column,
)
from nnstudio.data.reading.cells import format_number, is_missing, number_sql, parse_number


def write(folder: Path, data: bytes | str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def values(table: Table) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for name, column in table.columns.items():
        if isinstance(column, Categories):
            found[name] = list(column.texts())
        else:
            found[name] = [None if np.isnan(value) else float(value) for value in column]
    return found


def read(folder: Path, data: bytes | str) -> Table:
    path = write(folder, data)
    return read_table(path, detect(path))


PLAIN = {"a": [1.0, 2.5], "b": ["x", "y"]}
AWKWARD: dict[str, tuple[bytes, dict[str, list[object]]]] = {
    "plain": (b"a,b\n1,x\n2.5,y\n", PLAIN),
    "no newline at the end": (b"a,b\n1,x\n2.5,y", PLAIN),
    "windows line ends": (b"a,b\r\n1,x\r\n2.5,y\r\n", PLAIN),
    "old mac line ends": (b"a,b\r1,x\r2.5,y\r", PLAIN),
    "mixed line ends": (b"a,b\r\n1,x\n2.5,y\r\n", PLAIN),
    "all three line ends": (b"a,b\r\n1,x\n2.5,y\r", PLAIN),
    "byte order mark": (codecs.BOM_UTF8 + b"a,b\n1,x\n2.5,y\n", PLAIN),
    "byte order mark before a quote": (codecs.BOM_UTF8 + b'"a",b\n1,x\n2.5,y\n', PLAIN),
    "utf-16 with mark": ("a,b\n1,x\n2.5,y\n".encode("utf-16"), PLAIN),
    "utf-16 little endian without mark": ("a,b\n1,x\n2.5,y\n".encode("utf-16-le"), PLAIN),
    "utf-16 big endian with mark": (codecs.BOM_UTF16_BE + "a,b\n1,x\n2.5,y\n".encode("utf-16-be"), PLAIN),
    "utf-16 big endian without mark": ("a,b\n1,x\n2.5,y\n".encode("utf-16-be"), PLAIN),
    "semicolons": (b"a;b\n1;x\n2.5;y\n", PLAIN),
    "tabs": (b"a\tb\n1\tx\n2.5\ty\n", PLAIN),
    "bars": (b"a|b\n1|x\n2.5|y\n", PLAIN),
    "decimal comma": (b"a;b\n1,0;x\n2,5;y\n", PLAIN),
    "decimal comma beside points": (b'a;b\n1,0;x.y\n2,5;"1.5"\n', {"a": [1.0, 2.5], "b": ["x.y", "1.5"]}),
    "blank lines between and after": (b"a,b\n\n1,x\n\n\n2.5,y\n\n\n", PLAIN),
    "blank lines before the header": (b"\n\r\n\na,b\n1,x\n2.5,y\n", PLAIN),
    "blanks around cells": (b"a, b\n 1 , x\n2.5,y \n", PLAIN),
    "quotes": (b'"a","b"\n"1","x"\n"2.5","y"\n', PLAIN),
    "single quotes": (b"'a','b'\n'1','x'\n'2.5','y'\n", PLAIN),
    "windows-1252": (
        "größe;ort\n1,5;Köln\n2;“Bär”\n".encode("cp1252"),
        {"größe": [1.5, 2.0], "ort": ["Köln", "“Bär”"]},
    ),
    "quoted newline and quote": (
        b'a,b\n1,"two\nlines"\n2,"say ""hi"", you"\n',
        {"a": [1.0, 2.0], "b": ["two\nlines", 'say "hi", you']},
    ),
    "windows line ends around a quoted newline": (
        b'a,b\r\n1,"two\nlines"\r\n2,y\r\n',
        {"a": [1.0, 2.0], "b": ["two\nlines", "y"]},
    ),
    "thousands in quotes": (b'a,b\n"1,234",x\n"2,345,678.5",y\n', {"a": [1234.0, 2345678.5], "b": ["x", "y"]}),
    "points between thousands": (b"a;b\n1.234,5;x\n2.345.678;y\n", {"a": [1234.5, 2345678.0], "b": ["x", "y"]}),
    "hash is text": (b"a,b\n1,#x\n2,y\n#3,z\n4,w\n", {"a": [1.0, 2.0, None, 4.0], "b": ["#x", "y", "z", "w"]}),
    "spaces as delimiter": (
        b"1 2 3\n4 5 6\n",
        {"column_1": [1.0, 4.0], "column_2": [2.0, 5.0], "column_3": [3.0, 6.0]},
    ),
    "missing marks": (
        b"a,b\n1,x\n,NA\n?,-\nnull,n/a\n4,y\n5,z\n",
        {"a": [1.0, None, None, None, 4.0, 5.0], "b": ["x", None, None, None, "y", "z"]},
    ),
    "duplicate and empty names": (b"a,a,\n1,2,3\n", {"a": [1.0], "a (2)": [2.0], "column_3": [3.0]}),
    "no header": (b"5.1,x\n4.9,y\n", {"column_1": [5.1, 4.9], "column_2": ["x", "y"]}),
    "a zero byte": (b"a,b\n1,x\x00y\n2,z\n", {"a": [1.0, 2.0], "b": ["x\x00y", "z"]}),
    "one column": (b"a\n1\n\n3\n\n\n", {"a": [1.0, None, 3.0]}),
}


@pytest.mark.parametrize("case", AWKWARD)
def test_an_awkward_file_arrives_as_it_is(tmp_path: Path, case: str) -> None:
    data, expected = AWKWARD[case]
    assert values(read(tmp_path, data)) == expected


@pytest.mark.parametrize(("text", "decimal"), [("7.", ","), (".9", ","), ("1_000", "."), ("1_000", ",")])
def test_the_first_row_of_a_table_without_a_header_is_read_with_the_same_care(
    tmp_path: Path, text: str, decimal: str
) -> None:
    path = write(tmp_path, f"{text} 8\n4 5\n6 7\n".encode())
    plan = ImportPlan(
        dialect=Dialect(delimiter=" ", decimal=decimal, header=False),  # type: ignore[arg-type]
        columns=(Column(name="column_1"), Column(name="column_2")),
    )
    table = read_table(path, plan)
    assert values(table) == {"column_1": [None, 4.0, 6.0], "column_2": [8.0, 5.0, 7.0]}
    assert table.report.examples["column_1"] == (Unreadable(1, text),)


@pytest.mark.parametrize("text", ["1.5", "1.000", "7.", ".9", "1_000,5", "+-5", "inf", "1e999"])
@pytest.mark.parametrize("other", ["x", "x.y"])
def test_a_cell_that_is_no_number_with_a_decimal_comma_is_reported_with_its_row(
    tmp_path: Path, text: str, other: str
) -> None:
    rows = [f"{text if i == 3 else f'{i},5'};{other}" for i in range(8)]
    path = write(tmp_path, "\n".join(["a;b", *rows]).encode())
    plan = ImportPlan(
        dialect=Dialect(delimiter=";", decimal=","), columns=(Column(name="a"), Column(name="b", kind="category"))
    )
    table = read_table(path, plan)
    assert values(table) == {"a": [None if i == 3 else i + 0.5 for i in range(8)], "b": [other] * 8}
    assert table.report.examples["a"] == (Unreadable(5, text),)


@pytest.mark.parametrize(
    "text", ["inf", "-inf", "Infinity", "1e999", "1_000", "+-5", "0x10", "12 kg", "1,5", "true", "1e"]
)
def test_a_cell_that_is_no_finite_number_is_missing_and_reported_with_its_row(tmp_path: Path, text: str) -> None:
    rows = [f'{i},"{text if i == 3 else i}",x' for i in range(8)]
    table = read_table(
        write(tmp_path, "\n".join(["a,b,c", *rows])),
        ImportPlan(columns=(Column(name="a"), Column(name="b"), Column(name="c", kind="category"))),
    )
    assert values(table)["b"] == [0.0, 1.0, 2.0, None, 4.0, 5.0, 6.0, 7.0]
    assert values(table)["a"] == [float(i) for i in range(8)]  # the row itself stays
    assert table.report.unreadable == {"b": 1}
    assert [(cell.row, cell.text) for cell in table.report.examples["b"]] == [(5, text)]
    assert table.report.missing == {}


def test_ragged_rows_are_set_aside_with_the_row_a_spreadsheet_shows(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b\n1,2\n\n3\n"x\ny",5\n4,5,6\n7,8\nbad,9\n')
    assert values(table) == {"a": [1.0, None, 7.0, None], "b": [2.0, 5.0, 8.0, 9.0]} or values(table)["b"] == [
        2.0,
        5.0,
        8.0,
        9.0,
    ]
    assert table.report.set_aside == 2
    assert [(row.row, row.text) for row in table.report.set_aside_examples] == [(4, "3"), (6, "4,5,6")]
    assert table.row_numbers.of(0) == 2
    assert table.row_numbers.of(1) == 5
    assert table.row_numbers.of(3) == 8


def test_rows_are_the_same_whichever_columns_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,c\n1,2,x\n3,4\n5,oops,y\n6,7,z,9\n,8,w\n10,11,v\n")
    everything = read_table(path, detect(path))
    for name in ("a", "b", "c"):
        column = next(column for column in detect(path).columns if column.name == name)
        alone = read_table(path, detect(path), columns=[column])
        assert values(alone)[name] == values(everything)[name]
        assert alone.report.set_aside == 2
    names, cells = read_cells(path, detect(path).dialect)
    assert names == ("a", "b", "c")
    assert [row[2] for row in cells] == ["x", "y", "w", "v"]


@pytest.mark.slow
@pytest.mark.parametrize("quoted", [False, True])
def test_many_chunks_keep_every_row_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quoted: bool) -> None:
    monkeypatch.setattr("nnstudio.data.reading.scan.LONGEST_ROW", 2**14)  # small chunks, so that a small file has many
    rows = 400_000
    wrong, ragged = {100_003, 300_001}, {50_000, 250_000}

    def line(i: int) -> str:
        text = f'"t{i % 7}\nq, x"' if quoted and i % 3 == 0 else f"t{i % 5}"
        return f"{i}\n" if i in ragged else f"{i},{text},{'oops' if i in wrong else '' if i % 1000 == 1 else i * 2}\n"

    path = write(tmp_path, "a,b,c\n" + "".join(map(line, range(rows))))
    plan = ImportPlan(columns=(Column(name="a"), Column(name="b", kind="category"), Column(name="c")))
    table = read_table(path, plan)
    kept = np.array([i for i in range(rows) if i not in ragged])
    a, b, c = table.columns.values()
    assert isinstance(b, Categories)
    assert not isinstance(c, Categories)
    np.testing.assert_array_equal(a, kept)
    expected = [f"t{i % 7}\nq, x" if quoted and i % 3 == 0 else f"t{i % 5}" for i in kept.tolist()]
    np.testing.assert_array_equal(np.array(b.names)[b.codes], np.array(expected))
    lost = np.isin(kept, list(wrong)) | (kept % 1000 == 1)
    np.testing.assert_array_equal(c, np.where(lost, np.nan, kept * 2.0))
    assert [cell.row for cell in table.report.examples["c"]] == [i + 2 for i in sorted(wrong)]
    assert [row.row for row in table.report.set_aside_examples] == [i + 2 for i in sorted(ragged)]
    assert [cells[0] for cells in read_cells(path, plan.dialect)[1]] == [str(i) for i in kept]


def test_a_name_like_a_pattern_is_read_itself_and_not_what_the_pattern_matches(tmp_path: Path) -> None:
    write(tmp_path, "a,b\n9,9\n", "data1.csv")
    path = write(tmp_path, "a,b\n1,2\n", "data[1].csv")
    assert values(read_table(path, detect(path))) == {"a": [1.0], "b": [2.0]}


def test_temporary_copies_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    read(tmp_path, "größe;b\n1,5;2\n3;4\n".encode("cp1252"))
    path = write(tmp_path, b"a,b\n1,\x81\n")
    with pytest.raises(DataError):
        read_table(path, ImportPlan(dialect=Dialect(encoding="windows-1252"), columns=(Column(name="a"),)))
    assert list(temporary.iterdir()) == []


ERRORS: dict[str, tuple[bytes, str]] = {
    "nothing at all": (b"", "table.csv is empty"),
    "only blank lines": (b"\n\r\n \n", "table.csv is empty"),
    "only a byte order mark": (codecs.BOM_UTF8, "table.csv is empty"),
    "a header alone": (b"a,b\n", "has a header but no rows below it"),
    "an open quote": (b'a,b\n1,2\n"3,4\n5,6\n7,8\n', "row 3: a quote is opened and not closed"),
    "a zip archive cut off": (b"PK\x03\x04rest", "is a damaged zip archive or workbook"),
    "gzip cut off": (b"\x1f\x8brest", "is a damaged gzip file"),
    "parquet cut off": (b"PAR1\0\0rest", "is a Parquet file that is damaged"),
    "no text": (bytes(range(8)) * 50, "does not hold text"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_a_file_that_is_no_table_ends_in_one_plain_sentence(tmp_path: Path, case: str) -> None:
    data, expected = ERRORS[case]
    with pytest.raises(DataError) as caught:
        read(tmp_path, data)
    assert expected in str(caught.value)
    assert "table.csv" in str(caught.value)
    assert "duckdb" not in str(caught.value).lower()


def test_a_path_that_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no file .*nowhere\.csv"):
        detect(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match="is a folder"):
        detect(tmp_path)


def test_bytes_of_another_encoding_name_the_row(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n1,x\n2,größe\n".encode("cp1252"))
    plan = ImportPlan(columns=(Column(name="a"), Column(name="b", kind="category")))
    with pytest.raises(DataError, match=r"table\.csv has characters in row 3 that are not UTF-8"):
        read_table(path, plan)


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n1,2\n")
    with pytest.raises(DataError, match=r"table\.csv has no column 'c'; its columns are 'a', 'b'"):
        read_table(path, ImportPlan(columns=(Column(name="c"),)))


def test_reading_can_be_cancelled_and_leaves_no_thread(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n" + "1,2\n" * 1000)
    before = threading.active_count()
    with pytest.raises(Cancelled):
        read_table(path, detect(path), cancelled=lambda: True)
    shares: list[float] = []
    read_table(path, detect(path), progress=shares.append)
    assert shares[-1] == 1.0
    assert threading.active_count() == before


def test_reading_parquet_can_be_cancelled_while_threads_read_its_columns(tmp_path: Path) -> None:
    path, rows = tmp_path / "table.parquet", 2_000_000
    columns = ", ".join(f"random() AS c{i}" for i in range(8))
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {columns} FROM range({rows})) TO '{path}' (FORMAT parquet)")
    plan, before = detect(path), threading.active_count()
    shares: list[float] = []
    with pytest.raises(Cancelled):  # once something was read
        read_table(path, plan, progress=shares.append, cancelled=lambda: any(0 < share < 1 for share in shares))
    assert max(shares) < 1.0
    assert threading.active_count() == before
    assert read_table(path, plan).rows == rows


def test_a_second_byte_order_mark_is_part_of_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(codecs.BOM_UTF8 * 2 + b"\n1,x\n2,y\n")
    table = read_table(path, ImportPlan(dialect=Dialect(header=False), columns=(Column(name="column_1"),)))
    assert [row.row for row in table.report.set_aside_examples] == [1]
    assert table.row_numbers.of(0) == 2


def test_a_tab_beside_yes_is_no_part_of_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n1,\tyes\n2,oops\n3,\tyes\n")
    plan = ImportPlan(columns=(Column(name="a"), Column(name="b", kind="boolean")))
    table = read_table(path, plan)
    column = table.columns["b"]
    assert isinstance(column, Categories)
    assert column.names == ("no", "yes")
    assert column.codes.tolist() == [1, -1, 1]
    assert table.report.sentences == ()


def test_a_table_knows_which_columns_lack_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,c,d,e\n1,,x,,1\n2,3,y,z,oops\n")
    plan = ImportPlan(
        columns=tuple(Column(name=name, kind="category" if name in "cd" else "number") for name in "abcde")
    )
    assert read_table(path, plan).whole == {"a", "c"}


def test_more_columns_than_one_scan_takes_arrive_in_order(tmp_path: Path) -> None:
    width = 450
    lines = [",".join(f"c{i}" for i in range(width))]
    lines += [",".join("oops" if i % 7 == r else str(r * width + i) for i in range(width)) for r in range(5)]
    path = write(tmp_path, "\n".join(lines))
    plan = ImportPlan(columns=tuple(Column(name=f"c{i}") for i in range(width)))
    table = read_table(path, plan)
    for i in range(width):
        expected = [None if i % 7 == r else float(r * width + i) for r in range(5)]
        assert values(Table("t", {f"c{i}": table.columns[f"c{i}"]}, table.report))[f"c{i}"] == expected


def test_categories_are_in_natural_order(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n1,10\n2,9\n3,b\n4,a\n5,10\n")
    plan = ImportPlan(columns=(Column(name="a"), Column(name="b", kind="category")))
    column = read_table(path, plan).columns["b"]
    assert isinstance(column, Categories)
    assert column.names == ("9", "10", "a", "b")
    assert column.codes.tolist() == [1, 0, 3, 2, 1]


def test_a_numeric_mark_is_missing_and_not_a_number(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n-999,1\n2,3\n")
    plan = ImportPlan(columns=(Column(name="a"), Column(name="b")), missing_marks=("", "-999"))
    assert values(read_table(path, plan))["a"] == [None, 2.0]


def test_row_numbers_and_texts_that_always_differ_are_proposed_to_be_ignored(tmp_path: Path) -> None:
    rows = [f"{i},person {i},{i * 0.5},{'ab'[i % 2]}" for i in range(30)]
    plan = detect(write(tmp_path, "\n".join(["nr,who,x,class", *rows])))
    assert [(c.name, c.role) for c in plan.columns] == [
        ("nr", "ignore"),
        ("who", "ignore"),
        ("x", "feature"),
        ("class", "target"),
    ]
    assert any("'nr'" in note and "ignored" in note for note in plan.notes)


def test_what_is_given_is_not_detected(tmp_path: Path) -> None:
    path = write(tmp_path, "a;b\n1,5;2,5\n")
    plan = detect(path, delimiter=",", header=False, decimal=".")
    assert plan.dialect.delimiter == ","
    assert not plan.dialect.header
    assert plan.dialect.decimal == "."
    assert len(plan.columns) in (1, 3)


def test_a_preview_shows_the_head_of_a_large_file_and_judges_its_rows(tmp_path: Path) -> None:
    rows = 300_000
    path = write(tmp_path, "a,b,c\n" + "".join(f"{i},{i * 2},x\n" for i in range(rows)))
    shown = preview(path, detect(path), rows=50)
    assert len(shown.rows) == 50
    assert shown.row_numbers[0] == 2
    assert not shown.complete
    assert shown.counted_rows == 50
    assert 0.7 * rows < shown.estimated_rows < 2 * rows


def test_a_preview_counts_every_row_of_a_small_file_and_the_rows_that_are_left_of_it(tmp_path: Path) -> None:
    lines = [
        f"{'' if i % 100 == 99 else i * 3},{'oops' if i == 350 else i % 300},{'' if i == 5 else 'u'}"
        for i in range(400)
    ]
    path = write(tmp_path, "a,b,y\n" + "\n".join([*lines, "1,2", "3"]))
    plan = detect(path)
    shown = preview(path, plan)
    assert (len(shown.rows), shown.complete, shown.estimated_rows, shown.counted_rows) == (200, True, 400, 400)
    assert [(c.missing, c.unreadable_count, c.distinct) for c in shown.columns] == [(4, 0, 396), (0, 1, 300), (1, 0, 1)]
    assert [(cell.row, cell.text) for cell in shown.columns[1].unreadable] == [(352, "oops")]
    assert [row.row for row in shown.set_aside] == [402, 403]
    assert rows_left(shown, plan, "drop") == 394
    assert rows_left(shown, with_column(plan, "a", role="ignore"), "drop") == 398
    assert rows_left(shown, plan, "mean") == 399
    assert rows_left(shown, plan, "refuse") == 400


@pytest.mark.parametrize("text", ["inf", "-inf", "Infinity", "1e999"])
def test_infinite_cells_do_not_make_a_number_column_a_category(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, "a,y\n" + "".join(f"{text if i % 3 == 0 else i * 2.5},{i % 2}\n" for i in range(30)))
    plan = detect(path)
    assert plan.columns[0].kind == "number"
    assert preview(path, plan).columns[0].unreadable_count == 10


IGNORED: dict[str, tuple[str, Callable[[int], object], str]] = {
    "numbers from 10,000 on": ("KundenNr", lambda i: 10_000 + i, "goes up by 1 from row to row"),
    "distinct numbers called an id": ("CustomerID", lambda i: i * 7919 % 10_007, "is named like a row number"),
    "distinct numbers called a key": ("order_key", lambda i: i * 7919 % 10_007, "is named like a row number"),
    "dates": ("day", lambda i: f"2024-{i % 12 + 1:02}-{i % 28 + 1:02}", "holds dates"),
    "a few dates": ("day", lambda i: f"2024-01-0{i % 7 + 1}", "holds dates"),
    "dates with a time": ("when", lambda i: f"{i % 28 + 1}.{i % 12 + 1}.2024 12:00", "holds dates"),
    "texts that hardly come again": ("name", lambda i: f"n{i % 150}", "holds a different text in most rows"),
}
KEPT: dict[str, tuple[str, Callable[[int], object]]] = {
    "steps of 2": ("dose", lambda i: 2 * i),
    "distinct fractions called an id": ("id", lambda i: i * 1.37),
    "distinct numbers of another name": ("paid", lambda i: i * 7919 % 10_007),
    "few categories": ("town", lambda i: f"t{i % 40}"),
}


@pytest.mark.parametrize("case", IGNORED)
def test_row_numbers_dates_and_names_are_proposed_to_be_ignored_and_the_note_says_why(
    tmp_path: Path, case: str
) -> None:
    name, cell, reason = IGNORED[case]
    plan = detect(write(tmp_path, f"{name},x,y\n" + "".join(f"{cell(i)},{i * 1.5},{i % 2}\n" for i in range(200))))
    assert [column.role for column in plan.columns] == ["ignore", "feature", "target"]
    note = next(note for note in plan.notes if note.startswith(repr(name)))
    assert reason in note
    assert "can be changed" in note


@pytest.mark.parametrize("case", KEPT)
def test_columns_that_may_teach_something_stay_features(tmp_path: Path, case: str) -> None:
    name, cell = KEPT[case]
    plan = detect(write(tmp_path, f"{name},x,y\n" + "".join(f"{cell(i)},{i * 1.5},{i % 2}\n" for i in range(200))))
    assert plan.columns[0].role == "feature"


def test_a_preview_counts_missing_distinct_and_unreadable_cells(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n1,x\n2,y\n2,x\n,x\n3,NA\n4,x\n5,x\noops,x\n6\n")
    shown = preview(path, detect(path))
    a, b = shown.columns
    assert (a.kind, a.missing, a.distinct, a.unreadable_count) == ("number", 1, 5, 1)
    assert [(cell.row, cell.text) for cell in a.unreadable] == [(9, "oops")]
    assert (b.kind, b.missing, b.distinct) == ("category", 1, 2)
    assert [row.row for row in shown.set_aside] == [10]
    assert shown.complete
    assert shown.estimated_rows == 8


# -- properties ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def duckdb_connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


DIALECTS = st.builds(
    lambda delimiter, quote, decimal, encoding, header: Dialect(
        delimiter=delimiter, quote=quote, decimal=decimal, encoding=encoding, header=header
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(['"', "'"]),
    st.sampled_from([".", ","]),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "windows-1252"]),
    st.booleans(),
)
TEXTS = st.text(st.sampled_from("abcXYZ019 ,;|\t'\"#_-+.äß€\n"), min_size=1, max_size=12).filter(
    lambda text: text == text.strip(" \t\n") and not is_missing(text, ("", "NA", "?", "-"))
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**12), 10**12).map(float)
ROWS = st.lists(st.tuples(st.none() | NUMBERS, st.none() | TEXTS, NUMBERS), min_size=1, max_size=30)


@pytest.mark.slow
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, dialect=DIALECTS, newline=st.sampled_from(["\n", "\r\n"]), mark=st.sampled_from(["", "NA", "?"]))
def test_a_table_written_in_any_dialect_reads_back_the_same(
    tmp_path: Path, rows: list[tuple[float | None, str | None, float]], dialect: Dialect, newline: str, mark: str
) -> None:
    def number(value: float | None) -> str:
        return mark if value is None else repr(value).replace(".", dialect.decimal)

    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=dialect.delimiter, quotechar=dialect.quote, lineterminator=newline, quoting=csv.QUOTE_MINIMAL
    )
    if dialect.header:
        writer.writerow(["first", "second one", "dritte"])
    writer.writerows((number(a), mark if b is None else b, number(c)) for a, b, c in rows)
    codec = {"windows-1252": "cp1252"}.get(dialect.encoding, dialect.encoding)
    path = write(tmp_path, out.getvalue().encode(codec))
    names = ("first", "second one", "dritte") if dialect.header else ("column_1", "column_2", "column_3")
    kinds = ("number", "category", "number")
    plan = ImportPlan(
        dialect=dialect,
        columns=tuple(Column(name=name, kind=kind) for name, kind in zip(names, kinds, strict=True)),
        missing_marks=("", "NA", "?", "-"),
    )
    table = read_table(path, plan)
    assert values(table) == {
        names[0]: [row[0] for row in rows],
        names[1]: [row[1] for row in rows],
        names[2]: [row[2] for row in rows],
    }
    assert table.report.set_aside == 0
    assert table.report.unreadable == {}
    shown = preview(path, plan)
    assert [row[1].strip(" ") for row in shown.rows] == [mark if b is None else b for _, b, _ in rows]


@settings(max_examples=400, deadline=None)
@given(
    text=st.text(st.sampled_from("0123456789+-.,eE_ '\tnainf\u00a0"), max_size=10),
    decimal=st.sampled_from([".", ","]),
    thousands=st.sampled_from(["", ".", ",", "'", " ", "\u00a0"]),
)
def test_a_number_means_the_same_in_the_preview_and_in_the_reader(
    duckdb_connection: duckdb.DuckDBPyConnection, text: str, decimal: str, thousands: str
) -> None:
    if thousands == decimal:
        thousands = ""
    dialect = Dialect(delimiter="|", decimal=decimal, thousands=thousands)  # type: ignore[arg-type]
    marks = ("", "NA", "?", "-")
    sql = f"SELECT {number_sql('c', dialect, marks)} FROM (SELECT ?::VARCHAR AS c)"
    (found,) = duckdb_connection.execute(sql, [text]).fetchone() or (None,)
    if is_missing(text, marks):
        assert np.isnan(found)
    elif (expected := parse_number(text, dialect)) is None:
        assert np.isinf(found)
    else:
        assert found == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_class_number_reads_back_as_it(value: float) -> None:
    assert float(format_number(value)) == value


@pytest.mark.slow
@settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200) | st.text("ab1,;\"'\n\r\t .", max_size=80).map(str.encode))
def test_any_bytes_are_read_or_end_in_the_importers_own_error(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, data)
    try:
        plan = detect(path)
        preview(path, plan)
        read_table(path, plan)
    except DataError as error:
        said = str(error)
    else:
        return
    assert said.endswith(".")

"""Awkward files of every kind: the values that arrive, what is listed as unreadable, or the error, word for word."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from workbooks import DATE, MOMENT, boolean, error, formula, number, parquet, row, text, workbook

from nnstudio.data import (
    MISSING_MARKS,
    Categories,
    DataError,
    ImportPlan,
    Table,
    detect,
    preview,
    read_table,
    with_column,
)
from nnstudio.data.reading.dates import format_date

Cells = dict[str, list[object]]


@dataclass(frozen=True)
class File:
    """A file and what it must give: the cells by column, the cells and rows listed, and the kinds that were found."""

    data: bytes
    cells: Cells
    unreadable: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    set_aside: list[tuple[int, str]] = field(default_factory=list)
    kinds: str = ""  # their first letters
    given: dict[str, Any] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    says: str = ""


def cells_of(table: Table, plan: ImportPlan) -> Cells:
    found: Cells = {}
    for column in plan.columns:
        values = table.columns[column.name]
        if isinstance(values, Categories):
            found[column.name] = list(values.texts())
        elif column.kind == "date":
            found[column.name] = [None if np.isnan(value) else format_date(value) for value in values]
        else:
            found[column.name] = [None if np.isnan(value) else float(value) for value in values]
    return found


AB: Cells = {"a": [1.0, 2.5], "b": ["x", "y"]}
LONG = "n" * 3_000
FILES: dict[str, File] = {
    # -- delimiters, encodings, packing
    "pipe with decimal comma": File(b"a|b\n1,0|x\n2,5|y\n", AB),
    "tab with quotes and tabs in them": File(b'a\tb\n1\t"x\ty"\n2.5\ty\n', {"a": [1.0, 2.5], "b": ["x\ty", "y"]}),
    "space with a header": File(b"a b\n1 2\n3 4\n", {"a": [1.0, 3.0], "b": [2.0, 4.0]}),
    "an odd delimiter, given": File(b"a:b\n1:x\n2.5:y\n", AB, given={"delimiter": ":"}),
    "gzip": File(gzip.compress(b"a,b\n1,x\n2.5,y\n"), AB, says="unpacked with gzip"),
    "gzip in two parts": File(gzip.compress(b"a,b\n1,x\n") + gzip.compress(b"2.5,y\n"), AB),
    "gzip of UTF-16": File(gzip.compress("a;b\n1;x\n2,5;y\n".encode("utf-16")), AB),
    "utf-16 with quoted line ends": File(
        'a,b\r\n1,"x\ny"\r\n2,z\r\n'.encode("utf-16"), {"a": [1.0, 2.0], "b": ["x\ny", "z"]}
    ),
    "windows-1252 euro sign": File("a;b\n1;€\n2,5;“y”\n".encode("cp1252"), {"a": [1.0, 2.5], "b": ["€", "“y”"]}),
    "latin-1 with a sign that 1252 lacks": File(b"a,b\n1,\x81\n2.5,y\n", {"a": [1.0, 2.5], "b": ["\x81", "y"]}),
    "encoding given": File(
        "a,b\n1,ß\n2.5,y\n".encode("latin-1"), {"a": [1.0, 2.5], "b": ["ß", "y"]}, given={"encoding": "latin-1"}
    ),
    # -- quotes and lines
    "no newline after a quoted line end": File(b'a,b\n1,"x\ny"\n2,z', {"a": [1.0, 2.0], "b": ["x\ny", "z"]}),
    "windows line ends within quotes only": File(b'a,b\n1,"x\r\ny"\n2,z\n', {"a": [1.0, 2.0], "b": ["x\r\ny", "z"]}),
    "a line end in the header": File(b'a,"b\r\nc"\n1,x\n2.5,y\n', {"a": [1.0, 2.5], "b\r\nc": ["x", "y"]}),
    "quotes within a cell that has none": File(b'a,b\n1,5" disk\n2.5,y\n', {"a": [1.0, 2.5], "b": ['5" disk', "y"]}),
    "something after a closing quote": File(
        b'a,b\n1,x\n2,"y"z\n3,w\n', {"a": [1.0, 3.0], "b": ["x", "w"]}, set_aside=[(3, '2,"y"z')]
    ),
    "something after a closing quote in the last line": File(
        b"'a','b'\n'1','x'\n'2','y, z'y, z''2','y, z'y, z'",
        {"a": [1.0], "b": ["x"]},
        set_aside=[(3, "'2','y, z'y, z''2','y, z'y, z'")],
    ),
    "blanks and more after a closing quote": File(
        b'a,b\n1,"x" \n2,"say ""hi" ""\n3,w\n',
        {"a": [1.0, 3.0], "b": ["x", "w"]},
        set_aside=[(3, '2,"say ""hi" ""')],
    ),
    "improper quotes behind a comment": File(
        b'# c\na,b\n# d\n""1,x\n2,y\n', {"a": [2.0], "b": ["y"]}, set_aside=[(4, '""1,x')]
    ),
    "improper quotes in a header": File(b'"a"x,b\n1,2\n3,4\n', {"ax": [1.0, 3.0], "b": [2.0, 4.0]}),
    "improper quotes in the header of one column": File(
        b'""1e999\n4\n7\n\n\n7\n\n\n', {"1e999": [4.0, 7.0, None, None, 7.0]}
    ),
    "formulas are text": File(b"a,b\n1,=1+1\n2.5,@x\n", {"a": [1.0, 2.5], "b": ["=1+1", "@x"]}),
    # -- comments, blank lines, ragged rows
    "comments on top, between and at the end": File(
        b'# one, "two\n# three\n\na,b\n1,x\n# four\n2.5,y\n# five\n', AB, says="Lines that begin with '#'"
    ),
    "a comment sign within a row is text": File(b"# c\na,b\n1,#x\n2,y # z\n", {"a": [1.0, 2.0], "b": ["#x", "y # z"]}),
    "a comment sign within quotes is text": File(
        b'# c\na,b\n1,"x\n# y"\n2,z\n', {"a": [1.0, 2.0], "b": ["x\n# y", "z"]}
    ),
    "comments in a table of one column": File(b"# c\na\n1\n# d\n\n3\n", {"a": [1.0, None, 3.0]}),
    "percent comments": File(b"% made by\n% hand\na,b\n1,x\n2.5,y\n", AB),
    "a header that begins with the sign": File(b"#a,b\n1,x\n2.5,y\n", {"#a": [1.0, 2.5], "b": ["x", "y"]}),
    "comments, given": File(b"a,b\n1,x\n;note\n2.5,y\n", AB, given={"comment": ";"}),
    "too few, too many, and further empty cells": File(
        b"a,b\n1,x\n2\n3,y,z\n4,w,,\n", {"a": [1.0, 4.0], "b": ["x", "w"]}, set_aside=[(3, "2"), (4, "3,y,z")]
    ),
    "rows counted with comments, blank lines and line ends in quotes": File(
        b'# c\n\na,b\n1,"x\ny"\n\n# d\n2\n3,oops\n4,z\noops,w\n5,v\n',
        {"a": [1.0, 3.0, 4.0, None, 5.0], "b": ["x\ny", "oops", "z", "w", "v"]},
        unreadable={"a": [(10, "oops")]},
        set_aside=[(7, "2")],
    ),
    # -- names
    "long, empty and repeated names": File(
        f"{LONG},,x,x\n1,2,3,4\n".encode(),
        {LONG[:990]: [1.0], "column_2": [2.0], "x": [3.0], "x (2)": [4.0]},
        says="is called 'x (2)' here",
    ),
    "names in another script": File("名前,عمر\nx,1\ny,2\n".encode(), {"名前": ["x", "y"], "عمر": [1.0, 2.0]}),
    "no header above dates": File(
        b"2024-01-05,1\n2024-01-06,2\n", {"column_1": ["2024-01-05", "2024-01-06"], "column_2": [1.0, 2.0]}
    ),
    # -- numbers
    "apostrophes between thousands": File(
        b"a;b\n1'234.5;x\n2'345'678;y\n", {"a": [1234.5, 2345678.0], "b": ["x", "y"]}
    ),
    "no-break spaces around and between": File(
        "a;b\n1\u00a0234,5;x\n\u00a02,5;y\n".encode(), {"a": [1234.5, 2.5], "b": ["x", "y"]}
    ),
    "a number too large, one not finite, one with a unit": File(
        b"a,b\n1,x\n1e999,x\n-inf,x\n12 kg,y\n" + b"2,y\n" * 20,
        {"a": [1.0, None, None, None] + [2.0] * 20, "b": ["x"] * 3 + ["y"] * 21},
        unreadable={"a": [(3, "1e999"), (4, "-inf"), (5, "12 kg")]},
    ),
    "keys with more digits than a double": File(
        b"id,y\n9007199254740993,1\n9007199254740995,2\n",
        {"id": [9007199254740992.0, 9007199254740996.0], "y": [1.0, 2.0]},
        says="Column 'id' has numbers of more than 15 digits, which are rounded.",
    ),
    "a point that may stand between thousands": File(
        b"a;b\n1.234;x\n2.345;y\n",
        {"a": [1.234, 2.345], "b": ["x", "y"]},
        says="'1.234' is read with a decimal point, not as 1234. Choose a decimal comma and a point between thousands "
        "if 1234 is meant.",
    ),
    "a point between thousands, given": File(
        b"a;b\n1.234;x\n2.345;y\n", {"a": [1234.0, 2345.0], "b": ["x", "y"]}, given={"decimal": ",", "thousands": "."}
    ),
    "decimal mark, given": File(b"a;b\n1,234;x\n2,5;y\n", {"a": [1.234, 2.5], "b": ["x", "y"]}, given={"decimal": ","}),
    "every missing mark": File(
        b"a,b\n" + b"".join(f"{m},{m}\n".encode() for m in MISSING_MARKS) + b"1,x\n2.5,y\n",
        {"a": [None] * len(MISSING_MARKS) + [1.0, 2.5], "b": [None] * len(MISSING_MARKS) + ["x", "y"]},
    ),
    "a further missing mark": File(
        b"a,b\n-999,none\n1,x\n2.5,y\n",
        {"a": [None, 1.0, 2.5], "b": [None, "x", "y"]},
        given={"missing_marks": (*MISSING_MARKS, "-999", "none")},
    ),
    # -- dates
    "ISO dates and times": File(
        b"d,v\n2024-02-29,1\n2024-02-28T12:30,2\n2024-02-27 23:59:59.5,3\n",
        {"d": ["2024-02-29", "2024-02-28T12:30:00", "2024-02-27T23:59:59.5"], "v": [1.0, 2.0, 3.0]},
        kinds="dn",
    ),
    "offsets become UTC": File(
        b"d,v\n2024-01-01T00:30:00+02:00,1\n2024-01-01T00:30:00Z,2\n",
        {"d": ["2023-12-31T22:30:00", "2024-01-01T00:30:00"], "v": [1.0, 2.0]},
        says="converted to UTC",
    ),
    "days with points": File(
        b"d;v\n5.1.2024;1\n06.02.2024;2\n", {"d": ["2024-01-05", "2024-02-06"], "v": [1.0, 2.0]}, kinds="dn"
    ),
    "day first, since one cell says so": File(
        b"d,v\n03/04/2024,1\n13/04/2024,2\n", {"d": ["2024-04-03", "2024-04-13"], "v": [1.0, 2.0]}, kinds="dn"
    ),
    "month first, since one cell says so": File(
        b"d,v\n03/04/2024,1\n04/13/2024,2\n", {"d": ["2024-03-04", "2024-04-13"], "v": [1.0, 2.0]}, kinds="dn"
    ),
    "no cell says which is first": File(
        b"d,v\n03/04/2024,1\n05/06/2024,2\n",
        {"d": ["2024-03-04", "2024-05-06"], "v": [1.0, 2.0]},
        says="Column 'd': dates such as '03/04/2024' are read with the month first; choose 'day first' if that is "
        "wrong.",
    ),
    "which is first, given": File(
        b"d,v\n03/04/2024,1\n05/06/2024,2\n",
        {"d": ["2024-04-03", "2024-06-05"], "v": [1.0, 2.0]},
        types={"d": "dmy"},
    ),
    "only row 1,201 says which is first": File(
        b"d,v\n" + b"03/04/2024,1\n" * 1_200 + b"31/12/2023,2\n",
        {"d": ["2024-04-03"] * 1_200 + ["2023-12-31"], "v": [1.0] * 1_200 + [2.0]},
    ),
    "days that are not in the calendar": File(
        b"d,v\n2024-02-30,1\n2024-13-01,2\n" + b"2024-01-05,3\n" * 30,
        {"d": [None, None] + ["2024-01-05"] * 30, "v": [1.0, 2.0] + [3.0] * 30},
        unreadable={"d": [(2, "2024-02-30"), (3, "2024-13-01")]},
    ),
    "half days by the clock": File(
        b"d,v\n1/31/2024 12:05 AM,1\n2/28/2024 1:05 pm,2\n",
        {"d": ["2024-01-31T00:05:00", "2024-02-28T13:05:00"], "v": [1.0, 2.0]},
    ),
    # -- booleans
    "yes and no": File(b"a,b\n1,yes\n2,no\n3,\n", {"a": [1.0, 2.0, 3.0], "b": ["yes", "no", None]}, kinds="nb"),
    "ja and nein in several spellings": File(
        b"b,a\nJa,1\nja,2\nNEIN,3\nja,4\n",
        {"b": ["ja", "ja", "NEIN", "ja"], "a": [1.0, 2.0, 3.0, 4.0]},
        says="'Ja' is read as 'NEIN' or 'ja'",
    ),
    "0 and 1 stay numbers": File(b"a,b\n0,x\n1,y\n", {"a": [0.0, 1.0], "b": ["x", "y"]}, kinds="nc"),
    "words read as booleans": File(
        b"b,a\non,1\nmaybe,2\non,3\n",
        {"b": ["on", None, "on"], "a": [1.0, 2.0, 3.0]},
        unreadable={"b": [(3, "maybe")]},
        types={"b": "boolean"},
    ),
    # -- workbooks
    "a workbook with types": File(
        workbook(
            Data=row(1, text("A1", "n"), text("B1", "d"), text("C1", "t"), text("D1", "b"))
            + row(2, number("A2", 0.1), number("B2", 45296, DATE), text("C2", " 007, "), boolean("D2", True))
            + row(3, number("A3", 12345678), number("B3", 45296.5, MOMENT), text("C3", "x\ny"), boolean("D3", False))
        ),
        {
            "n": [0.1, 12345678.0],
            "d": ["2024-01-05", "2024-01-05T12:00:00"],
            "t": ["007,", "x\ny"],
            "b": ["true", "false"],
        },
        kinds="ndcb",
    ),
    "errors and formulas in a workbook": File(
        workbook(
            S=row(1, text("A1", "a"), text("B1", "b"))
            + row(2, formula("A2", "2"), number("B2", 1))
            + row(3, error("A3", "#DIV/0!"), number("B3", 2))
            + row(4, formula("A4", ""), error("B4", "#N/A"))
            + "".join(row(r, number(f"A{r}", r), number(f"B{r}", r)) for r in range(5, 40))
        ),
        {"a": [2.0, None, None] + [float(r) for r in range(5, 40)], "b": [1.0, 2.0, None, *map(float, range(5, 40))]},
        unreadable={"a": [(3, "#DIV/0!"), (4, "#NOT COMPUTED")]},
    ),
    "a table that begins at C3, with an empty row": File(
        workbook(
            S=row(3, text("C3", "a"), text("D3", "b"))
            + row(4, number("C4", 1), text("D4", "x"))
            + row(6, number("C6", 2.5), text("D6", "y"))
        ),
        AB,
    ),
    "the second sheet, given": File(
        workbook(
            First=row(1, text("A1", "q")) + row(2, number("A2", 9)),
            Second=row(1, text("A1", "a"), text("B1", "b"))
            + row(2, number("A2", 1), text("B2", "x"))
            + row(3, number("A3", 2.5), text("B3", "y")),
        ),
        AB,
        given={"sheet": "Second"},
        says="Sheet 'Second' of 'First', 'Second' is read.",
    ),
    "two quotes after blanks, and more behind": File(
        b'a\nx\n  ""5 6\n"y"\nz\n', {"a": ["x", "y", "z"]}, set_aside=[(3, '  ""5 6')]
    ),
    "a blank beyond the columns": File(b"x\n1, \n5\n8\n9\n", {"x": [5.0, 8.0, 9.0]}, set_aside=[(2, "1, ")]),
    "a cover sheet before the table": File(
        workbook(
            Cover=row(1, text("A1", "Sales of 2024")) + row(3, text("A3", "Author"), text("B3", "Ann")),
            Data=row(1, text("A1", "a"), text("B1", "b"))
            + "".join(row(r, number(f"A{r}", r), text(f"B{r}", "xy"[r % 2])) for r in range(2, 12)),
            Later=row(1, text("A1", "c"), text("B1", "d"))
            + "".join(row(r, number(f"A{r}", r), number(f"B{r}", r)) for r in range(2, 40)),
        ),
        {"a": [float(r) for r in range(2, 12)], "b": ["xy"[r % 2] for r in range(2, 12)]},
        says="Sheet 'Data' of 'Cover', 'Data', 'Later' is read.",
    ),
    "the first sheet is empty": File(
        workbook(
            Empty="",
            Full=row(1, text("A1", "a"), text("B1", "b"))
            + row(2, number("A2", 1), text("B2", "x"))
            + row(3, number("A3", 2.5), text("B3", "y")),
        ),
        AB,
        says="Sheet 'Full' of 'Empty', 'Full' is read.",
    ),
}


def read(path: Path, file: File) -> tuple[ImportPlan, Table]:
    plan = detect(path, **file.given)
    for name, kind in file.types.items():
        plan = (
            with_column(plan, name, kind="boolean") if kind == "boolean" else with_column(plan, name, date_order=kind)
        )
    return plan, read_table(path, plan, columns=plan.columns)


@pytest.mark.parametrize("case", FILES)
def test_an_awkward_file_arrives_as_it_is_and_what_cannot_be_read_is_listed(tmp_path: Path, case: str) -> None:
    file = FILES[case]
    path = tmp_path / "table"
    path.write_bytes(file.data)
    plan, table = read(path, file)
    assert cells_of(table, plan) == file.cells
    listed = {name: [(c.row, c.text) for c in cells] for name, cells in table.report.examples.items()}
    assert listed == file.unreadable
    assert [(c.row, c.text) for c in table.report.set_aside_examples] == file.set_aside
    assert table.report.set_aside == len(file.set_aside)
    if file.kinds:
        assert "".join(column.kind[0] for column in plan.columns) == file.kinds
    assert file.says in " ".join((*plan.notes, *table.report.sentences))
    shown = preview(path, plan)
    if shown.complete and b'"' not in file.data:  # the preview shows a row with improper quotes
        assert [row.row for row in shown.set_aside] == [row for row, _ in file.set_aside]
    assert {c.name: c.unreadable_count for c in shown.columns if c.unreadable_count} == table.report.unreadable


PARQUET: dict[str, tuple[str, Cells]] = {
    "numbers of all kinds": (
        "SELECT 1::TINYINT AS a, 2.5::FLOAT AS b, 1.25::DECIMAL(9, 3) AS c, 10000000000000000000::HUGEINT AS d, "
        "NULL::INTEGER AS e, 'nan'::DOUBLE AS f",
        {"a": [1.0], "b": [2.5], "c": [1.25], "d": [1e19], "e": [None], "f": [None]},
    ),
    "dates, booleans and texts": (
        "SELECT DATE '2024-01-05' AS d, TIMESTAMP '2024-01-05 12:30:00' AS t, true AS b, 'x' AS s, TIME '12:30' AS c",
        {"d": ["2024-01-05"], "t": ["2024-01-05T12:30:00"], "b": ["true"], "s": ["x"], "c": ["12:30:00"]},
    ),
    "texts that hold numbers": (
        "SELECT * FROM (VALUES ('1', ' x '), ('2.5', NULL)) AS t(a, b)",
        {"a": [1.0, 2.5], "b": ["x", None]},
    ),
}


@pytest.mark.parametrize("case", PARQUET)
def test_a_parquet_file_arrives_with_its_types(tmp_path: Path, case: str) -> None:
    select, expected = PARQUET[case]
    path = tmp_path / "table[1].parquet"  # DuckDB takes such a name for a pattern
    path.write_bytes(parquet(tmp_path, select))
    plan = detect(path)
    table = read_table(path, plan, columns=plan.columns)
    assert cells_of(table, plan) == expected
    assert table.row_numbers.of(0) == 1


def test_a_parquet_column_of_lists_is_left_out_with_a_reason_and_refused_where_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(parquet(tmp_path, "SELECT 1 AS a, [1, 2] AS l, 'inf'::DOUBLE AS y"))
    plan = detect(path)
    assert [column.role for column in plan.columns] == ["feature", "ignore", "target"]
    assert any("'l' holds lists, which cannot be read" in note for note in plan.notes)
    table = read_table(path, plan)
    assert [(c.row, c.text) for c in table.report.examples["y"]] == [(1, "inf")]
    with pytest.raises(DataError, match=r"table\.parquet: column 'l' holds lists, no single values\. Ignore it\."):
        read_table(path, with_column(plan, "l", role="feature"))


def bomb(folder: Path) -> bytes:
    return gzip.compress(b"a,b\n" + b"1,2\n" * 2**22, 9)


def far_cell(folder: Path) -> bytes:
    return workbook(S=row(1, number("A1", 1)) + row(1_048_576, number("XFD1048576", 1)))


ERRORS: dict[str, tuple[Callable[[Path], bytes], dict[str, Any], str]] = {
    "gzip cut off": (
        lambda folder: gzip.compress(b"a,b\n1,2\n" * 1_000)[:-20],
        {},
        "table.x is a damaged gzip file: its end is missing. Fetch or pack it again.",
    ),
    "gzip with a wrong checksum": (
        lambda folder: gzip.compress(b"a,b\n1,2\n")[:-8] + bytes(8),
        {},
        "table.x is a damaged gzip file: its bytes are not what was packed. Fetch or pack it again.",
    ),
    "gzip bomb": (
        bomb,
        {},
        "table.x holds more than 8 MB, the limit for a gzip file of its size. Unpack it yourself if you trust it, and "
        "load what comes out.",
    ),
    "a workbook within gzip": (
        lambda folder: gzip.compress(workbook(S="")),
        {},
        "table.x holds a workbook within gzip. Unpack it first.",
    ),
    "a zip that is no workbook": (
        lambda folder: codecs.decode(b"UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==", "base64"),
        {},
        "table.x does not hold text. Choose a CSV file.",
    ),
    "a cell far away": (
        far_cell,
        {},
        "table.x: sheet 'S' spans 1,048,576 rows and 16,384 columns, more than 20,000,000 cells. Save the sheet as "
        "CSV, or clear the cells far from the table.",
    ),
    "a sheet that is not there": (
        lambda folder: workbook(One="", Two=""),
        {"sheet": "Three"},
        "table.x has no sheet 'Three'; its sheets are 'One', 'Two'. Choose one of these.",
    ),
    "no sheet with cells": (
        lambda folder: workbook(One="", Two=""),
        {},
        "table.x: no sheet has any cells. Choose a sheet with a header and at least a few rows.",
    ),
    "a damaged sheet": (
        lambda folder: workbook(One="<row><c"),
        {},
        "table.x: sheet 'One' is damaged. Save the workbook again.",
    ),
    "an old workbook that is none": (
        lambda folder: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        {},
        "table.x is damaged or no workbook. Save it again as .xlsx, or as CSV.",
    ),
    "a damaged Parquet file": (
        lambda folder: b"PAR1" + bytes(100) + b"PAR1",
        {},
        "table.x is a Parquet file that is damaged or of an unknown version. Write it anew.",
    ),
    "an open quote": (
        lambda folder: b'a,b\n1,2\n"3,4\n5,6\n',
        {},
        "table.x, row 3: a quote is opened and not closed. Correct it, or choose no quotes.",
    ),
    "the wrong encoding": (
        lambda folder: "a,b\n1,ä\n".encode("cp1252"),
        {"encoding": "utf-8"},
        "table.x has characters in row 2 that are not UTF-8. Choose another encoding, for example Windows-1252.",
    ),
    "a letter that Windows-1252 lacks": (
        lambda folder: b"a,b\n1,x\n2,\x81\n",
        {"encoding": "windows-1252"},
        "table.x has characters in line 3 that are not Windows-1252. Choose another encoding, for example Latin-1.",
    ),
    "half a sign of Shift JIS": (
        lambda folder: "a,b\n1,東京\n".encode("shift-jis") + b"2,\x93\n",
        {"encoding": "shift-jis"},
        "table.x has characters in line 3 that are not Shift JIS (Japanese). "
        "Choose another encoding, for example Windows-1252.",
    ),
    "bzip2": (lambda folder: b"BZh91AY&SY" + bytes(50), {}, "table.x is compressed with bzip2; unpack it first."),
    "comments alone": (
        lambda folder: b"# a\n# b\n",
        {"comment": "#"},
        "table.x has nothing but comments and blank lines.",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_is_no_table_is_said_word_for_word(tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, given, sentence = ERRORS[case]
    monkeypatch.setattr("nnstudio.data.reading.gzipped.MOST_UNPACKED", 2**23)
    path = tmp_path / "table.x"
    path.write_bytes(make(tmp_path))
    with pytest.raises(DataError) as caught:
        read(path, File(b"", {}, given=given))
    assert str(caught.value) == sentence


def test_unpacked_copies_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    for case in ("gzip", "a workbook with types", "comments on top, between and at the end"):
        path = tmp_path / "table"
        path.write_bytes(FILES[case].data)
        read(path, FILES[case])
        preview(path, detect(path))
    assert list(temporary.iterdir()) == []

"""Tables in OpenDocument workbooks (.ods): every type of cell, repeated cells and rows, errors, files that are none."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from opendocuments import cell, opendocument, row

from nnstudio.data import Categories, DataError, Table, detect, read_table
from nnstudio.data.reading.dates import format_date
from nnstudio.data.reading.formats import contents

HEADER = row(*(cell("string", name) for name in ("n", "day", "word", "flag", "share")))
NOTHING = row(cell(repeated=1_024), repeated=1_048_000)


def write(folder: Path, data: bytes) -> Path:
    path = folder / "table.ods"
    path.write_bytes(data)
    return path


def listed(table: Table, name: str) -> list[tuple[int, str]]:
    return [(found.row, found.text) for found in table.report.examples[name]]


def test_each_type_of_cell_arrives_as_it_is(tmp_path: Path) -> None:
    rows = (
        HEADER
        + row(cell("float", 0.1), cell("date", "2024-01-05"), cell("string", " a<b "), cell("boolean", "true"), cell())
        + row(
            cell("currency", -12),
            cell("date", "2024-01-05T12:00:00"),
            cell("string", "ä, “x”"),
            cell("boolean", "false"),
            cell("percentage", 0.125),
        )
        + NOTHING
    )
    path = write(tmp_path, opendocument(Data=rows))
    plan = detect(path)
    table = read_table(path, plan, columns=plan.columns)
    assert [column.kind for column in plan.columns] == ["number", "date", "category", "boolean", "number"]
    assert list(table.columns["n"]) == [0.1, -12.0]
    assert [format_date(value) for value in table.columns["day"]] == ["2024-01-05", "2024-01-05T12:00:00"]
    words = table.columns["word"]
    assert isinstance(words, Categories)
    assert list(words.texts()) == ["a<b", "ä, “x”"]
    share = table.columns["share"]
    assert np.isnan(share[0])
    assert share[1] == 0.125


def test_repeated_cells_and_rows_are_as_many_as_they_stand_for(tmp_path: Path) -> None:
    rows = row(cell("string", "a"), cell("string", "b"), cell("string", "c")) + row(
        cell("float", 1), cell("float", 2, repeated=2), repeated=3
    )
    path = write(tmp_path, opendocument(S=rows))
    table = read_table(path, detect(path))
    assert {name: list(values) for name, values in table.columns.items()} == {"a": [1] * 3, "b": [2] * 3, "c": [2] * 3}


def test_errors_are_cells_that_cannot_be_read_with_their_rows(tmp_path: Path) -> None:
    rows = row(cell("string", "a"), cell("string", "b"))
    rows += row(cell("float", 1), cell("error", "#DIV/0!")) + row(cell("error", "#N/A"), cell("float", 2), repeated=2)
    rows += "".join(row(cell("float", at), cell("float", at)) for at in range(5, 40))
    path = write(tmp_path, opendocument(S=row(cell()) + row(cell()) + rows))
    plan = detect(path)
    table = read_table(path, plan)
    assert listed(table, "b") == [(4, "#DIV/0!")]
    assert table.columns["a"][0] == 1.0
    assert np.isnan(table.columns["a"][1:3]).all()
    assert list(table.columns["b"][1:4]) == [2.0, 2.0, 5.0]


def test_a_table_that_begins_at_c3_keeps_its_row_numbers(tmp_path: Path) -> None:
    away = cell(repeated=2)
    rows = row(cell(repeated=5), repeated=2) + row(away, cell("string", "a"), cell("string", "b"))
    rows += row(away, cell("float", 1), cell("error", "#REF!")) + row(away, cell("float", 2), cell("float", 3))
    path = write(tmp_path, opendocument(S=rows))
    plan = detect(path)
    table = read_table(path, plan)
    assert list(table.columns) == ["a", "b"]
    assert listed(table, "b") == [(4, "#REF!")]


def test_a_sheet_is_chosen_by_its_name(tmp_path: Path) -> None:
    first = row(cell("string", "q")) + row(cell("float", 9))
    second = row(cell("string", "a")) + row(cell("float", 1)) + row(cell("float", 2))
    path = write(tmp_path, opendocument(First=first, Second=second, Empty=""))
    assert contents(path)[1] == ("First", "Second", "Empty")
    plan = detect(path, sheet="Second")
    assert list(read_table(path, plan).columns["a"]) == [1.0, 2.0]


def unfinished() -> bytes:
    return opendocument(S="<table:table-row>")


def many_cells() -> bytes:
    return opendocument(S=row(cell("float", 1, repeated=1_000), repeated=100_000))


def without_content() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    return out.getvalue()


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (unfinished, "table.ods is damaged or no workbook. Save it again as .xlsx, or as CSV."),
        (
            many_cells,
            "table.ods: sheet 'S' spans 100,000 rows and 1,000 columns, more than 20,000,000 cells. Save the sheet as "
            "CSV, or clear the cells far from the table.",
        ),
        (
            without_content,
            "table.ods is a zip archive, but no workbook (.xlsx, .ods). Unpack it, or save it as .xlsx.",
        ),
        (
            lambda: opendocument(One="", Two=""),
            "table.ods: no sheet has any cells. Choose a sheet with a header and at least a few rows.",
        ),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, made, says: str) -> None:
    with pytest.raises(DataError) as refused:
        detect(write(tmp_path, made()))
    assert str(refused.value) == says

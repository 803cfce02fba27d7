"""A file to a Table, through DuckDB: every cell is read as text and cast alone, so a bad cell is one cell."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.cells import (
    category_sql,
    natural_key,
    needs_care,
    number_sql,
    plain_number_sql,
    suspicious_bytes,
)
from nnstudio.data.encoding import check_file, wrong_encoding
from nnstudio.data.errors import DataError
from nnstudio.data.head import Head, read_head
from nnstudio.data.lines import blank_rows, open_quote, trailing_blank
from nnstudio.data.recipe import Column, Dialect, ImportPlan, listed
from nnstudio.data.scan import Cancel, Progress, Scan, opened
from nnstudio.data.table import (
    EXAMPLES,
    Categories,
    ColumnValues,
    NumberArray,
    ReadReport,
    RowNumbers,
    Table,
    Unreadable,
)

HEAD_ROWS = 200
PLAIN_COLUMNS = 5_000  # a scan
COMPUTED_COLUMNS = 200  # a scan: DuckDB keeps 32 KB for each operation of each column, and crashed at 10,000 of them
SHOWN_TEXT = 80  # characters of a cell in a message


def read_table(
    path: str | Path,
    plan: ImportPlan,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
    columns: Sequence[Column] | None = None,
) -> Table:
    """Read a table as its plan says: the columns that are not ignored, found in the file by their names.

    Parameters
    ----------
    path
        The file.
    plan
        Its dialect, columns and missing marks.
    progress, cancelled
        Called from a helper thread about 20 times a second: with the share done (0 to 1), and to ask whether
        to stop.
    columns
        The columns to read instead of the plan's, for example those of a fitted preparation.

    Raises
    ------
    DataError
        When the file cannot be read, a column is not there, or no row is left.
    Cancelled
        When ``cancelled`` returned true.
    """
    file = check_file(path)
    wanted = [column for column in plan.columns if column.role != "ignore"] if columns is None else list(columns)
    head = head_with(file, plan.dialect, [column.name for column in wanted])
    with opened(file, plan.dialect, head, progress, cancelled) as scan:
        return _read(scan, wanted, plan.missing_marks)


def head_with(file: Path, dialect: Dialect, names: Sequence[str]) -> Head:
    """Return the head of a file that has these columns.

    Raises
    ------
    DataError
        When it cannot be taken apart, or a column is not there.
    """
    head = read_head(file, dialect, HEAD_ROWS)
    absent = [name for name in names if name not in head.names]
    if absent:
        raise DataError(
            f"{file.name} has no column {listed(absent)}; its columns are {listed(head.names)}. "
            "Choose another file, or check the delimiter and the header."
        )
    return head


def read_cells(path: str | Path, dialect: Dialect) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Read every cell as the text it is: the names, and the rows in the order of :func:`read_table`.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    file = check_file(path)
    head = read_head(file, dialect, HEAD_ROWS)
    with opened(file, dialect, head, None, None) as scan:
        cells = ", ".join(f"coalesce(c{i}, '')" for i in range(head.width))
        rows: list[tuple[str, ...]] = scan.run(f"SELECT {cells} FROM {scan.source}").fetchall()
        _rejected(scan)
    return head.names, rows[: len(rows) - trailing_blank(scan.readable, scan.head.width)]


def _read(scan: Scan, wanted: Sequence[Column], marks: Sequence[str]) -> Table:
    place = {name: i for i, name in enumerate(scan.head.names)}
    at = {column.name: place[column.name] for column in wanted}
    values: dict[str, ColumnValues] = {}
    numbers = [column for column in wanted if column.kind == "number"]
    texts = [column for column in wanted if column.kind == "category"]
    rejects: list[_Rejects] = []  # after every scan: all of them must leave out the same rows
    for block in _blocks(numbers, PLAIN_COLUMNS):
        values |= _scan_numbers(scan, {c.name: plain_number_sql(f"c{at[c.name]}", scan.dialect) for c in block}, at)
        rejects.append(_rejected(scan))
    care = _needs_care(scan, marks)
    doubtful = [c for c in numbers if care or not np.isfinite(cast("NumberArray", values[c.name])).all()]
    for block in _blocks(doubtful, COMPUTED_COLUMNS):
        values |= _scan_numbers(scan, {c.name: number_sql(f"c{at[c.name]}", scan.dialect, marks) for c in block}, at)
        rejects.append(_rejected(scan))
    for block in _blocks(texts, COMPUTED_COLUMNS):
        values |= _scan_texts(scan, block, at, marks)
        rejects.append(_rejected(scan))
    rejected, set_aside = rejects[0] if rejects else _Rejects(np.zeros(0, np.int64), ())
    lengths = set(map(_length, values.values()))
    if len(lengths) > 1 or any(not np.array_equal(rejected, other.rows) for other in rejects):
        raise DataError(
            f"{scan.file.name} gave different rows when it was read twice. Was it being written? Load it again."
        )
    rows = min(lengths, default=0)
    _check_walked(scan, rows + len(rejected))
    if rows == 0:
        raise _no_rows(scan, set_aside)
    row_numbers = RowNumbers(
        first=scan.head.leading_blank + int(scan.dialect.header) + 1,
        gaps=np.union1d(rejected, _blank(scan)).astype(np.int64),
    )
    examples, unreadable = _unreadable(scan, numbers, at, values, row_numbers)
    missing = {c.name: _take_out_missing(values[c.name]) - unreadable.get(c.name, 0) for c in wanted}
    report = ReadReport(
        rows=rows,
        missing={name: count for name, count in missing.items() if count},
        unreadable=unreadable,
        examples=examples,
        set_aside=len(rejected),
        set_aside_examples=set_aside,
        notes=scan.head.notes,
    )
    return Table(scan.file.name, {c.name: values[c.name] for c in wanted}, report, row_numbers)


def _length(values: ColumnValues) -> int:
    return len(values.codes) if isinstance(values, Categories) else len(values)


def _blocks(columns: Sequence[Column], size: int) -> Iterator[Sequence[Column]]:
    for start in range(0, len(columns), size):
        yield columns[start : start + size]


def _needs_care(scan: Scan, marks: Sequence[str]) -> bool:
    if needs_care(scan.dialect, marks):
        return True
    with scan.readable.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.find(b"\n") if scan.dialect.header else 0  # names often hold an underscore
        return any(data.find(sign, max(0, start)) >= 0 for sign in suspicious_bytes(scan.dialect))


def _scan_numbers(scan: Scan, sql: dict[str, str], at: dict[str, int]) -> dict[str, ColumnValues]:
    """Read number columns, by name the SQL of each; NULL becomes NaN."""
    selected = ", ".join(f"{cast} AS c{at[name]}" for name, cast in sql.items())
    arrays = scan.run(f"SELECT {selected} FROM {scan.source}").fetchnumpy()
    ends = -trailing_blank(scan.readable, scan.head.width) or None
    values: dict[str, ColumnValues] = {}
    for name in sql:
        array = arrays.pop(f"c{at[name]}")[:ends]
        filled = array.filled(np.nan) if isinstance(array, np.ma.MaskedArray) else array
        values[name] = np.ascontiguousarray(filled, dtype=np.float64)
    return values


def _scan_texts(
    scan: Scan, texts: Sequence[Column], at: dict[str, int], marks: Sequence[str]
) -> dict[str, ColumnValues]:
    """Read text columns and code them."""
    selected = ", ".join(f"{category_sql(f'c{at[c.name]}', marks)} AS c{at[c.name]}" for c in texts)
    scan.run(f"CREATE OR REPLACE TEMP TABLE cells AS SELECT {selected} FROM {scan.source}")
    ends = -trailing_blank(scan.readable, scan.head.width) or None
    return {c.name: _coded(scan, f"c{at[c.name]}", ends) for c in texts}


def _coded(scan: Scan, column: str, ends: int | None) -> Categories:
    """Code a text column of the table ``cells``, its categories in natural order."""
    distinct = scan.run(f"SELECT DISTINCT {column} FROM cells WHERE {column} IS NOT NULL").fetchall()
    names = sorted((row[0] for row in distinct), key=natural_key)
    if not names:
        rows = scan.run("SELECT count(*) FROM cells").fetchone()[0]
        return Categories(np.full(rows, -1, np.int32)[:ends], ())
    scan.run(
        f"CREATE TYPE kind_{column} AS ENUM "
        f"(SELECT DISTINCT {column} FROM cells WHERE {column} IS NOT NULL ORDER BY {column})"
    )
    stored = [row[0] for row in scan.run(f"SELECT unnest(enum_range(NULL::kind_{column}))").fetchall()]
    sql = f"SELECT coalesce(enum_code({column}::kind_{column})::INTEGER, -1) AS code FROM cells"
    codes = scan.run(sql).fetchnumpy()["code"]
    place = {name: i for i, name in enumerate(names)}
    natural = np.array([place[name] for name in stored] + [-1], np.int32)  # index -1 stays -1
    return Categories(natural[codes[:ends]], tuple(names))


def _take_out_missing(values: ColumnValues) -> int:
    """Turn unreadable cells (infinity) into missing ones (NaN); return how many are missing in all."""
    if isinstance(values, Categories):
        return int((values.codes < 0).sum())
    values[np.isinf(values)] = np.nan
    return int(np.isnan(values).sum())


def _unreadable(
    scan: Scan,
    numbers: Sequence[Column],
    at: dict[str, int],
    values: dict[str, ColumnValues],
    row_numbers: RowNumbers,
) -> tuple[dict[str, tuple[Unreadable, ...]], dict[str, int]]:
    places: dict[str, NDArray[np.int64]] = {}
    counts: dict[str, int] = {}
    for column in numbers:
        array = values[column.name]
        assert not isinstance(array, Categories)
        bad = np.flatnonzero(np.isinf(array))
        if len(bad):
            places[column.name], counts[column.name] = bad[:EXAMPLES], len(bad)
    if not places:
        return {}, {}
    rows = sorted({int(i) for bad in places.values() for i in bad})
    cells = ", ".join(f"c{at[name]}" for name in places)
    found = scan.run(
        f"SELECT * FROM (SELECT row_number() OVER () - 1 AS r, {cells} FROM {scan.source}) "
        f"WHERE r IN ({', '.join(map(str, rows))})"
    ).fetchall()
    by_row = {row[0]: dict(zip(places, row[1:], strict=True)) for row in found}
    examples = {
        name: tuple(Unreadable(row_numbers.of(int(i)), (by_row[int(i)][name] or "")[:SHOWN_TEXT]) for i in bad)
        for name, bad in places.items()
    }
    return examples, counts


class _Rejects(NamedTuple):
    """The numbers of the rows that could not be taken apart, and the first few in words."""

    rows: NDArray[np.int64]
    examples: tuple[Unreadable, ...]


def _rejected(scan: Scan) -> _Rejects:
    """Return the rows that DuckDB could not take apart, and the first few in words.

    Raises
    ------
    DataError
        When such a row swallowed others, or has bytes of another encoding.
    """
    kinds = scan.run(
        "SELECT line, error_type::VARCHAR, csv_line, "
        "length(csv_line) - length(replace(csv_line, chr(10), '')) FROM reject_errors "
        "WHERE error_type::VARCHAR NOT IN ('MISSING COLUMNS', 'TOO MANY COLUMNS') ORDER BY line LIMIT 1"
    ).fetchall()
    for line, kind, text, breaks in kinds:
        if kind == "INVALID ENCODING":
            raise wrong_encoding(scan.file, scan.dialect.encoding, line)
        if kind == "CAST":
            raise AssertionError("a cell's value must never set its row aside")
        if kind == "LINE SIZE OVER MAXIMUM" or (kind == "UNQUOTED VALUE" and breaks > 1 + text.startswith("\n")):
            raise open_quote(scan.file.name, line)
    lines = scan.run("SELECT DISTINCT line FROM reject_errors ORDER BY line").fetchnumpy()["line"]
    first = scan.run(
        "SELECT line, any_value(trim(csv_line, chr(10) || chr(13))) FROM reject_errors "
        f"GROUP BY line ORDER BY line LIMIT {EXAMPLES}"
    ).fetchall()
    scan.run("DELETE FROM reject_errors")
    examples = tuple(Unreadable(int(line), text[:SHOWN_TEXT]) for line, text in first)
    return _Rejects(np.asarray(lines, np.int64), examples)


def _check_walked(scan: Scan, rows: int) -> None:
    """Compare the rows read and set aside with those that a walk through the file found."""
    if scan.walked is None:
        return
    width = scan.head.width
    blank = len(scan.walked.blank) if width > 1 else trailing_blank(scan.readable, width)
    if rows + scan.dialect.header != scan.walked.rows - blank:
        raise DataError(
            f"{scan.file.name}: the quotes around cells do not pair up, so rows run into each other. "
            "Correct them, or choose no quotes."
        )


def _blank(scan: Scan) -> NDArray[np.int64]:
    if scan.walked is None:
        return blank_rows(scan.readable, scan.dialect, scan.head)
    return scan.walked.blank if scan.head.width > 1 else np.zeros(0, np.int64)


def _no_rows(scan: Scan, set_aside: tuple[Unreadable, ...]) -> DataError:
    name, width = scan.file.name, scan.head.width
    if set_aside:
        return DataError(
            f"{name}: no row has {width:,} cells, from row {set_aside[0].row:,} on. Check the delimiter and the quotes."
        )
    if scan.head.header is not None and not scan.head.records:
        return DataError(f"{name} has a header but no rows below it. Add rows, or say that it has no header.")
    return DataError(f"{name}: no rows could be read. Check the delimiter, the quotes and the header.")

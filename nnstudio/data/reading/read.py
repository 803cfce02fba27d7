"""A file to a Table, through DuckDB: every cell is read as text and cast alone, so a bad cell is one cell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.declared import replace
from nnstudio.data.errors import DataError
from nnstudio.data.reading.columns import kept_rows, scan_columns, take_out_unreadable, unreadable_rows
from nnstudio.data.reading.encoding import check_file, wrong_encoding
from nnstudio.data.reading.formats import plain
from nnstudio.data.reading.head import Head, read_head
from nnstudio.data.reading.lines import blank_rows, open_quote
from nnstudio.data.reading.parquet import is_parquet, nested
from nnstudio.data.reading.scan import Cancel, ImproperQuotes, Progress, Scan, scanned
from nnstudio.data.recipe import Column, Dialect, ImportPlan, listed
from nnstudio.data.room import place_for
from nnstudio.data.table import (
    MOST_LISTED,
    SHOWN_TEXT,
    Categories,
    ColumnValues,
    ReadReport,
    RowNumbers,
    Table,
    Unreadable,
    shortened,
)

HEAD_ROWS = 200


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
    with plain(file, plan.dialect, progress, cancelled) as (readable, dialect):
        head = head_with(readable, dialect, [c.name for c in wanted])
        _refuse_nested(file, head, wanted)
        return scanned(
            readable, dialect, head, lambda scan: _read(scan, wanted, plan.missing_marks), progress, cancelled
        )


def head_with(file: Path, dialect: Dialect, names: Sequence[str]) -> Head:
    """Return the head of a text or Parquet file that has these columns.

    Raises
    ------
    DataError
        When it cannot be taken apart, or a column is not there.
    """
    head = read_head(file, dialect, 0 if is_parquet(file) else HEAD_ROWS)  # a Parquet file says what it has
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
    with plain(file, dialect) as (readable, spoken):
        return scanned(readable, spoken, read_head(readable, spoken, HEAD_ROWS), _cells)


def _cells(scan: Scan) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    cells = ", ".join(f"coalesce(c{i}, '')" for i in range(scan.head.width))
    rows: list[tuple[str, ...]] = scan.run(f"SELECT {cells} FROM {scan.source}").fetchall()
    rejected = _rejected(scan).rows
    rows = rows[: len(rows) - scan.trailing_blank]
    keep = _no_comments(scan, len(rows), rejected)
    return scan.head.names, rows if keep is None else [row for row, kept in zip(rows, keep, strict=True) if kept]


def distinct_texts(path: str | Path, dialect: Dialect, name: str) -> list[str]:
    """Return the different texts of one column in order, blanks around them taken away.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    head = head_with(Path(path), dialect, [name])
    cell = f"trim(c{head.names.index(name)})"

    def texts(scan: Scan) -> list[str]:
        found = scan.run(f"SELECT DISTINCT {cell} FROM {scan.source} WHERE {cell} <> ''").fetchall()
        _rejected(scan)
        return sorted(row[0] for row in found)

    return scanned(Path(path), dialect, head, texts)


def _refuse_nested(file: Path, head: Head, wanted: Sequence[Column]) -> None:
    for column in wanted if head.types else ():
        holds = nested(head.types[head.names.index(column.name)])
        if holds:
            raise DataError(f"{file.name}: column {column.name!r} holds {holds}, no single values. Ignore it.")


def _read(scan: Scan, wanted: Sequence[Column], marks: Sequence[str]) -> Table:
    rejects: list[_Rejects] = []  # after every scan: all of them must leave out the same rows
    place = place_for(scan.most_rows, len(wanted))
    values, notes, orders, whole = scan_columns(scan, wanted, marks, lambda: rejects.append(_rejected(scan)), place)
    rejected, set_aside = rejects[0] if rejects else _Rejects(np.zeros(0, np.int64), ())
    lengths = set(map(_length, values.values()))
    if len(lengths) > 1 or any(not np.array_equal(rejected, other.rows) for other in rejects):
        raise DataError(
            f"{scan.file.name} gave different rows when it was read twice. Was it being written? Load it again."
        )
    rows = min(lengths, default=0)
    _check_walked(scan, rows + len(rejected))
    row_numbers = RowNumbers(
        first=scan.head.first_row,
        gaps=np.union1d(rejected, _blank(scan, rows + len(rejected))).astype(np.int64),
    )
    keep = _no_comments(scan, rows, rejected)
    if keep is not None:
        values = {name: kept_rows(column, keep) for name, column in values.items()}
        rows = int(keep.sum())
    if rows == 0:
        raise _no_rows(scan, set_aside)
    doubtful = [c for c in wanted if c.name not in whole]
    places = {c.name: found for c in doubtful if len(found := unreadable_rows(values[c.name]))}
    examples = _texts_of(scan, places, row_numbers, keep)
    unreadable = {name: len(found) for name, found in places.items()}
    nothing = np.zeros(0, np.int64)
    missing = {
        c.name: take_out_unreadable(values[c.name], places.get(c.name, nothing)) - unreadable.get(c.name, 0)
        for c in doubtful
    }
    whole |= {name for name, count in missing.items() if not count and name not in unreadable}
    report = ReadReport(
        rows=rows,
        missing={name: count for name, count in missing.items() if count},
        unreadable=unreadable,
        examples=examples,
        kinds={column.name: column.kind for column in wanted if column.name in unreadable},
        date_orders=orders,
        set_aside=len(rejected) + len(scan.improper),
        set_aside_examples=_with_improper(scan, set_aside),
        notes=scan.head.notes,
        column_notes={name: tuple(said) for name, said in notes.items() if said},
    )
    return Table(scan.file.name, {c.name: values[c.name] for c in wanted}, report, row_numbers, place, whole)


def _no_comments(scan: Scan, rows: int, rejected: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Return which rows (m,) are no comments; None where all are: in a table of one column a blank line is a row."""
    if scan.head.width > 1 or not len(scan.blanked):
        return None
    first = scan.head.first_row
    numbers = np.setdiff1d(np.arange(first, first + rows + len(rejected)), rejected)
    return ~np.isin(numbers, scan.blanked)


def _with_improper(scan: Scan, set_aside: tuple[Unreadable, ...]) -> tuple[Unreadable, ...]:
    """Return the first rows that were set aside, those with improper quotes among them."""
    improper = (Unreadable(row, shortened(text)) for row, text in scan.improper.items())
    return tuple(sorted((*set_aside, *improper), key=lambda found: found.row)[:MOST_LISTED])


def _length(values: ColumnValues) -> int:
    return len(values.codes) if isinstance(values, Categories) else len(values)


def _texts_of(
    scan: Scan,
    places: dict[str, NDArray[np.int64]],
    row_numbers: RowNumbers,
    keep: NDArray[np.bool_] | None,
) -> dict[str, tuple[Unreadable, ...]]:
    """Return the rows and texts of cells, by column their places in the table; the first ones where there are many."""
    if not places:
        return {}
    listed_places = {name: found[:MOST_LISTED] for name, found in places.items()}
    in_scan = np.arange(0) if keep is None else np.flatnonzero(keep)  # where comments were left out after the scan
    wanted = np.unique(np.concatenate(list(listed_places.values())))
    wanted_in_scan = wanted if keep is None else in_scan[wanted]
    at = {name: scan.head.names.index(name) for name in places}
    cells = ", ".join(f"left(c{i}, {SHOWN_TEXT + 1})" for i in at.values())
    found = scan.connection.execute(
        f"SELECT * FROM (SELECT row_number() OVER () - 1 AS r, {cells} FROM {scan.source}) "
        "WHERE r IN (SELECT unnest(?))",
        [wanted_in_scan.tolist()],
    ).fetchall()
    by_row = {row[0]: dict(zip(places, row[1:], strict=True)) for row in found}
    place_in_scan = dict(zip(wanted.tolist(), wanted_in_scan.tolist(), strict=True))
    return {
        name: tuple(
            Unreadable(row_numbers.of(int(i)), shortened(by_row[place_in_scan[int(i)]][name] or "")) for i in indices
        )
        for name, indices in listed_places.items()
    }


class _Rejects(NamedTuple):
    """The numbers of the rows that could not be taken apart, and the first few in words."""

    rows: NDArray[np.int64]
    examples: tuple[Unreadable, ...]


def _rejected(scan: Scan) -> _Rejects:
    """Return the rows that DuckDB could not take apart, and the first of them in words.

    Raises
    ------
    DataError
        When such a row swallowed others, or has bytes of another encoding.
    """
    if not scan.is_text:
        return _Rejects(np.zeros(0, np.int64), ())
    kinds = scan.run(
        "SELECT line, error_type::VARCHAR FROM reject_errors "
        "WHERE error_type::VARCHAR NOT IN ('MISSING COLUMNS', 'TOO MANY COLUMNS') ORDER BY line LIMIT 1"
    ).fetchall()
    for line, kind in kinds:
        if kind == "INVALID ENCODING":
            raise wrong_encoding(scan.file, scan.dialect.encoding, f"row {line:,}")
        if kind == "CAST":
            raise AssertionError("a cell's value must never set its row aside")
        if kind == "UNQUOTED VALUE" and not scan.quotes_checked:
            raise ImproperQuotes
        raise open_quote(scan.file.name, line)
    lines = scan.run("SELECT DISTINCT line FROM reject_errors ORDER BY line").fetchnumpy()["line"]
    first = scan.run(
        "SELECT line, any_value(trim(csv_line, chr(10) || chr(13))) FROM reject_errors "
        f"GROUP BY line ORDER BY line LIMIT {MOST_LISTED}"
    ).fetchall()
    scan.run("DELETE FROM reject_errors")
    examples = tuple(Unreadable(int(line), shortened(text)) for line, text in first)
    return _Rejects(np.asarray(lines, np.int64), examples)


def _check_walked(scan: Scan, rows: int) -> None:
    """Compare the rows read and set aside with those that a walk through the file found."""
    if scan.walked is None:
        return
    width = scan.head.width
    blank = len(scan.walked.blank) if width > 1 else scan.trailing_blank
    if rows + scan.dialect.header != scan.walked.rows - blank:
        raise DataError(
            f"{scan.file.name}: the quotes around cells do not pair up, so rows run into each other. "
            "Correct them, or choose no quotes."
        )


def _blank(scan: Scan, found: int) -> NDArray[np.int64]:
    if not scan.is_text:
        return np.zeros(0, np.int64)
    blanked = scan.blanked[scan.blanked > scan.head.leading_blank]
    if scan.head.width == 1:
        return blanked
    if scan.walked is None:
        plain = replace(scan.dialect, comment="")
        return np.union1d(blanked, blank_rows(scan.readable, plain, scan.head, scan.bytes.ends, found))
    return np.union1d(blanked, scan.walked.blank)


def _no_rows(scan: Scan, set_aside: tuple[Unreadable, ...]) -> DataError:
    name, width = scan.file.name, scan.head.width
    if set_aside:
        return DataError(
            f"{name}: no row has {width:,} cells, from row {set_aside[0].row:,} on. Check the delimiter and the quotes."
        )
    if scan.head.header is not None and not scan.head.records:
        return DataError(f"{name} has a header but no rows below it. Add rows, or say that it has no header.")
    return DataError(f"{name}: no rows could be read. Check the delimiter, the quotes and the header.")

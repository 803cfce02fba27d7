"""A file to a Table, through DuckDB: every cell is read as text and cast alone, so a bad cell is one cell."""

from __future__ import annotations

import contextlib
import mmap
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import duckdb
import numpy as np
from numpy.typing import NDArray

from nnstudio.data.cells import (
    category_sql,
    literal,
    natural_key,
    needs_care,
    number_sql,
    plain_number_sql,
    suspicious_bytes,
)
from nnstudio.data.encoding import check_file, utf8_copy, wrong_encoding
from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.head import Head, read_head
from nnstudio.data.lines import (
    Walk,
    blank_rows,
    mixed_newlines,
    open_quote,
    quoted_newlines,
    trailing_blank,
    walk,
)
from nnstudio.data.recipe import Column, Dialect, ImportPlan, listed
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

Progress = Callable[[float], None]  # from 0 to 1
Cancel = Callable[[], bool]

POLL_SECONDS = 0.05
LONGEST_ROW = 8 * 2**20  # bytes; a longer one is taken for a quote that was never closed
HEAD_ROWS = 200
PLAIN_COLUMNS = 5_000  # a scan
COMPUTED_COLUMNS = 200  # a scan: DuckDB keeps 32 KB for each operation of each column, and crashed at 10,000 of them
SHOWN_TEXT = 80  # characters of a cell in a message
# With type_pushdown a TRY_CAST around a column makes the reader set a whole row aside for one bad cell. Looking for
# common_subexpressions takes time in the square of the columns: 14 s at 2,000 of them, 1.7 s without.
# in_clause makes a join of IN (...), and a join does not keep the order of rows.
UNWANTED_OPTIMIZERS = ("type_pushdown", "in_clause", "common_subexpressions")
GLOB_SIGNS = "*?["  # DuckDB reads data[1].csv as a pattern, and silently opens data1.csv
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


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
    head = read_head(file, plan.dialect, HEAD_ROWS)
    absent = [column.name for column in wanted if column.name not in head.names]
    if absent:
        raise DataError(
            f"{file.name} has no column {listed(absent)}; its columns are {listed(head.names)}. "
            "Choose another file, or check the delimiter and the header."
        )
    with _opened(file, plan.dialect, head, progress, cancelled) as scan:
        return _read(scan, wanted, plan.missing_marks)


def read_cells(path: str | Path, dialect: Dialect) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Read every cell as the text it is: the names, and the rows in the order of :func:`read_table`.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    file = check_file(path)
    head = read_head(file, dialect, HEAD_ROWS)
    with _opened(file, dialect, head, None, None) as scan:
        cells = ", ".join(f"coalesce(c{i}, '')" for i in range(head.width))
        rows: list[tuple[str, ...]] = scan.run(f"SELECT {cells} FROM {scan.source}").fetchall()
        _rejected(scan)
    return head.names, rows[: len(rows) - trailing_blank(scan.readable, scan.head.width)]


@dataclass(frozen=True)
class _Scan:
    """An open connection, and the SQL that reads the file."""

    connection: Any
    source: str
    file: Path
    readable: Path
    dialect: Dialect
    head: Head
    walked: Walk | None  # where a cell holds a line break

    def run(self, sql: str) -> Any:
        return self.connection.execute(sql)


@contextlib.contextmanager
def _opened(
    file: Path, dialect: Dialect, head: Head, progress: Progress | None, cancelled: Cancel | None
) -> Iterator[_Scan]:
    with contextlib.ExitStack() as stack:
        readable = file
        glob = any(sign in str(file) for sign in GLOB_SIGNS)
        if dialect.encoding != "utf-8" or glob:
            readable = stack.enter_context(utf8_copy(file, dialect.encoding, cancelled=cancelled))
        if mixed_newlines(readable):
            readable = stack.enter_context(utf8_copy(readable, "utf-8", one_newline=True, cancelled=cancelled))
        connection = duckdb.connect(":memory:", config=_SETTINGS)
        stack.callback(connection.close)
        try:
            unwanted = ", ".join(literal(name) for name in UNWANTED_OPTIMIZERS)
            known = connection.execute(f"SELECT name FROM duckdb_optimizers() WHERE name IN ({unwanted})").fetchall()
            # The one file may be read, nothing written, nothing fetched.
            connection.execute(
                f"SET allowed_paths=[{literal(str(readable))}]; SET temp_directory=''; "
                "SET enable_external_access=false; "
                f"SET disabled_optimizers={literal(','.join(row[0] for row in known))}; "
                "SET enable_progress_bar=true; SET enable_progress_bar_print=false"
            )
            walked = None
            if quoted_newlines(readable, dialect.quote):
                walked = walk(readable, dialect, head, cancelled)
            source = _source(readable, dialect, head, parallel=walked is None)
            with _watched(connection, progress, cancelled):
                yield _Scan(connection, source, file, readable, dialect, head, walked)
        except duckdb.InterruptException:
            raise Cancelled from None
        except duckdb.Error as error:
            raise _in_words(file, dialect, error) from None
        except MemoryError:
            raise DataError(f"{file.name} needs more memory than there is. Ignore some columns.") from None


def _source(readable: Path, dialect: Dialect, head: Head, parallel: bool) -> str:
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(head.width))
    quote = literal(dialect.quote)
    return (
        f"read_csv({literal(str(readable))}, columns={{{columns}}}, auto_detect=false, "
        f"delim={literal(dialect.delimiter)}, quote={quote}, escape={quote}, comment='', "
        f"header={str(dialect.header).lower()}, skip={head.leading_blank}, nullstr='', "
        f"compression='none', encoding='utf-8', strict_mode=true, null_padding=false, store_rejects=true, "
        f"rejects_limit=0, parallel={str(parallel).lower()}, "
        f"max_line_size={LONGEST_ROW}, buffer_size={4 * LONGEST_ROW})"
    )


@contextlib.contextmanager
def _watched(connection: Any, progress: Progress | None, cancelled: Cancel | None) -> Iterator[None]:
    """Report progress and interrupt the query on request, from a thread that ends with the block."""
    if progress is None and cancelled is None:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(POLL_SECONDS):
            if cancelled is not None and cancelled():
                connection.interrupt()
            if progress is not None:
                progress(min(1.0, max(0.0, connection.query_progress() / 100)))

    watcher = threading.Thread(target=watch, name="table-progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    if cancelled is not None and cancelled():
        raise Cancelled
    if progress is not None:
        progress(1.0)


def _read(scan: _Scan, wanted: Sequence[Column], marks: Sequence[str]) -> Table:
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


def _needs_care(scan: _Scan, marks: Sequence[str]) -> bool:
    if needs_care(scan.dialect, marks):
        return True
    with scan.readable.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.find(b"\n") if scan.dialect.header else 0  # names often hold an underscore
        return any(data.find(sign, max(0, start)) >= 0 for sign in suspicious_bytes(scan.dialect))


def _scan_numbers(scan: _Scan, sql: dict[str, str], at: dict[str, int]) -> dict[str, ColumnValues]:
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
    scan: _Scan, texts: Sequence[Column], at: dict[str, int], marks: Sequence[str]
) -> dict[str, ColumnValues]:
    """Read text columns and code them."""
    selected = ", ".join(f"{category_sql(f'c{at[c.name]}', marks)} AS c{at[c.name]}" for c in texts)
    scan.run(f"CREATE OR REPLACE TEMP TABLE cells AS SELECT {selected} FROM {scan.source}")
    ends = -trailing_blank(scan.readable, scan.head.width) or None
    return {c.name: _coded(scan, f"c{at[c.name]}", ends) for c in texts}


def _coded(scan: _Scan, column: str, ends: int | None) -> Categories:
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
    scan: _Scan,
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


def _rejected(scan: _Scan) -> _Rejects:
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
            raise open_quote(scan.file, line)
    lines = scan.run("SELECT DISTINCT line FROM reject_errors ORDER BY line").fetchnumpy()["line"]
    first = scan.run(
        "SELECT line, any_value(trim(csv_line, chr(10) || chr(13))) FROM reject_errors "
        f"GROUP BY line ORDER BY line LIMIT {EXAMPLES}"
    ).fetchall()
    scan.run("DELETE FROM reject_errors")
    examples = tuple(Unreadable(int(line), text[:SHOWN_TEXT]) for line, text in first)
    return _Rejects(np.asarray(lines, np.int64), examples)


def _check_walked(scan: _Scan, rows: int) -> None:
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


def _blank(scan: _Scan) -> NDArray[np.int64]:
    if scan.walked is None:
        return blank_rows(scan.readable, scan.dialect, scan.head)
    return scan.walked.blank if scan.head.width > 1 else np.zeros(0, np.int64)


def _no_rows(scan: _Scan, set_aside: tuple[Unreadable, ...]) -> DataError:
    name, width = scan.file.name, scan.head.width
    if set_aside:
        return DataError(
            f"{name}: no row has {width:,} cells, from row {set_aside[0].row:,} on. Check the delimiter and the quotes."
        )
    if scan.head.header is not None and not scan.head.records:
        return DataError(f"{name} has a header but no rows below it. Add rows, or say that it has no header.")
    return DataError(f"{name}: no rows could be read. Check the delimiter, the quotes and the header.")


def _in_words(file: Path, dialect: Dialect, error: duckdb.Error) -> DataError:
    text = str(error).lower()
    if "unicode" in text or "utf-8" in text:
        return wrong_encoding(file, dialect.encoding)
    if "memory" in text:
        return DataError(f"{file.name} needs more memory than there is. Ignore some columns.")
    if "no files found" in text or "cannot open" in text:
        return DataError(f"{file} can no longer be opened. Check that it is still there.")
    return DataError(f"{file.name} cannot be read as a table. Check the delimiter, the quotes and the encoding.")

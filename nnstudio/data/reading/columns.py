"""Columns of an open scan as arrays: numbers cast by DuckDB, texts coded, dates and booleans read from the codes."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.reading.booleans import names_of, parse_boolean
from nnstudio.data.reading.cells import (
    category_sql,
    is_error,
    natural_key,
    needs_care,
    number_sql,
    parse_number,
    plain_number_sql,
    suspicious_bytes,
)
from nnstudio.data.reading.dates import doubt_of, find_order, parse_date, short_years
from nnstudio.data.reading.number_notes import EXACT, number_notes
from nnstudio.data.reading.parquet import is_direct
from nnstudio.data.reading.scan import Scan
from nnstudio.data.reading.stream import StreamError, stream_into
from nnstudio.data.recipe import Column, DateOrder, Dialect, listed
from nnstudio.data.room import IN_MEMORY, Place, blocks
from nnstudio.data.table import Categories, ColumnValues, NumberArray
from nnstudio.data.work import THREADS, in_threads

PLAIN_COLUMNS = 5_000  # a scan
COMPUTED_COLUMNS = 200  # a scan: DuckDB keeps 32 KB for each operation of each column, and crashed at 10,000 of them
QUICK_MEMORY = 192 * 2**20  # bytes that DuckDB may take for a quick scan; more for a large table
UNREADABLE = -2  # the code of a cell that is no boolean, until it is counted
NAMED_SPELLINGS = 4


class Found(NamedTuple):
    """Columns by name, with infinity or :data:`UNREADABLE` where a cell cannot be read, and sentences on them.

    ``whole`` are columns of which it is known that no cell is missing or unreadable.
    """

    values: dict[str, ColumnValues]
    notes: dict[str, list[str]]
    date_orders: dict[str, DateOrder]
    whole: frozenset[str]


def scan_columns(
    scan: Scan,
    wanted: Sequence[Column],
    marks: Sequence[str],
    after_scan: Callable[[], None],
    place: Place = IN_MEMORY,
) -> Found:
    """Read columns, each by its kind. ``after_scan`` is called after every pass that may set rows aside."""
    order = {name: i for i, name in enumerate(scan.head.names)}
    at = {column.name: order[column.name] for column in wanted}
    values: dict[str, ColumnValues] = {}
    numbers = [column for column in wanted if column.kind == "number"]
    numeric_marks = any(parse_number(mark, scan.dialect) is not None for mark in marks)
    direct = {c.name for c in numbers if scan.head.types and is_direct(scan.head.types[at[c.name]])}
    care = not scan.is_text or needs_care(scan.dialect, marks) or _holds(scan, suspicious_bytes(scan.dialect))
    quick = _scan_quickly(scan, [c for c in numbers if c.name in direct or not care], at, place)
    if quick is None:
        quick = _Quick({}, set(), set(), set())
    values |= quick.values  # no row was set aside
    slow = [c for c in numbers if c.name not in values]
    for block in _blocks(slow, PLAIN_COLUMNS):
        sql = {
            c.name: f"n{at[c.name]}" if c.name in direct else plain_number_sql(f"c{at[c.name]}", scan.dialect)
            for c in block
        }
        values |= _scan_numbers(scan, sql, place)
        after_scan()
    doubtful = [
        c
        for c in numbers
        if (
            numeric_marks
            if c.name in direct
            else care or (c.name not in quick.known and not np.isfinite(cast("NumberArray", values[c.name])).all())
        )
    ]
    for block in _blocks(doubtful, COMPUTED_COLUMNS):
        sql = {c.name: number_sql(f"c{at[c.name]}", scan.dialect, marks) for c in block}
        values |= _scan_numbers(scan, sql, place)
        after_scan()
    computed = {column.name for column in doubtful}
    notes: dict[str, list[str]] = {}
    for name in [column.name for column in numbers]:
        small = name in quick.exact and name not in computed
        notes[name] = number_notes(scan, name, at[name], cast("NumberArray", values[name]), small)
    orders: dict[str, DateOrder] = {}
    for block in _blocks([column for column in wanted if column.kind != "number"], COMPUTED_COLUMNS):
        texts = _scan_texts(scan, block, at, marks, place)
        after_scan()
        for column in block:
            if column.kind == "date":
                said = notes.setdefault(column.name, [])
                orders[column.name] = _order(scan, column, texts[column.name], said)
                values[column.name] = _dates(column, texts[column.name], orders[column.name], said, place)
            elif column.kind == "boolean":
                said = notes.setdefault(column.name, [])
                values[column.name] = _booleans(column, texts[column.name], said, place)
            else:
                values[column.name] = _without_errors(texts[column.name], scan.dialect)
    return Found(values, notes, orders, frozenset(quick.finite - computed))


def _order(scan: Scan, column: Column, texts: Categories, notes: list[str]) -> DateOrder:
    if column.date_order:
        return column.date_order
    order, doubtful, _ = find_order(texts.names, scan.dialect)
    if doubtful:
        notes.append(doubt_of(column.name, order, doubtful))
    return order


def _dates(column: Column, texts: Categories, order: DateOrder, notes: list[str], place: Place) -> NumberArray:
    """Return the seconds of a date column, NaN where a cell is missing and infinity where it is no date."""
    found = [parse_date(name, order) for name in texts.names]
    if any(moment is not None and moment.offset for moment in found):
        notes.append(f"Column {column.name!r}: times that say how far they are from UTC are converted to UTC.")
    if any(moment is not None and moment.short for moment in found):
        notes.append(short_years(column.name))
    seconds = [np.inf if moment is None else moment.seconds for moment in found]
    return place.taken(np.array([*seconds, np.nan]), texts.codes)  # index -1: missing


def _booleans(column: Column, texts: Categories, notes: list[str], place: Place) -> Categories:
    """Return a boolean column: code 0 for no, 1 for yes, -1 missing, :data:`UNREADABLE` for another word."""
    counts = np.bincount(texts.codes[texts.codes >= 0], minlength=len(texts.names)).tolist()
    negative, positive, others = names_of(dict(zip(texts.names, counts, strict=True)))
    if others:
        notes.append(
            f"Column {column.name!r}: {listed(others, NAMED_SPELLINGS)} "
            f"{'is' if len(others) == 1 else 'are'} read as {negative!r} or {positive!r}, by what "
            f"{'it means' if len(others) == 1 else 'they mean'}."
        )
    meanings = [parse_boolean(name) for name in texts.names]
    codes = [UNREADABLE if meaning is None else int(meaning) for meaning in meanings]
    return Categories(place.taken(np.array([*codes, -1], np.int32), texts.codes), (negative, positive))


def _without_errors(texts: Categories, dialect: Dialect) -> Categories:
    """Return a text column with :data:`UNREADABLE` where a workbook's cell holds an error."""
    wrong = [is_error(name, dialect) for name in texts.names]
    if not any(wrong):
        return texts
    kept = [name for name, out in zip(texts.names, wrong, strict=True) if not out]
    place = np.cumsum(~np.array(wrong)) - 1
    codes = np.array([*np.where(wrong, UNREADABLE, place), -1], np.int32)  # index -1: missing
    return Categories(codes[texts.codes], tuple(kept))


def unreadable_rows(values: ColumnValues) -> NDArray[np.int64]:
    """Return the indices of the cells that could not be read."""
    wrong = values.codes == UNREADABLE if isinstance(values, Categories) else np.isinf(values)
    return np.flatnonzero(wrong).astype(np.int64)


def take_out_unreadable(values: ColumnValues, rows: NDArray[np.int64]) -> int:
    """Turn the unreadable cells, in these rows, into missing ones; return how many are missing in all."""
    if isinstance(values, Categories):
        values.codes[rows] = -1
        return int(np.count_nonzero(values.codes < 0))
    values[rows] = np.nan
    return int(np.count_nonzero(np.isnan(values)))


def kept_rows(values: ColumnValues, keep: NDArray[np.bool_]) -> ColumnValues:
    """Return the rows of a column where ``keep`` (m,) is true."""
    return Categories(values.codes[keep], values.names) if isinstance(values, Categories) else values[keep]


def _blocks(columns: Sequence[Column], size: int) -> Iterator[Sequence[Column]]:
    for start in range(0, len(columns), size):
        yield columns[start : start + size]


def _holds(scan: Scan, signs: Collection[bytes]) -> bool:
    """Return whether a text holds any of these below its header."""
    there = scan.bytes.below if scan.dialect.header else scan.bytes.anywhere
    signs = [sign for sign in signs if sign[0] in there]
    if all(len(sign) == 1 for sign in signs):
        return bool(signs)
    with scan.readable.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = max(0, data.find(b"\n") if scan.dialect.header else 0)  # names often hold an underscore
        return any(data.find(sign, start) >= 0 for sign in signs)


class _Quick(NamedTuple):
    """Number columns by name; and the names of those without a missing cell, of those of which each NaN is known to
    be one, and of those without a number so large that it may have been rounded.
    """

    values: dict[str, ColumnValues]
    finite: set[str]
    known: set[str]
    exact: set[str]


def _scan_quickly(scan: Scan, columns: Sequence[Column], at: dict[str, int], place: Place) -> _Quick | None:
    """Read number columns as numbers, at once and with little memory; None where a single cell or row is in the way.

    Most files are without a fault, and the others are read again with care. An empty cell is NaN.
    """
    import duckdb

    if not columns:
        return None
    rows, places = scan.most_rows, [at[column.name] for column in columns]
    memory = QUICK_MEMORY if place.on_disk else max(QUICK_MEMORY, rows * len(columns))
    numbers = place.room((len(columns), rows), np.float64)
    largest = np.zeros(len(columns))
    try:
        scan.run(f"SET memory_limit='{memory}B'")
        if scan.is_text:
            sql = f"SELECT {', '.join(f'c{i}' for i in places)} FROM {scan.typed_source(set(places))}"
            found = stream_into(scan.connection, sql, list(numbers), largest) - scan.trailing_blank
        else:
            found = _stream_apart(scan, [f"n{i}" for i in places], numbers, largest)
    except (StreamError, duckdb.Error) as error:
        if isinstance(error, duckdb.InterruptException):
            raise
        return None
    finally:
        scan.run("RESET memory_limit")
    values = dict(zip((column.name for column in columns), numbers[:, :found], strict=True))
    names = np.array([column.name for column in columns], object)
    sound = set(names[np.isfinite(largest)])
    known = {name for name, column in values.items() if name in sound or not np.isinf(column).any()}
    return _Quick({**values}, sound, known, set(names[largest < EXACT]))


def _stream_apart(
    scan: Scan, columns: Sequence[str], numbers: NDArray[np.float64], largest: NDArray[np.float64]
) -> int:
    """Read columns that lie apart in their file, a thread some of them to the end; return how many rows there are.

    Each thread copies what it reads. One thread that copies for all holds the others up: it took a third longer.
    """
    threads = min(THREADS, len(columns))

    def read(first: int) -> int:
        own = slice(first, None, threads)
        with scan.another() as connection:
            sql = f"SELECT {', '.join(columns[own])} FROM {scan.source}"
            return stream_into(connection, sql, list(numbers[own]), largest[own])

    scan.run("SET threads=1")  # of DuckDB for each of these
    try:
        found = list(in_threads(read, range(threads), threads))
    finally:
        scan.run("RESET threads")
    if len(set(found)) > 1:
        raise StreamError("the columns differ in length")
    return found[0]


def _scan_numbers(scan: Scan, sql: dict[str, str], place: Place) -> dict[str, ColumnValues]:
    """Read number columns, by name the SQL of each; NULL becomes NaN."""
    numbers = place.room((len(sql), scan.most_rows), np.float64)
    selected = ", ".join(f"{cast} AS v{i}" for i, cast in enumerate(sql.values()))
    found = stream_into(scan.connection, f"SELECT {selected} FROM {scan.source}", list(numbers))
    return dict(zip(sql, numbers[:, : found - scan.trailing_blank], strict=True))


def _scan_texts(
    scan: Scan, texts: Sequence[Column], at: dict[str, int], marks: Sequence[str], place: Place
) -> dict[str, Categories]:
    """Read text columns and code them.

    Texts are held in memory, so that the file is read once; or, where they are too large for it, two times a column.
    """
    cells = {c.name: f"{category_sql(f'c{at[c.name]}', marks)} AS c{at[c.name]}" for c in texts}
    if not place.on_disk:
        scan.run(f"CREATE OR REPLACE TEMP TABLE cells AS SELECT {', '.join(cells.values())} FROM {scan.source}")
    codes = place.room((len(texts), scan.most_rows), np.int32)
    coded: dict[str, Categories] = {}
    for column, own in zip(texts, codes, strict=True):
        source = f"(SELECT {cells[column.name]} FROM {scan.source})" if place.on_disk else "cells"
        coded[column.name] = _coded(scan, f"c{at[column.name]}", source, own)
    return coded


def _coded(scan: Scan, column: str, source: str, codes: NDArray[np.int32]) -> Categories:
    """Write the codes of a text column, and return it cut to its rows, its categories in natural order."""
    scan.run(f"CREATE OR REPLACE TEMP TABLE names AS SELECT DISTINCT {column} FROM {source} WHERE {column} IS NOT NULL")
    stored = [row[0] for row in scan.run(f"SELECT {column} FROM names ORDER BY {column}").fetchall()]
    code = "-1"
    if stored:
        scan.run(f"CREATE TYPE kind_{column} AS ENUM (SELECT {column} FROM names ORDER BY {column})")
        code = f"coalesce(enum_code({column}::kind_{column})::INTEGER, -1)"
    rows = stream_into(scan.connection, f"SELECT ({code})::INTEGER AS code FROM {source}", [codes])
    codes = codes[: rows - scan.trailing_blank]
    names = sorted(stored, key=natural_key)
    place = {name: i for i, name in enumerate(names)}
    natural = np.array([place[name] for name in stored] + [-1], np.int32)  # index -1 stays -1
    for block in blocks(len(codes)):
        codes[block] = natural[codes[block]]
    return Categories(codes, tuple(names))

"""Columns to inputs by what was fitted, some rows at a time: no copy of a whole table is made."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnstudio.data.errors import DataError
from nnstudio.data.preparing.fitted import FittedColumn, FittedPreparation
from nnstudio.data.reading.booleans import parse_boolean
from nnstudio.data.reading.cells import format_number
from nnstudio.data.room import blocks
from nnstudio.data.steps import DatePart, Log
from nnstudio.data.table import Categories, ColumnValues, NumberArray, Table, is_missing
from nnstudio.data.work import in_threads

BLOCK = 2**14  # rows at a time, by columns of numbers so many at once: some megabytes a thread
COLUMNS_AT_ONCE = 64  # of numbers
SECONDS_A_DAY = 86_400
DAYS_A_WEEK = 7
THURSDAY = 3  # the weekday of 1970-01-01, Monday being 0
EPOCH_YEAR = 1970
MONTHS_A_YEAR = 12


def transform(
    fitted: FittedPreparation, table: Table, rows: NDArray[np.int64]
) -> tuple[NDArray[np.float32], dict[str, int]]:
    """Turn rows (indices into the table) into inputs ``X (rows, n_features)``.

    A missing cell must have a fill, or its row be left out.

    Returns
    -------
    X, and by column how many cells held a category that is none of the fitted ones: all zeros in X, but for the input
    of other categories.

    Raises
    ------
    DataError
        When a scaled value does not fit float32, or a value has no logarithm.
    """
    X = table.place.room((len(rows), len(fitted.features)), np.float32)
    codes = {
        column.name: _codes(column, values)
        for column in fitted.columns
        if isinstance(values := table.columns[column.name], Categories)
    }
    for column in fitted.columns:
        if column.log == "log1p":
            _check_log(column, table, rows)

    def fill(block: slice) -> dict[str, int]:
        return _fill(fitted, table, rows[block], codes, X[block])

    unseen: dict[str, int] = {}
    for others in in_threads(fill, blocks(len(rows), BLOCK)):
        for name, count in others.items():
            unseen[name] = unseen.get(name, 0) + count
    return X, {column.name: unseen[column.name] for column in fitted.columns if column.name in unseen}


def _fill(
    fitted: FittedPreparation,
    table: Table,
    rows: NDArray[np.int64],
    codes: dict[str, NDArray[np.int64]],
    X: NDArray[np.float32],
) -> dict[str, int]:
    """Write the inputs of some rows into X, which is zero; return by column how many cells hold an unseen category."""
    unseen: dict[str, int] = {}
    at = 0
    whole = len(rows) > 0 and rows[-1] - rows[0] + 1 == len(rows) and bool(np.all(np.diff(rows) == 1))
    taken: slice | NDArray[np.int64] = slice(int(rows[0]), int(rows[-1]) + 1) if whole else rows
    for numbers, columns in _runs(fitted.columns, table):
        width = sum(len(column.inputs) for column in columns)
        inputs = X[:, at : at + width]
        if numbers:
            _put_numbers(columns, table, taken, inputs)
        else:
            (column,) = columns
            values = table.columns[column.name]
            assert isinstance(values, Categories)
            others = _put_categories(column, codes[column.name][values.codes[taken]], inputs)
            if others:
                unseen[column.name] = others
            if column.was_missing:
                inputs[:, width - 1] = values.codes[taken] < 0
        at += width
    return unseen


def _runs(columns: tuple[FittedColumn, ...], table: Table) -> Iterator[tuple[bool, list[FittedColumn]]]:
    """Yield the columns in their order: those of numbers that follow each other together, the others one by one."""
    for numbers, run in itertools.groupby(columns, lambda column: isinstance(table.columns[column.name], np.ndarray)):
        most = COLUMNS_AT_ONCE if numbers else 1
        while some := list(itertools.islice(run, most)):
            yield numbers, some


def _put_numbers(
    columns: list[FittedColumn], table: Table, taken: slice | NDArray[np.int64], inputs: NDArray[np.float32]
) -> None:
    """Write the inputs of columns of numbers and dates, scaled together: a thread then seldom waits for the others."""
    made = [(column, *part) for column in columns for part in _parts(column, table.columns[column.name], taken)]
    with np.errstate(over="ignore"):
        centred = np.empty(len(inputs))
        scaled = np.empty((len(made), len(inputs)), np.float32)
        for own, (_, values, offset, scale) in zip(scaled, made, strict=True):
            np.subtract(values, offset, out=centred)
            own[:] = np.divide(centred, scale, out=centred)
        inputs[...] = scaled.T
    if not np.isfinite(scaled).all():
        first = int(np.argmin(np.isfinite(scaled).all(axis=1)))
        raise too_large(table.name, made[first][0].name)


def _parts(
    column: FittedColumn, cells: ColumnValues, taken: slice | NDArray[np.int64]
) -> Iterator[tuple[NumberArray | NDArray[np.bool_], float, float]]:
    """Yield of each input of a column of numbers or dates what is to be scaled (m,), its offset and its scale."""
    assert not isinstance(cells, Categories)
    values = cells[taken]
    if column.fill is not None:
        values = np.where(np.isnan(values), column.fill, values)
    if column.kind == "date":
        for part in column.parts:
            yield date_part(values, part.part), part.offset, part.scale
    else:
        yield logged(clipped(values, column.clip_low, column.clip_high), column.log), column.offset, column.scale
    if column.was_missing:
        yield np.isnan(cells[taken]), 0.0, 1.0


def _check_log(column: FittedColumn, table: Table, rows: NDArray[np.int64]) -> None:
    """Refuse a row of the table whose number, filled and clipped, has no logarithm."""
    values = table.columns[column.name]
    assert not isinstance(values, Categories)
    taken = values[rows]
    if column.fill is not None:
        taken = np.where(np.isnan(taken), column.fill, taken)
    check_log(table, column.name, clipped(taken, column.clip_low, column.clip_high), rows, column.log)


def _put_categories(column: FittedColumn, codes: NDArray[np.int64], inputs: NDArray[np.float32]) -> int:
    """Write the inputs of a column of fitted categories (m,), -1 for none; return how many hold none."""
    known = np.flatnonzero(codes >= 0)
    others = len(codes) - len(known)
    if column.kind == "boolean":
        inputs[:, 0] = codes == 1
        return others
    if column.encoding == "ordinal":
        places = np.where(codes >= 0, codes, column.unseen)
        inputs[:, 0] = (places - column.offset) / column.scale
    else:
        inputs[known, codes[known]] = 1.0
    if column.other:
        inputs[:, inputs.shape[1] - 1 - column.was_missing] = codes < 0
    return others


def _codes(column: FittedColumn, values: Categories) -> NDArray[np.int64]:
    """Return for each of the table's categories, and at the end for a missing cell, its place among the fitted ones."""
    place = {name: i for i, name in enumerate(column.categories)}
    names = values.names
    if column.kind == "boolean":
        if len(names) == 2 and not set(names) & set(place):
            names = column.categories  # other words for no and yes, in this order
        names = tuple(name if name in place else _meant(name, column.categories) for name in names)
    fill = place.get(column.fill_category, -1) if column.fill_category is not None else -1
    return np.array([place.get(name, -1) for name in names] + [fill], np.int64)  # index -1: missing


def _meant(word: str, categories: tuple[str, ...]) -> str:
    """Return which of the two names of a yes/no column a word means, itself where it means neither."""
    meaning = parse_boolean(word)
    known = [name for name in categories if parse_boolean(name) is meaning] if meaning is not None else []
    return known[0] if len(known) == 1 else word


def clipped(values: NumberArray, low: float | None, high: float | None) -> NumberArray:
    """Return the values kept within two limits; None is no limit."""
    if low is None and high is None:
        return values
    return np.clip(values, -np.inf if low is None else low, np.inf if high is None else high)


def logged(values: ArrayLike, log: Log) -> NumberArray:
    """Return log(1 + x), or sign(x) log(1 + |x|), which all numbers have."""
    values = np.asarray(values, np.float64)
    if log == "none":
        return values
    made: NumberArray = np.log1p(values) if log == "log1p" else np.sign(values) * np.log1p(np.abs(values))
    return made


def unlogged(values: ArrayLike, log: Log) -> NumberArray:
    """Return what :func:`logged` was given."""
    values = np.asarray(values, np.float64)
    if log == "none":
        return values
    made: NumberArray = np.expm1(values) if log == "log1p" else np.sign(values) * np.expm1(np.abs(values))
    return made


def without_log(values: NumberArray, column: FittedColumn) -> NDArray[np.bool_]:
    """Return which values (m,) of a column, clipped as it says, have no logarithm."""
    if column.log != "log1p":
        return np.zeros(len(values), bool)
    return clipped(values, column.clip_low, column.clip_high) <= -1.0


def check_log(table: Table, column: str, values: NumberArray, rows: NDArray[np.int64], log: Log) -> None:
    """Refuse a value that has no logarithm; ``rows`` are the values' indices into the table.

    Raises
    ------
    DataError
        When there is one; it names the column, the row and the value.
    """
    if log != "log1p":
        return
    wrong = np.flatnonzero(values <= -1.0)
    if len(wrong):
        first = int(wrong[np.argmin(rows[wrong])])
        raise DataError(
            f"{table.name}, row {table.row_numbers.of(int(rows[first])):,}: column {column!r} is "
            f"{format_number(float(values[first]))}, and log(1 + x) needs numbers above -1. "
            "Choose the signed logarithm, or clip the column."
        )


def date_part(seconds: NumberArray, part: DatePart) -> NumberArray:
    """Return a part of dates given as seconds since 1970: weekdays count from Monday, 0, months from January, 1."""
    if part == "timestamp":
        return seconds
    whole = np.floor(seconds)
    if part == "hour":
        return np.floor(whole % SECONDS_A_DAY / 3600)
    if part == "weekday":
        return (np.floor(whole / SECONDS_A_DAY) + THURSDAY) % DAYS_A_WEEK
    unit = "Y" if part == "year" else "M"
    counted = whole.astype("datetime64[s]").astype(f"datetime64[{unit}]").astype(np.int64)
    return (counted + EPOCH_YEAR if part == "year" else counted % MONTHS_A_YEAR + 1).astype(np.float64)


def to_float32(values: NumberArray, table: str, column: str) -> NDArray[np.float32]:
    """Return the values as float32.

    Raises
    ------
    DataError
        When one is too large for it.
    """
    with np.errstate(over="ignore"):
        small = values.astype(np.float32)
    if not np.isfinite(small).all():
        raise too_large(table, column)
    return small


def complete_rows(table: Table, names: list[str]) -> NDArray[np.bool_]:
    """Return which rows (m,) have a value in every one of these columns."""
    kept = np.ones(table.rows, bool)
    for name in names:
        if name not in table.whole:
            kept &= ~is_missing(table.columns[name])
    return kept


def too_large(table: str, column: str) -> DataError:
    """Return the error of a column whose numbers float32 cannot hold."""
    return DataError(
        f"{table}: column {column!r} has numbers too large to train with (above 1e38). "
        "Correct them, use another scaling, or ignore the column."
    )

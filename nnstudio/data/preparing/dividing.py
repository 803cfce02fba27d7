"""Divides the rows of a table as its recipe says: into training, validation and test, or into folds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.errors import DataError
from nnstudio.data.preparing.split import (
    Indices,
    Split,
    folds_by_chance,
    folds_in_order,
    folds_of_groups,
    split_by_value,
    split_groups,
    split_in_order,
    split_rows,
)
from nnstudio.data.reading.cells import format_number
from nnstudio.data.recipe import ColumnSplit, GroupSplit, Preparation, ShareSplit, TimeSplit, listed, split_column
from nnstudio.data.table import Categories, ColumnValues, Table, is_missing


def dividable(table: Table, preparation: Preparation) -> NDArray[np.bool_]:
    """Return which rows (m,) have the value by which they are divided; a row without a group is one of its own.

    Raises
    ------
    DataError
        When the column is not there.
    """
    column = split_column(preparation)
    if column is None:
        return np.ones(table.rows, bool)
    if column not in table.columns:
        raise DataError(f"{table.name} has no column {column!r}, which should divide the rows.")
    if isinstance(preparation.split, GroupSplit):
        return np.ones(table.rows, bool)
    return ~is_missing(table.columns[column])


def divide(table: Table, rows: Indices, preparation: Preparation, classes: Indices | None) -> Split:
    """Divide ``rows`` (m,), indices into the table; the result's indices are into ``rows``.

    ``classes`` (m,) are those of the rows, None where there are none to keep in proportion.

    Raises
    ------
    DataError
        When they cannot be divided so.
    """
    split, seed = preparation.split, preparation.seed
    match split:
        case ShareSplit():
            kinds = classes if split.stratified else None
            return split_rows(len(rows), split.validation, split.test, seed, kinds, table.place)
        case TimeSplit():
            return split_in_order(_order(table.columns[split.column])[rows], split.validation, split.test)
        case GroupSplit():
            kinds = classes if split.stratified else None
            return split_groups(_groups(table.columns[split.column])[rows], split.validation, split.test, seed, kinds)
        case ColumnSplit():
            return split_by_value(_parts(table, split)[rows], seed)


def divide_into_folds(
    table: Table, rows: Indices, preparation: Preparation, classes: Indices | None, folds: int, validation: float
) -> Iterator[tuple[Indices, Split]]:
    """Yield for each fold its rows (indices into the table) and their split, in which the fold itself is the test.

    Rows that the recipe keeps for testing are in no fold. Folds keep groups together, follow time, and have the
    classes in proportion where the recipe's split does; of the other folds ``validation`` is a share, for runs that
    are stopped by it.

    Raises
    ------
    DataError
        When the rows cannot be divided so.
    """
    outer = divide(table, rows, preparation, classes)
    left = np.sort(np.concatenate([outer.training, outer.validation]))
    split, seed = preparation.split, preparation.seed
    own = rows[left]
    plain = classes is None or (isinstance(split, ShareSplit) and not split.stratified)
    kinds = None if plain or classes is None else classes[left]
    match split:
        case TimeSplit():
            values = _order(table.columns[split.column])[own]
            made = folds_in_order(values, folds)
        case GroupSplit():
            groups = _groups(table.columns[split.column])[own]
            made = folds_of_groups(groups, folds, seed, kinds)
        case _:
            made = folds_by_chance(len(own), folds, seed, kinds)
    for others, fold in made:
        match split:
            case TimeSplit():
                inner = split_in_order(values[others], validation, 0.0)
            case GroupSplit():
                own_kinds = None if kinds is None or not split.stratified else kinds[others]
                inner = split_groups(groups[others], validation, 0.0, seed, own_kinds)
            case _:
                inner = split_rows(len(others), validation, 0.0, seed, None if kinds is None else kinds[others])
        used = np.concatenate([others, fold])
        at_end = np.arange(len(others), len(used), dtype=np.int64)
        yield own[used], Split(inner.training, inner.validation, at_end)


def _order(values: ColumnValues) -> NDArray[np.float64]:
    return values.codes.astype(np.float64) if isinstance(values, Categories) else values


def _groups(values: ColumnValues) -> Indices:
    """Return the group (m,) of every row of the table; one without a value is a group of its own."""
    if isinstance(values, Categories):
        codes = values.codes.astype(np.int64)
    else:
        codes = np.unique(values + 0.0, return_inverse=True)[1].astype(np.int64)  # + 0.0 makes -0.0 and 0.0 one group
    lacking = np.flatnonzero(is_missing(values))
    codes[lacking] = codes.max(initial=0) + 1 + np.arange(len(lacking))
    return codes


def _parts(table: Table, split: ColumnSplit) -> NDArray[np.int8]:
    """Return the part (m,) of every row of the table: 0 trains, 1 validates, 2 tests."""
    values = table.columns[split.column]
    if isinstance(values, Categories):
        names, codes = values.names, values.codes
    else:
        distinct, inverse = np.unique(values + 0.0, return_inverse=True)
        names, codes = tuple(format_number(float(value)) for value in distinct), inverse.astype(np.int32)
    place = {name: i for i, name in enumerate(names)}
    absent = [name for name in (*split.validation, *split.test) if name not in place]
    if absent:
        raise DataError(
            f"no row has {listed(absent, 4)} in column {split.column!r}, which should divide the rows. "
            f"Its values are {listed(names, 6)}."
        )
    part_of = np.zeros(len(names) + 1, np.int8)  # the last is for a missing cell
    part_of[[place[name] for name in split.validation]] = 1
    part_of[[place[name] for name in split.test]] = 2
    return part_of[codes]

"""Which rows of a file the rows of an array are: in runs, each a place in the array and the file's row there."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnstudio.data.room import blocks
from nnstudio.data.table import Table

MOST_ROWS = 2**53
Runs = NDArray[np.int64]


def counted_from(first: int) -> Runs:
    """Return the runs (1, 2) of rows without a gap, the first of which is row ``first`` of the file."""
    return np.array([[0, first]], np.int64)


def runs_of(table: Table, rows: NDArray[np.int64]) -> Runs:
    """Return the runs (k, 2) of some rows of a table, given as indices into it (m,); in order there are few."""
    numbers = table.row_numbers
    found = [np.zeros((0, 2), np.int64)]
    expected = -1  # the row that would go on with the run
    for block in blocks(len(rows)):
        of_file = numbers.of_rows(rows[block])
        begins = np.flatnonzero(of_file != np.concatenate([[expected], of_file[:-1] + 1]))
        found.append(np.stack([begins + block.start, of_file[begins]], axis=1))
        expected = int(of_file[-1]) + 1
    return np.concatenate(found) if len(rows) else counted_from(numbers.first)


def rows_of_file(runs: Runs, places: ArrayLike) -> NDArray[np.int64]:
    """Return the rows of the file at some places (m,) of the array."""
    asked = np.asarray(places, np.int64)
    run = runs[np.searchsorted(runs[:, 0], asked, side="right") - 1]
    return asked - run[:, 0] + run[:, 1]


def are_runs(runs: NDArray[np.generic], rows: int) -> bool:
    """Return whether an array may be the runs of so many rows."""
    if runs.dtype != np.int64 or runs.ndim != 2 or runs.shape[1] != 2 or not len(runs):
        return False
    steps = np.diff(runs, axis=0)
    within = runs[:, 1].min() > 0 and runs[:, 1].max() < MOST_ROWS
    return bool((steps[:, 0] > 0).all()) and runs[0, 0] == 0 and runs[-1, 0] < max(rows, 1) and bool(within)

"""The scalar history of a run: one row an epoch, bounded, with minima and maxima kept where it is thinned."""

from __future__ import annotations

import numpy as np

from engine.emit import Array

COLUMNS = (
    "epoch",
    "step",
    "running_cost",
    "training_cost",
    "validation_cost",
    "running_score",
    "training_score",
    "validation_score",
    "learning_rate",
    "seconds",
)
NEWEST_WHOLE = 8_192
MOST_ROWS = 3 * NEWEST_WHOLE
FIRST_WHOLE = 1_024  # in which most is learned
_MOST_SPANS = (NEWEST_WHOLE - FIRST_WHOLE) // 2  # of epochs between the first and the newest


class History:
    """Rows of :data:`COLUMNS`, in the order of epochs.

    ``running_cost`` and ``running_score`` are means over an epoch's examples as they were seen, while the weights
    changed. ``training_cost`` and ``training_score`` are true values over the whole split with the weights at the end
    of the epoch, nan where they were not computed; those of validation are always true.

    The first and the newest rows stay whole. What lies between is parted into spans of as many epochs each, and of a
    span the rows with the lowest and the highest running cost stay: spikes stay visible, the curve is as fine
    everywhere, and memory stays bounded however long a run is.
    """

    names = COLUMNS

    def __init__(self, rows: Array | None = None) -> None:
        self._rows: Array = np.zeros((64, len(COLUMNS)))
        self._count = 0
        if rows is not None:
            self.extend(rows)

    def __len__(self) -> int:
        return self._count

    def append(self, row: tuple[float, ...]) -> None:
        """Add one epoch."""
        self._make_room(1)
        self._rows[self._count] = row
        self._count += 1

    def extend(self, rows: Array) -> None:
        """Add several epochs, rows of shape (k, len(COLUMNS))."""
        for start in range(0, len(rows), NEWEST_WHOLE):
            part = rows[start : start + NEWEST_WHOLE]
            self._make_room(len(part))
            self._rows[self._count : self._count + len(part)] = part
            self._count += len(part)

    def amend(self, **values: float) -> None:
        """Set some columns of the last row."""
        for name, value in values.items():
            self._rows[self._count - 1, COLUMNS.index(name)] = value

    def replace_last(self, row: Array) -> None:
        """Take over the last row (1, len(COLUMNS)) of a history that this one copies, where both end with one epoch."""
        if len(row) and self._count and self._rows[self._count - 1, 0] == row[0, 0]:
            self._rows[self._count - 1] = row[0]

    def column(self, name: str) -> Array:
        """Return one column as a read-only view of shape (rows,)."""
        view = self._rows[: self._count, COLUMNS.index(name)]
        view.flags.writeable = False
        return view

    def rows(self, after_epoch: float = -1.0) -> Array:
        """Return a copy of all rows whose epoch is greater than ``after_epoch``."""
        first = int(np.searchsorted(self._rows[: self._count, 0], after_epoch, side="right"))
        return self._rows[first : self._count].copy()

    def clear(self) -> None:
        """Forget all rows."""
        self._count = 0

    def _make_room(self, wanted: int) -> None:
        if self._count + wanted > MOST_ROWS:
            self._thin()
        if self._count + wanted > len(self._rows):
            larger = np.zeros((min(max(2 * len(self._rows), self._count + wanted), 2 * MOST_ROWS), len(COLUMNS)))
            larger[: self._count] = self._rows[: self._count]
            self._rows = larger

    def _thin(self) -> None:
        old = self._rows[FIRST_WHOLE : max(self._count - NEWEST_WHOLE, FIRST_WHOLE)]
        epochs = old[:, 0]
        width = 1
        while (epochs[-1] - epochs[0]) // width >= _MOST_SPANS:
            width *= 2
        span = epochs // width
        by_cost = np.lexsort((old[:, COLUMNS.index("running_cost")], span))
        begins = np.flatnonzero(np.diff(span[by_cost], prepend=-1.0))
        ends = np.append(begins[1:], len(old)) - 1
        kept = np.unique(by_cost[np.concatenate([begins, ends])])
        rows = np.concatenate([old[kept], self._rows[FIRST_WHOLE + len(old) : self._count]])
        self._count = FIRST_WHOLE + len(rows)
        self._rows[FIRST_WHOLE : self._count] = rows

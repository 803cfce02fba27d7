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
_GROUP = 8  # rows thinned together: of each group the lowest and the highest cost stay


class History:
    """Rows of :data:`COLUMNS`, in the order of epochs.

    ``running_cost`` and ``running_score`` are means over an epoch's examples as they were seen, while the weights
    changed. ``training_cost`` and ``training_score`` are true values over the whole split with the weights at the end
    of the epoch, nan where they were not computed; those of validation are always true.

    The newest rows stay whole; older ones are thinned, a group at a time, to those with the lowest and the highest
    running cost, so that spikes stay visible and memory stays bounded however long a run is.
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
        old = self._rows[: max(self._count - NEWEST_WHOLE, 0)]
        groups = old[: len(old) // _GROUP * _GROUP].reshape(-1, _GROUP, len(COLUMNS))
        cost = groups[:, :, COLUMNS.index("running_cost")]
        ends = np.sort(np.stack([cost.argmin(1), cost.argmax(1)], axis=1), axis=1)
        kept = np.take_along_axis(groups, ends[:, :, None], axis=1)
        distinct = np.ones(ends.shape, bool)
        distinct[:, 1] = ends[:, 0] != ends[:, 1]
        thinned = kept[distinct]
        newest = self._rows[groups.size // len(COLUMNS) : self._count]
        rows = np.concatenate([thinned, newest])
        self._count = len(rows)
        self._rows[: self._count] = rows

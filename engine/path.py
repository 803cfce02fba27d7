"""The path of the parameters through a run: some of the points they came by, in bounded memory."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from engine.emit import Array

PATH_BYTES = 4_000_000  # what all points take at most
MOST_POINTS = 512
LEAST_POINTS = 8  # a network too large for so many has no path kept


def most_parameters(dtype: Any = np.float32) -> int:
    """Return the number of learned parameters up to which a path is kept."""
    count: int = PATH_BYTES // (LEAST_POINTS * np.dtype(dtype).itemsize)
    return count


class ParameterPath:
    """Points of the learned parameters: the first, some that training came by, and those on which it rested.

    Memory is bounded: when it is full, points are dropped so that they are twice as many steps apart from then on.
    The present parameters, which the network has, are the path's end.

    Parameters
    ----------
    size
        Number of learned parameters.
    dtype
        Their type.

    Attributes
    ----------
    most
        Points kept at most, an even number; 0 where the network is too large (see :func:`most_parameters`).
    fine
        Whether points are wanted after single steps. Otherwise those are kept at which training stops over anyway,
        which costs nothing: at ends of epochs, and after some tens of steps.
    """

    def __init__(self, size: int, dtype: Any) -> None:
        fitting = PATH_BYTES // max(size * np.dtype(dtype).itemsize, 1)
        self.most = 0 if fitting < LEAST_POINTS else min(fitting, MOST_POINTS) // 2 * 2
        self.fine = False
        # Memory is taken page by page as points are written.
        self._points = np.empty((self.most, size), dtype)
        self._steps = np.zeros(self.most, np.int64)
        self._serials = np.zeros(self.most, np.int64)
        self._kept = 0  # points written since the path was made, dropped ones included
        self._count = 0
        self._stride = 1
        self._due = sys.maxsize  # the step after which the next point is kept

    def __len__(self) -> int:
        return self._count

    @property
    def steps(self) -> Array:
        """The step after which each point was passed, (k,), a view."""
        return self._steps[: self._count]

    @property
    def points(self) -> Array:
        """The points, (k, size), the oldest first, a view."""
        return self._points[: self._count]

    @property
    def serials(self) -> Array:
        """A number for each point, (k,), larger than those before and that no other point of this path ever has."""
        return self._serials[: self._count]

    def begin(self, step: int, learned: Array) -> None:
        """Forget all points, and begin at the present parameters."""
        self._count, self._stride = 0, 1
        self._keep(step, learned)

    def steps_until_point(self, step: int) -> int:
        """Return how many steps may be run before training stops over for a point."""
        return max(1, self._due - step) if self.fine else sys.maxsize

    def pass_by(self, step: int, learned: Array) -> None:
        """Keep the parameters after a step, unless the last point is too near."""
        if step >= self._due:
            self._keep(step, learned)

    def rest(self, step: int, learned: Array) -> None:
        """Keep the point on which training rests, unless it is the last one."""
        # Best weights that were put back, or an entry set by hand, are another point at the same step.
        if not self._count or self._steps[self._count - 1] != step or not np.array_equal(self.points[-1], learned):
            self._keep(step, learned)

    def _keep(self, step: int, learned: Array) -> None:
        if not self.most:
            return
        if self._count == self.most:
            self._thin()
        self._points[self._count] = learned
        self._steps[self._count], self._serials[self._count] = step, self._kept
        self._count += 1
        self._kept += 1
        self._due = step + self._stride

    def _thin(self) -> None:
        """Keep points twice as far apart, until half of them are left at most; the first one stays."""
        while self._count > self.most // 2:
            self._stride *= 2
            kept = 1
            for index in range(1, self._count):  # one by one: all at once would take as much memory again
                if self._steps[index] >= self._steps[kept - 1] + self._stride:
                    self._points[kept] = self._points[index]
                    self._steps[kept], self._serials[kept] = self._steps[index], self._serials[index]
                    kept += 1
            self._count = kept

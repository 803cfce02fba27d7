"""The cost as a landscape over the parameters: at single points, over a square of a plane, and along a step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.dataset import Dataset
from engine.descent import penalty
from engine.emit import Array
from engine.network import Network
from engine.objective import Objective
from engine.settings import TrainingSettings

MOST_ROWS = 4_096  # examples of one cost
SIDES = (49, 33, 25, 17)  # points of a square's side: 8 k + 1, so that coarse squares are part of finer ones
MOST_WORK = 2e11  # products of one square, about; some seconds
COARSEST = 8  # of every so many points one is computed at first
FRAME = 0.62  # of the points' extent: half of it, what moving to a round middle takes, and a margin
ROUND = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)


def framed(points: Array, least: float, origin: Array) -> tuple[Array, float]:
    """Return the middle (2,) and half of the side of a square around points (k, 2), in round steps.

    Parameters
    ----------
    least
        Half of the side at least.
    origin
        Where the coordinates' zero lies (2,): the middle is a round number there, so that a square stays where it is
        while the coordinates' origin moves a little.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    half = _round_above(max(least, FRAME * float((high - low).max())))
    grid = half / 4
    return np.asarray(np.rint(((low + high) / 2 + origin) / grid) * grid - origin), half


def _round_above(value: float) -> float:
    decade = 10.0 ** np.floor(np.log10(value))
    return float(next(step * decade for step in ROUND if step * decade >= value * (1 - 1e-9)))


class Landscape:
    """The objective of training rows at any parameters, on a network of its own: training is not touched.

    Attributes
    ----------
    rows, all_rows
        Examples over which the cost is, evenly spaced through the training split where that is too large, and those of
        the split.
    side
        Points of a square's side that this network affords.
    """

    def __init__(self, network: Network, data: Dataset) -> None:
        self._network = Network(network.graph, network.seed, network.dtype.name)  # type: ignore[arg-type]
        self.all_rows = len(data)
        self.rows = min(self.all_rows, network.chunk, MOST_ROWS)
        chosen = np.linspace(0, self.all_rows - 1, self.rows).astype(np.int64)
        self._sample = data if self.rows == self.all_rows else data.rows(chosen)
        self._objective: Objective | None = None
        products = 2.0 * network.learned_count * self.rows
        self.side = next((side for side in SIDES if products * side**2 <= MOST_WORK), SIDES[-1])

    def stand(self, theta: Array) -> None:
        """Take over what is not learned, frozen layers and running statistics, from all of a network's parameters."""
        np.copyto(self._network.theta, theta)

    def cost(self, learned: Array, settings: TrainingSettings) -> float:
        """Return the objective with these learned parameters (p,); inf or nan where it has left the finite numbers."""
        with np.errstate(all="ignore"):
            self._network.learned[...] = learned
        if self._objective is None:
            self._objective = Objective(self._network, self._sample, settings)
        self._objective.settings = settings
        return self._objective.cost()

    def penalty(self, learned: Array, settings: TrainingSettings) -> float:
        """Return the part of the objective that is penalties on the weights."""
        self._network.learned[...] = learned
        return penalty(self._network, settings)


class Square:
    """Points of a square in a plane, the coarsest first, whose values are told one after the other.

    Parameters
    ----------
    middle
        Coordinates (2,) of its middle.
    half
        Half of its side.
    side
        Points of a side, 8 k + 1.
    """

    def __init__(self, middle: Array, half: float, side: int) -> None:
        self.middle, self.half, self.side = middle, half, side
        self.x = middle[0] + np.linspace(-half, half, side)
        self.y = middle[1] + np.linspace(-half, half, side)
        self._values = np.full((side, side), np.nan)
        self._order = self._points()
        self._next: tuple[int, int, int] | None = next(self._order)
        self._done = 0

    def _points(self) -> Iterator[tuple[int, int, int]]:
        stride = COARSEST
        while stride:
            for row in range(0, self.side, stride):
                for column in range(0, self.side, stride):
                    known = row % (2 * stride) == 0 and column % (2 * stride) == 0
                    if stride == COARSEST or not known:
                        yield stride, row, column
            stride //= 2

    def due(self) -> tuple[float, float] | None:
        """Return the coordinates whose value is to be told next; None where all are known."""
        if self._next is None:
            return None
        _, row, column = self._next
        return float(self.x[column]), float(self.y[row])

    def tell(self, value: float) -> None:
        """Take the value of the point that is due."""
        assert self._next is not None
        _, row, column = self._next
        self._values[row, column] = value
        self._done += 1
        self._next = next(self._order, None)

    @property
    def stride(self) -> int:
        """Of every so many points of a side one is known; 1 where all are, twice the coarsest where too few are."""
        if self._next is None:
            return 1
        return 2 * self._next[0]

    @property
    def share(self) -> float:
        """The share of all points that is known."""
        return self._done / self.side**2

    def values(self) -> Array:
        """Return the finest square that is known whole, (n, n), rows upward; empty where none is."""
        if self.stride > COARSEST:
            return np.zeros((0, 0))
        return self._values[:: self.stride, :: self.stride].copy()

"""A walk through the program, operation by operation, with the numbers each one wrote.

The program walked is the network's own, compiled for looking: nothing is overwritten, and the notes' unfused
operations stand beside the fused ones. Large arrays are told by a picture, small ones whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.dataset import Dataset
from engine.emit import Array, Description
from engine.network import Network

PICTURE_SIDE = 64  # rows and columns of an array that is sent whole
CORNER_SIDE = 9  # rows and columns of a larger one that are sent as they are: of [b W], b and eight columns of W


@dataclass(frozen=True)
class Quantity:
    """An array of the network at one moment.

    ``values`` is the whole array, float64, or every so many rows and columns of a large one (see ``whole``). ``corner``
    is the array's first rows and columns.
    """

    symbol: str
    shape: tuple[int, ...]
    values: Array
    norm: float
    corner: Array = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def whole(self) -> bool:
        """Whether ``values`` is the array itself."""
        return self.values.shape == self.shape


@dataclass(frozen=True)
class Stop:
    """One operation, and what it wrote."""

    about: Description
    wrote: Quantity


@dataclass(frozen=True)
class Walk:
    """All operations of one pass forward and backward over some examples, in order.

    ``rows`` says which rows of the training split they are, where it is known. ``given`` holds what is there before the
    first: X, Y and the parameters, by symbol. ``share`` is the factor that turns the gradients' sums into means.
    """

    rows: tuple[int, ...]
    given: dict[str, Quantity]
    stops: tuple[Stop, ...]
    share: float


def quantity(symbol: str, array: Array) -> Quantity:
    """Return an array as a quantity, thinned to a picture where it is large."""
    wide = np.atleast_2d(array)
    values = array if max(wide.shape) <= PICTURE_SIDE else wide[np.ix_(_even(wide.shape[0]), _even(wide.shape[1]))]
    with np.errstate(all="ignore"):
        norm = float(np.linalg.norm(array.astype(np.float64)))
    corner = np.array(wide[:CORNER_SIDE, :CORNER_SIDE], np.float64)
    return Quantity(symbol, array.shape, np.array(values, np.float64), norm, corner)


def walk(network: Network, examples: Dataset, rows: tuple[int, ...] = ()) -> Walk:
    """Return every operation over a few examples (one, say) with what it wrote.

    Neither running statistics, nor the random generator, nor the training step's gradient are touched.
    """
    program = network.look(examples)
    given = {"X": quantity("X", program.x.T[1:]), "Y": quantity("Y", program.y.T)}
    for key, array in network.parameters.items():
        node, _, name = key.rpartition(".")
        symbol = f"{name}[{network.shapes.levels[node]}]"
        given[symbol] = quantity(symbol, array)
    stops = []
    with np.errstate(all="ignore"):
        for operation in program.operations:
            operation.call(*operation.args)
            stops.append(Stop(operation.about, quantity(operation.about.writes, operation.out)))
    return Walk(rows, given, tuple(stops), float(program.share))


def _even(count: int) -> Array:
    return np.linspace(0, count - 1, min(count, PICTURE_SIDE)).astype(np.int64)

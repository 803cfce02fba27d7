"""The ledger: every quantity of the notes over a few examples, with its shape, its norm, and any part of its values.

Where a walk tells operation by operation what was written, the ledger tells what stands at the end: Theta split into b
and W, and the derivatives of the cost with their factor 1/m.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from engine.dataset import Dataset
from engine.emit import Array, Description
from engine.layers.base import parts
from engine.network import Network
from engine.program import Program
from engine.walk import Quantity, quantity

# What layers keep of an operation's results, by the letters before the level; the rest is scratch.
KEPT = ("Z", "X̂", "μ", "σ²", "σ", "c", "D", "dA", "dZ")
MOST_READ = 1_000_000  # values of one window


class Window(NamedTuple):
    """A block of a quantity: rows ``top`` up to ``bottom``, columns ``left`` up to ``right``, the ends left out."""

    symbol: str
    top: int
    bottom: int
    left: int
    right: int


class LedgerRequest(NamedTuple):
    """A ledger that is wanted: the rows of the training split, and the blocks whose values are to be read."""

    rows: tuple[int, ...]
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """Every quantity of the network over the examples in ``rows`` of the training split.

    ``quantities`` maps symbols such as ``W[1]``, ``gamma[2]`` and ``dA[1]`` to arrays whose columns are examples where
    the notes' are; large ones are thinned. ``steps`` describes the operations that made them. ``windows`` holds the
    blocks that were asked for, float64. ``share`` is the factor that turns sums over the examples into means.
    """

    rows: tuple[int, ...]
    quantities: dict[str, Quantity]
    steps: tuple[Description, ...]
    share: float
    windows: dict[Window, Array] = field(default_factory=dict)


def ledger(network: Network, examples: Dataset, rows: tuple[int, ...] = (), windows: Iterable[Window] = ()) -> Ledger:
    """Return every quantity over a few examples, and the blocks asked for.

    Neither running statistics, nor the random generator, nor the training step's gradient are touched. Windows of
    unknown quantities, beyond their edges or above :data:`MOST_READ` values are left out.
    """
    program = network.look(examples)
    share = float(program.share)
    standing = _standing(network, program)
    read: dict[Window, Array] = {}
    with np.errstate(all="ignore"):
        quantities = {
            symbol: quantity(symbol, array if factor == 1.0 else array * array.dtype.type(factor))
            for symbol, (array, factor) in standing.items()
        }
        for window in windows:
            symbol, top, bottom, left, right = window
            if symbol not in standing:
                continue
            array, factor = standing[symbol]
            fits = 0 <= top < bottom <= array.shape[0] and 0 <= left < right <= array.shape[1]
            if fits and (bottom - top) * (right - left) <= MOST_READ:
                # Multiplied in the array's own type, so that the values are those of the quantity.
                block = array[top:bottom, left:right] * array.dtype.type(factor)
                read[window] = block.astype(np.float64)
    return Ledger(rows, quantities, tuple(operation.about for operation in program.operations), share, read)


def _standing(network: Network, program: Program) -> dict[str, tuple[Array, float]]:
    """Return each quantity's array and the factor it lacks, by symbol."""
    share = float(program.share)
    found: dict[str, tuple[Array, float]] = {"Y": (program.y.T, 1.0)}
    found |= {ref.symbol: (ref.array, 1.0) for ref in program.values.values()}
    for key, array in network.parameters.items():
        node, _, name = key.rpartition(".")
        level = network.shapes.levels[node]
        found |= {f"{part}[{level}]": (values, 1.0) for part, values in parts(name, array).items()}
        gradient = program.refs.get(f"d{name}[{level}]")  # none of what is not learned
        if gradient is not None:
            found |= {f"d{part}[{level}]": (values, share) for part, values in parts(name, gradient.array).items()}
    for operation in program.operations:
        symbol = operation.about.writes
        if symbol in {f"{letters}[{operation.about.level}]" for letters in KEPT} or symbol.startswith("dA["):
            found[symbol] = (operation.out, 1.0)
    return found

"""How layers write themselves into a program: named arrays, and NumPy calls with what they mean.

A layer, an activation, a loss and an optimizer each describe their work by calling an :class:`Emitter`. Nothing is
computed while emitting: every call becomes one :class:`Operation`, a NumPy callable bound to buffers that exist
already, with a :class:`Description` of what it reads, writes and means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

SPREAD_VALUES = 512  # up to here a constant is spread over a whole array: a call takes a tenth less than with a 0-d one

Array = NDArray[Any]
Mode = Literal["training", "inference", "looking"]
Phase = Literal["forward", "loss", "backward", "update"]


@dataclass(frozen=True, slots=True, eq=False)
class Ref:
    """An array with the symbol the notes give it, for example ``Z[2]`` or ``W[1].T``; a ``constant`` never changes."""

    symbol: str
    array: Array
    constant: bool = False

    @property
    def T(self) -> Ref:
        """The transposed view."""
        return Ref(f"{self.symbol}.T", self.array.T)

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.array.shape


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What one operation means; plain data, so that it can cross to another process without the callables."""

    node: str
    level: int
    phase: Phase
    writes: str
    reads: tuple[str, ...]
    code: str
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One NumPy call over buffers allocated beforehand, what it means, and the buffer it writes."""

    call: Callable[..., Any]
    args: tuple[Any, ...]
    about: Description
    out: Array


class Arena:
    """Flat buffers by name, allocated once for the largest batch and cut to size for smaller ones.

    A smaller batch takes a contiguous prefix of the same memory, since ``dot(out=)`` refuses a column slice.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self._flat: dict[str, Array] = {}
        self._ones: dict[str, int] = {}
        self._feed: dict[str, Array] = {}

    def take(self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any] | None = None) -> Array:
        """Return the buffer ``name`` as an array of ``shape``; its contents are whatever was there."""
        if name in self._feed:
            return self._feed[name]
        size = int(np.prod(shape))
        flat = self._flat.get(name)
        if flat is None or flat.size < size:
            flat = self._flat[name] = np.zeros(size, dtype or self.dtype)
        return flat[:size].reshape(shape)

    def take_below_ones(self, name: str, rows: int, size: int) -> Array:
        """Return the buffer ``name`` as (rows + 1, size), its row 0 holding ones that stay whatever the size.

        The ones end where the other rows begin, at a place that is the same for every size, so that a program of one
        size does not write over another's ones.
        """
        most = self._ones.get(name, 0)
        if most < size or self._flat[name].size < most + rows * size:
            most = self._ones[name] = max(most, size)
            flat = self._flat[name] = np.zeros((rows + 1) * most, self.dtype)
            flat[:most] = 1.0
        flat = self._flat[name]
        return flat[most - size : most + rows * size].reshape(rows + 1, size)

    def with_feed(self, feed: dict[str, Array]) -> Arena:
        """Return an arena that shares every buffer with this one but those given by name, a batch's own places say."""
        fed = Arena(self.dtype)
        fed._flat, fed._ones, fed._feed = self._flat, self._ones, feed
        return fed

    @property
    def nbytes(self) -> int:
        """Bytes held by all buffers together."""
        return sum(flat.nbytes for flat in self._flat.values())


class Emitter:
    """Collects the operations of one node in one phase.

    ``looking`` tells a layer to overwrite nothing and to write out the unfused operations of the notes.
    """

    def __init__(
        self,
        arena: Arena,
        mode: Mode,
        generator: np.random.Generator | None = None,
    ) -> None:
        self.arena = arena
        self.mode = mode
        self.generator = generator
        self.operations: list[Operation] = []
        self.kinks: list[tuple[Ref, float]] = []
        self.node = ""
        self.level = 0
        self.phase: Phase = "forward"

    @property
    def looking(self) -> bool:
        """Whether every intermediate quantity is to be kept."""
        return self.mode == "looking"

    @property
    def dtype(self) -> np.dtype[Any]:
        """The floating type of every buffer."""
        return self.arena.dtype

    def at(self, node: str, level: int, phase: Phase) -> None:
        """Say whose operations come next."""
        self.node, self.level, self.phase = node, level, phase

    def symbol(self, quantity: str, level: int | None = None) -> str:
        """Return the notes' symbol of a quantity of this layer, for example ``dZ[2]``."""
        return f"{quantity}[{self.level if level is None else level}]"

    def buffer(self, quantity: str, shape: tuple[int, ...]) -> Ref:
        """Return a buffer of this layer that keeps its contents until the next step."""
        return Ref(self.symbol(quantity), self.arena.take(f"{self.node}/{quantity}", shape))

    def scratch(self, shape: tuple[int, ...], name: str = "t") -> Ref:
        """Return a buffer whose contents matter only within the current layer's operations."""
        if self.looking:
            return Ref(self.symbol(name), self.arena.take(f"{self.node}/{self.phase}/{name}", shape))
        return Ref(name, self.arena.take(f"scratch/{name}", shape))

    def mask(self, shape: tuple[int, ...]) -> Ref:
        """Return a buffer of truth values that matters only within the current layer's operations."""
        name = f"{self.node}/{self.phase}/mask" if self.looking else "scratch/mask"
        return Ref("mask", self.arena.take(name, shape, np.dtype(bool)))

    def constant(self, value: float) -> Ref:
        """Return a number as a 0-d array of the program's type: ufuncs take these three times faster."""
        return Ref(f"{value:g}", np.array(value, self.dtype), constant=True)

    def kink(self, ref: Ref, *places: float) -> None:
        """Say that a derivative jumps where a value of ``ref`` passes through one of these places."""
        self.kinks.extend((ref, place) for place in places)

    def apply(self, function: Any, *inputs: Ref, out: Ref, formula: str = "") -> None:
        """Emit an elementwise ufunc call ``function(*inputs, out)``."""
        reads = tuple(ref.symbol for ref in inputs)
        code = f"np.{function.__name__}({', '.join(reads)}, out={out.symbol})"
        spread = out.array.size <= SPREAD_VALUES
        arrays = tuple(
            np.full_like(out.array, ref.array, self.dtype) if spread and ref.constant else ref.array for ref in inputs
        )
        if function in (np.maximum, np.minimum):
            # These two deprecate a positional output.
            self.call(partial(function, out=out.array), arrays, out, reads, code, formula)
        else:
            self.call(function, (*arrays, out.array), out, reads, code, formula)

    def dot(self, left: Ref, right: Ref, out: Ref, formula: str = "") -> None:
        """Emit the matrix product ``out = left right``; the bound method costs half of ``np.matmul``."""
        self.call(
            left.array.dot,
            (right.array, out.array),
            out,
            (left.symbol, right.symbol),
            f"{left.symbol}.dot({right.symbol}, out={out.symbol})",
            formula,
        )

    def reduce(
        self, method: Literal["sum", "max"], source: Ref, axis: Literal[0, 1], out: Ref, formula: str = ""
    ) -> None:
        """Emit a sum or maximum over an axis of ``source`` (n, m); ``out`` keeps it with length one.

        A sum is a product with ones, which costs a third of ``ndarray.sum`` on few values.
        """
        n, m = source.shape
        if method == "max":
            flat = out.array.reshape(-1)
            code = f"np.maximum.reduce({source.symbol}, {axis}, None, {out.symbol})"
            self.call(np.maximum.reduce, (source.array, axis, None, flat), out, (source.symbol,), code, formula)
        elif axis == 0:
            self.dot(Ref("1ᵀ", np.ones((1, n), self.dtype)), source, out, formula)
        else:
            self.dot(source, Ref("1", np.ones((m, 1), self.dtype)), out, formula)

    def copy(self, source: Ref, out: Ref, formula: str = "") -> None:
        """Emit a copy."""
        self.apply(np.positive, source, out=out, formula=formula)

    def call(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        out: Ref,
        reads: Sequence[str],
        code: str,
        formula: str = "",
    ) -> None:
        """Emit any call; the other methods end here."""
        about = Description(
            node=self.node,
            level=self.level,
            phase=self.phase,
            writes=out.symbol,
            reads=tuple(reads),
            code=code,
            formula=formula,
        )
        self.operations.append(Operation(function, args, about, out.array))

"""The computation graph of one walk: the notes' operations, what each reads and writes, and every array at any moment.

A walk tells every single NumPy call. Calls that together make one operation of the notes, the four of a sigmoid say,
are one :class:`Operation` here. Symbols are the notes': ``Theta[1]`` is read as ``W[1]`` and ``b[1]``, the transposed
gradient ``dTheta[1].T`` as ``dW[1]`` and ``db[1]``, and the last operation applies the factor 1/m.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from engine.emit import Array, Description
from engine.walk import PICTURE_SIDE, Quantity, Stop, Walk
from nnstudio.operation_equations import equation_of, is_sum

# What the notes have a name for; anything else an operation writes on its way to one of these.
NAMED = ("X", "Y", "Z", "A", "dA", "dZ", "dTheta", "dgamma", "dbeta", "μ", "X̂", "c", "1/m")
_SLICE = re.compile(r"^(.*\])\[(\d+):(\d+)\]$")
_PARAMETER = re.compile(r"^d?(W|b|gamma|beta)\[(\d+)\]$")
_WEIGHTED = re.compile(r"^d?Theta\[(\d+)\](\.T)?$")


@dataclass(frozen=True)
class Operation:
    """One operation of the notes.

    It is made of the walk's stops ``first`` to ``end`` (not counting it); the one that applies 1/m has none.
    ``writes`` and ``reads`` are symbols of whole arrays, ``equation`` the operation in plain characters.
    """

    first: int
    end: int
    node: str
    level: int
    backward: bool
    writes: tuple[str, ...]
    reads: tuple[str, ...]
    equation: str
    code: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """An array as it is at one moment, for drawing.

    ``values`` holds the entries of the rows ``rows`` and the columns ``columns``, which are all of a small array.
    """

    symbol: str
    shape: tuple[int, int]
    values: Array
    rows: Array
    columns: Array

    @property
    def whole(self) -> bool:
        """Whether ``values`` is the array itself."""
        return self.values.shape == self.shape


class Computation:
    """All operations of a walk, in order, and the arrays they leave.

    A moment is told by how many stops are done: 0 before the first, ``last`` after the factor 1/m, one beyond the
    walk's stops.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.stops = walk.stops
        self.last = len(walk.stops) + 1
        self._written: dict[str, list[int]] = {}
        self._parts: dict[str, dict[tuple[int, int], str]] = {}
        for place, stop in enumerate(walk.stops):
            symbol = stop.wrote.symbol
            self._written.setdefault(symbol, []).append(place)
            base, rows = cut(symbol)
            if rows is not None:
                self._parts.setdefault(base, {})[rows] = symbol
        self.operations = (*self._grouped(), self._final())
        self.ends = tuple(operation.end for operation in self.operations)

    @property
    def signature(self) -> tuple[tuple[str, ...], ...]:
        """What stays the same while only numbers change."""
        return tuple((stop.wrote.symbol, stop.about.code, str(stop.wrote.shape)) for stop in self.stops)

    def at(self, done: int) -> Operation | None:
        """Return the operation that the last of ``done`` stops belongs to; None before the first."""
        return self.operations[bisect_left(self.ends, done)] if done else None

    def writers(self, symbol: str, done: int) -> list[int]:
        """Return the places of the stops, among the first ``done``, that wrote the array itself."""
        places = self._written.get(symbol, [])
        return places[: bisect_left(places, done)]

    def rows_of(self, symbol: str) -> list[tuple[str, int, int]]:
        """Return the parts an array is written in: their symbols, and the rows from and to (not counting it)."""
        return [(part, start, stop) for (start, stop), part in sorted(self._parts.get(symbol, {}).items())]

    @property
    def factor(self) -> str:
        """What turns the gradients' sums into means: 1/m, or 1/Σc where classes have weights."""
        return "1/Σc" if self._written.get("1/m") else "1/m"

    # -- arrays ---------------------------------------------------------------------------------------------------

    def stored(self, symbol: str, done: int) -> Quantity | None:
        """Return an array of the walk as ``done`` stops left it; None where nothing has been written yet."""
        places = self.writers(symbol, done)
        return self.stops[places[-1]].wrote if places else self.walk.given.get(symbol)

    def entry(self, symbol: str, row: int, column: int, done: int) -> float | None:
        """Return one number of an array as ``done`` stops left it; None where it is not known.

        Symbols are those that operations read: also ``W[1].T``, ``[1; X]``, ``dA[3][0:2]``, ``dW[1]`` and constants.
        Arrays of one row or column count for every row or column, as NumPy broadcasts them.
        """
        found = self.stored(symbol, done)
        if found is not None:
            value = _entry_of(found, row, column)
            mean = self.walk.share if done == self.last and symbol in self._gradients() else 1.0
            return None if value is None else value * mean
        if symbol.startswith("[1; "):
            return 1.0 if row == 0 else self.entry(symbol[4:-1], row - 1, column, done)
        if symbol.endswith(".T"):
            return self.entry(symbol[:-2], column, row, done)
        name, _, place = symbol.partition("[")
        if name in ("W", "b"):
            return self.entry(f"Theta[{place}", row, column + 1 if name == "W" else 0, done)
        if name in ("dW", "db"):
            return self.entry(f"dTheta[{place}.T", column + 1 if name == "dW" else 0, row, done)
        base, rows = cut(symbol)
        if rows is not None:
            return self.entry(base, row + rows[0], column, done)
        for (start, stop), part in self._parts.get(symbol, {}).items():
            if start <= row < stop:
                return self.entry(part, row - start, column, done)
        return None

    def shape(self, symbol: str) -> tuple[int, int] | None:
        """Return the rows and columns of an array, whether or not it has been written yet."""
        places = self._written.get(symbol)
        found = self.stops[places[-1]].wrote if places else self.walk.given.get(symbol)
        if found is not None:
            return _two(found.shape)
        if symbol.startswith("[1; "):
            inner = self.shape(symbol[4:-1])
            return None if inner is None else (inner[0] + 1, inner[1])
        if symbol.endswith(".T"):
            inner = self.shape(symbol[:-2])
            return None if inner is None else (inner[1], inner[0])
        name, _, place = symbol.partition("[")
        if name in ("W", "b", "dW", "db"):
            theta = self.shape(f"Theta[{place}")
            return None if theta is None else (theta[0], theta[1] - 1 if name in ("W", "dW") else 1)
        base, rows = cut(symbol)
        whole = self.shape(base) if rows is not None else None
        if rows is not None and whole is not None:
            return (rows[1] - rows[0], whole[1])
        parts = [self.shape(part) for part in self._parts.get(symbol, {}).values()]
        known = [part for part in parts if part is not None]
        return (sum(part[0] for part in known), known[0][1]) if known else None

    def shown(self, symbol: str, done: int) -> Shown | None:
        """Return an array as ``done`` stops left it, for drawing; None where it has not been written yet."""
        shape = self.shape(symbol)
        if shape is None:
            return None
        mean = self.walk.share if done == self.last and symbol.startswith("d") and _PARAMETER.match(symbol) else 1.0
        name, _, place = symbol.partition("[")
        transposed = name in ("dW", "db")
        source = f"dTheta[{place}.T" if transposed else f"Theta[{place}" if name in ("W", "b") else symbol
        found = self.stored(source, done)
        if found is not None:
            size = _two(found.shape)
            values, rows, columns = np.atleast_2d(found.values), picture_places(size[0]), picture_places(size[1])
            if transposed:
                values, rows, columns = values.T, columns, rows
            if name in ("W", "dW"):
                values, columns = values[:, 1:], columns[1:] - 1
            elif name in ("b", "db"):
                values, columns = values[:, :1], columns[:1]
            return Shown(symbol, shape, values * mean, rows, columns)
        parts = [(start, self.stored(part, done)) for part, start, _ in self.rows_of(symbol)]
        written = [(start, part) for start, part in parts if part is not None]
        if not written or len(written) < len(parts):
            return None
        values = np.concatenate([np.atleast_2d(part.values) for _, part in written])
        rows = np.concatenate([start + picture_places(_two(part.shape)[0]) for start, part in written])
        return Shown(symbol, shape, values, rows, picture_places(shape[1]))

    # -- operations -----------------------------------------------------------------------------------------------

    def _grouped(self) -> list[Operation]:
        """Return the operations: within one layer's calls of one phase, up to the last that writes a named array."""
        operations: list[Operation] = []
        first = 0
        for place, stop in enumerate(self.stops):
            name = base_of(stop.wrote.symbol)
            if name.partition("[")[0] not in NAMED or name == self._next_named(place, stop):
                continue
            operations.append(self._operation(first, place + 1))
            first = place + 1
        return operations

    def _next_named(self, place: int, stop: Stop) -> str | None:
        for other in self.stops[place + 1 :]:
            if (other.about.node, other.about.phase) != (stop.about.node, stop.about.phase):
                return None
            name = base_of(other.wrote.symbol)
            if name.partition("[")[0] in NAMED:
                return name
        return None

    def _operation(self, first: int, end: int) -> Operation:
        about = self.stops[end - 1].about
        return Operation(
            first=first,
            end=end,
            node=about.node,
            level=about.level,
            backward=about.phase != "forward",
            writes=readable(about.writes) or (about.writes,),
            reads=self._read(first, end),
            equation=equation_of(self.calls(first, end)),
            code=tuple(stop.about.code for stop in self.stops[first:end]),
        )

    def calls(self, first: int, end: int) -> list[Description]:
        """Return the descriptions of the stops ``first`` to ``end``, with the share that a lone sum adds."""
        calls = [stop.about for stop in self.stops[first:end]]
        if is_sum(calls) and len(calls) == 1:
            calls.insert(0, self.stops[self.writers(calls[0].reads[-1], first)[-1]].about)
        return calls

    def _read(self, first: int, end: int) -> tuple[str, ...]:
        """Return the notes' arrays that went into what the operation wrote, through whatever has no name."""
        last = self.stops[end - 1]
        sought, reads = {last.wrote.symbol}, []
        for place in range(end - 1, -1, -1):
            stop = self.stops[place]
            if (stop.about.node, stop.about.phase) != (last.about.node, last.about.phase):
                break
            symbol = stop.wrote.symbol
            if symbol not in sought and not (place >= first and base_of(symbol) == base_of(last.wrote.symbol)):
                continue
            for read in stop.about.reads:
                base = base_of(read)
                if base == base_of(last.wrote.symbol):
                    continue
                if base.partition("[")[0] in NAMED or base in self.walk.given or read.startswith(("[1; ", "W[")):
                    reads += [name for name in readable(read) if name not in reads]
                elif self.writers(read, place) and self._same_phase(self.writers(read, place)[-1], place):
                    sought.add(read)
                else:
                    reads += [name for name in readable(read) if name not in reads]
        return tuple(reads)

    def _same_phase(self, one: int, other: int) -> bool:
        a, b = self.stops[one].about, self.stops[other].about
        return (a.node, a.phase) == (b.node, b.phase)

    def _final(self) -> Operation:
        writes = tuple(name for symbol in self._gradients() for name in readable(symbol))
        return Operation(
            first=len(self.stops),
            end=self.last,
            node="",
            level=0,
            backward=True,
            writes=writes,
            reads=writes,
            equation=f"∇J = {self.factor} · ({', '.join(writes)})".replace("gamma", "γ").replace("beta", "β"),
            code=("np.multiply(gradient, share, out=gradient)",),
        )

    def _gradients(self) -> list[str]:
        return [s for s in self._written if s.startswith(("dTheta[", "dgamma[", "dbeta["))]


def readable(symbol: str) -> tuple[str, ...]:
    """Return the notes' arrays a symbol of the program stands for: ``[1; X]`` is X, ``Theta[1]`` is W[1] and b[1]."""
    if symbol.startswith("[1; "):
        return (symbol[4:-1],)
    base = base_of(symbol)
    found = _WEIGHTED.match(base)
    if found:
        d = "d" if base.startswith("d") else ""
        return (f"{d}W[{found[1]}]", f"{d}b[{found[1]}]")
    # Constants, and ones that sum.
    return (base,) if base.endswith("]") or base in ("X", "Y") else ()


def base_of(symbol: str) -> str:
    """Return the symbol of the whole array: without the rows cut out of it, and not transposed."""
    return cut(symbol.removesuffix(".T"))[0]


def cut(symbol: str) -> tuple[str, tuple[int, int] | None]:
    """Return the array a symbol is cut out of and the rows, ``A[3][0:2]`` as A[3] and (0, 2); None for a whole one."""
    found = _SLICE.match(symbol)
    return (found[1], (int(found[2]), int(found[3]))) if found else (symbol, None)


def is_parameter(symbol: str) -> bool:
    """Return whether an array is a layer's parameter, or its derivative."""
    return _PARAMETER.match(symbol) is not None


def picture_places(count: int) -> Array:
    """Return which rows a thinned array of ``count`` rows shows."""
    return np.linspace(0, count - 1, min(count, PICTURE_SIDE)).astype(np.int64)


def _two(shape: tuple[int, ...]) -> tuple[int, int]:
    return (1, 1) if not shape else (1, shape[0]) if len(shape) == 1 else (shape[0], shape[1])


def _entry_of(found: Quantity, row: int, column: int) -> float | None:
    rows, columns = _two(found.shape)
    row, column = min(row, rows - 1) if rows == 1 else row, 0 if columns == 1 else column
    values = np.atleast_2d(found.values if found.whole else found.corner)
    if row < values.shape[0] and column < values.shape[1]:
        return float(values[row, column])
    # Beyond the corner of a large array what its picture shows is known.
    at, across = (np.searchsorted(picture_places(n), k) for n, k in ((rows, row), (columns, column)))
    if picture_places(rows)[at : at + 1] == [row] and picture_places(columns)[across : across + 1] == [column]:
        return float(np.atleast_2d(found.values)[at, across])
    return None

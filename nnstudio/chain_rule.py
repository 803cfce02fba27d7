"""How one number of a walk came about: the chain rule that made a derivative, written out with its numbers.

The rule is read off the program's own calls. A number becomes a sum of products of numbers that the notes have a name
for, with common factors outside: ``dz_3 = (w_13 dz_1 + w_23 dz_2) g'(z_3)``. Where it cannot be written so, only the
formula is given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import copysign, prod
from typing import Literal

from nnstudio.computation import Computation, base_of, is_parameter
from nnstudio.operation_equations import is_sum, right_of

MOST_TERMS = 8  # of a sum that is written out
FIRST_TERMS = 4  # of a longer one

# Quantities on the way to a named one, whose own making is written out in their place.
_PASSED = ("share", "X̂ mean", "product", "total")
_SLOPES = {"g'(Z) = 1 − A²": "tanh", "g'(Z) = A (1 − A)": "sigmoid"}

Function = Literal["", "sign", "clip"]


@dataclass(frozen=True)
class Factor:
    """One number of a product: an entry of an array, or one over it.

    ``slope`` names the activation where the number is g' as a function of ``of``, the entry of A. ``reader`` is the
    level of the layer whose share of a derivative it is, where several read the same values.
    """

    symbol: str
    place: tuple[int, int]
    value: float
    inverse: bool = False
    slope: str = ""
    of: float = 0.0
    reader: int | None = None

    @property
    def amount(self) -> float:
        """What it multiplies by."""
        with_inverse = float("inf") if self.inverse and self.value == 0 else self.value
        return 1.0 / with_inverse if self.inverse else self.value


@dataclass(frozen=True)
class Term:
    """A product with a sign."""

    sign: int
    factors: tuple[Factor, ...]

    @property
    def amount(self) -> float:
        """Its value."""
        return self.sign * prod(factor.amount for factor in self.factors)


@dataclass(frozen=True)
class Worked:
    """One number written out: ``outer`` times ``function`` of the sum of ``terms``.

    ``count`` is the number of terms of the whole sum, of which ``terms`` are the first. ``limit`` is what ``"clip"``
    keeps the sum within. ``value`` is the program's own number.
    """

    symbol: str
    place: tuple[int, int]
    value: float
    terms: tuple[Term, ...]
    count: int
    outer: tuple[Factor, ...] = ()
    function: Function = ""
    limit: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every term is there."""
        return len(self.terms) == self.count

    def result(self) -> float:
        """Return what the numbers written give; of a sum that is not complete this means nothing."""
        total = sum(term.amount for term in self.terms)
        if self.function == "sign":
            total = float((total > 0) - (total < 0))
        elif self.function == "clip":
            total = copysign(min(abs(total), self.limit), total)
        return total * prod(factor.amount for factor in self.outer)


@dataclass(frozen=True)
class Rule:
    """The chain rule of an array: its formula in plain characters, and one of its numbers written out."""

    symbol: str
    formula: str
    worked: Worked | None


def rule_of(computation: Computation, symbol: str, place: tuple[int, int], done: int) -> Rule | None:
    """Return how an array came about, and its entry at ``place`` (row, column) with numbers.

    None before it is written, and for what was there from the start.
    """
    stored = [symbol, *(part for part, _, _ in computation.rows_of(symbol)), *_transposed(symbol)]
    if not any(computation.writers(one, done) for one in stored):
        return None
    formula = _formula(computation, symbol, done).replace("gamma", "γ").replace("beta", "β")
    return Rule(symbol, formula, _worked(computation, symbol, place, done))


def _transposed(symbol: str) -> tuple[str, ...]:
    name, _, level = symbol.partition("[")
    return (f"dTheta[{level}.T",) if name in ("dW", "db") else ()


def _formula(computation: Computation, symbol: str, done: int) -> str:
    makers = [o for o in computation.operations[:-1] if symbol in o.writes and o.first < done]
    level = symbol.partition("[")[2]
    if symbol.startswith(("dW[", "db[")):
        mean = computation.factor + " " if done == computation.last else ""
        source = base_of(computation.stops[makers[0].first].about.reads[0][4:-1])
        return f"dW[{level} = {mean}dZ[{level} {source}ᵀ" if symbol[1] == "W" else f"db[{level} = {mean}Σ dZ[{level}"
    shares = [right_of(computation.calls(o.first, o.end)) for o in makers]
    if symbol.startswith("dZ[") and len(shares) == 1 and shares[0].startswith(f"dA[{level}"):
        inner = _formula(computation, f"dA[{level}", done)
        right = inner.partition(" = ")[2]
        if _product_only(computation, f"dA[{level}", done):
            return f"{symbol} = {right}{shares[0].removeprefix(f'dA[{level}')}"
    return f"{symbol} = {' + '.join(shares)}"


def _product_only(computation: Computation, symbol: str, done: int) -> bool:
    """Return whether a derivative is one matrix product, Wᵀ dZ, which the notes write in its place."""
    writers = computation.writers(symbol, done)
    return len(writers) == 1 and ".T.dot(" in computation.stops[writers[0]].about.code


# -- numbers -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sum:
    terms: tuple[Term, ...]
    count: int
    outer: tuple[Factor, ...] = ()
    function: Function = ""

    @property
    def bare(self) -> bool:
        return not self.outer and not self.function

    def negative(self) -> _Sum:
        return replace(self, terms=tuple(Term(-term.sign, term.factors) for term in self.terms))

    def plus(self, other: _Sum) -> _Sum:
        # Terms behind a gap would stand in the wrong place.
        more = other.terms if len(self.terms) == self.count else ()
        return _Sum((*self.terms, *more), self.count + other.count)


def _worked(computation: Computation, symbol: str, place: tuple[int, int], done: int) -> Worked | None:
    value = computation.entry(symbol, *place, done)
    if value is None:
        return None
    writing = _Writing(computation)
    name, _, level = symbol.partition("[")
    stored, row, column = symbol, *place
    if name in ("dW", "db"):
        stored, row, column = f"dTheta[{level}.T", place[1] + 1 if name == "dW" else 0, place[0]
    for part, start, stop in computation.rows_of(symbol):
        if start <= row < stop:
            stored, row = part, row - start
    writers = computation.writers(stored, done)
    found = writing.made(writers[-1], row, column) if writers else None
    if found is None or not found.terms:
        return None
    outer = found.outer
    if done == computation.last and symbol.startswith("d") and is_parameter(symbol):
        outer = (Factor(computation.factor, (0, 0), computation.walk.share), *outer)
    terms = found.terms if found.count <= MOST_TERMS else found.terms[:FIRST_TERMS]
    limit = writing.limit if found.function == "clip" else 0.0
    return Worked(symbol, place, value, terms, found.count, outer, found.function, limit)


class _Writing:
    """Reads a number's making off the calls, backward from the one that wrote it."""

    def __init__(self, computation: Computation) -> None:
        self.computation = computation
        self.limit = 0.0

    def made(self, place: int, row: int, column: int) -> _Sum | None:
        """Return the sum that the call at ``place`` wrote into (row, column)."""
        about = self.computation.stops[place].about
        reads, code = about.reads, about.code
        if ".dot(" in code and len(reads) == 2:
            return self._dot(place, row, column)
        name = code.removeprefix("np.").partition("(")[0]
        if name == "positive":
            return self._operand(reads[0], place, row, column)
        if name == "negative":
            found = self._operand(reads[0], place, row, column)
            return None if found is None else found.negative() if not found.function else None
        if name in ("add", "subtract"):
            return self._sum(place, row, column, -1 if name == "subtract" else 1)
        if name in ("multiply", "divide"):
            return self._scaled(place, row, column, inverse=name == "divide")
        if name == "sign" or (name in ("minimum", "maximum") and about.writes.startswith("dA[")):
            return self._bounded(place, row, column, "sign" if name == "sign" else "clip")
        return None

    def _dot(self, place: int, row: int, column: int) -> _Sum | None:
        left, right = self.computation.stops[place].about.reads
        shape = self.computation.shape(right if left == "1ᵀ" else left)
        if shape is None:
            return None
        count = shape[0] if left == "1ᵀ" else shape[1]
        total = _Sum((), 0)
        for k in range(count if count <= MOST_TERMS else FIRST_TERMS):
            if left == "1ᵀ" or right == "1":
                found = self._operand(*((right, place, k, column) if left == "1ᵀ" else (left, place, row, k)))
            else:
                factors = (self._factor(left, place, row, k), self._factor(right, place, k, column))
                known = tuple(factor for factor in factors if factor is not None)
                named = tuple(factor for factor in known if not _is_one(factor))
                found = _Sum((Term(1, named),), 1) if len(known) == len(factors) else None
            if found is None or not (found.bare or count == 1):
                break
            total = total.plus(found) if found.bare else found
        return replace(total, count=max(count, total.count)) if total.terms else None

    def _sum(self, place: int, row: int, column: int, sign: int) -> _Sum | None:
        about = self.computation.stops[place].about
        shared = is_sum([about])
        one = self._operand(about.reads[0], place, row, column, shared)
        other = self._operand(about.reads[1], place, row, column, shared)
        if one is None or other is None or not (one.bare and other.bare):
            return None
        return one.plus(other if sign > 0 else other.negative())

    def _scaled(self, place: int, row: int, column: int, inverse: bool) -> _Sum | None:
        """Return a product or quotient: what the in-place operand was made of, times the other."""
        first, second = self.computation.stops[place].about.reads
        if not inverse and not self._passes(first, place) and self._passes(second, place):
            first, second = second, first
        inner = self._operand(first, place, row, column)
        factor = self._factor(second, place, row, column)
        if inner is None or factor is None:
            return None
        factor = replace(factor, inverse=inverse)
        if inner.count == 1 and inner.bare and len(inner.terms) == 1:
            (term,) = inner.terms
            return _Sum((Term(term.sign, (*term.factors, factor)),), 1)
        return replace(inner, outer=(*inner.outer, factor))

    def _bounded(self, place: int, row: int, column: int, function: Function) -> _Sum | None:
        stop = self.computation.stops[place]
        found = self._operand(stop.about.reads[0], place, row, column)
        if found is None or found.outer or found.function not in ("", function):
            return None
        value = self.computation.entry(stop.about.writes, row, column, place + 1)
        if function == "clip" and value is not None:
            before = sum(term.amount for term in found.terms)
            if before == value:
                return found
            self.limit = abs(value)
        return replace(found, function=function)

    def _operand(self, symbol: str, place: int, row: int, column: int, shared: bool = False) -> _Sum | None:
        """Return what an operand was made of where it has no name of its own, otherwise itself."""
        if self._passes(symbol, place):
            writer = self.computation.writers(symbol, place)[-1]
            shape = self.computation.shape(symbol) or (row + 1, column + 1)
            found = self.made(writer, 0 if shape[0] == 1 else row, 0 if shape[1] == 1 else column)
            if found is not None and (found.bare or not shared):
                return found
            if shared:
                reader = self.computation.stops[writer].about.level
                target = self.computation.stops[place].about.writes
                factor = self._factor(symbol, place, row, column)
                return None if factor is None else _Sum((Term(1, (replace(factor, symbol=target, reader=reader),)),), 1)
            return None
        factor = self._factor(symbol, place, row, column)
        return None if factor is None else _Sum((Term(1, (factor,)),), 1)

    def _passes(self, symbol: str, place: int) -> bool:
        """Return whether a symbol's own making is written out in its place."""
        about = self.computation.stops[place].about
        if not self.computation.writers(symbol, place):
            return False
        if symbol == about.writes or symbol.startswith(_PASSED):
            return True
        return about.writes.startswith("dZ[") and _product_only(self.computation, symbol, place)

    def _factor(self, symbol: str, place: int, row: int, column: int) -> Factor | None:
        value = self.computation.entry(symbol, row, column, place)
        if value is None:
            return None
        found = Factor(symbol, (row, column), value)
        writers = self.computation.writers(symbol, place)
        if symbol.startswith("slope[") and writers:
            made = self.computation.stops[writers[-1]].about
            a = next((read for read in self.computation.stops[writers[0]].about.reads if read.startswith("A[")), "")
            of = self.computation.entry(a, row, column, place) if a else None
            if made.formula in _SLOPES and of is not None:
                return replace(found, slope=_SLOPES[made.formula], of=of)
        return found


def _is_one(factor: Factor) -> bool:
    """Return whether a factor is of the row of ones that stands above what an affine map reads."""
    return factor.symbol.startswith("[1; ") and factor.place[0] == 0

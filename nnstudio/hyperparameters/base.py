"""What a hyperparameter declares: its meaning, its usual range, its present value, and how another one is put in."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.declared import Declared, fields_of, title_of
from nnstudio import numbers
from nnstudio.document import Document

Value = float | int | str  # a kind (of optimizer, say) is told by its registered name
# "memory": by 1 / (1 − value), over how many steps it averages; "limit": a log scale where 0 stands for no limit
Scale = Literal["log", "linear", "memory", "limit", "names"]

MOST_VALUES = 12  # of one experiment
DIGITS = 4
LONGEST_EXACT = 7  # characters
MOST_NAMED = 4  # layers in a sentence
NO_LIMIT = "none"
_BETWEEN_NAMES = re.compile(r"\s*[,;\n]\s*")


@dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """One hyperparameter; to add one, declare it in a file here and name it in :data:`HYPERPARAMETERS`.

    ``meaning`` says in one or two sentences what it does and what too small and too large look like, ``usual`` which
    values are common, ``scale`` on what kind of axis its values stand.
    """

    name: str
    title: str
    meaning: str
    usual: str
    scale: Scale

    def symbol(self, document: Document) -> str:
        """Return its letter in the notes' notation, empty where it has none."""
        return ""

    def why_not(self, document: Document) -> str:
        """Return why it does not apply to this document, in a sentence, or an empty text where it does."""
        return ""

    def what_changes(self, document: Document) -> str:
        """Return what another value changes in this document, in a sentence; empty where the title says it."""
        return ""

    def present(self, document: Document) -> tuple[Value, ...]:
        """Return its value; several, each once, where layers differ, and none where it does not apply."""
        raise NotImplementedError

    def put(self, document: Document, value: Value) -> Document:
        """Return the document with this value and all else as it is.

        Raises
        ------
        ValueError
            When the value is outside its limits; the sentence says so.
        """
        raise NotImplementedError

    def suggested(self, document: Document, rows: int) -> tuple[Value, ...]:
        """Return a few values around the present one; ``rows`` is the number of training rows."""
        raise NotImplementedError

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the largest value; infinite for kinds."""
        return -math.inf, math.inf

    @property
    def choices(self) -> tuple[Value, ...]:
        """All values where there are few; none for numbers."""
        return ()

    def label(self, value: Value) -> str:
        """Return a value as a person reads it."""
        raise NotImplementedError

    def written(self, values: Sequence[Value]) -> str:
        """Return values as a line that :meth:`read` reads again."""
        raise NotImplementedError

    def read(self, text: str, document: Document) -> tuple[Value, ...]:
        """Return the values of a line that a person typed.

        Raises
        ------
        ValueError
            When there are none, too many, one twice, or one that cannot be; the sentence says which and what can be.
        """
        values = self._parsed(text)
        if not values:
            raise ValueError("There is no value to try: type some, with commas between them.")
        if len(values) > MOST_VALUES:
            raise ValueError(f"{len(values)} values are too many for one experiment: {MOST_VALUES} is the limit.")
        for value in values:
            if values.count(value) > 1:
                raise ValueError(f"{self.label(value)} is there twice: each value is tried once.")
            self.put(document, value)
        return values

    @property
    def noun(self) -> str:
        """The title within a sentence: ``learning rate``, ``L2 penalty``."""
        return self.title if self.title[1:2].isdigit() else self.title[:1].lower() + self.title[1:]

    def full_title(self, document: Document) -> str:
        """Return the title with its symbol, as ``Learning rate α``."""
        return f"{self.title} {self.symbol(document)}".strip()

    def _parsed(self, text: str) -> tuple[Value, ...]:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class NumberHyperparameter(Hyperparameter):
    """One whose values are numbers between :attr:`low` and :attr:`high`, whole ones where ``whole``.

    The high end is none of them where ``below_high``.
    """

    low: float
    high: float
    below_high: bool = False
    whole: bool = False

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the largest value."""
        return self.low, self.high

    def label(self, value: Value) -> str:
        """Return the number with sensible digits."""
        assert not isinstance(value, str)
        return NO_LIMIT if self.scale == "limit" and value == 0 else self._figure(value)

    def written(self, values: Sequence[Value]) -> str:
        """Return the numbers with all their digits."""
        return numbers.exact_list([float(value) for value in values])

    def checked(self, value: Value) -> float:
        """Return the number, within its limits.

        Raises
        ------
        ValueError
            When it is outside, or should be whole and is not.
        """
        if isinstance(value, str):
            raise ValueError(f"{value!r} is not a number.")
        if self.whole and value != int(value):
            raise ValueError(f"{self.title} is a whole number, not {numbers.exact(value)}.")
        if not self.low <= value <= self.high or (self.below_high and value == self.high):
            low, high = (self._figure(limit) for limit in self.limits)
            high = f"below {high}" if self.below_high else high
            raise ValueError(f"{self.title} goes from {low} to {high}, not {numbers.exact(value)}.")
        return value

    def _figure(self, value: float) -> str:
        if self.whole:
            return numbers.count(value)
        exact = numbers.exact(value)
        return exact if len(exact) <= LONGEST_EXACT else numbers.short(value, DIGITS)

    def _parsed(self, text: str) -> tuple[Value, ...]:
        found = sorted(numbers.parse_list(text))
        return tuple(int(value) if self.whole and value == int(value) else value for value in found)


@dataclass(frozen=True, kw_only=True)
class KindHyperparameter(Hyperparameter):
    """One whose values are the kinds of a registry: activations, optimizers."""

    kinds: Mapping[str, type[Declared]]
    usual_kinds: tuple[str, ...]
    scale: Scale = "names"

    @property
    def choices(self) -> tuple[Value, ...]:
        """The kinds, by their registered names."""
        return tuple(self.kinds)

    def label(self, value: Value) -> str:
        """Return the kind's title."""
        return title_of(self.kinds[str(value)]) if value in self.kinds else str(value)

    def written(self, values: Sequence[Value]) -> str:
        """Return the titles."""
        return ", ".join(self.label(value) for value in values)

    def checked(self, value: Value) -> type[Declared]:
        """Return the kind of a name.

        Raises
        ------
        ValueError
            When there is none; those that are there are named.
        """
        if value not in self.kinds:
            raise ValueError(f"There is no {self.title.lower()} {value}: choose among {self.written([*self.kinds])}.")
        return self.kinds[str(value)]

    def suggested(self, document: Document, rows: int) -> tuple[Value, ...]:
        """Return the usual kinds and the present ones, in the registry's order."""
        wanted = {*self.usual_kinds, *self.present(document)}
        return tuple(name for name in self.kinds if name in wanted)

    def _parsed(self, text: str) -> tuple[Value, ...]:
        names = {_plain(title_of(kind)): name for name, kind in self.kinds.items()}
        names |= {_plain(name): name for name in self.kinds}
        pieces = [piece for piece in _BETWEEN_NAMES.split(text.strip()) if piece]
        return tuple(names.get(_plain(piece), piece) for piece in pieces)


def limits_of(kind: type[Declared], name: str) -> tuple[float, float]:
    """Return the declared limits of a setting."""
    field = next(field for field in fields_of(kind) if field.name == name)
    assert field.minimum is not None
    assert field.maximum is not None
    return field.minimum, field.maximum


def around(value: float, factor: float, steps: Iterable[int], low: float, high: float) -> tuple[float, ...]:
    """Return ``value`` times powers of a factor within limits, all but the value itself rounded to one digit."""
    found = {value}
    for step in steps:
        other = value * factor**step
        if step and low <= other <= high:
            found.add(float(f"{other:.0e}"))
    return tuple(sorted(found))


def around_whole(value: int, factor: int, steps: Iterable[int], low: float, high: float) -> tuple[int, ...]:
    """Return a whole number times powers of a factor, rounded and within limits."""
    return tuple(sorted({int(min(max(round(value * float(factor) ** step), low), high)) for step in steps}))


def either(names: Sequence[str]) -> str:
    """Return names as a choice, as ``SGD, Adam or AdamW``."""
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def named(names: Sequence[str]) -> str:
    """Return names as a sentence has them: all of a few, else the first ones and how many more there are."""
    if len(names) > MOST_NAMED:
        names = [*names[: MOST_NAMED - 1], f"{numbers.count(len(names) - MOST_NAMED + 1)} more"]
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1] if names else "") if part)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).lower()

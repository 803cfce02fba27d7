"""Conditions of a lesson's checks: ``new_epochs >= 20 and learning_rate < 0.1``, read and evaluated, never executed."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Value = float | str | bool
Fact = Value | Callable[[Value], Value]

TOKEN = re.compile(
    r"\s*(?:(?P<number>[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|(?P<text>\"[^\"]*\")|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<mark><=|>=|==|!=|<|>|=|\(|\)))"
)
COMPARISONS: dict[str, Callable[[Value, Value], bool]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ORDER = ("<", "<=", ">", ">=")
DEEPEST = 20  # brackets within each other


class ConditionError(ValueError):
    """A condition that cannot be read; the sentence says what is wrong."""


@dataclass(frozen=True)
class Word:
    """A fact by its name, or a number or a text as it stands."""

    value: Value
    is_fact: bool
    argument: Value | None = None

    def of(self, facts: Mapping[str, Fact]) -> Value:
        """Return its value."""
        if not self.is_fact:
            return self.value
        fact = facts[str(self.value)]
        if callable(fact):
            return fact("" if self.argument is None else self.argument)
        return fact


@dataclass(frozen=True)
class Condition:
    """A tree of ``and``, ``or``, ``not`` and comparisons; a fact alone is true where it is neither 0 nor empty."""

    kind: str  # "and", "or", "not", "word", or a comparison
    parts: tuple[Condition, ...] = ()
    words: tuple[Word, ...] = ()

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Return whether it is true of some facts; a comparison with what is not known is false."""
        if self.kind == "and":
            return all(part.holds(facts) for part in self.parts)
        if self.kind == "or":
            return any(part.holds(facts) for part in self.parts)
        if self.kind == "not":
            return not self.parts[0].holds(facts)
        if self.kind == "word":
            return bool(self.words[0].of(facts))
        left, right = (word.of(facts) for word in self.words)
        if self.kind in ORDER and (isinstance(left, str) or isinstance(right, str)):
            return False
        return bool(COMPARISONS[self.kind](left, right))


def read_condition(text: str, names: Mapping[str, bool]) -> Condition:
    """Return a condition.

    Parameters
    ----------
    text
        ``new_epochs >= 20``, ``open(loss) and not training``, ``activation(1) = relu or optimizer = "adam"``.
    names
        The facts there are, and whether each takes something in brackets.

    Raises
    ------
    ConditionError
        When it is none, or names a fact that there is not.
    """
    return _Reader(text, names).read()


class _Reader:
    def __init__(self, text: str, names: Mapping[str, bool]) -> None:
        self.names, self.tokens, self.at = names, _tokens(text), 0

    def read(self) -> Condition:
        if not self.tokens:
            raise ConditionError("There is no condition.")
        condition = self.either(0)
        if self.at < len(self.tokens):
            raise ConditionError(f'"{self.tokens[self.at][1]}" stands where the condition should end.')
        return condition

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "the end")

    def take(self, word: str) -> bool:
        if self.peek()[1] == word:
            self.at += 1
            return True
        return False

    def either(self, depth: int) -> Condition:
        parts = [self.both(depth)]
        while self.take("or"):
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Condition("or", tuple(parts))

    def both(self, depth: int) -> Condition:
        parts = [self.single(depth)]
        while self.take("and"):
            parts.append(self.single(depth))
        return parts[0] if len(parts) == 1 else Condition("and", tuple(parts))

    def single(self, depth: int) -> Condition:
        if depth > DEEPEST:
            raise ConditionError(f"Brackets stand more than {DEEPEST} deep.")
        if self.take("not"):
            return Condition("not", (self.single(depth + 1),))
        if self.take("("):
            inside = self.either(depth + 1)
            if not self.take(")"):
                raise ConditionError("A closing bracket is missing.")
            return inside
        left = self.word(is_left=True)
        mark = self.peek()[1]
        if mark not in COMPARISONS:
            return Condition("word", words=(left,))
        self.at += 1
        return Condition("==" if mark == "=" else mark, words=(left, self.word(is_left=False)))

    def word(self, is_left: bool) -> Word:
        """Return a fact, a number or a text; on the right side a word that is no fact stands for itself."""
        kind, text = self.peek()
        if kind in ("end", "mark"):
            before = "the end" if kind == "end" else f'"{text}"'
            raise ConditionError(f"A name or a number is missing before {before}.")
        self.at += 1
        if kind == "number":
            return Word(float(text), False)
        if kind == "text":
            return Word(text[1:-1], False)
        if text not in self.names:
            if is_left:
                raise ConditionError(f'There is no fact "{text}". There are {", ".join(sorted(self.names))}.')
            return Word(text, False)
        if not self.names[text]:
            return Word(text, True)
        if not self.take("("):
            raise ConditionError(f'"{text}" needs something in brackets, as in {text}(1).')
        kind, argument = self.peek()
        self.at += 1
        if kind not in ("number", "text", "name") or not self.take(")"):
            raise ConditionError(f'"{text}" needs one name or number in brackets.')
        return Word(text, True, float(argument) if kind == "number" else argument.strip('"'))


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ConditionError(f'"{text[at:].strip()[:20]}" cannot be read.')
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    return found

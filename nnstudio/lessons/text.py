"""The text of a lesson: a head with what it begins with, and steps of prose, a question, and checks.

What is wrong with a text is told with its line, so that a teacher finds it.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from nnstudio.lessons.conditions import Condition, ConditionError, read_condition
from nnstudio.lessons.facts import DEEDS, NAMES
from nnstudio.lessons.start import Start

FENCE = "+++"  # around the head
MOST_TEXT = 1_000_000  # characters
CHOICE = re.compile(r"[-*] \[( |x|X)\] +(.+)")
BLOCK = re.compile(r"```(\w+)\s*$")
CONTROLS = ("train", "step", "epoch", "reset", "optimizer", "learning_rate", "batch_size", "epochs", "layers", "data")


class LessonError(ValueError):
    """A text that is no lesson; the sentence names the line."""


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The head of a lesson.

    ``views`` are opened with it, ``panels`` are the live panels that are shown below; ``controls`` are those of
    :data:`CONTROLS` that are shown, empty for all.
    """

    title: str
    summary: str = ""
    minutes: int = 0
    views: tuple[str, ...] = ()
    panels: tuple[str, ...] = ("cost", "boundary")
    controls: tuple[str, ...] = ()
    start: Start = Start()


@dataclass(frozen=True)
class Check:
    """One thing to be done, in words, and the condition by which it is seen."""

    words: str
    condition: Condition


@dataclass(frozen=True)
class Question:
    """Something to predict: choices, the right one, and why."""

    text: str
    choices: tuple[str, ...]
    right: int
    because: str


@dataclass(frozen=True)
class Step:
    """One step: its heading, its prose as Markdown, a question, and what is to be done."""

    title: str
    text: str
    question: Question | None = None
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """A lesson. ``text`` is all of it, as it was written."""

    head: Head
    steps: tuple[Step, ...]
    text: str = field(repr=False, default="")

    @property
    def title(self) -> str:
        """The lesson's title."""
        return self.head.title


def is_lesson(text: str) -> bool:
    """Return whether a text begins as a lesson does."""
    return text.lstrip("\ufeff").startswith(FENCE)


def read(path: str | Path) -> Lesson:
    """Return the lesson in a file.

    Raises
    ------
    LessonError
        When it cannot be read, or is none; the file and the line are named.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LessonError(f"There is no file {path}. Check the name and the folder.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LessonError(f"{path} cannot be read as UTF-8 text: {error}.") from error
    try:
        return parse(text)
    except LessonError as error:
        raise LessonError(f"{path}: {error}") from None


def parse(text: str) -> Lesson:
    """Return the lesson that a text writes.

    Raises
    ------
    LessonError
        When it is none; the line is named.
    """
    if len(text) > MOST_TEXT:
        raise LessonError(f"A lesson has at most {MOST_TEXT:,} characters, and this text has {len(text):,}.")
    lines = text.lstrip("\ufeff").splitlines()
    if not lines or lines[0].strip() != FENCE:
        raise LessonError(f"Line 1: a lesson begins with a line {FENCE}, its head, and another line {FENCE}.")
    ends = [number for number, line in enumerate(lines[1:], 1) if line.strip() == FENCE]
    if not ends:
        raise LessonError(f"The head that begins in line 1 has no end: a line {FENCE} is missing.")
    head = _head("\n".join(lines[1 : ends[0]]))
    steps = _steps(lines, ends[0] + 1)
    if not steps:
        raise LessonError("There is no step: a step begins with a heading, ## and its name.")
    return Lesson(head, tuple(steps), text)


def _head(text: str) -> Head:
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LessonError(f'The head cannot be read: {error}. It is TOML, title = "…" and the like.') from None
    try:
        head = msgspec.convert(given, Head)
    except msgspec.ValidationError as error:
        raise LessonError(f"The head is not as it should be: {error}.") from None
    unknown = [name for name in head.controls if name not in CONTROLS]
    if unknown:
        raise LessonError(f"There is no control {unknown[0]!r}. The controls are {', '.join(CONTROLS)}.")
    return head


def _steps(lines: list[str], first: int) -> list[Step]:
    """Return the steps; ``first`` is the line after the head, counted from 0."""
    steps: list[Step] = []
    at = first
    while at < len(lines):
        line = lines[at]
        if line.startswith("## "):
            end = at + 1
            fenced = False
            while end < len(lines) and (fenced or not lines[end].startswith("## ")):
                fenced ^= lines[end].startswith("```")
                end += 1
            steps.append(_step(line[3:].strip(), lines, at + 1, end))
            at = end
        elif line.strip() and not line.startswith("# "):
            raise LessonError(f"Line {at + 1}: text before the first step. Put it below a heading, ## and its name.")
        else:
            at += 1
    return steps


def _step(title: str, lines: list[str], first: int, end: int) -> Step:
    prose: list[str] = []
    question: Question | None = None
    checks: list[Check] = []
    at = first
    while at < end:
        block = BLOCK.match(lines[at])
        if block is None or block[1] not in ("check", "predict"):
            prose.append(lines[at])
            at += 1
            continue
        close = next((k for k in range(at + 1, end) if lines[k].strip() == "```"), None)
        if close is None:
            raise LessonError(f"Line {at + 1}: this block has no end, a line ``` is missing.")
        if block[1] == "check":
            checks += _checks(lines, at + 1, close)
        elif question is not None:
            raise LessonError(f"Line {at + 1}: a step has one question, and this is the second.")
        else:
            question = _question(lines, at + 1, close)
        at = close + 1
    return Step(title, "\n".join(prose).strip(), question, tuple(checks))


def _checks(lines: list[str], first: int, end: int) -> list[Check]:
    found = []
    for number in range(first, end):
        if not lines[number].strip():
            continue
        words, colon, condition = lines[number].rpartition(":")
        if not colon or not words.strip():
            raise LessonError(f"Line {number + 1}: a check is words, a colon and a condition.")
        try:
            read = read_condition(condition, {name: takes for name, (_, takes) in NAMES.items()})
        except ConditionError as error:
            raise LessonError(f"Line {number + 1}: {error}") from None
        _check_deeds(read, number + 1)
        found.append(Check(words.strip(), read))
    return found


def _check_deeds(condition: Condition, line: int) -> None:
    for word in condition.words:
        if word.is_fact and word.value == "did":
            known = word.argument in DEEDS or str(word.argument).startswith(("run_lab_", "choose_function_"))
            if not known:
                raise LessonError(f"Line {line}: there is no deed {word.argument!r}. There are {', '.join(DEEDS)}.")
    for part in condition.parts:
        _check_deeds(part, line)


def _question(lines: list[str], first: int, end: int) -> Question:
    asked: list[str] = []
    choices: list[str] = []
    because: list[str] = []
    right: list[int] = []
    for line in lines[first:end]:
        choice = CHOICE.match(line.strip())
        if choice is not None:
            if choice[1] != " ":
                right.append(len(choices))
            choices.append(choice[2].strip())
        else:
            (because if choices else asked).append(line)
    if len(choices) < 2 or len(right) != 1:
        raise LessonError(
            f"Line {first}: a question has choices, - [ ] and what might happen, and one of them, - [x], is right."
        )
    return Question("\n".join(asked).strip(), tuple(choices), right[0], "\n".join(because).strip())

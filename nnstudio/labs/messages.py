"""What the window and the labs' process say to each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Called by a job with the share that is done, 0 to 1, and with what it is at.
Report = Callable[[float, str], None]


@dataclass(frozen=True)
class Progress:
    """A job has come so far; ``share`` is 0 to 1."""

    job: int
    share: float
    words: str


@dataclass(frozen=True)
class Result:
    """A job has returned ``value``."""

    job: int
    value: Any


@dataclass(frozen=True)
class Failed:
    """A job has come to nothing; the sentence says why."""

    job: int
    sentence: str


Event = Progress | Result | Failed

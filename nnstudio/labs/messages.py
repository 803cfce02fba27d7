"""What the window and the labs' process say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class Report(Protocol):
    """Called by a job with the share that is done, 0 to 1, with what it is at, and with what it has found so far."""

    def __call__(self, share: float, words: str, found: Any = None) -> None:
        """Tell the window, now and then; what has been found is always told."""


@dataclass(frozen=True)
class Progress:
    """A job has come so far; ``share`` is 0 to 1, ``found`` what it would return if it ended here, None for nothing."""

    job: int
    share: float
    words: str
    found: Any = None


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

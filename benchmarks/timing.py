"""Measuring several things side by side, so that what disturbs one of them disturbs the others too."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Repeat = Callable[[int], object]  # does its work so many times over

ROUNDS = 5
LEAST_SECONDS = 0.2  # of one measurement: in less, small networks are measured with cold caches


@dataclass(frozen=True)
class Effort:
    """How much is measured; ``quick`` only shows that everything runs, its figures mean nothing."""

    quick: bool = False

    @property
    def rounds(self) -> int:
        return 1 if self.quick else ROUNDS

    @property
    def least_seconds(self) -> float:
        return 0.01 if self.quick else LEAST_SECONDS


@dataclass(frozen=True)
class Timing:
    """Medians over the rounds: seconds of one repetition, and processor seconds of this process in a second."""

    seconds: float
    cores: float


def side_by_side(
    works: Mapping[str, Repeat], effort: Effort, multiples: Mapping[str, int] | None = None
) -> dict[str, Timing]:
    """Measure each work once a round, one after the other, for some rounds.

    Parameters
    ----------
    works
        By name. Each is called with the number of repetitions.
    multiples
        Repetitions that belong together, where something happens only once in so many; 1 where nothing is said.
    """
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for _ in range(effort.rounds):
        for name, work in works.items():
            multiple = 1 if effort.quick else (multiples or {}).get(name, 1)
            seen[name].append(_measure(work, effort.least_seconds, multiple))
    return {
        name: Timing(statistics.median(s for s, _ in pairs), statistics.median(c for _, c in pairs))
        for name, pairs in seen.items()
    }


def _measure(work: Repeat, least_seconds: float, multiple: int) -> tuple[float, float]:
    """Return seconds of one repetition, and processor seconds in a second; the first repetition is not counted."""
    started = time.perf_counter()
    work(1)
    once = time.perf_counter() - started
    count = math.ceil(max(1.0, least_seconds / once) / multiple) * multiple
    done, started, processor = 0, time.perf_counter(), time.process_time()
    while done == 0 or time.perf_counter() - started < least_seconds:
        work(count)
        done += count
    seconds = time.perf_counter() - started
    return seconds / done, (time.process_time() - processor) / seconds

"""The figures by which the values of an experiment can be compared: costs, and the score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nnstudio import numbers

if TYPE_CHECKING:
    from nnstudio.labs.tuning import Tuning

Figure = Literal["cost", "score", "training_cost"]  # of a run

SCORE_TITLES = {"accuracy": "accuracy", "r2": "R²"}


@dataclass(frozen=True)
class Measure:
    """A figure of the runs by which values are compared.

    ``high_is_good`` tells scores from costs. ``step`` is the least difference there can be between two runs: one row
    more for a share of rows, 0 for what has no such steps.
    """

    figure: Figure
    title: str
    high_is_good: bool = False
    is_share: bool = False
    step: float = 0.0

    @property
    def worst(self) -> float:
        """What a run that diverged counts as."""
        return -math.inf if self.high_is_good else math.inf

    def words(self, value: float) -> str:
        """Return a value as a person reads it."""
        return numbers.percent(value) if self.is_share else numbers.number(value)


def measures_of(tuning: Tuning) -> tuple[Measure, ...]:
    """Return what there is to compare by, the cost that judges first; no score where it is unknown."""
    by = tuning.judged_by
    found = [Measure("cost", f"{by} cost")]
    scores = [run.score for outcome in tuning.outcomes for run in outcome.finished]
    if scores and all(math.isfinite(score) for score in scores):
        title, is_share = f"{by} {score_title(tuning)}", tuning.score_name == "accuracy"
        rows = tuning.validation_examples or tuning.examples
        found.append(Measure("score", title, True, is_share, 1.0 / max(rows, 1) if is_share else 0.0))
    if tuning.validation_examples:
        found.append(Measure("training_cost", "training cost"))
    return tuple(found)


def best_of(tuning: Tuning, measure: Measure) -> int:
    """Return which outcome has the best median by a measure, the first of equal ones.

    As in the verdict it is one whose runs all came to their end, where there is such a one.
    """
    sign = -1.0 if measure.high_is_good else 1.0

    def rank(index: int) -> tuple[bool, bool, float]:
        outcome = tuning.outcomes[index]
        return not outcome.whole, not outcome.runs, sign * outcome.median(measure.figure, measure.worst)

    return min(range(len(tuning.outcomes)), key=rank)


def score_title(tuning: Tuning) -> str:
    """Return the name of the score."""
    return SCORE_TITLES.get(tuning.score_name, "score")

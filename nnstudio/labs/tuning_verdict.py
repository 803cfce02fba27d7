"""What an experiment allows to be said: which value is lowest, and which cannot be told apart with so few seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnstudio import numbers
from nnstudio.labs.tuning_measures import Measure, measures_of

if TYPE_CHECKING:
    from nnstudio.labs.tuning import Outcome, Tuning

Figures = NDArray[np.float64]  # of one value's runs, (seeds,)

LEVEL = 0.05  # how often values that do not differ may be told apart all the same, in a whole experiment
SMALLEST_COST = 1e-30  # what a cost of zero becomes before its logarithm is taken
NODES = 64  # of the quadrature


def verdict_of(tuning: Tuning, measure: Measure | None = None) -> str:
    """Return what was found by a measure, by the cost that judges without one.

    The words claim no more than the spread over the seeds allows.
    """
    measure = measure or measures_of(tuning)[0]
    said = []
    if not tuning.complete:
        tried, planned = len(tuning.outcomes), len(tuning.experiment.candidates)
        said.append(f"{tried} of {planned} values tried so far.")
    whole = [outcome for outcome in tuning.outcomes if outcome.whole]
    if whole:
        said += _comparison(tuning, measure, whole)
    said += _divergence(tuning.outcomes)
    said += [f"{outcome.label} cannot be trained. {outcome.problem}" for outcome in tuning.outcomes if outcome.problem]
    return " ".join(said)


@dataclass(frozen=True)
class Comparison:
    """The outcome with the best median, and how the others, in the order of the values, stand to it.

    ``apart`` are worse by more than the seeds differ; ``unsettled`` are worse in every run, which so few seeds do not
    make certain; ``alike`` are neither.
    """

    best: Outcome
    apart: tuple[Outcome, ...]
    unsettled: tuple[Outcome, ...]
    alike: tuple[Outcome, ...]


def compare(whole: Sequence[Outcome], measure: Measure) -> Comparison:
    """Return how outcomes with equally many runs, all of which came to their end, stand to the best one.

    Apart are two values by Welch's t-test of the final figures, or of the logarithms of costs, at a level of 5 % that
    is divided among all these tests (Bonferroni).
    """
    sign = -1.0 if measure.high_is_good else 1.0
    best = min(whole, key=lambda outcome: sign * outcome.median(measure.figure, measure.worst))
    others = [outcome for outcome in whole if outcome is not best]
    tests = len(others) if measure.high_is_good else 2 * len(others)
    level = LEVEL / max(tests, 1)
    good = _figures(best, measure)
    groups: dict[str, list[Outcome]] = {"apart": [], "unsettled": [], "alike": []}
    for other in others:
        bad = _figures(other, measure)
        p = welch(good, bad, measure.step)
        if not measure.high_is_good:
            p = min(p, welch(_log(good), _log(bad)))
        is_worse_in_all = (sign * good).max() < (sign * bad).min()
        groups["apart" if p < level else "unsettled" if is_worse_in_all else "alike"].append(other)
    return Comparison(best, **{name: tuple(group) for name, group in groups.items()})


def welch(one: Figures, other: Figures, step: float = 0.0) -> float:
    """Return the two-sided p of Welch's t-test for equal means; 1 where a sample has fewer than two values.

    Figures that come in steps are equal in a few runs by chance: their deviation is taken to be one step at least.
    """
    if min(len(one), len(other)) < 2:
        return 1.0
    parts = np.array([max(float(np.var(sample, ddof=1)), step**2) / len(sample) for sample in (one, other)])
    difference, variance = abs(float(np.mean(one) - np.mean(other))), float(parts.sum())
    if variance == 0.0:
        return 0.0 if difference else 1.0
    freedom = variance**2 / sum(part**2 / (len(sample) - 1) for part, sample in zip(parts, (one, other), strict=True))
    return student_tails(difference / math.sqrt(variance), float(freedom))


def student_tails(t: float, freedom: float) -> float:
    """Return the probability that |T| > t, for Student's t with ``freedom`` degrees of freedom, at least 1.

    With t = √ν tan θ the density is in proportion to cos^(ν − 1) θ, which is integrated by Gauss and Legendre.
    """

    def integral(start: float) -> float:
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        half = (math.pi / 2 - start) / 2
        return half * float(weights @ np.cos(start + half * (nodes + 1)) ** (freedom - 1))

    return integral(math.atan(t / math.sqrt(freedom))) / integral(0.0)


def _figures(outcome: Outcome, measure: Measure) -> Figures:
    return np.array([getattr(run, measure.figure) for run in outcome.runs])


def _log(costs: Figures) -> Figures:
    return np.log(np.maximum(costs, SMALLEST_COST))


def _comparison(tuning: Tuning, measure: Measure, whole: list[Outcome]) -> list[str]:
    found, count = compare(whole, measure), len(tuning.experiment.seeds)
    best, seeds = found.best, numbers.plural(count, "seed")
    what = f"The {measure.title}"
    at_best, worse = ("highest", "lower") if measure.high_is_good else ("lowest", "higher")
    if tuning.experiment.name != "epochs":
        what += f" after {numbers.plural(tuning.experiment.candidates[0].settings.epochs, 'epoch')}"
    value = measure.words(best.median(measure.figure, measure.worst))
    if len(whole) == 1:
        return [f"{what} with {best.label} is {value}{f', the median of {seeds}' * (count > 1)}."]
    if count == 1:
        return [f"{what} is {at_best} with {best.label}: {value}. With one seed nothing can be told apart: try more."]
    said = [f"{what} is {at_best} with {best.label}: {value}, the median of {seeds}."]
    if len(found.alike) == 1:
        pair = [outcome for outcome in whole if outcome in (best, *found.alike)]
        said.append(f"{_listed(pair)} cannot be told apart with {seeds}.")
    elif found.alike:
        said.append(f"{_listed(found.alike)} cannot be told apart from it with {seeds}.")
    if found.unsettled:
        said.append(f"{_listed(found.unsettled)} came out {worse} in every run, though {seeds} do not settle it.")
    if found.apart:
        verb = "is" if len(found.apart) == 1 else "are"
        said.append(f"{_listed(found.apart)} {verb} {worse} by more than the seeds differ.")
    edge = _edge(tuning, best)
    return [*said, edge] if edge else said


def _edge(tuning: Tuning, best: Outcome) -> str:
    """Say that the best is at an end of what was tried, where there could be values beyond."""
    experiment = tuning.experiment
    tried = [outcome.value for outcome in tuning.outcomes]
    if experiment.scale in ("names", "limit") or not tuning.complete or len(tried) < 2:
        return ""
    low, high = experiment.limits
    if best.value == tried[-1] and tried[-1] != high:
        return f"{best.label} is the largest value tried: larger ones may be better still."
    if best.value == tried[0] and tried[0] not in (low, 0):
        return f"{best.label} is the smallest value tried: smaller ones may be better still."
    return ""


def _divergence(outcomes: Sequence[Outcome]) -> list[str]:
    """Say of which values some runs diverged, and with which ones all did."""
    some = [outcome for outcome in outcomes if outcome.diverged and outcome.finished]
    said = [f"With {one.label}, {one.diverged} of {len(one.runs)} runs diverged." for one in some]
    lost = [outcome for outcome in outcomes if outcome.diverged and not outcome.finished]
    if lost:
        said.append(f"With {_listed(lost)} {'training' if len(lost[0].runs) == 1 else 'every run'} diverged.")
    return said


def _listed(outcomes: Sequence[Outcome]) -> str:
    labels = [outcome.label for outcome in outcomes]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"

"""Figures of an experiment in words: means with their spread, scores, and the whole as text."""

from __future__ import annotations

import math

from nnstudio import numbers
from nnstudio.labs.tuning import Outcome, Tuning
from nnstudio.labs.tuning_measures import Figure, score_title

SPREAD_DIGITS = 2
SMALLEST_SPREAD = 1e-5  # that is written without an exponent
PERCENT = f"{numbers.THIN_SPACE}%"


def spread_words(outcome: Outcome, figure: Figure) -> str:
    """Return the mean of a figure with its spread, as ``0.0417 ± 0.0032``."""
    mean, spread = outcome.mean(figure), outcome.spread(figure)
    words = numbers.number(mean)
    if math.isnan(spread):
        return words
    if "e" not in words and SMALLEST_SPREAD <= spread < numbers.SMALLEST_PLAIN:
        return f"{words} ± {spread:.{SPREAD_DIGITS - 1 - math.floor(math.log10(spread))}f}"  # no exponent beside none
    return f"{words} ± {numbers.number(spread, SPREAD_DIGITS)}"


def score_figures(tuning: Tuning, outcome: Outcome) -> str:
    """Return the mean score with its spread; shares as percentages."""
    if tuning.score_name != "accuracy":
        return spread_words(outcome, "score")
    mean, spread = outcome.mean("score"), outcome.spread("score")
    words = numbers.percent(mean)
    if math.isnan(spread):
        return words
    share = words.removesuffix(PERCENT)
    return f"{share} ± {numbers.short(100.0 * spread, SPREAD_DIGITS)}{PERCENT}"


def score_words(tuning: Tuning, outcome: Outcome) -> str:
    """Return the score with its name."""
    return f"{score_title(tuning)} {score_figures(tuning, outcome)}"


def runs_words(outcome: Outcome) -> str:
    """Return what became of a value's runs, empty where all came to their end."""
    if outcome.problem:
        return "not trained"
    return f"{outcome.diverged} of {len(outcome.runs)} diverged" if outcome.diverged else ""


def as_text(tuning: Tuning) -> str:
    """Return a row a value with means and spreads, and a row a run below, separated by tabs, with all their digits."""
    by, score, title = tuning.judged_by, score_title(tuning), tuning.experiment.title
    rows = [f"{title}\tmedian {by} cost\tmean\tspread\tmean {score}\tspread\tmean training cost\truns\tdiverged"]
    for outcome in tuning.outcomes:
        figures = [outcome.median("cost"), outcome.mean("cost"), outcome.spread("cost")]
        figures += [outcome.mean("score"), outcome.spread("score"), outcome.mean("training_cost")]
        counts = f"{len(outcome.runs)}\t{outcome.diverged}"
        rows.append(f"{outcome.label}\t" + "\t".join(_plain(figure) for figure in figures) + f"\t{counts}")
    rows += ["", f"{title}\tseed\t{by} cost\t{score}\ttraining cost\tend"]
    for outcome in tuning.outcomes:
        if outcome.problem:
            rows.append(f"{outcome.label}\t\t\t\t\t{outcome.problem}")
        for run in outcome.runs:
            figures = [run.cost, run.score, run.training_cost]
            end = run.message or "last epoch"
            rows.append(f"{outcome.label}\t{run.seed}\t" + "\t".join(_plain(figure) for figure in figures) + f"\t{end}")
    return "\n".join(rows)


def _plain(figure: float) -> str:
    return f"{figure:.6g}" if math.isfinite(figure) else ""

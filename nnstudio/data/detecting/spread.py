"""How the cells of one column are spread, small enough to draw beside its name: a histogram, or bars of texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnstudio.data.bins import bin_edges
from nnstudio.data.recipe import Task
from nnstudio.data.table import Categories, ColumnValues, NumberArray
from nnstudio.data.task import propose_task

MOST_BARS = 12  # of texts: the most frequent


@dataclass(frozen=True)
class Spread:
    """Cells in each bar, those left out that are missing or cannot be read.

    Attributes
    ----------
    counts
        Of numbers and dates those in each of evenly wide bins, of texts those of each text, the most frequent first.
    texts
        The texts of the bars; empty for numbers and dates.
    others
        Cells that hold further texts.
    edges
        Ends of the first and last bin; None where there are no numbers.
    low, mean, high
        Of numbers, and of dates in seconds since 1970-01-01; None where there are none.
    """

    counts: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()
    others: int = 0
    edges: tuple[float, float] | None = None
    low: float | None = None
    mean: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Figures:
    """What takes a moment to find of a column: its spread, and the task that it suggests as a target."""

    spread: Spread
    task: Task | None


def figures_of(values: ColumnValues) -> Figures:
    """Return the figures of a column (m,), its missing cells left out; no task where all are missing."""
    if isinstance(values, Categories):
        spread = _of_texts(values)
        return Figures(spread, propose_task(values) if spread.counts else None)
    known = values[np.isfinite(values)]
    if not len(known):
        return Figures(Spread(), None)
    return Figures(_of_numbers(known), propose_task(known))


def mean_of(known: NumberArray) -> float:
    """Return the mean of finite numbers (m,), also of those near the largest, whose sum is no number."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(known.mean())
    return mean if np.isfinite(mean) else float((known / len(known)).sum())


def _of_texts(values: Categories) -> Spread:
    found = np.bincount(values.codes[values.codes >= 0], minlength=len(values.names))
    order = np.argsort(-found, kind="stable")[:MOST_BARS]
    order = order[found[order] > 0]
    counts = tuple(found[order].tolist())
    return Spread(counts, tuple(values.names[i] for i in order.tolist()), int(found.sum()) - sum(counts))


def _of_numbers(known: NumberArray) -> Spread:
    low, high = float(known.min()), float(known.max())
    mean, width = mean_of(known), high - low
    if not np.isfinite(width):  # no bin is as wide as that
        return Spread((len(known),), edges=(low, high), low=low, mean=mean, high=high)
    edges = bin_edges(known, low, high)
    counts = np.histogram(known, len(edges) - 1, (edges[0], edges[-1]))[0]
    return Spread(tuple(counts.tolist()), edges=(float(edges[0]), float(edges[-1])), low=low, mean=mean, high=high)

"""Columns that give away the target: one alone tells the classes, or the order of the numbers, almost exactly."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.doubt import DataWarning
from nnstudio.data.preparing.fitted import FittedPreparation, FittedTarget
from nnstudio.data.preparing.targets import Learned
from nnstudio.data.recipe import listed
from nnstudio.data.table import Categories, ColumnValues, Table, some_of
from nnstudio.data.work import in_threads

SAMPLE = 20_000  # training rows that are looked at for a column that gives away the target
SAMPLE_CELLS = 4_000_000  # of a table with very many columns, fewer rows are looked at
MOST_COLUMNS = 2_000  # and only so many columns
LEAST_ROWS = 20  # fewer may be told apart by chance
ALMOST_ALL = 0.99  # of each class told right by one column alone
ALMOST_STRAIGHT = 0.9995  # rank correlation of a column with a number to predict
SCREENED = 1_000  # rows of the sample
FAR_FROM_STRAIGHT = 0.9  # below it in so many rows, it is not above the limit in all
LEAST_ROWS_A_TEXT = 5  # on average, before a text is believed to tell the target
MOST_CLASSES = 50

Ranks = NDArray[np.float64]
Codes = NDArray[np.int64]


def giveaways(
    table: Table, fitted: FittedPreparation, rows: NDArray[np.int64], training: NDArray[np.int64], what: Learned
) -> Iterator[DataWarning]:
    """Yield a warning for each target of the columns that alone tell it almost exactly.

    ``rows`` (m,) are the table's rows in use, ``training`` the places of those that train.
    """
    if len(training) < LEAST_ROWS:
        return
    columns = fitted.columns[:MOST_COLUMNS]
    most = min(len(training), SAMPLE, max(LEAST_ROWS, SAMPLE_CELLS // len(columns)))
    places = np.sort(training[np.linspace(0, len(training) - 1, most).astype(np.int64)])  # in order: read faster
    sample, seen = rows[places], what.of(places)
    for at, target in enumerate(fitted.targets):
        answers = _answers(table, target, seen, sample, at)
        if answers is None:
            continue
        asked = partial(_tells, answers=answers, classes=bool(seen.codes))
        told = in_threads(asked, [some_of(table.columns[column.name], sample) for column in columns])
        names = [column.name for column, tells in zip(columns, told, strict=True) if tells]
        if names:
            one = len(names) == 1
            yield DataWarning(
                kind="gives_away",
                text=f"{listed(names)} {'tells' if one else 'each tell'} {target.name!r} almost exactly. If "
                f"{'it is' if one else 'they are'} not known before the target is, ignore "
                f"{'it' if one else 'them'}.",
                columns=tuple(names),
            )


def _answers(
    table: Table, target: FittedTarget, what: Learned, rows: NDArray[np.int64], at: int
) -> Codes | Ranks | None:
    """Return the classes (m,) of a target, or its ranks; None where there are too many classes, or nothing varies."""
    if what.codes:
        classes = np.unique(what.codes[at], return_inverse=True)[1].astype(np.int64)
        return classes if 1 < classes.max() + 1 <= MOST_CLASSES else None
    values = table.columns[target.name]
    assert not isinstance(values, Categories)
    ranks = _ranks(values[rows])
    return ranks if np.ptp(ranks) > 0 else None


def _tells(values: ColumnValues, answers: Codes | Ranks, classes: bool) -> bool:
    """Return whether a column (m,) alone tells the classes, or the ranks of the number, almost exactly."""
    if isinstance(values, Categories):
        # A missing cell is a category of its own here.
        texts = np.unique(values.codes, return_inverse=True)[1].astype(np.int64)
        if len(texts) < LEAST_ROWS_A_TEXT * (texts.max() + 1) or texts.max() == 0:
            return False
        if classes:
            return _classes_by_text(texts, answers.astype(np.int64))
        return _number_by_text(texts, answers.astype(np.float64))
    known = ~np.isnan(values)
    if known.sum() < max(LEAST_ROWS, len(values) / 2):
        return False
    values, answers = values[known], answers[known]
    if np.ptp(values) == 0:
        return False
    if classes:
        return _classes_by_number(values, np.unique(answers, return_inverse=True)[1].astype(np.int64))
    some = slice(None, None, max(1, len(values) // SCREENED))  # most columns show with these that they do not tell
    first = _straightness(values[some], answers[some])
    return (first is None or first >= FAR_FROM_STRAIGHT) and (_straightness(values, answers) or 0) >= ALMOST_STRAIGHT


def _straightness(values: NDArray[np.float64], answers: NDArray[np.number]) -> float | None:
    """Return how far the ranks of two columns (m,) go along with each other, or against, from 0 to 1; None where one
    column is constant.
    """
    ranks, others = _ranks(values), _ranks(answers.astype(np.float64))
    if np.ptp(ranks) == 0 or np.ptp(others) == 0:
        return None
    return abs(float(np.corrcoef(ranks, others)[0, 1]))


def _classes_by_text(texts: Codes, classes: Codes) -> bool:
    counts = np.zeros((int(texts.max()) + 1, int(classes.max()) + 1), np.int64)
    np.add.at(counts, (texts, classes), 1)
    return _told_right(counts.argmax(axis=1)[texts], classes)


def _number_by_text(texts: Codes, ranks: Ranks) -> bool:
    sums, counts = np.bincount(texts, ranks), np.bincount(texts)
    rest = ranks - (sums / counts)[texts]
    return 1.0 - float(rest @ rest) / float(np.sum((ranks - ranks.mean()) ** 2)) >= ALMOST_STRAIGHT


def _classes_by_number(values: NDArray[np.float64], classes: Codes) -> bool:
    """Return whether thresholds alone part the classes, put in the order of their medians."""
    count = int(classes.max()) + 1
    if count < 2:
        return False
    order = np.argsort([np.median(values[classes == index]) for index in range(count)], kind="stable")
    place = np.empty(count, np.int64)
    place[order] = np.arange(count)
    placed = place[classes]
    limits = [
        _threshold(values[(placed == k) | (placed == k + 1)], placed[(placed == k) | (placed == k + 1)] > k)
        for k in range(count - 1)
    ]
    return _told_right(np.searchsorted(np.sort(limits), values, side="left"), placed)


def _threshold(values: NDArray[np.float64], upper: NDArray[np.bool_]) -> float:
    """Return the value up to which the lower of two classes is told, with the best balanced accuracy."""
    order = np.argsort(values, kind="stable")
    ordered, above = values[order], upper[order]
    right = np.cumsum(~above) / max(int((~above).sum()), 1) - np.cumsum(above) / max(int(above.sum()), 1)
    last = np.append(ordered[1:] != ordered[:-1], True)  # of each run of equal values
    return float(ordered[int(np.argmax(np.where(last, right, -np.inf)))])


def _told_right(predicted: Codes, classes: Codes) -> bool:
    counts = np.bincount(classes)
    right = np.bincount(classes[predicted == classes], minlength=len(counts))
    return bool(np.all(right[counts > 0] >= ALMOST_ALL * counts[counts > 0]))


def _ranks(values: NDArray[np.float64]) -> Ranks:
    """Return ranks (m,), equal values having the same."""
    distinct, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    return np.asarray(middle[places.reshape(-1)] if len(distinct) else np.zeros(0))

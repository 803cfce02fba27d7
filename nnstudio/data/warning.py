"""What is doubtful about prepared data: inputs that give away the target, rows on both sides of the split, and more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.declared import Declared
from nnstudio.data.fitted import FittedColumn, FittedPreparation, FittedTarget
from nnstudio.data.propose import ID_NAMES, ID_WORDS
from nnstudio.data.recipe import Kind, listed, plural
from nnstudio.data.repeated import count_repeated
from nnstudio.data.split import Split
from nnstudio.data.table import Categories, ColumnValues, Table
from nnstudio.data.targets import Learned
from nnstudio.data.work import in_threads

WarningKind = Literal[
    "gives_away", "constant", "identity", "duplicates", "small_class", "unseen_class", "few_rows", "untrained"
]

SAMPLE = 20_000  # training rows that are looked at for a column that gives away the target
SAMPLE_CELLS = 4_000_000  # of a table with very many columns, fewer rows are looked at
FIRST = 100  # training rows that mostly tell enough about a column
MOST_COLUMNS = 2_000  # and only so many columns
LEAST_ROWS = 20  # fewer may be told apart by chance
ALMOST_ALL = 0.99  # of each class told right by one column alone
ALMOST_STRAIGHT = 0.9995  # rank correlation of a column with a number to predict
SCREENED = 1_000  # rows of the sample
FAR_FROM_STRAIGHT = 0.9  # below it in so many rows, it is not above the limit in all
LEAST_ROWS_A_TEXT = 5  # on average, before a text is believed to tell the target
MOST_CLASSES = 50
MOST_DISTINCT = 0.5  # of the rows, before a text is believed to tell rows apart
LEAST_TEXTS = 10
LEAST_CLASS = 2  # rows
_WORD = re.compile(r"[A-Z]?[a-zäöüß]+|[A-Z]+")

Ranks = NDArray[np.float64]
Codes = NDArray[np.int64]


class DataWarning(Declared, frozen=True):
    """Something to look at before training: what it is, in a sentence, and which columns it is about."""

    kind: WarningKind
    text: str
    columns: tuple[str, ...] = ()


def warnings_on(
    table: Table,
    fitted: FittedPreparation,
    X: NDArray[np.float32],
    Y: NDArray[np.float32],
    split: Split,
    rows: NDArray[np.int64],
    what: Learned,
) -> list[DataWarning]:
    """Return what is doubtful about prepared data.

    Parameters
    ----------
    table, rows
        The table, and which of its rows X and Y have, in their order.
    fitted, X, Y, split
        The prepared data.
    what
        What is learned from the rows.
    """
    with ThreadPoolExecutor(1) as pool:
        again = pool.submit(count_repeated, X, Y, split)
        found = [*_giveaways(table, fitted, rows, split.training, what)]
        found += _constants(fitted, X, split)
        found += _identities(table, fitted, rows, split.training)
        found += _duplicates(again.result(), split)
    found += _small_classes(fitted, what, split)
    if len(fitted.features) > len(split.training):
        found.append(
            DataWarning(
                kind="few_rows",
                text=f"There are more inputs ({len(fitted.features):,}) than training rows ({len(split.training):,}): "
                "the network can learn these rows by heart. Add rows, or ignore columns.",
            )
        )
    return found


# -- columns ----------------------------------------------------------------------------------------------------------


def _giveaways(
    table: Table, fitted: FittedPreparation, rows: NDArray[np.int64], training: NDArray[np.int64], what: Learned
) -> Iterator[DataWarning]:
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
        told = in_threads(asked, [_some(table.columns[column.name], sample) for column in columns])
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


def _some(values: ColumnValues, rows: NDArray[np.int64]) -> ColumnValues:
    return Categories(values.codes[rows], values.names) if isinstance(values, Categories) else values[rows]


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


def _constants(fitted: FittedPreparation, X: NDArray[np.float32], split: Split) -> Iterator[DataWarning]:
    constant, untrained = [], []
    at = 0
    for column in fitted.columns:
        width = len(column.inputs)
        if _is_constant(column, X[:, at : at + width], split.training):
            constant.append(column.name)
        elif column.other and not X[split.training, at + width - 1 - column.was_missing].any():
            untrained.append(column.name)
        at += width
    if constant:
        yield DataWarning(
            kind="constant",
            text=f"The same value in every training row: {listed(constant)}. Such a column teaches nothing.",
            columns=tuple(constant),
        )
    if untrained:
        yield DataWarning(
            kind="untrained",
            text=f"No training row has another category in {listed(untrained)}, so the network does not learn what to "
            "make of one: its weights stay as they were drawn. Let rare categories count as other.",
            columns=tuple(untrained),
        )


def _is_constant(column: FittedColumn, inputs: NDArray[np.float32], training: NDArray[np.int64]) -> bool:
    if column.kind == "category" and column.encoding == "one_hot":
        return len(column.categories) + column.other < 2
    few = training[:FIRST]  # most columns show with these that they are not constant
    return all(
        float(np.ptp(inputs[few, k])) == 0 and float(np.ptp(inputs[training, k])) == 0 for k in range(inputs.shape[1])
    )


def _identities(
    table: Table, fitted: FittedPreparation, rows: NDArray[np.int64], training: NDArray[np.int64]
) -> Iterator[DataWarning]:
    first = rows[training[:FIRST]]
    names = [
        column.name
        for column in fitted.columns
        if _may_be_whole(values := table.columns[column.name], first)
        and tells_rows_apart(column.name, column.kind, _some(values, rows[training]))
    ]
    if names:
        yield identity_warning(names)


def _may_be_whole(values: ColumnValues, first: NDArray[np.int64]) -> bool:
    """Return whether the first rows of a column are whole numbers, or texts: most columns need no further look."""
    return isinstance(values, Categories) or _whole(values[first])


def identity_warning(names: list[str]) -> DataWarning:
    """Return the warning of columns that tell their rows apart."""
    one = len(names) == 1
    return DataWarning(
        kind="identity",
        text=f"{listed(names)} {'tells' if one else 'each tell'} the rows apart, as a row number or a name does, "
        f"and says nothing of a new row. Ignore {'it' if one else 'them'}.",
        columns=tuple(names),
    )


def tells_rows_apart(name: str, kind: Kind, values: ColumnValues) -> bool:
    """Return whether a column (m,) tells its rows apart, as a row number or a name does."""
    if isinstance(values, Categories):
        codes = values.codes
        distinct = np.count_nonzero(np.bincount(codes[codes >= 0], minlength=1))
        return bool(distinct >= LEAST_TEXTS and distinct > MOST_DISTINCT * len(codes))
    if kind != "number" or len(values) < LEAST_TEXTS or not _whole(values[:FIRST]):
        return False
    if not _whole(values) or len(np.unique(values)) < len(values):
        return False
    words = _WORD.findall(name)
    named = name.lower() in ID_NAMES or (bool(words) and words[-1].lower() in ID_WORDS)
    return named or _counts_up(values)


def _whole(values: NDArray[np.float64]) -> bool:
    return bool(np.all(np.floor(values) == values))


def _counts_up(values: NDArray[np.float64]) -> bool:
    """Return whether distinct whole numbers lie as close as row numbers of which some were held back."""
    return float(np.ptp(values)) + 1 <= len(values) / MOST_DISTINCT


# -- rows -------------------------------------------------------------------------------------------------------------


def _duplicates(again: int, split: Split) -> Iterator[DataWarning]:
    if again:
        held = len(split.validation) + len(split.test)
        yield DataWarning(
            kind="duplicates",
            text=f"{again:,} of the {plural(held, 'row')} held back {'is' if again == 1 else 'are'} also among "
            "the training rows, with the same inputs and target: figures on them flatter. Remove such rows, or keep "
            "them together in the split.",
        )


def _small_classes(fitted: FittedPreparation, what: Learned, split: Split) -> Iterator[DataWarning]:
    for target, codes in zip(fitted.targets, what.codes, strict=False):
        of = "" if len(fitted.targets) == 1 else f" of {target.name!r}"
        counts = np.bincount(codes, minlength=len(target.classes))
        trained = np.bincount(codes[split.training], minlength=len(target.classes))
        small = [target.classes[i] for i in np.flatnonzero(counts < LEAST_CLASS)]
        if small:
            yield DataWarning(
                kind="small_class",
                text=f"Only one row each has the class {listed(small)}{of}: too few to learn it and to judge it.",
                columns=(target.name,),
            )
        absent = [target.classes[i] for i in np.flatnonzero((trained == 0) & (counts > 0))]
        if absent:
            yield DataWarning(
                kind="unseen_class",
                text=f"No training row has the class {listed(absent)}{of}, so it is not learned. "
                "Divide the rows in another way.",
                columns=(target.name,),
            )

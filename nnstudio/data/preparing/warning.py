"""What is doubtful about prepared data: inputs that give away the target, rows on both sides of the split, and more."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.detecting.identities import FIRST, identity_warning, tells_rows_apart, whole_numbers
from nnstudio.data.doubt import DataWarning
from nnstudio.data.preparing.fitted import FittedColumn, FittedPreparation
from nnstudio.data.preparing.giveaways import giveaways
from nnstudio.data.preparing.repeated import count_repeated
from nnstudio.data.preparing.split import Split
from nnstudio.data.preparing.targets import Learned
from nnstudio.data.recipe import listed, plural
from nnstudio.data.table import Categories, ColumnValues, Table, is_missing, some_of

LEAST_CLASS = 2  # rows
MOST_LOST = 0.5  # of the rows
LARGE = 100.0  # what a scaled input hardly ever is
LOOKED_AT = 10_000  # training rows that tell how large inputs are


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
        found = [*giveaways(table, fitted, rows, split.training, what)]
        found += _constants(fitted, X, split)
        found += _unscaled(fitted, X, split)
        found += _identities(table, fitted, rows, split.training)
        found += _duplicates(again.result(), split)
    found += _small_classes(fitted, what, split)
    found += _lost(table, fitted, len(rows))
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


def _unscaled(fitted: FittedPreparation, X: NDArray[np.float32], split: Split) -> Iterator[DataWarning]:
    """Tell of columns whose inputs are large in half of the training rows: far more than a unit's weights expect."""
    rows = split.training[:LOOKED_AT]
    names, largest, at = [], 0.0, 0
    for column in fitted.columns:
        width = len(column.inputs)
        if column.kind in ("number", "date"):
            middle = max(float(np.median(np.abs(X[rows, k]))) for k in range(at, at + width))
            if middle > LARGE:
                names.append(column.name)
                largest = max(largest, middle)
        at += width
    if names:
        about = float(f"{largest:.1g}")
        its = "its input is" if len(names) == 1 else "their inputs are"
        yield DataWarning(
            kind="unscaled",
            text=f"{listed(names)} {'is' if len(names) == 1 else 'are'} not scaled: {its} about {about:,.0f}, where "
            "weights are drawn for inputs around 1. Units saturate, and steps overshoot. Choose a scaling.",
            columns=tuple(names),
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
        and tells_rows_apart(column.name, column.kind, some_of(values, rows[training]))
    ]
    if names:
        yield identity_warning(names)


def _may_be_whole(values: ColumnValues, first: NDArray[np.int64]) -> bool:
    """Return whether the first rows of a column are whole numbers, or texts: most columns need no further look."""
    return isinstance(values, Categories) or whole_numbers(values[first])


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


def _lost(table: Table, fitted: FittedPreparation, used: int) -> Iterator[DataWarning]:
    lost = table.rows - used
    if lost > MOST_LOST * table.rows:
        needed = [column.name for column in fitted.columns if not column.fills]
        needed += [target.name for target in fitted.targets]
        lacking = {name: int(is_missing(table.columns[name]).sum()) for name in needed}
        worst = max(needed, key=lambda name: lacking[name])
        yield DataWarning(
            kind="lost_rows",
            text=f"{lost:,} of {plural(table.rows, 'row')} are left out, since a cell is missing or unreadable: "
            f"{lacking[worst]:,} in {worst!r} alone. Ignore it, change how it is read, or fill missing cells.",
            columns=(worst,),
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

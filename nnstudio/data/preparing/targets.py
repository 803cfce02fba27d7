"""What is learned: the targets' classes or scales, and the array Y."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.errors import DataError
from nnstudio.data.preparing.fitted import MAX_CLASSES, FittedPreparation, FittedTarget
from nnstudio.data.preparing.fitting import scale_of
from nnstudio.data.preparing.transforming import check_log, logged, to_float32
from nnstudio.data.reading.cells import format_number
from nnstudio.data.recipe import Column, Preparation, Task, listed
from nnstudio.data.room import blocks
from nnstudio.data.table import Categories, ColumnValues, Table, some_of
from nnstudio.data.task import MOST_CLASS_NUMBERS, propose_task, propose_tasks

LOOKED_AT = 10_000  # rows that mostly tell whether a number is a class
LEAST_ROWS_A_COMBINATION = 10  # on average, before answers to several yes/no questions are kept in proportion

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Learned:
    """What the rows (m,) in use have for targets: ``codes`` (m,) and ``classes`` of each, none for numbers."""

    task: Task
    columns: tuple[Column, ...]
    codes: tuple[Codes, ...] = ()
    classes: tuple[tuple[str, ...], ...] = ()

    def kinds(self) -> Codes | None:
        """Return by what rows (m,) are kept in proportion: the class, or the answers to all yes/no questions."""
        if len(self.codes) < 2:
            return self.codes[0] if self.codes else None
        combined = np.unique(np.stack(self.codes), axis=1, return_inverse=True)[1].reshape(-1).astype(np.int64)
        return combined if len(combined) >= LEAST_ROWS_A_COMBINATION * (combined.max() + 1) else None

    def of(self, places: NDArray[np.int64]) -> Learned:
        """Return the same for some of the rows, by their places."""
        return Learned(self.task, self.columns, tuple(codes[places] for codes in self.codes), self.classes)


def learned(table: Table, columns: tuple[Column, ...], rows: NDArray[np.int64], task: Task | None) -> Learned:
    """Return what is to be learned from the rows (indices into the table).

    Raises
    ------
    DataError
        When the targets do not go together, or their classes cannot be told apart.
    """
    names = [column.name for column in columns]
    found = task or propose_tasks([_telling(table.columns[name], rows) for name in names])
    if found == "regression":
        return Learned(found, columns)
    if len(columns) > 1 and found == "multiclass":
        raise DataError(
            f"{table.name}: the targets {listed(names)} do not go together. Several targets must be all numbers, or "
            "all yes/no columns. Choose one of them, or others."
        )
    coded = [_classes(table, column, rows, found) for column in columns]
    return Learned(found, columns, tuple(codes for codes, _ in coded), tuple(classes for _, classes in coded))


def fit_targets(
    table: Table, what: Learned, training: NDArray[np.int64], preparation: Preparation
) -> tuple[FittedTarget, ...]:
    """Fit the targets on the training rows (indices into the table): numbers are scaled like the inputs.

    A logarithm is taken of a target that has one in its own steps: what holds for all inputs does not hold for it.

    Raises
    ------
    DataError
        When numbers are too large for their spread, or one has no logarithm.
    """
    fitted = []
    for at, column in enumerate(what.columns):
        if what.task == "regression":
            values = table.columns[column.name]
            assert not isinstance(values, Categories)
            scaling = (column.steps.scaling or preparation.scaling) if preparation.scale_target else "none"
            log = column.steps.log or "none"
            known = values[training]
            check_log(table, column.name, known, training, log)
            offset, scale = scale_of(logged(known, log), scaling, table.name, column.name)
            fitted.append(FittedTarget(name=column.name, kind=column.kind, log=log, offset=offset, scale=scale))
        else:
            fitted.append(FittedTarget(name=column.name, kind=column.kind, classes=what.classes[at]))
    return tuple(fitted)


def balanced_weights(what: Learned, training: NDArray[np.int64]) -> tuple[float, ...]:
    """Return a weight for each class, m / (k m_c): each class then counts the same. ``training`` are places.

    A class without a training row has weight 1. With numbers or several targets there are no weights.
    """
    if len(what.codes) != 1:
        return ()
    counts = np.bincount(what.codes[0][training], minlength=len(what.classes[0]))
    weights = len(training) / (len(counts) * np.maximum(counts, 1))
    return tuple(float(weight) for weight in np.where(counts > 0, weights, 1.0))


def targets_of(table: Table, fitted: FittedPreparation, what: Learned, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return Y (rows, n_outputs): scaled numbers, 0 or 1 for each yes/no, or one-hot classes.

    Raises
    ------
    DataError
        When a scaled value does not fit float32, or a value has no logarithm.
    """
    Y = table.place.room((len(rows), fitted.outputs), np.float32)
    for block in blocks(len(rows)):
        _fill(Y[block], table, fitted, what, rows[block], block)
    return Y


def _fill(
    Y: NDArray[np.float32],
    table: Table,
    fitted: FittedPreparation,
    what: Learned,
    rows: NDArray[np.int64],
    block: slice,
) -> None:
    """Write the targets of some rows, a block of all, into Y, which is zero."""
    if what.task == "multiclass":
        Y[np.arange(len(rows)), what.codes[0][block]] = 1.0
        return
    for at, target in enumerate(fitted.targets):
        if what.task == "binary":
            Y[:, at] = what.codes[at][block]
            continue
        values = table.columns[target.name]
        assert not isinstance(values, Categories)
        check_log(table, target.name, values[rows], rows, target.log)
        scaled = (logged(values[rows], target.log) - target.offset) / target.scale
        Y[:, at] = to_float32(scaled, table.name, target.name)


def _telling(values: ColumnValues, rows: NDArray[np.int64]) -> ColumnValues:
    """Return the values of the rows, or of the first of them where these tell that they are no classes."""
    if not isinstance(values, Categories):
        first = values[rows[:LOOKED_AT]]
        if len(np.unique(first[~np.isnan(first)])) > MOST_CLASS_NUMBERS:
            return first
    return some_of(values, rows)


def _classes(table: Table, target: Column, rows: NDArray[np.int64], task: Task) -> tuple[Codes, tuple[str, ...]]:
    codes, classes = class_codes(table.columns[target.name], rows)
    start = f"{table.name}: the target {target.name!r} has "
    if len(classes) == 1:
        raise DataError(
            f"{start}one class only, {classes[0]!r}. There is nothing to tell apart; choose another target."
        )
    if len(classes) > MAX_CLASSES:
        advice = "Choose a number (regression) as the task" if target.kind == "number" else "Choose another target"
        raise DataError(f"{start}{len(classes):,} classes, more than {MAX_CLASSES:,}. {advice}.")
    if task == "binary" and len(classes) > 2:
        found = propose_task(table.columns[target.name])
        advice = "a number (regression)" if found == "regression" else "several classes"
        raise DataError(f"{start}{len(classes):,} classes, {listed(classes, 4)}. Choose {advice} as the task.")
    return codes, classes


def class_codes(values: ColumnValues, rows: NDArray[np.int64]) -> tuple[Codes, tuple[str, ...]]:
    """Return the class of each row, and the classes in natural order; a number is a class by its text."""
    if isinstance(values, Categories):
        codes = values.codes[rows].astype(np.int64)
        seen = np.unique(codes)
        return np.searchsorted(seen, codes).astype(np.int64), tuple(values.names[i] for i in seen)
    distinct, codes = np.unique(values[rows] + 0.0, return_inverse=True)  # + 0.0 makes -0.0 and 0.0 one class
    return codes.astype(np.int64), tuple(format_number(float(value)) for value in distinct)

"""A recipe to arrays ready to train: read, drop, split, fit on the training rows, transform."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.declared import replace
from nnstudio.data.encoding import check_file
from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.fitting import (
    MAX_CLASSES,
    FittedPreparation,
    FittedTarget,
    class_codes,
    complete_rows,
    fit_column,
    scale_of,
    to_float32,
    transform,
)
from nnstudio.data.read import read_table
from nnstudio.data.recipe import (
    Column,
    DataRecipe,
    SampleSource,
    TableSource,
    Task,
    features,
    listed,
    targets,
)
from nnstudio.data.report import PreparationReport, notes_on, report_of
from nnstudio.data.scan import Cancel, Progress
from nnstudio.data.split import Split, split_rows
from nnstudio.data.table import Categories, ColumnValues, Table, is_missing

MOST_CLASS_NUMBERS = 10  # a number target with more values is proposed as regression
LEAST_ROWS_A_CLASS = 5  # on average, before whole numbers are proposed as classes
HASH_CHUNK = 4 * 2**20


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Arrays ready to train, read-only.

    Attributes
    ----------
    task, target, features, classes
        What is learned, the target's name, the inputs' names (``"color=red"``), and the classes (binary:
        negative then positive; regression: none).
    X, Y
        float32, C-contiguous: inputs ``(m, n_features)`` and targets ``(m, n_outputs)``; binary 0 or 1,
        multi-class one-hot, regression scaled.
    training, validation, test
        int64 indices into the rows of X, shuffled; every row is in exactly one.
    fitted
        The numbers learned from the training rows.
    report
        What was missing, unreadable, dropped.
    sha256
        Of the arrays' content.
    """

    task: Task
    target: str
    features: tuple[str, ...]
    classes: tuple[str, ...]
    X: NDArray[np.float32]
    Y: NDArray[np.float32]
    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    fitted: FittedPreparation
    report: PreparationReport
    sha256: str


def table_source(path: str | Path, *, cancelled: Cancel | None = None) -> TableSource:
    """Return the source record of a file: its absolute path, its size in bytes and its SHA-256.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    file = check_file(path)
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(HASH_CHUNK):
                if cancelled is not None and cancelled():
                    raise Cancelled
                digest.update(chunk)
            size = stream.tell()
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}.") from None
    return TableSource(path=str(file), sha256=digest.hexdigest(), size=size)


def load_table(recipe: DataRecipe, *, progress: Progress | None = None, cancelled: Cancel | None = None) -> Table:
    """Return the table of a recipe: read from its file, or generated.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    if isinstance(recipe.source, SampleSource):
        from nnstudio.data.samples import sample_table

        return sample_table(recipe.source, recipe.plan)
    return read_table(recipe.source.path, recipe.plan, progress=progress, cancelled=cancelled)


def prepare(recipe: DataRecipe, *, progress: Progress | None = None, cancelled: Cancel | None = None) -> PreparedData:
    """Read the recipe's table and make its arrays.

    Raises
    ------
    DataError
        When the table cannot be read or cannot be learned from; the message says why and what to do.
    Cancelled
        When ``cancelled`` returned true.
    """
    check_recipe(recipe)  # a recipe that cannot work needs no reading
    table = load_table(recipe, progress=progress, cancelled=cancelled)
    if cancelled is not None and cancelled():
        raise Cancelled
    prepared = prepare_table(table, recipe)
    source = recipe.source
    if isinstance(source, TableSource) and source.sha256 and table_source(source.path).sha256 != source.sha256:
        note = f"{table.name} has changed since it was first loaded."
        report = replace(prepared.report, notes=(note, *prepared.report.notes))
        return _with_report(prepared, report)
    return prepared


def propose_task(values: ColumnValues) -> Task:
    """Return the task that a target suggests: classes for text and for few whole numbers, else regression."""
    known = values[~np.isnan(values)] if not isinstance(values, Categories) else values.codes[values.codes >= 0]
    distinct = np.unique(known)
    if isinstance(values, Categories) or len(distinct) == 2:
        return "binary" if len(distinct) <= 2 else "multiclass"
    whole = bool(np.all(distinct == np.floor(distinct)))
    few = len(distinct) <= MOST_CLASS_NUMBERS and len(known) >= LEAST_ROWS_A_CLASS * len(distinct)
    return "multiclass" if whole and few and len(distinct) > 2 else "regression"


def prepare_table(table: Table, recipe: DataRecipe) -> PreparedData:
    """Make the arrays of a recipe from a table that is already in memory.

    Raises
    ------
    DataError
        When the table cannot be learned from; the message says why and what to do.
    """
    target, inputs = check_recipe(recipe), features(recipe.plan)
    settings = recipe.preparation
    absent = [column.name for column in (*inputs, target) if column.name not in table.columns]
    if absent:
        raise DataError(f"{table.name} has no column {listed(absent)}.")
    if table.rows == 0:
        raise DataError(f"{table.name} has no rows.")
    if settings.missing == "refuse":
        _refuse_missing(table, [column.name for column in (*inputs, target)])
    needed = [target.name] + ([column.name for column in inputs] if settings.missing != "mean" else [])
    rows = np.flatnonzero(complete_rows(table, needed)).astype(np.int64)
    if not len(rows):
        raise DataError(_all_dropped(table, target, inputs, settings.missing))
    task = recipe.task or propose_task(_subset(table.columns[target.name], rows))
    codes, classes = _classes(table, target, rows, task)
    try:
        split = split_rows(len(rows), settings.validation, settings.test, settings.seed, codes)
    except DataError as error:
        raise DataError(f"{table.name}: {error}") from None
    learned = rows[split.training]
    columns = tuple(fit_column(table, column, learned, settings.scaling, settings.missing) for column in inputs)
    fitted_target = FittedTarget(name=target.name, kind=target.kind, classes=classes)
    if task == "regression":
        values = table.columns[target.name]
        assert not isinstance(values, Categories)
        scaling = settings.scaling if settings.scale_target else "none"
        offset, scale = scale_of(values[learned], scaling, table.name, target.name)
        fitted_target = replace(fitted_target, offset=offset, scale=scale)
    fitted = FittedPreparation(
        task=task,
        columns=columns,
        target=fitted_target,
        missing=settings.missing,
        missing_marks=recipe.plan.missing_marks,
        dialect=recipe.plan.dialect,
    )
    try:
        X, unseen = transform(fitted, table, rows)
        Y = _targets(table, fitted, rows, codes)
    except MemoryError:
        raise DataError(f"{table.name} needs more memory than there is. Ignore some columns.") from None
    notes = notes_on(table, fitted, X, split, unseen, codes)
    return assemble(fitted, X, Y, split, report_of(table, len(rows), notes))


def assemble(
    fitted: FittedPreparation,
    X: NDArray[np.float32],
    Y: NDArray[np.float32],
    split: Split,
    report: PreparationReport,
) -> PreparedData:
    """Return the prepared data of these parts, their arrays made read-only and hashed."""
    arrays: dict[str, NDArray[Any]] = {
        "X": X,
        "Y": Y,
        "training": split.training,
        "validation": split.validation,
        "test": split.test,
    }
    for array in arrays.values():
        array.flags.writeable = False
    return PreparedData(
        task=fitted.task,
        target=fitted.target.name,
        features=fitted.features,
        classes=fitted.target.classes,
        X=X,
        Y=Y,
        training=split.training,
        validation=split.validation,
        test=split.test,
        fitted=fitted,
        report=report,
        sha256=content_hash(arrays),
    )


def content_hash(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 of named arrays: names, types, shapes and bytes."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _with_report(prepared: PreparedData, report: PreparationReport) -> PreparedData:
    split = Split(prepared.training, prepared.validation, prepared.test)
    return assemble(prepared.fitted, prepared.X, prepared.Y, split, report)


def check_recipe(recipe: DataRecipe) -> Column:
    """Return the target of a recipe that may work, as far as can be told without its table.

    Raises
    ------
    DataError
        When there is not one target, no feature, or a task that the target's kind excludes.
    """
    found = targets(recipe.plan)
    if len(found) != 1:
        raise DataError(
            "No column is the target. Choose the column to predict."
            if not found
            else f"The columns {listed([column.name for column in found])} are all targets. Choose one."
        )
    if not features(recipe.plan):
        raise DataError("No column is a feature. Choose at least one column to predict from.")
    dates = [column.name for column in (*found, *features(recipe.plan)) if column.kind == "date"]
    if dates:
        raise DataError(
            f"Column {dates[0]!r} holds dates, which can be neither a feature nor the target yet. Ignore it."
        )
    if recipe.task == "regression" and found[0].kind in ("category", "boolean"):
        raise DataError(
            f"The target {found[0].name!r} is text, so it cannot be predicted as a number. "
            "Read it as a number, or choose a classification."
        )
    return found[0]


def _refuse_missing(table: Table, names: list[str]) -> None:
    first: tuple[int, str] | None = None
    for name in names:
        rows = np.flatnonzero(is_missing(table.columns[name]))
        if len(rows) and (first is None or rows[0] < first[0]):
            first = (int(rows[0]), name)
    if first is not None:
        row = table.row_numbers.of(first[0])
        raise DataError(
            f"{table.name}, row {row:,}: column {first[1]!r} is empty or cannot be read. "
            "Correct it, or choose to drop such rows or to fill them."
        )
    if table.report.set_aside:
        row = table.report.set_aside_examples[0].row
        raise DataError(f"{table.name}, row {row:,} does not have as many cells as there are columns. Correct it.")


def _all_dropped(table: Table, target: Column, inputs: tuple[Column, ...], missing: str) -> str:
    share = {c.name: float(is_missing(table.columns[c.name]).mean()) for c in (target, *inputs)}
    worst = max(share, key=lambda name: share[name])
    advice = "Check how it is read" if worst == target.name else "Ignore that column, or fill missing cells"
    return (
        f"{table.name}: every row has a missing or unreadable cell, so none is left; "
        f"column {worst!r} lacks {share[worst]:.0%} of its values. {advice}."
    )


def _subset(values: ColumnValues, rows: NDArray[np.int64]) -> ColumnValues:
    return Categories(values.codes[rows], values.names) if isinstance(values, Categories) else values[rows]


def _classes(
    table: Table, target: Column, rows: NDArray[np.int64], task: Task
) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    if task == "regression":
        return None, ()
    codes, classes = class_codes(table.columns[target.name], rows)
    start = f"{table.name}: the target {target.name!r} has "
    if len(classes) == 1:
        raise DataError(
            f"{start}one class only, {classes[0]!r}. There is nothing to tell apart; choose another target."
        )
    if len(classes) > MAX_CLASSES:
        advice = "Choose regression" if target.kind == "number" else "Choose another target"
        raise DataError(f"{start}{len(classes):,} classes, more than {MAX_CLASSES:,}. {advice}.")
    if task == "binary" and len(classes) > 2:
        raise DataError(f"{start}{len(classes):,} classes, {listed(classes, 4)}. Choose multi-class.")
    return codes, classes


def _targets(
    table: Table, fitted: FittedPreparation, rows: NDArray[np.int64], codes: NDArray[np.int64] | None
) -> NDArray[np.float32]:
    if codes is None:
        values = table.columns[fitted.target.name]
        assert not isinstance(values, Categories)
        scaled = (values[rows] - fitted.target.offset) / fitted.target.scale
        return to_float32(scaled, table.name, fitted.target.name)[:, None]
    if fitted.task == "binary":
        return codes.astype(np.float32)[:, None]
    Y = np.zeros((len(rows), len(fitted.target.classes)), np.float32)
    Y[np.arange(len(rows)), codes] = 1.0
    return Y

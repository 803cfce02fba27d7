"""A recipe to arrays ready to train: read, drop, split, fit on the training rows, transform."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.declared import replace
from nnstudio.data.chosen import chosen, needed_columns, rule_of
from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.preparing.dividing import dividable, divide, divide_into_folds
from nnstudio.data.preparing.fitted import FittedPreparation
from nnstudio.data.preparing.fitting import fit_column
from nnstudio.data.preparing.prepared import PreparedData, arrays_of, assemble, content_hash
from nnstudio.data.preparing.report import PreparationReport, notes_on, report_of
from nnstudio.data.preparing.split import Indices, Split
from nnstudio.data.preparing.targets import Learned, balanced_weights, fit_targets, learned, targets_of
from nnstudio.data.preparing.transforming import complete_rows, transform
from nnstudio.data.preparing.warning import warnings_on
from nnstudio.data.reading.content import content_of
from nnstudio.data.reading.encoding import check_file
from nnstudio.data.reading.kept import KeptTable
from nnstudio.data.reading.read import read_table
from nnstudio.data.reading.scan import Cancel, Progress
from nnstudio.data.recipe import (
    Column,
    ColumnSplit,
    DataRecipe,
    Kind,
    SampleSource,
    TableSource,
    features,
    listed,
    read_columns,
    split_column,
    targets,
)
from nnstudio.data.room import blocks
from nnstudio.data.row_runs import runs_of
from nnstudio.data.table import Categories, Table, is_missing
from nnstudio.data.work import THREADS, in_threads

_CODED: tuple[Kind, ...] = ("category", "boolean")  # kinds that a table has as Categories


def table_source(path: str | Path, *, cancelled: Cancel | None = None) -> TableSource:
    """Return the source record of a file: its absolute path, its size in bytes and its SHA-256.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    file = check_file(path)
    sha256, size = content_of(file, cancelled)
    return TableSource(path=str(file), sha256=sha256, size=size)


@contextlib.contextmanager
def hashed_beside(path: str | Path, cancelled: Cancel | None = None) -> Iterator[Future[TableSource]]:
    """Hash a file in a thread while the block reads it; give what will be its :func:`table_source`.

    Where the block fails, hashing ends with it.
    """
    failed = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool.submit(
                table_source, path, cancelled=lambda: failed.is_set() or (cancelled is not None and cancelled())
            )
        except BaseException:
            failed.set()
            raise


def load_table(
    recipe: DataRecipe,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
    kept: KeptTable | None = None,
) -> Table:
    """Return the table of a recipe: read from its file or taken from what was kept of it, or generated.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    if isinstance(recipe.source, SampleSource):
        from nnstudio.data.samples import sample_table

        return sample_table(recipe.source, replace(recipe.plan, columns=_as_read(recipe)))
    columns = read_columns(recipe)
    if kept is not None:
        table = kept.of(check_file(recipe.source.path), recipe.plan, columns)
        if table is not None:
            return table
    return read_table(recipe.source.path, recipe.plan, progress=progress, cancelled=cancelled, columns=columns)


def _as_read(recipe: DataRecipe) -> tuple[Column, ...]:
    """Return the plan's columns, none of those ignored that have to be read."""
    read = {column.name for column in read_columns(recipe)}
    return tuple(
        replace(column, role="feature") if column.role == "ignore" and column.name in read else column
        for column in recipe.plan.columns
    )


def prepare(recipe: DataRecipe, *, progress: Progress | None = None, cancelled: Cancel | None = None) -> PreparedData:
    """Read the recipe's table and make its arrays.

    Raises
    ------
    DataError
        When the table cannot be read or cannot be learned from; the message says why and what to do.
    Cancelled
        When ``cancelled`` returned true.
    """
    source = recipe.source
    if not isinstance(source, TableSource) or not source.sha256:
        check_recipe(recipe)  # a recipe that cannot work needs no reading
        return _prepare(recipe, progress, cancelled)
    now, prepared = prepare_anew(recipe, progress=progress, cancelled=cancelled)
    assert isinstance(now.source, TableSource)
    if now.source.sha256 != source.sha256:
        note = f"{Path(source.path).name} has changed since it was first loaded."
        return prepared.with_report(replace(prepared.report, notes=(note, *prepared.report.notes)))
    return prepared


def prepare_anew(
    recipe: DataRecipe,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
    kept: KeptTable | None = None,
) -> tuple[DataRecipe, PreparedData]:
    """Read the table of a recipe as its file is now; return the recipe that names its content, and the arrays.

    What was ``kept`` of the file is not read again.

    Raises
    ------
    DataError
        When the table cannot be read or cannot be learned from; the message says why and what to do.
    Cancelled
        When ``cancelled`` returned true.
    """
    check_recipe(recipe)
    if not isinstance(recipe.source, TableSource):
        return recipe, _prepare(recipe, progress, cancelled)
    with hashed_beside(recipe.source.path, cancelled) as source:
        prepared = _prepare(recipe, progress, cancelled, kept)
        return replace(recipe, source=source.result()), prepared


def _prepare(
    recipe: DataRecipe, progress: Progress | None, cancelled: Cancel | None, kept: KeptTable | None = None
) -> PreparedData:
    table = load_table(recipe, progress=progress, cancelled=cancelled, kept=kept)
    if cancelled is not None and cancelled():
        raise Cancelled
    return prepare_table(table, recipe)


def prepare_table(table: Table, recipe: DataRecipe) -> PreparedData:
    """Make the arrays of a recipe from a table that is already in memory.

    Raises
    ------
    DataError
        When the table cannot be learned from; the message says why and what to do.
    """
    rows, what = _usable(table, recipe)
    try:
        split = divide(table, rows, recipe.preparation, what.kinds())
    except DataError as error:
        raise DataError(f"{table.name}: {error}") from None
    fitted, X, Y, unseen = _fitted(table, recipe, rows, what, split)
    notes = notes_on(table, fitted, recipe.preparation, len(rows), unseen)
    with ThreadPoolExecutor(1) as pool:
        sha256 = pool.submit(content_hash, arrays_of(X, Y, split))
        warnings = warnings_on(table, fitted, X, Y, split, rows, what)
        report = report_of(table, len(rows), notes, warnings)
        return assemble(fitted, X, Y, split, report, sha256.result(), runs_of(table, rows))


def prepare_folds(table: Table, recipe: DataRecipe, folds: int, validation: float = 0.0) -> Iterator[PreparedData]:
    """Yield the data of each fold, its recipe fitted anew on its own training rows; the fold is the ``test``.

    Parameters
    ----------
    table
        The table in memory.
    recipe
        Its recipe. Rows that it keeps for testing are in no fold.
    folds
        How many folds there are, at least 2.
    validation
        The share of a fold's other rows that validates: 0 where nothing is decided by the validation cost.

    Raises
    ------
    DataError
        When the table cannot be learned from, or not be divided so.
    """
    rows, what = _usable(table, recipe)
    places = np.full(table.rows, -1, np.int64)
    places[rows] = np.arange(len(rows))
    try:
        for used, split in divide_into_folds(table, rows, recipe.preparation, what.kinds(), folds, validation):
            fitted, X, Y, _ = _fitted(table, recipe, used, what.of(places[used]), split)
            report = PreparationReport(rows_read=table.rows, rows_used=len(used))
            yield assemble(fitted, X, Y, split, report, runs=runs_of(table, used))
    except DataError as error:
        said = str(error)
        raise DataError(said if said.startswith(table.name) else f"{table.name}: {said}") from None


def _usable(table: Table, recipe: DataRecipe) -> tuple[Indices, Learned]:
    """Return the rows that have all that is needed (indices into the table), and what is to be learned from them."""
    wanted, inputs, settings = check_recipe(recipe), features(recipe.plan), recipe.preparation
    absent = [column.name for column in (*inputs, *wanted) if column.name not in table.columns]
    if absent:
        raise DataError(f"{table.name} has no column {listed(absent)}.")
    for column in (*inputs, *wanted):
        if isinstance(table.columns[column.name], Categories) != (column.kind in _CODED):
            raise DataError(f"{table.name}: column {column.name!r} was not read as a {column.kind}. Load it again.")
    if table.rows == 0:
        raise DataError(f"{table.name} has no rows.")
    refused = [column.name for column in inputs if rule_of(column, settings) == "refuse"]
    if settings.missing == "refuse":
        refused += [column.name for column in wanted]
    if refused:
        _refuse_missing(table, refused)
    needed = needed_columns(recipe.plan, settings)
    complete = complete_rows(table, [column.name for column in needed])
    if not complete.any():
        raise DataError(_all_dropped(table, needed))
    rows = table.place.places_of(complete & dividable(table, settings))
    if not len(rows):
        raise DataError(f"{table.name}: no row has a value in column {split_column(settings)!r} to divide it by.")
    return rows, learned(table, wanted, rows, recipe.task)


def _fitted(
    table: Table, recipe: DataRecipe, rows: Indices, what: Learned, split: Split
) -> tuple[FittedPreparation, NDArray[np.float32], NDArray[np.float32], dict[str, int]]:
    """Return what the training rows teach, X, Y, and by column how many cells hold no known category."""
    settings = recipe.preparation
    # In the order of the table: what is fitted then does not depend on how rows were shuffled, and reading is faster.
    used, trains = np.zeros(len(rows), bool), np.zeros(table.rows, bool)
    used[split.training] = True
    for block in blocks(len(rows)):
        trains[rows[block][used[block]]] = True
    training = table.place.places_of(trains)
    fitted = FittedPreparation(
        task=what.task,
        columns=tuple(
            in_threads(
                lambda column: fit_column(table, column, training, chosen(column, settings)),
                features(recipe.plan),
                1 if table.place.on_disk else THREADS,  # one column at a time in memory
            )
        ),
        targets=fit_targets(table, what, training, settings),
        class_weights=balanced_weights(what, split.training) if settings.class_weights == "balanced" else (),
        missing_marks=recipe.plan.missing_marks,
        dialect=recipe.plan.dialect,
    )
    try:
        X, unseen = transform(fitted, table, rows)
        return fitted, X, targets_of(table, fitted, what, rows), unseen
    except MemoryError:
        raise DataError(f"{table.name} needs more memory than there is. Ignore some columns.") from None


def check_recipe(recipe: DataRecipe) -> tuple[Column, ...]:
    """Return the targets of a recipe that may work, as far as can be told without its table.

    Raises
    ------
    DataError
        When there is no target, no feature, a target that cannot be learned, or no column to divide the rows by.
    """
    found = targets(recipe.plan)
    if not found:
        raise DataError("No column is the target. Choose the column to predict.")
    if len(recipe.plan.columns) == 1:
        raise DataError(
            f"The table has one column, {recipe.plan.columns[0].name!r}, and training takes two: one to predict, and "
            "one to predict it from. Check the delimiter or the sheet, or choose another table."
        )
    if not features(recipe.plan):
        raise DataError("No column is a feature. Choose at least one column to predict from.")
    for column in found:
        if column.kind == "date":
            raise DataError(f"The target {column.name!r} is a date, which cannot be predicted. Choose another target.")
        if recipe.task == "regression" and column.kind in _CODED:
            raise DataError(
                f"The target {column.name!r} is text, so it cannot be predicted as a number. "
                "Read it as a number, or choose a classification."
            )
    divides = split_column(recipe.preparation)
    kinds = {column.name: column.kind for column in recipe.plan.columns}
    if divides == "":
        raise DataError("The rows are to be divided by a column, and none is chosen. Choose the column.")
    if divides is not None and divides not in kinds:
        raise DataError(f"There is no column {divides!r}, by which the rows should be divided. Choose another.")
    if isinstance(recipe.preparation.split, ColumnSplit) and kinds[recipe.preparation.split.column] == "date":
        raise DataError(
            f"Column {divides!r} holds dates, which do not say what a row is for. Divide the rows in their order."
        )
    return found


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


def _all_dropped(table: Table, needed: tuple[Column, ...]) -> str:
    share = {column.name: float(is_missing(table.columns[column.name]).mean()) for column in needed}
    worst = max(needed, key=lambda column: share[column.name])
    advice = "Check how it is read" if worst.role == "target" else "Ignore that column, or fill missing cells"
    return (
        f"{table.name}: every row has a missing or unreadable cell, so none is left; "
        f"column {worst.name!r} lacks {share[worst.name]:.0%} of its values. {advice}."
    )

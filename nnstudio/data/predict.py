"""A fitted preparation applied to a new table: the same columns by name, and nothing fitted anew."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.declared import replace
from nnstudio.data.cells import parse_number
from nnstudio.data.detect import detect
from nnstudio.data.encoding import check_file
from nnstudio.data.errors import DataError
from nnstudio.data.fitting import FittedPreparation, complete_rows, transform
from nnstudio.data.formats import format_of, is_typed, plain
from nnstudio.data.head import read_head
from nnstudio.data.read import head_with, read_table
from nnstudio.data.recipe import Column, Dialect, ImportPlan, listed, plural
from nnstudio.data.report import counted, read_notes
from nnstudio.data.scan import Cancel, Progress
from nnstudio.data.table import Categories, Table, is_missing
from nnstudio.data.workbook import sheet_names


class Applied(NamedTuple):
    """Inputs ``X (kept.sum(), n_features)``, ``kept (rows,)`` of the table, and notes in sentences."""

    X: NDArray[np.float32]
    kept: NDArray[np.bool_]
    notes: tuple[str, ...]


def dialect_for(path: str | Path, fitted: FittedPreparation) -> Dialect:
    """Return the dialect of a new table: detected, but with a header just where the training table had one.

    Raises
    ------
    DataError
        When the file cannot be opened.
    """
    file = check_file(path)
    found = detect(file, header=fitted.dialect.header, sheet=_sheet(file, fitted)).dialect
    if is_typed(format_of(file)):
        return found
    # A short table may hold no number that shows its marks; the training table's are then the best guess.
    if found.delimiter == fitted.dialect.delimiter and found.decimal == "." and not found.thousands:
        decimal = fitted.dialect.decimal
        if decimal != "." and not _has_number(file, fitted, found):
            found = replace(found, decimal=decimal, thousands=fitted.dialect.thousands)
    return found


def check_columns(path: str | Path, fitted: FittedPreparation) -> None:
    """Look at a table's header alone: may its rows be predicted?

    Raises
    ------
    DataError
        When the file cannot be read, or a feature column is not there.
    """
    file = check_file(path)
    with plain(file, dialect_for(file, fitted)) as (readable, dialect):
        head_with(readable, dialect, [column.name for column in fitted.columns])


def _sheet(file: Path, fitted: FittedPreparation) -> str:
    """Return the sheet of a workbook that is called as the training table's was; else the first with cells is read."""
    wanted = fitted.dialect.sheet
    return wanted if wanted and format_of(file) == "workbook" and wanted in sheet_names(file) else ""


def _has_number(file: Path, fitted: FittedPreparation, dialect: Dialect) -> bool:
    numbers = {column.name for column in fitted.columns if column.kind == "number"}
    with plain(file, dialect) as (readable, spoken):
        head = read_head(readable, spoken, rows=1_000)
    at = [i for i, name in enumerate(head.names) if name in numbers]
    cells = [record.cells[i] for record in head.records for i in at if i < len(record.cells)]
    return any("." in cell and parse_number(cell, dialect) is not None for cell in cells)


def read_for_prediction(
    path: str | Path,
    fitted: FittedPreparation,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
) -> Table:
    """Read the feature columns of a new table; its other columns, the target among them, are not needed.

    Raises
    ------
    DataError
        When the file cannot be read, a feature column is not there, or a number column is text throughout.
    """
    file = check_file(path)
    dialect = dialect_for(file, fitted)
    wanted = [Column(name=column.name, kind=column.kind) for column in fitted.columns]
    plan = ImportPlan(dialect=dialect, columns=tuple(wanted), missing_marks=fitted.missing_marks)
    table = read_table(file, plan, progress=progress, cancelled=cancelled, columns=wanted)
    _check_numbers(table, fitted)
    return table


def apply(fitted: FittedPreparation, table: Table | str | Path) -> Applied:
    """Make the inputs of a new table.

    A row with a missing cell is left out (its prediction stays empty) where the rule is "drop", and filled with
    the training rows' mean where it is "mean". A category not seen in training is all zeros, and counted.

    Raises
    ------
    DataError
        When a feature column is not there or is text throughout; when a cell is missing and the rule is
        "refuse".
    """
    if not isinstance(table, Table):
        table = read_for_prediction(table, fitted)
    absent = [column.name for column in fitted.columns if column.name not in table.columns]
    if absent:
        raise DataError(f"{table.name} has no column {listed(absent)}, which the network was trained with.")
    for column in fitted.columns:
        if isinstance(table.columns[column.name], Categories) != (column.kind in ("category", "boolean")):
            raise DataError(f"{table.name}: column {column.name!r} was a {column.kind} in training. Read it as that.")
    _check_numbers(table, fitted)
    names = [column.name for column in fitted.columns]
    complete = complete_rows(table, names)
    if fitted.missing == "refuse" and not complete.all():
        index = int(np.argmin(complete))
        name = next(name for name in names if is_missing(table.columns[name])[index])
        raise DataError(
            f"{table.name}, row {table.row_numbers.of(index):,}: column {name!r} is empty or cannot be read, "
            "and the network was trained to refuse that. Correct it."
        )
    kept = complete if fitted.missing == "drop" else np.ones(table.rows, bool)
    X, unseen = transform(fitted, table, np.flatnonzero(kept).astype(np.int64))
    notes = read_notes(table)
    lacking = int((~complete).sum())
    if lacking:
        end = "without a prediction" if fitted.missing == "drop" else "filled with the training rows' means"
        notes.append(f"{counted(lacking, 'row')} {end} because a cell is missing or unreadable.")
    for name, count in unseen.items():
        hold = "holds" if count == 1 else "hold"
        notes.append(f"Column {name!r}: {plural(count, 'cell')} {hold} a text that was not seen in training.")
    return Applied(X, kept, tuple(notes))


def _check_numbers(table: Table, fitted: FittedPreparation) -> None:
    for column in fitted.columns:
        if column.kind == "number" and table.report.unreadable.get(column.name, 0) > 0:
            values = table.columns[column.name]
            if bool(is_missing(values).all()):
                cell = table.report.examples[column.name][0]
                raise DataError(
                    f"{table.name}: column {column.name!r} held numbers in training, but here none of its cells is "
                    f"a number; the first is {cell.text!r} in row {cell.row:,}. Correct the column, or choose "
                    "another table."
                )

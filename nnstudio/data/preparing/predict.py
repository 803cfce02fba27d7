"""A fitted preparation applied to a new table: the same columns by name, and nothing fitted anew."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.declared import replace
from nnstudio.data.detecting.detect import detect
from nnstudio.data.detecting.misreading import MARKS, marks_in_words
from nnstudio.data.errors import DataError
from nnstudio.data.preparing.fitted import FittedColumn, FittedPreparation
from nnstudio.data.preparing.report import counted, filled_with, read_notes, unseen_note
from nnstudio.data.preparing.transforming import complete_rows, transform, without_log
from nnstudio.data.reading.cells import parse_number
from nnstudio.data.reading.dates import ORDER_TITLES, find_order, parse_date
from nnstudio.data.reading.encoding import check_file
from nnstudio.data.reading.formats import format_of, is_typed, plain
from nnstudio.data.reading.head import Head, read_head
from nnstudio.data.reading.read import distinct_texts, head_with, read_table
from nnstudio.data.reading.scan import Cancel, Progress
from nnstudio.data.reading.workbook import sheet_names
from nnstudio.data.recipe import Column, DateOrder, Dialect, ImportPlan, listed
from nnstudio.data.table import Categories, ColumnValues, NumberArray, Table, is_missing

LOOKED_AT = 1_000  # rows


class Applied(NamedTuple):
    """Inputs ``X (kept.sum(), n_features)``, ``kept (rows,)`` of the table, and notes in sentences."""

    X: NDArray[np.float32]
    kept: NDArray[np.bool_]
    notes: tuple[str, ...]


def dialect_for(path: str | Path, fitted: FittedPreparation) -> Dialect:
    """Return the dialect of a new table: detected, but as in training where the table can be read so just as well.

    A short table may hold no number that shows its marks, and one such as 1.234 means what it meant in training.

    Raises
    ------
    DataError
        When the file cannot be opened.
    """
    file, own = check_file(path), fitted.dialect
    found = detect(file, header=own.header, sheet=_sheet(file, fitted)).dialect
    if found.skip != own.skip:
        found = _with_skip(file, found, fitted)
    if is_typed(format_of(file)):
        return found
    alike = replace(found, delimiter=own.delimiter) if own.delimiter not in (found.quote, found.comment) else found
    if alike != found and _has_columns(file, alike, fitted):
        found = detect(file, header=own.header, delimiter=own.delimiter, skip=found.skip).dialect
    meant = replace(replace(found, thousands=""), decimal=own.decimal)
    meant = replace(meant, thousands=own.thousands)
    if meant.decimal == found.delimiter:
        return found
    cells = _number_cells(file, fitted, found)
    more = _readable(cells, meant) - _readable(cells, found)
    told = found.delimiter == own.delimiter or any(mark in cell for cell in cells for mark in MARKS)
    return meant if more > 0 or (more == 0 and told) else found


def check_columns(path: str | Path, fitted: FittedPreparation) -> None:
    """Look at a table's header alone: may its rows be predicted?

    Raises
    ------
    DataError
        When the file cannot be read, or a feature column is not there that the recipe would not fill.
    """
    file = check_file(path)
    _needed(file, dialect_for(file, fitted), fitted)


def _needed(file: Path, dialect: Dialect, fitted: FittedPreparation) -> list[FittedColumn]:
    """Return the columns to read: all, but for those that are not there and whose missing cells the recipe fills.

    Raises
    ------
    DataError
        When another is not there, or none of them is.
    """
    with plain(file, dialect) as (readable, spoken):
        there = set(head_with(readable, spoken, ()).names)
        found = [column for column in fitted.columns if column.name in there or not column.fills]
        head_with(readable, spoken, [column.name for column in found or fitted.columns])
    return found


def _sheet(file: Path, fitted: FittedPreparation) -> str:
    """Return the sheet of a workbook that is called as the training table's was; empty where there is none."""
    wanted = fitted.dialect.sheet
    return wanted if wanted and format_of(file) == "workbook" and wanted in sheet_names(file) else ""


def _with_skip(file: Path, found: Dialect, fitted: FittedPreparation) -> Dialect:
    """Return a dialect with as many rows above the table as in training, where the table can be read so alone."""
    own = replace(found, skip=fitted.dialect.skip)
    if not _has_columns(file, own, fitted):
        return found
    if found.header:
        return found if _has_columns(file, found, fitted) else own
    with contextlib.suppress(DataError):  # columns have no names of their own: their cells tell
        as_found, as_own = (_number_cells(file, fitted, dialect) for dialect in (found, own))
        if _readable(as_found, found) * len(as_own) >= _readable(as_own, own) * len(as_found):
            return found
    return own


def _has_columns(file: Path, dialect: Dialect, fitted: FittedPreparation) -> bool:
    """Return whether a file that is read so has all columns that are needed."""
    try:
        names = set(_head(file, dialect).names)
    except DataError:
        return False
    return all(column.name in names for column in fitted.columns)


def _head(file: Path, dialect: Dialect) -> Head:
    with plain(file, dialect) as (readable, spoken):
        return read_head(readable, spoken, rows=LOOKED_AT)


def _number_cells(file: Path, fitted: FittedPreparation, dialect: Dialect) -> list[str]:
    """Return the first cells of the columns that held numbers in training."""
    numbers = {column.name for column in fitted.columns if column.kind == "number"}
    head = _head(file, dialect)
    at = [i for i, name in enumerate(head.names) if name in numbers]
    return [record.cells[i] for record in head.records for i in at if i < len(record.cells)]


def _readable(cells: Sequence[str], dialect: Dialect) -> int:
    return sum(parse_number(cell, dialect) is not None for cell in cells)


def read_for_prediction(
    path: str | Path,
    fitted: FittedPreparation,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
) -> Table:
    """Read the feature columns of a new table; its other columns, the target among them, are not needed.

    A column that is not there is left out where the recipe fills missing cells: :func:`apply` fills it.

    Raises
    ------
    DataError
        When the file cannot be read, another feature column is not there, or a number column is text throughout.
    """
    file = check_file(path)
    dialect = dialect_for(file, fitted)
    needed = _needed(file, dialect, fitted)
    notes = _sheet_note(file, dialect, fitted)
    orders = {c.name: _date_order(file, dialect, c, notes) for c in needed if c.kind == "date"}
    wanted = [Column(name=c.name, kind=c.kind, date_order=orders.get(c.name, c.date_order)) for c in needed]
    plan = ImportPlan(dialect=dialect, columns=tuple(wanted), missing_marks=fitted.missing_marks)
    table = read_table(file, plan, progress=progress, cancelled=cancelled, columns=wanted)
    _check_numbers(table, fitted)
    if format_of(file) in ("text", "gzip"):
        notes += _marks_note(dialect, fitted)
    report = dataclasses.replace(table.report, notes=(*table.report.notes, *notes))
    return dataclasses.replace(table, report=report)


def _marks_note(dialect: Dialect, fitted: FittedPreparation) -> list[str]:
    """Tell where numbers have other marks than in training."""
    own = fitted.dialect
    if (dialect.decimal, dialect.thousands) == (own.decimal, own.thousands):
        return []
    if not any(column.kind == "number" for column in fitted.columns):
        return []
    return [f"Numbers are read with {marks_in_words(dialect)} here, and were with {marks_in_words(own)} in training."]


def _sheet_note(file: Path, dialect: Dialect, fitted: FittedPreparation) -> list[str]:
    """Tell which of several sheets is read, where none is called as in training."""
    names = sheet_names(file) if format_of(file) == "workbook" else ()
    if len(names) < 2 or dialect.sheet == fitted.dialect.sheet:
        return []
    return [f"Sheet {dialect.sheet!r} of {listed(names)} is read."]


def _date_order(file: Path, dialect: Dialect, column: FittedColumn, notes: list[str]) -> DateOrder:
    """Return the order in which a new table's dates are read: that of training, unless another reads more of them."""
    own = column.date_order
    if format_of(file) not in ("text", "gzip"):
        return own
    with plain(file, dialect) as (readable, spoken):
        texts = distinct_texts(readable, spoken, column.name)
    found = find_order(texts, dialect).order
    read = {order: sum(parse_date(text, order) is not None for text in texts) for order in (own, found)}
    if read[found] <= read[own]:
        return own
    was = f", and were with the {ORDER_TITLES[own]} in training" if own else ""
    notes.append(f"Column {column.name!r}: dates are read with the {ORDER_TITLES[found]} here{was}.")
    return found


def apply(fitted: FittedPreparation, table: Table | str | Path) -> Applied:
    """Make the inputs of a new table, each column by its own rule.

    A column that is not there counts as missing in every row where the recipe fills missing cells, and is named.
    A row with a missing cell is left out (its prediction stays empty) where the rule is "drop", and filled with what
    the training rows gave where the rule fills. A category not seen in training is all zeros or counts as other, and
    is counted. A number that has no logarithm counts as missing.

    Raises
    ------
    DataError
        When a feature column is not there and not filled, or is text throughout; when a cell is missing and the
        rule is "refuse".
    """
    if not isinstance(table, Table):
        table = read_for_prediction(table, fitted)
    absent = [column for column in fitted.columns if column.name not in table.columns]
    lost = absent if len(absent) == len(fitted.columns) else [column for column in absent if not column.fills]
    if lost:
        names = listed([column.name for column in lost])
        raise DataError(f"{table.name} has no column {names}, which the network was trained with.")
    table = replace_columns(table, dict(table.columns) | {column.name: _nothing(column, table) for column in absent})
    for column in fitted.columns:
        coded = column.kind in ("category", "boolean")
        if isinstance(table.columns[column.name], Categories) != coded:
            raise DataError(f"{table.name}: column {column.name!r} was a {column.kind} in training. Read it as that.")
    _check_numbers(table, fitted)
    table, without = _with_logs(fitted, table)
    refused = [column.name for column in fitted.columns if column.missing == "refuse"]
    whole = complete_rows(table, refused)
    if not whole.all():
        index = int(np.argmin(whole))
        name = next(name for name in refused if is_missing(table.columns[name])[index])
        raise DataError(
            f"{table.name}, row {table.row_numbers.of(index):,}: column {name!r} is empty or cannot be read, "
            "and the network was trained to refuse that. Correct it."
        )
    kept = complete_rows(table, [column.name for column in fitted.columns if not column.fills])
    X, unseen = transform(fitted, table, np.flatnonzero(kept).astype(np.int64))
    notes = [*read_notes(table), *without]
    if absent:
        be = "is" if len(absent) == 1 else "are"
        notes.append(
            f"Column {listed([column.name for column in absent])} {be} not there: every row is filled with "
            f"{filled_with(absent)}."
        )
    if lacking := int((~kept).sum()):
        notes.append(f"{counted(lacking, 'row')} without a prediction because a cell is missing or unreadable.")
    notes += _filled([column for column in fitted.columns if column not in absent], table, kept)
    for column in fitted.columns:
        if count := unseen.get(column.name, 0):
            notes.append(unseen_note(column, count, "that was not seen in training"))
    return Applied(X, kept, tuple(notes))


def _nothing(column: FittedColumn, table: Table) -> ColumnValues:
    """Return a column of missing cells."""
    if column.kind in ("category", "boolean"):
        return Categories(np.full(table.rows, -1, np.int32), column.categories)
    return np.full(table.rows, np.nan)


def _filled(fitted: Sequence[FittedColumn], table: Table, kept: NDArray[np.bool_]) -> list[str]:
    """Return in a sentence how many rows were filled with what."""
    rows, columns = np.zeros(table.rows, bool), []
    for column in fitted:
        lacking = is_missing(table.columns[column.name]) & kept
        if column.fills and lacking.any():
            rows |= lacking
            columns.append(column)
    if not columns:
        return []
    said = f"{counted(int(rows.sum()), 'row')} filled with {filled_with(columns)}"
    return [f"{said} because a cell is missing or unreadable."]


def _with_logs(fitted: FittedPreparation, table: Table) -> tuple[Table, list[str]]:
    """Return the table with numbers that have no logarithm missing, and how many there were."""
    values, notes = dict(table.columns), []
    for column in fitted.columns:
        if column.log != "log1p":
            continue
        numbers: NumberArray = values[column.name]  # type: ignore[assignment]  # its kind was checked
        wrong = without_log(numbers, column)
        if count := int(wrong.sum()):
            first = int(np.argmax(wrong))
            values[column.name] = np.where(wrong, np.nan, numbers)
            notes.append(
                f"Column {column.name!r}: {counted(count, 'number')} not above -1 and without log(1 + x), counted as "
                f"missing; the first is {numbers[first]:g} in row {table.row_numbers.of(first):,}."
            )
    return (replace_columns(table, values) if notes else table), notes


def replace_columns(table: Table, columns: dict[str, ColumnValues]) -> Table:
    """Return the table with other values."""
    return dataclasses.replace(table, columns=columns, whole=frozenset())


_HELD = {"number": "numbers", "date": "dates", "boolean": "yes and no"}
_ONE = {"number": "a number", "date": "a date", "boolean": "either"}


def _check_numbers(table: Table, fitted: FittedPreparation) -> None:
    for column in fitted.columns:
        if column.kind != "category" and table.report.unreadable.get(column.name, 0) > 0:
            values = table.columns[column.name]
            if bool(is_missing(values).all()):
                cell = table.report.examples[column.name][0]
                raise DataError(
                    f"{table.name}: column {column.name!r} held {_HELD[column.kind]} in training, but here none of its "
                    f"cells is {_ONE[column.kind]}; the first is {cell.text!r} in row {cell.row:,}. Correct the "
                    "column, or choose another table."
                )

"""A whole table as it was read: what was detected, and each column in a few figures; and its cells to write again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnstudio.data.detecting.spread import mean_of
from nnstudio.data.errors import DataError
from nnstudio.data.reading.cells import format_number, is_plain_number
from nnstudio.data.reading.dates import format_date, is_plain
from nnstudio.data.reading.encoding import check_file
from nnstudio.data.reading.formats import Format, format_of
from nnstudio.data.reading.parquet import nested, schema
from nnstudio.data.reading.read import read_cells, read_table
from nnstudio.data.reading.scan import Cancel, Progress
from nnstudio.data.recipe import Column, ImportPlan
from nnstudio.data.table import Categories, ColumnValues, NumberArray, Table, Unreadable, is_missing

MOST_FREQUENT = 5  # texts of a column


@dataclass(frozen=True)
class ColumnSummary:
    """One column: how many of its cells are missing or cannot be read, and what the others are.

    ``minimum``, ``mean`` and ``maximum`` are of numbers, and of dates in seconds since 1970-01-01; None where there
    are none. ``frequent`` are the most frequent texts of other columns with their counts.
    """

    column: Column
    missing: int
    unreadable: int
    cells: tuple[Unreadable, ...]
    distinct: int
    minimum: float | None = None
    mean: float | None = None
    maximum: float | None = None
    frequent: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class WholeTable:
    """A table with all of its columns, whatever their roles.

    ``refused`` are the columns that hold no single values, by name what they hold; they are not in ``table``.
    """

    format: Format
    plan: ImportPlan
    table: Table
    refused: dict[str, str]


def read_whole(
    path: str | Path, plan: ImportPlan, *, progress: Progress | None = None, cancelled: Cancel | None = None
) -> WholeTable:
    """Read every column of a table, also those that the plan ignores.

    Raises
    ------
    DataError
        When the file cannot be read, or no row is left.
    Cancelled
        When ``cancelled`` returned true.
    """
    file = check_file(path)
    kind = format_of(file)
    refused = refused_columns(file, plan)
    columns = [column for column in plan.columns if column.name not in refused]
    if not columns:
        raise DataError(f"{file.name}: no column holds single values. Choose another table.")
    table = read_table(file, plan, progress=progress, cancelled=cancelled, columns=columns)
    return WholeTable(kind, plan, table, refused)


def refused_columns(file: Path, plan: ImportPlan) -> dict[str, str]:
    """Return the columns of a Parquet file that hold no single values, by name what they hold."""
    if format_of(file) != "parquet":
        return {}
    return {c.name: what for c, of in zip(plan.columns, schema(file)[1], strict=True) if (what := nested(of))}


def summarize(whole: WholeTable) -> tuple[ColumnSummary, ...]:
    """Return each column in a few figures, those left out that hold no single values."""
    return tuple(_summary(whole.table, column) for column in whole.plan.columns if column.name not in whole.refused)


def _summary(table: Table, column: Column) -> ColumnSummary:
    report, values = table.report, table.columns[column.name]
    counts = (report.missing.get(column.name, 0), report.unreadable.get(column.name, 0))
    cells = report.examples.get(column.name, ())
    if isinstance(values, Categories):
        found = np.bincount(values.codes[values.codes >= 0], minlength=len(values.names))
        order = np.argsort(-found, kind="stable")[:MOST_FREQUENT]
        frequent = tuple((values.names[i], int(found[i])) for i in order.tolist() if found[i])
        return ColumnSummary(column, *counts, cells, int(np.count_nonzero(found)), frequent=frequent)
    known = values[~np.isnan(values)]
    if not len(known):
        return ColumnSummary(column, *counts, cells, 0)
    ends = float(known.min()), mean_of(known), float(known.max())
    return ColumnSummary(column, *counts, cells, len(np.unique(known)), *ends)


def written_cells(path: str | Path, whole: WholeTable) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return the names and, column by column, the texts to write: empty where a cell is missing or unreadable.

    Text is unchanged. So is a number or date whose text anyone reads as what it was read as; others are written with a
    decimal point and without marks between thousands, or as ISO 8601.

    Raises
    ------
    DataError
        When the file cannot be read, or has changed since.
    """
    names, rows = read_cells(path, whole.plan.dialect)
    if len(rows) != whole.table.rows:
        raise DataError(f"{whole.table.name} changed while it was read. Try again.")
    at = {name: i for i, name in enumerate(names)}
    wanted = [column for column in whole.plan.columns if column.name not in whole.refused]
    columns = [
        _texts(column, [row[at[column.name]] for row in rows], whole.table.columns[column.name]) for column in wanted
    ]
    return tuple(column.name for column in wanted), columns


def _texts(column: Column, raw: Sequence[str], values: ColumnValues) -> list[str]:
    missing = is_missing(values).tolist()
    if isinstance(values, Categories):
        return ["" if lacks else text for text, lacks in zip(raw, missing, strict=True)]
    says, write = (_says_date, format_date) if column.kind == "date" else (_says_number, format_number)
    return [
        "" if lacks else stripped if says(stripped := text.strip(), value) else write(value)
        for text, lacks, value in zip(raw, missing, _floats(values), strict=True)
    ]


def _says_date(text: str, value: float) -> bool:
    return is_plain(text)


def _says_number(text: str, value: float) -> bool:
    """Return whether a text says this number to anyone: 1.234 does not, where its point stood between thousands."""
    return is_plain_number(text) and float(text) == value


def _floats(values: NumberArray) -> list[float]:
    return values.tolist()  # type: ignore[no-any-return]

"""A large table checked to its end: the figures of a preview, of all rows in place of the first ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace as with_fields
from functools import partial
from pathlib import Path

import numpy as np

from nnstudio.data.detecting.identities import tells_rows_apart
from nnstudio.data.detecting.preview import Preview, PreviewColumn
from nnstudio.data.detecting.spread import Figures, figures_of
from nnstudio.data.detecting.summary import refused_columns
from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.reading.content import state_of
from nnstudio.data.reading.encoding import check_file
from nnstudio.data.reading.kept import KeptTable
from nnstudio.data.reading.read import read_table
from nnstudio.data.reading.scan import Cancel, Progress
from nnstudio.data.recipe import Column, ImportPlan
from nnstudio.data.room import memory_limit, place_for
from nnstudio.data.table import Categories, Table, is_missing

VALUES_AT_ONCE = 32_000_000  # of ignored texts, and of a table too large for memory: they are not kept
READING = 0.8  # of the time; the rest goes to the figures


def check_whole(
    path: str | Path,
    plan: ImportPlan,
    shown: Preview,
    *,
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
    keep: Callable[[KeptTable], None] | None = None,
    kept: KeptTable | None = None,
) -> Preview:
    """Return a preview with the figures of all rows, those of the columns that the plan ignores too.

    Parameters
    ----------
    path, plan
        The file, and how it is read.
    shown
        The preview that was made with this plan: its first rows stay.
    progress, cancelled
        As for :func:`nnstudio.data.reading.read.read_table`.
    keep
        Called with all columns but ignored texts once they are read, before their figures are found: where they fit
        into the memory that is given to tables, and the file has not changed lately.
    kept
        What was kept of the file before: it is not read again.

    Raises
    ------
    DataError
        When the file cannot be read to its end, or was changed meanwhile.
    Cancelled
        When ``cancelled`` returned true.
    """
    file = check_file(path)
    before, refused = state_of(file), refused_columns(file, plan)
    wanted = [column for column in plan.columns if column.name not in refused]
    columns: dict[str, PreviewColumn] = {column.name: column for column in shown.columns}
    if not wanted:
        return shown
    # Ignored texts are mostly names and remarks, which differ in every row and take more memory than all else.
    ignored = [column for column in wanted if column.role == "ignore" and column.kind == "category"]
    used = [column for column in wanted if column not in ignored]
    step = max(1, VALUES_AT_ONCE // max(1, shown.estimated_rows))
    whole = bool(used) and not place_for(shown.estimated_rows, len(used)).on_disk
    blocks = [used] if whole else _slices(used, step)
    blocks += _slices(ignored, step)
    rows, table = -1, None
    for number, block in enumerate(blocks):
        report = None if progress is None else partial(_part, progress, number, len(blocks))
        del table  # or two blocks would be in memory
        table = (kept and kept.of(file, plan, block)) or read_table(
            file, plan, progress=report, cancelled=cancelled, columns=block
        )
        if rows not in (-1, table.rows):
            raise DataError(f"{table.name} gave different rows when it was read twice. Was it being written?")
        rows = table.rows
        stayed = before.settled and state_of(file) == before
        if keep is not None and whole and number == 0 and stayed and table.size <= memory_limit():
            keep(KeptTable(file, before, plan, table))
        _take_figures(table, block, columns, report, cancelled)
    assert table is not None
    for name in refused:  # no cell of it can be read, as in the preview
        columns[name] = with_fields(columns[name], missing=rows, lacking=np.ones(rows, bool))
    return with_fields(
        shown,
        columns=tuple(columns[column.name] for column in shown.columns),
        set_aside=table.report.set_aside_examples,
        set_aside_count=table.report.set_aside,
        complete=True,
        estimated_rows=rows,
        counted_rows=rows,
    )


def _slices(columns: list[Column], step: int) -> list[list[Column]]:
    return [columns[start : start + step] for start in range(0, len(columns), step)]


def _part(progress: Progress, number: int, blocks: int, share: float, done: float = 0.0) -> None:
    progress((number + READING * share + (1 - READING) * done) / blocks)


def _take_figures(
    table: Table,
    block: Sequence[Column],
    columns: dict[str, PreviewColumn],
    report: partial[None] | None,
    cancelled: Cancel | None,
) -> None:
    nothing = np.zeros(table.rows, bool)  # one for all columns without a missing cell
    for at, column in enumerate(block):
        if cancelled is not None and cancelled():
            raise Cancelled
        values, name = table.columns[column.name], column.name
        missing, wrong = table.report.missing.get(name, 0), table.report.unreadable.get(name, 0)
        if isinstance(values, Categories):
            distinct = int(np.count_nonzero(np.bincount(values.codes[values.codes >= 0], minlength=1)))
        else:
            distinct = len(np.unique(values[~np.isnan(values)]))
        columns[name] = PreviewColumn(
            name,
            column.kind,
            missing,
            distinct,
            wrong,
            table.report.examples.get(name, ()),
            tells_rows_apart(name, column.kind, values),
            lacking=is_missing(values) if missing + wrong else nothing,
            find=partial(_given, figures_of(values)),
            date_order=table.report.date_orders.get(name, column.date_order),
        )
        if report is not None:
            report(1.0, (at + 1) / len(block))


def _given(figures: Figures) -> Figures:
    return figures

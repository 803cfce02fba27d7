"""The first rows of a table as text, and what each column's cells look like when read by the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.declared import replace
from nnstudio.data import parquet
from nnstudio.data.cells import BLANKS, is_missing, parse_number
from nnstudio.data.encoding import check_file
from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.formats import plain
from nnstudio.data.head import Head, Record, head_text, read_head, records, without_surplus
from nnstudio.data.kinds import Meaning, cell_reader, with_order
from nnstudio.data.recipe import Column, ImportPlan, Kind, Task
from nnstudio.data.scan import Cancel
from nnstudio.data.steps import FILLING, MissingRule
from nnstudio.data.table import MOST_LISTED, Unreadable, shortened
from nnstudio.data.targets import propose_task

MOST_CELLS = 300_000  # of a table with very many columns, fewer rows are shown
LEAST_ROWS = 20
SMALL_FILE = 4 * 2**20  # bytes; all rows of such a file are counted, which takes about a second
SMALL_CELLS = 600_000  # of a Parquet file, which takes as long
ROWS_A_LOOK = 20_000  # between two looks at Cancel


@dataclass(frozen=True)
class PreviewColumn:
    """What the counted rows show of one column. ``unreadable`` lists the first cells that are not of its kind.

    ``lacking (counted_rows,)`` tells the rows whose cell is missing or unreadable.
    """

    name: str
    kind: Kind
    missing: int
    distinct: int
    unreadable_count: int
    unreadable: tuple[Unreadable, ...]
    lacking: NDArray[np.bool_] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Preview:
    """The first rows: ``rows`` as text cut or filled to the columns, ``row_numbers`` as a spreadsheet counts.

    ``set_aside`` are the rows with too few or too many cells, which are not in ``rows``. Where ``complete``, all
    of the file was counted: ``counted_rows`` and ``estimated_rows`` are then its rows. Otherwise the columns'
    figures hold for the first ``counted_rows``, and ``estimated_rows`` is judged from the file's size.
    """

    columns: tuple[PreviewColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    row_numbers: tuple[int, ...]
    set_aside: tuple[Unreadable, ...]
    complete: bool
    estimated_rows: int
    counted_rows: int


def preview(path: str | Path, plan: ImportPlan, rows: int = 200, *, cancelled: Cancel | None = None) -> Preview:
    """Read the first ``rows`` rows of a file, with the kinds that the plan gives its columns; count small files whole.

    Raises
    ------
    DataError
        When the file cannot be opened or taken apart at all.
    Cancelled
        When ``cancelled`` returned true.
    """
    file = check_file(path)
    with plain(file, plan.dialect, None, cancelled) as (readable, dialect):
        return _preview(readable, replace(plan, dialect=dialect), rows, cancelled)


def _preview(file: Path, plan: ImportPlan, rows: int, cancelled: Cancel | None) -> Preview:
    head = read_head(file, plan.dialect, min(rows, max(LEAST_ROWS, MOST_CELLS // max(1, len(plan.columns)))))
    size = file.stat().st_size
    everything = head.records if head.complete else _all_records(file, size, plan, head)
    found = head.records if everything is None else everything
    good = [record for record in found if len(record.cells) == head.width]
    shown = good[: sum(len(record.cells) == head.width for record in head.records)]
    set_aside = tuple(
        Unreadable(record.row, plan.dialect.delimiter.join(record.cells))
        for record in found
        if len(record.cells) != head.width
    )
    estimated = head.rows or max(len(good), round(size / head.bytes_a_row) - plan.dialect.header)
    columns = {column.name: column for column in plan.columns}
    numbers = [record.row for record in good]
    cells = list(zip(*(record.cells for record in good), strict=True)) or [()] * head.width
    return Preview(
        columns=tuple(
            _column(columns.get(name, Column(name=name, kind="category")), cells[i], numbers, plan, cancelled)
            for i, name in enumerate(head.names)
        ),
        rows=tuple(tuple(record.cells) for record in shown),
        row_numbers=tuple(record.row for record in shown),
        set_aside=set_aside,
        complete=everything is not None,
        estimated_rows=estimated if everything is None else len(good),
        counted_rows=len(good),
    )


def rows_left(shown: Preview, plan: ImportPlan, missing: MissingRule) -> int:
    """Return how many rows the rule for missing cells leaves, as exactly as the preview knows the table.

    A column with a rule of its own follows that.
    """
    needed = {
        column.name
        for column in plan.columns
        if column.role == "target" or (column.role == "feature" and (column.steps.missing or missing) not in FILLING)
    }
    lacking = np.zeros(shown.counted_rows, bool)
    if missing != "refuse":  # nothing is dropped: the table is loaded whole or not at all
        for column in shown.columns:
            if column.name in needed:
                lacking |= column.lacking
    left = 1.0 - float(lacking.mean()) if len(lacking) else 1.0
    return round(shown.estimated_rows * left)


def proposed_task(shown: Preview, plan: ImportPlan) -> Task | None:
    """Return the task that the target suggests by its first rows; None where there is not one target."""
    found = [i for i, column in enumerate(plan.columns) if column.role == "target"]
    if len(found) != 1:
        return None
    cells = [row[found[0]] for row in shown.rows if not is_missing(row[found[0]], plan.missing_marks)]
    if plan.columns[found[0]].kind in ("category", "boolean"):
        return "binary" if len({cell.strip(BLANKS) for cell in cells}) <= 2 else "multiclass"
    numbers = [parse_number(cell, plan.dialect) for cell in cells]
    return propose_task(np.array([number for number in numbers if number is not None], float))


def _all_records(file: Path, size: int, plan: ImportPlan, head: Head) -> list[Record] | None:
    """Return every row below the header of a small file, and None where that is too much or cannot be done."""
    if head.rows is not None:
        if head.rows * head.width > SMALL_CELLS:
            return None
        return [Record(row, cells) for row, cells in enumerate(parquet.cells(file, head.types), start=1)]
    if size > SMALL_FILE:
        return None
    text, _ = head_text(file, plan.dialect.encoding, size)
    try:
        found, _, _ = records(text, plan.dialect)
    except DataError:  # a quote far below; loading the table says which
        return None
    body = found[1:] if head.header else found
    return [without_surplus(record, head.width) for record in body]


def _column(
    column: Column, cells: Sequence[str], row_numbers: list[int], plan: ImportPlan, cancelled: Cancel | None
) -> PreviewColumn:
    read = cell_reader(with_order(column, dict.fromkeys(cells), plan.dialect), plan.dialect)
    meanings: dict[str, Meaning | None] = {}  # of each text once: most columns repeat theirs
    unreadable: list[Unreadable] = []
    missing = wrong = 0
    lacking = np.zeros(len(cells), bool)
    for i, cell in enumerate(cells):
        if i % ROWS_A_LOOK == 0 and cancelled is not None and cancelled():
            raise Cancelled
        if cell not in meanings:
            meanings[cell] = "" if is_missing(cell, plan.missing_marks) else read(cell)
        meaning = meanings[cell]
        if meaning == "":
            missing += 1
            lacking[i] = True
        elif meaning is None:
            wrong += 1
            lacking[i] = True
            if len(unreadable) < MOST_LISTED:
                unreadable.append(Unreadable(row_numbers[i], shortened(cell)))
    distinct = len(set(meanings.values()) - {"", None})
    return PreviewColumn(column.name, column.kind, missing, distinct, wrong, tuple(unreadable), lacking)

"""The first rows of a table as text, and what each column's cells look like when read by the plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nnstudio.data.cells import BLANKS, is_missing, parse_number
from nnstudio.data.encoding import check_file
from nnstudio.data.head import read_head
from nnstudio.data.recipe import ImportPlan, Kind
from nnstudio.data.table import EXAMPLES, Unreadable

MOST_CELLS = 300_000  # of a table with very many columns, fewer rows are shown
LEAST_ROWS = 20


@dataclass(frozen=True)
class PreviewColumn:
    """What the sample shows of one column. ``unreadable`` lists the first cells that are not of its kind."""

    name: str
    kind: Kind
    missing: int
    distinct: int
    unreadable_count: int
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True)
class Preview:
    """The first rows: ``rows`` as text cut or filled to the columns, ``row_numbers`` as a spreadsheet counts.

    ``set_aside`` are the rows with too few or too many cells, which are not in ``rows``. ``estimated_rows``
    is exact where ``complete``, and otherwise judged from the file's size.
    """

    columns: tuple[PreviewColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    row_numbers: tuple[int, ...]
    set_aside: tuple[Unreadable, ...]
    complete: bool
    estimated_rows: int


def preview(path: str | Path, plan: ImportPlan, rows: int = 200) -> Preview:
    """Read the first ``rows`` rows of a file and no more, with the kinds that the plan gives its columns.

    Raises
    ------
    DataError
        When the file cannot be opened or taken apart at all.
    """
    file = check_file(path)
    head = read_head(file, plan.dialect, min(rows, max(LEAST_ROWS, MOST_CELLS // max(1, len(plan.columns)))))
    good = [record for record in head.records if len(record.cells) == head.width]
    set_aside = tuple(
        Unreadable(record.row, plan.dialect.delimiter.join(record.cells))
        for record in head.records
        if len(record.cells) != head.width
    )
    kinds = {column.name: column.kind for column in plan.columns}
    columns = []
    for i, name in enumerate(head.names):
        kind: Kind = kinds.get(name, "category")
        missing = 0
        distinct: set[str | float] = set()
        unreadable: list[Unreadable] = []
        for record in good:
            cell = record.cells[i]
            if is_missing(cell, plan.missing_marks):
                missing += 1
            elif kind == "category":
                distinct.add(cell.strip(BLANKS))
            elif (number := parse_number(cell, plan.dialect)) is None:
                unreadable.append(Unreadable(record.row, cell))
            else:
                distinct.add(number)
        columns.append(PreviewColumn(name, kind, missing, len(distinct), len(unreadable), tuple(unreadable[:EXAMPLES])))
    size = file.stat().st_size
    total = len(good) if head.complete else max(len(good), round(size / head.bytes_a_row) - plan.dialect.header)
    return Preview(
        columns=tuple(columns),
        rows=tuple(tuple(record.cells) for record in good),
        row_numbers=tuple(record.row for record in good),
        set_aside=set_aside,
        complete=head.complete,
        estimated_rows=total,
    )

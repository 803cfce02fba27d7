"""The first rows of a table as text, and what each column's cells look like when read by the plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.declared import replace
from nnstudio.data.detecting.identities import MOST_DISTINCT, identity_warning, tells_rows_apart
from nnstudio.data.detecting.spread import Figures, figures_of
from nnstudio.data.doubt import DataWarning
from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.reading import parquet
from nnstudio.data.reading.cells import BLANKS, is_missing, natural_key
from nnstudio.data.reading.encoding import check_file
from nnstudio.data.reading.formats import plain
from nnstudio.data.reading.head import Head, Record, head_text, read_head, records, without_surplus
from nnstudio.data.reading.kinds import Meaning, cell_reader, with_order
from nnstudio.data.reading.scan import Cancel
from nnstudio.data.recipe import Column, DateOrder, ImportPlan, Kind, Task, listed, plural
from nnstudio.data.steps import FILLING, MissingRule
from nnstudio.data.table import MOST_LISTED, Categories, ColumnValues, Unreadable, shortened

MOST_CELLS = 200_000  # of a table with very many columns, fewer rows are shown
LEAST_ROWS = 20
SMALL_FILE = 4 * 2**20  # bytes; all rows of such a file are counted, which takes about a second
SMALL_CELLS = 600_000  # of a Parquet file, which takes as long
MOST_TARGETS_NAMED = 4
TASK_WORDS: dict[Task, str] = {"binary": "two classes", "multiclass": "several classes", "regression": "a number"}
ROWS_A_LOOK = 20_000  # between two looks at Cancel


@dataclass(frozen=True)
class PreviewColumn:
    """What the counted rows show of one column. ``unreadable`` lists the first cells that are not of its kind.

    ``tells_apart`` says that it tells rows apart as a row number does. ``lacking (counted_rows,)`` tells the rows
    whose cell is missing or unreadable. ``find`` finds the figures that are asked for of a few columns at a time.
    ``date_order`` is how dates were read, found from these rows where the plan does not say.
    """

    name: str
    kind: Kind
    missing: int
    distinct: int
    unreadable_count: int
    unreadable: tuple[Unreadable, ...]
    tells_apart: bool
    lacking: NDArray[np.bool_] = field(compare=False, repr=False)
    find: Callable[[], Figures] = field(compare=False, repr=False)
    date_order: DateOrder = ""

    @property
    def lacks(self) -> int:
        """How many cells are missing, or count as missing because they cannot be read."""
        return self.missing + self.unreadable_count

    @cached_property
    def figures(self) -> Figures:
        """The spread of the column, and the task that it suggests as a target."""
        return self.find()


@dataclass(frozen=True)
class Preview:
    """The first rows: ``rows`` as text cut or filled to the columns, ``row_numbers`` as a spreadsheet counts.

    ``set_aside`` are the first of the ``set_aside_count`` rows with too few or too many cells, which are not in
    ``rows``. Where ``complete``, all
    of the file was counted: ``counted_rows`` and ``estimated_rows`` are then its rows. Otherwise the columns'
    figures hold for the first ``counted_rows``, and ``estimated_rows`` is judged from the file's size.
    """

    columns: tuple[PreviewColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    row_numbers: tuple[int, ...]
    set_aside: tuple[Unreadable, ...]
    set_aside_count: int
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
            _column(columns.get(name) or Column(name=name, kind="category"), cells[i], numbers, plan, cancelled)
            for i, name in enumerate(head.names)
        ),
        rows=tuple(tuple(record.cells) for record in shown),
        row_numbers=tuple(record.row for record in shown),
        set_aside=set_aside[:MOST_LISTED],
        set_aside_count=len(set_aside),
        complete=everything is not None,
        estimated_rows=estimated if everything is None else len(good),
        counted_rows=len(good),
    )


def rows_left(shown: Preview, plan: ImportPlan, missing: MissingRule) -> int:
    """Return how many rows the rule for missing cells leaves, as exactly as the preview knows the table.

    A column with a rule of its own follows that.
    """
    lacking = np.zeros(shown.counted_rows, bool)
    for column in _needed(shown, plan, missing):
        lacking |= column.lacking
    left = 1.0 - float(lacking.mean()) if len(lacking) else 1.0
    return round(shown.estimated_rows * left)


def lacks_most(shown: Preview, plan: ImportPlan, missing: MissingRule) -> str:
    """Return the name of the column for which the rule for missing cells drops most rows, empty where it drops none."""
    lacking = {column.name: int(column.lacking.sum()) for column in _needed(shown, plan, missing)}
    worst = max(lacking, key=lambda name: lacking[name], default="")
    return worst if lacking.get(worst) else ""


def _needed(shown: Preview, plan: ImportPlan, missing: MissingRule) -> list[PreviewColumn]:
    """Return the columns of which every kept row has a value."""
    if missing == "refuse":  # nothing is dropped: the table is loaded whole or not at all
        return []
    names = {
        column.name
        for column in plan.columns
        if column.role == "target" or (column.role == "feature" and (column.steps.missing or missing) not in FILLING)
    }
    return [column for column in shown.columns if column.name in names]


def proposed_task(shown: Preview, plan: ImportPlan) -> Task | None:
    """Return the task that the targets suggest; None where there is none, or where they do not go together."""
    found = _suggested(shown, plan)
    if len(found) < 2:
        return found[0][1] if found else None
    tasks = {task for _, task in found}
    return tasks.pop() if tasks in ({"binary"}, {"regression"}) else None


def targets_apart(shown: Preview, plan: ImportPlan) -> str:
    """Return in a sentence why several targets do not go together, empty where they do."""
    found = _suggested(shown, plan)
    if len(found) < 2 or {task for _, task in found} in ({"binary"}, {"regression"}):
        return ""
    names = [f"{name!r} ({TASK_WORDS[task]})" for name, task in found[:MOST_TARGETS_NAMED]]
    more = f", and {len(found) - MOST_TARGETS_NAMED:,} more," if len(found) > MOST_TARGETS_NAMED else ""
    return (
        f"The targets {', '.join(names[:-1])} and {names[-1]}{more} do not go together. Several targets must be all "
        "numbers, or all yes/no columns. Choose one of them, or others."
    )


def _suggested(shown: Preview, plan: ImportPlan) -> list[tuple[str, Task]]:
    tasks = {
        column.name: shown.columns[i].figures.task for i, column in enumerate(plan.columns) if column.role == "target"
    }
    return [(name, task) for name, task in tasks.items() if task is not None]


def doubts(shown: Preview, plan: ImportPlan) -> tuple[DataWarning, ...]:
    """Return what is doubtful about the features, as far as the counted rows tell."""
    empty: list[str] = []
    constant: list[str] = []
    identity: list[str] = []
    for column, sample in zip(plan.columns, shown.columns, strict=True):
        if column.role != "feature" or not shown.counted_rows:
            continue
        if sample.distinct < 2:
            (constant if sample.distinct else empty).append(column.name)
        elif sample.tells_apart:
            identity.append(column.name)
    rows = "every row" if shown.complete else f"each of the first {plural(shown.counted_rows, 'row')}"
    found = []
    if empty:
        them = "it" if len(empty) == 1 else "them"
        text = f"Missing or unreadable in {rows}: {listed(empty)}. Ignore {them}, or check how the file is read."
        found.append(DataWarning(kind="constant", text=text, columns=tuple(empty)))
    if constant:
        text = f"The same value in {rows}: {listed(constant)}. Such a column teaches nothing."
        found.append(DataWarning(kind="constant", text=text, columns=tuple(constant)))
    return (*found, identity_warning(identity)) if identity else tuple(found)


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
    column = with_order(column, dict.fromkeys(cells), plan.dialect)
    read = cell_reader(column, plan.dialect)
    meanings: dict[str, Meaning | None] = {}  # of each text once: most columns repeat theirs
    for i, cell in enumerate(dict.fromkeys(cells)):
        if i % ROWS_A_LOOK == 0 and cancelled is not None and cancelled():
            raise Cancelled
        meanings[cell] = "" if is_missing(cell, plan.missing_marks) else read(cell)
    lost = {cell for cell, meaning in meanings.items() if meaning is None}
    empty = {cell for cell, meaning in meanings.items() if meaning == ""}
    lacking = np.fromiter(map((lost | empty).__contains__, cells), bool, len(cells))
    wrong = [i for i in np.flatnonzero(lacking).tolist() if cells[i] in lost]
    unreadable = [Unreadable(row_numbers[i], shortened(cells[i])) for i in wrong[:MOST_LISTED]]
    missing = int(lacking.sum()) - len(wrong)
    distinct = len(set(meanings.values()) - {"", None})
    find = partial(_figures, column.kind, cells, meanings)
    apart = _tells_apart(column, cells, meanings, distinct)
    unread, order = tuple(unreadable), column.date_order
    return PreviewColumn(column.name, column.kind, missing, distinct, len(wrong), unread, apart, lacking, find, order)


def _figures(kind: Kind, cells: Sequence[str], meanings: dict[str, Meaning | None]) -> Figures:
    return figures_of(_values(kind, cells, meanings))


def _values(kind: Kind, cells: Sequence[str], meanings: dict[str, Meaning | None]) -> ColumnValues:
    """Return cells as a table has them, those missing that cannot be read."""
    if kind in ("number", "date"):
        numbers = {text: np.nan if value in ("", None) else float(value) for text, value in meanings.items()}
        return np.array([numbers[cell] for cell in cells], np.float64)
    texts: dict[Meaning, str] = {}  # of each meaning its first spelling
    for text, value in meanings.items():
        if value not in ("", None):
            texts.setdefault(value, text.strip(BLANKS))
    # In the order in which a table has them: no before yes, texts in their natural one.
    order = sorted(texts, key=(lambda value: value) if kind == "boolean" else (lambda value: natural_key(texts[value])))
    place = {value: i for i, value in enumerate(order)}
    codes = {text: -1 if value in ("", None) else place[value] for text, value in meanings.items()}
    return Categories(np.array([codes[cell] for cell in cells], np.int32), tuple(texts[value] for value in order))


def _tells_apart(column: Column, cells: Sequence[str], meanings: dict[str, Meaning | None], distinct: int) -> bool:
    if column.kind == "date" or distinct <= MOST_DISTINCT * len(cells):
        return False
    if column.kind == "number" and (distinct < len(cells) or any(value % 1 for value in meanings.values())):  # type: ignore[operator]
        return False  # so nearly all columns of numbers
    return tells_rows_apart(column.name, column.kind, _values(column.kind, cells, meanings))

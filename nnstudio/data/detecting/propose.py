"""What each column of a table is proposed to be: its kind and role, from the first rows, and why, in sentences."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from engine.declared import replace
from nnstudio.data.detecting.identities import is_named_like_row_number, last_word
from nnstudio.data.detecting.misreading import doubts_on, marks_note
from nnstudio.data.errors import DataError
from nnstudio.data.reading.booleans import is_pair
from nnstudio.data.reading.cells import BLANKS, is_error, is_infinite, is_missing, parse_number
from nnstudio.data.reading.dates import doubt_of, find_order, looks_like_date, parse_date, short_years
from nnstudio.data.reading.head import Head, read_head
from nnstudio.data.reading.parquet import kind_of, nested
from nnstudio.data.reading.read import distinct_texts
from nnstudio.data.recipe import Column, DateOrder, Dialect, ImportPlan, Kind, Role

LEAST_FILLED, LEAST_ROWS_FOR_EMPTY = 0.5, 10  # of the cells, from so many rows on
MOST_UNREADABLE = 0.1  # of the cells of a column of numbers or dates
LEAST_ROWS_FOR_ID = 10  # fewer rows do not tell a row number from a coincidence
LEAST_TEXTS_FOR_ID = 10
KEY_WORDS = {"id", "ids", "uid", "guid", "uuid"}  # as the last word of a name, of keys that come again
LEAST_KEYS, LEAST_SHARE_OF_KEYS = 50, 0.2  # different ones, and of the rows, before a name like a key is believed
LEAST_DATES = 0.9  # of the cells, before a text column is taken for dates
FIRST_DATES = 50  # that mostly tell whether any needs an order
LEAST_DATES_FOR_ID = 10  # different ones; a few days that come again and again may be categories
_SHORT_YEAR = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{2}([T ][0-9]{1,2}:[0-9]{2}.*)?")
IGNORED = "it is proposed to be ignored (its role can be changed)."
NEVER = "it is ignored."
TARGET = "is taken for the target."


def notes_on_reading(plan: ImportPlan) -> tuple[str, ...]:
    """Return the notes of a plan on how cells are read, without those on what columns are proposed to be for."""
    return tuple(note for note in plan.notes if not note.endswith((IGNORED, NEVER, TARGET)))


class _Proposal(NamedTuple):
    """What one column is proposed to be; ``reason`` says why it is ignored, and ``never`` that it cannot be used.

    A ``sparse`` one has few cells that are not missing.
    """

    column: Column
    reason: str
    never: bool = False
    sparse: bool = False


def propose_columns(
    file: Path, dialect: Dialect, rows_to_sample: int, marks: tuple[str, ...], notes: list[str]
) -> ImportPlan:
    """Return the plan of a text or Parquet file in this dialect; ``notes`` are what was said of it before.

    Raises
    ------
    DataError
        When not even one row can be taken apart.
    """
    head = read_head(file, dialect, rows_to_sample)
    notes = [*notes, *head.notes]
    rows = [record.cells for record in head.records if len(record.cells) == head.width]
    found = [_propose(file, dialect, head, i, rows, marks, notes) for i in range(head.width)]
    texts = {p.column.name: [row[i] for row in rows] for i, p in enumerate(found) if p.column.kind == "category"}
    if said := marks_note(texts, marks):
        notes.append(said)
    usable = [i for i, proposal in enumerate(found) if not proposal.never]
    filled = [i for i in usable if not found[i].sparse] or usable
    target = filled[-1] if filled else head.width - 1
    features = [i for i in usable if i != target]
    if all(found[i].reason for i in features):  # better a doubtful feature than none
        found = [p if p.never else p._replace(reason="") for p in found]
    lost = {name for name, of in zip(head.names, head.types, strict=True) if nested(of)} if head.types else set()
    columns = []
    for i, (column, reason, *_) in enumerate(found):
        role: Role = "target" if i == target else "ignore" if reason else "feature"
        columns.append(column if column.role == role else replace(column, role=role))
        if role == "ignore":
            notes.append(f"{column.name!r} {reason}; {IGNORED if column.name not in lost else NEVER}")
    if head.width > 1:
        which = "The last column" if target == head.width - 1 else "The last column that can be predicted"
        notes.append(f"{which}, {head.names[target]!r}, {TARGET}")
    return ImportPlan(dialect=dialect, columns=tuple(columns), missing_marks=marks, notes=tuple(notes))


def _propose(
    file: Path,
    dialect: Dialect,
    head: Head,
    at: int,
    rows: list[list[str]],
    marks: tuple[str, ...],
    notes: list[str],
) -> _Proposal:
    name = head.names[at]
    if head.types and (holds := nested(head.types[at])):
        return _Proposal(Column(name=name, kind="category"), f"holds {holds}, which cannot be read", never=True)
    cells = [row[at].strip(BLANKS) for row in rows if not is_missing(row[at], marks)]
    if dialect.sheet:
        cells = [cell for cell in cells if not is_error(cell, dialect)]
    kind = (kind_of(head.types[at]) if head.types else None) or column_kind(cells, dialect)
    column = Column(name=name, kind=kind)
    if kind == "date":
        order = _date_order(file, dialect, head, name, cells, notes)
        return _Proposal(replace(column, date_order=order), "holds dates", never=True)
    if not cells and rows:
        return _Proposal(column, "is empty in the first rows", never=True)
    if not head.types or not kind_of(head.types[at]):
        notes += doubts_on(name, cells, kind, dialect)
    if len(cells) < LEAST_FILLED * len(rows) and len(rows) >= LEAST_ROWS_FOR_EMPTY:
        return _Proposal(column, f"has a value in {len(cells):,} of the first {len(rows):,} rows", sparse=True)
    return _Proposal(column, _why_ignored(name, cells, kind, len(rows), dialect))


def _date_order(file: Path, dialect: Dialect, head: Head, name: str, cells: list[str], notes: list[str]) -> DateOrder:
    """Return the order of a date column, of all its cells where the first ones do not tell."""
    if head.types and kind_of(head.types[head.names.index(name)]) == "date":
        return "ymd"
    order, doubtful, decided = find_order(dict.fromkeys(cells), dialect)
    if not decided and not head.complete and all(parse_date(cell, "") is not None for cell in cells[:FIRST_DATES]):
        order = ""  # none of these dates needs an order; those below tell, once they are read
    elif not decided and not head.complete:
        with contextlib.suppress(DataError):  # reading the table says what is wrong
            order, doubtful, _ = find_order(distinct_texts(file, dialect, name), dialect)
    if doubtful:
        notes.append(doubt_of(name, order, doubtful))
    if any((moment := parse_date(cell, order)) is not None and moment.short for cell in cells):
        notes.append(short_years(name))
    return order


def column_kind(cells: Sequence[str], dialect: Dialect) -> Kind:
    """Return the kind of a column from its cells that are not missing; one of numbers or dates may have a few wrong."""
    # An infinity cannot be read, but it says that the others are numbers, however many there are of it.
    if _are_most(cells, lambda cell: parse_number(cell, dialect) is not None, is_infinite):
        return "number"
    if _are_most(cells, looks_like_date):
        return "date"
    return "boolean" if is_pair(set(cells)) else "category"


def _are_most(
    cells: Sequence[str], is_right: Callable[[str], bool], says_nothing: Callable[[str], bool] = lambda cell: False
) -> bool:
    """Return whether nearly all cells are right, those left out that say nothing; a few wrong ones tell soon."""
    right, wrong, most = 0, 0, max(1, MOST_UNREADABLE * len(cells))
    for cell in cells:
        if is_right(cell):
            right += 1
        elif not says_nothing(cell):
            wrong += 1
            if wrong > most:
                return False
    return right >= 2 * wrong


def _why_ignored(name: str, cells: list[str], kind: Kind, rows: int, dialect: Dialect) -> str:
    if kind == "number":
        return _why_row_number(name, cells, rows, dialect)
    distinct = len(set(cells))
    dates = sum(bool(_SHORT_YEAR.fullmatch(cell)) for cell in cells)
    if distinct >= LEAST_DATES_FOR_ID and dates >= LEAST_DATES * len(cells):
        return "holds dates whose years have two digits, which are read as text"
    if distinct >= LEAST_TEXTS_FOR_ID and distinct == len(cells):
        return "holds a different text in every row"
    if distinct >= LEAST_TEXTS_FOR_ID and distinct > len(cells) / 2:
        return "holds a different text in most rows"
    return ""


def _why_row_number(name: str, cells: list[str], rows: int, dialect: Dialect) -> str:
    if len(cells) != rows or rows < LEAST_ROWS_FOR_ID:
        return ""
    values: list[float] = []
    for cell in cells:
        value = parse_number(cell, dialect)
        if value is None or value % 1:
            return ""
        values.append(value)
    if all(after - before == 1 for before, after in itertools.pairwise(values)):
        return "counts the rows" if values[0] in (0, 1) else "goes up by 1 from row to row, as a row number does"
    distinct = len(set(values))
    if is_named_like_row_number(name) and distinct == rows:
        return "differs in every row and is named like a row number"
    if last_word(name) in KEY_WORDS and distinct >= max(LEAST_KEYS, LEAST_SHARE_OF_KEYS * rows):
        return f"is named like a key and has {distinct:,} values in {rows:,} rows"
    return ""

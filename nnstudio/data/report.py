"""What became of a table's rows and cells, as counts and as sentences to show as they are."""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from engine.declared import Declared
from nnstudio.data.fitting import FittedPreparation
from nnstudio.data.recipe import Kind, listed, plural
from nnstudio.data.split import Split
from nnstudio.data.table import EXAMPLES, Table

WANTED: dict[Kind, str] = {"number": "number", "date": "date", "boolean": "yes or no", "category": "text"}
_Count = Annotated[int, Meta(ge=0)]


class BadCell(Declared, frozen=True):
    """A cell that could not be read as its column's kind; ``row`` is the row a spreadsheet shows."""

    column: str
    row: int
    text: str


class PreparationReport(Declared, frozen=True):
    """What became of the rows. ``notes`` are plain sentences to show as they are."""

    rows_read: _Count = 0
    rows_used: _Count = 0
    rows_dropped: _Count = 0
    rows_set_aside: _Count = 0
    missing: dict[str, int] = msgspec.field(default_factory=dict)
    unreadable: dict[str, int] = msgspec.field(default_factory=dict)
    examples: tuple[BadCell, ...] = ()
    notes: tuple[str, ...] = ()


def report_of(table: Table, used: int, notes: list[str]) -> PreparationReport:
    """Return the report on a table of which ``used`` rows are left."""
    read = table.report
    return PreparationReport(
        rows_read=read.rows,
        rows_used=used,
        rows_dropped=read.rows - used,
        rows_set_aside=read.set_aside,
        missing=read.missing,
        unreadable=read.unreadable,
        examples=tuple(
            BadCell(column=name, row=cell.row, text=cell.text)
            for name, cells in read.examples.items()
            for cell in cells[:EXAMPLES]
        ),
        notes=tuple(notes),
    )


def notes_on(
    table: Table,
    fitted: FittedPreparation,
    X: NDArray[np.float32],
    split: Split,
    unseen: dict[str, int],
    codes: NDArray[np.int64] | None,
) -> list[str]:
    """Return the notes on prepared data: on the table, the fit and the split."""
    notes = read_notes(table)
    notes += _missing_notes(table, fitted)
    dropped = table.rows - len(X)
    if dropped:
        were = "was" if dropped == 1 else "were"
        notes.append(f"{dropped:,} of {plural(table.rows, 'row')} {were} left out: a cell is missing or unreadable.")
    for name, count in unseen.items():
        hold = "holds" if count == 1 else "hold"
        notes.append(f"Column {name!r}: {plural(count, 'cell')} {hold} a text that no training row has.")
    constant = [c.name for c in fitted.columns if len(c.categories) == 1]
    at = 0
    for column in fitted.columns:
        if column.kind == "number" and np.ptp(X[split.training, at]) == 0:
            constant.append(column.name)
        at += len(column.features)
    if constant:
        notes.append(f"The same value in every training row: {listed(constant)}. Such a column teaches nothing.")
    if codes is not None:
        counts = np.bincount(codes, minlength=len(fitted.target.classes))
        single = [fitted.target.classes[i] for i in np.flatnonzero(counts == 1)]
        if single:
            notes.append(f"Only one row each has the class {listed(single)}; it is used for training.")
    if fitted.task == "binary":
        notes.append(f"Class {fitted.target.classes[1]!r} is the positive one.")
    return notes


def _missing_notes(table: Table, fitted: FittedPreparation) -> list[str]:
    """Return how many cells are missing, and what became of them."""
    missing = dict(table.report.missing)
    # A row without a target teaches nothing, so no rule fills it.
    without_target = missing.pop(fitted.target.name, 0) if fitted.missing == "mean" else 0
    notes = []
    if count := sum(missing.values()):
        said = f"{counted(count, 'cell')} missing, in {listed(list(missing))}"
        if fitted.missing != "mean":
            notes.append(f"{said}: {'its row was' if count == 1 else 'their rows were'} left out.")
        else:
            kinds = {column.kind for column in fitted.columns if column.name in missing}
            with_what = " or ".join(
                words for kind, words in (("number", "mean"), ("category", "most frequent text")) if kind in kinds
            )
            filled = "it was" if count == 1 else "they were"
            notes.append(f"{said}: {filled} filled with the {with_what} of the training rows.")
    if without_target:
        rows = "its row was" if without_target == 1 else "their rows were"
        notes.append(
            f"{counted(without_target, 'cell')} missing in the target {fitted.target.name!r}: {rows} left out."
        )
    return notes


def read_notes(table: Table) -> list[str]:
    """Return in sentences what could not be read of a table."""
    notes = list(table.report.notes)
    if table.report.set_aside:
        first = table.report.set_aside_examples[0]
        notes.append(
            f"{counted(table.report.set_aside, 'row')} set aside, not having as many cells as there are columns; the "
            f"first is row {first.row:,}."
        )
    for name, count in table.report.unreadable.items():
        cell = table.report.examples[name][0]
        notes.append(
            f"Column {name!r}: {counted(count, 'cell')} no {WANTED[table.report.kinds.get(name, 'number')]}, "
            "counted as missing; "
            f"the first is {cell.text!r} in row {cell.row:,}."
        )
    return notes


def counted(count: int, thing: str) -> str:
    """Return ``1 row is`` or ``12 rows are``."""
    return f"{plural(count, thing)} {'is' if count == 1 else 'are'}"

"""What became of a table's rows and cells, as counts and as sentences to show as they are."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.declared import Declared
from nnstudio.data.doubt import DataWarning
from nnstudio.data.preparing.fitted import FittedColumn, FittedPreparation
from nnstudio.data.recipe import GroupSplit, Kind, Preparation, TimeSplit, listed, plural, split_column
from nnstudio.data.steps import MissingRule
from nnstudio.data.table import EXAMPLES, Categories, Table, is_missing

WANTED: dict[Kind, str] = {"number": "number", "date": "date", "boolean": "yes or no", "category": "value"}
_Count = Annotated[int, Meta(ge=0)]


class BadCell(Declared, frozen=True):
    """A cell that could not be read as its column's kind; ``row`` is the row a spreadsheet shows."""

    column: str
    row: int
    text: str


class PreparationReport(Declared, frozen=True):
    """What became of the rows. ``notes`` are plain sentences to show as they are, ``warnings`` what to look at."""

    rows_read: _Count = 0
    rows_used: _Count = 0
    rows_dropped: _Count = 0
    rows_set_aside: _Count = 0
    missing: dict[str, int] = msgspec.field(default_factory=dict)
    unreadable: dict[str, int] = msgspec.field(default_factory=dict)
    examples: tuple[BadCell, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[DataWarning, ...] = ()


def report_of(table: Table, used: int, notes: list[str], warnings: list[DataWarning]) -> PreparationReport:
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
        warnings=tuple(warnings),
    )


def notes_on(
    table: Table, fitted: FittedPreparation, preparation: Preparation, used: int, unseen: dict[str, int]
) -> list[str]:
    """Return the notes on prepared data of ``used`` rows: on the table, the fit and the split."""
    notes = read_notes(table)
    notes += _missing_notes(table, fitted)
    divides = split_column(preparation)
    if divides is not None and (lacking := int(is_missing(table.columns[divides]).sum())):
        what = "a group of its own" if isinstance(preparation.split, GroupSplit) else "left out"
        said = f"{counted(lacking, 'cell')} missing in {divides!r}, which divides the rows"
        notes.append(f"{said}: such a row is {what}.")
    if isinstance(preparation.split, TimeSplit) and isinstance(table.columns[preparation.split.column], Categories):
        notes.append(
            f"{preparation.split.column!r}, by whose time the rows are divided, is text: they are taken in the "
            "alphabetical order of its texts."
        )
    dropped = table.rows - used
    if dropped:
        were = "was" if dropped == 1 else "were"
        notes.append(f"{dropped:,} of {plural(table.rows, 'row')} {were} left out: a cell is missing or unreadable.")
    for column in fitted.columns:
        if count := unseen.get(column.name, 0):
            notes.append(unseen_note(column, count, "that no training row has"))
    if fitted.task == "binary" and fitted.classes:
        notes.append(f"Class {fitted.classes[1]!r} is the positive one.")
    if preparation.class_weights == "balanced" and not fitted.class_weights:
        notes.append("The classes are not weighted: that goes with one target that has classes.")
    return notes


def unseen_note(column: FittedColumn, count: int, what: str) -> str:
    """Return in a sentence how many cells of a column hold none of its categories."""
    rare = f", or fewer than {plural(column.rare_below, 'row')} of training" if column.rare_below > 1 else ""
    counts_as = "; it counts as other" if column.other else ""
    hold = "holds" if count == 1 else "hold"
    return f"Column {column.name!r}: {plural(count, 'cell')} {hold} a text {what}{rare}{counts_as}."


_FILLED_WITH: dict[MissingRule, str] = {
    "mean": "mean",
    "median": "median",
    "most_frequent": "most frequent value",
    "constant": "constant",
}


def filled_with(columns: list[FittedColumn]) -> str:
    """Return what is put for missing cells of some columns: ``mean or most frequent text of the training rows``."""

    def words(rule: MissingRule, kind: Kind) -> str:
        if kind in ("category", "boolean") and rule in ("mean", "median", "most_frequent"):
            return "most frequent text"
        return _FILLED_WITH[rule]

    found = list(dict.fromkeys(words(column.missing, column.kind) for column in columns))
    found.sort(key=lambda word: word == "constant")
    fitted = [word for word in found if word != "constant"]
    said = f"the {' or '.join(fitted)} of the training rows" if fitted else ""
    return " or ".join(part for part in (said, "a constant" if "constant" in found else "") if part)


def _missing_notes(table: Table, fitted: FittedPreparation) -> list[str]:
    """Return how many cells are missing, and what became of them."""
    missing = {name: count for name, count in table.report.missing.items() if count}
    filled = [column for column in fitted.columns if column.fills and column.name in missing]
    dropped = [column.name for column in fitted.columns if not column.fills and column.name in missing]
    targets = [target.name for target in fitted.targets if target.name in missing]
    if not filled:  # then one sentence says it of features and targets
        dropped, targets = [name for name in missing if name in (*dropped, *targets)], []
    notes = []
    if dropped:
        count = sum(missing[name] for name in dropped)
        rows = "its row was" if count == 1 else "their rows were"
        notes.append(f"{counted(count, 'cell')} missing, in {listed(dropped)}: {rows} left out.")
    if filled:
        names = [column.name for column in filled]
        count = sum(missing[name] for name in names)
        were = "it was" if count == 1 else "they were"
        notes.append(f"{counted(count, 'cell')} missing, in {listed(names)}: {were} filled with {filled_with(filled)}.")
    if targets:
        count = sum(missing[name] for name in targets)
        rows = "its row was" if count == 1 else "their rows were"
        where = f"the target {targets[0]!r}" if len(targets) == 1 else f"the targets {listed(targets)}"
        notes.append(f"{counted(count, 'cell')} missing in {where}: {rows} left out.")
    return notes


def read_notes(table: Table) -> list[str]:
    """Return in sentences what could not be read of a table."""
    notes = []
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
    return [*notes, *table.report.sentences]


def counted(count: int, thing: str) -> str:
    """Return ``1 row is`` or ``12 rows are``."""
    return f"{plural(count, thing)} {'is' if count == 1 else 'are'}"

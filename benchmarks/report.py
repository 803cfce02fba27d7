"""What a benchmark hands back: tables of rows, goals beside the figures, and notes below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

Row = Mapping[str, object]
NOTHING = "-"


@dataclass(frozen=True)
class Goal:
    """A figure beside the value it is to reach; ``most`` says that it is not to be exceeded instead."""

    value: float
    goal: float
    most: bool = False

    @property
    def met(self) -> bool:
        return self.value <= self.goal if self.most else self.value >= self.goal

    def __str__(self) -> str:
        return f"{text(self.value)} ({'≤' if self.most else '≥'} {text(self.goal)}: {'yes' if self.met else 'NO'})"


@dataclass(frozen=True)
class Report:
    """Tables by their titles, each of rows with equal keys, and sentences to print below them."""

    tables: Mapping[str, Sequence[Row]]
    notes: Sequence[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the text of all tables and notes."""
        lines: list[str] = []
        for title, rows in self.tables.items():
            lines += ["", title, *table_lines(rows)]
        return [*lines, *([""] if self.notes else []), *self.notes]

    def plain(self) -> dict[str, object]:
        """Return the same as numbers, texts, lists and dictionaries, for JSON."""
        tables = {
            title: [{key: _plain(value) for key, value in row.items()} for row in rows]
            for title, rows in self.tables.items()
        }
        return {"tables": tables, "notes": list(self.notes)}


def table_lines(rows: Sequence[Row]) -> list[str]:
    """Return rows of equal keys as the lines of a table, the first column on the left."""
    keys = list(rows[0])
    cells = [keys, *([text(row[key]) for key in keys] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(keys))]
    return [
        "  ".join(cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(line, widths, strict=True)) for line in cells)
    ]


def text(value: object) -> str:
    """Return a cell: numbers with three digits, a dash where there is nothing."""
    if value is None:
        return NOTHING
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return str(value)


def _plain(value: object) -> object:
    return {**asdict(value), "met": value.met} if isinstance(value, Goal) else value

"""A table of arrays: numbers, coded categories, and the report of how they were read."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.recipe import DateOrder, Kind
from nnstudio.data.room import IN_MEMORY, Place

EXAMPLES = 10  # of the cells and rows that could not be read, where a few are enough
MOST_LISTED = 10_000  # of them that are listed, a column
BYTES_A_TEXT = 60  # of a Python string besides its characters
SHOWN_TEXT = 80  # characters of a cell in a message or list
_Said = TypeVar("_Said")


@dataclass(frozen=True)
class Unreadable:
    """A cell or row that could not be read; its row as a spreadsheet counts, header and blank lines too."""

    row: int
    text: str


@dataclass(frozen=True)
class Categories:
    """A text column: ``codes`` (m,) int32 into ``names``, -1 where the cell is missing."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]

    def texts(self) -> list[str | None]:
        """Return the column as text, None where missing."""
        return [self.names[code] if code >= 0 else None for code in self.codes.tolist()]


NumberArray = NDArray[np.float64]
ColumnValues = NumberArray | Categories


@dataclass(frozen=True)
class ReadReport:
    """What happened while a table was read.

    ``missing`` counts empty or marked cells; ``unreadable`` counts cells that are not of their column's kind.
    Both are by column, and leave out columns without any. ``set_aside`` counts the rows that could not be taken
    apart. ``kinds`` says what the unreadable cells should have been,
    ``date_orders`` in which order dates were read. Of cells and rows at most ``MOST_LISTED`` are
    listed, the first of each column. ``notes`` are sentences on the file, ``column_notes`` by column on its cells.
    """

    rows: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)
    examples: dict[str, tuple[Unreadable, ...]] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    date_orders: dict[str, DateOrder] = field(default_factory=dict)
    set_aside: int = 0
    set_aside_examples: tuple[Unreadable, ...] = ()
    notes: tuple[str, ...] = ()
    column_notes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def sentences(self) -> tuple[str, ...]:
        """All notes, those on the file first."""
        return (*self.notes, *itertools.chain.from_iterable(self.column_notes.values()))

    def of(self, names: Collection[str]) -> ReadReport:
        """Return the report on some columns, as if no other had been read."""

        def own(by_name: dict[str, _Said]) -> dict[str, _Said]:
            return {name: said for name, said in by_name.items() if name in names}

        return replace(
            self,
            missing=own(self.missing),
            unreadable=own(self.unreadable),
            examples=own(self.examples),
            kinds=own(self.kinds),
            date_orders=own(self.date_orders),
            column_notes=own(self.column_notes),
        )


@dataclass(frozen=True)
class RowNumbers:
    """Turns an index into the table into the row a spreadsheet would show.

    ``first`` is the row of index 0 in a file without gaps; ``gaps`` (sorted) are the rows that are blank or
    were set aside.
    """

    first: int = 1
    gaps: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def of(self, index: int) -> int:
        """Return the row number of one index."""
        return int(self.of_rows(np.array([index]))[0])

    def of_rows(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row numbers of many indices."""
        return indices + self.first + np.searchsorted(self._before, indices, side="right")

    @cached_property
    def _before(self) -> NDArray[np.int64]:
        """The first index behind each gap."""
        return self.gaps - self.first - np.arange(len(self.gaps))


@dataclass(frozen=True)
class Table:
    """Named columns of one length: float64 with NaN for missing, or :class:`Categories`.

    A date is a float64 too: seconds since 1970-01-01, as written, or in UTC where the text said how far it is from it.
    A boolean is Categories of two names, negative and positive, in the words of the file.

    ``name`` is what messages call the table: a file's name or a sample's title. ``place`` is where its arrays are, and
    those that are made of it shall be. ``whole`` are columns of which it is known that no cell is missing.
    """

    name: str
    columns: dict[str, ColumnValues]
    report: ReadReport
    row_numbers: RowNumbers = field(default_factory=RowNumbers)
    place: Place = IN_MEMORY
    whole: frozenset[str] = frozenset()

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.report.rows

    @property
    def size(self) -> int:
        """The bytes that the columns take, about: their arrays, and the texts of categories."""
        return sum(
            values.codes.nbytes + sum(map(len, values.names)) + BYTES_A_TEXT * len(values.names)
            if isinstance(values, Categories)
            else values.nbytes
            for values in self.columns.values()
        )

    def of(self, names: Sequence[str]) -> Table:
        """Return the table of some of its columns, as if no other had been read."""
        columns = {name: self.columns[name] for name in names}
        return replace(self, columns=columns, report=self.report.of(columns), whole=self.whole & columns.keys())


def is_missing(values: ColumnValues) -> NDArray[np.bool_]:
    """Return which cells (m,) of a column are missing."""
    return values.codes < 0 if isinstance(values, Categories) else np.isnan(values)


def some_of(values: ColumnValues, rows: NDArray[np.int64]) -> ColumnValues:
    """Return some cells of a column."""
    return Categories(values.codes[rows], values.names) if isinstance(values, Categories) else values[rows]


def shortened(text: str) -> str:
    """Return the text of a cell as messages and lists show it."""
    return text if len(text) <= SHOWN_TEXT else text[: SHOWN_TEXT - 1] + "…"

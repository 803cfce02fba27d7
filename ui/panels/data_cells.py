"""The rows of the data in some order, as a table model that reads cells when they come into view."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from nnstudio import numbers
from nnstudio.data.look import SPLITS, Look, Rows
from nnstudio.date_words import date_text
from ui import theme

ROW, SPLIT = 0, 1  # columns before those of the table
UP, DOWN = "▴", "▾"
BLOCK = 64  # rows that are read together
MOST_BLOCKS = 2_000  # kept; then all are read anew

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class CellModel(QAbstractTableModel):
    """The rows of a look in some order; cells are read in blocks when they come into view, never all of them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._order: Rows | None = None  # None for all rows as they stand
        self._marked = -1
        self._sorted = (ROW, UP)
        self._blocks: dict[tuple[int, int], list[str]] = {}

    def take(self, look: Look) -> None:
        """Show other data."""
        self.beginResetModel()
        self._look, self._order, self._marked = look, None, -1
        self._blocks.clear()
        self.endResetModel()

    @property
    def names(self) -> list[str]:
        """The columns' headings."""
        return ["Row", "Split", *(column.name for column in self._look.columns)] if self._look is not None else []

    def head(self, column: int, descending: bool) -> None:
        """Mark the heading of the column by which rows are sorted."""
        self._sorted = (column, DOWN if descending else UP)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def take_order(self, order: Rows | None) -> None:
        """Show these rows in this order."""
        before = self.rowCount()
        self._blocks.clear()
        same = self._look is not None and before == (self._look.size if order is None else len(order))
        if same:  # all but the cells stays: a new layout of a million rows takes its time
            self._order = order
            self.dataChanged.emit(self.index(0, 0), self.index(before - 1, self.columnCount() - 1))
        else:
            self.beginResetModel()
            self._order = order
            self.endResetModel()

    def mark(self, row: int) -> None:
        """Mark the chosen example's row."""
        self._marked = row
        self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def row(self, place: int) -> int:
        """Return which row of the table stands at a place."""
        return place if self._order is None else int(self._order[place])

    def rows(self, places: Rows) -> Rows:
        """Return which rows of the table stand at these places."""
        return places if self._order is None else self._order[places]

    def row_number(self, row: int) -> int:
        """Return which row of the file a row of the table is."""
        assert self._look is not None
        return self._look.row_number(row)

    def place(self, row: int) -> int:
        """Return where a row of the table stands, -1 where it is not shown."""
        if self._order is None:
            return row
        found = np.flatnonzero(self._order == row)
        return int(found[0]) if len(found) else -1

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Return how many rows are shown."""
        if parent.isValid() or self._look is None:
            return 0
        return self._look.size if self._order is None else len(self._order)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Return row, split and the columns of the table."""
        return 0 if parent.isValid() or self._look is None else len(self._look.columns) + 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell as it is shown."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index.row(), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(self._is_number(index.column()))
        if role == Qt.ItemDataRole.ForegroundRole and index.column() <= SPLIT:
            return theme.tokens().color("accent" if self.row(index.row()) == self._marked else "faint")
        if role == Qt.ItemDataRole.BackgroundRole and self.row(index.row()) == self._marked:
            return theme.tokens().color("window")
        if role == Qt.ItemDataRole.ToolTipRole and index.column() > SPLIT:
            text = self._text(index.row(), index.column())
            return "A text that no training row has" if text == numbers.UNKNOWN else text
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's heading."""
        if orientation == Qt.Orientation.Vertical or self._look is None:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(self._is_number(section))
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            arrow = f"{self._sorted[1]} " if section == self._sorted[0] else ""
            return arrow + self.names[section]
        if section <= SPLIT:
            return (
                "The rows that are used, as the file counts them",
                "The split, and the number of a training row",
            )[section]
        column = self._look.columns[section - 2]
        return f"{column.name}, to be predicted" if column.is_target else column.name

    def _is_number(self, column: int) -> bool:
        if column <= SPLIT or self._look is None:
            return column == ROW
        return not self._look.columns[column - 2].categories

    def _text(self, place: int, column: int) -> str:
        assert self._look is not None
        if column == ROW:
            return numbers.count(self.row_number(self.row(place)))
        if column == SPLIT:
            row = self.row(place)
            example = self._look.example[row]
            return f"training {numbers.count(example + 1)}" if example >= 0 else SPLITS[self._look.split[row]]
        key = (place // BLOCK, column)
        if key not in self._blocks:
            if len(self._blocks) >= MOST_BLOCKS:
                self._blocks.clear()
            places = np.arange(key[0] * BLOCK, min((key[0] + 1) * BLOCK, self.rowCount()))
            self._blocks[key] = self.texts(column - 2, self.rows(places))
        return self._blocks[key][place % BLOCK]

    def texts(self, column: int, rows: Rows) -> list[str]:
        """Return the cells of a column of the table, counted from 0, as they are shown."""
        assert self._look is not None
        shown = self._look.columns[column]
        exact = partial(date_text, grain=shown.grain) if shown.grain else numbers.exact
        cells = self._look.cells(shown, rows)
        return [exact(cell) if isinstance(cell, float) else cell or numbers.UNKNOWN for cell in cells]


def _alignment(is_number: bool) -> int:
    side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)

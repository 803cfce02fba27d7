"""A quantity as a grid of numbers; of a large one the block in view is read."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from engine.ledger import Ledger, Window
from nnstudio import numbers
from nnstudio.ledger import Line, Values, values_of
from ui import theme

DIGITS = 3  # the exact value stands in the tooltip
BLOCK = 64  # rows and columns that are read together
COLUMN_WIDTH, ROW_HEIGHT = 88, 24
MOST_HEAD = 140  # pixels of a row's name
WAITING = "…"

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class LedgerGrid(QTableView):
    """The numbers of one quantity.

    ``picked`` tells the row and column chosen, from 0; ``scrolled`` that another part has come into view; ``copied``
    that the numbers are wanted on the clipboard.
    """

    picked = Signal(int, int)
    scrolled = Signal()
    copied = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._told = False  # the choice comes from outside
        self.numbers = _Model(self)
        self.setModel(self.numbers)
        self.setFont(theme.font(theme.BODY))
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        for header, size in ((self.horizontalHeader(), COLUMN_WIDTH), (self.verticalHeader(), ROW_HEIGHT)):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setDefaultSectionSize(size)
            header.setHighlightSections(False)
        self.verticalHeader().setMaximumWidth(MOST_HEAD)
        self.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.selectionModel().currentChanged.connect(self._moved)
        self.horizontalScrollBar().valueChanged.connect(self.scrolled)
        self.verticalScrollBar().valueChanged.connect(self.scrolled)

    def show_line(
        self, ledger: Ledger, line: Line, entry: tuple[int, int], heads: tuple[list[str], list[str]], marked: int | None
    ) -> None:
        """Show a quantity; ``heads`` name rows and columns, and those beyond them are numbered."""
        self.setAccessibleName(f"Numbers of {line.name}")
        self.numbers.take(ledger, line, heads, marked)
        index = self.numbers.index(*entry)
        if self.currentIndex() != index:
            self._told = True
            self.setCurrentIndex(index)
            self._told = False
            self.scrollTo(index)
        self.viewport().update()

    def span(self) -> tuple[int, int, int, int]:
        """Return the rows and columns in view: first row, the one after the last, and the same of the columns."""
        rows, columns = self.numbers.rowCount(), self.numbers.columnCount()
        top, left = max(self.rowAt(0), 0), max(self.columnAt(0), 0)
        bottom, right = self.rowAt(self.viewport().height() - 1), self.columnAt(self.viewport().width() - 1)
        return top, rows if bottom < 0 else bottom + 1, left, columns if right < 0 else right + 1

    def blocks(self) -> tuple[Window, ...]:
        """Return the blocks of the quantity that are in view, and must be read where it is not there as a whole."""
        line = self.numbers.line
        if line is None or line.quantity.whole:
            return ()
        top, bottom, left, right = self.span()
        rows, columns = line.shape
        return tuple(
            Window(line.symbol, row, min(row + BLOCK, rows), column, min(column + BLOCK, columns))
            for row in range(top // BLOCK * BLOCK, min(bottom, top + 2 * BLOCK), BLOCK)
            for column in range(left // BLOCK * BLOCK, min(right, left + 2 * BLOCK), BLOCK)
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell that more may be in view."""
        super().resizeEvent(event)
        self.scrolled.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy with the usual key."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit()
        else:
            super().keyPressEvent(event)

    def _moved(self, now: QModelIndex, before: QModelIndex) -> None:
        if now.isValid() and not self._told:
            self.picked.emit(now.row(), now.column())


class _Model(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._ledger: Ledger | None = None
        self.line: Line | None = None
        self._heads: tuple[list[str], list[str]] = ([], [])
        self._marked: int | None = None
        self._blocks: dict[tuple[int, int], Values | None] = {}

    def take(self, ledger: Ledger, line: Line, heads: tuple[list[str], list[str]], marked: int | None) -> None:
        """Take other numbers; only another quantity or shape resets the view."""
        old = self.line
        other = old is None or (old.symbol, old.shape) != (line.symbol, line.shape)
        renamed = (heads, marked) != (self._heads, self._marked)
        if other:
            self.beginResetModel()
        self._ledger, self.line, self._heads, self._marked = ledger, line, heads, marked
        self._blocks.clear()
        if other:
            self.endResetModel()
        elif renamed:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)
            self.headerDataChanged.emit(Qt.Orientation.Vertical, 0, self.rowCount() - 1)

    def value(self, row: int, column: int) -> float | None:
        """Return one value; None while it is not read."""
        if self._ledger is None or self.line is None:
            return None
        if self.line.quantity.whole:
            return float(self.line.quantity.values[row, column])
        place = (row // BLOCK, column // BLOCK)
        if place not in self._blocks:
            rows, columns = self.line.shape
            top, left = place[0] * BLOCK, place[1] * BLOCK
            window = Window(self.line.symbol, top, min(top + BLOCK, rows), left, min(left + BLOCK, columns))
            self._blocks[place] = values_of(self._ledger, window)
        block = self._blocks[place]
        return None if block is None else float(block[row % BLOCK, column % BLOCK])

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() or self.line is None else self.line.shape[0]

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() or self.line is None else self.line.shape[1]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            value = self.value(index.row(), index.column())
            return WAITING if value is None else numbers.number(value, DIGITS)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            value = self.value(index.row(), index.column())
            return None if value is None else numbers.exact(value)
        if role == Qt.ItemDataRole.BackgroundRole and index.column() == self._marked:
            return theme.tokens().color("window")
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        heads = self._heads[1 if orientation == Qt.Orientation.Horizontal else 0]
        name = heads[section] if section < len(heads) else str(section + 1)
        marked = orientation == Qt.Orientation.Horizontal and section == self._marked
        if role == Qt.ItemDataRole.DisplayRole:
            return f"▾ {name}" if marked else name
        if role == Qt.ItemDataRole.ToolTipRole:
            return "The chosen example" if marked else name
        return None


def in_view(grid: LedgerGrid) -> Values:
    """Return the values in view, or all of them where the quantity is there as a whole; nan where not read yet."""
    line = grid.numbers.line
    if line is None:
        return np.zeros((0, 0))
    if line.quantity.whole:
        return line.quantity.values
    top, bottom, left, right = grid.span()
    values = [[grid.numbers.value(row, column) for column in range(left, right)] for row in range(top, bottom)]
    return np.array(values, np.float64)

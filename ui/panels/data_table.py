"""The table page of the data panel: every row in the table's own units, sorted, filtered, chosen and copied."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QSignalBlocker,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio import numbers
from nnstudio.data.look import SPLITS, Key, Look, Rows
from nnstudio.data.look_text import tab_separated
from ui import theme
from ui.dialogs.table_import_work import Background
from ui.forms.controls import Combo
from ui.panels.data_cells import DOWN, ROW, SPLIT, UP, CellModel
from ui.panels.data_picture import ExamplePicture

ROW_HEIGHT = 24
LEAST_WIDTH, MOST_WIDTH = 64, 180  # pixels of a column
HEAD_ROOM, CELL_ROOM = 38, 30  # pixels beside the words of a heading (with its arrow) and of a cell
ROWS_MEASURED, COLUMNS_MEASURED = 16, 200  # for the width of the columns
ROWS_AT_ONCE = 100_000  # more are sorted in a thread of their own
MOST_COPIED = 100_000  # cells
SORTING = "Sorting…"


class TablePage(QWidget):
    """All rows; ``chosen`` tells the place in the training split of the row that was chosen.

    ``ledger`` asks for the view with X and Y, ``said`` for a sentence to be shown.
    """

    chosen = Signal(int)
    ledger = Signal()
    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table, self.cells = RowsView(), CellModel(self)
        self.filter, self.by, self.turn, self.words = Combo(), Combo(), QToolButton(), QLabel()
        self.notation, self.link, self.picture = QLabel(), QToolButton(), ExamplePicture()
        self._look: Look | None = None
        self._chosen = -1
        self._told = False  # the choice comes from outside
        self._key: Key = "row"
        self._descending = False
        self._scroll = QTimer(self, singleShot=True, interval=0)
        self._scroll.timeout.connect(self._scroll_to_current)
        self._work = Background(self)
        self._work.finished.connect(lambda _, rows: self._take_order(rows))
        self._dress_table()
        self._lay_out()
        self.filter.currentIndexChanged.connect(lambda _: self._sort())
        self.link.clicked.connect(self.ledger)

    # -- what is shown --------------------------------------------------------------------------------------------

    def take(self, look: Look) -> None:
        """Show other data, as they stand in the table."""
        self._look, self._key, self._descending = look, "row", False
        with QSignalBlocker(self.filter):
            self.filter.clear()
            self.filter.addItem("All rows", None)
            for place, name in enumerate(SPLITS):
                if len(getattr(look.prepared, name)):
                    self.filter.addItem(name.capitalize(), place)
        self.cells.take(look)
        with QSignalBlocker(self.by):
            self.by.clear()
            self.by.addItems(self.cells.names)
        self._set_widths()
        self.table.setAccessibleDescription(f"{numbers.plural(look.size, 'row')}, sorted by the columns' headings")
        self.picture.take(look)
        self._chosen = -1
        self.sort("row")

    def mark(self, chosen: int) -> None:
        """Mark the row of the example that all views show, by its place in the training split."""
        look = self._look
        if look is None or chosen == self._chosen or not 0 <= chosen < len(look.prepared.training):
            return
        self._chosen = chosen
        row = int(look.prepared.training[chosen])
        self.cells.mark(row)
        self.picture.show_row(row)
        outputs, m = look.prepared.Y.shape[1], len(look.prepared.training)
        X, Y = (numbers.shape((n, m)).replace(" ", "\u00a0") for n in (len(look.prepared.features), outputs))
        place = numbers.count(chosen + 1)
        self.notation.setText(
            f"The training rows, scaled, are the columns of <b>X</b>\u00a0{X} and <b>Y</b>\u00a0{Y}.<br>"
            f"The chosen row is column {place}: <b>x</b><sup>({place})</sup> and <b>y</b><sup>({place})</sup>."
        )
        self._go_to(row)

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.table.viewport().update()
        self.picture.update()

    def copy(self) -> None:
        """Put the selected rows on the clipboard, with a heading and a tab between columns; all, if none is."""
        look = self._look
        if look is None:
            return
        spans = [(s.top(), s.bottom() + 1) for s in self.table.selectionModel().selection()]
        spans = sorted(spans) or [(0, self.cells.rowCount())]
        total = sum(bottom - top for top, bottom in spans)
        most = max(MOST_COPIED // self.cells.columnCount(), 1)
        places = np.concatenate([np.arange(top, min(bottom, top + most)) for top, bottom in spans])[:most]
        QGuiApplication.clipboard().setText(tab_separated(look, self.cells.rows(places)))
        if total > most:
            self.said.emit(f"Copied the first {numbers.count(most)} of {numbers.plural(total, 'selected row')}.")

    def sort(self, key: Key, descending: bool = False) -> None:
        """Sort by a column of the look, by ``"row"`` or by ``"split"``."""
        self._key, self._descending = key, descending
        column = _place_of(key)
        with QSignalBlocker(self.by):
            self.by.setCurrentIndex(column)
        with QSignalBlocker(self.turn):
            self.turn.setChecked(descending)
        self.turn.setText(DOWN if descending else UP)
        self.cells.head(column, descending)
        self._sort()

    # -- choosing and sorting -------------------------------------------------------------------------------------

    def _moved(self, now: QModelIndex, before: QModelIndex) -> None:
        if not now.isValid() or self._told or self._look is None:
            return
        row = self.cells.row(now.row())
        example = int(self._look.example[row])
        across = self.table.horizontalScrollBar().value()
        self.table.scrollTo(now)  # a key may have led out of sight
        if now.column() == before.column():
            self.table.horizontalScrollBar().setValue(across)
        self._tell(row)
        if example >= 0:
            self.chosen.emit(example)

    def _headed(self, column: int) -> None:
        key = _key_of(column)
        self.sort(key, key == self._key and not self._descending)

    def _sort(self) -> None:
        look, key, descending, split = self._look, self._key, self._descending, self.filter.currentData()
        if look is None:
            return
        if look.size <= ROWS_AT_ONCE:
            self._take_order(look.order(key, descending, split))
        else:
            self.words.setText(SORTING)
            self._work.start("sort", lambda *_: look.order(key, descending, split))

    def _take_order(self, order: Rows | None) -> None:
        self.cells.take_order(order)
        self._tell()
        if self._look is not None and self._chosen >= 0:
            self._go_to(int(self._look.prepared.training[self._chosen]))

    def _go_to(self, row: int) -> None:
        """Bring a row into view, unless a person stands on it already."""
        at = self.cells.place(row)
        if self.table.currentIndex().row() == at:
            return
        self._told = True
        if at < 0:
            self.table.selectionModel().clear()
        else:
            index = self.cells.index(at, max(self.table.currentIndex().column(), 0))
            self.table.setCurrentIndex(index)
            self._scroll.start()  # once the table has its size
        self._told = False

    def _scroll_to_current(self) -> None:
        index = self.table.currentIndex()
        if index.isValid() and not self.table.viewport().rect().contains(self.table.visualRect(index).center()):
            across = self.table.horizontalScrollBar().value()
            self.table.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
            self.table.horizontalScrollBar().setValue(across)

    def _tell(self, row: int | None = None) -> None:
        look = self._look
        if look is None:
            return
        shown, total = self.cells.rowCount(), look.size
        words = numbers.plural(total, "row") if shown == total else f"{numbers.count(shown)} of {numbers.count(total)}"
        if row is not None and look.example[row] < 0:
            split = SPLITS[look.split[row]]
            number = numbers.count(self.cells.row_number(row))
            words = f"Row {number} is kept for {split}: other views show training rows."
        self.words.setText(words)

    # -- looks ----------------------------------------------------------------------------------------------------

    def _dress_table(self) -> None:
        table = self.table
        table.setModel(self.cells)
        table.setAccessibleName("The data, row by row")
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setCornerButtonEnabled(False)
        table.setWordWrap(False)
        table.setAutoScroll(False)  # or the table jumps before it is scrolled to the middle
        table.setCornerWidget(QWidget())
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        down, across = table.verticalHeader(), table.horizontalHeader()
        down.hide()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(ROW_HEIGHT)
        across.setHighlightSections(False)
        # Of its own, always empty: a heading asks of its column whether every single row is selected.
        across.setSelectionModel(QItemSelectionModel(self.cells, across))
        across.setSectionsClickable(True)
        across.sectionClicked.connect(self._headed)
        table.selectionModel().currentChanged.connect(self._moved)
        table.copied.connect(self.copy)

    def _set_widths(self) -> None:
        """Give each column room for its heading, its texts and the largest number of a row."""
        measure = QFontMetrics(theme.font()).horizontalAdvance
        assert self._look is not None
        last = numbers.count(self.cells.row_number(self._look.size - 1))
        wide = [measure(last), measure(f"training {numbers.count(self._look.size)}")]
        rows = np.linspace(0, self._look.size - 1, min(self._look.size, ROWS_MEASURED)).astype(np.int64)
        for place, column in enumerate(self._look.columns[:COLUMNS_MEASURED]):
            wide.append(max(map(measure, column.categories or self.cells.texts(place, rows)), default=0))
        wide += [max(wide)] * max(len(self._look.columns) - COLUMNS_MEASURED, 0)
        for place, (name, cells) in enumerate(zip(self.cells.names, wide, strict=True)):
            width = max(measure(name) + HEAD_ROOM, cells + CELL_ROOM)
            self.table.setColumnWidth(place, min(max(width, LEAST_WIDTH), MOST_WIDTH))

    def _lay_out(self) -> None:
        self.filter.setAccessibleName("Rows shown")
        self.by.setAccessibleName("Sorted by")
        self.by.setMinimumWidth(LEAST_WIDTH)
        self.by.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToContentsOnFirstShow)
        self.by.currentIndexChanged.connect(lambda place: self.sort(_key_of(place), self._descending))
        self.turn.setCheckable(True)
        self.turn.setText(UP)
        self.turn.setAccessibleName("Largest first")
        self.turn.setToolTip("Largest first, or smallest first")
        self.turn.toggled.connect(lambda descending: self.sort(self._key, descending))
        by = QLabel("by")
        by.setProperty("role", "hint")
        self.words.setProperty("role", "hint")
        self.words.setMinimumWidth(0)
        self.words.setWordWrap(True)
        self.notation.setProperty("role", "hint")
        self.notation.setWordWrap(True)
        self.link.setText("See X and Y")
        self.link.setToolTip("Open the ledger, in which X and Y stand as matrices with the chosen column marked")
        self.link.setFont(theme.font(theme.SMALL))
        top, foot = QHBoxLayout(), QHBoxLayout()
        for widget in (self.filter, by, self.by, self.turn):
            top.addWidget(widget)
        top.addWidget(self.words, 1)
        foot.addWidget(self.picture)
        foot.addWidget(self.notation, 1)
        foot.addWidget(self.link)
        for row in (top, foot):
            row.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addLayout(foot)


class RowsView(QTableView):
    """The table; ``copied`` tells that the selected rows are wanted on the clipboard."""

    copied = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy with the usual key."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit()
        else:
            super().keyPressEvent(event)


def _key_of(column: int) -> Key:
    return "row" if column == ROW else "split" if column == SPLIT else column - 2


def _place_of(key: Key) -> int:
    return ROW if key == "row" else SPLIT if key == "split" else key + 2

"""A quantity as a large heat map with its scale, in which an entry can be chosen by pointer and keyboard."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio import numbers
from nnstudio.ledger import Line, Values, picture_places
from ui import colormaps, theme

LARGEST_CELL = 32.0  # pixels
MOST_STRETCH = 4.0  # how much wider than high a cell may be, and the other way round
LABEL_CELL = 13  # pixels: smaller cells have no numbers of rows and columns
TOP, LEFT, SCALE_ROOM, MARGIN = 22, 34, 70, 6
SCALE_WIDTH = 10
MARKER = 5  # pixels of the mark above the chosen example's column

MOVES = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}


class HeatMap(QWidget):
    """A matrix from orange through the surface to blue; ``picked`` tells the row and column chosen, from 0."""

    picked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._line: Line | None = None
        self._heads: tuple[list[str], list[str]] = ([], [])
        self._names: list[str] = []
        self._marked: int | None = None
        self.entry = (0, 0)

    def show_line(
        self, line: Line, entry: tuple[int, int], heads: tuple[list[str], list[str]], marked: int | None
    ) -> None:
        """Show a quantity, the chosen entry, and a marked column; ``heads`` name rows and columns, or are empty."""
        self._line, self.entry, self._names, self._marked = line, entry, heads[0], marked
        rows, columns = ([str(k + 1) for k in picture_places(count)] for count in line.shape)
        self._heads = (rows, heads[1] or columns)
        self.setAccessibleName(f"Heat map of {line.name}")
        self.setAccessibleDescription(f"Row {entry[0] + 1}, column {entry[1] + 1}: {self._value_text()}")
        self.update()

    def sizeHint(self) -> QSize:
        """Return a usual size."""
        return QSize(260, 180)

    def minimumSizeHint(self) -> QSize:
        """Return the least size."""
        return QSize(120, 70)

    @property
    def _values(self) -> Values:
        return np.zeros((1, 1)) if self._line is None else np.atleast_2d(self._line.quantity.values)

    def _area(self) -> QRectF:
        rows, columns = self._values.shape
        width = min(max((self.width() - LEFT - SCALE_ROOM) / columns, 0.5), LARGEST_CELL)
        height = min(max((self.height() - TOP - MARGIN) / rows, 0.5), LARGEST_CELL)
        width, height = min(width, height * MOST_STRETCH), min(height, width * MOST_STRETCH)
        return QRectF(LEFT, TOP, width * columns, height * rows)

    def entry_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the row and column of the quantity at a point; None beside the picture."""
        area = self._area()
        if self._line is None or not area.contains(x, y):
            return None
        rows, columns = self._values.shape
        row = min(int((y - area.top()) / area.height() * rows), rows - 1)
        column = min(int((x - area.left()) / area.width() * columns), columns - 1)
        shape = self._line.shape
        return int(picture_places(shape[0])[row]), int(picture_places(shape[1])[column])

    def _cell(self, entry: tuple[int, int]) -> QRectF:
        """Return the rectangle of the cell of the picture nearest to an entry."""
        assert self._line is not None
        area, (rows, columns) = self._area(), self._values.shape
        places = (picture_places(count) for count in self._line.shape)
        row, column = (int(np.argmin(np.abs(own - at))) for own, at in zip(places, entry, strict=True))
        width, height = area.width() / columns, area.height() / rows
        return QRectF(area.left() + column * width, area.top() + row * height, width, height)

    def describe(self, x: float, y: float) -> str:
        """Return the entry at a point with its value; empty beside the picture."""
        entry = self.entry_at(x, y)
        if entry is None or self._line is None:
            return ""
        rows, columns = (picture_places(count) for count in self._line.shape)
        value = self._values[np.searchsorted(rows, entry[0]), np.searchsorted(columns, entry[1])]
        column = f"example {self._heads[1][entry[1]]}" if self._line.of_examples else f"column {entry[1] + 1}"
        row = self._names[entry[0]] if entry[0] < len(self._names) else f"row {entry[0] + 1}"
        return f"{self._line.name}, {row}, {column}: {numbers.number(float(value), 4)}"

    def _value_text(self) -> str:
        assert self._line is not None
        if not self._line.quantity.whole:
            return "read below"
        return numbers.number(float(self._values[self.entry]), 4)

    def event(self, event: QEvent) -> bool:
        """Tell the entry under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.describe(event.pos().x(), event.pos().y()), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the entry under the pointer."""
        entry = self.entry_at(event.position().x(), event.position().y())
        if entry is not None and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(*entry)

    mouseMoveEvent = mousePressEvent

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose a neighbor with the arrow keys, the first or last column with Home and End."""
        if self._line is None:
            return
        rows, columns = self._line.shape
        row, column = self.entry
        if event.key() in MOVES:
            down, right = MOVES[Qt.Key(event.key())]
            row, column = row + down, column + right
        elif event.key() == Qt.Key.Key_Home:
            column = 0
        elif event.key() == Qt.Key.Key_End:
            column = columns - 1
        else:
            super().keyPressEvent(event)
            return
        self.picked.emit(min(max(row, 0), rows - 1), min(max(column, 0), columns - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cells, the numbers of rows and columns, the scale, the marked example and the chosen entry."""
        if self._line is None:
            return
        colors, painter, area = theme.tokens(), QPainter(self), self._area()
        painter.setFont(theme.font(theme.SMALL))
        painter.drawImage(area, colormaps.signed_image(self._values))
        painter.setPen(colors.color("border"))
        painter.drawRect(area)
        self._paint_heads(painter, area)
        self._paint_scale(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colors.color("text"), 2.0))
        painter.drawRect(self._cell(self.entry))
        if self.hasFocus():
            painter.setPen(colors.color("accent"))
            painter.drawRect(area.adjusted(-2, -2, 2, 2))
        painter.end()

    def _paint_heads(self, painter: QPainter, area: QRectF) -> None:
        colors, (rows, columns) = theme.tokens(), self._values.shape
        width, height = area.width() / columns, area.height() / rows
        painter.setPen(colors.color("dim"))
        every = max(1, int(np.ceil(LABEL_CELL / height)))
        for row in range(0, rows, every):
            box = QRectF(0, area.top() + (row + 0.5) * height - 8, LEFT - 5, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._heads[0][row])
        room = max((painter.fontMetrics().horizontalAdvance(head) for head in self._heads[1]), default=0) + 4
        every = max(1, int(np.ceil(room / width)))
        for column in range(columns):
            marked = column == self._marked
            if column % every and not marked:
                continue
            painter.setPen(colors.color("text" if marked else "dim"))
            box = QRectF(area.left() + (column + 0.5) * width - 30, 2, 60, 13)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._heads[1][column])
            if marked:
                middle, top = area.left() + (column + 0.5) * width, area.top() - 1
                corners = ((-MARKER, -MARKER), (MARKER, -MARKER), (0, 0))
                painter.setBrush(colors.color("text"))
                painter.drawPolygon(QPolygonF([QPointF(middle + x, top + y) for x, y in corners]))
                painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_scale(self, painter: QPainter, area: QRectF) -> None:
        limit = colormaps.largest(self._values)
        height = min(max(area.height(), 48.0), self.height() - TOP - MARGIN)
        bar = QRectF(area.right() + 12, TOP, SCALE_WIDTH, height)
        painter.drawImage(bar, colormaps.image(colormaps.signed()[::-1, None]))
        painter.setPen(theme.tokens().color("border"))
        painter.drawRect(bar)
        painter.setPen(theme.tokens().color("dim"))
        for value, at in ((limit, bar.top() + 5), (0.0, bar.center().y()), (-limit, bar.bottom() - 5)):
            box = QRectF(bar.right() + 5, at - 8, SCALE_ROOM, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, numbers.short(value))

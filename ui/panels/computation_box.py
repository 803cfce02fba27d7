"""One box of the computation graph: numbers beside their derivatives, written out or as two small pictures."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio import numbers
from nnstudio.computation import Box
from nnstudio.ledger import Line, kind_of, picture_places
from ui import colormaps, theme
from ui.panels.ledger_list import direction_color

MOST_ROWS = 8  # numbers of a column that are written out; of more there is a picture
COLUMN = 62.0  # width of a column of numbers
ROW = 15.0
HEAD, SHAPE = 20.0, 14.0  # heights of the symbols and of the shape below them
PAD = 8.0
PICTURE = 64.0  # longer side of a picture
LEAST_SIDE = 14.0  # shorter side of one
NORM = 14.0  # height of the norm below a picture
RADIUS = 9.0

Entry = tuple[str, int, int]  # the quantity's symbol, row and column from 0


def name_of_symbol(symbol: str) -> str:
    """Return a quantity's symbol as the notes write it: ``γ[2]`` for ``gamma[2]``."""
    letters, bracket, level = symbol.partition("[")
    return kind_of(letters).name + bracket + level


class BoxItem(QGraphicsItem):
    """Draws one box. What is not there yet is a dot in each place."""

    def __init__(self, box: Box) -> None:
        super().__init__()
        self.box = box
        self.shape_of: tuple[int, int] = (1, 1)
        self._lines: dict[str, Line] = {}
        self._known: frozenset[str] = frozenset()
        self._chosen: Entry | None = None
        self._lit = ""  # the quantity that the present step writes, or "read" where it is read
        self.setZValue(1)
        self.setAcceptHoverEvents(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    # -- what it shows --------------------------------------------------------------------------------------------

    def show_lines(self, lines: dict[str, Line]) -> None:
        """Show the latest numbers, by symbol."""
        self._lines = lines
        line = lines.get(self.box.symbol)
        if line is not None and line.shape != self.shape_of:
            self.prepareGeometryChange()
            self.shape_of = line.shape
        self.update()

    def show_state(self, known: frozenset[str], chosen: Entry | None, lit: str) -> None:
        """Say which quantities are there, which entry is chosen, and what the present step does with this box."""
        if (known, chosen, lit) != (self._known, self._chosen, self._lit):
            self._known, self._chosen, self._lit = known, chosen, lit
            self.update()

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantity and, where it has one, its derivative."""
        return (self.box.symbol, self.box.derivative) if self.box.derivative else (self.box.symbol,)

    @property
    def in_numbers(self) -> bool:
        """Whether the numbers are written out."""
        return self.shape_of[1] == 1 and self.shape_of[0] <= MOST_ROWS

    # -- geometry -------------------------------------------------------------------------------------------------

    def size(self) -> tuple[float, float]:
        """Return width and height."""
        width, height = self._cell()
        across = len(self.quantities) * width + (len(self.quantities) - 1) * PAD
        return 2 * PAD + across, HEAD + SHAPE + height + PAD

    def _cell(self) -> tuple[float, float]:
        """Return the width and height of the numbers, or of one picture with its norm."""
        metrics = QFontMetricsF(theme.font(theme.BODY, theme.STRONG))
        width = max(COLUMN, *(metrics.horizontalAdvance(name_of_symbol(symbol)) for symbol in self.quantities))
        if self.in_numbers:
            return width, self.shape_of[0] * ROW
        picture = self._picture_size()
        return max(picture[0], width), picture[1] + NORM

    def _picture_size(self) -> tuple[float, float]:
        rows, columns = (min(count, PICTURE) for count in self.shape_of)
        scale = PICTURE / max(rows, columns)
        return max(columns * scale, LEAST_SIDE), max(rows * scale, LEAST_SIDE)

    def boundingRect(self) -> QRectF:
        """Return all that is painted."""
        width, height = self.size()
        return QRectF(-2, -2, width + 4, height + 4)

    def _area(self, place: int) -> QRectF:
        """Return where the numbers or the picture of a quantity stand."""
        width, height = self._cell()
        return QRectF(PAD + place * (width + PAD), HEAD + SHAPE, width, height)

    def _picture_area(self, place: int) -> QRectF:
        area, (width, height) = self._area(place), self._picture_size()
        return QRectF(area.left(), area.top(), width, height)

    def entry_at(self, point: QPointF) -> Entry | None:
        """Return the entry under a point; of what stands above the numbers, the first."""
        for place, symbol in enumerate(self.quantities):
            area = self._area(place)
            if not area.left() - PAD / 2 <= point.x() <= area.right() + PAD / 2:
                continue
            if self.in_numbers:
                row = int((point.y() - area.top()) // ROW)
                return symbol, min(max(row, 0), self.shape_of[0] - 1), 0
            picture = self._picture_area(place)
            shown = [picture_places(count) for count in self.shape_of]
            down = (point.y() - picture.top()) / picture.height() * len(shown[0])
            across = (point.x() - picture.left()) / picture.width() * len(shown[1])
            row, column = (int(np.clip(at, 0, len(of) - 1)) for at, of in ((down, shown[0]), (across, shown[1])))
            return symbol, int(shown[0][row]), int(shown[1][column])
        return None

    # -- painting -------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the card, the symbols, the shape, and what is there of the numbers."""
        colors = theme.tokens()
        width, height = self.size()
        frame = QPen(colors.color("border"), 1.0)
        if self._lit == "read":
            frame = QPen(colors.color("dim"), 1.6)
        elif self._lit:
            frame = QPen(direction_color("backward" if self._lit == self.box.derivative else "forward"), 2.2)
        painter.setPen(frame)
        painter.setBrush(colors.color("surface"))
        painter.drawRoundedRect(QRectF(0, 0, width, height), RADIUS, RADIUS)
        for place, symbol in enumerate(self.quantities):
            self._paint_head(painter, place, symbol)
            if self.in_numbers:
                self._paint_numbers(painter, place, symbol)
            else:
                self._paint_picture(painter, place, symbol)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(colors.color("faint"))
        shape = numbers.shape(self.shape_of)
        painter.drawText(QRectF(PAD, HEAD - 2, width - 2 * PAD, SHAPE), Qt.AlignmentFlag.AlignVCenter, shape)

    def _paint_head(self, painter: QPainter, place: int, symbol: str) -> None:
        area = self._area(place)
        painter.setFont(theme.font(theme.BODY, theme.STRONG))
        painter.setPen(self._color(place))
        head = QRectF(area.left(), 3, area.width(), HEAD - 3)
        painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, name_of_symbol(symbol))

    def _color(self, place: int) -> object:
        if place:
            return direction_color("backward")
        return direction_color("given" if self.box.kind in ("data", "parameter") else "forward")

    def _paint_numbers(self, painter: QPainter, place: int, symbol: str) -> None:
        colors, area, line = theme.tokens(), self._area(place), self._lines.get(symbol)
        there = line is not None and symbol in self._known
        painter.setFont(theme.font(theme.SMALL))
        for row in range(self.shape_of[0]):
            cell = QRectF(area.left(), area.top() + row * ROW, area.width(), ROW)
            if self._chosen == (symbol, row, 0):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colors.color("accent_wash"))
                painter.drawRoundedRect(cell.adjusted(-3, 0, 3, 0), 3, 3)
            painter.setPen(colors.color("text") if there else colors.color("faint"))
            text = numbers.number(float(line.quantity.values[row, 0])) if there and line is not None else "·"
            painter.drawText(cell, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_picture(self, painter: QPainter, place: int, symbol: str) -> None:
        colors, area, line = theme.tokens(), self._picture_area(place), self._lines.get(symbol)
        there = line is not None and symbol in self._known
        painter.setPen(QPen(colors.color("border"), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if there and line is not None:
            painter.drawImage(area, colormaps.signed_image(line.quantity.values))
        painter.drawRect(area)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(colors.color("faint"))
        below = QRectF(area.left(), area.bottom() + 1, COLUMN + PAD / 2, NORM)
        text = f"‖·‖ {numbers.number(line.quantity.norm)}" if there and line is not None else "·"
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, text)
        if self._chosen is not None and self._chosen[0] == symbol:
            self._paint_mark(painter, area)

    def _paint_mark(self, painter: QPainter, area: QRectF) -> None:
        """Draw a frame around the cell of the picture that holds the chosen entry, or is nearest to it."""
        assert self._chosen is not None
        shown = [picture_places(count) for count in self.shape_of]
        row, column = (int(np.abs(of - at).argmin()) for of, at in zip(shown, self._chosen[1:], strict=True))
        width, height = area.width() / len(shown[1]), area.height() / len(shown[0])
        cell = QRectF(area.left() + column * width, area.top() + row * height, width, height)
        painter.setPen(QPen(theme.tokens().color("text"), 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(cell)

"""The correlation page of the data panel: a heat map of every pair, whose cells open the scatter of the pair."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.data.look import Look, Values, correlated_axes
from ui import colormaps, theme
from ui.panels.data_columns import sampled

LARGEST_CELL = 72.0  # pixels
NUMBER_CELL = 27  # pixels: smaller cells have no number
LABEL_CELL = 12  # pixels: smaller cells have no name
MOST_NAME = 104  # pixels of a name
MARGIN = 6

MOVES = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}


class CorrelationPage(QWidget):
    """All pairs; ``picked`` tells the two axes of a pair that was opened."""

    picked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.map, self.words = CorrelationMap(), QLabel()
        self.words.setProperty("role", "hint")
        self.words.setWordWrap(True)
        self.map.picked.connect(self._open)
        self.map.pointed.connect(lambda pair: self.words.setText(pair or self._about))
        self._about = ""
        self._axes: list[int] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.map, 1)
        column.addWidget(self.words)

    def take(self, look: Look, values: Values) -> None:
        """Show the correlations of these data."""
        self._axes = correlated_axes(look)
        self.map.take([look.axes[axis] for axis in self._axes], values)
        left_out = len(look.axes) - len(self._axes)
        few = f" {numbers.count(left_out)} further features are left out." if left_out else ""
        self._about = f"{sampled(look)}. Blue: together, orange: against each other. Click for the scatter.{few}"
        self.words.setText(self._about)

    def wait(self) -> None:
        """Show nothing yet."""
        self.map.take([], np.zeros((0, 0)))
        self.words.setText("Computing…")

    @property
    def names(self) -> list[str]:
        """The names of the columns that are correlated."""
        return self.map.names

    @property
    def values(self) -> Values:
        """The coefficients."""
        return self.map.values

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.map.update()

    def _open(self, row: int, column: int) -> None:
        self.picked.emit(self._axes[column], self._axes[row])


class CorrelationMap(QWidget):
    """The coefficients from orange at -1 to blue at 1; arrow keys move, Enter or a click opens a pair.

    ``picked`` tells the row and column opened, ``pointed`` the pair under the pointer or the keys, in words.
    """

    picked = Signal(int, int)
    pointed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Correlation of every pair of columns")
        self.names: list[str] = []
        self.values: Values = np.zeros((0, 0))
        self.entry = (0, 0)

    def take(self, names: list[str], values: Values) -> None:
        """Show other coefficients."""
        self.names, self.values, self.entry = names, values, (max(min(1, len(names) - 1), 0), 0)
        self.setAccessibleDescription(self.text(*self.entry))
        self.update()

    def sizeHint(self) -> QSize:
        """Return a usual size."""
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:
        """Return the least size."""
        return QSize(120, 100)

    def text(self, row: int, column: int) -> str:
        """Return a pair and its coefficient, in words."""
        if not self.names:
            return ""
        value = float(self.values[row, column])
        said = "not known, one is constant" if math.isnan(value) else numbers.number(value)
        return f"{self.names[column]} and {self.names[row]}: {said}"

    # -- places ---------------------------------------------------------------------------------------------------

    def _labels(self) -> float:
        """Return the room for names at the left and at the top; none where cells are too small for them."""
        count = max(len(self.names), 1)
        metrics = self.fontMetrics()
        wanted = min(max((metrics.horizontalAdvance(name) for name in self.names), default=0) + 10, MOST_NAME)
        room = min(wanted, self.width() / 3, self.height() / 3)
        cell = (min(self.width(), self.height()) - room - MARGIN) / count
        return room if cell >= LABEL_CELL else float(MARGIN)

    def _area(self) -> QRectF:
        room, count = self._labels(), max(len(self.names), 1)
        cell = min((self.width() - room - MARGIN) / count, (self.height() - room - MARGIN) / count, LARGEST_CELL)
        side = max(cell, 0.5) * count
        return QRectF(room, room, side, side)

    def entry_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the row and column at a point; None beside the map."""
        area, count = self._area(), len(self.names)
        if not count or not area.contains(x, y):
            return None
        row, column = ((y - area.top()) / area.height() * count, (x - area.left()) / area.width() * count)
        return min(int(row), count - 1), min(int(column), count - 1)

    # -- events ---------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the pair under the pointer."""
        entry = self.entry_at(event.position().x(), event.position().y())
        self.pointed.emit(self.text(*entry) if entry else "")

    def leaveEvent(self, event: QEvent) -> None:
        """Tell no pair."""
        super().leaveEvent(event)
        self.pointed.emit("")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the pair under the pointer."""
        entry = self.entry_at(event.position().x(), event.position().y())
        if entry is not None and event.button() == Qt.MouseButton.LeftButton:
            self._move_to(*entry)
            self.picked.emit(*entry)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with the arrows, open with Enter."""
        key, count = Qt.Key(event.key()), len(self.names)
        if key in MOVES and count:
            down, across = MOVES[key]
            row, column = self.entry[0] + down, self.entry[1] + across
            self._move_to(min(max(row, 0), count - 1), min(max(column, 0), count - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and count:
            self.picked.emit(*self.entry)
        else:
            super().keyPressEvent(event)

    def _move_to(self, row: int, column: int) -> None:
        self.entry = (row, column)
        self.setAccessibleDescription(self.text(row, column))
        self.pointed.emit(self.text(row, column))
        self.update()

    # -- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw cells, numbers, names and the chosen cell."""
        if not self.names:
            return
        painter = QPainter(self)
        area, t = self._area(), theme.tokens()
        cell = area.width() / len(self.names)
        colors = colormaps.signed()[colormaps.levels(self.values, -1.0, 1.0)]
        painter.drawImage(area, colormaps.image(colors))
        painter.setFont(theme.font(theme.SMALL))
        if cell >= NUMBER_CELL:
            self._paint_numbers(painter, area, cell, colors)
        painter.setPen(QPen(t.color("border"), 1))
        painter.drawRect(area)
        if area.left() > MARGIN:
            self._paint_names(painter, area, cell)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.hasFocus():
            painter.setPen(QPen(t.color("accent"), 2))
            row, column = self.entry
            painter.drawRect(QRectF(area.left() + column * cell, area.top() + row * cell, cell, cell))

    def _paint_numbers(self, painter: QPainter, area: QRectF, cell: float, colors: colormaps.Colors) -> None:
        inks = theme.tokens().color("text"), theme.tokens().color("surface")
        for row, values in enumerate(self.values.tolist()):
            for column, value in enumerate(values):
                place = QRectF(area.left() + column * cell, area.top() + row * cell, cell, cell)
                painter.setPen(max(inks, key=partial(_contrast, QColor(int(colors[row, column])))))
                said = numbers.UNKNOWN if math.isnan(value) else short(value)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, said)

    def _paint_names(self, painter: QPainter, area: QRectF, cell: float) -> None:
        painter.setPen(theme.tokens().color("dim"))
        metrics, room = painter.fontMetrics(), area.left() - MARGIN
        for place, name in enumerate(self.names):
            said = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, int(room - 4))
            row = QRectF(0, area.top() + place * cell, room, cell)
            painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, said)
            painter.save()
            painter.translate(QPointF(area.left() + place * cell, area.top() - MARGIN))
            painter.rotate(-90)
            painter.drawText(QRectF(0, 0, room, cell), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, said)
            painter.restore()


def _contrast(one: QColor, other: QColor) -> float:
    """Return how many times brighter one of two colors is, as the guidelines for web content define it."""
    lights = sorted(_brightness(color) + 0.05 for color in (one, other))
    return lights[1] / lights[0]


def _brightness(color: QColor) -> float:
    parts = (color.redF(), color.greenF(), color.blueF())
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def short(value: float) -> str:
    """Return a coefficient with two decimals and no zero before the point, e.g. ``.87``, ``−.12``, ``1``."""
    rounded = round(value, 2)
    if rounded in (-1.0, 0.0, 1.0):
        return f"{rounded:.0f}".replace("-0", "0").replace("-", numbers.MINUS)
    return f"{rounded:.2f}".replace("0.", ".").replace("-", numbers.MINUS)

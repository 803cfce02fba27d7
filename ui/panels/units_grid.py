"""Small multiples: one picture a unit of a layer, one of which is chosen by pointer or by keys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QToolTip, QWidget

from ui import theme

LEAST_SIDE, MOST_SIDE = 34, 160  # pixels of a picture
GAP, LABEL = 6, 15
PAD = 3  # around all, for the frame of the chosen one
RIGHT = 6  # more at the right
FRAME = 2.0


@dataclass(frozen=True)
class Cell:
    """A unit's picture with its names, the longest first, a grade for their color, and words."""

    image: QImage
    names: tuple[str, ...]
    grade: str
    words: str


class UnitGrid(QWidget):
    """The pictures of a layer's units; ``picked`` tells the place of the chosen one, ``stepped`` a step of layers.

    A place before the first or after the last picture is picked where keys move beyond them.
    """

    picked = Signal(int)
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._cells: Sequence[Cell] = ()
        self._smooth = True
        self._columns, self._side = 1, float(MOST_SIDE)
        self.chosen = 0

    def show_cells(self, cells: Sequence[Cell], chosen: int, *, smooth: bool) -> None:
        """Show pictures, one of them chosen; ``smooth`` ones have no pixels of a meaning of their own."""
        again = len(cells) != len(self._cells)
        self._cells, self.chosen, self._smooth = cells, chosen, smooth
        if again:
            self.arrange()
        self.setAccessibleDescription(cells[chosen].words if cells else "")
        self.update()

    def choose(self, place: int) -> None:
        """Frame another picture."""
        self.chosen = place
        self.setAccessibleDescription(self._cells[place].words)
        self.update()

    def height_for(self, width: int, height: int) -> int:
        """Return how much of a height the pictures take where they are as large as they all fit."""
        count = max(len(self._cells), 1)
        columns, side = best_layout(count, width - 2 * PAD - RIGHT, height - 2 * PAD)
        return _height(count, columns, side)

    def arrange(self) -> None:
        """Make the pictures as large as they all fit, or let them scroll where they would be too small."""
        area = self.parentWidget()
        width, height = self.width() - 2 * PAD - RIGHT, (area.height() if area is not None else self.height()) - 2 * PAD
        count = max(len(self._cells), 1)
        self._columns, self._side = best_layout(count, width, height)
        self.setMinimumHeight(_height(count, self._columns, self._side))

    def sizeHint(self) -> QSize:
        """Return a usual size."""
        return QSize(420, 220)

    def cell(self, place: int) -> QRectF:
        """Return where a picture stands."""
        row, column = divmod(place, self._columns)
        step = self._side + GAP
        return QRectF(PAD + column * step, PAD + row * (step + LABEL), self._side, self._side)

    def place_at(self, point: QPointF) -> int | None:
        """Return which picture, with its name, is at a point."""
        for place in range(len(self._cells)):
            if self.cell(place).adjusted(-GAP / 2, -GAP / 2, GAP / 2, LABEL + GAP / 2).contains(point):
                return place
        return None

    def event(self, event: QEvent) -> bool:
        """Tell the unit under the pointer in words."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.place_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if place is None else self._cells[place].words, self)
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make room anew."""
        super().resizeEvent(event)
        self.arrange()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the unit under the pointer."""
        place = self.place_at(event.position())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose a neighbor with the arrow keys, the first or last unit with Home and End, a layer with Page keys."""
        moves = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Down: self._columns,
            Qt.Key.Key_Home: -self.chosen,
            Qt.Key.Key_End: len(self._cells) - 1 - self.chosen,
        }
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.stepped.emit(1 if key == Qt.Key.Key_PageDown else -1)
        elif key in moves and self._cells:
            self.picked.emit(self.chosen + moves[key])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw pictures and names, and frame the chosen one."""
        painter, colors = QPainter(self), theme.tokens()
        painter.setFont(theme.font(theme.SMALL))
        metrics = painter.fontMetrics()
        for place, cell in enumerate(self._cells):
            area = self.cell(place)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._smooth)
            painter.drawImage(area, cell.image)
            painter.setPen(colors.color("border"))
            painter.drawRect(area)
            painter.setPen(colors.color(cell.grade if cell.grade != "ok" else "dim"))
            label = QRectF(area.left() - GAP / 2, area.bottom() + 1, area.width() + GAP, LABEL)
            painter.drawText(label, int(Qt.AlignmentFlag.AlignCenter), _fitting(cell.names, metrics, label.width()))
        if self._cells:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colors.color("accent" if self.hasFocus() else "text"), FRAME))
            painter.drawRect(self.cell(self.chosen).adjusted(-1, -1, 1, 1))
        painter.end()


def _height(count: int, columns: int, side: float) -> int:
    rows = -(-count // columns)
    return math.ceil(rows * (side + LABEL + GAP) - GAP + 2 * PAD)


def best_layout(count: int, width: float, height: float) -> tuple[int, float]:
    """Return columns and the side of the pictures with which all are largest within a width and a height."""
    best = (1, 0.0)
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        side = min(
            (width - (columns - 1) * GAP) / columns, (height - rows * LABEL - (rows - 1) * GAP) / rows, MOST_SIDE
        )
        if side > best[1]:
            best = (columns, side)
    if best[1] >= LEAST_SIDE:
        return best
    columns = max(1, int((width + GAP) // (LEAST_SIDE + GAP)))
    return columns, max((width - (columns - 1) * GAP) / columns, 1.0)


def _fitting(names: Sequence[str], metrics: QFontMetrics, width: float) -> str:
    """Return the longest name that fits."""
    return next((name for name in names if metrics.horizontalAdvance(name) <= width), names[-1])


class GridArea(QScrollArea):
    """Scrolls the pictures where they would be too small to all fit, and keeps the chosen one in view."""

    def __init__(self, grid: UnitGrid, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = grid
        self.setWidget(grid)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make room anew, also where the pictures are taller than the view."""
        super().resizeEvent(event)
        self._grid.arrange()

    def minimumSizeHint(self) -> QSize:
        """Return room for one row of small pictures."""
        return QSize(LEAST_SIDE + 2 * PAD, LEAST_SIDE + LABEL + 2 * PAD)

    def show_chosen(self) -> None:
        """Scroll to the chosen picture."""
        cell = self._grid.cell(self._grid.chosen)
        self.ensureVisible(int(cell.center().x()), int(cell.center().y()), int(cell.width()), int(cell.height()))

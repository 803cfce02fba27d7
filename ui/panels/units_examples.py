"""The examples that move a unit most, as strips of their features or as small images, one of which can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio import numbers
from nnstudio.data import PreparedData, raw_rows
from nnstudio.units import Listed, target_words
from ui import colormaps, theme
from ui.panels.units_pictures import ExamplePictures

HEADING, ROW, LINE = 20, 20, 14  # pixels
STRIP = 12
VALUE, NUMBER, MOST_TARGET = 56, 56, 96
TILE, TILE_GAP = 60, 10
GAP = 8
PAD = 2
MOVES = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


@dataclass(frozen=True)
class _Entry:
    row: int
    value: str
    target: str
    image: QImage


class ExampleList(QWidget):
    """Strongest and lowest examples of one unit; ``picked`` tells the row of the training split that is chosen."""

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The unit's strongest and lowest examples")
        self._data: PreparedData | None = None
        self._headings: list[str] = []
        self._entries: list[_Entry] = []
        self._starts: list[int] = []  # of each heading, among the entries
        self._tiles = False
        self._chosen = -1
        self._at = 0  # the entry that keys move from
        self._places: list[QRectF] = []
        self._heads: list[QRectF] = []

    def show_examples(self, data: PreparedData, listed: Sequence[Listed], drawn: ExamplePictures, chosen: int) -> None:
        """Show examples, the chosen one marked where it is among them."""
        self._data, self._tiles = data, bool(drawn.side)
        self._headings, self._entries, self._starts = [], [], []
        for part in listed:
            self._headings.append(part.heading)
            self._starts.append(len(self._entries))
            images = drawn.pixels(np.array(part.rows))
            for row, value, pixels in zip(part.rows, part.values, images, strict=True):
                words = numbers.number(value), target_words(data, row)
                self._entries.append(_Entry(row, *words, colormaps.image(pixels)))
        self._at = min(self._at, max(len(self._entries) - 1, 0))
        self._arrange()
        self.mark(chosen)

    def mark(self, chosen: int) -> None:
        """Mark the chosen example where it is in the list."""
        self._chosen = chosen
        if self._entries and self._entries[self._at].row != chosen:
            self._at = next((at for at, entry in enumerate(self._entries) if entry.row == chosen), self._at)
        self.setAccessibleDescription(self._words(self._at) if self._entries else "")
        self.update()

    def entry_at(self, point: QPointF) -> int | None:
        """Return the number of the entry at a point."""
        return next((at for at, place in enumerate(self._places) if place.contains(point)), None)

    def place(self, at: int) -> QRectF:
        """Return where an entry stands."""
        return self._places[at]

    # -- events ---------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Tell the example, and the feature, under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.describe(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the example under the pointer."""
        at = self.entry_at(event.position())
        if at is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pick(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose another example with the arrow keys, the first or last with Home and End."""
        key, last = Qt.Key(event.key()), len(self._entries) - 1
        if last < 0 or key not in (*MOVES, Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
            return
        here = self._entries[self._at].row == self._chosen
        moved = self._at + (MOVES[key] if here else 0) if key in MOVES else (0 if key == Qt.Key.Key_Home else last)
        self._pick(min(max(moved, 0), last))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys are."""
        super().focusInEvent(event)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the examples anew."""
        super().resizeEvent(event)
        self._arrange()

    def _pick(self, at: int) -> None:
        self._at = at
        self.picked.emit(self._entries[at].row)

    # -- words ----------------------------------------------------------------------------------------------------

    def describe(self, point: QPointF) -> str:
        """Return the example at a point in words, and of a strip the feature there."""
        at = self.entry_at(point)
        if at is None or self._data is None:
            return ""
        words, strip = self._words(at), self._strip(self._places[at])
        if self._tiles or not strip.contains(point):
            return words
        names = self._data.features
        feature = min(int((point.x() - strip.left()) / strip.width() * len(names)), len(names) - 1)
        X = self._data.X[self._data.training[self._entries[at].row]]
        value = float(raw_rows(self._data, X)[feature])
        return f"{words}\n{names[feature]} {numbers.number(value)}"

    def _words(self, at: int) -> str:
        entry = self._entries[at]
        return f"example no. {numbers.count(entry.row + 1)}, {entry.target}: {entry.value}"

    # -- places ---------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Return the room that the examples take."""
        return QSize(300, self.minimumHeight())

    def _arrange(self) -> None:
        top, width = 0.0, float(self.width())
        self._places, self._heads = [], []
        for index, start in enumerate(self._starts):
            end = self._starts[index + 1] if index + 1 < len(self._starts) else len(self._entries)
            self._heads.append(QRectF(0, top, width, HEADING))
            top += HEADING
            across = max(1, int((width + TILE_GAP) // (TILE + TILE_GAP))) if self._tiles else 1
            across = -(-(end - start) // -(-(end - start) // across)) if end > start else 1  # rows of like length
            high = TILE + 2 * LINE + 2 * PAD if self._tiles else ROW
            for place in range(end - start):
                row, column = divmod(place, across)
                if self._tiles:
                    left = column * (TILE + TILE_GAP)
                    self._places.append(QRectF(left, top + row * (high + PAD), TILE + 2 * PAD, high))
                else:
                    self._places.append(QRectF(0, top + row * high, width, high))
            rows = -(-(end - start) // across)
            top += rows * (high + (PAD if self._tiles else 0)) + GAP
        if self.minimumHeight() != int(top):
            self.setMinimumHeight(int(top))
            self.updateGeometry()

    def _target_width(self) -> float:
        metrics = QFontMetrics(theme.font(theme.SMALL))
        widest = max((metrics.horizontalAdvance(entry.target) for entry in self._entries), default=0)
        return float(min(widest + 2, MOST_TARGET, self.width() / 4))

    def _strip(self, place: QRectF) -> QRectF:
        """Return where an entry's strip lies."""
        left, right = VALUE + GAP, NUMBER + self._target_width() + 2 * GAP
        width = max(place.width() - left - right, 1.0)
        return QRectF(place.left() + left, place.center().y() - STRIP / 2, width, STRIP)

    # -- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw headings and examples."""
        painter, colors = QPainter(self), theme.tokens()
        painter.setFont(theme.font(theme.SMALL, theme.STRONG))
        painter.setPen(colors.color("dim"))
        for heading, area in zip(self._headings, self._heads, strict=True):
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), heading)
        painter.setFont(theme.font(theme.SMALL))
        for at, (entry, place) in enumerate(zip(self._entries, self._places, strict=True)):
            if entry.row == self._chosen:
                painter.fillRect(place, colors.color("accent_wash"))
            if self.hasFocus() and at == self._at:
                painter.setPen(colors.color("accent"))
                painter.drawRect(place.adjusted(0, 0, -1, -1))
            painter.setPen(colors.color("text"))
            (self._paint_tile if self._tiles else self._paint_row)(painter, entry, place)
        painter.end()

    def _paint_tile(self, painter: QPainter, entry: _Entry, place: QRectF) -> None:
        picture = QRectF(place.left() + PAD, place.top() + PAD, TILE, TILE)
        painter.drawImage(picture, entry.image)
        center, metrics = int(Qt.AlignmentFlag.AlignCenter), painter.fontMetrics()
        words = QRectF(place.left(), picture.bottom() + 1, place.width(), LINE)
        painter.drawText(words, center, entry.value)
        target = metrics.elidedText(entry.target, Qt.TextElideMode.ElideRight, int(place.width()))
        painter.setPen(theme.tokens().color("dim"))
        painter.drawText(words.translated(0, LINE), center, target)

    def _paint_row(self, painter: QPainter, entry: _Entry, place: QRectF) -> None:
        colors, middle = theme.tokens(), int(Qt.AlignmentFlag.AlignVCenter)
        strip = self._strip(place)
        value = QRectF(place.left(), place.top(), VALUE, place.height())
        painter.drawText(value, middle | int(Qt.AlignmentFlag.AlignRight), entry.value)
        painter.drawImage(strip, entry.image)
        painter.setPen(colors.color("border"))
        painter.drawRect(strip)
        target = QRectF(strip.right() + GAP, place.top(), self._target_width(), place.height())
        words = painter.fontMetrics().elidedText(entry.target, Qt.TextElideMode.ElideRight, int(target.width()))
        painter.setPen(colors.color("text"))
        painter.drawText(target, middle, words)
        painter.setPen(colors.color("faint"))
        number = QRectF(place.right() - NUMBER - PAD, place.top(), NUMBER, place.height())
        painter.drawText(number, middle | int(Qt.AlignmentFlag.AlignRight), f"no. {numbers.count(entry.row + 1)}")

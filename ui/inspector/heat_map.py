"""The matrix W of a layer as colored cells, blue for positive and orange for negative."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QSize
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio import numbers
from ui import colormaps, theme

TALLEST, LOWEST = 144, 16
CELL = 14  # pixels, the largest height of a row
GAP_FROM = 5  # pixels: cells at least this large are set apart by a line


class HeatMap(QWidget):
    """Draws a matrix of at most some thousand cells; hovering tells a cell's value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._values: NDArray[np.floating] = np.zeros((0, 0))
        self._symbol = "W"
        self._whole = (0, 0)
        self._image: QImage | None = None
        theme.theme().changed.connect(self._restyle)

    def set_matrix(self, values: NDArray[np.floating], symbol: str, whole: tuple[int, int]) -> None:
        """Show a matrix; ``whole`` is the shape of the one it was thinned from."""
        if values.shape != self._values.shape:
            self.updateGeometry()
        self._values, self._symbol, self._whole, self._image = values, symbol, whole, None
        self.setAccessibleName(f"Values of {symbol}")
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size that suits the number of rows."""
        rows = max(self._values.shape[0], 1)
        return QSize(240, min(TALLEST, max(LOWEST, rows * CELL)))

    def describe(self, x: float, y: float) -> str:
        """Return the cell at a point of the widget in words, empty outside."""
        rows, columns = self._values.shape
        if not rows or not columns:
            return ""
        row, column = int(y * rows // self.height()), int(x * columns // self.width())
        if not (0 <= row < rows and 0 <= column < columns):
            return ""
        # A thinned matrix shows every n-th row and column: name the place in the whole one (the notes count from 1).
        i = round(row * (self._whole[0] - 1) / max(rows - 1, 1)) + 1
        j = round(column * (self._whole[1] - 1) / max(columns - 1, 1)) + 1
        return f"{self._symbol} row {i}, column {j}: {numbers.number(float(self._values[row, column]))}"

    def event(self, event: QEvent) -> bool:
        """Show the value under the pointer as a tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.describe(event.pos().x(), event.pos().y()), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw one pixel a cell, enlarged, with lines between cells that are large enough."""
        rows, columns = self._values.shape
        if not rows or not columns:
            return
        if self._image is None:
            self._image = colormaps.signed_image(self._values)
        painter = QPainter(self)
        painter.drawImage(QRect(0, 0, self.width(), self.height()), self._image)
        painter.setPen(theme.tokens().color("surface"))
        if self.width() / columns >= GAP_FROM:
            for column in range(1, columns):
                x = round(column * self.width() / columns)
                painter.drawLine(x, 0, x, self.height())
        if self.height() / rows >= GAP_FROM:
            for row in range(1, rows):
                y = round(row * self.height() / rows)
                painter.drawLine(0, y, self.width(), y)

    def _restyle(self) -> None:
        self._image = None
        self.update()

"""The confusion matrix as a grid of cells, with counts and class names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from nnstudio import numbers
from ui import colormaps, theme

LEAST_CELL = 22  # pixels: smaller cells show no count, hovering does
LABEL_SPACE = 72
LIGHT_TEXT_FROM = 0.55


class ConfusionMatrix(QWidget):
    """True classes down, predicted ones across; a cell is the darker the larger its share of its row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._matrix: NDArray[np.integer] = np.zeros((0, 0), int)
        self._names: tuple[str, ...] = ()

    def show_matrix(self, matrix: NDArray[np.integer], names: tuple[str, ...]) -> None:
        """Show counts."""
        if names != self._names or not np.array_equal(matrix, self._matrix):
            self._matrix, self._names = matrix, names
            right = int(np.trace(matrix))
            self.setAccessibleName("Confusion matrix")
            self.setAccessibleDescription(
                f"{numbers.count(right)} of {numbers.count(int(matrix.sum()))} predicted right"
            )
            self.update()

    def sizeHint(self) -> QSize:
        """Return a usual size."""
        return QSize(200, 140)

    def minimumSizeHint(self) -> QSize:
        """Return the least size."""
        return QSize(80, 60)

    def describe(self, x: float, y: float) -> str:
        """Return the cell at a point, in words; empty outside."""
        area, count = self._area(), len(self._matrix)
        if not count or not area.contains(x, y):
            return ""
        row = min(int((y - area.top()) / area.height() * count), count - 1)
        column = min(int((x - area.left()) / area.width() * count), count - 1)
        number, total = int(self._matrix[row, column]), int(self._matrix[row].sum())
        verb = "predicted right" if row == column else f"predicted as {self._names[column]}"
        return f"{numbers.count(number)} of {numbers.count(total)} {self._names[row]} {verb}"

    def event(self, event: QEvent) -> bool:
        """Tell the cell under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.describe(event.pos().x(), event.pos().y()), self)
            return True
        return super().event(event)

    def _area(self) -> QRectF:
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        left = min(LABEL_SPACE, widest + 8)
        return QRectF(left, 18, max(self.width() - left, 1), max(self.height() - 20, 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw cells, counts and class names."""
        count = len(self._matrix)
        if not count:
            return
        colors, painter = theme.tokens(), QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        area = self._area()
        width, height = area.width() / count, area.height() / count
        totals = np.maximum(self._matrix.sum(axis=1, keepdims=True), 1)
        shares = self._matrix / totals
        shade = colormaps.ramp(colors.window, theme.series_color(theme.VALIDATION_SERIES).name())
        metrics = painter.fontMetrics()
        for row in range(count):
            for column in range(count):
                cell = QRectF(area.left() + column * width, area.top() + row * height, width - 1, height - 1)
                share = float(shares[row, column])
                color = QColor(int(shade[round(share * (colormaps.LEVELS - 1))]))
                painter.fillRect(cell, color)
                if width >= LEAST_CELL and height >= LEAST_CELL / 2:
                    painter.setPen(QColor(colors.surface if share > LIGHT_TEXT_FROM else colors.text))
                    painter.drawText(cell, int(Qt.AlignmentFlag.AlignCenter), numbers.count(self._matrix[row, column]))
            painter.setPen(colors.color("dim"))
            if height >= metrics.height() * 0.8:
                box = QRectF(0, area.top() + row * height, area.left() - 6, height)
                name = metrics.elidedText(self._names[row], Qt.TextElideMode.ElideRight, int(box.width()))
                painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), name)
        painter.setPen(colors.color("dim"))
        for column in range(count):
            box = QRectF(area.left() + column * width, 0, width - 2, 16)
            name = metrics.elidedText(self._names[column], Qt.TextElideMode.ElideRight, int(box.width()))
            if width >= LEAST_CELL:
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), name)

"""A short list of weights as bars from a middle line, blue to the right and orange to the left, with their numbers."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio import numbers
from nnstudio.units import Weights
from ui import theme

ROW, HEADING = 16, 20  # pixels
NAME_SHARE, MOST_NAME = 0.34, 110
NUMBER = 52
BAR = 8
GAP = 6
LEAST_WIDTH = 150


class WeightBars(QWidget):
    """The weights of one unit with one other layer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._weights: Weights | None = None

    def show_weights(self, weights: Weights) -> None:
        """Show other weights."""
        height = self.sizeHint().height()
        self._weights = weights
        if height != self.sizeHint().height():
            self.updateGeometry()
        self.setAccessibleName(weights.heading.capitalize())
        listed = [f"{name} {numbers.number(weight)}" for name, weight in weights.rows]
        self.setAccessibleDescription(", ".join([*listed, weights.foot]).rstrip(", "))
        self.setToolTip("\n".join([weights.heading.capitalize(), *listed, weights.foot]).rstrip("\n"))
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for heading, bars and foot."""
        rows = len(self._weights.rows) + bool(self._weights.foot) if self._weights is not None else 0
        return QSize(LEAST_WIDTH + 40, HEADING + rows * ROW + GAP)

    def minimumSizeHint(self) -> QSize:
        """Return the least size."""
        return QSize(LEAST_WIDTH, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw heading, names, bars and numbers."""
        if self._weights is None:
            return
        painter, colors, weights = QPainter(self), theme.tokens(), self._weights
        middle, elided = int(Qt.AlignmentFlag.AlignVCenter), Qt.TextElideMode.ElideRight
        painter.setFont(theme.font(theme.SMALL, theme.STRONG))
        painter.setPen(colors.color("dim"))
        heading = painter.fontMetrics().elidedText(weights.heading, elided, self.width())
        painter.drawText(QRectF(0, 0, self.width(), HEADING), middle, heading)
        painter.setFont(theme.font(theme.SMALL))
        name_width = min(self.width() * NAME_SHARE, MOST_NAME)
        bars = QRectF(name_width + GAP, 0, max(self.width() - name_width - NUMBER - 2 * GAP, 1.0), BAR)
        largest = max((abs(weight) for _, weight in weights.rows if math.isfinite(weight)), default=0.0) or 1.0
        top = float(HEADING)
        for name, weight in weights.rows:
            painter.setPen(colors.color("text"))
            text = painter.fontMetrics().elidedText(name, elided, int(name_width))
            painter.drawText(QRectF(0, top, name_width, ROW), middle, text)
            length = bars.width() / 2 * (abs(weight) / largest if math.isfinite(weight) else 0.0)
            left = bars.center().x() - (length if weight < 0 else 0.0)
            bar = QRectF(left, top + (ROW - BAR) / 2, length, BAR)
            painter.fillRect(bar, colors.color("negative" if weight < 0 else "positive"))
            number = QRectF(self.width() - NUMBER, top, NUMBER, ROW)
            painter.drawText(number, int(Qt.AlignmentFlag.AlignRight) | middle, numbers.number(weight))
            top += ROW
        painter.setPen(colors.color("faint"))
        painter.drawLine(bars.center().x(), HEADING, bars.center().x(), top)
        painter.drawText(QRectF(0, top, self.width(), ROW), middle, weights.foot)
        painter.end()

"""The activation g and its derivative g', over the z that the layer really has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.activations import Activation
from engine.declared import name_of
from engine.snapshot import Histogram
from nnstudio import numbers
from ui import theme

HEIGHT = 148
LEGEND_LINE = 16
FOOT = 16
REACH = 4.0  # z from -4 to 4, further where the layer's own z goes further
FARTHEST = 20.0
POINTS = 161
HEADROOM = 0.08
SAMPLE_LINE = 16  # width of the legend's line samples
DASH = [4.0, 3.0]


def curves(activation: Activation, z: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return g(z) and g'(z); for softmax those of one unit against another at z = 0."""
    if name_of(activation) == "softmax":
        pair = np.stack([z, np.zeros_like(z)])
        return activation.value(pair)[0], activation.derivative(pair)[0]
    return activation.value(z), activation.derivative(z)


class ActivationPlot(QWidget):
    """A small plot that is repainted only when its activation or its histogram changes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._activation: Activation | None = None
        self._histogram: Histogram | None = None
        theme.theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return the usual size."""
        return QSize(240, HEIGHT)

    def set_activation(self, activation: Activation) -> None:
        """Draw another activation."""
        if activation != self._activation:
            self._activation = activation
            against = " (one unit against another at 0)" if name_of(activation) == "softmax" else ""
            self.setAccessibleName(f"Plot of the activation {activation.title}")
            self.setToolTip(
                f"g(z) = {activation.formula}{against}\ng′(z) = {activation.derivative_formula}\n"
                "The bars count this layer's z over some training examples."
            )
            self.update()

    def set_histogram(self, histogram: Histogram | None) -> None:
        """Draw another histogram of z behind the curves."""
        if histogram is not self._histogram:
            self._histogram = histogram
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw legend, bars, axes and both curves."""
        if self._activation is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        plot = QRectF(0, 2 * LEGEND_LINE + 4, self.width(), self.height() - 2 * LEGEND_LINE - FOOT - 4)
        low, high = self._range()
        z = np.linspace(low, high, POINTS)
        with np.errstate(all="ignore"):
            value, slope = curves(self._activation, z)
        bottom, top = float(min(value.min(), slope.min(), 0.0)), float(max(value.max(), slope.max()))
        if top - bottom > 2 * REACH:  # g grows with z: show it near the origin, where its bend is
            bottom, top = max(bottom, -REACH / 2), min(top, REACH)
        margin = HEADROOM * (top - bottom)
        bottom, top = bottom - margin, top + margin

        def at(x: float, y: float) -> QPointF:
            return QPointF(
                plot.left() + (x - low) / (high - low) * plot.width(),
                plot.bottom() - (y - bottom) / (top - bottom) * plot.height(),
            )

        self._draw_bars(painter, plot, low, high)
        colors = theme.tokens()
        painter.setPen(QPen(colors.color("border"), 1))
        origin = at(0.0, 0.0)
        x, y = round(origin.x()) + 0.5, round(origin.y()) + 0.5  # on whole pixels, so that the lines are sharp
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.save()
        painter.setClipRect(plot)
        lines = (
            (slope, theme.series_color(1), DASH, 1.2),
            (value, theme.series_color(0), None, 1.8),
        )
        for curve, color, dash, width in lines:
            painter.setPen(_pen(color, width, dash))
            painter.drawPolyline(QPolygonF([at(float(a), float(b)) for a, b in zip(z, curve, strict=True)]))
        painter.restore()
        self._draw_legend(painter, 0, f"g(z) = {self._activation.formula}", _pen(theme.series_color(0), 1.8, None))
        slope_text = self._activation.derivative_formula
        slope_text = slope_text if "=" in slope_text else f"g′(z) = {slope_text}"
        self._draw_legend(painter, 1, slope_text, _pen(theme.series_color(1), 1.2, DASH))
        self._draw_foot(painter, plot, low, high)

    def _range(self) -> tuple[float, float]:
        low, high = -REACH, REACH
        histogram = self._histogram
        if histogram is not None and np.isfinite(histogram.mean):
            low = min(low, max(float(histogram.edges[0]), -FARTHEST))
            high = max(high, min(float(histogram.edges[-1]), FARTHEST))
        return float(np.floor(low)), float(np.ceil(high))

    def _draw_bars(self, painter: QPainter, plot: QRectF, low: float, high: float) -> None:
        histogram = self._histogram
        if histogram is None or not histogram.counts.any():
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.tokens().color("faint", 0.28))
        scale = 0.6 * plot.height() / float(histogram.counts.max())
        across = plot.width() / (high - low)
        for left, right, count in zip(histogram.edges, histogram.edges[1:], histogram.counts, strict=False):
            x0, x1 = max(float(left), low), min(float(right), high)
            if count and x1 > x0:
                height = float(count) * scale
                x = plot.left() + (x0 - low) * across
                painter.drawRect(QRectF(x, plot.bottom() - height, max((x1 - x0) * across - 0.5, 0.5), height))

    def _draw_legend(self, painter: QPainter, line: int, text: str, pen: QPen) -> None:
        y = line * LEGEND_LINE + LEGEND_LINE / 2
        painter.setPen(pen)
        painter.drawLine(QPointF(0, y), QPointF(SAMPLE_LINE, y))
        painter.setPen(theme.tokens().color("dim"))
        box = QRectF(SAMPLE_LINE + 6, line * LEGEND_LINE, self.width() - SAMPLE_LINE - 6, LEGEND_LINE)
        text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), text)

    def _draw_foot(self, painter: QPainter, plot: QRectF, low: float, high: float) -> None:
        painter.setPen(theme.tokens().color("faint"))
        box = QRectF(plot.left(), plot.bottom(), plot.width(), FOOT)
        bottom = int(Qt.AlignmentFlag.AlignBottom)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft) | bottom, numbers.axis_number(low, 1))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight) | bottom, numbers.axis_number(high, 1))
        words = "bars: this layer's z" if self._histogram is not None else "z"
        painter.drawText(box, int(Qt.AlignmentFlag.AlignHCenter) | bottom, words)


def _pen(color: object, width: float, dash: list[float] | None) -> QPen:
    pen = QPen(color, width)  # type: ignore[call-overload]
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dash:
        pen.setDashPattern([step / width for step in dash])
    return pen

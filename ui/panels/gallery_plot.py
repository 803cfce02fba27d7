"""The gallery's plot: g and g' with a point that moves, its tangent, and the layer's own z behind them."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.activations import Activation
from engine.snapshot import Histogram
from nnstudio import numbers
from ui import theme
from ui.panels.plot import LegendEntry, Plot

REACH = 4.0  # z from -4 to 4, further where the layer's own z goes further
FARTHEST = 20.0
POINTS = 401
HEADROOM = 0.08
BARS_HIGH = 0.6  # of the plot
TANGENT_LONG = 0.3  # of the plot, whatever the slope
HEIGHT = 230
DIGITS = 4
DERIVATIVE_SERIES = 1


class ActivationCurves(QWidget):
    """A legend with the numbers at the point, and the plot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = Plot("z")
        self.plot.setMinimumHeight(HEIGHT)
        # The plot library wishes for 480 pixels: as high as it must be, and higher only where there is room.
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.plot.readout = self.describe
        self.plot.double_clicked.connect(self.show_all)
        self.activation: Activation | None = None
        self.histogram: Histogram | None = None
        self.z = 0.0
        self.value, self.slope = 0.0, 0.0
        self.legend = {name: LegendEntry("") for name in ("value", "slope", "tangent", "bars")}
        item = self.plot.item
        self._bars = pg.BarGraphItem(x0=[], x1=[], y0=[], height=[])
        self._bars.setZValue(-0.5)
        item.addItem(self._bars)
        self._drop = item.plot()
        self._slope_line, self._value_line = item.plot(antialias=True), item.plot(antialias=True)
        self._tangent = item.plot(antialias=True)
        self._points = [item.plot([], [], pen=None, symbol=symbol, symbolSize=10) for symbol in ("o", "s")]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        for entry in self.legend.values():
            column.addWidget(entry)
        column.addWidget(self.plot, 1)
        self._ranges = (-REACH, REACH, -1.0, 1.0)
        self.restyle()

    @property
    def reach(self) -> tuple[float, float]:
        """The least and the largest z of the plot."""
        return self._ranges[0], self._ranges[1]

    def show_activation(self, activation: Activation, histogram: Histogram | None, layer: str) -> None:
        """Draw an activation, and the histogram of z of a layer that uses it."""
        same = activation == self.activation and histogram is self.histogram
        self.legend["bars"].setVisible(histogram is not None)
        self.legend["bars"].set_text(f"bars: how often each z occurs in {layer}")
        if same:
            return
        self.activation, self.histogram = activation, histogram
        self.plot.setAccessibleName(f"Plot of {activation.title} and its derivative")
        low, high = self._across()
        z = np.linspace(low, high, POINTS)
        with np.errstate(all="ignore"):
            value, slope = activation.value(z), activation.derivative(z)
        self._value_line.setData(z, value)
        # A derivative that jumps is not joined over the jump.
        jumps = np.flatnonzero(np.diff(np.searchsorted(np.sort(activation.kinks), z, side="right"))) + 1
        self._slope_line.setData(np.insert(z, jumps, z[jumps]), np.insert(slope, jumps, np.nan), connect="finite")
        bottom, top = float(min(value.min(), slope.min(), 0.0)), float(max(value.max(), slope.max()))
        if top - bottom > 2 * REACH:  # g grows with z: show it near the origin, where its bend is
            bottom, top = max(bottom, -REACH / 2), min(top, REACH)
        margin = HEADROOM * (top - bottom)
        self._ranges = (low, high, bottom - margin, top + margin)
        self._draw_bars()
        self.show_all(anew=False)
        self.show_point(self.z)

    def show_point(self, z: float) -> None:
        """Move the point to another z, with the tangent and the numbers there."""
        self.z = float(np.clip(z, *self.reach))
        if self.activation is None:
            return
        at = np.array([self.z])
        with np.errstate(all="ignore"):
            self.value = float(self.activation.value(at)[0])
            self.slope = float(self.activation.derivative(at)[0])
        for point, y in zip(self._points, (self.value, self.slope), strict=True):
            point.setData([self.z], [y])
        low, high, bottom, top = self._ranges
        self._drop.setData([self.z, self.z], [bottom, top])
        half = 0.5 * TANGENT_LONG * (high - low) / float(np.hypot(1.0, self.slope * (high - low) / (top - bottom)))
        x = np.array([self.z - half, self.z + half])
        self._tangent.setData(x, self.value + self.slope * (x - self.z))
        value, slope = numbers.number(self.value, DIGITS), numbers.number(self.slope, DIGITS)
        self.legend["value"].set_text(f"● g(z) = {value}")
        self.legend["slope"].set_text(f"■ g′(z) = {slope}")
        self.legend["tangent"].set_text(f"tangent at z = {numbers.number(self.z, DIGITS)}, of slope {slope}")
        self.plot.setAccessibleDescription(f"z = {numbers.number(self.z, DIGITS)}, g = {value}, g′ = {slope}")
        self.plot.hover_again()

    def describe(self, x: float, y: float) -> str:
        """Return g and g' under the pointer, in words."""
        if self.activation is None:
            return ""
        at = np.array([x])
        with np.errstate(all="ignore"):
            value, slope = float(self.activation.value(at)[0]), float(self.activation.derivative(at)[0])
        return f"z {numbers.number(x)}\ng {numbers.number(value)}\ng′ {numbers.number(slope)}"

    def show_all(self, *, anew: bool = True) -> None:
        """Show the whole range again, also after zooming where ``anew``."""
        if anew:
            self.plot.fit()
        low, high, bottom, top = self._ranges
        self.plot.follow((low, high), (bottom, top))

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.plot.restyle()
        tokens = theme.tokens()
        value, slope = tokens.color("accent"), theme.series_color(DERIVATIVE_SERIES)
        self._value_line.setPen(pg.mkPen(value, width=2))
        self._slope_line.setPen(pg.mkPen(slope, width=1.5, style=Qt.PenStyle.DashLine))
        self._tangent.setPen(pg.mkPen(tokens.text, width=1.2))
        self._drop.setPen(pg.mkPen(tokens.faint, width=1, style=Qt.PenStyle.DotLine))
        self._bars.setOpts(brush=tokens.color("faint", 0.28), pen=pg.mkPen(None))
        for point, color in zip(self._points, (value, slope), strict=True):
            point.setSymbolBrush(color)
            point.setSymbolPen(pg.mkPen(tokens.surface))
        colors = (value, slope, tokens.color("text"), tokens.color("faint", 0.28))
        for entry, color in zip(self.legend.values(), colors, strict=True):
            entry.set_color(color)

    def _across(self) -> tuple[float, float]:
        low, high = -REACH, REACH
        if self.histogram is not None and np.isfinite(self.histogram.mean):
            low = min(low, max(float(self.histogram.edges[0]), -FARTHEST))
            high = max(high, min(float(self.histogram.edges[-1]), FARTHEST))
        # In steps of two, so that the range stands still while the weights change.
        return float(2 * np.floor(low / 2)), float(2 * np.ceil(high / 2))

    def _draw_bars(self) -> None:
        histogram = self.histogram
        if histogram is None or not histogram.counts.any():
            self._bars.setOpts(x0=[], x1=[], y0=[], height=[])
            return
        low, high, bottom, top = self._ranges
        left, right = histogram.edges[:-1], histogram.edges[1:]
        inside = (histogram.counts > 0) & (right > low) & (left < high)
        height = BARS_HIGH * (top - bottom) * histogram.counts[inside] / histogram.counts.max()
        edges = np.maximum(left[inside], low), np.minimum(right[inside], high)
        self._bars.setOpts(x0=edges[0], x1=edges[1], y0=np.full(len(height), bottom), height=height)

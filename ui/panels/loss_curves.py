"""Losses as curves over the prediction or over the error, with the example's point on each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from engine.declared import name_of
from engine.layers import Output
from engine.losses import (
    FUSED,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Hinge,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
)
from nnstudio import numbers
from nnstudio.loss_terms import number, sigmoid_shares, slope
from ui import theme
from ui.panels.plot import LegendEntry, Plot, drawable, nice_above

POINTS = 241
NEAREST = 1e-4  # how close to 0 and 1 the curves over a probability come
LEAST_TOP = 3.0
LEAST_REACH = 2.0  # of the error, and of the prediction beside the hinge
HEADROOM = 1.15
LEAST_ACROSS = 1e-6  # of the plot; a steeper tangent is drawn upright
TANGENT_LONG = 0.3  # of the plot, whatever the slope
HEIGHT = 210
SYMBOLS = {"o": "●", "s": "■", "t1": "▲"}
STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)


@dataclass(frozen=True)
class LossCurve:
    """One loss over ``x`` with its value and its slope dL/dŷ at the example's own ``at``."""

    loss: Loss
    x: NDArray[np.float64]
    values: NDArray[np.float64]
    at: float
    value: float
    slope: float


def curves_of(output: Output, z: float, a: float, y: float, value: float | None = None) -> list[LossCurve]:
    """Return the losses to compare for one output of an example, the network's own first.

    A yes-or-no prediction is compared by cross-entropy and by squared error over ŷ, a number by squared, absolute and
    Huber over the error ŷ - y; softmax and hinge stand alone, over ŷ. ``value`` is the network's own loss where it is
    known more exactly than ``z`` and ``a`` tell it.
    """
    own, activation = output.loss, name_of(output.activation)
    if activation in ("sigmoid", "softmax"):
        x = np.linspace(NEAREST, 1 - NEAREST, POINTS)
        others: tuple[Loss, ...] = (BinaryCrossEntropy(), MeanSquaredError()) if activation == "sigmoid" else ()
    elif isinstance(own, Hinge):
        reach = max(LEAST_REACH, HEADROOM * abs(a)) if np.isfinite(a) else LEAST_REACH
        x, others = np.linspace(-reach, reach, POINTS), ()
    else:
        reach = max(LEAST_REACH, HEADROOM * abs(a - y)) if np.isfinite(a - y) else LEAST_REACH
        x, others = np.linspace(-reach, reach, POINTS) + y, (MeanSquaredError(), MeanAbsoluteError(), Huber())
    losses = [own, *(loss for loss in others if type(loss) is not type(own))]
    curves = [_curve(loss, x, z, a, y, FUSED.get(name_of(loss)) == activation) for loss in losses]
    return curves if value is None else [replace(curves[0], value=value), *curves[1:]]


def over_error(output: Output) -> bool:
    """Return whether the losses are drawn over the error ŷ - y rather than over ŷ."""
    return name_of(output.activation) not in ("sigmoid", "softmax") and not isinstance(output.loss, Hinge)


def _curve(loss: Loss, x: NDArray[np.float64], z: float, a: float, y: float, fused: bool) -> LossCurve:
    with np.errstate(all="ignore"):
        values = loss.from_a(x[None, :], np.full((1, len(x)), y))
        point, target = np.array([[a]]), np.array([[y]])
        # Of softmax one logit alone tells nothing: all of them do.
        exact = fused and not isinstance(loss, CategoricalCrossEntropy)
        value = loss.from_z(np.array([[z]]), target) if exact else loss.from_a(point, target)
        yes, no = sigmoid_shares(np.array([[z]])) if isinstance(loss, BinaryCrossEntropy) and fused else (point, None)
        steepness = float(slope(loss, yes, target, no)[0, 0])
    return LossCurve(loss, x, np.asarray(values, float), a, float(value[0]), steepness)


class LossCurves(QWidget):
    """The plot of the curves, and a legend that tells value and slope of each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = Plot("ŷ", "L")
        self.plot.setMinimumHeight(HEIGHT)
        # The plot library wishes for 480 pixels: as high as it must be, and higher only where there is room.
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.plot.setAccessibleName("Losses over the prediction")
        self.plot.readout = self.describe
        self.plot.double_clicked.connect(self._show_all)
        self.curves: list[LossCurve] = []
        self._shift = 0.0
        self.lines: list[pg.PlotDataItem] = []
        self.marks: list[pg.PlotDataItem] = []
        self.legend: list[LegendEntry] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for symbol in SYMBOLS:
            entry = LegendEntry("")
            self.legend.append(entry)
            column.addWidget(entry)
            self.lines.append(self.plot.item.plot(antialias=True))
            self.marks.append(self.plot.item.plot([], [], pen=None, symbol=symbol, symbolSize=10))
        self._tangent = self.plot.item.plot(antialias=True)
        column.addWidget(self.plot, 1)
        self.restyle()

    def show_example(self, output: Output, z: float, a: float, y: float, value: float | None = None) -> None:
        """Draw the losses for one output of an example."""
        self.curves = curves_of(output, z, a, y, value)
        error = over_error(output)
        self._shift = y if error else 0.0
        prediction = "ŷ of the example's class" if name_of(output.activation) == "softmax" else "ŷ"
        label = "error ŷ − y" if error else prediction
        if self.plot.axes["bottom"].labelText != label:
            self.plot.axes["bottom"].setLabel(label)
            self.plot.restyle()
        for at, symbol in enumerate(SYMBOLS):
            used = at < len(self.curves)
            self.legend[at].setVisible(used)
            if not used:
                self.lines[at].setData([], [])
                self.marks[at].setData([], [])
                continue
            curve = self.curves[at]
            self.lines[at].setData(curve.x - self._shift, drawable(curve.values))
            known = np.isfinite([curve.at, curve.value]).all()
            place = ([curve.at - self._shift], [min(curve.value, 1e300)]) if known else ([], [])
            self.marks[at].setData(*place)
            own = ", this network's" if at == 0 and len(self.curves) > 1 else ""
            self.legend[at].set_text(
                f"{SYMBOLS[symbol]} {_name(curve.loss)}{own}: L = {number(curve.value)}, dL/dŷ = {number(curve.slope)}"
            )
        self._draw_tangent()
        self._show_range()
        self.plot.setAccessibleDescription("; ".join(entry.text for entry in self.legend[: len(self.curves)]))
        self.plot.hover_again()

    def describe(self, x: float, y: float) -> str:
        """Return the values of all losses at a place, in words."""
        parts = []
        for curve in self.curves:
            low, high = curve.x[0] - self._shift, curve.x[-1] - self._shift
            if low <= x <= high:
                value = float(np.interp(x + self._shift, curve.x, curve.values))
                parts.append(f"{_name(curve.loss)} {numbers.number(value)}")
        return "\n".join(parts)

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.plot.restyle()
        for at, (line, mark, entry) in enumerate(zip(self.lines, self.marks, self.legend, strict=True)):
            color = theme.tokens().color("accent") if at == 0 else theme.series_color(at)
            line.setPen(pg.mkPen(color, width=2 if at == 0 else 1.4, style=STYLES[at]))
            mark.setSymbolBrush(color)
            mark.setSymbolPen(pg.mkPen(theme.tokens().surface))
            entry.set_color(color)
        self._tangent.setPen(pg.mkPen(theme.tokens().dim, width=1))

    def _draw_tangent(self) -> None:
        own = self.curves[0]
        if not np.isfinite([own.slope, own.value, own.at]).all():
            self._tangent.setData([], [])
            return
        across, down = float(own.x[-1] - own.x[0]), self._top()
        half = 0.5 * TANGENT_LONG * across / float(np.hypot(1.0, own.slope * across / down))
        ends = np.array([-half, half])
        # The plot counts points by their distance, and one of nearly nothing would make it as many as there are none.
        x = own.at + (ends if half > LEAST_ACROSS * across else np.zeros(2))
        self._tangent.setData(x - self._shift, drawable(own.value + own.slope * ends))

    def _top(self) -> float:
        values = [curve.value for curve in self.curves if np.isfinite(curve.value)]
        return nice_above(max(LEAST_TOP, HEADROOM * max(values, default=0.0)))

    def _show_range(self) -> None:
        x = self.curves[0].x - self._shift
        margin = 0.02 * float(x[-1] - x[0])
        top = self._top()
        self.plot.follow((float(x[0]) - margin, float(x[-1]) + margin), (-0.03 * top, top))

    def _show_all(self) -> None:
        self.plot.fit()
        if self.curves:
            self._show_range()


def _name(loss: Loss) -> str:
    titles = {"mean_squared_error": "½ squared error", "categorical_cross_entropy": "cross-entropy"}
    titles["binary_cross_entropy"] = "cross-entropy"
    name = titles.get(name_of(loss), loss.title)
    return f"{name} (δ = {numbers.short(loss.delta)})" if isinstance(loss, Huber) else name

"""What another learning rate would do: the cost after one step against α on a log axis."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.plane_look import LEAST_ALPHA, MOST_ALPHA, Plane
from nnstudio import numbers
from nnstudio.descent import best_alpha
from ui import theme
from ui.forms.controls import CalmSlider, NumberEdit
from ui.panels.plot import Plot, drawable

HIGH = 170
TICK_WIDTH = 42
STEPS = 20  # of the slider, a decade
ABOVE = 0.6  # of the depth below the present cost, or of that cost, shown above it
ROOM = 0.12
FLAT = 1e-6  # of the cost: a curve is drawn as flat below
EDIT_WIDTH = 92


class AlphaCurve(QWidget):
    """A field and a slider for the other learning rate, and the curve; ``tried`` carries what is chosen."""

    tried = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = NumberEdit("The learning rate", LEAST_ALPHA, MOST_ALPHA, logarithmic=True)
        self.edit.setFixedWidth(EDIT_WIDTH)
        self.edit.setAccessibleName("Another learning rate")
        self.edit.committed.connect(self._typed)
        self.edit.refused.connect(self._refused)
        self.slider = CalmSlider()
        self.slider.setAccessibleName("Another learning rate")
        self.slider.setPageStep(STEPS)
        self.slider.valueChanged.connect(self._moved)
        words = QLabel("α")
        words.setProperty("role", "dim")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(words)
        row.addWidget(self.edit)
        row.addWidget(self.slider, 1)
        self.problem = QLabel()
        self.problem.setProperty("role", "bad")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.plot = Plot("α", "J after the step")
        self.plot.axes["bottom"].log = True
        self.plot.axes["left"].setStyle(tickTextWidth=TICK_WIDTH)
        self.plot.setAccessibleName("Cost after the next step over the learning rate")
        self.plot.setMinimumHeight(HIGH)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.plot.readout = self.describe
        self.plot.double_clicked.connect(self.show_all)
        item = self.plot.item
        self._now = pg.InfiniteLine(angle=0, label="J now", labelOpts={"position": 0.04, "anchors": [(0, 1), (0, 1)]})
        self._present = pg.InfiniteLine(
            angle=90, label="α now", labelOpts={"position": 0.92, "anchors": [(0, 0.5)] * 2}
        )
        for line in (self._now, self._present):
            item.addItem(line, ignoreBounds=True)
        self.line = item.plot(antialias=True)
        self.marks = [
            item.plot([], [], pen=None, symbol=symbol, symbolSize=size) for symbol, size in (("star", 14), ("o", 10))
        ]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.problem)
        column.addWidget(self.plot, 1)
        self._plane: Plane | None = None
        self._showing = False
        self.restyle()

    def sizeHint(self) -> QSize:
        """Return a usual size."""
        return QSize(300, HIGH + 36)

    def show_plane(self, plane: Plane, alpha: float) -> None:
        """Draw the curve, and mark the learning rate that is tried."""
        self._plane = plane
        x, costs = np.log10(plane.alphas), np.where(np.isfinite(plane.costs), plane.costs, np.nan)
        self.line.setData(x, drawable(costs), connect="finite")
        best = best_alpha(plane)
        self._mark(0, best)
        self._mark(1, plane.tried)
        self._now.setVisible(math.isfinite(plane.cost))
        self._now.setPos(plane.cost if math.isfinite(plane.cost) else 0.0)
        self._present.setVisible(plane.next_step.alpha > LEAST_ALPHA)
        self._present.setPos(math.log10(max(plane.next_step.alpha, LEAST_ALPHA)))
        self._show_range()
        self._showing = True
        low, high = (round(STEPS * float(end)) for end in (x[0], x[-1]))
        self.slider.setRange(low, high)
        if alpha > 0:
            self.slider.setValue(round(STEPS * math.log10(alpha)))
        if self.edit.number() != alpha and not self.edit.hasFocus():
            self.edit.set_number(alpha)
        self._showing = False
        said = "" if best is None else f"Lowest at α about {numbers.short(best[0], 2)}"
        self.plot.setAccessibleDescription(said)
        self.plot.hover_again()

    def describe(self, x: float, y: float) -> str:
        """Return the cost after a step with a learning rate, in words."""
        plane = self._plane
        if plane is None:
            return ""
        places = np.log10(plane.alphas)
        if not places[0] <= x <= places[-1]:
            return ""
        at = int(np.argmin(np.abs(places - x)))
        return f"α {numbers.short(float(plane.alphas[at]))}\nJ {numbers.number(float(plane.costs[at]), 4)}"

    def show_all(self) -> None:
        """Show the whole curve again after zooming."""
        self.plot.fit()
        self._show_range()

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.plot.restyle()
        t = theme.tokens()
        self.line.setPen(pg.mkPen(theme.series_color(0), width=2))
        self._now.setPen(pg.mkPen(t.faint, style=Qt.PenStyle.DashLine))
        self._present.setPen(pg.mkPen(t.accent, width=1.4))
        for line, color in ((self._now, t.faint), (self._present, t.accent)):
            line.label.setColor(color)
            line.label.setFont(theme.font(theme.SMALL))
        for mark, color in zip(self.marks, (t.ok, t.text), strict=True):
            mark.setSymbolBrush(color)
            mark.setSymbolPen(pg.mkPen(t.surface))

    def _mark(self, at: int, point: tuple[float, float] | None) -> None:
        known = point is not None and point[0] > 0 and math.isfinite(point[1])
        place = ([math.log10(point[0])], [min(point[1], 1e300)]) if known and point is not None else ([], [])
        self.marks[at].setData(*place)

    def _show_range(self) -> None:
        plane = self._plane
        if plane is None:
            return
        x, finite = np.log10(plane.alphas), plane.costs[np.isfinite(plane.costs)]
        cost = plane.cost if math.isfinite(plane.cost) else float(finite.min(initial=0.0))
        low = min(float(finite.min(initial=cost)), cost)
        depth = max(cost - low, FLAT * max(abs(cost), 1.0))
        top = min(float(finite.max(initial=cost)), cost + max(ABOVE * depth, ABOVE * abs(cost)))
        room = ROOM * max(top - low, depth)
        self.plot.follow((float(x[0]), float(x[-1])), (low - room, top + room))

    def _moved(self, value: int) -> None:
        if not self._showing:
            alpha = float(f"{10.0 ** (value / STEPS):.2g}")
            self.edit.set_number(alpha)
            self.tried.emit(alpha)

    def _typed(self, alpha: float) -> None:
        self.tried.emit(alpha)

    def _refused(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

"""The ROC curve: the share of class 1 that is found, over the share of the others that is taken for it."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent

from nnstudio import numbers
from ui import theme
from ui.panels.plot import Plot

RANGE = (-0.015, 1.015)  # a little more than the curve's, or its line would be cut off at 0 and 1
AXES_ROOM = 60  # pixels of a side that the other axis takes
WIDE = 220  # pixels: in a narrower plot large words would stand on the diagonal
MARK_SIZE = 7  # pixels
AREA_PLACE = (0.97, 0.05)  # of the lower right corner of the words, where no curve worth training for passes

LABELS = (("false positive rate", "true positive rate"), ("FPR", "TPR"))  # by the room there is


class RocPlot(Plot):
    """The curve of one split, the area below it, and the diagonal that guessing would give."""

    def __init__(self) -> None:
        super().__init__(*LABELS[0])
        self._rates: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self._series = theme.VALIDATION_SERIES
        self._diagonal = self.item.plot([0.0, 1.0], [0.0, 1.0])
        self._curve = self.item.plot(antialias=True)
        self._mark = self.item.plot([], [], pen=None, symbol="o", symbolSize=MARK_SIZE, symbolPen=None)
        self._area = pg.TextItem(anchor=(1, 1))
        self._area.setPos(*AREA_PLACE)
        self.item.addItem(self._area, ignoreBounds=True)
        self.setAccessibleName("ROC curve")
        self.readout = self.describe
        self.double_clicked.connect(self.show_all)
        self.restyle()
        self.show_all()

    def show_curve(
        self, curve: tuple[NDArray[np.float64], NDArray[np.float64]] | None, area: float, split: str
    ) -> None:
        """Show false and true positive rates (points,), and the area below them; None for no curve."""
        self._rates = curve
        if curve is None:
            self._curve.setData([], [])
        else:
            self._curve.setData(*curve)
        words = f"AUC {numbers.number(area)}" if math.isfinite(area) else ""
        self._area.setText(words)
        self.setAccessibleDescription(words)
        series = theme.TRAINING_SERIES if split == "training" else theme.VALIDATION_SERIES
        if series != self._series:
            self._series = series
            self.restyle()
        self.hover_again()

    def describe(self, x: float, y: float) -> str:
        """Return the rates at the point of the curve nearest to a place, in words; empty without a curve."""
        nearest = self._nearest(x, y)
        if nearest is None:
            return ""
        return f"false positives {numbers.percent(nearest[0])}\ntrue positives {numbers.percent(nearest[1])}"

    def _nearest(self, x: float, y: float) -> tuple[float, float] | None:
        if self._rates is None:
            return None
        false, true = self._rates
        # Between the points too: a curve of few examples has long straight pieces.
        dx, dy = np.diff(false), np.diff(true)
        along = ((x - false[:-1]) * dx + (y - true[:-1]) * dy) / np.maximum(dx**2 + dy**2, np.finfo(float).tiny)
        along = np.clip(along, 0.0, 1.0)
        px, py = false[:-1] + along * dx, true[:-1] + along * dy
        at = int(np.argmin((px - x) ** 2 + (py - y) ** 2))
        return float(px[at]), float(py[at])

    def _show_readout(self, position: QPointF) -> None:
        super()._show_readout(position)
        self._cross.hide()  # the rates told are those of a point of the curve, not of the pointer's column
        at = self.item.getViewBox().mapSceneToView(position)
        nearest = self._nearest(at.x(), at.y()) if self._bubble.isVisible() else None
        self._mark.setData(*(([nearest[0]], [nearest[1]]) if nearest else ([], [])))

    def leaveEvent(self, event: QEvent) -> None:
        """Take the values and the mark away."""
        super().leaveEvent(event)
        self._mark.setData([], [])

    def restyle(self) -> None:
        """Take the theme's colors."""
        super().restyle()
        if hasattr(self, "_area"):  # the base asks for it before there is anything to color
            self._curve.setPen(pg.mkPen(theme.series_color(self._series), width=1))
            self._mark.setSymbolBrush(theme.series_color(self._series))
            self._diagonal.setPen(pg.mkPen(theme.tokens().faint, width=1, style=Qt.PenStyle.DashLine))
            self._area.setColor(theme.tokens().color("text"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the axes' labels where they would be cut off."""
        super().resizeEvent(event)
        if not hasattr(self, "_area"):
            return
        metrics = QFontMetrics(theme.font(theme.SMALL))
        room = min(self.width(), self.height()) - AXES_ROOM
        self._area.setFont(theme.font(theme.BODY if self.width() >= WIDE else theme.SMALL))
        labels = LABELS[metrics.horizontalAdvance(LABELS[0][1]) > room]
        if labels[0] != self.axes["bottom"].labelText:
            for side, words in zip(("bottom", "left"), labels, strict=True):
                self.axes[side].setLabel(words)
            self.restyle()
            for axis in self.axes.values():
                axis.resizeEvent()  # a label is put in the middle of its axis only then

    def show_all(self) -> None:
        """Show the whole square again after zooming."""
        self.fit()
        self.follow(RANGE, RANGE)

"""One histogram a layer, below each other on a shared axis: what the weight, activation and gradient panels share."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QLabel, QStyleOptionGraphicsItem, QWidget

from engine.snapshot import Histogram
from nnstudio import numbers
from ui import theme
from ui.panels.plot import PlotPanel, nice_above
from ui.training_view_model import TrainingViewModel

TALLEST = 0.72  # of a row's height
SHRINK_BELOW = 0.5  # the axis narrows once the values take less than this share of it
LEAST_ROW = 24  # pixels: more layers than fit at this height are left out of the middle
FILL = 0.85
NAME_MARGIN = 8
END_MARGIN = 12  # pixels beside the axis, into which its end labels reach
SPREAD_FROM = 190  # pixels: in a narrower panel the spread is not written beside the name

Rows = list[tuple[str, Histogram]]


class RidgeItem(pg.GraphicsObject):
    """All rows as one item: it draws filled outlines, baselines and names in a single pass."""

    def __init__(self, series: int) -> None:
        super().__init__()
        self._series = series
        self._rows: Rows = []
        self._shapes: list[QPolygonF] = []
        self._font = theme.font(theme.SMALL)

    def set_rows(self, rows: Rows) -> None:
        """Show other histograms, the first on top."""
        if len(rows) != len(self._rows):
            self.prepareGeometryChange()
        self._rows = rows
        self._shapes = [_outline(histogram, len(rows) - 1 - index) for index, (_, histogram) in enumerate(rows)]
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole view."""
        return self.viewRect()

    def viewRangeChanged(self) -> None:
        """Follow the view."""
        self.prepareGeometryChange()
        super().viewRangeChanged()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw shapes in the data's coordinates, then names in pixels."""
        colors, view = theme.tokens(), self.viewRect()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.color())
        for shape in self._shapes:
            painter.drawPolygon(shape)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pg.mkPen(self.color(), cosmetic=True))
        for index in range(len(self._rows)):
            painter.drawLine(QPointF(view.left(), index), QPointF(view.right(), index))
        self._draw_names(painter, view, colors)

    def color(self) -> object:
        """Return the fill."""
        color = theme.series_color(self._series)
        color.setAlphaF(FILL)
        return color

    def _draw_names(self, painter: QPainter, view: QRectF, colors: theme.Tokens) -> None:
        transform = painter.transform()
        painter.save()
        # In pixels from here on: the corners are mapped by hand.
        left, right = transform.map(view.topLeft()).x(), transform.map(view.bottomRight()).x()
        painter.resetTransform()
        painter.setFont(self._font)
        wide = right - left >= SPREAD_FROM
        for index, (name, histogram) in enumerate(self._rows):
            top = transform.map(QPointF(view.left(), len(self._rows) - index)).y()
            box = QRectF(left + NAME_MARGIN, top + 1, right - left - 2 * NAME_MARGIN, 16)
            painter.setPen(colors.color("dim"))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), name)
            if wide and math.isfinite(histogram.deviation):
                painter.setPen(colors.color("faint"))
                spread = f"σ {numbers.number(histogram.deviation, 2)}"
                painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop), spread)
        painter.restore()


def _outline(histogram: Histogram, base: int) -> QPolygonF:
    """Return the filled outline through the middle of each bar, standing on ``base``."""
    counts, edges = np.asarray(histogram.counts, float), np.asarray(histogram.edges, float)
    tallest = counts.max(initial=0.0)
    if tallest <= 0:
        return QPolygonF()
    x = np.concatenate([edges[:1], (edges[1:] + edges[:-1]) / 2, edges[-1:]])
    y = np.concatenate([[0.0], counts * (TALLEST / tallest), [0.0]]) + base
    return pg.functions.arrayToQPolygonF(x, y)


class RidgePanel(PlotPanel):
    """A panel of one histogram a layer."""

    quantity: ClassVar[str]  # the probe it shows
    values: ClassVar[str]  # what is counted, in a word
    series: ClassVar[int] = 0
    left_label = ""
    grid = "x"

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.plot.item.hideAxis("left")
        self.plot.item.setContentsMargins(END_MARGIN, 0, END_MARGIN, 0)
        self.plot.item.getViewBox().setMouseEnabled(x=True, y=False)
        words = QLabel("by layer")
        words.setProperty("role", "hint")
        self.header.addWidget(words)
        self.give_way(words)
        self.ridges = RidgeItem(self.series)
        self.plot.item.addItem(self.ridges, ignoreBounds=True)
        self._range = (0.0, 0.0)
        self._shown: Rows = []

    def histograms(self) -> dict[str, Histogram]:
        """Return the latest histograms by node."""
        return dict(getattr(self.model.probes, self.quantity))

    def ready(self) -> bool:
        """Return whether there are histograms of the present network."""
        return bool(self._rows())

    def refresh(self) -> None:
        """Draw the rows."""
        rows = self._rows()
        most = max(int(self.plot.height() / LEAST_ROW), 2)
        left_out = len(rows) - most
        if left_out > 0:
            rows = rows[: most // 2] + rows[len(rows) - (most - most // 2) :]
        self.caption.setVisible(left_out > 0)
        if left_out > 0:
            self.caption.setText(f"{numbers.plural(left_out, 'layer')} in the middle not shown: enlarge the panel")
        self._shown = rows
        self.ridges.set_rows(rows)
        self.plot.follow(self._axis(rows), (-0.06, len(rows) + 0.04))
        self.plot.hover_again()

    def restyle(self) -> None:
        """Take the theme's colors."""
        super().restyle()
        self.ridges.update()

    def readout(self, x: float, y: float) -> str:
        """Return the row's bar under the pointer in words."""
        index = len(self._shown) - 1 - math.floor(y)
        if not 0 <= index < len(self._shown):
            return ""
        name, histogram = self._shown[index]
        spread = f"mean {numbers.number(histogram.mean)}, σ {numbers.number(histogram.deviation)}"
        at = int(np.searchsorted(histogram.edges, x, side="right")) - 1
        if not 0 <= at < len(histogram.counts):
            return f"{name}\n{spread}"
        low, high = float(histogram.edges[at]), float(histogram.edges[at + 1])
        share = float(histogram.counts[at]) / max(float(np.sum(histogram.counts)), 1.0)
        between = f"{numbers.number(low)} to {numbers.number(high)}"
        return f"{name}\n{between}: {numbers.percent(share)} of the {self.values}\n{spread}"

    def _rows(self) -> Rows:
        graph, found = self.model.store.document.graph, self.histograms()
        return [
            (graph.node(node).name, found[node])
            for node in self.model.shapes.order
            if node in found and graph.has(node) and np.isfinite(found[node].edges).all()
        ]

    def _axis(self, rows: Rows) -> tuple[float, float]:
        """Return a shared axis that holds 0, widens at once, and narrows only when there is much room."""
        low = min((float(histogram.edges[0]) for _, histogram in rows), default=-1.0)
        high = max((float(histogram.edges[-1]) for _, histogram in rows), default=1.0)
        low, high = min(low, 0.0), max(high, 0.0)
        old_low, old_high = self._range
        fits = old_low <= low and high <= old_high
        if not fits or (high - low) < SHRINK_BELOW * (old_high - old_low):
            self._range = (-nice_above(-low) if low < 0 else 0.0, nice_above(high) if high > 0 else 0.0)
            span = self._range[1] - self._range[0]
            # A little room, so that a curve does not end at the frame.
            self._range = (self._range[0] - 0.05 * span, self._range[1] + 0.05 * span)
        return self._range

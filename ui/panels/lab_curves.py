"""Curves whose names stand at their ends, apart from each other: told by name, line and mark, not by color alone."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from ui import theme
from ui.panels.plot import Plot, drawable

LINES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
MARKS = ("o", "t", "s", "d", "star")
MARK_SIZE = 7
SHADE = 0.16  # opacity of a band
LABEL_HEIGHT = 14  # pixels
MARGIN = 0.06  # of the range of y, above and below
MARGIN_LEFT = 0.02  # of the range of x
LABEL_OFFSET = 4  # pixels
MOST_SHARE = 0.5  # of the plot's width, kept free for the names

Curves = list[tuple[NDArray[np.float64], NDArray[np.float64]]]


class NamedCurves:
    """The curves of one plot, each with a name, a kind of line and, where its points count, a kind of mark."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._items: list[pg.GraphicsObject] = []
        self._labels: list[tuple[pg.TextItem, float, float]] = []
        self._shown: Curves = []
        self._heights: tuple[float, float] | None = None
        box = plot.item.getViewBox()
        box.sigRangeChanged.connect(lambda *_: self._place())
        box.sigResized.connect(lambda *_: self._fit())

    def show(
        self,
        curves: dict[str, tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_] | None]],
        bands: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] | None = None,
        heights: tuple[float, float] | None = None,
    ) -> None:
        """Draw curves by name: x, y as drawn (exponents on a log scale), and hollow marks (None: no marks).

        ``bands`` are lower and upper ends around curves, over the same x; ``heights`` the ends of y, where they are
        not to follow from the curves.
        """
        self._heights = heights
        for item in self._items:
            self._plot.item.removeItem(item)
        self._items, self._labels = [], []
        self._shown = []
        for index, (name, (x, y, hollow)) in enumerate(curves.items()):
            known = np.isfinite(y)
            x, y = x[known], drawable(y[known])
            hollow = hollow[known] if hollow is not None else None
            if not len(x):
                continue
            color = theme.series_color(index)
            again = index // len(LINES)  # colors come back after as many: then with other kinds of lines
            pen = pg.mkPen(color, style=LINES[(index + again) % len(LINES)])
            if bands and name in bands:
                self._add(_band(curves[name][0], *bands[name], color))
            self._add(pg.PlotDataItem(x, y, pen=pen, antialias=True))
            if hollow is not None:
                self._add(_marks(x, y, index, hollow))
            self._shown.append((x, y))
            label = pg.TextItem(name, color=color, anchor=(0.0, 0.5))
            label.setFont(theme.font(theme.SMALL))
            self._add(label)
            self._labels.append((label, float(x[-1]), float(y[-1])))
        self._fit()

    def _add(self, item: pg.GraphicsObject) -> None:
        self._plot.item.addItem(item, ignoreBounds=True)
        self._items.append(item)

    def _fit(self) -> None:
        """Show all, with room for the names at the right."""
        if not self._shown:
            return
        x, y = (np.concatenate(part) for part in zip(*self._shown, strict=True))
        low, top = self._heights or (float(y.min()), float(y.max()))
        wide, high = float(np.ptp(x)) or 1.0, (top - low) or 1.0
        names = max(label.boundingRect().width() for label, _, _ in self._labels) + 2 * LABEL_OFFSET
        share = min(names / max(self._plot.item.getViewBox().width(), 1.0), MOST_SHARE)
        self._plot.follow(
            (float(x.min()) - MARGIN_LEFT * wide, float(x.max()) + wide * share / (1.0 - share)),
            (low - MARGIN * high, top + MARGIN * high),
        )
        self._place()

    def _place(self) -> None:
        """Write each name beside the end of its curve, and those that would cover one another below each other."""
        box = self._plot.item.getViewBox()
        (low, high), height = box.viewRange()[1], max(box.height(), 1.0)
        apart = LABEL_HEIGHT * (high - low) / height
        ends = sorted(self._labels, key=lambda label: label[2])
        heights: list[float] = []
        for _, _, y in ends:
            heights.append(max(y, heights[-1] + apart) if heights else max(y, low + apart / 2))
        over = heights[-1] - (high - apart / 2) if heights else 0.0
        for index in range(len(heights) - 1, -1, -1):  # what was pushed out at the top comes back down
            if over > 0:
                ceiling = high - apart / 2 - apart * (len(heights) - 1 - index)
                heights[index] = min(heights[index], ceiling)
        offset = LABEL_OFFSET * (box.viewRange()[0][1] - box.viewRange()[0][0]) / max(box.width(), 1.0)
        for (label, x, _), y in zip(ends, heights, strict=True):
            label.setPos(x + offset, y)


def _band(
    x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], color: QColor
) -> pg.FillBetweenItem:
    known = np.isfinite(low) & np.isfinite(high)
    ends = (pg.PlotDataItem(x[known], drawable(part[known])) for part in (low, high))
    shade = QColor(color)
    shade.setAlphaF(SHADE)
    return pg.FillBetweenItem(*ends, brush=pg.mkBrush(shade))


def _marks(x: NDArray[np.float64], y: NDArray[np.float64], index: int, hollow: NDArray[np.bool_]) -> pg.ScatterPlotItem:
    color, surface = theme.series_color(index), theme.tokens().color("surface")
    brushes = [pg.mkBrush(surface if empty else color) for empty in hollow]
    symbol = MARKS[index % len(MARKS)]
    return pg.ScatterPlotItem(x, y, symbol=symbol, size=MARK_SIZE, pen=pg.mkPen(color), brush=brushes)

"""The cost of training, running and true, and of validation, epoch by epoch, on a linear or a log scale."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QWidget

from nnstudio import numbers
from ui import theme
from ui.panels.base import use
from ui.panels.plot import SMALLEST, LegendEntry, PlotPanel, drawable, nice_above
from ui.training_view_model import TrainingViewModel

SERIES = (
    ("running_cost", "training, running", theme.TRAINING_SERIES),
    ("training_cost", "training, true", theme.TRAINING_SERIES),
    ("validation_cost", "validation", theme.VALIDATION_SERIES),
)
SHORT = {"training, running": "running", "training, true": "true", "validation": "valid."}  # where there is little room
POINTS = "training_cost"  # known for some epochs only, and drawn as points
POINT_SIZE, MOST_POINTS = 6, 24  # pixels; more points would cover the line between them
MOST_MARKS = 12
LOG_MARGIN = 0.05  # decades
LOG_STEP = 4.0  # the lower end of a log range moves by a quarter of a decade
SPIKES_LEFT_OUT, MANY_EPOCHS = 0.5, 200  # per cent of the highest costs of many do not set the linear range
SPIKE_FROM, LEAST_FOR_SPIKES = 1.25, 8  # of what three epochs on end have reached; and the epochs to judge by
MARK_TOP, MARK_ROW, MARK_ROWS, MARK_GAP = 10, 13, 3, 4  # pixels from the top, rows of labels, between two labels
MARK_SHARE = 0.3  # of the plot's height that labels may take
LEAST_MARK = 36  # pixels: a label with less room beside its line is left out


class CostPanel(PlotPanel):
    """Running cost and validation as lines, the true training cost as points; dashed where something was changed."""

    name: ClassVar[str] = "cost"
    title: ClassVar[str] = "Cost"
    hint: ClassVar[str] = "Here you will see the cost of training and validation fall, epoch by epoch."
    bottom_label = "epoch"
    left_label = "cost"

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._curves: dict[str, pg.PlotDataItem] = {}
        self.legend: dict[str, LegendEntry] = {}
        for column, words, _ in SERIES:
            self._curves[column] = self.plot.item.plot(skipFiniteCheck=True, antialias=True)
            self.legend[column] = LegendEntry(words, line=column != POINTS)
            self.header.addWidget(self.legend[column])
        self._curves[POINTS].setZValue(1)
        self._curves[POINTS].setDownsampling(auto=False)
        self.give_way(*(self.legend[column] for column in ("validation_cost", "running_cost", POINTS)))
        self._lines: list[pg.InfiniteLine] = []
        self._marks: list[tuple[float, str]] | None = None  # as drawn; None where they must be drawn anew
        self.log_action = self.add_tool("Log scale", "ph.chart-line", self._set_log, checkable=True, key="L")
        box = self.plot.item.getViewBox()
        box.sigRangeChanged.connect(lambda *_: self._place_labels())
        box.sigResized.connect(lambda *_: self._place_labels())
        self.restyle()
        self.data_changed()

    def ready(self) -> bool:
        """Return whether an epoch is done."""
        return len(self.model.history) > 0

    def refresh(self) -> None:
        """Draw the curves and marks."""
        epochs = self.model.history.column("epoch")
        log = self.log_action.isChecked()
        shown: list[NDArray[np.float64]] = []
        for column, curve in self._curves.items():
            x, y = _finite(epochs, self.model.history.column(column))
            use(self.legend[column], len(y) > 0)
            if log:
                y = np.log10(np.maximum(y, SMALLEST))
            shown.append(y)
            curve.setData(*(_thinned(x, y) if column == POINTS else (x, y)))
        shown = [y for y in shown if len(y)]
        if shown:
            last = nice_above(max(float(epochs[-1]), 1.0))
            self.plot.follow((0.0, last), _log_range(np.concatenate(shown)) if log else _linear_range(shown))
        self.fit_header()
        self._draw_marks()
        self.plot.hover_again()

    def restyle(self) -> None:
        """Take the theme's colors."""
        super().restyle()
        for column, _, index in SERIES:
            color = theme.series_color(index)
            if column == POINTS:
                self._curves[column].setPen(None)
                self._curves[column].setSymbol("o")
                self._curves[column].setSymbolSize(POINT_SIZE)
                self._curves[column].setSymbolPen(pg.mkPen(theme.tokens().surface))  # tells them from the line
                self._curves[column].setSymbolBrush(color)
            else:
                self._curves[column].setPen(pg.mkPen(color, width=1))
            self.legend[column].set_color(color)
        self._marks = None

    def fit_header(self) -> None:
        """Shorten the legend's words before leaving it out."""
        for short in (False, True):
            for column, words, _ in SERIES:
                self.legend[column].set_text(SHORT[words] if short else words)
            if self.header_width() <= self.width():
                break
        super().fit_header()

    def readout(self, x: float, y: float) -> str:
        """Return the costs and the learning rate at the epoch nearest to the pointer."""
        history = self.model.history
        epochs = history.column("epoch")
        if not len(epochs):
            return ""
        at = int(np.clip(np.searchsorted(epochs, x), 0, len(epochs) - 1))
        if at and abs(epochs[at - 1] - x) < abs(epochs[at] - x):
            at -= 1
        lines = [f"epoch {numbers.count(epochs[at])}"]
        for column, words, _ in SERIES:
            value = float(history.column(column)[at])
            if math.isfinite(value):
                lines.append(f"{words} {numbers.number(value)}")
        rate = float(history.column("learning_rate")[at])
        if math.isfinite(rate):
            lines.append(f"learning rate {numbers.number(rate)}")
        lines += [text for epoch, text in self.model.marks if epoch == epochs[at]]
        return "\n".join(lines)

    def data_changed(self) -> None:
        """Without rows for validation there is no curve of them to be named."""
        super().data_changed()
        data = self.model.data
        use(self.legend["validation_cost"], data is None or len(data.validation) > 0)
        self.fit_header()

    def _set_log(self, on: bool) -> None:
        self.plot.axes["left"].log = on
        self.plot.axes["left"].setLabel("cost, log scale" if on else "cost")
        self.plot.restyle()
        self._marks = None
        self.show_all()

    def _draw_marks(self) -> None:
        marks = list(self.model.marks[-MOST_MARKS:])
        if marks == self._marks:
            return
        for line in self._lines:
            self.plot.item.removeItem(line)
        self._lines = []
        colors = theme.tokens()
        pen = pg.mkPen(colors.faint, width=1, style=Qt.PenStyle.DashLine)
        for index, (epoch, text) in enumerate(marks):
            line = pg.InfiniteLine(epoch, pen=pen, label=text, labelOpts={"color": colors.dim, "fill": colors.surface})
            line.label.setFont(theme.font(theme.SMALL))
            line.setZValue(1 + len(marks) - index)  # a label above the lines to its right
            self.plot.item.addItem(line, ignoreBounds=True)
            self._lines.append(line)
        self._marks = marks
        self._place_labels()

    def _place_labels(self) -> None:
        """Write each mark beside its line, at the left of it near the right edge; leave out what finds no room.

        The newest comes first, and it alone may be cut: several that are cut all read the same.
        """
        box = self.plot.item.getViewBox()
        (low, high), width, height = box.viewRange()[0], box.width(), box.height()
        metrics = QFontMetrics(theme.font(theme.SMALL))
        rows = range(max(1, min(MARK_ROWS, int(MARK_SHARE * height / MARK_ROW))))
        taken: list[list[tuple[float, float]]] = [[] for _ in rows]
        for line in reversed(self._lines):
            label, text = line.label, line.label.format
            x = (line.value() - low) / (high - low) * width
            wide = metrics.horizontalAdvance(text) + 2 * MARK_GAP
            leftward = x + wide > width and x > width - x
            room = x if leftward else width - x
            start = x - min(wide, room) if leftward else x
            end = start + min(wide, room)
            row = next((r for r in rows if all(end <= a or b <= start for a, b in taken[r])), None)
            least = min(wide, LEAST_MARK) if line is self._lines[-1] else wide
            shown = 0 <= x <= width and row is not None and room >= least
            label.setVisible(shown)
            if row is None or not shown:
                continue
            taken[row].append((start, end))
            label.setText(metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room) - 2 * MARK_GAP))
            label.anchors = [(float(leftward), 0.5)] * 2
            label.setPosition(1.0 - (MARK_TOP + MARK_ROW * row) / max(height, 1.0))


def _finite(
    epochs: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    known = np.isfinite(values)
    return epochs[known], drawable(values[known])


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return at most so many points, evenly spaced from the last one back."""
    every = -(-len(x) // MOST_POINTS) or 1
    chosen = slice((len(x) - 1) % every, None, every)
    return x[chosen], y[chosen]


def _linear_range(series: list[NDArray[np.float64]]) -> tuple[float, float]:
    highest = max(_top(values) for values in series)
    return 0.0, nice_above(1.04 * highest) if highest > 0 else 1.0


def _top(values: NDArray[np.float64]) -> float:
    """Return the highest cost to be shown: a first epoch or a spike far above all others would press a curve flat."""
    top = float(values.max())
    if len(values) >= LEAST_FOR_SPIKES:
        sustained = np.minimum(np.minimum(values[:-2], values[1:-1]), values[2:])  # for three epochs on end
        top = min(top, SPIKE_FROM * float(sustained.max()))
    if len(values) > MANY_EPOCHS:
        top = min(top, float(np.percentile(values, 100 - SPIKES_LEFT_OUT)))
    return top


def _log_range(values: NDArray[np.float64]) -> tuple[float, float]:
    low = math.floor((float(values.min()) - LOG_MARGIN) * LOG_STEP) / LOG_STEP
    high = math.ceil((float(values.max()) + LOG_MARGIN) * LOG_STEP) / LOG_STEP
    return low, max(high, low + 1.0 / LOG_STEP)

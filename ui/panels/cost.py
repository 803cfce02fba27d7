"""The cost of training and validation, epoch by epoch, on a linear or a log scale."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from nnstudio import numbers
from ui import theme
from ui.panels.plot import SMALLEST, LegendEntry, PlotPanel, drawable, nice_above
from ui.training_view_model import TrainingViewModel

SERIES = (
    ("training_cost", "training", theme.TRAINING_SERIES),
    ("validation_cost", "validation", theme.VALIDATION_SERIES),
)
MOST_MARKS = 12
LOG_MARGIN = 0.05  # decades
LOG_STEP = 4.0  # the lower end of a log range moves by a quarter of a decade
SPIKES_LEFT_OUT = 0.5  # per cent of the highest costs do not set the linear range


class CostPanel(PlotPanel):
    """Two lines over epochs, and a dashed one wherever something was changed."""

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
            self.legend[column] = LegendEntry(words)
            self.header.addWidget(self.legend[column])
        self._lines: list[pg.InfiniteLine] = []
        self._marks: list[tuple[float, str]] = []
        self.log_action = self.add_tool("Log scale", "ph.chart-line", self._set_log, checkable=True, key="L")
        self.restyle()

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
            self.legend[column].setVisible(len(y) > 0)
            if log:
                y = np.log10(np.maximum(y, SMALLEST))
            curve.setData(x, y)
            shown.append(y)
        every = np.concatenate(shown)
        if len(every):
            last = nice_above(max(float(epochs[-1]), 1.0))
            self.plot.follow((0.0, last), _log_range(every) if log else _linear_range(every))
        self._draw_marks()
        self.plot.hover_again()

    def restyle(self) -> None:
        """Take the theme's colors."""
        super().restyle()
        for column, _, index in SERIES:
            color = theme.series_color(index)
            self._curves[column].setPen(pg.mkPen(color, width=1))
            self.legend[column].set_color(color)
        self._marks = []

    def readout(self, x: float, y: float) -> str:
        """Return the costs at the epoch nearest to the pointer."""
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
        lines += [text for epoch, text in self.model.marks if epoch == epochs[at]]
        return "\n".join(lines)

    def _set_log(self, on: bool) -> None:
        self.plot.axes["left"].log = on
        self.plot.axes["left"].setLabel("cost, log scale" if on else "cost")
        self.plot.restyle()
        self._marks = []
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
            line = pg.InfiniteLine(
                epoch,
                pen=pen,
                label=text,
                labelOpts={"position": 0.95 - 0.08 * (index % 3), "color": colors.dim, "anchors": [(0, 0.5), (0, 0.5)]},
            )
            line.label.setFont(theme.font(theme.SMALL))
            self.plot.item.addItem(line, ignoreBounds=True)
            self._lines.append(line)
        self._marks = marks


def _finite(
    epochs: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    known = np.isfinite(values)
    return epochs[known], drawable(values[known])


def _linear_range(values: NDArray[np.float64]) -> tuple[float, float]:
    # A first epoch or a spike far above all others would press the curve flat.
    highest = float(np.percentile(values, 100 - SPIKES_LEFT_OUT)) if len(values) > 400 else float(values.max())
    return 0.0, nice_above(1.04 * highest) if highest > 0 else 1.0


def _log_range(values: NDArray[np.float64]) -> tuple[float, float]:
    low = math.floor((float(values.min()) - LOG_MARGIN) * LOG_STEP) / LOG_STEP
    high = math.ceil((float(values.max()) + LOG_MARGIN) * LOG_STEP) / LOG_STEP
    return low, max(high, low + 1.0 / LOG_STEP)

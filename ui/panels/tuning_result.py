"""What an experiment came to: figures by value, cost curves and a table, and the value to use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio import numbers
from nnstudio.hyperparameters import Value
from nnstudio.labs.tuning import Outcome, Tuning
from nnstudio.labs.tuning_measures import Measure, best_of, measures_of
from ui.forms.controls import Combo
from ui.panels.lab_curves import NamedCurves
from ui.panels.plot import SMALLEST, Plot
from ui.panels.switch import switch_button
from ui.panels.tuning_plot import ValuesPlot
from ui.panels.tuning_table import TuningTable

View = Literal["values", "curves", "table"]
Room = Literal["beside", "below", "one"]

VIEWS: dict[View, tuple[str, str]] = {
    "values": ("By value", "The measure over the values"),
    "curves": ("Curves", "The cost by epoch, the median of the seeds"),
    "table": ("Table", "Means and spreads over the seeds"),
}
SWITCH_HEIGHT = 22
WIDE, TALL = 640, 560  # pixels of width for plots side by side, of height for all below each other
LEAST_PLOT = 150
LEAST, LEAST_BESIDE = 260, 400  # pixels of height, for one view and for all three
MOST_TABLE = 220
QWIDGETSIZE_MAX = 16_777_215  # no limit, by a name that Qt for Python lacks
MEASURE_WIDTH = 170
CEILING = 10.0  # times the highest of the first and the last costs: curves that rise above leave the picture


class TuningResult(QWidget):
    """Three views of one experiment, the measure to compare by, and the value to use.

    ``taken`` carries that value, ``measured`` says that the measure is another, ``arranged`` that the views stand
    otherwise, ``copied`` asks for the text.
    """

    taken = Signal(object)
    measured = Signal()
    arranged = Signal()
    copied = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tuning: Tuning | None = None
        self._present: tuple[Value, ...] = ()
        self._obstacle = ""
        self._at = -1
        self._is_chosen_by_hand = False
        self._measures: tuple[Measure, ...] = ()
        self._view: View = "values"
        self._room: Room | None = None
        self.values = ValuesPlot()
        self.curves = Plot("epoch", "cost, log scale")
        self.curves.setAccessibleName("Cost by epoch for each value, the median of the seeds")
        self.curves.axes["left"].log = True
        self.curves.readout = self.describe_epoch
        self.curves.double_clicked.connect(self._show_curves)
        self._curves = NamedCurves(self.curves)
        self.table = TuningTable()
        self.parts: dict[View, QWidget] = {"values": self.values, "curves": self.curves, "table": self.table}
        for plot in (self.values, self.curves):
            plot.setMinimumHeight(LEAST_PLOT)
        self.values.chosen.connect(self.choose)
        self.table.chosen.connect(self.choose)
        self.table.copied.connect(self.copied)
        self._make_switch()
        self.measure_box = Combo()
        self.measure_box.setAccessibleName("Measure to compare by")
        self.measure_box.setToolTip("What the values are compared by")
        self.measure_box.setMaximumWidth(MEASURE_WIDTH)
        self.measure_box.currentIndexChanged.connect(lambda _: self._measure_chosen())
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.switch)
        head.addStretch(1)
        head.addWidget(self.measure_box, 2)
        self.offer = Combo()
        self.offer.setAccessibleName("Value to use")
        self.offer.currentIndexChanged.connect(self.choose)
        self.take_button = QPushButton("Use this value")
        self.take_button.clicked.connect(self._take)
        label = QLabel("value")
        label.setProperty("role", "hint")
        label.setBuddy(self.offer)
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        foot = QHBoxLayout()
        foot.setSpacing(6)
        foot.addWidget(label)
        foot.addWidget(self.offer, 1)
        foot.addWidget(self.take_button)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(self._grid, 1)
        column.addLayout(foot)
        self._arrange()

    # -- what is shown --------------------------------------------------------------------------------------------

    def show_tuning(self, tuning: Tuning, present: Sequence[Value], obstacle: str) -> None:
        """Show an experiment; ``obstacle`` says why its values cannot be taken over now, empty where they can."""
        another = self._tuning is None or self._tuning.experiment != tuning.experiment
        self._tuning = tuning
        self._is_chosen_by_hand = self._is_chosen_by_hand and not another
        self._show_measures()
        self.values.show_tuning(tuning, self.measure)
        self._show_curves()
        with QSignalBlocker(self.offer):
            self.offer.clear()
            self.offer.addItems([outcome.label for outcome in tuning.outcomes])
        self.show_present(present, obstacle)
        self._select(self._at if self._is_chosen_by_hand else best_of(tuning, self.measure))

    def show_present(self, present: Sequence[Value], obstacle: str) -> None:
        """Mark the present value."""
        self._present, self._obstacle = tuple(present), obstacle
        if self._tuning is not None:
            self.values.show_present(present)
            self.table.show_tuning(self._tuning, present)
            self._limit_table()
            self._show_offer()

    @property
    def least_height(self) -> int:
        """The height that the views need as they stand."""
        return LEAST_BESIDE if self._room == "beside" else LEAST

    @property
    def measure(self) -> Measure:
        """What the values are compared by."""
        return self._measures[max(self.measure_box.currentIndex(), 0)]

    def choose(self, index: int) -> None:
        """Choose one of the values tried, in all three views."""
        self._is_chosen_by_hand = True
        self._select(index)

    def _select(self, index: int) -> None:
        if self._tuning is None or not 0 <= index < len(self._tuning.outcomes):
            return
        self._at = index
        self.values.choose(index)
        self.table.choose(index)
        with QSignalBlocker(self.offer):
            self.offer.setCurrentIndex(index)
        self._show_offer()

    def show_view(self, view: View) -> None:
        """Bring one of the views to the front, where there is room for one."""
        self._view = view
        self._arrange(anew=True)

    def describe_epoch(self, x: float, y: float) -> str:
        """Return the median cost of each value at the epoch nearest to the pointer."""
        if self._tuning is None or not self._tuning.outcomes:
            return ""
        last = max(float(outcome.epochs[-1]) for outcome in self._tuning.outcomes)
        lines = [f"epoch {numbers.count(float(np.clip(round(x), 0, last)))}"]
        for outcome in self._tuning.outcomes:
            if len(outcome.runs) and 0 <= x <= outcome.epochs[-1] + 0.5:
                cost = outcome.median_curve[int(np.argmin(np.abs(outcome.epochs - x)))]
                lines.append(f"{outcome.label}: {numbers.number(cost) if np.isfinite(cost) else 'diverged'}")
        return "\n".join(lines)

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.values.restyle()
        self.curves.restyle()

    # -- parts ----------------------------------------------------------------------------------------------------

    def _show_measures(self) -> None:
        """Offer what there is to compare by; one that is chosen and still there stays."""
        assert self._tuning is not None
        before = self._measures[self.measure_box.currentIndex()].figure if self._measures else "cost"
        self._measures = measures_of(self._tuning)
        figures = [measure.figure for measure in self._measures]
        with QSignalBlocker(self.measure_box):
            self.measure_box.clear()
            self.measure_box.addItems([measure.title for measure in self._measures])
            self.measure_box.setCurrentIndex(figures.index(before) if before in figures else 0)

    def _measure_chosen(self) -> None:
        if self._tuning is None:
            return
        self.values.show_tuning(self._tuning, self.measure)
        if not self._is_chosen_by_hand:
            self._select(best_of(self._tuning, self.measure))
        self.measured.emit()

    def _show_curves(self) -> None:
        tuning = self._tuning
        if tuning is None:
            return
        shown = [outcome for outcome in tuning.outcomes if outcome.runs]
        ends = [costs for outcome in shown for costs in (outcome.median_curve[[0, -1]],)]
        ceiling = CEILING * float(np.nanmax(ends)) if ends and np.isfinite(ends).any() else np.inf
        self.curves.axes["left"].setLabel(f"{tuning.judged_by} cost, log scale")
        self.curves.restyle()
        self.curves.fit()
        self._curves.show({_curve_name(outcome): (*_curve(outcome, ceiling), None) for outcome in shown})

    def _show_offer(self) -> None:
        tuning = self._tuning
        if tuning is None or not 0 <= self._at < len(tuning.outcomes):
            self.take_button.setEnabled(False)
            return
        outcome = tuning.outcomes[self._at]
        here = self._present == (outcome.value,)
        why_not = self._obstacle or outcome.problem or ("The network has this value now." if here else "")
        self.take_button.setEnabled(not why_not)
        self.take_button.setToolTip(why_not or f"Set {tuning.experiment.title} to {outcome.label} in the network")
        self.take_button.setAccessibleName(f"Use {outcome.label} as {tuning.experiment.title}")

    def _take(self) -> None:
        if self._tuning is not None and 0 <= self._at < len(self._tuning.outcomes):
            self.taken.emit(self._tuning.outcomes[self._at].value)

    # -- room -----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show all views where there is room for them, else the chosen one."""
        super().resizeEvent(event)
        self._arrange()

    def _make_switch(self) -> None:
        self.switch = QWidget()
        row = QHBoxLayout(self.switch)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._group = QButtonGroup(self)
        self.buttons: dict[View, QToolButton] = {}
        for view, (words, tip) in VIEWS.items():
            button = switch_button(self._group, words, tip, f"Hyperparameters: {tip}")
            button.setFixedHeight(SWITCH_HEIGHT)
            button.clicked.connect(lambda _=False, view=view: self.show_view(view))
            self.buttons[view] = button
            row.addWidget(button)
        row.addStretch(1)

    def _limit_table(self) -> None:
        """Give the table no more room than its rows take where there are plots beside it."""
        alone = self._room == "one"
        self.table.setMaximumHeight(QWIDGETSIZE_MAX if alone else min(self.table.whole_height(), MOST_TABLE))

    def _arrange(self, anew: bool = False) -> None:
        room: Room = "beside" if self.width() >= WIDE else "below" if self.height() >= TALL else "one"
        if room == self._room and not anew:
            return
        self._room = room
        for part in self.parts.values():
            self._grid.removeWidget(part)
        for row in range(3):
            self._grid.setRowStretch(row, 0)
        self.switch.setVisible(room == "one")
        self._limit_table()
        if room == "beside":
            self._grid.addWidget(self.values, 0, 0)
            self._grid.addWidget(self.curves, 0, 1)
            self._grid.addWidget(self.table, 1, 0, 1, 2)
            self._grid.setRowStretch(0, 1)
        else:
            for row, part in enumerate(self.parts.values()):
                self._grid.addWidget(part, row, 0)
            for row, view in enumerate(self.parts):  # a row that is stretched takes room also where nothing is shown
                self._grid.setRowStretch(row, int(room == "below" or view == self._view))
        self.buttons[self._view].setChecked(True)
        for view, part in self.parts.items():
            part.setVisible(room != "one" or view == self._view)
        self.arranged.emit()


def _curve(outcome: Outcome, ceiling: float) -> tuple[np.ndarray, np.ndarray]:
    costs = outcome.median_curve
    above = np.flatnonzero(costs > ceiling)
    costs = costs[: above[0]] if len(above) else costs
    return outcome.epochs[: len(costs)], np.log10(np.maximum(costs, SMALLEST))


def _curve_name(outcome: Outcome) -> str:
    return outcome.label if np.isfinite(outcome.median("cost")) else f"{outcome.label} diverged"

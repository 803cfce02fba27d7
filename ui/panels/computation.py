"""Panel: the computation of one example, operation by operation, with the chain rule behind each derivative."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QSplitter, QToolButton, QVBoxLayout, QWidget

from nnstudio.computation import Computation
from ui import icons, theme
from ui.panels.computation_detail import ComputationDetail
from ui.panels.computation_graph import KEYS_IN_WORDS, ComputationGraph
from ui.panels.computation_words import spoken
from ui.panels.insight import InsightPanel
from ui.training_view_model import TrainingViewModel

# Step -> what it is called, and its icon.
STEPS = {
    "first": ("First operation (Home)", "ph.skip-back"),
    "previous": ("Previous operation (Left)", "ph.caret-left"),
    "next": ("Next operation (Right)", "ph.caret-right"),
    "last": ("Last operation (End)", "ph.skip-forward"),
}


class ComputationPanel(InsightPanel):
    """The operations of the open network over the chosen example, with a cursor that walks through them.

    The cursor stays where it is while training changes the numbers. Without a chosen array the chain rule follows it.
    """

    name: ClassVar[str] = "computation"
    title: ClassVar[str] = "Computation"
    hint: ClassVar[str] = "Here you will see how one example is computed, and how each derivative comes about."

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.computation: Computation | None = None
        self.step = 1  # how many operations, or calls, are done
        self._done = 0
        self.graph = ComputationGraph()
        self.detail = ComputationDetail()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Operation")
        self.slider.valueChanged.connect(self.go)
        self.counter = QLabel()
        self.counter.setProperty("role", "hint")
        self.buttons = {step: self._button(step) for step in STEPS}
        self.single = QToolButton()
        self.single.setCheckable(True)
        self.single.setText("Calls")
        self.single.setProperty("role", "button")
        self.single.setToolTip("Walk through the single NumPy calls that make up each operation")
        self.single.setAccessibleName("Single NumPy calls")
        self.single.toggled.connect(self._unfold)
        self.graph.asked.connect(self.walk_by)
        self.graph.picked.connect(self.choose)
        self.detail.place_asked.connect(self._choose_place)
        self._arrange()
        self.restyle()

    # -- walking --------------------------------------------------------------------------------------------------

    @property
    def moments(self) -> tuple[int, ...]:
        """The moments at which the cursor can stand, as numbers of stops done; the first is before any."""
        if self.computation is None:
            return (0,)
        return tuple(range(self.computation.last + 1)) if self.single.isChecked() else (0, *self.computation.ends)

    @property
    def done(self) -> int:
        """How many stops of the walk are done at the cursor."""
        return self.moments[min(self.step, len(self.moments) - 1)]

    def go(self, step: int) -> None:
        """Set the cursor to a step, counted from 0, which is before the first operation."""
        self.step = max(0, min(step, len(self.moments) - 1))
        self._show()
        operation = self.computation.at(self.done) if self.computation is not None else None
        if operation is not None and operation.node:
            self.graph.show_row_of(operation.writes)

    def walk_by(self, step: str) -> None:
        """Move the cursor: ``"first"``, ``"previous"``, ``"next"`` or ``"last"``."""
        last = len(self.moments) - 1
        self.go({"first": min(1, last), "previous": self.step - 1, "next": self.step + 1, "last": last}[step])

    def choose(self, symbol: str, place: tuple[int, int] = (0, 0)) -> None:
        """Choose an array and one of its numbers; an empty symbol chooses none."""
        self.graph.select(symbol, place)
        self._show_number()

    def _choose_place(self, place: tuple[int, int]) -> None:
        self.choose(self.graph.selected or self._followed(), place)

    def _unfold(self, _: bool) -> None:
        self.step = next((n for n, moment in enumerate(self.moments) if moment >= self._done), len(self.moments) - 1)
        self._show()

    # -- showing --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the latest numbers; the cursor stays."""
        walk = self.walk
        assert walk is not None
        if self.computation is None or self.computation.walk is not walk:
            self.computation = Computation(walk)
        if self.graph.selected and self.computation.shape(self.graph.selected) is None:
            self.graph.select("")
        self._show()

    def restyle(self) -> None:
        """Take the theme's colors."""
        for step, button in self.buttons.items():
            button.setIcon(icons.icon(STEPS[step][1], color=theme.tokens().dim))
        self.graph.viewport().update()

    def _show(self) -> None:
        computation = self.computation
        if computation is None:
            return
        last = len(self.moments) - 1
        self.step = min(self.step, last)
        self._done = self.done
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, last)
            self.slider.setValue(self.step)
        what = "call" if self.single.isChecked() else "operation"
        self.slider.setAccessibleDescription(f"{what} {self.step} of {last}")
        self.counter.setText(f"{self.step} of {last}")
        for step, button in self.buttons.items():
            button.setEnabled(self.step > 0 if step in ("first", "previous") else self.step < last)
        self.graph.show_computation(computation, self.done)
        self.detail.show_operation(computation, computation.at(self.done), self.done, self.single.isChecked())
        self._show_number()

    def _show_number(self) -> None:
        if self.computation is None:
            return
        symbol = self.graph.selected or self._followed()
        place = self.graph.place if self.graph.selected else (0, 0)
        self.detail.show_number(self.computation, symbol, place, self.done)
        self.graph.setAccessibleDescription(f"{spoken(symbol)}, step {self.counter.text()}. {KEYS_IN_WORDS}")

    def _followed(self) -> str:
        """Return the array that the present operation made, where it is finished."""
        operation = self.computation.at(self.done) if self.computation is not None else None
        return operation.writes[0] if operation is not None and operation.end == self.done else ""

    # -- looks ----------------------------------------------------------------------------------------------------

    def _button(self, step: str) -> QToolButton:
        button = QToolButton()
        button.setToolTip(STEPS[step][0])
        button.setAccessibleName(STEPS[step][0].partition(" (")[0])
        button.clicked.connect(lambda: self.walk_by(step))
        return button

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 0, 8, 0)
        bar.setSpacing(4)
        for button in (self.buttons["first"], self.buttons["previous"]):
            bar.addWidget(button)
        bar.addWidget(self.slider, 1)
        for widget in (self.buttons["next"], self.buttons["last"], self.counter, self.single):
            bar.addWidget(widget)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(self.graph)
        halves.addWidget(self.detail)
        halves.setStretchFactor(0, 3)
        halves.setStretchFactor(1, 2)
        halves.setSizes([300, 200])
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(bar)
        column.addWidget(halves, 1)

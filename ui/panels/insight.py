"""What insight views have in common: the chosen example, and the walk through the program over it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QLabel, QSpinBox, QWidget

from engine.snapshot import ProbeRequest
from engine.walk import Walk
from nnstudio import numbers
from ui.forms.plain import dress_spin
from ui.panels.base import Panel
from ui.training_view_model import TrainingViewModel

SPIN_WIDTH = 72


class InsightPanel(Panel):
    """A view of one training example's numbers, as the program computes them.

    All insight views share the example that :attr:`TrainingViewModel.chosen` names: changing it in one changes all.
    """

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._of = QLabel()
        self._of.setProperty("role", "hint")
        self.example = QSpinBox()
        dress_spin(self.example)
        self.example.setPrefix("no. ")
        self.example.setFixedWidth(SPIN_WIDTH)
        self.example.setKeyboardTracking(False)
        self.example.setAccessibleName("Example")
        self.example.setToolTip("The training example whose numbers are shown, in this view and all like it")
        self.example.valueChanged.connect(lambda number: model.choose(number - 1))
        words = QLabel("example")
        words.setProperty("role", "hint")
        for widget in (words, self.example, self._of):
            self.header.addWidget(widget)
        self.give_way(words, self._of)
        model.chosen_changed.connect(self._chosen_changed)
        self._chosen_changed()

    def wanted(self) -> ProbeRequest:
        """Return a walk over the chosen example."""
        return ProbeRequest(walk=(self.model.chosen,), boundary_resolution=1)

    @property
    def walk(self) -> Walk | None:
        """The latest walk over the chosen example."""
        walk = self.model.probes.walk
        return walk if walk is not None and walk.rows == (self.model.chosen,) else None

    def ready(self) -> bool:
        """Return whether a walk over the chosen example has come."""
        return self.walk is not None

    def data_changed(self) -> None:
        """Offer the examples of the new data."""
        self._chosen_changed()

    def _chosen_changed(self) -> None:
        count = len(self.model.data.training) if self.model.data is not None else 1
        with QSignalBlocker(self.example):
            self.example.setRange(1, max(count, 1))
            self.example.setValue(self.model.chosen + 1)
        self._of.setText(f"of {numbers.count(count)}")
        self.ask()
        self._news()

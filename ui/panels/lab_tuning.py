"""The hyperparameters panel: what each means, and an experiment that varies one alone over a few values and seeds."""

from __future__ import annotations

import operator
from typing import Any, ClassVar

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnstudio.document import Document
from nnstudio.hyperparameters import HYPERPARAMETERS, Hyperparameter, Value
from nnstudio.labs.tuning import Tuning, experiment_of, ground_of, vary
from nnstudio.labs.tuning_text import as_text
from nnstudio.labs.tuning_verdict import verdict_of
from ui.panels.lab import Job, LabPanel
from ui.panels.tuning_list import HyperparameterList
from ui.panels.tuning_result import TuningResult
from ui.panels.tuning_setup import TuningSetup
from ui.training_view_model import TrainingViewModel

EPOCHS, MOST_EPOCHS = 50, 100_000
SEEDS, MOST_SEEDS = 3, 50
ROWS, MOST_ROWS = 5_000, 1_000_000
EPOCHS_WIDTH, SEEDS_WIDTH = 58, 38
BESIDE = 760  # pixels of width from which the list stands at the left
LIST_WIDTH = 250  # pixels, at the left
LIST_SHARE, LIST_SHARE_BESIDE_RESULT = 0.4, 0.22  # of the height, at the top, at most
NARROW = 400  # pixels of width, below which the number of rows gives way
TOP, SIDE = 2, 4


class TuningPanel(LabPanel):
    """The list of hyperparameters, the chosen one's meaning, its experiment, and what that came to.

    The last result of each hyperparameter is kept, and shown when it is chosen.
    """

    name: ClassVar[str] = "lab_tuning"
    title: ClassVar[str] = "Hyperparameters"
    hint: ClassVar[str] = "Here you will read what each hyperparameter does, and can vary one alone on this network."
    sentence: ClassVar[str] = "Trains this network with several values and seeds, all else equal."
    setup: TuningSetup | None = None  # until it is made: the base asks for obstacles before

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.epochs = self.add_setting("epochs", 1, MOST_EPOCHS, EPOCHS, "Epochs of each training")
        self.seeds = self.add_setting(
            "seeds", 1, MOST_SEEDS, SEEDS, "Trainings a value, each with other first weights and order of the examples"
        )
        self.epochs.setFixedWidth(EPOCHS_WIDTH)
        self.seeds.setFixedWidth(SEEDS_WIDTH)
        self.rows = self.add_setting("rows", 1, MOST_ROWS, ROWS, "Training rows, and validation rows, at most")
        self._results: dict[str, tuple[Tuning, dict[str, object]]] = {}
        self._drawn_for: tuple[object, object, object] = (None, None, None)
        self.list, self.setup, self.view = HyperparameterList(), TuningSetup(), TuningResult()
        self.view.arranged.connect(lambda: self.result_view.setMinimumHeight(self.view.least_height))
        self.result_view.setMinimumHeight(self.view.least_height)
        inside = QVBoxLayout(self.result_view)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.view)
        self.column.insertWidget(1, self.setup)
        self._place_list()
        self.list.chosen.connect(lambda _: self._show_chosen())
        self.list.chosen.connect(lambda _: model.did.emit("choose_hyperparameter"))
        self.setup.changed.connect(self._show_obstacle)
        self.view.taken.connect(self.take)
        self.view.measured.connect(self._show_verdict)
        self.view.copied.connect(self.copy_text)
        self.setFocusProxy(self.list)
        model.store.changed.connect(lambda *_: self._news())
        self._show_chosen()

    @property
    def chosen(self) -> Hyperparameter:
        """The hyperparameter that is read about and varied."""
        return HYPERPARAMETERS[self.list.name]

    # -- running --------------------------------------------------------------------------------------------------

    def obstacle(self) -> str:
        """Say why the network cannot be trained, or why these values cannot be tried."""
        return self.model.problem or (self.setup.problem if self.setup is not None else "")

    def obstacle_role(self) -> str:
        """Return ``"bad"`` for values that cannot be tried."""
        wrong = self.setup is not None and self.setup.wrong and not self.model.problem
        return "bad" if wrong else "hint"

    def job(self) -> Job:
        """Return the trainings with each value and seed."""
        assert self.setup is not None
        document, most = self.model.store.document, self.rows.value()
        experiment = experiment_of(self.chosen, document, self.setup.values, self.epochs.value(), self.seeds.value())
        return vary, (experiment, self.first_rows(most), self.validation_rows(most))

    def works_on(self) -> dict[str, object]:
        """Return what a result depends on: network and settings both as the document has them."""
        document = self.model.store.document
        return {"network": document, "data": self.model.data, "settings": document}

    def same(self, word: str, then: Any, now: Any) -> bool:
        """Compare network and settings but for the value that was varied, and what an experiment leaves out."""
        if self.result is None or not isinstance(then, Document):
            return super().same(word, then, now)
        one, value = HYPERPARAMETERS[self.result.experiment.name], self.result.experiment.candidates[0].value
        try:
            before, after = (ground_of(one, document, value) for document in (then, now))
        except ValueError:  # what was varied is not there any more
            before, after = then, now
        return before.graph == after.graph if word == "network" else before.training == after.training

    def take_result(self, result: Any, ran_on: dict[str, object]) -> None:
        """Keep a result, and show it where its hyperparameter is the chosen one."""
        self._results[result.experiment.name] = (result, ran_on)
        if result.experiment.name == self.chosen.name:
            super().take_result(result, ran_on)

    def _finished(self, job: int, result: Any) -> None:
        ours = job == self._job
        super()._finished(job, result)
        if ours and result.experiment.name != self.chosen.name:
            self._say(f"{result.experiment.title} has been tried: choose it to see what came of it.", "hint")

    # -- what is shown --------------------------------------------------------------------------------------------

    def show_result(self, result: Tuning) -> None:
        """Show the costs, their curves and the table."""
        one, document = HYPERPARAMETERS[result.experiment.name], self.model.store.document
        self.view.show_tuning(result, one.present(document), one.why_not(document))
        self._show_verdict()
        self._fit_list()

    def result_text(self) -> str:
        """Return a row a value, and a row a run."""
        return as_text(self.result)

    def refresh(self) -> None:
        """Show the present values, and what has changed since the result."""
        document = self.model.store.document
        now = (document, self.model.data, self.model.problem)
        if all(map(operator.is_, now, self._drawn_for)):
            return  # it is asked for at every look at training
        self._drawn_for = now
        self._show_setup()
        if self.result is not None:
            one = HYPERPARAMETERS[self.result.experiment.name]
            self.view.show_present(one.present(document), one.why_not(document))
        super().refresh()

    def restyle(self) -> None:
        """Take the theme's colors."""
        assert self.setup is not None
        self.setup.restyle()
        self.view.restyle()
        super().restyle()

    def take(self, value: Value) -> None:
        """Put a value into the document."""
        one = HYPERPARAMETERS[self.result.experiment.name]
        self.model.store.apply(lambda document: one.put(document, value), f"Set {one.noun} to {one.label(value)}")

    def _show_verdict(self) -> None:
        self.verdict.setText(verdict_of(self.result, self.view.measure))

    def _show_chosen(self) -> None:
        """Show what is said of the chosen hyperparameter, and its last result."""
        one = self.chosen
        self.epochs.setEnabled(one.name != "epochs")
        self.epochs.setToolTip("Epochs of each training" if one.name != "epochs" else "They are what is varied")
        self._show_setup()
        self._show_obstacle()
        if one.name in self._results:
            super().take_result(*self._results[one.name])
            return
        self.result, self._ran_on = None, {}
        self.verdict.setText("")
        self.result_view.hide()
        self._rest.show()
        self._fit_list()
        self._show_age()

    def _show_obstacle(self) -> None:
        if not self.running:
            self._say("", "hint")
        self._show_state()

    def _show_setup(self) -> None:
        assert self.setup is not None
        document, data = self.model.store.document, self.model.data
        self.list.show_document(document)
        self.setup.show_hyperparameter(self.chosen, document, len(data.training) if data is not None else 0)

    # -- room -----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the list at the left where there is room, else above."""
        super().resizeEvent(event)
        self._fit_list()

    def _place_list(self) -> None:
        whole = self.body.layout()
        assert isinstance(whole, QBoxLayout)
        self._whole, self._frame = whole, QWidget()
        frame = QVBoxLayout(self._frame)
        frame.setContentsMargins(SIDE, TOP, SIDE, 0)
        frame.addWidget(self.list)
        frame.addStretch(1)
        whole.insertWidget(0, self._frame)

    def _fit_list(self) -> None:
        beside = self.width() >= BESIDE
        for widget in (self.rows, *(label for label in self.findChildren(QLabel) if label.buddy() is self.rows)):
            widget.setVisible(self.width() >= NARROW)
        directions = QBoxLayout.Direction
        self._whole.setDirection(directions.LeftToRight if beside else directions.TopToBottom)
        width = LIST_WIDTH if beside else self.width() - 2
        self._frame.setFixedWidth(width)
        self._frame.setSizePolicy(
            QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored if beside else QSizePolicy.Policy.Fixed
        )
        height = self.list.height_for(width - 2 * SIDE)
        share = LIST_SHARE if self.result is None else LIST_SHARE_BESIDE_RESULT
        most = self._stack.height() - TOP if beside else int(share * self.height())
        self.list.setFixedHeight(max(min(height, most), 0))
        self.list.scrollTo(self.list.currentIndex())

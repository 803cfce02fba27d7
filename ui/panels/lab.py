"""What the lab panels have in common: one sentence, few settings, Run and Cancel, progress, and a result that stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ui.forms.plain import dress_spin
from ui.lab_jobs import jobs_of
from ui.panels.base import MARGIN, Panel
from ui.training_view_model import TrainingViewModel

STEPS = 1_000  # of the progress bar
SPIN_WIDTH = 76
SCROLL_BAR = 14
LEAST_RESULT = 300  # pixels
MOST_VALUES = 4_000_000  # features and targets handed to a lab: of larger data the first rows

Job = tuple[Callable[..., Any], tuple[Any, ...]]


class LabPanel(Panel):
    """An experiment on the open network and its data, beside training, in a process of its own.

    A subclass says in :attr:`sentence` what it does, adds settings with :meth:`add_setting`, gives in :meth:`job` the
    function and its arguments, and shows in :meth:`show_result` what that returns, and what it has found so far where
    it reports that; :meth:`result_text` is the result as text.
    """

    sentence: ClassVar[str]
    tools_at_foot: ClassVar[bool] = True  # the settings stand at the top

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.jobs = jobs_of(model)
        self.result: Any = None
        self._job: int | None = None
        self._runs_on: dict[str, object] = {}  # what the job works on
        self._ran_on: dict[str, object] = {}  # and what the result is of
        self._failed_on: dict[str, object] = {}  # and what a failure that is shown was of
        self._problem: str | None = None
        self._settings = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._labels: list[QLabel] = []  # of the settings
        self.run_button = QPushButton("Run")
        self.run_button.setProperty("role", "primary")
        self.run_button.clicked.connect(self.toggle)
        self.progress = QProgressBar()
        self.progress.setRange(0, STEPS)
        self.progress.setAccessibleName(f"{self.title}: progress")
        self.words = _label("hint")
        self.verdict = _label("")
        self.verdict.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._stale_words = _label("warn")
        self.result_view = QWidget()
        self.result_view.setMinimumHeight(LEAST_RESULT)
        self.result_view.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.result_view.hide()
        self._rest = QWidget()  # keeps the settings at the top while there is no result
        self._lay_out_body()
        self.add_tool("Copy as text", "ph.clipboard-text", self.copy_text)
        self.jobs.progressed.connect(self._progressed)
        self.jobs.found.connect(self._found)
        self.jobs.finished.connect(self._finished)
        self.jobs.failed.connect(self._failed)
        self._show_state()

    # -- for subclasses -------------------------------------------------------------------------------------------

    def add_setting(self, text: str, low: int, high: int, value: int, tip: str) -> QSpinBox:
        """Add a whole number to the row of settings."""
        label = QLabel(text)
        label.setProperty("role", "hint")
        spin = QSpinBox()
        dress_spin(spin)
        spin.setRange(low, high)
        spin.setValue(value)
        spin.setFixedWidth(SPIN_WIDTH)
        spin.setAccessibleName(f"{self.title}: {text}")
        spin.setToolTip(tip)
        label.setBuddy(spin)
        pair = QHBoxLayout()
        pair.setSpacing(6)
        pair.addWidget(label)
        pair.addWidget(spin)
        pair.addStretch(0)
        self._labels.append(label)
        self._settings.insertLayout(self._settings.count() - 2, pair)  # before the stretch and the button
        return spin

    def job(self) -> Job:
        """Return the function to run, and its arguments."""
        raise NotImplementedError

    def show_result(self, result: Any) -> None:
        """Show what the job returned, in :attr:`result_view`."""
        raise NotImplementedError

    def result_text(self) -> str:
        """Return the result as text, one line a row."""
        raise NotImplementedError

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the settings below each other where they do not fit beside each other."""
        super().resizeEvent(event)
        parts = [self._settings.itemAt(at).sizeHint().width() for at in range(self._settings.count())]
        needed = sum(parts) + self._settings.spacing() * len(parts) + 2 * MARGIN + SCROLL_BAR
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        beside = needed <= self.width()
        self._settings.setDirection(across if beside else down)
        widest = max((label.sizeHint().width() for label in self._labels), default=0)
        for label in self._labels:  # below each other their fields stand in one column
            label.setMinimumWidth(0 if beside else widest)

    def first_rows(self, most: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return X (m, n_features) and Y (m, n_outputs) of the first training rows, at most so many."""
        assert self.model.data is not None
        return self._rows(self.model.data.training, most)

    def validation_rows(self, most: int) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Return X and Y of the first validation rows, at most so many; None where there are none."""
        assert self.model.data is not None
        held_out = self.model.data.validation
        return self._rows(held_out, most) if len(held_out) else None

    def obstacle(self) -> str:
        """Return why it cannot be run, in a sentence, or an empty text where it can."""
        return self.model.problem

    def obstacle_role(self) -> str:
        """Return how grave the obstacle is, as the role of its words."""
        return "hint"

    def works_on(self) -> dict[str, object]:
        """Return what a result depends on, each by the word for it."""
        return {"network": self.model.store.document.graph, "data": self.model.data}

    def same(self, word: str, then: Any, now: Any) -> bool:
        """Return whether a result would be the same for what it depends on now."""
        return then is now or bool(then == now)

    def _rows(self, rows: NDArray[np.int64], most: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        data = self.model.data
        assert data is not None
        width = data.X.shape[1] + data.Y.shape[1]
        first = rows[: min(most, max(1, MOST_VALUES // width))]
        return data.X[first], data.Y[first]

    # -- running --------------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether a job runs or waits for its turn."""
        return self._job is not None

    def toggle(self) -> None:
        """Run, or cancel what runs."""
        self.cancel() if self.running else self.run()

    def run(self) -> None:
        """Begin; the last result stays until there is another."""
        if self.running or self.obstacle():
            return
        function, arguments = self.job()
        self._runs_on = self.works_on()
        waiting = self.jobs.pool.busy
        self._job = self.jobs.submit(function, *arguments)
        self.progress.setValue(0)
        self._say("Waiting for the other lab." if waiting else "Starting.", "hint")
        self._show_state()

    def cancel(self) -> None:
        """End the job; the last result stays."""
        if self._job is not None:
            self.jobs.cancel(self._job)
            self._end("Canceled.", "hint")

    def _progressed(self, job: int, share: float, words: str) -> None:
        if job == self._job:
            self.progress.setValue(round(share * STEPS))
            self._say(words, "hint")

    def take_result(self, result: Any, ran_on: dict[str, object]) -> None:
        """Show a result, whole or so far, of what :meth:`works_on` returned when it was begun."""
        self.result, self._ran_on = result, ran_on
        self.verdict.setText(getattr(result, "verdict", ""))
        self._rest.hide()
        self.result_view.show()
        self.show_result(result)
        self._show_age()

    def _found(self, job: int, result: object) -> None:
        if job == self._job:
            self.take_result(result, self._runs_on)

    def _finished(self, job: int, result: object) -> None:
        if job == self._job:
            self._found(job, result)
            self._end("", "hint")
            for deed in ("run_lab", f"run_{self.name}"):
                self.model.did.emit(deed)

    def _failed(self, job: int, sentence: str) -> None:
        if job == self._job:
            self._failed_on = self._runs_on
            self._end(sentence, "bad")

    def _end(self, words: str, role: str) -> None:
        self._job = None
        self._say(words, role)
        self._show_state()

    # -- what is shown --------------------------------------------------------------------------------------------

    def ready(self) -> bool:
        """Return whether there are data to work on, or a result from before."""
        return self.model.data is not None or self.result is not None

    def refresh(self) -> None:
        """Say whether it can be run, and whether the result is of the network as it is."""
        of_another = bool(self._failed_on and self._changed(self._failed_on))
        if of_another or self.obstacle() != self._problem:
            self._failed_on = {}
            if not self.running:
                self._say("", "hint")
            self._show_state()
        self._show_age()

    def restyle(self) -> None:
        """Draw the result in the theme's colors."""
        if self.result is not None:
            self.show_result(self.result)

    def copy_text(self) -> None:
        """Put what was found, in words and figures, on the clipboard."""
        if self.result is not None:
            QGuiApplication.clipboard().setText(f"{self.title}\n{self.verdict.text()}\n\n{self.result_text()}")

    def _show_age(self) -> None:
        words = ""
        if changed := self._changed(self._ran_on):
            have = "has" if changed == ["network"] else "have"
            words = f"The {' and the '.join(changed)} {have} changed since."
        if words != self._stale_words.text():
            self._stale_words.setText(words)
        self._stale_words.setVisible(bool(words))

    def _changed(self, ran_on: dict[str, object]) -> list[str]:
        """Return the words for what a run depended on and that is another now."""
        now = self.works_on() if ran_on else {}
        return [word for word, then in ran_on.items() if not self.same(word, then, now[word])]

    def _show_state(self) -> None:
        self._problem = self.obstacle()
        self.run_button.setText("Cancel" if self.running else "Run")
        self.run_button.setAccessibleName(f"{self.run_button.text()} {self.title}")
        self.run_button.setEnabled(self.running or not self._problem)
        self.run_button.setToolTip("" if self.running else self._problem)
        self.progress.setVisible(self.running)
        if not self.running and self._problem:
            self._say(self._problem, self.obstacle_role())

    def _say(self, words: str, role: str) -> None:
        if self.words.property("role") != role:
            self.words.setProperty("role", role)
            self.words.style().polish(self.words)
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def _lay_out_body(self) -> None:
        what = _label("dim")
        what.setText(self.sentence)
        self._settings.setSpacing(6)
        self._settings.addStretch(1)
        self._settings.addWidget(self.run_button)
        inside = QWidget()
        self.column = column = QVBoxLayout(inside)
        column.setContentsMargins(MARGIN, 2, MARGIN, 6)
        column.setSpacing(6)
        column.addWidget(what)
        column.addLayout(self._settings)
        for widget in (self.progress, self.words, self.verdict, self._stale_words):
            column.addWidget(widget)
        column.addWidget(self.result_view, 1)
        column.addWidget(self._rest, 1)
        scroll = QScrollArea()  # in a small panel one scrolls to the result
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inside)
        whole = QVBoxLayout(self.body)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label

"""The line at the bottom that always says what is happening."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from engine.snapshot import Status
from nnstudio import numbers
from nnstudio.document import Document
from ui.inspector.parts import Dot
from ui.training_view_model import TrainingViewModel

MESSAGE_SECONDS = 6
TEXT_EVERY = 0.1  # seconds
ENGINE_FROM, NETWORK_FROM = 900, 720  # pixels: in a narrower window what is happening comes first
WORDS = {
    "empty": "No data yet",
    "ready": "Ready",
    "training": "Training",
    "paused": "Paused",
    "finished": "Finished",
    "diverged": "Diverged",
    "failed": "Stopped",
}
DOTS = {"training": "ok", "finished": "ok", "paused": "warn", "diverged": "bad", "failed": "bad"}
MESSAGE_DOTS = {"info": "accent", "warn": "warn", "bad": "bad"}


def sentence(status: Status, empty: str = WORDS["empty"], step: str = "") -> str:
    """Return what training is doing, e.g. ``Training · epoch 124 of 2 000 · running cost 0.0420 · 39 000 steps/s``.

    Parameters
    ----------
    status
        What training tells.
    empty
        What to say where there is nothing to train, from :func:`empty_words`.
    step
        Where training rests inside an epoch, from :func:`step_words`.
    """
    parts = [empty if status.state == "empty" else word(status)]
    if status.state in ("finished", "diverged", "failed") and status.message:
        parts.append(status.message.rstrip("."))
    if status.epoch or status.step:
        of = f" of {numbers.count(status.epochs)}" if status.epochs else ""
        parts.append(f"epoch {numbers.count(status.epoch)}{of}")
    if step:
        parts.append(step)
    words, cost = cost_of(status)
    if not math.isnan(cost):
        parts.append(f"{words} {numbers.number(cost)}")
    if not math.isnan(status.validation_cost):
        parts.append(f"validation {numbers.number(status.validation_cost)}")
    if status.state == "training" and status.steps_per_second:
        parts.append(f"{numbers.rate(status.steps_per_second)} steps/s")
        left = seconds_left(status)
        if left is not None and left >= 1.0:
            parts.append(f"{numbers.duration(left)} left")
    return " · ".join(parts)


def shows_true_figures(status: Status) -> bool:
    """Whether the training figures shown are true ones: at rest, once they are computed; before, running ones are."""
    return status.measured and status.state != "training"


def cost_of(status: Status) -> tuple[str, float]:
    """Return the training cost to show and what it is called."""
    return ("cost", status.training_cost) if shows_true_figures(status) else ("running cost", status.running_cost)


def empty_words(model: TrainingViewModel) -> str:
    """Return why there is nothing to train: no data yet, or network, settings and data that do not go together."""
    if model.data is None:
        return WORDS["empty"]
    return f"Not ready: {model.problem.rstrip('.')}" if model.problem else "Getting ready"


def word(status: Status) -> str:
    """Return the state in a word; a run that may go on now, since its end was raised, is paused."""
    if status.state == "finished" and status.epoch < status.epochs and not status.message:
        return WORDS["paused"]
    return WORDS[status.state]


def step_words(model: TrainingViewModel) -> str:
    """Return how far training rests inside an epoch, e.g. ``step 3 of 25``; empty at the end of one."""
    status, data = model.status, model.data
    if data is None or status.state == "training" or not status.step:
        return ""
    finished = model.history.column("step")
    step = status.step - (int(finished[-1]) if len(finished) else 0)
    steps = math.ceil(len(data.training) / max(model.store.document.training.batch_size, 1))
    return f"step {numbers.count(step)} of {numbers.count(steps)}" if 0 < step < steps else ""


def seconds_left(status: Status) -> float | None:
    """Return how long training will take at its present speed, or None where that cannot be said."""
    if not (status.epoch and status.step and status.steps_per_second and status.epochs > status.epoch):
        return None
    return (status.epochs - status.epoch) * (status.step / status.epoch) / status.steps_per_second


class StatusLine(QWidget):
    """State of training, size of the network, the engine, and whether all is saved."""

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._message = ""
        self._shown_at = 0.0
        self._dot = Dot("faint")
        self.text, self.network, self.engine, self.saved = (QLabel() for _ in range(4))
        for label in (self.text, self.network, self.engine, self.saved):
            label.setProperty("role", "dim")
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.text.setAccessibleName("What is happening")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 12, 2)
        what = QHBoxLayout()
        what.setSpacing(8)
        what.addWidget(self._dot)
        what.addWidget(self.text, 1)
        row.addLayout(what, 1)
        row.setSpacing(20)
        for label in (self.network, self.engine, self.saved):
            row.addWidget(label)
        self._later = QTimer(self, singleShot=True, interval=int(TEXT_EVERY * 1000))
        self._later.timeout.connect(self._show)
        self._message_ends = QTimer(self, singleShot=True)
        self._message_ends.timeout.connect(self._end_message)
        model.status_changed.connect(self._status_changed)
        model.shapes_changed.connect(self._show_network)
        model.shapes_changed.connect(self._show)
        model.data_changed.connect(self._show)
        model.refreshed.connect(self._refreshed)
        model.store.changed.connect(self._document_changed)
        self._show_network()
        self._show()

    def set_saved(self, text: str) -> None:
        """Say at the right whether all is saved, e.g. ``saved 12 s ago``."""
        self.saved.setText(text)

    def show_message(self, text: str, kind: str = "info") -> None:
        """Show a message for some seconds in place of the state; ``kind`` is ``info``, ``warn`` or ``bad``."""
        self._message = text
        self._dot.set_grade(MESSAGE_DOTS.get(kind, "accent"))
        self._message_ends.start(MESSAGE_SECONDS * 1000)
        self._fit(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten what does not fit."""
        super().resizeEvent(event)
        self.engine.setVisible(self.width() >= ENGINE_FROM)
        self.network.setVisible(self.width() >= NETWORK_FROM)
        self._show()

    def _status_changed(self, status: Status) -> None:
        if time.monotonic() - self._shown_at >= TEXT_EVERY:
            self._show()
        elif not self._later.isActive():
            self._later.start()

    def _document_changed(self, before: Document, after: Document) -> None:
        if before.training != after.training:
            self._show_network()

    def _refreshed(self) -> None:
        if self._model.status.state != "training":
            self._show()  # the history, from which the step inside an epoch is told, may come after the status

    def _end_message(self) -> None:
        self._message = ""
        self._show()

    def _show(self) -> None:
        self._shown_at = time.monotonic()
        if self._message:
            self._fit(self._message)
            return
        status = self._model.status
        grade = "paused" if word(status) == WORDS["paused"] else status.state
        broken = status.state == "empty" and self._model.data is not None and bool(self._model.problem)
        self._dot.set_grade("bad" if broken else DOTS.get(grade, "faint"))
        self._fit(sentence(status, empty_words(self._model), step_words(self._model)))

    def _show_network(self) -> None:
        shapes = self._model.shapes
        layers = sum(1 for count in shapes.parameters.values() if count)
        self.network.setText(
            f"{numbers.plural(layers, 'layer')} · {numbers.plural(shapes.parameter_count, 'parameter')}"
        )
        threads = "1 thread" if self._model.store.document.training.deterministic else "several threads"
        self.engine.setText(f"engine {threads}")

    def _fit(self, text: str) -> None:
        shown = text
        if self.text.fontMetrics().horizontalAdvance(text) > self.text.width() > 0:
            shown = self.text.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, self.text.width())
        if shown != self.text.text():
            self.text.setText(shown)
            self.text.setToolTip(text if shown != text else "")

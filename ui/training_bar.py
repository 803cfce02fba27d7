"""The bar on top: Train, Step, Epoch, Reset; the hyperparameters changed most; what is measured, in large figures."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.declared import Field, SettingError, fields_of, replace
from engine.layers import Output
from engine.metrics import task_of
from engine.settings import TrainingSettings
from engine.snapshot import Status
from nnstudio import numbers
from nnstudio.document import Document
from ui import icons, theme
from ui.forms.editors import EDITORS, Editor
from ui.forms.form import VariantEditor, everything
from ui.status_line import cost_of, shows_true_figures, step_words
from ui.training_view_model import TrainingViewModel

FIGURES_EVERY = 0.1  # seconds: faster figures cannot be read
BUTTONS = (("train.toggle", "Train"), ("train.step", "Step"), ("train.epoch", "Epoch"), ("train.reset", "Reset"))
TOGGLE_WIDTH = 92  # the same for Train and Pause, so that nothing moves
RATE = "learning_rate"
CONTROL_WIDTHS = {"optimizer": 84, RATE: 84, "batch_size": 80, "epochs": 124}
SPACING = 16
RUNNING_COST = (
    "The mean cost of the training examples as they were seen in the last epoch, while the weights changed. "
    "The true mean over the whole split follows when training rests."
)
RUNNING_SCORE = "Of the training examples as they were seen in the last epoch, while the weights changed."
TRUE_COST = "The mean cost over the whole training split, with the weights as they are now."
TRUE_FIGURE = "Over the whole split, with the weights at the end of an epoch."
SAME_RATE = 1e-6  # two rates that differ by a smaller share are the same


class TrainingBar(QFrame):
    """Buttons, hyperparameters and figures of training.

    Parameters
    ----------
    model
        What is shown and changed.
    actions
        ``train.toggle``, ``train.step``, ``train.epoch`` and ``train.reset``: the buttons trigger these.
    """

    def __init__(self, model: TrainingViewModel, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setProperty("role", "bar")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Training")
        self.buttons = {name: _Button(actions[name], text) for name, text in BUTTONS}
        self._toggle = self.buttons["train.toggle"]
        self._toggle.setProperty("role", "primary")
        self._toggle.setFixedWidth(TOGGLE_WIDTH)
        theme.strong(self._toggle)
        self._training: bool | None = None
        self.controls: dict[str, Editor] = {}
        self.labels: dict[str, QLabel] = {}
        self._left = QWidget()
        self._controls_row = QHBoxLayout()
        self._controls_row.setSpacing(SPACING)
        self._make_controls()
        # From the most important to the one that goes first where there is little room.
        self.figures = {
            "validation_cost": _Figure("cost, validation", TRUE_FIGURE),
            "score": _Figure("accuracy, validation", TRUE_FIGURE),
            "training_cost": _Figure("running cost, training", RUNNING_COST),
            "steps_per_second": _Figure("steps / s"),
        }
        self._lay_out()
        self._figures_at = 0.0
        self._later = QTimer(self, singleShot=True, interval=int(FIGURES_EVERY * 1000))
        self._later.timeout.connect(self._show_figures)
        model.status_changed.connect(self._status_changed)
        model.data_changed.connect(self._show_figures)
        model.data_changed.connect(self._show_problem)
        model.shapes_changed.connect(self._show_problem)
        model.store.changed.connect(self._document_changed)
        theme.theme().changed.connect(self._dress)
        self._show_settings(model.store.document.training)
        self._show_state(model.status)
        self._show_problem()
        self._show_figures()

    # -- hyperparameters ------------------------------------------------------------------------------------------

    def _make_controls(self) -> None:
        fields = {field.name: field for field in fields_of(TrainingSettings)}
        optimizer = self._model.store.document.training.optimizer
        rate = next(field for field in fields_of(type(optimizer)) if field.name == RATE)
        shown: dict[str, Field] = {
            "optimizer": fields["optimizer"],
            RATE: rate,
            "batch_size": fields["batch_size"],
            "epochs": fields["epochs"],
        }
        for name, field in shown.items():
            kind = VariantEditor if field.kind == "variant" else EDITORS[field.kind]
            editor = kind(field, everything)
            editor.setFixedWidth(CONTROL_WIDTHS[name])
            editor.edited.connect(lambda value, path, name=name: self._edit(name, value, path))
            editor.refused.connect(self._refuse)
            if field.kind == "variant":
                editor.focusProxy().setFocusPolicy(Qt.FocusPolicy.TabFocus)  # as the buttons'
            label = QLabel(field.label)
            label.setProperty("role", "hint")
            label.setBuddy(editor)
            label.setToolTip(field.help)
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(label)
            column.addWidget(editor)
            self._controls_row.addLayout(column)
            self.controls[name], self.labels[name] = editor, label

    def _edit(self, name: str, value: Any, path: str) -> None:
        old = self._model.store.document.training
        try:
            if name == RATE:
                new = replace(old, optimizer=replace(old.optimizer, **{RATE: value}))
            else:
                new = replace(old, **{name: value})
        except SettingError as error:
            kept = old.optimizer.learning_rate if name == RATE else getattr(old, name)
            self.controls[name].take_back(kept, str(error))
            return
        text = f"Change {self.controls[name].field.label.lower()}"
        key = f"training.optimizer.{RATE}" if name == RATE else f"training.{name}"
        self._model.set_training(new, text, merge_key=key)
        self._show_settings(self._model.store.document.training)

    def _refuse(self, sentence: str) -> None:
        if sentence:
            self._model.message.emit(sentence, "bad")

    def _document_changed(self, before: Document, after: Document) -> None:
        if before.training != after.training:
            self._show_settings(after.training)

    def _show_settings(self, training: TrainingSettings) -> None:
        for name, editor in self.controls.items():
            editor.set_value(training.optimizer.learning_rate if name == RATE else getattr(training, name))
        self._show_rate()

    # -- state and figures ----------------------------------------------------------------------------------------

    def _status_changed(self, status: Status) -> None:
        self._show_state(status)
        if time.monotonic() - self._figures_at >= FIGURES_EVERY:
            self._show_figures()
        elif not self._later.isActive():
            self._later.start()

    def _show_state(self, status: Status) -> None:
        training = status.state == "training"
        if training != self._training:
            self._training = training
            self._toggle.setText("Pause" if training else "Train")
            self._toggle.setAccessibleName("Pause training" if training else "Train the network")
            self._dress()

    def _show_problem(self) -> None:
        """Say at Train what keeps training from starting."""
        self._toggle.set_standing(self._model.problem)
        self._toggle.setAccessibleDescription(self._model.problem)
        self._dress()

    def _show_rate(self) -> None:
        """Tell the learning rate of the next step where schedule or warm-up make it another than the one set."""
        editor, label, now = self.controls[RATE], self.labels[RATE], self._model.status.learning_rate
        differs = now > 0 and abs(now - editor.value()) > SAME_RATE * editor.value()
        text = f"α now {numbers.number(now)}" if differs else editor.field.label
        if text != label.text():
            label.setText(text)
            used = f"\nThe next step's is {numbers.number(now)}, by schedule and warm-up." if differs else ""
            label.setToolTip(editor.field.help + used)
            editor.focusProxy().setAccessibleDescription(editor.field.help + used)

    def _dress(self, _: object = None) -> None:
        broken = self._model.data is not None and bool(self._model.problem)
        icon = "ph.pause-fill" if self._training else "ph.warning-circle-fill" if broken else "ph.play-fill"
        self._toggle.setIcon(icons.icon(icon, color=theme.tokens().on_accent))

    def _show_figures(self) -> None:
        self._figures_at = time.monotonic()
        status = self._model.status
        true = shows_true_figures(status)
        words, cost = cost_of(status)
        self.figures["training_cost"].show_value(numbers.number(cost))
        self.figures["training_cost"].show_words(f"{words}, training")
        self.figures["training_cost"].setToolTip(TRUE_COST if true else RUNNING_COST)
        self.figures["validation_cost"].show_value(numbers.number(status.validation_cost))
        of_training = status.training_score if true else status.running_score
        only_training = math.isnan(status.validation_score) and not math.isnan(of_training)
        score = of_training if only_training else status.validation_score
        # By what the network computes: a squared error on two classes is judged by its R², whatever the data are.
        outputs = self._model.store.document.graph.of_kind(Output)
        regression = any(isinstance(node.layer, Output) and task_of(node.layer) == "regression" for node in outputs)
        self.figures["score"].show_value(numbers.number(score) if regression else numbers.percent(score))
        self.figures["score"].show_words(
            f"{'running ' if only_training and not true else ''}{'R²' if regression else 'accuracy'}, "
            f"{'training' if only_training else 'validation'}"
        )
        self.figures["score"].setToolTip(RUNNING_SCORE if only_training and not true else TRUE_FIGURE)
        self._show_rate()
        step = step_words(self._model)
        epoch = f"epoch {numbers.count(status.epoch)}" + (f", {step}" if step else "")
        total = f"{numbers.plural(status.step, 'step')} so far: {epoch}" if status.step else ""
        self.buttons["train.step"].set_standing(total)
        speed = status.steps_per_second
        self.figures["steps_per_second"].show_value(numbers.rate(speed) if speed else numbers.UNKNOWN)

    # -- looks ----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left = QHBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(8)
        for button in self.buttons.values():
            left.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        left.addSpacing(SPACING - 8)
        left.addLayout(self._controls_row)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 14, 6)
        row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)  # figures give way, see resizeEvent
        row.setSpacing(SPACING)
        row.addWidget(self._left)
        row.addStretch(1)
        for name in ("training_cost", "validation_cost", "score", "steps_per_second"):
            row.addWidget(self.figures[name])

    def limit(self, shown: Collection[str]) -> None:
        """Show these of the buttons and hyperparameters only, ``"step"`` and ``"learning_rate"`` say; all for none."""
        for name, button in self.buttons.items():
            button.setVisible(not shown or name.removeprefix("train.").replace("toggle", "train") in shown)
        for name, editor in self.controls.items():
            for widget in (editor, self.labels[name]):
                widget.setVisible(not shown or name in shown)
        self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out the least important figures where there is no room for all."""
        super().resizeEvent(event)
        room = self.width() - 26 - self._left.sizeHint().width()
        for figure in self.figures.values():
            room -= figure.sizeHint().width() + SPACING
            figure.setVisible(room >= 0)

    def minimumSizeHint(self) -> QSize:
        """Return the size without any figure."""
        return QSize(self._left.sizeHint().width() + 26, self.sizeHint().height())


class _Figure(QWidget):
    """A large figure with small words below."""

    def __init__(self, words: str, tip: str = "") -> None:
        super().__init__()
        self.setToolTip(tip)
        self._value, self._words = QLabel(numbers.UNKNOWN), QLabel(words)
        self._value.setProperty("role", "figure")
        theme.strong(self._value)
        self._words.setProperty("role", "hint")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        for label in (self._value, self._words):
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            column.addWidget(label)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        # Room for the widest figure from the start: a bar that shifts while it is read is hard to read.
        self._value.setMinimumWidth(64)

    def show_value(self, text: str) -> None:
        """Show a figure."""
        if text != self._value.text():
            self._value.setText(text)
            self._tell()

    def show_words(self, words: str) -> None:
        """Say what the figure is."""
        if words != self._words.text():
            self._words.setText(words)
            self._tell()

    def value(self) -> str:
        """Return the figure as shown."""
        return self._value.text()

    def words(self) -> str:
        """Return what it is."""
        return self._words.text()

    def _tell(self) -> None:
        self.setAccessibleName(f"{self._words.text()} {self._value.text()}")


def _finish_typing() -> None:
    """Take the number that is still being typed, as a click elsewhere does."""
    focused = QApplication.focusWidget()
    if isinstance(focused, (QLineEdit, QAbstractSpinBox)):
        focused.clearFocus()


class _Button(QPushButton):
    """Triggers an action, and tells in its tooltip where training stands."""

    def __init__(self, action: QAction, text: str) -> None:
        super().__init__(text)
        self._action, self._standing = action, ""
        self.setAccessibleName(text)
        # A click leaves the keyboard where it is, so that the next Space trains; Tab reaches the button.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self._trigger)
        action.changed.connect(self._follow)
        self._follow()

    def set_standing(self, text: str) -> None:
        """Say where training stands."""
        if text != self._standing:
            self._standing = text
            self._follow()

    def _trigger(self) -> None:
        _finish_typing()
        self._action.trigger()

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        keys, tip = self._action.shortcut().toString(), self._action.toolTip()
        tip = tip if not keys or f"({keys})" in tip else f"{tip} ({keys})"
        self.setToolTip("\n".join(part for part in (tip, self._standing) if part))

"""The plain controls of a form: they take the wheel only when focused, and read numbers as people type them."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDialog,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from nnstudio import numbers
from ui import theme
from ui.forms.plain import leave_wheel

SWITCH_WIDTH, SWITCH_HEIGHT, KNOB_MARGIN = 32, 18, 3
WHEEL_NOTCH = 120  # Qt's unit for one click of a wheel
MANTISSAS = (1.0, 2.0, 5.0)  # a logarithmic step goes to the next of these times a power of ten
LINEAR_STEPS = 100  # steps from the least to the largest value of a bounded setting
PAGE = 10  # steps at once with PageUp and PageDown
LEAST_SPIN_WIDTH = 72
TEXT_MARGIN = 6
ENTRY_MARGIN = 4  # pixels that the style takes from an entry of a combo box
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
MOST_SPIN = 2**31 - 1  # QSpinBox counts in 32 bits


def _is_space(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space and not event.modifiers()


def _leave(control: QWidget) -> None:
    """Give the keyboard back to the window once Enter has ended a number; in a dialog a person goes on with Tab."""
    if not isinstance(control.window(), QDialog):
        control.clearFocus()


class Combo(QComboBox):
    """A combo box that a passing wheel does not change, and that a long entry does not widen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        leave_wheel(self)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box; an entry that is too long ends in an ellipsis instead of being cut."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room.width() - ENTRY_MARGIN
        )
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


class Spin(QSpinBox):
    """A whole number with thin spaces; it speaks when the number is finished, not at each key.

    ``refused`` carries the sentence that says why what was typed was not taken, and an empty one once all is in order.
    A typed space is left to the window, where it trains.
    """

    refused = Signal(str)

    def __init__(self, label: str = "The number", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label, self._problem, self._said, self._typed = label, "", False, False
        self.editingFinished.connect(self._finished)
        self.valueChanged.connect(self._accepted)
        self.lineEdit().textEdited.connect(self._was_typed)
        self.setKeyboardTracking(False)
        leave_wheel(self)
        self.setAccelerated(True)
        self.setProperty("role", "stepper")
        self.lineEdit().setTextMargins(TEXT_MARGIN, 0, 0, 0)  # a style sheet's padding does not reach it

    def minimumSizeHint(self) -> QSize:
        """Return a width that does not depend on the largest number allowed, which may be very long."""
        return QSize(LEAST_SPIN_WIDTH, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """Return the same."""
        return self.minimumSizeHint()

    def textFromValue(self, value: int) -> str:
        """Return the number as it is shown."""
        return numbers.count(value)

    def valueFromText(self, text: str) -> int:
        """Return the number that was typed, or the old one where it is none."""
        try:
            return round(numbers.parse(self._bare(text)))
        except ValueError:
            return self.value()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Let a person type freely; only a whole number within the limits is taken at the end."""
        try:
            value = numbers.parse(self._bare(text))
        except ValueError:
            return QValidator.State.Intermediate, text, position
        fits = value == int(value) and self.minimum() <= value <= self.maximum()
        return (QValidator.State.Acceptable if fits else QValidator.State.Intermediate), text, position

    def fixup(self, text: str) -> str:
        """Put the number in force back where another one cannot be taken, and say why."""
        kept = f"{self.textFromValue(self.value())} is kept."
        try:
            value = numbers.parse(self._bare(text))
        except ValueError:
            self._problem = f"{self._label}: type a whole number such as {self.textFromValue(self.value())}. {kept}"
            return self._shown(self.value())
        if self.minimum() <= round(value) <= self.maximum():
            return self._shown(round(value))
        low, high = (self.textFromValue(limit) for limit in (self.minimum(), self.maximum()))
        limits = f"must be from {low} to {high}" if self.maximum() < MOST_SPIN else f"must be at least {low}"
        self._problem = f"{self._label} {limits}. {kept}"
        return self._shown(self.value())

    def event(self, event: QEvent) -> bool:
        """Leave Space to the window's shortcut, which finds what was typed in force."""
        if event.type() == QEvent.Type.ShortcutOverride and _is_space(event):
            _leave(self)
            event.ignore()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ignore Space; give the keyboard back with Enter, unless what was typed was refused."""
        if _is_space(event):
            event.ignore()
            return
        super().keyPressEvent(event)
        if event.key() in ENTER and not self._said:
            _leave(self)

    def _was_typed(self) -> None:
        self._typed = True

    def _accepted(self) -> None:
        self._problem, self._said = "", False

    def _finished(self) -> None:
        if self._typed:  # not once more when the focus leaves: what was said after Enter stays until the next number
            self._said = bool(self._problem)
            self.refused.emit(self._problem)
        self._problem, self._typed = "", False

    def _shown(self, value: int) -> str:
        return f"{self.textFromValue(value)}{self.suffix()}"

    def _bare(self, text: str) -> str:
        unit = self.suffix().strip()  # a person types it without its thin space, not at all, or once more before it
        while unit and text.rstrip().endswith(unit):
            text = text.rstrip().removesuffix(unit)
        return text


class NumberEdit(QLineEdit):
    """A real number: typed in any usual way, stepped by the arrow keys, in decades where that suits it.

    ``committed`` carries a number that was typed or stepped to; ``refused`` the sentence that says why another was not
    taken, and an empty one once the field is in order again. :meth:`number` stays at the last good one.
    """

    committed = Signal(float)
    refused = Signal(str)

    def __init__(
        self,
        label: str,
        minimum: float | None,
        maximum: float | None,
        *,
        logarithmic: bool = False,
        unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._label, self._unit, self._logarithmic = label, unit, logarithmic
        self._minimum = -math.inf if minimum is None else minimum
        self._maximum = math.inf if maximum is None else maximum
        self._number = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.editingFinished.connect(self._take)

    def number(self) -> float:
        """Return the number in force."""
        return self._number

    def set_number(self, number: float) -> None:
        """Show a number; what was typed and refused is gone."""
        self._number = number
        self.setText(f"{numbers.exact(number)} {self._unit}".rstrip())
        self.setCursorPosition(0)
        self.set_problem("")

    def set_problem(self, sentence: str) -> None:
        """Mark the field as wrong, or, with an empty sentence, as right."""
        wrong = bool(sentence)
        if bool(self.property("invalid")) != wrong:
            self.setProperty("invalid", wrong)
            self.style().unpolish(self)
            self.style().polish(self)
        self.refused.emit(sentence)

    def step(self, steps: int) -> None:
        """Go up or down by some steps, within the limits."""
        target = self._number
        for _ in range(abs(steps)):
            target = self._next(target, 1 if steps > 0 else -1)
        target = min(max(target, self._minimum), self._maximum)
        if target != self._number:
            self.set_number(target)
            self.selectAll()
            self.committed.emit(target)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with Up, Down, PageUp and PageDown; Escape gives the old number back."""
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: PAGE,
            Qt.Key.Key_PageDown: -PAGE,
        }.get(Qt.Key(event.key()))
        if steps is not None and not self.isReadOnly():
            self._take()
            self.step(steps)
        elif event.key() == Qt.Key.Key_Escape and (self.isModified() or self.property("invalid")):
            self.set_number(self._number)
        elif _is_space(event):
            event.ignore()
        else:
            super().keyPressEvent(event)
            if event.key() in ENTER and not self.property("invalid"):
                _leave(self)

    def event(self, event: QEvent) -> bool:
        """Leave Space to the window's shortcut, which finds what was typed in force."""
        if event.type() == QEvent.Type.ShortcutOverride and _is_space(event):
            _leave(self)
            event.ignore()
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step by the wheel, when focused only."""
        if self.hasFocus() and not self.isReadOnly():
            self.step(int(event.angleDelta().y() / WHEEL_NOTCH))
            event.accept()
        else:
            event.ignore()

    def _take(self) -> None:
        text = self.text().removesuffix(self._unit) if self._unit else self.text()
        if not self.isModified():
            return
        try:
            value = numbers.parse(text)
        except ValueError:
            self.set_problem(f"{self._label}: type a number such as {self._example()}. {self._kept()}")
            return
        if not self._minimum <= value <= self._maximum:
            self.set_problem(f"{self._label} {self._limits()}. {self._kept()}")
            return
        changed = value != self._number
        self.set_number(value)
        if changed:
            self.committed.emit(value)

    def keep(self, number: float) -> None:
        """Go back to ``number`` as the one in force, and leave what was typed and its mark to be corrected."""
        self._number = number

    def _kept(self) -> str:
        return f"{numbers.exact(self._number)} is kept."

    def _example(self) -> str:
        return numbers.exact(self._number) if self._number else "0.01 or 1e-3"

    def _limits(self) -> str:
        if math.isinf(self._maximum):
            return f"must be at least {numbers.short(self._minimum)}"
        if math.isinf(self._minimum):
            return f"must be at most {numbers.short(self._maximum)}"
        return f"goes from {numbers.short(self._minimum)} to {numbers.short(self._maximum)}"

    def _next(self, value: float, direction: int) -> float:
        if self._logarithmic:
            return _next_decade_step(value, direction)
        span = self._maximum - self._minimum
        step = 10.0 ** math.floor(math.log10(span / LINEAR_STEPS)) if math.isfinite(span) else 0.1
        if not math.isfinite(span) or span > LINEAR_STEPS:
            # A wide range says nothing about the step: the number itself does.
            step = 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 0.01
        return round((value + direction * step) / step) * step if step >= 1 else round(value + direction * step, 12)


def _next_decade_step(value: float, direction: int) -> float:
    if value <= 0:
        return 1e-6 if direction > 0 else 0.0
    decade = math.floor(math.log10(value) + 1e-9)
    candidates = [float(f"{m:g}e{decade + shift}") for shift in (-1, 0, 1) for m in MANTISSAS]
    nearness = 1e-9 * value
    if direction > 0:
        return min(c for c in candidates if c > value + nearness)
    return max(c for c in candidates if c < value - nearness)


class Switch(QAbstractButton):
    """An on/off switch."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return the size of the track."""
        return QSize(SWITCH_WIDTH, SWITCH_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the track and the knob; on, the knob stands right on the accent."""
        colors = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(0.5, 0.5, SWITCH_WIDTH - 1, SWITCH_HEIGHT - 1)
        on = self.isChecked()
        edge = "text" if on and self.hasFocus() else "accent" if on or self.hasFocus() else "faint"
        painter.setPen(QPen(colors.color(edge), 1.0))
        painter.setBrush(colors.color("accent" if on else "window"))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        diameter = SWITCH_HEIGHT - 2 * KNOB_MARGIN
        x = SWITCH_WIDTH - KNOB_MARGIN - diameter if on else KNOB_MARGIN
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("on_accent" if on else "faint"))
        painter.drawEllipse(QRectF(x, KNOB_MARGIN, diameter, diameter))


class CalmSlider(QSlider):
    """A horizontal slider that the wheel moves only where it has the keys: whatever it stands in scrolls over it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # by a click or Tab, not by the wheel

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll past, unless the slider is in use."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

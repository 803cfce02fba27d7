"""One editor for each kind of declared field, and the registry that finds it.

An editor is a widget with ``value()``, ``set_value(value)``, which never emits, and the signal ``edited(value, path)``,
where ``path`` names a setting inside the value and is empty when the value itself was changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from engine.declared import Declared, Field
from ui.forms.controls import MOST_SPIN, Combo, NumberEdit, Spin, Switch
from ui.forms.number_list import NumberListEdit

Offers = Callable[[Field, type[Declared]], bool]


class Editor(QWidget):
    """What all editors share: one control in a row, which carries the field's name for screen readers."""

    edited = Signal(object, str)
    refused = Signal(str)

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)

    def _hold(self, control: QWidget, **how: Any) -> None:
        control.setAccessibleName(self.field.label)
        control.setAccessibleDescription(self.field.help)
        control.setToolTip(self.field.help)
        control.setObjectName(self.field.name)
        self._row.addWidget(control, **how)
        self.setFocusProxy(control)

    def value(self) -> Any:
        """Return the value in force."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value, without a signal."""
        raise NotImplementedError

    def take_back(self, value: Any, sentence: str) -> None:
        """Go back to ``value`` because the one just sent was refused, and say why."""
        self.set_value(value)
        self.refused.emit(sentence)


class IntegerEditor(Editor):
    """A spin box."""

    def __init__(self, field: Field, offers: Offers, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._spin = Spin(field.label)
        low = -MOST_SPIN if field.minimum is None else int(field.minimum)
        high = MOST_SPIN if field.maximum is None else int(field.maximum)
        self._spin.setRange(low, min(high, MOST_SPIN))
        if field.unit:
            self._spin.setSuffix(f" {field.unit}")
        if field.read_only:
            self._spin.setReadOnly(True)
            self._spin.setProperty("role", "")  # no arrows
        self._spin.refused.connect(self.refused)
        self._spin.valueChanged.connect(lambda value: self.edited.emit(value, ""))
        self._hold(self._spin)

    def value(self) -> int:
        """Return the number."""
        return self._spin.value()

    def set_value(self, value: Any) -> None:
        """Show a number, unless it is there already: what is being typed stays."""
        with QSignalBlocker(self._spin):
            if value != self._spin.value():
                self._spin.setValue(value)


class NumberEditor(Editor):
    """A line that reads numbers as they are written."""

    def __init__(self, field: Field, offers: Offers, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._line = NumberEdit(
            field.label, field.minimum, field.maximum, logarithmic=field.logarithmic, unit=field.unit
        )
        self._line.setReadOnly(field.read_only)
        self._line.committed.connect(lambda value: self.edited.emit(value, ""))
        self._line.refused.connect(self.refused)
        self._hold(self._line)

    def value(self) -> float:
        """Return the number in force."""
        return self._line.number()

    def set_value(self, value: Any) -> None:
        """Show a number, unless it is there already: what is being typed stays."""
        if value != self._line.number() or not self._line.text():
            self._line.set_number(value)

    def take_back(self, value: Any, sentence: str) -> None:
        """Keep what was typed, marked as wrong."""
        self._line.keep(value)
        self._line.set_problem(sentence)


class NumbersEditor(Editor):
    """A line of several numbers."""

    def __init__(self, field: Field, offers: Offers, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._line = NumberListEdit(field.label, field.minimum, field.maximum)
        self._line.setReadOnly(field.read_only)
        self._line.committed.connect(lambda values: self.edited.emit(values, ""))
        self._line.refused.connect(self.refused)
        self._hold(self._line)

    def value(self) -> tuple[float, ...]:
        """Return the numbers in force."""
        return self._line.values()

    def set_value(self, value: Any) -> None:
        """Show numbers, unless they are there already: what is being typed stays."""
        if tuple(value) != self._line.values():
            self._line.set_values(value)

    def take_back(self, value: Any, sentence: str) -> None:
        """Keep what was typed, marked as wrong."""
        self._line.keep(value)
        self._line.set_problem(sentence)


class SwitchEditor(Editor):
    """A switch at the right end of its row."""

    def __init__(self, field: Field, offers: Offers, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._switch = Switch()
        self._switch.setEnabled(not field.read_only)
        self._switch.toggled.connect(lambda on: self.edited.emit(on, ""))
        self._hold(self._switch, alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def value(self) -> bool:
        """Return whether it is on."""
        return self._switch.isChecked()

    def set_value(self, value: Any) -> None:
        """Turn it on or off."""
        with QSignalBlocker(self._switch):
            self._switch.setChecked(bool(value))
        self._switch.update()


class ChoiceEditor(Editor):
    """A combo box of words."""

    def __init__(self, field: Field, offers: Offers, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._combo = Combo()
        for choice, title in zip(field.choices, field.titles, strict=True):
            self._combo.addItem(title, choice)
        self._combo.setEnabled(not field.read_only)
        self._combo.currentIndexChanged.connect(lambda _: self.edited.emit(self.value(), ""))
        self._hold(self._combo)

    def value(self) -> str:
        """Return the choice."""
        return str(self._combo.currentData())

    def set_value(self, value: Any) -> None:
        """Show a choice."""
        with QSignalBlocker(self._combo):
            self._combo.setCurrentIndex(self._combo.findData(str(value)))


class TextEditor(Editor):
    """A line of text."""

    def __init__(self, field: Field, offers: Offers, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._line = QLineEdit()
        self._line.setReadOnly(field.read_only)
        self._line.editingFinished.connect(self._finish)
        self._hold(self._line)
        self._value = ""

    def value(self) -> str:
        """Return the text in force."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show a text."""
        if value != self._value:
            self._value = str(value)
            self._line.setText(self._value)

    def _finish(self) -> None:
        if self._line.text() != self._value:
            self._value = self._line.text()
            self.edited.emit(self._value, "")


EDITORS: dict[str, type[Editor]] = {
    "integer": IntegerEditor,
    "number": NumberEditor,
    "numbers": NumbersEditor,
    "switch": SwitchEditor,
    "choice": ChoiceEditor,
    "text": TextEditor,
}

"""A line of several numbers, as the weights of classes, read as people type them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from nnstudio import numbers
from ui.forms.controls import ENTER

EMPTY = "none"


class NumberListEdit(QLineEdit):
    """Several numbers on one line; none at all is allowed.

    ``committed`` carries the numbers once they are typed; ``refused`` the sentence that says why others were not
    taken, and an empty one once the line is in order again. :meth:`values` stays at the last good ones.
    """

    committed = Signal(object)
    refused = Signal(str)

    def __init__(self, label: str, minimum: float | None, maximum: float | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self._minimum = -math.inf if minimum is None else minimum
        self._maximum = math.inf if maximum is None else maximum
        self._values: tuple[float, ...] = ()
        self.setPlaceholderText(EMPTY)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.editingFinished.connect(self._take)

    def values(self) -> tuple[float, ...]:
        """Return the numbers in force."""
        return self._values

    def set_values(self, values: Sequence[float]) -> None:
        """Show numbers; what was typed and refused is gone."""
        self._values = tuple(values)
        self.setText(numbers.exact_list(values))
        self.setCursorPosition(0)
        self.set_problem("")

    def keep(self, values: Sequence[float]) -> None:
        """Go back to these numbers as the ones in force, and leave what was typed to be corrected."""
        self._values = tuple(values)

    def set_problem(self, sentence: str) -> None:
        """Mark the line as wrong, or, with an empty sentence, as right."""
        wrong = bool(sentence)
        if bool(self.property("invalid")) != wrong:
            self.setProperty("invalid", wrong)
            self.style().unpolish(self)
            self.style().polish(self)
        self.refused.emit(sentence)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give the old numbers back with Escape, the keyboard back to the window with Enter."""
        if event.key() == Qt.Key.Key_Escape and (self.isModified() or self.property("invalid")):
            self.set_values(self._values)
            return
        super().keyPressEvent(event)
        if event.key() in ENTER and not self.property("invalid"):
            self.clearFocus()

    def _take(self) -> None:
        if not self.isModified():
            return
        kept = f"{numbers.exact_list(self._values) or EMPTY} is kept."
        try:
            values = numbers.parse_list(self.text())
        except ValueError as error:
            self.set_problem(f"{self._label}: {error} {kept}")
            return
        outside = [value for value in values if not self._minimum <= value <= self._maximum]
        if outside:
            low, high = numbers.short(self._minimum), numbers.short(self._maximum)
            self.set_problem(f"{self._label}: each goes from {low} to {high}, not {numbers.exact(outside[0])}. {kept}")
            return
        changed = values != self._values
        self.set_values(values)
        if changed:
            self.committed.emit(values)

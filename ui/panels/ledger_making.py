"""How the chosen entry was made, as an equation and with its numbers; a parameter can be given another value here."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.making import Making, plain
from ui import theme
from ui.typeset import Equation

MARGIN = 8
HEIGHT = 118  # of the equation and three lines of numbers
VALUE_DIGITS = 6
FIELD_WIDTH = 130


class MakingView(QScrollArea):
    """One entry's formula, the terms with their numbers, and the engine's value.

    Of a parameter the value can be edited; ``edited`` tells the new one.
    """

    edited = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.equation = Equation()
        self.terms, self.value = QLabel(), QLabel()
        self.field = ValueField()
        self.field.given.connect(self.edited)
        inside = QWidget()
        inside.setProperty("role", "surface")
        column = QVBoxLayout(inside)
        column.setContentsMargins(MARGIN, 4, MARGIN, 4)
        column.setSpacing(3)
        column.addWidget(self.equation)
        for label in (self.terms, self.value):
            label.setWordWrap(label is self.terms)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        column.addWidget(self.field)
        theme.strong(self.value)
        column.addStretch(1)
        self.setWidget(inside)
        self.setAccessibleName("How the chosen entry was made")

    def show_making(self, making: Making, training: bool = False, editable: bool = False) -> None:
        """Show how an entry was made; while training, numbers still to be read come with one of the next looks.

        ``editable`` offers to set the value by hand.
        """
        latex = making.latex or making.name
        self.equation.show_equation(latex, plain(latex))
        value = numbers.number(making.value, VALUE_DIGITS)
        if making.missing:
            terms = "The numbers are being read" + (": they come sooner once training is paused." if training else ".")
        elif making.numbers:
            terms = f"= {making.numbers}"
        else:
            terms = f"{making.words}."
        self.terms.setText(terms)
        unknown = value == numbers.UNKNOWN
        self.value.setText("" if unknown and (making.missing or not making.latex) else f"= {value}")
        self.value.setVisible(not editable)
        self.field.setVisible(editable)
        if editable:
            self.field.offer(plain(making.name), making.value)
        self.setAccessibleDescription(f"{self.equation.text} {terms} = {value}")

    def edit(self) -> None:
        """Give the keys to the field of the value, where there is one."""
        if self.field.isVisible():
            self.field.line.setFocus(Qt.FocusReason.OtherFocusReason)
            self.field.line.selectAll()

    def sizeHint(self) -> QSize:
        """Return the height of an equation and a few lines."""
        return QSize(260, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Return the least size."""
        return QSize(120, 60)


class ValueField(QWidget):
    """A parameter's value as a person may change it: Enter gives it, Escape puts the present one back."""

    given = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line, self.words = _Line(), QLabel()
        self.line.setFixedWidth(FIELD_WIDTH)
        self.words.setProperty("role", "hint")
        self.words.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 0)
        row.setSpacing(8)
        row.addWidget(QLabel("="))
        row.addWidget(self.line)
        row.addWidget(self.words, 1)
        self._present = float("nan")
        self.line.returnPressed.connect(self._give)
        self.line.textEdited.connect(lambda _: self._say(""))
        self.line.left.connect(lambda: self._show_present())
        self._say("")

    def offer(self, name: str, value: float) -> None:
        """Show the present value of a parameter, unless another one is being typed."""
        self._present = value
        self.line.setAccessibleName(f"Value of {name}")
        if not (self.line.hasFocus() and self.line.isModified()):
            self._show_present()

    def _show_present(self) -> None:
        self.line.setText(numbers.number(self._present, VALUE_DIGITS))
        self.line.setModified(False)
        self._say("")

    def _give(self) -> None:
        if not self.line.isModified():
            return
        try:
            value = numbers.parse(self.line.text())
        except ValueError as error:
            self._say(f"{error} Type one like 0.25, or press Escape.", wrong=True)
            return
        self.line.setModified(False)
        self.given.emit(value)

    def _say(self, words: str, wrong: bool = False) -> None:
        self.words.setText(words or "Type a value and press Enter to set it by hand.")
        self.line.setProperty("invalid", "true" if wrong else "false")
        self.line.style().unpolish(self.line)
        self.line.style().polish(self.line)


class _Line(QLineEdit):
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let go of what was typed with Escape."""
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.left.emit()
        else:
            super().keyPressEvent(event)

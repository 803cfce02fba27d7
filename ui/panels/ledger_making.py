"""Below the ledger's numbers: how the chosen entry was made, as an equation and with its numbers."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.making import Making, plain
from ui import theme
from ui.typeset import Equation

MARGIN = 8
HEIGHT = 118  # of the equation and three lines of numbers
VALUE_DIGITS = 6


class MakingView(QScrollArea):
    """One entry's formula, the terms with their numbers, and the engine's value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.equation = Equation()
        self.terms, self.value = QLabel(), QLabel()
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
        theme.strong(self.value)
        column.addStretch(1)
        self.setWidget(inside)
        self.setAccessibleName("How the chosen entry was made")

    def show_making(self, making: Making, training: bool = False) -> None:
        """Show how an entry was made; while training, numbers still to be read come with one of the next looks."""
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
        self.value.setText("" if value == numbers.UNKNOWN and making.missing else f"= {value}")
        self.setAccessibleDescription(f"{self.equation.text} {terms} = {value}")

    def sizeHint(self) -> QSize:
        """Return the height of an equation and a few lines."""
        return QSize(260, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Return the least size."""
        return QSize(120, 60)

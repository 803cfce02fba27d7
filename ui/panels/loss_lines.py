"""Equations below one another, set one at a time, so that new numbers never hold up the window."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.loss_terms import Line
from ui.typeset import Equation

TRAINING_PAUSE = 1.0  # seconds between two settings of all lines while the numbers change all the time


class EquationLines(QWidget):
    """Some lines of an equation; while ``live``, new numbers are taken over once a second.

    With ``shrinks`` lines that are too long are made smaller; otherwise they ask for the room they need.
    """

    def __init__(self, parent: QWidget | None = None, *, shrinks: bool = False) -> None:
        super().__init__(parent)
        self._shrinks = shrinks
        self.live = False
        self._wanted: list[Line] = []
        self._equations: list[Equation] = []
        self._earliest = 0.0
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._set_one)

    @property
    def shown(self) -> list[str]:
        """What is set now, in plain characters."""
        return [equation.text for equation in self._equations if not equation.isHidden()]

    @property
    def wanted(self) -> list[Line]:
        """The lines that are shown, or soon will be."""
        return list(self._wanted)

    @property
    def settled(self) -> bool:
        """Whether all that is wanted is set."""
        return not self._timer.isActive()

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Set these lines instead, one in each turn of the event loop."""
        if list(lines) == self._wanted:
            return
        other = len(lines) != len(self._wanted)
        self._wanted = list(lines)
        wait = max(0.0, self._earliest - time.monotonic()) if self.live and not other else 0.0
        if not self._timer.isActive() or not wait:
            self._timer.start(round(1000 * wait))

    def _set_one(self) -> None:
        for at, line in enumerate(self._wanted):
            if at == len(self._equations):
                self._equations.append(Equation())
                if self._shrinks:
                    self._equations[at].setMinimumWidth(1)
                self._column.addWidget(self._equations[at])
            equation = self._equations[at]
            if (equation.latex, equation.text) != (line.latex, line.text):
                equation.show_equation(line.latex, line.text)
                equation.show()
                self._timer.start(0)
                return
            equation.show()
        for equation in self._equations[len(self._wanted) :]:
            equation.hide()
        self._earliest = time.monotonic() + TRAINING_PAUSE

"""Beneath the computation graph: the present operation with code and numbers, and how the chosen number was made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from nnstudio.chain_rule import Rule, rule_of
from nnstudio.computation import Computation, Operation
from nnstudio.numbers import count, short
from ui import theme
from ui.panels.computation_words import entry, latex_of, lines_of, spoken
from ui.typeset import Equation

SHOWN_NUMBERS = 4  # of an array that is named in a line
MARGIN = 10
BAR_HEIGHT = 8
SPIN_WIDTH = 64
CODE_LINES = 12


class ComputationDetail(QScrollArea):
    """Shows one operation, and one number of an array; ``place_asked`` tells which number is asked for."""

    place_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.formula = Equation()
        self.code, self.flow, self.chain, self.numbers = (_label() for _ in range(4))
        self.code.setAccessibleName("NumPy code")
        self.code.setStyleSheet("font-family: monospace")
        self.flow.setAccessibleName("What the operation reads and writes")
        self.numbers.setAccessibleName("Chain rule in numbers")
        self.rule = Equation()
        self.unit, self.column = _spin("Row of the number", "row "), _spin("Column of the number", "column ")
        for spin in (self.unit, self.column):
            spin.valueChanged.connect(lambda _: self.place_asked.emit((self.unit.value() - 1, self.column.value() - 1)))
        self._equations: list[tuple[Equation, str]] = []
        self._setter = QTimer(self)
        self._setter.setInterval(0)
        self._setter.timeout.connect(self._set_one)
        self._formula_line, self._rule_line = _Line(self.formula), _Line(self.rule)
        self._lay_out()

    def show_operation(self, computation: Computation, operation: Operation | None, done: int, single: bool) -> None:
        """Show the present operation; ``single`` tells only the last NumPy call of what is done of it."""
        if operation is None:
            self._set(self.formula, "X")
            self.code.setText("")
            self.flow.setText("Nothing is computed yet. The features and the parameters are given.")
            return
        self._set(self.formula, operation.equation)
        code = operation.code
        if single:
            at = max(done - operation.first, 1)
            code = (f"{at} of {len(code)}: {code[at - 1]}",)
        more = [f"… and {len(code) - CODE_LINES} calls more"] if len(code) > CODE_LINES else []
        self.code.setText("\n".join([*code[:CODE_LINES], *more]))
        before = operation.first
        reads = [_numbers(computation, symbol, before) for symbol in operation.reads]
        writes = [_numbers(computation, symbol, done) for symbol in operation.writes]
        if single:
            made = computation.stops[done - 1].wrote if done <= len(computation.stops) else None
            writes = [_numbers(computation, made.symbol, done)] if made is not None else writes
        self.flow.setText(f"reads {'; '.join(reads) or 'nothing'}\nwrites {'; '.join(writes)}")

    def show_number(self, computation: Computation, symbol: str, place: tuple[int, int], done: int) -> None:
        """Show how a number of an array was made; an empty symbol leaves the place empty."""
        rule = rule_of(computation, symbol, place, done) if symbol else None
        shape = computation.shape(symbol) if symbol else None
        for spin, size, value in zip((self.unit, self.column), shape or (1, 1), place, strict=True):
            spin.blockSignals(True)
            spin.setRange(1, max(size, 1))
            spin.setValue(value + 1)
            spin.blockSignals(False)
            spin.setVisible(shape is not None and size > 1)
        self.chain.setText(_heading(computation, symbol, rule, done))
        self.chain.setVisible(bool(symbol))
        self._set(self.rule, rule.formula if rule is not None else "")
        self._rule_line.setVisible(rule is not None)
        self.numbers.setText(_written_out(computation, symbol, place, rule, done))
        self.numbers.setVisible(bool(symbol))

    # -- equations, one a turn of the event loop --------------------------------------------------------------------

    def _set(self, equation: Equation, text: str) -> None:
        self._equations = [(one, other) for one, other in self._equations if one is not equation]
        if equation.text != text:
            self._equations.append((equation, text))
            self._setter.start()

    def _set_one(self) -> None:
        if not self._equations:
            self._setter.stop()
            return
        equation, text = self._equations.pop(0)
        equation.show_equation(latex_of(text) if text else "", text)
        for line in (self._formula_line, self._rule_line):
            line.fit()
        if not text:
            equation.text = ""

    def _lay_out(self) -> None:
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setAccessibleName("The operation and the chain rule")
        inner = QWidget()
        inner.setProperty("role", "surface")
        column = QVBoxLayout(inner)
        column.setContentsMargins(MARGIN, 6, MARGIN, 6)
        column.setSpacing(4)
        column.addWidget(self._formula_line)
        column.addWidget(self.code)
        column.addWidget(self.flow)
        row = QHBoxLayout()
        row.setSpacing(6)
        theme.strong(self.chain)
        row.addWidget(self.chain, 1)
        row.addWidget(self.unit)
        row.addWidget(self.column)
        column.addSpacing(4)
        column.addLayout(row)
        column.addWidget(self._rule_line)
        column.addWidget(self.numbers)
        column.addStretch(1)
        self.setWidget(inner)


class _Line(QScrollArea):
    """An equation that can be scrolled sideways where it is longer than there is room."""

    def __init__(self, equation: Equation) -> None:
        super().__init__()
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._equation = equation
        self.setWidget(equation)
        self.fit()

    def fit(self) -> None:
        """Take the equation's height, and room for the bar, needed or not: were it to come and go, so might others."""
        size = self._equation.sizeHint()
        self._equation.resize(size)
        self.setFixedHeight(size.height() + BAR_HEIGHT)


def _heading(computation: Computation, symbol: str, rule: Rule | None, done: int) -> str:
    if not symbol:
        return ""
    if rule is None:
        given = computation.shown(symbol, done) is not None
        return f"{spoken(symbol)} is given" if given else f"{spoken(symbol)} is not computed yet"
    return f"Chain rule of {spoken(symbol)}" if symbol.startswith("d") else f"How {spoken(symbol)} is made"


def _written_out(computation: Computation, symbol: str, place: tuple[int, int], rule: Rule | None, done: int) -> str:
    if not symbol:
        return ""
    value = computation.entry(symbol, *place, done)
    known = f"{entry(symbol, place, computation)} = <b>{short(value, 4)}</b>" if value is not None else ""
    if rule is None:
        return known
    if rule.worked is None:
        if not known:
            return "Only the first rows and columns of an array this large can be written out in numbers."
        return known
    lines = lines_of(rule.worked, computation)
    return "<br>".join(f"<span>{line}</span>" for line in lines)


def _numbers(computation: Computation, symbol: str, done: int) -> str:
    """Return an array in words: its shape and its first numbers."""
    shown = computation.shown(symbol, done)
    if shown is None:
        stored = computation.stored(symbol, done)
        return (
            spoken(symbol)
            if stored is None
            else f"{spoken(symbol)} {_listed(np.ravel(stored.values)[:SHOWN_NUMBERS].tolist(), stored.values.size)}"
        )
    rows, columns = shown.shape
    places = [divmod(k, columns) for k in range(min(rows * columns, SHOWN_NUMBERS))]
    values = [computation.entry(symbol, row, column, done) for row, column in places]
    text = _listed([value for value in values if value is not None], rows * columns)
    return f"{spoken(symbol)} ({count(rows)} × {count(columns)}): {text}"


def _listed(values: Sequence[float], size: int) -> str:
    text = ", ".join(short(float(value), 3) for value in values)
    return f"{text}, …" if size > len(values) else text


def _label() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setMinimumWidth(1)
    return label


def _spin(name: str, prefix: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setAccessibleName(name)
    spin.setPrefix(prefix)
    spin.setMinimumWidth(SPIN_WIDTH)
    spin.setKeyboardTracking(False)
    return spin

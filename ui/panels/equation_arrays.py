"""The arrays of one equation as small heat maps with the chosen example's numbers: symbol, shape, norm."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.walk import Quantity, Walk
from nnstudio import numbers
from ui import theme, typeset
from ui.inspector.heat_map import HeatMap
from ui.panels.equation_list import Row

MOST = 8  # arrays shown at once
CELL = 14  # pixels of a matrix's column where there is room
MOST_WIDTH = 150
MOST_HEIGHT = 84
STORED = {"γ": "gamma", "β": "beta"}


class Detail(QWidget):
    """What belongs to the row that is pointed at: its function written out, and its arrays."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = QLabel()
        self.heading.setProperty("role", "dim")
        self.heading.setWordWrap(True)
        self.written_out = typeset.Equation()
        self._inside = QWidget()
        self._inside.setProperty("role", "surface")
        self._row = QHBoxLayout(self._inside)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(12)
        self.arrays = [ArrayView() for _ in range(MOST)]
        for view in self.arrays:
            self._row.addWidget(view, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName("Arrays of the equation")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 4)
        column.setSpacing(4)
        column.addWidget(self.heading)
        column.addWidget(self.written_out)
        column.addWidget(self._scroll, 1)

    def show_row(self, row: Row | None, walk: Walk | None) -> None:
        """Show a row's arrays with the numbers of a walk; words in their place where there is neither."""
        formula = row.formula if row is not None else None
        self.written_out.setVisible(formula is not None and bool(formula.detail))
        if formula is not None and formula.detail:
            self.written_out.show_equation(formula.latex_detail, formula.detail)
        found = [] if row is None or walk is None else arrays_of(walk, row.symbols)[:MOST]
        for view, quantity in zip(self.arrays, found, strict=False):
            view.show_quantity(quantity)
        for position, view in enumerate(self.arrays):
            view.setVisible(position < len(found))
        self.heading.setText(_heading(row, walk, bool(found)))

    def sizeHint(self) -> QSize:
        """Return the room that small matrices take."""
        return QSize(300, 190)


class ArrayView(QWidget):
    """One array: symbol, shape and norm above its heat map."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.quantity: Quantity | None = None
        self.symbol, self.facts = QLabel(), QLabel()
        theme.strong(self.symbol)
        self.facts.setProperty("role", "hint")
        self.map = _SmallMap()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for widget in (self.symbol, self.facts, self.map):
            column.addWidget(widget)

    def show_quantity(self, quantity: Quantity) -> None:
        """Show an array."""
        self.quantity = quantity
        rows, columns = quantity.shape if len(quantity.shape) == 2 else (1, *quantity.shape)
        self.symbol.setText(quantity.symbol)
        norm = numbers.number(quantity.norm)
        self.facts.setText(f"({rows}, {columns})\n‖·‖ = {norm}")
        self.map.set_matrix(np.atleast_2d(quantity.values), quantity.symbol, (rows, columns))
        self.setAccessibleName(f"{quantity.symbol}, shape {rows} by {columns}, norm {norm}")


class _SmallMap(HeatMap):
    """A heat map with cells of about one size, so that a column vector looks like one."""

    def set_matrix(self, values: np.ndarray, symbol: str, whole: tuple[int, int]) -> None:  # type: ignore[type-arg]
        """Show a matrix."""
        super().set_matrix(values, symbol, whole)
        rows, columns = values.shape
        cell = min(CELL, MOST_HEIGHT / max(rows, 1), MOST_WIDTH / max(columns, 1))
        self.setFixedSize(max(round(cell * columns), CELL), max(round(cell * rows), CELL))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the matrix in a frame, by which one of zeros is seen too."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(theme.tokens().color("border"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()


def arrays_of(walk: Walk, symbols: tuple[str, ...]) -> list[Quantity]:
    """Return the arrays of an equation from a walk, in the order of their symbols; what the walk lacks is left out.

    W and b are parts of Theta = [b W]. Gradients carry the factor that makes means of sums. Of an array that was
    written several times the last is taken.
    """
    written = {stop.about.writes: stop.wrote for stop in walk.stops}
    found = []
    for symbol in symbols:
        quantity = written.get(symbol) or walk.given.get(symbol) or _part(walk, written, symbol)
        if quantity is not None:
            found.append(quantity)
    return found


def _part(walk: Walk, written: dict[str, Quantity], symbol: str) -> Quantity | None:
    derivative, name, level = symbol.startswith("d"), symbol.lstrip("d").partition("[")[0], symbol.partition("[")[2]
    if name in STORED:
        key = f"{STORED[name]}[{level}"
        if not derivative:
            return _renamed(walk.given.get(key), symbol)
        return _renamed(written.get(f"d{key}"), symbol, walk.share)
    if name not in ("W", "b"):
        return None
    if derivative:
        return _of_theta(_turned(written.get(f"dTheta[{level}.T")), symbol, name, walk.share)
    return _of_theta(walk.given.get(f"Theta[{level}"), symbol, name, 1.0)


def _renamed(quantity: Quantity | None, symbol: str, factor: float = 1.0) -> Quantity | None:
    if quantity is None:
        return None
    return Quantity(symbol, quantity.shape, quantity.values * factor, quantity.norm * factor)


def _turned(quantity: Quantity | None) -> Quantity | None:
    if quantity is None:
        return None
    return Quantity(quantity.symbol, quantity.shape[::-1], quantity.values.T, quantity.norm)


def _of_theta(theta: Quantity | None, symbol: str, name: str, factor: float) -> Quantity | None:
    """Return W or b inside Theta; of a Theta that came as a picture, b has the rows of the picture."""
    if theta is None:
        return None
    rows, columns = theta.shape
    values = (theta.values[:, 1:] if name == "W" else theta.values[:, :1]) * factor
    shape = (rows, columns - 1 if name == "W" else 1)
    with np.errstate(all="ignore"):
        # Of a picture only the norm of the whole [b W] is known.
        norm = float(np.linalg.norm(values)) if theta.whole else theta.norm * factor
    shown = symbol if theta.whole else f"{symbol}, norm of [b W]"
    return Quantity(shown, shape, values, norm)


def _heading(row: Row | None, walk: Walk | None, found: bool) -> str:
    if row is None:
        return "Point at an equation, or move to it with the arrow keys: its arrays appear here."
    if walk is None:
        return "The numbers appear here once there are data to train on."
    of = f"example no. {walk.rows[0] + 1}" if walk.rows else "the example"
    return f"Numbers of {of}, m = 1" if found else "This equation has no arrays of its own."


__all__ = ["ArrayView", "Detail", "arrays_of"]

"""Panel: the computation graph of the network for one example, walked through one operation at a time."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QToolButton, QVBoxLayout, QWidget

from engine.ledger import Ledger, LedgerRequest, Window
from engine.snapshot import ProbeRequest
from nnstudio import numbers
from nnstudio.computation import LOSS, Computation, Step, as_text, computation_of, loss_of
from nnstudio.ledger import PARAMETERS, Line, fits, lines
from nnstudio.ledger_terms import making
from nnstudio.making import Making, plain
from ui import icons, theme, typeset
from ui.panels.computation_box import Entry, name_of_symbol
from ui.panels.computation_view import ComputationView
from ui.panels.insight import InsightPanel
from ui.panels.ledger_list import direction_color
from ui.panels.ledger_making import MakingView
from ui.training_view_model import TrainingViewModel

MARGIN = 8
BUTTON = 26
FORMULA_HEIGHT = 46
BUTTONS = (
    ("start", "ph.skip-back-fill", "Before the first operation (Home)"),
    ("back", "ph.caret-left-fill", "One operation back (Left)"),
    ("next", "ph.caret-right-fill", "One operation on (Right)"),
    ("end", "ph.skip-forward-fill", "After the last operation (End)"),
)


class ComputationPanel(InsightPanel):
    """Values forward, derivatives backward, and for each number how it was made."""

    name: ClassVar[str] = "computation"
    title: ClassVar[str] = "Computation"
    hint: ClassVar[str] = "Every operation of the network for one example, forward and backward, will be here."
    tools_at_foot: ClassVar[bool] = True

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        self._windows: tuple[Window, ...] = ()
        super().__init__(model, parent)
        self.position = 0
        self.entry: Entry = (LOSS, 0, 0)
        self._computation: Computation | None = None
        self._built_of: object = None
        self._lines: dict[str, Line] = {}
        self.view, self.making, self.formula = ComputationView(), MakingView(), typeset.Equation()
        self.where = QLabel()
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._read)
        self._fill_body()
        self.view.picked.connect(self.choose_entry)
        self.view.stepped.connect(self.go)
        self.view.opened.connect(self.making.edit)
        self.making.edited.connect(lambda value: self.model.set_entry(*self.entry, value))
        self.add_tool("Show all of the graph", "ph.arrows-out", self.view.fit)
        self.add_tool("Copy all operations as text", "ph.text-t", lambda: typeset.copy_text(self.text()))
        self.add_tool("Copy as LaTeX", "ph.math-operations", lambda: typeset.copy_text(self.latex()))

    # -- what is asked of training --------------------------------------------------------------------------------

    def wanted(self) -> ProbeRequest:
        """Return the ledger over the chosen example, with what is to be read of large arrays."""
        return ProbeRequest(ledgers=(LedgerRequest((self.model.chosen,), self._windows),), boundary_resolution=1)

    def ready(self) -> bool:
        """Return whether the present network's numbers over the chosen example have come."""
        return self.ledger is not None

    @property
    def ledger(self) -> Ledger | None:
        """The latest ledger, where it is of the present network and of the chosen example."""
        ledger = self.model.probes.ledgers.get((self.model.chosen,))
        if ledger is None or self.model.problem or not fits(self.model.shapes, ledger):
            return None
        return ledger

    def _read(self) -> None:
        """Ask for what the chosen entry's formula reads, where it is not there."""
        made = self._made()
        windows = made.read if made is not None else ()
        if windows != self._windows:
            self._windows = windows
            self.ask()

    # -- walking --------------------------------------------------------------------------------------------------

    @property
    def steps(self) -> tuple[Step, ...]:
        """All operations."""
        return self._computation.steps if self._computation is not None else ()

    def go(self, steps: int) -> None:
        """Go so many operations on, or back; what the last one wrote is chosen."""
        self.go_to(self.position + steps)

    def go_to(self, position: int) -> None:
        """Stand after so many operations."""
        position = min(max(position, 0), len(self.steps))
        if position == self.position or self._computation is None:
            return
        loss = self._computation.loss_place
        deeds = ((loss, "walk_forward"), (loss + 1, "first_derivative"), (len(self.steps), "walk_back"))
        for place, deed in deeds:
            if self.position < place <= position:
                self.model.did.emit(deed)
        self.position = position
        if position:
            symbol = self.steps[position - 1].writes
            self.entry = self._within(symbol, self.entry[1], self.entry[2])
            self.view.show_symbol(symbol)
        self._show()

    def choose_entry(self, symbol: str, row: int, column: int) -> None:
        """Show how an entry was made; one that is not there yet is walked to."""
        self.entry = self._within(symbol, row, column)
        if self._computation is not None and symbol not in self._computation.known(self.position):
            places = [k for k, step in enumerate(self.steps) if step.writes == symbol]
            if places:
                self.position = places[0] + 1
        self.view.show_symbol(symbol)
        self.model.did.emit("choose_entry")
        self._show()

    def _within(self, symbol: str, row: int, column: int) -> Entry:
        line = self._lines.get(symbol)
        rows, columns = line.shape if line is not None else (1, 1)
        return symbol, min(row, rows - 1), min(column, columns - 1)

    # -- drawing --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the latest numbers, and the graph anew where the network is another."""
        ledger, shapes, graph = self.ledger, self.model.shapes, self.model.store.document.graph
        assert ledger is not None
        self._lines = {line.symbol: line for line in lines(graph, shapes, ledger)}
        if (graph, shapes) != self._built_of:
            self._built_of = (graph, shapes)
            self._computation = computation_of(graph, shapes)
            self.view.show_computation(self._computation, graph)
            self.position, self.entry = len(self.steps), (LOSS, 0, 0)
        self.view.show_lines({**self._lines, **self._loss_line(ledger)})
        self._show()

    def _loss_line(self, ledger: Ledger) -> dict[str, Line]:
        made = loss_of(self.model.store.document.graph, self.model.shapes, ledger)
        return {LOSS: loss_line(made.value, self.model.shapes.order[-1])} if not made.missing else {}

    def _made(self) -> Making | None:
        ledger, graph, shapes = self.ledger, self.model.store.document.graph, self.model.shapes
        if ledger is None or self._computation is None:
            return None
        symbol, row, column = self.entry
        if symbol == LOSS:
            return loss_of(graph, shapes, ledger)
        line = self._lines.get(symbol)
        return making(graph, shapes, ledger, line, row, column) if line is not None else None

    def _show(self) -> None:
        step = self.steps[self.position - 1] if self.position and self.steps else None
        self.view.show_state(self.position, self.entry)
        self.formula.show_equation(step.latex if step is not None else "", step.text if step is not None else "")
        self._tell_place(step)
        made = self._made()
        known = self._computation.known(self.position) if self._computation is not None else frozenset()
        if made is not None and self.entry[0] in known:
            line = self._lines.get(self.entry[0])
            editable = line is not None and line.kind in PARAMETERS
            self.making.show_making(made, self.model.status.state == "training", editable)
        else:
            self.making.show_making(Making(r"\,", words="Go on to the first operation, or choose a number"))
        self.buttons["start"].setEnabled(self.position > 0)
        self.buttons["back"].setEnabled(self.position > 0)
        self.buttons["next"].setEnabled(self.position < len(self.steps))
        self.buttons["end"].setEnabled(self.position < len(self.steps))
        self.model.lit.emit(step.node if step is not None else "")
        self._later.start()

    def _tell_place(self, step: Step | None) -> None:
        count = len(self.steps)
        words = {"forward": "forward", "loss": "the loss", "backward": "backward"}
        text = f"operation {self.position} of {count}"
        text += f" · {words[step.direction]}" if step is not None else " · nothing computed yet"
        color = theme.tokens().color("dim")
        if step is not None and step.direction != "loss":
            color = direction_color("backward" if step.direction == "backward" else "forward")
        self.where.setStyleSheet(f"color: {color.name()}")
        self.where.setText(text)

    def restyle(self) -> None:
        """Take the theme's colors."""
        self._dress()
        self.view.viewport().update()
        self.view.scene().update()

    # -- copying --------------------------------------------------------------------------------------------------

    def text(self) -> str:
        """Return all operations with the numbers that are there, and how the chosen entry was made."""
        if self._computation is None:
            return ""
        known, values = self._computation.known(self.position), {}
        for symbol, line in self._lines.items():
            if symbol in known and line.shape[1] == 1 and line.quantity.whole:
                values[symbol] = ", ".join(numbers.number(float(value), 6) for value in line.quantity.values[:, 0])
        made = self._made()
        text = as_text(self._computation, values)
        if made is not None:
            said = made.numbers or made.words
            text += f"\n{plain(made.latex or made.name)}\n= {said}\n= {numbers.number(made.value, 6)}\n"
        return text

    def latex(self) -> str:
        """Return all operations as LaTeX."""
        rows = " \\\\\n".join("  " + step.latex.replace("=", "&=", 1) for step in self.steps)
        return f"\\begin{{align*}}\n{rows}\n\\end{{align*}}\n"

    # -- looks ----------------------------------------------------------------------------------------------------

    def _fill_body(self) -> None:
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout()
        row.setContentsMargins(MARGIN, 2, MARGIN, 0)
        row.setSpacing(2)
        ways = {"start": -(10**6), "back": -1, "next": 1, "end": 10**6}
        for name, _, tip in BUTTONS:
            button = QToolButton()
            button.setFixedSize(BUTTON, BUTTON)
            button.setToolTip(tip)
            button.setAccessibleName(tip.partition(" (")[0])
            button.setAutoRepeat(name in ("back", "next"))
            button.clicked.connect(lambda _=False, way=ways[name]: self.go(way))
            self.buttons[name] = button
            row.addWidget(button)
        row.addSpacing(6)
        self.where.setProperty("role", "hint")
        row.addWidget(self.where, 1)
        formula = QHBoxLayout()
        formula.setContentsMargins(MARGIN, 0, MARGIN, 0)
        formula.addWidget(self.formula, 1, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        holder = QWidget()
        holder.setLayout(formula)
        holder.setFixedHeight(FORMULA_HEIGHT)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.view)
        split.addWidget(self.making)
        split.setStretchFactor(0, 1)
        split.setCollapsible(0, False)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(holder)
        column.addWidget(split, 1)
        self.setFocusProxy(self.view)
        self._dress()

    def _dress(self) -> None:
        colors = theme.tokens()
        for name, icon, _ in BUTTONS:
            self.buttons[name].setIcon(icons.icon(icon, color=colors.color("dim")))

    def hideEvent(self, event: QHideEvent) -> None:
        """Point at no layer any more."""
        super().hideEvent(event)
        self.model.lit.emit("")


def loss_line(value: float, node: str) -> Line:
    """Return the loss as a quantity of one number, so that its box shows it like the others."""
    import numpy as np

    from engine.walk import Quantity

    quantity = Quantity(LOSS, (1, 1), np.array([[value]]), abs(value))
    return Line(LOSS, LOSS, node, 0, quantity, ("1", "1"), of_examples=False)


__all__ = ["ComputationPanel", "name_of_symbol"]

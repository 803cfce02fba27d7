"""The ledger: every quantity of the network over a few examples, its numbers, and how each of them was made."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.ledger import Ledger, LedgerRequest, Window
from engine.snapshot import ProbeRequest
from nnstudio import numbers
from nnstudio.ledger import PARAMETERS, Line, fits, lines
from nnstudio.ledger_terms import making
from nnstudio.ledger_text import matrix_latex, tab_separated
from ui.panels.insight import InsightPanel
from ui.panels.ledger_grid import LedgerGrid, in_view
from ui.panels.ledger_list import LedgerList, norm_text
from ui.panels.ledger_making import MakingView
from ui.panels.ledger_picture import HeatMap
from ui.panels.switch import switch_button
from ui.training_view_model import TrainingViewModel

EXAMPLES = 8  # columns of X
WIDE = 640  # pixels from which the list stands beside the numbers
LIST_WIDTH = 250
TOOLS_ROOM = 30  # height of the first line, whose right end the tools take
MARGIN = 10
MOST_CLASSES = 10  # named in a tooltip

View = Literal["picture", "numbers"]
VIEWS: dict[View, tuple[str, str]] = {
    "picture": ("Picture", "A heat map: blue above zero, orange below"),
    "numbers": ("Numbers", "The values in a grid"),
}


class LedgerPanel(InsightPanel):
    """All quantities of the notes with shapes and norms; the chosen one as a picture or in numbers."""

    name = "ledger"
    title = "Ledger"
    hint = "Every quantity of the network over a few examples, with its shape and its numbers, will be here."

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        self._windows: tuple[Window, ...] = ()
        super().__init__(model, parent)
        self._symbol, self._entry = "X", (0, 0)
        self._lines: dict[str, Line] = {}
        self.list, self.heat_map, self.grid, self.making = LedgerList(), HeatMap(), LedgerGrid(), MakingView()
        self.span, self.about = QLabel(), QLabel()
        self._pages, self._parts, self._lower = QStackedWidget(), QSplitter(), QSplitter(Qt.Orientation.Vertical)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._read)
        self._fill_body()
        self.list.picked.connect(self.show_quantity)
        self.heat_map.picked.connect(self.show_entry)
        self.grid.picked.connect(self.show_entry)
        self.grid.scrolled.connect(self._later.start)
        self.grid.copied.connect(self.copy_numbers)
        self.grid.activated.connect(lambda _: self.making.edit())
        self.making.edited.connect(lambda value: self.model.set_entry(self._symbol, *self._entry, value))
        self.add_tool("Copy the numbers", "ph.table", self.copy_numbers)
        self.add_tool("Copy as LaTeX", "ph.brackets-square", self.copy_latex)

    # -- what is asked of training --------------------------------------------------------------------------------

    def wanted(self) -> ProbeRequest:
        """Return the ledger over the chosen example and those after it, with what is to be read of large matrices."""
        return ProbeRequest(ledgers=(LedgerRequest(self._rows(), self._windows),), boundary_resolution=1)

    def ready(self) -> bool:
        """Return whether a ledger of the present network over these examples has come."""
        return self.ledger is not None

    @property
    def ledger(self) -> Ledger | None:
        """The latest ledger, where it is of the present network and the chosen examples."""
        ledger = self.model.probes.ledgers.get(self._rows())
        if ledger is None or self.model.problem:
            return None
        return ledger if fits(self.model.shapes, ledger) else None

    def _rows(self) -> tuple[int, ...]:
        """Return the chosen example and the next ones; after the last comes the first."""
        count = len(self.model.data.training) if self.model.data is not None else 1
        return tuple((self.model.chosen + k) % count for k in range(min(EXAMPLES, count)))

    def _read(self) -> None:
        """Ask for the values that are in view and for those of the chosen entry's formula, where they are missing."""
        ledger, line = self.ledger, self._lines.get(self._symbol)
        if ledger is None or line is None:
            return
        made = making(self.model.store.document.graph, self.model.shapes, ledger, line, *self._entry)
        blocks = self.grid.blocks() if self._pages.currentWidget() is self.grid else ()
        windows = tuple(dict.fromkeys((*blocks, *made.read)))
        if windows != self._windows:
            self._windows = windows
            self.ask()

    # -- choosing -------------------------------------------------------------------------------------------------

    def show_quantity(self, symbol: str) -> None:
        """Show a quantity by the engine's symbol, ``"W[1]"`` or ``"gamma[2]"``; the chosen place stays where it can."""
        line = self._lines.get(symbol)
        if line is not None and symbol != self._symbol:
            self._symbol = symbol
            self._show()

    def show_entry(self, row: int, column: int) -> None:
        """Show how an entry of the quantity was made; row and column count from 0."""
        if (row, column) != self._entry:
            self._entry = (row, column)
            self.model.did.emit("choose_entry")
            self._show()

    def show_view(self, view: View) -> None:
        """Show the picture or the numbers."""
        self._pages.setCurrentWidget(self.heat_map if view == "picture" else self.grid)
        self.switch[view].setChecked(True)
        self._later.start()

    # -- drawing --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the latest numbers."""
        ledger = self.ledger
        assert ledger is not None
        graph, shapes = self.model.store.document.graph, self.model.shapes
        self._lines = {line.symbol: line for line in lines(graph, shapes, ledger)}
        headings = {shapes.levels[node]: self._heading(node) for node in shapes.order}
        self.list.show_lines(tuple(self._lines.values()), headings, {"Y": self._classes()})
        if self._symbol not in self._lines:
            self._symbol = "X"
        self._show()

    def _heading(self, node: str) -> str:
        level = self.model.shapes.levels[node]
        name = self.model.store.document.graph.node(node).name
        return f"{level}  {name}" if level else f"The data: {name}"

    def _show(self) -> None:
        ledger, line = self.ledger, self._lines.get(self._symbol)
        if ledger is None or line is None:
            return
        rows, columns = line.shape
        self._entry = (min(self._entry[0], rows - 1), min(self._entry[1], columns - 1))
        self.list.pick(line.symbol)
        count = len(self.model.data.training) if self.model.data is not None else len(ledger.rows)
        shown = f"{len(ledger.rows)} of {numbers.plural(count, 'example')}"
        self.span.setText(f"{shown}: no. {numbers.count(ledger.rows[0] + 1)} and the next")
        self.about.setText(f"<b>{line.name}</b> {numbers.shape(line.shape)}, {norm_text(line)}")
        classes = self._classes() if line.symbol == "Y" else ""
        self.about.setToolTip(f"{line.name} is {numbers.shape(line.dimensions)}: {line.meaning}{classes}")
        heads = (self._row_names(line), [str(row + 1) for row in ledger.rows] if line.of_examples else [])
        marked = 0 if line.of_examples else None
        self.heat_map.show_line(line, self._entry, heads, marked)
        self.grid.show_line(ledger, line, self._entry, heads, marked)
        made = making(self.model.store.document.graph, self.model.shapes, ledger, line, *self._entry)
        self.making.show_making(made, self.model.status.state == "training", line.kind in PARAMETERS)
        self._later.start()

    def _row_names(self, line: Line) -> list[str]:
        data = self.model.data
        if data is None:
            return []
        if line.symbol == "X":
            return list(data.features)
        if line.symbol == "Y":
            return list(data.classes) if len(data.classes) > 2 else list(data.targets)
        return []

    def _classes(self) -> str:
        """Return what Y's numbers stand for, where they are classes."""
        classes = self.model.data.classes if self.model.data is not None else ()
        if len(classes) == 2:
            return f"; 0 is {classes[0]}, 1 is {classes[1]}"
        shown = [f"row {k + 1} is {name}" for k, name in enumerate(classes[:MOST_CLASSES])]
        return "".join(f"; {words}" for words in shown) + ("; …" if len(classes) > MOST_CLASSES else "")

    # -- copying --------------------------------------------------------------------------------------------------

    def copy_numbers(self) -> None:
        """Put the quantity's numbers on the clipboard, a tab between columns; of a large one those in view."""
        QGuiApplication.clipboard().setText(tab_separated(in_view(self.grid)))

    def copy_latex(self) -> None:
        """Put the quantity on the clipboard as a matrix in LaTeX, at most ten rows and columns of it."""
        QGuiApplication.clipboard().setText(matrix_latex(in_view(self.grid)))

    # -- looks ----------------------------------------------------------------------------------------------------

    def _fill_body(self) -> None:
        self.span.setProperty("role", "hint")
        self.span.setFixedHeight(TOOLS_ROOM)
        self._group = QButtonGroup(self)
        self.switch: dict[View, QToolButton] = {}
        row = QHBoxLayout()
        row.setContentsMargins(MARGIN, 2, MARGIN, 0)
        row.setSpacing(2)
        row.addWidget(self.about, 1)
        for view, (words, tip) in VIEWS.items():
            button = switch_button(self._group, words, tip, f"Ledger: {words}")
            button.clicked.connect(lambda _=False, view=view: self.show_view(view))
            self.switch[view] = button
            row.addWidget(button)
        self.switch["picture"].setChecked(True)
        for page in (self.heat_map, self.grid):
            self._pages.addWidget(page)
        chosen = QWidget()
        column = QVBoxLayout(chosen)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self._pages, 1)
        self._lower.addWidget(chosen)
        self._lower.addWidget(self.making)
        self._lower.setStretchFactor(0, 1)
        self._lower.setCollapsible(0, False)
        self._parts.addWidget(self.list)
        self._parts.addWidget(self._lower)
        self._parts.setStretchFactor(1, 1)
        self._parts.setChildrenCollapsible(False)
        whole = QVBoxLayout(self.body)
        whole.setContentsMargins(MARGIN // 2, 0, MARGIN // 2, 0)
        whole.setSpacing(0)
        whole.addWidget(self.span)
        whole.addWidget(self._parts, 1)
        self.about.setMinimumWidth(0)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the list beside the numbers where there is room, above them otherwise."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        wide = self.width() >= WIDE
        orientation = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if self._parts.orientation() != orientation or not self._parts.property("arranged"):
            self._parts.setProperty("arranged", True)
            self._parts.setOrientation(orientation)
            size = self.width() if wide else self.height()
            first = LIST_WIDTH if wide else size // 3
            self._parts.setSizes([first, max(size - first, 1)])

"""The data panel: the table, how its columns are spread, what goes together, and any two columns as points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from nnstudio.data.look import Look, correlations, distributions
from nnstudio.data.look_text import correlations_text, distributions_text, tab_separated
from ui.dialogs.table_import_work import Background
from ui.panels.data_columns import ColumnsPage
from ui.panels.data_correlation import CorrelationPage
from ui.panels.data_scatter import ScatterPage
from ui.panels.data_table import TablePage
from ui.panels.insight import InsightPanel
from ui.panels.switch import switch_button
from ui.training_view_model import TrainingViewModel

MARGIN = 10
TOOLS_ROOM = 30  # height of the first line, whose right end the tools take
MOST_AT_ONCE = 150_000  # values; more are looked at in a thread of its own

PageName = Literal["table", "columns", "correlation", "scatter"]
PAGES: dict[PageName, tuple[str, str]] = {
    "table": ("Table", "Every row, in the table's own units"),
    "columns": ("Columns", "How the values of each column are spread"),
    "correlation": ("Correlation", "Which columns go together"),
    "scatter": ("Scatter", "Any two columns as points"),
}
COMPUTED: dict[PageName, Callable[[Look], Any]] = {"columns": distributions, "correlation": correlations}


class DataPanel(InsightPanel):
    """A look at the data on four pages; the chosen example is marked, and can be chosen, in table and scatter."""

    name = "data"
    title = "Data"
    hint = "The table, how its columns are spread, and which of them go together will be here."

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.table, self.columns = TablePage(), ColumnsPage()
        self.correlation, self.scatter = CorrelationPage(), ScatterPage()
        self.pages: dict[PageName, QWidget] = {
            "table": self.table,
            "columns": self.columns,
            "correlation": self.correlation,
            "scatter": self.scatter,
        }
        self.page: PageName = "table"
        self.look: Look | None = None
        self._filled: set[PageName] = set()
        self._results: dict[PageName, Any] = {}
        self._work = {name: Background(self) for name in COMPUTED}
        for name, work in self._work.items():
            work.finished.connect(lambda _, result, name=name: self._take_result(name, *result))
        self._fill_body()
        for page in (self.table, self.scatter):
            page.chosen.connect(model.choose)
        self.table.ledger.connect(lambda: model.asked_for.emit("ledger"))
        self.table.said.connect(lambda words: model.message.emit(words, "info"))
        self.correlation.picked.connect(self.show_pair)
        self.add_tool("Copy as text", "ph.clipboard-text", self.copy_text)

    # -- what is shown --------------------------------------------------------------------------------------------

    def wanted(self) -> None:
        """Return nothing: the data are here already."""

    def ready(self) -> bool:
        """Return whether there are data."""
        return self.model.data is not None

    def refresh(self) -> None:
        """Fill the page in sight, where that has not been done, and mark the chosen example."""
        data = self.model.data
        assert data is not None
        if self.look is None or self.look.prepared is not data:
            self.look = Look(data)
            self._filled.clear()
            self._results.clear()
        if self.page not in self._filled:
            self._filled.add(self.page)
            self._fill(self.page, self.look)
        if self.page == "table":
            self.table.mark(self.model.chosen)
        elif self.page == "scatter":
            self.scatter.mark(self.model.chosen)

    def restyle(self) -> None:
        """Take the theme's colors."""
        for page in (self.columns, self.correlation, self.scatter):
            page.restyle()
        self.table.restyle()

    def show_page(self, name: PageName) -> None:
        """Show one of the pages."""
        self.page = name
        self.switch[name].setChecked(True)
        self._stacked.setCurrentWidget(self.pages[name])
        if self.ready() and self.visibility.seen:
            self.refresh()

    def show_pair(self, across: int, up: int) -> None:
        """Show the scatter of two axes of the look."""
        self.show_page("scatter")
        self.scatter.show_pair(across, up)

    def copy_text(self) -> None:
        """Put what the page shows on the clipboard, a tab between columns."""
        if self.look is None:
            return
        if self.page == "table":
            self.table.copy()
        elif self.page == "scatter":
            QGuiApplication.clipboard().setText(tab_separated(self.look, self.scatter.rows))
        elif self.page in self._results:
            result = self._results[self.page]
            columns = self.page == "columns"
            text = distributions_text(result) if columns else correlations_text(self.correlation.names, result)
            QGuiApplication.clipboard().setText(text)

    # -- computing ------------------------------------------------------------------------------------------------

    def _fill(self, name: PageName, look: Look) -> None:
        if name == "table":
            self.table.take(look)
        elif name == "scatter":
            self.scatter.take(look)
        elif look.prepared.X.size <= MOST_AT_ONCE:
            self._take_result(name, look, COMPUTED[name](look))
        else:
            compute = COMPUTED[name]
            (self.columns if name == "columns" else self.correlation).wait()
            self._work[name].start(name, lambda *_: (look, compute(look)))

    def _take_result(self, name: PageName, look: Look, result: Any) -> None:
        if look is self.look:  # other data may have come meanwhile
            self._results[name] = result
            (self.columns if name == "columns" else self.correlation).take(look, result)

    # -- looks ----------------------------------------------------------------------------------------------------

    def _fill_body(self) -> None:
        self._stacked, self._group = QStackedWidget(), QButtonGroup(self)
        self.switch: dict[PageName, QToolButton] = {}
        row = QHBoxLayout()
        row.setSpacing(2)
        for name, (words, tip) in PAGES.items():
            button = switch_button(self._group, words, tip, f"Data: {words}")
            button.clicked.connect(lambda _=False, name=name: self.show_page(name))
            self.switch[name] = button
            row.addWidget(button)
            self._stacked.addWidget(self.pages[name])
        self.switch["table"].setChecked(True)
        row.addStretch(1)
        first = QWidget()
        first.setLayout(row)
        row.setContentsMargins(0, 0, 0, 0)
        first.setFixedHeight(TOOLS_ROOM)
        whole = QVBoxLayout(self.body)
        whole.setContentsMargins(MARGIN, 0, MARGIN, 4)
        whole.setSpacing(4)
        whole.addWidget(first)
        whole.addWidget(self._stacked, 1)

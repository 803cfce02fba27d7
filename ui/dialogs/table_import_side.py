"""The right side of the import dialog: the columns, and below them pages on the whole table and on one column."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from nnstudio.data import DataRecipe, Preview
from ui.dialogs.table_import_check import CheckRow
from ui.dialogs.table_import_column import ColumnPage
from ui.dialogs.table_import_models import ColumnsModel, ColumnsView
from ui.dialogs.table_import_settings import HEAD_HEIGHT, SettingsForm, heading
from ui.inspector.parts import label

NARROWEST, WIDEST = 520, 660  # pixels
PAGES_HEIGHT = 290
TABLE_HEIGHT = 132
MANY = 12  # columns, from which on one can be found by its name
SCROLL_MARGIN = 12
BASIC, RULES, COLUMN = range(3)
LONGEST_NAME = 24  # characters in the title of a page


class FindLine(QLineEdit):
    """A line that goes from column to column; Return goes to the next one and does not load the table."""

    again = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the next column."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.again.emit()
            event.accept()
            return
        super().keyPressEvent(event)


class Side(QWidget):
    """The columns and the pages; ``chosen`` carries the place of the column that is current now."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recipe: DataRecipe | None = None
        self._preview: Preview | None = None
        self.setMinimumWidth(NARROWEST)
        self.setMaximumWidth(WIDEST)
        self.find = FindLine()
        self.find.setPlaceholderText("Find a column")
        self.find.setAccessibleName("Find a column")
        self.find.setClearButtonEnabled(True)
        self.find.textEdited.connect(lambda: self._find(0))
        self.find.again.connect(lambda: self._find(1))
        self.roles = label(role="dim")
        self.model = ColumnsModel(self)
        self.view = ColumnsView(self.model)
        self.view.verticalHeader().hide()
        self.view.setMinimumHeight(TABLE_HEIGHT)
        self.view.selectionModel().currentRowChanged.connect(self._current_changed)
        self.view.selectionModel().selectionChanged.connect(lambda: self._show_column())
        self.check = CheckRow()
        self.settings = SettingsForm()
        self.column = ColumnPage()
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        self.pages.setMinimumHeight(PAGES_HEIGHT)
        self.pages.tabBar().setAccessibleName("Rules for all columns, and steps of one")
        self.pages.tabBar().setExpanding(False)
        self.pages.tabBar().setDrawBase(False)
        for title, page in (("Task and rows", self.settings), ("More rules", self.settings.rules)):
            self.pages.addTab(_scrolling(page), title)
        self.pages.addTab(_scrolling(self.column), "Steps of a column")
        top = QHBoxLayout()
        top.addStrut(HEAD_HEIGHT)
        top.addWidget(heading("COLUMNS"))
        top.addWidget(self.find)
        top.addStretch(1)
        top.addWidget(self.roles)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.view, 3)
        column.addWidget(self.check)
        column.addWidget(self.pages, 2)
        self.find.hide()

    def show_recipe(self, recipe: DataRecipe | None, shown: Preview | None) -> None:
        """Show the columns of a recipe, and the figures of a preview; None where there is nothing yet."""
        self._recipe, self._preview = recipe, shown
        self.find.setVisible(recipe is not None and len(recipe.plan.columns) > MANY)
        if recipe is not None and shown is not None:
            self.settings.show_recipe(recipe, shown)
        self._show_column()

    def open_column(self, at: int, field: str = "") -> None:
        """Make a column current, and show its page, scrolled to one of its steps."""
        self.view.selectRow(at)
        self.pages.setCurrentIndex(COLUMN)
        if self.column.steps.form.knows(field):
            QTimer.singleShot(0, self, lambda: self._scroll_to(field))  # when the page has its layout

    def _scroll_to(self, field: str) -> None:
        area, form = self.pages.widget(COLUMN), self.column.steps.form
        if isinstance(area, QScrollArea) and form.knows(field):
            area.ensureWidgetVisible(form.editor(field), 0, SCROLL_MARGIN)

    @property
    def current(self) -> int:
        """The place of the current column, -1 where there is none."""
        return int(self.view.currentIndex().row())

    def together(self) -> frozenset[str]:
        """Return the columns whose steps are changed together: the current one, and the selected ones of its kind."""
        columns = self.model.plan.columns
        if not 0 <= self.current < len(columns):
            return frozenset()
        current = columns[self.current]
        selected = (columns[index.row()] for index in self.view.selectionModel().selectedRows())
        alike = (c.name for c in selected if (c.kind, c.role) == (current.kind, "feature") == (c.kind, current.role))
        return frozenset((current.name, *alike))

    def _current_changed(self, current: QModelIndex, before: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(current.row())

    def _show_column(self) -> None:
        at, recipe, shown = self.current, self._recipe, self._preview
        if recipe is None or shown is None or not 0 <= at < len(recipe.plan.columns):
            self.pages.setTabText(COLUMN, "Steps of a column")
            self.column.clear()
            return
        column = recipe.plan.columns[at]
        name = column.name if len(column.name) <= LONGEST_NAME else f"{column.name[: LONGEST_NAME - 1]}…"
        self.pages.setTabText(COLUMN, f"Steps of {name}".replace("&", "&&"))
        together = len(self.together())
        self.column.show_column(column, recipe.preparation, shown.columns[at], shown, together, recipe.task)

    def _find(self, beyond: int) -> None:
        """Go to the first column with the text in its name, from the current one on."""
        wanted = self.find.text().strip().casefold()
        columns = self.model.plan.columns
        if not wanted or not columns:
            return
        start = max(0, self.current) + beyond
        places = (*range(start, len(columns)), *range(min(start, len(columns))))
        at = next((i for i in places if wanted in columns[i].name.casefold()), -1)
        if at >= 0:
            self.view.selectRow(at)


def _scrolling(page: QWidget) -> QScrollArea:
    """Return a page in an area that scrolls where it is too high."""
    held = QWidget()
    held.setProperty("role", "window")
    held.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    column = QVBoxLayout(held)
    column.setContentsMargins(2, 10, 6, 4)
    column.addWidget(page)
    column.addStretch(1)
    area = QScrollArea()
    area.setWidget(held)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area

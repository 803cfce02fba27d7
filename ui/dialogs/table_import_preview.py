"""The first rows of a table in the import dialog: missing cells are faint, those that cannot be read are marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QTableView, QWidget

from engine.declared import replace
from nnstudio import numbers
from nnstudio.data import ImportPlan, Preview
from nnstudio.data.preparing.report import WANTED
from nnstudio.data.reading.cells import is_missing
from nnstudio.data.reading.kinds import Meaning, cell_reader
from ui import theme
from ui.column_choices import KIND_TITLES, ROLE_TITLES
from ui.dialogs.table_import_models import LONGEST_TEXT, NO_INDEX, alignment, plain_table

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
Reader = Callable[[str], Meaning | None]
NARROWEST, WIDEST = 72, 220  # pixels of a column
MEASURED_COLUMNS = 60  # of a very wide table, the rest keep the usual width
MEASURED_ROWS = 40


class PreviewModel(QAbstractTableModel):
    """The first rows as text; missing cells are faint and say so, unreadable ones are marked."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.preview: Preview | None = None
        self.plan = ImportPlan()

    def show(self, plan: ImportPlan, preview: Preview | None) -> None:
        """Show another preview."""
        rows, before = preview.rows if preview is not None else None, self.preview
        same = before is not None and rows is before.rows  # other figures, or other kinds and roles
        if not same:
            self.beginResetModel()
        self.plan, self.preview = plan, preview
        self._readers: dict[int, Reader] = {}
        if not same:
            self.endResetModel()
        elif rows and plan.columns:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(plan.columns) - 1))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(plan.columns) - 1)

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        """Return the number of rows."""
        return 0 if self.preview is None or parent.isValid() else len(self.preview.rows)

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        """Return the number of columns."""
        return 0 if self.preview is None or parent.isValid() else len(self.plan.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Return what a header shows."""
        if self.preview is None:
            return None
        if orientation == Qt.Orientation.Vertical:
            return numbers.count(self.preview.row_numbers[section]) if role == Role.DisplayRole else None
        column = self.plan.columns[section]
        if role == Role.DisplayRole:
            return column.name[:LONGEST_TEXT]
        if role == Role.ToolTipRole:
            return f"{column.name}: {KIND_TITLES[column.kind].lower()}, {ROLE_TITLES[column.role].lower()}"
        if role == Role.ForegroundRole and column.role != "feature":
            tokens = theme.tokens()
            return tokens.color("accent" if column.role == "target" else "faint")
        if role == Role.TextAlignmentRole:
            return alignment(column.kind)
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return what a cell shows."""
        if self.preview is None or not index.isValid():
            return None
        column = self.plan.columns[index.column()]
        text = self.preview.rows[index.row()][index.column()]
        if role == Role.TextAlignmentRole:
            return alignment(column.kind)
        if role not in (Role.DisplayRole, Role.ForegroundRole, Role.ToolTipRole, Role.FontRole):
            return None
        missing = is_missing(text, self.plan.missing_marks)
        bad = not missing and self._reader(index.column())(text) is None
        if role == Role.DisplayRole:
            shown = text[:LONGEST_TEXT].replace("\n", "↵")
            return "missing" if missing and not text.strip() else f"✕ {shown}" if bad else shown
        if role == Role.ForegroundRole:
            tokens = theme.tokens()
            ignored = column.role == "ignore"
            return tokens.color("bad") if bad else tokens.color("faint") if missing or ignored else None
        if role == Role.FontRole and missing:
            font = QFont(theme.font())
            font.setItalic(True)
            return font
        if role == Role.ToolTipRole:
            if bad:
                return f"“{text[:LONGEST_TEXT]}” is no {WANTED[column.kind]}; it counts as missing."
            return "Counts as missing." if missing else None
        return None

    def _reader(self, at: int) -> Reader:
        """Return what reads the cells of a column, made when the column is seen first."""
        if at not in self._readers:
            assert self.preview is not None
            column = self.plan.columns[at]
            order = column.date_order or self.preview.columns[at].date_order
            self._readers[at] = cell_reader(replace(column, date_order=order), self.plan.dialect)
        return self._readers[at]


class PreviewView(QTableView):
    """The first rows as a table, with columns as wide as their cells need."""

    def __init__(self, model: PreviewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        self.setAccessibleName("First rows of the table")
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        plain_table(self)
        self.horizontalHeader().setStretchLastSection(True)
        self.setStyleSheet("QAbstractScrollArea::corner { border: none; background: transparent; }")

    def fit_columns(self) -> None:
        """Give each column the width of its first cells."""
        shown = self._model.preview
        if shown is None:
            return
        metrics = self.fontMetrics()
        for i, column in enumerate(self._model.plan.columns[:MEASURED_COLUMNS]):
            texts = [row[i][:60] for row in shown.rows[:MEASURED_ROWS]]
            widest = max((metrics.horizontalAdvance(text) for text in [column.name + "  ", *texts]), default=0)
            self.setColumnWidth(i, min(WIDEST, max(NARROWEST, widest + 6 * theme.UNIT)))

    def show_cell(self, row: int, name: str) -> None:
        """Scroll to a cell, given by its row number and column, where its row is among the first ones."""
        shown = self._model.preview
        if shown is None or row not in shown.row_numbers:
            return
        names = [column.name for column in self._model.plan.columns]
        index = self._model.index(shown.row_numbers.index(row), names.index(name) if name in names else 0)
        self.scrollTo(index, QTableView.ScrollHint.PositionAtCenter)
        self.setCurrentIndex(index)

    def show_column(self, at: int) -> None:
        """Scroll sideways so that a column can be seen."""
        index = self._model.index(max(0, self.rowAt(0)), at)
        if index.isValid():
            self.scrollTo(index, QTableView.ScrollHint.EnsureVisible)

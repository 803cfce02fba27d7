"""The list in the import dialog of every cell that could not be read, and of every row that will be set aside."""

from __future__ import annotations

from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.data import ImportPlan, Preview
from nnstudio.data.preparing.report import WANTED
from nnstudio.data.table import shortened
from ui import theme
from ui.dialogs.table_import_models import plain_table
from ui.dialogs.table_import_settings import heading

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
NO_INDEX = QModelIndex()
ROW, COLUMN, TEXT, WHY = range(4)
HEADINGS = ("Row", "Column", "Text", "What is wrong")
SHOWN_ROWS = 4
WIDEST = 200  # pixels of a column


class Problem(NamedTuple):
    """A cell that could not be read, or a row that will be set aside, which has no column."""

    row: int
    column: str
    text: str
    why: str


def problems_of(plan: ImportPlan, shown: Preview) -> list[Problem]:
    """Return what could not be read, by row."""
    place = {column.name: i for i, column in enumerate(plan.columns)}
    found = [
        Problem(cell.row, column.name, cell.text, f"no {WANTED[column.kind]}, counts as missing")
        for column in shown.columns
        for cell in column.unreadable
    ]
    width = len(plan.columns)
    found += [
        Problem(row.row, "", shortened(row.text), f"not {numbers.plural(width, 'cell')}, will be set aside")
        for row in shown.set_aside
    ]
    return sorted(found, key=lambda problem: (problem.row, place.get(problem.column, -1)))


class ProblemsModel(QAbstractTableModel):
    """What could not be read, a row each."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.problems: list[Problem] = []

    def show(self, problems: list[Problem]) -> None:
        """Show other problems."""
        self.beginResetModel()
        self.problems = problems
        self.endResetModel()

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        """Return the number of problems."""
        return 0 if parent.isValid() else len(self.problems)

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Return what a header shows."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Role.TextAlignmentRole:
            return _alignment(section)
        return HEADINGS[section] if role == Role.DisplayRole else None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return what a cell shows."""
        if not index.isValid():
            return None
        problem = self.problems[index.row()]
        if role in (Role.DisplayRole, Role.ToolTipRole):
            shown = numbers.count(problem.row) if index.column() == ROW else str(problem[index.column()])
            return shown.replace("\n", "↵") if role == Role.DisplayRole else shown
        if role == Role.TextAlignmentRole:
            return _alignment(index.column())
        if role == Role.ForegroundRole and index.column() == TEXT:
            return theme.tokens().color("bad")
        return None


class ProblemsView(QWidget):
    """The list under its heading, there only while something could not be read. ``chosen`` carries row and column."""

    chosen = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ProblemsModel(self)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Cells and rows that could not be read")
        self.table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        plain_table(self.table)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        for section in (TEXT, WHY):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Stretch)
        for section in (ROW, COLUMN):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.ResizeToContents)
        header.setMaximumSectionSize(WIDEST)
        self.table.clicked.connect(self._choose)
        self.table.activated.connect(self._choose)
        self.count = QLabel()
        self.count.setProperty("role", "dim")
        top = QHBoxLayout()
        top.addWidget(heading("COULD NOT BE READ"))
        top.addStretch(1)
        top.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.table)
        self.hide()

    def show_problems(self, plan: ImportPlan, shown: Preview | None) -> None:
        """Show what could not be read in a preview, or nothing."""
        problems = problems_of(plan, shown) if shown is not None else []
        if problems != self.model.problems:
            self.model.show(problems)
        self.table.setFixedHeight((min(SHOWN_ROWS, len(problems)) + 1) * theme.CONTROL_HEIGHT + 8)
        self.setVisible(bool(problems))
        if shown is None or not problems:
            return
        cells, rows = sum(column.unreadable_count for column in shown.columns), shown.set_aside_count
        parts = [numbers.plural(count, what) for count, what in ((cells, "cell"), (rows, "row")) if count]
        where = "" if shown.complete else f" in the first {numbers.plural(shown.counted_rows, 'row')}"
        more = cells + rows - len(problems)
        self.count.setText(
            " and ".join(parts) + where + (f"; the last {numbers.count(more)} are not listed" if more else "")
        )

    def _choose(self, index: QModelIndex) -> None:
        problem = self.model.problems[index.row()]
        self.chosen.emit(problem.row, problem.column)


def _alignment(section: int) -> int:
    side = Qt.AlignmentFlag.AlignRight if section == ROW else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)

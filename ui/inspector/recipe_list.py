"""The columns of the table in two lines each: name and kind, and its steps with their fitted numbers."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from nnstudio.data import Column, DataRecipe, FittedPreparation
from nnstudio.recipe_words import ColumnLine, column_line, fitted_by_name
from ui import theme

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
NO_INDEX = QModelIndex()
ROW_HEIGHT, INSET, RADIUS = 40, 8, 6
MOST_ROWS = 6  # shown at once
CHANGED = "changed, not applied yet"


class ColumnsModel(QAbstractListModel):
    """The columns of a plan; what a row says is made when it is shown, so that thousands cost nothing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._columns: tuple[Column, ...] = ()
        self._old: dict[str, Column] = {}
        self._fitted: dict[str, Any] = {}

    def show(
        self, recipe: DataRecipe | None, applied: DataRecipe | None, fitted: FittedPreparation | None, wanted: str = ""
    ) -> None:
        """Show the columns of a recipe whose names have ``wanted`` in them; ``fitted`` is of the applied one."""
        columns = () if recipe is None else recipe.plan.columns
        if wanted:
            columns = tuple(column for column in columns if wanted.casefold() in column.name.casefold())
        same = [column.name for column in columns] == [column.name for column in self._columns]
        if not same:
            self.beginResetModel()
        self._columns, self._fitted = columns, fitted_by_name(fitted)
        self._old = {column.name: column for column in applied.plan.columns} if applied is not None else {}
        if not same:
            self.endResetModel()
        elif columns:
            self.dataChanged.emit(self.index(0), self.index(len(columns) - 1))

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        """Return the number of columns of the table."""
        return 0 if parent.isValid() else len(self._columns)

    def column(self, row: int) -> Column:
        """Return the column of a row."""
        return self._columns[row]

    def row_of(self, name: str) -> int:
        """Return the row of a column, or -1."""
        return next((row for row, column in enumerate(self._columns) if column.name == name), -1)

    def line(self, row: int) -> ColumnLine:
        """Return what a row says."""
        column = self._columns[row]
        return column_line(column, self._fitted.get(column.name))

    def is_changed(self, row: int) -> bool:
        """Return whether a column differs from what was applied."""
        column = self._columns[row]
        return self._old.get(column.name, column) != column

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return a row in words."""
        if not index.isValid():
            return None
        line = self.line(index.row())
        steps = CHANGED if self.is_changed(index.row()) else ", ".join(line.steps)
        if role == Role.DisplayRole:
            return line.name
        if role == Role.AccessibleTextRole:
            return f"{line.name}, {line.kind}: {steps}"
        if role == Role.ToolTipRole:
            detail = f"\n{line.detail}" if line.detail else ""
            return f"{line.name}, {line.kind}\n{steps}{detail}"
        return None


class _TwoLines(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, ColumnsModel)
        line, changed = model.line(index.row()), model.is_changed(index.row())
        t = theme.tokens()
        area: QRect = option.rect  # type: ignore[attr-defined]
        state = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & option.state.State_Selected:  # type: ignore[attr-defined]
            painter.setPen(t.color("accent") if state & option.state.State_HasFocus else Qt.PenStyle.NoPen)  # type: ignore[attr-defined]
            painter.setBrush(t.color("accent_wash"))
            painter.drawRoundedRect(area.adjusted(1, 1, -2, -2), RADIUS, RADIUS)
        inner = area.adjusted(INSET, 4, -INSET, -4)
        top = QRect(inner.left(), inner.top(), inner.width(), inner.height() // 2)
        below = top.translated(0, inner.height() // 2)
        painter.setFont(theme.font(theme.SMALL))
        kind = (
            line.kind if line.role == "feature" else f"{line.kind}, {'ignored' if line.role == 'ignore' else 'target'}"
        )
        painter.setPen(t.color("faint"))
        painter.drawText(top, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), kind)
        room = inner.width() - painter.fontMetrics().horizontalAdvance(kind) - INSET
        steps = CHANGED if changed else line.summary
        painter.setPen(t.color("accent" if changed else "dim"))
        shown = painter.fontMetrics().elidedText(steps, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(below, int(Qt.AlignmentFlag.AlignVCenter), shown)
        painter.setFont(theme.font(theme.BODY, theme.STRONG))
        painter.setPen(t.color("faint" if line.role == "ignore" else "text"))
        name = painter.fontMetrics().elidedText(line.name, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(top, int(Qt.AlignmentFlag.AlignVCenter), name)
        painter.restore()


class ColumnList(QListView):
    """The list of the columns, one of them current."""

    chosen = Signal(str)  # the name of the column that is current now

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns = ColumnsModel(self)
        self.setModel(self.columns)
        self.setItemDelegate(_TwoLines(self))
        self.setUniformItemSizes(True)
        self.setAccessibleName("Columns of the table, and what becomes of them")
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.columns.modelReset.connect(self._fit)
        theme.theme().changed.connect(self.viewport().update)

    def choose(self, name: str) -> None:
        """Make a column current; nothing is emitted where it is already."""
        row = self.columns.row_of(name)
        if row >= 0 and row != self.currentIndex().row():
            self.setCurrentIndex(self.columns.index(row))

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tell which column is current."""
        super().currentChanged(current, previous)
        if current.isValid():
            self.chosen.emit(self.columns.column(current.row()).name)

    def _fit(self) -> None:
        rows = min(max(self.columns.rowCount(), 1), MOST_ROWS)
        self.setFixedHeight(rows * ROW_HEIGHT + 2 * self.frameWidth() + 2)

"""The columns of a table in the import dialog: the type and the role of each, to see and to change."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nnstudio import numbers
from nnstudio.data import Column, ImportPlan, Preview, PreviewColumn
from nnstudio.data.preparing.report import WANTED
from nnstudio.spread_words import missing_share, missing_words, rows_words, spread_words
from ui import theme
from ui.column_choices import ANOTHER, KIND_CHOICES, ROLE_TITLES, kind_choice, role_choices, with_choice
from ui.dialogs.table_import_spread import SPREAD, SpreadDelegate

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
NAME, KIND, ROLE, MISSING, DISTINCT, BARS = range(6)
HEADINGS = ("Column", "Type", "Role", "Missing", "Distinct", "Spread")
HINTS = (
    "The column's name",
    "Number, category, date or yes / no: select rows and press N, C, D or B",
    "Feature, target or ignore: select rows and press F, T or I; Shift+T keeps the targets there are",
    "Share of the cells that are missing or cannot be read",
    "Different values",
    "How often which values come",
)
WIDTHS = {KIND: 108, ROLE: 78, MISSING: 86, DISTINCT: 72, BARS: 70}
FIGURES = (MISSING, DISTINCT, BARS)
KEYS = {
    Qt.Key.Key_N: "number",
    Qt.Key.Key_C: "category",
    Qt.Key.Key_D: "date",
    Qt.Key.Key_B: "boolean",
    Qt.Key.Key_F: "feature",
    Qt.Key.Key_T: "target",
    Qt.Key.Key_I: "ignore",
}
LONGEST_TEXT = 200  # characters painted of one cell
TOLD_CELLS = 10  # of those that cannot be read, in a tip; the list below the columns has all
NO_INDEX = QModelIndex()


class ColumnsModel(QAbstractTableModel):
    """The columns with their kinds and roles; ``edited`` carries the plan after a person's change."""

    edited = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.preview: Preview | None = None
        self.plan = ImportPlan()

    def show(self, plan: ImportPlan, preview: Preview | None) -> None:
        """Show another plan; the selection stays where the columns are the same."""
        same = [c.name for c in plan.columns] == [c.name for c in self.plan.columns]
        if same:
            self.plan, self.preview = plan, preview
            if plan.columns:
                self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, BARS))
            return
        self.beginResetModel()
        self.plan, self.preview = plan, preview
        self.endResetModel()

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.plan.columns)

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Return what a header shows."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Role.DisplayRole:
            return HEADINGS[section]
        if role == Role.ToolTipRole:
            return self._hint(section)
        if role == Role.TextAlignmentRole:
            return alignment("number" if section in (MISSING, DISTINCT) else "category")
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return what can be done with a cell."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() in (KIND, ROLE) else flags

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return what a cell shows."""
        if not index.isValid():
            return None
        column = self.plan.columns[index.row()]
        shown = self.preview
        sample = shown.columns[index.row()] if shown is not None else None
        at = index.column()
        bad = sample.unreadable_count if sample is not None else 0
        found = sample.date_order if sample is not None else ""
        if role == Role.EditRole:
            return {KIND: kind_choice(column, found), ROLE: column.role}.get(at)
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            if at < MISSING:
                titles = f"{KIND_CHOICES[kind_choice(column, found)]} ▾", f"{ROLE_TITLES[column.role]} ▾"
                return (column.name[:LONGEST_TEXT], *titles)[at]
            if sample is None or shown is None:
                return ""
            if at == BARS:
                return spread_words(sample.figures.spread, column.kind) if role == Role.AccessibleTextRole else ""
            return (
                missing_share(sample, shown) + (" ✕" * bool(bad)) if at == MISSING else numbers.count(sample.distinct)
            )
        if role == SPREAD and at == BARS and sample is not None:
            return sample.figures.spread, column.role == "ignore"
        if role == Role.TextAlignmentRole:
            return alignment("number" if at in (MISSING, DISTINCT) else "category")
        if role == Role.ForegroundRole:
            tokens = theme.tokens()
            if at == MISSING and bad:
                return tokens.color("bad")
            if column.role == "ignore" or (at == MISSING and sample is not None and not sample.lacks):
                return tokens.color("faint")
            return tokens.color("accent") if column.role == "target" and at == ROLE else None
        if role == Role.FontRole and column.role == "target" and at in (NAME, ROLE):
            return theme.font(weight=600)
        if role == Role.ToolTipRole:
            return self._tip(column, sample, at)
        return None

    def _tip(self, column: Column, sample: PreviewColumn | None, at: int) -> str:
        if sample is None or self.preview is None or at not in FIGURES:
            return column.name if at == NAME else self._hint(at)
        if at == BARS:
            return spread_words(sample.figures.spread, column.kind)
        if at == MISSING and sample.unreadable_count:
            bad = sample.unreadable_count
            cells = "; ".join(
                f"row {numbers.count(cell.row)}: {cell.text[:40]!r}" for cell in sample.unreadable[:TOLD_CELLS]
            )
            more = f"; and {numbers.count(bad - TOLD_CELLS)} more" if bad > TOLD_CELLS else ""
            said = f"{numbers.count(bad)} cells are no {WANTED[column.kind]} and count as missing. {cells}{more}"
            return f"{missing_words(sample, self.preview)} {said}"
        return missing_words(sample, self.preview) if at == MISSING else self._hint(at)

    def _hint(self, section: int) -> str:
        """Return what a column of this table means, and of which rows its figures are."""
        if section not in FIGURES or self.preview is None:
            return HINTS[section]
        return f"{HINTS[section]}, in {rows_words(self.preview)}"

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        """Take a person's choice."""
        if role != Role.EditRole or index.column() not in (KIND, ROLE):
            return False
        return self.change([index.row()], value)

    def change(self, rows: list[int], value: str) -> bool:
        """Give columns a kind or a role; return whether anything changed. Those made targets are the only ones."""
        plan = with_choice(self.plan, {self.plan.columns[row].name for row in rows}, value)
        if plan == self.plan:
            return False
        self.plan = plan
        self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, BARS))
        self.edited.emit(plan)
        return True


class ChoiceBox(QComboBox):
    """A list in a cell: open for as long as it is there. ``chosen`` comes with a choice, ``left`` when it closed."""

    chosen = Signal()
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._is_left = False
        self.activated.connect(self._choose)

    def showPopup(self) -> None:
        """Open the list."""
        super().showPopup()
        self.view().window().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Go with the list, however it was closed: a cell never keeps a closed list in it."""
        if event.type() == QEvent.Type.Hide:
            QTimer.singleShot(0, self, self._leave)  # a choice comes after this, and has to be heard first
        return super().eventFilter(watched, event)

    def _choose(self) -> None:
        self.chosen.emit()
        self._leave()

    def _leave(self) -> None:
        if not self._is_left:
            self._is_left = True
            self.left.emit()


class ChoiceDelegate(QStyledItemDelegate):
    """Edits a kind or role in a list that opens at once."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Return a list of choices."""
        editor = ChoiceBox(parent)
        model = index.model()
        assert isinstance(model, ColumnsModel)
        roles = role_choices(model.plan, model.plan.columns[index.row()].name)
        for value, title in (KIND_CHOICES if index.column() == KIND else roles).items():
            editor.addItem(title, value)
        editor.setAccessibleName(HEADINGS[index.column()])
        editor.chosen.connect(self._commit)
        editor.left.connect(lambda: self._close(editor))
        QTimer.singleShot(0, editor, editor.showPopup)  # when it has its place in the cell
        return editor

    def _close(self, editor: QWidget) -> None:
        if editor.isVisible():  # else the view has closed it before, and would complain
            self.closeEditor.emit(editor)

    def _commit(self) -> None:
        editor = self.sender()
        assert isinstance(editor, QWidget)
        self.commitData.emit(editor)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        """Give the list its cell, and as much more as its longest choice needs."""
        place = QRect(option.rect)  # type: ignore[attr-defined]
        place.setWidth(max(place.width(), editor.sizeHint().width()))
        editor.setGeometry(place)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Show the present choice."""
        assert isinstance(editor, QComboBox)
        editor.setCurrentIndex(editor.findData(index.data(Role.EditRole)))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Take the choice."""
        assert isinstance(editor, QComboBox)
        model.setData(index, editor.currentData())


class ColumnsView(QTableView):
    """The columns; the letters N, C, D, B, F, T and I change the selected ones, Return opens the list of choices."""

    def __init__(self, model: ColumnsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._model = model
        self.setItemDelegate(ChoiceDelegate(self))
        self.setItemDelegateForColumn(BARS, SpreadDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.EditKeyPressed)  # and a click, below
        self.setAccessibleName("Columns: type and role of each")
        plain_table(self)
        header = self.horizontalHeader()
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for section, width in WIDTHS.items():
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(section, width)
        self.clicked.connect(self._open)

    def _open(self, index: QModelIndex) -> None:
        # Qt complains on standard error where a cell is edited already.
        if index.column() in (KIND, ROLE) and self.state() != QAbstractItemView.State.EditingState:
            self.edit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Change the selected columns by a letter."""
        value = _chosen(event)
        if value is not None:
            self._model.change(sorted(index.row() for index in self.selectionModel().selectedRows()), value)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            column = self.currentIndex().column()
            self._open(self.currentIndex().siblingAtColumn(column if column in (KIND, ROLE) else ROLE))
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Claim the letters."""
        # Without this a shortcut of the main window on one of the letters would take the key.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _chosen(event) is not None:
            event.accept()
            return True
        return super().event(event)


def plain_table(view: QTableView) -> None:
    """Give a table the program's look: no grid but row lines, rows of one height, tab leaves it."""
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setCornerButtonEnabled(False)
    view.setTabKeyNavigation(False)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.verticalHeader().setDefaultSectionSize(theme.CONTROL_HEIGHT)
    view.verticalHeader().setMinimumSectionSize(theme.CONTROL_HEIGHT)
    # Cells stand a little further in than headings do; without lines the row numbers are one column.
    view.horizontalHeader().setStyleSheet("QHeaderView::section { padding: 5px 11px; }")
    view.verticalHeader().setStyleSheet("QHeaderView::section { border: none; padding: 0 8px; font-weight: 400; }")
    view.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    view.horizontalHeader().setHighlightSections(False)
    view.verticalHeader().setHighlightSections(False)


def alignment(kind: str) -> int:
    """Return how cells of a kind are aligned: numbers to the right."""
    side = Qt.AlignmentFlag.AlignRight if kind == "number" else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)


def _chosen(event: QKeyEvent) -> str | None:
    """Return the kind or role that a letter stands for."""
    if event.key() == Qt.Key.Key_T and event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
        return ANOTHER
    return KEYS.get(event.key()) if not event.modifiers() else None  # type: ignore[call-overload, no-any-return]

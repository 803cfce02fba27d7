"""The list of hyperparameters with their present values, in as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from nnstudio.document import Document
from nnstudio.hyperparameters import HYPERPARAMETERS, Hyperparameter
from ui import theme

ROW = 22  # pixels
COLUMN = 186  # pixels, at least
SIDE, GAP, FRAME = 7, 6, 8
ROOM_LEFT = 2  # pixels: Qt begins another row where one is full to its end
NAME, TITLE, SYMBOL, SHOWN = (Qt.ItemDataRole.UserRole + offset for offset in range(4))
NONE = "–"


def present_words(one: Hyperparameter, document: Document) -> str:
    """Return the present value as a person reads it, several where layers differ, a dash where it does not apply."""
    values = one.present(document)
    return ", ".join(one.label(value) for value in values) or NONE


class HyperparameterList(QListWidget):
    """All hyperparameters; the arrow keys and a click choose."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Hyperparameters and their present values")
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(self.ScrollMode.ScrollPerPixel)
        self.setFrameShape(self.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Row(self))
        for name, one in HYPERPARAMETERS.items():
            item = QListWidgetItem()
            item.setData(NAME, name)
            item.setData(TITLE, one.title)
            self.addItem(item)
        self.currentItemChanged.connect(lambda item, _: self.chosen.emit(item.data(NAME)) if item is not None else None)
        self.setCurrentRow(0)

    @property
    def name(self) -> str:
        """The chosen hyperparameter, by its name in the registry."""
        return str(self.currentItem().data(NAME))

    def choose(self, name: str) -> None:
        """Choose a hyperparameter."""
        self.setCurrentRow([*HYPERPARAMETERS].index(name))

    def show_document(self, document: Document) -> None:
        """Show the present values of a document."""
        with QSignalBlocker(self):
            for index, one in enumerate(HYPERPARAMETERS.values()):
                item, words = self.item(index), present_words(one, document)
                item.setData(SYMBOL, one.symbol(document))
                item.setData(SHOWN, words)
                item.setText(f"{one.full_title(document)}: {words}")  # what a screen reader says
                item.setToolTip(one.why_not(document) or item.text())
        self.viewport().update()

    def values(self) -> Mapping[str, str]:
        """Return the values shown, by the names of their hyperparameters."""
        items = (self.item(index) for index in range(self.count()))
        return {str(item.data(NAME)): str(item.data(SHOWN)) for item in items}

    def height_for(self, width: int) -> int:
        """Return the height in which all rows are seen, in a list so wide."""
        return -(-self.count() // _columns(width)) * ROW + FRAME

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width among the columns."""
        # Told, and not left to Qt, which lays out "as needed" as if the scroll bar were there.
        policies, scrolls = Qt.ScrollBarPolicy, self.height() < self.height_for(self.width())
        self.setVerticalScrollBarPolicy(policies.ScrollBarAlwaysOn if scrolls else policies.ScrollBarAlwaysOff)
        width = self.viewport().width() - ROOM_LEFT
        self.setGridSize(QSize(width // _columns(width), ROW))
        super().resizeEvent(event)


def _columns(width: int) -> int:
    return max(1, width // COLUMN)


class _Row(QStyledItemDelegate):
    """Paints the title with its symbol, and the value at the right."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colors = theme.tokens()
        rect = QRectF(option.rect).adjusted(1.5, 0.5, -1.5, -0.5)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            focused = option.state & QStyle.StateFlag.State_HasFocus  # type: ignore[attr-defined]
            painter.setPen(colors.color("accent" if focused else "accent_wash"))
            painter.setBrush(colors.color("accent_wash"))
            painter.drawRoundedRect(rect, 4, 4)
        line = rect.adjusted(SIDE, 0, -SIDE, 0)
        painter.setFont(theme.font(theme.BODY))
        metrics = painter.fontMetrics()
        title, symbol, shown = (str(index.data(role) or "") for role in (TITLE, SYMBOL, SHOWN))
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        applies = shown != NONE
        painter.setPen(colors.color("text" if applies else "faint"))
        painter.drawText(line, middle, title)
        after = metrics.horizontalAdvance(title) + GAP
        room = line.width() - after
        wide = metrics.horizontalAdvance(symbol)
        value = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, int(max(room, 0)))
        if symbol and wide + GAP + metrics.horizontalAdvance(value) <= room:
            painter.setPen(colors.color("faint"))
            painter.drawText(line.adjusted(after, 0, 0, 0), middle, symbol)
        painter.setPen(colors.color("dim" if applies else "faint"))
        painter.drawText(line, middle | int(Qt.AlignmentFlag.AlignRight), value)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        view = self.parent()
        return view.gridSize() if isinstance(view, QListView) else QSize(COLUMN, ROW)

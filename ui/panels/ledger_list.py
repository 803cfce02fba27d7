"""The ledger's list: every quantity with its shape, its norm and a small heat map, under the name of its layer."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from nnstudio import numbers
from nnstudio.ledger import Direction, Line
from ui import colormaps, theme

ROW_HEIGHT, HEADING_HEIGHT = 30, 24
THUMB = QSize(40, 20)
GAP = 8
BACKWARD_SERIES = 2  # of the theme: derivatives have a color of their own, and an arrow
ARROWS: dict[Direction, str] = {"given": "", "forward": "→", "backward": "←"}
LINE_ROLE = Qt.ItemDataRole.UserRole

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


def direction_color(direction: Direction) -> QColor:
    """Return the color of what is given, of values made forward, or of derivatives made backward."""
    if direction == "given":
        return theme.tokens().color("dim")
    return theme.tokens().color("accent") if direction == "forward" else theme.series_color(BACKWARD_SERIES)


def norm_text(line: Line) -> str:
    """Return the norm of a quantity, e.g. ``‖W[1]‖ 3.21``."""
    return f"‖{line.name}‖ {numbers.number(line.quantity.norm)}"


class LedgerList(QListView):
    """A list of quantities; ``picked`` tells the symbol of the one that was chosen."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Quantities of the network")
        self._told = False  # the choice comes from outside
        self._model = _Model(self)
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.selectionModel().currentChanged.connect(self._moved)

    def show_lines(self, lines: tuple[Line, ...], headings: dict[int, str], notes: dict[str, str]) -> None:
        """Show quantities, with a heading above each level's and notes to some in their tooltips; the choice stays."""
        chosen = self.symbol
        self._model.notes = notes
        if self._model.take(lines, headings):
            self.pick(chosen)
        self.viewport().update()

    @property
    def symbol(self) -> str:
        """The symbol of the chosen quantity; empty for none."""
        line = self.currentIndex().data(LINE_ROLE)
        return line.symbol if line is not None else ""

    def pick(self, symbol: str) -> None:
        """Choose a quantity without telling of it."""
        row = self._model.row_of(symbol)
        if row is not None:
            self._told = True
            self.setCurrentIndex(self._model.index(row))
            self._told = False

    def _moved(self, now: QModelIndex, before: QModelIndex) -> None:
        line = now.data(LINE_ROLE)
        if line is not None and not self._told:
            self.picked.emit(line.symbol)


class _Model(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[Line | str] = []
        self._images: dict[str, QImage] = {}
        self.notes: dict[str, str] = {}

    def take(self, lines: tuple[Line, ...], headings: dict[int, str]) -> bool:
        """Take other lines; return whether they are other quantities than before."""
        items: list[Line | str] = []
        level = -1
        for line in lines:
            if line.level != level:
                level = line.level
                items.append(headings.get(level, ""))
            items.append(line)
        self._images.clear()
        same = [_key(item) for item in items] == [_key(item) for item in self._items]
        if not same:
            self.beginResetModel()
        self._items = items
        if not same:
            self.endResetModel()
        return not same

    def row_of(self, symbol: str) -> int | None:
        rows = (row for row, item in enumerate(self._items) if isinstance(item, Line) and item.symbol == symbol)
        return next(rows, None)

    def image(self, line: Line) -> QImage:
        if line.symbol not in self._images:
            self._images[line.symbol] = colormaps.signed_image(line.quantity.values)
        return self._images[line.symbol]

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._items)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if isinstance(self._items[index.row()], Line):
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        item = self._items[index.row()]
        if isinstance(item, str):
            return item if role == Qt.ItemDataRole.DisplayRole else None
        if role == LINE_ROLE:
            return item
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{item.name} {numbers.shape(item.shape)}"
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            note = self.notes.get(item.symbol, "")
            return f"{item.name} {numbers.shape(item.dimensions)}: {item.meaning}{note}; {norm_text(item)}"
        return None


def _key(item: Line | str) -> object:
    return item if isinstance(item, str) else (item.symbol, item.shape)


class _Delegate(QStyledItemDelegate):
    """Paints a heading, or a quantity's arrow, name, shape, norm and heat map."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the height of a heading or of a line."""
        return QSize(120, ROW_HEIGHT if index.data(LINE_ROLE) is not None else HEADING_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        colors, rect = theme.tokens(), option.rect  # type: ignore[attr-defined]
        line = index.data(LINE_ROLE)
        painter.save()
        middle = Qt.AlignmentFlag.AlignVCenter
        if line is None:
            painter.setFont(theme.font(theme.SMALL, theme.STRONG))
            painter.setPen(colors.color("dim"))
            text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, rect.width() - 2 * GAP)
            painter.drawText(rect.adjusted(GAP, 0, -GAP, -2), Qt.AlignmentFlag.AlignBottom, text)
            painter.restore()
            return
        state = option.state  # type: ignore[attr-defined]
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, colors.color("accent_wash"))
            if state & QStyle.StateFlag.State_HasFocus:
                painter.setPen(colors.color("accent"))
                painter.drawRect(rect.adjusted(0, 0, -1, -1))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, colors.color("window"))
        inner = rect.adjusted(GAP, 0, -GAP, 0)
        self._paint_thumb(painter, inner, line, index)
        inner.setLeft(inner.left() + THUMB.width() + GAP)
        painter.setFont(theme.font(theme.BODY, theme.STRONG))
        painter.setPen(direction_color(line.direction))
        name = f"{ARROWS[line.direction]} {line.name}".strip()
        painter.drawText(inner, middle, name)
        inner.setLeft(inner.left() + painter.fontMetrics().horizontalAdvance(name) + GAP)
        painter.setFont(theme.font(theme.BODY))
        painter.setPen(colors.color("dim"))
        shape = numbers.shape(line.shape)
        painter.drawText(inner, middle, shape)
        inner.setLeft(inner.left() + painter.fontMetrics().horizontalAdvance(shape) + GAP)
        painter.setPen(colors.color("text"))
        norm = f"‖·‖ {numbers.number(line.quantity.norm)}"
        if painter.fontMetrics().horizontalAdvance(norm) <= inner.width():
            painter.drawText(inner, middle | Qt.AlignmentFlag.AlignRight, norm)
        painter.restore()

    @staticmethod
    def _paint_thumb(painter: QPainter, rect: QRect, line: Line, index: Index) -> None:
        model = index.model()
        assert isinstance(model, _Model)
        box = QRect(rect.left(), rect.center().y() - THUMB.height() // 2, THUMB.width(), THUMB.height())
        painter.drawImage(box, model.image(line))
        painter.setPen(theme.tokens().color("border"))
        painter.drawRect(box)

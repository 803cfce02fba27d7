"""The list of layers to drag onto the canvas, made from the registry."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QDrag, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from engine.layers import LAYERS
from ui import theme

LAYER_MIME = "application/x-nnstudio-layer"
_SWATCH = 18
_ROW_HEIGHT = 32
_LEAST_ROWS = 4  # in a low window; the others are scrolled to
_NAME = Qt.ItemDataRole.UserRole


class LayerPalette(QWidget):
    """Layers by name, with a filter; dragging carries a layer's registered name as ``LAYER_MIME``.

    ``add_requested`` is emitted with that name by a double click and by Enter.
    """

    add_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find a layer...")
        self.filter.setAccessibleName("Find a layer")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filter)
        self.filter.returnPressed.connect(self._add_current)
        self.filter.installEventFilter(self)
        heading = QLabel("LAYERS")
        heading.setProperty("role", "heading")
        self.list = _LayerList()
        self.list.itemDoubleClicked.connect(lambda item: self.add_requested.emit(item.data(_NAME)))
        self.list.installEventFilter(self)
        self._nothing = QLabel("No layer of this name.")
        self._nothing.setProperty("role", "hint")
        self._nothing.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 8)
        column.setSpacing(8)
        for widget in (self.filter, heading, self.list, self._nothing):
            column.addWidget(widget, 1000 if widget is self.list else 0)
        column.addStretch(1)
        self._fill()
        theme.theme().changed.connect(self._dress)

    def names(self) -> list[str]:
        """Return the registered names of the layers that the filter lets through."""
        items = (self.list.item(row) for row in range(self.list.count()))
        return [item.data(_NAME) for item in items if not item.isHidden()]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let arrows in the filter walk the list, Enter in the list add, and typing in the list filter."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if watched is self.filter and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self._step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if watched is self.list and self._list_key(event):
                return True
        return super().eventFilter(watched, event)

    def _list_key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._add_current()
            return True
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        if plain and event.text().isprintable() and event.text().strip():
            self.filter.setFocus()
            self.filter.setText(self.filter.text() + event.text())
            return True
        return False

    def _fill(self) -> None:
        for name, kind in LAYERS.items():
            if not kind.in_palette:
                continue
            item = QListWidgetItem(kind.title)
            item.setData(_NAME, name)
            item.setToolTip(f"{kind.summary}\n{kind.formula}\nDrag it to the canvas, or double-click to add it.")
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, kind.summary)
            item.setSizeHint(QSize(0, _ROW_HEIGHT))
            self.list.addItem(item)
        self.list.setMaximumHeight(_ROW_HEIGHT * self.list.count() + 4)
        self.list.setMinimumHeight(min(_ROW_HEIGHT * _LEAST_ROWS, self.list.maximumHeight()))
        self._dress()
        self.list.setCurrentRow(0)

    def _dress(self) -> None:
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setIcon(_swatch(LAYERS[item.data(_NAME)].family, self.devicePixelRatioF()))

    def _filter(self, text: str) -> None:
        wanted = text.casefold().split()
        for row in range(self.list.count()):
            item = self.list.item(row)
            kind = LAYERS[item.data(_NAME)]
            said = f"{kind.title} {kind.summary} {kind.family}".casefold()
            item.setHidden(not all(word in said for word in wanted))
        shown = [row for row in range(self.list.count()) if not self.list.item(row).isHidden()]
        self._nothing.setVisible(not shown)
        if shown and self.list.currentRow() not in shown:
            self.list.setCurrentRow(shown[0])

    def _step(self, step: int) -> None:
        shown = [row for row in range(self.list.count()) if not self.list.item(row).isHidden()]
        if shown:
            at = shown.index(self.list.currentRow()) if self.list.currentRow() in shown else 0
            self.list.setCurrentRow(shown[min(max(at + step, 0), len(shown) - 1)])

    def _add_current(self) -> None:
        item = self.list.currentItem()
        if item is not None and not item.isHidden():
            self.add_requested.emit(item.data(_NAME))


class _LayerList(QListWidget):
    """The rows; dragging one carries the layer's name."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Layers")
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setIconSize(QSize(_SWATCH, _SWATCH))
        self.setStyleSheet("QListView { border: none; } QListView::item { padding: 0 6px; }")

    def mimeData(self, items: list[QListWidgetItem]) -> QMimeData:
        """Return the registered name of the dragged layer."""
        data = QMimeData()
        if items:
            data.setData(LAYER_MIME, QByteArray(items[0].data(_NAME).encode()))
        return data

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Drag the layer's swatch and name; the canvas shows a ghost of the card itself."""
        item = self.currentItem()
        if item is None:
            return
        drag = QDrag(self)
        drag.setMimeData(self.mimeData([item]))
        drag.setPixmap(item.icon().pixmap(_SWATCH, _SWATCH))
        drag.setHotSpot(QPoint(-8, -8))
        drag.exec(Qt.DropAction.CopyAction)


def _swatch(family: str, ratio: float) -> QIcon:
    pixmap = QPixmap(round(_SWATCH * ratio), round(_SWATCH * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.family_color(family))
    painter.drawRoundedRect(0, 0, _SWATCH, _SWATCH, 5, 5)
    painter.end()
    icon = QIcon()
    # The same in every state: a selected row's icon would be tinted otherwise.
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Active):
        icon.addPixmap(pixmap, mode)
    return icon

"""The gallery's list of activations, each with a small picture of its curve."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

from engine.activations import ACTIVATIONS
from ui import theme
from ui.inspector.activation_plot import curves

PICTURE = QSize(52, 32)
CELL = QSize(66, 58)
REACH = 4.0  # z from -4 to 4
BOTTOM, TOP = -1.3, 3.0  # of g; the bounded ones use less of the picture
POINTS = 65
PIXELS = 2.0  # of the picture a pixel of the screen


def picture(name: str) -> QPixmap:
    """Return a small picture of an activation's curve in the theme's colors."""
    made = QPixmap(PICTURE * PIXELS)
    made.setDevicePixelRatio(PIXELS)
    made.fill(Qt.GlobalColor.transparent)
    z = np.linspace(-REACH, REACH, POINTS)
    g = np.clip(curves(ACTIVATIONS[name](), z)[0], BOTTOM - 1, TOP + 1)
    width, height = PICTURE.width(), PICTURE.height()

    def at(x: float, y: float) -> QPointF:
        return QPointF((x + REACH) / (2 * REACH) * width, height * (TOP - y) / (TOP - BOTTOM))

    painter = QPainter(made)
    painter.setPen(QPen(theme.tokens().color("border"), 1))
    painter.drawLine(at(-REACH, 0), at(REACH, 0))
    painter.drawLine(at(0, BOTTOM), at(0, TOP))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.tokens().color("accent"), 1.6))
    painter.drawPolyline(QPolygonF([at(float(a), float(b)) for a, b in zip(z, g, strict=True)]))
    painter.end()
    return made


class ActivationList(QListWidget):
    """All registered activations; the arrow keys and a click choose, and those the network uses are set stronger."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Activation functions")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setIconSize(PICTURE)
        self.setGridSize(CELL)
        self.setFrameShape(self.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for name, kind in ACTIVATIONS.items():
            item = QListWidgetItem(kind.title)
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.addItem(item)
        self.restyle()
        self.currentItemChanged.connect(
            lambda item, _: self.chosen.emit(item.data(Qt.ItemDataRole.UserRole)) if item is not None else None
        )

    @property
    def name(self) -> str:
        """The chosen activation, by its name in the registry."""
        item = self.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else next(iter(ACTIVATIONS))

    def choose(self, name: str) -> None:
        """Choose an activation."""
        self.setCurrentRow(list(ACTIVATIONS).index(name))

    def mark_used(self, used: dict[str, str]) -> None:
        """Say which activations the network uses, and in which layers."""
        for row, name in enumerate(ACTIVATIONS):
            item = self.item(row)
            where = f"used by {used[name]}" if name in used else "not used by this network"
            item.setToolTip(f"{item.text()}: {where}")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{item.text()}, {where}")
            item.setFont(theme.font(theme.SMALL, theme.STRONG if name in used else theme.NORMAL))

    def restyle(self) -> None:
        """Draw the pictures in the theme's colors."""
        for row, name in enumerate(ACTIVATIONS):
            self.item(row).setIcon(QIcon(picture(name)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Be as high as all rows of pictures need."""
        super().resizeEvent(event)
        across = max(1, self.viewport().width() // CELL.width())
        self.setFixedHeight(-(-len(ACTIVATIONS) // across) * CELL.height() + 2)

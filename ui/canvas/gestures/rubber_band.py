"""Selecting what lies inside a dragged rectangle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsRectItem

from ui import theme
from ui.canvas.gestures.base import Gesture
from ui.canvas.node_item import RAISED_LEVEL

if TYPE_CHECKING:
    from ui.canvas.view import Canvas


class RubberBand(Gesture):
    """Selects the cards inside; the wires where there is no card. ``adding`` keeps what was selected before."""

    hint = "Select what lies inside · Esc gives up"

    def __init__(self, canvas: Canvas, start: QPointF, adding: bool) -> None:
        super().__init__(canvas, start)
        network = canvas.network
        self._before = (network.selected_nodes, network.selected_wires)
        self._kept = self._before if adding else (frozenset(), frozenset())
        t = theme.tokens()
        self._band = QGraphicsRectItem()
        pen = QPen(t.color("accent"), 1)
        pen.setCosmetic(True)
        self._band.setPen(pen)
        self._band.setBrush(t.color("accent", 0.08))
        self._band.setZValue(RAISED_LEVEL + 1)
        self._band.hide()
        network.addItem(self._band)

    def move(self, point: QPointF) -> None:
        """Select what is inside so far."""
        if not self.dragged(point):
            return
        area = QRectF(self.start, point).normalized()
        self._band.setRect(area)
        self._band.show()
        network = self.canvas.network
        nodes = network.nodes_in(area)
        wires = frozenset() if nodes else network.wires_in(area)
        network.select(self._kept[0] | nodes, self._kept[1] | wires)

    def finish(self, point: QPointF) -> None:
        """Keep the selection; a mere click on nothing selects nothing."""
        self.move(point)
        if not self.dragged(point):
            self.canvas.network.select(*self._kept)
        self._remove()

    def cancel(self) -> None:
        """Select what was selected before."""
        self.canvas.network.select(*self._before)
        self._remove()

    def _remove(self) -> None:
        self.canvas.network.removeItem(self._band)

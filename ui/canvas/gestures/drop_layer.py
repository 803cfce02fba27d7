"""Dropping a layer of the palette on the canvas or on a wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from engine.graph import Edge
from engine.layers import LAYERS
from nnstudio import edits
from nnstudio.document import Document, Position
from nnstudio.layout import CARD_WIDTH, PORT_Y, snap
from ui.canvas.card import card
from ui.canvas.gestures.base import Gesture
from ui.canvas.gestures.move_cards import INSERT_REACH
from ui.canvas.node_item import RAISED_LEVEL, NodeItem

if TYPE_CHECKING:
    from ui.canvas.view import Canvas

_GHOST = 0.65  # opacity


class DropLayer(Gesture):
    """A ghost of the card follows the pointer; the wire below it lights up and takes it in."""

    hint = "Drop on the canvas, or on a wire to set the layer into it"

    def __init__(self, canvas: Canvas, start: QPointF, name: str) -> None:
        super().__init__(canvas, start)
        self._layer = LAYERS[name]()
        self._wire: Edge | None = None
        node = edits.new_node(canvas.document.graph, self._layer)
        units = getattr(self._layer, "units", None)
        self._ghost = NodeItem(node.id, card(node, {node.id: units} if units else {}, {}))
        self._ghost.setOpacity(_GHOST)
        self._ghost.setZValue(RAISED_LEVEL + 1)
        canvas.network.addItem(self._ghost)
        self.move(start)

    def move(self, point: QPointF) -> None:
        """Show where the card would stand and which wire would take it in."""
        self._ghost.setPos(*self._position(point))
        area = QRectF(0, 0, 2 * INSERT_REACH, 2 * INSERT_REACH)
        area.moveCenter(point)
        wire = self.canvas.network.wire_near(area)
        if wire != self._wire:
            self.canvas.network.highlight(wire)
            self._wire = wire

    def finish(self, point: QPointF) -> None:
        """Add the layer, into the wire where there is one, and select it when it is there."""
        self.move(point)
        layer, wire, position = self._layer, self._wire, self._position(point)
        self._clear()

        def add(document: Document) -> tuple[Document, tuple[str, ...]]:
            node = edits.new_node(document.graph, layer)
            if wire is not None:
                return edits.insert_on_edge(document, node, position, wire), (node.id,)
            return edits.add_node(document, node, position), (node.id,)

        self.canvas.add(add, f"Add {layer.title}", point)

    def cancel(self) -> None:
        """Take the ghost away."""
        self._clear()

    def _position(self, point: QPointF) -> Position:
        return (snap(point.x() - CARD_WIDTH / 2), snap(point.y() - PORT_Y))

    def _clear(self) -> None:
        self.canvas.network.highlight(None)
        self._wire = None
        self.canvas.network.removeItem(self._ghost)

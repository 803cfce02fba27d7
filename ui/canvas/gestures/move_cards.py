"""Moving cards, and setting a card that is joined to nothing into a wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt

from engine.graph import Edge
from engine.layers import Input, Output
from nnstudio import edits
from nnstudio.document import Position
from nnstudio.layout import snap
from ui.canvas.gestures.base import Gesture

if TYPE_CHECKING:
    from ui.canvas.view import Canvas

INSERT_REACH = 32.0  # pixels around the middle of a card in which a wire takes it in


class MoveCards(Gesture):
    """Moves the selected cards on the grid; a click without a move selects."""

    hint = "Drop on a wire to set a loose layer into it · Esc gives up"
    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, canvas: Canvas, start: QPointF, node_id: str, toggling: bool) -> None:
        super().__init__(canvas, start)
        network = canvas.network
        self._node = node_id
        self._selection_before = (network.selected_nodes, network.selected_wires)
        self._narrow = not toggling  # a click on one of several selected cards selects it alone
        self._unselect = toggling and node_id in network.selected_nodes
        if toggling:
            network.select(network.selected_nodes | {node_id}, network.selected_wires)
        elif node_id not in network.selected_nodes:
            network.select({node_id})
        self._from: dict[str, Position] = {key: network.position(key) for key in network.selected_nodes}
        self._wire: Edge | None = None

    def move(self, point: QPointF) -> None:
        """Show the cards where they would be dropped."""
        if not self.dragged(point):
            return
        self.canvas.network.preview(self._targets(point))
        self._mark(self._wire_under())

    def finish(self, point: QPointF) -> None:
        """Move the cards in one step of undo, into the wire below where there is one."""
        network = self.canvas.network
        if not self.dragged(point):
            if self._unselect:
                network.select(network.selected_nodes - {self._node}, network.selected_wires)
            elif self._narrow:
                network.select({self._node})
            return
        self.move(point)
        targets, wire, node = self._targets(point), self._wire, self._node
        self._mark(None)
        graph = self.canvas.document.graph
        if wire is not None:
            text = f"Set {graph.node(node).name} into a wire"
            self.canvas.apply(lambda document: edits.splice(edits.move(document, targets), node, wire), text)
            return
        if targets != self._from:
            several = len(targets) > 1
            text = f"Move {len(targets)} layers" if several else f"Move {graph.node(node).name}"
            self.canvas.apply(lambda document: edits.move(document, targets), text)

    def cancel(self) -> None:
        """Put the cards and the selection back."""
        self._mark(None)
        self.canvas.network.preview(self._from)
        self.canvas.network.select(*self._selection_before)

    def _targets(self, point: QPointF) -> dict[str, Position]:
        way, (x, y) = point - self.start, self._from[self._node]
        across, down = snap(x + way.x()) - x, snap(y + way.y()) - y
        return {key: (at[0] + across, at[1] + down) for key, at in self._from.items()}

    def _wire_under(self) -> Edge | None:
        if len(self._from) != 1:
            return None
        graph = self.canvas.document.graph
        if graph.incoming(self._node) or graph.outgoing(self._node):
            return None
        if isinstance(graph.node(self._node).layer, (Input, Output)):
            return None
        middle = self.canvas.network.nodes[self._node].box().center()
        area = QRectF(0, 0, 2 * INSERT_REACH, 2 * INSERT_REACH)
        area.moveCenter(middle)
        return self.canvas.network.wire_near(area)

    def _mark(self, wire: Edge | None) -> None:
        if wire != self._wire:
            self.canvas.network.highlight(wire)
            self._wire = wire

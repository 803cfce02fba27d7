"""Drawing a wire from a port to another card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from engine.graph import Graph
from nnstudio import edits
from ui.canvas.gestures.base import Gesture
from ui.canvas.node_item import NodeItem, Port, Side
from ui.canvas.routing import wire_path
from ui.canvas.scene import SNAP_REACH
from ui.canvas.wire_item import WireItem

if TYPE_CHECKING:
    from ui.canvas.view import Canvas


def open_ends(graph: Graph, node_id: str, side: Side) -> frozenset[str]:
    """Return the nodes to which a wire from this port can go: no loop, and no wire that is there already."""
    steps: dict[str, list[str]] = {}
    for edge in graph.edges:
        start, end = (edge.target, edge.source) if side == "output" else (edge.source, edge.target)
        steps.setdefault(start, []).append(end)
    closed, frontier = {node_id}, [node_id]
    while frontier:
        for following in steps.get(frontier.pop(), ()):
            if following not in closed:
                closed.add(following)
                frontier.append(following)
    edges = graph.outgoing(node_id) if side == "output" else graph.incoming(node_id)
    closed |= {edge.target if side == "output" else edge.source for edge in edges}
    return frozenset(node.id for node in graph.nodes if node.id not in closed)


class DrawWire(Gesture):
    """A wire follows the pointer, jumps to ports that are near, and says why where it cannot end."""

    hint = "Let go on a port or a card · Esc gives up"
    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: Canvas, start: QPointF, item: NodeItem, side: Side) -> None:
        super().__init__(canvas, start)
        self._item, self._side = item, side
        self._other: Side = "input" if side == "output" else "output"
        self._over: NodeItem | None = None
        self._refusal = ""
        network = canvas.network
        self._open = [
            network.nodes[node_id]
            for node_id in open_ends(canvas.document.graph, item.node_id, side)
            if node_id in network.nodes and network.nodes[node_id].has_port(self._other)
        ]
        item.set_port(side, Port.NEAR)
        for other in self._open:
            other.set_port(self._other, Port.OPEN)
        self._wire = WireItem(None)
        self._wire.set_raised(True)
        network.addItem(self._wire)
        self._draw(start)

    def move(self, point: QPointF) -> None:
        """Follow the pointer, and mark the port that would be taken."""
        over = self._target(point)
        if over is not self._over:
            self._leave()
            self._enter(over, point)
        end = over.port(self._other) if over is not None and over.has_port(self._other) else point
        self._draw(end)

    def finish(self, point: QPointF) -> None:
        """Join the two layers; a wire let go over nothing is given up."""
        self.move(point)
        over = self._over
        self._clear()
        if over is None:
            return
        source, target = self._ends(over)
        graph = self.canvas.document.graph
        text = f"Join {graph.node(source).name} to {graph.node(target).name}"
        self.canvas.apply(lambda document: edits.connect(document, source, target), text, point)

    def cancel(self) -> None:
        """Take the wire and all marks away."""
        self._clear()
        self.canvas.hush()

    def _target(self, point: QPointF) -> NodeItem | None:
        network = self.canvas.network
        over = network.node_at(point)
        if over is None:
            near = network.port_at(point, SNAP_REACH, (self._other,))
            over = near[0] if near is not None else None
        return None if over is self._item else over

    def _ends(self, over: NodeItem) -> tuple[str, str]:
        own, other = self._item.node_id, over.node_id
        return (own, other) if self._side == "output" else (other, own)

    def _enter(self, over: NodeItem | None, point: QPointF) -> None:
        self._over = over
        if over is None:
            return
        try:
            edits.connect(self.canvas.document, *self._ends(over))
        except edits.EditError as error:
            self.canvas.say(str(error), point)
        else:
            over.set_port(self._other, Port.NEAR)
            self._wire.set_solid(True)

    def _leave(self) -> None:
        self._wire.set_solid(False)
        self.canvas.hush()
        if self._over is not None:
            self._over.set_port(self._other, Port.OPEN if self._over in self._open else Port.QUIET)

    def _draw(self, end: QPointF) -> None:
        own = self._item.port(self._side)
        self._wire.set_path(wire_path(own, end) if self._side == "output" else wire_path(end, own))

    def _clear(self) -> None:
        self._leave()
        self._item.set_port(self._side, Port.QUIET)
        for other in self._open:
            other.set_port(self._other, Port.QUIET)
        self.canvas.network.removeItem(self._wire)

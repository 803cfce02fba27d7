"""The scene: one item a node and a wire, brought in line with the document by comparing, never rebuilt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtWidgets import QGraphicsScene

from engine.graph import Edge, Graph
from nnstudio.document import Position
from nnstudio.edits import FARTHEST
from ui.canvas.card import Card
from ui.canvas.node_item import NodeItem, NotePlace, Side
from ui.canvas.routing import DETOUR, needs_way, wire_path
from ui.canvas.thumbnail import Values
from ui.canvas.wire_item import WireItem

PORT_REACH = 14.0  # pixels around a port in which a wire can be started
SNAP_REACH = 28.0  # pixels around a port to which the end of a wire jumps


class NetworkScene(QGraphicsScene):
    """Items of the nodes and wires, and which of them are selected.

    Views of the document only: setters change items, never the document. The scene's rectangle is fixed, since a
    growing one makes every view repaint.
    """

    selection_changed = Signal()
    cards_changed = Signal()  # what cards there are, where they stand, or what they say

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(-FARTHEST, -FARTHEST, 2 * FARTHEST, 2 * FARTHEST, parent)
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[Edge, WireItem] = {}
        self.selected_nodes: frozenset[str] = frozenset()
        self.selected_wires: frozenset[Edge] = frozenset()
        self._wires_of: dict[str, list[WireItem]] = {}
        self._pictures_shown = True
        self._content: QRectF | None = None  # asked for at every move of the camera; None after a change

    def show_network(self, graph: Graph, cards: Mapping[str, Card], positions: Mapping[str, Position]) -> None:
        """Bring the items in line with a network; only those that differ are touched."""
        known = {node.id for node in graph.nodes}
        for node_id in [key for key in self.nodes if key not in known]:
            self.removeItem(self.nodes.pop(node_id))
        moved: set[str] = set()
        for node in graph.nodes:
            item = self.nodes.get(node.id)
            if item is None:
                item = self.nodes[node.id] = NodeItem(node.id, cards[node.id])
                item.set_picture_shown(self._pictures_shown)
                self.addItem(item)
                moved.add(node.id)
            item.set_card(cards[node.id])
            if self._place(item, positions[node.id]):
                moved.add(node.id)
        self._place_notes()
        fresh = self._show_wires(graph, known)
        self._route([*fresh, *self._touching(moved), *self._long_wires()] if moved else fresh)
        self.select(self.selected_nodes & known, self.selected_wires & self.wires.keys())
        self._content = None
        self.cards_changed.emit()

    def preview(self, positions: Mapping[str, Position]) -> None:
        """Show some nodes elsewhere, without a change of the document."""
        moved = {key for key, at in positions.items() if key in self.nodes and self._place(self.nodes[key], at)}
        if moved:
            self._route(self._touching(moved))
            self._content = None
            self.cards_changed.emit()

    def set_values(self, values: Mapping[str, Values]) -> None:
        """Hand each card the values of its live picture."""
        for node_id, item in self.nodes.items():
            if item.thumbnail is not None:
                item.thumbnail.set_values(values.get(node_id))

    def set_pictures_shown(self, shown: bool) -> None:
        """Show or hide all live pictures."""
        if shown != self._pictures_shown:
            self._pictures_shown = shown
            for item in self.nodes.values():
                item.set_picture_shown(shown)

    def restyle(self) -> None:
        """Take the colors of the theme now in force."""
        for item in self.nodes.values():
            item.restyle()
        self.update()

    def select(self, nodes: Iterable[str], wires: Iterable[Edge] = ()) -> None:
        """Select these nodes and wires, and nothing else."""
        chosen = frozenset(node for node in nodes if node in self.nodes)
        chosen_wires = frozenset(edge for edge in wires if edge in self.wires)
        for node_id, item in self.nodes.items():
            item.set_selected(node_id in chosen)
        for edge, wire in self.wires.items():
            wire.set_strong(edge in chosen_wires)
        self._content = None  # a selected card unfolds its note
        if (chosen, chosen_wires) != (self.selected_nodes, self.selected_wires):
            self.selected_nodes, self.selected_wires = chosen, chosen_wires
            self.selection_changed.emit()

    def light(self, node_id: str) -> None:
        """Light up one card that a view elsewhere points at; none for an empty name."""
        for other, item in self.nodes.items():
            item.set_lit(other == node_id)

    def highlight(self, edge: Edge | None) -> None:
        """Draw one wire as the one that would take a layer in; None for none."""
        for other, wire in self.wires.items():
            wire.set_strong(other == edge or other in self.selected_wires)
            wire.set_raised(other == edge)

    def position(self, node_id: str) -> Position:
        """Return where a card stands now, previews included."""
        at = self.nodes[node_id].pos()
        return (at.x(), at.y())

    def content(self) -> QRectF:
        """Return the rectangle around all cards and their notes; empty where there is none."""
        if self._content is None:
            self._content = QRectF()
            for item in self.nodes.values():
                self._content = self._content.united(item.bounds())
        return QRectF(self._content)

    def node_at(self, point: QPointF) -> NodeItem | None:
        """Return the uppermost card under a point."""
        for item in self.items(point):
            if isinstance(item, NodeItem) and item.node_id in self.nodes and item.box().contains(point):
                return item
        return None

    def note_at(self, point: QPointF) -> NodeItem | None:
        """Return the card whose note of a problem is under a point."""
        for item in self.items(point):
            if isinstance(item, NodeItem) and item.note().contains(point):
                return item
        return None

    def port_at(
        self, point: QPointF, reach: float, sides: Iterable[Side] = ("input", "output")
    ) -> tuple[NodeItem, Side] | None:
        """Return the nearest port within ``reach`` of a point."""
        area = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
        found = [
            ((item.port(side) - point).manhattanLength(), item, side)
            for item in self.items(area)
            if isinstance(item, NodeItem) and item.node_id in self.nodes
            for side in sides
            if item.has_port(side) and (item.port(side) - point).manhattanLength() <= reach
        ]
        return min(found, key=lambda entry: entry[0])[1:] if found else None

    def wire_near(self, area: QRectF, ignored: frozenset[str] = frozenset()) -> Edge | None:
        """Return the wire that passes nearest to the middle of an area, apart from those of ``ignored`` nodes."""
        found: list[tuple[float, Edge]] = []
        for item in self.items(area):
            if not isinstance(item, WireItem) or item.edge is None or not item.meets(area):
                continue
            if item.edge.source in ignored or item.edge.target in ignored:
                continue
            found.append((_distance(item, area.center()), item.edge))
        return min(found, key=lambda entry: entry[0])[1] if found else None

    def nodes_in(self, area: QRectF) -> frozenset[str]:
        """Return the nodes whose card meets an area."""
        return frozenset(
            item.node_id
            for item in self.items(area)
            if isinstance(item, NodeItem) and item.node_id in self.nodes and item.box().intersects(area)
        )

    def wires_in(self, area: QRectF) -> frozenset[Edge]:
        """Return the wires that pass through an area."""
        return frozenset(
            item.edge
            for item in self.items(area)
            if isinstance(item, WireItem) and item.edge is not None and item.meets(area)
        )

    def _place(self, item: NodeItem, at: Position) -> bool:
        point = QPointF(_within(at[0]), _within(at[1]))
        if item.pos() == point:
            return False
        item.setPos(point)
        return True

    def _place_notes(self) -> None:
        """Put each note below its card, or above it; where both would cover another card it is folded away."""
        for item in self.nodes.values():
            if item.layout.note_lines:
                places: tuple[NotePlace, ...] = ("below", "above")
                free = (place for place in places if not self.nodes_in(item.note(place)) - {item.node_id})
                item.set_note_place(next(free, "folded"))

    def _show_wires(self, graph: Graph, known: set[str]) -> list[WireItem]:
        wanted = dict.fromkeys(edge for edge in graph.edges if edge.source in known and edge.target in known)
        for edge in [edge for edge in self.wires if edge not in wanted]:
            self.removeItem(self.wires.pop(edge))
        fresh: list[WireItem] = []
        for edge in wanted:
            if edge not in self.wires:
                wire = self.wires[edge] = WireItem(edge)
                self.addItem(wire)
                fresh.append(wire)
        self._wires_of = {}
        for edge, wire in self.wires.items():
            for end in (edge.source, edge.target):
                self._wires_of.setdefault(end, []).append(wire)
        return fresh

    def _touching(self, nodes: Iterable[str]) -> list[WireItem]:
        return list(dict.fromkeys(wire for node in nodes for wire in self._wires_of.get(node, ())))

    def _long_wires(self) -> list[WireItem]:
        return [wire for wire in self.wires.values() if needs_way(*self._ends(wire))]

    def _ends(self, wire: WireItem) -> tuple[QPointF, QPointF]:
        assert wire.edge is not None
        return self.nodes[wire.edge.source].port("output"), self.nodes[wire.edge.target].port("input")

    def _route(self, wires: Iterable[WireItem]) -> None:
        for wire in dict.fromkeys(wires):
            start, end = self._ends(wire)
            wire.set_path(wire_path(start, end, self._between(wire, start, end)))

    def _between(self, wire: WireItem, start: QPointF, end: QPointF) -> list[QRectF]:
        if not needs_way(start, end):
            return []
        assert wire.edge is not None
        own = {wire.edge.source, wire.edge.target}
        area = QRectF(start, end).normalized().adjusted(0, -DETOUR, 0, DETOUR)
        return [
            item.bounds()
            for item in self.items(area)
            if isinstance(item, NodeItem) and item.node_id in self.nodes and item.node_id not in own
        ]


def _within(value: float) -> float:
    """Return a coordinate inside the scene, wherever a file may have put a card."""
    return min(max(value, -FARTHEST), FARTHEST)


def _distance(wire: WireItem, point: QPointF) -> float:
    path = wire.course()
    return min((path.pointAtPercent(step / 16) - point).manhattanLength() for step in range(17))

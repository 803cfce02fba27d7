"""Walking the network by keyboard: which card comes next in a direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engine.graph import Graph, topological_order
from nnstudio.document import NODE_SPACING, Position

Direction = Literal["left", "right", "up", "down"]


def reading_order(graph: Graph, positions: Mapping[str, Position]) -> list[str]:
    """Return the nodes as they are computed; those that are not, after them, from left to right."""
    order, cyclic = topological_order(graph)
    joined = {end for edge in graph.edges for end in (edge.source, edge.target)}
    loose = [node_id for node_id in (*order, *cyclic) if node_id not in joined]
    loose.sort(key=lambda node_id: positions[node_id])
    return [*(node_id for node_id in (*order, *cyclic) if node_id in joined), *loose]


def next_in_order(
    graph: Graph, positions: Mapping[str, Position], current: str | None, step: Literal[1, -1]
) -> str | None:
    """Return the node before or behind ``current`` in reading order; None past either end."""
    order = reading_order(graph, positions)
    if current not in order:
        return (order[0] if step == 1 else order[-1]) if order else None
    index = order.index(current) + step
    return order[index] if 0 <= index < len(order) else None


def neighbor(graph: Graph, positions: Mapping[str, Position], current: str, direction: Direction) -> str | None:
    """Return where an arrow key leads: along a wire sideways, else to the nearest card that way."""
    if direction == "right":
        along = [edge.target for edge in graph.outgoing(current)]
    elif direction == "left":
        along = [edge.source for edge in graph.incoming(current)]
    else:
        along = []
    x, y = positions[current]
    along = [node_id for node_id in along if node_id in positions]
    if along:
        return min(along, key=lambda node_id: abs(positions[node_id][1] - y))
    ahead: dict[str, float] = {}
    for node_id, (other_x, other_y) in positions.items():
        across, down = other_x - x, other_y - y
        way, aside = (across, down) if direction in ("left", "right") else (down, across)
        if direction in ("left", "up"):
            way = -way
        if way > 0 and (abs(aside) <= way or abs(aside) < NODE_SPACING / 2):
            ahead[node_id] = way + 2 * abs(aside)
    return min(ahead, key=lambda node_id: ahead[node_id]) if ahead else None

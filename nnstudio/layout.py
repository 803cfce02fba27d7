"""Tidy layout: where the cards of a graph stand, in columns from the input to the output.

The layered method of Sugiyama, Tagawa and Toda (1981): each node stands one column right of the last node
it reads, a wire that passes a column takes a place of its own there, the order within a column is chosen to
cross few wires, and heights follow the neighbors as far as the cards' sizes allow.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence

from engine.graph import Graph, topological_order
from nnstudio.document import GRID, NODE_SPACING, Position

CARD_WIDTH = 160.0
CARD_HEIGHT = 144.0  # of a card with two rows of chips: what a layout keeps free for one
PORT_Y = 40.0  # of both ports below the card's top, so that wires between neighbors run straight

_LOOSE_IN_A_ROW = 6  # nodes joined to nothing stand below the rest, so many side by side
_ROW = CARD_HEIGHT + GRID  # between the tops of cards one above the other
# Between the ports of neighbors in a column, by whether the upper and the lower one is a card or a wire.
_GAPS = {(True, True): _ROW, (True, False): CARD_HEIGHT - GRID, (False, True): 64.0, (False, False): 32.0}
_ORDER_SWEEPS = 8
_HEIGHT_SWEEPS = 12

_Cell = tuple[str, ...]  # (node,), or (source, target, column) where a wire passes a column
_Link = tuple[_Cell, _Cell]


def tidy(graph: Graph, origin: Position = (0.0, 0.0)) -> dict[str, Position]:
    """Return a position for every node, on the grid of the canvas.

    Parameters
    ----------
    graph
        Any graph, also a half-finished or a cyclic one.
    origin
        Where the first node of the first column stands.
    """
    edges = _forward_edges(graph)
    joined = {node_id for edge in edges for node_id in edge}
    columns = _columns(graph, joined, edges)
    cells, links = _cells(columns, edges)
    _order_cells(cells, links)
    heights = _heights(cells, links)
    positions: dict[str, Position] = {}
    first = heights[cells[0][0]] if cells else 0.0
    for column, stack in enumerate(cells):
        for cell in stack:
            if len(cell) == 1:
                positions[cell[0]] = (column * NODE_SPACING, snap(heights[cell] - first))
    below = max((y for _, y in positions.values()), default=-_ROW) + _ROW
    loose = [node.id for node in graph.nodes if node.id not in joined]
    for index, node_id in enumerate(loose):
        row, column = divmod(index, _LOOSE_IN_A_ROW)
        positions[node_id] = (column * NODE_SPACING, below + row * _ROW)
    x, y = snap(origin[0]), snap(origin[1])
    return {node.id: (positions[node.id][0] + x, positions[node.id][1] + y) for node in graph.nodes}


def placed(graph: Graph, positions: Mapping[str, Position]) -> dict[str, Position]:
    """Return a position for every node: its own where it has one, and a tidy free one where it has not."""
    if all(node.id in positions for node in graph.nodes):
        return {node.id: positions[node.id] for node in graph.nodes}
    known = {node.id: positions[node.id] for node in graph.nodes if node.id in positions}
    wanted = tidy(graph)
    if not known:
        return wanted
    for node in graph.nodes:
        if node.id not in known:
            known[node.id] = free_position(known, wanted[node.id])
    return {node.id: known[node.id] for node in graph.nodes}


def free_position(positions: Mapping[str, Position], wanted: Position) -> Position:
    """Return the first place on the grid, from ``wanted`` downwards, where a card covers no other."""
    x, y = snap(wanted[0]), snap(wanted[1])
    taken = sorted(at[1] for at in positions.values() if abs(at[0] - x) < CARD_WIDTH)
    for other in taken:
        if other - CARD_HEIGHT < y < other + CARD_HEIGHT:
            y = snap(other + _ROW)
    return (x, y)


def free_way_down(positions: Mapping[str, Position], wanted: Iterable[Position]) -> float:
    """Return how far cards have to go down together, in steps of the grid, so that none covers one that is there."""
    ways = sorted(
        at[1] - y for x, y in wanted for at in positions.values() if abs(at[0] - x) < CARD_WIDTH
    )  # that put one card exactly on another
    down = 0.0
    for way in ways:
        if way - CARD_HEIGHT < down < way + CARD_HEIGHT:
            down = math.ceil((way + _ROW) / GRID) * GRID
    return down


def snap(value: float) -> float:
    """Return the nearest coordinate on the grid of the canvas."""
    return round(value / GRID) * GRID


def _forward_edges(graph: Graph) -> list[tuple[str, str]]:
    """Return the wires as pairs, without those that run against the order of computation (in a cycle)."""
    order, cyclic = topological_order(graph)
    place = {node_id: index for index, node_id in enumerate((*order, *cyclic))}
    pairs = dict.fromkeys((edge.source, edge.target) for edge in graph.edges)
    return [
        (source, target)
        for source, target in pairs
        if source in place and target in place and place[source] < place[target]
    ]


def _columns(graph: Graph, joined: set[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for source, target in edges:
        before.setdefault(target, []).append(source)
        after.setdefault(source, []).append(target)
    order, cyclic = topological_order(graph)
    sequence = [node_id for node_id in (*order, *cyclic) if node_id in joined]
    columns: dict[str, int] = {}
    for node_id in sequence:
        columns[node_id] = 1 + max((columns[other] for other in before.get(node_id, ())), default=-1)
    for node_id in reversed(sequence):  # a node that reads nothing yet stands beside its readers, not far left
        if node_id not in before and columns[node_id] == 0 and not _is_first(graph, node_id):
            columns[node_id] = max(0, min(columns[other] for other in after[node_id]) - 1)
    return columns


def _is_first(graph: Graph, node_id: str) -> bool:
    return graph.node(node_id).layer.least_inputs == 0


def _cells(columns: Mapping[str, int], edges: Sequence[tuple[str, str]]) -> tuple[list[list[_Cell]], list[_Link]]:
    """Return what stands in each column, and the links between neighboring columns."""
    cells: list[list[_Cell]] = [[] for _ in range(1 + max(columns.values(), default=-1))]
    for node_id, column in columns.items():
        cells[column].append((node_id,))
    links: list[_Link] = []
    for source, target in edges:
        last: _Cell = (source,)
        for column in range(columns[source] + 1, columns[target]):
            passing: _Cell = (source, target, str(column))
            cells[column].append(passing)
            links.append((last, passing))
            last = passing
        links.append((last, (target,)))
    return cells, links


def _neighbors(
    links: Sequence[_Link],
) -> tuple[dict[_Cell, list[_Cell]], dict[_Cell, list[_Cell]]]:
    before: dict[_Cell, list[_Cell]] = {}
    after: dict[_Cell, list[_Cell]] = {}
    for left, right in links:
        before.setdefault(right, []).append(left)
        after.setdefault(left, []).append(right)
    return before, after


def _order_cells(cells: list[list[_Cell]], links: Sequence[_Link]) -> None:
    """Sort each column, in place, by its neighbors' mean place; the sweep with the fewest crossings stays."""
    before, after = _neighbors(links)
    best, fewest = [list(stack) for stack in cells], _crossings(cells, after)
    for sweep in range(_ORDER_SWEEPS):
        if fewest == 0:
            break
        neighbors = before if sweep % 2 == 0 else after
        walk = range(1, len(cells)) if sweep % 2 == 0 else range(len(cells) - 2, -1, -1)
        for column in walk:
            side = cells[column - 1] if sweep % 2 == 0 else cells[column + 1]
            place = {cell: index for index, cell in enumerate(side)}
            own = {cell: index for index, cell in enumerate(cells[column])}
            means = {
                cell: sum(place[other] for other in neighbors[cell]) / len(neighbors[cell])
                if cell in neighbors
                else own[cell]
                for cell in cells[column]
            }
            cells[column].sort(key=lambda cell, means=means, own=own: (means[cell], own[cell]))  # type: ignore[misc]
        crossings = _crossings(cells, after)
        if crossings < fewest:
            best, fewest = [list(stack) for stack in cells], crossings
    cells[:] = best


def _crossings(cells: Sequence[Sequence[_Cell]], after: Mapping[_Cell, list[_Cell]]) -> int:
    count = 0
    for left, right in itertools.pairwise(cells):
        place = {cell: index for index, cell in enumerate(right)}
        seen: list[int] = []
        for cell in left:
            ends = sorted(place[other] for other in after.get(cell, ()))
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


def _heights(cells: Sequence[Sequence[_Cell]], links: Sequence[_Link]) -> dict[_Cell, float]:
    """Return the height of each cell's port: near its neighbors' mean, as far apart as the cards need."""
    before, after = _neighbors(links)
    heights: dict[_Cell, float] = {}
    for stack in cells:
        offsets = _offsets(stack)
        middle = offsets[-1] / 2 if offsets else 0.0
        heights.update({cell: offset - middle for cell, offset in zip(stack, offsets, strict=True)})
    for sweep in range(_HEIGHT_SWEEPS):
        forward = sweep % 2 == 0
        neighbors = before if forward else after
        for stack in cells if forward else reversed(cells):
            wanted = [
                sum(heights[other] for other in neighbors[cell]) / len(neighbors[cell])
                if cell in neighbors
                else heights[cell]
                for cell in stack
            ]
            heights.update(zip(stack, _apart(wanted, _offsets(stack)), strict=True))
    return heights


def _offsets(stack: Sequence[_Cell]) -> list[float]:
    """Return how far below the first each cell of a column stands at least."""
    offsets: list[float] = []
    for index, cell in enumerate(stack):
        if index == 0:
            offsets.append(0.0)
            continue
        above_is_card, is_card = len(stack[index - 1]) == 1, len(cell) == 1
        offsets.append(offsets[-1] + _GAPS[above_is_card, is_card])
    return offsets


def _apart(wanted: Sequence[float], offsets: Sequence[float]) -> list[float]:
    """Return the heights nearest to ``wanted`` (least squares) that keep the distances of ``offsets``.

    With the offsets taken off this is isotonic regression, solved by pooling adjacent violators.
    """
    pools: list[tuple[float, int]] = []  # (mean, count)
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while pools and pools[-1][0] > mean:
            former, size = pools.pop()
            mean, count = (former * size + mean * count) / (size + count), size + count
        pools.append((mean, count))
    free = [mean for mean, count in pools for _ in range(count)]
    return [value + offset for value, offset in zip(free, offsets, strict=True)]

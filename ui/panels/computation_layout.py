"""Where the boxes of a computation graph stand: in a row from X to the loss, or below each other in a tall view."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.graph import Graph
from nnstudio.computation import Computation
from nnstudio.layout import tidy

GAP_ALONG, GAP_LANES = 44.0, 36.0  # between values that follow each other, and between branches
GAP_FED = 26.0  # between a parameter and the value that reads it
GAP_BESIDE = 10.0  # between parameters above one value

Size = tuple[float, float]
Point = tuple[float, float]


@dataclass
class _Lane:
    """How much room the values of a branch take across, and what they read takes on either side of them."""

    before: float = 0.0
    own: float = 0.0
    after: float = 0.0


@dataclass
class _Plan:
    """Each value's place along the graph and its lane, and what is read for it on either side."""

    at: dict[str, tuple[int, int]] = field(default_factory=dict)
    before: dict[str, list[str]] = field(default_factory=dict)
    after: dict[str, list[str]] = field(default_factory=dict)


def places_of(computation: Computation, graph: Graph, sizes: dict[str, Size], tall: bool) -> dict[str, Point]:
    """Return the upper left corner of each box.

    Values stand in the order of computation, from left to right, or downwards where ``tall``; branches beside each
    other. Parameters stand above the value that reads them, or, where ``tall``, to its left and its right.
    """
    plan = _plan(computation, graph, tall)
    turned = {symbol: (height, width) if tall else (width, height) for symbol, (width, height) in sizes.items()}
    along, lanes = _measure(plan, turned, tall)
    starts = [sum(along[:k]) + k * GAP_ALONG for k in range(len(along))]
    middles, edge = [], 0.0
    for lane in lanes:
        middles.append(edge + lane.before + lane.own / 2)
        edge += lane.before + lane.own + lane.after + GAP_LANES
    found: dict[str, Point] = {}
    for symbol, (column, lane) in plan.at.items():
        length, breadth = turned[symbol]
        middle = starts[column] + along[column] / 2
        found[symbol] = (middle - length / 2, middles[lane] - breadth / 2)
        for side, fed in ((-1, plan.before[symbol]), (1, plan.after[symbol])):
            whole = sum(turned[other][0] for other in fed) + GAP_BESIDE * max(len(fed) - 1, 0)
            at = middle - whole / 2
            for other in fed:
                over = turned[other]
                off = breadth / 2 + GAP_FED
                found[other] = (at, middles[lane] + off if side > 0 else middles[lane] - off - over[1])
                at += over[0] + GAP_BESIDE
    return {symbol: (y, x) if tall else (x, y) for symbol, (x, y) in found.items()}


def _plan(computation: Computation, graph: Graph, tall: bool) -> _Plan:
    """A column of the tidy layout takes as many places as its longest layer has values, a height of it is one lane."""
    corners = tidy(graph)
    columns = {x: k for k, x in enumerate(sorted({x for x, _ in corners.values()}))}
    lanes = {y: k for k, y in enumerate(sorted({y for _, y in corners.values()}))}
    chains: dict[str, list[str]] = {}
    plan = _Plan()
    for symbol, box in computation.boxes.items():
        if not box.feeds:
            chains.setdefault(box.node, []).append(symbol)
            plan.before[symbol], plan.after[symbol] = [], []
    for symbol, box in computation.boxes.items():
        if box.feeds:
            before, after = plan.before[box.feeds], plan.after[box.feeds]
            (after if tall and len(after) < len(before) else before).append(symbol)
    longest = [0] * len(columns)
    for node, chain in chains.items():
        column = columns[corners[node][0]]
        longest[column] = max(longest[column], len(chain))
    for node, chain in chains.items():
        x, y = corners[node]
        for k, symbol in enumerate(chain):
            plan.at[symbol] = sum(longest[: columns[x]]) + k, lanes[y]
    return plan


def _measure(plan: _Plan, sizes: dict[str, Size], tall: bool) -> tuple[list[float], list[_Lane]]:
    along = [0.0] * (1 + max(column for column, _ in plan.at.values()))
    lanes = [_Lane() for _ in range(1 + max(lane for _, lane in plan.at.values()))]
    for symbol, (column, place) in plan.at.items():
        lane = lanes[place]
        lane.own = max(lane.own, sizes[symbol][1])
        lengths = [sizes[symbol][0]]
        for fed in (plan.before[symbol], plan.after[symbol]):
            lengths.append(sum(sizes[other][0] for other in fed) + GAP_BESIDE * max(len(fed) - 1, 0))
        along[column] = max([along[column], *lengths])
        lane.before = max([lane.before, *(sizes[other][1] + GAP_FED for other in plan.before[symbol])])
        lane.after = max([lane.after, *(sizes[other][1] + GAP_FED for other in plan.after[symbol])])
    return along, lanes

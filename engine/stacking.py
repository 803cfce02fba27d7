"""Layers with the same activation, side by side in memory: on few values their slopes g'(Z) are computed in one call.

On small networks a step costs as much as it has calls, whatever these compute.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.activations import Activation
from engine.emit import Arena, Array, Emitter, Ref
from engine.graph import Node
from engine.layers import Dense
from engine.shapes import Shapes

MOST_VALUES = 4_096  # of all layers of a stack: more would leave the cache before they are read again


class Stack:
    """Dense layers with one activation whose slope follows from A; ``extended`` is each one's [1; A] (n + 1, m)."""

    def __init__(self, activation: Activation, nodes: list[str], shapes: Shapes, size: int, arena: Arena) -> None:
        self.activation, self.nodes = activation, nodes
        counts = [(shapes.units[node] + 1) * size for node in nodes]
        # A size's own place, since the rows of ones lie elsewhere in every size.
        name = f"stack/{nodes[0]}/{size}"
        self._a = arena.take(f"{name}/A", (sum(counts),))
        self._slope = arena.take(f"{name}/slope", (sum(counts),))
        self.extended: dict[str, Array] = {}
        self._slopes: dict[str, Array] = {}
        at = 0
        for node, count in zip(nodes, counts, strict=True):
            self.extended[node] = self._a[at : at + count].reshape(-1, size)
            self.extended[node][0] = 1.0
            self._slopes[node] = self._slope[at + size : at + count].reshape(-1, size)
            at += count

    def emit(self, emit: Emitter) -> dict[str, Ref]:
        """Emit g'(Z) of all layers at once, and return each one's, (n, m)."""
        self.activation.emit_slope(emit, Ref("A of several layers", self._a), Ref("g' of several layers", self._slope))
        return {node: Ref("g'(Z)", slope) for node, slope in self._slopes.items()}


def stacks_of(nodes: Iterable[Node], shapes: Shapes, size: int, arena: Arena) -> list[Stack]:
    """Return the stacks of a network at a batch size: of at least two layers each, and of few values."""
    alike: dict[Activation, list[str]] = {}
    for node in nodes:
        if isinstance(node.layer, Dense) and node.layer.activation.slope_of_a:
            alike.setdefault(node.layer.activation, []).append(node.id)
    return [
        Stack(activation, ids, shapes, size, arena)
        for activation, ids in alike.items()
        if len(ids) > 1 and size * sum(shapes.units[node] + 1 for node in ids) <= MOST_VALUES
    ]

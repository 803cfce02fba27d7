"""The graph of layers: frozen nodes and edges, and the order in which they are computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec

from engine.layers import AnyLayer, Input, Layer, Output


class Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A layer with an identity that never changes and a name that a person reads."""

    id: str
    name: str
    layer: AnyLayer


class Edge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, order=True):
    """A wire from the output of ``source`` to input number ``port`` of ``target``."""

    source: str
    target: str
    port: int = 0


class Graph(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nodes and edges; half-finished graphs are normal, :func:`engine.shapes.infer_shapes` lists what is wrong."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()

    def node(self, node_id: str) -> Node:
        """Return a node.

        Raises
        ------
        KeyError
            When there is none of this identity.
        """
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)

    def has(self, node_id: str) -> bool:
        """Return whether there is a node of this identity."""
        return any(node.id == node_id for node in self.nodes)

    def inputs_of(self, node_id: str) -> tuple[str, ...]:
        """Return the nodes that ``node_id`` reads, by port."""
        return tuple(edge.source for edge in sorted(self.incoming(node_id), key=lambda edge: edge.port))

    def incoming(self, node_id: str) -> tuple[Edge, ...]:
        """Return the edges that end at a node."""
        return tuple(edge for edge in self.edges if edge.target == node_id)

    def outgoing(self, node_id: str) -> tuple[Edge, ...]:
        """Return the edges that start at a node."""
        return tuple(edge for edge in self.edges if edge.source == node_id)

    def of_kind(self, kind: type[Layer]) -> tuple[Node, ...]:
        """Return the nodes whose layer is of one kind."""
        return tuple(node for node in self.nodes if isinstance(node.layer, kind))


def topological_order(graph: Graph) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the nodes in an order of computation, and those that lie on or behind a cycle.

    Nodes that could come in either order keep the order in which they stand in the graph, so that the numbering
    l = 1, 2, ... of the layers is stable.
    """
    missing = {node.id: 0 for node in graph.nodes}
    readers: dict[str, list[str]] = {node.id: [] for node in graph.nodes}
    for edge in graph.edges:
        if edge.target in missing and edge.source in readers:
            missing[edge.target] += 1
            readers[edge.source].append(edge.target)
    order: list[str] = []
    waiting = [node.id for node in graph.nodes]
    while True:
        ready = next((node for node in waiting if missing[node] == 0), None)
        if ready is None:
            return tuple(order), tuple(waiting)
        waiting.remove(ready)
        order.append(ready)
        for reader in readers[ready]:
            missing[reader] -= 1


def chain(layers: Iterable[Layer]) -> Graph:
    """Return the graph of layers one after the other, named ``input``, ``dense_1``, ..., ``output``.

    Examples
    --------
    >>> from engine.layers import Dense
    >>> graph = chain([Input(features=2), Dense(units=8), Output(units=1)])
    >>> [node.id for node in graph.nodes]
    ['input', 'dense_1', 'output']
    """
    nodes: list[Node] = []
    counts: dict[str, int] = {}
    for layer in layers:
        if isinstance(layer, (Input, Output)):
            node_id, name = layer.title.lower(), layer.title
        else:
            counts[layer.title] = number = counts.get(layer.title, 0) + 1
            node_id, name = f"{layer.title.lower().replace(' ', '_')}_{number}", f"{layer.title} {number}"
        nodes.append(Node(id=node_id, name=name, layer=layer))
    edges = tuple(Edge(source=before.id, target=after.id) for before, after in pairwise(nodes))
    return Graph(nodes=tuple(nodes), edges=edges)


def wired(layers: Mapping[str, Layer], *paths: Sequence[str]) -> Graph:
    """Return the graph of named layers joined along paths; a wire that several paths share is there once.

    Raises
    ------
    KeyError
        When a path names a layer that is not there.

    Examples
    --------
    >>> from engine.layers import Add, Dense
    >>> layers = {"x": Input(features=2), "a": Dense(units=8), "sum": Add(), "y": Output(units=1)}
    >>> graph = wired({**layers, "b": Dense(units=8)}, ("x", "a", "sum", "y"), ("x", "b", "sum"))
    >>> graph.inputs_of("sum")
    ('a', 'b')
    """
    wires = dict.fromkeys(wire for path in paths for wire in pairwise(path))
    for wire in wires:
        for name in wire:
            if name not in layers:
                raise KeyError(f"A path names {name!r}, and there is no layer of this name.")
    ports: dict[str, int] = {}
    edges = []
    for source, target in wires:
        edges.append(Edge(source=source, target=target, port=ports.get(target, 0)))
        ports[target] = ports.get(target, 0) + 1
    return Graph(
        nodes=tuple(Node(id=name, name=name, layer=layer) for name, layer in layers.items()), edges=tuple(edges)
    )


__all__ = ["Edge", "Graph", "Node", "chain", "topological_order", "wired"]

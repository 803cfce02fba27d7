"""Which layers of a graph are hidden ones, where an activation is chosen, and the blocks a chain is made of."""

from __future__ import annotations

from engine.activations import Identity
from engine.graph import Graph, Node
from engine.layers import ActivationLayer, BatchNorm, Dense, Dropout, Input, LayerNorm, Output
from engine.shapes import infer_shapes

PASSING = (BatchNorm, LayerNorm, Dropout)  # between an affine map and its activation


def on_the_way(graph: Graph) -> list[Node]:
    """Return the nodes between the input and the output, both included, in the order of computation."""
    return [graph.node(node_id) for node_id in infer_shapes(graph).order]


def hidden_layers(graph: Graph) -> list[Node]:
    """Return the Dense layers on the way; the output is none of them."""
    return [node for node in on_the_way(graph) if isinstance(node.layer, Dense)]


def activated(graph: Graph) -> list[Node]:
    """Return the nodes whose activation is chosen freely: Dense and Activation layers that are not frozen.

    A Dense layer that applies the identity before an Activation layer is the affine half of it, and none of them.
    """
    found = []
    for node in on_the_way(graph):
        if isinstance(node.layer, ActivationLayer) or (
            isinstance(node.layer, Dense) and not node.layer.is_frozen and not _is_affine_half(graph, node)
        ):
            found.append(node)
    return found


def branching(graph: Graph) -> Node | None:
    """Return the first node on the way that reads several or is read by several, None in a chain."""
    nodes = on_the_way(graph)
    ids = {node.id for node in nodes}
    for node in nodes:
        readers = [edge for edge in graph.outgoing(node.id) if edge.target in ids]
        if len(readers) > 1 or len(graph.incoming(node.id)) > 1:
            return node
    return None


def blocks_of(graph: Graph) -> list[list[Node]]:
    """Return the hidden layers of a chain, each with what follows it before the next one or the output."""
    blocks: list[list[Node]] = []
    for node in on_the_way(graph):
        if isinstance(node.layer, Dense):
            blocks.append([node])
        elif blocks and not isinstance(node.layer, Output):
            blocks[-1].append(node)
    return blocks


def before_output(graph: Graph) -> Node | None:
    """Return the layer that the output reads, None where that is the input or the output reads none."""
    outputs = graph.of_kind(Output)
    sources = graph.inputs_of(outputs[0].id) if outputs else ()
    node = graph.node(sources[0]) if len(sources) == 1 and graph.has(sources[0]) else None
    return None if node is None or isinstance(node.layer, Input) else node


def _is_affine_half(graph: Graph, node: Node) -> bool:
    layer = node.layer
    if not isinstance(layer, Dense) or not isinstance(layer.activation, Identity):
        return False
    seen = {node.id}
    while len(readers := graph.outgoing(node.id)) == 1 and graph.has(readers[0].target):
        node = graph.node(readers[0].target)
        if isinstance(node.layer, ActivationLayer):
            return True
        if not isinstance(node.layer, PASSING) or node.id in seen:
            return False
        seen.add(node.id)
    return False

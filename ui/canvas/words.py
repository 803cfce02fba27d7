"""The network in words, for those who hear the window instead of seeing it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.graph import Graph
from engine.layers import Input
from engine.shapes import Shapes
from nnstudio import numbers

MOST_DESCRIBED = 40  # nodes; a longer text helps nobody


def describe(graph: Graph, shapes: Shapes) -> str:
    """Return the layers in order with their shapes and what they read, and the problems."""
    if not graph.nodes:
        return "The network is empty."
    names = {node.id: node.name for node in graph.nodes}
    order = [*shapes.order, *(node.id for node in graph.nodes if node.id not in shapes.levels)]
    sentences = [f"{len(graph.nodes)} layers, {numbers.count(shapes.parameter_count)} parameters."]
    for node_id in order[:MOST_DESCRIBED]:
        if node_id in names:
            sentences.append(describe_node(graph, shapes, node_id))
    if len(order) > MOST_DESCRIBED:
        sentences.append(f"And {len(order) - MOST_DESCRIBED} more.")
    sentences += [problem.sentence for problem in shapes.problems if problem.node is None]
    return " ".join(sentences)


def describe_node(graph: Graph, shapes: Shapes, node_id: str, recipe: Sequence[str] = ()) -> str:
    """Return one layer: name, units, settings, what it reads, and its problems; of the Input what the recipe did."""
    names = {node.id: node.name for node in graph.nodes}
    node = graph.node(node_id)
    parts = [node.name]
    if node_id in shapes.units:
        parts.append(f"{numbers.count(shapes.units[node_id])} units")
    parts += node.layer.chips()
    parts += [chip.replace("\u00a0", " ") for chip in recipe] if isinstance(node.layer, Input) else []
    parts += ["frozen"] if node.layer.is_frozen else []
    sources = [names[source] for source in graph.inputs_of(node_id) if source in names]
    if sources:
        parts.append(f"reads {' and '.join(sources)}")
    sentence = ", ".join(parts) + "."
    return " ".join([sentence, *(problem.sentence for problem in shapes.problems_of(node_id))])

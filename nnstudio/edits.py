"""Every change a person can make, as a pure function from one document to the next."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping

import msgspec

from engine.activations import Identity, Sigmoid, Softmax
from engine.declared import replace
from engine.graph import Edge, Graph, Node, topological_order
from engine.layers import Input, Layer, Output
from engine.layers.output import LEAST_WEIGHT, MOST_WEIGHT
from engine.losses import BinaryCrossEntropy, CategoricalCrossEntropy, MeanSquaredError
from engine.metrics import task_of
from engine.settings import TrainingSettings
from nnstudio.data import DataRecipe, PreparedData
from nnstudio.document import NODE_SPACING, Document, Position
from nnstudio.layout import CARD_HEIGHT, free_position, placed

MOST_PASTED = 1_000  # layers at once
FARTHEST = 100_000.0  # pixels from the origin of the canvas


class EditError(ValueError):
    """A change that cannot be made; the message says why and what to do instead."""


class Fragment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Copied nodes with the wires among them, as they travel through the clipboard."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    positions: dict[str, Position]


def new_node(graph: Graph, layer: Layer) -> Node:
    """Return a node for ``layer`` whose identity and name are free in ``graph``."""
    stem = re.sub(r"\W+", "_", layer.title.lower())
    ids, names = {node.id for node in graph.nodes}, {node.name for node in graph.nodes}
    if isinstance(layer, (Input, Output)) and stem not in ids and layer.title not in names:
        return Node(id=stem, name=layer.title, layer=layer)
    for number in itertools.count(1):
        node_id, name = f"{stem}_{number}", f"{layer.title} {number}"
        if node_id not in ids and name not in names:
            return Node(id=node_id, name=name, layer=layer)
    raise AssertionError("unreachable")


def add_node(document: Document, node: Node, position: Position) -> Document:
    """Return the document with a node, joined to nothing."""
    graph = document.graph
    if graph.has(node.id):
        raise EditError(f"There is a node called {node.id} already.")
    return msgspec.structs.replace(
        document,
        graph=Graph(nodes=(*graph.nodes, node), edges=graph.edges),
        positions={**document.positions, node.id: position},
    )


def insert_on_edge(document: Document, node: Node, position: Position, edge: Edge) -> Document:
    """Return the document with a node set into a wire: what fed the wire feeds the node, which feeds its target."""
    document = add_node(document, node, position)
    return splice(document, node.id, edge)


def splice(document: Document, node_id: str, edge: Edge) -> Document:
    """Return the document with a node that is there already set into a wire; room is made for its card."""
    if node_id in (edge.source, edge.target):
        raise EditError("A layer cannot be set into a wire of its own.")
    if edge not in document.graph.edges:
        raise EditError("That wire is not there any more.")
    if any(other.target == edge.target for other in document.graph.outgoing(node_id)):
        name, reader = document.graph.node(node_id).name, document.graph.node(edge.target).name
        raise EditError(f"{reader} reads {name} already.")
    without = _with_edges(document, tuple(other for other in document.graph.edges if other != edge))
    joined = connect(without, edge.source, node_id)
    edges = (*joined.graph.edges, Edge(source=node_id, target=edge.target, port=edge.port))
    return _with_room(_checked(joined, edges, node_id, edge.target), node_id, edge)


def connect(document: Document, source: str, target: str) -> Document:
    """Return the document with a wire; a layer that reads one input only loses its former wire.

    Raises
    ------
    EditError
        When the wire would close a loop, end at the input, start at the output, or stand there already.
    """
    graph = document.graph
    reader, read = _node(document, target), _node(document, source)
    if source == target:
        raise EditError(f"{reader.name} cannot read itself.")
    if isinstance(reader.layer, Input):
        raise EditError(f"{reader.name} reads the data only: start the wire at it and end it elsewhere.")
    if isinstance(read.layer, Output):
        raise EditError(f"Nothing can come after {read.name}: it is where the loss is computed.")
    incoming = graph.incoming(target)
    if any(edge.source == source for edge in incoming):
        raise EditError(f"{reader.name} reads {read.name} already.")
    kept = graph.edges
    port = 1 + max((edge.port for edge in incoming), default=-1)
    if reader.layer.most_inputs is not None and len(incoming) >= reader.layer.most_inputs:
        kept = tuple(edge for edge in graph.edges if edge not in incoming)
        port = 0
    return _checked(document, (*kept, Edge(source=source, target=target, port=port)), source, target)


def remove(document: Document, nodes: Iterable[str] = (), edges: Iterable[Edge] = ()) -> Document:
    """Return the document without these nodes and wires.

    A layer with one input and some readers closes the gap it leaves: its readers then read its input.

    Raises
    ------
    EditError
        When the last input or the last output is among the nodes.
    """
    graph = document.graph
    gone_nodes, gone_edges = set(nodes), set(edges)
    for kind in (Input, Output):
        found = graph.of_kind(kind)
        if found and all(node.id in gone_nodes for node in found):
            raise EditError(f"{found[0].name} stays: a network needs one input and one output.")
    kept = [edge for edge in graph.edges if edge not in gone_edges]
    for node_id in (node.id for node in graph.nodes if node.id in gone_nodes):
        before = [edge.source for edge in kept if edge.target == node_id]
        after = [edge for edge in kept if edge.source == node_id]
        kept = [edge for edge in kept if node_id not in (edge.source, edge.target)]
        if len(before) == 1:
            taken = {(edge.source, edge.target) for edge in kept}
            kept += [
                Edge(source=before[0], target=edge.target, port=edge.port)
                for edge in after
                if (before[0], edge.target) not in taken
            ]
    remaining = tuple(node for node in graph.nodes if node.id not in gone_nodes)
    return msgspec.structs.replace(
        document,
        graph=Graph(nodes=remaining, edges=_ports_closed(kept)),
        positions={key: at for key, at in document.positions.items() if key not in gone_nodes},
    )


def move(document: Document, positions: Mapping[str, Position]) -> Document:
    """Return the document with some nodes elsewhere."""
    return msgspec.structs.replace(document, positions={**document.positions, **positions})


def set_layer(document: Document, node_id: str, layer: Layer) -> Document:
    """Return the document with another setting of a node's layer."""
    return _with_node(document, node_id, layer=layer)


def rename(document: Document, node_id: str, name: str) -> Document:
    """Return the document with another name for a node.

    Raises
    ------
    EditError
        When the name is empty or another node has it.
    """
    name = " ".join(name.split())
    if not name:
        raise EditError("A layer needs a name.")
    if any(node.name == name and node.id != node_id for node in document.graph.nodes):
        raise EditError(f"Another layer is called {name} already: choose another name.")
    return _with_node(document, node_id, name=name)


def copy(document: Document, nodes: Iterable[str]) -> Fragment:
    """Return the nodes (input and output left out), and the wires among them, for the clipboard."""
    chosen = tuple(
        node for node_id in nodes if not isinstance((node := _node(document, node_id)).layer, (Input, Output))
    )
    ids = {node.id for node in chosen}
    edges = tuple(edge for edge in document.graph.edges if edge.source in ids and edge.target in ids)
    return Fragment(nodes=chosen, edges=edges, positions={key: document.position(key) for key in ids})


def paste(document: Document, fragment: Fragment, offset: Position) -> tuple[Document, tuple[str, ...]]:
    """Return the document with a fragment's nodes under new names, moved by ``offset``, and their identities.

    Raises
    ------
    EditError
        When the fragment holds nothing that can be pasted, too much, or layers that do not fit together.
    """
    nodes = tuple(node for node in fragment.nodes if not isinstance(node.layer, (Input, Output)))
    _check_fragment(fragment, nodes)
    renamed: dict[str, str] = {}
    for node in nodes:
        fresh = new_node(document.graph, node.layer)
        renamed[node.id] = fresh.id
        x, y = fragment.positions.get(node.id, (0.0, 0.0))
        document = add_node(document, fresh, (x + offset[0], y + offset[1]))
    edges = _ports_closed(
        [
            Edge(source=renamed[edge.source], target=renamed[edge.target], port=edge.port)
            for edge in fragment.edges
            if edge.source in renamed and edge.target in renamed
        ]
    )
    return _with_edges(document, (*document.graph.edges, *edges)), tuple(renamed.values())


def append_layer(document: Document, layer: Layer, after: str | None = None) -> tuple[Document, str]:
    """Return the document with a layer added where it makes sense, and its identity.

    It comes behind ``after`` and takes over what read it; without ``after``, or where that is the output, it
    comes before the output. Room is made for it.
    """
    graph = document.graph
    node = new_node(graph, layer)
    outputs = graph.of_kind(Output)
    if after is not None and graph.has(after) and not isinstance(graph.node(after).layer, Output):
        source, behind = after, graph.outgoing(after)
    elif outputs and len(graph.incoming(outputs[0].id)) == 1:
        behind = graph.incoming(outputs[0].id)
        source = behind[0].source
    else:
        x = max((at[0] for at in document.positions.values()), default=0.0)
        return add_node(document, node, free_position(document.positions, (x, NODE_SPACING))), node.id
    positions = placed(graph, document.positions)
    x, y = positions[source]
    if isinstance(layer, (Input, Output)):
        behind, edges = (), graph.edges
    else:
        taken_over = tuple(msgspec.structs.replace(edge, source=node.id) for edge in behind)
        edges = tuple(edge for edge in graph.edges if edge not in behind)
        edges = (*edges, Edge(source=source, target=node.id), *taken_over)
    first = min((positions[edge.target][0] for edge in behind), default=x)
    shift = max(0.0, x + 2 * NODE_SPACING - first) if first > x else 0.0
    positions = {key: (at[0] + shift, at[1]) if at[0] >= first > x else at for key, at in positions.items()}
    document = msgspec.structs.replace(document, positions=positions)
    document = add_node(document, node, free_position(positions, (x + NODE_SPACING, y)))
    return _with_edges(document, edges), node.id


def set_training(document: Document, training: TrainingSettings) -> Document:
    """Return the document with other hyperparameters."""
    return msgspec.structs.replace(document, training=training)


def set_notes(document: Document, notes: str) -> Document:
    """Return the document with another text beside it: a lesson, or none."""
    return msgspec.structs.replace(document, notes=notes)


def set_checkpoint(document: Document, checkpoint: str | None) -> Document:
    """Return the document with other trained weights."""
    return msgspec.structs.replace(document, checkpoint=checkpoint)


def use_prepared(document: Document, recipe: DataRecipe, prepared: PreparedData) -> Document:
    """Return the document on the data that its recipe gave (:func:`use_data`)."""
    features, outputs = prepared.X.shape[1], prepared.Y.shape[1]
    return use_data(document, recipe, prepared.task, features, outputs, prepared.fitted.class_weights)


def use_data(
    document: Document,
    recipe: DataRecipe,
    task: str,
    n_features: int,
    n_outputs: int,
    class_weights: tuple[float, ...] = (),
) -> Document:
    """Return the document on other data: the input's features, and the output's units, activation and loss follow.

    Weights trained on other data are let go, and so are class weights that came from other data.

    Parameters
    ----------
    recipe
        How the data are read and prepared.
    task
        ``"binary"``, ``"multiclass"`` or ``"regression"``.
    n_features, n_outputs
        Columns of the prepared X and Y.
    class_weights
        Those that balance the classes of the training rows, where the recipe says so.
    """
    before = document.data
    balanced = before is not None and before.preparation.class_weights == "balanced"
    graph = document.graph
    nodes: list[Node] = []
    for node in graph.nodes:
        layer = node.layer
        if isinstance(layer, Input):
            layer = replace(layer, features=n_features)
        elif isinstance(layer, Output):
            layer = output_for(layer, task, n_outputs)
            if class_weights or balanced:
                allowed = layer.loss.classes
                layer = replace(layer, class_weights=tuple(map(_bounded, class_weights)) if allowed else ())
        nodes.append(msgspec.structs.replace(node, layer=layer))
    return msgspec.structs.replace(
        document, data=recipe, graph=Graph(nodes=tuple(nodes), edges=graph.edges), checkpoint=None
    )


def output_for(output: Output, task: str, units: int) -> Output:
    """Return the output layer that fits a task; one that fits already keeps its own activation and loss."""
    usual = {
        "binary": (Sigmoid(), BinaryCrossEntropy()),
        "multiclass": (Softmax(), CategoricalCrossEntropy()),
        "regression": (Identity(), MeanSquaredError()),
    }
    fitted = replace(output, units=units)
    if task_of(fitted) != task:
        activation, loss = usual[task]
        fitted = replace(fitted, activation=activation, loss=loss)
    several = task == "binary" and units > 1  # questions, each with its own classes
    if len(fitted.class_weights) != max(2, units) or not fitted.loss.classes or several:
        fitted = replace(fitted, class_weights=())
    return fitted


def _bounded(weight: float) -> float:
    return min(max(weight, LEAST_WEIGHT), MOST_WEIGHT)


def _check_fragment(fragment: Fragment, nodes: tuple[Node, ...]) -> None:
    """Refuse what no canvas can have copied; the clipboard may hold anything."""
    if not nodes:
        raise EditError("There is no layer to paste: the input and the output stay where they are.")
    if len(nodes) > MOST_PASTED or len(fragment.edges) > 4 * MOST_PASTED:
        raise EditError(f"{len(nodes)} layers are too many to paste at once: {MOST_PASTED} is the limit.")
    ids = {node.id for node in nodes}
    if len(ids) != len(nodes):
        raise EditError("The layers to paste do not fit together: two have the same identity. Copy them again.")
    if any(not math.isfinite(at) or abs(at) > FARTHEST for place in fragment.positions.values() for at in place):
        raise EditError("The layers to paste stand too far away: copy them again from a canvas.")
    among = [edge for edge in fragment.edges if edge.source in ids and edge.target in ids]
    graph = Graph(nodes=nodes, edges=tuple(among))
    pairs = {(edge.source, edge.target) for edge in among}
    crowded = any(
        node.layer.most_inputs is not None and len(graph.incoming(node.id)) > node.layer.most_inputs for node in nodes
    )
    if crowded or len(pairs) != len(among) or topological_order(graph)[1]:
        raise EditError("The layers to paste do not fit together: their wires contradict each other.")


def _with_room(document: Document, node_id: str, edge: Edge) -> Document:
    """Return the document with a card clear of the two it came between; what is right of it moves right."""
    positions = placed(document.graph, document.positions)
    (start_x, start_y), (x, y), (end_x, end_y) = (positions[key] for key in (edge.source, node_id, edge.target))
    if end_x <= start_x:
        return document
    if start_y == end_y and abs(y - start_y) < CARD_HEIGHT / 2:
        y = start_y
    if abs(y - start_y) < CARD_HEIGHT:
        x = max(x, start_x + NODE_SPACING)
    shift = max(0.0, x + NODE_SPACING - end_x) if abs(y - end_y) < CARD_HEIGHT else 0.0
    others = {key: (at[0] + shift, at[1]) if at[0] >= end_x else at for key, at in positions.items() if key != node_id}
    place = free_position(others, (x, y))
    return msgspec.structs.replace(document, positions={**others, node_id: place})


def _node(document: Document, node_id: str) -> Node:
    if not document.graph.has(node_id):
        raise EditError("That layer is not there any more.")
    return document.graph.node(node_id)


def _with_node(document: Document, node_id: str, **changes: object) -> Document:
    graph = document.graph
    _node(document, node_id)
    nodes = tuple(msgspec.structs.replace(node, **changes) if node.id == node_id else node for node in graph.nodes)
    return msgspec.structs.replace(document, graph=Graph(nodes=nodes, edges=graph.edges))


def _with_edges(document: Document, edges: tuple[Edge, ...]) -> Document:
    return msgspec.structs.replace(document, graph=Graph(nodes=document.graph.nodes, edges=edges))


def _checked(document: Document, edges: tuple[Edge, ...], source: str, target: str) -> Document:
    changed = _with_edges(document, edges)
    if topological_order(changed.graph)[1] and not topological_order(document.graph)[1]:
        one, other = document.graph.node(source).name, document.graph.node(target).name
        raise EditError(f"A wire from {one} to {other} would close a loop: a network computes in one direction.")
    return changed


def _ports_closed(edges: list[Edge]) -> tuple[Edge, ...]:
    """Return the edges with the ports of each reader numbered 0, 1, ... without a gap."""
    seen: dict[str, int] = {}
    ports: dict[Edge, int] = {}
    for edge in sorted(edges, key=lambda edge: (edge.target, edge.port)):
        ports[edge] = seen.get(edge.target, 0)
        seen[edge.target] = ports[edge] + 1
    return tuple(msgspec.structs.replace(edge, port=ports[edge]) for edge in edges)

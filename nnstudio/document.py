"""The document: one immutable value that holds everything a person makes, and the first one they see."""

from __future__ import annotations

import msgspec

from engine.graph import Graph, chain
from engine.layers import Dense, Input, Output
from engine.optimizers import Adam
from engine.settings import TrainingSettings
from nnstudio.data import DataRecipe

Position = tuple[float, float]

NODE_SPACING = 192.0  # pixels of the canvas between the left edges of neighboring nodes: twelve dots of its grid
GRID = 16.0


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The network, where it stands on the canvas, the data recipe, the hyperparameters, and the trained weights' name.

    Every change is a pure function of :mod:`nnstudio.edits`. ``checkpoint`` is the content hash of trained weights
    kept in a :class:`nnstudio.checkpoints.CheckpointStore`, or None before the first training. ``notes`` is the text of
    a lesson (:mod:`nnstudio.lessons`), or empty.
    """

    graph: Graph = Graph()
    positions: dict[str, Position] = {}
    data: DataRecipe | None = None
    training: TrainingSettings = TrainingSettings()
    checkpoint: str | None = None
    notes: str = ""

    def position(self, node_id: str) -> Position:
        """Return where a node's top left corner stands; unplaced nodes stand at the origin."""
        return self.positions.get(node_id, (0.0, 0.0))


def in_a_row(graph: Graph, top: float = 0.0) -> dict[str, Position]:
    """Return positions for the nodes of a chain, from left to right."""
    return {node.id: (index * NODE_SPACING, top) for index, node in enumerate(graph.nodes)}


def starting_document() -> Document:
    """Return the network of the first start: 2-16-16-1 with tanh, ready for the first sample's data.

    Its data are set with :func:`nnstudio.edits.use_data`.
    """
    graph = chain([Input(features=2), Dense(units=16), Dense(units=16), Output(units=1)])
    training = TrainingSettings(optimizer=Adam(learning_rate=0.01), batch_size=32, epochs=2_000)
    return Document(graph=graph, positions=in_a_row(graph), training=training)

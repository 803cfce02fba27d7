"""Which changes of a document the engine cannot take while it runs, and needs to be loaded anew for."""

from __future__ import annotations

from engine.settings import TrainingSettings
from nnstudio import edits
from nnstudio.document import Document


def concerns_engine(before: Document, after: Document) -> bool:
    """Whether a change needs the engine to be loaded anew (hyperparameters alone do not)."""
    return (
        _network(before) != _network(after)
        or before.data != after.data
        or before.checkpoint != after.checkpoint
        or _restarting(before.training) != _restarting(after.training)
    )


def _restarting(training: TrainingSettings) -> tuple[str, int]:
    return training.precision, training.seed


def _network(document: Document) -> tuple[object, ...]:
    """Return what the engine sees of a graph: names do not matter to it."""
    graph = document.graph
    return tuple((node.id, node.layer) for node in graph.nodes), graph.edges


def without_weights(document: Document) -> Document:
    """Return the document without the name of its weights."""
    return edits.set_checkpoint(document, None)

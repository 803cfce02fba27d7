"""Whether a document can be trained: the problems of its graph, and those between graph, settings and data."""

from __future__ import annotations

import msgspec

from engine.layers import Output
from engine.metrics import task_of
from engine.problems import training_problems
from engine.shapes import Problem, Shapes, infer_shapes
from nnstudio.data import PreparedData
from nnstudio.document import Document


def shapes_of(document: Document, data: PreparedData | None) -> Shapes:
    """Return the shapes of a document's graph with every problem that keeps it from being trained on its data."""
    shapes = infer_shapes(document.graph)
    if data is None:
        return shapes
    return msgspec.structs.replace(shapes, problems=(*shapes.problems, *data_problems(document, data)))


def data_problems(document: Document, data: PreparedData) -> tuple[Problem, ...]:
    """Return the problems between a document's graph, its settings and its data."""
    found = training_problems(document.graph, document.training, len(data.training), len(data.validation))
    return (*found, *_target_problems(document, data))


def _target_problems(document: Document, data: PreparedData) -> tuple[Problem, ...]:
    """Return why an output cannot answer several yes/no questions; other misfits the engine finds itself."""
    if data.task != "binary" or len(data.targets) < 2:
        return ()
    return tuple(
        Problem(
            kind="targets",
            node=node.id,
            sentence=f"{node.name} takes its outputs for classes of which one is right, and the targets {data.target} "
            "are yes or no each: choose sigmoid with binary cross-entropy.",
        )
        for node in document.graph.nodes
        if isinstance(node.layer, Output) and task_of(node.layer) == "multiclass"
    )

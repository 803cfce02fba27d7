"""Whether a document can be trained: the problems of its graph, and those between graph, settings and data."""

from __future__ import annotations

import msgspec

from engine.problems import training_problems
from engine.shapes import Shapes, infer_shapes
from nnstudio.data import PreparedData
from nnstudio.document import Document


def shapes_of(document: Document, data: PreparedData | None) -> Shapes:
    """Return the shapes of a document's graph with every problem that keeps it from being trained on its data."""
    shapes = infer_shapes(document.graph)
    if data is None:
        return shapes
    found = training_problems(document.graph, document.training, len(data.training), len(data.validation))
    return msgspec.structs.replace(shapes, problems=(*shapes.problems, *found))

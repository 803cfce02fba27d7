"""Whether a document can be trained: the problems of its graph, and those between graph, settings and data."""

from __future__ import annotations

import os

import msgspec
import numpy as np

from engine.layers import Output
from engine.metrics import task_of
from engine.problems import training_problems
from engine.shapes import Problem, Shapes, infer_shapes
from nnstudio.data import PreparedData
from nnstudio.document import Document

GIGA = 1e9
MUCH = 0.25  # of the machine's memory, from which on it is worth a warning


def shapes_of(document: Document, data: PreparedData | None) -> Shapes:
    """Return the shapes of a document's graph with every problem that keeps it from being trained on its data."""
    shapes = infer_shapes(document.graph)
    found = memory_problems(document, shapes)
    if data is not None:
        found = (*found, *data_problems(document, data))
    return msgspec.structs.replace(shapes, problems=(*shapes.problems, *found)) if found else shapes


def data_problems(document: Document, data: PreparedData) -> tuple[Problem, ...]:
    """Return the problems between a document's graph, its settings and its data."""
    found = training_problems(document.graph, document.training, len(data.training), len(data.validation))
    return (*found, *_target_problems(document, data))


def memory_problems(document: Document, shapes: Shapes, memory: int | None = None) -> tuple[Problem, ...]:
    """Return whether training needs more memory than there is, or much of it.

    Needed are the parameters, their gradient and what the optimizer keeps of each; and one last good copy of all but
    the gradient.

    Parameters
    ----------
    memory
        The bytes that this machine has, or less; looked up where none are given.
    """
    memory = physical_memory() if memory is None else memory
    arrays = 3 + 2 * len(document.training.optimizer.slots)
    needed = shapes.parameter_count * np.dtype(document.training.precision).itemsize * arrays
    if not memory or needed <= MUCH * memory:
        return ()
    largest = max(shapes.parameters, key=lambda node: shapes.parameters[node])
    whole = f"Training {shapes.parameter_count:,} parameters needs about {needed / GIGA:.3g} GB of memory"
    name = document.graph.node(largest).name
    advice = f"Most are those of {name}: give it, or the layer before it, fewer units."
    if needed > memory:
        return (
            Problem(
                kind="memory", node=largest, sentence=f"{whole}, and this machine has {memory / GIGA:.3g} GB. {advice}"
            ),
        )
    sentence = f"{whole} of the {memory / GIGA:.3g} GB that this machine has. {advice}"
    return (Problem(kind="memory", node=largest, sentence=sentence, severity="warning"),)


def physical_memory() -> int:
    """Return the bytes of memory that this machine has, 0 where it does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows has no such call
        return 0


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

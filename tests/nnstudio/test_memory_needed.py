"""A network that needs more memory than there is, or much of it, is a problem that says how much and what to do."""

from __future__ import annotations

import pytest

from engine import Dense, Input, Output, chain
from engine.declared import replace
from engine.optimizers import Adam, Sgd
from engine.shapes import infer_shapes
from nnstudio.document import Document, in_a_row
from nnstudio.readiness import memory_problems, physical_memory

GRAPH = chain([Input(features=9), Dense(units=90), Dense(units=1_000), Output()])
PARAMETERS = 10 * 90 + 91 * 1_000 + 1_001


def document(optimizer=None, precision="float32"):
    made = Document(graph=GRAPH, positions=in_a_row(GRAPH))
    training = replace(made.training, optimizer=optimizer or Adam(), precision=precision)
    return replace(made, training=training)


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        (document(), PARAMETERS * 4 * 7),  # parameters, gradient, two moments; all but the gradient once more
        (document(Sgd()), PARAMETERS * 4 * 3),
        (document(precision="float64"), PARAMETERS * 8 * 7),
    ],
)
def test_memory_for_parameters_gradient_and_moments_is_counted(given, needed):
    shapes = infer_shapes(GRAPH)
    (error,) = memory_problems(given, shapes, needed - 1)
    assert error.severity == "error"
    assert error.node == "dense_2"
    assert error.sentence.startswith(f"Training {PARAMETERS:,} parameters needs about {needed / 1e9:.3g} GB of memory")
    assert "Dense 2" in error.sentence
    assert "fewer units" in error.sentence
    (warning,) = memory_problems(given, shapes, 2 * needed)
    assert warning.severity == "warning"
    assert memory_problems(given, shapes, 5 * needed) == ()


def test_a_machine_that_does_not_tell_its_memory_raises_no_problem():
    assert memory_problems(document(), infer_shapes(GRAPH), 0) == ()


def test_the_memory_of_this_machine_is_known_where_it_tells():
    assert physical_memory() == 0 or physical_memory() > 2**28

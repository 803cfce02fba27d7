"""The computation graph: every operation reads what is there, and the chain rule ends in the engine's derivatives."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Add, BatchNorm, Dataset, Dense, Dropout, Input, LayerNorm, Network, Output, Softmax, chain, wired
from engine.ledger import Window, ledger
from engine.losses import CategoricalCrossEntropy
from nnstudio.computation import LOSS, as_text, computation_of, loss_of
from nnstudio.ledger import lines
from nnstudio.ledger_terms import making

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from graphs import HIDDEN, OUTPUTS, examples, random_graphs, shaken, units_for


def of_one_example(network, windows=()):
    X, Y = examples(network, 1)
    return ledger(network, Dataset(X, Y, network.dtype), (0,), windows), X, Y


def walk(network):
    """Go through all operations, and return what the chain rule gave for each quantity that has terms of its own."""
    book, X, Y = of_one_example(network)
    computation = computation_of(network.graph, network.shapes)
    found = {line.symbol: line for line in lines(network.graph, network.shapes, book)}
    given: dict[str, np.ndarray] = {}
    for position, step in enumerate(computation.steps):
        known = computation.known(position)
        assert set(step.reads) <= known, step
        assert step.writes not in known, step
        line = found.get(step.writes)
        if line is None:
            assert step.writes == LOSS
            continue
        made = np.full(line.shape, np.nan)
        for i, j in np.ndindex(line.shape):
            made[i, j] = making(network.graph, network.shapes, book, line, i, j).total
        given[step.writes] = made
    return computation, given, network.gradients(X, Y)


def assert_ends_in_the_engines_derivatives(network):
    computation, given, gradients = walk(network)
    for key, gradient in gradients.items():
        node, _, name = key.rpartition(".")
        level = network.shapes.levels[node]
        if name == "Theta":
            made = np.hstack([given[f"db[{level}]"], given[f"dW[{level}]"]])
        else:
            made = given[f"d{name}[{level}]"]
        scale = max(1.0, float(np.abs(gradient).max()))
        np.testing.assert_allclose(made, gradient, rtol=1e-12, atol=1e-12 * scale)
    derivatives = {box.derivative for box in computation.boxes.values() if box.kind == "parameter" and box.derivative}
    written = [step.writes for step in computation.steps]
    assert derivatives <= set(written)
    assert len(written) == len(set(written))


@settings(max_examples=60, deadline=None)
@given(graph=random_graphs(), seed=st.integers(0, 1000))
def test_a_walk_through_a_random_network_gives_the_engines_derivative_of_every_parameter(graph, seed):
    assert_ends_in_the_engines_derivatives(shaken(graph, seed))


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda kind: kind.title)
@pytest.mark.parametrize(("activation", "loss"), OUTPUTS, ids=lambda value: value.title)
def test_a_walk_gives_the_engines_derivatives_for_every_activation_and_loss(hidden, activation, loss):
    last = Output(units=units_for(loss), activation=activation, loss=loss)
    layers = [Input(features=2), Dense(units=8, activation=hidden()), Dense(units=8, activation=hidden()), last]
    assert_ends_in_the_engines_derivatives(shaken(chain(layers)))


def test_class_weights_and_frozen_layers_are_walked_through():
    last = Output(units=3, activation=Softmax(), loss=CategoricalCrossEntropy(), class_weights=(1.0, 2.0, 0.5))
    network = shaken(chain([Input(features=3), Dense(units=4, frozen=True), Dense(units=4), last]))
    computation, _, _ = walk(network)
    assert_ends_in_the_engines_derivatives(network)
    frozen = [computation.boxes[symbol] for symbol in ("W[1]", "b[1]", "Z[1]", "A[1]")]
    assert [box.derivative for box in frozen] == ["", "", "", ""]


def test_the_operations_of_a_small_network_are_the_notes_own():
    network = shaken(chain([Input(features=2), Dense(units=8), Output()]))
    steps = computation_of(network.graph, network.shapes).steps
    assert [step.text for step in steps] == [
        "Z[1] = W[1] X + b[1]",
        "A[1] = tanh(Z[1])",
        "Z[2] = W[2] A[1] + b[2]",
        "A[2] = σ(Z[2])",
        "L(ŷ, y) = −[y log ŷ + (1 − y) log(1 − ŷ)]",
        "dA[2] = −Y/A[2] + (1 − Y)/(1 − A[2])",
        "dZ[2] = A[2] − Y",
        "dW[2] = 1/m dZ[2] A[1]ᵀ",
        "db[2] = 1/m Σ dZ[2]",
        "dA[1] = W[2]ᵀ dZ[2]",
        "dZ[1] = dA[1] ∗ tanh′(Z[1])",
        "dW[1] = 1/m dZ[1] Xᵀ",
        "db[1] = 1/m Σ dZ[1]",
    ]
    assert [step.direction for step in steps] == ["forward"] * 4 + ["loss"] + ["backward"] * 8
    assert [step.node for step in steps][-3:] == ["dense_1"] * 3


def test_every_kind_of_layer_has_boxes_and_links_of_its_own():
    layers = {"x": Input(features=2), "a": Dense(units=4), "n": BatchNorm(), "d": Dropout(), "b": Dense(units=4)}
    layers |= {"l": LayerNorm(), "both": Add(), "y": Output()}
    graph = wired(layers, ("x", "a", "n", "d", "both", "y"), ("x", "b", "l", "both"))
    network = Network(graph, precision="float64")
    computation = computation_of(graph, network.shapes)
    level = network.shapes.levels["both"]
    readers = [target for source, target in computation.links if source == "X"]
    assert readers == [f"Z[{network.shapes.levels[node]}]" for node in ("a", "b")]
    assert sum(target == f"A[{level}]" for _, target in computation.links) == 2
    assert {box.node for box in computation.boxes.values()} == set(layers)
    assert not any(box.symbol.startswith("D[") for box in computation.boxes.values())


@pytest.mark.parametrize(("activation", "loss"), OUTPUTS, ids=lambda value: value.title)
def test_the_loss_is_the_engines_own(activation, loss):
    last = Output(units=units_for(loss), activation=activation, loss=loss)
    network = shaken(chain([Input(features=3), Dense(units=4), last]))
    book, X, Y = of_one_example(network)
    made = loss_of(network.graph, network.shapes, book)
    assert made.value == pytest.approx(network.cost(X, Y), rel=1e-12)
    assert made.numbers


def test_the_loss_of_many_classes_is_read_first():
    last = Output(units=90, activation=Softmax(), loss=CategoricalCrossEntropy())
    network = shaken(chain([Input(features=3), last]))
    made = loss_of(network.graph, network.shapes, of_one_example(network)[0])
    assert Window("Z[1]", 0, 90, 0, 1) in made.missing
    book, X, Y = of_one_example(network, made.read)
    assert loss_of(network.graph, network.shapes, book).value == pytest.approx(network.cost(X, Y), rel=1e-12)


def test_as_text_each_operation_stands_with_its_numbers():
    network = shaken(chain([Input(features=2), Output()]))
    text = as_text(computation_of(network.graph, network.shapes), {"Z[1]": "0.25"})
    assert text.splitlines()[0] == "  1 → Z[1] = W[1] X + b[1]    0.25"
    assert text.splitlines()[-1].startswith("  7 ← db[1]")

"""Every gradient against central differences, and the fast program against the one for looking."""

from __future__ import annotations

import numpy as np
import pytest
from numeric import worst_relative_error

from engine import (
    ActivationLayer,
    Add,
    Concatenate,
    Dataset,
    Dense,
    Dropout,
    Edge,
    Graph,
    Input,
    Network,
    Node,
    Output,
    chain,
)
from engine.activations import ACTIVATIONS, Identity, Sigmoid, Softmax, Tanh
from engine.initializers import XavierNormal
from engine.losses import BinaryCrossEntropy, CategoricalCrossEntropy, MeanSquaredError

HIDDEN = [kind for kind in ACTIVATIONS.values() if not kind.output_only]
OUTPUTS = [
    (Sigmoid(), BinaryCrossEntropy(), 1),
    (Sigmoid(), BinaryCrossEntropy(), 3),
    (Softmax(), CategoricalCrossEntropy(), 4),
    (Identity(), MeanSquaredError(), 2),
    (Sigmoid(), MeanSquaredError(), 2),
]
TOLERANCE = 1e-6


def examples(n_x: int, n_y: int, m: int = 9, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(m, n_x))
    return X, np.eye(max(n_y, 2))[rng.integers(0, max(n_y, 2), m)][:, :n_y]


def shaken(graph: Graph, seed: int = 3) -> Network:
    """Return a network whose biases are not zero, so that no unit stands at a kink."""
    network = Network(graph, seed=seed, precision="float64")
    rng = np.random.default_rng(seed)
    network.theta += 0.3 * rng.normal(size=network.theta.shape)
    return network


def branching(hidden, output, loss, n_y: int) -> Graph:
    """Return a graph with a skip connection, a fan-out of three, an Add, a Concatenate and a layer of each kind."""
    layers = {
        "x": Input(features=3),
        "a": Dense(units=4, activation=hidden),
        "b": Dense(units=4, activation=hidden),
        "drop": Dropout(rate=0.5),
        "sum": Add(),
        "both": Concatenate(),
        "g": ActivationLayer(activation=hidden),
        "out": Output(units=n_y, activation=output, loss=loss),
    }
    wires = [
        ("x", "a", 0),
        ("a", "b", 0),
        ("b", "drop", 0),
        ("drop", "sum", 0),
        ("a", "sum", 1),
        ("sum", "both", 0),
        ("x", "both", 1),
        ("a", "both", 2),
        ("both", "g", 0),
        ("g", "out", 0),
    ]
    return Graph(
        nodes=tuple(Node(id=key, name=key, layer=layer) for key, layer in layers.items()),
        edges=tuple(Edge(source=s, target=t, port=p) for s, t, p in wires),
    )


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda kind: kind.title)
@pytest.mark.parametrize(("output", "loss", "n_y"), OUTPUTS, ids=lambda value: getattr(value, "title", str(value)))
def test_a_deep_network_has_the_gradient_that_differences_give(hidden, output, loss, n_y):
    layers = [Input(features=3), Dense(units=5, activation=hidden()), Dense(units=4, activation=hidden())]
    network = shaken(chain([*layers, Output(units=n_y, activation=output, loss=loss)]))
    assert worst_relative_error(network, *examples(3, n_y)) < TOLERANCE


@pytest.mark.parametrize(("output", "loss", "n_y"), OUTPUTS, ids=lambda value: getattr(value, "title", str(value)))
def test_no_hidden_layer_is_logistic_regression_with_the_right_gradient(output, loss, n_y):
    network = shaken(chain([Input(features=3), Output(units=n_y, activation=output, loss=loss)]))
    assert worst_relative_error(network, *examples(3, n_y)) < TOLERANCE


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda kind: kind.title)
def test_branches_merges_and_fan_out_have_the_gradient_that_differences_give(hidden):
    network = shaken(branching(hidden(), Softmax(), CategoricalCrossEntropy(), 3))
    assert worst_relative_error(network, *examples(3, 3)) < TOLERANCE


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda kind: kind.title)
@pytest.mark.parametrize(("output", "loss", "n_y"), OUTPUTS, ids=lambda value: getattr(value, "title", str(value)))
def test_the_program_for_speed_and_the_one_for_looking_agree(hidden, output, loss, n_y):
    network = shaken(branching(hidden(), output, loss, n_y))
    network.generator = None  # dropout stands still, as it does while looking
    X, Y = examples(3, n_y)
    seen = network.gradients(X, Y)
    program = network.program(len(X), "training")
    data = Dataset(X, Y, np.float64)
    program.x[...], program.y[...] = data.extended, data.targets
    program.run("forward", "loss", "backward")
    for key, gradient in network.slices(network.gradient).items():
        np.testing.assert_allclose(gradient / len(X), seen[key], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("z", [1e30, -1e30, 800.0, -800.0, 0.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_binary_cross_entropy_is_finite_and_exact_for_any_z(z, y):
    value = BinaryCrossEntropy().from_z(np.array([[z]]), np.array([[y]]))[0]
    expected = {0.0: max(z, 0.0), 1.0: max(-z, 0.0)}[y] + (np.log(2) if z == 0 else 0.0)
    assert value == pytest.approx(expected, rel=1e-12)


def test_categorical_cross_entropy_is_finite_for_any_z():
    z = np.array([[1e30], [-1e30], [0.0]])
    assert CategoricalCrossEntropy().from_z(z, np.array([[1.0], [0.0], [0.0]]))[0] == 0.0
    assert CategoricalCrossEntropy().from_z(z, np.array([[0.0], [0.0], [1.0]]))[0] == 1e30


def test_the_fused_gradient_is_a_minus_y():
    network = shaken(
        chain([Input(features=2), Dense(units=3, activation=Tanh(), initializer=XavierNormal()), Output()])
    )
    X, Y = examples(2, 1)
    program = network.look(Dataset(X, Y, np.float64))
    np.testing.assert_array_equal(program.refs["dZ[2]"].array, program.a - Y.T)

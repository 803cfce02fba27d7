"""A walk shows the engine's own numbers: every value and derivative, in the order of computation."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import HIDDEN, OUTPUTS, examples, random_graphs, shaken, units_for
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Dataset, Dense, Input, Network, Output, chain
from engine.walk import PICTURE_SIDE, quantity, walk


def last(seen, symbol: str) -> np.ndarray:
    return [stop.wrote for stop in seen.stops if stop.wrote.symbol == symbol][-1].values


@settings(max_examples=60, deadline=None)
@given(graph=random_graphs(), seed=st.integers(0, 1000))
def test_a_walk_over_one_example_ends_in_the_engines_prediction_and_gradient(graph, seed):
    network = shaken(graph, seed)
    X, Y = examples(network, 1, seed)
    seen = walk(network, Dataset(X, Y, np.float64))
    gradients = network.gradients(X, Y)
    for key, gradient in gradients.items():
        node, _, name = key.rpartition(".")
        level = network.shapes.levels[node]
        symbol = f"d{name}[{level}]"
        wrote = [stop.wrote for stop in seen.stops if stop.wrote.symbol.removesuffix(".T") == symbol][-1]
        expected = quantity(symbol, gradient.T if wrote.symbol.endswith(".T") else gradient)
        np.testing.assert_allclose(wrote.values * seen.share, expected.values, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda kind: kind.title)
@pytest.mark.parametrize(("activation", "loss"), OUTPUTS, ids=lambda value: value.title)
def test_each_value_of_a_walk_follows_from_those_before_it_by_the_notes_formulas(hidden, activation, loss):
    last_layer = Output(units=units_for(loss), activation=activation, loss=loss)
    network = shaken(chain([Input(features=3), Dense(units=4, activation=hidden()), last_layer]))
    X, Y = examples(network, 1)
    seen = walk(network, Dataset(X, Y, np.float64))
    theta1, theta2 = seen.given["Theta[1]"].values, seen.given["Theta[2]"].values
    z1 = theta1[:, 1:] @ X.T + theta1[:, :1]
    np.testing.assert_allclose(last(seen, "Z[1]"), z1, rtol=1e-12)
    a1 = hidden().value(z1)
    np.testing.assert_allclose(last(seen, "A[1]"), a1, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(last(seen, "Z[2]"), theta2[:, 1:] @ a1 + theta2[:, :1], rtol=1e-12)
    dz1 = (theta2[:, 1:].T @ last(seen, "dZ[2]")) * hidden().derivative(z1)
    np.testing.assert_allclose(last(seen, "dZ[1]"), dz1, rtol=1e-10, atol=1e-15)


def test_walking_changes_nothing():
    network = shaken(chain([Input(features=3), Dense(units=4), Output(units=2)]))
    network.gradient[...] = 3.0
    before = network.theta.tobytes(), network.gradient.tobytes()
    walk(network, Dataset(*examples(network, 5), np.float64))
    assert (network.theta.tobytes(), network.gradient.tobytes()) == before


def test_a_large_array_is_told_by_a_picture_with_its_true_shape_and_norm():
    network = Network(chain([Input(features=300), Dense(units=200), Output()]))
    seen = walk(network, Dataset(np.ones((1, 300)), np.ones(1)))
    theta = seen.given["Theta[1]"]
    assert theta.shape == (200, 301)
    assert theta.values.shape == (PICTURE_SIDE, PICTURE_SIDE)
    assert not theta.whole
    assert theta.norm == pytest.approx(np.linalg.norm(network.parameters["dense_1.Theta"]), rel=1e-5)

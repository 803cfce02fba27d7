"""What units respond to: against activations computed by hand, in plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import examples, shaken
from hypothesis import given, settings
from hypothesis import strategies as st
from test_trainer import rings, small

from engine import (
    ActivationLayer,
    Add,
    BatchNorm,
    Concatenate,
    Dataset,
    Dense,
    Dropout,
    Input,
    Network,
    Output,
    Trainer,
    TrainingSettings,
    Zeros,
    chain,
    wired,
)
from engine import units as units_file
from engine.activations import Relu, Sigmoid
from engine.probes import decision_grid, looked_at, probe
from engine.snapshot import ProbeRequest
from engine.units import MOST_EXTREMES, MOST_LINKS, MOST_UNITS, twins, units


def look(network, data, node):
    return units(network, looked_at(data), node, data)


def wide(features=5, width=9, m=400, activation=None, precision="float64"):
    graph = chain(
        [
            Input(features=features),
            Dense(units=width, activation=activation or Relu()),
            Dense(units=width, activation=activation or Relu()),
            Output(),
        ]
    )
    network = shaken(graph, precision=precision)
    X, Y = examples(network, m)
    return network, Dataset(X, Y, network.dtype)


def hidden(network, X, node):
    """Return A (n, m) of a Dense layer in a chain of Dense layers, in plain NumPy."""
    a = X.T
    for one in network.shapes.order[1:]:
        theta, layer = network.parameters[f"{one}.Theta"], network.graph.node(one).layer
        a = layer.activation.value(theta[:, 1:] @ a + theta[:, :1])
        if one == node:
            return a
    raise KeyError(node)


@pytest.mark.parametrize("node", ["dense_1", "output"])
def test_the_plane_holds_each_units_activation_over_the_boundarys_plane(node):
    network, data = small(), rings().astype(np.float32)
    found = look(network, data, node)
    grid = decision_grid(network, looked_at(data), (0, 1), found.plane.values.shape[1])
    assert (found.plane.x, found.plane.y) == (grid.x, grid.y)
    side = found.plane.values.shape[1]
    x, y = np.linspace(*grid.x, side), np.linspace(*grid.y, side)
    points = np.array([[x[5], y[11]], [x[-1], y[0]]])
    np.testing.assert_allclose(
        found.plane.values[:, [11, 0], [5, side - 1]], hidden(network, points, node), rtol=1e-4, atol=1e-6
    )
    if node == "output":
        np.testing.assert_allclose(found.plane.values, grid.values, rtol=1e-5)
    assert found.strongest is None


def test_one_feature_gives_a_line():
    network = Network(chain([Input(features=1), Dense(units=3, activation=Sigmoid()), Output()]), precision="float64")
    data = Dataset(np.linspace(-1, 2, 50)[:, None], np.zeros(50), np.float64)
    plane = look(network, data, "dense_1").plane
    assert plane.values.shape[:2] == (3, 1)
    line = np.linspace(*plane.x, plane.values.shape[2])[:, None]
    np.testing.assert_allclose(plane.values[:, 0], hidden(network, line, "dense_1"))
    assert plane.x[0] < -1
    assert plane.x[1] > 2


@pytest.mark.parametrize("chunk", [7, 1000])
def test_the_extremes_are_the_rows_with_the_largest_and_the_smallest_activations(chunk, monkeypatch):
    network, data = wide()
    monkeypatch.setattr(Network, "chunk", chunk)
    found = look(network, data, "dense_2")
    a = hidden(network, data.X, "dense_2")
    for extremes, order in ((found.strongest, -a), (found.weakest, a)):
        expected = np.sort(order, axis=1)[:, :MOST_EXTREMES]
        np.testing.assert_allclose(np.abs(extremes.values), np.abs(expected), atol=1e-12)
        np.testing.assert_allclose(np.take_along_axis(a, extremes.rows, axis=1), extremes.values, atol=1e-12)
        assert all(len(set(row)) == MOST_EXTREMES for row in extremes.rows.tolist())
    assert found.plane is None


def test_no_more_examples_are_told_than_there_are():
    network, data = wide(m=5)
    assert look(network, data, "dense_1").strongest.rows.shape == (9, 5)


@pytest.mark.parametrize("kind", [Relu(), Sigmoid()], ids=["relu", "sigmoid"])
def test_the_figures_are_those_of_all_training_examples(kind):
    network, data = wide(activation=kind)
    network.parameters["dense_1.Theta"][0, 0] = -50.0
    found = look(network, data, "dense_1")
    theta = network.parameters["dense_1.Theta"]
    z = theta[:, 1:] @ data.X.T + theta[:, :1]
    a, slope = kind.value(z), np.abs(kind.derivative(z))
    assert (found.examples, found.total) == (400, 400)
    for told, true in (
        (found.means, a.mean(axis=1)),
        (found.lows, a.min(axis=1)),
        (found.highs, a.max(axis=1)),
        (found.flat, (slope < 0.02).mean(axis=1)),
        (found.dead, (slope == 0).mean(axis=1)),
        (found.biases, theta[:, 0]),
    ):
        np.testing.assert_allclose(told, true, atol=1e-12)
    assert found.flat[0] == 1.0


def test_a_layer_that_applies_an_activation_tells_its_slopes_and_others_do_not():
    layers = [Input(features=2), Dense(units=3), ActivationLayer(activation=Relu()), Dropout(), Output()]
    network, data = shaken(chain(layers)), rings(200)
    found = look(network, data, "activation_1")
    a = hidden(network, data.X, "dense_1")
    np.testing.assert_allclose(found.dead, (a < 0).mean(axis=1))
    np.testing.assert_allclose(found.means, np.maximum(a, 0).mean(axis=1))
    assert np.isnan(look(network, data, "dropout_1").dead).all()
    assert np.isnan(look(network, data, "output").flat).all()
    assert look(network, data, "activation_1").reads is None
    assert look(network, data, "activation_1").biases.shape == (0,)


@pytest.mark.parametrize(("unit", "start", "end"), [(0, 0, 64), (63, 0, 64), (64, 64, 128), (199, 192, 200)])
def test_of_a_large_layer_the_page_with_the_wanted_unit_is_told_and_its_true_size(unit, start, end):
    network, data = wide(width=200)
    found = units(network, looked_at(data), "dense_2", data, unit)
    assert found.count == 200
    assert found.shown.tolist() == list(range(start, end))
    np.testing.assert_allclose(found.means, hidden(network, data.X, "dense_2").mean(axis=1)[start:end])
    theta = network.parameters["output.Theta"]
    np.testing.assert_array_equal(found.read_by[0].weights[:, 0], theta[0, 1 + start : 1 + end])


@pytest.mark.parametrize("unit", [-5, 10_000])
def test_a_unit_that_is_not_there_stands_for_the_nearest_one(unit):
    network, data = wide(width=130)
    shown = units(network, looked_at(data), "dense_1", data, unit).shown
    assert (shown[0], len(shown)) == ((0, MOST_UNITS) if unit < 0 else (128, 2))


def test_where_all_examples_would_take_long_evenly_spaced_ones_are_looked_at_and_counted(monkeypatch):
    network, data = wide(m=2_000)
    monkeypatch.setattr(units_file, "MOST_WORK", 1)
    found = look(network, data, "dense_1")
    assert (found.examples, found.total) == (units_file.LEAST_EXAMPLES, 2_000)
    rows = np.linspace(0, 1_999, found.examples).astype(int)
    np.testing.assert_allclose(found.highs, hidden(network, data.X[rows], "dense_1").max(axis=1))
    assert set(found.strongest.rows.ravel()) <= set(rows)


def test_the_weights_told_are_the_largest_of_those_read_and_of_those_that_read():
    network, data = wide(features=30, width=20)
    found = look(network, data, "dense_1")
    own, next_ = network.parameters["dense_1.Theta"][:, 1:], network.parameters["dense_2.Theta"][:, 1:]
    assert (found.reads.node, found.reads.count) == ("input", 30)
    assert [(links.node, links.count) for links in found.read_by] == [("dense_2", 20)]
    for links, whole in ((found.reads, own), (found.read_by[0], next_.T)):
        assert links.weights.shape == (20, MOST_LINKS)
        np.testing.assert_array_equal(np.take_along_axis(whole, links.units, axis=1), links.weights)
        np.testing.assert_allclose(np.abs(links.weights), -np.sort(-np.abs(whole), axis=1)[:, :MOST_LINKS])
    assert look(network, data, "output").read_by == ()


def test_who_reads_a_unit_is_found_through_layers_without_weights_and_side_by_side():
    layers = {
        "x": Input(features=3),
        "a": Dense(units=4),
        "drop": Dropout(),
        "b": Dense(units=2),
        "norm": BatchNorm(),
        "both": Concatenate(),
        "c": Dense(units=5),
        "y": Output(),
    }
    graph = wired(layers, ("x", "a", "drop", "both", "c", "y"), ("x", "b", "norm", "both"))
    network = shaken(graph)
    data = Dataset(*examples(network))
    (after_b,) = look(network, data, "b").read_by
    assert after_b.node == "c"
    theta = network.parameters["c.Theta"]
    np.testing.assert_array_equal(
        np.take_along_axis(theta[:, [1 + 4, 1 + 5]].T, after_b.units, axis=1), after_b.weights
    )
    (after_a,) = look(network, data, "a").read_by
    np.testing.assert_array_equal(np.take_along_axis(theta[:, 1:5].T, after_a.units, axis=1), after_a.weights)
    assert (look(network, data, "both").count, look(network, data, "both").read_by[0].node) == (6, "c")


def test_a_sum_is_read_through_and_a_layer_beside_it_is_told_too():
    layers = {"x": Input(features=3), "a": Dense(units=4), "b": Dense(units=4), "sum": Add(), "y": Output()}
    network = shaken(wired(layers, ("x", "a", "b", "sum", "y"), ("a", "sum")))
    data = Dataset(*examples(network))
    assert [links.node for links in look(network, data, "a").read_by] == ["b", "y"]


def test_units_are_told_as_the_network_predicts_not_as_it_trains():
    layers = [Input(features=2), Dense(units=6), BatchNorm(), Dropout(rate=0.5), Output()]
    network, data = Network(chain(layers), seed=1), rings(300).astype(np.float32)
    Trainer(network, data, TrainingSettings(epochs=3)).train()
    found = look(network, data, "output")
    predictions = network.predict(data.X)
    assert found.highs[0] == pytest.approx(predictions.max(), rel=1e-5)
    np.testing.assert_array_equal(
        look(network, data, "batchnorm_1").plane.values, look(network, data, "dropout_1").plane.values
    )


def test_looking_changes_nothing():
    network, data = small(), rings().astype(np.float32)
    network.gradient[...] = 3.0
    before = network.theta.tobytes(), network.gradient.tobytes(), network.generator.bit_generator.state
    look(network, data, "dense_1")
    assert (network.theta.tobytes(), network.gradient.tobytes(), network.generator.bit_generator.state) == before


def test_a_value_that_is_no_number_is_no_extreme():
    network, data = wide(m=50)
    data.extended[31, 1] = np.nan
    found = look(network, data, "dense_1")
    assert not (found.strongest.rows == 31).any()
    assert np.isfinite(found.highs).all()


# -- identical units --------------------------------------------------------------------------------------------------


def test_units_that_start_from_zeros_are_told_to_be_alike():
    graph = chain([Input(features=3), Dense(units=5, initializer=Zeros()), Dense(units=4), Output()])
    network = Network(graph)
    data = Dataset(*examples(network))
    same, other = look(network, data, "dense_1"), look(network, data, "dense_2")
    assert same.first_like.tolist() == [0] * 5
    assert same.alike.tolist() == [5] * 5
    assert other.first_like.tolist() == [0, 1, 2, 3]
    assert other.alike.tolist() == [1] * 4


def test_rows_that_differ_by_no_more_than_rounding_are_twins():
    theta = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0 + 1e-7], [1.0, 2.1], [3.0, 4.0], [1.0, 2.0]])
    assert twins(theta).tolist() == [0, 1, 0, 3, 1, 0]
    assert twins(theta[:1]).tolist() == [0]
    assert twins(np.full((3, 2), np.nan)).tolist() == [0, 1, 2]


@given(st.integers(0, 2**31), st.integers(1, 40), st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_twins_are_found_as_by_comparing_all_pairs(seed, rows, columns):
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(rows, columns))[rng.integers(0, rows, rows)].astype(np.float32)
    pairs = np.linalg.norm(theta[:, None] - theta[None], axis=2) <= 1e-4 * np.linalg.norm(theta, axis=1).max()
    assert twins(theta).tolist() == pairs.argmax(axis=1).tolist()


# -- as a probe -------------------------------------------------------------------------------------------------------


def test_units_are_told_where_they_are_asked_for():
    network, data = small(), rings().astype(np.float32)
    seen = looked_at(data)
    assert probe(network, seen, ProbeRequest(units="dense_1"), 0, data).units.node == "dense_1"
    assert probe(network, seen, ProbeRequest(units="gone"), 0, data).units is None
    assert probe(network, seen, ProbeRequest(units="input"), 0, data).units is None
    assert probe(network, seen, ProbeRequest(weights=True), 0, data).units is None
    assert (ProbeRequest(units="a") | ProbeRequest(units="b")).units == "b"
    assert (ProbeRequest(units="a") | ProbeRequest(z=True)).units == "a"
    assert (ProbeRequest(units="a", unit=70) | ProbeRequest(z=True)).unit == 70
    assert (ProbeRequest(units="a", unit=70) | ProbeRequest(units="b")).unit == 0
    assert not ProbeRequest(units="a").empty

"""What is seen is what is there: histograms, thumbnails, grids and details against direct computation."""

from __future__ import annotations

import numpy as np
import pytest
from test_trainer import rings, small

from engine import ActivationLayer, Dense, Input, Network, Output, Trainer, TrainingSettings, chain
from engine.activations import Identity, Relu, Sigmoid
from engine.initializers import Constant, Normal
from engine.ledger import LedgerRequest, Window
from engine.losses import Hinge, MeanSquaredError
from engine.optimizers import Momentum, Sgd
from engine.probes import HISTOGRAM_SAMPLE, decision_grid, histogram, layer_detail, looked_at, probe
from engine.snapshot import ProbeRequest


def test_a_histogram_counts_every_value_of_a_small_array():
    values = np.random.default_rng(0).normal(size=(20, 30))
    made = histogram(values)
    assert made.counts.sum() == 600
    np.testing.assert_array_equal(made.counts, np.histogram(values, made.edges)[0])
    assert made.mean == pytest.approx(values.mean())
    assert made.deviation == pytest.approx(values.std())


def test_a_histogram_of_a_large_array_is_of_a_sample():
    made = histogram(np.random.default_rng(0).normal(size=(1000, 1000)))
    assert HISTOGRAM_SAMPLE / 2 < made.counts.sum() <= 2 * HISTOGRAM_SAMPLE
    assert abs(made.mean) < 0.05


@pytest.mark.parametrize("values", [np.zeros(5), np.full(5, np.nan), np.array([]), np.array([1e30, -1e30, np.inf])])
def test_odd_values_give_a_histogram_all_the_same(values):
    made = histogram(values)
    assert np.isfinite(made.edges).all()
    assert np.all(np.diff(made.edges) > 0)


def test_the_grid_holds_the_networks_own_predictions():
    network, data = small(), rings().astype(np.float32)
    grid = decision_grid(network, data, (1, 0), 16)
    x = np.linspace(*grid.x, 16)[5]
    y = np.linspace(*grid.y, 16)[11]
    assert grid.values[0, 11, 5] == pytest.approx(float(network.predict([[y, x]])[0, 0]), rel=1e-5)


def test_a_unit_that_never_fires_counts_as_stuck():
    network = Network(chain([Input(features=2), Dense(units=3, activation=Relu()), Output()]))
    network.parameters["dense_1.Theta"][1] = [-100.0, 0.0, 0.0]
    network.parameters["dense_1.Theta"][0] = [100.0, 0.0, 0.0]
    network.parameters["dense_1.Theta"][2] = [100.0, 0.0, 0.0]
    detail = layer_detail(network, rings().astype(np.float32), "dense_1")
    assert (detail.saturated, detail.units) == (1, 3)


def test_norms_are_those_of_the_layers_arrays():
    network = Network(chain([Input(features=2), Dense(units=3, activation=Sigmoid()), Output()]))
    detail = layer_detail(network, rings().astype(np.float32), "dense_1")
    theta = network.parameters["dense_1.Theta"]
    assert detail.norms["W[1]"] == pytest.approx(np.linalg.norm(theta[:, 1:]), rel=1e-6)
    assert detail.norms["b[1]"] == 0.0
    assert detail.z_histogram is not None


def test_thumbnails_are_mean_activations_and_counts_of_predictions():
    network, data = small(), rings().astype(np.float32)
    thumbnails = probe(network, data, ProbeRequest(thumbnails=True), step=0).thumbnails
    assert thumbnails["dense_1"].shape == (8,)
    assert thumbnails["output"].sum() == len(data)


def test_nothing_is_computed_that_was_not_asked_for():
    probes = probe(small(), rings().astype(np.float32), ProbeRequest(weights=True), step=7)
    assert probes.step == 7
    assert probes.weights
    assert (probes.activations, probes.gradients, probes.thumbnails) == ({}, {}, {})
    assert probes.boundary is None
    assert probes.detail is None


def test_unknown_features_and_nodes_are_left_out():
    probes = probe(small(), rings().astype(np.float32), ProbeRequest(boundary=(0, 7), detail="gone"), step=0)
    assert probes.boundary is None
    assert probes.detail is None


def test_the_examples_looked_at_are_spread_over_the_data():
    data = rings(1000)
    seen = looked_at(data, 10)
    assert len(seen) == 10
    np.testing.assert_array_equal(seen.X[0], data.X[0])
    np.testing.assert_array_equal(seen.X[-1], data.X[-1])


def test_looking_leaves_the_steps_gradient_alone_and_shows_the_mean_gradient():
    network, data = small(), rings().astype(np.float32)
    trainer = Trainer(network, data, TrainingSettings(batch_size=20, epochs=5))
    trainer.advance(3)
    before = network.gradient.copy()
    detail = layer_detail(network, data, "dense_1")
    np.testing.assert_array_equal(network.gradient, before)
    true = network.gradients(data.X, data.Y)["dense_1.Theta"]
    assert detail.norms["dW[1]"] == pytest.approx(np.linalg.norm(true[:, 1:]), rel=1e-5)


def test_gradients_are_shown_before_the_first_step_too():
    probes = probe(small(), rings().astype(np.float32), ProbeRequest(gradients=True), step=0)
    assert probes.gradients["dense_1"].deviation > 0


@pytest.mark.parametrize("optimizer", [Sgd(learning_rate=0.0), Momentum(learning_rate=0.0)], ids=["sgd", "momentum"])
def test_the_gradient_shown_is_the_mean_over_the_last_batch_whatever_the_optimizer_is_given(optimizer):
    data = rings(20).astype(np.float32)
    trainer = Trainer(small(), data, TrainingSettings(optimizer=optimizer, batch_size=20))
    trainer.advance(1)
    shown = probe(trainer.network, data, ProbeRequest(gradients=True), step=1).gradients["dense_1"]
    true = trainer.network.gradients(data.X, data.Y)["dense_1.Theta"][:, 1:]
    assert shown.mean == pytest.approx(true.mean(), rel=1e-4)
    assert shown.deviation == pytest.approx(true.std(), rel=1e-4)


@pytest.mark.parametrize("chunk", [7, 1000])
def test_the_worst_examples_are_those_with_the_largest_losses(chunk, monkeypatch):
    network, data = small(), rings(300).astype(np.float32)
    predictions, losses = network.outputs(data)
    monkeypatch.setattr(Network, "chunk", chunk)
    found = probe(network, data, ProbeRequest(worst=10), step=0, data=data).worst
    np.testing.assert_array_equal(found.rows, np.argsort(-losses, kind="stable")[:10])
    np.testing.assert_allclose(found.losses, losses[found.rows], rtol=1e-5)
    np.testing.assert_allclose(found.predictions, predictions[found.rows], rtol=1e-5)


def test_no_more_examples_are_told_than_there_are():
    data = rings(6).astype(np.float32)
    assert len(probe(small(), data, ProbeRequest(worst=50), step=0, data=data).worst.rows) == len(data)


def test_a_loss_that_is_not_a_number_counts_as_the_worst():
    network, data = small(), rings(50).astype(np.float32)
    data.extended[31, 1] = np.nan
    assert probe(network, data, ProbeRequest(worst=3), step=0, data=data).worst.rows[0] == 31


def test_what_each_activation_is_applied_to_is_told_by_node():
    layers = [Input(features=2), Dense(units=3, activation=Sigmoid()), ActivationLayer(activation=Relu()), Output()]
    network, data = Network(chain(layers)), rings().astype(np.float32)
    found = probe(network, data, ProbeRequest(z=True), step=0).z
    theta = network.parameters["dense_1.Theta"]
    z = theta[:, 1:] @ data.X.T + theta[:, :1]
    assert found["dense_1"].mean == pytest.approx(z.mean(), rel=1e-4)
    assert found["activation_1"].mean == pytest.approx((1 / (1 + np.exp(-z))).mean(), rel=1e-4)
    assert set(found) == {"dense_1", "activation_1", "output"}


def test_requests_of_several_views_for_the_worst_are_answered_together():
    both = ProbeRequest(worst=5) | ProbeRequest(worst=20, z=True)
    assert (both.worst, both.z) == (20, True)
    assert not ProbeRequest(worst=1).empty


def test_outputs_that_hardly_differ_have_a_thumbnail_all_the_same():
    last = Output(
        units=1,
        activation=Identity(),
        loss=MeanSquaredError(),
        initializer=Normal(scale=1e-4),
        bias_initializer=Constant(value=1000.0),
    )
    network, data = Network(chain([Input(features=2), last])), rings().astype(np.float32)
    counts = probe(network, data, ProbeRequest(thumbnails=True), step=0).thumbnails["output"]
    assert counts.sum() == len(data)


def test_scores_of_hinge_are_all_counted():
    last = Output(units=1, activation=Identity(), loss=Hinge(), initializer=Normal(scale=5.0))
    network, data = Network(chain([Input(features=2), last])), rings().astype(np.float32)
    assert probe(network, data, ProbeRequest(thumbnails=True), step=0).thumbnails["output"].sum() == len(data)


def test_values_at_the_ends_of_the_numbers_have_a_histogram():
    assert histogram(np.array([1.7e308, -1.7e308, 0.0])).counts.sum() == 3


def test_the_ledger_holds_every_quantity_over_the_rows_asked_for_and_the_blocks_of_it():
    network, data = small(), rings().astype(np.float32)
    block = Window("W[1]", 2, 5, 1, 2)
    unknown = Window("W[9]", 0, 1, 0, 1), Window("W[1]", 0, 99, 0, 1), Window("W[1]", 3, 3, 0, 1)
    request = ProbeRequest(ledgers=(LedgerRequest((7, 3, 99_999), (block, *unknown)),))
    (book,) = probe(network, data, request, step=0, data=data).ledgers.values()
    assert book.rows == (7, 3)
    np.testing.assert_array_equal(book.quantities["X"].values, data.X[[7, 3]].T)
    last = f"A[{max(network.shapes.levels.values())}]"
    np.testing.assert_allclose(book.quantities[last].values.T, network.predict(data.X[[7, 3]]), rtol=1e-6)
    assert list(book.windows) == [block]
    np.testing.assert_array_equal(book.windows[block], network.parameters["dense_1.Theta"][2:5, 2:3])
    assert book.share == 0.5


def test_the_ledger_changes_nothing():
    network, data = small(), rings().astype(np.float32)
    network.gradient[...] = 3.0
    before = network.theta.tobytes(), network.gradient.tobytes()
    probe(network, data, ProbeRequest(ledgers=(LedgerRequest((0, 1)),)), step=0, data=data)
    assert (network.theta.tobytes(), network.gradient.tobytes()) == before


def test_views_may_ask_for_ledgers_over_other_rows_and_for_other_blocks_of_the_same():
    first, second = Window("W[1]", 0, 1, 0, 1), Window("W[2]", 0, 1, 0, 1)
    requests = [LedgerRequest((1,), (first,)), LedgerRequest((2, 3)), LedgerRequest((1,), (second, first))]
    wanted = ProbeRequest()
    for request in requests:
        wanted |= ProbeRequest(ledgers=(request,))
    assert wanted.ledgers == (LedgerRequest((1,), (first, second)), LedgerRequest((2, 3)))
    network, data = small(), rings().astype(np.float32)
    told = probe(network, data, wanted, step=0, data=data).ledgers
    assert list(told) == [(1,), (2, 3)]
    assert set(told[1,].windows) == {first, second}

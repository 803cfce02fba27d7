"""Training: it learns, it resumes, it stops where it should, and its bookkeeping is true."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine import Dataset, Dense, Dropout, Input, Network, Output, Trainer, TrainingSettings, chain
from engine.activations import Identity, Relu, Softmax
from engine.declared import name_of, replace
from engine.losses import CategoricalCrossEntropy, MeanSquaredError
from engine.optimizers import Adagrad, Adam, AdamW, Momentum, Nesterov, RmsProp, Sgd

OPTIMIZERS = [
    Sgd(learning_rate=0.1),
    Momentum(learning_rate=0.05),
    Nesterov(learning_rate=0.05),
    Adagrad(learning_rate=0.1),
    RmsProp(learning_rate=0.01),
    Adam(learning_rate=0.01),
    AdamW(learning_rate=0.01),
]


def rings(m: int = 200, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(m, 2))
    return Dataset(X, (np.hypot(*X.T) < 1.1).astype(float), np.float64)


def small(dropout: bool = False, precision: str = "float32", seed: int = 0) -> Network:
    layers = [Input(features=2), Dense(units=8), *([Dropout(rate=0.3)] if dropout else []), Dense(units=8), Output()]
    return Network(chain(layers), seed=seed, precision=precision)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=name_of)
def test_a_small_network_learns_rings(optimizer):
    trainer = Trainer(small(), rings(), TrainingSettings(optimizer=optimizer, batch_size=20, epochs=300))
    status = trainer.train()
    assert status.state == "finished"
    assert status.training_score > 0.93


@pytest.mark.parametrize("batch_size", [1, 32, 200, 1000], ids=["single", "mini", "full", "larger than the data"])
def test_one_epoch_makes_as_many_steps_as_there_are_batches(batch_size):
    trainer = Trainer(small(), rings(), TrainingSettings(batch_size=batch_size, epochs=1))
    trainer.train()
    assert trainer.step == {1: 200, 32: 7, 200: 1, 1000: 1}[batch_size]


def test_full_batch_descent_is_the_notes_own_update():
    data = rings(40)
    network = small(precision="float64")
    expected = network.weights()
    other = small(precision="float64")
    for _ in range(5):
        gradients = other.gradients(data.X, data.Y)
        for key, values in other.parameters.items():
            values -= 0.1 * gradients[key]
        expected = other.weights()
    settings = TrainingSettings(optimizer=Sgd(learning_rate=0.1), batch_size=40, epochs=5, precision="float64")
    Trainer(network, data, settings).train()
    for key, values in network.parameters.items():
        np.testing.assert_allclose(values, expected[key], rtol=1e-12, atol=1e-14)


def test_adam_is_kingma_and_bas_update():
    data = rings(40)
    network, other = small(precision="float64"), small(precision="float64")
    optimizer = Adam(learning_rate=0.02)
    Trainer(network, data, TrainingSettings(optimizer=optimizer, batch_size=40, epochs=30, precision="float64")).train()
    m = np.zeros_like(other.theta)
    v = np.zeros_like(other.theta)
    for t in range(1, 31):
        gradients = other.gradients(data.X, data.Y)
        flat = np.concatenate([gradients[key].reshape(-1, order="F") for key in other.parameters])
        m = 0.9 * m + 0.1 * flat
        v = 0.999 * v + 0.001 * flat**2
        other.theta -= 0.02 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(network.theta, other.theta, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=name_of)
def test_what_an_optimizer_remembers_of_sums_counts_where_means_are_taken_from_now_on(optimizer):
    network, other = small(precision="float64"), small(precision="float64")
    settings = TrainingSettings(optimizer=optimizer, batch_size=16, epochs=20, precision="float64")
    Trainer(network, rings(40), settings).train()
    trainer = Trainer(other, rings(40), settings)
    trainer.train(until_epoch=10)
    trainer.change_settings(replace(settings, clip_norm=1e9))  # which needs the mean, and changes nothing
    trainer.train()
    np.testing.assert_allclose(other.theta, network.theta, rtol=1e-9, atol=1e-12)


def test_the_incomplete_last_batch_counts_with_its_true_size():
    data = rings(10)
    network, other = small(precision="float64"), small(precision="float64")
    settings = TrainingSettings(
        optimizer=Sgd(learning_rate=0.1), batch_size=8, epochs=1, shuffle=False, precision="float64"
    )
    Trainer(network, data, settings).train()
    for rows in (slice(0, 8), slice(8, 10)):
        gradients = other.gradients(data.X[rows], data.Y[rows])
        for key, values in other.parameters.items():
            values -= 0.1 * gradients[key]
    np.testing.assert_allclose(network.theta, other.theta, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=name_of)
@pytest.mark.parametrize("dropout", [False, True])
def test_a_run_resumed_in_mid_epoch_equals_the_uninterrupted_one_bit_for_bit(optimizer, dropout):
    settings = TrainingSettings(optimizer=optimizer, batch_size=16, epochs=6)
    whole = Trainer(small(dropout), rings(), settings)
    whole.train()
    first = Trainer(small(dropout), rings(), settings)
    for _ in range(10):
        first.advance(5)
    assert first.at.position not in (0, first.steps_per_epoch)
    state = first.state()
    json.dumps(state.meta, allow_nan=False)
    second = Trainer(small(dropout, seed=9), rings(), settings)
    second.restore(state)
    second.train()
    assert second.network.theta.tobytes() == whole.network.theta.tobytes()
    np.testing.assert_allclose(second.history.column("running_cost"), whole.history.column("running_cost"), rtol=1e-6)


def test_how_the_steps_are_cut_into_stretches_changes_nothing():
    settings = TrainingSettings(batch_size=7, epochs=4)
    one, other = Trainer(small(), rings(), settings), Trainer(small(), rings(), settings)
    while one.epoch < 4:
        one.advance(1)
    while other.epoch < 4:
        other.advance(1000)
    assert one.network.theta.tobytes() == other.network.theta.tobytes()


def test_reset_goes_back_to_the_same_initial_weights_and_the_same_run():
    trainer = Trainer(small(dropout=True), rings(), TrainingSettings(epochs=3))
    initial = trainer.network.theta.copy()
    trainer.train()
    trained = trainer.network.theta.copy()
    trainer.reset()
    assert trainer.network.theta.tobytes() == initial.tobytes()
    assert len(trainer.history) == 0
    trainer.train()
    assert trainer.network.theta.tobytes() == trained.tobytes()


def test_adding_a_layer_leaves_the_first_weights_of_the_others():
    before = Network(chain([Input(features=2), Dense(units=8), Output()]), seed=4)
    after = Network(chain([Input(features=2), Dense(units=8), Dense(units=8), Output()]), seed=4)
    np.testing.assert_array_equal(before.parameters["dense_1.Theta"], after.parameters["dense_1.Theta"])


def test_restoring_into_a_changed_network_keeps_what_fits_and_names_the_rest():
    trainer = Trainer(small(), rings(), TrainingSettings(epochs=2))
    trainer.train()
    wider = Network(chain([Input(features=2), Dense(units=8), Dense(units=12), Output()]))
    changed = Trainer(wider, rings(), TrainingSettings(epochs=5))
    anew = changed.restore(trainer.state(), lenient=True)
    assert set(anew) == {"dense_2", "output"}
    np.testing.assert_array_equal(wider.parameters["dense_1.Theta"], trainer.network.parameters["dense_1.Theta"])
    with pytest.raises(ValueError, match="dense_2"):
        Trainer(Network(wider.graph), rings()).restore(trainer.state())


def test_the_running_training_cost_is_the_mean_over_examples_as_they_were_seen():
    data = rings(30)
    settings = TrainingSettings(optimizer=Sgd(learning_rate=0.0), batch_size=8, epochs=1, precision="float64")
    trainer = Trainer(small(precision="float64"), data, settings)
    trainer.train()
    cost, score = trainer.evaluate("training")
    assert trainer.status.running_cost == pytest.approx(cost, rel=1e-12)
    assert trainer.status.running_score == pytest.approx(score)


def test_validation_figures_are_true_values_over_the_whole_split():
    data, held_out = rings(50), rings(33, seed=5)
    trainer = Trainer(small(precision="float64"), data, TrainingSettings(epochs=1, precision="float64"), held_out)
    status = trainer.train()
    assert status.validation_cost == pytest.approx(trainer.network.cost(held_out.X, held_out.Y), rel=1e-12)
    predicted = trainer.network.predict(held_out.X)[:, 0] > 0.5
    assert status.validation_score == np.mean(predicted == held_out.Y[:, 0])


def test_the_score_of_a_regression_is_r2():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    Y = X @ [[1.0], [-2.0], [0.5]] + 0.1
    layers = [Input(features=3), Output(units=1, activation=Identity(), loss=MeanSquaredError())]
    settings = TrainingSettings(optimizer=Sgd(learning_rate=0.1), batch_size=80, epochs=200)
    trainer = Trainer(Network(chain(layers)), Dataset(X, Y), settings)
    trainer.train()
    values = trainer.metrics().values["training"]
    assert values["r2"] > 0.999
    assert values["rmse"] < 0.05
    assert trainer.score_name == "r2"
    assert trainer.metrics().errors == {}


def test_each_of_several_numbers_has_errors_of_its_own():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(60, 2)), rng.normal(size=(60, 2)) * [1.0, 100.0]
    layers = [Input(features=2), Output(units=2, activation=Identity(), loss=MeanSquaredError())]
    trainer = Trainer(Network(chain(layers)), Dataset(X[:40], Y[:40]), validation=Dataset(X[40:], Y[40:]))
    found = trainer.metrics()
    misses = np.abs(trainer.network.predict(X[40:]) - Y[40:])
    assert [mae for mae, _ in found.errors["validation"]] == pytest.approx(misses.mean(axis=0), rel=1e-5)
    assert found.values["validation"]["mae"] == pytest.approx(misses.mean(), rel=1e-5)


def test_the_confusion_matrix_counts_true_classes_in_rows():
    rng = np.random.default_rng(0)
    X, true = rng.normal(size=(60, 2)), rng.integers(0, 3, 60)
    layers = [Input(features=2), Output(units=3, activation=Softmax(), loss=CategoricalCrossEntropy())]
    trainer = Trainer(Network(chain(layers)), Dataset(X, np.eye(3)[true]), TrainingSettings(epochs=1))
    predicted = trainer.network.predict(X).argmax(axis=1)
    matrix = trainer.metrics().confusion
    assert matrix is not None
    np.testing.assert_array_equal(matrix.sum(axis=1), np.bincount(true, minlength=3))
    np.testing.assert_array_equal(matrix.sum(axis=0), np.bincount(predicted, minlength=3))
    assert np.trace(matrix) == np.count_nonzero(true == predicted)


def test_divergence_stops_before_the_broken_step_and_names_the_layer():
    rng = np.random.default_rng(0)
    layers = [
        Input(features=2),
        Dense(units=8, activation=Relu()),
        Output(activation=Identity(), loss=MeanSquaredError()),
    ]
    data = Dataset(rng.normal(size=(500, 2)) * 100, rng.normal(size=(500, 1)) * 1000)
    trainer = Trainer(Network(chain(layers)), data, TrainingSettings(optimizer=Sgd(learning_rate=0.5), epochs=50))
    status = trainer.train()
    assert status.state == "diverged"
    assert np.isfinite(trainer.network.theta).all()
    assert f"step {trainer.step + 1}" in status.message
    assert "Dense 1" in status.message or "Output" in status.message
    replay = Trainer(Network(chain(layers)), data, TrainingSettings(optimizer=Sgd(learning_rate=0.5), epochs=50))
    for _ in range(trainer.step):
        replay.advance(1)
    assert replay.network.theta.tobytes() == trainer.network.theta.tobytes()


def test_a_learning_rate_changed_between_steps_takes_effect_at_the_next():
    trainer = Trainer(small(), rings(), TrainingSettings(optimizer=Sgd(learning_rate=0.1), epochs=10))
    trainer.advance(3)
    before = trainer.network.theta.copy()
    trainer.change_settings(TrainingSettings(optimizer=Sgd(learning_rate=0.0), epochs=10))
    trainer.advance(3)
    assert trainer.network.theta.tobytes() == before.tobytes()
    assert trainer.step == 6


def test_another_optimizer_goes_on_from_the_same_weights():
    trainer = Trainer(small(), rings(), TrainingSettings(optimizer=Sgd(learning_rate=0.1), epochs=10))
    trainer.advance(3)
    before = trainer.network.theta.copy()
    trainer.change_settings(TrainingSettings(optimizer=Adam(), epochs=10))
    assert trainer.network.theta.tobytes() == before.tobytes()
    trainer.train()
    assert trainer.status.state == "finished"


def test_raising_the_number_of_epochs_lets_a_finished_run_go_on():
    trainer = Trainer(small(), rings(), TrainingSettings(epochs=2))
    trainer.train()
    assert trainer.advance(5) == 0
    trainer.change_settings(TrainingSettings(epochs=4))
    assert trainer.train().epoch == 4


def test_a_callback_can_pause_training():
    trainer = Trainer(small(), rings(), TrainingSettings(epochs=100))
    status = trainer.train(on_epoch=lambda status: status.epoch < 3, seconds_between_calls=0.0)
    assert status.state == "paused"
    assert status.epoch == 3


def test_data_of_another_width_are_refused_by_name():
    with pytest.raises(ValueError, match="validation data have 3 features"):
        Trainer(small(), rings(), validation=Dataset(np.zeros((2, 3)), np.zeros((2, 1))))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_refused_with_its_row(bad):
    X = np.zeros((5, 2))
    X[3, 1] = bad
    with pytest.raises(ValueError, match="row 3"):
        Dataset(X, np.zeros(5))


def test_a_million_rows_are_predicted_in_bounded_memory():
    network = Network(chain([Input(features=2), Dense(units=64), Output()]))
    outputs = network.predict(np.zeros((1_000_000, 2), np.float32))
    assert outputs.shape == (1_000_000, 1)
    assert network._arena.nbytes < 64 * 2**20


def test_another_optimizer_begins_with_its_first_step():
    data = rings(40)
    settings = TrainingSettings(optimizer=Sgd(learning_rate=0.1), batch_size=40, epochs=99, precision="float64")
    trainer = Trainer(small(precision="float64"), data, settings)
    for _ in range(20):
        trainer.advance(1)
    before = trainer.network.theta.copy()
    trainer.change_settings(replace(settings, optimizer=Adam(learning_rate=0.01)))
    trainer.advance(1)
    assert np.abs(trainer.network.theta - before).max() == pytest.approx(0.01, rel=1e-3)


def test_a_diverged_run_may_be_tried_again_from_its_last_finite_weights_once_restored():
    rng = np.random.default_rng(0)
    layers = [
        Input(features=2),
        Dense(units=8, activation=Relu()),
        Output(activation=Identity(), loss=MeanSquaredError()),
    ]
    data = Dataset(rng.normal(size=(500, 2)) * 100, rng.normal(size=(500, 1)) * 1000)
    trainer = Trainer(Network(chain(layers)), data, TrainingSettings(optimizer=Sgd(learning_rate=0.5), epochs=50))
    assert trainer.train().state == "diverged"
    again = Trainer(Network(chain(layers)), data, TrainingSettings(optimizer=Sgd(learning_rate=1e-9), epochs=50))
    again.restore(trainer.state())
    assert again.status.state == "paused"
    assert again.advance(1) == 1


def test_fewer_epochs_than_were_made_finish_a_run_and_as_many_again_go_on():
    trainer = Trainer(small(), rings(), TrainingSettings(epochs=10))
    trainer.train(until_epoch=6)
    trainer.change_settings(TrainingSettings(epochs=3))
    assert trainer.status.state == "finished"
    trainer.go_on()
    assert trainer.train().epoch == 9


def test_a_weight_set_by_hand_is_what_training_goes_on_from():
    trainer = Trainer(small(precision="float64"), rings(), TrainingSettings(precision="float64", epochs=5))
    trainer.train(until_epoch=1)
    trainer.set_entry("W[1]", 2, 1, 0.5)
    assert trainer.network.parameters["dense_1.Theta"][2, 2] == 0.5
    trainer.set_entry("b[3]", 0, 0, -1.5)
    assert trainer.network.parameters["output.Theta"][0, 0] == -1.5
    assert not trainer.status.measured
    trainer.measure()
    assert trainer.status.training_cost == pytest.approx(trainer.network.cost(rings().X, rings().Y), rel=1e-12)
    assert trainer.train().state == "finished"


@pytest.mark.parametrize(
    ("symbol", "row", "column", "value", "said"),
    [
        ("W[9]", 0, 0, 1.0, r"no parameter W\[9\]"),
        ("Z[1]", 0, 0, 1.0, r"no parameter Z\[1\]"),
        ("W[1]", 8, 0, 1.0, "no row 9"),
        ("b[1]", 0, 1, 1.0, "column 2"),
        ("W[1]", 0, 0, float("nan"), "not a finite number"),
        ("W[1]", 0, 0, 1e300, "not a finite number in float32"),
    ],
)
def test_a_value_that_no_parameter_can_have_is_refused_by_name_and_changes_nothing(symbol, row, column, value, said):
    network = small()
    before = network.theta.tobytes()
    with pytest.raises(ValueError, match=said):
        network.set_entry(symbol, row, column, value)
    assert network.theta.tobytes() == before

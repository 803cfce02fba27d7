"""The path of the parameters: which points are kept, in how much memory, and what begins it anew."""

from __future__ import annotations

import numpy as np
import pytest
from test_trainer import rings, small

from engine import Input, Network, Output, Trainer, TrainingSettings, chain
from engine.activations import Identity
from engine.declared import replace
from engine.losses import MeanSquaredError
from engine.optimizers import Adam, Sgd
from engine.path import LEAST_POINTS, MOST_POINTS, PATH_BYTES, ParameterPath, most_parameters
from engine.training_thread import TrainingThread

FULL = TrainingSettings(optimizer=Sgd(learning_rate=0.1), batch_size=200, epochs=1000)
MANY = [MOST_POINTS, 1_000, 5_000, 100_000]


def walked(steps: int, size: int = 3) -> ParameterPath:
    path = ParameterPath(size, np.float32)
    path.begin(0, np.zeros(size))
    for step in range(1, steps + 1):
        path.pass_by(step, np.full(size, step))
    return path


def test_a_short_run_is_kept_whole():
    path = walked(MOST_POINTS - 1)
    np.testing.assert_array_equal(path.steps, np.arange(MOST_POINTS))
    np.testing.assert_array_equal(path.points[:, 0], path.steps)


@pytest.mark.parametrize("steps", MANY)
def test_a_long_run_is_thinned_evenly_from_its_first_point_on(steps):
    path = walked(steps)
    assert MOST_POINTS // 2 <= len(path) <= MOST_POINTS
    assert path.steps[0] == 0
    apart = np.diff(path.steps)
    assert len(set(apart)) == 1  # one stride, doubled each time
    assert steps - path.steps[-1] < 2 * apart[0]
    np.testing.assert_array_equal(path.points[:, 1], path.steps)


def test_no_two_points_ever_have_the_same_serial():
    path, seen = ParameterPath(2, np.float32), {}
    path.begin(0, np.zeros(2))
    for epoch in range(1, 4_000):
        path.pass_by(epoch, np.full(2, epoch))
        assert (np.diff(path.serials) > 0).all()
        for serial, step in zip(path.serials.tolist(), path.steps.tolist(), strict=True):
            assert seen.setdefault(serial, step) == step


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 10, 3_000, 60_000, 110_000, 5_000_000])
def test_all_points_stay_within_the_bound(size, dtype):
    path = ParameterPath(size, dtype)
    assert path.most * size * np.dtype(dtype).itemsize <= PATH_BYTES
    assert path.most % 2 == 0
    assert (path.most >= LEAST_POINTS) == (size <= most_parameters(dtype))


def test_a_network_that_is_too_large_has_no_path():
    size = most_parameters() + 1
    path = ParameterPath(size, np.float32)
    path.begin(0, np.zeros(size))
    path.pass_by(1, np.ones(size))
    path.rest(1, np.ones(size))
    path.fine = True
    assert len(path) == 0
    assert path.steps_until_point(1) > 1_000_000


def test_a_run_that_was_looked_at_late_is_thinned_by_steps_not_by_points():
    path = ParameterPath(2, np.float32)
    path.begin(0, np.zeros(2))
    for step in range(64, 6_400, 64):
        path.pass_by(step, np.full(2, step))
    for step in range(6_400, 12_800):
        path.pass_by(step, np.full(2, step))
    assert np.diff(path.steps).max() <= 64
    np.testing.assert_array_equal(path.points[:, 0], path.steps)


def test_rest_is_kept_whatever_the_stride():
    path = walked(3 * MOST_POINTS)
    learned = np.full(3, 0.5, np.float32)
    path.rest(3 * MOST_POINTS + 1, learned)
    assert path.steps[-1] == 3 * MOST_POINTS + 1
    np.testing.assert_array_equal(path.points[-1], learned)


def test_resting_again_on_the_same_parameters_changes_nothing():
    path = walked(5)
    path.rest(5, np.full(3, 5))
    assert len(path) == 6


def test_while_nobody_looks_training_stops_over_for_no_point():
    path = walked(5)
    assert path.steps_until_point(5) > 1_000_000


@pytest.mark.parametrize("passed", MANY)
def test_while_somebody_looks_training_stops_over_at_the_next_point(passed):
    path = walked(passed)
    path.fine = True
    apart = np.diff(path.steps)[-1]
    assert path.steps_until_point(int(path.steps[-1])) == apart
    assert path.steps_until_point(int(path.steps[-1] + apart) + 3) == 1


def test_a_trainer_keeps_its_first_parameters_and_those_at_the_end_of_each_epoch():
    network = small(precision="float64")
    trainer = Trainer(network, rings(), replace(FULL, precision="float64", batch_size=50))
    expected = [network.learned.copy()]
    for _ in range(4):
        trainer.advance(4)
        expected.append(network.learned.copy())
    np.testing.assert_array_equal(trainer.path.points, expected)
    np.testing.assert_array_equal(trainer.path.steps, [0, 4, 8, 12, 16])


def test_looked_at_it_keeps_every_step_and_trains_the_same_bits():
    trainers = [Trainer(small(), rings(), replace(FULL, batch_size=50)) for _ in range(2)]
    trainers[0].path.fine = True
    for trainer in trainers:
        for _ in range(30):
            trainer.advance(100)
    np.testing.assert_array_equal(trainers[0].path.steps, np.arange(121))
    np.testing.assert_array_equal(trainers[1].path.steps, np.arange(0, 121, 4))
    np.testing.assert_array_equal(trainers[0].network.theta, trainers[1].network.theta)
    np.testing.assert_array_equal(trainers[0].path.points[::4], trainers[1].path.points)


def test_a_step_that_breaks_is_no_point():
    layers = [Input(features=2), Output(activation=Identity(), loss=MeanSquaredError())]
    settings = TrainingSettings(optimizer=Sgd(learning_rate=1e3), batch_size=10)
    trainer = Trainer(Network(chain(layers)), rings(60), settings)
    trainer.path.fine = True
    trainer.train()
    assert trainer.state_name == "diverged"
    np.testing.assert_array_equal(trainer.path.steps, np.arange(trainer.step + 1))
    assert np.isfinite(trainer.path.points).all()


def test_a_pause_within_an_epoch_is_kept():
    trainer = Trainer(small(), rings(), replace(FULL, batch_size=20))
    thread = TrainingThread(trainer)
    for _ in range(3):
        thread.run_step()
    thread.stop()
    np.testing.assert_array_equal(trainer.path.steps, [0, 1, 2, 3])
    np.testing.assert_array_equal(trainer.path.points[-1], trainer.network.learned)


def test_best_weights_that_patience_puts_back_are_a_point_of_their_own():
    settings = TrainingSettings(optimizer=Adam(learning_rate=0.3), batch_size=20, epochs=60, patience=5)
    trainer = Trainer(small(), rings(60), settings, validation=rings(30, seed=1))
    trainer.train()
    assert "The weights are those of epoch" in trainer.message
    assert trainer.path.steps[-1] == trainer.path.steps[-2]
    np.testing.assert_array_equal(trainer.path.points[-1], trainer.network.learned)


def test_reset_and_restore_begin_the_path_anew():
    trainer = Trainer(small(), rings(), FULL)
    trainer.train(until_epoch=5)
    state = trainer.state()
    assert not any("path" in name for name in (*state.arrays, *state.meta))
    trainer.reset()
    np.testing.assert_array_equal(trainer.path.steps, [0])
    other = Trainer(Network(trainer.network.graph), rings(), FULL)
    other.restore(state)
    np.testing.assert_array_equal(other.path.steps, [5])
    np.testing.assert_array_equal(other.path.points[0], other.network.learned)

"""The next step rehearsed: it is the step that comes, and nothing is changed by it."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import examples, random_graphs
from hypothesis import given, settings
from hypothesis import strategies as st
from test_trainer import OPTIMIZERS, rings

from engine import BatchNorm, Dataset, Dense, Dropout, Input, Network, Output, Trainer, TrainingSettings, chain
from engine.activations import Identity
from engine.declared import name_of, replace
from engine.losses import MeanSquaredError
from engine.optimizers import Adam, Momentum, Sgd
from engine.schedules import Step

RESTLESS = [Input(features=2), Dense(units=6), BatchNorm(), Dropout(rate=0.4), Dense(units=5), Output()]


def trainer_of(layers=RESTLESS, precision="float64", m=50, **fields) -> Trainer:
    settings = TrainingSettings(**{"batch_size": 20, "precision": precision, **fields})
    return Trainer(Network(chain(layers), precision=precision), rings(m), settings)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=name_of)
@pytest.mark.parametrize("done", [0, 2, 4], ids=["before the first step", "before a short batch", "later"])
def test_a_rehearsal_tells_the_step_that_follows_and_leaves_no_trace(optimizer, precision, done):
    trainer, other = (trainer_of(precision=precision, optimizer=optimizer, l2=1e-3, clip_norm=0.1) for _ in "ab")
    for each in (trainer, other):
        for _ in range(done):
            each.advance(1)
    gradient = trainer.network.gradient.copy()
    before = trainer.network.learned.copy()
    places = (3, None, 11)
    told, direction = trainer.rehearse(places)
    np.testing.assert_array_equal(trainer.network.learned, before)
    np.testing.assert_array_equal(trainer.network.gradient, gradient)
    trainer.advance(1)
    other.advance(1)
    for (name, mine), theirs in zip(trainer.state().arrays.items(), other.state().arrays.values(), strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=name)
    mine, theirs = ({**one.state().meta, "seconds": 0.0} for one in (trainer, other))
    assert mine == theirs
    change = trainer.network.learned.astype(np.float64) - before
    rtol, atol = (1e-9, 1e-14) if precision == "float64" else (1e-3, 1e-6)
    np.testing.assert_allclose(told.alpha * direction, change, rtol=rtol, atol=atol)
    assert told.entries[1] is None
    for place, entry in ((3, told.entries[0]), (11, told.entries[2])):
        assert (entry.value, entry.after) == (before[place], trainer.network.learned[place])
        assert entry.gradient == pytest.approx(float(trainer.network.gradient[place]), rel=1e-12)
    assert told.examples == (10 if done == 2 else 20)
    assert told.update == done + 1


@settings(max_examples=20, deadline=None)
@given(random_graphs(kinked=False), st.sampled_from(OPTIMIZERS))
def test_a_step_is_its_learning_rate_times_a_direction_for_every_optimizer_and_network(graph, optimizer):
    network = Network(graph, precision="float64")
    X, Y = examples(network, m=12)
    training = TrainingSettings(optimizer=optimizer, batch_size=12, precision="float64", shuffle=False)
    trainer = Trainer(network, Dataset(X, Y, np.float64), training)
    trainer.advance(1)
    told, direction = trainer.rehearse()
    for factor in (0.1, 5.0):
        faster = replace(optimizer, learning_rate=factor * optimizer.learning_rate)
        trainer.change_settings(replace(training, optimizer=faster))
        again, other = trainer.rehearse()
        assert again.alpha == pytest.approx(factor * told.alpha)
        np.testing.assert_allclose(other, direction, rtol=1e-9, atol=1e-12)


def test_full_batch_descent_goes_against_the_gradient_of_the_cost():
    trainer = trainer_of([Input(features=2), Dense(units=4), Output()], optimizer=Sgd(learning_rate=0.3), batch_size=50)
    data = trainer.data
    told, direction = trainer.rehearse()
    gradients = trainer.network.gradients(data.X, data.Y)
    for key, view in trainer.network.slices(direction).items():
        np.testing.assert_allclose(view, -gradients[key], rtol=1e-9, atol=1e-14)
    assert told.gradient_norm == pytest.approx(np.linalg.norm(direction), rel=1e-12)


def test_what_the_optimizer_remembers_is_told_in_the_units_of_its_definition():
    momentum, adam = Momentum(learning_rate=0.1, momentum=0.8), Adam(learning_rate=0.1)
    for optimizer in (momentum, adam):
        trainer = trainer_of([Input(features=2), Dense(units=4), Output()], optimizer=optimizer, batch_size=50)
        first = trainer.rehearse((5,))[0].entries[0]
        trainer.advance(1)
        second = trainer.rehearse((5,))[0].entries[0]
        if optimizer is momentum:
            assert first.slots["velocity"] == (0.0, pytest.approx(first.gradient, rel=1e-12))
            assert second.slots["velocity"][1] == pytest.approx(0.8 * first.gradient + second.gradient, rel=1e-12)
        else:
            m = 0.1 * first.gradient
            v = 0.001 * first.gradient**2
            assert second.slots["u"] == (
                pytest.approx(m, rel=1e-12),
                pytest.approx(0.9 * m + 0.1 * second.gradient, rel=1e-12),
            )
            assert second.slots["s"][0] == pytest.approx(v, rel=1e-12)


def test_without_a_learning_rate_nothing_moves_and_the_direction_is_told_all_the_same():
    trainer = trainer_of([Input(features=2), Dense(units=4), Output()], optimizer=Sgd(learning_rate=0.0))
    told, direction = trainer.rehearse((0,))
    assert told.alpha == 0.0
    assert told.entries[0].after == told.entries[0].value
    assert np.linalg.norm(direction) > 1e-3


def test_a_tiny_learning_rate_has_the_direction_of_a_large_one_in_single_precision_too():
    layers = [Input(features=2), Dense(units=4), Output()]
    tiny, large = (
        trainer_of(layers, precision="float32", optimizer=Sgd(learning_rate=rate)).rehearse()[1] for rate in (1e-9, 1.0)
    )
    np.testing.assert_allclose(tiny, large, rtol=1e-5)


def test_schedule_and_warm_up_are_in_the_learning_rate_that_is_told():
    settings = {"optimizer": Sgd(learning_rate=0.4), "warm_up": 4, "schedule": Step(every=1, gamma=0.5)}
    trainer = trainer_of(**settings, batch_size=50)
    rates = []
    for _ in range(3):
        rates.append(trainer.rehearse()[0].alpha)
        trainer.advance(1)
    assert rates == pytest.approx([0.1, 0.1, 0.075])


def test_a_step_that_breaks_is_told_as_not_finite_and_everything_is_put_back():
    layers = [Input(features=2), Output(activation=Identity(), loss=MeanSquaredError())]
    settings = TrainingSettings(optimizer=Sgd(learning_rate=1.0), batch_size=4)
    data = Dataset(np.full((4, 2), 3e19), np.zeros((4, 1)))
    trainer = Trainer(Network(chain(layers)), data, settings)
    before = trainer.network.learned.copy()
    assert not trainer.rehearse()[0].finite
    np.testing.assert_array_equal(trainer.network.learned, before)

"""The learning rate follows its schedule, and a run ends when it should, with the weights it should."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from test_trainer import rings, small

from engine import Cosine, Exponential, ReduceOnPlateau, Sgd, Step, Trainer, TrainingSettings
from engine.declared import replace
from engine.schedules import SCHEDULES, Plateau

STEP_EPOCHS = {"batch_size": 50, "epochs": 12}


def rates(settings: TrainingSettings, epochs: int = 12, validation=None) -> np.ndarray:
    trainer = Trainer(small(), rings(), settings, validation)
    trainer.train(until_epoch=epochs)
    return trainer.history.column("learning_rate").copy()


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Step(every=3, gamma=0.5), lambda e: 0.5 ** (e // 3)),
        (Exponential(gamma=0.9), lambda e: 0.9**e),
        (Cosine(last=0.1), lambda e: 0.1 + 0.9 * (1 + np.cos(np.pi * e / 12)) / 2),
    ],
    ids=["step", "exponential", "cosine"],
)
def test_each_epoch_runs_at_its_scheduled_rate(schedule, expected):
    found = rates(TrainingSettings(optimizer=Sgd(learning_rate=0.2), schedule=schedule, **STEP_EPOCHS))
    np.testing.assert_allclose(found, [0.2 * expected(epoch) for epoch in range(12)], rtol=1e-12)


def test_the_cosine_stays_at_its_last_share_when_a_run_goes_on():
    trainer = Trainer(small(), rings(), TrainingSettings(schedule=Cosine(last=0.1), epochs=5))
    trainer.train()
    trainer.go_on()
    trainer.train()
    np.testing.assert_allclose(trainer.history.column("learning_rate")[5:], 0.0001, rtol=1e-6)


def test_warm_up_rises_linearly_step_by_step_and_the_weights_feel_it():
    settings = TrainingSettings(
        optimizer=Sgd(learning_rate=0.4), warm_up=4, batch_size=200, epochs=9, precision="float64"
    )
    trainer, twin = Trainer(small(precision="float64"), rings(), settings), small(precision="float64")
    seen = []
    for step in range(1, 7):
        seen.append(trainer.status.learning_rate)
        trainer.advance(1)
        gradients = twin.gradients(rings().X, rings().Y)
        for key, values in twin.parameters.items():
            values -= 0.4 * min(step / 4, 1.0) * gradients[key]
    np.testing.assert_allclose(seen, [0.1, 0.2, 0.3, 0.4, 0.4, 0.4], rtol=1e-12)
    np.testing.assert_allclose(trainer.network.theta, twin.theta, rtol=1e-10)


def test_reduce_on_plateau_cuts_after_more_than_the_patience_without_a_fall():
    schedule, plateau = ReduceOnPlateau(gamma=0.5, patience=1, threshold=0.1, least=0.2), Plateau()
    factors = []
    for cost in (1.0, 0.95, 0.91, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5):
        schedule.watch(cost, plateau)
        factors.append(plateau.factor)
    assert factors == [1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2]


def test_reduce_on_plateau_watches_the_validation_cost_of_the_run():
    schedule = ReduceOnPlateau(gamma=0.5, patience=0)
    frozen_cost = TrainingSettings(optimizer=Sgd(learning_rate=0.0), schedule=schedule, epochs=4)
    trainer = Trainer(small(), rings(), frozen_cost, rings(30, seed=3))
    trainer.train()
    trainer.change_settings(replace(frozen_cost, epochs=8))  # the same schedule: what was seen stays
    trainer.train()
    assert trainer.run.plateau.factor == pytest.approx(0.5**7)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_run_resumed_under_a_schedule_equals_the_uninterrupted_one_bit_for_bit(name):
    schedule = {"reduce_on_plateau": ReduceOnPlateau(patience=0, gamma=0.7, threshold=0.05)}.get(
        name, SCHEDULES[name]()
    )
    settings = TrainingSettings(schedule=schedule, warm_up=9, batch_size=32, epochs=8)
    held_out = rings(40, seed=5)
    whole = Trainer(small(), rings(), settings, held_out)
    whole.train()
    first = Trainer(small(), rings(), settings, held_out)
    while first.step < 25:
        first.advance(5)
    state = first.state()
    json.dumps(state.meta, allow_nan=False)
    second = Trainer(small(seed=5), rings(), settings, held_out)
    second.restore(state)
    second.train()
    assert second.network.theta.tobytes() == whole.network.theta.tobytes()
    np.testing.assert_array_equal(second.history.column("learning_rate"), whole.history.column("learning_rate"))


# -- stopping ---------------------------------------------------------------------------------------------------------


def overfitting(patience: int = 5, epochs: int = 400) -> Trainer:
    settings = TrainingSettings(optimizer=Sgd(learning_rate=1.0), batch_size=10, epochs=epochs, patience=patience)
    rng = np.random.default_rng(0)
    few = rings(30)
    noisy = type(few)(few.X, rng.integers(0, 2, 30), few.X.dtype)  # nothing but noise to learn: it gets worse soon
    return Trainer(small(), noisy, settings, rings(60, seed=8))


def test_patience_ends_a_run_with_the_weights_of_the_lowest_validation_cost():
    trainer = overfitting()
    status = trainer.train()
    costs = trainer.history.column("validation_cost")
    best = int(costs.argmin()) + 1
    assert status.state == "finished"
    assert status.epoch == best + 5 < 400
    held_out = trainer.splits["validation"]
    assert trainer.network.cost(held_out.X, held_out.Y) == pytest.approx(costs.min(), rel=1e-6)
    assert status.validation_cost == pytest.approx(costs.min(), rel=1e-6)
    assert f"epoch {best}" in status.message
    assert "not fallen for 5 epochs" in status.message


def test_the_best_weights_are_kept_too_when_the_epochs_end_first():
    trainer = overfitting(patience=300, epochs=60)
    trainer.train()
    costs, held_out = trainer.history.column("validation_cost"), trainer.splits["validation"]
    assert trainer.epoch == 60
    assert costs.argmin() < 59
    assert trainer.network.cost(held_out.X, held_out.Y) == pytest.approx(costs.min(), rel=1e-6)


def test_a_run_with_patience_resumed_in_mid_epoch_ends_with_the_same_best_weights():
    whole, first, second = overfitting(), overfitting(), overfitting()
    whole.train()
    while first.step < 10:
        first.advance(1)
    second.restore(first.state())
    second.train()
    assert second.epoch == whole.epoch
    assert second.network.theta.tobytes() == whole.network.theta.tobytes()


def test_a_run_that_ended_early_can_go_on():
    trainer = overfitting()
    trainer.train()
    ended = trainer.epoch
    assert trainer.advance(3) == 0
    trainer.go_on()
    assert trainer.advance(3) == 3
    assert trainer.status.message == ""
    assert trainer.epoch in (ended, ended + 1)


def test_a_run_that_ended_early_still_says_why_after_it_was_restored():
    trainer, again = overfitting(), overfitting()
    trainer.train()
    again.restore(trainer.state())
    assert (again.status.state, again.status.message) == ("finished", trainer.message)
    again.go_on()
    assert again.advance(3) == 3


def test_a_target_cost_ends_the_run_as_soon_as_it_is_reached():
    settings = TrainingSettings(batch_size=20, epochs=2000, target_cost=0.3)
    trainer = Trainer(small(), rings(), settings, rings(50, seed=4))
    status = trainer.train()
    costs = trainer.history.column("validation_cost")
    assert status.epoch < 2000
    assert costs[-1] <= 0.3
    assert (costs[:-1] > 0.3).all()
    assert "reached 0.3" in status.message


def test_a_time_limit_ends_the_run_within_an_epoch_too():
    settings = TrainingSettings(batch_size=1, epochs=10_000_000, time_limit=0.05)
    trainer = Trainer(small(), rings(), settings)
    started = time.perf_counter()
    status = trainer.train()
    assert status.state == "finished"
    assert trainer.seconds >= 0.05
    assert trainer.seconds <= time.perf_counter() - started
    assert "time limit" in status.message


def test_true_costs_are_recorded_every_so_many_epochs_and_at_the_end():
    settings = TrainingSettings(optimizer=Sgd(learning_rate=0.5), batch_size=20, epochs=7, record_every=3)
    trainer = Trainer(small(), rings(), settings)
    status = trainer.train()
    known = np.isfinite(trainer.history.column("training_cost"))
    np.testing.assert_array_equal(np.flatnonzero(known) + 1, [3, 6, 7])
    data = rings()
    assert status.measured
    assert status.training_cost == pytest.approx(trainer.network.cost(data.X, data.Y), rel=1e-6)
    assert trainer.history.column("training_cost")[-1] == status.training_cost
    assert status.running_cost != status.training_cost


def test_a_step_after_measuring_makes_the_figures_old():
    trainer = Trainer(small(), rings(), TrainingSettings(epochs=5))
    trainer.advance(2)
    trainer.measure()
    assert trainer.status.measured
    trainer.advance(1)
    assert not trainer.status.measured

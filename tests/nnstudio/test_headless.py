"""A run without a window ends when the trainer does, and leaves true figures."""

from __future__ import annotations

import numpy as np
import pytest

from engine import Dense, Input, Output, Sgd, Trainer, TrainingSettings, chain
from nnstudio.data import PreparedData, prepare, sample_recipe
from nnstudio.document import Document
from nnstudio.headless import result_fields, run, trainer_for


@pytest.fixture(scope="module")
def moons() -> PreparedData:
    return prepare(sample_recipe("moons", rows=100))


def trainer_with(moons: PreparedData, **settings: object) -> Trainer:
    graph = chain([Input(features=2), Dense(units=4), Output()])
    return trainer_for(Document(graph=graph, training=TrainingSettings(**settings)), moons)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"patience": 3, "optimizer": Sgd(learning_rate=0.0)}, "has not fallen for 3 epochs"),
        ({"target_cost": 1e3}, "has reached 1000"),
        ({"time_limit": 0.01}, "time limit of 0.01 s"),
    ],
)
def test_a_run_that_ends_early_is_finished_and_says_why(moons, settings, says):
    trainer = trainer_with(moons, epochs=10_000_000, **settings)
    assert run(trainer) == "finished"
    assert trainer.status.state == "finished"
    assert trainer.status.measured
    fields = result_fields(trainer, moons, "finished")
    assert says in fields["reason"]
    assert fields["train_cost"] == pytest.approx(trainer.status.training_cost)


def test_a_run_to_the_last_epoch_has_no_reason(moons):
    trainer = trainer_with(moons, epochs=2)
    assert result_fields(trainer, moons, run(trainer))["reason"] is None


def test_a_run_that_is_over_already_ends_at_once(moons):
    trainer = trainer_with(moons, epochs=2)
    run(trainer)
    before = trainer.network.theta.copy()
    assert run(trainer) == "finished"
    np.testing.assert_array_equal(trainer.network.theta, before)


def test_a_run_that_is_stopped_rests_with_true_figures(moons):
    trainer = trainer_with(moons, epochs=10_000_000)
    seen: list[int] = []
    assert run(trainer, lambda status: seen.append(status.step), lambda: len(seen) > 3) == "interrupted"
    assert trainer.status.state == "paused"
    assert trainer.status.measured
    assert result_fields(trainer, moons, "interrupted")["reason"] is None


def test_a_run_that_diverges_says_where(moons):
    trainer = trainer_with(moons, epochs=1_000)
    trainer.network.theta[...] = 3e38  # whose sums are beyond float32
    stopped = run(trainer)
    assert stopped == "diverged"
    assert "diverged at step" in result_fields(trainer, moons, stopped)["reason"]

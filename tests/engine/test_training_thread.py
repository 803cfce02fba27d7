"""The training thread obeys: start, pause, step, epoch, reset, another rate, and a look at any time."""

from __future__ import annotations

import queue
import threading
import time

import numpy as np
import pytest
from test_trainer import rings, small

from engine import Trainer, TrainingSettings
from engine.optimizers import Sgd
from engine.snapshot import ProbeRequest
from engine.training_thread import Snapshot, TrainingThread

PATIENCE = 20.0  # seconds after which a test gives up


@pytest.fixture
def rests():
    return queue.Queue()


@pytest.fixture
def thread(rests):
    trainer = Trainer(small(), rings(), TrainingSettings(batch_size=10, epochs=1_000_000), rings(40, seed=2))
    made = TrainingThread(trainer, on_rest=lambda status, state: rests.put((status, state)))
    yield made
    made.stop()
    assert not made.alive


def look(thread: TrainingThread, request: ProbeRequest | None = None) -> Snapshot:
    answers: queue.Queue[Snapshot] = queue.Queue()
    thread.look(request or ProbeRequest(), answers.put)
    return answers.get(timeout=PATIENCE)


def test_start_trains_and_pause_rests_with_the_state(thread, rests):
    thread.start()
    while look(thread).status.epoch < 3:
        pass
    thread.pause()
    status, state = rests.get(timeout=PATIENCE)
    assert status.state == "paused"
    assert state.meta["step"] == status.step >= 60
    assert look(thread).status.step == status.step


def test_one_step_is_one_step_and_one_epoch_ends_with_the_epoch(thread, rests):
    thread.run_step()
    assert rests.get(timeout=PATIENCE)[0].step == 1
    thread.run_epoch()
    status, _ = rests.get(timeout=PATIENCE)
    assert (status.epoch, status.step) == (1, 20)
    thread.run_epoch()
    assert rests.get(timeout=PATIENCE)[0].step == 40


def test_reset_comes_back_to_the_initial_weights(thread, rests):
    thread.run_step()
    rests.get(timeout=PATIENCE)
    thread.reset()
    status, state = rests.get(timeout=PATIENCE)
    assert (status.state, status.step) == ("ready", 0)
    fresh = small()
    np.testing.assert_array_equal(state.arrays["parameters/dense_1.Theta"], fresh.parameters["dense_1.Theta"])
    assert len(state.history) == 0


def test_the_learning_rate_changes_while_training(thread, rests):
    thread.start()
    thread.change_settings(TrainingSettings(optimizer=Sgd(learning_rate=0.0), batch_size=10, epochs=1_000_000))
    one = look(thread, ProbeRequest(detail="dense_1")).status
    assert one.learning_rate == 0.0
    assert one.state == "training"
    thread.pause()
    rests.get(timeout=PATIENCE)


def test_the_history_that_is_sent_skips_no_epoch(thread, rests):
    thread.start()
    epochs: list[float] = []
    while len(epochs) < 30:
        epochs.extend(look(thread).rows[:, 0].tolist())
    thread.pause()
    rests.get(timeout=PATIENCE)
    assert epochs == list(range(1, len(epochs) + 1))


def test_looking_gives_all_that_was_asked_for_and_changes_nothing(thread, rests):
    thread.run_epoch()
    _, before = rests.get(timeout=PATIENCE)
    request = ProbeRequest(
        weights=True, activations=True, gradients=True, thumbnails=True, metrics=True, boundary=(0, 1), detail="dense_2"
    )
    snapshot = look(thread, request)
    probes = snapshot.probes
    assert probes is not None
    assert snapshot.metrics is not None
    assert set(probes.weights) == set(probes.gradients) == {"dense_1", "dense_2", "output"}
    assert probes.boundary is not None
    assert probes.boundary.values.shape == (1, 64, 64)
    assert probes.detail is not None
    assert probes.detail.weights.shape == (8, 8)
    done = queue.Queue()
    thread.state(lambda status, state: done.put(state))
    after = done.get(timeout=PATIENCE)
    assert after.meta == {**before.meta, "seconds": after.meta["seconds"]}
    for name, array in before.arrays.items():
        np.testing.assert_array_equal(after.arrays[name], array)


def test_looking_while_training_is_rationed(thread, rests):
    thread.start()
    request = ProbeRequest(weights=True, activations=True, boundary=(0, 1), detail="dense_1")
    probed = [look(thread, request).probes is not None for _ in range(200)]
    thread.pause()
    rests.get(timeout=PATIENCE)
    assert any(probed)
    assert not all(probed)


def test_a_failure_is_handed_to_the_owner_and_ends_the_thread():
    trainer = Trainer(small(), rings(), TrainingSettings(epochs=10))
    failed = threading.Event()
    thread = TrainingThread(trainer, on_failure=lambda error: failed.set())
    trainer.advance = None  # type: ignore[method-assign]
    thread.start()
    assert failed.wait(PATIENCE)
    thread.stop()
    assert not thread.alive


def test_settings_that_do_not_fit_are_refused_where_they_are_asked_for_and_training_goes_on(thread):
    thread.start()
    with pytest.raises(ValueError, match="needs a new network"):
        thread.change_settings(TrainingSettings(precision="float64"))
    assert look(thread, ProbeRequest()).status.state == "training"


def test_start_while_one_epoch_runs_trains_on_beyond_it(thread):
    thread.run_epoch()
    thread.start()
    deadline = time.monotonic() + 20
    while look(thread, ProbeRequest()).status.epoch < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert look(thread, ProbeRequest()).status.state == "training"


def test_a_picture_that_cannot_be_made_does_not_end_training(thread, monkeypatch):
    def fail(*_):
        raise ValueError("no picture")

    monkeypatch.setattr("engine.training_thread.probe", fail)
    thread.start()
    assert look(thread, ProbeRequest(weights=True)).probes is None
    assert thread.alive

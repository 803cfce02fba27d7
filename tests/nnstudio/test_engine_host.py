"""The engine's process: it trains, answers, dies in words, starts again, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import psutil
import pytest

from engine import BatchNorm, Dense, Dropout, Input, Network, Output, TrainingSettings, chain
from engine.history import COLUMNS
from engine.snapshot import ProbeRequest
from nnstudio import engine_worker
from nnstudio.checkpoints import checkpoint_of
from nnstudio.data import PreparedData, prepare, sample_recipe
from nnstudio.document import Document
from nnstudio.engine_host import EngineHost
from nnstudio.engine_messages import Died, Event, Failed, Load, Loaded, Look, Looked, Measured, Rested, Simple
from nnstudio.headless import run, trainer_for
from nnstudio.training_data import open_data_file, write_data_file

PATIENCE = 30.0
GRAPH = chain([Input(features=2), Dense(units=8), Output()])
SETTINGS = TrainingSettings(batch_size=16, epochs=1_000_000)


@pytest.fixture(scope="module")
def moons() -> PreparedData:
    return prepare(sample_recipe("moons", rows=200))


class Listening(EngineHost):
    """Keeps what came in and was not asked for yet."""

    def __init__(self) -> None:
        super().__init__()
        self.unread: deque[Event] = deque()


@pytest.fixture
def host() -> Iterator[Listening]:
    made = Listening()
    made.start_process()
    yield made
    process_id = made.process_id
    made.close()
    assert process_id is None or not psutil.pid_exists(process_id)


def wait_for(host: Listening, kind: type, patience: float = PATIENCE):
    """Return the next event of a kind; those before it are dropped."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        host.unread.extend(host.poll())
        while host.unread:
            event = host.unread.popleft()
            if isinstance(event, kind):
                return event
            assert not isinstance(event, (Failed, Died)), event
        time.sleep(0.005)
    raise AssertionError(f"no {kind.__name__} came")


def test_a_network_is_trained_looked_at_and_paused(host, moons):
    host.load(GRAPH, SETTINGS, moons)
    assert wait_for(host, Loaded).status.state == "ready"
    host.ask("start")
    host.look(ProbeRequest(weights=True, boundary=(0, 1)))
    snapshot = wait_for(host, Looked).snapshot
    assert snapshot.probes is not None
    assert snapshot.probes.boundary is not None
    host.ask("pause")
    rested = wait_for(host, Rested)
    assert rested.status.state == "paused"
    assert rested.state.arrays["parameters/dense_1.Theta"].shape == (8, 3)


def fingerprint(arrays: dict[str, np.ndarray]) -> str:
    """Return the SHA-256 of all parameters and running statistics."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        if name.startswith("parameters/"):
            digest.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def test_two_processes_and_a_script_train_to_the_same_bits_looked_at_or_not(host, moons):
    graph = chain([Input(features=2), Dense(units=8), BatchNorm(), Dropout(), Dense(units=8), Output()])
    settings = TrainingSettings(batch_size=16, epochs=400, seed=5)
    everything = ProbeRequest(
        weights=True, activations=True, gradients=True, thumbnails=True, metrics=True, boundary=(0, 1), detail="dense_1"
    )
    host.load(graph, settings, moons)
    host.look(everything)
    host.ask("start")
    looked_at, answers = None, 0
    deadline = time.monotonic() + PATIENCE
    while looked_at is None and time.monotonic() < deadline:
        host.look(everything)
        for event in host.poll():
            assert not isinstance(event, (Failed, Died)), event
            answers += isinstance(event, Looked)
            looked_at = event.state if isinstance(event, Rested) else looked_at
        time.sleep(0.002)
    assert answers > 1
    assert looked_at is not None
    other = Listening()
    try:
        other.load(graph, settings, moons)
        assert other.process_id != host.process_id
        other.ask("start")
        unwatched = wait_for(other, Rested).state
    finally:
        other.close()
    script = trainer_for(Document(graph=graph, training=settings), moons)
    assert run(script) == "finished"
    assert fingerprint(looked_at.arrays) == fingerprint(unwatched.arrays) == fingerprint(script.state().arrays)


def test_true_figures_come_soon_after_weights_are_loaded(host, moons):
    host.load(GRAPH, SETTINGS, moons)
    loaded = wait_for(host, Loaded).status
    assert not loaded.measured
    assert np.isnan(loaded.training_cost)
    measured = wait_for(host, Measured)
    assert measured.status.measured
    network = Network(GRAPH)
    for rows, cost in (
        (moons.training, measured.status.training_cost),
        (moons.validation, measured.status.validation_cost),
    ):
        assert cost == pytest.approx(network.cost(moons.X[rows], moons.Y[rows]), rel=1e-5)
    assert len(measured.row) == 0


def test_true_figures_come_soon_after_training_rests_and_amend_the_last_epoch(host, moons):
    host.load(GRAPH, SETTINGS, moons)
    wait_for(host, Measured)
    host.ask("run_epoch")
    rested = wait_for(host, Rested)
    assert not rested.status.measured
    measured = wait_for(host, Measured)
    network, rows = Network(GRAPH, seed=9), moons.training
    network.set_weights(checkpoint_of(rested.state).weights)
    true = network.cost(moons.X[rows], moons.Y[rows])
    assert measured.status.step == rested.status.step
    assert measured.status.training_cost == pytest.approx(true, rel=1e-5)
    last = dict(zip(COLUMNS, measured.row[0], strict=True))
    assert last["epoch"] == 1
    assert last["training_cost"] == measured.status.training_cost
    assert np.isnan(dict(zip(COLUMNS, rested.state.history[-1], strict=True))["training_cost"])


@pytest.fixture
def measuring(moons, tmp_path, monkeypatch):
    """Yield a worker in this process that is computing true figures, what lets it go on, and its connection."""
    begun, go_on = threading.Event(), threading.Event()
    evaluate = Network.evaluate

    def waiting(self, data):
        for part in evaluate(self, data):
            begun.set()
            assert go_on.wait(PATIENCE)
            yield part

    monkeypatch.setattr(Network, "chunk", property(lambda self: 16))  # an evaluation of many chunks
    monkeypatch.setattr(Network, "evaluate", waiting)
    ours, theirs = multiprocessing.Pipe()
    worker = engine_worker._Worker(theirs, "")
    file = write_data_file(moons, tmp_path)
    worker.obey(Load(load=1, graph=GRAPH, settings=SETTINGS, data=file, state=None))
    assert begun.wait(PATIENCE)
    yield worker, go_on, ours
    go_on.set()
    worker.stop()
    ours.close()
    theirs.close()


def events_until(connection: Connection, kind: type) -> list[Event]:
    """Return all events to the first of a kind."""
    events: list[Event] = []
    while not events or not isinstance(events[-1], kind):
        assert connection.poll(PATIENCE), events
        events.append(connection.recv())
    return events


def test_true_figures_are_dropped_when_something_else_is_asked_for(measuring):
    worker, go_on, connection = measuring
    worker.obey(Simple(load=1, what="run_step"))
    go_on.set()
    said = events_until(connection, Measured)
    assert [type(event) for event in said] == [Loaded, Rested, Measured]
    assert said[-1].status.step == 1


def test_a_look_while_true_figures_are_computed_is_answered_though_they_are_dropped(measuring):
    worker, go_on, connection = measuring
    worker.obey(Look(load=1, request=ProbeRequest(boundary=(0, 1), metrics=True)))  # which evaluates as well
    worker.obey(Simple(load=1, what="run_step"))
    go_on.set()
    said = events_until(connection, Measured)
    assert sorted(type(event).__name__ for event in said) == ["Loaded", "Looked", "Measured", "Rested"]


def test_training_goes_on_from_the_weights_that_are_given(host, moons):
    host.load(GRAPH, SETTINGS, moons)
    host.ask("run_epoch")
    state = wait_for(host, Rested).state
    host.load(GRAPH, SETTINGS, moons, state)
    assert wait_for(host, Loaded).status.epoch == 1
    host.ask("run_step")
    assert wait_for(host, Rested).status.step == state.meta["step"] + 1


def test_layers_whose_weights_do_not_fit_are_named(host, moons):
    host.load(GRAPH, SETTINGS, moons)
    host.ask("run_epoch")
    state = wait_for(host, Rested).state
    wider = chain([Input(features=2), Dense(units=8), Dense(units=4), Output()])
    host.load(wider, SETTINGS, moons, state)
    assert set(wait_for(host, Loaded).anew) == {"dense_2", "output"}


def test_answers_to_an_earlier_network_are_dropped(host, moons):
    host.load(GRAPH, SETTINGS, moons)
    host.ask("run_step")
    second = host.load(GRAPH, SETTINGS, moons)
    assert wait_for(host, Loaded).load == second
    assert wait_for(host, Measured).load == second
    time.sleep(0.2)
    assert [*host.unread, *host.poll()] == []


def test_a_network_that_cannot_be_built_fails_in_words(host, moons):
    host.load(chain([Input(features=3), Output()]), SETTINGS, moons)
    deadline = time.monotonic() + PATIENCE
    events: list[object] = []
    while not events and time.monotonic() < deadline:
        events = host.poll()
        time.sleep(0.005)
    (event,) = events
    assert isinstance(event, Failed)
    assert "2 features" in event.sentence


def test_a_killed_process_is_reported_and_can_be_started_again(host, moons):
    host.load(GRAPH, SETTINGS, moons)
    wait_for(host, Loaded)
    host.ask("start")
    psutil.Process(host.process_id).kill()
    died = wait_for_death(host)
    assert "signal 9" in died.sentence
    assert "Train" in died.sentence
    assert not host.alive
    host.load(GRAPH, SETTINGS, moons)
    assert wait_for(host, Loaded).status.state == "ready"


def wait_for_death(host: EngineHost) -> Died:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for event in host.poll():
            if isinstance(event, Died):
                return event
        time.sleep(0.005)
    raise AssertionError("nobody noticed")


def test_closing_while_training_leaves_no_process_and_no_file(moons):
    host = Listening()
    host.load(GRAPH, SETTINGS, moons)
    wait_for(host, Loaded)
    host.ask("start")
    folder, process_id = host._folder, host.process_id
    assert list(folder.glob("*.f32"))
    host.close()
    host.close()
    assert not psutil.pid_exists(process_id)
    assert not folder.exists()


def test_the_engine_ends_when_its_window_is_killed(tmp_path):
    script = tmp_path / "window.py"
    script.write_text(
        "import sys, time\n"
        "from nnstudio.engine_host import EngineHost\n"
        "if __name__ == '__main__':\n"
        "    host = EngineHost(); host.start_process(); print(host.process_id, flush=True); time.sleep(60)\n"
    )
    import subprocess
    import sys

    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment) as window:
        assert window.stdout is not None
        engine = psutil.Process(int(window.stdout.readline()))
        window.kill()
        engine.wait(PATIENCE)
    assert not engine.is_running()
    assert list(tmp_path.glob("nnstudio-*")) == []  # the data that it was given go with it


def test_the_data_file_holds_the_splits_with_a_one_before_each_row(moons, tmp_path):
    splits = open_data_file(write_data_file(moons, tmp_path))
    np.testing.assert_array_equal(splits["training"].X, moons.X[moons.training])
    np.testing.assert_array_equal(splits["validation"].Y, moons.Y[moons.validation])
    assert (splits["training"].extended[:, 0] == 1).all()
    assert "test" not in splits

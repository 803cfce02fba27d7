"""The engine's process: it trains, answers, dies in words, starts again, and leaves nothing behind."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from engine import Dense, Input, Output, Trainer, TrainingSettings, chain
from engine.network import Network
from engine.snapshot import ProbeRequest
from nnstudio.data import PreparedData, prepare, sample_recipe
from nnstudio.engine_host import EngineHost
from nnstudio.engine_messages import Died, Failed, Loaded, Looked, Rested
from nnstudio.training_data import open_data_file, write_data_file

PATIENCE = 30.0
GRAPH = chain([Input(features=2), Dense(units=8), Output()])
SETTINGS = TrainingSettings(batch_size=16, epochs=1_000_000)


@pytest.fixture(scope="module")
def moons() -> PreparedData:
    return prepare(sample_recipe("moons", rows=200))


@pytest.fixture
def host() -> Iterator[EngineHost]:
    made = EngineHost()
    made.start_process()
    yield made
    process_id = made.process_id
    made.close()
    assert process_id is None or not psutil.pid_exists(process_id)


def wait_for(host: EngineHost, kind: type, patience: float = PATIENCE):
    """Return the next event of a kind."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        for event in host.poll():
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


def test_the_process_and_a_script_train_to_the_same_bits(host, moons, tmp_path):
    settings = TrainingSettings(batch_size=16, epochs=5)
    host.load(GRAPH, settings, moons)
    host.ask("start")
    there = wait_for(host, Rested).state.arrays["parameters/dense_1.Theta"]
    splits = open_data_file(write_data_file(moons, tmp_path))
    here = Trainer(Network(GRAPH), splits["training"], settings)
    here.train()
    assert here.network.parameters["dense_1.Theta"].tobytes() == there.tobytes()


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
    time.sleep(0.2)
    assert host.poll() == []


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
    host = EngineHost()
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


def test_the_data_file_holds_the_splits_with_a_one_before_each_row(moons, tmp_path):
    splits = open_data_file(write_data_file(moons, tmp_path))
    np.testing.assert_array_equal(splits["training"].X, moons.X[moons.training])
    np.testing.assert_array_equal(splits["validation"].Y, moons.Y[moons.validation])
    assert (splits["training"].extended[:, 0] == 1).all()
    assert "test" not in splits

"""Project files: they give back what was saved, and are whole after any crash."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from engine import Network
from engine.graph import Graph
from nnstudio import archive
from nnstudio.checkpoints import Checkpoint, checkpoint_of
from nnstudio.data import PreparedData
from nnstudio.document import Document
from nnstudio.project_file import VERSION, ProjectError, open_project, save
from tests.nnstudio.projects import trained, trainer_for

Saved = tuple[Document, Checkpoint, PreparedData]


@pytest.fixture(scope="module")
def made() -> Saved:
    return trained()[:3]


@pytest.fixture
def path(tmp_path: Path, made: Saved) -> Path:
    target = tmp_path / "moons.nnstudio"
    save(target, *made)
    return target


# What was saved comes back


def test_document_weights_history_and_data_come_back_as_they_were(path: Path, made: Saved) -> None:
    document, checkpoint, prepared = made
    project = open_project(path)
    assert project.document == document
    assert project.checkpoint is not None
    assert project.checkpoint.hash == checkpoint.hash
    assert project.checkpoint.state.meta == checkpoint.state.meta
    np.testing.assert_array_equal(project.checkpoint.state.history, checkpoint.state.history)
    assert project.prepared is not None
    assert project.prepared.sha256 == prepared.sha256
    assert project.prepared.fitted == prepared.fitted


def test_predictions_of_an_opened_project_are_the_same_bits(path: Path, made: Saved) -> None:
    document, checkpoint, prepared = made
    before, after = Network(document.graph), Network(document.graph, seed=99)
    before.set_weights(checkpoint.weights)
    project = open_project(path)
    assert project.checkpoint is not None
    after.set_weights(project.checkpoint.weights)
    np.testing.assert_array_equal(before.predict(prepared.X), after.predict(prepared.X))


def test_training_goes_on_from_a_file_as_if_it_had_not_been_interrupted(tmp_path: Path) -> None:
    document, _, prepared, trainer = trained(epochs=2)
    save(tmp_path / "a.nnstudio", document, checkpoint_of(trainer.state()), prepared)
    longer = msgspec.structs.replace(document.training, epochs=5)
    trainer.change_settings(longer)
    trainer.train()
    project = open_project(tmp_path / "a.nnstudio")
    assert project.prepared is not None
    assert project.checkpoint is not None
    resumed = trainer_for(msgspec.structs.replace(project.document, training=longer), project.prepared)
    resumed.restore(project.checkpoint.state)
    resumed.train()
    np.testing.assert_array_equal(resumed.network.theta, trainer.network.theta)


def test_untrained_document_without_data_comes_back(tmp_path: Path) -> None:
    save(tmp_path / "empty.nnstudio", Document(notes="α, 漢字"))
    project = open_project(tmp_path / "empty.nnstudio")
    assert project.document == Document(notes="α, 漢字")
    assert project.checkpoint is project.prepared is project.record is None


def test_data_above_the_limit_stay_outside_and_predictions_still_know_the_table(path: Path, made: Saved) -> None:
    save(path, *made, limit_bytes=100)
    project = open_project(path)
    assert project.prepared is None
    assert project.record is not None
    assert project.record.fitted == made[2].fitted
    assert project.document.data == made[0].data


def test_weights_in_any_memory_order_come_back_right(tmp_path: Path, made: Saved) -> None:
    document, checkpoint, _ = made
    for name, order in (("fortran", np.asfortranarray), ("reversed", lambda a: a[::-1, ::-1])):
        arrays = {k: order(a) if a.ndim == 2 else a for k, a in checkpoint.state.arrays.items()}
        odd = checkpoint_of(type(checkpoint.state)(arrays, checkpoint.state.meta, checkpoint.state.history))
        save(tmp_path / name, document, odd)
        opened = open_project(tmp_path / name).checkpoint
        assert opened is not None
        for key, array in arrays.items():
            np.testing.assert_array_equal(opened.state.arrays[key], array)


@pytest.mark.parametrize("turned", [np.transpose, np.asfortranarray, lambda a: a[::2, 1:], lambda a: a[::-1]])
def test_arrays_are_packed_right_in_any_memory_order(turned: Callable[[Any], Any]) -> None:
    array = turned(np.arange(12, dtype=np.float32).reshape(4, 3))
    np.testing.assert_array_equal(archive.unpack(archive.pack({"a": array}))["a"], array)


def test_half_finished_graph_keeps_the_weights_it_was_trained_with(path: Path, made: Saved) -> None:
    document, checkpoint, prepared = made
    cut = msgspec.structs.replace(document, graph=Graph(nodes=document.graph.nodes, edges=()))
    fewer = msgspec.structs.replace(document, graph=Graph(nodes=(document.graph.nodes[0], document.graph.nodes[2])))
    for changed in (cut, fewer):
        save(path, changed, checkpoint, prepared)
        opened = open_project(path).checkpoint
        assert opened is not None
        assert opened.hash == checkpoint.hash


# Saving is one swap


def test_save_that_fails_leaves_the_old_file_and_nothing_else(
    path: Path, made: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def broken(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(ProjectError, match="no room left on the disk"):
        save(path, Document(notes="new"))
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.skipif(os.name == "nt", reason="POSIX limits")
def test_disk_that_fills_up_while_saving_leaves_the_old_file(path: Path, made: Saved) -> None:
    before = path.read_bytes()
    program = textwrap.dedent(
        """
        import resource, signal, sys
        from nnstudio.document import Document
        from nnstudio.project_file import ProjectError, save
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
        try:
            save(sys.argv[1], Document(notes="x" * 10_000))
        except ProjectError as error:
            print(error)
        """
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert "no room left on the disk" in done.stdout
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.slow
def test_save_killed_at_any_moment_leaves_a_whole_file(path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys
        from nnstudio.document import Document
        from nnstudio.project_file import save
        print("ready", flush=True)
        number = 0
        while True:
            number += 1
            save(sys.argv[1], Document(notes=str(number) * 200_000))
        """
    )
    chance = random.Random(1)
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        open_project(path)


def test_what_a_killed_save_left_is_swept_away_later(path: Path, made: Saved) -> None:
    old, fresh = (path.parent / f".{path.name}.saving-{name}.tmp" for name in ("old", "fresh"))
    for left in (old, fresh):
        left.write_bytes(b"cut off")
    os.utime(old, (1, 1))
    save(path, *made)
    assert not old.exists()
    assert fresh.exists()


def test_saving_to_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="folder does not exist"):
        save(tmp_path / "nowhere" / "a.nnstudio", Document())


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes and links")
def test_saving_keeps_permissions_and_links(path: Path, tmp_path: Path, made: Saved) -> None:
    path.chmod(0o640)
    link = tmp_path / "link.nnstudio"
    link.symlink_to(path)
    save(link, *made)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    open_project(path)


def test_weights_that_are_not_finite_are_not_saved(path: Path, made: Saved) -> None:
    document, checkpoint, _ = made
    before = path.read_bytes()
    arrays = dict(checkpoint.state.arrays)
    arrays["parameters/dense_1.Theta"] = np.full((4, 3), np.nan, np.float32)
    broken = checkpoint_of(type(checkpoint.state)(arrays, checkpoint.state.meta, checkpoint.state.history))
    with pytest.raises(ProjectError, match=r"dense_1\.Theta.*not a finite number"):
        save(path, document, broken)
    assert path.read_bytes() == before


def test_same_project_saves_to_the_same_bytes(path: Path, tmp_path: Path, made: Saved) -> None:
    save(tmp_path / "again", *made)
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_archive_is_readable_by_any_zip_program(path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as file:
        assert file.testzip() is None
        assert file.namelist()[0] == "project.json"
        assert json.loads(file.read("project.json"))["version"] == VERSION

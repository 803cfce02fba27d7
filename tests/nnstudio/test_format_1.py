"""Project files of format 1: they open as what they were, and training goes on from them."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from engine.history import COLUMNS
from engine.optimizers import Momentum, Optimizer, Sgd
from nnstudio import archive
from nnstudio.checkpoints import checkpoint_of
from nnstudio.project_file import VERSION, ProjectError, open_project, save
from tests.nnstudio.projects import as_format_2, trained, trainer_for

OLD_COLUMNS = (  # the running cost and score had the names of the true ones
    "epoch", "step", "training_cost", "validation_cost", "training_score", "validation_score", "learning_rate",
    "seconds",
)  # fmt: skip
OLD_TRAINING = ("optimizer", "batch_size", "epochs", "seed", "shuffle", "precision", "deterministic")
OLD_META = (
    "state", "message", "epoch", "step", "updates", "position", "seconds", "loss_sum", "score_sum", "seen",
    "optimizer", "shuffler", "generator",
)  # fmt: skip
NEW_OF_LAYERS = ("frozen", "bias_initializer", "class_weights")


def old_file(path: Path, optimizer: Optimizer, extra: dict[str, Any] | None = None) -> Any:
    """Write a project in the middle of its third epoch as format 1 had it, and return its trainer."""
    document, _, prepared, _ = trained()
    settings = msgspec.structs.replace(document.training, optimizer=optimizer, epochs=6)
    document = msgspec.structs.replace(document, training=settings)
    trainer = trainer_for(document, prepared)
    while trainer.step < 2 * trainer.steps_per_epoch + 1:
        trainer.advance(1)
    state = trainer.state()
    meta = {key: value for key, value in state.meta.items() if key in OLD_META} | {"optimizer": "sgd"}
    arrays = dict(state.arrays)
    for key, array in state.arrays.items():  # plain gradient descent kept a velocity too, and did not use it
        if isinstance(optimizer, Sgd) and key.startswith("parameters/"):
            arrays[key.replace("parameters/", "slots/velocity/")] = np.zeros_like(array)
        if key.startswith("slots/"):  # as the mean gradient's, not in units of today
            arrays[key] = array * np.asarray(state.meta["slot_units"][key.split("/")[1]], array.dtype)
    old = checkpoint_of(dataclasses.replace(state, arrays=arrays, meta=meta))
    save(path, document, old, prepared)
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts = as_format_2(parts)
    project = json.loads(parts["project.json"])
    project["version"] = 1
    training = {key: value for key, value in project["document"]["training"].items() if key in OLD_TRAINING}
    training["optimizer"] |= {"type": "sgd", "momentum": getattr(optimizer, "momentum", 0.0)}
    project["document"]["training"] = training | (extra or {})
    for node in project["document"]["graph"]["nodes"]:
        node["layer"] = {key: value for key, value in node["layer"].items() if key not in NEW_OF_LAYERS}
    parts["project.json"] = json.dumps(project).encode()
    kept = [COLUMNS.index(name.replace("training", "running")) for name in OLD_COLUMNS]
    parts["history.safetensors"] = archive.pack({"history": np.ascontiguousarray(state.history[:, kept])})
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return trainer


@pytest.mark.parametrize(
    "optimizer", [Momentum(learning_rate=0.05, momentum=0.9), Sgd(learning_rate=0.05)], ids=["momentum", "plain"]
)
def test_training_goes_on_from_an_old_file_as_if_nothing_had_happened(tmp_path: Path, optimizer: Optimizer) -> None:
    trainer = old_file(tmp_path / "old.nnstudio", optimizer)
    project = open_project(tmp_path / "old.nnstudio")
    assert project.document.training.optimizer == optimizer
    assert project.checkpoint is not None
    assert project.prepared is not None
    assert project.document.checkpoint == project.checkpoint.hash
    resumed = trainer_for(project.document, project.prepared)
    resumed.restore(project.checkpoint.state)
    assert resumed.step == trainer.step
    trainer.train()
    resumed.train()
    # To rounding: what the optimizer remembers is brought to the units of today.
    np.testing.assert_allclose(resumed.network.theta, trainer.network.theta, rtol=1e-4, atol=1e-6)


def test_the_old_cost_and_score_are_the_running_ones_and_the_true_ones_are_unknown(tmp_path: Path) -> None:
    trainer = old_file(tmp_path / "old.nnstudio", Sgd())
    checkpoint = open_project(tmp_path / "old.nnstudio").checkpoint
    assert checkpoint is not None
    history = checkpoint.state.history
    assert history.shape == (2, len(COLUMNS))
    for index, name in enumerate(COLUMNS):
        if name in ("training_cost", "training_score"):
            assert np.isnan(history[:, index]).all()
        else:
            np.testing.assert_array_equal(history[:, index], trainer.history.column(name))


def test_an_old_file_saved_again_is_one_of_today(tmp_path: Path) -> None:
    old_file(tmp_path / "old.nnstudio", Momentum())
    first = open_project(tmp_path / "old.nnstudio")
    save(tmp_path / "new.nnstudio", first.document, first.checkpoint, first.prepared)
    with zipfile.ZipFile(tmp_path / "new.nnstudio") as file:
        assert json.loads(file.read("project.json"))["version"] == VERSION
    again = open_project(tmp_path / "new.nnstudio")
    assert again.document == first.document


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"optimizer": {"type": "sgd", "momentum": 7.0}}, "momentum"),
        ({"optimizer": {"type": "sgd", "momentum": "much"}}, "momentum"),
        ({"optimizer": [1, 2]}, "optimizer"),
        ({"optimizer": {"type": "evil"}}, "evil"),
    ],
)
def test_an_old_file_with_odd_settings_is_refused(tmp_path: Path, extra: dict[str, Any], says: str) -> None:
    old_file(tmp_path / "old.nnstudio", Sgd(), extra)
    with pytest.raises(ProjectError, match=says):
        open_project(tmp_path / "old.nnstudio")

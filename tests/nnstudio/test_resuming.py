"""A run that is saved, opened and gone on with is the run that was never interrupted, bit for bit."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine import (
    OPTIMIZERS,
    SCHEDULES,
    BatchNorm,
    Dense,
    Dropout,
    Input,
    Output,
    ReduceOnPlateau,
    Trainer,
    TrainingSettings,
    chain,
)
from nnstudio.checkpoints import checkpoint_of
from nnstudio.data import PreparedData
from nnstudio.document import Document, in_a_row
from nnstudio.headless import trainer_for
from nnstudio.project_file import open_project, save
from tests.nnstudio.projects import trained

EPOCHS = 12


def document_with(settings: TrainingSettings) -> tuple[Document, PreparedData]:
    """Return a document with everything that has state: running statistics, dropped units, class weights."""
    start, _, prepared, _ = trained(epochs=1, rows=100)
    layers = [Input(features=2), Dense(units=6), BatchNorm(), Dropout(rate=0.3), Output(class_weights=(1.0, 3.0))]
    graph = chain(layers)
    document = Document(graph=graph, positions=in_a_row(graph), data=start.data, training=settings)
    return document, prepared


def in_mid_epoch(document: Document, prepared: PreparedData, epochs: int) -> Trainer:
    """Return a trainer that has made two steps of the epoch after so many."""
    trainer = trainer_for(document, prepared)
    while trainer.step < epochs * trainer.steps_per_epoch + 2:
        trainer.advance(1)
    assert trainer.epoch == epochs
    return trainer


def through_a_file(trainer: Trainer, document: Document, prepared: PreparedData, path: Path) -> Trainer:
    """Return a trainer restored from a project file of the given one."""
    save(path, document, checkpoint_of(trainer.state()), prepared)
    project = open_project(path)
    assert project.prepared is not None
    assert project.checkpoint is not None
    resumed = trainer_for(project.document, project.prepared)
    assert resumed.restore(project.checkpoint.state) == ()
    return resumed


def fingerprint(trainer: Trainer) -> str:
    """Return the SHA-256 of all parameters and running statistics."""
    return hashlib.sha256(trainer.network.theta.tobytes()).hexdigest()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_on_in_mid_epoch_as_if_uninterrupted(tmp_path: Path, name: str) -> None:
    settings = TrainingSettings(
        optimizer=OPTIMIZERS[name](), batch_size=16, epochs=EPOCHS, warm_up=30, clip_norm=1.0, l2=1e-3, l1=1e-4
    )
    document, prepared = document_with(settings)
    trainer = in_mid_epoch(document, prepared, 4)
    resumed = through_a_file(trainer, document, prepared, tmp_path / "a.nnstudio")
    assert fingerprint(resumed) == fingerprint(trainer)
    trainer.train()
    resumed.train()
    assert fingerprint(resumed) == fingerprint(trainer)
    np.testing.assert_array_equal(resumed.history.rows()[:, :-1], trainer.history.rows()[:, :-1])  # but for seconds


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_goes_on_where_it_was(tmp_path: Path, name: str) -> None:
    schedule = ReduceOnPlateau(patience=0, threshold=0.5) if name == "reduce_on_plateau" else SCHEDULES[name]()
    document, prepared = document_with(TrainingSettings(schedule=schedule, batch_size=16, epochs=EPOCHS))
    trainer = in_mid_epoch(document, prepared, 5)
    resumed = through_a_file(trainer, document, prepared, tmp_path / "a.nnstudio")
    assert resumed.status.learning_rate == trainer.status.learning_rate
    trainer.train()
    resumed.train()
    np.testing.assert_array_equal(resumed.history.column("learning_rate"), trainer.history.column("learning_rate"))
    assert fingerprint(resumed) == fingerprint(trainer)


def test_patience_keeps_its_best_weights_and_its_count(tmp_path: Path) -> None:
    optimizer = OPTIMIZERS["adam"](learning_rate=0.5)  # so large that the validation cost soon rises
    document, prepared = document_with(TrainingSettings(optimizer=optimizer, batch_size=16, epochs=10_000, patience=8))
    reference = trainer_for(document, prepared)
    reference.train()
    best = int(reference.history.column("epoch")[reference.history.column("validation_cost").argmin()])
    assert f"those of epoch {best:,}," in reference.status.message
    trainer = in_mid_epoch(document, prepared, best + 3)
    state = trainer.state()
    assert any(name.startswith("best/") for name in state.arrays)
    resumed = through_a_file(trainer, document, prepared, tmp_path / "a.nnstudio")
    again = resumed.state()
    assert again.meta == state.meta | {"state": again.meta["state"]}
    for name, array in state.arrays.items():
        assert again.arrays[name].tobytes() == array.tobytes(), name
    resumed.train()
    assert resumed.status.message == reference.status.message
    assert fingerprint(resumed) == fingerprint(reference)


def test_class_weights_and_running_statistics_come_back(tmp_path: Path) -> None:
    document, prepared = document_with(TrainingSettings(batch_size=16, epochs=EPOCHS))
    trainer = in_mid_epoch(document, prepared, 2)
    save(tmp_path / "a.nnstudio", document, checkpoint_of(trainer.state()), prepared)
    project = open_project(tmp_path / "a.nnstudio")
    output = project.document.graph.of_kind(Output)[0].layer
    assert isinstance(output, Output)
    assert output.class_weights == (1.0, 3.0)
    assert project.checkpoint is not None
    weights = project.checkpoint.weights
    (node,) = (node.id for node in document.graph.nodes if isinstance(node.layer, BatchNorm))
    for name in ("mean", "variance"):
        array = trainer.network.parameters[f"{node}.{name}"]
        assert weights[f"{node}.{name}"].tobytes() == array.tobytes()
        assert (array != (name == "variance")).all()  # no longer the initial 0 and 1
    assert msgspec.structs.replace(project.document, checkpoint=None) == document


def test_a_run_that_patience_ended_waits_anew_when_it_goes_on_from_a_file(tmp_path: Path) -> None:
    optimizer = OPTIMIZERS["sgd"](learning_rate=0.0)  # whose cost never falls
    document, prepared = document_with(TrainingSettings(optimizer=optimizer, epochs=100, patience=3))
    document = msgspec.structs.replace(document, graph=chain([Input(features=2), Dense(units=3), Output()]))
    trainer = trainer_for(document, prepared)
    assert trainer.train().epoch == 4
    resumed = through_a_file(trainer, document, prepared, tmp_path / "a.nnstudio")
    assert resumed.status.message == trainer.message
    resumed.go_on()
    assert resumed.train().epoch == 7


def test_another_schedule_forgets_what_a_plateau_has_cut(tmp_path: Path) -> None:
    cutting = ReduceOnPlateau(patience=0, threshold=0.9)
    document, prepared = document_with(TrainingSettings(schedule=cutting, batch_size=16, epochs=EPOCHS))
    trainer = in_mid_epoch(document, prepared, 5)
    assert trainer.status.learning_rate < 0.001
    constant = msgspec.structs.replace(document, training=TrainingSettings(batch_size=16, epochs=EPOCHS))
    assert through_a_file(trainer, constant, prepared, tmp_path / "a.nnstudio").status.learning_rate == 0.001

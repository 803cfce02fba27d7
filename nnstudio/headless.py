"""Training without a window: from a document and its data to a trainer, and from a trained one to its figures."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec

from engine.dataset import Dataset
from engine.declared import replace
from engine.network import GraphError, Network
from engine.snapshot import Status
from engine.threads import limit_threads, threads_for
from engine.trainer import Trainer
from nnstudio.data import (
    DataError,
    DataRecipe,
    FittedPreparation,
    PreparedData,
    TableSource,
    prepare,
    table_source,
)
from nnstudio.data.room import memory_limit
from nnstudio.document import Document
from nnstudio.figures import figures_on, names_for
from nnstudio.project_file import Project
from nnstudio.state_folder import state_directory
from nnstudio.table_link import look
from nnstudio.training_data import open_data_file, write_data_file

Stopped = Literal["finished", "interrupted", "diverged"]
Field = str | int | float | None

STORED = "The data stored in the project are used."
SPLITS = {"training": "train", "validation": "validation", "test": "test"}


def trainer_for(document: Document, prepared: PreparedData) -> Trainer:
    """Return a trainer of a document's network on its data, at the initial weights.

    Raises
    ------
    ValueError
        When the graph has problems, or the data do not fit it; the message says which.
    """
    settings = document.training
    network = Network(document.graph, seed=settings.seed, precision=settings.precision)

    splits = _splits_of(prepared, network.dtype)
    if "training" not in splits:
        raise ValueError("There are no training rows.")
    return Trainer(network, splits["training"], settings, validation=splits.get("validation"), test=splits.get("test"))


def _splits_of(prepared: PreparedData, dtype: Any) -> dict[str, Dataset]:
    """Return the splits that have rows: copied, or, where they take more memory than tables may, in a mapped file."""
    if prepared.X.nbytes + prepared.Y.nbytes <= memory_limit():
        rows = {name: getattr(prepared, name) for name in SPLITS}
        return {name: Dataset(prepared.X[at], prepared.Y[at], dtype) for name, at in rows.items() if len(at)}
    folder = state_directory()
    folder.mkdir(parents=True, exist_ok=True)
    # The file's name is gone at once where the system lets it go, and the file with the arrays.
    with tempfile.TemporaryDirectory(prefix="table-", dir=folder, ignore_cleanup_errors=True) as beside:
        opened = open_data_file(write_data_file(prepared, Path(beside)))
    return {name: data.astype(dtype) for name, data in opened.items()}


def run(
    trainer: Trainer,
    on_progress: Callable[[Status], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Stopped:
    """Train to the end of the run, or until ``stop`` returns true, between two short stretches of steps.

    The run ends after its last epoch, or before where the settings say so; why is in ``trainer.status.message``. The
    true figures of the weights it ends with are computed then.
    """
    limit_threads(threads_for(trainer.settings))
    stopped: Stopped = "finished"
    while trainer.state_name not in ("finished", "diverged"):
        if stop():
            trainer.state_name, stopped = "paused", "interrupted"
            break
        if not trainer.advance(trainer.stretch()):
            break
        if on_progress is not None:
            on_progress(trainer.status)
    trainer.measure()
    return "diverged" if trainer.state_name == "diverged" else stopped


def result_fields(
    trainer: Trainer, prepared: PreparedData, stopped: Stopped, since: tuple[int, int, float] = (0, 0, 0.0)
) -> dict[str, Field]:
    """Return what a training came to, as plain fields for JSON; what is not known is None, never NaN.

    Parameters
    ----------
    trainer
        The trainer, at rest.
    prepared
        Its data.
    stopped
        Why it rests.
    since
        Epoch, step and seconds from which this training went on.
    """
    epochs, steps, seconds = trainer.epoch - since[0], trainer.step - since[1], trainer.seconds - since[2]
    fields: dict[str, Field] = {
        "task": prepared.task,
        "target": prepared.target,
        "epochs": epochs,
        "total_epochs": trainer.epoch,
        "parameters": trainer.network.parameter_count,
    }
    values = trainer.metrics().values
    for split, name in SPLITS.items():
        if split in values:
            found = figures_on(split, trainer, prepared, values[split])
        elif split == "validation":
            found = dict.fromkeys(names_for(prepared))
        else:
            continue
        fields |= {f"{name}_{figure}": value for figure, value in found.items()}
    fields["steps"] = steps
    fields["seconds"] = round(seconds, 3)
    fields["steps_per_second"] = round(steps / seconds, 1) if seconds > 0 else 0.0
    fields["stopped"] = stopped
    fields["reason"] = trainer.status.message or None
    return fields


def project_data(project: Project, path: Path) -> tuple[PreparedData, tuple[str, ...]]:
    """Return the data of a project and what is to be said of them: from inside, or prepared anew by their recipe.

    Raises
    ------
    DataError
        When the table is neither inside nor where it was, nor beside the project.
    """
    if project.prepared is not None:
        recipe = project.document.data
        source = recipe.source if recipe is not None else None
        said = look(source, path).sentence if isinstance(source, TableSource) else ""
        return project.prepared, (f"{said} {STORED}",) if said else ()
    recipe, notes = reachable_recipe(project.document, path)
    return prepare(recipe), notes


def reachable_recipe(document: Document, path: Path) -> tuple[DataRecipe, tuple[str, ...]]:
    """Return a project's recipe with its table where and as it is now, and a note where that is not what it was."""
    recipe = document.data
    if recipe is None:
        raise DataError(f"{path} has no data yet. Open it in the window and load a table, or train with a table.")
    source = recipe.source
    if not isinstance(source, TableSource):
        return recipe, ()
    name = re.split(r"[\\/]", source.path)[-1]
    places = [place for place in (Path(source.path), path.parent / name) if place.is_file()]
    if not places:
        raise DataError(
            f"{path} was made with the table {source.path}, which is not there and not inside the project. "
            f"Put {name} beside the project."
        )
    found = table_source(places[0])
    notes: tuple[str, ...] = ()
    if source.sha256 and found.sha256 != source.sha256:
        notes = (f"{places[0]} has changed since the project was made; its rows are used as they are now.",)
    return replace(recipe, source=found), notes


def fitted_of(project: Project, path: Path) -> FittedPreparation:
    """Return how the project turns a table into inputs."""
    return project.record.fitted if project.record else project_data(project, path)[0].fitted


def trained_network(project: Project, path: Path) -> Network:
    """Return the project's network with its trained weights.

    Raises
    ------
    DataError
        When it has none, or they belong to another graph than the project's.
    """
    if project.checkpoint is None:
        raise DataError(f"{path} has not been trained yet. Train it first, with nnstudio train or in the window.")
    try:
        network = Network(project.document.graph, precision=project.document.training.precision)
    except GraphError as error:
        raise DataError(f"{path} has a network that is not finished. {error}") from None
    try:
        network.set_weights(project.checkpoint.weights)
    except ValueError as error:
        raise DataError(f"{path} was changed after it was trained. {error} Train it again.") from None
    return network


def with_epochs(document: Document, epochs: int) -> Document:
    """Return the document with another number of epochs to stop after."""
    return msgspec.structs.replace(document, training=replace(document.training, epochs=epochs))

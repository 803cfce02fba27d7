"""What a lesson begins with: a sample, a network and hyperparameters, as its head says them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from engine.activations import ACTIVATIONS
from engine.declared import SettingError, replace
from engine.graph import chain
from engine.initializers import INITIALIZERS
from engine.layers import Dense, Input, Layer, Output
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.settings import TrainingSettings
from nnstudio import edits
from nnstudio.data import DataError, Preparation, PreparedData, ShareSplit, prepare, sample_recipe
from nnstudio.document import Document, in_a_row
from nnstudio.project_file import Project, open_project

_Kind = TypeVar("_Kind")


class Start(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands under ``[start]``: a project beside the lesson, or a sample with a chain of Dense layers.

    ``batch`` is a number or ``"all"``.
    """

    project: str = ""
    sample: str = "spirals"
    rows: int | None = None
    noise: float | None = None
    validation: float | None = None
    scaling: Literal["standard", "none"] = "standard"
    hidden: tuple[int, ...] = (16, 16)
    activation: str = "tanh"
    initializer: str = "xavier_normal"
    loss: str = ""
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    batch: int | Literal["all"] = 32
    epochs: int = 1_000
    l2: float = 0.0
    seed: int = 0


class StartError(ValueError):
    """A start that cannot be made; the sentence says which of its lines is wrong."""


def document_of(start: Start, folder: Path, notes: str) -> Project:
    """Return the document that a lesson begins with, with its data; ``notes`` is the lesson's text.

    Parameters
    ----------
    folder
        Where the lesson stands: a project is looked for beside it.

    Raises
    ------
    StartError
        When something in it is wrong.
    ProjectError
        When the project cannot be opened.
    """
    if start.project:
        project = open_project(folder / start.project)
        document = msgspec.structs.replace(project.document, notes=notes)
        return Project(document, project.checkpoint, project.prepared, project.record)
    try:
        document, prepared = _made(start)
    except (SettingError, DataError) as error:
        raise StartError(str(error)) from None
    return Project(msgspec.structs.replace(document, notes=notes), prepared=prepared)


def _made(start: Start) -> tuple[Document, PreparedData]:
    recipe = sample_recipe(start.sample, rows=start.rows, noise=start.noise, seed=start.seed)
    split = ShareSplit() if start.validation is None else ShareSplit(validation=start.validation)
    recipe = replace(recipe, preparation=Preparation(seed=start.seed, scaling=start.scaling, split=split))
    prepared = prepare(recipe)
    activation = _one_of("activation", start.activation, ACTIVATIONS)()
    initializer = _one_of("initializer", start.initializer, INITIALIZERS)()
    layers: list[Layer] = [Input(features=prepared.X.shape[1])]
    layers += [Dense(units=units, activation=activation, initializer=initializer) for units in start.hidden]
    graph = chain([*layers, Output(units=1, initializer=initializer)])
    optimizer = _one_of("optimizer", start.optimizer, OPTIMIZERS)(learning_rate=start.learning_rate)
    settings = TrainingSettings(
        optimizer=optimizer,
        batch_size=len(prepared.training) if start.batch == "all" else start.batch,
        epochs=start.epochs,
        l2=start.l2,
        seed=start.seed,
    )
    document = Document(graph=graph, positions=in_a_row(graph), training=settings)
    document = edits.use_prepared(document, recipe, prepared)
    if start.loss:
        output = document.graph.of_kind(Output)[0]
        loss = _one_of("loss", start.loss, LOSSES)()
        document = edits.set_layer(document, output.id, replace(output.layer, loss=loss))
    return document, prepared


def _one_of(what: str, name: str, registry: dict[str, type[_Kind]]) -> type[_Kind]:
    if name not in registry:
        raise StartError(f"There is no {what} {name!r}. There are {', '.join(registry)}.")
    return registry[name]

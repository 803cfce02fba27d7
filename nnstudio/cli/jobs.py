"""What ``nnstudio train`` is to do: a document with its data and weights, from a table, a sample or a project."""

from __future__ import annotations

import argparse
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from engine.activations import ACTIVATIONS
from engine.declared import SettingError, name_of, replace
from engine.graph import Graph, Node, chain
from engine.initializers import INITIALIZERS
from engine.layers import Dense, Input, Layer, Output
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.settings import MOST_EPOCHS, TrainingSettings
from nnstudio import edits
from nnstudio.checkpoints import Checkpoint
from nnstudio.cli.arguments import DEFAULTS, PLAIN_SETTINGS, SAMPLE_PREFIX
from nnstudio.cli.output import MistakeError, check_writable, note
from nnstudio.cli.reading import read_plan, refuse_reading_options
from nnstudio.data import (
    ColumnSplit,
    DataError,
    DataRecipe,
    Preparation,
    PreparedData,
    ShareSplit,
    one_line,
    prepare,
    sample_recipe,
    table_source,
    with_roles,
    with_targets,
)
from nnstudio.document import Document, in_a_row
from nnstudio.headless import project_data, reachable_recipe, with_epochs
from nnstudio.project_file import PROJECT, SUFFIX, open_project

ZIP_START = b"PK\x03\x04"
ROLE_OPTIONS = ("target", "ignore", "feature")
GUESSED_TARGET = "is taken for the target."


@dataclass(frozen=True)
class Job:
    """A document to train. ``checkpoint`` is where training goes on from, None where it starts anew."""

    document: Document
    prepared: PreparedData
    checkpoint: Checkpoint | None = None
    from_project: bool = False


def job_for(options: argparse.Namespace) -> Job:
    """Return the job that the options of ``train`` describe.

    Raises
    ------
    MistakeError, ProjectError
        When it cannot be done; the sentence names the source and says why.
    """
    source = str(options.source)
    try:
        return _job_for(options, source)
    except (DataError, SettingError) as error:
        named = Path(source).name in str(error) or source.startswith(SAMPLE_PREFIX)
        raise MistakeError(str(error) if named else f"{source}: {error}") from error


def _job_for(options: argparse.Namespace, source: str) -> Job:
    if source.startswith(SAMPLE_PREFIX):
        refuse_reading_options(options, "a sample")
        return _job_for_table(options, sample_recipe(source.removeprefix(SAMPLE_PREFIX)), source)
    if not source.strip():
        raise MistakeError(f"The SOURCE is empty. Give a table, a project or {SAMPLE_PREFIX}NAME.")
    path = Path(source)
    if is_project(path):
        refuse_reading_options(options, "a project")
        return _job_for_project(options, path)
    plan = read_plan(options, path)
    for text in plan.notes:
        if not text.endswith(GUESSED_TARGET):  # said below, where it is not given
            note(text)
    return _job_for_table(options, DataRecipe(source=table_source(path), plan=plan), str(path))


def is_project(path: Path) -> bool:
    """Return whether a file is a project: by its name, or by the zip archive that begins with a project's part."""
    if path.suffix.lower() == SUFFIX:
        return True
    try:
        with path.open("rb") as file:
            if file.read(len(ZIP_START)) != ZIP_START:
                return False
        with zipfile.ZipFile(path) as archive:
            return PROJECT in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def _job_for_table(options: argparse.Namespace, recipe: DataRecipe, source: str) -> Job:
    given = {**DEFAULTS, **{name: value for name, value in vars(options).items() if value is not None}}
    recipe = _with_roles(recipe, options, source)
    if options.target is None and not source.startswith(SAMPLE_PREFIX):
        names = _targets(recipe)
        last = "the last column" if recipe.plan.columns[-1].name in names else "the last column that can be predicted"
        note(f"No --target was given: {last}, {', '.join(names)!r}, is the target.")
    split = ShareSplit(validation=given["validation"], test=given["test"])
    recipe = replace(recipe, preparation=Preparation(split=split, seed=given["seed"], missing=given["missing"]))
    prepared = prepare(recipe)
    graph = _chain(given["hidden"], given["activation"], given["initializer"])
    settings = TrainingSettings(
        optimizer=OPTIMIZERS[given["optimizer"]](learning_rate=given["learning_rate"]),
        schedule=SCHEDULES[given["schedule"]](),
        epochs=given["epochs"],
        **{name: given[name] for name in PLAIN_SETTINGS},
    )
    document = Document(graph=graph, positions=in_a_row(graph), training=settings)
    return Job(_on_data(document, recipe, prepared), prepared)


def _job_for_project(options: argparse.Namespace, path: Path) -> Job:
    project = open_project(path)
    document = _with_training(project.document, options)
    reasons = [
        f"--{name}"
        for name in (*ROLE_OPTIONS, "missing", "validation", "test", "hidden", "activation", "initializer", "seed")
        if getattr(options, name) is not None
    ]
    recipe = document.data
    if any(getattr(options, name) is not None for name in (*ROLE_OPTIONS, "missing", "validation", "test")):
        recipe, notes = reachable_recipe(document, path)
        recipe = _with_roles(recipe, options, str(path))
        recipe = replace(recipe, preparation=_with_preparation(recipe.preparation, options))
        prepared = prepare(recipe)
    else:
        prepared, notes = project_data(project, path)
    for text in notes:
        note(text)
    assert recipe is not None  # project_data and reachable_recipe refuse a project without data
    document = _on_data(_with_network(document, options), recipe, prepared)
    checkpoint = project.checkpoint if not reasons else None
    if checkpoint is not None:
        return Job(document, prepared, checkpoint, from_project=True)
    if reasons and project.checkpoint is not None:
        note(f"Training starts anew from initial weights, because of {', '.join(reasons)}.")
    else:
        note("Training starts from the initial weights of the project's network.")
    return Job(document, prepared, from_project=True)


def goal_of(job: Job, epoch: int, options: argparse.Namespace) -> Document:
    """Return the job's document with the epoch to train to, given the one that its weights have reached.

    ``--epochs`` counts from there; without it a project goes on to its own last epoch, or, past that, as far again.
    """
    epochs = job.document.training.epochs
    goal = epoch + options.epochs if options.epochs is not None else epochs if epochs > epoch else epoch + epochs
    if goal > MOST_EPOCHS:
        raise MistakeError(f"--epochs would make {goal:,} epochs in all, and {MOST_EPOCHS:,} is the most.")
    return with_epochs(job.document, goal)


def check_out(out: Path | None, options: argparse.Namespace) -> None:
    """Refuse a place for the result in which it could not be saved, before time is spent on it."""
    if out is None:
        return
    source = Path(str(options.source))
    if out.exists() and source.exists() and out.samefile(source) and not is_project(source):
        raise MistakeError(f"--out {out} is the table itself. Give a file name that ends in {SUFFIX}.")
    if out.suffix.lower() != SUFFIX and not out.is_dir():
        raise MistakeError(f"--out {out}: a project's name ends in {SUFFIX}. Give --out {out.with_suffix(SUFFIX)}.")
    check_writable(out)


def _targets(recipe: DataRecipe) -> list[str]:
    return [column.name for column in recipe.plan.columns if column.role == "target"]


def _with_roles(recipe: DataRecipe, options: argparse.Namespace, source: str) -> DataRecipe:
    """Return the recipe with what the options say that columns are for."""
    given = {name: tuple(names) for name in ROLE_OPTIONS if (names := getattr(options, name)) is not None}
    columns = [column.name for column in recipe.plan.columns]
    for option, names in given.items():
        absent = next((name for name in names if name not in columns), None)
        if absent is not None:
            shown = ", ".join(map(one_line, columns[:20])) + (", …" if len(columns) > 20 else "")
            raise MistakeError(f"{source} has no column {absent!r}. Give --{option} one of its columns: {shown}.")
    twice = next((name for name in columns if sum(name in names for names in given.values()) > 1), None)
    if twice is not None:
        options_given = " and ".join(f"--{option}" for option, names in given.items() if twice in names)
        raise MistakeError(f"{twice!r} cannot be given to both {options_given}. Choose one.")
    plan = recipe.plan
    targets = given.get("target", ())
    if targets and set(targets) != set(_targets(recipe)):
        recipe = replace(recipe, task=None)
        plan = with_targets(plan, targets)
    for role in ("ignore", "feature"):
        plan = with_roles(plan, given.get(role, ()), role)
    if not _targets(replace(recipe, plan=plan)):
        raise MistakeError(f"Of the columns of {source} none is left to predict. Give --target one of them.")
    return replace(recipe, plan=plan)


def _with_preparation(preparation: Preparation, options: argparse.Namespace) -> Preparation:
    shares = {name: value for name in ("validation", "test") if (value := getattr(options, name)) is not None}
    if shares and isinstance(preparation.split, ColumnSplit):
        raise MistakeError(
            f"--{min(shares)} is a share of the rows, and in this project the column {preparation.split.column!r} says "
            "what a row is for. Leave it out, or divide the rows otherwise in the window."
        )
    missing = preparation.missing if options.missing is None else options.missing
    return replace(preparation, missing=missing, split=replace(preparation.split, **shares))


def _with_training(document: Document, options: argparse.Namespace) -> Document:
    settings = document.training
    optimizer = settings.optimizer
    if options.optimizer is not None and options.optimizer != name_of(optimizer):
        # A learning rate means something else to another optimizer: it does not carry over.
        optimizer = OPTIMIZERS[options.optimizer]()
    if options.learning_rate is not None:
        optimizer = replace(optimizer, learning_rate=options.learning_rate)
    schedule = settings.schedule
    if options.schedule is not None and options.schedule != name_of(schedule):
        schedule = SCHEDULES[options.schedule]()
    changes = {name: getattr(options, name) for name in PLAIN_SETTINGS if getattr(options, name) is not None}
    training = replace(settings, optimizer=optimizer, schedule=schedule, **changes)
    return msgspec.structs.replace(document, training=training)


def _with_network(document: Document, options: argparse.Namespace) -> Document:
    if options.hidden is not None:
        first = next((n.layer for n in document.graph.nodes if isinstance(n.layer, Dense)), None)
        activation = options.activation or (name_of(first.activation) if first else DEFAULTS["activation"])
        initializer = options.initializer or (name_of(first.initializer) if first else DEFAULTS["initializer"])
        graph = _chain(options.hidden, activation, initializer)
        return msgspec.structs.replace(document, graph=graph, positions=in_a_row(graph), checkpoint=None)
    nodes = tuple(_changed(node, options) for node in document.graph.nodes)
    return msgspec.structs.replace(document, graph=Graph(nodes=nodes, edges=document.graph.edges))


def _changed(node: Node, options: argparse.Namespace) -> Node:
    changes: dict[str, Any] = {}
    if options.activation is not None and isinstance(node.layer, Dense):
        changes["activation"] = ACTIVATIONS[options.activation]()
    if options.initializer is not None and isinstance(node.layer, (Dense, Output)):
        changes["initializer"] = INITIALIZERS[options.initializer]()
    return msgspec.structs.replace(node, layer=replace(node.layer, **changes)) if changes else node


def _chain(hidden: tuple[int, ...], activation: str, initializer: str) -> Graph:
    weights = INITIALIZERS[initializer]()
    layers: list[Layer] = [Input(features=1)]
    layers += [Dense(units=n, activation=ACTIVATIONS[activation](), initializer=weights) for n in hidden]
    return chain([*layers, Output(units=1, initializer=weights)])


def _on_data(document: Document, recipe: DataRecipe, prepared: PreparedData) -> Document:
    return edits.use_prepared(document, recipe, prepared)

"""Small trained projects for the tests of files, recovery and the command line."""

from __future__ import annotations

import json

import msgspec

from engine import Dataset, Network, Trainer, chain
from engine.activations import Tanh
from engine.layers import Dense, Input, Output
from engine.optimizers import Adam
from engine.settings import TrainingSettings
from nnstudio import edits
from nnstudio.checkpoints import Checkpoint, checkpoint_of
from nnstudio.data import PreparedData, prepare, sample_recipe
from nnstudio.document import Document, in_a_row


def trained(epochs: int = 3, rows: int = 60, name: str = "moons") -> tuple[Document, Checkpoint, PreparedData, Trainer]:
    """Return a 2-4-1 network trained a little, with everything that belongs to it."""
    recipe = sample_recipe(name, rows=rows)
    prepared = prepare(recipe)
    graph = chain([Input(features=2), Dense(units=4, activation=Tanh()), Output(units=1)])
    settings = TrainingSettings(optimizer=Adam(learning_rate=0.01), batch_size=16, epochs=epochs)
    document = Document(graph=graph, positions=in_a_row(graph), training=settings)
    document = edits.use_prepared(document, recipe, prepared)
    trainer = trainer_for(document, prepared)
    trainer.train()
    checkpoint = checkpoint_of(trainer.state())
    return msgspec.structs.replace(document, checkpoint=checkpoint.hash), checkpoint, prepared, trainer


def trainer_for(document: Document, prepared: PreparedData) -> Trainer:
    """Return a trainer at the initial weights."""

    def split(rows: object) -> Dataset | None:
        return Dataset(prepared.X[rows], prepared.Y[rows]) if len(prepared.X[rows]) else None

    network = Network(document.graph, seed=document.training.seed)
    training = split(prepared.training)
    assert training is not None
    return Trainer(network, training, document.training, validation=split(prepared.validation))


NEW_OF_COLUMNS = {"steps"}
OLD_PREPARATION = ("missing", "scaling", "scale_target", "seed")
OLD_FITTED_COLUMN = {"offset": 0.0, "scale": 1.0, "fill": None, "categories": [], "fill_category": None}


def as_format_2(parts: dict[str, bytes]) -> dict[str, bytes]:
    """Return the parts of a project whose data are divided by shares as format 2 had them."""
    project = json.loads(parts["project.json"]) | {"version": 2}
    data = project["document"]["data"]
    data["plan"]["columns"] = [
        {key: value for key, value in column.items() if key not in NEW_OF_COLUMNS} for column in data["plan"]["columns"]
    ]
    now = data["preparation"]
    shares = {name: now["split"][name] for name in ("validation", "test")}
    data["preparation"] = {key: now[key] for key in OLD_PREPARATION} | shares
    about = json.loads(parts["data.json"])
    fitted = about["fitted"]
    about["fitted"] = {
        "task": fitted["task"],
        "columns": [
            OLD_FITTED_COLUMN | {key: value for key, value in column.items() if key != "missing"}
            for column in fitted["columns"]
        ],
        "target": fitted["targets"][0],
        "missing": now["missing"],
        "missing_marks": fitted["missing_marks"],
        "dialect": fitted["dialect"],
    }
    del about["report"]["warnings"]
    return parts | {"project.json": json.dumps(project).encode(), "data.json": json.dumps(about).encode()}

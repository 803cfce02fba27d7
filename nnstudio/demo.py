"""The main job without a screen: the first sample's network, trained."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from engine.snapshot import Status
from engine.trainer import Trainer
from nnstudio import edits
from nnstudio.checkpoints import checkpoint_of
from nnstudio.data import FIRST_SAMPLE, PreparedData, prepare, sample_recipe
from nnstudio.document import Document, starting_document
from nnstudio.headless import Field, result_fields, run, trainer_for


def first_document() -> tuple[Document, PreparedData]:
    """Return the document of the first start with the first sample, and its data."""
    recipe = sample_recipe(FIRST_SAMPLE)
    prepared = prepare(recipe)
    return edits.use_prepared(starting_document(), recipe, prepared), prepared


def train_first_sample(
    progress: Callable[[Status], None] | None = None,
) -> tuple[Document, Trainer, dict[str, Field]]:
    """Train the first sample to the end, and return the document, the trainer and its figures as ``--json`` has them.

    The document names the trained weights: ``checkpoint_of(trainer.state())``.
    """
    document, prepared = first_document()
    trainer = trainer_for(document, prepared)
    stopped = run(trainer, progress)
    document = msgspec.structs.replace(document, checkpoint=checkpoint_of(trainer.state()).hash)
    return document, trainer, result_fields(trainer, prepared, stopped)

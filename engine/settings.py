"""Training settings: the hyperparameters of a run that are not part of the network."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from engine.declared import Declared
from engine.optimizers import Adam, AnyOptimizer

MOST_EPOCHS = 10_000_000
MOST_BATCH = 10_000_000


class TrainingSettings(Declared, frozen=True):
    """How a network is trained: optimizer, batch size, number of epochs, seed, precision."""

    title: ClassVar[str] = "Training"

    optimizer: Annotated[
        AnyOptimizer, msgspec.Meta(title="Optimizer", description="How a step follows from the gradient.")
    ] = Adam()
    batch_size: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=MOST_BATCH,
            title="Batch",
            description="Examples in one step; 1 is one at a time, as many as the data is the full batch.",
        ),
    ] = 32
    epochs: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=MOST_EPOCHS,
            title="Stop after",
            description="Passes over the training examples after which training stops.",
            extra={"unit": "epochs"},
        ),
    ] = 100
    seed: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=2**31 - 1,
            title="Seed",
            description="Same seed, same initial weights and same order of the examples.",
        ),
    ] = 0
    shuffle: Annotated[
        bool, msgspec.Meta(title="Shuffle", description="Draw a new order of the examples in each epoch.")
    ] = True
    precision: Annotated[
        Literal["float32", "float64"],
        msgspec.Meta(title="Precision", description="float32 is faster, float64 is for checking numbers."),
    ] = "float32"
    deterministic: Annotated[
        bool,
        msgspec.Meta(
            title="Deterministic",
            description="One thread for matrix products: the same bits on every run of this machine.",
        ),
    ] = True

"""Training settings: the hyperparameters of a run that are not part of the network."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from engine.declared import Declared
from engine.optimizers import Adam, AnyOptimizer
from engine.schedules import AnySchedule, ConstantRate

MOST_EPOCHS = 10_000_000
MOST_BATCH = 10_000_000
MOST_STEPS = 10_000_000
MOST_SECONDS = 1e9
MOST_PENALTY = 1e6
MOST_COST = 1e30

STEPS, PENALTIES, STOP, RUN = "Steps", "Penalties", "When to stop", "Run"  # headings of the form


class TrainingSettings(Declared, frozen=True):
    """How a network is trained: steps, rate, penalties, when to stop, seed and precision.

    The cost that is shown is the mean loss alone. What a step goes down is the cost plus ½ λ₂ Σ W² + λ₁ Σ |W|; both
    penalties act on weights, never on biases.
    """

    title: ClassVar[str] = "Training"

    optimizer: Annotated[
        AnyOptimizer,
        msgspec.Meta(title="Optimizer", description="How a step follows from the gradient.", extra={"group": STEPS}),
    ] = Adam()
    schedule: Annotated[
        AnySchedule,
        msgspec.Meta(
            title="Schedule", description="How the learning rate changes from epoch to epoch.", extra={"group": STEPS}
        ),
    ] = ConstantRate()
    warm_up: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=MOST_STEPS,
            title="Warm-up",
            description="Steps over which the learning rate rises linearly to its full value; 0 for none.",
            extra={"group": STEPS, "unit": "steps"},
        ),
    ] = 0
    batch_size: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=MOST_BATCH,
            title="Batch",
            description="Examples in one step; 1 is one at a time, as many as the data is the full batch.",
            extra={"group": STEPS},
        ),
    ] = 32
    l2: Annotated[
        float,
        msgspec.Meta(
            ge=0.0,
            le=MOST_PENALTY,
            title="L2 penalty λ₂",
            description="½ λ₂ Σ W² is added to what a step goes down: large weights shrink in proportion.",
            extra={"group": PENALTIES, "logarithmic": True},
        ),
    ] = 0.0
    l1: Annotated[
        float,
        msgspec.Meta(
            ge=0.0,
            le=MOST_PENALTY,
            title="L1 penalty λ₁",
            description="λ₁ Σ |W| is added to what a step goes down: weights of little use go to zero.",
            extra={"group": PENALTIES, "logarithmic": True},
        ),
    ] = 0.0
    clip_norm: Annotated[
        float,
        msgspec.Meta(
            ge=0.0,
            le=MOST_COST,
            title="Clip gradient",
            description="A gradient whose norm is greater is scaled down to this norm; 0 for no limit.",
            extra={"group": PENALTIES},
        ),
    ] = 0.0
    epochs: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=MOST_EPOCHS,
            title="Stop after",
            description="Passes over the training examples after which training stops.",
            extra={"group": STOP, "unit": "epochs"},
        ),
    ] = 100
    patience: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=MOST_EPOCHS,
            title="Patience",
            description="Stop when the validation cost has not fallen for so many epochs, with the best weights; "
            "0 to train on.",
            extra={"group": STOP, "unit": "epochs"},
        ),
    ] = 0
    target_cost: Annotated[
        float,
        msgspec.Meta(
            ge=0.0,
            le=MOST_COST,
            title="Target cost",
            description="Stop when the validation cost (the running cost without validation rows) is no greater; "
            "0 to train on.",
            extra={"group": STOP},
        ),
    ] = 0.0
    time_limit: Annotated[
        float,
        msgspec.Meta(
            ge=0.0,
            le=MOST_SECONDS,
            title="Time limit",
            description="Stop after so much time of training; 0 to train on.",
            extra={"group": STOP, "unit": "s"},
        ),
    ] = 0.0
    record_every: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=MOST_EPOCHS,
            title="True cost every",
            description="How often the true cost over all training rows is computed while training; "
            "in between there is the running cost.",
            extra={"group": RUN, "unit": "epochs"},
        ),
    ] = 25
    seed: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=2**31 - 1,
            title="Seed",
            description="Same seed, same initial weights and same order of the examples.",
            extra={"group": RUN},
        ),
    ] = 0
    shuffle: Annotated[
        bool,
        msgspec.Meta(
            title="Shuffle", description="Draw a new order of the examples in each epoch.", extra={"group": RUN}
        ),
    ] = True
    precision: Annotated[
        Literal["float32", "float64"],
        msgspec.Meta(
            title="Precision", description="float32 is faster, float64 is for checking numbers.", extra={"group": RUN}
        ),
    ] = "float32"
    deterministic: Annotated[
        bool,
        msgspec.Meta(
            title="Deterministic",
            description="One thread for matrix products: the same bits on every run of this machine.",
            extra={"group": RUN},
        ),
    ] = True

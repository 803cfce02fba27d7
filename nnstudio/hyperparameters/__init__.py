"""The hyperparameters, each declared once: meaning, usual range, present value, and how another is put in."""

from nnstudio.hyperparameters.base import MOST_VALUES, Hyperparameter, Scale, Value
from nnstudio.hyperparameters.of_layers import ACTIVATION, DROPOUT_RATE, HIDDEN_LAYERS, HIDDEN_UNITS, INITIALIZER
from nnstudio.hyperparameters.of_settings import (
    BATCH_SIZE,
    CLIP_NORM,
    EPOCHS,
    EPSILON,
    L1_PENALTY,
    L2_PENALTY,
    LEARNING_RATE,
    MEMORY_OF_SQUARES,
    MOMENTUM,
    OPTIMIZER,
    SCHEDULE,
    WARM_UP,
    WEIGHT_DECAY,
)

# In the order in which they are listed: those of the notes first.
HYPERPARAMETERS: dict[str, Hyperparameter] = {
    one.name: one
    for one in (
        LEARNING_RATE,
        EPOCHS,
        HIDDEN_LAYERS,
        HIDDEN_UNITS,
        ACTIVATION,
        BATCH_SIZE,
        INITIALIZER,
        OPTIMIZER,
        MOMENTUM,
        MEMORY_OF_SQUARES,
        EPSILON,
        SCHEDULE,
        WARM_UP,
        L2_PENALTY,
        L1_PENALTY,
        WEIGHT_DECAY,
        DROPOUT_RATE,
        CLIP_NORM,
    )
}

__all__ = ["HYPERPARAMETERS", "MOST_VALUES", "Hyperparameter", "Scale", "Value"]

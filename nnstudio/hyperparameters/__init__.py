"""The hyperparameters, each declared once: meaning, usual range, present value, and how another is put in."""

from nnstudio.hyperparameters.base import MOST_VALUES, Hyperparameter, Scale, Value
from nnstudio.hyperparameters.of_layers import ACTIVATION, DROPOUT_RATE, HIDDEN_LAYERS, HIDDEN_UNITS, INITIALIZER
from nnstudio.hyperparameters.of_settings import (
    BATCH_SIZE,
    EPOCHS,
    L2_PENALTY,
    LEARNING_RATE,
    MEMORY_OF_SQUARES,
    MOMENTUM,
    OPTIMIZER,
    SCHEDULE,
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
        SCHEDULE,
        L2_PENALTY,
        DROPOUT_RATE,
    )
}

__all__ = ["HYPERPARAMETERS", "MOST_VALUES", "Hyperparameter", "Scale", "Value"]

"""Project files of earlier formats, read as if they had been saved today."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from engine.emit import Array
from engine.history import COLUMNS

# Format 1 kept the running cost under the name of the true one, and had no true one.
_COLUMNS_1 = {
    "epoch": "epoch",
    "step": "step",
    "running_cost": "training_cost",
    "validation_cost": "validation_cost",
    "running_score": "training_score",
    "validation_score": "validation_score",
    "learning_rate": "learning_rate",
    "seconds": "seconds",
}


def upgraded(content: bytes, version: int) -> bytes:
    """Return project.json of a format as the present one.

    In format 1 gradient descent with momentum was plain gradient descent with a setting.
    """
    if version > 1:
        return content
    project: Any = msgspec.json.decode(content)
    match project:
        case {"document": {"training": {"optimizer": {"type": "sgd", "momentum": momentum, **others}}}}:
            kind: dict[str, Any] = {"type": "momentum", "momentum": momentum} if momentum else {"type": "sgd"}
            project["document"]["training"]["optimizer"] = others | kind
    return msgspec.json.encode(project)


def upgraded_history(rows: Array, version: int) -> Array:
    """Return the rows of a history of a format with the present columns; what was not kept is nan."""
    if version > 1 or rows.ndim != 2 or rows.shape[1] != len(_COLUMNS_1):
        return rows
    old = list(_COLUMNS_1.values())
    whole = np.full((len(rows), len(COLUMNS)), np.nan)
    for index, name in enumerate(COLUMNS):
        if name in _COLUMNS_1:
            whole[:, index] = rows[:, old.index(_COLUMNS_1[name])]
    return whole

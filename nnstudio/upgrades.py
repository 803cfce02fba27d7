"""Project files of earlier formats, read as if they had been saved today."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from engine.declared import name_of
from engine.emit import Array
from engine.history import COLUMNS
from engine.optimizers import Momentum, Optimizer, Sgd

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

    In format 1 gradient descent with momentum was plain gradient descent with a setting. Up to format 2 rows were
    divided by shares alone, which stood among what is done to the table. Up to format 3 nothing stood above a table.
    """
    if version < 2:
        content = bytes(_changed(content, ("document", "training", "optimizer"), _split_momentum))
    if version < 3:
        content = bytes(_changed(content, ("document", "data", "preparation"), _with_split))
    return content


def upgraded_record(content: bytes, version: int) -> bytes:
    """Return data.json of a format as the present one.

    Up to format 2 there was one target, and one rule for the missing cells of all columns.
    """
    return content if version > 2 else bytes(_changed(content, ("fitted",), _with_targets))


def _changed(content: bytes | msgspec.Raw, path: tuple[str, ...], change: Callable[[Any], Any]) -> msgspec.Raw:
    """Return JSON with what stands at a path of keys changed; all else is copied unread, however large it is."""
    if not path:
        return msgspec.Raw(msgspec.json.encode(change(msgspec.json.decode(content))))
    parts = msgspec.json.decode(content, type=dict[str, msgspec.Raw] | None)
    if parts is None:
        return msgspec.Raw(content)
    if path[0] in parts:
        parts[path[0]] = _changed(parts[path[0]], path[1:], change)
    return msgspec.Raw(msgspec.json.encode(parts))


def _split_momentum(optimizer: Any) -> Any:
    match optimizer:
        case {"type": "sgd", "momentum": momentum, **others}:
            return others | ({"type": "momentum", "momentum": momentum} if momentum else {"type": "sgd"})
    return optimizer


def _with_split(preparation: Any) -> Any:
    match preparation:
        case {**others} if "split" not in others:
            shares = {name: others.pop(name) for name in ("validation", "test") if name in others}
            return others | {"split": {"type": "share"} | shares}
    return preparation


def _with_targets(fitted: Any) -> Any:
    match fitted:
        case {"target": target, "columns": [*columns], **others}:
            rule = others.pop("missing", "drop")
            ruled = [column | {"missing": rule} if isinstance(column, dict) else column for column in columns]
            return others | {"columns": ruled, "targets": [target]}
    return fitted


def upgraded_training(training: dict[str, Any], version: int, optimizer: Optimizer) -> dict[str, Any]:
    """Return the plain values of training of a format as the present one: whose memory there is among the arrays.

    Parameters
    ----------
    optimizer
        That of the document, as :func:`upgraded` gave it.
    """
    if version > 1 or training["optimizer"] != name_of(Sgd) or not isinstance(optimizer, Momentum):
        return training
    return {**training, "optimizer": name_of(optimizer)}


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

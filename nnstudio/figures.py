"""The figures by which a trained network is judged: which there are, what they are called, and their units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from engine.metrics import mean_absolute_error, root_mean_squared_error
from engine.trainer import Trainer
from nnstudio.data import PreparedData, Task, error_scale, raw_target

PERCENT = ("accuracy", "balanced_accuracy", "precision", "recall")
TITLES = {
    "cost": "cost",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "roc_auc": "ROC AUC",
    "r2": "R²",
    "mae": "mean absolute error",
    "rmse": "root mean square error",
}
SHORT_ERRORS = {"mae": "MAE", "rmse": "RMSE"}  # before the name of one of several targets
OF_CLASSES = ("cost", "accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc")
OF_NUMBERS = ("cost", "r2")
NAMES: dict[Task, tuple[str, ...]] = {
    "binary": OF_CLASSES,
    "multiclass": OF_CLASSES,
    "regression": (*OF_NUMBERS, *SHORT_ERRORS),
}


def names_for(prepared: PreparedData) -> tuple[str, ...]:
    """Return the names of all figures: of several numbers to predict each has errors of its own, ``mae_height``."""
    if prepared.task != "regression" or len(prepared.targets) == 1:
        return NAMES[prepared.task]
    return (*OF_NUMBERS, *(f"{error}_{target}" for target in prepared.targets for error in SHORT_ERRORS))


def title_of(name: str) -> str:
    """Return what a figure is called."""
    if name in TITLES:
        return TITLES[name]
    error, _, target = name.partition("_")
    return f"{SHORT_ERRORS[error]}, {target}"


def figures_on(
    split: str, trainer: Trainer, prepared: PreparedData, values: Mapping[str, float]
) -> dict[str, float | None]:
    """Return all figures of a trained network on a split, errors of numbers in the unit of their target.

    Parameters
    ----------
    split
        ``"training"``, ``"validation"`` or ``"test"``, which the trainer has.
    trainer, prepared
        The trainer, at rest, and its data.
    values
        What the engine measured on that split, :attr:`engine.snapshot.Metrics.values`.

    Returns
    -------
    The figures by the names of :func:`names_for`; one that is not known, as the area under a ROC curve where a class
    is absent, is None.
    """
    found = dict(values)
    scale = error_scale(prepared)
    if scale is not None:
        found |= {name: found[name] * scale for name in SHORT_ERRORS if name in found}
    elif prepared.task == "regression":
        data = trainer.splits[split]
        found |= dict(_errors(prepared, data.targets, trainer.network.outputs(data)[0]))
    known = ((name, found.get(name, math.nan)) for name in names_for(prepared))
    return {name: value if math.isfinite(value) else None for name, value in known}


def _errors(
    prepared: PreparedData, targets: NDArray[np.floating], outputs: NDArray[np.floating]
) -> Iterator[tuple[str, float]]:
    """Yield the errors of each target (m, n_outputs) after scaling and logarithm are taken back."""
    one = len(prepared.targets) == 1
    for at, target in enumerate(prepared.targets):
        true, predicted = (raw_target(prepared, values[:, [at]], at) for values in (targets, outputs))
        yield "mae" if one else f"mae_{target}", mean_absolute_error(true, predicted)
        yield "rmse" if one else f"rmse_{target}", root_mean_squared_error(true, predicted)

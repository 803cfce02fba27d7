"""Metrics over whole splits; arrays batch-first, (m, n_outputs)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.declared import name_of
from engine.emit import Array
from engine.layers import Output

Task = Literal["binary", "multiclass", "regression"]

SCORE_NAMES: dict[Task, str] = {"binary": "accuracy", "multiclass": "accuracy", "regression": "r2"}


def task_of(output: Output) -> Task:
    """Return the task an output layer is for."""
    activation = name_of(output.activation)
    if activation == "softmax":
        return "multiclass"
    return "binary" if activation == "sigmoid" else "regression"


def classes_of(outputs: Array, task: Task, threshold: float = 0.5) -> Array:
    """Return class indices (m,) from outputs (m, n_outputs): the largest, or 1 where the one exceeds the threshold."""
    if task == "multiclass":
        return np.asarray(outputs.argmax(axis=1))
    return (outputs[:, 0] > threshold).astype(np.int64)


def accuracy(y: Array, predicted: Array) -> float:
    """Return the share of examples whose class is predicted right; both (m,) class indices."""
    return float(np.mean(y == predicted))


def confusion_matrix(y: Array, predicted: Array, classes: int) -> Array:
    """Return counts (classes, classes): true classes in rows, predicted ones in columns."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (y, predicted), 1)
    return counts


def r2(y: Array, predicted: Array) -> float:
    """Return 1 - Σ(ŷ - y)² / Σ(y - mean y)², averaged over outputs; nan where a target never varies."""
    y64, p64 = y.astype(np.float64), predicted.astype(np.float64)
    spread = ((y64 - y64.mean(axis=0)) ** 2).sum(axis=0)
    missed = ((p64 - y64) ** 2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.mean(np.where(spread > 0, 1.0 - missed / spread, np.nan)))


def mean_absolute_error(y: Array, predicted: Array) -> float:
    """Return the mean of |ŷ - y| over examples and outputs."""
    return float(np.mean(np.abs(predicted.astype(np.float64) - y)))


def root_mean_squared_error(y: Array, predicted: Array) -> float:
    """Return the square root of the mean of (ŷ - y)² over examples and outputs."""
    return float(np.sqrt(np.mean((predicted.astype(np.float64) - y) ** 2)))


def score(y: Array, outputs: Array, task: Task) -> float:
    """Return the one figure by which a task is judged: accuracy for classes, R² for numbers."""
    if task == "regression":
        return r2(y, outputs)
    return accuracy(_true_classes(y, task), classes_of(outputs, task))


def all_metrics(y: Array, outputs: Array, task: Task) -> dict[str, float]:
    """Return every metric of a task by name."""
    if task == "regression":
        return {
            "r2": r2(y, outputs),
            "mae": mean_absolute_error(y, outputs),
            "rmse": root_mean_squared_error(y, outputs),
        }
    return {"accuracy": score(y, outputs, task)}


def confusion(y: Array, outputs: Array, task: Task) -> Array | None:
    """Return the confusion matrix of a split, or None for regression."""
    if task == "regression":
        return None
    classes = max(2, y.shape[1])
    return confusion_matrix(_true_classes(y, task), classes_of(outputs, task), classes)


def _true_classes(y: Array, task: Task) -> Array:
    return np.asarray(y.argmax(axis=1)) if task == "multiclass" else (y[:, 0] > 0.5).astype(np.int64)

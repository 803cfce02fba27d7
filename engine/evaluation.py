"""True costs, scores and metrics of a network over whole splits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.dataset import Dataset
from engine.declared import name_of
from engine.metrics import (
    TargetSpread,
    all_metrics,
    classes_of,
    confusion,
    errors_by_output,
    roc,
    squared_errors,
    threshold_of,
    true_classes,
)
from engine.network import Network
from engine.snapshot import Metrics


def evaluate(network: Network, data: Dataset) -> tuple[float, float]:
    """Return the true cost and score (accuracy or R²) over all examples; memory is that of one chunk."""
    output, task = network.output, network.task
    activation, threshold = name_of(output.activation), threshold_of(output)
    missed = np.zeros(network.n_outputs)
    loss_sum = weight_sum = 0.0
    right = entries = 0
    for rows, z, a in network.evaluate(data):
        targets = data.targets[rows]
        with np.errstate(all="ignore"):
            losses = output.loss.losses(activation, z, a, targets.T)
        weights = output.example_weights(targets)
        loss_sum += float(losses.sum(dtype=np.float64) if weights is None else weights.astype(np.float64).dot(losses))
        weight_sum += float(len(losses) if weights is None else weights.sum(dtype=np.float64))
        if task == "regression":
            missed += squared_errors(targets, a.T)
        else:
            same = classes_of(a.T, task, threshold) == true_classes(targets, task)
            right, entries = right + int(np.count_nonzero(same)), entries + same.size
    return loss_sum / weight_sum, TargetSpread(data.targets).r2(missed) if task == "regression" else right / entries


def metrics_of(network: Network, splits: Mapping[str, Dataset]) -> Metrics:
    """Return every metric over every split; confusion matrix and ROC curve of validation, or of the first split."""
    pictured = "validation" if "validation" in splits else next(iter(splits), "")
    task, threshold = network.task, threshold_of(network.output)
    values: dict[str, dict[str, float]] = {}
    errors: dict[str, tuple[tuple[float, float], ...]] = {}
    matrix, curve = None, None
    for name, data in splits.items():
        outputs, losses = network.outputs(data)
        cost = network.mean_loss(losses, data.targets)
        values[name] = {"cost": cost, **all_metrics(data.targets, outputs, task, threshold)}
        if task == "regression" and network.n_outputs > 1:
            errors[name] = errors_by_output(data.targets, outputs)
        if name == pictured:
            matrix, curve = confusion(data.targets, outputs, task, threshold), roc(data.targets, outputs, task)
    return Metrics(values=values, confusion=matrix, confusion_split=pictured, roc=curve, errors=errors)

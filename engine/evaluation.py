"""True costs, scores and metrics of a network over whole splits."""

from __future__ import annotations

from collections.abc import Mapping

from engine.dataset import Dataset
from engine.metrics import all_metrics, confusion, roc, score, threshold_of
from engine.network import Network
from engine.snapshot import Metrics


def evaluate(network: Network, data: Dataset) -> tuple[float, float]:
    """Return the true cost and score (accuracy or R²) over all examples, in bounded memory."""
    outputs, losses = network.outputs(data)
    cost = network.mean_loss(losses, data.targets)
    return cost, score(data.targets, outputs, network.task, threshold_of(network.output))


def metrics_of(network: Network, splits: Mapping[str, Dataset]) -> Metrics:
    """Return every metric over every split; confusion matrix and ROC curve of validation, or of the first split."""
    pictured = "validation" if "validation" in splits else next(iter(splits), "")
    task, threshold = network.task, threshold_of(network.output)
    values: dict[str, dict[str, float]] = {}
    matrix, curve = None, None
    for name, data in splits.items():
        outputs, losses = network.outputs(data)
        cost = network.mean_loss(losses, data.targets)
        values[name] = {"cost": cost, **all_metrics(data.targets, outputs, task, threshold)}
        if name == pictured:
            matrix, curve = confusion(data.targets, outputs, task, threshold), roc(data.targets, outputs, task)
    return Metrics(values=values, confusion=matrix, confusion_split=pictured, roc=curve)

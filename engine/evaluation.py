"""True costs, scores and metrics of a network over whole splits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.dataset import Dataset
from engine.metrics import all_metrics, confusion, score
from engine.network import Network
from engine.snapshot import Metrics


def evaluate(network: Network, data: Dataset) -> tuple[float, float]:
    """Return the true cost and score (accuracy or R²) over all examples, in bounded memory."""
    outputs, losses = network.outputs(data)
    return float(losses.mean(dtype=np.float64)), score(data.targets, outputs, network.task)


def metrics_of(network: Network, splits: Mapping[str, Dataset]) -> Metrics:
    """Return every metric over every split, and the confusion matrix of validation (of the first split without one)."""
    values: dict[str, dict[str, float]] = {}
    matrix, of = None, ""
    for name, data in splits.items():
        outputs, losses = network.outputs(data)
        cost = float(losses.mean(dtype=np.float64))
        values[name] = {"cost": cost, **all_metrics(data.targets, outputs, network.task)}
        if not of or name == "validation":
            matrix, of = confusion(data.targets, outputs, network.task), name
    return Metrics(values=values, confusion=matrix, confusion_split=of)

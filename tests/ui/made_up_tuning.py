"""A finished experiment with made-up figures, for the panels that show one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from nnstudio.document import Document, starting_document
from nnstudio.hyperparameters import HYPERPARAMETERS, Value
from nnstudio.labs.tuning import Outcome, Run, Tuning, curve_epochs, experiment_of

EPOCHS = 30
DIVERGED = "Training diverged at step 7."
COSTS: dict[Value, Sequence[float]] = {0.001: (0.5, 0.52, 0.49), 0.01: (0.1, 0.12, 0.11), 0.1: (0.3, 0.31, 0.29)}


def made_up_tuning(
    costs: Mapping[Value, Sequence[float]] = COSTS,
    name: str = "learning_rate",
    document: Document | None = None,
    problems: Mapping[Value, str] = MappingProxyType({}),
    tried: int | None = None,
    score: float = 0.9,
    score_name: str = "accuracy",
    validation: int = 200,
) -> Tuning:
    """Return an experiment by the final costs of its runs: nan where one diverged, none for a problem."""
    document, one = document or starting_document(), HYPERPARAMETERS[name]
    seeds = max(len(runs) for runs in costs.values())
    experiment = experiment_of(one, document, [*costs], EPOCHS, seeds)
    outcomes = []
    for candidate in experiment.candidates[:tried]:
        epochs = curve_epochs(candidate.settings.epochs)
        runs = [run_to(5 + seed, cost, epochs, score) for seed, cost in enumerate(costs[candidate.value])]
        problem = problems.get(candidate.value, "")
        outcomes.append(Outcome(candidate.value, candidate.label, epochs, tuple(runs), problem))
    judged_by = "validation" if validation else "training"
    return Tuning(experiment, tuple(outcomes), judged_by, score_name, 800, validation)


def run_to(seed: int, cost: float, epochs: np.ndarray, score: float) -> Run:
    """Return a run whose cost falls to its end evenly on a log scale, or breaks off in the middle."""
    if math.isnan(cost):
        return Run(seed, cost, cost, cost, np.where(epochs < epochs[-1] / 2, 1.0, np.nan), DIVERGED)
    curve = np.geomspace(0.7, cost, len(epochs))
    return Run(seed, cost, score, cost - 0.05, curve)

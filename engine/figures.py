"""Costs and scores of a run: running means of an epoch, and true values over whole splits with where they hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.history import History
from engine.metrics import TargetSpread
from engine.trainer_state import Progress

UNKNOWN = (float("nan"), float("nan"))
NOWHERE = -1


@dataclass
class Figures:
    """Pairs of cost and score.

    ``running`` are the means of the last epoch's examples as they were seen; ``training`` and ``validation`` are true
    values. ``measured_at`` is the step whose weights ``training`` is of, ``row_at`` the step whose weights the
    history's last row is of; :data:`NOWHERE` where the present weights are others.
    """

    running: tuple[float, float] = UNKNOWN
    training: tuple[float, float] = UNKNOWN
    validation: tuple[float, float] = UNKNOWN
    measured_at: int = NOWHERE
    row_at: int = NOWHERE


def running_figures(at: Progress, spread: TargetSpread | None) -> tuple[float, float]:
    """Return the means over an epoch's examples as they were seen: the cost, and accuracy or (with ``spread``) R²."""
    score = spread.r2(np.array(at.missed)) if spread is not None else at.score_sum / at.seen
    return at.loss_sum / at.weight_sum, score


def figures_of(history: History) -> Figures:
    """Return what the last row of a history says, until there is something newer."""
    if not len(history):
        return Figures()
    last = {name: float(history.column(name)[-1]) for name in history.names}
    return Figures(
        running=(last["running_cost"], last["running_score"]),
        training=(last["training_cost"], last["training_score"]),
        validation=(last["validation_cost"], last["validation_score"]),
    )

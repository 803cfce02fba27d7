"""When a run ends before its last epoch: patience on the validation cost, a target cost, a limit of time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.emit import Array
from engine.settings import TrainingSettings


@dataclass
class Best:
    """The weights with the lowest validation cost so far, and how many epochs ago that was."""

    cost: float = math.inf
    epoch: int = 0
    waited: int = 0
    theta: Array | None = None

    def watch(self, cost: float, epoch: int, theta: Array) -> None:
        """Take note of the validation cost after an epoch, and copy the weights where it is the lowest."""
        if cost < self.cost:
            self.cost, self.epoch, self.waited = cost, epoch, 0
            if self.theta is None:
                self.theta = np.empty_like(theta)
            np.copyto(self.theta, theta)
        else:
            self.waited += 1


def reason_to_stop(
    settings: TrainingSettings, best: Best, cost: float, of_validation: bool, seconds: float
) -> str | None:
    """Return why a run ends after an epoch, in a sentence, or None where it goes on.

    ``cost`` is that of validation where there is one, else the running cost; ``seconds`` those of this run.
    """
    if settings.patience and best.waited >= settings.patience:
        return f"The validation cost has not fallen for {settings.patience:,} epochs."
    if settings.target_cost and cost <= settings.target_cost:
        return f"The {'validation' if of_validation else 'running'} cost has reached {settings.target_cost:g}."
    return out_of_time(settings, seconds)


def out_of_time(settings: TrainingSettings, seconds: float) -> str | None:
    """Return that the time is over, in a sentence, or None."""
    if settings.time_limit and seconds >= settings.time_limit:
        return f"The time limit of {settings.time_limit:g} s is over."
    return None

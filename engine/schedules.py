"""Schedules: how the learning rate changes from epoch to epoch, as a factor; definitions as in PyTorch.

The rate of a step is the optimizer's own, times the schedule's factor of this epoch, times the warm-up's of this step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Union

import msgspec
import numpy as np

from engine.declared import Declared, registry
from engine.emit import Array


@dataclass
class Plateau:
    """What :class:`ReduceOnPlateau` has seen: the best cost, the epochs since, and the factor so far."""

    best: float = math.inf
    waited: int = 0
    factor: float = 1.0


class Schedule(Declared, frozen=True):
    """A rule for the learning rate's factor, constant within an epoch."""

    title: ClassVar[str]
    formula: ClassVar[str]

    def factor(self, epoch: int, epochs: int) -> float:
        """Return the factor after ``epoch`` finished epochs of a run that is to have ``epochs``."""
        raise NotImplementedError

    def watch(self, cost: float, plateau: Plateau) -> None:
        """Take note of the cost after an epoch; only schedules that answer to it do."""


class ConstantRate(Schedule, frozen=True, tag="constant"):
    """The same rate throughout."""

    title: ClassVar[str] = "constant"
    formula: ClassVar[str] = "α"

    def factor(self, epoch: int, epochs: int) -> float:
        """Return 1."""
        return 1.0


class Step(Schedule, frozen=True, tag="step"):
    """The rate falls by a factor γ every so many epochs: α γ^⌊epoch / every⌋."""

    title: ClassVar[str] = "step"
    formula: ClassVar[str] = "α γ^⌊epoch / every⌋"

    every: Annotated[
        int,
        msgspec.Meta(
            ge=1, le=10_000_000, title="Every", description="Epochs between two falls.", extra={"unit": "epochs"}
        ),
    ] = 30
    gamma: Annotated[
        float, msgspec.Meta(gt=0.0, le=1.0, title="Factor γ", description="What the rate is multiplied by each time.")
    ] = 0.1

    def factor(self, epoch: int, epochs: int) -> float:
        """Return γ^⌊epoch / every⌋."""
        return float(self.gamma ** (epoch // self.every))


class Exponential(Schedule, frozen=True, tag="exponential"):
    """The rate falls by a factor γ after each epoch: α γ^epoch."""

    title: ClassVar[str] = "exponential"
    formula: ClassVar[str] = "α γ^epoch"

    gamma: Annotated[
        float, msgspec.Meta(gt=0.0, le=1.0, title="Factor γ", description="What the rate is multiplied by each epoch.")
    ] = 0.98

    def factor(self, epoch: int, epochs: int) -> float:
        """Return γ^epoch."""
        return float(self.gamma**epoch)


class Cosine(Schedule, frozen=True, tag="cosine"):
    """Loshchilov and Hutter (2017): half a cosine from the full rate to its last share at the end of the run."""

    title: ClassVar[str] = "cosine"
    formula: ClassVar[str] = "α [last + (1 − last) (1 + cos(π epoch / epochs)) / 2]"

    last: Annotated[
        float,
        msgspec.Meta(ge=0.0, le=1.0, title="Last", description="Share of the rate that is left at the end of the run."),
    ] = 0.01

    def factor(self, epoch: int, epochs: int) -> float:
        """Return last + (1 - last)(1 + cos(π epoch / epochs)) / 2."""
        done = min(epoch / epochs, 1.0)
        return self.last + (1.0 - self.last) * (1.0 + math.cos(math.pi * done)) / 2.0


class ReduceOnPlateau(Schedule, frozen=True, tag="reduce_on_plateau"):
    """The rate falls by a factor when the cost has not fallen for more than so many epochs.

    The cost is that of validation, or the running training cost without validation rows; it counts as fallen when it
    is below the best one by the threshold's share.
    """

    title: ClassVar[str] = "reduce on plateau"
    formula: ClassVar[str] = "α := γ α after epochs without a fall"

    gamma: Annotated[
        float, msgspec.Meta(gt=0.0, lt=1.0, title="Factor γ", description="What the rate is multiplied by each time.")
    ] = 0.1
    patience: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=10_000_000,
            title="Patience",
            description="Epochs without a fall of the cost that are waited for.",
            extra={"unit": "epochs"},
        ),
    ] = 10
    threshold: Annotated[
        float,
        msgspec.Meta(
            ge=0.0, lt=1.0, title="Threshold", description="Share by which the cost must be below the best one."
        ),
    ] = 1e-4
    least: Annotated[
        float,
        msgspec.Meta(
            ge=0.0, le=1.0, title="Least", description="Share of the rate below which it does not fall any more."
        ),
    ] = 1e-4

    def factor(self, epoch: int, epochs: int) -> float:
        """Return 1: what the plateau has cut is multiplied in by whoever keeps it."""
        return 1.0

    def watch(self, cost: float, plateau: Plateau) -> None:
        """Count epochs without a fall, and cut the factor when there were more than the patience."""
        if cost < plateau.best * (1.0 - self.threshold):
            plateau.best, plateau.waited = cost, 0
        else:
            plateau.waited += 1
        if plateau.waited > self.patience:
            plateau.factor, plateau.waited = max(plateau.factor * self.gamma, self.least), 0


SCHEDULES: dict[str, type[Schedule]] = registry(ConstantRate, Step, Exponential, Cosine, ReduceOnPlateau)

if TYPE_CHECKING:
    AnySchedule = Schedule
else:
    AnySchedule = Union[tuple(SCHEDULES.values())]  # noqa: UP007 - built from the registry


def warm_up_factors(numbers: Array, steps: int) -> Array:
    """Return the factor of steps by their numbers (the first is 1) in a linear warm-up over ``steps``: step / steps."""
    return np.asarray(np.minimum(numbers / max(steps, 1), 1.0))

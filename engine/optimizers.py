"""Optimizers: how one step changes the flat parameter vector, as program operations; definitions as in PyTorch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Union

import msgspec
import numpy as np

from engine.declared import Declared, registry
from engine.emit import Emitter, Ref

LearningRate = Annotated[
    float,
    msgspec.Meta(
        ge=0.0,
        le=1e3,
        title="Learning rate α",
        description="How far each step goes against the gradient.",
        extra={"logarithmic": True},
    ),
]


class Optimizer(Declared, frozen=True):
    """An update rule.

    ``slots`` names the vectors it keeps, each as long as the parameters. ``scalars`` are numbers written into 0-d
    arrays before a step; only optimizers with ``changes_each_step`` need them anew at every one.
    """

    title: ClassVar[str]
    formula: ClassVar[str]
    slots: ClassVar[tuple[str, ...]] = ()
    changes_each_step: ClassVar[bool] = False

    learning_rate: LearningRate = 0.01

    def scalars(self, step: int, learning_rate: float) -> dict[str, float]:
        """Return the scalars of step number ``step`` (the first is 1)."""
        return {"alpha": learning_rate}

    def emit_update(
        self, emit: Emitter, theta: Ref, gradient: Ref, slots: dict[str, Ref], scalars: dict[str, Ref]
    ) -> None:
        """Emit the operations that change ``theta`` (p,) by one step along ``gradient`` (p,)."""
        raise NotImplementedError


class Sgd(Optimizer, frozen=True, tag="sgd"):
    """Gradient descent, θ := θ - α dθ; with momentum μ: v := μ v + dθ, θ := θ - α v."""

    title: ClassVar[str] = "SGD"
    formula: ClassVar[str] = "v := μ v + dθ;  θ := θ − α v"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)

    momentum: Annotated[
        float,
        msgspec.Meta(
            ge=0.0,
            lt=1.0,
            title="Momentum μ",
            description="Share of the last step's direction that is kept; 0 is plain gradient descent.",
        ),
    ] = 0.0

    def emit_update(
        self, emit: Emitter, theta: Ref, gradient: Ref, slots: dict[str, Ref], scalars: dict[str, Ref]
    ) -> None:
        """Emit the update; without momentum the velocity is left alone."""
        step = emit.scratch(theta.shape, "step")
        direction = gradient
        if self.momentum:
            direction = slots["velocity"]
            emit.apply(np.multiply, direction, emit.constant(self.momentum), out=direction)
            emit.apply(np.add, direction, gradient, out=direction, formula="v := μ v + dθ")
        emit.apply(np.multiply, direction, scalars["alpha"], out=step)
        emit.apply(np.subtract, theta, step, out=theta, formula="θ := θ − α dθ")


class Adam(Optimizer, frozen=True, tag="adam"):
    """Kingma and Ba (2015): steps scaled by running means of the gradient and of its square.

    With ``u = m / (1 - β₁)`` and ``s = v / (1 - β₂)`` kept in place of m and v, the update
    ``α m̂ / (√v̂ + ε)`` is ``c u / (√s + ε')`` with two scalars a step, which saves three passes over the parameters.
    """

    title: ClassVar[str] = "Adam"
    formula: ClassVar[str] = "θ := θ − α m̂ / (√v̂ + ε)"
    slots: ClassVar[tuple[str, ...]] = ("u", "s")
    changes_each_step: ClassVar[bool] = True

    learning_rate: LearningRate = 0.001
    beta1: Annotated[float, msgspec.Meta(ge=0.0, lt=1.0, title="β₁", description="Memory of the gradient's mean.")] = (
        0.9
    )
    beta2: Annotated[
        float, msgspec.Meta(ge=0.0, lt=1.0, title="β₂", description="Memory of the squared gradient's mean.")
    ] = 0.999
    epsilon: Annotated[
        float,
        msgspec.Meta(gt=0.0, le=1.0, title="ε", description="Keeps the division finite.", extra={"logarithmic": True}),
    ] = 1e-8

    def scalars(self, step: int, learning_rate: float) -> dict[str, float]:
        """Return c and ε' of this step."""
        root = math.sqrt((1.0 - self.beta2) / (1.0 - self.beta2**step))
        return {
            "c": learning_rate * (1.0 - self.beta1) / (1.0 - self.beta1**step) / root,
            "epsilon": self.epsilon / root,
        }

    def emit_update(
        self, emit: Emitter, theta: Ref, gradient: Ref, slots: dict[str, Ref], scalars: dict[str, Ref]
    ) -> None:
        """Emit u := β₁ u + dθ, s := β₂ s + dθ², θ := θ - c u / (√s + ε')."""
        u, s = slots["u"], slots["s"]
        step = emit.scratch(theta.shape, "step")
        emit.apply(np.multiply, u, emit.constant(self.beta1), out=u)
        emit.apply(np.add, u, gradient, out=u, formula="u := β₁ u + dθ")
        emit.apply(np.multiply, s, emit.constant(self.beta2), out=s)
        emit.apply(np.multiply, gradient, gradient, out=step)
        emit.apply(np.add, s, step, out=s, formula="s := β₂ s + dθ²")
        emit.apply(np.sqrt, s, out=step)
        emit.apply(np.add, step, scalars["epsilon"], out=step)
        emit.apply(np.divide, u, step, out=step)
        emit.apply(np.multiply, step, scalars["c"], out=step)
        emit.apply(np.subtract, theta, step, out=theta, formula="θ := θ − α m̂ / (√v̂ + ε)")


OPTIMIZERS: dict[str, type[Optimizer]] = registry(Sgd, Adam)

if TYPE_CHECKING:
    AnyOptimizer = Optimizer
else:
    AnyOptimizer = Union[tuple(OPTIMIZERS.values())]  # noqa: UP007 - built from the registry

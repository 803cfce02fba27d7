"""Optimizers: how one step changes the flat parameter vector, as program operations; definitions as in PyTorch.

θ are the learned parameters, dθ the gradient of the cost (with penalties and clipping already in it), α the learning
rate of this step. To add one: write a class here and name it in :data:`OPTIMIZERS`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Union

import msgspec
import numpy as np

from engine.declared import Declared, registry
from engine.emit import Array, Emitter, Ref

Scalars = dict[str, Array | float]  # by name, one for each of several steps or one for all of them

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
Memory = Annotated[
    float,
    msgspec.Meta(
        ge=0.0, lt=1.0, title="Momentum μ", description="Share of the last step's direction that is kept in the next."
    ),
]
Epsilon = Annotated[
    float,
    msgspec.Meta(ge=1e-30, le=1.0, title="ε", description="Keeps the division finite.", extra={"logarithmic": True}),
]


class Optimizer(Declared, frozen=True):
    """An update rule.

    ``slots`` names the vectors it keeps, each as long as the learned parameters. ``scalars`` are numbers that a step
    reads from 0-d arrays, which are written before it.

    The gradient comes as G = dθ / ``share``, a sum over the batch say, whose mean never need be taken: numbers take
    the factor, where vectors would need a pass over all parameters.
    """

    title: ClassVar[str]
    formula: ClassVar[str]
    slots: ClassVar[tuple[str, ...]] = ()

    learning_rate: LearningRate = 0.01

    def scalars(self, steps: Array, rates: Array, share: float) -> Scalars:
        """Return the scalars of steps by their numbers (k,), the first is 1, and learning rates (k,)."""
        return {"alpha": rates * share}

    def slot_units(self, share: float) -> dict[str, float]:
        """Return by slot what a stored value of 1 stands for; another setting of the same kind rescales by these."""
        return dict.fromkeys(self.slots, share)

    def emit_decay(self, emit: Emitter, weights: Ref, scalars: dict[str, Ref]) -> None:
        """Emit the decay of one layer's ``weights`` that is no part of the gradient; nothing but for AdamW."""

    def emit_update(
        self, emit: Emitter, theta: Ref, gradient: Ref, slots: dict[str, Ref], scalars: dict[str, Ref]
    ) -> None:
        """Emit the operations that change ``theta`` (p,) by one step along ``gradient`` (p,)."""
        raise NotImplementedError


class Sgd(Optimizer, frozen=True, tag="sgd"):
    """Gradient descent: θ := θ - α dθ."""

    title: ClassVar[str] = "SGD"
    formula: ClassVar[str] = "θ := θ − α dθ"

    def emit_update(
        self, emit: Emitter, theta: Ref, gradient: Ref, slots: dict[str, Ref], scalars: dict[str, Ref]
    ) -> None:
        """Emit the update."""
        _emit_step(emit, theta, gradient, scalars["alpha"], "θ := θ − α dθ")


class Momentum(Optimizer, frozen=True, tag="momentum"):
    """Polyak (1964): v := μ v + dθ, θ := θ - α v."""

    title: ClassVar[str] = "Momentum"
    formula: ClassVar[str] = "v := μ v + dθ;  θ := θ − α v"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)

    momentum: Memory = 0.9

    def emit_update(
        self, emit: Emitter, theta: Ref, gradient: Ref, slots: dict[str, Ref], scalars: dict[str, Ref]
    ) -> None:
        """Emit the update."""
        velocity = slots["velocity"]
        _emit_velocity(emit, velocity, gradient, self.momentum)
        _emit_step(emit, theta, velocity, scalars["alpha"], "θ := θ − α v")


class Nesterov(Optimizer, frozen=True, tag="nesterov"):
    """Nesterov's momentum as Sutskever et al. (2013) write it: v := μ v + dθ, θ := θ - α (dθ + μ v)."""

    title: ClassVar[str] = "Nesterov"
    formula: ClassVar[str] = "v := μ v + dθ;  θ := θ − α (dθ + μ v)"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)

    momentum: Memory = 0.9

    def emit_update(
        self, emit: Emitter, theta: Ref, gradient: Ref, slots: dict[str, Ref], scalars: dict[str, Ref]
    ) -> None:
        """Emit the update."""
        velocity, ahead = slots["velocity"], emit.scratch(theta.shape, "ahead")
        _emit_velocity(emit, velocity, gradient, self.momentum)
        emit.apply(np.multiply, velocity, emit.constant(self.momentum), out=ahead)
        emit.apply(np.add, ahead, gradient, out=ahead, formula="dθ + μ v")
        _emit_step(emit, theta, ahead, scalars["alpha"], "θ := θ − α (dθ + μ v)")


class Adagrad(Optimizer, frozen=True, tag="adagrad"):
    """Duchi et al. (2011): s := s + dθ², θ := θ - α dθ / (√s + ε)."""

    title: ClassVar[str] = "Adagrad"
    formula: ClassVar[str] = "s := s + dθ²;  θ := θ − α dθ / (√s + ε)"
    slots: ClassVar[tuple[str, ...]] = ("s",)

    epsilon: Epsilon = 1e-10

    def scalars(self, steps: Array, rates: Array, share: float) -> Scalars:
        """Return α and ε for G in place of dθ."""
        return {"alpha": rates, "epsilon": self.epsilon / share}

    def slot_units(self, share: float) -> dict[str, float]:
        """Return the square of the share."""
        return {"s": share**2}

    def emit_update(
        self, emit: Emitter, theta: Ref, gradient: Ref, slots: dict[str, Ref], scalars: dict[str, Ref]
    ) -> None:
        """Emit the update."""
        s, step = slots["s"], emit.scratch(theta.shape, "step")
        emit.apply(np.square, gradient, out=step)
        emit.apply(np.add, s, step, out=s, formula="s := s + dθ²")
        _emit_scaled_step(emit, theta, gradient, s, scalars["epsilon"], scalars["alpha"])


class RmsProp(Optimizer, frozen=True, tag="rmsprop"):
    """Hinton (2012): v := ρ v + (1 - ρ) dθ², θ := θ - α dθ / (√v + ε).

    Kept is ``s = v / (1 - ρ)``, which saves a pass over the parameters; ε and α are scaled to match.
    """

    title: ClassVar[str] = "RMSProp"
    formula: ClassVar[str] = "v := ρ v + (1 − ρ) dθ²;  θ := θ − α dθ / (√v + ε)"
    slots: ClassVar[tuple[str, ...]] = ("s",)

    rho: Annotated[
        float, msgspec.Meta(ge=0.0, lt=1.0, title="ρ", description="Memory of the squared gradient's mean.")
    ] = 0.99
    epsilon: Epsilon = 1e-8

    def scalars(self, steps: Array, rates: Array, share: float) -> Scalars:
        """Return α and ε for s in place of v and G in place of dθ."""
        root = math.sqrt(1.0 - self.rho)
        return {"alpha": rates / root, "epsilon": self.epsilon / (root * share)}

    def slot_units(self, share: float) -> dict[str, float]:
        """Return 1 - ρ, times the square of the share."""
        return {"s": (1.0 - self.rho) * share**2}

    def emit_update(
        self, emit: Emitter, theta: Ref, gradient: Ref, slots: dict[str, Ref], scalars: dict[str, Ref]
    ) -> None:
        """Emit s := ρ s + dθ², θ := θ - α' dθ / (√s + ε')."""
        _emit_squares(emit, slots["s"], gradient, self.rho, "s := ρ s + dθ²")
        _emit_scaled_step(emit, theta, gradient, slots["s"], scalars["epsilon"], scalars["alpha"])


class Adam(Optimizer, frozen=True, tag="adam"):
    """Kingma and Ba (2015): steps scaled by running means of the gradient and of its square.

    With ``u = m / (1 - β₁)`` and ``s = v / (1 - β₂)`` kept in place of m and v, the update
    ``α m̂ / (√v̂ + ε)`` is ``c u / (√s + ε')`` with two scalars a step, which saves three passes over the parameters.
    """

    title: ClassVar[str] = "Adam"
    formula: ClassVar[str] = "θ := θ − α m̂ / (√v̂ + ε)"
    slots: ClassVar[tuple[str, ...]] = ("u", "s")

    learning_rate: LearningRate = 0.001
    beta1: Annotated[float, msgspec.Meta(ge=0.0, lt=1.0, title="β₁", description="Memory of the gradient's mean.")] = (
        0.9
    )
    beta2: Annotated[
        float, msgspec.Meta(ge=0.0, lt=1.0, title="β₂", description="Memory of the squared gradient's mean.")
    ] = 0.999
    epsilon: Epsilon = 1e-8

    def scalars(self, steps: Array, rates: Array, share: float) -> Scalars:
        """Return c and ε' of each step."""
        root = np.sqrt((1.0 - self.beta2) / (1.0 - self.beta2**steps))
        return {
            "c": rates * (1.0 - self.beta1) / (1.0 - self.beta1**steps) / root,
            "epsilon": self.epsilon / (root * share),
        }

    def slot_units(self, share: float) -> dict[str, float]:
        """Return 1 - β₁ times the share, and 1 - β₂ times its square."""
        return {"u": (1.0 - self.beta1) * share, "s": (1.0 - self.beta2) * share**2}

    def emit_update(
        self, emit: Emitter, theta: Ref, gradient: Ref, slots: dict[str, Ref], scalars: dict[str, Ref]
    ) -> None:
        """Emit u := β₁ u + dθ, s := β₂ s + dθ², θ := θ - c u / (√s + ε')."""
        u = slots["u"]
        emit.apply(np.multiply, u, emit.constant(self.beta1), out=u)
        emit.apply(np.add, u, gradient, out=u, formula="u := β₁ u + dθ")
        _emit_squares(emit, slots["s"], gradient, self.beta2, "s := β₂ s + dθ²")
        _emit_scaled_step(emit, theta, u, slots["s"], scalars["epsilon"], scalars["c"])


class AdamW(Adam, frozen=True, tag="adamw"):
    """Loshchilov and Hutter (2019): W := (1 - α λ) W, then Adam's step; the decay is no part of the gradient."""

    title: ClassVar[str] = "AdamW"
    formula: ClassVar[str] = "W := (1 − α λ) W;  θ := θ − α m̂ / (√v̂ + ε)"

    weight_decay: Annotated[
        float,
        msgspec.Meta(
            ge=0.0,
            le=1e3,
            title="Weight decay λ",
            description="Share of each weight, times α, that is taken away at a step; biases are left alone.",
        ),
    ] = 0.01

    def scalars(self, steps: Array, rates: Array, share: float) -> Scalars:
        """Return c, ε' and 1 - α λ of each step."""
        # Adam's own method by name: msgspec makes the class anew, which the short form of super() does not survive.
        return {**Adam.scalars(self, steps, rates, share), "keep": 1.0 - rates * self.weight_decay}

    def emit_decay(self, emit: Emitter, weights: Ref, scalars: dict[str, Ref]) -> None:
        """Emit W := (1 - α λ) W."""
        emit.apply(np.multiply, weights, scalars["keep"], out=weights, formula="W := (1 − α λ) W")


def _emit_step(emit: Emitter, theta: Ref, direction: Ref, alpha: Ref, formula: str) -> None:
    step = emit.scratch(theta.shape, "step")
    emit.apply(np.multiply, direction, alpha, out=step)
    emit.apply(np.subtract, theta, step, out=theta, formula=formula)


def _emit_velocity(emit: Emitter, velocity: Ref, gradient: Ref, momentum: float) -> None:
    emit.apply(np.multiply, velocity, emit.constant(momentum), out=velocity)
    emit.apply(np.add, velocity, gradient, out=velocity, formula="v := μ v + dθ")


def _emit_squares(emit: Emitter, s: Ref, gradient: Ref, memory: float, formula: str) -> None:
    square = emit.scratch(s.shape, "step")
    emit.apply(np.multiply, s, emit.constant(memory), out=s)
    emit.apply(np.square, gradient, out=square)
    emit.apply(np.add, s, square, out=s, formula=formula)


def _emit_scaled_step(emit: Emitter, theta: Ref, direction: Ref, s: Ref, epsilon: Ref, alpha: Ref) -> None:
    """Emit θ := θ - α direction / (√s + ε)."""
    step = emit.scratch(theta.shape, "step")
    emit.apply(np.sqrt, s, out=step)
    emit.apply(np.add, step, epsilon, out=step)
    emit.apply(np.divide, direction, step, out=step)
    emit.apply(np.multiply, step, alpha, out=step)
    emit.apply(np.subtract, theta, step, out=theta, formula=f"θ := θ − {alpha.symbol} · {direction.symbol} / (√s + ε)")


OPTIMIZERS: dict[str, type[Optimizer]] = registry(Sgd, Momentum, Nesterov, Adagrad, RmsProp, Adam, AdamW)

if TYPE_CHECKING:
    AnyOptimizer = Optimizer
else:
    AnyOptimizer = Union[tuple(OPTIMIZERS.values())]  # noqa: UP007 - built from the registry

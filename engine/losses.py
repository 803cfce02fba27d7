r"""Losses of one example, :math:`L(\hat y, y)`; the cost is always their mean over the examples.

Arrays here have the notes' form: columns are examples, ``z``, ``a`` and ``y`` in (n_y, m). Which loss may follow which
output activation is one table, :data:`PAIRS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Union

import msgspec
import numpy as np

from engine.activations import ACTIVATIONS
from engine.declared import Declared, name_of, registry
from engine.emit import Array, Emitter, Ref

# Loss -> output activations it goes with, by name; the first is the usual one.
PAIRS: dict[str, tuple[str, ...]] = {
    "binary_cross_entropy": ("sigmoid",),
    "categorical_cross_entropy": ("softmax",),
    "mean_squared_error": ("identity", "sigmoid"),
    "mean_absolute_error": ("identity",),
    "huber": ("identity",),
    "hinge": ("tanh", "identity"),
}
# The pairs for which dZ = A - Y, and whose loss is computed from z.
FUSED = {
    "binary_cross_entropy": "sigmoid",
    "categorical_cross_entropy": "softmax",
    "mean_squared_error": "identity",
}
SHARES_SUM_TO = 1e-3  # how far from 1 the class shares of one row may add up


class Loss(Declared, frozen=True):
    """A loss and its gradient.

    ``classes`` says that targets are classes, told by 0 and 1: only then may classes be weighted.
    """

    title: ClassVar[str]
    formula: ClassVar[str]
    latex: ClassVar[str]
    classes: ClassVar[bool] = True

    def from_z(self, z: Array, y: Array) -> Array:
        """Return the losses (m,) of the fused pair from ``z`` (n_y, m), exact for any size of z."""
        raise NotImplementedError

    def from_a(self, a: Array, y: Array) -> Array:
        """Return the losses (m,) from the predictions ``a`` (n_y, m)."""
        raise NotImplementedError

    def losses(self, activation: str, z: Array, a: Array, y: Array) -> Array:
        """Return the losses (m,), from z where the pair is fused and from a otherwise."""
        return self.from_z(z, y) if FUSED.get(name_of(self)) == activation else self.from_a(a, y)

    def kinks(self, a: Array, y: Array) -> Array:
        """Return values (k, m) that pass through zero where the loss has a kink; none for a smooth loss."""
        return np.zeros((0, a.shape[1]))

    def wrong_targets(self, Y: Array) -> Array:
        """Return which rows of the targets ``Y`` (m, n_y) cannot be learned with this loss, booleans (m,)."""
        return np.zeros(len(Y), bool)

    def emit_da(self, emit: Emitter, a: Ref, y: Ref, da: Ref) -> None:
        """Emit ``da = dL/da``."""
        raise NotImplementedError

    def emit_dz(self, emit: Emitter, a: Ref, y: Ref, dz: Ref) -> None:
        """Emit the fused ``dz = a - y``, true for the pair named in :data:`FUSED` only."""
        emit.apply(np.subtract, a, y, out=dz, formula="dZ = A − Y")


class BinaryCrossEntropy(Loss, frozen=True, tag="binary_cross_entropy"):
    """L = -[y log ŷ + (1 - y) log(1 - ŷ)], summed over outputs; from z: log(1 + e^z) - y z."""

    title: ClassVar[str] = "binary cross-entropy"
    formula: ClassVar[str] = "−[y log ŷ + (1 − y) log(1 − ŷ)]"
    latex: ClassVar[str] = r"-\left[y\log\hat y + (1-y)\log(1-\hat y)\right]"

    def from_z(self, z: Array, y: Array) -> Array:
        """Return log(1 + e^z) - y z, summed over outputs."""
        # z and y z cancel before anything is added to them: finite for |z| up to the type's own limit.
        losses = np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))
        return np.asarray(losses[0] if len(losses) == 1 else losses.sum(axis=0))

    def from_a(self, a: Array, y: Array) -> Array:
        """Return the cross-entropy of probabilities."""
        tiny = np.finfo(np.asarray(a).dtype).tiny
        return np.asarray(-np.sum(y * np.log(np.maximum(a, tiny)) + (1 - y) * np.log(np.maximum(1 - a, tiny)), axis=0))

    def wrong_targets(self, Y: Array) -> Array:
        """Return the rows with a value outside 0 to 1."""
        return np.asarray(((Y < 0) | (Y > 1)).any(axis=1))

    def emit_da(self, emit: Emitter, a: Ref, y: Ref, da: Ref) -> None:
        """Emit da = -y/a + (1-y)/(1-a); where a is rounded to y itself, the term by 0 is 0."""
        one, tiny = emit.constant(1.0), emit.constant(float(np.finfo(emit.dtype).tiny))
        yes, no = emit.scratch(a.shape, "Y/A"), emit.scratch(a.shape, "1 − A")
        emit.apply(np.maximum, a, tiny, out=yes)
        emit.apply(np.divide, y, yes, out=yes, formula="Y/A")
        emit.apply(np.subtract, one, a, out=no)
        emit.apply(np.maximum, no, tiny, out=no)
        emit.apply(np.subtract, one, y, out=da)
        emit.apply(np.divide, da, no, out=da, formula="(1 − Y)/(1 − A)")
        emit.apply(np.subtract, da, yes, out=da, formula="dA = −Y/A + (1 − Y)/(1 − A)")


class CategoricalCrossEntropy(Loss, frozen=True, tag="categorical_cross_entropy"):
    """L = -Σ_k y_k log ŷ_k; from z: logsumexp(z) - Σ_k y_k z_k."""

    title: ClassVar[str] = "categorical cross-entropy"
    formula: ClassVar[str] = "−Σₖ yₖ log ŷₖ"
    latex: ClassVar[str] = r"-\sum_k y_k\log\hat y_k"

    def from_z(self, z: Array, y: Array) -> Array:
        """Return logsumexp(z) - Σ_k y_k z_k."""
        shifted = z - np.max(z, axis=0, keepdims=True)
        return np.asarray(np.log(np.sum(np.exp(shifted), axis=0)) - np.sum(y * shifted, axis=0))

    def from_a(self, a: Array, y: Array) -> Array:
        """Return the cross-entropy of probabilities."""
        tiny = np.finfo(np.asarray(a).dtype).tiny
        return np.asarray(-np.sum(y * np.log(np.maximum(a, tiny)), axis=0))

    def wrong_targets(self, Y: Array) -> Array:
        """Return the rows that are not shares of the classes, at least 0 and 1 together."""
        return np.asarray((Y < 0).any(axis=1) | (np.abs(Y.sum(axis=1) - 1.0) > SHARES_SUM_TO))

    def emit_da(self, emit: Emitter, a: Ref, y: Ref, da: Ref) -> None:
        """Emit da = -y / a."""
        emit.apply(np.divide, y, a, out=da)
        emit.apply(np.negative, da, out=da, formula="dA = −Y/A")


class MeanSquaredError(Loss, frozen=True, tag="mean_squared_error"):
    """L = ½ Σ_k (ŷ_k - y_k)², the notes' squared error of one example."""

    title: ClassVar[str] = "squared error"
    formula: ClassVar[str] = "½ Σₖ (ŷₖ − yₖ)²"
    latex: ClassVar[str] = r"\tfrac12\sum_k(\hat y_k-y_k)^2"
    classes: ClassVar[bool] = False

    def from_z(self, z: Array, y: Array) -> Array:
        """Return ½ Σ (z - y)²."""
        return self.from_a(z, y)

    def from_a(self, a: Array, y: Array) -> Array:
        """Return ½ Σ (a - y)²."""
        return np.asarray(0.5 * np.sum((a - y) ** 2, axis=0))

    def emit_da(self, emit: Emitter, a: Ref, y: Ref, da: Ref) -> None:
        """Emit da = a - y."""
        emit.apply(np.subtract, a, y, out=da, formula="dA = A − Y")


class MeanAbsoluteError(Loss, frozen=True, tag="mean_absolute_error"):
    """L = Σ_k |ŷ_k - y_k|; dL/dŷ = sign(ŷ - y), 0 where both are equal."""

    title: ClassVar[str] = "absolute error"
    formula: ClassVar[str] = "Σₖ |ŷₖ − yₖ|"
    latex: ClassVar[str] = r"\sum_k|\hat y_k-y_k|"
    classes: ClassVar[bool] = False

    def from_a(self, a: Array, y: Array) -> Array:
        """Return Σ |a - y|."""
        return np.asarray(np.sum(np.abs(a - y), axis=0))

    def kinks(self, a: Array, y: Array) -> Array:
        """Return a - y."""
        return np.asarray(a - y)

    def emit_da(self, emit: Emitter, a: Ref, y: Ref, da: Ref) -> None:
        """Emit da = sign(a - y)."""
        emit.apply(np.subtract, a, y, out=da)
        emit.apply(np.sign, da, out=da, formula="dA = sign(A − Y)")


class Huber(Loss, frozen=True, tag="huber"):
    """L = Σ_k h(ŷ_k - y_k) with h(e) = ½ e² for |e| ≤ δ and δ (|e| - ½ δ) beyond (Huber 1964)."""

    title: ClassVar[str] = "Huber"
    formula: ClassVar[str] = "½ e² for |e| ≤ δ, δ (|e| − ½ δ) beyond;  e = ŷ − y"
    latex: ClassVar[str] = r"\tfrac12 e^2\;(|e|\leq\delta),\quad \delta(|e|-\tfrac12\delta)"
    classes: ClassVar[bool] = False

    delta: Annotated[
        float,
        msgspec.Meta(ge=1e-6, le=1e6, title="δ", description="Errors above δ count in proportion, below it squared."),
    ] = 1.0

    def from_a(self, a: Array, y: Array) -> Array:
        """Return Σ h(a - y)."""
        size = np.abs(a - y)
        small = np.minimum(size, self.delta)
        return np.asarray(np.sum(small * (size - 0.5 * small), axis=0))

    def kinks(self, a: Array, y: Array) -> Array:
        """Return |a - y| - δ, where the slope stops growing."""
        return np.asarray(np.abs(a - y) - self.delta)

    def emit_da(self, emit: Emitter, a: Ref, y: Ref, da: Ref) -> None:
        """Emit da = a - y, kept between -δ and δ."""
        emit.apply(np.subtract, a, y, out=da)
        emit.apply(np.minimum, da, emit.constant(self.delta), out=da)
        emit.apply(np.maximum, da, emit.constant(-self.delta), out=da, formula="dA = A − Y, within −δ and δ")


class Hinge(Loss, frozen=True, tag="hinge"):
    """L = Σ_k max(0, 1 - t_k ŷ_k) with t = 2 y - 1, which is -1 and 1 for the classes 0 and 1."""

    title: ClassVar[str] = "hinge"
    formula: ClassVar[str] = "Σₖ max(0, 1 − tₖ ŷₖ),  t = 2y − 1"
    latex: ClassVar[str] = r"\sum_k\max(0,\,1-t_k\hat y_k),\quad t=2y-1"

    def from_a(self, a: Array, y: Array) -> Array:
        """Return Σ max(0, 1 - t a)."""
        return np.asarray(np.sum(np.maximum(1.0 - (2.0 * y - 1.0) * a, 0.0), axis=0))

    def kinks(self, a: Array, y: Array) -> Array:
        """Return 1 - t a."""
        return np.asarray(1.0 - (2.0 * y - 1.0) * a)

    def wrong_targets(self, Y: Array) -> Array:
        """Return the rows with a value that is neither 0 nor 1."""
        return np.asarray(((Y != 0) & (Y != 1)).any(axis=1))

    def emit_da(self, emit: Emitter, a: Ref, y: Ref, da: Ref) -> None:
        """Emit da = -t where 1 - t a > 0, and 0 elsewhere."""
        one = emit.constant(1.0)
        sign, margin = emit.scratch(a.shape, "t"), emit.scratch(a.shape, "margin")
        emit.apply(np.multiply, y, emit.constant(2.0), out=sign)
        emit.apply(np.subtract, sign, one, out=sign, formula="t = 2Y − 1")
        emit.apply(np.multiply, sign, a, out=margin)
        emit.apply(np.subtract, one, margin, out=margin)
        emit.apply(np.heaviside, margin, emit.constant(0.0), out=margin, formula="[1 − t A > 0]")
        emit.apply(np.multiply, margin, sign, out=da)
        emit.apply(np.negative, da, out=da, formula="dA = −t [1 − t A > 0]")


LOSSES: dict[str, type[Loss]] = registry(
    BinaryCrossEntropy, CategoricalCrossEntropy, MeanSquaredError, MeanAbsoluteError, Huber, Hinge
)

if TYPE_CHECKING:
    AnyLoss = Loss
else:
    AnyLoss = Union[tuple(LOSSES.values())]  # noqa: UP007 - built from the registry


def pairing_problem(loss: Loss, activation: Declared) -> str | None:
    """Return why ``loss`` cannot follow ``activation`` at the output, in one sentence, or None where it can."""
    name, allowed = name_of(activation), PAIRS[name_of(loss)]
    if name in allowed:
        return None
    fitting = [LOSSES[other].title for other, activations in PAIRS.items() if name in activations]
    *others, final = fitting or [""]
    hint = f"use {', '.join(others) + ' or ' if others else ''}{final}, or " if final else ""
    wanted = " or ".join(ACTIVATIONS[other].title for other in allowed)
    return (
        f"The loss {loss.title} needs an output of {wanted}, and the output layer has "
        f"{getattr(activation, 'title', name)}: {hint}choose {wanted} as its activation."
    )

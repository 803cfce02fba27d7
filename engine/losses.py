r"""Losses of one example, :math:`L(\hat y, y)`; the cost is always their mean over the examples.

Arrays here have the notes' form: columns are examples, ``z``, ``a`` and ``y`` in (n_y, m).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Union

import numpy as np

from engine.declared import Declared, name_of, registry
from engine.emit import Array, Emitter, Ref


class Loss(Declared, frozen=True):
    """A loss, its gradient, and the output activations it goes with.

    ``fused_with`` names the activation for which ``dZ = A - Y``, and whose loss is computed from z.
    """

    title: ClassVar[str]
    formula: ClassVar[str]
    latex: ClassVar[str]
    activations: ClassVar[tuple[str, ...]]
    fused_with: ClassVar[str]
    kinks: ClassVar[bool] = False

    def from_z(self, z: Array, y: Array) -> Array:
        """Return the losses (m,) of the fused pair from ``z`` (n_y, m), exact for any size of z."""
        raise NotImplementedError

    def from_a(self, a: Array, y: Array) -> Array:
        """Return the losses (m,) from the predictions ``a`` (n_y, m)."""
        raise NotImplementedError

    def losses(self, activation: str, z: Array, a: Array, y: Array) -> Array:
        """Return the losses (m,), from z where the pair is fused and from a otherwise."""
        return self.from_z(z, y) if activation == self.fused_with else self.from_a(a, y)

    def emit_da(self, emit: Emitter, a: Ref, y: Ref, da: Ref) -> None:
        """Emit ``da = dL/da``."""
        raise NotImplementedError

    def emit_dz(self, emit: Emitter, a: Ref, y: Ref, dz: Ref) -> None:
        """Emit the fused ``dz = a - y``, true for the pair named in ``fused_with`` only."""
        emit.apply(np.subtract, a, y, out=dz, formula="dZ = A − Y")


class BinaryCrossEntropy(Loss, frozen=True, tag="binary_cross_entropy"):
    """L = -[y log ŷ + (1 - y) log(1 - ŷ)], summed over outputs; from z: log(1 + e^z) - y z."""

    title: ClassVar[str] = "binary cross-entropy"
    formula: ClassVar[str] = "−[y log ŷ + (1 − y) log(1 − ŷ)]"
    latex: ClassVar[str] = r"-\left[y\log\hat y + (1-y)\log(1-\hat y)\right]"
    activations: ClassVar[tuple[str, ...]] = ("sigmoid",)
    fused_with: ClassVar[str] = "sigmoid"

    def from_z(self, z: Array, y: Array) -> Array:
        """Return log(1 + e^z) - y z, summed over outputs."""
        # Written so that z and -z cancel before they are added: finite for |z| up to the type's own limit.
        return np.asarray(
            np.sum(np.maximum(z, 0) * (1 - y) - np.minimum(z, 0) * y + np.log1p(np.exp(-np.abs(z))), axis=0)
        )

    def from_a(self, a: Array, y: Array) -> Array:
        """Return the cross-entropy of probabilities."""
        tiny = np.finfo(np.asarray(a).dtype).tiny
        return np.asarray(-np.sum(y * np.log(np.maximum(a, tiny)) + (1 - y) * np.log(np.maximum(1 - a, tiny)), axis=0))

    def emit_da(self, emit: Emitter, a: Ref, y: Ref, da: Ref) -> None:
        """Emit da = (a - y) / (a (1 - a)), which is -y/a + (1-y)/(1-a)."""
        slope = emit.scratch(a.shape, "variance")
        emit.apply(np.multiply, a, a, out=slope)
        emit.apply(np.subtract, a, slope, out=slope)
        emit.apply(np.subtract, a, y, out=da)
        emit.apply(np.divide, da, slope, out=da, formula="dA = −Y/A + (1 − Y)/(1 − A)")


class CategoricalCrossEntropy(Loss, frozen=True, tag="categorical_cross_entropy"):
    """L = -Σ_k y_k log ŷ_k; from z: logsumexp(z) - Σ_k y_k z_k."""

    title: ClassVar[str] = "categorical cross-entropy"
    formula: ClassVar[str] = "−Σₖ yₖ log ŷₖ"
    latex: ClassVar[str] = r"-\sum_k y_k\log\hat y_k"
    activations: ClassVar[tuple[str, ...]] = ("softmax",)
    fused_with: ClassVar[str] = "softmax"

    def from_z(self, z: Array, y: Array) -> Array:
        """Return logsumexp(z) - Σ_k y_k z_k."""
        shifted = z - np.max(z, axis=0, keepdims=True)
        return np.asarray(np.log(np.sum(np.exp(shifted), axis=0)) - np.sum(y * shifted, axis=0))

    def from_a(self, a: Array, y: Array) -> Array:
        """Return the cross-entropy of probabilities."""
        tiny = np.finfo(np.asarray(a).dtype).tiny
        return np.asarray(-np.sum(y * np.log(np.maximum(a, tiny)), axis=0))

    def emit_da(self, emit: Emitter, a: Ref, y: Ref, da: Ref) -> None:
        """Emit da = -y / a."""
        emit.apply(np.divide, y, a, out=da)
        emit.apply(np.negative, da, out=da, formula="dA = −Y/A")


class MeanSquaredError(Loss, frozen=True, tag="mean_squared_error"):
    """L = ½ Σ_k (ŷ_k - y_k)², the notes' squared error of one example."""

    title: ClassVar[str] = "squared error"
    formula: ClassVar[str] = "½ Σₖ (ŷₖ − yₖ)²"
    latex: ClassVar[str] = r"\tfrac12\sum_k(\hat y_k-y_k)^2"
    activations: ClassVar[tuple[str, ...]] = ("identity", "sigmoid")
    fused_with: ClassVar[str] = "identity"

    def from_z(self, z: Array, y: Array) -> Array:
        """Return ½ Σ (z - y)²."""
        return self.from_a(z, y)

    def from_a(self, a: Array, y: Array) -> Array:
        """Return ½ Σ (a - y)²."""
        return np.asarray(0.5 * np.sum((a - y) ** 2, axis=0))

    def emit_da(self, emit: Emitter, a: Ref, y: Ref, da: Ref) -> None:
        """Emit da = a - y."""
        emit.apply(np.subtract, a, y, out=da, formula="dA = A − Y")


LOSSES: dict[str, type[Loss]] = registry(BinaryCrossEntropy, CategoricalCrossEntropy, MeanSquaredError)

if TYPE_CHECKING:
    AnyLoss = Loss
else:
    AnyLoss = Union[tuple(LOSSES.values())]  # noqa: UP007 - built from the registry


def pairing_problem(loss: Loss, activation: Declared) -> str | None:
    """Return why ``loss`` cannot follow ``activation`` at the output, in one sentence, or None where it can."""
    name = name_of(activation)
    if name in loss.activations:
        return None
    fitting = [kind.title for kind in LOSSES.values() if name in kind.activations]
    hint = f"use {' or '.join(fitting)}, or " if fitting else ""
    wanted = " or ".join(loss.activations).replace("_", " ")
    return (
        f"The loss {loss.title} needs an output of {wanted}, and the output layer has "
        f"{getattr(activation, 'title', name)}: {hint}choose {wanted} as its activation."
    )

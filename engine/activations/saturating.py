"""Activations between two bounds: sigmoid, tanh and softmax."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from engine.activations.base import Activation, emit_sigmoid, sigmoid
from engine.emit import Array, Emitter, Ref

FEW_CLASSES = 16


class Sigmoid(Activation, frozen=True, tag="sigmoid"):
    """σ(z) = 1 / (1 + exp(-z)), computed as ½ tanh(z/2) + ½, which cannot overflow."""

    title: ClassVar[str] = "sigmoid"
    formula: ClassVar[str] = "1 / (1 + e⁻ᶻ)"
    derivative_formula: ClassVar[str] = "g (1 − g)"
    latex: ClassVar[str] = r"\frac{1}{1+e^{-z}}"
    derivative_latex: ClassVar[str] = r"g(z)\,(1-g(z))"
    slope_of_a: ClassVar[bool] = True

    def value(self, z: Array) -> Array:
        """Return σ(z)."""
        return sigmoid(z)

    def derivative(self, z: Array) -> Array:
        """Return σ(z)(1 - σ(z))."""
        a = self.value(z)
        return np.asarray(a * (1.0 - a))

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit a = ½ tanh(z/2) + ½."""
        emit_sigmoid(emit, z, a, "A = σ(Z) = ½ tanh(Z/2) + ½")

    def emit_slope(self, emit: Emitter, a: Ref, slope: Ref) -> None:
        """Emit slope = a (1 - a)."""
        emit.apply(np.square, a, out=slope)
        emit.apply(np.subtract, a, slope, out=slope, formula="g'(Z) = A (1 − A)")


class Tanh(Activation, frozen=True, tag="tanh"):
    """g(z) = tanh z, with g' = 1 - g²."""

    title: ClassVar[str] = "tanh"
    formula: ClassVar[str] = "tanh z"
    derivative_formula: ClassVar[str] = "1 − g²"
    latex: ClassVar[str] = r"\tanh z = \frac{e^{z}-e^{-z}}{e^{z}+e^{-z}}"
    derivative_latex: ClassVar[str] = r"1-g(z)^2"
    slope_of_a: ClassVar[bool] = True

    def value(self, z: Array) -> Array:
        """Return tanh z."""
        return np.asarray(np.tanh(z))

    def derivative(self, z: Array) -> Array:
        """Return 1 - tanh² z."""
        return np.asarray(1.0 - np.tanh(z) ** 2)

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit a = tanh(z)."""
        emit.apply(np.tanh, z, out=a, formula="A = tanh(Z)")

    def emit_slope(self, emit: Emitter, a: Ref, slope: Ref) -> None:
        """Emit slope = 1 - a²."""
        emit.apply(np.square, a, out=slope)
        emit.apply(np.subtract, emit.constant(1.0), slope, out=slope, formula="g'(Z) = 1 − A²")


class Softmax(Activation, frozen=True, tag="softmax"):
    """g(z)_k = exp(z_k) / Σ_j exp(z_j) over the units of one example, computed from z - max(z)."""

    title: ClassVar[str] = "softmax"
    formula: ClassVar[str] = "eᶻᵏ / Σⱼ eᶻʲ"
    derivative_formula: ClassVar[str] = "∂gᵢ/∂zⱼ = gᵢ (δᵢⱼ − gⱼ)"
    latex: ClassVar[str] = r"\frac{e^{z_k}}{\sum_j e^{z_j}}"
    derivative_latex: ClassVar[str] = r"\frac{\partial g_i}{\partial z_j} = g_i(\delta_{ij}-g_j)"
    output_only: ClassVar[bool] = True

    def value(self, z: Array) -> Array:
        """Return the softmax over axis 0 of z (n, m)."""
        e = np.exp(z - np.max(z, axis=0, keepdims=True))
        return np.asarray(e / e.sum(axis=0, keepdims=True))

    def derivative(self, z: Array) -> Array:
        """Return the diagonal of the Jacobian, g (1 - g)."""
        a = self.value(z)
        return np.asarray(a * (1.0 - a))

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit the softmax over the rows."""
        n, m = z.shape
        most = emit.scratch((1, m), "most")
        emit.reduce("max", z, 0, most)
        emit.apply(np.subtract, z, most, out=a)
        emit.apply(np.exp, a, out=a)
        # A sum written into every row costs less, for few classes, than a division that spreads one row over all.
        total = emit.scratch((n if n <= FEW_CLASSES else 1, m), "total")
        emit.dot(Ref("1", np.ones((total.shape[0], n), emit.dtype)), a, total, formula="Σ e^Z")
        emit.apply(np.divide, a, total, out=a, formula="A = e^Z / Σ e^Z, column by column")

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit dz = a * (da - Σ_j da_j a_j)."""
        product = emit.scratch(a.shape, "product")
        total = emit.scratch((1, a.shape[1]), "total")
        emit.apply(np.multiply, da, a, out=product)
        emit.reduce("sum", product, 0, total)
        emit.apply(np.subtract, da, total, out=dz)
        emit.apply(np.multiply, dz, a, out=dz, formula="dZ = A ∗ (dA − Σⱼ dAⱼ Aⱼ)")

"""Smooth relatives of ReLU: softplus, SiLU and GELU."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from engine.activations.base import FEW_VALUES, Activation, emit_sigmoid, kept, sigmoid
from engine.emit import Array, Emitter, Ref

# GELU(z) = z σ(z (P + Q z²)): Hendrycks and Gimpel (2016), with ½ (1 + tanh u) written as σ(2u).
GELU_CUBIC = 0.044715
GELU_P = 2.0 * math.sqrt(2.0 / math.pi)
GELU_Q = GELU_P * GELU_CUBIC
# From |z| = 10 on σ is 0 or 1 to the last digit; a larger z² would overflow and make 0 * ∞.
GELU_MOST_SQUARE = 100.0


class Softplus(Activation, frozen=True, tag="softplus"):
    """Dugas et al. (2001): g(z) = ln(1 + exp z), with g' = σ(z) = 1 - exp(-g)."""

    title: ClassVar[str] = "softplus"
    formula: ClassVar[str] = "ln(1 + eᶻ)"
    derivative_formula: ClassVar[str] = "σ(z)"
    latex: ClassVar[str] = r"\ln(1+e^{z})"
    derivative_latex: ClassVar[str] = r"\sigma(z) = 1-e^{-g(z)}"
    slope_of_a: ClassVar[bool] = True

    def value(self, z: Array) -> Array:
        """Return ln(1 + exp z)."""
        return np.asarray(np.logaddexp(z, np.zeros((), np.asarray(z).dtype)))

    def derivative(self, z: Array) -> Array:
        """Return σ(z)."""
        return sigmoid(z)

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit a = logaddexp(z, 0); on many values as max(z, 0) + ln(1 + exp(-|z|)), which takes half the time."""
        zero = emit.constant(0.0)
        if z.array.size <= FEW_VALUES:
            emit.apply(np.logaddexp, z, zero, out=a, formula="A = ln(1 + e^Z)")
            return
        rest = emit.scratch(z.shape, "rest")
        emit.apply(np.absolute, z, out=rest)
        emit.apply(np.negative, rest, out=rest)
        emit.apply(np.exp, rest, out=rest)
        emit.apply(np.log1p, rest, out=rest, formula="ln(1 + e^−|Z|)")
        emit.apply(np.maximum, z, zero, out=a)
        emit.apply(np.add, a, rest, out=a, formula="A = ln(1 + e^Z) = max(Z, 0) + ln(1 + e^−|Z|)")

    def emit_slope(self, emit: Emitter, a: Ref, slope: Ref) -> None:
        """Emit slope = 1 - exp(-a)."""
        emit.apply(np.negative, a, out=slope)
        emit.apply(np.exp, slope, out=slope)
        emit.apply(np.subtract, emit.constant(1.0), slope, out=slope, formula="g'(Z) = 1 − e^−A")


class Silu(Activation, frozen=True, tag="silu"):
    """Elfwing, Uchibe and Doya (2018): g(z) = z σ(z), also called swish, with g' = σ(z) + g (1 - σ(z))."""

    title: ClassVar[str] = "SiLU"
    formula: ClassVar[str] = "z σ(z)"
    derivative_formula: ClassVar[str] = "σ(z) + g (1 − σ(z))"
    latex: ClassVar[str] = r"z\,\sigma(z)"
    derivative_latex: ClassVar[str] = r"\sigma(z) + g(z)\,(1-\sigma(z))"

    def value(self, z: Array) -> Array:
        """Return z σ(z)."""
        return np.asarray(z * sigmoid(z))

    def derivative(self, z: Array) -> Array:
        """Return σ(z) + z σ(z)(1 - σ(z))."""
        gate = sigmoid(z)
        return np.asarray(gate + z * gate * (1.0 - gate))

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit gate = σ(z), a = z * gate."""
        gate = kept(emit, "gate", z.shape)
        emit_sigmoid(emit, z, gate, "gate = σ(Z)")
        emit.apply(np.multiply, z, gate, out=a, formula="A = Z ∗ σ(Z)")

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit dz = da * (gate + a * (1 - gate))."""
        gate = kept(emit, "gate", a.shape)
        slope = emit.scratch(a.shape, "slope")
        emit.apply(np.subtract, emit.constant(1.0), gate, out=slope)
        emit.apply(np.multiply, a, slope, out=slope)
        emit.apply(np.add, slope, gate, out=slope, formula="g'(Z) = σ(Z) + A (1 − σ(Z))")
        emit.apply(np.multiply, da, slope, out=dz, formula="dZ = dA ∗ g'(Z)")


class Gelu(Activation, frozen=True, tag="gelu"):
    """Hendrycks and Gimpel (2016), in their tanh form: g(z) = ½ z (1 + tanh u), u = √(2/π) (z + 0.044715 z³).

    It differs from z Φ(z), the exact form, by less than 0.0005 everywhere; NumPy has no error function.
    g' = ½ (1 + tanh u) + ½ z (1 - tanh² u) u', u' = √(2/π) (1 + 3 · 0.044715 z²). Computed with
    ½ (1 + tanh u) = σ(v), v = 2u: g = z σ(v) and g' = σ(v) + g (1 - σ(v)) v'.
    """

    title: ClassVar[str] = "GELU"
    formula: ClassVar[str] = "½ z (1 + tanh u), u = √(2/π) (z + 0.044715 z³)"
    derivative_formula: ClassVar[str] = "½ (1 + tanh u) + ½ z (1 − tanh² u) u′"
    latex: ClassVar[str] = r"\tfrac{1}{2} z\,(1+\tanh u),\quad u = \sqrt{2/\pi}\,(z + 0.044715\,z^3)"
    derivative_latex: ClassVar[str] = r"\tfrac{1}{2}(1+\tanh u) + \tfrac{1}{2} z\,(1-\tanh^2 u)\,u'"

    def value(self, z: Array) -> Array:
        """Return ½ z (1 + tanh u)."""
        return np.asarray(z * sigmoid(z * _gelu_rate(z)))

    def derivative(self, z: Array) -> Array:
        """Return ½ (1 + tanh u) + ½ z (1 - tanh² u) u'."""
        rate = _gelu_rate(z)
        gate = sigmoid(z * rate)
        return np.asarray(gate + z * gate * (1.0 - gate) * (3.0 * rate - 2.0 * GELU_P))

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit rate = p + q z², gate = σ(z * rate), a = z * gate."""
        rate, gate = kept(emit, "rate", z.shape), kept(emit, "gate", z.shape)
        emit.apply(np.square, z, out=rate)
        emit.apply(np.minimum, rate, emit.constant(GELU_MOST_SQUARE), out=rate)
        emit.apply(np.multiply, rate, emit.constant(GELU_Q), out=rate)
        emit.apply(np.add, rate, emit.constant(GELU_P), out=rate, formula="rate = 2√(2/π) (1 + 0.044715 Z²)")
        emit.apply(np.multiply, z, rate, out=gate)
        emit_sigmoid(emit, gate, gate, "gate = σ(Z ∗ rate) = ½ (1 + tanh(½ Z ∗ rate))")
        emit.apply(np.multiply, z, gate, out=a, formula="A = Z ∗ gate")

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit dz = da * (gate + a * (1 - gate) * v'), with v' = p + 3 q z² = 3 rate - 2p."""
        rate, gate = kept(emit, "rate", a.shape), kept(emit, "gate", a.shape)
        slope, inner = emit.scratch(a.shape, "slope"), emit.scratch(a.shape, "inner")
        emit.apply(np.multiply, rate, emit.constant(3.0), out=inner)
        emit.apply(np.subtract, inner, emit.constant(2.0 * GELU_P), out=inner, formula="2√(2/π) (1 + 3 · 0.044715 Z²)")
        emit.apply(np.subtract, emit.constant(1.0), gate, out=slope)
        emit.apply(np.multiply, a, slope, out=slope)
        emit.apply(np.multiply, slope, inner, out=slope)
        emit.apply(np.add, slope, gate, out=slope, formula="g'(Z) = gate + A (1 − gate) inner")
        emit.apply(np.multiply, da, slope, out=dz, formula="dZ = dA ∗ g'(Z)")


def _gelu_rate(z: Array) -> Array:
    return np.asarray(GELU_P + GELU_Q * np.minimum(np.square(z), GELU_MOST_SQUARE))

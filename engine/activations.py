r"""Activation functions: :math:`g`, its derivative :math:`g'`, both formulas, and the NumPy calls that compute them.

To add one: write a class here and name it in :data:`ACTIVATIONS`. ``value`` and ``derivative`` are the mathematics
for any array; ``emit_forward`` and ``emit_backward`` are the same as program operations, and are tested against them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Union

import msgspec
import numpy as np

from engine.declared import Declared, registry
from engine.emit import Array, Emitter, Ref

FEW_VALUES = 256


class Activation(Declared, frozen=True):
    """An activation ``A = g(Z)``.

    ``emit_forward(emit, z, a)`` may be given the same buffer twice unless ``needs_z``; ``emit_backward(emit, z, a, da,
    dz)`` may find ``z`` overwritten by ``a`` then, and ``dz`` may be ``da``.
    """

    title: ClassVar[str]
    formula: ClassVar[str]
    derivative_formula: ClassVar[str]
    latex: ClassVar[str]
    derivative_latex: ClassVar[str]
    needs_z: ClassVar[bool] = False
    kinks: ClassVar[tuple[float, ...]] = ()
    output_only: ClassVar[bool] = False

    def value(self, z: Array) -> Array:
        """Return ``g(z)``, elementwise (softmax: over axis 0), same shape."""
        raise NotImplementedError

    def derivative(self, z: Array) -> Array:
        """Return ``g'(z)``, elementwise, same shape; at a kink the derivative of the right branch."""
        raise NotImplementedError

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit ``a = g(z)``."""
        raise NotImplementedError

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit ``dz = da * g'(z)``."""
        raise NotImplementedError


class Identity(Activation, frozen=True, tag="identity"):
    """g(z) = z."""

    title: ClassVar[str] = "identity"
    formula: ClassVar[str] = "z"
    derivative_formula: ClassVar[str] = "1"
    latex: ClassVar[str] = r"z"
    derivative_latex: ClassVar[str] = r"1"

    def value(self, z: Array) -> Array:
        """Return z."""
        return np.array(z)

    def derivative(self, z: Array) -> Array:
        """Return ones."""
        return np.ones_like(z)

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit nothing where both are one buffer, a copy otherwise."""
        if z.array is not a.array:
            emit.copy(z, a, "A = Z")

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit nothing where both are one buffer, a copy otherwise."""
        if dz.array is not da.array:
            emit.copy(da, dz, "dZ = dA")


class Sigmoid(Activation, frozen=True, tag="sigmoid"):
    """σ(z) = 1 / (1 + exp(-z)), computed as ½ tanh(z/2) + ½, which cannot overflow."""

    title: ClassVar[str] = "sigmoid"
    formula: ClassVar[str] = "1 / (1 + e⁻ᶻ)"
    derivative_formula: ClassVar[str] = "g (1 − g)"
    latex: ClassVar[str] = r"\frac{1}{1+e^{-z}}"
    derivative_latex: ClassVar[str] = r"g(z)\,(1-g(z))"

    def value(self, z: Array) -> Array:
        """Return σ(z)."""
        return np.asarray(0.5 * np.tanh(0.5 * z) + 0.5)

    def derivative(self, z: Array) -> Array:
        """Return σ(z)(1 - σ(z))."""
        a = self.value(z)
        return np.asarray(a * (1.0 - a))

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit a = ½ tanh(z/2) + ½."""
        half = emit.constant(0.5)
        emit.apply(np.multiply, z, half, out=a)
        emit.apply(np.tanh, a, out=a)
        emit.apply(np.multiply, a, half, out=a)
        emit.apply(np.add, a, half, out=a, formula="A = σ(Z) = ½ tanh(Z/2) + ½")

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit dz = da * a * (1 - a)."""
        slope = emit.scratch(a.shape, "slope")
        emit.apply(np.multiply, a, a, out=slope)
        emit.apply(np.subtract, a, slope, out=slope, formula="g'(Z) = A (1 − A)")
        emit.apply(np.multiply, da, slope, out=dz, formula="dZ = dA ∗ g'(Z)")


class Tanh(Activation, frozen=True, tag="tanh"):
    """g(z) = tanh z, with g' = 1 - g²."""

    title: ClassVar[str] = "tanh"
    formula: ClassVar[str] = "tanh z"
    derivative_formula: ClassVar[str] = "1 − g²"
    latex: ClassVar[str] = r"\tanh z = \frac{e^{z}-e^{-z}}{e^{z}+e^{-z}}"
    derivative_latex: ClassVar[str] = r"1-g(z)^2"

    def value(self, z: Array) -> Array:
        """Return tanh z."""
        return np.asarray(np.tanh(z))

    def derivative(self, z: Array) -> Array:
        """Return 1 - tanh² z."""
        return np.asarray(1.0 - np.tanh(z) ** 2)

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit a = tanh(z)."""
        emit.apply(np.tanh, z, out=a, formula="A = tanh(Z)")

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit dz = da * (1 - a²)."""
        slope = emit.scratch(a.shape, "slope")
        emit.apply(np.multiply, a, a, out=slope)
        emit.apply(np.subtract, emit.constant(1.0), slope, out=slope, formula="g'(Z) = 1 − A²")
        emit.apply(np.multiply, da, slope, out=dz, formula="dZ = dA ∗ g'(Z)")


class Relu(Activation, frozen=True, tag="relu"):
    """g(z) = max(0, z); g'(0) = 1, the right branch, as in the notes."""

    title: ClassVar[str] = "ReLU"
    formula: ClassVar[str] = "max(0, z)"
    derivative_formula: ClassVar[str] = "0 for z < 0, 1 for z ≥ 0"
    latex: ClassVar[str] = r"\max(0, z)"
    derivative_latex: ClassVar[str] = r"0 \;(z<0),\quad 1 \;(z \geq 0)"
    kinks: ClassVar[tuple[float, ...]] = (0.0,)

    def value(self, z: Array) -> Array:
        """Return max(0, z)."""
        return np.asarray(np.maximum(z, 0.0))

    def derivative(self, z: Array) -> Array:
        """Return 0 for z < 0 and 1 for z >= 0."""
        return np.asarray(np.greater_equal(z, 0.0).astype(np.asarray(z).dtype))

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit slope = [z >= 0], a = slope * z; taken before a may overwrite z, which would hide z = 0 from z < 0."""
        slope = emit.buffer("slope", z.shape)
        emit_step(emit, z, slope)
        emit.apply(np.multiply, z, slope, out=a, formula="A = max(0, Z)")

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit dz = da * slope."""
        slope = emit.buffer("slope", a.shape)
        emit.apply(np.multiply, da, slope, out=dz, formula="dZ = dA ∗ g'(Z)")


class LeakyRelu(Activation, frozen=True, tag="leaky_relu"):
    """g(z) = z for z >= 0 and slope * z below; g'(0) = 1, the right branch."""

    title: ClassVar[str] = "leaky ReLU"
    formula: ClassVar[str] = "slope · z for z < 0, z for z ≥ 0"
    derivative_formula: ClassVar[str] = "slope for z < 0, 1 for z ≥ 0"
    latex: ClassVar[str] = r"\max(sz, z)"
    derivative_latex: ClassVar[str] = r"s \;(z<0),\quad 1 \;(z \geq 0)"
    kinks: ClassVar[tuple[float, ...]] = (0.0,)

    slope: Annotated[
        float,
        msgspec.Meta(ge=0.0, le=1.0, title="Slope", description="g(z) = slope · z for negative z."),
    ] = 0.01

    def value(self, z: Array) -> Array:
        """Return max(slope z, z)."""
        return np.asarray(np.maximum(self.slope * z, z))

    def derivative(self, z: Array) -> Array:
        """Return slope for z < 0 and 1 for z >= 0."""
        return np.asarray(np.where(np.asarray(z) >= 0.0, 1.0, self.slope).astype(np.asarray(z).dtype))

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit slope = [z >= 0] or s, then a = slope * z."""
        slope = emit.buffer("slope", z.shape)
        emit_step(emit, z, slope)
        emit.apply(np.multiply, slope, emit.constant(1.0 - self.slope), out=slope)
        emit.apply(np.add, slope, emit.constant(self.slope), out=slope, formula="g'(Z) = 1 where Z ≥ 0, else s")
        emit.apply(np.multiply, slope, z, out=a, formula="A = max(s Z, Z)")

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit dz = da * slope."""
        emit.apply(np.multiply, da, emit.buffer("slope", a.shape), out=dz, formula="dZ = dA ∗ g'(Z)")


def emit_step(emit: Emitter, z: Ref, out: Ref) -> None:
    """Emit ``out = [z >= 0]`` as 0 and 1.

    Both calls give the same numbers; the first costs less on a few values, the second a thirtieth on many.
    """
    formula = "[Z ≥ 0]"
    if z.array.size <= FEW_VALUES:
        emit.apply(np.heaviside, z, emit.constant(1.0), out=out, formula=formula)
    else:
        emit.apply(np.greater_equal, z, emit.constant(0.0), out=out, formula=formula)


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
        total = emit.scratch((1, z.shape[1]), "total")
        emit.reduce("max", z, 0, total)
        emit.apply(np.subtract, z, total, out=a)
        emit.apply(np.exp, a, out=a)
        emit.reduce("sum", a, 0, total)
        emit.apply(np.divide, a, total, out=a, formula="A = e^Z / Σ e^Z, column by column")

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit dz = a * (da - Σ_j da_j a_j)."""
        product = emit.scratch(a.shape, "product")
        total = emit.scratch((1, a.shape[1]), "total")
        emit.apply(np.multiply, da, a, out=product)
        emit.reduce("sum", product, 0, total)
        emit.apply(np.subtract, da, total, out=dz)
        emit.apply(np.multiply, dz, a, out=dz, formula="dZ = A ∗ (dA − Σⱼ dAⱼ Aⱼ)")


ACTIVATIONS: dict[str, type[Activation]] = registry(Identity, Sigmoid, Tanh, Relu, LeakyRelu, Softmax)

if TYPE_CHECKING:
    AnyActivation = Activation
else:
    AnyActivation = Union[tuple(ACTIVATIONS.values())]  # noqa: UP007 - built from the registry

"""Activations that are linear for z >= 0: identity, ReLU, leaky ReLU, ELU and SELU."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
import numpy as np

from engine.activations.base import Activation, emit_factors, emit_slope_product, emit_step, kept
from engine.emit import Array, Emitter, Ref

# Klambauer et al. (2017), equation 14: with these the mean 0 and the variance 1 are a fixed point from layer to layer.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


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
        if emit.mode == "inference":
            emit.apply(np.maximum, z, emit.constant(0.0), out=a, formula="A = max(0, Z)")
            return
        slope = kept(emit, "slope", z.shape)
        emit_step(emit, z, slope)
        emit.apply(np.multiply, z, slope, out=a, formula="A = max(0, Z)")

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit dz = da * slope."""
        _emit_kept_slope_product(emit, da, dz)


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
        return _where_negative(z, self.slope, 1.0)

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit slope = 1 where z >= 0, else s, then a = slope * z."""
        slope = kept(emit, "slope", z.shape)
        emit_factors(emit, z, slope, self.slope, 1.0, "g'(Z) = 1 where Z ≥ 0, else s")
        emit.apply(np.multiply, slope, z, out=a, formula="A = max(s Z, Z)")

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit dz = da * slope."""
        _emit_kept_slope_product(emit, da, dz)


class Elu(Activation, frozen=True, tag="elu"):
    """Clevert, Unterthiner and Hochreiter (2016): g(z) = z for z >= 0 and alpha (exp z - 1) below.

    g'(z) = 1 for z >= 0 and alpha exp z below; with alpha = 1 the two meet in 0.
    """

    title: ClassVar[str] = "ELU"
    formula: ClassVar[str] = "α (eᶻ − 1) for z < 0, z for z ≥ 0"
    derivative_formula: ClassVar[str] = "α eᶻ for z < 0, 1 for z ≥ 0"
    latex: ClassVar[str] = r"\alpha\,(e^{z}-1) \;(z<0),\quad z \;(z \geq 0)"
    derivative_latex: ClassVar[str] = r"\alpha e^{z} \;(z<0),\quad 1 \;(z \geq 0)"
    kinks: ClassVar[tuple[float, ...]] = (0.0,)

    alpha: Annotated[
        float,
        msgspec.Meta(ge=0.0, le=10.0, title="Alpha", description="g(z) goes to −alpha as z goes to −∞."),
    ] = 1.0

    def value(self, z: Array) -> Array:
        """Return alpha (exp z - 1) for z < 0 and z for z >= 0."""
        return _exponential_value(z, self.alpha, 1.0)

    def derivative(self, z: Array) -> Array:
        """Return alpha exp z for z < 0 and 1 for z >= 0."""
        return _exponential_derivative(z, self.alpha, 1.0)

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit the slope and a."""
        _emit_exponential(emit, z, a, self.alpha, 1.0, "A = Z where Z ≥ 0, else α (e^Z − 1)")

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit dz = da * slope."""
        _emit_kept_slope_product(emit, da, dz)


class Selu(Activation, frozen=True, tag="selu"):
    """Klambauer et al. (2017): g(z) = λ z for z >= 0 and λα (exp z - 1) below, λ = 1.0507…, α = 1.6733….

    g'(z) = λ for z >= 0 and λα exp z below. Made for weights of variance 1/n_in, the initializer LeCun normal.
    """

    title: ClassVar[str] = "SELU"
    formula: ClassVar[str] = "λα (eᶻ − 1) for z < 0, λz for z ≥ 0"
    derivative_formula: ClassVar[str] = "λα eᶻ for z < 0, λ for z ≥ 0"
    latex: ClassVar[str] = r"\lambda\alpha\,(e^{z}-1) \;(z<0),\quad \lambda z \;(z \geq 0)"
    derivative_latex: ClassVar[str] = r"\lambda\alpha e^{z} \;(z<0),\quad \lambda \;(z \geq 0)"
    kinks: ClassVar[tuple[float, ...]] = (0.0,)

    def value(self, z: Array) -> Array:
        """Return λα (exp z - 1) for z < 0 and λ z for z >= 0."""
        return _exponential_value(z, SELU_SCALE * SELU_ALPHA, SELU_SCALE)

    def derivative(self, z: Array) -> Array:
        """Return λα exp z for z < 0 and λ for z >= 0."""
        return _exponential_derivative(z, SELU_SCALE * SELU_ALPHA, SELU_SCALE)

    def emit_forward(self, emit: Emitter, z: Ref, a: Ref) -> None:
        """Emit the slope and a."""
        formula = "A = λ Z where Z ≥ 0, else λα (e^Z − 1)"
        _emit_exponential(emit, z, a, SELU_SCALE * SELU_ALPHA, SELU_SCALE, formula)

    def emit_backward(self, emit: Emitter, z: Ref, a: Ref, da: Ref, dz: Ref) -> None:
        """Emit dz = da * slope."""
        _emit_kept_slope_product(emit, da, dz)


def _emit_kept_slope_product(emit: Emitter, da: Ref, dz: Ref) -> None:
    """Emit ``dz = da * slope`` with the slope that the forward operations kept."""
    emit_slope_product(emit, da, kept(emit, "slope", da.shape), dz)


def _where_negative(z: Array, below: Array | float, above: Array | float) -> Array:
    return np.asarray(np.where(np.asarray(z) >= 0.0, above, below).astype(np.asarray(z).dtype))


def _exponential_value(z: Array, below: float, above: float) -> Array:
    return _where_negative(z, below * np.expm1(np.minimum(z, 0.0)), above * z)


def _exponential_derivative(z: Array, below: float, above: float) -> Array:
    return _where_negative(z, below * np.exp(np.minimum(z, 0.0)), above)


def _emit_exponential(emit: Emitter, z: Ref, a: Ref, below: float, above: float, formula: str) -> None:
    """Emit ``a = above z`` for z >= 0 and ``below (exp z - 1)`` for z < 0, and keep the slope.

    Both branches in one: exp(min(z, 0)) is the slope for ``above = below = 1``, and max(z, exp(min(z, 0)) - 1) the
    value, since exp z - 1 >= z. exp costs a quarter of expm1 in float32, and loses an absolute error of one rounding.
    """
    slope = kept(emit, "slope", z.shape)
    negative = emit.scratch(z.shape, "negative")
    emit.apply(np.minimum, z, emit.constant(0.0), out=slope)
    emit.apply(np.exp, slope, out=slope, formula="exp(min(Z, 0))")
    emit.apply(np.subtract, slope, emit.constant(1.0), out=negative)
    if below == above == 1.0:
        emit.apply(np.maximum, z, negative, out=a, formula=formula)
        return
    factors = emit.scratch(z.shape, "factors")
    emit_factors(emit, z, factors, below, above, "the factor of each branch")
    emit.apply(np.maximum, z, negative, out=a)
    emit.apply(np.multiply, a, factors, out=a, formula=formula)
    if emit.mode != "inference":
        emit.apply(np.multiply, slope, factors, out=slope, formula="g'(Z)")

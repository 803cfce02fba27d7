"""What every activation declares, and the operations that several of them share."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from engine.declared import Declared
from engine.emit import Array, Emitter, Ref

FEW_VALUES = 256  # up to here the number of calls decides, beyond it the time per value


class Activation(Declared, frozen=True):
    """An activation ``A = g(Z)``.

    ``emit_forward(emit, z, a)`` may be given the same buffer twice unless ``needs_z``; ``emit_backward(emit, z, a, da,
    dz)`` may find ``z`` overwritten by ``a`` then, and ``dz`` may be ``da``. What the backward operations need beside
    ``a`` the forward ones put into :func:`kept`. One with ``slope_of_a`` has ``emit_slope``: its g' follows from a
    alone, and may be computed for several layers in one call.
    """

    title: ClassVar[str]
    formula: ClassVar[str]
    derivative_formula: ClassVar[str]
    latex: ClassVar[str]
    derivative_latex: ClassVar[str]
    needs_z: ClassVar[bool] = False
    kinks: ClassVar[tuple[float, ...]] = ()
    output_only: ClassVar[bool] = False
    slope_of_a: ClassVar[bool] = False

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
        slope = emit.scratch(a.shape, "slope")
        self.emit_slope(emit, a, slope)
        emit_slope_product(emit, da, slope, dz)

    def emit_slope(self, emit: Emitter, a: Ref, slope: Ref) -> None:
        """Emit ``slope = g'(z)`` from ``a = g(z)``."""
        raise NotImplementedError


def emit_slope_product(emit: Emitter, da: Ref, slope: Ref, dz: Ref) -> None:
    """Emit ``dz = da * slope``, with the slope g'(z)."""
    emit.apply(np.multiply, da, slope, out=dz, formula="dZ = dA ∗ g'(Z)")


def sigmoid(z: Array) -> Array:
    """Return σ(z) = 1 / (1 + exp(-z)) as ½ tanh(z/2) + ½, which cannot overflow."""
    return np.asarray(0.5 * np.tanh(0.5 * z) + 0.5)


def kept(emit: Emitter, quantity: str, shape: tuple[int, ...]) -> Ref:
    """Return a buffer that lasts until the backward pass; where there is none, one that all layers share."""
    return emit.scratch(shape, quantity) if emit.mode == "inference" else emit.buffer(quantity, shape)


def emit_step(emit: Emitter, z: Ref, out: Ref) -> None:
    """Emit ``out = [z >= 0]`` as 0 and 1.

    Both ways give the same numbers; the first costs less on a few values. On many the second costs a fiftieth of it,
    and, written through truth values, half of a comparison that writes numbers.
    """
    formula = "[Z ≥ 0]"
    if z.array.size <= FEW_VALUES:
        emit.apply(np.heaviside, z, emit.constant(1.0), out=out, formula=formula)
        return
    mask = emit.mask(z.shape)
    emit.apply(np.greater_equal, z, emit.constant(0.0), out=mask, formula=formula)
    emit.call(np.copyto, (out.array, mask.array), out, (mask.symbol,), f"np.copyto({out.symbol}, {mask.symbol})")


def emit_factors(emit: Emitter, z: Ref, out: Ref, below: float, above: float, formula: str) -> None:
    """Emit ``out = below`` where z < 0 and ``above`` where z >= 0, both not negative."""
    emit_step(emit, z, out)
    if above == 1.0 and below <= 1.0:
        emit.apply(np.maximum, out, emit.constant(below), out=out, formula=formula)
    else:
        emit.apply(np.multiply, out, emit.constant(above - below), out=out)
        emit.apply(np.add, out, emit.constant(below), out=out, formula=formula)


def emit_sigmoid(emit: Emitter, z: Ref, out: Ref, formula: str) -> None:
    """Emit ``out = ½ tanh(z/2) + ½``; both may be one buffer."""
    half = emit.constant(0.5)
    emit.apply(np.multiply, z, half, out=out)
    emit.apply(np.tanh, out, out=out)
    emit.apply(np.multiply, out, half, out=out)
    emit.apply(np.add, out, half, out=out, formula=formula)

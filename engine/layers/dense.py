"""Dense: every unit reads every unit of the layer before, through an affine map and an activation."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
import numpy as np

from engine.activations import Activation, AnyActivation, Tanh, emit_slope_product
from engine.declared import title_of
from engine.emit import Array, Ref
from engine.initializers import AnyBiasInitializer, AnyInitializer, XavierNormal, Zeros
from engine.layers.base import Build, Family, Frozen, Layer, ParameterSpec
from engine.layers.notation import Line, Notation, activation_line, slope_term

MOST_UNITS = 16_384


class Dense(Layer, frozen=True, tag="dense"):
    """Z[l] = W[l] A[l-1] + b[l], A[l] = g(Z[l]).

    Backward: dZ[l] = dA[l] * g'(Z[l]), dW[l] = 1/m dZ[l] A[l-1]ᵀ, db[l] = 1/m Σ dZ[l], dA[l-1] = W[l]ᵀ dZ[l];
    the factor 1/m is applied once to the flat gradient. Shapes: W (n[l], n[l-1]), b (n[l], 1), Z and A (n[l], m).
    b and W are stored as one array Theta = [b W], and A[l-1] carries a row of ones, so that each direction is one
    matrix product.
    """

    title: ClassVar[str] = "Dense"
    family: ClassVar[Family] = "dense"
    summary: ClassVar[str] = "Each unit reads all units before it"
    formula: ClassVar[str] = "A = g(W A + b)"

    units: Annotated[
        int,
        msgspec.Meta(ge=1, le=MOST_UNITS, title="Units", description="Number of units n[l] in this layer."),
    ] = 8
    activation: Annotated[
        AnyActivation, msgspec.Meta(title="Activation", description="The function g applied to each z.")
    ] = Tanh()
    initializer: Annotated[
        AnyInitializer,
        msgspec.Meta(title="Weights from", description="How W is drawn before the first step."),
    ] = XavierNormal()
    bias_initializer: Annotated[
        AnyBiasInitializer,
        msgspec.Meta(title="Biases from", description="How b is drawn before the first step, after W."),
    ] = Zeros()
    frozen: Frozen = False

    def output_units(self, inputs: tuple[int, ...]) -> int:
        """Return n[l]."""
        return self.units

    def problem(self, inputs: tuple[int, ...]) -> str | None:
        """Refuse an output-only activation."""
        if self.activation.output_only:
            return f"{title_of(self.activation)} belongs at the output only: choose another activation here."
        return None

    def parameter_specs(self, inputs: tuple[int, ...]) -> tuple[ParameterSpec, ...]:
        """Return Theta (n_out, n_in + 1)."""
        return affine_specs(self.units, inputs[0])

    def initial(self, inputs: tuple[int, ...], generator: np.random.Generator) -> dict[str, Array]:
        """Draw W, then b."""
        return affine_initial(self.units, inputs[0], self.initializer, self.bias_initializer, generator)

    def chips(self) -> tuple[str, ...]:
        """Return activation and initializer."""
        return (title_of(self.activation), title_of(self.initializer))

    def equation(self, level: int, reads: tuple[int, ...]) -> str:
        """Return the affine map and the activation of this layer."""
        return affine_equation(level, reads[0] if reads else level - 1, self.activation)

    def forward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return Z[l] = W[l] A[k] + b[l] and A[l] = g(Z[l])."""
        return affine_lines(at, self.activation)

    def backward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return dZ[l], dW[l] and db[l]."""
        slope = slope_term(self.activation, f"dA[{at.level}]", f"Z[{at.level}]")
        dz = f"dZ[{at.level}] = "
        return (
            Line(dz + slope.text, dz + slope.code, spells_out=slope.spells_out),
            *affine_gradient_lines(at),
        )

    def input_gradients(self, at: Notation) -> tuple[Line, ...]:
        """Return W[l]ᵀ dZ[l]."""
        return affine_input_gradients(at)

    def forward(self, build: Build) -> None:
        """Emit Z = Theta [1; A] and A = g(Z)."""
        affine_forward(build, self.activation)

    def backward(self, build: Build) -> None:
        """Emit dZ from dA, then the gradients of Theta and of the input."""
        assert build.d_output is not None
        emit = build.emit
        z = z_of(build, self.activation)
        # For speed dZ takes dA's place.
        dz = emit.buffer("dZ", z.shape) if emit.looking else Ref(emit.symbol("dZ"), build.d_output.array)
        if build.slope is not None:
            emit_slope_product(emit, build.d_output, build.slope, dz)
        else:
            self.activation.emit_backward(emit, z, build.output, build.d_output, dz)
        affine_backward(build, dz)


def affine_specs(n_out: int, n_in: int) -> tuple[ParameterSpec, ...]:
    """Return the one parameter array of an affine map, [b W]."""
    return (ParameterSpec("Theta", (n_out, n_in + 1)),)


def affine_initial(
    n_out: int,
    n_in: int,
    initializer: AnyInitializer,
    bias_initializer: AnyBiasInitializer,
    generator: np.random.Generator,
) -> dict[str, Array]:
    """Return Theta = [b W]; W is drawn first, so that it is the same whatever b is drawn from."""
    theta = np.empty((n_out, n_in + 1))
    theta[:, 1:] = initializer.draw(n_out, n_in, generator)
    theta[:, :1] = bias_initializer.draw(n_out, 1, generator)
    return {"Theta": theta}


def affine_equation(level: int, read: int, activation: Activation) -> str:
    """Return ``Z[l] = W[l] A[k] + b[l], A[l] = g(Z[l])`` in the notes' symbols."""
    source = "X" if read == 0 else f"A[{read}]"
    z = f"Z[{level}] = W[{level}] {source} + b[{level}]"
    if title_of(activation) == "identity":
        return f"{z}, A[{level}] = Z[{level}]"
    name = "σ" if title_of(activation) == "sigmoid" else title_of(activation)
    return f"{z}, A[{level}] = {name}(Z[{level}])"


def affine_lines(at: Notation, activation: Activation) -> tuple[Line, ...]:
    """Return Z[l] = W[l] A[k] + b[l] and A[l] = g(Z[l])."""
    here, source = at.level, at.source()
    return (
        Line(f"Z[{here}] = W[{here}] {source} + b[{here}]", f"Z[{here}] = W[{here}] @ {source} + b[{here}]"),
        activation_line(activation, f"A[{here}]", f"Z[{here}]"),
    )


def affine_gradient_lines(at: Notation) -> tuple[Line, ...]:
    """Return dW[l] and db[l], nothing for a frozen layer."""
    if not at.learns:
        return ()
    here, source = at.level, at.source()
    sum_code = f"dZ[{here}].sum(axis=1, keepdims=True)"
    return (
        Line(
            f"dW[{here}] = {at.share} dZ[{here}] {source}ᵀ", f"dW[{here}] = {at.share_code} * dZ[{here}] @ {source}.T"
        ),
        Line(f"db[{here}] = {at.share} Σ dZ[{here}]", f"db[{here}] = {at.share_code} * {sum_code}"),
    )


def affine_input_gradients(at: Notation) -> tuple[Line, ...]:
    """Return W[l]ᵀ dZ[l]."""
    return (Line(f"W[{at.level}]ᵀ dZ[{at.level}]", f"W[{at.level}].T @ dZ[{at.level}]"),)


def z_of(build: Build, activation: Activation, keep: bool = False) -> Ref:
    """Return the buffer of Z: the output's own where the activation can work in place and Z need not be kept."""
    if build.emit.looking or activation.needs_z or keep:
        return build.emit.buffer("Z", build.output.shape)
    return Ref(build.emit.symbol("Z"), build.output.array)


def affine_forward(build: Build, activation: Activation, keep_z: bool = False) -> None:
    """Emit Z = Theta [1; A_in] and A = g(Z)."""
    z = affine_z(build, activation, keep_z)
    activation.emit_forward(build.emit, z, build.output)
    build.emit.kink(z, *activation.kinks)


def affine_z(build: Build, activation: Activation, keep: bool = False) -> Ref:
    """Emit Z = Theta [1; A_in], and return it."""
    z = z_of(build, activation, keep)
    build.emit.dot(build.parameters["Theta"], build.extended[0], z, formula=f"Z = W {build.inputs[0].symbol} + b")
    return z


def affine_backward(build: Build, dz: Ref) -> None:
    """Emit dTheta = dZ [1; A_in]ᵀ (the factor 1/m comes later, once) and dA_in = Wᵀ dZ.

    The product is written transposed since Theta lies in memory column by column: so are W and Wᵀ whole blocks, which
    a matrix product reads without a copy.
    """
    emit = build.emit
    d_theta = build.gradients.get("Theta")
    if d_theta is not None:
        emit.dot(
            build.extended[0],
            dz.T,
            d_theta.T,
            formula=f"[db dW]ᵀ = [1; {build.inputs[0].symbol}] dZᵀ",
        )
    d_input = build.d_inputs[0]
    if d_input is not None:
        theta = build.parameters["Theta"]
        weights = Ref(emit.symbol("W"), theta.array[:, 1:])
        emit.dot(weights.T, dz, d_input, formula=f"{d_input.symbol} = Wᵀ dZ")

"""Output: the last affine map, its activation, and the loss by which the network learns."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
import numpy as np

from engine.activations import AnyActivation, Sigmoid
from engine.declared import name_of, title_of
from engine.emit import Array
from engine.initializers import AnyInitializer, XavierNormal
from engine.layers.base import Build, Family, Layer, ParameterSpec
from engine.layers.dense import (
    MOST_UNITS,
    affine_backward,
    affine_equation,
    affine_forward,
    affine_initial,
    affine_specs,
    z_of,
)
from engine.losses import AnyLoss, BinaryCrossEntropy, pairing_problem


class Output(Layer, frozen=True, tag="output"):
    """Z[L] = W[L] A[L-1] + b[L], Ŷ = A[L] = g(Z[L]), with the loss L(ŷ, y).

    Backward: dZ[L] = A[L] - Y for sigmoid with binary cross-entropy, softmax with categorical cross-entropy and
    identity with ½ squared error; dZ[L] = dA[L] * g'(Z[L]) for every other pair. As the only layer after the input
    this is logistic regression.
    """

    title: ClassVar[str] = "Output"
    family: ClassVar[Family] = "dense"
    summary: ClassVar[str] = "The prediction, and the loss"
    formula: ClassVar[str] = "Ŷ = g(W A + b)"
    in_palette: ClassVar[bool] = False

    units: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=MOST_UNITS,
            title="Units",
            description="Follows the target of the data that are loaded.",
            extra={"read_only": True},
        ),
    ] = 1
    activation: Annotated[
        AnyActivation, msgspec.Meta(title="Activation", description="The function g of the prediction.")
    ] = Sigmoid()
    loss: Annotated[AnyLoss, msgspec.Meta(title="Loss", description="What one wrong prediction costs.")] = (
        BinaryCrossEntropy()
    )
    initializer: Annotated[
        AnyInitializer,
        msgspec.Meta(title="Weights from", description="How W is drawn before the first step; b starts at zero."),
    ] = XavierNormal()

    def output_units(self, inputs: tuple[int, ...]) -> int:
        """Return n_y."""
        return self.units

    def problem(self, inputs: tuple[int, ...]) -> str | None:
        """Refuse a loss that does not go with the activation, and a softmax of one unit."""
        if name_of(self.activation) == "softmax" and self.units < 2:
            return "Softmax over one unit is always 1: choose sigmoid with binary cross-entropy."
        return pairing_problem(self.loss, self.activation)

    def parameter_specs(self, inputs: tuple[int, ...]) -> tuple[ParameterSpec, ...]:
        """Return Theta (n_y, n_in + 1)."""
        return affine_specs(self.units, inputs[0])

    def initial(self, inputs: tuple[int, ...], generator: np.random.Generator) -> dict[str, Array]:
        """Draw W and set b to zero."""
        return affine_initial(self.units, inputs[0], self.initializer, generator)

    def chips(self) -> tuple[str, ...]:
        """Return activation and loss."""
        return (title_of(self.activation), title_of(self.loss))

    def equation(self, level: int, reads: tuple[int, ...]) -> str:
        """Return the affine map and the activation of the output."""
        return affine_equation(level, reads[0] if reads else level - 1, self.activation)

    @property
    def fused(self) -> bool:
        """Whether dZ[L] = A[L] - Y holds."""
        return name_of(self.activation) == self.loss.fused_with

    def forward(self, build: Build) -> None:
        """Emit Z = Theta [1; A] and A = g(Z); Z is kept, since the cost is computed from it."""
        affine_forward(build, self.activation, keep_z=True)

    def backward(self, build: Build) -> None:
        """Emit dZ[L], by the fused form where it holds, then the gradients of Theta and of the input."""
        assert build.targets is not None
        emit, a, y = build.emit, build.output, build.targets
        z = z_of(build, self.activation, keep=True)
        dz = emit.buffer("dZ", a.shape)
        if emit.looking or not self.fused:
            da = emit.buffer("dA", a.shape)
            self.loss.emit_da(emit, a, y, da)
            if not self.fused:
                self.activation.emit_backward(emit, z, a, da, dz)
        if self.fused:
            self.loss.emit_dz(emit, a, y, dz)
        affine_backward(build, dz)

"""Activation: a function applied on its own, without weights."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from engine.activations import AnyActivation, Relu
from engine.declared import title_of
from engine.layers.base import Build, Family, Layer
from engine.layers.notation import Line, Notation, activation_line, slope_term


class ActivationLayer(Layer, frozen=True, tag="activation"):
    """A[l] = g(A[l-1]); backward dA[l-1] = dA[l] * g'(A[l-1]). Shapes: (n, m) throughout."""

    title: ClassVar[str] = "Activation"
    family: ClassVar[Family] = "activation"
    summary: ClassVar[str] = "A function of each value on its own"
    formula: ClassVar[str] = "A = g(A)"

    activation: Annotated[
        AnyActivation, msgspec.Meta(title="Activation", description="The function g applied to each value.")
    ] = Relu()

    def output_units(self, inputs: tuple[int, ...]) -> int:
        """Return the units read."""
        return inputs[0]

    def problem(self, inputs: tuple[int, ...]) -> str | None:
        """Refuse an output-only activation."""
        if self.activation.output_only:
            return f"{title_of(self.activation)} belongs at the output only: choose another activation here."
        return None

    def chips(self) -> tuple[str, ...]:
        """Return the activation."""
        return (title_of(self.activation),)

    def equation(self, level: int, reads: tuple[int, ...]) -> str:
        """Return A[l] = g(A[k])."""
        read = reads[0] if reads else level - 1
        name = "σ" if title_of(self.activation) == "sigmoid" else title_of(self.activation)
        return f"A[{level}] = {name}({'X' if read == 0 else f'A[{read}]'})"

    def forward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return A[l] = g(A[k])."""
        return (activation_line(self.activation, f"A[{at.level}]", at.source()),)

    def input_gradients(self, at: Notation) -> tuple[Line, ...]:
        """Return dA[l] ∗ g'(A[k])."""
        return (slope_term(self.activation, f"dA[{at.level}]", at.source()),)

    def forward(self, build: Build) -> None:
        """Emit A = g(A_in)."""
        self.activation.emit_forward(build.emit, build.inputs[0], build.output)
        build.emit.kink(build.inputs[0], *self.activation.kinks)

    def backward(self, build: Build) -> None:
        """Emit dA_in = dA * g'."""
        d_input = build.d_inputs[0]
        if d_input is not None:
            assert build.d_output is not None
            self.activation.emit_backward(build.emit, build.inputs[0], build.output, build.d_output, d_input)

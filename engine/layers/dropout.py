"""Dropout: in training each value is dropped with some probability, and the rest are scaled up."""

from __future__ import annotations

from functools import partial
from typing import Annotated, ClassVar

import msgspec
import numpy as np

from engine.layers.base import Build, Family, Layer
from engine.layers.notation import Line, Notation


class Dropout(Layer, frozen=True, tag="dropout"):
    """A[l] = D * A[l-1] / (1 - p) in training, with D = 1 with probability 1 - p; A[l] = A[l-1] otherwise.

    Backward: dA[l-1] = D * dA[l] / (1 - p). Shapes: (n, m) throughout. Srivastava et al. (2014), inverted form.
    """

    title: ClassVar[str] = "Dropout"
    family: ClassVar[Family] = "regularization"
    summary: ClassVar[str] = "Drops values at random while training"
    formula: ClassVar[str] = "A = D ∗ A / (1 − p)"

    rate: Annotated[
        float,
        msgspec.Meta(ge=0.0, le=0.95, title="Rate p", description="Share of the values dropped at each step."),
    ] = 0.2

    def output_units(self, inputs: tuple[int, ...]) -> int:
        """Return the units read."""
        return inputs[0]

    def chips(self) -> tuple[str, ...]:
        """Return the rate."""
        return (f"p = {self.rate:g}",)

    def equation(self, level: int, reads: tuple[int, ...]) -> str:
        """Return A[l] = D ∗ A[k] / (1 - p)."""
        read = reads[0] if reads else level - 1
        return f"A[{level}] = D ∗ {'X' if read == 0 else f'A[{read}]'} / {1 - self.rate:g}"

    def forward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return D, the mask that is drawn anew at each step of training, and the product."""
        here, source = at.level, at.source()
        keep = f"{1 - self.rate:g}"
        mask = Line(
            f"D[{here}] = [u ≥ {self.rate:g}] / {keep}",
            f"D[{here}] = kept(rng, {self.rate!r}, {source}.shape)",
            rf"D[{here}] = \frac{{1}}{{{keep}}}\,[u \geq {self.rate:g}],\quad u \sim U(0, 1)",
            shape=(at.units, "m"),
        )
        return mask, Line(f"A[{here}] = D[{here}] ∗ {source}", f"A[{here}] = D[{here}] * {source}")

    def input_gradients(self, at: Notation) -> tuple[Line, ...]:
        """Return D ∗ dA[l]."""
        return (Line(f"D[{at.level}] ∗ dA[{at.level}]", f"D[{at.level}] * dA[{at.level}]"),)

    def forward(self, build: Build) -> None:
        """Emit D from fresh random numbers, and the scaled product; a copy outside training."""
        emit = build.emit
        if emit.mode != "training" or emit.generator is None:
            emit.copy(build.inputs[0], build.output, "A = A_in (no dropout outside training)")
            return
        keep = emit.buffer("D", build.output.shape)
        emit.call(
            partial(emit.generator.random, dtype=emit.dtype.type, out=keep.array),
            (),
            keep,
            (),
            f"rng.random(out={keep.symbol})",
        )
        emit.apply(np.greater_equal, keep, emit.constant(self.rate), out=keep, formula="D = [u ≥ p]")
        emit.apply(np.multiply, keep, emit.constant(1.0 / (1.0 - self.rate)), out=keep)
        emit.apply(np.multiply, build.inputs[0], keep, out=build.output, formula="A = D ∗ A_in / (1 − p)")

    def backward(self, build: Build) -> None:
        """Emit dA_in = D * dA / (1 - p)."""
        emit, d_input = build.emit, build.d_inputs[0]
        if d_input is None:
            return
        assert build.d_output is not None
        if emit.mode != "training" or emit.generator is None:
            emit.copy(build.d_output, d_input)
        else:
            keep = emit.buffer("D", build.output.shape)
            emit.apply(np.multiply, build.d_output, keep, out=d_input, formula="dA_in = D ∗ dA / (1 − p)")

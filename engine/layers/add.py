"""Add: sums layers of equal size, as skip connections do."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from engine.layers.base import Build, Family, Layer, source_symbols
from engine.layers.notation import Line, Notation


class Add(Layer, frozen=True, tag="add"):
    """A[l] = Σ_i A[i] over the layers read.

    Backward: dA[i] = dA[l] for each of them. Shapes: (n, m) throughout, the same for all.
    """

    title: ClassVar[str] = "Add"
    family: ClassVar[Family] = "merge"
    summary: ClassVar[str] = "Sums layers of equal size; makes skip connections"
    formula: ClassVar[str] = "A = A₁ + A₂"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = None

    def output_units(self, inputs: tuple[int, ...]) -> int:
        """Return the common number of units."""
        return inputs[0]

    def problem(self, inputs: tuple[int, ...]) -> str | None:
        """Refuse inputs of different sizes."""
        if len(set(inputs)) > 1:
            sizes = " and ".join(str(n) for n in inputs)
            return f"Add needs inputs of equal size and gets {sizes} units: change the units of one of them."
        return None

    def equation(self, level: int, reads: tuple[int, ...]) -> str:
        """Return A[l] = A[i] + A[j]."""
        return f"A[{level}] = {' + '.join(source_symbols(reads))}"

    def forward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return the sum."""
        text = self.equation(at.level, at.reads)
        return (Line(text, text),)

    def input_gradients(self, at: Notation) -> tuple[Line, ...]:
        """Return dA[l] for each layer read."""
        return tuple(Line(f"dA[{at.level}]", f"dA[{at.level}]") for _ in at.reads)

    def forward(self, build: Build) -> None:
        """Emit the sum."""
        first, second, *others = build.inputs
        build.emit.apply(np.add, first, second, out=build.output, formula="A = Σ A_in")
        for other in others:
            build.emit.apply(np.add, build.output, other, out=build.output)

    def backward(self, build: Build) -> None:
        """Emit a copy of the gradient for each input."""
        assert build.d_output is not None
        for d_input in build.d_inputs:
            if d_input is not None:
                build.emit.copy(build.d_output, d_input, "dA_in = dA")

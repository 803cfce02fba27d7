"""Concatenate: stacks the units of several layers one above the other."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from engine.emit import Ref
from engine.layers.base import Build, Family, Layer, source_symbols
from engine.layers.notation import Line, Notation


class Concatenate(Layer, frozen=True, tag="concatenate"):
    """A[l] = [A[i]; A[j]; ...], the layers read one above the other.

    Backward: dA[i] is its own rows of dA[l]. Shapes: A[i] in (n_i, m), A[l] in (Σ n_i, m).
    """

    title: ClassVar[str] = "Concatenate"
    family: ClassVar[Family] = "merge"
    summary: ClassVar[str] = "Stacks layers one above the other"
    formula: ClassVar[str] = "A = [A₁; A₂]"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = None

    def output_units(self, inputs: tuple[int, ...]) -> int:
        """Return the sum of the units read."""
        return sum(inputs)

    def equation(self, level: int, reads: tuple[int, ...]) -> str:
        """Return A[l] = [A[i]; A[j]]."""
        return f"A[{level}] = [{'; '.join(source_symbols(reads))}]"

    def forward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return the layers read, one above the other."""
        parts = ", ".join(source_symbols(at.reads))
        return (Line(self.equation(at.level, at.reads), f"A[{at.level}] = np.vstack([{parts}])"),)

    def input_gradients(self, at: Notation) -> tuple[Line, ...]:
        """Return for each layer read its own rows of dA[l], counted from 0 as NumPy does."""
        ends = np.cumsum(at.inputs).tolist()
        rows = [f"dA[{at.level}][{end - units}:{end}]" for end, units in zip(ends, at.inputs, strict=True)]
        return tuple(Line(text, text) for text in rows)

    def forward(self, build: Build) -> None:
        """Emit a copy of each input into its rows."""
        for source, rows in zip(build.inputs, _rows(build.inputs), strict=True):
            target = Ref(f"{build.output.symbol}[{rows.start}:{rows.stop}]", build.output.array[rows])
            build.emit.copy(source, target, "A = [A₁; A₂]")

    def backward(self, build: Build) -> None:
        """Emit a copy of each input's rows of the gradient."""
        assert build.d_output is not None
        for d_input, rows in zip(build.d_inputs, _rows(build.inputs), strict=True):
            if d_input is not None:
                source = Ref(f"{build.d_output.symbol}[{rows.start}:{rows.stop}]", build.d_output.array[rows])
                build.emit.copy(source, d_input, "dA_in = its rows of dA")


def _rows(inputs: list[Ref]) -> list[slice]:
    ends = np.cumsum([ref.shape[0] for ref in inputs]).tolist()
    return [slice(end - ref.shape[0], end) for end, ref in zip(ends, inputs, strict=True)]

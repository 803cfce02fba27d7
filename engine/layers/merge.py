"""Merges: Add and Concatenate, which read several layers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from engine.emit import Ref
from engine.layers.base import Build, Family, Layer


def _sources(reads: tuple[int, ...]) -> list[str]:
    return ["X" if read == 0 else f"A[{read}]" for read in reads]


class Add(Layer, frozen=True, tag="add"):
    """A[l] = Σ_i A[i] over the layers read, all of the same size (n, m); backward dA[i] = dA[l] for each."""

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
        return f"A[{level}] = {' + '.join(_sources(reads))}"

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


class Concatenate(Layer, frozen=True, tag="concatenate"):
    """A[l] = [A[i]; A[j]; ...], one above the other, (Σ n_i, m); backward hands each its own rows of dA[l]."""

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
        return f"A[{level}] = [{'; '.join(_sources(reads))}]"

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

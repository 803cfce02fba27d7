"""Input: the features of a batch, A[0] = X."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from engine.layers.base import Build, Family, Layer
from engine.layers.notation import Line, Notation


class Input(Layer, frozen=True, tag="input"):
    """A[0] = X in (n_x, m); a row of ones stands above it where a Dense layer reads it."""

    title: ClassVar[str] = "Input"
    family: ClassVar[Family] = "data"
    summary: ClassVar[str] = "The features of the data"
    formula: ClassVar[str] = "A = X"
    least_inputs: ClassVar[int] = 0
    most_inputs: ClassVar[int | None] = 0
    in_palette: ClassVar[bool] = False

    features: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=1_000_000,
            title="Features n_x",
            description="Follows the data that are loaded.",
            extra={"read_only": True},
        ),
    ] = 2

    def output_units(self, inputs: tuple[int, ...]) -> int:
        """Return n_x."""
        return self.features

    def chips(self) -> tuple[str, ...]:
        """Return nothing: the shape says all."""
        return ()

    def equation(self, level: int, reads: tuple[int, ...]) -> str:
        """Return A[0] = X."""
        return "A[0] = X"

    def input_gradients(self, at: Notation) -> tuple[Line, ...]:
        """Return nothing: there is nothing before the data."""
        return ()

    def forward(self, build: Build) -> None:
        """Emit nothing: the batch is gathered straight into this layer's output."""

    def backward(self, build: Build) -> None:
        """Emit nothing: there is nothing before the data."""

"""LayerNorm: each example is brought to mean 0 and variance 1 over its units, then scaled and shifted as learned."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from engine.emit import Array, Ref
from engine.layers.base import (
    Build,
    Family,
    Frozen,
    Layer,
    ParameterSpec,
    VarianceEpsilon,
    emit_normalization_backward,
    gain_lines,
    source_symbol,
)
from engine.layers.notation import Line, Notation


class LayerNorm(Layer, frozen=True, tag="layer_norm"):
    """A[l] = γ * X̂ + β with X̂ = (A[l-1] - μ) / √(σ² + ε), μ and σ² over the n units of each example (Ba et al. 2016).

    Backward: dβ = Σ dA[l], dγ = Σ dA[l] * X̂, sums over the examples; with D = γ * dA[l],
    dA[l-1] = (D - 1/n Σ D - X̂ * 1/n Σ D * X̂) / √(σ² + ε), sums over the units.
    Shapes: γ, β in (n, 1), μ, σ² in (1, m), the rest in (n, m).
    """

    title: ClassVar[str] = "LayerNorm"
    family: ClassVar[Family] = "normalization"
    summary: ClassVar[str] = "Evens out each example over its units"
    formula: ClassVar[str] = "A = γ ∗ (A − μ) / √(σ² + ε) + β"

    epsilon: VarianceEpsilon = 1e-5
    frozen: Frozen = False

    def output_units(self, inputs: tuple[int, ...]) -> int:
        """Return the units read."""
        return inputs[0]

    def problem(self, inputs: tuple[int, ...]) -> str | None:
        """Refuse a single unit, which is always its own mean."""
        if inputs[0] < 2:
            return "LayerNorm needs at least 2 units and reads 1, which is always its own mean: enlarge that layer."
        return None

    def parameter_specs(self, inputs: tuple[int, ...]) -> tuple[ParameterSpec, ...]:
        """Return γ and β, (n, 1) each."""
        return (ParameterSpec("gamma", (inputs[0], 1)), ParameterSpec("beta", (inputs[0], 1)))

    def initial(self, inputs: tuple[int, ...], generator: np.random.Generator) -> dict[str, Array]:
        """Return γ = 1 and β = 0."""
        return {"gamma": np.ones((inputs[0], 1)), "beta": np.zeros((inputs[0], 1))}

    def equation(self, level: int, reads: tuple[int, ...]) -> str:
        """Return A[l] = γ[l] ∗ (A[k] - μ) / √(σ² + ε) + β[l], μ and σ² of each example."""
        return f"A[{level}] = γ[{level}] ∗ ({source_symbol(level, reads)} − μ) / √(σ² + ε) + β[{level}]"

    def forward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return μ, σ², X̂ and A, sums over the n units."""
        here, source = at.level, at.source()
        return (
            Line(f"μ[{here}] = 1/n Σ {source}", f"mu[{here}] = {source}.mean(axis=0, keepdims=True)", shape=(1, "m")),
            Line(
                f"σ²[{here}] = 1/n Σ ({source} − μ[{here}])²",
                f"var[{here}] = {source}.var(axis=0, keepdims=True)",
                shape=(1, "m"),
            ),
            Line(
                f"X̂[{here}] = ({source} − μ[{here}]) / √(σ²[{here}] + ε)",
                f"X_hat[{here}] = ({source} - mu[{here}]) / np.sqrt(var[{here}] + {self.epsilon!r})",
                rf"X̂[{here}] = \frac{{{source} − μ[{here}]}}{{\sqrt{{σ²[{here}] + ε}}}}",
                shape=(at.units, "m"),
            ),
            Line(
                f"A[{here}] = γ[{here}] ∗ X̂[{here}] + β[{here}]",
                f"A[{here}] = gamma[{here}] * X_hat[{here}] + beta[{here}]",
            ),
        )

    def backward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return dγ and dβ, then D = γ ∗ dA, from which the gradient of the layer read follows."""
        here = at.level
        scaled = Line(
            f"D[{here}] = γ[{here}] ∗ dA[{here}]", f"D[{here}] = gamma[{here}] * dA[{here}]", shape=(at.units, "m")
        )
        return (*gain_lines(at), scaled)

    def input_gradients(self, at: Notation) -> tuple[Line, ...]:
        """Return the term of the layer read, sums over the n units."""
        d, normal = f"D[{at.level}]", f"X̂[{at.level}]"
        inner = f"{d} − 1/n Σ {d} − {normal} ∗ 1/n Σ ({d} ∗ {normal})"
        normal_code = f"X_hat[{at.level}]"
        inner_code = (
            f"{d} - {d}.mean(axis=0, keepdims=True) - {normal_code} * ({d} * {normal_code}).mean(axis=0, keepdims=True)"
        )
        root = f"σ²[{at.level}] + ε"
        return (
            Line(
                f"({inner}) / √({root})",
                f"({inner_code}) / np.sqrt(var[{at.level}] + {self.epsilon!r})",
                rf"\frac{{1}}{{\sqrt{{{root}}}}} ∗ \left({inner}\right)",
            ),
        )

    def forward(self, build: Build) -> None:
        """Emit μ, σ², X̂ and A."""
        emit, source, out = build.emit, build.inputs[0], build.output
        row = (1, out.shape[1])
        mean, deviation = emit.buffer("μ", row), emit.buffer("σ", row)
        variance = emit.buffer("σ²", row) if emit.looking else deviation
        normal, square = emit.buffer("X̂", out.shape), emit.scratch(out.shape, "square")
        weights = Ref("1/n", np.full((1, out.shape[0]), 1.0 / out.shape[0], emit.dtype))
        emit.dot(weights, source, mean, formula="μ = 1/n Σ A_in")
        emit.apply(np.subtract, source, mean, out=normal)
        emit.apply(np.multiply, normal, normal, out=square)
        emit.dot(weights, square, variance, formula="σ² = 1/n Σ (A_in − μ)²")
        emit.apply(np.add, variance, emit.constant(self.epsilon), out=deviation)
        emit.apply(np.sqrt, deviation, out=deviation, formula="√(σ² + ε)")
        emit.apply(np.divide, normal, deviation, out=normal, formula="X̂ = (A_in − μ) / √(σ² + ε)")
        emit.apply(np.multiply, normal, build.parameters["gamma"], out=out)
        emit.apply(np.add, out, build.parameters["beta"], out=out, formula="A = γ ∗ X̂ + β")

    def backward(self, build: Build) -> None:
        """Emit dβ, dγ and dA_in."""
        assert build.d_output is not None
        emit, da = build.emit, build.d_output
        normal, deviation = emit.buffer("X̂", da.shape), emit.buffer("σ", (1, da.shape[1]))
        product = emit.scratch(da.shape, "product")
        if build.gradients:
            emit.reduce("sum", da, 1, build.gradients["beta"], formula="dβ = Σ dA")
            emit.apply(np.multiply, da, normal, out=product)
            emit.reduce("sum", product, 1, build.gradients["gamma"], formula="dγ = Σ dA ∗ X̂")
        d_input = build.d_inputs[0]
        if d_input is None:
            return
        row = (1, da.shape[1])
        total, product_total = emit.scratch(row, "ΣD"), emit.scratch(row, "ΣD∗X̂")
        scaled = emit.scratch(da.shape, "D")
        emit.apply(np.multiply, da, build.parameters["gamma"], out=scaled, formula="D = γ ∗ dA")
        emit.apply(np.multiply, scaled, normal, out=product)
        emit.reduce("sum", scaled, 0, total, formula="Σ D")
        emit.reduce("sum", product, 0, product_total, formula="Σ D ∗ X̂")
        share = emit.constant(1.0 / da.shape[0])
        emit_normalization_backward(emit, scaled, normal, total, product_total, share, d_input)
        emit.apply(np.divide, d_input, deviation, out=d_input, formula="dA_in = (…) / √(σ² + ε)")

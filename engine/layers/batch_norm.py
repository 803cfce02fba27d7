"""BatchNorm: each unit is brought to mean 0 and variance 1 over the batch, then scaled and shifted as learned."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
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


class BatchNorm(Layer, frozen=True, tag="batch_norm"):
    """A[l] = γ * X̂ + β with X̂ = (A[l-1] - μ) / √(σ² + ε), μ and σ² over the m examples (Ioffe and Szegedy 2015).

    Backward: dβ = Σ dA[l], dγ = Σ dA[l] * X̂,
    dA[l-1] = γ / √(σ² + ε) * (dA[l] - 1/m Σ dA[l] - X̂ * 1/m Σ dA[l] * X̂), sums over the examples.
    Shapes: γ, β, μ, σ² in (n, 1), the rest in (n, m).

    Training keeps running means of μ and of the unbiased σ², with which the layer computes outside training, for a
    single example that is looked at, and while it is frozen; dA[l-1] is then γ / √(σ² + ε) * dA[l].
    """

    title: ClassVar[str] = "BatchNorm"
    family: ClassVar[Family] = "normalization"
    summary: ClassVar[str] = "Evens out each unit over the batch"
    formula: ClassVar[str] = "A = γ ∗ (A − μ) / √(σ² + ε) + β"
    least_batch: ClassVar[int] = 2

    momentum: Annotated[
        float,
        msgspec.Meta(
            gt=0.0, le=1.0, title="Momentum", description="Share of each batch in the running mean and variance."
        ),
    ] = 0.1
    epsilon: VarianceEpsilon = 1e-5
    frozen: Frozen = False

    def output_units(self, inputs: tuple[int, ...]) -> int:
        """Return the units read."""
        return inputs[0]

    def parameter_specs(self, inputs: tuple[int, ...]) -> tuple[ParameterSpec, ...]:
        """Return γ, β and the running mean and variance, (n, 1) each."""
        shape = (inputs[0], 1)
        return (
            ParameterSpec("gamma", shape),
            ParameterSpec("beta", shape),
            ParameterSpec("mean", shape, statistic=True),
            ParameterSpec("variance", shape, statistic=True),
        )

    def initial(self, inputs: tuple[int, ...], generator: np.random.Generator) -> dict[str, Array]:
        """Return γ = 1, β = 0, running mean 0 and variance 1."""
        zeros, ones = np.zeros((inputs[0], 1)), np.ones((inputs[0], 1))
        return {"gamma": ones, "beta": zeros, "mean": zeros, "variance": ones}

    def alone(self) -> BatchNorm:
        """Return the same layer frozen: one example has no mean and variance of its own, and the running ones count."""
        return msgspec.structs.replace(self, frozen=True)

    def equation(self, level: int, reads: tuple[int, ...]) -> str:
        """Return A[l] = γ[l] ∗ (A[k] - μ[l]) / √(σ²[l] + ε) + β[l]."""
        source = source_symbol(level, reads)
        return f"A[{level}] = γ[{level}] ∗ ({source} − μ[{level}]) / √(σ²[{level}] + ε) + β[{level}]"

    def forward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return μ, σ², X̂ and A of training; while frozen, X̂ from the running statistics."""
        here, source = at.level, at.source()
        column = (at.units, 1)
        mean, variance = (f"mean[{here}]", f"variance[{here}]") if self.frozen else (f"μ[{here}]", f"σ²[{here}]")
        mean_code, variance_code = mean.replace("μ", "mu"), variance.replace("σ²", "var")
        statistics = (
            Line(f"{mean} = 1/m Σ {source}", f"{mean_code} = {source}.mean(axis=1, keepdims=True)", shape=column),
            Line(
                f"{variance} = 1/m Σ ({source} − {mean})²",
                f"{variance_code} = {source}.var(axis=1, keepdims=True)",
                shape=column,
            ),
        )
        return (
            *(() if self.frozen else statistics),
            Line(
                f"X̂[{here}] = ({source} − {mean}) / √({variance} + ε)",
                f"X_hat[{here}] = ({source} - {mean_code}) / np.sqrt({variance_code} + {self.epsilon!r})",
                rf"X̂[{here}] = \frac{{{source} − {mean}}}{{\sqrt{{{variance} + ε}}}}",
                shape=(at.units, "m"),
            ),
            Line(
                f"A[{here}] = γ[{here}] ∗ X̂[{here}] + β[{here}]",
                f"A[{here}] = gamma[{here}] * X_hat[{here}] + beta[{here}]",
            ),
        )

    def backward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return dγ and dβ."""
        return gain_lines(at)

    def input_gradients(self, at: Notation) -> tuple[Line, ...]:
        """Return the term of the layer read; while frozen μ and σ² do not depend on it."""
        here = at.level
        variance = f"variance[{here}]" if self.frozen else f"σ²[{here}]"
        factor = f"γ[{here}] / √({variance} + ε)"
        code = f"gamma[{here}] / np.sqrt({variance.replace('σ²', 'var')} + {self.epsilon!r})"
        latex = rf"\frac{{γ[{here}]}}{{\sqrt{{{variance} + ε}}}}"
        da, normal = f"dA[{here}]", f"X̂[{here}]"
        if self.frozen:
            return (Line(f"{factor} ∗ {da}", f"{code} * {da}", f"{latex} ∗ {da}"),)
        inner = f"{da} − 1/m Σ {da} − {normal} ∗ 1/m Σ ({da} ∗ {normal})"
        mean, slope = f"{da}.mean(axis=1, keepdims=True)", f"({da} * X_hat[{here}]).mean(axis=1, keepdims=True)"
        return (
            Line(
                f"{factor} ∗ ({inner})",
                f"{code} * ({da} - {mean} - X_hat[{here}] * {slope})",
                rf"{latex} ∗ \left({inner}\right)",
            ),
        )

    def forward(self, build: Build) -> None:
        """Emit μ, σ², X̂ and A; in training the running statistics too."""
        emit, source, out = build.emit, build.inputs[0], build.output
        column = (out.shape[0], 1)
        deviation = emit.buffer("σ", column)  # √(σ² + ε)
        normal = emit.buffer("X̂", out.shape)
        if self._uses_batch(build):
            mean, variance = emit.buffer("μ", column), emit.buffer("σ²", column)
            weights = Ref("1/m", np.full((out.shape[1], 1), 1.0 / out.shape[1], emit.dtype))
            emit.dot(source, weights, mean, formula="μ = 1/m Σ A_in")
            emit.apply(np.subtract, source, mean, out=normal)
            square = emit.scratch(out.shape, "square")
            emit.apply(np.multiply, normal, normal, out=square)
            emit.dot(square, weights, variance, formula="σ² = 1/m Σ (A_in − μ)²")
            if emit.mode == "training":
                self._emit_running(build, mean, variance)
        else:
            mean, variance = build.parameters["mean"], build.parameters["variance"]
            emit.apply(np.subtract, source, mean, out=normal)
        emit.apply(np.add, variance, emit.constant(self.epsilon), out=deviation)
        emit.apply(np.sqrt, deviation, out=deviation, formula="√(σ² + ε)")
        emit.apply(np.divide, normal, deviation, out=normal, formula="X̂ = (A_in − μ) / √(σ² + ε)")
        emit.apply(np.multiply, normal, build.parameters["gamma"], out=out)
        emit.apply(np.add, out, build.parameters["beta"], out=out, formula="A = γ ∗ X̂ + β")

    def backward(self, build: Build) -> None:
        """Emit dβ, dγ and dA_in."""
        assert build.d_output is not None
        emit, da = build.emit, build.d_output
        normal, deviation = emit.buffer("X̂", da.shape), emit.buffer("σ", (da.shape[0], 1))
        d_beta = build.gradients.get("beta") or emit.scratch((da.shape[0], 1), "dβ")
        d_gamma = build.gradients.get("gamma") or emit.scratch((da.shape[0], 1), "dγ")
        uses_batch, d_input = self._uses_batch(build), build.d_inputs[0]
        if uses_batch or build.gradients:
            product = emit.scratch(da.shape, "product")
            emit.apply(np.multiply, da, normal, out=product)
            emit.reduce("sum", da, 1, d_beta, formula="dβ = Σ dA")
            emit.reduce("sum", product, 1, d_gamma, formula="dγ = Σ dA ∗ X̂")
        if d_input is None:
            return
        if uses_batch:
            share = emit.constant(1.0 / da.shape[1])
            emit_normalization_backward(emit, da, normal, d_beta, d_gamma, share, d_input)
        factor = emit.scratch((da.shape[0], 1), "factor")
        emit.apply(np.divide, build.parameters["gamma"], deviation, out=factor)
        source = d_input if uses_batch else da
        emit.apply(np.multiply, source, factor, out=d_input, formula="dA_in = γ / √(σ² + ε) ∗ (…)")

    def _uses_batch(self, build: Build) -> bool:
        """Whether μ and σ² are those of the batch: in training, and while looking at more than one example."""
        alone = build.emit.looking and build.output.shape[1] == 1
        return build.emit.mode != "inference" and not self.frozen and not alone

    def _emit_running(self, build: Build, mean: Ref, variance: Ref) -> None:
        """Emit running := (1 - momentum) running + momentum new; the variance as of a sample, with m / (m - 1)."""
        emit, size = build.emit, build.output.shape[1]
        unbiased = size / (size - 1) if size > 1 else 1.0
        for name, new, factor in (("mean", mean, 1.0), ("variance", variance, unbiased)):
            running, share = build.parameters[name], emit.scratch(mean.shape, "new")
            emit.apply(np.multiply, running, emit.constant(1.0 - self.momentum), out=running)
            emit.apply(np.multiply, new, emit.constant(self.momentum * factor), out=share)
            emit.apply(np.add, running, share, out=running, formula=f"running {name}")

"""What every layer declares: its settings, its shapes, its parameters, and its forward and backward operations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal, Self

import msgspec
import numpy as np

from engine.declared import Declared
from engine.emit import Array, Emitter, Ref
from engine.layers.notation import Line, Notation

Family = Literal["data", "dense", "activation", "normalization", "regularization", "merge"]


@dataclass(frozen=True)
class ParameterSpec:
    """One stored array of a layer: a name and a shape, e.g. ``Theta`` in (n_out, n_in + 1).

    A ``statistic`` (a running mean, say) is saved and restored like a parameter and follows from the data instead of a
    gradient: it is not counted as one.
    """

    name: str
    shape: tuple[int, int]
    statistic: bool = False


Frozen = Annotated[
    bool,
    msgspec.Meta(
        title="Frozen",
        description="Training leaves this layer's parameters and running statistics as they are.",
    ),
]


VarianceEpsilon = Annotated[
    float,
    msgspec.Meta(
        ge=1e-12,
        le=1.0,
        title="ε",
        description="Added to the variance, which keeps the division finite.",
        extra={"logarithmic": True},
    ),
]


@dataclass
class Build:
    """The arrays a layer reads and writes while it emits its operations.

    ``inputs[i]`` is A of the i-th layer read, (n_i, m); ``extended[i]`` the same with a row of ones above,
    (n_i + 1, m). ``d_inputs[i]`` is where the gradient towards it goes, None where nobody needs it. ``parameters``
    holds every stored array, ``gradients`` only those that are learned: nothing in it while the layer is frozen.
    ``share`` is the factor that turns sums over the batch into means: 1/m, or one over the sum of class weights.
    ``slope`` is g'(Z), where it has been computed together with those of other layers.
    """

    emit: Emitter
    inputs: list[Ref]
    extended: list[Ref]
    output: Ref
    parameters: dict[str, Ref]
    gradients: dict[str, Ref]
    d_output: Ref | None = None
    d_inputs: list[Ref | None] = field(default_factory=list)
    targets: Ref | None = None
    share: Ref | None = None
    slope: Ref | None = None


class Layer(Declared, frozen=True):
    """A kind of layer; one file of this package each.

    To add one: write its class in a file here and name it in :data:`engine.layers.LAYERS`.
    """

    title: ClassVar[str]
    family: ClassVar[Family]
    summary: ClassVar[str]
    formula: ClassVar[str]
    least_inputs: ClassVar[int] = 1
    most_inputs: ClassVar[int | None] = 1
    in_palette: ClassVar[bool] = True
    least_batch: ClassVar[int] = 1  # rows without which training makes no sense

    @property
    def is_frozen(self) -> bool:
        """Whether training leaves the parameters alone; layers that have some declare a field ``frozen``."""
        return bool(getattr(self, "frozen", False))

    def output_units(self, inputs: tuple[int, ...]) -> int:
        """Return the number of units, given those of the layers read."""
        raise NotImplementedError

    def problem(self, inputs: tuple[int, ...]) -> str | None:
        """Return what is wrong with these inputs or settings, in one sentence that names the fix, or None."""
        return None

    def parameter_specs(self, inputs: tuple[int, ...]) -> tuple[ParameterSpec, ...]:
        """Return the stored arrays of this layer."""
        return ()

    def initial(self, inputs: tuple[int, ...], generator: np.random.Generator) -> dict[str, Array]:
        """Return the first values of every stored array."""
        return {}

    def alone(self) -> Self:
        """Return the layer whose lines and terms hold for one example that is looked at on its own."""
        return self

    def chips(self) -> tuple[str, ...]:
        """Return the settings a node card shows in short, for example ``("tanh", "Xavier normal")``."""
        return ()

    def equation(self, level: int, reads: tuple[int, ...]) -> str:
        """Return this layer's equation in the notes' symbols, e.g. ``Z[2] = W[2] A[1] + b[2], A[2] = tanh(Z[2])``."""
        raise NotImplementedError

    def forward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return the equations of the forward pass, in order; views show them, and exported code is made of them."""
        return (Line(self.equation(at.level, at.reads)),)

    def backward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return the equations that lead from dA[l] to the gradients of the layer's own parameters, in order."""
        return ()

    def input_gradients(self, at: Notation) -> tuple[Line, ...]:
        """Return for each layer read the term that this one adds to its dA; right sides only."""
        chain_rule = f"(∂A[{at.level}]/∂{{}})ᵀ dA[{at.level}]"
        return tuple(Line(chain_rule.format(at.source(port))) for port in range(len(at.reads)))

    def forward(self, build: Build) -> None:
        """Emit the operations that compute the output from the inputs."""
        raise NotImplementedError

    def backward(self, build: Build) -> None:
        """Emit the operations that compute parameter gradients and ``d_inputs`` from ``d_output``."""
        raise NotImplementedError


def parts(name: str, array: Array) -> dict[str, Array]:
    """Return the notes' arrays inside a stored parameter array: ``Theta`` holds ``b`` (n, 1) and ``W`` (n, n_in)."""
    if name == "Theta":
        return {"W": array[:, 1:], "b": array[:, :1]}
    return {name: array}


def source_symbol(level: int, reads: tuple[int, ...]) -> str:
    """Return the notes' symbol of what a layer of number ``level`` reads: ``X`` or ``A[k]``."""
    read = reads[0] if reads else level - 1
    return "X" if read == 0 else f"A[{read}]"


def source_symbols(reads: tuple[int, ...]) -> list[str]:
    """Return the notes' symbols of several layers read."""
    return [source_symbol(0, (read,)) for read in reads]


def gain_lines(at: Notation) -> tuple[Line, ...]:
    """Return dγ[l] and dβ[l] of a normalization; nothing while it is frozen."""
    if not at.learns:
        return ()
    here, share = at.level, at.share_code
    product = f"(dA[{here}] * X_hat[{here}])"
    return (
        Line(
            f"dγ[{here}] = {at.share} Σ (dA[{here}] ∗ X̂[{here}])",
            f"dgamma[{here}] = {share} * {product}.sum(axis=1, keepdims=True)",
        ),
        Line(
            f"dβ[{here}] = {at.share} Σ dA[{here}]", f"dbeta[{here}] = {share} * dA[{here}].sum(axis=1, keepdims=True)"
        ),
    )


def emit_normalization_backward(
    emit: Emitter, da: Ref, normal: Ref, total: Ref, product_total: Ref, share: Ref, out: Ref
) -> None:
    """Emit out = dA - share Σ dA - X̂ * share Σ dA * X̂, the part that both normalizations have in common.

    Parameters
    ----------
    total, product_total
        Σ dA and Σ dA * X̂ over the normalized axis, which is kept with length one.
    share
        One over the length of that axis.
    """
    mean, slope = emit.scratch(total.shape, "mean dA"), emit.scratch(total.shape, "mean dA∗X̂")
    product = emit.scratch(da.shape, "X̂ mean")
    emit.apply(np.multiply, total, share, out=mean)
    emit.apply(np.multiply, product_total, share, out=slope)
    emit.apply(np.multiply, normal, slope, out=product)
    emit.apply(np.subtract, da, product, out=out)
    emit.apply(np.subtract, out, mean, out=out, formula="dA − mean dA − X̂ ∗ mean dA∗X̂")

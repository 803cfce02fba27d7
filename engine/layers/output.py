"""Output: the last affine map, its activation, and the loss by which the network learns."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
import numpy as np

from engine.activations import AnyActivation, Sigmoid
from engine.declared import name_of, title_of
from engine.emit import Array, Ref
from engine.initializers import AnyBiasInitializer, AnyInitializer, XavierNormal, Zeros
from engine.layers.base import Build, Family, Frozen, Layer, ParameterSpec
from engine.layers.dense import (
    MOST_UNITS,
    affine_backward,
    affine_equation,
    affine_forward,
    affine_gradient_lines,
    affine_initial,
    affine_input_gradients,
    affine_lines,
    affine_specs,
    affine_z,
    z_of,
)
from engine.layers.notation import Line, Notation, call_arguments, slope_term
from engine.losses import FUSED, AnyLoss, BinaryCrossEntropy, pairing_problem

MOST_SHOWN = 6  # class weights in an equation
LEAST_WEIGHT, MOST_WEIGHT = 1e-6, 1e6  # of a class


class Output(Layer, frozen=True, tag="output"):
    """Z[L] = W[L] A[L-1] + b[L], Ŷ = A[L] = g(Z[L]), with the loss L(ŷ, y).

    Backward: dZ[L] = A[L] - Y for sigmoid with binary cross-entropy, softmax with categorical cross-entropy and
    identity with ½ squared error; dZ[L] = dA[L] * g'(Z[L]) for every other pair. As the only layer after the input
    this is logistic regression. Shapes: W (n_y, n[L-1]), b (n_y, 1), Z[L], A[L] and Y (n_y, m).

    With class weights c the cost is the weighted mean Σ c L / Σ c over the examples, each with the weight of its class,
    as in PyTorch's CrossEntropyLoss: dZ[L] carries c, and 1 / Σ c takes the place of 1/m.
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
        msgspec.Meta(title="Weights from", description="How W is drawn before the first step."),
    ] = XavierNormal()
    bias_initializer: Annotated[
        AnyBiasInitializer,
        msgspec.Meta(title="Biases from", description="How b is drawn before the first step, after W."),
    ] = Zeros()

    class_weights: Annotated[
        tuple[Annotated[float, msgspec.Meta(ge=LEAST_WEIGHT, le=MOST_WEIGHT)], ...],
        msgspec.Meta(
            max_length=MOST_UNITS,
            title="Class weights",
            description="How much an example of each class counts in the cost, in the order of the classes; "
            "empty where all count the same.",
        ),
    ] = ()
    frozen: Frozen = False

    def output_units(self, inputs: tuple[int, ...]) -> int:
        """Return n_y."""
        return self.units

    def problem(self, inputs: tuple[int, ...]) -> str | None:
        """Refuse a loss that does not go with the activation, and a softmax of one unit."""
        if name_of(self.activation) == "softmax" and self.units < 2:
            return "Softmax over one unit is always 1: choose sigmoid with binary cross-entropy."
        return pairing_problem(self.loss, self.activation) or self._class_weights_problem()

    def _class_weights_problem(self) -> str | None:
        given = len(self.class_weights)
        if not given:
            return None
        if not self.loss.classes:
            return f"Class weights go with classes, and {self.loss.title} is for numbers: leave them empty."
        if name_of(self.activation) != "softmax" and self.units > 1:
            return "Class weights go with one yes-or-no output or with softmax: leave them empty."
        classes = max(2, self.units)
        if given != classes:
            return f"There are {classes} classes and {given} class weights: give one for each class, or none."
        return None

    def parameter_specs(self, inputs: tuple[int, ...]) -> tuple[ParameterSpec, ...]:
        """Return Theta (n_y, n_in + 1)."""
        return affine_specs(self.units, inputs[0])

    def initial(self, inputs: tuple[int, ...], generator: np.random.Generator) -> dict[str, Array]:
        """Draw W, then b."""
        return affine_initial(self.units, inputs[0], self.initializer, self.bias_initializer, generator)

    def chips(self) -> tuple[str, ...]:
        """Return activation and loss."""
        return (title_of(self.activation), title_of(self.loss))

    def equation(self, level: int, reads: tuple[int, ...]) -> str:
        """Return the affine map and the activation of the output."""
        return affine_equation(level, reads[0] if reads else level - 1, self.activation)

    def forward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return Z[L] and A[L]; with class weights c, the weight of each example, too."""
        return affine_lines(at, self.activation)

    def weight_lines(self) -> tuple[Line, ...]:
        """Return c, the weight of each example by its class; nothing without class weights."""
        if not self.class_weights:
            return ()
        if self.units > 1:
            weights = " ".join(f"{weight:g}" for weight in self.class_weights[:MOST_SHOWN])
            more = " …" if len(self.class_weights) > MOST_SHOWN else ""
            text, code = f"c = [{weights}{more}] Y", f"c = np.array([{list(self.class_weights)}]) @ Y"
        else:
            low, high = self.class_weights
            text = f"c = {low:g} (1 − Y) + {high:g} Y"
            code = f"c = {low!r} * (1 - Y) + {high!r} * Y"
        return (Line(text, code, shape=(1, "m")),)

    def backward_lines(self, at: Notation) -> tuple[Line, ...]:
        """Return dZ[L], by the fused form where it holds, then dW[L] and db[L]."""
        here = at.level
        weight, weight_code = ("c ∗ ", "c * ") if self.class_weights else ("", "")
        if self.fused:
            difference = f"A[{here}] − Y"
            text = f"dZ[{here}] = {weight}({difference})" if weight else f"dZ[{here}] = {difference}"
            return (Line(text, f"dZ[{here}] = {weight_code}(A[{here}] - Y)"), *affine_gradient_lines(at))
        slope = slope_term(self.activation, f"dA[{here}]", f"Z[{here}]")
        call = f"d_{name_of(self.loss)}({call_arguments(self.loss, f'A[{here}]', 'Y')})"
        return (
            Line(f"dA[{here}] = {weight}∂L/∂Ŷ", f"dA[{here}] = {weight_code}{call}"),
            Line(f"dZ[{here}] = {slope.text}", f"dZ[{here}] = {slope.code}", spells_out=slope.spells_out),
            *affine_gradient_lines(at),
        )

    def input_gradients(self, at: Notation) -> tuple[Line, ...]:
        """Return W[L]ᵀ dZ[L]."""
        return affine_input_gradients(at)

    @property
    def fused(self) -> bool:
        """Whether dZ[L] = A[L] - Y holds."""
        return FUSED.get(name_of(self.loss)) == name_of(self.activation)

    @property
    def logistic(self) -> bool:
        """Whether A[L] is the logistic function, of z or of a difference of two, with the cross-entropy of its own.

        2 (A - Y) = tanh(z/2) - (2Y - 1) then: two calls less, and training needs no A[L].
        """
        two = name_of(self.activation) == "sigmoid" or self.units == 2
        return two and self.loss.classes and self.fused and not self.class_weights

    @property
    def sum_share(self) -> float:
        """What a training program's sums over a batch of one example must be multiplied by."""
        return 0.5 if self.logistic else 1.0

    def example_weights(self, Y: Array) -> Array | None:
        """Return the class weight of each example (m,) from targets (m, n_y), or None where all count the same."""
        if not self.class_weights:
            return None
        weights = np.asarray(self.class_weights, Y.dtype)
        return np.asarray(Y @ weights if self.units > 1 else weights[0] + (weights[1] - weights[0]) * Y[:, 0])

    def forward(self, build: Build) -> None:
        """Emit Z = Theta [1; A] and A = g(Z); Z is kept, since the cost is computed from it."""
        if build.emit.mode == "training" and self.logistic:
            self._emit_half_tanh(build)
        else:
            affine_forward(build, self.activation, keep_z=True)

    def _emit_half_tanh(self, build: Build) -> None:
        """Emit Z and, in A's place, tanh(z/2), z being the difference of both where there are two outputs."""
        emit, a = build.emit, build.output
        z = affine_z(build, self.activation, keep=True)
        if self.units == 2 and name_of(self.activation) == "softmax":
            difference = np.array([[0.5, -0.5], [-0.5, 0.5]], emit.dtype)
            emit.dot(Ref("½ [1 −1; −1 1]", difference), z, a, formula="½ (z₁ − z₂) and ½ (z₂ − z₁)")
        else:
            emit.apply(np.multiply, z, emit.constant(0.5), out=a)
        emit.apply(np.tanh, a, out=a, formula="tanh(½ Z) = 2 A − 1")

    def backward(self, build: Build) -> None:
        """Emit dZ[L], by the fused form where it holds, then the gradients of Theta and of the input."""
        assert build.targets is not None
        emit, a, y = build.emit, build.output, build.targets
        if emit.mode == "training" and self.logistic:
            twice = Ref(f"2 {emit.symbol('dZ')}", emit.buffer("dZ", a.shape).array)
            emit.apply(np.subtract, a, y, out=twice, formula="2 dZ = tanh(½ Z) − (2 Y − 1) = 2 (A − Y)")
            affine_backward(build, twice)
            return
        z = z_of(build, self.activation, keep=True)
        dz = emit.buffer("dZ", a.shape)
        weights = self._emit_weights(build, y) if self.class_weights else None
        if emit.looking or not self.fused:
            da = emit.buffer("dA", a.shape)
            self.loss.emit_da(emit, a, y, da)
            if weights is not None:
                emit.apply(np.multiply, da, weights, out=da, formula="dA := c ∗ dA")
            if not self.fused:
                self.activation.emit_backward(emit, z, a, da, dz)
        if self.fused:
            self.loss.emit_dz(emit, a, y, dz)
            if weights is not None:
                emit.apply(np.multiply, dz, weights, out=dz, formula="dZ := c ∗ dZ")
        affine_backward(build, dz)

    def _emit_weights(self, build: Build, y: Ref) -> Ref:
        """Emit the weight of each example, c (1, m), and the share 1 / Σ c."""
        emit, share = build.emit, build.share
        assert share is not None
        weights = emit.buffer("c", (1, y.shape[1]))
        if self.units > 1:
            emit.dot(Ref("class weights", np.array([self.class_weights], emit.dtype)), y, weights, "c = weights · Y")
        else:
            low, high = self.class_weights
            emit.apply(np.multiply, y, emit.constant(high - low), out=weights)
            emit.apply(np.add, weights, emit.constant(low), out=weights, formula="c = c₀ + (c₁ − c₀) Y")
        total = Ref(share.symbol, share.array.reshape(1, 1))
        emit.reduce("sum", weights, 1, total, formula="Σ c")
        emit.apply(np.reciprocal, share, out=share, formula="1 / Σ c takes the place of 1/m")
        return weights

"""The written equations of networks: symbols, shapes, and what depends on loss, freezing, fan-out and settings."""

import pytest

from engine import (
    ActivationLayer,
    Add,
    BatchNorm,
    Concatenate,
    Dense,
    Dropout,
    Input,
    LayerNorm,
    Output,
    Softmax,
    TrainingSettings,
    chain,
    infer_shapes,
    wired,
)
from engine.activations import Identity, LeakyRelu, Sigmoid, Tanh
from engine.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Hinge,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)
from engine.optimizers import OPTIMIZERS, Momentum
from nnstudio.equation_text import shapes_of, symbols_in, to_latex
from nnstudio.equations import all_as_latex, all_as_text, sections


def written(graph, **settings):
    return sections(graph, infer_shapes(graph), TrainingSettings(**settings))


def lines(graph, phase, node=None, **settings):
    """Return the equations of one direction (and layer) as text."""
    return [
        formula.text
        for section in written(graph, **settings)
        if section.phase == phase and node in (None, section.node)
        for formula in section.formulas
    ]


def of_output(activation, loss, units=1, **others):
    return chain([Input(features=2), Dense(units=8), Output(units=units, activation=activation, loss=loss, **others)])


DENSE = chain([Input(features=2), Dense(units=8), Output(units=1)])


def test_a_dense_layer_is_written_as_in_the_notes():
    assert lines(DENSE, "forward", "dense_1") == ["Z[1] = W[1] X + b[1]", "A[1] = tanh(Z[1])"]
    assert lines(DENSE, "backward", "dense_1") == [
        "dZ[1] = dA[1] ∗ tanh′(Z[1])",
        "dW[1] = 1/m dZ[1] Xᵀ",
        "db[1] = 1/m Σ dZ[1]",
    ]
    assert lines(DENSE, "backward", "output")[-1] == "dA[1] = W[2]ᵀ dZ[2]"


def test_shapes_stand_below_each_equation_as_the_notes_write_them():
    shapes = {formula.text: formula.shapes for section in written(DENSE) for formula in section.formulas}
    assert shapes["Z[1] = W[1] X + b[1]"] == "(8, m) = (8, 2)(2, m) + (8, 1)"
    assert shapes["A[1] = tanh(Z[1])"] == "(8, m)"
    assert shapes["dW[1] = 1/m dZ[1] Xᵀ"] == "(8, 2) = (8, m)(m, 2)"
    assert shapes["db[1] = 1/m Σ dZ[1]"] == "(8, 1) = Σ (8, m)"
    assert shapes["dA[1] = W[2]ᵀ dZ[2]"] == "(8, m) = (8, 1)(1, m)"


def test_sections_run_forward_over_the_cost_backward_and_to_the_update():
    found = [(section.phase, section.node) for section in written(DENSE)]
    assert found == [
        ("forward", "input"),
        ("forward", "dense_1"),
        ("forward", "output"),
        ("cost", "output"),
        ("backward", "output"),
        ("backward", "dense_1"),
        ("update", ""),
    ]


@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        (Sigmoid(), BinaryCrossEntropy()),
        (Softmax(), CategoricalCrossEntropy()),
        (Identity(), MeanSquaredError()),
    ],
    ids=lambda one: one.title,
)
def test_the_fused_pairs_have_the_difference_as_dz(activation, loss):
    assert lines(of_output(activation, loss, units=3), "backward", "output")[0] == "dZ[2] = A[2] − Y"


@pytest.mark.parametrize(
    ("activation", "loss", "da", "dz"),
    [
        (Sigmoid(), MeanSquaredError(), "dA[2] = A[2] − Y", "dZ[2] = dA[2] ∗ σ′(Z[2])"),
        (Identity(), MeanAbsoluteError(), "dA[2] = sign(A[2] − Y)", "dZ[2] = dA[2]"),
        (Identity(), Huber(), "dA[2] = min(max(A[2] − Y, −δ), δ)", "dZ[2] = dA[2]"),
        (Tanh(), Hinge(), "dA[2] = (1 − 2 Y) ∗ [(2 Y − 1) ∗ A[2] < 1]", "dZ[2] = dA[2] ∗ tanh′(Z[2])"),
    ],
    ids=lambda one: getattr(one, "title", ""),
)
def test_every_other_pair_goes_through_da(activation, loss, da, dz):
    assert lines(of_output(activation, loss), "backward", "output")[:2] == [da, dz]


def test_class_weights_take_the_place_of_one_over_m():
    graph = of_output(Sigmoid(), BinaryCrossEntropy(), class_weights=(1.0, 3.0))
    assert "c = 1 (1 − Y) + 3 Y" in lines(graph, "cost")
    assert "J = 1/Σc Σ c L(ŷ, y)" in lines(graph, "cost")
    assert lines(graph, "backward", "output")[:2] == ["dZ[2] = c ∗ (A[2] − Y)", "dW[2] = 1/Σc dZ[2] A[1]ᵀ"]
    assert "1/m" not in " ".join(lines(graph, "backward"))


def test_a_frozen_layer_has_no_gradient_of_its_parameters_but_hands_on():
    graph = chain([Input(features=2), Dense(units=8), Dense(units=4, frozen=True), Output()])
    assert lines(graph, "backward", "dense_2") == ["dZ[2] = dA[2] ∗ tanh′(Z[2])", "dA[1] = W[2]ᵀ dZ[2]"]
    note = next(s.note for s in written(graph) if (s.phase, s.node) == ("backward", "dense_2"))
    assert "frozen" in note


def test_nothing_is_written_backward_for_layers_before_the_first_that_learns():
    graph = chain([Input(features=2), Dense(units=8, frozen=True), LayerNorm(frozen=True), Output()])
    assert {s.node for s in written(graph) if s.phase == "backward"} == {"output"}
    assert "dA[2]" not in " ".join(lines(graph, "backward"))


LAYERS = {"x": Input(features=2), "a": Dense(units=4), "r": ActivationLayer(activation=LeakyRelu(slope=0.2))}
FAN_OUT = wired(
    {**LAYERS, "s": Add(), "c": Concatenate(), "y": Output()}, ("x", "a", "r", "s", "c", "y"), ("a", "s"), ("a", "c")
)


def test_a_layer_with_several_readers_starts_with_the_sum_over_them():
    assert lines(FAN_OUT, "backward", "a")[0] == "dA[1] = dA[4][4:8] + dA[3] + dA[2] ∗ leaky ReLU′(A[1])"
    note = next(s.note for s in written(FAN_OUT) if (s.phase, s.node) == ("backward", "a"))
    assert note == "dA[1] sums over 3 readers"


def test_a_layer_read_twice_by_one_sums_both():
    graph = wired({"x": Input(features=2), "a": Dense(units=4), "s": Add(), "y": Output()}, ("x", "a", "s", "y"))
    edges = (*graph.edges, type(graph.edges[0])(source="a", target="s", port=1))
    assert lines(type(graph)(nodes=graph.nodes, edges=edges), "backward", "a")[0] == "dA[1] = dA[2] + dA[2]"


def test_merges_and_activations_are_written():
    assert lines(FAN_OUT, "forward", "s") == ["A[3] = A[2] + A[1]"]
    assert lines(FAN_OUT, "forward", "c") == ["A[4] = [A[3]; A[1]]"]
    assert lines(FAN_OUT, "forward", "r") == ["A[2] = leaky ReLU(A[1])"]
    assert lines(FAN_OUT, "backward", "c") == ["dA[3] = dA[4][0:4]"]


def test_the_function_of_a_line_is_written_out_with_its_settings():
    formula = next(s.formulas[0] for s in written(FAN_OUT) if (s.phase, s.node) == ("forward", "r"))
    assert formula.detail == "g(z) = slope · z for z < 0, z for z ≥ 0, slope = 0.2"
    derivative = next(s.formulas[1] for s in written(DENSE) if (s.phase, s.node) == ("forward", "dense_1"))
    assert derivative.latex_detail.startswith(r"g(z) = \tanh z")


def test_batch_norm_uses_the_batch_and_frozen_its_running_statistics():
    graph = chain([Input(features=2), Dense(units=4), BatchNorm(), Output()])
    assert lines(graph, "forward", "batchnorm_1")[0] == "μ[2] = 1/m Σ A[1]"
    assert lines(graph, "backward", "batchnorm_1") == [
        "dγ[2] = 1/m Σ (dA[2] ∗ X̂[2])",
        "dβ[2] = 1/m Σ dA[2]",
        "dA[1] = γ[2] / √(σ²[2] + ε) ∗ (dA[2] − 1/m Σ dA[2] − X̂[2] ∗ 1/m Σ (dA[2] ∗ X̂[2]))",
    ]
    frozen = chain([Input(features=2), Dense(units=4), BatchNorm(frozen=True), Output()])
    assert lines(frozen, "forward", "batchnorm_1")[0] == "X̂[2] = (A[1] − mean[2]) / √(variance[2] + ε)"
    assert lines(frozen, "backward", "batchnorm_1") == ["dA[1] = γ[2] / √(variance[2] + ε) ∗ dA[2]"]


def test_layer_norm_sums_over_units():
    graph = chain([Input(features=2), Dense(units=4), LayerNorm(), Output()])
    assert lines(graph, "forward", "layernorm_1")[0] == "μ[2] = 1/n Σ A[1]"
    assert lines(graph, "backward", "layernorm_1")[-2] == "D[2] = γ[2] ∗ dA[2]"
    assert "1/n Σ D[2]" in lines(graph, "backward", "layernorm_1")[-1]


def test_dropout_masks_both_ways():
    graph = chain([Input(features=2), Dense(units=4), Dropout(rate=0.25), Output()])
    assert lines(graph, "forward", "dropout_1") == ["D[2] = [u ≥ 0.25] / 0.75", "A[2] = D[2] ∗ A[1]"]
    assert lines(graph, "backward", "dropout_1") == ["dA[1] = D[2] ∗ dA[2]"]


def test_penalties_and_clipping_are_part_of_the_update():
    found = lines(DENSE, "update", l2=0.1, l1=0.2, clip_norm=3.0)
    assert found[:2] == ["dW[l] := dW[l] + λ₂ W[l] + λ₁ sign(W[l])", "dθ := dθ · min(1, 3 / ‖dθ‖)"]
    assert lines(DENSE, "cost", l2=0.1, l1=0.2)[-1] == "J + ½ λ₂ Σ W² + λ₁ Σ |W|"
    assert lines(DENSE, "cost")[-1] == "J = 1/m Σ L(ŷ, y)"
    assert "λ" not in " ".join(lines(DENSE, "update"))


def test_the_update_is_the_chosen_optimizers_with_its_values():
    section = written(DENSE, optimizer=Momentum(learning_rate=0.2, momentum=0.8))[-1]
    assert [f.text for f in section.formulas][:2] == ["v := μ v + dθ", "θ := θ − α v"]
    assert section.note == "α = 0.2, μ = 0.8"
    assert section.formulas[-1].text == "θ = W[1], b[1], …, b[2]"


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_ends_with_its_step(name):
    found = lines(DENSE, "update", optimizer=OPTIMIZERS[name]())
    assert found[-2].startswith("θ := θ − α")


def test_a_network_with_problems_has_no_equations():
    assert written(chain([Input(features=2), Dense(units=4)])) == ()


def test_all_equations_can_be_taken_along_as_latex_and_as_text():
    found = written(DENSE, l2=0.1)
    latex, text = all_as_latex(found), all_as_text(found)
    assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}") == len(found)
    assert r"Z^{[1]} &= W^{[1]} X + b^{[1]} \\" in latex
    assert r"dW^{[l]} &:= dW^{[l]}" in latex
    assert "Backward: 1 · Dense 1 · (8, m)" in text
    assert "  Z[1] = W[1] X + b[1]    (8, m) = (8, 2)(2, m) + (8, 1)" in text


def test_the_name_of_an_array_is_told_from_that_of_a_function():
    assert symbols_in("dA[2] = dA[5][0:4] + W[3]ᵀ dZ[3] ∗ ReLU′(X)") == ("dA[2]", "dA[5]", "W[3]", "dZ[3]", "X")
    assert symbols_in("L = max(0, Y)") == ("Y",)
    assert to_latex("A[1] = leaky ReLU(Z[1])") == r"A^{[1]} = \mathrm{leaky\ ReLU}(Z^{[1]})"
    assert to_latex("dA[1] = W[2]ᵀ dZ[2]") == r"dA^{[1]} = W^{[2]\mathsf{T}} dZ^{[2]}"


def test_shapes_are_left_out_where_one_is_not_known():
    assert shapes_of("A[1] = Q[7] X", {"A[1]": (2, "m"), "X": (3, "m")}) == ""

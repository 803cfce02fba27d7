"""The ledger: every quantity with the notes' shape, and every entry as the sum of the terms that made it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    BatchNorm,
    Dataset,
    Dense,
    Input,
    LayerNorm,
    Network,
    Output,
    Softmax,
    chain,
)
from engine.activations import Relu
from engine.layers.base import Family, Layer, ParameterSpec
from engine.ledger import Window, ledger
from engine.losses import CategoricalCrossEntropy
from nnstudio.ledger import fits, lines, picture_places, values_of
from nnstudio.ledger_terms import making
from nnstudio.ledger_text import matrix_latex, tab_separated
from nnstudio.making import MOST_WRITTEN, plain, written

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from graphs import HIDDEN, OUTPUTS, examples, random_graphs, shaken, units_for

ROWS = (4, 0, 7, 2, 9)
SUMMED = {"Z", "A", "dZ", "dW", "db", "dgamma", "dbeta", "X̂", "μ", "σ²", "σ", "D"}


def booked(network, rows=ROWS, windows=()):
    X, Y = examples(network, 12)
    data = Dataset(X, Y, network.dtype)
    return ledger(network, data.rows(np.array(rows)), tuple(rows), windows)


def lines_of(network, book):
    return {line.symbol: line for line in lines(network.graph, network.shapes, book)}


def make(network, book, symbol, i, j):
    return making(network.graph, network.shapes, book, lines_of(network, book)[symbol], i, j)


def assert_entries_add_up(network):
    book = booked(network)
    output = max(network.shapes.levels.values())
    for line in lines(network.graph, network.shapes, book):
        summed = line.kind in SUMMED or (line.kind == "dA" and line.level < output)
        for i, j in np.ndindex(line.shape):
            made = making(network.graph, network.shapes, book, line, i, j)
            assert made.missing == ()
            assert made.value == line.quantity.values[i, j]
            if not summed:
                assert made.words
                continue
            size = sum(np.abs(product.terms).sum() for product in made.products) * abs(made.scale)
            assert made.total == pytest.approx(made.value, rel=1e-12, abs=1e-12 * max(size, 1e-3)), line.symbol
            assert made.latex.startswith(made.name)
            assert made.numbers


@settings(max_examples=40, deadline=None)
@given(graph=random_graphs(), seed=st.integers(0, 1000))
def test_every_entry_of_a_random_network_is_the_sum_of_its_terms(graph, seed):
    assert_entries_add_up(shaken(graph, seed))


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda kind: kind.title)
@pytest.mark.parametrize(("activation", "loss"), OUTPUTS, ids=lambda value: value.title)
def test_every_entry_is_the_sum_of_its_terms_for_every_activation_and_loss(hidden, activation, loss):
    last = Output(units=units_for(loss), activation=activation, loss=loss)
    assert_entries_add_up(shaken(chain([Input(features=3), Dense(units=4, activation=hidden()), last])))


@pytest.mark.parametrize("kind", [BatchNorm, LayerNorm])
def test_entries_beside_a_frozen_normalization_add_up(kind):
    layers = [Input(features=3), Dense(units=4), kind(frozen=True), Dense(units=3), Output()]
    assert_entries_add_up(shaken(chain(layers)))


def test_entries_with_class_weights_add_up():
    last = Output(units=3, activation=Softmax(), loss=CategoricalCrossEntropy(), class_weights=(1.0, 2.0, 0.5))
    network = shaken(chain([Input(features=3), Dense(units=4), last]))
    assert_entries_add_up(network)
    assert booked(network).share != pytest.approx(1 / len(ROWS))


def test_quantities_stand_in_the_notes_order_with_the_notes_shapes():
    network = shaken(chain([Input(features=3), Dense(units=4), Output(units=2)]))
    found = lines(network.graph, network.shapes, booked(network))
    assert [line.name for line in found[:10]] == [
        "X",
        "Y",
        "W[1]",
        "b[1]",
        "Z[1]",
        "A[1]",
        "dA[1]",
        "dZ[1]",
        "dW[1]",
        "db[1]",
    ]
    shapes = {line.name: (line.shape, line.dimensions) for line in found}
    assert shapes["X"] == ((3, 5), ("n[0]", "m"))
    assert shapes["Y"] == ((2, 5), ("n_y", "m"))
    assert shapes["W[2]"] == ((2, 4), ("n[2]", "n[1]"))
    assert shapes["db[1]"] == ((4, 1), ("n[1]", "1"))
    assert shapes["Z[1]"] == ((4, 5), ("n[1]", "m"))


def test_normalizations_have_their_scales_and_statistics():
    network = shaken(chain([Input(features=3), BatchNorm(), LayerNorm(), Output()]))
    names = [line.name for line in lines(network.graph, network.shapes, booked(network))]
    assert {"γ[1]", "β[1]", "running μ[1]", "σ²[1]", "X̂[1]", "dγ[1]", "dβ[2]", "D[2]"} <= set(names)


class Scale(Layer, frozen=True, tag="ledger_scale"):
    """A kind of layer of which the ledger knows nothing."""

    title: ClassVar[str] = "Scale"
    family: ClassVar[Family] = "activation"

    def output_units(self, inputs):
        return inputs[0]

    def parameter_specs(self, inputs):
        return (ParameterSpec("s", (inputs[0], 1)),)

    def initial(self, inputs, generator):
        return {"s": np.ones((inputs[0], 1))}

    def forward(self, build):
        build.emit.apply(np.multiply, build.inputs[0], build.parameters["s"], out=build.output, formula="A = s ∗ A_in")

    def backward(self, build):
        build.emit.reduce("sum", build.d_output, 1, build.gradients["s"], formula="ds = Σ dA")
        build.emit.apply(np.multiply, build.d_output, build.parameters["s"], out=build.d_inputs[0], formula="s ∗ dA")


def test_a_kind_of_layer_without_terms_of_its_own_is_told_by_its_operations_formulas():
    network = shaken(chain([Input(features=3), Dense(units=4), Scale(), Output()]))
    book = booked(network)
    assert {"s[2]", "ds[2]"} <= set(lines_of(network, book))
    assert make(network, book, "A[2]", 1, 1).words == "A = s ∗ A_in"
    assert make(network, book, "ds[2]", 1, 0).words == "ds = Σ dA"
    assert make(network, book, "dA[1]", 1, 0).words == "s ∗ dA"
    assert make(network, book, "s[2]", 1, 0).words.startswith("A parameter")


def test_the_derivative_of_the_loss_is_told_in_one_formula_with_its_numbers():
    network = shaken(chain([Input(features=3), Dense(units=4), Output()]))
    book = booked(network)
    a, y = (float(book.quantities[symbol].values[0, 1]) for symbol in ("A[2]", "Y"))
    words = make(network, book, "dA[2]", 0, 1).words
    assert words == f"dA = −Y/A + (1 − Y)/(1 − A), with a = {written(a)} and y = {written(y)}"


def test_a_frozen_first_layer_has_no_derivatives():
    network = shaken(chain([Input(features=3), Dense(units=4, frozen=True), Output()]))
    names = {line.name for line in lines(network.graph, network.shapes, booked(network))}
    assert "A[1]" in names
    assert not names & {"dA[1]", "dZ[1]", "dW[1]", "db[1]"}


def test_derivatives_of_the_cost_are_the_networks_gradient():
    network = shaken(chain([Input(features=3), Dense(units=4), Output()]))
    book, (X, Y) = booked(network), examples(network, 12)
    gradient = network.gradients(X[list(ROWS)], Y[list(ROWS)])["dense_1.Theta"]
    np.testing.assert_allclose(book.quantities["dW[1]"].values, gradient[:, 1:], rtol=1e-12)
    np.testing.assert_allclose(book.quantities["db[1]"].values, gradient[:, :1], rtol=1e-12)


def test_a_weighted_sum_is_told_with_its_row_and_its_example():
    network = Network(chain([Input(features=2), Dense(units=2), Output()]), precision="float64")
    network.parameters["dense_1.Theta"][1] = [0.1, 0.5, -2.0]
    data = Dataset([[0.2, 0.4], [1.0, -3.0]], [0.0, 1.0], np.float64)
    book = ledger(network, data, (56, 3))
    made = make(network, book, "Z[1]", 1, 1)
    assert made.numbers == "0.5000 · 1.000 − 2.000 · (−3.000) + 0.1000"
    assert made.value == pytest.approx(6.6)
    assert plain(made.latex) == "z[1]⁽⁴⁾₂ = W[1]₂ · x⁽⁴⁾ + b[1]₂"
    assert plain(make(network, book, "dW[1]", 0, 1).latex) == "dw[1]₁,₂ = 1/m Σₖ dz[1]⁽ᵏ⁾₁ x⁽ᵏ⁾₂"
    assert make(network, book, "A[1]", 1, 1).numbers == "tanh(6.600)"


def test_long_sums_write_few_terms_and_sum_up_the_rest():
    network = Network(chain([Input(features=20), Dense(units=2), Output()]), precision="float64")
    made = make(network, booked(network), "Z[1]", 0, 0)
    assert made.numbers.count("·") == MOST_WRITTEN - 1
    assert "… (13 more: " in made.numbers
    assert made.numbers.endswith(" + 0")


def test_what_a_large_matrix_lacks_is_named_and_once_read_the_numbers_are_there():
    network = shaken(chain([Input(features=100), Dense(units=80, activation=Relu()), Output()]), precision="float32")
    book = booked(network)
    made = make(network, book, "Z[1]", 70, 2)
    assert np.isnan(made.value)
    assert Window("W[1]", 70, 71, 0, 100) in made.missing
    made = make(network, booked(network, windows=made.missing), "Z[1]", 70, 2)
    assert made.missing == ()
    assert made.total == pytest.approx(made.value, rel=1e-5)


def test_values_are_found_inside_a_larger_block():
    network = shaken(chain([Input(features=100), Dense(units=80), Output()]))
    block = Window("dW[1]", 10, 30, 40, 90)
    book = booked(network, windows=[block])
    inside = values_of(book, Window("dW[1]", 12, 14, 50, 52))
    np.testing.assert_array_equal(inside, book.windows[block][2:4, 10:12])
    assert values_of(book, Window("dW[1]", 0, 14, 50, 52)) is None


def test_the_places_of_a_picture_are_those_of_its_values():
    network = shaken(chain([Input(features=100), Dense(units=80), Output()]))
    book = booked(network, windows=[Window("W[1]", 0, 80, 0, 100)])
    exact = book.windows[Window("W[1]", 0, 80, 0, 100)]
    rows, columns = picture_places(80), picture_places(100)
    np.testing.assert_array_equal(book.quantities["W[1]"].values, exact[np.ix_(rows, columns)])


def test_a_matrix_in_latex_has_at_most_ten_rows_and_columns_and_dots_for_the_rest():
    small = matrix_latex(np.array([[1.0, -0.25], [3e-9, np.nan]]))
    assert small == "\\begin{bmatrix}\n1 & -0.25 \\\\\n3\\cdot 10^{-9} & \\text{?}\n\\end{bmatrix}"
    large = matrix_latex(np.zeros((12, 11)))
    assert large.count(r"\cdots") == 10
    assert large.count(r"\vdots") == 10
    assert large.count(r"\ddots") == 1


def test_a_table_holds_every_digit():
    values = np.array([[0.1, 1 / 3], [1e-300, -2.0]])
    read = np.array([[float(cell) for cell in line.split("\t")] for line in tab_separated(values).split("\n")])
    np.testing.assert_array_equal(read, values)


def test_a_ledger_fits_only_the_network_it_is_of():
    network = shaken(chain([Input(features=3), Dense(units=4), Output()]))
    book = booked(network)
    assert fits(network.shapes, book)
    for other in ([Dense(units=5)], [], [Dense(units=4), Dense(units=4)]):
        assert not fits(Network(chain([Input(features=3), *other, Output()])).shapes, book)

"""The loss written out term by term is the engine's own loss, for every loss and output."""

from __future__ import annotations

import numpy as np
import pytest

from engine import ACTIVATIONS, LOSSES, PAIRS, Dense, Input, Network, Output, chain
from engine.activations import Identity, Sigmoid, Softmax, Tanh
from engine.dataset import Dataset
from engine.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Hinge, Huber, MeanSquaredError
from engine.walk import walk
from nnstudio.loss_terms import cost_line, latex_number, logistic_lines, loss_terms, number, slope

OUTPUTS = [(activation, loss) for loss, activations in PAIRS.items() for activation in activations]


def targets(loss: str, n_y: int, m: int, rng: np.random.Generator) -> np.ndarray:
    if loss == "categorical_cross_entropy":
        return np.eye(n_y)[rng.integers(0, n_y, m)]
    return rng.integers(0, 2, (m, n_y)).astype(float) if LOSSES[loss].classes else rng.normal(size=(m, n_y))


def written(activation, loss, z, y):
    output = Output(units=len(z), activation=activation, loss=loss)
    z = np.asarray(z, float)
    return loss_terms(output, z, activation.value(z[:, None])[:, 0], np.asarray(y, float))


@pytest.mark.parametrize("n_y", [1, 2, 5, 12])
@pytest.mark.parametrize(("activation", "loss"), OUTPUTS)
def test_the_terms_add_up_to_the_engines_loss(activation, loss, n_y):
    if activation == "softmax" and n_y == 1:
        n_y = 3
    output = Output(units=n_y, activation=ACTIVATIONS[activation](), loss=LOSSES[loss]())
    network = Network(chain([Input(features=3), Dense(units=4, activation=Tanh()), output]), precision="float64")
    rng = np.random.default_rng(n_y)
    network.learned[...] += rng.normal(size=network.learned.shape)
    X, Y = 2 * rng.normal(size=(8, 3)), targets(loss, n_y, 8, rng)
    program = network.look(Dataset(X, Y, np.float64))
    costs = [network.cost(X[i : i + 1], Y[i : i + 1]) for i in range(8)]
    for i in range(8):
        found = loss_terms(output, program.z[:, i], program.a[:, i], Y[i])
        assert found.value == pytest.approx(costs[i], rel=1e-12, abs=1e-12)
        assert found.factor * sum(term.value for term in found.terms) == pytest.approx(costs[i], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("activation", "loss"), OUTPUTS)
def test_the_slope_is_the_engines_da(activation, loss):
    output = Output(units=3, activation=ACTIVATIONS[activation](), loss=LOSSES[loss]())
    network = Network(chain([Input(features=3), output]), precision="float64")
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(6, 3)), targets(loss, 3, 6, rng)
    found = walk(network, Dataset(X, Y, np.float64))
    # What is written in the end: hinge, for one, is put together in several operations.
    values = {stop.about.writes: stop.wrote.values for stop in found.stops}
    np.testing.assert_allclose(slope(output.loss, values["A[1]"], Y.T), values["dA[1]"], rtol=1e-9)


def test_binary_cross_entropy_is_written_in_the_corrected_form_with_its_numbers():
    found = written(Sigmoid(), BinaryCrossEntropy(), [np.log(4.0)], [1.0])
    assert [line.text for line in found.lines()] == [
        "L = −[y log ŷ + (1 − y) log(1 − ŷ)]",
        "= −[1·log 0.8000 + 0·log 0.2000]",
        "= −[(−0.2231) + 0]",
        "= 0.2231",
    ]
    assert found.lines()[1].latex == r"= {-}\left[1\cdot\log\,0.8000 + 0\cdot\log\,0.2000\right]"


@pytest.mark.parametrize(("z", "y", "loss", "rounds"), [(40.0, 0.0, 40.0, "1"), (-800.0, 1.0, 800.0, "0")])
def test_a_prediction_that_rounds_is_said_and_the_loss_is_exact(z, y, loss, rounds):
    found = written(Sigmoid(), BinaryCrossEntropy(), [z], [y])
    assert found.value == pytest.approx(loss, rel=1e-12)
    assert found.notes[0].startswith(f"ŷ rounds to {rounds}. The loss is exact all the same: it is computed from z")
    assert found.factor * sum(term.value for term in found.terms) == pytest.approx(loss, rel=1e-12)


def test_no_logarithm_of_zero_is_written_where_the_loss_is_finite():
    z, a = np.array([-60.0]), np.array([0.0])
    assert loss_terms(Output(), z, a, np.array([1.0])).lines()[1].text == "= −[1·log 8.76e−27 + 0·log 1.000]"
    z, a = np.array([0.0, 80.0]), np.array([0.0, 1.0])
    softmax = Output(activation=Softmax(), loss=CategoricalCrossEntropy())
    assert "1·log 1.80e−35" in loss_terms(softmax, z, a, np.array([1.0, 0.0])).lines()[1].text


def test_a_prediction_that_does_not_round_is_not_said_to():
    notes = written(Sigmoid(), BinaryCrossEntropy(), [2.0], [1.0]).notes
    assert notes == ("The logarithms are computed from z: log ŷ = −log(1 + e⁻ᶻ) and log(1 − ŷ) = −log(1 + eᶻ).",)
    assert written(Sigmoid(), MeanSquaredError(), [2.0], [1.0]).notes == ()


def test_of_many_classes_only_the_examples_own_is_written():
    found = written(Softmax(), CategoricalCrossEntropy(), np.arange(10.0), np.eye(10)[7])
    assert found.lines()[1].text.startswith("= −[1·log ")
    assert found.lines()[1].text.count("log") == 1
    assert found.rest() == "The other 9 terms add 0."


def test_of_many_errors_the_largest_are_written_and_the_rest_is_told():
    found = written(Identity(), MeanSquaredError(), [0.0, 0.1, 5.0, 2.0, 0.2], np.zeros(5))
    assert found.lines()[1].text == "= ½ [(5.000 − 0)² + (2.000 − 0)² + (0.2000 − 0)² + …]"
    assert found.rest() == "The other 2 terms add 0.01000."


def test_huber_tells_which_of_its_pieces_holds():
    assert "counts squared" in written(Identity(), Huber(), [0.5], [0.0]).notes[0]
    far = written(Identity(), Huber(delta=2.0), [5.0], [0.0])
    assert "counts in proportion" in far.notes[0]
    assert far.lines()[1].text == "= 2.000·(|5.000 − 0| − ½·2.000)"
    assert far.value == 8.0


def test_hinge_writes_the_class_as_a_sign():
    found = written(Identity(), Hinge(), [0.25], [0.0])
    assert found.lines()[1].text == "= max(0, 1 − (−1)·0.2500)"
    assert found.value == 1.25


def test_logistic_regression_is_written_out():
    lines = [line.text for line in logistic_lines([1.0, 2.0, 3.0], [0.5, -0.25, 1.0], -0.5)]
    assert lines == [
        "x = (1.000, 2.000, 3.000)ᵀ",
        "w = (0.5000, −0.2500, 1.000)ᵀ",
        "b = −0.5000",
        "z = wᵀx + b",
        "= 0.5000·1.000 + (−0.2500)·2.000 + 1.000·3.000",
        "+ (−0.5000)",
        "= 2.500",
        "ŷ = σ(z) = 1 / (1 + e⁻ᶻ) = 0.9241",
    ]


def test_the_cost_is_the_mean_and_with_class_weights_the_weighted_mean():
    assert cost_line(1200, 0.5, weighted=False).text == "J = 1/m Σᵢ L⁽ⁱ⁾ = 0.5000, m = 1\u202f200"
    assert cost_line(3, 0.5, weighted=True).text.startswith("J = Σᵢ c⁽ⁱ⁾ L⁽ⁱ⁾ / Σᵢ c⁽ⁱ⁾")


def test_numbers_are_told_so_that_one_is_told_from_nearly_one():
    assert number(1 - 1e-9, probable=True) == "0.999999999"
    assert number(1.0, probable=True) == "1.000"
    assert latex_number(-3.14e-9) == r"{-}3.14\cdot 10^{-9}"
    assert latex_number(12300.0) == r"12\,300"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_do_no_harm(bad):
    for activation, loss in OUTPUTS:
        output = Output(units=2, activation=ACTIVATIONS[activation](), loss=LOSSES[loss]())
        with np.errstate(all="ignore"):
            found = loss_terms(output, np.array([bad, 0.0]), np.array([bad, 0.5]), np.array([1.0, 0.0]))
        assert len(found.lines()) >= 3

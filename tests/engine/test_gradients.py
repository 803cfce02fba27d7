"""Every gradient against central differences, and the fast program against the one for looking."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import HIDDEN, N_FEATURES, OUTPUTS, examples, random_graphs, shaken, units_for
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    LAYERS,
    BatchNorm,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Dataset,
    Dense,
    Input,
    LayerNorm,
    Network,
    Output,
    Sigmoid,
    Softmax,
    TrainingSettings,
    chain,
    check_gradients,
)
from engine.activations import Identity, Relu, Tanh
from engine.losses import MeanAbsoluteError

TOLERANCE = 1e-6
TITLES = [f"{activation.title} with {loss.title}" for activation, loss in OUTPUTS]


def output(activation, loss, **others) -> Output:
    return Output(units=units_for(loss), activation=activation, loss=loss, **others)


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda kind: kind.title)
@pytest.mark.parametrize(("activation", "loss"), OUTPUTS, ids=TITLES)
def test_a_deep_network_has_the_gradient_that_differences_give(hidden, activation, loss):
    layers = [Dense(units=5, activation=hidden()), Dense(units=4, activation=hidden())]
    network = shaken(chain([Input(features=3), *layers, output(activation, loss)]))
    found = check_gradients(network, *examples(network))
    assert found.worst < TOLERANCE
    assert found.compared > found.skipped


@pytest.mark.parametrize(("activation", "loss"), OUTPUTS, ids=TITLES)
def test_no_hidden_layer_is_logistic_regression_with_the_right_gradient(activation, loss):
    network = shaken(chain([Input(features=3), output(activation, loss)]))
    assert check_gradients(network, *examples(network)).worst < TOLERANCE


@settings(max_examples=120, deadline=None)
@given(graph=random_graphs(), seed=st.integers(0, 1000))
def test_random_graphs_have_the_gradient_that_differences_give(graph, seed):
    network = shaken(graph, seed)
    found = check_gradients(network, *examples(network, m=7, seed=seed), most=12)
    assert found.worst < TOLERANCE, found


@settings(max_examples=150, deadline=None)
@given(graph=random_graphs(), size=st.integers(2, 9), seed=st.integers(0, 1000))
def test_the_program_for_speed_and_the_one_for_looking_agree_on_random_graphs(graph, size, seed):
    network = shaken(graph, seed)
    X, Y = examples(network, size, seed)
    looked = network.look(Dataset(X, Y, np.float64))
    fast = network.program(size, "training")
    fast.take(np.insert(X, 0, 1.0, axis=1), Y)
    fast.run("forward", "loss", "backward")
    np.testing.assert_allclose(fast.z, looked.z, rtol=1e-11, atol=1e-13)
    expected = 2.0 * looked.a - 1.0 if fast.logistic else looked.a
    np.testing.assert_allclose(fast.a, expected, rtol=1e-11, atol=1e-13)
    seen = network.gradients(X, Y)
    scale = max(float(np.abs(array).max()) for array in seen.values())
    for key, gradient in network.slices(network.gradient).items():
        np.testing.assert_allclose(gradient * fast.share, seen[key], rtol=1e-9, atol=1e-12 * (1 + scale))


@settings(max_examples=60, deadline=None)
@given(graph=random_graphs(), seed=st.integers(0, 1000))
def test_looking_and_checking_touch_neither_statistics_nor_gradient_nor_the_random_generator(graph, seed):
    network = shaken(graph, seed)
    X, Y = examples(network, 6, seed)
    network.gradient[...] = 7.0
    before = network.theta.tobytes(), network.gradient.tobytes(), network.generator.bit_generator.state
    network.look(Dataset(X, Y, np.float64))
    check_gradients(network, X, Y, most=2)
    network.predict(X)
    assert (network.theta.tobytes(), network.gradient.tobytes(), network.generator.bit_generator.state) == before


@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0.0), (0.0, 0.3), (0.2, 0.1)], ids=["L1", "L2", "L1 and L2 together"])
def test_penalties_have_the_gradient_that_differences_give(l1, l2):
    network = shaken(chain([Input(features=3), Dense(units=4), BatchNorm(), Output(units=2)]))
    found = check_gradients(network, *examples(network), TrainingSettings(l1=l1, l2=l2))
    assert found.worst < TOLERANCE


@pytest.mark.parametrize("binary", [True, False], ids=["yes or no", "three classes"])
def test_class_weights_have_the_gradient_that_differences_give(binary):
    last = (
        Output(units=1, activation=Sigmoid(), loss=BinaryCrossEntropy(), class_weights=(0.5, 3.0))
        if binary
        else Output(units=3, activation=Softmax(), loss=CategoricalCrossEntropy(), class_weights=(0.5, 3.0, 1.0))
    )
    network = shaken(chain([Input(features=3), Dense(units=4), last]))
    assert check_gradients(network, *examples(network)).worst < TOLERANCE


def test_parameters_at_a_kink_are_skipped_and_counted():
    network = Network(chain([Input(features=2), Dense(units=3, activation=Relu()), Output()]), precision="float64")
    network.parameters["dense_1.Theta"][...] = 0.0  # z = 0 for every unit: each stands exactly at the kink
    found = check_gradients(network, np.ones((4, 2)), np.ones((4, 1)))
    by_key = {array.key: array for array in found.arrays}
    assert (by_key["dense_1.Theta"].compared, by_key["dense_1.Theta"].skipped) == (0, 9)
    assert by_key["output.Theta"].skipped == 0
    assert found.passed


def test_an_error_of_zero_is_a_kink_of_the_absolute_loss():
    network = Network(
        chain([Input(features=1), Output(units=1, activation=Identity(), loss=MeanAbsoluteError())]),
        precision="float64",
    )
    network.theta[...] = [0.0, 1.0]
    assert check_gradients(network, [[2.0]], [[2.0]]).skipped == 2
    assert check_gradients(network, [[2.0]], [[2.5]]).skipped == 0


def test_a_wrong_derivative_is_found(monkeypatch):
    def halved(self, emit, z, a, da, dz):
        emit.apply(np.multiply, da, emit.constant(0.5), out=dz)

    monkeypatch.setattr(Tanh, "emit_backward", halved)
    network = shaken(chain([Input(features=3), Dense(units=4), Output(units=2)]))
    found = check_gradients(network, *examples(network))
    assert not found.passed
    assert next(array for array in found.arrays if array.key == "dense_1.Theta").error > 1e-2
    assert next(array for array in found.arrays if array.key == "output.Theta").error < TOLERANCE


@pytest.mark.parametrize("kind", ["dense_1", "batchnorm_1", "layernorm_1"])
def test_a_frozen_layer_has_no_gradient_and_those_before_it_keep_theirs(kind):
    layers = {
        "dense_1": Dense(units=4, frozen=kind == "dense_1"),
        "batchnorm_1": BatchNorm(frozen=kind == "batchnorm_1"),
        "layernorm_1": LayerNorm(frozen=kind == "layernorm_1"),
    }
    first = Dense(units=5) if kind == "dense_1" else layers["dense_1"]
    rest = [layer for name, layer in layers.items() if layer is not first]
    network = shaken(chain([Input(features=3), first, *rest, Output(units=2)]))
    found = check_gradients(network, *examples(network))
    frozen = {"dense_1": "dense_2"}.get(kind, kind)
    assert not any(array.key.startswith(frozen) for array in found.arrays)
    assert any(array.key.startswith("dense_1") for array in found.arrays)
    assert found.worst < TOLERANCE


@pytest.mark.parametrize("z", [1e30, -1e30, 800.0, -800.0, 0.0])
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_binary_cross_entropy_is_finite_and_exact_for_any_z(z, y):
    value = BinaryCrossEntropy().from_z(np.array([[z]]), np.array([[y]]))[0]
    expected = {0.0: max(z, 0.0), 1.0: max(-z, 0.0)}[y] + (np.log(2) if z == 0 else 0.0)
    assert value == pytest.approx(expected, rel=1e-12)


def test_categorical_cross_entropy_is_finite_for_any_z():
    z = np.array([[1e30], [-1e30], [0.0]])
    assert CategoricalCrossEntropy().from_z(z, np.array([[1.0], [0.0], [0.0]]))[0] == 0.0
    assert CategoricalCrossEntropy().from_z(z, np.array([[0.0], [0.0], [1.0]]))[0] == 1e30


@pytest.mark.parametrize(("activation", "loss"), OUTPUTS, ids=TITLES)
def test_dz_is_a_minus_y_for_the_three_pairs_of_the_notes_and_da_times_slope_for_others(activation, loss):
    network = shaken(chain([Input(features=2), Dense(units=3), output(activation, loss)]))
    X, Y = examples(network)
    program = network.look(Dataset(X, Y, np.float64))
    dz, difference = program.refs["dZ[2]"].array, program.a - Y.T
    assert np.array_equal(dz, difference) is network.output.fused


def test_every_layer_is_drawn_in_random_graphs():
    drawn = {"input", "output", "dense", "activation", "batch_norm", "layer_norm", "dropout", "add", "concatenate"}
    assert set(LAYERS) <= drawn, "add the new layer to random_graphs"
    assert N_FEATURES == 3

"""Every activation: its values, its derivative, and the program operations that compute both."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from engine import Dataset, Dense, Input, Network, Output, chain
from engine.activations import (
    ACTIVATIONS,
    Activation,
    Elu,
    Gelu,
    Identity,
    LeakyRelu,
    Relu,
    Selu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from engine.emit import Arena, Emitter, Ref
from engine.losses import CategoricalCrossEntropy

HIDDEN = [kind for kind in ACTIVATIONS.values() if not kind.output_only]
SETTINGS = [
    *(kind() for kind in HIDDEN),
    *(Elu(alpha=alpha) for alpha in (0.0, 0.3, 2.5)),
    *(LeakyRelu(slope=slope) for slope in (0.0, 0.3, 1.0)),
]
FEW, MANY = (3, 8), (6, 500)
Z = np.linspace(-6, 6, 97) + 0.013


def settings_of(activation) -> str:
    return str(activation).removesuffix("()")


def case_name(value) -> str:
    return settings_of(value) if isinstance(value, Activation) else ""


def ran(activation, z, da=None, mode="training", in_place=False):
    """Return a, and dz where da is given, from the emitted operations; in place as a layer may do it."""
    emit = Emitter(Arena(z.dtype), mode)
    z_ref = Ref("Z", z.copy())
    a_ref = z_ref if in_place else Ref("A", np.full_like(z, np.nan))
    emit.at("layer", 1, "forward")
    activation.emit_forward(emit, z_ref, a_ref)
    dz_ref = None
    if da is not None:
        emit.at("layer", 1, "backward")
        da_ref = Ref("dA", da.copy())
        dz_ref = da_ref if in_place else Ref("dZ", np.full_like(z, np.nan))
        activation.emit_backward(emit, z_ref, a_ref, da_ref, dz_ref)
    with np.errstate(all="ignore"):
        for operation in emit.operations:
            operation.call(*operation.args)
    return a_ref.array, None if dz_ref is None else dz_ref.array


KNOWN = [
    (Identity(), lambda z: z),
    (Sigmoid(), special.expit),
    (Tanh(), np.tanh),
    (Relu(), lambda z: np.where(z < 0, 0.0, z)),
    (LeakyRelu(slope=0.2), lambda z: np.where(z < 0, 0.2 * z, z)),
    (Elu(), lambda z: np.where(z < 0, np.exp(z) - 1, z)),
    (Elu(alpha=2.5), lambda z: np.where(z < 0, 2.5 * (np.exp(z) - 1), z)),
    (Selu(), lambda z: 1.0507009873554805 * np.where(z < 0, 1.6732632423543772 * (np.exp(z) - 1), z)),
    (Gelu(), lambda z: 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))),
    (Softplus(), lambda z: np.log(1 + np.exp(z))),
    (Silu(), lambda z: z * special.expit(z)),
]


@pytest.mark.parametrize(("activation", "closed_form"), KNOWN, ids=case_name)
def test_a_value_is_the_closed_form(activation, closed_form):
    np.testing.assert_allclose(activation.value(Z), closed_form(Z), rtol=1e-12, atol=1e-15)


def test_every_hidden_activation_has_a_known_closed_form():
    assert {type(activation) for activation, _ in KNOWN} == set(HIDDEN)


def test_softmax_is_scipys():
    z = np.random.default_rng(0).normal(size=(4, 9)) * 5
    np.testing.assert_allclose(Softmax().value(z), special.softmax(z, axis=0), rtol=1e-12)


def test_gelu_stays_close_to_its_exact_form():
    exact = Z * 0.5 * (1 + special.erf(Z / np.sqrt(2)))
    assert np.abs(Gelu().value(Z) - exact).max() < 5e-4


def test_selu_keeps_mean_0_and_variance_1():
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    weights = weights / weights.sum()
    a = Selu().value(nodes)
    mean = weights @ a
    assert mean == pytest.approx(0.0, abs=5e-3)
    assert weights @ (a - mean) ** 2 == pytest.approx(1.0, abs=5e-3)


@pytest.mark.parametrize("activation", SETTINGS, ids=settings_of)
def test_the_derivative_of_an_activation_is_its_slope(activation):
    h = 1e-6
    slope = (activation.value(Z + h) - activation.value(Z - h)) / (2 * h)
    np.testing.assert_allclose(activation.derivative(Z), slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("activation", SETTINGS, ids=settings_of)
def test_at_a_kink_the_derivative_is_that_of_the_right_branch(activation):
    for kink in activation.kinks:
        at, right = (np.full((2, 200), z) for z in (kink, kink + 1e-9))
        expected = activation.derivative(right)
        np.testing.assert_array_equal(activation.derivative(at), expected)
        for columns in (slice(4), slice(None)):
            dz = ran(activation, at[:, columns], np.ones_like(at[:, columns]))[1]
            np.testing.assert_allclose(dz, expected[:, columns], rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ACTIVATIONS.values(), ids=lambda kind: kind.title)
def test_value_and_derivative_keep_shape_and_type(kind, dtype):
    z = np.zeros((3, 2), dtype)
    for made in (kind().value(z), kind().derivative(z)):
        assert (made.shape, made.dtype) == (z.shape, z.dtype)


@pytest.mark.parametrize("shape", [FEW, MANY], ids=["few", "many"])
@pytest.mark.parametrize("mode", ["training", "looking"])
@pytest.mark.parametrize("activation", SETTINGS, ids=settings_of)
def test_the_emitted_operations_are_value_and_derivative(activation, mode, shape):
    rng = np.random.default_rng(5)
    z, da = 3 * rng.normal(size=shape), rng.normal(size=shape)
    in_place = mode == "training" and not activation.needs_z
    a, dz = ran(activation, z, da, mode, in_place)
    np.testing.assert_allclose(a, activation.value(z), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(dz, da * activation.derivative(z), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("shape", [FEW, MANY], ids=["few", "many"])
@pytest.mark.parametrize("activation", SETTINGS, ids=settings_of)
def test_inference_computes_what_training_computes(activation, shape):
    z = 3 * np.random.default_rng(6).normal(size=shape)
    in_place = not activation.needs_z
    inferred, trained = (ran(activation, z, mode=mode, in_place=in_place)[0] for mode in ("inference", "training"))
    np.testing.assert_array_equal(inferred, trained)


@pytest.mark.parametrize("mode", ["training", "looking"])
def test_the_emitted_softmax_is_value_and_jacobian(mode):
    rng = np.random.default_rng(5)
    z, da = rng.normal(size=(4, 9)), rng.normal(size=(4, 9))
    a, dz = ran(Softmax(), z, da, mode)
    np.testing.assert_allclose(a, Softmax().value(z), rtol=1e-12)
    jacobians = [np.diag(column) - np.outer(column, column) for column in a.T]
    expected = np.stack([jacobian @ column for jacobian, column in zip(jacobians, da.T, strict=True)], axis=1)
    np.testing.assert_allclose(dz, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", ACTIVATIONS.values(), ids=lambda kind: kind.title)
def test_an_activation_in_a_network_is_its_own_formula(kind):
    activation = kind()
    z = np.linspace(-4, 4, 24).reshape(3, 8) + 0.013
    if kind.output_only:
        layers, node = [Output(units=3, activation=activation, loss=CategoricalCrossEntropy())], "output"
    else:
        layers, node = [Dense(units=3, activation=activation), Output()], "dense_1"
    network = Network(chain([Input(features=3), *layers]), precision="float64")
    network.theta[:] = 0
    network.parameters[f"{node}.Theta"][:, 1:] = np.eye(3)
    program = network.look(Dataset(z.T, np.zeros((8, network.n_outputs)), np.float64))
    np.testing.assert_allclose(program.values[node].array, activation.value(z), rtol=1e-12)


# g and g' far to the left of 0, then far to the right.
FAR = [
    (Sigmoid(), 0.0, 0.0, lambda z: np.ones_like(z), 0.0),
    (Tanh(), -1.0, 0.0, lambda z: np.ones_like(z), 0.0),
    (Relu(), 0.0, 0.0, lambda z: z, 1.0),
    (Elu(), -1.0, 0.0, lambda z: z, 1.0),
    (Elu(alpha=2.5), -2.5, 0.0, lambda z: z, 1.0),
    (Selu(), -1.0507009873554805 * 1.6732632423543772, 0.0, lambda z: 1.0507009873554805 * z, 1.0507009873554805),
    (Gelu(), 0.0, 0.0, lambda z: z, 1.0),
    (Softplus(), 0.0, 0.0, lambda z: z, 1.0),
    (Silu(), 0.0, 0.0, lambda z: z, 1.0),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [2, 400])
@pytest.mark.parametrize("size", [1e3, 1e4, 1e12, 1e20, 1e30])
@pytest.mark.parametrize(("activation", "left", "left_slope", "right", "right_slope"), FAR, ids=case_name)
def test_large_values_give_the_limits(activation, left, left_slope, right, right_slope, size, count, dtype):
    z = np.array([[-size], [size]], dtype).repeat(count, axis=1)
    value = np.stack([np.full(count, left), right(z[1].astype(np.float64))])
    slope = np.array([[left_slope], [right_slope]]).repeat(count, axis=1)
    a, dz = ran(activation, z, np.ones_like(z))
    with np.errstate(**({"all": "ignore"} if size > 1e4 else {})):  # a warning is an error
        own = activation.value(z), activation.derivative(z)
    for found, expected in ((a, value), (dz, slope), (own[0], value), (own[1], slope)):
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("kind", ACTIVATIONS.values(), ids=lambda kind: kind.title)
def test_ordinary_values_raise_no_warning(kind):
    z = np.concatenate([-np.logspace(4, -8, 60), [0.0], np.logspace(-8, 4, 60)])
    for dtype in (np.float32, np.float64):
        assert np.isfinite(kind().value(z.astype(dtype))).all()
        assert np.isfinite(kind().derivative(z.astype(dtype))).all()


@pytest.mark.parametrize("kind", ACTIVATIONS.values(), ids=lambda kind: kind.title)
def test_a_value_that_is_not_a_number_stays_one(kind):
    for shape in (FEW, MANY):
        z = np.zeros(shape)
        z[0, 0] = np.nan
        assert np.isnan(ran(kind(), z)[0][0, 0])

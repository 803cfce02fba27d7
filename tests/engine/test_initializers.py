"""Every initializer: its distribution, its shapes and its repeatability; and how layers draw W and b."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from engine import Dense, Input, Network, Output, chain
from engine.declared import name_of
from engine.initializers import (
    BIAS_INITIALIZERS,
    INITIALIZERS,
    Constant,
    HeNormal,
    HeUniform,
    LecunNormal,
    Normal,
    Ones,
    Orthogonal,
    Uniform,
    XavierNormal,
    XavierUniform,
    Zeros,
)

N_OUT, N_IN = 300, 200
VARIANCES = [
    (Normal(scale=0.3), 0.09),
    (Uniform(limit=0.3), 0.03),
    (XavierNormal(), 2 / (N_IN + N_OUT)),
    (XavierUniform(), 2 / (N_IN + N_OUT)),
    (HeNormal(), 2 / N_IN),
    (HeUniform(), 2 / N_IN),
    (LecunNormal(), 1 / N_IN),
]


def drawn(initializer, n_out=N_OUT, n_in=N_IN, seed=0):
    return initializer.draw(n_out, n_in, np.random.default_rng(seed))


def title(value) -> str:
    return getattr(value, "title", str(value))


@pytest.mark.parametrize(("initializer", "variance"), VARIANCES, ids=title)
def test_weights_have_mean_zero_and_the_variance_of_the_formula(initializer, variance):
    W = drawn(initializer)
    fourth = ((W / np.sqrt(variance)) ** 4).mean()
    assert abs(W.mean()) < 5 * np.sqrt(variance / W.size)
    assert abs(W.var() / variance - 1) < 5 * np.sqrt((fourth - 1) / W.size)


@pytest.mark.parametrize(
    ("initializer", "limit"),
    [
        (Uniform(limit=0.3), 0.3),
        (XavierUniform(), np.sqrt(6 / (N_IN + N_OUT))),
        (HeUniform(), np.sqrt(6 / N_IN)),
    ],
    ids=title,
)
def test_uniform_weights_fill_their_limits_and_keep_them(initializer, limit):
    largest = np.abs(drawn(initializer)).max()
    assert 0.999 * limit < largest <= limit


@pytest.mark.parametrize("initializer", [Normal(), XavierNormal(), HeNormal(), LecunNormal()], ids=title)
def test_normal_weights_have_the_tails_of_a_normal_distribution(initializer):
    W = drawn(initializer)
    beyond = (np.abs(W) > 2 * W.std()).mean()
    assert beyond == pytest.approx(0.0455, abs=0.005)


@pytest.mark.parametrize("gain", [1.0, 1.5, 0.0])
@pytest.mark.parametrize(("n_out", "n_in"), [(5, 5), (4, 9), (9, 4), (1, 6), (6, 1), (1, 1)])
def test_orthogonal_weights_are_orthonormal_times_the_gain(n_out, n_in, gain):
    W = drawn(Orthogonal(gain=gain), n_out, n_in)
    assert W.shape == (n_out, n_in)
    product = W @ W.T if n_out <= n_in else W.T @ W
    np.testing.assert_allclose(product, gain**2 * np.eye(min(n_out, n_in)), atol=1e-12)


def test_orthogonal_weights_favor_no_sign():
    singles = [drawn(Orthogonal(), 1, 1, seed)[0, 0] for seed in range(200)]
    assert 70 < sum(single > 0 for single in singles) < 130


def test_the_fixed_initializers_are_what_they_say():
    np.testing.assert_array_equal(drawn(Zeros(), 2, 3), np.zeros((2, 3)))
    np.testing.assert_array_equal(drawn(Ones(), 2, 3), np.ones((2, 3)))
    np.testing.assert_array_equal(drawn(Constant(value=-0.25), 2, 3), np.full((2, 3), -0.25))
    np.testing.assert_array_equal(drawn(Uniform(limit=0.0), 2, 3), np.zeros((2, 3)))


@pytest.mark.parametrize("kind", INITIALIZERS.values(), ids=title)
def test_the_same_seed_gives_the_same_weights_of_the_right_shape(kind):
    first, again = drawn(kind(), 7, 3), drawn(kind(), 7, 3)
    assert first.shape == (7, 3)
    assert first.dtype == np.float64
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("kind", INITIALIZERS.values(), ids=title)
def test_another_seed_gives_other_weights_where_they_are_random(kind):
    fixed = kind in (Zeros, Ones, Constant)
    assert np.array_equal(drawn(kind(), 7, 3, seed=0), drawn(kind(), 7, 3, seed=1)) == fixed


def theta_of(seed=4, **settings):
    network = Network(chain([Input(features=6), Dense(units=5, **settings), Output(units=2, **settings)]), seed)
    return network.parameters["dense_1.Theta"], network.parameters["output.Theta"]


@pytest.mark.parametrize("kind", INITIALIZERS.values(), ids=title)
def test_biases_begin_at_zero_unless_chosen_otherwise(kind):
    for theta in theta_of(initializer=kind()):
        assert not theta[:, 0].any()


@pytest.mark.parametrize("kind", BIAS_INITIALIZERS.values(), ids=title)
def test_biases_are_drawn_by_their_own_initializer_and_weights_stay_as_they_were(kind):
    changed = theta_of(bias_initializer=kind())
    for theta, usual, again in zip(changed, theta_of(), theta_of(bias_initializer=kind()), strict=True):
        np.testing.assert_array_equal(theta[:, 1:], usual[:, 1:])
        np.testing.assert_array_equal(theta, again)
        assert theta[:, 0].any() == (kind is not Zeros)


def test_biases_take_the_settings_of_their_initializer():
    for theta in theta_of(bias_initializer=Constant(value=0.5)):
        np.testing.assert_array_equal(theta[:, 0], 0.5)
    for theta in theta_of(bias_initializer=Uniform(limit=0.25)):
        assert len(set(theta[:, 0])) == len(theta)
        assert (np.abs(theta[:, 0]) <= 0.25).all()


@pytest.mark.parametrize("kind", [Dense, Output])
@pytest.mark.parametrize("initializer", [HeNormal(), XavierUniform(), Orthogonal()], ids=title)
def test_an_initializer_that_needs_a_fan_in_is_refused_for_biases_in_a_file(kind, initializer):
    file = msgspec.json.encode({"type": name_of(kind), "bias_initializer": initializer})
    with pytest.raises(msgspec.ValidationError, match="bias_initializer"):
        msgspec.json.decode(file, type=kind)


def test_the_first_initializers_draw_what_they_always_drew():
    expected = np.random.default_rng(0).standard_normal((3, 4))
    for initializer, scale in ((Normal(), 0.01), (XavierNormal(), np.sqrt(2 / 7)), (HeNormal(), np.sqrt(2 / 4))):
        np.testing.assert_array_equal(drawn(initializer, 3, 4), expected * scale)

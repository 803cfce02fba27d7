"""Axes of planes through the parameters: orthonormal, drawn as they say, never nothing."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import examples, random_graphs
from hypothesis import given, settings
from hypothesis import strategies as st
from test_trainer import small

from engine import Dataset, Dense, Input, LayerNorm, Network, Output, Trainer, TrainingSettings, chain
from engine.initializers import Zeros
from engine.plane import Axis, basis_of, entry_of, fits, principal_directions, random_direction

W = Axis("parameter", "dense_1.Theta", 4, 2)
B = Axis("parameter", "output.Theta", 0, 0)
FILTER = (Axis("filter", number=1), Axis("filter", number=2))
PLAIN = (Axis("plain", number=1), Axis("plain", number=2))
PATH = (Axis("path", number=0), Axis("path", number=1))
KINDS = [(W, B), (B, FILTER[0]), FILTER, PLAIN, (FILTER[0], PLAIN[0]), PATH, (Axis("step"), PATH[0]), (Axis("step"), W)]


@settings(max_examples=25, deadline=None)
@given(random_graphs(), st.integers(0, 9), st.integers(0, 9))
def test_axes_are_orthonormal_and_never_nothing_in_any_network(graph, first, second):
    network = Network(graph, precision="float64")
    X, Y = examples(network, m=8)
    trainer = Trainer(network, Dataset(X, Y, np.float64), TrainingSettings(batch_size=4, precision="float64"))
    _, step = trainer.rehearse()
    entry = Axis("parameter", next(iter(network.slices(network.learned))), 0, 0)
    pairs = [(Axis("filter", number=first), Axis("filter", number=second)), (Axis("step"), entry), PATH]
    pairs += [(entry, PATH[1]), (Axis("plain", number=first), Axis("filter", number=first)), (Axis("step"),) * 2]
    for axes in pairs:
        basis = basis_of(network, network.learned, axes, trainer.path.points, step)
        np.testing.assert_allclose(basis @ basis.T, np.eye(2), atol=1e-9)


def test_a_parameter_axis_is_that_parameter_alone():
    network = small()
    basis = basis_of(network, network.learned, (W, B), network.learned[None], network.learned)
    views = [network.slices(vector) for vector in basis]
    assert views[0]["dense_1.Theta"][4, 2] == views[1]["output.Theta"][0, 0] == 1.0
    assert np.count_nonzero(basis) == 2


def test_a_direction_beside_a_parameter_leaves_the_parameter_alone():
    network = small(precision="float64")
    drawn = random_direction(network, network.learned, 1)
    place = entry_of(network, W)
    drawn[place] = 0.0
    basis = basis_of(network, network.learned, (FILTER[0], W), network.learned[None], network.learned)
    np.testing.assert_allclose(basis[0], drawn / np.linalg.norm(drawn), rtol=1e-12)


def test_a_filter_normalised_direction_is_as_long_as_the_weights_of_each_unit_and_as_every_other_array():
    network = Network(chain([Input(features=3), Dense(units=4), LayerNorm(), Output(units=2)]), precision="float64")
    network.learned[...] += 0.5 * np.random.default_rng(0).normal(size=network.learned_count)
    drawn = network.slices(random_direction(network, network.learned, 5))
    own = network.slices(network.learned)
    for key in ("dense_1.Theta", "output.Theta"):
        np.testing.assert_allclose(
            np.linalg.norm(drawn[key][:, 1:], axis=1), np.linalg.norm(own[key][:, 1:], axis=1), rtol=1e-12
        )
        assert np.linalg.norm(drawn[key][:, 0]) == pytest.approx(np.linalg.norm(own[key][:, 0]), rel=1e-12)
    normalization = next(key for key in own if key.endswith("gamma"))
    assert np.linalg.norm(drawn[normalization]) == pytest.approx(np.linalg.norm(own[normalization]), rel=1e-12)


def test_a_random_direction_is_the_same_for_the_same_seed_and_another_for_another():
    network = small()
    for plain in (False, True):
        first = random_direction(network, network.learned, 5, plain)
        np.testing.assert_array_equal(first, random_direction(small(), small().learned, 5, plain))
        other = random_direction(network, network.learned, 6, plain)
        cosine = first @ other / np.linalg.norm(first) / np.linalg.norm(other)
        assert abs(cosine) < 0.5


def test_a_filter_normalised_direction_leaves_arrays_of_zeros_and_is_drawn_all_the_same_where_all_are_zero():
    network = small()
    drawn = network.slices(random_direction(network, network.learned, 1))
    assert not drawn["dense_1.Theta"][:, 0].any()
    nothing = Network(chain([Input(features=2), Output(initializer=Zeros())]))
    assert random_direction(nothing, nothing.learned, 1).any()


def test_principal_directions_are_those_of_a_singular_value_decomposition_about_the_center():
    rng = np.random.default_rng(3)
    points, center = rng.normal(size=(9, 40)).cumsum(axis=0), rng.normal(size=40)
    found = principal_directions(points, center, 2)
    _, _, expected = np.linalg.svd(points - center, full_matrices=False)
    for mine, theirs in zip(found, expected, strict=False):
        assert abs(mine @ theirs) == pytest.approx(1.0, abs=1e-12)
    assert (points[0] - center) @ found[0] < 0
    assert principal_directions(np.zeros((0, 40)), center, 2) == []


@pytest.mark.parametrize(
    "axes",
    [
        (W, W),
        (W, Axis("parameter", "dense_9.Theta")),
        (Axis("parameter", "dense_1.Theta", 99, 0), B),
        (Axis("parameter", "dense_1.Theta", 0, -1), B),
    ],
)
def test_axes_that_do_not_go_with_a_network_do_not_fit(axes):
    assert not fits(small(), axes)


def test_a_frozen_layer_has_no_axis():
    network = Network(chain([Input(features=2), Dense(units=4, frozen=True), Output()]))
    assert not fits(network, (Axis("parameter", "dense_1.Theta", 0, 0), B))
    assert fits(network, (Axis("parameter", "output.Theta", 0, 1), B))

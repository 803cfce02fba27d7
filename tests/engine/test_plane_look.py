"""Looks at a plane: costs against an independent computation, the step that then comes, and who waits for whom."""

from __future__ import annotations

import time
from queue import SimpleQueue

import numpy as np
import pytest
from graphs import examples, random_graphs
from hypothesis import given, settings
from hypothesis import strategies as st
from test_plane import FILTER, KINDS, PATH, B, W
from test_trainer import OPTIMIZERS, rings, small

from engine import BatchNorm, Dataset, Dense, Dropout, Input, Network, Output, Trainer, TrainingSettings, chain
from engine.activations import Identity, Softmax
from engine.declared import name_of, replace
from engine.landscape import SIDES, Landscape, Square, framed
from engine.losses import CategoricalCrossEntropy, MeanSquaredError
from engine.optimizers import Adam, Sgd
from engine.path import most_parameters
from engine.plane import Axis, PlaneRequest
from engine.plane_look import PlaneLooker
from engine.snapshot import ProbeRequest
from engine.training_thread import TrainingThread

PATIENCE = 30.0
SETTINGS = TrainingSettings(optimizer=Adam(learning_rate=0.03), batch_size=40, precision="float64")
FOREVER = 60.0  # seconds of work: more than any of these takes


def trained(epochs: int = 6, settings: TrainingSettings = SETTINGS) -> Trainer:
    trainer = Trainer(small(precision=settings.precision), rings(), settings)
    trainer.train(until_epoch=epochs)
    return trainer


def finished(trainer: Trainer, request: PlaneRequest):
    looker = PlaneLooker(trainer)
    looker.look(request, resting=True)
    looker.work(FOREVER, resting=True)
    plane = looker.look(request, resting=True)
    assert not plane.growing
    return plane, looker


def cost_by_hand(trainer: Trainer, learned: np.ndarray) -> float:
    """Set the parameters in another network and let it predict; penalties are added in the notes' way."""
    other = Network(trainer.network.graph, precision=trainer.network.dtype.name)
    other.set_weights(trainer.network.weights())
    other.learned[...] = learned
    cost = other.cost(trainer.data.X, trainer.data.Y)
    weights = [array[:, 1:] for key, array in other.slices(other.learned).items() if key.endswith("Theta")]
    settings = trainer.settings
    return cost + sum(0.5 * settings.l2 * (w**2).sum() + settings.l1 * np.abs(w).sum() for w in weights)


@pytest.mark.parametrize("l2", [0.0, 1e-2], ids=["plain", "with a penalty"])
def test_the_surface_is_the_cost_with_the_two_parameters_set_by_hand(l2):
    trainer = trained(settings=replace(SETTINGS, l2=l2, l1=l2 / 3))
    plane, _ = finished(trainer, PlaneRequest((W, B)))
    surface, learned = plane.surface, trainer.network.learned
    size = len(surface.values)
    assert (size, surface.values.shape) == (SIDES[0], (SIDES[0], SIDES[0]))
    across, up = np.linspace(*surface.x, size), np.linspace(*surface.y, size)
    for row, column in [(0, 0), (0, size - 1), (size - 1, 3), (20, 31)]:
        moved = Network(trainer.network.graph, precision="float64")
        moved.set_weights(trainer.network.weights())
        moved.parameters["dense_1.Theta"][4, 2] = plane.center[0] + across[column]
        moved.parameters["output.Theta"][0, 0] = plane.center[1] + up[row]
        assert surface.values[row, column] == pytest.approx(cost_by_hand(trainer, moved.learned), rel=1e-12)
    assert np.isfinite(surface.values).all()
    np.testing.assert_array_equal(trainer.network.learned, learned)


@pytest.mark.parametrize("axes", KINDS)
def test_the_surface_of_any_axes_is_the_cost_at_its_points(axes):
    trainer = trained()
    plane, looker = finished(trainer, PlaneRequest(axes))
    surface, basis = plane.surface, looker._view.basis
    across, up = np.linspace(*surface.x, SIDES[0]), np.linspace(*surface.y, SIDES[0])
    for row, column in [(0, 5), (48, 48), (17, 30)]:
        point = trainer.network.learned + across[column] * basis[0] + up[row] * basis[1]
        assert surface.values[row, column] == pytest.approx(cost_by_hand(trainer, point), rel=1e-9)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_cost_at_the_center_is_the_one_that_training_measures(precision):
    trainer = trained(settings=replace(SETTINGS, precision=precision))
    plane, _ = finished(trainer, PlaneRequest((W, B)))
    assert plane.cost == pytest.approx(trainer.status.training_cost, rel=1e-6 if precision == "float32" else 1e-12)
    assert plane.penalty == 0.0
    assert (plane.rows, plane.all_rows) == (200, 200)


@settings(max_examples=20, deadline=None)
@given(random_graphs(), st.sampled_from(OPTIMIZERS))
def test_center_and_square_are_the_engines_cost_in_any_network(graph, optimizer):
    network = Network(graph, precision="float64")
    X, Y = examples(network, m=12)
    training = TrainingSettings(optimizer=optimizer, batch_size=5, precision="float64")
    trainer = Trainer(network, Dataset(X, Y, np.float64), training)
    trainer.train(until_epoch=2)
    plane, _ = finished(trainer, PlaneRequest(FILTER))
    normalizes = any(isinstance(node.layer, BatchNorm) for node in graph.nodes)
    if not normalizes:  # which takes the mean and variance of these rows here, and running ones when it predicts
        assert plane.cost == pytest.approx(network.cost(X, Y), rel=1e-9)
    assert plane.surface.values.shape == (SIDES[0], SIDES[0])


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=name_of)
def test_the_step_that_is_told_is_the_one_that_then_comes(optimizer):
    trainer = trained(settings=replace(SETTINGS, optimizer=optimizer, l2=1e-3, clip_norm=0.5))
    plane, _ = finished(trainer, PlaneRequest((W, B)))
    trainer.advance(1)
    parameters = trainer.network.parameters
    entries = plane.next_step.entries
    now = (parameters["dense_1.Theta"][4, 2], parameters["output.Theta"][0, 0])
    assert (entries[0].after, entries[1].after) == now
    np.testing.assert_allclose(plane.toward, np.subtract(now, plane.center), rtol=1e-6, atol=1e-12)
    assert plane.after == pytest.approx(cost_by_hand(trainer, trainer.network.learned), rel=1e-9)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=name_of)
def test_another_learning_rate_is_the_cost_of_a_real_step_with_it(optimizer):
    before = trained(settings=replace(SETTINGS, optimizer=optimizer))
    alpha = 7.0 * optimizer.learning_rate
    plane, _ = finished(before, PlaneRequest((W, B), alpha=alpha))
    faster = replace(before.settings, optimizer=replace(optimizer, learning_rate=alpha))
    before.change_settings(faster)
    before.advance(1)
    assert plane.tried == (alpha, pytest.approx(cost_by_hand(before, before.network.learned), rel=1e-7))
    assert plane.alphas[0] < plane.next_step.alpha < plane.alphas[-1]
    nearest = int(np.argmin(np.abs(np.log(plane.alphas / alpha))))
    other = trained(settings=replace(SETTINGS, optimizer=optimizer))
    faster = replace(other.settings, optimizer=replace(optimizer, learning_rate=float(plane.alphas[nearest])))
    other.change_settings(faster)
    other.advance(1)
    assert plane.costs[nearest] == pytest.approx(cost_by_hand(other, other.network.learned), rel=1e-7)


def test_for_full_batch_descent_the_step_goes_down_the_steepest_way_of_the_surface():
    network = Network(chain([Input(features=2), Output()]), precision="float64")
    training = TrainingSettings(optimizer=Sgd(learning_rate=0.01), batch_size=200, precision="float64")
    trainer = Trainer(network, rings(), training)
    axes = (Axis("parameter", "output.Theta", 0, 1), Axis("parameter", "output.Theta", 0, 2))
    plane, _ = finished(trainer, PlaneRequest(axes))
    step, slope = 1e-5, np.zeros(2)
    for index, place in enumerate((1, 2)):
        costs = []
        for sign in (1, -1):
            moved = Network(network.graph, precision="float64")
            moved.set_weights(network.weights())
            moved.parameters["output.Theta"][0, place] += sign * step
            costs.append(moved.cost(trainer.data.X, trainer.data.Y))
        slope[index] = (costs[0] - costs[1]) / (2 * step)
    np.testing.assert_allclose(plane.toward, -0.01 * slope, rtol=1e-6)
    assert plane.after < plane.cost


def test_the_path_is_seen_in_the_plane_from_the_first_parameters_on():
    trainer = trained()
    plane, _ = finished(trainer, PlaneRequest((W, B)))
    assert (plane.step, plane.present_step) == (30, 30)
    np.testing.assert_array_equal(plane.present, [0.0, 0.0])
    np.testing.assert_array_equal(plane.steps, trainer.path.steps)
    assert (plane.steps[0], plane.steps[-1]) == (0, 30)
    for point, seen in zip(trainer.path.points, plane.path, strict=True):
        arrays = trainer.network.slices(point)
        expected = (
            arrays["dense_1.Theta"][4, 2] - plane.center[0],
            arrays["output.Theta"][0, 0] - plane.center[1],
        )
        np.testing.assert_allclose(seen, expected, rtol=1e-12, atol=1e-15)
    assert plane.surface.x[0] < plane.path[:, 0].min()
    assert plane.surface.y[1] > plane.path[:, 1].max()


@pytest.mark.parametrize("axes", KINDS)
def test_coordinates_are_those_of_the_nearest_point_of_the_plane(axes):
    trainer = trained()
    plane, looker = finished(trainer, PlaneRequest(axes))
    basis, center = looker._view.basis, trainer.network.learned
    for point, seen in zip(trainer.path.points, plane.path, strict=True):
        expected, *_ = np.linalg.lstsq(basis.T, point - center, rcond=None)
        np.testing.assert_allclose(seen, expected, rtol=1e-9, atol=1e-12)
    distances = ((trainer.path.points - center) ** 2).sum()
    assert plane.held == pytest.approx(((plane.path @ basis) ** 2).sum() / distances, rel=1e-9)


def test_a_plane_of_the_path_holds_more_of_it_than_any_other():
    trainer = trained(20)
    best = finished(trainer, PlaneRequest(PATH))[0].held
    assert 0.9 < best <= 1.0 + 1e-12
    assert all(PlaneLooker(trainer).look(PlaneRequest(axes), resting=True).held <= best for axes in KINDS)


@pytest.mark.parametrize("axes", KINDS)
def test_while_training_the_plane_stays_and_the_present_point_moves_in_it(axes):
    trainer = trained()
    resting, looker = finished(trainer, PlaneRequest(axes))
    center, basis = trainer.network.learned.copy(), looker._view.basis
    trainer.advance(5)
    moving = looker.look(PlaneRequest(axes), resting=False)
    assert (moving.step, moving.present_step) == (30, 35)
    np.testing.assert_array_equal(moving.path[: len(resting.path)], resting.path)
    np.testing.assert_array_equal(moving.surface.values, resting.surface.values)
    np.testing.assert_allclose(moving.present, basis @ (trainer.network.learned - center), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(moving.path[-1], moving.present, rtol=1e-12)


def test_while_training_a_new_surface_takes_the_place_of_the_old_one_when_it_is_done():
    trainer = trained()
    _, looker = finished(trainer, PlaneRequest((W, B)))
    trainer.advance(5)
    looker.work(0.0, resting=False)  # one cost
    assert looker.look(PlaneRequest((W, B)), resting=False).step == 30
    while looker.look(PlaneRequest((W, B)), resting=False).step == 30:
        looker.work(0.01, resting=False)
    plane = looker.look(PlaneRequest((W, B)), resting=False)
    assert plane.step == 35
    assert len(plane.surface.values) == (SIDES[0] + 1) // 2
    assert plane.cost == pytest.approx(cost_by_hand(trainer, trainer.network.learned), rel=1e-12)
    np.testing.assert_array_equal(plane.present, [0.0, 0.0])


def test_looking_and_working_leave_no_trace_in_training():
    looked_at, left_alone = (trained(2, replace(SETTINGS, batch_size=30)) for _ in "ab")
    looker = PlaneLooker(looked_at)
    for _ in range(6):
        for trainer in (looked_at, left_alone):
            trainer.advance(3)
        looker.look(PlaneRequest(PATH, alpha=0.5), resting=False)
        looker.work(0.01, resting=False)
    for (name, mine), theirs in zip(looked_at.state().arrays.items(), left_alone.state().arrays.values(), strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=name)


def test_another_learning_rate_at_rest_keeps_the_surface_and_tells_another_step():
    trainer = trained()
    plane, looker = finished(trainer, PlaneRequest((W, B)))
    trainer.change_settings(replace(SETTINGS, optimizer=Adam(learning_rate=0.031)))
    again = looker.look(PlaneRequest((W, B)), resting=True)
    assert again.next_step.alpha == 0.031
    np.testing.assert_array_equal(again.surface.values, plane.surface.values)


def test_an_entry_set_by_hand_is_another_center():
    trainer = trained()
    _, looker = finished(trainer, PlaneRequest((W, B)))
    trainer.set_entry("b[3]", 0, 0, 1.25)
    plane = looker.look(PlaneRequest((W, B)), resting=True)
    assert plane.center[1] == 1.25
    assert plane.cost == pytest.approx(cost_by_hand(trainer, trainer.network.learned), rel=1e-12)


def test_zoom_doubles_and_halves_the_square():
    trainer = trained()
    sides = {}
    for zoom in (-2, 0, 1):
        plane, _ = finished(trainer, PlaneRequest((W, B), zoom=zoom))
        sides[zoom] = plane.surface.x[1] - plane.surface.x[0]
    assert sides[1] == pytest.approx(2 * sides[0])
    assert sides[-2] <= sides[0] / 4


def test_a_step_that_leads_far_away_does_not_shrink_the_surface_to_nothing():
    network = Network(chain([Input(features=2), Output()]), precision="float64")
    training = TrainingSettings(optimizer=Sgd(learning_rate=1e3), batch_size=200, precision="float64")
    trainer = Trainer(network, rings(), training)
    axes = (Axis("parameter", "output.Theta", 0, 0), Axis("parameter", "output.Theta", 0, 2))
    plane, _ = finished(trainer, PlaneRequest(axes))
    assert np.linalg.norm(plane.toward) > 100
    assert plane.surface.x[1] - plane.surface.x[0] < 30


@pytest.mark.parametrize(("low", "high"), [((-1, -1), (1, 1)), ((-30, 2), (1, 2.5)), ((1e-3, 5), (2e-3, 5))])
def test_a_frame_holds_its_points_and_stays_while_the_origin_moves_a_little(low, high):
    points = np.array([low, high], float)
    middle, half = framed(points, 0.5, np.zeros(2))
    assert (np.abs(points - middle) < half).all()
    moved, again = framed(points - 0.01, 0.5, np.full(2, 0.01))
    np.testing.assert_allclose(moved + 0.01, middle, atol=1e-9)
    assert again == half


def test_a_square_tells_coarse_values_first_and_each_point_once():
    square, seen = Square(np.array([1.0, -2.0]), 4.0, 17), []
    strides = []
    while (due := square.due()) is not None:
        seen.append(due)
        square.tell(due[0] + 100 * due[1])
        strides.append(square.stride)
        values = square.values()
        if values.size:
            np.testing.assert_allclose(values[0], np.linspace(-3, 5, len(values)) + 100 * -6)
    assert len(set(seen)) == len(seen) == 17 * 17
    assert strides == sorted(strides, reverse=True)
    assert sorted(set(strides)) == [1, 2, 4, 8, 16]


def test_of_many_rows_a_sample_is_taken_and_told():
    data = Dataset(np.random.default_rng(0).normal(size=(9_000, 2)), np.ones((9_000, 1)))
    landscape = Landscape(small(), data)
    assert landscape.rows == 4_096
    assert landscape.all_rows == 9_000


def test_a_large_network_has_a_coarser_square_over_a_sample_and_no_path():
    layers = [Input(features=784), Dense(units=512), Dense(units=512)]
    layers += [Output(units=10, activation=Softmax(), loss=CategoricalCrossEntropy())]
    network = Network(chain(layers))
    assert network.learned_count > most_parameters()
    rng = np.random.default_rng(0)
    data = Dataset(rng.normal(size=(600, 784)), np.eye(10)[rng.integers(0, 10, 600)])
    trainer = Trainer(network, data, TrainingSettings(batch_size=100))
    looker, axes = PlaneLooker(trainer), (Axis("parameter", "dense_1.Theta", 3, 4), Axis("filter"))
    plane = looker.look(PlaneRequest(axes), resting=True)
    assert not plane.kept
    assert (len(plane.path), plane.rows, plane.all_rows) == (0, 256, 600)
    assert looker._view._square.side < SIDES[0]
    assert plane.next_step.finite
    trainer.advance(1)
    moved = looker.look(PlaneRequest(axes), resting=False)
    assert moved.present[0] == pytest.approx(plane.toward[0], rel=1e-3, abs=1e-6)


def test_a_surface_beyond_the_finite_numbers_is_told_as_it_is():
    layers = [Input(features=2), Output(activation=Identity(), loss=MeanSquaredError())]
    data = Dataset(np.full((4, 2), 3e19), np.zeros((4, 1)))
    training = TrainingSettings(optimizer=Sgd(learning_rate=1.0), batch_size=4)
    trainer = Trainer(Network(chain(layers)), data, training)
    axes = (Axis("parameter", "output.Theta", 0, 1), Axis("parameter", "output.Theta", 0, 2))
    plane, _ = finished(trainer, PlaneRequest(axes))
    assert not plane.next_step.finite
    assert not np.isfinite(plane.surface.values).all()


def test_dropout_and_batch_norm_are_neither_drawn_from_nor_updated():
    network = Network(chain([Input(features=2), Dense(units=5), BatchNorm(), Dropout(rate=0.5), Output()]))
    trainer = Trainer(network, rings(), TrainingSettings(batch_size=20))
    trainer.train(until_epoch=2)
    theta, random = network.theta.copy(), network.generator.bit_generator.state
    plane, _ = finished(trainer, PlaneRequest(FILTER))
    np.testing.assert_array_equal(network.theta, theta)
    assert network.generator.bit_generator.state == random
    assert np.isfinite(plane.surface.values).all()


def test_axes_that_do_not_go_with_the_network_are_left_out():
    assert PlaneLooker(trained(1)).look(PlaneRequest((W, W)), resting=True) is None


# -- in the thread ----------------------------------------------------------------------------------------------------


def look(thread: TrainingThread, request: ProbeRequest):
    answers = SimpleQueue()
    thread.look(request, answers.put)
    return answers.get(timeout=PATIENCE).probes


@pytest.fixture
def thread():
    made = TrainingThread(Trainer(small(), rings(), replace(SETTINGS, precision="float32", epochs=100_000)))
    yield made
    made.stop()


ASKED = ProbeRequest(plane=PlaneRequest((W, B)))


def test_at_rest_the_surface_grows_without_being_asked_again(thread):
    assert look(thread, ASKED).plane.growing
    while (plane := look(thread, ASKED).plane).growing:
        pass
    assert len(plane.surface.values) == SIDES[0]


def test_a_surface_that_is_being_made_keeps_no_request_waiting(thread):
    assert look(thread, ASKED).plane.growing
    thread.run_step()
    plane = look(thread, ASKED).plane
    assert (plane.step, plane.present_step) == (1, 1)


def test_each_step_that_is_made_by_hand_is_the_one_told_before(thread):
    for step in range(3):
        plane = look(thread, ASKED).plane
        assert plane.step == step
        after = tuple(entry.after for entry in plane.next_step.entries)
        thread.run_step()
        assert look(thread, ASKED).plane.center == after


def test_in_the_midst_of_the_end_of_an_epoch_no_step_is_told():
    training = replace(SETTINGS, precision="float32", record_every=1)
    trainer, probes, rested = Trainer(small(), rings(), training), [], SimpleQueue()
    thread = TrainingThread(trainer, on_rest=lambda status, state: rested.put(status))
    answer = trainer.network.between_chunks

    def look_between_chunks() -> None:
        thread.look(ASKED, lambda snapshot: probes.append(snapshot.probes))
        answer()

    trainer.network.between_chunks = look_between_chunks
    thread.run_epoch()
    rested.get(timeout=PATIENCE)
    plane = look(thread, ASKED).plane
    thread.stop()
    assert probes
    assert all(told is None or told.plane is None for told in probes)
    assert all(entry.after != entry.value for entry in plane.next_step.entries)


def test_while_training_surfaces_follow_one_another(thread, monkeypatch):
    monkeypatch.setattr("engine.training_thread.PLANE_SHARE", 0.5)  # which takes a hundredth of the usual time
    steps = {look(thread, ASKED).plane.step}
    thread.start()
    while len(steps) < 3:
        time.sleep(0.01)
        probes = look(thread, ASKED)
        if probes is not None and probes.plane is not None:
            assert probes.plane.present_step >= probes.plane.step
            steps.add(probes.plane.step)


def test_while_training_planes_are_told_within_their_ration(thread, monkeypatch):
    look(thread, ASKED)
    monkeypatch.setattr(thread, "_plane_seconds", 1e9)
    thread.start()
    answers = [look(thread, ASKED | ProbeRequest(weights=True)) for _ in range(5)]
    assert all(probes is None or probes.plane is None for probes in answers)


def test_nothing_is_computed_once_nobody_looks(thread):
    look(thread, ASKED)
    thread.look(ProbeRequest(), lambda snapshot: None)
    look(thread, ProbeRequest(weights=True))
    assert not thread._planes.unfinished
    assert not thread.trainer.path.fine

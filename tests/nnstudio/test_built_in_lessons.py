"""What the nine lessons say will happen does happen, on the network and the data that they begin with."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from latex2mathml.converter import convert

from engine import Dense, Input, Output, Trainer, chain
from engine.activations import ACTIVATIONS
from engine.declared import replace
from engine.initializers import XavierNormal
from nnstudio import edits
from nnstudio.data import PreparedData, prepare, sample_recipe
from nnstudio.document import Document
from nnstudio.headless import trainer_for
from nnstudio.lessons import LESSONS, document_of, lesson_path, read

Start = tuple[Document, PreparedData]


def start(name: str) -> Start:
    lesson = read(lesson_path(name))
    project = document_of(lesson.head.start, Path(), lesson.text)
    return project.document, project.prepared


def trained(begin: Start, epochs: int) -> Trainer:
    trainer = trainer_for(*with_settings(begin, epochs=max(epochs, 1)))
    while trainer.epoch < epochs and trainer.state_name != "finished":
        trainer.advance(1)
    trainer.measure()
    return trainer


def cost(begin: Start, epochs: int) -> float:
    return trained(begin, epochs).status.training_cost


def with_hidden(begin: Start, *units: int, activation: str = "tanh") -> Start:
    document, prepared = begin
    (output,) = document.graph.of_kind(Output)
    hidden = [Dense(units=count, activation=ACTIVATIONS[activation]()) for count in units]
    graph = chain([Input(features=prepared.X.shape[1]), *hidden, output.layer])
    return msgspec.structs.replace(document, graph=graph), prepared


def with_settings(begin: Start, **settings: object) -> Start:
    document, prepared = begin
    return msgspec.structs.replace(document, training=replace(document.training, **settings)), prepared


def with_rate(begin: Start, rate: float) -> Start:
    return with_settings(begin, optimizer=replace(begin[0].training.optimizer, learning_rate=rate))


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_complete(name):
    lesson = read(lesson_path(name))
    assert lesson.title == LESSONS[name]
    assert lesson.head.summary
    assert lesson.head.minutes
    assert len(lesson.steps) >= 4
    assert all(step.checks or step.question for step in lesson.steps)
    assert sum(step.question is not None for step in lesson.steps) >= 3
    for linked in re.findall(r"\(lesson:([^)]*)\)", lesson.text):
        assert linked in LESSONS
    document_of(lesson.head.start, Path(), lesson.text)


@pytest.mark.parametrize("name", LESSONS)
def test_typesetting_loses_no_sign_of_a_formula(name):
    text = re.sub(r"```.*?```", "", lesson_path(name).read_text(encoding="utf-8"), flags=re.DOTALL)
    for latex in re.findall(r"\$\$?([^$]+)\$\$?", text):
        tree = convert(latex.replace(":=", r"\coloneqq "))
        assert not re.search(r"<m[ino](\s[^>]*)?><", tree), f"{latex}: what stands within a sign is not drawn"


def test_right_choices_do_not_stand_in_one_place():
    places = [step.question.right for name in LESSONS for step in read(lesson_path(name)).steps if step.question]
    assert set(places) == {0, 1, 2}
    assert max(places.count(place) for place in set(places)) <= 0.65 * len(places)


def test_one_unit_parts_the_clouds_and_its_cost_stays_above_zero():
    begin = start("logistic-regression")
    assert cost(begin, 300) < 0.2
    assert 0.1 < cost(begin, 2_000) == pytest.approx(cost(begin, 2_500), abs=0.01)


def test_one_unit_is_right_about_half_of_the_circles():
    document, _ = start("logistic-regression")
    recipe = sample_recipe("circles")
    prepared = prepare(recipe)
    document = edits.use_data(document, recipe, prepared.task, 2, 1)
    assert trained((document, prepared), 200).status.training_score == pytest.approx(0.5, abs=0.1)


def test_steps_are_hardly_steps_at_a_small_rate_and_leap_over_the_valley_at_a_large_one():
    begin = start("gradient-descent")
    first, usual = cost(begin, 0), cost(begin, 20)
    bottom = cost(begin, 2_000)
    small, leap = cost(with_rate(begin, 0.01), 20), cost(with_rate(begin, 30.0), 1)
    assert first - small < 0.1 * (first - usual)
    assert leap > first > usual > bottom
    assert max(cost(with_rate(begin, 30.0), step) for step in range(40, 46)) > bottom + 0.1  # it does not settle


def test_steps_become_shorter_towards_the_bottom():
    begin = start("gradient-descent")
    theta = [trained(begin, steps).network.theta.copy() for steps in (1, 2, 60, 61)]
    assert np.linalg.norm(theta[3] - theta[2]) < 0.5 * np.linalg.norm(theta[1] - theta[0])


def test_one_and_two_hidden_units_cannot_ring_the_circle_and_three_can():
    begin = start("one-hidden-layer")
    one, two, three = (trained(with_hidden(begin, units), 200).status for units in (1, 2, 3))
    assert one.training_score < 0.8
    assert two.training_score < 0.9
    assert three.validation_score >= 0.95
    assert trained(with_hidden(begin, 16), 100).status.validation_score >= three.validation_score


def test_identity_makes_any_depth_one_unit_and_tanh_learns_sooner_than_sigmoid():
    begin = start("activation-functions")
    flat, line = cost(begin, 400), cost(with_hidden(begin), 400)
    assert flat == pytest.approx(line, abs=0.005)
    sigmoid, tanh, relu = (cost(with_hidden(begin, 8, 8, activation=name), 100) for name in ("sigmoid", "tanh", "relu"))
    assert max(tanh, relu) < 0.3 * sigmoid


def test_zeros_stay_alike_and_xavier_comes_round_the_circle():
    document, prepared = start("initialization")
    rows = trained((document, prepared), 100).network.weights()["dense_1.Theta"]
    assert np.ptp(rows, axis=0).max() == 0.0
    for node in document.graph.nodes:
        if isinstance(node.layer, Dense | Output):
            document = edits.set_layer(document, node.id, replace(node.layer, initializer=XavierNormal()))
    assert trained((document, prepared), 100).status.validation_score >= 0.95


def test_three_layers_wind_around_the_spirals_where_one_does_not():
    begin = start("deep-networks")
    assert cost(with_hidden(begin, 8, 8, 8), 300) < 0.1 * cost(begin, 300)


def test_derivatives_fade_on_the_way_back_through_sigmoids():
    left = {}
    for activation in ("sigmoid", "tanh"):
        document, prepared = with_hidden(start("deep-networks"), 8, 8, 8, activation=activation)
        gradients = trained((document, prepared), 0).network.gradients(prepared.X, prepared.Y)
        sizes = [float(np.sqrt(np.mean(gradients[f"{name}.Theta"] ** 2))) for name in ("dense_1", "output")]
        left[activation] = sizes[0] / sizes[1]
    assert left["sigmoid"] < 1 / 30
    assert left["tanh"] > 10 * left["sigmoid"]


def test_the_large_network_overfits_patience_ends_it_and_a_penalty_keeps_it_smooth():
    begin = start("tuning")
    early, late = trained(begin, 20).status, trained(begin, 400)
    assert late.status.training_cost < early.training_cost
    assert late.status.validation_cost > 2 * early.validation_cost
    stopped = trained(with_settings(begin, patience=20), 400).status
    assert (stopped.state, stopped.epoch < 100) == ("finished", True)
    penalized = trained(with_settings(begin, l2=0.001), 400)
    assert penalized.status.validation_cost < 0.5 * late.status.validation_cost
    assert np.square(penalized.network.theta).sum() < 0.5 * np.square(late.network.theta).sum()


def test_the_answers_that_are_arithmetic_are_right():
    sigmoid = ACTIVATIONS["sigmoid"]()
    z = np.linspace(-5, 5, 1_001)
    assert sigmoid.value(np.zeros(1))[0] == 0.5
    assert np.abs(np.gradient(sigmoid.value(z), z)).max() == pytest.approx(1 / 4, abs=1e-4)
    assert -np.log(0.5) == pytest.approx(0.69, abs=0.005)
    assert np.sqrt((2 / 100) / (2 / 25)) == 0.5  # He weights of 100 units, against 25

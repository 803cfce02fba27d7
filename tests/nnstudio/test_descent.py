"""Gradient descent told: what is written is what the engine does, for every optimizer; parameters, shades, words."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from engine import (
    BatchNorm,
    Dataset,
    Dense,
    Dropout,
    Input,
    LayerNorm,
    Network,
    Output,
    Trainer,
    TrainingSettings,
    chain,
    infer_shapes,
)
from engine.declared import name_of, replace
from engine.optimizers import OPTIMIZERS, AdamW, Momentum, Sgd
from engine.plane import Axis, PlaneRequest, entry_of
from engine.plane_look import PlaneLooker
from nnstudio import descent
from nnstudio.descent_lines import rule_lines, update_lines

UNIT = chain([Input(features=3), Output()])
NETWORK = chain([Input(features=2), Dense(units=4), BatchNorm(), Dropout(rate=0.2), LayerNorm(), Output()])
ALL = [kind() for kind in OPTIMIZERS.values()]


def trainer_of(graph, optimizer=None, m: int = 40, **fields) -> Trainer:
    rng = np.random.default_rng(0)
    network = Network(graph, precision="float64")
    data = Dataset(rng.normal(size=(m, network.n_features)), rng.integers(0, 2, m), np.float64)
    settings = TrainingSettings(optimizer=optimizer or Sgd(learning_rate=0.5), precision="float64", batch_size=20)
    return Trainer(network, data, replace(settings, **fields))


def plane_of(trainer: Trainer, axes=None, alpha: float | None = None):
    axes = axes or descent.first_axes(descent.parameters_of(trainer.network.shapes))
    looker, request = PlaneLooker(trainer), PlaneRequest(axes, alpha=alpha)
    looker.look(request, resting=True)
    looker.work(60.0, resting=True)
    return looker.look(request, resting=True)


def worked_out(text: str) -> tuple[float, float]:
    """Return what the numbers in a line of text come to, and what the line says they come to."""
    parts = text.replace("\N{NARROW NO-BREAK SPACE}", "").replace("−", "-").split("=")
    put_in = parts[-2].removeprefix(" ").replace("·", "*").replace("²", "**2").replace("√", "math.sqrt")
    return eval(put_in, {"math": math}), float(parts[-1])


@pytest.mark.parametrize("done", [0, 3], ids=["first step", "later"])
@pytest.mark.parametrize("weight", [True, False], ids=["weight", "bias"])
@pytest.mark.parametrize("optimizer", ALL, ids=name_of)
def test_every_line_of_the_update_adds_up_and_the_last_is_the_step_that_then_comes(optimizer, weight, done):
    trainer = trainer_of(UNIT, replace(optimizer, learning_rate=0.05))
    for _ in range(done):
        trainer.advance(1)
    array = descent.parameters_of(trainer.network.shapes)[0 if weight else 1]
    place = entry_of(trainer.network, array.axis(0, 0))
    step, _ = trainer.rehearse((place,))
    name = (array.entry_latex(0, 0), array.entry_name(0, 0))
    lines = update_lines(trainer.settings.optimizer, step.alpha, step.update, step.entries[0], name, weight)
    for line in lines:
        if "·" in line.text or "²" in line.text:
            found, said = worked_out(line.text)
            assert found == pytest.approx(said, rel=5e-3, abs=2e-4), line.text
    trainer.advance(1)
    value = trainer.network.learned[place]
    _, said = worked_out(lines[-1].text)
    assert said == pytest.approx(value, rel=1e-3)
    if optimizer.slots:
        assert lines[0].text.startswith(f"d{name[1]} = ")
    decays = [line for line in lines if "(1 −" in line.text]
    assert bool(decays) == (isinstance(optimizer, AdamW) and weight)


def test_gradient_descent_is_written_as_in_the_notes():
    trainer = trainer_of(UNIT)
    step, _ = trainer.rehearse((0,))
    (line,) = update_lines(Sgd(learning_rate=0.5), 0.5, 1, step.entries[0], ("w_1", "w₁"), True)
    assert re.fullmatch(r"w₁ := w₁ − α dw₁ = \S+ − 0\.5·\S+ = \S+", line.text)
    assert line.latex.startswith(r"w_1 \coloneqq w_1 - \alpha\,dw_1 = ")
    assert rule_lines(Sgd(), named=True) == []
    assert [line.text for line in rule_lines(Sgd(), named=False)] == ["θ := θ − α dθ"]


@pytest.mark.parametrize("optimizer", [one for one in ALL if one.slots], ids=name_of)
def test_another_optimizer_says_its_own_rule(optimizer):
    assert any(line.text.startswith("θ := θ − α ") for line in rule_lines(optimizer, named=True))
    assert all(":=" not in line.latex for line in rule_lines(optimizer, named=True))


def test_values_before_and_after_a_tiny_step_have_digits_that_tell_them_apart():
    trainer = trainer_of(UNIT, Sgd(learning_rate=1e-5))
    step, _ = trainer.rehearse((0,))
    (line,) = update_lines(Sgd(learning_rate=1e-5), 1e-5, 1, step.entries[0], ("w", "w"), True)
    numbers = line.text.split(" = ")
    assert numbers[1].split(" ")[0] != numbers[2]


def test_one_unit_alone_has_w_and_b_as_in_the_notes():
    w, b = descent.parameters_of(infer_shapes(UNIT))
    assert (w.title, b.title) == ("w", "b")
    assert (w.entry_name(0, 1), w.entry_latex(0, 1)) == ("w₂", "w_{2}")
    assert (b.entry_name(0, 0), b.entry_latex(0, 0)) == ("b", "b")
    assert descent.first_axes((w, b)) == (w.axis(0, 0), w.axis(0, 1))


def test_parameters_are_those_that_training_changes_by_the_notes_symbols():
    found = descent.parameters_of(infer_shapes(NETWORK))
    titles = [array.title for array in found]
    assert titles == ["W[1]", "b[1]", *[title for title in titles if title[0] in "γβ"], "W[5]", "b[5]"]
    assert "γ[2]" in titles
    frozen = chain([Input(features=2), Dense(units=4, frozen=True), Output()])
    assert [array.title for array in descent.parameters_of(infer_shapes(frozen))] == ["W[2]", "b[2]"]


def test_every_entry_is_the_one_that_the_network_has_at_its_place():
    network = Network(NETWORK, precision="float64")
    network.learned[...] = np.arange(network.learned_count)
    symbols = {array.title: array for array in descent.parameters_of(network.shapes)}
    theta = network.parameters["dense_1.Theta"]
    w, b = symbols["W[1]"], symbols["b[1]"]
    for row in range(4):
        assert network.learned[entry_of(network, b.axis(row, 0))] == theta[row, 0]
        for column in range(2):
            axis = w.axis(row, column)
            assert network.learned[entry_of(network, axis)] == theta[row, 1 + column]
            assert w.entry_of(axis) == (row, column)
            assert b.entry_of(axis) is None
            assert descent.array_of(tuple(symbols.values()), axis) is w
    assert w.entry_name(2, 1) == "W[1]₃₂"
    assert w.entry_name(11, 0) == "W[1]₁₂,₁"
    assert w.entry_latex(2, 1) == "W^{[1]}_{3,2}"


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        (Axis("filter", number=3), "random direction 3, filter-normalized"),
        (Axis("plain", number=4), "random direction 4, plain"),
        (Axis("path", number=1), "direction 2 of the path"),
        (Axis("step"), "next step"),
    ],
)
def test_a_direction_says_which_it_is(axis, words):
    assert words in descent.axis_name((), axis)
    assert words in descent.axis_html((), axis)


def test_words_say_what_the_cost_is_over_and_what_is_in_it():
    trainer = trainer_of(NETWORK, l2=0.01)
    trainer.train(until_epoch=2)
    plane = plane_of(trainer)
    words = descent.map_words(plane, NETWORK, trainer.settings, trainer.network.shapes)
    assert "J over all 40 training examples" in words
    assert "includes the penalties" in words
    assert "Batch normalization" in words
    assert "Dropout" in words
    words = descent.step_words(plane, NETWORK, trainer.settings, trainer.network.shapes)
    assert (
        "Step 5, SGD, α = 0.5: derivatives are means over a batch of 20, with the penalties, with units dropped."
        in words
    )
    sample = descent.map_words(
        replace_field(plane, rows=256, all_rows=60_000), NETWORK, trainer.settings, trainer.network.shapes
    )
    assert "256 of 60\N{NARROW NO-BREAK SPACE}000 training examples, evenly spaced" in sample


def replace_field(plane, **fields):
    from dataclasses import replace as with_fields

    return with_fields(plane, **fields)


def test_words_say_when_the_map_is_older_than_training():
    trainer = trainer_of(UNIT)
    plane = replace_field(plane_of(trainer), present_step=7)
    words = descent.map_words(plane, UNIT, trainer.settings, trainer.network.shapes)
    assert "Training has come to step 7" in words


def test_clipping_is_said_where_it_cuts():
    for limit, cut in ((1e-3, True), (1e3, False)):
        trainer = trainer_of(UNIT, clip_norm=limit)
        words = descent.step_words(plane_of(trainer), UNIT, trainer.settings, trainer.network.shapes)
        assert ("scaled down to the gradient limit" in words) == cut


def test_the_cost_before_and_after_is_said_with_its_direction():
    lower, higher = plane_of(trainer_of(UNIT)), plane_of(trainer_of(UNIT, Sgd(learning_rate=500.0)))
    assert descent.cost_words(lower).endswith("lower.")
    assert descent.cost_words(higher).endswith("higher.")
    assert "no finite number" in descent.cost_words(replace_field(lower, after=math.inf))


def test_the_best_learning_rate_of_the_curve_is_the_one_with_the_lowest_cost():
    plane = plane_of(trainer_of(UNIT), alpha=2.0)
    alpha, cost = descent.best_alpha(plane)
    assert cost == plane.costs.min()
    assert plane.costs[list(plane.alphas).index(alpha)] == cost
    words = descent.tried_words(plane)
    assert words.startswith("With α = 2: J = ")
    assert "Lowest of the curve" in words
    unknown = replace_field(plane, costs=np.full_like(plane.costs, np.nan), growing=True)
    assert descent.best_alpha(unknown) is None


def test_where_plain_gradient_descent_would_go_is_said_for_other_optimizers_only():
    trainer = trainer_of(UNIT, Momentum(learning_rate=0.5))
    trainer.advance(1)
    entry = trainer.rehearse((1,))[0].entries[0]
    assert descent.sgd_words([("w₁", entry)], 0.5, TrainingSettings(optimizer=Sgd())) == ""
    words = descent.sgd_words([("w₁", entry)], 0.5, trainer.settings)
    said = float(words.rstrip(".").rpartition(" ")[2].replace("−", "-"))
    assert said == pytest.approx(entry.value - 0.5 * entry.gradient, rel=1e-3)


def test_the_share_of_the_step_that_the_plane_shows_is_said():
    plane = plane_of(trainer_of(UNIT))
    seen = np.linalg.norm(plane.toward) / (plane.next_step.alpha * plane.next_step.length)
    assert f"{100 * seen:.0f}\N{NARROW NO-BREAK SPACE}%" in descent.whole_step_words(plane)
    along = plane_of(trainer_of(UNIT), (Axis("step"), Axis("plain")))
    assert descent.whole_step_words(along).endswith("it lies in this plane.")


def test_shades_go_from_the_lowest_to_nearly_the_highest_cost_and_leave_out_what_is_not_finite():
    values = np.array([[1.0, 2.0], [np.inf, np.nan]])
    shading = descent.shading_of(values)
    shares = shading.shares(values)
    assert shares[0, 0] == 0.0
    assert shares[0, 1] == 1.0
    assert np.isnan(shares[1]).all()
    levels = shading.levels()
    assert levels == sorted(levels)
    assert all(1.0 < level < 2.0 for level in levels)
    np.testing.assert_allclose(np.diff(shading.shares(np.array(levels))), 1 / descent.CONTOURS, rtol=1e-9)
    assert descent.shading_of(np.full((3, 3), 2.0)).levels() == []
    assert descent.shading_of(np.full((3, 3), np.nan)).levels() == []

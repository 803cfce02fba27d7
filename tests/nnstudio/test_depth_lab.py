"""The depth lab: widths for equal numbers of parameters, trainings like any other, and no more said than they show."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import pytest

from engine import (
    Adam,
    BatchNorm,
    CategoricalCrossEntropy,
    Dense,
    Dropout,
    HeNormal,
    Input,
    MeanSquaredError,
    Network,
    Output,
    Relu,
    Sgd,
    Softmax,
    Tanh,
    TrainingSettings,
    chain,
)
from engine.activations import Identity
from engine.dataset import Dataset
from engine.probes import decision_grid, looked_at
from nnstudio import headless
from nnstudio.data import prepare, sample_recipe
from nnstudio.document import Document
from nnstudio.labs.depth import Depths, Outcome, Run, compare_depths, width_for, with_depth

GRAPH = chain([Input(features=2), Dense(units=8, activation=Relu(), initializer=HeNormal()), Dense(units=8), Output()])


MOST_WIDTH = 1_500  # tried for the nearest


@pytest.fixture(scope="module")
def moons():
    return prepare(sample_recipe("moons", rows=120))


def unheard(share, words):
    pass


def splits(data):
    return tuple((data.X[rows], data.Y[rows]) for rows in (data.training, data.validation))


def compared(data, settings=None, graph=GRAPH, epochs=3, seeds=2, layers=4, report=unheard):
    return compare_depths(report, graph, settings or TrainingSettings(), *splits(data), epochs, seeds, layers)


def count_by_hand(n_x, n_y, depth, width):
    """Return Σ n[l] (n[l-1] + 1), by the formula."""
    sizes = [n_x, *[width] * depth, n_y]
    return sum(after * (before + 1) for before, after in pairwise(sizes))


# -- widths -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("sizes", [(2, 8, 8, 1), (2, 1, 1), (13, 16, 16, 3), (784, 512, 512, 10)])
def test_the_width_brings_a_network_as_near_to_the_number_of_parameters_as_any(sizes, depth):
    n_x, *hidden, n_y = sizes
    graph = chain([Input(features=n_x), *(Dense(units=units) for units in hidden), Output(units=n_y)])
    target = sum(after * (before + 1) for before, after in pairwise(sizes))
    width = width_for(graph, depth, target)
    distances = [abs(count_by_hand(n_x, n_y, depth, other) - target) for other in range(1, MOST_WIDTH)]
    assert width == 1 + int(np.argmin(distances))
    if target < 10_000:
        made = Network(with_depth(graph, depth, width))
        assert sum(array.size for array in made.parameters.values()) == count_by_hand(n_x, n_y, depth, width)


def test_the_counts_told_are_those_of_the_networks_and_of_the_open_one(moons):
    found = compared(moons, epochs=1, seeds=1)
    assert found.target == count_by_hand(2, 1, 2, 8) == 105
    assert [(outcome.depth, outcome.width) for outcome in found.outcomes] == [(1, 26), (2, 8), (3, 6), (4, 5)]
    for outcome in found.outcomes:
        assert outcome.parameters == count_by_hand(2, 1, outcome.depth, outcome.width)
        assert found.deviation(outcome) == pytest.approx(outcome.parameters / 105 - 1)


def test_a_width_stays_within_what_a_layer_may_have():
    graph = chain([Input(features=2), Dense(units=400), Dense(units=400), Output()])
    assert width_for(graph, 1, 10**9) == 16_384


def test_hidden_layers_are_as_the_first_dense_layer_of_the_open_network_and_the_output_as_its_own():
    layers = [Input(features=2), BatchNorm(), Dense(units=4, activation=Relu(), initializer=HeNormal(), frozen=True)]
    output = Output(activation=Identity(), loss=MeanSquaredError())
    graph = chain([*layers, Dropout(), Dense(units=9), output])
    made = with_depth(graph, 3, 7)
    assert [node.layer for node in made.nodes[1:-1]] == [Dense(units=7, activation=Relu(), initializer=HeNormal())] * 3
    assert (made.nodes[0].layer, made.nodes[-1].layer) == (Input(features=2), output)


def test_what_was_taken_and_what_was_left_out_is_told(moons):
    graph = chain([Input(features=2), Dense(units=4, activation=Tanh()), BatchNorm(), Dropout(), Output()])
    notes = compared(moons, graph=graph, epochs=1, seeds=1, layers=1).notes
    assert notes == "Hidden layers as Dense 1: tanh, Xavier normal. Left out: BatchNorm 1, Dropout 1."


def test_without_a_hidden_layer_the_lab_says_what_to_do(moons):
    with pytest.raises(ValueError, match=r"has no Dense layer .* add one"):
        compared(moons, graph=chain([Input(features=2), Output()]))


# -- trainings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [Adam(learning_rate=0.01), Sgd(learning_rate=0.1)])
def test_each_run_is_the_training_of_that_network_without_the_lab(moons, optimizer):
    settings = TrainingSettings(optimizer=optimizer, seed=4, batch_size=16, epochs=900, patience=1, precision="float64")
    found = compared(moons, settings, epochs=5)
    for outcome in found.outcomes:
        for number, run in enumerate(outcome.runs):
            own = msgspec.structs.replace(settings, seed=4 + number, epochs=5, patience=0)
            graph = with_depth(GRAPH, outcome.depth, outcome.width)
            trainer = headless.trainer_for(Document(graph=graph, training=own), moons)
            first = trainer.evaluate("validation")[0]
            assert headless.run(trainer) == "finished"
            values = trainer.metrics().values
            assert run.seed == 4 + number
            assert run.final("training") == pytest.approx(values["training"]["cost"], rel=1e-12)
            assert run.final("validation") == pytest.approx(values["validation"]["cost"], rel=1e-12)
            assert run.validation[0] == pytest.approx(first, rel=1e-12)
            assert run.validation[1:] == pytest.approx(trainer.history.column("validation_cost"), rel=1e-12)
            seen = looked_at(Dataset(*splits(moons)[0], np.float64))
            grid = decision_grid(trainer.network, seen, (0, 1), run.boundary.values.shape[1])
            np.testing.assert_allclose(run.boundary.values, grid.values, rtol=1e-9)


def test_costs_are_told_from_before_the_first_step_to_the_last_epoch(moons):
    found = compared(moons, epochs=4, seeds=3)
    for outcome in found.outcomes:
        assert outcome.costs("training").shape == outcome.costs("validation").shape == (3, 5)
        assert np.isfinite(outcome.costs("training")).all()
        first = Network(with_depth(GRAPH, outcome.depth, outcome.width), seed=0)
        assert outcome.costs("training")[0, 0] == pytest.approx(first.cost(*splits(moons)[0]), rel=1e-5)
    assert (found.examples, found.watched) == (len(moons.training), len(moons.validation))


def test_progress_goes_from_nothing_to_all_and_names_the_network(moons):
    heard = []
    compared(moons, epochs=2, layers=2, report=lambda *news: heard.append(news))
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert (shares[0], max(shares) <= 1.0) == (0.0, True)
    assert heard[0][1] == "1 hidden layer, seed 1 of 2"
    assert heard[-1][1] == "2 hidden layers, seed 2 of 2"


def test_without_validation_rows_the_training_cost_is_compared(moons):
    found = compare_depths(unheard, GRAPH, TrainingSettings(), splits(moons)[0], None, 2, 2, 2)
    assert found.judged == "training"
    assert np.isnan(found.outcomes[0].costs("validation")).all()
    assert "training cost" in found.verdict


def test_a_boundary_is_told_with_two_features_only():
    wine = prepare(sample_recipe("wine"))
    graph = chain(
        [Input(features=13), Dense(units=4), Output(units=3, activation=Softmax(), loss=CategoricalCrossEntropy())]
    )
    found = compared(wine, graph=graph, epochs=1, seeds=1, layers=1)
    assert found.outcomes[0].runs[0].boundary is None


def test_a_training_that_diverges_is_told_and_counts_as_the_highest(moons):
    output = Output(activation=Identity(), loss=MeanSquaredError())
    graph = chain([Input(features=2), Dense(units=8, activation=Relu()), output])
    found = compared(moons, TrainingSettings(optimizer=Sgd(learning_rate=50.0)), graph, epochs=30)
    diverged = [run for outcome in found.outcomes for run in outcome.runs if run.message]
    assert diverged
    assert all(run.final("validation") == np.inf and np.isnan(run.training[-1]) for run in diverged)
    assert "Diverged: " in found.verdict


# -- what is said of it -----------------------------------------------------------------------------------------------


def outcome(depth, *finals, parameters=100, message=""):
    runs = tuple(
        Run(seed, np.array([1.0, final]), np.array([1.0, final]), message, None) for seed, final in enumerate(finals)
    )
    return Outcome(depth, 10, parameters, runs)


def verdict(*outcomes, watched=20):
    return Depths(outcomes, 100, 1, 80, watched, "").verdict


def test_a_network_is_called_better_only_where_all_its_runs_are():
    said = verdict(outcome(1, 0.5, 0.6, 0.7), outcome(2, 0.1, 0.2, 0.3), outcome(3, 0.31, 0.4, 0.5))
    assert "2 hidden layers had a lower validation cost with every one of 3 seeds, 0.100 to 0.300" in said
    assert "0.310 or more" in said


def test_networks_whose_ranges_overlap_are_not_told_apart():
    said = verdict(outcome(1, 0.5, 0.6, 0.7), outcome(2, 0.1, 0.2, 0.3), outcome(3, 0.3, 0.4, 0.5))
    assert "the median validation cost is lowest with 2 hidden layers, 0.200" in said
    assert "its range overlaps that of 3 hidden layers: these runs do not tell them apart" in said
    assert said.endswith("1 hidden layer ended higher with every seed.")
    said = verdict(outcome(1, 0.5, 0.1), outcome(2, 0.1, 0.2), outcome(3, 0.3, 0.15))
    assert "overlaps that of 1 and 3 hidden layers" in said
    assert "ended higher" not in said


def test_one_seed_is_said_to_tell_little():
    assert "from one seed alone it cannot be told" in verdict(outcome(1, 0.5), outcome(2, 0.1))


def test_unequal_numbers_of_parameters_are_mentioned():
    assert "With 2 hidden layers there are 12.0\u202f% fewer parameters" in verdict(
        outcome(1, 0.5, 0.5), outcome(2, 0.1, 0.1, parameters=88)
    )
    assert "parameters" not in verdict(outcome(1, 0.5, 0.5), outcome(2, 0.1, 0.1, parameters=102))


def test_where_nothing_was_trained_to_the_end_that_is_said():
    said = verdict(outcome(1, np.nan, np.nan, message="Training diverged."), outcome(2, np.nan, np.nan))
    assert "lower the learning rate" in said
    assert "Diverged: 2 of 2 runs of 1 hidden layer." in said


def test_the_median_is_that_of_the_seeds_and_a_diverged_run_the_highest():
    assert outcome(1, 0.3, 0.1, 0.2).median("training") == pytest.approx(0.2)
    assert outcome(1, 0.3, 0.1).median("training") == pytest.approx(0.2)
    assert outcome(1, 0.3, np.nan, 0.2).median("training") == pytest.approx(0.3)
    assert outcome(1, 0.3, np.nan, np.nan).median("training") == np.inf

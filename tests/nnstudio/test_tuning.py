"""The tuning lab: runs equal trainings by hand, diverged and impossible values are told, verdicts claim no more."""

from __future__ import annotations

import dataclasses

import msgspec
import numpy as np
import pytest
import scipy.stats

from engine import (
    AdamW,
    BatchNorm,
    Dataset,
    Dense,
    Identity,
    Input,
    MeanSquaredError,
    Network,
    Output,
    ReduceOnPlateau,
    Relu,
    Sgd,
    Trainer,
    TrainingSettings,
    chain,
)
from nnstudio import headless
from nnstudio.data import prepare, sample_recipe
from nnstudio.document import Document
from nnstudio.hyperparameters import HYPERPARAMETERS
from nnstudio.labs.tuning import (
    Candidate,
    Experiment,
    Outcome,
    Run,
    Tuning,
    curve_epochs,
    experiment_of,
    vary,
)
from nnstudio.labs.tuning_measures import Measure, best_of, measures_of
from nnstudio.labs.tuning_text import PERCENT
from nnstudio.labs.tuning_verdict import compare, student_tails, verdict_of, welch

EPOCHS, SEEDS = 4, 2
COST = Measure("cost", "validation cost")
SUGGESTED_MOST = 3  # values of each hyperparameter, to save time


@pytest.fixture(scope="module")
def moons():
    return prepare(sample_recipe("moons", rows=150))


@pytest.fixture
def document():
    graph = chain([Input(features=2), Dense(units=6), Dense(units=4), Output()])
    return Document(graph=graph, training=TrainingSettings(optimizer=AdamW(learning_rate=0.02), batch_size=16, seed=5))


def split(data, name):
    rows = getattr(data, name)
    return data.X[rows], data.Y[rows]


def unheard(share, words, found=None):
    pass


def tried(document, data, name, values, epochs=EPOCHS, seeds=SEEDS, validation=True, report=unheard):
    experiment = experiment_of(HYPERPARAMETERS[name], document, values, epochs, seeds)
    return vary(report, experiment, split(data, "training"), split(data, "validation") if validation else None)


@pytest.mark.parametrize("name", list(HYPERPARAMETERS))
def test_every_run_equals_a_trainer_run_by_hand(moons, document, name):
    one = HYPERPARAMETERS[name]
    values = one.suggested(document, len(moons.training))[:SUGGESTED_MOST]
    values = (1, 3) if name == "epochs" else values
    found = tried(document, moons, name, values)
    assert [outcome.value for outcome in found.outcomes] == list(values)
    for value, outcome in zip(values, found.outcomes, strict=True):
        changed = one.put(document, value)
        epochs = value if name == "epochs" else EPOCHS
        for seed, run in zip((5, 6), outcome.runs, strict=True):
            settings = msgspec.structs.replace(changed.training, epochs=epochs, seed=seed)
            training, validation = (Dataset(*split(moons, part)) for part in ("training", "validation"))
            trainer = Trainer(Network(changed.graph, seed=seed), training, settings, validation=validation)
            status = trainer.train()
            assert run.seed == seed
            assert (run.cost, run.score) == (status.validation_cost, status.validation_score)
            assert run.training_cost == status.training_cost
            assert run.curve[1:] == pytest.approx(trainer.history.column("validation_cost"), rel=0, abs=0)


def test_without_validation_rows_the_training_rows_judge(moons, document):
    found = tried(document, moons, "learning_rate", (0.01,), validation=False)
    trainer = Trainer(
        Network(document.graph, seed=5),
        Dataset(*split(moons, "training")),
        msgspec.structs.replace(document.training, optimizer=AdamW(learning_rate=0.01), epochs=EPOCHS, record_every=1),
    )
    first, status = trainer.evaluate("training")[0], trainer.train()
    run = found.outcomes[0].runs[0]
    assert (found.judged_by, found.validation_examples, found.score_name) == ("training", 0, "accuracy")
    assert (run.cost, run.score) == (status.training_cost, status.training_score)
    assert list(run.curve) == [first, *trainer.history.column("training_cost")]
    assert found.verdict.startswith("The training cost after 4 epochs with 0.01 is ")


def test_what_would_end_a_run_early_is_left_out_and_a_schedule_is_not(moons, document):
    training = msgspec.structs.replace(
        document.training, patience=1, target_cost=100.0, time_limit=1e-9, schedule=ReduceOnPlateau()
    )
    found = tried(msgspec.structs.replace(document, training=training), moons, "batch_size", (8,))
    assert np.isfinite(found.outcomes[0].runs[0].curve).all()
    assert found.experiment.candidates[0].settings.schedule == ReduceOnPlateau()


def test_what_has_been_found_is_reported_after_each_value_and_what_is_at_work_is_named(moons, document):
    heard = []
    found = tried(document, moons, "learning_rate", (0.01, 0.1), report=lambda *news: heard.append(news))
    shares = [news[0] for news in heard]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {news[1] for news in heard if len(news) == 2} == {
        f"Learning rate α = {value}, seed {seed} of 2" for value in ("0.01", "0.1") for seed in (1, 2)
    }
    partial = [news[2] for news in heard if len(news) == 3]
    assert [len(part.outcomes) for part in partial] == [1, 2]
    assert partial[0].verdict.startswith("1 of 2 values tried so far.")
    assert not partial[0].complete
    assert found.complete
    assert found.verdict == partial[1].verdict


def test_diverged_runs_are_kept_and_told(moons):
    output = Output(activation=Identity(), loss=MeanSquaredError())
    graph = chain([Input(features=2), Dense(units=6, activation=Relu()), output])
    document = Document(graph=graph, training=TrainingSettings(optimizer=Sgd()))
    found = tried(document, moons, "learning_rate", (0.01, 100.0), epochs=30)
    kept, broken = found.outcomes
    assert kept.whole
    assert broken.diverged == 2
    assert broken.finished == ()
    assert broken.median("cost") == np.inf
    assert all(run.message.startswith("Training diverged at step") for run in broken.runs)
    assert np.isnan([broken.runs[0].cost, broken.mean("cost"), broken.runs[0].curve[-1]]).all()
    assert np.isfinite(broken.runs[0].curve[0])
    assert found.verdict.endswith("With 100 every run diverged.")


def test_a_value_that_cannot_be_trained_says_why_and_the_others_go_on(moons):
    document = Document(graph=chain([Input(features=2), Dense(units=6), BatchNorm(), Output()]))
    found = tried(document, moons, "batch_size", (1, 8))
    assert found.outcomes[0].runs == ()
    assert "1 cannot be trained. BatchNorm 1 needs batches of at least 2 rows" in found.verdict
    assert found.outcomes[1].whole


def test_values_outside_their_limits_make_no_experiment(document):
    with pytest.raises(ValueError, match="Dropout rate goes from 0"):
        experiment_of(HYPERPARAMETERS["dropout"], document, (0.1, 2.0), EPOCHS, SEEDS)


@pytest.mark.parametrize(("epochs", "points"), [(1, 2), (50, 51), (200, 201), (1_000, 201), (30_001, 202)])
def test_a_curve_has_a_bounded_number_of_points_from_the_first_weights_to_the_last_epoch(epochs, points):
    at = curve_epochs(epochs)
    assert len(at) == points
    assert (at[0], at[-1]) == (0.0, epochs)
    assert (np.diff(at) > 0).all()


@pytest.mark.parametrize("part", ["network", "settings"])
def test_one_value_with_one_seed_is_the_headless_training_of_the_document_with_that_value(moons, document, part):
    name, value = ("hidden_units", 9) if part == "network" else ("learning_rate", 0.003)
    changed = HYPERPARAMETERS[name].put(document, value)
    changed = msgspec.structs.replace(changed, training=msgspec.structs.replace(changed.training, epochs=EPOCHS))
    trainer = headless.trainer_for(changed, moons)
    fields = headless.result_fields(trainer, moons, headless.run(trainer))
    found = tried(document, moons, name, (value,), seeds=1).outcomes[0].runs[0]
    assert found.seed == document.training.seed
    assert (found.cost, found.score, found.training_cost) == (
        fields["validation_cost"], fields["validation_accuracy"], fields["train_cost"],
    )  # fmt: skip


def test_every_suggested_value_can_be_trained(moons, document):
    for one in HYPERPARAMETERS.values():
        found = tried(document, moons, one.name, one.suggested(document, len(moons.training)), epochs=1, seeds=1)
        assert found.complete
        assert [outcome.problem for outcome in found.outcomes] == [""] * len(found.outcomes), one.name


# -- the verdict ------------------------------------------------------------------------------------------------------


def outcome(label, *costs, value=None, scores=()):
    runs = tuple(
        Run(seed, cost, score, cost, np.array([1.0, cost]), "Training diverged." if np.isnan(cost) else "")
        for seed, (cost, score) in enumerate(zip(costs, scores or [0.9] * len(costs), strict=True))
    )
    return Outcome(float(label) if value is None else value, label, np.array([0.0, 1.0]), runs)


def tuning(*outcomes, scale="log", limits=(0.0, 1e3), planned=0, epochs=20, name="learning_rate"):
    settings = TrainingSettings(epochs=epochs)
    candidates = tuple(Candidate(one.value, one.label, chain([Input(), Output()]), settings) for one in outcomes)
    candidates += candidates[:1] * planned
    seeds = tuple(range(max(len(one.runs) for one in outcomes)))
    experiment = Experiment(name, "Learning rate α", scale, limits, candidates, seeds)
    return Tuning(experiment, outcomes, "validation", "accuracy", 80, 20)


def test_a_value_far_above_the_spread_is_told_apart_and_one_within_it_is_not():
    found = tuning(
        outcome("0.001", 0.5, 0.51, 0.49), outcome("0.01", 0.10, 0.12, 0.11), outcome("0.03", 0.11, 0.13, 0.09),
        outcome("0.1", 0.3, 0.31, 0.29),
    )  # fmt: skip
    assert found.verdict == (
        "The validation cost after 20 epochs is lowest with 0.01: 0.110, the median of 3 seeds. "
        "0.01 and 0.03 cannot be told apart with 3 seeds. 0.001 and 0.1 are higher by more than the seeds differ."
    )


def test_higher_in_every_run_is_not_enough_where_the_spread_is_as_large_as_the_difference():
    found = tuning(outcome("0.01", 0.10, 0.15, 0.2), outcome("0.1", 0.21, 0.3, 0.4))
    assert "0.1 came out higher in every run, though 3 seeds do not settle it." in found.verdict


def test_one_seed_tells_nothing_apart():
    verdict = tuning(outcome("0.01", 0.1), outcome("0.1", 9.0)).verdict
    assert verdict.startswith(
        "The validation cost after 20 epochs is lowest with 0.01: 0.100. With one seed nothing can"
    )


def test_a_value_of_which_one_run_diverged_is_never_the_best():
    verdict = tuning(outcome("0.01", 0.5, 0.6, 0.55), outcome("0.1", 0.01, 0.01, np.nan)).verdict
    assert verdict.startswith("The validation cost after 20 epochs with 0.01 is 0.550, the median of 3 seeds.")
    assert verdict.endswith("With 0.1, 1 of 3 runs diverged.")


def test_values_are_compared_by_a_score_where_high_is_good():
    found = tuning(outcome("0.01", 0.5, 0.51, scores=(0.80, 0.82)), outcome("0.1", 0.6, 0.61, scores=(0.9, 0.9)))
    cost, score, training = measures_of(found)
    assert [measure.title for measure in (cost, score, training)] == [
        "validation cost", "validation accuracy", "training cost",
    ]  # fmt: skip
    assert "cost after 20 epochs is lowest with 0.01" in verdict_of(found, cost)
    assert verdict_of(found, score) == (
        f"The validation accuracy after 20 epochs is highest with 0.1: 90.0{PERCENT}, the median of 2 seeds. "
        "0.01 came out lower in every run, though 2 seeds do not settle it. "
        "0.1 is the largest value tried: larger ones may be better still."
    )


def test_equal_counts_of_right_rows_in_a_few_runs_are_not_taken_for_certainty():
    one = outcome("0.01", 0.5, 0.51, 0.49, scores=(0.95, 0.95, 0.95))
    other = outcome("0.1", 0.5, 0.51, 0.49, scores=(0.9, 0.9, 0.9))
    found = tuning(one, other)
    assert compare(found.outcomes, measures_of(found)[1]).unsettled == (other,)
    far = tuning(one, outcome("0.1", 0.5, 0.51, 0.49, scores=(0.5, 0.5, 0.5)))
    assert len(compare(far.outcomes, measures_of(far)[1]).apart) == 1


def test_a_score_that_is_not_known_is_none_to_compare_by():
    found = tuning(outcome("0.01", 0.5, scores=(np.nan,)), outcome("0.1", 0.6, scores=(np.nan,)))
    assert [measure.figure for measure in measures_of(found)] == ["cost", "training_cost"]
    assert [measure.figure for measure in measures_of(dataclasses.replace(found, validation_examples=0))] == ["cost"]


def test_the_best_is_one_of_which_every_run_came_to_its_end_as_in_the_verdict():
    found = tuning(outcome("0.01", 0.5, 0.6, 0.55), outcome("0.1", 0.01, 0.01, np.nan), outcome("1", 0.3, 0.4, 0.2))
    assert found.outcomes[best_of(found, COST)].label == "1"
    assert "is lowest with 1:" in found.verdict
    accuracy = measures_of(found)[1]
    assert found.outcomes[best_of(found, accuracy)].label == "0.01"  # all are equal
    lost = tuning(Outcome(1.0, "1", np.array([0.0, 1.0]), (), "No rows."), outcome("2", np.nan))
    assert lost.outcomes[best_of(lost, COST)].label == "2"


def test_a_run_that_diverged_counts_as_the_worst_by_any_measure():
    one = outcome("0.1", 0.2, np.nan, np.nan)
    for measure in measures_of(tuning(one)):
        assert one.median(measure.figure, measure.worst) == measure.worst


def test_where_every_run_diverged_nothing_else_is_said():
    assert tuning(outcome("0.1", np.nan), outcome("1", np.nan)).verdict == ("With 0.1 and 1 training diverged.")


@pytest.mark.parametrize(
    ("best", "scale", "limits", "said"),
    [
        (0, "log", (0.0, 1e3), "0.01 is the smallest value tried: smaller ones may be better still."),
        (0, "log", (0.01, 1e3), ""),
        (1, "log", (0.0, 1e3), ""),
        (2, "log", (0.0, 1e3), "1 is the largest value tried: larger ones may be better still."),
        (2, "log", (0.0, 1.0), ""),
        (2, "names", (-np.inf, np.inf), ""),
    ],
)
def test_a_lowest_cost_at_the_end_of_the_values_is_said_to_be_there(best, scale, limits, said):
    costs = [0.9, 0.9, 0.9]
    costs[best] = 0.1
    outcomes = [outcome(label, cost, cost * 1.01) for label, cost in zip(("0.01", "0.1", "1"), costs, strict=True)]
    verdict = tuning(*outcomes, scale=scale, limits=limits).verdict
    assert verdict.endswith(said or "differ.")


def test_the_number_of_epochs_is_not_told_where_it_is_what_is_varied():
    found = tuning(outcome("10", 0.5, 0.51), outcome("20", 0.1, 0.11), name="epochs")
    assert found.verdict.startswith("The validation cost is lowest with 20: ")


def test_means_and_spreads_are_over_the_runs_that_came_to_their_end():
    one = outcome("0.1", 0.2, 0.4, np.nan)
    assert one.mean("cost") == pytest.approx(0.3)
    assert one.spread("cost") == pytest.approx(np.std([0.2, 0.4], ddof=1))
    assert np.isnan(outcome("0.1", 0.2).spread("cost"))
    assert one.median("cost") == 0.4
    assert list(one.median_curve) == [1.0, 0.4]
    assert np.isnan(outcome("0.1", 0.2, np.nan, np.nan).median_curve[-1])


@pytest.mark.parametrize("freedom", [1.0, 1.3, 2.0, 3.7, 10.0, 200.0])
@pytest.mark.parametrize("t", [0.0, 0.5, 2.0, 8.0, 100.0])
def test_the_tails_of_students_t_are_those_of_scipy(t, freedom):
    assert student_tails(t, freedom) == pytest.approx(2 * scipy.stats.t.sf(t, freedom), rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("sizes", [(2, 2), (3, 3), (5, 5), (3, 8)])
def test_welch_is_that_of_scipy(sizes):
    rng = np.random.default_rng(sizes[0])
    one, other = rng.normal(0, 1, sizes[0]), rng.normal(1, 3, sizes[1])
    assert welch(one, other) == pytest.approx(scipy.stats.ttest_ind(one, other, equal_var=False).pvalue, rel=1e-3)


def test_samples_without_spread_differ_where_their_values_do():
    same = np.full(3, 0.5)
    assert welch(same, same) == 1.0
    assert welch(same, same + 1e-9) == 0.0
    assert welch(same[:1], same + 1) == 1.0


def test_values_that_do_not_differ_are_rarely_told_apart():
    rng = np.random.default_rng(1)
    rounds = 300
    wrong = 0
    for _ in range(rounds):
        outcomes = [outcome("1", *np.exp(rng.normal(size=3)), value=index) for index in range(5)]
        wrong += bool(compare(outcomes, COST).apart)
    assert wrong / rounds < 0.07

"""The metrics are scikit-learn's, over random data with ties, absent classes and single examples."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Dataset, Input, Network, chain, metrics
from engine.activations import Identity, Sigmoid, Softmax, Tanh
from engine.evaluation import evaluate, metrics_of
from engine.layers import Output
from engine.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Hinge, MeanSquaredError

EXACT = {"rel": 1e-12, "abs": 1e-12, "nan_ok": True}


def reference(function, *args, **options):
    """Return what scikit-learn says, without its warnings of what is not defined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **options)


def class_reference(true, predicted, average):
    figures = {"accuracy": sk.accuracy_score, "balanced_accuracy": sk.balanced_accuracy_score}
    values = {name: reference(function, true, predicted) for name, function in figures.items()}
    for name in ("precision", "recall", "f1"):
        function = getattr(sk, f"{name}_score")
        values[name] = reference(function, true, predicted, average=average, zero_division=0)
    return values


def binary_reference(true, scores, threshold=0.5):
    area = reference(sk.roc_auc_score, true, scores) if len(set(true.tolist())) == 2 else math.nan
    return {**class_reference(true, (scores > threshold).astype(int), "binary"), "roc_auc": area}


def multiclass_reference(true, outputs):
    areas = [
        reference(sk.roc_auc_score, true == k, outputs[:, k]) if 0 < np.sum(true == k) < len(true) else math.nan
        for k in range(outputs.shape[1])
    ]
    return {**class_reference(true, outputs.argmax(axis=1), "macro"), "roc_auc": float(np.mean(areas))}


def probabilities(rng, m, classes, dtype):
    raw = np.exp(rng.normal(size=(m, classes)))
    return (raw / raw.sum(axis=1, keepdims=True)).astype(dtype)


# -- two classes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(10))
def test_figures_of_two_classes_are_scikit_learns(seed, dtype):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 2, 300)
    scores = np.clip(0.3 * true + 0.7 * rng.random(300), 0, 1).astype(dtype)
    found = metrics.all_metrics(true[:, None].astype(dtype), scores[:, None], "binary")
    assert found == pytest.approx(binary_reference(true, scores), **EXACT)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=1, max_size=40))
def test_ties_absent_classes_and_single_examples_are_judged_as_by_scikit_learn(rows):
    true = np.array([row[0] for row in rows], int)
    scores = np.array([row[1] for row in rows]) / 8
    found = metrics.all_metrics(true[:, None].astype(float), scores[:, None], "binary")
    assert found == pytest.approx(binary_reference(true, scores), **EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_scores_without_a_bound_are_judged_by_the_threshold_zero(seed):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 2, 100)
    scores = rng.normal(size=100) + true
    found = metrics.all_metrics(true[:, None].astype(float), scores[:, None], "binary", 0.0)
    assert found == pytest.approx(binary_reference(true, scores, 0.0), **EXACT)
    matrix = metrics.confusion(true[:, None], scores[:, None], "binary", 0.0)
    np.testing.assert_array_equal(matrix, sk.confusion_matrix(true, scores > 0))


@pytest.mark.parametrize("seed", range(5))
def test_several_yes_or_no_outputs_are_counted_together(seed):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 2, (80, 3))
    outputs = np.clip(0.4 * true + 0.6 * rng.random((80, 3)), 0, 1)
    found = metrics.all_metrics(true.astype(float), outputs, "binary")
    assert found == pytest.approx(binary_reference(true.ravel(), outputs.ravel()), **EXACT)
    assert metrics.score(true.astype(float), outputs, "binary") == found["accuracy"]
    predicted = (outputs > 0.5).astype(int)
    assert found["f1"] == pytest.approx(sk.f1_score(true, predicted, average="micro"), **EXACT)
    matrix = metrics.confusion(true.astype(float), outputs, "binary")
    np.testing.assert_array_equal(matrix, sk.confusion_matrix(true.ravel(), predicted.ravel()))


# -- several classes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("seed", "classes"), [(seed, 2 + seed % 5) for seed in range(10)])
def test_figures_of_several_classes_are_scikit_learns(seed, classes, dtype):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, classes, 400)
    outputs = probabilities(rng, 400, classes, dtype)
    found = metrics.all_metrics(np.eye(classes, dtype=dtype)[true], outputs, "multiclass")
    assert found == pytest.approx(multiclass_reference(true, outputs), **EXACT)
    if classes > 2:
        area = sk.roc_auc_score(true, outputs.astype(float), multi_class="ovr", average="macro")
        assert found["roc_auc"] == pytest.approx(area, **EXACT)
    matrix = metrics.confusion(np.eye(classes)[true], outputs, "multiclass")
    np.testing.assert_array_equal(matrix, sk.confusion_matrix(true, outputs.argmax(axis=1)))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(0, 4), min_size=4, max_size=4)), min_size=1, max_size=30)
)
def test_classes_absent_from_the_split_or_never_predicted_are_judged_as_by_scikit_learn(rows):
    true = np.array([row[0] for row in rows])
    outputs = np.array([row[1] for row in rows]) / 4
    found = metrics.all_metrics(np.eye(4)[true], outputs, "multiclass")
    assert found == pytest.approx(multiclass_reference(true, outputs), **EXACT)


# -- ROC curve --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_the_roc_curve_is_scikit_learns_at_every_threshold(seed):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 2, 200)
    scores = np.round(rng.random(200) + 0.3 * true, seed % 3 + 1)
    curve = metrics.roc_curve(true > 0, scores)
    assert curve is not None
    false, positive, _ = sk.roc_curve(true, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve[0], false, atol=1e-12)
    np.testing.assert_allclose(curve[1], positive, atol=1e-12)


@pytest.mark.parametrize("scores", [[0.3, 0.4, 0.2], [1.0, math.nan, 0.0]])
def test_without_both_classes_or_with_a_score_that_is_no_number_there_is_no_curve(scores):
    positive = np.array([True, True, not math.isnan(scores[1])])
    assert metrics.roc_curve(positive, np.array(scores)) is None
    assert math.isnan(metrics.roc_auc(positive, np.array(scores)))


def test_infinite_scores_have_their_place_in_the_order():
    true = np.array([0, 1, 1, 0, 1])
    scores = np.array([-math.inf, math.inf, math.inf, 0.0, -1.0])
    ranked = np.array([0.0, 3.0, 3.0, 2.0, 1.0])
    assert metrics.roc_auc(true > 0, scores) == pytest.approx(sk.roc_auc_score(true, ranked), **EXACT)


@pytest.mark.parametrize("spread", [0.05, 0.5, 5.0])
def test_a_thinned_curve_is_short_and_nowhere_away_from_the_whole_one(spread):
    rng = np.random.default_rng(1)
    true = rng.integers(0, 2, 20_000)
    scores = true + spread * rng.normal(size=len(true))
    whole = metrics.roc_curve(true > 0, scores)
    false, positive = metrics.thinned(whole)
    assert len(false) <= 402 < len(whole[0])
    assert (false[0], positive[0], false[-1], positive[-1]) == (0, 0, 1, 1)
    # At equal fpr + tpr, where both curves are functions, steep or not.
    along = np.linspace(0, 2, 5_000)
    for short, full in zip((false, positive), whole, strict=True):
        apart = np.interp(along, false + positive, short) - np.interp(along, whole[0] + whole[1], full)
        assert np.abs(apart).max() < 0.5 / metrics.CURVE_LEVELS


def test_a_perfect_curve_keeps_its_corner_and_nothing_else():
    true = np.arange(10_000) >= 5_000
    false, positive = metrics.thinned(metrics.roc_curve(true, np.arange(10_000.0)))
    np.testing.assert_array_equal(false, [0, 0, 1])
    np.testing.assert_array_equal(positive, [0, 1, 1])


def test_a_curve_belongs_to_yes_or_no_outputs_only():
    rng = np.random.default_rng(0)
    true, outputs = rng.integers(0, 2, (50, 2)).astype(float), rng.random((50, 2))
    curve = metrics.roc(true, outputs, "binary")
    area = sk.roc_auc_score(true.ravel(), outputs.ravel())
    assert np.trapezoid(curve[1], curve[0]) == pytest.approx(area, **EXACT)
    assert metrics.roc(true, outputs, "multiclass") is None
    assert metrics.roc(true, outputs, "regression") is None


# -- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("seed", "outputs"), [(seed, 1 + seed % 3) for seed in range(9)])
def test_figures_of_numbers_are_scikit_learns(seed, outputs, dtype):
    rng = np.random.default_rng(seed)
    y = (100 + rng.normal(size=(150, outputs)) * 10.0 ** rng.integers(-2, 3, outputs)).astype(dtype)
    predicted = (y + rng.normal(size=y.shape)).astype(dtype)
    wide = y.astype(float), predicted.astype(float)
    expected = {
        "r2": sk.r2_score(*wide),
        "mae": sk.mean_absolute_error(*wide),
        "rmse": sk.root_mean_squared_error(*wide),
    }
    assert metrics.all_metrics(y, predicted, "regression") == pytest.approx(expected, **EXACT)
    assert metrics.score(y, predicted, "regression") == pytest.approx(expected["r2"], **EXACT)
    each = np.array(metrics.errors_by_output(y, predicted))
    np.testing.assert_allclose(each[:, 0], sk.mean_absolute_error(*wide, multioutput="raw_values"), rtol=1e-9)
    np.testing.assert_allclose(each[:, 1], sk.root_mean_squared_error(*wide, multioutput="raw_values"), rtol=1e-9)


@pytest.mark.parametrize("predicted", [[2.0, 2.0, 2.0], [2.0, 2.5, 2.0]])
def test_r2_of_a_target_that_never_varies_is_scikit_learns(predicted):
    y, predicted = np.full((3, 1), 2.0), np.array(predicted)[:, None]
    assert metrics.r2(y, predicted) == sk.r2_score(y, predicted)


def test_a_target_that_never_varies_is_known_by_its_values_and_not_by_a_rounded_mean():
    y = np.full((3, 1), 0.1)
    assert metrics.r2(y, y + 0.2) == 0.0


def test_a_single_example_has_errors_and_no_r2():
    found = metrics.all_metrics(np.array([[1.0]]), np.array([[3.0]]), "regression")
    assert found == pytest.approx({"r2": math.nan, "mae": 2.0, "rmse": 2.0}, **EXACT)


def test_predictions_that_are_not_numbers_or_too_large_to_square_give_figures_without_warnings():
    y = np.array([[1.0], [2.0], [3.0]])
    for wild in (math.nan, 1e200, math.inf):
        assert not math.isfinite(metrics.all_metrics(y, np.full_like(y, wild), "regression")["rmse"])


# -- tasks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("activation", "loss", "units", "task", "threshold"),
    [
        (Softmax(), CategoricalCrossEntropy, 3, "multiclass", 0.5),
        (Sigmoid(), BinaryCrossEntropy, 1, "binary", 0.5),
        (Sigmoid(), BinaryCrossEntropy, 4, "binary", 0.5),
        (Sigmoid(), MeanSquaredError, 1, "binary", 0.5),
        (Identity(), MeanSquaredError, 2, "regression", 0.5),
        (Identity(), Hinge, 1, "binary", 0.0),
        (Tanh(), Hinge, 1, "binary", 0.0),
        (Identity(), Hinge, 3, "multiclass", 0.0),
    ],
)
def test_activation_and_loss_tell_the_task_and_its_threshold(activation, loss, units, task, threshold):
    output = Output(units=units, activation=activation, loss=loss())
    assert metrics.task_of(output) == task
    assert metrics.threshold_of(output) == threshold


def test_classes_of_one_output_are_one_an_example():
    outputs = np.array([[0.2], [0.5], [0.7]])
    np.testing.assert_array_equal(metrics.classes_of(outputs, "binary"), [0, 0, 1])
    np.testing.assert_array_equal(metrics.classes_of(outputs, "binary", 0.1), [1, 1, 1])


# -- of a network -----------------------------------------------------------------------------------------------------


def test_a_networks_figures_are_those_of_its_outputs_by_its_own_threshold():
    rng = np.random.default_rng(4)
    network = Network(chain([Input(features=2), Output(units=1, activation=Identity(), loss=Hinge())]), seed=1)
    splits = {}
    for name, m in (("training", 60), ("validation", 40)):
        X = rng.normal(size=(m, 2))
        splits[name] = Dataset(X, (X[:, :1] > 0).astype(float))
    found = metrics_of(network, splits)
    for name, data in splits.items():
        scores, true = network.predict(data.X)[:, 0], data.Y[:, 0].astype(int)
        expected = {"cost": network.cost(data.X, data.Y), **binary_reference(true, scores, 0.0)}
        assert found.values[name] == pytest.approx(expected, **EXACT)
        assert evaluate(network, data) == pytest.approx((expected["cost"], expected["accuracy"]), **EXACT)
    # Of the last one in the loop, validation.
    assert found.confusion_split == "validation"
    np.testing.assert_array_equal(found.confusion, sk.confusion_matrix(true, scores > 0))
    area = np.trapezoid(found.roc[1], found.roc[0])
    assert area == pytest.approx(found.values["validation"]["roc_auc"], **EXACT)


def test_without_validation_the_pictures_are_of_training():
    network = Network(chain([Input(features=1), Output(units=1)]))
    data = Dataset(np.array([[0.0], [1.0]]), np.array([[0.0], [1.0]]))
    found = metrics_of(network, {"training": data, "test": data})
    assert found.confusion_split == "training"
    assert found.roc is not None

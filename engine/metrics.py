"""Metrics over whole splits; arrays batch-first, (m, n_outputs).

Classes are judged by counts: :func:`confusion_matrix` is made once, and accuracy, balanced accuracy, precision, recall
and F1 follow from it. With several yes/no outputs every figure is a micro average: the entries of all outputs are
counted together, as if each were an example of its own.

Sources: Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 27 (2006), for precision, recall, F1 and
ROC; Brodersen et al., The balanced accuracy and its posterior distribution, ICPR (2010).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.declared import name_of
from engine.emit import Array
from engine.layers import Output

Task = Literal["binary", "multiclass", "regression"]

SPREAD_ROWS = 65_536
SCORE_NAMES: dict[Task, str] = {"binary": "accuracy", "multiclass": "accuracy", "regression": "r2"}
HALF, ZERO = 0.5, 0.0  # thresholds of probabilities and of scores without a bound
CURVE_LEVELS = 200  # a thinned ROC curve has two points a level at most, and both its ends

# -- what an output is for --------------------------------------------------------------------------------------------


def task_of(output: Output) -> Task:
    """Return the task an output layer is for, by its activation and, where that does not tell, its loss."""
    activation = name_of(output.activation)
    if activation == "softmax":
        return "multiclass"
    if activation == "sigmoid":
        return "binary"
    if name_of(output.loss) == "hinge":
        return "binary" if output.units == 1 else "multiclass"
    return "regression"


def threshold_of(output: Output) -> float:
    """Return the output above which a yes/no output says yes: 0.5 for probabilities, 0 for the scores of hinge."""
    scores = name_of(output.loss) == "hinge" and name_of(output.activation) not in ("sigmoid", "softmax")
    return ZERO if scores else HALF


def classes_of(outputs: Array, task: Task, threshold: float = HALF) -> Array:
    """Return the predicted class indices of outputs (m, n_outputs).

    ``"multiclass"``: (m,), the index of the largest output. ``"binary"``: (m · n_outputs,), 1 where an output exceeds
    the threshold, example by example; with one output that is (m,).
    """
    if task == "multiclass":
        return np.asarray(outputs.argmax(axis=1))
    return (outputs > threshold).astype(np.int64).reshape(-1)


def true_classes(y: Array, task: Task) -> Array:
    """Return the class indices of targets (m, n_outputs) of zeros and ones, in the order of :func:`classes_of`."""
    return classes_of(y, task)


# -- classes ----------------------------------------------------------------------------------------------------------


def accuracy(y: Array, predicted: Array) -> float:
    """Return the share of examples whose class is predicted right; both (m,) class indices."""
    return float(np.mean(y == predicted))


def confusion_matrix(y: Array, predicted: Array, classes: int) -> Array:
    """Return counts (classes, classes): true classes in rows, predicted ones in columns."""
    return np.bincount(y * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def balanced_accuracy(matrix: Array) -> float:
    """Return the mean over the classes that occur of the share of their examples that is predicted right.

    Parameters
    ----------
    matrix
        The confusion matrix (classes, classes).
    """
    occur = matrix.sum(axis=1)
    return float(np.mean(np.diagonal(matrix)[occur > 0] / occur[occur > 0]))


def precision_recall_f1(matrix: Array) -> tuple[Array, Array, Array]:
    r"""Return precision, recall and F1 (classes,) of each class, from the confusion matrix (classes, classes).

    With TP, FP and FN the right, false and missed predictions of a class, precision is :math:`TP/(TP+FP)`, recall
    :math:`TP/(TP+FN)`, and F1, their harmonic mean, :math:`2\,TP/(2\,TP+FP+FN)`; each is 0 where it would be 0/0.
    """
    right, true, predicted = np.diagonal(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return _ratio(right, predicted), _ratio(right, true), _ratio(2 * right, true + predicted)


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def confusion(y: Array, outputs: Array, task: Task, threshold: float = HALF) -> Array | None:
    """Return the confusion matrix of a split, or None for regression; of several yes/no outputs all entries."""
    if task == "regression":
        return None
    classes = y.shape[1] if task == "multiclass" else 2
    return confusion_matrix(true_classes(y, task), classes_of(outputs, task, threshold), classes)


# -- ROC --------------------------------------------------------------------------------------------------------------


def roc_curve(positive: Array, scores: Array) -> tuple[Array, Array] | None:
    """Return the false and true positive rates at every threshold that tells scores apart, from (0, 0) to (1, 1).

    Parameters
    ----------
    positive
        Whether each example is of class 1 (m,).
    scores
        Its scores (m,); equal ones make one point.

    Returns
    -------
    tuple[Array, Array] or None
        Both rates (points,), float64, never falling; None where a class is absent or a score is not a number.
    """
    counts = _roc_counts(positive, scores)
    return None if counts is None else (counts[0] / counts[0][-1], counts[1] / counts[1][-1])


def roc_auc(positive: Array, scores: Array) -> float:
    """Return the area below the ROC curve, in O(m log m), from arrays (m,) as :func:`roc_curve` takes them.

    It is the share of all pairs of a positive and a negative example in which the positive one has the higher score,
    equal scores counting half; nan where there is no pair or a score is not a number.
    """
    counts = _roc_counts(positive, scores)
    if counts is None:
        return float("nan")
    false, true = counts
    # Twice the trapezoids, in whole numbers, so that nothing is rounded before the one division.
    doubled = int(np.sum(np.diff(false) * (true[1:] + true[:-1])))
    return doubled / (2 * int(false[-1]) * int(true[-1]))


def thinned(curve: tuple[Array, Array], levels: int = CURVE_LEVELS) -> tuple[Array, Array]:
    """Return a ROC curve of at most 2 · ``levels`` + 2 points that looks as the whole one does.

    Points on a straight line between their neighbors go first; the curve is unchanged by that. Where more than enough
    remain, the first and the last of each of ``levels`` stretches of equal fpr + tpr stay: long steps keep both their
    ends, and no point of the curve is further than 1 / ``levels`` from the new one.
    """
    false, true = curve
    if len(false) > 2:
        dx, dy = np.diff(false), np.diff(true)
        bent = np.concatenate([[True], dx[:-1] * dy[1:] != dx[1:] * dy[:-1], [True]])
        false, true = false[bent], true[bent]
    if len(false) > 2 * levels + 2:
        level = ((false + true) * (levels / 2)).astype(np.int64)
        changes = level[1:] != level[:-1]
        kept = np.concatenate([[True], changes]) | np.concatenate([changes, [True]])
        false, true = false[kept], true[kept]
    return false, true


def roc(y: Array, outputs: Array, task: Task) -> tuple[Array, Array] | None:
    """Return the thinned ROC curve of a split's yes/no outputs together; None for other tasks and without a curve."""
    if task != "binary":
        return None
    curve = roc_curve(true_classes(y, task) > 0, outputs.reshape(-1))
    return None if curve is None else thinned(curve)


def _roc_counts(positive: Array, scores: Array) -> tuple[Array, Array] | None:
    """Return how many negatives and positives score at least as high as each distinct score, falling; both from 0."""
    total = int(np.count_nonzero(positive))
    if total in (0, len(positive)) or np.isnan(scores).any():
        return None
    order = np.argsort(scores)[::-1]
    falling = scores[order]
    last = np.append(np.flatnonzero(falling[1:] != falling[:-1]), len(falling) - 1)  # of each run of equal scores
    true = np.cumsum(positive[order], dtype=np.int64)[last]
    return np.concatenate([[0], last + 1 - true]), np.concatenate([[0], true])


def _macro_roc_auc(y: Array, outputs: Array) -> float:
    """Return the mean over the classes of the area of one against the rest; nan where a class is absent."""
    true = true_classes(y, "multiclass")
    return float(np.mean([roc_auc(true == index, outputs[:, index]) for index in range(outputs.shape[1])]))


# -- numbers ----------------------------------------------------------------------------------------------------------


def r2(y: Array, predicted: Array) -> float:
    r"""Return :math:`R^2 = 1 - \sum(\hat y-y)^2 / \sum(y-\bar y)^2`, averaged over outputs; arrays (m, n_outputs).

    A target that never varies gives 1 where every prediction is exact and 0 otherwise; a single example gives nan.
    """
    return TargetSpread(y).r2(squared_errors(y, predicted))


def squared_errors(y: Array, predicted: Array) -> Array:
    """Return Σ(ŷ - y)² of each output (n_outputs,), in float64, over examples in (k, n_outputs)."""
    with np.errstate(all="ignore"):
        return np.asarray(((predicted - y.astype(np.float64)) ** 2).sum(axis=0))


class TargetSpread:
    """How much the targets (m, n_outputs) vary, which is what R² measures errors against."""

    def __init__(self, y: Array) -> None:
        self._count = len(y)
        mean = y.mean(axis=0, dtype=np.float64)
        # By the values themselves: the mean of equal ones may be rounded, and their spread is then not quite 0.
        self._still = y.max(axis=0) == y.min(axis=0)
        self._spread = np.zeros(y.shape[1])
        for start in range(0, len(y), SPREAD_ROWS):  # a copy in float64 of a whole large table would take memory
            self._spread += squared_errors(y[start : start + SPREAD_ROWS], mean)

    def r2(self, missed: Array) -> float:
        """Return R² from the sums of squared errors (n_outputs,) over all examples."""
        if self._count < 2:
            return float("nan")
        with np.errstate(all="ignore"):
            without_spread = np.where(missed == 0, 1.0, np.where(np.isnan(missed), np.nan, 0.0))
            return float(np.mean(np.where(self._still, without_spread, 1.0 - missed / self._spread)))


def mean_absolute_error(y: Array, predicted: Array) -> float:
    """Return the mean of |ŷ - y| over examples and outputs; arrays (m, n_outputs)."""
    with np.errstate(all="ignore"):
        return float(np.mean(np.abs(predicted.astype(np.float64) - y)))


def root_mean_squared_error(y: Array, predicted: Array) -> float:
    """Return the square root of the mean of (ŷ - y)² over examples, averaged over outputs; arrays (m, n_outputs)."""
    with np.errstate(all="ignore"):
        return float(np.mean(np.sqrt(np.mean((predicted.astype(np.float64) - y) ** 2, axis=0))))


def errors_by_output(y: Array, predicted: Array) -> tuple[tuple[float, float], ...]:
    """Return :func:`mean_absolute_error` and :func:`root_mean_squared_error` of each output."""
    each = ((y[:, [k]], predicted[:, [k]]) for k in range(y.shape[1]))
    return tuple((mean_absolute_error(*own), root_mean_squared_error(*own)) for own in each)


# -- a task's figures -------------------------------------------------------------------------------------------------


def score(y: Array, outputs: Array, task: Task, threshold: float = HALF) -> float:
    """Return the one figure by which a task is judged: accuracy for classes, R² for numbers."""
    if task == "regression":
        return r2(y, outputs)
    return accuracy(true_classes(y, task), classes_of(outputs, task, threshold))


def all_metrics(y: Array, outputs: Array, task: Task, threshold: float = HALF) -> dict[str, float]:
    """Return every metric of a task by name.

    Parameters
    ----------
    y
        Targets (m, n_outputs): zeros and ones for classes.
    outputs
        Predictions (m, n_outputs): probabilities, scores or numbers.
    task
        ``"binary"``: precision, recall and F1 are those of class 1, all outputs' entries together. ``"multiclass"``:
        they are means over the classes that occur or are predicted, and ROC AUC is the mean of each class against
        the rest. ``"regression"``: R², MAE and RMSE, in the unit of y.
    threshold
        Above it a yes/no output says yes (:func:`threshold_of`).
    """
    matrix = confusion(y, outputs, task, threshold)
    if matrix is None:
        return {
            "r2": r2(y, outputs),
            "mae": mean_absolute_error(y, outputs),
            "rmse": root_mean_squared_error(y, outputs),
        }
    each = precision_recall_f1(matrix)
    if task == "binary":
        precision, recall, f1 = (float(values[1]) for values in each)
        area = roc_auc(true_classes(y, task) > 0, outputs.reshape(-1))
    else:
        known = matrix.sum(axis=0) + matrix.sum(axis=1) > 0
        precision, recall, f1 = (float(values[known].mean()) for values in each)
        area = _macro_roc_auc(y, outputs)
    return {
        "accuracy": float(np.trace(matrix) / matrix.sum()),
        "balanced_accuracy": balanced_accuracy(matrix),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "roc_auc": area,
    }

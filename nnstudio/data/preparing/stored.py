"""Prepared data in a project file: numeric arrays by name and one declared record; the units of axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import ArrayLike, NDArray

from engine.declared import Declared
from nnstudio.data.errors import DataError
from nnstudio.data.preparing.fitted import Feature, FittedPreparation, FittedTarget
from nnstudio.data.preparing.prepared import PreparedData, assemble
from nnstudio.data.preparing.report import PreparationReport
from nnstudio.data.preparing.split import Split
from nnstudio.data.preparing.transforming import logged, unlogged
from nnstudio.data.row_runs import are_runs, counted_from

ARRAY_NAMES = ("X", "Y", "training", "validation", "test")
RUNS = "rows"  # which rows of the file they are; not there where these are counted from 1


class PreparedRecord(Declared, frozen=True):
    """All of prepared data that is not an array."""

    fitted: FittedPreparation
    report: PreparationReport
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


def to_arrays(prepared: PreparedData) -> dict[str, NDArray[Any]]:
    """Return the arrays by name, C-contiguous."""
    arrays = {name: np.ascontiguousarray(getattr(prepared, name)) for name in ARRAY_NAMES}
    return arrays if np.array_equal(prepared.runs, counted_from(1)) else {**arrays, RUNS: prepared.runs}


def to_record(prepared: PreparedData) -> PreparedRecord:
    """Return the rest, ready for ``msgspec.json.encode``."""
    return PreparedRecord(fitted=prepared.fitted, report=prepared.report, sha256=prepared.sha256)


def from_arrays(arrays: Mapping[str, NDArray[Any]], record: PreparedRecord) -> PreparedData:
    """Put prepared data together again; names, types, shapes, indices, values and hash are all checked.

    Raises
    ------
    DataError
        When anything does not fit; the data stored in the file are damaged.
    """
    damaged = "The data stored in the project are damaged: {}. Load the table again."
    if set(arrays) - {RUNS} != set(ARRAY_NAMES):
        raise DataError(damaged.format("an array is missing or unknown"))
    X, Y = arrays["X"], arrays["Y"]
    fitted = record.fitted
    if X.dtype != np.float32 or Y.dtype != np.float32 or X.ndim != 2 or Y.ndim != 2:
        raise DataError(damaged.format("inputs and targets are not tables of float32"))
    if X.shape[1] != len(fitted.features) or Y.shape != (len(X), fitted.outputs):
        raise DataError(damaged.format("inputs, targets and features do not fit together"))
    indices = [arrays[name] for name in ("training", "validation", "test")]
    if any(index.dtype != np.int64 or index.ndim != 1 for index in indices):
        raise DataError(damaged.format("the split is not made of row numbers"))
    if not np.array_equal(np.sort(np.concatenate(indices)), np.arange(len(X))) or not len(indices[0]):
        raise DataError(damaged.format("the split does not hold every row once"))
    if not (np.isfinite(X).all() and np.isfinite(Y).all()):
        raise DataError(damaged.format("a value is not finite"))
    own = {name: np.array(array, order="C") for name, array in arrays.items()}
    if RUNS in own and not are_runs(own[RUNS], len(X)):
        raise DataError(damaged.format("the numbers of the rows are not in order"))
    split = Split(own["training"], own["validation"], own["test"])
    prepared = assemble(fitted, own["X"], own["Y"], split, record.report, runs=own.get(RUNS))
    if prepared.sha256 != record.sha256:
        raise DataError(damaged.format("their content does not match its hash"))
    return prepared


# -- units ------------------------------------------------------------------------------------------------------------


def feature_of(fitted: FittedPreparation, feature: int) -> Feature:
    """Return how feature number ``feature`` (from 0) is made."""
    for column in fitted.columns:
        inputs = column.inputs
        if feature < len(inputs):
            return inputs[feature]
        feature -= len(inputs)
    raise IndexError("there is no such feature")


def raw(prepared: PreparedData, feature: int, values: ArrayLike) -> NDArray[np.float64]:
    """Return values of an input in the unit of the table; what was clipped stays so."""
    return from_axis(prepared, feature, axis(prepared, feature, values))


def raw_rows(prepared: PreparedData, rows: ArrayLike) -> NDArray[np.float64]:
    """Return whole rows (k, n_features) in the units of the table."""
    made = [feature for column in prepared.fitted.columns for feature in column.inputs]
    values = np.asarray(rows, np.float64) * [feature.scale for feature in made] + [feature.offset for feature in made]
    for at, feature in enumerate(made):
        if feature.log != "none":
            values[:, at] = unlogged(values[:, at], feature.log)
    return np.asarray(values)


def scaled(prepared: PreparedData, feature: int, values: ArrayLike) -> NDArray[np.float64]:
    """Return values in the unit of the table as the input has them, though none is clipped."""
    made = feature_of(prepared.fitted, feature)
    return (logged(values, made.log) - made.offset) / made.scale


def axis(prepared: PreparedData, feature: int, values: ArrayLike) -> NDArray[np.float64]:
    """Return values of an input in the unit of an axis: that of the table, or its logarithm where the input is one.

    An input is a straight line of this unit, so that a picture of a grid of inputs may be drawn over it.
    """
    made = feature_of(prepared.fitted, feature)
    return np.asarray(values, np.float64) * made.scale + made.offset


def from_axis(prepared: PreparedData, feature: int, values: ArrayLike) -> NDArray[np.float64]:
    """Return values in the unit of an axis in the unit of the table."""
    return unlogged(values, feature_of(prepared.fitted, feature).log)


def to_input(prepared: PreparedData, feature: int, values: ArrayLike) -> NDArray[np.float64]:
    """Return values in the unit of an axis as the input has them."""
    made = feature_of(prepared.fitted, feature)
    return (np.asarray(values, np.float64) - made.offset) / made.scale


def axis_title(prepared: PreparedData, feature: int) -> str:
    """Return what an axis of a feature is called."""
    name, made = prepared.features[feature], feature_of(prepared.fitted, feature)
    return {"none": name, "log1p": f"log(1 + {name})", "signed": f"signed log of {name}"}[made.log]


def is_date(prepared: PreparedData, feature: int) -> bool:
    """Return whether a feature is a moment, whose unit in the table is seconds since 1970."""
    return feature_of(prepared.fitted, feature).is_date


def raw_target(source: PreparedData | FittedPreparation, values: ArrayLike, output: int = 0) -> NDArray[np.float64]:
    """Return one target or its predictions of a regression in the unit of the table."""
    target = _target(source, output)
    with np.errstate(over="ignore"):  # what a network that diverges predicts may have no number
        return unlogged(np.asarray(values, np.float64) * target.scale + target.offset, target.log)


def scaled_target(source: PreparedData | FittedPreparation, values: ArrayLike, output: int = 0) -> NDArray[np.float64]:
    """Return values of one of a regression's targets as the network sees them."""
    target = _target(source, output)
    return (logged(values, target.log) - target.offset) / target.scale


def error_scale(prepared: PreparedData) -> float | None:
    """Return what errors of a regression are multiplied by to be in the unit of the target.

    None where there are several targets, whose errors are means in units of each one's own spread, and where the
    network learns a logarithm, whose errors have no such unit.
    """
    targets = prepared.fitted.targets
    return targets[0].scale if len(targets) == 1 and targets[0].log == "none" else None


def _target(source: PreparedData | FittedPreparation, output: int) -> FittedTarget:
    return (source.fitted if isinstance(source, PreparedData) else source).targets[output]

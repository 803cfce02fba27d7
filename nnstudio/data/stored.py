"""Prepared data in a project file: numeric arrays by name and one declared record; the units of axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import ArrayLike, NDArray

from engine.declared import Declared
from nnstudio.data.errors import DataError
from nnstudio.data.fitting import FittedColumn, FittedPreparation
from nnstudio.data.prepare import PreparedData, assemble
from nnstudio.data.report import PreparationReport
from nnstudio.data.split import Split

ARRAY_NAMES = ("X", "Y", "training", "validation", "test")


class PreparedRecord(Declared, frozen=True):
    """All of prepared data that is not an array."""

    fitted: FittedPreparation
    report: PreparationReport
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


def to_arrays(prepared: PreparedData) -> dict[str, NDArray[Any]]:
    """Return the arrays by name, C-contiguous."""
    return {name: np.ascontiguousarray(getattr(prepared, name)) for name in ARRAY_NAMES}


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
    if set(arrays) != set(ARRAY_NAMES):
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
    own = {name: np.array(arrays[name], order="C") for name in ARRAY_NAMES}
    split = Split(own["training"], own["validation"], own["test"])
    prepared = assemble(fitted, own["X"], own["Y"], split, record.report)
    if prepared.sha256 != record.sha256:
        raise DataError(damaged.format("their content does not match its hash"))
    return prepared


def feature_column(fitted: FittedPreparation, feature: int) -> FittedColumn:
    """Return the column that feature number ``feature`` (from 0) comes from."""
    for column in fitted.columns:
        if feature < len(column.features):
            return column
        feature -= len(column.features)
    raise IndexError("there is no such feature")


def raw(prepared: PreparedData, feature: int, values: ArrayLike) -> NDArray[np.float64]:
    """Return values of an input in the unit of the table."""
    column = feature_column(prepared.fitted, feature)
    return np.asarray(values, np.float64) * column.scale + column.offset


def raw_rows(prepared: PreparedData, rows: ArrayLike) -> NDArray[np.float64]:
    """Return whole rows (k, n_features) in the units of the table."""
    columns = [column for column in prepared.fitted.columns for _ in column.features]
    scales = np.array([column.scale for column in columns], np.float64)
    offsets = np.array([column.offset for column in columns], np.float64)
    return np.asarray(np.asarray(rows, np.float64) * scales + offsets)


def scaled(prepared: PreparedData, feature: int, values: ArrayLike) -> NDArray[np.float64]:
    """Return values in the unit of the table as the input has them."""
    column = feature_column(prepared.fitted, feature)
    return (np.asarray(values, np.float64) - column.offset) / column.scale


def raw_target(source: PreparedData | FittedPreparation, values: ArrayLike) -> NDArray[np.float64]:
    """Return targets or predictions of a regression in the unit of the table."""
    target = (source.fitted if isinstance(source, PreparedData) else source).target
    return np.asarray(values, np.float64) * target.scale + target.offset


def scaled_target(source: PreparedData | FittedPreparation, values: ArrayLike) -> NDArray[np.float64]:
    """Return values of a regression's target as the network sees them."""
    target = (source.fitted if isinstance(source, PreparedData) else source).target
    return (np.asarray(values, np.float64) - target.offset) / target.scale

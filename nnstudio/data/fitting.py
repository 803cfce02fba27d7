"""The numbers a preparation learned from its training rows, and how they turn columns into inputs."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from engine.declared import Declared, SettingError
from nnstudio.data.cells import format_number
from nnstudio.data.errors import DataError
from nnstudio.data.recipe import MISSING_MARKS, Column, Dialect, Kind, MissingRule, Name, Scaling, Task
from nnstudio.data.table import Categories, ColumnValues, Table, is_missing

MAX_CATEGORIES = 1_000  # of one text column; each becomes a feature
MAX_CLASSES = 1_000
_Text = Annotated[str, Meta(max_length=1_000_000)]
_Scale = Annotated[float, Meta(gt=0.0)]


class FittedColumn(Declared, frozen=True):
    """One input column: ``scaled = (raw - offset) / scale``, or one feature a category.

    ``fill`` and ``fill_category`` stand for a missing cell where the rule is "mean"; ``fill`` is in the
    column's own unit.
    """

    name: Name
    kind: Kind
    offset: float = 0.0
    scale: _Scale = 1.0
    fill: float | None = None
    categories: tuple[_Text, ...] = ()
    fill_category: _Text | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.categories)) != len(self.categories) or len(self.categories) > MAX_CATEGORIES:
            raise SettingError(f"The categories of column {self.name!r} are not distinct, or too many.")
        if self.fill_category is not None and self.fill_category not in self.categories:
            raise SettingError(f"Column {self.name!r}: {self.fill_category!r} is none of its categories.")

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features that the column becomes."""
        if self.kind == "number":
            return (self.name,)
        return tuple(f"{self.name}={category}" for category in self.categories)


class FittedTarget(Declared, frozen=True):
    """The target: its classes (negative, then positive, where there are two), or its offset and scale."""

    name: Name
    kind: Kind
    offset: float = 0.0
    scale: _Scale = 1.0
    classes: Annotated[tuple[_Text, ...], Meta(max_length=MAX_CLASSES)] = ()


class FittedPreparation(Declared, frozen=True):
    """Everything that turns a new table into inputs. Every number comes from the training rows alone."""

    task: Task
    columns: tuple[FittedColumn, ...]
    target: FittedTarget
    missing: MissingRule = "drop"
    missing_marks: tuple[str, ...] = MISSING_MARKS
    dialect: Dialect = Dialect()

    @property
    def features(self) -> tuple[str, ...]:
        """The names of all features, in the order of the inputs."""
        return tuple(name for column in self.columns for name in column.features)

    @property
    def outputs(self) -> int:
        """The number of outputs that the target needs: one, or one a class when there are more than two."""
        return len(self.target.classes) if self.task == "multiclass" else 1


def fit_column(
    table: Table, column: Column, training: NDArray[np.int64], scaling: Scaling, missing: MissingRule
) -> FittedColumn:
    """Fit one input column on the training rows (indices into the table).

    Raises
    ------
    DataError
        When it has no value in the training rows, too many categories, or values too large for its spread.
    """
    values = table.columns[column.name]
    if isinstance(values, Categories):
        return _fit_categories(table, column, values.codes[training], values.names, missing)
    known = values[training]
    known = known[~np.isnan(known)]
    if not len(known):
        raise DataError(f"{table.name}: column {column.name!r} has no value in the training rows. Ignore the column.")
    with np.errstate(over="ignore", invalid="ignore"):
        fill = float(known.mean()) if missing == "mean" else None
    if fill is not None and not np.isfinite(fill):
        raise _too_large(table.name, column.name)
    # A mean put for a missing cell counts in the spread, as with scikit-learn's imputer before its scaler.
    rows = values[training]
    filled = np.where(np.isnan(rows), fill, rows) if fill is not None else known
    offset, scale = scale_of(filled, scaling, table.name, column.name)
    return FittedColumn(name=column.name, kind="number", offset=offset, scale=scale, fill=fill)


def _fit_categories(
    table: Table, column: Column, codes: NDArray[np.int32], names: tuple[str, ...], missing: MissingRule
) -> FittedColumn:
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    seen = np.flatnonzero(counts)
    if not len(seen):
        raise DataError(f"{table.name}: column {column.name!r} has no value in the training rows. Ignore the column.")
    if len(seen) > MAX_CATEGORIES:
        raise DataError(
            f"{table.name}: column {column.name!r} has {len(seen):,} different texts, too many to make a feature "
            f"of each (at most {MAX_CATEGORIES:,}). Ignore the column, or read it as a number."
        )
    fill = names[int(np.argmax(counts))] if missing == "mean" else None
    return FittedColumn(name=column.name, kind="category", categories=tuple(names[i] for i in seen), fill_category=fill)


def scale_of(values: NDArray[np.float64], scaling: Scaling, table: str, column: str) -> tuple[float, float]:
    """Return offset and scale: mean and standard deviation, or minimum and range; a constant has scale 1.

    Raises
    ------
    DataError
        When the values are so large that these are not finite.
    """
    if scaling == "none":
        return 0.0, 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        if scaling == "standard":
            offset, scale = float(values.mean()), float(values.std())
            # Rounding alone gives a constant column a tiny spread.
            constant = bool(scale <= 10 * np.finfo(float).eps * abs(offset))
        else:
            offset, scale = float(values.min()), float(values.max() - values.min())
            constant = False
    if not (np.isfinite(offset) and np.isfinite(scale)):
        raise _too_large(table, column)
    return offset, 1.0 if constant or scale == 0 else scale


def _too_large(table: str, column: str) -> DataError:
    return DataError(
        f"{table}: column {column!r} has numbers too large to train with (above 1e38). "
        "Correct them, use another scaling, or ignore the column."
    )


def transform(
    fitted: FittedPreparation, table: Table, rows: NDArray[np.int64]
) -> tuple[NDArray[np.float32], dict[str, int]]:
    """Turn rows (indices into the table) into inputs ``X (rows, n_features)``.

    A missing cell must have a fill, or its row be left out.

    Returns
    -------
    X, and by column how many cells held a category that was not seen in training: all zeros in X.

    Raises
    ------
    DataError
        When a scaled value does not fit float32.
    """
    X = np.zeros((len(rows), len(fitted.features)), np.float32)
    unseen: dict[str, int] = {}
    at = 0
    for column in fitted.columns:
        values = table.columns[column.name]
        if isinstance(values, Categories):
            codes = _codes(column, values, rows)
            known = np.flatnonzero(codes >= 0)
            X[known, at + codes[known]] = 1.0
            if len(known) < len(rows):
                unseen[column.name] = len(rows) - len(known)
        else:
            raw = values[rows]
            if column.fill is not None:
                raw = np.where(np.isnan(raw), column.fill, raw)
            X[:, at] = to_float32((raw - column.offset) / column.scale, table.name, column.name)
        at += len(column.features)
    return X, unseen


def to_float32(values: NDArray[np.float64], table: str, column: str) -> NDArray[np.float32]:
    """Return the values as float32.

    Raises
    ------
    DataError
        When one is too large for it.
    """
    with np.errstate(over="ignore"):
        small = values.astype(np.float32)
    if not np.isfinite(small).all():
        raise _too_large(table, column)
    return small


def _codes(column: FittedColumn, values: Categories, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    place = {name: i for i, name in enumerate(column.categories)}
    fill = place[column.fill_category] if column.fill_category is not None else -1
    lookup = np.array([place.get(name, -1) for name in values.names] + [fill], np.int64)  # index -1: missing
    return lookup[values.codes[rows]]


def class_codes(values: ColumnValues, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the class of each row, and the classes in natural order; a number is a class by its text."""
    if isinstance(values, Categories):
        codes = values.codes[rows].astype(np.int64)
        seen = np.unique(codes)
        return np.searchsorted(seen, codes).astype(np.int64), tuple(values.names[i] for i in seen)
    distinct, codes = np.unique(values[rows] + 0.0, return_inverse=True)  # + 0.0 makes -0.0 and 0.0 one class
    return codes.astype(np.int64), tuple(format_number(float(value)) for value in distinct)


def complete_rows(table: Table, names: list[str]) -> NDArray[np.bool_]:
    """Return which rows (m,) have a value in every one of these columns."""
    kept = np.ones(table.rows, bool)
    for name in names:
        kept &= ~is_missing(table.columns[name])
    return kept

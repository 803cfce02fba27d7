"""Fits the steps of one column on the training rows."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.declared import replace
from nnstudio.data.chosen import Chosen
from nnstudio.data.errors import DataError
from nnstudio.data.preparing.fitted import FittedColumn, FittedPart
from nnstudio.data.preparing.transforming import check_log, clipped, date_part, logged, too_large
from nnstudio.data.recipe import Column, listed
from nnstudio.data.room import blocks
from nnstudio.data.steps import (
    FILLING,
    MAX_CATEGORIES,
    ClipQuantiles,
    ClipValues,
    NoClip,
    Scaling,
)
from nnstudio.data.table import Categories, NumberArray, Table

CONSTANT_NUMBER, CONSTANT_TEXT = 0.0, "missing"  # what the rule "constant" puts where no constant was given
QUARTILES = (0.25, 0.5, 0.75)
MOMENTS_BLOCK = 2**15  # values at a time


def fit_column(table: Table, column: Column, training: NDArray[np.int64], steps: Chosen) -> FittedColumn:
    """Fit one input column on the training rows (indices into the table).

    Raises
    ------
    DataError
        When it has no value in the training rows, too many categories, or values that its steps cannot take.
    """
    values = table.columns[column.name]
    if isinstance(values, Categories):
        return _fit_categories(table, column, values.codes[training], values.names, steps)
    plain = column.kind == "number" and steps.scaling == "standard" and steps.log == "none"
    if plain and isinstance(steps.clip, NoClip) and steps.missing not in FILLING:
        offset, scale = _moments(values, training)
        if math.isfinite(offset) and math.isfinite(scale):  # no cell is missing
            scale = 1.0 if _is_rounding(offset, scale) else scale
            return FittedColumn(
                name=column.name,
                kind="number",
                missing=steps.missing,
                offset=offset,
                scale=scale,
                date_order=column.date_order,
            )
    return _fit_numbers(table, column, values[training], training, steps)


def _moments(values: NumberArray, rows: NDArray[np.int64]) -> tuple[float, float]:
    """Return mean and standard deviation of the rows of a column: some at a time, which stay in the cache."""
    count, mean, squares = 0, 0.0, 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for block in blocks(len(rows), MOMENTS_BLOCK):
            part = values[rows[block]]
            own = float(part.mean())
            part -= own
            part *= part
            # The squares around two means, brought together around the mean of both.
            apart, both = own - mean, count + len(part)
            squares += float(part.sum()) + apart * apart * count * len(part) / both
            mean += apart * len(part) / both
            count = both
    return mean, math.sqrt(squares / count)


def _is_rounding(offset: float, scale: float) -> bool:
    """Return whether a spread is none: rounding alone gives a constant column a tiny one."""
    return scale <= 10 * float(np.finfo(float).eps) * abs(offset)


def _fit_numbers(
    table: Table, column: Column, values: NumberArray, training: NDArray[np.int64], steps: Chosen
) -> FittedColumn:
    lacking = np.isnan(values)
    known = values[~lacking] if lacking.any() else values
    if not len(known):
        raise _empty(table, column)
    fill = _fill(table, column, known, steps)
    if not np.isfinite(fill if fill is not None else 0.0):
        raise too_large(table.name, column.name)
    # What is put for a missing cell counts in what follows, as in scikit-learn's pipelines.
    filled = np.where(lacking, fill, values) if fill is not None else known
    fitted = FittedColumn(
        name=column.name,
        kind=column.kind,
        date_order=column.date_order or table.report.date_orders.get(column.name, ""),
        missing=steps.missing,
        fill=fill,
        was_missing=steps.was_missing and steps.missing in FILLING and bool(lacking.any()),
    )
    if column.kind == "date":
        return _with_parts(table, fitted, filled, steps)
    low, high = _limits(table, column, filled, steps.clip)
    filled = clipped(filled, low, high)
    check_log(table, column.name, filled, training if fill is not None else training[~lacking], steps.log)
    offset, scale = scale_of(logged(filled, steps.log), steps.scaling, table.name, column.name)
    return replace(fitted, clip_low=low, clip_high=high, log=steps.log, offset=offset, scale=scale)


def _with_parts(table: Table, fitted: FittedColumn, seconds: NumberArray, steps: Chosen) -> FittedColumn:
    parts = []
    for part in steps.date_parts:
        offset, scale = scale_of(date_part(seconds, part), steps.scaling, table.name, fitted.name)
        parts.append(FittedPart(part=part, offset=offset, scale=scale))
    return replace(fitted, parts=tuple(parts))


def _fill(table: Table, column: Column, known: NumberArray, steps: Chosen) -> float | None:
    with np.errstate(over="ignore", invalid="ignore"):
        match steps.missing:
            case "mean":
                return float(known.mean())
            case "median":
                return float(np.median(known))
            case "most_frequent":
                distinct, counts = np.unique(known, return_counts=True)
                return float(distinct[int(np.argmax(counts))])
            case "constant":
                if isinstance(steps.constant, str):
                    raise DataError(
                        f"{table.name}: column {column.name!r} holds {column.kind}s, and the constant for its missing "
                        f"cells is the text {steps.constant!r}. Give a number."
                    )
                return CONSTANT_NUMBER if steps.constant is None else float(steps.constant)
    return None


def _limits(
    table: Table, column: Column, values: NumberArray, clip: NoClip | ClipValues | ClipQuantiles
) -> tuple[float | None, float | None]:
    if isinstance(clip, NoClip):
        return None, None
    if isinstance(clip, ClipValues):
        return clip.low, clip.high
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = (float(limit) for limit in np.quantile(values, (clip.low, clip.high)))
    if not (np.isfinite(low) and np.isfinite(high)):
        raise too_large(table.name, column.name)
    return low, high


def _fit_categories(
    table: Table, column: Column, codes: NDArray[np.int32], names: tuple[str, ...], steps: Chosen
) -> FittedColumn:
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    lacking = len(codes) - int(counts.sum())
    if lacking == len(codes):
        raise _empty(table, column)
    fill = _fill_category(table, column, counts, names, steps)
    if fill is not None:
        if fill not in names:
            names, counts = (*names, fill), np.append(counts, 0)
        counts[names.index(fill)] += lacking
    fitted = FittedColumn(
        name=column.name,
        kind="category",
        missing=steps.missing,
        fill_category=fill,
        was_missing=steps.was_missing and fill is not None and lacking > 0,
        other=steps.other and column.kind == "category",
        rare_below=steps.rare_below if steps.other else 0,
    )
    if column.kind == "boolean":
        if len(names) != 2:
            raise DataError(
                f"{table.name}: column {column.name!r} is for yes and no, and has {len(names):,} different texts, "
                f"{listed(names, 4)}. Read it as text."
            )
        return replace(fitted, kind="boolean", categories=names, rare_below=0)
    kept = np.flatnonzero(counts >= max(1, fitted.rare_below))
    if steps.encoding == "ordinal":
        return _with_order(table, fitted, names, counts, kept, steps)
    if len(kept) > MAX_CATEGORIES:
        raise _too_many(table, column.name, len(kept), "make a feature of each")
    return replace(fitted, categories=tuple(names[i] for i in kept))


def _with_order(
    table: Table,
    fitted: FittedColumn,
    names: tuple[str, ...],
    counts: NDArray[np.int64],
    kept: NDArray[np.int64],
    steps: Chosen,
) -> FittedColumn:
    """Return the column with its categories in order: their places, scaled, are its input."""
    order = steps.order or tuple(names[i] for i in kept)
    if len(order) > MAX_CATEGORIES:
        raise _too_many(table, fitted.name, len(order), "put in an order")
    place = {name: i for i, name in enumerate(order)}
    left_out = [names[i] for i in kept if names[i] not in place]
    if left_out and not fitted.other:
        raise DataError(
            f"{table.name}: the order of column {fitted.name!r} leaves out {listed(left_out, 4)}. "
            "Add them to the order, or choose an input for other categories."
        )
    ranked = [i for i in np.flatnonzero(counts) if names[i] in place]
    places = np.repeat(np.array([place[names[i]] for i in ranked], float), counts[ranked])
    unseen = float(places.mean()) if len(places) else 0.0
    # Others stand in the middle of those that train, so that they count in the scale as in what is scaled.
    values = np.concatenate([places, np.full(int(counts.sum()) - len(places), unseen)])
    offset, scale = scale_of(values, steps.scaling, table.name, fitted.name)
    return replace(fitted, encoding="ordinal", categories=order, unseen=unseen, offset=offset, scale=scale)


def _fill_category(
    table: Table, column: Column, counts: NDArray[np.int64], names: tuple[str, ...], steps: Chosen
) -> str | None:
    if steps.missing not in FILLING:
        return None
    if steps.missing != "constant":
        return names[int(np.argmax(counts))]
    if steps.constant is not None and not isinstance(steps.constant, str):
        raise DataError(
            f"{table.name}: column {column.name!r} holds text, and the constant for its missing cells is the number "
            f"{steps.constant:g}. Give a text."
        )
    text = CONSTANT_TEXT if steps.constant is None else steps.constant
    if column.kind == "boolean" and text not in names:
        raise DataError(
            f"{table.name}: column {column.name!r} is for yes and no, and the constant for its missing cells, "
            f"{text!r}, is neither. Give {' or '.join(map(repr, names))}."
        )
    return text


def scale_of(values: NumberArray, scaling: Scaling, table: str, column: str) -> tuple[float, float]:
    """Return offset and scale; a constant has scale 1.

    Mean and standard deviation, or minimum and range, or median and the distance between the quartiles.

    Raises
    ------
    DataError
        When the values are so large that these are not finite.
    """
    if scaling == "none":
        return 0.0, 1.0
    constant = False
    with np.errstate(over="ignore", invalid="ignore"):
        if scaling == "standard":
            offset, scale = float(values.mean()), float(values.std())
            constant = _is_rounding(offset, scale)
        elif scaling == "robust":
            low, offset, high = (float(value) for value in np.quantile(values, QUARTILES))
            scale = high - low
        else:
            offset, scale = float(values.min()), float(values.max() - values.min())
    if not (np.isfinite(offset) and np.isfinite(scale)):
        raise too_large(table, column)
    return offset, 1.0 if constant or scale == 0 else scale


def _empty(table: Table, column: Column) -> DataError:
    return DataError(f"{table.name}: column {column.name!r} has no value in the training rows. Ignore the column.")


def _too_many(table: Table, column: str, count: int, what: str) -> DataError:
    return DataError(
        f"{table.name}: column {column!r} has {count:,} different texts, too many to {what} "
        f"(at most {MAX_CATEGORIES:,}). Ignore the column, or read it as a number."
    )

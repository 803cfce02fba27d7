"""One example typed by hand: its values as a table has them, what the recipe does with each, and the prediction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from engine.metrics import threshold_of
from engine.network import Network
from nnstudio import numbers
from nnstudio.data import Categories, DataError, FittedColumn, FittedPreparation, ReadReport, Table, apply, raw_target
from nnstudio.data.preparing.transforming import unlogged, without_log
from nnstudio.data.reading.cells import is_missing, parse_number
from nnstudio.data.table import ColumnValues
from nnstudio.date_words import date_text
from nnstudio.recipe_words import FILLED, read_constant

DIGITS = 6  # of a number that is put into a field: a float32 has no more
USUAL_YEAR = 2024  # of a date of which the recipe keeps no year
HALF = 0.5
UNITS = (86_400, 3_600, 60, 1)  # seconds
_EITHER_WAY = re.compile(r"([-+\u2212]?[0-9]{1,3})[.,]([0-9]{3})")  # with a decimal mark, or one of thousands
INPUT_ERROR = 1e-6  # of an input of float32 that is a few times 1


@dataclass(frozen=True)
class Answer:
    """The prediction of one target: in words, and a figure for each class.

    ``shares`` are probabilities, or with the hinge loss scores around 0; none for a number.
    """

    target: str
    value: str
    shares: tuple[tuple[str, float], ...] = ()
    scores: bool = False


@dataclass(frozen=True)
class Prediction:
    """What one example gives. Without a prediction ``problem`` says why; ``notes`` are sentences by column."""

    answers: tuple[Answer, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    problem: str = ""


def predict_one(network: Network, fitted: FittedPreparation, values: Mapping[str, str]) -> Prediction:
    """Return the prediction for values as a person types them, by the table's columns; empty is missing.

    A missing value and a category that was not seen in training are treated as the recipe says, and told.
    """
    columns: dict[str, ColumnValues] = {}
    notes: dict[str, str] = {}
    problem = ""
    for column in fitted.columns:
        cell, note = _cell(column, values.get(column.name, ""), fitted)
        columns[column.name] = cell
        lacks = bool(cell.codes[0] < 0) if isinstance(cell, Categories) else bool(np.isnan(cell[0]))
        if lacks:
            note = f"{note or 'Missing'}: {_missing(column)}"
            if not column.fills and not problem:
                problem = f"There is no prediction without a value of {column.name!r}."
        if note:
            notes[column.name] = note
    if problem:
        return Prediction((), notes, problem)
    try:
        applied = apply(fitted, Table("These values", columns, ReadReport(rows=1)))
    except DataError as error:
        return Prediction((), notes, str(error))
    outputs = network.predict(applied.X)[0]
    return Prediction(answers(fitted, outputs, scores=threshold_of(network.output) == 0.0), notes)


def answers(fitted: FittedPreparation, outputs: NDArray[np.floating], scores: bool = False) -> tuple[Answer, ...]:
    """Return the outputs (n_outputs,) of one example as the answer to each target."""
    if fitted.task == "multiclass":
        return (_class(fitted.targets[0].name, fitted.classes, outputs, scores),)
    made = []
    for at, target in enumerate(fitted.targets):
        if fitted.task == "regression":
            value = float(raw_target(fitted, outputs[at], at))
            made.append(Answer(target.name, numbers.number(value, DIGITS - 1)))
        else:
            other = -outputs[at] if scores else 1.0 - outputs[at]
            made.append(_class(target.name, target.classes, np.array([other, outputs[at]]), scores))
    return tuple(made)


def values_of(fitted: FittedPreparation, x: NDArray[np.floating]) -> dict[str, str]:
    """Return the inputs (n_features,) of one example as a table has them; what was clipped stays so.

    A cell that was filled is missing where an input tells that, and is else what was put for it.
    """
    values, at = {}, 0
    for column in fitted.columns:
        width = len(column.inputs)
        value = _value(column, np.asarray(x[at : at + width], np.float64))
        values[column.name] = value.replace(".", fitted.dialect.decimal) if column.kind == "number" else value
        at += width
    return values


def typical(fitted: FittedPreparation, X: NDArray[np.floating] | None = None) -> dict[str, str]:
    """Return a usual value of each column: the median of a number, the most frequent text.

    Parameters
    ----------
    X
        Inputs (m, n_features) of the training rows; without them what was fitted is all that is known.
    """
    if X is None or not len(X):
        x = np.zeros(len(fitted.features))
        at = 0
        for column in fitted.columns:
            if column.kind == "category" and column.encoding == "one_hot" and column.categories:
                x[at] = 1.0
            at += len(column.inputs)
        return values_of(fitted, x)
    middle = np.median(X, axis=0).astype(np.float64)
    at = 0
    for column in fitted.columns:
        width = len(column.inputs)
        part = X[:, at : at + width]
        if column.kind in ("category", "boolean"):  # a whole example's: the median of one-hot inputs may be none
            rows, counts = np.unique(part, axis=0, return_counts=True)
            middle[at : at + width] = rows[int(counts.argmax())]
        elif column.was_missing:
            middle[at + width - 1] = 0.0
        at += width
    return values_of(fitted, middle)


def choices(column: FittedColumn) -> tuple[str, ...]:
    """Return the texts that a column can have; none for numbers and dates."""
    return column.categories if column.kind in ("category", "boolean") else ()


# -- from text to a cell ----------------------------------------------------------------------------------------------


def _cell(column: FittedColumn, text: str, fitted: FittedPreparation) -> tuple[ColumnValues, str]:
    """Return a column of one cell, missing where it cannot be read, and a note."""
    text = text.strip()
    lacks = is_missing(text, fitted.missing_marks)
    if column.kind in ("category", "boolean"):
        if lacks:
            return Categories(np.array([-1], np.int32), ()), ""
        if column.kind == "boolean" and text not in column.categories:
            return Categories(
                np.array([-1], np.int32), ()
            ), f"{text!r} is neither {' nor '.join(column.categories)} and counts as missing"
        names = column.categories if column.kind == "boolean" else (text,)
        cell = Categories(np.array([names.index(text)], np.int32), names)
        return cell, "" if text in column.categories else _unseen(column, text)
    if lacks:
        return np.array([np.nan]), ""
    try:
        value, note = _read(column, text, fitted)
    except ValueError as error:
        return np.array([np.nan]), f"{str(error).split('. ')[0]} and counts as missing"
    number = np.array([value])
    if bool(without_log(number, column)[0]):
        return np.array([np.nan]), f"log(1 + x) needs a number above {numbers.MINUS}1, so this counts as missing"
    low, high = column.clip_low, column.clip_high
    if low is not None and value < low:
        return number, f"Clipped to {numbers.short(low, DIGITS)}."
    if high is not None and value > high:
        return number, f"Clipped to {numbers.short(high, DIGITS)}."
    return number, note


def _read(column: FittedColumn, text: str, fitted: FittedPreparation) -> tuple[float, str]:
    """Return a number or a date as the table would have it, or else as one is typed anywhere, which a note says."""
    if column.kind != "number":
        return float(read_constant(column.kind, text, column.date_order)), ""
    meant = parse_number(text, fitted.dialect)
    if meant is not None:
        return meant, ""
    if (either := _EITHER_WAY.fullmatch(text)) is not None:
        raise ValueError(f"{text!r} may be {either[1]}{fitted.dialect.decimal}{either[2]} or {either[1]}{either[2]}")
    value = float(read_constant(column.kind, text))
    return value, f"Read as {numbers.short(value, DIGITS)}." if "," in text or "." in text else ""


def _unseen(column: FittedColumn, text: str) -> str:
    if column.other:
        return f"{text!r} was not seen in training: it counts as other."
    if column.encoding == "ordinal":
        return f"{text!r} was not seen in training: it stands in the middle of those that were."
    return f"{text!r} was not seen in training: none of the inputs of {column.name!r} is 1."


def _missing(column: FittedColumn) -> str:
    if column.missing == "refuse":
        return "the network was trained to refuse that."
    if not column.fills:
        return "the recipe leaves such a row out."
    if column.fill_category is not None:
        put = repr(column.fill_category)
    elif column.fill is not None:
        put = date_text(column.fill) if column.kind == "date" else numbers.short(column.fill, DIGITS)
    rule = "the constant" if column.missing == "constant" else f"the {FILLED[column.missing]} of the training rows"
    if column.missing == "most_frequent" or (column.fill_category is not None and column.missing != "constant"):
        rule = "the most frequent of the training rows"
    return f"{put}, {rule}, is put for it."


# -- from inputs to text ----------------------------------------------------------------------------------------------


def _value(column: FittedColumn, x: NDArray[np.float64]) -> str:
    if column.was_missing and x[-1] > HALF:
        return ""
    match column.kind:
        case "number":
            value = float(unlogged(x[0] * column.scale + column.offset, column.log))
            error = INPUT_ERROR * column.scale * max(1.0, abs(float(x[0])))
            return _fewest_digits(value, error * (1.0 + abs(value)) if column.log != "none" else error)
        case "date":
            return _date(column, x)
        case "boolean":
            return column.categories[int(x[0] > HALF)]
    if column.encoding == "ordinal":
        place = round(float(x[0] * column.scale + column.offset))
        return column.categories[min(max(place, 0), len(column.categories) - 1)] if column.categories else ""
    shown = x[: len(column.categories)]
    return column.categories[int(shown.argmax())] if len(shown) and shown.max() > HALF else ""


def _fewest_digits(value: float, error: float) -> str:
    """Return the shortest number that is as near as an input of float32 can tell: what a table has is mostly short."""
    if abs(value) <= error:
        return "0"
    texts = (f"{value:.{digits}g}" for digits in range(1, DIGITS))
    return next((text for text in texts if abs(float(text) - value) <= error), f"{value:.{DIGITS}g}")


def _date(column: FittedColumn, x: NDArray[np.float64]) -> str:
    """Return a date that has the parts that the inputs keep."""
    parts = {part.part: float(x[at] * part.scale + part.offset) for at, part in enumerate(column.parts)}
    if "timestamp" in parts:
        scale = next(part.scale for part in column.parts if part.part == "timestamp")
        return date_text(_whole(parts["timestamp"], INPUT_ERROR * scale))
    at = datetime(round(parts.get("year", USUAL_YEAR)), min(max(round(parts.get("month", 1)), 1), 12), 1)
    if "weekday" in parts:
        at += timedelta(days=(round(parts["weekday"]) - at.weekday()) % 7)
    at += timedelta(hours=round(parts.get("hour", 0)))
    return date_text((at - datetime(1970, 1, 1)).total_seconds())


def _whole(seconds: float, error: float) -> float:
    """Return the roundest moment that is as near as an input of float32 can tell."""
    for unit in UNITS:
        whole = round(seconds / unit) * unit
        if abs(whole - seconds) <= error:
            return float(whole)
    return seconds


def _class(target: str, classes: tuple[str, ...], figures: NDArray[np.floating], scores: bool) -> Answer:
    # Where two are equal it is the first, as in a table of predictions.
    shares = tuple(zip(classes, map(float, figures), strict=True))
    return Answer(target, classes[int(figures.argmax())], shares, scores)

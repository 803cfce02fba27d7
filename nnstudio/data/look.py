"""A look at prepared data: columns in the table's own units, rows in any order, distributions and correlations."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from dataclasses import replace as with_fields
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.declared import replace
from nnstudio.data.bins import FLOAT32_ROUNDING, WHOLE, bin_edges
from nnstudio.data.preparing.prepared import PreparedData
from nnstudio.data.preparing.stored import is_date, raw, raw_target
from nnstudio.data.reading.dates import DAY
from nnstudio.data.row_runs import rows_of_file

SPLITS = ("training", "validation", "test")
MOST_VALUES = 4_000_000  # distributions and correlations of larger data are those of a sample of their rows
LEAST_ROWS = 1_000
MOST_CATEGORIES = 24  # bars of a text column: the most frequent
MOST_CLASSES = 10  # told apart in a distribution
MOST_CORRELATED = 256
LEAST_PIXELS = 16
FAR = 4.0  # standard deviations; dates lie as far from their mean
MOST_DECIMALS = 12

Rows = NDArray[np.int64]
Values = NDArray[np.float64]
Key = int | Literal["row", "split"]  # what rows are sorted by: a column's number, or one of these


@dataclass(frozen=True)
class LookColumn:
    """One column as it is shown: a column of the table, or one of the numbers that were made from it.

    ``first`` is the number of its first feature, or for a target of its first output. With ``categories`` it holds
    one of these texts, otherwise it is a number. ``coded`` tells how a text was kept: as a feature for each of them,
    as its place among them, or, of two, as 0 or 1.
    ``source`` is the table's column. ``grain`` is of a date: how far its seconds may be from what they stand for; 0
    of all other columns.
    """

    name: str
    first: int
    categories: tuple[str, ...] = ()
    is_target: bool = False
    coded: Literal["one_hot", "place", "yes_no"] = "one_hot"
    source: str = ""
    grain: float = 0.0


@dataclass(frozen=True)
class Distribution:
    """How the values of a column are spread, by class.

    Attributes
    ----------
    edges
        Ends of the bins (bins + 1,) in the table's unit, common to all classes; empty for texts.
    texts
        The texts of the bars, the most frequent first; empty for numbers.
    counts
        Rows in each bin (classes, bins); one row where classes are not told apart.
    mean, deviation, low, high
        Of the values, nan for texts. The deviation is the root of the mean squared distance from the mean.
    missing, filled
        The share of the table's cells that are empty or could not be read; and whether the recipe filled them, so that
        the values have what was put there.
    """

    column: LookColumn
    edges: Values
    texts: tuple[str, ...]
    counts: NDArray[np.int64]
    mean: float
    deviation: float
    low: float
    high: float
    missing: float
    filled: bool = False


class Look:
    """Prepared data as a person looks at them; ``columns`` begin with the targets.

    Nothing is copied: a cell is read from X and Y when it is asked for.
    """

    def __init__(self, prepared: PreparedData) -> None:
        self.prepared = prepared
        self.targets = _targets(prepared)
        self.columns = (*self.targets, *_inputs(prepared))
        self._places = [
            (number, k) for number, column in enumerate(prepared.fitted.columns) for k in range(len(column.features))
        ]
        self._alone: dict[int, PreparedData] = {}
        # Outputs of one of several classes are no axis: each is 0 but in one class.
        outputs = () if prepared.task == "multiclass" else tuple(target.name for target in self.targets)
        self.axes = (*prepared.features, *outputs)

    @property
    def size(self) -> int:
        """The number of rows."""
        return len(self.prepared.X)

    @cached_property
    def split(self) -> NDArray[np.int8]:
        """Which split each row (m,) is in, as a place in :data:`SPLITS`."""
        split = np.zeros(self.size, np.int8)
        split[self.prepared.validation], split[self.prepared.test] = 1, 2
        return split

    @cached_property
    def example(self) -> NDArray[np.int32]:
        """The place of each row (m,) in the training split, from 0; -1 where it is in another."""
        example = np.full(self.size, -1, np.int32)
        training = self.prepared.training
        example[training] = np.arange(len(training), dtype=np.int32)
        return example

    def row_numbers(self, rows: Rows) -> Rows:
        """Return which rows of the file these rows are, as a spreadsheet counts them."""
        return rows_of_file(self.prepared.runs, rows)

    def row_number(self, row: int) -> int:
        """Return which row of the file one row is."""
        return int(self.row_numbers(np.array([row]))[0])

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that are told apart, of the first target: none in a regression, nor where there are many."""
        classes = self.targets[0].categories
        return classes if len(classes) <= MOST_CLASSES else ()

    # -- cells ----------------------------------------------------------------------------------------------------

    def cells(self, column: LookColumn, rows: Rows) -> list[float] | list[str]:
        """Return cells as the table has them: numbers as exactly as float32 has kept them, or texts.

        A text that no training row has was not kept, and is empty.
        """
        if column.categories:
            return [column.categories[code] if code >= 0 else "" for code in self.codes(column, rows).tolist()]
        kept = self._kept(column)[rows].astype(np.float64)
        values = self._in_unit(column, kept)
        # What float32 has rounded away would stand as stray digits at the end.
        doubts = np.abs(self._in_unit(column, kept * (1 + FLOAT32_ROUNDING)) - values)
        return [
            round(value, min(math.floor(-math.log10(doubt)), MOST_DECIMALS) if doubt > 0 else MOST_DECIMALS) + 0.0
            for value, doubt in zip(values.tolist(), doubts.tolist(), strict=True)
        ]

    def codes(self, column: LookColumn, rows: Rows | slice) -> NDArray[np.int64]:
        """Return which of the column's categories each of these rows has, -1 for none."""
        table = self.prepared.Y if column.is_target else self.prepared.X
        if column.coded == "yes_no":
            return (table[rows, column.first] > 0.5).astype(np.int64)
        if column.coded == "place":
            places = self.values(column, rows)
            nearest = np.rint(places)
            seen = (np.abs(places - nearest) < WHOLE) & (nearest >= 0) & (nearest < len(column.categories))
            return np.where(seen, nearest, -1).astype(np.int64)
        block = table[rows, column.first : column.first + len(column.categories)]
        return np.where(block.any(axis=1), block.argmax(axis=1), -1).astype(np.int64)

    def values(self, column: LookColumn, rows: Rows | slice) -> Values:
        """Return the cells of a column of numbers in the table's unit."""
        return self._in_unit(column, self._kept(column)[rows])

    def axis_values(self, axis: int, rows: Rows | slice) -> Values:
        """Return the values (rows,) on an axis: a feature, or after all features an output."""
        prepared, output = self.prepared, axis - len(self.prepared.features)
        if output < 0:
            return self._raw(axis, prepared.X[rows, axis])
        values = prepared.Y[rows, output]
        return raw_target(prepared, values, output) if prepared.task == "regression" else values.astype(np.float64)

    def is_date(self, axis: int) -> bool:
        """Return whether an axis holds moments, in seconds since 1970."""
        return axis < len(self.prepared.features) and is_date(self.prepared, axis)

    def _kept(self, column: LookColumn) -> NDArray[np.float32]:
        return (self.prepared.Y if column.is_target else self.prepared.X)[:, column.first]

    def _in_unit(self, column: LookColumn, values: NDArray[np.floating]) -> Values:
        if column.is_target:
            return raw_target(self.prepared, values, column.first)
        return self._raw(column.first, values)

    def _raw(self, feature: int, values: NDArray[np.floating]) -> Values:
        """Return values of a feature in the table's unit, without a search through all columns each time."""
        number, k = self._places[feature]
        if number not in self._alone:
            fitted = self.prepared.fitted
            self._alone[number] = with_fields(self.prepared, fitted=replace(fitted, columns=(fitted.columns[number],)))
        return raw(self._alone[number], k, values)

    # -- rows -----------------------------------------------------------------------------------------------------

    def order(self, key: Key = "row", descending: bool = False, split: int | None = None) -> Rows | None:
        """Return the rows of a split (all by default) sorted by a column; None for all rows as they stand.

        Equal cells stay in the order of the rows. The training rows sorted by split come in the training order.
        """
        if split is None and key == "row" and not descending:
            return None
        rows = np.arange(self.size) if split is None else np.flatnonzero(self.split == split)
        if key == "row":
            return rows[::-1].copy() if descending else rows
        if key == "split":
            worth = np.where(self.example >= 0, self.example, self.split.astype(np.int64) * self.size)[rows]
        else:
            column = self.columns[key]
            worth = self.codes(column, rows) if column.categories else self._kept(column)[rows]
        return np.asarray(rows[np.argsort(-worth if descending else worth, kind="stable")])

    def sample(self, most: int) -> Rows | None:
        """Return at most so many rows, drawn at random but the same each time; None where these are all."""
        if self.size <= most:
            return None
        drawn = np.random.default_rng(0).choice(self.size, most, replace=False, shuffle=False)
        return np.sort(drawn)

    @cached_property
    def looked_at(self) -> Rows | None:
        """The rows that distributions and correlations are made from; None for all."""
        return self.sample(max(LEAST_ROWS, MOST_VALUES // max(len(self.prepared.features), 1)))

    @property
    def usual_axes(self) -> tuple[int, int]:
        """The first two features that vary, numbers before texts; of a single one that and another axis."""
        rows: Rows | slice = slice(None) if self.looked_at is None else self.looked_at
        are_numbers = [column.first for column in self.columns if not column.is_target and not column.categories]
        others = sorted(set(range(len(self.prepared.features))) - set(are_numbers))
        varied: list[int] = []
        for feature in (*are_numbers, *others):
            if np.ptp(self.prepared.X[rows, feature]) > 0:
                varied.append(feature)
            if len(varied) == 2:
                return varied[0], varied[1]
        first = varied[0] if varied else 0
        return first, next((axis for axis in range(len(self.axes)) if axis != first), first)


def first_axes(prepared: PreparedData) -> tuple[int, int]:
    """Return the two features that a picture of the data shows first: numbers, before what texts were made into."""
    numbers: list[int] = []
    texts: list[int] = []
    at = 0
    for column in prepared.fitted.columns:
        own = list(range(at, at + len(column.inputs)))
        told = len(own) - column.was_missing  # the last input then tells whether the cell was missing
        (texts if column.kind in ("category", "boolean") else numbers).extend(own[:told])
        texts += own[told:]
        at += len(own)
    first, second = (*numbers, *texts, 0, 1)[:2]
    return first, second


def distribution(look: Look, column: LookColumn) -> Distribution:
    """Return how a column's values are spread over the rows looked at, by class where there are few."""
    rows: Rows | slice = slice(None) if look.looked_at is None else look.looked_at
    groups = max(len(look.classes), 1)
    group = look.codes(look.targets[0], rows) if look.classes else None
    report = look.prepared.report
    lacking = report.missing.get(column.source, 0) + report.unreadable.get(column.source, 0)
    missing = lacking / report.rows_read if report.rows_read else 0.0
    filled = missing > 0 and any(one.name == column.source and one.fills for one in look.prepared.fitted.columns)
    if column.categories:
        codes = look.codes(column, rows)
        frequent = np.argsort(-np.bincount(codes[codes >= 0], minlength=len(column.categories)), kind="stable")
        # Classes stay in their own order: their colors are known by it.
        shown = np.arange(len(column.categories)) if column.is_target else frequent
        shown = shown[:MOST_CATEGORIES]
        counts = np.stack([_counted(codes, shown, None if group is None else group == k) for k in range(groups)])
        texts = tuple(column.categories[code] for code in shown)
        nan = math.nan
        return Distribution(column, np.zeros(0), texts, counts, nan, nan, nan, nan, missing, filled)
    values = look.values(column, rows)
    ends = np.array([values.argmin(), values.argmax()])
    low, high = map(float, look.cells(column, ends if isinstance(rows, slice) else rows[ends]))
    unit = DAY if column.grain else 1.0  # of which the ends of bins are round numbers
    edges = bin_edges(values / unit, low / unit, high / unit) * unit
    inside = (len(edges) - 1, (edges[0], edges[-1]))
    parts = [values if group is None else values[group == k] for k in range(groups)]
    counts = np.stack([np.histogram(part, *inside)[0] for part in parts]).astype(np.int64)
    mean, deviation = float(values.mean()), float(values.std())
    return Distribution(column, edges, (), counts, mean, deviation, low, high, missing, filled)


def distributions(look: Look) -> list[Distribution]:
    """Return the distribution of every column, the target's first."""
    return [distribution(look, column) for column in look.columns]


def correlations(look: Look) -> Values:
    """Return the correlation coefficients (axes, axes) of :func:`correlated_axes`; nan beside a constant."""
    rows: Rows | slice = slice(None) if look.looked_at is None else look.looked_at
    chosen = correlated_axes(look)
    columns = np.stack([look.axis_values(axis, rows) for axis in chosen])
    columns -= columns.mean(axis=1, keepdims=True)
    lengths = np.sqrt((columns**2).sum(axis=1))
    # Rounding alone gives a constant column a tiny length.
    lengths[np.ptp(columns, axis=1) == 0] = np.nan
    columns /= lengths[:, None]
    return np.asarray(np.clip(columns @ columns.T, -1.0, 1.0))


def correlated_axes(look: Look) -> list[int]:
    """Return the axes whose correlations are shown: all of them, or the first features and the targets."""
    axes, features = list(range(len(look.axes))), len(look.prepared.features)
    return axes[: MOST_CORRELATED - len(axes[features:])] + axes[features:] if len(axes) > MOST_CORRELATED else axes


def picture_shape(features: tuple[str, ...]) -> tuple[int, int] | None:
    """Return rows and columns of the picture whose pixels the features are, row by row; None where they are none.

    Their names tell: ``pixel 1-1``, ``pixel 1-2``, … name row and column, ``pixel1``, ``pixel2``, … count a square.
    """
    if len(features) < LEAST_PIXELS:
        return None
    first = re.fullmatch(r"(\D*)(\d+)(?:(\D+)(\d+))?", features[0])
    if first is None:
        return None
    start, top, between, left = first.groups()
    if between is None:
        side = math.isqrt(len(features))
        names = tuple(f"{start}{int(top) + k}" for k in range(len(features)))
        return (side, side) if side * side == len(features) and names == features else None
    last = re.fullmatch(re.escape(start) + r"(\d+)" + re.escape(between) + r"(\d+)", features[-1])
    if last is None:
        return None
    down, across = range(int(top), int(last[1]) + 1), range(int(left), int(last[2]) + 1)
    if len(down) * len(across) != len(features):
        return None
    names = tuple(f"{start}{row}{between}{column}" for row in down for column in across)
    return (len(down), len(across)) if names == features else None


def picture(look: Look, row: int, shape: tuple[int, int]) -> Values:
    """Return a row as a picture (rows, columns) in the table's unit."""
    features = range(len(look.prepared.features))
    values = [float(look.axis_values(feature, np.array([row]))[0]) for feature in features]
    return np.array(values).reshape(shape)


def _counted(codes: NDArray[np.int64], shown: NDArray[np.int64], members: NDArray[np.bool_] | None) -> Rows:
    own = codes if members is None else codes[members]
    return np.asarray(np.bincount(own[own >= 0], minlength=int(shown.max(initial=0)) + 1)[shown])


def _targets(prepared: PreparedData) -> tuple[LookColumn, ...]:
    if prepared.task == "multiclass":
        return (LookColumn(prepared.target, 0, prepared.classes, is_target=True, source=prepared.target),)
    return tuple(
        LookColumn(target.name, output, target.classes, is_target=True, coded="yes_no", source=target.name)
        for output, target in enumerate(prepared.fitted.targets)
    )


def _inputs(prepared: PreparedData) -> list[LookColumn]:
    """Return the input columns: a text column with a feature for each text is one of them."""
    columns: list[LookColumn] = []
    at = 0
    for column in prepared.fitted.columns:
        names, source = column.features, column.name
        taken = 0
        if column.kind == "boolean":
            columns.append(LookColumn(source, at, column.categories, coded="yes_no", source=source))
            taken = 1
        elif column.kind == "category" and column.encoding == "ordinal":
            columns.append(LookColumn(source, at, column.categories, coded="place", source=source))
            taken = 1
        elif column.kind == "category":  # the feature of all other texts among them
            texts = [name.removeprefix(f"{source}=") for name in names if name.startswith(f"{source}=")]
            columns.append(LookColumn(source, at, tuple(texts), source=source))
            taken = len(texts)
        made = column.inputs
        for k in range(taken, len(names)):
            grain = made[k].scale * FLOAT32_ROUNDING * FAR if made[k].is_date else 0.0
            columns.append(LookColumn(names[k], at + k, source=source, grain=grain))
        at += len(names)
    return columns

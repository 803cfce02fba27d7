"""Gradient descent told: the parameters to choose from, the next step in words, and how a landscape is shaded."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.graph import Graph
from engine.layers import BatchNorm, Dropout
from engine.optimizers import Sgd
from engine.plane import Axes, Axis
from engine.plane_look import Plane
from engine.rehearsal import Entry
from engine.settings import TrainingSettings
from engine.shapes import Shapes
from nnstudio import numbers
from nnstudio.descent_lines import told_apart

LETTERS = {"gamma": "γ", "beta": "β"}
LATEX_LETTERS = {"gamma": r"\gamma", "beta": r"\beta"}
CONTOURS = 12
HIGHEST = 0.97  # of the values, in order: what is higher has one color and no contour lines
CLIPPED = 1.0 - 1e-5  # of the limit that a gradient's norm has after clipping, from where on it counts as clipped
STRAIGHT = 0.995  # a share of the step from which on it lies in the plane for the eye
DIGITS = 4


@dataclass(frozen=True)
class Parameters:
    """One array of the notes that training changes: W[l], b[l], γ[l] or β[l].

    ``key`` and ``first`` say where it is stored: in which array, and from which column on. A network of one unit alone
    has ``plain`` parameters, w and b, as in the notes.
    """

    name: str
    level: int
    key: str
    rows: int
    columns: int
    first: int = 0
    plain: bool = False

    @property
    def title(self) -> str:
        """Its symbol, ``W[1]`` or ``w``."""
        letter = LETTERS.get(self.name, self.name)
        return letter.lower() if self.plain else f"{letter}[{self.level}]"

    def axis(self, row: int, column: int) -> Axis:
        """Return the axis of one entry, counted from 0."""
        return Axis("parameter", self.key, row, self.first + column)

    def entry_of(self, axis: Axis) -> tuple[int, int] | None:
        """Return row and column of an axis' entry, from 0; None where it is none of these."""
        row, column = axis.row, axis.column - self.first
        inside = 0 <= row < self.rows and 0 <= column < self.columns
        return (row, column) if axis.kind == "parameter" and axis.key == self.key and inside else None

    def entry_name(self, row: int, column: int) -> str:
        """Return the name of an entry, counted from 0: ``W[1]₂₃``, ``b[1]₂``, ``w₁``."""
        if self.plain:
            return self.title + (_subscript(str(column + 1)) if self.columns > 1 else "")
        place = self.place(row, column)
        return self.title + _subscript(place if max(row, column) >= 9 else place.replace(",", ""))

    def entry_latex(self, row: int, column: int) -> str:
        """Return the same in LaTeX."""
        letter = LATEX_LETTERS.get(self.name, self.name)
        if self.plain:
            return letter.lower() + (f"_{{{column + 1}}}" if self.columns > 1 else "")
        return f"{letter}^{{[{self.level}]}}_{{{self.place(row, column)}}}"

    def place(self, row: int, column: int) -> str:
        """Return the place of an entry as it is written below a symbol."""
        return f"{row + 1},{column + 1}" if self.columns > 1 or self.name == "W" else f"{row + 1}"


def parameters_of(shapes: Shapes) -> tuple[Parameters, ...]:
    """Return the arrays that training changes, layer by layer; W before b."""
    found: list[Parameters] = []
    for node in shapes.order:
        level = shapes.levels[node]
        for spec in shapes.learned(node):
            key, (rows, columns) = f"{node}.{spec.name}", spec.shape
            if spec.name == "Theta":
                found.append(Parameters("W", level, key, rows, columns - 1, 1))
                found.append(Parameters("b", level, key, rows, 1))
            else:
                found.append(Parameters(spec.name, level, key, rows, columns))
    if len(found) == 2 and (found[0].name, found[0].level, found[0].rows) == ("W", 1, 1):
        found = [Parameters(p.name, p.level, p.key, p.rows, p.columns, p.first, plain=True) for p in found]
    return tuple(found)


def first_axes(parameters: tuple[Parameters, ...]) -> Axes | None:
    """Return the axes to begin with: the first two weights, or the first parameters there are."""
    entries = [
        p.axis(row, column) for p in parameters for row in range(min(p.rows, 2)) for column in range(min(p.columns, 2))
    ]
    return (entries[0], entries[1]) if len(entries) > 1 else None


def array_of(parameters: tuple[Parameters, ...], axis: Axis) -> Parameters | None:
    """Return the array in which a parameter axis lies."""
    return next((p for p in parameters if p.entry_of(axis) is not None), None)


def axis_html(parameters: tuple[Parameters, ...], axis: Axis) -> str:
    """Return the same as :func:`axis_name` in rich text, with raised layers and lowered places."""
    array = array_of(parameters, axis)
    if array is None:
        return axis_name(parameters, axis)
    row, column = array.entry_of(axis) or (0, 0)
    letter = LETTERS.get(array.name, array.name)
    if array.plain:
        return f"<i>{letter.lower()}</i>" + (f"<sub>{column + 1}</sub>" if array.columns > 1 else "")
    return f"<i>{letter}</i><sup>[{array.level}]</sup><sub>{array.place(row, column)}</sub>"


def axis_name(parameters: tuple[Parameters, ...], axis: Axis) -> str:
    """Return what stands at an axis of the map."""
    array = array_of(parameters, axis)
    if array is not None:
        return array.entry_name(*(array.entry_of(axis) or (0, 0)))
    if axis.kind == "path":
        return f"along direction {axis.number + 1} of the path"
    if axis.kind == "step":
        return "along the next step"
    kind = "filter-normalized" if axis.kind == "filter" else "plain"
    return f"along random direction {axis.number}, {kind}"


# -- words ------------------------------------------------------------------------------------------------------------


def over_rows(plane: Plane) -> str:
    """Return over which examples the costs are."""
    if plane.rows == plane.all_rows:
        return f"all {numbers.plural(plane.rows, 'training example')}"
    return f"{numbers.count(plane.rows)} of {numbers.count(plane.all_rows)} training examples, evenly spaced"


def map_words(plane: Plane, graph: Graph, settings: TrainingSettings, shapes: Shapes) -> str:
    """Return what the map shows, and what it does not: one sentence each."""
    parts = [f"J over {over_rows(plane)}, all else as after step {numbers.count(plane.step)}."]
    if plane.present_step > plane.step:
        parts.append(f"Training has come to step {numbers.count(plane.present_step)}; the map follows.")
    if settings.l1 or settings.l2:
        parts.append(f"J includes the penalties on the weights, {numbers.number(plane.penalty)} here.")
    if _has(graph, shapes, BatchNorm):
        parts.append("Batch normalization takes the mean and the variance of these examples.")
    if _has(graph, shapes, Dropout):
        parts.append("Dropout drops nothing here.")
    if not plane.kept:
        parts.append("The network is too large to keep its path.")
    elif math.isfinite(plane.held) and len(plane.path) > 1:
        parts.append(f"The plane holds {numbers.percent(plane.held, 0)} of the path; the rest is projected.")
    surface = plane.surface
    if surface is not None and not np.isfinite(surface.values).all():
        parts.append("Gray: J is not a finite number.")
    return " ".join(parts)


def step_words(plane: Plane, graph: Graph, settings: TrainingSettings, shapes: Shapes) -> str:
    """Return what the next step is made from."""
    step, optimizer = plane.next_step, settings.optimizer
    whole = step.examples == plane.all_rows
    batch = f"all {numbers.plural(step.examples, 'example')}" if whole else f"a batch of {numbers.count(step.examples)}"
    said = [
        f"Step {numbers.count(plane.step + 1)}, {optimizer.title}, α = {numbers.short(step.alpha, DIGITS)}: "
        f"derivatives are means over {batch}"
        + (", with the penalties" if settings.l1 or settings.l2 else "")
        + (
            ", scaled down to the gradient limit"
            if settings.clip_norm and step.gradient_norm >= CLIPPED * settings.clip_norm
            else ""
        )
        + (", with units dropped" if _has(graph, shapes, Dropout) else "")
        + "."
    ]
    if not step.finite:
        said.append("The step leaves the finite numbers: training would stop before it.")
    return " ".join(said)


def whole_step_words(plane: Plane) -> str:
    """Return how long the step is, and how much of it the plane shows; empty where it is not finite."""
    step = plane.next_step
    length = step.alpha * step.length
    if not (step.finite and length > 0.0):
        return ""
    share = min(float(np.linalg.norm(plane.toward)) / length, 1.0)
    seen = "it lies in this plane" if share >= STRAIGHT else f"{numbers.percent(share, 0)} of that length is seen here"
    norm = numbers.number(step.gradient_norm)
    return f"All parameters together: ‖dθ‖ = {norm}, a step of length {numbers.number(length)}; {seen}."


def cost_words(plane: Plane) -> str:
    """Return the cost before and after the next step."""
    change = plane.after - plane.cost
    if not math.isfinite(plane.after):
        return f"J = {numbers.number(plane.cost, DIGITS)} now, and no finite number after the step."
    way = "lower" if change < 0 else "higher"
    by = f", {numbers.number(abs(change))} {way}" if change else ", the same"
    return f"J = {numbers.number(plane.cost, DIGITS)} now, {numbers.number(plane.after, DIGITS)} after the step{by}."


def tried_words(plane: Plane) -> str:
    """Return the cost after one step with the other learning rate, and the best one of the curve."""
    said = []
    if plane.tried is not None:
        alpha, cost = plane.tried
        if math.isfinite(cost):
            way = "lower than now" if cost < plane.cost else "higher than now" if cost > plane.cost else "as now"
            said.append(f"With α = {numbers.short(alpha, DIGITS)}: J = {numbers.number(cost, DIGITS)}, {way}.")
        else:
            said.append(f"With α = {numbers.short(alpha, DIGITS)}, J is no finite number.")
    best = best_alpha(plane)
    if best is not None:
        said.append(f"Lowest of the curve: J = {numbers.number(best[1], DIGITS)} at α ≈ {numbers.short(best[0], 2)}.")
    return " ".join(said)


def sgd_words(named: list[tuple[str, Entry]], alpha: float, settings: TrainingSettings) -> str:
    """Return where plain gradient descent would go with the same learning rate; empty where that is what is done."""
    if type(settings.optimizer) is Sgd or not named:
        return ""
    places = [f"{name} = {told_apart(entry, entry.value - alpha * entry.gradient)}" for name, entry in named]
    return f"With the same α, plain gradient descent would go to {' and '.join(places)}."


def _has(graph: Graph, shapes: Shapes, kind: type) -> bool:
    return any(isinstance(graph.node(node).layer, kind) for node in shapes.order)


def _subscript(text: str) -> str:
    return text.translate(str.maketrans("0123456789,", "₀₁₂₃₄₅₆₇₈₉,"))


# -- shades and lines -------------------------------------------------------------------------------------------------


def best_alpha(plane: Plane) -> tuple[float, float] | None:
    """Return the learning rate of the curve with the lowest cost, and that cost; None before the curve is known."""
    if not np.isfinite(plane.costs).any() or (plane.growing and np.isnan(plane.costs[-1])):
        return None
    at = int(np.nanargmin(np.where(np.isfinite(plane.costs), plane.costs, np.nan)))
    return float(plane.alphas[at]), float(plane.costs[at])


@dataclass(frozen=True)
class Shading:
    """How costs become shades: from ``low`` to ``high`` by the root, so that the ground of a bowl is told apart."""

    low: float
    high: float

    def shares(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the shade of each cost from 0 to 1; nan where it is not finite."""
        span = self.high - self.low
        with np.errstate(all="ignore"):
            share = (np.asarray(values, float) - self.low) / span if span > 0 else np.zeros(np.shape(values))
            return np.where(np.isfinite(values), np.sqrt(np.clip(share, 0.0, 1.0)), np.nan)

    def levels(self, count: int = CONTOURS) -> list[float]:
        """Return the costs of the contour lines, evenly spaced in shade."""
        return (
            [self.low + (self.high - self.low) * (k / count) ** 2 for k in range(1, count)]
            if self.high > self.low
            else []
        )


def shading_of(values: NDArray[np.floating]) -> Shading:
    """Return how the costs of a map are shaded."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Shading(0.0, 0.0)
    return Shading(float(finite.min()), float(np.quantile(finite, HIGHEST)))

"""What is said of a layer's units, in words: their names, their state, what they read, and who reads them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.graph import Graph
from engine.layers import Add, Concatenate, Input, LayerNorm
from engine.shapes import Shapes
from engine.units import SATURATED_SHARE, STUCK_SLOPE, Links, Units
from nnstudio import numbers
from nnstudio.data import PreparedData, raw_target
from nnstudio.making import plain

LEAST_IMAGE = 4  # pixels across: as many features squared may be an image
SHORT = {"no number": "NaN", "nearly dead": "≈ dead", "saturated": "sat.", "constant": "const.", "identical": "same"}

Grade = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class State:
    """How a unit is: a word (empty where there is nothing to say), a sentence, and a grade."""

    word: str
    sentence: str
    grade: Grade


@dataclass(frozen=True)
class Weights:
    """The weights between a unit and another layer: a heading, names with numbers, how many smaller ones there are."""

    heading: str
    rows: tuple[tuple[str, float], ...]
    others: int

    @property
    def foot(self) -> str:
        """What is not listed, in words."""
        return f"and {numbers.plural(self.others, 'smaller one')}" if self.others else ""


@dataclass(frozen=True)
class Listed:
    """Some training examples by their rows, a unit's values there, and a heading."""

    heading: str
    rows: tuple[int, ...]
    values: tuple[float, ...]


def unit_latex(level: int, unit: int) -> str:
    """Return the symbol of a unit (from 0) as LaTeX, ``a^{[2]}_{3}``, or of a feature, ``x_{3}``."""
    return f"a^{{[{level}]}}_{{{unit + 1}}}" if level else f"x_{{{unit + 1}}}"


def unit_symbol(level: int, unit: int) -> str:
    """Return the symbol of a unit (from 0) in plain characters, ``a[2]₃``."""
    return plain(unit_latex(level, unit))


def fits(graph: Graph, shapes: Shapes, features: int, rows: int, units: Units) -> bool:
    """Whether units were told of this network and of data with so many features and training rows."""
    names = [units.node, *(links.node for links in (units.reads, *units.read_by) if links is not None)]
    same = all(name in shapes.levels and graph.has(name) for name in names)
    return (
        same
        and shapes.units[units.node] == units.count
        and (units.plane is not None) == (features <= 2)
        and (units.plane is None or (units.plane.values.shape[1] == 1) == (features == 1))
        and units.total == rows
    )


def state(units: Units, at: int) -> State:
    """Return what is to be said of the unit in place ``at`` of those told."""
    dead, flat = float(units.dead[at]), float(units.flat[at])
    low, high = float(units.lows[at]), float(units.highs[at])
    examples = numbers.plural(units.examples, "example")
    if not np.isfinite([low, high, units.means[at]]).all():
        return State("no number", "Its values are not finite numbers: lower the learning rate.", "bad")
    if dead == 1.0 and low == high == 0.0:
        return State("dead", f"Dead: it is 0 for all {examples}, and no gradient passes through it.", "bad")
    if dead >= SATURATED_SHARE and low == 0.0:
        return State("nearly dead", f"Nearly dead: it is 0 for {numbers.percent(dead)} of the examples.", "warn")
    if flat >= SATURATED_SHARE:
        share = f"all {examples}" if flat == 1.0 else f"{numbers.percent(flat)} of the examples"
        return State("saturated", f"Saturated: |g′(z)| is below {STUCK_SLOPE} for {share}.", "warn")
    if low == high:
        return State("constant", f"It is {numbers.short(low)} for all {examples}.", "warn")
    if dead > 0.0 and low == 0.0:
        return State("", f"Above 0 for {numbers.percent(1.0 - dead)} of the examples.", "ok")
    return State("", "", "ok")


def marks(units: Units, at: int) -> tuple[str, ...]:
    """Return what stands beside a unit's symbol in a small place, the longest first; nothing where all is well."""
    word = state(units, at).word or ("identical" if units.alike[at] > 1 else "")
    return tuple(dict.fromkeys((word, SHORT.get(word, word), "*"))) if word else ()


def likeness(units: Units, at: int) -> str:
    """Return which units have the same weights, in words; empty where none has."""
    alike, first = int(units.alike[at]), int(units.first_like[at])
    if alike == 1:
        return ""
    others = numbers.plural(alike - 1, "other unit")
    whom = f"unit {numbers.count(first + 1)}" if first != units.shown[at] else others
    if first != units.shown[at] and alike > 2:
        whom += f" and {numbers.plural(alike - 2, 'other')}"
    return f"Identical to {whom}: the symmetry between them is not broken."


def page_words(units: Units) -> str:
    """Return which units of a large layer are told; empty where all are."""
    if len(units.shown) == units.count:
        return ""
    first, last, count = (numbers.count(number) for number in (units.shown[0] + 1, units.shown[-1] + 1, units.count))
    return f"units {first} to {last} of {count}"


def summary(units: Units) -> str:
    """Return what is to be said of the units told: which states occur, and over which examples figures are taken."""
    words = [state(units, at).word for at in range(len(units.shown))]
    said = [f"{numbers.count(words.count(word))} {word}" for word in dict.fromkeys(words) if word]
    same = int(np.count_nonzero(units.alike > 1))
    if same:
        said.append(f"{numbers.count(same)} identical: symmetry not broken")
    if said and len(units.shown) < units.count:
        said[0] = f"of these {said[0]}"
    if units.examples < units.total:
        said.append(f"figures over {numbers.count(units.examples)} of {numbers.count(units.total)} training examples")
    return "; ".join(said)


def range_words(units: Units, at: int) -> str:
    """Return a unit's range and mean over the training examples."""
    low, high, mean = (numbers.number(float(part[at])) for part in (units.lows, units.highs, units.means))
    return f"{low} to {high}, mean {mean}"


def listed_examples(units: Units, at: int) -> tuple[Listed, ...]:
    """Return the examples to list of a unit: those with its largest values, and those with its smallest.

    There are none where it has the same value for all of them, or where no examples were told.
    """
    if units.strongest is None or units.weakest is None or units.lows[at] == units.highs[at]:
        return ()
    low = float(units.lows[at])
    zeros = round(float(units.dead[at]) * units.examples) if low == 0.0 and units.dead[at] > 0.0 else 0
    several = zeros > units.weakest.rows.shape[1]
    lowest = f"LOWEST: 0 FOR {numbers.count(zeros)} EXAMPLES, SUCH AS" if several else "LOWEST"
    return tuple(
        Listed(heading, tuple(extremes.rows[at].tolist()), tuple(extremes.values[at].tolist()))
        for heading, extremes in (("STRONGEST", units.strongest), (lowest, units.weakest))
    )


def made_from(graph: Graph, shapes: Shapes, node: str, unit: int) -> str:
    """Return in words from which units a unit of a layer without weights is made."""
    layer, sources = graph.node(node).layer, graph.inputs_of(node)
    levels = [shapes.levels[source] for source in sources]
    if isinstance(layer, Concatenate):
        for source, level in zip(sources, levels, strict=True):
            if unit < shapes.units[source]:
                return f"A copy of {unit_symbol(level, unit)}, of {graph.node(source).name}."
            unit -= shapes.units[source]
    if isinstance(layer, Add):
        return f"The sum {' + '.join(unit_symbol(level, unit) for level in levels)}."
    if isinstance(layer, LayerNorm):
        return f"Made from all units of {graph.node(sources[0]).name}."
    return f"Made from {unit_symbol(levels[0], unit)} alone, of {graph.node(sources[0]).name}."


def weights_of(graph: Graph, shapes: Shapes, features: Sequence[str], units: Units, at: int) -> tuple[Weights, ...]:
    """Return what the unit in place ``at`` reads, and who reads it, the largest weights first."""
    level, number = shapes.levels[units.node], int(units.shown[at]) + 1
    found = []
    if units.reads is not None:
        row = plain(f"W^{{[{level}]}}_{{{number}}}")
        found.append(_listed(graph, shapes, features, units.reads, at, f"READS, WITH {row}"))
    for links in units.read_by:
        name = graph.node(links.node).name
        heading = f"IS READ BY {name.upper()}, WITH W[{shapes.levels[links.node]}]"
        found.append(_listed(graph, shapes, features, links, at, heading))
    return tuple(found)


def _listed(graph: Graph, shapes: Shapes, features: Sequence[str], links: Links, at: int, heading: str) -> Weights:
    level = shapes.levels[links.node]
    data = isinstance(graph.node(links.node).layer, Input) and len(features) == links.count
    rows = tuple(
        (features[unit] if data else unit_symbol(level, unit), float(weight))
        for unit, weight in zip(links.units[at].tolist(), links.weights[at], strict=True)
    )
    return Weights(heading, rows, links.count - len(rows))


def units_text(graph: Graph, shapes: Shapes, features: Sequence[str], units: Units, at: int) -> str:
    """Return the layer's units as a table, and the weights of one of them, a tab between columns."""
    level = shapes.levels[units.node]
    lines = [f"{graph.node(units.node).name}, A[{level}]", "unit\tlowest\tmean\thighest\tstate"]
    for place, unit in enumerate(units.shown.tolist()):
        figures = (f"{float(part[place]):.6g}" for part in (units.lows, units.means, units.highs))
        said = " ".join(part for part in (state(units, place).word, likeness(units, place)) if part)
        lines.append("\t".join([unit_symbol(level, unit), *figures, said]))
    lines.append("")
    lines.append(unit_symbol(level, int(units.shown[at])))
    if len(units.biases):
        lines.append(f"bias\t{float(units.biases[at]):.6g}")
    for weights in weights_of(graph, shapes, features, units, at):
        lines.append(weights.heading.capitalize())
        lines += [f"{name}\t{weight:.6g}" for name, weight in weights.rows]
        lines += [weights.foot] if weights.foot else []
    return "\n".join(lines)


def target_words(data: PreparedData, row: int) -> str:
    """Return the targets of a training example: classes, or numbers in the table's units."""
    target = data.Y[data.training[row]]
    if data.task == "multiclass":
        return data.classes[int(np.argmax(target))]
    if data.task == "binary":
        return ", ".join(data.classes_of(at)[int(value > 0.5)] for at, value in enumerate(target))
    return ", ".join(numbers.short(float(raw_target(data, value, at))) for at, value in enumerate(target))


def image_side(data: PreparedData) -> int:
    """Return the side of the square image that the features are the pixels of, 0 where they cannot be one."""
    count = len(data.features)
    side = math.isqrt(count)
    plain_numbers = all(column.kind == "number" and len(column.inputs) == 1 for column in data.fitted.columns)
    return side if side >= LEAST_IMAGE and side * side == count and plain_numbers else 0

"""What a node's card says, resolved from the document to one frozen record that items compare and draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.graph import Graph, Node
from engine.layers import Input, Layer, Output
from engine.shapes import Problem, Shapes
from nnstudio import numbers

FROZEN = "Frozen: training leaves its parameters as they are."
MOST_FEATURE_NAMES = 3  # on the input's chip; more are counted

Thumbnail = Literal["none", "units", "histogram"]


@dataclass(frozen=True)
class Card:
    """Everything that is written on a node's card; equal cards look the same."""

    name: str
    family: str
    shape: str
    chips: tuple[str, ...]
    problems: tuple[Problem, ...]
    thumbnail: Thumbnail
    reads: bool
    is_read: bool
    tooltip: str
    frozen: bool = False

    @property
    def severity(self) -> str:
        """``"bad"``, ``"warn"`` or nothing: the worst of the problems, by the name of its color."""
        if any(problem.severity == "error" for problem in self.problems):
            return "bad"
        return "warn" if self.problems else ""


def cards(graph: Graph, shapes: Shapes, features: Sequence[str] = (), recipe: Sequence[str] = ()) -> dict[str, Card]:
    """Return the card of every node.

    Parameters
    ----------
    graph
        The network; ``shapes`` may belong to an earlier version of it.
    features
        Names of the data's prepared columns, for the input's card.
    recipe
        What becomes of the table on its way to them, a chip each, for the same card.
    """
    problems: dict[str, list[Problem]] = {}
    for problem in shapes.problems:
        if problem.node is not None:
            problems.setdefault(problem.node, []).append(problem)
    return {
        node.id: card(node, shapes.units, shapes.parameters, tuple(problems.get(node.id, ())), features, recipe)
        for node in graph.nodes
    }


def card(
    node: Node,
    units: Mapping[str, int],
    parameters: Mapping[str, int],
    problems: tuple[Problem, ...] = (),
    features: Sequence[str] = (),
    recipe: Sequence[str] = (),
) -> Card:
    """Return the card of one node."""
    layer = node.layer
    is_input = isinstance(layer, Input)
    shape = shape_text(units.get(node.id), parameters.get(node.id, 0), is_input)
    lines = [f"{node.name}: {layer.summary}", layer.formula, *([FROZEN] if layer.is_frozen else [])]
    lines += [f"The table: {' · '.join(recipe)}"] if is_input and recipe else []
    lines += [problem.sentence for problem in problems]
    return Card(
        name=node.name,
        family=layer.family,
        shape=shape,
        chips=(*_feature_chips(features), *recipe) if is_input else layer.chips(),
        problems=problems,
        thumbnail=_thumbnail(layer),
        reads=not is_input,
        is_read=not isinstance(layer, Output),
        tooltip="\n".join(lines),
        frozen=layer.is_frozen,
    )


def shape_text(units: int | None, parameters: int, is_data: bool = False) -> str:
    """Return a shape and a parameter count in the notes' form, e.g. ``(16, m) · 272 par.``.

    An unknown number of units is a question mark.
    """
    shape = f"({'?' if units is None else numbers.count(units)}, m)"
    if is_data:
        return f"{shape} · data"
    return f"{shape} · {numbers.count(parameters)} par." if parameters else shape


def _thumbnail(layer: Layer) -> Thumbnail:
    if isinstance(layer, Output):
        return "histogram"
    return "none" if layer.family in ("data", "merge") else "units"


def _feature_chips(features: Sequence[str]) -> tuple[str, ...]:
    if not features:
        return ()
    shown = ", ".join(features[:MOST_FEATURE_NAMES])
    more = len(features) - MOST_FEATURE_NAMES
    return (f"{shown} and {numbers.count(more)} more" if more > 0 else shown,)

"""The computation graph of a network: its quantities as boxes, and the operations that make them, one after the other.

Forward through the layers to the loss of one example, and back by the chain rule to the derivative of every parameter.
The operations are the lines of the equations (:mod:`nnstudio.equations`); their numbers are those of a ledger over one
example.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.declared import name_of
from engine.graph import Graph, Node
from engine.layers import Output
from engine.layers.notation import Line
from engine.ledger import Ledger, Window
from engine.shapes import Shapes
from nnstudio.equation_text import symbols_in, to_latex
from nnstudio.equations import LOSS_SLOPES, Writer
from nnstudio.ledger import Values, values_of
from nnstudio.loss_terms import loss_terms
from nnstudio.making import Making

LOSS = "L"  # the symbol of the loss's box
# dL/dŶ of the losses that are fused with their activation: the notes' da, which the fused dZ skips.
FUSED_SLOPES = {
    "binary_cross_entropy": "−Y/A + (1 − Y)/(1 − A)",
    "categorical_cross_entropy": "−Y/A",
    "mean_squared_error": "A − Y",
}
STORED = {"γ": "gamma", "β": "beta"}  # letters of the equations that the ledger spells out

BoxKind = Literal["data", "parameter", "value", "loss"]
Direction = Literal["forward", "loss", "backward"]


@dataclass(frozen=True)
class Box:
    """A quantity, with its derivative where it has one.

    Attributes
    ----------
    symbol, derivative
        As the ledger names them, ``"Z[1]"`` and ``"dZ[1]"``; the derivative is empty for what has none.
    node
        The layer it belongs to.
    feeds
        The value that a parameter or the targets are read for first; empty for values.
    """

    symbol: str
    derivative: str
    node: str
    kind: BoxKind
    feeds: str = ""


@dataclass(frozen=True)
class Step:
    """One operation: the quantity it writes, what it reads, and its equation."""

    direction: Direction
    writes: str
    reads: tuple[str, ...]
    text: str
    latex: str
    node: str


@dataclass(frozen=True)
class Computation:
    """Boxes by symbol in the order in which they are met, links between them, and the steps of a walk."""

    boxes: dict[str, Box]
    links: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]

    def base(self, symbol: str) -> str:
        """Return the box in which a quantity stands: ``Z[1]`` for ``dZ[1]``."""
        return symbol if symbol in self.boxes else symbol[1:]

    @property
    def loss_place(self) -> int:
        """How many steps lead to the loss, its own counted."""
        return next(place for place, step in enumerate(self.steps, 1) if step.direction == "loss")

    def known(self, position: int) -> frozenset[str]:
        """Return the quantities that are there after so many steps: what is given, and what was written."""
        given = {box.symbol for box in self.boxes.values() if box.kind in ("data", "parameter")}
        return frozenset(given | {step.writes for step in self.steps[:position]})


def computation_of(graph: Graph, shapes: Shapes) -> Computation:
    """Return the computation graph of a valid network, as it computes one example on its own."""
    nodes = tuple(Node(id=node.id, name=node.name, layer=node.layer.alone()) for node in graph.nodes)
    return _Builder(Graph(nodes=nodes, edges=graph.edges), shapes).build()


class _Builder:
    def __init__(self, graph: Graph, shapes: Shapes) -> None:
        self.writer = Writer(graph, shapes)
        self.shapes = shapes
        self.boxes: dict[str, Box] = {}
        self.links: list[tuple[str, str]] = []
        self.steps: list[Step] = []

    def build(self) -> Computation:
        writer, output = self.writer, self.writer.output
        first = writer.order[0].id
        self.boxes["X"] = Box("X", "", first, "data")
        for node in writer.order[1:]:
            for line in writer.forward_lines(node):
                self.forward(node.id, line)
        last = writer.output_node.id
        prediction = f"A[{writer.levels[last]}]"
        self.boxes["Y"] = Box("Y", "", last, "data", feeds=LOSS)
        self.boxes[LOSS] = Box(LOSS, "", last, "loss")
        self.links += [(prediction, LOSS), ("Y", LOSS)]
        loss = output.loss
        latex = rf"L(\hat y, y) = {loss.latex}"
        self.steps.append(Step("loss", LOSS, (prediction, "Y"), f"L(ŷ, y) = {loss.formula}", latex, last))
        if output.fused:
            self.backward(last, Line(f"d{prediction} = {self.fused_slope(output, prediction)}"))
        for node in reversed(writer.order):
            for line in writer.backward_lines(node):
                text = line.text.replace("∂L/∂Ŷ", self.slope(output, prediction))
                self.backward(node.id, Line(text, latex="" if "∂L/∂Ŷ" in line.text else line.latex))
        return Computation(self.boxes, tuple(dict.fromkeys(self.links)), tuple(self.steps))

    def forward(self, node: str, line: Line) -> None:
        writes, reads = self.symbols(line.text)
        if writes.startswith("D["):
            return  # the mask of a dropout: outside training there is none
        for symbol in reads:
            if symbol not in self.boxes:
                learned = {spec.name for spec in self.shapes.learned(node)}
                name = symbol.partition("[")[0]
                is_learned = ("Theta" if name in ("W", "b") else name) in learned
                self.boxes[symbol] = Box(symbol, f"d{symbol}" if is_learned else "", node, "parameter", feeds=writes)
            self.links.append((symbol, writes))
        if writes not in self.boxes:
            takes_part = node in self.writer.needed
            has_derivative = takes_part and writes.partition("[")[0] in ("Z", "A")
            self.boxes[writes] = Box(writes, f"d{writes}" if has_derivative else "", node, "value")
        self.steps.append(Step("forward", writes, reads, line.text, to_latex(line.latex or line.text), node))

    def backward(self, node: str, line: Line) -> None:
        writes, reads = self.symbols(line.text)
        owner = self.boxes.get(writes[1:])
        if owner is None or owner.derivative != writes:
            return
        latex = to_latex(line.latex or line.text)
        self.steps.append(Step("backward", writes, reads, line.text, latex, owner.node))

    def symbols(self, text: str) -> tuple[str, tuple[str, ...]]:
        """Return what an equation writes and what it reads, as the ledger names them."""
        left, _, right = text.partition(" = ")
        spelled = [_spelled_out(symbol) for symbol in symbols_in(right)]
        reads = [symbol for symbol in spelled if not symbol.startswith("D[") and symbol != "c"]
        return _spelled_out(left), tuple(dict.fromkeys(reads))

    @staticmethod
    def slope(output: Output, prediction: str) -> str:
        return LOSS_SLOPES.get(name_of(output.loss), "∂L/∂Ŷ").replace("A", prediction)

    @staticmethod
    def fused_slope(output: Output, prediction: str) -> str:
        weight = "c ∗ " if output.class_weights else ""
        slope = FUSED_SLOPES[name_of(output.loss)].replace("A", prediction)
        return f"{weight}({slope})" if weight else slope


def _spelled_out(symbol: str) -> str:
    letters, bracket, level = symbol.partition("[")
    derivative = "d" if letters.startswith("d") else ""
    plain = letters.removeprefix("d")
    return f"{derivative}{STORED.get(plain, plain)}{bracket}{level}"


# -- the loss ---------------------------------------------------------------------------------------------------------


def loss_windows(shapes: Shapes, output: str) -> tuple[Window, ...]:
    """Return what has to be read for the loss: Z[L], A[L] and Y of the first example, whole."""
    level, rows = shapes.levels[output], shapes.units[output]
    return tuple(Window(symbol, 0, rows, 0, 1) for symbol in (f"Z[{level}]", f"A[{level}]", "Y"))


def loss_of(graph: Graph, shapes: Shapes, ledger: Ledger) -> Making:
    """Return the loss of a ledger's first example, and how it was made; the numbers may still have to be read."""
    node = graph.of_kind(Output)[0]
    assert isinstance(node.layer, Output)
    windows = loss_windows(shapes, node.id)
    missing = tuple(window for window in windows if values_of(ledger, window) is None)
    loss = node.layer.loss
    formula = rf"L = {loss.latex}"
    if missing:
        return Making(LOSS, latex=formula, read=windows, missing=missing)
    z, a, y = (_flat(values_of(ledger, window)) for window in windows)
    terms = loss_terms(node.layer, z, a, y)
    lines = terms.lines()
    numbers = lines[1].text.removeprefix("= ")
    return Making(LOSS, latex=formula, function=numbers, result=terms.value, value=terms.value, read=windows)


def _flat(values: Values | None) -> Values:
    return np.zeros(0) if values is None else np.asarray(values, np.float64).reshape(-1)


# -- text -------------------------------------------------------------------------------------------------------------


def as_text(computation: Computation, values: dict[str, str]) -> str:
    """Return all steps as lines of text, each with the number or numbers that it wrote where they are known."""
    marks: dict[Direction, str] = {"forward": "→", "loss": "=", "backward": "←"}
    rows = []
    for number, step in enumerate(computation.steps, 1):
        value = values.get(step.writes, "")
        rows.append(f"{number:>3} {marks[step.direction]} {step.text}" + (f"    {value}" if value else ""))
    return "\n".join(rows) + "\n"

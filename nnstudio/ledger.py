"""The ledger as a person reads it: every quantity in order, named and shaped as the notes write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.graph import Graph
from engine.layers import Dense, LayerNorm, Output
from engine.ledger import Ledger, Window
from engine.shapes import Shapes
from engine.walk import PICTURE_SIDE, Quantity

Direction = Literal["given", "forward", "backward"]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """A quantity by the letters before its level: how the notes write it, and what it is."""

    name: str
    latex: str
    entry: str  # the LaTeX of one entry's letters
    direction: Direction
    meaning: str


# In the order of the notes: what a layer reads its values from, forward, then backward.
KINDS: dict[str, Kind] = {
    "X": Kind("X", "X", "x", "given", "features, as prepared"),
    "Y": Kind("Y", "Y", "y", "given", "targets"),
    "W": Kind("W", "W", "w", "given", "weights"),
    "b": Kind("b", "b", "b", "given", "biases"),
    "gamma": Kind("γ", r"\gamma", r"\gamma", "given", "scales"),
    "beta": Kind("β", r"\beta", r"\beta", "given", "shifts"),
    "mean": Kind("running μ", r"\mu_{\mathrm{run}}", r"\mu_{\mathrm{run}}", "given", "running means"),
    "variance": Kind("running σ²", r"\sigma^2_{\mathrm{run}}", r"v_{\mathrm{run}}", "given", "running variances"),
    "Z": Kind("Z", "Z", "z", "forward", "weighted sums"),
    "μ": Kind("μ", r"\mu", r"\mu", "forward", "means"),
    "σ²": Kind("σ²", r"\sigma^2", r"\sigma^2", "forward", "variances"),
    "σ": Kind("√(σ² + ε)", r"\sqrt{\sigma^2+\epsilon}", "s", "forward", "deviations s = √(σ² + ε)"),
    "X̂": Kind("X̂", r"\hat X", r"\hat x", "forward", "normalized values"),
    "A": Kind("A", "A", "a", "forward", "activations"),
    "c": Kind("c", "c", "c", "backward", "weight of each example's class"),
    "dA": Kind("dA", "dA", "da", "backward", "derivatives of the losses by A"),
    "dZ": Kind("dZ", "dZ", "dz", "backward", "derivatives of the losses by Z"),
    "dW": Kind("dW", "dW", "dw", "backward", "derivatives of the cost by W, with the factor 1/m"),
    "db": Kind("db", "db", "db", "backward", "derivatives of the cost by b, with the factor 1/m"),
    "D": Kind("D", "D", "D", "backward", "derivatives of the losses by X̂"),
    "dgamma": Kind("dγ", r"d\gamma", r"d\gamma", "backward", "derivatives of the cost by γ, with the factor 1/m"),
    "dbeta": Kind("dβ", r"d\beta", r"d\beta", "backward", "derivatives of the cost by β, with the factor 1/m"),
}


def kind_of(letters: str) -> Kind:
    """Return the kind of a quantity; of a stored array that the notes do not name, one under its own name."""
    if letters in KINDS:
        return KINDS[letters]
    latex = rf"\mathrm{{{letters}}}"
    if letters.startswith("d"):
        return Kind(letters, latex, latex, "backward", f"derivatives of the cost by {letters[1:]}, with the factor 1/m")
    return Kind(letters, latex, latex, "given", letters)


PARAMETERS = ("W", "b", "gamma", "beta")  # kinds that can be set by hand
OF_EXAMPLES = ("X", "Y", "Z", "A", "X̂", "c", "D", "dA", "dZ")  # one column an example


@dataclass(frozen=True)
class Line:
    """One quantity of the ledger.

    Attributes
    ----------
    symbol
        The engine's, ``gamma[2]``; :attr:`name` is the notes', ``γ[2]``.
    node, level
        Where it belongs; X and Y belong to the input, 0.
    dimensions
        The shape in the notes' symbols, ``("n[1]", "n[0]")``.
    of_examples
        Whether columns are examples.
    """

    symbol: str
    kind: str
    node: str
    level: int
    quantity: Quantity
    dimensions: tuple[str, str]
    of_examples: bool

    @property
    def name(self) -> str:
        """The symbol as the notes write it."""
        return kind_of(self.kind).name + ("" if self.kind in ("X", "Y") else f"[{self.level}]")

    @property
    def latex(self) -> str:
        """The symbol as LaTeX."""
        return f"{{{kind_of(self.kind).latex}}}" + ("" if self.kind in ("X", "Y") else f"^{{[{self.level}]}}")

    @property
    def direction(self) -> Direction:
        """Whether it is there before the first operation, or made on the way forward or backward."""
        return kind_of(self.kind).direction

    @property
    def meaning(self) -> str:
        """What it is, in a few words."""
        return kind_of(self.kind).meaning

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.quantity.shape
        return rows, columns

    def entry_latex(self, row: str, column: str) -> str:
        """Return one entry as the notes write it; row and column count from 1, a column of examples stands above."""
        kind = kind_of(self.kind)
        above = "" if self.kind in ("X", "Y") else f"[{self.level}]"
        below = [row] if self.shape[0] > 1 or not self.of_examples else []
        if self.of_examples:
            above += f"({column})"
        elif self.shape[1] > 1:
            below.append(column)
        letters = f"{{{kind.entry}}}" if "^" in kind.entry or "_" in kind.entry else kind.entry
        return letters + (f"^{{{above}}}" if above else "") + (f"_{{{','.join(below)}}}" if below else "")


def lines(graph: Graph, shapes: Shapes, ledger: Ledger) -> tuple[Line, ...]:
    """Return the quantities of a ledger in the notes' order: X and Y, then layer by layer forward and backward."""
    found = []
    for node in shapes.order:
        level = shapes.levels[node]
        own = (symbol.removesuffix(f"[{level}]") for symbol in ledger.quantities if symbol.endswith(f"[{level}]"))
        for kind in dict.fromkeys((*KINDS, *own)):
            symbol = kind if kind in ("X", "Y") else f"{kind}[{level}]"
            if kind in ("X", "Y") and level:
                continue
            if symbol in ledger.quantities:
                layer = graph.node(node).layer
                of_examples = kind in OF_EXAMPLES or (kind in ("μ", "σ²", "σ") and isinstance(layer, LayerNorm))
                dimensions = _dimensions(graph, shapes, node, kind, of_examples, ledger.quantities[symbol])
                found.append(Line(symbol, kind, node, level, ledger.quantities[symbol], dimensions, of_examples))
    return tuple(found)


def fits(shapes: Shapes, ledger: Ledger) -> bool:
    """Return whether a ledger is of the network with these shapes, and not of the one before its last change."""
    levels = {shapes.levels[node]: node for node in shapes.order}
    values = {f"A[{level}]" if level else "X": shapes.units[node] for level, node in levels.items()}
    beyond = f"A[{max(levels, default=0) + 1}]"
    if beyond in ledger.quantities or any(symbol not in ledger.quantities for symbol in values):
        return False
    return all(ledger.quantities[symbol].shape[0] == units for symbol, units in values.items())


def _dimensions(
    graph: Graph, shapes: Shapes, node: str, kind: str, of_examples: bool, quantity: Quantity
) -> tuple[str, str]:
    level = shapes.levels[node]
    rows = "n[0]" if kind == "X" else "n_y" if kind == "Y" else f"n[{level}]"
    if quantity.shape[0] == 1 and (kind == "c" or (of_examples and kind in ("μ", "σ²", "σ"))):
        rows = "1"
    if of_examples:
        return rows, "m"
    if kind in ("W", "dW") and isinstance(graph.node(node).layer, (Dense, Output)):
        return rows, f"n[{shapes.levels[graph.inputs_of(node)[0]]}]"
    return rows, "1"


def picture_places(count: int) -> NDArray[np.int64]:
    """Return which rows, or columns, of a quantity with ``count`` of them its picture holds."""
    return np.linspace(0, count - 1, min(count, PICTURE_SIDE)).astype(np.int64)


def values_of(ledger: Ledger, window: Window) -> Values | None:
    """Return a block of a quantity's exact values, from the whole or from a window that was read; None for neither."""
    symbol, top, bottom, left, right = window
    quantity = ledger.quantities.get(symbol)
    if quantity is None:
        return None
    if quantity.whole:
        return quantity.values[top:bottom, left:right]
    if window in ledger.windows:
        return ledger.windows[window]
    for other, block in ledger.windows.items():
        if (
            other.symbol == symbol
            and other.top <= top < bottom <= other.bottom
            and other.left <= left < right <= other.right
        ):
            return block[top - other.top : bottom - other.top, left - other.left : right - other.left]
    return None

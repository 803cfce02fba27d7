"""How one entry of the ledger was made: its formula, and the row and the column whose products add up to it.

Values that are not there yet, as those of a large matrix, are named in ``missing``: once they have been read, the same
call has them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from engine.activations import Activation
from engine.declared import name_of, title_of
from engine.graph import Graph
from engine.layers import ActivationLayer, Add, BatchNorm, Concatenate, Dense, Dropout, LayerNorm, Output
from engine.layers.base import Layer, source_symbol
from engine.ledger import Ledger, Window
from engine.shapes import Shapes
from nnstudio import numbers
from nnstudio.ledger import Line, Values, values_of
from nnstudio.making import DIGITS, MOST_WRITTEN, Making, Product, written

GAMMA, BETA, MU, NORMAL = r"\gamma", r"\beta", r"\mu", r"\hat x"


def making(graph: Graph, shapes: Shapes, ledger: Ledger, line: Line, row: int, column: int) -> Making:
    """Return how an entry of a quantity came about; row and column count from 0."""
    return _Maker(graph, shapes, ledger, line, row, column).making()


@dataclass(frozen=True)
class _Share:
    """What one layer sends back to one it reads: LaTeX, and the terms."""

    latex: str
    products: tuple[Product, ...]


@dataclass
class _Maker:
    graph: Graph
    shapes: Shapes
    ledger: Ledger
    line: Line
    i: int
    j: int
    read: list[Window] = field(default_factory=list)
    missing: list[Window] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.level = self.line.level
        self.layer = self.layer_of(self.line.node)
        self.reads = self.graph.inputs_of(self.line.node)
        self.name = self.line.entry_latex(str(self.i + 1), self.example if self.line.of_examples else str(self.j + 1))
        levels = tuple(self.shapes.levels[source] for source in self.reads)
        self.source = source_symbol(self.level, levels) if levels else "X"

    def layer_of(self, node: str) -> Layer:
        """Return a layer as it computes the ledger's examples."""
        layer = self.graph.node(node).layer
        return layer.alone() if len(self.ledger.rows) == 1 else layer

    @property
    def example(self) -> str:
        """The number of the column's example, counted from 1 as people do."""
        rows = self.ledger.rows
        return str(rows[self.j] + 1) if self.j < len(rows) else str(self.j + 1)

    def making(self) -> Making:
        value = float(self.take(self.line.symbol, self.i, self.j)[0])
        makers: dict[str, Callable[[], Making]] = {
            "Z": self.z,
            "A": self.a,
            "dA": self.d_a,
            "dZ": self.d_z,
            "dW": self.d_w,
            "db": self.d_b,
            "dgamma": self.d_gamma,
            "dbeta": self.d_beta,
            "X̂": self.normal,
            "μ": self.mean,
            "σ²": self.variance,
            "σ": self.deviation,
            "D": self.d_normal,
        }
        maker = makers.get(self.line.kind)
        given = self.line.direction == "given" or self.line.kind == "c"
        made = maker() if maker is not None else Making(self.name, words=self.given()) if given else self.told()
        read, missing = (tuple(dict.fromkeys(windows)) for windows in (self.read, self.missing))
        return replace(made, value=value, read=read, missing=missing)

    # -- reading --------------------------------------------------------------------------------------------------

    def take(self, symbol: str, row: int | None, column: int | None) -> Values:
        """Return an entry, a row (column None) or a column (row None) of a quantity, flat; nan while it is not read."""
        quantity = self.ledger.quantities.get(symbol)
        if quantity is None:
            return np.full(1, np.nan)
        rows, columns = quantity.shape
        top, bottom = (0, rows) if row is None else (row, row + 1)
        left, right = (0, columns) if column is None else (column, column + 1)
        window = Window(symbol, top, bottom, left, right)
        if not quantity.whole:
            self.read.append(window)
        block = values_of(self.ledger, window)
        if block is None:
            self.missing.append(window)
            return np.full((bottom - top) * (right - left), np.nan)
        return np.asarray(block, np.float64).reshape(-1)

    def here(self, kind: str, row: int | None, column: int | None) -> Values:
        """Return values of another quantity of this layer."""
        return self.take(f"{kind}[{self.level}]", row, column)

    def sum(self, latex: str, *products: Product, scale: float = 1.0, scale_words: str = "") -> Making:
        return Making(
            self.name, latex=f"{self.name} = {latex}", products=products, scale=scale, scale_words=scale_words
        )

    def call(self, latex: str, function: str, result: float) -> Making:
        return Making(self.name, latex=f"{self.name} = {latex}", function=function, result=result)

    # -- LaTeX of other quantities --------------------------------------------------------------------------------

    def at(self, letters: str, level: int | None = None, row: object = None, example: object = None) -> str:
        """Return an entry's LaTeX: letters, level, row counted from 1, and the number of the example."""
        above = "" if level is None else f"[{level}]"
        above += "" if example is None else f"({example})"
        return letters + (f"^{{{above}}}" if above else "") + (f"_{{{row}}}" if row is not None else "")

    def source_at(self, row: object = None, example: object = None, node: str | None = None) -> str:
        """Return an entry, or without row a column, of what this layer reads."""
        level = self.shapes.levels[self.reads[0] if node is None else node]
        return self.at("a" if level else "x", level or None, row, example)

    @property
    def share_latex(self) -> str:
        return r"\frac{1}{\sum c}" if self.weighted else r"\frac{1}{m}"

    @property
    def share_words(self) -> str:
        return f"1/{numbers.short(1.0 / self.ledger.share, DIGITS)}"

    @property
    def weighted(self) -> bool:
        return any(symbol.startswith("c[") for symbol in self.ledger.quantities)

    # -- forward --------------------------------------------------------------------------------------------------

    def z(self) -> Making:
        latex = rf"W^{{[{self.level}]}}_{{{self.i + 1}}}\cdot {self.source_at(example=self.example)} + "
        latex += self.at("b", self.level, self.i + 1)
        products = Product((self.here("W", self.i, None), self.take(self.source, None, self.j)))
        return self.sum(latex, products, Product((self.here("b", self.i, 0),)))

    def a(self) -> Making:
        layer, i, j = self.layer, self.i, self.j
        if isinstance(layer, (Dense, Output)):
            entry = self.at("z", self.level, i + 1, self.example)
            return self.activated(layer.activation, f"Z[{self.level}]", entry)
        if isinstance(layer, ActivationLayer):
            return self.activated(layer.activation, self.source, self.source_at(i + 1, self.example))
        if isinstance(layer, (BatchNorm, LayerNorm)):
            gamma, normal = self.at(GAMMA, self.level, i + 1), self.at(NORMAL, self.level, i + 1, self.example)
            latex = rf"{gamma}\,{normal} + {self.at(BETA, self.level, i + 1)}"
            scaled = Product((self.here("gamma", i, 0), self.here("X̂", i, j)))
            return self.sum(latex, scaled, Product((self.here("beta", i, 0),)))
        if isinstance(layer, Concatenate):
            source, above = self.part(i)
            symbol = source_symbol(0, (self.shapes.levels[source],))
            latex = self.source_at(i - above + 1, self.example, source)
            return self.sum(latex, Product((self.take(symbol, i - above, j),)))
        if isinstance(layer, (Add, Dropout)):
            latex = " + ".join(self.source_at(i + 1, self.example, source) for source in self.reads)
            symbols = [source_symbol(0, (self.shapes.levels[source],)) for source in self.reads]
            return self.sum(latex, *(Product((self.take(symbol, i, j),)) for symbol in symbols))
        return self.told()

    def told(self) -> Making:
        """Return the formulas of the operations that made this quantity, where its layer has no terms here."""
        level = f"[{self.level}]"
        formulas = [step.formula for step in self.ledger.steps if step.writes == self.line.symbol and step.formula]
        formulas = [formula for formula in formulas if " = " in formula] or formulas  # parts of one say nothing alone
        words = "; ".join(formulas) or f"{self.line.kind}{level} as the layer {self.layer.title} computes it"
        return Making(self.name, words=words)

    def part(self, row: int) -> tuple[str, int]:
        """Return which of the layers stacked on each other a row comes from, and how many rows stand above it."""
        above = 0
        for source in self.reads:
            units = self.shapes.units[source]
            if row < above + units:
                return source, above
            above += units
        raise IndexError(f"Row {row} lies below all {above} rows.")

    def activated(self, activation: Activation, symbol: str, argument: str) -> Making:
        if name_of(activation) == "softmax":
            column = self.take(symbol, None, self.j)
            shown = [f"e^{written(z)}" for z in column[:MOST_WRITTEN]] + (["…"] if len(column) > MOST_WRITTEN else [])
            with np.errstate(all="ignore"):
                result = float(activation.value(column[:, None])[self.i, 0])
            words = f"e^{written(column[self.i])} / ({' + '.join(shown)})"
            return self.call(
                rf"\frac{{\exp {argument}}}{{\sum_k \exp {argument.partition('_')[0]}_{{k}}}}", words, result
            )
        z = self.take(symbol, self.i, self.j)
        with np.errstate(all="ignore"):
            result = float(activation.value(z[:, None])[0, 0])
        return self.call(rf"g^{{[{self.level}]}}({argument})", f"{_called(activation)}({written(z[0])})", result)

    def mean(self) -> Making:
        if isinstance(self.layer, LayerNorm):
            values = self.take(self.source, None, self.j)
            latex = rf"\frac{{1}}{{n}}\sum_k {self.source_at('k', self.example)}"
        else:
            values = self.take(self.source, self.i, None)
            latex = rf"\frac{{1}}{{m}}\sum_k {self.source_at(self.i + 1, 'k')}"
        words = f"1/{numbers.count(len(values))}"
        return self.sum(latex, Product((values,)), scale=1.0 / len(values), scale_words=words)

    def variance(self) -> Making:
        if isinstance(self.layer, LayerNorm):
            values = self.take(self.source, None, self.j) - self.here("μ", 0, self.j)
            mean = self.at(MU, self.level, None, self.example)
            latex = rf"\frac{{1}}{{n}}\sum_k ({self.source_at('k', self.example)} - {mean})^2"
        else:
            values = self.take(self.source, self.i, None) - self.here("μ", self.i, 0)
            mean = self.at(MU, self.level, self.i + 1)
            latex = rf"\frac{{1}}{{m}}\sum_k ({self.source_at(self.i + 1, 'k')} - {mean})^2"
        words = f"1/{numbers.count(len(values))}"
        return self.sum(latex, Product((values, values)), scale=1.0 / len(values), scale_words=words)

    def deviation(self) -> Making:
        layer = self.layer
        assert isinstance(layer, (BatchNorm, LayerNorm))
        if isinstance(layer, LayerNorm):
            variance = float(self.here("σ²", 0, self.j)[0])
            latex = rf"\sqrt{{{{\sigma^2}}{self.place()} + \epsilon}}"
        else:
            variance = float(self.here("variance" if layer.frozen else "σ²", self.i, 0)[0])
            latex = rf"\sqrt{{\sigma^2_{{{self.i + 1}}} + \epsilon}}"
        epsilon = numbers.short(layer.epsilon)
        return self.call(latex, f"√({written(variance)} + {epsilon})", float(np.sqrt(variance + layer.epsilon)))

    def normal(self) -> Making:
        mean, deviation = self.statistics()
        place = self.place()
        latex = rf"\frac{{{self.source_at(self.i + 1, self.example)} - {MU}{place}}}{{s{place}}}"
        value = self.take(self.source, self.i, self.j)
        below = f"({written(mean[0])})" if mean[0] < 0 else written(mean[0])
        function = f"({written(value[0])} − {below}) / {written(deviation[0])}"
        return self.call(latex, function, float((value[0] - mean[0]) / deviation[0]))

    def place(self) -> str:
        """Return the index, as LaTeX, of the mean and the deviation of this entry: its example's, or its unit's."""
        return f"^{{({self.example})}}" if isinstance(self.layer, LayerNorm) else f"_{{{self.i + 1}}}"

    def statistics(self) -> tuple[Values, Values]:
        """Return the mean and the deviation with which this entry is normalized."""
        if isinstance(self.layer, LayerNorm):
            return self.here("μ", 0, self.j), self.here("σ", 0, self.j)
        frozen = isinstance(self.layer, BatchNorm) and self.layer.frozen
        return self.here("mean" if frozen else "μ", self.i, 0), self.here("σ", self.i, 0)

    # -- backward -------------------------------------------------------------------------------------------------

    def d_z(self) -> Making:
        layer, i, j = self.layer, self.i, self.j
        assert isinstance(layer, (Dense, Output))
        if isinstance(layer, Output) and layer.fused:
            weight = (self.here("c", 0, j),) if layer.class_weights else ()
            latex = f"{self.at('a', self.level, i + 1, self.example)} - {self.at('y', None, i + 1, self.example)}"
            if weight:
                latex = rf"{self.at('c', None, None, self.example)}\,({latex})"
            return self.sum(
                latex, Product((*weight, self.here("A", i, j))), Product((*weight, self.take("Y", i, j)), -1.0)
            )
        entry = self.at("z", self.level, i + 1, self.example)
        slope = self.slope(layer.activation, f"Z[{self.level}]", i)
        latex = rf"{self.at('da', self.level, i + 1, self.example)}\cdot g'^{{[{self.level}]}}({entry})"
        return self.sum(latex, Product((self.here("dA", i, j), slope)))

    def slope(self, activation: Activation, symbol: str, row: int) -> Values:
        """Return g' at an entry of this column, in the program's own precision: 1 − a² of an a near 1 loses digits."""
        z, quantity = self.take(symbol, row, self.j), self.ledger.quantities.get(symbol)
        if quantity is not None:
            z = z.astype(quantity.values.dtype)
        with np.errstate(all="ignore"):
            return np.asarray(activation.derivative(z[:, None]), np.float64).reshape(-1)

    def d_w(self) -> Making:
        dz, source = self.at("dz", self.level, self.i + 1, "k"), self.source_at(self.j + 1, "k")
        products = Product((self.here("dZ", self.i, None), self.take(self.source, self.j, None)))
        return self.shared(rf"{dz}\,{source}", products)

    def d_b(self) -> Making:
        return self.shared(self.at("dz", self.level, self.i + 1, "k"), Product((self.here("dZ", self.i, None),)))

    def d_gamma(self) -> Making:
        latex = rf"{self.at('da', self.level, self.i + 1, 'k')}\,{self.at(NORMAL, self.level, self.i + 1, 'k')}"
        return self.shared(latex, Product((self.here("dA", self.i, None), self.here("X̂", self.i, None))))

    def d_beta(self) -> Making:
        return self.shared(self.at("da", self.level, self.i + 1, "k"), Product((self.here("dA", self.i, None),)))

    def shared(self, latex: str, product: Product) -> Making:
        """Return a sum over the examples times the share 1/m."""
        latex = rf"{self.share_latex}\sum_k {latex}"
        return self.sum(latex, product, scale=self.ledger.share, scale_words=self.share_words)

    def d_normal(self) -> Making:
        latex = rf"{self.at(GAMMA, self.level, self.i + 1)}\,{self.at('da', self.level, self.i + 1, self.example)}"
        return self.sum(latex, Product((self.here("gamma", self.i, 0), self.here("dA", self.i, self.j))))

    def d_a(self) -> Making:
        """Return the sum, over the layers that read this one, of what each sends back."""
        shares: list[_Share | None] = []
        for reader in self.shapes.order:
            above = 0
            for source in self.graph.inputs_of(reader):
                if source == self.line.node:
                    shares.append(self.sent_back(reader, above))
                above += self.shapes.units[source]
        known = [share for share in shares if share is not None]
        if len(known) < len(shares):
            return self.told()
        if known:
            products = [product for share in known for product in share.products]
            return self.sum(" + ".join(share.latex for share in known), *products)
        y = self.take("Y", self.i, self.j)[0]
        a = self.here("A", self.i, self.j)[0]
        return replace(self.told(), words=f"{self.told().words}, with a = {written(a)} and y = {written(y)}")

    def sent_back(self, reader: str, above: int) -> _Share | None:
        """Return one reader's share; ``above`` rows stand over this layer's where the reader stacks layers.

        None for a kind of layer whose terms are not known here.
        """
        layer, level, i, j = self.layer_of(reader), self.shapes.levels[reader], self.i, self.j
        da = f"dA[{level}]"
        if isinstance(layer, (Dense, Output)):
            latex = rf"W^{{[{level}]\top}}_{{{i + 1}}}\cdot {self.at('dz', level, None, self.example)}"
            return _Share(latex, (Product((self.take(f"W[{level}]", None, i), self.take(f"dZ[{level}]", None, j))),))
        if isinstance(layer, ActivationLayer):
            entry = self.at("a", self.level, i + 1, self.example)
            latex = rf"{self.at('da', level, i + 1, self.example)}\cdot g'^{{[{level}]}}({entry})"
            slope = self.slope(layer.activation, f"A[{self.level}]", i)
            return _Share(latex, (Product((self.take(da, i, j), slope)),))
        if isinstance(layer, Concatenate):
            latex = self.at("da", level, above + i + 1, self.example)
            return _Share(latex, (Product((self.take(da, above + i, j),)),))
        if isinstance(layer, BatchNorm):
            return self.through_batch_norm(layer, level)
        if isinstance(layer, LayerNorm):
            return self.through_layer_norm(level)
        if isinstance(layer, (Add, Dropout)):
            return _Share(self.at("da", level, i + 1, self.example), (Product((self.take(da, i, j),)),))
        return None

    def through_batch_norm(self, layer: BatchNorm, level: int) -> _Share:
        i, j = self.i, self.j
        factor = (self.take(f"gamma[{level}]", i, 0), 1.0 / self.take(f"σ[{level}]", i, 0))
        da, row = self.take(f"dA[{level}]", i, j), self.take(f"dA[{level}]", i, None)
        entry = self.at("da", level, i + 1, self.example)
        gamma = rf"\frac{{{self.at(GAMMA, level, i + 1)}}}{{s_{{{i + 1}}}}}"
        if layer.frozen:
            return _Share(rf"{gamma}\,{entry}", (Product((*factor, da)),))
        normal, normals = self.take(f"X̂[{level}]", i, j), self.take(f"X̂[{level}]", i, None)
        mean, mean_product = np.array([row.mean()]), np.array([(row * normals).mean()])
        latex = rf"{gamma}\left({entry} - \overline{{da}} - {self.at(NORMAL, level, i + 1, self.example)}\,"
        latex += r"\overline{da\,\hat x}\right)"
        steps = (da,), (mean,), (normal, mean_product)
        signs = 1.0, -1.0, -1.0
        return _Share(latex, tuple(Product((*factor, *own), s) for own, s in zip(steps, signs, strict=True)))

    def through_layer_norm(self, level: int) -> _Share:
        i, j = self.i, self.j
        inverse = 1.0 / self.take(f"σ[{level}]", 0, j)
        column, normals = self.take(f"D[{level}]", None, j), self.take(f"X̂[{level}]", None, j)
        own, normal = column[i : i + 1], normals[i : i + 1]
        mean, mean_product = np.array([column.mean()]), np.array([(column * normals).mean()])
        latex = rf"\frac{{1}}{{s}}\left({self.at('D', level, i + 1, self.example)} - \overline{{D}} - "
        latex += rf"{self.at(NORMAL, level, i + 1, self.example)}\,\overline{{D\,\hat x}}\right)"
        steps = Product((own, inverse)), Product((mean, inverse), -1.0), Product((normal, mean_product, inverse), -1.0)
        return _Share(latex, steps)

    # -- what is given --------------------------------------------------------------------------------------------

    def given(self) -> str:
        """Say where an entry comes from that no operation of this pass has made by a sum."""
        kind = self.line.kind
        if kind in ("X", "Y"):
            return f"Given: the data, example {self.example}"
        if kind in ("mean", "variance"):
            return "Given: kept from the batches seen in training"
        if kind == "c":
            return "The weight of the example's class"
        if self.line.node in self.shapes.frozen:
            return "Given: frozen, so that training leaves it as it is"
        if f"d{self.line.symbol}" in self.ledger.quantities:
            gradient = float(self.take(f"d{self.line.symbol}", self.i, self.j)[0])
            return f"A parameter. The derivative of the mean loss of these examples by it is {written(gradient)}"
        return "A parameter"


def _called(activation: Activation) -> str:
    title = title_of(activation)
    return "σ" if title == "sigmoid" else title

"""The hyperparameters among the layers: how many, how wide, their activations, initializers, and dropout."""

from __future__ import annotations

from dataclasses import dataclass

from engine.activations import ACTIVATIONS
from engine.declared import Declared, name_of, replace
from engine.graph import Node
from engine.initializers import INITIALIZERS
from engine.layers import Dense, Dropout, Output
from engine.shapes import infer_shapes
from nnstudio import edits
from nnstudio.document import Document
from nnstudio.hyperparameters.base import (
    KindHyperparameter,
    NumberHyperparameter,
    Value,
    around_whole,
    limits_of,
    named,
)
from nnstudio.hyperparameters.hidden import activated, before_output, blocks_of, branching, hidden_layers, on_the_way

MOST_HIDDEN = 30
UNITS_LOW, UNITS_HIGH = limits_of(Dense, "units")
RATE_LOW, RATE_HIGH = limits_of(Dropout, "rate")
RATES = (0.0, 0.1, 0.2, 0.3, 0.5)
TRIED_DEPTHS = 5
NO_WAY = "There is no way from the input to the output yet: join them by wires."
NO_HIDDEN = "There is no hidden layer: add a Dense layer before the output."
ALL_FROZEN = "Every layer that it would change is frozen: unfreeze one of them."


@dataclass(frozen=True, kw_only=True)
class HiddenLayers(NumberHyperparameter):
    """The number of Dense layers of a chain."""

    def symbol(self, document: Document) -> str:
        """Return L − 1: the notes' L counts the output too."""
        return "L − 1"

    def why_not(self, document: Document) -> str:
        """Say what joins or parts the way, or what is frozen."""
        way = on_the_way(document.graph)
        if len(way) < 2 or not isinstance(way[-1].layer, Output):
            return NO_WAY
        joint = branching(document.graph)
        if joint is not None:
            return (
                f"The network has branches, at {joint.name}, and it is not clear which layers to add or to take away: "
                "draw the networks you want to compare one after the other."
            )
        frozen = [node.name for node in hidden_layers(document.graph) if node.layer.is_frozen]
        if frozen:
            return f"{frozen[0]} is frozen and has to stay as it is: unfreeze it to try other numbers of layers."
        return ""

    def what_changes(self, document: Document) -> str:
        """Say which layers come and go."""
        blocks = blocks_of(document.graph)
        if not blocks:
            return f"Adds Dense layers of {Dense().units} units."
        last, *rest = (node.name for node in blocks[-1])
        return f"Takes layers away from the end, or repeats {last}{' with ' * bool(rest)}{named(rest)}."

    def present(self, document: Document) -> tuple[Value, ...]:
        """Return how many there are."""
        return (len(hidden_layers(document.graph)),)

    def put(self, document: Document, value: Value) -> Document:
        """Return the document with so many: the last ones go, or the last one is repeated behind itself."""
        wanted = int(self.checked(value))
        if sentence := self.why_not(document):
            raise ValueError(sentence)
        blocks = blocks_of(document.graph)
        if wanted < len(blocks):
            return edits.remove(document, [node.id for block in blocks[wanted:] for node in block])
        layers = [node.layer for node in blocks[-1]] if blocks else [Dense()]
        last = on_the_way(document.graph)[-2].id  # before the output
        for _ in range(wanted - len(blocks)):
            for layer in layers:
                document, last = edits.append_layer(document, layer, last)
        return document

    def suggested(self, document: Document, rows: int) -> tuple[Value, ...]:
        """Return a few numbers around the present one."""
        first = max(len(hidden_layers(document.graph)) - TRIED_DEPTHS // 2, 0)
        return tuple(range(first, min(first + TRIED_DEPTHS, MOST_HIDDEN + 1)))


@dataclass(frozen=True, kw_only=True)
class HiddenUnits(NumberHyperparameter):
    """The units of every hidden layer, all the same."""

    def symbol(self, document: Document) -> str:
        """Return n[l]."""
        return "n[l]"

    def why_not(self, document: Document) -> str:
        """Say that there is none, or what would not fit any more."""
        layers = hidden_layers(document.graph)
        if not layers:
            return NO_HIDDEN
        if not _learning(layers):
            return ALL_FROZEN
        other = self._with_units(document, 1 + max(int(units) for units in self.present(document)))
        errors = [problem for problem in infer_shapes(other.graph).problems if problem.severity == "error"]
        if errors and infer_shapes(document.graph).valid:
            return f"With other numbers of units this network would not fit together. {errors[0].sentence}"
        return ""

    def what_changes(self, document: Document) -> str:
        """Name the layers."""
        layers = _learning(hidden_layers(document.graph))
        how_many = "the same" if len(layers) > 1 else "another"
        return f"Gives {named([node.name for node in layers])} {how_many} number of units."

    def present(self, document: Document) -> tuple[Value, ...]:
        """Return the numbers of units."""
        layers = _learning(hidden_layers(document.graph))
        return tuple(dict.fromkeys(node.layer.units for node in layers if isinstance(node.layer, Dense)))

    def put(self, document: Document, value: Value) -> Document:
        """Return the document with so many units in each hidden layer."""
        units = int(self.checked(value))
        if sentence := self.why_not(document):
            raise ValueError(sentence)
        return self._with_units(document, units)

    def suggested(self, document: Document, rows: int) -> tuple[Value, ...]:
        """Return halves and doubles of the widest layer's units."""
        widest = max((int(units) for units in self.present(document)), default=Dense().units)
        return around_whole(widest, 2, range(-2, 3), UNITS_LOW, UNITS_HIGH)

    def _with_units(self, document: Document, units: int) -> Document:
        return _with_layers(document, _learning(hidden_layers(document.graph)), units=units)


@dataclass(frozen=True, kw_only=True)
class HiddenActivation(KindHyperparameter):
    """The activation of every hidden layer."""

    def symbol(self, document: Document) -> str:
        """Return g."""
        return "g"

    def why_not(self, document: Document) -> str:
        """Say that there is nothing to choose it for."""
        if activated(document.graph):
            return ""
        return ALL_FROZEN if hidden_layers(document.graph) else NO_HIDDEN

    def what_changes(self, document: Document) -> str:
        """Name the layers."""
        return f"Changes {named([node.name for node in activated(document.graph)])}; initializers stay as they are."

    def present(self, document: Document) -> tuple[Value, ...]:
        """Return the activations' names."""
        return _kinds(activated(document.graph), "activation")

    def put(self, document: Document, value: Value) -> Document:
        """Return the document with this activation; a layer that has it already keeps its own settings of it."""
        kind = self.checked(value)
        if sentence := self.why_not(document):
            raise ValueError(sentence)
        return _with_kinds(document, activated(document.graph), "activation", kind)


@dataclass(frozen=True, kw_only=True)
class WeightInitializer(KindHyperparameter):
    """The initializer of all weights."""

    def symbol(self, document: Document) -> str:
        """Return W."""
        return "W"

    def why_not(self, document: Document) -> str:
        """Say that every layer is frozen."""
        return "" if self._nodes(document) else ALL_FROZEN

    def what_changes(self, document: Document) -> str:
        """Name the layers."""
        return f"Changes how the weights of {named([node.name for node in self._nodes(document)])} are drawn."

    def present(self, document: Document) -> tuple[Value, ...]:
        """Return the initializers' names."""
        return _kinds(self._nodes(document), "initializer")

    def put(self, document: Document, value: Value) -> Document:
        """Return the document with this initializer; a layer that has it already keeps its own settings of it."""
        kind = self.checked(value)
        if sentence := self.why_not(document):
            raise ValueError(sentence)
        return _with_kinds(document, self._nodes(document), "initializer", kind)

    def _nodes(self, document: Document) -> list[Node]:
        return _learning([node for node in on_the_way(document.graph) if isinstance(node.layer, (Dense, Output))])


@dataclass(frozen=True, kw_only=True)
class DropoutRate(NumberHyperparameter):
    """The rate of every Dropout layer, or of one that is put before the output."""

    def symbol(self, document: Document) -> str:
        """Return p."""
        return "p"

    def why_not(self, document: Document) -> str:
        """Say that there is nothing whose values could be dropped."""
        return "" if self._layers(document) or before_output(document.graph) else NO_HIDDEN

    def what_changes(self, document: Document) -> str:
        """Say where a Dropout layer is put, or which ones are there."""
        layers = self._layers(document)
        if layers:
            return f"Changes the rate of {named([node.name for node in layers])}."
        last = before_output(document.graph)
        return f"There is no Dropout layer: one is put behind {last.name}." if last is not None else ""

    def present(self, document: Document) -> tuple[Value, ...]:
        """Return the rates; 0 where there is no Dropout layer and one can be put in."""
        if self.why_not(document):
            return ()
        rates = [node.layer.rate for node in self._layers(document) if isinstance(node.layer, Dropout)]
        return tuple(dict.fromkeys(rates)) or (0.0,)

    def put(self, document: Document, value: Value) -> Document:
        """Return the document with this rate; 0 puts no new layer in."""
        rate = float(self.checked(value))
        if sentence := self.why_not(document):
            raise ValueError(sentence)
        layers, last = self._layers(document), before_output(document.graph)
        if layers:
            return _with_layers(document, layers, rate=rate)
        if not rate or last is None:
            return document
        return edits.append_layer(document, Dropout(rate=rate), last.id)[0]

    def suggested(self, document: Document, rows: int) -> tuple[Value, ...]:
        """Return the usual rates and the present ones."""
        return tuple(sorted({*RATES, *(float(rate) for rate in self.present(document))}))

    def _layers(self, document: Document) -> list[Node]:
        return [node for node in on_the_way(document.graph) if isinstance(node.layer, Dropout)]


def _learning(nodes: list[Node]) -> list[Node]:
    return [node for node in nodes if not node.layer.is_frozen]


def _kinds(nodes: list[Node], field: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name_of(getattr(node.layer, field)) for node in nodes))


def _with_kinds(document: Document, nodes: list[Node], field: str, kind: type[Declared]) -> Document:
    return _with_layers(document, [n for n in nodes if type(getattr(n.layer, field)) is not kind], **{field: kind()})


def _with_layers(document: Document, nodes: list[Node], **changes: object) -> Document:
    for node in nodes:
        document = edits.set_layer(document, node.id, replace(node.layer, **changes))
    return document


HIDDEN_LAYERS = HiddenLayers(
    name="hidden_layers",
    title="Hidden layers",
    meaning="How many Dense layers stand before the output. Too few: the network cannot bend as the data do. Too "
    "many: it is slow, hard to train, and may follow the noise of the training rows.",
    usual="1 to 3 for tables; 0 is logistic or linear regression.",
    scale="linear",
    low=0,
    high=MOST_HIDDEN,
    whole=True,
)
HIDDEN_UNITS = HiddenUnits(
    name="hidden_units",
    title="Hidden units",
    meaning="How many units each hidden layer has. Too few: the network cannot bend as the data do. Too many: it is "
    "slow, and may follow the noise of the training rows.",
    usual="8 to 512, often powers of 2.",
    scale="log",
    low=UNITS_LOW,
    high=UNITS_HIGH,
    whole=True,
)
ACTIVATION = HiddenActivation(
    name="activation",
    title="Activation",
    meaning="The function g of each hidden layer. Sigmoid and tanh flatten where |z| is large and pass little gradient "
    "there; ReLU does not for z > 0, but a unit with z < 0 for all examples stands still. With the identity all layers "
    "together are one linear map.",
    usual="ReLU or a relative of it in deep networks, tanh in small ones.",
    kinds={name: kind for name, kind in ACTIVATIONS.items() if not kind.output_only},
    usual_kinds=("sigmoid", "tanh", "relu", "leaky_relu"),
)
INITIALIZER = WeightInitializer(
    name="initializer",
    title="Initializer",
    meaning="How weights are drawn before the first step. Too small, or all the same: the layers pass on next to "
    "nothing, and units learn alike. Too large: activations saturate or grow from layer to layer.",
    usual="Xavier with tanh and sigmoid, He with ReLU; never zeros.",
    kinds=INITIALIZERS,
    usual_kinds=("zeros", "normal", "xavier_normal", "he_normal"),
)
DROPOUT_RATE = DropoutRate(
    name="dropout",
    title="Dropout rate",
    meaning="Which share of the values a Dropout layer drops at each step of training. Too small: the network may "
    "follow the noise of the training rows. Too large: too little is left to learn from.",
    usual="0, or 0.1 to 0.5.",
    scale="linear",
    low=RATE_LOW,
    high=RATE_HIGH,
)

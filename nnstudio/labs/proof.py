"""The proof lab: this network's gradient beside differences of its cost, on this data, with its present weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.dataset import DataError
from engine.emit import Array
from engine.gradient_check import TOLERANCE, ArrayCheck, check_gradients
from engine.graph import Graph
from engine.network import Network
from engine.settings import TrainingSettings
from nnstudio import numbers
from nnstudio.labs.messages import Report

# Letters of the parameter arrays that are not one letter themselves; statistics are not learned, and never here.
SYMBOLS = {"Theta": "Θ", "gamma": "γ", "beta": "β"}
MEANINGS = {"Theta": "[b W]"}


@dataclass(frozen=True)
class ArrayProof:
    """One parameter array: its symbol, ``"Θ[2] = [b W]"``, the layer it belongs to, and what was found.

    ``numeric`` and ``computed`` (compared,) hold the differences and the gradient at the entries compared.
    """

    symbol: str
    layer: str
    error: float
    compared: int
    skipped: int
    numeric: Array
    computed: Array

    @property
    def right(self) -> bool:
        """Whether the error is below what a right gradient has; nan is not."""
        return self.error < TOLERANCE


@dataclass(frozen=True)
class Proof:
    """All learned arrays; ``trained`` says whether weights were given that fit, ``initial`` names the layers without.

    ``examples`` is the number of training rows over which the cost was taken.
    """

    arrays: tuple[ArrayProof, ...]
    examples: int
    trained: bool
    initial: tuple[str, ...]

    @property
    def compared(self) -> int:
        """Parameters compared."""
        return sum(array.compared for array in self.arrays)

    @property
    def skipped(self) -> int:
        """Parameters at a kink."""
        return sum(array.skipped for array in self.arrays)

    @property
    def worst(self) -> float:
        """The largest relative error; nan where one is no number."""
        return float(np.max([array.error for array in self.arrays if array.compared], initial=0.0))

    @property
    def right(self) -> bool:
        """Whether something was compared and every array is right."""
        return self.compared > 0 and all(array.right for array in self.arrays)

    @property
    def verdict(self) -> str:
        """What was found, in words."""
        if not self.compared:
            return "Nothing is proved: every parameter drawn stands at a kink, where there is no one slope."
        arrays = numbers.plural(len(self.arrays), "array")
        if self.right:
            return (
                f"Right. In {arrays} the largest relative error is {numbers.number(self.worst, 2)}, "
                f"below {numbers.short(TOLERANCE)}."
            )
        wrong = [f"{array.symbol} of {array.layer}" for array in self.arrays if not array.right]
        return (
            f"Not right. {', '.join(wrong)}: the relative error is {numbers.number(self.worst, 2)}, and "
            f"{numbers.short(TOLERANCE)} is the most of a right gradient."
        )


def prove(
    report: Report,
    graph: Graph,
    weights: Mapping[str, Array],
    settings: TrainingSettings,
    X: Array,
    Y: Array,
    most: int,
) -> Proof:
    """Compare the gradient of the cost over X (m, n_features) and Y (m, n_outputs) with central differences.

    Parameters
    ----------
    weights
        Arrays by ``"node.name"``; layers for which none of their shape is given have their initial values.
    settings
        Where seed and penalties come from.
    most
        Entries compared in each array.

    Raises
    ------
    GraphError, DataError
        When the graph cannot be compiled, or data and network do not go together.
    """
    network = Network(graph, seed=settings.seed, precision="float64")
    if (X.shape[1], Y.shape[1]) != (network.n_features, network.n_outputs):
        raise DataError("The data do not go with the network: load the data again.")
    own = network.weights()
    fitting = {key: weights[key] for key in own if key in weights and weights[key].shape == own[key].shape}
    network.set_weights({**own, **fitting})
    names = {node.id: node.name for node in graph.nodes}
    levels = network.shapes.levels
    found = check_gradients(
        network,
        X,
        Y,
        settings,
        most=most,
        on_progress=lambda share, key: report(share, f"{symbol(key, levels)} of {names[_node(key)]}"),
    )
    arrays = tuple(_array_proof(check, symbol(check.key, levels), names[_node(check.key)]) for check in found.arrays)
    initial = tuple(dict.fromkeys(names[_node(key)] for key in own if key not in fitting))
    return Proof(arrays, len(X), bool(fitting), initial if fitting else ())


def _array_proof(check: ArrayCheck, symbol: str, layer: str) -> ArrayProof:
    known = np.isfinite(check.numeric)
    return ArrayProof(
        symbol, layer, check.error, check.compared, check.skipped, check.numeric[known], check.computed[known]
    )


def symbol(key: str, levels: Mapping[str, int]) -> str:
    """Return the symbol of a parameter array, ``"Θ[2] = [b W]"`` for ``"dense_2.Theta"``."""
    name = key.rpartition(".")[2]
    meaning = f" = {MEANINGS[name]}" if name in MEANINGS else ""
    return f"{SYMBOLS.get(name, name)}[{levels[_node(key)]}]{meaning}"


def _node(key: str) -> str:
    return key.rpartition(".")[0]

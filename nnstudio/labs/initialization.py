"""The initialization lab: one network trained from five kinds of first weights, the same seed and order of examples."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from engine.dataset import Dataset
from engine.emit import Array
from engine.graph import Graph, Node
from engine.initializers import HeNormal, Initializer, Normal, XavierNormal, Zeros
from engine.layers import Dense, Output
from engine.network import Network
from engine.probes import looked_at, probe
from engine.settings import TrainingSettings
from engine.snapshot import Histogram, ProbeRequest
from engine.trainer import Trainer
from engine.units import twins
from nnstudio import numbers
from nnstudio.labs.messages import Report

TOO_SMALL, TOO_LARGE = 0.001, 3.0  # standard deviations
STARTS: dict[str, Initializer] = {
    "zeros": Zeros(),
    "too small": Normal(scale=TOO_SMALL),
    "too large": Normal(scale=TOO_LARGE),
    "Xavier": XavierNormal(),
    "He": HeNormal(),
}


@dataclass(frozen=True)
class LayerOutcome:
    """One layer at the end: the histogram of its activations over a few training examples.

    ``identical`` of its ``units`` have the same weights as another one, biases included; None for a layer without
    units of its own, and for the output, whose units have targets of their own.
    """

    layer: str
    histogram: Histogram
    units: int
    identical: int | None

    @property
    def symmetric(self) -> bool:
        """Whether units have stayed the same."""
        return bool(self.identical)


@dataclass(frozen=True)
class Outcome:
    """One training: ``costs`` (epochs + 1,) begins with the cost before the first step.

    ``message`` says why it ended before its last epoch; it is empty where it did not.
    """

    start: str
    formula: str
    costs: Array
    message: str
    layers: tuple[LayerOutcome, ...]

    @property
    def symmetric(self) -> tuple[LayerOutcome, ...]:
        """The layers in which units have stayed the same."""
        return tuple(layer for layer in self.layers if layer.symmetric)


@dataclass(frozen=True)
class Starts:
    """All trainings, in the order of :data:`STARTS`, over ``examples`` training rows."""

    outcomes: tuple[Outcome, ...]
    epochs: int
    examples: int

    @property
    def verdict(self) -> str:
        """What was found, in words."""
        finished = [outcome for outcome in self.outcomes if not outcome.message and np.isfinite(outcome.costs[-1])]
        said = []
        if finished:
            best, worst = (pick(finished, key=lambda outcome: float(outcome.costs[-1])) for pick in (min, max))
            said.append(
                f"After {numbers.plural(self.epochs, 'epoch')} the cost is lowest from {best.start} weights, "
                f"{numbers.number(best.costs[-1])}, and highest from {worst.start} ones, "
                f"{numbers.number(worst.costs[-1])}."
            )
        for outcome in self.outcomes:
            if outcome.symmetric:
                where = ", ".join(f"{layer.layer} ({layer.identical} of {layer.units})" for layer in outcome.symmetric)
                said.append(f"From {outcome.start}: symmetry not broken, units are identical in {where}.")
            if outcome.message:
                said.append(f"From {outcome.start}: {outcome.message}")
        return " ".join(said)


def compare_starts(report: Report, graph: Graph, settings: TrainingSettings, X: Array, Y: Array, epochs: int) -> Starts:
    """Train over X (m, n_features) and Y (m, n_outputs) from each of :data:`STARTS`.

    The initializer of every Dense layer and of the output is replaced; where biases come from, frozen layers, the
    optimizer and all other settings stay, but for what would end a run early. Normal weights of one unit are the same
    random numbers in every training, times another standard deviation.
    """
    settings = msgspec.structs.replace(
        settings, epochs=epochs, patience=0, target_cost=0.0, time_limit=0.0, record_every=1
    )
    data = Dataset(X, Y, settings.precision)
    outcomes = []
    for number, (start, initializer) in enumerate(STARTS.items()):

        def tell(done: float, number: int = number, start: str = start) -> None:
            report((number + done) / len(STARTS), f"{start} weights")

        tell(0.0)
        network = Network(with_initializer(graph, initializer), seed=settings.seed, precision=settings.precision)
        trainer = Trainer(network, data, settings)
        first = trainer.evaluate("training")[0]
        status = trainer.train(on_epoch=lambda status, tell=tell: tell(status.epoch / epochs))  # type: ignore[misc]
        costs = np.concatenate([[first], trainer.history.column("training_cost")])
        message = status.message if status.state == "diverged" else ""
        outcomes.append(Outcome(start, initializer.formula, costs, message, _layers(network, data)))
    return Starts(tuple(outcomes), epochs, len(data))


def with_initializer(graph: Graph, initializer: Initializer) -> Graph:
    """Return the graph with all weights of Dense layers and of the output drawn by one rule."""

    def changed(node: Node) -> Node:
        if not isinstance(node.layer, (Dense, Output)):
            return node
        return msgspec.structs.replace(node, layer=msgspec.structs.replace(node.layer, initializer=initializer))

    return Graph(nodes=tuple(changed(node) for node in graph.nodes), edges=graph.edges)


def identical_units(theta: Array) -> int:
    """Return how many rows of theta (n, k) equal another one to within rounding."""
    firsts = twins(theta)
    return int(np.count_nonzero(np.bincount(firsts)[firsts] > 1))


def _layers(network: Network, data: Dataset) -> tuple[LayerOutcome, ...]:
    histograms = probe(network, looked_at(data), ProbeRequest(activations=True), 0).activations
    found = []
    for node_id in network.shapes.order:
        if node_id in histograms:
            node = network.graph.node(node_id)
            identical = None
            if isinstance(node.layer, Dense):
                identical = identical_units(network.parameters[f"{node_id}.Theta"])
            units = network.shapes.units[node_id]
            found.append(LayerOutcome(node.name, histograms[node_id], units, identical))
    return tuple(found)

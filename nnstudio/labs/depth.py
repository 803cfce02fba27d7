"""The depth lab: networks of one hidden layer, two, and more, all with about as many parameters as the open one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np

from engine.dataset import Dataset
from engine.emit import Array
from engine.graph import Graph, Node, chain
from engine.layers import Dense, Input, Output
from engine.layers.dense import MOST_UNITS
from engine.network import Network
from engine.probes import decision_grid, looked_at
from engine.settings import TrainingSettings
from engine.shapes import infer_shapes
from engine.snapshot import Boundary
from engine.trainer import Trainer
from nnstudio import numbers
from nnstudio.labs.messages import Report

PICTURE_SIDE = 48  # points across and down of a boundary
WORTH_SAYING = 0.05  # of the parameters: a difference from which the sentence mentions it
MOST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Run:
    """One training of one network from one seed.

    ``training`` and ``validation`` (epochs + 1,) are true costs, the first before the first step; nan after training
    diverged, ``validation`` nan throughout where there is no such split. ``message`` says why it diverged, and is empty
    where it did not. ``boundary`` is there with two features.
    """

    seed: int
    training: Array
    validation: Array
    message: str
    boundary: Boundary | None

    def final(self, split: str) -> float:
        """Return the cost after the last epoch; infinite where there is none."""
        costs = self.validation if split == "validation" else self.training
        return float(costs[-1]) if np.isfinite(costs[-1]) else float("inf")


@dataclass(frozen=True)
class Outcome:
    """One network: ``depth`` hidden layers of ``width`` units, its number of parameters, and a run for each seed."""

    depth: int
    width: int
    parameters: int
    runs: tuple[Run, ...]

    @property
    def name(self) -> str:
        """The network in words."""
        return _layers(self.depth)

    def costs(self, split: str) -> Array:
        """Return the costs of all runs (seeds, epochs + 1)."""
        return np.stack([run.validation if split == "validation" else run.training for run in self.runs])

    def finals(self, split: str) -> Array:
        """Return the cost of each run after its last epoch (seeds,)."""
        return np.array([run.final(split) for run in self.runs])

    def median(self, split: str) -> float:
        """Return the median over the seeds of the last costs."""
        return float(np.sort(self.finals(split))[[(len(self.runs) - 1) // 2, len(self.runs) // 2]].mean())


@dataclass(frozen=True)
class Depths:
    """All networks, from one hidden layer on.

    ``target`` is the open network's number of parameters, ``examples`` and ``watched`` the numbers of training and of
    validation rows, ``notes`` what of the open network was taken and what was left out.
    """

    outcomes: tuple[Outcome, ...]
    target: int
    epochs: int
    examples: int
    watched: int
    notes: str

    @property
    def judged(self) -> str:
        """The split by which networks are compared: validation, where there is one."""
        return "validation" if self.watched else "training"

    def deviation(self, outcome: Outcome) -> float:
        """Return how far a network's number of parameters is from the open one's, as a share of that."""
        return outcome.parameters / self.target - 1.0

    @property
    def verdict(self) -> str:
        """What was found, in words, and no more than the runs support."""
        return " ".join(filter(None, [self._comparison(), self._unequal(), self._diverged()]))

    def _comparison(self) -> str:
        split, seeds = self.judged, len(self.outcomes[0].runs)
        best = min(self.outcomes, key=lambda outcome: outcome.median(split))
        median = best.median(split)
        if not np.isfinite(median):
            return "No network was trained to the end with most of its seeds: lower the learning rate."
        after = f"After {numbers.plural(self.epochs, 'epoch')}"
        others = [outcome for outcome in self.outcomes if outcome is not best]
        if not others:
            return f"{after} the {split} cost of {best.name} is {numbers.number(median)}."
        if seeds == 1:
            return (
                f"{after} the {split} cost is lowest with {best.name}, {numbers.number(median)}; from one seed "
                f"alone it cannot be told whether that is more than chance."
            )
        highest = float(best.finals(split).max())
        close = [outcome for outcome in others if float(outcome.finals(split).min()) <= highest]
        low = numbers.number(float(best.finals(split).min()))
        if not close:
            rest = min(float(outcome.finals(split).min()) for outcome in others)
            return (
                f"{after} {best.name} had a lower {split} cost with every one of {seeds} seeds, {low} to "
                f"{numbers.number(highest)}, than any other network with any, {numbers.number(rest)} or more."
            )
        clear = [outcome for outcome in others if outcome not in close]
        words = (
            f"{after} the median {split} cost is lowest with {best.name}, {numbers.number(median)}, but over "
            f"{seeds} seeds its range overlaps that of {_depths(close)}: these runs do not tell them apart"
        )
        return words + (f"; {_depths(clear)} ended higher with every seed." if clear else ".")

    def _unequal(self) -> str:
        largest = max(self.outcomes, key=lambda outcome: abs(self.deviation(outcome)))
        share = self.deviation(largest)
        if abs(share) < WORTH_SAYING:
            return ""
        more = "more" if share > 0 else "fewer"
        return (
            f"With {largest.name} there are {numbers.percent(abs(share))} {more} parameters than in the open network."
        )

    def _diverged(self) -> str:
        found = []
        for outcome in self.outcomes:
            count = sum(bool(run.message) for run in outcome.runs)
            if count:
                found.append(f"{numbers.count(count)} of {numbers.plural(len(outcome.runs), 'run')} of {outcome.name}")
        return f"Diverged: {', '.join(found)}." if found else ""


def compare_depths(
    report: Report,
    graph: Graph,
    settings: TrainingSettings,
    training: tuple[Array, Array],
    validation: tuple[Array, Array] | None,
    epochs: int,
    seeds: int,
    layers: int,
) -> Depths:
    """Train networks of 1 to ``layers`` hidden layers, each from several seeds.

    All that does not concern the layers is as for the open network: the data, the optimizer and all other settings but
    what would end a run early, and the output. The seeds are that of the settings and the next ones.

    Parameters
    ----------
    graph
        The open network.
    training, validation
        X (m, n_features) and Y (m, n_outputs) of both splits; None where there are no validation rows.

    Raises
    ------
    ValueError
        When the open network has no Dense layer whose settings the hidden layers could take.
    """
    notes = _notes(graph)
    target = infer_shapes(graph).parameter_count
    data = Dataset(*training, settings.precision)
    watched = Dataset(*validation, settings.precision) if validation is not None else None
    outcomes = []
    for depth in range(1, layers + 1):
        width = width_for(graph, depth, target)
        network_graph = with_depth(graph, depth, width)
        runs = []
        for number in range(seeds):
            done, words = (depth - 1) * seeds + number, f"{_layers(depth)}, seed {number + 1} of {seeds}"

            def tell(share: float, done: int = done, words: str = words) -> None:
                report((done + share) / (layers * seeds), words)

            tell(0.0)
            own = msgspec.structs.replace(
                settings,
                seed=(settings.seed + number) % (MOST_SEED + 1),
                epochs=epochs,
                patience=0,
                target_cost=0.0,
                time_limit=0.0,
                record_every=1,
            )
            runs.append(_trained(network_graph, own, data, watched, tell))
        outcomes.append(Outcome(depth, width, infer_shapes(network_graph).parameter_count, tuple(runs)))
    return Depths(tuple(outcomes), target, epochs, len(data), len(watched) if watched is not None else 0, notes)


def with_depth(graph: Graph, depth: int, width: int) -> Graph:
    """Return a chain with the input and output of a graph and Dense layers of one width, set as its first one."""
    input_, output = (graph.of_kind(kind)[0].layer for kind in (Input, Output))
    hidden = msgspec.structs.replace(_dense(graph)[0].layer, units=width, frozen=False)
    return chain([input_, *[hidden] * depth, output])


def width_for(graph: Graph, depth: int, target: int) -> int:
    """Return the width with which so many layers come nearest to a number of parameters, the smaller of two."""

    def count(width: int) -> int:
        return infer_shapes(with_depth(graph, depth, width)).parameter_count

    low, high = 1, MOST_UNITS  # the count grows with the width
    while low < high:
        middle = (low + high + 1) // 2
        if count(middle) <= target:
            low = middle
        else:
            high = middle - 1
    above = min(low + 1, MOST_UNITS)
    return above if abs(count(above) - target) < abs(count(low) - target) else low


def _trained(
    graph: Graph, settings: TrainingSettings, data: Dataset, watched: Dataset | None, tell: Callable[[float], None]
) -> Run:
    network = Network(graph, seed=settings.seed, precision=settings.precision)
    trainer = Trainer(network, data, settings, validation=watched)
    firsts = {split: trainer.evaluate(split)[0] for split in trainer.splits}
    status = trainer.train(on_epoch=lambda status: tell(status.epoch / settings.epochs))
    costs = {}
    for split in ("training", "validation"):
        costs[split] = np.full(settings.epochs + 1, np.nan)
        if split in firsts:
            told = trainer.history.column(f"{split}_cost")
            costs[split][0], costs[split][1 : len(told) + 1] = firsts[split], told
    boundary = None
    if network.n_features == 2:
        boundary = decision_grid(network, looked_at(data), (0, 1), PICTURE_SIDE)
    message = status.message if status.state == "diverged" else ""
    return Run(settings.seed, costs["training"], costs["validation"], message, boundary)


def _dense(graph: Graph) -> list[Node]:
    """Return the Dense layers from the input on; the settings of the first are those of all hidden layers."""
    return [node for node in map(graph.node, infer_shapes(graph).order) if isinstance(node.layer, Dense)]


def _notes(graph: Graph) -> str:
    """Return what of the open network the hidden layers take, and what is left out."""
    dense = _dense(graph)
    if not dense:
        raise ValueError(
            "The open network has no Dense layer whose activation and initializer the hidden layers could take: "
            "add one, then run the lab."
        )
    words = f"Hidden layers as {dense[0].name}: {', '.join(dense[0].layer.chips())}."
    left_out = [node.name for node in graph.nodes if not isinstance(node.layer, (Input, Dense, Output))]
    return words + (f" Left out: {', '.join(left_out)}." if left_out else "")


def _layers(depth: int) -> str:
    return numbers.plural(depth, "hidden layer")


def _depths(outcomes: list[Outcome]) -> str:
    """Return the networks in words: ``2, 3 and 4 hidden layers``."""
    *first, last = (str(outcome.depth) for outcome in outcomes)
    if not first:
        return outcomes[0].name
    return f"{', '.join(first)} and {last} hidden layers"

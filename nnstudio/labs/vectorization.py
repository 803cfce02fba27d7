"""The vectorization lab: gradient descent on the open network three ways, how long each takes, and that all agree."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.dataset import DataError
from engine.emit import Array
from engine.graph import Graph
from engine.network import Network
from engine.shapes import infer_shapes
from nnstudio import numbers
from nnstudio.labs.messages import Report
from nnstudio.labs.rules import layers_of, rules_for_arrays, rules_for_lists
from nnstudio.labs.three_ways import Rules, step_by_examples, step_by_matrices, step_by_units

UNITS, EXAMPLES, MATRICES = "loop over units", "loop over examples", "whole matrices"
WAYS: dict[str, Callable[..., Any]] = {
    UNITS: step_by_units,
    EXAMPLES: step_by_examples,
    MATRICES: step_by_matrices,
}
SIZES_A_DECADE = 2  # sizes m at which time is measured
LEAST_SECONDS = 0.05  # a shorter measurement is repeated
MOST_REPEATS = 20
FINE = 1e-6  # seconds
# The processor's time, which waiting for training beside it does not lengthen, where it is told finely enough.
CLOCK = time.thread_time if time.get_clock_info("thread_time").resolution <= FINE else time.perf_counter
MOST_PARAMETERS = 3_000_000
TINY = 1e-12

Step = Callable[[Any, Any, Any, Any], tuple[Any, Any]]  # W, b, X, Y -> W, b


@dataclass(frozen=True)
class Timing:
    """Seconds of one epoch over ``m`` examples; extrapolated where only ``measured`` of them were run."""

    m: int
    seconds: float
    measured: int

    @property
    def extrapolated(self) -> bool:
        """Whether fewer examples than m were run, and the time multiplied."""
        return self.measured < self.m


@dataclass(frozen=True)
class Comparison:
    """Times by way, and the largest relative difference of an array between two ways after some epochs.

    ``cut`` says that plain Python would have taken too long for all rows that were given: ``compared`` were used.
    """

    timings: dict[str, tuple[Timing, ...]]
    differences: dict[tuple[str, str], float]
    epochs: int
    compared: int
    cut: bool

    @property
    def worst(self) -> float:
        """The largest relative difference."""
        return float(np.max(list(self.differences.values())))  # nan where one is

    def ratio(self, way: str) -> float:
        """Return how many times as long as whole matrices a way takes at the largest m."""
        return self.timings[way][-1].seconds / self.timings[MATRICES][-1].seconds

    @property
    def verdict(self) -> str:
        """What was found, in words."""
        m = numbers.count(self.timings[MATRICES][-1].m)
        said = [
            f"For m = {m} examples an epoch takes {seconds(self.timings[MATRICES][-1].seconds)} with whole matrices, "
            f"{times(self.ratio(EXAMPLES))} as long with a loop over examples, "
            f"{times(self.ratio(UNITS))} as long with loops over examples and units."
        ]
        if np.isfinite(self.worst):
            said.append(self._agreement())
        else:
            said.append("The weights did not stay finite: choose a smaller learning rate.")
        if any(timing.extrapolated for way in self.timings.values() for timing in way):
            said.append("Hollow marks are extrapolated from fewer examples.")
        return " ".join(said)

    def _agreement(self) -> str:
        said = (
            f"After {numbers.plural(self.epochs, 'epoch')} over {numbers.plural(self.compared, 'example')} the largest "
            f"relative difference between the results is {numbers.number(self.worst, 2)}."
        )
        return said + " More examples would have taken plain Python too long." * self.cut


def compare(
    report: Report, graph: Graph, seed: int, X: Array, Y: Array, epochs: int, alpha: float, most_seconds: float
) -> Comparison:
    """Train three ways in float64 over X (m, n_features) and Y (m, n_outputs), and time an epoch at growing m.

    Every epoch is one step of plain gradient descent with learning rate ``alpha`` over all its examples. A single
    measurement takes at most about ``most_seconds``: beyond that it is made on fewer examples, and extrapolated.

    Raises
    ------
    ValueError
        When the network is none that the three ways know; it is said why.
    """
    layers = layers_of(graph)
    count = infer_shapes(graph).parameter_count
    if count > MOST_PARAMETERS:
        raise ValueError(
            f"With {numbers.count(count)} parameters a single example would take plain Python seconds: this lab is for "
            f"up to {numbers.count(MOST_PARAMETERS)}."
        )
    network = Network(graph, seed=seed, precision="float64")
    if (X.shape[1], Y.shape[1]) != (network.n_features, network.n_outputs):
        raise DataError("The data do not go with the network: load the data again.")
    W, b = first_parameters(network)
    lists, arrays = rules_for_lists(layers), rules_for_arrays(layers)
    runs = {
        UNITS: _Run(_bound(step_by_units, lists, alpha), *_nested(W, b), X.tolist(), Y.tolist(), by_column=False),
        EXAMPLES: _Run(_bound(step_by_examples, arrays, alpha), W, b, *_columns(X, Y)),
        MATRICES: _Run(_bound(step_by_matrices, arrays, alpha), W, b, *_columns(X, Y)),
    }
    sizes = sizes_up_to(len(X))
    total, done = len(WAYS) * len(sizes) + 1, 0
    timings: dict[str, tuple[Timing, ...]] = {}
    for way, run in runs.items():
        found: list[Timing] = []
        for m in sizes:
            report(done / total, f"{way}, m = {numbers.count(m)}")
            found.append(_timing(run, m, found[-1] if found else None, most_seconds))
            done += 1
        timings[way] = tuple(found)
    last = timings[UNITS][-1]
    affordable = int(2.0 * most_seconds / max(epochs * last.seconds / last.m, 1e-9))
    compared = max(1, min(len(X), affordable))
    report(done / total, "comparing the results")
    ends = {way: _as_arrays(*run.train(compared, epochs)) for way, run in runs.items()}
    pairs = [(UNITS, EXAMPLES), (UNITS, MATRICES), (EXAMPLES, MATRICES)]
    differences = {pair: _difference(ends[pair[0]], ends[pair[1]]) for pair in pairs}
    return Comparison(timings, differences, epochs, compared, compared < len(X))


def first_parameters(network: Network) -> tuple[list[Array], list[Array]]:
    """Return W[l] (n[l], n[l-1]) and b[l] (n[l], 1) as lists whose index 0 is an empty array."""
    thetas = [
        network.parameters[f"{node}.Theta"] for node in network.shapes.order if f"{node}.Theta" in network.parameters
    ]
    empty = np.zeros((0, 0))
    W = [empty, *(np.ascontiguousarray(theta[:, 1:]) for theta in thetas)]
    return W, [empty, *(np.ascontiguousarray(theta[:, :1]) for theta in thetas)]


def sizes_up_to(most: int) -> list[int]:
    """Return numbers of examples, evenly spaced on a log scale, from 1 to ``most``, which is the last."""
    count = int(SIZES_A_DECADE * np.log10(max(most, 1)))
    sizes = [max(1, round(most / 10 ** (step / SIZES_A_DECADE))) for step in range(count, -1, -1)]
    return sorted(set(sizes))


def code_of(way: str) -> str:
    """Return the source of a way as it runs, or where to find it in a build that carries no source."""
    try:
        return inspect.getsource(WAYS[way])
    except OSError:
        return "The code is in nnstudio/labs/three_ways.py."


def seconds(value: float) -> str:
    """Return a time in the unit in which it is read."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if value >= scale:
            return f"{numbers.number(value / scale)} {unit}"
    return f"{numbers.number(value / 1e-6)} µs"


def times(ratio: float) -> str:
    """Return a ratio in words."""
    return f"{numbers.count(ratio) if ratio >= 10 else numbers.number(ratio, 2)} times"


@dataclass
class _Run:
    """One way with its parameters and data; ``by_column`` where examples are columns."""

    step: Step
    W: Any
    b: Any
    X: Any
    Y: Any
    by_column: bool = True

    def data(self, m: int) -> tuple[Any, Any]:
        """Return the first m examples."""
        if self.by_column:
            return self.X[:, :m], self.Y[:, :m]
        return self.X[:m], self.Y[:m]

    def train(self, m: int, epochs: int) -> tuple[Any, Any]:
        """Return the parameters after some epochs over the first m examples; those of the run stay."""
        W, b = _copied(self.W), _copied(self.b)
        X, Y = self.data(m)
        with np.errstate(all="ignore"):
            for _ in range(epochs):
                W, b = self.step(W, b, X, Y)
        return W, b


def _bound(step: Callable[..., tuple[Any, Any]], rules: Rules, alpha: float) -> Step:
    return lambda W, b, X, Y: step(W, b, rules, X, Y, alpha)


def _timing(run: _Run, m: int, before: Timing | None, most_seconds: float) -> Timing:
    """Time one epoch over m examples, or over fewer where, by the last size, it would take too long."""
    measured = m
    if before is not None and before.extrapolated:
        return Timing(m, before.seconds * m / before.m, before.measured)
    if before is not None:
        measured = max(1, min(m, int(most_seconds * before.m / max(before.seconds, 1e-9))))
    X, Y = run.data(measured)
    W, b = _copied(run.W), _copied(run.b)
    times_taken: list[float] = []
    with np.errstate(all="ignore"):
        while len(times_taken) < MOST_REPEATS and sum(times_taken) < LEAST_SECONDS:
            started = CLOCK()
            W, b = run.step(W, b, X, Y)
            times_taken.append(CLOCK() - started)
    return Timing(m, min(times_taken) * m / measured, measured)


def _columns(X: Array, Y: Array) -> tuple[Array, Array]:
    return np.ascontiguousarray(X.T, np.float64), np.ascontiguousarray(Y.T, np.float64)


def _nested(W: list[Array], b: list[Array]) -> tuple[Any, Any]:
    """Return plain lists: W[l][j][k] and b[l][j]."""
    return [matrix.tolist() for matrix in W], [column.reshape(-1).tolist() for column in b]


def _copied(parameters: Any) -> Any:
    if isinstance(parameters, list):
        return [_copied(part) for part in parameters]
    return parameters.copy() if isinstance(parameters, np.ndarray) else parameters


def _as_arrays(W: Any, b: Any) -> list[Array]:
    return [np.asarray(part, np.float64).reshape(-1) for part in (*W[1:], *b[1:])]


def _difference(one: list[Array], other: list[Array]) -> float:
    """Return the largest ‖one - other‖ / (‖other‖ + 1e-12) of an array."""
    pairs = zip(one, other, strict=True)
    return float(np.max([np.linalg.norm(a - c) / (np.linalg.norm(c) + TINY) for a, c in pairs]))

"""What each unit of a layer responds to: over the plane of two features, or by the examples that move it most.

Everything is computed in inference mode, chunk by chunk, and no further than the layer looked at. Where a pass over all
training examples would take long, evenly spaced ones are looked at, and their number is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.activations import Activation
from engine.dataset import Dataset
from engine.emit import Array
from engine.feature_plane import extent, plane_points
from engine.layers import ActivationLayer, Concatenate, Dense
from engine.network import Network
from engine.program import Program

MOST_UNITS = 64  # told at once; of a larger layer, page by page
MOST_EXTREMES = 8  # examples told of each unit, at either end
MOST_LINKS = 8  # weights told of each unit and layer, the largest
PLANE_SIDE = 64  # points across and down
PLANE_VALUES = 131_072  # activations of all units' pictures together
LEAST_SIDE = 16
MOST_WORK = 1_000_000_000  # multiplications of one look: about 50 ms on one core
LEAST_EXAMPLES = 256
WORK_PER_UNIT = 16  # what a value costs beside the products, in multiplications
SATURATED_SHARE = 0.95  # a unit counts as saturated where this share of its values is stuck
STUCK_SLOPE = 0.02
SAME_SHARE = 1e-4  # of the largest row: rows of weights that differ by less are the same to within rounding


@dataclass(frozen=True)
class Plane:
    """Each told unit's activation over a grid, ``values`` (k, rows, columns).

    ``x`` and ``y`` are the grid's first and last coordinates in the units the network sees. With one feature there is
    one row, and ``y`` is (0, 0).
    """

    x: tuple[float, float]
    y: tuple[float, float]
    values: Array


@dataclass(frozen=True)
class Extremes:
    """For each told unit some rows of the training split (k, t) and its values there (k, t), the most extreme first."""

    rows: Array
    values: Array


@dataclass(frozen=True)
class Links:
    """The weights of largest magnitude between each told unit and the units of another layer.

    ``node`` is the layer at the other end, ``count`` how many weights each unit has there. ``units`` (k, t) are the
    other layer's units, from 0, and ``weights`` (k, t) the weights, the largest magnitude first.
    """

    node: str
    count: int
    units: Array
    weights: Array


@dataclass(frozen=True)
class Units:
    """The units of one layer.

    Attributes
    ----------
    node, count
        The layer, and its number of units n[l].
    shown
        The units told (k,), from 0: all, or of a large layer one page of neighbors.
    examples, total
        How many training examples were looked at, of how many.
    means, lows, highs
        Of each told unit's activations over these examples, (k,).
    flat, dead
        Shares of the examples at which g'(z) is nearly 0, and at which it is exactly 0, (k,); nan where the layer
        applies no function of a unit on its own, and for the output.
    biases
        (k,), empty where the layer has none.
    first_like, alike
        The first unit of the layer with the same weights and bias, and how many have them, (k,); itself and 1 where
        there is no other.
    plane
        With one or two features.
    strongest, weakest
        With another number of features.
    reads
        The weights with which the units read the layer before; None where the layer has none.
    read_by
        The weights with which later layers read the units, one entry a layer. Layers between that keep the units
        apart (activations, normalization, dropout, sums) are passed through.
    """

    node: str
    count: int
    shown: Array
    examples: int
    total: int
    means: Array
    lows: Array
    highs: Array
    flat: Array
    dead: Array
    biases: Array
    first_like: Array
    alike: Array
    plane: Plane | None = None
    strongest: Extremes | None = None
    weakest: Extremes | None = None
    reads: Links | None = None
    read_by: tuple[Links, ...] = ()


def units(network: Network, seen: Dataset, node: str, data: Dataset, unit: int = 0) -> Units:
    """Return what the units of a layer respond to.

    Parameters
    ----------
    seen
        A few training examples; the plane reaches as far as they do, and a little beyond.
    data
        The training examples.
    unit
        Of a large layer, the page that holds this unit is told.
    """
    count = network.shapes.units[node]
    start = page_of(unit, count)
    shown = np.arange(start, min(start + MOST_UNITS, count))
    theta = network.parameters.get(f"{node}.Theta")
    first, alike = np.arange(count), np.ones(count, np.int64)
    if theta is not None:
        first = twins(theta)
        alike = np.bincount(first, minlength=count)[first]
    few = network.n_features <= 2
    figures = _Figures(network, node, shown, extremes=not few)
    rows = _rows(network, node, len(data))
    with np.errstate(all="ignore"):
        for part in _chunks(len(rows), network.chunk):
            figures.add(_forward(network, node, data.extended[rows[part]]), rows[part])
        plane = _plane(network, seen, node, shown) if few else None
    return Units(
        node=node,
        count=count,
        shown=shown,
        examples=len(rows),
        total=len(data),
        means=figures.sums / len(rows),
        lows=figures.lows,
        highs=figures.highs,
        flat=figures.flat / len(rows),
        dead=figures.dead / len(rows),
        biases=theta[shown, 0].copy() if theta is not None else np.zeros(0, network.dtype),
        first_like=first[shown],
        alike=alike[shown],
        plane=plane,
        strongest=figures.strongest,
        weakest=figures.weakest,
        reads=_links(network.graph.inputs_of(node)[0], theta[shown, 1:]) if theta is not None else None,
        read_by=tuple(
            _links(reader, network.parameters[f"{reader}.Theta"][:, 1 + offset + shown].T)
            for reader, offset in _readers(network, node)
        ),
    )


def page_of(unit: int, count: int) -> int:
    """Return the first unit of the page on which a unit of a layer of ``count`` is told."""
    return min(max(unit, 0), count - 1) // MOST_UNITS * MOST_UNITS


def twins(theta: Array) -> Array:
    """Return for each row of theta (n, k) the number of the first row that equals it to within rounding, (n,).

    Rows are projected on one random direction: equal rows fall on nearly one point, and only neighbors are compared.
    """
    count = len(theta)
    direction = np.random.default_rng(0).standard_normal((theta.shape[1],))
    with np.errstate(all="ignore"):
        places = np.asarray(theta @ direction.astype(theta.dtype), np.float64)
        norms = np.sqrt(np.einsum("ij,ij->i", theta, theta, dtype=np.float64))
    tolerance = SAME_SHARE * float(norms.max())
    order = np.argsort(places, kind="stable")
    near = np.flatnonzero(np.diff(places[order]) <= 2.0 * tolerance * np.linalg.norm(direction))
    gaps = np.full(count - 1, np.inf)
    ahead, behind = (np.asarray(theta[order[at]], np.float64) for at in (near + 1, near))
    gaps[near] = np.linalg.norm(ahead - behind, axis=1)
    groups = np.zeros(count, np.int64)
    groups[order[1:]] = np.cumsum(~(gaps <= tolerance))  # what is no number equals nothing
    firsts = np.full(count, count)
    np.minimum.at(firsts, groups, np.arange(count))
    return np.asarray(firsts[groups])


class _Figures:
    """What is gathered chunk by chunk: beside one chunk only the extremes so far are kept."""

    def __init__(self, network: Network, node: str, shown: Array, *, extremes: bool) -> None:
        self._network, self._node, self._shown, self._extremes = network, node, shown, extremes
        count = len(shown)
        self._activation = _activation(network, node)
        self.sums = np.zeros(count)
        self.lows, self.highs = np.full(count, np.inf), np.full(count, -np.inf)
        known = 0.0 if self._activation is not None else np.nan
        self.flat, self.dead = np.full(count, known), np.full(count, known)
        nothing = Extremes(np.zeros((count, 0), np.int64), np.zeros((count, 0), network.dtype))
        self.strongest = self.weakest = nothing if extremes else None

    def add(self, program: Program, rows: Array) -> None:
        """Take in a chunk for which the program has been run."""
        values = program.values[self._node].array[self._shown]
        self.sums += values.sum(axis=1, dtype=np.float64)
        self.lows = np.fmin(self.lows, np.fmin.reduce(values, axis=1))  # fmin passes over what is no number
        self.highs = np.fmax(self.highs, np.fmax.reduce(values, axis=1))
        if self._activation is not None:
            slope = np.abs(self._activation.derivative(self._before(program)))
            self.flat += np.count_nonzero(slope < STUCK_SLOPE, axis=1)
            self.dead += np.count_nonzero(slope == 0.0, axis=1)
        if self.strongest is not None and self.weakest is not None:
            self.strongest = _more(self.strongest, rows, values, 1.0)
            self.weakest = _more(self.weakest, rows, values, -1.0)

    def _before(self, program: Program) -> Array:
        """Return z of the told units: inference overwrites Z, so theirs is computed once more."""
        before = program.values[self._network.graph.inputs_of(self._node)[0]].array
        theta = self._network.parameters.get(f"{self._node}.Theta")
        if theta is None:
            return np.asarray(before[self._shown])
        return np.asarray(theta[self._shown, 1:] @ before + theta[self._shown, :1])


def _more(so_far: Extremes, rows: Array, values: Array, sign: float) -> Extremes:
    """Return the most extreme of those so far and of a chunk's values (k, chunk)."""
    every = np.concatenate([so_far.values, values], axis=1)
    numbers = np.concatenate([so_far.rows, np.broadcast_to(rows, values.shape)], axis=1)
    keys = -sign * every
    keys[np.isnan(keys)] = np.inf
    if keys.shape[1] > MOST_EXTREMES:
        kept = np.argpartition(keys, MOST_EXTREMES - 1, axis=1)[:, :MOST_EXTREMES]
        keys, every, numbers = (np.take_along_axis(part, kept, axis=1) for part in (keys, every, numbers))
    order = np.lexsort((numbers, keys), axis=1)
    return Extremes(np.take_along_axis(numbers, order, axis=1), np.take_along_axis(every, order, axis=1))


def _activation(network: Network, node: str) -> Activation | None:
    """Return the function that a layer applies to each unit on its own; an output's may saturate and learn."""
    layer = network.graph.node(node).layer
    return layer.activation if isinstance(layer, (Dense, ActivationLayer)) else None


def _needed(network: Network, node: str) -> set[str]:
    """Return the nodes from which a node is computed, itself among them."""
    found, waiting = {node}, [node]
    while waiting:
        new = set(network.graph.inputs_of(waiting.pop())) - found
        found |= new
        waiting += new
    return found


def _work(network: Network, node: str) -> int:
    """Return about how many multiplications one example takes."""
    shapes = network.shapes
    needed = _needed(network, node)
    told = min(shapes.units[node], MOST_UNITS)
    before = sum(shapes.units[source] for source in network.graph.inputs_of(node))
    own = told * (before + WORK_PER_UNIT)
    return own + sum(shapes.parameters.get(one, 0) + WORK_PER_UNIT * shapes.units[one] for one in needed)


def _rows(network: Network, node: str, count: int) -> Array:
    """Return the training rows that are looked at: all, or as many evenly spaced ones as are affordable."""
    most = max(LEAST_EXAMPLES, MOST_WORK // _work(network, node))
    return np.linspace(0, count - 1, min(count, most)).astype(np.int64)


def _forward(network: Network, node: str, extended: Array) -> Program:
    """Run the network over [1 X] (m, n_x + 1) as far as a node, and return the program, which holds its values."""
    program = network.program(len(extended), "inference")
    program.x[...] = extended
    needed = _needed(network, node)
    for operation in program.operations:
        if operation.about.phase == "forward" and operation.about.node in needed:
            operation.call(*operation.args)
    return program


def _plane(network: Network, seen: Dataset, node: str, shown: Array) -> Plane:
    """Return the told units' activations over the plane, or over the line, of the features."""
    affordable = min(PLANE_VALUES // len(shown), MOST_WORK // _work(network, node))
    columns = rows = int(np.clip(int(affordable**0.5), LEAST_SIDE, PLANE_SIDE))
    x, y = extent(seen.X[:, 0]), (0.0, 0.0)
    if network.n_features == 1:
        columns, rows = PLANE_SIDE, 1
    else:
        y = extent(seen.X[:, 1])
    places = plane_points(x, y, columns, rows)
    points = np.stack([np.ones(rows * columns), *places[: network.n_features]], axis=1).astype(network.dtype)
    values = np.empty((len(shown), len(points)), network.dtype)
    for part in _chunks(len(points), network.chunk):
        values[:, part] = _forward(network, node, points[part]).values[node].array[shown]
    return Plane(x, y, values.reshape(len(shown), rows, columns))


def _chunks(count: int, size: int) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def _readers(network: Network, node: str) -> list[tuple[str, int]]:
    """Return the layers whose weights read a node's units, and where among theirs its first unit stands."""
    shapes, graph = network.shapes, network.graph
    carriers, found = {(node, 0): None}, {}
    waiting = list(carriers)
    while waiting:
        source, offset = waiting.pop(0)
        for edge in graph.outgoing(source):
            reader, place = edge.target, offset
            if reader not in shapes.levels:
                continue  # not on the way to the output
            if f"{reader}.Theta" in network.parameters:
                found[reader, place] = shapes.levels[reader]
                continue
            if isinstance(graph.node(reader).layer, Concatenate):
                place += sum(shapes.units[one] for one in graph.inputs_of(reader)[: edge.port])
            if (reader, place) not in carriers:
                carriers[reader, place] = None
                waiting.append((reader, place))
    return sorted(found, key=lambda reading: (found[reading], reading[1]))


def _links(node: str, weights: Array) -> Links:
    """Return the largest weights (k, n) of each told unit."""
    most = min(MOST_LINKS, weights.shape[1])
    sizes = -np.nan_to_num(np.abs(weights), nan=np.inf)
    chosen = np.argpartition(sizes, most - 1, axis=1)[:, :most]
    order = np.argsort(np.take_along_axis(sizes, chosen, axis=1), axis=1, kind="stable")
    chosen = np.take_along_axis(chosen, order, axis=1)
    return Links(node, weights.shape[1], chosen, np.take_along_axis(weights, chosen, axis=1))

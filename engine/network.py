"""What a user holds: a compiled network with its parameters."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from engine.dataset import DataError, Dataset
from engine.declared import name_of
from engine.emit import Arena, Array, Mode, Ref
from engine.graph import Graph
from engine.layers import Input, Output, parts
from engine.metrics import Task, task_of
from engine.program import Program, compile_program
from engine.shapes import Shapes, infer_shapes

Precision = Literal["float32", "float64"]

MOST_PROGRAMS = 16  # batch sizes whose programs are kept
LEAST_CHUNK = 256
CHUNK_VALUES = 400_000  # activations held while evaluating: chunks are cut so that all layers' stay below


class GraphError(ValueError):
    """A graph that cannot be compiled; the message lists its problems."""


class Network:
    """A network with its parameters, from a valid graph.

    Parameters
    ----------
    graph
        Layers and wires, with one input and one output.
    seed
        Seed of the initial weights. Each layer draws from a generator of its own, made from the seed and the node's
        identity, so that adding a layer leaves the first weights of the others as they were.
    precision
        ``"float32"`` or ``"float64"``.

    Raises
    ------
    GraphError
        When the graph has problems; the message lists them.
    """

    def __init__(self, graph: Graph, seed: int = 0, precision: Precision = "float32") -> None:
        self.graph = graph
        self.shapes: Shapes = infer_shapes(graph)
        if not self.shapes.valid:
            sentences = [problem.sentence for problem in self.shapes.problems if problem.severity == "error"]
            raise GraphError(" ".join(sentences))
        self.dtype = np.dtype(precision)
        self.seed = seed
        self.generator = np.random.default_rng([seed, 2])
        self._places = _places(self.shapes)
        sizes = {key: shape[0] * shape[1] for key, (_, shape) in self._places.items()}
        learned = {f"{node}.{spec.name}" for node in self.shapes.order for spec in self.shapes.learned(node)}
        self.learned_count = sum(size for key, size in sizes.items() if key in learned)
        self.theta: Array = np.zeros(sum(sizes.values()), self.dtype)
        self.parameters = self.slices(self.theta)
        self.gradient_share = 1.0  # 1/m where the training step leaves the gradient as the sum over its batch
        self._gradient: Array | None = None
        self._looking_gradient: Array | None = None  # so that looking leaves the training step's gradient alone
        self._arena = Arena(self.dtype)
        self._looking_arena = Arena(self.dtype)
        self._programs: dict[tuple[int, Mode], Program] = {}
        self.between_chunks: Callable[[], None] = _nothing
        self.initialize(seed)

    @cached_property
    def output(self) -> Output:
        """The output layer."""
        layer = self.graph.of_kind(Output)[0].layer
        assert isinstance(layer, Output)
        return layer

    @cached_property
    def task(self) -> Task:
        """What the output is for."""
        return task_of(self.output)

    @property
    def n_features(self) -> int:
        """Number of features the input reads."""
        return self.shapes.units[self.graph.of_kind(Input)[0].id]

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return self.output.units

    @property
    def parameter_count(self) -> int:
        """Number of parameters on the way to the output; running statistics are none."""
        return sum(self.shapes.parameters.get(node_id, 0) for node_id in self.shapes.order)

    @property
    def gradient(self) -> Array:
        """The flat gradient (learned_count,) of the last training step, up to :attr:`gradient_share`."""
        if self._gradient is None:
            self._gradient = np.zeros_like(self.learned)
        return self._gradient

    @property
    def learned(self) -> Array:
        """The part of theta that training changes along the gradient, (learned_count,), a view.

        Parameters of frozen layers and running statistics stand behind it.
        """
        return self.theta[: self.learned_count]

    def slices(self, flat: Array) -> dict[str, Array]:
        """Return views of a flat vector by ``"node.name"``, in each array's own shape.

        A vector as long as theta has every array; one of (learned_count,), a gradient say, those that are learned.
        Arrays lie column by column: W inside Theta = [b W] is then one block, and so is its transpose.
        """
        views: dict[str, Array] = {}
        for key, (start, shape) in self._places.items():
            stop = start + shape[0] * shape[1]
            if stop <= len(flat):
                views[key] = flat[start:stop].reshape(shape, order="F")
        return views

    def place_of(self, key: str, row: int, column: int) -> int | None:
        """Return where an entry of an array ``"node.name"`` stands in theta, from 0; None where there is none."""
        start, shape = self._places.get(key, (0, (0, 0)))
        inside = 0 <= row < shape[0] and 0 <= column < shape[1]
        return start + row + column * shape[0] if inside else None

    def initialize(self, seed: int | None = None) -> None:
        """Draw the initial parameters; the same seed gives the same ones."""
        seed = self.seed if seed is None else seed
        self._forget_gradient()
        # The same object, since programs hold on to it.
        self.generator.bit_generator.state = np.random.default_rng([seed, 2]).bit_generator.state
        for node_id in self.shapes.order:
            inputs = tuple(self.shapes.units[source] for source in self.graph.inputs_of(node_id))
            if self.shapes.specs.get(node_id):
                generator = np.random.default_rng([seed, zlib.crc32(node_id.encode())])
                layer = self.graph.node(node_id).layer
                for name, values in layer.initial(inputs, generator).items():
                    self.parameters[f"{node_id}.{name}"][...] = values

    def weights(self) -> dict[str, Array]:
        """Return copies of all parameter arrays by ``"node.name"``; ``Theta`` is [b W], (n_out, n_in + 1)."""
        return {key: array.copy() for key, array in self.parameters.items()}

    def set_weights(self, weights: Mapping[str, ArrayLike]) -> None:
        """Take over all parameter arrays.

        Raises
        ------
        ValueError
            When one is missing, not finite, or has another shape; it is named.
        """
        checked: dict[str, Array] = {}
        for key, own in self.parameters.items():
            if key not in weights:
                raise ValueError(f"The weights of {key} are missing.")
            given = np.asarray(weights[key])
            if given.shape != own.shape:
                raise ValueError(f"The weights of {key} have shape {given.shape}, and the network needs {own.shape}.")
            if not np.isfinite(given).all():
                raise ValueError(f"The weights of {key} are not all finite numbers.")
            checked[key] = given
        for key, given in checked.items():
            self.parameters[key][...] = given
        self._forget_gradient()

    def set_entry(self, symbol: str, row: int, column: int, value: float) -> None:
        """Set one entry of a parameter, as the notes name it: ``"W[1]"``, ``"b[2]"``, ``"gamma[3]"``; both from 0.

        Raises
        ------
        ValueError
            When there is no such entry, or the value is not finite in the network's precision.
        """
        for key, array in self.parameters.items():
            node, _, name = key.rpartition(".")
            for part, values in parts(name, array).items():
                if f"{part}[{self.shapes.levels[node]}]" != symbol:
                    continue
                if not (0 <= row < values.shape[0] and 0 <= column < values.shape[1]):
                    raise ValueError(f"{symbol} has shape {values.shape}, and no row {row + 1}, column {column + 1}.")
                values[row, column] = finite_in(self.dtype.name, value)
                self._forget_gradient()
                return
        raise ValueError(f"The network has no parameter {symbol}.")

    def _forget_gradient(self) -> None:
        if self._gradient is not None:
            self._gradient.fill(0.0)

    def program(self, size: int, mode: Mode = "training") -> Program:
        """Return the program for batches of ``size`` examples, compiled at the first call."""
        key = (size, mode)
        if key not in self._programs:
            arena = self._looking_arena if mode == "looking" else self._arena
            while len(self._programs) >= MOST_PROGRAMS:
                del self._programs[next(iter(self._programs))]
            self._programs[key] = self._compile(size, mode, arena)
        return self._programs[key]

    def training_program(self, x: Array, y: Array, z: Array | None = None) -> Program:
        """Return a training program that reads its batch from places of its own.

        Parameters
        ----------
        x
            (m, n_features + 1), column 0 holding ones.
        y
            (n_outputs, m); 2Y - 1 where the program is ``logistic``.
        z
            (n_outputs, m), where Z[L] is to be written. All other buffers are shared with those of :meth:`program`.
        """
        feed = {"x": x, "y": y}
        if z is not None:
            feed[f"{self.graph.of_kind(Output)[0].id}/Z"] = z
        return self._compile(len(x), "training", self._arena.with_feed(feed))

    def _compile(self, size: int, mode: Mode, arena: Arena) -> Program:
        if mode == "looking" and self._looking_gradient is None:
            self._looking_gradient = np.zeros_like(self.learned)
        flat = self._looking_gradient if mode == "looking" else self.gradient
        gradients = {} if mode == "inference" or flat is None else self.slices(flat)
        levels = self.shapes.levels
        return compile_program(
            self.graph,
            self.shapes,
            {k: Ref(_symbol(k, levels), a) for k, a in self.parameters.items()},
            {k: Ref("d" + _symbol(k, levels), a) for k, a in gradients.items()},
            arena,
            size,
            mode,
            self.generator,
        )

    def forget_programs(self) -> None:
        """Drop the compiled programs, as when batches have another size from now on."""
        self._programs.clear()
        self._arena = Arena(self.dtype)

    @property
    def chunk(self) -> int:
        """How many examples are evaluated at a time, so that memory stays bounded."""
        per_example = sum(units + 1 for units in self.shapes.units.values())
        return max(LEAST_CHUNK, CHUNK_VALUES // per_example)

    def evaluate(self, data: Dataset) -> Iterator[tuple[slice, Array, Array]]:
        """Yield rows, Z[L] and A[L] (both (n_y, rows), overwritten by the next chunk) over all examples.

        :attr:`between_chunks` is called after each: it may look at the network, and must not change it.
        """
        for rows in self._chunks(len(data)):
            program = self.program(rows.stop - rows.start, "inference")
            program.x[...] = data.extended[rows]
            with np.errstate(all="ignore"):
                program.run("forward")
            yield rows, program.z, program.a
            self.between_chunks()

    def _chunks(self, count: int) -> Iterator[slice]:
        for start in range(0, count, self.chunk):
            yield slice(start, min(start + self.chunk, count))

    def outputs(self, data: Dataset) -> tuple[Array, Array]:
        """Return A[L] (m, n_y) and the losses (m,) of all examples."""
        outputs = np.empty((len(data), self.n_outputs), self.dtype)
        losses = np.empty(len(data), self.dtype)
        activation = name_of(self.output.activation)
        for rows, z, a in self.evaluate(data):
            outputs[rows] = a.T
            with np.errstate(all="ignore"):
                losses[rows] = self.output.loss.losses(activation, z, a, data.targets[rows].T)
        return outputs, losses

    def predict(self, X: ArrayLike) -> Array:
        """Return the outputs (m, n_outputs) for features (m, n_features), in bounded memory.

        Raises
        ------
        DataError
            When X has another number of features or a value that is not finite; the row is named.
        """
        features = np.asarray(X)
        if features.ndim != 2 or features.shape[1] != self.n_features:
            raise DataError(f"X has shape {features.shape}, and the network reads (m, {self.n_features}).")
        outputs = np.empty((len(features), self.n_outputs), self.dtype)
        for rows in self._chunks(len(features)):
            program = self.program(rows.stop - rows.start, "inference")
            with np.errstate(all="ignore"):
                program.x[:, 1:] = features[rows]
                program.run("forward")
            finite = np.isfinite(program.x).all(axis=1)
            if not finite.all():
                row = rows.start + int(finite.argmin())
                raise DataError(f"X has a value that is not a finite number in row {row}.")
            outputs[rows] = program.a.T
            self.between_chunks()
        return outputs

    def cost(self, X: ArrayLike, Y: ArrayLike) -> float:
        """Return the cost J, the mean of the losses of the examples (with class weights, their weighted mean)."""
        data = self._data(X, Y)
        return self.mean_loss(self.outputs(data)[1], data.targets)

    def mean_loss(self, losses: Array, targets: Array) -> float:
        """Return the mean of losses (m,), weighted where the output weights classes; targets are (m, n_y)."""
        weights = self.output.example_weights(targets)
        if weights is None:
            return float(losses.mean(dtype=np.float64))
        weights = weights.astype(np.float64)
        return float((weights * losses).sum() / weights.sum())

    def gradients(self, X: ArrayLike, Y: ArrayLike) -> dict[str, Array]:
        """Return dJ/dparameter for every learned array, over all examples given as one batch.

        Normalization layers use the batch's own mean and variance, as in training; random layers act as outside it.
        """
        program = self.look(self._data(X, Y))
        assert self._looking_gradient is not None
        return {key: array * program.share for key, array in self.slices(self._looking_gradient).items()}

    def look(self, data: Dataset) -> Program:
        """Run the network forward and backward over a few examples, with every quantity of the notes kept.

        The returned program's ``refs`` hold them by symbol; gradients there lack the factor ``program.share``.
        Neither running statistics nor the random generator are touched.
        """
        program = self.program(len(data), "looking")
        program.take(data.extended, data.targets)
        with np.errstate(all="ignore"):
            program.run("forward", "loss", "backward")
        return program

    def _data(self, X: ArrayLike, Y: ArrayLike) -> Dataset:
        data = Dataset(X, Y, self.dtype)
        if data.X.shape[1] != self.n_features or data.Y.shape[1] != self.n_outputs:
            raise DataError(
                f"X and Y have {data.X.shape[1]} and {data.Y.shape[1]} columns, and the network reads "
                f"{self.n_features} and gives {self.n_outputs}."
            )
        return data


def finite_in(precision: str, value: float) -> Any:
    """Return a number in a precision.

    Raises
    ------
    ValueError
        When it is not finite there.
    """
    with np.errstate(over="ignore"):
        given = np.dtype(precision).type(value)
    if not np.isfinite(given):
        raise ValueError(f"{value:g} is not a finite number in {precision}.")
    return given


def _places(shapes: Shapes) -> dict[str, tuple[int, tuple[int, int]]]:
    """Return where each stored array begins in theta, and its shape: what is learned first, the rest behind it."""
    listed = [(f"{node}.{spec.name}", spec) for node in shapes.order for spec in shapes.specs.get(node, ())]
    learned = {f"{node}.{spec.name}" for node in shapes.order for spec in shapes.learned(node)}
    starts: dict[str, int] = {}
    at = 0
    for first in (True, False):
        for key, spec in listed:
            if (key in learned) is first:
                starts[key] = at
                at += spec.shape[0] * spec.shape[1]
    return {key: (starts[key], spec.shape) for key, spec in listed}


def _nothing() -> None:
    pass


def _symbol(key: str, levels: dict[str, int]) -> str:
    node_id, _, name = key.rpartition(".")
    return f"{name}[{levels[node_id]}]"

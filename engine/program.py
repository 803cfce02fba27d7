"""Compiling: from a graph to a flat list of described NumPy calls over buffers that were allocated once.

Running a step is no more than ``for call, args in operations: call(*args)``. Whatever shows, times, prints or exports
the mathematics reads the same list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.emit import Arena, Array, Emitter, Mode, Operation, Phase, Ref
from engine.graph import Graph
from engine.layers import Build, Input, Output
from engine.shapes import Shapes
from engine.stacking import stacks_of

Call = tuple[Callable[..., Any], tuple[Any, ...]]


@dataclass(frozen=True)
class Program:
    """A compiled network for batches of one size.

    ``x`` (m, n_x + 1) and ``y`` (m, n_y) are the buffers a batch is put into, see :meth:`take`; column 0 of x holds
    ones. ``values`` maps each node to its A (n, m); ``z`` and ``a`` are Z[L] and A[L]. ``share``, a 0-d array, turns
    the gradients' sums over the batch into means: 1/m, or one over the sum of the examples' class weights. A
    ``logistic`` training program reads 2Y - 1, has tanh(z/2) in place of A[L], and twice the sums: its share is 1/2m.
    ``kinks`` are the values whose passing through a place makes a derivative jump.
    """

    size: int
    mode: Mode
    operations: tuple[Operation, ...]
    x: Array
    y: Array
    share: Array
    z: Array
    a: Array
    values: dict[str, Ref]
    refs: dict[str, Ref]
    kinks: tuple[tuple[Ref, float], ...] = ()
    logistic: bool = False

    def take(self, extended: Array, targets: Array) -> None:
        """Put a batch into place: [1 X] (m, n_x + 1) and Y (m, n_y)."""
        self.x[...] = extended
        self.y[...] = 2.0 * targets - 1.0 if self.logistic else targets

    def calls(self, *phases: Phase) -> list[Call]:
        """Return the bare calls of some phases, in order, for the inner loop."""
        return [(op.call, op.args) for op in self.operations if op.about.phase in phases]

    def run(self, *phases: Phase) -> None:
        """Run the operations of some phases."""
        for call, args in self.calls(*phases):
            call(*args)


def compile_program(
    graph: Graph,
    shapes: Shapes,
    parameters: dict[str, Ref],
    gradients: dict[str, Ref],
    arena: Arena,
    size: int,
    mode: Mode,
    generator: np.random.Generator | None = None,
) -> Program:
    """Return the program of a valid graph for batches of ``size`` examples.

    Parameters
    ----------
    parameters, gradients
        Arrays by ``"node.name"``, as shapes.specs lists them; ``gradients`` holds those that are learned, and may be
        empty in mode ``"inference"``.
    arena
        Where buffers are taken from; programs of several sizes share one.
    generator
        Source of randomness of training-only layers; never touched outside mode ``"training"``.
    """
    compiler = _Compiler(graph, shapes, parameters, gradients, arena, size, mode, generator)
    compiler.forward()
    if mode != "inference":
        compiler.backward()
    return compiler.program()


class _Compiler:
    def __init__(
        self,
        graph: Graph,
        shapes: Shapes,
        parameters: dict[str, Ref],
        gradients: dict[str, Ref],
        arena: Arena,
        size: int,
        mode: Mode,
        generator: np.random.Generator | None,
    ) -> None:
        self.graph, self.shapes, self.size, self.arena = graph, shapes, size, arena
        self.emit = Emitter(arena, mode, generator)
        self.nodes = [graph.node(node_id) for node_id in shapes.order]
        node = graph.of_kind(Output)[0]
        assert isinstance(node.layer, Output)
        self.output, self.logistic = node.id, mode == "training" and node.layer.logistic
        self.extended: dict[str, Ref] = {}
        self.values: dict[str, Ref] = {}
        self.builds: dict[str, Build] = {}
        self.d_values: dict[str, Ref] = {}
        n_y = shapes.units[self.output]
        self.y = arena.take("y", (n_y, size))
        self.x = np.empty((0, 0), arena.dtype)
        self.share = np.array((node.layer.sum_share if self.logistic else 1.0) / size, arena.dtype)
        self.needed = self._needing_gradient()
        learning = [node for node in self.nodes if node.id in self.needed]
        self.stacks = stacks_of(learning, shapes, size, arena) if mode == "training" else []
        for node in self.nodes:
            self._make_value(node.id, isinstance(node.layer, Input))
        for node in self.nodes:
            sources = [source for source in graph.inputs_of(node.id) if source in self.values]
            own = [spec.name for spec in shapes.specs.get(node.id, ())]
            self.builds[node.id] = Build(
                emit=self.emit,
                inputs=[self.values[source] for source in sources],
                extended=[self.extended[source] for source in sources],
                output=self.values[node.id],
                parameters={name: parameters[f"{node.id}.{name}"] for name in own},
                gradients={name: gradients[f"{node.id}.{name}"] for name in own if f"{node.id}.{name}" in gradients},
                targets=Ref("2Y − 1" if self.logistic else "Y", self.y) if node.id == self.output else None,
                share=Ref("1/m", self.share) if node.id == self.output else None,
            )

    def _make_value(self, node_id: str, is_input: bool) -> None:
        """Allocate A of a node with a row of ones above it."""
        n, level = self.shapes.units[node_id], self.shapes.levels[node_id]
        symbol = "X" if is_input else f"A[{level}]"
        if is_input:
            self.x = self.arena.take("x", (self.size, n + 1))
            self.x[:, 0] = 1.0
            whole = self.x.T
        else:
            stacked = [stack.extended[node_id] for stack in self.stacks if node_id in stack.extended]
            whole = stacked[0] if stacked else self.arena.take_below_ones(f"{node_id}/A", n, self.size)
        self.extended[node_id] = Ref(f"[1; {symbol}]", whole)
        self.values[node_id] = Ref(symbol, whole[1:])

    def forward(self) -> None:
        for node in self.nodes:
            self.emit.at(node.id, self.shapes.levels[node.id], "forward")
            node.layer.forward(self.builds[node.id])

    def backward(self) -> None:
        for stack in self.stacks:
            self.emit.at(stack.nodes[0], self.shapes.levels[stack.nodes[0]], "backward")
            for node_id, slope in stack.emit(self.emit).items():
                self.builds[node_id].slope = slope
        for node in reversed(self.nodes):
            if node.id not in self.needed:
                continue
            build = self.builds[node.id]
            level = self.shapes.levels[node.id]
            self.emit.at(node.id, level, "loss" if node.id == self.output else "backward")
            build.d_output = self.d_values.get(node.id)
            extra: list[tuple[Ref, Ref]] = []
            build.d_inputs = []
            for port, source in enumerate(self.graph.inputs_of(node.id)):
                if source not in self.needed:
                    build.d_inputs.append(None)
                elif source not in self.d_values:
                    d_value = self._d_value(source)
                    self.d_values[source] = d_value
                    build.d_inputs.append(d_value)
                else:
                    # Another reader has written its share already: this one's is added to it.
                    share = self.emit.scratch(self.values[source].shape, f"share{port}")
                    extra.append((self.d_values[source], share))
                    build.d_inputs.append(share)
            node.layer.backward(build)
            for total, share in extra:
                self.emit.apply(np.add, total, share, out=total, formula=f"{total.symbol} sums over its readers")

    def _d_value(self, node_id: str) -> Ref:
        shape, level = self.values[node_id].shape, self.shapes.levels[node_id]
        return Ref(f"dA[{level}]", self.arena.take(f"{node_id}/dA", shape))

    def _needing_gradient(self) -> set[str]:
        """Return the nodes that have something to learn, or come after one that has."""
        needed: set[str] = set()
        for node in self.nodes:
            if self.shapes.learned(node.id) or any(s in needed for s in self.graph.inputs_of(node.id)):
                needed.add(node.id)
        return needed

    def program(self) -> Program:
        output = self.builds[self.output]
        z = self.arena.take(f"{self.output}/Z", output.output.shape)
        return Program(
            size=self.size,
            mode=self.emit.mode,
            operations=tuple(self.emit.operations),
            x=self.x,
            y=self.y.T,
            share=self.share,
            z=z,
            a=output.output.array,
            values=self.values,
            refs=self._refs(),
            kinks=tuple(self.emit.kinks),
            logistic=self.logistic,
        )

    def _refs(self) -> dict[str, Ref]:
        """Return every array by its symbol, for views that show them."""
        refs = {ref.symbol: ref for ref in (*self.values.values(), *self.d_values.values())}
        refs["Y"] = Ref("Y", self.y)
        for node in self.nodes:
            level = self.shapes.levels[node.id]
            for kind, arrays in (
                ("", self.builds[node.id].parameters),
                ("d", self.builds[node.id].gradients),
            ):
                for name, ref in arrays.items():
                    refs[f"{kind}{name}[{level}]"] = ref
            for quantity in ("Z", "dZ"):
                if self.emit.looking and node.layer.family == "dense":
                    symbol = f"{quantity}[{level}]"
                    refs[symbol] = Ref(symbol, self.arena.take(f"{node.id}/{quantity}", self.values[node.id].shape))
        return refs

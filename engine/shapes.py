"""Shape inference: what a graph computes, and everything that is wrong with it, as data."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import msgspec

from engine.graph import Graph, Node, topological_order
from engine.layers import Input, Output, ParameterSpec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that keeps a graph from training, or is worth a warning.

    ``node`` is None where the graph as a whole is meant. ``sentence`` names the operands and the fix.
    """

    kind: str
    sentence: str
    node: str | None = None
    severity: Literal["error", "warning"] = "error"


class Shapes(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a graph.

    ``order`` holds the nodes that are computed, ``levels`` their numbers l in the notes' notation (the input is 0),
    ``units`` their n[l], ``specs`` their stored arrays, ``parameters`` their parameter counts (running statistics are
    not parameters), ``frozen`` those of them that training leaves alone. Nodes whose shape is not known are left out.
    """

    order: tuple[str, ...]
    levels: dict[str, int]
    units: dict[str, int]
    specs: dict[str, tuple[ParameterSpec, ...]]
    parameters: dict[str, int]
    problems: tuple[Problem, ...]
    frozen: frozenset[str] = frozenset()

    @property
    def valid(self) -> bool:
        """Whether the graph can be compiled and trained."""
        return not any(problem.severity == "error" for problem in self.problems)

    @property
    def parameter_count(self) -> int:
        """The number of parameters of all layers, those beside the way to the output too."""
        return sum(self.parameters.values())

    def learned(self, node_id: str) -> tuple[ParameterSpec, ...]:
        """Return the arrays of a node that training changes along a gradient."""
        return () if node_id in self.frozen else tuple(s for s in self.specs.get(node_id, ()) if not s.statistic)

    def problems_of(self, node_id: str) -> tuple[Problem, ...]:
        """Return the problems that belong to one node."""
        return tuple(problem for problem in self.problems if problem.node == node_id)


def infer_shapes(graph: Graph) -> Shapes:
    """Return shapes, parameter counts and every problem of a graph; nothing is raised.

    A node's number l is its place in the order of computation among the nodes that lead from the input to the output.
    """
    problems = _structural_problems(graph)
    order, cyclic = topological_order(graph)
    for node_id in cyclic:
        if _on_cycle(graph, node_id):
            name = graph.node(node_id).name
            problems.append(
                Problem(
                    kind="cycle",
                    node=node_id,
                    sentence=f"{name} reads its own output through a loop: remove one wire of the loop.",
                )
            )
    units: dict[str, int] = {}
    specs: dict[str, tuple[ParameterSpec, ...]] = {}
    for node_id in order:
        node = graph.node(node_id)
        sources = graph.inputs_of(node_id)
        problem = _count_problem(node, sources, graph)
        if problem is not None:
            problems.append(problem)
            if isinstance(node.layer, Output):
                units[node_id] = node.layer.units
            continue
        if any(source not in units for source in sources):
            continue
        inputs = tuple(units[source] for source in sources)
        sentence = node.layer.problem(inputs)
        if sentence is not None:
            problems.append(Problem(kind="layer", node=node_id, sentence=_named(node, sentence)))
            if len(set(inputs)) > 1 and not node.layer.parameter_specs(inputs):
                continue
        units[node_id] = node.layer.output_units(inputs)
        specs[node_id] = node.layer.parameter_specs(inputs)
    used = _between(graph)
    for node_id in order:
        node = graph.node(node_id)
        if node_id not in used and not isinstance(node.layer, (Input, Output)) and not _listed(problems, node_id):
            problems.append(
                Problem(
                    kind="unused",
                    node=node_id,
                    severity="warning",
                    sentence=f"{node.name} is not on a way from the input to the output: join it, or delete it.",
                )
            )
    kept = tuple(node_id for node_id in order if node_id in used)
    levels: dict[str, int] = {}
    for node_id in kept:
        is_input = isinstance(graph.node(node_id).layer, Input)
        levels[node_id] = 0 if is_input else 1 + max(levels.values(), default=0)
    counts = {
        node: sum(spec.shape[0] * spec.shape[1] for spec in own if not spec.statistic) for node, own in specs.items()
    }
    frozen = frozenset(node.id for node in graph.nodes if node.layer.is_frozen)
    learnable = [node_id for node_id in kept if counts.get(node_id)]
    if learnable and frozen.issuperset(learnable):
        sentence = "Every layer with parameters is frozen, and nothing can be learned: unfreeze one of them."
        problems.append(Problem(kind="all-frozen", sentence=sentence))
    return Shapes(
        order=kept,
        levels=levels,
        units=units,
        specs=specs,
        parameters=counts,
        problems=tuple(problems),
        frozen=frozen,
    )


def _structural_problems(graph: Graph) -> list[Problem]:
    problems: list[Problem] = []
    for kind, what in ((Input, "input"), (Output, "output")):
        found = graph.of_kind(kind)
        if not found:
            problems.append(Problem(kind=f"no-{what}", sentence=f"The network has no {what}: add one."))
        problems.extend(
            Problem(
                kind=f"second-{what}",
                node=extra.id,
                sentence=f"The network has a second {what}, {extra.name}: delete one of them.",
            )
            for extra in found[1:]
        )
    known = {node.id for node in graph.nodes}
    if len(known) < len(graph.nodes):
        twice = next(a for a, b in pairwise(sorted(node.id for node in graph.nodes)) if a == b)
        problems.append(Problem(kind="identity", node=twice, sentence=f"Two layers have the identity {twice}."))
    for node in graph.of_kind(Output):
        for edge in graph.outgoing(node.id):
            reader = graph.node(edge.target).name if edge.target in known else edge.target
            problems.append(
                Problem(
                    kind="output-read",
                    node=node.id,
                    sentence=f"{reader} reads {node.name}, and nothing may come after it: remove that wire.",
                )
            )
    problems.extend(
        Problem(kind="edge", sentence=f"A wire joins {edge.source} to {edge.target}, and one of them is missing.")
        for edge in graph.edges
        if edge.source not in known or edge.target not in known
    )
    return problems


def _count_problem(node: Node, sources: tuple[str, ...], graph: Graph) -> Problem | None:
    layer = node.layer
    if len(sources) < layer.least_inputs:
        if layer.least_inputs == 1:
            sentence = f"{node.name} has no input: drag a wire to it from the layer it should read."
        else:
            sentence = (
                f"{node.name} needs at least {layer.least_inputs} inputs and has {len(sources)}: "
                "drag another wire to it."
            )
        return Problem(kind="no-input-wire", node=node.id, sentence=sentence)
    if layer.most_inputs is not None and len(sources) > layer.most_inputs:
        names = ", ".join(graph.node(source).name for source in sources if graph.has(source))
        if layer.most_inputs == 0:
            sentence = f"{node.name} reads the data only and has a wire from {names}: remove that wire."
            return Problem(kind="too-many-inputs", node=node.id, sentence=sentence)
        return Problem(
            kind="too-many-inputs",
            node=node.id,
            sentence=f"{node.name} reads one layer only and has wires from {names}: join them by Add or Concatenate.",
        )
    return None


def _named(node: Node, sentence: str) -> str:
    title = node.layer.title
    return node.name + sentence[len(title) :] if sentence.startswith(f"{title} ") else sentence


def _listed(problems: list[Problem], node_id: str) -> bool:
    return any(problem.node == node_id for problem in problems)


def _reach(start: set[str], steps: dict[str, list[str]]) -> set[str]:
    seen, frontier = set(start), list(start)
    while frontier:
        for following in steps.get(frontier.pop(), []):
            if following not in seen:
                seen.add(following)
                frontier.append(following)
    return seen


def _on_cycle(graph: Graph, node_id: str) -> bool:
    forward: dict[str, list[str]] = {}
    for edge in graph.edges:
        forward.setdefault(edge.source, []).append(edge.target)
    return any(node_id in _reach({target}, forward) for target in forward.get(node_id, []))


def _between(graph: Graph) -> set[str]:
    forward: dict[str, list[str]] = {}
    backward: dict[str, list[str]] = {}
    for edge in graph.edges:
        forward.setdefault(edge.source, []).append(edge.target)
        backward.setdefault(edge.target, []).append(edge.source)
    inputs = {node.id for node in graph.of_kind(Input)}
    outputs = {node.id for node in graph.of_kind(Output)}
    return (_reach(inputs, forward) & _reach(outputs, backward)) | inputs

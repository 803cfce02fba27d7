"""``nnstudio check``: a project's shapes, parameters and problems, and the proof of its gradient."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.declared import title_of
from engine.gradient_check import TOLERANCE, ArrayCheck, GradientCheck, check_gradients
from engine.layers import Output
from engine.network import Network
from engine.shapes import Problem, Shapes, infer_shapes
from nnstudio.checkpoints import misfits
from nnstudio.cli.output import MistakeError, note
from nnstudio.data import DataError, DataWarning, PreparedData, one_line, plural
from nnstudio.document import Document
from nnstudio.headless import project_data
from nnstudio.project_file import Project, open_project
from nnstudio.readiness import shapes_of

MOST_EXAMPLES = 32  # training rows that the gradient is computed over
MOST_ENTRIES = 200  # parameters compared in each array; of a larger one some are drawn
UNKNOWN = "–"


@dataclass(frozen=True)
class Proof:
    """A gradient check and what was checked; ``initial`` names the layers that had no trained weights of their shape.

    ``sizes`` holds the number of parameters of each array.
    """

    check: GradientCheck
    examples: int
    trained: bool
    initial: tuple[str, ...]
    sizes: dict[str, int]

    @property
    def right(self) -> bool:
        """Whether something was compared and every array is right; an error that is no number is wrong."""
        return self.check.compared > 0 and all(array.error < TOLERANCE for array in self.check.arrays)

    @property
    def error(self) -> float:
        """The largest relative error; inf where one is no number."""
        return max((a.error if math.isfinite(a.error) else math.inf for a in self.check.arrays), default=0.0)


@dataclass(frozen=True)
class Findings:
    """All that is told of a project; ``unchecked`` says why there is no ``proof``, ``warnings`` are about its data."""

    document: Document
    shapes: Shapes
    problems: tuple[Problem, ...]
    proof: Proof | None
    unchecked: str = ""
    warnings: tuple[DataWarning, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing keeps the network from being trained, and its gradient, where there is a proof, is right."""
        sound = all(problem.severity != "error" for problem in self.problems)
        return sound and (self.proof is None or self.proof.right)


def check(options: argparse.Namespace) -> int:
    """Check the project that the options name, print what was found, and return the exit code."""
    path: Path = options.project
    if path == Path():  # what an empty argument becomes
        raise MistakeError("The name of the project is empty or the folder this is in. Give a file.")
    found = findings(open_project(path), path)
    print(json.dumps(as_fields(found, path), allow_nan=False) if options.json else "\n".join(_lines(found)))
    return 0 if found.passed else 1


def findings(project: Project, path: Path) -> Findings:
    """Return what is right and wrong with a project; its gradient is checked where graph and data allow it."""
    document = project.document
    data, unchecked = None, ""
    try:
        data, notes = project_data(project, path)
        for text in notes:
            note(text)
    except DataError as error:
        unchecked = str(error)
    shapes = shapes_of(document, data)
    record = data.report if data is not None else project.record.report if project.record is not None else None
    found = _found(project, shapes, data, unchecked)
    return dataclasses.replace(found, warnings=record.warnings if record is not None else ())


def _found(project: Project, shapes: Shapes, data: PreparedData | None, unchecked: str) -> Findings:
    document = project.document
    if not infer_shapes(document.graph).valid:
        return Findings(document, shapes, shapes.problems, None, "The network has problems.")
    if data is None:
        return Findings(document, shapes, shapes.problems, None, unchecked)
    network, trained, initial = _network(project, shapes)
    misfit = _data_problem(network, data)
    if misfit is not None:
        return Findings(document, shapes, (*shapes.problems, misfit), None, "The data do not go with the network.")
    rows = data.training[:MOST_EXAMPLES]
    result = check_gradients(network, data.X[rows], data.Y[rows], document.training, most=MOST_ENTRIES)
    sizes = {key: array.size for key, array in network.parameters.items()}
    return Findings(document, shapes, shapes.problems, Proof(result, len(rows), trained, initial, sizes))


def _network(project: Project, shapes: Shapes) -> tuple[Network, bool, tuple[str, ...]]:
    """Return the network in float64, whether it has trained weights, and the nodes whose are the initial ones."""
    document = project.document
    network = Network(document.graph, seed=document.training.seed, precision="float64")
    if project.checkpoint is None:
        return network, False, ()
    weights, initial = project.checkpoint.weights, misfits(project.checkpoint.weights, shapes)
    own = network.weights()
    fitting = {key: weights[key] for key in own if key.rpartition(".")[0] not in initial}
    network.set_weights({**own, **fitting})
    return network, bool(fitting), initial


def _data_problem(network: Network, data: PreparedData) -> Problem | None:
    """Return why the network cannot learn its data, or None."""
    wanted, given = (network.n_features, network.n_outputs), (data.X.shape[1], data.Y.shape[1])
    node = network.graph.of_kind(Output)[0]
    if wanted != given:
        sentence = (
            f"The data have {given[0]} features and {given[1]} outputs, and the network reads {wanted[0]} and gives "
            f"{wanted[1]}: load the data again."
        )
        return Problem(kind="data", sentence=sentence)
    if network.output.loss.wrong_targets(data.Y).any():
        sentence = f"{node.name} has {title_of(network.output.loss)}, which cannot learn the targets: choose another."
        return Problem(kind="targets", node=node.id, sentence=sentence)
    return None


# -- as JSON ----------------------------------------------------------------------------------------------------------


def as_fields(found: Findings, path: Path) -> dict[str, Any]:
    """Return the findings as plain values for JSON; what is not known is None, never NaN."""
    names = {node.id: node.name for node in found.document.graph.nodes}
    return {
        "project": str(path),
        "passed": found.passed,
        "layers": [_layer_fields(found, node) for node in _in_order(found)],
        "parameters": found.shapes.parameter_count,
        "problems": [
            {
                "severity": problem.severity,
                "kind": problem.kind,
                "layer": names.get(problem.node) if problem.node is not None else None,
                "sentence": problem.sentence,
            }
            for problem in found.problems
        ],
        "gradient": _proof_fields(found.proof, names) if found.proof is not None else None,
        "unchecked": found.unchecked or None,
        "warnings": [
            {"kind": warning.kind, "columns": list(warning.columns), "sentence": warning.text}
            for warning in found.warnings
        ],
    }


def _in_order(found: Findings) -> list[str]:
    """Return every node: those that are computed in their order, then the others."""
    order = [node for node in found.shapes.order if found.document.graph.has(node)]
    return order + [node.id for node in found.document.graph.nodes if node.id not in order]


def _layer_fields(found: Findings, node_id: str) -> dict[str, Any]:
    node, shapes = found.document.graph.node(node_id), found.shapes
    specs = shapes.specs.get(node_id, ())
    return {
        "layer": node.name,
        "kind": node.layer.title,
        "units": shapes.units.get(node_id),
        "weights": {spec.name: spec.shape for spec in specs if not spec.statistic},
        "statistics": {spec.name: spec.shape for spec in specs if spec.statistic},
        "parameters": shapes.parameters.get(node_id),
        "frozen": node_id in shapes.frozen,
    }


def _proof_fields(proof: Proof, names: dict[str, str]) -> dict[str, Any]:
    return {
        "right": proof.right,
        "error": _finite(proof.error),
        "tolerance": TOLERANCE,
        "compared": proof.check.compared,
        "skipped": proof.check.skipped,
        "examples": proof.examples,
        "weights": _weights(proof),
        "initial": [names[node] for node in proof.initial],
        "arrays": [
            {
                "layer": names[array.key.rpartition(".")[0]],
                "array": array.key.rpartition(".")[2],
                "parameters": proof.sizes[array.key],
                "error": _finite(array.error),
                "compared": array.compared,
                "skipped": array.skipped,
            }
            for array in proof.check.arrays
        ],
    }


def _weights(proof: Proof) -> str:
    return "trained" if proof.trained else "initial"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


# -- for people -------------------------------------------------------------------------------------------------------


def _lines(found: Findings) -> list[str]:
    names = {node.id: one_line(node.name) for node in found.document.graph.nodes}
    lines = _table(("layer", "kind", "output", "weights", "parameters", ""), _layer_rows(found), right=(4,))
    known = all(node.id in found.shapes.parameters for node in found.document.graph.nodes)
    total = plural(found.shapes.parameter_count, "parameter")
    lines += [f"{total} in all." if known else f"{total}, as far as is known.", ""]
    for problem in found.problems:
        lines.append(f"{problem.severity.capitalize()}: {one_line(problem.sentence)}")
    if not found.problems:
        lines.append("No problems.")
    lines += [f"Data: {one_line(warning.text)}" for warning in found.warnings]
    lines.append("")
    if found.proof is None:
        return [*lines, f"The gradient was not checked. {found.unchecked}"]
    return [*lines, *_proof_lines(found.proof, names)]


def _layer_rows(found: Findings) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for node_id in _in_order(found):
        fields = _layer_fields(found, node_id)
        units, parameters = fields["units"], fields["parameters"]
        arrays = fields["weights"] | {f"running {name}": shape for name, shape in fields["statistics"].items()}
        weights = ", ".join(f"{name} ({n}, {k})" for name, (n, k) in arrays.items())
        rows.append(
            (
                one_line(fields["layer"]),
                fields["kind"],
                UNKNOWN if units is None else f"({units}, m)",
                weights or UNKNOWN,
                UNKNOWN if parameters is None else f"{parameters:,}",
                "frozen" if fields["frozen"] else "",
            )
        )
    return rows


def _proof_lines(proof: Proof, names: dict[str, str]) -> list[str]:
    result, arrays = proof.check, proof.check.arrays
    head = f"Gradient of the cost over {plural(proof.examples, 'training row')}, in float64, at the {_weights(proof)} "
    head += "weights" + (f" (initial ones of {', '.join(names[node] for node in proof.initial)})" * bool(proof.initial))
    rows = [_array_row(array, names) for array in arrays]
    lines = [f"{head}:", *_table(("layer", "array", "compared", "skipped", "error"), rows, right=(2, 3, 4))]
    drawn = sum(proof.sizes[array.key] for array in arrays) - result.compared - result.skipped
    said = f"{plural(result.compared, 'parameter')} compared, {result.skipped:,} skipped beside a kink"
    lines.append(f"{said}, {drawn:,} not drawn." if drawn else f"{said}.")
    if not result.compared:
        return [*lines, "No parameter could be compared: nothing is proved."]
    error = f"{proof.error:.2g}" if math.isfinite(proof.error) else "not a number"
    verdict = f"below {TOLERANCE:g}: right" if proof.right else f"and {TOLERANCE:g} is the most of a right gradient"
    return [*lines, f"The largest relative error is {error}, {verdict}."]


def _array_row(array: ArrayCheck, names: dict[str, str]) -> tuple[str, ...]:
    node, _, name = array.key.rpartition(".")
    return (names[node], name, f"{array.compared:,}", f"{array.skipped:,}", f"{array.error:.2g}")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]], right: tuple[int, ...]) -> list[str]:
    """Return lines of columns as wide as their widest cell; those in ``right`` are aligned at the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    return [
        "  ".join(c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        .rstrip()
        for row in (head, *rows)
    ]  # fmt: skip

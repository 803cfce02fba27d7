"""One step of training as a NumPy script: forward, cost, backward and update, with a network's own layers and sizes.

The script is made of the lines the layers themselves write (:mod:`engine.layers.notation`), and runs as it stands.
"""

from __future__ import annotations

import re

from engine.declared import name_of, title_of
from engine.graph import Graph, Node
from engine.layers import Line
from engine.layers.notation import call_arguments
from engine.settings import TrainingSettings
from engine.shapes import Shapes
from nnstudio.equation_text import shapes_of
from nnstudio.equations import GREEK_NAMES, Writer
from nnstudio.numpy_functions import FUNCTIONS, LOSSES, UPDATES

VARIABLE = re.compile(r"\b([A-Za-z_]+)\[(\d+)\]")
ROWS_TRIED = 5  # examples in the script's own trial


class CodeError(ValueError):
    """There is no NumPy code for a part of the network; the message names it."""


def numpy_code(graph: Graph, shapes: Shapes, settings: TrainingSettings) -> str:
    """Return the script of a valid network.

    It defines ``gradients(X, Y, parameters, rng=None)``, which returns the cost and dJ/dparameter by the name of the
    variable (``"W1"``), and ``update(parameters, gradients, memory, step, alpha)``; run as a program it trains on
    made-up numbers. Columns are examples. Without ``rng`` nothing is dropped out.

    Raises
    ------
    CodeError
        When a layer, an activation, the loss or the optimizer has no NumPy code.
    """
    writer = Writer(graph, shapes)
    body = _gradients(writer)
    parts = [_head(writer), *_functions(writer, body), body, _update(writer, settings), _trial(writer, settings)]
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def parameter_names(writer: Writer) -> dict[str, tuple[str, str]]:
    """Return the script's parameters: variable to the engine's ``"node.name"`` and the part of it (``W`` of Theta)."""
    names = {}
    for node in writer.order:
        for spec in writer.graph_shapes.specs.get(node.id, ()):
            for part in ("W", "b") if spec.name == "Theta" else (spec.name,):
                names[f"{part}{writer.levels[node.id]}"] = (f"{node.id}.{spec.name}", part)
    return names


def _learned(writer: Writer) -> list[str]:
    learned = {f"{node.id}.{spec.name}" for node in writer.order for spec in writer.graph_shapes.learned(node.id)}
    return [name for name, (key, _) in parameter_names(writer).items() if key in learned]


def _head(writer: Writer) -> str:
    layers = ", ".join(str(writer.graph_shapes.units[node.id]) for node in writer.order)
    title = f"One training step of a network of {layers} units, with NumPy. Columns are examples."
    return f'"""{title}"""\n\nimport numpy as np'


def _functions(writer: Writer, body: str) -> list[str]:
    """Return the functions that the body calls, and those these call in turn."""
    for node in writer.order:
        activation = getattr(node.layer, "activation", None)
        if activation is not None and name_of(activation) not in (*FUNCTIONS, "identity"):
            raise CodeError(f"There is no NumPy code for the activation {title_of(activation)} yet.")
    loss = writer.output.loss
    if name_of(loss) not in LOSSES:
        raise CodeError(f"There is no NumPy code for the loss {title_of(loss)} yet.")
    sources = [*FUNCTIONS.values(), LOSSES[name_of(loss)], KEPT]
    known = [part.strip("\n") for source in sources for part in source.split("\n\n\n")]
    used: set[str] = set()
    calling = [body]
    while calling:
        text = calling.pop()
        for part in known:
            if part not in used and re.search(rf"\b{part[len('def ') : part.index('(')]}\(", text):
                used.add(part)
                calling.append(part)
    return [part for part in known if part in used]


KEPT = '''
def kept(rng, p, shape):
    """Return 1 / (1 - p) where a value is kept, 0 where it is dropped; ones without a generator."""
    return np.ones(shape) if rng is None else (rng.random(shape) >= p) / (1 - p)
'''


def _gradients(writer: Writer) -> str:
    x, y = writer.shapes["X"], writer.shapes["Y"]
    lines = [
        "def gradients(X, Y, parameters, rng=None):",
        f'    """Return the cost and its gradients; X is ({x[0]}, m), Y ({y[0]}, m)."""',
        "    m = X.shape[1]",
    ]
    for node in writer.order:
        names = [name for name, (key, _) in parameter_names(writer).items() if key.rpartition(".")[0] == node.id]
        if names:
            for pair in (names[:2], names[2:]):
                sizes = ", ".join(_shape_text(writer, name) for name in pair)
                values = ", ".join(f'parameters["{name}"]' for name in pair)
                lines += [f"    {', '.join(pair)} = {values}  # {sizes}"] if pair else []
    lines += ["", "    # forward"]
    for node in writer.order:
        if node.id != writer.order[0].id:
            lines += _code(writer, node, writer.forward_lines(node))
    lines += ["", f"    # cost: {writer.output.loss.formula}"]
    lines += _code(writer, writer.output_node, writer.output.weight_lines())
    lines += _cost(writer)
    lines += ["", "    # backward"]
    for node in reversed(writer.order):
        lines += _code(writer, node, writer.backward_lines(node))
    returned = [f'        "{name}": d{name},' for name in _learned(writer)]
    return "\n".join([*lines, "    return J, {", *returned, "    }"])


def _cost(writer: Writer) -> list[str]:
    loss, level = writer.output.loss, writer.levels[writer.output_node.id]
    read = f"{'Z' if writer.output.fused else 'A'}{level}"  # a fused loss is computed from z
    call = f"{name_of(loss)}({call_arguments(loss, read, 'Y')})"
    mean = "(c * L).sum() / c.sum()" if writer.output.class_weights else "L.mean()"
    return [f"    L = {call}  # (m,)", f"    J = {mean}"]


def _code(writer: Writer, node: Node, lines: tuple[Line, ...]) -> list[str]:
    made = []
    for line in lines:
        if not line.code:
            raise CodeError(f"There is no NumPy code for {node.name} yet: its layer writes none.")
        code = VARIABLE.sub(r"\1\2", line.code)
        shapes = shapes_of(line.text, writer.shapes)
        made.append(f"    {code}" + (f"  # {shapes}" if shapes else ""))
    return made


def _shape_text(writer: Writer, name: str) -> str:
    kind, level = re.fullmatch(r"([A-Za-z]+)(\d+)", name).groups()  # type: ignore[union-attr]
    rows, columns = writer.shapes[f"{GREEK_NAMES.get(kind, kind)}[{level}]"]
    return f"({rows}, {columns})"


def _update(writer: Writer, settings: TrainingSettings) -> str:
    optimizer = settings.optimizer
    rule = UPDATES.get(name_of(optimizer))
    if rule is None:
        raise CodeError(f"There is no NumPy code for the optimizer {title_of(optimizer)} yet.")
    lines = [
        "def update(parameters, gradients, memory, step, alpha):",
        f'    """Make step number ``step`` of {title_of(optimizer)}, the first is 1; memory starts empty."""',
    ]
    penalties = (" + {l2!r} * W" if settings.l2 else "") + (" + {l1!r} * np.sign(W)" if settings.l1 else "")
    if penalties:
        term = f"gradients[name]{penalties.format(l2=settings.l2, l1=settings.l1)}"
        lines += [
            "    gradients = dict(gradients)",
            "    for name, W in parameters.items():",
            '        if name.startswith("W") and name in gradients:',
            f"            gradients[name] = {term}",
        ]
    if settings.clip_norm:
        lines += [
            "    norm = np.sqrt(sum((d ** 2).sum() for d in gradients.values()))",
            f"    scale = min(1.0, {settings.clip_norm!r} / (norm + 1e-6))",
            "    gradients = {name: d * scale for name, d in gradients.items()}",
        ]
    lines.append("    for name, d in gradients.items():")
    values = {field: repr(getattr(optimizer, field)) for field in optimizer.__struct_fields__}
    for line in rule.strip("\n").splitlines():
        lines.append(f"        {line.format(**values)}".rstrip())
    return "\n".join(lines)


def _trial(writer: Writer, settings: TrainingSettings) -> str:
    n_x, n_y = writer.shapes["X"][0], writer.output.units
    lines = ['if __name__ == "__main__":', "    rng = np.random.default_rng(0)", "    parameters = {"]
    for name in parameter_names(writer):
        shape = _shape_text(writer, name)
        if name.startswith("W"):
            fan_in = shape.strip("()").partition(", ")[2]
            lines.append(f'        "{name}": rng.normal(0.0, {fan_in} ** -0.5, {shape}),')
        else:
            lines.append(f'        "{name}": np.{"ones" if name.startswith(("gamma", "var")) else "zeros"}({shape}),')
    classes = f"np.eye({n_y})[:, rng.integers(0, {n_y}, {ROWS_TRIED})]"
    if name_of(writer.output.loss) != "categorical_cross_entropy":
        classes = f"rng.integers(0, 2, ({n_y}, {ROWS_TRIED})).astype(float)"
        if not writer.output.loss.classes:
            classes = f"rng.normal(size=({n_y}, {ROWS_TRIED}))"
    lines += [
        "    }",
        f"    X, Y = rng.normal(size=({n_x}, {ROWS_TRIED})), {classes}",
        "    memory = {}",
        "    for step in range(1, 11):",
        "        J, found = gradients(X, Y, parameters, rng)",
        f"        update(parameters, found, memory, step, {settings.optimizer.learning_rate!r})",
        '        print(f"step {step}: J = {J:.6f}")',
    ]
    return "\n".join(lines)

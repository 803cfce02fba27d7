"""The equations of a network, layer by layer: forward, the cost, backward, and the optimizer's update.

Text only, in the notes' symbols and corrected as ``docs/errata.md`` lists; what a layer computes it says itself
(:mod:`engine.layers.notation`).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal

from engine.activations import Activation
from engine.declared import Declared, fields_of, name_of, title_of
from engine.graph import Graph, Node
from engine.layers import Input, Line, Notation, Output
from engine.layers.notation import Size
from engine.optimizers import Optimizer
from engine.settings import TrainingSettings
from engine.shapes import Shapes
from nnstudio.equation_text import shapes_of, symbols_in, to_latex

Phase = Literal["forward", "cost", "backward", "update"]
PHASE_TITLES: dict[Phase, str] = {"forward": "Forward", "cost": "Cost", "backward": "Backward", "update": "Update"}

# dL/dŶ of each loss that may stand with an activation it is not fused with.
LOSS_SLOPES = {
    "mean_squared_error": "A − Y",
    "mean_absolute_error": "sign(A − Y)",
    "huber": "min(max(A − Y, −δ), δ)",
    "hinge": "(1 − 2 Y) ∗ [(2 Y − 1) ∗ A < 1]",
}
EQUALS = re.compile(":?=")
MOMENTS = ("m := β₁ m + (1 − β₁) dθ", "v := β₂ v + (1 − β₂) dθ²")
ADAM_STEP = (
    "θ := θ − α m̂ / (√v̂ + ε), m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)",
    r"\theta := \theta - \alpha\,\frac{\hat m}{\sqrt{\hat v}+\varepsilon},\quad"
    r"\hat m = \frac{m}{1-\beta_1^t},\quad \hat v = \frac{v}{1-\beta_2^t}",
)
SCALED_STEP = r"\theta := \theta - \alpha\,\frac{{d\theta}}{{\sqrt{{{}}}+\varepsilon}}"
UPDATES: dict[str, tuple[tuple[str, str], ...]] = {
    "adagrad": (("s := s + dθ²", ""), ("θ := θ − α dθ / (√s + ε)", SCALED_STEP.format("s"))),
    "rmsprop": (("v := ρ v + (1 − ρ) dθ²", ""), ("θ := θ − α dθ / (√v + ε)", SCALED_STEP.format("v"))),
    "adam": ((MOMENTS[0], ""), (MOMENTS[1], ""), ADAM_STEP),
    "adamw": (("W := (1 − α λ) W", ""), (MOMENTS[0], ""), (MOMENTS[1], ""), ADAM_STEP),
}


@dataclass(frozen=True)
class Formula:
    """One equation.

    ``shapes`` has the shape of each array in its place, empty where that says nothing; ``symbols`` are the arrays in
    it, what it writes first; ``latex_detail`` and ``detail`` write the function in it out.
    """

    text: str
    latex: str
    shapes: str = ""
    symbols: tuple[str, ...] = ()
    detail: str = ""
    latex_detail: str = ""


@dataclass(frozen=True)
class Section:
    """The equations of one layer in one direction, or of the cost, or of the update; ``node`` is empty for the latter.

    ``note`` says what is special, in a few words.
    """

    phase: Phase
    title: str
    node: str
    formulas: tuple[Formula, ...]
    note: str = ""


def sections(graph: Graph, shapes: Shapes, settings: TrainingSettings) -> tuple[Section, ...]:
    """Return all equations of a valid network, in the order in which they are computed; nothing for an invalid one."""
    if not shapes.valid:
        return ()
    writer = Writer(graph, shapes)
    return (
        *writer.forward_sections(),
        writer.cost_section(settings),
        *writer.backward_sections(),
        update_section(settings, writer),
    )


class Writer:
    """Writes the equations of one valid network; exported code is made of the same lines."""

    def __init__(self, graph: Graph, shapes: Shapes) -> None:
        self.graph, self.graph_shapes = graph, shapes
        self.nodes = {node.id: node for node in graph.nodes}
        self.order = [self.nodes[node_id] for node_id in shapes.order]
        self.output_node = graph.of_kind(Output)[0]
        output = self.output_node.layer
        assert isinstance(output, Output)
        self.output: Output = output
        self.levels = shapes.levels
        self.reads: dict[str, tuple[str, ...]] = {
            node_id: tuple(source for source in graph.inputs_of(node_id) if source in shapes.levels)
            for node_id in shapes.order
        }
        self.needed = self._needing_gradient()
        self.shapes = self._array_shapes()
        self.terms = self._gradient_terms()

    def notation(self, node: Node) -> Notation:
        """Return a layer's place in the network."""
        reads = self.reads[node.id]
        return Notation(
            level=self.levels[node.id],
            reads=tuple(self.levels[source] for source in reads),
            units=self.graph_shapes.units[node.id],
            inputs=tuple(self.graph_shapes.units[source] for source in reads),
            share="1/Σc" if self.output.class_weights else "1/m",
            learns=bool(self.graph_shapes.learned(node.id)),
        )

    # -- lines: what the script is made of too --------------------------------------------------------------------

    def forward_lines(self, node: Node) -> tuple[Line, ...]:
        """Return the lines of a layer's forward pass."""
        return node.layer.forward_lines(self.notation(node))

    def backward_lines(self, node: Node) -> tuple[Line, ...]:
        """Return the lines of a layer's backward pass.

        dA of a layer with one reader stands with that reader, as in the notes; with several it stands first with the
        layer itself, as a sum over its readers.
        """
        if node.id not in self.needed:
            return ()
        lines = list(node.layer.backward_lines(self.notation(node)))
        own = self.terms.get(node.id, [])
        if len(own) > 1:
            lines.insert(0, self._sum_line(node.id, own))
        for source in dict.fromkeys(self.reads[node.id]):
            if source in self.needed and len(self.terms[source]) == 1:
                lines.append(self._sum_line(source, self.terms[source]))
        return tuple(lines)

    def _sum_line(self, node_id: str, terms: list[Line]) -> Line:
        left = f"dA[{self.levels[node_id]}]"
        latex = " + ".join(term.latex or term.text for term in terms) if any(term.latex for term in terms) else ""
        code = " + ".join(term.code for term in terms) if all(term.code for term in terms) else ""
        return Line(
            f"{left} = {' + '.join(term.text for term in terms)}",
            f"{left} = {code}" if code else "",
            f"{left} = {latex}" if latex else "",
            spells_out=terms[0].spells_out if len(terms) == 1 else "",
        )

    def _gradient_terms(self) -> dict[str, list[Line]]:
        terms: dict[str, list[Line]] = {}
        for node in reversed(self.order):
            if node.id in self.needed:
                given = node.layer.input_gradients(self.notation(node))
                for source, term in zip(self.reads[node.id], given, strict=True):
                    terms.setdefault(source, []).append(term)
        return terms

    def _needing_gradient(self) -> set[str]:
        """Return the layers that have something to learn, or come after one that has."""
        needed: set[str] = set()
        for node in self.order:
            if self.graph_shapes.learned(node.id) or any(source in needed for source in self.reads[node.id]):
                needed.add(node.id)
        return needed

    def _array_shapes(self) -> dict[str, tuple[Size, Size]]:
        first, n_y = self.graph_shapes.units[self.order[0].id], self.output.units
        shapes: dict[str, tuple[Size, Size]] = {"X": (first, "m"), "Y": (n_y, "m"), "Ŷ": (n_y, "m"), "c": (1, "m")}
        for node in self.order:
            level, units = self.levels[node.id], self.graph_shapes.units[node.id]
            for quantity in ("Z", "A"):
                shapes[f"{quantity}[{level}]"] = (units, "m")
            for spec in self.graph_shapes.specs.get(node.id, ()):
                rows, columns = spec.shape
                arrays: dict[str, tuple[Size, Size]] = {spec.name: spec.shape}
                if spec.name == "Theta":
                    arrays = {"W": (rows, columns - 1), "b": (rows, 1)}
                for name, shape in arrays.items():
                    shapes[f"{GREEK_NAMES.get(name, name)}[{level}]"] = shape
            for line in (*self.forward_lines(node), *node.layer.backward_lines(self.notation(node))):
                if line.shape is not None:
                    shapes[line.text.partition(" ")[0]] = line.shape
        return {**shapes, **{f"d{symbol}": shape for symbol, shape in shapes.items()}}

    # -- sections ---------------------------------------------------------------------------------------------------

    def forward_sections(self) -> list[Section]:
        """Return the forward equations, a section for each layer."""
        return [
            Section("forward", self._title(node), node.id, self._formulas(node, self.forward_lines(node)))
            for node in self.order
        ]

    def backward_sections(self) -> list[Section]:
        """Return the backward equations from the output back, a section for each layer that takes part."""
        made = []
        for node in reversed(self.order):
            lines = self.backward_lines(node)
            if lines:
                made.append(
                    Section("backward", self._title(node), node.id, self._formulas(node, lines), self._note(node))
                )
        return made

    def cost_section(self, settings: TrainingSettings) -> Section:
        """Return the loss of one example and the cost of all."""
        loss, level = self.output.loss, self.levels[self.output_node.id]
        formulas = [Formula(f"L(ŷ, y) = {loss.formula}", rf"L(\hat y, y) = {loss.latex}", symbols=(f"A[{level}]", "Y"))]
        formulas += self._formulas(self.output_node, self.output.weight_lines())
        weighted = bool(self.output.class_weights)
        cost = "1/Σc Σ c L(ŷ, y)" if weighted else "1/m Σ L(ŷ, y)"
        formulas.append(Formula(f"J = {cost}", to_latex(f"J = {cost}"), symbols=(f"A[{level}]", "Y")))
        terms = [
            f"{factor} {sum_}"
            for value, factor, sum_ in ((settings.l2, "½ λ₂", "Σ W²"), (settings.l1, "λ₁", "Σ |W|"))
            if value
        ]
        note = ""
        if terms:
            text = f"J + {' + '.join(terms)}"
            formulas.append(Formula(text, to_latex(text)))
            values = ", ".join(f"λ{mark} = {v:g}" for v, mark in ((settings.l2, "₂"), (settings.l1, "₁")) if v)
            note = f"a step goes down the last line, {values}"
        return Section("cost", title_of(loss), self.output_node.id, tuple(formulas), note)

    def _formulas(self, node: Node, lines: tuple[Line, ...]) -> tuple[Formula, ...]:
        return tuple(self._formula(node, line) for line in lines)

    def _formula(self, node: Node, line: Line) -> Formula:
        text = line.text
        if "∂L/∂Ŷ" in text:
            value = f"A[{self.levels[node.id]}]"
            text = text.replace("∂L/∂Ŷ", LOSS_SLOPES.get(name_of(self.output.loss), "∂L/∂Ŷ").replace("A", value))
        detail, latex_detail = self._written_out(node, line)
        return Formula(
            text=text,
            latex=to_latex(line.latex or text),
            shapes=shapes_of(text, self.shapes),
            symbols=symbols_in(text),
            detail=detail,
            latex_detail=latex_detail,
        )

    def _written_out(self, node: Node, line: Line) -> tuple[str, str]:
        if not line.spells_out:
            return "", ""
        # dA of a layer read may stand in its reader's section or in its own: the function is the reader's.
        activation = getattr(node.layer, "activation", None)
        if not isinstance(activation, Activation):
            return "", ""
        settings = "".join(
            f", {label.lower()} = {getattr(activation, name):g}" for name, label in _labels(type(activation))
        )
        latex_settings = settings.replace(", ", r",\;").replace(" = ", "=")
        if line.spells_out == "value":
            return f"g(z) = {activation.formula}{settings}", f"g(z) = {activation.latex}{latex_settings}"
        derivative = activation.derivative_latex
        latex = derivative if derivative.startswith(r"\frac{\partial") else f"g'(z) = {derivative}"
        text = activation.derivative_formula
        return (text if "∂" in text else f"g′(z) = {text}") + settings, latex + latex_settings

    def _title(self, node: Node) -> str:
        level = self.levels[node.id]
        units = self.graph_shapes.units[node.id]
        return (
            f"{node.name} · ({units}, m)" if isinstance(node.layer, Input) else f"{level} · {node.name} · ({units}, m)"
        )

    def _note(self, node: Node) -> str:
        notes = []
        if self.graph_shapes.specs.get(node.id) and not self.graph_shapes.learned(node.id):
            notes.append("frozen: no gradient of its parameters")
        readers = len(self.terms.get(node.id, []))
        if readers > 1:
            notes.append(f"dA[{self.levels[node.id]}] sums over {readers} readers")
        if node.id == self.output_node.id and self.output.fused:
            notes.append(f"A − Y holds for {title_of(self.output.activation)} with {title_of(self.output.loss)}")
        return "; ".join(notes)


@functools.cache
def _labels(kind: type[Declared]) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, field.label) for field in fields_of(kind))


GREEK_NAMES = {"gamma": "γ", "beta": "β"}


def update_section(settings: TrainingSettings, writer: Writer) -> Section:
    """Return how the parameters change: penalties, clipping, and the optimizer's rule."""
    optimizer = settings.optimizer
    formulas = []
    if settings.l2 or settings.l1:
        terms = (" + λ₂ W[l]" if settings.l2 else "") + (" + λ₁ sign(W[l])" if settings.l1 else "")
        text = f"dW[l] := dW[l]{terms}"
        formulas.append(Formula(text, to_latex(text).replace("[l]", "^{[l]}")))
    if settings.clip_norm:
        limit = f"{settings.clip_norm:g}"
        formulas.append(
            Formula(
                f"dθ := dθ · min(1, {limit} / ‖dθ‖)",
                rf"d\theta := d\theta\cdot\min\left(1,\,\frac{{{limit}}}{{\|d\theta\|}}\right)",
            )
        )
    formulas += [Formula(text, latex or to_latex(text)) for text, latex in update_rules(optimizer)]
    values = _values(optimizer)
    learned = [
        f"{GREEK_NAMES.get(name, name)}[{writer.levels[node.id]}]"
        for node in writer.order
        for spec in writer.graph_shapes.learned(node.id)
        for name in (("W", "b") if spec.name == "Theta" else (spec.name,))
    ]
    several = f"{learned[0]}, {learned[1]}, …, {learned[-1]}" if len(learned) > 3 else ", ".join(learned)
    formulas.append(Formula(f"θ = {several}", to_latex(f"θ = {several}").replace("…", r"\ldots ")))
    return Section("update", title_of(optimizer), "", tuple(formulas), values)


def update_rules(optimizer: Optimizer) -> tuple[tuple[str, str], ...]:
    """Return the optimizer's rule in θ, line by line: in plain characters, and in LaTeX where it does not follow."""
    known = UPDATES.get(name_of(optimizer))
    return known or tuple((rule.strip(), "") for rule in optimizer.formula.split(";"))


def _values(optimizer: Optimizer) -> str:
    return ", ".join(
        f"{label.rpartition(' ')[2]} = {getattr(optimizer, name):g}" for name, label in _labels(type(optimizer))
    )


def all_as_latex(found: tuple[Section, ...]) -> str:
    """Return every equation as one LaTeX text, an ``align*`` for each layer and direction."""
    blocks = []
    for section in found:
        rows = " \\\\\n".join(f"  {EQUALS.sub('&' + chr(92) + 'g<0>', f.latex, count=1)}" for f in section.formulas)
        blocks.append(f"% {PHASE_TITLES[section.phase]}: {section.title}\n\\begin{{align*}}\n{rows}\n\\end{{align*}}\n")
    return "\n".join(blocks)


def all_as_text(found: tuple[Section, ...]) -> str:
    """Return every equation as plain text, with the shapes beside."""
    blocks = []
    for section in found:
        note = f" ({section.note})" if section.note else ""
        rows = [f"{PHASE_TITLES[section.phase]}: {section.title}{note}"]
        rows += [f"  {f.text}" + (f"    {f.shapes}" if f.shapes else "") for f in section.formulas]
        blocks.append("\n".join(rows) + "\n")
    return "\n".join(blocks)

"""Panel: the loss of the chosen example term by term, the cost, losses compared as curves, and the worst examples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from engine.declared import name_of
from engine.graph import Graph
from engine.layers import BatchNorm, Input, Output
from engine.snapshot import ProbeRequest
from nnstudio import numbers
from nnstudio.loss_terms import MOST_WRITTEN, LossTerms, cost_line, logistic_lines, loss_terms, number
from ui.forms.plain import leave_wheel
from ui.panels.insight import InsightPanel
from ui.panels.loss_curves import LossCurves, over_error
from ui.panels.loss_lines import EquationLines
from ui.panels.loss_worst import WorstList
from ui.panels.page import GAP, Page
from ui.training_view_model import TrainingViewModel

WORST = 20  # examples in the list
PAD = 10
GREETING = "The loss of one example, term by term with its numbers, and the examples that cost most."
TOO_MANY = "The loss is written out for up to 64 outputs."
ALONE = (
    "Batch normalization takes its mean and variance from this example alone here, and from the running statistics "
    "when the network predicts: the list below has the losses of its predictions."
)


@dataclass(frozen=True)
class _Example:
    """Z[L], A[L] and Y of the walked example, (n_y,) each."""

    z: NDArray[np.float64]
    a: NDArray[np.float64]
    y: NDArray[np.float64]


class LossPanel(Page, InsightPanel):
    """From top to bottom: the loss with its numbers, logistic regression where it is that, the cost, curves, a list."""

    name: ClassVar[str] = "loss"
    title: ClassVar[str] = "Loss"
    hint: ClassVar[str] = GREETING
    tools_at_foot: ClassVar[bool] = True

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        inside = QWidget()
        inside.setProperty("role", "surface")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(PAD, 0, PAD, PAD)
        self._column.setSpacing(GAP)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        whole = QVBoxLayout(self.body)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

        self.told = self._words("dim")
        self.loss_lines = self._add(EquationLines())
        self.notes = self._words("hint")
        self.logistic_heading = self._heading("LOGISTIC REGRESSION")
        self.logistic_note = self._words("hint")
        self.logistic = self._add(EquationLines())
        self._heading("COST")
        self.cost = self._add(EquationLines())
        self.cost_note = self._words("hint")
        self.curves_heading = self._heading("LOSSES OVER THE PREDICTION")
        self.output_choice = QComboBox()
        leave_wheel(self.output_choice)
        self.output_choice.setAccessibleName("Output whose losses are drawn")
        self.output_choice.currentIndexChanged.connect(lambda _: self._draw_curves())
        self._add(self.output_choice)
        self.curves = self._add(LossCurves())
        self._heading("LARGEST LOSSES OF THE TRAINING EXAMPLES")
        self.worst = self._add(WorstList())
        self.worst.chosen.connect(model.choose)
        self._column.setStretchFactor(self.curves, 1)

    def wanted(self) -> ProbeRequest:
        """Return a walk over the chosen example, and the worst examples."""
        return ProbeRequest(walk=(self.model.chosen,), worst=WORST, boundary_resolution=1)

    def ready(self) -> bool:
        """Return whether the chosen example's numbers have come, for the network there is now."""
        if not super().ready() or self.model.data is None:
            return False
        self.set_hint(TOO_MANY if self._too_many() else GREETING)
        return self._example() is not None

    def restyle(self) -> None:
        """Take the colors of the theme now in force."""
        self.curves.restyle()

    def refresh(self) -> None:
        """Write and draw the latest."""
        example, data = self._example(), self.model.data
        if example is None or data is None:
            return
        training = self.model.status.state == "training"
        for lines in (self.loss_lines, self.logistic, self.cost):
            lines.live = training
        terms = loss_terms(self._output, example.z, example.a, example.y)
        self.told.setText(self._in_words(example, terms))
        self.loss_lines.show_lines(terms.lines())
        alone = [ALONE] if self._normalizes_over_examples() else []
        self.notes.setText(" ".join([terms.rest(), *terms.notes, *alone]).strip())
        self.notes.setVisible(bool(self.notes.text()))
        self._write_logistic(example)
        self._write_cost(len(data.training))
        self._offer_outputs(example)
        self._draw_curves()
        if self.model.probes.worst is not None:
            self.worst.show_worst(self.model.probes.worst, data, self.model.chosen)

    # -- parts ----------------------------------------------------------------------------------------------------

    def _in_words(self, example: _Example, terms: LossTerms) -> str:
        classes = self.model.data.classes if self.model.data is not None else ()
        loss = f"{self._output.loss.title} {number(terms.value)}"
        if len(example.y) == 1:
            name = f" ({classes[int(example.y[0] > 0.5)]})" if len(classes) == 2 else ""
            prediction = number(float(example.a[0]), probable=name_of(self._output.activation) == "sigmoid")
            return f"Target y = {numbers.short(float(example.y[0]), 4)}{name}, prediction ŷ = {prediction}, {loss}."
        if len(classes) == len(example.y):
            true, best = int(example.y.argmax()), int(example.a.argmax())
            shown = number(float(example.a[best]), probable=name_of(self._output.activation) == "softmax")
            return f"Target {classes[true]}, prediction {classes[best]} with {shown}, {loss}."
        return f"{numbers.plural(len(example.y), 'output')}, {loss}."

    def _write_logistic(self, example: _Example) -> None:
        shown = self._is_logistic()
        lines = []
        if shown:
            walk = self.walk
            assert walk is not None
            x, theta = walk.given["X"], walk.given.get(f"Theta[{self._level}]")
            few = x.shape[0] <= MOST_WRITTEN and theta is not None and theta.whole
            if few and theta is not None:
                lines = logistic_lines(x.values[:, 0], theta.values[0, 1:], float(theta.values[0, 0]))
            words = "Without a hidden layer, with sigmoid and binary cross-entropy, this network is logistic regression"
            many = f" over {numbers.plural(x.shape[0], 'feature')}: z = wᵀx + b, ŷ = σ(z)"
            self.logistic_note.setText(f"{words}, with x as it reads it." if few else f"{words}{many}.")
        self.logistic.show_lines(lines)
        for widget in (self.logistic_heading, self.logistic_note):
            widget.setVisible(shown)
        self.logistic.setVisible(bool(lines))

    def _write_cost(self, count: int) -> None:
        status = self.model.status
        true = math.isfinite(status.training_cost) and (status.measured or status.state != "training")
        value = status.training_cost if true else status.running_cost
        self.cost.show_lines([cost_line(count, value, weighted=bool(self._output.class_weights))])
        if true:
            note = "The true mean over all training examples, with the present weights."
        elif math.isfinite(value):
            note = "The mean of the last epoch's examples as they were seen, while the weights changed."
        else:
            note = "The mean over all training examples; it is known once training has begun."
        self.cost_note.setText(note)

    def _offer_outputs(self, example: _Example) -> None:
        several = len(example.y) > 1 and name_of(self._output.activation) != "softmax"
        self.output_choice.setVisible(several)
        wanted = len(example.y) if several else 0
        if self.output_choice.count() != wanted:
            with QSignalBlocker(self.output_choice):
                self.output_choice.clear()
                self.output_choice.addItems([f"Output {k + 1}" for k in range(wanted)])

    def _draw_curves(self) -> None:
        example = self._example()
        if example is None:
            return
        at = max(self.output_choice.currentIndex(), 0)
        if name_of(self._output.activation) == "softmax":
            at = int(example.y.argmax())
        at = min(at, len(example.y) - 1)
        self.curves_heading.setText(f"LOSSES OVER THE {'ERROR' if over_error(self._output) else 'PREDICTION'}")
        z, a, y = (float(values[at]) for values in (example.z, example.a, example.y))
        # Of softmax one logit does not tell the loss; with one output the loss is known already.
        whole = len(example.y) == 1 or name_of(self._output.activation) == "softmax"
        value = loss_terms(self._output, example.z, example.a, example.y).value if whole else None
        self.curves.show_example(self._output, z, a, y, value)

    # -- the network ----------------------------------------------------------------------------------------------

    @property
    def _graph(self) -> Graph:
        return self.model.store.document.graph

    @property
    def _output(self) -> Output:
        layer = self._graph.of_kind(Output)[0].layer
        assert isinstance(layer, Output)
        return layer

    @property
    def _level(self) -> int:
        return self.model.shapes.levels.get(self._graph.of_kind(Output)[0].id, 0)

    def _too_many(self) -> bool:
        return self.walk is not None and not self.walk.given["Y"].whole

    def _example(self) -> _Example | None:
        walk = self.walk
        if walk is None or not self._graph.of_kind(Output) or self._too_many():
            return None
        last = {stop.about.writes: stop.wrote for stop in walk.stops}  # the last to write A[L] writes A[L] itself
        z, a = last.get(f"Z[{self._level}]"), last.get(f"A[{self._level}]")
        y = walk.given["Y"]
        units = self._output.units
        if z is None or a is None or not (z.values.size == a.values.size == y.values.size == units):
            return None  # a walk through the network as it was before the last edit
        return _Example(z.values.reshape(-1), a.values.reshape(-1), y.values.reshape(-1))

    def _normalizes_over_examples(self) -> bool:
        layers = [self._graph.node(node_id).layer for node_id in self.model.shapes.order]
        return any(isinstance(layer, BatchNorm) and not layer.frozen for layer in layers)

    def _is_logistic(self) -> bool:
        output = self._output
        kinds = (name_of(output.activation), name_of(output.loss), output.units)
        sources = self._graph.inputs_of(self._graph.of_kind(Output)[0].id)
        straight = len(sources) == 1 and isinstance(self._graph.node(sources[0]).layer, Input)
        return straight and kinds == ("sigmoid", "binary_cross_entropy", 1)

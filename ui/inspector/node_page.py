"""The inspector's page for one layer."""

from __future__ import annotations

import math
import time

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from engine.activations import Activation
from engine.declared import Declared, Field, fields_of, replace
from engine.graph import Node
from engine.layers import Input, Output, parts
from engine.shapes import Shapes
from engine.snapshot import LayerDetail
from nnstudio import edits, numbers
from nnstudio.document import Document
from ui import theme
from ui.document_store import DocumentStore
from ui.forms import DeclaredForm
from ui.inspector.activation_plot import ActivationPlot
from ui.inspector.health import FROZEN, findings
from ui.inspector.heat_map import HeatMap
from ui.inspector.parts import FigureTable, Heading, Lines, Problems, label, set_text
from ui.inspector.recipe_section import RecipeSection
from ui.training_view_model import TrainingViewModel

PICTURE_SIDE = 64  # rows and columns of a matrix that training sends at most
INITIALIZERS = ("initializer", "bias_initializer")
SYMBOLS = {"gamma": "γ", "beta": "β", "mean": "μ", "variance": "σ²"}  # of stored arrays, in the notes' letters
RUNNING = "running"  # stands for the norm of a running statistic
AT_RESET = "Takes effect at Reset (Ctrl+R)."
FIGURES_EVERY = 0.15  # seconds between changes of figures in words: faster ones cannot be read


class NodePage(QWidget):
    """Name, equation, problems, settings, activation, shapes, health and weights of one node."""

    def __init__(self, store: DocumentStore, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store, self._model = store, model
        self._node_id = ""
        self._forms: list[DeclaredForm] = []
        self._forms_of: tuple[str, type] | None = None
        # The initializers of the weights there are, by node and setting, where they were changed since.
        self._begun_with: dict[tuple[str, str], Declared] = {}
        self._figures_at = 0.0
        self._detail: LayerDetail | None = None
        self._later = QTimer(self, singleShot=True, interval=int(FIGURES_EVERY * 1000))
        self._later.timeout.connect(self._show_figures)
        self.name = QLineEdit()
        self.name.setProperty("role", "title")
        theme.strong(self.name)
        self.name.setAccessibleName("Name of the layer")
        self.name.setToolTip("Click to rename")
        self.name.editingFinished.connect(self._rename)
        self.equation = label(role="dim", wrap=True)
        self.equation.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problems = Problems()
        self._above, self._below = _column(), _column()
        self.plot = ActivationPlot()
        self._shapes_heading = Heading("SHAPES", "norm ‖·‖")
        self.shapes = FigureTable()
        self._health_heading = Heading("HEALTH")
        self.health = Lines()
        self._weights_heading = Heading("WEIGHTS", "row: unit, column: what it reads")
        self.heat_map = HeatMap()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.name, self.equation, self.problems):
            column.addWidget(widget)
        column.addSpacing(8)
        column.addWidget(self._above)
        column.addWidget(self.plot)
        column.addSpacing(8)
        column.addWidget(self._below)
        for widget in (self._shapes_heading, self.shapes, self._health_heading, self.health):
            column.addWidget(widget)
        column.addWidget(self._weights_heading)
        column.addWidget(self.heat_map)
        self.recipe: RecipeSection | None = None  # made when the Input is first shown
        column.addStretch(1)

    @property
    def forms(self) -> list[DeclaredForm]:
        """The forms of the layer's settings: one, or two around the plot of its activation."""
        return self._forms

    def show_node(self, node: Node) -> None:
        """Show a node as the document has it."""
        if node.id != self._node_id:
            self._node_id, self._detail, self._figures_at = node.id, None, 0.0
        if self.name.text() != node.name and not self.name.isModified():
            self.name.setText(node.name)
            self.name.setCursorPosition(0)
        self._show_forms(node)
        activation = getattr(node.layer, "activation", None)
        self.plot.setVisible(isinstance(activation, Activation))
        if isinstance(activation, Activation):
            self.plot.set_activation(activation)
        self.show_shapes(node, self._model.shapes)
        self._show_recipe(node)
        self._figures_at = 0.0
        self.show_live(node)

    def _show_recipe(self, node: Node) -> None:
        """Show below the Input what becomes of the table on its way there."""
        if isinstance(node.layer, Input):
            if self.recipe is None:
                self.recipe = RecipeSection(self._model)
                layout = self.layout()
                assert isinstance(layout, QVBoxLayout)
                layout.insertWidget(layout.count() - 1, self.recipe)
            self.recipe.show_recipe()
        elif self.recipe is not None:
            self.recipe.hide()

    def show_shapes(self, node: Node, shapes: Shapes) -> None:
        """Show what follows from the graph: the equation, the problems, the shapes."""
        self.problems.show_problems(shapes.problems_of(node.id))
        level = shapes.levels.get(node.id)
        reads = self._reads(node, shapes)
        known = level is not None and reads is not None
        self.equation.setVisible(known)
        if known:
            set_text(self.equation, node.layer.equation(level, reads))
        rows = self._rows(node, shapes, None)
        self._shapes_heading.setVisible(bool(rows))
        self.shapes.show_rows(rows)

    def show_live(self, node: Node) -> None:
        """Show what training tells of this layer now."""
        detail = self._detail_of(node)
        level = self._model.shapes.levels.get(node.id)
        if detail is self._detail and self._figures_at:
            return
        self._detail = detail
        self.plot.set_histogram(detail.z_histogram if detail else None)
        whole = self._whole_shape(node)
        has_weights = detail is not None and detail.weights.size > 0 and whole is not None and level is not None
        self._weights_heading.setVisible(has_weights)
        self.heat_map.setVisible(has_weights)
        if detail is not None and whole is not None and has_weights:
            self.heat_map.set_matrix(detail.weights, f"W[{level}]", whole)
        if time.monotonic() - self._figures_at >= FIGURES_EVERY:
            self._show_figures()
        elif not self._later.isActive():
            self._later.start()

    def _detail_of(self, node: Node) -> LayerDetail | None:
        """Return the latest look at a layer, if it was taken of the layer in its present shape."""
        detail, whole = self._model.probes.detail, self._whole_shape(node)
        if detail is None or detail.node != node.id or detail.units != self._model.shapes.units.get(node.id):
            return None
        fits = whole is None or detail.weights.shape == tuple(min(side, PICTURE_SIDE) for side in whole)
        return detail if fits else None

    def _show_figures(self) -> None:
        self._figures_at = time.monotonic()
        graph, shapes, detail = self._store.document.graph, self._model.shapes, self._detail
        if not graph.has(self._node_id):
            return
        node, level = graph.node(self._node_id), shapes.levels.get(self._node_id)
        if detail is not self._detail_of(node):  # a change of the layer came between the look and this showing
            detail = None
        self.shapes.show_rows(self._rows(node, shapes, detail))
        fused = isinstance(node.layer, Output) and node.layer.fused
        lines = findings(detail, level, fused=fused) if detail is not None and level is not None else []
        if node.layer.is_frozen:
            lines = [FROZEN, *lines]
        self._health_heading.setVisible(bool(lines))
        self.health.setVisible(bool(lines))
        self.health.show_lines(lines)

    # -- forms ----------------------------------------------------------------------------------------------------

    def _show_forms(self, node: Node) -> None:
        key = (node.id, type(node.layer))
        if key != self._forms_of:
            self._forms_of = key
            self._make_forms(node)
        for form in self._forms:
            form.set_value(node.layer)
        self._show_note(node)

    def _show_note(self, node: Node) -> None:
        for setting in INITIALIZERS:
            initializer = getattr(node.layer, setting, None)
            late = self._begun_with.get((node.id, setting), initializer) != initializer
            for form in self._forms:
                form.set_note(setting, AT_RESET if late else "")

    def weights_are_new(self) -> None:
        """Learn that all weights were made anew, by the initializers as they are now, or belong to another project."""
        self._begun_with.clear()
        graph = self._store.document.graph
        if graph.has(self._node_id):
            self._show_note(graph.node(self._node_id))

    def _make_forms(self, node: Node) -> None:
        for form in self._forms:
            form.hide()
            form.deleteLater()
        names = [field.name for field in fields_of(type(node.layer))]
        cut = names.index("activation") + 1 if "activation" in names else len(names)
        allowed = isinstance(node.layer, Output)

        def offers(field: Field, kind: type[Declared]) -> bool:
            return allowed or not getattr(kind, "output_only", False)

        self._forms = []
        for chosen, place in ((names[:cut], self._above), (names[cut:], self._below)):
            place.setVisible(bool(chosen))
            if chosen:
                form = DeclaredForm(node.layer, only=chosen, offers=offers)
                form.edited.connect(self._edit)
                place.layout().addWidget(form)
                self._forms.append(form)

    def _edit(self, layer: Declared, path: str) -> None:
        node_id, setting = self._node_id, path.split(".")[0]
        value = getattr(layer, setting)
        field = next(field for field in fields_of(type(layer)) if field.name == setting)

        def edit(document: Document) -> Document:
            # Only the one setting: the edit may come late, and others may have been changed meanwhile.
            return edits.set_layer(document, node_id, replace(document.graph.node(node_id).layer, **{setting: value}))

        node, trained = self._store.document.graph.node(node_id), self._store.document.checkpoint is not None
        name = node.name
        if setting in INITIALIZERS and trained:
            self._begun_with.setdefault((node_id, setting), getattr(node.layer, setting))
        if not self._store.apply(edit, f"Change {field.label.lower()} of {name}", merge_key=f"{node_id}.{path}"):
            self.show_node(self._store.document.graph.node(node_id))

    def _rename(self) -> None:
        node_id, name = self._node_id, self.name.text().strip()
        self.name.setModified(False)
        graph = self._store.document.graph
        if not graph.has(node_id) or name == graph.node(node_id).name:
            return
        old = graph.node(node_id).name
        if not name or not self._store.apply(
            lambda document: edits.rename(document, node_id, name), f"Rename {old} to {name}"
        ):
            self.name.setText(old)

    # -- figures --------------------------------------------------------------------------------------------------

    def _reads(self, node: Node, shapes: Shapes) -> tuple[int, ...] | None:
        sources = self._store.document.graph.inputs_of(node.id)
        if any(source not in shapes.levels for source in sources):
            return None
        return tuple(shapes.levels[source] for source in sources)

    def _whole_shape(self, node: Node) -> tuple[int, int] | None:
        for spec in self._model.shapes.specs.get(node.id, ()):
            for symbol, shape in _parts(spec.name, spec.shape):
                if symbol == "W":
                    return shape
        return None

    def _rows(self, node: Node, shapes: Shapes, detail: LayerDetail | None) -> list[tuple[str, str, str]]:
        level, units = shapes.levels.get(node.id), shapes.units.get(node.id)
        if level is None or units is None:
            return []
        norms = detail.norms if detail is not None else {}

        def row(symbol: str, shape: tuple[int, int], instead: str = "") -> tuple[str, str, str]:
            name = f"{SYMBOLS.get(symbol, symbol)}[{level}]"
            return name, numbers.shape(shape), instead or numbers.number(norms.get(name, math.nan))

        specs = shapes.specs.get(node.id, ())
        rows = [
            row(symbol, shape, RUNNING if spec.statistic else "")
            for spec in specs
            for symbol, shape in _parts(spec.name, spec.shape)
        ]
        reads = self._reads(node, shapes)
        has_z = reads is not None and f"Z[{level}]" in node.layer.equation(level, reads)
        batch = self._store.document.training.batch_size
        if self._model.data is not None:
            batch = min(batch, len(self._model.data.training))
        values = f"Z[{level}], A[{level}]" if has_z else f"A[{level}]"
        rows.append((values, numbers.shape((units, "m")), f"m = {numbers.count(batch)}"))
        learned = [part for spec in shapes.learned(node.id) for part in _parts(spec.name, spec.shape)]
        rows += [row(f"d{symbol}", shape) for symbol, shape in learned if symbol == "W"]
        return rows


def _parts(name: str, shape: tuple[int, int]) -> list[tuple[str, tuple[int, int]]]:
    # A view of one number has the shape and takes no memory.
    found = parts(name, np.broadcast_to(np.float32(0.0), shape))
    return [(symbol, (array.shape[0], array.shape[1])) for symbol, array in found.items()]


def _column() -> QWidget:
    widget = QWidget()
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 8)
    return widget

"""Panel: a gallery of the activation functions, with the z of this network's own layers."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.activations import ACTIVATIONS, Activation
from engine.declared import fields_of, name_of
from engine.graph import Node
from engine.layers import Output
from engine.snapshot import ProbeRequest
from nnstudio import numbers
from ui.forms.controls import CalmSlider
from ui.forms.plain import leave_wheel
from ui.panels.base import Panel
from ui.panels.gallery_pictures import ActivationList
from ui.panels.gallery_plot import ActivationCurves
from ui.panels.gallery_softmax import SoftmaxPage
from ui.training_view_model import TrainingViewModel
from ui.typeset import Equation

PAD = 10
GAP = 6
STEPS = 100  # of the slider, for one unit of z
FIRST_Z = 1.0
LETTERS = {"slope": "s", "alpha": "α"}  # of the parameters, as the formulas write them
NO_LAYER = "No layer of this network uses it."


class GalleryPanel(Panel):
    """Every registered activation: curve, derivative, formulas, a point to move, and where a layer's z fall."""

    name: ClassVar[str] = "functions"
    title: ClassVar[str] = "Functions"
    hint: ClassVar[str] = "The activation functions, their derivatives, and where this network's z fall on them."
    tools_at_foot: ClassVar[bool] = True

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        inside = QWidget()
        inside.setProperty("role", "surface")
        column = QVBoxLayout(inside)
        column.setContentsMargins(PAD, 0, PAD, PAD)
        column.setSpacing(GAP)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        whole = QVBoxLayout(self.body)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

        self.list = ActivationList()
        self.formula, self.derivative = Equation(), Equation()
        self.parameters = QLabel()
        self.parameters.setProperty("role", "dim")
        self.layer = QComboBox()
        leave_wheel(self.layer)
        self.layer.setAccessibleName("Layer whose z is shown")
        self.layer.setToolTip("The layer that uses this function, whose z and parameters are shown")
        self.layer.currentIndexChanged.connect(lambda _: self.refresh())
        self.where = QLabel()
        self.where.setProperty("role", "hint")
        self.where.setWordWrap(True)
        self.curves = ActivationCurves()
        self.slider = CalmSlider()
        self.slider.setAccessibleName("z of the point")
        self.slider.setSingleStep(STEPS // 10)
        self.slider.setPageStep(STEPS)
        self.slider.valueChanged.connect(lambda value: self._move(value / STEPS))
        self.kink = QLabel()
        self.kink.setProperty("role", "hint")
        self.kink.setWordWrap(True)
        self.softmax = SoftmaxPage()
        choice = QHBoxLayout()
        choice.addWidget(self.layer)
        choice.addWidget(self.where, 1)
        column.addWidget(self.list)
        column.addWidget(self.formula)
        column.addWidget(self.derivative)
        column.addWidget(self.parameters)
        column.addLayout(choice)
        for widget in (self.curves, self.slider, self.kink, self.softmax):
            column.addWidget(widget)
        for widget in (self.curves, self.softmax):
            column.setStretchFactor(widget, 1)
        self._offered: object = None
        self._fit_slider()
        self.slider.setValue(round(FIRST_Z * STEPS))
        self.list.chosen.connect(self._choose)
        self.list.choose(self._first())
        # From here on a person chooses.
        self.list.chosen.connect(self._tell_choice)
        self.list.itemClicked.connect(lambda _: self._tell_choice(self.list.name))  # of the one there was, too
        self.slider.actionTriggered.connect(lambda _: model.did.emit("move_point"))
        self.setFocusProxy(self.list)
        model.store.changed.connect(lambda *_: self._news())

    def wanted(self) -> ProbeRequest:
        """Return the histograms of what every activation is applied to."""
        return ProbeRequest(z=True, boundary_resolution=1)

    def restyle(self) -> None:
        """Take the colors of the theme now in force."""
        self.list.restyle()
        self.curves.restyle()
        self.softmax.restyle()

    def refresh(self) -> None:
        """Draw the chosen function, with the parameters and the z of the chosen layer."""
        self._offer_layers()
        node, activation = self._node(), self._activation()
        is_softmax = name_of(activation) == "softmax"
        self._write_formulas(activation)
        for widget in (self.curves, self.slider, self.kink):
            widget.setVisible(not is_softmax)
        self.softmax.setVisible(is_softmax)
        if is_softmax:
            return
        histogram = self.model.probes.z.get(node.id) if node is not None else None
        self.curves.show_activation(activation, histogram, node.name if node is not None else "")
        self._fit_slider()
        self._tell_kink()

    # -- choosing -------------------------------------------------------------------------------------------------

    def _tell_choice(self, name: str) -> None:
        for deed in ("choose_function", f"choose_function_{name}"):
            self.model.did.emit(deed)

    def users(self, name: str) -> list[Node]:
        """Return the layers that use an activation, in the order of computation."""
        graph, order = self.model.store.document.graph, self.model.shapes.order
        nodes = [graph.node(node_id) for node_id in order]
        found = [getattr(node.layer, "activation", None) for node in nodes]
        return [node for node, used in zip(nodes, found, strict=True) if used is not None and name_of(used) == name]

    def _first(self) -> str:
        """Return the activation of the first layer that is not the output's, to begin with."""
        layers = [node for name in ACTIVATIONS for node in self.users(name)]
        hidden = [node for node in layers if not isinstance(node.layer, Output)] or layers
        order = self.model.shapes.order
        first = min(hidden, key=lambda node: order.index(node.id), default=None)
        return name_of(first.layer.activation) if first is not None else "sigmoid"  # type: ignore[attr-defined]

    def _choose(self, name: str) -> None:
        self._offered = None
        self.refresh()

    def _offer_layers(self) -> None:
        used = {name: self.users(name) for name in ACTIVATIONS}
        offer = (self.list.name, tuple((name, node.id, node.name) for name in used for node in used[name]))
        if offer == self._offered:
            return
        self._offered = offer
        self.list.mark_used({name: ", ".join(node.name for node in nodes) for name, nodes in used.items() if nodes})
        nodes, before = used[self.list.name], self.layer.currentData()
        with QSignalBlocker(self.layer):
            self.layer.clear()
            for node in nodes:
                self.layer.addItem(node.name, node.id)
            self.layer.setCurrentIndex(max(self.layer.findData(before), 0) if nodes else -1)
        self.layer.setVisible(bool(nodes))
        self.where.setText(NO_LAYER if not nodes else "")
        self.where.setVisible(not nodes)

    def _node(self) -> Node | None:
        nodes = self.users(self.list.name)
        return next((node for node in nodes if node.id == self.layer.currentData()), None)

    def _activation(self) -> Activation:
        node = self._node()
        if node is None:
            return ACTIVATIONS[self.list.name]()
        used: Activation = node.layer.activation  # type: ignore[attr-defined]
        return used

    # -- words and numbers ----------------------------------------------------------------------------------------

    def _write_formulas(self, activation: Activation) -> None:
        softmax = name_of(activation) == "softmax"
        left = ("g(z)_k = ", "g(z)ₖ = ") if softmax else ("g(z) = ", "g(z) = ")
        self.formula.show_equation(left[0] + activation.latex, left[1] + activation.formula)
        left = ("", "") if softmax else ("g'(z) = ", "g′(z) = ")
        self.derivative.show_equation(left[0] + activation.derivative_latex, left[1] + activation.derivative_formula)
        fields = [(field, getattr(activation, field.name)) for field in fields_of(type(activation))]
        words = [
            f"{LETTERS.get(field.name, field.label)} = {numbers.short(float(value))}"
            for field, value in fields
            if isinstance(value, (int, float))
        ]
        where = " as in the layer" if words and self._node() is not None else ""
        self.parameters.setText(", ".join(words) + where)
        self.parameters.setVisible(bool(words))

    def _fit_slider(self) -> None:
        low, high = self.curves.reach
        wanted = (round(low * STEPS), round(high * STEPS))
        if (self.slider.minimum(), self.slider.maximum()) != wanted:
            self.slider.setRange(*wanted)

    def _move(self, z: float) -> None:
        self.curves.show_point(z)
        self._tell_kink()

    def _tell_kink(self) -> None:
        activation = self.curves.activation
        at = activation is not None and self.curves.z in activation.kinks
        words = f"g has a kink at z = {numbers.short(self.curves.z)}: g′ there is that of the right branch."
        self.kink.setText(words if at else "")

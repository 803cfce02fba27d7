"""One unit large: its symbol, what is to be said of it, its picture or its examples, and the weights around it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QVBoxLayout, QWidget

from engine.graph import Graph
from engine.shapes import Shapes
from engine.units import Units
from nnstudio import numbers
from nnstudio.data import PreparedData
from nnstudio.units import likeness, listed_examples, made_from, range_words, state, unit_symbol, weights_of
from ui.inspector.parts import Lines, label, set_text
from ui.panels.units_examples import ExampleList
from ui.panels.units_pictures import ExamplePictures, Pictures
from ui.panels.units_plane import LEAST_HEIGHT, UnitPlane
from ui.panels.units_weights import WeightBars

BESIDE = 400  # pixels from which weights stand beside the plane, or beside each other below the picture
PLANE_SHARE, WEIGHTS_SHARE = 5, 4
BELOW = 260  # pixels that words and weights take where the weights stand below the plane
LEAST_SHARE = 0.7  # of its width, that the plane has in height then
SPACING, GAP = 4, 16
RIGHT = 10


class UnitDetail(QScrollArea):
    """The chosen unit; in a small panel one scrolls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.symbol = label(role="title")
        self.about = label(role="dim", wrap=True)
        self.lines = Lines()
        self.plane, self.examples = UnitPlane(), ExampleList()
        self.origin = label(role="dim", wrap=True)
        self._weights: list[WeightBars] = []
        self._side = QWidget()
        self._around = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._side)
        self._around.setContentsMargins(0, 0, 0, 0)
        self._around.setSpacing(GAP)
        self._content = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._content.setSpacing(GAP)
        self._content.addWidget(self.plane, PLANE_SHARE)
        self._content.addWidget(self.examples)
        self._content.addWidget(self._side, WEIGHTS_SHARE, Qt.AlignmentFlag.AlignTop)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(3, 4, RIGHT, 4)
        column.setSpacing(SPACING)
        for widget in (self.symbol, self.about, self.lines, self.origin):
            column.addWidget(widget)
        column.addLayout(self._content)
        column.addStretch(1)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("The chosen unit")

    def show_unit(
        self,
        graph: Graph,
        shapes: Shapes,
        data: PreparedData,
        units: Units,
        place: int,
        pictures: Pictures,
        chosen: int,
    ) -> None:
        """Show the unit in a place of those told, and the training example chosen."""
        level, unit = shapes.levels[units.node], int(units.shown[place])
        symbol = unit_symbol(level, unit)
        name = graph.node(units.node).name
        set_text(self.symbol, f"{symbol}   unit {numbers.count(unit + 1)} of {numbers.count(units.count)}, {name}")
        bias = f"; bias {numbers.number(float(units.biases[place]))}" if len(units.biases) else ""
        set_text(self.about, f"{range_words(units, place)}{bias}")
        said = state(units, place)
        lines = [(said.grade, said.sentence), ("warn", likeness(units, place))]
        self.lines.show_lines([line for line in lines if line[1]])
        self.lines.setVisible(any(sentence for _, sentence in lines))
        set_text(self.origin, "" if units.reads is not None else made_from(graph, shapes, units.node, unit))
        self.origin.setVisible(bool(self.origin.text()))
        flat = units.plane is not None
        if units.plane is not None:
            self.plane.show_unit(data, units.plane, place, symbol, pictures.scale, chosen)
        else:
            listed = listed_examples(units, place)
            drawn = ExamplePictures(units, data, strips=pictures.kind == "strips")
            self.examples.show_examples(data, listed, drawn, chosen)
        self.plane.setVisible(flat)
        self.examples.setVisible(not flat)
        self._show_weights(graph, shapes, data, units, place)
        self._arrange()

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.plane.restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the weights beside the picture where there is room, below it otherwise."""
        super().resizeEvent(event)
        self._arrange()

    def _show_weights(self, graph: Graph, shapes: Shapes, data: PreparedData, units: Units, place: int) -> None:
        listed = weights_of(graph, shapes, data.features, units, place)
        while len(self._weights) < len(listed):
            self._weights.append(WeightBars())
            self._around.addWidget(self._weights[-1], 1, Qt.AlignmentFlag.AlignTop)
        for bars, weights in zip(self._weights, listed, strict=False):
            bars.show_weights(weights)
        for at, bars in enumerate(self._weights):
            bars.setVisible(at < len(listed))
        self._side.setVisible(bool(listed))

    def _arrange(self) -> None:
        down, across = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        width, height = self.viewport().width(), self.viewport().height()
        wide, flat = width >= BESIDE, not self.plane.isHidden()
        beside = wide and flat and height - BELOW < width * LEAST_SHARE
        self._content.setDirection(across if beside else down)
        self._around.setDirection(across if wide and not beside else down)
        # About as high as wide, its axes included.
        plane = (width - GAP) * PLANE_SHARE / (PLANE_SHARE + WEIGHTS_SHARE) if beside else width
        if wide and not beside:
            plane = min(plane, height - BELOW)
        self.plane.setFixedHeight(max(LEAST_HEIGHT, round(plane)))

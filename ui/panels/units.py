"""Panel: what each unit of a layer responds to, as small pictures, and one unit large with the weights around it."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QEnterEvent, QGuiApplication, QHideEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QSplitter, QToolButton, QVBoxLayout, QWidget

from engine.snapshot import ProbeRequest
from engine.units import MOST_UNITS, Units, page_of
from nnstudio.units import fits, likeness, marks, page_words, range_words, state, summary, unit_symbol, units_text
from ui import icons, theme
from ui.forms.controls import Combo
from ui.inspector.parts import label, set_text
from ui.panels.insight import InsightPanel
from ui.panels.units_detail import UnitDetail
from ui.panels.units_grid import Cell, GridArea, UnitGrid
from ui.panels.units_pictures import Pictures, ScaleBar, pictures
from ui.training_view_model import TrainingViewModel

WIDE = 720  # pixels from which the chosen unit stands beside the small pictures
NARROW = 380  # pixels below which the pages stand under the words, and the scale is left out
SHARE = 0.42  # of the height, or half of the width, that the small pictures take at first
MARGIN = 10
LEAST_COMBO, MOST_COMBO = 70, 200
WORDS_EVERY = 150  # milliseconds between changes of figures while training: faster ones cannot be read


class UnitsPanel(InsightPanel):
    """The units of one layer; the layer's card on the canvas is lit while they are shown."""

    name: ClassVar[str] = "units"
    title: ClassVar[str] = "Units"
    hint: ClassVar[str] = "What each unit of a layer responds to will be here, layer by layer."
    tools_at_foot: ClassVar[bool] = True

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        self._layer = ""
        self._chosen: dict[str, int] = {}  # the unit chosen in each layer
        self._drawn: tuple[object, ...] = ()
        self._lit = self._moved = False
        super().__init__(model, parent)
        self._pictures: Pictures | None = None
        self.layers, self.scale = Combo(), ScaleBar()
        self.before, self.after = QToolButton(), QToolButton()
        self.about, self.page = label(role="hint", wrap=True), label(role="hint")
        self.page_before, self.page_after = QToolButton(), QToolButton()
        self._words = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.grid, self.detail = UnitGrid(), UnitDetail()
        self._area, self._parts = GridArea(self.grid), QSplitter()
        self._later = QTimer(self, singleShot=True, interval=WORDS_EVERY)
        self._later.timeout.connect(self._show_unit)
        self._fill_body()
        self.setFocusProxy(self.grid)
        self.layers.currentIndexChanged.connect(lambda _: self.show_layer(self.layers.currentData() or ""))
        self.grid.picked.connect(lambda place: self.show_unit(self._first + place))
        self.grid.stepped.connect(self.step)
        self.detail.examples.picked.connect(model.choose)
        self.strips = self.add_tool("Show examples as strips", "ph.rows", self._draw_again, checkable=True)
        self.add_tool("Copy as text", "ph.clipboard-text", self.copy_text)
        model.shapes_changed.connect(self.ask)  # another layer may be the one shown now
        self.visibility.changed.connect(lambda _: self._light())

    # -- what is asked of training --------------------------------------------------------------------------------

    def wanted(self) -> ProbeRequest:
        """Return the units of the chosen layer, of a large one those about the chosen unit."""
        layer = self.layer
        page = page_of(self.unit, self._count()) if layer else 0
        return ProbeRequest(units=layer or None, unit=page, boundary_resolution=1)

    def ready(self) -> bool:
        """Return whether the units of the chosen layer have come, for the network and the data there are now."""
        errors = [problem.sentence for problem in self.model.shapes.problems if problem.severity == "error"]
        self.set_hint(errors[0] if errors and self.model.data is not None else self.hint)
        self._offer_layers()
        return self.units is not None

    @property
    def layer(self) -> str:
        """The node whose units are shown: the one chosen, or the first."""
        layers = self._layers()
        return self._layer if self._layer in layers else next(iter(layers), "")

    @property
    def units(self) -> Units | None:
        """The latest units, where they are of the chosen layer of the present network."""
        units, data = self.model.probes.units, self.model.data
        if units is None or data is None or self.model.problem or units.node != self.layer:
            return None
        graph = self.model.store.document.graph
        return units if fits(graph, self.model.shapes, len(data.features), len(data.training), units) else None

    def _layers(self) -> list[str]:
        """Return all layers but the input, in order."""
        shapes, graph = self.model.shapes, self.model.store.document.graph
        return [node for node in shapes.order if shapes.levels[node] and graph.has(node)]

    # -- choosing -------------------------------------------------------------------------------------------------

    def show_layer(self, node: str) -> None:
        """Show another layer's units."""
        if node and node != self.layer:
            self._layer = node
            self._offer_layers()
            self._light()
            self.ask()
            self._news()

    def step(self, steps: int) -> None:
        """Show the next layer, or the one before."""
        layers = self._layers()
        if layers:
            self.show_layer(layers[min(max(layers.index(self.layer) + steps, 0), len(layers) - 1)])

    @property
    def unit(self) -> int:
        """The chosen unit of the layer, from 0."""
        return min(self._chosen.get(self.layer, 0), self._count() - 1)

    def show_unit(self, unit: int) -> None:
        """Show a unit of the layer large; one that has not been told is asked for, with its neighbors."""
        units, unit = self.units, min(max(unit, 0), self._count() - 1)
        if unit == self.unit:
            return
        self._chosen[self.layer] = unit
        if units is None or unit not in units.shown:
            self.ask()
            return
        self.grid.choose(self.place)
        self._area.show_chosen()
        self._show_unit()

    def turn(self, pages: int) -> None:
        """Show the next units of a large layer, or those before."""
        self.show_unit((self.unit // MOST_UNITS + pages) * MOST_UNITS)

    @property
    def place(self) -> int:
        """The place of the chosen unit among those told, or the nearest while it has not come."""
        units = self.units
        return min(max(self.unit - self._first, 0), len(units.shown) - 1) if units is not None else 0

    @property
    def _first(self) -> int:
        """The first of the units told."""
        return int(self.units.shown[0]) if self.units is not None else 0

    def _count(self) -> int:
        return self.model.shapes.units.get(self.layer, 1)

    def _chosen_changed(self) -> None:
        super()._chosen_changed()
        if hasattr(self, "detail") and self.units is not None and self.visibility.seen:
            self._show_unit()

    # -- drawing --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Draw the latest; figures in words follow a few times a second while training."""
        units = self.units
        drawn = (units, theme.tokens().name, self.strips.isChecked(), self.model.data, self.model.store.document.graph)
        if all(one is other for one, other in zip(drawn, self._drawn, strict=False)) and self._drawn:
            return
        other = _of(self._drawn[0] if self._drawn else None) != _of(units)
        self._drawn = drawn
        self._draw()
        self._light()
        if other:
            self._area.show_chosen()
        if other or self.model.status.state != "training":
            self._show_unit()
        elif not self._later.isActive():
            self._later.start()

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.detail.restyle()
        self._dress()

    def data_changed(self) -> None:
        """Forget what was drawn of other data."""
        super().data_changed()
        self._drawn = ()

    def _draw_again(self, *_: object) -> None:
        self._drawn = ()
        self._news()

    def _draw(self) -> None:
        """Draw the small pictures."""
        units, data = self.units, self.model.data
        if units is None or data is None:
            return
        level = self.model.shapes.levels[units.node]
        self._pictures = pictures(units, data, f"A[{level}]", strips=self.strips.isChecked())
        cells = []
        for place, image in enumerate(self._pictures.units):
            symbol, number = unit_symbol(level, int(units.shown[place])), str(int(units.shown[place]) + 1)
            said, marked = state(units, place), marks(units, place)
            words = [f"{symbol}: {range_words(units, place)}", said.sentence, likeness(units, place)]
            names = [f"{name} {mark}" for mark in marked for name in (symbol, number)] or [symbol, number]
            grade = "warn" if marked and said.grade == "ok" else said.grade
            cells.append(Cell(image, tuple(names), grade, "\n".join(filter(None, words))))
        self.grid.show_cells(cells, self.place, smooth=self._pictures.kind in ("plane", "curves"))
        self.grid.setAccessibleName(f"Units of {self.model.store.document.graph.node(units.node).name}")
        self.scale.show_scale(self._pictures.scale)
        set_text(self.about, "; ".join(part for part in (self._pictures.words, summary(units)) if part))
        set_text(self.page, page_words(units))
        for widget in (self.page, self.page_before, self.page_after):
            widget.setVisible(bool(self.page.text()))
        self.page_before.setEnabled(self._first > 0)
        self.page_after.setEnabled(self._first + len(units.shown) < units.count)
        self.about.setVisible(bool(self.about.text() or self.page.text()))
        self._arrange()

    def _show_unit(self) -> None:
        """Show the chosen unit large."""
        units, data = self.units, self.model.data
        if units is not None and data is not None and self._pictures is not None and self.visibility.seen:
            document, shapes = self.model.store.document, self.model.shapes
            self.detail.show_unit(document.graph, shapes, data, units, self.place, self._pictures, self.model.chosen)

    def _offer_layers(self) -> None:
        if not hasattr(self, "layers"):
            return
        graph, levels = self.model.store.document.graph, self.model.shapes.levels
        wanted = [(f"A[{levels[node]}]  {graph.node(node).name}", node) for node in self._layers()]
        shown = [(self.layers.itemText(at), self.layers.itemData(at)) for at in range(self.layers.count())]
        with QSignalBlocker(self.layers):
            if wanted != shown:
                self.layers.clear()
                for text, node in wanted:
                    self.layers.addItem(text, node)
            self.layers.setCurrentIndex(self.layers.findData(self.layer))
        at = self.layers.currentIndex()
        self.before.setEnabled(at > 0)
        self.after.setEnabled(0 <= at < len(wanted) - 1)

    # -- the card on the canvas -----------------------------------------------------------------------------------

    def _light(self) -> None:
        """Light up the layer's card while its units are shown."""
        shown = self.visibility.seen and not self.empty
        if shown or self._lit:
            self._lit = shown
            self.model.lit.emit(self.layer if shown else "")

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up the card again, should another view have pointed elsewhere."""
        super().enterEvent(event)
        self._light()

    def hideEvent(self, event: QHideEvent) -> None:
        """Point at no layer any more."""
        super().hideEvent(event)
        if self._lit:
            self._lit = False
            self.model.lit.emit("")

    # -- copying --------------------------------------------------------------------------------------------------

    def copy_text(self) -> None:
        """Put the layer's units, and the weights of the chosen one, on the clipboard."""
        units, data = self.units, self.model.data
        if units is not None and data is not None:
            graph, shapes = self.model.store.document.graph, self.model.shapes
            QGuiApplication.clipboard().setText(units_text(graph, shapes, data.features, units, self.place))

    # -- looks ----------------------------------------------------------------------------------------------------

    def _fill_body(self) -> None:
        self.layers.setAccessibleName("Layer whose units are shown")
        self.layers.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.layers.setMinimumWidth(LEAST_COMBO)
        self.layers.setMaximumWidth(MOST_COMBO)
        for button, act, steps, words in (
            (self.before, self.step, -1, "The layer before (Page Up)"),
            (self.after, self.step, 1, "The next layer (Page Down)"),
            (self.page_before, self.turn, -1, f"The {MOST_UNITS} units before"),
            (self.page_after, self.turn, 1, f"The next {MOST_UNITS} units"),
        ):
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.clicked.connect(lambda _=False, act=act, steps=steps: act(steps))
        row = QHBoxLayout()
        row.setContentsMargins(MARGIN, 0, MARGIN, 0)
        row.setSpacing(4)
        for widget, stretch in ((self.before, 0), (self.layers, 1), (self.after, 0)):
            row.addWidget(widget, stretch)
        row.addStretch(0)
        row.addWidget(self.scale)
        pager = QHBoxLayout()
        pager.setSpacing(4)
        for widget in (self.page_before, self.page, self.page_after):
            pager.addWidget(widget)
        pager.addStretch(0)
        words = self._words
        words.setContentsMargins(MARGIN, 0, MARGIN, 0)
        words.setSpacing(4)
        words.addWidget(self.about, 1)
        words.addLayout(pager)
        self._parts.addWidget(self._area)
        self._parts.addWidget(self.detail)
        self._parts.setChildrenCollapsible(False)
        self._parts.splitterMoved.connect(self._border_moved)
        self._parts.setStretchFactor(1, 1)
        inside = QVBoxLayout()
        inside.setContentsMargins(MARGIN - 3, 0, 2, 0)
        inside.addWidget(self._parts)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addLayout(words)
        column.addLayout(inside, 1)
        self._dress()
        self._arrange()

    def _dress(self) -> None:
        for buttons, name in (
            ((self.before, self.page_before), "ph.caret-left"),
            ((self.after, self.page_after), "ph.caret-right"),
        ):
            for button in buttons:
                button.setIcon(icons.icon(name, theme.tokens().color("dim")))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the chosen unit beside the small pictures where there is room, below them otherwise."""
        super().resizeEvent(event)
        self._arrange()

    def _border_moved(self, *_: object) -> None:
        self._moved = True

    def _arrange(self) -> None:
        """Share the room between small pictures and the chosen unit, until a person moves the border."""
        wide, narrow = self.width() >= WIDE, self.width() < NARROW
        self.scale.setVisible(not narrow)
        self._words.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        orientation = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        turned = self._parts.orientation() != orientation
        if turned:
            self._parts.setOrientation(orientation)
            self._moved = False
        if self._moved:
            return
        if wide:
            self._parts.setSizes([self.width() // 2, self.width() // 2])
        else:
            share = int(self.height() * SHARE)
            used = min(self.grid.height_for(self._parts.width(), share), share)
            self._parts.setSizes([used, max(self._parts.height() - used, 1)])


def _of(units: object) -> tuple[str, int] | None:
    """Return of which layer units are, and the first of them."""
    return (units.node, int(units.shown[0])) if isinstance(units, Units) else None

"""Panel: gradient descent: the cost as a landscape, the path on it, the next step with its numbers, and another α."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from engine.plane import Axes, PlaneRequest
from engine.plane_look import Plane
from engine.snapshot import ProbeRequest
from nnstudio import descent
from nnstudio.descent_lines import rule_lines, update_lines
from nnstudio.loss_terms import Line
from ui import icons, theme
from ui.panels.base import Panel
from ui.panels.descent_axes import AxisChooser
from ui.panels.descent_curve import AlphaCurve
from ui.panels.descent_map import LandscapeMap
from ui.panels.loss_lines import EquationLines
from ui.panels.page import GAP, Page
from ui.training_view_model import TrainingViewModel
from ui.typeset import copy_text

PAD = 10
APART = 16
WIDE = 760  # pixels: from here on the numbers stand beside the map
MOST_ZOOM = 6
SCROLL_BAR = 14  # pixels
GREETING = "The cost as a landscape over two parameters, the path training takes on it, and its next step with numbers."
TOO_FEW = "A landscape needs two parameters that are learned, and this network has fewer."


class DescentPanel(Page, Panel):
    """From top to bottom: the two axes, the map, the next step written out, and what another learning rate would do."""

    name: ClassVar[str] = "descent"
    title: ClassVar[str] = "Gradient descent"
    hint: ClassVar[str] = GREETING
    tools_at_foot: ClassVar[bool] = True

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        self._parameters: tuple[descent.Parameters, ...] = ()
        self._zoom = 0
        self._alpha: float | None = None  # the other learning rate, once one was chosen
        self._axes: Axes | None = None
        super().__init__(model, parent)
        inside = QWidget()
        inside.setProperty("role", "surface")
        self._columns = QBoxLayout(QBoxLayout.Direction.TopToBottom, inside)
        self._columns.setContentsMargins(PAD, 0, PAD, PAD)
        self._columns.setSpacing(GAP)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        whole = QVBoxLayout(self.body)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

        self._column = self._new_column()
        self.choosers = (self._add(AxisChooser("across")), self._add(AxisChooser("up")))
        for chooser in self.choosers:
            chooser.chosen.connect(self._choose)
        self.map = self._add(LandscapeMap())
        self.legend = self._words("dim")
        self.legend.setText("○ start   ● now   → next step")
        self.zooms = [
            self._zoom_button(*which)
            for which in ((1, "Show a wider part", "ph.minus"), (-1, "Show a smaller part", "ph.plus"))
        ]
        foot = QHBoxLayout()
        foot.setSpacing(2)
        foot.addWidget(self.legend, 1)
        for button in self.zooms:
            foot.addWidget(button)
        self._column.addLayout(foot)
        self.told = self._words("hint")
        self._column.addStretch(1)

        self._column = self._new_column()
        self._heading("NEXT STEP")
        self.step_words = self._words("hint")
        self.rule = self._add(EquationLines(shrinks=True))
        self.lines = (self._add(EquationLines(shrinks=True)), self._add(EquationLines(shrinks=True)))
        self.plain = self._words("hint")
        self.cost_words = self._words("dim")
        self._heading("WITH ANOTHER LEARNING RATE")
        self.curve = self._add(AlphaCurve())
        self.curve.tried.connect(self._try)
        self.tried_words = self._words("dim")
        self._column.addStretch(1)

        self.add_tool("Copy the update as LaTeX", "ph.math-operations", self.copy_latex)
        self.add_tool("Copy all as text", "ph.text-t", self.copy_all)
        model.store.changed.connect(lambda *_: self._news())
        self.setFocusProxy(self.choosers[0].kind)
        self._offer()

    # -- what is asked for ----------------------------------------------------------------------------------------

    def wanted(self) -> ProbeRequest | None:
        """Return the plane of the two chosen axes."""
        if self._axes is None:
            return None
        return ProbeRequest(plane=PlaneRequest(self._axes, self._zoom, self._alpha), boundary_resolution=1)

    @property
    def plane(self) -> Plane | None:
        """The latest look at the plane of the chosen axes."""
        plane = self.model.probes.plane
        return plane if plane is not None and plane.axes == self._axes else None

    def ready(self) -> bool:
        """Return whether the plane of the chosen axes has come."""
        self._offer()
        self.set_hint(TOO_FEW if self._axes is None and not self.model.problem else GREETING)
        return self.plane is not None and not self.model.problem

    def choose(self, axes: Axes) -> None:
        """Show another plane."""
        for chooser, axis in zip(self.choosers, axes, strict=True):
            chooser.show_axis(axis)
        self._choose()

    def _choose(self) -> None:
        first, second = (chooser.axis for chooser in self.choosers)
        if first is None or second is None:
            return
        if first == second:  # a plane needs two: the other axis takes what this one had
            moved = 1 if self.sender() is self.choosers[1] else 0
            other = self._axes[moved] if self._axes is not None else second
            self.choosers[1 - moved].show_axis(other)
            first, second = (chooser.axis for chooser in self.choosers)
        if first is None or second is None or first == second:
            return
        self._axes = (first, second)
        self._zoom = 0
        self.ask()
        self._news()

    def _offer(self) -> None:
        """Offer the parameters of the network there is now."""
        parameters = () if self.model.problem else descent.parameters_of(self.model.shapes)
        if parameters == self._parameters:
            return
        self._parameters, first = parameters, descent.first_axes(parameters)
        for chooser in self.choosers:
            chooser.offer(parameters)
        before = self._axes or ()
        kept = all(axis.kind != "parameter" or descent.array_of(parameters, axis) for axis in before)
        axes = self._axes if kept and before and first else first
        self._axes = axes
        for chooser, axis in zip(self.choosers, axes or (), strict=False):
            chooser.show_axis(axis)
        self._alpha, self._zoom = None, 0
        self.ask()

    def _enlarge(self, by: int) -> None:
        self._zoom = min(max(self._zoom + by, -MOST_ZOOM), MOST_ZOOM)
        self.ask()

    def _try(self, alpha: float) -> None:
        self._alpha = alpha
        self.ask()

    # -- drawing --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Draw and write the latest."""
        plane = self.plane
        if plane is None:
            return
        document = self.model.store.document
        graph, settings, shapes = document.graph, document.training, self.model.shapes
        first, second = plane.axes
        names = (descent.axis_name(self._parameters, first), descent.axis_name(self._parameters, second))
        labels = (descent.axis_html(self._parameters, first), descent.axis_html(self._parameters, second))
        self.map.show_plane(plane, names, labels)
        self.told.setText(descent.map_words(plane, graph, settings, shapes))
        self.step_words.setText(descent.step_words(plane, graph, settings, shapes))
        named = []
        self.rule.show_lines(rule_lines(settings.optimizer, any(plane.next_step.entries)))
        self.rule.setVisible(bool(self.rule.wanted))
        for lines, axis, entry in zip(self.lines, plane.axes, plane.next_step.entries, strict=True):
            array = descent.array_of(self._parameters, axis)
            lines.live = self.model.status.state == "training"
            lines.setVisible(entry is not None and array is not None)
            if entry is None or array is None:
                continue
            place = array.entry_of(axis) or (0, 0)
            name = (array.entry_latex(*place), array.entry_name(*place))
            step = plane.next_step
            lines.show_lines(
                update_lines(settings.optimizer, step.alpha, step.update, entry, name, array.name == "W")
                if set(entry.slots) == set(settings.optimizer.slots)
                else []
            )
            named.append((name[1], entry))
        said = [descent.sgd_words(named, plane.next_step.alpha, settings), descent.whole_step_words(plane)]
        self.plain.setText("\n".join(words for words in said if words))
        self.cost_words.setText(descent.cost_words(plane))
        self.curve.show_plane(plane, plane.next_step.alpha if self._alpha is None else self._alpha)
        self.tried_words.setText(descent.tried_words(plane))

    def restyle(self) -> None:
        """Take the colors of the theme now in force."""
        self.map.restyle()
        self.curve.restyle()
        for button in self.zooms:
            button.setIcon(icons.icon(button.property("icon_name"), color=theme.tokens().dim))

    def all_lines(self) -> list[Line]:
        """Return the update of both parameters as it stands there now."""
        return [line for lines in (self.rule, *self.lines) if not lines.isHidden() for line in lines.wanted]

    def copy_latex(self) -> None:
        """Put the update on the clipboard as LaTeX."""
        copy_text("\n".join(line.latex for line in self.all_lines()))

    def copy_all(self) -> None:
        """Put all that is written here on the clipboard."""
        words = (self.told, self.step_words, self.plain, self.cost_words, self.tried_words)
        told, step, plain, cost, tried = (label.text() for label in words)
        copy_text("\n".join([told, step, *(line.text for line in self.all_lines()), plain, cost, tried]))

    # -- looks ----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the numbers beside the map where there is room."""
        super().resizeEvent(event)
        wide = self.width() >= WIDE
        room = self.width() - 2 * PAD - SCROLL_BAR
        self.map.fit((room - APART) // 2 if wide else room)
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if direction != self._columns.direction():
            self._columns.setDirection(direction)
            self._columns.setSpacing(APART if wide else GAP)

    def sizeHint(self) -> QSize:
        """Return a usual size beside the inspector."""
        return QSize(440, 640)

    def _new_column(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(GAP)
        self._columns.addLayout(column, 1)
        return column

    def _zoom_button(self, by: int, words: str, icon: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("icon_name", icon)
        button.setIcon(icons.icon(icon, color=theme.tokens().dim))
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.clicked.connect(lambda: self._enlarge(by))
        return button

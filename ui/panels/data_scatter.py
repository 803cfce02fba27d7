"""The scatter page of the data panel: any two columns, the target as color, the splits as shapes."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QHBoxLayout, QLabel, QStyleOptionGraphicsItem, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.data.look import SPLITS, Look, Rows
from nnstudio.date_words import date_text
from ui import colormaps, theme
from ui.forms.controls import Combo
from ui.panels.data_legend import ClassLegend
from ui.panels.plot import Plot

MOST_POINTS = 3_000
NEAR = 14.0  # pixels from a point within which it is meant
ROOM = 0.05  # of the range, beside the outermost points
DOT, HOLE = 6.0, 3.0  # pixels across
CHOSEN, RING, RING_GROUND = 7.0, 2.0, 5.0  # radius of the ring, and widths of it and of the line below it
VALUE_LEVELS = 12
PALEST = 0.25  # the palest colors would not be seen on the surface
LEAST_COMBO, MOST_COMBO = 60, 260  # pixels
SHAPES = ("● training", "○ validation", "■ test")

Points = NDArray[np.float64]
Members = NDArray[np.bool_]


class ScatterPage(QWidget):
    """Two columns against one another; ``chosen`` tells the place in the training split of a point clicked."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot, self.points, self.words = Plot("", " "), ScatterPoints(), QLabel()
        self.plot.setAccessibleName("Scatter of two columns")
        self.plot.readout = self.readout
        self.plot.double_clicked.connect(self._show_all)
        self.plot.scene().sigMouseClicked.connect(self._clicked)
        self.plot.item.addItem(self.points, ignoreBounds=True)
        self.choosers = (Combo(), Combo())
        self.legend = ClassLegend()
        self._look: Look | None = None
        self._rows: Rows = np.zeros(0, np.int64)
        self._axes = (0, 0)
        self._x = self._y = np.zeros(0)
        self._chosen = -1
        self._note = ""
        self._lay_out()

    # -- what is shown --------------------------------------------------------------------------------------------

    def take(self, look: Look) -> None:
        """Show other data, on the first two features that vary."""
        self._look, self._chosen, self._note = look, -1, ""
        rows = look.sample(MOST_POINTS)
        self._rows = np.arange(look.size) if rows is None else rows
        for combo in self.choosers:
            with QSignalBlocker(combo):
                combo.clear()
                combo.addItems(list(look.axes))
        self.show_pair(*look.usual_axes)

    def show_pair(self, across: int, up: int) -> None:
        """Show two axes of the look."""
        if self._look is None:
            return
        self._axes, self._note = (across, up), ""
        for combo, axis in zip(self.choosers, self._axes, strict=True):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(axis)
        self._x, self._y = (self._look.axis_values(axis, self._rows) for axis in self._axes)
        for side, axis in zip(("bottom", "left"), self._axes, strict=True):
            self.plot.axes[side].setLabel(self._look.axes[axis])
            self.plot.axes[side].show_dates(self._look.is_date(axis))
        self.plot.restyle()
        self.restyle()
        self._show_all()
        self.mark(self._chosen)
        self._tell()

    def mark(self, chosen: int) -> None:
        """Ring the example that all views show, by its place in the training split."""
        look = self._look
        if look is None or not 0 <= chosen < len(look.prepared.training):
            return
        if chosen != self._chosen and self._note:
            self._note = ""
            self._tell()
        self._chosen = chosen
        row = look.prepared.training[chosen : chosen + 1]
        self.points.ring(*(float(look.axis_values(axis, row)[0]) for axis in self._axes))

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.plot.restyle()
        look = self._look
        if look is None:
            return
        groups = _groups(look, self._rows)
        splits = look.split[self._rows]
        self.points.show_points(self._x, self._y, groups, [splits == place for place in range(len(SPLITS))])
        self.legend.show_classes(look.classes)
        self.legend.update()

    def readout(self, x: float, y: float) -> str:
        """Return the row nearest to a point of the plane, in words."""
        at = self.nearest(x, y)
        if at is None or self._look is None:
            return ""
        look, row = self._look, self._rows[at : at + 1]
        example, split = int(look.example[row[0]]), SPLITS[look.split[row[0]]]
        number = f" {numbers.count(example + 1)}" if example >= 0 else ""
        lines = [f"row {numbers.count(row[0] + 1)}, {split}{number}"]
        for axis, value in zip(self._axes, (self._x[at], self._y[at]), strict=True):
            said = date_text(float(value)) if look.is_date(axis) else numbers.short(value, 5)
            lines.append(f"{look.axes[axis]} {said}")
        for target in look.targets:
            cell = look.cells(target, row)[0]
            if target.name not in [look.axes[axis] for axis in self._axes]:
                lines.append(f"{target.name} {cell if isinstance(cell, str) else numbers.exact(cell)}")
        return "\n".join(lines)

    def nearest(self, x: float, y: float) -> int | None:
        """Return the number of the point nearest to a place of the plane; None where none is near."""
        if not len(self._x):
            return None
        wide, high = self.plot.item.getViewBox().viewPixelSize()
        distances = np.hypot((self._x - x) / wide, (self._y - y) / high)
        at = int(np.argmin(distances))
        return at if distances[at] <= NEAR else None

    def choose_at(self, x: float, y: float) -> None:
        """Choose the example nearest to a place of the plane, where it is a training row."""
        at = self.nearest(x, y)
        if at is None or self._look is None:
            return
        row = int(self._rows[at])
        example = int(self._look.example[row])
        if example >= 0:
            self._note = ""
            self.chosen.emit(example)
        else:
            split = SPLITS[self._look.split[row]]
            number = numbers.count(self._look.row_number(row))
            self._note = f"Row {number} is kept for {split}: other views show training rows."
        self._tell()

    @property
    def rows(self) -> Rows:
        """The rows that are drawn."""
        return self._rows

    # -- events and looks -----------------------------------------------------------------------------------------

    def _clicked(self, event: object) -> None:
        if event.button() == Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            at = self.plot.item.getViewBox().mapSceneToView(event.scenePos())  # type: ignore[attr-defined]
            self.choose_at(at.x(), at.y())

    def _choose_axes(self) -> None:
        across, up = (combo.currentIndex() for combo in self.choosers)
        if across >= 0 and up >= 0:
            self.show_pair(across, up)

    def _show_all(self) -> None:
        self.plot.fit()
        if len(self._x):
            self.plot.follow(_range(self._x), _range(self._y))

    def _tell(self) -> None:
        look = self._look
        if look is None:
            return
        shapes = [SHAPES[place] for place, name in enumerate(SPLITS) if len(getattr(look.prepared, name))]
        words = ["   ".join(shapes)]
        if look.prepared.task == "regression":
            low, high = _limits(look)
            words.append(f"pale to strong: {look.targets[0].name} {numbers.short(low)} to {numbers.short(high)}")
        elif not look.classes:
            words.append(f"{numbers.count(len(look.prepared.classes))} classes are too many for colors")
        elif len(look.targets) > 1:
            words.append(f"color: {look.targets[0].name}")
        if len(self._rows) < look.size:
            words.append(f"{numbers.count(len(self._rows))} of {numbers.count(look.size)} rows, drawn at random")
        self.words.setText(self._note or "   ·   ".join(words))

    def _lay_out(self) -> None:
        top, times = QHBoxLayout(), QLabel("×")
        times.setProperty("role", "hint")
        top.setSpacing(4)
        for combo, words in zip(self.choosers, ("across", "up"), strict=True):
            combo.setMinimumWidth(LEAST_COMBO)
            combo.setMaximumWidth(MOST_COMBO)
            combo.setProperty("role", "flat")
            combo.setAccessibleName(f"Column {words}")
            combo.currentIndexChanged.connect(lambda _: self._choose_axes())
        for widget, stretch in ((self.choosers[0], 2), (times, 0), (self.choosers[1], 2)):
            top.addWidget(widget, stretch)
        top.addStretch(1)
        self.words.setProperty("role", "hint")
        self.words.setContentsMargins(4, 0, 0, 0)
        self.words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(self.plot, 1)
        column.addWidget(self.legend)
        column.addWidget(self.words)


class ScatterPoints(pg.GraphicsObject):
    """Dots, rings and squares in the colors of their groups, kept as a picture until something changes."""

    def __init__(self) -> None:
        super().__init__()
        self._x = self._y = np.zeros(0)
        self._groups: list[tuple[QColor, Members]] = []
        self._splits: list[Members] = []
        self._ring: tuple[float, float] | None = None
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def show_points(self, x: Points, y: Points, groups: list[tuple[QColor, Members]], splits: list[Members]) -> None:
        """Show points, of which groups have colors and splits have shapes."""
        self.prepareGeometryChange()
        self._x, self._y, self._groups, self._splits = x, y, groups, splits
        self.update()

    def ring(self, x: float, y: float) -> None:
        """Ring a place."""
        if (x, y) != self._ring:
            self._ring = (x, y)
            self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole view."""
        return self.viewRect()

    def viewRangeChanged(self) -> None:
        """Follow the view."""
        self.prepareGeometryChange()
        super().viewRangeChanged()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw all points, and the ring of the chosen example on them."""
        to_pixels, surface = painter.transform(), theme.tokens().color("surface")
        # In pixels, so that dots are round however the axes are stretched.
        x, y = to_pixels.m11() * self._x + to_pixels.dx(), to_pixels.m22() * self._y + to_pixels.dy()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        round_cap, square = Qt.PenCapStyle.RoundCap, Qt.PenCapStyle.SquareCap
        for color, members in self._groups:
            for split, cap in zip(self._splits, (round_cap, round_cap, square), strict=True):
                shown = members & split
                _draw(painter, x[shown], y[shown], color, DOT, cap)
                if split is self._splits[1]:
                    _draw(painter, x[shown], y[shown], surface, HOLE, cap)
        if self._ring is not None:
            place = QPointF(
                to_pixels.m11() * self._ring[0] + to_pixels.dx(), to_pixels.m22() * self._ring[1] + to_pixels.dy()
            )
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for color, width in ((surface, RING_GROUND), (theme.tokens().color("text"), RING)):
                painter.setPen(QPen(color, width))
                painter.drawEllipse(place, CHOSEN, CHOSEN)


def _draw(painter: QPainter, x: Points, y: Points, color: QColor, size: float, cap: Qt.PenCapStyle) -> None:
    if len(x):
        pen = QPen(color, size)
        pen.setCapStyle(cap)
        painter.setPen(pen)
        painter.drawPoints(pg.functions.arrayToQPolygonF(x, y))


def _groups(look: Look, rows: Rows) -> list[tuple[QColor, Members]]:
    """Return the colors of classes, or of ranges of the target, and which of the rows have them."""
    if look.classes:
        codes, count = look.codes(look.targets[0], rows), max(2, len(look.classes))
        return [(theme.class_color(index, count), codes == index) for index in range(len(look.classes))]
    if look.prepared.task != "regression":
        return [(theme.tokens().color("dim"), np.ones(len(rows), bool))]
    low, high = _limits(look)
    share = (look.values(look.targets[0], rows) - low) / ((high - low) or 1.0)
    steps = np.rint(np.clip(share, 0.0, 1.0) * (VALUE_LEVELS - 1)).astype(int)
    at = np.rint(np.linspace(PALEST, 1.0, VALUE_LEVELS) * (colormaps.LEVELS - 1)).astype(int)
    colors = colormaps.amounts()
    return [(QColor(int(colors[at[step]])), steps == step) for step in range(VALUE_LEVELS)]


def _limits(look: Look) -> tuple[float, float]:
    kept = look.prepared.Y[:, look.targets[0].first]
    ends = look.values(look.targets[0], np.array([int(kept.argmin()), int(kept.argmax())]))
    return float(ends.min()), float(ends.max())


def _range(values: Points) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = (high - low) * ROOM or max(abs(low), 1.0) * ROOM
    return low - room, high + room

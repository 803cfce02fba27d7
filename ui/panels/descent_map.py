"""The landscape from above: shades and contour lines of the cost, the path on it, and the next step as an arrow."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QTransform,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStyleOptionGraphicsItem, QWidget

from engine.plane_look import Plane, Surface
from nnstudio import numbers
from nnstudio.descent import Shading, shading_of
from ui import colormaps, theme
from ui.panels.boundary_items import BoundaryImage
from ui.panels.plot import LARGEST, Plot

BAR_WIDTH = 62
BAR_THICK = 10
BAR_TOP, BAR_FOOT = 22, 34  # the plot's own margins: the bar stands beside the map
LABELS_APART = 18
CLOSE = 0.5  # of the highest cost: where the lowest is above, costs are told with more digits
AXES_WIDE, AXES_HIGH = 66, 36  # what the plot's axes and margins take beside the map
LEAST_HIGH, MOST_HIGH = 160, 520
USUAL_WIDTH = 400
HEAD = 11.0  # pixels
LEAST_HEAD = 4.0
FARTHEST = 50.0  # in units of the view
MOST_DOTS = 80  # points of a path that are told apart
PATH_WIDTH = 1.6
HALO = 2.2  # pixels around what lies on the map
PLACE = 4.5  # pixels from the middle of a point to its edge
DOT = 1.6


class LandscapeMap(QWidget):
    """A square map with a bar of shades; coordinates are the parameters' own values, or lengths from the center."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = Plot("", " ", grid="")
        self.plot.setAccessibleName("Map of the cost")
        self.plot.item.getViewBox().setAspectLocked(True)
        self.plot.readout = self.describe
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.plot.double_clicked.connect(self.show_all)
        self._image, self.contours, self.trail = BoundaryImage(), _Contours(), _Trail()
        for item in (self._image, self.contours, self.trail):
            self.plot.item.addItem(item, ignoreBounds=True)
        self.bar = _ShadeBar()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.plot, 1)
        row.addWidget(self.bar)
        self._plane: Plane | None = None
        self._drawn: tuple[Surface, NDArray[np.float64]] | None = None
        self._names = self._labels = ("", "")
        self._values: NDArray[np.float64] = np.zeros((0, 0))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.fit(USUAL_WIDTH)

    def fit(self, width: int) -> None:
        """Take the height at which the map is a square at this width."""
        self.setFixedHeight(max(LEAST_HIGH, min(width - BAR_WIDTH - AXES_WIDE + AXES_HIGH, MOST_HIGH)))

    # -- what is shown --------------------------------------------------------------------------------------------

    def show_plane(self, plane: Plane, names: tuple[str, str], labels: tuple[str, str]) -> None:
        """Draw a plane; ``names`` are those of the axes, ``labels`` the same in rich text."""
        self._plane, self._labels = plane, labels
        if names != self._names:
            self._names = names
            for side, label in zip(("bottom", "left"), labels, strict=True):
                self.plot.axes[side].setLabel(label)
            self.plot.restyle()
            self.plot.fit()
        origin = self._origin()
        surface = plane.surface
        if surface is None:
            self._image.hide()
            self.contours.clear()
            self._values = np.zeros((0, 0))
        elif not self._is_drawn(surface, origin):
            self._drawn = (surface, origin)
            self._values = surface.values
            shading = shading_of(surface.values)
            x, y = ((low + at, high + at) for (low, high), at in zip((surface.x, surface.y), origin, strict=True))
            self._image.show_picture(_picture(shading.shares(surface.values)), x, y)
            self._image.show()
            self.contours.show_lines(surface.values, shading, x, y)
            self.bar.show_shading(shading)
            self.plot.follow(x, y)
        arrow = plane.toward + origin if plane.next_step.finite and plane.toward.any() else None
        path = plane.path + origin if len(plane.path) else np.zeros((0, 2))
        self.trail.show_path(path, plane.present + origin, origin, arrow)
        self.plot.hover_again()
        self.plot.setAccessibleDescription(self.describe_point())

    def _is_drawn(self, surface: Surface, origin: NDArray[np.float64]) -> bool:
        """Return whether a surface is the one that is drawn: each look brings it anew, and lines take a while."""
        if self._drawn is None:
            return False
        drawn, at = self._drawn
        same = (drawn.x, drawn.y) == (surface.x, surface.y) and np.array_equal(at, origin)
        return same and np.array_equal(drawn.values, surface.values, equal_nan=True)

    def describe_point(self) -> str:
        """Return where the present point lies, in words."""
        if self._plane is None:
            return ""
        at = self._plane.present + self._origin()
        return f"Now at {', '.join(f'{name} {numbers.number(v)}' for name, v in zip(self._names, at, strict=True))}"

    def describe(self, x: float, y: float) -> str:
        """Return the cost at a point of the map, in words."""
        plane = self._plane
        if plane is None or plane.surface is None or self._values.size == 0:
            return ""
        origin, size = self._origin(), len(self._values)
        ends = (plane.surface.x, plane.surface.y)
        at = [
            (value - low - start) / (high - low) * (size - 1)
            for value, (low, high), start in zip((x, y), ends, origin, strict=True)
        ]
        if not all(-0.5 <= place <= size - 0.5 for place in at):
            return ""
        column, row = (min(max(round(place), 0), size - 1) for place in at)
        near = [
            low + start + place * (high - low) / (size - 1)
            for place, (low, high), start in zip((column, row), ends, origin, strict=True)
        ]
        names = [name.removeprefix("along ") for name in self._names]
        lines = [f"{name} {numbers.number(value)}" for name, value in zip(names, near, strict=True)]
        return "\n".join([*lines, f"J {numbers.number(float(self._values[row, column]), 4)}"])

    def show_all(self) -> None:
        """Show the whole map again after zooming."""
        self.plot.fit()
        self._drawn = None
        if self._plane is not None:
            self.show_plane(self._plane, self._names, self._labels)

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.plot.restyle()
        self._drawn = None
        self.bar.update()
        if self._plane is not None:
            self.show_plane(self._plane, self._names, self._labels)

    def _origin(self) -> NDArray[np.float64]:
        assert self._plane is not None
        return np.nan_to_num(np.array(self._plane.center))


def depths() -> colormaps.Colors:
    """Return the colors from low, dark, to high, pale."""
    t = theme.tokens()
    ends = (t.series[0], t.window) if QColor(t.surface).lightness() > 127 else (t.canvas, t.series[0])
    return colormaps.ramp(*ends)


def _picture(shares: NDArray[np.float64]) -> object:
    colors = depths()[colormaps.levels(shares, 0.0, 1.0)]
    colors[np.isnan(shares)] = np.uint32(QColor(theme.tokens().faint).rgb())
    return colormaps.image(colors)


def isolines(values: NDArray[np.float64], level: float) -> QPainterPath:
    """Return the contour line of a grid, in grid places: columns across, rows up."""
    path: QPainterPath = pg.functions.isocurve(values.T, level, path=True)
    return path.translated(-0.5, -0.5)


class _Contours(pg.GraphicsObject):
    """Contour lines of the cost."""

    def __init__(self) -> None:
        super().__init__()
        self._paths: list[QPainterPath] = []
        self._rect = QRectF()
        self.levels: list[float] = []

    def clear(self) -> None:
        """Draw none."""
        self._paths, self.levels = [], []
        self.update()

    def show_lines(
        self, values: NDArray[np.float64], shading: Shading, x: tuple[float, float], y: tuple[float, float]
    ) -> None:
        """Draw the lines of a grid between its ends."""
        rect = QRectF(QPointF(x[0], y[0]), QPointF(x[1], y[1]))
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = rect
        steps = len(values) - 1
        place = QTransform.fromTranslate(x[0], y[0]).scale((x[1] - x[0]) / steps, (y[1] - y[0]) / steps)
        # A line beside what is not finite ends there: such cells are higher than all lines.
        known = np.clip(np.nan_to_num(values, nan=LARGEST, posinf=LARGEST), -LARGEST, LARGEST)
        self.levels = shading.levels()
        self._paths = [place.map(isolines(known, level)) for level in self.levels]
        self.update()

    def boundingRect(self) -> QRectF:
        """Return where the lines lie."""
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the lines."""
        color = theme.tokens().color("text")
        color.setAlphaF(0.32)
        pen = QPen(color, 1)
        pen.setCosmetic(True)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        for path in self._paths:
            painter.drawPath(path)


class _Trail(pg.GraphicsObject):
    """The path so far, where it began, where it is, and the next step as an arrow; drawn in pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.path = np.zeros((0, 2))
        self.present: NDArray[np.float64] = np.zeros(2)
        self._origin: NDArray[np.float64] = np.zeros(2)
        self.arrow: NDArray[np.float64] | None = None
        self.setZValue(2)

    def show_path(
        self,
        path: NDArray[np.float64],
        present: NDArray[np.float64],
        origin: NDArray[np.float64],
        arrow: NDArray[np.float64] | None,
    ) -> None:
        """Draw a path, and an arrow from the center of the plane, ``origin``, to where the next step leads."""
        self.prepareGeometryChange()
        self.path, self.present, self._origin, self.arrow = path, present, origin, arrow
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the view: what lies outside is not drawn."""
        box = self.getViewBox()
        return box.viewRect() if box is not None else QRectF()

    def viewRangeChanged(self) -> None:
        """Follow the view."""
        self.prepareGeometryChange()
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw all in pixels, first wider in the color of the surface, so that it stands out on every shade."""
        box = self.getViewBox()
        if box is None:
            return
        area = box.viewRect()
        place = painter.transform()
        painter.save()
        painter.setClipRect(area)
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        t = theme.tokens()
        tip = self._origin if self.arrow is None else self.arrow
        line = _mapped(place, np.concatenate([self.path, [self.present, self._origin, tip]]), area)
        now, center, tip_at = line[-3], line[-2], line[-1]
        line.remove(len(line) - 2, 2)
        begun = len(self.path) > 0
        dots = [line[at] for at in range(len(self.path))] if len(self.path) <= MOST_DOTS else []
        shades = [(2 * HALO, t.color("surface"), t.color("surface")), (0.0, t.color("text"), t.color("accent"))]
        for extra, color, _ in shades:
            painter.setPen(_pen(color, PATH_WIDTH + extra))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if begun:
                painter.drawPolyline(line)
            for dot in dots:
                _circle(painter, dot, DOT + extra / 2, color)
        if begun:
            painter.setPen(_pen(t.color("text"), PATH_WIDTH))
            painter.setBrush(t.color("surface"))
            painter.drawEllipse(line[0], PLACE, PLACE)
        painter.setPen(_pen(t.color("surface"), 2))
        painter.setBrush(t.color("text"))
        painter.drawEllipse(now, PLACE, PLACE)
        if self.arrow is not None:  # above the point, which a short step does not leave behind
            for extra, _, color in shades:
                _arrow(painter, center, tip_at, extra, color)
        painter.restore()


def _mapped(place: QTransform, points: NDArray[np.float64], view: QRectF) -> QPolygonF:
    """Return points (k, 2) in pixels; those far outside the view come nearer, since painting takes no huge numbers."""
    middle, size = view.center(), max(view.width(), view.height())
    low = np.array([middle.x(), middle.y()]) - FARTHEST * size
    near = np.clip(np.nan_to_num(points), low, low + 2 * FARTHEST * size)
    return place.map(pg.functions.arrayToQPolygonF(near[:, 0], near[:, 1]))


def _pen(color: QColor, width: float) -> QPen:
    return QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def _circle(painter: QPainter, at: QPointF, radius: float, color: QColor) -> None:
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(at, radius, radius)
    painter.restore()


def _arrow(painter: QPainter, start: QPointF, tip: QPointF, extra: float, color: QColor) -> None:
    """Draw an arrow whose head is never longer than the whole."""
    dx, dy = tip.x() - start.x(), tip.y() - start.y()
    length = math.hypot(dx, dy)
    if length < LEAST_HEAD:
        return
    head = min(HEAD, length)
    ux, uy = dx / length, dy / length
    base = QPointF(tip.x() - head * ux, tip.y() - head * uy)
    wide = 0.45 * head
    painter.save()
    painter.setPen(QPen(color, 2.2 + extra, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.drawLine(start, base)
    painter.setPen(_pen(color, max(extra, 0.5)))
    painter.setBrush(color)
    sides = [QPointF(base.x() - wide * uy, base.y() + wide * ux), QPointF(base.x() + wide * uy, base.y() - wide * ux)]
    painter.drawPolygon(QPolygonF([tip, *sides]))
    painter.restore()


class _ShadeBar(QWidget):
    """Which shade stands for which cost."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(BAR_WIDTH)
        self._shading = Shading(0.0, 0.0)

    def show_shading(self, shading: Shading) -> None:
        """Take other costs."""
        self._shading = shading
        low, high = numbers.number(shading.low), numbers.number(shading.high)
        self.setAccessibleName(f"Shades of the cost J, from {low}, dark, to {high}, pale")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the shades and the costs beside them."""
        shading = self._shading
        if not shading.high > shading.low:
            return
        painter, t = QPainter(self), theme.tokens()
        painter.setFont(theme.font(theme.SMALL))
        area = QRectF(4, BAR_TOP, BAR_THICK, self.height() - BAR_TOP - BAR_FOOT)
        gradient = QLinearGradient(area.bottomLeft(), area.topLeft())
        colors = depths()
        for at in np.linspace(0.0, 1.0, 9):
            gradient.setColorAt(float(at), QColor.fromRgb(int(colors[round(at * (len(colors) - 1))])))
        painter.setPen(QPen(t.color("border"), 1))
        painter.setBrush(gradient)
        painter.drawRect(area)
        painter.setPen(t.color("dim"))
        painter.drawText(QRectF(4, 0, BAR_WIDTH - 4, BAR_TOP - 4), int(Qt.AlignmentFlag.AlignBottom), "J")
        painter.setPen(t.color("faint"))
        taken, digits = math.inf, 2 if shading.low < CLOSE * shading.high else 4
        for cost in [shading.low, *shading.levels(), shading.high]:
            y = area.bottom() - float(shading.shares(np.array([cost]))[0]) * area.height()
            if taken - y >= LABELS_APART:
                taken = y
                words = QRectF(area.right() + 5, y - 8, BAR_WIDTH - BAR_THICK - 9, 16)
                painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), numbers.short(cost, digits))
        painter.end()

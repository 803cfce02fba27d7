"""What the boundary panel paints: the answers as an image, and the data points as one cached layer."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from engine.snapshot import Boundary
from engine.units import Plane
from nnstudio.data import PreparedData
from ui import colormaps, theme

POINT, EDGE = 4.5, 6.5  # pixels across
RING, GAP = 12.0, 9.5
VALUE_LEVELS = 12  # colors of the points of a regression
SOFT = 0.72  # of the way from the surface to a class's color, so that points stand out


def picture(data: PreparedData, boundary: Boundary, limits: tuple[float, float], output: int = 0) -> QImage:
    """Return the grid in colors: two classes diverging, more blended, numbers from pale to dark.

    Of several targets ``output`` is the one that is shown.
    """
    values = boundary.values
    if data.task == "multiclass":
        names = tuple(theme.class_color(index, len(data.classes)).name() for index in range(len(data.classes)))
        return colormaps.image(colormaps.blended(values, names))
    if data.task == "binary":
        t = theme.tokens()
        ends = tuple(_mixed(t.surface, color, SOFT) for color in (t.negative, t.positive))
        return colormaps.image(colormaps.ramp(ends[0], t.surface, ends[1])[colormaps.levels(values[output], 0.0, 1.0)])
    return colormaps.image(colormaps.amounts()[colormaps.levels(values[output], *limits)])


def _mixed(one: str, other: str, share: float) -> str:
    a, b = QColor(one).getRgb()[:3], QColor(other).getRgb()[:3]
    return QColor(*(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))).name()


def sampled(values: NDArray[np.floating], column: NDArray[np.float64], row: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n_y, points): the grid (n_y, rows, columns) at places between its nodes, bilinear."""
    _, rows, columns = values.shape
    c = np.clip(column, 0, columns - 1)
    r = np.clip(row, 0, rows - 1)
    c0, r0 = np.minimum(c.astype(int), max(columns - 2, 0)), np.minimum(r.astype(int), max(rows - 2, 0))
    c1, r1 = np.minimum(c0 + 1, columns - 1), np.minimum(r0 + 1, rows - 1)
    fc, fr = c - c0, r - r0
    top = values[:, r0, c0] * (1 - fc) + values[:, r0, c1] * fc
    bottom = values[:, r1, c0] * (1 - fc) + values[:, r1, c1] * fc
    return np.asarray(top * (1 - fr) + bottom * fr)


def grid_places(
    grid: Boundary | Plane, x: NDArray[np.floating], y: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the columns and rows, between nodes too, of points in the units the network sees."""
    _, rows, columns = grid.values.shape
    return (
        (np.asarray(x, float) - grid.x[0]) / (grid.x[1] - grid.x[0]) * (columns - 1),
        (np.asarray(y, float) - grid.y[0]) / (grid.y[1] - grid.y[0]) * (rows - 1),
    )


class BoundaryImage(pg.GraphicsObject):
    """An image of the answers, one pixel a node of the grid."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self._rect = QRectF()

    def show_picture(self, image: QImage, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show an image whose outermost pixels are centered on these ends."""
        half_x = (x[1] - x[0]) / max(image.width() - 1, 1) / 2
        half_y = (y[1] - y[0]) / max(image.height() - 1, 1) / 2
        rect = QRectF(x[0] - half_x, y[0] - half_y, x[1] - x[0] + 2 * half_x, y[1] - y[0] + 2 * half_y)
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = rect
        self._image = image
        self.update()

    def boundingRect(self) -> QRectF:
        """Return where the image lies."""
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the image, smoothed."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self._rect, self._image)


class DataPoints(pg.GraphicsObject):
    """The data as dots; painted anew only when a dot changes its ring, its color or its place."""

    def __init__(self) -> None:
        super().__init__()
        self._x = self._y = np.zeros(0)
        self._groups: list[tuple[QColor, NDArray[np.bool_]]] = []
        self._wrong = np.zeros(0, bool)
        self._key: tuple[object, ...] = ()
        self.setZValue(1)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def show_points(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        classes: NDArray[np.integer] | None,
        shares: NDArray[np.floating] | None,
        wrong: NDArray[np.bool_],
        count: int = 1,
    ) -> None:
        """Show points by class, or by a share from 0 to 1 of a value's range; ring the wrong ones."""
        values = classes if classes is not None else shares
        drawn = [array.tobytes() for array in (x, y, wrong, values) if array is not None]
        key = (*drawn, theme.tokens().name, None if classes is None else count)
        if key == self._key:
            return
        self.prepareGeometryChange()
        self._key, self._x, self._y, self._wrong = key, x, y, wrong
        if classes is not None:
            self._groups = [(theme.class_color(index, count), classes == index) for index in range(count)]
        elif shares is not None:
            colors = colormaps.amounts()
            steps = np.rint(shares * (VALUE_LEVELS - 1)).astype(int)
            self._groups = [
                (QColor(int(colors[step * (colormaps.LEVELS - 1) // (VALUE_LEVELS - 1)])), steps == step)
                for step in range(VALUE_LEVELS)
            ]
        self.update()

    @property
    def ringed(self) -> int:
        """The number of points with a ring."""
        return int(self._wrong.sum())

    def boundingRect(self) -> QRectF:
        """Return the whole view."""
        return self.viewRect()

    def viewRangeChanged(self) -> None:
        """Follow the view."""
        self.prepareGeometryChange()
        super().viewRangeChanged()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw rings, then edges, then dots."""
        colors, to_pixels = theme.tokens(), painter.transform()
        # In pixels, so that dots are round however the axes are stretched.
        x, y = to_pixels.m11() * self._x + to_pixels.dx(), to_pixels.m22() * self._y + to_pixels.dy()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        everyone = np.ones(len(self._x), bool)
        _draw(painter, x, y, self._wrong, QColor(colors.text), RING)
        _draw(painter, x, y, self._wrong, QColor(colors.surface), GAP)
        _draw(painter, x, y, everyone, QColor(colors.surface), EDGE)
        for color, members in self._groups:
            _draw(painter, x, y, members, color, POINT)


def _draw(
    painter: QPainter,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    members: NDArray[np.bool_],
    color: QColor,
    size: float,
) -> None:
    if members.any():
        pen = QPen(color, size)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPoints(pg.functions.arrayToQPolygonF(x[members], y[members]))

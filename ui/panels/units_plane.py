"""One unit large: its activation over the plane of two features, or as a curve over one, with the data faintly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from engine.units import Plane
from nnstudio import numbers
from nnstudio.data import PreparedData, axis, axis_title, from_axis, is_date, to_input
from nnstudio.date_words import value_text
from ui import colormaps, theme
from ui.panels.boundary_items import BoundaryImage, DataPoints, grid_places, sampled
from ui.panels.plot import Plot, drawable
from ui.panels.units_pictures import Scale

MOST_POINTS = 250
FAINT = 0.7  # opacity of the data's points
LEAST_HEIGHT = 200


@dataclass(frozen=True)
class _Shown:
    plane: Plane
    at: int
    symbol: str


class UnitPlane(Plot):
    """The plot of one unit over the features, in the table's units; the chosen example is ringed."""

    def __init__(self) -> None:
        super().__init__("x", "y", grid="")
        self._image, self._points = BoundaryImage(), DataPoints()
        self._points.setOpacity(FAINT)
        self._curve = pg.PlotDataItem(antialias=True)
        for item in (self._image, self._points, self._curve):
            self.item.addItem(item, ignoreBounds=True)
        self._data: PreparedData | None = None
        self._shown: _Shown | None = None
        self.readout = self.values_at
        self.double_clicked.connect(self.fit_again)
        self.setMinimumHeight(LEAST_HEIGHT)

    def show_unit(self, data: PreparedData, plane: Plane, at: int, symbol: str, scale: Scale, chosen: int) -> None:
        """Show the unit in place ``at`` of those told, and the training example chosen."""
        if data is not self._data:
            self._data = data
            self.fit()
        self._shown = _Shown(plane, at, symbol)
        self.setAccessibleName(f"{symbol} over {' and '.join(data.features)}")
        x = axis(data, 0, plane.x)
        if len(data.features) == 1:
            self._show_curve(data, plane.values[at, 0], x, scale)
        else:
            self._show_image(data, plane.values[at], x, scale)
        self._show_points(data, chosen)
        self.hover_again()

    def fit_again(self) -> None:
        """Show the whole plane again after zooming."""
        self.fit()
        if self._data is not None and self._shown is not None:
            x = axis(self._data, 0, self._shown.plane.x)
            y = axis(self._data, 1, self._shown.plane.y) if len(self._data.features) > 1 else self._values_range()
            self.follow((float(x[0]), float(x[1])), (float(y[0]), float(y[1])))

    def restyle(self) -> None:
        """Take the theme's colors."""
        super().restyle()
        if hasattr(self, "_curve"):
            self._curve.setPen(pg.mkPen(theme.tokens().text))

    def values_at(self, x: float, y: float) -> str:
        """Return the unit's activation at a point of the plane, in words."""
        data, shown = self._data, self._shown
        if data is None or shown is None:
            return ""
        places = [to_input(data, feature, [at]) for feature, at in enumerate((x, y)[: len(data.features)])]
        value = float(self._activations(*places)[0])
        there = [float(from_axis(data, feature, at)) for feature, at in enumerate((x, y)[: len(data.features)])]
        lines = [f"{data.features[k]} {value_text(data, k, at)}" for k, at in enumerate(there)]
        return "\n".join([*lines, f"{shown.symbol} {numbers.number(value)}"])

    # -- parts ----------------------------------------------------------------------------------------------------

    def _show_image(
        self, data: PreparedData, values: NDArray[np.floating], x: NDArray[np.float64], scale: Scale
    ) -> None:
        assert self._shown is not None
        y = axis(data, 1, self._shown.plane.y)
        self._label(axis_title(data, 0), axis_title(data, 1))
        self.axes["bottom"].show_dates(is_date(data, 0))
        self.axes["left"].show_dates(is_date(data, 1))
        self._curve.setData([], [])
        pixels = scale.colors[colormaps.levels(values, scale.low, scale.high)]
        self._image.show_picture(colormaps.image(pixels), (x[0], x[1]), (y[0], y[1]))
        self._image.show()
        self.follow((float(x[0]), float(x[1])), (float(y[0]), float(y[1])))

    def _show_curve(
        self, data: PreparedData, values: NDArray[np.floating], x: NDArray[np.float64], scale: Scale
    ) -> None:
        assert self._shown is not None
        self._label(axis_title(data, 0), self._shown.symbol)
        self.axes["bottom"].show_dates(is_date(data, 0))
        self.axes["left"].show_dates(False)
        self._image.hide()
        self._curve.setData(np.linspace(x[0], x[1], len(values)), drawable(values), pen=pg.mkPen(theme.tokens().text))
        low, high = self._values_range()
        self.follow((float(x[0]), float(x[1])), (low, high))

    def _values_range(self) -> tuple[float, float]:
        assert self._shown is not None
        limit = colormaps.largest(self._shown.plane.values) * 1.05
        return -limit, limit

    def _label(self, bottom: str, left: str) -> None:
        if (self.axes["bottom"].labelText, self.axes["left"].labelText) != (bottom, left):
            self.axes["bottom"].setLabel(bottom)
            self.axes["left"].setLabel(left)
            self.restyle()

    def _show_points(self, data: PreparedData, chosen: int) -> None:
        rows = np.linspace(0, len(data.training) - 1, min(len(data.training), MOST_POINTS)).astype(np.int64)
        rows = np.union1d(rows, [min(chosen, len(data.training) - 1)])
        X, Y = data.X[data.training[rows]], data.Y[data.training[rows]]
        x = axis(data, 0, X[:, 0])
        if len(data.features) == 1:
            y = np.asarray(self._activations(X[:, 0]), np.float64)
        else:
            y = axis(data, 1, X[:, 1])
        classes, shares = None, None
        if data.task == "binary":
            classes = (Y[:, 0] > 0.5).astype(int)
        elif data.task == "multiclass":
            classes = Y.argmax(axis=1)
        else:
            shares = (Y[:, 0] - Y[:, 0].min()) / (float(np.ptp(Y[:, 0])) or 1.0)
        self._points.show_points(x, y, classes, shares, rows == chosen, max(2, len(data.classes_of(0))))

    def _activations(self, x: NDArray[np.floating], y: NDArray[np.floating] | None = None) -> NDArray[np.float64]:
        """Return the shown unit's values between the nodes of its grid, at points in the units the network sees."""
        assert self._shown is not None
        plane, at = self._shown.plane, self._shown.at
        if y is None:
            return np.asarray(np.interp(x, np.linspace(*plane.x, plane.values.shape[2]), plane.values[at, 0]))
        return sampled(plane.values[at : at + 1], *grid_places(plane, x, y))[0]

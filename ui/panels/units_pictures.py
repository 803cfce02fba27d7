"""The pictures of units: activations over the plane or line, or their strongest examples as strips or small images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.units import Units
from nnstudio import numbers
from nnstudio.data import PreparedData, raw_rows
from nnstudio.units import image_side
from ui import colormaps, theme
from ui.panels.plot import nice_above

Kind = Literal["plane", "curves", "strips", "images"]

MOSAIC = 2  # images across and down in a small picture
CURVE_SIDE = 129  # pixels of a small curve; odd, so that zero has a row of its own
ROUNDING = 1e-6  # of the range of the pixels: a limit this near to 0 is 0
NEARLY_ALL = 0.99  # of the features' values: the rest, outliers, would leave all others pale
SCALE_WIDTH, SCALE_HEIGHT = 64, 8
GAP = 5


@dataclass(frozen=True)
class Scale:
    """What the colors mean: their ends, and of which quantity they are."""

    low: float
    high: float
    colors: colormaps.Colors
    of: str


@dataclass(frozen=True)
class Pictures:
    """One small picture a unit, all in one scale; ``words`` say what a picture is where that cannot be seen."""

    kind: Kind
    units: tuple[QImage, ...]
    scale: Scale
    words: str = ""


def pictures(units: Units, data: PreparedData, symbol: str, *, strips: bool = False) -> Pictures:
    """Return the pictures of a layer's units; ``strips`` prefers strips where the features could be an image."""
    if units.plane is not None:
        limit = nice_above(colormaps.largest(units.plane.values))
        scale = Scale(-limit, limit, colormaps.signed(), symbol)
        if units.plane.values.shape[1] == 1:
            return Pictures("curves", tuple(_curve(values, scale) for values in units.plane.values[:, 0]), scale)
        # The first row of the grid is the lowest of the plane, and that of an image the uppermost.
        colors = _colored(units.plane.values[:, ::-1], scale)
        return Pictures("plane", tuple(colormaps.image(pixels) for pixels in colors), scale)
    assert units.strongest is not None
    drawn = ExamplePictures(units, data, strips=strips)
    rows = units.strongest.rows[:, : MOSAIC * MOSAIC] if drawn.side else units.strongest.rows
    colors = drawn.pixels(rows.reshape(-1)).reshape(*rows.shape, drawn.side or 1, -1)
    colors[units.lows == units.highs] = _ground()  # no example moves it more than another
    count = numbers.count(rows.shape[1])
    words = f"the {count} strongest examples of each" + ("" if drawn.side else ": one a row, a feature a column")
    return Pictures(drawn.kind, tuple(_side_by_side(pixels, drawn.side) for pixels in colors), drawn.scale, words)


class ExamplePictures:
    """Training examples as strips in the signs' colors, or as gray images of their raw values, in one scale."""

    def __init__(self, units: Units, data: PreparedData, *, strips: bool = False) -> None:
        assert units.strongest is not None
        self._data = data
        self.side = 0 if strips else image_side(data)
        self.kind: Kind = "images" if self.side else "strips"
        values = self._values(np.unique(units.strongest.rows))
        if self.side:
            t = theme.tokens()
            low, high = float(values.min()), float(values.max())
            low = 0.0 if abs(low) < ROUNDING * (high - low) else low
            self.scale = Scale(low, high, colormaps.ramp(t.canvas, t.text), "pixels")
        else:
            limit = nice_above(float(np.quantile(np.abs(values), NEARLY_ALL)))
            words = "features, as the network reads them; a few values beyond the ends have the ends' colors"
            self.scale = Scale(-limit, limit, colormaps.signed(), words)

    def pixels(self, rows: NDArray[np.int64]) -> colormaps.Colors:
        """Return training examples (k,) in colors: (k, side, side), or (k, 1, n)."""
        return _colored(self._values(rows), self.scale).reshape(len(rows), self.side or 1, -1)

    def _values(self, rows: NDArray[np.int64]) -> NDArray[np.floating]:
        X = self._data.X[self._data.training[rows]]
        return raw_rows(self._data, X) if self.side else X


def _side_by_side(pixels: colormaps.Colors, side: int) -> QImage:
    """Return some examples (t, rows, columns) in one picture: strips below each other, or images in a square."""
    if not side:
        return colormaps.image(pixels.reshape(len(pixels), -1))
    step = side + 1
    whole = np.full((MOSAIC * step - 1, MOSAIC * step - 1), _ground(), np.uint32)
    for place, image in enumerate(pixels):
        top, left = place // MOSAIC * step, place % MOSAIC * step
        whole[top : top + side, left : left + side] = image
    return colormaps.image(whole)


def _curve(values: NDArray[np.floating], scale: Scale) -> QImage:
    """Return a unit's values over one feature as a curve, filled to zero in the colors of its values."""
    across = np.interp(np.linspace(0.0, 1.0, CURVE_SIDE), np.linspace(0.0, 1.0, len(values)), values)
    heights = np.linspace(scale.high, scale.low, CURVE_SIDE)[:, None]
    inside = (heights * across >= 0) & (np.abs(heights) <= np.abs(across))
    pixels = np.where(inside, _colored(across, scale)[None], _ground())
    pixels[CURVE_SIDE // 2] = _packed("faint")
    return colormaps.image(pixels)


def _ground() -> np.uint32:
    return _packed("surface")


def _packed(token: str) -> np.uint32:
    return np.uint32(colormaps.packed(np.array(theme.tokens().color(token).getRgb()[:3], float)))


def _colored(values: NDArray[np.floating], scale: Scale) -> colormaps.Colors:
    return np.asarray(scale.colors[colormaps.levels(values, scale.low, scale.high)])


class ScaleBar(QWidget):
    """The colors of a scale between its ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale: Scale | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_scale(self, scale: Scale) -> None:
        """Show a scale."""
        ends = self._ends()
        self._scale = scale
        if ends != self._ends():
            self.updateGeometry()
        words = f"Colors from {self._ends()[0]} to {self._ends()[1]}: {scale.of}"
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the bar and its ends."""
        metrics = QFontMetrics(theme.font(theme.SMALL))
        return QSize(SCALE_WIDTH + sum(metrics.horizontalAdvance(end) + GAP for end in self._ends()), 16)

    def _ends(self) -> tuple[str, str]:
        if self._scale is None:
            return "", ""
        return numbers.short(self._scale.low), numbers.short(self._scale.high)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bar, with its ends beside it."""
        if self._scale is None:
            return
        painter, colors = QPainter(self), theme.tokens()
        painter.setFont(theme.font(theme.SMALL))
        low, high = self._ends()
        left = painter.fontMetrics().horizontalAdvance(low) + GAP
        bar = QRectF(left, (self.height() - SCALE_HEIGHT) / 2, SCALE_WIDTH, SCALE_HEIGHT)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(bar, colormaps.image(self._scale.colors[None]))
        painter.setPen(colors.color("border"))
        painter.drawRect(bar)
        painter.setPen(colors.color("faint"))
        whole = QRectF(self.rect())
        painter.drawText(whole, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), low)
        painter.drawText(whole, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), high)
        painter.end()

"""The live picture on a card: mean activation of each unit as a strip of colors, or a histogram as bars."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QImage, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ui import colormaps, theme

WIDTH, HEIGHT = 136.0, 32.0
MOST_STRIPES = 68  # narrower ones are means of neighboring units: two pixels a stripe at 100 %
_CORNER = 4.0

Values = NDArray[np.floating]


def strip(values: Values) -> QImage:
    """Return one pixel a unit, scaled to the largest absolute value; values that are not finite count as zero."""
    values = np.nan_to_num(np.asarray(values, float).ravel(), nan=0.0, posinf=0.0, neginf=0.0)
    if len(values) > MOST_STRIPES:
        starts = np.linspace(0, len(values), MOST_STRIPES, endpoint=False).astype(int)
        sizes = np.diff(np.append(starts, len(values)))
        values = np.add.reduceat(values, starts) / sizes
    largest = float(np.abs(values).max(initial=0.0)) or 1.0
    return colormaps.image(colormaps.signed()[colormaps.levels(values, -largest, largest)][None])


class ThumbnailItem(QGraphicsItem):
    """A picture at the foot of a card; it alone is repainted when new values come.

    Values are only kept when they come: the picture is made while painting, so that cards out of sight cost nothing.
    """

    def __init__(self, kind: str, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self.kind = kind
        self._values: Values | None = None
        self._image: QImage | None = None

    def set_values(self, values: Values | None) -> None:
        """Show other values; the same array again costs nothing."""
        if values is not self._values:
            self._values, self._image = values, None
            self.update()

    def restyle(self) -> None:
        """Take the colors of the theme now in force."""
        self._image = None
        self.update()

    @property
    def values(self) -> Values | None:
        """What is shown."""
        return self._values

    def describe(self) -> str:
        """Return what the picture shows, in words, or nothing before there are values."""
        if self._values is None or not len(self._values):
            return ""
        if self.kind == "histogram":
            return "Bars: how often each prediction occurs"
        low, high = float(np.nanmin(self._values)), float(np.nanmax(self._values))
        return f"Stripes: mean activation of each unit, {low:.2g} to {high:.2g}".replace("-", "\N{MINUS SIGN}")

    def boundingRect(self) -> QRectF:
        """Return the place kept for the picture."""
        return QRectF(0.0, 0.0, WIDTH, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the strip or the bars, or an empty track before the first values."""
        t = theme.tokens()
        painter.setPen(Qt.PenStyle.NoPen)
        if self._values is None or not len(self._values):
            painter.setBrush(t.color("window"))
            painter.drawRoundedRect(self.boundingRect(), _CORNER, _CORNER)
        elif self.kind == "histogram":
            self._paint_bars(painter, self._values)
        else:
            if self._image is None:
                self._image = strip(self._values)
            brush = QBrush(self._image)
            brush.setTransform(QTransform.fromScale(WIDTH / self._image.width(), HEIGHT))
            painter.setBrush(brush)
            painter.drawRoundedRect(self.boundingRect(), _CORNER, _CORNER)

    def _paint_bars(self, painter: QPainter, counts: Values) -> None:
        counts = np.nan_to_num(np.asarray(counts, float).ravel())
        tallest = float(counts.max(initial=0.0))
        if tallest <= 0:
            return
        width = WIDTH / len(counts)
        gap = 1.0 if width >= 3 else 0.0
        bars = [
            QRectF(index * width, HEIGHT * (1.0 - count / tallest), width - gap, HEIGHT * count / tallest)
            for index, count in enumerate(counts.tolist())
            if count > 0
        ]
        smooth = bool(painter.renderHints() & QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(theme.series_color(theme.VALIDATION_SERIES))
        painter.drawRects(bars)
        # The view saves no painter state between items: left off, it would be off for every card painted later.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)

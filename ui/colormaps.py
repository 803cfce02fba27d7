"""Numbers to colors: diverging for signs, sequential for amounts, blended for classes; as images that Qt draws."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from ui import theme

LEVELS = 255  # odd, so that zero has a color of its own
SOFTNESS = 0.75  # how far a blended region goes from the surface to its class's color

Colors = NDArray[np.uint32]


@lru_cache(maxsize=16)
def ramp(*stops: str) -> Colors:
    """Return LEVELS colors as ``0xffRRGGBB``, evenly from stop to stop."""
    ends = np.array([QColor(stop).getRgb()[:3] for stop in stops], float)
    at = np.linspace(0.0, len(stops) - 1.0, LEVELS)
    mixed = np.stack([np.interp(at, np.arange(len(stops)), ends[:, channel]) for channel in range(3)], axis=1)
    return packed(mixed)


def packed(rgb: NDArray[np.floating]) -> Colors:
    """Return colors (..., 3) from 0 to 255 as ``0xffRRGGBB``."""
    red, green, blue = np.moveaxis(np.rint(rgb).astype(np.uint32), -1, 0)
    return np.asarray(np.uint32(0xFF000000) | red << 16 | green << 8 | blue, np.uint32)


def signed() -> Colors:
    """Return the colors from negative through the surface at zero to positive."""
    t = theme.tokens()
    return ramp(t.negative, t.surface, t.positive)


def amounts() -> Colors:
    """Return the colors from little to much."""
    t = theme.tokens()
    return ramp(t.canvas, t.series[0])


def image(pixels: Colors) -> QImage:
    """Return an image of colors (rows, columns) that owns its pixels."""
    pixels = np.ascontiguousarray(pixels)
    rows, columns = pixels.shape
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()


def levels(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.intp]:
    """Return the index into a ramp of each value; what is not finite stands in the middle."""
    span = high - low
    with np.errstate(all="ignore"):
        share = (np.asarray(values, float) - low) / span if span > 0 else np.full(np.shape(values), 0.5)
    share = np.nan_to_num(share, nan=0.5, posinf=1.0, neginf=0.0)
    return np.rint(np.clip(share, 0.0, 1.0) * (LEVELS - 1)).astype(np.intp)


def largest(values: NDArray[np.floating]) -> float:
    """Return the largest finite absolute value, 1 where there is none."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0)) or 1.0


def signed_image(values: NDArray[np.floating]) -> QImage:
    """Return a matrix as an image, scaled to its largest absolute value."""
    limit = largest(values)
    return image(signed()[levels(values, -limit, limit)])


def blended(shares: NDArray[np.floating], names: tuple[str, ...]) -> Colors:
    """Return class probabilities (classes, rows, columns) as a mixture of the classes' colors."""
    colors = np.array([QColor(name).getRgb()[:3] for name in names], float)
    surface = np.array(QColor(theme.tokens().surface).getRgb()[:3], float)
    clean = np.clip(np.nan_to_num(shares, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    # Squared, so that the sure regions are clear and the boundary between them is pale.
    weights = clean**2 * SOFTNESS
    mixed = np.tensordot(weights, colors - surface, axes=(0, 0)) + surface
    return packed(np.clip(mixed, 0.0, 255.0))

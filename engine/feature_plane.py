"""The plane through the data over which answers and units are drawn: its extent, and a grid of points on it."""

from __future__ import annotations

import numpy as np

from engine.emit import Array

MARGIN = 0.12  # of the data's range, left free on each side


def extent(column: Array) -> tuple[float, float]:
    """Return the range of a feature's values (m,) with a margin on both sides."""
    low, high = float(column.min()), float(column.max())
    margin = MARGIN * (high - low) or 1.0
    return low - margin, high + margin


def plane_points(x: tuple[float, float], y: tuple[float, float], columns: int, rows: int) -> tuple[Array, Array]:
    """Return the coordinates (rows · columns,) of a grid over two ranges, row by row."""
    return np.tile(np.linspace(*x, columns), rows), np.repeat(np.linspace(*y, rows), columns)

"""Generated samples: points of the plane with a class, and two surfaces to predict."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (m, 2)
Values = NDArray[np.float64]  # (m,): a class number, or the value to predict
Generator = Callable[[int, float, np.random.Generator], tuple[Points, Values]]

INNER_RADIUS = 0.45
SPIRAL_TURNS = 1.25
BLOBS = 3
CLOUD = (0.7, 0.4)  # middle of the second cloud; the first one's is opposite


def _halves(rows: int) -> Values:
    return (np.arange(rows) % 2).astype(np.float64)


def circles(rows: int, noise: float, random: np.random.Generator) -> tuple[Points, Values]:
    """Return a ring inside one of radius 1; ``noise`` is the standard deviation of each coordinate."""
    label = _halves(rows)
    angle = random.uniform(0, 2 * np.pi, rows)
    radius = np.where(label == 1, INNER_RADIUS, 1.0)
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return points + random.normal(0, noise, (rows, 2)), label


def moons(rows: int, noise: float, random: np.random.Generator) -> tuple[Points, Values]:
    """Return two interleaved half circles of radius 1."""
    label = _halves(rows)
    angle = random.uniform(0, np.pi, rows)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    points = np.where(label[:, None] == 1, lower, upper)
    return points + random.normal(0, noise, (rows, 2)), label


def spirals(rows: int, noise: float, random: np.random.Generator) -> tuple[Points, Values]:
    """Return two arms that wind around each other, from the middle to radius 1."""
    label = _halves(rows)
    # The square root of a uniform number spreads the points evenly along the arm.
    along = np.sqrt(random.uniform(0.01, 1, rows))
    angle = along * SPIRAL_TURNS * 2 * np.pi + np.pi * label
    points = np.column_stack([along * np.cos(angle), along * np.sin(angle)])
    return points + random.normal(0, noise, (rows, 2)), label


def xor(rows: int, noise: float, random: np.random.Generator) -> tuple[Points, Values]:
    """Return the four quadrants of a square of side 2; the class is whether the signs differ."""
    points = random.uniform(-1, 1, (rows, 2))
    label = (points[:, 0] * points[:, 1] < 0).astype(np.float64)
    return points + random.normal(0, noise, (rows, 2)), label


def blobs(rows: int, noise: float, random: np.random.Generator) -> tuple[Points, Values]:
    """Return three round clouds around a circle of radius 1."""
    label = (np.arange(rows) % BLOBS).astype(np.float64)
    angle = 2 * np.pi * label / BLOBS + np.pi / 2
    centers = np.column_stack([np.cos(angle), np.sin(angle)])
    return centers + random.normal(0, noise, (rows, 2)), label


def clouds(rows: int, noise: float, random: np.random.Generator) -> tuple[Points, Values]:
    """Return two round clouds that a line parts but for the points of either that lie among the other."""
    label = _halves(rows)
    centers = np.where(label[:, None] == 1, CLOUD, -np.array(CLOUD))
    return centers + random.normal(0, noise, (rows, 2)), label


def plane(rows: int, noise: float, random: np.random.Generator) -> tuple[Points, Values]:
    """Return y = 2 x1 - x2 + 0.5 with noise."""
    points = random.uniform(-1, 1, (rows, 2))
    return points, 2 * points[:, 0] - points[:, 1] + 0.5 + random.normal(0, noise, rows)


def sine(rows: int, noise: float, random: np.random.Generator) -> tuple[Points, Values]:
    """Return y = sin(3 x1) cos(3 x2) with noise."""
    points = random.uniform(-1, 1, (rows, 2))
    return points, np.sin(3 * points[:, 0]) * np.cos(3 * points[:, 1]) + random.normal(0, noise, rows)

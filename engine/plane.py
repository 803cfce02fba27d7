"""Planes through the parameters: two axes, each one parameter or a direction, and coordinates in them.

A direction is a random one, one in which the path has gone most, or that of the next step. Axes are orthogonal and of
length one: distances in a plane are distances of parameters, and a gradient stands at a right angle to contour lines.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from engine.emit import Array
from engine.layers import parts
from engine.network import Network

DIRECTION_SEED = 7  # the second seed of directions; initial weights and orders have others
LEAST_LEFT = 1e-6  # a direction of which less is left beside the other axis is none
SPARES = 8  # random directions tried in the place of one that is none
AxisKind = Literal["parameter", "filter", "plain", "path", "step"]


class Axis(msgspec.Struct, frozen=True):
    """One axis of a plane.

    ``"parameter"`` is the entry (``row``, ``column``) of the stored array ``key``, ``"node.name"``: b of ``Theta`` is
    its column 0, and W follows. ``"filter"`` and ``"plain"`` are directions drawn by ``number``, the former as long in
    each unit's weights as these are themselves (see :func:`random_direction`). ``"path"`` is the direction in which the
    path has gone most, counted by ``number`` from 0. ``"step"`` is the direction of the next step.
    """

    kind: AxisKind = "parameter"
    key: str = ""
    row: int = 0
    column: int = 0
    number: int = 0


Axes = tuple[Axis, Axis]


class PlaneRequest(msgspec.Struct, frozen=True):
    """What is wanted: the cost over a plane, and after a step with another learning rate.

    ``zoom`` doubles the side of the plane that is shown, or halves it where negative; ``alpha`` is the other learning
    rate, None for none.
    """

    axes: Axes
    zoom: int = 0
    alpha: float | None = None


def entry_of(network: Network, axis: Axis) -> int | None:
    """Return where a parameter axis stands among the learned parameters; None for another axis, or a missing one."""
    if axis.kind != "parameter":
        return None
    place = network.place_of(axis.key, axis.row, axis.column)
    return place if place is not None and place < network.learned_count else None


def fits(network: Network, axes: Axes) -> bool:
    """Return whether two axes span a plane of a network."""
    entries = [entry_of(network, axis) for axis in axes]
    missing = any(entry is None for entry, axis in zip(entries, axes, strict=True) if axis.kind == "parameter")
    same = entries[0] is not None and entries[0] == entries[1]
    return not (missing or same) and network.learned_count > 1


def basis_of(network: Network, center: Array, axes: Axes, points: Array, step: Array) -> Array:
    """Return the two axes as orthonormal vectors (2, learned_count), float64.

    A direction is made orthogonal to the other axis: to a parameter, or, where both are directions, the second to the
    first. One that is none (a path of one point, a step of length zero, two of the same) is drawn at random instead.

    Parameters
    ----------
    center
        The parameters through which the plane goes, (learned_count,).
    points
        Of the path, (k, learned_count).
    step
        The direction of the next step, (learned_count,).
    """
    numbers = [axis.number for axis in axes if axis.kind == "path"]
    main = principal_directions(points, center, max(numbers) + 1) if numbers else []
    vectors = [_vector(network, center, axis, main, step) for axis in axes]
    first, second = (1, 0) if axes[1].kind == "parameter" else (0, 1)
    if not vectors[first].any():
        vectors[first] = random_direction(network, center, first, plain=True)
    fixed = vectors[first] / np.linalg.norm(vectors[first])
    free = vectors[second]
    for spare in range(SPARES):
        left = free - fixed * (fixed @ free)
        if np.linalg.norm(left) > LEAST_LEFT * np.linalg.norm(free):
            break
        free = random_direction(network, center, spare, plain=True)
    vectors[first], vectors[second] = fixed, left / np.linalg.norm(left)
    return np.stack(vectors)


def random_direction(network: Network, center: Array, seed: int, plain: bool = False) -> Array:
    """Return a random direction (learned_count,), unless ``plain`` one that is as long as the parameters everywhere.

    Following Li et al. (2018), "Visualizing the loss landscape of neural nets": each row of W, the weights of one unit,
    has the length of the unit's own, and every other array that of the array. So a unit whose weights are large
    and a next one's small, which computes the same, looks the same. Arrays of zeros, biases at first, stay as they are.
    """
    generator = np.random.default_rng([seed, DIRECTION_SEED])
    flat = generator.standard_normal(network.learned_count)
    if plain:
        return flat
    own = network.slices(center.astype(np.float64))
    for key, drawn in network.slices(flat).items():
        name = key.rpartition(".")[2]
        for part, values in parts(name, drawn).items():
            wanted, length = (_lengths(array, part) for array in (parts(name, own[key])[part], values))
            values *= wanted / np.maximum(length, np.finfo(float).tiny)
    if not flat.any():  # nothing to compare with where all is zero
        flat = generator.standard_normal(network.learned_count)
    return flat


def principal_directions(points: Array, center: Array, count: int) -> list[Array]:
    """Return up to ``count`` orthonormal directions (p,) in which points (k, p) lie farthest from the center.

    The center itself, not the points' mean, is the origin, since planes go through it. The first point lies on the
    negative side of the first direction: the path comes from there.
    """
    away = points.astype(np.float64) - center
    if not away.size:
        return []
    squares, mixtures = np.linalg.eigh(away @ away.T)  # k by k: few points of many parameters
    found: list[Array] = []
    for square, mixture in zip(squares[::-1][:count], mixtures.T[::-1], strict=False):
        if not square > LEAST_LEFT**2 * squares[-1]:
            break
        direction = away.T @ mixture
        direction /= np.linalg.norm(direction)
        found.append(-direction if away[0] @ direction > 0 else direction)
    return found


def _vector(network: Network, center: Array, axis: Axis, main: list[Array], step: Array) -> Array:
    flat = np.zeros(network.learned_count)
    if axis.kind == "parameter":
        flat[entry_of(network, axis)] = 1.0
    elif axis.kind in ("filter", "plain"):
        flat = random_direction(network, center, axis.number, plain=axis.kind == "plain")
    elif axis.kind == "path" and axis.number < len(main):
        flat = main[axis.number]
    elif axis.kind == "step" and np.isfinite(step).all():
        flat = step.astype(np.float64)
    return flat


def _lengths(array: Array, part: str) -> Array:
    return np.asarray(np.linalg.norm(array, axis=1 if part == "W" else None, keepdims=True))

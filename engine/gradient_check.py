r"""The proof of a gradient: central differences of the cost, in float64, beside what the program computes.

For one parameter p, with all others held, :math:`dJ/dp \approx [8(J(p+h) - J(p-h)) - (J(p+2h) - J(p-2h))] / 12h`,
the central difference of fourth order. Where one of these points lies on another side of a kink than the next (ReLU at
z = 0, say), there is no one slope to compare with: such parameters are skipped and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from engine.dataset import Dataset
from engine.descent import weights_of
from engine.emit import Array
from engine.network import Network
from engine.objective import Objective
from engine.settings import TrainingSettings

STEP = 1e-4  # h, times the parameter's size where that is above 1
RESOLVED = 1e-5  # of the cost: below it a slope drowns in rounding, and differences are taken relative to it
TOLERANCE = 1e-6  # the largest relative error of a right gradient


@dataclass(frozen=True)
class ArrayCheck:
    """One parameter array: ``error`` is ‖numeric - computed‖ / ‖computed‖ over the entries compared.

    Where ‖computed‖ is below what differences can resolve, the error is relative to that. ``numeric`` holds the
    differences in the array's own shape, nan where none was taken, and ``computed`` the gradient.
    """

    key: str
    error: float
    compared: int
    skipped: int
    numeric: Array = field(default_factory=lambda: np.zeros((0, 0)), compare=False, repr=False)
    computed: Array = field(default_factory=lambda: np.zeros((0, 0)), compare=False, repr=False)


@dataclass(frozen=True)
class GradientCheck:
    """All parameter arrays that are learned."""

    arrays: tuple[ArrayCheck, ...]

    @property
    def worst(self) -> float:
        """The largest relative error of an array."""
        return float(np.max([array.error for array in self.arrays], initial=0.0))  # nan where one is

    @property
    def compared(self) -> int:
        """Parameters compared."""
        return sum(array.compared for array in self.arrays)

    @property
    def skipped(self) -> int:
        """Parameters at a kink."""
        return sum(array.skipped for array in self.arrays)

    @property
    def passed(self) -> bool:
        """Whether every array is right."""
        return all(array.error < TOLERANCE for array in self.arrays)  # nan is not


def check_gradients(
    network: Network,
    X: ArrayLike,
    Y: ArrayLike,
    settings: TrainingSettings | None = None,
    most: int | None = None,
    seed: int = 0,
    on_progress: Callable[[float, str], object] | None = None,
) -> GradientCheck:
    """Compare the gradient of the cost, penalties included, with central differences.

    Normalization layers are differentiated as in training, over the given examples as one batch; Dropout drops
    nothing. The network itself is left alone: a copy in float64 is checked.

    Parameters
    ----------
    X, Y
        Examples, (m, n_features) and (m, n_outputs); a few dozen are enough.
    settings
        Where the penalties come from; none without.
    most
        Entries compared in each array, drawn at random; all without.
    on_progress
        Called after each entry with the share that is done, 0 to 1, and the key of the array.
    """
    settings = settings or TrainingSettings()
    copy = Network(network.graph, precision="float64")
    copy.set_weights(network.weights())
    data = Dataset(X, Y, copy.dtype)
    objective = _Sides(copy, data, settings)
    computed = copy.slices(objective.gradient())
    resolved = RESOLVED * (1.0 + abs(objective.cost()))
    generator = np.random.default_rng(seed)
    drawn = {key: _entries(gradient.shape, most, generator) for key, gradient in computed.items()}
    total, done, checks = sum(map(len, drawn.values())), 0, []
    for key, gradient in computed.items():
        values, numeric = copy.parameters[key], np.full(gradient.shape, np.nan)
        known = np.zeros(gradient.shape, bool)
        for entry in drawn[key]:
            estimate = objective.slope(values, entry)
            if estimate is not None:
                numeric[entry], known[entry] = estimate, True
            done += 1
            if on_progress is not None:
                on_progress(done / total, key)
        compared = int(known.sum())
        difference = float(np.linalg.norm(numeric[known] - gradient[known]))
        scale = max(float(np.linalg.norm(gradient[known])), resolved * np.sqrt(max(compared, 1)))
        skipped = len(drawn[key]) - compared
        checks.append(ArrayCheck(key, difference / scale, compared, skipped, numeric, gradient))
    return GradientCheck(tuple(checks))


def _entries(shape: tuple[int, ...], most: int | None, generator: np.random.Generator) -> list[tuple[int, ...]]:
    """Return the entries to compare: all, or ``most`` drawn without repetition, in order."""
    size = int(np.prod(shape))
    flat = np.arange(size)
    if most is not None and size > most:
        flat = np.sort(generator.choice(size, most, replace=False))
    rows, columns = np.unravel_index(flat, shape)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


class _Sides(Objective):
    """The objective, its slope by differences, and on which side of each kink it stands."""

    def _sides(self) -> Array:
        """Return the sign of every quantity that passes through a kink, at the parameters of the last cost."""
        program, network = self.program, self.network
        distances = [ref.array - at for ref, at in program.kinks]
        distances.append(network.output.loss.kinks(program.a, self.data.targets.T))
        if self.settings.l1:
            distances.extend(weights.array for weights in weights_of(network, network.learned, "W"))
        return np.concatenate([np.sign(distance).reshape(-1) for distance in distances])

    def slope(self, values: Array, entry: tuple[int, ...]) -> float | None:
        """Return dJ/dp of one entry of a parameter array by differences, or None beside a kink."""
        kept = float(values[entry])
        h = STEP * max(1.0, abs(kept))
        costs, sides = [], []
        for offset in (-2, -1, 1, 2):
            values[entry] = kept + offset * h
            costs.append(self.cost())
            sides.append(self._sides())
        values[entry] = kept
        if any((side != sides[0]).any() for side in sides[1:]):
            return None
        far_below, below, above, far_above = costs
        return (8.0 * (above - below) - (far_above - far_below)) / (12.0 * h)

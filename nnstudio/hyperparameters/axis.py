"""Where the values of an experiment stand on its axis: on a log scale, a linear one, or one beside the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from nnstudio.hyperparameters.base import Scale, Value

WORDS: dict[Scale, str] = {
    "log": "log scale",
    "linear": "",
    "memory": "scale of 1 / (1 − value)",
    "limit": "log scale",
    "names": "",
}
NEAREST_TO_ONE = 1e-12


class Axis:
    """Places for the values tried, and for others on the same scale.

    A zero on a log scale stands as far left of the smallest other value as the closest two values are apart; one that
    means no limit stands so far right of the largest.
    """

    def __init__(self, scale: Scale, values: Sequence[Value]) -> None:
        self.scale, self.values = scale, tuple(values)
        exponents = sorted(math.log10(value) for value in values if not isinstance(value, str) and value > 0)
        apart = [right - left for left, right in pairwise(exponents)]
        step = min(apart, default=1.0)
        self._zero = 0.0
        if exponents:
            self._zero = exponents[-1] + step if scale == "limit" else exponents[0] - step

    @property
    def words(self) -> str:
        """What kind of scale it is, empty where the labels say it."""
        if self.scale == "log" and 0 in self.values:
            return "log scale, 0 at its left end"
        if self.scale == "limit" and 0 in self.values:
            return "log scale, no limit at its right end"
        return WORDS[self.scale]

    def place(self, value: Value) -> float | None:
        """Return where a value stands, None for a kind that is not among those tried."""
        if self.scale == "names" or isinstance(value, str):
            return float(self.values.index(value)) if value in self.values else None
        if self.scale in ("log", "limit"):
            return math.log10(value) if value > 0 else self._zero
        if self.scale == "memory":
            return -math.log10(max(1.0 - value, NEAREST_TO_ONE))
        return float(value)

    def nearest(self, place: float) -> int:
        """Return which of the values tried stands nearest to a place."""
        places = [self.place(value) or 0.0 for value in self.values]
        return min(range(len(places)), key=lambda index: abs(places[index] - place))

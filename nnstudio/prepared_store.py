"""Prepared data by the recipe that makes them, so that undo finds an earlier table again without reading it."""

from __future__ import annotations

from collections import OrderedDict

from nnstudio.data import DataRecipe, PreparedData

MOST_BYTES = 512 * 2**20
LEAST_KEPT = 2  # the present table and the one before, whatever their size


class PreparedStore:
    """Prepared data, most recently used last, bounded by the memory they take."""

    def __init__(self) -> None:
        self._kept: OrderedDict[DataRecipe, PreparedData] = OrderedDict()

    def put(self, recipe: DataRecipe, prepared: PreparedData) -> None:
        """Keep prepared data, and drop the least recently used beyond the bound."""
        self._kept[recipe] = prepared
        self._kept.move_to_end(recipe)
        while len(self._kept) > LEAST_KEPT and self._bytes() > MOST_BYTES:
            self._kept.popitem(last=False)

    def get(self, recipe: DataRecipe) -> PreparedData | None:
        """Return the data of a recipe, or None where they have to be prepared again."""
        prepared = self._kept.get(recipe)
        if prepared is not None:
            self._kept.move_to_end(recipe)
        return prepared

    def _bytes(self) -> int:
        return sum(prepared.X.nbytes + prepared.Y.nbytes for prepared in self._kept.values())

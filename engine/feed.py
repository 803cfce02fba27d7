"""Where batches are gathered into: many small ones at a time, each into a place that a program of its own reads."""

from __future__ import annotations

import numpy as np

from engine.dataset import Dataset
from engine.emit import Array
from engine.network import Network


class Feed:
    """Places for ``count`` batches of ``size`` examples.

    Attributes
    ----------
    x
        [1 X] of each batch, (count, size, n_x + 1).
    y
        Its targets as the program reads them, (count, n_y, size): 2Y - 1 where the output is ``logistic``.
    """

    def __init__(self, network: Network, data: Dataset, count: int, size: int) -> None:
        self.count, self.size = count, size
        self._data, self._signed = data, network.output.logistic
        n_y = data.targets.shape[1]
        self.x: Array = np.ones((count, size, data.extended.shape[1]), network.dtype)
        self.y: Array = np.zeros((count, n_y, size), network.dtype)
        # With one output, rows of targets are what the programs read already.
        self._targets = self.y.reshape(-1, 1) if n_y == 1 else np.zeros((count * size, n_y), network.dtype)
        self._turned = self._targets.reshape(count, size, n_y).transpose(0, 2, 1)
        self._two, self._one = np.array(2.0, network.dtype), np.array(1.0, network.dtype)

    def gather(self, rows: Array) -> None:
        """Gather the examples with these row numbers, whole batches of them, into the first places."""
        batches = len(rows) // self.size
        self._data.extended.take(rows, 0, self.x.reshape(-1, self.x.shape[2])[: len(rows)], "clip")
        self._data.targets.take(rows, 0, self._targets[: len(rows)], "clip")
        y = self.y[:batches]
        if self._signed:
            np.multiply(self._turned[:batches], self._two, y)
            np.subtract(y, self._one, y)
        elif self.y.shape[1] > 1:
            np.copyto(y, self._turned[:batches])

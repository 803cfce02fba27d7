"""Examples as the engine keeps them: rows with a one in front, so that a batch gathered once is ready for Theta."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from engine.emit import Array


class DataError(ValueError):
    """Examples that cannot be used; the message names the row."""


class Dataset:
    """Features X and targets Y of the same examples.

    Parameters
    ----------
    X
        (m, n_features), finite numbers.
    Y
        (m, n_outputs), finite numbers: 0 and 1 for yes or no, one-hot rows for classes, numbers for regression.
    dtype
        float32 or float64; the arrays are converted.

    Raises
    ------
    DataError
        When shapes do not fit or a value is not finite; the row is named.
    """

    def __init__(self, X: ArrayLike, Y: ArrayLike, dtype: Any = np.float32) -> None:
        features, targets = np.asarray(X), np.asarray(Y)
        if targets.ndim == 1:
            targets = targets[:, None]
        if features.ndim != 2 or targets.ndim != 2:
            raise DataError(
                f"X must be (m, n_features) and Y (m, n_outputs); they are {features.shape}, {targets.shape}."
            )
        if len(features) != len(targets):
            raise DataError(f"X has {len(features)} rows and Y has {len(targets)}: they must be the same examples.")
        if len(features) == 0:
            raise DataError("There are no examples.")
        extended = np.empty((len(features), features.shape[1] + 1), dtype)
        extended[:, 0] = 1.0
        with np.errstate(over="ignore"):  # what is too large for float32 is refused below, with its row
            extended[:, 1:] = features
            self._set(extended, np.ascontiguousarray(targets, dtype))
        self._refuse_non_finite()

    @classmethod
    def from_extended(cls, extended: Array, targets: Array) -> Dataset:
        """Return a dataset over arrays that have the engine's own form, without a copy (a memory-mapped file, say).

        ``extended`` is (m, n_features + 1) with ones in column 0, ``targets`` (m, n_outputs), both C-contiguous and of
        one floating type, and known to be finite.
        """
        made = cls.__new__(cls)
        made._set(extended, targets)
        return made

    def _set(self, extended: Array, targets: Array) -> None:
        self.extended, self.targets = extended, targets

    def _refuse_non_finite(self) -> None:
        for name, array in (("X", self.X), ("Y", self.targets)):
            bad = ~np.isfinite(array).all(axis=1)
            if bad.any():
                raise DataError(
                    f"{name} has a value that is not a finite number of this precision in row {int(bad.argmax())}."
                )

    def __len__(self) -> int:
        return len(self.extended)

    @property
    def X(self) -> Array:
        """The features, (m, n_features), a view."""
        return self.extended[:, 1:]

    @property
    def Y(self) -> Array:
        """The targets, (m, n_outputs)."""
        return self.targets

    def astype(self, dtype: Any) -> Dataset:
        """Return the same examples in another floating type, or this one where it has that type."""
        if self.extended.dtype == np.dtype(dtype):
            return self
        with np.errstate(over="ignore"):
            made = Dataset.from_extended(self.extended.astype(dtype), self.targets.astype(dtype))
        if np.dtype(dtype).itemsize < self.extended.dtype.itemsize:
            made._refuse_non_finite()
        return made

    def rows(self, indices: Array) -> Dataset:
        """Return some rows, copied."""
        return Dataset.from_extended(self.extended[indices], self.targets[indices])

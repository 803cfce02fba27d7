"""The ends of a histogram's bins: at round numbers, as a person would choose them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

BINS = 24  # about, at most one more
ROUND_WIDTHS = (1.0, 2.0, 2.5, 5.0, 10.0)  # of bins, times a power of ten
HAIR = 1e-4  # of a bin
MOST_WHOLE = 40  # whole numbers within a range up to this have a bin each
LARGEST_WHOLE = 1e9
FLOAT32_ROUNDING = 2.0**-23  # twice the largest relative error of a number kept in float32
WHOLE = 1e-4  # how far from a whole number one may be that went through float32

Values = NDArray[np.float64]


def bin_edges(values: Values, low: float, high: float) -> Values:
    """Return the ends of evenly wide bins at round numbers; few whole numbers stand in the middle of one each.

    A value at the end of a bin belongs to the next one: all ends are shifted down by a hair, or float32 would decide.
    """
    is_whole = max(abs(low), abs(high)) < LARGEST_WHOLE and np.abs(values - np.rint(values)).max() < WHOLE
    if is_whole and high - low <= MOST_WHOLE:
        return np.arange(round(low), round(high) + 2, dtype=np.float64) - 0.5
    if not high - low > FLOAT32_ROUNDING * max(abs(low), abs(high)):
        half = max(abs(low), 1.0) / 2
        return np.array([low - half, low + half])
    least = (high - low) / BINS
    decade = 10.0 ** math.floor(math.log10(least))
    width = next(step * decade for step in ROUND_WIDTHS if step * decade >= least * (1 - 1e-9))
    first = math.floor(low / width + HAIR)
    count = math.floor(high / width + HAIR) - first + 1
    return width * (first + np.arange(count + 1, dtype=np.float64) - HAIR)

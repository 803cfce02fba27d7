"""Room for large arrays: pages of memory of their own."""

from __future__ import annotations

import math
import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray


def room(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Return an array of zeros whose pages take memory only once they are written.

    NumPy asks for huge pages, for which Linux may have to move other memory out of the way first: measured, filling
    240 MB of them took the system three times as long as ordinary pages.
    """
    count = math.prod(shape)
    if count == 0:
        return np.zeros(shape, dtype)
    mapped = mmap.mmap(-1, count * np.dtype(dtype).itemsize)
    return np.frombuffer(mapped, dtype, count).reshape(shape)

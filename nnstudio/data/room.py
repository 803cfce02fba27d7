"""Room for large arrays: in memory, or in a mapped file where a table is larger than a person wants to give it."""

from __future__ import annotations

import math
import mmap
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.errors import DataError
from nnstudio.state_folder import state_directory

LIMIT_VARIABLE = "NNSTUDIO_TABLE_MEMORY"  # environment variable: megabytes; it goes before what was chosen
DEFAULT_LIMIT = 2_000  # megabytes that a table may take in memory
MEGA = 1_000_000
BYTES_A_CELL = 8 + 4  # as it is read, and as an input
BLOCK = 2**18  # items at a time where nothing else may be held in memory
FOLDER = "tables"  # within the state folder: temporary folders may be in memory themselves
_chosen = DEFAULT_LIMIT


def memory_limit() -> int:
    """Return the bytes that a table may take in memory."""
    given = os.environ.get(LIMIT_VARIABLE, "")
    return (int(given) if given.isdecimal() else _chosen) * MEGA


def set_memory_limit(megabytes: int) -> None:
    """Choose what :func:`memory_limit` returns for the rest of this run, where the environment says nothing."""
    global _chosen
    _chosen = megabytes


@dataclass(frozen=True)
class Place:
    """Where the arrays of one table are."""

    on_disk: bool = False

    def room(self, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
        """Return an array of zeros, whose pages take memory only once they are written.

        In memory these are ordinary pages. NumPy asks for huge ones, which a virtual machine may have given back to
        its host: filling 240 MB of them for the first time took the system three times as long, and a quarter of the
        time afterwards. On the disk it is a file without a name, which goes with the array.

        Raises
        ------
        DataError
            When the disk is full.
        """
        count = math.prod(shape)
        if count == 0:
            return np.zeros(shape, dtype)
        size = count * np.dtype(dtype).itemsize
        return np.frombuffer(_mapped(size) if self.on_disk else _pages(size), dtype, count).reshape(shape)

    def counted(self, count: int) -> NDArray[np.int64]:
        """Return 0, 1, … (count,)."""
        numbers: NDArray[np.int64] = self.room((count,), np.int64)
        for block in blocks(count):
            numbers[block] = np.arange(block.start, block.stop)
        return numbers

    def places_of(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the indices at which ``mask`` (m,) is true, in order."""
        found: NDArray[np.int64] = self.room((int(np.count_nonzero(mask)),), np.int64)
        at = 0
        for block in blocks(len(mask)):
            some = np.flatnonzero(mask[block])
            np.add(some, block.start, out=found[at : at + len(some)])
            at += len(some)
        return found

    def taken(self, values: NDArray[Any], indices: NDArray[np.int32] | NDArray[np.int64]) -> NDArray[Any]:
        """Return ``values[indices]``; an index of -1 is the last of the values."""
        made = self.room((len(indices),), values.dtype)
        for block in blocks(len(indices)):
            made[block] = values[indices[block]]
        return made


IN_MEMORY = Place()


def place_for(rows: int, columns: int) -> Place:
    """Return the place of a table of at most so many rows."""
    return Place(on_disk=rows * columns * BYTES_A_CELL > memory_limit())


def blocks(count: int, size: int = BLOCK) -> Iterator[slice]:
    """Yield the slices that make up ``count`` items, ``size`` in each but the last."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def _pages(size: int) -> mmap.mmap:
    if sys.platform == "win32":
        return mmap.mmap(-1, size)
    # Python's own choice are pages to share with other processes, which cost twice the time.
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _mapped(size: int) -> mmap.mmap:
    folder = state_directory() / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder, prefix="table-") as file:
            # A page that the disk has no room for would end the process once it is written.
            if shutil.disk_usage(folder).free < size:
                raise OSError("the disk is full")
            file.truncate(size)
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            return mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise DataError(
            f"A table larger than {memory_limit() // MEGA:,} MB is kept in {folder}, which has no room for "
            f"{size // MEGA:,} MB more: {error.strerror or error}. Make room, ignore columns, or let tables take more "
            "memory."
        ) from None

"""Rows that were held back and are among the training rows too, told by one number for each row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.preparing.split import Split
from nnstudio.data.room import blocks
from nnstudio.data.work import in_threads

FIRST = 100  # training rows that mostly tell which columns differ
TELLING = 3  # columns that mostly tell all rows apart
HASHED_ROWS = 8_192  # at a time, which stay in the processor's cache
HELD = np.uint64(1)  # the bit that tells a row held back; the others are its hash


def count_repeated(X: NDArray[np.float32], Y: NDArray[np.float32], split: Split) -> int:
    """Return how many of the rows held back have the inputs and targets of a training row."""
    held = np.concatenate([split.validation, split.test])
    if not len(held):
        return 0
    # Where few columns tell all rows apart, the others need no look.
    few = _row_hashes(X, columns=_telling_columns(X, split.training))
    return _count_again(_row_hashes(X, Y), held) if _count_again(few, held) else 0


def _telling_columns(X: NDArray[np.float32], training: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the columns of X with the most different values in the first training rows."""
    ordered = np.sort(X[training[:FIRST]], axis=0)
    distinct = np.count_nonzero(ordered[1:] != ordered[:-1], axis=0)
    return np.argsort(-distinct, kind="stable")[:TELLING].astype(np.int64)


def _count_again(hashes: NDArray[np.uint64], held: NDArray[np.int64]) -> int:
    """Return how many rows held back have the hash of another row; the hashes are lost.

    In order, those of training rows come right before the same ones of rows held back.
    """
    hashes &= ~HELD
    hashes[held] |= HELD
    hashes.sort()
    again = 0
    for block in blocks(len(hashes) - 1):
        own = hashes[block.start : block.stop + 1]
        first = own[1:][(own[1:] ^ own[:-1]) == HELD]
        if len(first):
            again += int((np.searchsorted(hashes, first, "right") - np.searchsorted(hashes, first, "left")).sum())
    return again


def _row_hashes(*arrays: NDArray[np.float32], columns: NDArray[np.int64] | None = None) -> NDArray[np.uint64]:
    """Return a number (m,) for each row that is the same for equal rows, or for those equal in some columns."""
    hashes = np.zeros(len(arrays[0]), np.uint64)
    odd, shift = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)

    def fill(rows: slice) -> None:
        own = hashes[rows]
        for array in arrays:
            some = array[rows] if columns is None else array[rows, columns]
            for column in np.add(some.T, np.float32(0.0), order="C"):  # + 0 makes -0.0 and 0.0 equal
                own ^= column.view(np.uint32)
                own *= odd
                own ^= own >> shift

    for _ in in_threads(fill, blocks(len(hashes), HASHED_ROWS)):
        pass
    return hashes

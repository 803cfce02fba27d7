"""Prepared data as a memory-mapped file, so that the engine's process reads them without a copy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from engine.dataset import Dataset

if TYPE_CHECKING:  # the engine's process reads this file too, and needs no table reader
    from nnstudio.data import PreparedData


ROWS_AT_ONCE = 65_536


class DataFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of float32 numbers: rows of [1, features], then rows of targets, split after split.

    ``splits`` maps training, validation and test to their first row and the row after their last.
    """

    path: str
    rows: int
    features: int
    outputs: int
    splits: dict[str, tuple[int, int]]


def write_data_file(prepared: PreparedData, directory: Path) -> DataFile:
    """Write the splits of prepared data to a new file in ``directory``, named by their content."""
    splits: dict[str, tuple[int, int]] = {}
    indices = {"training": prepared.training, "validation": prepared.validation, "test": prepared.test}
    start = 0
    for name, rows in indices.items():
        splits[name] = (start, start + len(rows))
        start += len(rows)
    features, outputs = prepared.X.shape[1], prepared.Y.shape[1]
    path = directory / f"{prepared.sha256[:24]}.f32"
    if not path.exists():
        # Written beside and renamed: a file cut short by a full disk is never taken for a whole one.
        unfinished = path.with_suffix(".part")
        order = np.concatenate(list(indices.values()))
        with unfinished.open("wb") as file:
            for first in range(0, start, ROWS_AT_ONCE):
                rows = order[first : first + ROWS_AT_ONCE]
                extended = np.ones((len(rows), features + 1), np.float32)
                extended[:, 1:] = prepared.X[rows]
                file.write(extended.data)
            for first in range(0, start, ROWS_AT_ONCE):
                file.write(np.ascontiguousarray(prepared.Y[order[first : first + ROWS_AT_ONCE]], np.float32).data)
        unfinished.replace(path)
    return DataFile(path=str(path), rows=start, features=features, outputs=outputs, splits=splits)


def open_data_file(file: DataFile) -> dict[str, Dataset]:
    """Return the splits that have rows, as views of the mapped file."""
    mapped = np.asarray(np.memmap(file.path, np.float32, "r"))
    width = file.features + 1
    extended = mapped[: file.rows * width].reshape(file.rows, width)
    targets = mapped[file.rows * width :].reshape(file.rows, file.outputs)
    return {
        name: Dataset.from_extended(extended[first:last], targets[first:last])
        for name, (first, last) in file.splits.items()
        if last > first
    }

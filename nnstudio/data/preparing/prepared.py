"""Prepared data: the arrays a network trains on, with what was fitted to make them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.preparing.fitted import FittedPreparation
from nnstudio.data.preparing.report import PreparationReport
from nnstudio.data.preparing.split import Split
from nnstudio.data.recipe import Task
from nnstudio.data.row_runs import Runs, counted_from


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Arrays ready to train, read-only.

    Attributes
    ----------
    task, targets, features, classes
        What is learned, the targets' names, the inputs' names (``"color=red"``), and the classes of the one target
        (binary: negative then positive; none for numbers and for several targets).
    X, Y
        float32, C-contiguous: inputs ``(m, n_features)`` and targets ``(m, n_outputs)``; binary 0 or 1,
        multi-class one-hot, regression scaled.
    training, validation, test
        int64 indices into the rows of X, shuffled; every row is in exactly one.
    fitted
        The numbers learned from the training rows.
    report
        What was missing, unreadable, dropped.
    sha256
        Of the content of the arrays above.
    runs
        Which rows of the file the rows of X are (:mod:`nnstudio.data.row_runs`).
    """

    task: Task
    targets: tuple[str, ...]
    features: tuple[str, ...]
    classes: tuple[str, ...]
    X: NDArray[np.float32]
    Y: NDArray[np.float32]
    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    fitted: FittedPreparation
    report: PreparationReport
    sha256: str
    runs: Runs

    @property
    def target(self) -> str:
        """The target's name, or the names of all, as a sentence has them."""
        return ", ".join(self.targets)

    def classes_of(self, output: int) -> tuple[str, ...]:
        """Return the negative and the positive class of one yes/no output, or all classes of the one target."""
        return self.classes or self.fitted.targets[output].classes

    def with_report(self, report: PreparationReport) -> PreparedData:
        """Return the same with another report."""
        return dataclasses.replace(self, report=report)


def assemble(
    fitted: FittedPreparation,
    X: NDArray[np.float32],
    Y: NDArray[np.float32],
    split: Split,
    report: PreparationReport,
    sha256: str = "",
    runs: Runs | None = None,
) -> PreparedData:
    """Return the prepared data of these parts, their arrays made read-only; hashed where the hash is not given.

    Without ``runs`` the rows are counted from 1.
    """
    arrays = arrays_of(X, Y, split)
    runs = counted_from(1) if runs is None else runs
    for array in (*arrays.values(), runs):
        array.flags.writeable = False
    return PreparedData(
        task=fitted.task,
        targets=tuple(target.name for target in fitted.targets),
        features=fitted.features,
        classes=fitted.classes,
        X=X,
        Y=Y,
        training=split.training,
        validation=split.validation,
        test=split.test,
        fitted=fitted,
        report=report,
        sha256=sha256 or content_hash(arrays),
        runs=runs,
    )


def arrays_of(X: NDArray[np.float32], Y: NDArray[np.float32], split: Split) -> dict[str, NDArray[Any]]:
    """Return the arrays of prepared data by name."""
    return {"X": X, "Y": Y, "training": split.training, "validation": split.validation, "test": split.test}


def content_hash(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 of named arrays: names, types, shapes and bytes."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()

"""Which rows train, which validate and which test: a seeded shuffle, stratified where there are classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.errors import DataError
from nnstudio.data.recipe import plural

Indices = NDArray[np.int64]
LEAST_TRAINING_ROWS = 2


@dataclass(frozen=True)
class Split:
    """Row indices in shuffled order; every row is in exactly one of the three."""

    training: Indices
    validation: Indices
    test: Indices


def split_sizes(rows: int, validation: float, test: float) -> tuple[int, int, int]:
    """Return how many rows train, validate and test: together ``rows``; a share above 0 has at least one."""
    held = [max(1, round(rows * share)) if share > 0 else 0 for share in (validation, test)]
    return max(0, rows - sum(held)), held[0], held[1]


def split_rows(rows: int, validation: float, test: float, seed: int, classes: Indices | None = None) -> Split:
    """Divide ``rows`` rows; with ``classes`` (m,) each part in proportion, and every class in training.

    Raises
    ------
    DataError
        When there are fewer rows than the parts need.
    """
    training, *held = split_sizes(rows, validation, test)
    kinds = 1 if classes is None else len(np.unique(classes))
    if training < max(LEAST_TRAINING_ROWS, kinds):
        raise DataError(_too_few(rows, training, held, kinds))
    generator = np.random.default_rng(seed)
    order = generator.permutation(rows).astype(np.int64)
    if classes is None:
        return Split(order[sum(held) :], order[: held[0]], order[held[0] : sum(held)])
    groups = [order[classes[order] == kind] for kind in np.unique(classes)]
    left = np.array([len(group) for group in groups])
    parts: list[Indices] = []
    taken = np.zeros(len(groups), np.int64)
    for size in held:
        counts = _proportional(size, left - taken, np.array([len(group) for group in groups]))
        picked = [group[a : a + n] for group, a, n in zip(groups, taken, counts, strict=True)]
        parts.append(generator.permutation(np.concatenate(picked)))
        taken += counts
    rest = np.concatenate([group[a:] for group, a in zip(groups, taken, strict=True)])
    return Split(generator.permutation(rest), parts[0], parts[1])


def _too_few(rows: int, training: int, held: list[int], kinds: int) -> str:
    there = f"there {'is' if rows == 1 else 'are'} only {plural(rows, 'row')}"
    if kinds == rows > LEAST_TRAINING_ROWS:
        return (
            f"each of the {kinds:,} classes has one row only, so none is left to validate or test with. Choose another "
            "target (this one tells rows apart, as a name or a number does), or let all rows train: no validation and "
            "no test."
        )
    if training >= LEAST_TRAINING_ROWS:
        return (
            f"{there} for {kinds:,} classes, and of these {training:,} for training, where each class needs one. Add "
            "rows, choose a target with fewer classes, or make the shares for validation and test smaller."
        )
    return (
        f"{there} to divide: {held[0]:,} for validation and {held[1]:,} for test "
        f"leave {training:,} for training. Add rows, or make these shares smaller."
    )


def _proportional(size: int, available: Indices, of: Indices) -> Indices:
    """Return how many of each group to take, in proportion by largest remainders, leaving one of each."""
    most = np.maximum(available - 1, 0)
    exact = size * of / of.sum()
    counts: Indices = np.minimum(np.floor(exact), most).astype(np.int64)
    for group in np.argsort(-(exact - np.floor(exact)), kind="stable"):
        if counts.sum() < size and counts[group] < most[group]:
            counts[group] += 1
    while counts.sum() < size:  # groups of one row gave nothing; the largest give instead
        counts[int(np.argmax(most - counts))] += 1
    return counts

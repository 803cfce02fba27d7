"""Which rows train, which validate and which test: by chance, by time, or by groups; and folds of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.errors import DataError
from nnstudio.data.recipe import plural
from nnstudio.data.room import IN_MEMORY, Place

Indices = NDArray[np.int64]
LEAST_TRAINING_ROWS = 2
LEAST_FOLDS = 2
MOST_COUNTS = 20_000_000  # of groups by classes: with more, folds of groups do not regard the classes
TIE_DIGITS = 12  # decimals to which two folds are equally full


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


def split_rows(
    rows: int,
    validation: float,
    test: float,
    seed: int,
    classes: Indices | None = None,
    place: Place = IN_MEMORY,
) -> Split:
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
    order = place.counted(rows)
    generator.shuffle(order)
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


def split_in_order(values: NDArray[np.float64], validation: float, test: float) -> Split:
    """Divide rows by a value (m,): the least train, then come validation and test. Equal values stay together.

    Raises
    ------
    DataError
        When too few rows would train, or a part would be empty.
    """
    rows = len(values)
    training, *held = split_sizes(rows, validation, test)
    order = np.argsort(values, kind="stable").astype(np.int64)
    ordered = values[order]
    # A part begins with all the rows of its first value, so that no moment is on both sides.
    cuts = [_first_of(ordered, training), _first_of(ordered, training + held[0])]
    parts = np.split(order, cuts)
    empty = any(size and not len(part) for size, part in zip(held, parts[1:], strict=True))
    if empty or cuts[0] < LEAST_TRAINING_ROWS:
        raise DataError(
            f"the {plural(rows, 'row')} cannot be divided in this order: {plural(len(np.unique(values)), 'value')} of "
            "it must go into training, validation and test, and equal ones stay together. Choose another column or "
            "other shares."
        )
    return Split(*parts)


def _first_of(ordered: NDArray[np.float64], at: int) -> int:
    return at if at >= len(ordered) else int(np.searchsorted(ordered, ordered[at], side="left"))


def split_groups(groups: Indices, validation: float, test: float, seed: int, classes: Indices | None = None) -> Split:
    """Divide whole groups (m,) by chance, so that the parts come near their shares of the rows.

    With ``classes`` (m,) they come near their shares of the rows of each class.

    Raises
    ------
    DataError
        When there are fewer groups than parts, or too few rows would train.
    """
    rows = len(groups)
    names, members = np.unique(groups, return_inverse=True)
    counts = _counts(members, classes)
    parts = 1 + sum(share > 0 for share in (validation, test))
    if len(names) < parts:
        raise DataError(
            f"there {'is' if len(names) == 1 else 'are'} only {plural(len(names), 'group')} to divide into {parts} "
            "parts. Choose another column, or fewer parts."
        )
    generator = np.random.default_rng(seed)
    part_of = np.zeros(len(names), np.int64)  # 0 trains
    free = generator.permutation(len(names)).tolist()
    for part, share in enumerate((validation, test), start=1):
        if share:
            needed = sum(other > 0 for other in (validation, test)[part:]) + 1  # by the parts that come after
            wanted = np.round(counts.sum(axis=0) * share)
            for group in _near(free, counts, wanted, len(free) - needed):
                part_of[group] = part
                free.remove(group)
    shuffled = generator.permutation(rows).astype(np.int64)
    made = [shuffled[part_of[members[shuffled]] == part] for part in range(3)]
    if len(made[0]) < LEAST_TRAINING_ROWS:
        raise DataError(
            f"the {plural(len(names), 'group')} leave {plural(len(made[0]), 'row')} for training. "
            "Choose another column, or make the shares for validation and test smaller."
        )
    return Split(*made)


def _counts(members: Indices, classes: Indices | None) -> NDArray[np.float64]:
    """Return the rows of each group and class (groups, classes); of all classes together where there are too many."""
    groups = int(members.max(initial=-1)) + 1
    if classes is None or groups * (int(classes.max(initial=0)) + 1) > MOST_COUNTS:
        classes = np.zeros(len(members), np.int64)
    kinds = np.unique(classes, return_inverse=True)[1]
    counts = np.zeros((groups, int(kinds.max(initial=0)) + 1))
    np.add.at(counts, (members, kinds), 1.0)
    return counts


def _near(groups: list[int], counts: NDArray[np.float64], wanted: NDArray[np.float64], most: int) -> list[int]:
    """Return the groups, ``most`` at most, that come near the wanted rows of each class (classes,) together when taken
    in this order; at least one. A class counts by the share of its rows that is too much or lacks.
    """
    weights = 1.0 / np.maximum(counts.sum(axis=0), 1.0)
    taken: list[int] = []
    filled = np.zeros_like(wanted)
    for group in groups:
        after = filled + counts[group]
        if len(taken) < most and weights @ (np.abs(after - wanted) - np.abs(filled - wanted)) <= 0:
            taken.append(group)
            filled = after
    return taken or [min(groups, key=lambda group: float(counts[group].sum()))]


def split_by_value(parts: NDArray[np.int8], seed: int) -> Split:
    """Divide rows by the part each was given: 0 trains, 1 validates, 2 tests.

    Raises
    ------
    DataError
        When too few rows train.
    """
    shuffled = np.random.default_rng(seed).permutation(len(parts)).astype(np.int64)
    made = [shuffled[parts[shuffled] == part] for part in range(3)]
    if len(made[0]) < LEAST_TRAINING_ROWS:
        raise DataError(
            f"the column that divides the rows leaves {plural(len(made[0]), 'row')} for training. "
            "Name fewer of its values for validation and test."
        )
    return Split(*made)


# -- folds ------------------------------------------------------------------------------------------------------------


def folds_by_chance(rows: int, folds: int, seed: int, classes: Indices | None = None) -> list[tuple[Indices, Indices]]:
    """Return (others, own) of each fold: every row is its own fold's once; with ``classes`` (m,) in proportion.

    Raises
    ------
    DataError
        When there are fewer rows than folds.
    """
    _check_folds(rows, folds, "row")
    order = np.random.default_rng(seed).permutation(rows).astype(np.int64)
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]  # dealt out like cards, class after class
    fold_of = np.empty(rows, np.int64)
    fold_of[order] = np.arange(rows) % folds
    return [_others_and_own(fold_of, fold) for fold in range(folds)]


def folds_of_groups(
    groups: Indices, folds: int, seed: int, classes: Indices | None = None
) -> list[tuple[Indices, Indices]]:
    """Return (others, own) of each fold, whole groups (m,) each, of nearly the same number of rows.

    With ``classes`` (m,) each class is spread over the folds as evenly as whole groups allow.

    Raises
    ------
    DataError
        When there are fewer groups than folds.
    """
    names, members = np.unique(groups, return_inverse=True)
    _check_folds(len(names), folds, "group")
    counts = _counts(members, classes)
    sizes, shares = counts.sum(axis=1), counts / counts.sum(axis=0)
    shuffled = np.random.default_rng(seed).permutation(len(names))
    fold_of, filled = np.empty(len(names), np.int64), np.zeros((folds, shares.shape[1] + 1))
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        # The largest first, each to the fold with the least of its classes, and of those to the emptiest.
        crowded = np.round(filled[:, 1:] @ shares[group], TIE_DIGITS)
        fold_of[group] = int(np.lexsort((filled[:, 0], crowded))[0])
        filled[fold_of[group], 0] += sizes[group]
        filled[fold_of[group], 1:] += shares[group]
    return [_others_and_own(fold_of[members], fold) for fold in range(folds)]


def folds_in_order(values: NDArray[np.float64], folds: int) -> list[tuple[Indices, Indices]]:
    """Return (earlier, own) of each fold: it is judged on rows after all those it trains on. Equal values (m,) stay
    together.

    Raises
    ------
    DataError
        When there are too few different values.
    """
    _check_folds(len(np.unique(values)) - 1, folds, "later value")
    order = np.argsort(values, kind="stable").astype(np.int64)
    ordered = values[order]
    size = len(values) / (folds + 1)
    cuts = [_first_of(ordered, round(size * block)) for block in range(1, folds + 1)] + [len(values)]
    if cuts[0] < LEAST_TRAINING_ROWS or any(start == end for start, end in itertools.pairwise(cuts)):
        raise DataError(
            f"the rows cannot be divided into {folds} folds in this order: too many of them have the same value. "
            "Choose fewer folds."
        )
    return [(order[:start], order[start:end]) for start, end in itertools.pairwise(cuts)]


def _check_folds(count: int, folds: int, thing: str) -> None:
    if folds < LEAST_FOLDS:
        raise DataError(f"{plural(folds, 'fold')} cannot be compared. Choose {LEAST_FOLDS} or more.")
    if count < folds:
        there = f"there {'is' if count == 1 else 'are'} only {plural(max(count, 0), thing)}"
        raise DataError(f"{there} to make {folds} folds of. Choose fewer folds.")


def _others_and_own(fold_of: Indices, fold: int) -> tuple[Indices, Indices]:
    return np.flatnonzero(fold_of != fold).astype(np.int64), np.flatnonzero(fold_of == fold).astype(np.int64)


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

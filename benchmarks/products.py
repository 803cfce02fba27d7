"""Matrix products without anything else: what NumPy reaches where nothing but products is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from benchmarks.timing import Repeat
from engine.program import Program

Call = tuple[Callable[..., object], tuple[object, ...]]
Product = tuple[int, int, int]  # rows, inner length and columns of a matrix product


def products_of(program: Program) -> list[Product]:
    """Return the matrix products of a program's step, in order."""
    return [
        (*operation.call.__self__.shape, operation.args[0].shape[1])
        for operation in program.operations
        if ".dot(" in operation.about.code
    ]


def flop_of(products: Iterable[Product]) -> float:
    """Return the additions and multiplications of products, 2 · rows · inner · columns each."""
    return 2.0 * sum(rows * inner * columns for rows, inner, columns in products)


def bare(products: Iterable[Product]) -> list[Call]:
    """Return calls of products of the same shapes, each over three contiguous arrays of its own."""
    rng = np.random.default_rng(0)

    def values(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, dtype=np.float32)

    return [
        (values(rows, inner).dot, (values(inner, columns), np.empty((rows, columns), np.float32)))
        for rows, inner, columns in products
    ]


def repeated(calls: list[Call]) -> Repeat:
    def work(count: int) -> None:
        for _ in range(count):
            for call, args in calls:
                call(*args)

    return work

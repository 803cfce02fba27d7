"""Work on columns and blocks of rows in threads: NumPy lets go of the interpreter while it computes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

THREADS = min(4, os.cpu_count() or 1)  # more wait for memory, or for each other
Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(work: Callable[[Item], Result], items: Iterable[Item], most: int = THREADS) -> Iterator[Result]:
    """Yield the result of each item in their order; the first error in this order is raised."""
    items = list(items)
    if most == 1 or len(items) < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(most, thread_name_prefix="table") as pool:
        try:
            yield from pool.map(work, items)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise

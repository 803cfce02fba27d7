"""What one step costs: calls and microseconds of a small network, and how close a large one comes to bare products."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from benchmarks.networks import LARGE, SMALL, epochs_of, trainer_of
from benchmarks.report import Goal, Report
from benchmarks.timing import Effort, Repeat, side_by_side
from engine.program import Program
from engine.threads import limit_threads

GOAL = 0.85  # of the speed of the bare products
GIGA = 1e9

Call = tuple[Callable[..., object], tuple[object, ...]]
Product = tuple[int, int, int]  # rows, inner length and columns of a matrix product


def run(effort: Effort) -> Report:
    limit_threads(1)
    small = [_small_row(batch, effort) for batch in (SMALL.batch, 1)]
    return Report({"Steps of a small network": small, "Matrix products of a large one": _large_rows(effort)})


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


def _small_row(batch: int, effort: Effort) -> dict[str, object]:
    trainer = trainer_of(replace(SMALL, batch=batch))
    timing = side_by_side({"epoch": epochs_of(trainer)}, effort, {"epoch": trainer.settings.record_every})["epoch"]
    seconds = timing.seconds / trainer.steps_per_epoch
    return {
        "network": SMALL.name,
        "batch": batch,
        "NumPy calls a step": trainer.calls_per_step,
        "µs a step": seconds * 1e6,
        "ns a call": seconds / trainer.calls_per_step * 1e9,
        "steps/s": 1.0 / seconds,
    }


def _large_rows(effort: Effort) -> list[dict[str, object]]:
    case = replace(LARGE, batch=256)
    trainer = trainer_of(case)
    program = trainer.network.program(case.batch, "training")
    program.take(trainer.data.extended[: case.batch], trainer.data.targets[: case.batch])
    products = products_of(program)
    works = {
        "bare products": _repeat(_bare(products)),
        "forward and backward": _repeat(program.calls("forward", "loss", "backward")),
        "whole epoch": epochs_of(trainer),
    }
    timings = side_by_side(works, effort, {"whole epoch": trainer.settings.record_every})
    # Products of an epoch count each example once, those of a step a batch.
    flop = dict.fromkeys(works, flop_of(products))
    flop["whole epoch"] *= case.examples / case.batch
    speeds = {name: flop[name] / timings[name].seconds / GIGA for name in works}
    shares = {name: speed / speeds["bare products"] for name, speed in speeds.items()}
    return [
        {
            "network": case.name,
            "batch": case.batch,
            "what": name,
            "ms": timings[name].seconds * 1e3,
            "GFLOP/s": speeds[name],
            "share of bare": Goal(share, GOAL) if name == "forward and backward" else share,
        }
        for name, share in shares.items()
    ]


def _bare(products: Iterable[Product]) -> list[Call]:
    """Return calls of products of the same shapes, each over three contiguous arrays of its own."""
    rng = np.random.default_rng(0)

    def values(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, dtype=np.float32)

    return [
        (values(rows, inner).dot, (values(inner, columns), np.empty((rows, columns), np.float32)))
        for rows, inner, columns in products
    ]


def _repeat(calls: list[Call]) -> Repeat:
    def work(count: int) -> None:
        for _ in range(count):
            for call, args in calls:
                call(*args)

    return work

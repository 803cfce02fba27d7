"""How the time of an epoch grows with examples, width and depth, beside how its arithmetic grows."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.engine_step import flop_of, products_of
from benchmarks.networks import EPOCHS, Case, epochs_of, trainer_of
from benchmarks.report import Goal, Report
from benchmarks.timing import Effort, side_by_side
from engine.threads import limit_threads

MOST_GROWTH = 1.1  # of the time per operation, relative to the first row; a tenth is for the noise of measuring
LEAST_OF_A_QUICK_RUN = 2  # rows of each table

EXAMPLES = [Case("30-64-64-2", (30, 64, 64, 2), 32, m) for m in (1_000, 10_000, 100_000, 1_000_000)]
WIDTHS = [Case(f"64-{n}-{n}-10", (64, n, n, 10), 128, 5_000) for n in (16, 32, 64, 128, 256, 512, 1024)]
DEPTHS = [Case(f"64-(128×{k})-10", (64, *[128] * k, 10), 128, 5_000) for k in (1, 2, 4, 8, 16, 32, 64)]


def run(effort: Effort) -> Report:
    limit_threads(1)
    tables = {"Examples": EXAMPLES, "Width": WIDTHS, "Depth": DEPTHS}
    return Report({title: _rows(cases, effort) for title, cases in tables.items()})


def _rows(cases: Sequence[Case], effort: Effort) -> list[dict[str, object]]:
    if effort.quick:
        cases = cases[:LEAST_OF_A_QUICK_RUN]
    # The true cost is recorded once in some epochs; without it every epoch is the same work.
    trainers = [trainer_of(case, record_every=EPOCHS) for case in cases]
    works = {str(number): epochs_of(trainer) for number, trainer in enumerate(trainers)}
    seconds = [timing.seconds for timing in side_by_side(works, effort).values()]
    flop = [
        flop_of(products_of(trainer.network.program(case.batch, "training"))) * case.examples / case.batch
        for case, trainer in zip(cases, trainers, strict=True)
    ]
    return [
        {
            "network": case.name,
            "batch": case.batch,
            "m": case.examples,
            "parameters": case.parameter_count,
            "ms an epoch": second * 1e3,
            "GFLOP an epoch": operations / 1e9,
            "GFLOP/s": operations / second / 1e9,
            "time per FLOP": Goal(second / operations / (seconds[0] / flop[0]), MOST_GROWTH, most=True),
        }
        for case, second, operations in zip(cases, seconds, flop, strict=True)
    ]

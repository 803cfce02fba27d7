"""What one step costs: calls and microseconds of a small network, and how close a large one comes to bare products."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.networks import LARGE, SMALL, epochs_of, trainer_of
from benchmarks.products import bare, flop_of, products_of, repeated
from benchmarks.report import Goal, Report
from benchmarks.timing import Effort, side_by_side
from engine.threads import limit_threads

GOAL = 0.85  # of the speed of the bare products
GIGA = 1e9


def run(effort: Effort) -> Report:
    limit_threads(1)
    small = [_small_row(batch, effort) for batch in (SMALL.batch, 1)]
    return Report({"Steps of a small network": small, "Matrix products of a large one": _large_rows(effort)})


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
        "bare products": repeated(bare(products)),
        "forward and backward": repeated(program.calls("forward", "loss", "backward")),
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

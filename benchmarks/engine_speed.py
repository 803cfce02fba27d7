"""Milliseconds of one training epoch with all its bookkeeping, beside other engines: float32, one thread."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from benchmarks.networks import LARGE, SMALL, Case, epochs_of, trainer_of
from benchmarks.peers import PEERS
from benchmarks.products import bare, products_of, repeated
from benchmarks.report import Goal, Report
from benchmarks.timing import Effort, Repeat, Timing, side_by_side
from engine import Trainer
from engine.threads import limit_threads

OURS = "NN Studio"
PRODUCTS = "products alone"
SWIFTER = ("JAX",)  # expected to be the swifter one: NN Studio's time over theirs is shown, and may be at most the goal
MORE_THAN_ONE = 1.2  # processor seconds in a second from which on a second thread must have worked


@dataclass(frozen=True)
class Race:
    """A case, and the goal for the ratio to each peer, where there is one."""

    case: Case
    goals: Mapping[str, float] = field(default_factory=dict)


def _goals(pytorch: float, scikit_learn: float, **others: float) -> dict[str, float]:
    return {"PyTorch": pytorch, "scikit-learn": scikit_learn, **others}


RACES = (
    Race(SMALL, _goals(22.0, 17.0, JAX=1.5, Playground=2.2)),
    Race(replace(SMALL, batch=1), _goals(18.0, 12.0)),
    Race(Case("30-64-64-2", (30, 64, 64, 2), 32, 5_000), _goals(10.0, 6.0)),
    Race(Case("784-128-10", (784, 128, 10), 64, 10_000), _goals(2.7, 2.7)),
    Race(replace(LARGE, batch=256), _goals(1.25, 1.6)),
    Race(Case("64-(128×10)-10", (64, *[128] * 10, 10), 128, 5_000), _goals(2.3, 2.0)),
)


def run(effort: Effort) -> Report:
    peers = {peer.name: peer for peer in PEERS}
    missing = {name: reason for name, peer in peers.items() if (reason := peer.available())}
    times: list[dict[str, object]] = []
    ratios: list[dict[str, object]] = []
    bounds: list[dict[str, object]] = []
    threaded: set[str] = set()
    for race in RACES:
        case = race.case
        trainer = trainer_of(case)
        works: dict[str, Repeat] = {OURS: epochs_of(trainer), PRODUCTS: _products(case, trainer)}
        for name, peer in peers.items():
            work = None if name in missing else peer.epoch_of(case)
            if work is not None:
                works[name] = work
        # Only now: a library's own BLAS can be limited once it is loaded.
        limit_threads(1)
        timings = side_by_side(works, effort, {OURS: trainer.settings.record_every})
        threaded.update(name for name, timing in timings.items() if timing.cores > MORE_THAN_ONE)
        shown = {name: timings.get(name) for name in peers if name not in missing}
        of_case = {"network": case.name, "batch": case.batch, "m": case.examples}
        times.append({**of_case, OURS: timings[OURS].seconds * 1e3, **{n: _ms(t) for n, t in shown.items()}})
        bounds.append({**of_case, **_bounds(race, timings)})
        ratios.append({**of_case, **{_title(n): _ratio(race, n, timings[OURS], t) for n, t in shown.items()}})
        print(f"  {case.name}, batch {case.batch}: done", file=sys.stderr, flush=True)
    notes = [f"{name}: {peer.how}." for name, peer in peers.items() if name not in missing]
    notes += [f"{name} is left out: {reason}" for name, reason in missing.items()]
    notes += [f"{name} used more than one thread." for name in sorted(threaded)]
    notes.append("At most: what the ratio were if an epoch took no longer than its matrix products in NumPy alone.")
    tables = {"Milliseconds of an epoch": times, "Ratios of medians": ratios, "At most, by the products alone": bounds}
    return Report(tables, notes)


def _products(case: Case, trainer: Trainer) -> Repeat:
    """Return what does the matrix products of epochs, and nothing else."""
    program = trainer.network.program(case.batch, "training")
    program.take(trainer.data.extended[: case.batch], trainer.data.targets[: case.batch])
    batches = repeated(bare(products_of(program)))
    return lambda epochs: batches(epochs * -(-case.examples // case.batch))


def _bounds(race: Race, timings: Mapping[str, Timing]) -> dict[str, object]:
    alone, ours = timings[PRODUCTS].seconds, timings[OURS].seconds
    peers = {name: timings[name].seconds / alone for name in ("PyTorch", "scikit-learn") if name in timings}
    return {
        "products, ms": alone * 1e3,
        "of an epoch": alone / ours,
        **{f"{name} / products": Goal(value, race.goals[name]) for name, value in peers.items()},
    }


def _title(peer: str) -> str:
    return f"{OURS} / {peer}" if peer in SWIFTER else f"{peer} / {OURS}"


def _ms(timing: Timing | None) -> float | None:
    return None if timing is None else timing.seconds * 1e3


def _ratio(race: Race, peer: str, ours: Timing, theirs: Timing | None) -> Goal | float | None:
    if theirs is None:
        return None
    most = peer in SWIFTER
    value = ours.seconds / theirs.seconds if most else theirs.seconds / ours.seconds
    goal = race.goals.get(peer)
    return value if goal is None else Goal(value, goal, most)

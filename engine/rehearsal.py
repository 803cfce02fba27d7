"""The next step, made and taken back: what the optimizer would do, with the gradient it would see, told in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.emit import Array
from engine.network import Network
from engine.run import Run
from engine.settings import TrainingSettings
from engine.step import StepRunner
from engine.trainer_state import LastGood


@dataclass(frozen=True)
class Entry:
    """One parameter in a step.

    ``gradient`` is what the optimizer sees: the mean over the batch, with penalties and after clipping. ``slots`` holds
    by name what the optimizer remembers of it, before and after, in the units of its definition.
    """

    value: float
    gradient: float
    after: float
    slots: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class NextStep:
    """What the next step would do.

    Attributes
    ----------
    alpha
        Its learning rate, schedule and warm-up included.
    update
        Its number since the optimizer's memory was empty, t of Adam; the first is 1.
    examples
        Examples in its batch.
    gradient_norm
        Norm of the gradient that the optimizer sees.
    length
        Norm of the change of all learned parameters, for each unit of the learning rate.
    finite
        Whether it stays within the finite numbers.
    entries
        The parameters that were asked for, one by one; None where none was.
    """

    alpha: float
    update: int
    examples: int
    gradient_norm: float
    length: float
    finite: bool
    entries: tuple[Entry | None, ...] = ()


def rehearse(
    network: Network,
    run: Run,
    steps: StepRunner,
    settings: TrainingSettings,
    places: Sequence[int | None] = (),
) -> tuple[NextStep, Array]:
    """Make the next step of the epoch, note what it did, and put everything back, bit for bit.

    Parameters
    ----------
    places
        Indices into the learned parameters whose numbers are told one by one, None for none.

    Returns
    -------
    NextStep
    Array
        The change of all learned parameters, (learned_count,), for each unit of the learning rate: every optimizer's
        step is its learning rate times a direction that does not depend on it.
    """
    kept = LastGood({"theta": network.theta, **run.slots})
    kept.save(run.at, network.generator)
    gradient, share = network.gradient.copy(), network.gradient_share
    before, rate, seen = network.learned.copy(), steps.rate, run.at.seen
    units = run.slot_units(network, settings)
    memory = [_slots(run, units, place) for place in places]
    with np.errstate(all="ignore"):
        steps.run(run.at, 1)
        told = tuple(
            None if place is None else _entry(network, place, before, former, _slots(run, units, place))
            for place, former in zip(places, memory, strict=True)
        )
        examples, update = run.at.seen - seen, run.at.updates
        norm = float(np.linalg.norm(network.gradient.astype(np.float64))) * network.gradient_share
        finite = bool(np.isfinite(network.learned).all())
        run.at = kept.restore(network.generator)
        # Once more by a large step: of a small one, rounding leaves no direction.
        alpha, steps.rate = steps.rate_of(run.at.step + 1), 1.0
        large = steps.rate_of(run.at.step + 1)
        steps.run(run.at, 1)
        direction = ((network.learned.astype(np.float64) - before) / large).astype(network.dtype)
    steps.rate = rate
    run.at = kept.restore(network.generator)
    np.copyto(network.gradient, gradient)
    network.gradient_share = share
    finite = finite and bool(np.isfinite(direction).all())
    with np.errstate(all="ignore"):
        length = float(np.linalg.norm(direction.astype(np.float64)))
    return NextStep(alpha, update, examples, norm, length, finite, told), direction


def _entry(network: Network, place: int, before: Array, former: dict[str, float], now: dict[str, float]) -> Entry:
    gradient = float(network.gradient[place]) * network.gradient_share
    slots = {name: (former[name], now[name]) for name in now}
    return Entry(float(before[place]), gradient, float(network.learned[place]), slots)


def _slots(run: Run, units: dict[str, float], place: int | None) -> dict[str, float]:
    """Return what the optimizer remembers of one parameter, in the units of its definition."""
    return {name: float(flat[place]) * units[name] for name, flat in run.slots.items()} if place is not None else {}

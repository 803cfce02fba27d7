"""Steps on batches of one size, one after the other: gather, run the calls, keep the outputs."""

from __future__ import annotations

from typing import cast

import numpy as np

from engine.dataset import Dataset
from engine.descent import gradient_share, takes_mean
from engine.emit import Arena, Array, Ref
from engine.feed import Feed
from engine.network import Network
from engine.program import Call, Program
from engine.schedules import warm_up_factors
from engine.settings import TrainingSettings
from engine.trainer_state import Progress
from engine.update import compile_update


class Batches:
    """The calls of a step for each place that a batch is gathered into.

    Parameters
    ----------
    size
        Examples in a batch.
    places
        Batches gathered at once; each place has a program of its own, and all share what they compute.
    most
        Steps in one :meth:`run` at most.
    """

    def __init__(
        self,
        network: Network,
        data: Dataset,
        settings: TrainingSettings,
        slots: dict[str, Array],
        size: int,
        places: int,
        most: int,
    ) -> None:
        self._network, self._settings, self.size = network, settings, size
        self._share = gradient_share(network, settings, len(data))
        self._feed = Feed(network, data, places, size)
        # Outputs of a stretch of steps are kept and their losses computed together: it costs a tenth of step by step.
        self._kept = np.zeros((most, network.n_outputs, size), network.dtype)
        self._numbers = np.arange(1.0, most + 1.0)
        # With a place for each step, Z[L] is written where it is kept.
        self._in_place = network.output.fused and places == most
        optimizer = settings.optimizer
        names = optimizer.scalars(np.ones(1), np.ones(1), 1.0)
        self._scalars: dict[str, Array] = {name: np.zeros(places, network.dtype) for name in names}
        self._programs: list[Program] = []
        self._calls: list[Call] = []  # of all places, one after the other
        arena = Arena(network.dtype)
        for place in range(places):
            z = self._kept[place] if self._in_place else None
            program = network.training_program(self._feed.x[place], self._feed.y[place], z)
            scalars = {name: Ref(name, column[place : place + 1].reshape(())) for name, column in self._scalars.items()}
            update = compile_update(network, settings, slots, scalars, arena)
            self._programs.append(program)
            self._calls += program.calls("forward", "loss", "backward") + self._shared(program)
            self._calls += [(operation.call, operation.args) for operation in update]
        self._seen = program.z if network.output.fused else program.a

    def _shared(self, program: Program) -> list[Call]:
        """Return the call that takes the gradient's mean, or brings sums over fewer examples to the others' scale."""
        gradient = self._network.gradient
        if takes_mean(self._network, self._settings):
            return [cast(Call, (np.multiply, (gradient, program.share, gradient)))]
        factor = np.array(float(program.share) / self._share, gradient.dtype)
        return [] if factor == 1.0 else [cast(Call, (np.multiply, (gradient, factor, gradient)))]

    @property
    def calls_per_step(self) -> int:
        """NumPy calls of one step."""
        return len(self._calls) // self._feed.count + (not self._in_place)

    @property
    def program(self) -> Program:
        """One of the programs; what all of them share is in it."""
        return self._programs[0]

    def take(self, settings: TrainingSettings) -> None:
        """Take over settings that leave the calls as they are."""
        self._settings = settings

    def run(self, at: Progress, order: Array, rate: float) -> Array:
        """Run a step for each batch of the examples in ``order``, at a learning rate that warm-up may lower.

        Returns
        -------
        Array
            What was kept of each step: Z[L] where the cost is computed from it, else A[L]; (steps, n_y, size).
        """
        feed, settings = self._feed, self._settings
        kept = self._kept[: len(order) // self.size]
        steps = self._numbers[: len(kept)]
        rates = rate * warm_up_factors(at.step + steps, settings.warm_up)
        scalars = settings.optimizer.scalars(at.updates + steps, rates, self._share)
        self._network.gradient_share = self._share
        for done in range(0, len(kept), feed.count):
            now = kept[done : done + feed.count]
            feed.gather(order[done * self.size : (done + len(now)) * self.size])
            for name, column in self._scalars.items():
                values = scalars[name]
                column[: len(now)] = values[done : done + len(now)] if isinstance(values, np.ndarray) else values
            self._run_places(now)
        at.step += len(kept)
        at.updates += len(kept)
        return kept

    def _run_places(self, kept: Array) -> None:
        """Run the calls of the first places, as many as there are outputs to keep (steps, n_y, size)."""
        each = len(self._calls) // self._feed.count
        if self._in_place:
            for call, args in self._calls if len(kept) == self._feed.count else self._calls[: len(kept) * each]:
                call(*args)
            return
        for place, outputs in enumerate(kept):
            for call, args in self._calls[place * each : (place + 1) * each]:
                call(*args)
            np.positive(self._seen, outputs)

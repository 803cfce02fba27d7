"""The training step as one list of calls, and the inner loop that runs it over the batches of an epoch."""

from __future__ import annotations

from typing import cast

import numpy as np

from engine.dataset import Dataset
from engine.emit import Arena, Array, Emitter, Operation, Ref
from engine.metrics import classes_of
from engine.network import Network
from engine.program import Call, Program
from engine.settings import TrainingSettings
from engine.trainer_state import Progress

UPDATE_BLOCK = 65_536  # parameters: an optimizer's passes over a block of this size stay in the cache
CHECKPOINT_STEPS = 64  # steps between two copies of the last finite state; a broken step is found by replaying these


class StepRunner:
    """The step of one network, data set and optimizer.

    Parameters
    ----------
    order
        The order of the examples in the present epoch (m,); whoever shuffles it does so in place.
    slots
        The optimizer's vectors, each as long as the parameters.
    """

    def __init__(
        self, network: Network, data: Dataset, settings: TrainingSettings, order: Array, slots: dict[str, Array]
    ) -> None:
        self._network, self._data, self._optimizer, self._order = network, data, settings.optimizer, order
        size = min(settings.batch_size, len(data))
        self.update_operations = self._compile_update(slots)
        self._starts = range(0, len(data), size)
        # Views made once; shuffling the order in place shuffles them.
        self._batches = [order[start : start + size] for start in self._starts]
        self._programs = {count: self._compile(count) for count in {size, len(data) - self._starts[-1]}}
        self._fused = network.output.fused
        # Outputs of a stretch of steps are kept and their losses computed together: it costs a tenth of step by step.
        most = max(size, min(len(data), CHECKPOINT_STEPS * size))
        self._kept = np.zeros((network.n_outputs, most), network.dtype)

    def _compile_update(self, slots: dict[str, Array]) -> tuple[Operation, ...]:
        network, optimizer = self._network, self._optimizer
        emit = Emitter(Arena(network.dtype), "training")
        emit.at("", 0, "update")
        self._scalars = {
            name: Ref(name, np.array(value, network.dtype))
            for name, value in optimizer.scalars(1, optimizer.learning_rate).items()
        }
        for start in range(0, len(network.theta), UPDATE_BLOCK):
            block = slice(start, start + UPDATE_BLOCK)
            optimizer.emit_update(
                emit,
                Ref("θ", network.theta[block]),
                Ref("dθ", network.gradient[block]),
                {name: Ref(name, flat[block]) for name, flat in slots.items()},
                self._scalars,
            )
        return tuple(emit.operations)

    def _compile(self, count: int) -> tuple[Program, list[Call]]:
        """Return the program for batches of ``count``, and all calls of a step: forward, backward, 1/m, update."""
        network = self._network
        program = network.program(count, "training")
        share = np.array(1.0 / count, network.dtype)
        mean = cast(Call, (np.multiply, (network.gradient, share, network.gradient)))
        update = [(operation.call, operation.args) for operation in self.update_operations]
        return program, [*program.calls("forward", "loss", "backward"), mean, *update]

    def program_of(self, position: int) -> Program:
        """Return the program that runs the batch at a position of the epoch."""
        return self._programs[len(self._batches[position])][0]

    def _write_scalars(self, step: int) -> None:
        for name, value in self._optimizer.scalars(step, self._optimizer.learning_rate).items():
            self._scalars[name].array.fill(value)

    def run(self, at: Progress, count: int) -> None:
        """Run ``count`` steps of this epoch, at most :data:`CHECKPOINT_STEPS`, and move ``at`` on."""
        take_x, take_y = self._data.extended.take, self._data.targets.take
        changes, kept, seen = self._optimizer.changes_each_step, self._kept, 0
        fused, programs, first = self._fused, self._programs, at.position
        for batch in self._batches[first : first + count]:
            program, calls = programs[len(batch)]
            take_x(batch, 0, program.x, "clip")
            take_y(batch, 0, program.y, "clip")
            if changes:
                self._write_scalars(at.updates + 1)
            for call, args in calls:
                call(*args)
            end = seen + len(batch)
            np.positive(program.z if fused else program.a, kept[:, seen:end])
            seen = end
            at.step += 1
            at.updates += 1
        at.position += count
        self._account(at, self._starts[first], seen)

    def _account(self, at: Progress, start: int, count: int) -> None:
        """Add the losses of ``count`` examples, seen from place ``start`` of the epoch's order, to the running sums."""
        kept = self._kept[:, :count]
        targets = self._data.targets[self._order[start : start + count]]
        loss, task = self._network.output.loss, self._network.task
        losses = loss.from_z(kept, targets.T) if self._fused else loss.from_a(kept, targets.T)
        at.loss_sum += float(losses.sum(dtype=np.float64))
        at.seen += count
        if task == "regression":
            at.score_sum += float(((kept - targets.T) ** 2).sum(dtype=np.float64))
        else:
            predicted = classes_of(kept.T, task, 0.0 if self._fused else 0.5)
            true = targets.argmax(axis=1) if task == "multiclass" else targets[:, 0] > 0.5
            at.score_sum += int(np.count_nonzero(predicted == true))

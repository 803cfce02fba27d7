"""The training step as one list of calls, and the inner loop that runs it over the batches of an epoch."""

from __future__ import annotations

from typing import cast

import numpy as np

from engine.dataset import Dataset
from engine.descent import emit_clipping, emit_penalties, weights_of
from engine.emit import Arena, Array, Emitter, Operation, Ref
from engine.metrics import threshold_of
from engine.network import Network
from engine.program import Call, Program
from engine.schedules import warm_up_factor
from engine.settings import TrainingSettings
from engine.trainer_state import Progress

UPDATE_BLOCK = 65_536  # parameters: an optimizer's passes over a block of this size stay in the cache
CHECKPOINT_STEPS = 64  # steps between two copies of the last finite state; a broken step is found by replaying these


class StepRunner:
    """The step of one network, data set and settings.

    Parameters
    ----------
    order
        The order of the examples in the present epoch (m,); whoever shuffles it does so in place.
    slots
        The optimizer's vectors, each as long as the learned parameters.
    """

    def __init__(
        self, network: Network, data: Dataset, settings: TrainingSettings, order: Array, slots: dict[str, Array]
    ) -> None:
        self._network, self._data, self._settings, self._order = network, data, settings, order
        self.rate = settings.optimizer.learning_rate  # of this epoch; whoever keeps the schedule sets it
        self._size = min(settings.batch_size, len(data))
        self._full, self._rest = divmod(len(data), self._size)
        self.update_operations = self._compile_update(slots)
        self._programs = {count: self._compile(count) for count in {self._size, self._rest or self._size}}
        self._fused = network.output.fused
        # Outputs of a stretch of steps are kept and their losses computed together: it costs a tenth of step by step.
        steps = min(CHECKPOINT_STEPS, self._full)
        self._kept = np.zeros((steps, network.n_outputs, self._size), network.dtype)
        self._kept_steps = list(self._kept)
        self._kept_rest = np.zeros((network.n_outputs, self._rest), network.dtype)

    def _compile_update(self, slots: dict[str, Array]) -> tuple[Operation, ...]:
        """Return what follows the gradient's mean: penalties, clipping, decay, and the optimizer's own passes."""
        network, settings, optimizer = self._network, self._settings, self._settings.optimizer
        emit = Emitter(Arena(network.dtype), "training")
        emit.at("", 0, "update")
        self._scalars = {
            name: Ref(name, np.array(value, network.dtype))
            for name, value in optimizer.scalars(1, optimizer.learning_rate).items()
        }
        weights, gradients = weights_of(network, network.learned, "W"), weights_of(network, network.gradient, "dW")
        emit_penalties(emit, settings, weights, gradients)
        emit_clipping(emit, settings.clip_norm, Ref("dθ", network.gradient))
        for weight in weights:
            optimizer.emit_decay(emit, weight, self._scalars)
        theta = network.learned
        for start in range(0, len(theta), UPDATE_BLOCK):
            block = slice(start, start + UPDATE_BLOCK)
            optimizer.emit_update(
                emit,
                Ref("θ", theta[block]),
                Ref("dθ", network.gradient[block]),
                {name: Ref(name, flat[block]) for name, flat in slots.items()},
                self._scalars,
            )
        return tuple(emit.operations)

    def _compile(self, count: int) -> tuple[Program, list[Call]]:
        """Return the program for batches of ``count``, and all calls of a step: forward, backward, mean, update."""
        network = self._network
        program = network.program(count, "training")
        mean = cast(Call, (np.multiply, (network.gradient, program.share, network.gradient)))
        update = [(operation.call, operation.args) for operation in self.update_operations]
        return program, [*program.calls("forward", "loss", "backward"), mean, *update]

    @property
    def steps(self) -> int:
        """Steps in one epoch, an incomplete last batch included."""
        return self._full + bool(self._rest)

    @property
    def calls_per_step(self) -> int:
        """NumPy calls of one step on a full batch, the gathering of the batch and of its outputs included."""
        return len(self._programs[self._size][1]) + 3

    def program_of(self, position: int) -> Program:
        """Return the program that runs the batch at a position of the epoch."""
        return self._programs[self._size if position < self._full else self._rest][0]

    def rate_of(self, step: int) -> float:
        """Return the learning rate of step number ``step`` (the first is 1), warm-up included."""
        return self.rate * warm_up_factor(step, self._settings.warm_up)

    def _write_scalars(self, update: int, step: int) -> None:
        for name, value in self._settings.optimizer.scalars(update, self.rate_of(step)).items():
            self._scalars[name].array.fill(value)

    def run(self, at: Progress, count: int) -> None:
        """Run ``count`` steps of this epoch, at most :data:`CHECKPOINT_STEPS`, and move ``at`` on."""
        first, size = at.position, self._size
        start = first * size
        full = min(count, self._full - first)
        if full:
            batches = self._order[start : start + full * size].reshape(full, size)
            self._run_batches(at, size, batches, self._kept_steps)
            outputs = self._kept[:full].transpose(1, 0, 2).reshape(len(self._kept_rest), full * size)
            self._account(at, start, outputs)
        if count > full:
            self._run_batches(at, self._rest, self._order[None, -self._rest :], [self._kept_rest])
            self._account(at, self._full * size, self._kept_rest)
        at.position += count

    def _run_batches(self, at: Progress, size: int, batches: Array, kept: list[Array]) -> None:
        """Run one step for each row of ``batches`` (steps, size) and keep its outputs, (n_y, size) each."""
        program, calls = self._programs[size]
        take_x, take_y, positive = self._data.extended.take, self._data.targets.take, np.positive
        x, y, seen = program.x, program.y, program.z if self._fused else program.a
        changes = self._settings.optimizer.changes_each_step or at.step < self._settings.warm_up
        if not changes:
            self._write_scalars(at.updates + 1, at.step + 1)
        for number, (batch, outputs) in enumerate(zip(batches, kept, strict=False), 1):
            take_x(batch, 0, x, "clip")
            take_y(batch, 0, y, "clip")
            if changes:
                self._write_scalars(at.updates + number, at.step + number)
            for call, args in calls:
                call(*args)
            positive(seen, outputs)
        at.step += len(batches)
        at.updates += len(batches)

    def _account(self, at: Progress, start: int, outputs: Array) -> None:
        """Add the losses of the ``outputs`` (n_y, k), of the examples from place ``start``, to the running sums."""
        output, task = self._network.output, self._network.task
        targets = self._data.targets.take(self._order[start : start + outputs.shape[1]], 0)
        losses = output.loss.from_z(outputs, targets.T) if self._fused else output.loss.from_a(outputs, targets.T)
        weights = output.example_weights(targets)
        if weights is None:
            at.loss_sum += float(losses.sum(dtype=np.float64))
            at.weight_sum += len(losses)
        else:
            at.loss_sum += float((weights.astype(np.float64) * losses).sum())
            at.weight_sum += float(weights.sum(dtype=np.float64))
        at.seen += len(losses)
        if task == "regression":
            at.score_sum += float(((outputs - targets.T) ** 2).sum(dtype=np.float64))
            return
        # Of the fused pairs z = 0 is where the probability is one half.
        threshold = 0.0 if self._fused else threshold_of(output)
        if task == "multiclass":
            right = outputs.argmax(axis=0) == targets.argmax(axis=1)
        else:
            right = (outputs > threshold) == (targets.T > 0.5)  # of every output
        at.score_sum += int(np.count_nonzero(right)) * len(losses) / right.size

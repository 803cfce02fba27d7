"""The training step as one list of calls, and the inner loop that runs it over the batches of an epoch."""

from __future__ import annotations

from typing import cast

import numpy as np

from engine.dataset import Dataset
from engine.declared import replace
from engine.descent import emit_clipping, emit_penalties, weights_of
from engine.emit import Arena, Array, Emitter, Operation, Ref
from engine.metrics import squared_errors, threshold_of
from engine.network import Network
from engine.program import Call, Program
from engine.schedules import warm_up_factor
from engine.settings import TrainingSettings
from engine.trainer_state import Progress

UPDATE_BLOCK = 65_536  # parameters: an optimizer's passes over a block of this size stay in the cache
GATHERED_BYTES = 262_144  # batches gathered in one call take no more: they stay in the cache until they are read
MOST_LAYERS_UNROLLED = 16  # a deeper network gains nothing from a program for each place, and takes long to compile
BESIDE_THE_STEP = ("schedule", "warm_up", "epochs", "patience", "target_cost", "time_limit", "record_every")
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
        self._fused = network.output.fused
        # Small batches are gathered many at a time, each into a place from which a program of its own reads it.
        self._x, self._y = self._feed(self._gathered_at_once(), self._size)
        self._programs = [network.training_program(x, y) for x, y in zip(self._x, self._y, strict=True)]
        self._calls = [self._calls_of(program) for program in self._programs]
        # Outputs of a stretch of steps are kept and their losses computed together: it costs a tenth of step by step.
        steps = min(CHECKPOINT_STEPS, self._full)
        self._kept = np.zeros((steps, network.n_outputs, self._size), network.dtype)
        if self._rest:
            self._rest_x, self._rest_y = self._feed(1, self._rest)
            self._rest_program = network.training_program(self._rest_x[0], self._rest_y[0])
            self._rest_calls = self._calls_of(self._rest_program)
            self._rest_kept = np.zeros((1, network.n_outputs, self._rest), network.dtype)

    def _gathered_at_once(self) -> int:
        """Return how many batches are gathered in one call: as many as a small place takes, one of large ones."""
        columns = self._data.extended.shape[1] + self._data.targets.shape[1]
        fitting: int = GATHERED_BYTES // (self._size * columns * self._network.dtype.itemsize)
        if len(self._network.shapes.order) > MOST_LAYERS_UNROLLED:
            return 1
        return max(1, min(fitting, CHECKPOINT_STEPS, self._full))

    def _feed(self, count: int, size: int) -> tuple[Array, Array]:
        """Return the places into which batches are gathered, (count, size, n_x + 1) and (count, size, n_y)."""
        dtype, data = self._network.dtype, self._data
        x = np.ones((count, size, data.extended.shape[1]), dtype)
        return x, np.zeros((count, size, data.targets.shape[1]), dtype)

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

    def _calls_of(self, program: Program) -> list[Call]:
        """Return all calls of a step: forward, backward, the gradient's mean (unless sums will do), the update."""
        gradient = self._network.gradient
        mean = cast(Call, (np.multiply, (gradient, program.share, gradient)))
        update = [(operation.call, operation.args) for operation in self.update_operations]
        return [*program.calls("forward", "loss", "backward"), *([] if self._takes_sums() else [mean]), *update]

    def _takes_sums(self) -> bool:
        """Whether the update may have the sum over the batch: nothing between asks for the mean itself."""
        settings = self._settings
        changed = settings.l1 or settings.l2 or settings.clip_norm or self._network.output.class_weights
        return settings.optimizer.takes_sums and not changed

    @property
    def calls_per_step(self) -> int:
        """NumPy calls of one step on a full batch, that which keeps its outputs included."""
        return len(self._calls[0]) + 1

    def program_of(self, position: int) -> Program:
        """Return a program that has run the batch at a position of the epoch; all share what they compute."""
        return self._programs[0] if position < self._full else self._rest_program

    def take(self, settings: TrainingSettings) -> None:
        """Take over settings that leave the step's operations as they are (see :func:`same_step`)."""
        self._settings = settings

    def rate_of(self, step: int) -> float:
        """Return the learning rate of step number ``step`` (the first is 1), warm-up included."""
        return self.rate * warm_up_factor(step, self._settings.warm_up)

    def _write_scalars(self, update: int, step: int, share: float) -> None:
        for name, value in self._settings.optimizer.scalars(update, self.rate_of(step) * share).items():
            self._scalars[name].array.fill(value)

    def run(self, at: Progress, count: int) -> None:
        """Run ``count`` steps of this epoch, at most :data:`CHECKPOINT_STEPS`, and move ``at`` on."""
        start = at.position * self._size
        full = min(count, self._full - at.position)
        if full:
            order = self._order[start : start + full * self._size]
            self._run_batches(at, order, self._calls, self._programs[0], (self._x, self._y), self._kept)
            self._account(at, order, self._kept[:full])
        if count > full:
            order, feed = self._order[self._full * self._size :], (self._rest_x, self._rest_y)
            self._run_batches(at, order, [self._rest_calls], self._rest_program, feed, self._rest_kept)
            self._account(at, order, self._rest_kept)
        at.position += count

    def _run_batches(
        self,
        at: Progress,
        order: Array,
        calls_by_place: list[list[Call]],
        program: Program,
        feed: tuple[Array, Array],
        kept: Array,
    ) -> None:
        """Run a step for each batch of the examples in ``order``, and keep its outputs.

        Batches are gathered into ``feed``, as many at a time as it has places; ``calls_by_place`` reads each from its
        own. ``program`` is one of those that the calls come from.
        """
        x, y = (array.reshape(-1, array.shape[2]) for array in feed)
        places, size = feed[0].shape[:2]
        take_x, take_y, positive = self._data.extended.take, self._data.targets.take, np.positive
        seen = program.z if self._fused else program.a
        changes = self._settings.optimizer.changes_each_step or at.step < self._settings.warm_up
        share = float(program.share) if self._takes_sums() else 1.0
        self._network.gradient_share = share
        if not changes:
            self._write_scalars(at.updates + 1, at.step + 1, share)
        done = 0
        for start in range(0, len(order), places * size):
            rows = order[start : start + places * size]
            take_x(rows, 0, x[: len(rows)], "clip")
            take_y(rows, 0, y[: len(rows)], "clip")
            # The rows may fill fewer places than there are: zip ends with what is kept of them.
            for calls, outputs in zip(calls_by_place, kept[done : done + len(rows) // size], strict=False):
                done += 1
                if changes:
                    self._write_scalars(at.updates + done, at.step + done, share)
                for call, args in calls:
                    call(*args)
                positive(seen, outputs)
        at.step += done
        at.updates += done

    def _account(self, at: Progress, order: Array, kept: Array) -> None:
        """Add the losses of the outputs ``kept`` (steps, n_y, size), of the examples in ``order``, to the sums."""
        output, task = self._network.output, self._network.task
        outputs = kept.transpose(1, 0, 2).reshape(kept.shape[1], len(order))
        targets = self._data.targets.take(order, 0)
        losses = output.loss.from_z(outputs, targets.T) if self._fused else output.loss.from_a(outputs, targets.T)
        losses = losses.astype(np.float64)
        weights = output.example_weights(targets)
        steps, size = len(kept), kept.shape[2]
        if weights is not None:
            weights = weights.astype(np.float64)
            losses = weights * losses
        at.weight_sum = _added(at.weight_sum, weights, steps) if weights is not None else at.weight_sum + len(losses)
        at.loss_sum = _added(at.loss_sum, losses, steps)
        at.seen += len(losses)
        if task == "regression":
            missed = np.array(at.missed or np.zeros(len(outputs)))
            for step in range(steps):
                part = slice(step * size, (step + 1) * size)
                missed += squared_errors(targets[part], outputs[:, part].T)
            at.missed = tuple(missed.tolist())
            return
        # Of the fused pairs z = 0 is where the probability is one half.
        threshold = 0.0 if self._fused else threshold_of(output)
        if task == "multiclass":
            right = outputs.argmax(axis=0) == targets.argmax(axis=1)
        else:
            right = (outputs > threshold) == (targets.T > 0.5)  # of every output
        at.score_sum += int(np.count_nonzero(right)) * len(losses) / right.size


def same_step(old: TrainingSettings, new: TrainingSettings) -> bool:
    """Whether two settings have the same operations in a step: all but rates, schedules and ends are equal."""
    if type(old.optimizer) is not type(new.optimizer):
        return False
    optimizer = replace(new.optimizer, learning_rate=old.optimizer.learning_rate)
    others = {name: getattr(old, name) for name in BESIDE_THE_STEP}
    return replace(new, optimizer=optimizer, **others) == old


def _added(total: float, values: Array, steps: int) -> float:
    """Return a total with the values (steps · size,) added to it step by step."""
    for part in values.reshape(steps, -1).sum(axis=1).tolist():
        total += part
    return total

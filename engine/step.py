"""The training step, batch after batch of an epoch, and the running sums of losses and scores."""

from __future__ import annotations

import numpy as np

from engine.batches import Batches
from engine.dataset import Dataset
from engine.declared import replace
from engine.emit import Array
from engine.metrics import squared_errors, threshold_of
from engine.network import Network
from engine.program import Program
from engine.schedules import warm_up_factors
from engine.settings import TrainingSettings
from engine.trainer_state import Progress
from engine.update import UPDATE_BLOCK

GATHERED_BYTES = 262_144  # batches gathered in one call take no more: they stay in the cache until they are read
MOST_LAYERS_UNROLLED = 16  # a deeper network gains nothing from a program for each place, and takes long to compile
BESIDE_THE_STEP = ("schedule", "warm_up", "epochs", "patience", "target_cost", "time_limit", "record_every")
CHECKPOINT_STEPS = 64  # steps between two copies of the last finite state; a broken step is found by replaying these


class StepRunner:
    """The steps of one network, data set and settings.

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
        self._full, rest = divmod(len(data), self._size)
        self._fused = network.output.fused
        most = min(CHECKPOINT_STEPS, self._full)
        self._batches = Batches(network, data, settings, slots, self._size, self._gathered_at_once(most), most)
        self._last = Batches(network, data, settings, slots, rest, 1, 1) if rest else None

    def _gathered_at_once(self, most: int) -> int:
        """Return how many batches are gathered in one call: as many as a small place takes, one of large ones."""
        network, columns = self._network, self._data.extended.shape[1] + self._data.targets.shape[1]
        if len(network.shapes.order) > MOST_LAYERS_UNROLLED or network.learned_count > UPDATE_BLOCK:
            return 1
        fitting: int = GATHERED_BYTES // (self._size * columns * network.dtype.itemsize)
        return max(1, min(fitting, most))

    @property
    def calls_per_step(self) -> int:
        """NumPy calls of one step on a full batch."""
        return self._batches.calls_per_step

    def program_of(self, position: int) -> Program:
        """Return a program that has run the batch at a position of the epoch; all share what they compute."""
        return self._batches.program if position < self._full or self._last is None else self._last.program

    def take(self, settings: TrainingSettings) -> None:
        """Take over settings that leave the step's operations as they are (see :func:`same_step`)."""
        self._settings = settings
        for batches in (self._batches, self._last):
            if batches is not None:
                batches.take(settings)

    def rate_of(self, step: int) -> float:
        """Return the learning rate of step number ``step`` (the first is 1), warm-up included."""
        return float(self.rate * warm_up_factors(np.array([step]), self._settings.warm_up)[0])

    def run(self, at: Progress, count: int) -> None:
        """Run ``count`` steps of this epoch, at most :data:`CHECKPOINT_STEPS`, and move ``at`` on."""
        start = at.position * self._size
        full = min(count, self._full - at.position)
        if full:
            order = self._order[start : start + full * self._size]
            self._account(at, order, self._batches.run(at, order, self.rate))
        if count > full and self._last is not None:
            order = self._order[self._full * self._size :]
            self._account(at, order, self._last.run(at, order, self.rate))
        at.position += count

    def _account(self, at: Progress, order: Array, kept: Array) -> None:
        """Add the losses of the outputs ``kept`` (steps, n_y, size), of the examples in ``order``, to the sums."""
        output, task = self._network.output, self._network.task
        outputs = kept.transpose(1, 0, 2).reshape(kept.shape[1], len(order))
        targets = self._data.targets.take(order, 0)
        losses = output.loss.from_z(outputs, targets.T) if self._fused else output.loss.from_a(outputs, targets.T)
        weights = output.example_weights(targets)
        steps, size = len(kept), kept.shape[2]
        if weights is not None:
            losses = weights.astype(np.float64) * losses
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
    """Return a total with the values (steps · size,) added to it step by step, so that stretches make no difference."""
    sums = values.reshape(steps, -1).sum(axis=1, dtype=np.float64)
    sums[0] += total
    return float(sums.cumsum()[-1])

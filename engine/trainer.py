"""The trainer: a resumable stream of steps over a program, the same in a script, a test, the window and a sweep.

It knows no thread. :meth:`Trainer.advance` runs some steps and returns; whoever calls it decides when to stop.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.dataset import Dataset
from engine.declared import name_of
from engine.divergence import first_non_finite
from engine.emit import Array
from engine.evaluation import evaluate, metrics_of
from engine.history import History
from engine.metrics import SCORE_NAMES
from engine.network import Network
from engine.settings import TrainingSettings
from engine.snapshot import Metrics, State, Status
from engine.step import CHECKPOINT_STEPS, StepRunner
from engine.trainer_state import LastGood, Progress, TrainerState, from_portable, portable

STRETCH_SECONDS = 0.012  # length of one uninterrupted run of steps: how soon a pause or a request is answered
MOST_STRETCH_STEPS = 4_096
RATE_WINDOW_SECONDS = 0.5
UNKNOWN = (float("nan"),) * 8  # the figures before the first epoch


class Trainer:
    """Trains a network on examples by the settings given.

    Parameters
    ----------
    network
        Its parameters are changed in place.
    training, validation, test
        The splits. Validation and test costs are true values over the whole split; the training cost of an epoch is
        the running mean over its examples as they were seen.
    settings
        Hyperparameters. A batch larger than the data is the whole data.

    Raises
    ------
    ValueError
        When a split has another number of features or outputs than the network; the split is named.
    """

    def __init__(
        self,
        network: Network,
        training: Dataset,
        settings: TrainingSettings | None = None,
        validation: Dataset | None = None,
        test: Dataset | None = None,
    ) -> None:
        self.network = network
        self.settings = settings or TrainingSettings()
        splits = {"training": training, "validation": validation, "test": test}
        self.splits = {
            name: data.astype(network.dtype) for name, data in splits.items() if data is not None and len(data)
        }
        self.data = self.splits["training"]
        self._check_columns()
        self.history = History()
        self.message = ""
        self._begin()
        self._bind()

    def _check_columns(self) -> None:
        wanted = (self.network.n_features, self.network.n_outputs)
        for name, data in self.splits.items():
            given = (data.X.shape[1], data.Y.shape[1])
            if given != wanted:
                raise ValueError(
                    f"The {name} data have {given[0]} features and {given[1]} outputs, and the network reads "
                    f"{wanted[0]} and gives {wanted[1]}."
                )

    def _begin(self) -> None:
        """Stand before the first step."""
        self.state_name: State = "ready"
        self.at = Progress()
        self._set_goal()
        self.seconds = 0.0
        self._rate_step, self._rate_time, self._rate = 0, 0.0, 0.0
        self._rate_known = False  # until a whole window has been measured, what there is of one has to do
        self.order: Array = np.arange(len(self.data))
        self._shuffler = np.random.default_rng([self.settings.seed, 1])
        self._last_row: tuple[float, ...] = UNKNOWN
        self.slots = {name: np.zeros_like(self.network.theta) for name in self.settings.optimizer.slots}
        self._begin_epoch()

    def _set_goal(self) -> None:
        """Aim at the next whole multiple of the settings' epochs: one run's, and each's that goes on after it."""
        epochs = self.settings.epochs
        self.goal = epochs * max(1, -(-self.at.epoch // epochs))

    def go_on(self) -> None:
        """Aim at as many epochs again, where all were done."""
        if self.state_name == "finished":
            self.goal = self.at.epoch + self.settings.epochs
            self.state_name = "paused"

    def _begin_epoch(self) -> None:
        self.at.begin_epoch()
        if self.settings.shuffle:
            self._shuffler.shuffle(self.order)

    # -- steps -----------------------------------------------------------------------------------------------

    @property
    def batch_size(self) -> int:
        """Examples in a full batch."""
        return min(self.settings.batch_size, len(self.data))

    @property
    def steps_per_epoch(self) -> int:
        """Steps in one epoch, an incomplete last batch included."""
        return -(-len(self.data) // self.batch_size)

    @property
    def epoch(self) -> int:
        """Finished epochs."""
        return self.at.epoch

    @property
    def step(self) -> int:
        """Parameter updates made."""
        return self.at.step

    def _bind(self) -> None:
        """Compile the step anew, as after other settings, other slots or a restored state."""
        network = self.network
        self._steps = StepRunner(network, self.data, self.settings, self.order, self.slots)
        random = any(node.layer.family == "regularization" for node in network.graph.nodes)
        self._generator = network.generator if random else None
        self._good = LastGood({"theta": network.theta, **self.slots})
        self._save_good()

    def advance(self, steps: int) -> int:
        """Run up to ``steps`` steps, not beyond the end of the epoch, and return how many were run.

        A step that gives a cost, gradient or parameter that is not finite ends training in state ``"diverged"``, with
        the parameters as they were before it.
        """
        at = self.at
        if self.state_name == "diverged" or at.epoch >= self.goal:
            return 0
        steps = min(steps, self.steps_per_epoch - at.position, MOST_STRETCH_STEPS)
        started = time.perf_counter()
        done = 0
        with np.errstate(all="ignore"):
            if at.position == 0:
                self._save_good()
            while done < steps:
                since = at.step - self._good.progress.step
                if since >= CHECKPOINT_STEPS:
                    self._save_good()
                    since = 0
                part = min(CHECKPOINT_STEPS - since, steps - done)
                self._steps.run(at, part)
                done += part
                if not self._finite():
                    self._stand_before_broken_step()
                    break
            else:
                if at.position == self.steps_per_epoch:
                    self._finish_epoch(started)
        seconds = time.perf_counter() - started
        self.seconds += seconds
        self._measure_rate(done, seconds)
        return done

    def _measure_rate(self, steps: int, seconds: float) -> None:
        self._rate_step += steps
        self._rate_time += seconds
        whole = self._rate_time >= RATE_WINDOW_SECONDS
        if whole or not self._rate_known:
            self._rate = self._rate_step / max(self._rate_time, 1e-9)
        if whole:
            self._rate_known = True
            self._rate_step, self._rate_time = 0, 0.0

    def _finish_epoch(self, started: float) -> None:
        at = self.at
        at.epoch += 1
        training_score = at.score_sum / at.seen
        if self.network.task == "regression":
            spread = float(self.data.targets.var(axis=0, dtype=np.float64).sum())
            training_score = 1.0 - training_score / spread if spread else float("nan")
        validation = self.evaluate("validation") if "validation" in self.splits else (float("nan"), float("nan"))
        self._last_row = (
            float(at.epoch),
            float(at.step),
            at.loss_sum / at.seen,
            validation[0],
            training_score,
            validation[1],
            self.settings.optimizer.learning_rate,
            self.seconds + time.perf_counter() - started,
        )
        self.history.append(self._last_row)
        self._begin_epoch()
        if at.epoch >= self.goal:
            self.state_name = "finished"

    # -- divergence ---------------------------------------------------------------------------------------------------

    def _finite(self) -> bool:
        """Whether costs and parameters are finite; the flat dot product sees any nan or inf in one call."""
        theta = self.network.theta
        if not np.isfinite(self.at.loss_sum):
            return False
        return all(np.isfinite(flat.dot(flat)) or np.isfinite(flat).all() for flat in (theta, *self.slots.values()))

    def _save_good(self) -> None:
        """Copy the state to come back to, should one of the next steps break."""
        self._good.save(self.at, self._generator)

    def _stand_before_broken_step(self) -> None:
        """Replay from the last good state to the step that broke, name what broke, and stand before it."""
        generator = self.network.generator
        self.at = self._good.restore(generator)
        for _ in range(CHECKPOINT_STEPS):
            self._steps.run(self.at, 1)
            if not self._finite():
                break
        broken = self.at.step
        where = first_non_finite(self.network, self._steps.program_of(self.at.position - 1))
        self.at = self._good.restore(generator)
        while self.at.step < broken - 1:
            self._steps.run(self.at, 1)
        self.state_name = "diverged"
        self.message = (
            f"Training diverged at step {broken}: {where} The weights are those after step {broken - 1}. "
            "Try a smaller learning rate."
        )

    # -- what a caller asks -------------------------------------------------------------------------------------------

    def evaluate(self, split: str) -> tuple[float, float]:
        """Return the true cost and score (accuracy or R²) over a whole split."""
        return evaluate(self.network, self.splits[split])

    def metrics(self) -> Metrics:
        """Return every metric over every split, and the confusion matrix of validation (training without one)."""
        return metrics_of(self.network, self.splits)

    @property
    def score_name(self) -> str:
        """The name of the one score of this task: ``"accuracy"`` or ``"r2"``."""
        return SCORE_NAMES[self.network.task]

    @property
    def status(self) -> Status:
        """What training is doing, in figures."""
        row = self._last_row
        return Status(
            state=self.state_name,
            message=self.message,
            epoch=self.at.epoch,
            epochs=self.goal,
            step=self.at.step,
            training_cost=row[2],
            validation_cost=row[3],
            training_score=row[4],
            validation_score=row[5],
            steps_per_second=self._rate if self.state_name == "training" else 0.0,
            learning_rate=self.settings.optimizer.learning_rate,
        )

    @property
    def last_recorded_epoch(self) -> float:
        """The last epoch of the history, -1 before the first."""
        return float(self.history.column("epoch")[-1]) if len(self.history) else -1.0

    def stretch(self) -> int:
        """Return how many steps take about :data:`STRETCH_SECONDS`, judged by the last measured rate."""
        return max(1, int(self._rate * STRETCH_SECONDS)) if self._rate else 1

    def train(
        self,
        until_epoch: int | None = None,
        on_epoch: Callable[[Status], bool | None] | None = None,
        seconds_between_calls: float = 0.03,
    ) -> Status:
        """Train to an epoch (:attr:`goal` unless given) and return the status.

        ``on_epoch`` is called after an epoch, at most once in ``seconds_between_calls``; returning False pauses.
        """
        target = min(until_epoch or self.goal, self.goal)
        last_call = 0.0
        if self.state_name != "diverged":
            self.state_name = "training"
        while self.state_name == "training" and self.epoch < target:
            before = self.epoch
            self.advance(self.stretch())
            if on_epoch is None or self.epoch == before:
                continue
            if time.perf_counter() - last_call >= seconds_between_calls:
                last_call = time.perf_counter()
                if on_epoch(self.status) is False:
                    break
        if self.state_name == "training":
            self.state_name = "finished" if self.epoch >= self.goal else "paused"
        return self.status

    def change_settings(self, settings: TrainingSettings) -> None:
        """Take over other hyperparameters between two steps.

        Learning rate, momentum and the number of epochs change nothing else; another batch size, order or seed begins
        a new epoch, another kind of optimizer starts with empty memory.

        Raises
        ------
        ValueError
            When the precision differs: that needs a new network.
        """
        if settings.precision != self.settings.precision:
            raise ValueError("Another precision needs a new network.")
        old, self.settings = self.settings, settings
        if type(settings.optimizer) is not type(old.optimizer):
            self.slots = {name: np.zeros_like(self.network.theta) for name in settings.optimizer.slots}
            self.at.updates = 0
        if settings.batch_size != old.batch_size:
            self.network.forget_programs()
        if (settings.batch_size, settings.shuffle, settings.seed) != (old.batch_size, old.shuffle, old.seed):
            if settings.seed != old.seed:
                self._shuffler = np.random.default_rng([settings.seed, 1])
            if not settings.shuffle:
                self.order[...] = np.arange(len(self.data))
            self._begin_epoch()
        if settings.epochs != old.epochs:
            self._set_goal()
        if self.state_name == "diverged" or (self.state_name == "finished" and self.epoch < self.goal):
            self.state_name, self.message = "paused", ""
        elif self.epoch >= self.goal:
            self.state_name = "finished"
        self._bind()

    def reset(self) -> None:
        """Go back to the initial weights of the seed, and forget the history."""
        self.network.initialize()
        self.history.clear()
        self.message = ""
        self._begin()
        self._bind()

    def state(self) -> TrainerState:
        """Return a copy of the whole state, also in the middle of an epoch."""
        slices = self.network.slices
        arrays = {f"parameters/{key}": array.copy() for key, array in self.network.parameters.items()}
        for name, flat in self.slots.items():
            arrays |= {f"slots/{name}/{key}": array.copy() for key, array in slices(flat).items()}
        arrays["order"] = self.order.copy()
        meta: dict[str, Any] = {
            **vars(self.at),
            "state": self.state_name,
            "message": self.message,
            "seconds": self.seconds,
            "optimizer": name_of(self.settings.optimizer),
            "shuffler": portable(self._shuffler.bit_generator.state),
            "generator": portable(self.network.generator.bit_generator.state),
        }
        return TrainerState(arrays, meta, self.history.rows())

    def restore(self, state: TrainerState, lenient: bool = False) -> tuple[str, ...]:
        """Take over a state that :meth:`state` returned for the same network, data and settings.

        Parameters
        ----------
        lenient
            Take over what fits, and leave the layers whose weights do not at their initial values.

        Returns
        -------
        tuple of str
            The nodes that were left at their initial values; empty unless ``lenient``.

        Raises
        ------
        ValueError
            When its weights do not fit the network, and ``lenient`` is False; the layer is named.
        """
        anew = self._restore_weights(state, lenient)
        meta = state.meta
        self._begin()
        self.history = History(state.history)
        if len(self.history):
            self._last_row = tuple(float(value) for value in self.history.rows()[-1])
        self.at.epoch, self.at.step = int(meta["epoch"]), int(meta["step"])
        self._set_goal()
        self.seconds = float(meta["seconds"])
        if meta["optimizer"] == name_of(self.settings.optimizer) and not anew:
            self.at.updates = int(meta["updates"])
            for name, flat in self.slots.items():
                for key, view in self.network.slices(flat).items():
                    stored = state.arrays.get(f"slots/{name}/{key}")
                    if stored is not None and stored.shape == view.shape:
                        view[...] = stored
        self._shuffler.bit_generator.state = from_portable(meta["shuffler"])
        self.network.generator.bit_generator.state = from_portable(meta["generator"])
        self._restore_place(state)
        # A diverged run stands on its last finite weights: with other settings it may go on from there.
        self.state_name, self.message = ("ready" if meta["state"] == "ready" else "paused"), ""
        if self.epoch >= self.goal:
            self.state_name = "finished"
        self._bind()
        return anew

    def measure(self) -> None:
        """Take the true costs and scores as the present figures, as after the network was changed under its weights."""
        nan = float("nan")
        training = self.evaluate("training")
        validation = self.evaluate("validation") if "validation" in self.splits else (nan, nan)
        row = list(self._last_row)
        row[2:6] = training[0], validation[0], training[1], validation[1]
        self._last_row = tuple(row)

    def _restore_weights(self, state: TrainerState, lenient: bool) -> tuple[str, ...]:
        prefix = "parameters/"
        weights = {key[len(prefix) :]: array for key, array in state.arrays.items() if key.startswith(prefix)}
        anew: tuple[str, ...] = ()
        if lenient:
            own = self.network.weights()
            fitting = {key: array for key, array in weights.items() if key in own and own[key].shape == array.shape}
            anew = tuple(dict.fromkeys(key.rpartition(".")[0] for key in own if key not in fitting))
            weights = {**own, **fitting}
        self.network.set_weights(weights)
        return anew

    def _restore_place(self, state: TrainerState) -> None:
        """Stand where the state stood in its epoch; begin a new epoch where the data or the batches differ."""
        meta, order = state.meta, state.arrays.get("order")
        position, seen = int(meta["position"]), int(meta["seen"])
        fits = position < self.steps_per_epoch and seen == position * self.batch_size
        ordered = self.settings.shuffle or (order is not None and np.array_equal(order, self.order))
        if order is not None and len(order) == len(self.data) and fits and ordered:
            self.order[...] = order
            self.at.position, self.at.seen = position, seen
            self.at.loss_sum, self.at.score_sum = float(meta["loss_sum"]), float(meta["score_sum"])
        else:
            self._begin_epoch()


__all__ = ["Trainer", "TrainerState"]

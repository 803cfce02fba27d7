"""The trainer: a resumable stream of steps over a program, the same in a script, a test, the window and a sweep.

It knows no thread. :meth:`Trainer.advance` runs some steps and returns; whoever calls it decides when to stop.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from engine.checks import check_splits
from engine.dataset import Dataset
from engine.divergence import Guard
from engine.emit import Array
from engine.evaluation import evaluate, metrics_of
from engine.figures import NOWHERE, UNKNOWN, Figures, figures_of, running_figures
from engine.history import History
from engine.metrics import SCORE_NAMES, TargetSpread
from engine.network import Network
from engine.path import ParameterPath
from engine.problems import training_problems
from engine.rate import RateMeter
from engine.rehearsal import NextStep, rehearse
from engine.run import Run
from engine.schedules import Plateau
from engine.settings import TrainingSettings
from engine.snapshot import Metrics, State, Status
from engine.step import StepRunner, same_step
from engine.stopping import Best, out_of_time, reason_to_stop
from engine.trainer_state import Progress, TrainerState, fingerprint, restore_weights

STRETCH_SECONDS = 0.012  # length of one uninterrupted run of steps: how soon a pause or a request is answered
MOST_STRETCH_STEPS = 4_096


class Trainer:
    """Trains a network on examples by the settings given.

    Parameters
    ----------
    network
        Its parameters are changed in place.
    training, validation, test
        The splits. Validation and test figures are true values over the whole split; the running cost of an epoch is
        the mean over its training examples as they were seen.
    settings
        Hyperparameters. A batch larger than the data is the whole data.

    Raises
    ------
    ValueError
        When a split has another number of features or outputs than the network (the split is named), or the settings
        do not go with the network and the number of rows (see :func:`engine.problems.training_problems`).
    DataError
        When a target is none that the loss can learn, a label outside the classes say; the row is named.
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
        check_splits(network, self.splits)
        self.check_settings(self.settings)
        self._spread = TargetSpread(self.data.targets) if network.task == "regression" else None
        self.history = History()
        self.message = ""
        self._fingerprint = fingerprint(network.graph, [len(data) for data in self.splits.values()])
        self._begin()
        self._bind()
        self.path = ParameterPath(network.learned_count, network.dtype)  # no part of the state: it begins anew with one
        self.path.begin(0, network.learned)

    def check_settings(self, settings: TrainingSettings) -> None:
        """Refuse settings that do not go with the network and the number of rows, or need another precision.

        Raises
        ------
        ValueError
            When they do; the sentence says what to change.
        """
        if settings.precision != self.settings.precision:
            raise ValueError("Another precision needs a new network.")
        rows = {name: len(data) for name, data in self.splits.items()}
        found = training_problems(self.network.graph, settings, rows["training"], rows.get("validation", 0))
        if found:
            raise ValueError(" ".join(problem.sentence for problem in found))

    def _begin(self) -> None:
        """Stand before the first step."""
        self.state_name: State = "ready"
        self.run = Run(self.network, self.settings, len(self.data))
        self._set_goal()
        self._meter = RateMeter()
        self._figures = Figures()

    def _set_goal(self) -> None:
        """Aim at the next whole multiple of the settings' epochs: one run's, and each's that goes on after it."""
        epochs = self.settings.epochs
        self.goal = epochs * max(1, -(-self.run.at.epoch // epochs))

    def go_on(self) -> None:
        """Where a run has ended early, aim at its last epoch again; where all were done, at as many more."""
        if self.state_name == "finished":
            if self.run.at.epoch >= self.goal:
                self.goal = self.run.at.epoch + self.settings.epochs
            self.run.best.waited, self.run.since = 0, self.run.seconds
            self.state_name, self.message = "paused", ""

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
    def calls_per_step(self) -> int:
        """NumPy calls of one step."""
        return self._steps.calls_per_step

    @property
    def at(self) -> Progress:
        """How far training has come."""
        return self.run.at

    @property
    def seconds(self) -> float:
        """Seconds of training so far."""
        return self.run.seconds

    @property
    def epoch(self) -> int:
        """Finished epochs."""
        return self.run.at.epoch

    @property
    def step(self) -> int:
        """Parameter updates made."""
        return self.run.at.step

    def _bind(self) -> None:
        """Compile the step anew, as after other settings, other slots or a restored state."""
        network = self.network
        self._steps: StepRunner = StepRunner(network, self.data, self.settings, self.run.order, self.run.slots)
        self._set_rate()
        self._guard = Guard(network, self.run)

    def _set_rate(self) -> None:
        settings = self.settings
        factor = settings.schedule.factor(self.run.at.epoch, settings.epochs) * self.run.plateau.factor
        self._steps.rate = settings.optimizer.learning_rate * factor

    def advance(self, steps: int) -> int:
        """Run up to ``steps`` steps, not beyond the end of the epoch, and return how many were run.

        A step that gives a cost, gradient or parameter that is not finite ends training in state ``"diverged"``, with
        the parameters as they were before it.
        """
        at = self.run.at
        if self.state_name in ("diverged", "finished") or at.epoch >= self.goal:
            return 0
        steps = min(steps, self.steps_per_epoch - at.position, MOST_STRETCH_STEPS)
        started = time.perf_counter()
        done = 0
        with np.errstate(all="ignore"):
            if at.position == 0:
                self._guard.save()
            while done < steps:
                part = min(self._guard.steps_until_saving(), self.path.steps_until_point(at.step), steps - done)
                self._steps.run(at, part)
                done += part
                if not self._guard.finite():
                    self.state_name, self.message = "diverged", self._guard.stand_before_broken_step(self._steps)
                    break
                self.path.pass_by(at.step, self.network.learned)
            else:
                if at.position == self.steps_per_epoch:
                    self._finish_epoch(started)
        seconds = time.perf_counter() - started
        self.run.seconds += seconds
        self._meter.add(done, seconds)
        over = out_of_time(self.settings, self.run.seconds - self.run.since)
        if over and self.state_name not in ("diverged", "finished"):
            self._finish(over)
        return done

    def _finish_epoch(self, started: float) -> None:
        at, settings, figures = self.run.at, self.settings, self._figures
        at.epoch += 1
        figures.running = running_figures(at, self._spread)
        true = UNKNOWN
        if at.epoch % settings.record_every == 0:
            true = figures.training = self.evaluate("training")
        has_validation = "validation" in self.splits
        if has_validation:
            figures.validation = self.evaluate("validation")
        if true is not UNKNOWN:
            figures.measured_at = at.step
        figures.row_at = at.step
        seconds = self.run.seconds + time.perf_counter() - started
        costs, scores = zip(figures.running, true, figures.validation, strict=True)
        self.history.append((float(at.epoch), float(at.step), *costs, *scores, self._steps.rate_of(at.step), seconds))
        cost = (figures.validation if has_validation else figures.running)[0]
        if settings.patience:
            self.run.best.watch(cost, at.epoch, self.network.theta)
        settings.schedule.watch(cost, self.run.plateau)
        self.run.begin_epoch(settings.shuffle)
        self._set_rate()
        reason = reason_to_stop(settings, self.run.best, cost, has_validation, seconds - self.run.since)
        if reason or at.epoch >= self.goal:
            self._finish(reason)

    def _finish(self, reason: str | None) -> None:
        """End the run, with the best weights where patience has kept them."""
        self.state_name, best = "finished", self.run.best
        said = [f"Stopped after epoch {self.run.at.epoch:,}. {reason}"] if reason else []
        stands_there = best.epoch == self.run.at.epoch and self.run.at.position == 0
        if self.settings.patience and best.theta is not None and not stands_there:
            np.copyto(self.network.theta, best.theta)
            self._guard.save()
            self._figures.measured_at = self._figures.row_at = NOWHERE
            said.append(f"The weights are those of epoch {best.epoch:,}, with the lowest validation cost.")
        self.message = " ".join(said)

    # -- figures ------------------------------------------------------------------------------------------------------

    def evaluate(self, split: str) -> tuple[float, float]:
        """Return the true cost and score (accuracy or R²) over a whole split."""
        return evaluate(self.network, self.splits[split])

    def measure(self) -> None:
        """Compute the true figures of the present weights over training and validation, as at a pause or at the end.

        Nothing is done where they are known. They become part of the last epoch's row where its weights are these.
        """
        figures = self._figures
        if figures.measured_at == self.run.at.step:
            return
        training = self.evaluate("training")
        figures.validation = self.evaluate("validation") if "validation" in self.splits else UNKNOWN
        figures.training, figures.measured_at = training, self.run.at.step
        if figures.row_at == self.run.at.step:
            self.history.amend(training_cost=training[0], training_score=training[1])

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
        figures = self._figures
        return Status(
            state=self.state_name,
            message=self.message,
            epoch=self.run.at.epoch,
            epochs=self.goal,
            step=self.run.at.step,
            measured=figures.measured_at == self.run.at.step,
            running_cost=figures.running[0],
            training_cost=figures.training[0],
            validation_cost=figures.validation[0],
            running_score=figures.running[1],
            training_score=figures.training[1],
            validation_score=figures.validation[1],
            steps_per_second=self._meter.rate if self.state_name == "training" else 0.0,
            learning_rate=self._steps.rate_of(self.run.at.step + 1),
        )

    @property
    def last_recorded_epoch(self) -> float:
        """The last epoch of the history, -1 before the first."""
        return float(self.history.column("epoch")[-1]) if len(self.history) else -1.0

    def stretch(self) -> int:
        """Return how many steps take about :data:`STRETCH_SECONDS`, judged by the last measured rate."""
        return max(1, int(self._meter.rate * STRETCH_SECONDS))

    # -- what a caller asks -------------------------------------------------------------------------------------------

    def train(
        self,
        until_epoch: int | None = None,
        on_epoch: Callable[[Status], bool | None] | None = None,
        seconds_between_calls: float = 0.03,
    ) -> Status:
        """Train to an epoch (:attr:`goal` unless given), compute the true figures, and return the status.

        A run that has ended stays as it is: :meth:`go_on` lets it go on.

        ``on_epoch`` is called after an epoch, at most once in ``seconds_between_calls``; returning False pauses.
        """
        target = self.goal if until_epoch is None else min(until_epoch, self.goal)
        last_call = 0.0
        if self.state_name not in ("diverged", "finished"):
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
        self.path.rest(self.step, self.network.learned)
        self.measure()
        return self.status

    def change_settings(self, settings: TrainingSettings) -> None:
        """Take over other hyperparameters between two steps.

        Learning rate, momentum and the number of epochs change nothing else; another batch size, order or seed begins
        a new epoch, another kind of optimizer starts with empty memory, another schedule or patience looks at the cost
        anew.

        Raises
        ------
        ValueError
            When the precision differs, which needs a new network, or the settings do not go with network and rows.
        """
        self.check_settings(settings)
        old, self.settings = self.settings, settings
        self.run.change_optimizer(self.network, old, settings)
        if settings.batch_size != old.batch_size:
            self.network.forget_programs()
        if (settings.batch_size, settings.shuffle, settings.seed) != (old.batch_size, old.shuffle, old.seed):
            if settings.seed != old.seed:
                self.run.seed(settings.seed)
            if not settings.shuffle:
                self.run.order[...] = np.arange(len(self.data))
            self.run.begin_epoch(settings.shuffle)
        if settings.schedule != old.schedule:
            self.run.plateau = Plateau()
        if settings.patience != old.patience:
            self.run.best = Best()
        if settings.epochs != old.epochs:
            self._set_goal()
        if self.state_name == "diverged":
            self.state_name, self.message = "paused", ""
            self.run.since = self.run.seconds
        elif self.state_name == "finished" and self.epoch < self.goal:
            self.go_on()
        elif self.state_name != "finished" and self.epoch >= self.goal:
            self._finish(None)
        if same_step(old, settings):
            self._steps.take(settings)
            self._set_rate()
        else:
            self._bind()

    def set_entry(self, symbol: str, row: int, column: int, value: float) -> None:
        """Set one entry of a parameter by hand (see :meth:`engine.Network.set_entry`); training goes on from there.

        Raises
        ------
        ValueError
            When there is no such entry, or the value is not finite.
        """
        self.network.set_entry(symbol, row, column, value)
        self._guard.save()
        self._figures.measured_at = self._figures.row_at = NOWHERE
        if self.state_name == "diverged":
            self.state_name, self.message = "paused", ""

    def reset(self) -> None:
        """Go back to the initial weights of the seed, and forget the history."""
        self.network.initialize()
        self.history.clear()
        self.message = ""
        self._begin()
        self._bind()
        self.path.begin(0, self.network.learned)

    def rehearse(self, places: tuple[int | None, ...] = ()) -> tuple[NextStep, Array]:
        """Return what the next step would do and its direction, and leave everything as it is.

        ``places`` are indices of learned parameters whose numbers are told one by one (see :func:`rehearse`).

        Raises
        ------
        ValueError
            In the midst of the end of an epoch, between the chunks of an evaluation say, when the next is not begun.
        """
        if self.run.at.position >= self.steps_per_epoch:
            raise ValueError("The next epoch has not begun, and there is no next step yet.")
        return rehearse(self.network, self.run, self._steps, self.settings, places)

    def state(self) -> TrainerState:
        """Return a copy of the whole state, also in the middle of an epoch."""
        meta = self.run.meta(self.network, self.settings) | {
            "state": self.state_name,
            "message": self.message,
            "goal": self.goal,
            "epochs": self.settings.epochs,
            "network": self._fingerprint,
        }
        return TrainerState(self.run.arrays(self.network), meta, self.history.rows())

    def restore(self, state: TrainerState, lenient: bool = False) -> tuple[str, ...]:
        """Take over a state that :meth:`state` returned for the same network, data and settings.

        Parameters
        ----------
        lenient
            Take over what fits, and leave the layers whose weights do not as they are. What patience and the schedule
            remember, and the optimizer's memory, come back in the same network on as many rows only.

        Returns
        -------
        tuple of str
            The nodes that were left as they are; empty unless ``lenient``.

        Raises
        ------
        ValueError
            When its weights do not fit the network, and ``lenient`` is False; the layer is named.
        """
        anew = restore_weights(self.network, state.arrays, lenient)
        self._begin()
        self.run.restore(state, self.network, self.settings, same_network=not anew and self._knows(state))
        if state.meta["state"] == "finished":  # what follows is another run
            self.run.best.waited, self.run.since = 0, self.run.seconds
        self.history = History(state.history)
        self._figures = figures_of(self.history)
        self._set_goal()
        if state.meta.get("epochs") == self.settings.epochs:
            self.goal = int(state.meta["goal"])
        # A diverged run stands on its last finite weights: with other settings it may go on from there.
        former, self.message = state.meta["state"], ""
        self.state_name = "ready" if former == "ready" else "paused"
        if self.epoch >= self.goal:
            self.state_name = "finished"
        if former == "finished" and state.meta["message"]:
            self.state_name, self.message = "finished", state.meta["message"]  # a run that ended early says why
        self._bind()
        self.path.begin(self.step, self.network.learned)
        return anew

    def _knows(self, state: TrainerState) -> bool:
        """Whether a state is of this network on as many rows; one that does not say is taken to be."""
        return state.meta.get("network", "") in ("", self._fingerprint)


__all__ = ["Trainer", "TrainerState"]

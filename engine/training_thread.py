"""The thread that drives a trainer: start, pause, one step, one epoch, reset, change a rate while it runs.

Requests are put into a queue and taken out between two stretches of steps, so nothing is ever locked, and a training
loop pays nothing for being watched until somebody asks.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from engine.emit import Array
from engine.history import COLUMNS
from engine.plane_look import Plane, PlaneLooker
from engine.probes import looked_at, probe
from engine.settings import TrainingSettings
from engine.snapshot import Metrics, ProbeRequest, Probes, Status
from engine.trainer import Trainer, TrainerState

PROBE_SHARE = 0.01  # of training time, as measured here; with the sending and the waking all looking stays below 2 %
PLANE_SHARE = 0.005  # of training time, beside it, for the cost over a plane while somebody looks at one
PLANE_SLICE = 0.002  # seconds of one stretch of it while training
PLANE_SLICE_AT_REST = 0.01


@dataclass(frozen=True)
class Snapshot:
    """An answer to one look: figures, the epochs since the last answer, and what was probed (or None: rationed)."""

    status: Status
    rows: Array
    probes: Probes | None
    metrics: Metrics | None = None


class _MeasuringDroppedError(Exception):
    """Something else was asked for while the true figures were being computed."""


class TrainingThread:
    """Drives one trainer on a thread of its own.

    Parameters
    ----------
    trainer
        Nobody else may touch it while the thread lives.
    on_rest
        Called on the thread with the whole state whenever training comes to rest: paused, finished, diverged, reset.
    on_measured
        Called on the thread soon after, with the true figures of the weights it rests on; not where something else was
        asked for in the meantime.
    on_failure
        Called on the thread with the exception when training fails; the thread then ends.
    """

    def __init__(
        self,
        trainer: Trainer,
        on_rest: Callable[[Status, TrainerState], None] | None = None,
        on_failure: Callable[[BaseException], None] | None = None,
        on_measured: Callable[[Status, Array], None] | None = None,
    ) -> None:
        self.trainer = trainer
        self._on_rest = on_rest
        self._on_failure = on_failure
        self._on_measured = on_measured
        self._requests: deque[Callable[[], None]] = deque()
        self._awake: queue.SimpleQueue[None] = queue.SimpleQueue()  # one token for each request and each look
        self._unmeasured = on_measured is not None
        self._looks: queue.SimpleQueue[tuple[ProbeRequest, Callable[[Snapshot], None]]] = queue.SimpleQueue()
        self._looking = False
        self._measuring = False
        self._running = False
        self._ending = False
        self._stop_at_epoch: int | None = None
        self._sent_epoch = trainer.last_recorded_epoch  # whoever made the trainer knows its history
        self._examples = looked_at(trainer.data)
        self._planes = PlaneLooker(trainer)
        self._probe_seconds = 0.0
        self._plane_seconds = 0.0
        self._train_seconds = 0.0
        # A long evaluation answers between its chunks: the window goes on painting.
        trainer.network.between_chunks = self._between_chunks
        self._thread = threading.Thread(target=self._loop, name="training", daemon=True)
        self._thread.start()

    # -- requests, from any thread --------------------------------------------------------------------------------

    def start(self) -> None:
        """Train until paused, finished or diverged."""
        self._ask(self._start)

    def pause(self) -> None:
        """Come to rest after the present stretch of steps."""
        self._ask(lambda: self._set_running(False))

    def run_step(self) -> None:
        """Make one parameter update and rest."""
        self._ask(lambda: self._run_once(1))

    def run_epoch(self) -> None:
        """Train to the end of the present epoch and rest."""
        self._ask(self._begin_one_epoch)

    def reset(self) -> None:
        """Go back to the same initial weights."""
        self._ask(self._reset)

    def set_entry(self, symbol: str, row: int, column: int, value: float) -> None:
        """Set one entry of a parameter, and rest; rows and columns count from 0.

        An entry that does not exist, or a value that is not finite, changes nothing; resting is told all the same.
        """
        self._ask(lambda: self._set_entry(symbol, row, column, value))

    def change_settings(self, settings: TrainingSettings) -> None:
        """Take over other hyperparameters between two steps, while running too.

        Raises
        ------
        ValueError
            When they do not go with the network or the number of rows; nothing changes then.
        """
        self.trainer.check_settings(settings)
        self._ask(lambda: self.trainer.change_settings(settings))

    def look(self, request: ProbeRequest, answer: Callable[[Snapshot], None]) -> None:
        """Ask for the present figures, the epochs since the last answer, and probes within their ration."""
        self._looks.put((request, answer))
        self._awake.put(None)

    def state(self, answer: Callable[[Status, TrainerState], None]) -> None:
        """Ask for a copy of the whole state, without pausing."""
        self._ask(lambda: answer(self.trainer.status, self.trainer.state()))

    def stop(self, timeout: float | None = 10.0) -> None:
        """End the thread and wait for it."""
        self._ask(self._end)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def _ask(self, request: Callable[[], None]) -> None:
        self._requests.append(request)
        self._awake.put(None)

    @property
    def alive(self) -> bool:
        """Whether the thread is still there."""
        return self._thread.is_alive()

    # -- the thread -----------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        try:
            while not self._ending:
                self._take_requests()
                if self._running and not self._ending:
                    self._train_a_stretch()
        except BaseException as error:  # reported to whoever owns the thread
            if self._on_failure is None:
                raise
            self._on_failure(error)

    def _take_requests(self) -> None:
        """Carry out what was asked; at rest, compute the true figures, then wait for the next request."""
        while not self._ending:
            if self._unmeasured and not self._running and not self._requests:
                self._measure()
            growing = not self._running and self._planes.unfinished
            try:
                self._awake.get(block=not (self._running or growing))
            except queue.Empty:
                if self._running:
                    return
                self._planes.work(PLANE_SLICE_AT_REST, resting=True)
                continue
            if self._requests:
                self._requests.popleft()()
            if not self._requests:
                self._answer_looks()  # whoever looks after asking sees what was asked for

    def _measure(self) -> None:
        """Compute the true figures of the weights training rests on, and drop it when something else is asked for."""
        self._measuring = True
        try:
            self.trainer.measure()
        except _MeasuringDroppedError:
            return
        finally:
            self._measuring = False
        self._unmeasured = False
        if self._on_measured is not None:
            self._on_measured(self.trainer.status, self.trainer.history.rows()[-1:])

    def _between_chunks(self) -> None:
        self._answer_looks()
        if self._measuring and self._requests and not self._looking:  # a look evaluates too, and is answered first
            raise _MeasuringDroppedError

    def _train_a_stretch(self) -> None:
        trainer = self.trainer
        started = time.perf_counter()
        epoch = trainer.epoch
        done = trainer.advance(trainer.stretch())
        self._train_seconds += time.perf_counter() - started
        one_epoch_done = self._stop_at_epoch is not None and trainer.epoch >= self._stop_at_epoch
        if self._planes.wanted and self._plane_seconds <= PLANE_SHARE * self._train_seconds:
            started = time.perf_counter()
            self._planes.work(PLANE_SLICE, resting=False)
            self._plane_seconds += time.perf_counter() - started
        if done == 0 or trainer.state_name in ("finished", "diverged") or (trainer.epoch > epoch and one_epoch_done):
            self._set_running(False)

    def _set_running(self, running: bool) -> None:
        trainer = self.trainer
        if running == self._running:
            if not running:
                self._rest()  # whoever asks for rest waits for the answer
            return
        if running:
            trainer.go_on()
        if running and trainer.state_name == "diverged":
            self._rest()  # says again why nothing runs
            return
        self._running = running
        if running:
            trainer.state_name = "training"
        else:
            self._stop_at_epoch = None
            if trainer.state_name == "training":
                trainer.state_name = "paused"
            self._rest()

    def _start(self) -> None:
        self._stop_at_epoch = None
        self._set_running(True)

    def _begin_one_epoch(self) -> None:
        self._stop_at_epoch = self.trainer.epoch + 1
        self._set_running(True)
        if not self._running:
            self._stop_at_epoch = None

    def _run_once(self, steps: int) -> None:
        self._running, self._stop_at_epoch = False, None
        self.trainer.go_on()
        self.trainer.advance(steps)
        if self.trainer.state_name not in ("finished", "diverged"):
            self.trainer.state_name = "paused"
        self._rest()

    def _set_entry(self, symbol: str, row: int, column: int, value: float) -> None:
        self._running, self._stop_at_epoch = False, None
        with contextlib.suppress(ValueError):
            self.trainer.set_entry(symbol, row, column, value)
        self._rest()

    def _reset(self) -> None:
        self._running, self._stop_at_epoch = False, None
        self.trainer.reset()
        self._sent_epoch = -1.0
        self._rest()

    def _rest(self) -> None:
        self._unmeasured = self._on_measured is not None
        self.trainer.path.rest(self.trainer.step, self.trainer.network.learned)
        if self._on_rest is not None:
            self._sent_epoch = self.trainer.last_recorded_epoch  # the state carries the whole history
            self._on_rest(self.trainer.status, self.trainer.state())

    def _end(self) -> None:
        self._ending = True
        self._running = False

    def _answer_looks(self) -> None:
        if self._looking:
            return  # an answer evaluates too
        self._looking = True
        try:
            while True:
                request, answer = self._looks.get(block=False)
                answer(self._snapshot(request))
                if self._requests:
                    return  # what is looked at after them waits for them; each has a token that wakes the thread
        except queue.Empty:
            pass
        finally:
            self._looking = False

    def _snapshot(self, request: ProbeRequest) -> Snapshot:
        trainer = self.trainer
        rows = trainer.history.rows(self._sent_epoch)
        if len(rows):
            self._sent_epoch = float(rows[-1, COLUMNS.index("epoch")])
        probes, metrics = None, None
        rationed = self._running and self._probe_seconds > PROBE_SHARE * self._train_seconds
        if not rationed and not request.empty:
            started = time.perf_counter()
            try:
                with np.errstate(all="ignore"):
                    probes = probe(trainer.network, self._examples, request, trainer.step, trainer.data)
                    if request.metrics:
                        metrics = trainer.metrics()
            except (ValueError, ArithmeticError, IndexError):
                probes = metrics = None  # a picture that cannot be made is no reason to end training
            if self._running:
                self._probe_seconds += time.perf_counter() - started
        plane = self._plane(request)
        if plane is not None:
            probes = replace(probes or Probes(step=trainer.step), plane=plane)
        return Snapshot(trainer.status, rows, probes, metrics)

    def _plane(self, request: ProbeRequest) -> Plane | None:
        """Return the plane that is asked for; None where none is, or where the ration of planes is used up."""
        if request.plane is None:
            self._planes.forget()
            return None
        if self._running and self._plane_seconds > PLANE_SHARE * self._train_seconds:
            return None
        started = time.perf_counter()
        try:
            with np.errstate(all="ignore"):
                return self._planes.look(request.plane, resting=not self._running)
        except (ValueError, ArithmeticError, IndexError, MemoryError):
            return None
        finally:
            if self._running:
                self._plane_seconds += time.perf_counter() - started

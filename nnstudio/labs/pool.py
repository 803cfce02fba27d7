"""The handle on the labs' process: hand it jobs, poll what it says, cancel, end it.

Nothing here blocks: jobs are written by a thread of their own. One job runs at a time, others wait their turn.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import queue
import threading
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from nnstudio.labs.messages import Event, Failed, Progress
from nnstudio.labs.worker import main

SECONDS_TO_DIE = 2.0

Job = tuple[int, Callable[..., Any], tuple[Any, ...]]


class LabPool:
    """One process at low priority with one thread for matrix products, started when the first job comes.

    A job is a function of a module, called there as ``function(report, *arguments)``; function, arguments and what it
    returns are pickled. ``report(share, words)`` tells how far it has come, and with a third argument what it has found
    so far.
    """

    def __init__(self) -> None:
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._writer: threading.Thread | None = None
        self._numbers = 0
        self._running: int | None = None
        self._waiting: deque[Job] = deque()
        self._unsent: queue.SimpleQueue[Failed] = queue.SimpleQueue()

    @property
    def process_id(self) -> int | None:
        """The process's number, None while there is no process."""
        return self._process.pid if self._process is not None else None

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._running is not None or bool(self._waiting)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> int:
        """Run a job as soon as those before it are done, and return its number."""
        self._numbers += 1
        self._waiting.append((self._numbers, function, arguments))
        self._start_next()
        return self._numbers

    def cancel(self, job: int) -> None:
        """End a job; the process it runs in ends with it, and the next job gets a fresh one."""
        if job == self._running:
            self._end_process()
            self._start_next()
        else:
            self._waiting = deque(waiting for waiting in self._waiting if waiting[0] != job)

    def poll(self) -> list[Event]:
        """Return what has come in since the last call, oldest first."""
        events: list[Event] = []
        try:
            while self._connection is not None and self._connection.poll():
                event: Event = self._connection.recv()
                events.append(event)
                if not isinstance(event, Progress):
                    self._running = None
        except (EOFError, OSError):
            events += self._mourn()
        while not self._unsent.empty():
            failed = self._unsent.get()
            if failed.job == self._running:
                events.append(failed)
                self._running = None
        self._start_next()
        return events

    def close(self) -> None:
        """End the process and forget all jobs; safe to call twice."""
        self._waiting.clear()
        self._end_process()

    def _start_next(self) -> None:
        if self._running is not None or not self._waiting:
            return
        if self._process is None or not self._process.is_alive():
            self._end_process()
            self._start_process()
        connection = self._connection
        assert connection is not None
        job = self._waiting.popleft()
        self._running = job[0]
        # A thread writes: tables and weights take a while, and the window must not wait.
        self._writer = threading.Thread(
            target=_write, args=(connection, job, self._unsent), name="to-labs", daemon=True
        )
        self._writer.start()

    def _start_process(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=main, args=(theirs,), name="nnstudio-labs", daemon=True)
        self._process.start()
        theirs.close()

    def _mourn(self) -> list[Event]:
        """Return what to say of a process that has ended by itself."""
        job, code = self._running, None
        if self._process is not None:
            self._process.join(SECONDS_TO_DIE)
            code = self._process.exitcode
        self._end_process()
        how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        if code == -9:
            how += ", as systems do when memory runs out"
        return [Failed(job, f"The lab's process {how}. Run it again, with smaller sizes.")] if job is not None else []

    def _end_process(self) -> None:
        process, connection, writer = self._process, self._connection, self._writer
        self._process = self._connection = self._writer = self._running = None
        if process is not None:
            process.kill()  # nothing there is worth a farewell
            process.join()
            process.close()
        if writer is not None:
            writer.join()  # which a dead process cannot hold up
        if connection is not None:
            connection.close()


def _write(connection: Connection, job: Job, unsent: queue.SimpleQueue[Failed]) -> None:
    number, function, arguments = job
    try:
        parcel = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        unsent.put(Failed(number, f"The lab could not be given its work: {error}."))
        return
    with contextlib.suppress(OSError, ValueError):  # poll() finds out how the other side ended
        connection.send((number, parcel))

"""One job at a time in a thread of its own, for a dialog that must not freeze."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.data import Cancelled, DataError

POLL_MS = 16
Work = Callable[[Callable[[float], None], Callable[[], bool]], Any]  # (progress, cancelled) -> result


class Background(QObject):
    """Runs jobs; a new one cancels the one before, whose result is then never reported.

    ``finished`` carries the job's key and its result, ``failed`` its key and a sentence, ``progressed`` its key and
    the share done. All come in the window's thread.
    """

    finished = Signal(str, object)
    failed = Signal(str, str)
    cancelled = Signal(str)
    progressed = Signal(str, float)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs: list[_Job] = []
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)

    @property
    def busy(self) -> bool:
        """Whether a job that will be reported is under way."""
        return any(not job.superseded for job in self._jobs)

    def start(self, key: str, work: Work) -> None:
        """Start a job in place of any other."""
        self.forget()
        job = _Job(key, work)
        self._jobs.append(job)
        job.thread.start()
        self._timer.start()

    def cancel(self) -> None:
        """Ask the running job to stop; ``cancelled`` follows."""
        for job in self._jobs:
            job.stop.set()

    def forget(self) -> None:
        """Stop the running job, and report nothing of it."""
        for job in self._jobs:
            job.superseded = True
            job.stop.set()

    def close(self) -> None:
        """Stop everything, wait for the threads, report nothing more."""
        self._timer.stop()
        self.cancel()
        for job in self._jobs:
            job.thread.join()
        self._jobs.clear()

    def _look(self) -> None:
        for job in list(self._jobs):
            ended = not job.thread.is_alive()  # before the outcome is read: nothing can be missed
            if ended:
                job.thread.join()
                self._jobs.remove(job)
            if job.superseded:
                continue
            if not ended:
                self.progressed.emit(job.key, job.share)
            elif isinstance(job.error, Cancelled):
                self.cancelled.emit(job.key)
            elif job.error is not None:
                self.failed.emit(job.key, str(job.error))
            else:
                self.finished.emit(job.key, job.result)
        if not self._jobs:
            self._timer.stop()


class _Job:
    def __init__(self, key: str, work: Work) -> None:
        self.key = key
        self.share = 0.0
        self.superseded = False
        self.stop = threading.Event()
        self.result: Any = None
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._run, args=(work,), name=f"import-{key}")

    def _run(self, work: Work) -> None:
        try:
            self.result = work(self._progress, self.stop.is_set)
        except DataError as error:
            self.error = error
        except Exception as error:  # a defect: said in the dialog, never a window that waits for ever
            self.error = DataError(f"Something went wrong inside NN Studio: {error}. Please report it.")

    def _progress(self, share: float) -> None:
        self.share = share

"""The labs' pool as the window uses it: polled while a job is under way, its news told by signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.labs.messages import Failed, Progress, Result
from nnstudio.labs.pool import LabPool

POLL_MS = 50


class LabJobs(QObject):
    """All labs of one window share it, and the one process behind it."""

    progressed = Signal(int, float, str)  # job, share, words
    found = Signal(int, object)  # job, what it would return if it ended here
    finished = Signal(int, object)  # job, what it returned
    failed = Signal(int, str)  # job, a sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.pool = LabPool()
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self._tick)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> int:
        """Run a job in the labs' process, after those before it, and return its number."""
        job = self.pool.submit(function, *arguments)
        self._timer.start()
        return job

    def cancel(self, job: int) -> None:
        """End a job, and what it was computing."""
        self.pool.cancel(job)

    def close(self) -> None:
        """End the process."""
        self._timer.stop()
        self.pool.close()

    def _tick(self) -> None:
        events = self.pool.poll()
        if not self.pool.busy:
            self._timer.stop()
        for event in events:
            if isinstance(event, Progress):
                self.progressed.emit(event.job, event.share, event.words)
                if event.found is not None:
                    self.found.emit(event.job, event.found)
            elif isinstance(event, Result):
                self.finished.emit(event.job, event.value)
            elif isinstance(event, Failed):
                self.failed.emit(event.job, event.sentence)


def jobs_of(model: QObject) -> LabJobs:
    """Return the lab jobs of a window's model, made at the first call."""
    return model.findChild(LabJobs) or LabJobs(model)


def close_jobs(model: QObject) -> None:
    """End the labs' process of a window's model, where there is one."""
    jobs = model.findChild(LabJobs)
    if jobs is not None:
        jobs.close()

"""What memory a process holds, by the system's own count."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

STATUS = Path("/proc/self/status")
LOOK_SECONDS = 0.01


def peak() -> int:
    """Return the most bytes this process has held in memory at once."""
    if STATUS.exists():
        return _status("VmHWM")
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def present() -> int:
    """Return the bytes this process holds now; where the system does not tell, the most so far."""
    return _status("VmRSS") if STATUS.exists() else peak()


class AnonymousPeak:
    """The most anonymous memory that this process holds, looked at many times a second: mapped files do not count."""

    def __init__(self) -> None:
        self.bytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> AnonymousPeak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.bytes = max(self.bytes, _status("RssAnon"))
            if self._done.wait(LOOK_SECONDS):
                return


def _status(name: str) -> int:
    lines = STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))

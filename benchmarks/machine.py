"""What a benchmark ran on, and what else was using the processor meanwhile."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

FORCED_KERNELS = "OPENBLAS_CORETYPE"  # environment variable: OpenBLAS takes these kernels, whatever the processor is
TOTALS = Path("/proc/stat")
BUSY_COLUMNS = (1, 2, 3)  # of its first line: time in programs, in niced programs, in the system
MOST_OF_OTHERS = 0.15  # processor seconds in a second that other programs may use beside a measurement


def machine() -> dict[str, object]:
    """Return versions and the processor."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "blas": ", ".join(f"{pool['internal_api']} {pool.get('architecture', '')}" for pool in threadpool_info()),
        "blas forced to": os.environ.get(FORCED_KERNELS, ""),
    }


class Neighbors:
    """Measures how much of the processor other programs use from its making on, where the system tells (Linux)."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._all, self._own = _all_seconds(), _own_seconds()

    def cores(self) -> float | None:
        """Return their processor seconds in a second, None where that is not known."""
        now = _all_seconds()
        if now is None or self._all is None:
            return None
        others = now - self._all - (_own_seconds() - self._own)
        return max(0.0, others / (time.perf_counter() - self._started))


def _all_seconds() -> float | None:
    if not TOTALS.exists():
        return None
    words = TOTALS.read_text(encoding="ascii").split("\n", 1)[0].split()
    return sum(int(words[column]) for column in BUSY_COLUMNS) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """Return the processor seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _processor() -> str:
    """Return the processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())

"""How many threads NumPy's matrix products use in this process."""

from __future__ import annotations

import os

from threadpoolctl import threadpool_limits

from engine.settings import TrainingSettings


def threads_for(settings: TrainingSettings) -> int:
    """Return the number of threads for these settings: one where the same bits are wanted, all cores but one else."""
    return 1 if settings.deterministic else max(1, (os.cpu_count() or 1) - 1)


def limit_threads(count: int) -> None:
    """Let matrix products of this process use at most ``count`` threads from now on."""
    threadpool_limits(limits=count)

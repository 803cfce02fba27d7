"""Steps a second, measured over the last stretch of training."""

from __future__ import annotations

WINDOW_SECONDS = 0.5


class RateMeter:
    """The rate over windows of half a second; until a whole one has been measured, what there is of one has to do."""

    def __init__(self) -> None:
        self.rate = 0.0
        self._steps, self._seconds, self._known = 0, 0.0, False

    def add(self, steps: int, seconds: float) -> None:
        """Count steps that took so many seconds."""
        self._steps += steps
        self._seconds += seconds
        whole = self._seconds >= WINDOW_SECONDS
        if whole or not self._known:
            self.rate = self._steps / max(self._seconds, 1e-9)
        if whole:
            self._known, self._steps, self._seconds = True, 0, 0.0

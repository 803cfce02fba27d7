"""What the views of the mathematics cost a run, and whether a large network in them ever freezes the window."""

from __future__ import annotations

import statistics
import tempfile

from benchmarks.networks import LARGE, SMALL, Case
from benchmarks.report import Report
from benchmarks.timing import Effort
from benchmarks.window_speed import child
from tests.e2e.virtual_screen import virtual_screen
from ui.panels import PANELS

ROUNDS = 5
SCREEN = (2560, 1440)
VIEWS = tuple(name for name, kind in PANELS.items() if kind.insight)


def run(effort: Effort) -> Report:
    rounds = 1 if effort.quick else ROUNDS
    views = VIEWS[:2] if effort.quick else VIEWS
    together = [
        _row(SMALL, "every view seen at once", views, rounds),
        _row(SMALL, "every view opened and closed again", [f"-{view}" for view in views], rounds),
    ]
    alone = [_row(LARGE, view, (view,), 1 if effort.quick else 3) for view in views]
    return Report({"All views, a small network": together, "Each view, a large network": alone})


def _row(case: Case, what: str, views: object, rounds: int) -> dict[str, object]:
    """Return the run's speed with views beside that without a window, by turns, and the event loop's delays."""
    without: list[float] = []
    plain: list[float] = []
    seen: list[dict[str, float]] = []
    with virtual_screen(*SCREEN) as screen, tempfile.TemporaryDirectory() as folder:
        environment = {**screen.environment, "XDG_CONFIG_HOME": folder, "NNSTUDIO_STATE_DIR": folder}
        for _ in range(rounds):
            without.append(child("headless", case.name, environment)["steps_per_second"])
            plain.append(child("window", case.name, environment)["steps_per_second"])
            seen.append(child("window", case.name, environment, tuple(views)))  # type: ignore[call-overload]
    speed = statistics.median(one["steps_per_second"] for one in seen)
    return {
        "network": case.name,
        "views": what,
        "headless, steps/s": statistics.median(without),
        "views / headless": speed / statistics.median(without),
        "views / window without": speed / statistics.median(plain),
        "event loop p99, ms": statistics.median(one["loop_p99"] for one in seen),
        "longest, ms": statistics.median(one["loop_longest"] for one in seen),
    }

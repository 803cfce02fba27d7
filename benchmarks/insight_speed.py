"""What the views of the mathematics cost a run, and whether a large network in them ever freezes the window."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Mapping, Sequence

from benchmarks.networks import LARGE, SMALL, Case
from benchmarks.report import Goal, Report
from benchmarks.timing import Effort
from benchmarks.window_speed import child
from tests.e2e.virtual_screen import virtual_screen
from ui.panels import PANELS

ROUNDS, ROUNDS_ALONE = 5, 3
SCREEN = (2560, 1440)
VIEWS = tuple(name for name, kind in PANELS.items() if kind.insight)
LEAST_SPEED = 0.9  # of the engine without a window
MOST_DELAY = 50.0  # ms of the event loop, at the 99th percentile


def run(effort: Effort) -> Report:
    views = VIEWS[:2] if effort.quick else VIEWS
    rounds = 1 if effort.quick else ROUNDS
    closed = [f"-{view}" for view in views]
    small = {"every view seen at once": views, "every view opened and closed again": closed}
    large = {view: (view,) for view in views}
    return Report(
        {"All views": _rows(SMALL, small, rounds), "Each view": _rows(LARGE, large, min(rounds, ROUNDS_ALONE))},
        (
            "Speed: steps a second with these views, beside the engine's process alone; by turns, medians.",
            "The event loop is timed from the moment at which the views are opened; the longest delay is one of these.",
        ),
    )


def _rows(case: Case, kinds: Mapping[str, Sequence[str]], rounds: int) -> list[dict[str, object]]:
    """Return the speed of a run with views beside that without a window, by turns, and the event loop's delays."""
    without: list[float] = []
    seen: dict[str, list[dict[str, float]]] = {what: [] for what in ("none", *kinds)}
    with virtual_screen(*SCREEN) as screen, tempfile.TemporaryDirectory() as folder:
        environment = {**screen.environment, "XDG_CONFIG_HOME": folder, "NNSTUDIO_STATE_DIR": folder}
        for _ in range(rounds):
            without.append(child("headless", case.name, environment)["steps_per_second"])
            for what, views in {"none": (), **kinds}.items():
                seen[what].append(child("window", case.name, environment, views))
    bare = statistics.median(without)
    rows: list[dict[str, object]] = []
    for what, figures in seen.items():
        speed, delay, longest = (
            statistics.median(one[key] for one in figures) for key in ("steps_per_second", "loop_p99", "loop_longest")
        )
        rows.append(
            {
                "network": case.name,
                "views": what,
                "speed": Goal(speed / bare, LEAST_SPEED),
                "event loop p99, ms": Goal(delay, MOST_DELAY, most=True),
                "longest, ms": longest,
            }
        )
    return rows

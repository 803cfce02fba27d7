"""Steps a second with the window open and its panels live, beside the same engine without a window."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.networks import LARGE, SMALL, Case
from benchmarks.report import Report
from benchmarks.timing import Effort
from tests.e2e.virtual_screen import virtual_screen

ROUNDS = 5
SECONDS = 6.0
WARM_UP = 2.0
HEARTBEAT_MS = 4
CASES = {case.name: case for case in (SMALL, LARGE)}


def run(effort: Effort) -> Report:
    rounds = 1 if effort.quick else ROUNDS
    return Report({"Window": [_row(case, rounds) for case in CASES.values()]})


def _row(case: Case, rounds: int) -> dict[str, object]:
    without: list[float] = []
    seen: list[dict[str, float]] = []
    with virtual_screen() as screen, tempfile.TemporaryDirectory() as folder:
        environment = {**screen.environment, "XDG_CONFIG_HOME": folder, "NNSTUDIO_STATE_DIR": folder}
        for _ in range(rounds):
            without.append(child("headless", case.name, environment)["steps_per_second"])
            seen.append(child("window", case.name, environment))

    def median(key: str) -> float:
        return statistics.median(one[key] for one in seen)

    bare = statistics.median(without)
    return {
        "network": case.name,
        "headless, steps/s": bare,
        "window, steps/s": median("steps_per_second"),
        "window / headless": median("steps_per_second") / bare,
        "frames/s": median("frames_per_second"),
        "frame p99, ms": median("frame_p99"),
        "event loop p99, ms": median("loop_p99"),
    }


def child(what: str, name: str, environment: dict[str, str], views: Sequence[str] = ()) -> dict[str, float]:
    """Measure in a process of its own: ``"headless"``, or ``"window"`` with its first panels and these views."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.window_speed", what, name, *views],
        env={**environment, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def _prepared(case: Case):
    """Return the case's data as an imported table's would be, a fifth held out for validation."""
    from nnstudio.data import Column, DataRecipe, ImportPlan, Preparation, SampleSource, prepare_table
    from nnstudio.data.table import Categories, ReadReport, Table

    X, classes = case.arrays(examples=case.examples * 5 // 4)
    names = [f"x{number}" for number in range(1, X.shape[1] + 1)]
    columns = {name: np.ascontiguousarray(X[:, i], np.float64) for i, name in enumerate(names)}
    labels = tuple(f"class {number}" for number in range(classes.max() + 1))
    table = Table(
        "benchmark", {**columns, "class": Categories(classes.astype(np.int32), labels)}, ReadReport(rows=len(X))
    )
    plan = ImportPlan(
        columns=(*(Column(name=name) for name in names), Column(name="class", kind="category", role="target"))
    )
    recipe = DataRecipe(source=SampleSource(name="benchmark"), plan=plan, preparation=Preparation(scaling="none"))
    return recipe, prepare_table(table, recipe)


def _headless(case: Case) -> dict[str, float]:
    """Train in the engine's process with nobody looking but twice."""
    from engine.snapshot import ProbeRequest
    from nnstudio.engine_host import EngineHost
    from nnstudio.engine_messages import Looked

    _, prepared = _prepared(case)
    host = EngineHost()
    host.load(case.graph(), case.settings(), prepared)
    host.ask("start")

    def step() -> tuple[int, float]:
        while not host.look(ProbeRequest()):
            pass
        while True:
            for event in host.poll():
                if isinstance(event, Looked):
                    return event.snapshot.status.step, time.perf_counter()
            time.sleep(0.001)

    time.sleep(WARM_UP)
    first = step()
    time.sleep(SECONDS)
    last = step()
    host.close()
    return {"steps_per_second": (last[0] - first[0]) / (last[1] - first[1])}


def _window(case: Case, views: Sequence[str] = ()) -> dict[str, float]:
    """Train in the real window with the default panels, and time its frames and its event loop.

    Views are opened while it trains and while the event loop is timed; several stand in windows of their own, so
    that all of them are seen. A view with a minus before it is opened and closed again beforehand.
    """
    import msgspec
    from PySide6.QtCore import QEvent, QObject, Qt, QTimer

    from nnstudio.document import Document, in_a_row
    from nnstudio.project_file import Project
    from ui.app import run as run_app

    recipe, prepared = _prepared(case)
    figures: dict[str, float] = {}

    class Frames(QObject):
        """Notes when the window has been painted with new numbers."""

        def __init__(self) -> None:
            super().__init__()
            self.times: list[float] = []
            self.fresh = False

        def refreshed(self) -> None:
            self.fresh = True

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.UpdateRequest and self.fresh:
                self.fresh = False
                # Called when the paint events that follow this one have been handled.
                QTimer.singleShot(0, lambda: self.times.append(time.perf_counter()))
            return False

    def watch(window) -> None:
        document = Document(graph=case.graph(), positions=in_a_row(case.graph()), data=recipe, training=case.settings())
        window.session.show_project(Project(msgspec.structs.replace(document), None, prepared))
        window.canvas.fit()
        frames, beats = Frames(), []
        heart = QTimer(window)
        heart.setTimerType(Qt.TimerType.PreciseTimer)
        heart.timeout.connect(lambda: beats.append(time.perf_counter()))
        window.model.start()

        def open_view(view: str, floating: bool) -> None:
            window.docks.open(view)
            if floating:
                window.docks.places[view].parentWidget().setFloating(True)

        def close_views() -> None:
            for view in hidden:
                window.docks.places[view].parentWidget().close()

        hidden = [view[1:] for view in views if view.startswith("-")]
        for view in hidden:
            open_view(view, floating=False)
        QTimer.singleShot(round(WARM_UP * 0.5e3), close_views)

        def begin() -> None:
            window.installEventFilter(frames)
            window.model.refreshed.connect(frames.refreshed)
            heart.start(HEARTBEAT_MS)
            shown = [view for view in views if not view.startswith("-")]
            for view in shown:
                open_view(view, floating=len(shown) > 1)
            first = (window.model.status.step, time.perf_counter())
            QTimer.singleShot(round(SECONDS * 1e3), lambda: end(first))

        def end(first: tuple[int, float]) -> None:
            heart.stop()
            window.removeEventFilter(frames)
            step, now = window.model.status.step, time.perf_counter()
            gaps = np.diff(frames.times) * 1e3
            late = np.maximum(np.diff(beats) * 1e3 - HEARTBEAT_MS, 0.0)
            figures.update(
                steps_per_second=(step - first[0]) / (now - first[1]),
                frames_per_second=len(frames.times) / (now - first[1]),
                frame_p99=float(np.percentile(gaps, 99)),
                loop_p99=float(np.percentile(late, 99)),
                loop_longest=float(late.max()),
            )
            window.discard_and_close()

        QTimer.singleShot(round(WARM_UP * 1e3), begin)

    run_app(on_window=watch)
    return figures


if __name__ == "__main__":
    kind, name, *views = sys.argv[1:]
    print(json.dumps(_headless(CASES[name]) if kind == "headless" else _window(CASES[name], views)))

"""Seconds until the window is up and answers, beside the time of importing PySide6.QtWidgets and pyqtgraph alone."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Report
from benchmarks.timing import Effort
from tests.e2e.virtual_screen import virtual_screen

ROUNDS = 7
IMPORTS = "import PySide6.QtWidgets, pyqtgraph, time; print(time.time())"
WINDOW = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGraphicsView
from ui.app import run

def watch(window):
    seen = []
    def look():
        # Up and usable: exposed on the screen, painted, and the engine has taken the network.
        if not seen and window.windowHandle().isExposed() and window.model.status.state == "ready":
            seen.append(time.time())
        # Complete: the plots below have come too.
        made = all(window.docks.places[name].findChild(QGraphicsView) for name in ("cost", "boundary"))
        if seen and made:
            print(seen[0], time.time(), flush=True)
            window.discard_and_close()
        else:
            QTimer.singleShot(1, look)
    look()

if __name__ == "__main__":
    sys.exit(run(on_window=watch))
"""


def run(effort: Effort) -> Report:
    imports: list[list[float]] = []
    windows: list[list[float]] = []
    with virtual_screen() as screen, tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "window.py"
        script.write_text(WINDOW)
        environment = {
            **screen.environment,
            "PYTHONPATH": str(Path.cwd()),
            "XDG_CONFIG_HOME": folder,
            "NNSTUDIO_STATE_DIR": folder,
        }
        # As on a person's machine, where Python keeps the bytecode of the first start for the next ones.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for round_number in range((1 if effort.quick else ROUNDS) + 1):
            one = _seconds(["-c", IMPORTS], environment)
            other = _seconds([str(script)], environment)
            if round_number:
                imports.append(one)
                windows.append(other)
    alone = statistics.median(times[0] for times in imports)
    usable, complete = (statistics.median(times[i] for times in windows) for i in (0, 1))
    row = {
        "imports alone, s": alone,
        "window usable, s": usable,
        "usable / imports": usable / alone,
        "plots too, s": complete,
        "complete / imports": complete / alone,
    }
    return Report({"Start": [row]})


def _seconds(arguments: list[str], environment: dict[str, str]) -> list[float]:
    """Return how long after its start a process printed each of its times."""
    started = time.time()
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    return [float(word) - started for word in done.stdout.split()]

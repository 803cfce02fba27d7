"""The main job where there is no display: train the first sample, and write pictures of what a person would see."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.checkpoints import checkpoint_of
from nnstudio.cli.output import no_display_hint, progress_bar
from nnstudio.demo import first_document, train_first_sample
from nnstudio.engine_host import EngineHost
from nnstudio.project_file import Project

if TYPE_CHECKING:
    from ui.main_window import MainWindow

FOLDER = Path("build") / "demo"
SETTLE_SECONDS = 15.0  # at most, until every panel has been answered
PAINT_SECONDS = 0.4  # for the last layout and the last frame
WIDTH, HEIGHT = 1440, 900


def run(folder: Path = FOLDER) -> int:
    """Train the first sample with a progress bar; write window.png, cost.png and metrics.json; return the exit code."""
    print(f"{no_display_hint()} Training the first sample without a window.", file=sys.stderr)
    document, _ = first_document()
    with progress_bar(0, document.training.epochs) as move:
        document, trainer, fields = train_first_sample(move)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
    _, prepared = first_document()
    _paint(Project(document, checkpoint_of(trainer.state()), prepared), folder)
    print(f"Wrote {folder / 'window.png'}, {folder / 'cost.png'} and {folder / 'metrics.json'}.")
    print("To open the window, run `make run` (or `nnstudio`, once installed) where there is a display.")
    return 0


def _paint(project: Project, folder: Path) -> None:
    """Open the real window on the trained project, offscreen, and save its picture and the cost curve's."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    from ui import theme
    from ui.app import make_window

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.apply(app, "light")
    host = EngineHost()
    try:
        window = make_window(host)
        window.remembers_layout = False
        window.resize(WIDTH, HEIGHT)
        window.docks.reset()
        window.session.show_project(project)
        window.show()
        _settle(window)
        window.grab().save(str(folder / "window.png"))
        window.docks.places["cost"].panel.grab().save(str(folder / "cost.png"))
        window.discard_and_close()
        window.deleteLater()
        app.processEvents()
    finally:
        host.close()


def _settle(window: MainWindow) -> None:
    """Let the engine answer every panel, and everything be painted."""
    from PySide6.QtWidgets import QApplication

    deadline = time.monotonic() + SETTLE_SECONDS
    painted_until = 0.0
    while time.monotonic() < deadline and not (painted_until and time.monotonic() > painted_until):
        QApplication.processEvents()
        probes = window.model.probes
        if not painted_until and probes.weights and probes.thumbnails and probes.boundary:
            window.canvas.fit()
            painted_until = time.monotonic() + PAINT_SECONDS
        time.sleep(0.01)

"""The real program in a process of its own, and answers to where things stand in its window.

Run as a script it opens the window as ``nnstudio`` does, and a thread answers one-line questions on standard input
with one line of JSON each. Nothing is pressed from here: mouse and keyboard come from the virtual screen.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from virtual_screen import Screen

PATIENCE = 30.0
ALIKE = 4  # answers in a row before a place counts as at rest
ROOT = Path(__file__).parents[2]


class DrivenWindow:
    """The program under test, seen from the test's process."""

    def __init__(self, process: subprocess.Popen[str], screen: Screen) -> None:
        self.process, self.screen = process, screen
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def ask(self, *question: str) -> Any:
        """Return the answer to a question."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self._lines.get(timeout=PATIENCE))

    def until(self, question: tuple[str, ...], holds: Callable[[Any], bool], patience: float = PATIENCE) -> Any:
        """Ask again and again until the answer is as wanted, and return it."""
        deadline = time.monotonic() + patience
        answer = self.ask(*question)
        while not holds(answer):
            assert time.monotonic() < deadline, f"{question}: still {answer}"
            time.sleep(0.05)
            answer = self.ask(*question)
        return answer

    def place(self, *what: str) -> tuple[int, int]:
        """Return where the middle of something stands on the screen, once it is there."""
        x, y = self.until(("place", *what), lambda answer: answer is not None)
        return x, y

    def resting_place(self, *what: str) -> tuple[int, int]:
        """Return the place of something that moves, as when its page is scrolled, once it has come to rest."""
        deadline, seen = time.monotonic() + PATIENCE, [self.place(*what)]
        while len(seen) < ALIKE or len(set(seen[-ALIKE:])) > 1:
            assert time.monotonic() < deadline, f"{what} keeps moving: {seen[-ALIKE:]}"
            time.sleep(0.1)
            seen.append(self.place(*what))
        return seen[-1]


@contextmanager
def driven_window(screen: Screen, *arguments: str, environment: dict[str, str] | None = None) -> Iterator[DrivenWindow]:
    """Open the program's window on a screen, and make sure that it is gone afterwards."""
    process = subprocess.Popen(
        [sys.executable, __file__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**screen.environment, "PYTHONPATH": str(ROOT), **(environment or {})},
    )
    window = DrivenWindow(process, screen)
    try:
        window.until(("ready",), lambda answer: answer is True)
        yield window
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


# -- in the program's own process ---------------------------------------------------------------------------------


def _main(arguments: list[str]) -> int:
    from ui.app import run

    return run(arguments[0] if arguments else None, on_window=_serve)


def _serve(window: Any) -> None:
    from PySide6.QtCore import QTimer

    questions: queue.Queue[list[str]] = queue.Queue()

    def listen() -> None:
        for line in sys.stdin:
            questions.put(json.loads(line))

    threading.Thread(target=listen, daemon=True).start()
    timer = QTimer(window)

    def answer() -> None:
        while not questions.empty():
            what, *words = questions.get()
            print(json.dumps(_ANSWERS[what](window, *words)), flush=True)

    timer.timeout.connect(answer)
    timer.start(10)


def _ready(window: Any) -> bool:
    """Return whether the window is complete: shown, its engine ready, its plots made; nothing moves any more then."""
    from PySide6.QtWidgets import QGraphicsView

    plots = all(window.docks.places[name].findChild(QGraphicsView) for name in ("cost", "boundary"))
    return bool(window.windowHandle().isExposed() and window.model.status.state != "empty" and plots)


def _document(window: Any) -> Any:
    import msgspec

    return json.loads(msgspec.json.encode(window.store.document))


def _status(window: Any) -> Any:
    status = window.model.status
    return {"state": status.state, "epoch": status.epoch, "step": status.step}


def _shown(window: Any) -> Any:
    probes = window.model.probes
    return {
        "weights": sorted(probes.weights),
        "activations": sorted(probes.activations),
        "epochs": len(window.model.history),
        "message": window.messages.text,
        "changed": window.session.changed,
        "title": window.windowTitle(),
        "features": list(window.model.data.features) if window.model.data else [],
        "rows": len(window.model.data.X) if window.model.data else 0,
    }


def _place(window: Any, kind: str, *names: str) -> Any:
    """Return where something is on the screen: a palette layer, a card, a port, a wire, a canvas spot, a widget.

    ``within`` is a spot in a widget, by its shares of width and height; ``slider`` is one in a slider.
    """
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QSlider, QWidget

    canvas = window.canvas

    def on_screen(widget: QWidget, point: QPoint) -> list[int]:
        there = widget.mapToGlobal(point)
        return [there.x(), there.y()]

    def in_scene(point: QPointF) -> list[int]:
        return on_screen(canvas.viewport(), canvas.mapFromScene(point))

    if kind == "palette":
        layers = window.palette_view.list
        for row in range(layers.count()):
            if layers.item(row).text() == names[0]:
                return on_screen(layers.viewport(), layers.visualItemRect(layers.item(row)).center())
        return None
    if kind == "card":
        item = canvas.network.nodes.get(names[0])
        return None if item is None else in_scene(item.box().center())
    if kind == "port":
        return in_scene(canvas.network.nodes[names[0]].port(names[1]))
    if kind == "wire":
        for edge, wire in canvas.network.wires.items():
            if (edge.source, edge.target) == names:
                return in_scene(wire.course().pointAtPercent(0.5))
        return None
    if kind == "canvas":
        return on_screen(canvas.viewport(), QPoint(int(names[0]), int(names[1])))
    if kind == "menu":
        menus = [
            widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QMenu) and widget.isVisible()
        ]
        for menu in menus:
            for action in menu.actions():
                if action.text().replace("&", "") == names[0]:
                    return on_screen(menu, menu.actionGeometry(action).center())
        return None
    if kind == "box":
        view = window.docks.places["computation"].panel.view
        box = view.boxes.get(names[0])
        return None if box is None else on_screen(view.viewport(), view.mapFromScene(box.sceneBoundingRect().center()))
    root = QApplication.activeModalWidget() if kind == "dialog" else window
    if root is None:
        return None
    across, down = (float(names[1]), float(names[2])) if len(names) == 3 else (0.5, 0.5)
    for child in root.findChildren(QWidget):
        text = child.text().replace("&", "") if isinstance(child, QLabel | QAbstractButton) else ""
        known = (child.accessibleName(), child.objectName(), text)
        if kind == "slider" and not isinstance(child, QSlider):
            continue  # a field beside it may have the same name
        if child.isVisible() and child.isEnabled() and names[0] in known:
            return on_screen(child, QPoint(round(child.width() * across), round(child.height() * down)))
    return None


def _lesson(window: Any) -> Any:
    """Return how far the lesson is: its title, the step, the choice that was predicted, and what is done of it."""
    course = window.classroom.course
    if course.lesson is None or not window.classroom.panel.isVisible():
        return None
    progress = course.progress
    return [course.lesson.title, course.place, progress.predicted, sorted(progress.done)]


def _panel(window: Any, name: str, *attributes: str) -> Any:
    """Return something of a panel that is open: an attribute of an attribute, and so on; None where it is closed."""
    if not window.docks.is_open(name):
        return None
    value = window.docks.places[name].panel
    for attribute in attributes:
        value = getattr(value, attribute)
        value = value() if callable(value) else value
    return value


def _pointed_at(window: Any) -> Any:
    """Return the entry that the menu in front shows as the one under the pointer, or None."""
    from PySide6.QtWidgets import QApplication, QMenu

    menu = QApplication.activePopupWidget()
    action = menu.activeAction() if isinstance(menu, QMenu) else None
    return None if action is None else action.text().replace("&", "")


def _dialog(window: Any) -> Any:
    """Return the title of the dialog that is open, or None."""
    from PySide6.QtWidgets import QApplication

    dialog = QApplication.activeModalWidget()
    return None if dialog is None else dialog.windowTitle()


def _selected(window: Any) -> Any:
    return sorted(window.canvas.selected())


def _lit(window: Any) -> Any:
    return sorted(node for node, item in window.canvas.network.nodes.items() if item.lit)


def _chosen(window: Any) -> Any:
    return window.model.chosen


def _zoom(window: Any) -> Any:
    return window.canvas.transform().m11()


_ANSWERS: dict[str, Callable[..., Any]] = {
    "ready": _ready,
    "document": _document,
    "status": _status,
    "shown": _shown,
    "place": _place,
    "pointed_at": _pointed_at,
    "dialog": _dialog,
    "selected": _selected,
    "lesson": _lesson,
    "lit": _lit,
    "chosen": _chosen,
    "panel": _panel,
    "zoom": _zoom,
}

if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))

"""A virtual screen with a window manager, and a mouse and keyboard on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEEDED = ("Xvfb", "openbox", "xdotool", "xdpyinfo")
INSTALL = "sudo apt-get install -y xvfb openbox xdotool x11-utils"
STEPS_OF_A_DRAG = 12


def missing_tools() -> str:
    """Return the sentence that says what is missing and how to install it, or an empty text."""
    missing = [tool for tool in NEEDED if shutil.which(tool) is None]
    return f"The real-window tests need {', '.join(missing)}. Install them: {INSTALL}" if missing else ""


class Screen:
    """One X display; ``environment`` lets a program open its windows there."""

    def __init__(self, display: str) -> None:
        self.display = display
        self.environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}

    def xdotool(self, *words: str | int) -> str:
        """Run one xdotool command."""
        command = ["xdotool", *(str(word) for word in words)]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout

    def move(self, x: int, y: int) -> None:
        """Put the pointer somewhere."""
        self.xdotool("mousemove", "--sync", x, y)

    def click(self, x: int, y: int, times: int = 1) -> None:
        """Click with the left button."""
        self.move(x, y)
        self.xdotool("click", "--repeat", times, "--delay", 60, 1)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press at ``start``, go to ``end`` as a hand does, and let go."""
        self.move(*start)
        self.xdotool("mousedown", 1)
        time.sleep(0.05)
        for step in range(1, STEPS_OF_A_DRAG + 1):
            share = step / STEPS_OF_A_DRAG
            self.xdotool(
                "mousemove",
                round(start[0] + (end[0] - start[0]) * share),
                round(start[1] + (end[1] - start[1]) * share),
            )
            time.sleep(0.03)
        time.sleep(0.1)
        self.xdotool("mouseup", 1)

    def key(self, *keys: str) -> None:
        """Press keys, named as xdotool names them."""
        for key in keys:
            self.xdotool("key", key)
            time.sleep(0.03)

    def type(self, text: str) -> None:
        """Type a text."""
        self.xdotool("type", "--delay", 8, text)


@contextmanager
def virtual_screen(width: int = 1440, height: int = 900) -> Iterator[Screen]:
    """Start Xvfb on a free display with openbox on it, and end both afterwards."""
    reader, writer = os.pipe()
    folder = tempfile.mkdtemp(prefix="screen-")
    xvfb = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"],
        pass_fds=(writer,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    manager: subprocess.Popen[bytes] | None = None
    try:
        with os.fdopen(reader) as stream:
            display = f":{stream.readline().strip()}"
        screen = Screen(display)
        manager = subprocess.Popen(
            ["openbox"],
            env={**screen.environment, "HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_CACHE_HOME": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_for_manager(screen)
        yield screen
    finally:
        for process in (manager, xvfb):
            if process is not None:
                process.terminate()
                process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_manager(screen: Screen) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = subprocess.run(
            ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"], env=screen.environment, capture_output=True, text=True
        )
        if "window id" in found.stdout:
            return
        time.sleep(0.05)
    raise RuntimeError("openbox did not come up")


def picture(screen: Screen, path: Path) -> None:
    """Save what the screen shows, where imagemagick is there to do it."""
    if shutil.which("import"):
        subprocess.run(["import", "-window", "root", str(path)], env=screen.environment, check=False)

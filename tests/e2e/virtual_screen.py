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
MANAGERS = 3  # attempts to start a window manager


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
        """Put the pointer somewhere, and wait until it is there."""
        if not self.xdotool("getmouselocation").startswith(f"x:{x} y:{y} "):  # else it would wait for a move in vain
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
        homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), folder)
        for _ in range(MANAGERS):  # on a busy machine it may give up before it could begin
            quiet = subprocess.DEVNULL
            manager = subprocess.Popen(["openbox"], env={**screen.environment, **homes}, stdout=quiet, stderr=quiet)
            if _is_managed(screen, manager):
                break
            manager.kill()
            manager.wait(10)
        else:
            raise RuntimeError("openbox did not come up")
        yield screen
    finally:
        for process in (manager, xvfb):
            if process is not None:
                process.terminate()
                process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _is_managed(screen: Screen, manager: subprocess.Popen[bytes]) -> bool:
    """Return whether the window manager took over the screen, in good time."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and manager.poll() is None:
        found = subprocess.run(
            ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"], env=screen.environment, capture_output=True, text=True
        )
        if "window id" in found.stdout:
            return True
        time.sleep(0.05)
    return False


def picture(screen: Screen, path: Path) -> None:
    """Save what the screen shows, where imagemagick is there to do it."""
    if shutil.which("import"):
        subprocess.run(["import", "-window", "root", str(path)], env=screen.environment, check=False)

"""``nnstudio`` and ``python -m nnstudio``: the command line, and the one place that knows the window, lazily."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from nnstudio import cli
from nnstudio.cli.output import MistakeError, no_display_hint


def main() -> None:
    """Run the program with the arguments of this process, and end it."""
    sys.exit(cli.main(sys.argv[1:], _open_window))


def _open_window(path: Path | None) -> int:
    if has_display():
        from ui.app import run

        return run(str(path) if path is not None else None)
    if path is not None:
        raise MistakeError(f"{no_display_hint()} Without a window: nnstudio train {path}")
    from ui.demo import run as run_demo

    return run_demo()


def has_display() -> bool:
    """Return whether a window can be opened: Qt is told where, or the system's screen answers."""
    if os.environ.get("QT_QPA_PLATFORM") or sys.platform in ("win32", "darwin"):
        return True
    wayland = os.environ.get("WAYLAND_DISPLAY")
    if wayland and Path(os.environ.get("XDG_RUNTIME_DIR", "/run"), wayland).exists():
        return True
    return _x_answers(os.environ.get("DISPLAY", ""))


def _x_answers(display: str) -> bool:
    """Return whether an X server listens; where none does, Qt would abort the process."""
    host, _, number = display.rpartition(":")
    number = number.partition(".")[0]
    if not number.isdigit():
        return False
    if host not in ("", "unix"):
        return True  # on another machine, as over ssh: Qt finds out
    for address in (f"\0/tmp/.X11-unix/X{number}", f"/tmp/.X11-unix/X{number}"):
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(address)
            except OSError:
                continue
            return True
    return False


if __name__ == "__main__":
    main()

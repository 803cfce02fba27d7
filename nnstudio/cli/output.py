"""What the command line prints: results on standard output, all else on standard error, a bar on a terminal."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # neither is needed to open the window
    from engine.snapshot import Status


class MistakeError(Exception):
    """Something the user can put right: one or two plain sentences."""


def safe_streams() -> None:
    """Let no character that a terminal cannot show end the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(io.UnsupportedOperation):
                stream.reconfigure(errors="replace")


def complain(text: str) -> None:
    """Print a sentence on standard error."""
    with contextlib.suppress(OSError):
        print(f"nnstudio: {text}", file=sys.stderr, flush=True)


def note(text: str) -> None:
    """Print on standard error what is worth knowing, so that standard output holds results only."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def progress_bar(start: int, goal: int) -> Iterator[Callable[[Status], None]]:
    """Show epochs from ``start`` to ``goal`` as a bar, on a terminal only; yields what moves it."""
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # no thread
    columns, lines = shutil.get_terminal_size()  # tqdm itself draws nothing where the terminal says 0 by 0
    with tqdm(
        total=goal - start,
        disable=None,
        unit="epoch",
        file=sys.stderr,
        leave=False,
        ncols=columns,
        nrows=lines,
    ) as bar:

        def move(status: Status) -> None:
            if bar.disable:
                return
            bar.set_postfix_str(f"running cost {status.running_cost:.4g}", refresh=False)
            bar.update(status.epoch - start - bar.n)

        yield move


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl+C into a request to stop; yields whether it came. A second one ends at once."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def check_writable(out: Path, option: str = "--out ") -> None:
    """Refuse a file that could not be written, before time is spent on what it is to hold.

    ``option`` is what a sentence has before the file's name.

    Raises
    ------
    MistakeError
        When it is a folder, its folder is not there, or nothing can be written there; it says which.
    """
    folder = out.absolute().parent
    if out.is_dir():
        raise MistakeError(f"{option}{out} is a folder. Give a file name.")
    if not folder.exists():
        raise MistakeError(f"{option}{out}: there is no folder {folder}. Make it, or choose another.")
    if not folder.is_dir():
        raise MistakeError(f"{option}{out}: {folder} is a file, not a folder. Choose another place.")
    if out.exists() and not os.access(out, os.W_OK):
        raise MistakeError(f"{option}{out} cannot be written: there is no permission. Choose another place.")
    try:  # permissions do not tell everything: /proc, say, has them and still takes no file
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = "there is no permission" if isinstance(error, PermissionError) else error.strerror or str(error)
        raise MistakeError(
            f"{option}{out} cannot be written: no file can be made in {folder} ({reason}). Choose another place."
        ) from None


def no_display_hint() -> str:
    """Return how a window can be had where there is no display."""
    if os.name == "posix" and sys.platform != "darwin":
        return "There is no display: set DISPLAY or WAYLAND_DISPLAY, or run NN Studio on a desktop."
    return "There is no display to open a window on."

"""Autosave and recovery: what is not saved yet is written aside every few seconds, and offered after a crash.

A window keeps one :class:`Autosave` and calls :meth:`Autosave.offer` with a timer. Beside each autosaved
project stands a small JSON file (whose project it is, and the hash of the file it was opened from) and a lock
that the operating system lets go of when the process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec

from nnstudio import archive
from nnstudio.checkpoints import Checkpoint
from nnstudio.data import PreparedData
from nnstudio.document import Document
from nnstudio.project_file import DATA_LIMIT, SUFFIX, Project, ProjectError, open_project, save
from nnstudio.state_folder import state_directory

INTERVAL_SECONDS = 20.0  # between two autosaves; with a timer of a few seconds a crash loses less than 30
MOST_ABOUT = 100_000  # bytes


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file that an autosaved project was opened from or saved to last, if any, and its hash then."""

    project_path: str | None = None
    project_sha256: str = ""
    process: int = 0
    saved_at: float = 0.0


@dataclass(frozen=True)
class Recoverable:
    """An autosaved project whose window has gone without closing it."""

    path: Path
    about: About

    @property
    def name(self) -> str:
        """What a person knows it by: its file's name, or ``"Untitled"``."""
        return Path(self.about.project_path).name if self.about.project_path else "Untitled"

    @property
    def project_changed(self) -> bool:
        """Whether the project file is another one now than the one that was worked on."""
        project = self.about.project_path
        return project is not None and file_sha256(Path(project)) != self.about.project_sha256

    def open(self) -> Project:
        """Return the project as it was autosaved.

        Raises
        ------
        ProjectError
            When it cannot be read.
        """
        return open_project(self.path)

    def discard(self) -> None:
        """Remove it for good."""
        _remove(self.path)


def recovery_directory() -> Path:
    """Return the folder of autosaved projects."""
    return state_directory() / "recovery"


def recoverable(directory: Path | None = None) -> list[Recoverable]:
    """Return the autosaved projects that no running window owns, the newest first."""
    found: list[Recoverable] = []
    directory = directory or recovery_directory()
    for path in sorted(directory.glob(f"*{SUFFIX}")) if directory.is_dir() else ():
        lock = _lock(path.with_suffix(".lock"))
        if lock is None:
            continue  # its window is open
        lock.close()
        found.append(Recoverable(path, _read_about(path.with_suffix(".json"))))
    return sorted(found, key=lambda entry: entry.about.saved_at, reverse=True)


class Autosave:
    """Writes a window's unsaved work aside, in a thread of its own, and takes it away when the window closes.

    Parameters
    ----------
    directory
        Where to write; the person's own state directory unless given.
    interval
        Least seconds between two autosaves.
    clock
        Tells the seconds; another one in tests.
    """

    def __init__(
        self,
        directory: Path | None = None,
        interval: float = INTERVAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory or recovery_directory()
        self._interval, self._clock = interval, clock
        self.path = self._directory / f"{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
        self.problem = ""  # why the last autosave failed, in words
        self._project: Path | None = None
        self._project_sha256 = ""
        self._written: tuple[Document | None, str | None] = (None, None)
        self._last = -float("inf")
        self._lock: IO[Any] | None = None
        self._thread: threading.Thread | None = None

    def saved(self, project: Path | None, document: Document | None, checkpoint: Checkpoint | None = None) -> None:
        """Note what was opened or saved just now: it needs no recovery."""
        self.wait()
        _remove(self.path, keep_lock=True)
        self._project = project
        self._project_sha256 = file_sha256(project) if project else ""
        self._written = _key(document, checkpoint)

    def offer(
        self,
        document: Document,
        checkpoint: Checkpoint | None = None,
        prepared: PreparedData | None = None,
        limit_bytes: int = DATA_LIMIT,
    ) -> bool:
        """Write a new version aside if the last one is old enough, and return whether that was begun.

        It returns at once: what is written cannot change any more, so that a thread can write it.
        """
        key = _key(document, checkpoint)
        if key == self._written or self._clock() - self._last < self._interval:
            return False
        if self._thread is not None and self._thread.is_alive():
            return False
        self.wait()
        self._last = self._clock()
        self._written = key
        self._thread = threading.Thread(
            target=self._write, args=(document, checkpoint, prepared, limit_bytes), name="autosave"
        )
        self._thread.start()
        return True

    def wait(self) -> None:
        """Wait until nothing is being written."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Remove what was written aside: the window closes and nothing is unsaved, or is meant to be."""
        self.wait()
        _remove(self.path, keep_lock=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        _remove(self.path)

    def _write(
        self,
        document: Document,
        checkpoint: Checkpoint | None,
        prepared: PreparedData | None,
        limit_bytes: int,
    ) -> None:
        about = About(
            project_path=str(self._project) if self._project else None,
            project_sha256=self._project_sha256,
            process=os.getpid(),
            saved_at=time.time(),
        )
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._lock is None:
                self._lock = _lock(self.path.with_suffix(".lock"))
            save(self.path, document, checkpoint, prepared, limit_bytes)
            encoded = msgspec.json.encode(about)
            archive.replace_file(self.path.with_suffix(".json"), lambda file: _write_all(file, encoded))
            self.problem = ""
        except (OSError, ProjectError) as error:
            self.problem = str(error)
            self._written = (None, None)  # it is tried again at the next turn


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, or ``""`` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _key(document: Document | None, checkpoint: Checkpoint | None) -> tuple[Document | None, str | None]:
    return document, checkpoint.hash if checkpoint else None


def _write_all(file: IO[bytes], content: bytes) -> None:
    file.write(content)


def _read_about(path: Path) -> About:
    try:
        if path.stat().st_size > MOST_ABOUT:
            return About()
        return msgspec.json.decode(path.read_bytes(), type=About)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return About()  # the autosaved project beside it is what counts


def _remove(path: Path, keep_lock: bool = False) -> None:
    for suffix in (SUFFIX, ".json") if keep_lock else (SUFFIX, ".json", ".lock"):
        with contextlib.suppress(OSError):
            path.with_suffix(suffix).unlink()


def _lock(path: Path) -> IO[Any] | None:
    """Return the lock file, held, or None where another process holds it."""
    try:
        file = path.open("a+b")
    except OSError:
        return None
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file

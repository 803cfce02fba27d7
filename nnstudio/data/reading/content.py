"""The SHA-256 of a file's content, remembered while the file stays as it was."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import NamedTuple

from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.reading.scan import Cancel

CHUNK = 2**20  # bytes
SETTLED = 2_000_000_000  # nanoseconds; a file changed since may be changed again without its times telling


class Content(NamedTuple):
    """The SHA-256 of a file's bytes, and how many there are."""

    sha256: str
    size: int


class FileState(NamedTuple):
    """What a file system tells of a file, and changes with the file's content."""

    device: int
    file: int
    size: int
    modified: int
    changed: int

    @property
    def settled(self) -> bool:
        """Whether the last change is so long ago that another one would show."""
        return max(self.modified, self.changed) < time.time_ns() - SETTLED


_remembered: dict[Path, tuple[FileState, Content]] = {}  # the last file alone


def content_of(file: Path, cancelled: Cancel | None = None) -> Content:
    """Return the content of a file: read, or as it was when it was last read and the file has not changed since.

    Raises
    ------
    DataError
        When the file cannot be read.
    Cancelled
        When ``cancelled`` returned true.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with file.open("rb", buffering=0) as stream:
            state, known = state_of(stream.fileno()), _remembered.get(file)
            if known is not None and known[0] == state:
                return known[1]
            buffer = memoryview(bytearray(CHUNK))
            while read := stream.readinto(buffer):
                if cancelled is not None and cancelled():
                    raise Cancelled
                digest.update(buffer[:read])
                size += read
            stayed = state_of(stream.fileno()) == state
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}.") from None
    content = Content(digest.hexdigest(), size)
    if state.settled and stayed:
        _remembered.clear()
        _remembered[file] = (state, content)
    return content


def state_of(file: Path | int) -> FileState:
    """Return the state of a file, given by its path or a descriptor."""
    told = os.fstat(file) if isinstance(file, int) else file.stat()
    return FileState(told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns)

"""Zip archives read as if hostile, and files replaced in one go; what a project file is made of."""

from __future__ import annotations

import contextlib
import errno
import glob
import math
import os
import secrets
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Annotated

import msgspec
import numpy as np
import safetensors
import safetensors.numpy

from engine.emit import Array

MOST_MEMBERS = 16
MOST_DIRECTORY = 64 * 1024  # bytes of the zip's own table of contents
MOST_INFLATED = 16 * 2**20  # bytes a compressed member may have; stored ones are as large as the file says
LARGE = 64 * 2**20
CHUNK = 2**20
MOST_HEADER = 2 * 2**20  # bytes of a tensor file's header
MOST_TENSORS = 20_000
MOST_DIMENSIONS = 4
MOST_MEMBER = 2**31 - 1
DTYPES = {"F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8", "U8": "u1", "BOOL": "?"}

_END = struct.Struct("<4s4H2LH")  # end of central directory
_LOCATOR_SIZE = 20  # of zip64, which stands right before the end record
_ABANDONED_SECONDS = 3_600
_REPLACE_ATTEMPTS = 10  # Windows refuses while a virus scanner holds the file


class ArchiveError(Exception):
    """Why an archive cannot be read: half a sentence that goes on after the file's name."""


class Tensor(msgspec.Struct, forbid_unknown_fields=True):
    """What the header of a safetensors file says of one array."""

    dtype: str
    shape: Annotated[tuple[Annotated[int, msgspec.Meta(ge=0)], ...], msgspec.Meta(max_length=MOST_DIMENSIONS)]
    data_offsets: tuple[int, int]


class Members:
    """The members of an open archive; counts and sizes have been checked, nothing is read yet."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = _checked_members(archive)

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def refuse_others(self, names: Collection[str]) -> None:
        """Raise ArchiveError where there is a member of another name."""
        for name in self._members:
            if name not in names:
                raise ArchiveError(f"holds a part, {_shown(name)}, that no project has")

    def read(self, name: str, most: int) -> bytes:
        """Return one member.

        Raises
        ------
        ArchiveError
            When it is missing, damaged, or larger than ``most`` bytes.
        """
        member = self._member(name, most)
        if member.file_size > LARGE:  # a damaged part is found out before memory is given to it
            with self._archive.open(member) as file:
                while file.read(CHUNK):
                    pass
        return self._archive.read(member)

    def tensors(self, name: str) -> dict[str, Tensor]:
        """Return what a safetensors member says it holds, without reading the arrays.

        Raises
        ------
        ArchiveError
            When it is missing or damaged, or has more or other arrays than a project has use for.
        """
        member = self._member(name, MOST_MEMBER)
        with self._archive.open(member) as file:
            start = file.read(8)
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else member.file_size
            if length > min(MOST_HEADER, member.file_size - 8):
                raise ArchiveError("is damaged: the description of its arrays is too long or cut off")
            return _tensors(file.read(length))

    def _member(self, name: str, most: int) -> zipfile.ZipInfo:
        if name not in self._members:
            raise ArchiveError(f"is damaged: its part {name} is missing")
        member = self._members[name]
        limit = most if member.compress_type == zipfile.ZIP_STORED else min(most, MOST_INFLATED)
        if member.file_size > limit:
            raise ArchiveError(
                f"has a part, {name}, of {member.file_size:,} bytes, where {limit:,} is the most it can have"
            )
        return member


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Members]:
    """Open a zip, with its table of contents checked.

    Raises
    ------
    ArchiveError
        When it is no zip, or one with a member that is double, encrypted or damaged.
    OSError
        When the file cannot be opened.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for ever
        raise ArchiveError("is not a file")
    with path.open("rb") as file:
        _check_end_record(file, path.stat().st_size)
        try:
            with zipfile.ZipFile(file) as archive:
                yield Members(archive)
        except (
            zipfile.BadZipFile,
            zlib.error,
            struct.error,
            NotImplementedError,
            RuntimeError,
            EOFError,
            OverflowError,
            UnicodeDecodeError,
        ) as error:
            raise ArchiveError("is damaged: its contents do not match their checksums") from error


def write_members(file: IO[bytes], members: Mapping[str, bytes]) -> None:
    """Write a zip of stored members, the same bytes for the same contents."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def replace_file(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Write a file beside the target and swap it in: the target is the old file or the new one, whole.

    Raises
    ------
    OSError
        When it cannot be written; the target is then as it was, and nothing is left beside it.
    """
    path = Path(os.path.realpath(path))  # a link stays a link, and what it points to is replaced
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    _sweep(path)
    temporary = path.parent / f"{_prefix(path)}{secrets.token_hex(6)}.tmp"
    try:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        _replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_directory(path.parent)


def pack(arrays: Mapping[str, Array], text: Mapping[str, str] | None = None) -> bytes:
    """Return arrays as a safetensors file."""
    # safetensors 0.8.0 silently corrupts arrays that are not C-contiguous.
    contiguous = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
    return safetensors.numpy.save(contiguous, metadata=dict(text) if text else None)


def unpack(content: bytes) -> dict[str, Array]:
    """Return the arrays of a safetensors file.

    Raises
    ------
    ArchiveError
        When it is damaged.
    """
    try:
        return dict(safetensors.numpy.load(content))
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise ArchiveError("is damaged: its arrays cannot be read") from error


def _tensors(header: bytes) -> dict[str, Tensor]:
    try:
        described: dict[str, msgspec.Raw] = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
        described.pop("__metadata__", None)
        if len(described) > MOST_TENSORS:
            raise ArchiveError(f"holds {len(described):,} arrays, where {MOST_TENSORS:,} is the most")
        tensors = {name: msgspec.json.decode(raw, type=Tensor) for name, raw in described.items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ArchiveError("is damaged: the description of its arrays cannot be read") from error
    for name, tensor in tensors.items():
        if tensor.dtype not in DTYPES:
            raise ArchiveError(f"holds an array, {_shown(name)}, of a type that a project does not use")
        start, stop = tensor.data_offsets
        if stop - start != math.prod(tensor.shape) * np.dtype(DTYPES[tensor.dtype]).itemsize:
            raise ArchiveError(f"is damaged: the size of the array {_shown(name)} is wrong")
    return tensors


def _check_end_record(file: IO[bytes], size: int) -> None:
    # zipfile reads the whole table of contents before one can look at it, so its size is looked at here.
    tail_size = min(size, _END.size + 2**16 + _LOCATOR_SIZE)
    file.seek(size - tail_size)
    tail = file.read(tail_size)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + _END.size > len(tail):
        if size == 0:
            raise ArchiveError("is empty")
        file.seek(0)
        started = file.read(4) == b"PK\3\4"
        raise ArchiveError("is cut off: its end is missing" if started else "is not an NN Studio project")
    _, _, _, _, members, directory, _, _ = _END.unpack_from(tail, at)
    if tail[max(at - _LOCATOR_SIZE, 0) : at].startswith(b"PK\6\7"):
        raise ArchiveError("is a zip of a kind that a project never is")
    if members > MOST_MEMBERS or directory > MOST_DIRECTORY:
        raise ArchiveError(f"holds {members:,} members where a project has a handful")
    file.seek(0)


def _checked_members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = member.filename
        if name in members:
            raise ArchiveError(f"holds two parts called {_shown(name)}")
        if member.flag_bits & 0x1:
            raise ArchiveError("is encrypted")
        stored = member.compress_type == zipfile.ZIP_STORED
        if not stored and member.compress_type != zipfile.ZIP_DEFLATED:
            raise ArchiveError("is packed in a way that a project never is")
        if stored and member.file_size != member.compress_size:
            raise ArchiveError(f"is damaged: the size of its part {name} is wrong")
        members[name] = member
    return members


def _shown(name: str) -> str:
    short = name if len(name) <= 60 else f"{name[:60]}…"
    return "".join(char if char.isprintable() else "?" for char in short)


def _prefix(path: Path) -> str:
    return f".{path.name[:100]}.saving-"


def _sweep(path: Path) -> None:
    """Remove what a save that was killed has left beside the target, once no save can be at it any more."""
    with contextlib.suppress(OSError):
        for left in path.parent.glob(f"{glob.escape(_prefix(path))}*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                    left.unlink()


def _replace(temporary: Path, path: Path) -> None:
    for attempt in range(_REPLACE_ATTEMPTS):
        try:
            temporary.replace(path)
            return
        except PermissionError:
            if os.name != "nt" or attempt == _REPLACE_ATTEMPTS - 1:
                raise
            time.sleep(0.05)


def _sync_directory(directory: Path) -> None:
    # Windows cannot open a directory; the replacement is as durable there as the system makes it.
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

"""A gzip file, unpacked into a temporary one: within a limit, for a few bytes may hide terabytes."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.reading.scan import Cancel, Progress

MAGIC = b"\x1f\x8b"
MOST_UNPACKED = 4 * 2**30  # bytes
MOST_TIMES = 250  # its packed size; tables shrink to a tenth, seldom to a fiftieth
ALWAYS_UNPACKED = 64 * 2**20  # bytes; a small file may shrink more
CHUNK = 2**20


def unpack(file: Path, into: Path, progress: Progress | None, cancelled: Cancel | None) -> None:
    """Write what a gzip file holds.

    Raises
    ------
    DataError
        When it is damaged, holds more than the limit, or the disk is full.
    Cancelled
        When ``cancelled`` returned true.
    """
    packed = max(1, file.stat().st_size)
    limit = min(MOST_UNPACKED, max(ALWAYS_UNPACKED, MOST_TIMES * packed))
    written = 0
    try:
        with file.open("rb") as raw, gzip.GzipFile(fileobj=raw) as source, into.open("wb") as sink:
            while chunk := source.read(CHUNK):
                written += len(chunk)
                if written > limit:
                    raise DataError(
                        f"{file.name} holds more than {limit // 2**20:,} MB, the limit for a gzip file of its size. "
                        "Unpack it yourself if you trust it, and load what comes out."
                    )
                if cancelled is not None and cancelled():
                    raise Cancelled
                sink.write(chunk)
                if progress is not None:
                    progress(min(1.0, raw.tell() / packed))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        reason = "its end is missing" if isinstance(error, EOFError) else "its bytes are not what was packed"
        raise DataError(f"{file.name} is a damaged gzip file: {reason}. Fetch or pack it again.") from None
    except OSError as error:
        raise DataError(f"{file.name} could not be unpacked: {error.strerror or error}.") from None

"""What the bytes of a file say about its lines: mixed line ends, and blank lines, which DuckDB does not count."""

from __future__ import annotations

import csv
import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.encoding import PYTHON_CODEC
from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.head import Head, csv_reader
from nnstudio.data.recipe import Dialect

PARITY_CHUNK = 2**20  # bytes
ROWS_A_LOOK = 10_000  # between two looks at Cancel


def mixed_newlines(file: Path) -> bool:
    """Return whether line ends differ within the file, which DuckDB either refuses or reads wrongly."""
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        returns = _counted(data, b"\r")
        if not returns:
            return False
        both = _counted(data, b"\r\n")
        return not (both == returns == _counted(data, b"\n")) and not (both == 0 and data.find(b"\n") < 0)


def _counted(data: mmap.mmap, what: bytes) -> int:
    step = 16 * 2**20
    total = 0
    for start in range(0, len(data), step):
        # One byte of overlap finds a pair across the seam; a single byte must not be counted twice.
        total += data[start : start + step + len(what) - 1].count(what)
    return total


def quoted_newlines(readable: Path, quote: str) -> bool:
    """Return whether a line ends inside quotes.

    DuckDB's threads each start at a guessed place of the file, and with such lines guess wrong now and then: at
    400,000 rows in small chunks it gave 17 rows too many, without a word. Such files are read by one thread.
    """
    if not quote:
        return False
    sign = quote.encode()
    odd = 0  # quotes so far, modulo 2
    with readable.open("rb") as stream:
        while chunk := stream.read(PARITY_CHUNK):
            if sign not in chunk:
                if odd and (b"\n" in chunk or b"\r" in chunk):
                    return True
                continue
            data = np.frombuffer(chunk, np.uint8)
            parity = np.bitwise_xor.accumulate((data == sign[0]).view(np.uint8)) ^ odd
            if parity[(data == ord("\n")) | (data == ord("\r"))].any():
                return True
            odd = int(parity[-1])
    return False


def trailing_blank(readable: Path, width: int) -> int:
    """Return how many empty lines end a one-column file: there alone DuckDB makes rows of them."""
    if width > 1:
        return 0
    with readable.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        end = len(data)
        while end and data[end - 1] in b"\r\n":
            end -= 1
        tail = bytes(data[end:]).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return max(0, len(tail) - 1)


def blank_rows(readable: Path, dialect: Dialect, head: Head) -> NDArray[np.int64]:
    """Return the numbers of the blank rows between others; DuckDB skips these without a word."""
    none = np.zeros(0, np.int64)
    if head.width == 1:
        return none
    with readable.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        end = len(data)
        while end and data[end - 1] in b"\r\n":
            end -= 1
        if all(data.find(pair, 0, end) < 0 for pair in (b"\n\n", b"\n\r\n", b"\r\r")):
            return none
    return walk(readable, dialect, head).blank


@dataclass(frozen=True)
class Walk:
    """What a walk through all rows found: how many follow the leading blank ones, and which of these are blank."""

    rows: int
    blank: NDArray[np.int64]


def walk(
    readable: Path, dialect: Dialect, head: Head, name: str = "", cancelled: Callable[[], bool] | None = None
) -> Walk:
    """Walk through all rows of a UTF-8 file in Python: slow (some 60 MB a second), but never wrong about quotes.

    ``name`` is what an error calls the file.

    Raises
    ------
    DataError
        When a quote is opened and not closed; the message names the row.
    Cancelled
        When ``cancelled`` returned true.
    """
    end = dialect.delimiter.join(("end of", "the file"))  # one more row, which an open quote would swallow

    def lines() -> Iterator[str]:
        last = ""
        with readable.open(encoding=PYTHON_CODEC["utf-8"], errors="replace", newline="") as text:
            for last in text:
                yield last
        yield end if last.endswith(("\n", "\r")) else f"\n{end}"

    blank: list[int] = []
    row, cells = 0, [""]
    try:
        for row, cells in enumerate(csv_reader(lines(), dialect), start=1):
            if not cells:
                blank.append(row)
            if row % ROWS_A_LOOK == 0 and cancelled is not None and cancelled():
                raise Cancelled
    except csv.Error:
        raise open_quote(name or readable.name, row + 1) from None
    if cells != end.split(dialect.delimiter):
        raise open_quote(name or readable.name, row)
    leading = head.leading_blank
    return Walk(row - 1 - leading, np.asarray([at for at in blank if leading < at < row], np.int64))


def open_quote(name: str, row: int) -> DataError:
    """Return the error for a quote that swallows what follows."""
    return DataError(f"{name}, row {row:,}: a quote is opened and not closed. Correct it, or choose no quotes.")

"""What the bytes of a file say about its lines: mixed line ends, lines of comment, and blank ones."""

from __future__ import annotations

import codecs
import csv
import mmap
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.reading.encoding import PYTHON_CODEC
from nnstudio.data.reading.head import Head, numbered_rows
from nnstudio.data.recipe import Dialect
from nnstudio.data.work import THREADS, in_threads

PARITY_CHUNK = 2**20  # bytes
LOOKED_CHUNK = 2**18  # bytes
ROWS_A_LOOK = 10_000  # between two looks at Cancel


class LineEnds(NamedTuple):
    """How many line feeds, carriage returns, and pairs of both a file has."""

    feeds: int
    returns: int
    pairs: int

    @property
    def mixed(self) -> bool:
        """Whether line ends differ within the file, which DuckDB either refuses or reads wrongly."""
        return self.returns > 0 and self.feeds != 0 and not self.pairs == self.returns == self.feeds

    @property
    def lines(self) -> int:
        """How many lines end, where line ends do not differ."""
        return max(self.feeds, self.returns)


class Bytes(NamedTuple):
    """What one pass over a file's bytes found: its line ends, and which of some signs (by their codes) it holds.

    ``below`` are those below its first line.
    """

    ends: LineEnds
    anywhere: frozenset[int]
    below: frozenset[int]


def look_at(file: Path, signs: bytes) -> Bytes:
    """Pass over the bytes of a file once, its parts in threads."""
    sought = frozenset(signs) | {ord("\r")}
    size = file.stat().st_size
    first = _first_line(file)
    _, heading = _look_at_part(file, sought, 0, first)
    step = max(1, -(-(size - first) // THREADS))
    parts = list(in_threads(lambda at: _look_at_part(file, sought, at, min(at + step, size)), range(first, size, step)))
    feeds, below = sum(found for found, _ in parts), frozenset().union(*(found for _, found in parts))
    anywhere = heading | below
    ends = LineEnds(feeds, 0, 0)
    if ord("\r") in anywhere:
        with file.open("rb") as whole, mmap.mmap(whole.fileno(), 0, access=mmap.ACCESS_READ) as data:
            ends = LineEnds(feeds, _counted(data, b"\r"), _counted(data, b"\r\n"))
    return Bytes(ends, anywhere, below if feeds else anywhere)


def _first_line(file: Path) -> int:
    """Return where the first line feed of a file is, or the file's size."""
    at = 0
    with file.open("rb", buffering=0) as stream:
        while piece := stream.read(LOOKED_CHUNK):
            line_end = piece.find(b"\n")
            if line_end >= 0:
                return at + line_end
            at += len(piece)
    return at


def _look_at_part(file: Path, sought: frozenset[int], start: int, stop: int) -> tuple[int, frozenset[int]]:
    """Return how many line feeds a part of a file has, and which signs; piece by piece in the processor's cache."""
    feeds, found = 0, set[int]()
    buffer = bytearray(LOOKED_CHUNK)
    values, view = np.frombuffer(buffer, np.uint8), memoryview(buffer)
    with file.open("rb", buffering=0) as stream:
        stream.seek(start)
        while (left := stop - start) > 0 and (size := stream.readinto(view[:left])):
            found |= {sign for sign in sought - found if buffer.find(sign, 0, size) >= 0}
            feeds += int(np.count_nonzero(values[:size] == ord("\n")))
            start += size
    return feeds, frozenset(found)


def _counted(data: mmap.mmap, what: bytes) -> int:
    step = 16 * 2**20
    total = 0
    for start in range(0, len(data), step):
        # One byte of overlap finds a pair across the seam; a single byte must not be counted twice.
        total += data[start : start + step + len(what) - 1].count(what)
    return total


def has_comments(readable: Path, sign: str) -> bool:
    """Return whether a line begins with the comment sign."""
    if not sign:
        return False
    with readable.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return re.search(rb"(?:^|[\r\n]|^" + codecs.BOM_UTF8 + rb")" + re.escape(sign.encode()), data) is not None


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


def blank_rows(readable: Path, dialect: Dialect, head: Head, ends: LineEnds, found: int) -> NDArray[np.int64]:
    """Return the numbers of the blank rows between others; DuckDB skips these without a word.

    Parameters
    ----------
    readable, dialect, head
        The file in UTF-8, without a line end within quotes.
    ends
        Its line ends, which do not differ.
    found
        How many rows below the header came out of it, those that were set aside among them.
    """
    none = np.zeros(0, np.int64)
    if head.width == 1:
        return none
    with readable.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        end = len(data)
        while end and data[end - 1] in b"\r\n":
            end -= 1
        after = len(data) - end
    each = 2 if ends.pairs else 1
    if ends.lines - after // each + 1 - head.leading_blank - dialect.header == found:
        return none  # every line is a row
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
        with readable.open(encoding=PYTHON_CODEC["utf-8"], errors="replace", newline="") as text:
            yield from text
        yield end

    blank: list[int] = []
    row, cells = 0, [""]
    try:
        for row, cells in numbered_rows(lines(), dialect):
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

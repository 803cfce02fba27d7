"""What the bytes of a file say about its lines: mixed line ends, lines of comment, and blank ones."""

from __future__ import annotations

import codecs
import contextlib
import csv
import itertools
import mmap
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.reading.encoding import PYTHON_CODEC
from nnstudio.data.reading.head import Head, is_blank, numbered_rows
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


def blanks_beside_quotes(readable: Path, dialect: Dialect) -> bool:
    """Return whether a blank follows a quote, or a cell begins with blanks and two quotes.

    Where the quote closes a cell, DuckDB drops what comes behind without a word; and it takes the two for text. So it
    does with the last quote of a file, where that opens a cell behind blanks.
    """
    if not dialect.quote or dialect.delimiter == " ":
        return False
    quote, sign = re.escape(dialect.quote.encode()), re.escape(dialect.delimiter.encode())
    doubled = re.compile(rb"(?:^|^" + codecs.BOM_UTF8 + rb"|[\r\n]|" + sign + rb") +" + quote * 2)
    with readable.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = data.find(dialect.quote.encode() + b" ") >= 0 or doubled.search(data) is not None
        return found or _opens_behind_blanks(data, data.rfind(dialect.quote.encode()), dialect)


def _opens_behind_blanks(data: mmap.mmap, last: int, dialect: Dialect) -> bool:
    """Return whether the last quote of a file may open a cell behind blanks, and so leave it open."""
    at = last
    while at > 0 and data[at - 1] == ord(" "):
        at -= 1
    before = data[max(0, at - len(dialect.delimiter.encode())) : at]
    begins = at == 0 or (at == len(codecs.BOM_UTF8) and data[:at] == codecs.BOM_UTF8)
    return at < last and (begins or before[-1:] in (b"\r", b"\n") or before == dialect.delimiter.encode())


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


class Tidied(NamedTuple):
    """A copy of a file; the row numbers of its comments, and by row number the texts of rows with improper quotes."""

    path: Path
    comments: NDArray[np.int64]
    improper: dict[int, str]


@contextlib.contextmanager
def tidied(
    readable: Path,
    dialect: Dialect,
    name: str,
    *,
    check_quotes: bool = False,
    filler: str = "",
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Tidied]:
    """Give a temporary copy of a UTF-8 file with one kind of line ends and without comments.

    Each line of comment, and each row to be skipped, is an empty line in the copy: DuckDB's own option would also cut
    what follows the sign within a row. Line ends within quotes are part of a cell, and stay. With ``check_quotes`` a
    row in which something follows a closing quote is replaced by ``filler``, and cells within quotes lose the blanks
    around these: of ``  ""`` DuckDB would make a text of two quotes.

    Raises
    ------
    DataError
        When the disk is full, or a quote is opened and not closed; the message names the row.
    Cancelled
        When ``cancelled`` returned true.
    """
    comments: set[int] = set()
    improper: dict[int, str] = {}
    proper = _proper_row(dialect)
    quoted = _quoted_cell(dialect) if check_quotes and dialect.delimiter != " " else None
    with tempfile.TemporaryDirectory(prefix="nnstudio-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "table.csv"
        row = 0
        try:
            with (
                readable.open(encoding=PYTHON_CODEC["utf-8"], errors="surrogateescape", newline="") as source,
                copy.open("w", encoding="utf-8", errors="surrogateescape", newline="") as sink,
            ):
                waiting: list[str] = []  # the lines of the row that is being read
                header = dialect.header

                def comment(row: int, line: str) -> None:
                    comments.add(row)
                    waiting.clear()
                    sink.write("\n")

                def lines() -> Iterator[str]:
                    for at, line in enumerate(source):
                        if at == 0 and line.startswith("\ufeff"):  # a second mark is text; DuckDB takes the first
                            sink.write("\ufeff")
                        waiting.append(line)
                        yield line

                for row, cells in numbered_rows(lines(), dialect, comment):
                    if row in comments:  # what waits is of the row behind it
                        continue
                    if row <= dialect.skip:
                        comment(row, "")
                        continue
                    if check_quotes and waiting and not proper.fullmatch(text := "".join(waiting)):
                        if len(waiting) > 1:
                            raise open_quote(name, row)
                        if header and not is_blank(cells):  # its names are known, and DuckDB must find as many
                            sink.write(dialect.delimiter.join(["x"] * len(cells)))
                        else:
                            improper[row] = text.rstrip("\r\n")
                            sink.write(filler)
                        sink.write("\n")
                    elif waiting:
                        text = _ended("".join(waiting))  # all but the last end within quotes
                        sink.write(quoted.sub(r"\1", text) if quoted else text)
                    waiting.clear()
                    header = header and is_blank(cells)
                    if row % ROWS_A_LOOK == 0 and cancelled is not None and cancelled():
                        raise Cancelled
        except csv.Error:
            raise open_quote(name, row + 1) from None
        except OSError as error:
            raise DataError(f"{name} could not be copied for reading: {error.strerror or error}.") from None
        yield Tidied(copy, np.asarray(sorted(comments), np.int64), improper)


def has_quotes_above(readable: Path, dialect: Dialect, name: str) -> bool:
    """Return whether there is a quote in the rows to be skipped: DuckDB then takes others, or none, for these.

    Raises
    ------
    DataError
        When one is opened and not closed, so that rows of the table may be lost; the message names ``name``.
    """
    if not dialect.skip or not dialect.quote:
        return False
    waiting: list[str] = []  # the lines of the row that is being read
    quoted = False

    def lines() -> Iterator[str]:
        with readable.open(encoding=PYTHON_CODEC["utf-8"], errors="surrogateescape", newline="") as source:
            for line in source:
                waiting.append(line)
                yield line

    row = 0
    try:
        for row, _ in numbered_rows(lines(), dialect, lambda row, line: waiting.clear()):
            text = "".join(waiting)
            quoted = quoted or dialect.quote in text
            if len(waiting) > 1 and not _proper_row(dialect).fullmatch(text):
                raise open_quote(name, row)
            waiting.clear()
            if row >= dialect.skip:
                break
    except csv.Error:
        raise open_quote(name, row + 1) from None
    return quoted


def has_improper_header(readable: Path, dialect: Dialect) -> bool:
    """Return whether the first line of a UTF-8 file that is not blank or skipped is no row by itself, for its quotes.

    DuckDB does not say so of a header, and gives zeros for what stands below it. A header of several lines counts too.
    """
    with readable.open(encoding=PYTHON_CODEC["utf-8"], errors="surrogateescape", newline="") as source:
        for line in itertools.islice(source, dialect.skip, None):
            if line.strip() and not (dialect.comment and line.startswith(dialect.comment)):
                return _proper_row(dialect).fullmatch(line) is None
    return False


def _proper_row(dialect: Dialect) -> re.Pattern[str]:
    """Return the expression of a row in which every quote that opens a cell is closed at the end of that cell."""
    sign, quote = re.escape(dialect.delimiter), re.escape(dialect.quote)
    plain = rf"[^{sign}\r\n]*"
    if quote:
        blanks = "" if dialect.delimiter == " " else " *"
        plain = rf"(?:{blanks}{quote}(?:[^{quote}]|{quote}{quote})*{quote}{blanks}|(?!{blanks}{quote}){plain})"
    return re.compile(rf"{plain}(?:{sign}{plain})*[\r\n]*")


def _quoted_cell(dialect: Dialect) -> re.Pattern[str]:
    """Return the expression of one cell of a proper row; its group is what a quoted one is without blanks around."""
    sign, quote = re.escape(dialect.delimiter), re.escape(dialect.quote)
    return re.compile(rf"(?<![^{sign}\r\n]) *({quote}(?:[^{quote}]|{quote}{quote})*{quote}) *(?=[{sign}\r\n]|\Z)")


def _ended(line: str) -> str:
    """Return a line that ends in a line feed, unless it ends in nothing."""
    bare = line.rstrip("\r\n")
    return f"{bare}\n" if bare != line else line


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

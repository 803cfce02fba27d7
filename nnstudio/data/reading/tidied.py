"""A text file whose quotes or line ends DuckDB would read wrongly: how it is known, and a copy that it reads right."""

from __future__ import annotations

import codecs
import contextlib
import csv
import itertools
import mmap
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.reading.encoding import PYTHON_CODEC
from nnstudio.data.reading.head import is_blank, numbered_rows
from nnstudio.data.reading.lines import ROWS_A_LOOK, open_quote
from nnstudio.data.recipe import Dialect

COPIED = 2**20  # bytes at a time


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


def begins_below_quotes(readable: Path, dialect: Dialect, name: str) -> int:
    """Return at which byte the table begins, where there is a quote in the rows to be skipped; 0 elsewhere.

    DuckDB takes other rows for these then, or none.

    Raises
    ------
    DataError
        When a quote is opened and not closed, so that rows of the table may be lost; the message names ``name``.
    """
    if not dialect.skip or not dialect.quote:
        return 0
    with readable.open("rb") as stream:
        consumed = len(codecs.BOM_UTF8) if stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8 else 0
    ends: dict[int, int] = {}  # by row the byte behind it
    waiting: list[str] = []  # the lines of the row that is being read
    quoted = False

    def lines() -> Iterator[str]:
        nonlocal consumed
        with readable.open(encoding=PYTHON_CODEC["utf-8"], errors="surrogateescape", newline="") as source:
            for line in source:
                consumed += len(line.encode("utf-8", "surrogateescape"))
                waiting.append(line)
                yield line

    def comment(row: int, line: str) -> None:
        ends[row] = consumed
        waiting.clear()

    row = 0
    try:
        for row, _ in numbered_rows(lines(), dialect, comment):
            if row not in ends:
                ends[row] = consumed
                text = "".join(waiting)
                quoted = quoted or dialect.quote in text
                if len(waiting) > 1 and not _proper_row(dialect).fullmatch(text):
                    raise open_quote(name, row)
                waiting.clear()
            if row >= dialect.skip:
                break
    except csv.Error:
        raise open_quote(name, row + 1) from None
    return ends[row] if quoted and row else 0


@contextlib.contextmanager
def blank_above(readable: Path, rows: int, begins: int, name: str) -> Iterator[Path]:
    """Give a temporary copy of a file with as many blank lines above its table, which begins at a byte.

    Raises
    ------
    DataError
        When the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="nnstudio-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "table.csv"
        try:
            with readable.open("rb") as source, copy.open("wb") as sink:
                source.seek(max(0, begins - 2))
                end = source.read(begins - source.tell())
                sink.write((b"\r\n" if end == b"\r\n" else end[-1:]) * rows)  # of one kind with those below
                shutil.copyfileobj(source, sink, COPIED)
        except OSError as error:
            raise DataError(f"{name} could not be copied for reading: {error.strerror or error}.") from None
        yield copy


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

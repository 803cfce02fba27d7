"""The first rows of a file, taken apart in Python: fast whatever its size, for detection and preview."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nnstudio.data.errors import DataError
from nnstudio.data.reading import parquet
from nnstudio.data.reading.cells import BLANKS
from nnstudio.data.reading.encoding import PYTHON_CODEC
from nnstudio.data.recipe import MAX_NAME, Dialect, Encoding, plural

HEAD_BYTES = 256 * 2**10  # first look
SAMPLE_ROWS = 1_000  # that tell how a file is read
SAMPLE_CELLS = 200_000  # of a table with very many columns, fewer rows are looked at
LEAST_SAMPLE_ROWS = 20
MOST_HEAD_BYTES = 16 * 2**20  # for tables with very many columns
MOST_FIELD = 2**24  # characters in one cell
DELIMITER_LINE = "sep="  # begins a first line that names the delimiter
ROWS_THAT_TELL = 20  # of the names of rows: as many are looked at, however many are read
ROW_NAMES = (
    "The header has one name fewer than the rows have cells: the first column is taken for the names of the rows, as R "
    "writes them."
)

_IN_WORDS = re.compile(r"[;\t|,]|\w\s+\w")

csv.field_size_limit(MOST_FIELD)  # csv's own limit, 131,072, is too small for text columns


@dataclass(frozen=True)
class Record:
    """One row of the file: its number as a spreadsheet counts (from 1, blank lines too) and its cells."""

    row: int
    cells: list[str]


@dataclass(frozen=True)
class Head:
    """The first rows of a file. ``complete`` says there are no more; ``bytes_a_row`` is their mean length.

    ``rows`` is the number of all
    rows where the file says it, and ``types`` are then DuckDB's types of its columns.
    """

    header: Record | None
    names: tuple[str, ...]
    records: list[Record]
    complete: bool
    bytes_a_row: float
    leading_blank: int
    notes: tuple[str, ...]
    rows: int | None = None
    types: tuple[str, ...] = ()

    @property
    def first_row(self) -> int:
        """The row number of what follows the header, or of the first row where there is none."""
        return 1 if self.types else self.leading_blank + (self.header is not None) + 1

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.names)


def sampled(width: int) -> int:
    """Return how many rows of so many cells tell how a file is read."""
    return max(LEAST_SAMPLE_ROWS, min(SAMPLE_ROWS, SAMPLE_CELLS // max(width, 1)))


def head_text(path: Path, encoding: Encoding, size: int = HEAD_BYTES) -> tuple[str, bool]:
    """Return the first ``size`` bytes as text, and whether that is all. Wrong bytes become U+FFFD."""
    with path.open("rb") as stream:
        data = stream.read(size + 1)
    complete = len(data) <= size
    decoder = codecs.getincrementaldecoder(PYTHON_CODEC[encoding])(errors="replace")
    text = decoder.decode(data[:size], final=complete)
    return (text if encoding == "utf-8" else text.removeprefix("\ufeff")), complete  # UTF-8's codec takes the first


def records(
    text: str, dialect: Dialect, *, complete: bool = True, most: int | None = None
) -> tuple[list[Record], bool, int]:
    """Take text apart into rows. Blank lines are left out but counted; a row that may be cut off is dropped.

    Returns
    -------
    rows, whether they are all there are, and the characters they took.

    Raises
    ------
    DataError
        When a cell is longer than any cell of a table can be.
    """
    consumed, last = 0, ""

    def lines() -> Iterator[str]:
        nonlocal consumed, last
        for line in io.StringIO(text, newline=""):
            consumed, last = consumed + len(line), line
            yield line

    found: list[Record] = []
    row = 0
    try:
        for row, cells in numbered_rows(lines(), dialect):
            if len(cells) > 1 and not cells[-1] and last.rstrip("\r\n").endswith(" ") and dialect.delimiter != " ":
                cells[-1] = " "  # Python's reader leaves blanks out, and a cell of blanks is none that is empty
            if not is_blank(cells) and (found or not _names_delimiter(cells, dialect.delimiter)):
                found.append(Record(row, cells))
            if most is not None and len(found) > most:
                return found[:-1], False, consumed
    except csv.Error as error:
        raise DataError(f"Row {row + 1:,} cannot be taken apart: {error}. Check the quotes.") from None
    return (found, True, consumed) if complete else (found[:-1], False, consumed)


def text_below(text: str, skip: int, quote: str | None) -> str:
    """Return text without its first ``skip`` rows."""
    if not skip:
        return text
    consumed = 0

    def lines() -> Iterator[str]:
        nonlocal consumed
        for line in io.StringIO(text, newline=""):
            consumed += len(line)
            yield line

    sign: Literal['"', "'", ""] = "'" if quote == "'" else "" if quote == "" else '"'
    try:
        for row, _ in numbered_rows(lines(), Dialect(quote=sign)):
            if row == skip:
                break
    except csv.Error:
        return ""
    return text[consumed:]


def numbered_rows(
    lines: Iterable[str], dialect: Dialect, comment: Callable[[int, str], None] = lambda row, line: None
) -> Iterator[tuple[int, list[str]]]:
    """Yield every row with its number; one without cells for each blank line, line of comment, and skipped row.

    A line that begins with the comment sign within quotes is no comment. ``comment`` is called with the row and the
    text of each that is.
    """
    row = 0
    waiting = 0  # comments since the last row
    within = False

    def rest() -> Iterator[str]:
        nonlocal waiting, within
        for line in lines:
            if not within and dialect.comment and line.startswith(dialect.comment):
                waiting += 1
                comment(row + waiting, line)
            else:
                within = True
                yield line

    for cells in csv_reader(rest(), dialect):
        for _ in range(waiting):
            row += 1
            yield row, []
        row, waiting, within = row + 1, 0, False
        yield row, cells if row > dialect.skip else []
    for at in range(row + 1, row + waiting + 1):
        yield at, []


def csv_reader(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    """Return Python's reader of rows, set to what DuckDB does."""
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        skipinitialspace=dialect.delimiter != " ",  # a quote may follow a blank
    )


def is_blank(cells: list[str]) -> bool:
    """Return whether a row is an empty line."""
    return not cells or (len(cells) == 1 and not cells[0].strip(BLANKS))


def _names_delimiter(cells: list[str], delimiter: str) -> bool:
    """Return whether a row is the line in which spreadsheet programs name the delimiter, such as sep=; before it."""
    return delimiter.join(cells).strip(BLANKS).lower() == f"{DELIMITER_LINE}{delimiter}".strip(BLANKS)


def without_surplus(record: Record, width: int) -> Record:
    """Return a row without the empty cells that it has at its end beyond the columns: DuckDB reads such a row too."""
    if len(record.cells) > width and not any(record.cells[width:]):
        return Record(record.row, record.cells[:width])
    return record


def read_head(path: Path, dialect: Dialect, rows: int) -> Head:
    """Return the first ``rows`` rows of a file (all where it has fewer), and its column names.

    However few are asked for, the same rows tell how many columns there are.

    Raises
    ------
    DataError
        When not even one row can be taken apart.
    """
    if parquet.is_parquet(path):
        return _parquet_head(path, rows)
    size, looked_at = HEAD_BYTES, rows
    while True:
        text, complete = head_text(path, dialect.encoding, size)
        try:
            found, whole, consumed = records(text, dialect, complete=complete, most=looked_at + dialect.header)
        except DataError as error:
            raise DataError(f"{path.name}: {error}") from None
        telling = sampled(max((len(record.cells) for record in found[:LEAST_SAMPLE_ROWS]), default=1))
        if telling > looked_at and not whole:
            looked_at = telling
        elif complete or len(found) >= looked_at + dialect.header or size >= MOST_HEAD_BYTES:
            break
        else:
            size *= 4
    if not found and dialect.skip and complete:
        raise DataError(f"{path.name}: nothing stands below the {plural(dialect.skip, 'row')} to be left out on top.")
    if not found and dialect.comment and complete:
        raise DataError(f"{path.name} has nothing but comments and blank lines.")
    if not found:
        raise DataError(f"{path.name}: the first row does not end. Check the delimiter, the quotes and the encoding.")
    header = found[0] if dialect.header else None
    body = found[1:] if header else found
    widths = Counter(len(record.cells) for record in (body or found)[:telling])
    width = max(widths, key=lambda width: (widths[width], header is not None and width == len(header.cells)))
    body = [without_surplus(record, width) for record in body]
    given = header.cells if header else None
    names, notes = column_names(given, width)
    if given is not None and has_row_names(given, width, body):
        names, notes = column_names(["", *given], width)
        notes = (ROW_NAMES, *notes)
    bytes_a_row = len(text[:consumed].encode(PYTHON_CODEC[dialect.encoding], "replace")) / len(found)
    return Head(header, names, body[:rows], whole and len(body) <= rows, bytes_a_row, found[0].row - 1, notes)


def has_row_names(header: list[str], width: int, body: list[Record]) -> bool:
    """Return whether a header has no name for the first column; where the last is empty, rows end in a delimiter.

    The names of rows differ, and a line of words alone is a title, or has other delimiters.
    """
    first = [record.cells for record in body[:ROWS_THAT_TELL] if len(record.cells) == width]
    if len(header) != width - 1 or not all(header) or not first:
        return False
    if len({cells[0] for cells in first}) < len(first) or (len(header) == 1 and _IN_WORDS.search(header[0].strip())):
        return False
    ended = sum(bool(cells[-1].strip(BLANKS)) for cells in first)
    return all(cells[0].strip(BLANKS) for cells in first) and 2 * ended > len(first)


def _parquet_head(path: Path, rows: int) -> Head:
    """Return the first rows of a Parquet file; its rows are counted from 1, since its names stand in no row."""
    given, types, total = parquet.schema(path)
    names, notes = column_names(given, len(given))
    found = [Record(row, cells) for row, cells in enumerate(parquet.cells(path, types, rows), start=1)]
    complete = len(found) == total
    return Head(Record(0, given), names, found, complete, 1.0, 0, notes, rows=total, types=types)


def column_names(header: list[str] | None, width: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return ``width`` distinct, non-empty names made from a header, and notes on every change made."""
    if header is None:
        return tuple(f"column_{i + 1}" for i in range(width)), ()
    notes: list[str] = []
    if len(header) != width:
        notes.append(f"The header has {plural(len(header), 'name')}, but the rows have {plural(width, 'cell')}.")
    header = [cell.strip(f"{BLANKS}\ufeff") for cell in header]
    taken = set(header)
    names: list[str] = []
    used: set[str] = set()
    for i in range(width):
        given = header[i] if i < len(header) else ""
        name = given[: MAX_NAME - 10] or f"column_{i + 1}"
        number = 2
        unique = name
        while unique in used or (unique != given and unique in taken):
            unique, number = f"{name} ({number})", number + 1
        if unique != given and i < len(header):
            called = repr(given[:40]) if given else "without a name"
            notes.append(f"Column {i + 1:,}, {called}, is called {unique[:60]!r} here.")
        names.append(unique)
        used.add(unique)
    return tuple(names), tuple(notes)

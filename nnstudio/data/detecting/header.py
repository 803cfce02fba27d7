"""Whether the first row of a table names its columns, and which rows stand above it: a title, no part of the table."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence

from nnstudio.data.detecting.misreading import is_amount
from nnstudio.data.reading.cells import BLANKS, is_missing, parse_number
from nnstudio.data.reading.dates import looks_like_date
from nnstudio.data.reading.head import Record, has_row_names
from nnstudio.data.recipe import MISSING_MARKS, Dialect

LEAST_COUNTED = 3  # numbers of a header that go up by one
MANY_COUNTED = 6  # where they begin neither with 0 nor with a year
YEARS = range(1900, 2100)
MOST_TEXTS_BESIDE = 3
MOST_ABOVE = 50  # rows that may stand above a table
LEAST_LONGER = 0.8  # of the rows below a header must be longer than all that stand above it
BOUNDS = ("<", ">", "≤", "≥")
_FEW_DIGITS = re.compile(r"[0-9]{1,9}")

Rows = list[list[str]]


def rows_above(found: Sequence[Record], dialect: Dialect) -> int:
    """Return how many rows of a file, as they are numbered, stand above its header: shorter ones than all below.

    A header without a name for the names of rows, as R writes it, is none of them.
    """
    filled = [_filled(record.cells) for record in found]
    usual = _most_common(filled[len(filled) // 2 :])
    first = next((i for i, record in enumerate(found[: MOST_ABOVE + 1]) if _is_full(record.cells, usual)), 0)
    longest = max(filled[:first], default=0)
    below = filled[first + 1 :]
    if not first or not below or longest >= usual:
        return 0
    if sum(length > longest for length in below) < LEAST_LONGER * len(below):
        return 0
    if first == 1 and has_row_names(found[0].cells, len(found[1].cells), list(found[1:])):
        return 0
    return found[first].row - 1 if has_header([record.cells for record in found[first:]], dialect) else 0


def _filled(cells: Sequence[str]) -> int:
    """Return how many cells a row has up to its last one that is not blank."""
    return next((i for i in range(len(cells), 0, -1) if cells[i - 1].strip(BLANKS)), 0)


def _is_full(cells: Sequence[str], usual: int) -> bool:
    """Return whether a row has the usual number of cells, and no gap but for the first, which names of rows have."""
    filled = _filled(cells)
    return filled >= usual and all(cell.strip(BLANKS) for cell in cells[1:filled])


def _most_common(lengths: Sequence[int]) -> int:
    counted = Counter(lengths)
    return max(counted, key=lambda length: (counted[length], length), default=0)


def counts_up(cells: Sequence[str]) -> bool:
    """Return whether a row is a text and then whole numbers, each one more than the one before: years, or places."""
    trimmed = [cell.strip(BLANKS) for cell in cells]
    texts = [cell for cell in trimmed if not _FEW_DIGITS.fullmatch(cell)]
    numbers = [int(cell) for cell in trimmed if _FEW_DIGITS.fullmatch(cell)]
    return (
        1 <= len(texts) <= MOST_TEXTS_BESIDE
        and all(texts)
        and len(numbers) >= LEAST_COUNTED
        and all(after - before == 1 for before, after in itertools.pairwise(numbers))
        and (numbers[0] == 0 or numbers[0] in YEARS or len(numbers) >= MANY_COUNTED)
    )


def has_header(rows: Rows, dialect: Dialect) -> bool:
    """Return whether the first row names the columns: no number in it, and no value that comes again below."""
    if not rows:
        return False
    first, below = [cell.strip(BLANKS) for cell in rows[0]], rows[1:]
    if not any(first):
        return False
    if any(parse_number(cell, dialect) is not None for cell in first):
        return counts_up(first) and bool(below) and not any(map(counts_up, below))
    regular = [row for row in below if len(row) == len(first)]
    if not regular:
        return True
    if any(_is_value(name, [row[i] for row in regular], dialect) for i, name in enumerate(first)):
        return False
    for i, name in enumerate(first):
        cells = [row[i] for row in regular if not is_missing(row[i], MISSING_MARKS)]
        numbers = sum(parse_number(cell, dialect) is not None for cell in cells)
        if numbers > len(cells) / 2 and (i == 0 or not is_missing(name, MISSING_MARKS)):
            return True  # text above numbers
    if any(
        looks_like_date(name) and sum(looks_like_date(row[i]) for row in regular) > len(regular) / 2
        for i, name in enumerate(first)
    ):
        return False
    again = sum(name in {row[i].strip(BLANKS) for row in regular} for i, name in enumerate(first) if name)
    return again * 2 < len(first)


def _is_value(name: str, below: Sequence[str], dialect: Dialect) -> bool:
    """Return whether a cell of the first row is a value: missing above numbers, or written as those below are."""
    lacks = bool(name) and is_missing(name, MISSING_MARKS)
    if not lacks and not is_amount(name):
        return False
    known = [cell for cell in below if not is_missing(cell, MISSING_MARKS)]
    numbers = sum(parse_number(cell, dialect) is not None for cell in known)
    if lacks:
        return 2 * numbers > len(known)
    return 2 * (sum(map(is_amount, known)) + numbers * name.startswith(BOUNDS)) > len(known)

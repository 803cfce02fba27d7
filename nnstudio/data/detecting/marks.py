"""Which decimal and thousands marks a table's numbers have: those by which most of its cells are numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from nnstudio.data.detecting.misreading import is_address
from nnstudio.data.reading.cells import parse_number
from nnstudio.data.recipe import Dialect

FORMAT_CELLS = 20_000  # that vote on delimiter and number marks
Marks = tuple[str, str]  # of decimals, and between thousands
_DIGIT = re.compile(r"\d")
NUMBER_FORMATS: tuple[Marks, ...] = (
    (".", ""),
    (",", ""),
    (".", ","),
    (",", "."),
    (".", " "),
    (",", " "),
    (".", "'"),
    (",", "\u00a0"),
    (",", "\u202f"),
    (".", "\u00a0"),
    (".", "\u202f"),
    (".", "\u2019"),
    (",", "\u2009"),
    (".", "\u2009"),
)


def best_marks(cells: Sequence[str], formats: Iterable[Marks] = NUMBER_FORMATS) -> tuple[Marks, int]:
    """Return the first marks by which most of these cells are numbers, and how many that are."""
    digits = list(filter(_DIGIT.search, cells))
    best, most = NUMBER_FORMATS[0], 0
    for decimal, thousands in formats:
        form = Dialect(delimiter="\x1f", decimal=decimal, thousands=thousands)  # type: ignore[arg-type]
        count = sum(parse_number(cell, form) is not None for cell in digits)
        if count > most:
            best, most = (decimal, thousands), count
        if most == len(digits):  # no other can read more
            break
    return best, most


def some_of(cells: list[str]) -> list[str]:
    """Return as many cells as may vote, taken from all over."""
    return cells[:: 1 + len(cells) // FORMAT_CELLS]


def number_format(rows: Iterable[Sequence[str]], delimiter: str) -> Marks:
    """Return the marks by which most cells of these rows are numbers."""
    cells = some_of([cell for row in rows for cell in row if _DIGIT.search(cell)])
    formats = list(NUMBER_FORMATS)
    if delimiter == ",":  # a quoted "1,234" in a comma file is more often a thousand than a decimal comma
        formats[1], formats[2] = formats[2], formats[1]
    return best_marks([cell for cell in cells if not is_address(cell)], formats)[0]

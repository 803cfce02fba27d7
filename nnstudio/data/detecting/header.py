"""Whether the first row of a table names its columns."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from nnstudio.data.detecting.misreading import is_amount
from nnstudio.data.reading.cells import BLANKS, is_missing, parse_number
from nnstudio.data.reading.dates import looks_like_date
from nnstudio.data.recipe import MISSING_MARKS, Dialect

LEAST_COUNTED = 3  # numbers of a header that go up by one
MANY_COUNTED = 6  # where they begin neither with 0 nor with a year
YEARS = range(1900, 2100)
MOST_TEXTS_BESIDE = 6
BOUNDS = ("<", ">", "≤", "≥")
_FEW_DIGITS = re.compile(r"[0-9]{1,9}")

Rows = list[list[str]]


def counts_up(cells: Sequence[str]) -> bool:
    """Return whether a row is some texts and then numbers that go on: years in their order, or places one by one."""
    trimmed = [cell.strip(BLANKS) for cell in cells]
    while trimmed and not trimmed[-1]:  # rows may end in a delimiter
        trimmed.pop()
    texts = [cell for cell in trimmed if not _FEW_DIGITS.fullmatch(cell)]
    numbers = [int(cell) for cell in trimmed if _FEW_DIGITS.fullmatch(cell)]
    if not all(texts) or not 1 <= len(set(texts)) == len(texts) <= MOST_TEXTS_BESIDE or len(numbers) < LEAST_COUNTED:
        return False
    steps = [after - before for before, after in itertools.pairwise(numbers)]
    if all(number in YEARS for number in numbers):
        return all(step > 0 for step in steps) or all(step < 0 for step in steps)
    return all(step == 1 for step in steps) and (numbers[0] == 0 or len(numbers) >= MANY_COUNTED)


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

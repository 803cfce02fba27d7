"""Which rows on top of a file stand above its table: a title, the head of a statement, and no part of the table."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence

from nnstudio.data.detecting.header import counts_up, has_header
from nnstudio.data.detecting.misreading import POINT, is_amount, looks_signed
from nnstudio.data.reading.booleans import parse_boolean
from nnstudio.data.reading.cells import BLANKS, is_missing, parse_number
from nnstudio.data.reading.dates import looks_like_date
from nnstudio.data.reading.head import Record, has_row_names
from nnstudio.data.recipe import MISSING_MARKS, Dialect

MOST_ABOVE = 50  # rows that may stand above a table
LOOKED_AT = 100  # rows below a header
CELLS_LOOKED_AT = 20  # of a column
LEAST_ALIKE = 0.5  # of the rows below a header are longer than all above; of a column's cells are of one kind
LEAST_WIDE = 3  # cells of a row, before a single one on top is no header for all of them
_DIGIT = re.compile(r"[0-9]")
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?")


def rows_above(found: Sequence[Record], dialect: Dialect) -> int:
    """Return how many rows of a file, as they are numbered, stand above its header; 0 where that is not sure.

    They are shorter than the header and most of what follows. A header with fewer names than there are columns, or
    rows that lack their last cells, are shorter too: a header of text has to stand above numbers, dates or the like,
    or a blank row between.

    Parameters
    ----------
    found
        The first rows of the file, blank ones and comments left out.
    dialect
        How they were taken apart; the marks of numbers do not matter.
    """
    usual = _most_common([len(record.cells) for record in found[len(found) // 2 :]])
    if not found or usual < 2:
        return 0
    size: Callable[[Record], int] = _cells if _cells(found[0]) < usual else _filled  # or filled up with delimiters
    first = _first_full(found, size, usual)
    below = found[first + 1 : first + 1 + LOOKED_AT]
    if not first or not below:
        return 0
    above, header = found[:first], found[first].cells
    longest = max(map(size, above))
    if sum(size(record) > longest for record in below) <= LEAST_ALIKE * len(below) or any(map(_is_data, above)):
        return 0
    separated = found[first].row - above[0].row > first or not all(map(_filled, above))
    if first == 1 and not separated and has_row_names(above[0].cells, len(header), list(below)):
        return 0  # as R writes it: a header without a name for the names of rows
    return found[first].row - 1 if _is_sure(above, found[first:], usual, separated, dialect) else 0


def _is_sure(above: Sequence[Record], table: Sequence[Record], usual: int, separated: bool, dialect: Dialect) -> bool:
    """Return whether the first row of a table is a header, and those above it are none."""
    names, below = table[0].cells, table[1 : 1 + LOOKED_AT]
    single, several, wide = _filled(above[0]) == 1, len(above) > 1, usual >= LEAST_WIDE
    if counts_up(names):
        return separated or single or several
    texts, values = _above_values(names, below)
    if values:
        return False
    if texts and separated:
        return True
    if texts:
        # A header that lacks names would do as well, above a first row with words for what is missing.
        of_words = any(" " in cell.strip(BLANKS) for cell in above[0].cells)
        surely = (single and of_words and (wide or _cells(above[0]) == 1)) or (several and single)
        return len(set(texts)) == len(texts) and (surely or (len(texts) > 1 and ((single and wide) or several)))
    if not has_header([record.cells for record in table], dialect):
        return False
    if separated:
        return 2 * _filled(above[0]) <= usual
    again = {cell.strip(BLANKS) for record in below for cell in record.cells}
    return wide and all(_cells(one) == 1 for one in above) and above[0].cells[0].strip(BLANKS) not in again


def _above_values(names: Sequence[str], below: Sequence[Record]) -> tuple[list[str], int]:
    """Return the cells of a row that are text above columns of values, and how many are such values."""
    texts: list[str] = []
    values = 0
    for i, name in enumerate(names):
        filled = (r.cells[i] for r in below if i < len(r.cells) and not is_missing(r.cells[i], MISSING_MARKS))
        cells = list(itertools.islice(filled, CELLS_LOOKED_AT))
        for is_such in (_is_value, _is_word_for_yes_or_no):
            if cells and sum(map(is_such, cells)) > LEAST_ALIKE * len(cells):
                if is_such(name) or (name.strip(BLANKS) and is_missing(name, MISSING_MARKS)):
                    values += 1
                elif name.strip(BLANKS):
                    texts.append(name.strip(BLANKS))
    return texts, values


def _first_full(found: Sequence[Record], size: Callable[[Record], int], usual: int) -> int:
    """Return the first row that may be a header, 0 where there is none below the first.

    It has the usual size; among rows that are filled up, it may lack a name for the first column alone.
    """
    for i, record in enumerate(found[: MOST_ABOVE + 1]):
        gap = size is _filled and not record.cells[0].strip(BLANKS)
        if size(record) + gap >= usual:
            return i
    return 0


def _cells(record: Record) -> int:
    return len(record.cells)


def _filled(record: Record) -> int:
    """Return how many cells of a row are not blank."""
    return sum(bool(cell.strip(BLANKS)) for cell in record.cells)


def _is_data(record: Record) -> bool:
    """Return whether a row is several values, and no title."""
    cells = [cell for cell in record.cells if cell.strip(BLANKS)]
    return len(cells) > 1 and all(map(_is_value, cells))


def _is_value(cell: str) -> bool:
    """Return whether a cell is a number, by whichever marks and with whichever unit, a date or a time."""
    cell = cell.strip(BLANKS)
    return _DIGIT.search(cell) is not None and (
        parse_number(cell, POINT) is not None
        or looks_signed(cell)
        or is_amount(cell)
        or looks_like_date(cell)
        or bool(_CLOCK.fullmatch(cell))
    )


def _is_word_for_yes_or_no(cell: str) -> bool:
    """Return whether a cell says yes or no; a letter alone may be a name, too."""
    cell = cell.strip(BLANKS)
    return len(cell) > 1 and parse_boolean(cell) is not None


def _most_common(lengths: Sequence[int]) -> int:
    counted = Counter(lengths)
    return max(counted, key=lambda length: (counted[length], length), default=0)

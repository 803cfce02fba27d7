"""Notes on columns of numbers that only all of their cells tell: digits lost, and points between thousands perhaps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.reading.cells import literal
from nnstudio.data.reading.head import sampled
from nnstudio.data.reading.scan import Scan
from nnstudio.data.room import blocks
from nnstudio.data.table import NumberArray

EXACT = 2.0**53  # a double holds every whole number up to it
LONGEST_WHOLE = 1e22  # greater numbers are mostly written with an exponent, and are no keys
GROUP = 1_000.0
ROUNDING = 1e-6


def number_notes(scan: Scan, name: str, at: int, values: NumberArray, small: bool) -> list[str]:
    """Return notes on the numbers of a column; ``small`` says that none of them may have lost digits."""
    found = [] if small else _rounded(scan, name, at, values)
    return [*found, *_perhaps_thousands(scan, name, at, values)]


def _rounded(scan: Scan, name: str, at: int, values: NumberArray) -> list[str]:
    """Note whole numbers so large that a double may not hold them exactly."""
    large = larger = False
    for block in blocks(len(values)):
        size = np.abs(values[block])
        large = large or bool(np.any((size >= EXACT) & (size < LONGEST_WHOLE)))
        larger = larger or bool(np.any((size >= LONGEST_WHOLE) & np.isfinite(size)))
    if not large:
        if not larger:
            return []
        # Such a one is 1e30, or a key with all of its digits.
        digits = (
            f"replace(trim(c{at}), {literal(scan.dialect.thousands)}, '')" if scan.dialect.thousands else f"trim(c{at})"
        )
        written_out = (
            f"SELECT count(*) FROM {scan.source} WHERE regexp_full_match({digits}, '[+-]?[0-9]{{16,}}([.,][0-9]*)?')"
        )
        if not scan.run(written_out).fetchone()[0]:
            return []
    return [
        f"Column {name!r} has numbers of more than 15 digits, which are rounded. "
        "Read it as a category if every digit counts."
    ]


def _perhaps_thousands(scan: Scan, name: str, at: int, values: NumberArray) -> list[str]:
    """Note a column of whole numbers that has others below its first rows, all with three decimals.

    Where the first rows told the marks, there is nothing to say.
    """
    if not scan.is_text or scan.dialect.thousands or not _may_be_grouped(values, sampled(scan.head.width)):
        return []
    mark = scan.dialect.decimal
    cell, number = f"trim(c{at})", f"TRY_CAST(replace(c{at}, {literal(mark)}, '.') AS DOUBLE) IS NOT NULL"
    grouped = f"regexp_full_match({cell}, '[+-]?[1-9][0-9]{{0,2}}[{mark}][0-9]{{3}}')"
    marked, alike, earliest, first = scan.run(
        f"SELECT count(*), count(*) FILTER ({grouped}), min(r), arg_min({cell}, r) "
        f"FROM (SELECT row_number() OVER () AS r, c{at} FROM {scan.source}) "
        f"WHERE contains(c{at}, {literal(mark)}) AND {number}"
    ).fetchone()
    if not marked or marked != alike or earliest <= sampled(scan.head.width):
        return []
    return [
        f"Column {name!r}: its first rows have no decimals, and {first!r} below them is read with {mark!r} as its "
        "decimal mark. Choose it as the mark between thousands if that is wrong."
    ]


def _may_be_grouped(values: NumberArray, looked_at: int) -> bool:
    if len(values) <= looked_at or not _whole(first := values[:looked_at]).all() or not np.isfinite(first).any():
        return False
    found = False
    for block in blocks(len(values)):
        own = values[block]
        others = own[~_whole(own)]
        thousands = others * GROUP
        if np.any(np.abs(others) >= GROUP) or np.any(np.abs(thousands - np.rint(thousands)) >= ROUNDING):
            return False
        found = found or len(others) > 0
    return found


def _whole(values: NumberArray) -> NDArray[np.bool_]:
    """Return which values have no decimals, those that are missing or unreadable among them."""
    whole: NDArray[np.bool_] = ~np.isfinite(values) | (np.floor(values) == values)
    return whole

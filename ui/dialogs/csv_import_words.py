"""Numbers and sentences of the import dialog."""

from __future__ import annotations

from nnstudio.data import Preview

NAMED_ROWS = 5  # of those that will be set aside


def set_aside_note(shown: Preview) -> str:
    """Return which rows have too few or too many cells, in a sentence."""
    rows, count = [f"{row.row:,}" for row in shown.set_aside[:NAMED_ROWS]], len(shown.set_aside)
    first = "" if shown.complete else " of the first rows"
    which = f"One{first or ' row'} has" if count == 1 else f"{count:,}{first or ' rows'} have"
    if count > NAMED_ROWS:
        named = f"rows {', '.join(rows)} and {count - NAMED_ROWS:,} more"
    else:
        named = f"row {rows[0]}" if count == 1 else f"rows {', '.join(rows[:-1])} and {rows[-1]}"
    return f"{which} too few or too many cells and will be set aside: {named}."


def spaced(number: int) -> str:
    """Return a number with thin spaces between thousands."""
    return f"{number:,}".replace(",", "\u2009")


def rounded(number: int) -> int:
    """Return an estimate with the digits that it deserves."""
    return int(float(f"{number:.3g}"))

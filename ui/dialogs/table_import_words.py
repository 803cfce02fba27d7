"""Numbers of the import dialog, as it writes them."""

from __future__ import annotations


def spaced(number: int) -> str:
    """Return a number with thin spaces between thousands."""
    return f"{number:,}".replace(",", "\u2009")


def rounded(number: int) -> int:
    """Return an estimate with the digits that it deserves."""
    return int(float(f"{number:.3g}"))

"""Numbers of the import dialog, as it writes them."""

from __future__ import annotations


def rounded(number: int) -> int:
    """Return an estimate with the digits that it deserves."""
    return int(float(f"{number:.3g}"))

"""The figures of a table's column in words, as the import dialog shows and reads them aloud."""

from __future__ import annotations

from nnstudio import numbers
from nnstudio.data import Preview, PreviewColumn
from nnstudio.data.detecting.spread import Spread
from nnstudio.data.recipe import Kind
from nnstudio.date_words import date_text

DIGITS = 4
MOST_TEXTS = 6
LONGEST_TEXT = 24  # characters


def missing_share(column: PreviewColumn, shown: Preview) -> str:
    """Return the share of cells that are missing or cannot be read, e.g. ``2.5 %``."""
    if not column.lacks or not shown.counted_rows:
        return f"0{numbers.THIN_SPACE}%"
    share = column.lacks / shown.counted_rows
    return numbers.percent(share, 0 if share >= 0.1 else 1)


def missing_words(column: PreviewColumn, shown: Preview) -> str:
    """Return how many cells are missing or cannot be read, and of how many rows."""
    if not column.lacks:
        return f"No cell is missing in {rows_words(shown)}."
    parts = [f"{numbers.count(column.missing)} missing"] if column.missing else []
    parts += [f"{numbers.count(column.unreadable_count)} unreadable"] if column.unreadable_count else []
    return f"{' and '.join(parts)} of {rows_words(shown)}."


def rows_words(shown: Preview) -> str:
    """Return which rows the figures are of."""
    rows = numbers.plural(shown.counted_rows, "row")
    return rows if shown.complete else f"the first {rows}"


def spread_words(spread: Spread, kind: Kind) -> str:
    """Return how a column is spread: its range and mean, or its most frequent texts."""
    if not spread.counts:
        return "no values"
    if spread.low is not None and spread.high is not None and spread.mean is not None:
        low, mean, high = (_value(value, kind) for value in (spread.low, spread.mean, spread.high))
        return f"all {low}" if low == high else f"{low} … {high}, mean {mean}"
    named = [
        f"{_short(text)} {numbers.count(count)}"
        for text, count in zip(spread.texts[:MOST_TEXTS], spread.counts[:MOST_TEXTS], strict=True)
    ]
    rest = sum(spread.counts[MOST_TEXTS:]) + spread.others
    return ", ".join(named) + (f", others {numbers.count(rest)}" if rest else "")


def bar_words(spread: Spread, kind: Kind, at: int) -> str:
    """Return what one bar stands for; the one after the last of texts is the others."""
    if at >= len(spread.counts):
        return f"other texts: {numbers.plural(spread.others, 'cell')}"
    cells = numbers.plural(spread.counts[at], "cell")
    if spread.texts:
        return f"{_short(spread.texts[at])}: {cells}"
    if spread.edges is None or len(spread.counts) == 1:
        return cells
    low, high = spread.edges
    width = (high - low) / len(spread.counts)
    return f"{_value(low + at * width, kind)} … {_value(low + (at + 1) * width, kind)}: {cells}"


def _value(value: float, kind: Kind) -> str:
    return date_text(value) if kind == "date" else numbers.short(value, DIGITS)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"

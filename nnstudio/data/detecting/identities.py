"""Columns that tell their rows apart, as a row number or a name does: by their values, and by what they are called."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.doubt import DataWarning
from nnstudio.data.recipe import Kind, listed
from nnstudio.data.table import Categories, ColumnValues

FIRST = 100  # values that mostly tell enough
MOST_DISTINCT = 0.5  # of the rows, before a text is believed to tell rows apart
LEAST_TEXTS = 10
ID_NAMES = {"", "row", "rowid", "unnamed: 0", "#"}
PANDAS_INDEX = "__index_level_"  # what pandas calls the names of rows in a Parquet file
ID_WORDS = {"id", "index", "idx", "nr", "no", "key"}  # as the last word of a name: CustomerID, order_no, Kunden-Nr.
_WORD = re.compile(r"[A-Z]?[a-zäöüß]+|[A-Z]+")


def identity_warning(names: list[str]) -> DataWarning:
    """Return the warning of columns that tell their rows apart."""
    one = len(names) == 1
    return DataWarning(
        kind="identity",
        text=f"{listed(names)} {'tells' if one else 'each tell'} the rows apart, as a row number or a name does, "
        f"and {'says' if one else 'say'} nothing of a new row. Ignore {'it' if one else 'them'}.",
        columns=tuple(names),
    )


def is_named_like_row_number(name: str) -> bool:
    """Return whether a column is called as those are that number their rows."""
    return name.lower() in ID_NAMES or name.startswith(PANDAS_INDEX) or last_word(name) in ID_WORDS


def last_word(name: str) -> str:
    """Return the last word of a name in small letters: the ``id`` of ``CustomerID``; empty where it has none."""
    words = _WORD.findall(name)
    return words[-1].lower() if words else ""


def tells_rows_apart(name: str, kind: Kind, values: ColumnValues) -> bool:
    """Return whether a column (m,) tells its rows apart, as a row number or a name does."""
    if isinstance(values, Categories):
        codes = values.codes
        distinct = np.count_nonzero(np.bincount(codes[codes >= 0], minlength=1))
        return bool(distinct >= LEAST_TEXTS and distinct > MOST_DISTINCT * len(codes))
    if kind != "number" or len(values) < LEAST_TEXTS or not whole_numbers(values[:FIRST]):
        return False
    if not whole_numbers(values) or len(np.unique(values)) < len(values):
        return False
    return is_named_like_row_number(name) or _counts_up(values)


def whole_numbers(values: NDArray[np.float64]) -> bool:
    """Return whether all of these are whole numbers."""
    return bool(np.all(np.floor(values) == values))


def _counts_up(values: NDArray[np.float64]) -> bool:
    """Return whether distinct whole numbers lie as close as row numbers of which some were held back."""
    return float(np.ptp(values)) + 1 <= len(values) / MOST_DISTINCT

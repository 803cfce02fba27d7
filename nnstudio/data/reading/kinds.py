"""What a cell holds when it is read as a column of some kind, said once for preview, detection and window."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.declared import replace
from nnstudio.data.reading.booleans import parse_boolean
from nnstudio.data.reading.cells import BLANKS, is_error, parse_number
from nnstudio.data.reading.dates import find_order, parse_date
from nnstudio.data.recipe import Column, Dialect

Meaning = str | float | bool


def cell_reader(column: Column, dialect: Dialect) -> Callable[[str], Meaning | None]:
    """Return what turns a cell that is not missing into what it means; None is a cell that cannot be read so."""
    if column.kind == "number":
        return lambda text: parse_number(text, dialect)
    if column.kind == "date":
        return lambda text: moment.seconds if (moment := parse_date(text, column.date_order)) is not None else None
    if column.kind == "boolean":
        return parse_boolean
    return lambda text: None if is_error(text, dialect) else text.strip(BLANKS)


def with_order(column: Column, cells: Iterable[str], dialect: Dialect) -> Column:
    """Return a date column with its order, found from its cells where none is given."""
    if column.kind != "date" or column.date_order:
        return column
    return replace(column, date_order=find_order(cells, dialect).order)

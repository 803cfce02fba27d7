"""``nnstudio convert``: a table written exactly as it was read, as CSV or Parquet."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from nnstudio.cli.output import MistakeError, check_writable, note
from nnstudio.cli.reading import read_plan
from nnstudio.converting import write_csv, write_parquet
from nnstudio.data import Unreadable, plural
from nnstudio.data.detecting.propose import notes_on_reading
from nnstudio.data.detecting.summary import WholeTable, read_whole
from nnstudio.data.preparing.report import WANTED, counted

SET_ASIDE = 3  # the exit code where rows were set aside
WRITERS = {".csv": write_csv, ".parquet": write_parquet}


def convert(options: argparse.Namespace) -> int:
    """Write the table, say what could not be read, and return the exit code."""
    table: Path = options.table
    out: Path = options.out
    for path, what in ((table, "table"), (out, "file to write")):
        if path == Path():
            raise MistakeError(f"The name of the {what} is empty or the folder this is in. Give a file.")
    if out.suffix.lower() not in WRITERS:
        raise MistakeError(f"{out}: a table is written as CSV or Parquet. Give a name that ends in .csv or .parquet.")
    if out.exists() and table.exists() and out.samefile(table):
        raise MistakeError(f"{out} is also what is read. Give another file name.")
    check_writable(out, option="")
    whole = read_whole(table, read_plan(options, table))
    try:
        WRITERS[out.suffix.lower()](out, table, whole)
    except OSError as error:
        raise MistakeError(f"{out} was not written: {error.strerror or error}. Choose another place.") from None
    _report(whole)
    print(f"{plural(whole.table.rows, 'row')} written to {out}.")
    return SET_ASIDE if whole.table.report.set_aside else 0


def _report(whole: WholeTable) -> None:
    """Print on standard error how the table was read, and every cell and row that is not in what was written."""
    report = whole.table.report
    for name, what in whole.refused.items():
        note(f"Column {name!r} holds {what}, and is left out.")
    for name, count in report.unreadable.items():
        note(f"Column {name!r}: {counted(count, 'cell')} no {WANTED[report.kinds[name]]}, written empty:")
        _list(report.examples[name], count)
    if report.set_aside:
        note(f"{counted(report.set_aside, 'row')} set aside, not having as many cells as there are columns:")
        _list(report.set_aside_examples, report.set_aside)
    for text in dict.fromkeys((*notes_on_reading(whole.plan), *report.sentences)):
        note(text)


def _list(cells: Sequence[Unreadable], count: int) -> None:
    for cell in cells:
        note(f"  row {cell.row:,}: {cell.text!r}")
    if count > len(cells):
        note(f"  and {count - len(cells):,} more")

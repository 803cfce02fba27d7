"""The one door to a table's file: what kind of file it is, and its rows as plain text whatever it is packed in."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from engine.declared import replace
from nnstudio.data.errors import DataError
from nnstudio.data.reading import gzipped, workbook
from nnstudio.data.reading.encoding import check_file
from nnstudio.data.reading.parquet import MAGIC, damaged, is_parquet
from nnstudio.data.reading.scan import Cancel, Progress
from nnstudio.data.recipe import Dialect

Format = Literal["text", "gzip", "workbook", "parquet"]
FORMAT_TITLES: dict[Format, str] = {
    "text": "text",
    "gzip": "text, compressed with gzip",
    "workbook": "a workbook",
    "parquet": "a Parquet file",
}
# How a sheet is written by workbook.py; what a person chose of it for a text file means nothing here.
SHEET_DIALECT = Dialect()


def format_of(file: Path) -> Format:
    """Return what a file is by its first bytes, never by its name.

    Raises
    ------
    DataError
        When it begins as a Parquet file does and does not end so.
    """
    with file.open("rb") as stream:
        head = stream.read(64)
    if head.startswith(gzipped.MAGIC):
        return "gzip"
    if head.startswith((workbook.ZIP, workbook.OLE)):
        return "workbook"
    if head.startswith(MAGIC) and is_parquet(file):
        return "parquet"
    if head.startswith(MAGIC) and b"\0" in head:
        raise damaged(file)
    return "text"


def contents(path: str | Path) -> tuple[Format, tuple[str, ...]]:
    """Return what a file is, and the names of its sheets where it is a workbook.

    Raises
    ------
    DataError
        When it cannot be opened or is damaged.
    """
    file = check_file(path)
    kind = format_of(file)
    return kind, workbook.sheet_names(file) if kind == "workbook" else ()


def is_typed(kind: Format) -> bool:
    """Return whether such a file has its own way to write cells, so that no delimiter or encoding is chosen."""
    return kind in ("workbook", "parquet")


@contextlib.contextmanager
def plain(
    file: Path, dialect: Dialect, progress: Progress | None = None, cancelled: Cancel | None = None
) -> Iterator[tuple[Path, Dialect]]:
    """Give a text or Parquet file with the rows of any table file, and the dialect that it is in.

    What had to be unpacked is a temporary file of the same name, so that messages name the one that was chosen.

    Raises
    ------
    DataError
        When it is damaged, too large, or has no such sheet.
    Cancelled
        When ``cancelled`` returned true.
    """
    kind = format_of(file)
    if kind == "text":
        yield file, dialect
        return
    if kind == "parquet":
        yield file, replace(dialect, header=True, comment="", skip=0)
        return
    with tempfile.TemporaryDirectory(prefix="nnstudio-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / file.name
        if kind == "gzip":
            gzipped.unpack(file, copy, progress, cancelled)
            _check_text(copy)
            yield copy, dialect
        else:
            try:
                sheet = workbook.write_sheet(file, dialect.sheet, copy, progress, cancelled)
            except OSError as error:
                raise DataError(f"{file.name} could not be unpacked: {error.strerror or error}.") from None
            yield copy, replace(SHEET_DIALECT, header=dialect.header, sheet=sheet, skip=dialect.skip)


def _check_text(copy: Path) -> None:
    check_file(copy)
    if format_of(copy) != "text":
        raise DataError(f"{copy.name} holds {FORMAT_TITLES[format_of(copy)]} within gzip. Unpack it first.")

"""A sheet of an Excel or OpenDocument workbook as a CSV file: numbers, dates and texts as it holds them, row by row."""

from __future__ import annotations

import csv
import datetime
import itertools
import zipfile
from pathlib import Path
from typing import Any

from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.reading.cells import format_number
from nnstudio.data.reading.opendocument import CONTENT, opendocument_cells
from nnstudio.data.reading.scan import Cancel, Progress
from nnstudio.data.reading.sheet_cells import SheetCells, sheet_cells
from nnstudio.data.recipe import listed

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MOST_UNPACKED = 2**30  # bytes of a workbook's parts; a few bytes may hide terabytes
MOST_CELLS = 20_000_000  # of the rectangle around all cells, which is in memory at once
ROWS_A_LOOK = 1_000
TABLE_ROWS, TABLE_COLUMNS = 10, 2  # at least; a sheet of fewer may be a note or a cover


def sheet_names(file: Path) -> tuple[str, ...]:
    """Return the names of the sheets, in the workbook's order.

    Raises
    ------
    DataError
        When the file is damaged, locked by a password or no workbook.
    """
    with _Opened(file) as book:
        return tuple(_worksheets(book))


def write_sheet(file: Path, sheet: str, into: Path, progress: Progress | None, cancelled: Cancel | None) -> str:
    """Write a sheet as CSV and return its name; where ``sheet`` is empty, the first that looks like a table.

    That is one of ten rows and two columns; where there is none, the one with most cells.

    Line numbers are those of the sheet. A number is written in the fewest digits that read back the same, a date in
    ISO 8601, an error such as #DIV/0! as that text.

    Raises
    ------
    DataError
        When the file is damaged, there is no such sheet, it has no cells, or spans too many.
    Cancelled
        When ``cancelled`` returned true.
    """
    with _Opened(file) as book:
        names = _worksheets(book)
        if sheet and sheet not in names:
            raise DataError(f"{file.name} has no sheet {sheet!r}; its sheets are {listed(names)}. Choose one of these.")
        chosen: tuple[str, Any, SheetCells] | None = None
        most = 0
        for name in [sheet] if sheet else names:
            facts = _facts(file, name)
            _check_area(file, name, facts)
            found = book.get_sheet_by_name(name)
            if found.start is None:
                continue
            rows, columns = (1 + end - start for start, end in zip(found.start, found.end, strict=True))
            if rows * columns > most:
                chosen, most = (str(name), found, facts), rows * columns
            if rows >= TABLE_ROWS and columns >= TABLE_COLUMNS:
                chosen = (str(name), found, facts)
                break
        if chosen is not None:
            name, found, facts = chosen
            _write(found, facts, into, progress, cancelled)
            return name
    where = f"sheet {sheet!r} has no" if sheet else "no sheet has any"
    raise DataError(f"{file.name}: {where} cells. Choose a sheet with a header and at least a few rows.")


def _facts(file: Path, sheet: str) -> SheetCells:
    if not _is_zip(file):
        return SheetCells()
    return opendocument_cells(file)[sheet] if _is_opendocument(file) else sheet_cells(file, sheet)


def _check_area(file: Path, sheet: str, facts: SheetCells) -> None:
    if facts.area > MOST_CELLS:
        raise DataError(
            f"{file.name}: sheet {sheet!r} spans {facts.rows:,} rows and {facts.columns:,} columns, more than "
            f"{MOST_CELLS:,} cells. Save the sheet as CSV, or clear the cells far from the table."
        )


def _write(sheet: Any, facts: SheetCells, into: Path, progress: Progress | None, cancelled: Cancel | None) -> None:
    (_, start), (bottom, end) = sheet.start, sheet.end
    # A column or the last rows may hold nothing but errors.
    left, right = min(start, facts.left), max(end, facts.right)
    before, after = [""] * (start - left), [""] * (right - end)
    with into.open("w", encoding="utf-8", newline="") as sink:
        quoted = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
        rows = itertools.chain(sheet.iter_rows(), itertools.repeat([""] * (end - start + 1), facts.bottom - bottom))
        for row, cells in enumerate(rows):
            if row % ROWS_A_LOOK == 0:
                if cancelled is not None and cancelled():
                    raise Cancelled
                if progress is not None:
                    progress(min(1.0, row / (bottom + 1)))
            texts = [*before, *map(cell_text, cells), *after]
            for column, text in facts.errors.get(row, {}).items():
                texts[column - left] = texts[column - left] or text
            if any(texts):
                quoted.writerow(texts)
            else:
                sink.write("\n")


def cell_text(cell: object) -> str:
    """Return a cell as text."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, (int, float)):
        return format_number(float(cell)) if abs(cell) < 2**53 or isinstance(cell, float) else str(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ") if cell.time() != datetime.time() else cell.date().isoformat()
    if isinstance(cell, (datetime.date, datetime.time)):
        return cell.isoformat()
    return str(cell)


def is_old(file: Path) -> bool:
    """Return whether a workbook is in the format of before 2007."""
    return not _is_zip(file)


def _is_zip(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(len(ZIP)) == ZIP


def _is_opendocument(file: Path) -> bool:
    with zipfile.ZipFile(file) as archive:
        return CONTENT in archive.namelist()


class _Opened:
    """A workbook that is open within a block; whatever goes wrong there ends in a DataError."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.book: Any = None

    def __enter__(self) -> Any:
        if _is_zip(self.file):
            _check_archive(self.file)
            if _is_opendocument(self.file):  # all sheets of which are read at once
                for sheet, facts in opendocument_cells(self.file).items():
                    _check_area(self.file, sheet, facts)
        import python_calamine

        try:
            self.book = python_calamine.CalamineWorkbook.from_path(str(self.file))
        except BaseException as error:
            raise self._in_words(error) from None
        return self.book

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.book.close()
        if error is not None and not isinstance(error, (DataError, KeyboardInterrupt, MemoryError)):
            raise self._in_words(error) from None

    def _in_words(self, error: BaseException) -> BaseException:
        import python_calamine

        if isinstance(error, (DataError, KeyboardInterrupt, MemoryError, SystemExit)):
            return error
        if isinstance(error, python_calamine.PasswordError) or "password" in str(error).lower():
            return DataError(f"{self.file.name} is locked by a password. Save it without one.")
        # Rust's panics arrive as an exception of their own, which is no Exception.
        return DataError(f"{self.file.name} is damaged or no workbook. Save it again as .xlsx, or as CSV.")


def _worksheets(book: Any) -> list[str]:
    """Return the names of the sheets that hold cells, charts left out."""
    return [str(sheet.name) for sheet in book.sheets_metadata if str(sheet.typ).endswith("WorkSheet")]


def _check_archive(file: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise DataError(f"{file.name} is a damaged zip archive or workbook. Save it again.") from None
    if not any(part.filename in ("xl/workbook.xml", CONTENT) for part in parts):
        raise DataError(f"{file.name} is a zip archive, but no workbook (.xlsx, .ods). Unpack it, or save it as .xlsx.")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise DataError(
            f"{file.name} unpacks to more than {MOST_UNPACKED // 2**20:,} MB, the limit for a workbook. "
            "Save the sheet as CSV."
        )

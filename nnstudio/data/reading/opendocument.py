"""How far the cells of the sheets in an OpenDocument workbook (.ods) reach, and which of them are errors.

A few bytes of it may stand for millions of cells, since cells and rows are written once and said to be repeated.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.parsers import expat

from nnstudio.data.errors import DataError
from nnstudio.data.reading.sheet_cells import CHUNK, SheetCells

CONTENT = "content.xml"
MOST_ERRORS = 1_000_000  # cells; a sheet with more is no table


def opendocument_cells(file: Path) -> dict[str, SheetCells]:
    """Return what the sheets of an .ods workbook hold, by their names.

    Raises
    ------
    DataError
        When its parts are not there, or no XML.
    """
    walker = _Walker()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = walker.start
    parser.EndElementHandler = walker.end
    parser.CharacterDataHandler = walker.characters
    try:
        with zipfile.ZipFile(file) as archive, archive.open(CONTENT) as stream:
            while chunk := stream.read(CHUNK):
                parser.Parse(chunk)
            parser.Parse(b"", True)
    except (zipfile.BadZipFile, expat.ExpatError, KeyError, ValueError, OSError, EOFError):
        raise DataError(f"{file.name} is damaged or no workbook. Save it again as .xlsx, or as CSV.") from None
    return walker.sheets


class _Walker:
    """Goes through the elements of the document."""

    def __init__(self) -> None:
        self.sheets: dict[str, SheetCells] = {}
        self.cells = SheetCells()
        self.row = self.column = 0
        self.row_repeated = self.cell_repeated = 1
        self.error: list[str] | None = None
        self.noted = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self.cells = self.sheets.setdefault(attributes.get("table:name", ""), SheetCells())
            self.row = 0
        elif name == "table:table-row":
            self.row_repeated = int(attributes.get("table:number-rows-repeated", 1))
            self.column = 0
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self.cell_repeated = int(attributes.get("table:number-columns-repeated", 1))
            if "office:value-type" in attributes:
                self._reach()
            if attributes.get("calcext:value-type") == "error":
                self.error = []

    def characters(self, text: str) -> None:
        if self.error is not None:
            self.error.append(text)

    def end(self, name: str) -> None:
        if name == "table:table-row":
            self.row += self.row_repeated
        elif name in ("table:table-cell", "table:covered-table-cell"):
            if self.error is not None:
                self._note("".join(self.error).strip())
                self.error = None
            self.column += self.cell_repeated

    def _reach(self) -> None:
        cells = self.cells
        cells.top, cells.bottom = min(cells.top, self.row), max(cells.bottom, self.row + self.row_repeated - 1)
        cells.left, cells.right = min(cells.left, self.column), max(cells.right, self.column + self.cell_repeated - 1)

    def _note(self, text: str) -> None:
        self.noted += self.row_repeated * self.cell_repeated
        if self.noted > MOST_ERRORS:
            raise ValueError("too many errors")
        for row in range(self.row, self.row + self.row_repeated):
            noted = self.cells.errors.setdefault(row, {})
            noted.update(dict.fromkeys(range(self.column, self.column + self.cell_repeated), text))

"""What must be known of a sheet before the workbook is read: how far its cells reach, and which of them are errors.

The library that reads workbooks keeps the rectangle around all cells in memory, which ends the process where one cell
is far away, and leaves errors such as #DIV/0! empty.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from nnstudio.data.errors import DataError
from nnstudio.data.reading.cells import UNCOMPUTED

CHUNK = 2**20
MOST_ROWS, MOST_COLUMNS = 2**20, 2**14  # of a sheet
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass
class SheetCells:
    """How far the cells reach, from 0; ``errors`` by row and column are the texts of cells that hold an error."""

    top: int = MOST_ROWS
    left: int = MOST_COLUMNS
    bottom: int = -1
    right: int = -1
    errors: dict[int, dict[int, str]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows there are from the first to the last that has a cell."""
        return max(0, self.bottom - self.top + 1)

    @property
    def columns(self) -> int:
        """How many columns there are from the first to the last that has a cell."""
        return max(0, self.right - self.left + 1)

    @property
    def area(self) -> int:
        """The number of cells in the rectangle around all of them, from the first row of the sheet on."""
        return (self.bottom + 1) * self.columns


def sheet_cells(file: Path, sheet: str) -> SheetCells:
    """Return what a sheet of an .xlsx workbook holds.

    Raises
    ------
    DataError
        When its parts are not there, or no XML.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            part = _part(archive, sheet)
            if part is None:
                return SheetCells()
            walker = _Walker()
            with archive.open(part) as stream:
                walker.read(stream)
            return walker.cells
    except (zipfile.BadZipFile, expat.ExpatError, ElementTree.ParseError, KeyError, ValueError, OSError, EOFError):
        raise DataError(f"{file.name}: sheet {sheet!r} is damaged. Save the workbook again.") from None


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Return the name of the archive's part that holds a sheet; None where that is no sheet of cells in XML."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    relation = ""
    for element in book.iter():
        if _local(element.tag) == "sheet" and element.get("name") == sheet:
            relation = next((value for name, value in element.attrib.items() if _local(name) == "id"), "")
    for element in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels")).iter():
        if element.get("Id") == relation:
            target = element.get("Target", "")
            part = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
            return part if part.endswith(".xml") else None
    raise KeyError(sheet)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


class _Walker:
    """Goes through the elements of a sheet."""

    def __init__(self) -> None:
        self.cells = SheetCells()
        self.row = self.column = -1
        self.is_error = self.is_text = self.has_value = self.in_value = self.has_formula = False
        self.text: list[str] | None = None

    def read(self, stream: Any) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        while chunk := stream.read(CHUNK):
            parser.Parse(chunk)
        parser.Parse(b"", True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            self._begin_cell(attributes)
        elif tag == "row":
            self.row = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
            self.column = -1
        elif tag in ("v", "is"):
            self._reach()
            self.has_value = self.has_value or tag == "is" or self.is_text  # an empty text is a value, too
            self.in_value = tag == "v"
            if self.is_error:
                self.text = []
        elif tag == "f":
            self.has_formula = True

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        if place is None:
            self.column += 1
        else:
            match = _PLACE.fullmatch(place)
            if match is None:
                raise ValueError(place)
            column = 0
            for letter in match[1]:
                column = 26 * column + ord(letter) - 64
            self.column, self.row = column - 1, int(match[2]) - 1
        self.is_error, self.is_text = attributes.get("t") == "e", attributes.get("t") == "str"
        self.has_value = self.has_formula = False

    def _reach(self) -> None:
        cells = self.cells
        cells.top, cells.bottom = min(cells.top, self.row), max(cells.bottom, self.row)
        cells.left, cells.right = min(cells.left, self.column), max(cells.right, self.column)

    def _characters(self, text: str) -> None:
        self.has_value = self.has_value or self.in_value  # openpyxl writes an empty element for a formula
        if self.text is not None:
            self.text.append(text)

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "v":
            self.in_value = False
            if self.text is not None:
                self._note("".join(self.text))
                self.text = None
        elif tag == "c" and self.has_formula and not self.has_value:
            self._reach()
            self._note(UNCOMPUTED)

    def _note(self, text: str) -> None:
        self.cells.errors.setdefault(self.row, {})[self.column] = text

"""The two ends of the import dialog: the file and how it is read, on top; problems, progress and buttons, below."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.data import ENCODING_TITLES, ImportPlan
from nnstudio.data.reading.formats import Format
from nnstudio.data.recipe import MOST_SKIPPED
from ui import preferences, theme
from ui.forms.controls import Spin
from ui.forms.plain import leave_wheel
from ui.table_files import TABLE_FILTER

DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar", " ": "Space"}
DECIMALS = {".": "Point, 1.5", ",": "Comma, 1,5"}
THOUSANDS = {"": "None", ",": "Comma", ".": "Point", " ": "Space", "'": "Apostrophe", "\u00a0": "No-break space"}
THOUSANDS |= {"\u202f": "Narrow space", "\u2009": "Thin space", "\u2019": "Apostrophe ’"}
QUOTES = {'"': 'Double "', "'": "Single '", "": "None"}
COMMENTS = {"": "None", "#": "#", "%": "%", "!": "!", ";": ";", "*": "*"}
ANOTHER = "another"  # a delimiter that is asked for
HEADERS = {True: "First row", False: "None"}
GAP = 4 * theme.UNIT


class DialectBar(QFrame):
    """The file's path, and below it one editor for each thing that was detected: those that such a file has.

    ``path_given`` carries another file's path; ``overruled`` the name and value of what a person chose instead, and
    ``refused`` the sentence that says why what was typed cannot be, empty once all is in order.
    """

    path_given = Signal(str)
    overruled = Signal(str, object)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path = ""
        self._plan: ImportPlan | None = None
        self._marks: tuple[str, ...] = ()
        self.setProperty("role", "bar")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(GAP, 10, GAP, 10)
        outer.setSpacing(8)
        self.path_edit = QLineEdit()
        self.path_edit.setPlaceholderText("Path of a table: CSV, gzip, Parquet, Excel or .ods")
        self.path_edit.setAccessibleName("File")
        self.path_edit.editingFinished.connect(self._path_typed)
        browse = QPushButton("Choose…")
        browse.setAutoDefault(False)
        browse.setAccessibleName("Choose a file")
        browse.clicked.connect(self._browse)
        self.anew = QPushButton("Detect anew")
        self.anew.setAutoDefault(False)
        self.anew.setAccessibleName("Detect anew")
        self.anew.setToolTip("This table is shown as it was loaded. Forget that, and propose everything again.")
        self.anew.hide()
        self.sheet = self._combo({}, "sheet", 180)
        self.delimiter = self._combo(DELIMITERS, "delimiter", 100)
        self.encoding = self._combo(ENCODING_TITLES, "encoding", 122)
        self.quote = self._combo(QUOTES, "quote", 92)
        self.decimal = self._combo(DECIMALS, "decimal", 106)
        self.thousands = self._combo(THOUSANDS, "thousands", 116)
        self.comment = self._combo(COMMENTS, "comment", 78)
        self.header = self._combo(HEADERS, "header", 92)
        self.skip = Spin("Rows above")
        self.skip.setRange(0, MOST_SKIPPED)
        self.skip.setEnabled(False)
        self.skip.setAccessibleName("Rows above")
        self.skip.setToolTip("How many rows stand above the table, such as a title; they are left out.")
        self.skip.valueChanged.connect(lambda rows: self.overruled.emit("skip", rows))
        self.skip.refused.connect(self.refused)
        self.marks = QLineEdit()
        self.marks.setAccessibleName("Missing marks")
        self.marks.setToolTip("What means a missing cell, with spaces between; an empty cell always does.")
        self.marks.setEnabled(False)
        self.marks.editingFinished.connect(self._marks_typed)
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addLayout(_labelled("File", self.path_edit), 1)
        first.addWidget(browse, 0, Qt.AlignmentFlag.AlignBottom)
        first.addWidget(self.anew, 0, Qt.AlignmentFlag.AlignBottom)
        self.sheet.setAccessibleName("Sheet")
        self._titles: dict[QWidget, QLabel] = {
            self.sheet: _title("Sheet", self.sheet),
            self.skip: _title("Rows above", self.skip),
        }
        for box in (self.sheet, self.skip):
            first.addLayout(_under(self._titles[box], box))
        outer.addLayout(first)
        second = QHBoxLayout()
        second.setSpacing(12)
        for title, box in (
            ("Delimiter", self.delimiter),
            ("Encoding", self.encoding),
            ("Quotes", self.quote),
            ("Decimal mark", self.decimal),
            ("Thousands", self.thousands),
            ("Comments", self.comment),
            ("Header", self.header),
        ):
            box.setAccessibleName(title)
            self._titles[box] = _title(title, box)
            second.addLayout(_under(self._titles[box], box))
        second.addLayout(_labelled("Missing marks", self.marks), 1)
        outer.addLayout(second)
        self.show_format("text", ())

    def editors(self) -> tuple[QWidget, ...]:
        """Return the editors of what was detected."""
        return (*self._titles, self.marks)

    def show_format(self, kind: Format, sheets: tuple[str, ...]) -> None:
        """Show the editors that such a file has, and the names of its sheets."""
        text = kind in ("text", "gzip")
        for box, title in self._titles.items():
            wanted = text
            if box is self.sheet:
                wanted = kind == "workbook"
            elif box in (self.header, self.skip):
                wanted = kind != "parquet"
            elif box in (self.decimal, self.thousands):
                wanted = kind != "workbook"
            box.setVisible(wanted)
            title.setVisible(wanted)
        if [self.sheet.itemText(i) for i in range(self.sheet.count())] != list(sheets):
            self.sheet.clear()
            for name in sheets:
                self.sheet.addItem(name, name)

    def show_path(self, path: str) -> None:
        """Show another file's path."""
        self._path = path
        self.path_edit.setText(path)
        self.path_edit.setToolTip(path)

    def show_plan(self, plan: ImportPlan) -> None:
        """Show what was detected or chosen."""
        self._plan = plan
        dialect = plan.dialect
        for box, value in (
            (self.sheet, dialect.sheet),
            (self.delimiter, dialect.delimiter),
            (self.encoding, dialect.encoding),
            (self.quote, dialect.quote),
            (self.decimal, dialect.decimal),
            (self.thousands, dialect.thousands),
            (self.comment, dialect.comment),
            (self.header, dialect.header),
        ):
            at = box.findData(value)
            if at < 0:
                at = min(box.count(), len(DELIMITERS)) if box is self.delimiter else box.count()
                box.insertItem(at, str(value) if str(value).isprintable() else repr(value), value)
            box.setCurrentIndex(at)
        if not self.skip.lineEdit().isModified():  # else a number is being typed
            with QSignalBlocker(self.skip):
                self.skip.setValue(dialect.skip)
        self._marks = tuple(mark for mark in plan.missing_marks if mark)
        if not self.marks.hasFocus():
            self.marks.setText(" ".join(self._marks))
            self.marks.setCursorPosition(0)

    def _marks_typed(self) -> None:
        marks = tuple(self.marks.text().split())
        if marks != self._marks:
            self._marks = marks
            self.overruled.emit("missing_marks", ("", *marks))

    def _browse(self) -> None:
        start = str(Path(self._path).parent) if self._path else preferences.table_folder()
        path, _ = QFileDialog.getOpenFileName(self, "Load a table", start, TABLE_FILTER)
        if path:
            preferences.set_table_folder(path)
            self.path_given.emit(path)

    def _path_typed(self) -> None:
        path = self.path_edit.text().strip()
        if path and path != self._path:
            self.path_given.emit(path)

    def _combo(self, titles: dict[Any, str], name: str, width: int) -> QComboBox:
        box = QComboBox()
        leave_wheel(box)
        for value, title in titles.items():
            box.addItem(title, value)
        box.setMinimumWidth(width)
        box.setEnabled(False)
        if name == "delimiter":
            box.insertSeparator(box.count())
            box.addItem("Another…", ANOTHER)
        # "activated" comes from a person alone, never from showing what was detected
        box.activated.connect(lambda _: self._chosen(box, name))
        return box

    def _chosen(self, box: QComboBox, name: str) -> None:
        if box.currentData() == ANOTHER:
            sign, given = QInputDialog.getText(self, "Delimiter", "The sign that stands between two cells:")
            if not given or not sign:
                if self._plan is not None:
                    self.show_plan(self._plan)
                return
            self.overruled.emit(name, sign)
        else:
            self.overruled.emit(name, box.currentData())


class Footer(QFrame):
    """One line for a problem, a progress bar while there is something to wait for, and the two buttons."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "footer")
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP, 10, GAP, 12)
        row.setSpacing(8)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setAccessibleName("Problem")
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.message.setMinimumHeight(36)
        row.addWidget(self.message, 1)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setFixedWidth(160)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of loading")
        self.progress.hide()
        row.addWidget(self.progress)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.setAccessibleName("Cancel")
        row.addWidget(self.cancel_button)
        self.load_button = QPushButton("Load")
        self.load_button.setProperty("role", "primary")
        self.load_button.setAccessibleName("Load the table")
        self.load_button.setDefault(True)
        row.addWidget(self.load_button)

    def say(self, text: str, *, problem: bool = False) -> None:
        """Show a line, of what is done or of what is wrong."""
        self.message.setProperty("role", "bad" if problem else "dim")
        self.message.setText(f"✕ {text}" if problem else text)
        self.message.style().polish(self.message)


def _labelled(title: str, editor: QWidget) -> QGridLayout:
    return _under(_title(title, editor), editor)


def _title(title: str, editor: QWidget) -> QLabel:
    label = QLabel(title)
    label.setProperty("role", "hint")
    label.setBuddy(editor)
    return label


def _under(label: QLabel, editor: QWidget) -> QGridLayout:
    grid = QGridLayout()
    grid.setVerticalSpacing(theme.UNIT)
    grid.addWidget(label, 0, 0)
    grid.addWidget(editor, 1, 0)
    return grid

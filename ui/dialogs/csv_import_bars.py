"""The two ends of the import dialog: the file and how it is read, on top; problems, progress and buttons, below."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QWidget,
)

from nnstudio.data import ENCODING_TITLES, Dialect
from ui import preferences, theme

TABLES = "Tables (*.csv *.tsv *.txt *.dat);;All files (*)"
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar", " ": "Space"}
DECIMALS = {".": "Point, 1.5", ",": "Comma, 1,5"}
THOUSANDS = {"": "None", ",": "Comma", ".": "Point", " ": "Space", "'": "Apostrophe", "\u00a0": "No-break space"}
THOUSANDS["\u202f"] = "Narrow space"
HEADERS = {True: "First row", False: "None"}
GAP = 4 * theme.UNIT


class DialectBar(QFrame):
    """The file's path and one list for each thing that was detected.

    ``path_given`` carries another file's path; ``overruled`` the name and value of what a person chose instead.
    """

    path_given = Signal(str)
    overruled = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path = ""
        self.setProperty("role", "bar")
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP, 10, GAP, 10)
        row.setSpacing(12)
        self.path_edit = QLineEdit()
        self.path_edit.setPlaceholderText("Path of a CSV file")
        self.path_edit.setAccessibleName("File")
        self.path_edit.editingFinished.connect(self._path_typed)
        browse = QPushButton("Choose…")
        browse.setAutoDefault(False)
        browse.setAccessibleName("Choose a file")
        browse.clicked.connect(self._browse)
        self.delimiter = self._combo(DELIMITERS, "delimiter", 104)
        self.encoding = self._combo(ENCODING_TITLES, "encoding", 124)
        self.decimal = self._combo(DECIMALS, "decimal", 110)
        self.thousands = self._combo(THOUSANDS, "thousands", 110)
        self.header = self._combo(HEADERS, "header", 92)
        row.addLayout(_labelled("File", self.path_edit), 1)
        row.addWidget(browse, 0, Qt.AlignmentFlag.AlignBottom)
        row.addSpacing(theme.UNIT)
        for title, box in (
            ("Delimiter", self.delimiter),
            ("Encoding", self.encoding),
            ("Decimal mark", self.decimal),
            ("Thousands", self.thousands),
            ("Header", self.header),
        ):
            box.setAccessibleName(title)
            row.addLayout(_labelled(title, box))

    def boxes(self) -> tuple[QComboBox, ...]:
        """Return the lists."""
        return self.delimiter, self.encoding, self.decimal, self.thousands, self.header

    def show_path(self, path: str) -> None:
        """Show another file's path."""
        self._path = path
        self.path_edit.setText(path)
        self.path_edit.setToolTip(path)

    def show_dialect(self, dialect: Dialect) -> None:
        """Show what was detected or chosen."""
        for box, value in (
            (self.delimiter, dialect.delimiter),
            (self.encoding, dialect.encoding),
            (self.decimal, dialect.decimal),
            (self.thousands, dialect.thousands),
            (self.header, dialect.header),
        ):
            at = box.findData(value)
            if at < 0:
                box.addItem(repr(value), value)
                at = box.count() - 1
            box.setCurrentIndex(at)

    def _browse(self) -> None:
        start = str(Path(self._path).parent) if self._path else preferences.table_folder()
        path, _ = QFileDialog.getOpenFileName(self, "Load a table", start, TABLES)
        if path:
            preferences.set_table_folder(path)
            self.path_given.emit(path)

    def _path_typed(self) -> None:
        path = self.path_edit.text().strip()
        if path and path != self._path:
            self.path_given.emit(path)

    def _combo(self, titles: dict[Any, str], name: str, width: int) -> QComboBox:
        box = QComboBox()
        for value, title in titles.items():
            box.addItem(title, value)
        box.setMinimumWidth(width)
        box.setEnabled(False)
        # "activated" comes from a person alone, never from showing what was detected
        box.activated.connect(lambda _: self.overruled.emit(name, box.currentData()))
        return box


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


def _labelled(title: str, editor: QWidget) -> QGridLayout:
    grid = QGridLayout()
    grid.setVerticalSpacing(theme.UNIT)
    label = QLabel(title)
    label.setProperty("role", "hint")
    label.setBuddy(editor)
    grid.addWidget(label, 0, 0)
    grid.addWidget(editor, 1, 0)
    return grid

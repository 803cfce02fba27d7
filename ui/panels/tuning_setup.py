"""What the chosen hyperparameter means, and the line in which the values to try are typed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from nnstudio.document import Document
from nnstudio.hyperparameters import Hyperparameter, Value
from ui import icons, theme
from ui.forms.controls import ENTER

SUGGESTED = "The suggested values"


class ValuesLine(QLineEdit):
    """A line of values; Escape brings the suggested ones back."""

    escaped = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Escape, and give the keyboard back with Enter."""
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
            return
        super().keyPressEvent(event)
        if event.key() in ENTER and not self.property("invalid"):
            self.clearFocus()


class TuningSetup(QWidget):
    """Meaning, usual range, what is changed, and the values to try; ``changed`` says that these are others."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._one: Hyperparameter | None = None
        self._document = Document()
        self._rows = 0
        self._typed: dict[str, str] = {}  # what a person typed, by the name of the hyperparameter
        self._values: tuple[Value, ...] = ()
        self.problem = ""  # why the line cannot be tried, in a sentence
        self.meaning, self.usual = _words("dim"), _words("hint")
        self.line = ValuesLine()
        self.line.textEdited.connect(self._type)
        self.line.editingFinished.connect(self._tidy)
        self.line.escaped.connect(self._suggest)
        self.menu_button = QToolButton()
        self.menu_button.setAccessibleName("Values to choose from")
        self.menu_button.setToolTip("Values to choose from")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._menu = QMenu(self.menu_button)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.menu_button.setMenu(self._menu)
        label = QLabel("values")
        label.setProperty("role", "hint")
        label.setBuddy(self.line)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(label)
        row.addWidget(self.line, 1)
        row.addWidget(self.menu_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for words in (self.meaning, self.usual):
            column.addWidget(words)
        column.addLayout(row)
        self.restyle()

    @property
    def wrong(self) -> bool:
        """Whether what is typed cannot be tried."""
        return bool(self.problem) and self.line.isEnabled()

    @property
    def values(self) -> tuple[Value, ...]:
        """The values to try; none where there is a problem."""
        return () if self.problem else self._values

    def show_hyperparameter(self, one: Hyperparameter, document: Document, rows: int) -> None:
        """Show what there is to say of one, and what was typed for it, or the values suggested for a document."""
        self._one, self._document, self._rows = one, document, rows
        self.meaning.setText(one.meaning)
        scope = "" if one.why_not(document) else one.what_changes(document)
        self.usual.setText(f"Usual: {one.usual} {scope}".strip())
        self.line.setAccessibleName(f"Values of {one.full_title(document)} to try")
        self.line.setEnabled(not one.why_not(document))
        self.menu_button.setEnabled(self.line.isEnabled())
        text = self._typed.get(one.name)
        if text is None:
            text = "" if one.why_not(document) else one.written(one.suggested(document, rows))
        if not self.line.hasFocus() or self.line.text() != text:
            self.line.setText(text)
            self.line.setCursorPosition(0)
        self._read()

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.menu_button.setIcon(icons.icon("ph.caret-down", color=theme.tokens().dim))

    def _type(self, text: str) -> None:
        if self._one is not None:
            self._typed[self._one.name] = text
            self._read()
            self.changed.emit()

    def _tidy(self) -> None:
        """Write typed values as they were understood."""
        if self._one is not None and self._one.name in self._typed and not self.problem:
            self._typed[self._one.name] = self._one.written(self._values)
            self.line.setText(self._typed[self._one.name])

    def _suggest(self) -> None:
        if self._one is not None:
            self._typed.pop(self._one.name, None)
            self.show_hyperparameter(self._one, self._document, self._rows)
            self.changed.emit()

    def _read(self) -> None:
        one = self._one
        assert one is not None
        self.problem = one.why_not(self._document)
        if not self.problem:
            try:
                self._values = one.read(self.line.text(), self._document)
            except ValueError as error:
                self.problem = str(error)
        if bool(self.line.property("invalid")) != self.wrong:
            self.line.setProperty("invalid", self.wrong)
            self.line.style().polish(self.line)

    def _fill_menu(self) -> None:
        self._menu.clear()
        one = self._one
        if one is None:
            return
        for value in one.choices:
            action = self._menu.addAction(one.label(value))
            action.setCheckable(True)
            action.setChecked(value in self.values)
            action.triggered.connect(lambda on, value=value: self._toggle(value, on))
        if one.choices:
            self._menu.addSeparator()
        self._menu.addAction(SUGGESTED, self._suggest)

    def _toggle(self, value: Value, on: bool) -> None:
        assert self._one is not None
        kept = [other for other in self._one.choices if (on if other == value else other in self._values)]
        self.line.setText(self._one.written(kept))
        self._type(self.line.text())


def _words(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label

"""Editors of settings that may be left open: a first entry, or an empty line, stands for None and says what holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QLineEdit, QWidget

from engine.declared import Declared, Field, title_of
from nnstudio import numbers
from ui.forms.controls import Combo
from ui.forms.editors import Editor, Offers

YES_NO = {True: "yes", False: "no"}


def in_words(field: Field, value: Any) -> str:
    """Return the value of a field as a person reads it."""
    if isinstance(value, Declared):
        return title_of(value)
    if isinstance(value, bool):
        return YES_NO[value]
    titles = dict(zip(field.choices, field.titles, strict=True))
    if isinstance(value, tuple):
        return ", ".join(titles.get(str(one), str(one)) for one in value)
    return titles.get(value, value) if isinstance(value, str) else numbers.exact(value)


class OptionalChoice(Editor):
    """A combo box whose first entry is None; a switch becomes one with yes and no."""

    def __init__(self, field: Field, offers: Offers, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._combo = Combo()
        self._combo.addItem(field.none, None)
        pairs: Sequence[tuple[Any, str]] = (
            tuple(YES_NO.items()) if field.kind == "switch" else tuple(zip(field.choices, field.titles, strict=True))
        )
        self._values = [None, *(value for value, _ in pairs)]
        for value, title in pairs:
            self._combo.addItem(title, value)
        self._combo.setEnabled(not field.read_only)
        self._combo.currentIndexChanged.connect(lambda _: self.edited.emit(self.value(), ""))
        self._hold(self._combo)

    def value(self) -> Any:
        """Return the choice, or None."""
        return self._values[self._combo.currentIndex()]

    def set_value(self, value: Any) -> None:
        """Show a choice."""
        with QSignalBlocker(self._combo):
            self._combo.setCurrentIndex(self._values.index(value))

    def set_inherited(self, text: str) -> None:
        """Say what None means just now."""
        self._combo.setItemText(0, f"{text}, {self.field.none}")


class OptionalLine(Editor):
    """A line that may be empty, of a number, a whole number or a text."""

    def __init__(self, field: Field, offers: Offers, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._line = QLineEdit()
        self._line.setPlaceholderText(field.none)
        self._line.setReadOnly(field.read_only)
        self._line.editingFinished.connect(self._finish)
        self._hold(self._line)
        self._value: Any = None

    def value(self) -> Any:
        """Return what is in force, or None."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show a value, unless it is there already: what is being typed stays."""
        if value != self._value or type(value) is not type(self._value):
            self._value = value
            self._line.setText("" if value is None else in_words(self.field, value))
            self._mark("")

    def set_inherited(self, text: str) -> None:
        """Say what an empty line means just now."""
        self._line.setPlaceholderText(f"{text}, {self.field.none}" if text else self.field.none)

    def take_back(self, value: Any, sentence: str) -> None:
        """Keep what was typed, marked as wrong."""
        self._value = value
        self._mark(sentence)

    def _finish(self) -> None:
        if not self._line.isModified():
            return
        text = self._line.text().strip()
        try:
            value = self._read(text) if text else None
        except ValueError:
            kind = "a whole number" if self.field.kind == "integer" else "a number"
            self._mark(f"{self.field.label}: type {kind}, or nothing.")
            return
        self._line.setModified(False)
        self._mark("")
        if value != self._value:
            self._value = value
            self.edited.emit(value, "")

    def _read(self, text: str) -> Any:
        if self.field.kind == "text":
            return text
        number = numbers.parse(text)
        if self.field.kind == "number":
            return number
        if number != int(number):
            raise ValueError(text)
        return int(number)

    def _mark(self, sentence: str) -> None:
        if bool(self._line.property("invalid")) != bool(sentence):
            self._line.setProperty("invalid", bool(sentence))
            self._line.style().unpolish(self._line)
            self._line.style().polish(self._line)
        self.refused.emit(sentence)


class WordEditor(Editor):
    """A combo box of words that whoever shows the form knows, such as the columns of a table."""

    def __init__(self, field: Field, words: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._combo = Combo()
        self._combo.setMaxVisibleItems(20)
        self._combo.addItem("choose", "")
        for word in words:
            self._combo.addItem(word, word)
        self._combo.currentIndexChanged.connect(lambda _: self.edited.emit(self.value(), ""))
        self._hold(self._combo)

    def value(self) -> str:
        """Return the word, empty where none is chosen."""
        return str(self._combo.currentData() or "")

    def set_value(self, value: Any) -> None:
        """Show a word; one that is not known is shown all the same."""
        with QSignalBlocker(self._combo):
            at = self._combo.findData(value)
            if at < 0:
                self._combo.addItem(str(value), value)
                at = self._combo.count() - 1
            self._combo.setCurrentIndex(at)


OPTIONAL: dict[str, type[Editor]] = {
    "choice": OptionalChoice,
    "switch": OptionalChoice,
    "integer": OptionalLine,
    "number": OptionalLine,
    "text": OptionalLine,
}

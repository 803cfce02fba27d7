"""Editors of several values: check boxes of words, and texts one a line."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QPlainTextEdit, QVBoxLayout, QWidget

from engine.declared import Field
from ui.forms.editors import Editor, Offers

LINES = 4  # of a field of texts


class ChoicesEditor(Editor):
    """A check box for each choice; where the setting may be left open, one above them says so."""

    def __init__(self, field: Field, offers: Offers, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        held = QWidget()
        column = QVBoxLayout(held)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._open = QCheckBox(field.none)
        self._open.setVisible(field.optional)
        self._boxes = {choice: QCheckBox(title) for choice, title in zip(field.choices, field.titles, strict=True)}
        for box in (self._open, *self._boxes.values()):
            box.setAccessibleDescription(f"{field.label}. {field.help}")
            column.addWidget(box)
            box.toggled.connect(self._toggled)
        self._inherited: tuple[str, ...] = ()
        self._value: tuple[str, ...] | None = None
        self._hold(held)
        self.setFocusProxy(self._open if field.optional else next(iter(self._boxes.values())))

    def value(self) -> tuple[str, ...] | None:
        """Return the choices in their order, or None."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show choices."""
        self._value = value
        shown = self._inherited if value is None else value
        with QSignalBlocker(self._open):
            self._open.setChecked(value is None)
        for choice, box in self._boxes.items():
            with QSignalBlocker(box):
                box.setChecked(choice in shown)
            box.setEnabled(value is not None and not self.field.read_only)

    def set_inherited(self, text: str, value: tuple[str, ...] = ()) -> None:
        """Say what None means just now."""
        self._inherited = value
        self.set_value(self._value)

    def _toggled(self) -> None:
        if self._open.isChecked() and self.field.optional:
            value = None
        elif self._value is None:
            value = self._inherited or (self.field.choices[0],)
        else:
            value = tuple(choice for choice, box in self._boxes.items() if box.isChecked())
        if value == ():
            self.take_back(self._value, f"{self.field.label}: choose at least one.")
            return
        self.refused.emit("")
        self.set_value(value)
        self.edited.emit(value, "")


class TextsEditor(Editor):
    """Texts, one a line; they are taken when the field is left."""

    def __init__(self, field: Field, offers: Offers, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._text = QPlainTextEdit()
        self._text.setTabChangesFocus(True)
        self._text.setPlaceholderText("one a line")
        self._text.setReadOnly(field.read_only)
        self._text.setFixedHeight(LINES * self._text.fontMetrics().lineSpacing() + 20)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._text.installEventFilter(self)
        self._value: tuple[str, ...] = ()
        self._hold(self._text)

    def value(self) -> tuple[str, ...]:
        """Return the texts in force."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show texts, unless they are there already: what is being typed stays."""
        if tuple(value) != self._value:
            self._value = tuple(value)
            self._text.setPlainText("\n".join(self._value))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what was typed when the field is left."""
        if event.type() == QEvent.Type.FocusOut:
            lines = (line.strip() for line in self._text.toPlainText().splitlines())
            value = tuple(line for line in lines if line)
            if value != self._value:
                self._value = value
                self.edited.emit(value, "")
        return False

    def take_back(self, value: Any, sentence: str) -> None:
        """Keep what was typed, and say what is wrong with it."""
        self._value = tuple(value)
        self.refused.emit(sentence)

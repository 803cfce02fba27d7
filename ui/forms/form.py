"""DeclaredForm: labels and editors for every declared setting of a record, made from its declaration alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from engine.declared import Declared, Field, SettingError, fields_of, name_of, replace, title_of
from ui import theme
from ui.forms.controls import Combo
from ui.forms.editors import EDITORS, Editor, Offers
from ui.forms.optional import OPTIONAL, OptionalChoice, OptionalLine, WordEditor, in_words
from ui.forms.several import ChoicesEditor, TextsEditor

LABEL_WIDTH = 104
INDENT = 12  # of the fields of a chosen variant
ROW_GAP = 4
GROUP_GAP = 12  # above the heading of a group of fields
LONG_TITLE = 16  # characters
WIDE_KINDS = ("choices", "texts")
Words = Mapping[str, Sequence[str]]
ALL_EDITORS: dict[str, type[Editor]] = {**EDITORS, "choices": ChoicesEditor, "texts": TextsEditor}


def everything(field: Field, kind: type[Declared]) -> bool:
    """Offer every declared variant."""
    return True


class DeclaredForm(QWidget):
    """A form for one declared record.

    Parameters
    ----------
    declared
        The record to edit, or its kind, whose defaults are shown then.
    only
        Names of the fields to show; all of them where None.
    offers
        Says for a field whether one of its variants can be chosen here (an activation for outputs only, say).
    inner
        Whether this form stands below a variant in another one.
    words
        Lists of words by name, for texts that have to be one of them, such as the columns of a table.

    Signals
    -------
    edited(object, str)
        A person changed a setting: the whole new record, and the name of the field that was changed, such as
        ``"units"`` or ``"optimizer.learning_rate"``. It makes a good merge key for undo.
    """

    edited = Signal(object, str)

    def __init__(
        self,
        declared: Declared | type[Declared],
        parent: QWidget | None = None,
        *,
        only: Collection[str] | None = None,
        offers: Offers = everything,
        inner: bool = False,
        words: Words | None = None,
    ) -> None:
        super().__init__(parent)
        self._only, self._offers, self._inner, self._words = only, offers, inner, words or {}
        self._editors: dict[str, Editor] = {}
        self._problems: dict[str, QLabel] = {}
        self._notes: dict[str, QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(0)
        self._grid.setVerticalSpacing(ROW_GAP)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        value = declared() if isinstance(declared, type) else declared
        self._value: Declared = value
        self._inherited: Declared | None = None
        self._build()

    @property
    def has_rows(self) -> bool:
        """Whether there is anything to set."""
        return bool(self._editors)

    def value(self) -> Declared:
        """Return the record as it is shown."""
        return self._value

    def set_value(self, value: Declared) -> None:
        """Show a record, of this or another kind; nothing is emitted."""
        if type(value) is not type(self._value):
            self._value = value
            self._build()
        elif value != self._value:
            self._value = value
            self._show()

    def show_only(self, names: Collection[str]) -> None:
        """Show other fields of the same record."""
        if self._only is None or set(names) != set(self._only):
            self._only = tuple(names)
            self._build()

    def set_words(self, words: Words) -> None:
        """Offer other words."""
        if words != self._words:
            self._words = words
            self._build()

    def set_inherited(self, record: Declared) -> None:
        """Say in each field that is left open what holds then: the same field of another record."""
        self._inherited = record
        for name, editor in self._editors.items():
            value = getattr(record, name, None)
            if value is None or not editor.field.optional:
                continue
            if isinstance(editor, ChoicesEditor):
                editor.set_inherited("", value)
            elif isinstance(editor, (OptionalChoice, OptionalLine, VariantEditor)):
                editor.set_inherited(in_words(editor.field, value))

    def editor(self, name: str) -> Editor:
        """Return the editor of a field."""
        return self._editors[name]

    def controls(self) -> list[QWidget]:
        """Return the controls in the order in which Tab goes through them."""
        found: list[QWidget] = []
        for editor in self._editors.values():
            found.append(editor.focusProxy())
            if isinstance(editor, VariantEditor):
                found += editor.below.controls()
        return found

    def problem(self, name: str) -> str:
        """Return the sentence shown below a field, empty where all is well."""
        label = self._problems[name]
        return "" if label.isHidden() else label.text()

    def knows(self, name: str) -> bool:
        """Return whether a field is shown here."""
        return name in self._editors

    def set_note(self, name: str, sentence: str) -> None:
        """Say something below a field that is no problem, or, with an empty sentence, nothing more."""
        label = self._notes.get(name)
        if label is not None and label.text() != sentence:
            _say(label, sentence)

    def note(self, name: str) -> str:
        """Return what :meth:`set_note` says below a field."""
        return self._notes[name].text()

    def _build(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._editors.clear()
        self._problems.clear()
        self._notes.clear()
        row, group = 0, ""
        for field in fields_of(type(self._value)):
            if self._only is None or field.name in self._only:
                if field.group != group:
                    group = field.group
                    self._grid.addWidget(_heading(group, first=not row), row, 0, 1, 2)
                    row += 1
                row = self._add(field, row)
        if self._inherited is not None:
            self.set_inherited(self._inherited)
        self._show()

    def _add(self, field: Field, row: int) -> int:
        label = QLabel(field.label)
        label.setProperty("role", "dim")
        label.setToolTip(field.help)
        label.setWordWrap(True)
        label.setContentsMargins(INDENT if self._inner else 0, 0, ROW_GAP, 0)
        editor = _editor_for(field, self._offers, self._words)
        label.setBuddy(editor)
        problem, note = _sentence("bad"), _sentence("hint")
        editor.edited.connect(lambda value, path: self._change(field.name, value, path))
        editor.refused.connect(lambda sentence: _say(problem, sentence))
        self._editors[field.name], self._problems[field.name] = editor, problem
        if _is_wide(field):
            self._grid.addWidget(label, row, 0, 1, 2)
            self._grid.addWidget(editor, row + 1, 0, 1, 2)
        else:
            self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignVCenter)
            self._grid.addWidget(editor, row, 1)
        self._grid.addWidget(problem, row + 2, 0, 1, 2)
        if isinstance(editor, VariantEditor):
            self._grid.addWidget(editor.below, row + 3, 0, 1, 2)
        self._grid.addWidget(note, row + 4, 0, 1, 2)
        self._notes[field.name] = note
        return row + 5

    def _show(self) -> None:
        for name, editor in self._editors.items():
            editor.set_value(getattr(self._value, name))

    def _change(self, name: str, value: Any, path: str) -> None:
        try:
            changed = replace(self._value, **{name: value})
        except SettingError as error:
            self._editors[name].take_back(getattr(self._value, name), f"{error} The old value is kept.")
            return
        _say(self._problems[name], "")
        if changed != self._value:
            self._value = changed
            self.edited.emit(changed, f"{name}.{path}" if path else name)


class VariantEditor(Editor):
    """A combo box of titles; the fields of the chosen variant follow in :attr:`below`, which a form places under it.

    Each variant remembers its settings while the form lives: to try another and come back loses nothing. Where the
    setting may be left open, the first entry stands for None.
    """

    def __init__(self, field: Field, offers: Offers, words: Words | None = None, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._offers = offers
        self._kinds: list[type[Declared] | None] = [kind for kind in field.variants if offers(field, kind)]
        first = next(kind for kind in self._kinds if kind is not None)
        self._remembered: dict[type[Declared], Declared] = {}
        self._value: Declared | None = None
        self._combo = Combo()
        if field.optional:
            self._kinds.insert(0, None)
        for kind in self._kinds:
            if kind is None:
                self._combo.addItem(field.none, "")
            else:
                self._combo.addItem(title_of(kind), name_of(kind) if len(field.variants) > 1 else "")
        self._combo.setEnabled(not field.read_only)
        self._combo.currentIndexChanged.connect(self._choose)
        self._hold(self._combo)
        # Held by this editor until a form takes it: without a parent it would be a window of its own.
        self.below = DeclaredForm(first, self, offers=offers, inner=True, words=words)
        self.below.edited.connect(self._change)
        self.below.hide()

    def value(self) -> Declared | None:
        """Return the chosen variant with its settings."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show a variant, or None where the setting is left open."""
        kind = None if value is None else type(value)
        if kind is not None and kind not in self._kinds:  # not offered here, but it is what the document has
            self._kinds.append(kind)
            with QSignalBlocker(self._combo):
                self._combo.addItem(title_of(kind), name_of(kind))
        self._value = value
        with QSignalBlocker(self._combo):
            self._combo.setCurrentIndex(self._kinds.index(kind))
        if kind is None:
            self.below.hide()
            return
        self._remembered[kind] = value
        self.below.set_value(value)
        for before, after in pairwise([self._combo, *self.below.controls()]):
            QWidget.setTabOrder(before, after)  # fields made anew would otherwise come last
        self.below.setVisible(self.below.has_rows and self.below.parent() is not self)

    def set_inherited(self, text: str) -> None:
        """Say what None means just now."""
        self._combo.setItemText(0, f"{text}, {self.field.none}")

    def _choose(self, index: int) -> None:
        kind = self._kinds[index]
        if kind is None:
            if self._value is not None:
                self.set_value(None)
                self.edited.emit(None, "")
        elif type(self._value) is not kind:
            self.set_value(self._remembered.get(kind) or kind())
            self.edited.emit(self._value, "")

    def _change(self, value: Declared, path: str) -> None:
        self._value = self._remembered[type(value)] = value
        self.edited.emit(value, path)


def _editor_for(field: Field, offers: Offers, words: Words) -> Editor:
    if field.kind == "variant":
        return VariantEditor(field, offers, words)
    if field.words in words:
        return WordEditor(field, words[field.words])
    return (OPTIONAL if field.optional and field.kind in OPTIONAL else ALL_EDITORS)[field.kind](field, offers)


def _is_wide(field: Field) -> bool:
    """Whether an editor's entries are too long to stand beside the label."""
    return field.kind in WIDE_KINDS or any(len(title_of(kind)) > LONG_TITLE for kind in field.variants)


def _heading(group: str, *, first: bool) -> QLabel:
    label = QLabel(group.upper())
    label.setProperty("role", "heading")
    label.setAccessibleName(group)
    label.setContentsMargins(0, 0 if first else GROUP_GAP, 0, ROW_GAP)
    theme.strong(label)
    return label


def _sentence(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.hide()
    return label


def _say(label: QLabel, sentence: str) -> None:
    label.setText(sentence)
    label.setVisible(bool(sentence))

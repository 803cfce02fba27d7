"""What was detected of a table, in sentences: the first few at a glance, all of them in a list on request."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from ui.inspector.parts import label, set_text

GLANCE = 3  # notes
LIST_HEIGHT = 132  # pixels, of the list of all


class NotesView(QWidget):
    """Shows notes; where there are many, a button opens a list of all, from which they can be copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes: tuple[str, ...] = ()
        self.glance = label(role="dim", wrap=True)
        self.glance.setAccessibleName("Notes on what was detected")
        self.all = QPlainTextEdit()
        self.all.setReadOnly(True)
        self.all.setFixedHeight(LIST_HEIGHT)
        self.all.setTabChangesFocus(True)
        self.all.setAccessibleName("All notes on what was detected")
        self.all.hide()
        self.more = QPushButton()
        self.more.setCheckable(True)
        self.more.setAutoDefault(False)
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.toggled.connect(lambda _: self._show())
        row = QHBoxLayout()
        row.addWidget(self.more)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.glance)
        column.addWidget(self.all)
        column.addLayout(row)
        self.hide()

    def text(self) -> str:
        """Return the sentences that can be read without a click."""
        return self.all.toPlainText() if self.more.isChecked() else self.glance.text()

    def show_notes(self, notes: Sequence[str]) -> None:
        """Show other notes."""
        self._notes = tuple(notes)
        if len(notes) <= GLANCE:
            self.more.setChecked(False)
        set_text(self.glance, " ".join(notes[:GLANCE]))
        self.glance.setAccessibleDescription(" ".join(notes))
        text = "\n".join(f"• {note}" for note in notes)
        if self.all.toPlainText() != text:
            self.all.setPlainText(text)
        self._show()

    def _show(self) -> None:
        listed = self.more.isChecked()
        self.setVisible(bool(self._notes))
        self.more.setVisible(len(self._notes) > GLANCE)
        self.more.setText("Show fewer notes" if listed else f"Show all {len(self._notes):,} notes")
        self.more.setAccessibleName(self.more.text())
        self.all.setVisible(listed)
        self.glance.setVisible(not listed)

"""Keys that mean something to the window and to a focused control: who takes Space, and who takes Undo and Redo."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit

UNDOING = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class SharedKeys(QObject):
    """Decides before the window's shortcuts see a key.

    Space trains, except on a focused button or in a list, which it presses or opens. Undo and Redo concern the text of
    a focused field only while something typed there was not taken yet.
    """

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim a key for the control, or keep the control from claiming it."""
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if event.key() == Qt.Key.Key_Space and isinstance(watched, (QAbstractButton, QComboBox)):
            event.accept()
            return True
        field = watched.lineEdit() if isinstance(watched, QAbstractSpinBox) else watched
        if isinstance(field, QLineEdit) and not field.isModified() and any(map(event.matches, UNDOING)):
            event.ignore()
            return True
        return False

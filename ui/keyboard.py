"""Space trains, except where it already has a meaning: in text, on a focused button, in an open list."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QComboBox


class SpaceKey(QObject):
    """Keeps Space for the focused control where that control uses it."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim Space for buttons, check boxes and combo boxes before the window's shortcut sees it."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
            and isinstance(watched, (QAbstractButton, QComboBox))
        ):
            event.accept()
            return True
        return False

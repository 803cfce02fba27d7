"""Renaming a layer on its card."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from ui import theme

LEAST_WIDTH, HEIGHT = 120, 26
MOST_CHARACTERS = 60


class RenameEditor(QLineEdit):
    """A field over a card's name: Enter or a click elsewhere takes the name, Escape gives up.

    Parameters
    ----------
    parent
        The view above which it stands.
    box
        Where the name stands, in pixels of the view.
    name
        The present name.
    commit
        Takes the new name and returns whether it was accepted; the field stays where it was not.
    """

    def __init__(self, parent: QWidget, box: QRect, name: str, commit: Callable[[str], bool]) -> None:
        super().__init__(name, parent)
        self._commit = commit
        self._done = False
        self.setAccessibleName("Name of the layer")
        self.setMaxLength(MOST_CHARACTERS)
        self.setFont(theme.font(theme.TITLE, 600))
        width = max(box.width() + 16, LEAST_WIDTH)
        self.setGeometry(box.x() - 9, box.center().y() - HEIGHT // 2, width, HEIGHT)
        self.selectAll()
        self.returnPressed.connect(lambda: self._take(stay=True))
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give up on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_editor()
            return
        super().keyPressEvent(event)
        # Keys the field has no use for would reach the canvas and move the selection.
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the name when the focus goes elsewhere in the window."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._take(stay=False)

    def close_editor(self) -> None:
        """Go away without a change."""
        if not self._done:
            self._done = True
            if self.hasFocus():
                self.parentWidget().setFocus()
            self.hide()
            self.deleteLater()

    def _take(self, stay: bool) -> None:
        if self._done:
            return
        accepted = self._commit(self.text())
        if accepted or not stay:
            self.close_editor()
            return
        self.setProperty("invalid", "true")
        self.style().unpolish(self)
        self.style().polish(self)

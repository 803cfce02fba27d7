"""A panel read from top to bottom like a page: widgets, words and headings below each other in one column."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

GAP = 6  # pixels between what stands below each other

_W = TypeVar("_W", bound=QWidget)


class Page:
    """Adds to the column at hand; a panel sets that before."""

    _column: QVBoxLayout

    def _add(self, widget: _W) -> _W:
        self._column.addWidget(widget)
        return widget

    def _words(self, role: str) -> QLabel:
        label = QLabel()
        label.setProperty("role", role)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return self._add(label)

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setProperty("role", "heading")
        label.setContentsMargins(0, GAP, 0, 0)
        return self._add(label)

"""What every gesture of the mouse has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from ui.canvas.view import Canvas


class Gesture:
    """From pressing a button to letting it go: previews in the scene, one edit at the end.

    ``move`` and ``finish`` get points of the scene. ``cancel`` must leave the scene as it was before. The document
    is never touched before ``finish``.
    """

    hint = ""
    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, canvas: Canvas, start: QPointF) -> None:
        self.canvas = canvas
        self.start = start
        self._far_enough = False

    def move(self, point: QPointF) -> None:
        """Follow the pointer."""

    def finish(self, point: QPointF) -> None:
        """Make the change."""

    def cancel(self) -> None:
        """Take every preview back."""

    def dragged(self, point: QPointF) -> bool:
        """Return whether the pointer has gone far enough from the start to mean a drag, now or earlier."""
        if not self._far_enough:
            way = (point - self.start) * self.canvas.zoom
            self._far_enough = way.manhattanLength() >= QApplication.startDragDistance()
        return self._far_enough

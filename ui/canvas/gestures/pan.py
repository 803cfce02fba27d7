"""Dragging the canvas itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from ui.canvas.gestures.base import Gesture

if TYPE_CHECKING:
    from ui.canvas.view import Canvas


class Pan(Gesture):
    """Moves what is in view along with the pointer."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, canvas: Canvas, start: QPointF) -> None:
        super().__init__(canvas, start)
        self._first = self._last = canvas.mapFromScene(start)

    def move(self, point: QPointF) -> None:
        """Scroll by what the pointer moved in the view."""
        here = self.canvas.mapFromScene(point)
        self.canvas.pan(here.x() - self._last.x(), here.y() - self._last.y())
        self._last = here

    def cancel(self) -> None:
        """Scroll back."""
        self.canvas.pan(self._first.x() - self._last.x(), self._first.y() - self._last.y())

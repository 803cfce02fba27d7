"""Whether a widget can be seen at all, so that hidden views ask for nothing and cost nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

_TELLING = (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Paint, QEvent.Type.ParentChange)


def is_seen(widget: QWidget) -> bool:
    """Return whether any part of a widget is on the screen.

    A dock in a tab behind another one counts as visible with Qt, but stands outside its window.
    """
    window = widget.window()
    if not widget.isVisible() or window.isMinimized():
        return False
    area, at = widget.rect(), widget
    # By hand: QWidget.visibleRegion leaves out what opaque children cover, which may be all of it.
    while at is not window and not area.isEmpty():
        area.translate(at.pos())
        at = at.parentWidget()
        area = area.intersected(at.rect())
    return not area.isEmpty()


class Visibility(QObject):
    """Watches one widget; ``changed(seen)`` says when it comes into sight or leaves it.

    Some ways of leaving it are silent in Qt: call :meth:`check` before work is done for the widget.
    """

    changed = Signal(bool)

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._window: QWidget | None = None
        self.seen = False
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.check)
        widget.installEventFilter(self)

    def check(self) -> bool:
        """Look again, and return whether the widget can be seen."""
        seen = is_seen(self._widget)
        if seen != self.seen:
            self.seen = seen
            self.changed.emit(seen)
        return seen

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again after an event that can change the answer."""
        if "_later" not in self.__dict__:  # the widget is on its way out, and this object before it
            return False
        kind = event.type()
        if kind in _TELLING:
            if kind == QEvent.Type.Hide:
                self.check()
            elif kind != QEvent.Type.Paint or not self.seen:
                self._later.start()
            if kind in (QEvent.Type.Show, QEvent.Type.ParentChange):
                self._watch_window()
        elif kind == QEvent.Type.WindowStateChange:
            self._later.start()
        return False

    def _watch_window(self) -> None:
        window = self._widget.window()
        if window is not self._window:
            if self._window is not None and self._window is not self._widget:
                self._window.removeEventFilter(self)
            self._window = window
            if window is not self._widget:
                window.installEventFilter(self)

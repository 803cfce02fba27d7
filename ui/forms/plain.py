"""What boxes that stand alone need to behave and look like those in forms."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QWidget

TEXT_INSET = 6


class _WheelGuard(QObject):
    """Leaves the wheel to what a box stands in, unless the box has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pass a wheel on."""
        if event.type() != QEvent.Type.Wheel or not isinstance(watched, QWidget) or watched.hasFocus():
            return False
        event.ignore()
        return True


def leave_wheel(box: QComboBox | QAbstractSpinBox) -> None:
    """Let a wheel that passes over a box scroll what it stands in, and change nothing."""
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.installEventFilter(_WheelGuard(box))


def dress_spin(box: QAbstractSpinBox) -> None:
    """Let a spin box's text start where that of other fields does, and a passing wheel leave it as it is."""
    line = box.lineEdit()
    if line is not None:
        line.setTextMargins(TEXT_INSET, 0, 0, 0)
    leave_wheel(box)

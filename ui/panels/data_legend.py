"""The classes and their colors in one line, as many as there is room for."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme

HEIGHT, DOT, GAP, APART = 16, 8, 5, 12  # pixels


class ClassLegend(QWidget):
    """A dot and a name a class; what has no room is counted. Without classes it takes no room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._classes: tuple[str, ...] = ()
        self.hide()

    def show_classes(self, classes: tuple[str, ...]) -> None:
        """Show these classes; their colors are the theme's."""
        self._classes = classes
        self.setVisible(bool(classes))
        self.setAccessibleName(f"Classes: {', '.join(classes)}")
        self.setToolTip(", ".join(classes))
        self.update()

    def sizeHint(self) -> QSize:
        """Return one line."""
        return QSize(80, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw dots and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL))
        count, x, middle = len(self._classes), 4, HEIGHT / 2
        measure = painter.fontMetrics().horizontalAdvance
        for index, name in enumerate(self._classes):
            left = count - index
            more = f"and {left} more"
            needed = DOT + GAP + measure(name) + (APART + measure(more) if left > 1 else 0)
            painter.setPen(theme.tokens().color("dim"))
            if x + needed > self.width() and index:
                painter.drawText(x, 0, self.width() - x, HEIGHT, int(Qt.AlignmentFlag.AlignVCenter), more)
                return
            painter.drawText(x + DOT + GAP, 0, self.width(), HEIGHT, int(Qt.AlignmentFlag.AlignVCenter), name)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.class_color(index, max(2, count)))
            painter.drawEllipse(x, round(middle - DOT / 2), DOT, DOT)
            x += DOT + GAP + measure(name) + APART

"""What floats above the canvas: the zoom bar, the minimap, and the bubble that says why something is refused."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from ui import theme
from ui.canvas.scene import NetworkScene
from ui.canvas.zoomable_view import ZoomableView

BUBBLE_WIDTH = 280
BUBBLE_MILLISECONDS = 6_000
_BUBBLE_OFFSET = QPoint(14, 18)  # from the pointer, so that it covers neither it nor the port
_MINIMAP = QSize(152, 84)
_MINIMAP_MARGIN = 6.0


class ZoomBar(QFrame):
    """−, the zoom in per cent (back to 100 %), +, Fit and Tidy."""

    def __init__(self, view: ZoomableView, fit: Callable[[], object], tidy: Callable[[], object]) -> None:
        super().__init__(view)
        self.setProperty("role", "card")
        self._view = view
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(0)
        self._percent = QToolButton()
        for button, text, name, action in (
            (QToolButton(), "\N{MINUS SIGN}", "Zoom out", view.zoom_out),
            (self._percent, "100 %", "Zoom to 100 %", view.zoom_reset),
            (QToolButton(), "+", "Zoom in", view.zoom_in),
            (QToolButton(), "Fit", "Show the whole network", fit),
            (QToolButton(), "Tidy", "Arrange the layers in columns", tidy),
        ):
            button.setText(text)
            button.setToolTip(name)
            button.setAccessibleName(name)
            button.setMinimumSize(28, 22)
            button.clicked.connect(action)
            row.addWidget(button)
        self._percent.setMinimumWidth(52)
        view.camera_changed.connect(self._show_zoom)

    def _show_zoom(self) -> None:
        text = f"{round(100 * self._view.zoom)} %"
        if text != self._percent.text():
            self._percent.setText(text)


class Minimap(QWidget):
    """The whole network in small, and the part in view; a click or a drag goes there.

    It hides while all of the network is in view: then it tells nothing, and would only cover cards.
    """

    def __init__(self, view: ZoomableView, scene: NetworkScene) -> None:
        super().__init__(view)
        self._view, self._scene = view, scene
        self._held = False
        self.setAccessibleName("Map of the network")
        self.setToolTip("Click or drag to go there")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        view.camera_changed.connect(self._follow)
        scene.cards_changed.connect(self._follow)

    def sizeHint(self) -> QSize:
        """Return the fixed size."""
        return _MINIMAP

    def area(self) -> QRectF:
        """Return the part of the scene that the map shows: the network and what is in view."""
        return self._scene.content().united(self._view.visible_area())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go where is clicked."""
        self._held = True
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer while a button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a block a card and the frame of what is in view."""
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(t.color("border"), 1.0))
        painter.setBrush(t.color("surface"))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, theme.CARD_RADIUS, theme.CARD_RADIUS)
        scale, origin = self._mapping()
        painter.setPen(Qt.PenStyle.NoPen)
        blocks: dict[str, list[QRectF]] = {}
        for item in self._scene.nodes.values():
            box = item.box()
            corner = origin + box.topLeft() * scale
            size = QRectF(corner.x(), corner.y(), max(box.width() * scale, 1.5), max(box.height() * scale, 1.5))
            blocks.setdefault(item.card.severity or item.card.family, []).append(size)
        for kind, boxes in blocks.items():
            color = t.color(kind) if kind in ("bad", "warn") else theme.family_color(kind)
            color.setAlphaF(0.75)
            painter.setBrush(color)
            painter.drawRects(boxes)
        seen = self._view.visible_area()
        corner = origin + seen.topLeft() * scale
        outline = QRectF(corner.x(), corner.y(), seen.width() * scale, seen.height() * scale)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(t.color("accent"), 1.0))
        painter.drawRoundedRect(outline, 2, 2)

    def _follow(self) -> None:
        content = self._scene.content()
        needed = not content.isEmpty() and not self._view.visible_area().contains(content)
        self.setVisible(needed or self._held)  # not away from under a pointer that drags on it
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go; without need of a map any more, go away."""
        self._held = False
        self._follow()

    def _mapping(self) -> tuple[float, QPointF]:
        """Return the scale and where the scene's origin falls on the map."""
        area = self.area()
        room = QRectF(self.rect()).adjusted(_MINIMAP_MARGIN, _MINIMAP_MARGIN, -_MINIMAP_MARGIN, -_MINIMAP_MARGIN)
        if area.isEmpty():
            return 1.0, room.center()
        scale = min(room.width() / area.width(), room.height() / area.height())
        return scale, room.center() - area.center() * scale

    def _go(self, point: QPointF) -> None:
        scale, origin = self._mapping()
        self._view.centerOn((point - origin) / scale)


class Bubble(QFrame):
    """A sentence near the pointer; it goes by itself, or with the next action."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 10, 6)
        row.setSpacing(6)
        mark = QLabel("!")
        mark.setProperty("role", "bad")
        mark.setFont(theme.font(theme.TITLE, 600))
        self._label = QLabel()
        self._label.setWordWrap(True)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(BUBBLE_MILLISECONDS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """What it says, or nothing while hidden."""
        return "" if self.isHidden() else self._label.text()

    def say(self, sentence: str, at: QPoint) -> None:
        """Show a sentence beside a point of the parent, moved inward where it would leave it."""
        self._label.setText(sentence)
        self.setAccessibleName(sentence)
        natural = self._label.fontMetrics().horizontalAdvance(sentence) + 44
        width = min(natural, BUBBLE_WIDTH, self.parentWidget().width())
        height = self.layout().heightForWidth(width)
        room = self.parentWidget().size()
        corner = at + _BUBBLE_OFFSET
        x = max(0, min(corner.x(), room.width() - width))
        y = corner.y() if corner.y() + height <= room.height() else max(0, at.y() - height - 8)
        self.setGeometry(x, y, width, height)
        self.raise_()
        self.show()
        self._timer.start()

    def hush(self) -> None:
        """Take the sentence away."""
        self._timer.stop()
        self.hide()

"""A view that zooms about the pointer, scrolls, draws the dot grid, and keeps overlays in its corners."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QNativeGestureEvent,
    QPainter,
    QPixmap,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget

from nnstudio.document import GRID
from ui import theme
from ui.canvas.node_item import FAR

STEPS = (0.1, 0.15, 0.2, 0.25, 0.33, 0.5, 0.67, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 4.0)
LEAST_ZOOM, MOST_ZOOM = 0.05, 4.0
OVERLAY_MARGIN = 12
_WHEEL_NOTCH = 120  # eighths of a degree in one notch of a wheel
_ZOOM_A_NOTCH = 1.15
_FIT_MARGIN = 48.0
_DOT = 1.5
_BOTTOM = (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner)


class ZoomableView(QGraphicsView):
    """Shows a scene at any zoom; ``camera_changed`` tells overlays that zoom or place changed."""

    camera_changed = Signal()

    def __init__(self, scene: QGraphicsScene, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self._zoom = 1.0
        self._overlays: list[tuple[QWidget, Qt.Corner]] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.horizontalScrollBar().valueChanged.connect(self.camera_changed)
        self.verticalScrollBar().valueChanged.connect(self.camera_changed)

    @property
    def zoom(self) -> float:
        """The magnification, 1 at 100 %."""
        return self._zoom

    def zoom_in(self) -> None:
        """Go to the next larger step."""
        self.set_zoom(next((step for step in STEPS if step > self._zoom * 1.01), MOST_ZOOM))

    def zoom_out(self) -> None:
        """Go to the next smaller step."""
        self.set_zoom(next((step for step in reversed(STEPS) if step < self._zoom / 1.01), LEAST_ZOOM))

    def zoom_reset(self) -> None:
        """Go to 100 %."""
        self.set_zoom(1.0)

    def set_zoom(self, zoom: float, about: QPointF | None = None) -> None:
        """Magnify, keeping what is under ``about`` (a point of the viewport; its middle by default) where it is."""
        zoom = min(max(zoom, LEAST_ZOOM), MOST_ZOOM)
        if zoom == self._zoom:
            return
        pivot = QPointF(self.viewport().rect().center()) if about is None else about
        under = self.mapToScene(pivot.toPoint())
        self._zoom = zoom
        self.setTransform(QTransform.fromScale(zoom, zoom))
        shift = self.mapFromScene(under) - pivot.toPoint()
        self.pan(-shift.x(), -shift.y())
        self.camera_changed.emit()

    def pan(self, across: int, down: int) -> None:
        """Move the content by pixels of the viewport."""
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - across)
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() - down)

    def show_area(self, area: QRectF) -> None:
        """Zoom and move so that an area of the scene is in view, never above 100 %."""
        room = self.viewport().rect().adjusted(0, 0, -int(2 * _FIT_MARGIN), -int(2 * _FIT_MARGIN))
        if area.isEmpty() or room.isEmpty():
            self.set_zoom(1.0)
            self.centerOn(area.center())
            return
        fitting = min(room.width() / area.width(), room.height() / area.height())
        self.set_zoom(min(fitting, 1.0))
        self.centerOn(area.center())
        self.camera_changed.emit()

    def visible_area(self) -> QRectF:
        """Return the part of the scene that is in view."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def clear_area(self) -> QRectF:
        """Return the part of the scene that is in view and in no row where overlays stand."""
        heights = [
            widget.sizeHint().height()
            for widget, corner in self._overlays
            if corner in _BOTTOM and not widget.isHidden()
        ]
        strip = max(heights, default=0) + OVERLAY_MARGIN
        return self.mapToScene(self.viewport().rect().adjusted(0, 0, 0, -strip)).boundingRect()

    def add_overlay(self, widget: QWidget, corner: Qt.Corner) -> None:
        """Keep a widget in a corner of the view, whatever its size becomes."""
        widget.setParent(self)
        self._overlays.append((widget, corner))
        self.place_overlays()

    def place_overlays(self) -> None:
        """Put the overlays back into their corners."""
        for widget, corner in self._overlays:
            size = widget.sizeHint()
            right = corner in (Qt.Corner.TopRightCorner, Qt.Corner.BottomRightCorner)
            bottom = corner in _BOTTOM
            x = self.width() - size.width() - OVERLAY_MARGIN if right else OVERLAY_MARGIN
            y = self.height() - size.height() - OVERLAY_MARGIN if bottom else OVERLAY_MARGIN
            widget.setGeometry(x, y, size.width(), size.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the overlays in their corners."""
        super().resizeEvent(event)
        self.place_overlays()
        self.camera_changed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer with Ctrl; scroll otherwise, sideways with Shift."""
        angle = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self._zoom * math.pow(_ZOOM_A_NOTCH, angle.y() / _WHEEL_NOTCH), event.position())
        else:
            step = event.pixelDelta() if not event.pixelDelta().isNull() else angle / 2
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and step.x() == 0:
                step = QPoint(step.y(), 0)
            self.pan(step.x(), step.y())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Zoom by pinching on a touchpad; let the scene report what it changed before anything is painted."""
        if event.type() == QEvent.Type.Paint:
            # The scene tells of changed and moved items by a call it posts to itself. A paint that comes earlier (for
            # a live picture, say) would put their new places over the old ones it still has to clear, and what stood
            # there would stay on the screen.
            QCoreApplication.sendPostedEvents(self.scene(), QEvent.Type.MetaCall.value)
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.set_zoom(self._zoom * (1.0 + event.value()), event.position())
            return True
        return super().viewportEvent(event)

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the canvas and its dots, fewer of them from afar."""
        t = theme.tokens()
        painter.fillRect(rect, QColor(t.canvas))
        pitch = GRID * (1 if self._zoom >= FAR else 4 if self._zoom >= FAR / 4 else 0)
        if not pitch:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(rect, self._dots(pitch, t.canvas, t.dots))
        painter.restore()

    def _dots(self, pitch: float, canvas: str, dots: str) -> QBrush:
        """Return a brush of one tile with a dot in its corner, made for the present zoom."""
        key = (pitch, self._zoom, canvas, self.devicePixelRatioF())
        if getattr(self, "_dots_key", None) == key:
            return self._dots_brush
        pixels = max(2, round(pitch * self._zoom * self.devicePixelRatioF()))
        tile = QPixmap(pixels, pixels)
        tile.fill(QColor(canvas))
        painter = QPainter(tile)
        size = max(1, round(_DOT * self._zoom * self.devicePixelRatioF()))
        painter.fillRect(0, 0, size, size, QColor(dots))
        painter.end()
        brush = QBrush(tile)
        brush.setTransform(QTransform.fromScale(pitch / pixels, pitch / pixels))
        self._dots_key, self._dots_brush = key, brush
        return brush

"""A wire between two cards: how it is drawn and picked."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from engine.graph import Edge
from ui import theme
from ui.canvas.node_item import FAR, RAISED_LEVEL, WIRE_LEVEL

GRAB = 12.0  # pixels around a wire in which it can be picked
PEN, PEN_STRONG = 1.6, 2.6


class WireItem(QGraphicsItem):
    """Draws one wire; ``edge`` is None for the one that follows the pointer."""

    def __init__(self, edge: Edge | None) -> None:
        super().__init__()
        self.edge = edge
        self._path = QPainterPath()
        self._grab: QPainterPath | None = None
        self._bounds = QRectF()
        self._strong = False
        self._dashed = edge is None
        self.setZValue(WIRE_LEVEL)

    def set_path(self, path: QPainterPath) -> None:
        """Take another course."""
        if path != self._path:
            self.prepareGeometryChange()
            self._path, self._grab = path, None
            self._bounds = path.boundingRect().adjusted(-GRAB / 2, -GRAB / 2, GRAB / 2, GRAB / 2)
            self.update()

    def set_strong(self, strong: bool) -> None:
        """Draw the wire as selected, or as the one a layer would be set into."""
        if strong != self._strong:
            self._strong = strong
            self.update()

    def set_solid(self, solid: bool) -> None:
        """Draw a wire that follows the pointer as one that would hold, or not."""
        if self._dashed == solid:
            self._dashed = not solid
            self.update()

    def set_raised(self, raised: bool) -> None:
        """Draw the wire above the cards and their ghosts, or below the cards."""
        self.setZValue(RAISED_LEVEL + 2 if raised else WIRE_LEVEL)

    def course(self) -> QPainterPath:
        """Return the curve."""
        return self._path

    def meets(self, area: QRectF) -> bool:
        """Return whether the wire passes through an area of the scene, or near it."""
        if self._grab is None:
            stroker = QPainterPathStroker()
            stroker.setWidth(GRAB)
            self._grab = stroker.createStroke(self._path)
        return self._bounds.intersects(area) and self._grab.intersects(area)

    def boundingRect(self) -> QRectF:
        """Return all that is painted."""
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the curve; far away as a hairline."""
        t = theme.tokens()
        accent = self._strong or self.edge is None
        pen = QPen(t.color("accent" if accent else "dim"), PEN_STRONG if self._strong else PEN)
        if option.levelOfDetailFromTransform(painter.worldTransform()) < FAR:
            pen.setWidth(1)
            pen.setCosmetic(True)
        if self._dashed:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._path)

"""The drawing of the computation graph: boxes in columns from X to the loss, and what one step reads and writes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from engine.graph import Graph
from nnstudio.computation import Computation, Step
from nnstudio.ledger import Line
from ui import theme
from ui.canvas.zoomable_view import ZoomableView
from ui.panels.computation_box import BoxItem, Entry
from ui.panels.computation_layout import places_of
from ui.panels.ledger_list import direction_color

MARGIN = 24.0
ASIDE = 18.0  # how near to its corner an arrow enters a box
LEAST_BEND = 10.0
HEAD_LENGTH, HEAD_WIDTH = 8.0, 4.0
READABLE = 0.85  # zoom below which the numbers cannot be read: rather a part of the graph at this one
MOVES = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class LinkItem(QGraphicsItem):
    """An arrow from a quantity to the one it is read for; backward steps run against it."""

    def __init__(self, source: str, target: str) -> None:
        super().__init__()
        self.source, self.target = source, target
        self._path = QPainterPath()
        self._start, self._end, self._along = QPointF(), QPointF(), QPointF(1, 0)
        self._lit = ""

    def join(self, source: QRectF, target: QRectF) -> None:
        """Run from one box to the other, between the sides that face each other with the most room."""
        gaps = {
            "right": target.left() - source.right(),
            "left": source.left() - target.right(),
            "down": target.top() - source.bottom(),
        }
        way = max(gaps, key=lambda name: gaps[name])
        middle = source.center(), target.center()
        if way == "down":
            # A box above and aside comes in on its own side, so that arrows of neighbors do not meet.
            into = min(max(middle[0].x(), target.left() + ASIDE), target.right() - ASIDE)
            start, end = QPointF(middle[0].x(), source.bottom()), QPointF(into, target.top())
            self._along = QPointF(0, 1)
        else:
            right = way == "right"
            start = QPointF(source.right() if right else source.left(), middle[0].y())
            end = QPointF(target.left() if right else target.right(), middle[1].y())
            self._along = QPointF(1 if right else -1, 0)
        self.prepareGeometryChange()
        self._start, self._end = start, end
        self._path = QPainterPath(start)
        reach = max(QPointF.dotProduct(end - start, self._along) / 2, LEAST_BEND)
        self._path.cubicTo(start + self._along * reach, end - self._along * reach, end)
        self.update()

    def set_lit(self, lit: str) -> None:
        """Draw it as used by a step, ``"forward"`` or ``"backward"``, or by none."""
        if lit != self._lit:
            self._lit = lit
            self.setZValue(0.5 if lit else 0.0)
            self.update()

    def boundingRect(self) -> QRectF:
        """Return all that is painted."""
        return self._path.boundingRect().adjusted(-HEAD_LENGTH, -HEAD_LENGTH, HEAD_LENGTH, HEAD_LENGTH)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the curve and its head."""
        color = QColor(theme.tokens().faint)
        if self._lit:
            color = direction_color("backward" if self._lit == "backward" else "forward")
        else:
            color.setAlphaF(0.55)
        painter.setPen(QPen(color, 2.2 if self._lit else 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._path)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPolygon(self._head())

    def _head(self) -> QPolygonF:
        back = self._lit == "backward"
        tip, along = (self._start, self._along) if back else (self._end, -self._along)
        side, base = QPointF(along.y(), along.x()) * HEAD_WIDTH, tip + along * HEAD_LENGTH
        return QPolygonF([tip, base + side, base - side])


class ComputationView(ZoomableView):
    """The graph; ``picked`` tells the entry that was chosen, ``stepped`` how many steps the keys ask to go,
    ``opened`` that the chosen entry is to be edited.
    """

    picked = Signal(str, int, int)
    stepped = Signal(int)
    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        scene = QGraphicsScene()  # a view does not keep its scene alive
        super().__init__(scene, parent)
        scene.setParent(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(120)
        self.setAccessibleName("Computation graph")
        self.boxes: dict[str, BoxItem] = {}
        self._links: list[LinkItem] = []
        self._computation: Computation | None = None
        self._graph = Graph()
        self._chosen: Entry | None = None
        self._sizes: dict[str, tuple[float, float]] = {}
        self._drag: QPointF | None = None
        self._tall = False

    # -- what it shows --------------------------------------------------------------------------------------------

    def show_computation(self, computation: Computation, graph: Graph) -> None:
        """Show another graph."""
        self.scene().clear()
        self._computation, self._graph, self._chosen = computation, graph, None
        self.boxes = {symbol: BoxItem(box) for symbol, box in computation.boxes.items()}
        self._links = [LinkItem(*link) for link in computation.links]
        for item in (*self._links, *self.boxes.values()):
            self.scene().addItem(item)
        self._sizes = {}

    def show_lines(self, lines: dict[str, Line]) -> None:
        """Show the latest numbers."""
        for box in self.boxes.values():
            box.show_lines(lines)
        sizes = {symbol: box.size() for symbol, box in self.boxes.items()}
        if sizes != self._sizes:
            self._sizes = sizes
            self._lay_out()
            self.fit()

    def show_state(self, position: int, chosen: Entry | None) -> None:
        """Show what is there after so many steps, what the last of them did, and the chosen entry."""
        computation = self._computation
        if computation is None:
            return
        self._chosen = chosen
        step = computation.steps[position - 1] if position else None
        known = computation.known(position)
        reads = {computation.base(symbol) for symbol in step.reads} if step is not None else set()
        for symbol, box in self.boxes.items():
            lit = ""
            if step is not None:
                lit = step.writes if computation.base(step.writes) == symbol else "read" if symbol in reads else ""
            box.show_state(known, chosen, lit)
        for link in self._links:
            link.set_lit(self._use_of(link, step))

    def _use_of(self, link: LinkItem, step: Step | None) -> str:
        """Return in which direction a step uses a link, or an empty text."""
        if step is None or self._computation is None:
            return ""
        written, read = self._computation.base(step.writes), {self._computation.base(s) for s in step.reads}
        if step.direction != "backward":
            return "forward" if link.target == written and link.source in read else ""
        return "backward" if link.source == written and link.target in read else ""

    def show_symbol(self, symbol: str) -> None:
        """Bring a quantity into view."""
        if self._computation is not None:
            box = self.boxes.get(self._computation.base(symbol))
            if box is not None:
                self.ensureVisible(box.sceneBoundingRect(), int(MARGIN), int(MARGIN))

    def _center_of(self, symbol: str) -> QPointF:
        box = self.boxes.get(self._computation.base(symbol)) if self._computation is not None else None
        return box.sceneBoundingRect().center() if box is not None else self.scene().sceneRect().center()

    def fit(self) -> None:
        """Show all of the graph, or, where its numbers could not be read then, the part around the chosen entry."""
        area = self.scene().sceneRect()
        self.show_area(area)
        if self.zoom < READABLE:
            self.set_zoom(READABLE)
            chosen = self._chosen[0] if self._chosen is not None else ""
            self.centerOn(self._center_of(chosen) if chosen else area.center())

    # -- layout ---------------------------------------------------------------------------------------------------

    @property
    def _is_tall(self) -> bool:
        return self.height() > self.width()

    def _lay_out(self) -> None:
        """Place the boxes and join them, downwards in a tall view and from left to right in a wide one."""
        assert self._computation is not None
        self._tall = self._is_tall
        places = places_of(self._computation, self._graph, self._sizes, self._tall)
        for symbol, (x, y) in places.items():
            self.boxes[symbol].setPos(x, y)
        for link in self._links:
            source, target = (QRectF(self.boxes[s].pos(), QSizeF(*self._sizes[s])) for s in (link.source, link.target))
            link.join(source, target)
        bounds = self.scene().itemsBoundingRect()
        self.scene().setSceneRect(bounds.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn the graph where the view has become tall or wide, and show all of it as before."""
        super().resizeEvent(event)
        if self._sizes:
            if self._is_tall != self._tall:
                self._lay_out()
            self.fit()

    # -- pointer and keys -----------------------------------------------------------------------------------------

    def _box_at(self, point: QPointF) -> BoxItem | None:
        item = self.itemAt(point.toPoint())
        return item if isinstance(item, BoxItem) else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the entry under the pointer, or take hold of the drawing."""
        box = self._box_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and box is not None:
            entry = box.entry_at(box.mapFromScene(self.mapToScene(event.position().toPoint())))
            if entry is not None:
                self.picked.emit(*entry)
        elif event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._drag = event.position()
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the drawing; tell what the pointer is over."""
        if self._drag is not None:
            moved = event.position() - self._drag
            self._drag = event.position()
            self.pan(round(moved.x()), round(moved.y()))
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._drag = None
        self.viewport().unsetCursor()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Edit the chosen entry; show all again where no box is."""
        if self._box_at(event.position()) is None:
            self.fit()
        else:
            self.opened.emit()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go through the operations, Up and Down through the entries, Home and End to both ends."""
        steps = len(self._computation.steps) if self._computation is not None else 0
        ways = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Home: -steps,
            Qt.Key.Key_End: steps,
        }
        key = Qt.Key(event.key())
        if key in ways and event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier):
            self.stepped.emit(ways[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.opened.emit()
        elif key in MOVES and self._chosen is not None:
            self._move(MOVES[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        elif key == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    def _move(self, way: int) -> None:
        """Choose the next entry of the chosen quantity, row by row."""
        assert self._chosen is not None
        assert self._computation is not None
        symbol, row, column = self._chosen
        box = self.boxes.get(self._computation.base(symbol))
        if box is None:
            return
        rows, columns = box.shape_of
        place = min(max(row * columns + column + way, 0), rows * columns - 1)
        self.picked.emit(symbol, *divmod(place, columns))

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """Draw a plain ground: the dots of the canvas are its grid, and here is none."""
        painter.fillRect(rect, theme.tokens().color("canvas"))

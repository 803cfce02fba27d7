"""The mouse on the canvas: which gesture a press begins, and what the pointer is over meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QDropEvent, QMouseEvent

from engine.graph import Edge
from engine.layers import LAYERS
from ui.canvas.gestures import DrawWire, DropLayer, Gesture, MoveCards, Pan, RubberBand
from ui.canvas.node_item import NodeItem, Port, Side
from ui.canvas.palette import LAYER_MIME
from ui.canvas.scene import PORT_REACH
from ui.canvas.wire_item import GRAB

if TYPE_CHECKING:
    from ui.canvas.view import Canvas

_LEAST_REACH = 8.0  # pixels of the screen around a port, however far away it is
_SCROLL_A_MOVE = 12  # pixels the view follows a gesture that leaves it

_CARD_HINT = "Drag to move · drag from a port to join · F2 renames · Del deletes"
_PORT_HINT = "Drag to another layer to join them"
_WIRE_HINT = "Click, then Del deletes the wire"


class Pointer:
    """Turns presses into gestures and forwards moves and releases to the one that is on."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.gesture: Gesture | None = None
        self.point: QPointF | None = None  # of the scene; None while the pointer is elsewhere
        self._button = Qt.MouseButton.NoButton
        self._port: tuple[NodeItem, Side] | None = None
        self._hint = ""

    def press(self, event: QMouseEvent) -> None:
        """Begin the gesture that belongs to what is under the pointer."""
        if self.gesture is not None:  # another button gives up
            self.cancel()
            return
        self._canvas.hush()
        self._hover_port(None)
        point = self._canvas.to_scene(event.position())
        gesture = self._gesture_for(event, point)
        if gesture is not None:
            self._begin(gesture, event.button())

    def move(self, event: QMouseEvent) -> None:
        """Follow a gesture, or show what is under the pointer."""
        if self.gesture is None:
            self.point = self._canvas.to_scene(event.position())
            self._hover(self.point)
            return
        if not isinstance(self.gesture, Pan):
            self._scroll_along(event.position().toPoint())
        self.point = self._canvas.to_scene(event.position())
        self.gesture.move(self.point)

    def release(self, event: QMouseEvent) -> None:
        """End the gesture that the button began."""
        if self.gesture is None or event.button() != self._button:
            return
        gesture = self._end()
        gesture.finish(self._canvas.to_scene(event.position()))

    def cancel(self) -> bool:
        """Give up the gesture that is on; return whether there was one."""
        if self.gesture is None:
            return False
        self._end().cancel()
        return True

    def leave(self) -> None:
        """Forget what the pointer was over."""
        if self.gesture is None:
            self.point = None
            self._hover_port(None)
            self._say("")

    def drag_enter(self, event: QDropEvent) -> bool:
        """Begin dropping a layer of the palette; return whether that is what is dragged."""
        name = layer_name(event)
        if name is None:
            return False
        self.cancel()
        self._begin(DropLayer(self._canvas, self._canvas.to_scene(event.position()), name), Qt.MouseButton.NoButton)
        return True

    def drag_move(self, event: QDropEvent) -> bool:
        """Follow what is dragged."""
        if not isinstance(self.gesture, DropLayer):
            return False
        self.gesture.move(self._canvas.to_scene(event.position()))
        return True

    def drop(self, event: QDropEvent) -> bool:
        """Add the layer."""
        if not isinstance(self.gesture, DropLayer) and not self.drag_enter(event):
            return False
        self._end().finish(self._canvas.to_scene(event.position()))
        return True

    def _gesture_for(self, event: QMouseEvent, point: QPointF) -> Gesture | None:
        canvas, network = self._canvas, self._canvas.network
        modifiers = event.modifiers()
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        toggling = shift or bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        if event.button() == Qt.MouseButton.MiddleButton:
            return Pan(canvas, point)
        if event.button() != Qt.MouseButton.LeftButton:
            return None
        if alt:
            return Pan(canvas, point)
        port = network.port_at(point, self._reach())
        if port is not None:
            return DrawWire(canvas, point, *port)
        item = network.node_at(point)
        if item is not None:
            return MoveCards(canvas, point, item.node_id, toggling)
        wire = self._wire_at(point)
        if wire is not None:
            wires = network.selected_wires
            network.select(network.selected_nodes if toggling else (), wires ^ {wire} if toggling else {wire})
            return None
        return Pan(canvas, point) if shift else RubberBand(canvas, point, toggling)

    def _begin(self, gesture: Gesture, button: Qt.MouseButton) -> None:
        self.gesture, self._button = gesture, button
        self._canvas.viewport().setCursor(gesture.cursor)
        self._say(gesture.hint)

    def _end(self) -> Gesture:
        gesture, self.gesture = self.gesture, None
        assert gesture is not None
        self._canvas.viewport().unsetCursor()
        self._say("")
        return gesture

    def _hover(self, point: QPointF) -> None:
        port = self._canvas.network.port_at(point, self._reach())
        self._hover_port(port)
        if port is not None:
            self._say(_PORT_HINT)
        elif self._canvas.network.node_at(point) is not None:
            self._say(_CARD_HINT)
        else:
            self._say(_WIRE_HINT if self._wire_at(point) is not None else "")

    def _hover_port(self, port: tuple[NodeItem, Side] | None) -> None:
        if port == self._port:
            return
        if self._port is not None:
            self._port[0].set_port(self._port[1], Port.QUIET)
        if port is not None:
            port[0].set_port(port[1], Port.NEAR)
            self._canvas.viewport().setCursor(Qt.CursorShape.CrossCursor)
        else:
            self._canvas.viewport().unsetCursor()
        self._port = port

    def _say(self, hint: str) -> None:
        if hint != self._hint:
            self._hint = hint
            self._canvas.status_hint.emit(hint)

    def _reach(self) -> float:
        return max(PORT_REACH, _LEAST_REACH / self._canvas.zoom)

    def _wire_at(self, point: QPointF) -> Edge | None:
        side = GRAB / 2 / min(self._canvas.zoom, 1.0)
        area = QRectF(point.x() - side / 2, point.y() - side / 2, side, side)
        return self._canvas.network.wire_near(area)

    def _scroll_along(self, here: QPoint) -> None:
        """Let the view follow a pointer that leaves it during a gesture."""
        room = self._canvas.viewport().rect()
        across = (here.x() < room.left()) - (here.x() > room.right())
        down = (here.y() < room.top()) - (here.y() > room.bottom())
        if across or down:
            self._canvas.pan(across * _SCROLL_A_MOVE, down * _SCROLL_A_MOVE)


def layer_name(event: QDropEvent) -> str | None:
    """Return the registered name of the layer that is dragged, or None where something else is."""
    data = event.mimeData()
    if not data.hasFormat(LAYER_MIME):
        return None
    name = bytes(data.data(LAYER_MIME).data()).decode(errors="replace")
    return name if name in LAYERS and LAYERS[name].in_palette else None

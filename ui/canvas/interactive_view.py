"""Mouse, keys, drops and menus of the canvas: each event is handed to a gesture or an action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from nnstudio import edits
from nnstudio.document import GRID
from ui.canvas import context_menu, keyboard
from ui.canvas.pointer import Pointer
from ui.canvas.scene import NetworkScene
from ui.canvas.zoomable_view import ZoomableView

if TYPE_CHECKING:
    from ui.canvas.view import Canvas

_ARROWS: dict[int, keyboard.Direction] = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
}
_STEPS = {"left": (-GRID, 0.0), "right": (GRID, 0.0), "up": (0.0, -GRID), "down": (0.0, GRID)}


class InteractiveView(ZoomableView):
    """The event handlers of :class:`ui.canvas.view.Canvas`, apart from what they lead to."""

    def __init__(self: Canvas, network: NetworkScene, parent: QWidget | None = None) -> None:
        super().__init__(network, parent)
        self.network = network
        self._pointer = Pointer(self)
        self._menu: QMenu | None = None
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # -- mouse ----------------------------------------------------------------------------------------------------

    def mousePressEvent(self: Canvas, event: QMouseEvent) -> None:
        """Begin a gesture."""
        self.person_moved_camera()
        self.settle()
        self._pointer.press(event)
        event.accept()

    def mouseMoveEvent(self: Canvas, event: QMouseEvent) -> None:
        """Follow a gesture."""
        self._pointer.move(event)

    def mouseReleaseEvent(self: Canvas, event: QMouseEvent) -> None:
        """End a gesture."""
        self._pointer.release(event)

    def mouseDoubleClickEvent(self: Canvas, event: QMouseEvent) -> None:
        """Rename a card; offer layers where there is none."""
        self._pointer.cancel()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        point = self.to_scene(event.position())
        item = self.network.node_at(point)
        if item is not None:
            self.rename(item.node_id)
        elif self.network.wire_near(QRectF(point.x() - 4, point.y() - 4, 8, 8)) is None:
            menu = context_menu.layer_menu("Add layer", lambda name: self.add_layer_at(name, point), self)
            self._pop_up(menu, event.globalPosition())

    def wheelEvent(self: Canvas, event: QWheelEvent) -> None:
        """Zoom or scroll, and leave the view to the person from then on."""
        self.person_moved_camera()
        super().wheelEvent(event)

    def leaveEvent(self: Canvas, event: QEvent) -> None:
        """Forget what the pointer was over."""
        super().leaveEvent(event)
        self._pointer.leave()

    def viewportEvent(self: Canvas, event: QEvent) -> bool:
        """Say what is under the pointer, in its tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            point = self.to_scene(QPointF(event.pos()))
            item = self.network.node_at(point) or self.network.note_at(point)
            if item is not None and self._pointer.gesture is None:
                QToolTip.showText(event.globalPos(), item.tooltip(), self.viewport())
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    # -- drops ----------------------------------------------------------------------------------------------------

    def dragEnterEvent(self: Canvas, event: QDragEnterEvent) -> None:
        """Take layers of the palette; files are left to the window."""
        self._answer(event, self._pointer.drag_enter(event))

    def dragMoveEvent(self: Canvas, event: QDragMoveEvent) -> None:
        """Show where the layer would go."""
        self._answer(event, self._pointer.drag_move(event))

    def dragLeaveEvent(self: Canvas, event: QDragLeaveEvent) -> None:
        """Take the ghost away."""
        self._pointer.cancel()
        event.accept()

    def dropEvent(self: Canvas, event: QDropEvent) -> None:
        """Add the layer."""
        self.person_moved_camera()
        self._answer(event, self._pointer.drop(event))
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def _answer(self, event: QDropEvent, taken: bool) -> None:
        if taken:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    # -- keys and menus -------------------------------------------------------------------------------------------

    def keyPressEvent(self: Canvas, event: QKeyEvent) -> None:
        """Walk, move, rename, delete; what the canvas has no use for goes on to the window."""
        chosen = self.selected()
        key = event.key()
        if key == Qt.Key.Key_Escape:
            if not self._pointer.cancel():
                self.network.select(())
            self.hush()
        elif key in _ARROWS and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._nudge(_ARROWS[key])
        elif key in _ARROWS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._walk(_ARROWS[key])
        elif key == Qt.Key.Key_F2 and len(chosen) == 1:
            self.rename(chosen[0])
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_selected()
        else:
            event.ignore()

    def focusNextPrevChild(self: Canvas, forward: bool) -> bool:
        """Let Tab go from card to card, and on to the next control behind the last one."""
        chosen = self.selected()
        current = chosen[-1] if chosen else None
        if self.hasFocus():
            step = 1 if forward else -1
            following = keyboard.next_in_order(self.document.graph, self.positions(), current, step)
            if following is not None:
                self.select_and_show(following)
                return True
        return super().focusNextPrevChild(forward)

    def focusInEvent(self: Canvas, event: QFocusEvent) -> None:
        """Select a card when the focus comes by Tab."""
        super().focusInEvent(event)
        by_tab = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_tab and not self.selected():
            step = 1 if event.reason() == Qt.FocusReason.TabFocusReason else -1
            first = keyboard.next_in_order(self.document.graph, self.positions(), None, step)
            if first is not None:
                self.select_and_show(first)

    def contextMenuEvent(self: Canvas, event: QContextMenuEvent) -> None:
        """Open the menu of what is under the pointer, or, by key, of what is selected."""
        self._pointer.cancel()
        chosen = self.selected()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and chosen:
            box = self.network.nodes[chosen[0]].box()
            at = self.viewport().mapToGlobal(self.mapFromScene(box.center()))
            self._pop_up(context_menu.node_menu(self, chosen[0]), QPointF(at))
            return
        point = self.to_scene(QPointF(event.pos()))
        item = self.network.node_at(point)
        wire = None if item else self.network.wire_near(QRectF(point.x() - 4, point.y() - 4, 8, 8))
        if item is not None:
            if item.node_id not in chosen:
                self.network.select({item.node_id})
            menu = context_menu.node_menu(self, item.node_id)
        elif wire is not None:
            self.network.select((), {wire})
            menu = context_menu.wire_menu(self, wire, point)
        else:
            menu = context_menu.canvas_menu(self, point)
        self._pop_up(menu, QPointF(event.globalPos()))

    def select_and_show(self: Canvas, node_id: str) -> None:
        """Select one card and scroll it into view."""
        self.network.select({node_id})
        self.ensureVisible(self.network.nodes[node_id].box(), 16, 16)

    def _walk(self: Canvas, direction: keyboard.Direction) -> None:
        chosen, graph, positions = self.selected(), self.document.graph, self.positions()
        if chosen:
            following = keyboard.neighbor(graph, positions, chosen[-1], direction)
        else:
            following = keyboard.next_in_order(graph, positions, None, 1)
        if following is not None:
            self.select_and_show(following)

    def _nudge(self: Canvas, direction: keyboard.Direction) -> None:
        chosen = self.selected()
        across, down = _STEPS[direction]
        positions = self.positions()
        moved = {key: (positions[key][0] + across, positions[key][1] + down) for key in chosen}
        if moved:
            key = f"nudge {' '.join(sorted(chosen))}"
            self.apply(lambda document: edits.move(document, moved), "Move by keyboard", merge_key=key)

    def _pop_up(self, menu: QMenu, at: QPointF) -> None:
        self._menu = menu
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at.toPoint())

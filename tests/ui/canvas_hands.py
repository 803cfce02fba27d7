"""Hands for the canvas's tests: a canvas on a fake training, and a mouse that presses, drags and drops on it."""

from __future__ import annotations

from fake_training import FakeTraining
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnstudio.document import Document
from ui.canvas.palette import LAYER_MIME
from ui.canvas.view import Canvas

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class Hands:
    """A canvas of 1200 × 700 at 100 %, and what a person does with it."""

    def __init__(self, qtbot, document: Document | None = None) -> None:
        self.model = FakeTraining(None, document)
        self.store = self.model.store
        self.canvas = Canvas(self.store, self.model)
        qtbot.addWidget(self.canvas)
        self.canvas.resize(1200, 700)
        self.canvas.show()
        qtbot.waitExposed(self.canvas)
        self.canvas.zoom_reset()
        self.canvas.centerOn(self.canvas.network.content().center())
        self.refusals: list[str] = []
        self.store.refused.connect(self.refusals.append)

    @property
    def document(self) -> Document:
        return self.store.document

    @property
    def wires(self) -> set[tuple[str, str]]:
        return {(edge.source, edge.target) for edge in self.document.graph.edges}

    @property
    def ids(self) -> list[str]:
        return [node.id for node in self.document.graph.nodes]

    def pixel(self, point: QPointF) -> QPoint:
        return self.canvas.mapFromScene(point)

    def card(self, node_id: str) -> QPointF:
        return self.canvas.network.nodes[node_id].box().center()

    def port(self, node_id: str, side: str) -> QPointF:
        return self.canvas.network.nodes[node_id].port(side)

    def wire(self, source: str, target: str):
        return next(edge for edge in self.canvas.network.wires if (edge.source, edge.target) == (source, target))

    def middle(self, source: str, target: str) -> QPointF:
        return self.canvas.network.wires[self.wire(source, target)].course().pointAtPercent(0.5)

    def click(self, point: QPointF, keys=NONE, button=LEFT) -> None:
        QTest.mouseClick(self.canvas.viewport(), button, keys, self.pixel(point))

    def press(self, point: QPointF, keys=NONE, button=LEFT) -> None:
        QTest.mousePress(self.canvas.viewport(), button, keys, self.pixel(point))

    def move(self, point: QPointF) -> None:
        QTest.mouseMove(self.canvas.viewport(), self.pixel(point))

    def release(self, point: QPointF, keys=NONE, button=LEFT) -> None:
        QTest.mouseRelease(self.canvas.viewport(), button, keys, self.pixel(point))

    def drag(self, start: QPointF, end: QPointF, keys=NONE, button=LEFT) -> None:
        # Taken as pixels first: while the canvas itself is dragged, the scene moves below the pointer.
        first, last, view = self.pixel(start), self.pixel(end), self.canvas.viewport()
        QTest.mousePress(view, button, keys, first)
        QTest.mouseMove(view, (first + last) / 2)
        QTest.mouseMove(view, last)
        QTest.mouseRelease(view, button, keys, last)

    def key(self, key, keys=NONE) -> None:
        QTest.keyClick(self.canvas, key, keys)

    def undo(self) -> None:
        self.store.undo_stack.undo()

    def redo(self) -> None:
        self.store.undo_stack.redo()

    # -- dragging from the palette: the offscreen platform delivers no drops, so the events are sent -----------------

    def layer(self, name: str) -> QMimeData:
        data = QMimeData()
        data.setData(LAYER_MIME, QByteArray(name.encode()))
        return data

    def enter(self, data: QMimeData, point: QPointF) -> bool:
        event = QDragEnterEvent(self.pixel(point), Qt.DropAction.CopyAction, data, LEFT, NONE)
        QApplication.sendEvent(self.canvas.viewport(), event)
        return event.isAccepted()

    def over(self, data: QMimeData, point: QPointF) -> bool:
        event = QDragMoveEvent(self.pixel(point), Qt.DropAction.CopyAction, data, LEFT, NONE)
        QApplication.sendEvent(self.canvas.viewport(), event)
        return event.isAccepted()

    def leave(self) -> None:
        QApplication.sendEvent(self.canvas.viewport(), QDragLeaveEvent())

    def drop(self, name: str, point: QPointF) -> bool:
        data = self.layer(name)
        if not self.enter(data, point):
            return False
        self.over(data, point)
        event = QDropEvent(QPointF(self.pixel(point)), Qt.DropAction.CopyAction, data, LEFT, NONE)
        QApplication.sendEvent(self.canvas.viewport(), event)
        return event.isAccepted()

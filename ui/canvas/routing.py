"""The course of a wire: a curve where the way is free, a detour between the cards where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from nnstudio.document import NODE_SPACING

DETOUR = 512.0  # pixels above and below a wire in which a free lane is looked for
_BEND_LEAST = 16.0
_BEND_MOST = 96.0
_CLEARANCES = (36.0, 20.0)  # between a card and the wire that goes around it, the nicer one first
_LEAST_CLEARANCE = 10.0
_TURNS = (56.0, 40.0, 28.0, 20.0)  # pixels in which a wire turns into its lane
_SAMPLES = 12


def wire_path(start: QPointF, end: QPointF, obstacles: Iterable[QRectF] = ()) -> QPainterPath:
    """Return the curve from an output port to an input port, around the cards that stand in its way."""
    path = QPainterPath(start)
    lane = None
    boxes: list[QRectF] = []
    if needs_way(start, end):
        boxes = list(obstacles)
        lane = _lane(start, end, boxes)
    if lane is None:
        _curve(path, start, end)
        return path
    turn_in = _turn(start, lane, 1, boxes)
    turn_out = _turn(end, lane, -1, boxes)
    _curve(path, start, QPointF(start.x() + turn_in, lane))
    path.lineTo(QPointF(end.x() - turn_out, lane))
    _curve(path, QPointF(end.x() - turn_out, lane), end)
    return path


def needs_way(start: QPointF, end: QPointF) -> bool:
    """Return whether a wire is long enough for a card to stand in its way."""
    return end.x() - start.x() > NODE_SPACING


def _curve(path: QPainterPath, start: QPointF, end: QPointF) -> None:
    across, down = end.x() - start.x(), abs(end.y() - start.y())
    if across >= 0:
        bend = max(across / 2, min(_BEND_LEAST + down / 4, _BEND_MOST))
    else:  # backwards: a loop wide enough to be seen as one
        bend = min(_BEND_MOST, _BEND_LEAST + abs(across) / 2 + down / 4)
    path.cubicTo(start + QPointF(bend, 0), end - QPointF(bend, 0), end)


def _lane(start: QPointF, end: QPointF, boxes: Sequence[QRectF]) -> float | None:
    """Return the nearest height at which a wire passes all cards between its ends; None where the way is free."""
    direct = QPainterPath(start)
    _curve(direct, start, end)
    if not _hits(direct, boxes):
        return None
    free = [
        height
        for clearance in _CLEARANCES
        for box in boxes
        for height in (box.bottom() + clearance, box.top() - clearance)
        if not any(other.top() - _LEAST_CLEARANCE < height < other.bottom() + _LEAST_CLEARANCE for other in boxes)
    ]
    # Of two lanes equally far the lower one, as in a drawing.
    ways = {height: abs(height - start.y()) + abs(height - end.y()) for height in free}
    return min(ways, key=lambda height: (ways[height], -height)) if ways else None


def _turn(port: QPointF, lane: float, side: int, boxes: Sequence[QRectF]) -> float:
    """Return the widest turn from a port into a lane that meets no card."""
    for turn in _TURNS:
        path = QPainterPath(port)
        bend = turn / 2 * side
        corner = QPointF(port.x() + turn * side, lane)
        path.cubicTo(port + QPointF(bend, 0), corner - QPointF(bend, 0), corner)
        if not _hits(path, boxes):
            return turn
    return _TURNS[-1]


def _hits(path: QPainterPath, boxes: Sequence[QRectF]) -> bool:
    bounds = path.boundingRect().adjusted(0, -_LEAST_CLEARANCE, 0, _LEAST_CLEARANCE)
    near = [box.adjusted(0, -_LEAST_CLEARANCE, 0, _LEAST_CLEARANCE) for box in boxes if box.intersects(bounds)]
    if not near:
        return False
    points = [path.pointAtPercent(step / _SAMPLES) for step in range(_SAMPLES + 1)]
    return any(box.contains(point) for box in near for point in points)

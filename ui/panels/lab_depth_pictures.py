"""The decision boundaries of several networks side by side, small, in the colors of the panel Boundary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.snapshot import Boundary
from nnstudio import numbers
from nnstudio.data import PreparedData
from nnstudio.labs.depth import Depths
from ui import theme
from ui.panels.boundary_items import grid_places, picture

MOST_SIDE, LEAST_SIDE = 180, 40  # pixels
GAP, LINE = 8, 15
MOST_POINTS = 150
DOT, EDGE = 1.7, 2.5  # radii


@dataclass(frozen=True)
class _Picture:
    image: QImage
    names: tuple[str, ...]
    words: str
    color: QColor


class BoundaryRow(QWidget):
    """One picture a network: what it answers over the plane of two features, with some training examples."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The networks' answers over the plane of the two features")
        self._pictures: list[_Picture] = []
        self._points: list[tuple[float, float, QColor]] = []

    def show_boundaries(self, data: PreparedData, depths: Depths, at: int) -> None:
        """Show the boundaries after the run in place ``at`` of each network."""
        limits = (float(data.Y[:, 0].min()), float(data.Y[:, 0].max()))
        self._pictures = []
        for row, outcome in enumerate(depths.outcomes):
            run = outcome.runs[at]
            assert run.boundary is not None
            # The first row of the grid is the lowest of the plane, and that of an image the uppermost.
            image = picture(data, run.boundary, limits).flipped(Qt.Orientation.Vertical)
            costs = [f"training cost {numbers.number(run.final('training'))}"]
            if depths.watched:
                costs.append(f"validation cost {numbers.number(run.final('validation'))}")
            words = f"{outcome.name} of {numbers.plural(outcome.width, 'unit')}, seed {run.seed}"
            names = (f"{outcome.depth} × {outcome.width} units", f"{outcome.depth} × {outcome.width}")
            said = "\n".join([words, ", ".join(costs), *([run.message] if run.message else [])])
            self._pictures.append(_Picture(image, names, said, theme.series_color(row)))
        first = depths.outcomes[0].runs[at].boundary
        assert first is not None
        self._points = _points(data, first)
        self.setAccessibleDescription("; ".join(one.words.replace("\n", ", ") for one in self._pictures))
        self._fit()
        self.update()

    def sizeHint(self) -> QSize:
        """Return a usual size."""
        return QSize(420, LEAST_SIDE + LINE)

    def area(self, at: int) -> QRectF:
        """Return where a picture stands."""
        side = self._side()
        return QRectF(at * (side + GAP), 0, side, side)

    def words_at(self, point: QPointF) -> str:
        """Return what the picture at a point shows, in words; empty beside all."""
        found = (one.words for at, one in enumerate(self._pictures) if self.area(at).contains(point))
        return next(found, "")

    def event(self, event: QEvent) -> bool:
        """Tell the network under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the pictures square."""
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint pictures, points and names."""
        painter, colors = QPainter(self), theme.tokens()
        painter.setFont(theme.font(theme.SMALL))
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        for at, one in enumerate(self._pictures):
            area = self.area(at)
            painter.drawImage(area, one.image)
            painter.setPen(Qt.PenStyle.NoPen)
            for radius, edge in ((EDGE, True), (DOT, False)):
                for x, y, color in self._points:
                    painter.setBrush(colors.color("surface") if edge else color)
                    center = QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())
                    painter.drawEllipse(center, radius, radius)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(colors.color("border"))
            painter.drawRect(area)
            painter.setPen(one.color)
            fits = (name for name in one.names if painter.fontMetrics().horizontalAdvance(name) <= area.width())
            below = QRectF(area.left(), area.bottom() + 1, area.width(), LINE)
            painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), next(fits, one.names[-1]))
        painter.end()

    def _side(self) -> float:
        count = max(len(self._pictures), 1)
        return max(min((self.width() - (count - 1) * GAP - 1) / count, MOST_SIDE), LEAST_SIDE)

    def _fit(self) -> None:
        height = round(self._side()) + LINE + 2
        if height != self.minimumHeight():
            self.setFixedHeight(height)


def _points(data: PreparedData, boundary: Boundary) -> Sequence[tuple[float, float, QColor]]:
    """Return some training examples of a task with classes: shares of the picture's width and height, and a color."""
    if data.task == "regression":
        return []
    rows = data.training[np.linspace(0, len(data.training) - 1, min(len(data.training), MOST_POINTS)).astype(np.int64)]
    X, Y = data.X[rows], data.Y[rows]
    classes: NDArray[np.integer] = (Y[:, 0] > 0.5).astype(int) if data.task == "binary" else Y.argmax(axis=1)
    columns, lines = grid_places(boundary, X[:, 0], X[:, 1])
    side = boundary.values.shape[1] - 1
    count = max(2, len(data.classes_of(0)))
    colors = [theme.class_color(index, count) for index in range(count)]
    return [
        (float(x) / side, float(y) / side, colors[kind])
        for x, y, kind in zip(columns, lines, classes.tolist(), strict=True)
    ]

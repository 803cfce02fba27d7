"""Figures of each split in a table, and the confusion matrix as a grid."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from engine.snapshot import Metrics, ProbeRequest
from nnstudio import numbers
from nnstudio.data import PreparedData
from ui import colormaps, theme
from ui.panels.base import MARGIN, Panel
from ui.training_view_model import TrainingViewModel

SPLITS = ("training", "validation", "test")
SHORT = {"training": "train.", "validation": "valid."}  # where there is little room
NARROW = 240  # pixels
TITLES = {"r2": "R²", "mae": "MAE", "rmse": "RMSE"}
HELP = {
    "train.": "Training",
    "valid.": "Validation",
    "cost": "True mean of the loss over the whole split, with the weights at the end of an epoch.\n"
    "The running cost on top is the mean of the examples as they were seen, while the weights changed.",
    "accuracy": "Share of the examples whose class is predicted right",
    "R²": "Share of the target's variance that is explained; 1 is perfect, 0 no better than the mean",
    "MAE": "Mean absolute error, in the unit of the target",
    "RMSE": "Root of the mean squared error, in the unit of the target",
}
SHARES = {"accuracy"}
IN_TARGET_UNITS = ("mae", "rmse")  # measured as trained, shown in the target's own unit
LEAST_CELL = 22  # pixels: smaller cells show no count, hovering does
LABEL_SPACE = 72
LIGHT_TEXT_FROM = 0.55


class MetricsPanel(Panel):
    """True figures over whole splits, at the end of an epoch."""

    name: ClassVar[str] = "metrics"
    title: ClassVar[str] = "Metrics"
    hint: ClassVar[str] = "Here you will see how good the predictions are on each split of the data."

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        self._cells: dict[tuple[int, int], QLabel] = {}
        self._caption = QLabel()
        self._caption.setProperty("role", "hint")
        self._caption.setWordWrap(True)
        words = QLabel("whole splits")
        words.setProperty("role", "hint")
        words.setToolTip("True figures over whole splits, at the end of an epoch")
        self.header.addWidget(words)
        self.give_way(words)
        self.confusion = ConfusionMatrix()
        column = QVBoxLayout(self.body)
        column.setContentsMargins(MARGIN, 4, MARGIN, 6)
        column.setSpacing(6)
        column.addLayout(self._grid)
        column.addWidget(self._caption)
        column.addWidget(self.confusion, 1)
        self._tail = QWidget()
        column.addWidget(self._tail, 1)

    def wanted(self) -> ProbeRequest:
        """Return what training should tell."""
        return ProbeRequest(metrics=True, boundary_resolution=1)

    def ready(self) -> bool:
        """Return whether figures have come."""
        return self.model.probes.metrics is not None and bool(self.model.probes.metrics.values)

    def refresh(self) -> None:
        """Show the latest figures."""
        metrics, data = self.model.probes.metrics, self.model.data
        if metrics is None:
            return
        self._show_table(metrics)
        matrix = metrics.confusion
        self.confusion.setVisible(matrix is not None)
        self._tail.setVisible(matrix is None)
        caption = self._unit(metrics, data)
        if matrix is not None:
            classes = data.classes if data is not None and len(data.classes) == len(matrix) else ()
            names = classes or tuple(str(index) for index in range(len(matrix)))
            self.confusion.show_matrix(np.asarray(matrix), names)
            caption = f"{metrics.confusion_split}: true class down, predicted class across"
        if caption != self._caption.text():
            self._caption.setText(caption)
        self._caption.setVisible(bool(caption))

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.confusion.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take shorter words where there is little room."""
        super().resizeEvent(event)
        if not self.empty and self.model.probes.metrics is not None:
            self._show_table(self.model.probes.metrics)

    def table(self) -> list[list[str]]:
        """Return the table as text, heading first."""
        if not self._cells:
            return []
        shown = [place for place, cell in self._cells.items() if not cell.isHidden()]
        rows, columns = max(r for r, _ in shown) + 1, max(c for _, c in shown) + 1
        return [[self._cells[r, c].text() for c in range(columns)] for r in range(rows)]

    def _unit(self, metrics: Metrics, data: PreparedData | None) -> str:
        shown = {name for split in metrics.values.values() for name in split}
        named = " and ".join(TITLES[name] for name in IN_TARGET_UNITS if name in shown)
        return f"{named} in the unit of {data.target}" if named and data is not None else ""

    def _show_table(self, metrics: Metrics) -> None:
        splits = [name for name in SPLITS if name in metrics.values]
        names = list(dict.fromkeys(name for split in splits for name in metrics.values[split]))
        narrow = self.width() < NARROW
        rows = [["", *(SHORT.get(split, split) if narrow else split for split in splits)]]
        scale = self.model.data.fitted.target.scale if self.model.data is not None else 1.0
        rows += [[TITLES.get(n, n), *(_figure(n, metrics.values[s].get(n), scale) for s in splits)] for n in names]
        for cell in list(self._cells):
            if cell[0] >= len(rows) or cell[1] >= len(rows[0]):
                self._cells[cell].hide()
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                cell = self._cell(r, c)
                if cell.text() != text:
                    cell.setText(text)
                    cell.setToolTip(HELP.get(text, ""))
                if cell.isHidden():
                    cell.show()

    def _cell(self, row: int, column: int) -> QLabel:
        if (row, column) not in self._cells:
            cell = QLabel()
            if not row or not column:
                cell.setProperty("role", "dim")
            side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            self._grid.addWidget(cell, row, column, side)
            self._cells[row, column] = cell
        return self._cells[row, column]


def _figure(name: str, value: float | None, scale: float) -> str:
    if value is None:
        return numbers.UNKNOWN
    if name in IN_TARGET_UNITS:
        value *= scale
    return numbers.percent(value) if name in SHARES else numbers.number(value)


class ConfusionMatrix(QWidget):
    """True classes down, predicted ones across; a cell is the darker the larger its share of its row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._matrix: NDArray[np.integer] = np.zeros((0, 0), int)
        self._names: tuple[str, ...] = ()

    def show_matrix(self, matrix: NDArray[np.integer], names: tuple[str, ...]) -> None:
        """Show counts."""
        if names != self._names or not np.array_equal(matrix, self._matrix):
            self._matrix, self._names = matrix, names
            right = int(np.trace(matrix))
            self.setAccessibleName("Confusion matrix")
            self.setAccessibleDescription(
                f"{numbers.count(right)} of {numbers.count(int(matrix.sum()))} predicted right"
            )
            self.update()

    def sizeHint(self) -> QSize:
        """Return a usual size."""
        return QSize(200, 140)

    def minimumSizeHint(self) -> QSize:
        """Return the least size."""
        return QSize(80, 60)

    def describe(self, x: float, y: float) -> str:
        """Return the cell at a point, in words; empty outside."""
        area, count = self._area(), len(self._matrix)
        if not count or not area.contains(x, y):
            return ""
        row = min(int((y - area.top()) / area.height() * count), count - 1)
        column = min(int((x - area.left()) / area.width() * count), count - 1)
        number, total = int(self._matrix[row, column]), int(self._matrix[row].sum())
        verb = "predicted right" if row == column else f"predicted as {self._names[column]}"
        return f"{numbers.count(number)} of {numbers.count(total)} {self._names[row]} {verb}"

    def event(self, event: QEvent) -> bool:
        """Tell the cell under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.describe(event.pos().x(), event.pos().y()), self)
            return True
        return super().event(event)

    def _area(self) -> QRectF:
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        left = min(LABEL_SPACE, widest + 8)
        return QRectF(left, 18, max(self.width() - left, 1), max(self.height() - 20, 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw cells, counts and class names."""
        count = len(self._matrix)
        if not count:
            return
        colors, painter = theme.tokens(), QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        area = self._area()
        width, height = area.width() / count, area.height() / count
        totals = np.maximum(self._matrix.sum(axis=1, keepdims=True), 1)
        shares = self._matrix / totals
        shade = colormaps.ramp(colors.window, theme.series_color(theme.VALIDATION_SERIES).name())
        metrics = painter.fontMetrics()
        for row in range(count):
            for column in range(count):
                cell = QRectF(area.left() + column * width, area.top() + row * height, width - 1, height - 1)
                share = float(shares[row, column])
                color = QColor(int(shade[round(share * (colormaps.LEVELS - 1))]))
                painter.fillRect(cell, color)
                if width >= LEAST_CELL and height >= LEAST_CELL / 2:
                    painter.setPen(QColor(colors.surface if share > LIGHT_TEXT_FROM else colors.text))
                    painter.drawText(cell, int(Qt.AlignmentFlag.AlignCenter), numbers.count(self._matrix[row, column]))
            painter.setPen(colors.color("dim"))
            if height >= metrics.height() * 0.8:
                box = QRectF(0, area.top() + row * height, area.left() - 6, height)
                name = metrics.elidedText(self._names[row], Qt.TextElideMode.ElideRight, int(box.width()))
                painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), name)
        painter.setPen(colors.color("dim"))
        for column in range(count):
            box = QRectF(area.left() + column * width, 0, width - 2, 16)
            name = metrics.elidedText(self._names[column], Qt.TextElideMode.ElideRight, int(box.width()))
            if width >= LEAST_CELL:
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), name)

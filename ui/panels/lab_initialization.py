"""The initialization panel: cost from five kinds of first weights, and what the activations became."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QToolTip, QVBoxLayout, QWidget

from engine.snapshot import Histogram
from nnstudio import numbers
from nnstudio.labs.initialization import LayerOutcome, Starts, compare_starts
from ui import theme
from ui.panels.lab import Job, LabPanel
from ui.panels.lab_curves import NamedCurves
from ui.panels.plot import SMALLEST, Plot
from ui.training_view_model import TrainingViewModel

EPOCHS, MOST_EPOCHS = 20, 10_000
ROWS, MOST_ROWS = 5_000, 1_000_000
HEAD, CELL_HEIGHT, NAMES_WIDTH, GAP = 18, 62, 68, 8  # pixels
LINE = 14


class InitializationPanel(LabPanel):
    """The open network trained from zeros, too small, too large, Xavier and He weights."""

    name: ClassVar[str] = "lab_initialization"
    title: ClassVar[str] = "Initialization"
    hint: ClassVar[str] = "Here this network can be trained from five kinds of first weights, side by side."
    sentence: ClassVar[str] = (
        "Trains this network five times, from zeros, from too small, too large, Xavier and He weights, with the same "
        "seed, order of examples and settings."
    )

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.epochs = self.add_setting("epochs", 1, MOST_EPOCHS, EPOCHS, "Epochs of each of the five trainings")
        self.rows = self.add_setting("rows", 1, MOST_ROWS, ROWS, "Training rows at most")
        self.plot = Plot("epoch", "cost, log scale")
        self.plot.setAccessibleName("Cost by epoch from each kind of first weights")
        self.plot.readout = self.readout
        self.plot.axes["left"].log = True
        self._curves = NamedCurves(self.plot)
        self.multiples = ActivationGrid()
        scroll = QScrollArea()
        scroll.setWidget(self.multiples)
        scroll.setWidgetResizable(True)
        scroll.setMinimumHeight(HEAD + CELL_HEIGHT)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        scroll.setAccessibleName("Activations of each layer at the end")
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(self.plot)
        halves.addWidget(scroll)
        halves.setChildrenCollapsible(False)
        halves.setSizes([1, 1])  # in proportion
        column = QVBoxLayout(self.result_view)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(halves)

    def job(self) -> Job:
        """Return the five trainings of this network on its first training rows."""
        document = self.model.store.document
        X, Y = self.first_rows(self.rows.value())
        return compare_starts, (document.graph, document.training, X, Y, self.epochs.value())

    def show_result(self, result: Starts) -> None:
        """Draw the costs and the activations."""
        self.plot.fit()
        self._curves.show(
            {
                outcome.start: (
                    np.arange(len(outcome.costs), dtype=float),
                    np.log10(np.maximum(outcome.costs, SMALLEST)),
                    None,
                )
                for outcome in result.outcomes
            }
        )
        self.multiples.show_starts(result)

    def result_text(self) -> str:
        """Return the costs by epoch, and the layers in which units are identical."""
        outcomes = self.result.outcomes
        rows = ["epoch\t" + "\t".join(outcome.start for outcome in outcomes)]
        for epoch in range(max(len(outcome.costs) for outcome in outcomes)):
            costs = (f"{o.costs[epoch]:.6g}" if epoch < len(o.costs) else "" for o in outcomes)
            rows.append(f"{epoch}\t" + "\t".join(costs))
        return "\n".join(rows)

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.plot.restyle()
        super().restyle()

    def readout(self, x: float, y: float) -> str:
        """Return the costs at the epoch nearest to the pointer."""
        if self.result is None:
            return ""
        epoch = int(np.clip(round(x), 0, self.result.epochs))
        lines = [f"epoch {numbers.count(epoch)}"]
        for outcome in self.result.outcomes:
            if epoch < len(outcome.costs):
                lines.append(f"{outcome.start} {numbers.number(outcome.costs[epoch])}")
        return "\n".join(lines)


class ActivationGrid(QWidget):
    """Small histograms: a row a layer, a column a start; marked where units have stayed identical."""

    def __init__(self) -> None:
        super().__init__()
        self._starts: Starts | None = None

    def show_starts(self, starts: Starts) -> None:
        """Show the activations at the end of each training."""
        self._starts = starts
        self.setMinimumHeight(HEAD + CELL_HEIGHT * len(starts.outcomes[0].layers))
        self.setAccessibleDescription(starts.verdict)
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the rows."""
        return QSize(NAMES_WIDTH + 320, max(self.minimumHeight(), HEAD + CELL_HEIGHT))

    def event(self, event: QEvent) -> bool:
        """Tell the figures of the histogram under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def words_at(self, point: QPointF) -> str:
        """Return what the histogram at a point shows, in words; empty beside all."""
        if self._starts is None:
            return ""
        for column, outcome in enumerate(self._starts.outcomes):
            for row, layer in enumerate(outcome.layers):
                if self._cell(row, column).contains(point):
                    mean, spread = (numbers.number(v) for v in (layer.histogram.mean, layer.histogram.deviation))
                    words = f"{layer.layer} from {outcome.start} weights, {outcome.formula}\nmean {mean}, σ {spread}"
                    return words + (f"\n{_mark(layer)}: symmetry not broken" if layer.symmetric else "")
        return ""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names, histograms and marks."""
        if self._starts is None:
            return
        painter, colors = QPainter(self), theme.tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL))
        for column, outcome in enumerate(self._starts.outcomes):
            head = self._cell(0, column)
            painter.setPen(theme.series_color(column))
            painter.drawText(
                QRectF(head.left(), 0, head.width(), HEAD), int(Qt.AlignmentFlag.AlignCenter), outcome.start
            )
            for row, layer in enumerate(outcome.layers):
                cell = self._cell(row, column)
                if not column:
                    painter.setPen(colors.color("dim"))
                    name = painter.fontMetrics().elidedText(layer.layer, Qt.TextElideMode.ElideRight, NAMES_WIDTH)
                    painter.drawText(QPointF(0, cell.center().y()), name)
                self._paint_cell(painter, cell, layer, column)
        painter.end()

    def _cell(self, row: int, column: int) -> QRectF:
        count = len(self._starts.outcomes) if self._starts is not None else 1
        width = (self.width() - NAMES_WIDTH) / count
        left = NAMES_WIDTH + column * width
        return QRectF(left + GAP / 2, HEAD + row * CELL_HEIGHT, width - GAP, CELL_HEIGHT - GAP)

    def _paint_cell(self, painter: QPainter, cell: QRectF, layer: LayerOutcome, column: int) -> None:
        colors = theme.tokens()
        picture = cell.adjusted(0, LINE, 0, -LINE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.series_color(column))
        painter.drawPolygon(_outline(layer.histogram, picture))
        painter.setPen(colors.color("border"))
        painter.drawLine(picture.bottomLeft(), picture.bottomRight())
        painter.setPen(colors.color("faint"))
        foot = QRectF(cell.left(), picture.bottom() + 1, cell.width(), LINE)
        low, high = (numbers.short(float(layer.histogram.edges[end]), 2) for end in (0, -1))
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignLeft), low)
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignRight), high)
        if layer.symmetric:
            painter.setPen(colors.color("bad"))
            painter.drawText(QRectF(cell.left(), cell.top(), cell.width(), LINE), 0, _mark(layer))


def _mark(layer: LayerOutcome) -> str:
    return f"{layer.identical}/{layer.units} same"


def _outline(histogram: Histogram, box: QRectF) -> QPolygonF:
    """Return the filled steps of a histogram in a box."""
    counts = np.asarray(histogram.counts, float)
    tallest = counts.max(initial=0.0) or 1.0
    edges = np.linspace(box.left(), box.right(), len(counts) + 1)
    points = [QPointF(box.left(), box.bottom())]
    for left, right, count in zip(edges[:-1], edges[1:], counts, strict=True):
        top = box.bottom() - box.height() * count / tallest
        points += [QPointF(left, top), QPointF(right, top)]
    return QPolygonF([*points, QPointF(box.right(), box.bottom())])

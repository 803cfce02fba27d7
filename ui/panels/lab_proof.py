"""The proof panel: the network's gradient beside differences of its cost, array by array and entry by entry."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.gradient_check import TOLERANCE
from nnstudio import numbers
from nnstudio.labs.proof import ArrayProof, Proof, prove
from ui import theme
from ui.panels.lab import Job, LabPanel
from ui.panels.plot import Plot, drawable
from ui.training_view_model import TrainingViewModel

ROWS, MOST_ROWS = 32, 1_000  # examples: a few dozen are enough
ENTRIES, MOST_ENTRIES = 200, 5_000  # of each array
LEAST_EXPONENT, MOST_EXPONENT = -16, 0  # of the errors' axis
ROW_HEIGHT, BAR_HEIGHT, SIDE = 38, 6, 8  # pixels
LISTED = 4  # arrays seen without scrolling
SCALE_HEIGHT = 16
POINT_SIZE = 6
ARRAY = Qt.ItemDataRole.UserRole


class ProofPanel(LabPanel):
    """One button proves the gradient of the open network on its data."""

    name: ClassVar[str] = "lab_proof"
    title: ClassVar[str] = "Proof"
    hint: ClassVar[str] = "Here the gradient of this network can be proved on its data, by differences of the cost."
    sentence: ClassVar[str] = (
        "Compares this network's gradient, at the weights with which training last rested, with central differences "
        "of the cost over the first training rows, in float64."
    )

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.rows = self.add_setting("rows", 1, MOST_ROWS, ROWS, "Training rows over which the cost is taken")
        self.entries = self.add_setting(
            "entries", 1, MOST_ENTRIES, ENTRIES, "Parameters compared in each array; of a larger one some are drawn"
        )
        self.arrays = QListWidget()
        self.arrays.setAccessibleName("Relative error of each parameter array")
        self.arrays.setItemDelegate(_ErrorBar(self.arrays))
        self.arrays.currentRowChanged.connect(self._show_array)
        self.chosen = QLabel()
        self.chosen.setProperty("role", "hint")
        self.chosen.setWordWrap(True)
        self.plot = Plot("computed dJ/dp", "numeric")
        self.plot.setAccessibleName("Numeric against computed derivatives")
        self.plot.readout = self.readout
        self._diagonal = pg.InfiniteLine(QPointF(0, 0), angle=45)
        self._points = self.plot.item.plot(pen=None, symbol="o", symbolSize=POINT_SIZE)
        self._points.setDownsampling(auto=False)
        self._points.setClipToView(False)  # which takes x for sorted
        self.plot.item.addItem(self._diagonal, ignoreBounds=True)
        column = QVBoxLayout(self.result_view)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.arrays)
        column.addWidget(_Scale())
        column.addWidget(self.chosen)
        column.addWidget(self.plot, 1)
        self._dress()

    def job(self) -> Job:
        """Return the check of this network at the weights of the document."""
        document, checkpoint = self.model.store.document, self.model.checkpoint()
        weights = checkpoint.weights if checkpoint is not None else {}
        X, Y = self.first_rows(self.rows.value())
        return prove, (document.graph, weights, document.training, X, Y, self.entries.value())

    def show_result(self, result: Proof) -> None:
        """Show a bar an array, and the entries of the one that is chosen."""
        row = max(self.arrays.currentRow(), 0)
        self.arrays.clear()
        for array in result.arrays:
            item = QListWidgetItem(_words(array))
            item.setData(ARRAY, array)
            item.setToolTip(_words(array))
            self.arrays.addItem(item)
        self.arrays.setFixedHeight(min(max(self.arrays.count(), 1), LISTED) * ROW_HEIGHT + 4)
        self.arrays.setCurrentRow(min(row, self.arrays.count() - 1))
        where = f"Cost over {numbers.plural(result.examples, 'training row')} at the "
        where += "trained weights" if result.trained else "initial weights"
        where += f" (initial ones of {', '.join(result.initial)})" * bool(result.initial)
        found = f"{numbers.plural(result.compared, 'parameter')} compared"
        found += f", {numbers.count(result.skipped)} skipped at kinks"
        self.verdict.setText(f"{result.verdict}\n{where}: {found}.")

    def result_text(self) -> str:
        """Return a row an array."""
        rows = ["array\tlayer\trelative error\tcompared\tskipped"]
        for array in self.result.arrays:
            rows.append(f"{array.symbol}\t{array.layer}\t{array.error:.3g}\t{array.compared}\t{array.skipped}")
        return "\n".join(rows)

    def restyle(self) -> None:
        """Take the theme's colors."""
        super().restyle()
        self.plot.restyle()
        self._dress()

    def readout(self, x: float, y: float) -> str:
        """Return the two derivatives of the entry nearest to the pointer, and their difference."""
        array = self._array()
        if array is None or not len(array.numeric):
            return ""
        numeric, computed = array.numeric, array.computed
        at = int(np.argmin((computed - x) ** 2 + (numeric - y) ** 2))
        return (
            f"computed {numbers.number(computed[at], 6)}\nnumeric {numbers.number(numeric[at], 6)}\n"
            f"difference {numbers.number(numeric[at] - computed[at], 2)}"
        )

    def _array(self) -> ArrayProof | None:
        item = self.arrays.currentItem()
        return item.data(ARRAY) if item is not None else None

    def _show_array(self) -> None:
        array = self._array()
        if array is None:
            self._points.setData([], [])
            self.chosen.setText("")
            return
        numeric, computed = array.numeric, array.computed
        self._points.setData(drawable(computed), drawable(numeric))
        both = np.concatenate([numeric, computed, [0.0]])
        edge = 1.08 * float(np.abs(both).max()) or 1.0
        self.plot.fit()
        self.plot.follow((-edge, edge), (-edge, edge))
        self.chosen.setText(f"{_words(array)}. On the dashed line both are equal.")
        self.plot.hover_again()

    def _dress(self) -> None:
        self._points.setSymbolPen(pg.mkPen(theme.tokens().surface))
        self._points.setSymbolBrush(theme.series_color(0))
        self._diagonal.setPen(pg.mkPen(theme.tokens().faint, style=Qt.PenStyle.DashLine))


def _words(array: ArrayProof) -> str:
    skipped = f", {numbers.count(array.skipped)} skipped at kinks" if array.skipped else ""
    error = f"relative error {numbers.number(array.error, 2)}" if array.compared else "nothing compared"
    return f"{array.symbol} of {array.layer}: {error}, {numbers.count(array.compared)} compared{skipped}"


def _place(error: float, left: float, right: float) -> float:
    """Return where an error stands on the log axis, in pixels; what is no number stands at the far end."""
    if math.isnan(error):
        return right
    exponent = math.log10(max(error, 10.0**LEAST_EXPONENT))
    share = (min(exponent, MOST_EXPONENT) - LEAST_EXPONENT) / (MOST_EXPONENT - LEAST_EXPONENT)
    return left + share * (right - left)


class _ErrorBar(QStyledItemDelegate):
    """Paints an array's name and error, and below a bar on the log axis with the line of what is still right."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        array: ArrayProof = index.data(ARRAY)
        colors, rect = theme.tokens(), QRectF(option.rect)  # type: ignore[attr-defined]
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            painter.fillRect(rect, colors.color("accent_wash"))
        painter.setFont(theme.font(theme.SMALL))
        line = rect.adjusted(SIDE, 3, -SIDE, -BAR_HEIGHT - 10)
        mark = "✓" if array.right else "✗"
        error = f"{numbers.number(array.error, 2)} {mark}" if array.compared else "at kinks –"
        painter.setPen(colors.color("text"))
        wide = QFontMetrics(painter.font()).horizontalAdvance(error) + SIDE
        name = painter.fontMetrics().elidedText(
            f"{array.symbol} of {array.layer}", Qt.TextElideMode.ElideRight, int(line.width() - wide)
        )
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), name)
        if array.compared:
            painter.setPen(colors.color("ok" if array.right else "bad"))
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), error)
        track = QRectF(rect.left() + SIDE, rect.bottom() - BAR_HEIGHT - 5, rect.width() - 2 * SIDE, BAR_HEIGHT)
        painter.fillRect(track, colors.color("border"))
        if array.compared:
            end = _place(array.error, track.left(), track.right())
            bar = QRectF(track.left(), track.top(), max(end - track.left(), 2.0), track.height())
            painter.fillRect(bar, colors.color("ok" if array.right else "bad"))
        at = _place(TOLERANCE, track.left(), track.right())
        painter.setPen(pg.mkPen(colors.text))
        painter.drawLine(QPointF(at, track.top() - 3), QPointF(at, track.bottom() + 3))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, ROW_HEIGHT)


class _Scale(QWidget):
    """The labels of the errors' log axis."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(SCALE_HEIGHT)
        self.setAccessibleName("Log axis of the relative error, with the line at 1e-6")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.tokens().color("faint"))
        left, right = SIDE + 1.0, self.width() - SIDE - 1.0
        for error in (10.0**LEAST_EXPONENT, 1e-11, TOLERANCE, 10.0**MOST_EXPONENT):
            text = f"{numbers.short(error)} at most" if error == TOLERANCE else numbers.short(error)
            wide = painter.fontMetrics().horizontalAdvance(text)
            at = min(max(_place(error, left, right) - wide / 2, left), right - wide)
            painter.drawText(QPointF(at, SCALE_HEIGHT - 4), text)

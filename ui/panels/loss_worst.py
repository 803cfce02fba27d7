"""The training examples with the largest losses, as a list that chooses the example."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from engine.emit import Array
from engine.snapshot import Worst
from nnstudio import numbers
from nnstudio.data import PreparedData

COLUMNS = ("Example", "Target", "Prediction", "Loss")
NUMBERS = (0, 3)  # columns whose numbers stand below one another
HEIGHT = 220
MOST_NUMBERS = 3  # of a target or prediction with several outputs


class WorstList(QTableWidget):
    """One row an example, the largest loss first; a click or the arrow keys choose the example."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(COLUMNS), parent)
        self._rows: list[int] = []
        self.setAccessibleName("The examples with the largest losses")
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setHighlightSections(False)
        self.setMinimumHeight(HEIGHT)
        for column in NUMBERS:
            self.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        for column, title in enumerate(COLUMNS):
            heading = QTableWidgetItem(title)
            heading.setTextAlignment(_alignment(column))
            self.setHorizontalHeaderItem(column, heading)
        self.currentCellChanged.connect(lambda row, *_: self._choose(row))
        self.cellClicked.connect(lambda row, _: self._choose(row))

    def show_worst(self, worst: Worst, data: PreparedData, chosen: int) -> None:
        """Show these examples of the training split, the chosen one marked."""
        inside = worst.rows < len(data.training)
        rows = worst.rows[inside]
        targets = data.Y[data.training[rows]]
        cells = [
            (
                numbers.count(int(row) + 1),
                _target(target, data),
                _prediction(prediction, data),
                numbers.number(float(loss)),
            )
            for row, target, prediction, loss in zip(
                rows, targets, worst.predictions[inside], worst.losses[inside], strict=True
            )
        ]
        self._rows = [int(row) for row in rows]
        with QSignalBlocker(self):
            self.setRowCount(len(cells))
            for at, texts in enumerate(cells):
                for column, text in enumerate(texts):
                    self._write(at, column, text)
            self.mark(chosen)

    def mark(self, chosen: int) -> None:
        """Mark the chosen example where it is in the list."""
        with QSignalBlocker(self):
            at = self._rows.index(chosen) if chosen in self._rows else -1
            if at != self.currentRow():
                self.setCurrentCell(at, 0 if at >= 0 else -1)

    def _write(self, row: int, column: int, text: str) -> None:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            item.setTextAlignment(_alignment(column))
            self.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._rows):
            self.chosen.emit(self._rows[row])


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _target(target: Array, data: PreparedData) -> str:
    if data.task == "binary":
        return ", ".join(data.classes_of(k)[int(y > 0.5)] for k, y in enumerate(target[:MOST_NUMBERS]))
    if data.classes and len(target) == len(data.classes):
        return data.classes[int(np.argmax(target))]
    return _numbers(target)


def _prediction(prediction: Array, data: PreparedData) -> str:
    if data.classes and len(prediction) == len(data.classes) and len(prediction) > 1:
        best = int(np.argmax(prediction))
        return f"{data.classes[best]} ({numbers.number(float(prediction[best]))})"
    return _numbers(prediction)


def _numbers(values: Array) -> str:
    shown = ", ".join(numbers.number(float(value)) for value in values[:MOST_NUMBERS])
    return shown + ", …" if len(values) > MOST_NUMBERS else shown

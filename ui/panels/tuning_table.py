"""The table of an experiment: a row a value, with means and spreads over the seeds."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from nnstudio.hyperparameters import Value
from nnstudio.labs.tuning import BY_VALIDATION, Outcome, Tuning
from nnstudio.labs.tuning_text import runs_words, score_figures, score_title, spread_words
from ui import theme

NOW = "now"
ROW = 24  # pixels
NARROW = 520  # pixels
TRAINING_COST = 3  # column, where validation rows judge


class TuningTable(QTableWidget):
    """One row a value; a click or the arrow keys choose one."""

    chosen = Signal(int)
    copied = Signal()  # Ctrl+C

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Cost and score by value")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setMinimumSectionSize(24)
        self.currentCellChanged.connect(lambda row, *_: row >= 0 and self.chosen.emit(row))

    def show_tuning(self, tuning: Tuning, present: Sequence[Value]) -> None:
        """Show what an experiment has come to, the present value marked."""
        score = score_title(tuning)
        headings = ["value", f"{tuning.judged_by} cost", score]
        headings += ["training cost"] if tuning.judged_by == BY_VALIDATION else []
        headings.append("")
        with QSignalBlocker(self):
            self.setColumnCount(len(headings))
            self.setHorizontalHeaderLabels(headings)
            self.setRowCount(len(tuning.outcomes))
            for row, outcome in enumerate(tuning.outcomes):
                for column, text in enumerate(self._texts(tuning, outcome, present)):
                    self._write(row, column, text)
            header = self.horizontalHeader()
            for column in range(len(headings)):
                self.horizontalHeaderItem(column).setTextAlignment(_side(column, len(headings)))
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
            header.setStretchLastSection(True)
        self._fit()

    def choose(self, row: int) -> None:
        """Choose a row without telling."""
        with QSignalBlocker(self):
            self.setCurrentCell(row, 0 if row >= 0 else -1)

    def texts(self) -> list[list[str]]:
        """Return the table as text, without its headings."""
        return [
            [self.item(row, column).text() for column in range(self.columnCount())] for row in range(self.rowCount())
        ]

    def whole_height(self) -> int:
        """Return the height in which all rows are seen."""
        return self.horizontalHeader().sizeHint().height() + ROW * self.rowCount() + 2 * self.frameWidth() + 2

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the training cost out where there is little room: it is among the measures too."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        for column in range(self.columnCount()):
            self.setColumnHidden(column, column == TRAINING_COST < self.columnCount() - 1 and self.width() < NARROW)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy with Ctrl+C."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit()
            return
        super().keyPressEvent(event)

    def _texts(self, tuning: Tuning, outcome: Outcome, present: Sequence[Value]) -> list[str]:
        texts = [outcome.label, spread_words(outcome, "cost"), score_figures(tuning, outcome)]
        texts += [spread_words(outcome, "training_cost")] if tuning.judged_by == BY_VALIDATION else []
        words = [runs_words(outcome), NOW if tuple(present) == (outcome.value,) else ""]
        return [*texts, ", ".join(word for word in words if word)]

    def _write(self, row: int, column: int, text: str) -> None:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            self.setItem(row, column, item)
        item.setText(text)
        item.setTextAlignment(_side(column, self.columnCount()))
        if column == self.columnCount() - 1:
            item.setForeground(theme.tokens().color("bad" if text.partition(",")[0] not in ("", NOW) else "dim"))


def _side(column: int, columns: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in (0, columns - 1) else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter

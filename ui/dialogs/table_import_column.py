"""The page of one column in the import dialog: its figures, its spread, and the steps on its way to the inputs."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.declared import replace
from nnstudio import numbers
from nnstudio.data import Column, ColumnSteps, Preparation, Preview, PreviewColumn, Task
from nnstudio.spread_words import missing_words, spread_words
from ui.column_choices import KIND_TITLES
from ui.data_steps import StepsEditor
from ui.dialogs.table_import_spread import SpreadPlot
from ui.inspector.parts import label, set_text

NOT_A_FEATURE = {
    "target": "The network learns to predict this column. Steps are for features.",
    "ignore": "This column is not used. Steps are for features.",
}
TO_BE_LEARNED = "The network learns to predict this column, scaled; its logarithm suits amounts over several sizes."
DATE = "A date becomes numbers: choose which of its parts are inputs."


class ColumnPage(QWidget):
    """The current column; ``edited`` carries its steps as they were and as they are now."""

    edited = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = Column(name="")
        self.figures = label(role="dim", wrap=True)
        self.figures.setAccessibleName("Figures of the column")
        self.plot = SpreadPlot()
        self.sentence = label(role="dim", wrap=True)
        self.steps = StepsEditor()
        self.steps.edited.connect(self._edited)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.figures, self.plot, self.sentence, self.steps):
            column.addWidget(widget)
        column.addStretch(1)
        self.clear()

    def clear(self) -> None:
        """Show that no column is chosen."""
        set_text(self.figures, "Choose a column above: its figures and its steps will be shown here.")
        for widget in (self.plot, self.sentence, self.steps):
            widget.hide()

    def show_column(
        self,
        column: Column,
        preparation: Preparation,
        sample: PreviewColumn,
        shown: Preview,
        together: int = 1,
        task: Task | None = None,
    ) -> None:
        """Show a column among what holds for all; its steps are changed ``together`` with those of others."""
        self._column = column
        spread = sample.figures.spread
        kind = KIND_TITLES[column.kind]
        distinct = numbers.plural(sample.distinct, "distinct value")
        lines = f"{kind}, {distinct}. {missing_words(sample, shown)}\n{spread_words(spread, column.kind)}"
        set_text(self.figures, lines)
        self.plot.show_spread(spread, column.kind)
        learned = column.role == "target" and column.kind == "number" and task == "regression"
        has_steps = column.role == "feature" or learned
        said = TO_BE_LEARNED if learned else NOT_A_FEATURE.get(column.role, DATE if column.kind == "date" else "")
        if together > 1:
            many = f"A change is made in all {numbers.count(together)} selected features of this type."
            said = f"{said} {many}".strip()
        set_text(self.sentence, said)
        self.sentence.setVisible(bool(said))
        self.steps.setVisible(has_steps)
        if has_steps:
            self.steps.show_column(column, preparation)

    def _edited(self, steps: ColumnSteps) -> None:
        before = self._column.steps
        self._column = replace(self._column, steps=steps)
        self.edited.emit(before, steps)

"""What a column of the table is for and read as, in the inspector: two lists that tell what a person chose."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from nnstudio.data import Column, DataRecipe, TableSource
from ui.column_choices import KIND_CHOICES, kind_choice, role_choices
from ui.forms.controls import Combo
from ui.forms.form import LABEL_WIDTH, ROW_GAP
from ui.inspector.parts import label


class ColumnUse(QWidget):
    """The role and the type of one column; of a sample's columns the types are its own.

    Signals
    -------
    chosen(str)
        A person chose another role or type, a key of :mod:`ui.column_choices`.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.role, self.kind = Combo(), Combo()
        self._kind_label = label("Type", role="dim")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(ROW_GAP)
        grid.setColumnMinimumWidth(0, LABEL_WIDTH)  # as in the forms below it
        grid.setColumnStretch(1, 1)
        for row, (words, box) in enumerate(((label("Role", role="dim"), self.role), (self._kind_label, self.kind))):
            words.setBuddy(box)
            box.setAccessibleName(f"{words.text()} of the column")
            box.activated.connect(lambda _, box=box: self.chosen.emit(box.currentData()))
            grid.addWidget(words, row, 0)
            grid.addWidget(box, row, 1)

    def show_column(self, recipe: DataRecipe, column: Column) -> None:
        """Show what a column of a recipe is for and read as; nothing is emitted."""
        _fill(self.role, role_choices(recipe.plan, column.name), column.role)
        _fill(self.kind, KIND_CHOICES, kind_choice(column))
        for widget in (self._kind_label, self.kind):
            widget.setVisible(isinstance(recipe.source, TableSource))


def _fill(box: QComboBox, titles: Mapping[str, str], current: str) -> None:
    with QSignalBlocker(box):
        if [box.itemData(at) for at in range(box.count())] != list(titles):
            box.clear()
            for key, title in titles.items():
                box.addItem(title, key)
        box.setCurrentIndex(box.findData(current))

"""The steps of one column of a table, to see and to change: used in the inspector, and wherever a table is prepared."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.declared import Declared, replace
from nnstudio.data import Column, ColumnSteps, Preparation
from nnstudio.data.chosen import TARGET_FIELDS, chosen, fields_for
from nnstudio.recipe_words import read_constant, shown_constant
from ui.forms import DeclaredForm


class StepsEditor(QWidget):
    """The steps that matter for a column of its kind; what is left open is done as for all columns, and says so.

    A number that is to be predicted may be scaled, and have a logarithm of its own.

    Signals
    -------
    edited(object)
        A person changed a step: the column's new :class:`ColumnSteps`.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = Column(name="")
        self._preparation = Preparation()
        self.form = DeclaredForm(ColumnSteps(), only=())
        self.form.edited.connect(self._edited)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.form)

    def show_column(self, column: Column, preparation: Preparation) -> None:
        """Show the steps of a column among what holds for all; nothing is emitted."""
        self._column, self._preparation = column, preparation
        is_target = column.role == "target"
        self.form.show_only(TARGET_FIELDS if is_target else fields_for(column.kind, chosen(column, preparation)))
        text = column.kind in ("category", "boolean")  # has no mean
        middle = text and preparation.missing in ("mean", "median")
        inherited = replace(preparation, missing="most_frequent") if middle else preparation
        if is_target:
            scaling = preparation.scaling if preparation.scale_target else "none"
            inherited = replace(preparation, log="none", scaling=scaling)
        self.form.set_inherited(inherited)
        self.form.set_value(replace(column.steps, constant=shown_constant(column.kind, column.steps.constant)))

    def _edited(self, steps: Declared, path: str) -> None:
        assert isinstance(steps, ColumnSteps)
        old = self._column.steps.constant
        if isinstance(steps.constant, str):
            try:
                steps = replace(
                    steps, constant=read_constant(self._column.kind, steps.constant, self._column.date_order)
                )
            except ValueError as error:
                self.form.set_value(replace(steps, constant=shown_constant(self._column.kind, old)))
                if self.form.knows("constant"):
                    self.form.editor("constant").take_back(old, f"{error} The old value is kept.")
                return
        self.show_column(replace(self._column, steps=steps), self._preparation)
        self.edited.emit(steps)

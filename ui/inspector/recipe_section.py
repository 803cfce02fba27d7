"""The recipe in the inspector of the Input: every column with its steps, and forms that change them and the rules."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.declared import Declared
from nnstudio.data import Column, ColumnSteps, DataRecipe, FittedPreparation, Preparation, shared_fields
from nnstudio.recipe_words import brief, rules, widths
from ui.column_choices import with_choice
from ui.data_steps import StepsEditor
from ui.forms import DeclaredForm
from ui.inspector.column_use import ColumnUse
from ui.inspector.parts import Heading, label, set_text
from ui.inspector.recipe_list import ColumnList
from ui.recipe_work import RecipeWork, work_of
from ui.training_view_model import TrainingViewModel

NOT_READ = "Its table has not been read."
MANY = 12  # columns, from which on one can be found by its name
STEPS = 1_000  # of the progress bar
NOT_A_FEATURE = {
    "target": "This is what the network learns to predict.",
    "ignore": "This column is not used.",
}


class RecipeSection(QWidget):
    """What becomes of the table, and how to change it; a change is a draft until it is applied."""

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.work: RecipeWork = work_of(model)
        self._told_of: FittedPreparation | None = None
        self._name = ""  # of the current column
        self.brief = label(role="dim", wrap=True)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a column")
        self.search.setAccessibleName("Find a column")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self.show_recipe())
        self.list = ColumnList()
        self.list.chosen.connect(self._choose)
        self.of_column = label(role="heading", wrap=True)
        self.use = ColumnUse()
        self.use.chosen.connect(self._set_use)
        self.detail = label(role="dim", wrap=True)
        self.steps = StepsEditor()
        self.steps.edited.connect(self._set_steps)
        self.rules = label(role="dim", wrap=True)
        self.all = DeclaredForm(Preparation(), only=())
        self.all.edited.connect(self._set_preparation)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(Heading("RECIPE", "from the table to the features"))
        for widget in (self.brief, self.search, self.list):
            column.addWidget(widget)
        column.addSpacing(8)
        column.addWidget(self.of_column)
        column.addSpacing(4)
        column.addWidget(self.use)
        column.addSpacing(4)
        column.addWidget(self.detail)
        column.addSpacing(8)
        column.addWidget(self.steps)
        column.addSpacing(4)
        column.addWidget(Heading("FOR ALL COLUMNS AND ROWS"))
        column.addWidget(self.rules)
        column.addSpacing(4)
        column.addWidget(self.all)
        self.work.changed.connect(self.show_recipe)
        model.data_changed.connect(self.show_recipe)

    def show_recipe(self) -> None:
        """Show the recipe, drafted or applied, with what was fitted by the applied one."""
        recipe, data = self.work.recipe, self._model.data
        applied = self._model.store.document.data
        self.setVisible(recipe is not None)
        if recipe is None:
            return
        fitted = data.fitted if data is not None else None
        if self._told_of is not fitted or fitted is None:  # of thousands of columns it takes a moment
            self._told_of = fitted
            known = fitted is not None and applied is not None
            set_text(self.brief, " · ".join((widths(fitted), *brief(applied, fitted))) if known else NOT_READ)
        self.search.setVisible(len(recipe.plan.columns) > MANY)
        self.list.columns.show(recipe, applied, fitted, self.search.text().strip())
        names = {column.name: column for column in recipe.plan.columns}
        if self._name not in names:
            self._name = next((c.name for c in recipe.plan.columns if c.role == "feature"), "")
        self.list.choose(self._name)
        self._show_column(names.get(self._name), recipe)
        self.rules.setText("\n".join(rules(recipe.preparation)))
        self.all.set_words({"columns": tuple(names)})
        self.all.show_only(shared_fields(recipe, data.task if data is not None else None))
        self.all.set_value(recipe.preparation)

    def _show_column(self, column: Column | None, recipe: DataRecipe) -> None:
        for widget in (self.of_column, self.use):
            widget.setVisible(column is not None)
        has_steps = column is not None and (column.role == "feature" or self._is_learned(column, recipe))
        self.steps.setVisible(has_steps)
        self.detail.setVisible(column is not None)
        if column is None:
            return
        set_text(self.of_column, f"COLUMN {column.name}")
        self.use.show_column(recipe, column)
        row = self.list.columns.row_of(column.name)
        line = self.list.columns.line(row) if row >= 0 else None
        if not has_steps:
            set_text(self.detail, NOT_A_FEATURE[column.role])
        elif line is not None:
            more = f"\n{line.detail}" if line.detail else ""
            set_text(self.detail, "\n".join(line.steps) + more)
        if has_steps:
            self.steps.show_column(column, recipe.preparation)

    def _is_learned(self, column: Column, recipe: DataRecipe) -> bool:
        """Return whether a column is a number that is to be predicted."""
        data = self._model.data
        task = recipe.task or (data.task if data is not None else None)
        return column.role == "target" and column.kind == "number" and task == "regression"

    def _choose(self, name: str) -> None:
        self._name = name
        recipe = self.work.recipe
        if recipe is not None:
            self._show_column(next((c for c in recipe.plan.columns if c.name == name), None), recipe)

    def _set_use(self, choice: str) -> None:
        recipe = self.work.recipe
        if recipe is not None and self._name:
            self.work.set_plan(with_choice(recipe.plan, {self._name}, choice), f"Change the use of {self._name}")

    def _set_steps(self, steps: ColumnSteps) -> None:
        self.work.set_steps(self._name, steps)

    def _set_preparation(self, preparation: Declared, path: str) -> None:
        assert isinstance(preparation, Preparation)
        self.work.set_preparation(preparation)


class RecipeBar(QWidget):
    """Stands at the foot of the inspector while the recipe was changed and is not applied yet."""

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.work = work_of(model)
        self.setProperty("role", "foot")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.words = label(wrap=True)
        self.words.setAccessibleName("State of the recipe")
        self.progress = QProgressBar()
        self.progress.setRange(0, STEPS)
        self.progress.setAccessibleName("Preparing the data")
        self.discard, self.apply = QPushButton("Discard"), QPushButton("Apply")
        self.apply.setProperty("role", "primary")
        self.discard.clicked.connect(self._discard)
        self.apply.clicked.connect(self.work.apply)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.discard)
        row.addStretch(1)
        row.addWidget(self.apply)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 12)
        column.setSpacing(8)
        column.addWidget(self.words)
        column.addWidget(self.progress)
        column.addLayout(row)
        self.work.changed.connect(self._show)
        self._show()

    def _discard(self) -> None:
        if self.work.busy:
            self.work.cancel()
        else:
            self.work.discard()

    def _show(self) -> None:
        work = self.work
        self.setVisible(work.drafted)
        busy = work.busy
        if busy:
            said, role = "Preparing the data by the changed recipe…", "dim"
        elif work.problem:
            said, role = work.problem, "bad"
        else:
            said, role = "The recipe was changed. Apply prepares the data again.", ""
            if self._model.store.document.checkpoint is not None:
                said += " Trained weights go, and Undo brings them back."
        set_text(self.words, said)
        if self.words.property("role") != role:
            self.words.setProperty("role", role)
            self.words.style().unpolish(self.words)
            self.words.style().polish(self.words)
        self.progress.setVisible(busy)
        self.progress.setValue(round(work.share * STEPS))
        self.discard.setText("Cancel" if busy else "Discard")
        self.discard.setAccessibleName("Cancel preparing" if busy else "Discard the changes of the recipe")
        self.apply.setAccessibleName("Apply the changed recipe")
        self.apply.setEnabled(work.possible and not busy)

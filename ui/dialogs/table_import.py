"""The dialog that loads a table: what was detected, to see and to overrule, and what becomes of the columns."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractSpinBox, QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from engine.declared import replace
from nnstudio import numbers
from nnstudio.data import (
    Column,
    ColumnSteps,
    DataError,
    DataRecipe,
    ImportPlan,
    PreparedData,
    Preview,
    TableSource,
    check_recipe,
    lacks_most,
    proposed_task,
    rows_left,
    targets_apart,
    with_changed_steps,
)
from nnstudio.data.reading.formats import Format
from ui import preferences
from ui.dialogs import table_import_jobs as jobs
from ui.dialogs.table_import_bars import DECIMALS, GAP, DialectBar, Footer
from ui.dialogs.table_import_left import Left
from ui.dialogs.table_import_side import Side
from ui.dialogs.table_import_words import rounded
from ui.dialogs.table_import_work import Background, Work

SIZE = (1180, 720)
LEAST_SIZE = (960, 620)
TITLE_HEIGHT = 40  # pixels, about, of the frame that the desktop puts around
WAITING = "Choose a table: its first rows, and how they are read, will be shown here."
LONGEST_TARGET = 24  # characters of its name where it is told above the columns
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class TableImportDialog(QDialog):
    """Asks for a table and how to read it; after ``Accepted``, :meth:`recipe` and :meth:`prepared` hold the result.

    Two jobs run beside the window: one looks at the file or loads it, the other finds the figures of all rows of a
    large file meanwhile. The file of ``before``, the recipe that is in use, is shown as it was loaded.
    """

    def __init__(
        self, path: str | None = None, parent: QWidget | None = None, before: DataRecipe | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Load a table")
        self.setMinimumSize(*LEAST_SIZE)
        room = self.screen().availableSize() - QSize(0, TITLE_HEIGHT)
        self.resize(QSize(*SIZE).boundedTo(room).expandedTo(QSize(*LEAST_SIZE)))
        self._path = ""
        self._plan: ImportPlan | None = None
        self._preview: Preview | None = None
        self._recipe_before = before
        self._before: ImportPlan | None = None  # by which this file was loaded; None where all is detected
        self._overruled: dict[str, Any] = {}
        self._choices: dict[str, Column] = {}  # by name, the columns that a person changed
        self._format: tuple[Format, tuple[str, ...]] = ("text", ())  # and the sheets of a workbook
        self._loaded: jobs.Loaded | None = None
        self._error = ""
        self._check_problem = ""
        self._handover: jobs.Handover | None = None  # of the check of all rows, to loading
        self._background = Background(self)
        self._checking = Background(self)
        self._build()
        self._background.finished.connect(self._finished)
        self._background.failed.connect(self._failed)
        self._background.cancelled.connect(self._cancelled)
        self._background.progressed.connect(self._progressed)
        self._checking.finished.connect(self._checked)
        self._checking.failed.connect(self._check_failed)
        self._checking.cancelled.connect(lambda _: self._show_check())
        self._checking.progressed.connect(self._check_progressed)
        self.settings.changed.connect(self._settings_changed)
        self.settings.refused.connect(self._refused)
        self.columns_model.edited.connect(self._columns_edited)
        self.side.column.edited.connect(self._steps_edited)
        self.side.chosen.connect(self.left.view.show_column)
        self.side.check.pressed.connect(self._check_pressed)
        self._refresh()
        if path:
            self.set_path(path)

    # -- what the caller asks -------------------------------------------------------------------------------------

    def recipe(self) -> DataRecipe:
        """Return the recipe that was loaded; only after the dialog was accepted."""
        assert self._loaded is not None, "nothing was loaded"
        return self._loaded.recipe

    def prepared(self) -> PreparedData:
        """Return the arrays that were made; only after the dialog was accepted."""
        assert self._loaded is not None, "nothing was loaded"
        return self._loaded.prepared

    def set_path(self, path: str) -> None:
        """Look at a file; what was chosen for another one is forgotten, and this one's last choices are taken."""
        self._path = path
        self._detect_anew()
        before = self._recipe_before
        if before is not None and isinstance(before.source, TableSource) and before.source.path == self._absolute():
            self._before = before.plan
            self._choices = {column.name: column for column in before.plan.columns}
            self.settings.take(before)
            self.bar.anew.show()
        self.bar.show_path(path)
        self._inspect()

    def _absolute(self) -> str:
        return str(Path(self._path).expanduser().absolute())

    def _detect_anew(self) -> None:
        """Forget all that was chosen for the file."""
        self._before, self._overruled, self._choices = None, {}, {}
        self._plan = self._preview = None
        self.settings.forget_columns()
        self.bar.anew.hide()

    # -- the window -----------------------------------------------------------------------------------------------

    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.bar = DialectBar()
        self.bar.path_given.connect(self.set_path)
        self.bar.overruled.connect(self._overrule)
        self.bar.refused.connect(self._refused)
        self.bar.anew.clicked.connect(self._anew)
        outer.addWidget(self.bar)
        body = QHBoxLayout()
        body.setContentsMargins(GAP, GAP, GAP, GAP)
        body.setSpacing(GAP)
        self.left = Left()
        body.addWidget(self.left, 1)
        self.side = Side()
        self.columns_model, self.columns_view, self.settings = self.side.model, self.side.view, self.side.settings
        body.addWidget(self.side, 1)
        outer.addLayout(body, 1)
        self.footer = Footer()
        self.footer.cancel_button.clicked.connect(self._cancel)
        self.footer.load_button.clicked.connect(self._load)
        outer.addWidget(self.footer)
        load = QShortcut(QKeySequence("Ctrl+Return"), self)
        load.activated.connect(self._load)
        self.footer.load_button.setToolTip("Load the table (Ctrl+Return)")

    # -- what a person does ---------------------------------------------------------------------------------------

    def _anew(self) -> None:
        self._detect_anew()
        self._inspect()

    def _overrule(self, name: str, value: Any) -> None:
        if name == "sheet":  # another table: what was chosen for the one before means nothing there
            self._detect_anew()
        self._overruled[name] = value
        if name in ("decimal", "thousands"):  # the two can never be the same mark
            other = "thousands" if name == "decimal" else "decimal"
            if self._overruled.get(other) == value:
                self._overruled.pop(other)
            if name == "thousands" and value in DECIMALS:
                self._overruled["decimal"] = "," if value == "." else "."
        self._inspect()

    def _refused(self, sentence: str) -> None:
        if sentence:
            self.footer.say(sentence, problem=True)
        else:
            self._refresh()

    def _columns_edited(self, plan: ImportPlan) -> None:
        before = {column.name: column for column in self._plan.columns} if self._plan else {}
        changed = [column for column in plan.columns if before.get(column.name) != column]
        self._choices |= {column.name: column for column in changed}
        self._plan = plan
        if self._background.busy:
            self._inspect()  # what is under way does not know of this
        elif any(c.name in before and before[c.name].read_as != c.read_as for c in changed):
            self._look_again()  # a role changes no figure
        self._error = ""
        self._refresh()
        dates = [c for c in changed if _is_date_feature(c) and not _is_date_feature(before.get(c.name))]
        if len(dates) == len(changed) == 1:  # it has parts to choose from
            self.side.open_column(plan.columns.index(dates[0]), "date_parts")

    def _steps_edited(self, before: ColumnSteps, after: ColumnSteps) -> None:
        if self._plan is not None:
            self._columns_edited(with_changed_steps(self._plan, self.side.together(), before, after))

    def _settings_changed(self) -> None:
        self._error = ""
        self._refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Return end what is typed in a field; it loads the table from everywhere else."""
        if event.key() in ENTER and isinstance(self.focusWidget(), (QLineEdit, QAbstractSpinBox)):
            event.accept()
            return
        super().keyPressEvent(event)

    def _cancel(self) -> None:
        if self.footer.progress.isVisible():
            self._background.cancel()
        else:
            self.reject()

    def done(self, result: int) -> None:
        """Close; no thread outlives the dialog."""
        self._checking.forget()  # both threads are told to stop before one is waited for
        self._background.close()
        self._checking.close()
        self._handover = None
        super().done(result)

    # -- jobs -----------------------------------------------------------------------------------------------------

    def _inspect(self) -> None:
        self._look(jobs.inspect(self._path, dict(self._overruled), dict(self._choices), self._before))
        self._refresh()

    def _look_again(self) -> None:
        assert self._plan is not None
        self._look(jobs.look_again(self._path, self._plan, self._format))

    def _look(self, work: Work) -> None:
        self._error = ""
        self._forget_check()
        self._background.start("inspect", work)

    def _load(self) -> None:
        typing = self.focusWidget()
        if isinstance(typing, (QLineEdit, QAbstractSpinBox)):
            typing.clearFocus()  # what is typed there is taken first, and may ask for another look
        wish = self._wish()
        if wish is None or not self.footer.load_button.isEnabled():
            return
        self._error = ""
        if self._handover is not None and self._handover.given:
            self._checking.forget()  # the file was read; its figures are not waited for
        self._background.start("load", jobs.load(wish, self._handover))
        self.footer.progress.setValue(0)
        self.footer.progress.show()
        self._refresh()

    def _check(self) -> None:
        """Begin to find the figures of all rows, where those shown are of the first ones."""
        if self._plan is not None and self._preview is not None and not self._preview.complete:
            self._check_problem = ""
            self.side.check.progress.setValue(0)
            kept = self._handover.table if self._handover is not None else None
            self._handover = jobs.Handover()
            self._checking.start("check", jobs.check(self._path, self._plan, self._preview, self._handover, kept))
        self._show_check()

    def _forget_check(self) -> None:
        self._checking.forget()
        self._handover = None

    def _check_pressed(self) -> None:
        if self._checking.busy:
            self._checking.cancel()
        else:
            self._check()

    def _checked(self, key: str, whole: Preview) -> None:
        self._preview = whole
        self._refresh()

    def _check_progressed(self, key: str, share: float) -> None:
        self.side.check.show_share(share)
        if self.footer.progress.isVisible():  # loading waits for what is being read
            self._progressed(key, share)

    def _check_failed(self, key: str, sentence: str) -> None:
        self._check_problem = sentence
        self._show_check()

    def _finished(self, key: str, result: Any) -> None:
        if key == "load":
            self._loaded = result
            preferences.set_table_folder(self._path)
            self.footer.progress.hide()
            self.accept()
            return
        assert isinstance(result, jobs.Seen)
        first_look = self._plan is None
        self._plan, self._preview, self._format = result
        self.bar.show_format(*self._format)
        self.bar.show_plan(self._plan)
        self._check_problem = ""
        self._refresh()
        if first_look and self.footer.load_button.isEnabled():
            self.footer.load_button.setFocus()  # Return loads at once what was detected well
        elif first_look:
            self.columns_view.setFocus()
        self._check()

    def _failed(self, key: str, sentence: str) -> None:
        self._error = sentence
        self.footer.progress.hide()
        if key == "inspect":
            self._plan = self._preview = None
        self._refresh()
        if key == "load":
            self._check()

    def _cancelled(self, key: str) -> None:
        self.footer.progress.hide()
        self._refresh()
        if key == "load":
            self._check()

    def _progressed(self, key: str, share: float) -> None:
        self.footer.progress.setValue(max(self.footer.progress.value(), round(1000 * share)))

    # -- what is shown --------------------------------------------------------------------------------------------

    def _wish(self) -> DataRecipe | None:
        """Return the recipe as chosen so far; its source is known by its path alone."""
        if self._plan is None:
            return None
        return DataRecipe(
            source=TableSource(path=self._absolute()),
            plan=self._plan,
            preparation=self.settings.preparation(),
            task=self.settings.chosen_task(),
        )

    def _refresh(self) -> None:
        """Show everything that follows from the plan, the preview, the settings and the running job."""
        plan = self._plan or ImportPlan()
        loading = self.footer.progress.isVisible() or (self._background.busy and not self.footer.progress.isHidden())
        if self._preview is not self.columns_model.preview or plan != self.columns_model.plan:
            self.columns_model.show(plan, self._preview)
        waiting = WAITING if not self._path else "" if self._error else "Reading the first rows…"
        self.left.show_plan(plan, self._preview, waiting)
        for box in self.bar.editors():
            box.setEnabled(bool(self._path) and not loading)
        for widget in (self.bar.path_edit, self.side):
            widget.setEnabled(not loading)
        self._show_counts(plan)
        wish = self._wish()
        task = proposed_task(self._preview, plan) if self._preview is not None else None
        self.settings.propose(task, sum(column.role == "target" for column in plan.columns) > 1)
        if wish is not None and wish.task is None:
            wish = replace(wish, task=task)  # as what follows would find it
        self.side.show_recipe(wish, self._preview)
        self._show_check()
        problem = self._error or self._problem()
        self.footer.say(problem or ("Reading and preparing…" if loading else ""), problem=bool(problem))
        ready = self._plan is not None and self._preview is not None and not problem
        self.footer.load_button.setEnabled(ready and not self._background.busy)

    def _problem(self) -> str:
        wish = self._wish()
        if wish is None:
            return ""
        try:
            check_recipe(wish)
        except DataError as error:
            return str(error)
        apart = targets_apart(self._preview, wish.plan) if self._preview is not None and wish.task is None else ""
        if apart:
            return apart
        if self._preview is not None and not self._preview.rows:
            return f"{Path(self._path).name} has a header but no rows that can be read below it."
        return ""

    def _show_counts(self, plan: ImportPlan) -> None:
        if self._preview is None:
            self.side.roles.setText("")
            self.settings.show_rows(0, 0, True)
            return
        exact = self._preview.complete
        count = Counter(column.role for column in plan.columns)
        wanted = [column.name for column in plan.columns if column.role == "target"]
        named = f"target {wanted[0]}" if len(wanted) == 1 and len(wanted[0]) <= LONGEST_TARGET else ""
        parts = [numbers.plural(count["feature"], "feature"), named or numbers.plural(len(wanted), "target")]
        parts += [f"{numbers.count(count['ignore'])} ignored"] if count["ignore"] else []
        self.side.roles.setText(", ".join(parts))
        missing = self.settings.preparation().missing
        left = rows_left(self._preview, plan, missing)
        sizes = (left, max(0, self._preview.estimated_rows - left))
        self.settings.show_rows(
            *(sizes if exact else map(rounded, sizes)), exact, lacks_most(self._preview, plan, missing)
        )

    def _show_check(self) -> None:
        shown = self._preview
        if shown is None or shown.complete:
            self.side.check.hide()
        else:
            self.side.check.show_state(shown.counted_rows, self._checking.busy, self._check_problem)


def _is_date_feature(column: Column | None) -> bool:
    return column is not None and column.kind == "date" and column.role == "feature"

"""The dialog that loads a table: what was detected, to see and to overrule, and what becomes of the columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from engine.declared import SettingError
from nnstudio.data import (
    DataError,
    DataRecipe,
    ImportPlan,
    PreparedData,
    Preview,
    TableSource,
    check_recipe,
    detect,
    prepare_anew,
    preview,
    proposed_task,
    rows_left,
    with_column,
)
from nnstudio.data.formats import Format, contents
from nnstudio.data.recipe import Column, DateOrder, Kind
from nnstudio.data.recipe import Role as ColumnRole
from ui import preferences
from ui.dialogs.table_import_bars import DECIMALS, GAP, DialectBar, Footer
from ui.dialogs.table_import_models import ColumnsModel, ColumnsView
from ui.dialogs.table_import_preview import PreviewModel, PreviewView
from ui.dialogs.table_import_settings import SettingsForm, heading
from ui.dialogs.table_import_unreadable import ProblemsView
from ui.dialogs.table_import_words import rounded, spaced
from ui.dialogs.table_import_work import Background

SIZE = (1120, 680)
LEAST_SIZE = (960, 600)
SIDE_WIDTH = 460
WAITING = "Choose a table: its first rows, and how they are read, will be shown here."


@dataclass(frozen=True)
class _Loaded:
    recipe: DataRecipe
    prepared: PreparedData


class TableImportDialog(QDialog):
    """Asks for a table and how to read it; after ``Accepted``, :meth:`recipe` and :meth:`prepared` hold the result."""

    def __init__(self, path: str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Load a table")
        self.resize(*SIZE)
        self.setMinimumSize(*LEAST_SIZE)
        self._path = ""
        self._plan: ImportPlan | None = None
        self._preview: Preview | None = None
        self._overruled: dict[str, Any] = {}
        # By column name: the kind, role and order of dates that a person gave.
        self._choices: dict[str, tuple[Kind, ColumnRole, DateOrder]] = {}
        self._format: tuple[Format, tuple[str, ...]] = ("text", ())  # and the sheets of a workbook
        self._loaded: _Loaded | None = None
        self._error = ""
        self._background = Background(self)
        self._build()
        self._background.finished.connect(self._finished)
        self._background.failed.connect(self._failed)
        self._background.cancelled.connect(self._cancelled)
        self._background.progressed.connect(self._progressed)
        self.settings.changed.connect(self._settings_changed)
        self.columns_model.edited.connect(self._columns_edited)
        self._refresh()
        if path:
            self.footer.load_button.setFocus()
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
        """Look at a file; what was chosen for another one is forgotten."""
        self._path = path
        self._overruled, self._choices = {}, {}
        self._plan = self._preview = None
        self.bar.show_path(path)
        self._inspect()

    # -- the window -----------------------------------------------------------------------------------------------

    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.bar = DialectBar()
        self.bar.path_given.connect(self.set_path)
        self.bar.overruled.connect(self._overrule)
        outer.addWidget(self.bar)
        body = QHBoxLayout()
        body.setContentsMargins(GAP, GAP, GAP, GAP)
        body.setSpacing(GAP)
        body.addLayout(self._build_preview(), 1)
        body.addWidget(self._build_side())
        outer.addLayout(body, 1)
        self.footer = Footer()
        self.footer.cancel_button.clicked.connect(self._cancel)
        self.footer.load_button.clicked.connect(self._load)
        outer.addWidget(self.footer)

    def _build_preview(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        top = QHBoxLayout()
        top.addWidget(heading("FIRST ROWS"))
        top.addStretch(1)
        self.size_label = QLabel()
        self.size_label.setProperty("role", "dim")
        top.addWidget(self.size_label)
        column.addLayout(top)
        self.preview_model = PreviewModel(self)
        self.preview_view = PreviewView(self.preview_model)
        self.waiting = QLabel(WAITING)
        self.waiting.setProperty("role", "dim")
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.waiting.setWordWrap(True)
        over = QVBoxLayout(self.preview_view)
        over.addWidget(self.waiting)
        column.addWidget(self.preview_view, 1)
        self.problems = ProblemsView()
        self.problems.chosen.connect(self.preview_view.show_cell)
        column.addWidget(self.problems)
        self.notes = QLabel()
        self.notes.setProperty("role", "dim")
        self.notes.setWordWrap(True)
        self.notes.setAccessibleName("Notes on what was detected")
        column.addWidget(self.notes)
        return column

    def _build_side(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(SIDE_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        top = QHBoxLayout()
        top.addWidget(heading("COLUMNS"))
        top.addStretch(1)
        self.roles_label = QLabel()
        self.roles_label.setProperty("role", "dim")
        top.addWidget(self.roles_label)
        column.addLayout(top)
        self.columns_model = ColumnsModel(self)
        self.columns_view = ColumnsView(self.columns_model)
        self.columns_view.verticalHeader().hide()
        column.addWidget(self.columns_view, 1)
        self.counted_label = QLabel()
        self.counted_label.setProperty("role", "hint")
        self.counted_label.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.counted_label.hide()
        column.addWidget(self.counted_label)
        column.addSpacing(4)
        self.settings = SettingsForm()
        column.addWidget(self.settings)
        return side

    # -- what a person does ---------------------------------------------------------------------------------------

    def _overrule(self, name: str, value: Any) -> None:
        if name == "sheet":  # another table: what was chosen for the one before means nothing there
            self._overruled, self._choices = {}, {}
        self._overruled[name] = value
        if name in ("decimal", "thousands"):  # the two can never be the same mark
            other = "thousands" if name == "decimal" else "decimal"
            if self._overruled.get(other) == value:
                self._overruled.pop(other)
            if name == "thousands" and value in DECIMALS:
                self._overruled["decimal"] = "," if value == "." else "."
        self._inspect()

    def _columns_edited(self, plan: ImportPlan) -> None:
        before = {column.name: column for column in self._plan.columns} if self._plan else {}
        for column in plan.columns:
            if before.get(column.name) != column:
                self._choices[column.name] = (column.kind, column.role, column.date_order)
        self._plan = plan
        if self._background.busy:
            self._inspect()  # what is under way does not know of this
        elif any(
            c.name in before and _read_as(before[c.name]) != _read_as(c) for c in plan.columns
        ):  # a role changes no count
            self._look_again()
        self._error = ""
        self._refresh()

    def _settings_changed(self) -> None:
        self._error = ""
        self._refresh()

    def _cancel(self) -> None:
        if self.footer.progress.isVisible():
            self._background.cancel()
        else:
            self.reject()

    def done(self, result: int) -> None:
        """Close; no thread outlives the dialog."""
        self._background.close()
        super().done(result)

    # -- jobs -----------------------------------------------------------------------------------------------------

    def _inspect(self) -> None:
        path, overruled, choices = self._path, dict(self._overruled), dict(self._choices)

        def work(progress: Any, cancelled: Any) -> tuple[ImportPlan, Preview, tuple[Format, tuple[str, ...]]]:
            try:
                plan = detect(path, **overruled, cancelled=cancelled)
            except SettingError as error:
                raise DataError(str(error)) from None
            for name, (kind, role, order) in choices.items():
                if any(column.name == name for column in plan.columns):
                    plan = with_column(plan, name, kind=kind, role=role, date_order=order)
            return plan, preview(path, plan, cancelled=cancelled), contents(path)

        self._error = ""
        self._background.start("inspect", work)
        self._refresh()

    def _look_again(self) -> None:
        path, plan, kind = self._path, self._plan, self._format
        assert plan is not None
        self._error = ""
        self._background.start(
            "inspect", lambda progress, cancelled: (plan, preview(path, plan, cancelled=cancelled), kind)
        )

    def _load(self) -> None:
        wish = self._wish()
        if wish is None or not self.footer.load_button.isEnabled():
            return

        def work(progress: Any, cancelled: Any) -> _Loaded:
            return _Loaded(*prepare_anew(wish, progress=progress, cancelled=cancelled))

        self._error = ""
        self._background.start("load", work)
        self.footer.progress.setValue(0)
        self.footer.progress.show()
        self._refresh()

    def _finished(self, key: str, result: Any) -> None:
        if key == "load":
            self._loaded = result
            preferences.set_table_folder(self._path)
            self.footer.progress.hide()
            self.accept()
            return
        first_look = self._plan is None
        self._plan, self._preview, self._format = result
        self.bar.show_format(*self._format)
        self.bar.show_plan(self._plan)
        if first_look and not self.bar.path_edit.hasFocus():
            self.columns_view.setFocus()
        self._refresh()

    def _failed(self, key: str, sentence: str) -> None:
        self._error = sentence
        self.footer.progress.hide()
        if key == "inspect":
            self._plan = self._preview = None
        self._refresh()

    def _cancelled(self, key: str) -> None:
        self.footer.progress.hide()
        self._refresh()

    def _progressed(self, key: str, share: float) -> None:
        self.footer.progress.setValue(round(1000 * share))

    # -- what is shown --------------------------------------------------------------------------------------------

    def _wish(self) -> DataRecipe | None:
        """Return the recipe as chosen so far; its source is known by its path alone."""
        if self._plan is None:
            return None
        return DataRecipe(
            source=TableSource(path=str(Path(self._path).expanduser().absolute())),
            plan=self._plan,
            preparation=self.settings.preparation(),
            task=self.settings.chosen_task(),
        )

    def _refresh(self) -> None:
        """Show everything that follows from the plan, the preview, the settings and the running job."""
        plan = self._plan or ImportPlan()
        loading = self.footer.progress.isVisible() or (self._background.busy and not self.footer.progress.isHidden())
        new_columns = [c.name for c in plan.columns] != [c.name for c in self.columns_model.plan.columns]
        new_rows = self._preview is not self.preview_model.preview
        if new_columns or new_rows or plan != self.preview_model.plan:
            self.preview_model.show(plan, self._preview)
            self.columns_model.show(plan, self._preview)
            if new_columns:
                self.preview_view.fit_columns()
        self.waiting.setVisible(self._preview is None)
        self.waiting.setText(WAITING if not self._path else "" if self._error else "Reading the first rows…")
        for box in self.bar.editors():
            box.setEnabled(bool(self._path) and not loading)
        for widget in (self.bar.path_edit, self.columns_view, self.settings):
            widget.setEnabled(not loading)
        self.problems.show_problems(plan, self._preview)
        self._show_sizes(plan)
        self._show_notes(plan)
        self.settings.propose(proposed_task(self._preview, plan) if self._preview is not None else None)
        problem = self._error or self._problem()
        self.footer.message.setProperty("role", "bad" if problem else "dim")
        self.footer.message.setText(f"✕ {problem}" if problem else "Reading and preparing…" if loading else "")
        self.footer.message.style().polish(self.footer.message)
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
        if self._preview is not None and not self._preview.rows:
            return f"{Path(self._path).name} has a header but no rows that can be read below it."
        return ""

    def _show_sizes(self, plan: ImportPlan) -> None:
        if self._preview is None:
            self.size_label.setText("")
            self.roles_label.setText("")
            self.counted_label.hide()
            self.settings.show_rows(0, 0, True)
            return
        exact = self._preview.complete
        rows = self._preview.estimated_rows if exact else rounded(self._preview.estimated_rows)
        about = "" if exact else "about "
        self.size_label.setText(f"{about}{spaced(rows)} rows, {spaced(len(plan.columns))} columns")
        count = {role: sum(c.role == role for c in plan.columns) for role in ("feature", "target", "ignore")}
        features = "1 feature" if count["feature"] == 1 else f"{spaced(count['feature'])} features"
        parts = [features, f"{count['target']} target"]
        self.roles_label.setText(", ".join(parts + ([f"{spaced(count['ignore'])} ignored"] * bool(count["ignore"]))))
        self.counted_label.setVisible(not exact)
        self.counted_label.setText(f"Missing and Distinct: in the first {spaced(self._preview.counted_rows)} rows")
        left = rows_left(self._preview, plan, self.settings.preparation().missing)
        self.settings.show_rows(left if exact else rounded(left), max(0, rows - left), exact)

    def _show_notes(self, plan: ImportPlan) -> None:
        # Which column is the target stands beside it, and may have been changed since.
        notes = [note for note in plan.notes if not note.startswith("The last column")]
        self.notes.setText(" ".join(notes[:3]) + (f" And {len(notes) - 3} more." if len(notes) > 3 else ""))
        self.notes.setToolTip("\n".join(notes))
        self.notes.setAccessibleDescription(" ".join(notes))
        self.notes.setVisible(bool(notes))


def _read_as(column: Column) -> tuple[str, str]:
    return column.kind, column.date_order

"""The left side of the import dialog: the first rows, what could not be read, and sentences on what was detected."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.data import ImportPlan, Preview, doubts
from nnstudio.data.detecting.propose import IGNORED, TARGET
from ui.dialogs.table_import_notes import NotesView
from ui.dialogs.table_import_preview import PreviewModel, PreviewView
from ui.dialogs.table_import_settings import HEAD_HEIGHT, heading
from ui.dialogs.table_import_unreadable import ProblemsView
from ui.dialogs.table_import_words import rounded
from ui.inspector.parts import label, set_text

MOST_COMPARED = 100  # notes; more are not read one by one anyway


class Left(QWidget):
    """The table as it is read, and what is to be said of that."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.size_label = label(role="dim")
        top = QHBoxLayout()
        top.addStrut(HEAD_HEIGHT)
        top.addWidget(heading("FIRST ROWS"))
        top.addStretch(1)
        top.addWidget(self.size_label)
        column.addLayout(top)
        self.model = PreviewModel(self)
        self.view = PreviewView(self.model)
        self.waiting = label(role="dim", wrap=True)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        over = QVBoxLayout(self.view)
        over.addWidget(self.waiting)
        column.addWidget(self.view, 1)
        self.problems = ProblemsView()
        self.problems.chosen.connect(self.view.show_cell)
        column.addWidget(self.problems)
        self.doubts = label(role="warn", wrap=True)
        self.doubts.setAccessibleName("What is doubtful")
        self.notes = NotesView()
        column.addWidget(self.doubts)
        column.addWidget(self.notes)

    def show_plan(self, plan: ImportPlan, shown: Preview | None, waiting: str) -> None:
        """Show a table as a plan reads it, or where there is none yet what is waited for."""
        new_columns = [c.name for c in plan.columns] != [c.name for c in self.model.plan.columns]
        if shown is not self.model.preview or plan != self.model.plan:
            self.model.show(plan, shown)
            if new_columns:
                self.view.fit_columns()
        self.waiting.setVisible(shown is None)
        self.waiting.setText(waiting)
        self.problems.show_problems(plan, shown)
        self._show_size(plan, shown)
        found = doubts(shown, plan) if shown is not None else ()
        set_text(self.doubts, " ".join(warning.text for warning in found))
        self.doubts.setVisible(bool(found))
        self.notes.show_notes(_still_true(plan))

    def _show_size(self, plan: ImportPlan, shown: Preview | None) -> None:
        if shown is None:
            self.size_label.setText("")
            return
        rows = shown.estimated_rows if shown.complete else rounded(shown.estimated_rows)
        about = "" if shown.complete else "about "
        columns = numbers.plural(len(plan.columns), "column")
        self.size_label.setText(f"{about}{numbers.plural(rows, 'row')}, {columns}")


def _still_true(plan: ImportPlan) -> list[str]:
    """Return the notes on what was detected, without those on roles that a person has changed since."""
    # Which column is the target stands beside it.
    notes = [note for note in plan.notes if not note.endswith(TARGET)]
    if not 0 < len(notes) <= MOST_COMPARED:
        return notes
    used = tuple(f"{column.name!r} " for column in plan.columns if column.role != "ignore")
    return [note for note in notes if not (note.endswith(IGNORED) and note.startswith(used))]

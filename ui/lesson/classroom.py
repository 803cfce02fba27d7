"""Lessons in the window: opening and closing them, the views and controls they ask for, and writing one."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from nnstudio import edits
from nnstudio.lessons import LESSONS, Lesson, LessonError, lesson_path, parse
from nnstudio.lessons.text import is_lesson
from ui.docks import Docks
from ui.lesson.course import Course
from ui.lesson.errata import ErrataWindow
from ui.lesson.panel import LessonPanel
from ui.project_session import LESSON_SUFFIX, ProjectSession
from ui.training_view_model import TrainingViewModel

FILTER = f"Lessons (*{LESSON_SUFFIX})"


class Classroom(QObject):
    """The lesson of a window. A document's notes are its lesson: what opens the document opens the lesson with it.

    ``limited`` carries the names of the controls that are to be shown, none for all.
    """

    limited = Signal(tuple)

    def __init__(self, model: TrainingViewModel, session: ProjectSession, docks: Docks, window: QWidget) -> None:
        super().__init__(window)
        self._model, self._session, self._docks, self._window = model, session, docks, window
        self._store = model.store
        self.course = Course(model, docks.is_open, self)
        self.panel = LessonPanel(self.course)
        self._notes = ""
        self._errata: ErrataWindow | None = None
        docks.set_lesson(self.panel)
        self.panel.view_wanted.connect(docks.open)
        self.panel.lesson_wanted.connect(self.open_built_in)
        self.panel.closed.connect(self.close_lesson)
        self.panel.written.connect(self._take_text)
        self._store.changed.connect(lambda before, after: self._follow(after.notes))
        self._session.taken.connect(lambda: self._follow(self._store.document.notes, begins=True))
        docks.lesson_closed.connect(self.close_lesson)

    # -- opening and closing --------------------------------------------------------------------------------------

    def open_built_in(self, name: str) -> None:
        """Open one of the program's own lessons by its name."""
        if name in LESSONS:
            self._session.open_lesson(lesson_path(name))
        else:
            self._model.message.emit(f"There is no lesson {name}. There are {', '.join(LESSONS)}.", "bad")

    def open_file(self) -> None:
        """Open a lesson chosen in a dialog."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open a lesson", str(Path.home()), FILTER)
        if path:
            self._session.open_lesson(Path(path))

    def show_again(self) -> None:
        """Bring the document's lesson back."""
        if self.course.lesson is not None:
            self._show(self.course.lesson)
        else:
            self._model.message.emit("This project has no lesson. Learn, Lessons has nine.", "info")

    def close_lesson(self) -> None:
        """Put the lesson away: everything it hid is there again."""
        self._docks.end_lesson()
        self.limited.emit(())

    def _follow(self, notes: str, begins: bool = False) -> None:
        """Show the lesson of the present document, or put the former one away; ``begins`` with another document."""
        if notes == self._notes and not begins:
            return
        before, self._notes = self._notes, notes
        lesson = None
        if is_lesson(notes):
            try:
                lesson = parse(notes)
            except LessonError as error:
                self._model.message.emit(f"The lesson of this project cannot be shown. {error}", "warn")
        place = self.course.place
        rewritten = not begins and lesson is not None and is_lesson(before) and self._same(lesson)
        self.course.take(lesson)
        if lesson is None:
            self.close_lesson()
            return
        if rewritten:
            self.course.go_to(place)
        else:
            self._docks.end_lesson()  # the views of a lesson before this one go with it
        self._show(lesson)

    def _same(self, lesson: Lesson) -> bool:
        return self.course.lesson is not None and self.course.lesson.title == lesson.title

    def _show(self, lesson: Lesson) -> None:
        controls, docks = lesson.head.controls, self._docks
        docks.begin_lesson(lesson.head.panels, not controls or bool({"layers", "data"} & set(controls)))
        self.limited.emit(controls)
        for view in lesson.head.views:
            docks.open(view)

    def show_errata(self) -> None:
        """Show the slips of the lecture notes; once it is there, bring it to the front."""
        if self._errata is None:
            self._errata = ErrataWindow(self._window)
            self._errata.destroyed.connect(self._forget_errata)
        self._errata.show()
        self._errata.raise_()
        self._errata.activateWindow()

    def _forget_errata(self) -> None:
        self._errata = None

    # -- writing --------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Let a person write the lesson of this project."""
        self._docks.begin_lesson()
        self.panel.edit(self._store.document.notes)

    def _take_text(self, text: str) -> None:
        self._store.apply(lambda document: edits.set_notes(document, text), "Write the lesson")

    # -- the menu -------------------------------------------------------------------------------------------------

    def lessons_menu(self, parent: QWidget) -> QMenu:
        """Return a menu of the program's own lessons."""
        menu = QMenu(parent)
        for number, (name, title) in enumerate(LESSONS.items(), 1):
            menu.addAction(f"&{number}  {title}", partial(self.open_built_in, name))
        return menu


__all__ = ["Classroom"]

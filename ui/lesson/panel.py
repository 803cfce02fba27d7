"""The lesson's panel: one step's text, its question, what is to be done, and the way on and back."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.lessons.text import Step
from ui import icons, theme
from ui.lesson.course import Course
from ui.lesson.editor import LessonEditor
from ui.lesson.parts import CheckList, Dots, QuestionBox, Text

MARGIN = 14
WIDTH, LEAST_WIDTH = 330, 260


class LessonPanel(QFrame):
    """A lesson beside the window.

    ``view_wanted`` tells the name of a view that a link in the text opens, ``lesson_wanted`` that of another lesson,
    ``written`` the whole text after it was edited, ``closed`` that the lesson is to be put away.
    """

    view_wanted = Signal(str)
    lesson_wanted = Signal(str)
    written = Signal(str)
    closed = Signal()

    def __init__(self, course: Course, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.course = course
        self.setProperty("role", "surface")
        self.setAccessibleName("Lesson")
        self.title, self.heading, self.where = QLabel(), QLabel(), QLabel()
        self.dots, self.text = Dots(), Text()
        self.question, self.checks = QuestionBox(), CheckList()
        self.back, self.on = QPushButton("Back"), QPushButton("Next")
        self.editor = LessonEditor()
        self._pages = QStackedWidget()
        self._shown_place: int | None = None
        self._lay_out()
        self.text.anchorClicked.connect(self._follow)
        self.question.text.anchorClicked.connect(self._follow)
        self.question.predicted.connect(course.predict)
        self.back.clicked.connect(lambda: course.go(-1))
        self.on.clicked.connect(self._go_on)
        self.editor.given.connect(self._take_text)
        self.editor.left.connect(lambda: self._pages.setCurrentIndex(0))
        course.moved.connect(self._show_step)
        course.seen.connect(self._show_progress)
        theme.theme().changed.connect(self._restyle)
        self._show_step()

    # -- the text being edited ------------------------------------------------------------------------------------

    def edit(self, text: str) -> None:
        """Let a person write the lesson's text."""
        self.editor.begin(text)
        self._pages.setCurrentIndex(1)

    def _take_text(self, text: str) -> None:
        self._pages.setCurrentIndex(0)
        self.written.emit(text)

    # -- what it shows --------------------------------------------------------------------------------------------

    def _show_step(self) -> None:
        lesson, step = self.course.lesson, self.course.step
        if lesson is None or step is None:
            self.title.setText("")
            return
        self.title.setText(lesson.title)
        self.where.setText(f"{self.course.place + 1} of {len(lesson.steps)}")
        self.heading.setText(step.title)
        self.dots.show_place(self.course.place, len(lesson.steps))
        self._show_texts(step)
        if self._shown_place != self.course.place:
            self._shown_place = self.course.place
            self._scroll.verticalScrollBar().setValue(0)
        self._show_progress()

    def _show_texts(self, step: Step) -> None:
        self.text.show_text(step.text)
        self.text.setVisible(bool(step.text))
        self.question.setVisible(step.question is not None)
        if step.question is not None:
            self.question.show_question(step.question, bool(step.checks))
        self.checks.setVisible(bool(step.checks))
        self.checks.show_checks([check.words for check in step.checks])

    def _show_progress(self) -> None:
        course, step = self.course, self.course.step
        if step is None or course.lesson is None:
            return
        progress, complete = course.progress, course.complete
        self.checks.show_done(progress.done)
        if step.question is not None:
            self.question.show_answer(progress.predicted, complete)
        last = course.place == len(course.lesson.steps) - 1
        self.back.setEnabled(course.place > 0)
        self.on.setText("Done" if last else "Next" if complete else "Skip")
        self.on.setProperty("role", "primary" if complete else "")
        self.on.style().unpolish(self.on)
        self.on.style().polish(self.on)
        self.on.setToolTip("" if complete else "This step is not done yet; it can be left all the same")

    def _go_on(self) -> None:
        lesson = self.course.lesson
        if lesson is not None and self.course.place == len(lesson.steps) - 1:
            self.closed.emit()
        else:
            self.course.go(1)

    def _follow(self, url: QUrl) -> None:
        if url.scheme() == "view":
            self.view_wanted.emit(url.path())
        elif url.scheme() == "lesson":
            self.lesson_wanted.emit(url.path())
        elif url.scheme() in ("http", "https"):
            QDesktopServices.openUrl(url)

    def _restyle(self, _: object) -> None:
        self._dress()
        if self.course.step is not None:
            self._show_texts(self.course.step)
            self._show_progress()

    # -- looks ----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        theme.strong(self.heading)
        self.heading.setWordWrap(True)
        self.heading.setProperty("role", "title")
        for label in (self.title, self.where):
            label.setProperty("role", "hint")
        self._close = QToolButton()
        self._close.setFixedSize(22, 22)
        self._close.setToolTip("Put the lesson away; Learn brings it back")
        self._close.setAccessibleName("Close the lesson")
        self._close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.setContentsMargins(MARGIN, 10, MARGIN - 6, 0)
        head.addWidget(self.title, 1)
        head.addWidget(self.where)
        head.addWidget(self._close)
        inside = QWidget()
        inside.setProperty("role", "surface")
        column = QVBoxLayout(inside)
        column.setContentsMargins(MARGIN, 6, MARGIN, 10)
        column.setSpacing(12)
        for widget in (self.heading, self.text, self.question, self.checks):
            column.addWidget(widget)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        foot = QHBoxLayout()
        foot.setContentsMargins(MARGIN, 8, MARGIN, 12)
        foot.setSpacing(8)
        foot.addWidget(self.back)
        foot.addStretch(1)
        foot.addWidget(self.dots)
        foot.addStretch(1)
        foot.addWidget(self.on)
        reading = QWidget()
        whole = QVBoxLayout(reading)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(self._scroll, 1)
        whole.addLayout(foot)
        self._pages.addWidget(reading)
        self._pages.addWidget(self.editor)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._pages)
        self.setMinimumWidth(LEAST_WIDTH)
        self._dress()

    def _dress(self) -> None:
        self._close.setIcon(icons.icon("ph.x", theme.tokens().color("faint")))

    def sizeHint(self) -> QSize:
        """Return a width in which a line of text is read well."""
        return QSize(WIDTH, 600)

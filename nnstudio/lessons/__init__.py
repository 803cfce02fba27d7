"""Lessons: Markdown texts with steps to do, to predict and to check, and the network each begins with."""

from nnstudio.lessons.built_in import LESSONS, lesson_path
from nnstudio.lessons.facts import Facts, facts_of
from nnstudio.lessons.start import StartError, document_of
from nnstudio.lessons.text import Lesson, LessonError, Question, Step, parse, read

__all__ = [
    "LESSONS",
    "Facts",
    "Lesson",
    "LessonError",
    "Question",
    "StartError",
    "Step",
    "document_of",
    "facts_of",
    "lesson_path",
    "parse",
    "read",
]

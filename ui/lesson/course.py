"""How far a person has come in a lesson: the present step, what was predicted, and what has been seen to be done."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.lessons.facts import Since, facts_of
from nnstudio.lessons.text import Lesson, Step
from ui import preferences
from ui.training_view_model import TrainingViewModel

LOOK_MS = 200  # between two looks at what has been done


@dataclass
class Progress:
    """What happened in one step: the choice that was predicted, and which checks were seen to hold."""

    predicted: int | None = None
    done: set[int] = field(default_factory=set)


class Course(QObject):
    """A lesson being worked through; ``moved`` tells of another step, ``seen`` of something predicted or done."""

    moved = Signal()
    seen = Signal()

    def __init__(self, model: TrainingViewModel, is_open: Callable[[str], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model, self._is_open = model, is_open
        self.lesson: Lesson | None = None
        self.place = 0
        self._progress: dict[int, Progress] = {}
        self._since = Since()
        model.did.connect(self._note)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    # -- the lesson -----------------------------------------------------------------------------------------------

    def take(self, lesson: Lesson | None) -> None:
        """Begin a lesson where it was left, or end the present one with None."""
        self.lesson, self._progress = lesson, {}
        self.place = 0
        if lesson is not None:
            self.place = min(preferences.lesson_place(_key(lesson)), len(lesson.steps) - 1)
            self._timer.start()
        else:
            self._timer.stop()
        self._begin_step()

    @property
    def step(self) -> Step | None:
        """The present step."""
        return self.lesson.steps[self.place] if self.lesson is not None else None

    @property
    def progress(self) -> Progress:
        """What happened in the present step."""
        return self._progress.setdefault(self.place, Progress())

    @property
    def complete(self) -> bool:
        """Whether all of the present step was predicted and done."""
        step = self.step
        if step is None:
            return False
        predicted = step.question is None or self.progress.predicted is not None
        return predicted and len(self.progress.done) == len(step.checks)

    @property
    def finished(self) -> bool:
        """Whether the last step is complete."""
        return self.lesson is not None and self.place == len(self.lesson.steps) - 1 and self.complete

    def go(self, steps: int) -> None:
        """Go so many steps on, or back."""
        self.go_to(self.place + steps)

    def go_to(self, place: int) -> None:
        """Go to a step, counted from 0."""
        if self.lesson is None:
            return
        place = min(max(place, 0), len(self.lesson.steps) - 1)
        if place != self.place:
            self.place = place
            preferences.set_lesson_place(_key(self.lesson), place)
            self._begin_step()

    def predict(self, choice: int) -> None:
        """Take down what a person expects; what was predicted first counts."""
        if self.progress.predicted is None:
            self.progress.predicted = choice
            self.seen.emit()

    # -- watching -------------------------------------------------------------------------------------------------

    def _begin_step(self) -> None:
        status = self._model.status
        self._since = Since(status.epoch, status.step)
        self.moved.emit()

    def _note(self, deed: str) -> None:
        self._since = replace(self._since, deeds=self._since.deeds | {deed})

    def look(self) -> None:
        """See whether more of the present step is done."""
        step, model = self.step, self._model
        if step is None:
            return
        status = model.status
        if status.step < self._since.step:  # reset, or undone: what comes now counts from here
            self._since = replace(self._since, epoch=status.epoch, step=status.step)
        shapes = model.shapes
        facts = facts_of(
            model.store.document,
            status,
            sum(shapes.parameters.get(node, 0) for node in shapes.order) if shapes.valid else 0,
            len(shapes.problems),
            model.chosen + 1,
            self._is_open,
            self._since,
        )
        done = {k for k, check in enumerate(step.checks) if check.condition.holds(facts.values)}
        if done - self.progress.done:
            self.progress.done |= done
            self.seen.emit()


def _key(lesson: Lesson) -> str:
    return f"{lesson.title} {zlib.crc32(lesson.text.encode()):08x}"

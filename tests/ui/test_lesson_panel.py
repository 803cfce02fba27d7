"""A lesson beside the window: what it shows, what it sees to be done, and how the window is itself again."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from engine.declared import replace
from nnstudio import edits
from nnstudio.engine_host import EngineHost
from nnstudio.lessons import LESSONS
from ui import theme
from ui.app import make_window
from ui.lesson.errata import ErrataWindow
from ui.lesson.parts import Text

PATIENCE = 30_000
OWN = """+++
title = "Own"
views = ["loss"]
panels = ["cost"]
controls = ["train", "reset"]

[start]
sample = "moons"
rows = 50
hidden = [3]
+++

## First

Look at [the ledger](view:ledger), or at [another](lesson:tuning).

```predict
What will happen?
- [ ] The cost rises
- [x] $J$ falls
- [ ] Nothing
Downhill.
```

```check
Train: new_epochs >= 2
Undo something: did(undo)
```

## Second

Nothing to do here.
"""


@pytest.fixture(scope="module")
def shared_window():
    theme.apply(QApplication.instance(), "light")
    window = make_window(EngineHost())
    window.resize(1500, 950)
    window.session.begin()
    window.show()
    yield window
    window.discard_and_close()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def window(shared_window, qtbot, tmp_path, monkeypatch):
    """The window with the lesson above, from its first step."""
    qtbot.waitUntil(lambda: shared_window.model.status.state != "empty", timeout=PATIENCE)
    file = tmp_path / "own.md"
    file.write_text(OWN, encoding="utf-8")
    monkeypatch.setattr(shared_window.session, "may_close", lambda: True)  # nothing here is worth asking about
    shared_window.session.open_lesson(file)
    qtbot.waitUntil(lambda: ready(shared_window), timeout=PATIENCE)
    shared_window.classroom.course.go_to(0)
    return shared_window


def ready(window) -> bool:
    return window.model.status.state == "ready" and window.classroom.course.lesson is not None


def test_a_lesson_opens_with_its_network_views_and_controls(window):
    course, panel, bar = window.classroom.course, window.classroom.panel, window.training_bar
    assert (course.lesson.title, panel.title.text(), panel.heading.text()) == ("Own", "Own", "First")
    assert panel.isVisible()
    assert len(window.model.data.X) == 50
    assert window.docks.is_open("cost")
    assert not window.docks.is_open("boundary")
    assert window.docks.is_open("loss")
    shown = {name for name, button in bar.buttons.items() if button.isVisible()}
    assert shown == {"train.toggle", "train.reset"}
    assert not any(editor.isVisible() for editor in bar.controls.values())
    assert not window.palette_view.isVisible()


def test_closing_a_lesson_gives_the_window_back(window):
    window.classroom.panel.closed.emit()
    assert not window.classroom.panel.isVisible()
    assert window.docks.is_open("boundary")
    assert all(button.isVisible() for button in window.training_bar.buttons.values())
    assert window.palette_view.isVisible()
    window.actions_by_name["learn.show"].trigger()
    assert window.classroom.panel.isVisible()
    assert not window.palette_view.isVisible()


def test_what_is_done_is_ticked_and_the_answer_told_only_then(window, qtbot):
    course, panel = window.classroom.course, window.classroom.panel
    assert panel.on.text() == "Skip"
    panel.question.buttons[0].click()
    assert course.progress.predicted == 0
    assert not panel.question.because.isVisible()
    assert "see what happens" in panel.question.verdict.toPlainText()
    panel.question.buttons[1].click()
    assert course.progress.predicted == 0  # the first guess counts
    window.actions_by_name["train.toggle"].trigger()
    qtbot.waitUntil(lambda: panel.checks.items[0].done, timeout=PATIENCE)
    window.actions_by_name["train.toggle"].trigger()
    assert not panel.checks.items[1].done
    window.store.apply(lambda document: with_rate(document, 0.25), "Set the learning rate")
    window.actions_by_name["edit.undo"].trigger()
    qtbot.waitUntil(lambda: panel.checks.items[1].done, timeout=PATIENCE)
    assert panel.question.because.isVisible()
    assert panel.question.verdict.toPlainText().startswith("Not so")
    assert "$" not in panel.question.verdict.toPlainText()
    assert panel.on.text() == "Next"
    panel.on.click()
    assert panel.heading.text() == "Second"
    panel.back.click()
    assert all(item.done for item in panel.checks.items)  # what was done stays done


def test_a_click_on_the_words_of_a_choice_chooses_it(window, qtbot):
    panel = window.classroom.panel

    def words():
        return [text for text in panel.question.findChildren(Text) if text.toPlainText().endswith("Nothing")]

    qtbot.waitUntil(lambda: len(words()) == 1, timeout=PATIENCE)  # those shown before are gone
    qtbot.mouseClick(words()[0].viewport(), Qt.MouseButton.LeftButton)
    assert window.classroom.course.progress.predicted == 2


def test_links_open_views_and_other_lessons(window, qtbot):
    panel = window.classroom.panel
    panel.view_wanted.emit("ledger")
    assert window.docks.is_open("ledger")
    panel.lesson_wanted.emit("tuning")
    qtbot.waitUntil(lambda: window.classroom.course.lesson.title == "Tuning", timeout=PATIENCE)


def test_the_views_of_one_lesson_go_when_another_is_opened_and_closing_that_gives_the_window_back(window, qtbot):
    assert window.docks.is_open("loss")
    window.classroom.open_built_in("gradient-descent")
    qtbot.waitUntil(lambda: window.docks.is_open("descent"), timeout=PATIENCE)
    assert window.docks._docks["loss"].isHidden()
    window.classroom.panel.closed.emit()
    assert window.docks._docks["descent"].isHidden()
    assert window.docks.is_open("boundary")
    assert not window.classroom.panel.isVisible()


def test_a_lesson_is_taken_up_where_it_was_left(window, qtbot, tmp_path):
    window.classroom.course.go_to(1)
    window.classroom.open_built_in("vectorization")
    qtbot.waitUntil(lambda: window.classroom.course.lesson.title == "Vectorization", timeout=PATIENCE)
    window.session.open_lesson(tmp_path / "own.md")
    assert window.classroom.course.place == 1


def test_a_saved_project_keeps_its_lesson(window, tmp_path, monkeypatch):
    path = tmp_path / "with-a-lesson.nnstudio"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    assert window.session.save_as()
    window.actions_by_name["file.new"].trigger()
    assert window.classroom.course.lesson is None
    assert not window.classroom.panel.isVisible()
    window.session.open(str(path))
    assert window.classroom.course.lesson.title == "Own"
    assert window.classroom.panel.isVisible()


def test_a_lesson_is_written_in_the_window(window, qtbot):
    window.actions_by_name["learn.write"].trigger()
    editor = window.classroom.panel.editor
    assert editor.text.toPlainText() == OWN
    editor.text.setPlainText(OWN.replace("## Second", "Second").replace("new_epochs", "new_epoch"))
    qtbot.waitUntil(lambda: not editor.take.isEnabled(), timeout=PATIENCE)
    assert 'Line 26: There is no fact "new_epoch"' in editor.words.text()
    editor.text.setPlainText(OWN.replace("## Second", "## Third"))
    qtbot.waitUntil(editor.take.isEnabled, timeout=PATIENCE)
    editor.take.click()
    assert [step.title for step in window.classroom.course.lesson.steps] == ["First", "Third"]
    window.actions_by_name["edit.undo"].trigger()
    assert [step.title for step in window.classroom.course.lesson.steps] == ["First", "Second"]


def test_a_file_that_is_no_lesson_is_refused_and_nothing_changes(window, tmp_path):
    (tmp_path / "bad.md").write_text("# Just text")
    said = []
    window.model.message.connect(lambda text, tone: said.append((text, tone)))
    before = window.store.document
    window.session.open_lesson(tmp_path / "bad.md")
    assert window.store.document is before
    assert said
    assert "Line 1" in said[0][0]
    assert said[0][1] == "bad"


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_of_the_program_opens_and_every_equation_in_it_can_be_set(window, qtbot, name):
    window.classroom.open_built_in(name)
    course, panel = window.classroom.course, window.classroom.panel
    qtbot.waitUntil(lambda: course.lesson is not None and course.lesson.title == LESSONS[name], timeout=PATIENCE)
    for place in range(len(course.lesson.steps)):
        course.go_to(place)
        for text in panel.findChildren(Text):
            assert "$" not in text.toPlainText(), text.toPlainText()


def test_the_slips_of_the_notes_are_shown_typeset_in_one_window(window, qtbot):
    window.actions_by_name["learn.errata"].trigger()
    window.actions_by_name["learn.errata"].trigger()
    (errata,) = window.findChildren(ErrataWindow)
    qtbot.waitUntil(lambda: len(errata.sections) > 17 and errata.sections[-1].toPlainText().startswith("Kept"))
    assert not any("$" in section.toPlainText() for section in errata.sections)
    errata.close()
    qtbot.waitUntil(lambda: not window.findChildren(ErrataWindow))


def with_rate(document, rate):
    training = document.training
    return edits.set_training(document, replace(training, optimizer=replace(training.optimizer, learning_rate=rate)))

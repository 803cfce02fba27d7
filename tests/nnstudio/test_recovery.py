"""Autosave and recovery: a crash loses little, a clean close leaves nothing, two windows do not meet."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from nnstudio.document import Document
from nnstudio.project_file import ProjectError, save
from nnstudio.recovery import INTERVAL_SECONDS, Autosave, recoverable
from nnstudio.state_folder import state_directory
from tests.nnstudio.projects import trained


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def autosave(tmp_path: Path, clock: Clock) -> Iterator[Autosave]:
    made = Autosave(tmp_path / "recovery", clock=clock)
    yield made
    made.close()


def crash(directory: Path, notes: str, project: Path | None = None) -> None:
    """Autosave in another process, and kill it."""
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from nnstudio.document import Document
        from nnstudio.recovery import Autosave
        autosave = Autosave(Path(sys.argv[1]))
        autosave.saved(Path(sys.argv[3]) if sys.argv[3] else None, None)
        autosave.offer(Document(notes=sys.argv[2]))
        autosave.wait()
        print("ready", flush=True)
        time.sleep(60)
        """
    )
    before = recoverable(directory)
    arguments = [sys.executable, "-c", program, directory, notes, str(project or "")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            running = recoverable(directory)
        finally:
            process.kill()
    assert running == before, "the work of a running window was offered"


def test_work_of_a_window_that_crashed_is_offered_and_comes_back(tmp_path: Path) -> None:
    project = tmp_path / "lesson.nnstudio"
    save(project, Document(notes="saved"))
    crash(tmp_path / "recovery", "unsaved", project)
    (entry,) = recoverable(tmp_path / "recovery")
    assert entry.name == "lesson.nnstudio"
    assert entry.about.project_path == str(project)
    assert not entry.project_changed
    assert entry.open().document.notes == "unsaved"


def test_recovery_says_when_the_project_file_has_changed_since(tmp_path: Path) -> None:
    project = tmp_path / "lesson.nnstudio"
    save(project, Document(notes="saved"))
    crash(tmp_path / "recovery", "unsaved", project)
    save(project, Document(notes="saved by someone else"))
    (entry,) = recoverable(tmp_path / "recovery")
    assert entry.project_changed


def test_newest_work_is_offered_first_and_discarded_work_never_again(tmp_path: Path) -> None:
    for notes in ("first", "second"):
        crash(tmp_path, notes)
    entries = recoverable(tmp_path)
    assert [entry.open().document.notes for entry in entries] == ["second", "first"]
    assert entries[0].name == "Untitled"
    for entry in entries:
        entry.discard()
    assert list(tmp_path.iterdir()) == []


def test_trained_weights_and_data_are_part_of_it(autosave: Autosave) -> None:
    document, checkpoint, prepared, _ = trained()
    assert autosave.offer(document, checkpoint, prepared)
    autosave.wait()
    from nnstudio.project_file import open_project

    project = open_project(autosave.path)
    assert project.checkpoint is not None
    assert project.checkpoint.hash == checkpoint.hash
    assert project.prepared is not None


def test_clean_close_leaves_nothing(tmp_path: Path, clock: Clock) -> None:
    autosave = Autosave(tmp_path, clock=clock)
    autosave.offer(Document(notes="a"))
    autosave.close()
    assert list(tmp_path.iterdir()) == []


def test_only_new_versions_are_written_and_not_too_often(autosave: Autosave, clock: Clock) -> None:
    assert autosave.offer(Document(notes="a"))
    autosave.wait()
    clock.now += INTERVAL_SECONDS - 1
    assert not autosave.offer(Document(notes="b"))
    clock.now += 1
    assert autosave.offer(Document(notes="b"))
    autosave.wait()
    clock.now += INTERVAL_SECONDS
    assert not autosave.offer(Document(notes="b"))


def test_crash_loses_less_than_thirty_seconds() -> None:
    timer = 5.0
    assert INTERVAL_SECONDS + timer < 30.0


def test_saved_version_needs_no_recovery(autosave: Autosave, clock: Clock, tmp_path: Path) -> None:
    document = Document(notes="a")
    autosave.offer(document)
    save(tmp_path / "a.nnstudio", document)
    autosave.saved(tmp_path / "a.nnstudio", document)
    assert not autosave.path.exists()
    clock.now += 100
    assert not autosave.offer(document)
    assert autosave.offer(msgspec.structs.replace(document, notes="b"))


def test_version_that_could_not_be_written_is_told_and_tried_again(tmp_path: Path, clock: Clock) -> None:
    blocked = tmp_path / "recovery"
    blocked.write_text("a file where the folder should be")
    autosave = Autosave(blocked, clock=clock)
    autosave.offer(Document(notes="a"))
    autosave.wait()
    assert autosave.problem
    blocked.unlink()
    clock.now += INTERVAL_SECONDS
    assert autosave.offer(Document(notes="a"))
    autosave.wait()
    assert autosave.problem == ""
    autosave.close()


def test_damaged_recovery_file_is_told_in_words_when_opened(tmp_path: Path) -> None:
    crash(tmp_path, "unsaved")
    (entry,) = recoverable(tmp_path)
    entry.path.write_bytes(entry.path.read_bytes()[:50])
    entry.path.with_suffix(".json").write_text("{")
    (again,) = recoverable(tmp_path)
    with pytest.raises(ProjectError, match="cut off"):
        again.open()


def test_folder_is_one_of_the_person_and_can_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NNSTUDIO_STATE_DIR", str(tmp_path / "state"))
    assert state_directory() == tmp_path / "state"
    monkeypatch.delenv("NNSTUDIO_STATE_DIR")
    assert Path.home() in state_directory().parents or os.environ.get("XDG_STATE_HOME")

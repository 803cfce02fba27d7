"""The open project of a window: new, open, save, data, autosave; asks before anything would be lost."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from engine.declared import SettingError, replace
from nnstudio import edits
from nnstudio.data import (
    FIRST_SAMPLE,
    SAMPLES,
    DataError,
    DataRecipe,
    PreparedData,
    PreparedRecord,
    SampleSource,
    prepare,
    sample_recipe,
)
from nnstudio.data.reading.content import state_of
from nnstudio.document import Document, starting_document
from nnstudio.project_file import MOST_DATA, SUFFIX, Project, ProjectError, open_project, save
from nnstudio.recovery import Autosave, Recoverable, recoverable
from ui import preferences
from ui.recipe_work import UNSAVED, work_of
from ui.table_link import TableLink
from ui.training_view_model import TrainingViewModel

AUTOSAVE_TIMER_MS = 5_000
FILTER = f"NN Studio projects (*{SUFFIX})"
LESSON_SUFFIX = ".md"
LEAST_TABLE_MEMORY, MOST_TABLE_MEMORY = 100, 1_000_000  # megabytes that can be chosen


class ProjectSession(QObject):
    """What file the window works on, and whether it differs from what was saved."""

    state_changed = Signal()  # the path, or whether there are unsaved changes
    taken = Signal()  # another document is there: new, opened or recovered

    def __init__(self, model: TrainingViewModel, window: QWidget) -> None:
        super().__init__(window)
        self._model, self._window = model, window
        self._store = model.store
        self.link = TableLink(model, window)
        self.path: Path | None = None
        self.record: PreparedRecord | None = None  # of a project whose data are not inside it
        self._record_for: DataRecipe | None = None
        self._seen: object = None  # the state of the project's file when it was opened or saved here
        self._recovered = False  # recovered work differs from any file until it is saved
        self._autosave = Autosave()
        self._store.undo_stack.cleanChanged.connect(self._clean_changed)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._offer_autosave)
        self._timer.start(AUTOSAVE_TIMER_MS)
        self.state_changed.connect(self._tell_path)

    @property
    def changed(self) -> bool:
        """Whether closing now would lose something."""
        return self._recovered or not self._store.undo_stack.isClean()

    @property
    def name(self) -> str:
        """The file's name, or ``Untitled``."""
        return self.path.name if self.path else f"Untitled{SUFFIX}"

    def _tell_path(self) -> None:
        work_of(self._model).project_path = self.path or UNSAVED

    def _clean_changed(self, clean: bool) -> None:
        self.state_changed.emit()

    # -- new and open ---------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Open the network of the first start on the first sample."""
        recipe = sample_recipe(FIRST_SAMPLE)
        prepared = prepare(recipe)
        self._model.prepared.put(recipe, prepared)
        self._take(Project(_with_data(starting_document(), recipe, prepared)), None)

    def begin_with(self, path: str) -> None:
        """Open a project as the program starts; where it cannot be read, say why on the first network."""
        opened = self._open_lesson(Path(path)) if path.lower().endswith(LESSON_SUFFIX) else self._open(path)
        if not opened:
            self.begin()

    def show_project(self, project: Project) -> None:
        """Show a project that has no file."""
        self._take(project, None)

    def new(self) -> None:
        """Start over with a fresh network on the same data, after asking about unsaved work."""
        self._when_safe(self._fresh)

    def _fresh(self) -> None:
        recipe, prepared = self._store.document.data, self._model.data
        if recipe is None or prepared is None:
            self.begin()
        else:
            self._take(Project(_with_data(starting_document(), recipe, prepared)), None)

    def open(self, path: str | None = None) -> None:
        """Open a project, chosen in a dialog unless given, after asking about unsaved work."""
        if path is None:
            path, _ = QFileDialog.getOpenFileName(self._window, "Open a project", self._folder(), FILTER)
        if path:
            chosen = path
            self._when_safe(lambda: self._open(chosen))

    def open_lesson(self, path: Path) -> None:
        """Open a lesson with the network it begins with, after asking about unsaved work."""
        self._when_safe(lambda: self._open_lesson(path))

    def _open_lesson(self, path: Path) -> bool:
        from nnstudio.lessons import LessonError, StartError, document_of, read  # at first use: the window is up sooner

        try:
            lesson = read(path)
            project = document_of(lesson.head.start, path.parent, lesson.text)
        except (LessonError, StartError, ProjectError) as error:
            self._model.message.emit(f"The lesson was not opened. {error}", "bad")
            return False
        self._take(project, None)
        return True

    def _open(self, path: str) -> bool:
        try:
            project = open_project(path)
        except ProjectError as error:
            self._model.message.emit(str(error), "bad")
            return False
        self._take(project, Path(path))
        preferences.add_recent_file(str(Path(path).resolve()))
        return True

    def _take(self, project: Project, path: Path | None, recovered: bool = False) -> None:
        document, model = project.document, self._model
        if project.checkpoint is not None:
            model.checkpoints.put(project.checkpoint)
        if project.prepared is not None and document.data is not None:
            model.prepared.put(document.data, project.prepared)
        self.path, self._recovered = path, recovered
        self._seen = _state(path)
        self.record, self._record_for = project.record, document.data
        model.take_document(document)
        if not recovered:
            self._autosave.saved(path, document, project.checkpoint)
        self.state_changed.emit()
        self.taken.emit()
        self._say_where_data_are()

    def _say_where_data_are(self) -> None:
        """Say where the data of a project are if something is amiss, and read them only when asked.

        Samples are the program's own: they are made at once.
        """
        recipe = self._store.document.data
        if recipe is None:
            return
        if isinstance(recipe.source, SampleSource):
            if self._model.data is None:
                self._prepare_sample(recipe)
        else:
            self.link.say_on_opening(self.path)

    def read_again(self) -> None:
        """Read the table of the document once more, by its recipe."""
        self.link.read()

    def _prepare_sample(self, recipe: DataRecipe) -> None:
        try:
            prepared = prepare(recipe)
        except DataError as error:
            self._model.message.emit(str(error), "bad")
            return
        self._model.prepared.put(recipe, prepared)
        self._model.take_data_again()

    # -- data -----------------------------------------------------------------------------------------------------

    def use_sample(self, name: str) -> None:
        """Put the network on a sample."""
        try:
            recipe = sample_recipe(name)
            self.use_data(recipe, prepare(recipe), SAMPLES[name].title)
        except DataError as error:
            self._model.message.emit(str(error), "bad")

    def shape_sample(self, rows: int, noise: float, merge_key: str) -> None:
        """Generate the present sample with other settings; changes of one key are one step of undo."""
        now = self._store.document.data
        if now is None or not isinstance(now.source, SampleSource):
            return
        try:
            recipe = replace(now, source=replace(now.source, rows=rows, noise=noise))
            prepared = prepare(recipe)
        except (DataError, SettingError) as error:
            self._model.message.emit(str(error), "bad")
            return
        self._model.prepared.put(recipe, prepared)
        title = SAMPLES[now.source.name].title
        self._store.apply(lambda document: _with_data(document, recipe, prepared), f"Change {title}", merge_key)

    def use_data(self, recipe: DataRecipe, prepared: PreparedData, title: str) -> None:
        """Put the network on prepared data, as one step of undo."""
        self._model.prepared.put(recipe, prepared)
        self._store.apply(
            lambda document: _with_data(document, recipe, prepared),
            f"Load {title}",
        )

    def project(self) -> Project:
        """Return what would be saved now."""
        document = self._store.document
        return Project(document, self._model.checkpoint(), self._model.data, self._record_of(document))

    # -- save -----------------------------------------------------------------------------------------------------

    def save(self) -> bool:
        """Save to the project's file, or ask for one; True where it was saved."""
        if self.path is None:
            return self.save_as()
        if (now := _state(self.path)) is not None and now != self._seen:
            buttons = QMessageBox.StandardButton
            question = (
                f"{self.path.name} was changed since it was opened or saved here, perhaps in another window. Replace "
                "it? What was saved there would be lost. No asks for another name."
            )
            choices = buttons.Yes | buttons.No | buttons.Cancel
            answer = QMessageBox.question(self._window, "The file was changed", question, choices, buttons.Cancel)
            if answer != buttons.Yes:
                return self.save_as() if answer == buttons.No else False
        return self._save(self.path)

    def save_as(self) -> bool:
        """Save to a file chosen in a dialog; True where it was saved."""
        path, _ = QFileDialog.getSaveFileName(
            self._window, "Save the project", str(Path(self._folder()) / self.name), FILTER
        )
        if not path:
            return False
        chosen = Path(path)
        if chosen.suffix != SUFFIX:
            chosen = Path(f"{path}{SUFFIX}")
            if chosen.exists() and not self._may_replace(chosen):
                return False
        return self._save(chosen)

    def _may_replace(self, path: Path) -> bool:
        buttons = QMessageBox.StandardButton
        question = f"{path.name} is there already. Replace it?"
        return QMessageBox.question(self._window, "Replace the file", question, buttons.Yes | buttons.No) == buttons.Yes

    def ask_data_limit(self) -> None:
        """Ask up to which size prepared data are saved inside a project."""
        most, now = MOST_DATA // 1_000_000, preferences.data_limit_megabytes()
        label = "Keep prepared data inside a project up to (MB); larger ones stay in their own file:"
        chosen, given = QInputDialog.getInt(self._window, "Data inside projects", label, now, 0, most)
        if given:
            preferences.set_data_limit_megabytes(chosen)

    def ask_table_memory(self) -> None:
        """Ask up to which size tables are kept in memory."""
        now = preferences.table_memory_megabytes()
        label = "Keep a table in memory up to (MB); a larger one is read into a file, and trained from there:"
        chosen, given = QInputDialog.getInt(
            self._window, "Memory for tables", label, now, LEAST_TABLE_MEMORY, MOST_TABLE_MEMORY
        )
        if given:
            preferences.set_table_memory_megabytes(chosen)

    def _save(self, path: Path) -> bool:
        saved: list[bool] = []
        self._model.when_at_rest(lambda: saved.append(self._write(path)))
        return bool(saved and saved[0])

    def _write(self, path: Path) -> bool:
        document, checkpoint = self._store.document, self._model.checkpoint()
        try:
            limit = preferences.data_limit_megabytes() * 1_000_000
            save(path, document, checkpoint, self._model.data, limit, self._record_of(document))
        except ProjectError as error:
            self._model.message.emit(str(error), "bad")
            return False
        self.path, self._recovered = path, False
        self._seen = _state(path)
        self._store.undo_stack.setClean()
        self._autosave.saved(path, document, checkpoint)
        preferences.add_recent_file(str(path.resolve()))
        self.state_changed.emit()
        return True

    def _record_of(self, document: Document) -> PreparedRecord | None:
        """Return how the opened project prepared its data, while it still is about those."""
        return self.record if self.record is not None and document.data == self._record_for else None

    def _folder(self) -> str:
        return str(self.path.parent if self.path else preferences.usual_folder())

    def _when_safe(self, action: object) -> None:
        """Call ``action`` once training rests and nothing unsaved would be lost."""

        def ask_then_act() -> None:
            if self.may_close():
                action()  # type: ignore[operator]

        self._model.when_at_rest(ask_then_act)

    def let_go(self) -> None:
        """Count the present state as not worth keeping."""
        self._recovered = False
        self._store.undo_stack.setClean()

    def may_close(self) -> bool:
        """Ask what to do with unsaved work; False where the person wants to stay."""
        if not self.changed:
            return True
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            "Unsaved changes",
            f"Save the changes to {self.name}? Trained weights are saved with it.",
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        return self.save() if answer == buttons.Save else answer == buttons.Discard

    # -- recovery -------------------------------------------------------------------------------------------------

    def recoverable(self) -> list[Recoverable]:
        """Return the work of windows that went without closing."""
        return recoverable()

    def recover(self, entry: Recoverable) -> None:
        """Open such work, after asking about unsaved work; it counts as unsaved itself."""
        self._when_safe(lambda: self._recover(entry))

    def _recover(self, entry: Recoverable) -> None:
        try:
            project = entry.open()
        except ProjectError as error:
            self._model.message.emit(str(error), "bad")
            return
        known = entry.about.project_path if not entry.project_changed else None
        self._take(project, Path(known) if known else None, recovered=True)
        # Written aside anew before the old copy goes.
        if self._autosave.offer(self._store.document, self._model.checkpoint(), self._model.data):
            self._autosave.wait()
        if not self._autosave.problem:
            entry.discard()

    def _offer_autosave(self) -> None:
        if self.changed or self._model.training:
            self._autosave.offer(self._store.document, self._model.latest_checkpoint(), self._model.data)

    def close(self) -> None:
        """Forget the autosaved version: the window closes with everything saved or let go."""
        self._timer.stop()
        self.link.close()
        self._autosave.close()


def _state(path: Path | None) -> object:
    """Return what tells whether a file was written since; None where there is none."""
    try:
        return None if path is None else state_of(path)[:-1]  # all but when its name or rights changed
    except OSError:
        return None


def _with_data(document: Document, recipe: DataRecipe, prepared: PreparedData) -> Document:
    return edits.use_prepared(document, recipe, prepared)

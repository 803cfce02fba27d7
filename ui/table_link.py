"""The table of the open project: says when it has moved or changed, and checks, finds and reads it when asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from nnstudio.data import DataRecipe, TableSource
from nnstudio.document import Document
from nnstudio.table_link import Checked, Place, check, look, relinked, shown
from ui import preferences
from ui.dialogs.table_import_work import Background
from ui.recipe_work import RecipeWork, work_of
from ui.table_files import TABLE_FILTER

FIND, CHECK, READ = "Find the file…", "Check the file", "Read it again"
LONGEST_NAME = 30  # characters on a button
STORED = "The data stored in the project are used."
NOT_STORED = "Its data are not stored in the project."


class TableLink(QObject):
    """Between the document's recipe and the file that it names. Nothing is read before a person asks for it.

    Signals
    -------
    offered(str, str, str, object)
        A sentence, its kind, and an action: its text, and what to call.
    """

    offered = Signal(str, str, str, object)

    def __init__(self, model: Any, window: QWidget) -> None:
        super().__init__(window)
        self._model, self._window = model, window
        self._store = model.store
        self._work: RecipeWork = work_of(model)
        self._background = Background(self)
        self._background.finished.connect(self._finished)
        self._background.failed.connect(lambda _, sentence: self.offered.emit(sentence, "bad", FIND, self.find))

    @property
    def busy(self) -> bool:
        """Whether a file is being checked."""
        return self._background.busy

    def say_on_opening(self, project: Path | None) -> Place | None:
        """Say where the table of the document is, if not where and as it was; the file is not opened.

        Parameters
        ----------
        project
            The project's file, None where it has none.
        """
        source = self._source()
        if source is None:
            return None
        place = look(source, project)
        stored = self._model.data is not None
        if place.state == "same" and not stored:
            name = Path(source.path).name
            self.offered.emit(
                f"{NOT_STORED} They are in {shown(source.path)}.",
                "warn",
                f"Read {name}" if len(name) <= LONGEST_NAME else "Read the table",
                self.read,
            )
        elif place.state == "gone":
            self.offered.emit(f"{place.sentence} {STORED if stored else NOT_STORED}", "warn", FIND, self.find)
        elif place.state == "moved":
            use = partial(self.use, str(place.path))
            said = f"{place.sentence} {STORED if stored else NOT_STORED}"
            self.offered.emit(said, "warn", "Use that file", use)
        elif place.state != "same":
            self.offered.emit(f"{place.sentence} {STORED if stored else NOT_STORED}", "warn", CHECK, self.check)
        return place

    def check(self) -> None:
        """Compare the table's columns and content with those the project was made with."""
        source = self._source()
        if source is not None:
            self._check(source.path, "check")

    def find(self) -> None:
        """Ask where the table is now, and relink the project to it."""
        source = self._source()
        if source is None:
            return
        folder = str(Path(preferences.table_folder() or Path.home()) / Path(source.path).name)
        path, _ = QFileDialog.getOpenFileName(self._window, f"Find {Path(source.path).name}", folder, TABLE_FILTER)
        if path:
            self.use(path)

    def use(self, path: str) -> None:
        """Relink the project to a file, after looking whether it has the columns."""
        self._check(path, "relink")

    def read(self) -> None:
        """Read the table again by the recipe, in the background."""
        if self._source() is not None:
            self._model.when_at_rest(self._work.read_again)

    def path(self) -> str | None:
        """Return where the table of the document was; None where it has none, which is said."""
        source = self._source()
        return None if source is None else source.path

    def close(self) -> None:
        """Stop what is being checked."""
        self._background.close()

    def _source(self) -> TableSource | None:
        recipe = self._store.document.data
        if recipe is None or not isinstance(recipe.source, TableSource):
            said = "There is no table yet: load one." if recipe is None else "These data come with the program."
            self.offered.emit(said, "info", "", None)
            return None
        return recipe.source

    def _check(self, path: str, key: str) -> None:
        recipe = self._store.document.data
        assert recipe is not None
        self.offered.emit(f"Looking at {Path(path).name} …", "info", "", None)

        def work(progress: Any, cancelled: Any) -> tuple[DataRecipe, Checked]:
            return recipe, check(recipe, Path(path), cancelled)

        self._background.start(key, work)

    def _finished(self, key: str, result: tuple[DataRecipe, Checked]) -> None:
        recipe, found = result
        if self._store.document.data != recipe:
            return  # about data that are not those of the document any more
        stored = self._model.data is not None
        if found.missing:
            kept = "Nothing was changed." if key == "relink" else STORED if stored else NOT_STORED
            self.offered.emit(f"{found.sentence} {kept}", "bad", FIND, self.find)
            return
        if key == "relink" and not self._relink(found):
            return
        then: tuple[str, Callable[[], object] | None] = ("", None) if stored and found.same else (READ, self.read)
        said = found.sentence if found.same else f"{found.sentence} {STORED if stored else NOT_STORED}"
        self.offered.emit(said, "info" if found.same else "warn", *then)

    def _relink(self, found: Checked) -> bool:
        def edit(document: Document) -> Document:
            return relinked(document, found.source.path)

        if self._model.data is not None:  # the same data, by another recipe
            self._model.prepared.put(edit(self._store.document).data, self._model.data)
        preferences.set_table_folder(found.source.path)
        return bool(self._store.apply(edit, f"Find {found.name}"))

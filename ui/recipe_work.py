"""Changes of the recipe: kept aside while they are made, prepared in the background, applied as one step of undo."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.declared import replace
from nnstudio import edits, numbers
from nnstudio.data import (
    ColumnSteps,
    DataError,
    DataRecipe,
    ImportPlan,
    Preparation,
    PreparedData,
    TableSource,
    check_recipe,
    prepare_anew,
    with_steps,
)
from nnstudio.data.recipe import targets
from nnstudio.document import Document
from nnstudio.headless import reachable_recipe
from nnstudio.table_link import look
from ui.dialogs.table_import_work import Background

UNSAVED = Path("Untitled.nnstudio")


class Made(NamedTuple):
    """What a job in the background made: the data of a recipe, and what is to be said of them."""

    recipe: DataRecipe
    prepared: PreparedData
    notes: tuple[str, ...]


class RecipeWork(QObject):
    """The one draft of a window's recipe. The document has it only when its data are prepared; a draft survives a
    failure, and a change of the document's data lets it go.

    Attributes
    ----------
    project_path
        Where the project is, beside which a table may be found.
    problem
        Why the draft cannot be applied, or was not, in a sentence; empty where all is well.
    share
        How far preparing has come, from 0 to 1.
    """

    changed = Signal()

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self._model, self._store = model, model.store
        self._draft: DataRecipe | None = None
        self._text = ""
        self.project_path = UNSAVED
        self.problem, self.share, self._possible = "", 0.0, True
        self._base: DataRecipe | None = None
        self._landing = False
        self._step = 0  # of undo, which was the last when the draft was changed
        self._background = Background(self)
        self._background.finished.connect(self._finished)
        self._background.failed.connect(self._failed)
        self._background.cancelled.connect(lambda _: self._failed("", "Canceled; nothing was changed."))
        self._background.progressed.connect(self._progressed)
        self._store.changed.connect(self._document_changed)
        self._store.refused.connect(lambda _: self._landed())

    @property
    def recipe(self) -> DataRecipe | None:
        """The draft, or the document's recipe where there is none."""
        return self._draft if self._draft is not None else self._store.document.data

    @property
    def drafted(self) -> bool:
        """Whether something was changed that the document does not have."""
        return self._draft is not None

    @property
    def newest(self) -> bool:
        """Whether the draft was changed after the last step of undo."""
        return self.drafted and self._step == self._store.undo_stack.index()

    @property
    def possible(self) -> bool:
        """Whether the draft may work, as far as can be told without its table."""
        return self._possible

    @property
    def busy(self) -> bool:
        """Whether data are being prepared, or wait for training to rest to be put into the document."""
        return self._background.busy or self._landing

    def set_steps(self, name: str, steps: ColumnSteps) -> None:
        """Change the steps of one column in the draft."""
        if self.recipe is not None:
            self._take(replace(self.recipe, plan=with_steps(self.recipe.plan, name, steps)), f"Change steps of {name}")

    def set_plan(self, plan: ImportPlan, text: str) -> None:
        """Change in the draft what columns are for or read as; with other targets the task is found anew."""
        recipe = self.recipe
        if recipe is not None:
            same = [(c.name, c.kind) for c in targets(plan)] == [(c.name, c.kind) for c in targets(recipe.plan)]
            self._take(replace(recipe, plan=plan, task=recipe.task if same else None), text)

    def set_preparation(self, preparation: Preparation) -> None:
        """Change in the draft what holds for all columns and for the rows."""
        if self.recipe is not None:
            self._take(replace(self.recipe, preparation=preparation), "Change the recipe")

    def discard(self) -> None:
        """Forget the draft."""
        self._background.cancel()
        self._draft, self.problem = None, ""
        self.changed.emit()

    def apply(self) -> None:
        """Prepare the data by the draft, in the background, and put them into the document when they are there."""
        if self._draft is not None and not self.busy and self._check():
            self._start(self._draft)

    def read_again(self) -> None:
        """Read the document's table once more, in the background.

        Other content than before is a step of undo; the same content is the document's data, if it had none.
        """
        recipe = self._store.document.data
        if recipe is not None and not self.busy:
            self._text = "Read the table again"
            self._model.message.emit("Reading the table …", "info")
            self._start(recipe)

    def _start(self, recipe: DataRecipe) -> None:
        self._base = self._store.document.data
        document: Document = msgspec.structs.replace(self._store.document, data=recipe)
        path = self.project_path

        def work(progress: Any, cancelled: Any) -> Made:
            if isinstance(recipe.source, TableSource) and (place := look(recipe.source, path)).state == "gone":
                raise DataError(f"{place.sentence} Use Data, Find the table's file, to say where it is now.")
            found, notes = reachable_recipe(document, path)
            # The recipe is to name the content that it is prepared from.
            return Made(*prepare_anew(found, progress=progress, cancelled=cancelled), notes)

        self.problem, self.share = "", 0.0
        self._background.start("prepare", work)
        self.changed.emit()

    def cancel(self) -> None:
        """Stop preparing; the draft stays."""
        self._background.cancel()

    def close(self) -> None:
        """Stop all, and wait for the thread."""
        self._background.close()

    def _take(self, recipe: DataRecipe, text: str) -> None:
        if recipe == self.recipe:
            return
        self._text = text if self._draft is None or text == self._text else "Change the recipe"
        self._draft = recipe if recipe != self._store.document.data else None
        self._step = self._store.undo_stack.index()
        self._check()
        self.changed.emit()

    def _check(self) -> bool:
        self.problem = ""
        if self._draft is not None:
            try:
                check_recipe(self._draft)
            except DataError as error:
                self.problem = str(error)
        self._possible = not self.problem
        return self._possible

    def _finished(self, key: str, made: Made) -> None:
        if self._store.document.data != self._base:
            self._failed(key, "Other data were loaded meanwhile, so this was not applied.")
            return
        if _same_content(made.recipe, self._base):
            self._model.prepared.put(self._base, made.prepared)
            if self._model.data is None:
                self._model.when_at_rest(self._model.take_data_again)
            self._model.message.emit(
                f"{numbers.count(len(made.prepared.X))} rows were read; nothing has changed.", "info"
            )
            self.changed.emit()
            return
        self._model.prepared.put(made.recipe, made.prepared)
        self._landing = True
        self._store.apply(lambda document: edits.use_prepared(document, made.recipe, made.prepared), self._text)
        if made.notes:
            self._model.message.emit(" ".join(made.notes), "warn")
        self.changed.emit()

    def _failed(self, key: str, sentence: str) -> None:
        if self._draft is not None:
            self.problem = sentence
        else:
            self._model.message.emit(sentence, "bad")
        self.changed.emit()

    def _progressed(self, key: str, share: float) -> None:
        if share != self.share:
            self.share = share
            self.changed.emit()

    def _landed(self) -> None:
        if self._landing:
            self._landing = False
            self.changed.emit()

    def _document_changed(self, before: Document, after: Document) -> None:
        if before.data == after.data:
            return
        if self._draft is not None and _elsewhere(before.data, after.data):
            assert after.data is not None
            self._draft, self.problem = replace(self._draft, source=after.data.source), ""
            self._step = self._store.undo_stack.index()
        else:
            self._draft, self.problem, self._landing = None, "", False
        self.changed.emit()


def _elsewhere(before: DataRecipe | None, after: DataRecipe | None) -> bool:
    """Return whether two recipes differ in nothing but where and what their table is."""
    if before is None or after is None or not isinstance(after.source, TableSource):
        return False
    return isinstance(before.source, TableSource) and replace(before, source=after.source) == after


def _same_content(made: DataRecipe, base: DataRecipe | None) -> bool:
    """Return whether a recipe is another but for the place of its table, if for that."""
    if base is None or made.preparation != base.preparation or made.plan != base.plan or made.task != base.task:
        return False
    one, other = made.source, base.source
    if isinstance(one, TableSource) and isinstance(other, TableSource):
        return other.sha256 in ("", one.sha256)
    return one == other


def work_of(model: QObject) -> RecipeWork:
    """Return the draft of a window's recipe, made at the first call."""
    return model.findChild(RecipeWork) or RecipeWork(model)


def close_work(model: QObject) -> None:
    """End what a window's draft is preparing, where there is one."""
    work = model.findChild(RecipeWork)
    if work is not None:
        work.close()

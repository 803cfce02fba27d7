"""The one owner of the document in a window: every change passes through here, onto one undo stack."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from nnstudio.document import Document

MOST_UNDO = 500  # steps; each may hold on to trained weights

Edit = Callable[[Document], Document]


class DocumentStore(QObject):
    """Holds the current document and its undo stack.

    Views never write to each other: they call :meth:`apply` with a pure edit and hear of it by ``changed(old, new)``,
    in which each compares its own part.
    """

    changed = Signal(object, object)
    refused = Signal(str)
    replaced = Signal()  # after changed, when another document altogether was put in place

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(MOST_UNDO)
        # Asked before a document is replaced; returns False to put the change off (see TrainingViewModel).
        self.gate: Callable[[Document, Document, Callable[[], None]], bool] | None = None

    @property
    def document(self) -> Document:
        """The current document."""
        return self._document

    def apply(self, edit: Edit, text: str, merge_key: str = "") -> bool:
        """Make a change, as one step of undo.

        Parameters
        ----------
        edit
            A pure function from the document to the next.
        text
            What was done, in a few words, e.g. ``"Add Dense 2"``; shown in the Edit menu.
        merge_key
            Changes of the same key one right after the other become one step of undo; empty never merges.

        Returns
        -------
        bool
            False where the edit was refused; ``refused`` has then said why.
        """
        before = self._document
        try:
            after = edit(before)
        except ValueError as error:
            self.refused.emit(str(error))
            return False
        if after == before:
            return True
        if self.gate is not None and not self.gate(before, after, lambda: self.apply(edit, text, merge_key)):
            return True
        self.undo_stack.push(_EditCommand(self, before, after, text, merge_key))
        return True

    def checkpoints_in_use(self) -> set[str]:
        """Return the checkpoints that the document or a step of undo names."""
        commands = (self.undo_stack.command(index) for index in range(self.undo_stack.count()))
        documents = [self._document]
        for command in commands:
            if isinstance(command, _EditCommand):
                documents += [command.before, command.after]
        return {document.checkpoint for document in documents if document.checkpoint}

    def step(self, index: int) -> tuple[Document, Document]:
        """Return the documents before and after a step of undo."""
        command = self.undo_stack.command(index)
        if not isinstance(command, _EditCommand):
            raise IndexError(index)
        return command.before, command.after

    def replace_all(self, document: Document) -> None:
        """Start over with another document, as opening a file does; there is nothing to undo then."""
        self.undo_stack.clear()
        self._set(document)
        self.replaced.emit()

    def _set(self, document: Document) -> None:
        before, self._document = self._document, document
        if document is not before:
            self.changed.emit(before, document)


class _EditCommand(QUndoCommand):
    """One step of undo: the whole document before and after."""

    def __init__(self, store: DocumentStore, before: Document, after: Document, text: str, merge_key: str) -> None:
        super().__init__(text)
        self._store, self.before, self.after, self._key = store, before, after, merge_key

    def redo(self) -> None:
        """Put the later document in place."""
        self._store._set(self.after)

    def undo(self) -> None:
        """Put the earlier document in place."""
        self._store._set(self.before)

    def id(self) -> int:
        """Return the number by which Qt asks to merge; -1 never merges."""
        return hash(self._key) & 0x7FFFFFFF if self._key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over a following change of the same key."""
        if not isinstance(other, _EditCommand) or other._key != self._key:
            return False
        self.after = other.after
        self.setObsolete(self.after == self.before)
        return True

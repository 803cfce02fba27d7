"""Every change is one step of undo; views hear of it; what cannot be done is said and changes nothing."""

from __future__ import annotations

import msgspec
import pytest

from nnstudio import edits
from nnstudio.document import Document, starting_document
from ui.document_store import DocumentStore


@pytest.fixture
def store(qapp):
    return DocumentStore(starting_document())


def noted(text: str):
    return lambda document: msgspec.structs.replace(document, notes=text)


def test_an_edit_is_announced_with_both_versions_and_undone(store):
    heard = []
    store.changed.connect(lambda old, new: heard.append((old.notes, new.notes)))
    store.apply(noted("a"), "Note")
    store.undo_stack.undo()
    store.undo_stack.redo()
    assert heard == [("", "a"), ("a", ""), ("", "a")]
    assert store.undo_stack.undoText() == "Note"


def test_edits_of_one_key_in_a_row_are_one_step_of_undo(store):
    for text in ("a", "ab", "abc"):
        store.apply(noted(text), "Type", merge_key="notes")
    assert store.undo_stack.count() == 1
    store.undo_stack.undo()
    assert store.document.notes == ""


def test_edits_of_different_keys_do_not_merge(store):
    store.apply(noted("a"), "One", merge_key="one")
    store.apply(noted("b"), "Two", merge_key="two")
    store.apply(noted("c"), "Three")
    store.apply(noted("d"), "Four")
    assert store.undo_stack.count() == 4


def test_an_edit_that_changes_nothing_leaves_no_step(store):
    store.apply(lambda document: document, "Nothing")
    assert store.undo_stack.count() == 0


def test_typing_back_to_the_start_leaves_no_step(store):
    store.apply(noted("a"), "Type", merge_key="notes")
    store.apply(noted(""), "Type", merge_key="notes")
    assert store.undo_stack.count() == 0


def test_a_refused_edit_says_why_and_changes_nothing(store):
    said = []
    store.refused.connect(said.append)
    before = store.document
    assert not store.apply(lambda document: edits.connect(document, "dense_2", "dense_1"), "Join")
    assert store.document is before
    assert store.undo_stack.count() == 0
    assert "loop" in said[0]


def test_undo_brings_back_the_checkpoint_that_belongs_to_the_network(store):
    store.apply(lambda document: edits.set_checkpoint(document, "one"), "Train")
    store.apply(lambda document: edits.set_checkpoint(document, "two"), "Train")
    assert store.checkpoints_in_use() == {"one", "two"}
    store.undo_stack.undo()
    assert store.document.checkpoint == "one"


def test_a_gate_can_put_an_edit_off(store):
    put_off = []

    def gate(before, after, retry):
        put_off.append(retry)
        return False

    store.gate = gate
    store.apply(noted("a"), "Note")
    assert store.document.notes == ""
    store.gate = None
    put_off[0]()
    assert store.document.notes == "a"


def test_another_document_has_nothing_to_undo(store):
    store.apply(noted("a"), "Note")
    store.replace_all(Document())
    assert store.document == Document()
    assert not store.undo_stack.canUndo()
    assert store.undo_stack.isClean()

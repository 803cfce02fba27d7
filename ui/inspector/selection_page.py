"""The inspector's page for several selected layers: how many, and what can be done to all of them."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.declared import Declared, Field, fields_of, replace
from engine.graph import Node
from engine.layers import Input, Output
from nnstudio import edits, numbers
from nnstudio.document import Document
from ui.document_store import DocumentStore
from ui.forms import DeclaredForm
from ui.forms.optional import in_words
from ui.inspector.parts import Heading, label, set_text
from ui.training_view_model import TrainingViewModel

MOST_VALUES = 6  # of a setting, written out where layers differ


class SelectionPage(QWidget):
    """Count and names; a form where all are of one kind; delete."""

    def __init__(self, store: DocumentStore, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store, self._model = store, model
        self._ids: tuple[str, ...] = ()
        self._form: DeclaredForm | None = None
        self.title = label(role="title")
        self.names = label(role="dim", wrap=True)
        self.sum = label(role="dim")
        self._form_heading = Heading("SETTINGS OF ALL")
        self._place = QVBoxLayout()
        self.alike = QPushButton("Make all alike")
        self.alike.setAccessibleName("Give all selected layers the settings shown")
        self.alike.clicked.connect(self._make_alike)
        self.alike.hide()
        self.delete = QPushButton("Delete")
        self.delete.setAccessibleName("Delete the selected layers")
        self.delete.clicked.connect(self._delete)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self.title, self.names, self.sum, self._form_heading):
            column.addWidget(widget)
        column.addLayout(self._place)
        row = QHBoxLayout()
        row.setContentsMargins(0, 12, 0, 0)
        row.addWidget(self.alike)
        row.addWidget(self.delete)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)

    @property
    def form(self) -> DeclaredForm | None:
        """The form for all, where they are of one kind."""
        return self._form

    def show_selection(self, nodes: tuple[Node, ...]) -> None:
        """Show these nodes."""
        self._ids = tuple(node.id for node in nodes)
        set_text(self.title, f"{numbers.count(len(nodes))} layers selected")
        set_text(self.names, ", ".join(node.name for node in nodes))
        total = sum(self._model.shapes.parameters.get(node.id, 0) for node in nodes)
        set_text(self.sum, f"{numbers.plural(total, 'parameter')} together")
        kinds = {type(node.layer) for node in nodes}
        common = len(kinds) == 1 and bool(fields_of(next(iter(kinds))))
        if common:
            self._show_form(nodes[0].layer)
            self._show_differences(nodes)
        elif self._form is not None:
            self._form.hide()
        self.alike.setVisible(common and any(node.layer != nodes[0].layer for node in nodes))
        self.alike.setToolTip(f"Give all of them the settings shown, which are those of {nodes[0].name}")
        self._form_heading.setVisible(common)
        self.delete.setEnabled(bool(self._removable()))

    def _show_form(self, layer: Declared) -> None:
        if self._form is None:
            self._form = DeclaredForm(layer, offers=_for_hidden_layers)
            self._form.edited.connect(self._edit)
            self._place.addWidget(self._form)
        self._form.set_value(layer)
        self._form.show()

    def _show_differences(self, nodes: tuple[Node, ...]) -> None:
        """Say below each setting in which the layers differ what they have, and whose is shown."""
        assert self._form is not None
        for field in fields_of(type(nodes[0].layer)):
            values = [getattr(node.layer, field.name) for node in nodes]
            words = ""
            if any(value != values[0] for value in values):
                shown = ", ".join(in_words(field, value) for value in values[:MOST_VALUES])
                rest = f" and {len(values) - MOST_VALUES} more" if len(values) > MOST_VALUES else ""
                words = f"They differ: {shown}{rest}."
            self._form.set_note(field.name, words)

    def _make_alike(self) -> None:
        ids = self._ids
        first = self._store.document.graph.node(ids[0]).layer

        def edit(document: Document) -> Document:
            for node_id in ids[1:]:
                document = edits.set_layer(document, node_id, first)
            return document

        self._store.apply(edit, f"Make {numbers.count(len(ids))} layers alike")

    def _edit(self, layer: Declared, path: str) -> None:
        ids, setting = self._ids, path.split(".")[0]
        value = getattr(layer, setting)

        def edit(document: Document) -> Document:
            for node_id in ids:
                changed = replace(document.graph.node(node_id).layer, **{setting: value})
                document = edits.set_layer(document, node_id, changed)
            return document

        text = f"Change {setting.replace('_', ' ')} of {numbers.count(len(ids))} layers"
        self._store.apply(edit, text, merge_key=f"{'+'.join(ids)}.{path}")

    def _removable(self) -> tuple[str, ...]:
        graph = self._store.document.graph
        return tuple(i for i in self._ids if graph.has(i) and not isinstance(graph.node(i).layer, (Input, Output)))

    def _delete(self) -> None:
        gone = self._removable()
        if gone:
            self._store.apply(
                lambda document: edits.remove(document, gone), f"Delete {numbers.plural(len(gone), 'layer')}"
            )


def _for_hidden_layers(field: Field, kind: type[Declared]) -> bool:
    return not getattr(kind, "output_only", False)

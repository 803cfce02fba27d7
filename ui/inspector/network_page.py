"""The inspector's page for nothing selected: the network as a whole, and how it is trained."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.declared import Declared, fields_of, title_of
from engine.layers import Output
from engine.settings import TrainingSettings
from nnstudio import numbers
from nnstudio.data import PreparedData
from ui.document_store import DocumentStore
from ui.forms import DeclaredForm
from ui.inspector.parts import FigureTable, Heading, Problems, label, set_text
from ui.training_view_model import TrainingViewModel

MOST_CLASSES_NAMED = 4


class NetworkPage(QWidget):
    """Size, task, problems, hyperparameters and the layers of the network."""

    def __init__(self, store: DocumentStore, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store, self._model = store, model
        self.size = label(role="dim", wrap=True)
        self.task = label(role="dim", wrap=True)
        self.problems = Problems()
        self.training = DeclaredForm(store.document.training)
        self.training.edited.connect(self._edit)
        self.layers = FigureTable()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(label("Network", "title"))
        for widget in (self.size, self.task, self.problems):
            column.addSpacing(4)
            column.addWidget(widget)
        column.addWidget(Heading("LAYERS", "parameters"))
        column.addWidget(self.layers)
        column.addSpacing(12)
        column.addWidget(self.training)
        column.addSpacing(12)
        column.addWidget(label("Select a layer on the canvas to see its settings and its numbers.", "hint", wrap=True))
        column.addStretch(1)

    def show_network(self) -> None:
        """Show the network as the document has it."""
        graph, shapes = self._store.document.graph, self._model.shapes
        with_weights = sum(1 for count in shapes.parameters.values() if count)
        set_text(
            self.size,
            f"{numbers.plural(with_weights, 'layer')} · {numbers.plural(shapes.parameter_count, 'parameter')}",
        )
        outputs = graph.of_kind(Output)
        sentence = task_sentence(self._model.data)
        if outputs and isinstance(outputs[0].layer, Output):
            layer = outputs[0].layer
            sentence += f"\n{title_of(layer.activation)} output, {title_of(layer.loss)}"
        set_text(self.task, sentence)
        self.problems.show_problems(shapes.problems)
        names = {node.id: node.name for node in graph.nodes}
        self.layers.show_rows(
            [
                (
                    names[node],
                    numbers.shape((shapes.units[node], "m")),
                    numbers.count(shapes.parameters[node]) if shapes.parameters.get(node) else "",
                )
                for node in shapes.order
                if node in names and node in shapes.units
            ]
        )
        self.training.set_value(self._store.document.training)

    def _edit(self, training: Declared, path: str) -> None:
        assert isinstance(training, TrainingSettings)
        self._model.set_training(training, edit_text(path), merge_key=f"training.{path}")
        self.training.set_value(self._store.document.training)


def edit_text(path: str) -> str:
    """Return what a change of a training setting is called in the Edit menu."""
    labels = {field.name: field.label for field in fields_of(TrainingSettings)}
    first, _, inner = path.partition(".")
    words = inner.replace("_", " ") if inner else labels.get(first, first).lower()
    return f"Change {words}"


def task_sentence(data: PreparedData | None) -> str:
    """Return what is learned from what, in one line."""
    if data is None:
        return "No data yet: load a table or choose a sample."
    features = numbers.plural(len(data.features), "feature")
    if data.task == "regression":
        return f"Regression: {data.target} from {features}"
    if len(data.targets) > 1:
        return f"Yes or no for each of {data.target}, from {features}"
    names = ", ".join(data.classes[:MOST_CLASSES_NAMED])
    if len(data.classes) > MOST_CLASSES_NAMED:
        names += f" and {len(data.classes) - MOST_CLASSES_NAMED} more"
    return f"Classification: {data.target} ({names}) from {features}"

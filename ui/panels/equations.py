"""Panel: the equations of the open network, layer by layer, and the same step as a NumPy script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QButtonGroup, QSplitter, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from nnstudio.equations import Section, all_as_latex, all_as_text, sections
from nnstudio.numpy_code import CodeError, numpy_code
from ui import typeset
from ui.panels.equation_arrays import Detail
from ui.panels.equation_code import CodeView
from ui.panels.equation_list import EquationList, Row
from ui.panels.insight import InsightPanel
from ui.training_view_model import TrainingViewModel

View = Literal["equations", "numpy"]
VIEWS: dict[View, tuple[str, str]] = {
    "equations": ("Equations", "The forward and backward equations of this network, with its own sizes"),
    "numpy": ("NumPy", "The same step as a NumPy script, which runs as it stands"),
}


class EquationsPanel(InsightPanel):
    """Forward, cost, backward and update of the open network; pointing at an equation lights up its layer's card."""

    name: ClassVar[str] = "equations"
    title: ClassVar[str] = "Equations"
    hint: ClassVar[str] = "The equations of the network, forward and backward, with its own activations and sizes."
    tools_at_foot: ClassVar[bool] = True

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._shown_of: object = None
        self._sections: tuple[Section, ...] = ()
        self._row: Row | None = None
        self._code: str | None = None
        self.list, self.detail, self.code = EquationList(), Detail(), CodeView()
        self.list.pointed.connect(self._pointed)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.list)
        split.addWidget(self.detail)
        split.setStretchFactor(0, 1)
        self.give_way(self.example, after=True)
        self.pages = QStackedWidget()
        self.pages.addWidget(split)
        self.pages.addWidget(self.code)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pages)
        self._make_switch()
        self.add_tool("Copy the NumPy code", "ph.code", lambda: typeset.copy_text(self._script()))
        self.add_tool("Copy all as text", "ph.text-t", lambda: typeset.copy_text(all_as_text(self._sections)))
        self.add_tool(
            "Copy all as LaTeX", "ph.math-operations", lambda: typeset.copy_text(all_as_latex(self._sections))
        )
        model.store.changed.connect(self._news)  # settings of training are part of the update
        self.detail.show_row(None, None)

    # -- what is shown --------------------------------------------------------------------------------------------

    def ready(self) -> bool:
        """Return whether the network can be computed; its first problem is said where not."""
        errors = [problem.sentence for problem in self.model.shapes.problems if problem.severity == "error"]
        self.set_hint(errors[0] if errors else self.hint)
        return not errors

    def refresh(self) -> None:
        """Write the equations anew where the network changed, and show the latest numbers."""
        document, shapes = self.model.store.document, self.model.shapes
        if (document.graph, document.training, shapes) != self._shown_of:
            self._shown_of = (document.graph, document.training, shapes)
            self._write()
        self.detail.show_row(self._row, self.walk)

    def header_width(self, beside: Sequence[QWidget] | None = None) -> int:
        """Return the width of the header, the switch, which never gives way, counted."""
        staying = self._buttons.values()
        return super().header_width(beside) + sum(w.sizeHint().width() + self.header.spacing() for w in staying)

    def show_view(self, view: View) -> None:
        """Show the equations or the script."""
        if view == "numpy":
            self.code.show_code(self._script())
        self.pages.setCurrentIndex(list(VIEWS).index(view))
        self._buttons[view].setChecked(True)

    @property
    def view(self) -> View:
        """Which of the two is shown."""
        return list(VIEWS)[self.pages.currentIndex()]

    def _write(self) -> None:
        document, shapes = self.model.store.document, self.model.shapes
        if any(node_id not in {node.id for node in document.graph.nodes} for node_id in shapes.order):
            return  # shapes of an earlier network: those of this one are on their way
        self._sections = sections(document.graph, shapes, document.training)
        self._row = None
        self.list.show_sections(self._sections)
        self._code = None
        if self.view == "numpy":
            self.code.show_code(self._script())

    def _script(self) -> str:
        """Return the script, written once it is wanted."""
        if self._code is None:
            document = self.model.store.document
            try:
                self._code = numpy_code(document.graph, self.model.shapes, document.training)
            except CodeError as error:
                self._code = f"# {error}"
        return self._code

    def _pointed(self, row: Row | None) -> None:
        self.model.lit.emit(row.section.node if row is not None else "")
        if row is not None:
            self.model.did.emit("point_equation")
            # The last one's numbers stay, so that the pointer can go to them
            self._row = row
            self.detail.show_row(row, self.walk)

    def _make_switch(self) -> None:
        self._group = QButtonGroup(self)
        self._buttons: dict[View, QToolButton] = {}
        for place, (view, (text, tip)) in enumerate(VIEWS.items()):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(f"Show {text}")
            button.setCheckable(True)
            button.setChecked(place == 0)
            button.clicked.connect(lambda _, view=view: self.show_view(view))
            self._group.addButton(button)
            self._buttons[view] = button
            self.header.insertWidget(1 + place, button)

    def hideEvent(self, event: QHideEvent) -> None:
        """Point at no layer any more."""
        super().hideEvent(event)
        self.model.lit.emit("")

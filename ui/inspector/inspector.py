"""Inspector: chooses the page for what is selected, and asks training for the figures while it can be seen."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from engine.graph import Node
from engine.snapshot import ProbeRequest
from nnstudio.document import Document
from ui.document_store import DocumentStore
from ui.inspector.network_page import NetworkPage
from ui.inspector.recipe_section import RecipeBar
from ui.training_view_model import TrainingViewModel
from ui.visibility import Visibility

OWNER = "inspector"
MARGIN = 14
if TYPE_CHECKING:
    from ui.inspector.node_page import NodePage
    from ui.inspector.selection_page import SelectionPage

PageT = TypeVar("PageT", bound=QWidget)

WIDTH = 280
NARROWEST = 256


class Inspector(QWidget):
    """What is selected on the canvas: its settings to change, its figures to watch.

    Parameters
    ----------
    store
        The document, to which every change is applied as one step of undo.
    model
        What training tells, and what it is asked for.
    """

    def __init__(self, store: DocumentStore, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store, self._model = store, model
        self._ids: tuple[str, ...] = ()
        self.setProperty("role", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._pages = QStackedWidget()
        self._areas: dict[QWidget, QScrollArea] = {}
        self.network_page = self._added(NetworkPage(store, model))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages, 1)
        self.recipe_bar = RecipeBar(model)
        column.addWidget(self.recipe_bar)
        self.setMinimumWidth(NARROWEST)
        self._visibility = Visibility(self)
        self._visibility.changed.connect(self._seen)
        store.changed.connect(self._document_changed)
        store.replaced.connect(self.node_page.weights_are_new)
        model.shapes_changed.connect(self._show)
        model.data_changed.connect(self._show)
        model.refreshed.connect(self._refresh)
        self._show()

    @cached_property
    def node_page(self) -> NodePage:
        """The page of one layer, made when the first is selected: the window is up sooner."""
        from ui.inspector.node_page import NodePage

        return self._added(NodePage(self._store, self._model))

    @cached_property
    def selection_page(self) -> SelectionPage:
        """The page of several layers, made when they are first selected."""
        from ui.inspector.selection_page import SelectionPage

        return self._added(SelectionPage(self._store, self._model))

    def _added(self, page: PageT) -> PageT:
        self._areas[page] = _scrolled(page)
        self._pages.addWidget(self._areas[page])
        return page

    def sizeHint(self) -> QSize:
        """Return the width of the drawing."""
        return QSize(WIDTH, 600)

    def show_nodes(self, ids: tuple[str, ...]) -> None:
        """Show what is selected: the network for nothing, a node, or what several have in common."""
        if ids != self._ids:
            self._ids = ids
            self._show()
            self._ask()

    def _nodes(self) -> tuple[Node, ...]:
        graph = self._store.document.graph
        return tuple(graph.node(node_id) for node_id in self._ids if graph.has(node_id))

    def _show(self) -> None:
        nodes = self._nodes()
        if not nodes:
            page: QWidget = self.network_page
            self.network_page.show_network()
        elif len(nodes) == 1:
            page = self.node_page
            self.node_page.show_node(nodes[0])
        else:
            page = self.selection_page
            self.selection_page.show_selection(nodes)
        if self._pages.currentWidget() is not self._areas[page]:
            self._pages.setCurrentWidget(self._areas[page])

    def _document_changed(self, before: Document, after: Document) -> None:
        if after.checkpoint is None and before.checkpoint is not None:
            self.node_page.weights_are_new()
        if before.graph != after.graph or before.training != after.training:
            self._show()
        if before.graph != after.graph:
            self._ask()

    def _refresh(self) -> None:
        nodes = self._nodes()
        if len(nodes) == 1 and self._visibility.check():
            self.node_page.show_live(nodes[0])

    def _seen(self, seen: bool) -> None:
        self._ask()
        if seen:
            self._refresh()

    def _ask(self) -> None:
        nodes = self._nodes()
        wanted = None
        if self._visibility.check() and len(nodes) == 1:
            wanted = ProbeRequest(detail=nodes[0].id, boundary_resolution=1)
        self._model.request(OWNER, wanted)


def _scrolled(page: QWidget) -> QScrollArea:
    inner = QWidget()
    inner.setProperty("role", "surface")
    column = QVBoxLayout(inner)
    column.setContentsMargins(MARGIN, 12, MARGIN, 16)
    column.addWidget(page)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    return area

"""The canvas: shows the document's network, and turns gestures and actions into edits of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QWidget

from engine.graph import Edge
from engine.layers import LAYERS, Input, Output
from engine.snapshot import ProbeRequest
from nnstudio import edits, layout
from nnstudio.document import Document, Position
from nnstudio.recipe_words import chips
from ui import theme
from ui.canvas import clipboard, words
from ui.canvas.card import cards
from ui.canvas.glide import Glide
from ui.canvas.interactive_view import InteractiveView
from ui.canvas.node_item import FAR
from ui.canvas.overlays import Bubble, Minimap, ZoomBar
from ui.canvas.rename import RenameEditor
from ui.canvas.scene import NetworkScene
from ui.document_store import DocumentStore, Edit

if TYPE_CHECKING:
    from ui.training_view_model import TrainingViewModel

HINT = "Drag a layer here · double-click to add · Space trains"
PASTE_STEP = 32.0  # pixels right and down of what is copied, and of each further paste
_OWNER = "canvas"
Addition = Callable[[Document], tuple[Document, tuple[str, ...]]]


class Canvas(InteractiveView):
    """The network as cards and wires.

    ``selection_changed`` carries the identities of the selected nodes, ``status_hint`` a line about what the pointer
    can do where it is. Every change goes through ``store.apply``, which may put it off while training comes to rest:
    what is shown follows ``store.changed`` only.
    """

    selection_changed = Signal(object)
    status_hint = Signal(str)

    def __init__(self, store: DocumentStore, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(NetworkScene(), parent)
        self.network.setParent(self)
        self.store, self.model = store, model
        self._glide = Glide(self.network, self)
        self._bubble = Bubble(self)
        self._editor: RenameEditor | None = None
        self._shown, self._drawn = store.document, model.shapes
        self._awaited: tuple[str, ...] = ()  # new nodes to select when the document has them
        self._refused_at: QPoint | None = None
        self._chips: tuple[object, tuple[str, ...], tuple[str, ...]] = (None, (), ())
        self._cascade: tuple[Position, QPointF | None] = ((0.0, 0.0), None)
        self._keeps_fitting = True  # until the person zooms, scrolls or presses
        self.setAccessibleName("Network canvas")
        self._add_overlays()
        self.network.selection_changed.connect(self._selection_changed)
        self.camera_changed.connect(self._camera_changed)
        store.changed.connect(self._document_changed)
        store.replaced.connect(self._document_replaced)
        store.refused.connect(self._refused)
        model.shapes_changed.connect(self._shapes_changed)
        model.data_changed.connect(self._show_document)
        model.refreshed.connect(self._show_values)
        model.lit.connect(self.network.light)
        theme.theme().changed.connect(self._restyle)
        self._show_document()

    # -- what actions ask -----------------------------------------------------------------------------------------

    @property
    def document(self) -> Document:
        """The document as it is now."""
        return self.store.document

    def selected(self) -> tuple[str, ...]:
        """Return the selected nodes, in the order of the graph."""
        chosen = self.network.selected_nodes
        return tuple(node.id for node in self.document.graph.nodes if node.id in chosen)

    def select(self, ids: Iterable[str]) -> None:
        """Select these nodes only."""
        self.network.select(ids)

    def select_all(self) -> None:
        """Select every node."""
        self.network.select(self.network.nodes)

    def add_layer(self, name: str, after: str | None = None) -> None:
        """Add a layer by its registered name behind ``after``, the one selected node, or before the output."""
        chosen = self.selected()
        behind = after if after is not None else chosen[0] if len(chosen) == 1 else None

        def add(document: Document) -> tuple[Document, tuple[str, ...]]:
            changed, node_id = edits.append_layer(document, LAYERS[name](), behind)
            return changed, (node_id,)

        self.add(add, f"Add {LAYERS[name].title}")

    def add_layer_at(self, name: str, point: QPointF) -> None:
        """Add a layer, joined to nothing, at a point of the scene."""
        at = (layout.snap(point.x() - layout.CARD_WIDTH / 2), layout.snap(point.y() - layout.PORT_Y))

        def add(document: Document) -> tuple[Document, tuple[str, ...]]:
            node = edits.new_node(document.graph, LAYERS[name]())
            return edits.add_node(document, node, at), (node.id,)

        self.add(add, f"Add {LAYERS[name].title}", point)

    def insert(self, name: str, edge: Edge, point: QPointF) -> None:
        """Set a layer into a wire."""
        at = (layout.snap(point.x() - layout.CARD_WIDTH / 2), layout.snap(point.y() - layout.PORT_Y))

        def add(document: Document) -> tuple[Document, tuple[str, ...]]:
            node = edits.new_node(document.graph, LAYERS[name]())
            return edits.insert_on_edge(document, node, at, edge), (node.id,)

        self.add(add, f"Add {LAYERS[name].title}", point)

    def join(self, source: str, target: str) -> None:
        """Draw a wire."""
        graph = self.document.graph
        text = f"Join {graph.node(source).name} to {graph.node(target).name}"
        self.apply(lambda document: edits.connect(document, source, target), text)

    def remove(self, nodes: Iterable[str], wires: Iterable[Edge]) -> None:
        """Delete nodes and wires in one step."""
        nodes, wires = tuple(nodes), tuple(wires)
        if not nodes and not wires:
            return
        if nodes:
            one = self.document.graph.node(nodes[0]).name
            text = f"Delete {one}" if len(nodes) == 1 else f"Delete {len(nodes)} layers"
        else:
            text = "Delete wire" if len(wires) == 1 else f"Delete {len(wires)} wires"
        self.apply(lambda document: edits.remove(document, nodes, wires), text)

    def delete_selected(self) -> None:
        """Delete what is selected; the input and the output stay where other layers are selected too."""
        graph, chosen = self.document.graph, self.selected()
        free = tuple(node for node in chosen if not isinstance(graph.node(node).layer, (Input, Output)))
        wires = self.network.selected_wires
        self.remove(free if free or wires else chosen, wires)

    def copy(self) -> bool:
        """Put the selected layers on the clipboard; return whether there were any."""
        fragment = edits.copy(self.document, self.selected())
        if not fragment.nodes:
            if self.selected():
                self.say("The input and the output are not copied: a network has one of each.")
            return False
        QGuiApplication.clipboard().setMimeData(clipboard.to_mime(fragment))
        self._cascade = ((PASTE_STEP, PASTE_STEP), self._pointer.point)
        return True

    def cut(self) -> None:
        """Copy the selected layers and delete them."""
        if self.copy():
            self.delete_selected()

    def paste(self) -> None:
        """Add the clipboard's layers at the pointer, or beside what was copied or pasted last."""
        try:
            fragment = clipboard.from_mime(QGuiApplication.clipboard().mimeData())
        except edits.EditError as error:
            self.say(str(error))
            return
        offset, point = self._cascade
        here = self._pointer.point
        if here is not None and here != point and fragment.positions:
            left = min(x for x, _ in fragment.positions.values())
            top = min(y for _, y in fragment.positions.values())
            x, y = here.x() - layout.CARD_WIDTH / 2 - left, here.y() - layout.PORT_Y - top
            offset = (layout.snap(x), layout.snap(y))
        self._cascade = ((offset[0] + PASTE_STEP, offset[1] + PASTE_STEP), here)
        self._paste(fragment, offset, "Paste")

    def duplicate(self) -> None:
        """Add a copy of the selected layers beside them, without the clipboard."""
        fragment = edits.copy(self.document, self.selected())
        if not fragment.nodes:
            if self.selected():
                self.say("The input and the output are not copied: a network has one of each.")
            return
        self._paste(fragment, (PASTE_STEP, PASTE_STEP), "Duplicate")

    def rename(self, node_id: str) -> None:
        """Open a field over a card's name."""
        item = self.network.nodes[node_id]
        self.close_editor()
        self.ensureVisible(item.box(), 16, 16)
        box = self.mapFromScene(item.title_box()).boundingRect()
        at = item.title_box().bottomLeft()

        def commit(name: str) -> bool:
            text = f"Rename {item.card.name}"
            return self.apply(lambda document: edits.rename(document, node_id, name), text, at)

        self._editor = RenameEditor(self, box, item.card.name, commit)

    def close_editor(self) -> None:
        """Give up a renaming."""
        if self._editor is not None:
            self._editor.close_editor()
            self._editor = None

    def zoom_in(self) -> None:
        """Go to the next larger step."""
        self.person_moved_camera()
        super().zoom_in()

    def zoom_out(self) -> None:
        """Go to the next smaller step."""
        self.person_moved_camera()
        super().zoom_out()

    def zoom_reset(self) -> None:
        """Go to 100 %."""
        self.person_moved_camera()
        super().zoom_reset()

    def fit(self) -> None:
        """Show the whole network, and keep it in view when the canvas changes its size."""
        self._keeps_fitting = True
        self.show_area(self.network.content())

    def tidy(self) -> None:
        """Arrange the layers in columns; the input stays where it is."""
        graph = self.document.graph
        inputs = graph.of_kind(Input)
        origin = self.positions()[inputs[0].id] if inputs else (0.0, 0.0)
        self.apply(lambda document: edits.move(document, layout.tidy(document.graph, origin)), "Tidy the layout")
        self._keep_in_view(self._area_of(self.document.positions))

    # -- what gestures ask ----------------------------------------------------------------------------------------

    def positions(self) -> dict[str, Position]:
        """Return where the document has the cards; a network without places is laid out tidily."""
        return layout.placed(self.document.graph, self.document.positions)

    def settle(self) -> None:
        """Let cards that are gliding arrive at once."""
        self._glide.stop()

    def to_scene(self, position: QPointF) -> QPointF:
        """Return the scene's point under a point of the viewport, to fractions of a pixel."""
        return self.viewportTransform().inverted()[0].map(position)

    def apply(self, edit: Edit, text: str, at: QPointF | None = None, merge_key: str = "") -> bool:
        """Change the document; a refusal is said in a bubble at ``at``, or at the pointer."""
        self._refused_at = self._bubble_place(at)
        try:
            return self.store.apply(edit, text, merge_key)
        finally:
            self._refused_at = None

    def add(self, addition: Addition, text: str, at: QPointF | None = None) -> None:
        """Change the document by adding nodes, which are selected as soon as they are there."""

        def edit(document: Document) -> Document:
            changed, self._awaited = addition(document)
            return changed

        self.apply(edit, text, at)

    def say(self, sentence: str, at: QPointF | None = None) -> None:
        """Say something in a bubble at a point of the scene, or at the pointer."""
        self._bubble.say(sentence, self._bubble_place(at))

    def hush(self) -> None:
        """Take the bubble away."""
        self._bubble.hush()

    @property
    def bubble_text(self) -> str:
        """What the bubble says now, or nothing."""
        return self._bubble.text

    # -- following the document -----------------------------------------------------------------------------------

    def _document_changed(self, before: Document, after: Document) -> None:
        self._shown = after
        if before.graph == after.graph and before.positions == after.positions:
            if self.model.shapes is not self._drawn:  # settings or data brought a problem, or mended one
                self._show_document()
            return
        self._pointer.cancel()
        stood = {node_id: self.network.position(node_id) for node_id in self.network.nodes}
        saw_all = self.visible_area().contains(self.network.content())
        self._show_document()
        self._glide.start(stood, {node_id: self.network.position(node_id) for node_id in self.network.nodes})
        if self._awaited and all(node_id in self.network.nodes for node_id in self._awaited):
            self.network.select(self._awaited)
            self._awaited = ()
            self._show_added(saw_all)
        elif self._keeps_fitting:
            self._keep_in_view(self._area_of(self.positions()))

    def _show_added(self, saw_all: bool) -> None:
        """Bring the new, selected cards into view; the whole network where all of it was in view before."""
        area = self._area_of(self.positions())
        if saw_all and not self.clear_area().contains(area):
            self.show_area(area)
            return
        for node_id in self.selected():
            self.ensureVisible(self.network.nodes[node_id].box(), 16, 16)

    def _keep_in_view(self, area: QRectF) -> None:
        if not self.clear_area().contains(area):
            self.show_area(area)

    def _shapes_changed(self) -> None:
        # The model may hear of a change before the canvas does; the canvas's own turn shows both then.
        if self._shown is self.document:
            self._show_document()

    def _document_replaced(self) -> None:
        self._glide.stop()
        self.fit()

    def _show_document(self) -> None:
        self._glide.stop()
        document, shapes = self.document, self.model.shapes
        self._drawn = shapes
        features, recipe = self._data_chips()
        self.network.show_network(
            document.graph,
            cards(document.graph, shapes, features, recipe),
            self.positions(),
        )
        self._describe()

    def _data_chips(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the features' names and what the recipe did, kept while the data are the same: there may be many."""
        data, recipe = self.model.data, self.document.data
        if data is None or recipe is None:
            return (() if data is None else data.features), ()
        if self._chips[0] is not data:
            self._chips = (data, data.features, chips(recipe, data.fitted))
        return self._chips[1], self._chips[2]

    def _show_values(self) -> None:
        if self.isVisible():
            self.network.set_values(self.model.probes.thumbnails)

    def _describe(self) -> None:
        graph, shapes = self.document.graph, self.model.shapes
        chosen = [node_id for node_id in self.selected() if graph.has(node_id)]
        recipe = self._data_chips()[1]
        said = [f"Selected: {words.describe_node(graph, shapes, node_id, recipe)}" for node_id in chosen[:3]]
        self.setAccessibleDescription(" ".join([*said, words.describe(graph, shapes)]))

    def _selection_changed(self) -> None:
        self._describe()
        self.selection_changed.emit(self.selected())

    def _refused(self, reason: str) -> None:
        if self._refused_at is not None:
            self._bubble.say(reason, self._refused_at)
        self._show_document()  # previews go back

    def _restyle(self) -> None:
        self.network.restyle()
        self.viewport().update()
        self.minimap.update()

    def _camera_changed(self) -> None:
        self.network.set_pictures_shown(self.zoom >= FAR)
        self.close_editor()

    def _add_overlays(self) -> None:
        hint = QLabel(HINT)
        hint.setProperty("role", "hint")
        hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.minimap = Minimap(self, self.network)
        self.add_overlay(hint, Qt.Corner.TopLeftCorner)
        self.add_overlay(ZoomBar(self, self.fit, self.tidy), Qt.Corner.BottomLeftCorner)
        self.add_overlay(self.minimap, Qt.Corner.BottomRightCorner)

    def _area_of(self, positions: dict[str, Position]) -> QRectF:
        area = QRectF()
        for node_id, (x, y) in positions.items():
            if node_id in self.network.nodes:
                item = self.network.nodes[node_id]
                area = area.united(item.bounds().translated(QPointF(x, y) - item.pos()))
        return area

    def _paste(self, fragment: edits.Fragment, offset: Position, text: str) -> None:
        """Add layers where they cover no card: at ``offset`` from where they stood, or below that."""

        def add(document: Document) -> tuple[Document, tuple[str, ...]]:
            pasted, ids = edits.paste(document, fragment, offset)  # refuses what must not be moved about
            wanted = {node_id: pasted.position(node_id) for node_id in ids}
            down = layout.free_way_down(self.positions(), wanted.values())
            return edits.paste(document, fragment, (offset[0], offset[1] + down)) if down else (pasted, ids)

        self.add(add, text)

    def _bubble_place(self, at: QPointF | None) -> QPoint:
        point = at if at is not None else self._pointer.point
        if point is not None:
            return self.mapFromScene(point)
        return QPoint(self.width() // 2 - 140, self.height() // 3)

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for live pictures."""
        super().showEvent(event)
        self.model.request(_OWNER, ProbeRequest(thumbnails=True))
        self._show_values()
        if self._keeps_fitting:
            self.fit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for nothing while hidden."""
        super().hideEvent(event)
        self.model.request(_OWNER, None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole network in view until the person has chosen a view."""
        super().resizeEvent(event)
        if self._keeps_fitting:
            self.fit()

    def person_moved_camera(self) -> None:
        """Leave zoom and place to the person from now on."""
        self._keeps_fitting = False

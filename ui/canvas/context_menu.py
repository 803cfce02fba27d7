"""The menu of a right click, or of the menu key, on a card, a wire or the canvas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu

from engine.graph import Edge
from engine.layers import LAYERS, Input, Output
from ui import icons, theme
from ui.canvas.gestures.wire import open_ends

if TYPE_CHECKING:
    from ui.canvas.view import Canvas


def node_menu(canvas: Canvas, node_id: str) -> QMenu:
    """Return the menu of a card; everything the mouse can do to it can be done here."""
    graph = canvas.document.graph
    node = graph.node(node_id)
    names = {other.id: other.name for other in graph.nodes}
    fixed = isinstance(node.layer, (Input, Output))
    menu = QMenu(canvas)
    _add(menu, "Rename", "ph.pencil-simple", lambda: canvas.rename(node_id), "F2")
    duplicate = _add(menu, "Duplicate", "ph.copy", canvas.duplicate, "Ctrl+D")
    delete = _add(menu, "Delete", "ph.trash", canvas.delete_selected, "Del")
    for action in (duplicate, delete):
        action.setEnabled(not fixed or len(canvas.selected()) > 1)
    menu.addSeparator()
    insert = layer_menu("Insert layer after", lambda name: canvas.add_layer(name, node_id), menu)
    menu.addMenu(insert).setEnabled(not isinstance(node.layer, Output))
    connect = menu.addMenu("Connect to")
    targets = [
        key for key in names if key in open_ends(graph, node_id, "output") and canvas.network.nodes[key].card.reads
    ]
    for target in targets if not isinstance(node.layer, Output) else ():
        _add(connect, names[target], "", lambda target=target: canvas.join(node_id, target))
    connect.setEnabled(not connect.isEmpty())
    disconnect = menu.addMenu("Remove wire")
    for edge in (*graph.incoming(node_id), *graph.outgoing(node_id)):
        if edge.source in names and edge.target in names:
            text = f"{names[edge.source]} to {names[edge.target]}"
            _add(disconnect, text, "", lambda edge=edge: canvas.remove((), (edge,)))
    disconnect.setEnabled(not disconnect.isEmpty())
    return menu


def wire_menu(canvas: Canvas, edge: Edge, at: QPointF) -> QMenu:
    """Return the menu of a wire."""
    menu = QMenu(canvas)
    menu.addMenu(layer_menu("Insert layer here", lambda name: canvas.insert(name, edge, at), menu))
    _add(menu, "Delete", "ph.trash", lambda: canvas.remove((), (edge,)), "Del")
    return menu


def canvas_menu(canvas: Canvas, at: QPointF) -> QMenu:
    """Return the menu of the canvas itself."""
    menu = QMenu(canvas)
    menu.addMenu(layer_menu("Add layer", lambda name: canvas.add_layer_at(name, at), menu))
    _add(menu, "Paste", "ph.clipboard", canvas.paste, "Ctrl+V")
    _add(menu, "Select all", "", canvas.select_all, "Ctrl+A")
    menu.addSeparator()
    _add(menu, "Fit", "ph.corners-out", canvas.fit)
    _add(menu, "Tidy", "ph.tree-structure", canvas.tidy)
    return menu


def layer_menu(title: str, chosen: Callable[[str], object], parent: QMenu | Canvas) -> QMenu:
    """Return a menu of the palette's layers."""
    menu = QMenu(title, parent)
    for name, kind in _palette():
        color = theme.family_color(kind.family)
        _add(menu, kind.title, icons.icon("ph.square-fill", color=color), lambda name=name: chosen(name))
    return menu


def _palette() -> Iterable[tuple[str, type]]:
    return ((name, kind) for name, kind in LAYERS.items() if kind.in_palette)


def _add(menu: QMenu, text: str, icon: str | QIcon, action: Callable[[], object], key: str = "") -> QAction:
    if isinstance(icon, str) and icon:
        icon = icons.icon(icon, color=theme.tokens().color("dim"))
    # The key is told after a tab only: the window's own actions hold the shortcuts.
    shown = f"{text}\t{key}" if key else text
    made = menu.addAction(icon or QIcon(), shown)
    made.triggered.connect(lambda _=False: action())
    return made


__all__ = ["canvas_menu", "layer_menu", "node_menu", "wire_menu"]

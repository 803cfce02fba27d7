"""The one table of actions: what each is called, its keys, its icon, and the menu it stands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from ui import icons, theme


@dataclass(frozen=True)
class Entry:
    """One action. ``keys`` are portable key sequences, the first is shown."""

    name: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""


SEPARATOR = Entry("", "")

MENUS: dict[str, tuple[Entry, ...]] = {
    "&File": (
        Entry("file.new", "&New network", ("Ctrl+N",), "ph.file-plus", "Start with a fresh network on the same data"),
        Entry("file.open", "&Open project…", ("Ctrl+O",), "ph.folder-open", "Open a saved project"),
        Entry("file.recent", "Open &recent"),
        SEPARATOR,
        Entry("data.load", "Load a &table…", ("Ctrl+L",), "ph.table", "Load your own CSV"),
        SEPARATOR,
        Entry("file.save", "&Save", ("Ctrl+S",), "ph.floppy-disk", "Save network, weights, history and data"),
        Entry("file.save_as", "Save &as…", ("Ctrl+Shift+S",)),
        SEPARATOR,
        Entry("file.quit", "&Quit", ("Ctrl+Q",)),
    ),
    "&Edit": (
        Entry("edit.undo", "&Undo", ("Ctrl+Z",), "ph.arrow-u-up-left"),
        Entry("edit.redo", "&Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "ph.arrow-u-up-right"),
        SEPARATOR,
        Entry("edit.cut", "Cu&t", ("Ctrl+X",), "ph.scissors"),
        Entry("edit.copy", "&Copy", ("Ctrl+C",), "ph.copy"),
        Entry("edit.paste", "&Paste", ("Ctrl+V",), "ph.clipboard"),
        Entry("edit.duplicate", "&Duplicate", ("Ctrl+D",)),
        Entry("edit.delete", "De&lete", ("Del", "Backspace"), "ph.trash"),
        SEPARATOR,
        Entry("edit.select_all", "Select &all", ("Ctrl+A",)),
    ),
    "&View": (
        Entry("view.zoom_in", "Zoom &in", ("Ctrl++", "Ctrl+=")),
        Entry("view.zoom_out", "Zoom &out", ("Ctrl+-",)),
        Entry("view.zoom_reset", "&Actual size", ("Ctrl+0",)),
        Entry("view.fit", "&Fit the network", ("Ctrl+9",)),
        Entry("view.tidy", "&Tidy the layout", ("Ctrl+T",)),
        SEPARATOR,
        Entry("view.panels", "&Panels"),
        Entry("view.reset_layout", "&Reset the window's layout"),
        SEPARATOR,
        Entry("view.theme", "T&heme"),
    ),
    "&Network": (Entry("network.add", "&Add a layer"),),
    "&Data": (
        Entry("data.load", "Load a &table…"),
        Entry("data.samples", "&Samples"),
        Entry("data.read_again", "Read the table &again"),
        Entry("data.read_otherwise", "Change &how the table is read…", (), "", "The dialog again, as it was left"),
        Entry("data.check", "&Check the table's file", (), "", "Has its content changed, or has it lost a column?"),
        Entry("data.find", "&Find the table's file…", (), "", "Say where the table of this project is now"),
        SEPARATOR,
        Entry("data.look", "L&ook at the data", (), "", "Its rows, distributions, correlations and scatter"),
        Entry("data.limit", "&Keep data inside projects up to…", (), "", "Larger data stay in their own file"),
        Entry("data.memory", "Keep tables in &memory up to…", (), "", "Larger tables are read into a file on the disk"),
        Entry("data.predict", "&Predict…", ("Ctrl+P",), "ph.magic-wand", "Predict one example, or the rows of a table"),
    ),
    "&Train": (
        Entry("train.toggle", "&Train", ("Space",), "ph.play-fill", "Train, or pause (Space)"),
        Entry("train.step", "&Step", ("Ctrl+Right",), "", "Make one parameter update"),
        Entry("train.epoch", "&Epoch", ("Ctrl+Shift+Right",), "", "Train to the end of this epoch"),
        Entry("train.reset", "&Reset", ("Ctrl+R",), "", "Back to the same initial weights"),
    ),
    "&Learn": (
        Entry("learn.lessons", "&Lessons"),
        Entry("learn.open", "&Open a lesson…", (), "", "Open a lesson that somebody has written"),
        Entry("learn.show", "&Show this project's lesson"),
        Entry("learn.write", "&Write this project's lesson…", (), "", "Write a text with steps beside this network"),
        SEPARATOR,
        Entry("learn.views", "&Views of the mathematics"),
        Entry("learn.errata", "The &notes, corrected", (), "", "Every slip of the lecture notes, and the right form"),
    ),
    "&Help": (
        Entry("help.keys", "&Keys", ("F1",), "", "The keys of this window"),
        Entry("help.about", "&About NN Studio"),
    ),
}


def make_actions(parent: QObject, handlers: Mapping[str, Callable[[], object]]) -> dict[str, QAction]:
    """Return the actions by name, joined to their handlers; entries without one become submenus elsewhere."""
    actions: dict[str, QAction] = {}
    for entries in MENUS.values():
        for entry in entries:
            if not entry.name or entry.name in actions or entry.name not in handlers:
                continue
            action = QAction(entry.text, parent)
            action.setObjectName(entry.name)
            action.setShortcuts([QKeySequence(key) for key in entry.keys])
            action.setToolTip(entry.tip or entry.text.replace("&", ""))
            handler = handlers[entry.name]
            action.triggered.connect(lambda _=False, handler=handler: handler())
            actions[entry.name] = action
    dress(actions)
    return actions


def dress(actions: Mapping[str, QAction]) -> None:
    """Give the actions icons in the colors of the theme in force."""
    color = theme.tokens().color("dim")
    for entries in MENUS.values():
        for entry in entries:
            if entry.icon and entry.name in actions:
                actions[entry.name].setIcon(icons.icon(entry.icon, color=color))


def fill_menu_bar(bar: QMenuBar, actions: Mapping[str, QAction], submenus: Mapping[str, QMenu]) -> None:
    """Lay the actions out in menus, submenus in their places."""
    for title, entries in MENUS.items():
        menu = bar.addMenu(title)
        for entry in entries:
            if entry is SEPARATOR:
                menu.addSeparator()
            elif entry.name in submenus:
                submenu = submenus[entry.name]
                submenu.setTitle(entry.text)
                menu.addMenu(submenu)
            else:
                menu.addAction(actions[entry.name])


def keys_text() -> str:
    """Return all keys as rich text, for the Keys window."""
    native = QKeySequence.SequenceFormat.NativeText
    rows = [
        f"<tr><td style='padding-right:24px'>{QKeySequence(entry.keys[0]).toString(native)}</td>"
        f"<td>{entry.text.replace('&', '').rstrip('…')}</td></tr>"
        for entries in MENUS.values()
        for entry in entries
        if entry.keys
    ]
    return f"<table>{''.join(rows)}</table>"

"""Starting the window: the application object, the engine's process, the stores, and the first document."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from nnstudio.engine_host import EngineHost

if TYPE_CHECKING:
    from ui.main_window import MainWindow


def run(
    project: str | None = None,
    arguments: Sequence[str] = (),
    on_window: Callable[[MainWindow], object] | None = None,
) -> int:
    """Open the window, on a project or with a table to load where one is given; return the exit code once it is closed.

    ``on_window`` is called with the window once it is shown, for whoever wants to watch it from outside.
    """
    gc.disable()  # all that is made before the window is up stays: looking for garbage in it takes a tenth of the time
    host = EngineHost()
    host.start_process()  # it starts while the window is being built
    try:
        return _run(host, project, arguments, on_window)
    finally:
        host.close()


def _run(
    host: EngineHost,
    project: str | None,
    arguments: Sequence[str],
    on_window: Callable[[MainWindow], object] | None,
) -> int:
    from PySide6.QtCore import QCoreApplication, QEvent, QTimer
    from PySide6.QtWidgets import QApplication

    from nnstudio.data.room import set_memory_limit
    from ui import preferences, theme
    from ui.garbage import GarbageCollector
    from ui.keyboard import SharedKeys
    from ui.table_files import TABLE_SUFFIXES

    app = QApplication([sys.argv[0], *arguments])
    app.setApplicationName("nnstudio")
    app.setApplicationDisplayName("NN Studio")
    app.setDesktopFileName("nnstudio")
    theme.apply(app, preferences.theme_choice())
    set_memory_limit(preferences.table_memory_megabytes())
    app.installEventFilter(SharedKeys(app))

    window = make_window(host)
    is_table = project is not None and project.lower().endswith(TABLE_SUFFIXES)
    if project is None or is_table:
        window.session.begin()
    else:
        window.session.begin_with(project)
    window.show()
    gc.freeze()
    garbage = GarbageCollector(app)
    QTimer.singleShot(0, partial(window.load_table, project) if is_table else window.offer_recovery)
    if on_window is not None:
        on_window(window)
    code = app.exec()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    garbage.stop()
    gc.unfreeze()
    return code


def make_window(host: EngineHost) -> MainWindow:
    """Return a main window around an engine host, without a document yet."""
    from nnstudio.checkpoints import CheckpointStore
    from nnstudio.document import Document
    from nnstudio.prepared_store import PreparedStore
    from ui.document_store import DocumentStore
    from ui.main_window import MainWindow
    from ui.training_view_model import TrainingViewModel

    store = DocumentStore(Document())
    checkpoints = CheckpointStore(in_use=store.checkpoints_in_use)
    model = TrainingViewModel(store, host, checkpoints, PreparedStore())
    window = MainWindow(model)
    # In one family, so that nothing outlives what it talks to.
    model.setParent(window)
    store.setParent(window)
    return window

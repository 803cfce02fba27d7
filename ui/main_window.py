"""The main window: composition only. Who does what is said in ``docs/architecture.md``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QActionGroup, QCloseEvent, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QMainWindow,
    QMenu,
    QMessageBox,
    QSplitter,
    QStatusBar,
    QToolBar,
    QToolButton,
)

from engine.layers import LAYERS
from engine.snapshot import Status
from nnstudio import __version__
from nnstudio.data import SAMPLES
from nnstudio.document import Document
from nnstudio.project_file import SUFFIX
from ui import actions, preferences, theme
from ui.canvas.palette import LayerPalette
from ui.canvas.view import Canvas
from ui.data_card import CardArea, DataCard
from ui.docks import Docks
from ui.inspector import Inspector
from ui.lab_jobs import close_jobs
from ui.lesson.classroom import Classroom
from ui.message_bar import MessageBar
from ui.project_session import LESSON_SUFFIX, ProjectSession
from ui.recipe_work import close_work, work_of
from ui.status_line import StatusLine
from ui.table_files import TABLE_SUFFIXES
from ui.training_bar import TrainingBar
from ui.training_view_model import TrainingViewModel

FIRST_SIZE = QSize(1440, 900)
LEFT_LEAST = 192
PATIENCE_MS = 3_000  # for which a closing window waits for the engine before it offers not to
FRAME = QSize(8, 40)  # room for the window manager's own title bar and borders


class MainWindow(QMainWindow):
    """Palette and data at the left, canvas in the middle, inspector at the right, live panels below."""

    def __init__(self, model: TrainingViewModel) -> None:
        super().__init__()
        self.model, self.store = model, model.store
        self.setObjectName("main_window")
        self.setAcceptDrops(True)
        self.resize(self._first_size())
        self.remembers_layout = True
        self._closing = False
        self.session = ProjectSession(model, self)
        self._recipe_work = work_of(model)
        self.canvas = Canvas(self.store, model)
        self.messages = MessageBar(self.canvas)
        self.session.taken.connect(self.messages.outdate)  # first of all: what hears of it later may have a message
        self.palette_view = LayerPalette()
        self.data_card = DataCard(model)
        self.inspector = Inspector(self.store, model)
        self.status_line = StatusLine(model)
        self.actions_by_name = actions.make_actions(self, self._handlers())
        self.addActions(list(self.actions_by_name.values()))
        self._lay_out()
        self._join()
        self._dress()
        stored = preferences.layout()
        if stored is not None:
            self.restoreGeometry(stored[0])
            self.docks.restore(stored[1])

    def _first_size(self) -> QSize:
        """Return the size of the first start: the drawing's, or what the screen has room for with a frame around it."""
        screen = self.screen().availableGeometry().size()
        return FIRST_SIZE.boundedTo(screen - FRAME)

    def showEvent(self, event: QShowEvent) -> None:
        """Give the keys to the canvas."""
        super().showEvent(event)
        self.canvas.setFocus()

    # -- composition ----------------------------------------------------------------------------------------------

    def _handlers(self) -> dict[str, Callable[[], object]]:
        canvas, model, session = self.canvas, self.model, self.session
        return {
            "file.new": session.new,
            "file.open": session.open,
            "file.save": session.save,
            "file.save_as": session.save_as,
            "file.quit": self.close,
            "edit.undo": self._undo,
            "edit.redo": model.redo,
            "edit.cut": canvas.cut,
            "edit.copy": canvas.copy,
            "edit.paste": canvas.paste,
            "edit.duplicate": canvas.duplicate,
            "edit.delete": canvas.delete_selected,
            "edit.select_all": canvas.select_all,
            "view.zoom_in": canvas.zoom_in,
            "view.zoom_out": canvas.zoom_out,
            "view.zoom_reset": canvas.zoom_reset,
            "view.fit": canvas.fit,
            "view.tidy": canvas.tidy,
            "view.reset_layout": lambda: self.docks.reset(),
            "data.load": self.load_table,
            "data.read_again": session.read_again,
            "data.read_otherwise": self.read_otherwise,
            "data.check": session.link.check,
            "data.find": session.link.find,
            "data.look": lambda: self.docks.open("data"),
            "data.limit": session.ask_data_limit,
            "data.memory": session.ask_table_memory,
            "data.predict": self.predict,
            "train.toggle": model.toggle,
            "train.step": model.step_once,
            "train.epoch": model.run_epoch,
            "train.reset": model.reset,
            "learn.open": lambda: self.classroom.open_file(),
            "learn.show": lambda: self.classroom.show_again(),
            "learn.write": lambda: self.classroom.write(),
            "learn.errata": lambda: self.classroom.show_errata(),
            "help.keys": self._show_keys,
            "help.about": self._show_about,
        }

    def _lay_out(self) -> None:
        self.training_bar = TrainingBar(self.model, self.actions_by_name)
        bar = QToolBar("Training")
        bar.setObjectName("training_toolbar")
        bar.setMovable(False)
        bar.toggleViewAction().setVisible(False)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addWidget(self._load_button())
        bar.addWidget(self.training_bar)
        self.addToolBar(bar)
        self.setCentralWidget(self.canvas)
        left = QSplitter(Qt.Orientation.Vertical)
        left.setChildrenCollapsible(False)
        left.addWidget(self.palette_view)
        card = CardArea(self.data_card)
        left.addWidget(card)
        left.setStretchFactor(0, 1)
        left.setMinimumWidth(LEFT_LEAST)
        self.docks = Docks(self, left, self.inspector, self.model)
        self.classroom = Classroom(self.model, self.session, self.docks, self)
        self.classroom.limited.connect(self.training_bar.limit)
        self.classroom.limited.connect(lambda shown: self.palette_view.setVisible(not shown or "layers" in shown))
        self.classroom.limited.connect(lambda shown: card.setVisible(not shown or "data" in shown))
        status = QStatusBar()
        status.setSizeGripEnabled(False)
        status.addWidget(self.status_line, 1)
        self.setStatusBar(status)
        self._recent_menu, samples_menu, add_menu, theme_menu = (QMenu(self) for _ in range(4))
        for name, sample in SAMPLES.items():
            samples_menu.addAction(sample.title, partial(self.session.use_sample, name))
        for name, layer in LAYERS.items():
            if layer.in_palette:
                add_menu.addAction(layer.title, partial(self.canvas.add_layer, name))
        group = QActionGroup(self)
        for choice, text in (("system", "&System"), ("light", "&Light"), ("dark", "&Dark")):
            action = theme_menu.addAction(text, partial(self._choose_theme, choice))
            action.setCheckable(True)
            action.setChecked(theme.theme().choice == choice)
            group.addAction(action)
        actions.fill_menu_bar(
            self.menuBar(),
            self.actions_by_name,
            {
                "file.recent": self._recent_menu,
                "data.samples": samples_menu,
                "network.add": add_menu,
                "view.theme": theme_menu,
                "view.panels": self.docks.menu(self, insight=False),
                "learn.views": self.docks.menu(self, insight=True),
                "learn.lessons": self.classroom.lessons_menu(self),
            },
        )

    def _load_button(self) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(self.actions_by_name["data.load"])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setIconSize(QSize(20, 20))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName("Load a table")
        return button

    def _join(self) -> None:
        model, stack = self.model, self.store.undo_stack
        self.palette_view.add_requested.connect(self.canvas.add_layer)
        self.canvas.selection_changed.connect(self.inspector.show_nodes)
        self.data_card.load_requested.connect(self.load_table)
        self.data_card.sample_requested.connect(self.session.use_sample)
        self.data_card.shape_requested.connect(self.session.shape_sample)
        model.message.connect(self.messages.show_message)
        self.session.link.offered.connect(self.messages.show_message)
        model.asked_for.connect(self.docks.open)
        model.status_changed.connect(self._outdate_message)
        self.store.changed.connect(self._document_changed)
        self._training = False
        self.store.refused.connect(self._show_refusal)
        self.session.state_changed.connect(self._show_title)
        self._recent_menu.aboutToShow.connect(self._fill_recent)
        stack.undoTextChanged.connect(self._show_undo)
        stack.redoTextChanged.connect(self._show_undo)
        stack.indexChanged.connect(self._show_undo)
        self._recipe_work.changed.connect(self._show_undo)
        self._show_undo()
        self._show_title()
        theme.theme().changed.connect(self._dress)

    def _dress(self) -> None:
        actions.dress(self.actions_by_name)

    def _document_changed(self, before: Document, after: Document) -> None:
        if (before.graph, before.data, before.training) != (after.graph, after.data, after.training):
            self.messages.outdate()

    def _show_refusal(self, reason: str) -> None:
        self.messages.show_message(reason, "warn")

    def _outdate_message(self, status: Status) -> None:
        """Take a message away when training begins: what it said was mended."""
        training = status.state == "training"
        if training and not self._training:
            self.messages.outdate()
        self._training = training

    # -- what it shows --------------------------------------------------------------------------------------------

    def _show_title(self) -> None:
        self.setWindowTitle(f"{self.session.name}[*] — NN Studio")
        self.setWindowModified(self.session.changed)
        self.status_line.set_saved("unsaved changes" if self.session.changed else "")

    def _undo(self) -> None:
        """Take back what was done last: a change of the recipe that waits to be applied, or a step of undo."""
        work = self._recipe_work
        if work.busy:
            work.cancel()  # the change stays, and can be taken back then
        elif work.newest:
            work.discard()
            self.messages.show_message("The change of the recipe, which was not applied, is taken back.", "info")
        else:
            self.model.undo()

    def _show_undo(self) -> None:
        stack, drafted = self.store.undo_stack, self._recipe_work.newest
        undone = "Change of the recipe" if drafted else stack.undoText()
        for name, verb, text, can in (
            ("edit.undo", "Undo", undone, drafted or stack.canUndo()),
            ("edit.redo", "Redo", stack.redoText(), stack.canRedo()),
        ):
            self.actions_by_name[name].setText(f"&{verb} {text[:1].lower()}{text[1:]}" if text else f"&{verb}")
            self.actions_by_name[name].setEnabled(can)

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for path in preferences.recent_files():
            self._recent_menu.addAction(path, partial(self.session.open, path))
        if self._recent_menu.isEmpty():
            self._recent_menu.addAction("No project yet").setEnabled(False)

    def _choose_theme(self, choice: theme.Choice) -> None:
        preferences.set_theme_choice(choice)
        theme.apply_to_application(choice)

    def _show_keys(self) -> None:
        QMessageBox.information(self, "Keys", actions.keys_text())

    def _show_about(self) -> None:
        QMessageBox.about(
            self,
            "About NN Studio",
            f"<b>NN Studio {__version__}</b><p>Design, train and understand neural networks.</p><p>MIT license</p>",
        )

    def offer_recovery(self) -> None:
        """Offer the work of a window that went without closing, if there is any."""
        if self.messages.text:
            # What was said first is read first.
            self.messages.dismissed.connect(self.offer_recovery, Qt.ConnectionType.SingleShotConnection)
            return
        found = self.session.recoverable()
        if found:
            newest = found[0]
            self.messages.show_message(
                f"{newest.name} was not closed properly; its last state was kept.",
                "warn",
                "Recover it",
                partial(self.session.recover, newest),
            )

    # -- tables ---------------------------------------------------------------------------------------------------

    def load_table(self, path: str | None = None) -> None:
        """Open the dialog that loads a table, on a file where one is given."""
        from ui.dialogs.table_import import TableImportDialog  # at first use: the window is up sooner

        dialog = TableImportDialog(path or None, self, self.model.store.document.data)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            recipe, prepared = dialog.recipe(), dialog.prepared()
            self.session.use_data(recipe, prepared, Path(recipe.source.path).name)
            self.canvas.setFocus()  # Space trains from there
        dialog.deleteLater()

    def read_otherwise(self) -> None:
        """Open the dialog on the table in use, as it was loaded."""
        path = self.session.link.path()
        if path is not None:
            self.load_table(path)

    def predict(self) -> None:
        """Predict with the trained network: one example in a form, or the rows of a table into a new file."""
        from ui.dialogs.predict import predict_from

        def at_rest() -> None:
            session = self.session
            predict_from(self, session.project(), session.name, self.model.chosen, self.messages.show_message)

        self.model.when_at_rest(at_rest)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept one project, one lesson or one table."""
        if self._dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a project or a lesson, or load a table through its dialog."""
        path = self._dropped(event)
        if path is None:
            return
        event.acceptProposedAction()
        if path.lower().endswith(SUFFIX):
            self.session.open(path)
        elif path.lower().endswith(LESSON_SUFFIX):
            self.session.open_lesson(Path(path))
        else:
            self.load_table(path)

    def _dropped(self, event: QDropEvent) -> str | None:
        urls = event.mimeData().urls()
        if len(urls) != 1 or not urls[0].isLocalFile():
            return None
        path = urls[0].toLocalFile()
        return path if Path(path).suffix.lower() in (SUFFIX, LESSON_SUFFIX, *TABLE_SUFFIXES) else None

    # -- the end --------------------------------------------------------------------------------------------------

    def _offer_closing(self) -> None:
        """Offer to close all the same, where the engine does not answer."""
        if self._closing and self.isVisible() and self.model.busy:
            self.messages.show_message(
                "The engine has not come to rest yet.", "warn", "Close without its latest weights", self.close
            )

    def discard_and_close(self) -> None:
        """Close without asking; what is unsaved is let go."""

        def close() -> None:
            self.session.let_go()
            self.close()

        self.model.when_at_rest(close)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let training come to rest, ask about unsaved work, remember the layout, end the engine and the labs."""
        if self.model.busy and not self._closing:
            event.ignore()
            self._closing = True
            self.model.when_at_rest(self.close)
            QTimer.singleShot(PATIENCE_MS, self, self._offer_closing)
            return
        # At rest, or asked a second time: then without the weights that the engine has not handed over.
        self._closing = False
        if not self.session.may_close():
            event.ignore()
            return
        if self.remembers_layout:
            preferences.set_layout(self.saveGeometry(), self.docks.state())
        self.session.close()
        close_jobs(self.model)
        close_work(self.model)
        self.model.close()
        super().closeEvent(event)

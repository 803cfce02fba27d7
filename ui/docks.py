"""The docks of the main window: two columns and the live panels, where they stand, and how they come back."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui import icons, preferences, theme
from ui.panels import PANELS, PanelKind
from ui.training_view_model import TrainingViewModel
from ui.visibility import is_seen

if TYPE_CHECKING:
    from ui.panels.base import Panel

LEFT_WIDTH, RIGHT_WIDTH, PANEL_HEIGHT = 208, 276, 280
LESSON_WIDTH = 330
INSIGHT_WIDTH = 460  # an equation of a wide layer fits
LEAST_PANEL, PANEL_SIZE = QSize(120, 120), QSize(240, PANEL_HEIGHT)
# Panels side by side at first; each of the others waits as a tab behind the one named.
TABBED = {"gradient_histograms": "weight_histograms", "metrics": "boundary"}
GRIP_HEIGHT, GRIP_ICON = 14, 11
PANEL_MARGINS = (4, 0, 4, 6)
PANEL_DELAY_MS = 50  # after its place was first painted: the first clicks and the engine's first word come before


class Grip(QWidget):
    """The strip above a dock by which it is dragged, with buttons to let it float and to close it."""

    def __init__(self, dock: QDockWidget, role: str) -> None:
        super().__init__(dock)
        title = dock.windowTitle()
        self._dock, self._near = dock, False
        self.setProperty("role", role)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(GRIP_HEIGHT)
        self.setCursor(Qt.CursorShape.SizeAllCursor)
        self.setToolTip(f"Drag to move {title}; double-click to let it float, or to put it back")
        self.setAccessibleName(f"Move {title}")
        self._float, self._close = (QToolButton(self) for _ in range(2))
        self._float.clicked.connect(self._toggle_floating)
        self._close.clicked.connect(dock.close)
        self._close.setToolTip(f"Close {title}; View, Panels brings it back")
        self._close.setAccessibleName(f"Close {title}")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 6, 0)
        row.setSpacing(2)
        row.addStretch(1)
        for button in (self._float, self._close):
            button.setProperty("role", "grip")
            button.setIconSize(QSize(GRIP_ICON, GRIP_ICON))
            button.setFixedSize(GRIP_HEIGHT, GRIP_HEIGHT)
            button.setCursor(Qt.CursorShape.ArrowCursor)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        dock.topLevelChanged.connect(self._show_state)
        theme.theme().changed.connect(self._dress)
        self._dress()
        self._show_state()

    def _toggle_floating(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())

    def _dress(self) -> None:
        color = theme.tokens().color("faint")
        self._close.setIcon(icons.icon("ph.x", color))
        self._float.setIcon(icons.icon("ph.arrow-square-out", color))
        self.update()

    def _show_state(self) -> None:
        floating = self._dock.isFloating()
        title = self._dock.windowTitle()
        self._float.setToolTip(f"Put {title} back into the window" if floating else f"Let {title} float")
        self._float.setAccessibleName(self._float.toolTip())
        for button in (self._float, self._close):
            button.setVisible(self._near or floating)

    def sizeHint(self) -> QSize:
        """Return a height only."""
        return QSize(40, GRIP_HEIGHT)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the buttons."""
        self._near = True
        self._show_state()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the buttons."""
        self._near = False
        self._show_state()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint six dots in the middle, stronger while the pointer is near."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.tokens().color("faint" if self._near else "dots"))
        middle = self.width() // 2
        for column in range(-2, 4):
            painter.drawEllipse(middle + column * 6 - 4, GRIP_HEIGHT // 2 - 1, 2, 2)
        painter.end()


class Dock(QDockWidget):
    """A dock that tells when it was closed by its button."""

    closed = Signal()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell of it."""
        super().closeEvent(event)
        self.closed.emit()


class PanelPlace(QWidget):
    """Where a panel stands; the panel itself is made once its place has been seen."""

    def __init__(self, kind: PanelKind, model: TrainingViewModel) -> None:
        super().__init__()
        self.setProperty("role", "window")
        self.setMinimumSize(LEAST_PANEL)
        self._kind, self._model = kind, model
        self._panel: Panel | None = None
        self._column = QVBoxLayout(self)
        self._waiting = QFrame()
        self._waiting.setProperty("role", "card")
        self._column.addWidget(self._waiting)
        self.leave_room(0)
        self._seen = False

    @property
    def panel(self) -> Panel:
        """The panel, made now if it was not needed before."""
        if self._panel is None:
            self._panel = self._kind(self._model)
            self._column.replaceWidget(self._waiting, self._panel)
            self._waiting.deleteLater()
        return self._panel

    def sizeHint(self) -> QSize:
        """Return one size for every panel, so that they share the width evenly."""
        return PANEL_SIZE

    def leave_room(self, height: int) -> None:
        """Keep some pixels free below the panel."""
        left, top, right, bottom = PANEL_MARGINS
        self._column.setContentsMargins(left, top, right, bottom + height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Have the panel made after the first picture, so that the window is there before the plots are."""
        super().paintEvent(event)
        if not self._seen:
            self._seen = True
            QTimer.singleShot(PANEL_DELAY_MS, self, lambda: self.panel)


class Docks(QObject):
    """All docks of one window; ``lesson_closed`` tells that the lesson was put away."""

    lesson_closed = Signal()

    def __init__(self, window: QMainWindow, left: QWidget, right: QWidget, model: TrainingViewModel) -> None:
        super().__init__(window)
        self._window = window
        self._before_lesson: QByteArray | None = None
        window.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
        )
        for corner, area in (
            (Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea),
            (Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea),
        ):
            window.setCorner(corner, area)
        self._docks = {
            "lesson": self._dock("lesson", "Lesson", QWidget(), "surface"),
            "layers": self._dock("layers", "Layers and data", left, "surface"),
            "inspector": self._dock("inspector", "Inspector", right, "surface"),
        }
        self.places = {name: PanelPlace(kind, model) for name, kind in PANELS.items()}
        for name, place in self.places.items():
            self._docks[name] = self._dock(name, PANELS[name].title, place, "window")
        self._place()
        self._later = QTimer(window, singleShot=True)
        self._later.timeout.connect(self._align)
        for dock in self._docks.values():
            for signal in (dock.dockLocationChanged, dock.topLevelChanged, dock.visibilityChanged):
                signal.connect(lambda _: self._later.start(0))
        self._first_state = window.saveState(preferences.LAYOUT_VERSION)

    def _align(self) -> None:
        """Leave room below a panel on its own where its neighbors have tabs there, so that all cards end together."""
        self._sweep()
        panels = {name: self._docks[name] for name in self.places}
        tabbed = {name for name, dock in panels.items() if self._window.tabifiedDockWidgets(dock)}
        bars = [bar.height() for bar in self._tab_bars() if bar.isVisible()]
        for name, place in self.places.items():
            alone = bool(bars and tabbed) and name not in tabbed and not panels[name].isFloating()
            place.leave_room(max(bars) if alone else 0)

    def _dock(self, name: str, title: str, widget: QWidget, role: str) -> Dock:
        dock = Dock(title, self._window)
        dock.setObjectName(f"dock_{name}")
        dock.setTitleBarWidget(Grip(dock, role))
        dock.setWidget(widget)
        return dock

    def _place(self) -> None:
        window, docks = self._window, self._docks
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["lesson"])
        window.splitDockWidget(docks["lesson"], docks["layers"], Qt.Orientation.Horizontal)
        docks["lesson"].hide()
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, docks["inspector"])
        for name in self.places:
            if PANELS[name].insight:
                window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, docks[name])
                docks[name].hide()
                shown = functools.partial(self._show_insight, docks[name], docks[name].toggleViewAction())
                docks[name].toggleViewAction().triggered.connect(shown)
            else:
                window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, docks[name])
        docks["inspector"].raise_()
        for name, front in TABBED.items():
            if name in docks and front in docks:
                window.tabifyDockWidget(docks[front], docks[name])
                docks[front].raise_()
        window.resizeDocks([docks["layers"], docks["inspector"]], [LEFT_WIDTH, RIGHT_WIDTH], Qt.Orientation.Horizontal)
        window.resizeDocks([docks["cost"]], [PANEL_HEIGHT], Qt.Orientation.Vertical)
        front = [docks[name] for name in self.places if name not in TABBED and not PANELS[name].insight]
        window.resizeDocks(front, [PANEL_SIZE.width()] * len(front), Qt.Orientation.Horizontal)

    def _show_insight(self, dock: QDockWidget, action: QAction) -> None:
        """Bring an insight view to the front, with room to read."""
        if action.isChecked():  # Qt passes no argument to a partial
            inspector = self._docks["inspector"]
            if not dock.isFloating() and inspector not in self._window.tabifiedDockWidgets(dock):
                # Not before: Qt would show a tab bar for the inspector alone.
                self._window.tabifyDockWidget(inspector, dock)
            dock.raise_()
            if not dock.isFloating() and dock.width() < INSIGHT_WIDTH:
                self._window.resizeDocks([dock], [INSIGHT_WIDTH], Qt.Orientation.Horizontal)

    def menu(self, parent: QWidget, insight: bool) -> QMenu:
        """Return a menu that shows and hides the insight views, or all other docks but the lesson."""
        menu = QMenu(parent)
        for name, dock in self._docks.items():
            if name != "lesson" and (name in PANELS and PANELS[name].insight) == insight:
                menu.addAction(dock.toggleViewAction())
        return menu

    # -- what a lesson asks for -----------------------------------------------------------------------------------

    def set_lesson(self, panel: QWidget) -> None:
        """Take the widget in which lessons are read."""
        dock = self._docks["lesson"]
        dock.setWidget(panel)
        dock.closed.connect(self.lesson_closed)

    def begin_lesson(self, panels: Collection[str] | None = None, layers: bool = True) -> None:
        """Show the lesson at the left, and of the live panels and the layers only what it asks for."""
        dock = self._docks["lesson"]
        if self._before_lesson is None:
            self._before_lesson = self.state()
        # What goes, goes first: the window would grow to have room for all of it.
        for name in self.places:
            if panels is not None and not PANELS[name].insight and name not in panels:
                self._docks[name].hide()
        self._docks["layers"].setVisible(layers)
        for name in panels or ():
            if name in self.places:
                self._docks[name].show()
        dock.show()
        wanted = [dock, *([self._docks["layers"]] if layers else [])]
        self._window.resizeDocks(wanted, [LESSON_WIDTH, LEFT_WIDTH][: len(wanted)], Qt.Orientation.Horizontal)

    def end_lesson(self) -> None:
        """Put the lesson away: everything stands again where it stood before."""
        before, self._before_lesson = self._before_lesson, None
        if before is not None:
            self.restore(before)
            self._later.start(0)
        self._docks["lesson"].hide()

    def open(self, name: str) -> None:
        """Bring a panel into sight by its name; unknown names do nothing."""
        dock = self._docks.get(name)
        if dock is None:
            return
        if dock.isHidden():
            dock.toggleViewAction().trigger()
        dock.raise_()

    def is_open(self, name: str) -> bool:
        """Return whether a panel can be seen."""
        return name in self.places and is_seen(self.places[name])

    def state(self) -> QByteArray:
        """Return where everything stands, or stood before the lesson began."""
        return self._before_lesson or self._window.saveState(preferences.LAYOUT_VERSION)

    def restore(self, state: QByteArray) -> None:
        """Put everything back to where it stood."""
        before = self._tab_bars()
        if self._window.restoreState(state, preferences.LAYOUT_VERSION):
            # Qt makes new tab bars for the restored docks, and leaves the old ones standing in the window.
            for bar in before:
                bar.hide()

    def _tab_bars(self) -> list[QTabBar]:
        """Return the tab bars of docks, oldest first."""
        return [bar for bar in self._window.findChildren(QTabBar) if bar.parentWidget() is self._window]

    def _sweep(self) -> None:
        """Hide tab bars that Qt forgot: of two for the same docks, the newer one is in use."""
        newest = {tuple(bar.tabText(i) for i in range(bar.count())): bar for bar in self._tab_bars()}
        for bar in self._tab_bars():
            if bar not in newest.values():
                bar.hide()

    def reset(self) -> None:
        """Put everything back to where it stands at the first start."""
        self.restore(self._first_state)
        self._later.start(0)

"""Panel: what every live panel has: a card with a title, tools on hover, an empty state, and rest while hidden."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAction, QEnterEvent, QGuiApplication, QImage, QPainter, QResizeEvent
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from engine.snapshot import ProbeRequest
from ui import icons, preferences, theme
from ui.training_view_model import TrainingViewModel
from ui.visibility import Visibility

PICTURE_SCALE = 2.0  # pixels of a saved picture a pixel of the screen
UNUSED = "unused"  # property of a widget of the header
TOOL_SIZE = 24
MARGIN = 10
LONG_OFFER, SHORT_OFFER = "Press Space to train", "Train"
EMPTY_MARGIN, OFFER_PADDING = 16, 26  # pixels, of what is not there yet, and of its button


class Panel(QFrame):
    """One live panel.

    A subclass names itself, fills :attr:`body`, says in :meth:`wanted` what training should tell it, in :meth:`ready`
    whether there is anything to show, and draws it in :meth:`refresh`. The base calls these only while the panel can
    be seen: a hidden one asks for nothing and costs nothing.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    hint: ClassVar[str]  # what will be here, in one sentence, shown while there is nothing yet
    tools_at_foot: ClassVar[bool] = False  # whether the tools on hover stand in the lower corner

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self._stale = True
        self._hovered = False
        self.setObjectName(f"panel_{self.name}")
        self.setProperty("role", "card")
        self.setAccessibleName(f"{self.title} panel")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.header = QHBoxLayout()
        self._giving_way: list[QWidget] = []
        self.body = QWidget()
        self._empty = _EmptyState(self.hint)
        self._empty.button.clicked.connect(model.toggle)
        self._stack = QStackedWidget()
        self._lay_out()
        self._tools = _Tools(self)
        self.add_tool("Copy as a picture", "ph.copy", self.copy_picture)
        self.add_tool("Save as PNG or SVG…", "ph.download-simple", self._ask_and_save)
        self.visibility = Visibility(self)
        self.visibility.changed.connect(self._seen)
        model.refreshed.connect(self._news)
        model.data_changed.connect(self.data_changed)
        model.data_changed.connect(self._news)
        model.shapes_changed.connect(self._news)
        theme.theme().changed.connect(self._theme_changed)
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]

    # -- for subclasses -------------------------------------------------------------------------------------------

    def wanted(self) -> ProbeRequest | None:
        """Return what this panel needs to be told while it can be seen; None for what always comes."""
        return None

    def ready(self) -> bool:
        """Return whether there is anything to show."""
        return True

    def refresh(self) -> None:
        """Draw the latest; called only while the panel can be seen and there is news."""
        raise NotImplementedError

    def restyle(self) -> None:
        """Take the colors of the theme now in force."""

    def data_changed(self) -> None:
        """Adapt to other data."""

    def set_hint(self, hint: str) -> None:
        """Say something else while there is nothing to show."""
        self._empty.set_hint(hint)

    def give_way(self, *widgets: QWidget, after: bool = False) -> None:
        """Name widgets of the header that stand aside, the last first, where the title would be cut off.

        With ``after`` they stay until all that were named before are gone.
        """
        self._giving_way = [*widgets, *self._giving_way] if after else [*self._giving_way, *widgets]

    def add_tool(self, text: str, icon: str, act: object, *, checkable: bool = False, key: str = "") -> QAction:
        """Add a tool that appears on hover, in the context menu, and, with ``key``, on a key of its window."""
        action = QAction(text, self)
        action.setData(icon)
        action.setCheckable(checkable)
        if key:
            action.setShortcut(key)
            action.setToolTip(f"{text} ({key})")
        (action.toggled if checkable else action.triggered).connect(act)
        self.addAction(action)
        self._tools.add(action)
        return action

    # -- news and sight -------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Tell training what is wanted now."""
        self.model.request(self.name, self.wanted() if self.visibility.seen else None)

    def _seen(self, seen: bool) -> None:
        self.ask()
        if seen and self._stale:
            self._update()

    def _news(self) -> None:
        self._stale = True
        if self.visibility.check() and self._stale:
            self._update()

    def _update(self) -> None:
        self._stale = False
        ready = self.ready()
        self._stack.setCurrentIndex(1 if ready else 0)
        if ready:
            self.refresh()
        else:
            self._empty.explain(self.model)

    @property
    def empty(self) -> bool:
        """Whether the panel says what will be here, for want of anything to show."""
        return self._stack.currentIndex() == 0

    def _theme_changed(self, _: object) -> None:
        self._tools.dress()
        self.restyle()
        self._news()

    # -- pictures -------------------------------------------------------------------------------------------------

    def save_picture(self, path: str | Path) -> None:
        """Write the panel as SVG where the name ends so, as PNG at twice the screen's resolution otherwise.

        Raises
        ------
        OSError
            When the file cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() == ".svg":
            generator = QSvgGenerator()
            generator.setFileName(str(path))
            generator.setSize(self.size())
            generator.setViewBox(QRect(0, 0, self.width(), self.height()))
            generator.setTitle(self.title)
            painter = QPainter()
            if not painter.begin(generator):
                raise OSError(f"{path} cannot be written.")
            self._render(painter)
            painter.end()
        elif not self.picture().save(str(path)):
            raise OSError(f"{path} cannot be written.")

    def picture(self) -> QImage:
        """Return the panel as an image."""
        image = QImage(self.size() * PICTURE_SCALE, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(PICTURE_SCALE)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self._render(painter)
        painter.end()
        return image

    def copy_picture(self) -> None:
        """Put the panel's picture on the clipboard."""
        QGuiApplication.clipboard().setImage(self.picture())

    def _render(self, painter: QPainter) -> None:
        shown = self._tools.isVisible()
        self._tools.hide()
        self.render(painter, QPoint())
        self._tools.setVisible(shown)

    def _ask_and_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self,
            f"Save {self.title}",
            str(preferences.usual_folder() / f"{self.name}.png"),
            "Picture (*.png);;Drawing (*.svg)",
        )
        if path:
            try:
                self.save_picture(path if Path(path).suffix else f"{path}.png")
            except OSError as error:
                self._tools.say(str(error))

    # -- looks ----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.heading = QLabel(self.title)
        self.heading.setProperty("role", "title")
        theme.strong(self.heading)
        self.header.setContentsMargins(MARGIN, 0, MARGIN, 0)
        self.header.setSpacing(10)
        self.header.addWidget(self.heading)
        self.header.addStretch(1)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.body)
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)  # the header gives way, see fit_header
        column.setContentsMargins(1, 8, 1, 4)
        column.setSpacing(4)
        column.addLayout(self.header)
        column.addWidget(self._stack, 1)

    def sizeHint(self) -> QSize:
        """Return the size of the drawing."""
        return QSize(264, 260)

    def minimumSizeHint(self) -> QSize:
        """Return the least size at which a plot can be read."""
        return QSize(160, 140)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the tools."""
        self._hovered = True
        self._tools.appear(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the tools, unless one of them has the focus."""
        self._hovered = False
        self._tools.appear(self._has_focus())
        super().leaveEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the tools in their corner."""
        super().resizeEvent(event)
        self.fit_header()
        self._tools.place()

    def fit_header(self) -> None:
        """Leave out of the header what has no room beside the title."""
        shown: list[QWidget] = []
        is_room = True
        for widget in self._giving_way:
            used = not widget.property(UNUSED)
            is_room = is_room and (not used or self.header_width([*shown, widget]) <= self.width())
            widget.setVisible(used and is_room)
            shown += [widget] if used and is_room else []

    def header_width(self, beside: Sequence[QWidget] | None = None) -> int:
        """Return the width of the title and of what stands beside it: all that may give way, or only these widgets."""
        if beside is None:
            beside = [widget for widget in self._giving_way if not widget.property(UNUSED)]
        widths = [widget.sizeHint().width() + self.header.spacing() for widget in beside]
        widths += [self.header.spacing()] if widths else []  # of the stretch
        return 2 * MARGIN + 2 + self.heading.sizeHint().width() + sum(widths)

    def _has_focus(self) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and (focused is self or self.isAncestorOf(focused))

    def _focus_moved(self, old: QWidget | None, new: QWidget | None) -> None:
        self._tools.appear(self._has_focus() or self._hovered)


def use(widget: QWidget, used: bool) -> None:
    """Say of a widget that may give way whether there is anything for it to show at all."""
    widget.setProperty(UNUSED, not used)


class _Tools(QFrame):
    """The tools of a panel, over the upper or the lower right corner of its plot."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._buttons: list[QToolButton] = []
        self.setProperty("role", "tools")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 2, 2, 2)
        self._row.setSpacing(0)
        self.hide()

    def add(self, action: QAction) -> None:
        """Add a button for an action, before the others."""
        button = QToolButton()
        button.setDefaultAction(action)
        button.setFixedSize(TOOL_SIZE, TOOL_SIZE)
        button.setAccessibleName(f"{self._panel.title}: {action.text()}")
        self._buttons.append(button)
        self._row.insertWidget(0, button)
        self.dress()

    def dress(self) -> None:
        """Give the icons the theme's color."""
        colors = theme.tokens()
        for button in self._buttons:
            action = button.defaultAction()
            action.setIcon(icons.icon(action.data(), color=colors.dim, color_on=colors.accent))

    def appear(self, shown: bool) -> None:
        """Show or hide."""
        if shown != self.isVisible():
            self.setVisible(shown)
            if shown:
                self.place()
                self.raise_()

    def place(self) -> None:
        """Stand below the header or at the foot, at the right."""
        self.adjustSize()
        body = self._panel._stack.geometry()
        top = body.bottom() - self.height() - 2 if self._panel.tools_at_foot else body.top() + 2
        self.move(self._panel.width() - self.width() - MARGIN, top)

    def say(self, sentence: str) -> None:
        """Show what went wrong, at the tools."""
        QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), sentence, self)


class _EmptyState(QWidget):
    """What will be here, and the action that brings it."""

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._words = QLabel(hint)
        self._words.setProperty("role", "dim")
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint = hint
        self.button = QPushButton(LONG_OFFER)
        self.button.setToolTip(LONG_OFFER)
        column = QVBoxLayout(self)
        column.setContentsMargins(EMPTY_MARGIN, 8, EMPTY_MARGIN, 8)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(self._words)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Offer in as many words as there is room for."""
        super().resizeEvent(event)
        room = self.contentsRect().width() - 2 * EMPTY_MARGIN - OFFER_PADDING
        fits = self.button.fontMetrics().horizontalAdvance(LONG_OFFER) <= room
        self.button.setText(LONG_OFFER if fits else SHORT_OFFER)

    def explain(self, model: TrainingViewModel) -> None:
        """Offer training where there are data to train on."""
        self.button.setVisible(model.data is not None)
        without = "" if model.data is not None else "\nLoad a table or choose a sample first."
        self._words.setText(self._hint + without)

    def set_hint(self, hint: str) -> None:
        """Say something else."""
        self._hint = hint

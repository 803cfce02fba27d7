"""One sentence over the top of the canvas, with at most one action; takes the place of message boxes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from ui import icons, theme

MARGIN = 12
INFO_MS = 8_000  # a piece of news leaves by itself; a problem stays until it is read
ICONS = {"info": "ph.info", "warn": "ph.warning", "bad": "ph.warning-circle"}
COLORS = {"info": "accent", "warn": "warn", "bad": "bad"}


class MessageBar(QFrame):
    """Shows the latest message over ``host``; hidden while there is none, and never in the layout's way."""

    dismissed = Signal()

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        host.installEventFilter(self)
        self.setProperty("role", "message")
        self._icon = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._text.setAccessibleName("Message")
        self._action = QPushButton()
        self._close = QToolButton()
        self._close.setAccessibleName("Dismiss the message")
        self._close.setToolTip("Dismiss")
        self._close.clicked.connect(self.dismiss)
        self._action.clicked.connect(self._act)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.setSpacing(8)
        for widget, stretch in ((self._icon, 0), (self._text, 1), (self._action, 0), (self._close, 0)):
            layout.addWidget(widget, stretch)
        self._do: Callable[[], object] | None = None
        self._kind = "info"
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.dismiss)
        theme.theme().changed.connect(self._dress)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown, empty while hidden."""
        return "" if self.isHidden() else self._text.text()

    def show_message(
        self, text: str, kind: str = "info", action: str = "", do: Callable[[], object] | None = None
    ) -> None:
        """Show a sentence of kind ``"info"``, ``"warn"`` or ``"bad"``, with a button where there is an action."""
        self._kind, self._do = kind, do
        self._text.setText(text)
        self._action.setText(action)
        self._action.setVisible(bool(action))
        self._dress()
        self._place()
        self.show()
        self.raise_()
        self._timer.stop()
        if kind == "info" and not action:
            self._timer.start(INFO_MS)

    def dismiss(self) -> None:
        """Hide the message."""
        self._timer.stop()
        self._do = None
        self.hide()
        self.dismissed.emit()

    def outdate(self) -> None:
        """Hide a message that what has happened since makes untrue; one that offers an action stays."""
        if not self.isHidden() and not self._action.text():
            self.dismiss()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the host's width."""
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._place()
        return False

    def _place(self) -> None:
        width = self.parentWidget().width() - 2 * MARGIN
        self.setGeometry(MARGIN, MARGIN, width, max(self.heightForWidth(width), self.minimumSizeHint().height()))

    def _act(self) -> None:
        do = self._do
        self.dismiss()
        if do is not None:
            do()

    def _dress(self) -> None:
        color = theme.tokens().color(COLORS[self._kind])
        self.setProperty("kind", self._kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self._icon.setPixmap(icons.icon(ICONS[self._kind], color=color).pixmap(18, 18))
        self._close.setIcon(icons.icon("ph.x", color=theme.tokens().color("dim")))

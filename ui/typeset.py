"""Typeset equations: LaTeX drawn as vectors in the theme's colors, cached, and never a reason for a view to fail."""

from __future__ import annotations

import functools
import math
import re
import threading
import warnings
from queue import SimpleQueue
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from ui import theme

POINT_SIZE = 13.0
CACHED = 2048  # equations; one takes 9 to 30 ms to set
PADDING = 2.0
POLL_MS = 15
ATTEMPTS = 10
INK = "#010203"  # what equations are set in; the theme's color takes its place

_lock = threading.Lock()  # the typesetter is not made for two threads at once
_set: dict[tuple[str, float], bytes | ValueError] = {}


def svg_of(latex: str, size: float, color: str) -> bytes:
    """Return an equation as SVG, set at a size in pixels in one color.

    Raises
    ------
    ValueError
        When the LaTeX cannot be set.
    """
    key = (latex, size)
    with _lock:
        if key not in _set:
            _keep(key, _set_now(latex, size))
        made = _set[key]
    if isinstance(made, ValueError):
        raise ValueError(str(made))
    return made.replace(INK.encode(), color.encode())


def is_set(latex: str, size: float = POINT_SIZE) -> bool:
    """Return whether an equation has been set already, so that it can be drawn at once."""
    return (latex, size) in _set


def _keep(key: tuple[str, float], made: bytes | ValueError) -> None:
    while len(_set) >= CACHED:
        del _set[next(iter(_set))]
    _set[key] = made


def _set_now(latex: str, size: float) -> bytes | ValueError:
    try:
        # The typesetter puts a gap between the two signs of :=, which is one sign of its own to it.
        text: str = _typesetter().Latex(latex.replace(":=", r"\coloneqq "), size=size, color=INK).svg()
    except Exception as error:
        return ValueError(f"{latex} cannot be set: {error}")
    return text.encode()


@functools.cache
def _typesetter() -> Any:
    """Import the typesetter, which takes a tenth of a second: only views with equations need it."""
    for _ in range(ATTEMPTS):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of the way in which it opens its own font
                import ziamath
        except DeprecationWarning:
            continue  # warnings are errors here, and another thread has set the filters back meanwhile
        ziamath.config.svg2 = False  # type: ignore[attr-defined]  # Qt's renderer draws no glyphs of SVG 2
        return ziamath
    raise ImportError("the typesetter cannot be imported")


@functools.lru_cache(CACHED)
def renderer(latex: str, size: float, color: str) -> QSvgRenderer:
    """Return a renderer of an equation, made once.

    Raises
    ------
    ValueError
        When the LaTeX cannot be set.
    """
    return QSvgRenderer(QByteArray(svg_of(latex, size, color)))


def size_of(latex: str, size: float = POINT_SIZE) -> QSizeF:
    """Return how much room an equation takes, in pixels and fractions of one.

    Raises
    ------
    ValueError
        When the LaTeX cannot be set.
    """
    return renderer(latex, size, INK).viewBoxF().size()


def depth_of(latex: str, size: float = POINT_SIZE) -> float:
    """Return how many pixels of an equation lie below its baseline.

    Raises
    ------
    ValueError
        When the LaTeX cannot be set.
    """
    return renderer(latex, size, INK).viewBoxF().bottom()


def draw(painter: QPainter, area: QRectF, latex: str, color: QColor, size: float = POINT_SIZE) -> None:
    """Draw an equation at the left of an area, in the middle of its height; made smaller where it has no room.

    It is drawn as vectors: sharp on every screen, in SVG and in pictures of any scale.

    Raises
    ------
    ValueError
        When the LaTeX cannot be set.
    """
    drawn = renderer(latex, size, color.name())
    wanted = drawn.viewBoxF().size()
    scale = min(1.0, area.width() / max(wanted.width(), 1.0), area.height() / max(wanted.height(), 1.0))
    width, height = scale * wanted.width(), scale * wanted.height()
    drawn.render(painter, QRectF(area.left(), area.center().y() - height / 2, width, height))


class Setter(QObject):
    """Sets equations one after the other in a thread of its own, so that a view with hundreds of them never waits.

    ``ready`` says that some more can be drawn.
    """

    ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked: set[tuple[str, float]] = set()
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)

    def ask(self, latex: str, size: float = POINT_SIZE) -> None:
        """Ask for an equation that cannot be drawn yet; asking twice does nothing more."""
        key = (latex, size)
        if key in self._asked or is_set(*key):
            return
        self._asked.add(key)
        _orders().put(key)
        self._timer.start()

    def _look(self) -> None:
        done = {key for key in self._asked if key in _set}
        self._asked -= done
        if not self._asked:
            self._timer.stop()
        if done:
            self.ready.emit()


@functools.cache
def _orders() -> SimpleQueue[tuple[str, float]]:
    orders: SimpleQueue[tuple[str, float]] = SimpleQueue()

    def work() -> None:
        while True:
            key = orders.get()
            with _lock:
                if key not in _set:
                    _keep(key, _set_now(*key))

    threading.Thread(target=work, name="typesetting", daemon=True).start()
    return orders


class Equation(QWidget):
    """One typeset equation; the context menu copies it as LaTeX or as text.

    Parameters
    ----------
    latex
        What to set.
    text
        The same in plain characters: read out, copied, and shown where the LaTeX cannot be set.
    """

    def __init__(
        self, latex: str = "", text: str = "", size: float = POINT_SIZE, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.latex, self.text, self._size, self._role = "", "", size, "text"
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda at: self.menu().popup(self.mapToGlobal(at)))
        theme.theme().changed.connect(self.update)
        self.show_equation(latex, text)

    def show_equation(self, latex: str, text: str = "") -> None:
        """Show another equation."""
        if (latex, text) == (self.latex, self.text):
            return
        self.latex, self.text = latex, text or plain(latex)
        self.setAccessibleName(self.text)
        self.setToolTip(self.text)
        self.updateGeometry()
        self.update()

    def set_color(self, role: str) -> None:
        """Take a color of the theme by its role, ``"text"`` or ``"accent"`` say."""
        self._role = role
        self.update()

    def menu(self) -> QMenu:
        """Return the menu that copies."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        add_copying(menu, self.latex, self.text)
        return menu

    def sizeHint(self) -> QSize:
        """Return the equation's own size."""
        if not self.latex:
            return QSize(0, 0)
        try:
            size = size_of(self.latex, self._size)
        except ValueError:
            return self.fontMetrics().boundingRect(self.text).size()
        # Rounded up: half a pixel too few would squeeze it.
        return QSize(math.ceil(size.width() + 2 * PADDING), math.ceil(size.height() + 2 * PADDING))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the equation, or its plain text."""
        if not self.latex:
            return
        painter = QPainter(self)
        color = theme.tokens().color(self._role)
        try:
            area = QRectF(self.rect()).adjusted(PADDING, PADDING, -PADDING, -PADDING)
            draw(painter, area, self.latex, color, self._size)
        except ValueError:
            painter.setPen(color)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self.text)
        painter.end()


def add_copying(menu: QMenu, latex: str, text: str) -> None:
    """Add to a menu the two ways to copy an equation."""
    menu.addAction("Copy as LaTeX", lambda: copy_text(latex))
    menu.addAction("Copy as text", lambda: copy_text(text))


def copy_text(text: str) -> None:
    """Put a text on the clipboard."""
    QGuiApplication.clipboard().setText(text)


def plain(latex: str) -> str:
    """Return LaTeX without its marks, as a last resort for reading out."""
    return re.sub(r"\s+", " ", re.sub(r"\\[a-zA-Z]+|[{}$]|\\[,;!]", " ", latex)).strip()

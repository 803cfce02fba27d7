"""Typeset equations: LaTeX drawn as vectors in the theme's colors, cached, and never a reason for a view to fail."""

from __future__ import annotations

import functools
import re

from PySide6.QtCore import QByteArray, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from ui import theme

POINT_SIZE = 13.0
CACHED = 512  # equations; one takes 9 to 30 ms to set
PADDING = 2.0


@functools.lru_cache(CACHED)
def svg_of(latex: str, size: float, color: str) -> bytes:
    """Return an equation as SVG, set at a size in pixels in one color.

    Raises
    ------
    ValueError
        When the LaTeX cannot be set.
    """
    import ziamath  # takes a tenth of a second, and only views with equations need it

    ziamath.config.svg2 = False  # Qt's renderer draws no glyphs of SVG 2
    try:
        text: str = ziamath.Latex(latex, size=size, color=color).svg()
    except Exception as error:
        raise ValueError(f"{latex} cannot be set: {error}") from error
    return text.encode()


@functools.lru_cache(CACHED)
def renderer(latex: str, size: float, color: str) -> QSvgRenderer:
    """Return a renderer of an equation, made once."""
    return QSvgRenderer(QByteArray(svg_of(latex, size, color)))


def size_of(latex: str, size: float = POINT_SIZE) -> QSizeF:
    """Return how much room an equation takes, in pixels."""
    return QSizeF(renderer(latex, size, "#000000").defaultSize())


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
        menu.addAction("Copy as LaTeX", lambda: QGuiApplication.clipboard().setText(self.latex))
        menu.addAction("Copy as text", lambda: QGuiApplication.clipboard().setText(self.text))
        return menu

    def sizeHint(self) -> QSize:
        """Return the equation's own size."""
        if not self.latex:
            return QSize(0, 0)
        try:
            size = size_of(self.latex, self._size)
        except ValueError:
            return self.fontMetrics().boundingRect(self.text).size()
        return QSizeF(size.width() + 2 * PADDING, size.height() + 2 * PADDING).toSize()

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the equation, or its plain text."""
        if not self.latex:
            return
        painter = QPainter(self)
        color = theme.tokens().color(self._role)
        try:
            drawn = renderer(self.latex, self._size, color.name())
            drawn.render(painter, QRectF(PADDING, PADDING, *drawn.defaultSize().toTuple()))
        except ValueError:
            painter.setPen(color)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self.text)
        painter.end()


def plain(latex: str) -> str:
    """Return LaTeX without its marks, as a last resort for reading out."""
    return re.sub(r"\s+", " ", re.sub(r"\\[a-zA-Z]+|[{}$]|\\[,;!]", " ", latex)).strip()

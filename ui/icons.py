"""Icons from the Phosphor font that QtAwesome ships, drawn here: importing QtAwesome takes a fifth of a second."""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

DISABLED_OPACITY = 0.4


def icon(name: str, color: QColor | str, color_on: QColor | str | None = None) -> QIcon:
    """Return the icon of a Phosphor name such as ``"ph.play-fill"``, sharp at every size and scaling.

    Parameters
    ----------
    name
        ``ph.`` and the icon's name.
    color, color_on
        Its color, and its color where it is switched on.

    Raises
    ------
    KeyError
        When there is no icon of that name.
    """
    family, characters = _font()
    character = chr(int(characters[name.removeprefix("ph.")], 16))
    return QIcon(_GlyphEngine(family, character, QColor(color), QColor(color_on if color_on is not None else color)))


@cache
def _font() -> tuple[str, dict[str, str]]:
    """Return the font's family and its characters by name, without importing the package that ships them."""
    found = importlib.util.find_spec("qtawesome")
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).parent / "fonts"
    (font,), (characters,) = folder.glob("phosphor-*.ttf"), folder.glob("phosphor-charmap-*.json")
    loaded = QFontDatabase.addApplicationFont(str(font))
    return QFontDatabase.applicationFontFamilies(loaded)[0], json.loads(characters.read_text(encoding="utf-8"))


class _GlyphEngine(QIconEngine):
    """Paints one character of a font as large as it is asked for."""

    def __init__(self, family: str, character: str, color: QColor, color_on: QColor) -> None:
        super().__init__()
        self._glyph = (family, character, color, color_on)

    def clone(self) -> QIconEngine:
        """Return another engine of the same icon."""
        return _GlyphEngine(*self._glyph)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Paint the character into a rectangle; faint where the control is disabled."""
        family, character, color, color_on = self._glyph
        font = QFont(family)
        font.setPixelSize(max(1, min(rect.width(), rect.height())))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.setFont(font)
        painter.setPen(color_on if state == QIcon.State.On else color)
        painter.setOpacity(DISABLED_OPACITY if mode == QIcon.Mode.Disabled else 1.0)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, character)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return the icon on a transparent ground."""
        made = QPixmap(size)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return made

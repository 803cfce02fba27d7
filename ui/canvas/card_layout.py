"""Where each line of a card stands: wrapping and measuring, apart from painting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF

from nnstudio.layout import CARD_WIDTH, PORT_Y
from ui import theme
from ui.canvas.card import Card
from ui.canvas.thumbnail import HEIGHT as THUMBNAIL_HEIGHT

LEFT, RIGHT, TOP, BOTTOM = 16.0, 8.0, 10.0, 12.0
TEXT_WIDTH = CARD_WIDTH - LEFT - RIGHT
LEAST_HEIGHT = 2 * PORT_Y  # so that the ports of all cards stand at one height
TITLE_HEIGHT = 18.0
LINE = 16.0
SMALL_LINE = 14.0
CHIP_PADDING = 6.0
CHIP_GAP = 4.0
BADGE = 14.0
NOTE_GAP = 6.0  # between a card and the note of its problem below it
NOTE_PADDING = 6.0


@dataclass(frozen=True)
class Chip:
    """One rounded label with its lines of text."""

    box: QRectF
    lines: tuple[str, ...]


@dataclass(frozen=True)
class CardLayout:
    """The measured card; all coordinates from its top left corner."""

    title: str
    shape: tuple[str, ...]
    chips: tuple[Chip, ...]
    thumbnail: QPointF
    box: QRectF
    note: QRectF
    note_lines: tuple[str, ...]

    @property
    def port_y(self) -> float:
        """The height of both ports."""
        return PORT_Y


def title_font() -> QFont:
    """Return the type of a card's name."""
    return _font(theme.TITLE, 600)


def shape_font() -> QFont:
    """Return the type of the line below the name."""
    return _font(theme.SMALL + 0.5, 400)


def small_font() -> QFont:
    """Return the type of chips and notes."""
    return _font(theme.SMALL, 400)


def lay_out(card: Card) -> CardLayout:
    """Measure a card."""
    room = TEXT_WIDTH - (BADGE + CHIP_GAP) * (bool(card.problems) + card.frozen)
    title = _metrics(theme.TITLE, 600).elidedText(card.name, Qt.TextElideMode.ElideRight, room)
    shape = _parts(card.shape)
    y = TOP + TITLE_HEIGHT + LINE * len(shape) + CHIP_GAP
    chips: list[Chip] = []
    for text in _chip_texts(card.chips):
        lines = wrap(text, small_font(), TEXT_WIDTH - 2 * CHIP_PADDING)
        width = max(_metrics(theme.SMALL, 400).horizontalAdvance(line) for line in lines) + 2 * CHIP_PADDING
        box = QRectF(LEFT, y, width, SMALL_LINE * len(lines) + CHIP_GAP)
        chips.append(Chip(box, tuple(lines)))
        y = box.bottom() + CHIP_GAP
    thumbnail = QPointF(LEFT, y + CHIP_GAP)
    bottom = thumbnail.y() + THUMBNAIL_HEIGHT + BOTTOM if card.thumbnail != "none" else y + BOTTOM - CHIP_GAP
    box = QRectF(0.0, 0.0, CARD_WIDTH, max(bottom, LEAST_HEIGHT))
    note_lines = tuple(
        line
        for problem in card.problems
        for line in wrap(problem.sentence, small_font(), CARD_WIDTH - 2 * NOTE_PADDING)
    )
    note = QRectF()
    if note_lines:
        height = SMALL_LINE * len(note_lines) + 2 * NOTE_PADDING
        note = QRectF(0.0, box.bottom() + NOTE_GAP, CARD_WIDTH, height)
    return CardLayout(title, shape, tuple(chips), thumbnail, box, note, note_lines)


def wrap(text: str, font: QFont, width: float) -> list[str]:
    """Return the text in lines no wider than ``width``; a single word that is wider is shortened."""
    metrics = QFontMetricsF(font)
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and metrics.horizontalAdvance(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(metrics.elidedText(word, Qt.TextElideMode.ElideRight, width))
    return lines


def _chip_texts(chips: tuple[str, ...]) -> tuple[str, ...]:
    """Return the settings in one chip where they fit on one line, one each where they do not."""
    joined = " · ".join(chips)
    fits = _metrics(theme.SMALL, 400).horizontalAdvance(joined) <= TEXT_WIDTH - 2 * CHIP_PADDING
    return (joined,) if chips and fits else chips


def _parts(shape: str) -> tuple[str, ...]:
    """Return shape and count on one line where they fit, on two where they do not."""
    if _metrics(theme.SMALL + 0.5, 400).horizontalAdvance(shape) <= TEXT_WIDTH:
        return (shape,)
    return tuple(shape.split(" · "))


@cache
def _font(size: float, weight: int) -> QFont:
    return theme.font(size, weight)


@cache
def _metrics(size: float, weight: int) -> QFontMetricsF:
    return QFontMetricsF(_font(size, weight))

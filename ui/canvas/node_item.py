"""A node's card: colored edge, name, shape, chips, live picture, ports, and what is wrong with it."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ui import icons, theme
from ui.canvas import card_layout as at
from ui.canvas.card import Card
from ui.canvas.thumbnail import ThumbnailItem

Side = Literal["input", "output"]
NotePlace = Literal["below", "above", "folded"]

CARD_LEVEL, WIRE_LEVEL, RAISED_LEVEL = 1.0, 0.0, 2.0  # z values
FAR = 0.45  # zoom below which a card is drawn without its text
PORT_RADIUS = 4.5
PORT_GROWN = 7.5
EDGE_WIDTH = 4.0  # of the family's color
EDGE_INSET = 8.0
_GLOW = 4.0  # the ring around a selected card
_MARGIN = 10.0  # what shadow, glow and ports need around the card
_SHADOW = ((1.0, 0.05), (2.0, 0.04), (3.0, 0.02))  # (how far it falls, how dark it is)


class Port(IntEnum):
    """How a port is drawn while a wire is dragged."""

    QUIET = 0
    OPEN = 1
    NEAR = 2


class NodeItem(QGraphicsItem):
    """Draws one card; setters only repaint, nothing here changes the document.

    The card is kept as a pixmap by the scene, so that its live picture above it, a child item, is all that is
    painted anew thirty times a second.
    """

    def __init__(self, node_id: str, card: Card) -> None:
        super().__init__()
        self.node_id = node_id
        self.card = card
        self.layout = at.lay_out(card)
        self.thumbnail: ThumbnailItem | None = None
        self._selected = False
        self.lit = False
        self._picture_shown = True
        self._note_place: NotePlace = "below"
        self._ports: dict[Side, Port] = {"input": Port.QUIET, "output": Port.QUIET}
        self.setZValue(CARD_LEVEL)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._place_thumbnail()

    def set_card(self, card: Card) -> None:
        """Show another content; an equal one costs nothing."""
        if card == self.card:
            return
        layout = at.lay_out(card)
        if (layout.box, layout.note) != (self.layout.box, self.layout.note):
            self.prepareGeometryChange()
        self.card, self.layout = card, layout
        self._place_thumbnail()
        self.update()

    def set_selected(self, selected: bool) -> None:
        """Show or hide the ring of a selected card."""
        if selected != self._selected:
            if self._note_place == "folded":
                self.prepareGeometryChange()
            self._selected = selected
            self.setZValue(RAISED_LEVEL if selected else CARD_LEVEL)
            self.update()

    def set_lit(self, lit: bool) -> None:
        """Wash the card with the accent, or not, while a view elsewhere points at it."""
        if lit != self.lit:
            self.lit = lit
            self.update()

    def set_port(self, side: Side, state: Port) -> None:
        """Draw a port as quiet, open to a wire, or near one."""
        if self._ports[side] != state:
            self._ports[side] = state
            self.update()

    def set_note_place(self, place: NotePlace) -> None:
        """Put the note of a problem below or above the card; a folded one shows while the card is selected."""
        if place != self._note_place:
            self.prepareGeometryChange()
            self._note_place = place
            self.update()

    def note(self, place: NotePlace | None = None) -> QRectF:
        """Return where the note of a problem is, or would be in some place, in the scene; empty where there is none."""
        return self._note(place).translated(self.pos())

    def restyle(self) -> None:
        """Take the colors of the theme now in force."""
        self.update()
        if self.thumbnail is not None:
            self.thumbnail.restyle()

    def has_port(self, side: Side) -> bool:
        """Return whether wires can end (``"input"``) or start (``"output"``) here."""
        return self.card.reads if side == "input" else self.card.is_read

    def port(self, side: Side) -> QPointF:
        """Return where a port is, in the scene."""
        x = self.layout.box.left() if side == "input" else self.layout.box.right()
        return self.pos() + QPointF(x, self.layout.port_y)

    def set_picture_shown(self, shown: bool) -> None:
        """Show or hide the live picture, which is too small to read from afar."""
        self._picture_shown = shown
        if self.thumbnail is not None:
            self.thumbnail.setVisible(shown)

    def box(self) -> QRectF:
        """Return the card without shadow, ports and note, in the scene."""
        return self.layout.box.translated(self.pos())

    def bounds(self) -> QRectF:
        """Return the card with its note, in the scene."""
        return self.layout.box.united(self._note()).translated(self.pos())

    def title_box(self) -> QRectF:
        """Return where the name stands, in the scene."""
        return QRectF(at.LEFT, at.TOP, at.TEXT_WIDTH, at.TITLE_HEIGHT).translated(self.pos())

    def tooltip(self) -> str:
        """Return what the pointer is told over this card."""
        picture = self.thumbnail.describe() if self.thumbnail is not None else ""
        return f"{self.card.tooltip}\n{picture}" if picture else self.card.tooltip

    def boundingRect(self) -> QRectF:
        """Return all that is painted."""
        return self.layout.box.united(self._note()).adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the card; far away only its outline and its family's color."""
        far = option.levelOfDetailFromTransform(painter.worldTransform()) < FAR
        self._paint_box(painter, far)
        if far:
            self._paint_far(painter)
            return
        self._paint_text(painter)
        if self.card.frozen:
            self._paint_frozen(painter)
        for side in ("input", "output"):
            if self.has_port(side):
                self._paint_port(painter, side)
        if self.card.problems:
            self._paint_badge(painter)
            if not self._note().isEmpty():
                self._paint_note(painter)

    def _note(self, place: NotePlace | None = None) -> QRectF:
        box, note = self.layout.box, self.layout.note
        place = place or self._note_place
        if place == "folded" and not self._selected:
            return QRectF()
        if note.isEmpty() or place != "above":
            return note
        return note.translated(0.0, box.top() - at.NOTE_GAP - note.bottom())

    def _place_thumbnail(self) -> None:
        kind = self.card.thumbnail
        if self.thumbnail is not None and self.thumbnail.kind != kind:
            if self.thumbnail.scene() is not None:
                self.thumbnail.scene().removeItem(self.thumbnail)
            self.thumbnail.setParentItem(None)
            self.thumbnail = None
        if self.thumbnail is None and kind != "none":
            self.thumbnail = ThumbnailItem(kind, self)
        if self.thumbnail is not None:
            self.thumbnail.setPos(self.layout.thumbnail)
            self.thumbnail.setVisible(self._picture_shown)

    def _paint_box(self, painter: QPainter, far: bool) -> None:
        t = theme.tokens()
        box = self.layout.box
        painter.setPen(Qt.PenStyle.NoPen)
        if not far:
            for fall, darkness in _SHADOW:
                painter.setBrush(QColor(0, 0, 0, round(255 * darkness)))
                painter.drawRoundedRect(box.adjusted(-0.5, fall, 0.5, fall), theme.CARD_RADIUS, theme.CARD_RADIUS)
        if self._selected:
            painter.setBrush(t.color("accent", 0.22))
            ring, radius = box.adjusted(-_GLOW, -_GLOW, _GLOW, _GLOW), theme.CARD_RADIUS + _GLOW
            painter.drawRoundedRect(ring, radius, radius)
        painter.setBrush(t.color("accent_wash" if self.lit else "surface"))
        marked = self._selected or self.lit
        pen = QPen(t.color("accent" if marked else "border"), 1.5 if marked else 1.0)
        if far:
            pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), theme.CARD_RADIUS, theme.CARD_RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.family_color(self.card.family))
        inset = 0.0 if far else EDGE_INSET
        width = 4 * EDGE_WIDTH if far else EDGE_WIDTH
        painter.drawRect(QRectF(0.0, inset, width, box.height() - 2 * inset))

    def _paint_far(self, painter: QPainter) -> None:
        if self.card.severity:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.tokens().color(self.card.severity))
            painter.drawEllipse(QPointF(self.layout.box.right() - 24, 24), 16, 16)

    def _paint_text(self, painter: QPainter) -> None:
        t, layout = theme.tokens(), self.layout
        painter.setFont(at.title_font())
        painter.setPen(t.color("text"))
        title = QRectF(at.LEFT, at.TOP, at.TEXT_WIDTH, at.TITLE_HEIGHT)
        painter.drawText(title, Qt.AlignmentFlag.AlignVCenter, layout.title)
        painter.setPen(t.color("dim"))
        painter.setFont(at.shape_font())
        _draw_lines(painter, layout.shape, QPointF(at.LEFT, at.TOP + at.TITLE_HEIGHT), at.LINE)
        painter.setFont(at.small_font())
        for chip in layout.chips:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(t.color("window"))
            painter.drawRoundedRect(chip.box, at.CHIP_GAP, at.CHIP_GAP)
            painter.setPen(t.color("dim"))
            corner = chip.box.topLeft() + QPointF(at.CHIP_PADDING, at.CHIP_GAP / 2)
            _draw_lines(painter, chip.lines, corner, at.SMALL_LINE)

    def _paint_port(self, painter: QPainter, side: Side) -> None:
        t, state = theme.tokens(), self._ports[side]
        painter.setPen(QPen(t.color("dim" if state == Port.QUIET else "accent"), 1.6))
        painter.setBrush(t.color("accent" if state == Port.NEAR else "surface"))
        radius = PORT_GROWN if state == Port.NEAR else PORT_RADIUS
        painter.drawEllipse(self.port(side) - self.pos(), radius, radius)

    def _badge_box(self, place: int) -> QRectF:
        """Return where a mark beside the name stands, counted from the right."""
        right = self.layout.box.right() - at.RIGHT - place * (at.BADGE + at.CHIP_GAP)
        return QRectF(right - at.BADGE, at.TOP + 2, at.BADGE, at.BADGE)

    def _paint_frozen(self, painter: QPainter) -> None:
        """Draw a snowflake, left of the mark of a problem."""
        snowflake = icons.icon("ph.snowflake-bold", color=theme.tokens().color("accent"))
        snowflake.paint(painter, self._badge_box(bool(self.card.problems)).toRect())

    def _paint_badge(self, painter: QPainter) -> None:
        """Draw a disc for an error and a triangle for a warning, both with an exclamation mark."""
        t = theme.tokens()
        box = self._badge_box(0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(t.color(self.card.severity))
        if self.card.severity == "bad":
            painter.drawEllipse(box)
        else:
            painter.drawPolygon(QPolygonF([QPointF(box.center().x(), box.top()), box.bottomRight(), box.bottomLeft()]))
            box.translate(0.0, 1.5)
        painter.setFont(at.small_font())
        painter.setPen(t.color("surface"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "!")

    def _paint_note(self, painter: QPainter) -> None:
        t, note = theme.tokens(), self._note()
        painter.setBrush(t.color("surface"))
        painter.setPen(QPen(t.color(self.card.severity, 0.6), 1.0))
        painter.drawRoundedRect(note.adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
        painter.setFont(at.small_font())
        painter.setPen(t.color(self.card.severity))
        corner = note.topLeft() + QPointF(at.NOTE_PADDING, at.NOTE_PADDING)
        _draw_lines(painter, self.layout.note_lines, corner, at.SMALL_LINE)


def _draw_lines(painter: QPainter, lines: tuple[str, ...], corner: QPointF, pitch: float) -> None:
    for index, line in enumerate(lines):
        box = QRectF(corner.x(), corner.y() + index * pitch, at.CARD_WIDTH, pitch)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, line)

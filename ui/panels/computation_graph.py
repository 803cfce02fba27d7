"""The drawing of the computation graph: values at the left, downward; their derivatives at the right, upward."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from engine.emit import Array
from nnstudio.computation import Computation, Shown, is_parameter
from nnstudio.numbers import short
from ui import colormaps, theme
from ui.panels.computation_rows import Cell, Row, Wire, rows_of, wires_of
from ui.panels.computation_words import spoken

ROW_HEIGHT, ROW_GAP = 62, 18
GUTTER = 26  # at both sides, for what is read further on
COLUMN_GAP = 20
HEAD = 24
PAD = 8
LINE = 15
NUMBER_WIDTH = 46
STRIP_HEIGHT = 16
LANES = 4
DIMMED = 0.38
BACKWARD = 2  # the series color of derivatives
KEYS = {
    Qt.Key.Key_Right: "next",
    Qt.Key.Key_Left: "previous",
    Qt.Key.Key_Home: "first",
    Qt.Key.Key_End: "last",
}

KEYS_IN_WORDS = "Left and Right walk through the operations, Up and Down choose a value or a derivative."

Place = tuple[int, int]


class ComputationGraph(QAbstractScrollArea):
    """Draws a computation up to a moment; only rows in sight are drawn.

    Signals: ``picked(symbol, place)`` when an array or one of its numbers is chosen, ``asked(step)`` when a key asks
    for ``"next"``, ``"previous"``, ``"first"`` or ``"last"``.
    """

    picked = Signal(str, object)
    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.computation: Computation | None = None
        self.rows: list[Row] = []
        self.done = 0
        self.selected = ""
        self.place: Place = (0, 0)
        self._wires: list[Wire] = []
        self._signature: object = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Computation graph")
        self.setAccessibleDescription(KEYS_IN_WORDS)
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(ROW_HEIGHT // 2)

    # -- what is shown --------------------------------------------------------------------------------------------

    def show_computation(self, computation: Computation, done: int) -> None:
        """Show a computation as ``done`` stops left it."""
        if computation.signature != self._signature:
            self._signature = computation.signature
            self.rows = rows_of(computation)
            self._wires = wires_of(self.rows, computation)
        self.computation, self.done = computation, done
        self._fit()
        self.viewport().update()

    def select(self, symbol: str, place: Place = (0, 0)) -> None:
        """Mark one array and one of its numbers; an empty symbol marks nothing."""
        self.selected, self.place = symbol, place
        self.viewport().update()

    def show_row_of(self, symbols: Sequence[str]) -> None:
        """Scroll to the row of an array."""
        for number, row in enumerate(self.rows):
            if any(symbol in cell.symbols for cell in _cells(row) for symbol in symbols):
                bar, top = self.verticalScrollBar(), self._top(number)
                if top - ROW_GAP < bar.value():
                    bar.setValue(top - ROW_GAP - HEAD)
                elif top + ROW_HEIGHT + ROW_GAP > bar.value() + self.viewport().height():
                    bar.setValue(top + ROW_HEIGHT + ROW_GAP - self.viewport().height())
                return

    @property
    def symbols(self) -> list[str]:
        """All arrays that can be chosen, row by row."""
        return [symbol for row in self.rows for cell in _cells(row) for symbol in cell.symbols]

    def rect_of(self, symbol: str) -> QRect:
        """Return where an array is drawn, in the viewport."""
        for number, row in enumerate(self.rows):
            for cell in _cells(row):
                if symbol in cell.symbols:
                    return self._part(self._cell_rect(number, cell is row.derivative), cell, symbol).toRect()
        return QRect()

    # -- keys and mouse -------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk, or choose another array."""
        key = Qt.Key(event.key())
        if key in KEYS:
            self.asked.emit(KEYS[key])
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.rows:
            symbols = self.symbols
            at = symbols.index(self.selected) if self.selected in symbols else -1
            at = max(at - 1, 0) if key == Qt.Key.Key_Up else min(at + 1, len(symbols) - 1)
            self.picked.emit(symbols[at], (0, 0))
            self.show_row_of([symbols[at]])
        elif key == Qt.Key.Key_Escape and self.selected:
            self.picked.emit("", (0, 0))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what is under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            symbol, place = self._hit(event.position())
            self.picked.emit(symbol, place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer."""
        symbol, place = self._hit(event.position())
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if symbol else Qt.CursorShape.ArrowCursor)
        self.viewport().setToolTip(self._words_on(symbol, place))

    def _words_on(self, symbol: str, place: Place) -> str:
        if self.computation is None or not symbol:
            return ""
        value = self.computation.entry(symbol, *place, self.done) if self._reached(symbol) else None
        unit = f"unit {place[0] + 1}" + (f", column {place[1] + 1}" if place[1] else "")
        words = f"{spoken(symbol)} {unit}: {short(value, 6)}" if value is not None else spoken(symbol)
        cell = next((c for row in self.rows for c in _cells(row) if symbol in c.symbols), None)
        return f"{words}\n{cell.equation}" if cell is not None and cell.equation else words

    def _hit(self, at: QPointF) -> tuple[str, Place]:
        for number in self._visible():
            row = self.rows[number]
            for cell in _cells(row):
                rect = self._cell_rect(number, cell is row.derivative)
                if not rect.contains(at):
                    continue
                symbol = next((s for s in cell.symbols if self._part(rect, cell, s).contains(at)), cell.symbols[0])
                return symbol, self._place_at(symbol, self._field(self._part(rect, cell, symbol)), at)
        return "", (0, 0)

    def _place_at(self, symbol: str, field: QRectF, at: QPointF) -> Place:
        shown = self.computation.shown(symbol, self.done) if self.computation is not None else None
        if shown is None or not field.contains(at):
            return (0, 0)
        along, down = (at.x() - field.left()) / field.width(), (at.y() - field.top()) / field.height()
        if shown.shape[1] == 1:  # a column is drawn lying down
            return _place(shown.rows, along), 0
        return _place(shown.rows, down), _place(shown.columns, along)

    # -- places ---------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        height = HEAD + len(self.rows) * (ROW_HEIGHT + ROW_GAP)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Draw what has come into sight."""
        self.viewport().update()

    def _top(self, number: int) -> int:
        return HEAD + number * (ROW_HEIGHT + ROW_GAP)

    def _visible(self) -> range:
        offset, height = self.verticalScrollBar().value(), self.viewport().height()
        first = max(0, (offset - HEAD) // (ROW_HEIGHT + ROW_GAP))
        last = (offset + height) // (ROW_HEIGHT + ROW_GAP) + 1
        return range(min(first, len(self.rows)), min(last, len(self.rows)))

    def _cell_rect(self, number: int, derivative: bool) -> QRectF:
        width = (self.viewport().width() - 2 * GUTTER - COLUMN_GAP) / 2
        left = GUTTER + (width + COLUMN_GAP if derivative else 0)
        return QRectF(left, self._top(number) - self.verticalScrollBar().value(), width, ROW_HEIGHT)

    def _part(self, rect: QRectF, cell: Cell, symbol: str) -> QRectF:
        """Return an array's part of a cell: W takes most of the room beside b."""
        if len(cell.symbols) == 1:
            return rect
        share = rect.width() * (0.66 if "W[" in cell.symbols[0] else 0.5)
        if symbol == cell.symbols[0]:
            return QRectF(rect.left(), rect.top(), share, rect.height())
        return QRectF(rect.left() + share, rect.top(), rect.width() - share, rect.height())

    def _field(self, part: QRectF) -> QRectF:
        return part.adjusted(PAD, PAD + 2 * LINE - 2, -PAD, -PAD + 1)

    # -- drawing --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the wires and the rows in sight."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.viewport().rect(), theme.tokens().color("canvas"))
        if self.computation is not None:
            visible = self._visible()
            for lane, wire in enumerate(self._wires):
                if min(wire.source, wire.target) < visible.stop and max(wire.source, wire.target) >= visible.start:
                    self._draw_wire(painter, wire, lane % LANES)
            for number in visible:
                for cell in _cells(self.rows[number]):
                    self._draw_cell(painter, number, cell, self.rows[number].derivative is cell)
            self._draw_head(painter)
        if self.hasFocus():
            painter.setPen(QPen(theme.tokens().color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.viewport().rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _draw_head(self, painter: QPainter) -> None:
        painter.fillRect(QRectF(0, 0, self.viewport().width(), HEAD - 4), theme.tokens().color("canvas", 0.9))
        painter.setFont(theme.font(theme.SMALL, theme.STRONG))
        for derivative, words in ((False, "VALUES ↓"), (True, "DERIVATIVES ↑")):
            rect = self._cell_rect(0, derivative)
            painter.setPen(_color(derivative))
            painter.drawText(QRectF(rect.left(), 2, rect.width(), HEAD - 6), Qt.AlignmentFlag.AlignVCenter, words)

    def _draw_wire(self, painter: QPainter, wire: Wire, lane: int) -> None:
        color = _color(wire.backward)
        reached = self._wire_reached(wire)
        color.setAlphaF(0.75 if reached else 0.2)
        painter.setPen(QPen(color, 1.4, Qt.PenStyle.SolidLine if reached else Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        one, other = self._cell_rect(wire.source, wire.backward), self._cell_rect(wire.target, wire.backward)
        down = wire.target > wire.source
        if abs(wire.target - wire.source) == 1:
            x = one.center().x()
            start, end = (one.bottom(), other.top()) if down else (one.top(), other.bottom())
            painter.drawLine(QPointF(x, start), QPointF(x, end))
            _arrow(painter, QPointF(x, end), 0, 1 if down else -1)
            return
        side = one.right() if wire.backward else one.left()
        reach = side + (8 + 4 * lane) * (1 if wire.backward else -1)
        path = QPainterPath(QPointF(side, one.center().y()))
        end_y = other.center().y() + (-6 if down else 6)
        path.cubicTo(QPointF(reach, one.center().y()), QPointF(reach, one.center().y()), _between(reach, one, other))
        path.cubicTo(QPointF(reach, end_y), QPointF(reach, end_y), QPointF(side, end_y))
        painter.drawPath(path)
        _arrow(painter, QPointF(side, end_y), -1 if wire.backward else 1, 0)

    def _wire_reached(self, wire: Wire) -> bool:
        rows = self.rows
        cell = rows[wire.target].derivative if wire.backward else rows[wire.target].value
        source = rows[wire.source].derivative if wire.backward else rows[wire.source].value
        return all(c is not None and self._reached(c.symbols[0]) for c in (cell, source))

    def _reached(self, symbol: str) -> bool:
        return self.computation is not None and self.computation.shown(symbol, self.done) is not None

    def _draw_cell(self, painter: QPainter, number: int, cell: Cell, derivative: bool) -> None:
        assert self.computation is not None
        tokens, rect = theme.tokens(), self._cell_rect(number, derivative)
        current = self.computation.at(self.done)
        backward = derivative or (bool(cell.makers) and self.computation.operations[cell.makers[0]].backward)
        color = _color(backward)
        reached = self._reached(cell.symbols[0]) or any(self._reached(symbol) for symbol in cell.symbols)
        present = current is not None and bool(set(cell.symbols) & set(current.writes)) and self.done > current.first
        painter.save()
        painter.setOpacity(1.0 if reached else DIMMED)
        painter.setBrush(tokens.color("accent_wash" if present and not backward else "surface"))
        painter.setPen(QPen(color if present else tokens.color("border"), 2.0 if present else 1.0))
        painter.drawRoundedRect(rect, theme.RADIUS, theme.RADIUS)
        if present and backward:
            wash = QColor(color)
            wash.setAlphaF(0.10)
            painter.setBrush(wash)
            painter.drawRoundedRect(rect, theme.RADIUS, theme.RADIUS)
        for symbol in cell.symbols:
            self._draw_array(painter, self._part(rect, cell, symbol), symbol, cell, color)
        painter.restore()

    def _draw_array(self, painter: QPainter, part: QRectF, symbol: str, cell: Cell, color: QColor) -> None:
        assert self.computation is not None
        tokens = theme.tokens()
        inner = part.adjusted(PAD, PAD - 3, -PAD, -PAD)
        if symbol == self.selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(tokens.color("text"), 1.4, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(part.adjusted(2.5, 2.5, -2.5, -2.5), theme.RADIUS - 2, theme.RADIUS - 2)
        painter.setFont(theme.font(theme.BODY, theme.STRONG))
        painter.setPen(color)
        painter.drawText(inner, Qt.AlignmentFlag.AlignTop, spoken(symbol))
        shape = self.computation.shape(symbol)
        painter.setFont(theme.font(theme.SMALL))
        metrics = QFontMetrics(painter.font())
        if shape is not None:
            painter.setPen(tokens.color("faint"))
            beside = len(cell.symbols) == 1
            box = inner if beside else inner.adjusted(0, LINE + 1, 0, 0)
            side = Qt.AlignmentFlag.AlignRight if beside else Qt.AlignmentFlag.AlignLeft
            painter.drawText(box, Qt.AlignmentFlag.AlignTop | side, f"{shape[0]} × {shape[1]}")
        if symbol == cell.symbols[0] and len(cell.symbols) == 1:
            right = cell.equation.partition(" = ")[2] or {"X": "the features", "Y": "the target"}.get(symbol, "")
            line = QRectF(inner.left(), inner.top() + LINE + 1, inner.width(), LINE)
            painter.setPen(tokens.color("dim"))
            words = f"= {right}" if cell.equation else right
            painter.drawText(line, 0, metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(line.width())))
        shown = self.computation.shown(symbol, self.done)
        if shown is not None:
            self._draw_values(painter, shown, self._field(part), symbol)

    def _draw_values(self, painter: QPainter, shown: Shown, field: QRectF, symbol: str) -> None:
        """Draw few numbers as such and many as a strip; a column lies down."""
        values = shown.values.T if shown.values.shape[1] == 1 else shown.values
        if shown.values.shape[1] == 1 and shown.whole and values.shape[1] * NUMBER_WIDTH <= field.width():
            width = min(field.width() / values.shape[1], 2 * NUMBER_WIDTH)
            for place, value in enumerate(values[0]):
                box = QRectF(field.left() + place * width, field.top(), width, field.height())
                sign = "positive" if value > 0 else "negative" if value < 0 else "dim"
                mark = QRectF(box.left(), box.bottom() - 2, min(width, NUMBER_WIDTH) - 6, 2)
                painter.fillRect(mark, theme.tokens().color(sign))
                chosen = symbol == self.selected and place == self.place[0]
                painter.setFont(theme.font(theme.SMALL, theme.STRONG if chosen else theme.NORMAL))
                painter.setPen(theme.tokens().color("text"))
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, short(float(value), 3))
            return
        height = field.height() if is_parameter(symbol) else min(STRIP_HEIGHT, field.height())
        box = QRectF(field.left(), field.top(), field.width(), height)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(box, colormaps.signed_image(np.atleast_2d(values)))
        painter.setPen(QPen(theme.tokens().color("border"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)


def _cells(row: Row) -> list[Cell]:
    return [row.value] if row.derivative is None else [row.value, row.derivative]


def _place(places: Array, share: float) -> int:
    return int(places[min(int(share * len(places)), len(places) - 1)])


def _color(backward: bool) -> QColor:
    return theme.series_color(BACKWARD) if backward else theme.tokens().color("accent")


def _between(x: float, one: QRectF, other: QRectF) -> QPointF:
    return QPointF(x, (one.center().y() + other.center().y()) / 2)


def _arrow(painter: QPainter, tip: QPointF, dx: int, dy: int) -> None:
    size = 4.0
    across, along = (QPointF(0, size), QPointF(dx * size, 0)) if dx else (QPointF(size, 0), QPointF(0, dy * size))
    painter.drawLine(tip, tip - along + across)
    painter.drawLine(tip, tip - along - across)

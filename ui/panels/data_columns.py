"""The columns page of the data panel: how the values of every column are spread, by class."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QLabel, QToolTip, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.data.look import Distribution, Look
from nnstudio.data.reading.dates import DAY
from nnstudio.date_words import date_text, span_text
from ui import theme
from ui.panels.data_legend import ClassLegend

CARD_WIDTH, CARD_HEIGHT, GAP = 200, 132, 8
BARS_TOP, BARS_BOTTOM, INSET = 44, 22, 10  # of a card
LINE = 16  # pixels of a line of words
LEAST_LABEL = 30  # pixels of a bar that has its text below
MEAN_GRAIN = 0.01  # of the deviation: how exactly the mean of dates is told
READ_ALOUD = 20  # columns described to a screen reader


class ColumnsPage(QWidget):
    """One histogram a column, the target's first; classes stand on one another in their colors."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view, self.words = DistributionsView(), QLabel()
        self.words.setProperty("role", "hint")
        self.words.setWordWrap(True)
        self.legend = ClassLegend()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.legend)
        column.addWidget(self.view, 1)
        column.addWidget(self.words)

    def take(self, look: Look, shown: list[Distribution]) -> None:
        """Show the distributions of these data."""
        self.legend.show_classes(look.classes)
        self.view.take(shown, max(2, len(look.classes)) if look.classes else 0)
        self.words.setText(f"{sampled(look)}. Mean ± standard deviation.")

    def wait(self) -> None:
        """Show nothing yet."""
        self.view.take([], 0)
        self.words.setText("Counting…")

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.legend.update()
        self.view.viewport().update()


def sampled(look: Look) -> str:
    """Return what the figures are made from, in words."""
    rows = look.looked_at
    if rows is None:
        return f"From all {numbers.plural(look.size, 'row')}"
    return f"From a sample of {numbers.count(len(rows))} of the {numbers.count(look.size)} rows"


class DistributionsView(QAbstractScrollArea):
    """Cards in as many columns as there is room for; only those in view are painted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Distributions of the columns")
        self._shown: list[Distribution] = []
        self._classes = 0  # 0 where they are not told apart

    def take(self, shown: list[Distribution], classes: int) -> None:
        """Show other distributions."""
        self._shown, self._classes = shown, classes
        lines = [f"{one.column.name}: {figures(one)}" for one in shown[:READ_ALOUD]]
        self.setAccessibleDescription("\n".join(lines))
        self.verticalScrollBar().setValue(0)
        self._measure()
        self.viewport().update()

    def _across(self) -> int:
        return max(1, (self.viewport().width() + GAP) // (CARD_WIDTH + GAP))

    def _measure(self) -> None:
        rows = math.ceil(len(self._shown) / self._across())
        height = rows * (CARD_HEIGHT + GAP) - GAP
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(CARD_HEIGHT // 4)
        bar.setRange(0, max(height - self.viewport().height(), 0))

    def card(self, number: int) -> QRectF:
        """Return where a column's card lies on the viewport."""
        across = self._across()
        width = (self.viewport().width() - GAP * (across - 1)) / across
        row, column = divmod(number, across)
        top = row * (CARD_HEIGHT + GAP) - self.verticalScrollBar().value()
        return QRectF(column * (width + GAP), top, width, CARD_HEIGHT)

    def describe(self, at: QPoint) -> str:
        """Return what is at a point, in words."""
        for number, one in enumerate(self._shown):
            card = self.card(number)
            if not card.contains(at):
                continue
            area = _bars_area(card)
            if not area.left() <= at.x() < area.right() or at.y() < area.top():
                return f"{one.column.name}: {figures(one)}"
            bars = one.counts.shape[1]
            return bar_text(one, min(int((at.x() - area.left()) / area.width() * bars), bars - 1))
        return ""

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell what is under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.describe(event.pos()), self)
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the cards out anew."""
        super().resizeEvent(event)
        self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cards in view."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bottom = self.viewport().height()
        for number, one in enumerate(self._shown):
            card = self.card(number)
            if card.bottom() >= 0 and card.top() <= bottom:
                self._paint(painter, card, one)

    def _paint(self, painter: QPainter, card: QRectF, one: Distribution) -> None:
        t = theme.tokens()
        painter.setPen(t.color("border"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
        words = QRectF(card.left() + INSET, card.top() + 7, card.width() - 2 * INSET, LINE)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        painter.setFont(theme.font(theme.BODY, theme.STRONG))
        role = painter.fontMetrics().elidedText(one.column.name, Qt.TextElideMode.ElideMiddle, int(words.width()))
        painter.setPen(t.color("text"))
        painter.drawText(words, left, role)
        painter.setFont(theme.font(theme.SMALL))
        words.translate(0, LINE)
        painter.setPen(t.color("dim"))
        painter.drawText(words, left, _spread(one))
        if one.missing > 0:
            painter.setPen(t.color("warn"))
            painter.drawText(words, right, _lacking(one))
        elif one.column.is_target:
            painter.setPen(t.color("faint"))
            painter.drawText(words, right, "to be predicted")
        area = _bars_area(card)
        self._paint_bars(painter, area, one)
        painter.setPen(t.color("faint"))
        below = QRectF(area.left(), area.bottom() + 3, area.width(), LINE)
        if one.texts:
            _paint_texts(painter, below, one.texts)
        else:
            painter.drawText(below, left, value_text(one, one.low))
            if one.high > one.low:
                painter.drawText(below, right, value_text(one, one.high))

    def _paint_bars(self, painter: QPainter, area: QRectF, one: Distribution) -> None:
        totals = one.counts.sum(axis=0)
        most, bars = max(int(totals.max(initial=0)), 1), one.counts.shape[1]
        width = area.width() / bars
        gap = 1.0 if width > 3 else 0.0
        painter.setPen(Qt.PenStyle.NoPen)
        foot = np.zeros(bars)
        for group, counts in enumerate(one.counts):
            color = theme.class_color(group, self._classes) if self._classes else theme.tokens().color("faint")
            painter.setBrush(color)
            for bar in np.flatnonzero(counts):
                height = area.height() * counts[bar] / most
                bottom = area.bottom() - area.height() * foot[bar] / most
                painter.drawRect(QRectF(area.left() + bar * width, bottom - height, width - gap, height))
            foot += counts
        painter.setPen(theme.tokens().color("border"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())


def figures(one: Distribution) -> str:
    """Return the figures of a distribution, in words."""
    words = _spread(one)
    if not one.texts:
        words += f", from {value_text(one, one.low, 4)} to {value_text(one, one.high, 4)}"
    return words + (f", {_lacking(one)}" if one.missing else "")


def _lacking(one: Distribution) -> str:
    return f"{numbers.percent(one.missing)} missing{', filled in' if one.filled else ''}"


def value_text(one: Distribution, value: float, digits: int = 3) -> str:
    """Return a value of a column of numbers: in so many digits, or as a date."""
    return date_text(float(value), one.column.grain) if one.column.grain else numbers.short(value, digits)


def bar_text(one: Distribution, bar: int) -> str:
    """Return what one bar stands for, and how many rows are in it."""
    if one.texts:
        place = one.texts[bar]
    elif one.column.grain:
        place = _dates_of(one.edges[bar], one.edges[bar + 1])
    elif one.edges[bar + 1] - one.edges[bar] == 1 and one.edges[bar] % 1 == 0.5:
        place = numbers.count(one.edges[bar] + 0.5)
    else:
        place = f"{numbers.short(one.edges[bar], 4)} to {numbers.short(one.edges[bar + 1], 4)}"
    return f"{one.column.name} {place}: {numbers.plural(int(one.counts[:, bar].sum()), 'row')}"


def _dates_of(low: float, high: float) -> str:
    """Return which dates are in a bin: one where it is a day around midnight."""
    if high - low == DAY and low % DAY == DAY / 2:
        return date_text(low + DAY / 2)
    grain = (high - low) * MEAN_GRAIN
    return f"{date_text(low, grain)} to {date_text(high, grain)}"


def _spread(one: Distribution) -> str:
    if one.texts:
        total = len(one.column.categories)
        words = numbers.plural(total, "class", "classes") if one.column.is_target else numbers.plural(total, "text")
        return words if total == len(one.texts) else f"{words}, the {len(one.texts)} most frequent"
    if one.high == one.low:
        return "the same in every row"
    if one.column.grain:  # no time of day where the dates lie days apart
        return f"{date_text(one.mean, one.deviation * MEAN_GRAIN)} ± {span_text(one.deviation)}"
    return f"{numbers.short(one.mean, 4)} ± {numbers.short(one.deviation, 3)}"


def _bars_area(card: QRectF) -> QRectF:
    return card.adjusted(INSET, BARS_TOP, -INSET, -BARS_BOTTOM)


def _paint_texts(painter: QPainter, below: QRectF, texts: tuple[str, ...]) -> None:
    width = below.width() / len(texts)
    metrics = painter.fontMetrics()
    for place, text in enumerate(texts):
        if width < min(LEAST_LABEL, metrics.horizontalAdvance(text)):
            continue
        room = QRectF(below.left() + place * width, below.top(), width - 1, below.height())
        said = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignHCenter, said)

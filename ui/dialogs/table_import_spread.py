"""Small histograms and bars of columns in the import dialog: painted only where they are seen."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from nnstudio.data.detecting.spread import Spread
from nnstudio.data.recipe import Kind
from nnstudio.spread_words import bar_words, spread_words
from ui import theme

Index = QModelIndex | QPersistentModelIndex
SPREAD = int(Qt.ItemDataRole.UserRole)  # what a cell of the columns' model gives to be painted
INSET_X, INSET_Y = 10, 6
LEAST_HEIGHT = 1.5  # pixels of a bar that stands for something
WIDEST_BAR = 18.0
PLOT_HEIGHT = 44
EMPTY = Spread()


def bars_of(spread: Spread) -> tuple[int, ...]:
    """Return the heights to paint: those of texts end in the others, where there are any."""
    return (*spread.counts, spread.others) if spread.others else spread.counts


def paint_bars(painter: QPainter, area: QRectF, spread: Spread, color: QColor) -> None:
    """Paint a spread into an area; bars of texts stand apart, those of numbers side by side."""
    bars = bars_of(spread)
    highest = max(bars, default=0)
    if not highest:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    step = _step(area, spread)
    gap = min(2.0, step / 4) if spread.texts else min(1.0, step / 5)
    for at, count in enumerate(bars):
        if count:
            faded = QColor(color)
            faded.setAlphaF(color.alphaF() * (0.5 if at >= len(spread.counts) else 1.0))
            painter.setBrush(faded)
            height = max(LEAST_HEIGHT, area.height() * count / highest)
            painter.drawRect(QRectF(area.left() + at * step, area.bottom() - height, step - gap, height))
    painter.restore()


def _step(area: QRectF, spread: Spread) -> float:
    """Return the width of a bar with its gap: few texts do not fill the area."""
    step = area.width() / max(1, len(bars_of(spread)))
    return min(step, WIDEST_BAR * area.height() / 16) if spread.texts else step


class SpreadDelegate(QStyledItemDelegate):
    """Paints the small bars of a column in its cell."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the cell's background as every cell has it, and the bars over it."""
        super().paint(painter, option, index)
        found = index.data(SPREAD)
        if found is None:
            return
        spread, is_ignored = found
        t = theme.tokens()
        state = option.state  # type: ignore[attr-defined]
        selected = bool(state & QStyle.StateFlag.State_Selected)
        name = "border" if is_ignored and not selected else "faint"
        area = QRectF(option.rect).adjusted(INSET_X, INSET_Y, -INSET_X, -INSET_Y)  # type: ignore[attr-defined]
        paint_bars(painter, area, spread, t.color(name))


class SpreadPlot(QWidget):
    """The same bars larger, with what each stands for under the pointer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spread = EMPTY
        self._kind: Kind = "number"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        theme.theme().changed.connect(self.update)

    def show_spread(self, spread: Spread, kind: Kind) -> None:
        """Show another spread."""
        self.spread, self._kind = spread, kind
        self.setAccessibleName(f"Spread of the column: {spread_words(spread, kind)}")
        self.setVisible(bool(spread.counts))
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of the plot."""
        return QSize(200, PLOT_HEIGHT)

    def bar_at(self, x: float) -> int:
        """Return the bar at a place, -1 where there is none."""
        at = int(x // _step(self._area(), self.spread))
        return at if 0 <= at < len(bars_of(self.spread)) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what the bar under the pointer stands for."""
        at = self.bar_at(event.position().x())
        text = bar_words(self.spread, self._kind, at) if at >= 0 else ""
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bars on a line."""
        painter = QPainter(self)
        t = theme.tokens()
        paint_bars(painter, self._area(), self.spread, t.color("faint"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), t.color("border"))
        painter.end()

    def _area(self) -> QRectF:
        return QRectF(0, 0, self.width(), self.height() - 1)

"""The plot inside a panel: pyqtgraph dressed in the theme, with quiet axes, steady ranges and values on hover."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.date_words import date_ticks
from ui import theme
from ui.panels.base import Panel

LARGEST = 1e300  # painting values near the type's limit raises inside pyqtgraph
SMALLEST = 1e-30  # what a cost of zero becomes on a log scale
NICE = (1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.4, 8.0, 10.0)
TICKS_APART = 52  # pixels across, at least
TICK_ROWS_APART = 34  # pixels down, at least
LEAST_TICKS = 2
NUMBER_WIDTH, DATE_WIDTH = 32, 66  # pixels for a label at the left; dates across stand as far apart
LABEL_DIGITS, LABEL_ERROR = range(2, 7), 0.01  # on a log scale; of the distance to the next label
LABELS_APART = 4  # pixels
READOUT_OFFSET = 12
END_LABEL_ROOM = 15
END_MARGIN = 16  # pixels right of a plot, into which the last label reaches


def nice_above(value: float) -> float:
    """Return the next round number at or above a positive value: ranges that grow in steps do not shake."""
    if not (value > 0 and math.isfinite(value)):
        return 1.0
    decade = 10.0 ** math.floor(math.log10(value))
    return next(step * decade for step in NICE if step * decade >= value * (1 - 1e-9))


def drawable(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the values within what can be painted; what is not finite stays to be masked."""
    return np.clip(np.asarray(values, float), -LARGEST, LARGEST)


class PlotAxis(pg.AxisItem):
    """An axis with few, evenly spaced labels in the program's numbers; on a log scale its values are exponents."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.log = False
        self.named: dict[float, str] = {}  # labels at places of their own, in place of round numbers
        self._dates: dict[float, str] | None = None  # the labels of an axis of dates
        self.setStyle(tickLength=0, tickTextOffset=4, autoExpandTextSpace=False, maxTickLevel=0)
        self.setStyle(hideOverlappingLabels=False)
        self.enableAutoSIPrefix(False)
        if orientation == "left":
            self.setStyle(tickTextWidth=NUMBER_WIDTH)
        else:
            self.setStyle(tickTextHeight=14)

    def show_dates(self, on: bool) -> None:
        """Take the values for seconds since 1970, or for numbers again."""
        if on != (self._dates is not None):
            self._dates = {} if on else None
            if self.orientation == "left":
                self.setStyle(tickTextWidth=DATE_WIDTH if on else NUMBER_WIDTH)
            self.picture = None
            self.update()

    def boundingRect(self) -> QRectF:
        """Return a little more than the axis, or the labels at its ends would be left out."""
        room = END_LABEL_ROOM
        beyond = (0, -room, 0, room) if self.orientation == "left" else (-room, 0, room, 0)
        return super().boundingRect().adjusted(*beyond)

    def restyle(self) -> None:
        """Take the theme's colors and type."""
        colors = theme.tokens()
        self.setStyle(tickFont=theme.font(theme.SMALL))
        self.setPen(pg.mkPen(colors.border))
        self.setTickPen(pg.mkPen(colors.border))
        self.setTextPen(pg.mkPen(colors.faint))
        if self.labelText:
            self.setLabel(self.labelText, color=colors.faint, **{"font-size": f"{theme.SMALL}px"})

    def tickValues(self, minimum: float, maximum: float, length: float) -> list[tuple[float, list[float]]]:
        """Return one level of ticks."""
        apart = TICKS_APART if self.orientation == "bottom" else TICK_ROWS_APART
        span, most = maximum - minimum, max(length / apart, 1.0)
        if span <= 0 or not math.isfinite(span):
            return []
        if self._dates is not None:
            most = length / DATE_WIDTH if self.orientation == "bottom" else most
            self._dates = date_ticks(minimum, maximum, max(most, 1.0))
            if self.orientation == "bottom":
                return [(1.0, _apart(self._dates, minimum, maximum, length / span))]
            return [(1.0, list(self._dates))]
        if self.named:
            return [(1.0, _apart(self.named, minimum, maximum, length / span))]
        if self.log:
            return [_log_ticks(minimum, maximum, most)]
        decade = 10.0 ** math.floor(math.log10(span / most))
        steps = [m * decade for m in (0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10)]
        at = next(i for i, step in enumerate(steps) if step >= span / most * (1 - 1e-9))
        # A single label tells no distances: rather two that stand close.
        while at and len(_multiples(steps[at], minimum, maximum)) < LEAST_TICKS:
            at -= 1
        return [(steps[at], _multiples(steps[at], minimum, maximum))]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the labels."""
        if self._dates is not None:
            return [self._dates.get(value, "") for value in values]
        if self.named:
            return [self.named.get(value, "") for value in values]
        if self.log:
            return _told_apart([10.0**value for value in values])
        return [numbers.axis_number(value, spacing) for value in values]


def _apart(named: dict[float, str], minimum: float, maximum: float, scale: float) -> list[float]:
    """Return the named places in view, without those whose labels would cover the one before."""
    metrics, kept, end = QFontMetrics(theme.font(theme.SMALL)), [], -math.inf
    for place in sorted(at for at in named if minimum <= at <= maximum):
        half = max(metrics.horizontalAdvance(line) for line in named[place].split("\n")) / 2
        if place * scale - half >= end:
            kept.append(place)
            end = place * scale + half + LABELS_APART
    return kept


def _multiples(step: float, minimum: float, maximum: float) -> list[float]:
    first, last = math.ceil(minimum / step - 1e-9), math.floor(maximum / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def _log_ticks(minimum: float, maximum: float, most: float) -> tuple[float, list[float]]:
    """Return exponents to label: whole decades, finer ones where few fit, round numbers within one decade."""
    decades = range(math.floor(minimum), math.ceil(maximum) + 1)
    for mantissas in ((1, 2, 5), (1, 3), (1,)):
        values = [d + math.log10(m) for d in decades for m in mantissas]
        values = [value for value in values if minimum - 1e-9 <= value <= maximum + 1e-9]
        if 2 <= len(values) <= most:
            return 1.0 / len(mantissas), values
    if len(values) > most:
        every = math.ceil(len(values) / most)
        return float(every), [value for value in values if round(value) % every == 0]
    low, high = 10.0**minimum, 10.0**maximum
    step = nice_above((high - low) / most)
    return step, [math.log10(i * step) for i in range(math.ceil(low / step), math.floor(high / step) + 1) if i]


def _told_apart(values: list[float]) -> list[str]:
    """Return labels with two digits, or with as many as say where each stands between the others."""
    nearest = min((right - left for left, right in pairwise(sorted(values))), default=math.inf)
    for digits in LABEL_DIGITS:
        if all(abs(float(f"{value:.{digits - 1}e}") - value) <= LABEL_ERROR * nearest for value in values):
            break
    return [numbers.short(value, digits) for value in values]


def _configure(colors: theme.Tokens) -> None:
    """Give pyqtgraph the colors of a theme."""
    pg.setConfigOptions(background=None, foreground=colors.faint, antialias=True)


_configure(theme.tokens())
theme.theme().changed.connect(_configure)


def _scrolls(widget: QWidget) -> bool:
    """Return whether a widget stands in an area with more than can be seen at once."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    return parent is not None and parent.verticalScrollBar().maximum() > 0


class Plot(pg.PlotWidget):
    """A plot whose range follows its data until a person zooms, and that tells the values under the pointer."""

    double_clicked = Signal()

    def __init__(self, bottom: str, left: str = "", *, grid: str = "xy") -> None:
        # Without pyqtgraph's own menus, which no one sees here and which take longer to make than the plot.
        super().__init__(
            axisItems={"bottom": PlotAxis("bottom"), "left": PlotAxis("left")}, viewBox=pg.ViewBox(enableMenu=False)
        )
        self.setFrameShape(self.Shape.NoFrame)
        # A cached background would keep the color of the theme in which it was made until the plot is resized.
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # the panel has one of its own
        self.item = self.getPlotItem()
        self.item.setMenuEnabled(False)
        self.item.hideButtons()
        self.item.setContentsMargins(0, 2, END_MARGIN, 0)
        self.item.disableAutoRange()
        self.item.setDownsampling(auto=True, mode="peak")
        self.item.setClipToView(True)
        self.axes = {side: self.item.getAxis(side) for side in ("bottom", "left")}
        self.axes["bottom"].setLabel(bottom)
        if left:
            self.axes["left"].setLabel(left)
        for side, letter in (("bottom", "x"), ("left", "y")):
            self.axes[side].setGrid(255 if letter in grid else False)
            self.axes[side].setZValue(-1)  # grid lines below the data
        self.following = True
        self.readout: Callable[[float, float], str] | None = None
        self._range: tuple[float, float, float, float] | None = None
        self._cross = pg.InfiniteLine(angle=90)
        self._cross.hide()
        self.item.addItem(self._cross, ignoreBounds=True)
        self._bubble = QLabel(self)
        self._bubble.setProperty("role", "readout")
        self._bubble.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._bubble.hide()
        self._pointer: QPointF | None = None
        self.scene().sigMouseMoved.connect(self._pointed)
        self.item.getViewBox().sigRangeChangedManually.connect(self._zoomed)
        self.restyle()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom; within a view that scrolls only with Ctrl, or it could not be scrolled past."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier or not _scrolls(self):
            super().wheelEvent(event)
        else:
            event.ignore()

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.setBackground(theme.tokens().surface)
        for axis in self.axes.values():
            axis.restyle()
        self._cross.setPen(pg.mkPen(theme.tokens().faint))

    def follow(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show this range, unless a person has chosen another."""
        wanted = (*x, *y)
        if self.following and wanted != self._range and np.isfinite(wanted).all():
            self._range = wanted
            self.item.getViewBox().setRange(xRange=x, yRange=y, padding=0, disableAutoRange=True)

    def fit(self) -> None:
        """Follow the data again."""
        self.following, self._range = True, None

    def _zoomed(self, *_: object) -> None:
        self.following = False

    def hover_again(self) -> None:
        """Bring the values under a resting pointer up to date."""
        if self._pointer is not None and self._bubble.isVisible():
            self._show_readout(self._pointer)

    def _pointed(self, position: QPointF) -> None:
        self._pointer = position
        self._show_readout(position)

    def _show_readout(self, position: QPointF) -> None:
        box = self.item.getViewBox()
        text = ""
        if self.readout is not None and box.sceneBoundingRect().contains(position):
            at = box.mapSceneToView(position)
            text = self.readout(at.x(), at.y())
            self._cross.setPos(at.x())
        self._cross.setVisible(bool(text))
        if not text:
            self._bubble.hide()
            return
        if text != self._bubble.text():
            self._bubble.setText(text)
            self._bubble.adjustSize()
        at = self.mapFromScene(position) + QPoint(READOUT_OFFSET, READOUT_OFFSET)
        if at.x() + self._bubble.width() > self.width():
            at.setX(at.x() - self._bubble.width() - 2 * READOUT_OFFSET)
        at.setY(min(at.y(), self.height() - self._bubble.height()))
        self._bubble.move(max(at.x(), 0), max(at.y(), 0))
        self._bubble.show()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for all to be shown again."""
        self.double_clicked.emit()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the values away."""
        self._pointer = None
        self._bubble.hide()
        self._cross.hide()
        super().leaveEvent(event)


class PlotPanel(Panel):
    """A panel with one plot; a double-click, or its tool, shows all again after zooming."""

    bottom_label: str = ""
    left_label: str = ""
    grid: str = "xy"

    def __init__(self, model: object, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)  # type: ignore[arg-type]
        self.plot = Plot(self.bottom_label, self.left_label, grid=self.grid)
        self.plot.setAccessibleName(f"{self.title} plot")
        self.plot.readout = self.readout
        self.plot.double_clicked.connect(self.show_all)
        self.setFocusProxy(self.plot)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.plot, 1)
        self.caption = QLabel()
        self.caption.setProperty("role", "hint")
        self.caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.caption.setWordWrap(True)
        self.caption.setContentsMargins(10, 0, 10, 0)
        self.caption.hide()
        column.addWidget(self.caption)
        self.add_tool("Show all", "ph.arrows-out", self.show_all)

    def readout(self, x: float, y: float) -> str:
        """Return the values at a point of the plot, in words; empty for none."""
        return ""

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.plot.restyle()

    def show_all(self) -> None:
        """Follow the data again after zooming."""
        self.plot.fit()
        if self.visibility.seen and not self.empty:
            self.refresh()


class LegendEntry(QWidget):
    """A line or a dot of a color, and what it stands for."""

    def __init__(self, text: str, *, line: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text, self._line = text, line
        self._color = theme.tokens().color("text")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def set_color(self, color: object) -> None:
        """Take another color."""
        self._color = color
        self.update()

    def set_text(self, text: str) -> None:
        """Stand for something else."""
        if text != self.text:
            self.text = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Return room for sample and words."""
        return QSize(self._sample() + 5 + self._metrics().horizontalAdvance(self.text) + 1, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw sample and words."""
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        middle = self.height() / 2
        if self._line:
            painter.setPen(QPen(self._color, 2))
            painter.drawLine(QPointF(0, middle), QPointF(self._sample(), middle))
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._color)
            painter.drawEllipse(QPointF(self._sample() / 2, middle), 4, 4)
        painter.setPen(theme.tokens().color("dim"))
        words = self.rect().adjusted(self._sample() + 5, 0, 0, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), self.text)

    def _sample(self) -> int:
        return 12 if self._line else 8

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(theme.font(theme.SMALL))

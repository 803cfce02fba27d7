"""The cross-validation panel: every figure of the open network over k folds, its mean, its spread and each fold."""

from __future__ import annotations

import math
from typing import ClassVar

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QToolTip, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.evaluating import LEAST_FOLDS, MOST_FOLDS, USUAL_FOLDS, Evaluation, Spread
from nnstudio.evaluation_text import remarks
from nnstudio.figures import PERCENT, title_of
from nnstudio.labs.folds import Judged, judge
from nnstudio.numbers import plural
from ui import theme
from ui.inspector.parts import label
from ui.panels.lab import Job, LabPanel
from ui.recipe_work import work_of
from ui.training_view_model import TrainingViewModel

MOST_SEED = 2**31 - 1  # what a QSpinBox holds
HEAD, ROW, FOOT = 22, 46, 8  # pixels
NAMES, FIGURES, GAP = 132, 116, 16  # least widths, and between
MOST_NAMES = 176
SPREAD_DIGITS = 2
UNIT = f"{numbers.THIN_SPACE}%"
NARROW = 420  # below this width names stand above their dots
DOT, TICK, TICK_NARROW = 3.5, 9.0, 6.0
OFFSETS = (0.0, -5.0, 5.0, -10.0)  # of dots that would cover one another
PADDING = 0.08  # of the range of a figure, at both ends


class FoldsPanel(LabPanel):
    """The open network trained once for each fold and judged on it, everything fitted anew."""

    name: ClassVar[str] = "lab_folds"
    title: ClassVar[str] = "Cross-validation"
    hint: ClassVar[str] = "Here this network can be judged on folds of its table, on rows it has not seen."
    sentence: ClassVar[str] = (
        "Divides the rows into folds, trains this network from its initial weights on all but one fold (in time order: "
        "on those before it), judges it on that one, and so for each. The recipe is fitted anew every time."
    )

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._recipe_seed: int | None = None
        self.folds = self.add_setting("folds", LEAST_FOLDS, MOST_FOLDS, USUAL_FOLDS, "How many parts of the rows")
        self.seed = self.add_setting("seed", 0, MOST_SEED, 0, "The same seed draws the same folds")
        self.view = FoldsView()
        self.remarks = label(role="hint", wrap=True)
        scroll = QScrollArea()
        scroll.setWidget(self.view)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        scroll.setAccessibleName("Figures over the folds")
        column = QVBoxLayout(self.result_view)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.remarks)
        column.addWidget(scroll, 1)
        self._follow_seed()

    def refresh(self) -> None:
        """Take the recipe's seed where it is another, and say whether the network can be judged."""
        self._follow_seed()
        super().refresh()

    def _follow_seed(self) -> None:
        recipe = self.model.store.document.data
        if recipe is not None and recipe.preparation.seed != self._recipe_seed:
            self._recipe_seed = recipe.preparation.seed
            self.seed.setValue(min(self._recipe_seed, MOST_SEED))

    def works_on(self) -> dict[str, object]:
        """Return what the figures depend on."""
        document = self.model.store.document
        return {"network": document.graph, "data": document.data, "settings": document.training}

    def job(self) -> Job:
        """Return the judging of this network on its table."""
        path = work_of(self.model).project_path
        return judge, (self.model.store.document, path, self.folds.value(), self.seed.value())

    def show_result(self, result: Judged) -> None:
        """Draw every figure, and say how large the folds are."""
        self.remarks.setText(" ".join(remarks(result.found)))
        self.view.show_evaluation(result.found)

    def result_text(self) -> str:
        """Return the table of figures, and those of each fold."""
        return str(self.result.text)


class FoldsView(QWidget):
    """A row for each figure: its name, mean ± spread, and a dot for each fold on a scale of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._found: Evaluation | None = None
        self._names, self._figures = NAMES, FIGURES
        theme.theme().changed.connect(self.update)

    def show_evaluation(self, found: Evaluation) -> None:
        """Show what folds came to."""
        self._found = found
        self.setMinimumHeight(HEAD + ROW * len(found.figures) + FOOT)
        names, figures = QFontMetrics(theme.font(theme.BODY)), QFontMetrics(theme.font(theme.BODY, theme.STRONG))
        widest = max(names.horizontalAdvance(title_of(name)) + GAP for name in found.figures)
        self._names = min(max(NAMES, widest), MOST_NAMES)
        shown = (mean_and_spread(name, spread) for name, spread in found.figures.items())
        self._figures = max(FIGURES, *map(figures.horizontalAdvance, shown))
        said = [f"{title_of(name)}: {mean_and_spread(name, spread)}." for name, spread in found.figures.items()]
        self.setAccessibleName("Figures over the folds")
        self.setAccessibleDescription(" ".join(said))
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the rows."""
        return QSize(320, max(self.minimumHeight(), HEAD + ROW))

    def event(self, event: QEvent) -> bool:
        """Tell the fold under the pointer, or all folds of the row."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def words_at(self, point: QPointF) -> str:
        """Return the figures of the folds in the row at a point, in words; empty beside all."""
        if self._found is None:
            return ""
        row = int((point.y() - HEAD) // ROW)
        figures = list(self._found.figures.items())
        if not 0 <= row < len(figures):
            return ""
        name, spread = figures[row]
        near = min(
            (
                (abs(self._x(spread, value, row) - point.x()), number)
                for number, value in enumerate(spread.values)
                if value is not None
            ),
            default=(math.inf, 0),
        )
        if near[0] <= 2 * DOT:
            fold = self._found.folds[near[1]]
            return (
                f"Fold {near[1] + 1}: {title_of(name)} {told(name, spread.values[near[1]])}\n"
                f"trained on {plural(fold.training, 'row')} for {plural(fold.epochs, 'epoch')}, "
                f"judged on {plural(fold.judged, 'row')}"
            )
        folds = (f"fold {number}: {told(name, value)}" for number, value in enumerate(spread.values, start=1))
        return "\n".join([f"{title_of(name)}: {mean_and_spread(name, spread)}", *folds])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows."""
        if self._found is None:
            return
        painter, colors = QPainter(self), theme.tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(colors.color("faint"))
        strip = self._strip(0)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        if not self._narrow:
            painter.drawText(QRectF(self._names, 0, self._figures, HEAD), middle, "mean ± spread")
        painter.drawText(QRectF(strip.left(), 0, strip.width(), HEAD), middle, "a dot for each fold")
        for row, (name, spread) in enumerate(self._found.figures.items()):
            self._paint_row(painter, row, name, spread)
        painter.end()

    @property
    def _narrow(self) -> bool:
        return self.width() < NARROW

    def _strip(self, row: int) -> QRectF:
        """Return where the dots of a row stand."""
        top = HEAD + row * ROW
        if self._narrow:
            return QRectF(DOT + 2, top + 16, self.width() - 2 * DOT - 8, ROW - 18)
        left = self._names + self._figures + GAP
        return QRectF(left, top + 4, self.width() - left - 12, ROW - 8)

    def _x(self, spread: Spread, value: float, row: int) -> float:
        strip = self._strip(row)
        low, high = ends(spread)
        return strip.left() + strip.width() * (value - low) / (high - low)

    def _paint_row(self, painter: QPainter, row: int, name: str, spread: Spread) -> None:
        colors, strip, top = theme.tokens(), self._strip(row), HEAD + row * ROW
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.setPen(colors.color("border"))
        painter.drawLine(QPointF(0, top), QPointF(self.width(), top))
        shown = mean_and_spread(name, spread)
        painter.setFont(theme.font(theme.BODY))
        painter.setPen(colors.color("text"))
        if self._narrow:
            painter.drawText(QRectF(0, top + 1, self.width(), 16), middle, f"{title_of(name)}  {shown}")
        else:
            title = painter.fontMetrics().elidedText(title_of(name), Qt.TextElideMode.ElideRight, self._names - 6)
            painter.drawText(QRectF(0, top, self._names, ROW), middle, title)
            painter.setFont(theme.font(theme.BODY, theme.STRONG))
            painter.drawText(QRectF(self._names, top, self._figures, ROW), middle, shown)
        if not spread.known:
            return
        line = strip.top() + strip.height() * 0.36
        painter.setPen(QPen(colors.color("border"), 1.0))
        painter.drawLine(QPointF(strip.left(), line), QPointF(strip.right(), line))
        self._paint_mean(painter, row, spread, line)
        color = theme.series_color(theme.TEST_SERIES)
        painter.setPen(QPen(colors.color("surface"), 1.0))
        painter.setBrush(color)
        for x, below in apart([self._x(spread, value, row) for value in spread.known]):
            painter.drawEllipse(QPointF(x, line + below), DOT, DOT)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(colors.color("faint"))
        foot = QRectF(strip.left(), strip.bottom() - 13, strip.width(), 13)
        low, high = min(spread.known), max(spread.known)
        low_at, high_at = (self._x(spread, value, row) for value in (low, high))
        metrics = painter.fontMetrics()
        low_text, high_text = told(name, low), told(name, high)
        left = min(max(low_at - metrics.horizontalAdvance(low_text) / 2, foot.left()), foot.right())
        right = min(high_at + metrics.horizontalAdvance(high_text) / 2, foot.right())
        painter.drawText(QRectF(left, foot.top(), foot.width(), foot.height()), 0, low_text)
        if right - metrics.horizontalAdvance(high_text) > left + metrics.horizontalAdvance(low_text) + 6:
            right_side = int(Qt.AlignmentFlag.AlignRight)
            painter.drawText(QRectF(foot.left(), foot.top(), right - foot.left(), foot.height()), right_side, high_text)

    def _paint_mean(self, painter: QPainter, row: int, spread: Spread, line: float) -> None:
        assert spread.mean is not None
        colors = theme.tokens()
        if spread.deviation:
            left, right = (self._x(spread, spread.mean + side * spread.deviation, row) for side in (-1, 1))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color("accent", 0.22))
            painter.drawRoundedRect(QRectF(left, line - 5, right - left, 10), 3, 3)
        at = self._x(spread, spread.mean, row)
        painter.setPen(QPen(colors.color("accent"), 2.0))
        tick = TICK_NARROW if self._narrow else TICK
        painter.drawLine(QPointF(at, line - tick), QPointF(at, line + tick))


def apart(places: list[float]) -> list[tuple[float, float]]:
    """Return each dot's x with how far it stands above or below its line, so that equal folds are all seen."""
    placed: list[tuple[float, float]] = []
    for x in sorted(places):
        near = [y for other, y in placed if abs(other - x) < 2 * DOT - 1]
        placed.append((x, next((y for y in OFFSETS if y not in near), OFFSETS[-1])))
    return placed


def mean_and_spread(name: str, spread: Spread) -> str:
    """Return ``91.2 % ± 2.3 %``, or the mean alone where only one fold has the figure."""
    mean = told(name, spread.mean)
    if spread.deviation is None:
        return mean
    if name in PERCENT:
        return f"{mean.removesuffix(UNIT)} ± {told(name, spread.deviation)}"
    return f"{mean} ± {numbers.number(spread.deviation, SPREAD_DIGITS)}"


def told(name: str, value: float | None) -> str:
    """Return one figure, written as everywhere in the window."""
    if value is None:
        return numbers.UNKNOWN
    return numbers.percent(value) if name in PERCENT else numbers.number(value)


def ends(spread: Spread) -> tuple[float, float]:
    """Return from where to where the scale of a figure goes: all folds, and the mean with its spread."""
    values = list(spread.known)
    if spread.mean is not None and spread.deviation is not None:
        values += [spread.mean - spread.deviation, spread.mean + spread.deviation]
    low, high = min(values), max(values)
    room = PADDING * (high - low) or abs(high) * PADDING or 1.0
    return low - room, high + room

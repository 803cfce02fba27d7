"""The measure over the values that were tried: a point a run, the medians, and where the network stands now."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal

from nnstudio.hyperparameters import Value
from nnstudio.hyperparameters.axis import Axis
from nnstudio.labs.tuning import BY_VALIDATION, Outcome, Tuning
from nnstudio.labs.tuning_measures import Measure, score_title
from nnstudio.labs.tuning_text import score_words, spread_words
from ui import theme
from ui.panels.plot import SMALLEST, Plot, drawable

POINT, MEDIAN_POINT, BAR, CROSS = 7, 6, 26, 9  # pixels
FAINT = 0.65  # opacity of a run's point
MARGIN_X = 0.5  # of the mean distance between two values, beyond the outer ones
MARGIN_Y, ROOM = 0.08, 0.2  # of the range; the room is for marks of runs that diverged, at the worse end
LEAST_RANGE, LEAST_SHARE, LEAST_R2 = 0.05, 2.0, 0.02  # decades, per cent, and of R²
BAND = 0.36  # half the width of the chosen value's band, of the distance between two values
ONE_LINE, TWO_LINES = 14, 27  # pixels of labels below the axis


class ValuesPlot(Plot):
    """A plot over the values of one hyperparameter; a click chooses the nearest."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__("value", "cost, log scale")
        self.setAccessibleName("Measure by value")
        self._tuning: Tuning | None = None
        self._measure: Measure | None = None
        self._axis = Axis("linear", ())
        self._at = -1
        self._present: tuple[Value, ...] = ()
        self._band = pg.LinearRegionItem(movable=False)
        self._band.setZValue(-2)
        self._line, self._spreads = self.item.plot(antialias=True), self.item.plot()
        # Neither thinned nor clipped: their x need not be in order.
        self._runs, self._medians, self._broken = (pg.ScatterPlotItem() for _ in range(3))
        self._now = pg.InfiniteLine(angle=90)
        self._now_words = pg.TextItem(anchor=(0.0, 1.0))
        self._counts: list[pg.TextItem] = []
        for item in (self._band, self._runs, self._medians, self._broken, self._now, self._now_words):
            self.item.addItem(item, ignoreBounds=True)
        for item in (self._band, self._now, self._now_words):
            item.hide()
        self.readout = self.describe
        self.scene().sigMouseClicked.connect(self._clicked)
        self.double_clicked.connect(self.show_all)

    def show_tuning(self, tuning: Tuning, measure: Measure) -> None:
        """Draw what an experiment has come to, by a measure."""
        self._tuning, self._measure = tuning, measure
        experiment = tuning.experiment
        self._axis = Axis(experiment.scale, [candidate.value for candidate in experiment.candidates])
        kinds = experiment.scale == "names"
        labels = [candidate.label for candidate in experiment.candidates]
        two_lines = kinds and any(" " in label for label in labels)
        bottom = self.axes["bottom"]
        bottom.named = {
            place: label.replace(" ", "\n", 1) if two_lines else label
            for place, label in zip(self._places(), labels, strict=True)
        }
        bottom.setStyle(tickTextHeight=TWO_LINES if two_lines else ONE_LINE)
        words = self._axis.words
        bottom.setLabel(f"{experiment.title}, {words}" if words else experiment.title)
        self.axes["left"].log = not measure.high_is_good
        # Short: whose cost or score it is stands in the box above.
        what = "cost, log scale" if not measure.high_is_good else score_title(tuning)
        self.axes["left"].setLabel(f"{what}, %" if measure.is_share else what)
        self.setAccessibleName(f"{measure.title[:1].upper()}{measure.title[1:]} by value")
        self.restyle()
        self.show_all()

    def show_all(self) -> None:
        """Show every value and every run."""
        self.fit()
        self._draw()

    def choose(self, index: int) -> None:
        """Mark a value as chosen."""
        self._at = index
        self._mark()

    def show_present(self, values: Sequence[Value]) -> None:
        """Mark the value that the network has now, where it is one and has a place on this axis."""
        self._present = tuple(values)
        self._mark()

    def describe(self, x: float, y: float) -> str:
        """Return what the value nearest to a place came to, in words."""
        if self._tuning is None or self._measure is None or not self._tuning.outcomes:
            return ""
        index = self._axis.nearest(x)
        if index >= len(self._tuning.outcomes):
            return ""
        outcome = self._tuning.outcomes[index]
        lines = [f"{self._tuning.experiment.title} = {outcome.label}"]
        if outcome.problem:
            return "\n".join([*lines, "could not be trained"])
        if outcome.finished:
            measure = self._measure
            lines.append(f"median {measure.title} {measure.words(outcome.median(measure.figure, measure.worst))}")
            lines.append(f"mean {self._tuning.judged_by} cost {spread_words(outcome, 'cost')}")
            lines.append(f"mean {score_words(self._tuning, outcome)}")
        if outcome.diverged:
            lines.append(f"{outcome.diverged} of {len(outcome.runs)} runs diverged")
        return "\n".join(lines)

    def restyle(self) -> None:
        """Take the theme's colors."""
        super().restyle()
        if hasattr(self, "_now_words"):
            self._draw()

    # -- drawing --------------------------------------------------------------------------------------------------

    def _places(self) -> list[float]:
        return [self._axis.place(value) or 0.0 for value in self._axis.values]

    def _apart(self) -> float:
        places = sorted(self._places())
        return (places[-1] - places[0]) / (len(places) - 1) if len(places) > 1 and places[-1] > places[0] else 1.0

    def _draw(self) -> None:
        tuning, measure = self._tuning, self._measure
        if tuning is None or measure is None:
            return
        colors = theme.tokens()
        by_validation = tuning.judged_by == BY_VALIDATION and measure.figure != "training_cost"
        color = theme.series_color(theme.VALIDATION_SERIES if by_validation else theme.TRAINING_SERIES)
        faint = pg.mkColor(color)
        faint.setAlphaF(FAINT)
        tried = list(zip(self._places(), tuning.outcomes, strict=False))
        runs = [(at, run) for at, outcome in tried for run in outcome.finished]
        points = [(at, _height(measure, getattr(run, measure.figure))) for at, run in runs]
        self._runs.setData(pos=points, size=POINT, pen=pg.mkPen(colors.surface), brush=pg.mkBrush(faint))
        spreads = np.array([end for at, outcome in tried for end in _spread(measure, at, outcome)]).reshape(-1, 2)
        self._spreads.setData(spreads[:, 0], spreads[:, 1], connect="pairs", pen=pg.mkPen(faint))
        ends = [(at, _height(measure, outcome.median(measure.figure, measure.worst))) for at, outcome in tried]
        medians = [end for end in ends if np.isfinite(end[1])]
        kinds = tuning.experiment.scale == "names"
        self._medians.setData(
            pos=medians,
            symbol="_" if kinds else "s",
            size=BAR if kinds else MEDIAN_POINT,
            pen=pg.mkPen(color, width=2 if kinds else 1),
            brush=pg.mkBrush(color),
        )
        x, y = (np.array([end[side] for end in ends]) for side in (0, 1))
        shown = np.full(len(y), np.nan) if kinds else drawable(y)
        self._line.setData(x, shown, connect="finite", pen=pg.mkPen(color))
        heights = [height for _, height in points] or [0.0]
        low, high = min(heights), max(heights)
        span = max(high - low, _least_range(measure))
        broken = [(at, outcome) for at, outcome in tried if outcome.diverged or outcome.problem]
        bottom, top = low - MARGIN_Y * span, high + MARGIN_Y * span
        if broken and measure.high_is_good:  # where the worse values are
            bottom = low - ROOM * span
        elif broken:
            top = high + ROOM * span
        self._draw_broken(broken, low - span * ROOM / 2 if measure.high_is_good else high + span * ROOM / 2)
        places = self._places()
        if places:
            beyond = MARGIN_X * self._apart()
            self.follow((min(places) - beyond, max(places) + beyond), (bottom, top))
        self._mark()
        self.hover_again()

    def _draw_broken(self, broken: list[tuple[float, Outcome]], height: float) -> None:
        bad = theme.tokens().color("bad")
        for item in self._counts:
            self.item.removeItem(item)
        self._counts = []
        self._broken.setData(
            pos=[(at, height) for at, _ in broken], symbol="x", size=CROSS, pen=pg.mkPen(bad), brush=pg.mkBrush(bad)
        )
        for at, outcome in broken:
            words = f"{outcome.diverged}/{len(outcome.runs)}" if outcome.runs else "not trained"
            text = pg.TextItem(words, color=bad, anchor=(-0.25 if outcome.runs else 0.5, 0.5 if outcome.runs else 0.0))
            text.setFont(theme.font(theme.SMALL))
            text.setPos(at, height)
            self.item.addItem(text, ignoreBounds=True)
            self._counts.append(text)

    def _mark(self) -> None:
        """Draw the band of the chosen value and the line of the present one."""
        colors, places = theme.tokens(), self._places()
        self._band.setVisible(0 <= self._at < len(places))
        if self._band.isVisible():
            half = BAND * self._apart()
            self._band.setBrush(pg.mkBrush(colors.accent_wash))
            for line in self._band.lines:
                line.setPen(pg.mkPen(None))
            self._band.setRegion((places[self._at] - half, places[self._at] + half))
        now = self._axis.place(self._present[0]) if len(self._present) == 1 and self._tuning is not None else None
        low, high = self.item.getViewBox().viewRange()[0]
        inside = now is not None and low <= now <= high
        self._now.setVisible(inside)
        self._now_words.setVisible(inside)
        if inside and now is not None:
            self._now.setPen(pg.mkPen(colors.dim, style=Qt.PenStyle.DashLine))
            self._now.setPos(now)
            self._now_words.setText("now", color=colors.dim)
            self._now_words.setFont(theme.font(theme.SMALL))
            bottom, top = self.item.getViewBox().viewRange()[1]
            above = self._has_runs_below(now, (bottom + top) / 2)
            self._now_words.setAnchor((1.0 if now > (low + high) / 2 else 0.0, 0.0 if above else 1.0))
            self._now_words.setPos(now, top if above else bottom)

    def _has_runs_below(self, at: float, height: float) -> bool:
        """Return whether points of the value at a place stand in the lower half."""
        x, y = self._runs.getData()
        return bool(len(x)) and bool((y[x == at] < height).any())

    def _clicked(self, event: object) -> None:
        tuning = self._tuning
        if tuning is None or event.button() != Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            return
        box = self.item.getViewBox()
        position = event.scenePos()  # type: ignore[attr-defined]
        if box.sceneBoundingRect().contains(position):
            index = self._axis.nearest(box.mapSceneToView(position).x())
            if index < len(tuning.outcomes):
                self.chosen.emit(index)


def _spread(measure: Measure, at: float, outcome: Outcome) -> list[tuple[float, float]]:
    """Return the ends of the line from the lowest to the highest run."""
    heights = [_height(measure, getattr(run, measure.figure)) for run in outcome.finished]
    return [(at, min(heights)), (at, max(heights))] if heights else []


def _least_range(measure: Measure) -> float:
    if not measure.high_is_good:
        return LEAST_RANGE
    return LEAST_SHARE if measure.is_share else LEAST_R2


def _height(measure: Measure, value: float) -> float:
    """Return where a value is drawn: exponents of costs, per cent of shares."""
    if not np.isfinite(value):
        return math.nan
    if not measure.high_is_good:
        return math.log10(max(value, SMALLEST))
    return 100.0 * value if measure.is_share else value

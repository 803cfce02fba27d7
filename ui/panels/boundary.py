"""The decision boundary over two features, with the data points on it and the ones on the wrong side ringed."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from engine.snapshot import Boundary, ProbeRequest
from nnstudio import numbers
from nnstudio.data import PreparedData, axis, axis_title, from_axis, is_date, raw_target, to_input
from nnstudio.data.look import first_axes
from nnstudio.date_words import value_text
from ui import theme
from ui.forms.controls import Combo
from ui.panels.base import use
from ui.panels.boundary_items import BoundaryImage, DataPoints, grid_places, picture, sampled
from ui.panels.plot import LegendEntry, PlotPanel
from ui.training_view_model import TrainingViewModel

RESOLUTION = 64
MOST_POINTS = 250
MOST_LEGENDS = 4
POINTS_EVERY = 200  # milliseconds
COMBO_WIDTH = 84
NARROW, NARROWEST = 250, 212  # pixels: below these words are shortened, and the title left out
LEAST_COMBO = 48


class BoundaryPanel(PlotPanel):
    """What the network answers over a plane through the data."""

    name: ClassVar[str] = "boundary"
    title: ClassVar[str] = "Boundary"
    hint: ClassVar[str] = "Here you will see what the network answers over two features of the data."
    bottom_label = "x"
    left_label = "y"
    grid = ""

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.choosers = (Combo(), Combo())
        for combo, side in zip(self.choosers, ("horizontal", "vertical"), strict=True):
            combo.setMaximumWidth(COMBO_WIDTH)
            combo.setMinimumWidth(LEAST_COMBO)
            combo.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToContents)
            combo.setProperty("role", "flat")
            combo.setAccessibleName(f"Feature on the {side} axis")
            combo.currentIndexChanged.connect(self._choose)
        # Of several targets one is shown.
        self.output = Combo()
        self.output.setMaximumWidth(COMBO_WIDTH)
        self.output.setMinimumWidth(LEAST_COMBO)
        self.output.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToContents)
        self.output.setProperty("role", "flat")
        self.output.setAccessibleName("Target that is shown")
        self.output.currentIndexChanged.connect(self._choose_output)
        self._pair = QLabel()
        self._pair.setProperty("role", "hint")
        self._times = QLabel("×")
        self._times.setProperty("role", "hint")
        self.give_way(self._pair)
        for widget in (self._pair, self.choosers[0], self._times, self.choosers[1]):
            self.header.addWidget(widget)
        self.header.setSpacing(4)
        self._foot = QHBoxLayout()
        self._foot.setContentsMargins(10, 0, 10, 2)
        self._foot.setSpacing(10)
        self._legends = [LegendEntry("", line=False) for _ in range(MOST_LEGENDS)]
        self._foot.addWidget(self.output)
        self._foot.addStretch(1)
        for entry in self._legends:
            self._foot.addWidget(entry)
        self._foot.addStretch(1)
        layout = self.body.layout()
        layout.insertLayout(layout.count() - 1, self._foot)  # type: ignore[union-attr]
        self.image, self.points = BoundaryImage(), DataPoints()
        self.plot.item.addItem(self.image, ignoreBounds=True)
        self.plot.item.addItem(self.points, ignoreBounds=True)
        self._features = (0, 1)
        self._rows: NDArray[np.int64] = np.zeros(0, np.int64)
        self._drawn: Boundary | None = None
        self._points_shown = False
        self._words = ("", "", "")
        # Rings change seldom and cost more to paint than all the rest: they follow a few times a second.
        self._points_due = QTimer(self, singleShot=True)
        self._points_due.timeout.connect(self._show_points)
        self.data_changed()

    # -- what is shown --------------------------------------------------------------------------------------------

    def wanted(self) -> ProbeRequest | None:
        """Return the grid of the two chosen features."""
        if not self._has_plane():
            return None
        return ProbeRequest(boundary=self._features, boundary_resolution=RESOLUTION)

    def ready(self) -> bool:
        """Return whether the grid of the chosen features has come."""
        data, boundary = self.model.data, self.model.probes.boundary
        if data is None or boundary is None or not self._has_plane():
            return False
        # A grid that was asked for before the data or the features changed may still arrive.
        return boundary.features == self._features and len(boundary.values) == data.Y.shape[1]

    def data_changed(self) -> None:
        """Offer the features of other data, and choose the points to show."""
        data = self.model.data
        names = list(data.features) if data is not None else []
        self._features = first_axes(data) if data is not None and len(names) > 1 else (0, 1)
        for combo, index in zip(self.choosers, self._features, strict=True):
            with QSignalBlocker(combo):
                combo.clear()
                combo.addItems(names)
                combo.setCurrentIndex(min(index, len(names) - 1))
        targets = list(data.targets) if data is not None else []
        with QSignalBlocker(self.output):
            self.output.clear()
            self.output.addItems(targets)
        self.output.setVisible(len(targets) > 1)
        many = len(names) > 2
        for widget in (*self.choosers, self._times):
            widget.setVisible(many)
        use(self._pair, len(names) == 2)
        self._pair.setText(" × ".join(names) if len(names) == 2 else "")
        if data is not None and len(names) < 2:
            self.set_hint(f"A boundary needs two features, and these data have {numbers.count(len(names))}.")
        else:
            self.set_hint(self.hint)
        self._choose_rows()
        self._show_classes()
        self._label_axes()
        self._drawn, self._points_shown = None, False
        if hasattr(self, "visibility"):
            self.ask()

    def refresh(self) -> None:
        """Draw the grid, and the points on the wrong side of it."""
        data, boundary = self.model.data, self.model.probes.boundary
        if data is None or boundary is None:
            return
        if boundary is not self._drawn:
            self._drawn = boundary
            x, y = axis(data, boundary.features[0], boundary.x), axis(data, boundary.features[1], boundary.y)
            limits = _limits(data, self._output())
            self.image.show_picture(picture(data, boundary, limits, self._output()), (x[0], x[1]), (y[0], y[1]))
            self.plot.follow((float(x[0]), float(x[1])), (float(y[0]), float(y[1])))
            if not self._points_due.isActive():
                self._points_due.start(POINTS_EVERY if self._points_shown else 0)
        self.plot.hover_again()

    def restyle(self) -> None:
        """Take the theme's colors."""
        super().restyle()
        self._drawn, self._points_shown = None, False
        self._show_classes()

    def readout(self, x: float, y: float) -> str:
        """Return the answer at a point of the plane, in words."""
        data, boundary = self.model.data, self._drawn
        if data is None or boundary is None:
            return ""
        first, second = (data.features[feature] for feature in boundary.features)
        there = [float(from_axis(data, f, value)) for f, value in zip(boundary.features, (x, y), strict=True)]
        lines = [
            f"{name} {value_text(data, feature, value)}"
            for name, feature, value in zip((first, second), boundary.features, there, strict=True)
        ]
        at = self._to_grid(data, boundary, np.array([x]), np.array([y]))
        answer, output = sampled(boundary.values, *at)[:, 0], self._output()
        if data.task == "regression":
            value = float(raw_target(data, answer[output], output))
            lines.append(f"{data.targets[output]} {numbers.number(value)}")
        elif data.task == "binary":
            of = f"{data.targets[output]} " if len(data.targets) > 1 else ""
            lines.append(f"{of}{data.classes_of(output)[1]} {numbers.percent(float(answer[output]))}")
        else:
            best = int(answer.argmax())
            lines.append(f"{data.classes[best]} {numbers.percent(float(answer[best]))}")
        return "\n".join(lines)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give up words before the plot where there is little room."""
        super().resizeEvent(event)
        self._fit()
        self._tell()

    # -- choices --------------------------------------------------------------------------------------------------

    def choose(self, first: int, second: int) -> None:
        """Show two other features."""
        for combo, feature in zip(self.choosers, (first, second), strict=True):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(feature)
        self._choose()

    def _choose(self, _: int = 0) -> None:
        first, second = (combo.currentIndex() for combo in self.choosers)
        if first < 0 or second < 0:
            return
        if first == second:  # a plane needs two: the other axis takes what this one had
            moved = 1 if self.sender() is self.choosers[0] else 0
            other = self._features[1 - moved]
            with QSignalBlocker(self.choosers[moved]):
                self.choosers[moved].setCurrentIndex(other)
            first, second = (combo.currentIndex() for combo in self.choosers)
        self._features = (first, second)
        self._label_axes()
        self.plot.fit()
        self.ask()
        self._news()

    def _output(self) -> int:
        """Return the index of the target that is shown."""
        return max(self.output.currentIndex(), 0)

    def _choose_output(self, _: int = 0) -> None:
        self._drawn, self._points_shown = None, False
        self._show_classes()
        self._news()

    def _has_plane(self) -> bool:
        return self.model.data is not None and len(self.model.data.features) > 1

    def _choose_rows(self) -> None:
        data = self.model.data
        if data is None:
            self._rows = np.zeros(0, np.int64)
            return
        rows = np.concatenate([data.training, data.validation, data.test])
        if len(rows) > MOST_POINTS:
            rows = rows[np.linspace(0, len(rows) - 1, MOST_POINTS).astype(np.int64)]
        self._rows = rows

    # -- drawing --------------------------------------------------------------------------------------------------

    def _show_points(self) -> None:
        data, boundary = self.model.data, self._drawn
        if data is not None and boundary is not None and self.visibility.seen:
            self._points_shown = True
            self._say(data, self._place_points(data, boundary, _limits(data, self._output())))

    def _place_points(self, data: PreparedData, boundary: Boundary, limits: tuple[float, float]) -> int:
        first, second = boundary.features
        X, Y = data.X[self._rows], data.Y[self._rows]
        x, y, output = axis(data, first, X[:, first]), axis(data, second, X[:, second]), self._output()
        if data.task == "regression":
            share = (Y[:, output] - limits[0]) / ((limits[1] - limits[0]) or 1.0)
            self.points.show_points(x, y, None, np.clip(share, 0.0, 1.0), np.zeros(len(x), bool))
            return 0
        answers = sampled(boundary.values, *grid_places(boundary, X[:, first], X[:, second]))
        if data.task == "binary":
            classes, answered = (Y[:, output] > 0.5).astype(int), (answers[output] > 0.5).astype(int)
        else:
            classes, answered = Y.argmax(axis=1), answers.argmax(axis=0)
        wrong = classes != answered
        self.points.show_points(x, y, classes, None, wrong, max(2, len(data.classes)))
        return int(wrong.sum())

    def _to_grid(
        self, data: PreparedData, boundary: Boundary, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        columns = [to_input(data, f, v) for f, v in zip(boundary.features, (x, y), strict=True)]
        return grid_places(boundary, columns[0], columns[1])

    def _say(self, data: PreparedData, wrong: int) -> None:
        shown, total = len(self._rows), len(data.X)
        if data.task == "regression":
            output = self._output()
            low, high = (float(raw_target(data, value, output)) for value in _limits(data, output))
            text = f"faint to strong: {data.targets[output]} {numbers.short(low)} to {numbers.short(high)}"
        else:
            of = numbers.plural(shown, "sampled point" if shown < total else "point")
            text = f"{numbers.count(wrong)} of {of} on the wrong side" + (", ringed" if wrong else "")
        mean = "other features at their mean" if len(data.features) > 2 else ""
        few = f"{numbers.count(shown)} of the {numbers.count(total)} rows are shown." if shown < total else ""
        self._words = (text, mean, few)
        self._tell()

    def _tell(self) -> None:
        text, mean, few = self._words
        if mean and self.width() < NARROW:
            text, said_mean = (
                text.replace(" sampled points", " sampled").replace(" points", "").replace(", ringed", " (ringed)"),
                "others at mean",
            )
        else:
            said_mean = mean
        said = "; ".join(part for part in (text, said_mean) if part)
        if said != self.caption.text():
            self.caption.setText(said)
        self.caption.setToolTip("\n".join(part for part in (mean.capitalize(), few) if part))
        self.caption.setVisible(bool(said))

    def _fit(self) -> None:
        self.fit_header()
        data = self.model.data
        many = data is not None and len(data.features) > 2
        # The dock's tab and the axis labels still say what a narrow panel leaves out here.
        self.heading.setVisible(not (many and self.width() < NARROWEST))
        shown = [entry for entry in self._legends if entry.text]
        fits = sum(entry.sizeHint().width() + 10 for entry in shown) < self.width() - 20
        for entry in self._legends:
            entry.setVisible(fits and bool(entry.text))

    def _show_classes(self) -> None:
        data = self.model.data
        classes = data.classes_of(self._output()) if data is not None else ()
        for index, entry in enumerate(self._legends):
            entry.set_text("")
            if index < len(classes):
                more = index == MOST_LEGENDS - 1 and len(classes) > MOST_LEGENDS
                entry.set_text(f"and {len(classes) - index} more" if more else classes[index])
                entry.set_color(theme.class_color(index, max(2, len(classes))))
        self._fit()

    def _label_axes(self) -> None:
        data = self.model.data
        if data is None or not self._has_plane():
            return
        for side, feature in zip(("bottom", "left"), self._features, strict=True):
            self.plot.axes[side].setLabel(axis_title(data, feature))
            self.plot.axes[side].show_dates(is_date(data, feature))
        self.plot.restyle()


def _limits(data: PreparedData, output: int) -> tuple[float, float]:
    if data.task != "regression":
        return 0.0, 1.0
    return float(data.Y[:, output].min()), float(data.Y[:, output].max())

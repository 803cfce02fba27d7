"""Figures of each split in a table; the confusion matrix and the ROC curve beside it, below it or in its place."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.snapshot import Metrics, ProbeRequest
from nnstudio import numbers
from nnstudio.data import PreparedData, error_scale
from ui import theme
from ui.panels.base import MARGIN, Panel
from ui.panels.confusion import ConfusionMatrix
from ui.panels.roc import RocPlot
from ui.panels.switch import switch_button
from ui.training_view_model import TrainingViewModel

View = Literal["table", "confusion", "roc"]

SPLITS = ("training", "validation", "test")
TITLES = {
    "balanced_accuracy": "balanced accuracy",
    "f1": "F1",
    "roc_auc": "ROC AUC",
    "r2": "R²",
    "mae": "MAE",
    "rmse": "RMSE",
}
SHORT = {  # where there is little room
    "training": "train.",
    "validation": "valid.",
    "balanced accuracy": "balanced",
    numbers.percent(1.0): numbers.percent(1.0, 0),
}
OF_CLASSES = "With two classes that of the second one, with more the mean over the classes."
HELP = {
    "training": "Training",
    "validation": "Validation",
    "cost": "True mean of the loss over the whole split, with the weights at the end of an epoch.\n"
    "The running cost shown on top while training is the mean of the examples as they were seen.",
    "accuracy": "Share of the examples whose class is predicted right",
    "balanced accuracy": "Mean over the classes of the share of their examples that is predicted right:\n"
    "each class counts the same, however few its examples are",
    "precision": f"Share of the examples predicted as a class that are of it.\n{OF_CLASSES}",
    "recall": f"Share of the examples of a class that are predicted as it.\n{OF_CLASSES}",
    "F1": f"Harmonic mean of precision and recall.\n{OF_CLASSES}",
    "ROC AUC": "Area below the ROC curve: how often an example of a class has a higher score than one of another.\n"
    "1 is perfect, 0.5 no better than guessing. With more than two classes the mean of each against the rest.",
    "R²": "Share of the target's variance that is explained; 1 is perfect, 0 no better than the mean",
    "MAE": "Mean absolute error, in the unit of the target",
    "RMSE": "Root of the mean squared error, in the unit of the target",
}
VIEWS: dict[View, tuple[str, str]] = {
    "table": ("Table", "Figures of each split"),
    "confusion": ("Confusion", "Confusion matrix: which class is predicted as which"),
    "roc": ("ROC", "ROC curve: true over false positives, for every threshold"),
}
SHARES = {"accuracy", "balanced_accuracy", "precision", "recall"}
IN_TARGET_UNITS = ("mae", "rmse")  # measured as trained, shown in the target's own unit
# Type, short words or not, and pixels between columns: the first of these with room for the table is taken.
DRESSES = ((theme.BODY, False, 10), (theme.BODY, True, 10), (theme.SMALL, True, 4))
LEAST_PICTURE, LEAST_BESIDE = 170, 240  # pixels of height below the table, of width beside it
SWITCH_HEIGHT = 20
LONGEST_NAME = 14  # characters of a target's name in the table; the line below it has all of it
SHORT_CONFUSION = "Matrix"  # where the header is narrow


class MetricsPanel(Panel):
    """True figures over whole splits, at the end of an epoch."""

    name: ClassVar[str] = "metrics"
    title: ClassVar[str] = "Metrics"
    tools_at_foot: ClassVar[bool] = True  # at the top they would cover the heading of the last column
    hint: ClassVar[str] = "Here you will see how good the predictions are on each split of the data."

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._drawn: Metrics | None = None
        self._page: View = "table"  # where there is room for one only
        self._picture: View = "confusion"
        self._placed: tuple[bool, bool] | None = None  # beside each other, both shown
        self._cells: dict[tuple[int, int], QLabel] = {}
        self._make_switch()
        self._make_table()
        self.confusion, self.roc = ConfusionMatrix(), RocPlot()
        self._caption = _hint_label()
        self._pictures = QWidget()
        column = QVBoxLayout(self._pictures)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._caption)
        column.addWidget(self.confusion, 1)
        column.addWidget(self.roc, 1)
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self.body)
        self._box.setContentsMargins(MARGIN, 4, MARGIN, 6)
        self._box.addWidget(self._table)
        self._box.addWidget(self._pictures)

    # -- what is shown --------------------------------------------------------------------------------------------

    def wanted(self) -> ProbeRequest:
        """Return what training should tell."""
        return ProbeRequest(metrics=True, boundary_resolution=1)

    def ready(self) -> bool:
        """Return whether figures have come."""
        return self.model.probes.metrics is not None and bool(self.model.probes.metrics.values)

    def refresh(self) -> None:
        """Show the latest figures."""
        metrics = self.model.probes.metrics
        if metrics is None:
            return
        if metrics is not self._drawn:
            self._drawn = metrics
            self._show_table(metrics)
            self._show_pictures(metrics)
            self._arrange()

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.confusion.update()
        self.roc.restyle()

    def data_changed(self) -> None:
        """Take the names of other classes."""
        self._drawn = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take shorter words where there is little room, and show one thing at a time where there is less."""
        super().resizeEvent(event)
        if not self.empty and self.model.probes.metrics is not None:
            self._show_table(self.model.probes.metrics)
            self._arrange()

    def show_view(self, view: View) -> None:
        """Show the table, the confusion matrix or the ROC curve; the choice is kept while there is no such picture."""
        self._page = view
        if view != "table":
            self._picture = view
        self._arrange()

    def table(self) -> list[list[str]]:
        """Return the table as text, heading first."""
        if not self._cells:
            return []
        shown = [place for place, cell in self._cells.items() if not cell.isHidden()]
        rows, columns = max(r for r, _ in shown) + 1, max(c for _, c in shown) + 1
        return [[self._cells[r, c].text() for c in range(columns)] for r in range(rows)]

    # -- switch and room ------------------------------------------------------------------------------------------

    def _make_switch(self) -> None:
        self._group = QButtonGroup(self)
        self.switch: dict[View, QToolButton] = {}
        for view, (words, tip) in VIEWS.items():
            button = switch_button(self._group, words, tip, f"Metrics: {tip.partition(':')[0]}")
            button.setFixedHeight(SWITCH_HEIGHT)
            button.clicked.connect(lambda _=False, view=view: self.show_view(view))
            self.switch[view] = button
            self.header.addWidget(button)
        self.header.setSpacing(2)

    def _arrange(self) -> None:
        """Show table and picture beside or below each other, or only the chosen one where both have no room."""
        metrics = self.model.probes.metrics
        if metrics is None:
            return
        pictures = self._pictures_of(metrics)
        picture = self._picture if self._picture in pictures else "confusion"
        table, room = self._table.sizeHint(), self._stack.contentsRect()
        beside = bool(pictures) and room.width() >= table.width() + LEAST_BESIDE + 3 * MARGIN
        both = beside or (bool(pictures) and room.height() >= table.height() + LEAST_PICTURE)
        alone = bool(pictures) and not both and self._page != "table"
        offered: list[View] = [*(["table"] if pictures and not both else []), *pictures]
        self.switch[picture if both or alone else "table"].setChecked(True)
        self._fit_switch(offered if len(offered) > 1 else [])
        if (beside, both) != self._placed:
            self._placed = (beside, both)
            directions = QBoxLayout.Direction
            self._box.setDirection(directions.LeftToRight if beside else directions.TopToBottom)
            self._box.setSpacing(2 * MARGIN if beside else 6)
            self._box.setStretch(0, 0 if both else 1)
            self._box.setStretch(1, 1)
        self._table.setVisible(not alone)
        self._pictures.setVisible(both or alone)
        self.confusion.setVisible(picture == "confusion")
        self.roc.setVisible(picture == "roc")
        self._say(metrics, picture)

    def _fit_switch(self, offered: list[View]) -> None:
        """Show the buttons of some views; leave out the title and then shorten words where the header is narrow."""
        for view, button in self.switch.items():
            button.setVisible(view in offered)
        for titled, short in ((True, False), (False, False), (False, True)):
            if "confusion" in offered:
                self.switch["confusion"].setText(SHORT_CONFUSION if short else VIEWS["confusion"][0])
            parts = [self.switch[view] for view in offered] + ([self.heading] if titled else [])
            wide = sum(part.sizeHint().width() + self.header.spacing() for part in parts)
            if not offered or wide + 2 * MARGIN + 2 <= self.width():
                break
        # The dock's tab still says what a narrow header leaves out here.
        self.heading.setVisible(titled)

    def _pictures_of(self, metrics: Metrics) -> list[View]:
        if metrics.confusion is None:
            return []
        binary = self.model.data is not None and self.model.data.task == "binary"
        return ["confusion", "roc"] if binary or metrics.roc is not None else ["confusion"]

    # -- table ----------------------------------------------------------------------------------------------------

    def _make_table(self) -> None:
        self._table = QWidget()
        column = QVBoxLayout(self._table)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(0, 1)
        self._unit = _hint_label()
        column.addLayout(self._grid)
        column.addWidget(self._unit)
        column.addStretch(1)

    def _show_table(self, metrics: Metrics) -> None:
        splits = [name for name in SPLITS if name in metrics.values]
        rows = [["", *splits], *_figures(metrics, splits, self.model.data)]
        for cell in list(self._cells):
            if cell[0] >= len(rows) or cell[1] >= len(rows[0]):
                self._cells[cell].hide()
        size, short, spacing = self._dress(rows)
        self._grid.setHorizontalSpacing(spacing)
        font = theme.font(size)
        for r, row in enumerate(rows):
            for c, whole in enumerate(row):
                text = SHORT.get(whole, whole) if short else whole
                cell = self._cell(r, c)
                if cell.font().pixelSize() != font.pixelSize():
                    cell.setFont(font)
                if cell.text() != text:
                    cell.setText(text)
                    cell.setToolTip(_help(whole))
                if cell.isHidden():
                    cell.show()
        self._say_unit(metrics, self.model.data)

    def _dress(self, rows: list[list[str]]) -> tuple[float, bool, int]:
        for size, short, spacing in DRESSES:
            metrics = QFontMetrics(theme.font(size))
            columns = zip(*rows, strict=True)
            wide = [max(metrics.horizontalAdvance(SHORT.get(t, t) if short else t) for t in texts) for texts in columns]
            if sum(wide) + spacing * len(wide) + 2 * MARGIN <= self.width():
                break
        return size, short, spacing

    def _cell(self, row: int, column: int) -> QLabel:
        if (row, column) not in self._cells:
            cell = QLabel()
            if not row or not column:
                cell.setProperty("role", "dim")
            side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            self._grid.addWidget(cell, row, column, side)
            self._cells[row, column] = cell
        return self._cells[row, column]

    def _say_unit(self, metrics: Metrics, data: PreparedData | None) -> None:
        shown = {name for split in metrics.values.values() for name in split}
        named = " and ".join(TITLES[name] for name in IN_TARGET_UNITS if name in shown)
        words = ""
        if data is not None and len(data.targets) > 1:
            words = f"all answers to {data.target} counted together"
            if named:
                words = f"cost and R² over {data.target}; {named} in the unit of each"
                logged = [target.name for target in data.fitted.targets if target.log != "none"]
                words += f", of {' and '.join(logged)} of the scaled logarithm" if logged else ""
        elif named and data is not None and error_scale(data) is None:
            words = f"{named} of the scaled logarithm of {data.target}"
        elif named and data is not None:
            words = f"{named} in the unit of {data.target}"
        _say(self._unit, words)

    # -- pictures -------------------------------------------------------------------------------------------------

    def _show_pictures(self, metrics: Metrics) -> None:
        split = metrics.confusion_split
        if metrics.confusion is not None:
            self.confusion.show_matrix(np.asarray(metrics.confusion), self._classes(metrics))
        area = metrics.values.get(split, {}).get("roc_auc", float("nan"))
        self.roc.show_curve(metrics.roc, area, split)

    def _classes(self, metrics: Metrics) -> tuple[str, ...]:
        data, count = self.model.data, len(metrics.confusion) if metrics.confusion is not None else 0
        known = data.classes if data is not None and len(data.classes) == count else ()
        if data is not None and len(data.targets) > 1:
            known = ("no", "yes")
        return known or tuple(str(index) for index in range(count))

    def _say(self, metrics: Metrics, picture: View) -> None:
        split = metrics.confusion_split
        if metrics.confusion is None:
            words = ""
        elif picture == "confusion":
            words = f"{split}: true class down, predicted class across"
        elif metrics.roc is None:
            words = f"{split} has examples of one class only: there is no ROC curve"
        else:
            words = f"{split}: ROC curve of {self._classes(metrics)[1]}; dashed: guessing"
        _say(self._caption, words)


def _hint_label() -> QLabel:
    label = QLabel()
    label.setProperty("role", "hint")
    label.setWordWrap(True)
    return label


def _say(label: QLabel, words: str) -> None:
    if words != label.text():
        label.setText(words)
    label.setVisible(bool(words))


def _figures(metrics: Metrics, splits: list[str], data: PreparedData | None) -> list[list[str]]:
    """Return the rows of the table: a title, and a figure for each split; each of several targets has errors."""
    scale = (error_scale(data) or 1.0) if data is not None else 1.0
    several = data is not None and len(data.targets) > 1 and bool(metrics.errors)
    names = dict.fromkeys(name for split in splits for name in metrics.values[split])
    rows = [
        [TITLES.get(name, name), *(_figure(name, metrics.values[split].get(name), scale) for split in splits)]
        for name in names
        if not (several and name in IN_TARGET_UNITS)
    ]
    if data is None or not several:
        return rows
    for at, target in enumerate(data.fitted.targets):
        own = target.scale if target.log == "none" else 1.0
        for which, name in enumerate(IN_TARGET_UNITS):
            values = (metrics.errors[split][at][which] if split in metrics.errors else None for split in splits)
            rows.append(
                [f"{TITLES[name]}, {_shortened(target.name)}", *(_figure(name, value, own) for value in values)]
            )
    return rows


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _help(title: str) -> str:
    error, _, target = title.partition(", ")
    return f"{target}: {HELP[error]}" if target else HELP.get(title, "")


def _figure(name: str, value: float | None, scale: float) -> str:
    if value is None:
        return numbers.UNKNOWN
    if name in IN_TARGET_UNITS:
        value *= scale
    return numbers.percent(value) if name in SHARES else numbers.number(value)

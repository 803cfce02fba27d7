"""The depth panel: networks of one to four hidden layers with about as many parameters, trained side by side."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio import numbers
from nnstudio.labs.depth import Depths, Outcome, compare_depths
from ui import theme
from ui.forms.controls import Combo
from ui.inspector.parts import label
from ui.panels.lab import Job, LabPanel
from ui.panels.lab_curves import NamedCurves
from ui.panels.lab_depth_pictures import BoundaryRow
from ui.panels.plot import SMALLEST, Plot
from ui.training_view_model import TrainingViewModel

LAYERS = 4  # hidden layers of the deepest network
EPOCHS, MOST_EPOCHS = 100, 5_000
SEEDS, MOST_SEEDS = 5, 20
ROWS, MOST_ROWS = 5_000, 1_000_000
NARROW_SPIN = 52  # pixels
ABREAST = 400  # pixels from which the two plots stand beside each other
PLOT_HEIGHT = 180
MOST_DRAWN = 400  # points of a curve: a band of thousands would hold the window up
SPLITS = ("training", "validation")
COLUMNS = ("Layers × units", "Parameters", "Training cost", "Validation cost")
ROW_HEIGHT = 36
LEAST_COLUMN = 94


class DepthPanel(LabPanel):
    """Deep or wide: costs, and with two features boundaries, of networks with equal numbers of parameters."""

    name: ClassVar[str] = "lab_depth"
    title: ClassVar[str] = "Depth and width"
    hint: ClassVar[str] = "Here networks of one to four hidden layers can be trained, with as many parameters each."
    sentence: ClassVar[str] = (
        "Trains networks of one to four hidden layers, each as wide as brings it nearest to the open network's number "
        "of parameters, with its settings and from several seeds."
    )

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.epochs = self.add_setting("epochs", 1, MOST_EPOCHS, EPOCHS, "Epochs of each training")
        self.seeds = self.add_setting(
            "seeds", 1, MOST_SEEDS, SEEDS, "Trainings of each network: from the seed of the settings, and the next ones"
        )
        self.rows = self.add_setting("rows", 1, MOST_ROWS, ROWS, "Training rows, and validation rows, at most")
        self.seeds.setFixedWidth(NARROW_SPIN)
        self.plots = {split: Plot("epoch", f"{split} cost, log") for split in SPLITS}
        self._curves = {split: NamedCurves(plot) for split, plot in self.plots.items()}
        self._beside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        for split, plot in self.plots.items():
            plot.setAccessibleName(f"{split.capitalize()} cost by epoch of each network")
            plot.readout = lambda x, y, split=split: self.readout(split, x)
            plot.double_clicked.connect(self.show_all)
            plot.axes["left"].log = True
            plot.setMinimumHeight(PLOT_HEIGHT)
            plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
            self._beside.addWidget(plot, 1)
        self._spread = label(role="hint", wrap=True)
        self.table = DepthTable()
        self.pictures, self.seed = BoundaryRow(), Combo()
        self.seed.setAccessibleName("Seed of the boundaries")
        self.seed.currentIndexChanged.connect(lambda _: self._show_pictures())
        self._of_seed = label(role="hint")
        self._notes = label(role="hint", wrap=True)
        self._lay_out_result()

    # -- the job --------------------------------------------------------------------------------------------------

    def job(self) -> Job:
        """Return the trainings of all networks on the first rows of both splits."""
        document, most = self.model.store.document, self.rows.value()
        sizes = (self.epochs.value(), self.seeds.value(), LAYERS)
        rows = (self.first_rows(most), self.validation_rows(most))
        return compare_depths, (document.graph, document.training, *rows, *sizes)

    def works_on(self) -> dict[str, object]:
        """Return the network, the data and the settings."""
        return {**super().works_on(), "settings": self.model.store.document.training}

    # -- the result -----------------------------------------------------------------------------------------------

    def show_result(self, result: Depths) -> None:
        """Draw the costs, the table and the boundaries."""
        self.plots["validation"].setVisible(bool(result.watched))
        self.show_all()
        seeds = len(result.outcomes[0].runs)
        over = f"Lines: median of {numbers.count(seeds)} seeds; shaded: from the lowest to the highest. "
        rows = f"{numbers.count(result.examples)} training and {numbers.count(result.watched)} validation rows."
        self._spread.setText((over if seeds > 1 else "") + rows)
        self.table.show_depths(result)
        self._notes.setText(result.notes)
        names = [f"seed {run.seed}" for run in result.outcomes[0].runs]
        if names != [self.seed.itemText(at) for at in range(self.seed.count())]:
            self.seed.blockSignals(True)
            self.seed.clear()
            self.seed.addItems(names)
            self.seed.blockSignals(False)
        self._show_pictures()

    def show_all(self) -> None:
        """Show all curves, both splits between the same ends."""
        result: Depths | None = self.result
        if result is None:
            return
        shown = [split for split in SPLITS if split == "training" or result.watched]
        every = np.concatenate([_logs(outcome, split).ravel() for split in shown for outcome in result.outcomes])
        every = every[np.isfinite(every)]
        heights = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
        groups = np.unique(np.linspace(0, result.epochs, min(result.epochs + 1, MOST_DRAWN)).astype(np.int64))
        for split in shown:
            self.plots[split].fit()
            curves, bands = {}, {}
            for outcome in result.outcomes:
                costs, name = _logs(outcome, split), numbers.plural(outcome.depth, "layer")
                # Of many epochs the first of each group is drawn, and the band's lowest and highest in it.
                curves[name] = (groups.astype(float), np.median(costs[:, groups], axis=0), None)
                bands[name] = (
                    np.minimum.reduceat(costs.min(axis=0), groups),
                    np.maximum.reduceat(costs.max(axis=0), groups),
                )
            self._curves[split].show(curves, bands, heights)

    def result_text(self) -> str:
        """Return the networks with the costs of each run, a tab between columns."""
        result: Depths = self.result
        shown = SPLITS if result.watched else SPLITS[:1]
        rows = ["layers\tunits\tparameters\tdeviation\tseed\ttraining cost\tvalidation cost"]
        for outcome in result.outcomes:
            share = f"{100 * result.deviation(outcome):.2f} %"
            for run in outcome.runs:
                costs = "\t".join(f"{run.final(split):.6g}" if split in shown else "" for split in SPLITS)
                rows.append(f"{outcome.depth}\t{outcome.width}\t{outcome.parameters}\t{share}\t{run.seed}\t{costs}")
        return "\n".join([*rows, "", result.notes])

    def readout(self, split: str, x: float) -> str:
        """Return the median costs of a split at the epoch nearest to the pointer."""
        if self.result is None:
            return ""
        epoch = int(np.clip(round(x), 0, self.result.epochs))
        lines = [f"epoch {numbers.count(epoch)}"]
        for outcome in self.result.outcomes:
            cost = float(np.median(outcome.costs(split)[:, epoch]))
            lines.append(f"{numbers.plural(outcome.depth, 'layer')} {numbers.number(cost)}")
        return "\n".join(lines)

    def restyle(self) -> None:
        """Take the theme's colors."""
        for plot in self.plots.values():
            plot.restyle()
        super().restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the plots beside each other where there is room."""
        super().resizeEvent(event)
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._beside.setDirection(across if self.width() >= ABREAST else down)

    def _show_pictures(self) -> None:
        result: Depths | None = self.result
        data = self._ran_on.get("data")
        at = max(self.seed.currentIndex(), 0)
        runs = [outcome.runs[at] for outcome in result.outcomes] if result is not None else []
        drawn = bool(runs) and data is not None and all(run.boundary is not None for run in runs)
        for widget in (self.pictures, self.seed, self._of_seed):
            widget.setVisible(drawn)
        if drawn and result is not None:
            self.pictures.show_boundaries(data, result, at)  # type: ignore[arg-type]

    def _lay_out_result(self) -> None:
        self._of_seed.setText("Answers, trained from")
        chooser = QHBoxLayout()
        chooser.addWidget(self._of_seed)
        chooser.addWidget(self.seed)
        chooser.addStretch(1)
        column = QVBoxLayout(self.result_view)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self._beside, 1)
        column.addWidget(self._spread)
        column.addWidget(self.table)
        column.addLayout(chooser)
        column.addWidget(self.pictures)
        column.addWidget(self._notes)
        # As high as all of it takes, and higher where there is room: the panel scrolls.
        self.result_view.setMinimumHeight(0)
        self.result_view.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.MinimumExpanding)


class DepthTable(QTableWidget):
    """One row a network: its size, and the costs it ended with, median and range."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(COLUMNS), parent)
        self.setHorizontalHeaderLabels(COLUMNS)
        self.setAccessibleName("Networks with their numbers of parameters and final costs")
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for column in range(len(COLUMNS) - len(SPLITS)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.verticalHeader().setMinimumSectionSize(ROW_HEIGHT)
        header.setMinimumSectionSize(LEAST_COLUMN)

    def show_depths(self, depths: Depths) -> None:
        """Show the networks, each number of layers in the color of its curve."""
        self.setRowCount(len(depths.outcomes))
        self.setColumnHidden(len(COLUMNS) - 1, not depths.watched)
        for row, outcome in enumerate(depths.outcomes):
            share = depths.deviation(outcome)
            sign = "+" if share > 0 else numbers.MINUS
            differs = f"{sign}{numbers.percent(abs(share))}" if share else "as many"
            cells = [
                f"{outcome.depth} × {numbers.count(outcome.width)}",
                f"{numbers.count(outcome.parameters)}\n{differs}",
                *(_ends(outcome.finals(split), outcome.median(split)) for split in SPLITS),
            ]
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setFont(theme.font(theme.SMALL))
                item.setToolTip(f"{COLUMNS[column]}: {text.replace(chr(10), ', ')}")
                if not column:
                    item.setForeground(theme.series_color(row))
                self.setItem(row, column, item)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make room for a scroll bar where the columns are wider than the table."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        header = self.horizontalHeader()
        bar = self.horizontalScrollBar().sizeHint().height() if header.length() > self.viewport().width() else 0
        rows = ROW_HEIGHT * self.rowCount()
        self.setFixedHeight(header.sizeHint().height() + rows + bar + 2 * self.frameWidth())


def _ends(costs: NDArray[np.float64], median: float) -> str:
    """Return a median, and below it the range of the seeds: ``0.0305``, ``0.028 to 0.11``."""
    if len(costs) == 1:
        return numbers.number(median)
    low, high = (numbers.number(float(end), 2) for end in (costs.min(), costs.max()))
    return f"{numbers.number(median)}\n{low} to {high}"


def _logs(outcome: Outcome, split: str) -> NDArray[np.float64]:
    """Return a network's costs (seeds, epochs + 1) as drawn."""
    return np.asarray(np.log10(np.maximum(outcome.costs(split), SMALLEST)))

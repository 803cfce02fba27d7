"""The vectorization panel: time of an epoch with loops and with matrices, and the code of the three ways."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QTabWidget, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.labs.vectorization import WAYS, Comparison, code_of, compare, seconds
from ui import theme
from ui.panels.lab import Job, LabPanel
from ui.panels.lab_curves import NamedCurves
from ui.panels.plot import Plot
from ui.training_view_model import TrainingViewModel

EPOCHS, MOST_EPOCHS = 5, 1_000
ROWS, MOST_ROWS = 1_000, 100_000
SECONDS = 1.5  # at most, for one measurement
TABS = {"loop over units": "Units", "loop over examples": "Examples", "whole matrices": "Matrices"}


class VectorizationPanel(LabPanel):
    """The open network trained three ways: loops over examples and units, over examples, and whole matrices."""

    name: ClassVar[str] = "lab_vectorization"
    title: ClassVar[str] = "Vectorization"
    hint: ClassVar[str] = "Here this network can be trained with loops and with matrices, and the times compared."
    sentence: ClassVar[str] = (
        "Trains this network by gradient descent three ways, in float64: loops over examples and units in plain "
        "Python, a loop over examples with NumPy vectors, and whole matrices."
    )

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.epochs = self.add_setting("epochs", 1, MOST_EPOCHS, EPOCHS, "Epochs after which results are compared")
        self.rows = self.add_setting("rows", 1, MOST_ROWS, ROWS, "Training rows at most: the largest m")
        self.plot = Plot("examples m, log scale", "time of an epoch, s")
        self.plot.setAccessibleName("Time of an epoch by number of examples, both on log scales")
        self.plot.readout = self.readout
        for axis in self.plot.axes.values():
            axis.log = True
        self._curves = NamedCurves(self.plot)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.plot, "Times")
        for way in WAYS:
            code = QPlainTextEdit(code_of(way))
            code.setReadOnly(True)
            code.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
            font.setPixelSize(round(theme.BODY) - 1)
            code.setFont(font)
            code.setAccessibleName(f"Code: {way}")
            self.tabs.addTab(code, TABS[way])
        column = QVBoxLayout(self.result_view)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs)

    def job(self) -> Job:
        """Return the comparison on this network and its first training rows."""
        document = self.model.store.document
        training = document.training
        X, Y = self.first_rows(self.rows.value())
        rate = training.optimizer.learning_rate
        return compare, (document.graph, training.seed, X, Y, self.epochs.value(), rate, SECONDS)

    def show_result(self, result: Comparison) -> None:
        """Draw the times of each way over m."""
        self.plot.fit()
        self._curves.show(
            {
                way: (
                    np.log10([float(timing.m) for timing in timings]),
                    np.log10([timing.seconds for timing in timings]),
                    np.array([timing.extrapolated for timing in timings]),
                )
                for way, timings in result.timings.items()
            }
        )

    def result_text(self) -> str:
        """Return a row an m, with the seconds of each way."""
        rows = ["m\t" + "\t".join(f"{way} (s)" for way in WAYS)]
        for timings in zip(*self.result.timings.values(), strict=True):
            cells = [f"{timing.seconds:.3g}{' extrapolated' * timing.extrapolated}" for timing in timings]
            rows.append("\t".join([str(timings[0].m), *cells]))
        return "\n".join(rows)

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.plot.restyle()
        super().restyle()

    def readout(self, x: float, y: float) -> str:
        """Return the times at the m nearest to the pointer."""
        if self.result is None:
            return ""
        sizes = [timing.m for timing in next(iter(self.result.timings.values()))]
        at = int(np.argmin(np.abs(np.log10(sizes) - x)))
        lines = [f"m = {numbers.count(sizes[at])}"]
        for way, timings in self.result.timings.items():
            measured = f", from {numbers.count(timings[at].measured)} examples" if timings[at].extrapolated else ""
            lines.append(f"{way} {seconds(timings[at].seconds)}{measured}")
        return "\n".join(lines)

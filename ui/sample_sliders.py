"""Sliders for the size and the noise of a generated sample, below its picture."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QWidget

from nnstudio import numbers
from nnstudio.data import SAMPLES, SampleSource, Source
from ui.forms.controls import CalmSlider

ROWS = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
NOISE_STEPS = 100  # of one
LEAST_MOST_NOISE = 0.5  # where the sample's own noise is small
REST_MS = 50  # between two changes while a slider is dragged


class SampleSliders(QWidget):
    """Two sliders; ``changed`` tells rows, noise, and a key that all changes of one drag share."""

    changed = Signal(int, float, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source: SampleSource | None = None
        self._drag = 0
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._tell)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 2)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        self.rows, self._rows_words = self._add(grid, 0, "rows", "Rows of the sample", len(ROWS) - 1)
        self.noise, self._noise_words = self._add(grid, 1, "noise", "Noise of the sample", NOISE_STEPS)
        self.rows.setPageStep(1)
        self.hide()

    def show_source(self, source: Source | None) -> None:
        """Show the settings of a generated sample; of other data nothing."""
        sample = SAMPLES.get(source.name) if isinstance(source, SampleSource) else None
        generated = sample is not None and sample.kind == "generated"
        self._source = source if generated and isinstance(source, SampleSource) else None
        self.setVisible(self._source is not None)
        if self._source is None or sample is None:
            self._rest.stop()
            return
        if self._rest.isActive() or self.rows.isSliderDown() or self.noise.isSliderDown():
            return  # a person is moving them on
        most = max(LEAST_MOST_NOISE, 2 * sample.noise, self._source.noise)
        with QSignalBlocker(self.rows), QSignalBlocker(self.noise):
            self.rows.setValue(int(np.argmin(np.abs(np.log(ROWS) - np.log(self._source.rows)))))
            self.noise.setRange(0, round(most * NOISE_STEPS))
            self.noise.setValue(round(self._source.noise * NOISE_STEPS))
        self._say(self._source.rows, self._source.noise)

    def _add(self, grid: QGridLayout, row: int, words: str, name: str, most: int) -> tuple[QSlider, QLabel]:
        label, slider, value = QLabel(words), CalmSlider(), QLabel()
        for one in (label, value):
            one.setProperty("role", "hint")
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        slider.setRange(0, most)
        slider.setAccessibleName(name)
        slider.sliderPressed.connect(self._begin)
        slider.valueChanged.connect(self._moved)
        grid.addWidget(label, row, 0)
        grid.addWidget(slider, row, 1)
        grid.addWidget(value, row, 2)
        value.setMinimumWidth(value.fontMetrics().horizontalAdvance("20 000"))
        return slider, value

    def _begin(self) -> None:
        self._drag += 1

    def _moved(self) -> None:
        if self._source is None:
            return
        self._say(*self._settings(self._source))
        if not self._rest.isActive():
            self._rest.start()

    def _settings(self, source: SampleSource) -> tuple[int, float]:
        """Return what the sliders say; what has not been moved keeps its own finer value."""
        rows, noise = ROWS[self.rows.value()], self.noise.value() / NOISE_STEPS
        if self.rows.value() == int(np.argmin(np.abs(np.log(ROWS) - np.log(source.rows)))):
            rows = source.rows
        if self.noise.value() == round(source.noise * NOISE_STEPS):
            noise = source.noise
        return rows, noise

    def _tell(self) -> None:
        if self._source is not None:
            rows, noise = self._settings(self._source)
            if (rows, noise) != (self._source.rows, self._source.noise):
                self.changed.emit(rows, noise, f"sample {self._source.name} {self._drag}")

    def _say(self, rows: int, noise: float) -> None:
        self._rows_words.setText(numbers.count(rows))
        self._noise_words.setText(numbers.short(noise))

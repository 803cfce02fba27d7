"""The gallery's page of softmax: two or three logits with sliders, the shares they give, and their derivatives."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QSlider, QVBoxLayout, QWidget

from engine.activations import Softmax
from nnstudio import numbers
from ui import theme
from ui.forms.controls import CalmSlider
from ui.forms.plain import leave_wheel
from ui.panels.plot import Plot

MOST, LEAST = 3, 2  # logits
STEPS = 100  # of a slider, for one unit of z
REACH = 6.0
FIRST = (1.0, 0.0, -1.0)
HEIGHT = 150
DIGITS = 4
BAR = 0.6  # of the room of a bar
SUBSCRIPTS = "₁₂₃"


class SoftmaxPage(QWidget):
    """Softmax is no function of one number: every share depends on all logits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.count = QComboBox()
        leave_wheel(self.count)
        self.count.addItems(["2 logits", "3 logits"])
        self.count.setCurrentIndex(1)
        self.count.setAccessibleName("Number of logits")
        self.count.currentIndexChanged.connect(self._update)
        self.sliders: list[QSlider] = []
        self.labels: list[QLabel] = []
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        for k in range(MOST):
            slider = CalmSlider()
            slider.setRange(round(-REACH * STEPS), round(REACH * STEPS))
            slider.setSingleStep(STEPS // 10)
            slider.setPageStep(STEPS)
            slider.setValue(round(FIRST[k] * STEPS))
            slider.setAccessibleName(f"Logit z{k + 1}")
            slider.valueChanged.connect(self._update)
            label = QLabel()
            self.sliders.append(slider)
            self.labels.append(label)
            grid.addWidget(slider, k, 0)
            grid.addWidget(label, k, 1)
        grid.setColumnStretch(0, 1)
        self.plot = Plot("class", "g(z)", grid="y")
        self.plot.setMinimumHeight(HEIGHT)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.plot.setMouseEnabled(False, False)
        self.plot.setAccessibleName("Bars of the shares that softmax gives")
        self._bars = pg.BarGraphItem(x=[], height=[], width=BAR)
        self.plot.item.addItem(self._bars)
        self.jacobian = QLabel()
        self.jacobian.setProperty("role", "dim")
        self.jacobian.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.shares = np.zeros(0)
        row = QHBoxLayout()
        row.addWidget(self.count)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addLayout(grid)
        column.addWidget(self.plot, 1)
        column.addWidget(self.jacobian)
        self._update()

    def restyle(self) -> None:
        """Take the theme's colors."""
        self.plot.restyle()
        self._update()

    def _update(self, *_: object) -> None:
        count = self.count.currentIndex() + LEAST
        z = np.array([slider.value() / STEPS for slider in self.sliders[:count]])
        self.shares = Softmax().value(z[:, None])[:, 0]
        for k, (slider, label) in enumerate(zip(self.sliders, self.labels, strict=True)):
            for widget in (slider, label):
                widget.setVisible(k < count)
            if k < count:
                logit, share = numbers.number(z[k], DIGITS - 1), numbers.number(self.shares[k], DIGITS)
                label.setText(f"z{SUBSCRIPTS[k]} = {logit}   g{SUBSCRIPTS[k]} = {share}")
        places = np.arange(1, count + 1)
        colors = [theme.series_color(k) for k in range(count)]
        self._bars.setOpts(x=places, height=self.shares, width=BAR, brushes=colors, pen=pg.mkPen(None))
        self.plot.axes["bottom"].setTicks([[(k, str(k)) for k in range(1, count + 1)]])
        self.plot.follow((0.4, count + 0.6), (0.0, 1.02))
        jacobian = np.diag(self.shares) - np.outer(self.shares, self.shares)
        rows = [
            f"∂g{SUBSCRIPTS[i]}/∂z = ({',  '.join(numbers.number(value) for value in jacobian[i])})"
            for i in range(count)
        ]
        self.jacobian.setText("\n".join(rows))
        self.plot.setAccessibleDescription(", ".join(label.text() for label in self.labels[:count]))

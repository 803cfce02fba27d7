"""The choice of one axis of the landscape: an entry of a parameter, or a direction."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from engine.plane import Axis
from nnstudio.descent import Parameters, array_of
from ui.forms.controls import Combo, Spin

DIRECTIONS = (
    ("Random direction, filter-normalized", "filter"),
    ("Random direction, plain", "plain"),
    ("First direction of the path", "path0"),
    ("Second direction of the path", "path1"),
    ("Direction of the next step", "step"),
)
EXPLAINED = {
    "filter": "A random direction, in each unit's weights as long as these are themselves",
    "plain": "A random direction, alike for all parameters",
    "path0": "The direction in which the path has gone most, seen from the present point",
    "path1": "The direction in which the path has gone most besides the first",
    "step": "The direction in which the optimizer goes next",
}
MOST_SEED = 9_999
FIRST_SEED = {"across": 1, "up": 2}
SPIN_WIDTH = 68
LABEL_WIDTH = 40
GAP = 6


class AxisChooser(QWidget):
    """Which entry or direction stands at one axis; ``chosen`` says that it is another one."""

    chosen = Signal()

    def __init__(self, side: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._parameters: tuple[Parameters, ...] = ()
        words = QLabel(side.capitalize())
        words.setProperty("role", "dim")
        words.setFixedWidth(LABEL_WIDTH)
        self.kind = Combo()
        self.kind.setAccessibleName(f"What stands {side}")
        self.kind.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.row, self.column, self.seed = Spin("The row"), Spin("The column"), Spin("The seed")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(words)
        row.addWidget(self.kind, 1)
        self._labels: dict[Spin, QLabel] = {}
        for spin, name in ((self.row, "row"), (self.column, "column"), (self.seed, "seed")):
            self._labels[spin] = QLabel(name)
            self._labels[spin].setProperty("role", "hint")
            spin.setAccessibleName(f"{name.capitalize()} of what stands {side}")
            spin.setFixedWidth(SPIN_WIDTH)
            spin.valueChanged.connect(lambda _: self.chosen.emit())
            row.addWidget(self._labels[spin])
            row.addWidget(spin)
        self.seed.setRange(0, MOST_SEED)
        with QSignalBlocker(self.seed):
            self.seed.setValue(FIRST_SEED[side])
        self.kind.currentIndexChanged.connect(self._kind_changed)

    def offer(self, parameters: tuple[Parameters, ...]) -> None:
        """Offer other parameters; what was chosen stays where there still is such."""
        before, self._parameters = self.kind.currentData(), parameters
        with QSignalBlocker(self.kind):
            self.kind.clear()
            for at, array in enumerate(parameters):
                self.kind.addItem(array.title, at)
            if parameters:
                self.kind.insertSeparator(len(parameters))
            for title, name in DIRECTIONS:
                self.kind.addItem(title, name)
            self.kind.setCurrentIndex(max(self.kind.findData(before), 0))
        self._fit()

    def show_axis(self, axis: Axis) -> None:
        """Show what is chosen, without a word about it."""
        array = array_of(self._parameters, axis)
        data: object = self._parameters.index(array) if array is not None else axis.kind
        if axis.kind == "path":
            data = f"path{axis.number}"
        with QSignalBlocker(self.kind):
            self.kind.setCurrentIndex(max(self.kind.findData(data), 0))
        self._fit()
        entry = array.entry_of(axis) if array is not None else None
        for spin, value in zip((self.row, self.column), entry or (), strict=False):
            with QSignalBlocker(spin):
                spin.setValue(value + 1)
        if axis.kind in ("filter", "plain"):
            with QSignalBlocker(self.seed):
                self.seed.setValue(axis.number)

    @property
    def axis(self) -> Axis | None:
        """What is chosen."""
        data = self.kind.currentData()
        if isinstance(data, int):
            return self._parameters[data].axis(self.row.value() - 1, self.column.value() - 1)
        if data in ("filter", "plain"):
            return Axis(data, number=self.seed.value())
        if data == "step":
            return Axis("step")
        return Axis("path", number=int(data[-1])) if data else None

    def _kind_changed(self) -> None:
        self._fit()
        self.chosen.emit()

    def _fit(self) -> None:
        """Offer the rows and columns there are; a seed for random directions only."""
        data = self.kind.currentData()
        array = self._parameters[data] if isinstance(data, int) else None
        self.kind.setToolTip(EXPLAINED.get(data, "") if isinstance(data, str) else "")
        for spin, count in ((self.row, array.rows if array else 0), (self.column, array.columns if array else 0)):
            with QSignalBlocker(spin):
                spin.setRange(1, max(count, 1))
            self._show(spin, count > 1)
        self._show(self.seed, data in ("filter", "plain"))

    def _show(self, spin: Spin, shown: bool) -> None:
        spin.setVisible(shown)
        self._labels[spin].setVisible(shown)

"""The right side of the import dialog: the task, missing cells, scaling, and how the rows are divided."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QGridLayout, QLabel, QSizePolicy, QSpinBox, QWidget

from nnstudio.data import Preparation, ShareSplit, Task, plural, split_sizes
from ui import theme

MOST_SEED = 2**31 - 1  # what a QSpinBox holds
TASK_TITLES: dict[Task, str] = {
    "binary": "Two classes",
    "multiclass": "Several classes",
    "regression": "A number (regression)",
}
MISSING_TITLES = {"drop": "Drop the row", "mean": "Fill with mean / most frequent", "refuse": "Refuse the table"}
SCALING_TITLES = {"standard": "Mean 0, deviation 1", "min_max": "From 0 to 1", "none": "None"}
PARTS = ("Training", "Validation", "Test")
TEXT_INSET = 6
THIN_SPACE = "\u2009"


class SplitBar(QWidget):
    """Three lengths for the three parts of the rows, in the colors that these have everywhere."""

    HEIGHT = 8

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.shares = (1.0, 0.0, 0.0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the size of the bar."""
        return QSize(120, self.HEIGHT)

    def show_shares(self, shares: tuple[float, float, float]) -> None:
        """Show other shares, which add up to 1."""
        self.shares = shares
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the three parts."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        at = 0.0
        for part, share in enumerate(self.shares):
            if share > 0:
                painter.setBrush(theme.series_color(part))
                painter.drawRoundedRect(QRectF(at, 0, max(2.0, share * self.width() - 2), self.HEIGHT), 3, 3)
            at += share * self.width()
        painter.end()


class SettingsForm(QWidget):
    """Edits a Preparation and the task; ``changed`` follows every edit."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[int, int, bool] = (0, 0, True)
        self.task = _choices({"": "Found from the target"} | dict(TASK_TITLES), "Task")
        self.missing = _choices(MISSING_TITLES, "Missing cells")
        self.scaling = _choices(SCALING_TITLES, "Scaling")
        self.scale_target = QCheckBox("Scale the target too")
        self.scale_target.setChecked(True)
        self.scale_target.setAccessibleName("Scale the target too")
        self.validation = _share("Validation share, percent", 20.0)
        self.test = _share("Test share, percent", 0.0)
        self.seed = QSpinBox()
        self.seed.setRange(0, MOST_SEED)
        self.seed.setAccessibleName("Seed of the split")
        _inset(self.seed)
        self.seed.setToolTip("The same seed divides the rows in the same way.")
        self.bar = SplitBar(self)
        self.counts = [QLabel() for _ in PARTS]
        self.training = QLabel()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, 92)
        grid.setColumnStretch(1, 1)
        grid.addWidget(heading("TASK AND CELLS"), 0, 0, 1, 3)
        self._labels: dict[str, QLabel] = {}
        for row, (text, editor) in enumerate(
            (("Task", self.task), ("Missing cells", self.missing), ("Scaling", self.scaling)), start=1
        ):
            self._labels[text] = _label(text, editor)
            grid.addWidget(self._labels[text], row, 0)
            grid.addWidget(editor, row, 1, 1, 2)
        grid.addWidget(self.scale_target, 4, 1, 1, 2)
        grid.setRowMinimumHeight(5, 4)
        grid.addWidget(heading("DIVIDE THE ROWS"), 6, 0, 1, 2)
        self.dropped = QLabel()
        self.dropped.setProperty("role", "dim")
        grid.addWidget(self.dropped, 6, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.bar, 7, 0, 1, 3)
        grid.addLayout(self._parts(), 8, 0, 1, 3)
        for box in (self.task, self.missing, self.scaling):
            box.currentIndexChanged.connect(self._changed)
        self.scale_target.toggled.connect(self._changed)
        self.validation.valueChanged.connect(self._limit)
        self.test.valueChanged.connect(self._limit)
        self.seed.valueChanged.connect(self._changed)
        self._limit()

    def _parts(self) -> QGridLayout:
        """Return the shares side by side, each under its name and over its number of rows, and the seed."""
        parts = QGridLayout()
        parts.setHorizontalSpacing(12)
        parts.setVerticalSpacing(theme.UNIT)
        self.training.setMinimumHeight(theme.CONTROL_HEIGHT)
        editors = (self.training, self.validation, self.test, self.seed)
        for at, (title, editor) in enumerate(zip((*PARTS, "Seed"), editors, strict=True)):
            parts.addWidget(_label(title, editor), 0, at)
            parts.addWidget(editor, 1, at)
            parts.setColumnStretch(at, 1)
            if at < len(PARTS):
                self.counts[at].setProperty("role", "dim")
                parts.addWidget(self.counts[at], 2, at)
        return parts

    def preparation(self) -> Preparation:
        """Return what is chosen."""
        return Preparation(
            missing=self.missing.currentData(),
            scaling=self.scaling.currentData(),
            scale_target=self.scale_target.isChecked(),
            split=ShareSplit(
                validation=round(self.validation.value() / 100, 4), test=round(self.test.value() / 100, 4)
            ),
            seed=self.seed.value(),
        )

    def chosen_task(self) -> Task | None:
        """Return the task that a person chose, None where it is to be found from the target."""
        return self.task.currentData() or None

    def propose(self, task: Task | None) -> None:
        """Show which task the target suggests, and whether its scaling matters."""
        self.task.setItemText(0, f"{TASK_TITLES[task]}, proposed" if task else "Found from the target")
        regression = (self.chosen_task() or task) == "regression"
        self.scale_target.setVisible(regression)

    def show_rows(self, rows: int, dropped: int, exact: bool) -> None:
        """Show how many rows each part gets when ``rows`` are left of a table, and how many are dropped before."""
        self._rows = (rows, dropped, exact)
        self._show_split()

    def _limit(self) -> None:
        """Keep at least a tenth of the rows for training: the shares always add up."""
        most = 90.0
        self.validation.setMaximum(most - self.test.value())
        self.test.setMaximum(most - self.validation.value())
        self._show_split()
        self.changed.emit()

    def _show_split(self) -> None:
        held = (self.validation.value(), self.test.value())
        self.training.setText(f"{100 - sum(held):g}{THIN_SPACE}%")
        self.bar.show_shares((1 - sum(held) / 100, held[0] / 100, held[1] / 100))
        rows, dropped, exact = self._rows
        about = "" if exact else "≈ "
        self.dropped.setText(f"{about}{plural(dropped, 'row')} dropped".replace(",", THIN_SPACE) if dropped else "")
        self.dropped.setToolTip("Rows with a missing or unreadable cell are dropped before the others are divided.")
        sizes = split_sizes(rows, held[0] / 100, held[1] / 100)
        for label, size in zip(self.counts, sizes, strict=True):
            number = f"{size:,}".replace(",", THIN_SPACE)
            label.setText(f"{about if size else ''}{number} {'row' if size == 1 else 'rows'}" if rows else "")

    def _changed(self) -> None:
        self.changed.emit()


def heading(text: str) -> QLabel:
    """Return the heading of a section."""
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "dim")
    label.setBuddy(buddy)
    return label


def _choices(titles: dict[str, str], name: str) -> QComboBox:
    box = QComboBox()
    for value, title in titles.items():
        box.addItem(title, value)
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


def _share(name: str, value: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setDecimals(0)
    box.setRange(0, 90)
    box.setSingleStep(5)
    box.setSuffix(f"{THIN_SPACE}%")
    box.setValue(value)
    _inset(box)
    box.setAccessibleName(name)
    return box


def _inset(box: QSpinBox | QDoubleSpinBox) -> None:
    """Let a spin box's text start where that of other fields does; its frame has no room of its own for that."""
    box.lineEdit().setTextMargins(TEXT_INSET, 0, 0, 0)
    box.setFixedHeight(theme.CONTROL_HEIGHT + 2)

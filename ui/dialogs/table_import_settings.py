"""What holds for the whole table in the import dialog: the task, missing cells, scaling, and how rows are divided."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.declared import Declared, replace
from nnstudio import numbers
from nnstudio.data import (
    ColumnSplit,
    DataRecipe,
    DataSplit,
    GroupSplit,
    Preparation,
    Preview,
    ShareSplit,
    Task,
    TimeSplit,
    shared_fields,
    split_sizes,
)
from nnstudio.data.recipe import Kind
from nnstudio.spread_words import spread_words
from ui import theme
from ui.forms import DeclaredForm
from ui.forms.controls import Spin
from ui.forms.plain import leave_wheel
from ui.inspector.parts import label as made_label

MOST_HELD = 90  # per cent of the rows, for validation and test together
MOST_SEED = 2**31 - 1  # what a QSpinBox holds
TASK_TITLES: dict[Task, str] = {
    "binary": "Two classes",
    "multiclass": "Several classes",
    "regression": "A number (regression)",
}
SEVERAL: dict[Task | None, str] = {"binary": "Yes or no each", "regression": "Numbers (regression)"}
MISSING_TITLES = {
    "drop": "Drop the row",
    "mean": "Fill with mean / most frequent",
    "median": "Fill with median / most frequent",
    "most_frequent": "Fill with the most frequent",
    "constant": "Fill with 0 / the text missing",
    "refuse": "Refuse the table",
}
SCALING_TITLES = {
    "standard": "Standardize: mean 0, deviation 1",
    "min_max": "Min-max: from 0 to 1",
    "robust": "Robust, by quartiles",
    "none": "None",
}
SPLITS: tuple[type[DataSplit], ...] = (ShareSplit, ColumnSplit, TimeSplit, GroupSplit)
SPLIT_FIELDS = {
    "column": ("column", "validation", "test"),
    "time": ("column",),
    "group": ("column", "stratified"),
}
NO_TIME = 2
IN_TIME: dict[Kind, int] = {"date": 0, "number": 1, "category": NO_TIME, "boolean": NO_TIME}  # what is offered first
BASIC = ("missing", "scaling", "split", "seed")  # what has its place in the first page
PARTS = ("Training", "Validation", "Test")
DROPPED = "Rows with a missing or unreadable cell are dropped before the others are divided."
MOST_DROPPED = f"{DROPPED} So most of them go: fill missing cells, ignore a column, or change how it is read."
HEAD_HEIGHT = 26  # pixels of the line above each table: there may be a field in it


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
    """Edits a Preparation and the task; ``changed`` follows every edit, ``refused`` says what cannot be taken.

    What most tables need stands in this page; :attr:`rules` is the page of all else, placed by whoever shows this.
    """

    changed = Signal()
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[int, int, bool] = (0, 0, True)
        self._lacks_most = ""
        self._rules = Preparation()  # what the page of rules holds; what is basic stands in the editors here
        self._splits: dict[str, DataSplit] = {_tag(kind): _fresh(kind) for kind in SPLITS}
        self._shown: tuple[DataRecipe, Preview] | None = None
        self.task = _choices({"": "Found from the target"} | dict(TASK_TITLES), "Task")
        self.missing = _choices(MISSING_TITLES, "Missing cells")
        self.scaling = _choices(SCALING_TITLES, "Scaling")
        self.divide = _choices({_tag(kind): kind.title.capitalize() for kind in SPLITS}, "Divide the rows")
        self.dividing = DeclaredForm(ColumnSplit(), only=("column",))  # there for all but the first way
        self.dividing.hide()
        self.proportion = DeclaredForm(ShareSplit(), only=("stratified",))
        self.validation = _share("Validation share", 20)
        self.test = _share("Test share", 0)
        self.seed = _spin("Seed of the split", "", 0, MOST_SEED)
        self.seed.setToolTip("The same seed draws the same rows, and divides them into the same folds.")
        self.bar = SplitBar(self)
        self.counts = [QLabel() for _ in PARTS]
        self.training = QLabel()
        self.dropped = made_label(role="dim")
        self.rules = DeclaredForm(Preparation(), only=())
        self._lay_out()
        for box in (self.task, self.missing, self.scaling):
            box.currentIndexChanged.connect(self._changed)
        self.divide.currentIndexChanged.connect(self._choose_split)
        self.dividing.edited.connect(self._set_split)
        self.proportion.edited.connect(self._set_split)
        self.rules.edited.connect(self._set_rules)
        for spin in (self.validation, self.test, self.seed):
            spin.refused.connect(self.refused)
        self.validation.valueChanged.connect(self._limit)
        self.test.valueChanged.connect(self._limit)
        self.seed.valueChanged.connect(self._changed)
        self._limit()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(theme.UNIT)
        editors = {"Task": self.task, "Missing cells": self.missing, "Scaling": self.scaling}
        for at, (title, editor) in enumerate((editors | {"Divide the rows": self.divide}).items()):
            row, side = divmod(at, 2)
            grid.addWidget(_label(title, editor), 3 * row, side)
            grid.addWidget(editor, 3 * row + 1, side)
            grid.setColumnStretch(side, 1)
        grid.setRowMinimumHeight(2, 2)
        column.addLayout(grid)
        column.addWidget(self.dividing)
        column.addWidget(self.bar)
        self.parts = QWidget()
        parts = QGridLayout(self.parts)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setHorizontalSpacing(12)
        parts.setVerticalSpacing(theme.UNIT)
        self.training.setMinimumHeight(theme.CONTROL_HEIGHT)
        shares = (self.training, self.validation, self.test, self.seed)
        self._share_labels = [_label(title, editor) for title, editor in zip((*PARTS, "Seed"), shares, strict=True)]
        for at, (title, editor) in enumerate(zip(self._share_labels, shares, strict=True)):
            parts.addWidget(title, 0, at)
            parts.addWidget(editor, 1, at)
            parts.setColumnStretch(at, 1)
            if at < len(PARTS):
                self.counts[at].setProperty("role", "dim")
                parts.addWidget(self.counts[at], 2, at)
        parts.addWidget(self.dropped, 3, 0, 1, len(shares))
        column.addWidget(self.parts)
        column.addWidget(self.proportion)
        column.addStretch(1)

    # -- what is chosen -------------------------------------------------------------------------------------------

    def preparation(self) -> Preparation:
        """Return what is chosen."""
        return replace(
            self._rules,
            missing=self.missing.currentData(),
            scaling=self.scaling.currentData(),
            split=self._split(),
            seed=self.seed.value(),
        )

    def chosen_task(self) -> Task | None:
        """Return the task that a person chose, None where it is to be found from the target."""
        return self.task.currentData() or None

    def _split(self) -> DataSplit:
        chosen = self._splits[self.divide.currentData()]
        if isinstance(chosen, ColumnSplit):
            return chosen
        validation, test = round(self.validation.value() / 100, 4), round(self.test.value() / 100, 4)
        return replace(chosen, validation=validation, test=test)

    def take(self, recipe: DataRecipe) -> None:
        """Choose what a recipe says."""
        settings, split = recipe.preparation, recipe.preparation.split
        self._rules = settings
        self._splits[_tag(type(split))] = split
        for box, value in (
            (self.task, recipe.task or ""),
            (self.missing, settings.missing),
            (self.scaling, settings.scaling),
            (self.divide, _tag(type(split))),
        ):
            box.setCurrentIndex(box.findData(value))
        if not isinstance(split, ColumnSplit):
            self.test.setValue(0)  # else the share before may limit the other
            self.validation.setValue(round(100 * split.validation))
            self.test.setValue(round(100 * split.test))
        if isinstance(split, ShareSplit):
            self.proportion.set_value(split)
        self.seed.setValue(min(settings.seed, MOST_SEED))

    # -- what is shown --------------------------------------------------------------------------------------------

    def forget_columns(self) -> None:
        """Divide by no column any more: another file has others."""
        self._shown = None
        self._splits |= {_tag(kind): _fresh(kind) for kind in SPLITS if kind is not ShareSplit}
        if self.divide.currentIndex():
            self.divide.setCurrentIndex(0)

    def propose(self, task: Task | None, several: bool = False) -> None:
        """Show which task the targets, of which there may be several, suggest."""
        title = SEVERAL.get(task, TASK_TITLES[task]) if several and task else TASK_TITLES[task] if task else ""
        self.task.setItemText(0, f"{title}, proposed" if title else "Found from the target")

    def show_recipe(self, recipe: DataRecipe, shown: Preview) -> None:
        """Offer the rules that matter for the columns of a recipe, and its columns to divide the rows by."""
        self._shown = (recipe, shown)
        self.rules.show_only([name for name in shared_fields(recipe, recipe.task) if name not in BASIC])
        self.rules.set_value(recipe.preparation)
        self._offer_columns()

    def show_rows(self, rows: int, dropped: int, exact: bool, lacks_most: str = "") -> None:
        """Show how many rows each part gets when ``rows`` are left of a table, and how many are dropped before.

        ``lacks_most`` is the column for which most of them are.
        """
        self._rows = (rows, dropped, exact)
        self._lacks_most = lacks_most
        self._show_split()

    def _offer_columns(self) -> None:
        split = self._splits[self.divide.currentData()]
        if self._shown is None or isinstance(split, ShareSplit):
            return
        recipe, shown = self._shown
        in_time = isinstance(split, TimeSplit)
        columns = (
            sorted(recipe.plan.columns, key=lambda column: IN_TIME[column.kind]) if in_time else recipe.plan.columns
        )
        self.dividing.set_words({"columns": tuple(column.name for column in columns)})
        samples = {column.name: column for column in shown.columns}
        sample = samples.get(split.column)
        words = f"It holds {spread_words(sample.figures.spread, sample.kind)}." if sample is not None else ""
        if in_time and sample is not None and IN_TIME[sample.kind] == NO_TIME:
            words = f"{words} Text tells no time: rows are taken in the alphabetical order of its texts."
        self.dividing.set_note("column", words)

    def _choose_split(self) -> None:
        tag = self.divide.currentData()
        by_chance = tag == _tag(ShareSplit)
        self.dividing.setVisible(not by_chance)
        self.proportion.setVisible(by_chance)
        if not by_chance:
            self._propose_time(tag)
            self.dividing.show_only(SPLIT_FIELDS[tag])
            self.dividing.set_value(self._splits[tag])
            self._offer_columns()
        self._show_split()
        self._changed()

    def _propose_time(self, tag: str) -> None:
        """Take the only date of a table for what orders its rows, where nothing is chosen yet."""
        split = self._splits[tag]
        if isinstance(split, TimeSplit) and not split.column and self._shown is not None:
            dates = [column.name for column in self._shown[0].plan.columns if column.kind == "date"]
            if len(dates) == 1:
                self._splits[tag] = replace(split, column=dates[0])

    def _set_split(self, split: Declared, path: str) -> None:
        assert isinstance(split, (ShareSplit, ColumnSplit, TimeSplit, GroupSplit))
        self._splits[self.divide.currentData()] = split
        self._offer_columns()
        self._changed()

    def _set_rules(self, rules: Declared, path: str) -> None:
        assert isinstance(rules, Preparation)
        self._rules = rules
        self._changed()

    def _limit(self) -> None:
        """Keep at least a tenth of the rows for training: the shares always add up."""
        self.validation.setMaximum(MOST_HELD - self.test.value())
        self.test.setMaximum(MOST_HELD - self.validation.value())
        self._show_split()
        self.changed.emit()

    def _show_split(self) -> None:
        by_shares = self.divide.currentData() != _tag(ColumnSplit)
        for widget in (self.bar, self.training, self.validation, self.test, *self._share_labels[:-1], *self.counts):
            widget.setVisible(by_shares)
        held = (self.validation.value(), self.test.value())
        self.training.setText(f"{100 - sum(held):g}{numbers.THIN_SPACE}%")
        self.bar.show_shares((1 - sum(held) / 100, held[0] / 100, held[1] / 100))
        rows, dropped, exact = self._rows
        about = "" if exact else "≈ "
        most = dropped > rows
        worst = f", most for {self._lacks_most!r}" if most and self._lacks_most else ""
        self.dropped.setText(f"{about}{numbers.plural(dropped, 'row')} dropped{worst}" if dropped else "")
        self.dropped.setVisible(bool(dropped))
        self.dropped.setToolTip(MOST_DROPPED if most else DROPPED)
        if self.dropped.property("role") != (role := "warn" if most else "dim"):
            self.dropped.setProperty("role", role)
            self.dropped.style().polish(self.dropped)
        sizes = split_sizes(rows, held[0] / 100, held[1] / 100)
        # Rows of one moment or one group stay together, so that parts may be a little larger or smaller.
        about = "" if exact and self.divide.currentData() == _tag(ShareSplit) else "≈ "
        for label, size in zip(self.counts, sizes, strict=True):
            label.setText(f"{about if size else ''}{numbers.plural(size, 'row')}" if rows else "")

    def _changed(self) -> None:
        self.changed.emit()


def _fresh(kind: type[DataSplit]) -> DataSplit:
    """Return a way to divide rows as it is proposed; the classes are kept in proportion where they can be."""
    return GroupSplit(stratified=True) if kind is GroupSplit else kind()


def heading(text: str) -> QLabel:
    """Return the heading of a section."""
    return made_label(text, "heading")


def _tag(kind: type[DataSplit]) -> str:
    return str(kind.__struct_config__.tag)


def _label(text: str, buddy: QWidget) -> QLabel:
    label = made_label(text, "hint")
    label.setBuddy(buddy)
    return label


def _choices(titles: dict[str, str], name: str) -> QComboBox:
    box = QComboBox()
    for value, title in titles.items():
        box.addItem(title, value)
    leave_wheel(box)
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


def _share(name: str, value: int) -> Spin:
    box = _spin(name, "percent", 0, MOST_HELD)
    box.setSingleStep(5)
    box.setSuffix(f"{numbers.THIN_SPACE}%")
    box.setValue(value)
    return box


def _spin(name: str, unit: str, low: int, high: int) -> Spin:
    box = Spin(name)
    box.setRange(low, high)
    box.setFixedHeight(theme.CONTROL_HEIGHT + 2)
    box.setAccessibleName(f"{name}, {unit}" if unit else name)
    return box

"""The data block of the left column: what is loaded, in words and as a picture, and how to load something else."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio import numbers
from nnstudio.data import (
    SAMPLES,
    ColumnSplit,
    DataRecipe,
    GroupSplit,
    PreparedData,
    SampleSource,
    ShareSplit,
    TimeSplit,
    axis,
    axis_title,
)
from nnstudio.data.look import Look, first_axes, picture, picture_shape
from nnstudio.document import Document
from ui import colormaps, icons, theme
from ui.panels.data_picture import pixels
from ui.sample_sliders import SampleSliders
from ui.training_view_model import TrainingViewModel

MARGIN = 12
MOST_POINTS = 400
POINT = 4.0
BINS = 32
PICTURES, GAP = 4, 2  # a side, and pixels between them
VALUE_LEVELS = 12
DIVIDED = {ColumnSplit: "divided by", TimeSplit: "divided in the order of", GroupSplit: "divided in groups of"}
SCALING = {"standard": "standard", "min_max": "0 to 1", "robust": "robust", "none": "not at all"}


class DataCard(QWidget):
    """Name, size, split and scaling of the data, and a picture of them."""

    load_requested = Signal()
    sample_requested = Signal(str)
    shape_requested = Signal(int, float, str)  # rows and noise of a generated sample, and what merges such changes

    def __init__(self, model: TrainingViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setProperty("role", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        heading = QLabel("DATA")
        heading.setProperty("role", "heading")
        self.name = _Elided()
        self.name.setProperty("role", "title")
        for label in (heading, self.name):
            theme.strong(label)
        self.facts, self.notes, self.warnings = _Words("dim"), _Words("hint"), _Words("warn")
        self.warnings.setAccessibleName("Warnings about the data")
        self.picture = DataPicture()
        self.axes = _Elided()
        self.axes.setProperty("role", "hint")
        self.axes.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.sliders = SampleSliders()
        self.sliders.changed.connect(self.shape_requested)
        self.load = QPushButton("Load a table…")
        self.load.setAccessibleName("Load a table")
        self.load.clicked.connect(self.load_requested)
        self.samples = QToolButton()
        self.samples.setText("Samples")
        self.samples.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.samples.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow after the word
        self.samples.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.samples.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.samples.setAccessibleName("Choose a sample")
        self.samples.setToolTip("Data that come with the program")
        self.samples.setMenu(self._menu())
        top = QHBoxLayout()
        top.addWidget(heading)
        top.addStretch(1)
        top.addWidget(self.samples)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, 10, MARGIN, 12)
        column.setSpacing(4)
        column.addLayout(top)
        for widget in (self.name, self.facts, self.warnings, self.notes):
            column.addWidget(widget)
        column.addWidget(self.picture, 1000)
        column.addWidget(self.axes)
        column.addWidget(self.sliders)
        column.addSpacing(4)
        column.addWidget(self.load)
        column.addStretch(1)
        model.data_changed.connect(self._show)
        model.store.changed.connect(self._document_changed)
        theme.theme().changed.connect(self._dress)
        self._dress()
        self._show()

    def _warn(self, warnings: list[str]) -> None:
        """Show the first of the warnings, and how many more there are; the tooltip has them all."""
        first, more = (warnings[0], len(warnings) - 1) if warnings else ("", 0)
        self.warnings.setVisible(bool(first))
        self.warnings.setText(f"{first} {numbers.plural(more, 'more warning')}." if more else first)
        self.warnings.setToolTip("\n".join(warnings))
        self.warnings.setAccessibleDescription(" ".join(warnings))

    def _document_changed(self, before: Document, after: Document) -> None:
        if before.data != after.data:
            self._show()

    def _dress(self, _: object = None) -> None:
        self.samples.setIcon(icons.icon("ph.caret-down", color=theme.tokens().dim))

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for name, sample in SAMPLES.items():
            action = menu.addAction(sample.title, partial(self.sample_requested.emit, name))
            action.setToolTip(sample.description)
        return menu

    def _show(self) -> None:
        recipe, data = self._model.store.document.data, self._model.data
        name, tip = source_name(recipe)
        self.name.show_text(name, tip)
        self.facts.setText(facts(recipe, data))
        self.sliders.show_source(recipe.source if recipe is not None else None)
        warnings = [warning.text for warning in data.report.warnings] if data is not None else []
        notes = list(data.report.notes) if data is not None else []
        self._warn(warnings)
        more = len(notes) - 1
        shown = notes[0] if notes else ""
        if warnings and notes:
            shown = f"{numbers.plural(len(notes), 'note')} on how it was read and prepared."
        elif more > 0:
            shown = f"{shown} {numbers.plural(more, 'more note')}."
        self.notes.setVisible(bool(shown))
        self.notes.setText(shown)
        self.notes.setToolTip("\n".join(notes))
        self.picture.show_data(data)
        self.picture.setVisible(data is not None)
        self.axes.setVisible(data is not None)
        self.axes.show_text(_axes(data) if data is not None else "")


def source_name(recipe: DataRecipe | None) -> tuple[str, str]:
    """Return what the data are called, and where they come from."""
    if recipe is None:
        return "No data yet", ""
    if isinstance(recipe.source, SampleSource):
        sample = SAMPLES.get(recipe.source.name)
        if sample is None:
            return recipe.source.name, ""
        return sample.title, f"{sample.description}\n{sample.source}, {sample.license}"
    return Path(recipe.source.path).name, recipe.source.path


def facts(recipe: DataRecipe | None, data: PreparedData | None) -> str:
    """Return rows, features, classes, split and scaling, in words."""
    if data is None:
        if recipe is None:
            return "Load your own table, or start with a sample."
        return "This table could not be found: load it again."
    lines = [f"{numbers.plural(len(data.X), 'row')}, {numbers.plural(len(data.features), 'feature')}"]
    if data.task == "regression":
        lines.append(f"predicts the {'numbers' if len(data.targets) > 1 else 'number'} {data.target}")
    elif len(data.targets) > 1:
        lines.append(f"predicts {data.target}, yes or no each")
    else:
        lines.append(f"predicts {data.target}, {numbers.plural(len(data.classes), 'class', 'classes')}")
    sizes = [(len(data.training), "training"), (len(data.validation), "validation"), (len(data.test), "test")]
    lines.append(", ".join(f"{numbers.count(size)} {name}" for size, name in sizes if size))
    if recipe is not None:
        lines += _prepared_how(recipe)
    return "\n".join(lines)


def _prepared_how(recipe: DataRecipe) -> list[str]:
    """Return how the rows were divided, where not by chance, and how they were scaled."""
    settings, lines = recipe.preparation, []
    if not isinstance(settings.split, ShareSplit):
        lines.append(f"{DIVIDED[type(settings.split)]} {settings.split.column}")
    own = {column.steps.scaling for column in recipe.plan.columns if column.role == "feature"} - {None}
    lines.append(f"scaled: {SCALING[settings.scaling]}" + (", some otherwise" if own - {settings.scaling} else ""))
    if settings.class_weights == "balanced":
        lines.append("classes balanced")
    return lines


def _axes(data: PreparedData) -> str:
    """Return what the picture shows, and of several targets which gives the colors."""
    shape = picture_shape(data.features)
    if shape is not None:
        return f"rows as pictures of {shape[0]} × {shape[1]} pixels"
    titles = " × ".join(axis_title(data, feature) for feature in _shown(data))
    return f"{titles}, color: {data.targets[0]}" if len(data.targets) > 1 else titles


class CardArea(QScrollArea):
    """What the card stands in: in a low window one scrolls to what has no room."""

    LEAST = 120  # pixels of height

    def __init__(self, card: DataCard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidget(card)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(self.LEAST)

    def sizeHint(self) -> QSize:
        """Return the size that the card wishes for."""
        return self.widget().sizeHint()


class DataPicture(QWidget):
    """Two features as dots in the colors of their classes; one feature as a histogram. Painted once and kept."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._data: PreparedData | None = None
        self._kept: QPixmap | None = None
        theme.theme().changed.connect(self._forget)

    def sizeHint(self) -> QSize:
        """Return the usual size."""
        return QSize(160, 140)

    def minimumSizeHint(self) -> QSize:
        """Return the least size: in a low window the picture goes first."""
        return QSize(80, 40)

    def show_data(self, data: PreparedData | None) -> None:
        """Show other data."""
        if data is not self._data:
            self._data = data
            if data is not None:
                words = " and ".join(data.features[feature] for feature in _shown(data))
                self.setAccessibleName(f"Picture of {words}")
            self._forget()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint anew."""
        super().resizeEvent(event)
        self._kept = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the kept picture."""
        if self._data is None:
            return
        if self._kept is None:
            ratio = self.devicePixelRatioF()
            self._kept = QPixmap(self.size() * ratio)
            self._kept.setDevicePixelRatio(ratio)
            self._kept.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._kept)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            area = QRectF(self.rect()).adjusted(4, 4, -4, -4)
            if area.height() > area.width():  # a tall column would tear the points apart
                middle = area.center()
                area.setHeight(area.width())
                area.moveCenter(middle)
            shape = picture_shape(self._data.features)
            if shape is not None:
                _paint_pictures(painter, area, self._data, shape)
            elif len(self._data.features) > 1:
                _paint_dots(painter, area, self._data)
            else:
                _paint_bars(painter, area, self._data)
            painter.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._kept)

    def _forget(self, _: object = None) -> None:
        self._kept = None
        self.update()


def _shown(data: PreparedData) -> tuple[int, ...]:
    """Return the features that the picture shows: two, or the only one."""
    return first_axes(data) if len(data.features) > 1 else (0,)


def _rows(data: PreparedData) -> NDArray[np.intp]:
    return np.linspace(0, len(data.X) - 1, min(len(data.X), MOST_POINTS)).astype(np.intp)


def groups(data: PreparedData, rows: NDArray[np.intp]) -> list[tuple[QColor, NDArray[np.bool_]]]:
    """Return the colors of the classes, or of ranges of the target, and which rows have them."""
    Y = data.Y[rows]
    if data.task == "regression":
        low, high = float(data.Y[:, 0].min()), float(data.Y[:, 0].max())
        steps = np.rint((Y[:, 0] - low) / ((high - low) or 1.0) * (VALUE_LEVELS - 1)).astype(int)
        colors = colormaps.amounts()
        # The palest would not be seen on the surface.
        at = np.linspace(0.25, 1.0, VALUE_LEVELS) * (colormaps.LEVELS - 1)
        return [(QColor(int(colors[int(at[step])])), steps == step) for step in range(VALUE_LEVELS)]
    # Of several targets the first gives the colors.
    classes = (Y[:, 0] > 0.5).astype(int) if data.task == "binary" else Y.argmax(axis=1)
    count = max(2, len(data.classes))
    return [(theme.class_color(index, count), classes == index) for index in range(count)]


def _paint_dots(painter: QPainter, area: QRectF, data: PreparedData) -> None:
    rows = _rows(data)
    x, y = (axis(data, feature, data.X[rows, feature]) for feature in _shown(data))
    span_x, span_y = float(np.ptp(x)) or 1.0, float(np.ptp(y)) or 1.0
    px = area.left() + (x - x.min()) / span_x * area.width()
    py = area.bottom() - (y - y.min()) / span_y * area.height()
    for color, members in groups(data, rows):
        if members.any():
            pen = QPen(color, POINT)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in zip(px[members], py[members], strict=True)]))


def _paint_pictures(painter: QPainter, area: QRectF, data: PreparedData, shape: tuple[int, int]) -> None:
    """Paint some rows whose features are pixels."""
    look = Look(data)
    width, height = area.width() / PICTURES, area.height() / PICTURES
    for place, row in enumerate(data.training[: PICTURES**2].tolist()):
        down, across = divmod(place, PICTURES)
        cell = QRectF(area.left() + across * width, area.top() + down * height, width - GAP, height - GAP)
        painter.drawImage(cell, pixels(picture(look, row, shape)))


def _paint_bars(painter: QPainter, area: QRectF, data: PreparedData) -> None:
    counts, _ = np.histogram(data.X[:, 0], bins=BINS)
    width = area.width() / BINS
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.tokens().color("faint"))
    for index, count in enumerate(counts):
        height = area.height() * float(count) / max(float(counts.max()), 1.0)
        painter.drawRect(QRectF(area.left() + index * width, area.bottom() - height, width - 1, height))


class _Words(QLabel):
    """A label of several lines, all of which stay in sight: in a low window the picture goes first."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setWordWrap(True)

    def setText(self, text: str) -> None:
        """Show a text."""
        super().setText(text)
        self._hold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Be as high as the text is at this width."""
        super().resizeEvent(event)
        self._hold()

    def _hold(self) -> None:
        self.setMinimumHeight(0)  # else the height before would count as the text's
        self.setMinimumHeight(max(self.heightForWidth(self.width()), 0))  # without a text it is -1


class _Elided(QLabel):
    """A label whose text ends in an ellipsis where it is too long; the whole is in its tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self._whole, self._tip = "", ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str, tip: str = "") -> None:
        """Show a text."""
        self._whole, self._tip = text, tip
        self._fit()

    def whole(self) -> str:
        """Return the text without an ellipsis."""
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten to the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, max(self.width() - 2, 40))
        self.setText(shown)
        self.setAccessibleName(self._whole)
        self.setToolTip(self._tip or (self._whole if shown != self._whole else ""))

"""The data block of the left column: what is loaded, in words and as a picture, and how to load something else."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.data import SAMPLES, DataRecipe, PreparedData, SampleSource, raw
from nnstudio.document import Document
from ui import colormaps, icons, theme
from ui.training_view_model import TrainingViewModel

MARGIN = 12
MOST_POINTS = 400
POINT = 4.0
BINS = 32
VALUE_LEVELS = 12
SCALING = {"standard": "standard", "min_max": "0 to 1", "none": "not at all"}


class DataCard(QWidget):
    """Name, size, split and scaling of the data, and a picture of them."""

    load_requested = Signal()
    sample_requested = Signal(str)

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
        self.facts = QLabel()
        self.facts.setProperty("role", "dim")
        self.facts.setWordWrap(True)
        self.notes = QLabel()
        self.notes.setProperty("role", "hint")
        self.notes.setWordWrap(True)
        self.picture = DataPicture()
        self.axes = _Elided()
        self.axes.setProperty("role", "hint")
        self.axes.setAlignment(Qt.AlignmentFlag.AlignHCenter)
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
        for widget in (self.name, self.facts, self.notes):
            column.addWidget(widget)
        column.addWidget(self.picture, 1000)
        column.addWidget(self.axes)
        column.addSpacing(4)
        column.addWidget(self.load)
        column.addStretch(1)
        model.data_changed.connect(self._show)
        model.store.changed.connect(self._document_changed)
        theme.theme().changed.connect(self._dress)
        self._dress()
        self._show()

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
        notes = " ".join(data.report.notes[:1]) if data is not None else ""
        self.notes.setVisible(bool(notes))
        self.notes.setText(notes)
        self.notes.setToolTip("\n".join(data.report.notes) if data is not None else "")
        self.picture.show_data(data)
        self.picture.setVisible(data is not None)
        self.axes.setVisible(data is not None)
        self.axes.show_text(" × ".join(data.features[:2]) if data is not None else "")


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
        lines.append(f"predicts the number {data.target}")
    else:
        lines.append(f"predicts {data.target}, {numbers.plural(len(data.classes), 'class', 'classes')}")
    sizes = [(len(data.training), "training"), (len(data.validation), "validation"), (len(data.test), "test")]
    lines.append(", ".join(f"{numbers.count(size)} {name}" for size, name in sizes if size))
    if recipe is not None:
        lines.append(f"scaled: {SCALING.get(recipe.preparation.scaling, recipe.preparation.scaling)}")
    return "\n".join(lines)


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
                words = " and ".join(data.features[:2])
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
            if len(self._data.features) > 1:
                _paint_dots(painter, area, self._data)
            else:
                _paint_bars(painter, area, self._data)
            painter.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._kept)

    def _forget(self, _: object = None) -> None:
        self._kept = None
        self.update()


def _rows(data: PreparedData) -> NDArray[np.intp]:
    return np.linspace(0, len(data.X) - 1, min(len(data.X), MOST_POINTS)).astype(np.intp)


def groups(data: PreparedData, rows: NDArray[np.intp]) -> list[tuple[QColor, NDArray[np.bool_]]]:
    """Return the colors of the classes, or of ranges of the target, and which rows have them."""
    Y = data.Y[rows]
    if data.task == "regression":
        low, high = float(data.Y.min()), float(data.Y.max())
        steps = np.rint((Y[:, 0] - low) / ((high - low) or 1.0) * (VALUE_LEVELS - 1)).astype(int)
        colors = colormaps.amounts()
        # The palest would not be seen on the surface.
        at = np.linspace(0.25, 1.0, VALUE_LEVELS) * (colormaps.LEVELS - 1)
        return [(QColor(int(colors[int(at[step])])), steps == step) for step in range(VALUE_LEVELS)]
    classes = (Y[:, 0] > 0.5).astype(int) if data.task == "binary" else Y.argmax(axis=1)
    count = max(2, len(data.classes))
    return [(theme.class_color(index, count), classes == index) for index in range(count)]


def _paint_dots(painter: QPainter, area: QRectF, data: PreparedData) -> None:
    rows = _rows(data)
    x, y = raw(data, 0, data.X[rows, 0]), raw(data, 1, data.X[rows, 1])
    span_x, span_y = float(np.ptp(x)) or 1.0, float(np.ptp(y)) or 1.0
    px = area.left() + (x - x.min()) / span_x * area.width()
    py = area.bottom() - (y - y.min()) / span_y * area.height()
    for color, members in groups(data, rows):
        if members.any():
            pen = QPen(color, POINT)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in zip(px[members], py[members], strict=True)]))


def _paint_bars(painter: QPainter, area: QRectF, data: PreparedData) -> None:
    counts, _ = np.histogram(data.X[:, 0], bins=BINS)
    width = area.width() / BINS
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.tokens().color("faint"))
    for index, count in enumerate(counts):
        height = area.height() * float(count) / max(float(counts.max()), 1.0)
        painter.drawRect(QRectF(area.left() + index * width, area.bottom() - height, width - 1, height))


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

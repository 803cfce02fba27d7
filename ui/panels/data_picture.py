"""Rows as pictures, where the features are pixels."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from nnstudio.data.look import Look, picture, picture_shape
from ui import colormaps, theme

PICTURE = 64  # pixels of the screen


class ExamplePicture(QWidget):
    """The chosen row as a picture, where the features are pixels; otherwise it takes no room."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(PICTURE, PICTURE)
        self._look: Look | None = None
        self._shape: tuple[int, int] | None = None
        self._row = -1
        self.hide()

    def take(self, look: Look) -> None:
        """Take other data."""
        self._look, self._shape, self._row = look, picture_shape(look.prepared.features), -1
        self.setVisible(self._shape is not None)

    def show_row(self, row: int) -> None:
        """Show a row of the table."""
        self._row = row
        if self._look is not None:
            self.setAccessibleName(f"Row {self._look.row_number(row)} as a picture")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the pixels."""
        if self._look is None or self._shape is None or self._row < 0:
            return
        image = pixels(picture(self._look, self._row, self._shape))
        painter = QPainter(self)
        side = max(self._shape)
        across, down = (round(PICTURE * part / side) for part in (self._shape[1], self._shape[0]))
        painter.drawImage(self.rect().adjusted(0, 0, across - PICTURE, down - PICTURE), image)


def pixels(values: np.ndarray) -> QImage:
    """Return a picture in the theme's colors, from the canvas to the text's color."""
    t = theme.tokens()
    return colormaps.image(
        colormaps.ramp(t.canvas, t.text)[colormaps.levels(values, float(values.min()), float(values.max()))]
    )

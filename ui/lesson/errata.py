"""The notes, corrected: a window with every slip of the lecture notes beside the right form."""

from __future__ import annotations

import importlib.resources
import re

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from ui import theme
from ui.lesson.parts import Text

WIDTH, HEIGHT, MARGIN = 620, 680, 22
SECTION = re.compile(r"^(?=##)", re.MULTILINE)


class ErrataWindow(QDialog):
    """The list in ``resources/errata.md``, typeset; it stands beside the window and does not block it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("The notes, corrected")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = (importlib.resources.files("resources") / "errata.md").read_text(encoding="utf-8")
        self._waiting = SECTION.split(text)  # set one after the other: all equations at once take most of a second
        self.sections: list[Text] = []
        inside = QWidget()
        inside.setProperty("role", "surface")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self._column.setSpacing(12)
        self._column.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidget(inside)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        foot = QVBoxLayout()
        foot.setContentsMargins(MARGIN, 8, MARGIN, 12)
        foot.addWidget(buttons)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.area, 1)
        whole.addLayout(foot)
        self.resize(self.sizeHint())  # a dialog would take at most two thirds of the screen
        theme.theme().changed.connect(self._restyle)
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._add_section)
        self._timer.start()

    def _add_section(self) -> None:
        if not self._waiting:
            self._timer.stop()
            return
        section = Text()
        self._column.insertWidget(len(self.sections), section)
        self.sections.append(section)
        section.show_text(self._waiting.pop(0))

    def _restyle(self, _: object) -> None:
        for section in self.sections:
            section.show_text(section.markdown)

    def sizeHint(self) -> QSize:
        """Return a width in which a line is read well."""
        return QSize(WIDTH, HEIGHT)

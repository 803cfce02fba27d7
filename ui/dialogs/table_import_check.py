"""One line below the columns of a large table: of which rows the figures are, and how far the check of all has come."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from nnstudio import numbers

STEPS = 1_000
BAR_WIDTH = 110
AGAIN = "Check all rows"


class CheckRow(QWidget):
    """Hidden where the figures are of all rows. ``pressed`` asks to stop the check, or to begin it again."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setAccessibleName("State of the check of all rows")
        self.progress = QProgressBar()
        self.progress.setRange(0, STEPS)
        self.progress.setFixedWidth(BAR_WIDTH)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of checking all rows")
        self.button = QPushButton()
        self.button.setAutoDefault(False)
        self.button.setAccessibleName(AGAIN)
        self.button.clicked.connect(self.pressed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.progress)
        row.addWidget(self.button)
        self.hide()

    def show_state(self, counted: int, running: bool, problem: str = "") -> None:
        """Show that the figures are of the first ``counted`` rows, and whether all are being checked."""
        rows = f"Figures of the first {numbers.count(counted)} rows"
        self.words.setText(f"✕ {problem}" if problem else f"{rows}, checking all…" if running else rows)
        role = "bad" if problem else "dim"
        if self.words.property("role") != role:
            self.words.setProperty("role", role)
            self.words.style().polish(self.words)
        self.progress.setVisible(running)
        self.button.setText("Cancel" if running else AGAIN)
        self.button.setAccessibleName("Cancel checking all rows" if running else AGAIN)
        self.show()

    def show_share(self, share: float) -> None:
        """Show how far the check has come, from 0 to 1; it never goes back."""
        self.progress.setValue(max(self.progress.value(), round(STEPS * share)))

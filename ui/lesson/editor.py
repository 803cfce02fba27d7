"""Writing a lesson: its text as Markdown, checked as it is written."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.lessons.text import LessonError, parse
from ui import theme

CHECK_MS = 400  # after the last key
TEMPLATE = """+++
title = "A lesson of my own"
views = ["loss"]
+++

## The first step

What is to be learned, in a few sentences, with equations such as $z = w^T x + b$.

```predict
What will happen?
- [x] The cost falls
- [ ] The cost rises
A step goes against the gradient.
```

```check
Train for 20 epochs: new_epochs >= 20
```
"""


class LessonEditor(QWidget):
    """``given`` tells the text once it is a lesson and is to be taken; ``left`` that it is not."""

    given = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text, self.words = QPlainTextEdit(), QLabel()
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPixelSize(round(theme.BODY))
        self.text.setFont(QFont(fixed))
        self.text.setAccessibleName("Text of the lesson")
        self.text.setTabChangesFocus(True)
        self.words.setWordWrap(True)
        self.words.setProperty("role", "hint")
        self.take, cancel = QPushButton("Apply"), QPushButton("Cancel")
        self.take.setProperty("role", "primary")
        self.take.clicked.connect(lambda: self.given.emit(self.text.toPlainText()))
        cancel.clicked.connect(self.left)
        row = QHBoxLayout()
        row.addWidget(cancel)
        row.addStretch(1)
        row.addWidget(self.take)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.text, 1)
        column.addWidget(self.words)
        column.addLayout(row)
        self._later = QTimer(self, singleShot=True, interval=CHECK_MS)
        self._later.timeout.connect(self._check)
        self.text.textChanged.connect(self._later.start)

    def begin(self, text: str) -> None:
        """Begin with a text, or, without one, with a short lesson to change."""
        self.text.setPlainText(text or TEMPLATE)
        self._check()
        self.text.setFocus()

    def _check(self) -> None:
        try:
            lesson = parse(self.text.toPlainText())
        except LessonError as error:
            self.words.setText(str(error))
            self.take.setEnabled(False)
            return
        self.words.setText(f"{numbers.plural(len(lesson.steps), 'step')}. The lesson is saved with the project.")
        self.take.setEnabled(True)

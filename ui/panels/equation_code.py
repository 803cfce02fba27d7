"""The NumPy script of the network: read-only, with comments and keywords told apart."""

from __future__ import annotations

import re

from PySide6.QtGui import QFontDatabase, QSyntaxHighlighter, QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from ui import theme

WORDS = re.compile(r"\b(def|return|import|as|for|in|if|else|is|not|None)\b")
STRINGS = re.compile(r'"""[^"]*"""|"[^"]*"')
COMMENT = re.compile(r"#.*$")


class CodeView(QPlainTextEdit):
    """A script to read, select and copy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(round(theme.BODY))
        self.setFont(font)
        self.setStyleSheet(f"font-family: '{font.family()}';")  # the window's style sheet names another family
        self.setAccessibleName("The step as NumPy code")
        self._colors = _Colors(self.document())
        theme.theme().changed.connect(self._restyle)

    def show_code(self, code: str) -> None:
        """Show a script, at the same place where it is shown already."""
        if code != self.toPlainText():
            place = self.verticalScrollBar().value()
            self.setPlainText(code)
            self.verticalScrollBar().setValue(place)

    def _restyle(self, _: object) -> None:
        self._colors.rehighlight()


class _Colors(QSyntaxHighlighter):
    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)

    def highlightBlock(self, text: str) -> None:
        """Color one line."""
        t = theme.tokens()
        for pattern, color in (
            (WORDS, t.color("accent")),
            (STRINGS, theme.series_color(1)),
            (COMMENT, t.color("dim")),
        ):
            style = QTextCharFormat()
            style.setForeground(color)
            for found in pattern.finditer(text):
                self.setFormat(found.start(), found.end() - found.start(), style)

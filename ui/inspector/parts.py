"""Small pieces that the inspector's pages share: headings, problem sentences, a table of figures, a dot with words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.shapes import Problem
from ui import theme

DOT = 8
DOT_LINE = 15  # pixels, the height of a line of text beside it
STRONG_ROLES = ("title", "heading", "figure")


def label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label of a role of the style sheet."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    made.setWordWrap(wrap)
    if role in STRONG_ROLES:
        theme.strong(made)
    return made


MOST_NAME = 104  # pixels of the first of three columns


def set_text(widget: QLabel, text: str) -> None:
    """Change a label's text only where it differs: a new layout is dear at 30 frames a second."""
    if widget.text() != text:
        widget.setText(text)


class Heading(QWidget):
    """A heading in small capitals, with a hint at the right."""

    def __init__(self, text: str, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 12, 0, 4)
        row.addWidget(label(text, "heading"))
        row.addStretch(1)
        row.addWidget(label(hint, "hint"))


class Dot(QWidget):
    """A colored dot; the words beside it say the same."""

    def __init__(self, grade: str = "ok", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grade = grade
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.theme().changed.connect(self.update)

    def set_grade(self, grade: str) -> None:
        """Take the color of another grade: a name of a token."""
        if grade != self._grade:
            self._grade = grade
            self.update()

    def sizeHint(self) -> QSize:
        """Return the dot's own size."""
        return QSize(DOT, DOT_LINE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dot."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.tokens().color(self._grade))
        painter.drawEllipse(0, (DOT_LINE - DOT) // 2, DOT, DOT)


class Lines(QWidget):
    """Some sentences below each other, each with a dot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._rows: list[tuple[QWidget, Dot, QLabel]] = []

    def show_lines(self, lines: Sequence[tuple[str, str]]) -> None:
        """Show pairs of a grade and a sentence."""
        while len(self._rows) < len(lines):
            self._rows.append(self._new_row())
        for index, (row, dot, words) in enumerate(self._rows):
            row.setVisible(index < len(lines))
            if index < len(lines):
                dot.set_grade(lines[index][0])
                set_text(words, lines[index][1])

    def texts(self) -> list[str]:
        """Return the sentences shown."""
        return [words.text() for row, _, words in self._rows if not row.isHidden()]

    def _new_row(self) -> tuple[QWidget, Dot, QLabel]:
        row, dot, words = QWidget(), Dot(), label(wrap=True)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(dot, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(words, 1)
        self._column.addWidget(row)
        return row, dot, words


class Problems(QWidget):
    """The problems of a node or a network, in words, errors first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        self._lines = Lines()
        column.addWidget(self._lines)
        self.hide()

    def show_problems(self, problems: Iterable[Problem]) -> None:
        """Show these problems, or nothing where there are none."""
        ordered = sorted(problems, key=lambda problem: problem.severity != "error")
        self._lines.show_lines(
            [("bad" if problem.severity == "error" else "warn", problem.sentence) for problem in ordered]
        )
        self.setVisible(bool(ordered))

    def texts(self) -> list[str]:
        """Return the sentences shown."""
        return self._lines.texts()


class FigureTable(QWidget):
    """Rows of a symbol, its shape and a figure; figures change in place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[QLabel, QLabel, QLabel]] = []
        self._shown = 0

    def show_rows(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Show these rows; labels are kept and reused."""
        while len(self._rows) < len(rows):
            made = (label(), label(role="dim"), label(role="dim"))
            for column, one in enumerate(made):
                side = Qt.AlignmentFlag.AlignRight if column == 2 else Qt.AlignmentFlag.AlignLeft
                self._grid.addWidget(one, len(self._rows), column, side)
            self._rows.append(made)
        for index, labels in enumerate(self._rows):
            for column, one in enumerate(labels):
                if (index < self._shown) != (index < len(rows)) or index >= self._shown:
                    one.setVisible(index < len(rows))
                if index < len(rows):
                    set_text(one, rows[index][column] if column else self._short(one, rows[index][0]))
        self._shown = len(rows)

    def _short(self, one: QLabel, text: str) -> str:
        """Return a name as there is room for it beside the figures; all of it stands in the tip."""
        shown = one.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, MOST_NAME)
        one.setToolTip(text if shown != text else "")
        return shown

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the rows shown."""
        return [(a.text(), b.text(), c.text()) for a, b, c in self._rows[: self._shown]]

"""The prediction of one example: each target's answer in large letters, and a bar for each class."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from nnstudio import numbers
from nnstudio.predict_one import Answer, Prediction
from ui import theme
from ui.inspector.parts import Heading, label, set_text

MOST_CLASSES = 12  # with a bar; the most probable of many
ROW, BAR, FIGURE_WIDTH = 30, 6, 64  # pixels
MARGIN = 16
MOST_ANSWERS = 20  # of a network with many targets


class AnswerView(QFrame):
    """Shows a prediction, or why there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.problem = label(role="warn", wrap=True)
        self.others = label(role="hint", wrap=True)
        self._place = QVBoxLayout()
        self._place.setSpacing(4)
        self._parts: list[tuple[QWidget, ...]] = []
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(MARGIN, 4, MARGIN, MARGIN)
        column.setSpacing(8)
        column.addWidget(Heading("PREDICTION"))
        column.addWidget(self.problem)
        column.addLayout(self._place)
        column.addWidget(self.others)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(1, 1, 1, 1)
        whole.addWidget(area)
        self._shown: tuple[str, ...] = ()
        self.setAccessibleName("Prediction")

    def show_prediction(self, prediction: Prediction) -> None:
        """Show the answers, or the problem."""
        set_text(self.problem, prediction.problem)
        self.problem.setVisible(bool(prediction.problem))
        answers = prediction.answers[:MOST_ANSWERS]
        while len(self._parts) < len(answers):
            made = (label(role="dim", wrap=True), label(role="figure", wrap=True), ShareBars())
            for widget in made:
                self._place.addWidget(widget)
            self._parts.append(made)
        for at, (target, value, bars) in enumerate(self._parts):
            shown = at < len(answers)
            for widget in (target, value, bars):
                widget.setVisible(shown)
            if shown:
                answer = answers[at]
                set_text(target, answer.target)
                set_text(value, answer.value)
                bars.setVisible(bool(answer.shares))
                bars.show_answer(answer)
        self.setAccessibleDescription(" ".join(map(in_words, prediction.answers)) or prediction.problem)

    def say_of_others(self, names: Sequence[str]) -> None:
        """Say that something is to be known of columns whose fields are not shown."""
        set_text(self.others, f"There are notes on {numbers.plural(len(names), 'column')} that are not shown.")
        self.others.setVisible(bool(names))

    def texts(self) -> list[str]:
        """Return the answers shown, as text."""
        return [value.text() for _, value, _ in self._parts if not value.isHidden()]  # type: ignore[attr-defined]


class ShareBars(QWidget):
    """A row for each class: its name, its probability, and a bar; scores have no bar, since they have no end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answer: Answer | None = None
        theme.theme().changed.connect(self.update)

    def show_answer(self, answer: Answer) -> None:
        """Show other figures."""
        self._answer = answer
        self.setFixedHeight(ROW * len(self.rows()))
        self.setAccessibleName(in_words(answer))
        self.update()

    def rows(self) -> list[tuple[int, str, float]]:
        """Return number, name and figure of the classes shown: the most probable where there are many."""
        if self._answer is None:
            return []
        found = [(at, name, value) for at, (name, value) in enumerate(self._answer.shares)]
        if len(found) > MOST_CLASSES:
            found = sorted(found, key=lambda row: -row[2])[:MOST_CLASSES]
        return found

    def sizeHint(self) -> QSize:
        """Return room for the rows."""
        return QSize(200, ROW * len(self.rows()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows."""
        if self._answer is None:
            return
        painter, colors = QPainter(self), theme.tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, (at, name, value) in enumerate(self.rows()):
            top, height = row * ROW, ROW - BAR - 6
            painter.setPen(colors.color("text" if name == self._answer.value else "dim"))
            text = QRectF(0, top, self.width() - FIGURE_WIDTH, height)
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(text.width()))
            painter.drawText(text, int(middle), shown)
            figures = QRectF(self.width() - FIGURE_WIDTH, top, FIGURE_WIDTH, height)
            painter.drawText(figures, int(middle | Qt.AlignmentFlag.AlignRight), share_text(self._answer, value))
            if not self._answer.scores:
                track = QRectF(0, top + height + 2, self.width(), BAR)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colors.color("border"))
                painter.drawRoundedRect(track, BAR / 2, BAR / 2)
                painter.setBrush(theme.class_color(at, len(self._answer.shares)))
                track.setWidth(max(track.width() * min(max(value, 0.0), 1.0), BAR if value > 0 else 0.0))
                painter.drawRoundedRect(track, BAR / 2, BAR / 2)
        painter.end()


def share_text(answer: Answer, value: float) -> str:
    """Return the figure of a class."""
    return numbers.number(value) if answer.scores else numbers.percent(value)


def in_words(answer: Answer) -> str:
    """Return an answer with its figures, for those who hear it."""
    shares = ", ".join(f"{name} {share_text(answer, value)}" for name, value in answer.shares)
    return f"{answer.target}: {answer.value}" + (f" ({shares})." if shares else ".")

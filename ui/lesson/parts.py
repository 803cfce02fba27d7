"""The parts of a lesson's step: its text, its question with the choices, the list of what is to be done, the dots."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QSizePolicy,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from nnstudio.lessons.text import Question
from ui import theme
from ui.lesson.rich_text import show_markdown

DOT, DOT_GAP = 6, 5
MOST_DOTS = 14
MARK = 18


class Text(QTextBrowser):
    """A text with equations, as high as it is long."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.setProperty("role", "prose")
        self.viewport().setAutoFillBackground(False)
        self.markdown = ""

    def show_text(self, markdown: str) -> None:
        """Show a text."""
        self.markdown = markdown
        self._fit()

    def _fit(self) -> None:
        """Set the text anew at this width: long equations are made to fit."""
        width = self.viewport().width()
        show_markdown(self.document(), self.markdown, width, self.devicePixelRatioF())
        self.document().setTextWidth(width)
        self.setFixedHeight(max(int(self.document().size().height()) + 2, 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Become as high as the text is at this width."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what the text stands in."""
        event.ignore()


class QuestionBox(QFrame):
    """A question: choose what will happen; whether it did is said afterwards."""

    predicted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "note")
        self.heading = QLabel("Predict")
        self.heading.setProperty("role", "heading")
        self.text, self.verdict, self.because = Text(), Text(), Text()
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.predicted)
        self._choices = QVBoxLayout()
        self._choices.setSpacing(0)  # each text has a gap below it
        self._question: Question | None = None
        self._does = False
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        column.addWidget(self.heading)
        column.addWidget(self.text)
        column.addLayout(self._choices)
        column.addWidget(self.verdict)
        column.addWidget(self.because)

    @property
    def buttons(self) -> list[QRadioButton]:
        """The choices."""
        return [button for button in self._group.buttons() if isinstance(button, QRadioButton)]

    def show_question(self, question: Question, does: bool) -> None:
        """Show a question; ``does`` says that something is to be done before the answer is told."""
        self.text.show_text(question.text)
        self.because.show_text(question.because)
        if question is self._question:
            for choice in self.findChildren(_Choice):
                choice.text.show_text(choice.words)  # in the theme's colors
            return
        self._question, self._does = question, does
        for button in self.buttons:
            self._group.removeButton(button)
        while self._choices.count():
            widget = self._choices.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, words in enumerate(question.choices):
            choice = _Choice(words)
            self._group.addButton(choice.button, number)
            self._choices.addWidget(choice)

    def show_answer(self, predicted: int | None, told: bool) -> None:
        """Show what was predicted, and, where it is to be told, whether it was right and why."""
        question = self._question
        if question is None:
            return
        for number, button in enumerate(self.buttons):
            button.setChecked(number == predicted)
            button.setEnabled(predicted is None)
        said = ""
        if predicted is not None and told:
            right = predicted == question.right
            said = "**As predicted.**" if right else f"**Not so:** {_lower(question.choices[question.right])}."
        elif predicted is not None and self._does:
            said = "**Now see what happens.**"
        self.verdict.show_text(said)
        self.verdict.setVisible(bool(said))
        self.because.setVisible(predicted is not None and told and bool(question.because))


class _Choice(QWidget):
    """A radio button whose words may take several lines."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words, self.button, self.text = words, QRadioButton(), Text()
        text = self.text
        self.button.setAccessibleName(words.replace("$", ""))
        text.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the button has it
        text.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        text.show_text(words)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(text, 1)
        text.viewport().installEventFilter(self)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Choose by a click on the words too."""
        if event.type() == QEvent.Type.MouseButtonRelease and self.button.isEnabled():
            self.button.click()
            return True
        return False


class CheckList(QWidget):
    """What is to be done, each with a mark once it was seen to be done."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = QLabel("To do")
        heading.setProperty("role", "heading")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(heading)
        column.addLayout(self._rows)
        self.items: list[CheckItem] = []

    def show_checks(self, words: list[str]) -> None:
        """Show other things to do."""
        if [item.words for item in self.items] == words:
            for item in self.items:
                item.update()
            return
        for item in self.items:
            self._rows.removeWidget(item)
            item.hide()
            item.deleteLater()
        self.items = [CheckItem(text) for text in words]
        for item in self.items:
            self._rows.addWidget(item)

    def show_done(self, done: set[int]) -> None:
        """Mark what is done."""
        for number, item in enumerate(self.items):
            item.set_done(number in done)


class CheckItem(QWidget):
    """One thing to do."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words, self.done = words, False
        self._label = QLabel(words)
        self._label.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(MARK + 8, 0, 0, 0)
        row.addWidget(self._label)
        self._tell()

    def set_done(self, done: bool) -> None:
        """Say that it is done, or is not."""
        if done != self.done:
            self.done = done
            self._label.setProperty("role", "dim" if done else "")
            self._label.style().unpolish(self._label)
            self._label.style().polish(self._label)
            self._tell()
            self.update()

    def _tell(self) -> None:
        self.setAccessibleName(f"{'Done' if self.done else 'To do'}: {self.words}")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw an open ring, or a full one with a tick."""
        colors, painter = theme.tokens(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, radius = QPointF(MARK / 2, min(self.height() / 2, 9.0)), 7.0
        if not self.done:
            painter.setPen(QPen(colors.color("faint"), 1.4))
            painter.drawEllipse(middle, radius, radius)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color("ok"))
            painter.drawEllipse(middle, radius, radius)
            painter.setPen(QPen(colors.color("surface"), 1.8))
            corners = [QPointF(-3.2, 0.2), QPointF(-0.9, 2.6), QPointF(3.4, -2.4)]
            painter.drawPolyline([middle + corner for corner in corners])
        painter.end()


class Dots(QWidget):
    """How far the lesson has come: a dot a step, the present one filled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place, self._count = 0, 0

    def show_place(self, place: int, count: int) -> None:
        """Stand at a step, counted from 0, of so many."""
        self._place, self._count = place, count
        self.setAccessibleName(f"Step {place + 1} of {count}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the dots; none where there are too many to be told apart."""
        return QSize(self._count * (DOT + DOT_GAP) if self._count <= MOST_DOTS else 0, DOT + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dots."""
        colors, painter = theme.tokens(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._count <= MOST_DOTS:
            for number in range(self._count):
                painter.setBrush(colors.color("accent" if number == self._place else "border"))
                x = number * (DOT + DOT_GAP) + DOT / 2 + DOT_GAP / 2
                painter.drawEllipse(QPointF(x, self.height() / 2), DOT / 2, DOT / 2)
        painter.end()


def _lower(text: str) -> str:
    text = text.rstrip(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text

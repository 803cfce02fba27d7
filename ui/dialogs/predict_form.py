"""Predicting one example: a field for each column of the table, and beside them the prediction, live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.network import Network
from nnstudio import numbers
from nnstudio.data import FittedColumn, FittedPreparation, PreparedData
from nnstudio.predict_one import Prediction, choices, predict_one, typical, values_of
from nnstudio.recipe_words import KINDS
from ui.dialogs.predict_answer import AnswerView
from ui.forms.controls import Combo
from ui.inspector.parts import Heading, label, set_text

SIZE = QSize(760, 560)
MOST_FIELDS = 60  # at once; others are found by name
LABEL_WIDTH, ANSWER_WIDTH = 140, 300
SOON_MS = 150  # after the last key, where there are many columns
MISSING = "missing"  # what stands in an empty field


class PredictDialog(QDialog):
    """Values of one example, as the table has them, and what the network predicts from them.

    Parameters
    ----------
    network
        The trained network.
    fitted
        How the table's columns become its inputs.
    prepared
        The data, for values to begin with; None where they are not at hand.
    chosen
        The training example that the window has chosen, by its row of the split.
    predict_table
        Called when a person would rather predict all rows of a table; false where they think better of it, so that the
        form stays.
    """

    def __init__(
        self,
        network: Network,
        fitted: FittedPreparation,
        prepared: PreparedData | None,
        chosen: int = 0,
        predict_table: Callable[[], bool] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._network, self._fitted, self._prepared, self._chosen = network, fitted, prepared, chosen
        self._predict_table = predict_table
        self._values: dict[str, str] = {}
        self._fields: dict[str, QLineEdit | QComboBox] = {}
        self._notes: dict[str, QLabel] = {}
        self.prediction = Prediction()
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self._predict)
        self.setWindowTitle("Predict")
        self.resize(SIZE)
        self._build()
        self.use_example() if self.has_example else self.use_typical()

    @property
    def has_example(self) -> bool:
        """Whether there is a chosen example to begin with."""
        return self._prepared is not None and self._chosen < len(self._prepared.training)

    def values(self) -> dict[str, str]:
        """Return the values by column, as they are typed."""
        return dict(self._values)

    def field(self, name: str) -> QLineEdit | QComboBox:
        """Return the field of a column that is shown."""
        return self._fields[name]

    def note(self, name: str) -> str:
        """Return what is said below the field of a column."""
        return self._notes[name].text()

    def use_example(self) -> None:
        """Take the values of the chosen example."""
        assert self._prepared is not None
        row = self._prepared.training[self._chosen]
        self._take(values_of(self._fitted, self._prepared.X[row]))

    def use_typical(self) -> None:
        """Take the median of each number and the most frequent of each text."""
        X = self._prepared.X[self._prepared.training] if self._prepared is not None else None
        self._take(typical(self._fitted, X))

    # -- the window -----------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a column")
        self.search.setAccessibleName("Find a column")
        self.search.setClearButtonEnabled(True)
        self.search.setVisible(len(self._fitted.columns) > MOST_FIELDS)
        self.search.textChanged.connect(lambda _: self._lay_out_fields())
        self.counted = label(role="hint", wrap=True)
        self.example = QPushButton(f"Example {numbers.count(self._chosen + 1)}")
        self.example.setToolTip("The training example that is chosen in the window")
        self.example.setEnabled(self.has_example)
        self.example.clicked.connect(self.use_example)
        self.usual = QPushButton("Typical values")
        self.usual.setToolTip("The median of each number, the most frequent of each text")
        self.usual.clicked.connect(self.use_typical)
        starts = QHBoxLayout()
        starts.setSpacing(8)
        for button in (self.example, self.usual):
            button.setAutoDefault(False)
            starts.addWidget(button)
        starts.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(Heading("VALUES", "as the table has them"))
        for widget in (self.search, self.counted, self._area):
            left.addWidget(widget)
        left.addLayout(starts)
        self.answer = AnswerView()
        self.answer.setFixedWidth(ANSWER_WIDTH)
        columns = QHBoxLayout()
        columns.setContentsMargins(20, 8, 20, 0)
        columns.setSpacing(24)
        columns.addLayout(left, 1)
        columns.addWidget(self.answer)
        self.table = QPushButton("Predict a table…")
        self.table.setToolTip("Predict all rows of a table into a new file")
        self.table.setAutoDefault(False)
        self.table.setVisible(self._predict_table is not None)
        self.table.clicked.connect(self._to_table)
        close = QPushButton("Close")
        close.setAutoDefault(False)
        close.clicked.connect(self.reject)
        foot = QWidget()
        foot.setProperty("role", "foot")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(foot)
        row.setContentsMargins(20, 10, 20, 12)
        row.addWidget(self.table)
        row.addStretch(1)
        row.addWidget(close)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(12)
        whole.addLayout(columns, 1)
        whole.addWidget(foot)
        self._lay_out_fields()

    def _lay_out_fields(self) -> None:
        """Make the fields of the columns that are looked for, a few at a time: there may be thousands."""
        wanted = self.search.text().strip().casefold()
        found = [column for column in self._fitted.columns if wanted in column.name.casefold()]
        shown = found[:MOST_FIELDS]
        self._fields, self._notes = {}, {}
        held = QWidget()
        held.setProperty("role", "window")
        held.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        grid = QGridLayout(held)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setVerticalSpacing(2)
        grid.setHorizontalSpacing(8)
        grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        grid.setColumnStretch(1, 1)
        for at, column in enumerate(shown):
            self._add_field(grid, 3 * at, column)
        grid.setRowStretch(3 * len(shown), 1)
        self._area.setWidget(held)
        left_out = len(self._fitted.columns) - len(shown)
        self.counted.setVisible(bool(left_out))
        set_text(
            self.counted,
            f"{numbers.count(len(shown))} of {numbers.plural(len(self._fitted.columns), 'column')}; "
            "the others keep their values.",
        )
        self._show_values()
        self._predict()

    def _add_field(self, grid: QGridLayout, row: int, column: FittedColumn) -> None:
        name = QLabel(self.fontMetrics().elidedText(column.name, Qt.TextElideMode.ElideMiddle, LABEL_WIDTH))
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setProperty("role", "dim")
        name.setToolTip(f"{column.name}, {KINDS[column.kind]}")
        texts = choices(column)
        editor: QLineEdit | QComboBox
        if texts:
            editor = Combo()
            editor.setEditable(column.kind == "category")
            editor.addItem("" if editor.isEditable() else MISSING, "")
            for text in texts:
                editor.addItem(text, text)
            if editor.isEditable():
                editor.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
                line = editor.lineEdit()
                assert line is not None
                line.setPlaceholderText(MISSING)
                editor.currentTextChanged.connect(partial(self._changed, column.name))
            else:
                editor.currentIndexChanged.connect(lambda _: self._changed(column.name, editor.currentData()))
        else:
            editor = QLineEdit()
            editor.setPlaceholderText(f"{MISSING}; a date such as 2024-03-31" if column.kind == "date" else MISSING)
            editor.textChanged.connect(partial(self._changed, column.name))
        editor.setAccessibleName(column.name)
        note = label(role="hint", wrap=True)
        note.hide()
        name.setBuddy(editor)
        grid.addWidget(name, row, 0)
        grid.addWidget(editor, row, 1)
        grid.addWidget(note, row + 1, 1)
        grid.setRowMinimumHeight(row + 2, 4)
        self._fields[column.name], self._notes[column.name] = editor, note

    # -- what happens ---------------------------------------------------------------------------------------------

    def _take(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        self._show_values()
        self._predict()

    def _show_values(self) -> None:
        for name, editor in self._fields.items():
            value = self._values.get(name, "")
            with QSignalBlocker(editor):
                if isinstance(editor, QLineEdit):
                    editor.setText(value)
                    editor.setCursorPosition(0)
                elif editor.isEditable():
                    editor.setCurrentText(value)
                else:
                    editor.setCurrentIndex(max(editor.findData(value), 0))

    def _changed(self, name: str, text: str) -> None:
        self._values[name] = text
        if len(self._fitted.columns) > MOST_FIELDS:
            self._soon.start()  # of thousands of columns it takes a moment
        else:
            self._predict()

    def _predict(self) -> None:
        if not self._values:
            return
        self.prediction = predict_one(self._network, self._fitted, self._values)
        self.answer.show_prediction(self.prediction)
        for name, note in self._notes.items():
            said = self.prediction.notes.get(name, "")
            set_text(note, said)
            note.setVisible(bool(said))
            self._fields[name].setAccessibleDescription(said)
        hidden = [name for name in self.prediction.notes if name not in self._notes]
        self.answer.say_of_others(hidden)

    def _to_table(self) -> None:
        if self._predict_table is not None and self._predict_table():
            self.accept()

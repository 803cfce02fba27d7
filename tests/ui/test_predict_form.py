"""The form that predicts one example: its values, the prediction beside them, and what is said of odd ones."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnstudio import edits
from nnstudio.checkpoints import checkpoint_of
from nnstudio.data import Categories, PreparedData, ReadReport, Table, prepare_table
from nnstudio.document import Document, starting_document
from nnstudio.headless import trainer_for
from nnstudio.predict_one import Answer, Prediction
from nnstudio.project_file import Project
from tests.nnstudio.tables import recipe
from ui import theme
from ui.dialogs.predict import UNTRAINED, predict_from
from ui.dialogs.predict_answer import MOST_CLASSES, AnswerView, share_text
from ui.dialogs.predict_form import MOST_FIELDS, PredictDialog


def people(rows: int = 80, columns: int = 0) -> Table:
    random = np.random.default_rng(0)
    made = {
        "age": random.integers(20, 60, rows).astype(float),
        "color": Categories(random.integers(0, 3, rows).astype(np.int32), ("blue", "green", "red")),
        "member": Categories(random.integers(0, 2, rows).astype(np.int32), ("no", "yes")),
        **{f"c{at}": random.normal(size=rows) for at in range(columns)},
        "buys": Categories((np.arange(rows) % 2).astype(np.int32), ("never", "often")),
    }
    return Table("people.csv", made, ReadReport(rows=rows))


def trained(data: Table, **given: object) -> tuple[Document, PreparedData, object]:
    made = recipe(data, "buys", kinds={"member": "boolean"}, **given)
    prepared = prepare_table(data, made)
    document = edits.use_prepared(starting_document(), made, prepared)
    return document, prepared, trainer_for(document, prepared)


@pytest.fixture
def dialog(qtbot: QtBot) -> PredictDialog:
    return shown(qtbot, missing="median")


def shown(qtbot: QtBot, columns: int = 0, chosen: int = 2, **given: object) -> PredictDialog:
    _, prepared, trainer = trained(people(columns=columns), **given)
    made = PredictDialog(trainer.network, prepared.fitted, prepared, chosen)
    qtbot.addWidget(made)
    made.show()
    return made


def test_it_begins_with_the_chosen_example(dialog: PredictDialog) -> None:
    data = people()
    values = dialog.values()
    row = dialog._prepared.training[2]
    assert float(values["age"]) == data.columns["age"][row]
    assert values["color"] == data.columns["color"].texts()[row]
    assert values["member"] == data.columns["member"].texts()[row]
    assert dialog.field("age").text() == values["age"]
    assert dialog.field("color").currentText() == values["color"]


def test_it_predicts_what_the_network_says_of_the_example(dialog: PredictDialog) -> None:
    row = dialog._prepared.training[2]
    output = float(dialog._network.predict(dialog._prepared.X[row : row + 1])[0, 0])
    shares = dict(dialog.prediction.answers[0].shares)
    assert shares["often"] == pytest.approx(output, abs=1e-6)
    assert dialog.answer.texts() == ["often" if output > 0.5 else "never"]
    assert dialog.answer.accessibleDescription().startswith("buys: ")


def test_typing_predicts_at_once(qtbot: QtBot, dialog: PredictDialog) -> None:
    before = dialog.prediction.answers[0].shares
    dialog.field("age").selectAll()
    qtbot.keyClicks(dialog.field("age"), "99")
    assert dialog.prediction.answers[0].shares != before
    assert dialog.values()["age"] == "99"


def test_what_is_odd_is_said_below_its_field(qtbot: QtBot, dialog: PredictDialog) -> None:
    dialog.field("color").setEditText("pink")
    assert "was not seen in training" in dialog.note("color")
    dialog.field("age").clear()
    assert dialog.note("age").startswith("Missing: ")
    assert dialog.field("age").placeholderText() == "missing"
    assert dialog.note("member") == ""
    dialog.field("member").setCurrentIndex(0)
    assert dialog.note("member").startswith("Missing: ")


def test_without_a_value_that_is_needed_it_says_so_in_place_of_a_prediction(qtbot: QtBot) -> None:
    dialog = shown(qtbot, missing="drop")
    dialog.field("age").clear()
    assert dialog.answer.texts() == []
    assert dialog.answer.problem.text() == "There is no prediction without a value of 'age'."


def test_typical_values_and_the_example_come_back(qtbot: QtBot, dialog: PredictDialog) -> None:
    example = dialog.values()
    qtbot.mouseClick(dialog.usual, Qt.MouseButton.LeftButton)
    ages = people().columns["age"][dialog._prepared.training] if len(dialog._prepared.X) == 80 else None
    assert ages is not None
    assert float(dialog.values()["age"]) == pytest.approx(float(np.median(ages)), rel=1e-4)
    qtbot.mouseClick(dialog.example, Qt.MouseButton.LeftButton)
    assert dialog.values() == example


def test_of_many_columns_some_are_shown_and_others_found(qtbot: QtBot) -> None:
    dialog = shown(qtbot, columns=300, missing="median")
    fields = dialog._fields
    assert len(fields) == MOST_FIELDS
    assert dialog.counted.text().startswith("60 of 303 columns")
    dialog.search.setText("c299")
    assert list(dialog._fields) == ["c299"]
    dialog.field("c299").setText("")
    dialog.search.setText("color")
    assert dialog.values()["c299"] == ""
    qtbot.waitUntil(lambda: not dialog.answer.others.isHidden())
    assert dialog.answer.others.text() == "There are notes on 1 column that are not shown."


def test_every_field_has_an_accessible_name(dialog: PredictDialog) -> None:
    assert [dialog.field(name).accessibleName() for name in ("age", "color", "member")] == ["age", "color", "member"]


def test_without_data_at_hand_it_begins_with_what_was_fitted(qtbot: QtBot) -> None:
    _, prepared, trainer = trained(people(), missing="median")
    dialog = PredictDialog(trainer.network, prepared.fitted, None)
    qtbot.addWidget(dialog)
    assert not dialog.example.isEnabled()
    assert dialog.prediction.answers


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_it_is_drawn_in_both_themes(qtbot: QtBot, dialog: PredictDialog, choice) -> None:
    theme.apply_to_application(choice)
    assert not dialog.grab().isNull()
    theme.apply_to_application("light")


def test_of_many_classes_the_most_probable_have_bars(qtbot: QtBot) -> None:
    view = AnswerView()
    qtbot.addWidget(view)
    shares = tuple((f"k{at}", at / 1_000) for at in range(40))
    view.show_prediction(Prediction((Answer("y", "k39", shares),)))
    bars = view._parts[0][2]
    assert [name for _, name, _ in bars.rows()] == [f"k{at}" for at in range(39, 39 - MOST_CLASSES, -1)]


def test_a_probability_is_never_said_to_be_certain() -> None:
    answer = Answer("y", "a", (("a", 0.99999), ("b", 0.00001)))
    assert [share_text(answer, value).replace("\u202f", " ") for _, value in answer.shares] == ["> 99.9 %", "< 0.1 %"]
    assert share_text(Answer("y", "a", scores=True), 1.5) == "1.50"


# -- from the window --------------------------------------------------------------------------------------------------


def test_an_untrained_network_says_what_to_do(qtbot: QtBot) -> None:
    said: list[tuple[object, ...]] = []
    project = SimpleNamespace(checkpoint=None, prepared=None, record=None)
    predict_from(QWidget(), project, "p", 0, lambda *words: said.append(words))  # type: ignore[arg-type]
    assert said == [(UNTRAINED, "info")]


def test_the_form_opens_on_a_trained_project_and_leads_to_a_table(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, prepared, trainer = trained(people(), missing="median")
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    asked: list[str] = []
    chosen = False

    def ask(window: QWidget, project: Project, name: str, show: object) -> bool:
        asked.append(name)
        return chosen

    monkeypatch.setattr("ui.dialogs.predict.predict_table_from", ask)
    project = Project(document, checkpoint_of(trainer.state()), prepared)
    predict_from(window, project, "p.nnstudio", 0, lambda *words: pytest.fail(str(words)))
    dialog = window.findChild(PredictDialog)
    assert dialog.isVisible()
    qtbot.mouseClick(dialog.table, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()  # no file was chosen: the form stays, with its values
    chosen = True
    qtbot.mouseClick(dialog.table, Qt.MouseButton.LeftButton)
    assert asked == ["p.nnstudio"] * 2
    assert not dialog.isVisible()

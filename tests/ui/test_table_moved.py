"""A project whose table moved or changed says so as it is opened, reads nothing unasked, and can be relinked."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_training import TableTraining
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio import edits
from nnstudio.data import ColumnSteps, DataRecipe, detect, prepare, table_source
from nnstudio.document import starting_document
from nnstudio.engine_host import EngineHost
from nnstudio.project_file import save
from ui.app import make_window
from ui.recipe_work import close_work, work_of
from ui.table_link import CHECK, FIND, READ, TableLink

TABLE = "a,b,y\n" + "\n".join(f"{at % 7},{at % 5},{'yes' if at % 2 else 'no'}" for at in range(40)) + "\n"
PATIENCE_MS = 30_000


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "data" / "table.csv"
    file.parent.mkdir()
    file.write_text(TABLE)
    return file


@pytest.fixture
def recipe(table: Path) -> DataRecipe:
    return DataRecipe(source=table_source(table), plan=detect(table))


@pytest.fixture
def model(qtbot: QtBot, recipe: DataRecipe):
    made = TableTraining(recipe)
    yield made
    close_work(made)
    made.deleteLater()


@pytest.fixture
def link(qtbot: QtBot, model: TableTraining):
    window = QWidget()
    qtbot.addWidget(window)
    made = TableLink(model, window)
    made.said = []
    made.offered.connect(lambda *words: made.said.append(words))
    yield made
    made.close()


def rest(qtbot: QtBot, link: TableLink) -> None:
    qtbot.waitUntil(lambda: not link.busy and not work_of(link._model).busy, timeout=PATIENCE_MS)


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr("ui.table_link.QFileDialog.getOpenFileName", lambda *_: (str(path), ""))


def test_nothing_is_said_where_all_is_as_it_was(link: TableLink, tmp_path: Path) -> None:
    assert link.say_on_opening(tmp_path / "p.nnstudio").state == "same"
    assert link.said == []


def test_a_table_that_is_gone_can_be_found_and_its_data_stay(
    qtbot: QtBot, link: TableLink, model: TableTraining, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, data = model.store.document, model.data
    there = tmp_path / "there.csv"
    table.rename(there)
    link.say_on_opening(None)
    sentence, kind, action, act = link.said[-1]
    assert "is not there any more. The data stored in the project are used." in sentence
    assert (kind, action) == ("warn", FIND)
    choose(monkeypatch, there)
    act()
    rest(qtbot, link)
    assert model.store.document.data.source.path == str(there)
    assert model.data is data
    assert model.store.undo_stack.undoText() == "Find there.csv"
    assert link.said[-1][:3] == ("there.csv has the content that this project was made with.", "info", "")
    model.store.undo_stack.undo()
    assert model.store.document == before
    assert model.data is data


def test_a_change_of_the_recipe_stays_open_while_its_table_is_found(
    qtbot: QtBot, link: TableLink, model: TableTraining, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = work_of(model)
    work.set_steps("a", ColumnSteps(log="signed"))
    there = tmp_path / "there.csv"
    table.rename(there)
    choose(monkeypatch, there)
    link.find()
    rest(qtbot, link)
    assert work.drafted
    assert work.recipe.source.path == str(there)
    work.apply()
    rest(qtbot, link)
    assert not work.drafted
    assert model.store.document.data.source.path == str(there)
    assert model.store.document.data.plan.columns[0].steps.log == "signed"


def test_a_file_without_the_columns_is_refused_by_name(
    qtbot: QtBot, link: TableLink, model: TableTraining, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = model.store.document
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,z\n1,2\n")
    choose(monkeypatch, wrong)
    link.find()
    rest(qtbot, link)
    sentence, kind, action, _ = link.said[-1]
    assert "wrong.csv has no column 'b', 'y'" in sentence
    assert sentence.endswith("Nothing was changed.")
    assert (kind, action) == ("bad", FIND)
    assert model.store.document == before


def test_changed_content_is_said_and_read_only_when_asked(
    qtbot: QtBot, link: TableLink, model: TableTraining, table: Path
) -> None:
    data = model.data
    table.write_text(TABLE + "6,4,yes\n" * 20)
    link.say_on_opening(None)
    sentence, _, action, act = link.said[-1]
    assert "has changed since this project was made" in sentence
    assert action == CHECK
    act()
    rest(qtbot, link)
    sentence, kind, action, act = link.said[-1]
    assert "other content than when this project was made" in sentence
    assert (kind, action) == ("warn", READ)
    assert model.data is data
    act()
    rest(qtbot, link)
    assert len(model.data.X) == 60
    assert model.store.document.data.source.sha256 == table_source(table).sha256
    assert model.store.undo_stack.undoText() == "Read the table again"
    model.store.undo_stack.undo()
    assert model.data is data


def test_a_lost_column_is_named_when_the_file_is_checked(qtbot: QtBot, link: TableLink, table: Path) -> None:
    table.write_text(TABLE.replace("a,b,y", "a,renamed,y"))
    link.check()
    rest(qtbot, link)
    assert "table.csv has no column 'b'" in link.said[-1][0]
    assert link.said[-1][2] == FIND


def test_a_table_beside_the_project_is_offered(
    qtbot: QtBot, link: TableLink, model: TableTraining, table: Path, tmp_path: Path
) -> None:
    table.rename(tmp_path / "table.csv")
    link.say_on_opening(tmp_path / "p.nnstudio")
    assert link.said[-1][2] == "Use that file"
    link.said[-1][3]()
    rest(qtbot, link)
    assert model.store.document.data.source.path == str(tmp_path / "table.csv")


def test_without_stored_data_the_table_is_read_when_asked(
    qtbot: QtBot, link: TableLink, model: TableTraining, recipe: DataRecipe, tmp_path: Path
) -> None:
    model.prepared._kept.clear()
    model.take_data_again()
    assert model.data is None
    link.say_on_opening(tmp_path / "p.nnstudio")
    sentence, _, action, act = link.said[-1]
    assert "not stored in the project" in sentence
    assert action == "Read table.csv"
    assert model.data is None
    act()
    rest(qtbot, link)
    assert len(model.data.X) == 40
    assert model.store.undo_stack.count() == 0


def test_a_file_that_cannot_be_read_says_so(qtbot: QtBot, link: TableLink, table: Path) -> None:
    table.unlink()
    link.check()
    rest(qtbot, link)
    assert link.said[-1][1:3] == ("bad", FIND)


# -- in the window ----------------------------------------------------------------------------------------------------


def test_a_project_opens_without_reading_its_table_and_works_with_the_data_inside(
    qtbot: QtBot, table: Path, recipe: DataRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = prepare(recipe)
    path = tmp_path / "p.nnstudio"
    save(path, edits.use_prepared(starting_document(), recipe, prepared), None, prepared)
    table.write_text(TABLE * 2)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the table was read")

    for place in ("ui.table_link.check", "ui.recipe_work.prepare_anew", "ui.recipe_work.reachable_recipe"):
        monkeypatch.setattr(place, refuse)
    monkeypatch.setattr("nnstudio.headless.table_source", refuse)
    window = make_window(EngineHost())
    window.session.begin_with(str(path))
    window.show()
    try:
        assert "table.csv has changed since this project was made" in window.messages.text
        button = next(b for b in window.messages.findChildren(QPushButton) if b.isVisible())
        assert button.text() == CHECK
        assert window.model.data.sha256 == prepared.sha256
        assert window.model.problem == ""
    finally:
        window.discard_and_close()
        qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE_MS)
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_the_action_of_the_message_is_a_button(qtbot: QtBot, link: TableLink, table: Path) -> None:
    from ui.message_bar import MessageBar

    table.unlink()
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(600, 300)
    host.show()
    bar = MessageBar(host)
    link.offered.connect(bar.show_message)
    asked: list[bool] = []
    link.find = lambda: asked.append(True)
    link.say_on_opening(None)
    qtbot.mouseClick(next(b for b in bar.findChildren(QPushButton)), Qt.MouseButton.LeftButton)
    assert asked == [True]

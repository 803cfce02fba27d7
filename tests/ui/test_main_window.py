"""The window as a whole: what its parts do together, offscreen; the real mouse is in ``tests/e2e``."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox, QPushButton, QTabBar

from engine.declared import replace
from nnstudio.data.room import MEGA, memory_limit, set_memory_limit
from nnstudio.engine_host import EngineHost
from nnstudio.recovery import recoverable
from ui import preferences, theme
from ui.app import make_window
from ui.recipe_work import work_of

PATIENCE = 30_000


@pytest.fixture
def window(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = make_window(EngineHost())
    made.session.begin()
    made.show()
    qtbot.waitUntil(lambda: made.model.status.state == "ready", timeout=PATIENCE)
    yield made
    made.discard_and_close()
    qtbot.waitUntil(lambda: not made.isVisible(), timeout=PATIENCE)
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def press(window, name: str) -> None:
    window.actions_by_name[name].trigger()


def train_a_little(window, qtbot) -> None:
    press(window, "train.toggle")
    before = window.model.status.epoch
    qtbot.waitUntil(lambda: window.model.status.epoch > before + 3, timeout=PATIENCE)
    press(window, "train.toggle")
    qtbot.waitUntil(lambda: window.model.status.state in ("paused", "finished"), timeout=PATIENCE)


def test_the_first_start_shows_a_network_that_is_ready_to_train(window):
    assert window.model.problem == ""
    assert window.model.data is not None
    assert not window.isWindowModified()
    assert window.store.undo_stack.count() == 0


def test_undo_takes_back_a_change_of_the_recipe_that_was_not_applied_first(window, qtbot):
    train_a_little(window, qtbot)
    count, work = window.store.undo_stack.count(), work_of(window.model)
    work.set_preparation(replace(work.recipe.preparation, scaling="min_max"))
    assert window.actions_by_name["edit.undo"].text() == "&Undo change of the recipe"
    press(window, "edit.undo")
    assert not work.drafted
    assert "not applied" in window.messages.text
    assert window.store.undo_stack.index() == count
    assert "recipe" not in window.actions_by_name["edit.undo"].text()
    press(window, "edit.undo")
    qtbot.waitUntil(lambda: window.store.undo_stack.index() == count - 1, timeout=PATIENCE)


def test_what_was_done_after_a_change_of_the_recipe_is_undone_before_it(window, qtbot):
    work = work_of(window.model)
    work.set_preparation(replace(work.recipe.preparation, scaling="min_max"))
    layers = len(window.store.document.graph.nodes)
    window.canvas.add_layer("dense")
    assert len(window.store.document.graph.nodes) == layers + 1
    press(window, "edit.undo")
    assert work.drafted
    assert len(window.store.document.graph.nodes) == layers
    press(window, "edit.undo")
    assert not work.drafted


def test_undo_while_a_change_of_the_recipe_is_prepared_takes_nothing_else_back(window, qtbot):
    train_a_little(window, qtbot)
    index, work = window.store.undo_stack.index(), work_of(window.model)
    work.set_preparation(replace(work.recipe.preparation, scaling="min_max"))
    work.apply()
    press(window, "edit.undo")
    qtbot.waitUntil(lambda: not work.busy, timeout=PATIENCE)
    assert window.store.undo_stack.index() in (index, index + 1)  # canceled, or it was too late
    assert work.drafted == (window.store.undo_stack.index() == index)
    assert "taken back" not in window.messages.text


def test_the_data_are_looked_at_from_their_menu(window, qtbot):
    assert not window.docks.is_open("data")
    press(window, "data.look")
    qtbot.waitUntil(lambda: window.docks.is_open("data"), timeout=PATIENCE)


def test_training_makes_the_visible_panels_move_and_only_those_ask(window, qtbot):
    train_a_little(window, qtbot)
    qtbot.waitUntil(lambda: bool(window.model.probes.weights), timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.model.probes.boundary is not None, timeout=PATIENCE)
    assert not window.model.probes.gradients
    assert window.model.probes.metrics is None


def test_a_panel_asks_once_it_is_in_front_and_no_more_once_it_is_hidden(window, qtbot):
    dock = window.docks._docks["gradient_histograms"]
    dock.raise_()
    qtbot.waitUntil(lambda: any(r.gradients for r in window.model._requests.values()), timeout=PATIENCE)
    dock.close()
    qtbot.waitUntil(lambda: not any(r.gradients for r in window.model._requests.values()), timeout=PATIENCE)


def test_training_is_a_step_of_undo_and_the_title_says_that_there_is_something_to_save(window, qtbot):
    train_a_little(window, qtbot)
    assert window.isWindowModified()
    assert window.actions_by_name["edit.undo"].text().startswith("&Undo train")
    press(window, "edit.undo")
    qtbot.waitUntil(lambda: window.model.status.state == "ready", timeout=PATIENCE)
    assert not window.isWindowModified()


def test_a_saved_project_opens_with_its_weights_history_and_data(window, qtbot, tmp_path, monkeypatch):
    train_a_little(window, qtbot)
    path = tmp_path / "mine.nnstudio"
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (str(path), ""))
    press(window, "file.save")
    assert not window.isWindowModified()
    epochs, document = len(window.model.history), window.store.document
    press(window, "train.reset")
    qtbot.waitUntil(lambda: window.model.checkpoint() is None, timeout=PATIENCE)
    window.session.let_go()
    window.session.open(str(path))
    qtbot.waitUntil(lambda: window.model.status.state == "paused", timeout=PATIENCE)
    assert window.store.document.graph == document.graph
    assert window.store.document.checkpoint == document.checkpoint
    assert len(window.model.history) == epochs
    assert preferences.recent_files()[0] == str(path)


def test_what_was_said_of_one_project_goes_with_it(window, tmp_path, monkeypatch):
    path = tmp_path / "mine.nnstudio"
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (str(path), ""))
    press(window, "file.save")
    window.model.message.emit("Dense 1 starts from new weights.", "warn")
    assert window.messages.text
    window.session.open(str(path))
    assert window.messages.text == ""


def test_a_picture_is_saved_beside_the_last_project_at_first(window, qtbot, tmp_path, monkeypatch):
    path = tmp_path / "mine.nnstudio"
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (str(path), ""))
    press(window, "file.save")
    offered = []
    monkeypatch.setattr(
        "PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *words: offered.append(words[2]) or ("", "")
    )
    window.docks.places["cost"].panel._ask_and_save()
    assert offered == [str(tmp_path / "cost.png")]


def test_a_broken_project_is_refused_in_words_and_what_is_open_stays(window, tmp_path):
    path = tmp_path / "broken.nnstudio"
    path.write_bytes(b"PK\x03\x04 not a project")
    before = window.store.document
    window.session.open(str(path))
    assert "broken.nnstudio" in window.messages.text
    assert window.store.document is before


@pytest.mark.parametrize("answer", ["Save", "Discard", "Cancel"])
def test_unsaved_work_is_asked_about_before_another_is_opened(window, qtbot, tmp_path, monkeypatch, answer):
    path = tmp_path / "kept.nnstudio"
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(QMessageBox, "question", lambda *_, **__: getattr(QMessageBox.StandardButton, answer))
    press(window, "edit.select_all")
    window.canvas.add_layer("dense")
    edited = window.store.document
    press(window, "file.new")
    assert path.exists() == (answer == "Save")
    assert (window.store.document == edited) == (answer == "Cancel")


@pytest.mark.parametrize("answer", ["Yes", "No", "Cancel"])
def test_a_file_that_another_window_has_saved_is_not_replaced_unasked(window, tmp_path, monkeypatch, answer):
    path, other = tmp_path / "mine.nnstudio", tmp_path / "other.nnstudio"
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (str(path), ""))
    asked = []
    monkeypatch.setattr(QMessageBox, "question", lambda *words, **__: asked.append(words[2]) or choice)
    choice = getattr(QMessageBox.StandardButton, answer)
    press(window, "file.save")
    press(window, "file.save")
    assert asked == []  # what was saved here is known
    theirs = path.read_bytes() + b" "
    path.write_bytes(theirs)  # as another window would
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (str(other), ""))
    press(window, "file.save")
    assert len(asked) == 1
    assert "mine.nnstudio was changed since it was opened or saved here" in asked[0]
    assert (path.read_bytes() == theirs) == (answer != "Yes")
    assert other.exists() == (answer == "No")


def test_closing_while_training_ends_the_engine(window, qtbot):
    press(window, "train.toggle")
    qtbot.waitUntil(lambda: window.model.status.epoch > 1, timeout=PATIENCE)
    process = window.model.host.process_id
    window.discard_and_close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert not psutil.pid_exists(process)


def test_a_sample_changes_input_output_and_loss_and_can_be_undone(window, qtbot):
    window.session.use_sample("iris")
    graph = window.store.document.graph
    assert graph.node("input").layer.features == 4
    assert graph.node("output").layer.units == 3
    assert graph.node("output").layer.loss.title == "categorical cross-entropy"
    qtbot.waitUntil(lambda: window.model.status.state == "ready", timeout=PATIENCE)
    press(window, "edit.undo")
    assert window.store.document.graph.node("input").layer.features == 2
    assert len(window.model.data.features) == 2


def test_one_drag_of_a_samples_slider_is_one_step_of_undo(window, qtbot):
    sliders = window.data_card.sliders
    sliders.noise.sliderPressed.emit()
    for value in (10, 20, 30):
        sliders.noise.setValue(value)
        qtbot.waitUntil(lambda value=value: window.store.document.data.source.noise == value / 100, timeout=PATIENCE)
    sliders.rows.sliderPressed.emit()
    sliders.rows.setValue(1)
    qtbot.waitUntil(lambda: len(window.model.data.X) == 100, timeout=PATIENCE)
    assert window.store.undo_stack.count() == 2
    press(window, "edit.undo")
    assert len(window.model.data.X) == 1_000
    assert sliders.noise.value() == 30
    press(window, "edit.undo")
    assert window.store.document.data.source.noise == 0.03
    assert sliders.noise.value() == 3


def test_the_data_panel_opens_the_ledger_on_request(window, qtbot):
    window.docks.open("data")
    qtbot.waitUntil(lambda: window.docks.is_open("data"), timeout=PATIENCE)
    window.docks.places["data"].panel.table.link.click()
    qtbot.waitUntil(lambda: window.docks.is_open("ledger"), timeout=PATIENCE)


def drop(window, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, buttons, keys))


def test_a_table_dropped_on_the_window_opens_the_dialog_with_it(window, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("ui.dialogs.table_import.TableImportDialog.exec", lambda dialog: opened.append(dialog) or 0)
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,x\n2,y\n")
    drop(window, path)
    assert len(opened) == 1


def test_a_file_of_another_kind_is_not_taken(window, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"")
    before = window.store.document
    drop(window, path)
    assert window.store.document is before


def test_prediction_writes_the_tables_rows_with_their_prediction(window, qtbot, tmp_path, monkeypatch):
    train_a_little(window, qtbot)
    table, out = tmp_path / "new.csv", tmp_path / "out.csv"
    table.write_text("x1,x2\n0.1,0.2\n-0.5,0.3\n")
    monkeypatch.setattr("ui.dialogs.predict.QFileDialog.getOpenFileName", lambda *_: (str(table), ""))
    monkeypatch.setattr("ui.dialogs.predict.QFileDialog.getSaveFileName", lambda *_: (str(out), ""))
    press(window, "data.predict")
    dialog = window.findChild(QDialog)
    assert dialog.prediction.answers[0].value in ("first", "second")
    qtbot.mouseClick(dialog.table, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "2 of 2 rows" in window.messages.text, timeout=PATIENCE)
    assert out.read_text().splitlines()[0] == "x1,x2,prediction,probability_first,probability_second"


def test_the_theme_can_be_switched_and_is_remembered(window):
    window._choose_theme("dark")
    assert theme.tokens().name == "dark"
    assert preferences.theme_choice() == "dark"
    window._choose_theme("light")
    assert theme.tokens().name == "light"


def test_the_memory_for_tables_can_be_chosen_holds_at_once_and_is_remembered(window, monkeypatch):
    before = memory_limit()
    monkeypatch.setattr("ui.project_session.QInputDialog.getInt", lambda *_: (300, True))
    try:
        press(window, "data.memory")
        assert memory_limit() == 300 * MEGA
        assert preferences.table_memory_megabytes() == 300
    finally:
        set_memory_limit(before // MEGA)


def test_a_closed_panel_comes_back_with_the_first_layout(window, qtbot):
    dock = window.docks._docks["cost"]
    dock.close()
    assert dock.isHidden()
    press(window, "view.reset_layout")
    assert not dock.isHidden()


def test_the_window_fits_into_half_of_a_common_screen(window, qtbot):
    half = QSize(1920 // 2, 600 - 30)  # or into a screen of 1440 by 900 whose pixels count one and a half
    window.resize(half)
    qtbot.waitUntil(lambda: window.width() <= half.width() and window.height() <= half.height())


def test_where_the_docks_stand_is_remembered(window, qtbot):
    window.docks._docks["boundary"].close()
    window.discard_and_close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    again = make_window(EngineHost())
    again.session.begin()
    again.show()
    assert again.docks._docks["boundary"].isHidden()
    assert not again.docks._docks["cost"].isHidden()
    again.discard_and_close()
    again.deleteLater()


def test_work_of_a_window_that_went_away_is_offered_and_recovered(window, qtbot):
    window.canvas.add_layer("dense")
    lost = window.store.document
    window.session._autosave._interval = 0.0
    window.session._offer_autosave()
    window.session._autosave.wait()
    # As when the process ends: its lock is let go, its file stays.
    window.session._autosave._lock.close()
    window.session._autosave._lock = None
    assert len(recoverable()) == 1
    again = make_window(EngineHost())
    again.session.begin()
    again.offer_recovery()
    assert "was not closed properly" in again.messages.text
    again.messages.findChild(QPushButton).click()
    assert again.store.document.graph == lost.graph
    assert again.isWindowModified()
    assert recoverable() == []
    again.discard_and_close()
    again.deleteLater()


def test_every_action_has_a_tip_and_no_two_share_a_key(window):
    keys = [key.toString() for action in window.actions_by_name.values() for key in action.shortcuts()]
    assert len(keys) == len(set(keys))
    assert all(action.toolTip() for action in window.actions_by_name.values())


def test_every_control_has_a_name_that_can_be_read_aloud(window):
    from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit

    unnamed = [
        control
        for kind in (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit)
        for control in window.findChildren(kind)
        if control.isVisible()
        and not control.objectName().startswith("qt_")
        and not (control.accessibleName() or getattr(control, "text", str)() or control.toolTip())
    ]
    assert unnamed == []


def test_resetting_the_layout_leaves_one_tab_bar_for_each_group_of_panels(window, qtbot):
    def titles() -> list[list[str]]:
        bars = [bar for bar in window.findChildren(QTabBar) if bar.isVisible()]
        return sorted([bar.tabText(i) for i in range(bar.count())] for bar in bars)

    for _ in range(2):
        press(window, "view.reset_layout")
    qtbot.waitUntil(lambda: titles() == [["Boundary", "Metrics"], ["Weights", "Gradients"]], timeout=PATIENCE)


def test_a_project_saved_without_a_suffix_gets_one_and_replaces_nothing_unasked(window, tmp_path, monkeypatch):
    there = tmp_path / "model v1.2.nnstudio"
    there.write_text("precious")
    chosen = str(tmp_path / "model v1.2")
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_: (chosen, ""))
    monkeypatch.setattr(QMessageBox, "question", lambda *_, **__: QMessageBox.StandardButton.No)
    press(window, "file.save_as")
    assert there.read_text() == "precious"
    monkeypatch.setattr(QMessageBox, "question", lambda *_, **__: QMessageBox.StandardButton.Yes)
    press(window, "file.save_as")
    assert there.read_bytes()[:2] == b"PK"


def test_a_project_without_its_data_keeps_how_they_were_prepared(window, qtbot, tmp_path, monkeypatch):
    from nnstudio.project_file import open_project, save

    train_a_little(window, qtbot)
    path = tmp_path / "large.nnstudio"
    save(path, window.store.document, window.model.checkpoint(), window.model.data, limit_bytes=0)
    window.session.let_go()
    monkeypatch.setattr(type(window.session), "_prepare_sample", lambda *_: None)  # as with a table that is gone
    window.model.prepared._kept.clear()
    window.session.open(str(path))
    assert window.model.data is None
    window.session.save()
    assert open_project(path).record is not None


def test_a_window_whose_engine_does_not_answer_can_be_closed_at_the_second_try(window, qtbot):
    press(window, "train.toggle")
    qtbot.waitUntil(lambda: window.model.status.epoch > 1, timeout=PATIENCE)
    process = psutil.Process(window.model.host.process_id)
    process.suspend()
    window.close()
    assert window.isVisible()
    window.close()
    assert not window.isVisible()
    assert not process.is_running()

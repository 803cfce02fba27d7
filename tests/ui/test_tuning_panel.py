"""The hyperparameters panel: the list, what can be typed, what an experiment shows, and the value that is used."""

from __future__ import annotations

import math
import time

import msgspec
import numpy as np
import pytest
from fake_training import FakeTraining
from made_up_tuning import COSTS, made_up_tuning
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from engine import Dense, Input, Output, Sgd, chain
from nnstudio import edits
from nnstudio.hyperparameters import HYPERPARAMETERS
from nnstudio.labs.pool import LabPool
from nnstudio.labs.tuning import vary
from ui.lab_jobs import close_jobs
from ui.panels.lab_tuning import TuningPanel

PATIENCE_MS = 30_000
NAN = math.nan


class LabTraining(FakeTraining):
    def checkpoint(self):
        return None


def report_and_wait(report, found):
    report(0.4, "Learning rate α = 0.1, seed 1 of 3", found)
    while True:
        time.sleep(0.001)


@pytest.fixture
def model(qtbot):
    made = LabTraining()
    yield made
    close_jobs(made)
    made.deleteLater()


@pytest.fixture
def shown(qtbot, model):
    def show(model=model, size=(460, 735)):
        panel = TuningPanel(model)
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitUntil(lambda: panel.visibility.seen)
        return panel

    return show


def begin(panel, job=7):
    """Run without a process behind it."""
    panel.jobs.submit = lambda *_: job
    panel.run()
    del panel.jobs.submit  # the class's own is back
    return job


def hand(panel, result):
    """Let a job return a result."""
    panel.jobs.finished.emit(begin(panel), result)


def type_into(qtbot, panel, text):
    panel.setup.line.selectAll()
    qtbot.keyClicks(panel.setup.line, text)


def set_training(model, **settings):
    model.store.apply(
        lambda d: edits.set_training(d, msgspec.structs.replace(d.training, **settings)), "settings"
    )  # fmt: skip


# -- the list ---------------------------------------------------------------------------------------------------------


def test_every_hyperparameter_is_listed_with_its_present_value(shown):
    values = shown().list.values()
    assert list(values) == list(HYPERPARAMETERS)
    assert values["learning_rate"] == "0.01"
    assert values["hidden_units"] == "16"
    assert values["optimizer"] == "Adam"
    assert values["initializer"] == "Xavier normal"
    assert values["clip_norm"] == "none"
    assert values["weight_decay"] == "–"


def test_the_list_follows_the_document_and_undo(model, shown):
    panel = shown()
    set_training(model, optimizer=Sgd(learning_rate=0.5), batch_size=7)
    assert [panel.list.values()[name] for name in ("learning_rate", "batch_size", "momentum")] == ["0.5", "7", "–"]
    model.store.undo_stack.undo()
    assert panel.list.values()["learning_rate"] == "0.01"


@pytest.mark.parametrize("width", [460, 330, 1100])
def test_no_row_of_the_list_hides_another_and_all_fit_before_there_is_a_result(shown, width):
    panel = shown(size=(width, 800))
    rows = [panel.list.visualItemRect(panel.list.item(index)) for index in range(panel.list.count())]
    assert not any(one.intersects(other) for at, one in enumerate(rows) for other in rows[:at])
    room = panel.list.viewport().rect()
    assert all(rect.left() >= 0 and rect.right() <= room.right() for rect in rows)
    assert rows[0].top() == 0
    if width != 330:
        assert room.contains(rows[-1])


def test_keys_choose_and_what_is_chosen_is_explained(qtbot, shown):
    panel = shown()
    panel.setFocus()
    qtbot.keyClick(panel.list, Qt.Key.Key_Right)
    assert panel.chosen is HYPERPARAMETERS["epochs"]
    assert panel.setup.meaning.text() == HYPERPARAMETERS["epochs"].meaning
    assert HYPERPARAMETERS["epochs"].usual in panel.setup.usual.text()
    assert not panel.epochs.isEnabled()  # they are what is varied
    panel.list.choose("hidden_units")
    assert panel.setup.usual.text().endswith("Gives Dense 1 and Dense 2 the same number of units.")
    assert panel.epochs.isEnabled()


# -- the values -------------------------------------------------------------------------------------------------------


def test_values_are_suggested_around_the_present_one(model, shown):
    panel = shown()
    assert panel.setup.line.text() == "0.001, 0.003, 0.01, 0.03, 0.1"
    set_training(model, optimizer=Sgd(learning_rate=1.0))
    assert panel.setup.values == (0.1, 0.3, 1.0, 3.0, 10.0)


def test_typed_values_stay_with_their_hyperparameter_until_escape(qtbot, model, shown):
    panel = shown()
    type_into(qtbot, panel, "1e-2 0.5")
    assert panel.setup.values == (0.01, 0.5)
    panel.list.choose("batch_size")
    panel.list.choose("learning_rate")
    assert panel.setup.values == (0.01, 0.5)
    qtbot.keyClick(panel.setup.line, Qt.Key.Key_Escape)
    assert panel.setup.line.text() == "0.001, 0.003, 0.01, 0.03, 0.1"


def test_a_value_that_cannot_be_is_refused_where_it_is_typed(qtbot, shown):
    panel = shown()
    type_into(qtbot, panel, "0.1, fast")
    assert panel.words.text().startswith("fast is not a number")
    assert panel.words.property("role") == "bad"
    assert panel.setup.line.property("invalid") is True
    assert not panel.run_button.isEnabled()
    panel.run()
    assert not panel.running
    type_into(qtbot, panel, "0.1")
    assert panel.words.text() == ""
    assert panel.run_button.isEnabled()


def test_what_does_not_apply_says_why_and_cannot_be_run(model, shown):
    panel = shown()
    panel.list.choose("weight_decay")
    assert panel.words.text() == "Adam has no weight decay: choose AdamW as the optimizer."
    assert panel.words.property("role") == "hint"
    assert not panel.setup.line.isEnabled()
    assert not panel.run_button.isEnabled()


def test_kinds_can_be_ticked_in_a_menu(shown):
    panel = shown()
    panel.list.choose("activation")
    before = panel.setup.values
    panel.setup._fill_menu()
    gelu = next(action for action in panel.setup._menu.actions() if action.text() == "GELU")
    gelu.trigger()
    assert set(panel.setup.values) == {*before, "gelu"}
    panel.setup._fill_menu()
    next(action for action in panel.setup._menu.actions() if action.text() == "GELU").trigger()
    assert panel.setup.values == before


# -- running ----------------------------------------------------------------------------------------------------------


def test_the_job_is_the_experiment_on_the_documents_network_and_data(model, shown):
    panel = shown()
    panel.epochs.setValue(7)
    panel.seeds.setValue(2)
    panel.rows.setValue(50)
    function, (experiment, training, validation) = panel.job()
    assert function is vary
    assert [candidate.value for candidate in experiment.candidates] == [0.001, 0.003, 0.01, 0.03, 0.1]
    assert [candidate.settings.optimizer.learning_rate for candidate in experiment.candidates][-1] == 0.1
    assert {candidate.settings.epochs for candidate in experiment.candidates} == {7}
    assert experiment.seeds == (0, 1)
    np.testing.assert_array_equal(training[0], model.data.X[model.data.training[:50]])
    np.testing.assert_array_equal(validation[1], model.data.Y[model.data.validation[:50]])


def test_an_experiment_in_the_background_comes_to_what_it_comes_to_here(qtbot, model, shown):
    panel = shown()
    panel.list.choose("batch_size")
    type_into(qtbot, panel, "16, 64")
    for spin in (panel.epochs, panel.seeds):
        spin.setValue(2)
    deeds = []
    model.did.connect(deeds.append)
    _, arguments = panel.job()
    qtbot.keyClick(panel.run_button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE_MS)
    here = vary(lambda *news: None, *arguments)
    costs = [[run.cost for run in outcome.runs] for outcome in panel.result.outcomes]
    assert costs == [[run.cost for run in outcome.runs] for outcome in here.outcomes]
    assert panel.verdict.text() == here.verdict
    assert deeds == ["run_lab", "run_lab_tuning"]  # by which a lesson knows


def test_what_has_been_found_so_far_is_shown_and_stays_after_cancel(qtbot, shown):
    panel = shown()
    panel.job = lambda: (report_and_wait, (made_up_tuning(tried=2),))
    panel.run()
    qtbot.waitUntil(lambda: panel.result is not None, timeout=PATIENCE_MS)
    assert panel.verdict.text().startswith("2 of 3 values tried so far.")
    assert panel.words.text() == "Learning rate α = 0.1, seed 1 of 3"
    assert panel.view.offer.count() == 2
    qtbot.mouseClick(panel.run_button, Qt.MouseButton.LeftButton)
    assert panel.words.text() == "Canceled."
    assert panel.view.table.rowCount() == 2


def test_each_hyperparameter_keeps_its_last_result(shown):
    panel = shown()
    hand(panel, made_up_tuning())
    panel.list.choose("batch_size")
    assert not panel.result_view.isVisible()
    assert panel.verdict.text() == ""
    hand(panel, made_up_tuning({8: (0.3,), 32: (0.2,)}, "batch_size"))
    assert panel.view.table.rowCount() == 2
    panel.list.choose("learning_rate")
    assert panel.view.table.rowCount() == 3
    assert "lowest with 0.01" in panel.verdict.text()


def test_a_result_for_another_than_the_chosen_one_is_told_and_kept(shown):
    panel = shown()
    job = begin(panel)
    panel.list.choose("batch_size")
    panel.jobs.finished.emit(job, made_up_tuning())
    assert not panel.result_view.isVisible()
    assert panel.words.text() == "Learning rate α has been tried: choose it to see what came of it."
    panel.list.choose("learning_rate")
    assert panel.result_view.isVisible()


# -- what is shown ----------------------------------------------------------------------------------------------------


def test_the_plot_has_a_point_a_run_and_a_median_a_value(shown):
    panel = shown()
    hand(panel, made_up_tuning())
    x, y = panel.view.values._runs.getData()
    assert sorted(10**y) == pytest.approx(sorted(cost for costs in COSTS.values() for cost in costs))
    x, y = panel.view.values._medians.getData()
    assert list(x) == pytest.approx([-3, -2, -1])
    assert list(10**y) == pytest.approx([0.5, 0.11, 0.3])


def test_the_table_has_mean_and_spread_and_marks_the_present_value(shown):
    panel = shown(size=(1100, 800))
    hand(panel, made_up_tuning())
    assert panel.view.table.texts()[1] == ["0.01", "0.110 ± 0.010", "90.0 ± 0\u202f%", "0.0600 ± 0.010", "now"]
    assert [row[-1] for row in panel.view.table.texts()] == ["", "now", ""]


def test_another_measure_changes_plot_verdict_and_what_is_best(shown):
    panel = shown()
    hand(panel, made_up_tuning())
    box = panel.view.measure_box
    assert [box.itemText(index) for index in range(box.count())] == [
        "validation cost", "validation accuracy", "training cost",
    ]  # fmt: skip
    box.setCurrentIndex(1)
    assert panel.verdict.text().startswith("The validation accuracy after 30 epochs is highest with")
    assert set(panel.view.values._runs.getData()[1]) == {90.0}
    assert panel.view.values.axes["left"].label.toPlainText().strip() == "accuracy, %"
    box.setCurrentIndex(2)
    assert panel.verdict.text().startswith("The training cost after 30 epochs is lowest with 0.01: 0.0600")


def test_without_validation_rows_only_training_rows_are_spoken_of(shown):
    panel = shown(size=(1100, 800))
    hand(panel, made_up_tuning(validation=0, score_name="r2"))
    box = panel.view.measure_box
    assert [box.itemText(index) for index in range(box.count())] == ["training cost", "training R²"]
    assert panel.verdict.text().startswith("The training cost ")
    assert [len(row) for row in panel.view.table.texts()] == [4, 4, 4]


def test_runs_that_diverged_are_marked_with_their_number(shown):
    panel = shown()
    hand(panel, made_up_tuning({0.01: (0.1, 0.12, 0.11), 0.1: (0.2, NAN, 0.3), 1.0: (NAN, NAN, NAN)}))
    assert [item.toPlainText() for item in panel.view.values._counts] == ["1/3", "3/3"]
    assert [row[-1] for row in panel.view.table.texts()] == ["now", "1 of 3 diverged", "3 of 3 diverged"]
    assert "With 1 every run diverged." in panel.verdict.text()
    assert panel.view.values.describe(0.0, 0.0).endswith("3 of 3 runs diverged")
    panel.grab()


def test_a_value_that_could_not_be_trained_cannot_be_used(shown):
    panel = shown()
    hand(panel, made_up_tuning({0.01: (0.1, 0.12), 0.1: ()}, problems={0.1: "BatchNorm 1 needs more rows."}))
    panel.view.choose(1)
    assert not panel.view.take_button.isEnabled()
    assert panel.view.take_button.toolTip() == "BatchNorm 1 needs more rows."
    assert panel.view.values.describe(-1.0, 0.0).endswith("could not be trained")


def test_hover_tells_the_nearest_value_and_epoch(shown):
    panel = shown()
    hand(panel, made_up_tuning())
    told = panel.view.values.describe(-1.9, 0.0).splitlines()
    assert told[:2] == ["Learning rate α = 0.01", "median validation cost 0.110"]
    told = panel.view.describe_epoch(30.2, 0.0).splitlines()
    assert told == ["epoch 30", "0.001: 0.500", "0.01: 0.110", "0.1: 0.300"]


@pytest.mark.parametrize(("size", "shown_parts"), [((460, 735), 1), ((1100, 800), 3), ((460, 1500), 3)])
def test_views_stand_beside_or_below_each_other_where_there_is_room(shown, size, shown_parts):
    panel = shown(size=size)
    hand(panel, made_up_tuning())
    panel.grab()
    assert sum(part.isVisible() for part in panel.view.parts.values()) == shown_parts


def test_the_views_are_changed_by_their_buttons(qtbot, shown):
    panel = shown()
    hand(panel, made_up_tuning())
    for view in ("curves", "table", "values"):
        qtbot.mouseClick(panel.view.buttons[view], Qt.MouseButton.LeftButton)
        assert [name for name, part in panel.view.parts.items() if part.isVisible()] == [view]


def test_ctrl_c_in_the_table_copies_every_run(qtbot, shown):
    panel = shown()
    hand(panel, made_up_tuning())
    panel.view.show_view("table")
    qtbot.keyClick(panel.view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("Hyperparameters\nThe validation cost after 30 epochs")
    assert "0.01\t6\t0.12\t0.9\t0.07\tlast epoch" in copied


# -- use this value ---------------------------------------------------------------------------------------------------


def test_the_best_value_is_offered_and_used_as_one_step_of_undo(qtbot, model, shown):
    panel = shown()
    hand(panel, made_up_tuning({0.001: (0.5, 0.52), 0.1: (0.1, 0.11)}))
    before = model.store.document
    assert panel.view.offer.currentText() == "0.1"
    qtbot.mouseClick(panel.view.take_button, Qt.MouseButton.LeftButton)
    assert model.store.document == HYPERPARAMETERS["learning_rate"].put(before, 0.1)
    assert model.store.undo_stack.undoText() == "Set learning rate to 0.1"
    assert panel.list.values()["learning_rate"] == "0.1"
    assert not panel.view.take_button.isEnabled()
    assert panel.view.take_button.toolTip() == "The network has this value now."
    assert not panel._stale_words.isVisible()  # but for the value that was varied all is as it was
    model.store.undo_stack.undo()
    assert model.store.document == before
    assert panel.view.take_button.isEnabled()


def test_layers_are_changed_in_one_step_too(qtbot, model, shown):
    panel = shown()
    panel.list.choose("hidden_layers")
    hand(panel, made_up_tuning({1: (0.5,), 4: (0.1,)}, "hidden_layers", model.store.document))
    steps = model.store.undo_stack.count()
    qtbot.mouseClick(panel.view.take_button, Qt.MouseButton.LeftButton)
    assert panel.list.values()["hidden_layers"] == "4"
    assert model.store.undo_stack.count() == steps + 1
    assert not panel._stale_words.isVisible()


def test_a_value_chosen_by_hand_stays_chosen_while_results_come_in(shown):
    panel = shown()
    hand(panel, made_up_tuning())
    panel.view.choose(2)
    panel.view.measure_box.setCurrentIndex(2)
    set_training(panel.model, l2=0.1)
    assert panel.view.offer.currentText() == "0.1"
    hand(panel, made_up_tuning())
    assert panel.view.offer.currentText() == "0.1"
    hand(panel, made_up_tuning({0.01: (0.1,), 0.1: (0.2,)}))
    assert panel.view.offer.currentText() == "0.01"


def test_a_click_in_the_plot_chooses_the_nearest_value(qtbot, shown):
    panel = shown()
    hand(panel, made_up_tuning())
    plot = panel.view.values
    box = plot.item.getViewBox()
    panel.grab()
    at = plot.mapFromScene(box.mapViewToScene(QPoint(-1, 0)).toPoint())
    middle = plot.mapFromScene(box.sceneBoundingRect().center()).y()
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at.x(), middle))
    assert panel.view.offer.currentText() == "0.1"
    assert panel.view.table.currentRow() == 2


def test_a_result_is_old_when_anything_else_has_changed(model, shown):
    panel = shown()
    hand(panel, made_up_tuning())
    set_training(model, l2=0.1)
    assert panel._stale_words.text() == "The settings have changed since."
    graph = chain([Input(features=2), Dense(units=3), Output()])
    model.store.apply(lambda document: msgspec.structs.replace(document, graph=graph), "other")
    assert panel._stale_words.text() == "The network and the settings have changed since."


def test_a_result_of_what_is_not_there_any_more_stays_and_cannot_be_used(model, shown):
    panel = shown()
    panel.list.choose("momentum")
    hand(panel, made_up_tuning({0.5: (0.2,), 0.99: (0.1,)}, "momentum"))
    assert panel.view.take_button.isEnabled()
    set_training(model, optimizer=Sgd(learning_rate=0.1))
    assert panel.view.values.isVisible()
    assert not panel.view.take_button.isEnabled()
    assert panel.view.take_button.toolTip().startswith("SGD has no momentum")
    assert panel._stale_words.text() == "The settings have changed since."


def test_nothing_is_started_before_run(shown, monkeypatch):
    monkeypatch.setattr(LabPool, "submit", lambda *_: pytest.fail("a job was started"))
    panel = shown()
    for name in HYPERPARAMETERS:
        panel.list.choose(name)
    assert not panel.running

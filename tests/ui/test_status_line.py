"""The status line always says what is happening."""

import pytest
from fake_training import FakeTraining

from engine.layers import Add
from engine.snapshot import Status
from nnstudio import edits
from ui import status_line
from ui.status_line import StatusLine, seconds_left, sentence

THIN = "\u202f"


@pytest.fixture
def model(qtbot):
    made = FakeTraining()
    yield made
    made.deleteLater()


@pytest.fixture
def line(qtbot, model):
    made = StatusLine(model)
    qtbot.addWidget(made)
    made.resize(1400, 28)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_training_is_told_in_figures():
    status = Status(
        state="training",
        epoch=124,
        epochs=2000,
        step=2728,
        running_cost=0.042,
        training_cost=0.5,
        validation_cost=0.053,
        steps_per_second=39_049.0,
    )
    assert sentence(status) == (
        f"Training · epoch 124 of 2{THIN}000 · running cost 0.0420 · validation 0.0530 · 39{THIN}000 steps/s · 1 s left"
    )
    assert seconds_left(status) == pytest.approx(1876 * 22 / 39_049)


def test_what_is_not_known_is_left_out():
    assert sentence(Status(state="ready")) == "Ready"
    paused = Status(state="paused", epoch=3, epochs=10, running_cost=0.5)
    assert sentence(paused) == "Paused · epoch 3 of 10 · running cost 0.500"


def test_at_rest_the_true_cost_is_told_once_it_is_known():
    rested = Status(state="paused", epoch=3, epochs=10, measured=True, running_cost=0.5, training_cost=0.4)
    assert sentence(rested) == "Paused · epoch 3 of 10 · cost 0.400"


def test_a_run_that_ended_early_says_why():
    why = "Stopped after epoch 40. The validation cost has not fallen for 10 epochs."
    ended = sentence(Status(state="finished", message=why, epoch=40, epochs=100))
    assert ended == f"Finished · {why.rstrip('.')} · epoch 40 of 100"


def test_a_diverged_run_says_why():
    assert sentence(Status(state="diverged", message="The cost is not finite.")).startswith(
        "Diverged · The cost is not finite"
    )


def test_the_line_follows_training_and_shows_the_last_state(qtbot, line, model):
    for epoch in (1, 2, 3):
        model.set_status(state="training", epoch=epoch, epochs=9)
    qtbot.waitUntil(lambda: line.text.text() == "Training · epoch 3 of 9")


def test_size_engine_and_saved_state_stand_at_the_right(line):
    assert line.network.text() == "3 layers · 337 parameters"
    assert line.engine.text() == "engine 1 thread"
    line.set_saved("saved 12 s ago")
    assert line.saved.text() == "saved 12 s ago"


def test_a_message_is_shown_for_a_while(qtbot, line, model, monkeypatch):
    monkeypatch.setattr(status_line, "MESSAGE_SECONDS", 0)
    line.show_message("Saved.", "info")
    assert line.text.text() == "Saved."
    qtbot.waitUntil(lambda: line.text.text() == "Getting ready")


def test_without_data_the_line_says_so(qtbot):
    model = FakeTraining(None)
    made = StatusLine(model)
    qtbot.addWidget(made)
    assert made.text.text() == "No data yet"


def test_a_network_that_cannot_be_trained_is_not_called_a_lack_of_data(line, model):
    model.set_status(state="empty")
    model.store.apply(lambda d: edits.add_node(d, edits.new_node(d.graph, Add()), (0.0, 0.0)), "Add")
    assert model.problem
    assert line.text.text() == f"Not ready: {model.problem.rstrip('.')}"


def test_a_finished_run_whose_end_was_raised_is_paused():
    assert sentence(Status(state="finished", epoch=30, epochs=30)).startswith("Finished · ")
    assert sentence(Status(state="finished", epoch=30, epochs=999_999)).startswith("Paused · ")


def test_at_rest_inside_an_epoch_the_step_is_told(qtbot, line, model):
    model.set_status(state="paused", step=3)
    qtbot.waitUntil(lambda: line.text.text().startswith("Paused · epoch 0 · step 3 of 25"))
    model.add_row(epoch=1, step=25, running_cost=0.5)
    model.set_status(step=27, epoch=1)
    qtbot.waitUntil(lambda: "epoch 1 · step 2 of 25" in line.text.text())
    model.set_status(step=25)
    qtbot.waitUntil(lambda: "step" not in line.text.text())


def test_a_message_is_not_overwritten_by_figures(qtbot, line, model):
    line.show_message("Saved.", "info")
    model.set_status(state="training", epoch=3, epochs=9)
    qtbot.wait(150)
    assert line.text.text() == "Saved."


def test_a_narrow_line_ends_in_an_ellipsis_and_keeps_the_whole_as_a_tooltip(qtbot, line, model):
    model.set_status(state="training", epoch=1204, epochs=2000, running_cost=0.0417, validation_cost=0.0533)
    line.resize(260, 28)
    qtbot.waitUntil(lambda: line.text.text().endswith("…"))
    assert line.text.toolTip().startswith("Training · epoch")
    assert not line.engine.isVisible()

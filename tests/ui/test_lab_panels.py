"""The lab panels: Run and Cancel, progress, results that stay, words for what fails, and what they show."""

from __future__ import annotations

import math
import time

import msgspec
import numpy as np
import psutil
import pyqtgraph as pg
import pytest
from fake_training import FakeTraining
from made_up_tuning import made_up_tuning
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QSpinBox

from engine import Dense, Input, Output, chain
from engine.declared import replace
from engine.settings import MOST_EPOCHS
from engine.snapshot import Boundary, Histogram
from nnstudio import edits
from nnstudio.engine_host import EngineHost
from nnstudio.labs.depth import Depths, Run, compare_depths
from nnstudio.labs.depth import Outcome as DepthOutcome
from nnstudio.labs.initialization import STARTS, LayerOutcome, Outcome, Starts
from nnstudio.labs.proof import ArrayProof, Proof
from nnstudio.labs.vectorization import EXAMPLES, MATRICES, UNITS, Comparison, Timing
from ui import theme
from ui.app import make_window
from ui.lab_jobs import LabJobs, close_jobs, jobs_of
from ui.panels import PANELS

LABS = ["lab_proof", "lab_vectorization", "lab_initialization", "lab_depth", "lab_tuning"]
PATIENCE_MS = 30_000


class LabTraining(FakeTraining):
    def checkpoint(self):
        return None


def work_forever(report):
    while True:
        report(0.3, "loop over units, m = 10")
        time.sleep(0.001)


def complain(report):
    raise ValueError("This lab knows chains only, and Add 1 joins or parts the way.")


def array(symbol="Θ[1] = [b W]", layer="Dense 1", error=3e-9, compared=4, skipped=0):
    computed = np.linspace(-1e-3, 2e-3, compared)
    return ArrayProof(symbol, layer, error, compared, skipped, computed * (1 + 1e-9), computed)


def outcome(start, costs, identical=0, message=""):
    histogram = Histogram(np.linspace(-1, 1, 9), np.arange(8), 0.1, 0.5)
    layers = (LayerOutcome("Dense 1", histogram, 16, identical), LayerOutcome("Output", histogram, 1, None))
    return Outcome(start, "W = 0", np.asarray(costs, float), message, layers)


def depths(seeds=(0, 1, 2), watched=20, boundary=True):
    """Return four networks trained for two epochs, each with a boundary of its own."""
    outcomes = []
    for depth, (width, parameters) in enumerate(((26, 105), (8, 105), (6, 109), (5, 111)), 1):
        runs = []
        for seed in seeds:
            costs = np.array([0.7, 0.5, 0.4 / depth + 0.01 * seed])
            grid = Boundary((0, 1), (-2.0, 2.0), (-2.0, 2.0), np.full((1, 8, 8), 0.2 * depth + 0.05 * seed, np.float32))
            known = costs + 0.02 if watched else np.full(3, np.nan)
            runs.append(Run(seed, costs, known, "", grid if boundary else None))
        outcomes.append(DepthOutcome(depth, width, parameters, tuple(runs)))
    return Depths(tuple(outcomes), 105, 2, 80, watched, "Hidden layers as Dense 1: tanh, Xavier normal.")


def result_of(name):
    if name == "lab_proof":
        return Proof((array(), array("Θ[2] = [b W]", "Output", 2e-11, 3, 1)), 32, False, ())
    if name == "lab_vectorization":
        times = {UNITS: (1e-3, 1e-1), EXAMPLES: (1e-4, 1e-2), MATRICES: (5e-5, 2e-4)}
        return Comparison(
            {
                way: (Timing(3, few, 3), Timing(300, many, 60 if way == UNITS else 300))
                for way, (few, many) in times.items()
            },
            {(UNITS, EXAMPLES): 1e-16, (UNITS, MATRICES): 4e-15, (EXAMPLES, MATRICES): 2e-15},
            5,
            60,
            True,
        )
    if name == "lab_depth":
        return depths()
    if name == "lab_tuning":
        return made_up_tuning()
    costs = {"zeros": [0.69, 0.69], "too small": [0.69, 0.6], "too large": [9.0, math.nan], "Xavier": [0.7, 0.31]}
    return Starts(
        tuple(outcome(start, costs.get(start, [0.8, 0.3]), 16 if start == "zeros" else 0) for start in STARTS), 1, 80
    )


@pytest.fixture
def model(qtbot):
    made = LabTraining()
    yield made
    close_jobs(made)
    made.deleteLater()


@pytest.fixture
def shown(qtbot, model):
    def show(name, model=model, size=(460, 700)):
        panel = PANELS[name](model)
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitUntil(lambda: panel.visibility.seen)
        return panel

    return show


def hand(panel, result):
    """Let a job return a result."""
    panel.job = lambda: (work_forever, ())
    panel.run()
    panel.jobs.finished.emit(panel._job, result)


# -- running ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LABS)
def test_a_lab_says_what_it_does_and_can_be_run(shown, name):
    panel = shown(name)
    assert not panel.empty
    assert panel.run_button.text() == "Run"
    assert panel.run_button.isEnabled()
    assert panel.run_button.accessibleName() == f"Run {panel.title}"
    assert not panel.progress.isVisible()
    assert not panel.result_view.isVisible()
    assert all(spin.accessibleName().startswith(panel.title) for spin in panel.findChildren(QSpinBox))


@pytest.mark.parametrize("name", LABS)
def test_a_lab_runs_in_a_process_of_its_own_and_shows_what_it_found(qtbot, shown, name):
    panel = shown(name)
    for spin in panel.findChildren(QSpinBox):
        spin.setValue(2)
    qtbot.keyClick(panel.run_button, Qt.Key.Key_Space)
    assert panel.run_button.text() == "Cancel"
    assert panel.progress.isVisible()
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE_MS)
    assert panel.result is not None
    assert panel.words.text() == ""
    assert panel.verdict.text()
    assert panel.result_view.isVisible()
    assert panel.run_button.text() == "Run"
    assert not panel.progress.isVisible()


def test_cancel_ends_the_process_and_the_last_result_stays(qtbot, shown):
    panel = shown("lab_proof")
    hand(panel, result_of("lab_proof"))
    panel.jobs.pool.close()
    panel.run()
    qtbot.waitUntil(lambda: panel.progress.value() == 300, timeout=PATIENCE_MS)
    assert panel.words.text() == "loop over units, m = 10"
    number = panel.jobs.pool.process_id
    qtbot.mouseClick(panel.run_button, Qt.MouseButton.LeftButton)
    assert not psutil.pid_exists(number)
    assert not panel.running
    assert panel.words.text() == "Canceled."
    assert panel.result is not None
    assert panel.result_view.isVisible()


def test_a_job_that_fails_is_told_in_words(qtbot, shown):
    panel = shown("lab_vectorization")
    panel.job = lambda: (complain, ())
    panel.run()
    qtbot.waitUntil(lambda: not panel.running, timeout=PATIENCE_MS)
    assert panel.words.text() == "This lab knows chains only, and Add 1 joins or parts the way."
    assert panel.words.property("role") == "bad"
    assert panel.run_button.text() == "Run"
    panel.refresh()
    assert panel.words.property("role") == "bad"
    graph = panel.model.store.document.graph
    hidden = graph.of_kind(Dense)[0].id
    panel.model.store.apply(lambda d: edits.set_layer(d, hidden, Dense(units=5)), "units")
    panel.refresh()
    assert panel.words.text() == ""  # it was of another network


def test_the_second_lab_waits_for_the_first(qtbot, shown):
    first, second = shown("lab_proof"), shown("lab_vectorization")
    first.job = second.job = lambda: (work_forever, ())
    first.run()
    second.run()
    assert second.words.text() == "Waiting for the other lab."
    assert first.jobs is second.jobs
    first.cancel()
    qtbot.waitUntil(lambda: second.progress.value() == 300, timeout=PATIENCE_MS)


def test_closing_the_window_ends_the_labs_process(qtbot, model, shown):
    panel = shown("lab_proof")
    panel.job = lambda: (work_forever, ())
    panel.run()
    number = jobs_of(model).pool.process_id
    assert psutil.pid_exists(number)
    close_jobs(model)
    assert not psutil.pid_exists(number)


def test_where_no_lab_was_opened_there_is_nothing_to_close(model):
    close_jobs(model)
    assert model.findChild(LabJobs) is None


@pytest.mark.parametrize("name", LABS)
def test_without_data_a_lab_asks_for_data_first(shown, qtbot, name):
    model = LabTraining(None)
    assert shown(name, model).empty
    model.deleteLater()


def test_a_network_with_a_problem_cannot_be_run_and_the_problem_is_named(model, shown):
    panel = shown("lab_proof")
    whole = model.store.document.graph
    model.store.apply(lambda document: msgspec.structs.replace(document, graph=chain([Input(features=2)])), "cut")
    assert not panel.run_button.isEnabled()
    assert panel.words.text() == model.problem != ""
    model.store.apply(lambda document: msgspec.structs.replace(document, graph=whole), "mend")
    assert panel.run_button.isEnabled()
    assert panel.words.text() == ""


def test_a_result_of_another_network_says_so(model, shown):
    panel = shown("lab_proof")
    hand(panel, result_of("lab_proof"))
    assert not panel._stale_words.isVisible()
    graph = chain([Input(features=2), Dense(units=3), Output()])
    model.store.apply(lambda document: msgspec.structs.replace(document, graph=graph), "other")
    model.shapes_changed.emit()
    assert panel._stale_words.isVisible()
    assert panel.result_view.isVisible()


# -- what is shown ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", ["light", "dark"])
@pytest.mark.parametrize("name", LABS)
@pytest.mark.parametrize("size", [(460, 700), (1200, 800), (200, 170)], ids=["tab", "large", "small"])
def test_a_result_is_drawn_in_both_themes_and_at_every_size_and_saved(shown, tmp_path, name, choice, size):
    panel = shown(name, size=size)
    hand(panel, result_of(name))
    theme.apply_to_application(choice)
    try:
        panel.save_picture(tmp_path / "lab.png")
        panel.save_picture(tmp_path / "lab.svg")
    finally:
        theme.apply_to_application("light")
    assert QImage(str(tmp_path / "lab.png")).width() == 2 * size[0]
    assert (tmp_path / "lab.svg").read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lab_proof", ["Right.", "Θ[1] = [b W]\tDense 1\t3e-09\t4\t0", "Θ[2] = [b W]\tOutput\t2e-11\t3\t1"]),
        ("lab_vectorization", ["500 times", "extrapolated from fewer", "300\t0.1 extrapolated\t0.01\t0.0002"]),
        ("lab_depth", ["every one of 3 seeds", "3\t6\t109\t3.81 %\t1\t0.143333\t0.163333"]),
        (
            "lab_tuning",
            ["The validation cost after 30 epochs is lowest with 0.01", "0.1\t5\t0.3\t0.9\t0.25\tlast epoch"],
        ),
        ("lab_initialization", ["symmetry not broken", "epoch\tzeros\ttoo small", "1\t0.69\t0.6\tnan\t0.31\t0.3"]),
    ],
)
def test_a_result_is_copied_as_text(shown, name, words):
    panel = shown(name)
    hand(panel, result_of(name))
    panel.copy_text()
    copied = QGuiApplication.clipboard().text()
    assert all(word in copied for word in words), copied


def test_the_proof_shows_the_entries_of_the_array_that_is_chosen_by_keys(qtbot, shown):
    panel = shown("lab_proof")
    hand(panel, result_of("lab_proof"))
    assert "7 parameters compared, 1 skipped at kinks" in panel.verdict.text()
    assert "Θ[1] = [b W] of Dense 1: relative error 3.0e−9, 4 compared" in panel.chosen.text()
    assert len(panel._points.xData) == 4
    assert panel.readout(2e-3, 2e-3).startswith("computed 0.00200000\nnumeric 0.00200000\ndifference 2.0e−12")
    qtbot.keyClick(panel.arrays, Qt.Key.Key_Down)
    assert "Θ[2] = [b W] of Output: relative error 2.0e−11, 3 compared, 1 skipped at kinks" in panel.chosen.text()
    assert len(panel._points.xData) == 3


def test_a_wrong_array_is_marked_by_more_than_color(shown):
    panel = shown("lab_proof")
    hand(panel, Proof((array(error=0.01), array("γ[2]", "BatchNorm 1", math.nan, 2, 0)), 32, True, ("Dense 2",)))
    assert panel.verdict.text().startswith("Not right. Θ[1] = [b W] of Dense 1, γ[2] of BatchNorm 1")
    assert "trained weights (initial ones of Dense 2)" in panel.verdict.text()
    panel.grab()


def test_an_array_without_comparable_entries_is_shown_as_such(shown):
    panel = shown("lab_proof")
    hand(panel, Proof((array(error=0.0, compared=0, skipped=9),), 32, True, ()))
    assert "nothing compared, 0 compared, 9 skipped at kinks" in panel.chosen.text()
    assert panel.readout(0.0, 0.0) == ""
    panel.grab()


def test_the_times_are_told_on_hover_with_what_is_extrapolated(shown):
    panel = shown("lab_vectorization")
    assert panel.readout(0.0, 0.0) == ""
    hand(panel, result_of("lab_vectorization"))
    told = panel.readout(math.log10(280), -2.0).splitlines()
    assert told == [
        "m = 300",
        "loop over units 100 ms, from 60 examples",
        "loop over examples 10.0 ms",
        "whole matrices 200 µs",
    ]


def test_the_code_of_the_three_ways_is_shown(shown):
    panel = shown("lab_vectorization")
    codes = [panel.tabs.widget(tab) for tab in (1, 2, 3)]
    assert [panel.tabs.tabText(tab) for tab in range(4)] == ["Times", "Units", "Examples", "Matrices"]
    assert [code.toPlainText().partition("(")[0] for code in codes] == [
        "def step_by_units",
        "def step_by_examples",
        "def step_by_matrices",
    ]
    assert all(code.isReadOnly() for code in codes)


def test_every_curve_has_its_name_at_its_end_and_no_two_names_cover_each_other(shown):
    panel = shown("lab_initialization")
    hand(panel, result_of("lab_initialization"))
    labels = [label for label, _, _ in panel._curves._labels]
    assert [label.toPlainText() for label in labels] == list(STARTS)
    box = panel.plot.item.getViewBox()
    heights = sorted(box.mapViewToScene(label.pos()).y() for label in labels)
    assert np.diff(heights).min() >= 13
    assert panel.readout(1.2, 0.0).splitlines()[:2] == ["epoch 1", "zeros 0.690"]


def test_identical_units_are_marked_and_told(shown):
    panel = shown("lab_initialization")
    hand(panel, result_of("lab_initialization"))
    grid = panel.multiples
    words = [grid.words_at(QPointF(grid._cell(0, column).center())) for column in range(len(STARTS))]
    assert words[0].endswith("16/16 same: symmetry not broken")
    assert not any("symmetry" in word for word in words[1:])
    assert grid.words_at(QPointF(1, 1)) == ""
    assert "symmetry not broken" in grid.accessibleDescription()


# -- in the window ----------------------------------------------------------------------------------------------------


def test_training_goes_on_beside_a_lab_and_the_window_ends_both_when_it_closes(qtbot):
    window = make_window(EngineHost())
    window.session.begin()
    window.show()
    qtbot.waitUntil(lambda: window.model.status.state == "ready", timeout=PATIENCE_MS)
    window.model.set_training(replace(window.store.document.training, epochs=MOST_EPOCHS), "Train on and on")
    panel = window.docks.places["lab_proof"].panel
    panel.job = lambda: (work_forever, ())
    panel.run()
    window.model.toggle()
    qtbot.waitUntil(lambda: panel.progress.value() == 300, timeout=PATIENCE_MS)
    epoch = window.model.status.epoch
    qtbot.waitUntil(lambda: window.model.status.epoch > epoch, timeout=PATIENCE_MS)
    assert panel.running
    lab, engine = panel.jobs.pool.process_id, window.model.host.process_id
    window.discard_and_close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE_MS)
    assert not psutil.pid_exists(lab)
    assert not psutil.pid_exists(engine)
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


# -- depth ------------------------------------------------------------------------------------------------------------


def cells(panel, row):
    return [panel.table.item(row, column).text() for column in range(panel.table.columnCount())]


def test_the_depth_lab_hands_over_the_open_network_its_settings_and_both_splits(model, shown):
    panel = shown("lab_depth")
    panel.rows.setValue(50)
    panel.seeds.setValue(3)
    function, (graph, settings, training, validation, epochs, seeds, layers) = panel.job()
    assert function is compare_depths
    assert graph is model.store.document.graph
    assert settings is model.store.document.training
    assert (epochs, seeds, layers) == (panel.epochs.value(), 3, 4)
    for (X, Y), rows in ((training, model.data.training[:50]), (validation, model.data.validation[:50])):
        np.testing.assert_array_equal(X, model.data.X[rows])
        np.testing.assert_array_equal(Y, model.data.Y[rows])


def test_the_depth_table_has_sizes_differences_and_costs_with_their_ranges(shown):
    panel = shown("lab_depth")
    hand(panel, depths())
    assert cells(panel, 0) == ["1 × 26", "105\nas many", "0.410\n0.40 to 0.42", "0.430\n0.42 to 0.44"]
    assert cells(panel, 3) == ["4 × 5", "111\n+5.7\u202f%", "0.110\n0.10 to 0.12", "0.130\n0.12 to 0.14"]
    hand(panel, depths(seeds=(7,)))
    assert cells(panel, 1)[2] == "0.270"


def test_depth_curves_run_from_the_lowest_to_the_highest_seed_around_their_median(shown):
    panel = shown("lab_depth")
    hand(panel, depths())
    words = panel.readout("validation", 2.2)
    assert words.splitlines() == ["epoch 2", "1 layer 0.430", "2 layers 0.230", "3 layers 0.163", "4 layers 0.130"]
    bands = [item for item in panel._curves["training"]._items if isinstance(item, pg.FillBetweenItem)]
    assert len(bands) == 4
    low, high = (curve.getData()[1][-1] for curve in bands[0].curves)
    assert 10.0 ** np.array([low, high]) == pytest.approx([0.40, 0.42])
    ranges = [plot.item.getViewBox().viewRange()[1] for plot in panel.plots.values()]
    assert ranges[0] == pytest.approx(ranges[1])


def test_depth_boundaries_are_those_of_the_chosen_seed(shown):
    panel = shown("lab_depth")
    hand(panel, depths())
    assert [panel.seed.itemText(at) for at in range(3)] == ["seed 0", "seed 1", "seed 2"]
    before = [one.image.pixel(4, 4) for one in panel.pictures._pictures]
    assert len(set(before)) == 4
    panel.seed.setCurrentIndex(2)
    after = [one.image.pixel(4, 4) for one in panel.pictures._pictures]
    assert all(one != other for one, other in zip(before, after, strict=True))
    words = panel.pictures.words_at(panel.pictures.area(1).center())
    assert words.splitlines() == ["2 hidden layers of 8 units, seed 2", "training cost 0.220, validation cost 0.240"]


def test_without_a_plane_or_validation_rows_the_depth_lab_leaves_them_out(shown):
    panel = shown("lab_depth")
    hand(panel, depths(watched=0, boundary=False))
    assert not panel.pictures.isVisible()
    assert not panel.seed.isVisible()
    assert not panel.plots["validation"].isVisible()
    assert panel.table.isColumnHidden(3)
    assert "training cost" in panel.verdict.text()
    assert panel.result_text().splitlines()[1].endswith("\t")


def test_depth_costs_that_are_not_known_are_drawn_as_far_as_they_go(shown):
    panel = shown("lab_depth")
    result = depths()
    for run in result.outcomes[1].runs:
        run.training[1:] = run.validation[1:] = np.nan
    hand(panel, result)
    assert cells(panel, 1)[2] == "∞\n∞ to ∞"
    assert not panel.grab().isNull()


def test_settings_stand_below_each_other_where_there_is_little_room(shown):
    panel = shown("lab_depth")
    tops = {spin.mapTo(panel, spin.rect().topLeft()).y() for spin in (panel.epochs, panel.seeds, panel.rows)}
    assert len(tops) == 1
    panel.resize(280, 600)
    QApplication.processEvents()
    tops = {spin.mapTo(panel, spin.rect().topLeft()).y() for spin in (panel.epochs, panel.seeds, panel.rows)}
    assert len(tops) == 3

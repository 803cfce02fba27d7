"""What each plot shows for given figures."""

import math
from dataclasses import replace as with_fields

import numpy as np
import pytest
from fake_training import FakeTraining, made_up_boundary, made_up_histogram
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from engine.snapshot import Boundary, Probes
from nnstudio import numbers
from nnstudio.data import axis, raw
from ui import theme
from ui.panels import PANELS
from ui.panels.boundary import sampled
from ui.panels.plot import PlotAxis, nice_above


@pytest.fixture
def model(qtbot):
    made = FakeTraining()
    yield made
    made.deleteLater()


@pytest.fixture
def shown(qtbot, model):
    def show(name, model=model):
        panel = PANELS[name](model)
        qtbot.addWidget(panel)
        panel.resize(300, 280)
        panel.show()
        qtbot.waitUntil(lambda: panel.visibility.seen)
        return panel

    return show


def curve(panel, column):
    x, y = panel._curves[column].getOriginalDataset()
    return (np.zeros(0), np.zeros(0)) if x is None else (x, y)


def view(panel):
    return panel.plot.item.getViewBox().viewRange()


# -- cost -------------------------------------------------------------------------------------------------------------


def test_the_cost_of_every_epoch_is_drawn(model, shown):
    panel = shown("cost")
    model.add_epochs(50)
    model.refreshed.emit()
    x, y = curve(panel, "running_cost")
    np.testing.assert_array_equal(x, model.history.column("epoch"))
    np.testing.assert_array_equal(y, model.history.column("running_cost"))
    (low, high), (bottom, top) = view(panel)
    assert low <= 0
    assert high >= 50
    assert bottom <= y.min() <= y.max() <= top


def test_the_true_cost_is_drawn_as_points_where_it_is_known(model, shown):
    panel = shown("cost")
    model.add_epochs(45)
    model.refreshed.emit()
    x, y = curve(panel, "training_cost")
    np.testing.assert_array_equal(x, [10, 20, 30, 40])
    np.testing.assert_array_equal(y, model.history.column("training_cost")[9:40:10])
    assert panel._curves["training_cost"].opts["symbol"] == "o"
    assert panel._curves["training_cost"].opts["pen"].style() == Qt.PenStyle.NoPen
    assert panel.legend["training_cost"].text in ("training, true", "true")


def test_of_many_true_costs_evenly_spaced_ones_and_the_last_are_drawn(model, shown):
    panel = shown("cost")
    model.add_epochs(3_000)
    model.refreshed.emit()
    x, _ = curve(panel, "training_cost")
    assert 12 <= len(x) <= 24
    assert x[-1] == 3_000
    assert len(set(np.diff(x))) == 1


def test_costs_that_are_not_finite_are_left_out_and_huge_ones_do_not_break_the_painting(qtbot, model, shown):
    panel = shown("cost")
    for epoch, cost in enumerate((1.0, math.nan, math.inf, 1.7e308, 0.5), start=1):
        model.add_row(epoch=epoch, step=epoch, running_cost=cost)
    model.refreshed.emit()
    x, _ = curve(panel, "running_cost")
    assert list(x) == [1, 4, 5]
    assert not panel.legend["validation_cost"].isVisible()
    assert panel.legend["running_cost"].isVisible()
    panel.log_action.setChecked(True)
    assert not panel.picture().isNull()


def test_the_l_key_turns_the_log_scale_on_and_off(qtbot, model, shown):
    panel = shown("cost")
    model.add_epochs(50)
    model.refreshed.emit()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.plot.setFocus()
    linear = curve(panel, "running_cost")[1]
    qtbot.keyClick(panel.plot, Qt.Key.Key_L)
    assert panel.log_action.isChecked()
    np.testing.assert_allclose(curve(panel, "running_cost")[1], np.log10(linear))
    qtbot.keyClick(panel.plot, Qt.Key.Key_L)
    np.testing.assert_allclose(curve(panel, "running_cost")[1], linear)


def test_a_cost_of_zero_can_stand_on_a_log_scale(model, shown):
    panel = shown("cost")
    for epoch in (1, 2):
        model.add_row(epoch=epoch, step=epoch, running_cost=0.0, validation_cost=0.0)
    panel.log_action.setChecked(True)
    model.refreshed.emit()
    assert np.isfinite(curve(panel, "running_cost")[1]).all()


def test_hovering_tells_the_costs_and_the_rate_of_the_nearest_epoch(model, shown):
    panel = shown("cost")
    model.add_row(epoch=1, step=22, running_cost=0.5, validation_cost=0.6)
    model.add_row(
        epoch=2, step=44, running_cost=0.04172, training_cost=0.0411, validation_cost=0.0533, learning_rate=0.02
    )
    model.marks.append((2.0, "α 0.03 → 0.01"))
    model.refreshed.emit()
    assert panel.readout(1.9, 0.2).splitlines() == [
        "epoch 2",
        "training, running 0.0417",
        "training, true 0.0411",
        "validation 0.0533",
        "learning rate 0.0200",
        "α 0.03 → 0.01",
    ]
    assert panel.readout(-5.0, 0.2).startswith("epoch 1\n")


def test_marks_are_drawn_once_each(model, shown):
    panel = shown("cost")
    model.add_epochs(40)
    model.marks.append((10.0, "α 0.03 → 0.01"))
    for _ in range(3):
        model.refreshed.emit()
    assert [(line.value(), line.label.format) for line in panel._lines] == [(10.0, "α 0.03 → 0.01")]
    model.marks.clear()
    model.refreshed.emit()
    assert panel._lines == []


@pytest.mark.parametrize("change", ["theme", "scale"])
def test_marks_that_are_gone_stay_gone_after_a_change_of_looks(model, shown, change):
    panel = shown("cost")
    model.add_epochs(40)
    model.marks.append((10.0, "α 50 → 0.0001"))
    model.refreshed.emit()
    model.marks.clear()
    if change == "theme":
        theme.theme().changed.emit(theme.tokens())
    else:
        panel.log_action.setChecked(True)
    model.refreshed.emit()
    lines = [item for item in panel.plot.item.items if getattr(item, "label", None) is not None]
    assert lines == []


def test_labels_of_marks_are_neither_cut_off_nor_overlap(qtbot, model, shown):
    panel = shown("cost")
    model.marks += [(epoch, "α 50 → 0.0001") for epoch in (10.0, 11.0, 12.0, 13.0, 39.0, 40.0)]
    model.add_epochs(40)
    model.refreshed.emit()
    qtbot.wait(50)
    view_rect = panel.plot.item.getViewBox().sceneBoundingRect().adjusted(-1, -1, 1, 1)
    boxes = [
        line.label.mapRectToScene(line.label.boundingRect()).adjusted(1, 6, -1, -6)
        for line in panel._lines
        if line.label.isVisible()
    ]
    assert len(panel._lines) == 6
    assert len(boxes) >= 2
    assert all(view_rect.left() <= box.left() and box.right() <= view_rect.right() for box in boxes)
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


@pytest.mark.parametrize("column", ["running_cost", "validation_cost"])
@pytest.mark.parametrize("epochs", [60, 1_200])
def test_a_lone_spike_of_either_series_does_not_set_the_range(model, shown, column, epochs):
    panel = shown("cost")
    for epoch in range(1, epochs + 1):
        costs = {"running_cost": 0.1, "validation_cost": 0.1} | ({column: 50.0} if epoch == epochs // 2 else {})
        model.add_row(epoch=epoch, step=epoch, **costs)
    model.refreshed.emit()
    assert 0.1 < view(panel)[1][1] < 0.2


def test_a_narrow_legend_takes_shorter_words_and_then_goes(model, shown):
    panel = shown("cost")
    model.add_epochs(20)
    model.refreshed.emit()
    seen = []
    for width in (380, 250, 186, 120):
        panel.resize(width, 200)
        seen.append([entry.text for entry in panel.legend.values() if entry.isVisible()])
        for entry in panel.legend.values():
            assert not entry.isVisible() or entry.geometry().right() < width
    assert seen[:3] == [
        ["training, running", "training, true", "validation"],
        ["running", "true", "valid."],
        ["running", "valid."],
    ]
    assert len(seen[3]) < 2


@pytest.mark.parametrize("name", ["weight_histograms", "boundary", "metrics", "cost"])
@pytest.mark.parametrize("width", [160, 188, 280])
def test_nothing_in_a_panels_header_is_cut_off(model, shown, name, width):
    panel = shown(name)
    model.add_epochs(5)
    model.look(1)
    panel.resize(width, 180)
    QApplication.processEvents()
    for index in range(panel.header.count()):
        widget = panel.header.itemAt(index).widget()
        if widget is not None and widget.isVisible():
            assert widget.width() >= widget.sizeHint().width()
            assert widget.geometry().right() < width


def test_a_range_a_person_chose_stays_until_they_ask_for_all(qtbot, model, shown):
    panel = shown("cost")
    model.add_epochs(40)
    model.refreshed.emit()
    box = panel.plot.item.getViewBox()
    box.setRange(xRange=(10, 20), yRange=(0, 1), padding=0)
    box.sigRangeChangedManually.emit(box.state["mouseEnabled"])
    model.add_epochs(40)
    model.refreshed.emit()
    assert view(panel)[0] == pytest.approx([10, 20])
    qtbot.mouseDClick(panel.plot.viewport(), Qt.MouseButton.LeftButton)
    assert view(panel)[0][1] >= 80


# -- histograms -------------------------------------------------------------------------------------------------------


def test_each_layer_has_a_row_in_the_order_of_computation(model, shown):
    panel = shown("weight_histograms")
    model.look(1)
    assert [name for name, _ in panel._shown] == ["Dense 1", "Dense 2", "Output"]


def test_the_shared_axis_holds_every_layer_and_does_not_shake(model, shown):
    panel = shown("weight_histograms")
    model.look(1)
    first = view(panel)[0]
    for _, histogram in panel._shown:
        assert first[0] <= histogram.edges[0]
        assert histogram.edges[-1] <= first[1]
    rng = np.random.default_rng(0)
    for spread in (0.45, 0.5, 0.4):
        model.probes = Probes(weights={node: made_up_histogram(rng, spread) for node in model.probes.weights})
        model.refreshed.emit()
        assert view(panel)[0] == first


def test_hovering_a_row_tells_the_share_of_the_values(model, shown):
    panel = shown("weight_histograms")
    model.look(1)
    words = panel.readout(0.0, 2.5)
    assert words.startswith("Dense 1\n")
    assert "of the weights" in words
    assert panel.readout(0.0, 7.0) == ""


def test_many_layers_are_thinned_with_a_word(qtbot, model, shown):
    from engine.graph import chain
    from engine.layers import Dense, Input, Output
    from nnstudio.document import Document

    graph = chain([Input(features=2), *[Dense(units=4) for _ in range(40)], Output()])
    deep = FakeTraining("spirals", Document(graph=graph))
    panel = shown("weight_histograms", deep)
    deep.look(1)
    assert len(panel._shown) < 41
    assert panel._shown[0][0] == "Dense 1"
    assert panel._shown[-1][0] == "Output"
    assert "not shown" in panel.caption.text()


# -- boundary ---------------------------------------------------------------------------------------------------------


def answer(model, values, features=(0, 1)):
    low, high = model.data.X[:, list(features)].min(0) - 0.1, model.data.X[:, list(features)].max(0) + 0.1
    boundary = Boundary(features, (float(low[0]), float(high[0])), (float(low[1]), float(high[1])), values)
    model.probes = Probes(boundary=boundary)
    model.refreshed.emit()


def test_points_on_the_wrong_side_are_counted_in_words(qtbot, model, shown):
    panel = shown("boundary")
    answer(model, np.zeros((1, 8, 8), np.float32))  # everything is said to be of the first class
    qtbot.waitUntil(lambda: panel.caption.text() != "")
    rows = panel._rows
    wrong = int((model.data.Y[rows, 0] > 0.5).sum())
    assert len(rows) < len(model.data.X)
    assert panel.caption.text() == f"{wrong} of {len(rows)} sampled points on the wrong side, ringed"
    assert panel.points.ringed == wrong


def test_a_perfect_boundary_rings_nothing(qtbot, shown):
    model = FakeTraining("blobs")
    panel = shown("boundary", model)
    side = 200
    x = np.linspace(*(model.data.X[:, 0].min() - 0.1, model.data.X[:, 0].max() + 0.1), side)
    y = np.linspace(*(model.data.X[:, 1].min() - 0.1, model.data.X[:, 1].max() + 0.1), side)
    gx, gy = np.meshgrid(x, y)
    rows = panel._rows
    nearest = ((gx[..., None] - model.data.X[rows, 0]) ** 2 + (gy[..., None] - model.data.X[rows, 1]) ** 2).argmin(-1)
    answer(model, model.data.Y[rows][nearest].transpose(2, 0, 1))
    qtbot.waitUntil(lambda: panel.caption.text() != "")
    assert panel.points.ringed <= 2  # a point may lie between two nodes of the grid


def test_the_axes_are_in_the_unit_of_the_table(qtbot, shown):
    model = FakeTraining("wine")
    panel = shown("boundary", model)
    model.look(1)
    boundary = model.probes.boundary
    assert view(panel)[0] == pytest.approx(list(raw(model.data, 0, boundary.x)))
    assert view(panel)[1] == pytest.approx(list(raw(model.data, 1, boundary.y)))
    assert panel.plot.axes["bottom"].labelText == "alcohol"


def test_an_input_that_is_a_logarithm_has_an_axis_of_logarithms_and_is_read_out_in_the_tables_unit(shown):
    model = FakeTraining("two numbers")
    panel = shown("boundary", model)
    answer(model, np.zeros((2, 8, 8), np.float32))
    low, high = view(panel)[0]
    assert panel.plot.axes["bottom"].labelText == "log(1 + x)"
    assert (low, high) == pytest.approx(list(axis(model.data, 0, model.probes.boundary.x)))
    assert panel.readout(np.log1p(3.5), 0.0).splitlines()[0] == "x 3.50"


def test_one_of_several_targets_can_be_chosen(qtbot, shown):
    model = FakeTraining("two answers")
    panel = shown("boundary", model)
    values = np.stack([np.zeros((8, 8)), np.ones((8, 8))]).astype(np.float32)
    answer(model, values)
    assert panel.output.isVisible()
    assert panel.readout(1.0, 0.0).splitlines()[-1].startswith("first 1 0")
    wrong = [int((model.data.Y[panel._rows, output] > 0.5).sum()) for output in (0, 1)]
    qtbot.waitUntil(lambda: panel.caption.text() != "")
    assert panel.points.ringed == wrong[0]
    panel.output.setCurrentIndex(1)
    assert panel.readout(1.0, 0.0).splitlines()[-1].startswith("second 1 100")
    qtbot.waitUntil(lambda: panel.points.ringed == len(panel._rows) - wrong[1])
    assert not shown("boundary").output.isVisible()


def test_points_take_the_colors_of_the_target_that_is_chosen(qtbot, shown):
    model = FakeTraining("two numbers")
    panel = shown("boundary", model)
    answer(model, np.zeros((2, 8, 8), np.float32))
    qtbot.waitUntil(lambda: "first" in panel.caption.text())
    before = [members.tolist() for _, members in panel.points._groups]
    panel.output.setCurrentIndex(1)
    qtbot.waitUntil(lambda: "second" in panel.caption.text())
    assert [members.tolist() for _, members in panel.points._groups] != before


def test_two_other_features_can_be_chosen(qtbot, shown):
    model = FakeTraining("wine")
    panel = shown("boundary", model)
    model.look(1)
    panel.choosers[1].setCurrentIndex(5)
    assert model.requests["boundary"].boundary == (0, 5)
    assert panel.empty  # the grid that is there is of other features
    model.probes = Probes(boundary=made_up_boundary(model, 1, (0, 5)))
    model.refreshed.emit()
    assert not panel.empty
    qtbot.waitUntil(lambda: "other features at their mean" in panel.caption.text())
    panel.resize(200, 260)
    assert "at mean" in panel.caption.text()  # a narrow panel says it in fewer words, but says it


def test_the_same_feature_on_both_axes_swaps_them(shown):
    model = FakeTraining("wine")
    panel = shown("boundary", model)
    panel.choosers[0].setCurrentIndex(1)
    assert model.requests["boundary"].boundary == (1, 0)


def test_two_features_need_no_choice(model, shown):
    panel = shown("boundary")
    assert not any(combo.isVisible() for combo in panel.choosers)


def test_hovering_tells_the_answer(shown):
    binary = FakeTraining("spirals")
    panel = shown("boundary", binary)
    answer(binary, np.full((1, 8, 8), 0.75, np.float32))
    assert panel.readout(0.0, 0.0).splitlines()[-1] == "second 75.0\u202f%"
    several = FakeTraining("blobs")
    panel = shown("boundary", several)
    answer(several, np.stack([np.full((8, 8), p, np.float32) for p in (0.1, 0.7, 0.2)]))
    assert panel.readout(0.0, 0.0).splitlines()[-1] == "second 70.0\u202f%"
    number = FakeTraining("sine")
    panel = shown("boundary", number)
    answer(number, np.zeros((1, 8, 8), np.float32))
    assert panel.readout(0.0, 0.0).splitlines()[-1].startswith("y ")


def test_a_grid_is_read_between_its_nodes():
    grid = np.array([[[0.0, 1.0], [2.0, 3.0]]])
    np.testing.assert_allclose(
        sampled(grid, np.array([0.0, 0.5, 1.0, 9.0]), np.array([0.0, 0.5, 1.0, 9.0])), [[0, 1.5, 3, 3]]
    )


def test_values_that_are_not_finite_are_painted_without_an_error(qtbot, model, shown):
    panel = shown("boundary")
    values = np.full((1, 8, 8), np.nan, np.float32)
    values[0, 0, 0] = np.inf
    answer(model, values)
    assert not panel.picture().isNull()


# -- axes -------------------------------------------------------------------------------------------------------------


def test_a_short_axis_has_two_ticks_at_least(qtbot):
    for length in (30, 60, 90, 120):
        for low, high in ((3, 88), (-0.4, 71), (10.7, 15.1)):
            ((_, ticks),) = PlotAxis("bottom").tickValues(low, high, length)
            assert 2 <= len(ticks) <= 4


@pytest.mark.parametrize(("value", "above"), [(1.0, 1.0), (1.01, 1.25), (7.0, 8.0), (9.0, 10.0), (120.0, 125.0)])
def test_ranges_grow_in_round_steps(value, above):
    assert nice_above(value) == pytest.approx(above)


@pytest.mark.parametrize(
    ("low", "high", "log"),
    [
        (0, 1, False),
        (3, 88, False),
        (-40, 120, False),
        (0, 1e6, False),
        (-1e-4, 1e-4, False),
        (-3, 0, True),
        (-0.3, 0.1, True),
        (-30, 2, True),
    ],
)
def test_an_axis_has_few_ticks_within_its_range(qtbot, low, high, log):
    axis = PlotAxis("left")
    axis.log = log
    ((spacing, ticks),) = axis.tickValues(low, high, 200)
    assert 2 <= len(ticks) <= 8
    assert all(low - 1e-6 <= tick <= high + 1e-6 for tick in ticks)
    labels = axis.tickStrings(ticks, 1.0, spacing)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(("low", "high"), [(0.224, 0.28), (0.4935, 0.4952), (0.01, 0.6), (3e-7, 4e-7), (1e-9, 1.0)])
def test_labels_of_a_log_scale_say_where_they_stand(qtbot, low, high):
    axis = PlotAxis("left")
    axis.log = True
    ((spacing, ticks),) = axis.tickValues(np.log10(low), np.log10(high), 200)
    told = [numbers.parse(label) for label in axis.tickStrings(ticks, 1.0, spacing)]
    np.testing.assert_allclose(
        told, 10.0 ** np.array(ticks), rtol=0, atol=0.01 * np.diff(10.0 ** np.array(ticks)).min()
    )


def test_an_axis_with_names_keeps_those_that_do_not_cover_each_other(qtbot):
    axis = PlotAxis("bottom")
    axis.named = {0.0: "sigmoid", 1.0: "tanh", 1.01: "hidden by the one before", 2.0: "leaky\nReLU", 9.0: "outside"}
    ((spacing, ticks),) = axis.tickValues(-0.5, 2.5, 400)
    assert axis.tickStrings(ticks, 1.0, spacing) == ["sigmoid", "tanh", "leaky\nReLU"]


def test_the_cost_names_no_curve_of_validation_where_no_rows_are_kept_for_it(qtbot, model):
    everything = np.arange(len(model.data.X))
    model.data = with_fields(model.data, training=everything, validation=everything[:0], test=everything[:0])
    panel = PANELS["cost"](model)
    qtbot.addWidget(panel)
    panel.resize(500, 300)
    panel.show()
    assert not panel.legend["validation_cost"].isVisible()
    assert panel.legend["running_cost"].isVisible()

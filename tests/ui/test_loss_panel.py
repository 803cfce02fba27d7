"""The panel Loss shows the engine's own numbers of the chosen example, and chooses examples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_training import FakeTraining
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel

from engine import Network
from engine.activations import Identity, Sigmoid, Softmax
from engine.dataset import Dataset
from engine.layers import BatchNorm, Input, Output
from engine.losses import BinaryCrossEntropy, CategoricalCrossEntropy, Hinge, Huber, MeanAbsoluteError, MeanSquaredError
from engine.probes import probe
from engine.snapshot import Probes, Worst
from nnstudio import edits
from nnstudio.loss_terms import loss_terms
from ui import theme
from ui.panels.loss import WORST, LossPanel
from ui.panels.loss_curves import curves_of
from ui.panels.loss_lines import EquationLines

# The typesetter opens its own font in a way that Python 3.11 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")


class Training(FakeTraining):
    """A fake model with a real network, walked through for real."""

    chosen_changed = Signal()

    def __init__(self, sample: str = "spirals", hidden: bool = True) -> None:
        super().__init__(sample)
        self.chosen = 0
        if not hidden:
            self.store.apply(without_hidden, "no hidden layers")

    def choose(self, row: int) -> None:
        if row != self.chosen:
            self.chosen = row
            self.chosen_changed.emit()

    def really_look(self) -> Network:
        network = Network(self.store.document.graph, precision="float64")
        rows = self.data.training
        data = Dataset(self.data.X[rows], self.data.Y[rows], np.float64)
        request = self.requests["loss"]
        self.probes = probe(network, data.rows(np.arange(8)), request, 0, data)
        self.refreshed.emit()
        return network


def without_hidden(document):
    source, output = document.graph.of_kind(Input)[0].id, document.graph.of_kind(Output)[0].id
    document = edits.remove(document, [node.id for node in document.graph.nodes if node.id not in (source, output)])
    return document if document.graph.inputs_of(output) else edits.connect(document, source, output)


@pytest.fixture
def shown(qtbot):
    def show(model: Training) -> LossPanel:
        panel = LossPanel(model)
        qtbot.addWidget(panel)
        panel.resize(460, 800)
        panel.show()
        qtbot.waitUntil(lambda: panel.visibility.seen)
        return panel

    return show


def settle(qtbot, panel):
    for lines in (panel.loss_lines, panel.logistic, panel.cost):
        qtbot.waitUntil(lambda lines=lines: lines.settled)


def test_before_the_numbers_come_the_panel_says_what_will_be_here(shown):
    model = Training()
    panel = shown(model)
    assert panel.empty
    assert model.requests["loss"].walk == (0,)
    assert model.requests["loss"].worst == WORST


def test_the_loss_is_written_with_the_examples_numbers(qtbot, shown):
    model = Training()
    panel = shown(model)
    model.choose(3)
    network = model.really_look()
    settle(qtbot, panel)
    row = model.data.training[3]
    a = network.predict(model.data.X[row : row + 1])[0]
    y = model.data.Y[row].astype(float)
    z = np.log(a / (1 - a))
    wanted = loss_terms(network.output, z, a, y)
    assert panel.loss_lines.shown == [line.text for line in wanted.lines()]
    assert wanted.value == pytest.approx(network.cost(model.data.X[row : row + 1], y[None]), rel=1e-9)
    assert panel.logistic_heading.isHidden()


def test_a_network_without_hidden_layers_is_named_logistic_regression(qtbot, shown):
    model = Training(hidden=False)
    panel = shown(model)
    network = model.really_look()
    settle(qtbot, panel)
    assert not panel.logistic_heading.isHidden()
    assert "logistic regression" in panel.logistic_note.text()
    prediction = float(network.predict(model.data.X[model.data.training[:1]])[0, 0])
    assert panel.logistic.shown[3] == "z = wᵀx + b"
    assert float(panel.logistic.shown[-1].rpartition("= ")[2]) == pytest.approx(prediction, abs=1e-4)


def test_squared_error_on_sigmoid_is_not_named_logistic_regression(shown):
    model = Training(hidden=False)
    output = model.store.document.graph.of_kind(Output)[0]
    model.store.apply(lambda d: edits.set_layer(d, output.id, Output(loss=MeanSquaredError())), "squared error")
    panel = shown(model)
    model.really_look()
    assert panel.logistic_heading.isHidden()
    assert panel.curves.legend[0].text.startswith("● ½ squared error, this network's")


def test_the_cost_says_which_mean_it_is(qtbot, shown):
    model = Training()
    panel = shown(model)
    model.really_look()
    settle(qtbot, panel)
    assert panel.cost.shown[0].startswith("J = 1/m Σᵢ L⁽ⁱ⁾ = –")
    model.set_status(state="training", running_cost=0.25)
    model.really_look()
    qtbot.waitUntil(lambda: "0.2500" in panel.cost.shown[0])
    assert "as they were seen" in panel.cost_note.text()
    model.set_status(state="paused", training_cost=0.125, measured=True)
    model.really_look()
    qtbot.waitUntil(lambda: "0.1250" in panel.cost.shown[0])
    assert "true mean" in panel.cost_note.text()


def test_the_worst_examples_are_listed_and_choose(qtbot, shown):
    model = Training()
    panel = shown(model)
    model.really_look()
    worst = model.probes.worst
    assert panel.worst.rowCount() == WORST
    assert panel.worst.item(0, 0).text() == str(int(worst.rows[0]) + 1)
    assert panel.worst.item(0, 1).text() in model.data.classes
    panel.worst.cellClicked.emit(2, 0)
    assert model.chosen == int(worst.rows[2])
    model.really_look()
    assert panel.worst.currentRow() == 2
    qtbot.keyClick(panel.worst, Qt.Key.Key_Down)
    assert model.chosen == int(worst.rows[3])


def test_news_does_not_choose_another_example(shown):
    model = Training()
    panel = shown(model)
    model.choose(5)
    model.really_look()
    model.probes = replace(model.probes, worst=Worst(np.array([9, 8]), np.array([2.0, 1.0]), np.ones((2, 1))))
    model.refreshed.emit()
    assert panel.worst.rowCount() == 2
    assert model.chosen == 5
    assert panel.worst.currentRow() == -1


def test_a_walk_through_a_network_that_was_edited_since_is_not_shown(shown):
    model = Training()
    panel = shown(model)
    model.really_look()
    assert not panel.empty
    classes = Output(units=3, activation=Softmax(), loss=CategoricalCrossEntropy())
    model.store.apply(lambda d: edits.set_layer(d, d.graph.of_kind(Output)[0].id, classes), "classes")
    model.refreshed.emit()
    assert panel.empty


def test_batch_normalization_over_one_example_is_told(shown):
    model = Training()
    graph = model.store.document.graph
    wire = graph.edges[0]
    node = edits.new_node(graph, BatchNorm())
    model.store.apply(lambda d: edits.insert_on_edge(d, node, (0.0, 0.0), wire), "batch norm")
    panel = shown(model)
    model.really_look()
    assert "from this example alone" in panel.notes.text()


@pytest.mark.parametrize("sample", ["iris", "blobs"])
def test_classes_are_drawn_over_the_prediction_of_the_examples_own(sample, qtbot, shown):
    model = Training(sample)
    panel = shown(model)
    model.really_look()
    assert panel.curves.plot.axes["bottom"].labelText == "ŷ of the example's class"
    assert len(panel.curves.curves) == 1


def test_a_number_is_drawn_over_its_error(shown):
    model = Training("sine")
    panel = shown(model)
    model.really_look()
    assert panel.curves.plot.axes["bottom"].labelText == "error ŷ − y"
    assert len(panel.curves.curves) == 3
    assert panel.worst.rowCount() == WORST


def test_too_many_outputs_are_not_written_out(shown):
    model = Training()
    panel = shown(model)
    model.really_look()
    walk = model.probes.walk
    many = replace(walk.given["Y"], shape=(200, 1))
    model.probes = Probes(walk=replace(walk, given={**walk.given, "Y": many}))
    model.refreshed.emit()
    assert panel.empty
    assert "up to 64 outputs" in " ".join(label.text() for label in panel.findChildren(QLabel))


# -- curves -----------------------------------------------------------------------------------------------------------


def kinds(curves):
    return [type(curve.loss) for curve in curves]


def test_a_probability_is_compared_by_cross_entropy_and_squared_error():
    z, a = 1.0, float(Sigmoid().value(np.array([1.0]))[0])
    found = curves_of(Output(), z, a, 1.0)
    assert kinds(found) == [BinaryCrossEntropy, MeanSquaredError]
    assert found[0].value == pytest.approx(-np.log(a))
    assert found[0].slope == pytest.approx(-1 / a)
    assert found[1].value == pytest.approx(0.5 * (1 - a) ** 2)
    assert found[1].slope == pytest.approx(a - 1)
    np.testing.assert_allclose(found[0].values, -np.log(found[0].x))


@pytest.mark.parametrize(("z", "y", "steep"), [(-60.0, 1.0, -np.exp(60.0)), (60.0, 0.0, np.exp(60.0))])
def test_a_prediction_that_rounds_to_a_class_has_its_own_slope_and_an_upright_tangent(z, y, steep, shown):
    panel = shown(Training())
    a = float(Sigmoid().value(np.array([z]))[0])
    panel.curves.show_example(Output(), z, a, y)
    assert panel.curves.curves[0].slope == pytest.approx(steep, rel=1e-12)
    x, drawn = panel.curves._tangent.getData()
    assert x[0] == x[1] == a
    assert np.ptp(drawn) > 0
    panel.curves.plot.grab()


def test_a_number_is_compared_over_the_error_with_the_networks_own_delta():
    found = curves_of(Output(activation=Identity(), loss=Huber(delta=0.5)), 3.0, 3.0, 1.0)
    assert kinds(found) == [Huber, MeanSquaredError, MeanAbsoluteError]
    assert [curve.value for curve in found] == pytest.approx([0.875, 2.0, 2.0])
    assert [curve.slope for curve in found] == pytest.approx([0.5, 2.0, 1.0])


def test_the_hinge_stands_alone():
    found = curves_of(Output(activation=Identity(), loss=Hinge()), 0.5, 0.5, 1.0)
    assert kinds(found) == [Hinge]
    assert (found[0].value, found[0].slope) == (0.5, -1.0)


@pytest.mark.parametrize("z", [1e4, -1e4, np.inf, np.nan])
def test_curves_are_drawn_for_predictions_at_and_beyond_the_limits(z, shown):
    panel = shown(Training())
    with np.errstate(all="ignore"):
        a = float(Sigmoid().value(np.array([z]))[0])
    panel.curves.show_example(Output(), z, a, 0.0)
    panel.curves.show_example(Output(activation=Identity(), loss=MeanSquaredError()), z, z, 0.0)
    panel.curves.plot.grab()


def test_the_values_under_the_pointer_are_told(shown):
    panel = shown(Training())
    panel.curves.show_example(Output(), 0.0, 0.5, 1.0)
    assert panel.curves.describe(0.5, 0) == "cross-entropy 0.693\n½ squared error 0.125"
    assert panel.curves.describe(2.0, 0) == ""


# -- lines ------------------------------------------------------------------------------------------------------------


def test_lines_are_set_one_a_turn(qtbot):
    lines = EquationLines()
    qtbot.addWidget(lines)
    wanted = loss_terms(Output(), np.array([1.0]), Sigmoid().value(np.array([1.0])), np.array([1.0])).lines()
    lines.show_lines(wanted)
    assert lines.shown == []
    lines.show()
    qtbot.waitUntil(lambda: lines.settled)
    assert lines.shown == [line.text for line in wanted]
    lines.show_lines(wanted[:1])
    qtbot.waitUntil(lambda: lines.settled)
    assert lines.shown == [wanted[0].text]


def test_the_panel_takes_both_themes(qapp, shown):
    model = Training()
    panel = shown(model)
    model.really_look()
    for choice in ("dark", "light"):
        theme.apply(qapp, choice)
        assert not panel.picture().isNull()

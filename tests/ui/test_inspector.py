"""The inspector shows what is selected, and every change of it is one edit of the document."""

import dataclasses

import numpy as np
import pytest
from fake_training import FakeTraining, made_up_probes
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox

from engine.activations import ACTIVATIONS, Relu, Sigmoid, Softmax
from engine.declared import replace
from engine.graph import Edge
from engine.layers import Add, BatchNorm, Dense
from engine.losses import LOSSES, PAIRS
from engine.snapshot import LayerDetail, ProbeRequest, Probes
from nnstudio import edits
from ui.inspector import Inspector
from ui.inspector.activation_plot import ActivationPlot, curves
from ui.inspector.health import findings
from ui.inspector.heat_map import HeatMap


@pytest.fixture
def model(qtbot):
    made = FakeTraining()
    yield made
    made.deleteLater()


@pytest.fixture
def inspector(qtbot, model):
    made = Inspector(model.store, model)
    qtbot.addWidget(made)
    made.resize(280, 800)
    made.show()
    qtbot.waitExposed(made)
    return made


def form_control(page, name, kind):
    for form in page.forms:
        found = form.findChild(kind, name)
        if found is not None:
            return found
    raise AssertionError(name)


def test_nothing_selected_tells_of_the_network_and_its_training(inspector):
    page = inspector.network_page
    assert page.isVisible()
    assert page.size.text() == "3 layers · 337 parameters"
    assert "class (first, second) from 2 features" in page.task.text()
    assert "binary cross-entropy" in page.task.text()
    assert [row[0] for row in page.layers.rows()] == ["Input", "Dense 1", "Dense 2", "Output"]


def test_a_hyperparameter_is_changed_through_the_model(qtbot, inspector, model):
    spin = inspector.network_page.training.findChild(QSpinBox, "epochs")
    spin.setValue(77)
    (settings, text, key) = model.settings[-1]
    assert (settings.epochs, text, key) == (77, "Change stop after", "training.epochs")
    assert model.store.document.training.epochs == 77


def test_a_layer_shows_name_equation_and_shapes(inspector):
    inspector.show_nodes(("dense_2",))
    page = inspector.node_page
    assert page.isVisible()
    assert page.name.text() == "Dense 2"
    assert page.equation.text() == "Z[2] = W[2] A[1] + b[2], A[2] = tanh(Z[2])"
    assert page.shapes.rows() == [
        ("W[2]", "(16, 16)", "–"),
        ("b[2]", "(16, 1)", "–"),
        ("Z[2], A[2]", "(16, m)", "m = 32"),
        ("dW[2]", "(16, 16)", "–"),
    ]


def test_a_change_is_one_named_step_of_undo_and_repeated_ones_merge(inspector, model):
    inspector.show_nodes(("dense_1",))
    spin = form_control(inspector.node_page, "units", QSpinBox)
    for units in (17, 18, 19):
        spin.setValue(units)
    assert model.store.document.graph.node("dense_1").layer.units == 19
    assert model.store.undo_stack.count() == 1
    assert model.store.undo_stack.undoText() == "Change units of Dense 1"
    model.store.undo_stack.undo()
    assert spin.value() == 16


def test_changes_of_two_settings_stay_two_steps(inspector, model):
    inspector.show_nodes(("dense_1",))
    form_control(inspector.node_page, "units", QSpinBox).setValue(5)
    combo = form_control(inspector.node_page, "activation", QComboBox)
    combo.setCurrentIndex(combo.findText("ReLU"))
    layer = model.store.document.graph.node("dense_1").layer
    assert (layer.units, layer.activation) == (5, Relu())
    assert model.store.undo_stack.count() == 2


def test_an_edit_that_is_put_off_keeps_what_was_changed_meanwhile(inspector, model):
    inspector.show_nodes(("dense_1",))
    waiting = []
    model.store.gate = lambda before, after, retry: waiting.append(retry)
    form_control(inspector.node_page, "units", QSpinBox).setValue(5)
    combo = form_control(inspector.node_page, "initializer", QComboBox)
    combo.setCurrentIndex(combo.findText("zeros"))
    model.store.gate = None
    for retry in waiting:
        retry()
    layer = model.store.document.graph.node("dense_1").layer
    assert layer.units == 5
    assert type(layer.initializer).__name__ == "Zeros"


def test_hidden_layers_are_not_offered_softmax_and_the_output_is(inspector):
    inspector.show_nodes(("dense_1",))
    assert form_control(inspector.node_page, "activation", QComboBox).findText("softmax") == -1
    inspector.show_nodes(("output",))
    assert form_control(inspector.node_page, "activation", QComboBox).findText("softmax") >= 0


def test_a_layer_is_renamed_in_place(qtbot, inspector, model):
    inspector.show_nodes(("dense_1",))
    name = inspector.node_page.name
    name.selectAll()
    qtbot.keyClicks(name, "Folding")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert model.store.document.graph.node("dense_1").name == "Folding"


def test_an_empty_name_is_not_taken(qtbot, inspector, model):
    inspector.show_nodes(("dense_1",))
    name = inspector.node_page.name
    name.selectAll()
    qtbot.keyClick(name, Qt.Key.Key_Delete)
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert name.text() == "Dense 1"
    assert model.store.undo_stack.count() == 0


def test_problems_of_a_layer_stand_on_its_page_in_words(inspector, model):
    model.store.apply(lambda d: edits.add_node(d, edits.new_node(d.graph, Add()), (0.0, 0.0)), "Add")
    inspector.show_nodes(("add_1",))
    assert any("needs at least 2 inputs" in text for text in inspector.node_page.problems.texts())
    assert inspector.node_page.problems.isVisible()
    assert not inspector.node_page.equation.isVisible()


def test_figures_and_weights_appear_with_the_look_that_training_sends(qtbot, inspector, model):
    inspector.show_nodes(("dense_2",))
    assert not inspector.node_page.heat_map.isVisible()
    model.look(detail="dense_2")
    page = inspector.node_page
    qtbot.waitUntil(lambda: page.shapes.rows()[0] == ("W[2]", "(16, 16)", "4.12"))
    assert page.health.texts() == ["0 of 16 units saturated", "gradient / weight 7.5e−4"]
    assert page.heat_map.isVisible()


def test_the_look_at_another_layer_is_not_shown_as_this_ones(inspector, model):
    inspector.show_nodes(("dense_1",))
    model.look(detail="dense_2")
    assert inspector.node_page.shapes.rows()[0][2] == "–"
    assert not inspector.node_page.heat_map.isVisible()


def test_figures_of_a_layer_as_it_was_are_not_shown_of_its_new_shape(qtbot, inspector, model):
    inspector.show_nodes(("dense_2",))
    model.look(detail="dense_2")
    page = inspector.node_page
    qtbot.waitUntil(lambda: page.shapes.rows()[0] == ("W[2]", "(16, 16)", "4.12"))
    layer = model.store.document.graph.node("dense_2").layer
    model.store.apply(lambda d: edits.set_layer(d, "dense_2", replace(layer, units=16_384)), "Units")
    model.refreshed.emit()
    qtbot.waitUntil(lambda: page.shapes.rows()[0] == ("W[2]", "(16\u202f384, 16)", "–"))
    assert not page.heat_map.isVisible()
    assert not page.health.isVisible()


def test_a_new_initializer_of_trained_weights_says_that_it_waits_for_reset(inspector, model):
    inspector.show_nodes(("dense_1",))

    def choose(text):
        combo = form_control(inspector.node_page, "initializer", QComboBox)
        combo.setCurrentIndex(combo.findText(text))

    def note():
        return next(form.note("initializer") for form in inspector.node_page.forms if form.knows("initializer"))

    choose("zeros")
    assert note() == ""  # nothing is trained yet
    model.store.apply(lambda d: edits.set_checkpoint(d, "trained"), "Train")
    choose("He normal")
    assert note() == "Takes effect at Reset (Ctrl+R)."
    inspector.show_nodes(("dense_2",))
    assert note() == ""
    inspector.show_nodes(("dense_1",))
    assert note() == "Takes effect at Reset (Ctrl+R)."
    choose("zeros")  # which the weights were begun with
    assert note() == ""
    choose("He normal")
    model.store.apply(lambda d: edits.set_checkpoint(d, None), "Reset weights")
    assert note() == ""


def test_a_new_initializer_of_trained_biases_says_the_same_of_itself_alone(inspector, model):
    inspector.show_nodes(("dense_1",))
    model.store.apply(lambda d: edits.set_checkpoint(d, "trained"), "Train")
    combo = form_control(inspector.node_page, "bias_initializer", QComboBox)
    combo.setCurrentIndex((combo.currentIndex() + 1) % combo.count())

    def note(name):
        return next(form.note(name) for form in inspector.node_page.forms if form.knows(name))

    assert note("bias_initializer") == "Takes effect at Reset (Ctrl+R)."
    assert note("initializer") == ""
    inspector.node_page.weights_are_new()
    assert note("bias_initializer") == ""


def normalize(model):
    wire = Edge(source="dense_1", target="dense_2")
    model.store.apply(
        lambda d: edits.insert_on_edge(d, edits.new_node(d.graph, BatchNorm()), (0.0, 0.0), wire), "Normalize"
    )


def test_a_normalization_shows_its_arrays_by_their_letters_and_no_weights(qtbot, inspector, model):
    normalize(model)
    inspector.show_nodes(("batchnorm_1",))
    page = inspector.node_page
    assert [row[:2] for row in page.shapes.rows()] == [
        ("γ[2]", "(16, 1)"),
        ("β[2]", "(16, 1)"),
        ("μ[2]", "(16, 1)"),
        ("σ²[2]", "(16, 1)"),
        ("A[2]", "(16, m)"),
    ]
    assert page.shapes.rows()[2][2] == "running"
    assert "γ[2]" in page.equation.text()
    detail = LayerDetail(
        node="batchnorm_1",
        weights=np.zeros((0, 0), np.float32),
        norms={"A[2]": 3.0, "γ[2]": 4.0},
        saturated=0,
        units=16,
    )
    model.probes = Probes(step=1, detail=detail)
    model.refreshed.emit()
    qtbot.waitUntil(lambda: page.shapes.rows()[0] == ("γ[2]", "(16, 1)", "4.00"))
    assert not page.heat_map.isVisible()
    assert not page.health.isVisible()
    assert not page.plot.isVisible()


def test_an_output_whose_gradient_is_its_error_may_saturate(inspector, model):
    detail = made_up_probes(model, detail="output").detail
    full = dataclasses.replace(detail, saturated=1)
    assert findings(full, 3)[0] == ("bad", "1 of 1 unit saturated")
    assert not any("saturated" in sentence for _, sentence in findings(full, 3, fused=True))


def test_a_frozen_layer_says_so_and_has_no_gradient(inspector, model):
    layer = model.store.document.graph.node("dense_2").layer
    inspector.show_nodes(("dense_2",))
    assert "dW[2]" in [row[0] for row in inspector.node_page.shapes.rows()]
    model.store.apply(lambda d: edits.set_layer(d, "dense_2", replace(layer, frozen=True)), "Freeze")
    inspector.node_page.show_node(model.store.document.graph.node("dense_2"))
    assert "dW[2]" not in [row[0] for row in inspector.node_page.shapes.rows()]
    assert inspector.node_page.health.texts() == ["frozen: training leaves its parameters as they are"]


def test_problems_of_settings_stand_at_their_layer_and_on_the_networks_page_until_they_are_mended(inspector, model):
    normalize(model)
    training = model.store.document.training
    model.set_training(replace(training, batch_size=1), "Batch")
    (sentence,) = inspector.network_page.problems.texts()
    assert "needs batches of at least 2 rows" in sentence
    inspector.show_nodes(("batchnorm_1",))
    assert inspector.node_page.problems.texts() == [sentence]
    model.set_training(training, "Batch")
    assert not inspector.node_page.problems.isVisible()
    inspector.show_nodes(())
    assert not inspector.network_page.problems.isVisible()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_has_a_plot(qtbot, name):
    plot = ActivationPlot()
    qtbot.addWidget(plot)
    plot.resize(250, plot.sizeHint().height())
    plot.set_activation(ACTIVATIONS[name]())
    z = np.linspace(-6, 6, 49)
    value, slope = curves(ACTIVATIONS[name](), z)
    assert value.shape == slope.shape == z.shape
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()
    assert not plot.grab().isNull()


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_that_does_not_go_with_the_activation_says_what_to_choose(inspector, model, loss):
    output = model.store.document.graph.node("output").layer
    wrong = next(kind for name, kind in ACTIVATIONS.items() if name not in PAIRS[loss] and name != "softmax")
    changed = replace(output, loss=LOSSES[loss](), activation=wrong())
    model.store.apply(lambda d: edits.set_layer(d, "output", changed), "Loss")
    inspector.show_nodes(("output",))
    (sentence,) = inspector.node_page.problems.texts()
    for name in PAIRS[loss]:
        assert ACTIVATIONS[name].title in sentence
    assert "choose" in sentence


def test_only_a_visible_page_of_one_layer_asks_for_its_matrices(qtbot, inspector, model):
    assert "inspector" not in model.requests
    inspector.show_nodes(("dense_1",))
    assert model.requests["inspector"] == ProbeRequest(detail="dense_1", boundary_resolution=1)
    inspector.hide()
    qtbot.waitUntil(lambda: "inspector" not in model.requests)
    inspector.show()
    qtbot.waitUntil(lambda: "inspector" in model.requests)
    inspector.show_nodes(())
    assert "inspector" not in model.requests


def test_a_deleted_layer_gives_way_to_the_network(inspector, model):
    inspector.show_nodes(("dense_1",))
    model.store.apply(lambda d: edits.remove(d, ["dense_1"]), "Delete")
    assert inspector.network_page.isVisible()
    assert "inspector" not in model.requests


def test_a_long_name_leaves_room_for_shape_and_parameters(inspector, model):
    name = "A very long layer name that does not fit the card"
    model.store.apply(lambda d: edits.rename(d, "dense_1", name), "Rename")
    inspector.show_nodes(())
    page = inspector.network_page
    shown = [row[0] for row in page.layers.rows()]
    assert shown[0] == "Input"
    assert shown[1].endswith("…")
    assert name.startswith(shown[1][:-1])
    assert page.layers.minimumSizeHint().width() < 256


def test_several_selected_layers_are_counted_and_changed_together(inspector, model):
    inspector.show_nodes(("dense_1", "dense_2"))
    page = inspector.selection_page
    assert page.title.text() == "2 layers selected"
    assert page.names.text() == "Dense 1, Dense 2"
    page.form.findChild(QSpinBox, "units").setValue(9)
    graph = model.store.document.graph
    assert [graph.node(n).layer.units for n in ("dense_1", "dense_2")] == [9, 9]
    assert model.store.undo_stack.count() == 1


def test_settings_in_which_selected_layers_differ_are_said_and_made_alike_in_one_step(qtbot, inspector, model):
    model.store.apply(lambda d: edits.set_layer(d, "dense_2", Dense(units=5, activation=Relu())), "Change")
    inspector.show_nodes(("dense_1", "dense_2"))
    page = inspector.selection_page
    graph = model.store.document.graph
    units = graph.node("dense_1").layer.units
    assert page.form.note("units") == f"They differ: {units}, 5."
    assert page.form.note("activation") == "They differ: tanh, ReLU."
    assert page.form.note("bias_initializer") == ""
    qtbot.mouseClick(page.alike, Qt.MouseButton.LeftButton)
    graph = model.store.document.graph
    assert graph.node("dense_2").layer == graph.node("dense_1").layer
    assert page.form.note("units") == ""
    assert not page.alike.isVisible()
    assert model.store.undo_stack.count() == 2


def test_several_selected_layers_can_be_deleted_but_not_the_output(qtbot, inspector, model):
    inspector.show_nodes(("dense_1", "output"))
    page = inspector.selection_page
    qtbot.mouseClick(page.delete, Qt.MouseButton.LeftButton)
    graph = model.store.document.graph
    assert not graph.has("dense_1")
    assert graph.has("output")


def test_a_wrong_number_in_the_inspector_leaves_the_document_alone(qtbot, inspector, model):
    inspector.show_nodes(("dense_1",))
    combo = form_control(inspector.node_page, "activation", QComboBox)
    combo.setCurrentIndex(combo.findText("leaky ReLU"))
    before = model.store.document
    slope = form_control(inspector.node_page, "slope", QLineEdit)
    slope.setFocus()
    slope.selectAll()
    qtbot.keyClicks(slope, "2")
    qtbot.keyClick(slope, Qt.Key.Key_Return)
    assert model.store.document is before
    assert slope.property("invalid") is True


def test_a_look_without_figures_empties_the_page(inspector, model):
    inspector.show_nodes(("dense_2",))
    model.look(detail="dense_2")
    model.probes = Probes()
    model.refreshed.emit()
    assert not inspector.node_page.heat_map.isVisible()


def detail_of(**fields):
    values = {
        "node": "dense_1",
        "weights": np.ones((2, 2)),
        "norms": {"W[1]": 2.0, "dW[1]": 0.1},
        "saturated": 0,
        "units": 16,
        "z_histogram": None,
    }
    return LayerDetail(**{**values, **fields})


def test_health_grades_what_it_finds():
    histogram = object()
    assert findings(detail_of(z_histogram=histogram, saturated=1), 1)[0] == ("ok", "1 of 16 units saturated")
    assert findings(detail_of(z_histogram=histogram, saturated=5), 1)[0].grade == "warn"
    assert findings(detail_of(z_histogram=histogram, saturated=16), 1)[0].grade == "bad"
    assert findings(detail_of(norms={"W[1]": 2.0, "dW[1]": 0.0}), 1)[0].grade == "warn"
    assert "vanishing" in findings(detail_of(norms={"W[1]": 2.0, "dW[1]": 1e-9}), 1)[0].sentence
    assert findings(detail_of(norms={"W[1]": float("nan")}), 1)[0].grade == "bad"


def test_softmax_is_drawn_as_one_unit_against_another():
    z = np.linspace(-3, 3, 7)
    value, slope = curves(Softmax(), z)
    sigmoid = Sigmoid()
    np.testing.assert_allclose(value, sigmoid.value(z), atol=1e-12)
    np.testing.assert_allclose(slope, sigmoid.derivative(z), atol=1e-12)


def test_a_cell_of_a_thinned_matrix_is_named_by_its_place_in_the_whole(qtbot):
    heat_map = HeatMap()
    qtbot.addWidget(heat_map)
    heat_map.resize(200, 100)
    heat_map.set_matrix(np.array([[1.0, -2.0], [3.0, 4.0]]), "W[1]", (10, 20))
    assert heat_map.describe(150, 10) == "W[1] row 1, column 20: −2.00"
    assert heat_map.describe(10, 90) == "W[1] row 10, column 1: 3.00"
    assert heat_map.describe(-5, 10) == ""

"""The panel Equations: its rows, the numbers beside them, the card it lights up, the script, and large networks."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from fake_training import FakeTraining
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from engine import (
    BatchNorm,
    Dataset,
    Dense,
    Dropout,
    Input,
    LayerNorm,
    Network,
    Output,
    Sgd,
    TrainingSettings,
    chain,
)
from engine.walk import walk
from nnstudio import edits
from ui import theme, typeset
from ui.canvas.view import Canvas
from ui.panels.equation_arrays import arrays_of
from ui.panels.equations import EquationsPanel


class Training(FakeTraining):
    """A fake model with a real network, walked through for real."""

    chosen_changed = Signal()

    def __init__(self, *layers) -> None:
        super().__init__("spirals")
        self.chosen = 0
        if layers:
            self.show_graph(chain([Input(features=2), *layers, Output()]))

    def show_graph(self, graph) -> None:
        self.store.apply(lambda document: msgspec.structs.replace(document, graph=graph), "network")

    def choose(self, row: int) -> None:
        self.chosen = row
        self.chosen_changed.emit()

    def network(self) -> Network:
        return Network(self.store.document.graph, precision="float64")

    def really_look(self) -> None:
        row = self.data.training[[self.chosen]]
        found = walk(self.network(), Dataset(self.data.X[row], self.data.Y[row], np.float64), (self.chosen,))
        self.probes = replace(self.probes, walk=found)
        self.refreshed.emit()


@pytest.fixture
def model(qtbot):
    made = Training(Dense(units=8))
    yield made
    made.deleteLater()


@pytest.fixture
def shown(qtbot):
    def show(model, width=460, height=760):
        panel = EquationsPanel(model)
        qtbot.addWidget(panel)
        panel.resize(width, height)
        panel.show()
        qtbot.waitUntil(lambda: panel.visibility.seen and not panel.empty)
        return panel

    return show


def place_of(panel, start: str) -> int:
    """Return the row of the equation that starts so, spoken."""
    return next(
        i for i, row in enumerate(panel.list.rows) if row.formula is not None and row.formula.text.startswith(start)
    )


def go_to(panel, start: str):
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.list.model().index(place_of(panel, start), 0))


def symbols(panel) -> list[str]:
    return [view.quantity.symbol for view in panel.detail.arrays if not view.isHidden()]


def test_the_equations_are_there_without_data_and_before_training(model, shown):
    panel = shown(model)
    assert panel.list.rows[place_of(panel, "Z[1]")].spoken == (
        "Forward: Z[1] = W[1] X + b[1], (8, m) = (8, 2)(2, m) + (8, 1)"
    )
    assert panel.list.model().index(0, 0).data() == "Forward: Input · (2, m)"


def test_a_network_with_a_problem_says_it_in_place_of_equations(qtbot, model):
    model.store.apply(lambda d: edits.remove(d, [d.graph.of_kind(Dense)[0].id]), "remove")
    panel = EquationsPanel(model)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: panel.visibility.seen)
    if model.shapes.valid:
        model.show_graph(chain([Input(features=2)]))
    assert panel.empty


def test_another_network_and_another_optimizer_are_written_at_once(model, shown):
    panel = shown(model)
    model.show_graph(chain([Input(features=2), Dense(units=3), LayerNorm(), Output()]))
    assert place_of(panel, "Z[1]")
    assert panel.list.rows[place_of(panel, "Z[1]")].formula.shapes == "(3, m) = (3, 2)(2, m) + (3, 1)"
    model.set_training(TrainingSettings(optimizer=Sgd(learning_rate=0.5)), "SGD")
    assert panel.list.rows[-1].section.title == "SGD"


def test_the_arrow_keys_light_up_the_card_and_show_the_arrays(qtbot, model, shown):
    panel, lit = shown(model), []
    model.lit.connect(lit.append)
    model.really_look()
    go_to(panel, "Z[1] =")
    assert lit[-1] == "dense_1"
    assert symbols(panel) == ["Z[1]", "W[1]", "X", "b[1]"]
    qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    assert symbols(panel) == ["A[1]", "Z[1]"]
    panel.list.clearFocus()
    assert lit[-1] == ""


def test_hovering_does_the_same(qtbot, model, shown):
    panel, lit = shown(model), []
    model.lit.connect(lit.append)
    model.really_look()
    index = panel.list.model().index(place_of(panel, "Z[1]"), 0)
    middle = panel.list.visualRect(index).center()
    qtbot.mouseMove(panel.list.viewport(), middle + QPoint(0, 2))
    qtbot.mouseMove(panel.list.viewport(), middle)
    qtbot.waitUntil(lambda: lit[-1:] == ["dense_1"])
    assert "W[1]" in symbols(panel)


def test_a_lit_card_looks_different_until_it_is_lit_no_more(qtbot, model):
    canvas = Canvas(model.store, model)
    qtbot.addWidget(canvas)
    canvas.resize(900, 400)
    canvas.show()
    qtbot.waitExposed(canvas)
    before = canvas.grab().toImage()
    model.lit.emit("dense_1")
    during = canvas.grab().toImage()
    model.lit.emit("")
    assert during != before
    assert canvas.grab().toImage() == before


def test_a_hidden_panel_lights_up_nothing(model, shown):
    panel, lit = shown(model), []
    go_to(panel, "Z[1]")
    model.lit.connect(lit.append)
    panel.hide()
    assert lit[-1] == ""


def test_gradients_beside_an_equation_are_those_of_the_cost(model):
    model.really_look()
    row = model.data.training[[0]]
    network = model.network()
    expected = network.gradients(model.data.X[row], model.data.Y[row])["dense_1.Theta"]
    found = {quantity.symbol: quantity for quantity in arrays_of(model.probes.walk, ("dW[1]", "db[1]", "W[1]", "X"))}
    np.testing.assert_allclose(found["dW[1]"].values, expected[:, 1:], rtol=1e-12)
    np.testing.assert_allclose(found["db[1]"].values, expected[:, :1], rtol=1e-12)
    assert found["dW[1]"].norm == pytest.approx(np.linalg.norm(expected[:, 1:]))
    np.testing.assert_array_equal(found["W[1]"].values, network.parameters["dense_1.Theta"][:, 1:])
    assert found["X"].shape == (2, 1)


def test_arrays_of_normalizations_go_by_their_greek_names():
    model = Training(Dense(units=4), LayerNorm(), BatchNorm())
    model.really_look()
    found = arrays_of(model.probes.walk, ("dγ[2]", "γ[2]", "β[3]", "X̂[2]", "unknown[9]"))
    assert [quantity.symbol for quantity in found] == ["dγ[2]", "γ[2]", "β[3]", "X̂[2]"]
    assert found[1].shape == (4, 1)


def test_a_large_layer_shows_a_picture_of_its_weights(shown):
    model = Training(Dense(units=300), Dense(units=200))
    panel = shown(model)
    model.really_look()
    go_to(panel, "Z[2]")
    weights = next(view for view in panel.detail.arrays if view.quantity.symbol.startswith("W[2]"))
    assert weights.quantity.shape == (200, 300)
    assert max(weights.quantity.values.shape) <= 64
    assert "norm of [b W]" in weights.symbol.text()


def test_the_numbers_follow_the_chosen_example(model, shown):
    panel = shown(model)
    model.really_look()
    go_to(panel, "Z[1]")
    x = next(view for view in panel.detail.arrays if view.quantity.symbol == "X")
    before = x.quantity.values.copy()
    model.choose(7)
    model.really_look()
    assert not np.array_equal(x.quantity.values, before)
    assert panel.detail.heading.text() == "Numbers of example no. 8, m = 1"


def test_without_numbers_the_detail_says_when_they_come(model, shown):
    panel = shown(model)
    assert "arrow keys" in panel.detail.heading.text()
    go_to(panel, "Z[1]")
    assert "once there are data" in panel.detail.heading.text()


def test_the_function_of_an_equation_is_written_out_on_demand(model, shown):
    panel = shown(model)
    go_to(panel, "A[1] =")
    assert panel.detail.written_out.isVisible()
    assert panel.detail.written_out.text == "g(z) = tanh z"
    go_to(panel, "Z[1] =")
    assert not panel.detail.written_out.isVisible()


def test_equations_and_script_can_be_copied(model, shown):
    panel = shown(model)
    clipboard = QGuiApplication.clipboard()
    actions = {action.text(): action for action in panel.actions()}
    actions["Copy all as LaTeX"].trigger()
    assert r"Z^{[1]} &= W^{[1]} X + b^{[1]}" in clipboard.text()
    actions["Copy all as text"].trigger()
    assert "Z[1] = W[1] X + b[1]" in clipboard.text()
    actions["Copy the NumPy code"].trigger()
    assert "Z1 = W1 @ X + b1" in clipboard.text()


def test_one_equation_is_copied_by_the_menu_and_by_the_keys(qtbot, model, shown):
    panel = shown(model)
    go_to(panel, "Z[1] =")
    qtbot.keyClick(panel.list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Z^{[1]} = W^{[1]} X + b^{[1]}"
    menu = panel.list.menu(panel.list.current())
    next(action for action in menu.actions() if action.text() == "Copy as text").trigger()
    assert QGuiApplication.clipboard().text() == "Z[1] = W[1] X + b[1]"


def test_the_script_is_shown_by_its_own_button_and_follows_the_network(qtbot, model, shown):
    panel = shown(model)
    panel.show_view("numpy")
    assert panel.view == "numpy"
    assert "def gradients(X, Y, parameters, rng=None):" in panel.code.toPlainText()
    model.show_graph(chain([Input(features=2), Dense(units=5), Dropout(), Output()]))
    assert "kept(rng, 0.2" in panel.code.toPlainText()
    assert panel.code.isReadOnly()


def test_in_view_equations_become_typeset_and_others_are_left(qtbot):
    model = Training(*(layer for _ in range(60) for layer in (Dense(units=7), BatchNorm())))
    panel = EquationsPanel(model)
    qtbot.addWidget(panel)
    panel.resize(460, 700)
    panel.show()
    qtbot.waitUntil(lambda: bool(panel.list.rows))
    assert len(panel.list.rows) > 900
    latex = [row.formula.latex for row in panel.list.rows if row.formula is not None]
    qtbot.waitUntil(lambda: typeset.is_set(latex[1]))
    assert not typeset.is_set(latex[len(latex) // 2])
    panel.list.scrollToBottom()
    qtbot.waitUntil(lambda: typeset.is_set(latex[-2]))
    assert not typeset.is_set(latex[len(latex) // 2])


@pytest.mark.parametrize("size", [(160, 140), (460, 760), (1300, 900)])
def test_it_can_be_drawn_at_every_size_in_both_themes(qtbot, model, shown, size):
    panel = shown(model, *size)
    model.really_look()
    go_to(panel, "dW[1]")
    pictures = []
    for choice in ("dark", "light"):
        theme.apply(QApplication.instance(), choice)
        QApplication.processEvents()
        pictures.append(panel.picture())
    assert pictures[0] != pictures[1]


def test_words_of_the_header_stand_aside_before_the_switch_is_cut_off(model, shown):
    panel = shown(model, width=460)
    assert panel._of.isVisible()
    panel.resize(400, 600)
    assert not panel._of.isVisible()
    assert panel.example.isVisible()
    panel.resize(300, 600)
    assert not panel._of.isVisible()
    assert not panel.example.isVisible()

"""The panel Computation: walking through the operations, and the chain rule behind every number."""

from __future__ import annotations

import numpy as np
import pytest
from fake_training import FakeTraining
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from engine import BatchNorm, Dense, Input, Network, Output, chain
from engine.ledger import Window
from nnstudio import numbers
from nnstudio.computation import LOSS
from nnstudio.document import starting_document
from ui.panels.computation import ComputationPanel


def with_graph(*layers):
    document = starting_document()
    return type(document)(graph=chain([Input(features=2), *layers, Output()]), data=document.data)


@pytest.fixture
def shown(qtbot):
    made = []

    def show(document=None, size=(460, 700), look=True):
        model = FakeTraining("spirals", document or with_graph(Dense(units=8), Dense(units=8)))
        panel = ComputationPanel(model)
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitUntil(lambda: "computation" in model.requests)
        if look:
            model.look()
        made.append(model)
        return model, panel

    yield show
    for model in made:
        model.deleteLater()


def number_of(panel, symbol, row=0, column=0):
    return float(panel._lines[symbol].quantity.values[row, column])


def click_entry(qtbot, panel, symbol, row=0):
    box = panel.view.boxes[panel._computation.base(symbol)]
    panel.view.ensureVisible(box.sceneBoundingRect())
    area = box._area(box.quantities.index(symbol))
    at = box.mapToScene(area.left() + 8, area.top() + (row + 0.5) * area.height() / box.shape_of[0])
    qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=panel.view.mapFromScene(at))


def test_it_asks_for_the_chosen_example_alone(shown):
    model, panel = shown()
    assert model.requests["computation"].ledgers[0].rows == (0,)
    model.choose(5)
    assert model.requests["computation"].ledgers[0].rows == (5,)
    assert panel.empty
    model.look()
    assert not panel.empty


def test_the_whole_computation_is_there_at_first_and_the_walk_can_begin_anew(qtbot, shown):
    _, panel = shown()
    assert panel.position == len(panel.steps) == 19
    assert not panel.buttons["next"].isEnabled()
    qtbot.mouseClick(panel.buttons["start"], Qt.MouseButton.LeftButton)
    assert panel.position == 0
    assert not panel.buttons["back"].isEnabled()
    assert panel.where.text() == "operation 0 of 19 · nothing computed yet"


def test_next_and_previous_go_through_the_operations_one_by_one_in_both_directions(qtbot, shown):
    _, panel = shown()
    panel.go_to(0)
    told = []
    for _ in panel.steps:
        qtbot.mouseClick(panel.buttons["next"], Qt.MouseButton.LeftButton)
        told.append((panel.formula.text, panel.entry[0]))
    assert told == [(step.text, step.writes) for step in panel.steps]
    back = []
    while panel.position:
        back.append(panel.formula.text)
        qtbot.mouseClick(panel.buttons["back"], Qt.MouseButton.LeftButton)
    assert back == [step.text for step in reversed(panel.steps)]


def test_the_arrow_keys_walk_and_choose(qtbot, shown):
    _, panel = shown()
    view = panel.view
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert panel.position == 0
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert panel.entry == ("Z[1]", 0, 0)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert panel.entry == ("Z[1]", 1, 0)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert panel.position == 0
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert panel.position == len(panel.steps)


def test_clicking_a_derivative_shows_the_chain_rule_that_made_it_with_its_numbers(qtbot, shown):
    _, panel = shown()
    click_entry(qtbot, panel, "dZ[2]", row=2)
    assert panel.entry == ("dZ[2]", 2, 0)
    slope = 1 - number_of(panel, "A[2]", 2) ** 2
    terms = panel.making.terms.text()
    for factor in (number_of(panel, "dA[2]", 2), slope):
        assert numbers.number(abs(factor), 4) in terms
    assert panel.making.value.text() == f"= {numbers.number(number_of(panel, 'dZ[2]', 2), 6)}"
    assert "g" in panel.making.equation.latex


def test_a_number_that_is_not_there_yet_is_walked_to(qtbot, shown):
    _, panel = shown()
    panel.go_to(1)
    panel.choose_entry("dZ[1]", 0, 0)
    assert panel.steps[panel.position - 1].writes == "dZ[1]"


def test_what_has_not_been_computed_is_not_told(shown):
    _, panel = shown()
    panel.go_to(2)
    rows = panel.text().splitlines()[: len(panel.steps)]
    assert numbers.number(number_of(panel, "A[1]"), 6) in rows[1]
    assert [row.partition("]")[2].count("    ") for row in rows[2:]] == [0] * (len(rows) - 2)


def test_the_loss_is_told_term_by_term(qtbot, shown):
    model, panel = shown()
    panel.choose_entry(LOSS, 0, 0)
    network = Network(model.store.document.graph, precision="float64")
    row = model.data.training[:1]
    cost = network.cost(model.data.X[row], model.data.Y[row])
    assert panel.making.value.text() == f"= {numbers.number(cost, 6)}"
    assert "log" in panel.making.terms.text()


def test_the_layer_of_the_present_operation_is_lit_on_the_canvas(qtbot, shown):
    model, panel = shown()
    lit = []
    model.lit.connect(lit.append)
    panel.go_to(1)
    panel.go_to(0)
    panel.hide()
    assert lit == ["dense_1", "", ""]


def test_new_numbers_come_in_where_the_walk_stands(shown):
    model, panel = shown()
    panel.go_to(3)
    before = panel.making.value.text()
    model.choose(9)
    model.look()
    assert panel.position == 3
    assert panel.making.value.text() != before


def test_another_network_has_its_own_graph(shown):
    model, panel = shown()
    document = with_graph(Dense(units=3), BatchNorm())
    model.store.replace_all(document)
    model.look()
    assert not panel.empty
    assert "gamma[2]" in panel.view.boxes
    assert panel.position == len(panel.steps)


def test_in_a_tall_view_the_graph_runs_downwards_and_in_a_wide_one_to_the_right(shown):
    _, panel = shown(size=(460, 900))
    x, loss = (panel.view.boxes[symbol].pos() for symbol in ("X", LOSS))
    assert loss.y() > x.y()
    _, panel = shown(size=(1200, 500))
    x, loss = (panel.view.boxes[symbol].pos() for symbol in ("X", LOSS))
    assert loss.x() > x.x()


@pytest.mark.parametrize("size", [(460, 700), (1200, 600), (200, 200)])
def test_no_box_covers_another_one(shown, size):
    _, panel = shown(size=size)
    boxes = [box.sceneBoundingRect() for box in panel.view.boxes.values()]
    assert not any(one.intersects(other) for k, one in enumerate(boxes) for other in boxes[:k])


def test_large_matrices_are_read_where_a_number_follows_from_them(qtbot, shown):
    model, panel = shown(with_graph(Dense(units=100), Dense(units=90)))
    panel.choose_entry("dA[1]", 70, 0)
    wanted = Window("W[2]", 0, 90, 70, 71)
    qtbot.waitUntil(lambda: wanted in model.requests["computation"].ledgers[0].windows)
    assert "being read" in panel.making.terms.text()
    model.look()
    assert "more" in panel.making.terms.text()
    assert np.isfinite(float(panel.making.value.text().removeprefix("= ").replace("−", "-")))


def test_all_operations_are_copied_as_text_and_as_latex(shown):
    _, panel = shown()
    tools = {action.text(): action for action in panel.actions()}
    tools["Copy all operations as text"].trigger()
    text = QGuiApplication.clipboard().text()
    assert text.count("→") == 6
    assert text.count("←") == 12
    tools["Copy as LaTeX"].trigger()
    assert QGuiApplication.clipboard().text().startswith("\\begin{align*}\n  Z^{[1]} &= ")


def test_dragging_beside_the_boxes_moves_the_drawing(qtbot, shown):
    _, panel = shown(size=(460, 500))
    view = panel.view
    empty = next(QPoint(x, y) for x in range(4, 400, 7) for y in range(4, 200, 7) if view.itemAt(QPoint(x, y)) is None)
    before = view.mapToScene(0, 0)
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=empty)
    qtbot.mouseMove(view.viewport(), empty + QPoint(0, -30))
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=empty + QPoint(0, -30))
    assert view.mapToScene(0, 0) != before

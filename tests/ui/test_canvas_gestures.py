"""Gestures on the canvas: each becomes one edit of the document, one step of undo, or nothing after Escape."""

from __future__ import annotations

import pytest
from canvas_hands import Hands
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl

from engine.layers import Add, Dropout
from nnstudio import edits
from nnstudio.document import GRID, starting_document

EMPTY = QPointF(200, 260)  # of the scene, where no card stands


@pytest.fixture
def hands(qtbot) -> Hands:
    return Hands(qtbot)


@pytest.fixture
def loose(qtbot) -> Hands:
    """A network with a dropout joined to nothing, below it."""
    document = starting_document()
    return Hands(qtbot, edits.add_node(document, edits.new_node(document.graph, Dropout()), (192.0, 208.0)))


# -- from the palette ---------------------------------------------------------------------------------------------


def test_a_layer_dropped_on_nothing_is_added_there_on_the_grid_and_selected(hands):
    assert hands.drop("dense", EMPTY)
    assert hands.ids[-1] == "dense_3"
    x, y = hands.document.position("dense_3")
    assert (x % GRID, y % GRID) == (0.0, 0.0)
    assert abs(x + 80 - EMPTY.x()) <= GRID
    assert hands.canvas.selected() == ("dense_3",)
    assert not any("dense_3" in pair for pair in hands.wires)


def test_a_layer_dropped_on_a_wire_is_set_into_it_and_undo_takes_it_out(hands):
    before = hands.document
    assert hands.drop("dropout", hands.middle("dense_1", "dense_2"))
    assert {("dense_1", "dropout_1"), ("dropout_1", "dense_2")} <= hands.wires
    assert ("dense_1", "dense_2") not in hands.wires
    after = hands.document
    hands.undo()
    assert hands.document == before
    assert "dropout_1" not in hands.canvas.network.nodes
    hands.redo()
    assert hands.document == after
    assert "dropout_1" in hands.canvas.network.nodes


def test_a_dragged_layer_shows_a_ghost_that_leaves_with_it(hands):
    items = len(hands.canvas.network.items())
    data = hands.layer("dense")
    assert hands.enter(data, EMPTY)
    assert len(hands.canvas.network.items()) > items
    hands.leave()
    assert len(hands.canvas.network.items()) == items
    assert hands.store.undo_stack.count() == 0


@pytest.mark.parametrize("name", ["input", "output", "nonsense", ""])
def test_a_layer_that_is_not_in_the_palette_is_not_taken(hands, name):
    assert not hands.enter(hands.layer(name), EMPTY)


def test_a_dragged_file_is_left_to_the_window(hands):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("table.csv")])
    assert not hands.enter(data, EMPTY)


# -- wires --------------------------------------------------------------------------------------------------------


def test_dragging_from_an_output_to_an_input_port_joins_them(hands):
    hands.drag(hands.port("input", "output"), hands.port("dense_2", "input"))
    assert ("input", "dense_2") in hands.wires
    assert ("dense_1", "dense_2") not in hands.wires
    hands.undo()
    assert ("dense_1", "dense_2") in hands.wires


def test_a_wire_can_be_drawn_backwards_and_let_go_on_a_card(loose):
    loose.drag(loose.port("dropout_1", "input"), loose.card("input"))
    assert ("input", "dropout_1") in loose.wires


def test_the_end_of_a_wire_jumps_to_a_port_that_is_near(loose):
    loose.drag(loose.port("input", "output"), loose.port("dropout_1", "input") + QPointF(-14, 8))
    assert ("input", "dropout_1") in loose.wires


def test_a_refused_wire_says_why_while_it_is_held_and_when_it_is_let_go(hands):
    hands.press(hands.port("dense_2", "output"))
    hands.move(hands.card("dense_1"))
    assert "loop" in hands.canvas.bubble_text
    hands.release(hands.card("dense_1"))
    assert "loop" in hands.canvas.bubble_text
    assert hands.refusals
    assert "loop" in hands.refusals[-1]
    assert hands.store.undo_stack.count() == 0


def test_a_wire_let_go_over_nothing_is_given_up(hands):
    items = len(hands.canvas.network.items())
    hands.drag(hands.port("input", "output"), EMPTY)
    assert hands.store.undo_stack.count() == 0
    assert len(hands.canvas.network.items()) == items


def test_escape_gives_up_a_wire(hands):
    items = len(hands.canvas.network.items())
    hands.press(hands.port("input", "output"))
    hands.move(hands.card("dense_2"))
    hands.key(Qt.Key.Key_Escape)
    hands.release(hands.card("dense_2"))
    assert hands.store.undo_stack.count() == 0
    assert len(hands.canvas.network.items()) == items


def test_a_merge_takes_a_second_wire(qtbot):
    document, add = edits.append_layer(starting_document(), Add())
    hands = Hands(qtbot, document)
    hands.drag(hands.port("dense_1", "output"), hands.port(add, "input"))
    assert {("dense_1", add), ("dense_2", add)} <= hands.wires


def test_a_clicked_wire_is_selected_and_deleted(hands):
    hands.click(hands.middle("dense_1", "dense_2"))
    assert hands.canvas.network.selected_wires == {hands.wire("dense_1", "dense_2")}
    hands.key(Qt.Key.Key_Delete)
    assert ("dense_1", "dense_2") not in hands.wires
    hands.undo()
    assert ("dense_1", "dense_2") in hands.wires


# -- moving -------------------------------------------------------------------------------------------------------


def test_a_dragged_card_moves_on_the_grid_in_one_step_of_undo(hands):
    x, y = hands.document.position("dense_1")
    start = hands.card("dense_1")
    hands.drag(start, start + QPointF(37, 150))
    assert hands.document.position("dense_1") == (x + 32, y + 144)
    assert hands.store.undo_stack.count() == 1
    hands.undo()
    assert hands.document.position("dense_1") == (x, y)


def test_the_document_does_not_change_before_the_card_is_let_go(hands):
    before, start = hands.document, hands.card("dense_1")
    hands.press(start)
    hands.move(start + QPointF(0, 160))
    assert hands.document is before
    assert hands.canvas.network.position("dense_1") != before.position("dense_1")
    hands.release(start + QPointF(0, 160))
    assert hands.document is not before


def test_all_selected_cards_move_together(hands):
    hands.canvas.select(["dense_1", "dense_2"])
    places = {key: hands.document.position(key) for key in ("dense_1", "dense_2", "input")}
    start = hands.card("dense_1")
    hands.drag(start, start + QPointF(0, 96))
    for key in ("dense_1", "dense_2"):
        assert hands.document.position(key) == (places[key][0], places[key][1] + 96)
    assert hands.document.position("input") == places["input"]


def test_escape_puts_a_dragged_card_back(hands):
    start, place = hands.card("dense_1"), hands.document.position("dense_1")
    hands.press(start)
    hands.move(start + QPointF(64, 64))
    hands.key(Qt.Key.Key_Escape)
    assert hands.canvas.network.position("dense_1") == place
    hands.release(start + QPointF(64, 64))
    assert hands.store.undo_stack.count() == 0


def test_a_loose_card_dropped_on_a_wire_is_set_into_it_in_one_step(loose):
    loose.drag(loose.card("dropout_1"), loose.middle("dense_1", "dense_2"))
    assert {("dense_1", "dropout_1"), ("dropout_1", "dense_2")} <= loose.wires
    assert loose.store.undo_stack.count() == 1
    loose.undo()
    assert ("dense_1", "dense_2") in loose.wires
    assert loose.document.position("dropout_1") == (192.0, 208.0)


def test_a_joined_card_dropped_on_a_wire_keeps_its_wires(hands):
    wires = hands.wires
    hands.drag(hands.card("dense_2"), hands.middle("input", "dense_1"))
    assert hands.wires == wires


def test_a_press_without_a_move_changes_nothing(hands):
    hands.drag(hands.card("dense_1"), hands.card("dense_1") + QPointF(1, 1))
    assert hands.store.undo_stack.count() == 0
    assert hands.canvas.selected() == ("dense_1",)


# -- selecting ----------------------------------------------------------------------------------------------------


def test_a_rubber_band_selects_the_cards_it_meets(hands):
    box = hands.canvas.network.nodes["dense_1"].box()
    end = hands.canvas.network.nodes["dense_2"].box().center()
    hands.drag(QPointF(box.left() - 10, box.top() - 40), end)
    assert hands.canvas.selected() == ("dense_1", "dense_2")


def test_a_rubber_band_over_wires_alone_selects_them(hands):
    middle = hands.middle("dense_1", "dense_2")
    hands.drag(middle + QPointF(-3, -30), middle + QPointF(3, 30))
    assert hands.canvas.selected() == ()
    assert hands.canvas.network.selected_wires == {hands.wire("dense_1", "dense_2")}


def test_escape_gives_back_what_was_selected_before_the_rubber_band(hands):
    hands.canvas.select(["input"])
    box = hands.canvas.network.nodes["dense_2"].box()
    hands.press(QPointF(box.left() - 10, box.top() - 40))
    hands.move(box.center())
    assert hands.canvas.selected() == ("dense_2",)
    hands.key(Qt.Key.Key_Escape)
    assert hands.canvas.selected() == ("input",)


def test_ctrl_click_adds_to_the_selection_and_takes_away(hands):
    hands.click(hands.card("dense_1"))
    hands.click(hands.card("dense_2"), Qt.KeyboardModifier.ControlModifier)
    assert hands.canvas.selected() == ("dense_1", "dense_2")
    hands.click(hands.card("dense_1"), Qt.KeyboardModifier.ControlModifier)
    assert hands.canvas.selected() == ("dense_2",)


def test_a_click_on_nothing_selects_nothing(hands):
    hands.canvas.select_all()
    hands.click(EMPTY)
    assert hands.canvas.selected() == ()


def test_a_click_on_one_of_several_selected_cards_selects_it_alone(hands):
    hands.canvas.select_all()
    hands.click(hands.card("dense_1"))
    assert hands.canvas.selected() == ("dense_1",)


# -- the view -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "keys"),
    [
        (Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier),
    ],
)
def test_dragging_the_canvas_moves_what_is_in_view(hands, button, keys):
    before = hands.pixel(EMPTY)
    hands.drag(EMPTY, EMPTY + QPointF(60, 40), keys, button)
    assert (hands.pixel(EMPTY) - before).toTuple() == (60, 40)
    assert hands.store.undo_stack.count() == 0


def test_a_change_of_the_network_ends_a_gesture_that_is_on(hands):
    start = hands.card("dense_1")
    hands.press(start)
    hands.move(start + QPointF(64, 64))
    hands.store.apply(lambda document: edits.remove(document, ["dense_1"]), "Delete Dense 1")
    hands.release(start + QPointF(64, 64))
    assert hands.store.undo_stack.count() == 1
    assert "dense_1" not in hands.ids

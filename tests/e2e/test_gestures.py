"""Each mouse gesture of the canvas once in the real window."""

from __future__ import annotations

import time

from test_main_job import nodes, wires


def position(window, node: str):
    return window.ask("document")["positions"][node]


def test_a_layer_dragged_from_the_palette_lands_on_the_canvas(window, screen):
    screen.drag(window.place("palette", "Dense"), window.place("canvas", "300", "320"))
    document = window.until(("document",), lambda document: "dense_3" in nodes(document))
    assert not [wire for wire in wires(document) if "dense_3" in wire]
    assert window.ask("selected") == ["dense_3"]


def test_a_layer_dragged_onto_a_wire_is_set_into_it(window, screen):
    screen.drag(window.place("palette", "Dropout"), window.place("wire", "dense_1", "dense_2"))
    document = window.until(("document",), lambda document: len(nodes(document)) == 5)
    assert {("dense_1", "dropout_1"), ("dropout_1", "dense_2")} <= wires(document)


def test_a_double_click_in_the_palette_adds_before_the_output(window, screen):
    screen.click(*window.place("palette", "Dense"), times=2)
    document = window.until(("document",), lambda document: "dense_3" in nodes(document))
    assert ("dense_3", "output") in wires(document)


def test_ports_are_joined_by_dragging_from_one_to_the_other(window, screen):
    screen.drag(window.place("palette", "Add"), window.place("canvas", "300", "320"))
    window.until(("document",), lambda document: "add_1" in nodes(document))
    screen.drag(window.place("port", "dense_1", "output"), window.place("port", "add_1", "input"))
    window.until(("document",), lambda document: ("dense_1", "add_1") in wires(document))
    screen.drag(window.place("port", "add_1", "input"), window.place("port", "dense_2", "output"))
    window.until(("document",), lambda document: ("dense_2", "add_1") in wires(document))


def test_a_card_is_moved_and_undo_moves_it_back(window, screen):
    before = position(window, "dense_1")
    x, y = window.place("card", "dense_1")
    screen.drag((x, y), (x + 40, y + 120))
    window.until(("document",), lambda document: document["positions"]["dense_1"] != before)
    after = position(window, "dense_1")
    assert after[1] > before[1]
    assert after[0] % 16 == after[1] % 16 == 0
    screen.key("ctrl+z")
    window.until(("document",), lambda document: document["positions"]["dense_1"] == before)


def test_a_rubber_band_selects_and_delete_closes_the_gap(window, screen):
    (left, top), (right, bottom) = window.place("card", "dense_1"), window.place("card", "dense_2")
    screen.drag((left - 110, top - 150), (right + 110, bottom + 150))
    window.until(("selected",), lambda selected: selected == ["dense_1", "dense_2"])
    screen.key("Delete")
    document = window.until(("document",), lambda document: nodes(document) == ["input", "output"])
    assert wires(document) == {("input", "output")}


def test_a_selected_wire_is_deleted_and_the_problem_is_said_before_training(window, screen):
    screen.click(*window.place("wire", "dense_1", "dense_2"))
    screen.key("Delete")
    window.until(("document",), lambda document: ("dense_1", "dense_2") not in wires(document))
    screen.key("space")
    shown = window.until(("shown",), lambda shown: shown["message"] != "")
    assert "Dense 2 has no input" in shown["message"]
    assert window.ask("status")["state"] != "training"


def test_copy_and_paste_add_a_copy(window, screen):
    screen.click(*window.place("card", "dense_1"))
    window.until(("selected",), lambda selected: selected == ["dense_1"])
    screen.key("ctrl+c", "ctrl+v")
    window.until(("document",), lambda document: "dense_3" in nodes(document))
    screen.key("ctrl+z")
    window.until(("document",), lambda document: "dense_3" not in nodes(document))


def test_the_wheel_with_control_zooms(window, screen):
    before = window.ask("zoom")
    screen.move(*window.place("canvas", "300", "200"))
    screen.xdotool("keydown", "ctrl", "click", 5, "click", 5, "keyup", "ctrl")
    window.until(("zoom",), lambda zoom: zoom < before)


def test_the_middle_button_pans(window, screen):
    x, y = window.place("card", "dense_1")
    cx, cy = window.place("canvas", "300", "330")
    screen.move(cx, cy)
    screen.xdotool("mousedown", 2)
    for step in range(1, 6):
        screen.xdotool("mousemove", cx + 12 * step, cy - 6 * step)
        time.sleep(0.03)
    screen.xdotool("mouseup", 2)
    moved = window.until(("place", "card", "dense_1"), lambda at: at != [x, y])
    assert moved[0] > x

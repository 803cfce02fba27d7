"""A lesson and the insight views in the real window: opened from the menu, worked with mouse and keys."""

from __future__ import annotations

import contextlib
import time

from driven_window import PATIENCE

A_MOMENT, A_WHILE = 0.2, 5.0  # seconds
ASIDE = (2, 2)  # a menu takes no click where the pointer already was when it opened


def open_view(window, screen, name: str, title: str) -> None:
    """Open an insight view by the menu, as a person does: Learn, Views, and its name."""
    deadline, nudge, reached = time.monotonic() + PATIENCE, 0, False
    while not reached:
        assert time.monotonic() < deadline, f"{title} is not to be found in the menu"
        place = window.ask("place", "menu", title)
        if place is None:
            screen.move(*ASIDE)
            screen.key("Escape", "Escape", "alt+l", "v")
            with contextlib.suppress(AssertionError):  # a key pressed before its menu was there was lost
                window.until(("place", "menu", title), lambda place: place is not None, A_WHILE)
            continue
        nudge = 1 - nudge  # a pointer that arrived before the menu did has to move again
        screen.move(place[0] + nudge, place[1])
        time.sleep(A_MOMENT)
        reached = window.ask("pointed_at") == title
    screen.xdotool("click", 1)
    window.until(("panel", name, "isVisible"), lambda visible: visible is True)


def test_a_lesson_is_opened_answered_worked_and_left(window, screen):
    screen.key("alt+l")
    screen.key("l")
    screen.key("3")
    assert window.until(("lesson",), lambda lesson: lesson is not None) == ["Computation graph", 0, None, []]
    screen.click(*window.place("widget", "Skip"))
    window.until(("lesson",), lambda lesson: lesson[1] == 1)
    choice = "negative: the loss falls where a grows"
    screen.click(*window.place("widget", choice))
    window.until(("lesson",), lambda lesson: lesson[2] == 0)
    screen.click(*window.place("widget", "Before the first operation"))
    screen.click(*window.place("widget", "After the last operation"))
    window.until(("lesson",), lambda lesson: lesson[3] == [0])
    screen.click(*window.place("widget", "Next"))
    window.until(("lesson",), lambda lesson: lesson[1] == 2)
    screen.click(*window.place("widget", "Close the lesson"))
    window.until(("lesson",), lambda lesson: lesson is None)


def test_an_entry_of_the_ledger_is_chosen_with_the_mouse_and_the_keys(window, screen):
    open_view(window, screen, "ledger", "Ledger")
    heat_map = "Heat map of X"
    window.until(("place", "widget", heat_map), lambda place: place is not None)
    screen.click(*window.place("within", heat_map, "0.5", "0.15"))
    before = window.until(("panel", "ledger", "heat_map", "entry"), lambda entry: entry is not None and entry != [0, 0])
    screen.key("Left")
    window.until(("panel", "ledger", "heat_map", "entry"), lambda entry: entry == [before[0], before[1] - 1])


def test_the_computation_graph_is_walked_clicked_dragged_and_zoomed(window, screen):
    open_view(window, screen, "computation", "Computation")
    screen.click(*window.place("widget", "Before the first operation"))
    window.until(("panel", "computation", "position"), lambda position: position == 0)
    screen.click(*window.place("widget", "One operation on"))
    window.until(("panel", "computation", "position"), lambda position: position == 1)
    entry = window.ask("panel", "computation", "entry")
    screen.click(*window.place("box", "W[1]"))
    window.until(("panel", "computation", "entry"), lambda now: now != entry and now[0] == "W[1]")
    scale = window.ask("panel", "computation", "view", "transform", "m11")
    screen.move(*window.place("box", "W[1]"))
    screen.xdotool("keydown", "ctrl", "click", 4, "click", 4, "keyup", "ctrl")
    window.until(("panel", "computation", "view", "transform", "m11"), lambda now: now > scale)


def test_pointing_at_an_equation_lights_up_its_card(window, screen):
    open_view(window, screen, "equations", "Equations")
    window.until(("place", "widget", "Equations, layer by layer"), lambda place: place is not None)
    screen.move(*window.place("within", "Equations, layer by layer", "0.4", "0.3"))
    window.until(("lit",), lambda lit: len(lit) == 1)
    screen.move(*window.place("canvas", "20", "20"))
    window.until(("lit",), lambda lit: lit == [])


def test_the_point_of_the_functions_is_dragged(window, screen):
    open_view(window, screen, "functions", "Functions")
    window.until(("place", "widget", "z of the point"), lambda place: place is not None)
    before, least, most = (window.ask("panel", "functions", "slider", what) for what in ("value", "minimum", "maximum"))
    handle = (before - least) / (most - least)
    start, end = (window.place("within", "z of the point", str(share), "0.5") for share in (handle, 0.9))
    screen.drag(start, end)
    window.until(("panel", "functions", "slider", "value"), lambda value: value > before)


def test_a_unit_is_chosen_in_the_grid_and_the_keys_go_on_from_it(window, screen):
    open_view(window, screen, "units", "Units")
    grid = "Units of Dense 1"
    window.until(("place", "widget", grid), lambda place: place is not None)
    screen.click(*window.place("within", grid, "0.5", "0.1"))
    chosen = window.until(("panel", "units", "place"), lambda place: place not in (None, 0))
    screen.key("Left")
    window.until(("panel", "units", "place"), lambda place: place == chosen - 1)


def test_another_learning_rate_is_tried_with_the_slider(window, screen):
    open_view(window, screen, "descent", "Gradient descent")
    slider = ("panel", "descent", "curve", "slider")
    window.until((*slider, "isEnabled"), lambda enabled: enabled is True)
    name, panel = "Another learning rate", "Gradient descent panel"
    screen.move(*window.place("within", panel, "0.5", "0.92"))
    for _ in range(5):  # the slider stands below the map; its page may grow while it is scrolled
        screen.xdotool("click", "--repeat", 20, "--delay", 20, 5)
        if window.resting_place("slider", name)[1] < window.place("within", panel, "0.5", "0.98")[1]:
            break
    before, least, most = (window.ask(*slider, what) for what in ("value", "minimum", "maximum"))
    share = (before - least) / (most - least)
    start, end = (window.place("slider", name, str(x), "0.5") for x in (share, max(share - 0.3, 0.05)))
    screen.drag(start, end)
    window.until((*slider, "value"), lambda value: value < before)


def test_a_row_of_the_data_becomes_the_example_and_a_square_of_the_correlations_opens_the_scatter(window, screen):
    open_view(window, screen, "data", "Data")
    table = "The data, row by row"
    window.until(("place", "widget", table), lambda place: place is not None)
    screen.click(*window.place("within", table, "0.3", "0.5"))
    screen.key("Down", "Down", "Down", "Down")  # past rows that are kept for validation
    window.until(("chosen",), lambda chosen: chosen != 0)
    screen.click(*window.place("widget", "Data: Correlation"))
    square = "Correlation of every pair of columns"
    window.until(("place", "widget", square), lambda place: place is not None)
    screen.click(*window.place("within", square, "0.35", "0.15"))
    window.until(("place", "widget", "Scatter of two columns"), lambda place: place is not None)


def test_the_rows_of_a_sample_are_dragged_as_one_step_of_undo(window, screen):
    before = window.ask("shown")["rows"]
    slider = "Rows of the sample"
    start, end = (window.place("within", slider, share, "0.5") for share in ("0.5", "0.8"))
    screen.drag(start, end)
    window.until(("shown",), lambda shown: shown["rows"] > before)
    screen.key("ctrl+z")
    window.until(("shown",), lambda shown: shown["rows"] == before)

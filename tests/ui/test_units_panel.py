"""The panel Units: pictures of what units respond to, choosing layers and units, pages of large layers, and words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_training import FakeTraining
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage

from engine import Add, BatchNorm, Dense, Dropout, Input, Network, Output, Zeros, chain, wired
from engine.activations import Relu, Tanh
from engine.units import MOST_UNITS, Plane, Units
from nnstudio import edits, numbers
from nnstudio.data import raw
from nnstudio.document import starting_document
from ui import colormaps, theme
from ui.panels.units import UnitsPanel
from ui.panels.units_grid import LEAST_SIDE, best_layout
from ui.panels.units_pictures import CURVE_SIDE, pictures


def with_layers(*layers, features=2):
    document = starting_document()
    return type(document)(graph=chain([Input(features=features), *layers, Output()]), data=document.data)


@pytest.fixture
def shown(qtbot):
    made = []

    def show(sample="circles", document=None, size=(460, 700), look=True):
        model = FakeTraining(sample, document)
        panel = UnitsPanel(model)
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitUntil(lambda: "units" in model.requests)
        if look:
            model.look()
        made.append(model)
        return model, panel

    yield show
    for model in made:
        model.deleteLater()


def network_of(model):
    return Network(model.store.document.graph, precision="float64")


def activations(model, node):
    """Return A (n, m) over the training examples, in plain NumPy, of a Dense layer in a chain of them."""
    network = network_of(model)
    a = model.data.X[model.data.training].T.astype(float)
    for one in network.shapes.order[1:]:
        theta = network.parameters[f"{one}.Theta"]
        a = network.graph.node(one).layer.activation.value(theta[:, 1:] @ a + theta[:, :1])
        if one == node:
            return a
    raise KeyError(node)


# -- what is asked and shown ------------------------------------------------------------------------------------------


def test_it_asks_for_the_units_of_the_first_layer_and_then_of_the_one_chosen(shown):
    model, panel = shown()
    assert (model.requests["units"].units, model.requests["units"].unit) == ("dense_1", 0)
    panel.step(1)
    assert model.requests["units"].units == "dense_2"
    assert panel.empty
    model.look()
    assert not panel.empty
    panel.show_layer("output")
    assert model.requests["units"].units == "output"


def test_each_picture_is_the_units_activation_over_the_plane(shown):
    model, panel = shown()
    a = panel.units.plane.values
    limit = panel._pictures.scale.high
    pixels = colormaps.signed()[colormaps.levels(a[3], -limit, limit)]
    image = panel._pictures.units[3]
    rows = a.shape[1]
    for row, column in ((0, 0), (5, 9), (rows - 1, 2)):
        assert image.pixel(column, rows - 1 - row) == pixels[row, column]
    x, y = (np.linspace(*ends, rows) for ends in (panel.units.plane.x, panel.units.plane.y))
    theta = network_of(model).parameters["dense_1.Theta"]
    z = theta[3, 0] + theta[3, 1] * x[9] + theta[3, 2] * y[5]
    assert a[3, 5, 9] == pytest.approx(np.tanh(z), abs=1e-6)


def test_the_chosen_units_range_is_that_of_its_activations_over_the_training_examples(shown):
    model, panel = shown()
    panel.show_layer("dense_2")
    model.look()
    panel.show_unit(4)
    a = activations(model, "dense_2")[4]
    low, high, mean = (numbers.number(float(value)) for value in (a.min(), a.max(), a.mean()))
    assert panel.detail.about.text().startswith(f"{low} to {high}, mean {mean}; bias")
    assert panel.detail.symbol.text().startswith("a[2]₅   unit 5 of 16")


def test_the_value_under_the_pointer_is_the_units_at_that_point(shown):
    model, panel = shown()
    panel.show_unit(2)
    plane = panel.units.plane
    rows = plane.values.shape[1]

    at = [
        float(raw(model.data, axis, [np.linspace(*ends, rows)[20]])[0]) for axis, ends in ((0, plane.x), (1, plane.y))
    ]
    words = panel.detail.plane.values_at(*at)
    assert words.splitlines()[-1] == f"a[1]₃ {numbers.number(float(plane.values[2, 20, 20]))}"


def test_of_other_features_than_two_the_strongest_examples_stand_for_a_unit(shown):
    model, panel = shown("wine")
    assert "the 8 strongest examples of each: one a row, a feature a column" in panel.about.text()
    panel.show_unit(1)
    a = activations(model, "dense_1")[1]
    entries = panel.detail.examples._entries
    assert entries[0].row == a.argmax()
    assert entries[8].row == a.argmin()
    assert entries[0].value == numbers.number(float(a.max()))
    assert panel.detail.plane.isHidden()
    panel.detail.examples.picked.emit(entries[2].row)
    assert model.chosen == entries[2].row


def test_over_one_feature_a_unit_is_a_curve_filled_to_zero(qtbot):
    values = np.stack([np.linspace(-1.0, 1.0, 64), np.full(64, 0.5)]).astype(np.float32)[:, None]
    nothing = np.zeros(2)
    told = Units(
        "a",
        2,
        np.arange(2),
        9,
        9,
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        np.arange(2),
        np.ones(2, int),
        plane=Plane((-1, 1), (0, 0), values),
    )
    drawn = pictures(told, None, "A[1]")
    ground = theme.tokens().color("surface").rgb()
    rising, flat = drawn.units
    right, middle, left = CURVE_SIDE - 1, CURVE_SIDE // 2, 0
    assert rising.pixel(right, 1) != ground  # filled up to the top at the right
    assert rising.pixel(left, 1) == ground
    assert rising.pixel(left, CURVE_SIDE - 2) != ground  # and down to the foot at the left
    assert flat.pixel(30, middle // 2 + 1) != ground
    assert flat.pixel(30, middle // 2 - 1) == ground
    assert flat.pixel(30, middle + 2) == ground


# -- choosing ---------------------------------------------------------------------------------------------------------


def test_a_click_and_the_arrow_keys_choose_a_unit(qtbot, shown):
    _, panel = shown()
    grid = panel.grid
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.cell(5).center().toPoint())
    assert (panel.unit, grid.chosen) == (5, 5)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert panel.unit == 6
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert panel.unit == 15
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert panel.unit == 15
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert panel.unit == grid._columns
    assert panel.detail.symbol.text().startswith(f"a[1]{'₀₁₂₃₄₅₆₇₈₉'[grid._columns + 1]}")


def test_page_keys_and_arrows_go_through_the_layers_and_each_remembers_its_unit(qtbot, shown):
    model, panel = shown()
    panel.show_unit(7)
    qtbot.keyClick(panel.grid, Qt.Key.Key_PageDown)
    model.look()
    assert (panel.layer, panel.unit) == ("dense_2", 0)
    qtbot.mouseClick(panel.before, Qt.MouseButton.LeftButton)
    model.look()
    assert (panel.layer, panel.unit) == ("dense_1", 7)
    assert not panel.before.isEnabled()


def test_the_layers_card_is_lit_while_its_units_are_seen(shown):
    model, panel = shown()
    lit = []
    model.lit.connect(lit.append)
    panel.step(1)
    model.look()
    panel.hide()
    assert lit[-1] == ""
    assert "dense_2" in lit


# -- large layers -----------------------------------------------------------------------------------------------------


def test_a_large_layer_is_shown_page_by_page(qtbot, shown):
    model, panel = shown(document=with_layers(Dense(units=150)))
    assert len(panel.grid._cells) == MOST_UNITS
    assert panel.page.text() == "units 1 to 64 of 150"
    assert not panel.page_before.isEnabled()
    qtbot.mouseClick(panel.page_after, Qt.MouseButton.LeftButton)
    assert model.requests["units"].unit == 64
    assert not panel.empty  # the page before stays until the next has come
    model.look()
    assert panel.page.text() == "units 65 to 128 of 150"
    assert panel.unit == 64
    assert panel.detail.symbol.text().startswith("a[1]₆₅   unit 65 of 150")
    panel.turn(1)
    model.look()
    assert len(panel.grid._cells) == 150 - 2 * MOST_UNITS
    assert not panel.page_after.isEnabled()


def test_the_arrow_keys_go_on_to_the_next_page(qtbot, shown):
    model, panel = shown(document=with_layers(Dense(units=100)))
    qtbot.keyClick(panel.grid, Qt.Key.Key_End)
    qtbot.keyClick(panel.grid, Qt.Key.Key_Right)
    assert panel.unit == MOST_UNITS
    model.look()
    assert (panel.grid.chosen, panel.units.shown[0]) == (0, MOST_UNITS)
    qtbot.keyClick(panel.grid, Qt.Key.Key_Left)
    model.look()
    assert (panel.unit, panel.grid.chosen) == (MOST_UNITS - 1, MOST_UNITS - 1)


def test_a_small_layer_has_no_pages(shown):
    _, panel = shown()
    assert not panel.page.isVisible()
    assert not panel.page_after.isVisible()


def test_choosing_within_a_page_asks_for_nothing_new(shown):
    model, panel = shown(document=with_layers(Dense(units=150)))
    before = model.requests["units"]
    panel.show_unit(30)
    assert panel.wanted() == before


# -- words ------------------------------------------------------------------------------------------------------------


def test_units_that_do_nothing_are_marked_by_words_not_by_color_alone(shown):
    document = with_layers(Dense(units=6, activation=Relu(), initializer=Zeros()))
    _, panel = shown(document=document)
    assert "6 identical: symmetry not broken" in panel.about.text()
    for cell in panel.grid._cells:
        assert cell.grade != "ok"
        assert all(name.split(" ")[-1] for name in cell.names)
        assert cell.names[-1].endswith("*")
    assert "the symmetry between them is not broken" in panel.grid._cells[0].words


def test_a_layer_without_weights_says_what_its_units_are_made_of(shown):
    model, panel = shown(document=with_layers(Dense(units=4, activation=Tanh()), BatchNorm(), Dropout()))
    panel.show_layer("batchnorm_1")
    model.look()
    assert panel.detail.origin.text() == "Made from a[1]₁ alone, of Dense 1."


def test_the_layer_is_copied_as_text(shown):
    model, panel = shown()
    panel.copy_text()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "Dense 1, A[1]"
    a = activations(model, "dense_1")
    assert float(lines[2].split("\t")[3]) == pytest.approx(a[0].max(), rel=1e-5)


# -- changes and mistakes ---------------------------------------------------------------------------------------------


def test_when_the_layer_shown_is_removed_the_first_one_is_asked_for(shown):
    model, panel = shown()
    panel.show_layer("dense_2")
    model.look()
    model.store.apply(lambda document: edits.remove(document, nodes=["dense_2"]), "remove")
    assert panel.empty
    assert model.requests["units"].units == "dense_1"
    model.look()
    assert (panel.layer, panel.empty) == ("dense_1", False)
    model.store.replace_all(with_layers(Dense(units=5)))
    assert model.requests["units"].units == "dense_1"
    model.look()
    assert len(panel.grid._cells) == 5


def test_a_network_with_a_problem_shows_the_problem(shown):
    model, panel = shown()
    model.store.apply(lambda document: edits.remove(document, edges=document.graph.edges[:1]), "cut")
    assert panel.empty
    problems = [problem.sentence for problem in model.shapes.problems if problem.severity == "error"]
    assert problems[0] in panel._empty._words.text()


def test_branches_and_sums_are_offered_as_layers(shown):
    layers = {"x": Input(features=2), "a": Dense(units=4), "b": Dense(units=4), "sum": Add(), "y": Output()}
    document = starting_document()
    graph = wired(layers, ("x", "a", "sum", "y"), ("x", "b", "sum"))
    model, panel = shown(document=type(document)(graph=graph, data=document.data))
    assert panel.layers.count() == 4
    panel.show_layer("sum")
    model.look()
    assert panel.detail.origin.text().startswith("The sum ")


def test_values_that_are_no_numbers_are_drawn_and_told(shown):
    _, panel = shown()
    units = panel.units
    for part in (units.plane.values, units.means, units.lows, units.highs):
        part[...] = np.nan
    panel._draw_again()
    panel._show_unit()
    assert "16 no number" in panel.about.text()
    assert not panel.grab().isNull()


def test_figures_in_words_follow_slowly_while_training(qtbot, shown):
    model, panel = shown()
    before = panel.detail.about.text()
    model.set_status(state="training")
    model.probes = replace(model.probes, units=replace(panel.units, means=np.full(16, 0.125)))
    model.refreshed.emit()
    assert panel.detail.about.text() == before
    assert "mean 0.125" in panel.grid._cells[0].words
    qtbot.waitUntil(lambda: "mean 0.125" in panel.detail.about.text())


@pytest.mark.parametrize("size", [(200, 200), (300, 600), (460, 700), (1100, 800)])
@pytest.mark.parametrize("sample", ["circles", "wine"])
def test_it_can_be_drawn_at_every_size_in_both_themes(shown, sample, size):
    _, panel = shown(sample, size=size)
    for name in ("dark", "light"):
        theme.apply(QGuiApplication.instance(), name)
        image = panel.grab().toImage()
        colors = {image.pixel(x, y) for x in range(0, size[0], 5) for y in range(0, size[1], 5)}
        assert len(colors) > 10


@pytest.mark.parametrize("size", [(460, 250), (300, 900), (900, 120)])
@pytest.mark.parametrize("count", [1, 2, 7, 16, 64])
def test_all_pictures_fit_into_the_width_and_are_as_large_as_they_can_be(count, size):
    columns, side = best_layout(count, *size)
    assert columns * side + (columns - 1) * 6 <= size[0] + 1e-6
    rows = -(-count // columns)
    assert side >= LEAST_SIDE or rows * side <= size[1]


def test_pictures_do_not_cover_one_another(shown):
    _, panel = shown(document=with_layers(Dense(units=64)), size=(300, 500))
    cells = [panel.grid.cell(place) for place in range(64)]
    assert not any(one.intersects(other) for at, one in enumerate(cells) for other in cells[:at])
    assert all(panel.grid.place_at(QPointF(cell.center())) == at for at, cell in enumerate(cells))


def test_a_unit_that_never_moves_has_no_strongest_examples(shown):
    document = with_layers(Dense(units=3, initializer=Zeros()), features=13)
    _, panel = shown("wine", document)
    blank: QImage = panel._pictures.units[0]
    assert {blank.pixel(x, y) for x in range(blank.width()) for y in range(blank.height())} == {
        theme.tokens().color("surface").rgb()
    }
    assert panel.detail.examples._entries == []

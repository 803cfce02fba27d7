"""The data panel shows the table as it is, marks the chosen example, and lets another be chosen, on every page."""

from dataclasses import replace as with_fields

import numpy as np
import pytest
from fake_training import FakeTraining
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from nnstudio.data import prepare, sample_recipe
from nnstudio.data.look import Look
from ui import theme
from ui.panels.data import PAGES, DataPanel
from ui.panels.data_cells import CellModel
from ui.panels.data_columns import DistributionsView
from ui.panels.data_correlation import CorrelationMap, short


@pytest.fixture
def shown(qtbot):
    def show(sample="iris", page="table", size=(460, 700)):
        model = FakeTraining(sample)
        panel = DataPanel(model)
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitUntil(lambda: panel.visibility.seen)
        panel.show_page(page)
        return panel

    return show


def texts(panel, place):
    cells = panel.table.cells
    return [cells.data(cells.index(place, column)) for column in range(cells.columnCount())]


def click(qtbot, table, place, column=2):
    index = table.model().index(place, column)
    table.scrollTo(index)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(index).center())


def row_of(panel, split, number=0):
    return int(getattr(panel.model.data, split)[number])


# -- the table ----------------------------------------------------------------------------------------------------


def test_without_data_it_asks_for_data(shown):
    panel = shown(None)
    assert panel.empty
    panel.show_page("scatter")
    panel.copy_text()
    assert panel.empty


def test_the_table_shows_rows_as_they_are_in_the_file(shown):
    panel = shown("iris")
    assert panel.table.cells.rowCount() == 150
    assert texts(panel, 0)[2:] == ["setosa", "5.1", "3.5", "1.4", "0.2"]
    split = texts(panel, row_of(panel, "training", 6))[1]
    assert split == "training 7"
    assert texts(panel, row_of(panel, "validation"))[1] == "validation"


def test_a_text_column_shows_its_text_and_not_its_features(shown):
    panel = shown("auto_mpg")
    assert panel.table.cells.names[-1] == "origin"
    assert texts(panel, 14)[-1] == "Japan"


def test_the_chosen_example_is_marked_and_stands_in_the_notes_form(shown):
    panel = shown("iris")
    panel.model.choose(11)
    assert panel.table.table.currentIndex().row() == row_of(panel, "training", 11)
    said = panel.table.notation.text().replace("\u00a0", " ")
    assert "<b>X</b> (4, 120)" in said
    assert "<b>Y</b> (3, 120)" in said
    assert "<b>x</b><sup>(12)</sup>" in said


def test_a_click_on_a_training_row_chooses_it_everywhere(qtbot, shown):
    panel = shown("iris")
    click(qtbot, panel.table.table, row_of(panel, "training", 30))
    assert panel.model.chosen == 30
    qtbot.keyClick(panel.table.table, Qt.Key.Key_Down)
    below = int(panel.look.example[row_of(panel, "training", 30) + 1])
    assert panel.model.chosen == (below if below >= 0 else 30)


@pytest.mark.parametrize("key", [Qt.Key.Key_PageDown, Qt.Key.Key_End])
def test_the_table_follows_a_row_that_is_reached_by_key(qtbot, shown, key):
    panel = shown("iris")
    table = panel.table.table
    click(qtbot, table, row_of(panel, "training", 0))
    with_control = Qt.KeyboardModifier.ControlModifier if key == Qt.Key.Key_End else Qt.KeyboardModifier.NoModifier
    for _ in range(2):
        qtbot.keyClick(table, key, with_control)
        assert table.viewport().rect().contains(table.visualRect(table.currentIndex()).center())


def test_a_click_on_a_row_of_another_split_says_why_nothing_else_follows(qtbot, shown):
    panel = shown("iris")
    panel.model.choose(3)
    row = row_of(panel, "validation")
    click(qtbot, panel.table.table, row)
    assert panel.model.chosen == 3
    assert f"Row {row + 1} is kept for validation" in panel.table.words.text()


def test_headings_sort_and_a_second_click_turns_the_order(qtbot, shown):
    panel = shown("iris")
    header = panel.table.table.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(3) + 10, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert texts(panel, 0)[3] == "4.3"
    assert panel.table.by.currentText() == "sepal length (cm)"
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert texts(panel, 0)[3] == "7.9"
    assert panel.table.turn.isChecked()
    assert panel.table.cells.headerData(3, Qt.Orientation.Horizontal).startswith("▾")


def test_rows_are_sorted_and_filtered_from_the_keyboard_too(shown):
    panel = shown("iris")
    panel.table.by.setCurrentIndex(1)
    assert [texts(panel, place)[1] for place in (0, 1)] == ["training 1", "training 2"]
    panel.table.filter.setCurrentIndex(panel.table.filter.findText("Validation"))
    assert panel.table.cells.rowCount() == 30
    assert panel.table.words.text() == "30 of 150"
    assert {texts(panel, place)[1] for place in range(30)} == {"validation"}
    assert panel.table.filter.findText("Test") < 0  # there is no such split
    panel.table.turn.click()
    assert panel.table.turn.isChecked()


def test_the_chosen_row_stays_in_sight_when_the_rows_are_sorted(shown):
    panel = shown("iris")
    panel.model.choose(40)
    panel.table.sort(1, descending=True)
    place = panel.table.table.currentIndex().row()
    assert panel.table.cells.row(place) == row_of(panel, "training", 40)


def test_selected_rows_are_copied_with_their_heading(qtbot, shown):
    panel = shown("iris")
    table = panel.table.table
    click(qtbot, table, 0)
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().split("\n")]
    assert lines[0][:3] == ["row", "split", "species"]
    assert [line[3:] for line in lines[1:]] == [["5.1", "3.5", "1.4", "0.2"], ["4.9", "3", "1.4", "0.2"]]


def test_of_very_many_rows_the_first_are_copied_and_it_is_said(monkeypatch, shown):
    monkeypatch.setattr("ui.panels.data_table.MOST_COPIED", 70)
    panel = shown("iris")
    heard = []
    panel.model.message.connect(lambda words, kind: heard.append(words))
    panel.table.table.selectAll()
    panel.copy_text()
    assert len(QGuiApplication.clipboard().text().split("\n")) == 11
    assert heard == ["Copied the first 10 of 150 selected rows."]


def test_the_matrices_are_one_click_away(qtbot, shown):
    panel = shown("iris")
    with qtbot.waitSignal(panel.model.asked_for) as heard:
        qtbot.mouseClick(panel.table.link, Qt.MouseButton.LeftButton)
    assert heard.args == ["ledger"]


def test_digits_are_shown_as_pictures_and_flowers_are_not(shown):
    panel = shown("digits")
    panel.model.choose(5)
    assert panel.table.picture.isVisible()
    colors = {panel.table.picture.grab().toImage().pixel(x, y) for x in range(0, 64, 4) for y in range(0, 64, 4)}
    assert len(colors) > 4
    assert not shown("iris").table.picture.isVisible()


def test_a_table_of_a_million_rows_answers_from_the_arrays():
    look = Look(prepare(sample_recipe("moons", rows=1_000_000)))
    model = CellModel(None)
    model.take(look)
    assert model.rowCount() == 1_000_000
    last = [model.data(model.index(999_999, column)) for column in range(5)]
    assert last[0] == "1\u202f000\u202f000"
    assert float(last[3].replace("−", "-")) == pytest.approx(look.values(look.columns[1], np.array([999_999]))[0])
    assert sum(len(block) for block in model._blocks.values()) <= 3 * 64


def test_a_large_table_is_sorted_beside_the_window(qtbot, monkeypatch, shown):
    monkeypatch.setattr("ui.panels.data_table.ROWS_AT_ONCE", 100)
    panel = shown("iris")
    panel.table.sort(1)
    assert panel.table.words.text() == "Sorting…"
    qtbot.waitUntil(lambda: texts(panel, 0)[3] == "4.3")
    qtbot.waitUntil(lambda: panel.table.words.text() == "150 rows")


# -- columns ------------------------------------------------------------------------------------------------------


def test_every_column_has_a_card_and_the_bar_under_the_pointer_is_told(shown):
    panel = shown("iris", "columns")
    view = panel.columns.view
    assert "petal width (cm): 1.199 ± 0.76, from 0.1 to 2.5" in view.accessibleDescription()
    target = view.card(0)
    assert view.describe(QPoint(int(target.left()) + 20, int(target.center().y()) + 10)) == "species setosa: 50 rows"
    assert view.describe(QPoint(int(target.left()) + 20, int(target.top()) + 10)).startswith("species: 3 classes")
    assert panel.columns.words.text().startswith("From all 150 rows")


def test_missing_cells_are_told_with_the_column(shown):
    assert "horsepower: 104.5 ± 38.4, from 46 to 230, 1.5\u202f% missing" in (
        shown("auto_mpg", "columns").columns.view.accessibleDescription()
    )


def test_many_columns_scroll_and_only_those_in_view_are_painted(shown):
    view = shown("digits", "columns").columns.view
    assert isinstance(view, DistributionsView)
    assert view.verticalScrollBar().maximum() > 1_000
    view.verticalScrollBar().setValue(1_000)
    assert view.card(0).bottom() < 0


def test_large_data_are_counted_beside_the_window_and_the_sample_is_told(qtbot, monkeypatch, shown):
    monkeypatch.setattr("ui.panels.data.MOST_AT_ONCE", 100)
    monkeypatch.setattr("nnstudio.data.look.MOST_VALUES", 100)
    monkeypatch.setattr("nnstudio.data.look.LEAST_ROWS", 20)
    panel = shown("iris", "columns")
    assert panel.columns.words.text() == "Counting…"
    qtbot.waitUntil(lambda: panel.columns.words.text().startswith("From a sample of 25 of the 150 rows"))
    panel.show_page("correlation")
    assert panel.correlation.words.text() == "Computing…"
    qtbot.waitUntil(lambda: panel.correlation.names == list(panel.model.data.features))


def test_what_was_counted_for_earlier_data_is_not_shown(qtbot, monkeypatch, shown):
    monkeypatch.setattr("ui.panels.data.MOST_AT_ONCE", 100)
    panel = shown("iris", "columns")
    panel.model.set_data("wine")
    qtbot.waitUntil(lambda: "cultivar" in panel.columns.view.accessibleDescription())
    qtbot.wait(60)
    assert "species" not in panel.columns.view.accessibleDescription()


# -- correlation --------------------------------------------------------------------------------------------------


def test_a_cell_of_the_correlations_opens_the_scatter_of_its_pair(qtbot, shown):
    panel = shown("iris", "correlation")
    heat: CorrelationMap = panel.correlation.map
    assert heat.text(2, 0) == "sepal length (cm) and petal length (cm): 0.872"
    area = heat._area()
    at = QPoint(int(area.left() + area.width() * 0.1), int(area.top() + area.height() * 0.6))
    qtbot.mouseClick(heat, Qt.MouseButton.LeftButton, pos=at)
    assert panel.page == "scatter"
    assert [combo.currentText() for combo in panel.scatter.choosers] == ["sepal length (cm)", "petal length (cm)"]


def test_pairs_are_reached_and_opened_by_key(qtbot, shown):
    panel = shown("auto_mpg", "correlation")
    heat = panel.correlation.map
    for _ in range(20):
        qtbot.keyClick(heat, Qt.Key.Key_Down)
    qtbot.keyClick(heat, Qt.Key.Key_Right)
    assert heat.accessibleDescription().startswith("displacement (cu in) and miles per gallon: −0.805")
    qtbot.keyClick(heat, Qt.Key.Key_Return)
    assert [combo.currentText() for combo in panel.scatter.choosers] == ["displacement (cu in)", "miles per gallon"]


def test_the_pair_under_the_pointer_is_told_below(qtbot, shown):
    panel = shown("iris", "correlation")
    heat, words = panel.correlation.map, panel.correlation.words
    about = words.text()
    area = heat._area()
    qtbot.mouseMove(heat, QPoint(int(area.left() + area.width() * 0.1), int(area.top() + area.height() * 0.6)))
    qtbot.waitUntil(lambda: words.text() == "sepal length (cm) and petal length (cm): 0.872")
    qtbot.mouseMove(heat, QPoint(int(area.right()) + 4, int(area.bottom()) + 4))
    qtbot.waitUntil(lambda: words.text() == about)


def test_a_constant_column_has_no_coefficient(shown):
    heat = shown("digits", "correlation").correlation.map
    assert "not known, one is constant" in heat.text(0, 1)


@pytest.mark.parametrize(("value", "text"), [(0.871, ".87"), (-0.124, "−.12"), (1.0, "1"), (-0.001, "0"), (0.996, "1")])
def test_coefficients_are_short(value, text):
    assert short(value) == text


# -- scatter ------------------------------------------------------------------------------------------------------


def test_the_row_under_the_pointer_is_told_and_a_click_chooses_it(shown):
    panel = shown("iris", "scatter")
    scatter = panel.scatter
    scatter.show_pair(2, 3)
    row = row_of(panel, "training", 17)
    x, y = scatter._x[row], scatter._y[row]
    said = scatter.readout(x, y)
    assert f"petal length (cm) {x:.1f}" in said
    assert "species " in said
    scatter.choose_at(x, y)
    chosen = row_of(panel, "training", panel.model.chosen)
    assert (scatter._x[chosen], scatter._y[chosen]) == (x, y)
    assert scatter.readout(1e6, 1e6) == ""


def test_a_click_on_a_validation_point_says_why_nothing_else_follows(shown):
    panel = shown("plane", "scatter")
    row = row_of(panel, "validation")
    panel.scatter.choose_at(panel.scatter._x[row], panel.scatter._y[row])
    assert panel.model.chosen == 0
    assert "is kept for validation" in panel.scatter.words.text()
    panel.model.choose(2)
    assert "is kept for validation" not in panel.scatter.words.text()


def test_a_real_click_on_a_point_chooses_it(qtbot, shown):
    panel = shown("plane", "scatter", (460, 600))
    scatter = panel.scatter
    row = row_of(panel, "training", 9)
    place = scatter.plot.item.getViewBox().mapViewToScene(QPointF(scatter._x[row], scatter._y[row]))
    qtbot.mouseClick(scatter.plot.viewport(), Qt.MouseButton.LeftButton, pos=scatter.plot.mapFromScene(place))
    assert panel.model.chosen == 9


def test_the_target_of_a_regression_is_an_axis_in_its_own_unit(shown):
    panel = shown("auto_mpg", "scatter")
    scatter = panel.scatter
    axis = panel.look.axes.index("miles per gallon")
    scatter.show_pair(3, axis)
    assert (scatter._y.min(), scatter._y.max()) == pytest.approx((9.0, 46.6))
    assert "pale to strong: miles per gallon 9 to 46.6" in scatter.words.text()


def test_of_very_many_rows_a_sample_is_drawn_and_it_is_told(monkeypatch, shown):
    monkeypatch.setattr("ui.panels.data_scatter.MOST_POINTS", 40)
    panel = shown("iris", "scatter")
    assert len(panel.scatter.rows) == 40
    assert "40 of 150 rows, drawn at random" in panel.scatter.words.text()


def test_ten_classes_have_ten_colors():
    assert len({theme.class_color(index, 10).name() for index in range(10)}) == 10


# -- all pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("sample", ["spirals", "iris", "sine", "digits", "auto_mpg", "breast_cancer"])
def test_every_page_can_be_copied_and_seen_with_all_kinds_of_data(shown, page, sample):
    panel = shown(sample, page, (280, 260))
    panel.copy_text()
    assert "\t" in QGuiApplication.clipboard().text()
    assert panel.switch[page].isChecked()
    image = panel.pages[page].grab().toImage()
    colors = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert len(colors) > 3


def test_one_feature_is_shown_against_the_target(shown):
    panel = shown("sine")
    data = panel.model.data
    column = data.fitted.columns[0]
    one = with_fields(
        data,
        X=np.ascontiguousarray(data.X[:, :1]),
        features=("x1",),
        fitted=type(data.fitted)(task="regression", columns=(column,), targets=data.fitted.targets),
    )
    panel.model.data = one
    panel.model.data_changed.emit()
    for page in PAGES:
        panel.show_page(page)
    assert panel.look.axes == ("x1", "y")
    assert [combo.currentText() for combo in panel.scatter.choosers] == ["x1", "y"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_saved_as_a_drawing_and_follows_the_theme(shown, page, tmp_path):
    panel = shown("iris", page)
    panel.save_picture(tmp_path / "page.svg")
    assert QSvgRenderer(str(tmp_path / "page.svg")).isValid()
    app = QApplication.instance()
    theme.apply(app, "light")
    light = panel.pages[page].grab().toImage()
    try:
        theme.apply(app, "dark")
        dark = panel.pages[page].grab().toImage()
    finally:
        theme.apply(app, "light")
    middle = light.rect().center()
    assert light != dark
    assert dark.pixelColor(middle.x(), light.height() - 3).lightness() < light.pixelColor(3, 3).lightness()


def test_only_the_page_in_sight_is_filled(shown):
    panel = shown("iris")
    assert panel.correlation.names == []
    assert len(panel.scatter.rows) == 0
    panel.hide()
    panel.show_page("scatter")
    assert len(panel.scatter.rows) == 0

"""The palette: every layer of the registry that can be added, by mouse, by keyboard, by name."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.layers import LAYERS
from ui import theme
from ui.canvas.palette import LAYER_MIME, LayerPalette


@pytest.fixture
def palette(qtbot) -> LayerPalette:
    widget = LayerPalette()
    qtbot.addWidget(widget)
    widget.resize(208, 500)
    widget.show()
    return widget


@pytest.fixture
def asked(palette) -> list[str]:
    names: list[str] = []
    palette.add_requested.connect(names.append)
    return names


def test_it_lists_the_registry_without_input_and_output(palette):
    assert palette.names() == [name for name, kind in LAYERS.items() if kind.in_palette]
    assert "input" not in palette.names()


def test_each_row_says_title_summary_and_formula(palette):
    for row in range(palette.list.count()):
        item = palette.list.item(row)
        kind = LAYERS[item.data(Qt.ItemDataRole.UserRole)]
        assert item.text() == kind.title
        assert kind.summary in item.toolTip()
        assert kind.formula in item.toolTip()


def test_a_double_click_asks_for_the_layer(palette, asked):
    item = palette.list.item(1)
    point = palette.list.visualItemRect(item).center()
    QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=point)
    QTest.mouseDClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert asked == [palette.names()[1]]


def test_arrows_and_enter_ask_for_the_layer(palette, asked):
    palette.list.setFocus()
    QTest.keyClick(palette.list, Qt.Key.Key_Down)
    QTest.keyClick(palette.list, Qt.Key.Key_Return)
    assert asked == [palette.names()[1]]


def test_typing_filters_and_enter_adds_the_first_that_fits(palette, asked):
    QTest.keyClicks(palette.filter, "drop")
    assert palette.names() == ["dropout"]
    QTest.keyClick(palette.filter, Qt.Key.Key_Return)
    assert asked == ["dropout"]


def test_typing_in_the_list_goes_to_the_filter(palette):
    QTest.keyClick(palette.list, Qt.Key.Key_C)
    assert palette.filter.text() == "c"


def test_arrows_in_the_filter_walk_the_rows_that_are_left(palette, asked):
    QTest.keyClicks(palette.filter, "skip")
    QTest.keyClick(palette.filter, Qt.Key.Key_Down)
    QTest.keyClick(palette.filter, Qt.Key.Key_Return)
    assert asked == ["add"]


def test_a_filter_that_nothing_fits_says_so_and_adds_nothing(palette, asked):
    QTest.keyClicks(palette.filter, "zzz")
    assert palette.names() == []
    assert any(label.isVisible() and "No layer" in label.text() for label in _labels(palette))
    QTest.keyClick(palette.filter, Qt.Key.Key_Return)
    assert asked == []


def test_a_dragged_row_carries_the_registered_name(palette):
    data = palette.list.mimeData([palette.list.item(0)])
    assert bytes(data.data(LAYER_MIME).data()).decode() == palette.names()[0]


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_swatches_take_the_colors_of_the_theme(palette, choice):
    theme.apply(QApplication.instance(), choice)
    try:
        kind = LAYERS[palette.names()[0]]
        image = palette.list.item(0).icon().pixmap(18, 18).toImage()
        assert image.pixelColor(9, 9) == theme.family_color(kind.family)
    finally:
        theme.apply(QApplication.instance(), "light")


def test_all_rows_are_visible_without_scrolling(palette):
    assert palette.list.verticalScrollBar().maximum() == 0


def _labels(palette):
    from PySide6.QtWidgets import QLabel

    return palette.findChildren(QLabel)


def test_normalizations_are_offered_in_a_color_that_no_other_family_has(palette):
    assert {"batch_norm", "layer_norm"} <= set(palette.names())
    palette.filter.setText("normalization")
    assert palette.names() == ["batch_norm", "layer_norm"]
    families = {LAYERS[name].family for name in LAYERS}
    assert families <= set(theme.FAMILY_SERIES)
    others = [theme.FAMILY_SERIES[family] for family in families if family != "normalization"]
    assert theme.FAMILY_SERIES["normalization"] not in others

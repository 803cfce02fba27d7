"""What every panel has in common: it rests while hidden, says what will be here, and can be saved as a picture."""

import pytest
from fake_training import FakeTraining
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QPushButton, QToolButton

from engine.snapshot import ProbeRequest
from ui import theme
from ui.panels import PANELS

NAMES = list(PANELS)
LABS = [name for name in NAMES if name.startswith("lab_")]  # they show what was run, not what training says
LIVE = [name for name in NAMES if name not in LABS]
NEVER_EMPTY = ("data", "functions", "equations")  # there is something to read before there are numbers
EMPTY_AT_FIRST = [name for name in LIVE if name not in NEVER_EMPTY]
PLOTS = [name for name in NAMES if not PANELS[name].insight and name != "metrics"]


@pytest.mark.parametrize("name", NAMES)
def test_a_panel_has_the_name_and_title_under_which_it_is_registered(qtbot, name):
    panel = PANELS[name](FakeTraining())
    qtbot.addWidget(panel)
    assert (panel.name, panel.title) == (name, PANELS[name].title)


@pytest.fixture
def model(qtbot):
    made = FakeTraining()
    yield made
    made.deleteLater()


@pytest.fixture
def shown(qtbot, model):
    def show(name, model=model):
        panel = PANELS[name](model)
        qtbot.addWidget(panel)
        panel.resize(280, 260)
        panel.show()
        qtbot.waitUntil(lambda: panel.visibility.seen)
        return panel

    return show


def filled(model):
    model.add_epochs(30)
    model.look(1)


def count_refreshes(panel, monkeypatch):
    calls = []
    refresh = panel.refresh
    monkeypatch.setattr(panel, "refresh", lambda: (calls.append(1), refresh()))
    return calls


@pytest.mark.parametrize("name", EMPTY_AT_FIRST)
def test_a_panel_with_nothing_to_show_says_what_will_be_here_and_offers_to_train(qtbot, model, shown, name):
    panel = shown(name)
    assert panel.empty
    button = panel.findChild(QPushButton)
    assert button.text() == "Press Space to train"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert model.calls == ["toggle"]
    panel.resize(130, 220)
    assert button.text() == "Train"  # where there is no room for more
    assert button.width() <= panel.width()


@pytest.mark.parametrize("name", EMPTY_AT_FIRST)
def test_without_data_a_panel_asks_for_data_first(qtbot, shown, name):
    panel = shown(name, FakeTraining(None))
    assert panel.empty
    assert not panel.findChild(QPushButton).isVisible()


@pytest.mark.parametrize("name", LIVE)
def test_news_fill_a_visible_panel(model, shown, name):
    panel = shown(name)
    filled(model)
    assert not panel.empty


@pytest.mark.parametrize("data", ["two answers", "two numbers"])
@pytest.mark.parametrize("name", NAMES)
def test_a_panel_lives_with_several_targets(shown, name, data):
    model = FakeTraining(data)
    panel = shown(name, model)
    filled(model)
    assert not panel.grab().isNull()
    assert not (name in LIVE and panel.empty)


@pytest.mark.parametrize("name", LIVE)
def test_a_hidden_panel_asks_for_nothing_and_does_no_work_until_it_is_shown(qtbot, model, shown, name, monkeypatch):
    panel = shown(name)
    filled(model)
    assert model.requests.get(name) == panel.wanted()
    calls = count_refreshes(panel, monkeypatch)
    panel.hide()
    assert name not in model.requests
    model.look(2)
    assert not calls
    panel.show()
    qtbot.waitUntil(lambda: len(calls) == 1)
    assert model.requests.get(name) == panel.wanted()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("weight_histograms", ProbeRequest(weights=True, boundary_resolution=1)),
        ("activation_histograms", ProbeRequest(activations=True, boundary_resolution=1)),
        ("gradient_histograms", ProbeRequest(gradients=True, boundary_resolution=1)),
        ("metrics", ProbeRequest(metrics=True, boundary_resolution=1)),
        ("boundary", ProbeRequest(boundary=(0, 1), boundary_resolution=64)),
        ("cost", None),
    ],
)
def test_a_panel_asks_for_what_it_shows(model, shown, name, wanted):
    panel = shown(name)
    assert panel.wanted() == wanted
    assert model.requests.get(name) == wanted


def test_a_panel_in_a_tab_behind_another_rests(qtbot, model, monkeypatch):
    window = QMainWindow()
    qtbot.addWidget(window)
    docks = []
    for name in ("weight_histograms", "gradient_histograms"):
        dock = QDockWidget(name, window)
        dock.setWidget(PANELS[name](model))
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        docks.append(dock)
    window.tabifyDockWidget(*docks)
    docks[0].raise_()
    window.resize(600, 400)
    window.show()
    qtbot.waitUntil(lambda: "weight_histograms" in model.requests)
    calls = count_refreshes(docks[1].widget(), monkeypatch)
    model.look(1)
    assert "gradient_histograms" not in model.requests
    assert not calls
    docks[1].raise_()
    qtbot.waitUntil(lambda: "gradient_histograms" in model.requests)
    model.look(2)
    assert calls
    assert "weight_histograms" not in model.requests


def test_a_minimized_window_asks_for_nothing(qtbot, model, shown):
    panel = shown("weight_histograms")
    panel.showMinimized()
    qtbot.waitUntil(lambda: "weight_histograms" not in model.requests)
    panel.showNormal()
    qtbot.waitUntil(lambda: "weight_histograms" in model.requests)


@pytest.mark.parametrize("name", NAMES)
def test_a_panel_is_saved_as_png_at_twice_the_resolution(model, shown, name, tmp_path):
    panel = shown(name)
    filled(model)
    panel.save_picture(tmp_path / "panel.png")
    image = QImage(str(tmp_path / "panel.png"))
    assert (image.width(), image.height()) == (2 * panel.width(), 2 * panel.height())
    colors = {image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
    assert len(colors) > 3


@pytest.mark.parametrize("name", NAMES)
def test_a_panel_is_saved_as_svg(model, shown, name, tmp_path):
    panel = shown(name)
    filled(model)
    panel.save_picture(tmp_path / "panel.svg")
    text = (tmp_path / "panel.svg").read_text(encoding="utf-8")
    assert QSvgRenderer(str(tmp_path / "panel.svg")).isValid()
    assert panel.title in text


def test_a_picture_that_cannot_be_written_is_an_error(model, shown, tmp_path):
    panel = shown("cost")
    for name in ("no/panel.png", "no/panel.svg"):
        with pytest.raises(OSError, match="cannot be written"):
            panel.save_picture(tmp_path / name)


def test_a_panel_is_copied_to_the_clipboard(model, shown):
    shown("cost").copy_picture()
    assert not QGuiApplication.clipboard().image().isNull()


def test_tools_appear_with_the_pointer_and_have_names(model, shown):
    panel = shown("cost")
    buttons = panel.findChildren(QToolButton)
    QApplication.sendEvent(panel, QEvent(QEvent.Type.Leave))
    if QApplication.focusWidget() is not None:
        QApplication.focusWidget().clearFocus()
    assert not any(button.isVisible() for button in buttons)
    panel._tools.appear(True)
    assert all(button.isVisible() for button in buttons)
    assert {button.accessibleName() for button in buttons} == {
        "Cost: Log scale",
        "Cost: Show all",
        "Cost: Save as PNG or SVG…",
        "Cost: Copy as a picture",
    }


def test_the_tools_of_the_metrics_leave_the_headings_of_the_table_uncovered(model, shown):
    panel = shown("metrics")
    filled(model)
    panel._tools.appear(True)
    assert panel._tools.geometry().bottom() <= panel.rect().bottom()
    heading = panel._cells[0, 2]
    assert heading.isVisible()
    top = heading.mapTo(panel, heading.rect().bottomLeft()).y()
    assert panel._tools.geometry().top() > top


@pytest.mark.parametrize("name", NAMES)
def test_panels_follow_a_change_of_theme(qtbot, model, shown, name):
    panel = shown(name)
    filled(model)
    app = QApplication.instance()
    theme.apply(app, "light")
    light = panel.picture()
    theme.apply(app, "dark")
    dark = panel.picture()
    theme.apply(app, "light")
    assert light != dark


@pytest.mark.parametrize("name", PLOTS)
def test_the_ground_of_a_plot_on_the_screen_changes_with_the_theme(qtbot, model, shown, name):
    app = QApplication.instance()
    theme.apply(app, "light")
    panel = shown(name)
    filled(model)
    corner = panel.plot.viewport().mapTo(panel, QPoint(3, 3))
    try:
        for choice in ("light", "dark", "light"):
            theme.apply(app, choice)
            qtbot.wait(30)
            assert panel.grab().toImage().pixelColor(corner).name() == theme.tokens().surface.lower()
    finally:
        theme.apply(app, "light")


@pytest.mark.parametrize("name", NAMES)
def test_a_network_that_changes_under_a_panel_does_not_break_it(model, shown, name):
    from nnstudio import edits

    panel = shown(name)
    filled(model)
    model.store.apply(lambda d: edits.remove(d, ["dense_1"]), "Delete Dense 1")
    model.look(3)
    model.set_data("iris")
    model.look(4)
    model.set_data("sine")
    model.look(5)
    assert not panel.picture().isNull()

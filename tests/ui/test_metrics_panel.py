"""The metrics panel: the table, and the confusion matrix and ROC curve beside it, below it or in its place."""

import dataclasses
import math

import numpy as np
import pytest
from fake_training import FakeTraining
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication

from engine.declared import replace
from engine.snapshot import Metrics, Probes
from ui import theme
from ui.panels import PANELS

FIGURES = {
    "cost": 0.0417,
    "accuracy": 0.984,
    "balanced_accuracy": 0.98,
    "precision": 0.9722,
    "recall": 1.0,
    "f1": 0.986,
    "roc_auc": 0.997,
}
MATRIX = np.array([[90, 2], [3, 105]])
CURVE = (np.array([0.0, 0.0, 0.5, 1.0]), np.array([0.0, 0.8, 1.0, 1.0]))
DOCK, TALL, WIDE = (300, 250), (300, 480), (760, 300)


@pytest.fixture
def model(qtbot):
    made = FakeTraining()
    yield made
    made.deleteLater()


@pytest.fixture
def shown(qtbot, model):
    def show(metrics, size=DOCK, model=model):
        panel = PANELS["metrics"](model)
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitUntil(lambda: panel.visibility.seen)
        tell(model, metrics)
        return panel

    return show


def tell(model, metrics):
    model.probes = Probes(metrics=metrics)
    model.refreshed.emit()


def binary(splits=("training", "validation"), roc=CURVE):
    return Metrics(dict.fromkeys(splits, FIGURES), MATRIX, "validation", roc)


def visible(panel):
    return {
        name
        for name, widget in (("table", panel._table), ("confusion", panel.confusion), ("roc", panel.roc))
        if widget.isVisible()
    }


def offered(panel):
    return [button.text() for button in panel.switch.values() if button.isVisible()]


# -- table ------------------------------------------------------------------------------------------------------------


def test_metrics_stand_in_a_table_by_split(model, shown):
    values = {"training": FIGURES, "validation": {**FIGURES, "accuracy": 1.0}, "test": {**FIGURES, "roc_auc": math.nan}}
    panel = shown(Metrics(values, MATRIX, "validation", CURVE), (400, 280))
    assert panel.table() == [
        ["", "training", "validation", "test"],
        ["cost", "0.0417", "0.0417", "0.0417"],
        ["accuracy", "98.4\u202f%", "100.0\u202f%", "98.4\u202f%"],
        ["balanced accuracy", "98.0\u202f%", "98.0\u202f%", "98.0\u202f%"],
        ["precision", "97.2\u202f%", "97.2\u202f%", "97.2\u202f%"],
        ["recall", "100.0\u202f%", "100.0\u202f%", "100.0\u202f%"],
        ["F1", "0.986", "0.986", "0.986"],
        ["ROC AUC", "0.997", "0.997", "–"],
    ]
    tell(model, Metrics({"training": {"cost": 0.0417}}))
    assert panel.table() == [["", "training"], ["cost", "0.0417"]]
    assert visible(panel) == {"table"}


def test_metrics_of_several_targets_say_what_they_are_taken_over(shown):
    model = FakeTraining("two numbers")
    scales = {"first": 1.0, "second": 100.0}
    made = tuple(replace(target, scale=scales[target.name]) for target in model.data.fitted.targets)
    model.data = dataclasses.replace(model.data, fitted=replace(model.data.fitted, targets=made))
    found = Metrics(
        {"training": {"cost": 0.5, "r2": 0.9, "mae": 0.25, "rmse": 0.5}}, errors={"training": ((0.2, 0.4), (0.3, 0.6))}
    )
    numbers = shown(found, model=model)
    assert numbers.table()[2:] == [
        ["R²", "0.900"],
        ["MAE, first", "0.200"],
        ["RMSE, first", "0.400"],
        ["MAE, second", "30.0"],
        ["RMSE, second", "60.0"],
    ]
    assert numbers._unit.text() == "cost and R² over first, second; MAE and RMSE in the unit of each"
    assert numbers._cells[3, 0].toolTip().startswith("first: ")
    answers = shown(binary(), WIDE, model=FakeTraining("two answers"))
    assert answers._unit.text() == "all answers to first, second counted together"
    assert answers._classes(binary()) == ("no", "yes")


def test_errors_of_a_regression_are_in_the_unit_of_the_target(shown):
    model = FakeTraining("sine")
    target = replace(model.data.fitted.targets[0], scale=1000.0)
    model.data = dataclasses.replace(
        model.data, fitted=replace(model.data.fitted, targets=(target,)), targets=("price",)
    )
    panel = shown(Metrics({"training": {"cost": 0.5, "r2": 0.9, "mae": 0.25, "rmse": 0.5}}), model=model)
    assert panel.table()[1:] == [["cost", "0.500"], ["R²", "0.900"], ["MAE", "250"], ["RMSE", "500"]]
    assert panel._unit.isVisible()
    assert panel._unit.text() == "MAE and RMSE in the unit of price"
    assert visible(panel) == {"table"}
    assert offered(panel) == []


def test_every_figure_says_what_it_is(shown):
    panel = shown(binary())
    words = {panel._cells[row, 0].text(): panel._cells[row, 0].toolTip() for row in range(1, 8)}
    assert "True mean" in words["cost"]
    assert all(words.values())


@pytest.mark.parametrize("width", [191, 231, 300, 420])
def test_the_table_of_three_splits_is_not_cut_off_in_a_narrow_dock(qtbot, shown, width):
    panel = shown(binary(("training", "validation", "test")), (width, 260))
    qtbot.waitUntil(lambda: panel._cells[7, 3].width() > 0)
    for (_, column), cell in panel._cells.items():
        assert cell.width() >= cell.sizeHint().width()
        assert cell.mapTo(panel, cell.rect().topRight()).x() < width, column


def test_a_narrow_panel_takes_shorter_words(model, shown):
    panel = shown(binary(), (191, 260))
    assert panel.table()[0] == ["", "train.", "valid."]
    assert panel._cells[0, 1].toolTip() == "Training"
    assert panel.table()[3][0] == "balanced"
    panel.resize(400, 280)
    assert panel.table()[0] == ["", "training", "validation"]
    assert panel.table()[3][0] == "balanced accuracy"


# -- which is shown ---------------------------------------------------------------------------------------------------


def test_with_little_room_table_confusion_matrix_and_curve_take_turns(qtbot, shown):
    panel = shown(binary())
    assert offered(panel) == ["Table", "Confusion", "ROC"]
    assert visible(panel) == {"table"}
    for view in ("confusion", "roc", "table"):
        qtbot.mouseClick(panel.switch[view], Qt.MouseButton.LeftButton)
        assert visible(panel) == {view}
        assert [name for name, button in panel.switch.items() if button.isChecked()] == [view]


@pytest.mark.parametrize("size", [TALL, WIDE])
def test_with_room_for_both_the_table_stays_and_the_pictures_take_turns(qtbot, shown, size):
    panel = shown(binary(), size)
    assert offered(panel) == ["Confusion", "ROC"]
    assert visible(panel) == {"table", "confusion"}
    qtbot.mouseClick(panel.switch["roc"], Qt.MouseButton.LeftButton)
    assert visible(panel) == {"table", "roc"}
    table, curve = panel._table.geometry(), panel._pictures.geometry()
    assert curve.left() > table.right() if size is WIDE else curve.top() > table.bottom()


def test_the_switch_is_worked_with_the_keyboard(qtbot, shown):
    panel = shown(binary())
    panel.activateWindow()
    panel.switch["table"].setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is panel.switch["table"])
    qtbot.keyClick(panel.switch["table"], Qt.Key.Key_Right)
    assert visible(panel) == {"confusion"}
    assert QApplication.focusWidget() is panel.switch["confusion"]
    qtbot.keyClick(panel.switch["confusion"], Qt.Key.Key_Right)
    assert visible(panel) == {"roc"}


def test_the_switch_has_accessible_names(shown):
    panel = shown(binary())
    assert [button.accessibleName() for button in panel.switch.values()] == [
        "Metrics: Figures of each split",
        "Metrics: Confusion matrix",
        "Metrics: ROC curve",
    ]


def test_the_choice_outlasts_other_data_other_figures_and_another_size(qtbot, model, shown):
    panel = shown(binary())
    qtbot.mouseClick(panel.switch["roc"], Qt.MouseButton.LeftButton)
    model.set_data("iris")
    tell(model, Metrics({"validation": FIGURES}, np.eye(3, dtype=int), "validation"))
    assert offered(panel) == ["Table", "Confusion"]
    assert visible(panel) == {"confusion"}
    model.set_data("spirals")
    tell(model, binary())
    assert visible(panel) == {"roc"}
    panel.resize(*TALL)
    assert visible(panel) == {"table", "roc"}


# -- confusion matrix -------------------------------------------------------------------------------------------------


def test_a_cell_of_the_confusion_matrix_is_told_in_words(shown):
    panel = shown(binary(), TALL)
    area = panel.confusion._area()
    assert panel.confusion.describe(area.right() - 3, area.top() + 3) == "2 of 92 first predicted as second"
    assert panel.confusion.describe(area.left() + 3, area.top() + 3) == "90 of 92 first predicted right"
    assert panel.confusion.describe(-1, -1) == ""
    assert panel._caption.text() == "validation: true class down, predicted class across"


# -- ROC curve --------------------------------------------------------------------------------------------------------


@pytest.fixture
def curve(shown):
    panel = shown(binary(), TALL)
    panel.show_view("roc")
    return panel


def test_the_curve_stands_over_the_diagonal_with_its_area(curve):
    x, y = curve.roc._curve.getOriginalDataset()
    np.testing.assert_array_equal(x, CURVE[0])
    np.testing.assert_array_equal(y, CURVE[1])
    assert curve.roc._area.toPlainText() == "AUC 0.997"
    assert curve.roc.accessibleDescription() == "AUC 0.997"
    assert "validation" in curve._caption.text()
    assert "second" in curve._caption.text()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((0.02, 0.4), "false positives 0.0\u202f%\ntrue positives 40.0\u202f%"),
        ((0.25, 0.9), "false positives 25.0\u202f%\ntrue positives 90.0\u202f%"),
        ((0.9, 0.95), "false positives 90.0\u202f%\ntrue positives 100.0\u202f%"),
    ],
)
def test_the_curve_nearest_to_the_pointer_is_told_in_words(curve, place, words):
    assert curve.roc.readout(*place) == words


def test_the_point_that_is_told_is_marked_while_the_pointer_is_there(qtbot, curve):
    def marked():
        x, y = curve.roc._mark.getOriginalDataset()
        return [] if x is None else list(zip(x, y, strict=True))

    box = curve.roc.item.getViewBox()
    curve.roc.scene().sigMouseMoved.emit(box.mapViewToScene(QPointF(0.25, 0.9)))
    assert marked() == [pytest.approx((0.25, 0.9), abs=0.01)]
    QApplication.sendEvent(curve.roc, QEvent(QEvent.Type.Leave))
    assert marked() == []


def test_a_split_of_one_class_has_no_curve_and_says_so(model, curve):
    values = {"validation": {**FIGURES, "roc_auc": math.nan}}
    tell(model, Metrics(values, np.array([[90, 2], [0, 0]]), "validation", None))
    assert visible(curve) == {"table", "roc"}
    assert curve._caption.text() == "validation has examples of one class only: there is no ROC curve"
    assert curve.roc._area.toPlainText() == ""
    assert curve.roc.readout(0.5, 0.5) == ""
    assert not curve.picture().isNull()


def test_double_click_shows_the_whole_square_again(qtbot, curve):
    box = curve.roc.item.getViewBox()
    whole = box.viewRange()
    box.setRange(xRange=(0.2, 0.3), yRange=(0.2, 0.3), padding=0)
    box.sigRangeChangedManually.emit([True, True])
    qtbot.mouseDClick(curve.roc.viewport(), Qt.MouseButton.LeftButton)
    assert box.viewRange() == whole


def test_axes_of_a_small_curve_have_short_labels(curve):
    assert curve.roc.axes["left"].labelText == "true positive rate"
    curve.resize(191, 200)
    assert curve.roc.axes["left"].labelText == "TPR"
    curve.resize(*WIDE)
    assert curve.roc.axes["left"].labelText == "true positive rate"


def test_the_curve_takes_the_colors_of_its_split_and_of_the_theme(model, curve):
    def color():
        return curve.roc._curve.opts["pen"].color().name()

    app = QApplication.instance()
    try:
        theme.apply(app, "dark")
        assert color() == theme.series_color(theme.VALIDATION_SERIES).name()
    finally:
        theme.apply(app, "light")
    assert color() == theme.series_color(theme.VALIDATION_SERIES).name()
    tell(model, Metrics({"training": FIGURES}, MATRIX, "training", CURVE))
    assert color() == theme.series_color(theme.TRAINING_SERIES).name()

"""The training bar: buttons trigger the window's actions, fields change the hyperparameters, figures follow."""

import pytest
from fake_training import FakeTraining
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QShortcut
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QMainWindow, QSpinBox

from engine.declared import replace
from engine.graph import Edge
from engine.layers import BatchNorm
from engine.optimizers import Sgd
from engine.snapshot import Status
from nnstudio import edits
from ui import theme
from ui.training_bar import TrainingBar

NAMES = ("train.toggle", "train.step", "train.epoch", "train.reset")


@pytest.fixture
def model(qtbot):
    made = FakeTraining()
    yield made
    made.deleteLater()


@pytest.fixture
def actions(model):
    return {name: QAction(name, model) for name in NAMES}


@pytest.fixture
def bar(qtbot, model, actions):
    theme.apply(QApplication.instance(), "light")  # widths depend on the type
    made = TrainingBar(model, actions)
    qtbot.addWidget(made)
    made.resize(1440, 56)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_button_triggers_its_action_and_follows_whether_it_can(qtbot, bar, actions, name):
    with qtbot.waitSignal(actions[name].triggered):
        qtbot.mouseClick(bar.buttons[name], Qt.MouseButton.LeftButton)
    actions[name].setEnabled(False)
    assert not bar.buttons[name].isEnabled()


def test_train_becomes_pause_while_training(bar, model):
    button = bar.buttons["train.toggle"]
    assert (button.text(), button.accessibleName()) == ("Train", "Train the network")
    width = button.width()
    model.set_status(state="training")
    assert (button.text(), button.accessibleName()) == ("Pause", "Pause training")
    assert button.width() == width
    model.set_status(state="paused")
    assert button.text() == "Train"


def test_the_learning_rate_is_changed_inside_the_optimizer(qtbot, bar, model):
    line = bar.controls["learning_rate"].findChild(QLineEdit)
    line.selectAll()
    qtbot.keyClicks(line, "3e-2")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert model.store.document.training.optimizer.learning_rate == 0.03
    assert model.settings[-1][1:] == ("Change learning rate α", "training.optimizer.learning_rate")


def test_another_optimizer_brings_its_own_learning_rate(bar, model):
    combo = bar.controls["optimizer"].findChild(QComboBox)
    combo.setCurrentIndex(combo.findText("SGD"))
    assert model.store.document.training.optimizer == Sgd()
    assert bar.controls["learning_rate"].value() == Sgd().learning_rate


def test_the_optimizers_other_fields_open_no_window_of_their_own(bar):
    before = set(QApplication.topLevelWidgets())
    combo = bar.controls["optimizer"].findChild(QComboBox)
    combo.setCurrentIndex(combo.findText("SGD"))
    assert {widget for widget in QApplication.topLevelWidgets() if widget.isVisible()} <= before
    assert not bar.controls["optimizer"].below.isVisible()


def test_batch_and_epochs_are_changed_and_follow_undo(bar, model):
    bar.controls["batch_size"].findChild(QSpinBox).setValue(64)
    bar.controls["epochs"].findChild(QSpinBox).setValue(500)
    training = model.store.document.training
    assert (training.batch_size, training.epochs) == (64, 500)
    model.store.undo_stack.undo()
    model.store.undo_stack.undo()
    assert bar.controls["batch_size"].value() == 32
    assert bar.controls["epochs"].value() == 2000


def test_a_rate_that_cannot_be_is_refused_in_words(qtbot, bar, model):
    line = bar.controls["learning_rate"].findChild(QLineEdit)
    line.selectAll()
    qtbot.keyClicks(line, "-1")
    with qtbot.waitSignal(model.message) as heard:
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert "0.01 is kept" in heard.args[0]
    assert line.property("invalid") is True
    assert model.store.document.training.optimizer.learning_rate == 0.01


def test_figures_show_what_is_measured(qtbot, bar, model):
    model.set_status(
        state="training",
        epoch=3,
        running_cost=0.04172,
        training_cost=0.5,
        validation_cost=0.0533,
        running_score=0.99,
        validation_score=0.984,
        steps_per_second=124_812.0,
    )
    qtbot.waitUntil(lambda: bar.figures["training_cost"].value() == "0.0417")
    assert bar.figures["validation_cost"].value() == "0.0533"
    assert bar.figures["score"].value() == "98.4\u202f%"
    assert bar.figures["score"].words() == "accuracy, validation"
    assert bar.figures["training_cost"].words() == "running cost, training"
    assert bar.figures["steps_per_second"].value() == "125\u202f000"
    assert bar.figures["score"].accessibleName() == "accuracy, validation 98.4\u202f%"


def test_the_last_figures_are_shown_however_fast_they_come(qtbot, bar, model):
    for cost in (0.5, 0.4, 0.3):
        model.set_status(state="training", running_cost=cost)
    qtbot.waitUntil(lambda: bar.figures["training_cost"].value() == "0.300")


def test_at_rest_the_true_cost_takes_the_place_of_the_running_one_once_it_is_known(qtbot, bar, model):
    model.set_status(state="paused", step=3, running_cost=0.4, training_cost=0.9)
    qtbot.waitUntil(lambda: bar.figures["training_cost"].value() == "0.400")
    assert bar.figures["training_cost"].words() == "running cost, training"
    model.set_status(measured=True, training_cost=0.3)
    qtbot.waitUntil(lambda: bar.figures["training_cost"].value() == "0.300")
    assert bar.figures["training_cost"].words() == "cost, training"
    model.set_status(state="training")
    qtbot.waitUntil(lambda: bar.figures["training_cost"].words() == "running cost, training")
    assert bar.figures["training_cost"].value() == "0.400"


def test_the_rate_that_is_used_is_told_where_it_is_another_than_the_one_set(qtbot, bar, model):
    label = bar.labels["learning_rate"]
    model.set_status(state="training", learning_rate=0.01)
    assert label.text() == "Learning rate α"
    model.set_status(learning_rate=0.0025)
    qtbot.waitUntil(lambda: label.text() == "α now 0.00250")
    assert "schedule" in label.toolTip()
    model.set_status(learning_rate=0.01)
    qtbot.waitUntil(lambda: label.text() == "Learning rate α")


def test_what_keeps_training_from_starting_is_told_at_train_and_goes_when_mended(bar, model):
    training, train = model.store.document.training, bar.buttons["train.toggle"]
    model.store.apply(
        lambda d: edits.insert_on_edge(
            d, edits.new_node(d.graph, BatchNorm()), (0.0, 0.0), Edge(source="dense_1", target="dense_2")
        ),
        "Normalize",
    )
    model.set_training(replace(training, batch_size=1), "Batch")
    assert "needs batches of at least 2 rows" in model.problem
    assert model.problem in train.toolTip()
    assert train.accessibleDescription() == model.problem
    model.set_training(training, "Batch")
    assert "rows" not in train.toolTip()


def test_without_validation_the_training_score_is_shown_as_such(qtbot, bar, model):
    model.set_status(state="training", running_score=0.9)
    qtbot.waitUntil(lambda: bar.figures["score"].words() == "running accuracy, training")
    assert bar.figures["validation_cost"].value() == "–"


def test_the_step_button_tells_where_training_stands(qtbot, bar, model):
    model.set_status(state="paused", step=3)
    qtbot.waitUntil(lambda: "3 steps so far: epoch 0, step 3 of 25" in bar.buttons["train.step"].toolTip())


@pytest.fixture
def window(qtbot, bar):
    made = QMainWindow()
    made.setCentralWidget(bar)
    space = QShortcut(Qt.Key.Key_Space, made)
    made.spaces = []
    space.activated.connect(lambda: made.spaces.append(1))
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def press(qtbot, window, key):
    qtbot.keyClick(QApplication.focusWidget() or window, key)


@pytest.mark.parametrize(
    ("name", "kind", "typed"),
    [("learning_rate", QLineEdit, "0.02"), ("epochs", QSpinBox, "77"), ("epochs", QSpinBox, "2000")],
)
@pytest.mark.parametrize("enter", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_space_trains_after_a_number_was_typed(qtbot, bar, window, name, kind, typed, enter):
    field = bar.controls[name].findChild(kind)
    window.values = []
    window.findChild(QShortcut).activated.connect(lambda: window.values.append(float(bar.controls[name].value())))
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, typed)
    press(qtbot, window, enter)
    assert not field.hasFocus()
    if enter == Qt.Key.Key_Return:
        press(qtbot, window, Qt.Key.Key_Space)
    assert window.spaces == [1]
    assert window.values == [float(typed)]  # in force when training starts


def test_a_refused_number_keeps_the_keyboard(qtbot, bar, window):
    for name, kind in (("learning_rate", QLineEdit), ("epochs", QSpinBox)):
        field = bar.controls[name].findChild(kind)
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, "-5")
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert field.hasFocus()


def test_a_click_on_a_button_leaves_space_to_training_and_takes_what_was_typed(qtbot, bar, window, actions, model):
    line = bar.controls["learning_rate"].findChild(QLineEdit)
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "0.25")
    rates = []
    actions["train.step"].triggered.connect(lambda: rates.append(model.store.document.training.optimizer.learning_rate))
    qtbot.mouseClick(bar.buttons["train.step"], Qt.MouseButton.LeftButton)
    assert rates == [0.25]
    assert not bar.buttons["train.step"].hasFocus()
    press(qtbot, window, Qt.Key.Key_Space)
    assert window.spaces == [1]
    assert bar.buttons["train.step"].focusPolicy() == Qt.FocusPolicy.TabFocus


def test_a_regression_is_judged_by_r2(qtbot, bar, model):
    model.set_data("sine")
    model.set_status(state="paused", validation_score=0.93)
    qtbot.waitUntil(lambda: bar.figures["score"].value() == "0.930")
    assert bar.figures["score"].words() == "R², validation"


@pytest.mark.parametrize("width", [1440, 1280, 1024, 960])
def test_nothing_is_cut_off_at_any_width(qtbot, bar, width):
    bar.resize(width, 56)
    QApplication.processEvents()
    for widget in [*bar.buttons.values(), *bar.controls.values(), *bar.figures.values()]:
        if widget.isVisible():
            left = widget.mapTo(bar, widget.rect().topLeft()).x()
            assert left >= 0
            assert left + widget.width() <= width
    for widget in [*bar.buttons.values(), *bar.figures.values()]:
        assert not widget.isVisible() or widget.width() >= widget.minimumSizeHint().width()


def test_all_figures_fit_at_1280_and_the_least_important_goes_first(qtbot, bar):
    bar.resize(1280, 56)
    assert all(figure.isVisible() for figure in bar.figures.values())
    bar.resize(1000, 56)
    shown = [name for name, figure in bar.figures.items() if figure.isVisible()]
    assert shown == list(bar.figures)[: len(shown)]
    assert "steps_per_second" not in shown
    assert bar.minimumSizeHint().width() <= 960


def test_unknown_figures_are_dashes(bar):
    assert Status().training_cost != Status().training_cost  # nan
    assert all(figure.value() == "–" for figure in bar.figures.values())

"""The panel Ledger: quantities, heat map, grid, the making of an entry, and what is read of large matrices."""

from __future__ import annotations

import types

import numpy as np
import pytest
from fake_training import FakeTraining
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication

from engine import Dense, Input, Network, Output, chain
from engine.dataset import Dataset
from engine.probes import probe
from engine.snapshot import Probes
from nnstudio import edits
from ui import theme
from ui.panels.ledger import EXAMPLES, LedgerPanel
from ui.panels.ledger_grid import WAITING

# The typesetter opens its own font in a way that Python 3.11 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")


class Training(FakeTraining):
    """A fake model with a real network, looked at for real."""

    chosen_changed = Signal()

    def __init__(self, sample: str | None = "spirals") -> None:
        super().__init__(sample)
        self.chosen = 0

    def choose(self, row: int) -> None:
        if row != self.chosen:
            self.chosen = row
            self.chosen_changed.emit()

    def really_look(self) -> Network:
        network = Network(self.store.document.graph, precision="float64")
        rows = self.data.training
        data = Dataset(self.data.X[rows], self.data.Y[rows], np.float64)
        self.probes = probe(network, data.rows(np.arange(8)), self.requests["ledger"], 0, data)
        self.refreshed.emit()
        return network


@pytest.fixture
def model(qtbot):
    made = Training()
    yield made
    made.deleteLater()


@pytest.fixture
def shown(qtbot):
    def show(model, look=True, size=(460, 700)):
        panel = LedgerPanel(model)
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitUntil(lambda: "ledger" in model.requests)
        if look:
            model.really_look()
        return panel

    return show


def large(model):
    """Give the model a network of 784-512-512-10 and data that fit it."""
    rng = np.random.default_rng(0)
    features, classes = tuple(f"pixel {k}" for k in range(784)), tuple("0123456789")
    model.data = types.SimpleNamespace(
        X=rng.normal(size=(40, 784)).astype(np.float32),
        Y=np.eye(10, dtype=np.float32)[rng.integers(0, 10, 40)],
        features=features,
        classes=classes,
        target="digit",
        task="multiclass",
        training=np.arange(40),
        validation=np.arange(0),
        test=np.arange(0),
    )
    layers = [Input(features=784), Dense(units=512), Dense(units=512), Output(units=10)]
    graph = chain(layers)
    document = model.store.document
    model.store.replace_all(type(document)(graph=graph, data=document.data, training=document.training))
    model._document_changed(document, model.store.document)


def test_before_there_are_numbers_it_says_what_will_be_here(model, shown):
    assert shown(model, look=False).empty


def test_without_data_it_is_empty(shown):
    assert shown(Training(None), look=False).empty


def test_it_asks_for_the_chosen_example_and_the_next_seven(model, shown):
    shown(model)
    assert model.requests["ledger"].ledgers[0].rows == tuple(range(EXAMPLES))
    last = len(model.data.training) - 1
    model.choose(last)
    assert model.requests["ledger"].ledgers[0].rows == (last, *range(EXAMPLES - 1))


def test_numbers_of_other_examples_are_not_shown(model, shown):
    panel = shown(model)
    model.choose(5)
    assert panel.empty
    model.really_look()
    assert not panel.empty
    assert panel.span.text() == f"8 of {len(model.data.training)} examples: no. 6 and the next"


def test_every_quantity_is_listed_with_its_shape(model, shown):
    panel = shown(model)
    rows = panel.list.model()
    texts = [rows.index(row).data() for row in range(rows.rowCount())]
    assert texts[1:3] == ["X (2, 8)", "Y (1, 8)"]
    assert {"W[1] (16, 2)", "db[2] (16, 1)", "dA[3] (1, 8)"} <= set(texts)
    note = rows.index(2).data(Qt.ItemDataRole.ToolTipRole)
    assert f"0 is {model.data.classes[0]}, 1 is {model.data.classes[1]}" in note


def test_the_grid_shows_the_data_with_feature_names_and_example_numbers(model, shown):
    panel = shown(model)
    model.choose(3)
    model.really_look()
    table = panel.grid.model()
    down, across = Qt.Orientation.Vertical, Qt.Orientation.Horizontal
    assert [table.headerData(row, down) for row in range(2)] == list(model.data.features)
    assert [table.headerData(column, across) for column in range(2)] == ["▾ 4", "5"]
    first = model.data.X[model.data.training[3]]
    assert float(table.index(1, 0).data().replace("−", "-")) == pytest.approx(first[1], rel=1e-3)


def test_an_entry_chosen_by_keyboard_tells_its_terms_and_the_engines_value(qtbot, model, shown):
    panel = shown(model)
    network = model.really_look()
    panel.show_quantity("Z[1]")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right):
        qtbot.keyClick(panel.heat_map, key)
    assert panel.making.equation.text == "z[1]⁽²⁾₃ = W[1]₃ · x⁽²⁾ + b[1]₃"
    theta = network.parameters["dense_1.Theta"][2]
    x = model.data.X[model.data.training[1]]
    said = float(panel.making.value.text().removeprefix("= ").replace("−", "-"))
    assert said == pytest.approx(theta[1:] @ x + theta[0], rel=1e-5)
    assert panel.making.terms.text().count("·") == 2


def test_an_entry_chosen_by_a_click_is_the_one_under_the_pointer(qtbot, model, shown):
    panel = shown(model)
    panel.show_quantity("A[2]")
    center = panel.heat_map._cell((7, 4)).center().toPoint()
    qtbot.mouseClick(panel.heat_map, Qt.MouseButton.LeftButton, pos=center)
    assert panel.heat_map.entry == (7, 4)
    assert panel.making.equation.text.startswith("a[2]⁽⁵⁾₈ = ")
    assert "row 8, example 5" in panel.heat_map.describe(center.x(), center.y())


def test_an_entry_chosen_in_the_grid_is_chosen_in_the_picture_too(model, shown):
    panel = shown(model)
    panel.show_quantity("W[2]")
    panel.show_view("numbers")
    panel.grid.setCurrentIndex(panel.grid.model().index(3, 9))
    assert panel.heat_map.entry == (3, 9)
    assert panel.making.equation.text == "w[2]₄,₁₀"


def test_the_chosen_entry_stays_where_the_next_quantity_has_it(model, shown):
    panel = shown(model)
    panel.show_quantity("Z[1]")
    panel.show_entry(9, 6)
    panel.show_quantity("b[1]")
    assert panel.heat_map.entry == (9, 0)


def test_arrow_keys_stay_inside_the_matrix(qtbot, model, shown):
    panel = shown(model)
    qtbot.keyClick(panel.heat_map, Qt.Key.Key_Up)
    qtbot.keyClick(panel.heat_map, Qt.Key.Key_Left)
    assert panel.heat_map.entry == (0, 0)
    qtbot.keyClick(panel.heat_map, Qt.Key.Key_End)
    qtbot.keyClick(panel.heat_map, Qt.Key.Key_Right)
    assert panel.heat_map.entry == (0, 7)


def test_numbers_are_copied_as_a_table_and_as_latex(model, shown):
    panel = shown(model)
    network = model.really_look()
    panel.show_quantity("W[2]")
    panel.copy_numbers()
    lines = QGuiApplication.clipboard().text().split("\n")
    copied = np.array([[float(value) for value in line.split("\t")] for line in lines])
    np.testing.assert_array_equal(copied, network.parameters["dense_2.Theta"][:, 1:])
    panel.copy_latex()
    latex = QGuiApplication.clipboard().text()
    assert latex.startswith("\\begin{bmatrix}\n")
    assert latex.count(r"\\") == 10
    assert latex.count(r"\cdots") == 10
    assert latex.count(r"\vdots") == 10


def test_a_network_that_changed_is_not_shown_with_the_numbers_of_the_old_one(model, shown):
    panel = shown(model)
    node = model.store.document.graph.nodes[1].id
    model.store.apply(lambda document: edits.remove(document, [node]), "remove")
    assert panel.empty


def test_a_large_matrix_is_a_picture_and_its_exact_entries_are_read_when_chosen(qtbot, shown):
    model = Training()
    large(model)
    panel = shown(model)
    panel.show_quantity("W[1]")
    panel.show_entry(300, 500)
    assert panel.making.terms.text() == "The numbers are being read."
    qtbot.waitUntil(lambda: bool(model.requests["ledger"].ledgers[0].windows))
    network = model.really_look()
    said = float(panel.making.value.text().removeprefix("= ").replace("−", "-"))
    assert said == pytest.approx(network.parameters["dense_1.Theta"][300, 501], rel=1e-5)
    panel.show_quantity("Z[1]")
    panel.show_entry(300, 2)
    qtbot.waitUntil(lambda: any(window.symbol == "X" for window in model.requests["ledger"].ledgers[0].windows))
    model.really_look()
    assert "777 more" in panel.making.terms.text()


def test_the_grid_of_a_large_matrix_reads_the_block_in_view(qtbot, shown):
    model = Training()
    large(model)
    panel = shown(model)
    panel.show_quantity("W[2]")
    panel.show_view("numbers")
    cell = panel.grid.model().index(400, 300)
    assert cell.data() == WAITING
    panel.grid.scrollTo(cell)
    qtbot.waitUntil(lambda: any(window.top == 384 for window in model.requests["ledger"].ledgers[0].windows))
    network = model.really_look()
    shown_value = float(cell.data().replace("−", "-"))
    assert shown_value == pytest.approx(network.parameters["dense_2.Theta"][400, 301], rel=1e-3)


@pytest.mark.parametrize("choice", ["light", "dark"])
@pytest.mark.parametrize("size", [(190, 200), (460, 700), (1000, 700)])
def test_it_draws_at_every_size_in_both_themes(qtbot, qapp, model, shown, choice, size):
    theme.apply(qapp, choice)
    panel = shown(model, size=size)
    for symbol in ("X", "b[1]", "dW[2]", "A[3]"):
        panel.show_quantity(symbol)
        assert not panel.grab().toImage().isNull()
    assert panel.list.accessibleName()
    assert panel.heat_map.accessibleName() == "Heat map of A[3]"
    theme.apply(qapp, "light")


def test_news_keep_the_chosen_quantity_and_entry(model, shown):
    panel = shown(model)
    panel.show_quantity("dZ[2]")
    panel.show_entry(4, 3)
    model.probes = Probes()
    model.really_look()
    assert panel.list.symbol == "dZ[2]"
    assert panel.heat_map.entry == (4, 3)


def test_a_parameter_can_be_set_by_hand_and_nothing_else_can(qtbot, model, shown):
    panel = shown(model)
    panel.show_quantity("Z[1]")
    assert not panel.making.field.isVisible()
    panel.show_quantity("W[1]")
    panel.show_entry(1, 0)
    line = panel.making.field.line
    panel.show_view("numbers")
    panel.grid.activated.emit(panel.grid.currentIndex())
    assert line.hasFocus() or not panel.isActiveWindow()
    line.selectAll()
    qtbot.keyClicks(line, "0,25")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert model.calls == ["W[1] 1 0 0.25"]


def test_what_is_no_number_is_said_and_the_present_value_comes_back_with_escape(qtbot, model, shown):
    panel = shown(model)
    panel.show_quantity("b[1]")
    field = panel.making.field
    before = field.line.text()
    field.line.selectAll()
    qtbot.keyClicks(field.line, "one")
    qtbot.keyClick(field.line, Qt.Key.Key_Return)
    assert "'one' is not a number" in field.words.text()
    assert model.calls == []
    qtbot.keyClick(field.line, Qt.Key.Key_Escape)
    assert field.line.text() == before


def test_news_do_not_overwrite_what_is_being_typed(qtbot, model, shown):
    panel = shown(model)
    panel.show_quantity("W[1]")
    line = panel.making.field.line
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    line.selectAll()
    qtbot.keyClicks(line, "7")
    model.really_look()
    assert line.text() == "7"

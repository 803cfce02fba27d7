"""The panel Gradient descent shows the engine's own costs, path and next step, and asks for what is chosen."""

from __future__ import annotations

from dataclasses import replace as with_fields

import numpy as np
import pytest
from fake_training import FakeTraining
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QBoxLayout

from engine import Dense, Network, Trainer
from engine.dataset import Dataset
from engine.declared import replace
from engine.layers import Input, Output
from engine.optimizers import Adam, Sgd
from engine.plane import Axis
from engine.plane_look import PlaneLooker
from engine.snapshot import Probes
from nnstudio import edits
from ui import theme
from ui.panels.descent import WIDE, DescentPanel
from ui.panels.descent_map import isolines

# The typesetter opens its own font in a way that Python 3.11 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")

UNTIL_DONE = 60.0


class Training(FakeTraining):
    """A fake model with a real trainer, looked at for real."""

    def __init__(self, sample: str | None = "clouds", hidden: bool = False, optimizer=None, **fields) -> None:
        super().__init__(sample)
        if not hidden and sample:
            self.store.apply(without_hidden, "no hidden layers")
        training = self.store.document.training
        training = replace(training, optimizer=optimizer or Sgd(learning_rate=0.5), precision="float64", **fields)
        self.set_training(training, "settings")
        self.trainer: Trainer | None = None

    def make_trainer(self) -> Trainer:
        rows, document = self.data.training, self.store.document
        data = Dataset(self.data.X[rows], self.data.Y[rows], np.float64)
        self.trainer = Trainer(Network(document.graph, precision="float64"), data, document.training)
        self.looker = PlaneLooker(self.trainer)
        return self.trainer

    def really_look(self, resting: bool = True, seconds: float = UNTIL_DONE) -> None:
        if self.trainer is None:
            self.make_trainer()
        request = self.requests["descent"].plane
        self.looker.look(request, resting)
        if seconds:
            self.looker.work(seconds, resting)
        self.probes = Probes(step=self.trainer.step, plane=self.looker.look(request, resting))
        self.refreshed.emit()


def without_hidden(document):
    source, output = document.graph.of_kind(Input)[0].id, document.graph.of_kind(Output)[0].id
    document = edits.remove(document, [node.id for node in document.graph.nodes if node.id not in (source, output)])
    return document if document.graph.inputs_of(output) else edits.connect(document, source, output)


@pytest.fixture
def show(qtbot):
    made = []

    def show(model, width=460, height=700):
        made.append(model)
        panel = DescentPanel(model)
        qtbot.addWidget(panel)
        panel.resize(width, height)
        panel.show()
        qtbot.waitUntil(lambda: panel.visibility.seen)
        if model.data is not None:
            model.really_look()
        return panel

    yield show
    for model in made:
        model.deleteLater()


def settled(qtbot, panel):
    qtbot.waitUntil(lambda: all(lines.settled for lines in (panel.rule, *panel.lines)), timeout=10_000)


def entries(model) -> tuple[float, float]:
    theta = next(array for key, array in model.trainer.network.parameters.items() if key.endswith("Theta"))
    return theta[0, 1], theta[0, 2]


def test_the_first_two_weights_are_the_axes_to_begin_with(show):
    model = Training()
    panel = show(model)
    output = model.store.document.graph.of_kind(Output)[0].id
    expected = (Axis("parameter", f"{output}.Theta", 0, 1), Axis("parameter", f"{output}.Theta", 0, 2))
    assert panel.wanted().plane.axes == expected
    assert panel.plane.axes == expected
    assert not panel.empty
    assert [chooser.kind.currentText() for chooser in panel.choosers] == ["w", "w"]


def test_the_map_tells_the_cost_at_a_point(show):
    model = Training()
    panel = show(model)
    surface, (w1, w2) = panel.plane.surface, entries(model)
    size = len(surface.values)
    for row, column in ((0, 0), (10, 40), (size - 1, size - 1)):
        x = w1 + np.linspace(*surface.x, size)[column]
        y = w2 + np.linspace(*surface.y, size)[row]
        words = panel.map.describe(x, y)
        assert words.startswith("w₁ ")
        told = float(words.rpartition("J ")[2].replace("\N{MINUS SIGN}", "-"))
        assert told == pytest.approx(surface.values[row, column], rel=1e-3)
    assert panel.map.describe(w1 + 10 * surface.x[1], w2) == ""


def test_the_path_and_the_arrow_are_where_the_parameters_were_and_will_be(show):
    model = Training()
    panel = show(model)
    model.trainer.path.fine = True
    places = [entries(model)]
    for _ in range(4):
        model.trainer.advance(1)
        places.append(entries(model))
    model.really_look()
    np.testing.assert_allclose(panel.map.trail.path, places, rtol=1e-9)
    np.testing.assert_allclose(panel.map.trail.present, places[-1], rtol=1e-9)
    model.trainer.advance(1)
    np.testing.assert_allclose(panel.map.trail.arrow, entries(model), rtol=1e-6)


def test_the_update_is_written_with_the_numbers_of_the_step_that_then_comes(qtbot, show):
    model = Training()
    panel = show(model)
    settled(qtbot, panel)
    first, second = (lines.shown for lines in panel.lines)
    assert first[0].startswith("w₁ := w₁ − α dw₁ = ")
    assert second[0].startswith("w₂ := w₂ − α dw₂ = ")
    model.trainer.advance(1)
    for (line,), value in zip((first, second), entries(model), strict=True):
        assert float(line.rpartition("= ")[2].replace("\N{MINUS SIGN}", "-")) == pytest.approx(value, rel=1e-3)
    assert "α = 0.5" in panel.step_words.text()


def test_another_optimizer_shows_its_own_rule_and_where_plain_descent_would_go(qtbot, show):
    panel = show(Training(optimizer=Adam(learning_rate=0.02)))
    settled(qtbot, panel)
    assert any("m̂" in text for text in panel.rule.shown)
    assert panel.lines[0].shown[-1].startswith("w₁ := ")
    assert "Adam" in panel.step_words.text()
    assert "plain gradient descent would go to w₁ = " in panel.plain.text()


def test_the_slider_asks_for_another_learning_rate_and_the_cost_after_a_step_with_it_is_said(show):
    model = Training()
    panel = show(model)
    assert panel.wanted().plane.alpha is None
    panel.curve.slider.setValue(panel.curve.slider.value() + 20)
    assert panel.wanted().plane.alpha == pytest.approx(5.0)
    assert panel.curve.edit.number() == pytest.approx(5.0)
    model.really_look()
    alpha, cost = panel.plane.tried
    assert panel.tried_words.text().startswith("With α = 5: J = ")
    trainer = model.make_trainer()
    trainer.change_settings(replace(trainer.settings, optimizer=Sgd(learning_rate=alpha)))
    trainer.advance(1)
    assert cost == pytest.approx(trainer.network.cost(trainer.data.X, trainer.data.targets), rel=1e-9)


def test_a_typed_learning_rate_is_asked_for_and_a_wrong_one_is_refused_in_words(qtbot, show):
    panel = show(Training())
    edit = panel.curve.edit
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClicks(edit, "0.2")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert panel.wanted().plane.alpha == 0.2
    edit.selectAll()
    qtbot.keyClicks(edit, "-3")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert panel.wanted().plane.alpha == 0.2
    assert panel.curve.problem.text().startswith("The learning rate")


def test_the_curve_is_the_cost_after_a_step_and_its_lowest_point_is_marked(show):
    panel = show(Training())
    plane = panel.plane
    x, y = panel.curve.line.getData()
    np.testing.assert_allclose(x, np.log10(plane.alphas))
    np.testing.assert_allclose(y, plane.costs)
    (best_x,), (best_y,) = panel.curve.marks[0].getData()
    assert best_y == plane.costs.min()
    assert best_x == np.log10(plane.alphas[plane.costs.argmin()])


def test_choosing_rows_columns_and_directions_asks_for_that_plane(show):
    model = Training(hidden=True)
    panel = show(model)
    across, up = panel.choosers
    across.row.setValue(3)
    assert panel.wanted().plane.axes[0] == Axis("parameter", "dense_1.Theta", 2, 1)
    up.kind.setCurrentText("b[2]")
    assert panel.wanted().plane.axes[1] == Axis("parameter", "dense_2.Theta", 0, 0)
    assert up.column.isHidden()
    up.kind.setCurrentText("Random direction, plain")
    up.seed.setValue(9)
    assert panel.wanted().plane.axes[1] == Axis("plain", number=9)
    model.really_look()
    assert "random direction 9, plain" in panel.map.plot.axes["left"].labelText
    assert not panel.lines[0].isHidden()
    assert panel.lines[1].isHidden()
    for title, axis in (
        ("Random direction, filter-normalized", Axis("filter", number=9)),
        ("First direction of the path", Axis("path", number=0)),
        ("Direction of the next step", Axis("step")),
    ):
        up.kind.setCurrentText(title)
        assert panel.wanted().plane.axes[1] == axis


def test_one_entry_on_both_axes_changes_places_with_the_other(show):
    panel = show(Training())
    first, second = panel.wanted().plane.axes
    panel.choosers[0].column.setValue(2)
    assert panel.wanted().plane.axes == (second, first)


def test_a_plane_that_was_asked_for_before_is_not_shown_as_this_one(show):
    model = Training()
    panel = show(model)
    panel.choosers[0].kind.setCurrentText("b")
    assert panel.plane is None
    assert panel.empty
    model.really_look()
    assert not panel.empty


def test_zooming_asks_for_a_wider_or_a_smaller_part(qtbot, show):
    model = Training()
    panel = show(model)
    wide = np.ptp(panel.plane.surface.x)
    qtbot.mouseClick(panel.zooms[1], Qt.MouseButton.LeftButton)
    assert panel.wanted().plane.zoom == -1
    model.really_look()
    assert np.ptp(panel.plane.surface.x) < wide
    for _ in range(2):
        qtbot.mouseClick(panel.zooms[0], Qt.MouseButton.LeftButton)
    assert panel.wanted().plane.zoom == 1


def test_other_layers_bring_other_parameters_and_keep_what_still_is_there(show):
    model = Training(hidden=True)
    panel = show(model)
    panel.choosers[0].kind.setCurrentText("Random direction, filter-normalized")
    kept = panel.wanted().plane.axes
    model.store.apply(lambda d: edits.remove(d, ["dense_2"]), "Delete")
    output = model.store.document.graph.of_kind(Output)[0].id
    if not model.store.document.graph.inputs_of(output):
        model.store.apply(lambda d: edits.connect(d, "dense_1", output), "Connect")
    assert panel.wanted().plane.axes == kept
    model.store.apply(without_hidden, "Delete all")
    assert all(axis.key != "dense_1.Theta" for axis in panel.wanted().plane.axes)


def test_a_frozen_layer_offers_nothing_and_one_weight_alone_has_its_bias_beside_it(show):
    model = Training(hidden=True)
    layer = Dense(units=16, frozen=True)
    model.store.apply(lambda d: edits.set_layer(d, "dense_1", layer), "Freeze")
    panel = show(model)
    offered = [panel.choosers[0].kind.itemText(at) for at in range(4)]
    assert "W[1]" not in offered
    assert "W[2]" in offered


@pytest.mark.parametrize("sample", ["sine", "iris", "spirals", "wine"])
def test_samples_of_every_kind_have_a_landscape(qtbot, show, sample):
    model = Training(sample, hidden=sample != "sine", optimizer=Adam(learning_rate=0.01))
    panel = show(model)
    settled(qtbot, panel)
    assert not panel.empty
    assert panel.plane.surface is not None
    assert all(lines.shown for lines in panel.lines)


def test_without_data_there_is_nothing_to_ask_for(show):
    panel = show(Training(None))
    assert panel.wanted() is None
    assert panel.empty


def test_while_training_the_present_point_moves_and_words_say_that_the_map_is_older(show):
    model = Training()
    panel = show(model)
    model.trainer.advance(1)
    model.really_look(resting=False, seconds=0)
    assert "Training has come to step 1" in panel.told.text()
    np.testing.assert_allclose(panel.map.trail.present, entries(model), rtol=1e-9)


def test_a_surface_that_has_left_the_finite_numbers_is_drawn_and_said(show):
    model = Training()
    panel = show(model)
    surface = panel.plane.surface
    values = surface.values.copy()
    values[:5] = np.inf
    values[5, :3] = np.nan
    step = with_fields(panel.plane.next_step, finite=False)
    broken = with_fields(panel.plane, surface=with_fields(surface, values=values), after=np.inf, next_step=step)
    model.probes = with_fields(model.probes, plane=broken)
    model.refreshed.emit()
    assert "Gray: J is not a finite number." in panel.told.text()
    assert "training would stop" in panel.step_words.text()
    assert panel.map.trail.arrow is None
    assert not panel.picture().isNull()


def test_contour_lines_lie_where_the_grid_has_their_value():
    across, up = np.meshgrid(np.arange(9.0), np.arange(9.0))
    path = isolines(across + 10 * up, 45.0)
    points = [QPointF(path.elementAt(i).x, path.elementAt(i).y) for i in range(path.elementCount())]
    assert points
    for point in points:
        assert point.x() + 10 * point.y() == pytest.approx(45.0, abs=1e-6)


def test_numbers_stand_beside_the_map_where_there_is_room(qtbot, show):
    panel = show(Training())
    assert panel._columns.direction() == QBoxLayout.Direction.TopToBottom
    panel.resize(WIDE + 100, 700)
    qtbot.waitUntil(lambda: panel._columns.direction() == QBoxLayout.Direction.LeftToRight)


@pytest.mark.parametrize("width", [300, 460, 900])
def test_the_map_is_square_and_nothing_is_cut_off_at_the_side(qtbot, show, width):
    panel = show(Training(optimizer=Adam()), width=width)
    settled(qtbot, panel)
    box = panel.map.plot.item.getViewBox()
    assert box.width() == pytest.approx(box.height(), rel=0.15)
    inside = panel.map.parentWidget()
    assert inside.width() <= panel.width()


def test_the_update_and_all_words_are_copied(qtbot, show):
    panel = show(Training())
    settled(qtbot, panel)
    panel.copy_latex()
    assert r"w_{1} \coloneqq w_{1} - \alpha\,dw_{1} = " in QGuiApplication.clipboard().text()
    panel.copy_all()
    text = QGuiApplication.clipboard().text()
    assert panel.told.text() in text
    assert "w₂ := w₂ − α dw₂" in text
    assert panel.tried_words.text() in text


def test_the_map_follows_the_theme(qtbot, show):
    from PySide6.QtWidgets import QApplication

    panel, app = show(Training()), QApplication.instance()
    theme.apply(app, "light")
    light = panel.map.grab().toImage()
    theme.apply(app, "dark")
    dark = panel.map.grab().toImage()
    theme.apply(app, "light")
    assert light != dark


def test_every_control_is_reached_by_keyboard_and_has_a_name(show):
    panel = show(Training(hidden=True))
    controls = [panel.curve.edit, panel.curve.slider, panel.map.plot, *panel.zooms]
    for chooser in panel.choosers:
        controls += [chooser.kind, chooser.row, chooser.column, chooser.seed]
    for control in controls:
        assert control.accessibleName()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


def wheel(widget, keys=Qt.KeyboardModifier.NoModifier) -> QWheelEvent:
    """Turn the wheel one notch over the middle of a widget; return the event, which is ignored where it is not used."""
    middle = QPointF(widget.rect().center())
    turned = QPoint(0, -120)
    event = QWheelEvent(
        middle, widget.mapToGlobal(middle), turned, turned, Qt.MouseButton.NoButton, keys,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event


def test_the_wheel_scrolls_past_plots_and_sliders_and_zooms_a_plot_with_control(show):
    model = Training()
    panel = show(model, height=400)
    model.really_look()
    plot, slider = panel.curve.plot, panel.curve.slider
    QApplication.processEvents()
    before, alpha = plot.item.getViewBox().viewRange(), slider.value()
    wheel(plot.viewport())
    wheel(slider)
    assert (plot.item.getViewBox().viewRange(), slider.value()) == (before, alpha)
    wheel(plot.viewport(), Qt.KeyboardModifier.ControlModifier)
    assert plot.item.getViewBox().viewRange() != before

"""The gallery of activation functions: the engine's own curves, numbers and parameters, and the network's own z."""

from __future__ import annotations

import numpy as np
import pytest
from fake_training import FakeTraining, made_up_histogram
from PySide6.QtCore import Qt

from engine import ACTIVATIONS
from engine.activations import LeakyRelu, Relu
from engine.layers import Dense, Output
from engine.snapshot import Probes
from nnstudio import edits
from ui import theme
from ui.panels.gallery import GalleryPanel

# The typesetter opens its own font in a way that Python 3.11 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")


@pytest.fixture
def model(qtbot):
    made = FakeTraining()
    yield made
    made.deleteLater()


@pytest.fixture
def panel(qtbot, model):
    made = GalleryPanel(model)
    qtbot.addWidget(made)
    made.resize(460, 800)
    made.show()
    qtbot.waitUntil(lambda: made.visibility.seen)
    return made


def use(model, layer, activation):
    model.store.apply(
        lambda d: edits.set_layer(d, layer.id, Dense(units=layer.layer.units, activation=activation)), "activation"
    )


def hidden(model):
    return model.store.document.graph.of_kind(Dense)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_registered_activation_is_shown(name, panel):
    panel.list.choose(name)
    kind = ACTIVATIONS[name]
    assert panel.formula.latex.endswith(kind.latex)
    assert panel.derivative.latex.endswith(kind.derivative_latex)
    assert panel.softmax.isVisible() == (name == "softmax")
    assert panel.curves.isVisible() != (name == "softmax")
    assert not panel.picture().isNull()


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_the_point_tells_the_engines_value_and_slope(name, panel):
    panel.list.choose(name)
    for position in (-215, 0, 137):
        panel.slider.setValue(position)
        z = np.array([position / 100])
        assert panel.curves.z == pytest.approx(z[0])
        assert panel.curves.value == panel.curves.activation.value(z)[0]
        assert panel.curves.slope == panel.curves.activation.derivative(z)[0]
        x, y = panel.curves._tangent.getOriginalDataset()
        assert np.diff(y)[0] == pytest.approx(panel.curves.slope * np.diff(x)[0], abs=1e-12)


def test_the_arrow_keys_choose_and_move(qtbot, panel):
    panel.list.choose("sigmoid")
    qtbot.keyClick(panel.list, Qt.Key.Key_Right)
    assert panel.list.name == "tanh"
    before = panel.curves.z
    qtbot.keyClick(panel.slider, Qt.Key.Key_Right)
    assert panel.curves.z == pytest.approx(before + 0.1)


def test_the_networks_own_function_comes_first_and_is_marked(model, panel):
    layer = hidden(model)[0]
    assert panel.list.name == type(layer.layer.activation).__struct_config__.tag
    assert layer.name in panel.list.currentItem().toolTip()
    panel.list.choose("selu")
    assert "not used" in panel.list.currentItem().toolTip()
    assert panel.where.text() == "No layer of this network uses it."
    assert panel.layer.isHidden()


def test_the_parameters_are_those_of_the_chosen_layer(model, panel):
    panel.list.choose("leaky_relu")
    assert panel.parameters.text() == "s = 0.01"
    first, second = hidden(model)[:2]
    use(model, first, LeakyRelu(slope=0.25))
    use(model, second, LeakyRelu(slope=0.5))
    assert panel.parameters.text() == "s = 0.25 as in the layer"
    panel.layer.setCurrentIndex(1)
    assert panel.parameters.text() == "s = 0.5 as in the layer"
    panel.slider.setValue(-200)
    assert panel.curves.value == -1.0


def test_the_layers_z_stand_behind_the_curve(model, panel):
    layers = hidden(model)[:2]
    for layer in layers:
        use(model, layer, Relu())
    rng = np.random.default_rng(0)
    found = [made_up_histogram(rng, 0.5), made_up_histogram(rng, 1.0, 9.0)]
    model.probes = Probes(z={layer.id: one for layer, one in zip(layers, found, strict=True)})
    model.refreshed.emit()
    assert model.requests["functions"].z
    panel.list.choose("relu")
    assert panel.curves.histogram is found[0]
    assert panel.curves.reach == (-4.0, 4.0)
    panel.layer.setCurrentIndex(1)
    assert panel.curves.histogram is found[1]
    assert panel.curves.reach[1] >= found[1].edges[-1]
    assert panel.slider.maximum() == round(100 * panel.curves.reach[1])
    bars = panel.curves._bars.opts
    assert len(bars["height"]) == np.count_nonzero(found[1].counts)
    assert layers[1].name in panel.curves.legend["bars"].text
    panel.list.choose("selu")
    assert panel.curves.histogram is None
    assert panel.curves.legend["bars"].isHidden()


def test_choosing_a_function_is_told_by_its_name_and_so_is_the_one_there_was_already(qtbot, model, panel):
    deeds = []
    model.did.connect(deeds.append)
    panel.list.choose("relu")
    assert deeds == ["choose_function", "choose_function_relu"]
    deeds.clear()
    place = panel.list.visualItemRect(panel.list.currentItem()).center()
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert deeds == ["choose_function", "choose_function_relu"]


def test_at_a_kink_the_branch_is_told(panel):
    panel.list.choose("relu")
    panel.slider.setValue(0)
    assert "right branch" in panel.kink.text()
    assert panel.curves.slope == 1.0
    panel.slider.setValue(10)
    assert panel.kink.text() == ""


def test_the_derivative_is_not_joined_over_a_jump(panel):
    panel.list.choose("relu")
    x, y = panel.curves._slope_line.getOriginalDataset()
    assert np.isnan(y).sum() == 1
    assert x[np.isnan(y)][0] == pytest.approx(0.0, abs=0.05)
    panel.list.choose("tanh")
    assert not np.isnan(panel.curves._slope_line.getOriginalDataset()[1]).any()


def test_softmax_shares_follow_the_sliders(panel):
    panel.list.choose("softmax")
    page = panel.softmax
    for slider, z in zip(page.sliders, (1.0, 1.0, 1.0), strict=True):
        slider.setValue(round(100 * z))
    np.testing.assert_allclose(page.shares, 1 / 3)
    page.count.setCurrentIndex(0)
    page.sliders[0].setValue(round(100 * np.log(3)) + 100)
    assert page.shares[0] == pytest.approx(0.75, abs=2e-3)
    assert page.sliders[2].isHidden()
    assert page.jacobian.text().count("\n") == 1


def test_the_values_under_the_pointer_are_told(panel):
    panel.list.choose("sigmoid")
    assert panel.curves.describe(0.0, 0.0) == "z 0\ng 0.500\ng′ 0.250"


def test_a_network_without_layers_shows_the_functions_all_the_same(qtbot, model, panel):
    graph = model.store.document.graph
    model.store.apply(lambda d: edits.remove(d, [node.id for node in hidden(model)]), "remove")
    panel.list.choose("elu")
    assert not panel.empty
    assert graph.of_kind(Output)


def test_the_panel_takes_both_themes_and_small_sizes(qapp, panel):
    for choice in ("dark", "light"):
        theme.apply(qapp, choice)
        for size in ((160, 140), (460, 800), (900, 700)):
            panel.resize(*size)
            assert not panel.picture().isNull()

"""The NumPy script of a network, executed as it stands: its gradients and its updates are the engine's."""

import contextlib
import importlib
import io
import re
from pathlib import Path

import numpy as np
import pytest
from graphs import HIDDEN, OUTPUTS, examples, random_graphs, shaken, units_for
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    OPTIMIZERS,
    ActivationLayer,
    BatchNorm,
    Dataset,
    Dense,
    Dropout,
    Input,
    LayerNorm,
    Network,
    Output,
    Sigmoid,
    Softmax,
    Trainer,
    TrainingSettings,
    chain,
    infer_shapes,
    wired,
)
from engine.layers import Add, Concatenate, Line, parts
from engine.losses import BinaryCrossEntropy, CategoricalCrossEntropy
from nnstudio.equations import Writer, sections
from nnstudio.numpy_code import CodeError, numpy_code, parameter_names

TOLERANCE = 1e-12
TITLES = [f"{activation.title} with {loss.title}" for activation, loss in OUTPUTS]


def run(code: str) -> dict:
    shown: dict = {"__name__": "shown"}
    exec(compile(code, "shown", "exec"), shown)
    return shown


def parameters_of(network: Network, arrays: dict | None = None) -> dict[str, np.ndarray]:
    """Return arrays of the engine under the script's names."""
    arrays = network.parameters if arrays is None else arrays
    names = parameter_names(Writer(network.graph, network.shapes))
    return {
        name: np.array(parts(key.rpartition(".")[2], arrays[key])[part])
        for name, (key, part) in names.items()
        if key in arrays
    }


def assert_same_step(network: Network, seed: int = 1) -> None:
    shown = run(numpy_code(network.graph, network.shapes, TrainingSettings()))
    X, Y = examples(network, m=7, seed=seed)
    J, found = shown["gradients"](X.T, Y.T, parameters_of(network))
    expected = parameters_of(network, network.gradients(X, Y))
    scale = 1.0 + max(float(np.linalg.norm(array)) for array in expected.values())
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].shape == array.shape
        assert np.linalg.norm(found[name] - array) <= TOLERANCE * scale, name
    # The cost that a network with BatchNorm tells is that of its running statistics.
    if not any(isinstance(node.layer, BatchNorm) for node in network.graph.nodes):
        np.testing.assert_allclose(J, network.cost(X, Y), rtol=1e-12, atol=1e-12)


@settings(max_examples=150, deadline=None)
@given(graph=random_graphs(), seed=st.integers(0, 1000))
def test_the_code_of_random_graphs_has_the_engines_gradients(graph, seed):
    assert_same_step(shaken(graph, seed), seed)


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda kind: kind.title)
@pytest.mark.parametrize(("activation", "loss"), OUTPUTS, ids=TITLES)
def test_every_activation_and_loss_has_the_engines_gradients(hidden, activation, loss):
    output = Output(units=units_for(loss), activation=activation, loss=loss)
    assert_same_step(shaken(chain([Input(features=3), Dense(units=5, activation=hidden()), output])))


@pytest.mark.parametrize(
    "output",
    [
        Output(units=1, class_weights=(0.5, 4.0)),
        Output(units=3, activation=Softmax(), loss=CategoricalCrossEntropy(), class_weights=(1.0, 2.0, 3.0)),
    ],
    ids=["two classes", "three classes"],
)
def test_class_weights_are_in_the_code(output):
    assert_same_step(shaken(chain([Input(features=3), Dense(units=4), BatchNorm(), LayerNorm(), output])))


def test_frozen_layers_have_no_gradients_in_the_code():
    layers = [Dense(units=4, frozen=True), BatchNorm(frozen=True), Dense(units=3), LayerNorm(frozen=True), Output()]
    network = shaken(chain([Input(features=3), *layers]))
    assert_same_step(network)
    code = numpy_code(network.graph, network.shapes, TrainingSettings())
    assert "dW1" not in code
    assert "dW3" in code


def test_dropout_drops_with_a_generator_and_lets_all_pass_without():
    network = shaken(chain([Input(features=3), Dense(units=200), Dropout(rate=0.5), Output()]))
    assert_same_step(network)
    shown = run(numpy_code(network.graph, network.shapes, TrainingSettings()))
    X, Y = examples(network)
    still, _ = shown["gradients"](X.T, Y.T, parameters_of(network))
    random, _ = shown["gradients"](X.T, Y.T, parameters_of(network), np.random.default_rng(0))
    assert random != still
    mask = shown["kept"](np.random.default_rng(0), 0.5, (100, 100))
    assert set(np.unique(mask)) == {0.0, 2.0}


def test_a_layer_read_several_times_sums_its_readers():
    layers = {"x": Input(features=3), "a": Dense(units=4), "r": ActivationLayer(), "s": Add(), "c": Concatenate()}
    graph = wired({**layers, "y": Output(units=2)}, ("x", "a", "r", "s", "c", "y"), ("a", "s"), ("a", "c"))
    assert_same_step(shaken(graph))


def test_the_recipe_for_a_layer_says_its_equations_and_its_code(tmp_path, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "add-a-layer.md").read_text(encoding="utf-8")
    file = tmp_path / "recipe_scale.py"
    file.write_text(re.findall(r"```python\n(.*?)```", page, re.S)[0], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    scale = importlib.import_module("recipe_scale").Scale
    graph = chain([Input(features=3), Dense(units=4), scale(start=2.0), Output()])
    assert_same_step(shaken(graph))
    found = sections(graph, infer_shapes(graph), TrainingSettings())
    assert [f.text for s in found if s.node == "scale_1" for f in s.formulas] == [
        "A[2] = s[2] ∗ A[1]",
        "ds[2] = 1/m Σ dA[2] ∗ A[1]",
        "dA[1] = s[2] ∗ dA[2]",
    ]


class Mute(ActivationLayer, frozen=True, tag="mute"):
    """A layer that says no code."""

    def forward_lines(self, at):
        return (Line(self.equation(at.level, at.reads)),)


def test_a_layer_without_code_is_named():
    graph = chain([Input(features=3), Mute(), Output()])
    with pytest.raises(CodeError, match="no NumPy code for Activation 1 yet"):
        numpy_code(graph, infer_shapes(graph), TrainingSettings())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_update_is_the_engines(name):
    graph = chain([Input(features=3), Dense(units=4), Output(activation=Sigmoid(), loss=BinaryCrossEntropy())])
    rate = 0.05
    chosen = TrainingSettings(
        optimizer=OPTIMIZERS[name](learning_rate=rate),
        batch_size=9,
        shuffle=False,
        precision="float64",
        l2=0.03,
        l1=0.02,
        clip_norm=0.2,
        seed=4,
    )
    network = Network(graph, seed=4, precision="float64")
    X, Y = examples(network, m=9)
    parameters, memory = parameters_of(network), {}
    shown = run(numpy_code(graph, network.shapes, chosen))
    trainer = Trainer(network, Dataset(X, Y, np.float64), chosen)
    for step in range(1, 6):
        shown["update"](parameters, shown["gradients"](X.T, Y.T, parameters)[1], memory, step, rate)
        trainer.advance(1)
    for name_, array in parameters_of(trainer.network).items():
        np.testing.assert_allclose(parameters[name_], array, rtol=1e-9, atol=1e-12)


def test_the_script_runs_as_a_program_and_prints_the_cost_of_each_step():
    code = numpy_code(chain([Input(features=2), Dense(units=3), BatchNorm(), Output()]), *shapes_and_settings())
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "shown", "exec"), {"__name__": "__main__"})
    assert len(said.getvalue().splitlines()) == 10


def shapes_and_settings():
    graph = chain([Input(features=2), Dense(units=3), BatchNorm(), Output()])
    return Network(graph).shapes, TrainingSettings()

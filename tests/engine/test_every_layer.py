"""What every layer must do, run over the registry: a new layer is tested by being registered."""

from __future__ import annotations

import inspect

import msgspec
import numpy as np
import pytest

from engine import (
    LAYERS,
    Dataset,
    Dense,
    Network,
    Output,
    Trainer,
    TrainingSettings,
    check_gradients,
    infer_shapes,
    wired,
)
from engine.declared import fields_of, name_of, replace
from engine.layers import AnyLayer, Input, Layer
from engine.optimizers import Adam

HIDDEN = [kind for kind in LAYERS.values() if kind not in (Input, Output)]
WITH_PARAMETERS = [kind for kind in LAYERS.values() if any(field.name == "frozen" for field in fields_of(kind))]
every_hidden = pytest.mark.parametrize("kind", HIDDEN, ids=name_of)
every_layer = pytest.mark.parametrize("kind", LAYERS.values(), ids=name_of)


def around(layer: Layer):
    """Return a graph in which ``layer`` reads as many layers as it needs and stands before the output."""
    sources = [f"before{number}" for number in range(max(1, layer.least_inputs))]
    layers = {"x": Input(features=3)} | {name: Dense(units=4) for name in sources}
    layers |= {"it": layer, "after": Dense(units=3), "y": Output(units=1)}
    return wired(layers, *(("x", name, "it", "after", "y") for name in sources))


def shaken(layer: Layer, precision: str = "float64") -> Network:
    network = Network(around(layer), seed=2, precision=precision)
    network.learned[...] += 0.3 * np.random.default_rng(2).normal(size=network.learned.shape)
    return network


def data(m: int = 41) -> Dataset:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(m, 3))
    return Dataset(X, (X[:, 0] * X[:, 1] > 0).astype(float), np.float64)


@every_layer
def test_it_says_what_it_is_with_its_equation_its_backward_equation_and_its_shapes(kind):
    text = inspect.getdoc(kind) or ""
    assert "=" in text
    assert kind is Input or "ackward" in text
    assert "hapes" in text or "(n_x, m)" in text
    assert kind.title
    assert kind.summary
    assert kind.formula
    assert kind().equation(2, tuple(range(max(1, kind.least_inputs)))).startswith(("A[", "Z["))


@every_layer
def test_it_has_a_file_of_its_own_family_and_survives_a_project_file(kind):
    layer = kind()
    assert msgspec.json.decode(msgspec.json.encode(layer), type=AnyLayer) == layer
    assert kind.__module__.startswith("engine.layers.")


@every_hidden
def test_its_output_has_the_units_it_declares_for_any_batch(kind):
    network = shaken(kind())
    for size in (1, 2, 7):
        program = network.program(size, "inference")
        assert program.values["it"].shape == (network.shapes.units["it"], size)


@every_hidden
def test_its_gradient_is_the_one_that_differences_give(kind):
    network = shaken(kind())
    found = check_gradients(network, data(8).X, data(8).Y)
    assert found.worst < 1e-6
    assert found.compared > 0


@every_hidden
def test_the_program_for_speed_gives_the_gradient_of_the_one_for_looking(kind):
    network = shaken(kind())
    network.generator = None  # a random layer stands still, as it does while looking
    few = data(9)
    program = network.program(9, "training")
    program.take(few.extended, few.targets)
    program.run("forward", "loss", "backward")
    fast = {key: array * program.share for key, array in network.slices(network.gradient).items()}
    for key, gradient in network.gradients(few.X, few.Y).items():
        np.testing.assert_allclose(fast[key], gradient, rtol=1e-9, atol=1e-13)


@every_hidden
def test_predicting_changes_nothing_and_does_not_depend_on_how_rows_are_cut(kind, monkeypatch):
    network, X = shaken(kind()), data().X
    Trainer(network, data(), TrainingSettings(batch_size=9, epochs=2)).train()
    before, state = network.theta.tobytes(), network.generator.bit_generator.state
    whole = network.predict(X)
    monkeypatch.setattr(Network, "chunk", 7)
    np.testing.assert_allclose(network.predict(X), whole, rtol=1e-12, atol=1e-14)
    assert network.theta.tobytes() == before
    assert network.generator.bit_generator.state == state


@every_hidden
def test_batches_of_other_sizes_in_between_do_not_disturb_it(kind):
    network, fresh = shaken(kind()), shaken(kind())
    network.generator = fresh.generator = None
    for size in (9, 3, 12, 2):
        few = data(size)
        for one in (network, fresh) if size == 2 else (network,):
            program = one.program(size, "training")
            program.take(few.extended, few.targets)
            one.theta[one.learned_count :] = 0.5
            program.run("forward", "loss", "backward")
    assert network.gradient.tobytes() == fresh.gradient.tobytes()


@every_hidden
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_network_with_it_learns_with_the_incomplete_last_batch_counted(kind, precision):
    network = Network(around(kind()), seed=2, precision=precision)
    settings = TrainingSettings(optimizer=Adam(learning_rate=0.02), batch_size=13, epochs=60, precision=precision)
    trainer = Trainer(network, data(), settings)
    before = network.cost(data().X, data().Y)
    status = trainer.train()
    assert status.state == "finished"
    assert status.training_cost < 0.8 * before


@every_hidden
def test_a_run_resumed_in_mid_epoch_equals_the_uninterrupted_one_bit_for_bit(kind):
    settings = TrainingSettings(batch_size=9, epochs=5)
    whole = Trainer(Network(around(kind())), data(), settings)
    whole.train()
    first = Trainer(Network(around(kind())), data(), settings)
    while first.step < 12:
        first.advance(4)
    second = Trainer(Network(around(kind()), seed=7), data(), settings)
    second.restore(first.state())
    second.train()
    assert second.network.theta.tobytes() == whole.network.theta.tobytes()


@pytest.mark.parametrize("kind", WITH_PARAMETERS, ids=name_of)
def test_frozen_it_keeps_every_array_while_the_others_learn(kind):
    if kind is Output:
        layers = {"x": Input(features=3), "after": Dense(units=3), "it": Output(frozen=True)}
        graph = wired(layers, ("x", "after", "it"))
    else:
        graph = around(replace(kind(), frozen=True))
    network = Network(graph, precision="float64")
    before = network.weights()
    Trainer(network, data(), TrainingSettings(batch_size=9, epochs=3, l2=0.1, l1=0.1)).train()
    for key, array in network.parameters.items():
        assert np.array_equal(array, before[key]) is key.startswith("it."), key


@every_hidden
def test_too_few_or_too_many_wires_are_a_problem_that_names_it(kind):
    graph = around(kind())
    none = msgspec.structs.replace(graph, edges=tuple(edge for edge in graph.edges if edge.target != "it"))
    assert any(problem.node == "it" for problem in infer_shapes(none).problems)
    if kind.most_inputs is not None:
        extra = msgspec.structs.replace(graph.edges[0], source="x", target="it", port=kind.most_inputs)
        crowded = infer_shapes(msgspec.structs.replace(graph, edges=(*graph.edges, extra)))
        assert any(problem.node == "it" and "it" in problem.sentence for problem in crowded.problems)

"""Shape inference: what is right is counted, and what is wrong is said with its fix."""

from __future__ import annotations

import pytest

from engine import Add, Dense, Edge, Graph, Input, Node, Output, chain, infer_shapes
from engine.activations import Identity, Softmax
from engine.losses import BinaryCrossEntropy


def graph(layers: dict, *wires: tuple) -> Graph:
    nodes = tuple(Node(id=key, name=key.upper(), layer=layer) for key, layer in layers.items())
    return Graph(nodes=nodes, edges=tuple(Edge(source=s, target=t, port=p) for s, t, p in wires))


def sentences(made: Graph) -> list[str]:
    return [problem.sentence for problem in infer_shapes(made).problems]


def test_a_chain_is_numbered_and_counted_as_in_the_notes():
    shapes = infer_shapes(chain([Input(features=2), Dense(units=8), Dense(units=8), Output()]))
    assert shapes.levels == {"input": 0, "dense_1": 1, "dense_2": 2, "output": 3}
    assert shapes.units == {"input": 2, "dense_1": 8, "dense_2": 8, "output": 1}
    assert shapes.parameters == {"input": 0, "dense_1": 24, "dense_2": 72, "output": 9}
    assert shapes.parameter_count == 105
    assert shapes.valid


def test_logistic_regression_is_a_valid_network():
    shapes = infer_shapes(chain([Input(features=4), Output()]))
    assert shapes.valid
    assert shapes.parameter_count == 5


def test_a_layer_without_an_input_is_named():
    made = graph({"x": Input(), "a": Dense(), "out": Output()}, ("a", "out", 0))
    assert "A has no input: drag a wire to it from the layer it should read." in sentences(made)
    assert not infer_shapes(made).valid


def test_a_loop_is_named_once_for_each_of_its_layers():
    made = graph({"x": Input(), "a": Add(), "b": Dense(), "out": Output()},
                 ("x", "a", 0), ("b", "a", 1), ("a", "b", 0), ("b", "out", 0))  # fmt: skip
    kinds = [(problem.kind, problem.node) for problem in infer_shapes(made).problems]
    assert ("cycle", "a") in kinds
    assert ("cycle", "b") in kinds
    assert ("cycle", "out") not in kinds


def test_add_of_different_sizes_names_both_and_the_fix():
    made = graph({"x": Input(features=3), "a": Dense(units=4), "s": Add(), "out": Output()},
                 ("x", "a", 0), ("x", "s", 0), ("a", "s", 1), ("s", "out", 0))  # fmt: skip
    assert "S needs inputs of equal size and gets 3 and 4 units: change the units of one of them." in sentences(made)


@pytest.mark.parametrize("missing", [Input, Output])
def test_a_network_without_an_end_says_which(missing):
    layers = [layer for layer in (Input(), Dense(), Output()) if not isinstance(layer, missing)]
    made = chain(layers)
    what = missing.title.lower()
    assert any(sentence == f"The network has no {what}: add one." for sentence in sentences(made))


def test_a_loss_that_does_not_go_with_the_output_says_what_does():
    made = chain([Input(), Output(activation=Identity(), loss=BinaryCrossEntropy())])
    assert any("needs an output of sigmoid" in sentence and "squared error" in sentence for sentence in sentences(made))


def test_softmax_in_a_hidden_layer_is_a_problem():
    made = chain([Input(), Dense(activation=Softmax()), Output()])
    assert any("belongs at the output only" in sentence for sentence in sentences(made))


def test_a_layer_off_the_way_is_a_warning_and_does_not_keep_from_training():
    made = graph({"x": Input(), "a": Dense(), "out": Output()}, ("x", "out", 0), ("x", "a", 0))
    shapes = infer_shapes(made)
    assert shapes.valid
    assert [(p.node, p.severity) for p in shapes.problems] == [("a", "warning")]
    assert shapes.order == ("x", "out")


def test_nothing_may_read_the_output():
    made = graph({"x": Input(), "a": Dense(), "out": Output()}, ("x", "out", 0), ("out", "a", 0))
    assert any("nothing may come after it" in sentence for sentence in sentences(made))


def test_a_second_wire_into_a_dense_layer_is_a_problem():
    made = graph({"x": Input(), "a": Dense(), "b": Dense(), "out": Output()},
                 ("x", "a", 0), ("x", "b", 0), ("a", "out", 0), ("b", "out", 1))  # fmt: skip
    assert any("reads one layer only" in sentence and "Add or Concatenate" in sentence for sentence in sentences(made))

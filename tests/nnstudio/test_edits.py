"""Edits: pure functions from one document to the next, and what they refuse."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from engine.activations import Identity, Sigmoid, Softmax, Tanh
from engine.graph import Edge, Graph, Node
from engine.initializers import HeNormal, Ones
from engine.layers import Add, Concatenate, Dense, Dropout, Input, Output
from engine.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Hinge,
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
)
from engine.shapes import infer_shapes
from nnstudio import edits
from nnstudio.data import sample_recipe
from nnstudio.document import NODE_SPACING, Document, starting_document
from nnstudio.edits import EditError, Fragment

USUAL = {
    "binary": (Sigmoid(), BinaryCrossEntropy()),
    "multiclass": (Softmax(), CategoricalCrossEntropy()),
    "regression": (Identity(), MeanSquaredError()),
}


@pytest.fixture
def document() -> Document:
    """Input, Dense 1, Dense 2, Output in a row."""
    return starting_document()


def pairs(document: Document) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in document.graph.edges}


def with_loose(document: Document, layer=None) -> tuple[Document, str]:
    node = edits.new_node(document.graph, layer or Dropout())
    return edits.add_node(document, node, (0.0, 400.0)), node.id


def with_skip(document: Document) -> Document:
    """Add reads Dense 2 and Dense 1, before the output."""
    document, add = edits.append_layer(document, Add())
    return edits.connect(document, "dense_1", add)


def test_a_new_node_takes_the_first_free_identity_and_name(document):
    node = edits.new_node(document.graph, Dense())
    assert (node.id, node.name) == ("dense_3", "Dense 3")
    renamed = edits.rename(document, "dense_1", "Dense 3")
    assert edits.new_node(renamed.graph, Dense()).name == "Dense 4"


def test_an_identity_is_taken_once(document):
    with pytest.raises(EditError, match="already"):
        edits.add_node(document, document.graph.node("dense_1"), (0, 0))


def test_edits_leave_the_document_they_start_from_as_it_was(document):
    before = msgspec.json.encode(document)
    edits.remove(with_skip(document), ["dense_1"])
    edits.move(document, {"dense_1": (5.0, 5.0)})
    assert msgspec.json.encode(document) == before


def test_a_layer_set_into_a_wire_reads_its_source_and_feeds_its_target(document):
    node = edits.new_node(document.graph, Dropout())
    edge = document.graph.incoming("dense_2")[0]
    changed = edits.insert_on_edge(document, node, (192.0, 0.0), edge)
    assert ("dense_1", node.id) in pairs(changed)
    assert (node.id, "dense_2") in pairs(changed)
    assert ("dense_1", "dense_2") not in pairs(changed)
    assert infer_shapes(changed.graph).valid


def test_room_is_made_for_a_layer_set_into_a_short_wire(document):
    node = edits.new_node(document.graph, Dropout())
    edge = document.graph.incoming("dense_2")[0]
    changed = edits.insert_on_edge(document, node, (288.0, 16.0), edge)
    xs = [changed.position(key)[0] for key in ("dense_1", node.id, "dense_2", "output")]
    assert all(b - a >= NODE_SPACING for a, b in itertools.pairwise(xs))
    assert changed.position(node.id)[1] == changed.position("dense_1")[1]


def test_a_layer_set_into_a_merge_keeps_the_merge_port(document):
    document = with_skip(document)
    edge = next(edge for edge in document.graph.edges if (edge.source, edge.target) == ("dense_2", "add_1"))
    changed = edits.insert_on_edge(document, edits.new_node(document.graph, Dropout()), (0.0, 300.0), edge)
    assert changed.graph.inputs_of("add_1") == ("dropout_1", "dense_1")


def test_a_layer_cannot_be_set_into_its_own_wire_or_one_that_is_gone(document):
    edge = document.graph.incoming("dense_2")[0]
    with pytest.raises(EditError, match="own"):
        edits.splice(document, "dense_1", edge)
    loose, node = with_loose(document)
    with pytest.raises(EditError, match="not there"):
        edits.splice(loose, node, Edge(source="input", target="output"))


def test_a_layer_that_feeds_a_merge_already_is_not_set_into_its_other_wire(document):
    document, loose = with_loose(with_skip(document))
    document = edits.connect(document, loose, "add_1")
    edge = next(edge for edge in document.graph.edges if (edge.source, edge.target) == ("dense_1", "add_1"))
    with pytest.raises(EditError, match="already"):
        edits.splice(document, loose, edge)


def test_a_second_wire_to_a_layer_of_one_input_replaces_the_first(document):
    changed = edits.connect(document, "input", "dense_2")
    assert changed.graph.inputs_of("dense_2") == ("input",)


def test_a_merge_takes_wires_at_ports_of_their_own(document):
    document, add = with_loose(document, Concatenate())
    for source in ("dense_2", "input", "dense_1"):
        document = edits.connect(document, source, add)
    assert document.graph.inputs_of(add) == ("dense_2", "input", "dense_1")
    assert sorted(edge.port for edge in document.graph.incoming(add)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("dense_2", "dense_1", "loop"),
        ("dense_1", "dense_1", "itself"),
        ("dense_1", "input", "reads the data only"),
        ("output", "dense_1", "Nothing can come after"),
        ("dense_1", "dense_2", "already"),
        ("dense_1", "gone", "not there"),
    ],
)
def test_a_wire_that_makes_no_sense_is_refused_with_its_reason(document, source, target, said):
    with pytest.raises(EditError, match=said):
        edits.connect(document, source, target)


def test_removing_a_layer_closes_the_gap_it_leaves(document):
    changed = edits.remove(document, ["dense_1", "dense_2"])
    assert pairs(changed) == {("input", "output")}
    assert set(changed.positions) == {"input", "output"}


def test_removing_a_layer_whose_reader_reads_its_source_already_leaves_one_wire(document):
    changed = edits.remove(with_skip(document), ["dense_2"])
    assert changed.graph.inputs_of("add_1") == ("dense_1",)


def test_ports_are_numbered_without_a_gap_after_a_wire_is_removed(document):
    document = with_skip(document)
    first = min(document.graph.incoming("add_1"), key=lambda edge: edge.port)
    changed = edits.remove(document, (), [first])
    assert [edge.port for edge in changed.graph.incoming("add_1")] == [0]


def test_the_last_input_and_the_last_output_stay(document):
    for node_id in ("input", "output"):
        with pytest.raises(EditError, match="stays"):
            edits.remove(document, [node_id, "dense_1"])


def test_a_second_output_can_be_removed(document):
    extra = edits.add_node(document, Node(id="other", name="Other", layer=Output()), (0.0, 0.0))
    assert edits.remove(extra, ["other"]).graph == document.graph


def test_removing_what_is_gone_already_changes_nothing(document):
    assert edits.remove(document, ["gone"]) == document


def test_a_name_is_trimmed_and_taken_once(document):
    assert edits.rename(document, "dense_1", "  first   hidden ").graph.node("dense_1").name == "first hidden"
    with pytest.raises(EditError, match="Another layer"):
        edits.rename(document, "dense_1", "Dense 2")
    with pytest.raises(EditError, match="needs a name"):
        edits.rename(document, "dense_1", "  ")


def test_changing_a_layer_that_is_gone_is_refused(document):
    with pytest.raises(EditError, match="not there"):
        edits.set_layer(document, "gone", Dense())


def test_a_copy_holds_the_layers_and_the_wires_among_them_without_input_and_output(document):
    fragment = edits.copy(document, ["input", "dense_1", "dense_2", "output"])
    assert [node.id for node in fragment.nodes] == ["dense_1", "dense_2"]
    assert fragment.edges == (Edge(source="dense_1", target="dense_2"),)


def test_pasted_layers_are_new_and_keep_settings_wires_and_distances(document):
    fragment = edits.copy(document, ["dense_1", "dense_2"])
    changed, ids = edits.paste(document, fragment, (32.0, 64.0))
    assert ids == ("dense_3", "dense_4")
    assert ("dense_3", "dense_4") in pairs(changed)
    assert changed.graph.node("dense_3").layer == document.graph.node("dense_1").layer
    x, y = document.position("dense_1")
    assert changed.position("dense_3") == (x + 32.0, y + 64.0)


def fragment(layers: dict[str, object], edges=(), positions=None) -> Fragment:
    nodes = tuple(Node(id=key, name=key, layer=layer) for key, layer in layers.items())
    return Fragment(nodes=nodes, edges=tuple(edges), positions=positions or {})


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (fragment({}), "no layer"),
        (fragment({"in": Input(), "out": Output()}), "no layer"),
        (fragment({"a": Dense()}, (), {"a": (float("inf"), 0.0)}), "too far"),
        (fragment({"a": Dense()}, (), {"a": (1e9, 0.0)}), "too far"),
        (fragment({"a": Dense()}, [Edge(source="a", target="a")]), "contradict"),
        (
            fragment({"a": Dense(), "b": Add()}, [Edge(source="a", target="b"), Edge(source="a", target="b", port=1)]),
            "contradict",
        ),
        (
            fragment(
                {"a": Dense(), "b": Dense(), "c": Dense()},
                [Edge(source="a", target="c"), Edge(source="b", target="c", port=1)],
            ),
            "contradict",
        ),
        (fragment({str(i): Dropout() for i in range(1_001)}), "too many"),
    ],
)
def test_a_fragment_that_no_canvas_copies_is_refused(document, odd, said):
    with pytest.raises(EditError, match=said):
        edits.paste(document, odd, (0.0, 0.0))


def test_a_fragment_with_two_layers_of_one_identity_is_refused(document):
    node = Node(id="a", name="a", layer=Dense())
    with pytest.raises(EditError, match="identity"):
        edits.paste(document, Fragment(nodes=(node, node), edges=(), positions={}), (0.0, 0.0))


def test_a_pasted_input_or_output_is_left_out(document):
    changed, ids = edits.paste(document, fragment({"in": Input(), "a": Dense()}), (0.0, 0.0))
    assert len(ids) == 1
    assert len(changed.graph.of_kind(Input)) == 1


def test_pasted_wires_with_odd_port_numbers_get_sound_ones(document):
    odd = fragment(
        {"a": Dense(), "b": Dense(), "c": Add()},
        [Edge(source="a", target="c", port=-7), Edge(source="b", target="c", port=10**9)],
    )
    changed, ids = edits.paste(document, odd, (0.0, 0.0))
    assert sorted(edge.port for edge in changed.graph.incoming(ids[2])) == [0, 1]


def test_a_layer_is_appended_before_the_output(document):
    changed, node = edits.append_layer(document, Dropout())
    assert changed.graph.inputs_of("output") == (node,)
    assert changed.graph.inputs_of(node) == ("dense_2",)
    assert changed.position("output")[0] - changed.position(node)[0] >= NODE_SPACING


def test_a_layer_is_appended_behind_the_one_that_is_named_and_takes_over_its_readers(document):
    changed, node = edits.append_layer(with_skip(document), Dropout(), "dense_1")
    assert {edge.target for edge in changed.graph.outgoing(node)} == {"dense_2", "add_1"}
    assert {edge.target for edge in changed.graph.outgoing("dense_1")} == {node}
    assert changed.graph.inputs_of("add_1") == ("dense_2", node)


def test_a_layer_behind_a_loose_end_is_joined_to_it(document):
    document, loose = with_loose(document)
    changed, node = edits.append_layer(document, Dense(), loose)
    assert changed.graph.inputs_of(node) == (loose,)


def test_a_layer_behind_the_output_comes_before_it(document):
    changed, node = edits.append_layer(document, Dropout(), "output")
    assert changed.graph.inputs_of("output") == (node,)


def test_layers_appended_without_a_place_in_the_network_do_not_cover_each_other():
    document = Document(graph=Graph(nodes=(Node(id="output", name="Output", layer=Output()),)))
    for _ in range(3):
        document, _ = edits.append_layer(document, Dense())
    places = [at for key, at in document.positions.items() if key != "output"]
    assert len(set(places)) == 3


@pytest.mark.parametrize(
    ("task", "units", "activation", "loss"),
    [
        ("binary", 1, Sigmoid, BinaryCrossEntropy),
        ("multiclass", 3, Softmax, CategoricalCrossEntropy),
        ("regression", 2, Identity, MeanSquaredError),
    ],
)
def test_the_output_follows_the_task(task, units, activation, loss):
    output = edits.output_for(Output(), task, units)
    assert (output.units, type(output.activation), type(output.loss)) == (units, activation, loss)


def loaded(document: Document, task: str, outputs: int) -> Output:
    """Return the output layer after data of a task are loaded."""
    layer = edits.use_data(document, sample_recipe("moons"), task, 2, outputs).graph.of_kind(Output)[0].layer
    assert isinstance(layer, Output)
    return layer


@pytest.mark.parametrize(
    ("chosen", "task"),
    [
        (Output(activation=Sigmoid(), loss=MeanSquaredError()), "binary"),
        (Output(activation=Tanh(), loss=Hinge()), "binary"),
        (Output(activation=Identity(), loss=Hinge()), "binary"),
        (Output(units=3, activation=Identity(), loss=Hinge()), "multiclass"),
        (Output(activation=Identity(), loss=Huber(delta=2.0)), "regression"),
        (Output(activation=Identity(), loss=MeanAbsoluteError()), "regression"),
    ],
)
def test_an_output_that_fits_the_task_keeps_its_activation_and_loss(document, chosen, task):
    assert loaded(edits.set_layer(document, "output", chosen), task, chosen.units) == chosen


@pytest.mark.parametrize(
    ("chosen", "task", "units"),
    [
        (Output(activation=Tanh(), loss=Hinge()), "regression", 1),
        (Output(activation=Identity(), loss=Huber()), "binary", 1),
        (Output(activation=Sigmoid(), loss=MeanSquaredError()), "multiclass", 4),
    ],
)
def test_data_of_another_task_bring_their_usual_loss(document, chosen, task, units):
    new = loaded(edits.set_layer(document, "output", chosen), task, units)
    assert (new.activation, new.loss) == USUAL[task]
    assert infer_shapes(edits.set_layer(document, "output", new).graph).valid


@pytest.mark.parametrize(
    ("weights", "task", "units", "kept"),
    [
        ((1.0, 5.0), "binary", 1, True),
        ((1.0, 5.0, 2.0), "multiclass", 3, True),
        ((1.0, 5.0), "multiclass", 3, False),
        ((1.0, 5.0, 2.0), "multiclass", 4, False),
        ((1.0, 5.0, 2.0), "binary", 1, False),
        ((1.0, 5.0), "regression", 1, False),
        ((1.0, 5.0), "regression", 2, False),
    ],
)
def test_class_weights_stay_while_the_number_of_classes_does(document, weights, task, units, kept):
    binary = len(weights) == 2
    activation, loss = USUAL["binary" if binary else "multiclass"]
    output = Output(units=1 if binary else len(weights), activation=activation, loss=loss, class_weights=weights)
    new = loaded(edits.set_layer(document, "output", output), task, units)
    assert new.class_weights == (weights if kept else ())
    assert infer_shapes(edits.set_layer(document, "output", new).graph).valid


def test_what_does_not_follow_the_data_stays_with_the_output(document):
    chosen = Output(initializer=HeNormal(), bias_initializer=Ones(), frozen=True)
    new = loaded(edits.set_layer(document, "output", chosen), "multiclass", 3)
    assert (new.initializer, new.bias_initializer, new.frozen) == (HeNormal(), Ones(), True)

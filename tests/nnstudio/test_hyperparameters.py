"""The hyperparameters: what is declared of each, the present value, what another one changes, and what is refused."""

from __future__ import annotations

import math

import msgspec
import pytest

from engine import (
    ActivationLayer,
    Adam,
    AdamW,
    Add,
    BatchNorm,
    Dense,
    Dropout,
    HeNormal,
    Input,
    LayerNorm,
    LeakyRelu,
    Momentum,
    Normal,
    Output,
    Relu,
    RmsProp,
    Sgd,
    Sigmoid,
    Step,
    Tanh,
    TrainingSettings,
    chain,
    infer_shapes,
    wired,
)
from engine.activations import Identity
from engine.declared import fields_of
from engine.graph import Graph
from engine.optimizers import OPTIMIZERS
from nnstudio.document import Document, starting_document
from nnstudio.hyperparameters import HYPERPARAMETERS, MOST_VALUES
from nnstudio.hyperparameters.axis import Axis

NAMES = list(HYPERPARAMETERS)
ROWS = 800


def document_of(graph: Graph, **settings) -> Document:
    return Document(graph=graph, training=TrainingSettings(**settings))


def chain_of(*layers, features=2) -> Document:
    return document_of(chain([Input(features=features), *layers, Output()]))


def branched(units=8, skip_from="a") -> Document:
    """Two Dense layers and a skip connection past the second."""
    layers = {"x": Input(features=2), "a": Dense(units=units), "b": Dense(units=units), "sum": Add(), "y": Output()}
    return document_of(wired(layers, ("x", "a", "b", "sum", "y"), (skip_from, "sum")))


def kinds_of(document: Document) -> list[str]:
    return [type(document.graph.node(node).layer).__name__ for node in infer_shapes(document.graph).order]


DOCUMENTS = {
    "first start": starting_document(),
    "logistic regression": chain_of(),
    "everything": document_of(
        chain(
            [
                Input(features=5),
                Dropout(rate=0.1),
                Dense(units=8, activation=Identity()),
                BatchNorm(),
                ActivationLayer(),
                Dropout(rate=0.25),
                Dense(units=6, activation=LeakyRelu(slope=0.2), initializer=Normal(scale=0.3)),
                LayerNorm(),
                Output(),
            ]
        ),
        optimizer=AdamW(learning_rate=0.004, beta1=0.8, weight_decay=0.2),
        schedule=Step(every=7),
        l2=0.01,
        epochs=90,
    ),
    "branches": branched(),
    "frozen": chain_of(Dense(units=4, frozen=True), Dense(units=5, activation=Relu())),
    "sgd": document_of(chain([Input(), Dense(), Output()]), optimizer=Sgd(learning_rate=0.1), batch_size=1),
    "momentum": document_of(chain([Input(), Dense(), Output()]), optimizer=Momentum(momentum=0.7)),
    "rmsprop": document_of(chain([Input(), Dense(), Output()]), optimizer=RmsProp(learning_rate=0.0)),
    "half-finished": Document(graph=Graph(nodes=chain([Input(), Dense(), Output()]).nodes)),
    "empty": Document(),
}


APPLICABLE = [
    pytest.param(document, one, id=f"{title}-{name}")
    for title, document in DOCUMENTS.items()
    for name, one in HYPERPARAMETERS.items()
    if not one.why_not(document)
]
# What goes with another number of layers, or with another kind of optimizer, has a value of its own there.
GO_ALONG = {
    "hidden_layers": {"hidden_units", "activation", "initializer", "dropout"},
    "optimizer": {"momentum", "memory_of_squares", "epsilon", "weight_decay"},
}


# -- the battery over the registry ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_hyperparameter_says_what_it_is_in_whole_sentences(name):
    one = HYPERPARAMETERS[name]
    assert one.name == name
    assert one.title
    assert one.meaning.endswith(".")
    assert one.usual.endswith(".")
    assert len(one.meaning) < 300


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("name", NAMES)
def test_where_it_does_not_apply_it_says_why_and_refuses_with_the_same_sentence(document, name):
    one = HYPERPARAMETERS[name]
    sentence = one.why_not(document)
    assert sentence == "" or sentence.endswith(".")
    if sentence:
        value = one.limits[0] if math.isfinite(one.limits[0]) else next(iter(one.kinds))
        with pytest.raises(ValueError) as refused:
            one.put(document, value)
        assert str(refused.value) == sentence


@pytest.mark.parametrize(("document", "one"), APPLICABLE)
def test_the_present_value_put_in_changes_nothing(document, one):
    present = one.present(document)
    assert len(set(present)) == len(present) >= 1
    if len(present) == 1:
        assert one.put(document, present[0]) == document


@pytest.mark.parametrize(("document", "one"), APPLICABLE)
def test_a_value_put_in_is_the_present_one_and_leaves_every_other_hyperparameter_as_it_was(document, one):
    others = [other for name, other in HYPERPARAMETERS.items() if name not in {one.name, *GO_ALONG.get(one.name, ())}]
    for value in one.suggested(document, ROWS):
        changed = one.put(document, value)
        assert one.present(changed) == (value,)
        for other in others:
            if not other.why_not(changed):
                assert other.present(changed) == other.present(document), (value, other.name)


@pytest.mark.parametrize(("document", "one"), APPLICABLE)
def test_only_the_graph_or_only_the_settings_change_and_the_rest_of_the_document_stays(document, one):
    for value in one.suggested(document, ROWS):
        changed = one.put(document, value)
        assert changed.graph == document.graph or changed.training == document.training
        assert (changed.data, changed.checkpoint, changed.notes) == (document.data, document.checkpoint, document.notes)


@pytest.mark.parametrize(("document", "one"), APPLICABLE)
def test_a_sound_network_stays_sound_with_every_suggested_value(document, one):
    if infer_shapes(document.graph).valid:
        for value in one.suggested(document, ROWS):
            assert infer_shapes(one.put(document, value).graph).valid


@pytest.mark.parametrize(("document", "one"), APPLICABLE)
def test_every_suggested_value_both_limits_and_every_kind_pass_the_files_checks(document, one):
    ends = one.choices or (one.low, math.nextafter(one.high, 0.0) if one.below_high else one.high)
    for value in {*one.suggested(document, ROWS), *ends}:
        if one.name == "hidden_units" and value == ends[1]:
            continue  # as many as the engine allows, though no one network could hold them in each layer
        changed = one.put(document, value)
        assert msgspec.json.decode(msgspec.json.encode(changed), type=Document) == changed


@pytest.mark.parametrize(("document", "one"), APPLICABLE)
def test_suggested_values_are_few_in_order_within_the_limits_and_can_be_typed(document, one):
    values = one.suggested(document, ROWS)
    assert 2 <= len(values) <= 6
    assert one.read(one.written(values), document) == values
    assert all(one.label(value) for value in values)
    if one.scale != "names":
        assert list(values) == sorted(values)
        assert one.limits[0] <= values[0] <= values[-1] <= one.limits[1]


@pytest.mark.parametrize(("document", "one"), APPLICABLE)
def test_the_present_value_is_among_the_suggested_ones_where_there_is_one_and_rows_allow_it(document, one):
    present = one.present(document)
    if len(present) == 1 and present != (0.0,):
        assert present[0] in one.suggested(document, 10**9)


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_raised_for_any_network(document, name):
    one = HYPERPARAMETERS[name]
    one.symbol(document), one.what_changes(document), one.present(document), one.suggested(document, ROWS)


# -- what each changes ------------------------------------------------------------------------------------------------


def test_the_learning_rate_is_that_of_the_optimizer_in_use():
    changed = HYPERPARAMETERS["learning_rate"].put(DOCUMENTS["momentum"], 0.3)
    assert changed.training.optimizer == Momentum(learning_rate=0.3, momentum=0.7)


def test_suggested_rates_stand_in_steps_of_about_three_around_the_present_one():
    one = HYPERPARAMETERS["learning_rate"]
    assert one.suggested(starting_document(), ROWS) == (0.001, 0.003, 0.01, 0.03, 0.1)
    assert one.suggested(document_of(Graph(), optimizer=Adam(learning_rate=0.02)), ROWS) == (
        0.002, 0.006, 0.02, 0.06, 0.2,
    )  # fmt: skip


def test_suggested_batches_end_with_all_rows():
    one = HYPERPARAMETERS["batch_size"]
    assert one.suggested(starting_document(), 800) == (2, 8, 32, 128, 512)
    assert one.suggested(starting_document(), 100) == (2, 8, 32, 100)
    assert one.suggested(document_of(Graph(), batch_size=5_000), 64)[-1] == 64


def test_another_optimizer_takes_over_rate_and_momentum():
    changed = HYPERPARAMETERS["optimizer"].put(DOCUMENTS["momentum"], "nesterov")
    assert changed.training.optimizer.momentum == 0.7
    changed = HYPERPARAMETERS["optimizer"].put(DOCUMENTS["everything"], "adam")
    assert changed.training.optimizer == Adam(learning_rate=0.004, beta1=0.8)


@pytest.mark.parametrize(("title", "field", "symbol"), [("momentum", "momentum", "μ"), ("first start", "beta1", "β₁")])
def test_momentum_is_that_of_the_optimizer(title, field, symbol):
    one = HYPERPARAMETERS["momentum"]
    assert one.symbol(DOCUMENTS[title]) == symbol
    assert getattr(one.put(DOCUMENTS[title], 0.5).training.optimizer, field) == 0.5


def test_without_momentum_the_optimizers_that_have_it_are_named():
    assert HYPERPARAMETERS["momentum"].why_not(DOCUMENTS["sgd"]) == (
        "SGD has no momentum: choose Momentum, Nesterov, Adam or AdamW as the optimizer."
    )


@pytest.mark.parametrize(("wanted", "names"), [(0, []), (1, ["Dense 1"]), (3, ["Dense 1", "Dense 2", "Dense 3"])])
def test_hidden_layers_go_from_the_end_and_come_behind_the_last(wanted, names):
    changed = HYPERPARAMETERS["hidden_layers"].put(starting_document(), wanted)
    order = infer_shapes(changed.graph).order
    assert [changed.graph.node(node).name for node in order] == ["Input", *names, "Output"]
    assert {changed.graph.node(node).layer.units for node in order[1:-1]} <= {16}
    assert set(changed.positions) == set(order)


def test_a_hidden_layer_comes_and_goes_with_what_belongs_to_it():
    document, one = DOCUMENTS["everything"], HYPERPARAMETERS["hidden_layers"]
    assert kinds_of(one.put(document, 1)) == [
        "Input", "Dropout", "Dense", "BatchNorm", "ActivationLayer", "Dropout", "Output",
    ]  # fmt: skip
    assert kinds_of(one.put(document, 3))[-4:] == ["LayerNorm", "Dense", "LayerNorm", "Output"]
    repeated = infer_shapes(one.put(document, 3).graph).order[-3]
    assert one.put(document, 3).graph.node(repeated).layer.activation == LeakyRelu(slope=0.2)
    assert "repeats Dense 2 with LayerNorm 1" in one.what_changes(document)


def test_the_first_hidden_layer_is_an_ordinary_one():
    one = HYPERPARAMETERS["hidden_layers"]
    assert kinds_of(one.put(chain_of(), 2)) == ["Input", "Dense", "Dense", "Output"]
    assert one.what_changes(chain_of()) == f"Adds Dense layers of {Dense().units} units."


def test_with_branches_no_layers_are_added_and_it_is_said_where_they_are():
    assert "branches, at a," in HYPERPARAMETERS["hidden_layers"].why_not(branched())


def test_all_hidden_layers_get_the_same_units_also_on_branches():
    one = HYPERPARAMETERS["hidden_units"]
    assert one.present(DOCUMENTS["everything"]) == (8, 6)
    changed = one.put(branched(), 32)
    assert [changed.graph.node(node).layer.units for node in "ab"] == [32, 32]
    assert one.what_changes(branched()) == "Gives a and b the same number of units."


def test_units_that_have_to_fit_a_skip_connection_are_left_alone_and_it_is_said_why():
    sentence = HYPERPARAMETERS["hidden_units"].why_not(branched(2, skip_from="x"))
    assert sentence.startswith("With other numbers of units this network would not fit together. sum ")


def test_frozen_layers_stay_as_they_are():
    document = DOCUMENTS["frozen"]
    for name, value in (("hidden_units", 9), ("activation", "sigmoid"), ("initializer", "zeros")):
        changed = HYPERPARAMETERS[name].put(document, value)
        assert changed.graph.node("dense_1") == document.graph.node("dense_1")
        assert changed.graph.node("dense_2") != document.graph.node("dense_2")
    assert "Dense 1 is frozen" in HYPERPARAMETERS["hidden_layers"].why_not(document)
    all_frozen = chain_of(Dense(frozen=True))
    assert "is frozen" in HYPERPARAMETERS["hidden_units"].why_not(all_frozen)


def test_an_activation_layer_carries_the_activation_of_the_dense_layer_before_it():
    changed = HYPERPARAMETERS["activation"].put(DOCUMENTS["everything"], "sigmoid").graph
    assert changed.node("dense_1").layer.activation == Identity()
    assert changed.node("activation_1").layer.activation == Sigmoid()
    assert changed.node("dense_2").layer.activation == Sigmoid()
    assert changed.node("output").layer.activation == DOCUMENTS["everything"].graph.node("output").layer.activation


def test_a_layer_that_has_the_activation_already_keeps_its_own_settings():
    changed = HYPERPARAMETERS["activation"].put(DOCUMENTS["everything"], "leaky_relu").graph
    assert changed.node("dense_2").layer.activation == LeakyRelu(slope=0.2)
    assert changed.node("activation_1").layer.activation == LeakyRelu()


def test_a_linear_network_without_activation_layers_has_activations_to_choose():
    changed = HYPERPARAMETERS["activation"].put(chain_of(Dense(activation=Identity())), "tanh").graph
    assert changed.node("dense_1").layer.activation == Tanh()


def test_the_initializer_is_that_of_the_hidden_layers_and_of_the_output():
    changed = HYPERPARAMETERS["initializer"].put(starting_document(), "he_normal").graph
    assert [changed.node(node).layer.initializer for node in ("dense_1", "dense_2", "output")] == [HeNormal()] * 3


def test_dropout_is_put_behind_the_last_hidden_layer_where_there_is_none():
    one = HYPERPARAMETERS["dropout"]
    assert kinds_of(one.put(starting_document(), 0.3)) == ["Input", "Dense", "Dense", "Dropout", "Output"]
    assert kinds_of(one.put(branched(), 0.3))[-2:] == ["Dropout", "Output"]
    assert one.put(starting_document(), 0.0) == starting_document()
    assert one.why_not(chain_of()) == "There is no hidden layer: add a Dense layer before the output."


def test_every_dropout_layer_that_is_there_gets_the_rate():
    one = HYPERPARAMETERS["dropout"]
    assert one.present(DOCUMENTS["everything"]) == (0.1, 0.25)
    changed = one.put(DOCUMENTS["everything"], 0.0)
    assert kinds_of(changed) == kinds_of(DOCUMENTS["everything"])
    assert one.present(changed) == (0.0,)


def test_layers_beside_the_way_are_left_alone():
    document = starting_document()
    loose = msgspec.structs.replace(document.graph.node("dense_1"), id="loose", name="Loose")
    document = msgspec.structs.replace(
        document, graph=Graph(nodes=(*document.graph.nodes, loose), edges=document.graph.edges)
    )
    for name, value in (("hidden_units", 3), ("activation", "relu"), ("initializer", "zeros"), ("hidden_layers", 1)):
        assert HYPERPARAMETERS[name].put(document, value).graph.node("loose") == loose


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [("l1", "l1", 0.01), ("l2", "l2", 0.01), ("clip_norm", "clip_norm", 1.0), ("warm_up", "warm_up", 50)],
)
def test_penalties_limit_and_warm_up_are_the_settings_of_the_same_name(name, field, value):
    changed = HYPERPARAMETERS[name].put(starting_document(), value)
    assert getattr(changed.training, field) == value
    assert type(getattr(changed.training, field)) is type(value)


@pytest.mark.parametrize(("name", "field"), [("epsilon", "epsilon"), ("weight_decay", "weight_decay")])
def test_the_optimizers_own_settings_are_changed_beside_those_it_shares(name, field):
    optimizer = HYPERPARAMETERS[name].put(DOCUMENTS["everything"], 1e-3).training.optimizer
    assert getattr(optimizer, field) == 1e-3
    assert (optimizer.learning_rate, optimizer.beta1) == (0.004, 0.8)


def test_only_one_optimizer_decays_weights_and_is_named():
    assert HYPERPARAMETERS["weight_decay"].why_not(starting_document()) == (
        "Adam has no weight decay: choose AdamW as the optimizer."
    )


def test_zero_is_called_none_where_it_is_no_limit():
    one = HYPERPARAMETERS["clip_norm"]
    assert [one.label(value) for value in (0.0, 0.5)] == ["none", "0.5"]
    assert one.read("1, 0", starting_document()) == (0.0, 1.0)


def test_every_field_of_the_settings_and_of_the_optimizers_is_declared_or_known_to_be_none():
    """A new setting is to be declared here too, or said to be no hyperparameter of an experiment."""
    own = {"patience", "target_cost", "time_limit", "record_every", "seed", "shuffle", "precision", "deterministic"}
    kinds = [TrainingSettings, *OPTIMIZERS.values()]
    fields = {field.name for kind in kinds for field in fields_of(kind)} - own
    letters = {field for one in HYPERPARAMETERS.values() for field in getattr(one, "letters", ())}
    assert fields == letters | {one.field for one in HYPERPARAMETERS.values() if hasattr(one, "field")}


# -- what is typed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("learning_rate", "0.1 0.01; 1e-3", (0.001, 0.01, 0.1)),
        ("batch_size", "64, 16", (16, 64)),
        ("activation", "ReLU, tanh", ("relu", "tanh")),
        ("activation", "leaky relu", ("leaky_relu",)),
        ("initializer", "he_normal, Xavier normal", ("he_normal", "xavier_normal")),
        ("schedule", "reduce on plateau", ("reduce_on_plateau",)),
    ],
)
def test_values_are_read_as_people_type_them(name, text, values):
    assert HYPERPARAMETERS[name].read(text, starting_document()) == values


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("learning_rate", "", "There is no value to try"),
        ("learning_rate", "0.1, fast", "fast is not a number"),
        ("learning_rate", "0.1, 2000", "Learning rate goes from 0 to 1000, not 2000"),
        ("learning_rate", "0.1, -1", "Learning rate goes from 0 to 1000, not −1"),
        ("learning_rate", "0.1, 0.10", "0.1 is there twice"),
        ("batch_size", "0, 8", "Batch size goes from 1"),
        ("batch_size", "2.5", "Batch size is a whole number, not 2.5"),
        ("hidden_layers", "200", "Hidden layers goes from 0 to 30"),
        ("momentum", "1", "Momentum goes from 0 to below 1, not 1."),
        ("dropout", "0.99", "Dropout rate goes from 0 to 0.95"),
        ("activation", "tanh, swish", "There is no activation swish: choose among identity, sigmoid, tanh"),
        ("activation", "softmax", "There is no activation softmax"),
        ("epochs", ", ".join(map(str, range(1, MOST_VALUES + 2))), "13 values are too many"),
    ],
)
def test_values_that_cannot_be_tried_are_refused_with_a_reason(name, text, said):
    with pytest.raises(ValueError) as refused:
        HYPERPARAMETERS[name].read(text, starting_document())
    assert said in str(refused.value)


# -- the axis ---------------------------------------------------------------------------------------------------------


def test_places_on_a_log_scale_are_exponents_and_zero_stands_one_step_left():
    axis = Axis("log", (0.0, 0.001, 0.01, 0.1))
    assert [axis.place(value) for value in axis.values] == pytest.approx([-4, -3, -2, -1])
    assert axis.words == "log scale, 0 at its left end"
    assert axis.place(0.05) == pytest.approx(math.log10(0.05))
    assert axis.nearest(-2.2) == 2


def test_a_zero_that_is_no_limit_stands_one_step_right():
    axis = Axis("limit", (0.0, 0.1, 1.0))
    assert [axis.place(value) for value in axis.values] == pytest.approx([1, -1, 0])
    assert axis.words == "log scale, no limit at its right end"


def test_places_of_memories_are_even_in_the_number_of_steps_they_average():
    axis = Axis("memory", (0.0, 0.9, 0.99))
    assert [axis.place(value) for value in axis.values] == pytest.approx([0, 1, 2])


def test_kinds_stand_one_beside_the_other_and_one_that_was_not_tried_has_no_place():
    axis = Axis("names", ("tanh", "relu"))
    assert [axis.place(value) for value in ("tanh", "relu", "sigmoid")] == [0.0, 1.0, None]


def test_places_of_a_single_zero_and_of_equal_steps_are_finite():
    assert Axis("log", (0.0,)).place(0.0) == 0.0
    assert Axis("linear", (0, 1, 2)).place(2) == 2.0

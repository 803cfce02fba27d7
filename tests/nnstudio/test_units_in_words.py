"""What is said of a layer's units: every statement from the engine's figures."""

from __future__ import annotations

import numpy as np
import pytest

from engine import (
    ActivationLayer,
    Add,
    BatchNorm,
    Concatenate,
    Dataset,
    Dense,
    Input,
    LayerNorm,
    Network,
    Output,
    Zeros,
    chain,
    wired,
)
from engine.activations import Relu, Sigmoid, Tanh
from engine.probes import looked_at
from engine.units import MOST_LINKS, units
from nnstudio.data import (
    Column,
    DataRecipe,
    ImportPlan,
    Preparation,
    SampleSource,
    prepare,
    prepare_table,
    raw,
    raw_rows,
    sample_recipe,
)
from nnstudio.data.table import Categories, ReadReport, Table
from nnstudio.units import (
    fits,
    image_side,
    likeness,
    listed_examples,
    made_from,
    marks,
    page_words,
    range_words,
    state,
    summary,
    target_words,
    unit_symbol,
    units_text,
    weights_of,
)

RNG = np.random.default_rng(3)
X = RNG.normal(size=(120, 3))
DATA = Dataset(X, (X[:, :1] > 0).astype(float), np.float64)


def network_of(*layers, features=3):
    return Network(chain([Input(features=features), *layers, Output()]), seed=2, precision="float64")


def told(network, node, unit=0, data=DATA):
    return units(network, looked_at(data), node, data, unit)


def with_biases(activation, *biases):
    """Return a layer of units whose biases push them to where the activation is stuck, or not."""
    network = network_of(Dense(units=len(biases), activation=activation))
    network.parameters["dense_1.Theta"][:, 0] = biases
    return network


def pixels(count, kind="number"):
    """Return prepared data of so many columns of numbers, the last one of them of a kind."""
    names = [f"p{number}" for number in range(count)]
    columns = {name: RNG.integers(0, 2, 40).astype(float) for name in names}
    if kind == "category":  # two columns of the input, so that their number stays a square
        columns[names[-2]] = Categories(RNG.integers(0, 2, 40).astype(np.int32), ("no", "yes"))
        del columns[names.pop()]
    table = Table("pixels", {**columns, "y": RNG.normal(size=40)}, ReadReport(rows=40))
    kinds = {name: "category" if isinstance(columns[name], Categories) else "number" for name in names}
    features = (Column(name=name, kind=kinds[name]) for name in names)
    plan = ImportPlan(columns=(*features, Column(name="y", role="target")))
    return prepare_table(table, DataRecipe(source=SampleSource(name="pixels"), plan=plan))


# -- states -----------------------------------------------------------------------------------------------------------


def test_a_unit_that_is_0_for_all_examples_is_dead_and_one_that_is_for_nearly_all_is_nearly_so():
    network = with_biases(Relu(), 0.0, -100.0, 0.0)
    theta = network.parameters["dense_1.Theta"]
    z = X @ theta[2, 1:]
    theta[2, 0] = -np.sort(z)[-4:-2].mean()  # three stay above 0
    found = told(network, "dense_1")
    assert [state(found, at).word for at in range(3)] == ["", "dead", "nearly dead"]
    assert "0 for all 120 examples" in state(found, 1).sentence
    assert (z + theta[2, 0] > 0).sum() == 3
    assert "97.5" in state(found, 2).sentence
    above = float((X @ theta[0, 1:] > 0).mean())
    assert state(found, 0).sentence == f"Above 0 for {100 * above:.1f}\u202f% of the examples."


def test_a_unit_where_the_slope_is_nearly_0_is_saturated():
    found = told(with_biases(Sigmoid(), 0.0, 40.0), "dense_1")
    assert [state(found, at).word for at in range(2)] == ["", "saturated"]
    assert "for all 120 examples" in state(found, 1).sentence
    assert marks(found, 1) == ("saturated", "sat.", "*")
    assert marks(found, 0) == ()


def test_a_unit_that_has_one_value_only_is_constant():
    network = with_biases(Tanh(), 0.5, 0.5)
    network.parameters["dense_1.Theta"][0, 1:] = 0.0
    found = told(network, "dense_1")
    assert state(found, 0).word == "constant"
    assert "0.462" in state(found, 0).sentence


def test_values_that_are_no_numbers_are_told_as_such():
    network = with_biases(Tanh(), np.nan, 0.5)
    found = told(network, "dense_1")
    assert (state(found, 0).word, state(found, 0).grade) == ("no number", "bad")
    assert state(found, 1).grade == "ok"


def test_units_with_the_same_weights_are_named_and_counted():
    found = told(network_of(Dense(units=4, initializer=Zeros(), activation=Sigmoid())), "dense_1")
    assert likeness(found, 0) == "Identical to 3 other units: the symmetry between them is not broken."
    assert likeness(found, 2) == "Identical to unit 1 and 2 others: the symmetry between them is not broken."
    assert "4 identical: symmetry not broken" in summary(found)
    assert likeness(told(network_of(Dense(units=4)), "dense_1"), 1) == ""


# -- layers larger than a page ----------------------------------------------------------------------------------------


def test_of_a_large_layer_the_page_and_its_states_are_told():
    network = network_of(Dense(units=150, activation=Relu()))
    network.parameters["dense_1.Theta"][[3, 70, 71], 0] = -100.0
    found = told(network, "dense_1", unit=100)
    assert page_words(found) == "units 65 to 128 of 150"
    assert summary(found).startswith("of these 2 dead")
    assert page_words(told(network_of(Dense(units=64)), "dense_1")) == ""


def test_it_is_said_when_figures_are_taken_over_some_examples(monkeypatch):
    from engine import units as units_file

    monkeypatch.setattr(units_file, "MOST_WORK", 1)
    monkeypatch.setattr(units_file, "LEAST_EXAMPLES", 50)
    assert "figures over 50 of 120 training examples" in summary(told(network_of(Dense(units=2)), "dense_1"))


# -- weights and examples ---------------------------------------------------------------------------------------------


def test_the_weights_listed_are_the_parameters_by_their_names():
    network = network_of(Dense(units=12), Dense(units=5))
    found = told(network, "dense_1")
    reads, read_by = weights_of(network.graph, network.shapes, ["a", "b", "c"], found, 4)
    theta, next_ = network.parameters["dense_1.Theta"], network.parameters["dense_2.Theta"]
    assert dict(reads.rows) == pytest.approx(dict(zip("abc", theta[4, 1:], strict=True)))
    assert [abs(weight) for _, weight in reads.rows] == sorted(abs(theta[4, 1:]), reverse=True)
    assert reads.heading == "READS, WITH W[1]₅"
    assert (read_by.heading, read_by.foot) == ("IS READ BY DENSE 2, WITH W[2]", "")
    assert dict(read_by.rows) == {unit_symbol(2, unit): next_[unit, 5] for unit in range(5)}
    (behind, _) = weights_of(network.graph, network.shapes, ["a", "b", "c"], told(network, "dense_2"), 0)
    assert behind.foot == f"and {12 - MOST_LINKS} smaller ones"
    assert all(name.startswith("a[1]") for name, _ in behind.rows)


def test_the_examples_listed_are_those_with_the_largest_and_smallest_values():
    network = network_of(Dense(units=2, activation=Tanh()))
    found = told(network, "dense_1")
    theta = network.parameters["dense_1.Theta"]
    a = np.tanh(X @ theta[1, 1:] + theta[1, 0])
    strongest, lowest = listed_examples(found, 1)
    assert strongest.rows[0] == a.argmax()
    assert lowest.rows[0] == a.argmin()
    assert strongest.values == pytest.approx(np.sort(a)[::-1][: len(strongest.rows)])


def test_of_a_dead_unit_no_example_is_the_strongest_and_zeros_are_counted():
    found = told(with_biases(Relu(), -100.0, 0.0), "dense_1")
    assert listed_examples(found, 0) == ()
    zeros = round(float(found.dead[1]) * 120)
    assert listed_examples(found, 1)[1].heading == f"LOWEST: 0 FOR {zeros} EXAMPLES, SUCH AS"


def test_without_weights_it_is_said_of_what_a_unit_is_made():
    layers = {
        "x": Input(features=3),
        "a": Dense(units=4),
        "norm": BatchNorm(),
        "b": Dense(units=4),
        "sum": Add(),
        "both": Concatenate(),
        "layer": LayerNorm(),
        "act": ActivationLayer(activation=Relu()),
        "y": Output(),
    }
    graph = wired(layers, ("x", "a", "norm", "sum", "both", "layer", "act", "y"), ("x", "b", "sum"), ("b", "both"))
    shapes = Network(graph).shapes
    level = shapes.levels
    sources = [unit_symbol(level[name], 2) for name in graph.inputs_of("sum")]
    assert made_from(graph, shapes, "sum", 2) == f"The sum {' + '.join(sources)}."
    assert made_from(graph, shapes, "both", 5) == f"A copy of {unit_symbol(level['b'], 1)}, of b."
    assert made_from(graph, shapes, "layer", 0) == "Made from all units of both."
    assert made_from(graph, shapes, "act", 3) == f"Made from {unit_symbol(level['layer'], 3)} alone, of layer."


def test_as_text_each_unit_has_a_row_with_its_figures_and_the_chosen_one_its_weights():
    network = network_of(Dense(units=3), Dense(units=2))
    found = told(network, "dense_1")
    lines = units_text(network.graph, network.shapes, ["a", "b", "c"], found, 1).splitlines()
    assert lines[1].split("\t") == ["unit", "lowest", "mean", "highest", "state"]
    figures = [[float(cell) for cell in line.split("\t")[1:4]] for line in lines[2:5]]
    assert np.array(figures) == pytest.approx(np.stack([found.lows, found.means, found.highs], axis=1), rel=1e-5)
    assert lines[6] == "a[1]₂"
    assert f"b\t{network.parameters['dense_1.Theta'][1, 2]:.6g}" in lines
    assert str(round(float(found.highs[0]), 2))[:3] in range_words(found, 0).replace("\u2212", "-")


# -- what fits, and the data ------------------------------------------------------------------------------------------


def test_units_of_another_network_or_other_data_do_not_fit():
    network, other = network_of(Dense(units=3)), network_of(Dense(units=4))
    found = told(network, "dense_1")
    assert fits(network.graph, network.shapes, 3, 120, found)
    assert not fits(other.graph, other.shapes, 3, 120, found)
    assert not fits(network.graph, network.shapes, 2, 120, found)
    assert not fits(network.graph, network.shapes, 3, 100, found)
    renamed = Network(chain([Input(features=3), Output()]))
    assert not fits(renamed.graph, renamed.shapes, 3, 120, found)


def test_a_target_is_told_as_its_class_or_in_the_tables_unit():
    for name in ("iris", "circles"):
        data = prepare(sample_recipe(name))
        Y = data.Y[data.training[5]]
        chosen = int(Y.argmax()) if len(Y) > 1 else int(Y[0])
        assert target_words(data, 5) == data.classes[chosen]
    data = prepare(sample_recipe("plane"))
    x = [raw(data, feature, data.X[data.training[5], feature]) for feature in (0, 1)]
    assert float(target_words(data, 5).replace("\u2212", "-")) == pytest.approx(2 * x[0] - x[1] + 0.5, abs=0.5)


def test_whole_rows_come_back_in_the_units_of_the_table():
    data = prepare(sample_recipe("iris"))
    rows = raw_rows(data, data.X[:7])
    for feature in range(4):
        np.testing.assert_array_equal(rows[:, feature], raw(data, feature, data.X[:7, feature]))


def several_targets(*targets, log="none"):
    """Return prepared data of two positive numbers and the targets given, by name and values."""
    columns = {"a": np.arange(1.0, 41.0), "b": np.linspace(5.0, 900.0, 40) ** 2}
    plan = ImportPlan(
        columns=(
            *(Column(name=name) for name in columns),
            *(Column(name=name, kind=kind, role="target") for name, kind, _ in targets),
        )
    )
    table = Table("case", {**columns, **{name: values for name, _, values in targets}}, ReadReport(rows=40))
    recipe = DataRecipe(source=SampleSource(name="case"), plan=plan, preparation=Preparation(log=log))
    return columns, prepare_table(table, recipe)


def test_of_several_targets_each_is_told():
    half = np.arange(40) % 2
    flags = [(name, "category", Categories(half.astype(np.int32), words)) for name, words in
             (("ripe", ("green", "red")), ("sold", ("no", "yes")))]  # fmt: skip
    _, data = several_targets(*flags)
    row = data.training[3]
    assert target_words(data, 3) == (("green, no", "red, yes")[half[row]])
    _, data = several_targets(
        ("weight", "number", np.arange(40.0) * 7), ("age", "number", np.arange(40.0)[::-1].copy())
    )
    row = data.training[3]
    assert [float(part) for part in target_words(data, 3).split(", ")] == pytest.approx(
        [7.0 * row, 39.0 - row], rel=5e-3
    )


def test_values_of_which_the_logarithm_is_read_come_back_too():
    columns, data = several_targets(("y", "number", np.arange(40.0)), log="log1p")
    rows = raw_rows(data, data.X)
    np.testing.assert_allclose(rows, np.stack(list(columns.values()), axis=1), rtol=1e-4)


def test_features_are_an_image_where_their_number_is_a_square_of_4_or_more():
    assert image_side(prepare(sample_recipe("iris"))) == 0
    assert image_side(prepare(sample_recipe("wine"))) == 0
    assert image_side(pixels(16)) == 4
    assert image_side(pixels(9)) == 0
    assert image_side(pixels(16, kind="category")) == 0

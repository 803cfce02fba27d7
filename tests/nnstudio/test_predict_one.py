"""One example typed by hand: the prediction of a table's row, and what the recipe does with what is odd."""

from __future__ import annotations

from datetime import datetime

import msgspec
import numpy as np
import pytest

from engine.activations import Identity
from engine.graph import chain
from engine.layers import Dense, Input, Output
from engine.losses import Hinge
from engine.network import Network
from nnstudio import edits
from nnstudio.data import ClipValues, ColumnSteps, Dialect, PreparedData, Table, apply, prepare_table
from nnstudio.document import Document
from nnstudio.predict_one import predict_one, typical, values_of
from nnstudio.predicting import columns_of
from tests.nnstudio.tables import mixed, recipe, table

DAY = 86_400.0
GERMAN = Dialect(delimiter=";", decimal=",", thousands=".")


def trained(data: Table, target: object = "y", **given: object) -> tuple[Network, PreparedData]:
    """Return a network with its initial weights on the data of a recipe: any weights will do."""
    made = recipe(data, target, **given)  # type: ignore[arg-type]
    prepared = prepare_table(data, made)
    graph = chain([Input(features=1), Dense(units=4), Output(units=1)])
    return Network(edits.use_prepared(Document(graph=graph), made, prepared).graph, seed=3), prepared


def cells(data: Table, row: int) -> dict[str, str]:
    """Return a row of a table as a person would type it."""
    made = {}
    for name, column in data.columns.items():
        if isinstance(column, np.ndarray):
            made[name] = "" if np.isnan(column[row]) else repr(float(column[row]))
        else:
            made[name] = column.texts()[row] or ""
    return made


@pytest.mark.parametrize(
    "given",
    [
        {"missing": "median", "was_missing": True},
        {"missing": "mean", "encoding": "ordinal", "other": True},
        {"missing": "constant", "log": "signed", "clip": ClipValues(low=-5e5, high=5e5)},
    ],
)
def test_a_typed_row_gets_the_prediction_that_its_table_gets(given: dict[str, object]) -> None:
    data = mixed()
    network, prepared = trained(data, **given)
    outputs = columns_of(prepared.fitted, network.predict(apply(prepared.fitted, data).X))
    for row in range(25):
        found = predict_one(network, prepared.fitted, cells(data, row))
        assert found.answers[0].value == outputs["prediction"][row]
        expected = [float(outputs[f"probability_{name}"][row]) for name in ("no", "yes")]
        assert [share for _, share in found.answers[0].shares] == pytest.approx(expected, abs=1e-5)


def test_a_row_without_a_value_that_is_needed_has_no_prediction_and_says_of_what() -> None:
    network, prepared = trained(mixed(), missing="drop")
    found = predict_one(network, prepared.fitted, {"x": "", "color": "red", "z": "1"})
    assert found.answers == ()
    assert found.problem == "There is no prediction without a value of 'x'."
    assert found.notes == {"x": "Missing: the recipe leaves such a row out."}
    network, prepared = trained(mixed(holes=0.0), missing="refuse")
    assert "trained to refuse" in predict_one(network, prepared.fitted, {"color": "red", "z": "1"}).notes["x"]


def test_what_is_put_for_a_missing_value_is_said() -> None:
    data = table(x=[1.0, 2.0, 9.0, None], c=["a", "b", "a", None], y=[1.0, 2.0, 3.0, 4.0])
    network, prepared = trained(data, validation=0.0, missing="median")
    found = predict_one(network, prepared.fitted, {"x": "", "c": ""})
    assert found.notes["x"] == "Missing: 2, the median of the training rows, is put for it."
    assert found.notes["c"] == "Missing: 'a', the most frequent of the training rows, is put for it."
    assert found.answers == predict_one(network, prepared.fitted, {"x": "2", "c": "a"}).answers
    network, prepared = trained(data, validation=0.0, missing="constant")
    assert predict_one(network, prepared.fitted, {"c": "a"}).notes["x"] == "Missing: 0, the constant, is put for it."


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "'pink' was not seen in training: none of the inputs of 'color' is 1."),
        ({"other": True}, "'pink' was not seen in training: it counts as other."),
        ({"encoding": "ordinal"}, "'pink' was not seen in training: it stands in the middle of those that were."),
    ],
)
def test_a_category_that_was_not_seen_is_treated_as_the_recipe_says(given: dict[str, object], said: str) -> None:
    network, prepared = trained(mixed(), **given)
    found = predict_one(network, prepared.fitted, {"x": "5", "color": "pink", "z": "1"})
    assert found.answers
    assert found.notes == {"color": said}


def test_what_cannot_be_read_counts_as_missing() -> None:
    network, prepared = trained(mixed(), missing="median")
    found = predict_one(network, prepared.fitted, {"x": "12 million", "color": "red", "z": "1,5"})
    assert found.notes["x"].startswith("'12 million' is no number and counts as missing: ")
    assert found.notes["z"] == "Read as 1.5."


@pytest.mark.parametrize(
    ("dialect", "typed", "said"),
    [
        (Dialect(), "1,234", "'1,234' may be 1.234 or 1234 and counts as missing"),
        (Dialect(delimiter=";", decimal=","), "-21.500", "may be -21,500 or -21500 and counts as missing"),
    ],
)
def test_a_number_that_may_be_meant_either_way_is_not_guessed(dialect: Dialect, typed: str, said: str) -> None:
    network, prepared = trained(table(x=[float(i) for i in range(40)], y=["a", "b"] * 20))
    fitted = msgspec.structs.replace(prepared.fitted, dialect=dialect)
    found = predict_one(network, fitted, {"x": typed})
    assert said in found.notes["x"]
    assert not found.answers


def test_limits_and_logarithms_are_said() -> None:
    steps = {"x": ColumnSteps(clip=ClipValues(low=0.0, high=3.0)), "z": ColumnSteps(log="log1p")}
    data = table(x=[0.0, 1.0, 2.0], z=[0.0, 1.0, 2.0], y=[1.0, 2.0, 3.0])
    network, prepared = trained(data, validation=0.0, steps=steps)
    found = predict_one(network, prepared.fitted, {"x": "9", "z": "-2"})
    assert found.notes["x"] == "Clipped to 3."
    assert found.notes["z"].startswith("log(1 + x) needs a number above −1, so this counts as missing")
    assert found.problem


def test_a_number_has_its_own_unit_and_several_targets_an_answer_each() -> None:
    data = table(x=[0.0, 1.0, 2.0, 3.0], a=[10.0, 20.0, 30.0, 40.0], b=[0.0, 5.0, 5.0, 9.0])
    network, prepared = trained(data, ("a", "b"), validation=0.0)
    found = predict_one(network, prepared.fitted, {"x": "1"})
    outputs = columns_of(prepared.fitted, network.predict(prepared.X[prepared.X[:, 0].argsort()][1:2]))
    for answer in found.answers:
        said = float(answer.value.replace("\u202f", "").replace("−", "-"))
        assert said == pytest.approx(float(outputs[f"prediction_{answer.target}"][0]), rel=1e-3)
        assert answer.shares == ()


def test_scores_of_the_hinge_loss_are_no_probabilities() -> None:
    data = table(x=[0.0, 1.0, 2.0, 3.0], y=["no", "no", "yes", "yes"])
    made = recipe(data, "y", validation=0.0)
    prepared = prepare_table(data, made)
    graph = chain([Input(features=1), Output(units=1, activation=Identity(), loss=Hinge())])
    answer = predict_one(Network(graph, seed=3), prepared.fitted, {"x": "2"}).answers[0]
    assert answer.scores
    assert answer.shares[0][1] == -answer.shares[1][1]


def test_the_inputs_of_an_example_go_back_to_what_the_table_has() -> None:
    data = mixed(rows=60)
    made = recipe(data, "y", missing="median", was_missing=True, log="signed")
    prepared = prepare_table(data, made)
    seen = set()
    for row in range(60):
        given = cells(data, row)
        found = [values for values in _all_values(prepared) if _near(values, given)]
        assert found, given
        seen.add("" in (given["x"], given["color"], given["z"]))
    assert seen == {True, False}


def _all_values(prepared: PreparedData) -> list[dict[str, str]]:
    return [values_of(prepared.fitted, x) for x in prepared.X]


def _near(values: dict[str, str], given: dict[str, str]) -> bool:
    def same(one: str, other: str) -> bool:
        if not one or not other:
            return one == other
        return np.isclose(float(one), float(other), rtol=1e-4, atol=1e-4)

    return values["color"] == given["color"] and all(same(values[name], given[name]) for name in ("x", "z"))


def test_dates_and_yes_no_go_there_and_back() -> None:
    days = np.array([0.0, 10 * DAY, 40 * DAY])
    data = table(d=[*days], b=["no", "yes", "no"], y=[1.0, 2.0, 3.0])
    kinds = {"d": "date", "b": "boolean"}
    for parts in (("timestamp",), ("year", "month", "weekday")):
        network, prepared = trained(
            data,
            validation=0.0,
            kinds=kinds,
            steps={"d": ColumnSteps(date_parts=parts)},  # type: ignore[arg-type]
        )
        for x in prepared.X:
            values = values_of(prepared.fitted, x)
            assert predict_one(network, prepared.fitted, values).notes == {}
            again = apply(prepared.fitted, _one(values, prepared)).X
            np.testing.assert_allclose(again[0], x, atol=1e-5)
    found = predict_one(network, prepared.fitted, {"d": "yesterday", "b": "maybe"})
    assert found.notes["d"].startswith("'yesterday' is no date")
    assert found.notes["b"].startswith("'maybe' is neither no nor yes")


def test_a_day_long_ago_comes_back_as_that_day() -> None:
    days = 1_600_000_000.0 // DAY * DAY + DAY * np.arange(0.0, 4_000.0, 37.0)
    data = table(d=days.tolist(), y=np.arange(float(len(days))).tolist())
    _, prepared = trained(data, kinds={"d": "date"})
    found = {values_of(prepared.fitted, x)["d"] for x in prepared.X}
    assert found == {str(np.datetime64(int(day), "s").astype("datetime64[D]")) for day in days}


def test_numbers_come_back_as_short_as_the_table_has_them() -> None:
    x = [0.0, 0.1, 5.1, 1234.5, -7.0, 3.0]
    _, prepared = trained(table(x=[*x], y=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    found = {values_of(prepared.fitted, one)["x"] for one in prepared.X}
    assert found == {"0", "0.1", "5.1", "1234.5", "-7", "3"}


def _one(values: dict[str, str], prepared: PreparedData) -> Table:
    seconds = (datetime.fromisoformat(values["d"]) - datetime(1970, 1, 1)).total_seconds()
    return table(d=[seconds], b=[values["b"]])


def test_typical_values_are_medians_and_the_most_frequent() -> None:
    data = table(x=[1.0, 2.0, 90.0, None, 2.0], c=["a", "b", "b", None, "c"], y=[1.0, 2.0, 3.0, 4.0, 5.0])
    _, prepared = trained(data, validation=0.0, missing="median", was_missing=True)
    assert typical(prepared.fitted, prepared.X) == {"x": "2", "c": "b"}
    assert set(typical(prepared.fitted)) == {"x", "c"}


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1.234", 1234.0), ("1.234,5", 1234.5), ("1,5", 1.5), ("75.2", 75.2), ("−3", -3.0), ("1 000", 1000.0)],
)
def test_a_number_is_read_as_the_table_would_have_it_and_else_as_anyone_types_it(typed: str, value: float) -> None:
    data = table(x=[float(i * 100) for i in range(40)], y=["a", "b"] * 20)
    network, prepared = trained(data)
    plain = prepared.fitted
    german = msgspec.structs.replace(plain, dialect=GERMAN)
    expected = predict_one(network, plain, {"x": repr(value)}).answers
    assert predict_one(network, german, {"x": typed}).answers == expected


def test_an_example_is_shown_with_the_decimal_mark_of_its_table() -> None:
    data = table(x=[i + 0.25 for i in range(40)], y=["a", "b"] * 20)
    _, prepared = trained(data)
    german = msgspec.structs.replace(prepared.fitted, dialect=GERMAN)
    assert values_of(prepared.fitted, prepared.X[0]) == {"x": "0.25"}
    assert values_of(german, prepared.X[0]) == {"x": "0,25"}
    assert "," in typical(german, prepared.X)["x"]

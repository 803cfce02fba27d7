"""The recipe in words: the fitted numbers of every step, computed here in another way, and the whole in brief."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data import (
    ClipQuantiles,
    ClipValues,
    ColumnSplit,
    ColumnSteps,
    GroupSplit,
    Preparation,
    ReadReport,
    ShareSplit,
    Table,
    TimeSplit,
    prepare_table,
)
from nnstudio.recipe_words import brief, chips, divided, lines, read_constant, rules, shown_constant, widths
from tests.nnstudio.tables import recipe, table

X = [1.0, 2.0, 3.0, 10.0]
DAY = 86_400.0


def said(column: str, data: Table, **given: object) -> tuple[str, ...]:
    """Return the steps of one column in words, all rows being training rows."""
    made = recipe(data, "y", validation=0.0, **given)  # type: ignore[arg-type]
    found = {line.name: line for line in lines(made, prepare_table(data, made).fitted)}
    return found[column].steps


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (ColumnSteps(), ("(x − 4) / 3.536",)),
        (ColumnSteps(scaling="min_max"), ("(x − 1) / 9",)),
        (ColumnSteps(scaling="none"), ("as it is",)),
        (ColumnSteps(clip=ClipValues(high=3.0), scaling="none"), ("at most 3", "as it is")),
        (ColumnSteps(clip=ClipValues(low=2.0), scaling="none"), ("at least 2", "as it is")),
        (ColumnSteps(clip=ClipQuantiles(low=0.0, high=1.0), scaling="none"), ("clip to 1 … 10", "as it is")),
        (ColumnSteps(log="log1p", scaling="none"), ("log(1 + x)",)),
        (ColumnSteps(log="signed", scaling="min_max"), ("(sign(x) log(1 + |x|) − 0.6931) / 1.705",)),
    ],
)
def test_a_number_tells_its_steps_with_the_fitted_numbers(steps: ColumnSteps, expected: tuple[str, ...]) -> None:
    assert said("x", table(x=[*X], y=[1.0, 2.0, 3.0, 4.0]), steps={"x": steps}) == expected


def test_an_offset_below_zero_is_added() -> None:
    assert said("x", table(x=[-3.0, -1.0], y=[1.0, 2.0])) == ("x + 2",)


def test_a_filled_column_tells_with_what() -> None:
    data = table(x=[1.0, None, 3.0, 8.0], c=["a", None, "a", "b"], y=[1.0, 2.0, 3.0, 4.0])
    median = said("x", data, missing="median", was_missing=True, scaling="none")
    assert median == ("median 3 for missing", "an input that is 1 where it was missing", "as it is")
    assert said("c", data, missing="median") == ("most frequent a for missing", "one-hot, 2 categories")
    constant = {"c": ColumnSteps(constant="none")}
    assert said("c", data, missing="constant", steps=constant) == ("none for missing", "one-hot, 3 categories")


def test_where_room_is_short_what_is_done_to_missing_cells_comes_last() -> None:
    data = table(x=[1.0, None, 3.0, 8.0], y=[1.0, 2.0, 3.0, 4.0])
    made = recipe(data, "y", validation=0.0, missing="median", scaling="none")
    assert lines(made, prepare_table(data, made).fitted)[0].summary == "as it is, median 3 for missing"


def test_a_constant_is_read_as_its_column_holds_it() -> None:
    assert read_constant("number", "1,5") == 1.5
    assert read_constant("category", "12") == "12"
    assert read_constant("date", "1970-01-03") == 2 * DAY
    assert read_constant("date", "03.01.1970", "dmy") == 2 * DAY
    assert shown_constant("date", 2 * DAY) == "1970-01-03"
    for kind, text in (("number", "many"), ("date", "yesterday")):
        with pytest.raises(ValueError, match="Type one such as"):
            read_constant(kind, text)  # type: ignore[arg-type]


def test_categories_are_counted_and_named() -> None:
    data = table(c=["red", "green", "blue", "red"], y=[1.0, 2.0, 3.0, 4.0])
    made = recipe(data, "y", validation=0.0, other=True)
    line = lines(made, prepare_table(data, made).fitted)[0]
    assert (line.text, line.kind, line.inputs) == ("c: one-hot, 3 categories, an input for others", "text", 4)
    assert line.detail == "blue, green, red"
    order = {"c": ColumnSteps(encoding="ordinal", order=("red", "green", "blue"), scaling="none")}
    assert said("c", data, steps=order) == ("in order, 3 categories", "place")


def test_many_categories_are_named_in_part() -> None:
    data = table(c=[f"k{at:02}" for at in range(40)], y=np.arange(40.0).tolist())
    made = recipe(data, "y", validation=0.0)
    assert lines(made, prepare_table(data, made).fitted)[0].detail.endswith("k11 and 28 more")


def test_dates_are_told_as_dates_and_in_days() -> None:
    data = Table(
        "t.csv",
        {"d": np.array([0.0, 2 * DAY, 4 * DAY]), "y": np.array([1.0, 2.0, 3.0])},
        ReadReport(rows=3),
    )
    steps = {"d": ColumnSteps(date_parts=("timestamp", "weekday"), scaling="min_max")}
    assert said("d", data, kinds={"d": "date"}, steps=steps) == ("(date − 1970-01-01) / 4 days", "weekday / 5")


def test_yes_no_and_targets_tell_which_is_one() -> None:
    data = table(b=["no", "yes", "no", "yes"], y=["bad", "good", "good", "bad"])
    made = recipe(data, "y", kinds={"b": "boolean"}, validation=0.0)
    found = {line.name: line for line in lines(made, prepare_table(data, made).fitted)}
    assert (found["b"].kind, found["b"].steps) == ("yes/no", ("0 for no, 1 for yes",))
    assert (found["y"].role, found["y"].steps) == ("target", ("target: 0 for bad, 1 for good",))


def test_a_column_that_is_not_used_says_so() -> None:
    data = table(x=[1.0, 2.0], z=[1.0, 2.0], y=[1.0, 2.0])
    made = recipe(data, "y", ignored=("z",), validation=0.0)
    assert lines(made, prepare_table(data, made).fitted)[1].steps == ("not used",)


def test_the_whole_is_counted_by_step() -> None:
    data = table(x=X, z=X, c=["a", "b", "a", "b"], d=["a", "b", "c", "a"], w=[1.0, None, 2.0, 3.0], y=X)
    made = recipe(data, "y", validation=0.0, steps={"w": ColumnSteps(missing="mean", scaling="min_max")})
    fitted = prepare_table(data, made).fitted
    assert brief(made, fitted) == ("standardize 2", "one-hot 2", "min-max 1", "fill 1")
    assert widths(fitted) == "5 columns → 8 features"
    shown = [chip.replace("\u00a0", " ") for chip in chips(made, fitted)]
    assert shown == ["5 columns → 8 features", "standardize 2 · one-hot 2 · min-max 1 · fill 1"]


def test_columns_that_stay_one_feature_each_are_not_counted_twice() -> None:
    data = table(x=X, y=X)
    made = recipe(data, "y", validation=0.0)
    assert len(chips(made, prepare_table(data, made).fitted)) == 1


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (ShareSplit(validation=0.2), "Rows are drawn by chance: 20 % validate, classes in proportion, seed 7."),
        (ShareSplit(validation=0.0, stratified=False), "Rows are drawn by chance: all train, seed 7."),
        (ColumnSplit(column="part"), "Rows are divided by column 'part'."),
        (
            TimeSplit(column="day", validation=0.1, test=0.2),
            "Rows are divided in the order of 'day': 10 % validate, 20 % test.",
        ),
        (GroupSplit(column="id"), "Whole groups of 'id' are drawn by chance: 20 % validate, seed 7."),
    ],
)
def test_how_rows_are_divided_is_one_sentence(split: object, expected: str) -> None:
    words = divided(Preparation(split=split, seed=7))  # type: ignore[arg-type]
    assert words.replace("\u202f", " ") == expected


def test_rules_tell_of_missing_cells_and_weights() -> None:
    said = rules(Preparation(missing="median", class_weights="balanced"))
    assert said[0] == "A missing cell: filled with the median, or the most frequent text."
    assert said[-1] == "Each class counts the same in the cost."

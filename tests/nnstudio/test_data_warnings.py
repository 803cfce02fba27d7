"""What is doubtful about data is said, with its kind and columns, and sound data are not suspected."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from nnstudio.data import (
    SAMPLES,
    Categories,
    ColumnSteps,
    DataWarning,
    GroupSplit,
    PreparedData,
    PreparedRecord,
    TimeSplit,
    from_arrays,
    prepare,
    prepare_table,
    sample_recipe,
    to_arrays,
    to_record,
)
from tests.nnstudio.tables import recipe, table


def kinds(prepared: PreparedData) -> dict[str, DataWarning]:
    return {warning.kind: warning for warning in prepared.report.warnings}


def normal(rows: int = 200, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=rows)


def classes_of(values: np.ndarray) -> list[object]:
    return ["yes" if value > 0 else "no" for value in values]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_that_come_with_the_program_give_no_cause_for_warnings(name: str) -> None:
    known = {"duplicates", "constant"} if name == "digits" else {"duplicates"}  # three pixels are white in all digits
    assert set(kinds(prepare(sample_recipe(name)))) <= known


# -- a column that gives away the target ------------------------------------------------------------------------------

HIDDEN = normal()
GIVEAWAYS: dict[str, tuple[list[object], list[object]]] = {
    "a number parts two classes": (np.exp(HIDDEN).tolist(), classes_of(HIDDEN)),
    "the other way around": ((-(HIDDEN**3)).tolist(), classes_of(HIDDEN)),
    "a number parts four classes in another order": (
        (np.array([3, 0, 2, 1])[np.arange(200) % 4] + 0.01 * HIDDEN).tolist(),
        [f"c{i % 4}" for i in range(200)],
    ),
    "a text for each class": (
        ["high" if value > 0 else "low" for value in HIDDEN],
        classes_of(HIDDEN),
    ),
    "a number that grows with the number": (np.exp(HIDDEN).tolist(), (100 - 3 * HIDDEN).tolist()),
    "a text for each of few numbers": (
        ["one", "two", "three", "four"] * 50,
        ([1.5, 2.25, 3.125, 4.0] * 50),
    ),
    "with a few exceptions": (
        np.concatenate([[-5.0], HIDDEN[1:]]).tolist(),
        ["yes", *classes_of(HIDDEN[1:])],
    ),
    "where it is not missing": (
        [None if i % 5 == 0 else value for i, value in enumerate(HIDDEN.tolist())],
        classes_of(HIDDEN),
    ),
}


@pytest.mark.parametrize("case", GIVEAWAYS)
def test_a_column_that_gives_away_the_target_is_named(case: str) -> None:
    cells, y = GIVEAWAYS[case]
    data = table(leak=cells, x=normal(seed=1).tolist(), y=y)
    task = "regression" if not isinstance(y[0], str) else None
    warning = kinds(prepare_table(data, recipe(data, "y", task, missing="mean")))["gives_away"]
    assert warning.columns == ("leak",)
    assert warning.text.startswith("'leak' tells 'y' almost exactly.")


def test_what_is_only_related_to_the_target_gives_nothing_away() -> None:
    y = normal()
    noisy = y + 0.3 * normal(seed=1)
    texts = ["high" if value > 0 else "low" for value in noisy]
    numbers = table(x=noisy.tolist(), c=texts, y=y.tolist())
    assert "gives_away" not in kinds(prepare_table(numbers, recipe(numbers, "y")))
    classes = table(x=noisy.tolist(), c=texts, y=classes_of(y))
    assert "gives_away" not in kinds(prepare_table(classes, recipe(classes, "y")))
    # With one class in a hundred rows, always the other is right almost always, and gives nothing away.
    rare = table(x=noisy.tolist(), y=["yes"] + ["no"] * 99 + ["yes"] + ["no"] * 99)
    assert "gives_away" not in kinds(prepare_table(rare, recipe(rare, "y", validation=0.0)))


@pytest.mark.parametrize("rare", [3, 50, 3_000])
def test_a_column_that_gives_away_a_number_that_is_mostly_zero_is_named(rare: int) -> None:
    y = np.zeros(6_000)
    y[:: len(y) // rare] = np.exp(normal(len(y))[:: len(y) // rare])
    data = table(leak=(y * 3).tolist(), x=normal(len(y), seed=1).tolist(), y=y.tolist())
    assert kinds(prepare_table(data, recipe(data, "y", "regression")))["gives_away"].columns == ("leak",)


def test_a_column_that_gives_away_a_target_only_in_rows_held_back_is_not_looked_at() -> None:
    data = table(x=normal().tolist(), y=classes_of(normal(seed=1)))
    made = recipe(data, "y")
    held = prepare_table(data, made).validation
    x, y = data.columns["x"], data.columns["y"]
    assert isinstance(y, Categories)
    assert not isinstance(x, Categories)
    x[held] = y.codes[held] * 100.0
    assert "gives_away" not in kinds(prepare_table(data, made))


# -- columns that teach nothing ---------------------------------------------------------------------------------------


def test_constant_columns_of_every_kind_are_named() -> None:
    data = table(x=normal(60).tolist(), a=[1.0] * 60, b=["same"] * 60, c=[2.0, None] * 30, y=classes_of(normal(60, 1)))
    warning = kinds(prepare_table(data, recipe(data, "y", missing="mean")))["constant"]
    assert warning.columns == ("a", "b", "c")
    telling = recipe(data, "y", missing="mean", was_missing=True)
    assert kinds(prepare_table(data, telling))["constant"].columns == ("a", "b")


@pytest.mark.parametrize(
    "cells",
    [
        [float(i) for i in range(60)],
        [float(i) for i in range(1060, 1000, -1)],
        [f"name {i}" for i in range(60)],
    ],
    ids=["row numbers", "falling numbers", "names"],
)
def test_columns_that_tell_the_rows_apart_are_named(cells: list[object]) -> None:
    data = table(who=cells, x=normal(60).tolist(), y=classes_of(normal(60, 1)))
    assert kinds(prepare_table(data, recipe(data, "y")))["identity"].columns == ("who",)


def test_numbers_are_row_numbers_only_by_their_name_where_they_lie_far_apart() -> None:
    far = np.random.default_rng(0).choice(10**6, 60, replace=False).astype(float).tolist()
    data = table(CustomerID=far, salary=far, y=classes_of(normal(60, 1)))
    assert kinds(prepare_table(data, recipe(data, "y")))["identity"].columns == ("CustomerID",)


def test_another_category_that_no_training_row_has_is_said_to_be_untrained() -> None:
    data = table(c=["a", "b", "c", "a"] * 15, y=classes_of(normal(60)))
    assert kinds(prepare_table(data, recipe(data, "y", other=True)))["untrained"].columns == ("c",)
    rare = recipe(data, "y", steps={"c": ColumnSteps(other=True, rare_below=20)})
    assert "untrained" not in kinds(prepare_table(data, rare))


# -- rows -------------------------------------------------------------------------------------------------------------


def test_rows_on_both_sides_of_the_split_are_counted() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=100).tolist() * 2
    y = classes_of(random.normal(size=100)) * 2
    data = table(x=x, y=y, pair=[float(i) for i in range(100)] * 2)
    made = recipe(data, "y", ignored=("pair",), validation=0.2, test=0.1)
    prepared = prepare_table(data, made)
    partner = (np.arange(200) + 100) % 200
    held = np.concatenate([prepared.validation, prepared.test])
    expected = int(np.isin(partner[held], prepared.training).sum())
    assert expected > 0
    assert kinds(prepared)["duplicates"].text.startswith(f"{expected} of the 60 rows held back are also among")
    together = recipe(data, "y", ignored=("pair",), split=GroupSplit(column="pair"))
    assert "duplicates" not in kinds(prepare_table(data, together))


def test_rows_with_the_same_inputs_and_another_target_are_no_duplicates() -> None:
    data = table(x=[0.0, 1.0] * 50, z=[0.0, -0.0] * 50, y=normal(100).tolist())
    assert "duplicates" not in kinds(prepare_table(data, recipe(data, "y")))
    same = table(x=[0.0, 1.0] * 50, z=[0.0, -0.0] * 50, y=[1.0, 2.0] * 50)
    assert "duplicates" in kinds(prepare_table(same, recipe(same, "y", "regression", scaling="none")))


def test_classes_of_one_row_and_classes_that_are_not_trained_are_named() -> None:
    data = table(x=normal(60).tolist(), y=["a", "b"] * 29 + ["rare", "a"])
    assert "the class 'rare'" in kinds(prepare_table(data, recipe(data, "y")))["small_class"].text
    late = table(x=normal(60).tolist(), when=[float(i) for i in range(60)], y=["a", "b"] * 25 + ["new"] * 10)
    prepared = prepare_table(late, recipe(late, "y", ignored=("when",), split=TimeSplit(column="when")))
    assert "No training row has the class 'new'" in kinds(prepared)["unseen_class"].text


def test_more_inputs_than_training_rows_are_said() -> None:
    columns: dict[str, Any] = {f"x{i}": normal(30, seed=i).tolist() for i in range(25)}
    data = table(**columns, y=classes_of(normal(30, 99)))
    assert "more inputs (25) than training rows (24)" in kinds(prepare_table(data, recipe(data, "y")))["few_rows"].text


def test_columns_left_in_large_units_are_named_and_scaled_ones_are_not() -> None:
    columns: dict[str, Any] = {"year": (2000 + 5 * normal(seed=1)).tolist(), "x": normal(seed=2).tolist()}
    columns["pay"] = (1e5 * normal(seed=3)).tolist()
    columns["rare"] = [1e9 if i % 5 == 0 else 0.5 * i for i in range(200)]
    data = table(**columns, y=classes_of(normal()))
    assert "unscaled" not in kinds(prepare_table(data, recipe(data, "y")))
    found = kinds(prepare_table(data, recipe(data, "y", scaling="none")))["unscaled"]
    assert found.columns == ("year", "pay")
    assert "'year', 'pay' are not scaled: their inputs are about 60,000," in found.text


def test_warnings_are_kept_with_prepared_data() -> None:
    data = table(a=[1.0] * 60, x=normal(60).tolist(), y=classes_of(normal(60, 1)))
    prepared = prepare_table(data, recipe(data, "y"))
    record = msgspec.json.decode(msgspec.json.encode(to_record(prepared)), type=PreparedRecord)
    assert from_arrays(to_arrays(prepared), record).report.warnings == prepared.report.warnings != ()

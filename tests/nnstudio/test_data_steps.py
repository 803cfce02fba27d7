"""The steps of a column equal scikit-learn's, fitted on the training rows alone, and go back to the table's units."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from engine.declared import SettingError
from nnstudio.data import (
    Categories,
    ClipQuantiles,
    ClipValues,
    ColumnSteps,
    DataError,
    DataRecipe,
    PreparedData,
    PreparedRecord,
    ReadReport,
    Table,
    apply,
    axis,
    axis_title,
    from_arrays,
    from_axis,
    prepare_table,
    raw,
    scaled,
    to_arrays,
    to_input,
    to_record,
)
from tests.nnstudio.tables import mixed, recipe, table

SCALERS = {"standard": StandardScaler, "min_max": MinMaxScaler, "robust": RobustScaler, "none": FunctionTransformer}
IMPUTERS = ("mean", "median", "most_frequent", "constant")


def numbers(rows: int = 120, seed: int = 0, holes: float = 0.15) -> list[object]:
    """Return whole numbers with repeats, some far out, and holes."""
    random = np.random.default_rng(seed)
    values = np.round(random.standard_cauchy(rows) * 3)
    return [None if random.random() < holes else float(value) for value in values]


def texts(rows: int = 120, seed: int = 0, holes: float = 0.15) -> list[object]:
    random = np.random.default_rng(seed)
    chosen = random.choice(["low", "middle", "high", "huge"], rows, p=[0.5, 0.3, 0.15, 0.05])
    return [None if random.random() < holes else str(text) for text in chosen]


def prepared_column(cells: list[object], steps: ColumnSteps, kind: str | None = None, **more: Any) -> PreparedData:
    """Return one column prepared, with numbers to predict; a fifth of the rows validates and tests each."""
    y = np.random.default_rng(1).normal(size=len(cells)).tolist()
    data = table(c=cells, y=y)
    kinds = {"c": kind} if kind else None
    return prepare_table(data, recipe(data, "y", steps={"c": steps}, kinds=kinds, test=0.2, **more))


def as_objects(cells: list[object]) -> np.ndarray:
    return np.array([[np.nan if cell is None else cell] for cell in cells], object)


# -- against scikit-learn ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scaling", SCALERS)
@pytest.mark.parametrize("missing", IMPUTERS)
def test_numbers_are_filled_and_scaled_as_scikit_learn_does(missing: Any, scaling: Any) -> None:
    cells = numbers()
    prepared = prepared_column(
        cells, ColumnSteps(missing=missing, scaling=scaling, constant=7.0 if missing == "constant" else None)
    )
    X = as_objects(cells).astype(float)
    imputer = SimpleImputer(strategy=missing, fill_value=7.0).fit(X[prepared.training])
    scaler = SCALERS[scaling]().fit(imputer.transform(X[prepared.training]))
    np.testing.assert_allclose(prepared.X, scaler.transform(imputer.transform(X)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("missing", ["most_frequent", "mean", "median", "constant"])
@pytest.mark.parametrize("rare_below", [0, 8])
def test_one_hot_inputs_with_other_categories_equal_scikit_learns(missing: Any, rare_below: int) -> None:
    cells = texts()
    prepared = prepared_column(cells, ColumnSteps(missing=missing, other=True, rare_below=rare_below))
    X = as_objects(cells)
    imputer = SimpleImputer(
        strategy="constant" if missing == "constant" else "most_frequent", fill_value="missing"
    ).fit(X[prepared.training])
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=rare_below or None, sparse_output=False
    ).fit(imputer.transform(X[prepared.training]))
    expected = encoder.transform(imputer.transform(X))
    names = [name.removeprefix("x0_") for name in encoder.get_feature_names_out()]
    if rare_below:
        assert names[-1] == "infrequent_sklearn"  # scikit-learn has it where there are rare ones
        assert prepared.features[-1] == "c=(other)"
    else:  # and here it is there for those that no row had
        assert not prepared.X[prepared.training, -1].any()
        expected = np.column_stack([expected, np.zeros(len(expected))])
    assert [name.removeprefix("c=") for name in prepared.features[:-1]] == [n for n in names if "sklearn" not in n]
    np.testing.assert_array_equal(prepared.X, expected)


def test_unseen_categories_are_all_zeros_or_other() -> None:
    cells = texts(holes=0)
    for other in (False, True):
        prepared = prepared_column(cells, ColumnSteps(other=other))
        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        encoder.fit(as_objects(cells)[prepared.training])
        new = Table("new.csv", {"c": Categories(np.array([0, 1], np.int32), ("high", "never"))}, ReadReport(rows=2))
        applied = apply(prepared.fitted, new)
        known = len(encoder.categories_[0])
        np.testing.assert_array_equal(applied.X[:, :known], encoder.transform(as_objects(["high", "never"])))
        assert applied.X[1, known:].tolist() == [1.0] * other
        said = "1 cell holds a text that was not seen in training"
        assert any(said in note and ("counts as other" in note) == other for note in applied.notes)


@pytest.mark.parametrize("scaling", SCALERS)
def test_ordinal_inputs_equal_scikit_learns_and_an_unseen_category_stands_in_the_middle(scaling: Any) -> None:
    cells = texts(holes=0)
    order = ("low", "middle", "high", "huge")
    prepared = prepared_column(cells, ColumnSteps(encoding="ordinal", order=order, scaling=scaling))
    X = as_objects(cells)
    encoder = OrdinalEncoder(categories=[list(order)], handle_unknown="use_encoded_value", unknown_value=np.nan)
    codes = encoder.fit_transform(X)
    scaler = SCALERS[scaling]().fit(codes[prepared.training])
    np.testing.assert_allclose(prepared.X, scaler.transform(codes), rtol=1e-5, atol=1e-6)
    assert prepared.features == ("c",)
    np.testing.assert_allclose(raw(prepared, 0, prepared.X[:, 0]), codes[:, 0], atol=1e-5)
    new = Table("new.csv", {"c": Categories(np.array([0], np.int32), ("never",))}, ReadReport(rows=1))
    middle = scaler.transform([[codes[prepared.training].mean()]])
    np.testing.assert_allclose(apply(prepared.fitted, new).X, middle, atol=1e-6)


def test_categories_without_an_order_are_in_their_natural_one() -> None:
    prepared = prepared_column(["b", "a", "c"] * 20, ColumnSteps(encoding="ordinal", scaling="none"))
    assert prepared.X[:3, 0].tolist() == [1, 0, 2]


@pytest.mark.parametrize("log", ["log1p", "signed"])
@pytest.mark.parametrize("scaling", SCALERS)
def test_numbers_are_filled_then_clipped_then_logged_then_scaled(log: Any, scaling: Any) -> None:
    cells = [None if cell is None else abs(cell) if log == "log1p" else cell for cell in numbers()]  # type: ignore[arg-type]
    prepared = prepared_column(
        cells, ColumnSteps(missing="median", clip=ClipQuantiles(low=0.05, high=0.9), log=log, scaling=scaling)
    )
    X = as_objects(cells).astype(float)
    imputer = SimpleImputer(strategy="median").fit(X[prepared.training])
    low, high = np.quantile(imputer.transform(X[prepared.training]), [0.05, 0.9])
    clipped = np.clip(imputer.transform(X), low, high)
    logged = np.sign(clipped) * np.log1p(np.abs(clipped))
    scaler = SCALERS[scaling]().fit(logged[prepared.training])
    np.testing.assert_allclose(prepared.X, scaler.transform(logged), rtol=1e-5, atol=1e-6)
    # Back in the table's unit it is what was clipped; the axis of a plot has the unit in which the input is straight.
    np.testing.assert_allclose(raw(prepared, 0, prepared.X[:, 0]), clipped[:, 0], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(scaled(prepared, 0, clipped[:, 0]), prepared.X[:, 0], rtol=1e-4, atol=1e-5)
    there = axis(prepared, 0, prepared.X[:, 0])
    np.testing.assert_allclose(there, logged[:, 0], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(to_input(prepared, 0, there), prepared.X[:, 0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(from_axis(prepared, 0, there), clipped[:, 0], rtol=1e-4, atol=1e-4)
    assert axis_title(prepared, 0) == {"log1p": "log(1 + c)", "signed": "signed log of c"}[log]


def test_numbers_are_clipped_to_given_values_on_either_side() -> None:
    cells = [float(i) for i in range(40)]
    both = prepared_column(cells, ColumnSteps(clip=ClipValues(low=5, high=30), scaling="none"))
    assert both.X[:, 0].tolist() == np.clip(cells, 5, 30).tolist()
    one = prepared_column(cells, ColumnSteps(clip=ClipValues(high=30), scaling="none"))
    assert one.X[:, 0].tolist() == np.minimum(cells, 30).tolist()


def test_an_input_tells_which_cells_were_missing() -> None:
    cells = numbers()
    prepared = prepared_column(cells, ColumnSteps(missing="mean", was_missing=True))
    expected = MissingIndicator(features="all").fit_transform(as_objects(cells).astype(float))
    assert prepared.features == ("c", "c missing")
    np.testing.assert_array_equal(prepared.X[:, 1:], expected)
    several = prepared_column(texts(), ColumnSteps(missing="most_frequent", was_missing=True, other=True))
    assert several.features[-2:] == ("c=(other)", "c missing")
    assert several.X[:, -1].astype(bool).tolist() == [cell is None for cell in texts()]
    # As scikit-learn's "missing-only": an input that never varies in training could not be learned.
    assert prepared_column(numbers(holes=0), ColumnSteps(missing="mean", was_missing=True)).features == ("c",)


# -- dates and yes/no -------------------------------------------------------------------------------------------------


def test_a_date_becomes_the_parts_that_were_chosen_each_scaled() -> None:
    random = np.random.default_rng(0)
    seconds = np.floor(random.uniform(-5e9, 5e9, 80))  # from 1811 to 2128
    parts = ("timestamp", "year", "month", "weekday", "hour")
    prepared = prepared_column(seconds.tolist(), ColumnSteps(date_parts=parts), kind="date")
    start = datetime.datetime(1970, 1, 1)
    days = [start + datetime.timedelta(seconds=float(second)) for second in seconds]
    expected = np.array([[s, d.year, d.month, d.weekday(), d.hour] for s, d in zip(seconds, days, strict=True)])
    assert prepared.features == ("c", "c year", "c month", "c weekday", "c hour")
    scaler = StandardScaler().fit(expected[prepared.training])
    np.testing.assert_allclose(prepared.X, scaler.transform(expected), rtol=1e-4, atol=1e-5)
    for at in range(1, 5):
        np.testing.assert_allclose(raw(prepared, at, prepared.X[:, at]), expected[:, at], atol=1e-3)


def test_a_missing_date_is_filled_before_it_is_taken_apart() -> None:
    day = 86_400.0
    cells: list[object] = [None, *(day * i for i in range(59))]
    prepared = prepared_column(
        cells, ColumnSteps(missing="constant", constant=day * 31, date_parts=("month",), scaling="none"), kind="date"
    )
    assert prepared.X[0, 0] == 2


def yes_no(codes: list[int], names: tuple[str, str] = ("no", "yes")) -> Categories:
    return Categories(np.array(codes, np.int32), names)


def test_a_yes_no_column_is_one_input_of_zeros_and_ones() -> None:
    y = np.arange(40.0)
    data = Table("t.csv", {"b": yes_no([0, 1, 1, -1] * 10), "y": y}, ReadReport(rows=40))
    prepared = prepare_table(data, recipe(data, "y", kinds={"b": "boolean"}, missing="mean", was_missing=True))
    assert prepared.features == ("b", "b missing")
    assert prepared.X[:4].tolist() == [[0, 0], [1, 0], [1, 0], [1, 1]]
    other_words = Table("new.csv", {"b": yes_no([0, 1], ("N", "Y"))}, ReadReport(rows=2))
    assert apply(prepared.fitted, other_words).X[:, 0].tolist() == [0, 1]
    reversed_words = Table("new.csv", {"b": yes_no([0, 1], ("yes", "no"))}, ReadReport(rows=2))
    assert apply(prepared.fitted, reversed_words).X[:, 0].tolist() == [1, 0]


# -- what cannot work -------------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[list[object], ColumnSteps, str | None, str]] = {
    "no logarithm": (
        [1.0, -3.0, 2.0, 5.0] * 10,
        ColumnSteps(log="log1p"),
        None,
        r"t\.csv, row [0-9]+: column 'c' is -3, and log\(1 \+ x\) needs numbers above -1. Choose the signed logarithm",
    ),
    "text for numbers": (
        numbers(),
        ColumnSteps(missing="constant", constant="none"),
        None,
        "column 'c' holds numbers, and the constant for its missing cells is the text 'none'",
    ),
    "number for text": (
        texts(),
        ColumnSteps(missing="constant", constant=3.0),
        None,
        "column 'c' holds text, and the constant for its missing cells is the number 3",
    ),
    "order leaves out": (
        texts(),
        ColumnSteps(missing="mean", encoding="ordinal", order=("low", "high")),
        None,
        "the order of column 'c' leaves out 'huge', 'middle'",
    ),
    "three answers": (
        ["a", "b", "c"] * 20,
        ColumnSteps(),
        "boolean",
        "column 'c' is for yes and no, and has 3 different texts",
    ),
    "neither answer": (
        ["a", "b", None] * 20,
        ColumnSteps(missing="constant"),
        "boolean",
        "the constant for its missing cells, 'missing', is neither. Give 'a' or 'b'",
    ),
    "refused cell": (numbers(), ColumnSteps(missing="refuse"), None, "column 'c' is empty or cannot be read"),
    "wrong kind": ([1.0, 2.0] * 20, ColumnSteps(), "category", "column 'c' was not read as a category"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_steps_that_cannot_take_a_column_say_why(case: str) -> None:
    cells, steps, kind, expected = REFUSED[case]
    with pytest.raises(DataError, match=expected):
        prepared_column(cells, steps, kind)


def test_settings_that_contradict_themselves_are_refused() -> None:
    for bad in (
        lambda: ClipValues(low=2, high=1),
        lambda: ClipQuantiles(low=0.5, high=0.5),
        lambda: ColumnSteps(order=("a", "a")),
        lambda: ColumnSteps(date_parts=("year", "year")),
        lambda: ColumnSteps(date_parts=()),
        lambda: ColumnSteps(rare_below=-1),
        lambda: ColumnSteps(missing="guess"),  # type: ignore[arg-type]
        lambda: ColumnSteps(constant=float("nan")),
    ):
        with pytest.raises(SettingError):
            bad()


# -- nothing leaks, and all is kept -----------------------------------------------------------------------------------

ALL_STEPS = {
    "x": ColumnSteps(missing="median", clip=ClipQuantiles(), log="signed", scaling="robust", was_missing=True),
    "color": ColumnSteps(missing="most_frequent", other=True, rare_below=3),
    "z": ColumnSteps(missing="most_frequent", scaling="min_max"),
}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), missing=st.sampled_from(IMPUTERS), scaling=st.sampled_from(list(SCALERS)))
def test_fitted_numbers_do_not_move_with_rows_that_do_not_train(seed: int, missing: Any, scaling: Any) -> None:
    steps = {
        "x": ColumnSteps(missing=missing, scaling=scaling, clip=ClipQuantiles(), log="signed"),
        "color": ColumnSteps(missing=missing, scaling=scaling, encoding="ordinal"),
        "z": ColumnSteps(missing=missing, scaling=scaling, was_missing=True),
    }
    data = mixed(seed=seed)
    made = recipe(data, "y", steps=steps, test=0.2, seed=seed, class_weights="balanced")
    first = prepare_table(data, made)
    held = np.concatenate([first.validation, first.test])
    for name in ("x", "z"):
        column = data.columns[name]
        assert not isinstance(column, Categories)
        column[held] = column[held] * 1e3 + 1e6
    color = data.columns["color"]
    assert isinstance(color, Categories)
    color.codes[held] = np.roll(color.codes[held], 1)
    color.codes[held[:3]] = -1
    changed = prepare_table(data, made)
    assert changed.fitted == first.fitted
    np.testing.assert_array_equal(changed.X[first.training], first.X[first.training])


def test_a_recipe_with_every_step_is_applied_as_it_was_fitted_and_survives_storage() -> None:
    data = mixed()
    made = recipe(data, "y", steps=ALL_STEPS)
    assert msgspec.json.decode(msgspec.json.encode(made), type=DataRecipe) == made
    prepared = prepare_table(data, made)
    assert prepare_table(data, made).sha256 == prepared.sha256
    record = msgspec.json.decode(msgspec.json.encode(to_record(prepared)), type=PreparedRecord)
    assert record.fitted == prepared.fitted
    assert from_arrays(to_arrays(prepared), record).sha256 == prepared.sha256
    again = apply(record.fitted, data)
    np.testing.assert_array_equal(again.X, prepared.X)
    assert again.kept.all()


def test_a_step_of_all_columns_gives_way_to_that_of_one() -> None:
    data = table(a=[1.0, None, 3.0, 5.0] * 10, b=[1.0, None, 3.0, 5.0] * 10, y=list(np.arange(40.0)))
    prepared = prepare_table(
        data, recipe(data, "y", missing="median", scaling="none", steps={"b": ColumnSteps(missing="mean")})
    )
    assert prepared.X[1].tolist() == [3.0, pytest.approx(prepared.fitted.columns[1].fill)]
    assert prepared.fitted.columns[1].fill != 3.0


def test_a_new_number_without_a_logarithm_counts_as_missing_and_is_said() -> None:
    prepared = prepared_column([float(i) for i in range(40)], ColumnSteps(log="log1p"))
    new = Table("new.csv", {"c": np.array([1.0, -5.0])}, ReadReport(rows=2))
    applied = apply(prepared.fitted, new)
    assert applied.kept.tolist() == [True, False]
    assert any("the first is -5 in row 2" in note for note in applied.notes)
    filling = prepared_column([float(i) for i in range(40)], ColumnSteps(log="log1p", missing="mean"))
    assert apply(filling.fitted, new).kept.all()

"""A look at the data: cells in the table's own units, rows in order, distributions and correlations."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace as with_fields
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.declared import replace
from nnstudio.data import (
    Categories,
    Column,
    ColumnSteps,
    DataRecipe,
    ImportPlan,
    Preparation,
    ReadReport,
    ShareSplit,
    Table,
    TableSource,
    detect,
    load_table,
    prepare,
    prepare_table,
    sample_recipe,
    table_source,
)
from nnstudio.data.bins import MOST_WHOLE, bin_edges
from nnstudio.data.look import (
    MOST_CORRELATED,
    Look,
    correlated_axes,
    correlations,
    distribution,
    distributions,
    first_axes,
    picture,
    picture_shape,
)
from nnstudio.data.look_text import correlations_text, distributions_text, tab_separated


@lru_cache(maxsize=8)
def look_at(name: str) -> Look:
    recipe = sample_recipe(name)
    return Look(prepare(replace(recipe, preparation=Preparation(split=ShareSplit(test=0.1)))))


def column_of(look: Look, name: str):  # type: ignore[no-untyped-def]
    return next(column for column in look.columns if column.name == name)


def from_csv(folder: Path, text: str, **preparation: object) -> Look:
    path = folder / "t.csv"
    path.write_text(text)
    chosen = Preparation(**preparation)  # type: ignore[arg-type]
    return Look(prepare(DataRecipe(source=table_source(path), plan=detect(path), preparation=chosen)))


@pytest.mark.parametrize("name", ["iris", "breast_cancer", "auto_mpg", "digits"])
def test_cells_are_those_of_the_table_to_the_last_digit(name: str) -> None:
    look, table = look_at(name), load_table(sample_recipe(name))
    used = np.flatnonzero(
        np.all(
            [
                values.codes >= 0 if isinstance(values, Categories) else ~np.isnan(values)
                for values in table.columns.values()
            ],
            axis=0,
        )
    )
    assert look.size == len(used)
    for column in look.columns:
        cells, shown = table.columns[column.name], look.cells(column, np.arange(look.size))
        if isinstance(cells, Categories):
            assert shown == [cells.texts()[row] for row in used]
        elif column.categories:  # classes that are numbers
            assert [float(text) for text in shown] == cells[used].tolist()
        else:
            assert shown == cells[used].tolist()


def test_small_numbers_that_were_not_scaled_keep_their_digits(tmp_path: Path) -> None:
    cells = [f"{k}.25e-9" for k in range(1, 41)]
    text = "a,y\n" + "".join(f"{cell},{'pq'[k % 2]}\n" for k, cell in enumerate(cells))
    look = from_csv(tmp_path, text, scaling="none")
    shown = look.cells(look.columns[1], np.arange(40))
    assert shown == pytest.approx([float(cell) for cell in cells], rel=1e-3)


def test_a_text_column_is_one_column_and_an_unseen_text_is_told(tmp_path: Path) -> None:
    lines = [f"{k},{'red' if k % 3 else 'blue'},{k % 2}\n" for k in range(40)]
    look = from_csv(tmp_path, "x,color,y\n" + "".join(lines))
    color = column_of(look, "color")
    assert (color.first, color.categories) == (look.prepared.features.index("color=blue"), ("blue", "red"))
    assert look.cells(color, np.arange(3)) == ["blue", "red", "red"]
    one_hot = look.prepared.X.copy()
    one_hot[3, color.first : color.first + 2] = 0
    unseen = Look(replace_X(look, one_hot))
    assert unseen.cells(color, np.array([2, 3, 4])) == ["red", "", "red"]
    assert unseen.codes(color, np.array([3])).tolist() == [-1]


def replace_X(look: Look, X: np.ndarray):  # type: ignore[no-untyped-def]
    return with_fields(look.prepared, X=X)


def with_steps_on(folder: Path, text: str, targets: tuple[str, ...] = ("y",), **steps: ColumnSteps) -> Look:
    path = folder / "t.csv"
    path.write_text(text)
    plan = detect(path)
    columns = tuple(
        replace(
            column,
            steps=steps.get(column.name, column.steps),
            role="target" if column.name in targets else "feature",
        )
        for column in plan.columns
    )
    return Look(prepare(DataRecipe(source=table_source(path), plan=replace(plan, columns=columns))))


def test_logarithms_places_and_other_texts_are_taken_back_to_the_table(tmp_path: Path) -> None:
    sizes, amounts = ["small", "large", "middle"], [str(10 ** (k % 5)) for k in range(60)]
    colors = ["red", "blue"]
    lines = [f"{amounts[k]},{sizes[k % 3]},{colors[k % 2]},{k / 8}\n" for k in range(60)]
    lines[7] = lines[7].replace("blue", "odd")
    look = with_steps_on(
        tmp_path,
        "amount,size,color,y\n" + "".join(lines),
        amount=ColumnSteps(log="log1p"),
        size=ColumnSteps(encoding="ordinal", order=("small", "middle", "large")),
        color=ColumnSteps(other=True, rare_below=3),
    )
    rows = np.arange(60)
    assert look.cells(column_of(look, "amount"), rows) == [float(amount) for amount in amounts]
    assert look.cells(column_of(look, "size"), rows) == [sizes[k % 3] for k in range(60)]
    expected = [colors[k % 2] for k in range(60)]
    expected[7] = "(other)"
    assert look.cells(column_of(look, "color"), rows) == expected
    by_size = look.order([column.name for column in look.columns].index("size"))
    assert look.cells(column_of(look, "size"), by_size)[:20] == ["small"] * 20


def test_a_text_that_no_place_stands_for_is_told_apart(tmp_path: Path) -> None:
    lines = [f"{'abc'[k % 3]},{k}\n" for k in range(60)]
    look = with_steps_on(tmp_path, "s,y\n" + "".join(lines), s=ColumnSteps(encoding="ordinal"))
    X = look.prepared.X.copy()
    column = column_of(look, "s")
    X[5, column.first] = (X[0, column.first] + X[1, column.first]) / 2
    assert Look(replace_X(look, X)).cells(column, np.array([3, 5])) == ["a", ""]


def test_several_targets_are_all_shown_and_all_axes(tmp_path: Path) -> None:
    lines = [f"{k},{3 * k + 1},{k % 7}\n" for k in range(60)]
    look = with_steps_on(tmp_path, "x,y,z\n" + "".join(lines), ("y", "z"))
    rows = np.arange(60)
    assert [target.name for target in look.targets] == ["y", "z"]
    assert look.cells(look.targets[1], rows) == [float(k % 7) for k in range(60)]
    assert look.axes == ("x", "y", "z")
    np.testing.assert_allclose(look.axis_values(1, rows), 3 * rows + 1, rtol=1e-5)
    assert correlations(look)[0, 1] == pytest.approx(1)


def test_numbers_come_before_texts_where_two_axes_are_proposed(tmp_path: Path) -> None:
    lines = [f"{'pq'[k % 2]},7,{k % 9},{k % 5},{k % 11}\n" for k in range(40)]
    look = from_csv(tmp_path, "text,same,a,b,y\n" + "".join(lines))
    assert [look.axes[axis] for axis in look.usual_axes] == ["a", "b"]


def test_a_picture_shows_numbers_first_and_never_whether_they_were_missing(tmp_path: Path) -> None:
    lines = [f"{'pqr'[k % 3]},{'' if k % 6 == 0 else k % 9},{'uv'[k % 2]},{k % 5},{k % 11}\n" for k in range(40)]
    look = from_csv(tmp_path, "text,a,other,b,y\n" + "".join(lines), missing="mean", was_missing=True)
    features = look.prepared.features
    assert len(features) == 3 + 2 + 1 + 1 + 1  # texts one-hot, numbers, and whether a was missing
    assert [features[feature] for feature in first_axes(look.prepared)] == ["a", "b"]


def test_what_the_recipe_filled_is_told(tmp_path: Path) -> None:
    lines = [f"{'' if k % 6 == 0 else k % 9},{k % 5},{k % 11}\n" for k in range(40)]
    text = "a,b,y\n" + "".join(lines)
    for missing, filled in (("mean", {"a"}), ("drop", set())):
        found = distributions(from_csv(tmp_path, text, missing=missing))
        assert {one.column.name for one in found if one.filled} == filled
        assert next(one.missing for one in found if one.column.name == "a") == pytest.approx(7 / 40)


def test_every_row_knows_its_split_and_its_place_in_the_training_split() -> None:
    look = look_at("iris")
    for place, rows in enumerate((look.prepared.training, look.prepared.validation, look.prepared.test)):
        assert (look.split[rows] == place).all()
    assert look.example[look.prepared.training].tolist() == list(range(len(look.prepared.training)))
    assert (look.example[look.prepared.validation] == -1).all()


def test_rows_are_sorted_by_a_column_with_equal_cells_in_the_order_of_the_rows() -> None:
    look = look_at("auto_mpg")
    for number, column in enumerate(look.columns):
        worth = (
            look.codes(column, slice(None)) if column.categories else np.array(look.cells(column, np.arange(look.size)))
        )
        expected = sorted(range(look.size), key=lambda row, worth=worth: (worth[row], row))
        backwards = sorted(range(look.size), key=lambda row, worth=worth: (-worth[row], row))
        assert look.order(number).tolist() == expected
        assert look.order(number, descending=True).tolist() == backwards


def test_rows_are_filtered_by_split_and_sorted_by_row_and_by_split() -> None:
    look = look_at("iris")
    assert look.order() is None
    assert look.order("row", descending=True).tolist() == list(range(look.size))[::-1]
    assert look.order("row", split=1).tolist() == sorted(look.prepared.validation.tolist())
    by_split = look.order("split")
    count = len(look.prepared.training)
    assert by_split[:count].tolist() == look.prepared.training.tolist()
    assert (np.diff(look.split[by_split]) >= 0).all()
    within = look.order(1, split=0)
    assert set(within) == set(look.prepared.training.tolist())
    assert (np.diff(look.prepared.X[within, 0]) >= 0).all()


def test_distributions_are_numpy_histograms_by_class_over_common_bins() -> None:
    look, table = look_at("iris"), load_table(sample_recipe("iris"))
    labels = table.columns["species"].codes
    for column in look.columns[1:]:
        shown = distribution(look, column)
        cells = np.array(look.cells(column, np.arange(look.size)))
        assert shown.counts.shape == (3, len(shown.edges) - 1)
        assert shown.counts.sum() == look.size
        for k in range(3):
            expected, _ = np.histogram(cells[labels == k], shown.edges)
            assert shown.counts[k].tolist() == expected.tolist()
        assert shown.mean == pytest.approx(cells.mean())
        assert shown.deviation == pytest.approx(cells.std())
        assert (shown.low, shown.high) == pytest.approx((cells.min(), cells.max()))
    assert distribution(look, look.columns[0]).counts.tolist() == [[50, 0, 0], [0, 50, 0], [0, 0, 50]]


def test_texts_are_counted_the_most_frequent_first_and_missing_cells_are_told() -> None:
    look = look_at("auto_mpg")
    by_name = {shown.column.name: shown for shown in distributions(look)}
    assert by_name["origin"].texts == ("USA", "Japan", "Europe")
    assert by_name["origin"].counts.tolist() == [[245, 79, 68]]
    assert by_name["horsepower"].missing == pytest.approx(6 / 398)
    assert by_name["weight (lb)"].missing == 0
    assert by_name["cylinders"].edges.tolist() == [2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5]
    assert by_name["cylinders"].counts.tolist() == [[4, 199, 3, 83, 0, 103]]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=40),
    st.sampled_from([1.0, 1e-20, 1e6]),
    st.sampled_from([0.0, 1e9]),
)
def test_every_value_is_in_a_bin_and_the_bins_are_few(numbers: list[float], scale: float, offset: float) -> None:
    values = np.array(numbers) * scale + offset
    edges = bin_edges(values, float(values.min()), float(values.max()))
    assert len(edges) <= MOST_WHOLE + 2
    assert (np.diff(edges) > 0).all()
    assert np.histogram(values, len(edges) - 1, (edges[0], edges[-1]))[0].sum() == len(values)


def test_bins_begin_at_round_numbers_and_a_constant_has_one() -> None:
    values = np.linspace(0.1, 7.7, 100)
    np.testing.assert_allclose(bin_edges(values, 0.1, 7.7), np.arange(0, 8.1, 0.5), atol=1e-3)
    assert bin_edges(np.full(5, 2.5), 2.5, 2.5).tolist() == [1.25, 3.75]
    assert bin_edges(np.full(5, 2.0), 2.0, 2.0).tolist() == [1.5, 2.5]


@pytest.mark.parametrize("name", ["breast_cancer", "auto_mpg", "plane"])
def test_correlations_are_those_of_numpy_and_have_the_target_last(name: str) -> None:
    look = look_at(name)
    prepared = look.prepared
    expected = np.corrcoef(np.column_stack([prepared.X, prepared.Y]).astype(float), rowvar=False)
    assert look.axes == (*prepared.features, prepared.target)
    np.testing.assert_allclose(correlations(look), expected, atol=1e-9)


def test_a_constant_has_no_correlation_and_several_outputs_are_no_axis() -> None:
    look = look_at("digits")
    assert look.axes == look.prepared.features
    found = correlations(look)
    constant = np.ptp(look.prepared.X, axis=0) == 0
    assert constant.any()
    assert np.isnan(found[constant]).all()
    assert np.isnan(found[:, constant]).all()
    assert np.isfinite(found[np.ix_(~constant, ~constant)]).all()
    assert not set(look.usual_axes) & set(np.flatnonzero(constant))


def test_of_very_many_features_the_first_and_the_target_are_correlated(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = ",".join(f"f{k}" for k in range(300))
    lines = "".join(",".join(f"{v:.3f}" for v in rng.normal(size=301)) + "\n" for _ in range(20))
    look = from_csv(tmp_path, f"{names},y\n{lines}")
    axes = correlated_axes(look)
    assert len(axes) == MOST_CORRELATED
    assert look.axes[axes[-1]] == "y"
    assert correlations(look).shape == (MOST_CORRELATED, MOST_CORRELATED)


def test_a_sample_of_a_million_rows_has_every_class_and_is_the_same_each_time() -> None:
    look = Look(prepare(sample_recipe("spirals", rows=100_000)))
    rows = look.sample(3_000)
    assert rows is not None
    assert len(np.unique(rows)) == 3_000
    np.testing.assert_array_equal(rows, look.sample(3_000))
    assert 0.45 < look.codes(look.columns[0], rows).mean() < 0.55
    assert look.sample(100_000) is None


def test_a_million_rows_are_looked_at_without_copying_them() -> None:
    prepared = prepare(sample_recipe("spirals", rows=1_000_000))
    tracemalloc.start()
    look = Look(prepared)
    cells = [cell for column in look.columns for cell in look.cells(column, np.array([0, 499_999, 999_999]))]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(cells) == 9
    assert most < 100_000


def test_pixels_are_known_by_their_names() -> None:
    assert picture_shape(look_at("digits").prepared.features) == (8, 8)
    assert picture_shape(tuple(f"pixel{k}" for k in range(784))) == (28, 28)
    assert picture_shape(tuple(f"{r}x{c}" for r in range(1, 29) for c in range(1, 29))) == (28, 28)
    assert picture_shape(tuple(f"{r}x{c}" for c in range(1, 5) for r in range(1, 6))) is None
    assert picture_shape(tuple(f"p{k}" for k in range(20))) is None
    assert picture_shape(("length", "width")) is None
    assert picture_shape(tuple("abcdefghijklmnop")) is None


def test_a_picture_is_a_row_of_the_table() -> None:
    from sklearn.datasets import load_digits

    np.testing.assert_allclose(picture(look_at("digits"), 7, (8, 8)), load_digits().images[7], atol=1e-5)


def test_rows_columns_and_correlations_are_copied_as_tables() -> None:
    look = look_at("iris")
    lines = [line.split("\t") for line in tab_separated(look, np.array([0, 149])).split("\n")]
    assert lines[0][:4] == ["row", "split", "species", "sepal length (cm)"]
    assert [line[0] for line in lines[1:]] == ["1", "150"]
    assert lines[1][2:] == ["setosa", "5.1", "3.5", "1.4", "0.2"]
    assert {line[1] for line in lines[1:]} <= {"training", "validation", "test"}
    summary = [line.split("\t") for line in distributions_text(distributions(look)).split("\n")]
    assert summary[1] == ["species", "", "", "", "", "0"]
    assert summary[2] == ["sepal length (cm)", "5.84333", "0.825301", "4.3", "7.9", "0"]
    matrix = [line.split("\t") for line in correlations_text(["a", "b"], np.array([[1, np.nan], [0.5, 1]])).split("\n")]
    assert matrix == [["", "a", "b"], ["a", "1.0000", ""], ["b", "0.5000", "1.0000"]]


def test_ordered_texts_dates_and_yes_no_columns_are_shown_as_the_table_has_them() -> None:
    size = Categories(np.array([0, 2, 1, 2, 0, 1] * 5, np.int32), ("small", "medium", "large"))
    paid = Categories(np.array([1, 0, 0, 1, 1, 0] * 5, np.int32), ("no", "yes"))
    day = np.arange(30) * 86_400.0 + 1.7e9
    columns = {"size": size, "paid": paid, "day": day, "y": np.arange(30) % 7.0, "z": np.arange(30) % 5.0}
    plan = ImportPlan(
        columns=(
            Column(name="size", kind="category", steps=ColumnSteps(encoding="ordinal", order=size.names)),
            Column(name="paid", kind="boolean"),
            Column(name="day", kind="date", steps=ColumnSteps(date_parts=("timestamp",))),
            Column(name="y", role="target"),
            Column(name="z", role="target"),
        )
    )
    recipe = DataRecipe(source=TableSource(path="t.csv"), plan=plan, task="regression")
    look = Look(prepare_table(Table("t", columns, ReadReport(rows=30)), recipe))
    rows = np.arange(30)
    assert look.cells(column_of(look, "size"), rows) == [size.names[code] for code in size.codes]
    assert look.cells(column_of(look, "paid"), rows) == [paid.names[code] for code in paid.codes]
    np.testing.assert_allclose(look.cells(column_of(look, "day"), rows), day, atol=0.1)
    np.testing.assert_allclose(look.cells(column_of(look, "z"), rows), columns["z"], atol=1e-6)
    assert [column.name for column in look.targets] == ["y", "z"]

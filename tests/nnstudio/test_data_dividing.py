"""Rows divided by shares, by a column, by time and by groups, and into folds: no row and no group is on two sides."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.declared import replace
from nnstudio.data import (
    Categories,
    ColumnSplit,
    DataError,
    DataRecipe,
    GroupSplit,
    Preparation,
    PreparedData,
    ReadReport,
    ShareSplit,
    Table,
    TimeSplit,
    prepare,
    prepare_folds,
    prepare_table,
    sample_recipe,
    table_source,
)
from nnstudio.data.preparing.split import folds_by_chance, folds_in_order, folds_of_groups, split_groups, split_in_order
from nnstudio.data.recipe import read_columns
from tests.nnstudio.tables import recipe, table


def parts_of(prepared: PreparedData) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return prepared.training, prepared.validation, prepared.test


def values_of(data: Table, column: str, places: np.ndarray) -> set[float]:
    values = data.columns[column]
    return set((values.codes if isinstance(values, Categories) else values)[places].tolist())


def numbered(rows: int = 120, **columns: list[object]) -> Table:
    random = np.random.default_rng(0)
    return table(x=random.normal(size=rows).tolist(), y=(["no", "yes", "no"] * rows)[:rows], **columns)


# -- by a column ------------------------------------------------------------------------------------------------------


def test_a_column_says_what_each_row_is_for_though_it_is_no_feature() -> None:
    data = numbered(part=["train", "valid", "test", "train"] * 30)
    split = ColumnSplit(column="part", validation=("valid",), test=("test",))
    prepared = prepare_table(data, recipe(data, "y", ignored=("part",), split=split))
    assert prepared.features == ("x",)
    names = ("train", "valid", "test")
    for name, part in zip(names, parts_of(prepared), strict=True):
        texts = data.columns["part"].texts()  # type: ignore[union-attr]
        assert {texts[row] for row in part} == {name}
    assert sum(map(len, parts_of(prepared))) == 120


def test_numbers_of_a_column_can_say_what_a_row_is_for() -> None:
    data = numbered(fold=[0.0, 1.0, 2.0, 3.0] * 30)
    prepared = prepare_table(data, recipe(data, "y", split=ColumnSplit(column="fold", validation=("3",))))
    assert values_of(data, "fold", prepared.validation) == {3.0}
    assert values_of(data, "fold", prepared.training) == {0.0, 1.0, 2.0}


def test_a_row_that_does_not_say_what_it_is_for_is_left_out_and_said() -> None:
    data = numbered(part=["train", None, "valid", "train"] * 30)
    split = ColumnSplit(column="part", validation=("valid",))
    prepared = prepare_table(data, recipe(data, "y", ignored=("part",), split=split))
    assert len(prepared.X) == 90
    assert any("30 cells are missing in 'part', which divides the rows" in note for note in prepared.report.notes)


def test_the_column_that_divides_is_read_from_a_file_though_it_is_ignored(tmp_path: Any) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,part,y\n" + "".join(f"{i},{'ab'[i % 2]},{i * 2}\n" for i in range(40)))
    plan = recipe(table(x=[1.0], part=["a"], y=[1.0]), "y", ignored=("part",)).plan
    split = ColumnSplit(column="part", validation=("b",))
    made = DataRecipe(source=table_source(path), plan=plan, preparation=Preparation(split=split))
    assert [column.name for column in read_columns(made)] == ["x", "part", "y"]
    prepared = prepare(made)
    assert sorted(prepared.validation.tolist()) == list(range(1, 40, 2))


# -- by time ----------------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    moments=st.lists(st.integers(0, 60), min_size=20, max_size=120),
    validation=st.sampled_from([0.0, 0.2, 0.4]),
    test=st.sampled_from([0.0, 0.1, 0.3]),
)
def test_what_trains_is_earlier_than_what_validates_and_that_than_what_tests(
    moments: list[int], validation: float, test: float
) -> None:
    values = np.array(moments, float)
    try:
        split = split_in_order(values, validation, test)
    except DataError:
        assert len(set(moments)) < len(moments)  # equal moments cannot be parted
        return
    parts = [values[part] for part in (split.training, split.validation, split.test) if len(part)]
    assert sorted(np.concatenate([split.training, split.validation, split.test]).tolist()) == list(range(len(moments)))
    for earlier, later in itertools.pairwise(parts):
        assert earlier.max() < later.min()


def test_time_order_is_that_of_the_column_and_nothing_later_is_learned_from() -> None:
    random = np.random.default_rng(0)
    when = random.permutation(100).astype(float)
    data = table(x=(when * 2).tolist(), when=when.tolist(), y=random.normal(size=100).tolist())
    split = TimeSplit(column="when", validation=0.2, test=0.1)
    prepared = prepare_table(data, recipe(data, "y", ignored=("when",), split=split))
    assert [len(part) for part in parts_of(prepared)] == [70, 20, 10]
    assert values_of(data, "when", prepared.training) == set(range(70))
    assert prepared.fitted.columns[0].offset == pytest.approx(69.0)


# -- by groups --------------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 30), min_size=3, max_size=30),
    validation=st.sampled_from([0.0, 0.2, 0.4]),
    test=st.sampled_from([0.0, 0.2]),
    seed=st.integers(0, 1000),
)
def test_no_group_is_on_two_sides_and_every_part_has_one(
    sizes: list[int], validation: float, test: float, seed: int
) -> None:
    groups = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    try:
        split = split_groups(groups, validation, test, seed)
    except DataError:
        assert min(sizes) == 1
        return
    parts = (split.training, split.validation, split.test)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(groups)))
    kinds = [set(groups[part].tolist()) for part in parts]
    assert not kinds[0] & kinds[1] | kinds[0] & kinds[2] | kinds[1] & kinds[2]
    assert [bool(kind) for kind in kinds] == [True, validation > 0, test > 0]
    again = split_groups(groups, validation, test, seed)
    assert np.array_equal(again.training, split.training)


def test_many_small_groups_come_near_the_shares() -> None:
    groups = np.arange(1000) // 4
    split = split_groups(groups, 0.2, 0.1, 0)
    assert len(split.validation) == pytest.approx(200, abs=4)
    assert len(split.test) == pytest.approx(100, abs=4)


@pytest.mark.parametrize("seed", range(20))
def test_whole_groups_have_the_classes_near_their_proportions_where_they_are_asked_to(seed: int) -> None:
    generator = np.random.default_rng(seed)
    groups = np.repeat(np.arange(120), generator.integers(1, 8, 120))
    classes = generator.permutation(np.repeat([0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 12))[groups]  # each group has one class
    split = split_groups(groups, 0.2, 0.1, seed, classes)
    parts = (split.training, split.validation, split.test)
    kinds = [set(groups[part].tolist()) for part in parts]
    assert not kinds[0] & kinds[1] | kinds[0] & kinds[2] | kinds[1] & kinds[2]
    for part, share in ((split.validation, 0.2), (split.test, 0.1)):
        for kind in (0, 1):
            wanted = share * np.count_nonzero(classes == kind)
            assert abs(np.count_nonzero(classes[part] == kind) - wanted) <= 4  # half of the largest group


def test_a_recipe_asks_for_groups_in_proportion_and_one_of_old_draws_as_before() -> None:
    who = [f"p{i}" for i in np.repeat(np.arange(60), 3)]
    sick = ["yes" if int(name[1:]) % 10 == 0 else "no" for name in who]
    data = numbered(180, who=who, sick=sick)

    def validated(split: GroupSplit) -> int:
        prepared = prepare_table(data, recipe(data, "sick", ignored=("who",), split=split))
        return int(prepared.Y[prepared.validation].sum())

    asked = replace(GroupSplit(column="who", validation=0.5), stratified=True)
    assert validated(asked) == 9  # half of 18
    assert msgspec.json.decode(b'{"type": "group", "column": "who"}', type=GroupSplit) == GroupSplit(column="who")


def test_rows_without_a_group_are_each_one_of_their_own() -> None:
    data = numbered(who=["ann", "bob", "cid", None] * 30)
    prepared = prepare_table(data, recipe(data, "y", ignored=("who",), split=GroupSplit(column="who", validation=0.3)))
    assert len(prepared.X) == 120
    assert not values_of(data, "who", prepared.training) & values_of(data, "who", prepared.validation) - {-1}


# -- folds ------------------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    folds=st.integers(2, 6),
    seed=st.integers(0, 1000),
)
def test_every_row_is_its_own_folds_once_and_classes_are_in_proportion(
    counts: list[int], folds: int, seed: int
) -> None:
    classes = np.repeat(np.arange(len(counts)), counts)
    rows = len(classes)
    if rows < folds:
        with pytest.raises(DataError, match="Choose fewer folds"):
            folds_by_chance(rows, folds, seed, classes)
        return
    made = folds_by_chance(rows, folds, seed, classes)
    assert sorted(np.concatenate([own for _, own in made]).tolist()) == list(range(rows))
    for others, own in made:
        assert sorted(np.concatenate([others, own]).tolist()) == list(range(rows))
        assert rows // folds <= len(own) <= -(-rows // folds)
        for kind, count in enumerate(counts):
            assert count // folds <= (classes[own] == kind).sum() <= -(-count // folds)


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(1, 9), min_size=6, max_size=30), folds=st.integers(2, 6), seed=st.integers(0, 99))
def test_folds_of_groups_keep_groups_together_and_are_nearly_equal(sizes: list[int], folds: int, seed: int) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    made = folds_of_groups(groups, folds, seed)
    assert sorted(np.concatenate([own for _, own in made]).tolist()) == list(range(len(groups)))
    for others, own in made:
        assert not set(groups[others].tolist()) & set(groups[own].tolist())
    lengths = [len(own) for _, own in made]
    assert max(lengths) - min(lengths) <= max(sizes)


def test_folds_of_groups_spread_the_classes() -> None:
    groups = np.repeat(np.arange(30), 4)
    classes = (groups >= 20).astype(np.int64)  # 20 groups of one class, 10 of the other
    for seed in range(10):
        for _, own in folds_of_groups(groups, 5, seed, classes):
            assert np.bincount(classes[own]).tolist() == [16, 8]


def test_folds_in_order_are_judged_on_what_comes_after() -> None:
    values = np.repeat(np.arange(40.0), 3)
    made = folds_in_order(values, 4)
    for earlier, own in made:
        assert values[earlier].max() < values[own].min()
    own = np.concatenate([own for _, own in made])
    assert len(own) == len(set(own.tolist()))
    with pytest.raises(DataError, match="fewer folds"):
        folds_in_order(np.zeros(10), 2)


@pytest.mark.parametrize(
    "split",
    [ShareSplit(test=0.25), GroupSplit(column="who", test=0.25), TimeSplit(column="when", test=0.25)],
    ids=["share", "group", "time"],
)
def test_each_fold_fits_the_recipe_anew_and_rows_for_testing_are_in_none(split: Any) -> None:
    data = numbered(who=[f"p{i % 30}" for i in range(120)], when=[float(i) for i in range(120)])
    made = recipe(data, "y", ignored=("who", "when"), split=split)
    kept = prepare_table(data, made)
    tests = {float(data.columns["x"][row]) for row in kept.test}  # type: ignore[index]
    offsets = set()
    for fold in prepare_folds(data, made, 5, validation=0.2):
        raw = fold.X[:, 0] * fold.fitted.columns[0].scale + fold.fitted.columns[0].offset
        assert len(fold.test) > 0
        assert len(fold.validation) > 0
        assert fold.X[fold.training].mean() == pytest.approx(0, abs=1e-6)
        assert not {round(value, 4) for value in raw.tolist()} & {round(value, 4) for value in tests}
        offsets.add(fold.fitted.columns[0].offset)
    assert len(offsets) == 5


def test_folds_without_validation_train_on_all_other_rows() -> None:
    data = numbered()
    for fold in prepare_folds(data, recipe(data, "y"), 4):
        assert (len(fold.training), len(fold.validation), len(fold.test)) == (90, 0, 30)


# -- what cannot work -------------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[Any, str]] = {
    "no such column": (ColumnSplit(column="fold"), "There is no column 'fold', by which the rows should be divided"),
    "no such value": (
        ColumnSplit(column="who", validation=("zoe",)),
        "t.csv: no row has 'zoe' in column 'who', which should divide the rows. Its values are 'ann', 'bob'",
    ),
    "nothing trains": (ColumnSplit(column="who", validation=("ann",), test=("bob",)), "leaves 0 rows for training"),
    "one group": (GroupSplit(column="same"), "there is only 1 group to divide into 2 parts"),
    "one moment": (TimeSplit(column="same"), "cannot be divided in this order"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_rows_that_cannot_be_divided_so_are_refused_in_words(case: str) -> None:
    split, expected = REFUSED[case]
    data = numbered(who=["ann", "bob"] * 60, same=[1.0] * 120)
    with pytest.raises(DataError) as caught:
        prepare(recipe(data, "y", split=split)) if case == "no such column" else prepare_table(
            data, recipe(data, "y", split=split)
        )
    assert expected in str(caught.value)


def test_dates_divide_rows_by_their_order_alone() -> None:
    data = numbered(when=[float(i * 86_400) for i in range(120)])
    kinds = {"when": "date"}
    with pytest.raises(DataError, match=r"Column 'when' holds dates, .* Divide the rows in their order"):
        prepare_table(data, recipe(data, "y", kinds=kinds, split=ColumnSplit(column="when", validation=("0",))))
    prepared = prepare_table(data, recipe(data, "y", kinds=kinds, split=TimeSplit(column="when")))
    assert prepared.validation.tolist() == list(range(96, 120))


def test_a_share_split_without_stratification_is_drawn_by_chance_alone() -> None:
    data = numbered()
    plain = prepare_table(data, recipe(data, "y", split=ShareSplit(stratified=False)))
    assert plain.sha256 != prepare_table(data, recipe(data, "y")).sha256
    assert len(plain.validation) == 24


def test_a_sample_can_be_divided_by_one_of_its_columns() -> None:
    made = sample_recipe("moons", rows=100)
    plan = replace(made.plan, columns=tuple(
        replace(column, role="ignore") if column.name == "x2" else column for column in made.plan.columns
    ))  # fmt: skip
    prepared = prepare(replace(made, plan=plan, preparation=Preparation(split=TimeSplit(column="x2"))))
    assert prepared.features == ("x1",)
    assert len(prepared.validation) == 20


def test_an_unread_table_names_the_column_that_should_divide_it() -> None:
    data = Table("t.csv", {"x": np.arange(40.0), "y": np.arange(40.0)}, ReadReport(rows=40))
    whole = table(x=[1.0], y=[1.0], when=[1.0])
    with pytest.raises(DataError, match=r"t\.csv has no column 'when', which should divide the rows"):
        prepare_table(data, recipe(whole, "y", ignored=("when",), split=TimeSplit(column="when")))

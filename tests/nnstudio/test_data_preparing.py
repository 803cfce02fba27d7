"""From a table to arrays: what is fitted comes from the training rows alone, and what cannot work is said in words."""

from __future__ import annotations

import importlib.resources
import itertools
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from engine.declared import SettingError, replace
from nnstudio.data import (
    FIRST_SAMPLE,
    SAMPLES,
    Categories,
    Column,
    DataError,
    DataRecipe,
    Dialect,
    ImportPlan,
    Preparation,
    PreparedData,
    PreparedRecord,
    SampleSource,
    ShareSplit,
    Table,
    TableSource,
    apply,
    detect,
    from_arrays,
    load_table,
    prepare,
    prepare_table,
    raw,
    raw_target,
    read_for_prediction,
    sample_recipe,
    scaled,
    scaled_target,
    split_sizes,
    table_source,
    to_arrays,
    to_record,
    with_column,
    with_target,
)
from nnstudio.data.preparing.split import split_rows
from tests.nnstudio.tables import mixed, recipe, table

# -- fitting ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scaling", ["standard", "min_max"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_filled_scaled_and_one_hot_inputs_equal_scikit_learns_fitted_on_the_training_rows(
    scaling: str, seed: int
) -> None:
    data = mixed(seed=seed)
    prepared = prepare_table(data, recipe(data, "y", missing="mean", scaling=scaling, seed=seed, test=0.2))
    color = data.columns["color"]
    assert isinstance(color, Categories)
    X = np.empty((data.rows, 3), object)
    X[:, 0], X[:, 2] = data.columns["x"], data.columns["z"]
    X[:, 1] = [np.nan if text is None else text for text in color.texts()]
    scaler = StandardScaler if scaling == "standard" else MinMaxScaler
    oracle = ColumnTransformer(
        [
            ("x", make_pipeline(SimpleImputer(), scaler()), [0]),
            ("c", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(sparse_output=False)), [1]),
            ("z", make_pipeline(SimpleImputer(), scaler()), [2]),
        ]
    ).fit(X[prepared.training])
    np.testing.assert_allclose(prepared.X, oracle.transform(X).astype(float), rtol=1e-5, atol=1e-6)
    assert prepared.features == ("x", "color=blue", "color=green", "color=red", "z")
    assert prepared.X.dtype == np.float32
    assert prepared.X.flags.c_contiguous
    assert not prepared.X.flags.writeable


def test_fitted_numbers_do_not_move_with_rows_that_do_not_train() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=100), random.normal(size=100)
    first = table(x=x.tolist(), y=y.tolist())
    fitted = prepare_table(first, recipe(first, "y", test=0.2))
    held_back = np.concatenate([fitted.validation, fitted.test])
    x[held_back] += 1e6
    y[held_back] -= 1e6
    other = table(x=x.tolist(), y=y.tolist())
    assert prepare_table(other, recipe(other, "y", test=0.2)).fitted == fitted.fitted
    assert fitted.X[fitted.training].mean() == pytest.approx(0, abs=1e-6)
    assert fitted.Y[fitted.training].std() == pytest.approx(1, abs=1e-5)


def test_a_category_that_no_training_row_has_is_all_zeros_and_noted() -> None:
    cells: list[object] = ["a", "b"] * 20
    data = table(c=cells, y=list(np.arange(40.0)))
    plain = prepare_table(data, recipe(data, "y", task="regression"))
    cells[int(plain.validation[0])] = "rare"
    changed = table(c=cells, y=list(np.arange(40.0)))
    prepared = prepare_table(changed, recipe(changed, "y", task="regression"))
    assert prepared.features == ("c=a", "c=b")
    assert prepared.X[prepared.validation[0]].tolist() == [0, 0]
    assert any("'c': 1 cell holds a text that no training row has" in note for note in prepared.report.notes)


def test_what_became_of_missing_cells_is_said() -> None:
    numbers: list[object] = [None, None, *map(float, range(38))]
    texts: list[object] = ["a", "b", None, *(["a", "b"] * 19)][:40]
    data = table(x=numbers, c=texts, y=[*(["no", "yes"] * 20)])
    data.report.missing.update({"x": 2, "c": 1})
    dropped = prepare_table(data, recipe(data, "y")).report.notes
    assert "3 cells are missing, in 'x', 'c': their rows were left out." in dropped
    assert "3 of 40 rows were left out: a cell is missing or unreadable." in dropped
    filled = prepare_table(data, recipe(data, "y", missing="mean")).report.notes
    assert (
        "3 cells are missing, in 'x', 'c': they were filled with the mean or most frequent text of the training rows."
    ) in filled
    lacking = table(x=numbers, y=[*map(float, range(39)), None])
    lacking.report.missing.update({"x": 2, "y": 1})
    notes = prepare_table(lacking, recipe(lacking, "y", missing="mean")).report.notes
    assert "1 cell is missing in the target 'y': its row was left out." in notes


def test_a_constant_column_becomes_zeros_and_is_noted() -> None:
    data = table(x=[0.1] * 30, z=list(np.arange(30.0)), y=list(np.arange(30.0)))
    prepared = prepare_table(data, recipe(data, "y"))
    assert np.abs(prepared.X[:, 0]).max() < 1e-6
    warning = next(warning for warning in prepared.report.warnings if warning.kind == "constant")
    assert warning.columns == ("x",)
    assert "The same value in every training row: 'x'" in warning.text


def test_units_go_back_and_forth() -> None:
    data = mixed(holes=0)
    prepared = prepare_table(data, recipe(data, "y"))
    x = data.columns["x"]
    assert not isinstance(x, Categories)
    np.testing.assert_allclose(scaled(prepared, 0, x), prepared.X[:, 0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(raw(prepared, 0, scaled(prepared, 0, x)), x)
    np.testing.assert_array_equal(raw(prepared, 2, [0, 1]), [0, 1])  # one-hot has no unit
    numbers = table(x=list(np.arange(50.0)), y=list(np.arange(50.0) * 3 + 7))
    regression = prepare_table(numbers, recipe(numbers, "y"))
    np.testing.assert_allclose(raw_target(regression, regression.Y[:, 0]), np.arange(50) * 3 + 7, rtol=1e-5)
    np.testing.assert_allclose(scaled_target(regression.fitted, np.arange(50) * 3 + 7), regression.Y[:, 0], atol=1e-6)


# -- task and targets ---------------------------------------------------------------------------------------------


def test_the_task_follows_the_target() -> None:
    rows = 60
    x = list(np.arange(float(rows)))
    cases: list[tuple[list[object], str, int]] = [
        (["b", "a"] * 30, "binary", 1),
        (["a", "b", "c"] * 20, "multiclass", 3),
        ([0.0, 1.0] * 30, "binary", 1),
        ([1.0, 2.0, 10.0] * 20, "multiclass", 3),
        ([0.5, 1.0, 2.5] * 20, "regression", 1),
        (list(np.arange(float(rows))), "regression", 1),
    ]
    for y, task, outputs in cases:
        data = table(x=x, y=y)
        prepared = prepare_table(data, recipe(data, "y"))
        assert (prepared.task, prepared.Y.shape) == (task, (rows, outputs))
        assert prepared.fitted.outputs == outputs
    assert prepare_table(table(x=x, y=cases[3][0]), recipe(table(x=x, y=cases[3][0]), "y")).classes == ("1", "2", "10")


def test_classes_are_negative_then_positive_and_one_hot_in_order() -> None:
    data = table(x=list(np.arange(30.0)), y=["yes", "no", "yes"] * 10)
    binary = prepare_table(data, recipe(data, "y"))
    assert binary.classes == ("no", "yes")
    assert binary.Y[:3, 0].tolist() == [1, 0, 1]
    several = prepare_table(data, recipe(data, "y", task="multiclass"))
    assert several.Y[:3].tolist() == [[0, 1], [1, 0], [0, 1]]


def test_whole_numbers_can_be_predicted_as_numbers_when_a_person_says_so() -> None:
    data = table(x=list(np.arange(60.0)), y=[1.0, 2.0, 3.0] * 20)
    prepared = prepare_table(data, recipe(data, "y", task="regression", scale_target=False))
    assert prepared.task == "regression"
    assert prepared.Y[:3, 0].tolist() == [1, 2, 3]


# -- missing cells ------------------------------------------------------------------------------------------------


def test_dropping_filling_and_refusing_missing_cells() -> None:
    x: list[object] = list(np.arange(40.0))
    x[5] = None
    y: list[object] = list(np.arange(40.0) * 1.5)
    y[7] = None
    data = table(x=x, y=y)
    dropped = prepare_table(data, recipe(data, "y"))
    assert (len(dropped.X), dropped.report.rows_dropped) == (38, 2)
    filled = prepare_table(data, recipe(data, "y", missing="mean"))
    assert len(filled.X) == 39  # a row without a target cannot teach
    assert filled.X[5, 0] == pytest.approx(0, abs=1e-6)
    with pytest.raises(DataError, match=r"t\.csv, row 6: column 'x' is empty or cannot be read"):
        prepare_table(data, recipe(data, "y", missing="refuse"))


BROKEN: dict[str, tuple[Table, dict[str, object], str]] = {
    "one class": (table(x=[1.0, 2.0, 3.0, 4.0], y=["a"] * 4), {}, "has one class only, 'a'"),
    "every row dropped": (table(x=[None] * 4, z=[1.0] * 4, y=["a", "b"] * 2), {}, "column 'x' lacks 100%"),
    "no value to average": (
        table(x=[None] * 20, z=[1.0] * 20, y=["a", "b"] * 10),
        {"missing": "mean"},
        "column 'x' has no value in the training rows",
    ),
    "too few rows": (table(x=[1.0, 2.0], y=["a", "b"]), {}, "only 2 rows to divide"),
    "one row a class": (
        table(x=list(np.arange(60.0)), y=[f"c{i}" for i in range(60)]),
        {},
        "each of the 60 classes has one row only, so none is left to validate or test with. Choose another target",
    ),
    "hardly more rows than classes": (
        table(x=list(np.arange(62.0)), y=[f"c{i % 60}" for i in range(62)]),
        {},
        "only 62 rows for 60 classes, and of these 50 for training, where each class needs one",
    ),
    "three classes as two": (
        table(x=[1.0] * 30, y=["a", "b", "c"] * 10),
        {"task": "binary"},
        "Choose several classes as the task",
    ),
    "a number as two classes": (
        table(x=[1.0] * 60, y=[i / 7 for i in range(60)]),
        {"task": "binary"},
        "Choose a number (regression) as the task",
    ),
    "text as a number": (
        table(x=[1.0] * 4, y=["a", "b"] * 2),
        {"task": "regression"},
        "cannot be predicted as a number",
    ),
    "huge numbers": (table(x=[1e308, -1e308] * 20, y=["a", "b"] * 20), {}, "numbers too large"),
    "huge numbers unscaled": (table(x=[1e60, 2.0] * 20, y=["a", "b"] * 20), {"scaling": "none"}, "numbers too large"),
    "too many classes": (
        table(x=list(np.arange(3000.0)), y=list(np.arange(3000.0))),
        {"task": "multiclass"},
        "3,000 classes, more than 1,000. Choose a number (regression) as the task",
    ),
    "too many texts": (
        table(c=[f"t{i}" for i in range(3000)], y=list(np.arange(3000.0))),
        {},
        "different texts, too many to make a feature of each",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_table_that_cannot_be_learned_from_is_refused_in_words(case: str) -> None:
    data, options, expected = BROKEN[case]
    with pytest.raises(DataError) as caught:
        prepare_table(data, recipe(data, "y", **options))
    assert expected in str(caught.value)


def test_a_recipe_without_one_target_and_a_feature_is_refused_before_reading() -> None:
    plan = ImportPlan(columns=(Column(name="a"), Column(name="b")))
    source = TableSource(path="/nowhere/t.csv")
    with pytest.raises(DataError, match="No column is the target"):
        prepare(DataRecipe(source=source, plan=plan))
    with pytest.raises(DataError, match="No column is a feature"):
        prepare(DataRecipe(source=source, plan=with_column(with_target(plan, "b"), "a", role="ignore")))
    with pytest.raises(DataError, match=r"There is no column 'c'. The columns are 'a', 'b'"):
        with_target(plan, "c")


# -- splitting ----------------------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    validation=st.sampled_from([0.0, 0.1, 0.25, 0.5]),
    test=st.sampled_from([0.0, 0.05, 0.3]),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_split_holds_every_row_once_in_proportion_and_every_class_in_training(
    counts: list[int], validation: float, test: float, seed: int
) -> None:
    classes = np.repeat(np.arange(len(counts)), counts)
    rows = len(classes)
    try:
        split = split_rows(rows, validation, test, seed, classes)
    except DataError:
        training = split_sizes(rows, validation, test)[0]
        assert training < max(2, len(counts))
        return
    parts = (split.training, split.validation, split.test)
    assert sorted(np.concatenate(parts).tolist()) == list(range(rows))
    assert tuple(map(len, parts)) == split_sizes(rows, validation, test)
    assert set(classes[split.training]) == set(range(len(counts)))
    for part, share in ((split.validation, validation), (split.test, test)):
        for kind, count in enumerate(counts):
            if min(counts) >= 10:  # rarer classes give way to training
                assert abs((classes[part] == kind).sum() - share * count) <= 2
    again = split_rows(rows, validation, test, seed, classes)
    assert all(np.array_equal(a, b) for a, b in zip(parts, (again.training, again.validation, again.test), strict=True))


def test_another_seed_divides_in_another_way() -> None:
    first, second = (split_rows(100, 0.2, 0, seed).validation.tolist() for seed in (0, 1))
    assert sorted(first) != sorted(second)


# -- recipes as data ----------------------------------------------------------------------------------------------


def test_a_recipe_survives_json_and_refuses_what_is_unknown_or_out_of_bounds() -> None:
    made = sample_recipe("wine")
    encoded = msgspec.json.encode(made)
    assert msgspec.json.decode(encoded, type=DataRecipe) == made
    for wrong in (
        encoded.replace(b'"seed":0', b'"seed":-1'),
        encoded.replace(b'"seed":0', b'"sead":0'),
        encoded.replace(b'"validation":0.2', b'"validation":1.5'),
        encoded.replace(b'"type":"sample"', b'"type":"program"'),
        encoded.replace(b'"role":"feature"', b'"role":"execute"'),
    ):
        assert wrong != encoded
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(wrong, type=DataRecipe)
    for bad in (
        lambda: ShareSplit(validation=0.6, test=0.5),
        lambda: ShareSplit(validation=float("nan")),
        lambda: Preparation(missing="guess"),  # type: ignore[arg-type]
        lambda: Dialect(decimal=",", thousands=","),
        lambda: Dialect(delimiter="\n"),
        lambda: SampleSource(name="spirals", noise=float("inf")),
        lambda: ImportPlan(columns=(Column(name="a"), Column(name="a"))),
        lambda: replace(Preparation(), seed=-1),
    ):
        with pytest.raises(SettingError):
            bad()


def test_the_same_recipe_makes_the_same_bits(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "".join(f"{i * 2},{'uvw'[i % 3]},{i % 2}\n" for i in range(50)))
    made = DataRecipe(source=table_source(path), plan=detect(path))
    first, second = prepare(made), prepare(made)
    assert first.sha256 == second.sha256
    assert prepare(replace(made, preparation=Preparation(seed=1))).sha256 != first.sha256
    path.write_text(path.read_text().replace("98,v,1", "88,v,1"))
    changed = prepare(made)
    assert changed.sha256 != first.sha256
    assert "t.csv has changed since it was first loaded." in changed.report.notes


# -- in a project file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["iris", "spirals", "plane"])
def test_prepared_data_survive_storage(name: str) -> None:
    prepared = prepare(sample_recipe(name))
    record = msgspec.json.decode(msgspec.json.encode(to_record(prepared)), type=PreparedRecord)
    back = from_arrays(to_arrays(prepared), record)
    assert back.sha256 == prepared.sha256
    assert (back.task, back.target, back.features, back.classes) == (
        prepared.task,
        prepared.target,
        prepared.features,
        prepared.classes,
    )
    assert back.fitted == prepared.fitted
    assert back.report == prepared.report


def damage(arrays: dict[str, np.ndarray], what: str) -> None:
    if what == "value":
        arrays["X"] = arrays["X"].copy()
        arrays["X"][0, 0] += 1
    elif what == "nan":
        arrays["Y"] = arrays["Y"].copy()
        arrays["Y"][0, 0] = np.nan
    elif what == "index":
        arrays["training"] = arrays["training"] + 1
    elif what == "type":
        arrays["X"] = arrays["X"].astype(float)
    elif what == "shape":
        arrays["X"] = arrays["X"][:, :1]
    elif what == "missing":
        del arrays["test"]
    elif what == "unknown":
        arrays["more"] = arrays["test"]


@pytest.mark.parametrize("what", ["value", "nan", "index", "type", "shape", "missing", "unknown"])
def test_damaged_stored_data_are_refused(what: str) -> None:
    prepared = prepare(sample_recipe("iris"))
    arrays = to_arrays(prepared)
    damage(arrays, what)
    with pytest.raises(DataError, match="damaged"):
        from_arrays(arrays, to_record(prepared))


# -- prediction ---------------------------------------------------------------------------------------------------


def trained(folder: Path, missing: str = "drop") -> PreparedData:
    path = folder / "train.csv"
    path.write_text("x,color,y\n" + "".join(f"{i / 2},{'red' if i % 3 else 'blue'},{i % 2}\n" for i in range(60)))
    return prepare(
        DataRecipe(source=table_source(path), plan=detect(path), preparation=Preparation(missing=missing))  # type: ignore[arg-type]
    )


def test_a_new_table_is_prepared_as_it_was_fitted(tmp_path: Path) -> None:
    prepared = trained(tmp_path)
    again = apply(prepared.fitted, tmp_path / "train.csv")
    np.testing.assert_array_equal(again.X, prepared.X)
    assert again.kept.all()
    new = tmp_path / "new.csv"
    new.write_text("extra;color;x\nq;red;1,5\nq;violet;2\nq;blue;\n")  # other order, other dialect, no target
    applied = apply(prepared.fitted, new)
    assert applied.kept.tolist() == [True, True, False]
    np.testing.assert_allclose(applied.X[0], [scaled(prepared, 0, 1.5), 0, 1], rtol=1e-6)
    assert applied.X[1, 1:].tolist() == [0, 0]
    assert any("not seen in training" in note for note in applied.notes)
    assert any("1 row is without a prediction" in note for note in applied.notes)


def test_missing_cells_of_a_new_table_follow_the_rule(tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("x,color\n1,red\n,blue\n2,\n")
    filled = trained(tmp_path, "mean")
    applied = apply(filled.fitted, new)
    assert applied.kept.all()
    assert applied.X[1, 0] == pytest.approx(0, abs=1e-6)
    assert applied.X[2, 1:].tolist() == [0, 1]  # red is the most frequent
    with pytest.raises(DataError, match=r"new\.csv, row 3: column 'x' is empty"):
        apply(trained(tmp_path, "refuse").fitted, new)


def test_a_column_that_a_new_table_lacks_is_filled_where_the_recipe_fills_and_named(tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("color,more\nred,1\nblue,2\n")
    fitted = trained(tmp_path, "mean").fitted
    applied = apply(fitted, new)
    assert applied.kept.all()
    assert applied.X[:, 0] == pytest.approx(0, abs=1e-6)  # the mean, standardized
    assert "Column 'x' is not there: every row is filled with the mean of the training rows." in applied.notes
    new.write_text("x\n1\n2\n")
    assert apply(fitted, new).X[:, 1:].tolist() == [[0, 1], [0, 1]]  # red is the most frequent
    new.write_text("y,z\n1,2\n")
    with pytest.raises(DataError, match=r"new\.csv has no column 'x', 'color'"):
        apply(fitted, new)


def test_a_new_table_that_does_not_fit_is_refused_by_file_and_column(tmp_path: Path) -> None:
    fitted = trained(tmp_path).fitted
    new = tmp_path / "new.csv"
    new.write_text("color,z\nred,1\n")
    with pytest.raises(DataError, match=r"new\.csv has no column 'x'"):
        read_for_prediction(new, fitted)
    new.write_text("x,color\nlow,red\nhigh,blue\n")
    with pytest.raises(DataError, match=r"new\.csv: column 'x' held numbers .* first is 'low' in row 2"):
        read_for_prediction(new, fitted)


# -- samples ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_can_be_prepared_and_states_its_source_and_license(name: str) -> None:
    prepared = prepare(sample_recipe(name))
    assert np.isfinite(prepared.X).all()
    assert len(prepared.training) + len(prepared.validation) == len(prepared.X)
    assert prepared.report.rows_dropped == (6 if name == "auto_mpg" else 0)
    assert prepared.report.rows_set_aside == 0
    assert SAMPLES[name].source
    assert SAMPLES[name].license


def test_shipped_tables_are_those_of_scikit_learn() -> None:
    from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

    readme = (importlib.resources.files("resources") / "samples" / "README.md").read_text(encoding="utf-8")
    loads = {"iris": load_iris, "wine": load_wine, "breast_cancer": load_breast_cancer, "digits": load_digits}
    for name, load in loads.items():
        made = replace(sample_recipe(name), preparation=Preparation(scaling="none"))
        prepared = prepare(made)
        np.testing.assert_allclose(prepared.X, load().data, rtol=1e-6)
        labels = prepared.Y.argmax(1) if prepared.task == "multiclass" else 1 - prepared.Y[:, 0]
        np.testing.assert_array_equal(labels, load().target)
        assert SAMPLES[name].file in readme


def test_the_cars_are_those_of_the_repository() -> None:
    """Means and standard deviations as published for the repository's file."""
    plan = sample_recipe("auto_mpg").plan
    table = load_table(sample_recipe("auto_mpg"))
    published = {
        "miles per gallon": (23.514573, 7.815984),
        "cylinders": (5.454774, 1.701004),
        "displacement (cu in)": (193.425879, 104.269838),
        "horsepower": (104.469388, 38.491160),
        "weight (lb)": (2970.424623, 846.841774),
        "acceleration (s)": (15.568090, 2.757689),
        "model year": (76.010050, 3.697627),
    }
    assert [column.name for column in plan.columns if column.role == "target"] == ["miles per gallon"]
    for name, (mean, deviation) in published.items():
        values = table.columns[name]
        assert isinstance(values, np.ndarray)
        assert np.nanmean(values) == pytest.approx(mean, abs=1e-6)
        assert np.nanstd(values, ddof=1) == pytest.approx(deviation, abs=1e-6)
    origin = table.columns["origin"]
    assert isinstance(origin, Categories)
    assert {name: origin.texts().count(name) for name in origin.names} == {"USA": 249, "Europe": 70, "Japan": 79}


def test_generated_samples_depend_on_rows_noise_and_seed() -> None:
    hashes = {
        prepare(sample_recipe("moons", rows=rows, noise=noise, seed=seed)).sha256
        for rows, noise, seed in itertools.product((50, 60), (0.0, 0.1), (0, 1))
    }
    assert len(hashes) == 8
    assert prepare(sample_recipe("moons", seed=3)).sha256 == prepare(sample_recipe("moons", seed=3)).sha256


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_first_sample_is_solved_by_a_small_network() -> None:
    prepared = prepare(sample_recipe(FIRST_SAMPLE))
    X, y = prepared.X, prepared.Y[:, 0]
    network = MLPClassifier(
        (16, 16), activation="tanh", learning_rate_init=0.01, batch_size=32, max_iter=60, alpha=0, random_state=0
    )
    network.fit(X[prepared.training], y[prepared.training])
    assert network.score(X[prepared.validation], y[prepared.validation]) > 0.97


def test_an_unknown_sample_is_named() -> None:
    with pytest.raises(DataError, match="There is no sample 'unicorns'"):
        sample_recipe("unicorns")


def test_dates_of_a_new_table_are_read_in_the_order_of_the_training_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("d,y\n" + "".join(f"{i % 28 + 1}/04/2024,{i * 1.5}\n" for i in range(40)))
    for order in ("dmy", ""):  # given, or found in all cells
        plan = with_column(detect(path), "d", role="feature", date_order=order)  # type: ignore[arg-type]
        fitted = prepare(DataRecipe(source=table_source(path), plan=plan)).fitted
        assert fitted.columns[0].date_order == "dmy"
        new = tmp_path / "new.csv"
        new.write_text("d\n03/04/2024\n04/04/2024\n")
        seconds = read_for_prediction(new, fitted).columns["d"]
        assert not isinstance(seconds, Categories)
        assert np.diff(seconds).tolist() == [86_400.0]

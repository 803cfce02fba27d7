"""A table larger than the memory given to tables: in mapped files, with the same arrays, figures and words."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections import namedtuple
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.declared import replace
from nnstudio import edits
from nnstudio.data import (
    Cancelled,
    ClipQuantiles,
    ColumnSplit,
    ColumnSteps,
    DataError,
    DataRecipe,
    GroupSplit,
    Preparation,
    ShareSplit,
    TableSource,
    TimeSplit,
    detect,
    load_table,
    prepare_anew,
    with_steps,
    with_targets,
)
from nnstudio.data.reading import lines as lines_module
from nnstudio.data.reading.lines import look_at
from nnstudio.data.reading.stream import StreamError, stream_into
from nnstudio.data.recipe import with_column
from nnstudio.data.room import DEFAULT_LIMIT, LIMIT_VARIABLE, MEGA, Place, memory_limit, set_memory_limit
from nnstudio.document import starting_document
from nnstudio.headless import trainer_for

ROWS = 300
RNG = np.random.default_rng(5)


def _cells() -> dict[str, list[str]]:
    numbers = [f"{value:.4f}" for value in RNG.normal(size=ROWS)]
    numbers[7], numbers[40] = "", "oops"
    days = [f"2024-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(ROWS)]
    days[9] = ""
    return {
        "n": numbers,
        "whole": [str(int(value)) for value in RNG.integers(-500, 500, ROWS)],
        "word": [("red", "green", "dark blue", "")[i % 4] for i in RNG.permutation(ROWS)],
        "day": days,
        "ok": [("yes", "no")[i % 2] for i in RNG.permutation(ROWS)],
        "part": [("a", "b", "c")[i % 3] for i in range(ROWS)],
        "y": [f"{value:.3f}" for value in RNG.normal(size=ROWS)],
        "z": [f"{value:.3f}" for value in RNG.normal(size=ROWS)],
        "kind": [("cat", "dog", "fox")[i % 3] for i in RNG.permutation(ROWS)],
    }


CELLS = _cells()


@pytest.fixture(params=["csv", "parquet"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    text = tmp_path / "t.csv"
    rows = [",".join(CELLS), *(",".join(row) for row in zip(*CELLS.values(), strict=True))]
    text.write_text("\n".join(rows) + "\n", encoding="utf-8")
    if request.param == "csv":
        return text
    with duckdb.connect() as connection:
        cast = "* REPLACE (TRY_CAST(n AS DOUBLE) AS n, whole::BIGINT AS whole, ok = 'yes' AS ok)"
        made = f"SELECT {cast} FROM read_csv('{text}', all_varchar=true)"
        connection.execute(f"COPY ({made}) TO '{tmp_path / 't.parquet'}' (FORMAT parquet)")
    return tmp_path / "t.parquet"


def _recipe(path: Path, targets: tuple[str, ...], **preparation: object) -> DataRecipe:
    plan = with_targets(detect(path), targets)
    plan = with_column(plan, "day", role="feature")
    plan = with_steps(plan, "day", ColumnSteps(date_parts=("month", "weekday"), missing="median"))
    plan = with_steps(plan, "n", ColumnSteps(missing="mean", was_missing=True, clip=ClipQuantiles(0.01, 0.99)))
    plan = with_steps(plan, "word", ColumnSteps(missing="most_frequent", other=True))
    return DataRecipe(
        source=TableSource(path=str(path)),
        plan=plan,
        preparation=Preparation(**preparation),  # type: ignore[arg-type]
    )


CASES = {
    "numbers": (("y",), {}),
    "several numbers": (("y", "z"), {"scaling": "robust"}),
    "classes": (("kind",), {"class_weights": "balanced"}),
    "yes or no": (("ok",), {"scaling": "min_max"}),
    "in order": (("y",), {"split": TimeSplit(column="day")}),
    "groups": (("y",), {"split": GroupSplit(column="whole")}),
    "by a column": (("y",), {"split": ColumnSplit(column="part", validation=("b",), test=("c",))}),
    "not stratified": (("kind",), {"split": ShareSplit(stratified=False)}),
}


@pytest.mark.parametrize("case", CASES)
def test_arrays_figures_and_words_are_those_of_a_table_in_memory(
    path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets, preparation = CASES[case]
    recipe = _recipe(path, targets, **preparation)
    assert not load_table(recipe).place.on_disk
    named, expected = prepare_anew(recipe)
    monkeypatch.setenv(LIMIT_VARIABLE, "0")
    assert load_table(recipe).place.on_disk
    named_too, made = prepare_anew(recipe)
    assert made.sha256 == expected.sha256
    assert made.fitted == expected.fitted
    assert made.report == expected.report
    assert named_too == named


def test_the_recipe_names_the_content_that_was_read(path: Path) -> None:
    named, _ = prepare_anew(_recipe(path, ("y",)))
    assert isinstance(named.source, TableSource)
    assert named.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert named.source.size == path.stat().st_size


def test_cancelling_stops_hashing_too(path: Path) -> None:
    with pytest.raises(Cancelled):
        prepare_anew(_recipe(path, ("y",)), cancelled=lambda: True)


@pytest.mark.skipif(sys.platform == "win32", reason="there a file keeps its name until nobody uses it")
def test_the_files_have_no_name_and_go_with_the_arrays(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, "0")
    monkeypatch.setenv("NNSTUDIO_STATE_DIR", str(tmp_path / "kept"))
    _, prepared = prepare_anew(_recipe(path, ("y",)))
    assert prepared.X.any()
    assert list((tmp_path / "kept" / "tables").iterdir()) == []


def test_a_disk_without_room_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setenv(LIMIT_VARIABLE, "0")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(100, 100, 0))
    with pytest.raises(DataError, match=r"larger than 0 MB is kept in .*tables, which has no room"):
        load_table(_recipe(path, ("y",)))


def test_training_from_mapped_files_is_training_from_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, prepared = prepare_anew(_recipe(path, ("kind",)))
    document = edits.use_prepared(starting_document(), recipe, prepared)
    document = msgspec.structs.replace(document, training=replace(document.training, epochs=3))
    in_memory = trainer_for(document, prepared)
    monkeypatch.setenv(LIMIT_VARIABLE, "0")
    mapped = trainer_for(document, prepared)
    assert not mapped.data.extended.flags.writeable  # a file that is only read
    for trainer in (in_memory, mapped):
        trainer.train()
    np.testing.assert_array_equal(mapped.network.learned, in_memory.network.learned)
    assert mapped.metrics().values == in_memory.metrics().values


def test_the_environment_goes_before_what_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        set_memory_limit(30)
        assert memory_limit() == 30 * MEGA
        monkeypatch.setenv(LIMIT_VARIABLE, "40")
        assert memory_limit() == 40 * MEGA
    finally:
        set_memory_limit(DEFAULT_LIMIT)


# -- the parts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [Place(), Place(on_disk=True)])
def test_room_is_zero_and_holds_what_is_written(place: Place) -> None:
    array = place.room((3, 4), np.float32)
    assert not array.any()
    array[1] = 2.0
    assert array.sum() == 8.0
    assert place.room((0, 4), np.float32).shape == (0, 4)
    mask = RNG.random(1_000) < 0.3
    np.testing.assert_array_equal(place.places_of(mask), np.flatnonzero(mask))
    np.testing.assert_array_equal(place.counted(1_000), np.arange(1_000))
    np.testing.assert_array_equal(place.taken(np.array([5.0, 6.0, 7.0]), np.array([1, -1, 0])), [6.0, 7.0, 5.0])


def test_a_stream_writes_every_batch_and_nan_for_null() -> None:
    rows = 300_000  # several batches
    with duckdb.connect() as connection:
        numbers, whole = np.zeros(rows + 5), np.zeros(rows + 5, np.int32)
        query = f"SELECT CASE WHEN i % 7 = 3 THEN NULL ELSE i / 2 END::DOUBLE, i::INTEGER FROM range({rows}) t(i)"
        assert stream_into(connection, query, [numbers, whole]) == rows
    order = np.arange(rows)
    np.testing.assert_array_equal(whole[:rows], order)
    np.testing.assert_array_equal(numbers[:rows], np.where(order % 7 == 3, np.nan, order / 2))


def test_a_stream_that_fails_or_does_not_fit_ends_in_an_error() -> None:
    with duckdb.connect() as connection:
        query = "SELECT CASE WHEN i = 9000 THEN 'x' ELSE '1' END::DOUBLE FROM range(10000) t(i)"
        with pytest.raises(StreamError, match="Could not convert"):
            stream_into(connection, query, [np.zeros(10_000)])
        with pytest.raises(StreamError, match="more than 3 rows"):
            stream_into(connection, "SELECT i::DOUBLE FROM range(4) t(i)", [np.zeros(3)])
        assert connection.execute("SELECT 1").fetchone() == (1,)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60).map(lambda data: data.replace(b"\0", b"\n").replace(b"\x01", b"\r\n")), st.integers(1, 9))
def test_one_pass_finds_line_ends_and_signs_whatever_the_pieces(data: bytes, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(lines_module, "LOOKED_CHUNK", piece)
        file = Path(folder) / "t"
        file.write_bytes(data or b"x")
        found = look_at(file, b'"_+')
    data = data or b"x"
    first = data.find(b"\n")
    below = data if first < 0 else data[first:]
    assert found.ends == (data.count(b"\n"), data.count(b"\r"), data.count(b"\r\n"))
    assert found.anywhere == {sign for sign in b'"_+\r' if sign in data}
    assert found.below == {sign for sign in b'"_+\r' if sign in below}

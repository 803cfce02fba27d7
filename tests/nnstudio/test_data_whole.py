"""Tables checked to their end have the figures that a preview of all rows has; doubts and targets are told before."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from nnstudio.data import (
    Cancelled,
    Column,
    ColumnSteps,
    ImportPlan,
    Preview,
    check_whole,
    detect,
    doubts,
    preview,
    proposed_task,
    rows_left,
    targets_apart,
    with_choices,
    with_kinds,
    with_roles,
)
from nnstudio.data.detecting import whole as whole_module

ROWS = 900


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    lines = ["id,amount,city,when,flag,same,y"]
    for i in range(ROWS):
        amount = "oops" if i == 700 else "" if i % 9 == 0 else f"{rng.normal(50, 20):.2f}"
        city = ("Bern", "Zürich", "", "Genf")[i % 4]
        when = "2024-99-01" if i == 800 else f"2024-{i % 12 + 1:02}-{i % 28 + 1:02}"
        lines.append(f"{i * 3},{amount},{city},{when},{'yes' if i % 3 else 'no'},1,{i % 7 / 2}")
    lines[500] += ",more"
    path = tmp_path / "messy.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def sampled(path: Path, plan: ImportPlan, monkeypatch: pytest.MonkeyPatch) -> Preview:
    with monkeypatch.context() as patched:
        patched.setitem(preview.__globals__, "SMALL_FILE", 100)
        return preview(path, plan)


@pytest.mark.parametrize("values_at_once", [1, 10**9])
def test_the_figures_of_the_whole_are_those_of_a_preview_of_all_rows(
    messy: Path, monkeypatch: pytest.MonkeyPatch, values_at_once: int
) -> None:
    plan = detect(messy)
    complete, shown = preview(messy, plan), sampled(messy, plan, monkeypatch)
    assert complete.complete
    assert not shown.complete
    monkeypatch.setattr(whole_module, "VALUES_AT_ONCE", values_at_once)
    shares: list[float] = []
    whole = check_whole(messy, plan, shown, progress=shares.append)
    assert whole.rows == shown.rows
    assert (whole.complete, whole.counted_rows) == (True, ROWS - 1)
    assert (whole.set_aside, whole.set_aside_count) == (complete.set_aside, 1)
    assert whole.columns == complete.columns  # names, kinds, missing, distinct, unreadable cells, telling rows apart
    for found, expected in zip(whole.columns, complete.columns, strict=True):
        np.testing.assert_array_equal(found.lacking, expected.lacking)
        assert found.figures.task == expected.figures.task
        assert found.figures.spread.counts == expected.figures.spread.counts
        assert found.figures.spread.texts == expected.figures.spread.texts
        assert sum(found.figures.spread.counts) + found.lacks == ROWS - 1
    assert shares[-1] == pytest.approx(1.0)


def test_checking_the_whole_can_be_cancelled(messy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = detect(messy)
    shown = sampled(messy, plan, monkeypatch)
    with pytest.raises(Cancelled):
        check_whole(messy, plan, shown, cancelled=lambda: True)


def test_a_histogram_counts_the_numbers_between_its_edges(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    values = np.random.default_rng(0).normal(size=300).round(3)
    path.write_text("a,y\n" + "".join(f"{value},{i % 2}\n" for i, value in enumerate(values)))
    spread = preview(path, detect(path)).columns[0].figures.spread
    assert spread.edges is not None
    expected = np.histogram(values, len(spread.counts), spread.edges)[0]
    assert list(spread.counts) == expected.tolist()
    assert (spread.low, spread.high) == (values.min(), values.max())
    assert spread.mean == pytest.approx(values.mean())


def test_bars_of_texts_come_with_the_most_frequent_first_and_the_rest_together(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    texts = [f"t{k}" for k in range(30) for _ in range(30 - k)]
    path.write_text("a,y\n" + "".join(f"{text},{i % 2}\n" for i, text in enumerate(texts)))
    spread = preview(path, detect(path)).columns[0].figures.spread
    assert spread.texts[:2] == ("t0", "t1")
    assert spread.counts[:2] == (30, 29)
    assert spread.others == len(texts) - sum(spread.counts)


@pytest.mark.parametrize("cells", [["1e308", "-1e308"], ["5", "5"], ["nan", ""]])
def test_odd_numbers_have_a_spread_too(tmp_path: Path, cells: list[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"{cells[i % 2]},{i % 2}\n" for i in range(20)))
    plan = with_kinds(detect(path), ["a"], "number")
    column = preview(path, plan).columns[0]
    assert sum(column.figures.spread.counts) == 20 - column.lacks


def test_doubts_are_told_of_features_alone(messy: Path) -> None:
    plan = detect(messy)
    shown = preview(messy, plan)
    plan = with_roles(plan, ["id"], "feature")
    found = {warning.kind: warning for warning in doubts(shown, plan)}
    assert found["constant"].columns == ("same",)
    assert "in every row" in found["constant"].text
    assert found["identity"].columns == ("id",)
    assert doubts(shown, with_roles(plan, ["id", "same"], "ignore")) == ()


def test_doubts_of_the_first_rows_say_so(messy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = detect(messy)
    found = doubts(sampled(messy, plan, monkeypatch), plan)
    assert "each of the first 200 rows" in found[0].text


def test_several_targets_of_one_kind_go_together_and_others_are_named(messy: Path) -> None:
    plan = detect(messy)
    shown = preview(messy, plan)
    numbers = with_roles(plan, ["amount"], "target", more=True)
    assert [c.name for c in numbers.columns if c.role == "target"] == ["amount", "y"]
    assert proposed_task(shown, numbers) == "regression"
    assert targets_apart(shown, numbers) == ""
    mixed = with_roles(numbers, ["city"], "target", more=True)
    assert proposed_task(shown, mixed) is None
    assert "'amount' (a number), 'city' (several classes) and 'y' (a number) do not go" in targets_apart(shown, mixed)
    assert proposed_task(shown, with_roles(plan, ["flag"], "target")) == "binary"


def test_a_chosen_target_takes_the_place_of_the_proposed_one_and_steps_stay(messy: Path) -> None:
    plan = detect(messy)
    mine = Column(name="amount", role="target", steps=ColumnSteps(scaling="robust"))
    chosen = with_choices(plan, {"amount": mine, "gone": Column(name="gone")})
    assert [c.name for c in chosen.columns if c.role == "target"] == ["amount"]
    assert chosen.columns[1] == mine
    assert with_choices(plan, {}) is plan


def test_a_constant_goes_with_the_kind_it_was_for() -> None:
    steps = ColumnSteps(missing="constant", constant=3.0, scaling="robust")
    plan = with_kinds(ImportPlan(columns=(Column(name="a", steps=steps),)), ["a"], "category")
    assert plan.columns[0].steps == ColumnSteps(missing="constant", scaling="robust")


def test_a_column_that_holds_lists_lacks_all_cells_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.parquet"
    duckdb.sql(f"COPY (SELECT i AS a, [i] AS many, i % 2 AS y FROM range(500) r(i)) TO '{path}' (FORMAT parquet)")
    plan = detect(path)
    monkeypatch.setitem(preview.__globals__, "SMALL_CELLS", 10)
    whole = check_whole(path, plan, preview(path, plan))
    assert [column.lacks for column in whole.columns] == [0, 500, 0]
    assert rows_left(whole, with_roles(plan, ["many"], "feature"), "drop") == 0

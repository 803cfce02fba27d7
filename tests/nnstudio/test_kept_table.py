"""A table that was read whole gives what another reading would, while its file and the way it is read stay the same."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from nnstudio.data import (
    Categories,
    DataRecipe,
    ImportPlan,
    KeptTable,
    TableSource,
    check_whole,
    detect,
    prepare_anew,
    preview,
    read_table,
    room,
    with_column,
    with_kinds,
)
from nnstudio.data.reading import content
from nnstudio.data.table import Table


@pytest.fixture(autouse=True)
def files_have_stayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file count as unchanged for long."""
    monkeypatch.setattr(content, "SETTLED", 0)


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    lines = ["number,big,when,flag,city,y"]
    for i in range(60):
        number = "oops" if i == 40 else "" if i % 9 == 0 else f"{i / 7:.3f}"
        flag = ("yes", "no", "Y", "maybe")[i % 4 if i == 3 else i % 3]
        lines.append(f"{number},{12345678901234567 + i},{i % 12 + 1}/{i % 12 + 1}/2024,{flag},{'ab'[i % 2]},{i % 5}")
    lines[30] += ",more"
    path = tmp_path / "messy.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def kept_of(path: Path, plan: ImportPlan) -> list[KeptTable]:
    found: list[KeptTable] = []
    check_whole(path, plan, preview(path, plan), keep=found.append)
    return found


def assert_same(kept: Table | None, read: Table) -> None:
    assert kept is not None
    assert list(kept.columns) == list(read.columns)
    for name, expected in read.columns.items():
        values = kept.columns[name]
        if isinstance(expected, Categories):
            assert isinstance(values, Categories)
            assert values.names == expected.names
            values, expected = values.codes, expected.codes
        np.testing.assert_array_equal(values, expected)
    assert kept.report == read.report
    assert kept.whole == read.whole
    assert [kept.row_numbers.of(i) for i in range(kept.rows)] == [read.row_numbers.of(i) for i in range(read.rows)]


def test_any_columns_are_as_if_they_alone_had_been_read(messy: Path) -> None:
    plan = with_kinds(with_kinds(detect(messy), ["big"], "number"), ["flag"], "boolean")
    (kept,) = kept_of(messy, plan)
    assert len(kept.table.report.column_notes) >= 2  # on large numbers, dates or words for yes
    for columns in (plan.columns, plan.columns[:1], plan.columns[1:3], plan.columns[3:], plan.columns[::-1]):
        assert_same(kept.of(messy, plan, columns), read_table(messy, plan, columns=columns))


def test_what_is_prepared_from_it_is_what_reading_gives(messy: Path) -> None:
    plan = with_column(detect(messy), "city", role="ignore")
    (kept,) = kept_of(messy, plan)
    recipe = DataRecipe(source=TableSource(path=str(messy)), plan=plan)
    named, prepared = prepare_anew(recipe, kept=kept)
    named_too, expected = prepare_anew(recipe)
    assert named == named_too
    assert prepared.sha256 == expected.sha256
    assert prepared.report == expected.report


def test_a_table_that_would_be_read_otherwise_is_not_given(messy: Path, tmp_path: Path) -> None:
    plan = detect(messy)
    (kept,) = kept_of(messy, plan)
    assert kept.of(messy, plan, plan.columns) is not None
    others = (
        with_kinds(plan, ["y"], "category"),
        with_column(plan, "when", date_order="dmy" if plan.columns[2].date_order != "dmy" else "mdy"),
        ImportPlan(dialect=plan.dialect, columns=plan.columns, missing_marks=("oops",)),
        ImportPlan(dialect=detect(messy, header=False).dialect, columns=plan.columns),
    )
    for other in others:
        assert kept.of(messy, other, other.columns) is None
    assert kept.of(messy, others[0], plan.columns[:2]) is not None  # of columns that are read as they were
    copy = tmp_path / "copy.csv"
    copy.write_bytes(messy.read_bytes())
    assert kept.of(copy, plan, plan.columns) is None


def test_ignored_texts_are_not_kept_and_large_texts_neither(messy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = with_column(detect(messy), "city", role="ignore")
    (kept,) = kept_of(messy, plan)
    assert set(kept.table.columns) == {"number", "big", "when", "flag", "y"}  # a date that is ignored may yet be used
    used = with_column(plan, "city", role="feature")
    assert kept.of(messy, used, used.columns) is None
    with monkeypatch.context() as patched:
        patched.setattr("nnstudio.data.detecting.whole.memory_limit", lambda: kept.table.size - 1)
        assert kept_of(messy, plan) == []


@pytest.mark.parametrize("change", ["content", "time", "away"])
def test_a_changed_file_is_read_again(messy: Path, change: str) -> None:
    plan = detect(messy)
    (kept,) = kept_of(messy, plan)
    if change == "content":
        messy.write_text(messy.read_text().replace("\n1.", "\n2."))
    elif change == "time":
        os.utime(messy, (1, 1))
    else:
        messy.unlink()
    assert kept.of(messy, plan, plan.columns) is None


def test_nothing_is_kept_of_a_file_that_changed_just_now_or_is_too_large(
    messy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = detect(messy)
    with monkeypatch.context() as patched:
        patched.setattr(content, "SETTLED", 3_600 * 10**9)
        assert kept_of(messy, plan) == []
    with monkeypatch.context() as patched:
        patched.setenv(room.LIMIT_VARIABLE, "0")
        patched.setattr("nnstudio.data.detecting.whole.VALUES_AT_ONCE", 100)
        assert kept_of(messy, plan) == []
    assert len(kept_of(messy, plan)) == 1

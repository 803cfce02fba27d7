"""A new table, or one that has changed, is read for what it says itself: words, dates, sheets, errors, content."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest
from workbooks import error, formula, number, row, text, workbook

from nnstudio import cli
from nnstudio.data import (
    DataRecipe,
    TableSource,
    apply,
    detect,
    prepare,
    preview,
    read_for_prediction,
    read_table,
    with_column,
    with_target,
)
from nnstudio.data.preparing.fitted import FittedPreparation
from nnstudio.project_file import open_project


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments], lambda project: 0)


def trained(path: Path, *features: str) -> FittedPreparation:
    """Return what is fitted on a table whose target is ``y``, with these columns made features."""
    plan = with_target(detect(path), "y")
    for name in features:
        plan = with_column(plan, name, role="feature")
    return prepare(DataRecipe(source=TableSource(path=str(path)), plan=plan)).fitted


# -- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [("no", "Yes"), ("NO", "yes"), ("false", "yes"), ("no", "TRUE"), ("Nein", "ja"), ("n", "y")]
)
def test_other_words_for_yes_and_no_mean_what_they_say(tmp_path: Path, words: tuple[str, str]) -> None:
    train, new = tmp_path / "t.csv", tmp_path / "new.csv"
    train.write_text("b,x,y\n" + "".join(f"{'yes' if i % 3 else 'no'},{i},{i % 7}.5\n" for i in range(60)))
    fitted = trained(train)
    new.write_text("b,x\n" + "".join(f"{words[i % 2]},{i}\n" for i in range(6)))
    found = apply(fitted, new)
    np.testing.assert_array_equal(found.X[:, 0], [0, 1, 0, 1, 0, 1])
    assert not any("not seen" in note for note in found.notes)


# -- dates ------------------------------------------------------------------------------------------------------------


def days(order: str, count: int = 60) -> str:
    made = ((1 + i % 28, 1 + i % 12, i) for i in range(count))
    return "d,y\n" + "".join(f"{order.format(d=d, m=m)},{i}.5\n" for d, m, i in made)


def test_dates_of_a_new_table_are_read_in_the_order_that_they_prove(tmp_path: Path) -> None:
    train, new = tmp_path / "t.csv", tmp_path / "new.csv"
    train.write_text(days("{d:02}/{m:02}/2024"))
    fitted = trained(train, "d")
    new.write_text(days("{m:02}/{d:02}/2024"))
    table = read_for_prediction(new, fitted)
    np.testing.assert_array_equal(table.columns["d"], read_for_prediction(train, fitted).columns["d"])
    assert "Column 'd': dates are read with the month first here, and were with the day first in training." in (
        table.report.notes
    )


def test_dates_that_may_be_either_mean_what_they_meant_in_training(tmp_path: Path) -> None:
    train, new = tmp_path / "t.csv", tmp_path / "new.csv"
    train.write_text(days("{d:02}/{m:02}/2024"))
    new.write_text("d\n03/04/2024\n05/06/2024\n")
    fitted = trained(train, "d")
    table = read_for_prediction(new, fitted)
    np.testing.assert_array_equal(table.columns["d"], [1712102400.0, 1717545600.0])  # 3 April, 5 June
    assert not table.report.notes


def test_dates_after_training_on_iso_ones_are_read_too(tmp_path: Path) -> None:
    train, new = tmp_path / "t.csv", tmp_path / "new.csv"
    train.write_text(days("2024-{m:02}-{d:02}"))
    new.write_text("d\n11.08.2022\n23.09.2022\n")
    table = read_for_prediction(new, trained(train, "d"))
    np.testing.assert_array_equal(table.columns["d"], [1660176000.0, 1663891200.0])


# -- workbooks and Parquet --------------------------------------------------------------------------------------------


def test_errors_of_a_workbook_are_no_categories(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    rows = [row(1, text("A1", "c"), text("B1", "b"), text("C1", "n"))]
    for i in range(2, 16):
        c = error(f"A{i}", "#DIV/0!") if i == 3 else formula(f"A{i}", "") if i == 4 else text(f"A{i}", "uv"[i % 2])
        b = formula(f"B{i}", "") if i == 5 else text(f"B{i}", ("yes", "no")[i % 3 == 0])
        rows.append(row(i, c, b, number(f"C{i}", i)))
    path.write_bytes(workbook(S="".join(rows)))
    plan = detect(path)
    assert [column.kind for column in plan.columns] == ["category", "boolean", "number"]
    table = read_table(path, plan, columns=plan.columns)
    assert table.columns["c"].names == ("u", "v")  # type: ignore[union-attr]
    assert table.report.unreadable == {"c": 2, "b": 1}
    assert [(cell.row, cell.text) for cell in table.report.examples["c"]] == [(3, "#DIV/0!"), (4, "#NOT COMPUTED")]
    assert [column.unreadable_count for column in preview(path, plan).columns] == [2, 1, 0]


def test_which_of_several_sheets_is_predicted_is_said(tmp_path: Path) -> None:
    train, new = tmp_path / "t.csv", tmp_path / "new.xlsx"
    train.write_text("x,y\n" + "".join(f"{i},{i}.5\n" for i in range(40)))
    one = "".join(row(i, number(f"A{i}", i)) for i in range(2, 5))
    new.write_bytes(workbook(Old=row(1, text("A1", "x")) + one, New=row(1, text("A1", "x")) + one))
    assert "Sheet 'Old' of 'Old', 'New' is read." in read_for_prediction(new, trained(train)).report.notes


def test_a_parquet_file_with_a_nan_is_converted_and_predicted(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    duckdb.sql(
        "SELECT * FROM (VALUES (1.0::DOUBLE, 1), ('nan'::DOUBLE, 2), (NULL, 3), (4.0, 4)) t(x, y)"
    ).write_parquet(str(path))
    assert run("convert", path, tmp_path / "o.csv") == 0
    assert (tmp_path / "o.csv").read_text().splitlines() == ["x,y", "1,1", ",2", ",3", "4,4"]


# -- a project whose table has changed --------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    table = tmp_path / "t.csv"
    table.write_text("x,z,y\n" + "".join(f"{i},{i % 5},{2 * i}.5\n" for i in range(80)))
    out = tmp_path / "p.nnstudio"
    assert run("train", table, "--epochs", 3, "--out", out) == 0
    return out


def test_a_project_names_the_content_that_it_was_prepared_from(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "t.csv"
    before = table.read_text()
    table.write_text("\n".join(before.splitlines()[:60]) + "\n")
    assert run("train", project, "--missing", "median", "--epochs", 3, "--out", tmp_path / "q.nnstudio") == 0
    assert "has changed since the project was made" in capsys.readouterr().err
    recipe = open_project(tmp_path / "q.nnstudio").document.data
    assert recipe is not None
    assert isinstance(recipe.source, TableSource)
    assert recipe.source.size == table.stat().st_size
    assert run("evaluate", tmp_path / "q.nnstudio", "--folds", 2) == 0
    assert "has changed" not in capsys.readouterr().err
    table.write_text(before)
    assert run("evaluate", tmp_path / "q.nnstudio", "--folds", 2) == 0
    assert "has changed since the project was made" in capsys.readouterr().err


def test_going_on_says_that_the_table_is_not_what_it_was(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("train", project, "--epochs", 4) == 0
    assert "The data stored in the project are used." not in capsys.readouterr().err
    (tmp_path / "t.csv").unlink()
    assert run("train", project, "--epochs", 4) == 0
    assert "is not there any more. The data stored in the project are used." in capsys.readouterr().err


def test_folds_say_what_could_not_be_read(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "t.csv"
    table.write_text(table.read_text().replace("7,2,14.5", "7,oops,14.5") + "1,2\n")
    assert run("evaluate", project, "--folds", 2, "--json") == 0
    said = capsys.readouterr()
    assert "1 row is set aside" in said.err
    assert "Column 'z': 1 cell is no number" in said.err
    assert json.loads(said.out)["metrics"]["r2"]["mean"] is not None

"""Prepared rows know which rows of the file they are, as a spreadsheet counts, also in a stored project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data import (
    DataError,
    DataRecipe,
    Preparation,
    PreparedData,
    ShareSplit,
    TableSource,
    detect,
    from_arrays,
    prepare,
    prepare_folds,
    read_table,
    to_arrays,
    to_record,
)
from nnstudio.data.look import Look
from nnstudio.data.look_text import tab_separated
from nnstudio.data.row_runs import rows_of_file
from nnstudio.data.table import RowNumbers


def prepared(path: Path, text: str) -> PreparedData:
    path.write_text(text)
    return prepare(DataRecipe(source=TableSource(path=str(path)), plan=detect(path)))


def holed() -> str:
    """Return a table with a title, a blank line, a ragged row and two rows without a number."""
    rows = [f"{i},{i % 2}.5" for i in range(20)]
    rows[3], rows[7], rows[8], rows[15] = "", ",1.5", "?,0.5", "1,2,3"
    return "All of it\n\nx,y\n" + "\n".join(rows) + "\n"


LEFT = [4 + i for i in range(20) if i not in (3, 7, 8, 15)]


def test_rows_that_are_left_keep_their_numbers(tmp_path: Path) -> None:
    data = prepared(tmp_path / "t.csv", holed())
    assert rows_of_file(data.runs, np.arange(len(data.X))).tolist() == LEFT
    text = tab_separated(Look(data), np.array([15, 0, 3])).splitlines()
    assert [line.split("\t")[0] for line in text] == ["row", "23", "4", "8"]


def test_their_numbers_are_stored_with_them_and_checked(tmp_path: Path) -> None:
    data = prepared(tmp_path / "t.csv", holed())
    arrays, record = to_arrays(data), to_record(data)
    np.testing.assert_array_equal(from_arrays(arrays, record).runs, data.runs)
    for wrong in ([[0, 4], [0, 9]], [[1, 4]], [[0, 4], [99, 200]], [[0, 0]], [[0, 2**63 - 1]], [0, 4]):
        with pytest.raises(DataError, match="numbers of the rows are not in order"):
            from_arrays({**arrays, "rows": np.array(wrong, np.int64)}, record)
    arrays.pop("rows")
    assert rows_of_file(from_arrays(arrays, record).runs, [0, 1]).tolist() == [1, 2]  # of an older project


def test_a_whole_table_is_one_run(tmp_path: Path) -> None:
    data = prepared(tmp_path / "t.csv", "x,y\n" + "".join(f"{i},{i % 3}.5\n" for i in range(30)))
    assert data.runs.tolist() == [[0, 2]]


@given(first=st.integers(1, 9), gaps=st.sets(st.integers(2, 60), max_size=30))
def test_numbers_pass_over_gaps(first: int, gaps: set[int]) -> None:
    gaps = {gap for gap in gaps if gap >= first}
    numbers = RowNumbers(first, np.array(sorted(gaps), np.int64))
    expected = [row for row in range(first, 100) if row not in gaps]
    assert numbers.of_rows(np.arange(len(expected))).tolist() == expected


@pytest.mark.parametrize("test", [0.0, 0.2])
def test_the_rows_of_a_fold_keep_their_numbers_too(tmp_path: Path, test: float) -> None:
    path = tmp_path / "t.csv"
    path.write_text(holed())
    preparation = Preparation(split=ShareSplit(test=test))
    recipe = DataRecipe(source=TableSource(path=str(path)), plan=detect(path), preparation=preparation)
    whole = prepare(recipe)
    x = dict(zip(whole.X[:, 0].tolist(), rows_of_file(whole.runs, np.arange(len(whole.X))).tolist(), strict=True))
    seen = set()
    for fold in prepare_folds(read_table(path, recipe.plan), recipe, 3):
        numbers = rows_of_file(fold.runs, np.arange(len(fold.X))).tolist()
        column = fold.fitted.columns[0].inputs[0]
        raw = np.round(fold.X[:, 0] * column.scale + column.offset).astype(int)
        assert numbers == [4 + value for value in raw.tolist()]
        assert from_arrays(to_arrays(fold), to_record(fold)).sha256 == fold.sha256
        seen |= set(numbers)
    assert seen <= set(x.values())


def test_numbers_of_a_read_table_are_those_of_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(holed())
    table = read_table(path, detect(path))
    assert table.row_numbers.of_rows(np.arange(table.rows)).tolist() == sorted({*LEFT, 11, 12})

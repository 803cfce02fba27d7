"""What parts the cells, what is a header, a comment or a mark, and which letters a file has: found, or said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnstudio.cli import main
from nnstudio.data import Categories, Table, detect, read_table
from nnstudio.data.table import ColumnValues

ISO_DAYS = b"d\n" + b"2024-01-05\n" * 1_001


def read(path: Path, data: bytes) -> tuple[Table, str]:
    """Return a table as it is detected, and all that is said of it."""
    path.write_bytes(data)
    plan = detect(path)
    table = read_table(path, plan, columns=plan.columns)
    return table, " ".join((*plan.notes, *table.report.sentences))


def no_window(*arguments: object) -> int:
    raise AssertionError("no window is opened")


def columns(table: Table) -> dict[str, list[object]]:
    return {name: cells(values) for name, values in table.columns.items()}


def cells(values: ColumnValues) -> list[object]:
    if isinstance(values, Categories):
        return list(values.texts())
    return [None if np.isnan(value) else float(value) for value in values]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"A;1.234,56\nB;2.345,67\n", {"column_1": ["A", "B"], "column_2": [1234.56, 2345.67]}),
        (b"A\t1,234.50\nB\t2,345.75\n", {"column_1": ["A", "B"], "column_2": [1234.5, 2345.75]}),
        (b"n;v\nA;1.234,56\nB;2.345,67\n", {"n": ["A", "B"], "v": [1234.56, 2345.67]}),
        (b"x\t5 505 806\ny\t3 603 704\n", {"column_1": ["x", "y"], "column_2": [5505806.0, 3603704.0]}),
        (b"name;pos\nA;48.1,11.5\nB;52.5,13.4\n", {"name": ["A", "B"], "pos": ["48.1,11.5", "52.5,13.4"]}),
        (b"level\tts\nINFO\t10:00:00,123\nWARN\t10:00:01,456\n", {"level": ["INFO", "WARN"]}),
        (b'a,b\n"1", "2"\n"3", "4"\n', {"a": [1.0, 3.0], "b": [2.0, 4.0]}),
        (b"a,b;c,1\nd,e;f,2\n", {"column_1": ["a", "d"], "column_2": ["b;c", "e;f"], "column_3": [1.0, 2.0]}),
        (b"1 2 3 \n4 5 6 \n", {"column_1": [1.0, 4.0], "column_3": [3.0, 6.0]}),
        (b"sep=; \nA;B\n1;x\n", {"A": [1.0], "B": ["x"]}),
    ],
)
def test_numbers_with_marks_do_not_draw_the_delimiter_to_themselves(
    tmp_path: Path, data: bytes, expected: dict[str, list[object]]
) -> None:
    found = columns(read(tmp_path / "t.csv", data)[0])
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("data", [b"-1.0  2.0\n 3.0 -4.0\n 5.0  6.0\n", b"t p q\n10  5 1\n5  10 2\n7  12 3\n8  13 4\n"])
def test_columns_that_are_lined_up_with_blanks_are_not_taken_apart_wrongly(tmp_path: Path, data: bytes) -> None:
    table, said = read(tmp_path / "t.csv", data)
    assert len(table.columns) == 1
    assert "lined up with blanks" in said


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"Ann,NA\nBob,5\n", ["column_1", "column_2"]),
        (b"Ann,5%\nBob,6%\n", ["column_1", "column_2"]),
        (b"A,<0.5\nB,1.2\nC,1.3\n", ["column_1", "column_2"]),
        (b"p,5%,95%\nx,1,2\ny,2,3\n", ["p", "5%", "95%"]),
        (b"country,NA\nde,yes\nfr,no\n", ["country", "NA"]),
    ],
)
def test_a_value_in_the_first_row_speaks_against_a_header(tmp_path: Path, data: bytes, names: list[str]) -> None:
    assert list(read(tmp_path / "t.csv", data)[0].columns) == names


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"z\n01067\n02345\n", "'01067' is read as 1067"),
        (b"z\n" + b"01067\n" * 10 + b"D-345\n", "'01067' is read as 1067"),
        (b"M;k\n01.2024;5\n02.2024;6\n10.2024;7\n", "'01.2024' is read as 1.2024"),
        (b"tel,y\n+491701234567,1\n+491701234568,2\n", "'+491701234567' is read as 491701234567"),
        (b"id\n9007199254740993\n5\n", "numbers of more than 15 digits, which are rounded"),
        (b"id\n123456789012345678901234.0\n5\n", "numbers of more than 15 digits, which are rounded"),
        (b"Ort\tEinw\nA\t1.234\nB\t987\nC\t2.345\n", "'1.234' is read with a decimal point, not as 1234, beside '987'"),
        (b"g,rh\na,+\nb,-\n", "Texts that count as missing: '-' in 'rh'."),
        (b"# exported\na,b\n1,2\n#N/A,3\n4,5\n", "'#N/A,3' has as many cells as a row"),
        (b"##f\n##x\n#C\tP\n1\t100\n2\t200\n", "'#C\\tP' has as many cells as a row"),
        (b"n\nJos\xe9\nM\xc3\xbcller\n", "Choose UTF-8 to be told which row is not"),
        ("n;k\n\u0081b;1\nc;2\n".encode("latin-1"), "signs that no text has"),
        (ISO_DAYS + b"05/03/24\n", "'05/03/24' are read with the year first"),
    ],
)
def test_what_may_be_meant_otherwise_is_said(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in read(tmp_path / "t.csv", data)[1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a,b\n1.25,x\n987,y\n2.5,z\n", "read with a decimal point"),
        (b"a,b\n1.234,x\n2.345,y\n", "read with a decimal point"),
        ("n\nÉlan\n«À»\nSÃO\n".encode("cp1252"), "UTF-8"),
        (b"a,b\n0.5,x\n10,y\n0,z\n", "begin with"),
        (b"# exported\na,b\n1,2\n", "as many cells as a row"),
        (b"Report of May\nname,city\nAnn,Paris\nBob,Rome\n", "as R writes them"),
    ],
)
def test_what_is_clear_is_not_doubted(tmp_path: Path, data: bytes, words: str) -> None:
    assert words not in read(tmp_path / "t.csv", data)[1]


def test_rows_that_begin_as_comments_do_are_rows_where_all_have_as_many_cells(tmp_path: Path) -> None:
    table, _ = read(tmp_path / "t.csv", b"#ff0000,red\n#00ff00,green\nother,none\n")
    assert table.rows == 2


def test_addresses_of_computers_are_no_numbers(tmp_path: Path) -> None:
    table, _ = read(tmp_path / "t.csv", b"h,n\n192.168.100.101,1\n192.168.100.102,2\n")
    assert columns(table)["h"] == ["192.168.100.101", "192.168.100.102"]


def test_utf_16_without_a_mark_is_found_in_other_alphabets(tmp_path: Path) -> None:
    text = "заметка\n" + "Съешь же ещё этих мягких французских булок\n" * 3
    for encoding in ("utf-16-le", "utf-16-be"):
        table, said = read(tmp_path / "t.csv", text.encode(encoding))
        assert columns(table)["заметка"][0] == "Съешь же ещё этих мягких французских булок"
        assert "UTF-16" in said


def test_dates_far_below_decide_the_order_where_the_first_ones_need_none(tmp_path: Path) -> None:
    table, _ = read(tmp_path / "t.csv", ISO_DAYS + b"05/03/2024\n13/03/2024\n")
    assert columns(table)["d"][-2:] == [1709596800.0, 1710288000.0]
    assert not table.report.unreadable


def test_what_c_libraries_print_for_no_number_is_listed(tmp_path: Path) -> None:
    table, _ = read(tmp_path / "t.csv", b"x,k\n1,a\n-nan(ind),b\n3,c\n4,d\n")
    assert table.report.unreadable == {"x": 1}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'a\n1\n  ""', {"a": [1.0, None]}),
        (b'a,b\n  "",2\n3, ""\n', {"a": [None, 3.0], "b": [2.0, None]}),
        (b'a,b\nx, ""\ny,z\n', {"a": ["x", "y"], "b": [None, "z"]}),
        (b'a,b\nu,v\nw,  ""\n  "",z', {"a": ["u", "w", None], "b": ["v", None, "z"]}),
        (b'a\nx\n  ""\ny\n  "q"\n', {"a": ["x", None, "y", "q"]}),
        (b'\xef\xbb\xbf "",1\n2,3\n', {"column_1": [None, 2.0], "column_2": [1.0, 3.0]}),
        (b'a,b\n"p, "", q", ""\n "two\n, """,r\n', {"a": ['p, ", q', 'two\n, "'], "b": [None, "r"]}),
    ],
)
def test_an_empty_quoted_cell_behind_blanks_is_missing_and_quotes_within_cells_stay(
    tmp_path: Path, data: bytes, expected: dict[str, list[object]]
) -> None:
    table, _ = read(tmp_path / "t.csv", data)
    assert columns(table) == expected
    assert not table.report.unreadable


def test_a_quote_behind_blanks_that_the_file_leaves_open_sets_its_row_aside(tmp_path: Path) -> None:
    table, _ = read(tmp_path / "t.csv", b'\n3\n4\nN""1\n  "1e99NA9')
    assert columns(table)["column_1"] == ["3", "4", 'N""1']
    assert [(row.row, row.text) for row in table.report.set_aside_examples] == [(5, '  "1e99NA9')]
    table, _ = read(tmp_path / "t.csv", b'a,b\n1,x\n2, "y\n')
    assert [row.row for row in table.report.set_aside_examples] == [3]
    table, _ = read(tmp_path / "t.csv", b'a,b\n1,x\n2, "y"')
    assert columns(table)["b"] == ["x", "y"]


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"a,b,c\n" + b"1,2\n" * 150 + b"1,2,3\n" * 900, ["a", "b", "c"]),
        (b"a,b\n" + b"r,1,2\n" * 150 + b"8,9\n" * 900, ["a", "b"]),
    ],
)
def test_the_same_rows_tell_the_width_however_many_are_read(tmp_path: Path, data: bytes, names: list[str]) -> None:
    table, _ = read(tmp_path / "t.csv", data)
    assert list(table.columns) == names
    assert (table.rows, table.report.set_aside) == (900, 150)


def test_predictions_are_written_with_as_many_digits_as_tell_them_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{i},{1_700_000_000 + i}\n" for i in range(200))
    (tmp_path / "t.csv").write_text("x,y\n" + rows)
    project = tmp_path / "p.nnstudio"
    table, made = tmp_path / "t.csv", tmp_path / "o.csv"
    assert main(["train", str(table), "--out", str(project), "--hidden", "none", "--epochs", "200"], no_window) == 0
    assert main(["predict", str(project), str(table), "--out", str(made)], no_window) == 0
    capsys.readouterr()
    lines = made.read_text().splitlines()
    assert lines[0] == "x,y,prediction"
    predicted = [float(line.split(",")[2]) for line in lines[1:]]
    assert len(set(predicted)) == 200
    assert np.abs(np.array(predicted) - 1_700_000_100).max() < 200


@pytest.mark.parametrize("ends", ["\n", "mixed"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_second_byte_order_mark_is_text(tmp_path: Path, ends: str, encoding: str) -> None:
    text = "\ufeff1D,x\n2D,y\n3D,x\n"
    data = text if ends == "\n" else text.replace("\n", "\r\n", 1)
    written = ("\ufeff" + data).encode() if encoding == "utf-8" else data.encode("utf-16")
    path = tmp_path / "t.csv"
    path.write_bytes(written)
    plan = detect(path, header=False)
    assert columns(read_table(path, plan, columns=plan.columns))["column_1"] == ["\ufeff1D", "2D", "3D"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_name_may_be_written_in_two_lines(tmp_path: Path, encoding: str, end: str) -> None:
    path = tmp_path / "t.csv"
    for text, expected in (
        ('"a\nunit",b\n1,2\n4,5\n', {"a\nunit": [1.0, 4.0], "b": [2.0, 5.0]}),
        ('"a\nunit"\n1\n2\n', {"a\nunit": [1.0, 2.0]}),
    ):
        path.write_bytes(text.replace("\n", end).encode(encoding))
        plan = detect(path)
        found = columns(read_table(path, plan, columns=plan.columns))
        assert {name.replace("\r\n", "\n"): cells for name, cells in found.items()} == expected

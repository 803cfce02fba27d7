"""``nnstudio inspect`` tells all that is known of a table, ``nnstudio convert`` writes it as it was read."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pytest
from workbooks import number, row, text, workbook

from nnstudio import cli

TABLE = (
    "# by hand\n"
    "name;day;ok;price;n\n"
    "Anna ;05.01.2024;ja;1.234,50;7\n"
    '"B, ""x""";17.02.2024;nein;99,90;oops\n'
    "NA;01.03.2024;ja;NA;8\n"
    "Dora;nein\n"
    "=1+1;31.12.2023 12:30;;0,5;1e3\n"
)


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments], lambda project: 0)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_inspect_tells_what_was_detected_and_each_column(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("inspect", table, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {
        name: found[name]
        for name in ("format", "encoding", "delimiter", "quote", "decimal", "thousands", "comment", "header", "rows")
    } == {
        "format": "text",
        "encoding": "utf-8",
        "delimiter": ";",
        "quote": '"',
        "decimal": ",",
        "thousands": ".",
        "comment": "#",
        "header": True,
        "rows": 4,
    }
    assert found["set_aside"] == [{"row": 6, "text": "Dora;nein"}]
    columns = {column["name"]: column for column in found["columns"]}
    assert {name: (column["type"], column["role"]) for name, column in columns.items()} == {
        "name": ("category", "feature"),
        "day": ("date", "ignore"),
        "ok": ("boolean", "feature"),
        "price": ("number", "feature"),
        "n": ("number", "target"),
    }
    price = columns["price"]
    assert (price["share_missing"], price["distinct"], price["min"], price["max"]) == (0.25, 3, 0.5, 1234.5)
    assert price["mean"] == pytest.approx((1234.5 + 99.9 + 0.5) / 3)
    assert (columns["day"]["min"], columns["day"]["max"]) == ("2023-12-31T12:30:00", "2024-03-01")
    assert columns["ok"]["most_frequent"] == [{"text": "ja", "count": 2}, {"text": "nein", "count": 1}]
    assert columns["n"]["unreadable_cells"] == [{"row": 4, "text": "oops"}]
    assert columns["n"]["unreadable"] == 1


def test_inspect_says_the_same_in_words(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("inspect", table) == 0
    said = capsys.readouterr().out
    for part in (
        "table.csv: text, 4 rows, 5 columns",
        "delimiter  ;",
        "day: date, day first, ignore; 0.00% missing, 4 distinct",
        "most frequent: 'ja' 2, 'nein' 1",
        "min 7, mean 338.333, max 1000",
        "row 4: 'oops'",
        "row 6: 'Dora;nein'",
        "Lines that begin with '#' are left out as comments; the first is '# by hand'.",
    ):
        assert part in said


def test_what_is_detected_can_be_overruled(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = (
        "--delimiter",
        "semicolon",
        "--decimal",
        "point",
        "--thousands",
        "none",
        "--no-header",
        "--comment",
        "#",
    )
    assert run("inspect", table, "--json", *given, "--missing-mark", "oops", "--type", "column_5=category") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["decimal"], found["thousands"], found["comment"], found["header"]) == (".", "", "#", False)
    assert found["columns"][4]["type"] == "category"
    assert "oops" in found["missing_marks"]
    assert run("inspect", table, "--json", "--type", "day=date:mdy") == 0
    day = json.loads(capsys.readouterr().out)["columns"][1]
    assert (day["date_order"], day["min"]) == ("mdy", "2024-01-03")
    assert [cell["row"] for cell in day["unreadable_cells"]] == [4, 7]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            ("--type", "day=when"),
            "--type day=when means nothing. Give COLUMN=TYPE with one of number, category, date, ",
        ),
        (("--type", "x=number"), "--type x=number: there is no column 'x'. The columns are name, day, ok, price, n."),
        (("--encoding", "ebcdic"), "--encoding cannot be 'ebcdic': choose one of utf-8, utf-16-le, "),
        (("--delimiter", "x"), "The delimiter cannot be 'x'."),
        (("--decimal", "7"), "decimal"),
    ],
)
def test_a_mistake_in_an_option_is_said(
    table: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], sentence: str
) -> None:
    assert run("inspect", table, *given) == 2
    assert sentence in capsys.readouterr().err


def test_convert_writes_csv_as_it_was_read_and_reports_what_is_not_in_it(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.csv"
    assert run("convert", table, out) == 3
    assert out.read_bytes() == (
        b"name,day,ok,price,n\r\n"
        b"Anna ,2024-01-05,ja,1234.5,7\r\n"
        b'"B, ""x""",2024-02-17,nein,99.9,\r\n'
        b",2024-03-01,ja,,8\r\n"
        b"=1+1,2023-12-31T12:30:00,,0.5,1e3\r\n"
    )
    said = capsys.readouterr().err
    assert "Column 'n': 1 cell is no number, written empty:\n  row 4: 'oops'\n" in said
    assert "1 row is set aside, not having as many cells as there are columns:\n  row 6: 'Dora;nein'\n" in said


def test_convert_writes_parquet_with_types(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    assert run("convert", table, out) == 3
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT name, day::VARCHAR, ok, price, n FROM read_parquet('{out}')").fetchall()
        types = [row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{out}')").fetchall()]
    assert types == ["VARCHAR", "TIMESTAMP", "BOOLEAN", "DOUBLE", "DOUBLE"]
    assert rows == [
        ("Anna ", "2024-01-05 00:00:00", True, 1234.5, 7.0),
        ('B, "x"', "2024-02-17 00:00:00", False, 99.9, None),
        (None, "2024-03-01 00:00:00", True, None, 8.0),
        ("=1+1", "2023-12-31 12:30:00", None, 0.5, 1000.0),
    ]


def test_what_was_written_reads_back_the_same(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("inspect", table, "--json")
    wanted = json.loads(capsys.readouterr().out)["columns"]
    for name in ("out.csv", "out.parquet"):
        run("convert", table, tmp_path / name)
        capsys.readouterr()
        assert run("inspect", tmp_path / name, "--json") == 0
        found = json.loads(capsys.readouterr().out)["columns"]
        for column in ("day", "price", "n"):
            before, after = (next(c for c in columns if c["name"] == column) for columns in (wanted, found))
            assert [before[k] for k in ("type", "min", "mean", "max")] == [
                after[k] for k in ("type", "min", "mean", "max")
            ]


def test_a_file_that_is_all_read_ends_in_0_and_text_is_unchanged(tmp_path: Path) -> None:
    rows = [["t", "n"], [" x ", "007"], ['a\r\n"b"', "1.50"], ["ä,", "2"]]
    source = tmp_path / "in.csv"
    with source.open("w", encoding="utf-16", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    assert run("convert", source, tmp_path / "out.csv") == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == rows


def test_a_sheet_is_converted_and_the_sheets_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "book.xlsx"
    cells = row(1, text("A1", "a"), text("B1", "b")) + row(2, number("A2", 0.1), text("B2", "x"))
    book.write_bytes(workbook(One=cells, Two=cells.replace("0.1", "0.2")))
    assert run("convert", book, tmp_path / "out.csv", "--sheet", "Two") == 0
    assert (tmp_path / "out.csv").read_bytes() == b"a,b\r\n0.2,x\r\n"
    capsys.readouterr()
    assert run("inspect", book, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["format"], found["sheet"], found["sheets"]) == ("workbook", "One", ["One", "Two"])


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("out.txt", "out.txt: a table is written as CSV or Parquet. Give a name that ends in .csv or .parquet."),
        ("table.csv", "table.csv is also what is read. Give another file name."),
        ("nowhere/out.csv", "there is no folder"),
    ],
)
def test_a_place_that_cannot_be_written_is_said_before_anything_is_read(
    table: Path, capsys: pytest.CaptureFixture[str], out: str, sentence: str
) -> None:
    assert run("convert", table, table.parent / out) == 2
    assert sentence in capsys.readouterr().err
    assert table.read_text(encoding="utf-8") == TABLE


def test_training_takes_the_same_options_and_refuses_them_without_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"{i % 7},{i % 2}\n" for i in range(40)))
    assert run("train", path, "--epochs", 1, "--type", "a=category", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["parameters"] > 7 * 16
    assert run("train", "sample:moons", "--sheet", "x") == 2
    assert "--sheet says how a table is read, and a sample was given." in capsys.readouterr().err


def test_a_network_trained_on_a_sheet_predicts_a_sheet_of_that_name(tmp_path: Path) -> None:
    def sheet(header: str, values: range) -> str:
        lines = row(1, text("A1", "a"), text("B1", header))
        return lines + "".join(row(i + 2, number(f"A{i + 2}", i), number(f"B{i + 2}", 2 * i)) for i in values)

    book, new = tmp_path / "book.xlsx", tmp_path / "new.xlsx"
    book.write_bytes(workbook(Notes=row(1, text("A1", "n")), Data=sheet("y", range(40))))
    new.write_bytes(workbook(Other=row(1, text("A1", "n")), Data=sheet("z", range(5))))
    assert run("train", book, "--sheet", "Data", "--epochs", 2, "--out", tmp_path / "p.nnstudio") == 0
    assert run("predict", tmp_path / "p.nnstudio", new, "--out", tmp_path / "out.csv") == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["a", "z", "prediction"]
    assert [line[0] for line in rows[1:]] == ["0", "1", "2", "3", "4"]

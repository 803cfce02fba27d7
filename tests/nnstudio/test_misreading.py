"""What a file may mean in two ways arrives as the likelier one, and that is said; what is clear is not doubted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pytest
from workbooks import number, parquet, row, text, workbook

from nnstudio.cli import main
from nnstudio.data import (
    Categories,
    DataError,
    DataRecipe,
    TableSource,
    apply,
    detect,
    prepare,
    read_for_prediction,
    read_table,
    with_target,
)
from nnstudio.data.detecting.misreading import one_column
from nnstudio.data.reading.cells import parse_number
from nnstudio.data.reading.dates import format_date
from nnstudio.data.recipe import Dialect

Cells = dict[str, list[object]]


@dataclass(frozen=True)
class Case:
    """A file, the cells of some of its columns (their first and last ones), and words that are said, or must not be."""

    text: str
    cells: Cells = field(default_factory=dict)
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def same_day(more: int) -> str:
    """Return a log that begins with a thousand rows of one day, and goes on until another."""
    days = [1] * 1_100 + list(range(2, more))
    return "day,v\n" + "".join(f"{day:02}/01/2024,{day % 3}\n" for day in days)


def late(*texts: str) -> str:
    """Return a table whose numbers are whole for more than a thousand rows."""
    return (
        "name;v\n" + "".join(f"k{i % 7};{i % 900}\n" for i in range(1_100)) + "".join(f"k;{cell}\n" for cell in texts)
    )


CASES: dict[str, Case] = {
    "a zero before the comma is no group of thousands": Case(
        'a,b\n"0,234",x\n"1,345",y\n"2,387",y\n',
        {"a": [0.234, 1.345, 2.387]},
        ("Numbers are read with a decimal comma.",),
    ),
    "each of both marks in its place": Case(
        "x;y\n0,125;1.234\n0,250;2.345\n0,5;999\n",
        {"x": [0.125, 0.25, 0.5], "y": [1234.0, 2345.0, 999.0]},
        never=("taken for 1",),
    ),
    "coordinates beside amounts": Case(
        "lat;amount\n48.137;1.200,50\n52.520;99,90\n50.110;10,00\n",
        {"lat": [48137.0, 52520.0, 50110.0], "amount": [1200.5, 99.9, 10.0]},
        ("Column 'lat': '48.137' is taken for 48137, with '.' between thousands.",),
        ("'amount': '",),
    ),
    "text with a comma beside doubtful numbers": Case(
        'place;v\n"Main St 5, Rome";1,234\n"Park 6, Bern";2,345\n',
        {"v": [1.234, 2.345]},
        ("'1,234' is taken for 1.234",),
    ),
    "thousands far below whole numbers": Case(
        late("1.234", "12.500"), {"v": [0.0, 12.5]}, ("'1.234' below them is read with '.' as its decimal mark",)
    ),
    "thousands far below, one of them with decimals": Case(
        late("1.234", "1.234,50"), {"v": [0.0, None]}, ("'1.234' below them is read with '.' as its decimal mark",)
    ),
    "decimals far below whole numbers": Case(late("1.234", "12.5"), {"v": [0.0, 12.5]}, never=("below them",)),
    "a comma between thousands far below": Case(
        late("1,234").replace("k0;0\n", "k0;0,5\n"), {"v": [0.5, 1.234]}, never=("below them",)
    ),
    "days that only rows far below tell": Case(same_day(32), {"day": ["2024-01-01", "2024-01-31"]}, never=("first;",)),
    "days that nothing tells": Case(
        same_day(13),
        {"day": ["2024-01-01", "2024-12-01"]},
        ("dates such as '02/01/2024' are read with the month first",),
    ),
    "keys of 24 digits": Case(
        "key,v\n123456789012345678901234,1\n123456789012345678901235,2\n",
        {"v": [1.0, 2.0]},
        ("'key' has numbers of more than 15 digits",),
    ),
    "large numbers with an exponent": Case("a,v\n1e30,1\n2e30,2\n", {"a": [1e30, 2e30]}, never=("15 digits",)),
    "codes with zeros": Case(
        "plz,v\n01067,1\n1067,2\n02345,1\n",
        {"plz": [1067.0, 1067.0, 2345.0]},
        ("Column 'plz' has numbers that begin with zeros: '01067' is read as 1067.",),
    ),
    "decimals with a zero": Case("a,v\n0.5,1\n0.25,2\n0,3\n", {"a": [0.5, 0.25, 0.0]}, never=("zeros",)),
    "amounts with signs": Case(
        'p,v\n"$1,300.00",1\n$5.00,2\n(7.20),3\n',
        {"p": ["$1,300.00", "$5.00", "(7.20)"]},
        ("Column 'p' is read as text: its cells look like numbers, but '$1,300.00' cannot be read as one.",),
    ),
    "percentages, a minus behind, currencies": Case(
        "a;b;c;v\n12 %;5,00-;3,50 €;1\n13 %;6,50-;4,20 CHF;2\n5 %;7,00-;5,00 €;3\n",
        {"a": ["12 %", "13 %", "5 %"]},
        ("'a' is read as text: its cells", "'b' is read as text: its cells", "'c' is read as text: its cells"),
    ),
    "numbers with a mark of their own": Case(
        "a,v\n1,1\n2,2\n.,3\n3,1\n.,2\n4,3\n",
        {"a": ["1", "2", ".", "3", ".", "4"]},
        ("'a' is read as text: most of its cells are numbers, but not '.'. Add such texts to the missing marks",),
    ),
    "texts that are no amounts": Case(
        "ip,tel,version,size,v\n10.0.0.1,030 123,1.2.3,S,1\n10.0.0.2,(030) 44,1.2.4,M,2\n10.0.0.3,040 55,1.3.0,XL,3\n",
        {"ip": ["10.0.0.1", "10.0.0.2", "10.0.0.3"]},
        never=("is read as text",),
    ),
    "a true minus": Case("a,v\n−5,1\n6,2\n+−7,3\n", {"a": [-5.0, 6.0, None]}),
    "a typographic apostrophe": Case(
        "a;v\n1’234.50;1\n2’234’567.25;2\n", {"a": [1234.5, 2234567.25]}, ("a decimal point and '’' between thousands",)
    ),
    "a thin space": Case(
        "a;v\n1\u2009234,5;1\n12\u2009345;2\n", {"a": [1234.5, 12345.0]}, ("a thin space between thousands",)
    ),
    "names of rows as R writes them": Case(
        '"a","b"\n"r1",1.5,2.5\n"r2",2.5,3.5\n',
        {"column_1": ["r1", "r2"], "a": [1.5, 2.5], "b": [2.5, 3.5]},
        ("one name fewer than the rows have cells: the first column is taken for the names of the rows",),
    ),
    "names of rows between blanks": Case(
        '"a" "b" "c"\n"1" 1.5 2 "x1"\n"2" 2.5 3 "x2"\n"3" 3.5 3 "x3"\n',
        {"a": [1.5, 2.5, 3.5], "b": [2.0, 3.0, 3.0], "c": ["x1", "x2", "x3"]},
    ),
    "rows that end in a delimiter": Case(
        "a,b\n1,x,\n2,y,\n3,y,\n", {"a": [1.0, 2.0, 3.0], "b": ["x", "y", "y"]}, never=("names of the rows",)
    ),
    "a column that is empty": Case(
        "a,b,\n1,x,\n2,y,\n3,x,\n",
        {"a": [1.0, 2.0, 3.0]},
        ("'column_3' is empty in the first rows", "'b', is taken for the"),
    ),
    "a line that names the delimiter": Case(
        "sep=;\nname;city\nAnn;Rome\nBob;Paris\n",
        {"name": ["Ann", "Bob"], "city": ["Rome", "Paris"]},
        ("The first line, 'sep=;', names the delimiter.",),
    ),
    "a header of years": Case(
        "country,2019,2020,2021\nDE,1.5,2.5,3\nFR,1.5,2,3\n",
        {"country": ["DE", "FR"], "2020": [2.5, 2.0]},
        ("The first row is taken for the header, since its numbers go up by one.",),
    ),
    "rows that count up": Case("a,1,2,3\nb,4,5,6\nc,2,2,2\n", {"column_1": ["a", "b", "c"]}, ("No header was found",)),
    "as many short rows as long ones": Case("a,b\n1,2,,,\n3,4\n", {"a": [1.0, 3.0], "b": [2.0, 4.0]}),
    "columns lined up with blanks": Case(
        "a     b    c\n1   2.5   x\n2   3.5   y\n3   3.5   y\n",
        says=("Only one column was found; a row is '3   3.5   y'.",),
    ),
    "keys that come again": Case(
        "customer_id,a,v\n" + "".join(f"{1000 + 3 * (i // 2)},{i % 7},{i % 3}\n" for i in range(200)),
        says=("'customer_id' is named like a key and has 100 values in 200 rows; it is proposed to be ignored",),
    ),
    "few numbers of a name like a key": Case(
        "key,a,v\n" + "".join(f"{i % 12},{i % 7},{i % 3}\n" for i in range(200)), never=("named like a key",)
    ),
    "a remark behind few rows that end in a delimiter": Case(
        "a,b,c\n" + "1,7,2,\n" * 500 + "1,7,2,checked\n" + "1,7,2,\n" * 300,
        {"a": [1.0, 1.0], "b": [7.0, 7.0], "c": [2.0, 2.0]},
        never=("names of the rows",),
    ),
    "whole numbers of words like an index": Case(
        "air_quality_index,NO,v\n" + "".join(f"{i * 7 % 300},{i * 11 % 290},{i % 3}\n" for i in range(400)),
        never=("ignored",),
    ),
    "a number with many blanks behind": Case("a,v\n" + f"12{' ' * 150}x3,1\n" * 400, never=("is read as text",)),
    "codes and telephone numbers": Case(
        "sku,car,tel,v\n" + "".join(f"SKU{100 + i},BMW {300 + i},555 123 45{10 + i},{i % 3}\n" for i in range(30)),
        never=("is read as text",),
    ),
    "Indian groups": Case("a;v\n1,23,456.78;1\n2,34,567.5;2\n3,45,678;3\n", says=("'a' is read as text: its cells",)),
    "floats with all their digits": Case(
        "a,v\n" + "".join(f"{1.2345678901234567e25 * (i + 1)!r},{i % 3}\n" for i in range(30)), never=("15 digits",)
    ),
    "whole numbers with decimals of zero": Case(
        "name;v\n" + "".join(f"k;{i % 900}.000\n" for i in range(1_100)) + "k;6.250\n", never=("below them",)
    ),
    "a column that is empty for long": Case("name;v;w\n" + "k;;1\n" * 1_100 + "k;6.250;2\n", never=("below them",)),
    "rows of answers without a header": Case(
        "B,1,2,3\n" + "L,5,1,5\nM,1,5,1\n" * 50, {"column_1": ["B", "M"]}, ("No header was found",)
    ),
    "moments alone": Case("2024-01-01 12:05\n2024-01-02 12:06\n2024-01-03 12:07\n", never=("Only one column",)),
    "names alone": Case("name\n" + "Ann Lee\nBob Ray\nZoe Fox\n" * 5, never=("Only one column",)),
    "addresses alone": Case("url\n" + "https://a.example/b\n" * 9, never=("Only one column",)),
    "cells between colons": Case("a:b\n1:2\n3:4\n5:6\n", says=("Only one column was found; a row is '5:6'.",)),
    "names of rows between blanks without quotes": Case(
        "a b\n1 1.5 2\n2 2.5 4\n3 2.5 4\n4 2.5 4\n", {"a": [1.5, 2.5, 2.5, 2.5], "b": [2.0, 4.0, 4.0, 4.0]}
    ),
    "words and numbers between single blanks": Case(
        "name a b\nAnn 1.5 2\nBob Lee 2.5 4\nZoe 2.5 4\nEve 2.5 5\n" + "Kim 2.5 5\n" * 9,
        says=("Only one column was found",),
    ),
    "a quoted line that names the delimiter": Case(
        '"sep=;"\nname;v\nAnn;1\nBob;2\n', {"name": ["Ann", "Bob"], "v": [1.0, 2.0]}, ("names the delimiter.",)
    ),
    "names in angle brackets": Case("<table>,<x>\n1,2\n3,4\n", {"<table>": [1.0, 3.0]}),
    "names of a page's parts": Case("<head>,<body>,y\n1,2,3\n3,4,5\n", {"<head>": [1.0, 3.0]}),
    "two byte order marks": Case("\ufeff\ufeffa,b\n1,x\n2,y\n", {"a": [1.0, 2.0]}),
}


def cells(table: object, name: str) -> list[object]:
    values = table.columns[name]  # type: ignore[attr-defined]
    if isinstance(values, Categories):
        return list(values.texts())
    return [None if np.isnan(value) else float(value) for value in values]


@pytest.mark.parametrize("name", CASES)
def test_what_a_file_may_mean_otherwise_is_said(tmp_path: Path, name: str) -> None:
    case, path = CASES[name], tmp_path / "t.csv"
    path.write_text(case.text, encoding="utf-8")
    plan = detect(path)
    table = read_table(path, plan, columns=plan.columns)
    kinds = {column.name: column.kind for column in plan.columns}
    for column, expected in case.cells.items():
        found = cells(table, column)
        if kinds[column] == "date":
            found = [format_date(value) for value in found if isinstance(value, float)]
        assert (found if len(found) == len(expected) else [found[0], found[-1]]) == expected, column
    said = " ".join((*plan.notes, *table.report.sentences))
    for words in case.says:
        assert words in said
    for words in case.never:
        assert words not in said


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"a": 1}\n{"a": 2}\n', "holds JSON"),
        (b'[\n  {"a": 1}]', "holds JSON"),
        (b"[[1, 2], [3, 4]]", "holds JSON"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "is a web page, whatever its name"),
        (b"\xef\xbb\xbf<!DOCTYPE html>\n<p>1", "is a web page, whatever its name"),
        (b"<?xml version='1.0'?><a/>", "holds XML"),
    ],
)
def test_what_is_no_table_is_refused_by_what_it_is(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "table.xls"
    path.write_bytes(data)
    with pytest.raises(DataError, match=f"table.xls {says}"):
        detect(path)


def test_bytes_at_random_are_no_text_and_old_text_is(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(np.random.default_rng(0).integers(1, 256, 5_000).astype(np.uint8).tobytes())
    with pytest.raises(DataError, match="does not hold text"):
        detect(path)
    path.write_bytes("größe,ort\n1,Köln\x0c\n2,Bär\x1a\n".encode("cp1252"))
    assert [column.name for column in detect(path).columns] == ["größe", "ort"]


def test_names_in_brackets_are_no_json(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("[id],[name]\n1,x\n2,y\n")
    assert [column.name for column in detect(path).columns] == ["[id]", "[name]"]


def test_one_column_of_words_is_not_doubted() -> None:
    assert one_column([["name"], ["Ann"], ["Bob"], ["Zoe"]]) == ""
    assert one_column([["a b"]]) == ""


def test_a_group_of_thousands_begins_with_no_zero() -> None:
    dialect = Dialect(thousands=",")
    assert parse_number("0,125", dialect) is None
    assert parse_number("10,125", dialect) == 10_125.0


@pytest.mark.parametrize("element", ["<v/>", "<v></v>", ""])
def test_a_formula_that_was_never_computed_is_listed(tmp_path: Path, element: str) -> None:
    path = tmp_path / "t.xlsx"
    uncomputed = f'<c r="A4"><f>SUM(A2:A3)</f>{element}</c>'
    empty = '<c r="A5" t="str"><f>IF(A2&gt;9,1,"")</f><v></v></c>'
    path.write_bytes(
        workbook(
            S=row(1, text("A1", "a"), text("B1", "b"))
            + row(2, number("A2", 1), text("B2", "x"))
            + row(3, number("A3", 2), text("B3", "y"))
            + row(4, uncomputed, text("B4", "x"))
            + row(5, empty, text("B5", "y"))
            + "".join(row(r, number(f"A{r}", r), text(f"B{r}", "xy"[r % 2])) for r in range(6, 30))
        )
    )
    plan = detect(path)
    table = read_table(path, plan, columns=plan.columns)
    assert [(cell.row, cell.text) for cell in table.report.examples["a"]] == [(4, "#NOT COMPUTED")]
    assert table.report.missing == {"a": 1}


def test_the_names_of_a_parquet_file_are_those_of_its_outermost_fields(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(
        parquet(tmp_path, "SELECT 1 AS \"a\", {'x': 1, 'y': {'z': 2}} AS s, [1] AS l, 3 AS \"b b\", NULL AS n")
    )
    assert [column.name for column in detect(path).columns] == ["a", "s", "l", "b b", "n"]


def test_convert_writes_the_number_that_was_read_and_says_how(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    path.write_text("a;b\n1.234;03/04/2024\n2.000,50;05/06/2024\n17;07/08/2024\n")
    assert main(["convert", str(path), str(out)], lambda *_: 0) == 0
    assert [line.split(",")[0] for line in out.read_text().splitlines()] == ["a", "1234", "2000.5", "17"]
    said = capsys.readouterr().err
    assert "Numbers are read with a decimal comma and '.' between thousands." in said
    assert "dates such as '03/04/2024' are read with the day first" in said
    assert "target" not in said
    assert "ignored" not in said


# -- new tables mean what the training table did ----------------------------------------------------------------------


def trained(tmp_path: Path, table: str) -> object:
    path = tmp_path / "train.csv"
    path.write_text(table)
    return prepare(DataRecipe(source=TableSource(path=str(path)), plan=with_target(detect(path), "y"))).fitted


GERMAN = "x;k;y\n" + "".join(f"{i}.234,5;{i};{i},5\n" for i in range(1, 40))
AMERICAN = "x,k,y\n" + "".join(f'"{i},234.5",{i},{i}.5\n' for i in range(1, 40))


@pytest.mark.parametrize(
    ("table", "new", "x"),
    [
        (GERMAN, "x;k\n1.234;1\n2.345;2\n", [1234.0, 2345.0]),
        (GERMAN, "x;k\n1,234;1\n2,345;2\n", [1.234, 2.345]),
        (GERMAN, "x,k\n1234.5,1\n2345,2\n", [1234.5, 2345.0]),
        (AMERICAN, "x;k\n1,234;1\n2,345;2\n", [1234.0, 2345.0]),
        (AMERICAN, "x;k\n1.234,5;1\n2.345,25;2\n", [1234.5, 2345.25]),
    ],
)
def test_a_number_of_a_new_table_means_what_it_meant_in_training(
    tmp_path: Path, table: str, new: str, x: list[float]
) -> None:
    fitted, path = trained(tmp_path, table), tmp_path / "new.csv"
    path.write_text(new)
    found = read_for_prediction(path, fitted)  # type: ignore[arg-type]
    assert cells(found, "x") == x
    told = [note for note in apply(fitted, found).notes if "in training" in note]  # type: ignore[arg-type]
    assert bool(told) == (new.startswith("x,k") if table is GERMAN else "1.234,5" in new)


def test_a_new_table_of_one_column_is_parted_as_the_training_table_was(tmp_path: Path) -> None:
    table = "x;y\n" + "".join(f"{i}.234,5;{i},5\n" for i in range(1, 40))
    fitted, path = trained(tmp_path, table), tmp_path / "new.csv"
    path.write_text("x\n1.234,00\n2.000,00\n")
    assert cells(read_for_prediction(path, fitted), "x") == [1234.0, 2000.0]  # type: ignore[arg-type]


def test_a_delimiter_of_training_that_means_a_comment_now_is_left_alone(tmp_path: Path) -> None:
    fitted, path = trained(tmp_path, GERMAN), tmp_path / "new.csv"
    dialect = Dialect(delimiter="#", decimal=",", thousands=".")
    fitted = msgspec.structs.replace(fitted, dialect=dialect)  # type: ignore[type-var]
    path.write_text("# from the archive\n# of 2024\nx;k\n1.234,5;1\n2.345;2\n")
    assert cells(read_for_prediction(path, fitted), "x") == [1234.5, 2345.0]  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["9" * 5_000, "0" + "9" * 5_000])
def test_a_cell_of_thousands_of_digits_is_no_trouble(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,b,v\n{cell},1,2\n01,2,3\n02,3,4\n03,3,4\n")
    plan = detect(path)
    assert [(c.row, len(c.text)) for c in read_table(path, plan).report.examples["a"]] == [(2, 80)]


def test_a_remark_in_few_rows_of_a_new_table_shifts_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = "a,b,y\n" + "".join(f"{a:.2f},{a * 20:.2f},{a:.1f},\n" for a in rng.normal(5, 1, 60))
    fitted, path = trained(tmp_path, table), tmp_path / "new.csv"
    path.write_text("a,b,y\n5.0,100.5,1,\n6.0,101.5,1,odd\n7.0,102.5,1,\n")
    assert cells(read_for_prediction(path, fitted), "a") == [5.0, 6.0, 7.0]  # type: ignore[arg-type]


def test_marks_are_not_proposed_for_a_workbook_which_has_none(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    rows = (row(r, text(f"A{r}", f"{r},5 €"), number(f"B{r}", r)) for r in range(2, 20))
    path.write_bytes(workbook(S=row(1, text("A1", "a"), text("B1", "b")) + "".join(rows)))
    said = " ".join(detect(path).notes)
    assert "'2,5 €' cannot be read as one. Take such signs away in the file, to have it" in said

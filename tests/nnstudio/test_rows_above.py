"""Rows above a table, such as a title: found, left out and said; the rows below keep their numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from workbooks import number, row, text, workbook

from nnstudio.cli import main
from nnstudio.data import Categories, DataError, DataRecipe, Table, TableSource, detect, prepare, preview, read_table
from nnstudio.data.preparing.predict import dialect_for

TABLE = b"day,amount,kind\n2024-01-05,3.5,a\n2024-01-06,4.5,b\n2024-01-07,1.5,a\n"
BANK = (
    'Umsatzanzeige;"Datei erstellt am";25.11.2026\n\nIBAN;DE12 3456\nKontoname;Giro\nSaldo;1.234,56;EUR\n\n'
    "Buchung;Empfänger;Betrag;Währung\n05.01.2024;Rewe;-12,50;EUR\n06.01.2024;Aldi;-8,20;EUR\n"
    "07.01.2024;Lohn;2.000,00;EUR\n"
)
# What stands above, and how many rows that is.
TITLES = {
    "one line": (b"Account statement 2024\n", 1),
    "lines and a blank one": (b"Account statement 2024\nOwner: Smith\n\n", 3),
    "filled up with delimiters": (b"Report,,\nOwner,Smith,\n,,\n", 3),
    "in quotes": (b'"Report, all of it"\n"and ""more"""\n', 2),
    "of several lines in quotes": (b'"Report\nof\nall",,\n', 1),
    "with more behind its quotes": (b'"Report" of 2024\n', 1),
    "with a quote in it": (b'Report 17" wide\n', 1),
    "below comments": (b"# made by hand\n# today\nReport\n", 3),
    "the delimiter, and a title": (b"sep=,\nAccount statement 2024\n", 2),
}


def no_window(*arguments: object) -> int:
    raise AssertionError("no window is opened")


def texts(table: Table) -> dict[str, list[object]]:
    return {
        name: list(values.texts() if isinstance(values, Categories) else np.nan_to_num(values, nan=-1.0))
        for name, values in table.columns.items()
    }


def numbers(table: Table) -> list[int]:
    return [table.row_numbers.of(i) for i in range(table.rows)]


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("written", ["as it is", "with carriage returns", "in UTF-16", "with a byte order mark"])
def test_the_table_below_a_title_is_read_as_without_it_and_its_rows_keep_their_numbers(
    tmp_path: Path, title: str, written: str
) -> None:
    above, rows = TITLES[title]
    plain, titled = tmp_path / "plain.csv", tmp_path / "titled.csv"
    plain.write_bytes(TABLE)
    data = above + TABLE
    if written == "with carriage returns":
        data = data.replace(b"\n", b"\r\n")
    elif written != "as it is":
        data = data.decode().encode("utf-16" if written == "in UTF-16" else "utf-8-sig")
    titled.write_bytes(data)
    plan, wanted = detect(titled), detect(plain)
    assert plan.dialect.skip == rows
    assert plan.columns == wanted.columns
    assert "left out" in " ".join(plan.notes)
    found, expected = read_table(titled, plan, columns=plan.columns), read_table(plain, wanted, columns=wanted.columns)
    assert texts(found) == texts(expected)
    assert numbers(found) == [number + rows for number in numbers(expected)]
    assert not found.report.set_aside
    shown = preview(titled, plan)
    assert shown.row_numbers == tuple(numbers(found))
    assert shown.estimated_rows == found.rows


def test_the_head_of_a_bank_statement_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "bank.csv"
    path.write_bytes(BANK.encode("cp1252"))
    plan = detect(path)
    assert plan.dialect.skip == 6
    table = read_table(path, plan, columns=plan.columns)
    assert list(table.columns) == ["Buchung", "Empfänger", "Betrag", "Währung"]
    assert texts(table)["Betrag"] == [-12.5, -8.2, 2000.0]
    assert numbers(table) == [8, 9, 10]
    assert "The first 6 rows are taken for a title above the table, 'Umsatzanzeige', and left out." in plan.notes


NO_TITLE = (
    b"a,b,c\n1,2,3\n4,5,6\n",
    b"1,,\n2,3,4\n5,6,7\n",  # values, some of them missing
    b"x,y\nr1,1,2\nr2,3,4\n",  # the names of rows have none themselves
    b"Report\nname,score\nAnn,3\nBob,4\n",  # perhaps the same
    b"a,b,c\n1\n2,3,4\n",
    b"words\nsome more words\nand others\n",
    b"a\n1\n2\n",
    b"\n\nname,age\nAnn,3\n\nBob,4\n",
    b"A,B\n\n1,2,3\n4,5,6\n",
    # A header with fewer names than there are columns.
    b"id,,\n1,2,3\n4,5,6\n",
    b"name,city,\nAnn,Paris,\nBob,Rome,note\nCid,Oslo,\n",
    b"name,city,\nAnn,Paris,x\nBob,Rome,y\nCid,Oslo,z\n",
    b"country,city\nFrance,Paris,x\nFrance,Lyon,y\nItaly,Rome,z\nItaly,Pisa,w\n",
    b"city,temp,\nParis,unknown,a\nRome,12,b\nOslo,13,c\nBern,14,d\n",
    b"item,price,\nshoe,$5.00,a\nhat,$6.00,b\ncap,$7.00,c\n",
    b"item,ok,\nshoe,yes,a\nhat,no,b\ncap,yes,c\nsock,no,d\n",
    b"shift,start,\nearly,06:00,a\nlate,14:00,b\nnight,22:00,c\n",
    b"key,en,de,\na,dog,Hund,x\nb,cat,Katze,y\nc,cow,Kuh,z\n",
    b"home,\nabout,http://x.org/about\nshop,http://x.org/shop\n",
    b"Country,Note\nFR,capital is Paris\nIT,big,red\nDE,old,town\nDE,new,city\n",
    b"item,\nshoe,unknown\nk3,3\nk4,4\nk5,5\n",
    b"id,\nk1,pending\nk2,2024-01-05\nk3,2024-01-06\nk4,2024-01-07\n",
    b"sensor\ns1,error,error\ns2,1,2\ns3,2,3\ns4,3,4\n",
    b"id,name\nk1,ann,pending,tbd\nk2,bob,1,2\nk3,cid,2,3\nk4,dan,3,4\n",
    b"id,name,,\nk1,ann,pending,tbd\nk2,bob,1,2\nk3,cid,2,3\nk4,dan,3,4\n",
    # Rows without their last cells.
    b"Alpha,\nBeta,b\nGamma,c\nDelta,d\n",
    b"Ann,,\nBob,Rome,x\nCid,Oslo,y\n",
    b"Ann,,\nBob,Rome,\nCid,Oslo,y\nDan,Bern,z\nEve,Kiel,w\nFay,Bonn,v\n",
    b"Europe,,\nEurope,France,Paris\nEurope,Italy,Rome\nAsia,Japan,Tokyo\nAsia,China,Beijing\n",
    b"aardvark,\nabacus,a counting frame\nabbot,a head of monks\nabut,to border\n",
    # Values, a header among them.
    b"t,a\n0,0\n1,1\n2,2\nt,a,b\n0,0,0\n1,1,1\n2,2,2\n3,3,3\n4,4,4\n",
    b"time,event\nt0,start0\nt1,start1\nt2,start2\n" + b"".join(b"t%d,stop%d,why%d\n" % (i, i, i) for i in range(40)),
)
TITLED = (
    ("Report 2024\nname,city,team\nAnn,Paris,x\nBob,Rome,y\n", 1, ["name", "city", "team"]),
    ("List of members\n\nName,Town,\nAnn,Rome,n1\nBob,Bern,n2\n", 2, ["Name", "Town", "column_3"]),
    ("Statement\n\nDate,Amount\n2024-01-01,2\n2024-01-02,4\n", 2, ["Date", "Amount"]),
    ("Account statement\nDate,Amount\n2024-01-01,2\n2024-01-02,4\n", 1, ["Date", "Amount"]),
    ("Created,Ann\n\nid,town,amount\n1,Rome,3\n2,Oslo,4\n", 2, ["id", "town", "amount"]),
    ("Report\nItem,2019,2021,2023\na,1,2,3\nb,2,3,4\n", 1, ["Item", "2019", "2021", "2023"]),
    ("Report\nItem,2023,2022,2021\na,1,2,3\nb,2,3,4\n", 1, ["Item", "2023", "2022", "2021"]),
    (
        "Statement of all\nDate,Text,,Amount\n2024-01-01,u,x,1\n2024-01-02,v,y,2\n",
        1,
        ["Date", "Text", "column_3", "Amount"],
    ),
    ("Report\n\nitem,comment\na,\nb,\nc,\nd,x\n", 2, ["item", "comment"]),
    ("Big report\nProject,X\nitem,n,comment\na,1,\nb,2,\nc,3,\nd,4,x\n", 2, ["item", "n", "comment"]),
    ("Sales,,,p. 1\n,,,\nDate,Text,n,Amount\n2024-01-01,u,3,1\n2024-01-02,v,4,2\n", 2, ["Date", "Text", "n", "Amount"]),
    (",,,Sales report\nDate,Text,n,Amount\n2024-01-01,u,3,1\n2024-01-02,v,4,2\n", 1, ["Date", "Text", "n", "Amount"]),
    ("Report\n\na,b,c\nGroup 0\n0,0,0\n1,1,1\n2,2,2\nGroup 3\n3,3,3\n4,4,4\n", 2, ["a", "b", "c"]),
)


@pytest.mark.parametrize("data", NO_TITLE)
def test_a_first_row_that_may_be_a_header_or_values_is_no_title(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    assert detect(path).dialect.skip == 0


@pytest.mark.parametrize(("data", "rows", "names"), TITLED)
def test_rows_that_are_shorter_than_the_header_of_a_table_are_left_out(
    tmp_path: Path, data: str, rows: int, names: list[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(data)
    plan = detect(path)
    assert plan.dialect.skip == rows
    assert [column.name for column in plan.columns] == names


def test_the_head_of_a_table_of_the_world_bank_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    head = '"Data Source","World Development Indicators",\n\n"Last Updated Date","2024-05-30",\n\n'
    names = '"Country Name","Country Code","Indicator Name","Indicator Code","1960","1961","1962",\n'
    path.write_text(head + names + "".join(f'"C{i}","{i}C","GDP","NY",{i}.5,"","4.5",\n' for i in range(30)))
    plan = detect(path)
    assert plan.dialect.skip == 4
    assert [column.name for column in plan.columns][3:6] == ["Indicator Code", "1960", "1961"]


@pytest.mark.parametrize(
    ("data", "marks"),
    [
        ("A;b\nC;d\nE;f\nt;x;y\n1;2,5;3,5\n2;2,6;3,6\n", (",", "")),
        (
            "Von;01.01.2024\nSaldo;5\nTyp;Giro\n\nTag;Text;Betrag\n02.01.2024;a;-500,25\n03.01.2024;b;2.000,50\n",
            (",", "."),
        ),
    ],
)
def test_what_stands_above_has_no_vote_on_the_marks_of_numbers(
    tmp_path: Path, data: str, marks: tuple[str, str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(data)
    plan = detect(path)
    assert (plan.dialect.decimal, plan.dialect.thousands) == marks
    assert plan.columns[-1].kind == "number"


@pytest.mark.parametrize("data", [b'"Report of 2024\na,b,c\n1,"x",3\n4,"y",6\n', b'"Report\na,b\n1,2\n3,4" x,5\n6,7\n'])
def test_a_quote_that_is_left_open_above_swallows_no_row_without_a_word(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    plan = detect(path, skip=1)
    with pytest.raises(DataError, match=r"t\.csv, row 1: a quote is opened and not closed"):
        read_table(path, plan, columns=plan.columns)


def test_the_number_of_rows_above_is_overruled(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"of,all,kinds\n" + TABLE)  # a title with as many cells as the table
    assert detect(path).dialect.skip == 0
    plan = detect(path, skip=1)
    assert [column.name for column in plan.columns] == ["day", "amount", "kind"]
    assert numbers(read_table(path, plan, columns=plan.columns)) == [3, 4, 5]
    titled = tmp_path / "titled.csv"
    titled.write_bytes(b"Report\n" + TABLE)
    assert detect(titled, skip=0).columns[0].name != "day"


def test_bad_rows_below_a_title_are_listed_with_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'"Report\nof 2024",,\n\n' + TABLE + b'2024-01-08,oops,b\n1,2\n"x" y,3,a\n')
    plan = detect(path)
    table = read_table(path, plan, columns=plan.columns)
    assert plan.dialect.skip == 2
    assert [(cell.row, cell.text) for cell in table.report.examples["amount"]] == [(7, "oops")]
    assert [row.row for row in table.report.set_aside_examples] == [8, 9]


def test_a_column_alone_below_rows_to_be_left_out_keeps_its_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'"one\ntwo"\n\nx\n1\n\n3\n')
    plan = detect(path, skip=2)
    table = read_table(path, plan, columns=plan.columns)
    assert texts(table) == {"x": [1.0, -1.0, 3.0]}
    assert numbers(table) == [4, 5, 6]


def test_more_rows_to_leave_out_than_there_are_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE)
    with pytest.raises(DataError, match=r"^t\.csv: nothing stands below the 9 rows to be left out on top\.$"):
        detect(path, skip=9)


def test_a_title_in_a_sheet_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    rows = [
        row(1, text("A1", "Report\nof 2024")),
        row(3, text("A3", "made by"), text("B3", "Ann")),
        row(4, text("A4", "x"), text("B4", "k"), text("C4", "y")),
        row(5, number("A5", 1), text("B5", "a"), number("C5", 2.5)),
        row(6, number("A6", 2), text("B6", "b"), number("C6", 3.5)),
    ]
    path.write_bytes(workbook(S="".join(rows)))
    plan = detect(path)
    assert plan.dialect.skip == 3
    table = read_table(path, plan, columns=plan.columns)
    assert texts(table) == {"x": [1.0, 2.0], "k": ["a", "b"], "y": [2.5, 3.5]}
    assert numbers(table) == [5, 6]


def test_a_new_table_to_predict_may_have_another_title_or_none(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"Report\n\n" + TABLE)
    fitted = prepare(DataRecipe(source=TableSource(path=str(path)), plan=detect(path))).fitted
    new = tmp_path / "new.csv"
    new.write_bytes(TABLE)
    assert dialect_for(new, fitted).skip == 0
    new.write_bytes(b"Another\none\nof,three\n" + TABLE)
    assert dialect_for(new, fitted).skip == 3
    new.write_bytes(b"has,as,many\ncells,as,they\n" + TABLE)  # not found, but as in training
    assert dialect_for(new, fitted).skip == 2


def test_a_new_table_without_a_header_has_the_title_that_the_first_one_had(tmp_path: Path) -> None:
    path, new = tmp_path / "t.csv", tmp_path / "new.csv"
    rows = b"".join(b"%d,%d,%d.5\n" % (i, i * i % 7, i % 3) for i in range(20))
    path.write_bytes(b"of,all,x\nby,hand,y\n" + rows)
    fitted = prepare(DataRecipe(source=TableSource(path=str(path)), plan=detect(path, skip=2, header=False))).fitted
    assert dialect_for(path, fitted).skip == 2
    new.write_bytes(rows)
    assert dialect_for(new, fitted).skip == 0  # its first rows are values


def test_a_comment_or_delimiter_is_looked_for_below_what_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'"Report\n# of\n# all"\nid,tag\n1,u\n#6,v\n7,w\n')
    table = read_table(path, detect(path, skip=1))
    assert table.rows == 3
    path.write_bytes((b"x" * 600 + b"\n") * 900 + b"a;b\n1;2\n3;4\n")
    assert [column.name for column in detect(path, skip=900).columns] == ["a", "b"]


def test_inspect_says_what_is_left_out_and_is_told_how_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"Report\n\n" + TABLE)
    assert main(["inspect", str(path)], no_window) == 0
    assert "left out   2 rows above the table" in capsys.readouterr().out
    assert main(["inspect", str(path), "--json", "--skip", "3"], no_window) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["skip"] == 3
    assert told["header"] is False
    assert main(["inspect", str(path), "--skip", "1.5"], no_window) == 2
    assert "--skip cannot be '1.5': give a whole number from 0 to 1,000." in capsys.readouterr().err

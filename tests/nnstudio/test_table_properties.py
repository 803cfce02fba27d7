"""Tables written in a random dialect read back the same, and mutated ones are right or said to be wrong."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
from pathlib import Path

import numpy as np
import pytest
import table_fuzz
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnstudio.data import Categories, Column, Dialect, ImportPlan, Table, preview, read_table
from nnstudio.data.reading.booleans import PAIRS
from nnstudio.data.reading.cells import is_missing
from nnstudio.data.reading.dates import find_order, format_date, parse_date

EPOCH = datetime.datetime(1970, 1, 1)
MOMENTS = st.datetimes(datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0)
)
CODECS = {"windows-1252": "cp1252", "utf-8": "utf-8-sig"}
TEXTS = st.text(st.sampled_from("abXY019 ,;|\t'\"#%_-+.äß\n\r"), min_size=1, max_size=10).filter(
    lambda text: text == text.strip(" \t\r\n") and not is_missing(text, ("", "NA"))
)


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    decimal, thousands = draw(st.sampled_from([(".", ""), (",", ""), (".", ","), (",", "."), (".", "'"), (",", " ")]))
    return Dialect(
        delimiter=draw(st.sampled_from([",", ";", "\t", "|"])),
        quote=draw(st.sampled_from(['"', "'"]).filter(lambda quote: quote != thousands)),
        decimal=decimal,
        thousands=thousands,
        encoding=draw(st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "windows-1252", "latin-1"])),
        header=draw(st.booleans()),
        comment=draw(st.sampled_from(["", "#", "%"])),
    )


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[float | None, str | None, datetime.datetime | None, bool | None]]:
    numbers = st.integers(-(10**9), 10**9).map(float) | st.floats(-1e9, 1e9).map(lambda value: round(value, 3))
    rows = st.tuples(st.none() | numbers, st.none() | TEXTS, st.none() | MOMENTS, st.none() | st.booleans())
    found = draw(st.lists(rows, min_size=1, max_size=20))
    return [(draw(numbers), *found[0][1:]), *found[1:]]  # a file without any value is empty


def written_number(value: float, dialect: Dialect, grouped: bool) -> str:
    whole, point, rest = f"{value:,.3f}".partition(".") if grouped else repr(value).partition(".")
    if "e" in rest or "e" in whole:
        return repr(value).replace(".", dialect.decimal)
    return whole.replace(",", dialect.thousands) + (dialect.decimal if point else "") + rest


def written_date(moment: datetime.datetime, order: str) -> str:
    day = {"ymd": "{y:04}-{m:02}-{d:02}", "dmy": "{d}.{m}.{y:04}", "mdy": "{m}/{d}/{y:04}"}[order]
    return day.format(y=moment.year, m=moment.month, d=moment.day) + f" {moment:%H:%M:%S}"


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=tables(),
    dialect=dialects(),
    order=st.sampled_from(["ymd", "dmy", "mdy"]),
    pair=st.sampled_from(PAIRS),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.sampled_from(["", "NA"]),
    packed=st.booleans(),
    ended=st.booleans(),
)
def test_a_table_written_in_any_dialect_reads_back_the_same(
    tmp_path: Path,
    rows: list[tuple[float | None, str | None, datetime.datetime | None, bool | None]],
    dialect: Dialect,
    order: str,
    pair: tuple[str, str],
    newline: str,
    mark: str,
    packed: bool,
    ended: bool,
) -> None:
    lines = []
    if dialect.header:
        lines.append(["n", "t", "d", "b"])
    for number, text, moment, yes in rows:
        lines.append(
            [
                mark if number is None else written_number(number, dialect, bool(dialect.thousands)),
                mark if text is None else text,
                mark if moment is None else written_date(moment, order),
                mark if yes is None else pair[yes],
            ]
        )
    out = io.StringIO()
    comment = f"{dialect.comment} it's \"odd{newline}" if dialect.comment else ""
    out.write(comment)
    # Python's writer leaves a bare carriage return without quotes.
    broken = any(row[1] and set("\r\n") & set(row[1]) for row in rows)
    writer = csv.writer(
        out,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        lineterminator=newline,
        quoting=csv.QUOTE_ALL if broken else csv.QUOTE_MINIMAL,
    )
    for i, line in enumerate(lines):
        writer.writerow(line)
        if i == len(lines) // 2:
            out.write(comment)
    written = out.getvalue() if ended else out.getvalue().removesuffix(newline)
    data = written.encode(CODECS.get(dialect.encoding, dialect.encoding))
    path = tmp_path / "table.csv"
    path.write_bytes(gzip.compress(data) if packed else data)
    names = ("n", "t", "d", "b") if dialect.header else tuple(f"column_{i}" for i in range(1, 5))
    kinds = ("number", "category", "date", "boolean")
    plan = ImportPlan(
        dialect=dialect,
        columns=tuple(
            Column(name=name, kind=kind, date_order=order if kind == "date" else "")  # type: ignore[arg-type]
            for name, kind in zip(names, kinds, strict=True)
        ),
        missing_marks=("", "NA"),
    )
    table = read_table(path, plan)
    n, t, d, b = (table.columns[name] for name in names)
    assert isinstance(t, Categories)
    assert isinstance(b, Categories)
    assert not isinstance(n, Categories)
    assert not isinstance(d, Categories)
    assert [None if np.isnan(value) else value for value in n] == [row[0] for row in rows]
    assert t.texts() == [row[1] for row in rows]
    assert [None if np.isnan(value) else EPOCH + datetime.timedelta(seconds=value) for value in d] == [
        row[2] for row in rows
    ]
    assert [None if code < 0 else bool(code) for code in b.codes] == [row[3] for row in rows]
    assert table.report.unreadable == {}
    assert table.report.set_aside == 0
    shown = preview(path, plan)
    assert [column.missing for column in shown.columns] == [sum(row[i] is None for row in rows) for i in range(4)]
    assert [column.unreadable_count for column in shown.columns] == [0, 0, 0, 0]


@given(MOMENTS)
def test_a_date_written_as_iso_reads_back_as_it(moment: datetime.datetime) -> None:
    seconds = (moment - EPOCH).total_seconds()
    found = parse_date(format_date(seconds), "")
    assert found is not None
    assert found.seconds == seconds


@given(st.lists(MOMENTS, min_size=1, max_size=8), st.sampled_from(["dmy", "mdy"]))
def test_one_day_past_the_twelfth_tells_the_order_of_all_dates(moments: list[datetime.datetime], order: str) -> None:
    found = find_order([written_date(moment, order) for moment in moments], Dialect())
    if any(moment.day > 12 for moment in moments):
        assert found.order == order
        assert not found.doubtful


@pytest.mark.slow
def test_mutated_tables_are_right_or_said_to_be_wrong() -> None:
    outcomes, failed = table_fuzz.run(300, 20_240)
    assert failed == []
    assert min(outcomes[what] for what in ("read", "set aside", "unreadable", "refused")) > 5


def test_the_second_reader_notices_a_wrong_value_a_lost_row_and_a_row_number(tmp_path: Path) -> None:
    data = b"a,b\n1,x\n2,y\n"
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    plan = ImportPlan(columns=(Column(name="a"), Column(name="b", kind="category")))
    table = read_table(path, plan)
    table_fuzz.compare(data, plan, table)
    for other in (b"a,b\n1,x\n3,y\n", b"a,b\n1,x\n", b"a,b\n\n1,x\n2,y\n", b"a,b\n1,x\noops,y\n"):
        with pytest.raises(AssertionError):
            table_fuzz.compare(other, plan, table)
    assert isinstance(table, Table)

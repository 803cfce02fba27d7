"""Dates as people write them: what is read as which moment, what is refused, and what is doubtful."""

from __future__ import annotations

import datetime
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data import Dialect, detect, read_table, with_roles
from nnstudio.data.reading.dates import doubt_of, find_order, format_date, looks_like_date, parse_date
from nnstudio.data.recipe import DateOrder

DAYS = st.dates(datetime.date(1969, 1, 1), datetime.date(2068, 12, 31))
COMMAS = Dialect()


def read(text: str, order: DateOrder = "") -> str | None:
    moment = parse_date(text, order)
    return None if moment is None else format_date(moment.seconds)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("5 Mar 2024", "2024-03-05"),
        ("05-MAR-2024", "2024-03-05"),
        ("5/mar/2024", "2024-03-05"),
        ("05MAR2024", "2024-03-05"),
        ("5. March 2024", "2024-03-05"),
        ("1st Sept. 2024", "2024-09-01"),
        ("5 Mar, 2024", "2024-03-05"),
        ("Mar 5, 2024", "2024-03-05"),
        ("March 22nd, 2024", "2024-03-22"),
        ("Mar-05-2024", "2024-03-05"),
        ("2024-Mar-05", "2024-03-05"),
        ("5-Mar-24", "2024-03-05"),
        ("5-Mar-69", "1969-03-05"),
        ("5-Mar-68", "2068-03-05"),
        ("Tue, 5 Mar 2024", "2024-03-05"),
        ("Tuesday March 5, 2024", "2024-03-05"),
        ("Tue, 05 Mar 2024 10:30:15 GMT", "2024-03-05T10:30:15"),
        ("5 Mar 2024 11:30 +0100", "2024-03-05T10:30:00"),
        ("Mar 5, 2024, 1:05 PM", "2024-03-05T13:05:00"),
        ("29 Feb 2024", "2024-02-29"),
    ],
)
def test_a_date_with_the_name_of_its_month_needs_no_order(text: str, meant: str) -> None:
    assert {read(text, order) for order in ("", "dmy", "mdy", "ymd")} == {meant}
    assert looks_like_date(text)


@pytest.mark.parametrize(
    "text",
    ["Mon, 5 Mar 2024", "30 Feb 2024", "5 Mars 2024", "5 Mar", "Mar 2024", "5-Mar 2024", "5-Mar,2024", "0 Mar 2024",
     "32 Mar 2024", "5 Mar 924", "sepember 5, 2024", "5 Mär 2024", "5/3/924", "1-2-3-4"],
)  # fmt: skip
def test_what_is_no_date_is_none_in_any_order(text: str) -> None:
    assert {read(text, order) for order in ("", "dmy", "mdy", "ymd")} == {None}


@given(DAYS, st.sampled_from(["/", "-", "."]), st.sampled_from(["dmy", "mdy", "ymd"]))
def test_a_year_of_two_digits_is_read_where_the_order_says_it_is(
    day: datetime.date, mark: str, order: DateOrder
) -> None:
    text = mark.join(f"{day:%{letter}}" for letter in order)
    moment = parse_date(text, order)
    assert moment is not None
    assert moment.short
    assert format_date(moment.seconds) == day.isoformat()
    assert parse_date(text, "") is None


@pytest.mark.parametrize("text", ["1.2.10", "10.4.1", "1-2-10", "3.11.15"])
def test_a_version_is_not_taken_for_a_date(text: str) -> None:
    assert not looks_like_date(text)


@pytest.mark.parametrize("text", ["3/12/24", "03.12.24", "24-12-03"])
def test_a_short_date_as_people_write_it_is_one(text: str) -> None:
    assert looks_like_date(text)


@pytest.mark.parametrize(
    ("texts", "order", "doubtful"),
    [
        (["03/04/24", "13/04/24"], "dmy", "03/04/24"),  # as well years first, if less likely
        (["03/04/2024", "13/04/2024"], "dmy", ""),
        (["03/04/24", "03/14/24"], "mdy", ""),
        (["03/04/24", "05/06/24"], "mdy", "03/04/24"),
        (["03.04.2024", "05.06.2024"], "dmy", ""),
        (["03.04.24", "25.06.24", "31.01.24"], "dmy", "03.04.24"),  # as well 2003, 2025 and 2031, if less likely
        (["24-03-04", "24-06-25", "24-01-31"], "ymd", "24-03-04"),
        (["99-03-04", "98-06-25"], "ymd", ""),
        (["5 Mar 2024", "2024-01-02"], "ymd", ""),
        (["2024-01-05", "2024-02-06", "24-12-31"], "ymd", "24-12-31"),  # a year cut off, perhaps
        (["13/04/2024", "01/02/2024", "01/02/24"], "dmy", ""),
        (["13/04/2024", "04/13/2024", "01/02/2024"], "mdy", "01/02/2024"),
    ],
)
def test_the_order_is_the_one_that_reads_most_and_what_another_reads_otherwise_is_doubtful(
    texts: list[str], order: DateOrder, doubtful: str
) -> None:
    assert find_order(texts, COMMAS)[:2] == (order, doubtful)


def test_what_is_said_of_a_doubtful_date_names_the_orders_that_read_it_otherwise() -> None:
    assert doubt_of("day", "ymd", "24-03-04").endswith("choose 'day first' if that is wrong.")
    assert doubt_of("day", "dmy", "03/04/05").endswith("choose 'year first' or 'month first' if that is wrong.")
    assert doubt_of("day", "dmy", "03/04/2024").endswith("choose 'month first' if that is wrong.")


def test_a_column_with_names_of_months_arrives_as_dates_and_short_years_are_told(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    days = [datetime.date(2024, 1, 30) + datetime.timedelta(days=31 * i) for i in range(12)]
    rows = itertools.chain(["day,short,y"], (f"{day:%d-%b-%Y},{day:%d/%m/%y},{day.month}" for day in days))
    path.write_text("\n".join(rows))
    plan = detect(path)
    assert [column.kind for column in plan.columns] == ["date", "date", "number"]
    told = "Column 'short': years of two digits are read as 1969 to 2068."
    assert told in plan.notes
    assert not any("'day'" in note and "two digits" in note for note in plan.notes)
    table = read_table(path, with_roles(plan, {"day", "short"}, "feature"))
    assert told in table.report.sentences
    expected = np.array(days, "datetime64[s]").astype(float)
    np.testing.assert_array_equal(table.columns["day"], expected)
    np.testing.assert_array_equal(table.columns["short"], expected)

"""Dates in words and along an axis: round places of the calendar, and no digit that float32 has made up."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnstudio.data import DataRecipe, Preparation, TableSource, detect, is_date, prepare, with_roles
from nnstudio.data.look import Look
from nnstudio.date_words import date_text, date_ticks, span_text, value_text

DAY = 86_400.0


def seconds(*parts: int) -> float:
    return datetime.datetime(*parts, tzinfo=datetime.UTC).timestamp()


@pytest.mark.parametrize(
    ("moment", "grain", "text"),
    [
        (seconds(2024, 3, 5), 1.0, "2024-03-05"),
        (seconds(2024, 3, 5, 13, 7), 1.0, "2024-03-05 13:07"),
        (seconds(2024, 3, 5) - 20, 20.0, "2024-03-05"),
        (seconds(2024, 3, 5, 1), 3_000.0, "2024-03-05"),  # a time of day that cannot be told
        (seconds(1912, 1, 1), 1.0, "1912-01-01"),
        (1e15, 1.0, "1e15 s"),
    ],
)
def test_a_moment_is_a_date_with_the_time_that_can_be_told(moment: float, grain: float, text: str) -> None:
    assert date_text(moment, grain) == text


@pytest.mark.parametrize(
    ("span", "text"), [(DAY, "1 day"), (3 * DAY, "3 days"), (7_200.0, "2 hours"), (30.0, "30 s"), (0.0, "0 s")]
)
def test_a_span_is_told_in_its_largest_unit(span: float, text: str) -> None:
    assert span_text(span) == text


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        ((2018, 1, 3), (2022, 3, 4), ["2020", "2022"]),
        ((2020, 1, 1), (2020, 9, 1), ["2020-01", "2020-04", "2020-07"]),
        ((2020, 1, 1), (2020, 1, 20), ["2020-01-02", "2020-01-09", "2020-01-16"]),
        ((2020, 1, 1), (2020, 1, 1, 20), ["01-01 00:00", "01-01 06:00", "01-01 12:00", "01-01 18:00"]),
        ((2020, 1, 1, 10), (2020, 1, 1, 10, 9), ["01-01 10:00", "01-01 10:05"]),
        ((1500, 1, 1), (2020, 1, 1), ["1600", "1800", "2000"]),
    ],
)
def test_labels_stand_at_round_places_of_the_calendar(
    low: tuple[int, ...], high: tuple[int, ...], labels: list[str]
) -> None:
    assert list(date_ticks(seconds(*low), seconds(*high), 4).values()) == labels


@given(st.floats(-6e10, 6e10), st.floats(1.0, 6e10), st.floats(1.0, 12.0))
def test_labels_lie_between_the_ends_in_order_and_are_not_too_many(low: float, span: float, most: float) -> None:
    assume(low + span > low)
    places = list(date_ticks(low, low + span, most))
    assert places == sorted(places)
    assert all(low <= place <= low + span for place in places)
    assert len(places) <= max(2.0, most) * 2 + 1


def test_ends_beyond_the_calendar_have_no_labels() -> None:
    assert date_ticks(-1e18, 1e18, 4) == {}
    assert date_ticks(5.0, 5.0, 4) == {}


def test_a_feature_made_of_a_date_is_shown_as_one(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=11 * i) for i in range(60)]
    path.write_text("\n".join(["day,x,y", *(f"{day},{i % 7},{'ab'[i % 2]}" for i, day in enumerate(days))]))
    plan = with_roles(detect(path), {"day"}, "feature")
    preparation = Preparation(date_parts=("timestamp", "month"))
    prepared = prepare(DataRecipe(source=TableSource(path=str(path)), plan=plan, preparation=preparation))
    look = Look(prepared)
    by_name = {column.name: column for column in look.columns}
    day, month = (by_name[name] for name in prepared.features[:2])
    assert (is_date(prepared, day.first), is_date(prepared, month.first)) == (True, False)
    assert month.grain == 0
    shown = [date_text(cell, day.grain) for cell in look.cells(day, np.arange(60))]
    assert shown == [str(day) for day in days]
    assert value_text(prepared, day.first, seconds(2020, 5, 1)) == "2020-05-01"
    assert value_text(prepared, month.first, 5.0) == "5.00"

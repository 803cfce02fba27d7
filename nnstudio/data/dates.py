"""Dates and times as they stand in tables: to seconds since 1970-01-01 and back, and what stands first in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from nnstudio.data.recipe import DateOrder, Dialect

DAY = 86_400  # seconds
EPOCH = date(1970, 1, 1).toordinal()
ORDER_TITLES: dict[DateOrder, str] = {"ymd": "year first", "dmy": "day first", "mdy": "month first"}
_TIME = (
    r"(?:(?:[T ]|, ?)([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r" ?([AaPp]\.?[Mm]\.?)?"
    r"(?: ?(Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})" + _TIME, re.ASCII)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})" + _TIME, re.ASCII)
_POINT = re.compile(r"[0-9]{1,2}[.]")
_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?", re.ASCII)


class Moment(NamedTuple):
    """A date with its time: ``seconds`` since 1970-01-01 as written, or in UTC where it said how far it is from it."""

    seconds: float
    offset: bool


def parse_date(text: str, order: DateOrder) -> Moment | None:
    """Return the date that a cell holds, None where it holds none. A year that stands first is never doubtful."""
    text = text.strip()
    match = _YEAR_FIRST.fullmatch(text)
    if match is not None:
        year, _, month, day, *time = match.groups()
    else:
        match = _YEAR_LAST.fullmatch(text)
        if match is None or order not in ("dmy", "mdy"):
            return None
        first, _, second, year, *time = match.groups()
        day, month = (first, second) if order == "dmy" else (second, first)
    try:
        days = date(int(year), int(month), int(day)).toordinal() - EPOCH
    except ValueError:
        return None
    seconds = _seconds(*time)
    return None if seconds is None else Moment(days * DAY + seconds, time[-1] is not None)


def _seconds(
    hour: str | None, minute: str, second: str | None, fraction: str | None, half: str | None, offset: str | None
) -> float | None:
    """Return the seconds since midnight, None where there is no such time."""
    if hour is None:
        return 0.0
    h, m, s = int(hour), int(minute), int(second or 0)
    if half:
        if not 1 <= h <= 12:
            return None
        h = h % 12 + (12 if half[0] in "Pp" else 0)
    if h > 23 or m > 59 or s > 59:
        return None
    whole = 3600 * h + 60 * m + s
    if offset and offset[0] in "+-":
        digits = offset[1:].replace(":", "").ljust(4, "0")
        hours, minutes = int(digits[:2]), int(digits[2:])
        if hours > 15 or minutes > 59:
            return None
        whole -= (3600 * hours + 60 * minutes) * (-1 if offset[0] == "-" else 1)
    return whole + (int(fraction) / 10 ** len(fraction) if fraction else 0)


def looks_like_date(text: str) -> bool:
    """Return whether a cell is a date in some order."""
    return any(parse_date(text, order) is not None for order in ("dmy", "mdy"))


class Order(NamedTuple):
    """The order found; ``doubtful`` is a cell that both orders read, and differently, where no other cell decides."""

    order: DateOrder
    doubtful: str


def find_order(texts: Iterable[str], dialect: Dialect) -> Order:
    """Return the order in which most of these cells are dates.

    Where as many are dates with the day first as with the month first, a point or a hyphen means the day, and a
    slash means what goes with the file's other marks: the month with decimal points and commas between cells, else
    the day.
    """
    only_day = only_month = 0
    doubtful, doubtful_is_same = "", True
    for text in texts:
        day_first, month_first = parse_date(text, "dmy"), parse_date(text, "mdy")
        if parse_date(text, "") is not None:
            continue
        if day_first is None or month_first is None:
            only_day += day_first is not None
            only_month += month_first is not None
        elif not doubtful or doubtful_is_same:
            doubtful, doubtful_is_same = text, day_first == month_first
    if not (only_day or only_month or doubtful):
        return Order("ymd", "")
    if only_day == only_month:
        month = "/" in doubtful and dialect.decimal == "." and dialect.delimiter != ";"
        clear = _POINT.match(doubtful) or doubtful_is_same or not doubtful
        return Order("mdy" if month else "dmy", "" if clear and not only_day else doubtful)
    # One cell that reads one way only decides, unless others contradict it.
    return Order("dmy" if only_day > only_month else "mdy", doubtful if only_day and only_month else "")


def doubt_of(name: str, order: DateOrder, doubtful: str) -> str:
    """Return what is said of a column whose dates could be read in two ways."""
    other = ORDER_TITLES["mdy" if order == "dmy" else "dmy"]
    return (
        f"Column {name!r}: dates such as {doubtful!r} are read with the {ORDER_TITLES[order]}; "
        f"choose {other!r} if that is wrong."
    )


def is_plain(text: str) -> bool:
    """Return whether a date is written as :func:`format_date` may write it: in ISO 8601, without an offset."""
    return bool(_PLAIN.fullmatch(text))


def format_date(seconds: float) -> str:
    """Return the ISO 8601 text of a date, with its time unless that is midnight."""
    days, rest = divmod(seconds, DAY)
    shown = (date.fromordinal(EPOCH) + timedelta(days=days)).isoformat()
    if rest == 0:
        return shown
    microseconds = round(rest * 1e6)
    whole, fraction = divmod(microseconds, 10**6)
    if whole == DAY:  # rounded up to midnight
        return format_date((days + 1) * DAY)
    time = f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{shown}T{time}" + (f".{fraction:06}".rstrip("0") if fraction else "")

"""Dates and times as they stand in tables: to seconds since 1970-01-01 and back, and what stands first in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from nnstudio.data.recipe import DateOrder, Dialect

DAY = 86_400  # seconds
EPOCH = date(1970, 1, 1).toordinal()
ORDER_TITLES: dict[DateOrder, str] = {"ymd": "year first", "dmy": "day first", "mdy": "month first"}
ORDERS = tuple(ORDER_TITLES)
_TIME = (
    r"(?:(?:[T ]|, ?)([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r" ?([AaPp]\.?[Mm]\.?)?"
    r"(?: ?(Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})" + _TIME, re.ASCII)
_IN_ORDER = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{1,2})" + _TIME, re.ASCII)
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|\.)?"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = (
    r"(?:(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?"
    r"|sun(?:day)?)\.?,? )?"
)
_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_NAMED = tuple(
    re.compile(_WEEKDAY + pattern + _TIME, re.ASCII | re.IGNORECASE)
    for pattern in (
        f"{_DAY}(?P<mark>[-/ ]?){_MONTH}(?P=mark){_YEAR}",  # 5 March 2024, 5-Mar-24
        f"{_DAY} ?{_MONTH}, ?{_YEAR}",  # 5 Mar, 2024
        f"{_MONTH}(?P<mark>[-/ ]){_DAY}(?P=mark){_YEAR}",  # Mar-05-2024
        f"{_MONTH} {_DAY}, ?{_YEAR}",  # March 5th, 2024
        f"(?P<year>[0-9]{{4}})(?P<mark>[-/ ]){_MONTH}(?P=mark){_DAY}",  # 2024-Mar-05
    )
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")  # as they all begin
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME_PARTS = 6  # groups of _TIME
FIRST_SHORT_YEAR = 69  # years of two digits: 69 to 99 are of the 20th century, 00 to 68 of the 21st, as in POSIX
_POINT = re.compile(r"[0-9]{1,2}[.]")
_SHORT = re.compile(r"[0-9]{1,2}(?:/[0-9]{1,2}/|([-.])[0-9]{1,2}\1)[0-9]{1,2}\b", re.ASCII)
_SURELY_SHORT = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}\b|[0-9]{2}([-.])[0-9]{2}\1[0-9]{2}\b", re.ASCII)
_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)?", re.ASCII)


class Moment(NamedTuple):
    """A date with its time: ``seconds`` since 1970-01-01 as written, or in UTC where it said how far it is from it.

    ``short`` says that its year has two digits.
    """

    seconds: float
    offset: bool
    short: bool


def parse_date(text: str, order: DateOrder) -> Moment | None:
    """Return the date that a cell holds, None where it holds none.

    A year of four digits that stands first is never doubtful, nor is a date with the name of its month, which is
    English. All others are read in the order.
    """
    text = text.strip()
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = match[1], int(match[3]), match[4]
    elif match := _IN_ORDER.fullmatch(text):
        first, second, third = match[1], match[3], match[4]
        if order == "ymd":
            year, month, day = first, int(second), third
        elif order:
            year = third
            day, month = (first, int(second)) if order == "dmy" else (second, int(first))
        else:
            return None
    elif match := next((found for pattern in _NAMED if (found := pattern.fullmatch(text))), None):
        year, day, month = match["year"], match["day"], 1 + _MONTHS.index(match["month"][:3].lower())
    else:
        return None
    if len(year) not in (2, 4) or len(day) > 2:
        return None
    short = len(year) == 2
    century = 0 if not short else 1900 if int(year) >= FIRST_SHORT_YEAR else 2000
    try:
        of = date(century + int(year), month, int(day))
    except ValueError:
        return None
    weekday = match.groupdict().get("weekday")
    if weekday and _WEEKDAYS[of.weekday()] != weekday[:3].lower():
        return None
    time = match.groups()[-TIME_PARTS:]
    seconds = _seconds(*time)
    return None if seconds is None else Moment((of.toordinal() - EPOCH) * DAY + seconds, time[-1] is not None, short)


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
    """Return whether a cell is a date in some order, and hardly anything else, such as the number of a version."""
    text = text.strip()
    if _SHORT.match(text) and not _SURELY_SHORT.match(text):
        return False
    return any(parse_date(text, order) is not None for order in ORDERS)


_Readings = Mapping[DateOrder, Moment]  # what a text means by each order that reads it


class Order(NamedTuple):
    """The order found; ``doubtful`` is a cell that another order reads differently, where no other cell decides.

    ``decided`` is false, too, where no cell differs, such as 01/01/2024, or all begin with the year or name the month:
    further ones may.
    """

    order: DateOrder
    doubtful: str
    decided: bool = True


def find_order(texts: Iterable[str], dialect: Dialect) -> Order:
    """Return the order in which most of these cells are dates.

    Where as many are dates with the day first as with the month first, a point or a hyphen means the day, and a
    slash means what goes with the file's other marks: the month with decimal points and commas between cells, else
    the day. Where they may as well begin with a year of two digits, what differs less often is the year. Among dates
    with years of four digits, those of two decide nothing.
    """
    short: dict[str, _Readings] = {}
    long: dict[str, _Readings] = {}
    year_first = False
    for text in texts:
        if parse_date(text, "") is not None:
            year_first = True
            continue
        found = {order: moment for order in ORDERS if (moment := parse_date(text, order)) is not None}
        if found:
            (short if any(moment.short for moment in found.values()) else long)[text] = found
    if year_first and not long:
        return Order("ymd", _doubtful(short), False)
    readings = long or short
    if not readings:
        return Order("ymd", "")
    read = {order: sum(order in found for found in readings.values()) for order in ORDERS}
    best = [order for order in ORDERS if read[order] == max(read.values())]
    order = _likelier(list(readings), best, dialect)
    decided = len(best) == 1 and all(order in found for found in readings.values())
    doubtful = _doubtful(readings)
    settled = best == ["dmy", "mdy"] and _POINT.match(doubtful) and read["dmy"] == len(readings)
    return Order(order, "" if decided or settled else doubtful, bool(decided or settled))


def _doubtful(readings: Mapping[str, _Readings]) -> str:
    """Return the first text that two orders read differently."""
    return next((text for text, found in readings.items() if len(set(found.values())) > 1), "")


def _likelier(texts: Sequence[str], best: Sequence[DateOrder], dialect: Dialect) -> DateOrder:
    """Return the likelier one of the orders that read as many of these texts."""
    if "ymd" in best and len(best) > 1:
        numbers = [re.findall(r"[0-9]+", text) for text in texts]
        if len({first for first, *_ in numbers}) < len({third for _, _, third, *_ in numbers}):
            return "ymd"
        best = [order for order in best if order != "ymd"]
    if len(best) == 1:
        return best[0]
    month = any("/" in text for text in texts) and dialect.decimal == "." and dialect.delimiter != ";"
    return "mdy" if month else "dmy"


def doubt_of(name: str, order: DateOrder, doubtful: str) -> str:
    """Return what is said of a column whose dates could be read in several ways."""
    own = parse_date(doubtful, order)
    others = [title for other, title in ORDER_TITLES.items() if parse_date(doubtful, other) not in (own, None)]
    return (
        f"Column {name!r}: dates such as {doubtful!r} are read with the {ORDER_TITLES[order]}; "
        f"choose {' or '.join(map(repr, others))} if that is wrong."
    )


def short_years(name: str) -> str:
    """Return what is said of a column with years of two digits."""
    first = 1900 + FIRST_SHORT_YEAR
    return f"Column {name!r}: years of two digits are read as {first} to {first + 99}."


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

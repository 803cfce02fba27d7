"""Dates in words and along an axis: as exactly as float32 has kept them, and at calendar steps."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from nnstudio import numbers
from nnstudio.data import PreparedData, is_date
from nnstudio.data.reading.dates import DAY

MINUTE, HOUR = 60.0, 3_600.0  # seconds
MONTH, YEAR = 30.44 * DAY, 365.24 * DAY  # on average
EPOCH_YEAR, YEAR_LETTERS = 1970, len("2024-")
FARTHEST = 3.0e11  # seconds; NumPy's calendar and a person's end before it
STEPS: tuple[tuple[str, int, float], ...] = (  # NumPy's unit, how many of it, and their seconds
    *(("m", count, count * MINUTE) for count in (1, 5, 15, 30)),
    *(("h", count, count * HOUR) for count in (1, 3, 6, 12)),
    *(("D", count, count * DAY) for count in (1, 2, 7, 14)),
    *(("M", count, count * MONTH) for count in (1, 3, 6)),
    *(("Y", count, count * YEAR) for count in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)),
)


def date_text(seconds: float, grain: float = 1.0) -> str:
    """Return seconds since 1970 as a date, with its time to the minute where there is one.

    Parameters
    ----------
    grain
        How far the seconds may be from what they stand for: a time of day that they cannot tell is left out.
    """
    if not abs(seconds) < FARTHEST:
        return f"{numbers.short(seconds)} s"
    whole = grain >= MINUTE / 2
    at = np.datetime64(round(seconds / (DAY if whole else MINUTE)), "D" if whole else "m")
    day = at.astype("datetime64[D]")
    return str(day) if whole or at == day else str(at).replace("T", " ")


def value_text(prepared: PreparedData, feature: int, value: float) -> str:
    """Return a value of a feature in the table's unit: a number, or a date."""
    return date_text(value) if is_date(prepared, feature) else numbers.number(value)


def span_text(seconds: float) -> str:
    """Return a stretch of time in the largest unit of which there is one: days, hours or seconds."""
    for unit, name in ((DAY, "day"), (HOUR, "hour")):
        if seconds >= unit:
            count = numbers.short(seconds / unit)
            return f"{count} {name}" if count == "1" else f"{count} {name}s"
    return f"{numbers.short(seconds)} s"


def date_ticks(low: float, high: float, most: float) -> dict[float, str]:
    """Return the places (seconds since 1970) for labels between two dates, about ``most`` of them, and the labels."""
    if not (-FARTHEST < low < high < FARTHEST):
        return {}
    at = min(bisect_left([seconds for *_, seconds in STEPS], (high - low) / most), len(STEPS) - 1)
    while True:
        found = _labels(*STEPS[at][:2], low, high)
        if len(found) > 1 or not at:
            return found
        at -= 1  # a single label tells no distances


def _labels(unit: str, count: int, low: float, high: float) -> dict[float, str]:
    first, last = (int(np.datetime64(int(end), "s").astype(f"datetime64[{unit}]").astype(int)) for end in (low, high))
    epoch = EPOCH_YEAR if unit == "Y" else 0  # round years, not years since 1970
    start = (first + epoch) // count * count - epoch
    places = {}
    for number in range(start, last + 1, count):
        moment = np.asarray(number).astype(f"datetime64[{unit}]")[()]
        seconds = float(moment.astype("datetime64[s]").astype(int))
        if low <= seconds <= high:
            label = str(moment)
            if unit in "hm":  # the day with its time, and no year
                label = f"{moment.astype('datetime64[m]')}"[YEAR_LETTERS:].replace("T", " ")
            places[seconds] = label
    return places

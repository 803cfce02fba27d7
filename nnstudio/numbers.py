"""Numbers as a person reads them (thin spaces, a true minus, sensible digits), and as they type them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

THIN_SPACE = "\u202f"  # the narrow no-break space: a line never breaks inside a number
MINUS = "\u2212"
UNKNOWN = "\u2013"  # an en dash stands where a value is not known
SMALLEST_PLAIN, LARGEST_PLAIN = 1e-3, 1e6  # outside these a number is written with an exponent

_BETWEEN = re.compile(r"[\s;]+")
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f']")
_TIMES_TEN = re.compile(r"[×x*]10\^?")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def count(value: float) -> str:
    """Return a whole number with thin spaces between thousands, e.g. ``1 204``."""
    if not math.isfinite(value):
        return number(value)
    return f"{round(value):,}".replace(",", THIN_SPACE).replace("-", MINUS)


def number(value: float, digits: int = 3) -> str:
    """Return a number with ``digits`` significant ones: ``0.0417``, ``12 300``, ``3.1e−4``; zeros at its end stay."""
    value = float(value)
    if math.isnan(value):
        return UNKNOWN
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if value == 0:
        return "0"
    exponent = _exponent(value, digits)
    if abs(value) < SMALLEST_PLAIN or exponent >= math.log10(LARGEST_PLAIN):
        mantissa, _, power = f"{value:.{max(digits - 2, min(digits - 1, 1))}e}".partition("e")
        return _dressed(f"{mantissa}e{int(power)}")
    return _dressed(f"{value:,.{max(digits - 1 - exponent, 0)}f}")


def axis_number(value: float, step: float) -> str:
    """Return a tick's label, with as many decimals as tell it from the next tick ``step`` away."""
    if value == 0 or abs(value) < step * 1e-6:
        return "0"
    if abs(value) >= LARGEST_PLAIN or step < SMALLEST_PLAIN / 10:
        return short(value, 4)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    if step and round(step, decimals) != round(step, decimals + 1):
        decimals += 1
    return _dressed(f"{value:,.{decimals}f}")


def short(value: float, digits: int = 3) -> str:
    """Return a number as :func:`number` does, without the zeros at its end, e.g. ``0.01``, ``1e−8``."""
    text = number(value, digits)
    mantissa, mark, exponent = text.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return mantissa + mark + exponent


def exact(value: float) -> str:
    """Return the fewest digits that give the same number back, for a field in which it is edited."""
    if not math.isfinite(value):
        return number(value)
    text = repr(float(value))
    mantissa, mark, exponent = text.partition("e")
    if mantissa.endswith(".0"):
        mantissa = mantissa[:-2]
    return (mantissa + (f"e{int(exponent)}" if mark else "")).replace("-", MINUS)


def percent(share: float, decimals: int = 1) -> str:
    """Return a share of one as a percentage, e.g. ``98.4 %``; never rounded up to 100 nor down to 0: ``< 0.1 %``."""
    if not math.isfinite(share):
        return UNKNOWN
    value, sign = 100.0 * share, ""
    smallest = 10.0**-decimals
    if 0 < value < smallest:
        value, sign = smallest, f"<{THIN_SPACE}"
    elif 100.0 - smallest < value < 100.0:
        value, sign = 100.0 - smallest, f">{THIN_SPACE}"
    return _dressed(f"{sign}{value:.{decimals}f}{THIN_SPACE}%")


def rate(per_second: float) -> str:
    """Return a measured rate, with three digits that mean something, e.g. ``124 000``."""
    if not math.isfinite(per_second):
        return UNKNOWN
    if abs(per_second) < 100:
        return short(per_second)
    step = 10.0 ** _exponent(per_second, 3) / 100
    return count(round(per_second / step) * step)


def duration(seconds: float) -> str:
    """Return a time in its one or two largest units, e.g. ``31 s``, ``2 min 5 s``, ``3 h 12 min``."""
    if not math.isfinite(seconds):
        return UNKNOWN
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{count(hours)} h {minutes} min" if minutes else f"{count(hours)} h"


def size(n_bytes: float) -> str:
    """Return a size in memory or on disk, e.g. ``41 MB``."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= scale:
            return f"{short(n_bytes / scale)} {unit}"
    return f"{count(n_bytes)} bytes"


def shape(dimensions: Iterable[int | str]) -> str:
    """Return a shape in the notes' form, e.g. ``(16, m)``."""
    return f"({', '.join(item if isinstance(item, str) else count(item) for item in dimensions)})"


def plural(value: int, noun: str, many: str = "") -> str:
    """Return a count with its noun, e.g. ``1 layer``, ``3 layers``."""
    return f"{count(value)} {noun if value == 1 else many or noun + 's'}"


def parse(text: str) -> float:
    """Return the number a person typed: ``0.01``, ``0,01``, ``1e-3``, ``1 000``, ``−2``, ``3×10⁻⁴``.

    Raises
    ------
    ValueError
        When the text is not one finite number.
    """
    plain = _SPACES.sub("", text).replace(MINUS, "-").replace("–", "-").translate(_SUPERSCRIPTS).lower()
    plain = _TIMES_TEN.sub("e", plain)
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    elif re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", plain):
        plain = plain.replace(",", "")
    share = plain.endswith("%")
    try:
        value = float(plain.rstrip("%"))
    except ValueError:
        raise ValueError(f"{text.strip()!r} is not a number.") from None
    if "_" in plain or not math.isfinite(value):
        raise ValueError(f"{text.strip()!r} is not a finite number.")
    return value / 100.0 if share else value


def exact_list(values: Sequence[float]) -> str:
    """Return numbers as a line that :func:`parse_list` reads again."""
    return ", ".join(exact(value) for value in values)


def parse_list(text: str) -> tuple[float, ...]:
    """Return the numbers of a line, separated by spaces, semicolons, or commas.

    A comma with a space after it separates, and so do several between digits. A single one between digits is a decimal
    comma where spaces or semicolons alone separate the numbers, and is refused where it may be meant either way.

    Raises
    ------
    ValueError
        When a part is no number, or a comma may be meant either way; the message is a sentence that says so.
    """
    pieces = [piece for piece in _BETWEEN.split(text.strip()) if piece]
    commas_separate = len(pieces) == 1 or re.search(r",\s", text.strip()) is not None
    found: list[float] = []
    for piece in pieces:
        bare = piece.removesuffix(",")
        may_be_decimal = bare.count(",") == 1 and "." not in bare
        if may_be_decimal and commas_separate:
            raise ValueError(
                f"{bare} may be one number or two: type spaces between numbers and decimal points in them."
            )
        for part in [bare] if may_be_decimal else bare.split(","):
            try:
                found.append(parse(part))
            except ValueError:
                raise ValueError(f"{part or ','} is not a number: type numbers with spaces between them.") from None
    return tuple(found)


def _exponent(value: float, digits: int) -> int:
    """Return the power of ten of the leading digit, after rounding to ``digits``."""
    return int(f"{value:.{max(digits - 1, 0)}e}".partition("e")[2])


def _dressed(text: str) -> str:
    return text.replace(",", THIN_SPACE).replace("-", MINUS)

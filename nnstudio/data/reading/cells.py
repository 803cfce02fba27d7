"""What one cell of text means: missing, a number, or text. The same rules in Python and in DuckDB's SQL."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from nnstudio.data.recipe import Dialect

NAN_WITH = (b"(ind)", b"(snan)", b"(qnan)")  # behind "nan", as C libraries print it
NOT_A_NUMBER = ("nan", "+nan", "-nan")  # what float and DuckDB read as NaN: never text or a number
# What DuckDB's trim takes away, the space separators of Unicode: stripped from both ends of texts and marks.
BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
UNCOMPUTED = "#NOT COMPUTED"  # what a formula is taken for that a workbook has without its value
MINUS = "\u2212"  # typographic programs write it
_AROUND_NUMBERS = " \t\n\r\v\f"  # what its cast to a number takes away
_INFINITE = re.compile(r"[+-]?(inf|infinity|∞)", re.IGNORECASE)
_ERROR = re.compile(rf"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!|GETTING_DATA)|{UNCOMPUTED}")
_PLAIN = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


def grouped_pattern(dialect: Dialect) -> str:
    """Return the regular expression of a number with thousands marks, such as ``1,234,567.8``."""
    thousands, decimal = re.escape(dialect.thousands), re.escape(dialect.decimal)
    return rf"[+-]?[1-9][0-9]{{0,2}}({thousands}[0-9]{{3}})+({decimal}[0-9]*)?"  # 0,125 is no grouped number


def parse_number(text: str, dialect: Dialect) -> float | None:
    """Return the finite number that a cell holds, or None where it holds none."""
    if dialect.decimal == "." and _PLAIN.fullmatch(text):  # so nearly all cells that are asked about
        value = float(text)
        return value if math.isfinite(value) else None
    trimmed = text.strip(BLANKS).replace(MINUS, "-")
    text = trimmed.strip(_AROUND_NUMBERS)
    if dialect.thousands and dialect.thousands in trimmed:
        if not re.fullmatch(grouped_pattern(dialect), trimmed):
            return None
        text = trimmed.replace(dialect.thousands, "")
        return float(text.replace(dialect.decimal, "."))
    if dialect.decimal != ".":
        if "." in text:
            return None
        text = text.replace(dialect.decimal, ".")
    if not _PLAIN.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def is_plain_number(text: str) -> bool:
    """Return whether a number is written with a decimal point, if any, and without marks between thousands."""
    return bool(_PLAIN.fullmatch(text))


def is_infinite(text: str) -> bool:
    """Return whether a cell is a number without end or past the largest: unreadable, but no sign of a text column."""
    text = text.strip(_AROUND_NUMBERS)
    return bool(_INFINITE.fullmatch(text)) or bool(_PLAIN.fullmatch(text) and not math.isfinite(float(text)))


def is_missing(text: str, marks: Iterable[str]) -> bool:
    """Return whether a cell is empty, one of the marks for missing values, or "nan" in any case."""
    text = text.strip(BLANKS)
    return not text or text in marks or (len(text) <= 4 and text.lower() in NOT_A_NUMBER)


def is_error(text: str, dialect: Dialect) -> bool:
    """Return whether a cell of a workbook holds an error, or a formula that was saved without its value."""
    return bool(dialect.sheet) and _ERROR.fullmatch(text.strip(BLANKS)) is not None


def literal(text: str) -> str:
    """Return text as a literal of DuckDB's SQL."""
    return "'" + text.replace("'", "''") + "'"


_TRIMMED = "trim({})"


def _marks_sql(column: str, marks: Iterable[str]) -> str:
    # Never IN (...): of many values DuckDB makes a hash join, which gives the rows back in another order.
    listed = ", ".join(literal(mark) for mark in sorted({mark.strip(BLANKS) for mark in marks}))
    return f"({column} IS NULL OR list_contains([{listed}], {_TRIMMED.format(column)}))"


def plain_number_sql(column: str, dialect: Dialect) -> str:
    """Return SQL for a cell as a double, NULL where it holds none: right for all cells but :func:`needs_care`'s."""
    cell = column if dialect.decimal == "." else f"replace({column}, ',', '.')"
    return f"TRY_CAST({cell} AS DOUBLE)"


def needs_care(dialect: Dialect, marks: Iterable[str]) -> bool:
    """Return whether a number may be a missing mark, or have thousands marks."""
    return bool(dialect.thousands) or any(parse_number(mark, dialect) is not None for mark in marks)


def suspicious_bytes(dialect: Dialect) -> tuple[bytes, ...]:
    """Return what a file must not hold for :func:`plain_number_sql`, or reading its numbers as such, to be right.

    DuckDB casts 1_000, +-5 and nan(ind); with a decimal comma it reads 7. and .9 as numbers, too.
    """
    return (b"_", b"+-", *NAN_WITH) if dialect.decimal == "." else (b"_", b"+-", *NAN_WITH, b".")


def number_sql(column: str, dialect: Dialect, marks: Iterable[str]) -> str:
    """Return SQL for a cell as a double: NaN where it is missing, infinity where it cannot be read.

    One scan of the file then tells all three apart, without NULL masks.
    """
    marks = tuple(marks)
    trimmed = f"replace({_TRIMMED.format(column)}, '{MINUS}', '-')"
    odd = f"contains({trimmed}, '_') OR contains({trimmed}, '+-') OR contains({trimmed}, '(')"
    if dialect.decimal == ".":
        plain = f"CASE WHEN {odd} THEN NULL ELSE {trimmed} END"
    else:
        plain = f"CASE WHEN {odd} OR contains({column}, '.') THEN NULL ELSE replace({trimmed}, ',', '.') END"
    if dialect.thousands:
        mark = literal(dialect.thousands)
        without = f"replace(replace({trimmed}, {mark}, ''), {literal(dialect.decimal)}, '.')"
        plain = (
            f"CASE WHEN contains({trimmed}, {mark}) THEN "
            f"CASE WHEN regexp_full_match({trimmed}, {literal(grouped_pattern(dialect))}) THEN {without} END "
            f"ELSE {plain} END"
        )
    cast = (
        f"coalesce(TRY_CAST({plain} AS DOUBLE), "
        f"CASE WHEN {_marks_sql(column, marks)} THEN 'nan'::DOUBLE ELSE 'inf'::DOUBLE END)"
    )
    numeric = [mark for mark in marks if parse_number(mark, dialect) is not None]
    if numeric:  # a mark such as -999 reads as a number, so it has to be asked for first
        cast = f"CASE WHEN {_marks_sql(column, numeric)} THEN 'nan'::DOUBLE ELSE {cast} END"
    return cast


def category_sql(column: str, marks: Iterable[str]) -> str:
    """Return SQL for a cell as text without blanks around it, NULL where it is missing."""
    trimmed = _TRIMMED.format(column)
    nan = f"list_contains([{', '.join(map(literal, NOT_A_NUMBER))}], lower({trimmed}))"
    return f"CASE WHEN {_marks_sql(column, marks)} OR {nan} THEN NULL ELSE {trimmed} END"


def format_number(value: float) -> str:
    """Return a number as a class name: ``3`` for 3.0, else the shortest text that reads back the same."""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def natural_key(text: str) -> tuple[int, float, str]:
    """Return the key that sorts categories: numbers by value, then the rest as text."""
    match = _PLAIN.fullmatch(text)
    value = float(text) if match else 0.0
    return (0, value, text) if match and math.isfinite(value) else (1, 0.0, text)

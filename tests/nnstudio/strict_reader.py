"""A second reader of tables, written for the tests alone: character by character, and no line shared with the program.

It is told the dialect and says of each row what it holds, or that its quotes are not those of a CSV file.
"""

from __future__ import annotations

import contextlib
import datetime
import math
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
MISSING = ("", "NA", "N/A", "n/a", "#N/A", "null", "NULL", "NaN", "nan", "?", "-")
YES, NO = ("yes", "true", "y", "t", "ja", "on", "1"), ("no", "false", "n", "f", "nein", "off", "0")
CODECS = {"windows-874": "cp874", "shift-jis": "cp932", "euc-kr": "cp949"}  # where Python has another name


@dataclass
class Row:
    """One row: its number, its cells, and whether its quotes are right."""

    number: int
    cells: list[str]
    proper: bool = True
    blank: bool = False
    empty: bool = False
    closed: bool = True


def rows_of(data: bytes, dialect) -> list[Row]:
    """Return the rows of a file, comments and blank lines left out but counted."""
    text = data.decode(CODECS.get(dialect.encoding, dialect.encoding)).removeprefix("\ufeff")
    found: list[Row] = []
    at = number = 0
    while at < len(text):
        number += 1
        if dialect.comment and text[at] == dialect.comment:
            while at < len(text) and text[at] not in "\r\n":
                at += 1
            at = _after_newline(text, at)
            continue
        row, at = _row(text, at, number, dialect)
        found.append(row)
    return found


def _after_newline(text: str, at: int) -> int:
    if text[at : at + 2] == "\r\n":
        return at + 2
    return at + 1


def _row(text: str, at: int, number: int, dialect) -> tuple[Row, int]:
    start = at
    row = Row(number, [])
    while True:
        cell, at = _cell(text, at, row, dialect)
        row.cells.append(cell)
        if at < len(text) and text[at] == dialect.delimiter:
            at += 1
            continue
        row.blank = len(row.cells) == 1 and not row.cells[0].strip(BLANKS)
        row.empty = at == start
        return row, _after_newline(text, at)


def _cell(text: str, at: int, row: Row, dialect) -> tuple[str, int]:
    ends = dialect.delimiter + "\r\n"
    start = at
    if dialect.delimiter != " ":
        while at < len(text) and text[at] == " ":
            at += 1
    if not dialect.quote or at >= len(text) or text[at] != dialect.quote:
        begin = at
        while at < len(text) and text[at] not in ends:
            if dialect.quote and text[at] == dialect.quote:
                row.proper = False
            at += 1
        # Blanks alone are kept: beyond the columns they are more than nothing.
        return text[begin:at] or text[start:at], at
    if at > start:
        row.proper = False  # a quote after a blank is lenient
    at += 1
    cell = []
    while at < len(text):
        if text[at] == dialect.quote:
            if text[at + 1 : at + 2] != dialect.quote:
                break
            at += 1
        cell.append(text[at])
        at += 1
    else:
        row.closed = row.proper = False
        return "".join(cell), at
    at += 1
    while at < len(text) and text[at] not in ends:
        row.proper = False
        cell.append(text[at])
        at += 1
    return "".join(cell), at


def meaning(cell: str, kind: str, dialect, order: str, missing=MISSING) -> object:
    """Return what a cell holds: None where it is missing, ``...`` where it cannot be read."""
    text = cell.strip(BLANKS)
    if text in missing or text.lower() in ("nan", "+nan", "-nan"):
        return None
    if kind == "category":
        return text
    if kind == "number":
        return number(cell, dialect)
    if kind == "boolean":
        word = text.strip().casefold()
        return True if word in YES else False if word in NO else ...
    return date(text.strip(), order)


def date_by_name(text: str) -> object:
    """Return seconds since 1970-01-01, or ``...``, of a date with the short name of its month."""
    text = re.sub("([A-Za-z]{3})[.]", r"\1", re.sub("^([0-9]{1,2})[.](?![0-9])", r"\1", text), count=1)
    for mark in ("-", "/", " ", ""):
        for year in "Yy":
            with contextlib.suppress(ValueError):
                moment = datetime.datetime.strptime(text, f"%d{mark}%b{mark}%{year}")
                return (moment - datetime.datetime(1970, 1, 1)).total_seconds()
    return ...


def number(cell: str, dialect) -> object:
    """Return a number, or ``...``."""
    text = cell.strip(BLANKS).strip(" \t\n\r\v\f")
    sign = text[:1] if text[:1] in ("+", "-") else ""
    body = text[len(sign) :]
    if not body or body[0] in "+-":
        return ...
    if dialect.thousands and dialect.thousands in body:
        if cell.strip(BLANKS) != text:  # a tab beside such a number makes it unreadable
            return ...
        whole, mark, rest = body.partition(dialect.decimal)
        groups = whole.split(dialect.thousands)
        good = 1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
        if not good or not all(g.isascii() and g.isdigit() for g in groups) or len(groups) < 2:
            return ...
        if rest and not (rest.isascii() and rest.isdigit()):
            return ...
        body = "".join(groups) + ("." + rest if mark else "")
    elif dialect.decimal == ",":
        if "." in body:
            return ...
        body = body.replace(",", ".")
    if not set(body) <= set("0123456789.eE+-"):
        return ...
    try:
        value = float(Decimal(sign + body))
    except (InvalidOperation, OverflowError):
        return ...
    return value if math.isfinite(value) else ...


def date(text: str, order: str) -> object:
    """Return seconds since 1970-01-01, or ``...``; of times what mutated tables can hold."""
    if re.search("[A-SU-Za-su-z]", text):
        return date_by_name(text)
    day, _, time = re.sub("^([^ ,]*),(?: |(?=[0-9]))", r"\1 ", text.replace("T", " ")).partition(" ")
    for mark in "-/.":
        parts = day.split(mark)
        if len(parts) == 3 and all(part.isascii() and part.isdigit() for part in parts):
            break
    else:
        return ...
    if len(parts[0]) == 4:
        year, month, of_month = parts
    elif order == "dmy":
        of_month, month, year = parts
    elif order == "mdy":
        month, of_month, year = parts
    elif order == "ymd":
        year, month, of_month = parts
    else:
        return ...
    if len(year) == 2:
        year = str(datetime.datetime.strptime(year, "%y").year)
    if len(year) != 4 or not (1 <= len(month) <= 2 and 1 <= len(of_month) <= 2):
        return ...
    ahead = 0
    for sign, factor in (("+", 1), ("-", -1)):
        if sign in time:
            time, _, offset = time.partition(sign)
            time, digits = time.removesuffix(" "), offset.replace(":", "", 1)
            if len(digits) not in (2, 4) or not (digits.isascii() and digits.isdigit()) or ":" in offset[:2]:
                return ...
            hours, minutes = int(digits[:2]), int(digits[2:] or 0)
            if hours > 15 or minutes > 59 or not time:
                return ...
            ahead = factor * (3600 * hours + 60 * minutes)
    try:
        moment = datetime.datetime(int(year), int(month), int(of_month))
        if time:
            clock = time.split(":")
            if not 2 <= len(clock) <= 3 or not all(c.isascii() and c.isdigit() and len(c) <= 2 for c in clock):
                return ...
            if any(len(part) != 2 for part in clock[1:]):
                return ...
            moment = moment.replace(**dict(zip(("hour", "minute", "second"), map(int, clock), strict=False)))
    except ValueError:
        return ...
    return (moment - datetime.datetime(1970, 1, 1)).total_seconds() - ahead

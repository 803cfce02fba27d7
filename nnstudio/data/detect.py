"""A file to a proposed ImportPlan: encoding, delimiter, quotes, marks, header, each column's kind and role."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from engine.declared import replace
from nnstudio.data.cells import BLANKS, is_infinite, is_missing, parse_number
from nnstudio.data.encoding import ENCODING_TITLES, check_file, detect_encoding
from nnstudio.data.errors import DataError
from nnstudio.data.head import head_text, read_head, records
from nnstudio.data.recipe import MISSING_MARKS, Column, Dialect, Encoding, ImportPlan, Kind, Role

DELIMITERS = (",", ";", "\t", "|", " ")
SAMPLE_ROWS = 1_000
SAMPLE_CELLS = 300_000  # of a table with very many columns, fewer rows are looked at
LEAST_SAMPLE_ROWS = 20
FORMAT_CELLS = 20_000  # that vote on delimiter and number marks
LEAST_CONSISTENT = 0.6  # of the rows must have the same number of cells
LEAST_SPACE_NUMBERS = 0.5  # of the cells must be numbers before a space is believed to be a delimiter
MOST_UNREADABLE = 0.1  # of a number column's cells
LEAST_ROWS_FOR_ID = 10  # fewer rows do not tell a row number from a coincidence
LEAST_TEXTS_FOR_ID = 10
ID_NAMES = {"", "row", "rowid", "unnamed: 0", "#"}
ID_WORDS = {"id", "index", "idx", "nr", "no", "key"}  # as the last word of a name: CustomerID, order_no, Kunden-Nr.
LEAST_DATES = 0.9  # of the cells, before a text column is taken for dates
LEAST_DATES_FOR_ID = 10  # different ones; a few days that come again and again may be categories
IGNORED = "it is proposed to be ignored (its role can be changed)."
NUMBER_FORMATS: tuple[tuple[str, str], ...] = (
    (".", ""),
    (",", ""),
    (".", ","),
    (",", "."),
    (".", " "),
    (",", " "),
    (".", "'"),
    (",", "\u00a0"),
    (",", "\u202f"),
    (".", "\u00a0"),
    (".", "\u202f"),
)
POINT, COMMA = Dialect(delimiter="|"), Dialect(delimiter="|", decimal=",")
_SINGLE_QUOTED = re.compile(r"(?:^|[,;\t|])[ ]*'[^'\n]*'(?=[ ]*(?:[,;\t|]|\r?$))", re.MULTILINE)
_DATE = re.compile(
    r"([0-9]{4}([-/.])[0-9]{1,2}\2[0-9]{1,2}|[0-9]{1,2}([-/.])[0-9]{1,2}\3([0-9]{4}|[0-9]{2}))"
    r"([T ][0-9]{1,2}:[0-9]{2}.*)?"
)
_WORD = re.compile(r"[A-Z]?[a-zäöüß]+|[A-Z]+")
_AMBIGUOUS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")

Rows = list[list[str]]


def detect(
    path: str | Path,
    *,
    encoding: Encoding | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    header: bool | None = None,
    missing_marks: Sequence[str] = MISSING_MARKS,
) -> ImportPlan:
    """Propose how to read a table, from its first thousand rows; whatever is given is not detected.

    The last column becomes the target and the others features. Row numbers, dates and texts that differ in most
    rows are proposed to be ignored; the plan's ``notes`` say so.

    Raises
    ------
    DataError
        When the file cannot be opened, is empty or holds no text.
    """
    file = check_file(path)
    encoding = encoding or detect_encoding(file)
    text, complete = head_text(file, encoding)
    if quote is None:
        quote = "'" if '"' not in text and len(_SINGLE_QUOTED.findall(text)) >= 2 else '"'
    if delimiter is None:
        delimiter = _delimiter(text, complete, quote)
    base = Dialect(delimiter=delimiter, quote=quote, encoding=encoding, header=False)  # type: ignore[arg-type]
    width = text[: text.find("\n")].count(delimiter) + 1  # roughly: enough to bound the work
    rows_to_sample = max(LEAST_SAMPLE_ROWS, min(SAMPLE_ROWS, SAMPLE_CELLS // width))
    first = [record.cells for record in read_head(file, base, rows_to_sample).records]
    sample = _regular(first)
    below = sample[1:] or sample
    found_decimal, found_thousands = _number_format(below, delimiter)
    if decimal is not None:
        found_decimal = decimal
        found_thousands = "" if found_thousands == decimal else found_thousands
    if thousands is not None:
        found_thousands = thousands
    dialect = replace(base, decimal=found_decimal, thousands=found_thousands)
    notes: list[str] = []
    if encoding != "utf-8":
        notes.append(f"The file is read as {ENCODING_TITLES[encoding]}.")
    if found_decimal == "," or found_thousands:
        notes.append(_number_note(below, dialect))
    if header is None:
        header = _has_header(first, dialect)
        if not header:
            notes.append("No header was found; the columns are numbered.")
    dialect = replace(dialect, header=header)
    return _columns(file, dialect, rows_to_sample, tuple(missing_marks), notes)


def _regular(rows: Rows) -> Rows:
    if not rows:
        return []
    width = Counter(map(len, rows)).most_common(1)[0][0]
    return [row for row in rows if len(row) == width]


def _delimiter(text: str, complete: bool, quote: str) -> str:
    best, best_score = ",", 0.0
    for candidate in DELIMITERS:
        dialect = Dialect(delimiter=candidate, quote=quote)  # type: ignore[arg-type]
        try:
            found, _, _ = records(text, dialect, complete=complete, most=SAMPLE_ROWS)
        except DataError:
            continue
        rows = [record.cells for record in found]
        if not rows:
            continue
        width, agreeing = Counter(map(len, rows)).most_common(1)[0]
        consistent = agreeing / len(rows)
        if width < 2 or consistent < LEAST_CONSISTENT:
            continue
        cells = _some([cell for row in rows if len(row) == width for cell in row])
        numbers = max(
            sum(parse_number(cell, form) is not None for cell in cells) for form in (POINT, COMMA)
        ) / len(cells)  # fmt: skip
        if candidate == " " and (consistent < 1 or numbers < LEAST_SPACE_NUMBERS):
            continue
        others = [other for other in DELIMITERS if other not in (candidate, " ", ",")]
        dirty = sum(any(other in cell for other in others) for cell in cells) / len(cells)
        score = consistent + numbers - dirty
        if score > best_score + 1e-9:
            best, best_score = candidate, score
    return best


def _some(cells: list[str]) -> list[str]:
    return cells[:: 1 + len(cells) // FORMAT_CELLS]


def _number_format(rows: Rows, delimiter: str) -> tuple[str, str]:
    cells = _some([cell for row in rows for cell in row if any(c.isdigit() for c in cell)])
    best, best_count = NUMBER_FORMATS[0], 0
    formats = list(NUMBER_FORMATS)
    if delimiter == ",":  # a quoted "1,234" in a comma file is more often a thousand than a decimal comma
        formats[1], formats[2] = formats[2], formats[1]
    for decimal, thousands in formats:
        dialect = Dialect(delimiter="|", decimal=decimal, thousands=thousands)  # type: ignore[arg-type]
        count = sum(parse_number(cell, dialect) is not None for cell in cells)
        if count > best_count:
            best, best_count = (decimal, thousands), count
    return best


def _number_note(rows: Rows, dialect: Dialect) -> str:
    mark = {",": "comma", ".": "point"}[dialect.decimal]
    note = f"Numbers are read with a decimal {mark}"
    if dialect.thousands:
        note += f" and {dialect.thousands!r} between thousands" if dialect.thousands.isprintable() else ""
    commas = [cell.strip(BLANKS) for row in rows for cell in row if "," in cell]
    numeric = [cell for cell in commas if any(c.isdigit() for c in cell)]
    if numeric and all(_AMBIGUOUS.fullmatch(cell) for cell in numeric):
        value = parse_number(numeric[0], dialect)
        return f"{note}: {numeric[0]!r} is taken for {value:g}. Change the decimal mark if that is wrong."
    return note + "."


def _has_header(rows: Rows, dialect: Dialect) -> bool:
    """Return whether the first row names the columns: no number in it, and no value that comes again below."""
    if not rows:
        return False
    first, below = [cell.strip(BLANKS) for cell in rows[0]], rows[1:]
    if any(parse_number(cell, dialect) is not None for cell in first) or not any(first):
        return False
    regular = [row for row in below if len(row) == len(first)]
    if not regular:
        return True
    for i, name in enumerate(first):
        cells = [row[i] for row in regular if not is_missing(row[i], MISSING_MARKS)]
        numbers = sum(parse_number(cell, dialect) is not None for cell in cells)
        if numbers > len(cells) / 2 and (i == 0 or not is_missing(name, MISSING_MARKS)):
            return True  # text above numbers
    again = sum(name in {row[i].strip(BLANKS) for row in regular} for i, name in enumerate(first) if name)
    return again * 2 < len(first)


def _columns(file: Path, dialect: Dialect, rows_to_sample: int, marks: tuple[str, ...], notes: list[str]) -> ImportPlan:
    head = read_head(file, dialect, rows_to_sample)
    notes += head.notes
    rows = [record.cells for record in head.records if len(record.cells) == head.width]
    kinds: list[Kind] = []
    roles: list[Role] = []
    for i, name in enumerate(head.names):
        last = i == head.width - 1
        cells = [row[i].strip(BLANKS) for row in rows if not is_missing(row[i], marks)]
        kind = column_kind(cells, dialect)
        reason = "" if last else _why_ignored(name, cells, kind, len(rows), dialect)
        kinds.append(kind)
        roles.append("target" if last else "ignore" if reason else "feature")
        if reason:
            notes.append(f"{name!r} {reason}; {IGNORED}")
    if roles.count("feature") == 0 and head.width > 1:  # better a doubtful feature than none
        roles = ["feature" if role == "ignore" else role for role in roles]
        notes = [note for note in notes if not note.endswith(IGNORED)]
    columns = tuple(
        Column(name=name, kind=kind, role=role) for name, kind, role in zip(head.names, kinds, roles, strict=True)
    )
    if head.width > 1:
        notes.append(f"The last column, {head.names[-1]!r}, is taken for the target.")
    return ImportPlan(dialect=dialect, columns=columns, missing_marks=marks, notes=tuple(notes))


def column_kind(cells: Sequence[str], dialect: Dialect) -> Kind:
    """Return the kind of a column from its cells that are not missing; a number column may have a few wrong."""
    numbers = sum(parse_number(cell, dialect) is not None for cell in cells)
    # An infinity cannot be read, but it says that the others are numbers, however many there are of it.
    wrong = len(cells) - numbers - sum(map(is_infinite, cells))
    return "number" if wrong <= max(1, MOST_UNREADABLE * len(cells)) and numbers >= 2 * wrong else "category"


def _why_ignored(name: str, cells: list[str], kind: Kind, rows: int, dialect: Dialect) -> str:
    if kind == "number":
        return _why_row_number(name, [parse_number(cell, dialect) for cell in cells], rows)
    distinct = len(set(cells))
    dates = sum(bool(_DATE.fullmatch(cell)) for cell in cells)
    if distinct >= LEAST_DATES_FOR_ID and dates >= LEAST_DATES * len(cells):
        return "holds dates, each of which would become a category of its own"
    if distinct >= LEAST_TEXTS_FOR_ID and distinct == len(cells):
        return "holds a different text in every row"
    if distinct >= LEAST_TEXTS_FOR_ID and distinct > len(cells) / 2:
        return "holds a different text in most rows"
    return ""


def _why_row_number(name: str, values: list[float | None], rows: int) -> str:
    if len(values) != rows or rows < LEAST_ROWS_FOR_ID or any(value is None or value % 1 for value in values):
        return ""
    if all(after - before == 1 for before, after in itertools.pairwise(values)):  # type: ignore[operator]
        return "counts the rows" if values[0] in (0, 1) else "goes up by 1 from row to row, as a row number does"
    words = _WORD.findall(name)
    named = name.lower() in ID_NAMES or (bool(words) and words[-1].lower() in ID_WORDS)
    return "differs in every row and is named like a row number" if named and len(set(values)) == rows else ""

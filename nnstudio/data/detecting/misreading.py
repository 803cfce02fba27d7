"""What of a table's first rows may be read otherwise than it was meant, in sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from nnstudio.data.reading.cells import BLANKS, MINUS, is_missing, parse_number
from nnstudio.data.reading.dates import looks_like_date
from nnstudio.data.recipe import Dialect, Kind, listed

POINT = Dialect(delimiter="|")
LEAST_AMBIGUOUS = 0.9  # of a column's numbers: those of a thousand and less have no mark
LEAST_NUMBERS = 0.5  # of the cells of a text column, before the others are taken for marks
LEAST_ALIKE = 0.9  # of the cells of a text column, before they are taken for numbers with signs
LEAST_CELLS = 3
LEAST_PARTED = 0.8  # of the rows of a file with one column
MARKS = {",": "comma", ".": "point"}
SPACES = {" ": "a space", "\u00a0": "a no-break space", "\u202f": "a narrow space", "\u2009": "a thin space"}
LOOKED_AT = 200  # characters: an amount is shorter, and a row shows its parts
SHOWN = 40  # characters of a cell
_POINTED = re.compile(r"[+-]?[1-9][0-9]{0,2}[.][0-9]{3}")
_COMMAED = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_LEADING_ZERO = re.compile(r"0[0-9]+([.,][0-9]*)?")
_CODE = re.compile(r"\+[0-9]{7,}")  # a telephone number
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")  # of a computer
MOST_OF_ADDRESS = 255
_BELOW_A_THOUSAND = re.compile(r"[+-]?[0-9]{1,3}")
_BOUND = re.compile(r"[<>≤≥] ?\d*[.,]?\d+")
MOST_NAMED = 4
_CURRENCY = (
    "[$€£¥₹₽₺]|(?:USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|TRY|RUB|BRL|MXN|ZAR|KRW|SGD|HKD)"
)
_AMOUNT = r"(?:\d{1,3}(?:[ .'’,]\d{3})+(?:[.,]\d+)?|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d+)?|\d*[.,]?\d+|\d+[.,])"
_SIGNED = re.compile(  # 12 %, $1,300.00, 35,50 €, (5.00), 5,00-, 1 234,5 CHF, 1,23,456.78
    rf"[(+-]? ?(?:{_CURRENCY})? ?[(+-]?{_AMOUNT} ?(?:%|{_CURRENCY})? ?[)-]?"
)
_NO_AMOUNT = re.compile(r"\d+[.]\d+[.]\d+([.]\d+)*|[(+]?0\d.*")  # an address of a computer, a version; a telephone
_PARTS = re.compile(r"\s{2,}|[:~^]")


def number_note(rows: Iterable[Sequence[str]], dialect: Dialect) -> str:
    """Return with which marks numbers are read, and which of them might as well have others."""
    note = f"Numbers are read with {marks_in_words(dialect)}"
    commas = [cell.strip(BLANKS) for row in rows for cell in row if "," in cell]
    numeric = [cell for cell in commas if parse_number(cell, dialect) is not None]
    if numeric and all(_COMMAED.fullmatch(cell) for cell in numeric):
        value = parse_number(numeric[0], dialect)
        return f"{note}: {numeric[0]!r} is taken for {value:g}. Change the decimal mark if that is wrong."
    return note + "."


def marks_in_words(dialect: Dialect) -> str:
    """Return ``a decimal comma and '.' between thousands``."""
    words = f"a decimal {MARKS[dialect.decimal]}"
    if not dialect.thousands:
        return words
    return f"{words} and {SPACES.get(dialect.thousands, repr(dialect.thousands))} between thousands"


def perhaps_thousands(rows: Iterable[Sequence[str]]) -> str:
    """Return a number whose point may stand between thousands, where no other number tells."""
    pointed = [cell.strip(BLANKS) for row in rows for cell in row if "." in cell and any(c.isdigit() for c in cell)]
    numbers = [cell for cell in pointed if parse_number(cell, POINT) is not None]
    return numbers[0] if numbers and all(_POINTED.fullmatch(cell) for cell in numbers) else ""


def doubts_on(name: str, cells: Sequence[str], kind: Kind, dialect: Dialect) -> list[str]:
    """Return what is doubtful about reading a column as this kind; ``cells`` are those that are not missing."""
    if kind == "number":
        return [
            *_perhaps_decimal(name, cells, dialect),
            *_perhaps_grouped(name, cells, dialect),
            *_leading_zeros(name, cells),
        ]
    if len(cells) < LEAST_CELLS:
        return []
    return _perhaps_numbers(name, cells, dialect) if kind == "category" else []


def one_column(rows: Sequence[Sequence[str]]) -> str:
    """Return what is said of a file whose rows are all one cell, and look as if they were more; empty elsewhere."""
    if len(rows) < LEAST_CELLS or any(len(row) != 1 for row in rows):
        return ""
    counted = Counter(_parts(row[0][:LOOKED_AT]) for row in rows)
    parts, alike = counted.most_common(1)[0]
    if parts < 2 or alike < LEAST_PARTED * len(rows):
        return ""
    return (
        f"Only one column was found; a row is {rows[-1][0][:SHOWN]!r}. Choose the delimiter if there are more. Columns "
        "that are lined up with blanks have to be saved with a delimiter."
    )


def _parts(text: str) -> int:
    """Return how many cells a text may be, of columns that are lined up or parted by an unusual sign."""
    if "://" in text or looks_like_date(text):
        return 1
    parts = _PARTS.split(text.strip())
    words = text.split()
    numbers = sum(parse_number(word, POINT) is not None for word in words)
    return len(words) if len(parts) < 2 and 2 * numbers >= len(words) else len(parts)


def _perhaps_decimal(name: str, cells: Sequence[str], dialect: Dialect) -> list[str]:
    """Say that what stands between thousands elsewhere may be a decimal mark here, as in coordinates and rates."""
    pattern = {".": _POINTED, ",": _COMMAED}.get(dialect.thousands)
    if pattern is None:
        return []
    numbers = [cell for cell in cells if parse_number(cell, dialect) is not None]
    alike = [cell for cell in numbers if pattern.fullmatch(cell)]
    others = any(dialect.thousands in cell for cell in numbers if not pattern.fullmatch(cell))
    if others or not alike or len(alike) < LEAST_AMBIGUOUS * len(numbers):
        return []
    return [
        f"Column {name!r}: {alike[0]!r} is taken for {parse_number(alike[0], dialect):g}, with {dialect.thousands!r} "
        "between thousands. Choose other marks if that is wrong."
    ]


def _leading_zeros(name: str, cells: Sequence[str]) -> list[str]:
    """Say that numbers lose the zeros or the sign they begin with, which matter where they are codes."""
    first = next((cell for cell in cells if _LEADING_ZERO.fullmatch(cell)), None)
    if first is not None:
        short = first[:SHOWN].lstrip("0") or "0"
        return [
            f"Column {name!r} has numbers that begin with zeros: {first[:SHOWN]!r} is read as {short}. Read it as a "
            "category if they are codes."
        ]
    first = next((cell for cell in cells if _CODE.fullmatch(cell)), None)
    if first is None:
        return []
    return [
        f"Column {name!r} has numbers that begin with '+': {first[:SHOWN]!r} is read as {first[1:SHOWN]}. Read it as a "
        "category if they are codes."
    ]


def _perhaps_grouped(name: str, cells: Sequence[str], dialect: Dialect) -> list[str]:
    """Say that a point may stand between thousands, where other numbers of the column have no decimals at all."""
    if dialect.thousands or dialect.decimal != "." or dialect.delimiter == ";":  # of such a file it is said once
        return []
    pointed = [cell for cell in cells if "." in cell]
    if not pointed or len(pointed) == len(cells):  # so nearly all columns
        return []
    pointed = [cell for cell in pointed if parse_number(cell, dialect) is not None]
    if not pointed or not all(_POINTED.fullmatch(cell) for cell in pointed):
        return []
    whole = [cell for cell in cells if _BELOW_A_THOUSAND.fullmatch(cell)]
    if len(whole) + len(pointed) < len(cells):
        return []
    return [
        f"Column {name!r}: {pointed[0]!r} is read with a decimal point, not as {pointed[0].replace('.', '')}, beside "
        f"{whole[0]!r}. Choose a decimal comma and a point between thousands if that is wrong."
    ]


def is_address(cell: str) -> bool:
    """Return whether a cell is the address of a computer, such as 192.168.100.101, and no number with points."""
    cell = cell.strip(BLANKS)
    return bool(_ADDRESS.fullmatch(cell)) and all(int(part) <= MOST_OF_ADDRESS for part in cell.split("."))


def marks_note(columns: Mapping[str, Sequence[str]], marks: Collection[str]) -> str:
    """Return which texts count as missing in columns of text (by name, their cells); empty where none does."""
    found: dict[str, list[str]] = {}
    for name, cells in columns.items():
        for mark in dict.fromkeys(text for cell in cells if (text := cell.strip(BLANKS)) and is_missing(text, marks)):
            found.setdefault(mark, []).append(name)
    if not found:
        return ""
    told = ", ".join(f"{mark!r} in {listed(names, MOST_NAMED)}" for mark, names in list(found.items())[:MOST_NAMED])
    return f"Texts that count as missing: {told}. Take them out of the missing marks if they are values."


def is_amount(cell: str) -> bool:
    """Return whether a cell is a value with a sign, such as 5 % or <0.5, as names of columns hardly are."""
    cell = cell.strip(BLANKS)
    return bool(_BOUND.fullmatch(cell)) or ("%" in cell and looks_signed(cell))


def _perhaps_numbers(name: str, cells: Sequence[str], dialect: Dialect) -> list[str]:
    """Say why a column that is text may be meant as numbers."""
    others = [cell for cell in cells if parse_number(cell, dialect) is None]
    numbers = len(cells) - len(others)
    if not others:
        return []
    alike = [cell for cell in others if looks_signed(cell)]
    other = "" if dialect.sheet else ", or choose other marks"  # a workbook's numbers have none
    if numbers + len(alike) >= LEAST_ALIKE * len(cells) and alike:
        return [
            f"Column {name!r} is read as text: its cells look like numbers, but {alike[0][:SHOWN]!r} cannot be read as "
            f"one. Take such signs away in the file{other}, to have it read as numbers."
        ]
    if numbers >= LEAST_NUMBERS * len(cells):
        return [
            f"Column {name!r} is read as text: most of its cells are numbers, but not {others[0][:SHOWN]!r}. Add such "
            "texts to the missing marks, or choose number as its type, to have it read as numbers."
        ]
    return []


def looks_signed(cell: str) -> bool:
    """Return whether a cell is a number with whichever marks, perhaps a currency, brackets or a percent sign."""
    if len(cell) > LOOKED_AT:
        return False
    text = " ".join(cell.replace(MINUS, "-").replace("\u200b", "").split())
    return bool(_SIGNED.fullmatch(text)) and not _NO_AMOUNT.fullmatch(text) and not looks_like_date(text)

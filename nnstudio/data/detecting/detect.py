"""A file to a proposed ImportPlan: what kind of file, its encoding, delimiter, quotes, comments, marks and header."""

from __future__ import annotations

import io
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from engine.declared import replace
from nnstudio.data.detecting.encodings import detect_encoding, encoding_doubt, encoding_note
from nnstudio.data.detecting.header import Rows, counts_up, has_header
from nnstudio.data.detecting.marks import best_marks, number_format, some_of
from nnstudio.data.detecting.misreading import number_note, one_column, perhaps_thousands
from nnstudio.data.detecting.propose import propose_columns
from nnstudio.data.detecting.titles import rows_above
from nnstudio.data.errors import DataError
from nnstudio.data.reading.cells import BLANKS
from nnstudio.data.reading.encoding import PYTHON_CODEC, check_file
from nnstudio.data.reading.formats import Format, format_of, is_typed, plain
from nnstudio.data.reading.head import (
    DELIMITER_LINE,
    MOST_HEAD_BYTES,
    SAMPLE_ROWS,
    Record,
    head_text,
    read_head,
    records,
    sampled,
    text_below,
)
from nnstudio.data.reading.scan import Cancel
from nnstudio.data.reading.workbook import is_old, sheet_names
from nnstudio.data.recipe import MISSING_MARKS, Dialect, Encoding, ImportPlan, listed

DELIMITERS = ("\t", "|", ";", ",", " ")  # of two as likely ones the first is taken
LEAST_CONSISTENT = 0.6  # of the rows must have the same number of cells
LEAST_SPACE_NUMBERS = 0.5  # of the cells must be numbers before a space is believed to be a delimiter
COMMENT_SIGNS = "#%!"
LOOKED_AT_FOR_COMMENTS = 64 * 2**10  # characters
LINES_THAT_TELL = 20  # how wide a table is; a title may be its first
MOST_OF_COMMENT = 60  # characters in a note
_NAMED_DELIMITER = re.compile(rf"\"?{DELIMITER_LINE}([^\w\s\"']|\t)\"? *\r?\n", re.IGNORECASE)
_SINGLE_QUOTED = re.compile(r"(?:^|[,;\t|])[ ]*'[^'\n]*'(?=[ ]*(?:[,;\t|]|\r?$))", re.MULTILINE)


def detect(
    path: str | Path,
    *,
    encoding: Encoding | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    header: bool | None = None,
    comment: str | None = None,
    sheet: str | None = None,
    skip: int | None = None,
    missing_marks: Sequence[str] = MISSING_MARKS,
    cancelled: Cancel | None = None,
) -> ImportPlan:
    """Propose how to read a table, from its first thousand rows; whatever is given is not detected.

    The last column that is no date becomes the target and the others features. Row numbers, dates and texts that
    differ in most rows are proposed to be ignored; the plan's ``notes`` say so. What only a text file has (encoding,
    delimiter, quotes, comments) is not looked for in other files, whatever is given.

    Raises
    ------
    DataError
        When the file cannot be opened, is empty or holds no table.
    Cancelled
        When ``cancelled`` returned true.
    """
    file = check_file(path)
    kind = format_of(file)
    with plain(file, Dialect(sheet=sheet or "", skip=skip or 0), None, cancelled) as (readable, spoken):
        notes = _format_notes(file, kind, spoken)
        if is_typed(kind):
            if kind == "parquet":  # only its columns of text hold marks
                if skip:
                    notes.append("A Parquet file has no rows above its table, so that none is left out.")
                dialect = replace(spoken, decimal=decimal or ".", thousands=thousands or "")
                return propose_columns(readable, dialect, SAMPLE_ROWS, tuple(missing_marks), notes)
            if decimal or thousands:
                notes.append("Cells of a workbook that are numbers have no marks, so that those given are not used.")
            dialect = replace(spoken, header=False)
            dialect, rows = _below_title(_first_rows(readable, dialect), dialect, skip, notes)
        else:
            given = (skip, encoding, delimiter, quote, decimal, thousands, comment)
            dialect, rows = _text_dialect(readable, *given, notes)
        return _with_header(readable, dialect, rows, header, tuple(missing_marks), notes)


def _format_notes(file: Path, kind: Format, spoken: Dialect) -> list[str]:
    if kind == "gzip":
        return ["The file is unpacked with gzip."]
    if kind != "workbook":
        return []
    names = sheet_names(file)
    notes = [f"Sheet {spoken.sheet!r} of {listed(names)} is read."] if len(names) > 1 else []
    if is_old(file):
        notes.append(
            "In an .xls workbook a cell that holds an error, such as #DIV/0!, arrives empty. Save it as .xlsx to have "
            "such cells listed."
        )
    return notes


def _below_title(found: Sequence[Record], dialect: Dialect, skip: int | None, notes: list[str]) -> tuple[Dialect, Rows]:
    """Return the rows of a table and how they are read, those above it left out, which a note says."""
    above = rows_above(found, dialect) if skip is None else 0
    rows = [record.cells for record in found if record.row > above]
    if not above:
        return dialect, rows
    texts = (cell.strip(BLANKS) for record in found if record.row <= above for cell in record.cells)
    title = next(filter(None, texts), "")
    named = f", {title[:MOST_OF_COMMENT]!r}," if title else ""
    which = "The first row is" if above == 1 else f"The first {above} rows are"
    notes.append(f"{which} taken for a title above the table{named} and left out.")
    return replace(dialect, skip=above), rows


def _text_dialect(
    file: Path,
    skip: int | None,
    encoding: Encoding | None,
    delimiter: str | None,
    quote: str | None,
    decimal: str | None,
    thousands: str | None,
    comment: str | None,
    notes: list[str],
) -> tuple[Dialect, Rows]:
    """Return the dialect of a text file, and its first rows, the header among them."""
    encoding = encoding or detect_encoding(file)
    whole, complete = head_text(file, encoding)
    text = text_below(whole, skip or 0, quote)
    while not text and not complete and len(whole) < MOST_HEAD_BYTES:
        whole, complete = head_text(file, encoding, 4 * len(whole.encode(PYTHON_CODEC[encoding], "replace")))
        text = text_below(whole, skip or 0, quote)
    if comment is None:
        comment = _comment(text)
        if comment:
            first = text.lstrip().partition("\n")[0].strip()[:MOST_OF_COMMENT]
            notes.append(f"Lines that begin with {comment!r} are left out as comments; the first is {first!r}.")
    uncommented = _without_comments(text, comment)
    if quote is None:
        quote = "'" if '"' not in uncommented and len(_SINGLE_QUOTED.findall(uncommented)) >= 2 else '"'
    delimiter_found = delimiter is None
    if delimiter is None and (named := _NAMED_DELIMITER.match(whole)):
        delimiter = named[1]
        notes.append(f"The first line, {named[0].strip()!r}, names the delimiter.")
    if delimiter is None:
        delimiter = _delimiter(text, complete, quote, comment)
    if comment and (like := _like_a_row(text, comment, delimiter)):
        notes.append(
            f"Among them, {like[:MOST_OF_COMMENT]!r} has as many cells as a row: choose no comments if it is one."
        )
    base = Dialect(delimiter=delimiter, quote=quote, encoding=encoding, header=False, comment=comment, skip=skip or 0)  # type: ignore[arg-type]
    base, rows = _below_title(_first_rows(file, base), base, skip, notes)
    sample = _regular(rows)
    below = sample[1:] or sample
    found_decimal, found_thousands = number_format(below, delimiter)
    if decimal is not None:
        found_decimal = decimal
        found_thousands = "" if found_thousands == decimal else found_thousands
    if thousands is not None:
        found_thousands = thousands
    dialect = replace(base, decimal=found_decimal, thousands=found_thousands)
    if encoding != "utf-8":
        notes.append(encoding_note(text, encoding))
    if said := encoding_doubt(text, encoding):
        notes.append(said)
    if found_decimal == "," or found_thousands:
        notes.append(number_note(below, dialect))
    elif thousands is None and delimiter == ";" and (doubtful := perhaps_thousands(below)):
        whole = doubtful.replace(".", "")
        notes.append(
            f"{doubtful!r} is read with a decimal point, not as {whole}. "
            f"Choose a decimal comma and a point between thousands if {whole} is meant."
        )
    if delimiter_found and (said := one_column(rows)):
        notes.append(said)
    return dialect, rows


def _with_header(
    file: Path, dialect: Dialect, rows: Rows, header: bool | None, marks: tuple[str, ...], notes: list[str]
) -> ImportPlan:
    if header is None:
        header = has_header(rows, dialect)
        if not header:
            notes.append("No header was found; the columns are numbered.")
        elif counts_up(rows[0]):
            notes.append("The first row is taken for the header, since its numbers go up by one.")
    width = max(map(len, rows), default=1)
    return propose_columns(file, replace(dialect, header=header), sampled(width), marks, notes)


def _first_rows(file: Path, dialect: Dialect) -> list[Record]:
    text, _ = head_text(file, dialect.encoding)
    lines = itertools.islice(io.StringIO(text, newline=""), dialect.skip, dialect.skip + LINES_THAT_TELL)
    width = max((line.count(dialect.delimiter) + 1 for line in lines), default=1)  # roughly
    return read_head(file, dialect, sampled(width)).records


def _comment(text: str) -> str:
    """Return the sign that begins the first lines, where these are no header."""
    lines = [line for line in text[:LOOKED_AT_FOR_COMMENTS].splitlines() if line.strip()]
    sign = lines[0][0] if lines else ""
    if sign not in COMMENT_SIGNS:
        return ""
    first = list(itertools.takewhile(lambda line: line.startswith(sign), lines))
    if len(first) == len(lines):
        return ""
    # Where all of them have as many cells as the next line, they are rows, or a header such as "#id,name".
    below = lines[len(first)]
    alike = any(all(line.count(mark) == below.count(mark) > 0 for line in first) for mark in DELIMITERS)
    return "" if alike else sign


def _like_a_row(text: str, comment: str, delimiter: str) -> str:
    """Return the first line of comment that has as many cells as most rows, of which there are several."""
    lines = [line for line in text.splitlines() if line.strip()]
    rows = [line.count(delimiter) for line in lines if not line.startswith(comment)]
    most = Counter(rows).most_common(1)[0][0] if rows else 0
    return next((line for line in lines if line.startswith(comment) and line.count(delimiter) == most > 0), "")


def _without_comments(text: str, comment: str) -> str:
    if not comment:
        return text
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(comment))


def _regular(rows: Rows) -> Rows:
    if not rows:
        return []
    width = Counter(map(len, rows)).most_common(1)[0][0]
    return [row for row in rows if len(row) == width]


def _delimiter(text: str, complete: bool, quote: str, comment: str) -> str:
    """Return the delimiter that makes most rows alike, with the shorter ones on top left out if none does else."""
    return _best_delimiter(text, complete, quote, comment) or (
        _best_delimiter(text, complete, quote, comment, title=True) or ","
    )


def _best_delimiter(text: str, complete: bool, quote: str, comment: str, *, title: bool = False) -> str:
    best, best_score = "", (0.0, 0.0)
    for candidate in DELIMITERS:
        if candidate == comment:
            continue
        dialect = Dialect(delimiter=candidate, quote=quote, comment=comment)  # type: ignore[arg-type]
        try:
            found, _, _ = records(text, dialect, complete=complete, most=SAMPLE_ROWS)
        except DataError:
            continue
        rows = [record.cells for record in found]
        if not rows:
            continue
        if title:
            usual = Counter(map(len, rows[len(rows) // 2 :])).most_common(1)[0][0]
            rows = rows[next(i for i, row in enumerate(rows) if len(row) >= usual) :]
        width, agreeing = Counter(map(len, rows)).most_common(1)[0]
        others = [other for other in DELIMITERS if other not in (candidate, " ")]
        # A header without a name for the names of rows; one that holds another delimiter is none.
        agreeing += len(rows[0]) == width - 1 and not any(other in cell for other in others for cell in rows[0])
        consistent = agreeing / len(rows)
        if width < 2 or consistent < LEAST_CONSISTENT:
            continue
        cells = some_of([cell for row in rows if len(row) == width for cell in row])
        numbers = best_marks(cells)[1] / len(cells)
        if candidate == " " and (consistent < 1 or numbers < LEAST_SPACE_NUMBERS or _lined_up(rows)):
            continue
        dirty, with_commas = (
            sum(any(other in cell for other in signs) for cell in cells) / len(cells)
            for signs in ([other for other in others if other != ","], others)
        )
        score = (round(consistent + numbers - dirty, 9), -round(with_commas, 9))
        if score > best_score:
            best, best_score = candidate, score
    return best


def _lined_up(rows: Rows) -> bool:
    """Return whether columns are lined up with blanks, of which each makes an empty cell; the last may be one."""
    return any(not cell for row in rows for cell in row[:-1])

"""The options that say how a table is read in place of what is detected; the same for every command that reads one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

from engine.declared import SettingError
from nnstudio.cli.output import MistakeError
from nnstudio.data import ENCODING_TITLES, MISSING_MARKS, ImportPlan, detect, with_column
from nnstudio.data.reading.dates import ORDERS
from nnstudio.data.recipe import MOST_SKIPPED, Kind

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " "}
MARKS = {"none": "", "comma": ",", "point": ".", "space": " ", "apostrophe": "'", "no-break": "\u00a0"}
MARKS |= {"narrow": "\u202f", "thin": "\u2009", "curly": "\u2019"}
QUOTES = {"double": '"', "single": "'", "none": ""}
KINDS = get_args(Kind)
OPTIONS = ("encoding", "delimiter", "quote", "decimal", "thousands", "comment", "header", "sheet", "skip")


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for everything that is detected of a table."""
    group = parser.add_argument_group("how the table is read, where the detection is wrong")
    add = group.add_argument
    add("--encoding", metavar="NAME", type=_encoding, help=", ".join(ENCODING_TITLES))
    add("--delimiter", metavar="SIGN", help=f"{', '.join(DELIMITERS)}, or the sign itself")
    add("--quote", metavar="SIGN", help=f"{', '.join(QUOTES)}, or the sign itself")
    add("--decimal", metavar="SIGN", help="point or comma, or the sign itself")
    add("--thousands", metavar="SIGN", help=f"{', '.join(MARKS)}, or the sign itself")
    add("--comment", metavar="SIGN", help="the sign that begins a line of comment; none for no comments")
    add("--header", action=argparse.BooleanOptionalAction, help="whether the first row names the columns")
    add("--skip", metavar="N", type=_count, help="how many rows stand above the table, such as a title")
    add("--sheet", metavar="NAME", help="of a workbook (the first that looks like a table)")
    add(
        "--missing-mark",
        metavar="TEXT",
        action="append",
        help="a further text that means a missing cell; may be given again",
    )
    add(
        "--type",
        metavar="COLUMN=TYPE",
        action="append",
        help=f"{', '.join(KINDS)}, or date:{' date:'.join(ORDERS)} (which of year, month and day is first); may be "
        "given again",
    )


def _encoding(text: str) -> str:
    if text not in ENCODING_TITLES:
        raise argparse.ArgumentTypeError(f"cannot be {text!r}: choose one of {', '.join(ENCODING_TITLES)}.")
    return text


def _count(text: str) -> int:
    fits = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_SKIPPED)) and int(text) <= MOST_SKIPPED
    if not fits:
        raise argparse.ArgumentTypeError(f"cannot be {text!r}: give a whole number from 0 to {MOST_SKIPPED:,}.")
    return int(text)


def read_plan(options: argparse.Namespace, path: Path) -> ImportPlan:
    """Return how a table is read: as the options say, and detected where they say nothing.

    Raises
    ------
    MistakeError
        When an option cannot be understood, or there is no such column; it says which.
    DataError
        When the file cannot be read.
    """
    given: dict[str, Any] = {name: getattr(options, name) for name in OPTIONS if getattr(options, name) is not None}
    signs = (("delimiter", DELIMITERS), ("quote", QUOTES), ("decimal", MARKS), ("thousands", MARKS), ("comment", MARKS))
    for name, words in signs:
        if name in given:
            given[name] = words.get(given[name], given[name])
    marks = (*MISSING_MARKS, *(options.missing_mark or ()))
    try:
        plan = detect(path, missing_marks=marks, **given)
    except SettingError as error:
        raise MistakeError(str(error)) from None
    for text in options.type or ():
        plan = _with_type(plan, text)
    return plan


def refuse_reading_options(options: argparse.Namespace, what: str) -> None:
    """Refuse options on how a table is read where no table is given.

    Raises
    ------
    MistakeError
        When one was given; it names it.
    """
    for name in (*OPTIONS, "missing_mark", "type"):
        if getattr(options, name) is not None:
            raise MistakeError(f"--{name.replace('_', '-')} says how a table is read, and {what} was given.")


def _with_type(plan: ImportPlan, text: str) -> ImportPlan:
    name, equals, wanted = text.rpartition("=")
    kind, _, order = wanted.partition(":")
    if not equals or kind not in KINDS or (order and (kind != "date" or order not in ORDERS)):
        raise MistakeError(
            f"--type {text} means nothing. Give COLUMN=TYPE with one of {', '.join(KINDS)}, or "
            f"{', '.join(f'date:{order}' for order in ORDERS)}."
        )
    columns = [column.name for column in plan.columns]
    if name not in columns:
        raise MistakeError(f"--type {text}: there is no column {name!r}. The columns are {', '.join(columns[:20])}.")
    return with_column(plan, name, kind=kind, date_order=order if kind == "date" else None)  # type: ignore[arg-type]

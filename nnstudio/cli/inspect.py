"""``nnstudio inspect``: everything that was detected of a table, and each of its columns in a few figures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from nnstudio.cli.output import MistakeError
from nnstudio.cli.reading import read_plan
from nnstudio.data import ENCODING_TITLES, Unreadable, one_line, plural
from nnstudio.data.detecting.summary import ColumnSummary, WholeTable, read_whole, summarize
from nnstudio.data.reading.dates import ORDER_TITLES, format_date
from nnstudio.data.reading.encoding import check_file
from nnstudio.data.reading.formats import FORMAT_TITLES
from nnstudio.data.reading.workbook import sheet_names

TOLD_CELLS = 20  # of those that cannot be read, a column; --json has all that are listed
SIGN_TITLES = {
    "": "none",
    "\t": "tab",
    " ": "space",
    "\u00a0": "no-break space",
    "\u202f": "narrow space",
    "\u2009": "thin space",
}
LONGEST_TEXT = 40  # characters of a frequent text


def inspect(options: argparse.Namespace) -> int:
    """Print what the options ask for, and return the exit code."""
    path: Path = options.table
    if path == Path():
        raise MistakeError("The name of the table is empty or the folder this is in. Give a file.")
    whole = read_whole(path, read_plan(options, path))
    columns = summarize(whole)
    print(json.dumps(_fields(path, whole, columns), allow_nan=False) if options.json else _text(path, whole, columns))
    return 0


def _fields(path: Path, whole: WholeTable, columns: tuple[ColumnSummary, ...]) -> dict[str, Any]:
    dialect, report = whole.plan.dialect, whole.table.report
    file = check_file(path)
    is_text = whole.format in ("text", "gzip")
    by_name = {summary.column.name: summary for summary in columns}
    return {
        "table": str(path),
        "format": whole.format,
        "size": file.stat().st_size,
        "sheet": dialect.sheet or None,
        "sheets": list(sheet_names(file)) if whole.format == "workbook" else None,
        "encoding": dialect.encoding if is_text else None,
        "delimiter": dialect.delimiter if is_text else None,
        "quote": dialect.quote if is_text else None,
        "decimal": dialect.decimal,
        "thousands": dialect.thousands,
        "comment": dialect.comment if is_text else None,
        "skip": dialect.skip,
        "header": dialect.header,
        "missing_marks": list(whole.plan.missing_marks),
        "rows": whole.table.rows,
        "columns": [
            _column_fields(by_name[column.name], whole.table.rows)
            if column.name in by_name
            else {"name": column.name, "type": None, "role": column.role, "holds": whole.refused[column.name]}
            for column in whole.plan.columns
        ],
        "rows_set_aside": report.set_aside,
        "set_aside": [_place(row) for row in report.set_aside_examples],
        "notes": _notes(whole),
    }


def _column_fields(summary: ColumnSummary, rows: int) -> dict[str, Any]:
    column = summary.column
    figures = [summary.minimum, summary.mean, summary.maximum]
    shown = [format_date(value) if column.kind == "date" and value is not None else value for value in figures]
    return {
        "name": column.name,
        "type": column.kind,
        "role": column.role,
        "date_order": column.date_order or None,
        "missing": summary.missing,
        "unreadable": summary.unreadable,
        "share_missing": (summary.missing + summary.unreadable) / rows,
        "distinct": summary.distinct,
        "min": shown[0],
        "mean": shown[1],
        "max": shown[2],
        "most_frequent": [{"text": text, "count": count} for text, count in summary.frequent],
        "unreadable_cells": [_place(cell) for cell in summary.cells],
    }


def _place(cell: Unreadable) -> dict[str, Any]:
    return {"row": cell.row, "text": cell.text}


def _notes(whole: WholeTable) -> list[str]:
    return list(dict.fromkeys((*whole.plan.notes, *whole.table.report.sentences)))


def _text(path: Path, whole: WholeTable, columns: tuple[ColumnSummary, ...]) -> str:
    dialect, report = whole.plan.dialect, whole.table.report
    lines = [
        f"{path}: {FORMAT_TITLES[whole.format]}, {plural(whole.table.rows, 'row')}, "
        f"{plural(len(whole.plan.columns), 'column')}",
        "",
    ]
    detected: list[tuple[str, str]] = []
    if whole.format == "workbook":
        detected += [("sheet", dialect.sheet), ("sheets", ", ".join(sheet_names(check_file(path))))]
    elif whole.format != "parquet":
        detected += [
            ("encoding", ENCODING_TITLES[dialect.encoding]),
            ("delimiter", _sign(dialect.delimiter)),
            ("quote", _sign(dialect.quote)),
            ("comment", _sign(dialect.comment)),
        ]
    detected += [
        ("decimal", _sign(dialect.decimal)),
        ("thousands", _sign(dialect.thousands)),
        *([("left out", f"{plural(dialect.skip, 'row')} above the table")] if dialect.skip else []),
        ("header", "first row" if dialect.header else "none"),
        ("missing", ", ".join(mark if mark else "(empty)" for mark in whole.plan.missing_marks)),
    ]
    lines += [f"  {title:<10} {value}" for title, value in detected]
    by_name = {summary.column.name: summary for summary in columns}
    for column in whole.plan.columns:
        lines.append("")
        if column.name in by_name:
            lines += _column_lines(by_name[column.name], whole.table.rows)
        else:
            lines.append(f"{one_line(column.name)}: holds {whole.refused[column.name]}, not read")
    if report.set_aside:
        lines += ["", f"{plural(report.set_aside, 'row')} set aside, not having as many cells as there are columns:"]
        lines += _cell_lines(report.set_aside_examples, report.set_aside)
    if notes := _notes(whole):
        lines += ["", *notes]
    return "\n".join(lines)


def _column_lines(summary: ColumnSummary, rows: int) -> list[str]:
    column = summary.column
    kind = f"date, {ORDER_TITLES[column.date_order]}" if column.date_order else column.kind
    lacking = summary.missing + summary.unreadable
    lines = [
        f"{one_line(column.name)}: {kind}, {column.role}; {lacking / rows:.2%} missing, {summary.distinct:,} distinct"
    ]
    if summary.minimum is not None and summary.mean is not None and summary.maximum is not None:
        write = format_date if column.kind == "date" else "{:.6g}".format
        lines.append(f"  min {write(summary.minimum)}, mean {write(summary.mean)}, max {write(summary.maximum)}")
    elif summary.frequent:
        shown = [f"{one_line(text[:LONGEST_TEXT])!r} {count:,}" for text, count in summary.frequent]
        lines.append(f"  most frequent: {', '.join(shown)}")
    if summary.unreadable:
        lines.append(f"  {plural(summary.unreadable, 'cell')} could not be read, counted as missing:")
        lines += _cell_lines(summary.cells, summary.unreadable)
    return lines


def _cell_lines(cells: tuple[Unreadable, ...], count: int) -> list[str]:
    lines = [f"    row {cell.row:,}: {cell.text!r}" for cell in cells[:TOLD_CELLS]]
    return lines + ([f"    and {count - TOLD_CELLS:,} more"] if count > TOLD_CELLS else [])


def _sign(sign: str) -> str:
    return SIGN_TITLES.get(sign, sign)

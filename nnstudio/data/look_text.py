"""What a look at the data shows, as text with a tab between cells: for the clipboard and for spreadsheets."""

from __future__ import annotations

import re

from nnstudio.data.look import SPLITS, Distribution, Look, Rows, Values


def tab_separated(look: Look, rows: Rows) -> str:
    """Return rows of the table as text, a tab between cells, under a line with the columns' names."""
    columns: list[list[str]] = [
        ["row", *map(str, look.row_numbers(rows).tolist())],
        ["split", *(SPLITS[split] for split in look.split[rows].tolist())],
    ]
    for column in look.columns:
        cells = look.cells(column, rows)
        texts = [f"{cell:.12g}" if isinstance(cell, float) else _one_cell(cell) for cell in cells]
        columns.append([_one_cell(column.name), *texts])
    return "\n".join("\t".join(cells) for cells in zip(*columns, strict=True))


def distributions_text(shown: list[Distribution]) -> str:
    """Return mean, spread and missing cells of every column as text, a tab between cells."""
    lines = ["column\tmean\tstandard deviation\tlow\thigh\tmissing"]
    for one in shown:
        figures = (one.mean, one.deviation, one.low, one.high, one.missing)
        lines.append("\t".join([_one_cell(one.column.name), *("" if f != f else f"{f:.6g}" for f in figures)]))
    return "\n".join(lines)


def correlations_text(names: list[str], values: Values) -> str:
    """Return the correlation coefficients as text, a tab between cells, names above and at the left."""
    lines = ["\t".join(["", *map(_one_cell, names)])]
    for name, row in zip(names, values.tolist(), strict=True):
        lines.append("\t".join([_one_cell(name), *("" if value != value else f"{value:.4f}" for value in row)]))
    return "\n".join(lines)


def _one_cell(text: str) -> str:
    return re.sub(r"[\t\r\n]+", " ", text)

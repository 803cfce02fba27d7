"""Predictions for a table with a trained project: its own columns, the prediction, and a figure for each class."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from engine.emit import Array
from engine.metrics import threshold_of
from nnstudio import archive
from nnstudio.data import (
    DataError,
    Dialect,
    FittedPreparation,
    apply,
    dialect_for,
    plural,
    raw_target,
    read_cells,
    read_for_prediction,
)
from nnstudio.data.reading.cells import parse_number
from nnstudio.data.recipe import listed
from nnstudio.headless import fitted_of, trained_network
from nnstudio.project_file import Project

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
LONGEST_NUMBER = 100  # characters
LEAST_DIGITS, MOST_DIGITS = 7, 17  # of a predicted number
_NUMBER = re.compile(r"[+-]?[\d.,'\s\u00a0\u202f]*\d[\d.,]*([eE][+-]?\d+)?\s?%?")


@dataclass(frozen=True)
class Predicted:
    """A table with its predictions.

    ``names`` and ``cells`` are the table's own, ``added`` the names of the new columns and ``values`` their cells, of
    which those of a row that could not be predicted are empty. ``notes`` are sentences on what was odd.
    """

    names: tuple[str, ...]
    cells: list[tuple[str, ...]]
    added: tuple[str, ...]
    values: list[tuple[str, ...]]
    predicted: int
    notes: tuple[str, ...]
    dialect: Dialect

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the header and the rows, safe to open in a spreadsheet: text that it would compute is quoted."""
        yield tuple(harmless(name, self.dialect) for name in (*self.names, *self.added))
        for own, new in zip(self.cells, self.values, strict=True):
            yield tuple(harmless(cell, self.dialect) for cell in (*own, *new))


def predict_table(project: Project, project_path: Path, table: Path) -> Predicted:
    """Return the predictions of a project for a table.

    Raises
    ------
    DataError
        When the project has no trained weights, or the table cannot be read or lacks a feature; it says which.
    """
    network, fitted = trained_network(project, project_path), fitted_of(project, project_path)
    if network.n_features != len(fitted.features) or network.n_outputs != fitted.outputs:
        raise DataError(f"{project_path} has data that do not fit its network. Load the table again, and train.")
    applied = apply(fitted, read_for_prediction(table, fitted))
    dialect = dialect_for(table, fitted)
    names, cells = read_cells(table, dialect)
    if len(cells) != len(applied.kept):
        raise DataError(f"{table} changed while it was read. Try again.")
    outputs = network.predict(applied.X)
    new = columns_of(fitted, outputs, scores=threshold_of(network.output) == 0.0, decimal=dialect.decimal)
    added = free_names(new, names)
    empty = ("",) * len(added)
    filled = iter(zip(*new.values(), strict=True))
    values = [next(filled) if kept else empty for kept in applied.kept.tolist()]
    notes = (*applied.notes, *_unused(fitted, names))
    return Predicted(names, cells, added, values, int(applied.kept.sum()), notes, dialect)


def _unused(fitted: FittedPreparation, names: tuple[str, ...]) -> list[str]:
    """Return in a sentence which columns of a table the network does not read; targets need no word."""
    known = {column.name for column in fitted.columns} | {target.name for target in fitted.targets}
    extra = [name for name in names if name not in known]
    if not extra:
        return []
    are = "is" if len(extra) == 1 else "are"
    return [f"{plural(len(extra), 'column')} of the table {are} not used: {listed(extra)}."]


def columns_of(
    fitted: FittedPreparation, outputs: Array, scores: bool = False, decimal: str = "."
) -> dict[str, list[str]]:
    """Return the new columns by name: the class and a figure of each class, or the number in the target's unit.

    Of several targets each has its own, with the target's name behind.

    Parameters
    ----------
    outputs
        What the network gave, (m, n_outputs).
    scores
        Whether the outputs are scores around 0, as with the hinge loss, and no probabilities.
    decimal
        The decimal mark of the table that they are put into.
    """
    if fitted.task == "multiclass":
        return _class_columns(fitted.classes, outputs, scores, "", decimal)
    columns: dict[str, list[str]] = {}
    for index, target in enumerate(fitted.targets):
        of = f"_{target.name}" if len(fitted.targets) > 1 else ""
        output = outputs[:, index]
        if fitted.task == "regression":
            values = raw_target(fitted, output, index).tolist()
            scale = target.scale if target.log == "none" else math.inf
            columns[f"prediction{of}"] = [_written(value, scale).replace(".", decimal) for value in values]
        else:
            figures = np.stack([-output if scores else 1.0 - output, output], axis=1)
            columns |= _class_columns(target.classes, figures, scores, of, decimal)
    return columns


def _written(value: float, scale: float) -> str:
    """Return a predicted number with as many digits as tell values apart that are scaled by ``scale``."""
    digits = LEAST_DIGITS
    if value and math.isfinite(value) and math.isfinite(scale):
        digits += max(0, math.floor(math.log10(abs(value))) - math.floor(math.log10(scale)))
    return f"{value:.{min(digits, MOST_DIGITS)}g}"


def _class_columns(
    classes: tuple[str, ...], figures: Array, scores: bool, of: str, decimal: str
) -> dict[str, list[str]]:
    # Where both are equal it is the first class's, here as in the accuracy that training shows.
    columns = {f"prediction{of}": [classes[index] for index in figures.argmax(axis=1).tolist()]}
    for index, name in enumerate(classes):
        kind = "score" if scores else "probability"
        columns[f"{kind}{of}_{name}"] = [f"{value:.6g}".replace(".", decimal) for value in figures[:, index].tolist()]
    return columns


def free_names(wanted: dict[str, list[str]], taken: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names, each with a number behind it where the table has such a column already."""
    used, free = set(taken), []
    for name in wanted:
        candidate, number = name, 1
        while candidate in used:
            number += 1
            candidate = f"{name}_{number}"
        used.add(candidate)
        free.append(candidate)
    return tuple(free)


def harmless(cell: str, dialect: Dialect) -> str:
    """Return a cell that no spreadsheet computes: text that looks like a formula gets an apostrophe before it."""
    if len(cell) < 2 or not cell.startswith(FORMULA_STARTS):
        return cell
    if len(cell) <= LONGEST_NUMBER and (parse_number(cell, dialect) is not None or _NUMBER.fullmatch(cell.strip())):
        return cell
    return f"'{cell}"


def write_csv(path: Path, predicted: Predicted) -> None:
    """Write the table with its predictions as CSV in UTF-8, in one go.

    Where the table has decimal commas, its delimiter stays too: a comma would leave most programs confused.

    Raises
    ------
    OSError
        When it cannot be written; a file that was there before is then as it was.
    """

    def write(file: IO[bytes]) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        delimiter = predicted.dialect.delimiter if predicted.dialect.decimal == "," else ","
        csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(predicted.rows())
        text.flush()
        text.detach()

    archive.replace_file(path, write)

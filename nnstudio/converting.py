"""A table written as it was read, before any recipe: as CSV with every cell as text, or as Parquet with types."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from nnstudio import archive
from nnstudio.data.detecting.summary import WholeTable, written_cells
from nnstudio.data.reading.cells import literal
from nnstudio.data.reading.dates import DAY
from nnstudio.data.reading.parquet import SETTINGS
from nnstudio.data.table import Categories, is_missing

MICROSECONDS = 10**6  # a second


def write_csv(out: Path, table: Path, whole: WholeTable) -> None:
    """Write CSV as RFC 4180 has it: UTF-8, commas, quotes where they are needed, lines that end in CR LF.

    Raises
    ------
    DataError
        When the table cannot be read again.
    OSError
        When the file cannot be written; one that was there before is then as it was.
    """
    names, columns = written_cells(table, whole)

    def write(file: IO[bytes]) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        # An empty cell alone in its row would be a blank line, which is no row to many readers.
        alone = len(names) == 1
        writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL if alone else csv.QUOTE_MINIMAL)
        writer.writerow(names)
        writer.writerows(zip(*columns, strict=True))
        text.flush()
        text.detach()

    archive.replace_file(out, write)


def write_parquet(out: Path, table: Path, whole: WholeTable) -> None:
    """Write Parquet: numbers as doubles, dates as dates or timestamps, booleans as booleans, the rest as text.

    Raises
    ------
    DataError
        When the table cannot be read again.
    OSError
        When the file cannot be written.
    """
    import duckdb

    names, texts = written_cells(table, whole)
    given: dict[str, Any] = {}
    selected = []
    kinds = {column.name: column.kind for column in whole.plan.columns}
    for i, (name, cells) in enumerate(zip(names, texts, strict=True)):
        values = whole.table.columns[name]
        sql = f"c{i}"
        if not isinstance(values, Categories):
            given[f"c{i}"] = values
            if kinds[name] == "date":
                whole_days = bool(np.all(values[~np.isnan(values)] % DAY == 0))
                sql = f"make_timestamp(round(c{i} * {MICROSECONDS})::BIGINT){'::DATE' if whole_days else ''}"
        elif kinds[name] == "boolean":
            given[f"c{i}"] = np.where(is_missing(values), np.nan, values.codes.astype(float))
            sql = f"c{i}::BOOLEAN"
        else:
            missing = is_missing(values).tolist()
            given[f"c{i}"] = np.array([None if lacks else t for t, lacks in zip(cells, missing, strict=True)], object)
            sql = f"c{i}::VARCHAR"
        quoted = name.replace('"', '""')
        selected.append(f'{sql} AS "{quoted}"')

    def write(file: IO[bytes]) -> None:
        with tempfile.TemporaryDirectory(prefix="nnstudio-") as folder:
            made = Path(folder) / "table.parquet"
            with duckdb.connect(":memory:", config=SETTINGS) as connection:
                connection.register("given", given)
                sql = f"SELECT {', '.join(selected)} FROM given"
                connection.execute(f"COPY ({sql}) TO {literal(str(made))} (FORMAT parquet)")
            with made.open("rb") as source:
                shutil.copyfileobj(source, file)

    archive.replace_file(out, write)

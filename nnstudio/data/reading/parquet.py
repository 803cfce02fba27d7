"""Parquet files, through DuckDB: their columns with types, and each cell as the text it would be in a CSV file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnstudio.data.errors import DataError
from nnstudio.data.reading.cells import literal
from nnstudio.data.reading.encoding import without_pattern
from nnstudio.data.recipe import Kind

MAGIC = b"PAR1"  # at both ends
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
FRACTIONS = ("FLOAT", "DOUBLE")
OTHER_NUMBERS = ("HUGEINT", "UHUGEINT", "DECIMAL")
DATES = (
    "DATE",
    "TIMESTAMP",
    "TIMESTAMP_S",
    "TIMESTAMP_MS",
    "TIMESTAMP_NS",
    "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMPTZ_NS",
)
TEXTS = ("VARCHAR", "UUID", "ENUM", "TIME", "TIME WITH TIME ZONE", "INTERVAL", '"NULL"')
MOST_WHOLE = 1e15  # a whole number below it is written without a point
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def is_parquet(file: Path) -> bool:
    """Return whether a file begins and ends as a Parquet file does."""
    with file.open("rb") as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            return False
        stream.seek(-len(MAGIC), 2)
        return stream.read() == MAGIC


def kind_of(duckdb_type: str) -> Kind | None:
    """Return the kind of a typed column; None where it is text, whose cells tell, or cannot be read."""
    name = _base(duckdb_type)
    if name in (*WHOLE, *FRACTIONS, *OTHER_NUMBERS):
        return "number"
    if name in DATES:
        return "date"
    return "boolean" if name == "BOOLEAN" else None


def is_direct(duckdb_type: str) -> bool:
    """Return whether a column can be read as doubles without a way through text."""
    return _base(duckdb_type) in (*WHOLE, *FRACTIONS)


def nested(duckdb_type: str) -> str:
    """Return what a column holds that is no cell of a table, as a sentence has it; empty where it holds cells."""
    name = _base(duckdb_type)
    if name in TEXTS or kind_of(duckdb_type) is not None:
        return ""
    if duckdb_type.endswith("]"):
        return "lists"
    return {"STRUCT": "records", "MAP": "tables of keys and values", "BLOB": "bytes"}.get(name, name.lower())


def _base(duckdb_type: str) -> str:
    return "LIST" if duckdb_type.endswith("]") else duckdb_type.partition("(")[0]


def source(readable: Path, types: tuple[str, ...]) -> str:
    """Return the SQL of a file's rows: ``c0``, ``c1``, … as text, and ``n0``, … as doubles where that is direct."""
    names = ", ".join(f"t{i}" for i in range(len(types)))
    selected = [f"{_text(f't{i}', of)} AS c{i}" for i, of in enumerate(types)]
    selected += [f"t{i}::DOUBLE AS n{i}" for i, of in enumerate(types) if is_direct(of)]
    return f"(SELECT {', '.join(selected)} FROM read_parquet({literal(str(readable))}) AS t({names}))"


def _text(column: str, duckdb_type: str) -> str:
    if nested(duckdb_type):
        return "NULL::VARCHAR"
    if _base(duckdb_type) not in FRACTIONS:
        return f"{column}::VARCHAR"
    # TRY_CAST: DuckDB takes the second condition away where a column's statistics say so, which leave NaN out.
    whole = f"{column} = trunc({column}) AND abs({column}) < {MOST_WHOLE}"
    return f"CASE WHEN {whole} THEN TRY_CAST({column} AS BIGINT)::VARCHAR ELSE {column}::DOUBLE::VARCHAR END"


def schema(file: Path) -> tuple[list[str], tuple[str, ...], int]:
    """Return the names of the columns as the file has them, their types, and the number of rows.

    Raises
    ------
    DataError
        When the file is damaged.
    """
    with _connected(file) as (connection, readable):
        at = literal(str(readable))
        found = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({at})").fetchall()
        rows = connection.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata({at})").fetchone()
        tree = connection.execute(f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({at})").fetchall()
    names = _outermost(tree)
    if len(names) != len(found):
        names = [row[0] for row in found]
    return names, tuple(row[1] for row in found), int(rows[0])


def _outermost(tree: list[tuple[str, int]]) -> list[str]:
    """Return the names of the columns in a schema whose fields follow their parents, each with how many it has.

    DuckDB's own names differ where two are the same to it, such as a and A, or one is empty.
    """
    names: list[str] = []
    left = [0]  # of each level, how many fields are still to come
    for name, children in tree[1:]:
        if len(left) == 1:
            names.append(name)
        else:
            left[-1] -= 1
        if children:
            left.append(children)
        while len(left) > 1 and not left[-1]:
            left.pop()
    return names


def cells(file: Path, types: tuple[str, ...], most: int | None = None) -> list[list[str]]:
    """Return the first rows as text, empty where a cell is.

    Raises
    ------
    DataError
        When the file is damaged.
    """
    if most == 0:
        return []
    selected = ", ".join(f"coalesce(c{i}, '')" for i in range(len(types)))
    limit = "" if most is None else f" LIMIT {most}"
    with _connected(file) as (connection, readable):
        rows = connection.execute(f"SELECT {selected} FROM {source(readable, types)}{limit}").fetchall()
    return [list(row) for row in rows]


@contextlib.contextmanager
def _connected(file: Path) -> Iterator[tuple[Any, Path]]:
    import duckdb

    with without_pattern(file) as readable, duckdb.connect(":memory:", config=SETTINGS) as connection:
        try:
            connection.execute(
                f"SET TimeZone='UTC'; SET allowed_paths=[{literal(str(readable))}]; SET temp_directory=''; "
                "SET enable_external_access=false"
            )
            yield connection, readable
        except duckdb.Error:
            raise damaged(file) from None


def damaged(file: Path) -> DataError:
    """Return the error for a file that DuckDB cannot read."""
    return DataError(f"{file.name} is a Parquet file that is damaged or of an unknown version. Write it anew.")

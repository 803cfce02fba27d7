"""Tables that benchmarks read: written once, from a fixed seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

SEED = 0
DIGITS = 4  # after the point
SIGNAL = 5  # columns that the target follows
BLOCK = 250_000  # rows made at a time


def write_numbers(path: Path, rows: int, columns: int, kind: str = "DOUBLE") -> None:
    """Write normal numbers, the last column ``y`` a sum of some others with noise; CSV or Parquet by the suffix.

    ``kind`` is the type of the columns in a Parquet file.
    """
    import duckdb

    rng = np.random.default_rng(SEED)
    beside = path.with_suffix(".duckdb")  # so that a table may be larger than memory
    with duckdb.connect(str(beside)) as connection:
        connection.execute("SET enable_progress_bar=false")
        for start in range(0, rows, BLOCK):
            block = _block(rng, min(BLOCK, rows - start), columns)  # noqa: F841 - named in the SQL
            connection.execute(
                f"{'INSERT INTO made' if start else 'CREATE TABLE made AS'} SELECT columns(*)::{kind} FROM block"
            )
        how = "HEADER" if path.suffix == ".csv" else "FORMAT parquet"
        connection.execute(f"COPY made TO '{path}' ({how})")
    beside.unlink()


def _block(rng: Any, rows: int, columns: int) -> dict[str, Any]:
    made = {f"x{i}": np.round(rng.standard_normal(rows) * (i + 3), DIGITS) for i in range(columns - 1)}
    signal = sum(made[f"x{i}"] / (i + 3) for i in range(min(SIGNAL, columns - 1)))
    made["y"] = np.round(signal + rng.standard_normal(rows), DIGITS)
    return made


def write_wide(path: Path, rows: int, columns: int) -> None:
    """Write a CSV file of very many columns."""
    rng = np.random.default_rng(SEED)
    with path.open("w", encoding="ascii") as file:
        file.write(",".join(f"x{i}" for i in range(columns)) + "\n")
        for _ in range(rows):
            file.write(",".join(f"{value:.{DIGITS}f}" for value in rng.standard_normal(columns).tolist()) + "\n")

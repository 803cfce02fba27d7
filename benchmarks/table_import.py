"""Seconds from a table's file to arrays ready to train, and peak memory, beside bare DuckDB and bare polars."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.memory import peak
from benchmarks.report import Goal, Report, Row
from benchmarks.timing import Effort

ROWS, COLUMNS = 1_000_000, 30
QUICK_ROWS = 20_000
WIDE_ROWS, WIDE_COLUMNS = 1_000, 10_000
MOST_TIME, MOST_MEMORY, MOST_PREVIEW = 1.5, 5.0, 3.0  # of the faster peer's; of the matrix; seconds
ITEM = 4  # bytes of a float32
MEGA = 1e6
OURS = "NN Studio"
AT_ONCE = "NN Studio, at once"
IMPORTERS = {OURS: "ours", AT_ONCE: "at_once", "DuckDB": "duckdb", "polars": "polars"}
PEERS_PYTHON = "PEERS_PYTHON"  # environment variable: the Python of an environment that has polars
NOTES = (
    "Seconds: from pressing Import (the file's format is known) to arrays; imports of libraries are not counted.",
    "NN Studio: the dialog has checked all rows, for which it reads and hashes the file, and keeps what it read.",
    "At once: Import is pressed before that has begun, so all of it is in the time.",
    "NN Studio checks, hashes, splits, scales and looks for what is doubtful; the others give an array of the cells.",
    "Memory: the peak of the process (VmHWM), interpreter and libraries included; matrix: the table as float32.",
    "Preview: detection and the first look, as the dialog shows it.",
)


@dataclass(frozen=True)
class Run:
    """What one process took: seconds, processor seconds, and bytes at most."""

    seconds: float
    processor: float
    peak: int


def run(effort: Effort) -> Report:
    tables: dict[str, Sequence[Row]] = {}
    notes = list(NOTES)
    with tempfile.TemporaryDirectory(prefix="nnstudio-bench-") as folder:
        rows = QUICK_ROWS if effort.quick else ROWS
        for suffix, title in ((".csv", "CSV"), (".parquet", "Parquet")):
            path = Path(folder) / f"numbers{suffix}"
            _write("numbers", path, rows, COLUMNS)
            size = f"{rows:,} rows x {COLUMNS} columns, {path.stat().st_size / MEGA:,.0f} MB"
            tables[f"{title}: {size}"] = _compared(path, rows, effort, notes)
            path.unlink()
        wide = Path(folder) / "wide.csv"
        _write("wide", wide, *((100, 1_000) if effort.quick else (WIDE_ROWS, WIDE_COLUMNS)))
        seconds = statistics.median(_child("preview", wide).seconds for _ in range(effort.rounds))
        title = f"Preview: {WIDE_COLUMNS:,} columns x {WIDE_ROWS:,} rows, {wide.stat().st_size / MEGA:,.0f} MB"
        tables[title] = [{"": OURS, "seconds": Goal(seconds, MOST_PREVIEW, most=True)}]
    return Report(tables, list(dict.fromkeys(notes)))


def _compared(path: Path, rows: int, effort: Effort, notes: list[str]) -> list[Row]:
    """Measure each importer once a round, one after the other, and compare the medians."""
    seen: dict[str, list[Run]] = {}
    for _ in range(effort.rounds):
        for title, name in IMPORTERS.items():
            try:
                seen.setdefault(title, []).append(_child(name, path))
            except ImportError:
                notes.append(f"{title} is not there: {PEERS_PYTHON} names the Python of an environment that has it.")
    medians = {
        title: Run(
            statistics.median(run.seconds for run in runs),
            statistics.median(run.processor for run in runs),
            int(statistics.median(run.peak for run in runs)),
        )
        for title, runs in seen.items()
        if runs
    }
    ours = (OURS, AT_ONCE)
    fastest = min(run.seconds for title, run in medians.items() if title not in ours)
    matrix = rows * COLUMNS * ITEM
    return [
        {
            "importer": title,
            "seconds": run.seconds,
            "processor, s": run.processor,
            "of the faster peer's time": Goal(run.seconds / fastest, MOST_TIME, most=True)
            if title in ours
            else run.seconds / fastest,
            "peak, MB": run.peak / MEGA,
            "peak / matrix": Goal(run.peak / matrix, MOST_MEMORY, most=True) if title in ours else run.peak / matrix,
        }
        for title, run in medians.items()
    ]


def _write(kind: str, path: Path, rows: int, columns: int) -> None:
    """Write a table in a process of its own, which takes its memory with it."""
    call = f"from benchmarks.tables import *; write_{kind}(Path({str(path)!r}), {rows}, {columns})"
    subprocess.run([sys.executable, "-c", call], check=True, timeout=600)


def _child(name: str, path: Path) -> Run:
    """Return what a new process took.

    Raises
    ------
    ImportError
        When a library is not there.
    """
    python = os.environ.get(PEERS_PYTHON, sys.executable) if name == "polars" else sys.executable
    command = [python, "-m", "benchmarks.table_import", name, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if "ModuleNotFoundError" in done.stderr:
        raise ImportError(name)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Run(*json.loads(done.stdout))


def _measured(name: str, path: str) -> Run:
    if name == "duckdb":
        import duckdb
        import numpy  # noqa: F401 - before the clock runs

        def work() -> object:
            with duckdb.connect() as connection:
                return connection.execute(f"SELECT columns(*)::FLOAT FROM '{path}'").fetchnumpy()

    elif name == "polars":
        import polars

        def work() -> object:
            read = polars.read_csv if path.endswith(".csv") else polars.read_parquet
            return read(path).to_numpy()

    else:
        import duckdb

        from nnstudio.data import (
            DataRecipe,
            KeptTable,
            TableSource,
            check_whole,
            detect,
            prepare_anew,
            preview,
            table_source,
        )

        if name == "preview":

            def work() -> object:
                return preview(path, detect(path))

        else:
            plan, tables = detect(path), list[KeptTable]()
            if name == "ours":
                table_source(path)
                check_whole(path, plan, preview(path, plan), keep=tables.append)
            kept = tables.pop() if tables else None
            recipe = DataRecipe(source=TableSource(path=path), plan=plan)

            def work() -> object:
                return prepare_anew(recipe, progress=lambda share: None, cancelled=lambda: False, kept=kept)

    started, processor = time.perf_counter(), time.process_time()
    result = work()
    made = Run(time.perf_counter() - started, time.process_time() - processor, peak())
    del result
    return made


if __name__ == "__main__":
    made = _measured(*sys.argv[1:])
    print(json.dumps([made.seconds, made.processor, made.peak]))

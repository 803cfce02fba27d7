"""Mutated CSV files: what arrives is right by a second reader, or the import says what is wrong.

``make fuzz`` runs 100,000 of them; ``python tests/nnstudio/table_fuzz.py 1000 7`` runs 1,000 with seed 7.
"""

from __future__ import annotations

import contextlib
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import numpy as np

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from strict_reader import meaning, rows_of

from nnstudio.data import Categories, DataError, ImportPlan, Table, detect, preview, read_table

MOST_SECONDS = 2.0  # of all threads together: what other programs do meanwhile does not count
BASES: tuple[bytes, ...] = (
    b"a,b,y\n1,2.5,x\n2,3.5,y\n3,,x\n4,oops,y\n5,6,NA\n",
    b'name,n,y\r\n"Smith, J",1,yes\r\n"say ""hi""",2,no\r\n"two\nlines",3,yes\r\n',
    b"a;b;c\n1,5;1.000;x\n2,5;2.345.678;y\n-3;?;z\n",
    b"day\tok\tv\n2024-01-05\tja\t1\n2024-02-06\tnein\t2\n2024-12-31 23:59\tja\t3\n",
    b"# note\n# more\nday|v|t\n13/04/2024|1|a\n01/05/2024|2|b\n",
    b"day;short\n5-Mar-2024;13/04/24\n17-Apr-1999;01/05/24\n2-Jan-24;30/11/68\n",
    b"tag;wert;kosten\n01.02.2024;1,5;10\n02.03.2024;-2,25;20\n17.04.2024;3;3e2\n",
    b"1 2 3\n4 5 6\n7 8 9\n",
    b"a\n1\n\n3\n4\n",
    "größe;ort\n1,5;Köln\n2,25;Bär\n".encode("cp1252"),
    "größe,ort\n1.5,Köln\n2.25,Bär €\n".encode(),
    "a,b\n1,x\n2,y\n".encode("utf-16"),
    b"x,y\n\n1,2\n\n3,4\n5\n6,7,8\n9,10\n\n",
    b"'a','b'\n'1','it''s'\n'2','y, z'\n",
    b'Report\n"of, all",,\n\nname,n,y\nA,1,yes\n"B, b",2,no\nC,3,yes\nD,4,no\nE,5,no\n',
)
_OF_ONE_FILE = re.compile(  # what would hold for all files of a shared database
    r"SET allowed_paths=\[.*?\]; SET temp_directory=''; SET enable_external_access=false; ", re.DOTALL
)
SIGNS = [b'"', b"'", b",", b";", b"\t", b"|", b" ", b"\n", b"\r", b"\r\n", b"\0", b"#", b"-", b".", b"1", b"e5", b"_"]
SIGNS += [b"\xff", b"\xe4", "ä".encode(), b'""', b"NA", b"inf", b"=1", b"1e999", b"\xef\xbb\xbf", "\u00a0".encode()]


def mutated(chance: random.Random) -> bytes:
    """Return a table with a few changes of bytes or lines."""
    data = bytearray(chance.choice(BASES))
    for _ in range(chance.choice((0, 1, 1, 2, 3, 6, 12))):
        at = chance.randrange(len(data) + 1)
        what = chance.randrange(7)
        if what == 0:
            data[at : at + chance.randint(1, 4)] = b""
        elif what <= 3:
            data[at:at] = chance.choice(SIGNS)
        elif what == 4:
            data[at : at + 1] = chance.choice(SIGNS)
        elif what == 5:
            lines = bytes(data).splitlines(keepends=True)
            chance.shuffle(lines)
            data = bytearray(b"".join(lines))
        else:
            end = min(len(data), at + chance.randint(1, 30))
            data[at:at] = data[at:end]
        if not data:
            break
    return bytes(data)


def check(path: Path, data: bytes) -> str:
    """Read a file; return what came of it, or raise AssertionError where it is neither right nor said."""
    path.write_bytes(data)
    begun = time.process_time()
    try:
        plan = detect(path)
        shown = preview(path, plan)
        table = read_table(path, plan, columns=plan.columns)
    except DataError as error:
        said = str(error)
        assert said.endswith((".", "…")), said
        assert path.name in said, said
        return "refused"
    finally:
        seconds = time.process_time() - begun
    assert seconds < MOST_SECONDS, f"{seconds:.1f} s"
    quotes = compare(data, plan, table)
    for column in shown.columns if shown.complete and not quotes else ():
        told, counted = column.unreadable_count, table.report.unreadable.get(column.name, 0)
        assert told == counted, f"the preview counts {told} unreadable cells in {column.name!r}, reading {counted}"
    return "set aside" if table.report.set_aside else "unreadable" if table.report.unreadable else "read"


def compare(data: bytes, plan: ImportPlan, table: Table) -> bool:
    """Hold a table against the second reader; return whether the file has rows with improper quotes."""
    dialect = plan.dialect
    rows = [row for row in rows_of(data, dialect) if row.number > dialect.skip]
    width = len(plan.columns)
    while rows and (rows[-1].empty if width == 1 else rows[-1].blank):
        rows.pop()
    while rows and rows[0].blank:
        rows.pop(0)
    body = [row for row in rows[dialect.header :] if width == 1 or not row.blank]
    aside = {row.row for row in table.report.set_aside_examples}
    assert len(aside) == table.report.set_aside
    kept = []
    for row in body:
        if not any(row.cells[width:]):  # cells that are empty beyond the columns lose nothing
            row.cells = row.cells[:width]
        if row.number in aside:
            # A row with as many cells as there are columns is set aside for its quotes alone.
            assert len(row.cells) != width or not row.proper, f"row {row.number} was set aside for nothing"
        else:
            assert row.closed, f"row {row.number} ends within quotes"
            assert len(row.cells) == width, f"row {row.number} has {len(row.cells)} cells and was kept"
            kept.append(row)
    assert table.rows == len(kept), f"{table.rows} rows read, {len(kept)} in the file"
    for index, row in enumerate(kept):
        assert table.row_numbers.of(index) == row.number, f"row {row.number} is called {table.row_numbers.of(index)}"
    for i, column in enumerate(plan.columns):
        values = table.columns[column.name]
        found = values.texts() if isinstance(values, Categories) else [None if np.isnan(v) else v for v in values]
        unreadable = []
        for row, value in zip(kept, found, strict=True):
            wanted = meaning(row.cells[i], column.kind, dialect, column.date_order, plan.missing_marks)
            if wanted is ...:
                unreadable.append(row.number)
                wanted = None
            if column.kind == "boolean" and value is not None:
                assert isinstance(values, Categories)
                value = values.names.index(value) == 1
            assert value == wanted, f"row {row.number}, {column.name!r}: {value!r}, where the file has {wanted!r}"
        listed = [cell.row for cell in table.report.examples.get(column.name, ())]
        assert listed == unreadable, f"{column.name!r}: rows {listed} are listed, {unreadable} are unreadable"
    return not all(row.proper for row in body)


class SharedConnection:
    """A connection to the one DuckDB of a process, in place of one of its own, whose start takes half of the time."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._own = database.cursor()

    def execute(self, sql: str, *parameters: Any) -> Any:
        return self._own.execute(_OF_ONE_FILE.sub("", sql), *parameters)

    def close(self) -> None:
        made = "SELECT type_name FROM duckdb_types() WHERE NOT internal AND type_name LIKE 'kind%'"
        for (name,) in self._own.execute(made).fetchall():
            self._own.execute(f'DROP TYPE "{name}"')
        self._own.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


@contextlib.contextmanager
def one_database() -> Iterator[None]:
    """Let all files of the block be read by one DuckDB."""
    with (
        duckdb.connect(":memory:") as database,
        mock.patch("duckdb.connect", side_effect=lambda *_, **__: SharedConnection(database)),
    ):
        yield


def run(count: int, seed: int) -> tuple[Counter[str], list[tuple[bytes, str]]]:
    """Check so many files; return what came of them, and those that failed with the reason."""
    chance = random.Random(seed)
    outcomes: Counter[str] = Counter()
    failed = []
    with tempfile.TemporaryDirectory() as folder, one_database():
        path = Path(folder) / "table.csv"
        for _ in range(count):
            data = mutated(chance)
            try:
                outcomes[check(path, data)] += 1
            except Exception as error:
                outcomes["wrong"] += 1
                failed.append((data, f"{type(error).__name__}: {error}"))
    return outcomes, failed


def _part(arguments: tuple[int, int]) -> tuple[Counter[str], list[tuple[bytes, str]]]:
    return run(*arguments)


def main(count: int, seed: int) -> int:
    """Check many files on all cores, print what came of them, and return the exit code."""
    outcomes: Counter[str] = Counter()
    failed: list[tuple[bytes, str]] = []
    size = 500
    parts = [(min(size, count - at), seed + at) for at in range(0, count, size)]
    with Pool() as pool:
        for found, wrong in pool.imap_unordered(_part, parts):
            outcomes += found
            failed += wrong
            for data, reason in wrong:
                print(f"\r{data!r}\n    {reason}")
            print(f"\r{sum(outcomes.values()):,} files", end="", flush=True)
    print()
    print(", ".join(f"{number:,} {what}" for what, number in outcomes.most_common()))
    return bool(failed)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(numbers + [100_000, 0][len(numbers) :])))

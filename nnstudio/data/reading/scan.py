"""An open table file: DuckDB set so that it reads this one file, in order, cell by cell, and nothing else."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.declared import replace
from nnstudio.data.errors import Cancelled, DataError
from nnstudio.data.reading import parquet
from nnstudio.data.reading.cells import literal
from nnstudio.data.reading.encoding import GLOB_SIGNS, utf8_copy, without_pattern, wrong_encoding
from nnstudio.data.reading.head import Head
from nnstudio.data.reading.lines import (
    Bytes,
    LineEnds,
    Walk,
    has_comments,
    look_at,
    quoted_newlines,
    trailing_blank,
    walk,
)
from nnstudio.data.reading.stream import StreamError
from nnstudio.data.reading.tidied import (
    begins_below_quotes,
    blank_above,
    blanks_beside_quotes,
    has_improper_header,
    tidied,
)
from nnstudio.data.recipe import Dialect

POLL_SECONDS = 0.05
LONGEST_ROW = 8 * 2**20  # bytes; a longer one is taken for a quote that was never closed
# With type_pushdown a TRY_CAST around a column makes the reader set a whole row aside for one bad cell. Looking for
# common_subexpressions takes time in the square of the columns: 14 s at 2,000 of them, 1.7 s without.
# in_clause makes a join of IN (...), and a join does not keep the order of rows.
UNWANTED_OPTIMIZERS = ("type_pushdown", "in_clause", "common_subexpressions")
# What each connection is told, where the other settings are of the database.
OF_A_CONNECTION = (
    f"SET TimeZone='UTC'; SET streaming_buffer_size='{2**20}B'; "  # how far it may be ahead
    "SET enable_progress_bar=true; SET enable_progress_bar_print=false"
)
LOOKED_FOR = "_+.("  # signs that make the careful SQL necessary, perhaps
NOTHING = Bytes(LineEnds(0, 0, 0), frozenset(), frozenset())
Result = TypeVar("Result")
Progress = Callable[[float], None]  # from 0 to 1
Cancel = Callable[[], bool]


@dataclass(frozen=True)
class Scan:
    """An open connection, and how the file is read. ``readable`` is the file, or its copy in UTF-8.

    ``comments`` are the numbers of the rows that are comments, and ``improper`` by number the rows in which something
    follows a closing quote: all of them are blank lines in the copy.
    """

    connection: Any
    file: Path
    readable: Path
    dialect: Dialect
    head: Head
    walked: Walk | None  # where a cell holds a line break
    comments: NDArray[np.int64]
    improper: dict[int, str]
    quotes_checked: bool
    tidy: bool  # a copy, whose lines end in one way
    bytes: Bytes
    beside: list[Any]  # connections that read some columns, while ``connection`` waits

    @functools.cached_property
    def source(self) -> str:
        """The SQL of the file's rows, ``c0``, ``c1``, … as texts."""
        return _source(self) if self.is_text else parquet.source(self.readable, self.head.types)

    @property
    def blanked(self) -> NDArray[np.int64]:
        """The numbers (sorted) of the rows that are blank lines in the copy alone."""
        return np.union1d(self.comments, np.asarray(sorted(self.improper), np.int64)).astype(np.int64)

    @property
    def is_text(self) -> bool:
        """Whether the file is text, taken apart by DuckDB, and no Parquet file."""
        return not self.head.types

    @property
    def trailing_blank(self) -> int:
        """How many rows DuckDB makes of the empty lines at the end."""
        return trailing_blank(self.readable, self.head.width) if self.is_text else 0

    @property
    def most_rows(self) -> int:
        """As many rows as there may be: known of a Parquet file, at most the lines of a text."""
        return self.head.rows if self.head.rows is not None else self.bytes.ends.lines + 1

    def typed_source(self, numbers: Collection[int]) -> str:
        """Return SQL of a text's rows with these columns as doubles; whatever is amiss ends the query."""
        return _source(self, numbers)

    def run(self, sql: str) -> Any:
        """Execute a statement."""
        return self.connection.execute(sql)

    @contextlib.contextmanager
    def another(self) -> Iterator[Any]:
        """Give a connection of its own to a thread; progress and Cancel know of it."""
        with self.connection.cursor() as connection:
            connection.execute(OF_A_CONNECTION)
            self.beside.append(connection)
            try:
                yield connection
            finally:
                self.beside.remove(connection)


class ImproperQuotes(Exception):  # noqa: N818 - the file is read again, with its quotes checked
    """Something follows a closing quote: DuckDB sets another row aside, and gives half a row as a whole one."""


def scanned(
    file: Path,
    dialect: Dialect,
    head: Head,
    work: Callable[[Scan], Result],
    progress: Progress | None = None,
    cancelled: Cancel | None = None,
) -> Result:
    """Return what ``work`` makes of an open scan; it is called again where quotes are improper.

    Raises
    ------
    DataError
        When the file cannot be read.
    Cancelled
        When ``cancelled`` returned true.
    """
    try:
        with opened(file, dialect, head, progress, cancelled) as scan:
            return work(scan)
    except ImproperQuotes:
        with opened(file, dialect, head, progress, cancelled, check_quotes=True) as scan:
            return work(scan)


@contextlib.contextmanager
def opened(
    file: Path,
    dialect: Dialect,
    head: Head,
    progress: Progress | None,
    cancelled: Cancel | None,
    check_quotes: bool = False,
) -> Iterator[Scan]:
    """Open a file for scanning; whatever goes wrong within the block ends in a DataError, and nothing is left behind.

    With ``check_quotes`` rows with improper quotes are taken out beforehand, which takes a walk through the file.

    Raises
    ------
    DataError
        When DuckDB cannot go on, in words of the program's own.
    Cancelled
        When ``cancelled`` returned true.
    """
    import duckdb  # at first use: a window without a table is up a tenth of a second sooner

    with contextlib.ExitStack() as stack:
        is_text = not head.types
        comments = np.zeros(0, np.int64)
        improper: dict[int, str] = {}
        readable = _readable(stack, file, dialect, cancelled) if is_text else stack.enter_context(without_pattern(file))
        signs = (dialect.quote + LOOKED_FOR).encode()
        found = look_at(readable, signs) if is_text else NOTHING
        quoted = bool(dialect.quote) and ord(dialect.quote) in found.anywhere
        if is_text and quoted and (begins := begins_below_quotes(readable, dialect, file.name)):
            readable = stack.enter_context(blank_above(readable, dialect.skip, begins, file.name))
            found = look_at(readable, signs)
            quoted = ord(dialect.quote) in found.anywhere
        doubtful = quoted and dialect.header and has_improper_header(readable, dialect)
        untidy = is_text and (has_comments(readable, dialect.comment) or found.ends.mixed)
        check_quotes = is_text and (check_quotes or doubtful or (quoted and blanks_beside_quotes(readable, dialect)))
        if untidy or check_quotes:
            readable, comments, improper = stack.enter_context(
                tidied(
                    readable,
                    dialect,
                    file.name,
                    check_quotes=check_quotes,
                    filler="x" if head.width == 1 else "",  # there an empty line is a row, or dropped at the end
                    cancelled=cancelled,
                )
            )
            found = look_at(readable, signs)
        connection = duckdb.connect(":memory:", config=parquet.SETTINGS)
        stack.callback(connection.close)
        try:
            unwanted = ", ".join(literal(name) for name in UNWANTED_OPTIMIZERS)
            known = connection.execute(f"SELECT name FROM duckdb_optimizers() WHERE name IN ({unwanted})").fetchall()
            # The one file may be read, nothing written, nothing fetched.
            connection.execute(
                f"SET allowed_paths=[{literal(str(readable))}]; SET temp_directory=''; "
                "SET enable_external_access=false; "
                f"SET disabled_optimizers={literal(','.join(row[0] for row in known))}; {OF_A_CONNECTION}"
            )
            walked = None
            if is_text and quoted and quoted_newlines(readable, dialect.quote):
                walked = walk(readable, replace(dialect, comment=""), head, file.name, cancelled)
            scan = Scan(
                connection,
                file,
                readable,
                dialect,
                head,
                walked,
                comments,
                improper,
                quotes_checked=check_quotes,
                tidy=untidy or check_quotes,
                bytes=found,
                beside=[],
            )
            with _watched(scan, progress, cancelled):
                yield scan
        except duckdb.InterruptException:
            raise Cancelled from None
        except (duckdb.Error, StreamError) as error:
            raise _in_words(file, dialect, error) if is_text else parquet.damaged(file) from None
        except MemoryError:
            raise DataError(f"{file.name} needs more memory than there is. Ignore some columns.") from None


def _readable(stack: contextlib.ExitStack, file: Path, dialect: Dialect, cancelled: Cancel | None) -> Path:
    """Return the file as DuckDB can read it: in UTF-8, under no name like a pattern."""
    if dialect.encoding != "utf-8" or any(sign in str(file) for sign in GLOB_SIGNS):
        return stack.enter_context(utf8_copy(file, dialect.encoding, cancelled=cancelled))
    return file


def _source(scan: Scan, numbers: Collection[int] | None = None) -> str:
    """Return SQL of a text's rows: all cells as texts and bad rows put aside, or strictly, some columns as doubles."""
    dialect, head, quote = scan.dialect, scan.head, literal(scan.dialect.quote)
    # In a tidied copy the line ends are known; DuckDB would take the first that it finds, within quotes too.
    new_line = "new_line='\\n', " if scan.tidy else ""
    columns = ", ".join(f"'c{i}': '{'DOUBLE' if i in (numbers or ()) else 'VARCHAR'}'" for i in range(head.width))
    lenient = (
        "store_rejects=true, rejects_limit=0, "
        if numbers is None
        else f"decimal_separator={literal(dialect.decimal)}, "
    )
    buffer = LONGEST_ROW * (4 if numbers is None else 1)  # less memory, where a longer row is read again anyway
    return (
        f"read_csv({literal(str(scan.readable))}, columns={{{columns}}}, auto_detect=false, "
        f"delim={literal(dialect.delimiter)}, quote={quote}, escape={quote}, comment='', "
        f"header={str(dialect.header).lower()}, skip={head.leading_blank}, nullstr='', "
        f"compression='none', encoding='utf-8', strict_mode=true, null_padding=false, {lenient}"
        f"{new_line}parallel={str(scan.walked is None).lower()}, "
        f"max_line_size={LONGEST_ROW}, buffer_size={buffer})"
    )


@contextlib.contextmanager
def _watched(scan: Scan, progress: Progress | None, cancelled: Cancel | None) -> Iterator[None]:
    """Report progress and interrupt the queries on request, from a thread that ends with the block."""
    if progress is None and cancelled is None:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(POLL_SECONDS):
            running = scan.beside[:] or [scan.connection]
            if cancelled is not None and cancelled():
                for connection in running:
                    connection.interrupt()
            share = sum(max(0.0, connection.query_progress()) for connection in running) / len(running)
            if progress is not None and share > 0:
                progress(min(1.0, share / 100))

    watcher = threading.Thread(target=watch, name="table-progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    if cancelled is not None and cancelled():
        raise Cancelled
    if progress is not None:
        progress(1.0)


def _in_words(file: Path, dialect: Dialect, error: Exception) -> DataError:
    text = str(error).lower()
    if "unicode" in text or "utf-8" in text:
        return wrong_encoding(file, dialect.encoding)
    if "memory" in text:
        return DataError(f"{file.name} needs more memory than there is. Ignore some columns.")
    if "no files found" in text or "cannot open" in text:
        return DataError(f"{file} can no longer be opened. Check that it is still there.")
    return DataError(f"{file.name} cannot be read as a table. Check the delimiter, the quotes and the encoding.")

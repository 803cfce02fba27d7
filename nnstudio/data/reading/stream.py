"""The rows of a query, batch by batch, written into arrays that are there already: nothing is held twice.

DuckDB hands its batches over by the Arrow C stream interface, which is a few C structures and needs no library.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.errors import Cancelled

CAPSULE = b"arrow_array_stream"
VALIDITY, VALUES = 0, 1  # the buffers of a column of numbers


class StreamError(Exception):
    """The query did not come to its end."""


class _Array(ctypes.Structure):
    """A batch, and each of its columns: ``struct ArrowArray``."""


_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))),
    ("private_data", ctypes.c_void_p),
]


class _Stream(ctypes.Structure):
    """What gives one batch after the other: ``struct ArrowArrayStream``."""


_Stream._fields_ = [
    ("get_schema", ctypes.c_void_p),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Stream))),
    ("release", ctypes.c_void_p),  # called by the capsule when it goes
    ("private_data", ctypes.c_void_p),
]


def stream_into(
    connection: Any, sql: str, columns: Sequence[NDArray[Any]], largest: NDArray[np.float64] | None = None
) -> int:
    """Write the rows of a query into ``columns``, float64 or int32 arrays of equal length; return how many came.

    NULL becomes NaN; where a column is int32 there must be none. ``largest`` (columns,), where given, is raised to
    each column's largest absolute value, NaN where a number is NaN: while they are in the processor's cache, that
    costs little.

    Raises
    ------
    StreamError
        When the query fails, or gives more rows than there is room for.
    Cancelled
        When it was interrupted.
    """
    rows, room = 0, len(columns[0])
    for batch in _batches(connection, sql):
        if rows + batch.length > room:
            raise StreamError(f"there are more than {room:,} rows")
        for at, column in enumerate(columns):
            part = column[rows : rows + batch.length]
            _copy(batch.children[at].contents, part)
            if largest is not None and len(part):
                largest[at] = np.maximum(largest[at], np.maximum(part.max(), -part.min()))
        rows += batch.length
    return rows


def _batches(connection: Any, sql: str) -> Iterator[_Array]:
    """Yield the batches of a query, each until the next is asked for."""
    pointer_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", ctypes.pythonapi)
    )
    capsule = connection.sql(sql).__arrow_c_stream__()  # the stream lives as long as its capsule
    stream = _Stream.from_address(pointer_of(capsule, CAPSULE))
    while True:
        batch = _Array()
        if stream.get_next(ctypes.byref(stream), ctypes.byref(batch)):
            said = (stream.get_last_error(ctypes.byref(stream)) or b"").decode(errors="replace")
            raise Cancelled if said.upper().startswith("INTERRUPT") else StreamError(said)
        if not batch.release:  # the end of the stream
            return
        with contextlib.ExitStack() as stack:
            stack.callback(batch.release, ctypes.byref(batch))
            yield batch


def _copy(source: _Array, target: NDArray[Any]) -> None:
    count, offset, size = len(target), source.offset, target.itemsize
    ctypes.memmove(target.ctypes.data, source.buffers[VALUES] + offset * size, count * size)
    if source.null_count and source.buffers[VALIDITY]:
        bits = np.frombuffer(ctypes.string_at(source.buffers[VALIDITY], (offset + count + 7) // 8), np.uint8)
        target[np.unpackbits(bits, count=offset + count, bitorder="little")[offset:] == 0] = np.nan

"""What runs in the labs' process: one job after the other, and a thread that ends all when the window is gone."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import threading
import time
import traceback
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

from engine.threads import limit_threads
from nnstudio.labs.messages import Event, Failed, Progress, Result

NICENESS = 10  # training and the window come first
SECONDS_BETWEEN_REPORTS = 0.05

Parcel = tuple[int, bytes]  # a job's number, and its pickled function and arguments


def main(connection: Connection) -> None:
    """Serve one window until its end of the connection closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the window
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(NICENESS)
    limit_threads(1)
    inbox: queue.SimpleQueue[Parcel] = queue.SimpleQueue()
    # It notices at once that the window is gone, also in the middle of a job.
    threading.Thread(target=_read, args=(connection, inbox), name="from-window", daemon=True).start()
    while True:
        number, parcel = inbox.get()
        _send(connection, _done(connection, number, parcel))


def _read(connection: Connection, inbox: queue.SimpleQueue[Parcel]) -> None:
    try:
        while (parcel := connection.recv()) is not None:
            inbox.put(parcel)
    except (EOFError, OSError):
        pass
    os._exit(0)


def _done(connection: Connection, number: int, parcel: bytes) -> Event:
    last = 0.0

    def report(share: float, words: str, found: Any = None) -> None:
        nonlocal last
        now = time.monotonic()
        if found is not None or now - last >= SECONDS_BETWEEN_REPORTS:
            last = now
            _send(connection, Progress(number, share, words, found))

    try:
        function, arguments = pickle.loads(parcel)
        return Result(number, function(report, *arguments))
    except ValueError as error:
        return Failed(number, str(error))
    except MemoryError:
        return Failed(number, "There was not enough memory. Choose smaller sizes, or a smaller network.")
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return Failed(number, f"The lab stopped on an error: {type(error).__name__}: {error} (in {frame.name}).")


def _send(connection: Connection, event: Event) -> None:
    try:
        whole = ForkingPickler.dumps(event)
    except Exception as error:
        whole = ForkingPickler.dumps(Failed(event.job, f"What the lab found could not be handed over: {error}."))
    try:
        connection.send_bytes(whole)
    except (OSError, ValueError):
        os._exit(0)  # the window is gone

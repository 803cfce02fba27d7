"""The handle on the engine's process: start it, send requests, poll what it says, end it.

Why a process of its own: docs/engine-process.md. Nothing here blocks; the window polls thirty times a second.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import queue
import shutil
import tempfile
import threading
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.graph import Graph
from engine.settings import TrainingSettings
from engine.snapshot import ProbeRequest
from engine.trainer import TrainerState
from nnstudio.engine_messages import ChangeSettings, Command, Died, End, Event, Load, Look, Looked, SetEntry, Simple
from nnstudio.engine_worker import main
from nnstudio.training_data import DataFile, write_data_file

if TYPE_CHECKING:
    from nnstudio.data import PreparedData

ENDING_SECONDS = 2.0


def _write_all(connection: Connection, outbox: queue.SimpleQueue[Command | None]) -> None:
    """Send what is put into the outbox, until None comes or nobody reads any more."""
    try:
        while (command := outbox.get()) is not None:
            connection.send(command)
    except (OSError, ValueError):
        pass  # poll() finds out how the other side ended


class EngineHost:
    """One engine process, its connection, and the folder through which it is given data."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="nnstudio-"))
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._outbox: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._load = 0
        self._looking = False
        self._closed = False

    # -- its life -------------------------------------------------------------------------------------------------

    def start_process(self) -> None:
        """Start the process; it is ready some tenths of a second later, and requests wait for it."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=main, args=(theirs, str(self._folder)), name="nnstudio-engine", daemon=True
        )
        self._process.start()
        theirs.close()
        self._looking = False
        # A thread of its own writes: a large network's weights take a while, and the window must not wait.
        self._outbox = queue.SimpleQueue()
        self._writer = threading.Thread(
            target=_write_all, args=(self._connection, self._outbox), name="to-engine", daemon=True
        )
        self._writer.start()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.is_alive()

    @property
    def process_id(self) -> int | None:
        """The process's number, for those who want to look at it."""
        return self._process.pid if self._process is not None else None

    def close(self) -> None:
        """End the process and remove the data folder; safe to call twice."""
        self._end_process()
        if not self._closed:
            self._closed = True
            shutil.rmtree(self._folder, ignore_errors=True)

    def _end_process(self) -> None:
        connection, process, writer = self._connection, self._process, self._writer
        self._connection = self._process = self._writer = None
        if process is not None and connection is not None:
            self._outbox.put(End())
            self._outbox.put(None)
            process.join(ENDING_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
        if writer is not None:
            writer.join()  # which a dead process cannot hold up
        if connection is not None:
            connection.close()

    # -- requests -------------------------------------------------------------------------------------------------

    def load(
        self,
        graph: Graph,
        settings: TrainingSettings,
        prepared: PreparedData,
        state: TrainerState | None = None,
    ) -> int:
        """Give the engine a network, data and, where there are some, weights; starts the process where it is not.

        Returns
        -------
        int
            The number of this load, which every event of it carries.
        """
        if not self.alive:
            self._end_process()
            self.start_process()
        self._load += 1
        self._looking = False
        file = self._data_file(prepared)
        self._send(Load(load=self._load, graph=graph, settings=settings, data=file, state=state))
        return self._load

    def _data_file(self, prepared: PreparedData) -> DataFile:
        file = write_data_file(prepared, self._folder)
        for other in self._folder.glob("*.f32"):
            if other.name != Path(file.path).name:
                with contextlib.suppress(OSError):  # Windows keeps a mapped file until its reader lets go
                    other.unlink()
        return file

    def ask(self, what: Literal["start", "pause", "run_step", "run_epoch", "reset", "keep"]) -> None:
        """Ask for one of the plain actions."""
        self._send(Simple(load=self._load, what=what))

    def change_settings(self, settings: TrainingSettings) -> None:
        """Give other hyperparameters, while training too."""
        self._send(ChangeSettings(load=self._load, settings=settings))

    def set_entry(self, symbol: str, row: int, column: int, value: float) -> None:
        """Set one entry of a parameter by hand; the engine rests on it."""
        self._send(SetEntry(load=self._load, symbol=symbol, row=row, column=column, value=value))

    def look(self, request: ProbeRequest) -> bool:
        """Ask for figures and probes; False where the last answer is still on its way."""
        if self._looking:
            return False
        self._looking = self._send(Look(load=self._load, request=request))
        return self._looking

    def _send(self, command: Command) -> bool:
        if self._connection is None:
            return False
        self._outbox.put(command)
        return True

    # -- what it says ---------------------------------------------------------------------------------------------

    def poll(self) -> list[Event]:
        """Return what has come in since the last call, the present load's only, oldest first."""
        events: list[Event] = []
        connection = self._connection
        if connection is None:
            return events
        try:
            while connection.poll():
                event: Event = connection.recv()
                if isinstance(event, Died) or event.load != self._load:
                    continue
                if isinstance(event, Looked):
                    self._looking = False
                events.append(event)
        except (EOFError, OSError):
            events.append(Died(self._cause_of_death()))
        return events

    def _cause_of_death(self) -> str:
        process = self._process
        code = None
        if process is not None:
            process.join(ENDING_SECONDS)
            code = process.exitcode
        self._end_process()
        if code is not None and code < 0:
            how = f"it was ended by signal {-code}"
            if code == -9:
                how += ", as systems do when memory runs out"
        else:
            how = f"it ended with code {code}"
        return (
            f"The engine's process has stopped: {how}. The network and the weights of some seconds ago are still here; "
            "press Train to start it again."
        )

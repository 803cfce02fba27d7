"""What runs in the engine's own process: a training thread, and a control thread that passes requests to it."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import traceback
from multiprocessing.connection import Connection
from typing import Any

from engine.graph import Graph
from engine.network import Network
from engine.settings import TrainingSettings
from engine.threads import limit_threads, threads_for
from engine.trainer import Trainer
from engine.training_thread import Snapshot, TrainingThread
from nnstudio.engine_messages import (
    ChangeSettings,
    Command,
    End,
    Failed,
    Kept,
    Load,
    Loaded,
    Look,
    Looked,
    Measured,
    Reply,
    Rested,
    SetEntry,
    Simple,
)
from nnstudio.training_data import open_data_file


def main(connection: Connection, folder: str) -> None:
    """Serve one window until its end of the connection closes; where it was killed, its folder of data goes too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the window
    worker = _Worker(connection, folder)
    try:
        while not isinstance(command := connection.recv(), End):
            worker.obey(command)
    except (EOFError, OSError):
        shutil.rmtree(folder, ignore_errors=True)  # the window is gone, and nobody is left to tell
    finally:
        worker.stop()
        # A native thread that still computes must not keep the process alive.
        os._exit(0)


class _Worker:
    def __init__(self, connection: Connection, folder: str) -> None:
        self._connection, self._folder = connection, folder
        # Whoever has an answer sends it: handing it to another thread would take the training thread's turn away, and
        # cost more than the sending. It waits for the window at most, which reads whatever it is doing.
        self._sending = threading.Lock()
        self._thread: TrainingThread | None = None
        self._load = 0

    def obey(self, command: Command) -> None:
        try:
            self._obey(command)
        except ValueError as error:
            self._send(Failed(load=self._load, sentence=str(error)))
        except Exception as error:
            self._send(Failed(load=self._load, sentence=_words(error)))

    def _obey(self, command: Command) -> None:
        if isinstance(command, Load):
            self.stop()
            self._load = command.load
            self._begin(command)
            return
        thread = self._thread
        if thread is None or isinstance(command, End) or command.load != self._load:
            return
        if isinstance(command, Look):
            thread.look(command.request, self._answer_look(command.load))
        elif isinstance(command, ChangeSettings):
            limit_threads(threads_for(command.settings))
            thread.change_settings(command.settings)
        elif isinstance(command, SetEntry):
            thread.set_entry(command.symbol, command.row, command.column, command.value)
        elif isinstance(command, Simple) and command.what == "keep":
            load = command.load
            thread.state(lambda status, state: self._send(Kept(load=load, state=state)))
        elif isinstance(command, Simple):
            getattr(thread, command.what)()

    def _begin(self, command: Load) -> None:
        limit_threads(threads_for(command.settings))
        splits = open_data_file(command.data)
        trainer = _trainer(command.graph, command.settings, splits)
        anew: tuple[str, ...] = ()
        if command.state is not None:
            anew = trainer.restore(command.state, lenient=True)
        load = command.load
        # Before the thread is there, which sends the true figures of these weights as soon as it has them.
        self._send(Loaded(load=load, status=trainer.status, anew=anew))
        self._thread = TrainingThread(
            trainer,
            on_rest=lambda status, state: self._send(Rested(load=load, status=status, state=state)),
            on_failure=lambda error: self._send(Failed(load=load, sentence=_words(error))),
            on_measured=lambda status, row: self._send(Measured(load=load, status=status, row=row)),
        )

    def _answer_look(self, load: int) -> Any:
        def answer(snapshot: Snapshot) -> None:
            self._send(Looked(load=load, snapshot=snapshot))

        return answer

    def _send(self, reply: Reply) -> None:
        with self._sending:
            try:
                self._connection.send(reply)
            except (OSError, ValueError):
                shutil.rmtree(self._folder, ignore_errors=True)
                os._exit(0)  # the window is gone

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.stop(timeout=5.0)
            self._thread = None


def _trainer(graph: Graph, settings: TrainingSettings, splits: dict[str, Any]) -> Trainer:
    network = Network(graph, seed=settings.seed, precision=settings.precision)
    return Trainer(network, splits["training"], settings, validation=splits.get("validation"), test=splits.get("test"))


def _words(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "The engine ran out of memory. Use fewer units, a smaller batch, or fewer rows."
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" (in {last[0].name})" if last else ""
    return f"The engine stopped on an error: {type(error).__name__}: {error}{where}."

"""What the window and the engine's process say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.emit import Array
from engine.graph import Graph
from engine.settings import TrainingSettings
from engine.snapshot import ProbeRequest, Status
from engine.trainer import TrainerState
from engine.training_thread import Snapshot
from nnstudio.training_data import DataFile

# Every message carries the number of the load it belongs to, so that late answers to an earlier network are dropped.


@dataclass(frozen=True)
class Load:
    """Take this network, these data and settings, and, where they fit, these weights."""

    load: int
    graph: Graph
    settings: TrainingSettings
    data: DataFile
    state: TrainerState | None


@dataclass(frozen=True)
class Simple:
    """Start, pause, make one step, train one epoch, reset, or send the whole state to keep while going on."""

    load: int
    what: Literal["start", "pause", "run_step", "run_epoch", "reset", "keep"]


@dataclass(frozen=True)
class ChangeSettings:
    """Take other hyperparameters, while running too."""

    load: int
    settings: TrainingSettings


@dataclass(frozen=True)
class SetEntry:
    """Set one entry of a parameter, ``"W[1]"`` say, rows and columns from 0."""

    load: int
    symbol: str
    row: int
    column: int
    value: float


@dataclass(frozen=True)
class Look:
    """Send the present figures and these probes."""

    load: int
    request: ProbeRequest


@dataclass(frozen=True)
class End:
    """The window is done with the engine."""


Command = Load | Simple | ChangeSettings | SetEntry | Look | End


@dataclass(frozen=True)
class Loaded:
    """A network was taken; ``anew`` names the nodes whose given weights did not fit."""

    load: int
    status: Status
    anew: tuple[str, ...]


@dataclass(frozen=True)
class Rested:
    """Training came to rest; ``state`` is everything needed to go on."""

    load: int
    status: Status
    state: TrainerState


@dataclass(frozen=True)
class Measured:
    """The true figures of the weights training rests on; ``row`` (1 or 0, columns) is the history's last, amended."""

    load: int
    status: Status
    row: Array


@dataclass(frozen=True)
class Kept:
    """The whole state of a training that goes on, to come back to should the engine die."""

    load: int
    state: TrainerState


@dataclass(frozen=True)
class Looked:
    """The answer to a look."""

    load: int
    snapshot: Snapshot


@dataclass(frozen=True)
class Failed:
    """The engine could not do what was asked; ``sentence`` says why."""

    load: int
    sentence: str


@dataclass(frozen=True)
class Died:
    """The engine's process has ended unasked; ``sentence`` says how."""

    sentence: str


Reply = Loaded | Rested | Measured | Kept | Looked | Failed
Event = Loaded | Rested | Measured | Kept | Looked | Failed | Died

"""The whole state of a trainer as plain data, and the copy it comes back to when a step breaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.emit import Array
from engine.history import History


@dataclass(frozen=True)
class TrainerState:
    """Everything needed to go on as if nothing had happened.

    ``arrays`` holds ``parameters/<node.name>``, ``slots/<slot>/<node.name>`` and ``order`` (the shuffled epoch),
    ``meta`` plain values (JSON can carry them), ``history`` rows of :data:`engine.history.COLUMNS`.
    """

    arrays: dict[str, Array]
    meta: dict[str, Any]
    history: Array = field(default_factory=lambda: History().rows())


@dataclass
class Progress:
    """How far a run has come.

    ``updates`` counts the steps since the optimizer's memory was empty, ``position`` those of the present epoch;
    ``loss_sum`` and ``score_sum`` run over the ``seen``
    examples of it.
    """

    epoch: int = 0
    step: int = 0
    updates: int = 0
    position: int = 0
    loss_sum: float = 0.0
    score_sum: float = 0.0
    seen: int = 0

    def begin_epoch(self) -> None:
        """Forget the sums of the last epoch."""
        self.position = self.seen = 0
        self.loss_sum = self.score_sum = 0.0


class LastGood:
    """A copy of vectors and progress taken while all was finite, made again every so many steps."""

    def __init__(self, vectors: dict[str, Array]) -> None:
        self._vectors = vectors
        self._copies = {name: np.empty_like(vector) for name, vector in vectors.items()}
        self.progress = Progress()
        self._random: Any = None

    def save(self, progress: Progress, generator: np.random.Generator | None) -> None:
        """Copy everything; the generator's state too, where steps draw from it."""
        for name, vector in self._vectors.items():
            np.copyto(self._copies[name], vector)
        self.progress = Progress(**vars(progress))
        self._random = generator.bit_generator.state if generator is not None else None

    def restore(self, generator: np.random.Generator) -> Progress:
        """Put everything back in place and return the progress of that moment."""
        for name, vector in self._vectors.items():
            np.copyto(vector, self._copies[name])
        if self._random is not None:
            generator.bit_generator.state = self._random
        return Progress(**vars(self.progress))


def portable(state: Any) -> dict[str, Any]:
    """Return a PCG64 state with its 128-bit integers as hexadecimal text, which JSON can carry."""
    inner = state["state"]
    return {
        "bit_generator": state["bit_generator"],
        "state": hex(inner["state"]),
        "inc": hex(inner["inc"]),
        "has_uint32": int(state["has_uint32"]),
        "uinteger": int(state["uinteger"]),
    }


def from_portable(state: dict[str, Any]) -> dict[str, Any]:
    """Return the PCG64 state that :func:`portable` was given."""
    return {
        "bit_generator": state["bit_generator"],
        "state": {"state": int(state["state"], 16), "inc": int(state["inc"], 16)},
        "has_uint32": state["has_uint32"],
        "uinteger": state["uinteger"],
    }

"""The whole state of a trainer as plain data, and the copy it comes back to when a step breaks."""

from __future__ import annotations

import math
import zlib
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec
import numpy as np

from engine.emit import Array
from engine.graph import Graph
from engine.history import History
from engine.network import Network
from engine.schedules import Plateau
from engine.stopping import Best

PARAMETERS, SLOTS, BEST, ORDER = "parameters/", "slots/", "best/", "order"


@dataclass(frozen=True)
class TrainerState:
    """Everything needed to go on as if nothing had happened.

    ``arrays`` holds ``parameters/<node.name>``, ``slots/<slot>/<node.name>``, ``best/<node.name>`` (with patience) and
    ``order`` (the shuffled epoch), ``meta`` plain values (JSON can carry them), ``history`` rows of
    :data:`engine.history.COLUMNS`.
    """

    arrays: dict[str, Array]
    meta: dict[str, Any]
    history: Array = field(default_factory=lambda: History().rows())


@dataclass
class Progress:
    """How far a run has come.

    ``updates`` counts the steps since the optimizer's memory was empty, ``position`` those of the present epoch;
    ``loss_sum``, ``weight_sum`` (the sum of the class weights), ``score_sum`` (right predictions) and ``missed`` (the
    squared errors of each output) run over the ``seen`` examples of it. They are added step by step, so that they do
    not depend on how many steps were run at a time.
    """

    epoch: int = 0
    step: int = 0
    updates: int = 0
    position: int = 0
    loss_sum: float = 0.0
    weight_sum: float = 0.0
    score_sum: float = 0.0
    seen: int = 0
    missed: tuple[float, ...] = ()

    def begin_epoch(self) -> None:
        """Forget the sums of the last epoch."""
        self.position = self.seen = 0
        self.loss_sum = self.weight_sum = self.score_sum = 0.0
        self.missed = ()


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


def arrays_of(network: Network, slots: dict[str, Array], best: Best, order: Array) -> dict[str, Array]:
    """Return copies of all arrays of a run by their names in a :class:`TrainerState`."""
    arrays = {f"{PARAMETERS}{key}": array.copy() for key, array in network.parameters.items()}
    for name, flat in slots.items():
        arrays |= {f"{SLOTS}{name}/{key}": array.copy() for key, array in network.slices(flat).items()}
    if best.theta is not None:
        arrays |= {f"{BEST}{key}": array.copy() for key, array in network.slices(best.theta).items()}
    arrays[ORDER] = order.copy()
    return arrays


def fingerprint(graph: Graph, rows: list[int]) -> str:
    """Return a short name for what a run computes: the layers and wires of its graph, and the rows of its splits."""
    layers = tuple((node.id, node.layer) for node in graph.nodes)
    return f"{zlib.crc32(msgspec.json.encode((layers, graph.edges, rows))):08x}"


def restore_weights(network: Network, arrays: dict[str, Array], lenient: bool) -> tuple[str, ...]:
    """Set the network's parameters from a state's arrays; return the nodes whose did not fit (``lenient`` only).

    Raises
    ------
    ValueError
        When they do not fit, and ``lenient`` is False; the layer is named.
    """
    weights = {key[len(PARAMETERS) :]: array for key, array in arrays.items() if key.startswith(PARAMETERS)}
    anew: tuple[str, ...] = ()
    if lenient:
        own = network.weights()
        fitting = {key: array for key, array in weights.items() if key in own and own[key].shape == array.shape}
        anew = tuple(dict.fromkeys(key.rpartition(".")[0] for key in own if key not in fitting))
        weights = {**own, **fitting}
    network.set_weights(weights)
    return anew


def restore_flat(network: Network, arrays: dict[str, Array], prefix: str, flat: Array) -> bool:
    """Set a flat vector from the arrays under a prefix, and return whether all of it was there and fitted."""
    whole = True
    for key, view in network.slices(flat).items():
        stored = arrays.get(f"{prefix}{key}")
        if stored is not None and stored.shape == view.shape:
            view[...] = stored
        else:
            whole = False
    return whole


def watched(best: Best, plateau: Plateau) -> dict[str, Any]:
    """Return what patience and schedule remember as plain values; None for a cost not seen yet."""
    return {
        "best_cost": _finite_or_none(best.cost),
        "best_epoch": best.epoch,
        "best_waited": best.waited,
        **{f"plateau_{name}": value for name, value in asdict(plateau).items() if name != "best"},
        "plateau_best": _finite_or_none(plateau.best),
    }


def from_watched(meta: dict[str, Any]) -> tuple[Best, Plateau]:
    """Return what :func:`watched` was given, without the best weights."""
    best = Best(_or_infinite(meta.get("best_cost")), int(meta.get("best_epoch", 0)), int(meta.get("best_waited", 0)))
    factor, waited = float(meta.get("plateau_factor", 1.0)), int(meta.get("plateau_waited", 0))
    return best, Plateau(_or_infinite(meta.get("plateau_best")), waited, factor)


def _finite_or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _or_infinite(value: float | None) -> float:
    return math.inf if value is None else float(value)


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

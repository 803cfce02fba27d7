"""Checkpoints: trained weights as immutable values, named by the hash of their content, and their store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from engine.emit import Array
from engine.shapes import Shapes
from engine.trainer import TrainerState

PARAMETERS = "parameters/"  # the arrays of these names hold the weights, under "<node id>.<parameter>"
SPARE = 8  # checkpoints that nobody names are kept while they are among the newest few


@dataclass(frozen=True)
class Checkpoint:
    """A trainer's whole state with read-only, C-contiguous arrays, and the SHA-256 of its content.

    ``hash`` covers the names, types, shapes and bytes of the arrays, and ``meta``; the history, which only
    tells how the weights came about, is left out.
    """

    state: TrainerState
    hash: str

    @property
    def weights(self) -> dict[str, Array]:
        """The parameter arrays by ``"<node id>.<parameter>"``."""
        return weights_in(self.state.arrays)

    @property
    def nbytes(self) -> int:
        """The memory its arrays take."""
        return sum(array.nbytes for array in self.state.arrays.values()) + self.state.history.nbytes


def checkpoint_of(state: TrainerState) -> Checkpoint:
    """Return a state as a checkpoint; arrays that could still change elsewhere are copied."""
    arrays = {name: _frozen(array) for name, array in sorted(state.arrays.items())}
    frozen = TrainerState(arrays=arrays, meta=state.meta, history=_frozen(state.history))
    digest = hashlib.sha256()
    for name, array in arrays.items():
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(array.data)
    digest.update(json.dumps(state.meta, sort_keys=True, allow_nan=False).encode())
    return Checkpoint(frozen, digest.hexdigest())


def weights_in(arrays: dict[str, Array]) -> dict[str, Array]:
    """Return the parameter arrays among a state's arrays, by ``"<node id>.<parameter>"``."""
    return {name.removeprefix(PARAMETERS): array for name, array in arrays.items() if name.startswith(PARAMETERS)}


def misfits(weights: dict[str, Array], shapes: Shapes) -> tuple[str, ...]:
    """Return the nodes of a graph that have parameters and find none of their shape in ``weights``."""
    return tuple(
        node
        for node in shapes.order
        if any(
            (array := weights.get(f"{node}.{spec.name}")) is None or array.shape != spec.shape
            for spec in shapes.specs.get(node, ())
        )
    )


class CheckpointStore:
    """Checkpoints by hash, bounded: those in use stay, and of the others the newest few.

    Parameters
    ----------
    in_use
        Returns the hashes that must stay: those that the document, its undo stack and its runs name.
    """

    def __init__(self, in_use: Callable[[], Iterable[str]] = tuple) -> None:
        self._in_use = in_use
        self._kept: dict[str, Checkpoint] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._kept))

    def put(self, checkpoint: Checkpoint) -> str:
        """Keep a checkpoint, drop what is neither in use nor new, and return its hash."""
        self._kept.pop(checkpoint.hash, None)
        self._kept[checkpoint.hash] = checkpoint
        self.prune()
        return checkpoint.hash

    def get(self, name: str | None) -> Checkpoint | None:
        """Return the checkpoint of this hash, or None where there is none."""
        return None if name is None else self._kept.get(name)

    def prune(self) -> None:
        """Drop the checkpoints that are neither in use nor among the newest few."""
        used = set(self._in_use())
        spare = [name for name in self._kept if name not in used]
        for name in spare[: max(len(spare) - SPARE, 0)]:
            del self._kept[name]


def _frozen(array: Array) -> Array:
    # safetensors writes transposed, sliced and Fortran-order arrays wrongly: what is kept is C-contiguous.
    frozen = np.ascontiguousarray(array)
    if frozen is array and (array.flags.writeable or array.base is not None):
        frozen = array.copy()
    frozen.flags.writeable = False
    return frozen.reshape(array.shape)

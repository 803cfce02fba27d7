"""Other engines that train the same network on the same data. A new one is a file here and a name in PEERS."""

from __future__ import annotations

from typing import Protocol

from benchmarks.networks import Case
from benchmarks.peers.jax_compiled import Jax
from benchmarks.peers.playground import Playground
from benchmarks.peers.pytorch import PyTorch
from benchmarks.peers.scikit_learn import ScikitLearn
from benchmarks.timing import Repeat


class Peer(Protocol):
    """One other engine."""

    name: str
    how: str  # one line: version and what exactly is run

    def available(self) -> str | None:
        """Return None where it can run here, otherwise the sentence that says what is missing; imports nothing else."""

    def epoch_of(self, case: Case) -> Repeat | None:
        """Return what trains so many epochs, on one thread, returning the last one's mean cost; None if it cannot."""


PEERS: tuple[Peer, ...] = (PyTorch(), PyTorch(fused=True), ScikitLearn(), Jax(), Playground())

"""A run: everything that changes while training but the weights, and how it becomes a state and comes back."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.declared import name_of
from engine.descent import gradient_share
from engine.emit import Array
from engine.network import Network
from engine.schedules import Plateau, ReduceOnPlateau
from engine.settings import TrainingSettings
from engine.stopping import Best
from engine.trainer_state import (
    BEST,
    ORDER,
    SLOTS,
    Progress,
    TrainerState,
    arrays_of,
    from_portable,
    from_watched,
    portable,
    restore_flat,
    watched,
)

SHUFFLING = 1  # the second seed of the order's generator; the network's own has another


class Run:
    """Where a run stands.

    Attributes
    ----------
    at
        How far it has come.
    order, shuffler
        The order of the examples in the present epoch (m,), and the generator that draws the next.
    slots
        The optimizer's vectors by name, (learned_count,) each.
    best, plateau
        What patience and the schedule remember.
    seconds, since
        Seconds of training altogether, and where of them the present run began (a time limit counts from there).
    """

    def __init__(self, network: Network, settings: TrainingSettings, rows: int) -> None:
        self.at = Progress()
        self.order: Array = np.arange(rows)
        self.seed(settings.seed)
        self.empty_slots(network, settings)
        self.best, self.plateau = Best(), Plateau()
        self.seconds = self.since = 0.0
        self.begin_epoch(settings.shuffle)

    def seed(self, seed: int) -> None:
        """Draw orders from a seed, from the first on."""
        self.shuffler = np.random.default_rng([seed, SHUFFLING])

    def empty_slots(self, network: Network, settings: TrainingSettings) -> None:
        """Begin with an optimizer that remembers nothing."""
        self.slots = {name: np.zeros_like(network.learned) for name in settings.optimizer.slots}
        self.at.updates = 0

    def begin_epoch(self, shuffle: bool) -> None:
        """Stand at the first batch of an epoch, in a new order."""
        self.at.begin_epoch()
        if shuffle:
            self.shuffler.shuffle(self.order)

    def change_optimizer(self, network: Network, old: TrainingSettings, new: TrainingSettings) -> None:
        """Take over other settings of the optimizer: one of another kind begins with empty memory."""
        if type(new.optimizer) is not type(old.optimizer):
            self.empty_slots(network, new)
            return
        units, former = self.slot_units(network, new), self.slot_units(network, old)
        for name, flat in self.slots.items():
            if units[name] != former[name]:
                flat *= former[name] / units[name]

    def slot_units(self, network: Network, settings: TrainingSettings) -> dict[str, float]:
        """Return what a stored 1 stands for in each of the optimizer's vectors."""
        return settings.optimizer.slot_units(gradient_share(network, settings, len(self.order)))

    def arrays(self, network: Network) -> dict[str, Array]:
        """Return copies of all arrays, the network's too, as a state names them."""
        return arrays_of(network, self.slots, self.best, self.order)

    def meta(self, network: Network, settings: TrainingSettings) -> dict[str, Any]:
        """Return all else as plain values that JSON can carry."""
        return {
            **vars(self.at),
            "missed": list(self.at.missed),
            "seconds": self.seconds,
            "run_from": self.since,
            "optimizer": name_of(settings.optimizer),
            "slot_units": self.slot_units(network, settings),
            "shuffler": portable(self.shuffler.bit_generator.state),
            "generator": portable(network.generator.bit_generator.state),
            **watched(self.best, self.plateau),
        }

    def restore(self, state: TrainerState, network: Network, settings: TrainingSettings, same_network: bool) -> None:
        """Stand where a state stood; what optimizer, patience and schedule remember comes back in the same network."""
        meta = state.meta
        self.at.epoch, self.at.step = int(meta["epoch"]), int(meta["step"])
        self.seconds, self.since = float(meta["seconds"]), float(meta.get("run_from", 0.0))
        if same_network and meta["optimizer"] == name_of(settings.optimizer):
            self.at.updates = int(meta["updates"])
            stored, units = meta.get("slot_units", {}), self.slot_units(network, settings)
            for name, flat in self.slots.items():
                restore_flat(network, state.arrays, f"{SLOTS}{name}/", flat)
                unit = stored.get(name, settings.optimizer.slot_units(1.0)[name])  # older states do not say
                if unit != units[name]:
                    flat *= unit / units[name]
        best, plateau = from_watched(meta)
        self.best = best if same_network else Best()
        if same_network and isinstance(settings.schedule, ReduceOnPlateau):
            self.plateau = plateau
        theta = np.empty_like(network.theta)
        if settings.patience and same_network and restore_flat(network, state.arrays, BEST, theta):
            self.best.theta = theta
        else:
            self.best = Best()
        self.shuffler.bit_generator.state = from_portable(meta["shuffler"])
        network.generator.bit_generator.state = from_portable(meta["generator"])
        self._restore_place(state, settings)

    def _restore_place(self, state: TrainerState, settings: TrainingSettings) -> None:
        """Stand where the state stood in its epoch; begin a new epoch where the data or the batches differ."""
        meta, order = state.meta, state.arrays.get(ORDER)
        size = min(settings.batch_size, len(self.order))
        position, seen = int(meta["position"]), int(meta["seen"])
        fits = position < -(-len(self.order) // size) and seen == position * size
        ordered = settings.shuffle or (order is not None and np.array_equal(order, self.order))
        if order is None or len(order) != len(self.order) or not fits or not ordered:
            self.begin_epoch(settings.shuffle)
            return
        self.order[...] = order
        self.at.position, self.at.seen = position, seen
        self.at.loss_sum, self.at.score_sum = float(meta["loss_sum"]), float(meta["score_sum"])
        self.at.weight_sum = float(meta.get("weight_sum", seen))
        self.at.missed = tuple(float(value) for value in meta.get("missed", ()))

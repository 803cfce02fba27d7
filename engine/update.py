"""The end of a step: what happens to the gradient, and how the optimizer changes the parameters along it."""

from __future__ import annotations

from engine.descent import emit_clipping, emit_penalties, weights_of
from engine.emit import Arena, Array, Emitter, Operation, Ref
from engine.network import Network
from engine.settings import TrainingSettings

UPDATE_BLOCK = 65_536  # parameters: an optimizer's passes over a block of this size stay in the cache


def compile_update(
    network: Network, settings: TrainingSettings, slots: dict[str, Array], scalars: dict[str, Ref], arena: Arena
) -> tuple[Operation, ...]:
    """Return penalties, clipping, decay, and the optimizer's own passes, block by block.

    Parameters
    ----------
    slots
        The optimizer's vectors by name, (learned_count,) each.
    scalars
        The optimizer's numbers by name, 0-d arrays that are written before a step.
    arena
        Where scratch is taken from; updates that never run at once may share one.
    """
    optimizer, theta = settings.optimizer, network.learned
    emit = Emitter(arena, "training")
    emit.at("", 0, "update")
    weights, gradients = weights_of(network, theta, "W"), weights_of(network, network.gradient, "dW")
    emit_penalties(emit, settings, weights, gradients)
    emit_clipping(emit, settings.clip_norm, Ref("dθ", network.gradient))
    for weight in weights:
        optimizer.emit_decay(emit, weight, scalars)
    for start in range(0, len(theta), UPDATE_BLOCK):
        block = slice(start, start + UPDATE_BLOCK)
        optimizer.emit_update(
            emit,
            Ref("θ", theta[block]),
            Ref("dθ", network.gradient[block]),
            {name: Ref(name, flat[block]) for name, flat in slots.items()},
            scalars,
        )
    return tuple(emit.operations)

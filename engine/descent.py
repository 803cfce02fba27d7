"""What happens to a gradient before the optimizer gets it: penalties on the weights, and clipping by norm."""

from __future__ import annotations

import numpy as np

from engine.emit import Array, Emitter, Ref
from engine.layers import parts
from engine.network import Network
from engine.settings import TrainingSettings

CLIP_EPSILON = 1e-6  # PyTorch's: keeps the division finite where the gradient is zero


def weights_of(network: Network, flat: Array, symbol: str) -> list[Ref]:
    """Return W of every learned layer inside a flat vector (learned_count,), biases and gains left out."""
    found = []
    for key, array in network.slices(flat).items():
        node, _, name = key.rpartition(".")
        weights = parts(name, array).get("W")
        if weights is not None:
            found.append(Ref(f"{symbol}[{network.shapes.levels[node]}]", weights))
    return found


def takes_mean(network: Network, settings: TrainingSettings) -> bool:
    """Whether something between gradient and optimizer asks for the mean itself, instead of the sum over the batch."""
    return bool(settings.l1 or settings.l2 or settings.clip_norm or network.output.class_weights)


def gradient_share(network: Network, settings: TrainingSettings, rows: int) -> float:
    """Return what the gradient that a step hands to the optimizer must be multiplied by to be that of the cost."""
    if takes_mean(network, settings):
        return 1.0
    return network.output.sum_share / min(settings.batch_size, rows)


def penalty(network: Network, settings: TrainingSettings) -> float:
    """Return ½ λ₂ Σ W² + λ₁ Σ |W| over all learned weights, in float64."""
    total = 0.0
    if not (settings.l1 or settings.l2):
        return total
    for weights in weights_of(network, network.learned, "W"):
        wide = weights.array.astype(np.float64)
        total += 0.5 * settings.l2 * float((wide**2).sum()) + settings.l1 * float(np.abs(wide).sum())
    return total


def penalty_slope(network: Network, settings: TrainingSettings) -> dict[str, Array]:
    """Return λ₂ W + λ₁ sign(W) of every learned layer by ``"node.name"``, W in (n_out, n_in)."""
    slopes = {}
    for key, array in network.slices(network.learned).items():
        weights = parts(key.rpartition(".")[2], array).get("W")
        if weights is not None:
            slopes[key] = settings.l2 * weights + settings.l1 * np.sign(weights)
    return slopes


def emit_penalties(emit: Emitter, settings: TrainingSettings, weights: list[Ref], gradients: list[Ref]) -> None:
    """Emit dW := dW + λ₂ W + λ₁ sign(W) for each layer; nothing for penalties of zero."""
    for weight, gradient in zip(weights, gradients, strict=True):
        term = emit.scratch(weight.shape[::-1], "penalty").T  # W lies column by column
        if settings.l2:
            emit.apply(np.multiply, weight, emit.constant(settings.l2), out=term)
            emit.apply(np.add, gradient, term, out=gradient, formula="dW := dW + λ₂ W")
        if settings.l1:
            emit.apply(np.sign, weight, out=term)
            emit.apply(np.multiply, term, emit.constant(settings.l1), out=term)
            emit.apply(np.add, gradient, term, out=gradient, formula="dW := dW + λ₁ sign(W)")


def emit_clipping(emit: Emitter, limit: float, gradient: Ref) -> None:
    """Emit dθ := dθ · min(1, limit / (‖dθ‖ + ε)), Pascanu et al. (2013); nothing for a limit of zero."""
    if not limit:
        return
    scale = Ref("scale", np.zeros((), emit.dtype))
    emit.dot(gradient, gradient, scale)
    emit.apply(np.sqrt, scale, out=scale, formula="‖dθ‖")
    emit.apply(np.add, scale, emit.constant(CLIP_EPSILON), out=scale)
    emit.apply(np.divide, emit.constant(limit), scale, out=scale)
    emit.apply(np.minimum, scale, emit.constant(1.0), out=scale, formula="min(1, limit / ‖dθ‖)")
    emit.apply(np.multiply, gradient, scale, out=gradient, formula="dθ := dθ · min(1, limit / ‖dθ‖)")

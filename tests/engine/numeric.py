"""One numeric gradient check for every test that needs one: central differences in float64."""

from __future__ import annotations

import numpy as np

from engine import Network

STEP = 1e-6


def worst_relative_error(network: Network, X: np.ndarray, Y: np.ndarray) -> float:
    """Return the largest ‖numeric - analytic‖ / (‖analytic‖ + 1e-12) over the parameter arrays."""
    analytic = {key: array.copy() for key, array in network.gradients(X, Y).items()}
    scale = max(float(np.linalg.norm(array)) for array in analytic.values()) + 1e-12
    worst = 0.0
    for key, values in network.parameters.items():
        numeric = np.zeros_like(values)
        for index in np.ndindex(*values.shape):
            kept = values[index]
            values[index] = kept + STEP
            above = network.cost(X, Y)
            values[index] = kept - STEP
            below = network.cost(X, Y)
            values[index] = kept
            numeric[index] = (above - below) / (2 * STEP)
        worst = max(worst, float(np.linalg.norm(numeric - analytic[key])) / scale)
    return worst

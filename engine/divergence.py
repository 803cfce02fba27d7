"""Where a network's numbers stopped being finite, in words."""

from __future__ import annotations

import numpy as np

from engine.network import Network
from engine.program import Program


def first_non_finite(network: Network, program: Program) -> str:
    """Return one sentence that names the first quantity of a step that is not finite, in the order of computation.

    The program's buffers and the network's gradient and parameters are those of the step just run.
    """
    names = {node.id: node.name for node in network.graph.nodes}
    for node_id, ref in program.values.items():
        if not np.isfinite(ref.array).all():
            return f"the activations of {names[node_id]} ({ref.symbol}) were the first to leave the finite numbers."
    if not np.isfinite(program.z).all():
        return "the output before its activation was the first to leave the finite numbers."
    for what, flat in (("gradient", network.gradient), ("weights", network.theta)):
        arrays = list(network.slices(flat).items())
        for key, array in reversed(arrays) if what == "gradient" else arrays:  # gradients come from the output back
            if not np.isfinite(array).all():
                name = names[key.rpartition(".")[0]]
                verb = "was" if what == "gradient" else "were"
                return f"the {what} of {name} {verb} the first to leave the finite numbers."
    return "the cost was the first to leave the finite numbers."

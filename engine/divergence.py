"""When numbers stop being finite: the way back to the last step that was sound, and what broke, in words."""

from __future__ import annotations

import numpy as np

from engine.network import Network
from engine.program import Program
from engine.run import Run
from engine.step import CHECKPOINT_STEPS, StepRunner
from engine.trainer_state import LastGood


class Guard:
    """Keeps the last finite state of a run, and brings the run back before a step that broke.

    The state is copied every so many steps only; the step that broke is found by replaying those since.
    """

    def __init__(self, network: Network, run: Run) -> None:
        self._network, self._run = network, run
        self._good = LastGood({"theta": network.theta, **run.slots})
        # The generator's state need not be copied where no step draws from it.
        random = any(node.layer.family == "regularization" for node in network.graph.nodes)
        self._generator = network.generator if random else None
        self.save()

    def save(self) -> None:
        """Copy the state to come back to, should one of the next steps break."""
        self._good.save(self._run.at, self._generator)

    def steps_until_saving(self) -> int:
        """Return how many steps may be run before the next copy, making one where it is due."""
        since = self._run.at.step - self._good.progress.step
        if since >= CHECKPOINT_STEPS:
            self.save()
            since = 0
        return CHECKPOINT_STEPS - since

    def finite(self) -> bool:
        """Whether costs and parameters are finite; the flat dot product sees any nan or inf in one call."""
        if not np.isfinite(self._run.at.loss_sum):
            return False
        vectors = (self._network.theta, *self._run.slots.values())
        return all(np.isfinite(flat.dot(flat)) or np.isfinite(flat).all() for flat in vectors)

    def stand_before_broken_step(self, steps: StepRunner) -> str:
        """Replay from the last good state to the step that broke, stand before it, and say in words what broke."""
        run, generator = self._run, self._network.generator
        run.at = self._good.restore(generator)
        good = run.at.step
        while self.finite() and run.at.step < good + CHECKPOINT_STEPS:
            steps.run(run.at, 1)
        broken = run.at.step
        where = first_non_finite(self._network, steps.program_of(run.at.position - 1))
        run.at = self._good.restore(generator)
        steps.run(run.at, broken - 1 - good)
        return (
            f"Training diverged at step {broken}: {where} The weights are those after step {broken - 1}. "
            "Try a smaller learning rate, or bring the data to a smaller scale."
        )


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

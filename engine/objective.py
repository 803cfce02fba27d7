"""What gradient descent goes down: the cost of given examples as one batch, penalties included, and its gradient."""

from __future__ import annotations

import numpy as np

from engine.dataset import Dataset
from engine.declared import name_of
from engine.descent import penalty, penalty_slope
from engine.emit import Array
from engine.layers import parts
from engine.network import Network
from engine.program import Program
from engine.settings import TrainingSettings


class Objective:
    """J + ½ λ₂ Σ W² + λ₁ Σ |W| over examples, at whatever parameters the network has.

    BatchNorm takes the mean and the variance of these examples, as in a step over them; Dropout drops nothing. Neither
    running statistics nor the random generator are touched.
    """

    def __init__(self, network: Network, data: Dataset, settings: TrainingSettings) -> None:
        self.network, self.data, self.settings = network, data, settings
        self.program: Program = network.look(data)
        self._activation = name_of(network.output.activation)

    def cost(self) -> float:
        """Return the objective at the present parameters; inf or nan where it has left the finite numbers."""
        program, network = self.program, self.network
        with np.errstate(all="ignore"):
            program.run("forward")
            losses = network.output.loss.losses(self._activation, program.z, program.a, self.data.targets.T)
            return network.mean_loss(losses, self.data.targets) + penalty(network, self.settings)

    def gradient(self) -> Array:
        """Return the gradient of the objective at the present parameters, (learned_count,)."""
        network = self.network
        flat = np.empty_like(network.learned)
        views = network.slices(flat)
        for key, array in network.gradients(self.data.X, self.data.Y).items():
            views[key][...] = array
        for key, slope in penalty_slope(network, self.settings).items():
            parts(key.rpartition(".")[2], views[key])["W"][...] += slope
        return flat

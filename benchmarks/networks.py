"""The networks and data that benchmarks train."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine import Dataset, Dense, Graph, Input, Output, TrainingSettings, chain
from engine.activations import Relu, Sigmoid, Softmax, Tanh
from engine.initializers import HeNormal
from engine.losses import BinaryCrossEntropy, CategoricalCrossEntropy
from engine.optimizers import Adam, Sgd


@dataclass(frozen=True)
class Case:
    """One network, its data, and how it is trained."""

    name: str
    sizes: tuple[int, ...]
    batch: int
    examples: int
    adam: bool = True

    def graph(self) -> Graph:
        n_x, *hidden, n_y = self.sizes
        activation = Relu() if self.adam else Tanh()
        initializer = {"initializer": HeNormal()} if self.adam else {}
        dense = [Dense(units=units, activation=activation, **initializer) for units in hidden]
        last = (
            Output(units=1, activation=Sigmoid(), loss=BinaryCrossEntropy())
            if n_y == 1
            else Output(units=n_y, activation=Softmax(), loss=CategoricalCrossEntropy())
        )
        return chain([Input(features=n_x), *dense, last])

    def settings(self, epochs: int = 1_000_000) -> TrainingSettings:
        optimizer = Adam() if self.adam else Sgd(learning_rate=0.1)
        return TrainingSettings(optimizer=optimizer, batch_size=self.batch, epochs=epochs)

    def arrays(self, seed: int = 0, examples: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return X (m, n_x) and integer classes (m,), float32 and int64."""
        rng = np.random.default_rng(seed)
        m, n_x, n_y = examples or self.examples, self.sizes[0], max(2, self.sizes[-1])
        centers = np.random.default_rng(1).normal(size=(n_y, n_x))
        classes = rng.integers(0, n_y, m)
        return (centers[classes] + rng.normal(size=(m, n_x))).astype(np.float32), classes

    def dataset(self, seed: int = 0, examples: int | None = None) -> Dataset:
        X, classes = self.arrays(seed, examples)
        n_y = self.sizes[-1]
        return Dataset(X, classes[:, None] if n_y == 1 else np.eye(n_y, dtype=np.float32)[classes])


SMALL = Case("2-8-8-1", (2, 8, 8, 1), 10, 500, adam=False)
LARGE = Case("784-512-512-10", (784, 512, 512, 10), 128, 10_000)

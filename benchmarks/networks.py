"""The networks and data that benchmarks train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine import Dataset, Dense, Graph, Input, Network, Output, Trainer, TrainingSettings, chain
from engine.activations import Relu, Sigmoid, Softmax, Tanh
from engine.initializers import HeNormal
from engine.losses import BinaryCrossEntropy, CategoricalCrossEntropy
from engine.optimizers import Adam, Sgd

EPOCHS = 10_000_000  # more than any benchmark trains
SPREAD = 3.0  # distance of a class's center from the middle, in standard deviations: classes overlap, so training lasts
BLOCK = 256  # rows generated at a time: their temporary copies count as training's memory where that is measured


@dataclass(frozen=True)
class Case:
    """One network, its data, and how it is trained."""

    name: str
    sizes: tuple[int, ...]
    batch: int
    examples: int
    adam: bool = True

    @property
    def learning_rate(self) -> float:
        return 0.001 if self.adam else 0.1

    @property
    def parameter_count(self) -> int:
        return sum((n_in + 1) * n_out for n_in, n_out in zip(self.sizes, self.sizes[1:], strict=False))

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

    def settings(self, epochs: int = EPOCHS, record_every: int | None = None) -> TrainingSettings:
        optimizer = Adam() if self.adam else Sgd(learning_rate=self.learning_rate)
        recorded = {} if record_every is None else {"record_every": record_every}
        return TrainingSettings(optimizer=optimizer, batch_size=self.batch, epochs=epochs, **recorded)

    def arrays(self, seed: int = 0, examples: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return X (m, n_x) and integer classes (m,), float32 and int64."""
        extended, classes = self._generate(seed, examples or self.examples)
        return np.ascontiguousarray(extended[:, 1:]), classes.astype(np.int64)

    def dataset(self, seed: int = 0, examples: int | None = None) -> Dataset:
        """Return the same as the engine keeps it, made in place so that no second copy is ever held."""
        extended, classes = self._generate(seed, examples or self.examples)
        n_y = self.sizes[-1]
        targets = np.empty((len(classes), n_y), np.float32)
        if n_y == 1:
            targets[:, 0] = classes
        else:
            for number in range(n_y):
                np.equal(classes, number, out=targets[:, number], casting="unsafe")
        return Dataset.from_extended(extended, targets)

    def _generate(self, seed: int, m: int) -> tuple[np.ndarray, np.ndarray]:
        """Return [1 X] (m, n_x + 1) and classes (m,): each class is a cloud around a center of its own."""
        rng = np.random.default_rng(seed)
        n_x, n_y = self.sizes[0], max(2, self.sizes[-1])
        centers = np.random.default_rng(1).normal(scale=SPREAD / np.sqrt(n_x), size=(n_y, n_x)).astype(np.float32)
        classes = rng.integers(0, n_y, m, np.int16)
        extended = np.empty((m, n_x + 1), np.float32)
        extended[:, 0] = 1.0
        for start in range(0, m, BLOCK):
            rows = slice(start, min(start + BLOCK, m))
            cloud = rng.standard_normal((rows.stop - start, n_x), dtype=np.float32)
            np.add(cloud, centers[classes[rows]], out=extended[rows, 1:])
        return extended, classes


def epochs_of(trainer: Trainer) -> Callable[[int], object]:
    """Return what trains for a number of epochs as the window does: stretch by stretch, with all bookkeeping."""

    def epochs(count: int) -> None:
        target = trainer.epoch + count
        while trainer.epoch < target:
            # A run that diverged or finished would never get there.
            if not trainer.advance(trainer.stretch()):
                raise RuntimeError(f"Training stopped before its time. {trainer.message}")

    return epochs


def trainer_of(case: Case, record_every: int | None = None) -> Trainer:
    """Return a trainer that stands before the first step of a case."""
    return Trainer(Network(case.graph()), case.dataset(), case.settings(record_every=record_every))


SMALL = Case("2-8-8-1", (2, 8, 8, 1), 10, 500, adam=False)
LARGE = Case("784-512-512-10", (784, 512, 512, 10), 128, 10_000)

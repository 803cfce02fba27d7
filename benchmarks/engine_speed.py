"""Milliseconds of one training epoch, bookkeeping included, beside scikit-learn's MLP on the same data."""

from __future__ import annotations

import statistics
import time
import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.networks import LARGE, SMALL, Case
from engine import Network, Trainer
from engine.threads import limit_threads

CASES = (
    SMALL,
    Case("30-64-64-2", (30, 64, 64, 2), 32, 5_000),
    Case("784-128-10", (784, 128, 10), 64, 10_000),
    Case(LARGE.name, LARGE.sizes, 256, 10_000),
)
ROUNDS = 5


def run() -> list[dict[str, object]]:
    limit_threads(1)
    return [_row(case) for case in CASES]


def _row(case: Case) -> dict[str, object]:
    trainer = Trainer(Network(case.graph()), case.dataset(), case.settings())
    X, classes = case.arrays()
    peer = MLPClassifier(
        hidden_layer_sizes=case.sizes[1:-1],
        activation="relu" if case.adam else "tanh",
        solver="adam" if case.adam else "sgd",
        learning_rate_init=0.001 if case.adam else 0.1,
        momentum=0.0,
        alpha=0.0,
        batch_size=case.batch,
    )
    labels = np.unique(classes)
    ours: list[float] = []
    theirs: list[float] = []
    for round_number in range(ROUNDS + 1):  # the first round warms up and is not counted
        started = time.perf_counter()
        trainer.train(until_epoch=trainer.epoch + 1)
        ended = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            peer.partial_fit(X, classes, classes=labels)
        if round_number:
            ours.append(ended - started)
            theirs.append(time.perf_counter() - ended)
    mine, peers = statistics.median(ours), statistics.median(theirs)
    return {
        "network": case.name,
        "batch": case.batch,
        "ours, ms": mine * 1e3,
        "scikit-learn, ms": peers * 1e3,
        "scikit-learn / ours": peers / mine,
        "steps/s": trainer.steps_per_epoch / mine,
    }

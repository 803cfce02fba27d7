"""scikit-learn's MLPClassifier, one epoch a call of partial_fit."""

from __future__ import annotations

import warnings
from importlib.util import find_spec

import numpy as np

from benchmarks.networks import Case
from benchmarks.timing import Repeat


class ScikitLearn:
    """MLPClassifier without penalty or momentum, on float32 data."""

    name = "scikit-learn"

    @property
    def how(self) -> str:
        import sklearn

        return f"{sklearn.__version__}, MLPClassifier.partial_fit, float32"

    def available(self) -> str | None:
        return None if find_spec("sklearn") else "scikit-learn is not installed."

    def epoch_of(self, case: Case) -> Repeat | None:
        from sklearn.neural_network import MLPClassifier

        X, classes = case.arrays()
        model = MLPClassifier(
            hidden_layer_sizes=case.sizes[1:-1],
            activation="relu" if case.adam else "tanh",
            solver="adam" if case.adam else "sgd",
            learning_rate_init=case.learning_rate,
            momentum=0.0,
            alpha=0.0,
            batch_size=case.batch,
            random_state=0,
        )
        labels = np.unique(classes)

        def epochs(count: int) -> float:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for _ in range(count):
                    model.partial_fit(X, classes, classes=labels)
            return float(model.loss_)

        return epochs

"""Peak memory of training beside what the arithmetic needs, and of prediction beyond its inputs and outputs."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import numpy.random  # here, since NumPy itself imports it with its first use only

from benchmarks.memory import peak, present
from benchmarks.networks import LARGE, Case, trainer_of
from benchmarks.report import Goal, Report
from benchmarks.timing import Effort
from engine import Network
from engine.threads import limit_threads

MOST_RATIO = 1.25
MOST_BEYOND = 32.0  # MB that prediction may take beside what it is given and gives, whatever the number of rows
EPOCHS = 2
MEGA = 1e6
ITEM = 4  # bytes of a float32

TRAINED = {case.name: case for case in (replace(LARGE, batch=256), Case("30-64-64-2", (30, 64, 64, 2), 32, 1_000_000))}
PREDICTING = TRAINED["30-64-64-2"]
PREDICTED_ROWS = (100_000, 300_000, 1_000_000)

NOTES = (
    "Grown by: the peak of a process that trains, less what it held after its imports.",
    "Needed: the data once, with the row of ones; parameters, gradient, Adam's two moments; one last good copy of "
    "parameters and moments; of one batch the features, the targets and each layer's activations.",
    "Beyond: what prediction grew by, less its features, which it is given, and its outputs.",
)


def run(effort: Effort) -> Report:
    training = [_training_row(case) for case in TRAINED.values()]
    prediction = [_prediction_row(rows) for rows in (PREDICTED_ROWS[:1] if effort.quick else PREDICTED_ROWS)]
    return Report({"Training": training, "Prediction": prediction}, NOTES)


def needed(case: Case) -> dict[str, int]:
    """Return the bytes that training by Adam needs, by what they are for."""
    n_x, n_y = case.sizes[0], case.sizes[-1]
    parameters = case.parameter_count
    return {
        "data": case.examples * (1 + n_x + n_y) * ITEM,
        "parameters, gradient, moments": 4 * parameters * ITEM,
        "last good copy": 3 * parameters * ITEM,
        "one batch": case.batch * (sum(case.sizes) + n_y) * ITEM,
    }


def _training_row(case: Case) -> dict[str, object]:
    grown = _child("train", case.name)
    parts = needed(case)
    need = sum(parts.values())
    return {
        "network": case.name,
        "m": case.examples,
        **{f"{name}, MB": size / MEGA for name, size in parts.items()},
        "needed, MB": need / MEGA,
        "grown by, MB": grown / MEGA,
        "grown / needed": Goal(grown / need, MOST_RATIO, most=True),
    }


def _prediction_row(rows: int) -> dict[str, object]:
    grown = _child("predict", str(rows))
    given, gives = (rows * n * ITEM for n in (PREDICTING.sizes[0], PREDICTING.sizes[-1]))
    return {
        "network": PREDICTING.name,
        "rows": rows,
        "features, MB": given / MEGA,
        "outputs, MB": gives / MEGA,
        "grown by, MB": grown / MEGA,
        "beyond, MB": Goal((grown - given - gives) / MEGA, MOST_BEYOND, most=True),
    }


def _child(*words: str) -> int:
    """Return the bytes by which the peak of a new process grew."""
    command = [sys.executable, "-m", "benchmarks.engine_memory", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return int(json.loads(done.stdout))


def _train(case: Case) -> None:
    trainer_of(case).train(until_epoch=EPOCHS)


def _predict(rows: int) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, PREDICTING.sizes[0]), dtype=np.float32)
    Network(PREDICTING.graph()).predict(X)


def _grown_by(kind: str, what: str) -> int:
    limit_threads(1)
    before = present()
    if kind == "train":
        _train(TRAINED[what])
    else:
        _predict(int(what))
    return peak() - before


if __name__ == "__main__":
    print(json.dumps(_grown_by(*sys.argv[1:])))

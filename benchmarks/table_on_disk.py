"""Training from a table larger than the memory given to tables: anonymous memory, and steps beside data in memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.memory import AnonymousPeak
from benchmarks.report import Goal, Report
from benchmarks.timing import Effort, side_by_side

ROWS, COLUMNS = 20_000_000, 20
QUICK_ROWS = 200_000
LIMIT, QUICK_LIMIT = 500, 2  # megabytes that tables may take in memory
MOST_ANONYMOUS = 700.0  # megabytes
LEAST_SPEED = 0.8  # of the same data's in memory
HIDDEN, BATCH = 64, 256
STEPS = 1_000  # of one measurement
MEGA = 1e6
ITEM = 4  # bytes of a float32
NOTES = (
    "Anonymous: the most that the process held which is in no file (RssAnon); mapped pages do not count.",
    "Import: file to prepared arrays in mapped files. Training: the trainer made of them, and its first steps.",
    f"Steps: batches of {BATCH} in a random order of all rows, gathered from the mapped file, in the same process and "
    "rounds as from arrays in memory.",
)


def run(effort: Effort) -> Report:
    rows, limit = (QUICK_ROWS, QUICK_LIMIT) if effort.quick else (ROWS, LIMIT)
    # Not in the folder for temporary files, which may be in memory itself.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path("build") / "bench") as folder:
        table = Path(folder).absolute() / "numbers.parquet"
        call = f"from benchmarks.tables import *; write_numbers(Path({str(table)!r}), {rows}, {COLUMNS}, 'FLOAT')"
        subprocess.run([sys.executable, "-c", call], check=True, timeout=3600)
        environment = {**os.environ, "NNSTUDIO_TABLE_MEMORY": str(limit), "NNSTUDIO_STATE_DIR": folder}
        command = [sys.executable, "-m", "benchmarks.table_on_disk", str(table), *(["quick"] if effort.quick else [])]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=3600)
        if done.returncode:
            raise RuntimeError(done.stderr)
        seen = json.loads(done.stdout)
    row = {
        "rows": rows,
        "columns": COLUMNS,
        "float32, MB": rows * COLUMNS * ITEM / MEGA,
        "given, MB": limit,
        "import, s": seen["import"],
        "import, anonymous MB": Goal(seen["import anonymous"] / MEGA, MOST_ANONYMOUS, most=True),
        "training, anonymous MB": Goal(seen["training anonymous"] / MEGA, MOST_ANONYMOUS, most=True),
        "steps/s": STEPS / seen["mapped"],
        "in memory, steps/s": STEPS / seen["in memory"],
        "speed": Goal(seen["in memory"] / seen["mapped"], LEAST_SPEED),
    }
    return Report({"A table on the disk": [row]}, NOTES)


def _measured(path: str, effort: Effort) -> dict[str, float]:
    from engine import Dense, Input, Output, TrainingSettings, chain
    from engine.activations import Identity, Relu
    from engine.losses import MeanSquaredError
    from engine.optimizers import Adam
    from engine.threads import limit_threads
    from nnstudio.data import DataRecipe, TableSource, detect, prepare_anew
    from nnstudio.data.room import LIMIT_VARIABLE
    from nnstudio.document import Document, in_a_row
    from nnstudio.headless import trainer_for

    started = time.perf_counter()
    with AnonymousPeak() as importing:
        _, prepared = prepare_anew(DataRecipe(source=TableSource(path=path), plan=detect(path)))
    seconds = time.perf_counter() - started
    hidden = [Dense(units=HIDDEN, activation=Relu()) for _ in range(2)]
    last = Output(units=1, activation=Identity(), loss=MeanSquaredError())
    graph = chain([Input(features=COLUMNS - 1), *hidden, last])
    settings = TrainingSettings(optimizer=Adam(), batch_size=BATCH, epochs=1_000)
    document = Document(graph=graph, positions=in_a_row(graph), training=settings)
    limit_threads(1)
    with AnonymousPeak() as training:
        trainers: dict[str, Any] = {"mapped": trainer_for(document, prepared)}
        _advance(trainers["mapped"], STEPS)
    os.environ[LIMIT_VARIABLE] = str(2**40)
    trainers["in memory"] = trainer_for(document, prepared)
    works = {
        name: lambda count, trainer=trainer: _advance(trainer, count * STEPS) for name, trainer in trainers.items()
    }
    timings = side_by_side(works, effort)
    return {
        "import": seconds,
        "import anonymous": importing.bytes,
        "training anonymous": training.bytes,
        **{name: timing.seconds for name, timing in timings.items()},
    }


def _advance(trainer: Any, steps: int) -> None:
    while steps:
        done = trainer.advance(steps)
        if not done:
            raise RuntimeError(f"Training stopped before its time. {trainer.message}")
        steps -= done


if __name__ == "__main__":
    print(json.dumps(_measured(sys.argv[1], Effort("quick" in sys.argv[2:]))))

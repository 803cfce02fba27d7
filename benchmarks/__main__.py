"""Run benchmarks: ``python -m benchmarks [--quick] [NAME ...]`` prints tables and writes build/bench/NAME.json."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.machine import FORCED_KERNELS, MOST_OF_OTHERS, Neighbors, machine
from benchmarks.timing import Effort

FOLDER = Path("build") / "bench"
NAMES = (
    "engine_speed",
    "engine_step",
    "engine_scaling",
    "engine_memory",
    "start_up",
    "window_speed",
    "insight_speed",
    "table_import",
    "table_on_disk",
)
WITH_PEERS = ("engine_speed",)
PEERS_PYTHON = "PEERS_PYTHON"  # environment variable: the Python of an environment that has the peers


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, print tables, write JSON.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; all without one")
    parser.add_argument("--quick", action="store_true", help="only show that everything runs; figures mean nothing")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in given.names or NAMES:
        python = os.environ.get(PEERS_PYTHON)
        if python and name in WITH_PEERS:
            _run_elsewhere(python, name, given.quick)
        else:
            _run_here(name, given.quick)
    return 0


def _run_here(name: str, quick: bool) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
    neighbors = Neighbors()
    report = module.run(Effort(quick))
    others = neighbors.cores()
    print("\n".join(report.lines()), flush=True)
    if others is not None and others > MOST_OF_OTHERS:
        print(f"Other programs used {others:.2g} cores meanwhile: these figures are not to be trusted.")
    if FORCED_KERNELS in os.environ:
        print(f"{FORCED_KERNELS}={os.environ[FORCED_KERNELS]} keeps NumPy from its own choice of kernels: unset it.")
    if quick:
        print("A quick run: these figures mean nothing.")
    content = {"machine": machine(), "cores used by others": others, "quick": quick, **report.plain()}
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _run_elsewhere(python: str, name: str, quick: bool) -> None:
    environment = {key: value for key, value in os.environ.items() if key != PEERS_PYTHON}
    command = [python, "-m", "benchmarks", *(["--quick"] if quick else []), name]
    subprocess.run(command, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())

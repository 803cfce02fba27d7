"""Run benchmarks: ``python -m benchmarks [--quick] [NAME ...]`` prints tables and writes build/bench/NAME.json."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.timing import Effort

FOLDER = Path("build") / "bench"
NAMES = (
    "engine_speed",
    "engine_step",
    "engine_scaling",
    "engine_memory",
    "start_up",
    "window_speed",
)
WITH_PEERS = ("engine_speed",)
PEERS_PYTHON = "PEERS_PYTHON"  # environment variable: the Python of an environment that has the peers
BUSY = 0.5  # programs that wanted the processor in the last minute, from which on figures may be wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
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
    machine = _machine()
    report = module.run(Effort(quick))
    print("\n".join(report.lines()), flush=True)
    if machine["busy"]:
        print("Other programs were using the processor when this began: the figures may be wrong.")
    if quick:
        print("A quick run: the figures mean nothing.")
    content = {"machine": machine, "quick": quick, **report.plain()}
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _run_elsewhere(python: str, name: str, quick: bool) -> None:
    environment = {key: value for key, value in os.environ.items() if key != PEERS_PYTHON}
    command = [python, "-m", "benchmarks", *(["--quick"] if quick else []), name]
    subprocess.run(command, env=environment, check=True)


def _machine() -> dict[str, object]:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": load,
        "busy": load > BUSY,
    }


def _processor() -> str:
    """Return the processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    sys.exit(main())

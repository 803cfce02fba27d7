"""Run benchmarks, print their tables, and write build/bench/NAME.json: ``python -m benchmarks [NAME ...]``."""

from __future__ import annotations

import importlib
import json
import platform
import sys
from pathlib import Path

import numpy as np

FOLDER = Path("build") / "bench"
NAMES = ("engine_speed", "start_up", "window_speed")


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    machine = {"python": platform.python_version(), "numpy": np.__version__, "machine": platform.machine()}
    for name in names or NAMES:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"\n{(module.__doc__ or '').splitlines()[0]}")
        rows = module.run()
        print_table(rows)
        (FOLDER / f"{name}.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    return 0


def print_table(rows: list[dict[str, object]]) -> None:
    """Print rows of equal keys as a table."""
    keys = list(rows[0])
    cells = [keys, *([_text(row[key]) for key in keys] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(keys))]
    for line in cells:
        first, *others = [text.rjust(width) for text, width in zip(line, widths, strict=True)]
        print("  ".join([first.strip().ljust(widths[0]), *others]))


def _text(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

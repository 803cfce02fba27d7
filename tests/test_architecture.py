"""The structure that hurried work must not bend: who imports whom, and what the command line never loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENGINE_NEEDS = {"numpy", "msgspec", "threadpoolctl", "engine"}
QT = {"PySide6", "shiboken6", "pyqtgraph", "qtawesome", "qtpy", "superqt", "ui"}


def imported_by(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def files_of(package: str) -> list[Path]:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    return files


def test_layers_import_downwards_only() -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3_000:]
    assert "3 kept, 0 broken" in done.stdout


@pytest.mark.parametrize("path", files_of("engine"), ids=lambda path: str(path.relative_to(ROOT)))
def test_engine_needs_three_libraries_only(path: Path) -> None:
    assert imported_by(path) - sys.stdlib_module_names <= ENGINE_NEEDS


@pytest.mark.parametrize(
    "path", [*files_of("engine"), *files_of("nnstudio")], ids=lambda path: str(path.relative_to(ROOT))
)
def test_only_the_starting_point_knows_the_window(path: Path) -> None:
    allowed = {"ui"} if path == ROOT / "nnstudio" / "__main__.py" else set()
    assert imported_by(path) & QT <= allowed


def test_window_is_imported_lazily() -> None:
    module = ast.parse((ROOT / "nnstudio" / "__main__.py").read_text(encoding="utf-8"))
    at_the_top = [node for node in module.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {node.module for node in at_the_top if isinstance(node, ast.ImportFrom)}
    assert not any(name and name.startswith("ui") for name in names)


def test_command_line_starts_without_qt() -> None:
    program = (
        "import sys; from nnstudio import cli\n"
        "assert cli.main(['--version'], lambda project: 1) == 0\n"
        f"assert not set(sys.modules) & {QT!r}, set(sys.modules) & {QT!r}\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, cwd=ROOT)


def test_engine_works_in_a_ten_line_script() -> None:
    program = (
        "import sys\n"
        "from engine import Dataset, Dense, Input, Network, Output, Trainer, TrainingSettings, chain\n"
        "X = [[0, 0], [0, 1], [1, 0], [1, 1]]\n"
        "network = Network(chain([Input(features=2), Dense(units=8), Output(units=1)]), seed=1)\n"
        "trainer = Trainer(network, Dataset(X, [0, 1, 1, 0]), TrainingSettings(epochs=300))\n"
        "trainer.train()\n"
        "assert network.predict(X).shape == (4, 1)\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'nnstudio', 'duckdb', 'PySide6'}, loaded\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, cwd=ROOT)

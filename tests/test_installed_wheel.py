"""The built wheel, installed outside the checkout: it holds everything the program needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("engine", "nnstudio", "ui", "resources")
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*PIP, *build], check=True, capture_output=True)
    (found,) = folder.glob("nnstudio-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    install = ["install", "--no-deps", "--no-index", "--target", str(target), str(wheel)]
    subprocess.run([*PIP, *install], check=True, capture_output=True)
    return target


def run(installed: Path, folder: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel_holds_every_file_of_the_packages_and_no_other(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *PACKAGES],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in inside} == set(PACKAGES)
    if listed.returncode == 0:
        assert inside == {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def test_installed_program_is_the_wheels_own(installed: Path, tmp_path: Path) -> None:
    program = "import nnstudio, engine, ui, resources; print([m.__file__ for m in (nnstudio, engine, ui, resources)])"
    assert str(ROOT) not in run(installed, tmp_path, "-c", program)


def test_installed_program_trains_samples_predicts_and_checks(installed: Path, tmp_path: Path) -> None:
    arguments = (
        "train",
        "sample:iris",
        "--epochs",
        "80",
        "--learning-rate",
        "0.01",
        "--out",
        "iris.nnstudio",
        "--json",
    )
    results = json.loads(run(installed, tmp_path, "-m", "nnstudio", *arguments).splitlines()[-1])
    assert results["task"] == "multiclass"
    assert results["train_accuracy"] > 0.8
    table = next((installed / "resources" / "samples").glob("iris*.csv"))
    run(installed, tmp_path, "-m", "nnstudio", "predict", "iris.nnstudio", str(table), "--out", "out.csv")
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 151
    assert json.loads(run(installed, tmp_path, "-m", "nnstudio", "check", "iris.nnstudio", "--json"))["passed"]


def test_installed_command_answers(installed: Path, tmp_path: Path) -> None:
    script = next((installed / "bin").glob("nnstudio*"), None) if (installed / "bin").is_dir() else None
    if script is None:
        pytest.skip("pip put no script here on this system")
    assert run(installed, tmp_path, str(script), "--version").startswith("NN Studio ")

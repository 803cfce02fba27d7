"""One virtual screen for all tests of the real window; a missing tool fails them, with the command that installs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from driven_window import DrivenWindow, driven_window
from virtual_screen import Screen, missing_tools, picture, virtual_screen


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.window)


@pytest.fixture(scope="session")
def screen() -> Iterator[Screen]:
    missing = missing_tools()
    if missing:
        pytest.fail(missing)
    with virtual_screen() as made:
        yield made


@pytest.fixture
def person(tmp_path: Path) -> dict[str, str]:
    """The folders of a person who uses the program for the first time."""
    (tmp_path / "tmp").mkdir()
    return {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "NNSTUDIO_STATE_DIR": str(tmp_path / "state"),
        "TMPDIR": str(tmp_path / "tmp"),
    }


@pytest.fixture
def window(screen: Screen, person: dict[str, str], request: pytest.FixtureRequest) -> Iterator[DrivenWindow]:
    """The program's window at its first start; a picture is kept where a test fails and a folder is named for it."""
    with driven_window(screen, environment=person) as driven:
        yield driven
        folder = os.environ.get("NNSTUDIO_PICTURES")
        if folder:
            picture(screen, Path(folder) / f"{request.node.name}.png")


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """No process of the program outlives a test."""
    yield
    left = [
        process for process in psutil.Process().children(recursive=True) if "nnstudio" in " ".join(_command(process))
    ]
    assert not left


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []

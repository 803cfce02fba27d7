"""The comparison with PyTorch: collected only where PyTorch is, which is under `make test-oracle`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

ENGINE_TESTS = Path(__file__).parents[1] / "engine"
sys.path.insert(0, str(ENGINE_TESTS))  # the cases are declared there, for the tests that go without PyTorch
WORST = pytest.StashKey[dict[str, float]]()

collect_ignore_glob = [] if importlib.util.find_spec("torch") else ["test_*.py"]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[WORST] = {}


@pytest.fixture
def note(pytestconfig: pytest.Config):
    """Return a function that keeps the worst difference of a family for the summary."""

    def keep(family: str, differences: dict[str, float]) -> None:
        worst = pytestconfig.stash[WORST]
        worst[family] = max(worst.get(family, 0.0), *differences.values())

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[WORST]:
        terminalreporter.section("worst relative difference from PyTorch")
        for family, value in config.stash[WORST].items():
            terminalreporter.line(f"{family:<42} {value:.1e}")

"""What the documentation says is true: its code runs, its links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import Dense, Input, Network, Output, chain, check_gradients

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = re.compile(r"```python\n(.*?)```", re.S)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page):
    links = re.findall(r"\]\(([\w./-]+\.\w+|[\w./-]+/[\w.-]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", ["README.md", "docs/engine.md"])
def test_the_script_of_a_page_trains_a_network(page, capsys):
    code = next(code for code in CODE.findall((ROOT / page).read_text(encoding="utf-8")) if "Trainer(" in code)
    assert len(code.strip().splitlines()) <= 15
    exec(compile(code, page, "exec"), {})
    cost, score = capsys.readouterr().out.split()[:2]
    assert float(cost) < 0.3
    assert float(score) > 0.9


def imported(path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a Python file as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, path.stem, module)  # its annotations are resolved there
    spec.loader.exec_module(module)
    return module


def test_the_recipe_for_a_layer_is_one_file_whose_gradient_is_right(tmp_path, monkeypatch):
    code = CODE.findall((ROOT / "docs" / "add-a-layer.md").read_text(encoding="utf-8"))[0]
    file = tmp_path / "scale.py"
    file.write_text(code, encoding="utf-8")
    scale = imported(file, monkeypatch).Scale
    graph = chain([Input(features=3), Dense(units=4), scale(start=2.0), Output()])
    network = Network(graph, precision="float64")
    rng = np.random.default_rng(0)
    network.theta += 0.2 * rng.normal(size=network.theta.shape)
    found = check_gradients(network, rng.normal(size=(6, 3)), rng.integers(0, 2, (6, 1)))
    assert found.passed
    assert found.compared == network.parameter_count

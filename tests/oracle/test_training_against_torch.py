"""After 200 steps the engine stands where PyTorch stands: every parameter, every figure of every epoch."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from oracle_cases import CASES, SETTINGS, STEPS, Case, difference, differences, layers, network_of, too_large, trained
from torch_twin import Twin, reference, references

from engine.declared import replace
from engine.layers import Dense
from engine.optimizers import AdamW
from engine.step import UPDATE_BLOCK

TOLERANCE = 1e-9
RECORDED = Path(__file__).parents[1] / "engine" / "recorded_oracle.json"
CLIPPING = [case for case in CASES if case.settings.clip_norm]
CHANGING = [case for case in CASES if case.family == "schedule"]
# More parameters than the optimizers take in one pass; too many to record.
LARGE = Case(
    "large",
    "several blocks of parameters",
    layers(Dense(units=300), Dense(units=240)),
    replace(SETTINGS, optimizer=AdamW(), l1=1e-4, clip_norm=1.0),
)

torch.set_num_threads(1)


def name(case: Case) -> str:
    return case.key


@pytest.fixture(scope="session")
def recorded() -> dict[str, dict[str, list]]:
    """Return the recorded values, written anew first where the environment says RECORD=1."""
    if os.environ.get("RECORD") == "1":
        values = {case: {key: array.tolist() for key, array in arrays.items()} for case, arrays in references().items()}
        lines = ",\n".join(
            f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in values.items()
        )
        RECORDED.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
    return json.loads(RECORDED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", [*CASES, LARGE], ids=name)
def test_every_parameter_is_pytorchs_after_200_steps(case, note):
    found = differences(trained(case).parameters, reference(case).outcome.parameters)
    note(case.family, found)
    assert too_large(found, TOLERANCE) == {}


@pytest.mark.parametrize("case", [*CASES, LARGE], ids=name)
def test_rates_costs_and_outputs_are_pytorchs(case, note):
    one, other = trained(case), reference(case).outcome
    figures = ("rates", "running_costs", "validation_costs", "outputs")
    found = {figure: difference(getattr(one, figure), getattr(other, figure)) for figure in figures}
    note(f"{case.family}, figures", found)
    assert too_large(found, TOLERANCE) == {}


@pytest.mark.parametrize("case", CASES, ids=name)
def test_the_recorded_values_are_up_to_date(case, recorded):
    expected = {key: np.array(values) for key, values in recorded.get(case.key, {}).items()}
    assert expected, "make test-oracle RECORD=1 records this case."
    assert too_large(differences(reference(case).outcome.parameters, expected), TOLERANCE) == {}


@pytest.mark.parametrize("case", CASES, ids=name)
def test_a_case_changes_what_is_learned_and_nothing_that_is_frozen(case):
    before = Twin(case).tensors
    for key, tensor in reference(case).twin.tensors.items():
        frozen = case.graph.node(key.rpartition(".")[0]).layer.is_frozen
        assert torch.equal(tensor, before[key]) == frozen, key


@pytest.mark.parametrize("case", CLIPPING, ids=name)
def test_a_case_of_clipping_clips_some_steps_and_not_others(case):
    clipped = reference(case).clipped
    assert len(clipped) == STEPS
    assert STEPS // 10 < sum(clipped) < STEPS - STEPS // 10


@pytest.mark.parametrize("case", CHANGING, ids=name)
def test_a_case_of_a_schedule_changes_the_rate_at_least_twice(case):
    assert len(set(reference(case).outcome.rates)) > 2


def test_the_large_case_has_more_than_one_block_of_parameters():
    assert network_of(LARGE).learned_count > UPDATE_BLOCK

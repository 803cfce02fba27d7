"""The engine ends where PyTorch ended when `make test-oracle RECORD=1` last recorded it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from oracle_cases import CASES, Case, differences, too_large, trained

from engine.declared import name_of
from engine.layers import LAYERS
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES

RECORDED = json.loads((Path(__file__).with_name("recorded_oracle.json")).read_text(encoding="utf-8"))
TOLERANCE = 1e-9


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_200_steps_end_where_pytorch_was_recorded_to_end(case: Case):
    expected = {key: np.array(values) for key, values in RECORDED[case.key].items()}
    assert too_large(differences(trained(case).parameters, expected), TOLERANCE) == {}


def test_nothing_is_recorded_that_is_not_run():
    assert RECORDED.keys() == {case.key for case in CASES}


def test_every_layer_optimizer_and_schedule_is_in_a_case():
    used = {name_of(node.layer) for case in CASES for node in case.graph.nodes}
    used |= {name_of(kind) for case in CASES for kind in (case.settings.optimizer, case.settings.schedule)}
    assert {*LAYERS, *OPTIMIZERS, *SCHEDULES} - used == set()

"""At one point: every layer's values and every gradient, and each activation with its derivative, are PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from oracle_cases import (
    CASES,
    Case,
    data_of,
    difference,
    differences,
    layers,
    network_of,
    parts_of,
    too_large,
    validation_of,
)
from torch_twin import ACTIVATIONS, LOSSES, MODULES, OPTIMIZERS, SCHEDULES, Twin, as_engine_holds, tensors_of

from engine import activations, losses, optimizers, schedules
from engine.activations import Elu, LeakyRelu
from engine.declared import name_of
from engine.layers import LAYERS, Dense, Dropout

TOLERANCE = 1e-12
GRADIENT_TOLERANCE = 1e-11
POINTS = np.linspace(-6.0, 6.0, 97) + 0.013  # none at 0, where ReLU's slope is 1 here and 0 in PyTorch
KINDS = [*(kind() for kind in activations.ACTIVATIONS.values()), Elu(alpha=0.6), LeakyRelu(slope=0.2)]
WITHOUT_MODULE = {"input", "activation", "add", "concatenate"}


def name(case: Case) -> str:
    return case.key


@pytest.mark.parametrize("activation", KINDS, ids=str)
def test_an_activation_and_its_derivative_are_pytorchs(activation, note):
    # Examples are the engine's columns and PyTorch's rows.
    points = np.outer(POINTS, [0.3, 1.0, -0.4] if activation.output_only else [1.0])
    z = torch.tensor(points, requires_grad=True)
    a = ACTIVATIONS[name_of(activation)](activation, z)
    slopes = [torch.autograd.grad(a[:, k].sum(), z, retain_graph=True)[0][:, k] for k in range(a.shape[1])]
    found = {
        "value": difference(activation.value(points.T).T, a.detach()),
        "derivative": difference(activation.derivative(points.T).T, torch.stack(slopes, dim=1)),
    }
    note("activation at a point", found)
    assert too_large(found, TOLERANCE) == {}


@pytest.mark.parametrize("case", CASES, ids=name)
def test_every_layers_values_are_pytorchs_before_the_first_step(case, note):
    data, network, twin = data_of(case), network_of(case), Twin(case)
    values = {key: ref.array.T.copy() for key, ref in network.look(data).values.items()}
    with torch.no_grad():
        expected = {key: tensor.numpy() for key, tensor in twin.train()(tensors_of(data)[0])[0].items()}
    found = differences(values, expected)
    note("values before the first step", found)
    assert too_large(found, TOLERANCE) == {}


@pytest.mark.parametrize("case", CASES, ids=name)
def test_cost_and_every_gradient_are_pytorchs_before_the_first_step(case, note):
    data, network, twin = data_of(case), network_of(case), Twin(case)
    gradients = parts_of(network, network.gradients(data.X, data.Y))
    cost, _ = twin.train().cost(*tensors_of(data))
    cost.backward()
    expected = as_engine_holds({key: tensor.grad for key, tensor in twin.parts().items() if tensor.requires_grad})
    found = differences(gradients, expected)
    note("gradients before the first step", found)
    assert too_large(found, GRADIENT_TOLERANCE) == {}


@pytest.mark.parametrize(
    "case", [*CASES, Case("graph", "dropout", layers(Dense(units=5), Dropout(rate=0.5)))], ids=name
)
def test_cost_and_outputs_outside_training_are_pytorchs_before_the_first_step(case, note):
    data, network, twin = validation_of(case), network_of(case), Twin(case).eval()
    with torch.no_grad():
        outputs = twin(tensors_of(data)[0])[0][twin.order[-1]]
        cost = twin.cost(*tensors_of(data))[0].item()
    found = {
        "outputs": difference(network.predict(data.X), outputs),
        "cost": difference(network.cost(data.X, data.Y), cost),
    }
    note("outside training", found)
    assert too_large(found, TOLERANCE) == {}


@pytest.mark.parametrize(
    ("own", "twins"),
    [
        (activations.ACTIVATIONS, ACTIVATIONS),
        (losses.LOSSES, {*LOSSES, "categorical_cross_entropy"}),
        (optimizers.OPTIMIZERS, OPTIMIZERS),
        (schedules.SCHEDULES, SCHEDULES),
        (LAYERS, {*MODULES, *WITHOUT_MODULE}),
    ],
    ids=["activations", "losses", "optimizers", "schedules", "layers"],
)
def test_whatever_the_engine_offers_has_a_twin(own, twins):
    assert set(own) == set(twins)

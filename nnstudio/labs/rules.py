"""Activations and losses for the three ways of :mod:`nnstudio.labs.three_ways`: of plain numbers, and of arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.activations import Activation, LeakyRelu
from engine.declared import name_of, title_of
from engine.graph import Graph
from engine.layers import Dense, Input, Output
from engine.losses import FUSED, Huber, Loss
from engine.shapes import infer_shapes
from nnstudio.labs.three_ways import Rules

KNOWN = ("sigmoid", "tanh", "relu", "leaky_relu", "identity", "softmax")


def layers_of(graph: Graph) -> list[Dense | Output]:
    """Return the Dense layers and the Output of a chain, in order.

    Raises
    ------
    ValueError
        When the network is no chain of Input, Dense and Output, or has what the three ways do not know; it is named.
    """
    layers: list[Dense | Output] = []
    for node_id in infer_shapes(graph).order:
        node = graph.node(node_id)
        if len(graph.outgoing(node_id)) > 1 or len(graph.incoming(node_id)) > 1:
            raise ValueError(f"This lab knows chains only, and {node.name} joins or parts the way.")
        if isinstance(node.layer, Input):
            continue
        if not isinstance(node.layer, (Dense, Output)):
            raise ValueError(
                f"This lab knows Dense layers and the Output only, and {node.name} is of the kind {node.layer.title}."
            )
        if name_of(node.layer.activation) not in KNOWN:
            raise ValueError(
                f"This lab does not know {title_of(node.layer.activation)}, the activation of {node.name}: choose "
                "sigmoid, tanh, ReLU, leaky ReLU or identity."
            )
        if node.layer.frozen:
            raise ValueError(f"This lab trains every layer, and {node.name} is frozen.")
        if isinstance(node.layer, Output) and node.layer.class_weights:
            raise ValueError(f"This lab counts every class the same, and {node.name} has class weights.")
        layers.append(node.layer)
    return layers


def rules_for_lists(layers: list[Dense | Output]) -> Rules:
    """Return the rules of plain Python: g of a list of z, slopes of one z."""
    return _rules(layers, _g_of_list, _slope_of_number, _output_dz_of_lists)


def rules_for_arrays(layers: list[Dense | Output]) -> Rules:
    """Return the rules of arrays whose columns are examples."""
    return _rules(layers, _g_of_array, _slope_of_array, _output_dz_of_arrays)


def _rules(
    layers: list[Dense | Output],
    g_of: Callable[[Activation], Callable[[Any], Any]],
    slope_of: Callable[[Activation], Callable[[Any], Any]],
    output_dz_of: Callable[[Activation, Loss], Callable[[Any, Any, Any], Any]],
) -> Rules:
    output = layers[-1]
    assert isinstance(output, Output)
    activations = [layers[0].activation, *(layer.activation for layer in layers)]  # index 0 is not used
    slopes = [slope_of(activation) for activation in activations[:-1]]
    return Rules([g_of(activation) for activation in activations], slopes, output_dz_of(output.activation, output.loss))


# -- plain numbers ----------------------------------------------------------------------------------------------------


def _sigmoid(z: float) -> float:
    return 0.5 * math.tanh(0.5 * z) + 0.5  # which cannot overflow


def _softmax(z: list[float]) -> list[float]:
    highest = max(z)
    powers = [math.exp(value - highest) for value in z]
    total = sum(powers)
    return [power / total for power in powers]


def _g_of_list(activation: Activation) -> Callable[[list[float]], list[float]]:
    name = name_of(activation)
    if name == "softmax":
        return _softmax
    below = activation.slope if isinstance(activation, LeakyRelu) else 0.0
    g: Callable[[float], float] = {
        "sigmoid": _sigmoid,
        "tanh": math.tanh,
        "relu": lambda z: max(0.0, z),
        "leaky_relu": lambda z: z if z >= 0.0 else below * z,
        "identity": lambda z: z,
    }[name]
    return lambda z: [g(value) for value in z]


def _slope_of_number(activation: Activation) -> Callable[[float], float]:
    below = activation.slope if isinstance(activation, LeakyRelu) else 0.0
    slopes: dict[str, Callable[[float], float]] = {
        "sigmoid": lambda z: _sigmoid(z) * (1.0 - _sigmoid(z)),
        "tanh": lambda z: 1.0 - math.tanh(z) ** 2,
        "relu": lambda z: 1.0 if z >= 0.0 else 0.0,
        "leaky_relu": lambda z: 1.0 if z >= 0.0 else below,
        "identity": lambda z: 1.0,
    }
    return slopes[name_of(activation)]


def _output_dz_of_lists(
    activation: Activation, loss: Loss
) -> Callable[[list[float], list[float], list[float]], list[float]]:
    if FUSED.get(name_of(loss)) == name_of(activation):
        return lambda z, a, y: [a_k - y_k for a_k, y_k in zip(a, y, strict=True)]
    slope = _slope_of_number(activation)
    delta = loss.delta if isinstance(loss, Huber) else math.inf
    da: Callable[[float, float], float] = {
        "mean_squared_error": lambda a, y: a - y,
        "mean_absolute_error": lambda a, y: float((a > y) - (a < y)),
        "huber": lambda a, y: max(-delta, min(a - y, delta)),
        "hinge": lambda a, y: -(2.0 * y - 1.0) if 1.0 - (2.0 * y - 1.0) * a > 0.0 else 0.0,
    }[name_of(loss)]
    return lambda z, a, y: [da(a_k, y_k) * slope(z_k) for z_k, a_k, y_k in zip(z, a, y, strict=True)]


# -- arrays -----------------------------------------------------------------------------------------------------------


def _g_of_array(activation: Activation) -> Callable[[Any], Any]:
    below = activation.slope if isinstance(activation, LeakyRelu) else 0.0

    def softmax(Z: Any) -> Any:
        powers = np.exp(Z - Z.max(axis=0, keepdims=True))
        return powers / powers.sum(axis=0, keepdims=True)

    functions: dict[str, Callable[[Any], Any]] = {
        "sigmoid": lambda Z: 0.5 * np.tanh(0.5 * Z) + 0.5,
        "tanh": np.tanh,
        "relu": lambda Z: np.maximum(0.0, Z),
        "leaky_relu": lambda Z: np.where(Z >= 0.0, Z, below * Z),
        "identity": lambda Z: Z,
        "softmax": softmax,
    }
    return functions[name_of(activation)]


def _slope_of_array(activation: Activation) -> Callable[[Any], Any]:
    below = activation.slope if isinstance(activation, LeakyRelu) else 0.0
    g = _g_of_array(activation)
    slopes: dict[str, Callable[[Any], Any]] = {
        "sigmoid": lambda Z: g(Z) * (1.0 - g(Z)),
        "tanh": lambda Z: 1.0 - np.tanh(Z) ** 2,
        "relu": lambda Z: np.where(Z >= 0.0, 1.0, 0.0),
        "leaky_relu": lambda Z: np.where(Z >= 0.0, 1.0, below),
        "identity": lambda Z: np.ones_like(Z),
    }
    return slopes[name_of(activation)]


def _output_dz_of_arrays(activation: Activation, loss: Loss) -> Callable[[Any, Any, Any], Any]:
    if FUSED.get(name_of(loss)) == name_of(activation):
        return lambda Z, A, Y: A - Y
    slope = _slope_of_array(activation)
    delta = loss.delta if isinstance(loss, Huber) else math.inf
    dA: Callable[[Any, Any], Any] = {
        "mean_squared_error": lambda A, Y: A - Y,
        "mean_absolute_error": lambda A, Y: np.sign(A - Y),
        "huber": lambda A, Y: np.clip(A - Y, -delta, delta),
        "hinge": lambda A, Y: np.where(1.0 - (2.0 * Y - 1.0) * A > 0.0, 1.0 - 2.0 * Y, 0.0),
    }[name_of(loss)]
    return lambda Z, A, Y: dA(A, Y) * slope(Z)

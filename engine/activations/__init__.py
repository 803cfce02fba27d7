r"""Activation functions: :math:`g`, its derivative :math:`g'`, both formulas, and the NumPy calls that compute them.

To add one: write a class in a file here and name it in :data:`ACTIVATIONS`. ``value`` and ``derivative`` are the
mathematics for any array; ``emit_forward`` and ``emit_backward`` are the same as program operations, and are tested
against them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from engine.activations.base import FEW_VALUES, Activation, emit_slope_product, emit_step
from engine.activations.piecewise import Elu, Identity, LeakyRelu, Relu, Selu
from engine.activations.saturating import Sigmoid, Softmax, Tanh
from engine.activations.smooth import Gelu, Silu, Softplus
from engine.declared import registry

ACTIVATIONS: dict[str, type[Activation]] = registry(
    Identity, Sigmoid, Tanh, Relu, LeakyRelu, Elu, Selu, Gelu, Softplus, Silu, Softmax
)

if TYPE_CHECKING:
    AnyActivation = Activation
else:
    AnyActivation = Union[tuple(ACTIVATIONS.values())]  # noqa: UP007 - built from the registry

__all__ = [
    "ACTIVATIONS",
    "FEW_VALUES",
    "Activation",
    "AnyActivation",
    "Elu",
    "Gelu",
    "Identity",
    "LeakyRelu",
    "Relu",
    "Selu",
    "Sigmoid",
    "Silu",
    "Softmax",
    "Softplus",
    "Tanh",
    "emit_slope_product",
    "emit_step",
]

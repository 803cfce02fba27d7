"""The layers, one a file, and the registry from which palette, form, file format and tests are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from engine.declared import registry
from engine.layers.activation import ActivationLayer
from engine.layers.add import Add
from engine.layers.base import Build, Family, Layer, ParameterSpec, parts
from engine.layers.batch_norm import BatchNorm
from engine.layers.concatenate import Concatenate
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout
from engine.layers.input import Input
from engine.layers.layer_norm import LayerNorm
from engine.layers.notation import Line, Notation
from engine.layers.output import Output

LAYERS: dict[str, type[Layer]] = registry(
    Input, Dense, ActivationLayer, BatchNorm, LayerNorm, Dropout, Add, Concatenate, Output
)

if TYPE_CHECKING:
    AnyLayer = Layer
else:
    AnyLayer = Union[tuple(LAYERS.values())]  # noqa: UP007 - built from the registry

__all__ = [
    "ActivationLayer",
    "Add",
    "AnyLayer",
    "BatchNorm",
    "Build",
    "Concatenate",
    "Dense",
    "Dropout",
    "Family",
    "Input",
    "LAYERS",
    "Layer",
    "LayerNorm",
    "Line",
    "Notation",
    "Output",
    "ParameterSpec",
    "parts",
]

"""Initializers of weights: how W of shape (n_out, n_in) is drawn before the first step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Union

import msgspec
import numpy as np

from engine.declared import Declared, registry
from engine.emit import Array


class Initializer(Declared, frozen=True):
    """A rule for the first values of a weight matrix."""

    title: ClassVar[str]
    formula: ClassVar[str]

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return weights of shape (n_out, n_in), float64.

        Parameters
        ----------
        n_out, n_in
            Units of this layer and of what it reads.
        generator
            Source of randomness; the same state gives the same weights.
        """
        raise NotImplementedError


class Zeros(Initializer, frozen=True, tag="zeros"):
    """All weights zero: every unit of a layer then stays the same as its neighbours."""

    title: ClassVar[str] = "zeros"
    formula: ClassVar[str] = "W = 0"

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return zeros of shape (n_out, n_in)."""
        return np.zeros((n_out, n_in))


class Normal(Initializer, frozen=True, tag="normal"):
    """Independent normal weights with mean 0 and a standard deviation of your choice."""

    title: ClassVar[str] = "normal"
    formula: ClassVar[str] = "W ~ N(0, scale²)"

    scale: Annotated[
        float,
        msgspec.Meta(ge=0.0, le=1e3, title="Scale", description="Standard deviation of the weights."),
    ] = 0.01

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return N(0, scale²) of shape (n_out, n_in)."""
        return generator.standard_normal((n_out, n_in)) * self.scale


class XavierNormal(Initializer, frozen=True, tag="xavier_normal"):
    """Glorot and Bengio (2010): variance 2 / (n_in + n_out), made for tanh and sigmoid."""

    title: ClassVar[str] = "Xavier normal"
    formula: ClassVar[str] = "W ~ N(0, 2 / (n_in + n_out))"

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return N(0, 2 / (n_in + n_out)) of shape (n_out, n_in)."""
        return np.asarray(generator.standard_normal((n_out, n_in)) * np.sqrt(2.0 / (n_in + n_out)))


class HeNormal(Initializer, frozen=True, tag="he_normal"):
    """He et al. (2015): variance 2 / n_in, made for ReLU and its relatives."""

    title: ClassVar[str] = "He normal"
    formula: ClassVar[str] = "W ~ N(0, 2 / n_in)"

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return N(0, 2 / n_in) of shape (n_out, n_in)."""
        return np.asarray(generator.standard_normal((n_out, n_in)) * np.sqrt(2.0 / n_in))


INITIALIZERS: dict[str, type[Initializer]] = registry(Zeros, Normal, XavierNormal, HeNormal)

if TYPE_CHECKING:
    AnyInitializer = Initializer
else:
    AnyInitializer = Union[tuple(INITIALIZERS.values())]  # noqa: UP007 - built from the registry

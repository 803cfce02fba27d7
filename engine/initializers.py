"""Initializers: how W of shape (n_out, n_in), and b of shape (n_out, 1), are drawn before the first step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Union

import msgspec
import numpy as np

from engine.declared import Declared, registry
from engine.emit import Array

MOST_SIZE = 1e3  # of a first value, a standard deviation or a gain


class Initializer(Declared, frozen=True):
    """A rule for the first values of a weight matrix, or of a bias as a matrix of one column.

    To add one: write a class here and name it in :data:`INITIALIZERS`, and in :data:`BIAS_INITIALIZERS` where it does
    not depend on n_in and n_out.
    """

    title: ClassVar[str]
    formula: ClassVar[str]

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return weights of shape (n_out, n_in), float64; for a bias n_in is 1.

        Parameters
        ----------
        n_out, n_in
            Units of this layer and of what it reads.
        generator
            Source of randomness; the same state gives the same weights.
        """
        raise NotImplementedError


class Zeros(Initializer, frozen=True, tag="zeros"):
    """All values zero: with W = 0 every unit of a layer stays the same as its neighbors."""

    title: ClassVar[str] = "zeros"
    formula: ClassVar[str] = "W = 0"

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return zeros of shape (n_out, n_in)."""
        return np.zeros((n_out, n_in))


class Ones(Initializer, frozen=True, tag="ones"):
    """All values one: like zeros, this leaves the units of a layer all the same."""

    title: ClassVar[str] = "ones"
    formula: ClassVar[str] = "W = 1"

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return ones of shape (n_out, n_in)."""
        return np.ones((n_out, n_in))


class Constant(Initializer, frozen=True, tag="constant"):
    """All values one number of your choice."""

    title: ClassVar[str] = "constant"
    formula: ClassVar[str] = "W = value"

    value: Annotated[
        float,
        msgspec.Meta(ge=-MOST_SIZE, le=MOST_SIZE, title="Value", description="Every value to begin with."),
    ] = 0.1

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return the value in shape (n_out, n_in)."""
        return np.full((n_out, n_in), self.value)


class Uniform(Initializer, frozen=True, tag="uniform"):
    """Independent values, all equally likely between -limit and limit; their variance is limit² / 3."""

    title: ClassVar[str] = "uniform"
    formula: ClassVar[str] = "W ~ U(−limit, limit)"

    limit: Annotated[
        float,
        msgspec.Meta(ge=0.0, le=MOST_SIZE, title="Limit", description="Values lie between −limit and limit."),
    ] = 0.05

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return U(-limit, limit) of shape (n_out, n_in)."""
        return generator.uniform(-self.limit, self.limit, (n_out, n_in))


class Normal(Initializer, frozen=True, tag="normal"):
    """Independent normal values with mean 0 and a standard deviation of your choice."""

    title: ClassVar[str] = "normal"
    formula: ClassVar[str] = "W ~ N(0, scale²)"

    scale: Annotated[
        float,
        msgspec.Meta(ge=0.0, le=MOST_SIZE, title="Scale", description="Standard deviation of the values."),
    ] = 0.01

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return N(0, scale²) of shape (n_out, n_in)."""
        return generator.standard_normal((n_out, n_in)) * self.scale


class XavierUniform(Initializer, frozen=True, tag="xavier_uniform"):
    """Glorot and Bengio (2010), equation 16: U(-r, r), r = √(6 / (n_in + n_out)), so variance 2 / (n_in + n_out)."""

    title: ClassVar[str] = "Xavier uniform"
    formula: ClassVar[str] = "W ~ U(−r, r), r = √(6 / (n_in + n_out))"

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return U(-r, r) of shape (n_out, n_in)."""
        limit = np.sqrt(6.0 / (n_in + n_out))
        return generator.uniform(-limit, limit, (n_out, n_in))


class XavierNormal(Initializer, frozen=True, tag="xavier_normal"):
    """Glorot and Bengio (2010): variance 2 / (n_in + n_out), made for tanh and sigmoid."""

    title: ClassVar[str] = "Xavier normal"
    formula: ClassVar[str] = "W ~ N(0, 2 / (n_in + n_out))"

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return N(0, 2 / (n_in + n_out)) of shape (n_out, n_in)."""
        return np.asarray(generator.standard_normal((n_out, n_in)) * np.sqrt(2.0 / (n_in + n_out)))


class HeUniform(Initializer, frozen=True, tag="he_uniform"):
    """He et al. (2015) drawn uniformly: U(-r, r), r = √(6 / n_in), so variance 2 / n_in."""

    title: ClassVar[str] = "He uniform"
    formula: ClassVar[str] = "W ~ U(−r, r), r = √(6 / n_in)"

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return U(-r, r) of shape (n_out, n_in)."""
        limit = np.sqrt(6.0 / n_in)
        return generator.uniform(-limit, limit, (n_out, n_in))


class HeNormal(Initializer, frozen=True, tag="he_normal"):
    """He et al. (2015): variance 2 / n_in, made for ReLU and its relatives."""

    title: ClassVar[str] = "He normal"
    formula: ClassVar[str] = "W ~ N(0, 2 / n_in)"

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return N(0, 2 / n_in) of shape (n_out, n_in)."""
        return np.asarray(generator.standard_normal((n_out, n_in)) * np.sqrt(2.0 / n_in))


class LecunNormal(Initializer, frozen=True, tag="lecun_normal"):
    """LeCun et al. (1998), equation 16: variance 1 / n_in; what SELU was made with."""

    title: ClassVar[str] = "LeCun normal"
    formula: ClassVar[str] = "W ~ N(0, 1 / n_in)"

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return N(0, 1 / n_in) of shape (n_out, n_in)."""
        return np.asarray(generator.standard_normal((n_out, n_in)) * np.sqrt(1.0 / n_in))


class Orthogonal(Initializer, frozen=True, tag="orthogonal"):
    """Saxe, McClelland and Ganguli (2014): W Wᵀ = gain² I, or Wᵀ W = gain² I where n_out > n_in.

    W is gain times Q of the factorization Q R of a normal matrix (Wᵀ = gain Q where n_out < n_in). Each column of Q
    takes the sign of its entry on the diagonal of R: without that Q would not be uniform among the orthogonal matrices
    (Mezzadri 2007).
    """

    title: ClassVar[str] = "orthogonal"
    formula: ClassVar[str] = "W Wᵀ = gain² I"

    gain: Annotated[
        float,
        msgspec.Meta(ge=0.0, le=MOST_SIZE, title="Gain", description="Every singular value of W."),
    ] = 1.0

    def draw(self, n_out: int, n_in: int, generator: np.random.Generator) -> Array:
        """Return gain times a matrix (n_out, n_in) with orthonormal rows, or columns where n_out > n_in."""
        longer, shorter = max(n_out, n_in), min(n_out, n_in)
        q, r = np.linalg.qr(generator.standard_normal((longer, shorter)))
        q *= np.where(np.diag(r) < 0.0, -self.gain, self.gain)
        return q if n_out >= n_in else q.T


INITIALIZERS: dict[str, type[Initializer]] = registry(
    Zeros,
    Ones,
    Constant,
    Uniform,
    Normal,
    XavierUniform,
    XavierNormal,
    HeUniform,
    HeNormal,
    LecunNormal,
    Orthogonal,
)
BIAS_INITIALIZERS: dict[str, type[Initializer]] = registry(Zeros, Ones, Constant, Uniform, Normal)

if TYPE_CHECKING:
    AnyInitializer = Initializer
    AnyBiasInitializer = Initializer
else:
    AnyInitializer = Union[tuple(INITIALIZERS.values())]  # noqa: UP007 - built from the registry
    AnyBiasInitializer = Union[tuple(BIAS_INITIALIZERS.values())]  # noqa: UP007

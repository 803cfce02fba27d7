"""Frozen records that training sends out: status, histograms, grids, and what may be asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from engine.emit import Array
from engine.ledger import Ledger, LedgerRequest, Window
from engine.plane import PlaneRequest
from engine.plane_look import Plane
from engine.units import Units
from engine.walk import Walk

State = Literal["empty", "ready", "training", "paused", "finished", "diverged", "failed"]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What training is doing, in figures and in one sentence.

    ``epoch`` counts finished epochs, ``step`` parameter updates; ``steps_per_second`` is measured over the last half
    second of training, 0 at rest. ``running_cost`` and ``running_score`` are the means of the last epoch's examples as
    they were seen, while the weights changed. ``training_cost`` and ``training_score`` are true values over the whole
    training split when they were last computed: at rest (``measured``), and every few epochs. Validation's are true
    values too. Figures are nan where not known yet; ``learning_rate`` is that of the next step.
    """

    state: State = "empty"
    message: str = ""
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    measured: bool = False
    running_cost: float = float("nan")
    training_cost: float = float("nan")
    validation_cost: float = float("nan")
    running_score: float = float("nan")
    training_score: float = float("nan")
    validation_score: float = float("nan")
    steps_per_second: float = 0.0
    learning_rate: float = 0.0


class ProbeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the visible panels want to see; everything is off unless asked for.

    ``boundary`` names two feature indices, ``detail`` the node whose matrices are wanted, ``walk`` the rows of the
    training split over which every operation is walked through, ``z`` what every activation is applied to, ``worst``
    how many of the training examples with the largest losses are told, ``ledgers`` the rows over which every quantity
    is told, with the blocks of them whose values are wanted, ``plane`` the plane in which the cost and the path of the
    parameters are seen, ``units`` the node whose units are told one by one, and ``unit`` which of a large layer, with
    its neighbors.
    """

    weights: bool = False
    activations: bool = False
    gradients: bool = False
    thumbnails: bool = False
    metrics: bool = False
    boundary: tuple[int, int] | None = None
    boundary_resolution: int = 64
    detail: str | None = None
    walk: tuple[int, ...] = ()
    z: bool = False
    worst: int = 0
    ledgers: tuple[LedgerRequest, ...] = ()
    plane: PlaneRequest | None = None
    units: str | None = None
    unit: int = 0

    def __or__(self, other: ProbeRequest) -> ProbeRequest:
        """Return what satisfies both; of what can be named only once (a boundary, a walk, units) the later counts."""
        return ProbeRequest(
            weights=self.weights or other.weights,
            activations=self.activations or other.activations,
            gradients=self.gradients or other.gradients,
            thumbnails=self.thumbnails or other.thumbnails,
            metrics=self.metrics or other.metrics,
            boundary=other.boundary or self.boundary,
            boundary_resolution=max(self.boundary_resolution, other.boundary_resolution),
            detail=other.detail or self.detail,
            walk=other.walk or self.walk,
            z=self.z or other.z,
            worst=max(self.worst, other.worst),
            ledgers=_joined(self.ledgers, other.ledgers),
            plane=other.plane or self.plane,
            units=other.units or self.units,
            unit=other.unit if other.units else self.unit,
        )

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return self == ProbeRequest(boundary_resolution=self.boundary_resolution)


def _joined(one: tuple[LedgerRequest, ...], other: tuple[LedgerRequest, ...]) -> tuple[LedgerRequest, ...]:
    """Return the ledgers of both, those over the same rows as one."""
    windows: dict[tuple[int, ...], tuple[Window, ...]] = {}
    for request in (*one, *other):
        windows[request.rows] = tuple(dict.fromkeys((*windows.get(request.rows, ()), *request.windows)))
    return tuple(LedgerRequest(rows, read) for rows, read in windows.items())


@dataclass(frozen=True)
class Histogram:
    """Counts (k,) between edges (k + 1,), of a sample of the values; mean and spread of the same sample."""

    edges: Array
    counts: Array
    mean: float
    deviation: float


@dataclass(frozen=True)
class Boundary:
    """The output over a grid of two features, the others held at their training mean.

    ``values`` is (n_y, rows, columns): probabilities for classes, the prediction for regression. ``x`` and ``y`` are
    the grid's first and last coordinates, in the units the network sees.
    """

    features: tuple[int, int]
    x: tuple[float, float]
    y: tuple[float, float]
    values: Array


@dataclass(frozen=True)
class LayerDetail:
    """One layer's matrices, thinned to a picture where they are large, and the norms of the whole.

    ``weights`` and ``gradients`` are at most 64 × 64; ``norms`` maps symbols such as ``W`` to Frobenius norms.
    """

    node: str
    weights: Array
    norms: dict[str, float]
    saturated: int
    units: int
    z_histogram: Histogram | None = None


@dataclass(frozen=True)
class Worst:
    """The training examples with the largest losses, the largest first; a loss that is not a number counts as one.

    ``rows`` (k,) are rows of the training split, ``losses`` (k,) the losses L, ``predictions`` (k, n_y).
    """

    rows: Array
    losses: Array
    predictions: Array


@dataclass(frozen=True)
class Metrics:
    """True values over whole splits, and two pictures of ``confusion_split``.

    ``confusion`` (k, k) counts true classes in rows, predictions in columns. ``roc`` holds the false and the true
    positive rates (points,) of a binary task, thinned to a picture; None where the split holds one class only.
    ``errors`` are by split the MAE and the RMSE of each of several numbers to predict.
    """

    values: dict[str, dict[str, float]]
    confusion: Array | None = None
    confusion_split: str = ""
    roc: tuple[Array, Array] | None = None
    errors: dict[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Probes:
    """What was looked at, at one step; only what was asked for is there."""

    step: int = -1
    weights: dict[str, Histogram] = field(default_factory=dict)
    activations: dict[str, Histogram] = field(default_factory=dict)
    gradients: dict[str, Histogram] = field(default_factory=dict)
    thumbnails: dict[str, Array] = field(default_factory=dict)
    boundary: Boundary | None = None
    detail: LayerDetail | None = None
    metrics: Metrics | None = None
    walk: Walk | None = None
    z: dict[str, Histogram] = field(default_factory=dict)
    worst: Worst | None = None
    ledgers: dict[tuple[int, ...], Ledger] = field(default_factory=dict)
    plane: Plane | None = None
    units: Units | None = None

"""Looks at a trainer's parameters in a plane: the path, the next step, the cost over the plane and along the step.

What takes long is worked off a few costs at a time, so that training and requests need never wait for it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.emit import Array
from engine.landscape import Landscape, Square, framed
from engine.plane import Axes, PlaneRequest, basis_of, entry_of, fits
from engine.rehearsal import NextStep
from engine.settings import TrainingSettings

if TYPE_CHECKING:
    from engine.trainer import Trainer

LEAST_HALF = 2.0  # of a square over a parameter: half of its side
LEAST_SHARE = 0.5  # of the parameters' norm: half of a square's side over a direction
LEAST_DIRECTION = 1.0  # the same where the parameters are small
FARTHEST_STEP = 4.0  # a longer next step, in units of the square without it, leads out of the square
DECADES, PER_DECADE = 3, 8  # of learning rates below and above the present one, and how many of them in each
LEAST_ALPHA = 1e-12  # a learning rate of zero has no place on a log axis
USUAL_ALPHA = 0.01
MOST_ALPHA = 1e3  # which an optimizer takes
STRIDE_IN_TRAINING = 2  # of a square while training: it is replaced soon
FIRST_STRIDE = 4  # of a square before the curve is begun


@dataclass(frozen=True)
class Surface:
    """The cost over a square of the plane: ``values`` (n, n), rows upward, between the ends of ``x`` and of ``y``.

    Coordinates are relative to the plane's center. ``share`` of the points that are wanted are known; the coarser
    squares come first.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    values: Array
    share: float


@dataclass(frozen=True)
class Plane:
    """The parameters in the plane of two axes, as they were at the center, and what has come since.

    Attributes
    ----------
    axes, step
        What was asked for, and the step after which the parameters stood at the center.
    center
        The two parameters there; nan for axes that are none.
    path, steps
        Coordinates (k, 2) of the points kept, the oldest first, relative to the center, and their steps (k,).
    present, present_step
        Coordinates (2,) of the present parameters, and their step.
    held
        The share of the path's squared distances from the center that lies in the plane; nan where there is no path.
    kept
        Whether a path is kept of a network of this size.
    next_step, toward
        The step that follows on the center, and the coordinates (2,) of where it leads.
    rows, all_rows
        Examples over which costs are, and how many the training split has.
    cost, penalty, after
        The cost at the center, penalties included; the penalties in it; the cost after the next step.
    alphas, costs
        Learning rates (k,) and the cost after the next step with each; nan where not known yet.
    tried
        The other learning rate that was asked for, and its cost.
    surface
        The cost over a square; None before the first points are known.
    growing
        Whether more is on its way.
    """

    axes: Axes
    step: int
    center: tuple[float, float]
    path: Array
    steps: Array
    present: Array
    present_step: int
    held: float
    kept: bool
    next_step: NextStep
    toward: Array
    rows: int
    all_rows: int
    cost: float
    penalty: float
    after: float
    alphas: Array
    costs: Array
    tried: tuple[float, float] | None
    surface: Surface | None
    growing: bool


class PlaneLooker:
    """Looks at a trainer's path in a plane, and works off the costs that this takes."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._request: PlaneRequest | None = None
        self._ground: Landscape | None = None
        self._view: _View | None = None
        self._coming: _View | None = None  # while training: takes the view's place once it is done

    def look(self, request: PlaneRequest, resting: bool) -> Plane | None:
        """Return the plane, or None where the axes do not go with the network.

        Parameters
        ----------
        resting
            Whether the trainer stands still: then the center is where it stands, and otherwise where it stood.
        """
        trainer = self._trainer
        trainer.path.fine = True
        if not fits(trainer.network, request.axes):
            self._drop()
            return None
        view, self._request = self._view, request
        asked = view is not None and (view.axes, view.zoom) == (request.axes, request.zoom)
        if resting or not asked:
            self._coming = None
        if view is None or not asked or (resting and not view.stands_at(trainer)):
            view = self._view = self._found(request, view)
        return view.told(trainer, request.alpha)

    def forget(self) -> None:
        """Nobody looks any more."""
        self._trainer.path.fine = False
        self._drop()

    def _drop(self) -> None:
        self._request = self._ground = self._view = self._coming = None

    @property
    def wanted(self) -> bool:
        """Whether somebody looks."""
        return self._view is not None

    @property
    def unfinished(self) -> bool:
        """Whether something is left to do for a trainer at rest."""
        view = self._view
        return view is not None and view.step == self._trainer.step and not view.done(1)

    def work(self, seconds: float, resting: bool) -> None:
        """Compute one cost, and more until the time is over; while training, begin anew where all is done."""
        until = time.perf_counter() + seconds
        try:
            with np.errstate(all="ignore"):
                view = self._view
                if view is not None and not resting and view.done(STRIDE_IN_TRAINING):
                    view = self._next_view()
                stride = 1 if resting else STRIDE_IN_TRAINING
                while view is not None and view.advance(stride) and time.perf_counter() < until:
                    pass
                if view is self._coming and view is not None and view.done(stride):
                    self._view, self._coming = view, None
        except (ValueError, ArithmeticError, IndexError, MemoryError):
            self._drop()  # a picture that cannot be made is no reason to end training

    def _next_view(self) -> _View | None:
        assert self._request is not None
        if self._coming is None and self._view is not None and self._view.step != self._trainer.step:
            self._coming = self._found(self._request, self._view)
        return self._coming

    def _found(self, request: PlaneRequest, former: _View | None) -> _View:
        if self._ground is None:
            self._ground = Landscape(self._trainer.network, self._trainer.data)
        return _View(self._trainer, self._ground, request, former)


class _View:
    """A plane through the parameters of one moment, and the costs in it that are known."""

    def __init__(self, trainer: Trainer, ground: Landscape, request: PlaneRequest, former: _View | None) -> None:
        network = trainer.network
        self.axes, self.zoom, self.step = request.axes, request.zoom, trainer.step
        self.settings: TrainingSettings = trainer.settings
        self._ground = ground
        ground.stand(network.theta)
        self._center: Array = network.learned.copy()
        self._entries = (entry_of(network, request.axes[0]), entry_of(network, request.axes[1]))
        self.next_step, self._direction = trainer.rehearse(self._entries)
        self.basis = basis_of(network, self._center, request.axes, trainer.path.points, self._direction)
        self._serials, self._places = np.zeros(0, np.int64), np.zeros((0, 2))
        self._toward = np.zeros(2)
        if self.next_step.finite:
            self._toward = self.next_step.alpha * (self.basis @ self._direction.astype(np.float64))
        self._held = self._share_held(trainer)
        self._square = self._framed(trainer, request)
        if former is not None and former._has_same_square(self):
            self._square = former._square
        self._alphas = _around(self.next_step.alpha)
        self._costs: list[float] = []
        self._cost = self._cost_of(np.zeros(1))
        self._penalty = ground.penalty(self._center, self.settings)
        self._after = self.cost_with(self.next_step.alpha)
        self._tried: tuple[float, float] | None = None

    def stands_at(self, trainer: Trainer) -> bool:
        """Return whether the trainer stands at the center, with the settings of then."""
        return (
            self.step == trainer.step
            and self.settings == trainer.settings
            and np.array_equal(self._center, trainer.network.learned)
        )

    def _has_same_square(self, other: _View) -> bool:
        mine, its = self._square, other._square
        penalties = (self.settings.l1, self.settings.l2) == (other.settings.l1, other.settings.l2)
        frame = np.array_equal(mine.middle, its.middle) and mine.half == its.half
        return bool(
            penalties
            and frame
            and np.array_equal(self._center, other._center)
            and np.array_equal(self.basis, other.basis)
        )

    # -- what takes long ------------------------------------------------------------------------------------------

    def done(self, stride: int) -> bool:
        """Return whether the curve is known, and the square with every so many points of a side."""
        return len(self._costs) == len(self._alphas) and self._square.stride <= stride

    def advance(self, stride: int) -> bool:
        """Compute one more cost, and return whether there was one left to compute."""
        if len(self._costs) < len(self._alphas) and self._square.stride <= FIRST_STRIDE:
            self._costs.append(self.cost_with(float(self._alphas[len(self._costs)])))
            return True
        due = None if self._square.stride <= stride else self._square.due()
        if due is None:
            return False
        self._square.tell(self._cost_of(due[0] * self.basis[0] + due[1] * self.basis[1]))
        return True

    def cost_with(self, alpha: float) -> float:
        """Return the cost after the next step with another learning rate."""
        return self._cost_of(alpha * self._direction.astype(np.float64))

    def _cost_of(self, change: Array) -> float:
        with np.errstate(all="ignore"):
            return self._ground.cost(self._center + change, self.settings)

    # -- where things are -----------------------------------------------------------------------------------------

    def _seen(self, learned: Array) -> Array:
        """Return the coordinates (2,) of parameters: those of the nearest point of the plane."""
        return np.asarray(self.basis @ (learned.astype(np.float64) - self._center))

    def _path(self, trainer: Trainer) -> Array:
        path = trainer.path
        serials, places = path.serials.copy(), np.empty((len(path), 2))
        known = np.isin(serials, self._serials)
        places[known] = self._places[np.searchsorted(self._serials, serials[known])]
        for index in np.flatnonzero(~known):
            places[index] = self._seen(path.points[index])
        self._serials, self._places = serials, places
        return places

    def _share_held(self, trainer: Trainer) -> float:
        whole = sum(float(((p.astype(np.float64) - self._center) ** 2).sum()) for p in trainer.path.points)
        return float((self._path(trainer) ** 2).sum()) / whole if whole > 0.0 else float("nan")

    def _framed(self, trainer: Trainer, request: PlaneRequest) -> Square:
        norm = float(np.linalg.norm(self._center.astype(np.float64)))
        least = max(
            LEAST_HALF if axis.kind == "parameter" else max(LEAST_SHARE * norm, LEAST_DIRECTION)
            for axis in request.axes
        )
        path = self._path(trainer) if request.zoom >= 0 else np.zeros((0, 2))
        points = np.concatenate([path, np.zeros((1, 2))])
        reach = FARTHEST_STEP * max(least, float(np.ptp(points, axis=0).max()))
        far = float(np.linalg.norm(self._toward))
        points = np.concatenate([points, [self._toward * min(1.0, reach / far if far else 1.0)]])
        factor = 2.0**request.zoom
        middle, half = framed(points, least, np.nan_to_num(np.array(self._values())))
        if request.zoom < 0:
            middle = np.zeros(2)
        return Square(middle, factor * half, self._ground.side)

    def _values(self) -> tuple[float, float]:
        first, second = (float("nan") if entry is None else float(self._center[entry]) for entry in self._entries)
        return first, second

    def told(self, trainer: Trainer, alpha: float | None) -> Plane:
        """Return all that is known now."""
        if alpha is not None and (self._tried is None or self._tried[0] != alpha):
            self._tried = (alpha, self.cost_with(alpha))
        square, costs = self._square, np.full(len(self._alphas), np.nan)
        costs[: len(self._costs)] = self._costs
        values = square.values()
        x, y = (float(square.x[0]), float(square.x[-1])), (float(square.y[0]), float(square.y[-1]))
        return Plane(
            axes=self.axes,
            step=self.step,
            center=self._values(),
            path=self._path(trainer),
            steps=trainer.path.steps.copy(),
            present=self._seen(trainer.network.learned),
            present_step=trainer.step,
            held=self._held,
            kept=trainer.path.most > 0,
            next_step=self.next_step,
            toward=self._toward,
            rows=self._ground.rows,
            all_rows=self._ground.all_rows,
            cost=self._cost,
            penalty=self._penalty,
            after=self._after,
            alphas=self._alphas,
            costs=costs,
            tried=self._tried if alpha is not None else None,
            surface=Surface(x, y, values, square.share) if values.size else None,
            growing=not self.done(1),
        )


def _around(alpha: float) -> Array:
    """Return learning rates around one, evenly on a log scale, at places that do not depend on it."""
    middle = round(PER_DECADE * np.log10(alpha if alpha > LEAST_ALPHA else USUAL_ALPHA))
    places = np.arange(middle - PER_DECADE * DECADES, middle + PER_DECADE * DECADES + 1)
    found = 10.0 ** (places / PER_DECADE)
    return np.asarray(found[found <= MOST_ALPHA * (1 + LEAST_ALPHA)])

"""The tuning lab: one hyperparameter varied alone, over a few values and seeds, and what each training came to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from engine.dataset import Dataset
from engine.emit import Array
from engine.graph import Graph
from engine.network import Network
from engine.settings import TrainingSettings
from engine.trainer import Trainer
from nnstudio.labs.messages import Report
from nnstudio.labs.tuning_measures import Figure
from nnstudio.labs.tuning_verdict import verdict_of

if TYPE_CHECKING:  # the labs' process is handed finished networks, and needs no edits
    from nnstudio.document import Document
    from nnstudio.hyperparameters import Hyperparameter, Scale, Value

CURVE_POINTS = 200
BY_VALIDATION, BY_TRAINING = "validation", "training"

Examples = tuple[Array, Array]  # X (m, n_features) and Y (m, n_outputs)


@dataclass(frozen=True)
class Candidate:
    """One value with the network and the settings that it makes."""

    value: Value
    label: str
    graph: Graph
    settings: TrainingSettings


@dataclass(frozen=True)
class Experiment:
    """What is to be tried: a hyperparameter by its name, its values, and the seeds with which each is trained.

    ``limits`` are the least and the largest value there could be.
    """

    name: str
    title: str
    scale: Scale
    limits: tuple[float, float]
    candidates: tuple[Candidate, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """One training to its end.

    ``cost`` and ``score`` are those of the validation rows where there are some, else those of the training rows;
    ``curve`` is that cost at the outcome's epochs, nan where it was not reached. ``message`` says why the run diverged,
    and its figures are nan then; it is empty where it did not.
    """

    seed: int
    cost: float
    score: float
    training_cost: float
    curve: Array
    message: str = ""

    @property
    def diverged(self) -> bool:
        """Whether costs or parameters left the finite numbers."""
        return bool(self.message)


@dataclass(frozen=True)
class Outcome:
    """One value: a run a seed, with the cost at ``epochs``; ``problem`` says why it could not be trained at all."""

    value: Value
    label: str
    epochs: Array
    runs: tuple[Run, ...]
    problem: str = ""

    @property
    def finished(self) -> tuple[Run, ...]:
        """The runs that did not diverge."""
        return tuple(run for run in self.runs if not run.diverged)

    @property
    def diverged(self) -> int:
        """How many runs diverged."""
        return len(self.runs) - len(self.finished)

    @property
    def whole(self) -> bool:
        """Whether every run came to its end."""
        return bool(self.runs) and not self.diverged

    def median(self, figure: Figure, worst: float = np.inf) -> float:
        """Return the median of a figure, a run that diverged counting as ``worst``; nan without runs."""
        values = [worst if run.diverged else getattr(run, figure) for run in self.runs]
        return float(np.median(values)) if values else float("nan")

    @property
    def median_curve(self) -> Array:
        """The median over the seeds of the cost at each epoch; nan from where the middle run has diverged."""
        curves = np.array([np.where(np.isfinite(run.curve), run.curve, np.inf) for run in self.runs])
        middle = np.median(curves, axis=0) if len(curves) else np.full(len(self.epochs), np.inf)
        return np.where(np.isfinite(middle), middle, np.nan)

    def mean(self, figure: Figure) -> float:
        """Return the mean of a figure over the runs that came to their end."""
        values = [getattr(run, figure) for run in self.finished]
        return float(np.mean(values)) if values else float("nan")

    def spread(self, figure: Figure) -> float:
        """Return its standard deviation over the seeds; nan for fewer than two."""
        values = [getattr(run, figure) for run in self.finished]
        if len(values) < 2:
            return float("nan")
        return float(np.std(values, ddof=1)) if len(set(values)) > 1 else 0.0  # rounding gives equal ones a spread


@dataclass(frozen=True)
class Tuning:
    """What an experiment came to, or has come to so far: the outcomes of its first values.

    ``judged_by`` is ``"validation"`` or ``"training"``, ``score_name`` ``"accuracy"`` or ``"r2"``; ``examples`` and
    ``validation_examples`` count the rows.
    """

    experiment: Experiment
    outcomes: tuple[Outcome, ...]
    judged_by: str
    score_name: str
    examples: int
    validation_examples: int

    @property
    def complete(self) -> bool:
        """Whether every value has been tried."""
        return len(self.outcomes) == len(self.experiment.candidates)

    @property
    def verdict(self) -> str:
        """What was found by the cost that judges, in words."""
        return verdict_of(self)


def experiment_of(
    hyperparameter: Hyperparameter, document: Document, values: Sequence[Value], epochs: int, seeds: int
) -> Experiment:
    """Return the experiment that varies one hyperparameter of a document, all else equal.

    Every run has ``epochs`` epochs, unless these are what is varied; what would end a run early (patience, target cost,
    time limit) is left out. The first seed is the document's own.

    Raises
    ------
    ValueError
        When a value is outside its limits, or the hyperparameter does not apply.
    """
    found = []
    for value in values:
        made = ground_of(hyperparameter, document, value, epochs)
        found.append(Candidate(value, hyperparameter.label(value), made.graph, made.training))
    first = document.training.seed
    return Experiment(
        name=hyperparameter.name,
        title=hyperparameter.full_title(document),
        scale=hyperparameter.scale,
        limits=hyperparameter.limits,
        candidates=tuple(found),
        seeds=tuple(range(first, first + seeds)),
    )


def ground_of(hyperparameter: Hyperparameter, document: Document, value: Value, epochs: int = 1) -> Document:
    """Return what an experiment makes of a document for one value, whatever value the document has.

    Documents of which it makes the same come to the same result.

    Raises
    ------
    ValueError
        When the value is outside its limits, or the hyperparameter does not apply.
    """
    made = hyperparameter.put(document, value)
    settings = msgspec.structs.replace(made.training, patience=0, target_cost=0.0, time_limit=0.0, record_every=1)
    if hyperparameter.name != "epochs":
        settings = msgspec.structs.replace(settings, epochs=epochs)
    return msgspec.structs.replace(made, training=settings)


def vary(report: Report, experiment: Experiment, training: Examples, validation: Examples | None) -> Tuning:
    """Train each candidate from each seed, and judge it by the validation rows, or by the training rows without them.

    What has been found so far is reported after each value. A value that cannot be trained (a batch too small for
    BatchNorm, say) says why, and the others go on.
    """
    seeds, precision = experiment.seeds, experiment.candidates[0].settings.precision
    splits = {BY_TRAINING: Dataset(*training, precision)}
    if validation is not None:
        splits[BY_VALIDATION] = Dataset(*validation, precision)
    found = Tuning(experiment, (), [*splits][-1], "", len(splits[BY_TRAINING]), len(splits.get(BY_VALIDATION, ())))
    work, done = sum(candidate.settings.epochs for candidate in experiment.candidates) * len(seeds), 0
    for candidate in experiment.candidates:
        runs: list[Run] = []
        problem, epochs = "", candidate.settings.epochs
        for number, seed in enumerate(seeds):
            words = f"{experiment.title} = {candidate.label}, seed {number + 1} of {len(seeds)}"

            def tell(epoch: int, words: str = words, before: int = done + number * epochs) -> None:
                report((before + epoch) / work, words)

            tell(0)
            try:
                trainer = trainer_of(candidate, seed, splits)
            except ValueError as error:
                problem = str(error)
                break
            found = replace(found, score_name=trainer.score_name)
            runs.append(_run(trainer, found.judged_by, tell))
        done += epochs * len(seeds)
        outcome = Outcome(candidate.value, candidate.label, curve_epochs(epochs), tuple(runs), problem)
        found = replace(found, outcomes=(*found.outcomes, outcome))
        report(done / work, f"{experiment.title} = {candidate.label}", found)
    return found


def trainer_of(candidate: Candidate, seed: int, splits: dict[str, Dataset]) -> Trainer:
    """Return a trainer at the initial weights of a seed.

    Raises
    ------
    ValueError
        When network, settings and data do not go together; the sentence says why.
    """
    settings = candidate.settings
    # Without validation rows the true cost of the training rows is the curve; else it is needed at the end only.
    every = settings.epochs if BY_VALIDATION in splits else curve_step(settings.epochs)
    settings = msgspec.structs.replace(settings, seed=seed, record_every=every)
    network = Network(candidate.graph, seed=seed, precision=settings.precision)
    return Trainer(network, splits[BY_TRAINING], settings, validation=splits.get(BY_VALIDATION))


def curve_step(epochs: int) -> int:
    """Return how many epochs there are between two points of a curve."""
    return max(1, epochs // CURVE_POINTS)


def curve_epochs(epochs: int) -> Array:
    """Return the epochs (points,) at which a curve of so many epochs is told, 0 and the last one among them."""
    return np.append(np.arange(0, epochs, curve_step(epochs)), epochs).astype(float)


def _run(trainer: Trainer, judged_by: str, tell: Callable[[int], None]) -> Run:
    settings = trainer.settings
    first = trainer.evaluate(judged_by)[0]
    status = trainer.train(on_epoch=lambda status: tell(status.epoch))
    at = np.append(0.0, trainer.history.column("epoch"))
    costs = np.append(first, trainer.history.column(f"{judged_by}_cost"))
    known = ~np.isnan(costs)
    with np.errstate(invalid="ignore"):  # between two costs of which one is infinite
        curve = np.interp(curve_epochs(settings.epochs), at[known], costs[known], right=np.nan)
    cost, score = getattr(status, f"{judged_by}_cost"), getattr(status, f"{judged_by}_score")
    if status.state == "diverged":
        return Run(settings.seed, np.nan, np.nan, np.nan, curve, status.message)
    if not np.isfinite([cost, status.training_cost]).all():
        return Run(settings.seed, np.nan, np.nan, np.nan, curve, "The cost at the end is no finite number.")
    return Run(settings.seed, cost, score, status.training_cost, curve)

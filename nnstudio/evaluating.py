"""A network judged on k folds: on each it is trained anew, and its figures come from rows it has not seen."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from engine.declared import name_of
from engine.schedules import ReduceOnPlateau
from engine.settings import TrainingSettings
from engine.snapshot import Status
from nnstudio import edits
from nnstudio.data import Cancelled, DataError, DataSplit, PreparedData, Table, Task, prepare_folds
from nnstudio.document import Document
from nnstudio.figures import figures_on
from nnstudio.headless import Stopped, run, trainer_for
from nnstudio.readiness import data_problems

USUAL_FOLDS = 5
LEAST_FOLDS, MOST_FOLDS = 2, 100
USUAL_VALIDATION = 0.2  # of the rows that train, where the recipe does not name a share


@dataclass(frozen=True)
class FoldResult:
    """What one fold came to: how many rows it trained on, was stopped by and is judged on, and its figures.
    A
       figure that is not known, as the area under a ROC curve where a class is absent, is None.
    """

    training: int
    validation: int
    judged: int
    epochs: int
    stopped: Stopped
    message: str
    figures: dict[str, float | None]


@dataclass(frozen=True)
class Spread:
    """One figure over the folds: its mean, and its standard deviation with folds - 1 in the denominator.

    Both are None where no fold has the figure, and the deviation where only one has it.
    """

    values: tuple[float | None, ...]

    @property
    def known(self) -> tuple[float, ...]:
        """The values of the folds that have one."""
        return tuple(value for value in self.values if value is not None)

    @property
    def mean(self) -> float | None:
        """The mean over the folds that have a value."""
        return statistics.fmean(self.known) if self.known else None

    @property
    def deviation(self) -> float | None:
        """The standard deviation over the folds that have a value."""
        return statistics.stdev(self.known) if len(self.known) > 1 else None


@dataclass(frozen=True)
class Evaluation:
    """A network judged on all folds. ``logged`` are the targets of which it learns the logarithm."""

    task: Task
    target: str
    folds: tuple[FoldResult, ...]
    logged: tuple[str, ...] = ()

    @property
    def figures(self) -> dict[str, Spread]:
        """Every figure over the folds, by name."""
        return {name: Spread(tuple(fold.figures[name] for fold in self.folds)) for name in self.folds[0].figures}


def evaluate(
    document: Document,
    table: Table,
    folds: int = USUAL_FOLDS,
    *,
    progress: Callable[[int, Status], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Evaluation:
    """Train a document's network once for each fold of its table, from its initial weights, and judge it on the fold.

    The recipe is fitted anew on each fold's training rows, class weights included. Rows that the recipe keeps for
    testing are in no fold. Where a run is steered by the validation cost (patience, a target cost, a schedule that
    waits for it), it gets validation rows out of its own training rows: the rows that judge decide nothing.

    Parameters
    ----------
    document
        The network, its settings and its recipe.
    table
        The recipe's table, in memory.
    folds
        How many folds there are.
    progress
        Called with the fold's number, from 0, and how far its training is.
    cancelled
        Asked whether to stop.

    Raises
    ------
    DataError
        When the table cannot be divided so, or the settings cannot train.
    GraphError
        When the network is not finished.
    Cancelled
        When ``cancelled`` returned true.
    """
    recipe = document.data
    if recipe is None:
        raise DataError("There are no data to judge the network on. Load a table first.")
    if not LEAST_FOLDS <= folds <= MOST_FOLDS:
        raise DataError(f"{folds:,} folds cannot be made: choose {LEAST_FOLDS} to {MOST_FOLDS}.")
    share = validation_share(recipe.preparation.split) if watches_validation(document.training) else 0.0
    results: list[FoldResult] = []
    task: Task = "regression"
    target, logged = "", tuple[str, ...]()
    for number, prepared in enumerate(prepare_folds(table, recipe, folds, share)):
        task, target = prepared.task, prepared.target
        logged = tuple(target.name for target in prepared.fitted.targets if target.log != "none")

        def tell(status: Status, number: int = number) -> None:
            if progress is not None:
                progress(number, status)

        results.append(_fold(edits.use_prepared(document, recipe, prepared), prepared, tell, cancelled))
    return Evaluation(task, target, tuple(results), logged)


def watches_validation(settings: TrainingSettings) -> bool:
    """Return whether the validation cost decides when a run ends or how fast it learns."""
    waits = name_of(settings.schedule) == name_of(ReduceOnPlateau)
    return settings.patience > 0 or settings.target_cost > 0 or waits


def validation_share(split: DataSplit) -> float:
    """Return the share of a fold's training rows that validates."""
    share = getattr(split, "validation", 0.0)
    return share if isinstance(share, float) and share > 0 else USUAL_VALIDATION


def _fold(
    document: Document, prepared: PreparedData, tell: Callable[[Status], None], cancelled: Callable[[], bool]
) -> FoldResult:
    if cancelled():
        raise Cancelled
    rows = len(prepared.training), len(prepared.validation)
    wrong = [problem.sentence for problem in data_problems(document, prepared) if problem.severity == "error"]
    if wrong:
        raise DataError(" ".join(wrong))
    trainer = trainer_for(document, prepared)
    stopped = run(trainer, tell, cancelled)
    if stopped == "interrupted":
        raise Cancelled
    figures = figures_on("test", trainer, prepared, trainer.metrics().values["test"])
    return FoldResult(
        *rows,
        judged=len(prepared.test),
        epochs=trainer.epoch,
        stopped=stopped,
        message=trainer.status.message,
        figures=figures,
    )

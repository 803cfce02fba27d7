"""The cross-validation lab: what ``nnstudio evaluate`` does, for the open network, in the labs' process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.declared import replace
from engine.snapshot import Status
from nnstudio.data import DataError, load_table
from nnstudio.data.preparing.prepare import check_recipe
from nnstudio.data.preparing.report import read_notes
from nnstudio.document import Document
from nnstudio.evaluating import Evaluation, evaluate, validation_share, watches_validation
from nnstudio.evaluation_text import lines, verdict
from nnstudio.headless import reachable_recipe
from nnstudio.labs.messages import Report


@dataclass(frozen=True)
class Judged:
    """A network judged on folds that were drawn by ``seed``; ``notes`` are sentences on what was odd."""

    found: Evaluation
    seed: int
    notes: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """What was found, in words."""
        return " ".join([verdict(self.found), *self.notes])

    @property
    def text(self) -> str:
        """The figures as a table, and those of each fold."""
        names = list(self.found.figures)
        rows = ["fold\ttrained on\tjudged on\tepochs\t" + "\t".join(names)]
        for number, fold in enumerate(self.found.folds, start=1):
            values = ("" if (value := fold.figures[name]) is None else f"{value:.6g}" for name in names)
            rows.append(f"{number}\t{fold.training}\t{fold.judged}\t{fold.epochs}\t" + "\t".join(values))
        return "\n".join([*lines(self.found), f"Folds drawn by seed {self.seed}.", "", *rows])


def judge(report: Report, document: Document, project: Path, folds: int, seed: int) -> Judged:
    """Train and judge a document's network on each fold of its table, which is read anew.

    Parameters
    ----------
    report
        Told how far it has come.
    document
        The network, its settings and its recipe.
    project
        Where the project is, beside which the table may be.
    folds
        How many folds there are.
    seed
        By which rows are drawn into folds, in place of the recipe's.

    Raises
    ------
    ValueError
        When the table is not there or cannot be divided so; the message says what to do.
    """
    try:
        report(0.0, "reading the table")
        recipe, notes = reachable_recipe(document, project)
        recipe = replace(recipe, preparation=replace(recipe.preparation, seed=seed))
        check_recipe(recipe)
        document = msgspec.structs.replace(document, data=recipe)
        epochs = max(document.training.epochs, 1)
        if watches_validation(document.training):
            share = validation_share(recipe.preparation.split)
            notes = (
                *notes,
                f"In each fold {share:.0%} of the training rows validate, because the settings watch the validation "
                "cost.",
            )

        def tell(fold: int, status: Status) -> None:
            share = (fold + min(status.epoch / epochs, 1.0)) / folds
            report(share, f"fold {fold + 1} of {folds}, epoch {status.epoch:,}")

        table = load_table(recipe)
        notes = (*notes, *read_notes(table))
        return Judged(evaluate(document, table, folds, progress=tell), seed, notes)
    except DataError as error:
        raise ValueError(str(error)) from None

"""``nnstudio evaluate``: a project's network judged on k folds of its table, as a table or one line of JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import msgspec

from engine.network import GraphError
from engine.snapshot import Status
from nnstudio.cli.output import MistakeError, interruptible, note, progress_bar
from nnstudio.data import Cancelled, DataError, load_table
from nnstudio.data.preparing.prepare import check_recipe
from nnstudio.data.preparing.report import read_notes
from nnstudio.evaluating import Evaluation, evaluate, validation_share, watches_validation
from nnstudio.evaluation_text import lines
from nnstudio.headless import reachable_recipe
from nnstudio.project_file import open_project

INTERRUPTED = 130


def evaluate_project(options: argparse.Namespace) -> int:
    """Judge the project that the options name on folds of its table, and return the exit code."""
    path: Path = options.project
    if path == Path():  # what an empty argument becomes
        raise MistakeError("The name of the project is empty or the folder this is in. Give a file.")
    document = open_project(path).document
    recipe, notes = reachable_recipe(document, path)
    for text in notes:
        note(text)
    check_recipe(recipe)
    document = msgspec.structs.replace(document, data=recipe)
    epochs = document.training.epochs
    if watches_validation(document.training):
        share = validation_share(recipe.preparation.split)
        note(f"In each fold {share:.0%} of the training rows validate, because the settings watch the validation cost.")
    try:
        with interruptible() as asked, progress_bar(0, options.folds * epochs) as move:

            def tell(fold: int, status: Status) -> None:
                move(msgspec.structs.replace(status, epoch=fold * epochs + status.epoch))

            table = load_table(recipe, cancelled=asked)
            for text in read_notes(table):
                note(text)
            found = evaluate(document, table, options.folds, progress=tell, cancelled=asked)
    except Cancelled:
        note("Stopped by Ctrl+C: nothing was judged.")
        return INTERRUPTED
    except GraphError as error:
        raise MistakeError(f"{path} has a network that is not finished. {error}") from None
    except DataError as error:
        raise MistakeError(f"{path}: {error}") from None
    print(json.dumps(as_fields(found, path), allow_nan=False) if options.json else "\n".join(lines(found)))
    return 1 if any(fold.stopped == "diverged" for fold in found.folds) else 0


def as_fields(found: Evaluation, path: Path) -> dict[str, Any]:
    """Return an evaluation as plain values for JSON; what is not known is None, never NaN."""
    return {
        "project": str(path),
        "task": found.task,
        "target": found.target,
        "folds": [
            {
                "train_rows": fold.training,
                "validation_rows": fold.validation,
                "judged_rows": fold.judged,
                "epochs": fold.epochs,
                "stopped": fold.stopped,
                "reason": fold.message or None,
            }
            for fold in found.folds
        ],
        "metrics": {
            name: {"mean": spread.mean, "spread": spread.deviation, "values": list(spread.values)}
            for name, spread in found.figures.items()
        },
    }

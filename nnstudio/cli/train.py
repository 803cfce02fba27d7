"""``nnstudio train``: a job is trained with a bar, saved, and told in figures or as one line of JSON."""

from __future__ import annotations

import argparse
import dataclasses
import json

import msgspec

from engine.declared import title_of
from engine.layers import Dense
from engine.network import GraphError
from engine.shapes import infer_shapes
from engine.trainer import Trainer, TrainerState
from nnstudio.checkpoints import checkpoint_of
from nnstudio.cli.jobs import Job, check_out, goal_of, job_for
from nnstudio.cli.output import MistakeError, complain, interruptible, note, progress_bar
from nnstudio.data import PreparedData, one_line, plural
from nnstudio.evaluation_text import LEAST_TITLE
from nnstudio.figures import PERCENT, names_for
from nnstudio.figures import title_of as title_of_figure
from nnstudio.headless import SPLITS, Field, Stopped, result_fields, run, trainer_for
from nnstudio.project_file import ProjectError, save
from nnstudio.readiness import shapes_of

EXIT_CODES: dict[Stopped, int] = {"finished": 0, "diverged": 1, "interrupted": 130}


def train(options: argparse.Namespace) -> int:
    """Train what the options say, and return the exit code."""
    check_out(options.out, options)
    job = job_for(options)
    for text in job.prepared.report.notes:
        note(text)
    for warning in job.prepared.report.warnings:
        note(f"Warning: {warning.text}")
    try:
        trainer = _trainer(job, options)
    except GraphError as error:
        raise MistakeError(f"{options.source} has a network that is not finished. {error}") from None
    since = (trainer.epoch, trainer.step, trainer.seconds)
    _announce(job, trainer)
    with interruptible() as asked, progress_bar(trainer.epoch, trainer.settings.epochs) as move:
        stopped = run(trainer, move, asked)
    fields = result_fields(trainer, job.prepared, stopped, since)
    saved = _save(job, trainer, options)
    message = trainer.status.message
    if message:
        complain(message) if stopped == "diverged" else note(message)
    if stopped == "interrupted":
        note(f"Stopped by Ctrl+C after {plural(trainer.epoch - since[0], 'epoch')}.")
    print(json.dumps(fields, allow_nan=False) if options.json else _table(fields, job.prepared))
    return EXIT_CODES[stopped] if saved else 2


def _trainer(job: Job, options: argparse.Namespace) -> Trainer:
    """Return the trainer at the initial weights or at those of the project, and say which."""
    epoch = int(job.checkpoint.state.meta["epoch"]) if job.checkpoint else 0
    document, prepared = goal_of(job, epoch, options), job.prepared
    problems = shapes_of(document, prepared).problems if infer_shapes(document.graph).valid else ()
    if errors := [problem.sentence for problem in problems if problem.severity == "error"]:
        raise MistakeError(" ".join(errors))
    for problem in problems:
        note(problem.sentence)
    trainer = trainer_for(document, prepared)
    if job.checkpoint is None:
        return trainer
    anew = trainer.restore(_as_new_run(job.checkpoint.state), lenient=True)
    note(f"Training goes on from epoch {epoch:,} with the project's weights, to epoch {trainer.settings.epochs:,}.")
    if anew:
        names = ", ".join(document.graph.node(node).name for node in anew)
        note(f"Initialized anew, because their shape changed since: {names}.")
    return trainer


def _as_new_run(state: TrainerState) -> TrainerState:
    """Return a state whose time counts from here, and its patience too where the run had ended."""
    meta = {**state.meta, "run_from": state.meta["seconds"]}
    if meta["state"] == "finished":
        meta |= {"best_waited": 0, "state": "paused"}
    return dataclasses.replace(state, meta=meta)


def _announce(job: Job, trainer: Trainer) -> None:
    prepared, settings = job.prepared, trainer.settings
    rows = len(prepared.training)
    if settings.batch_size > rows:
        note(
            f"The batch of {settings.batch_size:,} is larger than the {plural(rows, 'training row')}: "
            "each step uses all of them."
        )
    several = len(prepared.targets) > 1
    two = " or ".join(map(one_line, prepared.classes))
    kinds = {
        "binary": "yes or no each" if several else f"one of two classes, {two}",
        "multiclass": f"one of {len(prepared.classes)} classes",
        "regression": "a number each" if several else "a number",
    }
    hidden = [node.layer.units for node in job.document.graph.nodes if isinstance(node.layer, Dense)]
    shape = "-".join(str(n) for n in (len(prepared.features), *hidden, trainer.network.n_outputs))
    optimizer = settings.optimizer
    features, parameters = len(prepared.features), trainer.network.parameter_count
    note(
        f"Predicting {prepared.target!r} ({kinds[prepared.task]}) from {plural(features, 'feature')}; rows to "
        f"train, validate and test with: {rows:,}, {len(prepared.validation):,}, {len(prepared.test):,}.\n"
        f"Network {shape}, {plural(parameters, 'parameter')}; {title_of(optimizer)}, learning rate "
        f"{optimizer.learning_rate:g}, batch {trainer.batch_size:,}."
    )


def _save(job: Job, trainer: Trainer, options: argparse.Namespace) -> bool:
    if options.out is None:
        note("The trained network was not saved: --out FILE.nnstudio saves it.")
        return True
    checkpoint = checkpoint_of(trainer.state())
    document = msgspec.structs.replace(job.document, checkpoint=checkpoint.hash, training=trainer.settings)
    try:
        save(options.out, document, checkpoint, job.prepared)
    except ProjectError as error:
        complain(str(error))
        return False
    note(f"Saved to {options.out}.")
    return True


def _table(fields: dict[str, Field], prepared: PreparedData) -> str:
    """Return the results as a small table for people."""
    splits = [(split, name) for split, name in SPLITS.items() if fields.get(f"{name}_cost") is not None]
    width = max(LEAST_TITLE, *(len(title_of_figure(figure)) + 2 for figure in names_for(prepared)))
    lines = [f"{'':{width}}" + "".join(f"{split:>14}" for split, _ in splits)]
    for figure in names_for(prepared):
        values = [_shown(figure, fields[f"{name}_{figure}"]) for _, name in splits]
        lines.append(f"{title_of_figure(figure):{width}}" + "".join(f"{value:>14}" for value in values))
    lines.append(
        f"{_plural(fields['epochs'], 'epoch')}, {_plural(fields['steps'], 'step')} in {fields['seconds']:.1f} s "
        f"({fields['steps_per_second']:,.0f} steps/s): {fields['stopped']}."
    )
    return "\n".join(lines)


def _plural(value: Field, thing: str) -> str:
    assert isinstance(value, int)
    return plural(value, thing)


def _shown(metric: str, value: Field) -> str:
    if not isinstance(value, float):
        return "–"
    return f"{value:.1%}" if metric in PERCENT else f"{value:.4g}"

"""The options, made from the settings the engine declares, and every mistake in them as a plain sentence."""

from __future__ import annotations

import argparse
import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn

from engine.activations import ACTIVATIONS
from engine.declared import Declared, Field, fields_of
from engine.initializers import INITIALIZERS
from engine.layers import Dense
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.schedules import SCHEDULES
from engine.settings import TrainingSettings
from nnstudio.cli.output import MistakeError
from nnstudio.cli.reading import add_reading_options
from nnstudio.data import SAMPLES, Preparation, ShareSplit
from nnstudio.evaluating import LEAST_FOLDS, MOST_FOLDS, USUAL_FOLDS

MOST_HIDDEN_LAYERS = 100
NO_LAYERS = ("", "none")
DEFAULTS: dict[str, Any] = {
    "hidden": (16, 16),
    "activation": "relu",
    "initializer": "he_normal",
    "optimizer": "adam",
    "learning_rate": 0.001,
    "schedule": "constant",
    "warm_up": 0,
    "batch_size": 32,
    "l2": 0.0,
    "l1": 0.0,
    "clip_norm": 0.0,
    "epochs": 100,
    "patience": 0,
    "target_cost": 0.0,
    "time_limit": 0.0,
    "seed": 0,
    "validation": 0.2,
    "test": 0.0,
    "missing": "drop",
}
# Settings of training that an option names one by one, beside optimizer, learning rate, schedule and epochs.
PLAIN_SETTINGS = ("warm_up", "batch_size", "l2", "l1", "clip_norm", "patience", "target_cost", "time_limit", "seed")
CLOSE = 0.75  # how alike, from 0 to 1, an option must be to be proposed for one that is not there
LEAST_TO_GUESS_FROM = 4  # characters, dashes too
SAMPLE_PREFIX = "sample:"


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options of a command; those of ``train`` that were not given are None.

    Raises
    ------
    MistakeError
        When they cannot be understood; the sentence says which and what to do.
    """
    parsers = {
        "train": _train_parser,
        "evaluate": _evaluate_parser,
        "predict": _predict_parser,
        "check": _check_parser,
        "inspect": _inspect_parser,
        "convert": _convert_parser,
    }
    return parsers[arguments[0]]().parse_args(list(arguments[1:]))


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in sentences, and never more than that."""

    def error(self, message: str) -> NoReturn:
        help_line = f'"{self.prog} --help" tells the options.'
        if match := re.fullmatch(r"argument (?P<name>[^:]+): (?P<what>.*)", message, re.DOTALL):
            name, what = match["name"].rpartition("/")[2], match["what"]
            if what.startswith("expected "):
                raise MistakeError(f"{name} needs a value behind it. {help_line}")
            raise MistakeError(f"{name} {what} {help_line}")
        if match := re.fullmatch(r"the following arguments are required: (.*)", message):
            raise MistakeError(f"{match[1].replace(', ', ' and ')} must be given. {help_line}")
        if match := re.fullmatch(r"unrecognized arguments: (.*)", message, re.DOTALL):
            first = match[1].split(" ")[0]
            known = [option for action in self._actions for option in action.option_strings]
            close = _close_option(first.partition("=")[0], known)
            meant = f" Did you mean {close[0]}?" if close else f" {help_line}"
            raise MistakeError(f"{match[1]} means nothing here.{meant}")
        raise MistakeError(f"{message[:1].upper()}{message[1:]}. {help_line}")


def _close_option(given: str, known: list[str]) -> list[str]:
    """Return the option that was surely meant, in a list, or nothing: a far-fetched guess helps nobody."""
    begun = [option for option in known if option.startswith(given)] if len(given) >= LEAST_TO_GUESS_FROM else []
    return begun if len(begun) == 1 else difflib.get_close_matches(given, known, 1, cutoff=CLOSE)


def _train_parser() -> _Parser:
    parser = _Parser(
        prog="nnstudio train",
        description="Train a network on a table, a project or a sample, without a window.",
        epilog="For a project, only what is given here differs from it: training goes on from its weights, or starts "
        "anew where the network, the data or the seed differ. Exit code 2: a mistake in what was given; 1: training "
        "diverged; 130: Ctrl+C, after which --out is written all the same.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "source",
        metavar="SOURCE",
        help="a table (CSV, gzip, Parquet, Excel or .ods), a project (.nnstudio), or "
        f"{SAMPLE_PREFIX}NAME: {', '.join(SAMPLES)}",
    )
    add(
        "--target",
        action="append",
        metavar="COLUMN",
        help="the column to predict (the last one); given several times, all of these, of one kind",
    )
    add(
        "--ignore",
        action="append",
        metavar="COLUMN",
        help="a column that is neither learned from nor predicted; may be given again",
    )
    add(
        "--feature",
        action="append",
        metavar="COLUMN",
        help="a column to learn from that is else ignored, such as a date; may be given again",
    )
    add(
        "--hidden",
        type=_hidden,
        metavar="16,16",
        help='units of each hidden layer; "none" for none, which is logistic or linear regression (16,16)',
    )
    for name, registry in (
        ("activation", _hidden_activations()),
        ("initializer", INITIALIZERS),
        ("optimizer", OPTIMIZERS),
        ("schedule", SCHEDULES),
    ):
        listed = f"{', '.join(registry)} ({DEFAULTS[name]})"
        add(f"--{name}", type=_name_in(registry), metavar="NAME", help=listed)
    for owner, names in (
        (Optimizer, ("learning_rate",)),
        (TrainingSettings, ("epochs", *PLAIN_SETTINGS)),
        (ShareSplit, ("validation", "test")),
    ):
        for name in names:
            field = _field(owner, name)
            add(
                f"--{name.replace('_', '-')}",
                type=_number(field),
                metavar="S" if field.unit == "s" else "N" if field.kind == "integer" else "X",
                help=f"{_HELP.get(name) or _as_help(field)} ({DEFAULTS[name]:g})",
            )
    missing = _field(Preparation, "missing")
    add(
        "--missing",
        type=_name_in(dict.fromkeys(missing.choices)),
        metavar="RULE",
        help="missing or unreadable cells: drop their rows, fill in the training rows' mean, median or most_frequent "
        "value or a constant, or refuse the table (drop)",
    )
    add("--out", type=Path, metavar="FILE", help="save the trained project here (.nnstudio)")
    add("--json", action="store_true", help="end standard output with one line of JSON: the results")
    add_reading_options(parser)
    return parser


_HELP = {
    "learning_rate": "how far each step goes against the gradient",
    "batch_size": "rows in one step",
    "epochs": "passes over the training rows; for a project with trained weights, further ones",
    "seed": "of the initial weights, the order of the rows and, for a table, the split",
    "validation": "share of the rows to validate with",
    "test": "share of the rows to test with, once, at the end",
}


def _as_help(field: Field) -> str:
    """Return what the setting itself says, as one of the help's lines."""
    return field.help[:1].lower() + field.help[1:].rstrip(".")


def _evaluate_parser() -> _Parser:
    parser = _Parser(
        prog="nnstudio evaluate",
        description="Judge a project's network on folds of its table: for each fold it is trained anew on the other "
        "rows, everything fitted to them alone, and its figures come from the fold.",
        epilog="Rows that the project keeps for testing are in no fold. The project stays as it is. Exit code 1: a "
        "fold's training diverged; 2: a mistake in what was given; 130: Ctrl+C.",
        allow_abbrev=False,
    )
    parser.add_argument("project", metavar="PROJECT", type=Path, help="a project (.nnstudio)")
    parser.add_argument(
        "--folds", type=_folds, default=USUAL_FOLDS, metavar="N", help=f"how many folds ({USUAL_FOLDS})"
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON in place of the table")
    return parser


def _folds(text: str) -> int:
    folds = int(text) if text.isascii() and text.isdigit() else 0
    if not LEAST_FOLDS <= folds <= MOST_FOLDS:
        raise argparse.ArgumentTypeError(f"must be a whole number from {LEAST_FOLDS} to {MOST_FOLDS}, not {text!r}.")
    return folds


def _predict_parser() -> _Parser:
    parser = _Parser(
        prog="nnstudio predict",
        description="Predict the rows of a table with a trained project: the table's columns, the prediction, and for "
        "classes the probability of each (the score, with the hinge loss).",
        allow_abbrev=False,
    )
    parser.add_argument("project", metavar="PROJECT", type=Path, help="a trained project (.nnstudio)")
    parser.add_argument("table", metavar="TABLE", type=Path, help="a table with the columns the network was trained on")
    parser.add_argument("--out", metavar="OUT.csv", type=Path, required=True, help="the table to write")
    return parser


def _check_parser() -> _Parser:
    parser = _Parser(
        prog="nnstudio check",
        description="Tell a project's shapes, parameters and problems, and compare its gradient, in float64 and on its "
        "own data, with numeric differences of the cost.",
        epilog="Exit code 0: the network can be trained and its gradient is right, or there are no data to compare it "
        "on; 1: a problem, or a wrong gradient; 2: a mistake in what was given.",
        allow_abbrev=False,
    )
    parser.add_argument("project", metavar="PROJECT", type=Path, help="a project (.nnstudio)")
    parser.add_argument("--json", action="store_true", help="one line of JSON in place of the tables")
    return parser


def _inspect_parser() -> _Parser:
    parser = _Parser(
        prog="nnstudio inspect",
        description="Tell what was detected of a table, and each column in a few figures: how much is missing, how "
        "many values differ, the least, mean and greatest or the most frequent ones, and every cell that could not be "
        "read, with its row and text.",
        allow_abbrev=False,
    )
    parser.add_argument("table", metavar="TABLE", type=Path, help="a table (CSV, gzip, Parquet, Excel or .ods)")
    parser.add_argument("--json", action="store_true", help="one line of JSON in place of the text")
    add_reading_options(parser)
    return parser


def _convert_parser() -> _Parser:
    parser = _Parser(
        prog="nnstudio convert",
        description="Write a table as it was read: text unchanged, numbers with a decimal point, dates as ISO 8601, "
        "and nothing where a cell is missing or could not be read, which is told.",
        epilog="Exit code 0: every row was read; 3: rows were set aside; 2: a mistake in what was given.",
        allow_abbrev=False,
    )
    parser.add_argument("table", metavar="TABLE", type=Path, help="a table (CSV, gzip, Parquet, Excel or .ods)")
    parser.add_argument("out", metavar="OUT.csv|OUT.parquet", type=Path, help="the file to write")
    add_reading_options(parser)
    return parser


def _hidden_activations() -> dict[str, Any]:
    return {name: kind for name, kind in ACTIVATIONS.items() if not kind.output_only}


def _name_in(registry: Mapping[str, Any]) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if text not in registry:
            close = difflib.get_close_matches(text, registry, 1)
            meant = f" Did you mean {close[0]}?" if close else ""
            raise argparse.ArgumentTypeError(f"cannot be {text!r}: choose {_either(list(registry))}.{meant}")
        return text

    return convert


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _field(owner: type[Declared], name: str) -> Field:
    return next(field for field in fields_of(owner) if field.name == name)


def _number(field: Field) -> Callable[[str], int | float]:
    whole: Literal["a whole number", "a number"] = "a whole number" if field.kind == "integer" else "a number"

    def convert(text: str) -> int | float:
        try:
            value = int(text) if field.kind == "integer" else float(text)
        except ValueError:
            value = math.nan
        low, high = field.minimum or 0, field.maximum or math.inf
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"must be {whole} from {low:,g} to {high:,.12g}, not {text!r}.")
        return value

    return convert


def _hidden(text: str) -> tuple[int, ...]:
    if text.strip().lower() in NO_LAYERS:
        return ()
    most = int(_field(Dense, "units").maximum or 0)
    try:
        units = tuple(int(part) for part in text.split(","))
    except ValueError:
        units = (0,)
    if not all(1 <= n <= most for n in units):
        raise argparse.ArgumentTypeError(
            f"must be numbers of units from 1 to {most:,} with commas between them, such as 16,16, or none; "
            f"not {text!r}."
        )
    if len(units) > MOST_HIDDEN_LAYERS:
        raise argparse.ArgumentTypeError(f"has {len(units)} layers, and {MOST_HIDDEN_LAYERS} is the most.")
    return units

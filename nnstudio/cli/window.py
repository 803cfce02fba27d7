"""``nnstudio [PROJECT, TABLE or lesson]``: what the window is to open. It imports little: the window is up soon."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from nnstudio.cli.output import MistakeError

COMMANDS = ("train", "evaluate", "predict", "check", "inspect", "convert")
LESSON = "lesson"
MAIN_HELP = """\
usage: nnstudio [PROJECT or TABLE]
       nnstudio lesson [NAME or LESSON.md]
       nnstudio train SOURCE [options]
       nnstudio evaluate PROJECT [--folds N]
       nnstudio predict PROJECT TABLE --out OUT.csv
       nnstudio check PROJECT
       nnstudio inspect TABLE
       nnstudio convert TABLE OUT.csv|OUT.parquet

Design, train and understand neural networks.

  nnstudio              open the window (without a display: train a sample and write build/demo/)
  nnstudio PROJECT      open a project (.nnstudio) in the window
  nnstudio TABLE        load a table (CSV, gzip, Parquet, Excel or .ods) in the window
  nnstudio lesson       open a lesson by its name or its file; without one, list those that there are
  nnstudio train        train a network on a table, a project or a sample, without a window
  nnstudio evaluate     judge a project's network on folds of its table
  nnstudio predict      predict the rows of a table with a trained project
  nnstudio check        tell a project's shapes and problems, and compare its gradient with numeric differences
  nnstudio inspect      tell how a table is read, and each of its columns in a few figures
  nnstudio convert      write a table as it was read, as CSV or Parquet

  --help, --version     "nnstudio train --help" tells its options; the other commands have theirs
"""


def parse_window(arguments: Sequence[str]) -> Path | None:
    """Return the project, the table or the lesson to open in the window, or None for a new project.

    Raises
    ------
    MistakeError
        When there is no such file, or the arguments mean nothing.
    """
    if any(argument in ("-h", "--help") for argument in arguments):
        print(MAIN_HELP, end="")
        sys.exit(0)
    if "--version" in arguments:
        print(f"NN Studio {program_version()}")
        sys.exit(0)
    for argument in arguments:
        if argument.startswith("-"):
            raise MistakeError(f'There is no option {argument}. "nnstudio --help" tells what there is.')
    if not arguments:
        return None
    if arguments[0] == LESSON:
        return _lesson(list(arguments[1:]))
    if not arguments[0].strip():
        raise MistakeError("The name of the project is empty. Give a project or a table, or nothing for a new project.")
    path = Path(arguments[0])
    close = difflib.get_close_matches(arguments[0], (*COMMANDS, LESSON), 1)
    if close and not path.exists():
        raise MistakeError(f'There is no command "{arguments[0]}". Did you mean "nnstudio {close[0]}"?')
    if len(arguments) > 1:
        raise MistakeError(f"One project or table is opened at a time, and {len(arguments)} were given.")
    if path.is_dir():
        raise MistakeError(f"{path} is a folder. Give a project or a table.")
    if not path.is_file():
        raise MistakeError(f"There is no file {path}. Check the name and the folder.")
    return path


def _lesson(arguments: list[str]) -> Path:
    """Return the file of a lesson, given by its name or as a file; without one list the names and end."""
    from nnstudio.lessons.built_in import LESSONS, lesson_path

    if not arguments:
        for name, title in LESSONS.items():
            print(f"{name:<22} {title}")
        sys.exit(0)
    if len(arguments) > 1:
        raise MistakeError(f"One lesson is opened at a time, and {len(arguments)} were given.")
    name = arguments[0]
    if name in LESSONS:
        return lesson_path(name)
    path = Path(name)
    if path.is_file():
        if path.suffix.lower() != ".md":
            raise MistakeError(f"{path} is no lesson: a lesson's name ends in .md.")
        return path
    close = difflib.get_close_matches(name, LESSONS, 1)
    hint = f'Did you mean "{close[0]}"?' if close else '"nnstudio lesson" lists them.'
    raise MistakeError(f'There is no lesson "{name}" and no such file. {hint}')


def program_version() -> str:
    """Return the version of NN Studio."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("nnstudio")
    except PackageNotFoundError:
        return "(not installed)"

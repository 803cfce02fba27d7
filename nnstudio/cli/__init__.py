"""The command line: ``nnstudio [PROJECT or TABLE]`` and the commands ``nnstudio train``, … It imports no Qt."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from nnstudio.cli.output import MistakeError, complain, safe_streams
from nnstudio.cli.window import COMMANDS, parse_window

OK, FAILED, MISTAKE, BROKEN_PIPE = 0, 1, 2, 141
INTERRUPTED = 128 + signal.SIGINT
DEBUG_VARIABLE = "NNSTUDIO_DEBUG"


def main(arguments: Sequence[str], open_window: Callable[[Path | None], int]) -> int:
    """Do what the arguments say and return the exit code: 0, 1 (failed), 2 (a mistake of the user) or 130 (Ctrl+C).

    Parameters
    ----------
    arguments
        The command line without the program's name.
    open_window
        Called for ``nnstudio [PROJECT or TABLE]`` with the path; returns the exit code.
    """
    safe_streams()
    try:
        code = _run(list(arguments), open_window)
        sys.stdout.flush()
        return code
    except SystemExit as done:  # argparse, after --help and --version
        return done.code if isinstance(done.code, int) else OK
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Who read the output has gone (`| head`): the rest goes nowhere, also what Python flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except MemoryError:
        complain("There is not enough memory for this. Use fewer units, a smaller batch, or fewer rows.")
        return FAILED
    except Exception as error:
        return _failure(error)


def _run(arguments: list[str], open_window: Callable[[Path | None], int]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        return open_window(parse_window(arguments))
    from nnstudio.cli.arguments import parse

    options = parse(arguments)
    if arguments[0] == "train":
        from nnstudio.cli.train import train

        return train(options)
    if arguments[0] == "check":
        from nnstudio.cli.check import check

        return check(options)
    if arguments[0] == "evaluate":
        from nnstudio.cli.evaluate import evaluate_project

        return evaluate_project(options)
    if arguments[0] == "inspect":
        from nnstudio.cli.inspect import inspect

        return inspect(options)
    if arguments[0] == "convert":
        from nnstudio.cli.convert import convert

        return convert(options)
    from nnstudio.cli.predict import predict

    return predict(options)


def _failure(error: Exception) -> int:
    from engine.dataset import DataError as ExamplesError
    from engine.declared import SettingError
    from engine.network import GraphError
    from nnstudio.data import DataError
    from nnstudio.edits import EditError
    from nnstudio.project_file import ProjectError

    if os.environ.get(DEBUG_VARIABLE):
        raise error
    if isinstance(error, (MistakeError, DataError, ProjectError, GraphError, EditError, SettingError, ExamplesError)):
        complain(str(error))
        return MISTAKE
    complain(
        f"Something went wrong that is not your fault: {type(error).__name__}: {error}\n"
        f"Please report it; {DEBUG_VARIABLE}=1 shows where it happened."
    )
    return FAILED
